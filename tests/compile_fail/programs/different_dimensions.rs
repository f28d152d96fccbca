//! All operands have the same number of dimensions. A smaller one must be broadcast explicitly.
use ndarray::{Array1, Array2};
use ndarray_lockstep::azip;

fn a_row_beside_a_table(a: Array2<f32>, b: Array1<f32>) {
    azip!((&a in &a, &b in &b) assert!(a == b));
}

fn main() {}
