//! Items may be kept, but not longer than the array that they refer to.
use ndarray::{Array1, Array2, array};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip, azip};

fn a_window() -> f32 {
    let window = {
        let a = Array2::<f32>::zeros((3, 3));
        let (window,) = Zip::from(a.array_windows::<3, 3>()).into_iter().next().unwrap();
        window
    };
    *window.center()
}

fn references_that_a_closure_kept() -> f32 {
    let mut kept = Vec::new();
    {
        let mut a: Array1<f32> = array![1.0, 2.0];
        azip!((x in &mut a) kept.push(x));
    }
    *kept[0]
}

fn an_array_read_while_items_are_kept(mut a: Array2<f32>) {
    let mut kept = Vec::new();
    azip!((x in a.interior_mut::<3, 3>()) kept.push(x));
    let sum = a.sum();
    *kept[0] = sum;
}

fn main() {}
