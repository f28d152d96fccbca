//! The values of cells.

use ndarray::{Array, Dimension, ShapeBuilder};

/// Returns an array whose cells count from 0 in row-major order, whatever its layout.
pub(crate) fn counted<Sh: ShapeBuilder<Dim = D>, D: Dimension>(shape: Sh) -> Array<u32, D> {
    let mut array = Array::zeros(shape);
    array.iter_mut().zip(0..).for_each(|(cell, n)| *cell = n);
    array
}

/// Finite floats of very different magnitudes, including both zeros, so that sums depend on the
/// order and on every rounding.
pub(crate) fn float(k: usize) -> f64 {
    let digits = u32::try_from(k % 1009).expect("small");
    let scale = [1e-12, -1.0, 1e6, -3e-7, 0.0, -0.0, 0.1][k % 7];
    scale * f64::from(digits * digits + 1)
}

/// The bits of floats, none of which may be a NaN.
pub(crate) fn bits<D: Dimension>(floats: &Array<f32, D>) -> Array<u32, D> {
    assert!(floats.iter().all(|cell| !cell.is_nan()), "a NaN has many bit patterns, and the tests make none");
    floats.mapv(f32::to_bits)
}
