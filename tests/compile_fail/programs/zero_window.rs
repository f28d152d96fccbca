//! A window has at least one row and one column.
use ndarray::Array2;
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Size2, Windows};

fn main() {
    let mut a = Array2::<f32>::zeros((4, 4));
    let _ = a.array_windows::<0, 3>();
    let _ = a.try_array_windows::<3, 0>();
    let _ = Windows::<f32, Size2<0, 0>>::new(a.view());
    let _ = a.interior::<0, 1>();
    let _ = a.interior_mut::<2, 0>();
}
