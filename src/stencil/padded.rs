//! [`Padded`]: an array with ghost cells in memory around it.
//!
//! Users write simulation loops with it. Filters use it for small inputs, and for results that need
//! to be dropped. Rows are contiguous, and those of the interior start at cache lines if the size
//! of the cells permits.
#![forbid(unsafe_code)]

use alloc::vec::Vec;
use core::ops::Range;

use ndarray::{Array1, Array2, ArrayRef2, ArrayView2, ArrayViewMut2, Axis, Slice};

use crate::error::{AllocationError, BoundaryError, HaloError, Purpose, StencilError, or_refuse};
use crate::kernel::cache;
use crate::memory::{self, cells_before_a_line};
use crate::stencil::boundary::{Boundaries, Source};
use crate::stencil::extended::{Extended, check, extended_range, part};
use crate::stencil::halo::Halo;
use crate::window::{Size2, Windows};

/// A 2-dimensional array with ghost cells around it, so that each of its cells has a whole window,
/// even at the edges.
///
/// The cells of the array itself are the *interior*, and the *ghost cells* around it are the
/// *halo*. Use two padded arrays for a simulation with a loop of your own. A step writes the
/// interior of one from windows over the other, and [`refresh`](Self::refresh) then fills its ghost
/// cells. If nothing happens between the steps, use [`Stencil::steps`](crate::Stencil::steps)
/// instead.
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{Boundary, Padded, simd_azip};
///
/// // Heat on a ring of rows between two cold columns.
/// let start =
///     Array2::from_shape_fn((4, 6), |(i, _)| if i == 0 { 12.0 } else { 0.0 });
/// let sides = ndarray_lockstep::Boundaries::by_axis(
///     Boundary::Wrap,
///     Boundary::Constant(0.0),
/// );
/// let mut now = Padded::from_interior::<3, 3>(&start, sides);
/// let mut next = now.clone();
/// for _ in 0..2 {
///     simd_azip!((next in next.interior_mut(), w in now.array_windows::<3, 3>()) {
///         *next = (w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1)) / 4.0;
///     });
///     next.refresh(sides);
///     std::mem::swap(&mut now, &mut next);
/// }
/// assert_eq!(now.interior()[[2, 3]], 1.5);
/// ```
///
/// # Memory
///
/// The interior's rows start at cache lines if the size of the cells permits. The row stride is
/// chosen so that neighbouring rows have no [set conflicts](crate::Zip#simd).
///
/// # Equality
///
/// Padded arrays are equal if their halos and all their cells are equal, including ghost cells.
#[derive(Debug, PartialEq, Eq)]
pub struct Padded<T> {
    /// The array with its ghost cells. Its column stride is 1, or it has a single column.
    whole: Array2<T>,
    halo: Halo,
}

impl<T: Clone> Padded<T> {
    /// Returns a copy of an array, with the ghost cells that K×L windows need: [`Halo::of_window`].
    ///
    /// # Panics
    ///
    /// In the caller's line, if the array has an empty axis that the rules cannot extend, or if
    /// there is no memory for the array with its ghost cells.
    /// [`try_from_interior`](Self::try_from_interior) returns the error instead.
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::{Boundary, Padded};
    ///
    /// let array = array![[1, 2], [3, 4]];
    /// let padded = Padded::from_interior::<3, 2>(&array, Boundary::Wrap);
    /// assert_eq!(padded.view(), array![[4, 3, 4], [2, 1, 2], [4, 3, 4], [2, 1, 2]]);
    /// assert_eq!(padded.interior(), array![[1, 2], [3, 4]]);
    /// ```
    #[track_caller]
    pub fn from_interior<const K: usize, const L: usize>(
        interior: &ArrayRef2<T>,
        boundary: impl Into<Boundaries<T>>,
    ) -> Self {
        Self::with_halo(interior, Halo::of_window::<K, L>(), boundary)
    }

    /// [`from_interior`](Self::from_interior) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the array has an empty axis that the rules cannot extend, or if there is no memory for
    /// the array with its ghost cells.
    pub fn try_from_interior<const K: usize, const L: usize>(
        interior: &ArrayRef2<T>,
        boundary: impl Into<Boundaries<T>>,
    ) -> Result<Self, StencilError> {
        Self::try_with_halo(interior, Halo::of_window::<K, L>(), boundary)
    }

    /// Returns a copy of an array with a halo of any size, as `numpy.pad` does.
    ///
    /// # Panics
    ///
    /// As [`from_interior`](Self::from_interior). [`try_with_halo`](Self::try_with_halo) returns
    /// the error instead.
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::{Boundaries, Boundary, Halo, Padded};
    ///
    /// let halo = Halo { left: 2, right: 3, ..Halo::default() };
    /// let padded = Padded::with_halo(&array![[1, 2, 3]], halo, Boundary::Reflect);
    /// assert_eq!(padded.view(), array![[3, 2, 1, 2, 3, 2, 1, 2]]);
    /// ```
    #[track_caller]
    pub fn with_halo(interior: &ArrayRef2<T>, halo: Halo, boundary: impl Into<Boundaries<T>>) -> Self {
        or_refuse(Self::try_with_halo(interior, halo, boundary))
    }

    /// [`with_halo`](Self::with_halo) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the array has an empty axis that the rules cannot extend, or if there is no memory for
    /// the array with its ghost cells.
    pub fn try_with_halo(
        interior: &ArrayRef2<T>,
        halo: Halo,
        boundary: impl Into<Boundaries<T>>,
    ) -> Result<Self, StencilError> {
        let boundaries = boundary.into();
        check(&boundaries, interior.dim(), halo)?;
        Ok(Self::extend(interior.view(), halo, &boundaries)?)
    }

    /// Returns a copy of an array with its ghost cells. The caller has checked with [`check`] that
    /// the rules can extend the array.
    pub(super) fn extend(
        interior: ArrayView2<'_, T>,
        halo: Halo,
        boundaries: &Boundaries<T>,
    ) -> Result<Self, AllocationError> {
        let range = |before, len, after| {
            extended_range(before, len, after).ok_or(AllocationError::for_cells::<T>(Purpose::Padded, None))
        };
        let rows = range(halo.top, interior.nrows(), halo.bottom)?;
        let cols = range(halo.left, interior.ncols(), halo.right)?;
        let extended = Extended { input: interior, boundaries };
        let dim = (rows.clone().count(), cols.clone().count());
        let whole = if dim.0 == 0 || dim.1 == 0 {
            Array2::from_shape_vec(dim, Vec::new()).expect("a shape without cells")
        } else {
            let filler = extended.cell(extended.row(rows.start), extended.col(cols.start));
            allocate(dim, halo.left, filler, rows, |i, cells| extended.push_row(i, cols.clone(), cells))?
        };
        Ok(Padded { whole, halo })
    }

    /// Fills the ghost cells from the interior, which is not changed. Nothing is allocated.
    ///
    /// Rules can differ from call to call.
    ///
    /// # Panics
    ///
    /// In the caller's line, if the interior has an empty axis that the rules cannot extend.
    /// [`try_refresh`](Self::try_refresh) returns the error instead.
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::{Boundary, Padded};
    ///
    /// let row = array![[1, 2, 3]];
    /// let mut padded = Padded::from_interior::<1, 3>(&row, Boundary::Edge);
    /// padded.interior_mut()[[0, 2]] = 7;
    /// padded.refresh(Boundary::Wrap);
    /// assert_eq!(padded.view(), array![[7, 1, 2, 7, 1]]);
    /// ```
    #[track_caller]
    pub fn refresh(&mut self, boundary: impl Into<Boundaries<T>>) {
        or_refuse(self.try_refresh(boundary));
    }

    /// [`refresh`](Self::refresh) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the interior has an empty axis that the rules cannot extend. In that case the ghost cells
    /// do not change.
    pub fn try_refresh(&mut self, boundary: impl Into<Boundaries<T>>) -> Result<(), BoundaryError> {
        let boundaries = boundary.into();
        check(&boundaries, self.dim(), self.halo)?;
        // The halo of an array without cells may have any width, and the loops could run very long.
        if !self.whole.is_empty() {
            self.refresh_columns(&boundaries);
            self.refresh_rows(&boundaries);
        }
        Ok(())
    }

    /// Fills the ghost columns left and right of the interior.
    fn refresh_columns(&mut self, boundaries: &Boundaries<T>) {
        let Halo { top, left, right, .. } = self.halo;
        let (rows, cols) = self.dim();
        let mut inside = self.whole.view_mut().slice_axis_move(Axis(0), Slice::from(top..top + rows));
        for j in (-left.cast_signed()..0).chain(cols.cast_signed()..(cols + right).cast_signed()) {
            let ghost = left.wrapping_add_signed(j);
            match Source::new(&boundaries.left, &boundaries.right, j, cols) {
                Source::Cell(from) => inside.outer_iter_mut().for_each(|mut row| row[ghost] = row[left + from].clone()),
                Source::Constant(value) => inside.column_mut(ghost).fill(value.clone()),
            }
        }
    }

    /// Fills the ghost rows above and below the interior, including the corners. Call it after
    /// [`refresh_columns`](Self::refresh_columns).
    fn refresh_rows(&mut self, boundaries: &Boundaries<T>) {
        let Halo { top, bottom, left, right } = self.halo;
        let (rows, cols) = self.dim();
        for ghost in (0..top).chain(top + rows..top + rows + bottom) {
            let i = ghost.cast_signed() - top.cast_signed();
            match Source::new(&boundaries.top, &boundaries.bottom, i, rows) {
                // Copies the whole row, because the corners equal its ghost cells.
                Source::Cell(i) => {
                    let source = top + i;
                    let (above, below) = self.whole.view_mut().split_at(Axis(0), ghost.max(source));
                    let (first, second) =
                        (above.index_axis_move(Axis(0), ghost.min(source)), below.index_axis_move(Axis(0), 0));
                    let (to, from) = if ghost < source { (first, second) } else { (second, first) };
                    to.into_slice().expect(UNIT_STRIDE).clone_from_slice(from.into_slice().expect(UNIT_STRIDE));
                }
                Source::Constant(value) => {
                    let row = self.whole.view_mut().index_axis_move(Axis(0), ghost).into_slice().expect(UNIT_STRIDE);
                    // Constants of columns apply before those of rows.
                    row[..left].fill(boundaries.left.constant_or(value).clone());
                    row[left..left + cols].fill(value.clone());
                    row[left + cols..left + cols + right].fill(boundaries.right.constant_or(value).clone());
                }
            }
        }
    }
}

const UNIT_STRIDE: &str = "the cells of a row are contiguous";

impl<T> Padded<T> {
    /// Returns the shape of the interior.
    pub fn dim(&self) -> (usize, usize) {
        let Halo { top, bottom, left, right } = self.halo;
        (self.whole.nrows() - top - bottom, self.whole.ncols() - left - right)
    }

    /// Returns the number of ghost cells on each side.
    pub fn halo(&self) -> Halo {
        self.halo
    }

    /// Returns the rows and the columns of the interior.
    fn inside(&self) -> (Range<usize>, Range<usize>) {
        let Halo { top, left, .. } = self.halo;
        let (rows, cols) = self.dim();
        (top..top + rows, left..left + cols)
    }

    /// Returns a view of the interior and the ghost cells, of shape
    /// `(top + rows + bottom, left + cols + right)`: the result of `numpy.pad`.
    pub fn view(&self) -> ArrayView2<'_, T> {
        self.whole.view()
    }

    /// Returns a mutable view of the interior and the ghost cells.
    ///
    /// Use it for your own boundary rules, which can depend on position or time.
    pub fn view_mut(&mut self) -> ArrayViewMut2<'_, T> {
        self.whole.view_mut()
    }

    /// Returns a view of the interior.
    pub fn interior(&self) -> ArrayView2<'_, T> {
        let (rows, cols) = self.inside();
        part(self.whole.view(), rows, cols)
    }

    /// Returns a mutable view of the interior. The ghost cells do not change until
    /// [`refresh`](Self::refresh).
    pub fn interior_mut(&mut self) -> ArrayViewMut2<'_, T> {
        let (rows, cols) = self.inside();
        part(self.whole.view_mut(), rows, cols)
    }

    /// Returns the interior as an array without copying it.
    ///
    /// The array keeps the memory of the ghost cells, and its rows are not adjacent. For a compact
    /// copy, use `interior().to_owned()`.
    pub fn into_interior(self) -> Array2<T> {
        let (rows, cols) = self.inside();
        part(self.whole, rows, cols)
    }

    /// Returns one window of `K` rows and `L` columns for each cell of the interior, as an operand
    /// of the interior's shape.
    ///
    /// Window `(i, j)` has the interior's cell `(i, j)` as its [centre](crate::Window::center). The
    /// halo can be wider than the windows need.
    ///
    /// # Panics
    ///
    /// In the caller's line, if the halo is narrower than the windows need.
    /// [`try_array_windows`](Self::try_array_windows) returns the error instead.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_lockstep::{Boundary, Padded, azip};
    ///
    /// let array = array![[1, 2], [3, 4]];
    /// let padded = Padded::from_interior::<3, 3>(&array, Boundary::Constant(0));
    /// let mut sums = Array2::<i32>::zeros((2, 2));
    /// azip!((sum in &mut sums, w in padded.array_windows::<1, 3>()) {
    ///     *sum = w.iter().sum()
    /// });
    /// assert_eq!(sums, array![[3, 3], [7, 7]]);
    /// ```
    #[track_caller]
    pub fn array_windows<const K: usize, const L: usize>(&self) -> Windows<'_, T, Size2<K, L>> {
        or_refuse(self.try_array_windows())
    }

    /// [`array_windows`](Self::array_windows) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the halo is narrower than the windows need.
    pub fn try_array_windows<const K: usize, const L: usize>(&self) -> Result<Windows<'_, T, Size2<K, L>>, HaloError> {
        let needed = Halo::of_window::<K, L>();
        if !self.halo.covers(needed) {
            return Err(HaloError { halo: self.halo, needed, window: [K, L] });
        }
        let (rows, cols) = self.inside();
        let rows = rows.start - needed.top..rows.end + needed.bottom;
        let cols = cols.start - needed.left..cols.end + needed.right;
        Ok(Windows::new(part(self.whole.view(), rows, cols)))
    }
}

/// Allocates an array with the row stride that `cache::row_stride` chooses, and with column
/// `aligned` at cache lines if the size of the cells permits.
///
/// `push_row` is called for each of `rows`, and appends its cells. The gaps between rows are filled
/// with `filler`.
// The interior is aligned, and not the ghost cells, because a step stores its results there:
// 0.51 ns per cell instead of 0.54 for Gray–Scott on 512×512 cells
// (`cargo bench --bench boundary -- refresh`).
fn allocate<T: Clone, R>(
    dim: (usize, usize),
    aligned: usize,
    filler: &T,
    rows: impl Iterator<Item = R>,
    mut push_row: impl FnMut(R, &mut Vec<T>),
) -> Result<Array2<T>, AllocationError> {
    let stride = cache::row_stride::<T>(dim.1);
    let most_before = cache::cells_to_a_line::<T>() - 1;
    let cells = stride.checked_mul(dim.0).and_then(|cells| cells.checked_add(most_before));
    let mut cells: Vec<T> = memory::with_room(cells, Purpose::Padded)?;
    let before = cells_before_a_line(cells.as_ptr().wrapping_add(aligned));
    cells.resize(before, filler.clone());
    for row in rows {
        push_row(row, &mut cells);
        let end = (cells.len() - before).next_multiple_of(stride);
        cells.resize(before + end, filler.clone());
    }
    let mut cells = Array1::from_vec(cells);
    cells.slice_axis_inplace(Axis(0), Slice::from(before..));
    let mut whole = cells.into_shape_with_order((dim.0, stride)).expect("`stride` cells per row");
    whole.slice_axis_inplace(Axis(1), Slice::from(..dim.1));
    Ok(whole)
}

impl<T> From<Padded<T>> for Array2<T> {
    /// Returns the interior without a copy: see [`Padded::into_interior`].
    fn from(padded: Padded<T>) -> Self {
        padded.into_interior()
    }
}

impl<T: Clone> Clone for Padded<T> {
    /// # Panics
    ///
    /// If there is no memory for the copy.
    fn clone(&self) -> Self {
        // The array's own `clone` would not align the rows.
        let whole = match self.whole.first() {
            None => self.whole.clone(),
            Some(filler) => {
                let push_row = |row: ndarray::ArrayView1<'_, T>, cells: &mut Vec<T>| {
                    cells.extend_from_slice(row.to_slice().expect(UNIT_STRIDE));
                };
                or_refuse(allocate(self.whole.dim(), self.halo.left, filler, self.whole.outer_iter(), push_row))
            }
        };
        Padded { whole, halo: self.halo }
    }

    fn clone_from(&mut self, source: &Self) {
        if self.whole.dim() == source.whole.dim() {
            self.whole.assign(&source.whole);
            self.halo = source.halo;
        } else {
            *self = source.clone();
        }
    }
}
