//! Operands that no zip accepts have a message that says what to do. An error in a macro call
//! points at the operand.
use ndarray::{Array1, Array2, IntoNdProducer, Ix2};
use ndarray_lockstep::{ArrayWindows, Zip, azip, simd_azip};

fn an_array_by_value(a: Array2<f32>) {
    azip!((&x in a) assert!(x > 0.0));
}

fn an_array_by_value_beside_another(a: Array2<f32>, b: Array2<f32>) {
    simd_azip!((&a in &a, &b in b) assert!(a > b));
}

fn a_number(a: Array1<f32>) {
    azip!((a in &a, b in 5_i32) assert!(*a > b as f32));
}

fn an_iterator(a: Array1<f32>) {
    azip!((&a in &a, &b in a.iter()) assert!(a > b));
}

fn a_range() {
    azip!((x in 0..3) drop(x));
}

fn a_range_beside_an_index(a: Array1<f32>) {
    azip!((index i, a in &a, b in 0..3) drop((i, a, b)));
}

fn a_range_without_a_body(a: Array1<f32>) {
    azip!(&a, 0..3).for_each(|a, b| drop((a, b)));
}

fn two_operands_are_wrong(a: Array2<f32>) {
    azip!((a in a, b in &[1, 2], c in 5) drop((a, b, c)));
}

fn a_type_without_bounds<P>(a: Array2<f32>, p: P) {
    azip!((a in &a, p in p) drop((a, p)));
}

fn a_producer_beside_windows<P: IntoNdProducer<Dim = Ix2>>(a: Array2<f32>, p: P) {
    azip!((w in a.array_windows::<2, 2>(), p in p) drop((w, p)));
}

fn windows_of_both_crates(a: Array2<f32>) {
    azip!((w in a.array_windows::<2, 2>(), v in a.windows((2, 2))) assert_eq!(w.view(), v));
}

fn a_raw_view_beside_windows(a: Array2<f32>) {
    azip!((p in a.raw_view(), w in a.array_windows::<1, 1>()) assert_eq!(p, w.center() as *const f32));
}

fn seven_operands_one_of_which_is_ndarrays(a: Array2<f32>, b: Array1<f32>) {
    azip!((a in a.rows(), b in &b, c in &b, d in &b, e in &b, f in &b, g in &b) {
        assert!(a.sum() + b + c + d + e + f + g > 0.0);
    });
}

fn windows_over_one_axis(a: Array1<f32>) {
    azip!((w in a.array_windows::<2, 2>()) assert!(*w.center() > 0.0));
}

fn methods_beside_windows(a: Array2<f32>) {
    Zip::from(a.array_windows::<2, 2>()).and(a.windows((2, 2))).for_each(|w, v| assert_eq!(w.view(), v));
}

fn main() {}
