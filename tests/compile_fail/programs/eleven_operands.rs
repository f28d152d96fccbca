//! A zip accepts at most nine operands together with the index.
use ndarray::Array2;
use ndarray_lockstep::azip;

fn the_index_and_ten_operands(a: Array2<f32>) {
    azip!((
        index _,
        &b in &a, &c in &a, &d in &a, &e in &a, &f in &a, &g in &a, &h in &a, &i in &a, &j in &a, &k in &a,
    ) assert!(b + c + d + e + f + g + h + i + j + k > 0.0));
}

fn main() {}
