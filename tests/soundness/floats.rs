//! Signed zeros, NaN, and the order of a sum.

use super::*;

#[test]
fn signed_zeros_keep_their_sign() {
    let zeros = array![[0.0_f64, -0.0], [-0.0, 0.0]];
    let mut copies = Array2::from_elem((2, 2), 1.0);
    azip!((copy in &mut copies, &zero in &zeros) *copy = zero);
    assert_eq!(copies.mapv(f64::to_bits), zeros.mapv(f64::to_bits));
    azip!((copy in &mut copies) *copy = -*copy);
    assert_eq!(copies.mapv(f64::to_bits), array![[1 << 63, 0], [0, 1 << 63]]);
    // -0 leaves every sum unchanged: `-0 + x` is `x` for all x, but `0 + -0` is 0.
    let negative = Array1::from_elem(9, -0.0_f64);
    assert_eq!(Zip::from(&negative).fold(-0.0, |sum, x| sum + x).to_bits(), (-0.0_f64).to_bits());
    assert_eq!(Zip::from(&negative).fold(0.0, |sum, x| sum + x).to_bits(), 0);
}

#[test]
fn a_nan_is_copied_and_compared_like_any_nan() {
    let a = array![[f32::NAN, 1.0], [-1.0, f32::NAN]];
    let mut nans = Array2::from_elem((2, 2), false);
    azip!((nan in &mut nans, &x in &a) *nan = x.is_nan());
    assert_eq!(nans, array![[true, false], [false, true]]);
    assert!(!Zip::from(&a).and(&a).all(|x, y| x == y));
}

#[test]
fn the_order_of_a_sum_is_that_of_the_layout_and_an_iterators_is_row_major() {
    // Rounding reveals the order: a large number swallows the small ones after it.
    let row_major = array![[1.0e8_f32, 1.0, -1.0e8], [1.0, 1.0, 1.0]];
    let column_major = Array2::from_shape_fn((2, 3).f(), |at| row_major[at]);
    let (by_rows, by_columns) = (3.0, 1.0);
    for (a, sum) in [(&row_major, by_rows), (&column_major, by_columns)] {
        assert_eq!(Zip::from(a).fold(0.0, |sum, x| sum + x), sum);
        assert_eq!(Zip::from(a).and(a).fold(0.0, |sum, x, _| sum + x), sum);
        assert_eq!(Zip::from(a).into_iter().fold(0.0, |sum, (x,)| sum + x), by_rows);
        assert_eq!(Zip::from(a).into_iter().map(|(x,)| x).sum::<f32>(), by_rows);
    }
}
