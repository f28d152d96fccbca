//! The plan of a walk: shapes and strides in, rectangles of cells out.
//!
//! This module is arithmetic on integers; there is no pointer in sight and nothing here is unsafe. `zip.rs` and
//! `iter.rs` call it once a walk. It promises that the places a [`Plan`] leads to are exactly the indices of the shape it
//! was made for, each once, in the [`Order`] it was made for.
//!
//! A plan sees an N-dimensional walk as a sequence of *blocks*, each a rectangle of rows and columns. Axes next to each
//! other in the order of the walk are merged wherever every operand's strides allow it, so that a walk over contiguous
//! arrays of any dimension is one block with one row, and every walk in at most two dimensions is one block.

use ndarray::Dimension;

/// The order in which the cells of a shape are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The last axis moves fastest (C order).
    RowMajor,
    /// The first axis moves fastest (Fortran order).
    ColumnMajor,
}

impl Order {
    /// The order for operands whose [`tendency`] values add up to `tendency`: the one most of them are contiguous
    /// along, row-major when in doubt. It is the order `ndarray::Zip` takes, so that sums come out bit for bit the same.
    #[inline(always)]
    pub(crate) fn from_tendency(tendency: i32) -> Order {
        if tendency >= 0 { Order::RowMajor } else { Order::ColumnMajor }
    }

    /// The axis at `depth` of the loop nest, where depth 0 is the innermost loop.
    #[inline(always)]
    fn axis(self, ndim: usize, depth: usize) -> usize {
        debug_assert!(depth < ndim, "a loop nest has one loop an axis");
        match self {
            Order::RowMajor => ndim - 1 - depth,
            Order::ColumnMajor => depth,
        }
    }
}

/// How strongly an array leans to row-major (positive) or column-major (negative) walks: 2 where it is contiguous, 1
/// where only its fastest axis is, 0 where it does not care.
#[inline(always)]
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

/// Whether the cells of an array lie side by side in memory in `order`. Axes of length 1 may have any stride.
#[inline(always)]
fn is_contiguous(shape: &[usize], strides: &[isize], order: Order) -> bool {
    debug_assert_eq!(shape.len(), strides.len(), "one stride an axis");
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

/// Whether more than one axis is longer than 1, so that row-major and column-major order differ.
#[inline(always)]
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

/// The stride of `axis`, and 0 for an axis the array does not have (the loops of a 0-dimensional walk).
// A selection rather than `strides[axis]`: where the number of dimensions is known, the strides stay in registers.
#[inline(always)]
pub(crate) fn stride_of(strides: &[isize], axis: usize) -> isize {
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

/// The distance from a place to the one `count` steps of `stride` further, in elements.
// Wrapping: for places inside an array the product fits (that is ndarray's invariant), and a check for overflow would
// keep the loops of a program built with `overflow-checks` from being vectorised.
#[inline(always)]
pub(crate) fn distance(stride: isize, count: usize) -> isize {
    stride.wrapping_mul(count.cast_signed())
}

/// Whether walking `inner_len` cells of stride `inner` and going on ends where one step of stride `outer` leads, so that
/// two nested loops can be one.
#[inline(always)]
pub(crate) fn merges(outer: isize, inner: isize, inner_len: usize) -> bool {
    outer == distance(inner, inner_len)
}

/// The number of windows of length `window` in an axis of length `len`.
#[inline(always)]
pub(crate) fn windows_in(len: usize, window: usize) -> usize {
    match len.checked_sub(window) {
        Some(last) => last + 1,
        None => 0,
    }
}

/// The cells `start..end` of an axis of length `len` that have a whole window of length `window` around them. The
/// centre of a window is its cell `window / 2`.
#[inline(always)]
pub(crate) fn interior_of(len: usize, window: usize) -> core::ops::Range<usize> {
    let cells = windows_in(len, window);
    let start = if cells == 0 { 0 } else { window / 2 };
    start..start + cells
}

/// Where to split a shape in two for [`Order`]: the longest-strided axis that has more than one cell, in its middle. A
/// shape of fewer than two cells gives an empty first half.
#[inline(always)]
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

/// The nest of loops of one walk.
///
/// # Invariants
///
/// 1. `rows * cols` times the product of `outer` is the number of cells of the shape.
/// 2. Every length is at least 1, unless the shape has no cells: then `cols` or `rows` is 0.
/// 3. `outer` is 1 in every axis that the rows and columns run over.
#[derive(Clone, Debug)]
pub(crate) struct Plan<D> {
    order: Order,
    /// The lengths of the axes that lead from block to block.
    outer: D,
    /// The axis whose stride leads from row to row of a block.
    pub(crate) row_axis: usize,
    /// The axis whose stride leads from column to column of a block.
    pub(crate) col_axis: usize,
    /// The number of rows of a block.
    pub(crate) rows: usize,
    /// The number of columns of a block.
    pub(crate) cols: usize,
}

impl<D: Dimension> Plan<D> {
    /// The loops for the shape `dim` in `order`. `merges(outer, inner, len)` tells whether, for every operand, one step
    /// along axis `outer` is the same as `len` steps along axis `inner`.
    // One nest an order: with the order known, axes are constants and lengths stay in registers. It is a quarter of the
    // fixed cost of a walk over 4×4 cells (`cargo bench --bench ratios -- 4x4`).
    #[inline(always)]
    pub(crate) fn new(dim: &D, order: Order, merges: impl Fn(usize, usize, usize) -> bool) -> Self {
        match order {
            Order::RowMajor => Plan::nest(dim, Order::RowMajor, merges),
            Order::ColumnMajor => Plan::nest(dim, Order::ColumnMajor, merges),
        }
    }

    #[inline(always)]
    fn nest(dim: &D, order: Order, merges: impl Fn(usize, usize, usize) -> bool) -> Self {
        let ndim = dim.ndim();
        let mut plan = Plan { order, outer: dim.clone(), row_axis: 0, col_axis: 0, rows: 1, cols: 1 };
        if is_empty(dim) {
            plan.cols = 0;
            return plan;
        }
        let mut depth = 0;
        (plan.col_axis, plan.cols) = plan.take_axes(ndim, &mut depth, &merges);
        (plan.row_axis, plan.rows) = plan.take_axes(ndim, &mut depth, &merges);
        plan
    }

    /// Takes axes out of `outer` for one loop, from `depth` outwards and as many as merge: the axis whose stride the
    /// loop steps by, and the loop's length.
    #[inline(always)]
    fn take_axes(
        &mut self,
        ndim: usize,
        depth: &mut usize,
        merges: &impl Fn(usize, usize, usize) -> bool,
    ) -> (usize, usize) {
        let mut taken = (0, 1);
        while *depth < ndim {
            let axis = self.order.axis(ndim, *depth);
            let (inner, inner_len) = taken;
            let len = self.outer[axis];
            if inner_len == 1 {
                taken = (axis, len);
            } else if len == 1 {
                // Nothing to step over.
            } else if merges(axis, inner, inner_len) {
                taken = (inner, inner_len * len);
            } else {
                break;
            }
            self.outer[axis] = 1;
            *depth += 1;
        }
        taken
    }

    /// Whether the walk is one block whatever the shape, as it is for every shape of at most two dimensions.
    #[inline(always)]
    pub(crate) fn is_one_block(&self) -> bool {
        matches!(D::NDIM, Some(0..=2))
    }

    /// The index of the first block's first cell.
    #[inline(always)]
    pub(crate) fn first_block(&self) -> D {
        D::zeros(self.outer.ndim())
    }

    /// Moves `index`, the first cell of a block, to the next block in order; false after the last one.
    #[inline(always)]
    pub(crate) fn next_block(&self, index: &mut D) -> bool {
        let ndim = self.outer.ndim();
        let mut depth = 0;
        while depth < ndim {
            let axis = self.order.axis(ndim, depth);
            index[axis] += 1;
            if index[axis] < self.outer[axis] {
                return true;
            }
            index[axis] = 0;
            depth += 1;
        }
        false
    }

    /// The number of rows of all blocks together.
    #[inline(always)]
    pub(crate) fn total_rows(&self) -> usize {
        let mut rows = if self.cols == 0 { 0 } else { self.rows };
        let mut axis = 0;
        while axis < self.outer.ndim() {
            rows *= self.outer[axis];
            axis += 1;
        }
        rows
    }

    /// The place of row number `row` among the rows of all blocks: the first cell of its block, and its number there.
    #[inline(always)]
    pub(crate) fn locate_row(&self, row: usize) -> (D, usize) {
        debug_assert!(row < self.total_rows(), "the row is one of the plan's");
        let mut block = self.first_block();
        if self.is_one_block() {
            return (block, row);
        }
        let ndim = self.outer.ndim();
        let mut rest = row / self.rows;
        let mut depth = 0;
        while depth < ndim {
            let axis = self.order.axis(ndim, depth);
            block[axis] = rest % self.outer[axis];
            rest /= self.outer[axis];
            depth += 1;
        }
        (block, row % self.rows)
    }
}

/// Whether two shapes are the same.
// Length by length: `==` of two dimensions is a comparison of memory, which keeps shapes out of registers.
#[inline(always)]
pub(crate) fn same_shape<D: Dimension>(one: &D, other: &D) -> bool {
    let mut same = one.ndim() == other.ndim();
    let mut axis = 0;
    while same && axis < one.ndim() {
        same = one[axis] == other[axis];
        axis += 1;
    }
    same
}

/// Whether a shape has no cells.
#[inline(always)]
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
