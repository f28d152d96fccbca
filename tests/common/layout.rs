//! How arrays are laid out in memory: cut from larger ones, at steps, upside down, with the axes
//! permuted, stretched, or with rows that share cells.
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
    /// The distance in memory between neighbours in the stored array, if that is less than the
    /// cells between them need: what is inside the axis then overlaps. For shared arrays alone.
    pub(crate) overlap: Option<usize>,
}

// On one line, for messages about failed properties: `1..;2` for one cell left out before the axis and steps of 2.
impl Debug for AxisLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.inverted { "-" } else { "" };
        let stretched = if self.stretched { " stretched" } else { "" };
        write!(f, "{}..-{};{sign}{}{stretched}", self.before, self.after, self.step)?;
        self.overlap.map_or(Ok(()), |stride| write!(f, " every {stride}"))
    }
}

impl AxisLayout {
    /// The axis as it is.
    pub(crate) fn whole() -> Self {
        AxisLayout { before: 0, after: 0, step: 1, inverted: false, stretched: false, overlap: None }
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

#[allow(dead_code, reason = "every test file and fuzz target uses its own part")]
impl Layout {
    /// All cells in row-major or column-major order, side by side.
    pub(crate) fn contiguous(ndim: usize, column_major: bool) -> Self {
        Layout { axes: vec![AxisLayout::whole(); ndim], permutation: (0..ndim).collect(), column_major }
    }

    /// Whether cells may have several indices.
    pub(crate) fn shares_cells(&self) -> bool {
        self.axes.iter().any(|axis| axis.stretched || axis.overlap.is_some())
    }

    /// The same layout, with a place in memory for every cell: that of an array that can be written
    /// to.
    pub(crate) fn with_distinct_cells(mut self) -> Self {
        self.axes.iter_mut().for_each(|axis| (axis.stretched, axis.overlap) = (false, None));
        self
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

    /// The strides with which a stored array is viewed: 0 for stretched axes, and what overlapping
    /// axes say. No other stride differs from the stored array's, and none is longer, so the view
    /// reaches no cell beyond the stored ones.
    fn strides_of_view<D: Dimension>(&self, stored: &D) -> D {
        let ndim = self.axes.len();
        let mut strides = D::zeros(ndim);
        let mut contiguous = 1;
        for number in 0..ndim {
            let position = if self.column_major { number } else { ndim - 1 - number };
            strides[position] = contiguous;
            contiguous *= stored[position];
        }
        for (axis, &position) in self.axes.iter().zip(&self.permutation) {
            let stride = strides[position];
            strides[position] = if axis.stretched { 0 } else { axis.overlap.map_or(stride, |other| other.min(stride)) };
        }
        strides
    }

    /// The shared array of `shape` in a stored one.
    pub(crate) fn view<'a, T, D: Dimension>(&self, shape: &[usize], stored: &'a Array<T, D>) -> ArrayView<'a, T, D> {
        let whole: D = self.stored_shape(shape, None);
        if stored.is_empty() {
            // Strides lead nowhere, and ndarray allows few.
            return self.cut(shape, stored.broadcast(whole).expect("stretched axes are stored with length 1"));
        }
        let strides = self.strides_of_view(&stored.raw_dim());
        let cells = stored.as_slice_memory_order().expect("a stored array is contiguous");
        self.cut(shape, ArrayView::from_shape(whole.strides(strides), cells).expect("shared cells may overlap"))
    }

    /// The mutable array of `shape` in a stored one, for layouts with distinct cells.
    pub(crate) fn view_mut<'a, T, D: Dimension>(
        &self,
        shape: &[usize],
        stored: &'a mut Array<T, D>,
    ) -> ArrayViewMut<'a, T, D> {
        self.cut(shape, stored.view_mut())
    }
}
