//! [`Extended`]: an array that continues beyond its edges by boundary rules, with ghost cells
//! computed on demand.
//!
//! Filters and `Padded` copy cells from it. They equal those of `numpy.pad`, for arrays that
//! [`check`] accepts.
#![forbid(unsafe_code)]

use alloc::vec::Vec;
use core::ops::Range;

use ndarray::{ArrayBase, ArrayView2, Axis, Ix2, RawData, Slice};

use super::boundary::{Boundaries, Boundary, Source};
use super::halo::Halo;
use crate::error::BoundaryError;

/// An array with boundary rules. Indices count from the array's first row and column, so they are
/// negative above the array and left of it.
pub(super) struct Extended<'a, T> {
    pub(super) input: ArrayView2<'a, T>,
    pub(super) boundaries: &'a Boundaries<T>,
}

impl<T: Clone> Extended<'_, T> {
    pub(super) fn row(&self, i: isize) -> Source<'_, T> {
        Source::new(&self.boundaries.top, &self.boundaries.bottom, i, self.input.nrows())
    }

    pub(super) fn col(&self, j: isize) -> Source<'_, T> {
        Source::new(&self.boundaries.left, &self.boundaries.right, j, self.input.ncols())
    }

    /// Returns the cell in a row and a column. The column's rule applies first.
    pub(super) fn cell<'a>(&'a self, row: Source<'a, T>, col: Source<'a, T>) -> &'a T {
        match (row, col) {
            (_, Source::Constant(value)) | (Source::Constant(value), Source::Cell(_)) => value,
            (Source::Cell(i), Source::Cell(j)) => &self.input[[i, j]],
        }
    }

    /// Appends the columns `cols` of row `i` to `cells`.
    pub(super) fn push_row(&self, i: isize, cols: Range<isize>, cells: &mut Vec<T>) {
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

    /// Copies the rows `rows` and the columns `cols` to `cells`, row by row, and returns them as a
    /// view.
    pub(super) fn cut_out<'a>(
        &self,
        rows: Range<isize>,
        cols: Range<isize>,
        cells: &'a mut Vec<T>,
    ) -> ArrayView2<'a, T> {
        let dim = (rows.clone().count(), cols.clone().count());
        cells.clear();
        rows.for_each(|i| self.push_row(i, cols.clone(), cells));
        ArrayView2::from_shape(dim, cells).expect("a row has `cols` cells")
    }
}

/// Returns a rectangle of an array or a view.
pub(super) fn part<S: RawData>(array: ArrayBase<S, Ix2>, rows: Range<usize>, cols: Range<usize>) -> ArrayBase<S, Ix2> {
    array.slice_axis_move(Axis(0), Slice::from(rows)).slice_axis_move(Axis(1), Slice::from(cols))
}

/// Returns the indices of an axis of length `len` with ghost cells on both sides, or `None` if
/// there are more than an axis can have.
pub(super) fn extended_range(before: usize, len: usize, after: usize) -> Option<Range<isize>> {
    let end = len.checked_add(after).and_then(|end| isize::try_from(end).ok())?;
    let start = isize::try_from(before).ok()?;
    // The length has to fit into an `isize` too.
    end.checked_add(start)?;
    Some(-start..end)
}

/// Checks that the rules can extend an array of this shape by a halo: only constants extend an
/// empty axis.
pub(super) fn check<T>(
    boundaries: &Boundaries<T>,
    (rows, cols): (usize, usize),
    halo: Halo,
) -> Result<(), BoundaryError> {
    let sides = [
        (0, rows, halo.top, &boundaries.top),
        (0, rows, halo.bottom, &boundaries.bottom),
        (1, cols, halo.left, &boundaries.left),
        (1, cols, halo.right, &boundaries.right),
    ];
    for (axis, len, width, boundary) in sides {
        if len == 0 && width > 0 && !matches!(boundary, Boundary::Constant(_)) {
            return Err(BoundaryError { axis, boundary: boundary.without_value() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    fn halo([top, bottom, left, right]: [usize; 4]) -> Halo {
        Halo { top, bottom, left, right }
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
