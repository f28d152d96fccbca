//! An array of another version of ndarray is another type. The message says so.
use ndarray_lockstep::{Zip, azip};

fn by_the_macro(a: ndarray_0_16::Array2<f32>) {
    azip!((&x in &a) assert!(x > 0.0));
}

fn by_a_method(a: ndarray_0_16::Array2<f32>) {
    Zip::from(&a).for_each(|&x| assert!(x > 0.0));
}

fn main() {}
