//! Windows and broadcast operands are read-only.
use ndarray::{Array1, Array2};
use ndarray_lockstep::{ArrayWindows, Zip, azip};

fn write_through_a_window(a: Array2<f32>) {
    azip!((w in a.array_windows::<3, 3>()) *w.center() = 0.0);
}

fn write_at_an_index(a: Array2<f32>) {
    azip!((mut w in a.array_windows::<3, 3>()) w[[0, 0]] = 0.0);
}

fn broadcast_what_is_written(a: Array2<f32>, mut b: Array1<f32>) {
    Zip::from(&a).and_broadcast(&mut b).for_each(|a, b| *b += a);
}

fn clone_a_zip_that_writes(mut a: Array2<f32>) {
    let zip = Zip::from(&mut a);
    zip.clone().for_each(|x| *x = 0.0);
}

fn clone_an_iterator_that_writes(mut a: Array2<f32>) {
    let iter = Zip::from(&mut a).into_iter();
    drop(iter.clone());
}

fn main() {}
