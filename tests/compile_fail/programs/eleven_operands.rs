//! A zip accepts at most ten operands, the index included, and a zip of ndarray at most six.
use ndarray::{Array1, Array2};
use ndarray_lockstep::azip;

fn eleven(a: Array2<f32>) {
    azip!((
        &b in &a, &c in &a, &d in &a, &e in &a, &f in &a, &g in &a, &h in &a, &i in &a, &j in &a, &k in &a,
        &one_too_many in &a,
    ) assert!(b + c + d + e + f + g + h + i + j + k > one_too_many));
}

fn the_index_and_ten_operands(a: Array2<f32>) {
    azip!((
        index _,
        &b in &a, &c in &a, &d in &a, &e in &a, &f in &a, &g in &a, &h in &a, &i in &a, &j in &a, &k in &a,
    ) assert!(b + c + d + e + f + g + h + i + j + k > 0.0));
}

fn the_index_and_six_operands_one_of_which_is_ndarrays(a: Array2<f32>, b: Array1<f32>) {
    azip!((index _, a in a.rows(), b in &b, c in &b, d in &b, e in &b, f in &b) {
        assert!(a.sum() + b + c + d + e + f > 0.0);
    });
}

fn main() {}
