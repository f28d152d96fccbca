//! What ndarray's `Zip` takes and this one does not is refused with a message that says what to do.
use ndarray::{Array1, Array2, Axis};
use ndarray_lockstep::{Zip, azip};

fn rows(a: Array2<f32>, mut sums: Array1<f32>) {
    azip!((sum in &mut sums, row in a.rows()) *sum = row.sum());
}

fn axis_iter(a: Array2<f32>, mut sums: Array1<f32>) {
    azip!((sum in &mut sums, row in a.axis_iter(Axis(0))) *sum = row.sum());
}

fn exact_chunks(a: Array2<f32>, mut sums: Array2<f32>) {
    azip!((sum in &mut sums, chunk in a.exact_chunks((2, 2))) *sum = chunk.sum());
}

fn windows(a: Array2<f32>, mut sums: Array2<f32>) {
    azip!((sum in &mut sums, w in a.windows((3, 3))) *sum = w.sum());
}

fn an_array_by_value(a: Array2<f32>) {
    azip!((&x in a) assert!(x > 0.0));
}

fn the_first_operand(a: Array2<f32>) {
    let _ = Zip::from(a.rows());
}

fn main() {}
