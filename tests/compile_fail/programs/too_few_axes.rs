//! An array has at least as many axes as its windows, and their number is known at compile time.
use ndarray::{Array1, Array2, ArrayD};
use ndarray_lockstep::{ArrayInterior, ArrayWindows};

fn main() {
    let _ = Array1::<f32>::zeros(4).array_windows::<1, 3>();
    let _ = Array2::<f32>::zeros((4, 4)).array_windows_3d::<1, 3, 3>();
    let _ = ArrayD::<f32>::zeros(vec![4, 4]).interior::<3, 3>();
}
