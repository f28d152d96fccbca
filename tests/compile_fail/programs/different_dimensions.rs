//! All operands have the same number of dimensions. A smaller one must be broadcast explicitly.
use ndarray::{Array1, Array2, ArrayD};
use ndarray_lockstep::{ArrayWindows, azip, simd_azip};

fn a_row_beside_a_table(a: Array2<f32>, b: Array1<f32>) {
    azip!((&a in &a, &b in &b) assert!(a == b));
}

fn a_table_beside_a_row(a: Array2<f32>, b: Array1<f32>) {
    azip!((index i, &b in &b, &a in &a) assert!(a == b + i as f32));
}

fn a_row_beside_windows(a: Array2<f32>, b: Array1<f32>) {
    simd_azip!((w in a.array_windows::<3, 3>(), &b in &b) assert!(*w.center() == b));
}

fn a_table_beside_its_rows(a: Array2<f32>) {
    azip!((row in a.rows(), &a in &a) assert!(row[0] == a));
}

fn a_number_of_dimensions_that_is_known_at_run_time(a: Array2<f32>, b: ArrayD<f32>) {
    azip!(&a, &b).for_each(|a, b| assert!(a == b));
}

fn main() {}
