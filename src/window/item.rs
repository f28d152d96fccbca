//! [`Window`]: what the closure gets of [`Windows`](super::Windows).

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::{Index, Range};
use core::ptr::NonNull;

use ndarray::{ArrayView2, Axis, RawArrayView, ShapeBuilder};

use crate::copy::copy_type;
use crate::kernel::plan;

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
    pub(super) first: NonNull<T>,
    pub(super) row_stride: isize,
    /// The number of rows from `first` down to the window: see [`WindowRow`].
    pub(super) row: usize,
    pub(super) cells: PhantomData<&'a T>,
}

// SAFETY: a window gives what `&'a T` gives, and `&T: Send` where `T: Sync`.
unsafe impl<T: Sync, const K: usize, const L: usize> Send for Window<'_, T, K, L> {}

// SAFETY: a window gives what `&'a T` gives, and `&T: Sync` where `T: Sync`.
unsafe impl<T: Sync, const K: usize, const L: usize> Sync for Window<'_, T, K, L> {}

copy_type! { [T, const K: usize, const L: usize] Window<'_, T, K, L> }

impl<'a, T, const K: usize, const L: usize> Window<'a, T, K, L> {
    /// The window whose first cell is `count` steps of `stride` elements further.
    ///
    /// # Safety
    ///
    /// 1. So moved, it keeps the invariants of a window of the same view.
    #[inline(always)]
    pub(super) unsafe fn moved(&self, stride: isize, count: usize) -> Self {
        debug_assert!(plan::is_distance(stride, count), "contract of Window::moved");
        // SAFETY: `first` is an element of the view, and is one where it is moved to (invariant 1, of this window and of the moved one).
        let first = unsafe { self.first.offset(plan::distance(stride, count)) };
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
        debug_assert!(plan::is_distance(self.row_stride, self.row + k), "invariant 1 of Window");
        // SAFETY: row k is one of the window's (1), so its first cell is an element of the same view as `first` (invariant 1).
        unsafe { self.first.as_ptr().cast_const().offset(plan::distance(self.row_stride, self.row + k)) }
    }

    /// Row `k`.
    ///
    /// # Safety
    ///
    /// 1. `k < K`.
    #[inline(always)]
    pub(super) unsafe fn row(&self, k: usize) -> &'a [T; L] {
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
    pub(super) unsafe fn cell(&self, k: usize, l: usize) -> &'a T {
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
        build_array(
            #[inline(always)]
            |k| {
                // SAFETY: `build_array` asks for rows of K, so k < K (1).
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
        build_array(
            #[inline(always)]
            |k| {
                build_array(
                    #[inline(always)]
                    |l| {
                        // SAFETY: `build_array` asks for rows of K (1) and cells of L (2).
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
pub(super) const fn assert_fits_the_stack(bytes: usize) {
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
pub(crate) fn build_array<U: Copy, const K: usize>(mut row: impl FnMut(usize) -> U) -> [U; K] {
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
