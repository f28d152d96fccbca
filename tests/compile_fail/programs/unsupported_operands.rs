//! Operands that no zip accepts have a message that says what to do.
use ndarray::{Array1, Array2};
use ndarray_lockstep::{ArrayWindows, Zip, azip};

fn an_array_by_value(a: Array2<f32>) {
    azip!((&x in a) assert!(x > 0.0));
}

fn windows_of_both_crates(a: Array2<f32>) {
    azip!((w in a.array_windows::<2, 2>(), v in a.windows((2, 2))) assert_eq!(w.view(), v));
}

fn seven_operands_one_of_which_is_ndarrays(a: Array2<f32>, b: Array1<f32>) {
    azip!((a in a.rows(), b in &b, c in &b, d in &b, e in &b, f in &b, g in &b) {
        assert!(a.sum() + b + c + d + e + f + g > 0.0);
    });
}

fn what_is_no_array() {
    azip!((x in 0..3) drop(x));
}

fn methods_beside_windows(a: Array2<f32>) {
    Zip::from(a.array_windows::<2, 2>()).and(a.windows((2, 2))).for_each(|w, v| assert_eq!(w.view(), v));
}

fn main() {}
