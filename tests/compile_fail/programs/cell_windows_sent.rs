//! Windows over cells with interior mutability cannot leave their thread.
use std::cell::Cell;

use ndarray::Array2;
use ndarray_lockstep::{ArrayWindows, Zip};

fn windows(a: Array2<Cell<f32>>) {
    let windows = a.array_windows::<3, 3>();
    std::thread::scope(|scope| scope.spawn(move || windows.len()).join().unwrap());
}

fn one_window(a: Array2<Cell<f32>>) {
    let (window,) = Zip::from(a.array_windows::<3, 3>()).into_iter().next().unwrap();
    std::thread::scope(|scope| scope.spawn(move || window.center().set(1.0)).join().unwrap());
}

fn an_iterator(a: Array2<Cell<f32>>) {
    let iter = Zip::from(a.array_windows::<3, 3>()).into_iter();
    std::thread::scope(|scope| scope.spawn(move || iter.count()).join().unwrap());
}

fn main() {}
