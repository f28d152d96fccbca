//! K×L×M windows over a 3-dimensional array, and the cells that have one around them.
//!
//! Users call the methods of [`ArrayWindows3d`] and [`ArrayInterior3d`]. [`Windows3d`] is the
//! operand and [`Window3d`] its item. They make the same promises as `array`, `windows` and `item`
//! do for two dimensions.
//!
//! A window over a volume is K windows of L×M, one for each of K neighbouring planes. So
//! [`Windows3d`] holds the operand [`Windows`] over the stack of planes, and [`Window3d`] holds a
//! [`Window`]. The unsafe code here only moves from one plane to another.

use core::fmt;
use core::iter::Flatten;
use core::ops::Index;

use ndarray::{ArrayRef, ArrayView3, ArrayViewMut3, Axis, Dim, Dimension, Ix3, RawArrayView, ShapeBuilder, Slice};

use super::array::interior_along;
use super::item::{Window, assert_fits_the_stack, build_array, cell_from_centre};
use super::windows::{WindowPlace, WindowRow, Windows};
use crate::copy::copy_type;
use crate::error::{ColumnStrideError, or_refuse};
use crate::kernel::cache::{self, RowAddresses, SetCounts};
use crate::kernel::plan;
use crate::operand::sealed::Sealed;
use crate::operand::{self, IntoOperand, Operand, Place, Stride};

/// Stencil windows over volumes, of a size known at compile time.
///
/// Stencils of 7 or 27 points have windows of 3×3×3.
pub trait ArrayWindows3d: Sealed {
    /// The type of the cells.
    type Elem;

    /// Returns all windows of `K` planes, `L` rows and `M` columns, as an operand of shape
    /// `(planes - K + 1, rows - L + 1, cols - M + 1)`.
    ///
    /// Window `(h, i, j)` covers the cells `(h..h + K, i..i + L, j..j + M)`. The operand is empty
    /// if the array is smaller than the window along any axis.
    ///
    /// Columns must be contiguous (a column stride of 1). Planes and rows may have any stride.
    ///
    /// If `K`, `L` or `M` is 0, the call does not compile.
    ///
    /// # Panics
    ///
    /// In the caller's line, if the array has a window but its columns are not contiguous.
    /// [`try_array_windows_3d`](Self::try_array_windows_3d) returns the error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Array3;
    /// use ndarray_lockstep::{ArrayInterior3d, ArrayWindows3d, simd_azip};
    ///
    /// let mut heat = Array3::<f32>::zeros((5, 6, 7));
    /// heat[[2, 3, 3]] = 8.0;
    /// let mut next = heat.clone();
    /// simd_azip!((
    ///     cell in next.interior_3d_mut::<3, 3, 3>(),
    ///     w in heat.array_windows_3d::<3, 3, 3>(),
    /// ) {
    ///     let around = w.at(-1, 0, 0)
    ///         + w.at(1, 0, 0)
    ///         + w.at(0, -1, 0)
    ///         + w.at(0, 1, 0)
    ///         + w.at(0, 0, -1)
    ///         + w.at(0, 0, 1);
    ///     *cell = w.center() + 0.125 * (around - 6.0 * w.center());
    /// });
    /// assert_eq!(
    ///     (next[[2, 3, 3]], next[[1, 3, 3]], next[[2, 3, 4]]),
    ///     (2.0, 1.0, 1.0)
    /// );
    /// ```
    #[track_caller]
    fn array_windows_3d<const K: usize, const L: usize, const M: usize>(&self) -> Windows3d<'_, Self::Elem, K, L, M>;

    /// [`array_windows_3d`](Self::array_windows_3d) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the array has a window but its columns are not contiguous.
    fn try_array_windows_3d<const K: usize, const L: usize, const M: usize>(
        &self,
    ) -> Result<Windows3d<'_, Self::Elem, K, L, M>, ColumnStrideError>;
}

impl<T> ArrayWindows3d for ArrayRef<T, Ix3> {
    type Elem = T;

    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn array_windows_3d<const K: usize, const L: usize, const M: usize>(&self) -> Windows3d<'_, T, K, L, M> {
        Windows3d::new(self.view())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn try_array_windows_3d<const K: usize, const L: usize, const M: usize>(
        &self,
    ) -> Result<Windows3d<'_, T, K, L, M>, ColumnStrideError> {
        Windows3d::try_new(self.view())
    }
}

/// The cells of a volume that have a whole K×L×M window around them.
pub trait ArrayInterior3d: Sealed {
    /// The type of the cells.
    type Elem;

    /// Returns a view of the cells whose K×L×M window is inside the array.
    ///
    /// It has the shape of [`array_windows_3d::<K, L, M>()`](ArrayWindows3d::array_windows_3d). Its
    /// cell `(h, i, j)` is the [centre](Window3d::center) of window `(h, i, j)`: cell
    /// `(h + K / 2, i + L / 2, j + M / 2)` of the array. It is empty if the array is smaller than
    /// the window.
    ///
    /// ```
    /// use ndarray::Array3;
    /// use ndarray_lockstep::ArrayInterior3d;
    ///
    /// let a = Array3::<f32>::zeros((5, 6, 7));
    /// assert_eq!(a.interior_3d::<3, 3, 3>().dim(), (3, 4, 5));
    /// assert_eq!(a.interior_3d::<1, 2, 9>().dim(), (5, 5, 0));
    /// ```
    fn interior_3d<const K: usize, const L: usize, const M: usize>(&self) -> ArrayView3<'_, Self::Elem>;

    /// Returns a mutable view of the cells of [`interior_3d`](Self::interior_3d): the output of a
    /// stencil.
    fn interior_3d_mut<const K: usize, const L: usize, const M: usize>(&mut self) -> ArrayViewMut3<'_, Self::Elem>;
}

impl<T> ArrayInterior3d for ArrayRef<T, Ix3> {
    type Elem = T;

    #[inline]
    fn interior_3d<const K: usize, const L: usize, const M: usize>(&self) -> ArrayView3<'_, T> {
        let [planes, rows, cols] = interior_of::<T, K, L, M>(self);
        let view = self.view().slice_axis_move(Axis(0), planes);
        view.slice_axis_move(Axis(1), rows).slice_axis_move(Axis(2), cols)
    }

    #[inline]
    fn interior_3d_mut<const K: usize, const L: usize, const M: usize>(&mut self) -> ArrayViewMut3<'_, T> {
        let [planes, rows, cols] = interior_of::<T, K, L, M>(self);
        let view = self.view_mut().slice_axis_move(Axis(0), planes);
        view.slice_axis_move(Axis(1), rows).slice_axis_move(Axis(2), cols)
    }
}

/// Returns the planes, the rows and the columns of the interior.
fn interior_of<T, const K: usize, const L: usize, const M: usize>(array: &ArrayRef<T, Ix3>) -> [Slice; 3] {
    const { assert!(K > 0 && L > 0 && M > 0, "a window has at least one plane, one row and one column") };
    [(0, K), (1, L), (2, M)].map(|(axis, window)| interior_along(array, axis, window))
}

/// All K×L×M windows of a 3-dimensional array, as an operand of a zip.
///
/// [`array_windows_3d`](ArrayWindows3d::array_windows_3d) returns it. If the windows have to live
/// as long as the data of a view, pass the view to [`new`](Self::new) instead.
///
/// # Invariants
///
/// 1. `K > 0`.
/// 2. If a K×L×M window fits into the input of `planes`, then this input has a column stride of 1
///    or a single column.
pub struct Windows3d<'a, T, const K: usize, const L: usize, const M: usize> {
    /// The L×M windows of all planes.
    planes: Windows<'a, T, L, M, Ix3>,
    /// The bytes of all planes of the original view. Splitting does not change it.
    volume: usize,
}

copy_type! { [T, const K: usize, const L: usize, const M: usize] Windows3d<'_, T, K, L, M> }

impl<'a, T, const K: usize, const L: usize, const M: usize> Windows3d<'a, T, K, L, M> {
    /// Returns the windows of a view.
    ///
    /// # Panics
    ///
    /// In the caller's line, if the view has a window but its columns are not contiguous.
    /// [`try_new`](Self::try_new) returns the error instead.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn new(input: ArrayView3<'a, T>) -> Self {
        or_refuse(Self::try_new(input))
    }

    /// [`new`](Self::new) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the view has a window but its columns are not contiguous.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn try_new(input: ArrayView3<'a, T>) -> Result<Self, ColumnStrideError> {
        const { assert!(K > 0, "a window has at least one plane") };
        // A volume with fewer planes than a window has no windows, so its strides do not matter.
        let planes = if input.len_of(Axis(0)) < K { input.slice_axis_move(Axis(0), Slice::from(..0)) } else { input };
        let volume = cache::bytes::<T>(planes.len_of(Axis(0)), plan::stride_of::<Ix3>(planes.strides(), 0));
        Ok(Windows3d { planes: Windows::try_new(planes)?, volume })
    }

    /// Returns the number of windows along each axis:
    /// `(planes - K + 1, rows - L + 1, cols - M + 1)`.
    ///
    /// A length is 0 if the array is smaller than the window along that axis.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn dim(&self) -> (usize, usize, usize) {
        let (planes, rows, cols) = self.planes.dim();
        (plan::windows_in(planes, K), rows, cols)
    }

    /// Returns the number of windows.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn len(&self) -> usize {
        self.raw_dim().size()
    }

    /// Returns whether there is no window: the array is empty or smaller than a window.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn is_empty(&self) -> bool {
        plan::is_empty(&self.raw_dim())
    }
}

impl<T, const K: usize, const L: usize, const M: usize> fmt::Debug for Windows3d<'_, T, K, L, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Windows3d").field("window", &[K, L, M]).field("dim", &self.dim()).finish()
    }
}

impl<T, const K: usize, const L: usize, const M: usize> Sealed for Windows3d<'_, T, K, L, M> {}

/// A place or a kernel row of the windows of the first plane, and the stride from each plane to the
/// next.
///
/// # Invariants
///
/// 1. `plane_stride` is the stride along axis 0 of the array that `first` belongs to.
#[doc(hidden)]
#[derive(Debug)]
pub struct Planes<P> {
    first: P,
    plane_stride: isize,
}

copy_type! { [P: Copy] Planes<P> }

impl<P> Planes<P> {
    #[inline(always)]
    fn with<Q>(&self, first: Q) -> Planes<Q> {
        Planes { first, plane_stride: self.plane_stride }
    }
}

// SAFETY: the windows of the first plane move as those of the stack do.
unsafe impl<P: Place<isize> + Copy> Place<isize> for Planes<P> {
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn offset(&self, stride: isize, count: usize) -> Self {
        // SAFETY: both places are places of windows of the stack (1).
        self.with(unsafe { self.first.offset(stride, count) })
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn ahead(&self, stride: isize, count: usize) -> Self {
        // SAFETY: both places are places of windows of the stack (2), and the stride is 1 (1).
        self.with(unsafe { self.first.ahead(stride, count) })
    }
}

// SAFETY: the place of window (h, i, j) is that of window (h, i, j) of the stack of planes, whose
// operand keeps promises 1 to 7. For an index inside `dim()` there are K such windows, at h to h +
// K - 1, inside the stack's shape (`plan::windows_in`), so the item and the row of all K are in
// bounds (1, 5). They are shared (2). Strides, pointer and kernel rows are those of the stack
// (3, 4, 6, 7).
unsafe impl<'a, T, const K: usize, const L: usize, const M: usize> Operand for Windows3d<'a, T, K, L, M> {
    type Item = Window3d<'a, T, K, L, M>;
    type Dim = Ix3;
    /// The L rows of cells in each of K planes that a row of windows covers, `cols + M - 1` cells
    /// each.
    type Row = [[&'a [T]; L]; K];
    type Place = Planes<WindowPlace<T>>;
    type Stride = isize;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn raw_dim(&self) -> Ix3 {
        let (planes, rows, cols) = self.dim();
        Dim([planes, rows, cols])
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn has_shape(&self, dim: &Ix3) -> bool {
        plan::same_shape(dim, &self.raw_dim())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tendency(&self) -> i32 {
        plan::tendency_of(&self.raw_dim(), self.planes.input.strides())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn origin(&mut self) -> Self::Place {
        Planes { first: self.planes.origin(), plane_stride: self.planes.stride(0) }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stride(&self, axis: usize) -> isize {
        self.planes.stride(axis)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn item(place: Self::Place) -> Window3d<'a, T, K, L, M> {
        // SAFETY: the place is that of a window of the stack (1), which is shared. Invariant 1 of
        // Window3d: the K - 1 planes after it have a window at the same row and column.
        let first = unsafe { Stack::item(place.first) };
        Window3d { first, plane_stride: place.plane_stride }
    }

    #[inline(always)]
    unsafe fn row(place: Self::Place, stride: isize, len: usize) -> [[&'a [T]; L]; K] {
        const { assert_fits_the_stack(size_of::<Self::Row>()) };
        core::array::from_fn(|k| {
            // SAFETY: the stack has K windows from this place on, one per plane (1), and k < K.
            let plane = unsafe { place.first.offset(place.plane_stride, k) };
            // SAFETY: the same is true of each of the `len` places (1), which are contiguous or a
            // single one (2).
            unsafe { Stack::<T, L, M>::row(plane, stride, len) }
        })
    }

    #[inline]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        if axis != 0 {
            let (first, second) = self.planes.split_at(axis, index);
            return (Windows3d { planes: first, ..self }, Windows3d { planes: second, ..self });
        }
        let len = self.planes.input.len_of(Axis(0));
        assert!(index <= plan::windows_in(len, K), "the split lies inside the axis");
        let first_cells = (index + (K - 1)).min(len);
        let part = |cells: Slice| {
            let input = self.planes.input.slice_axis_move(Axis(0), cells);
            Windows3d { planes: Windows { input }, ..self }
        };
        (part(Slice::from(..first_cells)), part(Slice::from(index..)))
    }

    type FirstRow = Self::Place;
    /// Nothing: the windows of further rows are found from those of the first row.
    type NextRow = ();
    type KernelRow = Planes<WindowRow<T>>;

    const REUSES_ROWS: bool = L > 1;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn bytes_across_planes(&self) -> usize {
        // Windows of a single plane are the windows of a stack.
        if K > 1 { self.volume } else { 0 }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_plain() -> bool {
        operand::is_primitive::<T>()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn count_sets(place: &Self::Place, _stride: isize, rows: usize, sets: &mut SetCounts) {
        // With more planes there are set conflicts at any address.
        for k in 0..K.min(16) {
            let plane = plan::distance(place.plane_stride, k).wrapping_mul(size_of::<T>().cast_signed());
            let address = place.first.first.addr().wrapping_add_signed(plane);
            sets.add(RowAddresses::new::<T>(address, place.first.row_stride, rows + (L - 1)));
        }
    }

    #[inline(always)]
    unsafe fn first_row(place: Self::Place, stride: isize, len: usize) -> Self::Place {
        debug_assert!(stride.is_unit() && len > 0, "contract of Operand::first_row");
        place
    }

    #[inline(always)]
    unsafe fn next_row(_place: Self::Place, stride: isize, len: usize) {
        debug_assert!(stride.is_unit() && len > 0, "contract of Operand::next_row");
    }

    #[inline(always)]
    fn kernel_row(first: Self::Place) -> Self::KernelRow {
        first.with(Stack::<T, L, M>::kernel_row(first.first))
    }

    #[inline(always)]
    unsafe fn kernel_row_below(first: &Self::KernelRow, n: usize, (): ()) -> Self::KernelRow {
        // SAFETY: the row is `n` steps of the row axis' stride below the first one (1), in the
        // stack as well.
        first.with(unsafe { Stack::<T, L, M>::kernel_row_below(&first.first, n, ()) })
    }

    #[inline(always)]
    unsafe fn kernel_item(row: &Self::KernelRow, col: usize) -> Window3d<'a, T, K, L, M> {
        // SAFETY: the kernel row is one of the stack (1), and `col` is a cell of it (2). Invariant
        // 1 of Window3d: the same is true of the K - 1 planes after it, in which the kernel's rows
        // have the same stride.
        let first = unsafe { Stack::kernel_item(&row.first, col) };
        Window3d { first, plane_stride: row.plane_stride }
    }
}

/// The windows of the planes.
type Stack<'a, T, const L: usize, const M: usize> = Windows<'a, T, L, M, Ix3>;

impl<'a, T, const K: usize, const L: usize, const M: usize> IntoOperand for Windows3d<'a, T, K, L, M> {
    type Item = Window3d<'a, T, K, L, M>;
    type Dim = Ix3;
    type Operand = Self;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn into_operand(self) -> Self {
        self
    }
}

/// One window over a volume: K planes of L rows of M cells each, borrowed for `'a`.
///
/// `w[[k, l, m]]` counts from the window's first cell, and [`at`](Self::at) counts from its centre.
/// Each [plane](Self::plane) is a [`Window`]. A window is `Copy`.
///
/// # Invariants
///
/// 1. For every `k < K`, `first` keeps the invariants of a window of the same view when it is moved
///    by `k` steps of `plane_stride`.
/// 2. `K > 0`.
pub struct Window3d<'a, T, const K: usize, const L: usize, const M: usize> {
    first: Window<'a, T, L, M>,
    plane_stride: isize,
}

copy_type! { [T, const K: usize, const L: usize, const M: usize] Window3d<'_, T, K, L, M> }

impl<'a, T, const K: usize, const L: usize, const M: usize> Window3d<'a, T, K, L, M> {
    /// Returns plane `k`.
    ///
    /// # Safety
    ///
    /// 1. `k < K`.
    #[inline(always)]
    unsafe fn plane_unchecked(&self, k: usize) -> Window<'a, T, L, M> {
        debug_assert!(k < K, "contract of Window3d::plane_unchecked");
        // SAFETY: the moved window keeps its invariants (1; invariant 1).
        unsafe { self.first.moved(self.plane_stride, k) }
    }

    /// Returns plane `k`, counted from the window's first one.
    ///
    /// # Panics
    ///
    /// In the caller's line, if `k >= K`. With a constant `k` the check costs nothing.
    ///
    /// ```
    /// use ndarray::Array3;
    /// use ndarray_lockstep::{ArrayWindows3d, azip};
    ///
    /// let a = Array3::from_shape_fn((2, 2, 2), |(h, i, j)| 100 * h + 10 * i + j);
    /// azip!((w in a.array_windows_3d::<2, 2, 2>()) {
    ///     assert_eq!(w.plane(1).to_array(), [[100, 101], [110, 111]])
    /// });
    /// ```
    #[inline(always)]
    #[track_caller]
    pub fn plane(&self, k: usize) -> Window<'a, T, L, M> {
        assert!(k < K, "a {K}×{L}×{M} window has no plane {k}");
        // SAFETY: k < K has been checked (1).
        unsafe { self.plane_unchecked(k) }
    }

    /// Returns the planes, each a window of `L` rows of `M` cells.
    #[inline(always)]
    pub fn planes(&self) -> [Window<'a, T, L, M>; K] {
        build_array(
            #[inline(always)]
            |k| {
                // SAFETY: `build_array` calls this with k < K (1).
                unsafe { self.plane_unchecked(k) }
            },
        )
    }

    /// Returns the rows of each plane, each an array of its cells.
    #[inline(always)]
    pub fn rows(&self) -> [[&'a [T; M]; L]; K] {
        build_array(
            #[inline(always)]
            |k| {
                // SAFETY: as in `planes`.
                unsafe { self.plane_unchecked(k) }.rows()
            },
        )
    }

    /// Returns the cell `dk` planes after, `dl` rows below and `dm` columns right of the
    /// [centre](Self::center).
    ///
    /// # Panics
    ///
    /// In the caller's line, if the window has no such cell. With constant arguments the check
    /// costs nothing.
    #[inline(always)]
    #[track_caller]
    pub fn at(&self, dk: isize, dl: isize, dm: isize) -> &'a T {
        match (cell_from_centre(K, dk), cell_from_centre(L, dl), cell_from_centre(M, dm)) {
            (Some(k), Some(_), Some(_)) => {
                // SAFETY: `cell_from_centre` returns only planes of K (1).
                unsafe { self.plane_unchecked(k) }.at(dl, dm)
            }
            _ => no_such_cell::<K, L, M>(dk, dl, dm),
        }
    }

    /// Returns the cell in the middle: plane `K / 2`, row `L / 2` and column `M / 2`.
    ///
    /// For even sizes this is the first cell of the second half.
    #[inline(always)]
    pub fn center(&self) -> &'a T {
        // SAFETY: K / 2 < K (1), as K is positive (invariant 2).
        unsafe { self.plane_unchecked(K / 2) }.center()
    }

    /// Returns a copy of all cells, plane by plane and row by row.
    ///
    /// ```
    /// use ndarray::Array3;
    /// use ndarray_lockstep::{ArrayWindows3d, azip};
    ///
    /// let a = Array3::from_shape_fn((2, 1, 2), |(h, _, j)| 10 * h + j);
    /// azip!((w in a.array_windows_3d::<2, 1, 2>()) {
    ///     let [[[a, b]], [[c, d]]] = w.to_array();
    ///     assert_eq!((a, b, c, d), (0, 1, 10, 11));
    /// });
    /// ```
    #[inline(always)]
    pub fn to_array(&self) -> [[[T; M]; L]; K]
    where
        T: Copy,
    {
        build_array(
            #[inline(always)]
            |k| {
                // SAFETY: as in `planes`.
                unsafe { self.plane_unchecked(k) }.to_array()
            },
        )
    }

    /// Returns the cells, plane by plane and row by row.
    ///
    /// ```
    /// use ndarray::Array3;
    /// use ndarray_lockstep::{ArrayWindows3d, azip};
    ///
    /// let a = Array3::from_shape_fn((3, 3, 3), |(h, i, j)| h + i + j);
    /// azip!((w in a.array_windows_3d::<3, 3, 3>()) {
    ///     assert_eq!(w.iter().sum::<usize>(), 27 * 3)
    /// });
    /// ```
    #[inline(always)]
    pub fn iter(&self) -> Flatten<core::array::IntoIter<Window<'a, T, L, M>, K>> {
        self.planes().into_iter().flatten()
    }

    /// Returns the window as a view, for ndarray's own methods.
    #[inline]
    pub fn view(&self) -> ArrayView3<'a, T> {
        // ndarray's constructor requires positive strides, so a window with its planes from back to
        // front is inverted twice.
        let (front, backwards) = if self.plane_stride < 0 { (K - 1, true) } else { (0, false) };
        // SAFETY: `front` is 0 or K - 1, so it is less than K (1), which is positive (invariant 2).
        let front = unsafe { self.plane_unchecked(front) }.view();
        let upside_down = front.stride_of(Axis(0)) < 0;
        let mut front = front;
        if upside_down {
            front.invert_axis(Axis(0));
        }
        // The stride of a single plane or row is never used, and could be too large for ndarray's
        // checks.
        let row_stride = if L == 1 { M } else { front.stride_of(Axis(0)).unsigned_abs() };
        let plane_stride = if K == 1 { row_stride } else { self.plane_stride.unsigned_abs() };
        let shape = (K, L, M).strides((plane_stride, row_stride, 1));
        // SAFETY: the K×L×M elements at these strides are the window's (invariant 1). They are
        // inside one array, so ndarray's conditions on offsets hold as they do for that array.
        let raw = unsafe { RawArrayView::from_shape_ptr(shape, front.as_ptr()) };
        // SAFETY: the elements are valid and shared for 'a (invariant 1).
        let mut view = unsafe { raw.deref_into_view() };
        if backwards {
            view.invert_axis(Axis(0));
        }
        if upside_down {
            view.invert_axis(Axis(1));
        }
        view
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_such_cell<const K: usize, const L: usize, const M: usize>(dk: isize, dl: isize, dm: isize) -> ! {
    panic!("a {K}×{L}×{M} window has no cell {dk} planes behind, {dl} rows below and {dm} columns right of its centre")
}

impl<T, const K: usize, const L: usize, const M: usize> Index<[usize; 3]> for Window3d<'_, T, K, L, M> {
    type Output = T;

    /// Returns the cell in plane `k`, row `l` and column `m`, counted from the window's first cell.
    ///
    /// # Panics
    ///
    /// In the caller's line, if `k >= K`, `l >= L` or `m >= M`. With constant indices the check
    /// costs nothing.
    #[inline(always)]
    #[track_caller]
    fn index(&self, [k, l, m]: [usize; 3]) -> &T {
        assert!(k < K && l < L && m < M, "index [{k}, {l}, {m}] is outside a {K}×{L}×{M} window");
        // SAFETY: k < K has been checked (1).
        let plane = unsafe { self.plane_unchecked(k) };
        // SAFETY: l < L (1) and m < M (2) have been checked.
        unsafe { plane.cell(l, m) }
    }
}

impl<T: fmt::Debug, const K: usize, const L: usize, const M: usize> fmt::Debug for Window3d<'_, T, K, L, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.planes()).finish()
    }
}

impl<'a, T, const K: usize, const L: usize, const M: usize> IntoIterator for Window3d<'a, T, K, L, M> {
    type Item = &'a T;
    type IntoIter = Flatten<core::array::IntoIter<Window<'a, T, L, M>, K>>;

    #[inline(always)]
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
