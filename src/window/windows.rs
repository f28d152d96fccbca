//! [`Windows`]: all K×L windows of an array, as an operand.
//!
//! [`ArrayWindows`](super::ArrayWindows), `Padded`, filters and time steps make it, and
//! [`Zip`](crate::Zip) walks it. It promises that every window is inside the array and has
//! contiguous rows.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use ndarray::{ArrayBase, ArrayView, Axis, Ix2, Slice, ViewRepr};

use super::array::{Tabular, axes_of};
use super::item::{Window, assert_fits_the_stack};
use crate::copy::copy_type;
use crate::error::{ColumnStrideError, or_refuse};
use crate::kernel::cache::{RowAddresses, SetCounts};
use crate::kernel::plan;
use crate::operand::sealed::Sealed;
use crate::operand::{self, IntoOperand, Operand, Place, Stride};

/// All K×L windows of a 2-dimensional array, or of a stack of such arrays, as an operand of a zip.
///
/// [`array_windows`](super::ArrayWindows::array_windows) returns it. If the windows have to live as
/// long as the data of a view, pass the view to [`new`](Self::new) instead.
///
/// # Invariants
///
/// 1. `K > 0` and `L > 0`.
/// 2. If a window fits into `input`, then `input` has a column stride of 1 or a single column.
pub struct Windows<'a, T, const K: usize, const L: usize, D = Ix2> {
    // This is an `ArrayView<'a, T, D>` without the alias. With the alias, `'a` would be invariant,
    // because the alias's last parameter is a projection.
    pub(super) input: ArrayBase<ViewRepr<&'a T>, D, T>,
}

copy_type! { [T, const K: usize, const L: usize, D: Copy] Windows<'_, T, K, L, D> }

impl<'a, T, const K: usize, const L: usize, D: Tabular> Windows<'a, T, K, L, D> {
    /// Returns the windows of a view.
    ///
    /// # Panics
    ///
    /// In the caller's line, if the view has a window but its columns are not contiguous.
    /// [`try_new`](Self::try_new) returns the error instead.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn new(input: ArrayView<'a, T, D>) -> Self {
        or_refuse(Self::try_new(input))
    }

    /// [`new`](Self::new) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the view has a window but its columns are not contiguous.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn try_new(input: ArrayView<'a, T, D>) -> Result<Self, ColumnStrideError> {
        const { assert!(K > 0 && L > 0, "a window has at least one row and one column") };
        let (_, col_axis) = axes_of::<D>();
        let stride = plan::stride_of::<D>(input.strides(), col_axis);
        let windows = Windows { input };
        if windows.is_empty() || windows.input.len_of(Axis(col_axis)) == 1 || stride == 1 {
            Ok(windows)
        } else {
            Err(ColumnStrideError { stride })
        }
    }

    /// Returns the number of windows along each axis: `(rows - K + 1, cols - L + 1)`.
    ///
    /// For a stack, the number of tables comes first. A length is 0 if the array is smaller than
    /// the window along that axis.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn dim(&self) -> D::Pattern {
        self.shape().into_pattern()
    }

    /// Returns the number of windows.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn len(&self) -> usize {
        self.shape().size()
    }

    /// Returns whether there is no window: the array is empty or smaller than a window.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn is_empty(&self) -> bool {
        plan::is_empty(&self.shape())
    }

    /// [`dim`](Self::dim) as a dimension.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn shape(&self) -> D {
        let (row_axis, col_axis) = axes_of::<D>();
        let mut shape = self.input.raw_dim();
        shape[row_axis] = plan::windows_in(shape[row_axis], K);
        shape[col_axis] = plan::windows_in(shape[col_axis], L);
        shape
    }
}

impl<T, const K: usize, const L: usize, D: Tabular> fmt::Debug for Windows<'_, T, K, L, D>
where
    D::Pattern: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Windows").field("window", &[K, L]).field("dim", &self.dim()).finish()
    }
}

impl<T, const K: usize, const L: usize, D> Sealed for Windows<'_, T, K, L, D> {}

/// A row of windows inside a kernel: row number `row`, counted from the kernel's first row, whose
/// windows start at `first`.
///
/// Neighbouring rows of windows share all but one of their rows of cells. All rows of a kernel are
/// addressed as `first` and a number of rows, so a shared cell has the same address in each. The
/// compiler sees this and loads the cell once. When each row of windows had a first cell of its
/// own, it loaded a third more cells (`cargo bench --bench ratios -- simd`).
///
/// # Invariants
///
/// 1. `first` is the place of the first window of the kernel's first row.
/// 2. The windows `row` rows below those of the first row are a row of the kernel. It is as long as
///    the first row and has the same columns.
#[doc(hidden)]
#[derive(Debug)]
pub struct WindowRow<T> {
    pub(super) first: WindowPlace<T>,
    pub(super) row: usize,
}

copy_type! { [T] WindowRow<T> }

/// The place of a window: its first cell, and the stride between its rows.
///
/// # Invariants
///
/// 1. `first` is the first cell of a window of the operand, an element of the operand's `input`. It
///    is dangling if the operand has no window.
/// 2. `row_stride` is the stride of `input` along its row axis.
#[doc(hidden)]
#[derive(Debug)]
pub struct WindowPlace<T> {
    pub(super) first: *const T,
    pub(super) row_stride: isize,
}

copy_type! { [T] WindowPlace<T> }

// SAFETY: first cells move as the elements of a view do.
unsafe impl<T> Place<isize> for WindowPlace<T> {
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn offset(&self, stride: isize, count: usize) -> Self {
        // SAFETY: both places are first cells of windows (1), so they are elements of one view.
        WindowPlace { first: unsafe { Place::offset(&self.first, stride, count) }, ..*self }
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn ahead(&self, stride: isize, count: usize) -> Self {
        // SAFETY: both places are first cells of windows (2), so they are elements of one view, and
        // the stride is 1 (1).
        WindowPlace { first: unsafe { self.first.ahead(stride, count) }, ..*self }
    }
}

// SAFETY: the place of window (i, j) is the element (i, j) of `input`. In a stack, the indices of
// the table come first.
// 1. For an index inside `shape()`, the K×L elements from there on are inside `input`
//    (`plan::windows_in`), contiguous in each row (invariant 2 of Windows), and valid and shared
//    for 'a.
// 2. Shared items may be made any number of times.
// 3, 4, 6. Strides and pointer are those of `input`, so these hold as for ArrayView.
// 5. The cells of a row of windows are K rows of `len + L - 1` elements, each covered by a window
//    of the row.
// 7. A window one step further along the row axis is the same window moved by one row of the input.
unsafe impl<'a, T, const K: usize, const L: usize, D: Tabular> Operand for Windows<'a, T, K, L, D> {
    type Item = Window<'a, T, K, L>;
    type Dim = D;
    /// The K rows of cells that a row of windows covers, `cols + L - 1` cells each.
    type Row = [&'a [T]; K];
    type Place = WindowPlace<T>;
    type Stride = isize;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn raw_dim(&self) -> D {
        self.shape()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn has_shape(&self, dim: &D) -> bool {
        plan::same_shape(dim, &self.shape())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tendency(&self) -> i32 {
        plan::tendency_of(&self.shape(), self.input.strides())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn origin(&mut self) -> WindowPlace<T> {
        let (row_axis, _) = axes_of::<D>();
        WindowPlace { first: self.input.as_ptr(), row_stride: plan::stride_of::<D>(self.input.strides(), row_axis) }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stride(&self, axis: usize) -> isize {
        plan::stride_of::<D>(self.input.strides(), axis)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn item(place: WindowPlace<T>) -> Window<'a, T, K, L> {
        debug_assert!(place.first.is_aligned() && !place.first.is_null(), "contract of Operand::item");
        Window {
            // SAFETY: the place is the first cell of a window (1), an element of a view, so it is
            // not null.
            first: unsafe { NonNull::new_unchecked(place.first.cast_mut()) },
            row_stride: place.row_stride,
            row: 0,
            cells: PhantomData,
        }
    }

    #[inline(always)]
    unsafe fn row(place: WindowPlace<T>, stride: isize, len: usize) -> [&'a [T]; K] {
        debug_assert!(len > 0, "contract of Operand::row");
        debug_assert!(stride.is_unit() || len == 1, "contract of Operand::row");
        const { assert_fits_the_stack(size_of::<Self::Row>()) };
        let cells = len + (L - 1);
        core::array::from_fn(|k| {
            // SAFETY: row k of the window at the place is inside the view (1, promise 1), as k < K.
            let first = unsafe { place.first.offset(plan::distance(place.row_stride, k)) };
            // SAFETY: `len` contiguous windows (1, 2) cover `len + L - 1` contiguous elements of
            // that row (invariant 2 of Windows; a view of one column has one window per row, and L
            // is 1). They are valid and shared for 'a (promise 1).
            unsafe { core::slice::from_raw_parts(first, cells) }
        })
    }

    #[inline]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        let (row_axis, col_axis) = axes_of::<D>();
        let window = if axis == col_axis {
            L
        } else if axis == row_axis {
            K
        } else {
            1
        };
        let len = self.input.len_of(Axis(axis));
        assert!(index <= plan::windows_in(len, window), "the split lies inside the axis");
        let first_cells = (index + (window - 1)).min(len);
        let part = |cells: Slice| Windows { input: self.input.slice_axis_move(Axis(axis), cells) };
        (part(Slice::from(..first_cells)), part(Slice::from(index..)))
    }

    type FirstRow = WindowPlace<T>;
    /// Nothing: the windows of further rows are found from those of the first row.
    type NextRow = ();
    type KernelRow = WindowRow<T>;

    const REUSES_ROWS: bool = K > 1;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_plain() -> bool {
        operand::is_primitive::<T>()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn count_sets(place: &WindowPlace<T>, _stride: isize, rows: usize, sets: &mut SetCounts) {
        sets.add(RowAddresses::new::<T>(place.first.addr(), place.row_stride, rows + (K - 1)));
    }

    #[inline(always)]
    unsafe fn first_row(place: WindowPlace<T>, stride: isize, len: usize) -> WindowPlace<T> {
        debug_assert!(stride.is_unit() && len > 0, "contract of Operand::first_row");
        place
    }

    #[inline(always)]
    unsafe fn next_row(_place: WindowPlace<T>, stride: isize, len: usize) {
        debug_assert!(stride.is_unit() && len > 0, "contract of Operand::next_row");
    }

    #[inline(always)]
    fn kernel_row(first: WindowPlace<T>) -> WindowRow<T> {
        WindowRow { first, row: 0 }
    }

    #[inline(always)]
    unsafe fn kernel_row_below(first: &WindowRow<T>, n: usize, (): ()) -> WindowRow<T> {
        // Invariant 2 of WindowRow: the row is `n` steps of the row axis' stride, which is
        // `row_stride`, below the first row (1).
        WindowRow { row: n, ..*first }
    }

    #[inline(always)]
    unsafe fn kernel_item(row: &WindowRow<T>, col: usize) -> Window<'a, T, K, L> {
        // SAFETY: `col` is a cell of the row (2), and so of the kernel's first row, which is as
        // long (1, invariant 2 of WindowRow). The first cells of that row's windows are contiguous
        // (2 of `first_row`) and in the same view.
        let first = unsafe { row.first.first.add(col) };
        Window {
            // SAFETY: this is the first cell of a window of the kernel's first row, an element of a
            // view, so it is not null.
            first: unsafe { NonNull::new_unchecked(first.cast_mut()) },
            row_stride: row.first.row_stride,
            row: row.row,
            cells: PhantomData,
        }
    }
}

impl<'a, T, const K: usize, const L: usize, D: Tabular> IntoOperand for Windows<'a, T, K, L, D> {
    type Item = Window<'a, T, K, L>;
    type Dim = D;
    type Operand = Self;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn into_operand(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use ndarray::{Array2, Dim};

    use super::*;

    #[test]
    fn jammed_rows_of_windows_share_all_but_one_of_their_rows_of_cells() {
        // Rows a multiple of 4096 bytes apart all use the same sets.
        let place = WindowPlace { first: core::ptr::null::<f32>(), row_stride: 1024 };
        for rows in [1, 2, 4] {
            let mut sets = SetCounts::empty();
            Windows::<f32, 3, 3>::count_sets(&place, 1, rows, &mut sets);
            assert_eq!(sets.set_conflicts(), rows + 2);
        }
    }

    #[test]
    fn windows_are_plain_where_their_cells_are_numbers() {
        assert!(Windows::<f32, 3, 3>::is_plain());
        assert!(!Windows::<Cell<f32>, 3, 3>::is_plain());
    }

    #[test]
    fn windows_fit_no_shape_but_their_own() {
        let input = Array2::<u8>::zeros((6, 7));
        let windows = Windows::<_, 3, 2>::new(input.view());
        assert!(windows.has_shape(&Dim([4, 6])));
        for shape in [[3, 6], [4, 5], [5, 6], [4, 7], [6, 7]] {
            assert!(!windows.has_shape(&Dim(shape)));
            let error =
                crate::Zip::from(&Array2::<u8>::zeros(shape)).try_and(windows).map(|zip| zip.size()).unwrap_err();
            assert_eq!((error.shape(), error.expected()), (&[4, 6][..], &shape[..]));
        }
    }

    #[test]
    fn halves_of_windows_cover_the_cells_of_their_windows_and_no_more() {
        let input = Array2::<u8>::zeros((6, 7));
        let windows = Windows::<_, 3, 2>::new(input.view());
        assert_eq!(windows.dim(), (4, 6));
        for index in 0..=4 {
            let (first, second) = windows.split_at(0, index);
            assert_eq!((first.dim(), second.dim()), ((index, 6), (4 - index, 6)));
        }
        for index in 0..=6 {
            let (first, second) = windows.split_at(1, index);
            assert_eq!((first.dim(), second.dim()), ((4, index), (4, 6 - index)));
        }
    }
}
