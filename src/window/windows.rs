//! [`Windows`]: all windows of an array, as an operand.
//!
//! [`ArrayWindows`](super::ArrayWindows), `Padded`, filters and time steps make it, and
//! [`Zip`](crate::Zip) walks it. It promises that every window is inside the array and has
//! contiguous rows.

use core::fmt;
use core::marker::PhantomData;

use ndarray::{ArrayBase, ArrayView, Axis, Slice, ViewRepr};

use super::item::assert_fits_the_stack;
use super::size::{HasWindows, Size2, Size3, WindowSize, length_along, plane_axis};
use crate::copy::copy_type;
use crate::error::{ColumnStrideError, or_refuse};
use crate::kernel::cache::{self, RowAddresses, SetCounts};
use crate::kernel::plan;
use crate::operand::sealed::Sealed;
use crate::operand::{self, IntoOperand, Operand, Place, SeparateRows, Stride};

/// All windows of size `S` of an array, or of each part of a stack of arrays, as an operand of a
/// zip.
///
/// [`array_windows`](super::ArrayWindows::array_windows) returns windows of [`Size2`], and
/// [`array_windows_3d`](super::ArrayWindows::array_windows_3d) windows of [`Size3`]. If the windows
/// have to live as long as the data of a view, pass the view to [`new`](Self::new) instead:
///
/// ```
/// use ndarray::{ArrayView2, array};
/// use ndarray_lockstep::{Size2, Windows, Zip};
///
/// fn pairs(view: ArrayView2<'_, i32>) -> Windows<'_, i32, Size2<1, 2>> {
///     Windows::new(view)
/// }
///
/// let a = array![[1, 2, 4]];
/// let sums = Zip::from(pairs(a.view())).map_collect(|w| w.iter().sum::<i32>());
/// assert_eq!(sums, array![[3, 6]]);
/// ```
///
/// # Invariants
///
/// 1. All `S::LENGTHS` are positive.
/// 2. If a window fits into `input`, then `input` has a column stride of 1 or a single column.
pub struct Windows<'a, T, S: WindowSize, D = <S as WindowSize>::Dim> {
    // This is an `ArrayView<'a, T, D>` without the alias. With the alias, `'a` would be invariant,
    // because the alias's last parameter is a projection.
    input: ArrayBase<ViewRepr<&'a T>, D, T>,
    /// The bytes of all planes of the original view, if a window has several planes, and 0
    /// otherwise. Splitting does not change it.
    volume: usize,
    size: PhantomData<S>,
}

copy_type! { [T, S: WindowSize, D: Copy] Windows<'_, T, S, D> }

impl<'a, T, S: WindowSize, D: HasWindows<S>> Windows<'a, T, S, D> {
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
        const { assert_positive::<S>() };
        let strides = input.strides();
        let stride = plan::stride_of::<D>(strides, input.ndim() - 1);
        let volume = match plane_axis::<S, D>() {
            Some(axis) => cache::bytes::<T>(input.len_of(Axis(axis)), plan::stride_of::<D>(strides, axis)),
            None => 0,
        };
        let windows = Windows { input, volume, size: PhantomData };
        if windows.is_empty() || stride == 1 || windows.input.len_of(Axis(windows.input.ndim() - 1)) == 1 {
            Ok(windows)
        } else {
            Err(ColumnStrideError { stride })
        }
    }

    /// Returns the number of windows along each axis: `(rows - K + 1, cols - L + 1)` for [`Size2`],
    /// `(planes - K + 1, rows - L + 1, cols - M + 1)` for [`Size3`].
    ///
    /// For a stack, the number of its parts comes first. A length is 0 if the array is smaller than
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
        let mut shape = self.input.raw_dim();
        for axis in 0..shape.ndim() {
            shape[axis] = plan::windows_in(shape[axis], length_along::<S, D>(axis));
        }
        shape
    }
}

/// Rejects windows without cells. Callers evaluate it in a `const`, so that these windows do not
/// compile.
pub(super) const fn assert_positive<S: WindowSize>() {
    let [planes, rows, cols] = S::LENGTHS;
    assert!(planes > 0 && rows > 0 && cols > 0, "a window has at least one cell along each axis");
}

impl<T, S: WindowSize, D: HasWindows<S>> fmt::Debug for Windows<'_, T, S, D>
where
    D::Pattern: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Windows").field("window", &S::default()).field("dim", &self.dim()).finish()
    }
}

impl<T, S: WindowSize, D> Sealed for Windows<'_, T, S, D> {}

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

/// The place of a window: its first cell, and the strides between its rows and between its planes.
///
/// # Invariants
///
/// 1. `first` is the first cell of a window of the operand, an element of the operand's `input`. It
///    is dangling if the operand has no window.
/// 2. `row_stride` is the stride of `input` along its row axis, and `plane_stride` that along its
///    plane axis, if a window has several planes.
#[doc(hidden)]
#[derive(Debug)]
pub struct WindowPlace<T> {
    pub(super) first: *const T,
    pub(super) row_stride: isize,
    pub(super) plane_stride: isize,
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

// SAFETY: the place of window (h, i, j) is the element (h, i, j) of `input`. In a stack, the
// indices of the part come first. Without planes there is no h.
// 1. For an index inside `shape()`, the cells of the window from there on are inside `input`
//    (`plan::windows_in`), contiguous in each row (invariant 2 of Windows), and valid and shared
//    for 'a.
// 2. Shared items may be made any number of times.
// 3, 4, 6. Strides and pointer are those of `input`, so these hold as for ArrayView.
// 5. The cells of a row of windows are those of its slices, each covered by a window of the row.
// 7. A window one step further along the row axis is the same window moved by one row of the input.
unsafe impl<'a, T, S: WindowSize, D: HasWindows<S>> Operand for Windows<'a, T, S, D> {
    type Item = S::Window<'a, T>;
    type Dim = D;
    /// The rows of cells that a row of windows covers, in each plane: `cols - 1` cells more than
    /// there are windows, where a window has `cols` columns.
    type Row = S::Row<'a, T>;
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
        let strides = self.input.strides();
        let row_stride = plan::stride_of::<D>(strides, plan::row_axis(strides.len()));
        let plane_stride = match plane_axis::<S, D>() {
            Some(axis) => plan::stride_of::<D>(strides, axis),
            None => 0,
        };
        WindowPlace { first: self.input.as_ptr(), row_stride, plane_stride }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stride(&self, axis: usize) -> isize {
        plan::stride_of::<D>(self.input.strides(), axis)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn item(place: WindowPlace<T>) -> S::Window<'a, T> {
        debug_assert!(place.first.is_aligned(), "contract of Operand::item");
        // SAFETY: the place is that of a window (1), whose cells are elements of the view (promise
        // 1, invariant 2 of WindowPlace), and lengths are positive (invariant 1 of Windows).
        unsafe { S::window(place, 0) }
    }

    #[inline(always)]
    unsafe fn row(place: WindowPlace<T>, stride: isize, len: usize) -> S::Row<'a, T> {
        debug_assert!(len > 0, "contract of Operand::row");
        debug_assert!(stride.is_unit() || len == 1, "contract of Operand::row");
        const { assert_fits_the_stack(size_of::<Self::Row>()) };
        let cells = len + (S::LENGTHS[2] - 1);
        S::row(|plane, row| {
            // SAFETY: this plane of the window at the place is inside the view (1, promise 1), as
            // `plane` is one of the window's planes (promise 2 of WindowSize).
            let first = unsafe { place.first.offset(plan::distance(place.plane_stride, plane)) };
            // SAFETY: the same is true of this row (promise 2 of WindowSize).
            let first = unsafe { first.offset(plan::distance(place.row_stride, row)) };
            // SAFETY: `len` contiguous windows (1, 2) cover that many contiguous elements of this
            // row (invariant 2 of Windows; a view of one column has one window per row, of one
            // column). They are valid and shared for 'a (promise 1).
            unsafe { core::slice::from_raw_parts(first, cells) }
        })
    }

    #[inline]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        let window = length_along::<S, D>(axis);
        let len = self.input.len_of(Axis(axis));
        assert!(index <= plan::windows_in(len, window), "the split lies inside the axis");
        let first_cells = (index + (window - 1)).min(len);
        let part = |cells: Slice| Windows { input: self.input.slice_axis_move(Axis(axis), cells), ..self };
        (part(Slice::from(..first_cells)), part(Slice::from(index..)))
    }

    type FirstRow = WindowPlace<T>;
    /// Nothing: the windows of further rows are found from those of the first row.
    type NextRow = ();
    type KernelRow = WindowRow<T>;

    const REUSES_ROWS: bool = S::LENGTHS[1] > 1;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn bytes_across_planes(&self) -> usize {
        self.volume
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_plain() -> bool {
        operand::is_primitive::<T>()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn count_sets(place: &WindowPlace<T>, _stride: isize, rows: usize, sets: &mut SetCounts) {
        let [planes, rows_of_window, _] = S::LENGTHS;
        // With more planes there are set conflicts at any address.
        for plane in 0..planes.min(16) {
            let distance = plan::distance(place.plane_stride, plane).wrapping_mul(size_of::<T>().cast_signed());
            let address = place.first.addr().wrapping_add_signed(distance);
            sets.add(RowAddresses::new::<T>(address, place.row_stride, rows + (rows_of_window - 1)));
        }
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
    unsafe fn kernel_item(row: &WindowRow<T>, col: usize) -> S::Window<'a, T> {
        // SAFETY: `col` is a cell of the row (2), and so of the kernel's first row, which is as
        // long (1, invariant 2 of WindowRow). The first cells of that row's windows are contiguous
        // (2 of `first_row`) and in the same view.
        let first = unsafe { row.first.first.add(col) };
        // SAFETY: `first` is the first cell of a window of the kernel's first row, and the window
        // `row` rows below it is one of the operand (1, invariant 2 of WindowRow). As in `item`.
        unsafe { S::window(WindowPlace { first, ..row.first }, row.row) }
    }
}

impl<T, const L: usize, D: HasWindows<Size2<1, L>>> SeparateRows for Windows<'_, T, Size2<1, L>, D> {}

impl<T, const K: usize, const M: usize, D> SeparateRows for Windows<'_, T, Size3<K, 1, M>, D> where
    D: HasWindows<Size3<K, 1, M>>
{
}

impl<'a, T, S: WindowSize, D: HasWindows<S>> IntoOperand for Windows<'a, T, S, D> {
    type Item = S::Window<'a, T>;
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
        let place = WindowPlace { first: core::ptr::null::<f32>(), row_stride: 1024, plane_stride: 0 };
        for rows in [1, 2, 4] {
            let mut sets = SetCounts::empty();
            Windows::<f32, Size2<3, 3>>::count_sets(&place, 1, rows, &mut sets);
            assert_eq!(sets.set_conflicts(), rows + 2);
        }
    }

    #[test]
    fn windows_are_plain_where_their_cells_are_numbers() {
        assert!(Windows::<f32, Size2<3, 3>>::is_plain());
        assert!(!Windows::<Cell<f32>, Size2<3, 3>>::is_plain());
    }

    #[test]
    fn windows_fit_no_shape_but_their_own() {
        let input = Array2::<u8>::zeros((6, 7));
        let windows = Windows::<_, Size2<3, 2>, _>::new(input.view());
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
        let windows = Windows::<_, Size2<3, 2>, _>::new(input.view());
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
