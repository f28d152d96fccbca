//! How arrays are laid out in memory: cut from larger ones, at steps, upside down, with the axes permuted, stretched.
//!
//! A [`Layout`] says where the cells of an array stand. It is applied to as many arrays as a test needs, so that the crate and
//! ndarray can be given the same one. The fuzz targets use this file too.

use std::fmt::{self, Debug};

use ndarray::{Array, ArrayBase, ArrayView, ArrayViewMut, Axis, Dimension, RawData, ShapeBuilder, Slice};

/// How one axis of an array lies in the array it was cut from.
#[derive(Clone)]
pub(crate) struct AxisLayout {
    /// Cells left out before the axis and behind it.
    pub(crate) before: usize,
    pub(crate) after: usize,
    /// From one cell to the next.
    pub(crate) step: usize,
    /// Whether the last cell comes first.
    pub(crate) inverted: bool,
    /// Whether all cells are one cell, seen many times (stride 0). For shared arrays alone.
    pub(crate) stretched: bool,
}

// On one line, for messages about failed properties: `1..;2` for one cell left out before the axis and steps of 2.
impl Debug for AxisLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.inverted { "-" } else { "" };
        let stretched = if self.stretched { " stretched" } else { "" };
        write!(f, "{}..-{};{sign}{}{stretched}", self.before, self.after, self.step)
    }
}

impl AxisLayout {
    /// The axis as it is.
    pub(crate) fn whole() -> Self {
        AxisLayout { before: 0, after: 0, step: 1, inverted: false, stretched: false }
    }

    /// The length of an axis from which `len` cells are cut.
    fn uncut(&self, len: usize) -> usize {
        let cells = if len == 0 { 0 } else { (len - 1) * self.step + 1 };
        self.before + cells + self.after
    }
}

/// How an array lies in memory.
#[derive(Clone)]
pub(crate) struct Layout {
    pub(crate) axes: Vec<AxisLayout>,
    /// The axis of the stored array that each axis is.
    pub(crate) permutation: Vec<usize>,
    /// Whether the stored array is column-major.
    pub(crate) column_major: bool,
}

impl Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = if self.column_major { "column-major" } else { "row-major" };
        write!(f, "{order} {:?} cut {:?}", self.permutation, self.axes)
    }
}

impl Layout {
    /// All cells in row-major or column-major order, side by side.
    pub(crate) fn contiguous(ndim: usize, column_major: bool) -> Self {
        Layout { axes: vec![AxisLayout::whole(); ndim], permutation: (0..ndim).collect(), column_major }
    }

    /// The shape of the stored array, with `stretched` as the length of stretched axes where it is given.
    fn stored_shape<D: Dimension>(&self, shape: &[usize], stretched: Option<usize>) -> D {
        let mut stored = D::zeros(shape.len());
        for ((axis, &position), &len) in self.axes.iter().zip(&self.permutation).zip(shape) {
            stored[position] = match stretched {
                Some(one) if axis.stretched => one,
                _ => axis.uncut(len),
            };
        }
        stored
    }

    /// The array that an array of `shape` is cut from; its cell number `k`, in the order of memory, is `value(k)`.
    pub(crate) fn stored<T, D: Dimension>(&self, shape: &[usize], value: impl FnMut(usize) -> T) -> Array<T, D> {
        let stored: D = self.stored_shape(shape, Some(1));
        let cells = (0..stored.size()).map(value).collect();
        Array::from_shape_vec(stored.set_f(self.column_major), cells).expect("as many cells as the shape has")
    }

    /// Cuts an array of `shape` out of a stored one.
    pub(crate) fn cut<S: RawData, D: Dimension>(&self, shape: &[usize], stored: ArrayBase<S, D>) -> ArrayBase<S, D> {
        let mut axes = D::zeros(shape.len());
        for (axis, &position) in self.permutation.iter().enumerate() {
            axes[axis] = position;
        }
        let mut array = stored.permuted_axes(axes);
        for (number, (axis, &len)) in self.axes.iter().zip(shape).enumerate() {
            let start = axis.before.cast_signed();
            let end = (axis.uncut(len) - axis.after).cast_signed();
            array.slice_axis_inplace(Axis(number), Slice::new(start, Some(end), axis.step.cast_signed()));
            if axis.inverted {
                array.invert_axis(Axis(number));
            }
        }
        assert_eq!(array.shape(), shape, "the layout cuts the shape it was asked for");
        array
    }

    /// The shared array of `shape` in a stored one.
    pub(crate) fn view<'a, T, D: Dimension>(&self, shape: &[usize], stored: &'a Array<T, D>) -> ArrayView<'a, T, D> {
        let whole: D = self.stored_shape(shape, None);
        self.cut(shape, stored.broadcast(whole).expect("stretched axes are stored with length 1"))
    }

    /// The mutable array of `shape` in a stored one.
    pub(crate) fn view_mut<'a, T, D: Dimension>(
        &self,
        shape: &[usize],
        stored: &'a mut Array<T, D>,
    ) -> ArrayViewMut<'a, T, D> {
        self.cut(shape, stored.view_mut())
    }
}
