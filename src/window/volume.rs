//! [`Window3d`]: one window over a volume, the item of [`Windows`](super::Windows) of
//! [`Size3`](super::Size3).
//!
//! A window over a volume is K windows of L×M, one for each of K neighbouring planes. So
//! [`Window3d`] holds a [`Window`], and the unsafe code here only moves from one plane to another.
//! It promises what [`Window`] promises: no safe method reads a cell outside the window.

use core::fmt;
use core::iter::Flatten;
use core::ops::Index;

use ndarray::{ArrayView3, Axis, RawArrayView, ShapeBuilder};

use super::item::{Window, build_array, cell_from_centre};
use crate::copy::copy_type;

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
    pub(super) first: Window<'a, T, L, M>,
    pub(super) plane_stride: isize,
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
    /// use ndarray_lockstep::{ArrayWindows, azip};
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
    /// use ndarray_lockstep::{ArrayWindows, azip};
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
    /// use ndarray_lockstep::{ArrayWindows, azip};
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
