//! An array that an operand borrows mutably cannot be used until the walk ends.
use ndarray::Array2;
use ndarray_lockstep::{ArrayInterior, ArrayWindows, azip};

fn two_mutable_operands(mut a: Array2<f32>) {
    azip!((x in &mut a, y in &mut a) std::mem::swap(x, y));
}

fn a_mutable_and_a_shared_operand(mut a: Array2<f32>) {
    azip!((x in &mut a, &y in &a) *x += y);
}

fn windows_over_the_array_that_is_written(mut a: Array2<f32>) {
    azip!((out in a.interior_mut::<3, 3>(), w in a.array_windows::<3, 3>()) *out = *w.at(-1, 0));
}

fn a_body_that_reads_what_is_written(mut a: Array2<f32>) {
    azip!((index (i, j), x in &mut a) *x = a[[j, i]]);
}

fn a_body_that_writes_what_is_read(mut a: Array2<f32>) {
    azip!((&x in &a) a[[0, 0]] += x);
}

fn main() {}
