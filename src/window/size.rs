//! The sizes of windows, as types.
//!
//! [`Windows`](super::Windows) has a size as its parameter, so that windows over rows, tables and
//! volumes are one operand. A [`WindowSize`] says how many cells its windows have along each axis,
//! and makes the item and the row of that size.

use core::array;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use ndarray::{Dimension, Ix2, Ix3, Ix4, Ix5, Ix6};

use super::item::Window;
use super::volume::Window3d;
use super::windows::WindowPlace;
use crate::operand::sealed::Sealed;

/// The size of windows of `K` rows and `L` columns.
#[derive(Clone, Copy, Default)]
pub struct Size2<const K: usize, const L: usize>;

/// The size of windows of `K` planes, `L` rows and `M` columns.
#[derive(Clone, Copy, Default)]
pub struct Size3<const K: usize, const L: usize, const M: usize>;

/// The size of windows: [`Size2`] or [`Size3`]. The trait is sealed.
///
/// # Safety
///
/// An implementation promises:
///
/// 1. `window` is sound for every place and row that it allows, and its result gives access to no
///    other cells.
/// 2. `row` calls `cells` only with planes less than `LENGTHS[0]` and rows less than `LENGTHS[1]`.
pub unsafe trait WindowSize: Copy + Default + fmt::Debug + Sealed {
    /// The planes, rows and columns of a window. Windows of rows and columns have one plane.
    #[doc(hidden)]
    const LENGTHS: [usize; 3];

    /// The dimension of an array that is no stack.
    type Dim: HasWindows<Self>;
    /// A window of this size: the item.
    type Window<'a, T: 'a>;
    /// The rows of cells that a row of windows covers.
    type Row<'a, T: 'a>;

    /// Makes the window that is `row` rows below `place`.
    ///
    /// # Safety
    ///
    /// 1. `place.first` is an element of a view. For every plane `k < LENGTHS[0]` and row
    ///    `l < LENGTHS[1]`, the `LENGTHS[2]` elements from
    ///    `first + k * plane_stride + (row + l) * row_stride` on are elements of that view, valid
    ///    and shared for `'a`.
    /// 2. All `LENGTHS` are positive.
    #[doc(hidden)]
    unsafe fn window<'a, T>(place: WindowPlace<T>, row: usize) -> Self::Window<'a, T>;

    /// Makes a row of windows out of `cells(plane, row)`.
    #[doc(hidden)]
    fn row<'a, T>(cells: impl FnMut(usize, usize) -> &'a [T]) -> Self::Row<'a, T>;
}

impl<const K: usize, const L: usize> fmt::Debug for Size2<K, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{K}×{L}")
    }
}

impl<const K: usize, const L: usize> Sealed for Size2<K, L> {}

// SAFETY: `Window` reads the cells of its K rows of L cells only (1). `from_fn` counts to K (2).
unsafe impl<const K: usize, const L: usize> WindowSize for Size2<K, L> {
    const LENGTHS: [usize; 3] = [1, K, L];
    type Dim = Ix2;
    type Window<'a, T: 'a> = Window<'a, T, K, L>;
    type Row<'a, T: 'a> = [&'a [T]; K];

    #[inline(always)]
    unsafe fn window<'a, T>(place: WindowPlace<T>, row: usize) -> Window<'a, T, K, L> {
        debug_assert!(!place.first.is_null(), "contract of WindowSize::window");
        // SAFETY: an element of a view is not null (1).
        let first = unsafe { NonNull::new_unchecked(place.first.cast_mut()) };
        // Invariants 1 and 2 of Window are conditions 1 and 2, for the only plane.
        Window { first, row_stride: place.row_stride, row, cells: PhantomData }
    }

    #[inline(always)]
    fn row<'a, T>(mut cells: impl FnMut(usize, usize) -> &'a [T]) -> [&'a [T]; K] {
        array::from_fn(|k| cells(0, k))
    }
}

impl<const K: usize, const L: usize, const M: usize> fmt::Debug for Size3<K, L, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{K}×{L}×{M}")
    }
}

impl<const K: usize, const L: usize, const M: usize> Sealed for Size3<K, L, M> {}

// SAFETY: `Window3d` reads the cells of its K windows of L×M only (1). `from_fn` counts to K and L
// (2).
unsafe impl<const K: usize, const L: usize, const M: usize> WindowSize for Size3<K, L, M> {
    const LENGTHS: [usize; 3] = [K, L, M];
    type Dim = Ix3;
    type Window<'a, T: 'a> = Window3d<'a, T, K, L, M>;
    type Row<'a, T: 'a> = [[&'a [T]; L]; K];

    #[inline(always)]
    unsafe fn window<'a, T>(place: WindowPlace<T>, row: usize) -> Window3d<'a, T, K, L, M> {
        // SAFETY: the first plane of the window is a window of L×M (1, 2).
        let first = unsafe { Size2::<L, M>::window(place, row) };
        // Invariants 1 and 2 of Window3d are conditions 1 and 2.
        Window3d { first, plane_stride: place.plane_stride }
    }

    #[inline(always)]
    fn row<'a, T>(mut cells: impl FnMut(usize, usize) -> &'a [T]) -> [[&'a [T]; L]; K] {
        array::from_fn(|k| array::from_fn(|l| cells(k, l)))
    }
}

/// The dimensions of arrays that have windows of size `S`: `Ix2` to `Ix6`, and from `Ix3` on if a
/// window has planes.
///
/// The last axis counts columns, the one before it rows, and the one before that planes. The axes
/// before those of a window count the images, volumes or other parts of a stack, each with its own
/// windows. The trait is sealed. Generic functions use it as a bound:
///
/// ```
/// use ndarray::{Array, ArrayView, array};
/// use ndarray_lockstep::{ArrayWindows, HasWindows, Size2, Zip};
///
/// fn rises<D>(heights: ArrayView<'_, i32, D>) -> Array<i32, D>
/// where
///     D: HasWindows<Size2<1, 2>>,
/// {
///     let pairs = heights.array_windows::<1, 2>();
///     Zip::from(pairs).map_collect(|w| w[[0, 1]] - w[[0, 0]])
/// }
///
/// let one = array![[1, 2, 4]];
/// assert_eq!(rises(one.view()), array![[1, 2]]);
/// let stack = array![[[1, 2, 4]], [[0, 5, 5]]];
/// assert_eq!(rises(stack.view()), array![[[1, 2]], [[5, 0]]]);
/// ```
#[diagnostic::on_unimplemented(
    message = "arrays of dimension `{Self}` have no windows of `{S}`",
    label = "has too few axes, or a number of axes that is not known at compile time",
    note = "windows of `K` rows and `L` columns need two to six axes, and windows over planes three to six",
    note = "`insert_axis(Axis(0))` makes a table of one row, and `into_dimensionality` fixes the number of axes"
)]
pub trait HasWindows<S>: Dimension + Copy + Sealed {}

macro_rules! has_windows {
    ($Size:ident: $($D:ty)+) => { $(has_windows! { $Size for $D })+ };
    (Size2 for $D:ty) => {
        impl Sealed for $D {}
        impl<const K: usize, const L: usize> HasWindows<Size2<K, L>> for $D {}
    };
    (Size3 for $D:ty) => {
        impl<const K: usize, const L: usize, const M: usize> HasWindows<Size3<K, L, M>> for $D {}
    };
}

has_windows! { Size2: Ix2 Ix3 Ix4 Ix5 Ix6 }
has_windows! { Size3: Ix3 Ix4 Ix5 Ix6 }

/// Returns how many cells a window has along an axis: 1 along the axes of a stack.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn length_along<S: WindowSize, D: HasWindows<S>>(axis: usize) -> usize {
    let ndim = const { D::NDIM.expect("a known number of dimensions") };
    // Planes, rows and columns are the last three axes.
    match (axis + 3).checked_sub(ndim) {
        Some(level) => S::LENGTHS[level],
        None => 1,
    }
}

/// Returns the plane axis, if a window has several planes.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn plane_axis<S: WindowSize, D: HasWindows<S>>() -> Option<usize> {
    match D::NDIM {
        Some(ndim) if S::LENGTHS[0] > 1 => ndim.checked_sub(3),
        _ => None,
    }
}
