//! Errors in the syntax of `azip!` have messages of their own.
use ndarray::Array1;
use ndarray_lockstep::azip;

fn nothing() {
    azip!();
}

fn no_body(a: Array1<f32>) {
    azip!((&x in &a));
}

fn an_index_and_no_operand() {
    azip!((index i) assert_eq!(i, 0));
}

fn two_bodies(a: Array1<f32>) {
    azip!((&x in &a) assert!(x > 0.0); assert!(x < 1.0));
}

fn no_in(a: Array1<f32>) {
    azip!((x = &a) assert!(x > 0.0));
}

fn no_comma(a: Array1<f32>) {
    azip!((&x in &a &y in &a) assert!(x == y));
}

fn a_pattern_that_may_fail(a: Array1<Option<f32>>) {
    azip!((&Some(x) in &a) assert!(x > 0.0));
}

fn the_index_behind_an_operand(a: Array1<f32>) {
    azip!((&x in &a, index i) assert!(x > i as f32));
}

fn a_colon_for_in(mut v: Array1<f32>) {
    azip!((v: &mut v) *v = 1.0);
}

fn main() {}
