//! K×L windows over the rows and columns of an array, and the cells that have one around them.
//!
//! [`ArrayWindows`] and [`ArrayInterior`] are the methods users call; [`Windows`] is the operand,
//! [`Window`] its item. The module plugs into `zip.rs` by implementing [`Operand`]. It is used by
//! its own part for three dimensions, `volume.rs`, and by `boundary.rs` and `steps`. It promises
//! that a [`Window`] reads no cell but its own K×L ones.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::{Index, Range};
use core::ptr::NonNull;

use ndarray::{
    ArrayBase, ArrayRef, ArrayView, ArrayView2, ArrayViewMut, Axis, Dimension, Ix2, Ix3, Ix4, Ix5, Ix6, RawArrayView,
    ShapeBuilder, Slice, ViewRepr,
};

use crate::layout::{self, Sets, Streams};
use crate::operand::sealed::Sealed;
use crate::operand::{self, IntoOperand, Operand};

mod volume;
pub use self::volume::{ArrayInterior3d, ArrayWindows3d, Window3d, Windows3d};

/// The numbers of dimensions of arrays that have rows and columns: two to six.
///
/// The rows lie along the last axis but one, the columns along the last one; axes before them count images, planes or whatever there are
/// several of. The trait is sealed.
pub trait Tabular: Dimension + Copy + Sealed {}

macro_rules! tabular {
    ($($D:ty)+) => {$(
        impl Sealed for $D {}
        impl Tabular for $D {}
    )+};
}

tabular! { Ix2 Ix3 Ix4 Ix5 Ix6 }

/// The axis along which rows follow each other, and the one along which columns do.
#[cfg_attr(debug_assertions, inline)]
#[cfg_attr(not(debug_assertions), inline(always))]
fn axes_of<D: Tabular>() -> (usize, usize) {
    let ndim = const { D::NDIM.expect("a known number of dimensions") };
    (layout::row_axis(ndim), ndim - 1)
}

/// Stencil windows of a size known at compile time; the counterpart of [`slice::array_windows`] for two dimensions and stacks of them.
pub trait ArrayWindows: Sealed {
    /// The type of the cells.
    type Elem;
    /// The number of dimensions.
    type Dim: Tabular;

    /// All windows of `K` rows and `L` columns, as an operand of shape `(rows - K + 1, cols - L + 1)`, or empty where the
    /// array is smaller than the window in either axis. Window `(i, j)` covers the cells `(i..i + K, j..j + L)`.
    ///
    /// An array of more dimensions is a stack of tables, of which each has its windows: window `(n, i, j)` of a 3-dimensional array covers
    /// the cells `(n, i..i + K, j..j + L)`, and the operand has the shape `(tables, rows - K + 1, cols - L + 1)`. For windows that reach
    /// over several planes there is [`array_windows_3d`](ArrayWindows3d::array_windows_3d).
    ///
    /// The columns must lie side by side in memory (unit stride), which is what lets a window hand out its rows as
    /// arrays. Rows may have any stride: slices of rows, upside-down views and broadcast rows are fine.
    ///
    /// `K` and `L` of zero do not compile.
    ///
    /// # Panics
    ///
    /// If the array has a window but no unit column stride; [`try_array_windows`](Self::try_array_windows) returns the
    /// error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_lockstep::{ArrayInterior, ArrayWindows, azip};
    ///
    /// let heat = array![[0., 0., 0., 0.], [0., 8., 4., 0.], [0., 0., 0., 0.]];
    /// let mut next = Array2::zeros(heat.dim());
    /// azip!((cell in next.interior_mut::<3, 3>(), w in heat.array_windows::<3, 3>()) {
    ///     *cell = (w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1)) / 4.;
    /// });
    /// assert_eq!(next, array![[0., 0., 0., 0.], [0., 1., 2., 0.], [0., 0., 0., 0.]]);
    /// ```
    /// A stack of images, each of which is smoothed by itself:
    ///
    /// ```
    /// use ndarray::Array3;
    /// use ndarray_lockstep::{ArrayInterior, ArrayWindows, azip};
    ///
    /// let images = Array3::from_shape_fn((2, 3, 4), |(n, _, j)| (10 * n + j) as f32);
    /// let mut smooth = images.clone();
    /// azip!((cell in smooth.interior_mut::<1, 3>(), w in images.array_windows::<1, 3>()) {
    ///     *cell = (w.at(0, -1) + w.center() + w.at(0, 1)) / 3.;
    /// });
    /// assert_eq!(smooth, images, "slopes stay slopes");
    /// ```
    #[track_caller]
    fn array_windows<const K: usize, const L: usize>(&self) -> Windows<'_, Self::Elem, K, L, Self::Dim>;

    /// [`array_windows`](Self::array_windows) with an error for a panic.
    ///
    /// # Errors
    ///
    /// If the array has a window but no unit column stride.
    fn try_array_windows<const K: usize, const L: usize>(
        &self,
    ) -> Result<Windows<'_, Self::Elem, K, L, Self::Dim>, ColumnStrideError>;
}

impl<T, D: Tabular> Sealed for ArrayRef<T, D> {}

impl<T, D: Tabular> ArrayWindows for ArrayRef<T, D> {
    type Elem = T;
    type Dim = D;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn array_windows<const K: usize, const L: usize>(&self) -> Windows<'_, T, K, L, D> {
        Windows::new(self.view())
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn try_array_windows<const K: usize, const L: usize>(&self) -> Result<Windows<'_, T, K, L, D>, ColumnStrideError> {
        Windows::try_new(self.view())
    }
}

/// The cells of an array that have a whole K×L window around them.
pub trait ArrayInterior: Sealed {
    /// The type of the cells.
    type Elem;
    /// The number of dimensions.
    type Dim: Tabular;

    /// The view of the cells whose K×L window lies inside the array. It has the shape of
    /// [`array_windows::<K, L>()`](ArrayWindows::array_windows), `(rows - K + 1, cols - L + 1)`, and its cell `(i, j)` is the
    /// [centre](Window::center) of window `(i, j)`: cell `(i + K / 2, j + L / 2)` of the array. It is empty where the array is
    /// smaller than the window. Of a stack of tables it is the stack of their interiors.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::ArrayInterior;
    ///
    /// let a = array![[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]];
    /// assert_eq!(a.interior::<3, 3>(), array![[6, 7]]);
    /// assert_eq!(a.interior::<1, 2>(), array![[2, 3, 4], [6, 7, 8], [10, 11, 12]]);
    /// assert_eq!(a.interior::<5, 5>().dim(), (0, 0));
    /// ```
    fn interior<const K: usize, const L: usize>(&self) -> ArrayView<'_, Self::Elem, Self::Dim>;

    /// The mutable view of the same cells as [`interior`](Self::interior): where a stencil writes to.
    fn interior_mut<const K: usize, const L: usize>(&mut self) -> ArrayViewMut<'_, Self::Elem, Self::Dim>;
}

impl<T, D: Tabular> ArrayInterior for ArrayRef<T, D> {
    type Elem = T;
    type Dim = D;

    #[inline]
    fn interior<const K: usize, const L: usize>(&self) -> ArrayView<'_, T, D> {
        let [(row_axis, rows), (col_axis, cols)] = interior_of::<T, D, K, L>(self);
        self.view().slice_axis_move(row_axis, rows).slice_axis_move(col_axis, cols)
    }

    #[inline]
    fn interior_mut<const K: usize, const L: usize>(&mut self) -> ArrayViewMut<'_, T, D> {
        let [(row_axis, rows), (col_axis, cols)] = interior_of::<T, D, K, L>(self);
        self.view_mut().slice_axis_move(row_axis, rows).slice_axis_move(col_axis, cols)
    }
}

/// The rows and the columns of the interior.
fn interior_of<T, D: Tabular, const K: usize, const L: usize>(array: &ArrayRef<T, D>) -> [(Axis, Slice); 2] {
    const { assert!(K > 0 && L > 0, "a window has at least one row and one column") };
    let (row_axis, col_axis) = axes_of::<D>();
    [(row_axis, K), (col_axis, L)].map(|(axis, window)| (Axis(axis), interior_along(array, axis, window)))
}

/// The cells along an axis that have a whole window of length `window` around them.
#[cfg_attr(debug_assertions, inline)]
#[cfg_attr(not(debug_assertions), inline(always))]
fn interior_along<T, D: Dimension>(array: &ArrayRef<T, D>, axis: usize, window: usize) -> Slice {
    let Range { start, end } = layout::interior_of(array.len_of(Axis(axis)), window);
    Slice::from(start..end)
}

/// An array has no unit column stride, so its windows have no rows that lie side by side in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnStrideError {
    stride: isize,
}

impl ColumnStrideError {
    /// The column stride of the array, in elements.
    pub fn stride(&self) -> isize {
        self.stride
    }
}

impl fmt::Display for ColumnStrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "array_windows needs columns that lie side by side (stride 1), and this array's column stride is {}: \
             copy it with `as_standard_layout()`, or take the windows of its transpose `t()`",
            self.stride
        )
    }
}

impl core::error::Error for ColumnStrideError {}

/// All K×L windows of a 2-dimensional array, or of a stack of such arrays, as an operand of a zip.
///
/// Made by [`array_windows`](ArrayWindows::array_windows), or from a view by [`new`](Self::new) where the windows shall
/// live as long as the view's data.
///
/// # Invariants
///
/// 1. `K > 0` and `L > 0`.
/// 2. If a window fits into `input`, then `input` has a column stride of 1 or a single column.
pub struct Windows<'a, T, const K: usize, const L: usize, D = Ix2> {
    // An `ArrayView<'a, T, D>`. The alias leaves the last parameter to a projection, which would make `'a` invariant.
    input: ArrayBase<ViewRepr<&'a T>, D, T>,
}

impl<T, const K: usize, const L: usize, D: Copy> Clone for Windows<'_, T, K, L, D> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const K: usize, const L: usize, D: Copy> Copy for Windows<'_, T, K, L, D> {}

impl<'a, T, const K: usize, const L: usize, D: Tabular> Windows<'a, T, K, L, D> {
    /// The windows of a view.
    ///
    /// # Panics
    ///
    /// If the view has a window but no unit column stride. [`try_new`](Self::try_new) returns the
    /// error instead.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn new(input: ArrayView<'a, T, D>) -> Self {
        match Self::try_new(input) {
            Ok(windows) => windows,
            Err(error) => refuse(error),
        }
    }

    /// [`new`](Self::new) with an error for a panic.
    ///
    /// # Errors
    ///
    /// If the view has a window but no unit column stride.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn try_new(input: ArrayView<'a, T, D>) -> Result<Self, ColumnStrideError> {
        const { assert!(K > 0 && L > 0, "a window has at least one row and one column") };
        let (_, col_axis) = axes_of::<D>();
        let stride = layout::stride_of::<D>(input.strides(), col_axis);
        let windows = Windows { input };
        if windows.is_empty() || windows.input.len_of(Axis(col_axis)) == 1 || stride == 1 {
            Ok(windows)
        } else {
            Err(ColumnStrideError { stride })
        }
    }

    /// The number of windows along the axes: `(rows - K + 1, cols - L + 1)`, and 0 where the array is smaller than the
    /// window; of a stack of tables, the number of tables before that.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn dim(&self) -> D::Pattern {
        self.shape().into_pattern()
    }

    /// The number of windows.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn len(&self) -> usize {
        self.shape().size()
    }

    /// Whether there is no window: the array is smaller than one.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn is_empty(&self) -> bool {
        layout::is_empty(&self.shape())
    }

    /// The number of windows along each axis.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn shape(&self) -> D {
        let (row_axis, col_axis) = axes_of::<D>();
        let mut shape = self.input.raw_dim();
        shape[row_axis] = layout::windows_in(shape[row_axis], K);
        shape[col_axis] = layout::windows_in(shape[col_axis], L);
        shape
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn refuse(error: ColumnStrideError) -> ! {
    panic!("{error}")
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

/// A row of windows inside a kernel.
///
/// The windows of row `row` of the kernel, counted from its first row, whose windows are at `first`. Rows of windows next to
/// each other overlap in all but one of their rows of cells; addressed from one place, as `first` and a number of rows, the
/// same cell has the same address in each, the compiler sees that, and reads it once. With a first cell for every row of
/// windows it read a third more (`cargo bench --bench ratios -- simd`).
///
/// # Invariants
///
/// 1. `first` is the place of the first window of the kernel's first row.
/// 2. The windows `row` rows below those of the first row are a row of the kernel, as long as the first row and at the same
///    columns.
#[doc(hidden)]
#[derive(Debug)]
pub struct WindowLane<T> {
    first: WindowPlace<T>,
    row: usize,
}

impl<T> Clone for WindowLane<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for WindowLane<T> {}

/// Where a window is: its first cell, and the stride from one of its rows to the next.
///
/// # Invariants
///
/// 1. `first` is the first cell of a window of the operand that the place is of, an element of the operand's `input`; dangling
///    where the operand has no window.
/// 2. `row_stride` is the stride of `input` along its row axis.
#[doc(hidden)]
#[derive(Debug)]
pub struct WindowPlace<T> {
    first: *const T,
    row_stride: isize,
}

impl<T> Clone for WindowPlace<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for WindowPlace<T> {}

// SAFETY: the place of window (i, j) is the element (i, j) of `input`, with the indices of a table of the stack before it.
// 1. For an index inside `shape()` the K×L elements from there on lie inside `input` (`layout::windows_in`), L of them side by side
//    in each row (invariant 2 of Windows), and are valid and shared for 'a.
// 2. Shared items may be made any number of times.
// 3, 4, 6. Strides and pointer are those of `input`, so they hold as for ArrayView.
// 5. The cells of a row of windows are K rows of `len + L - 1` elements, each covered by a window of the row.
// 7. The window one step of the row axis' stride further is the window before it, moved by one of the input's rows.
unsafe impl<'a, T, const K: usize, const L: usize, D: Tabular> Operand for Windows<'a, T, K, L, D> {
    type Item = Window<'a, T, K, L>;
    type Dim = D;
    /// The K rows of cells that the windows of one row cover, `cols + L - 1` cells each.
    type Row = [&'a [T]; K];
    type Place = WindowPlace<T>;
    type Stride = isize;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn raw_dim(&self) -> D {
        self.shape()
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn has_shape(&self, dim: &D) -> bool {
        layout::same_shape(dim, &self.shape())
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tendency(&self) -> i32 {
        layout::tendency_of(&self.shape(), self.input.strides())
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn origin(&mut self) -> WindowPlace<T> {
        let (row_axis, _) = axes_of::<D>();
        WindowPlace { first: self.input.as_ptr(), row_stride: layout::stride_of::<D>(self.input.strides(), row_axis) }
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stride(&self, axis: usize) -> isize {
        layout::stride_of::<D>(self.input.strides(), axis)
    }

    #[inline(always)]
    fn elements(stride: isize) -> isize {
        stride
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_unit(stride: isize) -> bool {
        stride == 1
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn merges(outer: isize, inner: isize, inner_len: usize) -> bool {
        layout::merges(outer, inner, inner_len)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn offset(place: &WindowPlace<T>, stride: isize, count: usize) -> WindowPlace<T> {
        debug_assert!(layout::is_distance(stride, count), "contract of Operand::offset");
        // SAFETY: both places are first cells of windows (1), so elements of the same view.
        let first = unsafe { place.first.offset(layout::distance(stride, count)) };
        WindowPlace { first, ..*place }
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn ahead(place: &WindowPlace<T>, stride: isize, count: usize) -> WindowPlace<T> {
        debug_assert!(Self::is_unit(stride), "contract of Operand::ahead");
        // SAFETY: both places are first cells of windows (2), so elements of the same view; steps are one element wide (1).
        let first = unsafe { place.first.add(count) };
        WindowPlace { first, ..*place }
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn item(place: WindowPlace<T>) -> Window<'a, T, K, L> {
        debug_assert!(place.first.is_aligned() && !place.first.is_null(), "contract of Operand::item");
        Window {
            // SAFETY: the place is the first cell of a window (1), an element of a view, so not null.
            first: unsafe { NonNull::new_unchecked(place.first.cast_mut()) },
            row_stride: place.row_stride,
            row: 0,
            cells: PhantomData,
        }
    }

    #[inline(always)]
    unsafe fn row(place: WindowPlace<T>, stride: isize, len: usize) -> [&'a [T]; K] {
        debug_assert!(len > 0, "contract of Operand::row");
        debug_assert!(Self::is_unit(stride) || len == 1, "contract of Operand::row");
        const { assert_fits_the_stack(size_of::<Self::Row>()) };
        let cells = len + (L - 1);
        core::array::from_fn(|k| {
            // SAFETY: row k of the window at the place lies inside the view (1, promise 1), as k < K.
            let first = unsafe { place.first.offset(layout::distance(place.row_stride, k)) };
            // SAFETY: `len` windows side by side (1, 2) cover `len + L - 1` elements side by side of that row (invariant 2 of
            // Windows; a view of one column has one window a row and L of 1); they are valid and shared for 'a (promise 1).
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
        assert!(index <= layout::windows_in(len, window), "the split lies inside the axis");
        let first_cells = (index + (window - 1)).min(len);
        let part = |cells: Slice| Windows { input: self.input.slice_axis_move(Axis(axis), cells) };
        (part(Slice::from(..first_cells)), part(Slice::from(index..)))
    }

    type Lead = WindowPlace<T>;
    /// Nothing: the windows of the row below are those of the first row, some rows further down.
    type Follow = ();
    type Lane = WindowLane<T>;

    const TALL: bool = K > 1;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_plain() -> bool {
        operand::is_primitive::<T>()
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn streams(place: &WindowPlace<T>, _stride: isize, rows: usize, sets: &mut Sets) {
        sets.add(Streams::new::<T>(place.first.addr(), place.row_stride, rows + (K - 1)));
    }

    #[inline(always)]
    unsafe fn lead(place: WindowPlace<T>, stride: isize, len: usize) -> WindowPlace<T> {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::lead");
        place
    }

    #[inline(always)]
    unsafe fn follow(_place: WindowPlace<T>, stride: isize, len: usize) {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::follow");
    }

    #[inline(always)]
    fn lane(lead: WindowPlace<T>) -> WindowLane<T> {
        WindowLane { first: lead, row: 0 }
    }

    #[inline(always)]
    unsafe fn lane_below(above: &WindowLane<T>, (): ()) -> WindowLane<T> {
        // Invariant 2 of WindowLane: the row is one step of the row axis' stride, which is `row_stride`, further down (1).
        WindowLane { row: above.row + 1, ..*above }
    }

    #[inline(always)]
    unsafe fn lane_item(lane: &WindowLane<T>, col: usize) -> Window<'a, T, K, L> {
        // SAFETY: `col` is a cell of the row (2), so also of the kernel's first row, which is as long (1, invariant 2 of WindowLane);
        // its first cells lie side by side (2 of `lead`), in the same view.
        let first = unsafe { lane.first.first.add(col) };
        Window {
            // SAFETY: it is the first cell of a window of the kernel's first row, an element of a view, so not null.
            first: unsafe { NonNull::new_unchecked(first.cast_mut()) },
            row_stride: lane.first.row_stride,
            row: lane.row,
            cells: PhantomData,
        }
    }
}

impl<'a, T, const K: usize, const L: usize, D: Tabular> IntoOperand for Windows<'a, T, K, L, D> {
    type Item = Window<'a, T, K, L>;
    type Dim = D;
    type Operand = Self;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn into_operand(self) -> Self {
        self
    }
}

/// One window: K rows of L cells each, shared for `'a`.
///
/// It is three words, and `Copy`. Cells are addressed from the window's first cell by `w[[k, l]]`, or from its
/// centre by [`at`](Self::at).
///
/// # Invariants
///
/// 1. `first` is an element of a view. For every `k < K`, the `L` elements from `first + (row + k) * row_stride` on are elements
///    of that view, valid and shared for `'a`.
/// 2. `K > 0` and `L > 0`.
pub struct Window<'a, T, const K: usize, const L: usize> {
    first: NonNull<T>,
    row_stride: isize,
    /// The number of rows from `first` down to the window: see [`WindowLane`].
    row: usize,
    cells: PhantomData<&'a T>,
}

// SAFETY: a window gives what `&'a T` gives, and `&T: Send` where `T: Sync`.
unsafe impl<T: Sync, const K: usize, const L: usize> Send for Window<'_, T, K, L> {}
// SAFETY: a window gives what `&'a T` gives, and `&T: Sync` where `T: Sync`.
unsafe impl<T: Sync, const K: usize, const L: usize> Sync for Window<'_, T, K, L> {}

impl<T, const K: usize, const L: usize> Clone for Window<'_, T, K, L> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const K: usize, const L: usize> Copy for Window<'_, T, K, L> {}

impl<'a, T, const K: usize, const L: usize> Window<'a, T, K, L> {
    /// The window whose first cell is `count` steps of `stride` elements further.
    ///
    /// # Safety
    ///
    /// 1. So moved, it keeps the invariants of a window of the same view.
    #[inline(always)]
    unsafe fn moved(&self, stride: isize, count: usize) -> Self {
        debug_assert!(layout::is_distance(stride, count), "contract of Window::moved");
        // SAFETY: `first` is an element of the view, and is one where it is moved to (invariant 1, of this window and of the moved one).
        let first = unsafe { self.first.offset(layout::distance(stride, count)) };
        Window { first, ..*self }
    }

    /// The pointer to the first cell of row `k`, with the provenance of the whole array.
    ///
    /// # Safety
    ///
    /// 1. `k < K`.
    #[inline(always)]
    unsafe fn row_ptr(&self, k: usize) -> *const T {
        debug_assert!(k < K, "contract of Window::row_ptr");
        debug_assert!(layout::is_distance(self.row_stride, self.row + k), "invariant 1 of Window");
        // SAFETY: row k is one of the window's (1), so its first cell is an element of the same view as `first` (invariant 1).
        unsafe { self.first.as_ptr().cast_const().offset(layout::distance(self.row_stride, self.row + k)) }
    }

    /// Row `k`.
    ///
    /// # Safety
    ///
    /// 1. `k < K`.
    #[inline(always)]
    unsafe fn row(&self, k: usize) -> &'a [T; L] {
        // SAFETY: k < K (1).
        let first = unsafe { self.row_ptr(k) };
        // SAFETY: L elements from there on are valid and shared for 'a (invariant 1); an array has the alignment of its
        // elements.
        unsafe { &*first.cast::<[T; L]>() }
    }

    /// The cell in row `k` and column `l`.
    ///
    /// # Safety
    ///
    /// 1. `k < K`.
    /// 2. `l < L`.
    // The cell alone, not an element of `row`: nine 3-element rows read for one cell each is work for the optimiser.
    #[inline(always)]
    unsafe fn cell(&self, k: usize, l: usize) -> &'a T {
        debug_assert!(l < L, "contract of Window::cell");
        // SAFETY: k < K (1).
        let first = unsafe { self.row_ptr(k) };
        // SAFETY: the row has L elements (invariant 1) and l < L (2).
        let cell = unsafe { first.add(l) };
        // SAFETY: the element is valid and shared for 'a (invariant 1).
        unsafe { &*cell }
    }

    /// The rows from top to bottom, each an array of its cells from left to right.
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::{ArrayWindows, Zip};
    ///
    /// let a = array![[1, 2, 3], [4, 5, 6]];
    /// let sums: Vec<i32> = Zip::from(a.array_windows::<2, 2>())
    ///     .into_iter()
    ///     .map(|(w,)| w.rows().iter().map(|row| row[0] * row[1]).sum())
    ///     .collect();
    /// assert_eq!(sums, [1 * 2 + 4 * 5, 2 * 3 + 5 * 6]);
    /// ```
    #[inline(always)]
    pub fn rows(&self) -> [&'a [T; L]; K] {
        each_row(
            #[inline(always)]
            |k| {
                // SAFETY: `each_row` asks for rows of K, so k < K (1).
                unsafe { self.row(k) }
            },
        )
    }

    /// The cell `dk` rows below and `dl` columns right of the [centre](Self::center).
    ///
    /// # Panics
    ///
    /// If the window has no such cell. With constant arguments the check costs nothing.
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::{ArrayWindows, azip};
    ///
    /// let a = array![[1, 2, 3], [4, 5, 6], [7, 8, 9]];
    /// azip!((w in a.array_windows::<3, 3>()) {
    ///     assert_eq!((*w.at(-1, 0), *w.at(0, 0), *w.at(1, 1)), (2, 5, 9));
    /// });
    /// ```
    #[inline(always)]
    #[track_caller]
    pub fn at(&self, dk: isize, dl: isize) -> &'a T {
        match (cell_from_centre(K, dk), cell_from_centre(L, dl)) {
            // SAFETY: `cell_from_centre` gives rows of K (1) and columns of L (2) only.
            (Some(k), Some(l)) => unsafe { self.cell(k, l) },
            _ => no_such_cell::<K, L>(dk, dl),
        }
    }

    /// The cell in the middle, row `K / 2` and column `L / 2`: for even sizes the first cell of the second half, as
    /// [`scipy.ndimage`](https://docs.scipy.org/doc/scipy/reference/ndimage.html) has it for an `origin` of 0.
    #[inline(always)]
    pub fn center(&self) -> &'a T {
        // SAFETY: K / 2 < K (1) and L / 2 < L (2), as both are positive (invariant 2).
        unsafe { self.cell(K / 2, L / 2) }
    }

    /// A copy of all cells.
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::{ArrayWindows, azip};
    ///
    /// let a = array![[1, 2], [3, 4]];
    /// azip!((w in a.array_windows::<2, 2>()) {
    ///     let [[a, b], [c, d]] = w.to_array();
    ///     assert_eq!(a * d - b * c, -2);
    /// });
    /// ```
    // Cell by cell: from copies of rows of bytes the compiler makes no vectors, and a mean of 3×3 bytes took 0.68 ns for 0.04. The
    // machine-code test has that loop.
    #[inline(always)]
    pub fn to_array(&self) -> [[T; L]; K]
    where
        T: Copy,
    {
        each_row(
            #[inline(always)]
            |k| {
                each_row(
                    #[inline(always)]
                    |l| {
                        // SAFETY: `each_row` asks for rows of K (1) and cells of L (2).
                        *unsafe { self.cell(k, l) }
                    },
                )
            },
        )
    }

    /// The cells row by row.
    ///
    /// Consumed by `fold` and what is built on it (`sum`, `for_each`, `max`), or zipped with something for windows of up to
    /// 3×3 cells, it leaves straight-line code that is vectorised. For larger windows beside weights nest the loops over
    /// [`rows`](Self::rows): `w.rows().iter().zip(&weights)`, and zip each row with its weights.
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::{ArrayWindows, azip};
    ///
    /// let image = array![[0_u8, 7, 1], [9, 2, 2], [3, 8, 4]];
    /// azip!((w in image.array_windows::<3, 3>()) assert_eq!(w.iter().max(), Some(&9)));
    /// ```
    #[inline(always)]
    pub fn iter(&self) -> WindowIter<'a, T, K, L> {
        WindowIter { window: *self, cells: 0..K * L }
    }

    /// The window as a view, for ndarray's own methods.
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::{ArrayWindows, azip};
    ///
    /// let a = array![[1, 2], [3, 4]];
    /// azip!((w in a.array_windows::<2, 2>()) assert_eq!(w.view().diag().sum(), 5));
    /// ```
    #[inline]
    pub fn view(&self) -> ArrayView2<'a, T> {
        // ndarray's constructor takes positive strides only: an upside-down window is turned over twice.
        let top = if self.row_stride < 0 { K - 1 } else { 0 };
        // SAFETY: `top` is 0 or K - 1, so less than K (1), which is positive (invariant 2). Not the pointer of a row's reference:
        // the view reaches over all rows.
        let first = unsafe { self.row_ptr(top) };
        // A single row has no stride that could matter, and the one it has could be too large for ndarray's checks.
        let row_stride = if K == 1 { L } else { self.row_stride.unsigned_abs() };
        let shape = (K, L).strides((row_stride, 1));
        // SAFETY: the K×L elements at these strides are the window's (invariant 1), inside one array, so ndarray's
        // conditions on offsets hold as they do for that array.
        let raw = unsafe { RawArrayView::from_shape_ptr(shape, first) };
        // SAFETY: the elements are valid and shared for 'a (invariant 1).
        let mut view = unsafe { raw.deref_into_view() };
        if self.row_stride < 0 {
            view.invert_axis(Axis(0));
        }
        view
    }
}

/// The most cells of a window of a filter or a time step: 256×256.
///
/// Filters and time steps have tables of ghost columns, and kernels use arrays such as
/// [`Window::rows`]. With so many cells these take a megabyte at most. And a kernel reads the whole
/// window for each cell: far below this size already, several passes or a Fourier transform are the
/// faster method.
const MOST_STENCIL_CELLS: usize = 1 << 16;

/// Refuses windows that are empty or too large for filters and time steps. In a `const`, so that
/// they do not compile.
pub(crate) const fn assert_stencil_size(rows: usize, cols: usize) {
    assert!(rows > 0 && cols > 0, "a window has at least one row and one column");
    assert!(
        matches!(rows.checked_mul(cols), Some(1..=MOST_STENCIL_CELLS)),
        "a window of a filter or a time step has at most 65536 cells (`K * L`): use several passes of smaller windows, or `array_windows`"
    );
}

/// Refuses arrays made of a window that are too large for the stack: more than half of what a
/// thread has by default. In a `const`, so that they do not compile.
const fn assert_fits_the_stack(bytes: usize) {
    assert!(
        bytes <= 1 << 20,
        "an array made of a window is on the stack and has at most 1 MiB: use `iter`, `view` or single cells of the window"
    );
}

/// What `row` gives for each of `0..K`, in order.
///
/// In straight-line code for up to eight rows. A loop would be unrolled too, but only after the compiler has looked for what rows
/// of windows side by side share, and where it looks once (`codegen-units = 1` without ThinLTO) a Gray–Scott step by four rows
/// read 55 cells for 36, and took 0.61 ns a cell for 0.48.
#[inline(always)]
pub(crate) fn each_row<U: Copy, const K: usize>(mut row: impl FnMut(usize) -> U) -> [U; K] {
    const { assert_fits_the_stack(size_of::<[U; K]>()) };
    // Values of no size are one like the other; a window of them may have as many rows as can be counted.
    if const { size_of::<U>() == 0 && K > 0 } {
        return [row(0); K];
    }
    let mut rows = [const { MaybeUninit::<U>::uninit() }; K];
    macro_rules! in_line {
        ($($k:literal)*) => {$(
            if $k < K {
                rows[$k].write(row($k));
            }
        )*};
    }
    in_line! { 0 1 2 3 4 5 6 7 }
    let mut k = 8;
    while k < K {
        rows[k].write(row(k));
        k += 1;
    }
    // SAFETY: all K elements have been written, 0 to 7 in line and the others in the loop, and an array of `MaybeUninit` is laid out
    // as one of what it holds.
    unsafe { rows.as_ptr().cast::<[U; K]>().read() }
}

/// The index `delta` cells after the centre of an axis of `len` cells.
#[inline(always)]
fn cell_from_centre(len: usize, delta: isize) -> Option<usize> {
    match (len / 2).checked_add_signed(delta) {
        Some(cell) if cell < len => Some(cell),
        _ => None,
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_such_cell<const K: usize, const L: usize>(dk: isize, dl: isize) -> ! {
    panic!("a {K}×{L} window has no cell {dk} rows below and {dl} columns right of its centre")
}

impl<T, const K: usize, const L: usize> Index<[usize; 2]> for Window<'_, T, K, L> {
    type Output = T;

    /// The cell in row `k` and column `l`, counted from the window's first cell.
    ///
    /// # Panics
    ///
    /// If `k >= K` or `l >= L`. With constant indices the check costs nothing.
    #[inline(always)]
    #[track_caller]
    fn index(&self, [k, l]: [usize; 2]) -> &T {
        assert!(k < K && l < L, "index [{k}, {l}] is outside a {K}×{L} window");
        // SAFETY: k < K (1) and l < L (2) have been checked.
        unsafe { self.cell(k, l) }
    }
}

impl<T: fmt::Debug, const K: usize, const L: usize> fmt::Debug for Window<'_, T, K, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rows()).finish()
    }
}

impl<'a, T, const K: usize, const L: usize> IntoIterator for Window<'a, T, K, L> {
    type Item = &'a T;
    type IntoIter = WindowIter<'a, T, K, L>;

    #[inline(always)]
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The cells of a [`Window`], row by row.
///
/// # Invariants
///
/// 1. `cells` lies inside `0..K * L`: cell `c` is in row `c / L` and column `c % L`. It only gets shorter.
pub struct WindowIter<'a, T, const K: usize, const L: usize> {
    window: Window<'a, T, K, L>,
    cells: Range<usize>,
}

impl<T, const K: usize, const L: usize> Clone for WindowIter<'_, T, K, L> {
    #[inline(always)]
    fn clone(&self) -> Self {
        WindowIter { window: self.window, cells: self.cells.clone() }
    }
}

impl<T: fmt::Debug, const K: usize, const L: usize> fmt::Debug for WindowIter<'_, T, K, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a, T, const K: usize, const L: usize> Iterator for WindowIter<'a, T, K, L> {
    type Item = &'a T;

    #[inline(always)]
    fn next(&mut self) -> Option<&'a T> {
        let cell = self.cells.next()?;
        // SAFETY: cell < K * L (invariant 1), so its row is less than K (1) and its column less than L (2).
        Some(unsafe { self.window.cell(cell / L, cell % L) })
    }

    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.cells.size_hint()
    }

    #[inline(always)]
    fn count(self) -> usize {
        self.cells.len()
    }

    #[inline(always)]
    fn last(mut self) -> Option<&'a T> {
        self.next_back()
    }

    #[inline(always)]
    fn nth(&mut self, n: usize) -> Option<&'a T> {
        let cell = self.cells.nth(n)?;
        // SAFETY: cell < K * L (invariant 1), so its row is less than K and its column less than L.
        Some(unsafe { self.window.cell(cell / L, cell % L) })
    }

    // Loops of constant lengths, which the compiler unrolls up to larger windows than one loop over `next`: for 5×5
    // windows that is 12 ns a cell against 0.4 (`cargo bench --bench ratios -- blur`).
    #[inline(always)]
    fn fold<A, F>(self, init: A, mut f: F) -> A
    where
        F: FnMut(A, &'a T) -> A,
    {
        let mut acc = init;
        let mut k = 0;
        while k < K {
            let mut l = 0;
            while l < L {
                if self.cells.start <= k * L + l && k * L + l < self.cells.end {
                    // SAFETY: k < K (1) and l < L (2), by the loops.
                    acc = f(acc, unsafe { self.window.cell(k, l) });
                }
                l += 1;
            }
            k += 1;
        }
        acc
    }
}

impl<T, const K: usize, const L: usize> DoubleEndedIterator for WindowIter<'_, T, K, L> {
    #[inline(always)]
    fn next_back(&mut self) -> Option<Self::Item> {
        let cell = self.cells.next_back()?;
        // SAFETY: cell < K * L (invariant 1), so its row is less than K (1) and its column less than L (2).
        Some(unsafe { self.window.cell(cell / L, cell % L) })
    }

    #[inline(always)]
    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        let cell = self.cells.nth_back(n)?;
        // SAFETY: cell < K * L (invariant 1), so its row is less than K and its column less than L.
        Some(unsafe { self.window.cell(cell / L, cell % L) })
    }
}

impl<T, const K: usize, const L: usize> ExactSizeIterator for WindowIter<'_, T, K, L> {}
impl<T, const K: usize, const L: usize> FusedIterator for WindowIter<'_, T, K, L> {}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use ndarray::{Array2, Dim};

    use super::*;

    #[test]
    fn rows_of_windows_side_by_side_share_all_but_one_of_their_rows_of_cells() {
        // Rows that are a multiple of 4096 bytes apart are counted one by one.
        let place = WindowPlace { first: core::ptr::null::<f32>(), row_stride: 1024 };
        for rows in [1, 2, 4] {
            let mut sets = Sets::empty();
            Windows::<f32, 3, 3>::streams(&place, 1, rows, &mut sets);
            assert_eq!(sets.crowd(), rows + 2);
        }
    }

    #[test]
    fn as_many_rows_are_made_as_a_window_has() {
        fn check<const K: usize>() {
            let mut made = 0;
            let rows: [usize; K] = each_row(|k| {
                made += 1;
                k
            });
            assert_eq!(made, K);
            assert!(rows.into_iter().eq(0..K));
        }
        check::<0>();
        check::<1>();
        check::<7>();
        check::<8>();
        check::<9>();
        check::<11>();
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
