//! The arrays that the tests walk.

use ndarray::{Array, Dimension, ShapeBuilder};

/// Returns the array whose cells count from 0 in row-major order, whatever its layout.
pub(super) fn counted<D: Dimension>(shape: impl ShapeBuilder<Dim = D>) -> Array<i32, D> {
    let mut array = Array::zeros(shape);
    array.iter_mut().zip(0..).for_each(|(cell, n)| *cell = n);
    array
}
