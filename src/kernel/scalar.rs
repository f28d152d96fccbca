//! The loops that are inlined into the caller.
//!
//! `zip::execute` and `zip::iter` call them with rows and columns that a plan has computed. A
//! *block* is a rectangle of such rows and columns. The functions promise to visit every cell they
//! are given once, and no other cell.
//!
//! They are `inline(always)` and enable no target features, so they are compiled as part of the
//! caller, for the caller's instruction set. They count with integers and compare integers, never
//! pointers, so elements of size zero need no special case.
//!
//! In `SAFETY` comments, here and in the other modules, a number in parentheses is a condition in
//! the `# Safety` section of the enclosing function, unless the comment cites another item. At an
//! `unsafe impl` it is a promise of the trait. With debug assertions, the functions check that
//! strides are units and rows are not empty. They cannot check that cells are inside the shape and
//! have not been visited.

use core::ops::{ControlFlow, Range};

use crate::operand::Operands;

/// Returns `f` unchanged. An attribute on a closure is only allowed in argument position.
#[inline(always)]
pub(crate) fn step<A, B, I, F>(f: F) -> F
where
    F: FnMut(A, I) -> ControlFlow<B, A>,
{
    f
}

/// Folds the cells `cols` of one row. `row` is the place of its column 0.
///
/// # Safety
///
/// 1. Every column of `cols` of this row is an index inside the shape.
/// 2. None of them has been visited, unless `O: Clone`.
/// 3. If `UNIT`, then `O::are_unit(strides)`.
#[inline(always)]
pub(crate) unsafe fn try_fold_row<const UNIT: bool, O, A, B, F>(
    row: &O::Places,
    strides: O::Strides,
    cols: Range<usize>,
    mut acc: A,
    f: &mut F,
) -> ControlFlow<B, A>
where
    O: Operands,
    F: FnMut(A, O::Items) -> ControlFlow<B, A>,
{
    debug_assert!(!UNIT || O::are_unit(strides), "contract of try_fold_row");
    let mut col = cols.start;
    while col < cols.end {
        let places = if UNIT {
            // SAFETY: the strides are units (3), and column `col` of this row is inside the shape
            // (1).
            unsafe { O::ahead(row, strides, col) }
        } else {
            // SAFETY: column `col` of this row is inside the shape (1).
            unsafe { O::offset(row, strides, col) }
        };
        // SAFETY: the places belong to an index inside the shape (1). It is visited only here (2),
        // because `col` grows.
        let items = unsafe { O::items(places) };
        // Not `?`: in unoptimised builds it costs two calls per cell.
        acc = match f(acc, items) {
            ControlFlow::Continue(acc) => acc,
            ControlFlow::Break(found) => return ControlFlow::Break(found),
        };
        col += 1;
    }
    ControlFlow::Continue(acc)
}

/// Folds a block of `rows` rows of `cols` cells, row after row. `first` is the place of its first
/// cell.
///
/// # Safety
///
/// 1. Every cell of the block is an index inside the shape.
/// 2. None of them has been visited, unless `O: Clone`.
/// 3. If `UNIT`, then `O::are_unit(col_strides)`.
/// 4. `cols > 0`.
#[inline(always)]
pub(crate) unsafe fn try_fold_block<const UNIT: bool, O, A, B, F>(
    first: &O::Places,
    (rows, row_strides): (usize, O::Strides),
    (cols, col_strides): (usize, O::Strides),
    mut acc: A,
    f: &mut F,
) -> ControlFlow<B, A>
where
    O: Operands,
    F: FnMut(A, O::Items) -> ControlFlow<B, A>,
{
    debug_assert!(cols > 0, "contract of try_fold_block");
    let mut r = 0;
    while r < rows {
        // SAFETY: row `r` of the block has a first cell (4), which is inside the shape (1).
        let row = unsafe { O::offset(first, row_strides, r) };
        // SAFETY: the columns of row `r` are inside the shape (1). They are visited only here (2),
        // because `r` grows. Condition 3 is passed on.
        acc = unsafe { try_fold_row::<UNIT, O, A, B, F>(&row, col_strides, 0..cols, acc, f) }?;
        r += 1;
    }
    ControlFlow::Continue(acc)
}

/// Calls `f` with every row that starts in a block of `rows` rows of `cols` cells. `first` is the
/// place of the block's first cell. A row is `len` cells, in steps of `strides` from its start.
///
/// # Safety
///
/// 1. The cells of every row that starts in the block are indices inside the shape, and no two rows
///    share one.
/// 2. None of them has been visited, unless `O: Clone`.
/// 3. `O::are_unit(strides)`, or `len` is 1.
/// 4. `cols > 0` and `len > 0`.
#[inline(always)]
pub(crate) unsafe fn for_each_row<O, F>(
    first: &O::Places,
    (rows, row_strides): (usize, O::Strides),
    (cols, col_strides): (usize, O::Strides),
    (len, strides): (usize, O::Strides),
    f: &mut F,
) where
    O: Operands,
    F: FnMut(O::Rows),
{
    debug_assert!(O::are_unit(strides) || len == 1, "contract of for_each_row");
    debug_assert!(cols > 0 && len > 0, "contract of for_each_row");
    let mut r = 0;
    while r < rows {
        // SAFETY: row `r` of the block has a first cell (4), which is inside the shape (1).
        let row = unsafe { O::offset(first, row_strides, r) };
        let mut c = 0;
        while c < cols {
            // SAFETY: column `c` of that row is inside the shape (1).
            let start = unsafe { O::offset(&row, col_strides, c) };
            // SAFETY: the `len` cells from `start` on, at least one (4), are inside the shape (1)
            // and visited only here (1, 2). They are contiguous, or there is one (3).
            f(unsafe { O::rows(start, strides, len) });
            c += 1;
        }
        r += 1;
    }
}
