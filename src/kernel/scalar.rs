//! The leaves: the loops that move places and make items.
//!
//! Called by `zip.rs` and `iter.rs` with what `layout.rs` planned. Loops count with integers and compare integers, never
//! pointers, so elements of size zero need no case of their own.
//!
//! A number in a `SAFETY` comment, here and in the other modules, is that of the function's own `# Safety` section, where no other
//! item is named. With debug assertions the functions check what can be: that strides are units and that rows are not empty. Whether
//! cells are inside the shape, and visited once, is not known here.
//!
//! There are two kinds. The *loops* are `inline(always)` and without target features: they end up in the caller, with the
//! caller's instruction set. The *kernels* are functions out of line, one for every level of `simd.rs`, that walk one, two or
//! four rows side by side. Their parameters are what makes them faster: each output row is a slice of its own, which tells the
//! compiler that nothing else leads to it, where the loops check at every row's start whether operands overlap. That leaves
//! it free to read once what neighbouring rows of windows share, across the outputs' stores.

use core::ops::{ControlFlow, Range};

use crate::operand::Operands;

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
            // SAFETY: the strides are units (3), and column `col` of this row is inside the shape (1).
            unsafe { O::ahead(row, strides, col) }
        } else {
            // SAFETY: column `col` of this row is inside the shape (1).
            unsafe { O::offset(row, strides, col) }
        };
        // SAFETY: the places are those of an index inside the shape (1), visited here only (2), as `col` grows.
        let items = unsafe { O::items(places) };
        // Not `?`, which is two calls a cell in unoptimised builds.
        acc = match f(acc, items) {
            ControlFlow::Continue(acc) => acc,
            ControlFlow::Break(found) => return ControlFlow::Break(found),
        };
        col += 1;
    }
    ControlFlow::Continue(acc)
}

/// Folds a block of `rows` rows of `cols` cells, row after row. `first` is the place of its first cell.
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
        // SAFETY: the columns of row `r` are inside the shape (1), visited here only (2), as `r` grows; (3) is passed on.
        acc = unsafe { try_fold_row::<UNIT, O, A, B, F>(&row, col_strides, 0..cols, acc, f) }?;
        r += 1;
    }
    ControlFlow::Continue(acc)
}

/// Calls `f` with every row that starts in a block of `rows` rows of `cols` cells, row after row. `first` is the place of the
/// block's first cell; a row is `len` cells by steps of `strides` from its start.
///
/// # Safety
///
/// 1. The cells of every row that starts in the block are indices inside the shape, and no two rows share one.
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
            // SAFETY: the `len > 0` cells from there on are inside the shape (1), visited here only (1, 2), and lie side by
            // side or are one (3).
            f(unsafe { O::rows(start, strides, len) });
            c += 1;
        }
        r += 1;
    }
}
