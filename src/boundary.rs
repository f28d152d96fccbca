//! Boundaries: what a stencil sees beyond the edge of an array.
//!
//! A [`Boundary`] says how an axis goes on beyond one of its ends, [`Boundaries`] are the rules of the four sides of an array. The
//! rules and their names are those of `numpy.pad`. There are two ways to apply them:
//!
//! - [`Padded`] is an array with *ghost cells* around it, for simulations: each step writes the interior of one and reads windows of
//!   another, and [`refresh`](Padded::refresh) fills the ghost cells anew.
//! - [`stencil_map`] is the everyday filter: an array in, an array of the same shape out, nothing to prepare.
//!
//! The module is safe code, except for one call: the results that [`stencil_map`] has written are
//! then taken for initialised. `layout::source` decides which cell stands for one outside, and
//! `layout::row_stride` how far apart rows are in memory. Memory is allocated by `memory.rs`, as
//! its size depends on the caller.

use alloc::vec::Vec;
use core::fmt;
use core::mem::{MaybeUninit, needs_drop};
use core::ops::Range;

use ndarray::{Array1, Array2, ArrayRef2, ArrayView2, ArrayViewMut2, Axis, ShapeBuilder, Slice};

use crate::layout::{self, Extension, Streams};
use crate::memory::{self, AllocationError, Purpose, or_refuse};
use crate::window::{Window, Windows, assert_stencil_size};
use crate::zip::Zip;

/// How an axis goes on beyond one of its ends: the modes of `numpy.pad`, under its names.
///
/// | rule | the cells `a b c d` go on as | `numpy.pad` | `scipy.ndimage` filters | OpenCV | of a field |
/// |---|---|---|---|---|---|
/// | [`Constant(k)`](Self::Constant) | `k k k`&#124;`a b c d`&#124;`k k k` | `constant` | `constant`, `grid-constant` | `BORDER_CONSTANT` | Dirichlet: a given value outside |
/// | [`Edge`](Self::Edge) | `a a a`&#124;`a b c d`&#124;`d d d` | `edge` | `nearest` | `BORDER_REPLICATE` | Neumann: no flux through the edge, to first order |
/// | [`Reflect`](Self::Reflect) | `d c b`&#124;`a b c d`&#124;`c b a` | `reflect` | `mirror` | `BORDER_REFLECT_101` | Neumann: no flux, the edge runs through the last cells' centres |
/// | [`Symmetric`](Self::Symmetric) | `c b a`&#124;`a b c d`&#124;`d c b` | `symmetric` | `reflect`, `grid-mirror` | `BORDER_REFLECT` | Neumann: no flux, the edge runs along the last cells' sides |
/// | [`Wrap`](Self::Wrap) | `b c d`&#124;`a b c d`&#124;`a b c` | `wrap` | `wrap`, `grid-wrap` | `BORDER_WRAP` | periodic |
///
/// Beware of `reflect`: what SciPy and OpenCV call so is NumPy's `symmetric`, and NumPy's `reflect` is SciPy's `mirror`.
///
/// ```
/// use ndarray_lockstep::{Boundaries, Boundary};
///
/// // A cylinder: periodic from left to right, 0 below and above.
/// let cylinder = Boundaries::by_axis(Boundary::Constant(0.0), Boundary::Wrap);
/// assert_eq!((cylinder.top, cylinder.left), (Boundary::Constant(0.0), Boundary::Wrap));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Boundary<T> {
    /// Every cell outside is this one.
    #[doc(alias = "constant")]
    #[doc(alias = "grid-constant")]
    #[doc(alias = "BORDER_CONSTANT")]
    #[doc(alias = "Dirichlet")]
    Constant(T),
    /// The last cell inside goes on for ever.
    #[doc(alias = "nearest")]
    #[doc(alias = "replicate")]
    #[doc(alias = "BORDER_REPLICATE")]
    #[doc(alias = "Neumann")]
    Edge,
    /// The array is mirrored at the centre of its last cell, which is not repeated: a period of `2 * (len - 1)` cells. An axis of
    /// length 1 goes on as by [`Edge`](Self::Edge).
    #[doc(alias = "mirror")]
    #[doc(alias = "BORDER_REFLECT_101")]
    #[doc(alias = "BORDER_DEFAULT")]
    #[doc(alias = "Neumann")]
    Reflect,
    /// The array is mirrored behind its last cell, which is repeated: a period of `2 * len` cells.
    #[doc(alias = "reflect")]
    #[doc(alias = "grid-mirror")]
    #[doc(alias = "BORDER_REFLECT")]
    #[doc(alias = "Neumann")]
    Symmetric,
    /// The array begins anew: a period of `len` cells.
    #[doc(alias = "grid-wrap")]
    #[doc(alias = "BORDER_WRAP")]
    #[doc(alias = "periodic")]
    Wrap,
}

impl<T> Boundary<T> {
    /// The rule without the value of the constant, for `layout.rs`.
    pub(crate) fn extension(&self) -> Extension {
        match self {
            Boundary::Constant(_) => Extension::Constant,
            Boundary::Edge => Extension::Edge,
            Boundary::Reflect => Extension::Reflect,
            Boundary::Symmetric => Extension::Symmetric,
            Boundary::Wrap => Extension::Wrap,
        }
    }

    /// The value of the constant, or another value where the rule is none.
    fn constant_or<'a>(&'a self, other: &'a T) -> &'a T {
        match self {
            Boundary::Constant(value) => value,
            _ => other,
        }
    }

    /// The rule without the value of the constant, for an error.
    fn without_value(&self) -> Boundary<()> {
        match self {
            Boundary::Constant(_) => Boundary::Constant(()),
            Boundary::Edge => Boundary::Edge,
            Boundary::Reflect => Boundary::Reflect,
            Boundary::Symmetric => Boundary::Symmetric,
            Boundary::Wrap => Boundary::Wrap,
        }
    }
}

/// The rules of the four sides of a 2-dimensional array. A single [`Boundary`] can stand for four equal ones.
///
/// The cell `(i, j)` outside of the array is found by the rule for its column first: where `j` is outside, a constant of that side
/// is the cell, and the other rules lead to a column inside. Then the row's rule does the same for `i`. That is `numpy.pad` applied to
/// axis 0, and then to axis 1 of the result, and so the corners are NumPy's, too.
///
/// Each side goes on as if both sides of its axis had its rule, so that there is an answer however far outside a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Boundaries<T> {
    /// Above the first row.
    pub top: Boundary<T>,
    /// Below the last row.
    pub bottom: Boundary<T>,
    /// Before the first column.
    pub left: Boundary<T>,
    /// Behind the last column.
    pub right: Boundary<T>,
}

impl<T> Boundaries<T> {
    /// The same rule on all sides.
    pub fn all(boundary: Boundary<T>) -> Self
    where
        T: Clone,
    {
        Self::by_axis(boundary.clone(), boundary)
    }

    /// A rule an axis: `rows` for axis 0, that is top and bottom, and `cols` for axis 1, that is left and right.
    pub fn by_axis(rows: Boundary<T>, cols: Boundary<T>) -> Self
    where
        T: Clone,
    {
        Boundaries { top: rows.clone(), bottom: rows, left: cols.clone(), right: cols }
    }
}

impl<T: Clone> From<Boundary<T>> for Boundaries<T> {
    fn from(boundary: Boundary<T>) -> Self {
        Self::all(boundary)
    }
}

/// An axis has no cells, so only [`Boundary::Constant`] can extend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundaryError {
    axis: usize,
    boundary: Boundary<()>,
}

impl BoundaryError {
    /// The axis without cells: 0 for an array without rows, 1 for one without columns.
    pub fn axis(&self) -> usize {
        self.axis
    }

    /// The rule that finds nothing to go on with.
    pub fn boundary(&self) -> Boundary<()> {
        self.boundary
    }
}

impl fmt::Display for BoundaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "axis {} of the array has no cells that `Boundary::{:?}` could repeat: only `Boundary::Constant` extends an empty axis",
            self.axis, self.boundary
        )
    }
}

impl core::error::Error for BoundaryError {}

/// Whether the rules can extend an array of this shape by a halo.
fn check<T>(boundaries: &Boundaries<T>, (rows, cols): (usize, usize), halo: Halo) -> Result<(), BoundaryError> {
    let sides = [
        (0, rows, halo.top, &boundaries.top),
        (0, rows, halo.bottom, &boundaries.bottom),
        (1, cols, halo.left, &boundaries.left),
        (1, cols, halo.right, &boundaries.right),
    ];
    let fails = |&(_, len, width, boundary): &(usize, usize, usize, &Boundary<T>)| {
        len == 0 && width > 0 && boundary.extension() != Extension::Constant
    };
    match sides.into_iter().find(fails) {
        Some((axis, _, _, boundary)) => Err(BoundaryError { axis, boundary: boundary.without_value() }),
        None => Ok(()),
    }
}

/// A [`Padded`] cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaddedError {
    /// An axis of the array has no cells, and the rules cannot extend it.
    Boundary(BoundaryError),
    /// There is no memory for the array with its ghost cells.
    Allocation(AllocationError),
}

impl fmt::Display for PaddedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PaddedError::Boundary(error) => error.fmt(f),
            PaddedError::Allocation(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PaddedError {}

impl From<BoundaryError> for PaddedError {
    fn from(error: BoundaryError) -> Self {
        PaddedError::Boundary(error)
    }
}

impl From<AllocationError> for PaddedError {
    fn from(error: AllocationError) -> Self {
        PaddedError::Allocation(error)
    }
}

/// The number of rows and columns of ghost cells around an array.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Halo {
    /// The rows above the first one.
    pub top: usize,
    /// The rows below the last one.
    pub bottom: usize,
    /// The columns before the first one.
    pub left: usize,
    /// The columns behind the last one.
    pub right: usize,
}

impl Halo {
    /// The halo with which every cell has a whole K×L window around it. A window's [centre](Window::center) is its cell
    /// `(K / 2, L / 2)`, so windows of even length need one cell less below or behind than above or before.
    ///
    /// ```
    /// use ndarray_lockstep::Halo;
    ///
    /// assert_eq!(Halo::of_window::<3, 4>(), Halo { top: 1, bottom: 1, left: 2, right: 1 });
    /// ```
    pub const fn of_window<const K: usize, const L: usize>() -> Halo {
        const { assert!(K > 0 && L > 0, "a window has at least one row and one column") };
        Halo { top: K / 2, bottom: K - 1 - K / 2, left: L / 2, right: L - 1 - L / 2 }
    }

    /// Whether this halo has all the cells that `other` has.
    fn covers(self, other: Halo) -> bool {
        self.top >= other.top && self.bottom >= other.bottom && self.left >= other.left && self.right >= other.right
    }
}

/// A halo is narrower than windows need it to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaloError {
    halo: Halo,
    needed: Halo,
    window: [usize; 2],
}

impl HaloError {
    /// The halo that there is.
    pub fn halo(&self) -> Halo {
        self.halo
    }

    /// The narrowest halo that the windows fit into.
    pub fn needed(&self) -> Halo {
        self.needed
    }
}

impl fmt::Display for HaloError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [k, l] = self.window;
        write!(
            f,
            "windows of {k}×{l} cells need {:?}, and the array has {:?}: make it with `Padded::from_interior::<{k}, {l}>`, or with a wider \
             halo",
            self.needed, self.halo
        )
    }
}

impl core::error::Error for HaloError {}

/// What stands in a row or a column of the extended array.
#[derive(Debug)]
pub(crate) enum Source<'a, T> {
    /// What stands in this row or column of the array.
    Cell(usize),
    /// A constant.
    Constant(&'a T),
}

impl<T> Clone for Source<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Source<'_, T> {}

impl<'a, T> Source<'a, T> {
    /// What stands at `index` of an axis of length `len`, of which [`check`] has found that the rules can extend it.
    pub(crate) fn new(before: &'a Boundary<T>, after: &'a Boundary<T>, index: isize, len: usize) -> Self {
        let boundary = if index < 0 { before } else { after };
        match (layout::source(boundary.extension(), index, len), boundary) {
            (Some(cell), _) => Source::Cell(cell),
            (None, Boundary::Constant(value)) => Source::Constant(value),
            (None, _) => unreachable!("an empty axis is extended by constants alone"),
        }
    }
}

/// An array that goes on beyond its edges. Its indices are those of the array, and negative above and before it.
struct Extended<'a, T> {
    input: ArrayView2<'a, T>,
    boundaries: &'a Boundaries<T>,
}

impl<T: Clone> Extended<'_, T> {
    fn row(&self, i: isize) -> Source<'_, T> {
        Source::new(&self.boundaries.top, &self.boundaries.bottom, i, self.input.nrows())
    }

    fn col(&self, j: isize) -> Source<'_, T> {
        Source::new(&self.boundaries.left, &self.boundaries.right, j, self.input.ncols())
    }

    /// The cell in a row and a column: the column's rule first.
    fn cell<'a>(&'a self, row: Source<'a, T>, col: Source<'a, T>) -> &'a T {
        match (row, col) {
            (_, Source::Constant(value)) | (Source::Constant(value), Source::Cell(_)) => value,
            (Source::Cell(i), Source::Cell(j)) => &self.input[[i, j]],
        }
    }

    /// Appends the columns `cols` of row `i` to `cells`.
    fn push_row(&self, i: isize, cols: Range<isize>, cells: &mut Vec<T>) {
        let row = self.row(i);
        let len = self.input.ncols();
        let start = cols.start.max(0).cast_unsigned().min(len);
        let end = cols.end.max(0).cast_unsigned().min(len);
        cells.extend((cols.start..cols.end.min(0)).map(|j| self.cell(row, self.col(j)).clone()));
        match row {
            Source::Constant(value) => cells.extend(core::iter::repeat_n(value, end - start).cloned()),
            Source::Cell(i) => {
                let inside = self.input.index_axis(Axis(0), i).slice_axis_move(Axis(0), Slice::from(start..end));
                match inside.as_slice() {
                    Some(inside) => cells.extend_from_slice(inside),
                    None => cells.extend(inside.iter().cloned()),
                }
            }
        }
        cells.extend((cols.start.max(len.cast_signed())..cols.end).map(|j| self.cell(row, self.col(j)).clone()));
    }

    /// Copies the rows `rows` and the columns `cols`, row by row, to `cells`.
    fn cut_out<'a>(&self, rows: Range<isize>, cols: Range<isize>, cells: &'a mut Vec<T>) -> ArrayView2<'a, T> {
        let dim = (rows.clone().count(), cols.clone().count());
        cells.clear();
        rows.for_each(|i| self.push_row(i, cols.clone(), cells));
        ArrayView2::from_shape(dim, cells).expect("a row has `cols` cells")
    }
}

/// A rectangle of a view.
fn part<T>(view: ArrayView2<'_, T>, rows: Range<usize>, cols: Range<usize>) -> ArrayView2<'_, T> {
    view.slice_axis_move(Axis(0), Slice::from(rows)).slice_axis_move(Axis(1), Slice::from(cols))
}

/// A 2-dimensional array with ghost cells around it, so that each of its cells, those at the edges too, has a whole window.
///
/// The cells of the array itself are the *interior*, those around it the *halo*. Two of them make a simulation: a step
/// writes the interior of one from windows over the other, then fills the ghost cells of the one.
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{Boundary, Padded, simd_azip};
///
/// // Heat on a ring of rows between two cold columns.
/// let start = Array2::from_shape_fn((4, 6), |(i, _)| if i == 0 { 12.0 } else { 0.0 });
/// let sides = ndarray_lockstep::Boundaries::by_axis(Boundary::Wrap, Boundary::Constant(0.0));
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
/// The interior's rows start at cache lines where the size of the cells allows it, and are so far apart that those next to each other
/// do not meet in the same part of the cache: see [where arrays lie in memory](Zip#simd).
pub struct Padded<T> {
    /// The array with its ghost cells. Its column stride is 1, or it has a single column.
    whole: Array2<T>,
    halo: Halo,
}

impl<T: Clone> Padded<T> {
    /// A copy of an array, with the ghost cells that K×L windows need around it: [`Halo::of_window`].
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
    /// let padded = Padded::from_interior::<3, 2>(&array![[1, 2], [3, 4]], Boundary::Wrap);
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

    /// [`from_interior`](Self::from_interior) with an error for a panic.
    ///
    /// # Errors
    ///
    /// If the array has an empty axis that the rules cannot extend, or if there is no memory for
    /// the array with its ghost cells.
    pub fn try_from_interior<const K: usize, const L: usize>(
        interior: &ArrayRef2<T>,
        boundary: impl Into<Boundaries<T>>,
    ) -> Result<Self, PaddedError> {
        Self::try_with_halo(interior, Halo::of_window::<K, L>(), boundary)
    }

    /// A copy of an array with a halo of any size: `numpy.pad`.
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

    /// [`with_halo`](Self::with_halo) with an error for a panic.
    ///
    /// # Errors
    ///
    /// If the array has an empty axis that the rules cannot extend, or if there is no memory for
    /// the array with its ghost cells.
    pub fn try_with_halo(
        interior: &ArrayRef2<T>,
        halo: Halo,
        boundary: impl Into<Boundaries<T>>,
    ) -> Result<Self, PaddedError> {
        let boundaries = boundary.into();
        check(&boundaries, interior.dim(), halo)?;
        Ok(Self::extend(interior.view(), halo, &boundaries)?)
    }

    /// A copy of an array, of which [`check`] has found that the rules can extend it.
    fn extend(interior: ArrayView2<'_, T>, halo: Halo, boundaries: &Boundaries<T>) -> Result<Self, AllocationError> {
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

    /// Fills the ghost cells anew from the interior, which stays as it is.
    ///
    /// Nothing is allocated.
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
    /// let mut padded = Padded::from_interior::<1, 3>(&array![[1, 2, 3]], Boundary::Edge);
    /// padded.interior_mut()[[0, 2]] = 7;
    /// padded.refresh(Boundary::Wrap);
    /// assert_eq!(padded.view(), array![[7, 1, 2, 7, 1]]);
    /// ```
    #[track_caller]
    pub fn refresh(&mut self, boundary: impl Into<Boundaries<T>>) {
        or_refuse(self.try_refresh(boundary));
    }

    /// [`refresh`](Self::refresh) with an error for a panic.
    ///
    /// # Errors
    ///
    /// If the interior has an empty axis that the rules cannot extend; the ghost cells are as they were then.
    pub fn try_refresh(&mut self, boundary: impl Into<Boundaries<T>>) -> Result<(), BoundaryError> {
        let boundaries = boundary.into();
        check(&boundaries, self.dim(), self.halo)?;
        // A halo may be of any width where it has no cells.
        if !self.whole.is_empty() {
            self.refresh_columns(&boundaries);
            self.refresh_rows(&boundaries);
        }
        Ok(())
    }

    /// Fills what is left and right of the interior.
    fn refresh_columns(&mut self, boundaries: &Boundaries<T>) {
        let Halo { top, left, right, .. } = self.halo;
        let (rows, cols) = self.dim();
        let place = |j: isize| left.wrapping_add_signed(j);
        let mut ghosts = (-left.cast_signed()..0).chain(cols.cast_signed()..(cols + right).cast_signed());
        let mut inside = self.whole.view_mut().slice_axis_move(Axis(0), Slice::from(top..top + rows));
        // Where some ghost cells are, and what they are filled from: the same in every row. In a
        // table of fixed length, which is long enough for most halos, so that nothing is allocated.
        let mut table = [(0, Source::Cell(0)); GHOSTS_AT_ONCE];
        loop {
            let mut count = 0;
            for (entry, j) in table.iter_mut().zip(&mut ghosts) {
                let source = match Source::new(&boundaries.left, &boundaries.right, j, cols) {
                    Source::Cell(j) => Source::Cell(left + j),
                    constant => constant,
                };
                *entry = (place(j), source);
                count += 1;
            }
            if count == 0 {
                return;
            }
            for row in inside.outer_iter_mut() {
                let row = row.into_slice().expect(UNIT_STRIDE);
                for &(ghost, source) in &table[..count] {
                    row[ghost] = match source {
                        Source::Cell(j) => row[j].clone(),
                        Source::Constant(value) => value.clone(),
                    };
                }
            }
        }
    }

    /// Fills the rows above and below the interior, the corners among them, after [`refresh_columns`](Self::refresh_columns).
    fn refresh_rows(&mut self, boundaries: &Boundaries<T>) {
        let Halo { top, bottom, left, right } = self.halo;
        let (rows, cols) = self.dim();
        for ghost in (0..top).chain(top + rows..top + rows + bottom) {
            let i = ghost.cast_signed() - top.cast_signed();
            match Source::new(&boundaries.top, &boundaries.bottom, i, rows) {
                // With its ghost cells: they are what the corners' columns lead to.
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
                    // The columns' constants come first.
                    row[..left].fill(boundaries.left.constant_or(value).clone());
                    row[left..left + cols].fill(value.clone());
                    row[left + cols..left + cols + right].fill(boundaries.right.constant_or(value).clone());
                }
            }
        }
    }
}

/// The ghost columns that are filled in one pass over the rows.
const GHOSTS_AT_ONCE: usize = 32;

const UNIT_STRIDE: &str = "the cells of a row lie side by side";

impl<T> Padded<T> {
    /// The shape of the interior.
    pub fn dim(&self) -> (usize, usize) {
        let Halo { top, bottom, left, right } = self.halo;
        (self.whole.nrows() - top - bottom, self.whole.ncols() - left - right)
    }

    /// The number of ghost cells on each side.
    pub fn halo(&self) -> Halo {
        self.halo
    }

    /// The rows and the columns of the interior.
    fn inside(&self) -> (Range<usize>, Range<usize>) {
        let Halo { top, left, .. } = self.halo;
        let (rows, cols) = self.dim();
        (top..top + rows, left..left + cols)
    }

    /// The view of the interior and the ghost cells, of shape `(top + rows + bottom, left + cols + right)`: what `numpy.pad` returns.
    pub fn view(&self) -> ArrayView2<'_, T> {
        self.whole.view()
    }

    /// The mutable view of the interior and the ghost cells together, for rules of your own: ghost cells can be set to anything,
    /// by their place or by the time.
    pub fn view_mut(&mut self) -> ArrayViewMut2<'_, T> {
        self.whole.view_mut()
    }

    /// The view of the interior.
    pub fn interior(&self) -> ArrayView2<'_, T> {
        let (rows, cols) = self.inside();
        part(self.whole.view(), rows, cols)
    }

    /// The mutable view of the interior. The ghost cells stay as they are until [`refresh`](Self::refresh).
    pub fn interior_mut(&mut self) -> ArrayViewMut2<'_, T> {
        let (rows, cols) = self.inside();
        self.whole.view_mut().slice_axis_move(Axis(0), Slice::from(rows)).slice_axis_move(Axis(1), Slice::from(cols))
    }

    /// The interior as an array. Nothing is copied: the array keeps the memory of the ghost cells, and its rows do not lie side by side.
    /// `interior().to_owned()` is a copy without.
    pub fn into_interior(self) -> Array2<T> {
        let (rows, cols) = self.inside();
        let mut whole = self.whole;
        whole.slice_axis_inplace(Axis(0), Slice::from(rows));
        whole.slice_axis_inplace(Axis(1), Slice::from(cols));
        whole
    }

    /// One window of `K` rows and `L` columns around each cell of the interior, as an operand of the interior's shape. Window `(i, j)`
    /// has the interior's cell `(i, j)` in its [centre](Window::center).
    ///
    /// The halo may be wider than the windows need.
    ///
    /// # Panics
    ///
    /// If the halo is narrower than the windows need; [`try_array_windows`](Self::try_array_windows) returns the error instead.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_lockstep::{Boundary, Padded, azip};
    ///
    /// let padded = Padded::from_interior::<3, 3>(&array![[1, 2], [3, 4]], Boundary::Constant(0));
    /// let mut sums = Array2::<i32>::zeros((2, 2));
    /// azip!((sum in &mut sums, w in padded.array_windows::<1, 3>()) *sum = w.iter().sum());
    /// assert_eq!(sums, array![[3, 3], [7, 7]]);
    /// ```
    #[track_caller]
    pub fn array_windows<const K: usize, const L: usize>(&self) -> Windows<'_, T, K, L> {
        or_refuse(self.try_array_windows())
    }

    /// [`array_windows`](Self::array_windows) with an error for a panic.
    ///
    /// # Errors
    ///
    /// If the halo is narrower than the windows need.
    pub fn try_array_windows<const K: usize, const L: usize>(&self) -> Result<Windows<'_, T, K, L>, HaloError> {
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

/// The indices of an axis of length `len` with ghost cells on both sides, unless there are more
/// than an axis may have.
fn extended_range(before: usize, len: usize, after: usize) -> Option<Range<isize>> {
    let end = len.checked_add(after).and_then(|end| isize::try_from(end).ok())?;
    let start = isize::try_from(before).ok()?;
    // The length, too, is that of an axis.
    end.checked_add(start)?;
    Some(-start..end)
}

/// The number of cells from `first` on to the first one that starts at a cache line; 0 where there is none. Less than
/// `layout::cells_to_a_line`.
pub(crate) fn cells_before_a_line<T>(first: *const T) -> usize {
    // Where no number of cells leads to a line's start, and under Miri, this is too large a number.
    let before = first.align_offset(Streams::LINE);
    if before < layout::cells_to_a_line::<T>() { before } else { 0 }
}

/// An array whose rows lie as `layout::row_stride` says, and whose column `aligned` starts at cache lines where that can be. `push_row`
/// appends the cells of a row, of which there are `rows`; what lies between the rows is filled with `filler`.
// The interior is where a step stores its results: with its rows at the lines a Gray–Scott step of 512×512 cells takes 0.51 ns a cell,
// with the ghost cells there 0.54 (`cargo bench --bench boundary -- refresh`).
fn allocate<T: Clone, R>(
    dim: (usize, usize),
    aligned: usize,
    filler: &T,
    rows: impl Iterator<Item = R>,
    mut push_row: impl FnMut(R, &mut Vec<T>),
) -> Result<Array2<T>, AllocationError> {
    let stride = layout::row_stride::<T>(dim.1);
    let most_before = layout::cells_to_a_line::<T>() - 1;
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
    let mut whole = cells.into_shape_with_order((dim.0, stride)).expect("`stride` cells a row");
    whole.slice_axis_inplace(Axis(1), Slice::from(..dim.1));
    Ok(whole)
}

impl<T: Clone> Clone for Padded<T> {
    /// # Panics
    ///
    /// If there is no memory for the copy.
    fn clone(&self) -> Self {
        // Not the array's own clone: in its memory rows might start anywhere.
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

/// Equal halos, and equal cells, ghost cells included.
impl<T: PartialEq> PartialEq for Padded<T> {
    fn eq(&self, other: &Self) -> bool {
        self.halo == other.halo && self.whole == other.whole
    }
}

impl<T: Eq> Eq for Padded<T> {}

impl<T: fmt::Debug> fmt::Debug for Padded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Padded").field("whole", &self.whole).field("halo", &self.halo).finish()
    }
}

/// Calls `f` for the K×L window around each cell of an array, and returns the array of the results, in row-major layout. Beyond the
/// edges windows show what the boundary rules say.
///
/// ```
/// use ndarray::array;
/// use ndarray_lockstep::{Boundary, stencil_map};
///
/// let image = array![[1_f32, 5., 2.], [8., 3., 9.]];
/// let brightest = stencil_map::<3, 3, _, _, _>(&image, Boundary::Edge, #[inline(always)] |w| w.iter().copied().fold(0., f32::max));
/// assert_eq!(brightest, array![[8., 9., 9.], [8., 9., 9.]]);
/// ```
///
/// It is SciPy's `scipy.ndimage.generic_filter(input, f, size=(K, L), mode=..)`, with compiled code for `f`, the same centre for
/// windows of even size, and the modes that [`Boundary`] lists: `mode="reflect"`, SciPy's default, is [`Boundary::Symmetric`].
///
/// # How it works
///
/// `f` is called once a cell, in any order, compiled for the [instruction set](crate::simd) of the machine. Mark it `#[inline(always)]`, as
/// above: see [SIMD](Zip#simd). Windows that do not reach beyond an edge are read from the input where it lies; the others are
/// copied, a few rows or columns at a time.
///
/// Inputs of any layout are right. Where columns do not lie side by side, the input is copied first, and so it is where it is smaller
/// than the window in an axis, and where results need to be dropped (`String`, say). If `f` panics, the results until then are dropped.
///
/// A window has at most 65536 cells: `K * L` above that does not compile.
///
/// # Panics
///
/// In the caller's line, if there is no memory for the results or for the copies.
/// [`try_stencil_map`] returns the error instead.
#[track_caller]
pub fn stencil_map<const K: usize, const L: usize, T, U, F>(
    input: &ArrayRef2<T>,
    boundary: impl Into<Boundaries<T>>,
    f: F,
) -> Array2<U>
where
    T: Clone,
    F: Fn(Window<'_, T, K, L>) -> U,
{
    // Here too, so that the compiler's message has the caller's line.
    const { assert_stencil_size(K, L) };
    or_refuse(try_stencil_map::<K, L, T, U, F>(input, boundary, f))
}

/// [`stencil_map`] with an error for a panic.
///
/// # Errors
///
/// If there is no memory for the results, or for copies of the input or of its edges; `f` has not
/// been called then.
pub fn try_stencil_map<const K: usize, const L: usize, T, U, F>(
    input: &ArrayRef2<T>,
    boundary: impl Into<Boundaries<T>>,
    f: F,
) -> Result<Array2<U>, AllocationError>
where
    T: Clone,
    F: Fn(Window<'_, T, K, L>) -> U,
{
    const { assert_stencil_size(K, L) };
    let boundaries = boundary.into();
    if const { needs_drop::<U>() } {
        // A vector knows how many results it owns when `f` panics.
        let mut results = memory::with_room(Some(input.len()), Purpose::Results)?;
        if !input.is_empty() {
            let padded = Padded::extend(input.view(), Halo::of_window::<K, L>(), &boundaries)?;
            Zip::from(padded.array_windows::<K, L>()).into_iter().for_each(|(window,)| results.push(f(window)));
        }
        return Ok(Array2::from_shape_vec(input.dim(), results).expect("one result a cell"));
    }
    let mut output = memory::uninit(input.dim().into_shape_with_order(), Purpose::Results)?;
    for_each_window(
        input.view(),
        &boundaries,
        output.view_mut(),
        #[inline(always)]
        |result: &mut MaybeUninit<U>, window: Window<'_, T, K, L>| {
            result.write(f(window));
        },
    )?;
    // SAFETY: `for_each_window` has called the closure once for every cell of `output`, and each call has written its cell.
    Ok(unsafe { output.assume_init() })
}

/// [`stencil_map`] into an array that is there already, of the input's shape and any layout. The results are assigned.
///
/// ```
/// use ndarray::{Array2, array};
/// use ndarray_lockstep::{Boundary, stencil_map_into};
///
/// let field = array![[0., 2., 4.], [6., 8., 10.]];
/// let mut slope = Array2::zeros((2, 3));
/// stencil_map_into::<1, 3, _, _, _>(&field, Boundary::Reflect, &mut slope, #[inline(always)] |w| (w.at(0, 1) - w.at(0, -1)) / 2.);
/// assert_eq!(slope, array![[0., 2., 0.], [0., 2., 0.]]);
/// ```
///
/// If `f` panics, the output has results in some of its cells.
///
/// # Panics
///
/// In the caller's line, if the output has another shape than the input, or if there is no memory
/// for copies of the input or of its edges. [`try_stencil_map_into`] returns the error instead.
#[track_caller]
pub fn stencil_map_into<const K: usize, const L: usize, T, U, F>(
    input: &ArrayRef2<T>,
    boundary: impl Into<Boundaries<T>>,
    output: &mut ArrayRef2<U>,
    f: F,
) where
    T: Clone,
    F: Fn(Window<'_, T, K, L>) -> U,
{
    // Here too, so that the compiler's message has the caller's line.
    const { assert_stencil_size(K, L) };
    or_refuse(try_stencil_map_into::<K, L, T, U, F>(input, boundary, output, f));
}

/// [`stencil_map_into`] with an error for a panic.
///
/// # Errors
///
/// If the output has another shape than the input, or if there is no memory for copies of the input
/// or of its edges; `f` has not been called then.
pub fn try_stencil_map_into<const K: usize, const L: usize, T, U, F>(
    input: &ArrayRef2<T>,
    boundary: impl Into<Boundaries<T>>,
    output: &mut ArrayRef2<U>,
    f: F,
) -> Result<(), StencilMapError>
where
    T: Clone,
    F: Fn(Window<'_, T, K, L>) -> U,
{
    const { assert_stencil_size(K, L) };
    if output.dim() != input.dim() {
        return Err(OutputShapeError { shape: output.dim(), expected: input.dim() }.into());
    }
    for_each_window(
        input.view(),
        &boundary.into(),
        output.view_mut(),
        #[inline(always)]
        |result: &mut U, window: Window<'_, T, K, L>| *result = f(window),
    )?;
    Ok(())
}

/// [`stencil_map_into`] cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StencilMapError {
    /// The output has another shape than the input.
    OutputShape(OutputShapeError),
    /// There is no memory for copies of the input or of its edges.
    Allocation(AllocationError),
}

impl fmt::Display for StencilMapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StencilMapError::OutputShape(error) => error.fmt(f),
            StencilMapError::Allocation(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for StencilMapError {}

impl From<OutputShapeError> for StencilMapError {
    fn from(error: OutputShapeError) -> Self {
        StencilMapError::OutputShape(error)
    }
}

impl From<AllocationError> for StencilMapError {
    fn from(error: AllocationError) -> Self {
        StencilMapError::Allocation(error)
    }
}

/// The output of [`stencil_map_into`] has another shape than the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputShapeError {
    shape: (usize, usize),
    expected: (usize, usize),
}

impl OutputShapeError {
    /// The output's shape.
    pub fn shape(&self) -> (usize, usize) {
        self.shape
    }

    /// The input's shape.
    pub fn expected(&self) -> (usize, usize) {
        self.expected
    }
}

impl fmt::Display for OutputShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the output has shape {:?}, but the input has {:?}: a stencil that is mapped over all cells gives one result a cell",
            self.shape, self.expected
        )
    }
}

impl core::error::Error for OutputShapeError {}

/// The rows of windows after which the windows at the left and right ends of these rows are visited, while the rows are in the cache.
/// A multiple of the rows that a zip walks side by side.
const BAND: usize = if cfg!(miri) { 8 } else { 64 };

/// Calls `each` once for every cell of `output`, which has the shape of `input`, with the window around the same cell of `input`.
/// All memory is allocated before the first call.
///
/// `output` is split into parts, each of which is zipped with the windows of its shape: a zip visits each of its cells once, and panics if
/// shapes differ.
fn for_each_window<const K: usize, const L: usize, T, O, G>(
    input: ArrayView2<'_, T>,
    boundaries: &Boundaries<T>,
    output: ArrayViewMut2<'_, O>,
    each: G,
) -> Result<(), AllocationError>
where
    T: Clone,
    G: Fn(&mut O, Window<'_, T, K, L>),
{
    assert_eq!(input.dim(), output.dim(), "one window a cell");
    if input.is_empty() {
        return Ok(());
    }
    let halo = Halo::of_window::<K, L>();
    let (rows, cols) = input.dim();
    if rows < K || cols < L {
        let padded = Padded::extend(input, halo, boundaries)?;
        zip_windows(output, padded.array_windows(), &each);
        return Ok(());
    }
    // Contiguous columns, or a single column, need no copy.
    let is_copied = input.stride_of(Axis(1)) != 1 && cols > 1;
    let copied = if is_copied { Some(standard_layout(input)?) } else { None };
    let input = copied.as_ref().map_or(input, |copied| copied.view());

    let Halo { top, bottom, left, right } = halo;
    let extended = Extended { input, boundaries };
    let no_memory = AllocationError::for_cells::<T>(Purpose::Copies, None);
    let all_cols = extended_range(left, cols, right).ok_or(no_memory)?;
    // Memory for copies of a few rows or columns, one after the other. There is no less at the top
    // and at the left than opposite.
    let at_the_top =
        if top > 0 { cols.checked_add(L - 1).and_then(|cols| cols.checked_mul(top + K - 1)) } else { Some(0) };
    let at_the_left = if left > 0 { (BAND.min(rows) + K - 1).checked_mul(left + L - 1) } else { Some(0) };
    let mut strip = Vec::new();
    memory::make_room(&mut strip, at_the_top.zip(at_the_left).map(|(top, left)| top.max(left)), Purpose::Copies)?;
    let (mut at_left, mut at_right) = (Vec::new(), Vec::new());
    for sources in [&mut at_left, &mut at_right] {
        memory::make_room(sources, Some(left + L - 1), Purpose::Copies)?;
    }
    at_left.extend((all_cols.start..(L - 1).cast_signed()).map(|j| extended.col(j)));
    at_right.extend(((cols - (L - 1)).cast_signed()..all_cols.end).map(|j| extended.col(j)));

    let (output_top, output) = output.split_at(Axis(0), top);
    let (output, output_bottom) = output.split_at(Axis(0), rows - top - bottom);
    if top > 0 {
        let rows = -top.cast_signed()..(K - 1).cast_signed();
        zip_windows(output_top, Windows::new(extended.cut_out(rows, all_cols.clone(), &mut strip)), &each);
    }
    if bottom > 0 {
        let rows = (rows - (K - 1)).cast_signed()..(rows + bottom).cast_signed();
        zip_windows(output_bottom, Windows::new(extended.cut_out(rows, all_cols, &mut strip)), &each);
    }

    let mut output = output;
    let mut first = 0;
    for output in output.axis_chunks_iter_mut(Axis(0), BAND) {
        let band = part(input, first..first + output.nrows() + K - 1, 0..cols);
        first += output.nrows();
        let (output_left, output) = output.split_at(Axis(1), left);
        let (output, output_right) = output.split_at(Axis(1), cols - left - right);
        zip_windows(output, Windows::new(band), &each);
        if left > 0 {
            zip_end(output_left, band, &at_left, &mut strip, &each);
        }
        if right > 0 {
            zip_end(output_right, band, &at_right, &mut strip, &each);
        }
    }
    Ok(())
}

/// Copies an array so that its columns are contiguous.
fn standard_layout<T: Clone>(input: ArrayView2<'_, T>) -> Result<Array2<T>, AllocationError> {
    let mut cells = memory::with_room(Some(input.len()), Purpose::Copies)?;
    if let Some(cell) = input.first() {
        cells.resize(input.len(), cell.clone());
    }
    let mut copy = Array2::from_shape_vec(input.dim(), cells).expect("all cells");
    // `assign` may follow the columns, which is fast in the first level of the cache alone: for
    // column-major f32, 64×64 cells took 0.76 of the time by rows, and 512×512 cells 1.7.
    if input.len().saturating_mul(size_of::<T>()) <= 1 << 15 {
        copy.assign(&input);
    } else {
        for (mut to, from) in copy.outer_iter_mut().zip(input.outer_iter()) {
            to.iter_mut().zip(from).for_each(|(to, from)| to.clone_from(from));
        }
    }
    Ok(copy)
}

/// Calls `each` for every cell of `output`, the left or the right end of some rows, with the window around it. `band` are the rows of the
/// input that the windows cover, `sources` what stands in their columns, and `strip` is memory to use.
fn zip_end<const K: usize, const L: usize, T, O, G>(
    mut output: ArrayViewMut2<'_, O>,
    band: ArrayView2<'_, T>,
    sources: &[Source<'_, T>],
    strip: &mut Vec<T>,
    each: &G,
) where
    T: Clone,
    G: Fn(&mut O, Window<'_, T, K, L>),
{
    strip.clear();
    for row in band.outer_iter() {
        strip.extend(sources.iter().map(|&source| match source {
            Source::Cell(j) => row[j].clone(),
            Source::Constant(value) => value.clone(),
        }));
    }
    let strip = ArrayView2::from_shape((band.nrows(), sources.len()), strip).expect("a row has all columns");
    // A zip of one column is one loop, and one of a few columns is a short loop a row.
    const FEW: usize = 16;
    let width = if output.ncols() < FEW { 1 } else { output.ncols() };
    let mut first = 0;
    for output in output.axis_chunks_iter_mut(Axis(1), width) {
        let windows = part(strip, 0..band.nrows(), first..first + output.ncols() + L - 1);
        first += output.ncols();
        zip_windows(output, Windows::new(windows), each);
    }
}

/// Calls `each` for every cell of `output` with the window of the same index.
// Out of line, so that the kernels around `each` stand in the program once.
#[inline(never)]
#[expect(
    clippy::redundant_closure,
    reason = "core's own call of a reference to a closure is not marked `#[inline(always)]`"
)]
fn zip_windows<const K: usize, const L: usize, T, O, G>(
    output: ArrayViewMut2<'_, O>,
    windows: Windows<'_, T, K, L>,
    each: &G,
) where
    G: Fn(&mut O, Window<'_, T, K, L>),
{
    Zip::from(output).and(windows).simd_for_each_unordered(
        #[inline(always)]
        |cell, window| each(cell, window),
    );
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    fn halo([top, bottom, left, right]: [usize; 4]) -> Halo {
        Halo { top, bottom, left, right }
    }

    #[test]
    fn one_rule_stands_for_four_and_two_for_the_axes() {
        let all: Boundaries<_> = Boundary::Constant(7).into();
        assert_eq!(all, Boundaries::all(Boundary::Constant(7)));
        assert!([&all.top, &all.bottom, &all.left, &all.right].into_iter().all(|side| *side == Boundary::Constant(7)));
        let mixed = Boundaries::by_axis(Boundary::<u8>::Wrap, Boundary::Edge);
        assert_eq!(
            mixed,
            Boundaries { top: Boundary::Wrap, bottom: Boundary::Wrap, left: Boundary::Edge, right: Boundary::Edge }
        );
    }

    #[test]
    fn only_constants_extend_an_empty_axis_and_the_error_says_which() {
        let rules = [Boundary::Constant('x'), Boundary::Edge, Boundary::Reflect, Boundary::Symmetric, Boundary::Wrap];
        for boundary in rules {
            let constant = matches!(boundary, Boundary::Constant(_));
            let all = Boundaries::all(boundary);
            assert_eq!(check(&all, (0, 0), halo([0; 4])), Ok(()), "there is nothing to fill");
            assert_eq!(check(&all, (0, 3), halo([0, 0, 2, 2])), Ok(()), "the other axis has cells");
            assert_eq!(check(&all, (1, 1), halo([9; 4])), Ok(()));
            for (axis, dim, widths) in [
                (0, (0, 3), [1, 0, 0, 0]),
                (0, (0, 3), [0, 1, 0, 0]),
                (1, (3, 0), [0, 0, 1, 0]),
                (1, (3, 0), [0, 0, 0, 1]),
                (0, (0, 0), [1, 1, 1, 1]),
            ] {
                let error = BoundaryError { axis, boundary: boundary.without_value() };
                assert_eq!(check(&all, dim, halo(widths)), if constant { Ok(()) } else { Err(error) });
                assert_eq!((error.axis(), error.boundary()), (axis, boundary.without_value()));
            }
        }
        let error = check(&Boundaries::all(Boundary::<u8>::Wrap), (3, 0), halo([1; 4])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "axis 1 of the array has no cells that `Boundary::Wrap` could repeat: only `Boundary::Constant` extends an empty axis"
        );
    }
}
