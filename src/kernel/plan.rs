//! Plans: turn shapes and strides into loops over rectangles of cells.
//!
//! A *plan* is the order and the loop nest of a walk over a shape. It divides an N-dimensional walk
//! into a sequence of *blocks*, each a rectangle of rows and columns. It merges axes that are
//! adjacent in the order of the walk if the strides of every operand allow it. So a walk over
//! contiguous arrays of any dimension is one block with one row, and every walk in at most two
//! dimensions is one block. An *operand* is one of the arrays of a zip, and a *stride* is the
//! distance between neighbouring cells of an axis, in elements.
//!
//! `zip`, `operand`, `window` and others call this module; it calls no other module. It is safe
//! arithmetic on integers and contains no pointers. It promises that a [`Plan`] visits exactly the
//! indices of the shape it was made for, each once, in the [`Order`] it was made for.
#![forbid(unsafe_code)]

use core::ops::Range;

use ndarray::{Dimension, IxDyn};

/// The order in which the cells of a shape are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The last axis moves fastest (C order).
    RowMajor,
    /// The first axis moves fastest (Fortran order).
    ColumnMajor,
}

impl Order {
    /// Returns the order for operands whose [`tendency`] values add up to `tendency`: the order
    /// that most operands prefer, or row-major order for a tie. `ndarray::Zip` chooses the same
    /// order, so sums of floats have the same value.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn from_tendency(tendency: i32) -> Order {
        if tendency >= 0 { Order::RowMajor } else { Order::ColumnMajor }
    }

    /// Returns the axis at `depth` of the loop nest. The innermost loop has depth 0.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn axis(self, ndim: usize, depth: usize) -> usize {
        debug_assert!(depth < ndim, "a loop nest has one loop per axis");
        match self {
            Order::RowMajor => ndim - 1 - depth,
            Order::ColumnMajor => depth,
        }
    }
}

/// Returns how strongly an array prefers row-major (positive) or column-major (negative) order. The
/// absolute value is 2 if the array is contiguous, 1 if only its fastest axis is, and 0 if it
/// prefers neither order.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn tendency(shape: &[usize], strides: &[isize]) -> i32 {
    let ndim = shape.len();
    if is_contiguous(shape, strides, Order::RowMajor) {
        if has_several_long_axes(shape) { 2 } else { 0 }
    } else if ndim <= 1 {
        0
    } else if is_contiguous(shape, strides, Order::ColumnMajor) {
        -2
    } else if shape[0] > 1 && strides[0] == 1 {
        -1
    } else if shape[ndim - 1] > 1 && strides[ndim - 1] == 1 {
        1
    } else {
        0
    }
}

/// Returns the [`tendency`] of a shape with at most six axes.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn tendency_of<D: Dimension>(dim: &D, strides: &[isize]) -> i32 {
    let mut shape = [1; 6];
    let mut axis = 0;
    while axis < dim.ndim() {
        shape[axis] = dim[axis];
        axis += 1;
    }
    tendency(&shape[..dim.ndim()], strides)
}

/// Returns whether the cells of an array are contiguous in `order`. Axes of length 1 may have any
/// stride.
#[cfg_attr(not(debug_assertions), inline(always))]
fn is_contiguous(shape: &[usize], strides: &[isize], order: Order) -> bool {
    debug_assert_eq!(shape.len(), strides.len(), "one stride per axis");
    let ndim = shape.len();
    let mut expected = 1_isize;
    let mut contiguous = true;
    let mut depth = 0;
    while depth < ndim {
        let axis = order.axis(ndim, depth);
        if shape[axis] == 0 {
            return true;
        }
        if shape[axis] != 1 {
            contiguous &= strides[axis] == expected;
            expected = expected.wrapping_mul(shape[axis].cast_signed());
        }
        depth += 1;
    }
    contiguous
}

/// Returns whether more than one axis is longer than 1, so that row-major and column-major order
/// differ.
#[cfg_attr(not(debug_assertions), inline(always))]
fn has_several_long_axes(shape: &[usize]) -> bool {
    let mut long = 0;
    let mut axis = 0;
    while axis < shape.len() {
        if shape[axis] > 1 {
            long += 1;
        }
        axis += 1;
    }
    long > 1
}

/// Returns the stride of `axis` of an array of dimension `D`, and 0 for an axis that the array does
/// not have. A walk in 0 dimensions has loops, but no axis.
// Selects the stride instead of indexing. If the number of dimensions is known at compile time, the
// strides then stay in registers.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn stride_of<D: Dimension>(strides: &[isize], axis: usize) -> isize {
    if const { D::NDIM.is_none() } {
        return strides.get(axis).copied().unwrap_or(0);
    }
    let mut stride = 0;
    let mut candidate = 0;
    while candidate < strides.len() {
        if candidate == axis {
            stride = strides[candidate];
        }
        candidate += 1;
    }
    stride
}

/// Returns the length of `count` steps of `stride`, in elements.
// Wraps: inside an array the product fits (ndarray's invariant), and an overflow check would
// prevent the vectorisation of loops in programs built with `overflow-checks`.
#[inline(always)]
pub(crate) fn distance(stride: isize, count: usize) -> isize {
    stride.wrapping_mul(count.cast_signed())
}

/// Returns whether [`distance`] does not overflow. Debug assertions check this for places inside an
/// array.
// Must not call a function in unoptimised builds, where it runs for every cell. `overflowing_mul`
// is always inlined, `checked_mul` is not.
#[inline(always)]
pub(crate) fn is_distance(stride: isize, count: usize) -> bool {
    let (_, wraps) = stride.overflowing_mul(count.cast_signed());
    !wraps && count.cast_signed() >= 0
}

/// Returns whether `inner_len` steps of stride `inner` are as long as one step of stride `outer`.
/// Two nested loops can then be one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn merges(outer: isize, inner: isize, inner_len: usize) -> bool {
    // Checked, because the end of the inner loop may be outside the array. Lengths of arrays are at
    // most `isize::MAX`.
    inner.checked_mul(inner_len.cast_signed()) == Some(outer)
}

/// Returns the row axis, whose stride is the step from row to row: the second to last. Returns 0
/// for arrays with at most one row.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn row_axis(ndim: usize) -> usize {
    ndim.saturating_sub(2)
}

/// Returns the number of windows of length `window` in an axis of length `len`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn windows_in(len: usize, window: usize) -> usize {
    match len.checked_sub(window) {
        Some(last) => last + 1,
        None => 0,
    }
}

/// Returns the interior of an axis of length `len`: the cells that have a whole window of length
/// `window` around them. The centre of a window is its cell `window / 2`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn interior_of(len: usize, window: usize) -> Range<usize> {
    let cells = windows_in(len, window);
    let start = if cells == 0 { 0 } else { window / 2 };
    start..start + cells
}

/// Returns the axis and index at which to split a shape for [`Order`]: the middle of the outermost
/// axis that has more than one cell. For a shape of fewer than two cells, the first part is empty.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn split_point<D: Dimension>(dim: &D, order: Order) -> (usize, usize) {
    let ndim = dim.ndim();
    let mut depth = ndim;
    while depth > 0 {
        depth -= 1;
        let axis = order.axis(ndim, depth);
        if dim[axis] > 1 {
            return (axis, dim[axis] / 2);
        }
    }
    (0, 0)
}

/// The loop nest of one walk over a shape. The shape is `dim` in all methods.
///
/// # Invariants
///
/// 1. The innermost `outer_depth` axes in `order` are those of the columns and rows of a block. The
///    loops over the other axes step from block to block.
/// 2. `rows * cols` times the product of the other axes' lengths is the number of cells of the
///    shape.
/// 3. All lengths are at least 1 if the shape has cells. Otherwise `cols` is 0, and the other
///    fields have no meaning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    order: Order,
    outer_depth: usize,
    /// The axis whose stride is the step from row to row of a block.
    pub(crate) row_axis: usize,
    /// The axis whose stride is the step from column to column of a block.
    pub(crate) col_axis: usize,
    /// The number of rows of a block.
    pub(crate) rows: usize,
    /// The number of columns of a block.
    pub(crate) cols: usize,
}

impl Plan {
    /// Returns the plan for `dim` in `order`. `merges(outer, inner, len)` returns whether, for
    /// every operand, one step along axis `outer` is the same as `len` steps along axis `inner`.
    // One call per order makes axes constants and keeps lengths in registers. It saves a quarter of
    // the fixed cost of a walk over 4×4 cells (`cargo bench --bench ratios -- 4x4`).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new<D: Dimension>(dim: &D, order: Order, merges: impl Fn(usize, usize, usize) -> bool) -> Self {
        match order {
            Order::RowMajor => Plan::nest(dim, Order::RowMajor, merges),
            Order::ColumnMajor => Plan::nest(dim, Order::ColumnMajor, merges),
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn nest<D: Dimension>(dim: &D, order: Order, merges: impl Fn(usize, usize, usize) -> bool) -> Self {
        let mut plan = Plan { order, outer_depth: 0, row_axis: 0, col_axis: 0, rows: 1, cols: 0 };
        if !is_empty(dim) {
            (plan.col_axis, plan.cols) = plan.take_axes(dim, &merges);
            (plan.row_axis, plan.rows) = plan.take_axes(dim, &merges);
        }
        plan
    }

    /// Takes the axes of one loop: from `outer_depth` outwards, as many as merge. Returns the axis
    /// whose stride the loop steps by, and the loop's length.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn take_axes<D: Dimension>(&mut self, dim: &D, merges: &impl Fn(usize, usize, usize) -> bool) -> (usize, usize) {
        let mut taken = (0, 1);
        while self.outer_depth < dim.ndim() {
            let axis = self.order.axis(dim.ndim(), self.outer_depth);
            let (inner, inner_len) = taken;
            let len = dim[axis];
            if inner_len == 1 {
                taken = (axis, len);
            } else if len == 1 {
                // An axis of one cell needs no loop.
            } else if merges(axis, inner, inner_len) {
                taken = (inner, inner_len * len);
            } else {
                break;
            }
            self.outer_depth += 1;
        }
        taken
    }

    /// Returns whether the walk is one block. This holds for every shape of at most two dimensions.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn is_one_block<D: Dimension>(&self, dim: &D) -> bool {
        // The first condition is known at compile time, and removes the loop over blocks.
        matches!(D::NDIM, Some(0..=2)) || self.outer_depth == dim.ndim()
    }

    /// Returns the index of the first block's first cell.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn first_block<D: Dimension>(&self, dim: &D) -> D {
        D::zeros(dim.ndim())
    }

    /// Moves `index`, the first cell of a block, to the next block in order. Returns the loop
    /// around the blocks that has advanced, counted from the innermost one, and its axis. The axes
    /// of all loops further inside are 0 again. Returns `None` after the last block.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn next_block<D: Dimension>(&self, dim: &D, index: &mut D) -> Option<(usize, usize)> {
        let mut depth = self.outer_depth;
        while depth < dim.ndim() {
            let axis = self.order.axis(dim.ndim(), depth);
            index[axis] += 1;
            if index[axis] < dim[axis] {
                return Some((depth - self.outer_depth, axis));
            }
            index[axis] = 0;
            depth += 1;
        }
        None
    }

    /// Returns the number of rows of all blocks together.
    #[inline(always)]
    pub(crate) fn total_rows<D: Dimension>(&self, dim: &D) -> usize {
        if self.cols == 0 {
            return 0;
        }
        let mut rows = self.rows;
        let mut depth = self.outer_depth;
        while depth < dim.ndim() {
            rows *= dim[self.order.axis(dim.ndim(), depth)];
            depth += 1;
        }
        rows
    }

    /// Finds row number `row` among the rows of all blocks. Returns the first cell of its block,
    /// and its number in that block.
    #[inline(always)]
    pub(crate) fn locate_row<D: Dimension>(&self, dim: &D, row: usize) -> (D, usize) {
        debug_assert!(row < self.total_rows(dim), "the row is in the plan");
        let mut block = self.first_block(dim);
        if self.is_one_block(dim) {
            return (block, row);
        }
        let mut rest = row / self.rows;
        let mut depth = self.outer_depth;
        while depth < dim.ndim() {
            let axis = self.order.axis(dim.ndim(), depth);
            block[axis] = rest % dim[axis];
            rest /= dim[axis];
            depth += 1;
        }
        (block, row % self.rows)
    }
}

/// Returns whether `dim` has the lengths `lengths`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn is_shape<D: Dimension>(dim: &D, lengths: &[usize]) -> bool {
    let mut same = dim.ndim() == lengths.len();
    let mut axis = 0;
    while same && axis < lengths.len() {
        same = dim[axis] == lengths[axis];
        axis += 1;
    }
    same
}

/// Returns whether two shapes are equal.
// Compares length by length. `==` of two dimensions compares memory, which keeps shapes out of
// registers.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn same_shape<D: Dimension>(one: &D, other: &D) -> bool {
    let mut same = one.ndim() == other.ndim();
    let mut axis = 0;
    while same && axis < one.ndim() {
        same = one[axis] == other[axis];
        axis += 1;
    }
    same
}

/// Returns whether an array can have this shape: the lengths other than 0 multiply to at most
/// `isize::MAX`.
pub(crate) fn is_countable<D: Dimension>(dim: &D) -> bool {
    let lengths = (0..dim.ndim()).map(|axis| dim[axis].max(1));
    lengths.map(isize::try_from).try_fold(1_isize, |cells, len| cells.checked_mul(len.ok()?)).is_some()
}

/// Returns the shape with a dynamic number of dimensions, for an error.
pub(crate) fn dynamic<D: Dimension>(dim: &D) -> IxDyn {
    let mut lengths = IxDyn::zeros(dim.ndim());
    for axis in 0..dim.ndim() {
        lengths[axis] = dim[axis];
    }
    lengths
}

/// Returns whether a shape has no cells.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn is_empty<D: Dimension>(dim: &D) -> bool {
    let mut axis = 0;
    while axis < dim.ndim() {
        if dim[axis] == 0 {
            return true;
        }
        axis += 1;
    }
    false
}

// Miri has nothing to check: this is safe arithmetic.
#[cfg(not(miri))]
#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use ndarray::{Array, Axis, Dim, Ix2, ShapeBuilder, Slice};
    use proptest::prelude::*;

    use super::*;

    /// Returns all indices of a shape in `order`, straight from the definition of the order.
    fn indices(shape: &[usize], order: Order) -> Vec<Vec<usize>> {
        let cells = shape.iter().product();
        let index = |mut cell: usize| {
            let mut index = std::vec![0; shape.len()];
            for depth in 0..shape.len() {
                let axis = order.axis(shape.len(), depth);
                index[axis] = cell % shape[axis];
                cell /= shape[axis];
            }
            index
        };
        (0..cells).map(index).collect()
    }

    fn offset(index: &[usize], strides: &[isize]) -> isize {
        index.iter().zip(strides).map(|(&i, &stride)| stride * i.cast_signed()).sum()
    }

    fn plan_for(shape: &[usize], order: Order, operands: &[Vec<isize>]) -> Plan {
        Plan::new(&IxDyn(shape), order, |outer, inner, len| {
            operands.iter().all(|strides| merges(strides[outer], strides[inner], len))
        })
    }

    /// Returns the offsets of one operand in the order of a plan.
    fn walk(plan: &Plan, dim: &IxDyn, strides: &[isize]) -> Vec<isize> {
        let mut offsets = Vec::new();
        if plan.cols == 0 {
            return offsets;
        }
        let mut block = plan.first_block(dim);
        loop {
            let start: isize = (0..block.ndim()).map(|axis| distance(strides[axis], block[axis])).sum();
            for row in 0..plan.rows {
                let row = start + distance(stride_of::<IxDyn>(strides, plan.row_axis), row);
                offsets
                    .extend((0..plan.cols).map(|col| row + distance(stride_of::<IxDyn>(strides, plan.col_axis), col)));
            }
            if plan.next_block(dim, &mut block).is_none() {
                return offsets;
            }
        }
    }

    /// The memory layout of an axis.
    #[derive(Clone, Copy, Debug)]
    enum AxisLayout {
        /// Contiguous, so it merges.
        Whole,
        /// Every `n`-th cell.
        EveryNth(isize),
        /// In reverse.
        Inverted,
        /// With one unused cell before the next axis.
        Cut,
        /// One cell for all indices.
        Broadcast,
    }

    /// Generates a shape, and the strides of arrays that have been allocated with their axes in any
    /// order and then sliced.
    fn strides() -> impl Strategy<Value = (Vec<usize>, Vec<Vec<isize>>)> {
        let axis = prop_oneof![
            // Most axes are whole, so that some merge.
            4 => Just(AxisLayout::Whole),
            1 => (2_isize..4).prop_map(AxisLayout::EveryNth),
            1 => Just(AxisLayout::Inverted),
            1 => Just(AxisLayout::Cut),
            1 => Just(AxisLayout::Broadcast),
        ];
        let operand = move |ndim: usize| {
            (prop::collection::vec(axis.clone(), ndim), Just((0..ndim).collect::<Vec<_>>()).prop_shuffle())
        };
        (0_usize..5)
            .prop_flat_map(move |ndim| {
                (prop::collection::vec(0_usize..4, ndim), prop::collection::vec(operand(ndim), 1..4))
            })
            .prop_map(|(shape, operands)| {
                let strides_of = |(axes, order): (Vec<AxisLayout>, Vec<usize>)| {
                    let mut strides = std::vec![0; shape.len()];
                    let mut next = 1;
                    for axis in order {
                        let len = shape[axis].cast_signed();
                        let (step, cells) = match axes[axis] {
                            AxisLayout::Whole => (1, len),
                            AxisLayout::EveryNth(n) => (n, n * len),
                            AxisLayout::Inverted => (-1, len),
                            AxisLayout::Cut => (1, len + 1),
                            AxisLayout::Broadcast => (0, 1),
                        };
                        strides[axis] = next * step;
                        next *= cells.max(1);
                    }
                    strides
                };
                let operands = operands.into_iter().map(strides_of).collect();
                (shape, operands)
            })
    }

    /// Tries all small strides, because random strides rarely fit one length but not the other.
    #[test]
    fn a_plan_of_two_axes_leads_to_every_cell_whatever_their_strides() {
        for (rows, cols) in (1..5).flat_map(|rows| (1..5).map(move |cols| (rows, cols))) {
            for strides in (-9..=9).flat_map(|outer| (-2..=3).map(move |inner| [outer, inner])) {
                for order in [Order::RowMajor, Order::ColumnMajor] {
                    let plan = plan_for(&[rows, cols], order, &[strides.to_vec()]);
                    let expected: Vec<_> =
                        indices(&[rows, cols], order).iter().map(|index| offset(index, &strides)).collect();
                    assert_eq!(walk(&plan, &IxDyn(&[rows, cols]), &strides), expected, "{rows}×{cols}: {strides:?}");
                }
            }
        }
    }

    #[test]
    fn contiguous_operands_of_any_dimension_are_one_row() {
        for ndim in 1..6 {
            let array = Array::<u8, _>::zeros(IxDyn(&std::vec![3; ndim]));
            let plan = plan_for(array.shape(), Order::RowMajor, &[array.strides().to_vec()]);
            assert_eq!((plan.rows, plan.cols), (1, array.len()));
            let array = Array::<u8, _>::zeros(IxDyn(&std::vec![3; ndim]).f());
            let plan = plan_for(array.shape(), Order::ColumnMajor, &[array.strides().to_vec()]);
            assert_eq!((plan.rows, plan.cols), (1, array.len()));
        }
    }

    #[test]
    fn two_dimensions_are_one_block_even_where_nothing_merges() {
        let dim = Dim([3, 4]);
        let plan = Plan::new(&dim, Order::RowMajor, |_, _, _| false);
        assert_eq!((plan.rows, plan.row_axis, plan.cols, plan.col_axis), (3, 0, 4, 1));
        assert!(plan.is_one_block(&dim));
        let plan = Plan::new(&Dim([3, 4]), Order::ColumnMajor, |_, _, _| false);
        assert_eq!((plan.rows, plan.row_axis, plan.cols, plan.col_axis), (4, 1, 3, 0));
    }

    #[test]
    fn a_plan_counts_up_to_as_many_cells_as_an_array_may_have() {
        let most = isize::MAX.unsigned_abs();
        let half = 1_usize << (usize::BITS / 2 - 1);
        for order in [Order::RowMajor, Order::ColumnMajor] {
            for shape in
                [&[most][..], &[most, 1], &[1, most], &[half, half], &[2, half, 1, half / 2], &[1, 7, 1, most / 7]]
            {
                let dim = IxDyn(shape);
                let cells = shape.iter().product::<usize>();
                for merged in [true, false] {
                    let plan = Plan::new(&dim, order, |_, _, _| merged);
                    let rows = plan.total_rows(&dim);
                    assert_eq!(rows * plan.cols, cells);
                    // The last row is in the last block.
                    let (block, row) = plan.locate_row(&dim, rows - 1);
                    assert_eq!(row, plan.rows - 1);
                    let walked = shape.len() - plan.outer_depth;
                    assert!((0..walked).all(|depth| {
                        let axis = order.axis(shape.len(), shape.len() - 1 - depth);
                        block[axis] == shape[axis] - 1
                    }));
                    assert_eq!(plan.next_block(&dim, &mut block.clone()), None);
                }
                let (axis, index) = split_point(&dim, order);
                assert!(0 < index && index < shape[axis]);
            }
        }
        // Two of the lengths alone would overflow. The third one is 0, so the shape is empty and
        // they are never multiplied.
        let dim = IxDyn(&[most, 0, most]);
        let plan = Plan::new(&dim, Order::RowMajor, |_, _, _| true);
        assert_eq!((plan.cols, plan.total_rows(&dim)), (0, 0));
    }

    #[test]
    fn an_axis_of_one_cell_is_no_loop() {
        let plan = Plan::new(&Dim([5, 1]), Order::RowMajor, |_, _, _| false);
        assert_eq!((plan.rows, plan.cols, plan.col_axis), (1, 5, 0), "a column is walked as a row");
        let dim = Dim([2, 1, 1, 3]);
        let plan = Plan::new(&dim, Order::RowMajor, |_, _, _| false);
        assert_eq!((plan.rows, plan.row_axis, plan.cols, plan.col_axis), (2, 0, 3, 3));
        assert!(plan.is_one_block(&dim));
        assert_eq!(plan.next_block(&dim, &mut plan.first_block(&dim)), None);
    }

    #[test]
    fn a_shape_without_cells_has_no_rows() {
        for shape in [[0, 3], [3, 0], [0, 0], [0, isize::MAX.unsigned_abs()]] {
            let plan = Plan::new(&Dim(shape), Order::RowMajor, |_, _, _| true);
            assert_eq!((plan.cols, plan.total_rows(&Dim(shape))), (0, 0));
        }
        assert!(!is_empty(&Dim([])), "a shape of 0 dimensions has one cell");
    }

    #[test]
    fn tendencies_are_those_of_ndarray() {
        let rows = Array::<u8, _>::zeros((4, 6));
        let columns = Array::<u8, _>::zeros((4, 6).f());
        let of = |view: ndarray::ArrayView2<'_, u8>| tendency(view.shape(), view.strides());
        assert_eq!(of(rows.view()), 2);
        assert_eq!(of(columns.view()), -2);
        assert_eq!(of(rows.slice_axis(Axis(0), Slice::from(1..))), 2, "without its first rows it is still contiguous");
        assert_eq!(of(rows.slice_axis(Axis(1), Slice::from(1..))), 1);
        assert_eq!(of(columns.slice_axis(Axis(0), Slice::from(1..))), -1);
        assert_eq!(of(rows.slice_axis(Axis(1), Slice::from(..).step_by(2))), 0);
        assert_eq!(of(rows.slice_axis(Axis(0), Slice::from(..1))), 0, "a single row has both orders");
        assert_eq!(of(rows.slice_axis(Axis(1), Slice::from(..1))), 0);
        assert_eq!(of(rows.slice_axis(Axis(1), Slice::from(..).step_by(-1))), 0);
        let flat = Array::<u8, _>::zeros(5);
        assert_eq!(tendency(flat.shape(), flat.strides()), 0, "in one dimension both orders are the same");
        assert_eq!(tendency(&[5], &[2]), 0);
        assert_eq!(tendency(&[], &[]), 0);
        assert_eq!(tendency(&[0, 7, 3], &[5, 1, 9]), 2, "an array without cells is contiguous");
        assert_eq!(tendency(&[1, 4], &[1, 2]), 0, "an axis of one cell needs no steps");
        assert_eq!(tendency(&[4, 1], &[2, 1]), 0, "also as the last axis");
        assert_eq!(Order::from_tendency(0), Order::RowMajor);
        assert_eq!(Order::from_tendency(-1), Order::ColumnMajor);
    }

    #[test]
    fn windows_fit_as_often_as_they_can_be_shifted() {
        for len in 0..8 {
            for window in 1..8 {
                let fits = (0..len).filter(|start| start + window <= len).count();
                assert_eq!(windows_in(len, window), fits, "{window} in {len}");
            }
        }
        let most = isize::MAX.unsigned_abs();
        assert_eq!(windows_in(most, 1), most);
        assert_eq!(windows_in(most, most), 1);
        assert_eq!(windows_in(most - 1, most), 0);
        assert_eq!((windows_in(most, usize::MAX), windows_in(0, usize::MAX), windows_in(0, 1)), (0, 0, 0));
    }

    #[test]
    fn the_interior_is_the_centres_of_the_windows() {
        for len in 0..8 {
            for window in 1..8 {
                let centres: Vec<_> = (0..windows_in(len, window)).map(|start| start + window / 2).collect();
                assert_eq!(interior_of(len, window).collect::<Vec<_>>(), centres, "{window} in {len}");
            }
        }
        let most = isize::MAX.unsigned_abs();
        assert_eq!(interior_of(most, 1), 0..most);
        assert_eq!(interior_of(most, most), most / 2..most / 2 + 1);
        assert_eq!(interior_of(most, most / 2), most / 4..most / 4 + most / 2 + 2);
        assert_eq!((interior_of(most, usize::MAX), interior_of(0, usize::MAX)), (0..0, 0..0));
    }

    #[test]
    fn a_stride_of_no_axis_is_zero() {
        fn check<D: Dimension>() {
            assert_eq!(stride_of::<D>(&[], 0), 0);
            assert_eq!(stride_of::<D>(&[7, -3], 1), -3);
            assert_eq!(stride_of::<D>(&[7, -3], 2), 0);
        }
        check::<Ix2>();
        check::<IxDyn>();
    }

    #[test]
    fn the_next_block_is_one_step_of_one_loop_away() {
        let dim = Dim([2, 1, 3, 4, 5]);
        let plan = Plan::new(&dim, Order::RowMajor, |_, _, _| false);
        assert_eq!((plan.row_axis, plan.col_axis), (3, 4));
        let mut index = plan.first_block(&dim);
        let mut step = || (plan.next_block(&dim, &mut index), index);
        assert_eq!(step(), (Some((0, 2)), Dim([0, 0, 1, 0, 0])));
        assert_eq!(step(), (Some((0, 2)), Dim([0, 0, 2, 0, 0])));
        assert_eq!(step(), (Some((2, 0)), Dim([1, 0, 0, 0, 0])));
        assert_eq!(step(), (Some((0, 2)), Dim([1, 0, 1, 0, 0])));
    }

    #[test]
    fn a_distance_is_one_that_does_not_wrap() {
        assert!(is_distance(-3, 7) && is_distance(isize::MIN, 1) && is_distance(0, isize::MAX.unsigned_abs()));
        assert!(!is_distance(2, isize::MAX.unsigned_abs()) && !is_distance(isize::MIN, 2));
        assert!(!is_distance(0, isize::MIN.unsigned_abs()), "more cells than any array");
        assert_eq!((distance(-3, 7), distance(isize::MIN, 1), distance(7, 0)), (-21, isize::MIN, 0));
    }

    #[test]
    fn axes_merge_where_their_strides_go_on() {
        assert!(merges(12, 3, 4) && merges(-12, -3, 4) && merges(0, 0, 9));
        assert!(!merges(12, 3, 5) && !merges(12, -3, 4));
        assert!(!merges(0, isize::MIN, 2), "a product that wraps is not the stride");
        let most = isize::MAX.unsigned_abs();
        assert!(merges(isize::MAX, 1, most) && merges(-isize::MAX, -1, most) && merges(0, 0, most));
        assert!(
            !merges(-2, isize::MAX, 2) && !merges(isize::MIN, isize::MIN / 2, most) && !merges(1, isize::MAX, most)
        );
    }

    #[test]
    fn distances_inside_an_array_are_products() {
        let most = isize::MAX.unsigned_abs();
        assert_eq!(
            (distance(isize::MAX, 1), distance(isize::MIN, 1), distance(isize::MIN, 0)),
            (isize::MAX, isize::MIN, 0)
        );
        assert_eq!((distance(1, most), distance(-1, most), distance(0, most)), (isize::MAX, -isize::MAX, 0));
    }

    #[test]
    fn countable_shapes_have_at_most_isize_max_cells() {
        let most = isize::MAX.unsigned_abs();
        assert!(is_countable(&Dim([])) && is_countable(&Dim([most, 1, 1])) && is_countable(&Dim([most, 0])));
        assert!(!is_countable(&Dim([most + 1])) && !is_countable(&Dim([most / 2 + 1, 2])));
        assert!(!is_countable(&Dim([most, 0, 2])), "an empty axis does not make the others countable");
    }

    #[test]
    fn shapes_are_the_same_length_by_length() {
        let same = |one: &[usize], other: &[usize]| {
            let same = same_shape(&IxDyn(one), &IxDyn(other));
            assert_eq!(is_shape(&IxDyn(one), other), same, "{one:?} and {other:?}");
            same
        };
        assert!(same(&[2, 3], &[2, 3]));
        assert!(!same(&[2, 3], &[3, 2]) && !same(&[2, 3], &[2, 2]) && !same(&[2, 3], &[1, 3]));
        assert!(!same(&[2], &[2, 1]) && !same(&[2, 1], &[2]) && !same(&[], &[1]));
        assert!(same(&[], &[]));
        assert!(same_shape(&Dim([2, 3]), &Dim([2, 3])) && is_shape(&Dim([2, 3]), &[2, 3]));
        assert!(!same_shape(&Dim([2, 3]), &Dim([2, 2])) && !is_shape(&Dim([2, 3]), &[2]));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 1000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_plan_leads_to_every_cell_once_and_in_order((shape, operands) in strides(), row_major in any::<bool>()) {
            let order = if row_major { Order::RowMajor } else { Order::ColumnMajor };
            let plan = plan_for(&shape, order, &operands);
            for strides in &operands {
                let expected: Vec<_> = indices(&shape, order).iter().map(|index| offset(index, strides)).collect();
                prop_assert_eq!(walk(&plan, &IxDyn(&shape), strides), expected);
            }
        }

        #[test]
        fn every_row_of_a_plan_is_found_by_its_number((shape, operands) in strides()) {
            let plan = plan_for(&shape, Order::RowMajor, &operands);
            let cells: usize = shape.iter().product();
            prop_assert_eq!(plan.total_rows(&IxDyn(&shape)) * plan.cols, cells);
            for strides in &operands {
                let mut offsets = Vec::new();
                for row in 0..plan.total_rows(&IxDyn(&shape)) {
                    let (block, row) = plan.locate_row(&IxDyn(&shape), row);
                    prop_assert!(row < plan.rows);
                    let start: isize = (0..block.ndim()).map(|axis| distance(strides[axis], block[axis])).sum();
                    let start = start + distance(stride_of::<IxDyn>(strides, plan.row_axis), row);
                    offsets.extend((0..plan.cols).map(|col| start + distance(stride_of::<IxDyn>(strides, plan.col_axis), col)));
                }
                prop_assert_eq!(offsets, walk(&plan, &IxDyn(&shape), strides));
            }
        }

        #[test]
        fn the_halves_of_a_split_make_up_the_whole(shape in prop::collection::vec(0_usize..5, 1..5), row_major in any::<bool>()) {
            let order = if row_major { Order::RowMajor } else { Order::ColumnMajor };
            let (axis, index) = split_point(&IxDyn(&shape), order);
            prop_assert!(index <= shape[axis]);
            if shape.iter().product::<usize>() > 1 {
                prop_assert!(0 < index && index < shape[axis], "both halves have cells");
            }
        }
    }
}
