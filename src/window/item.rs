//! [`Window`]: one window, the item of [`Windows`](super::Windows).
//!
//! Closures of zips, filters and time steps receive it. It promises that no safe method reads a
//! cell outside the window's K×L cells.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::{Index, Range};
use core::ptr::NonNull;

use ndarray::{ArrayView2, Axis, RawArrayView, ShapeBuilder};

use crate::copy::copy_type;
use crate::kernel::plan;

/// One window of K rows of L cells, borrowed for `'a`.
///
/// `w[[k, l]]` counts from the window's first cell, and [`at`](Self::at) counts from its centre. A
/// window is `Copy` and three words large.
///
/// # Invariants
///
/// 1. `first` is an element of a view. For every `k < K`, the `L` elements from
///    `first + (row + k) * row_stride` on are elements of that view, valid and shared for `'a`.
/// 2. `K > 0` and `L > 0`.
pub struct Window<'a, T, const K: usize, const L: usize> {
    pub(super) first: NonNull<T>,
    pub(super) row_stride: isize,
    /// The number of rows from `first` down to the window: see
    /// [`WindowRow`](super::windows::WindowRow).
    pub(super) row: usize,
    pub(super) cells: PhantomData<&'a T>,
}

// SAFETY: a window gives the same access as `&'a T`, and `&T: Send` if `T: Sync`.
unsafe impl<T: Sync, const K: usize, const L: usize> Send for Window<'_, T, K, L> {}

// SAFETY: a window gives the same access as `&'a T`, and `&T: Sync` if `T: Sync`.
unsafe impl<T: Sync, const K: usize, const L: usize> Sync for Window<'_, T, K, L> {}

copy_type! { [T, const K: usize, const L: usize] Window<'_, T, K, L> }

impl<'a, T, const K: usize, const L: usize> Window<'a, T, K, L> {
    /// Returns the window moved by `count` steps of `stride` elements.
    ///
    /// # Safety
    ///
    /// 1. The moved window keeps the invariants of a window of the same view.
    #[inline(always)]
    pub(super) unsafe fn moved(&self, stride: isize, count: usize) -> Self {
        debug_assert!(plan::is_distance(stride, count), "contract of Window::moved");
        // SAFETY: `first` is an element of the view before and after the move (invariant 1, of this
        // window and of the moved one).
        let first = unsafe { self.first.offset(plan::distance(stride, count)) };
        Window { first, ..*self }
    }

    /// Returns the pointer to the first cell of row `k`, with the provenance of the whole array.
    ///
    /// # Safety
    ///
    /// 1. `k < K`.
    #[inline(always)]
    unsafe fn row_ptr(&self, k: usize) -> *const T {
        debug_assert!(k < K, "contract of Window::row_ptr");
        debug_assert!(plan::is_distance(self.row_stride, self.row + k), "invariant 1 of Window");
        // SAFETY: row k is a row of the window (1), so its first cell is an element of the same
        // view as `first` (invariant 1).
        unsafe { self.first.as_ptr().cast_const().offset(plan::distance(self.row_stride, self.row + k)) }
    }

    /// Returns row `k`.
    ///
    /// # Safety
    ///
    /// 1. `k < K`.
    #[inline(always)]
    pub(super) unsafe fn row(&self, k: usize) -> &'a [T; L] {
        // SAFETY: k < K (1).
        let first = unsafe { self.row_ptr(k) };
        // SAFETY: the L elements from there on are valid and shared for 'a (invariant 1). An array
        // has the alignment of its elements.
        unsafe { &*first.cast::<[T; L]>() }
    }

    /// Returns the cell in row `k` and column `l`.
    ///
    /// # Safety
    ///
    /// 1. `k < K`.
    /// 2. `l < L`.
    // Not an element of `row`: a reference to a whole row for each cell is more work for the
    // optimiser.
    #[inline(always)]
    pub(super) unsafe fn cell(&self, k: usize, l: usize) -> &'a T {
        debug_assert!(l < L, "contract of Window::cell");
        // SAFETY: k < K (1).
        let first = unsafe { self.row_ptr(k) };
        // SAFETY: the row has L elements (invariant 1) and l < L (2).
        let cell = unsafe { first.add(l) };
        // SAFETY: the element is valid and shared for 'a (invariant 1).
        unsafe { &*cell }
    }

    /// Returns the rows from top to bottom, each an array of its cells from left to right.
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
        build_array(
            #[inline(always)]
            |k| {
                // SAFETY: `build_array` calls this with k < K (1).
                unsafe { self.row(k) }
            },
        )
    }

    /// Returns the cell `dk` rows below and `dl` columns right of the [centre](Self::center).
    ///
    /// # Panics
    ///
    /// In the caller's line, if the window has no such cell. With constant arguments the check
    /// costs nothing.
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
            // SAFETY: `cell_from_centre` returns only rows of K (1) and columns of L (2).
            (Some(k), Some(l)) => unsafe { self.cell(k, l) },
            _ => no_such_cell::<K, L>(dk, dl),
        }
    }

    /// Returns the cell in the middle: row `K / 2` and column `L / 2`.
    ///
    /// For even sizes this is the first cell of the second half, as in
    /// [`scipy.ndimage`](https://docs.scipy.org/doc/scipy/reference/ndimage.html) with an `origin`
    /// of 0.
    #[inline(always)]
    pub fn center(&self) -> &'a T {
        // SAFETY: K / 2 < K (1) and L / 2 < L (2), as both are positive (invariant 2).
        unsafe { self.cell(K / 2, L / 2) }
    }

    /// Returns a copy of all cells, row by row.
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
    // Cell by cell: the compiler does not vectorise copies of rows of bytes. A mean of 3×3 bytes
    // took 0.68 ns per cell instead of 0.04. The machine-code test has such a loop.
    #[inline(always)]
    pub fn to_array(&self) -> [[T; L]; K]
    where
        T: Copy,
    {
        build_array(
            #[inline(always)]
            |k| {
                build_array(
                    #[inline(always)]
                    |l| {
                        // SAFETY: `build_array` calls this with k < K (1) and l < L (2).
                        *unsafe { self.cell(k, l) }
                    },
                )
            },
        )
    }

    /// Returns the cells, row by row.
    ///
    /// The iterator compiles to vectorised straight-line code if it is consumed by `fold` or a
    /// method built on it, such as `sum`, `for_each` or `max`. The same is true if it is zipped
    /// with another iterator and the window has at most 3×3 cells. To combine larger windows with
    /// weights, nest two loops: zip [`rows`](Self::rows) with the rows of weights, and each row
    /// with its weights.
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::{ArrayWindows, azip};
    ///
    /// let image = array![[0_u8, 7, 1], [9, 2, 2], [3, 8, 4]];
    /// azip!((w in image.array_windows::<3, 3>()) {
    ///     assert_eq!(w.iter().max(), Some(&9))
    /// });
    /// ```
    #[inline(always)]
    pub fn iter(&self) -> WindowIter<'a, T, K, L> {
        WindowIter { window: *self, cells: 0..K * L }
    }

    /// Returns the window as a view, for ndarray's own methods.
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
        // ndarray's constructor requires positive strides, so an upside-down window is inverted
        // twice.
        let top = if self.row_stride < 0 { K - 1 } else { 0 };
        // SAFETY: `top` is 0 or K - 1, so it is less than K (1), which is positive (invariant 2).
        // The pointer does not come from a reference to a row, because the view covers all rows.
        let first = unsafe { self.row_ptr(top) };
        // The stride of a single row is never used, and could be too large for ndarray's checks.
        let row_stride = if K == 1 { L } else { self.row_stride.unsigned_abs() };
        let shape = (K, L).strides((row_stride, 1));
        // SAFETY: the K×L elements at these strides are the window's (invariant 1). They are inside
        // one array, so ndarray's conditions on offsets hold as they do for that array.
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
/// Filters and time steps have tables of ghost columns, and kernels have arrays such as
/// [`Window::rows`]. With this limit each takes at most 1 MiB. A kernel reads the whole window for
/// each cell, so several passes or a Fourier transform are faster even for windows much smaller
/// than this.
const MOST_STENCIL_CELLS: usize = 1 << 16;

/// Rejects windows that are empty or too large for filters and time steps. Callers evaluate it in a
/// `const`, so that these windows do not compile.
pub(crate) const fn assert_stencil_size(rows: usize, cols: usize) {
    assert!(rows > 0 && cols > 0, "a window has at least one row and one column");
    assert!(
        matches!(rows.checked_mul(cols), Some(1..=MOST_STENCIL_CELLS)),
        "a window of a filter or a time step has at most 65536 cells (`K * L`): use several passes of smaller windows, or `array_windows`"
    );
}

/// Rejects arrays made of a window that take more than half of a thread's default stack. Callers
/// evaluate it in a `const`, so that these arrays do not compile.
pub(super) const fn assert_fits_the_stack(bytes: usize) {
    assert!(
        bytes <= 1 << 20,
        "an array made of a window is on the stack and has at most 1 MiB: use `iter`, `view` or single cells of the window"
    );
}

/// Returns the array of the results of `row` for `0..K`, in order.
///
/// Calls for up to eight rows are straight-line code. A loop would be unrolled too, but only after
/// the compiler's pass that merges the loads that jammed rows share. If that pass runs only once
/// (`codegen-units = 1` without ThinLTO), a Gray–Scott step with four jammed rows loads 55 cells
/// instead of 36, and takes 0.61 ns per cell instead of 0.48.
#[inline(always)]
pub(crate) fn build_array<U: Copy, const K: usize>(mut row: impl FnMut(usize) -> U) -> [U; K] {
    const { assert_fits_the_stack(size_of::<[U; K]>()) };
    // Values of size 0 are all alike, and a window of them may have any number of rows.
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
    // SAFETY: all K elements have been written: 0 to 7 in line, the others in the loop. An array of
    // `MaybeUninit<U>` has the layout of an array of `U`.
    unsafe { rows.as_ptr().cast::<[U; K]>().read() }
}

/// Returns the index `delta` cells after the centre of an axis of `len` cells, if there is one.
#[inline(always)]
pub(super) fn cell_from_centre(len: usize, delta: isize) -> Option<usize> {
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

    /// Returns the cell in row `k` and column `l`, counted from the window's first cell.
    ///
    /// # Panics
    ///
    /// In the caller's line, if `k >= K` or `l >= L`. With constant indices the check costs
    /// nothing.
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
/// 1. `cells` is inside `0..K * L` and only becomes shorter. Cell `c` is in row `c / L` and column
///    `c % L`.
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
        // SAFETY: cell < K * L (invariant 1), so its row is less than K (1) and its column less
        // than L (2).
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
        // SAFETY: cell < K * L (invariant 1), so its row is less than K (1) and its column less
        // than L (2).
        Some(unsafe { self.window.cell(cell / L, cell % L) })
    }

    // Two loops of constant lengths: the compiler unrolls them even if a window is too large for it
    // to unroll one loop over `next`. This took 0.4 ns per cell instead of 12 for 5×5 windows
    // (`cargo bench --bench ratios -- blur`).
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
                    // SAFETY: k < K (1) and l < L (2), by the loops' conditions.
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
        // SAFETY: cell < K * L (invariant 1), so its row is less than K (1) and its column less
        // than L (2).
        Some(unsafe { self.window.cell(cell / L, cell % L) })
    }

    #[inline(always)]
    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        let cell = self.cells.nth_back(n)?;
        // SAFETY: cell < K * L (invariant 1), so its row is less than K (1) and its column less
        // than L (2).
        Some(unsafe { self.window.cell(cell / L, cell % L) })
    }
}

impl<T, const K: usize, const L: usize> ExactSizeIterator for WindowIter<'_, T, K, L> {}

impl<T, const K: usize, const L: usize> FusedIterator for WindowIter<'_, T, K, L> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_rows_are_made_as_a_window_has() {
        fn check<const K: usize>() {
            let mut made = 0;
            let rows: [usize; K] = build_array(|k| {
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
}
