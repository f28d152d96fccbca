//! The values of cells.

use ndarray::{Array, Array2, Dimension, Ix2, ShapeBuilder};

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

/// Numbers of both signs and many magnitudes, including zeros and subnormal numbers, the same in
/// every run.
pub(crate) fn field(shape: impl ShapeBuilder<Dim = Ix2>, seed: u32) -> Array2<f32> {
    let mut state = seed;
    let mut field = Array2::zeros(shape);
    for cell in &mut field {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let sign = if state & 0x8000 == 0 { 1.0 } else { -1.0 };
        *cell = match state >> 29 {
            0 => sign * 0.0,
            1 => sign * f32::from_bits((state >> 8) & 0x3fff),
            2 => sign * 1.0e12,
            _ => sign * f32::from(state.to_be_bytes()[1]) / 251.0,
        };
    }
    field
}

/// The bits of floats, none of which may be a NaN.
pub(crate) fn bits<D: Dimension>(floats: &Array<f32, D>) -> Array<u32, D> {
    assert!(floats.iter().all(|cell| !cell.is_nan()), "a NaN has many bit patterns, and the tests make none");
    floats.mapv(f32::to_bits)
}
