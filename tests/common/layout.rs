//! Memory layouts of arrays: sliced from larger ones, with steps, inverted, with permuted or
//! broadcast axes, or with rows that share cells.
//!
//! A [`Layout`] describes where the cells of an array are. It can be applied to several arrays, so
//! that the crate and ndarray get the same layout. The fuzz targets use this file too.

use std::fmt::{self, Debug};

use ndarray::{Array, ArrayBase, ArrayView, ArrayViewMut, Axis, Dimension, RawData, ShapeBuilder, Slice};

/// The layout of one axis of an array within the stored array.
#[derive(Clone)]
pub(crate) struct AxisLayout {
    /// The numbers of cells left out before the axis and after it.
    pub(crate) before: usize,
    pub(crate) after: usize,
    /// The distance from one cell to the next.
    pub(crate) step: usize,
    /// Whether the last cell comes first.
    pub(crate) inverted: bool,
    /// Whether all cells are one cell, repeated with stride 0. For shared arrays only.
    pub(crate) stretched: bool,
    /// The distance in memory between neighbours in the stored array, if it is less than the cells
    /// between them need. Everything inside the axis then overlaps. For shared arrays only.
    pub(crate) overlap: Option<usize>,
}

// On one line, for messages of failed properties: `1..;2` for one cell left out before the axis and
// steps of 2.
impl Debug for AxisLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.inverted { "-" } else { "" };
        let stretched = if self.stretched { " stretched" } else { "" };
        write!(f, "{}..-{};{sign}{}{stretched}", self.before, self.after, self.step)?;
        self.overlap.map_or(Ok(()), |stride| write!(f, " every {stride}"))
    }
}

impl AxisLayout {
    /// An axis without any change.
    pub(crate) fn whole() -> Self {
        AxisLayout { before: 0, after: 0, step: 1, inverted: false, stretched: false, overlap: None }
    }

    /// The length of the axis from which `len` cells are sliced.
    fn uncut(&self, len: usize) -> usize {
        let cells = if len == 0 { 0 } else { (len - 1) * self.step + 1 };
        self.before + cells + self.after
    }
}

/// The memory layout of an array.
#[derive(Clone)]
pub(crate) struct Layout {
    pub(crate) axes: Vec<AxisLayout>,
    /// For each axis, the number of the corresponding axis of the stored array.
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
    /// All cells contiguous, in row-major or column-major order.
    pub(crate) fn contiguous(ndim: usize, column_major: bool) -> Self {
        Layout { axes: vec![AxisLayout::whole(); ndim], permutation: (0..ndim).collect(), column_major }
    }

    /// Whether cells may have several indices.
    pub(crate) fn shares_cells(&self) -> bool {
        self.axes.iter().any(|axis| axis.stretched || axis.overlap.is_some())
    }

    /// The same layout with distinct memory for every cell, as a writable array needs.
    pub(crate) fn with_distinct_cells(mut self) -> Self {
        self.axes.iter_mut().for_each(|axis| (axis.stretched, axis.overlap) = (false, None));
        self
    }

    /// The shape of the stored array. If `stretched` is given, it is the length of broadcast axes.
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

    /// The stored array for an array of `shape`. Its cell number `k`, in memory order, is
    /// `value(k)`.
    pub(crate) fn stored<T, D: Dimension>(&self, shape: &[usize], value: impl FnMut(usize) -> T) -> Array<T, D> {
        let stored: D = self.stored_shape(shape, Some(1));
        let cells = (0..stored.size()).map(value).collect();
        Array::from_shape_vec(stored.set_f(self.column_major), cells).expect("as many cells as the shape has")
    }

    /// Slices an array of `shape` out of a stored one.
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

    /// The strides with which a stored array is viewed: 0 for broadcast axes, and shorter ones for
    /// overlapping axes. All other strides are those of the stored array, and none is longer, so
    /// the view reaches no cell outside the stored ones.
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

    /// The shared view of `shape` in a stored array.
    pub(crate) fn view<'a, T, D: Dimension>(&self, shape: &[usize], stored: &'a Array<T, D>) -> ArrayView<'a, T, D> {
        let whole: D = self.stored_shape(shape, None);
        if stored.is_empty() {
            // The strides of an empty array are never used, and ndarray accepts only some of them.
            return self.cut(shape, stored.broadcast(whole).expect("stretched axes are stored with length 1"));
        }
        let strides = self.strides_of_view(&stored.raw_dim());
        let cells = stored.as_slice_memory_order().expect("a stored array is contiguous");
        self.cut(shape, ArrayView::from_shape(whole.strides(strides), cells).expect("shared cells may overlap"))
    }

    /// The mutable view of `shape` in a stored array, for layouts with distinct cells.
    pub(crate) fn view_mut<'a, T, D: Dimension>(
        &self,
        shape: &[usize],
        stored: &'a mut Array<T, D>,
    ) -> ArrayViewMut<'a, T, D> {
        self.cut(shape, stored.view_mut())
    }
}
