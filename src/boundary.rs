//! Boundary rules: what a stencil sees beyond the edge of an array.
//!
//! A [`Boundary`] says how an axis goes on beyond one of its ends, [`Boundaries`] are the rules of the four sides of an array. The
//! rules and their names are those of `numpy.pad`.

use core::fmt;

use crate::layout::Extension;

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
pub(crate) fn check<T>(
    boundaries: &Boundaries<T>,
    (rows, cols): (usize, usize),
    [top, bottom, left, right]: [usize; 4],
) -> Result<(), BoundaryError> {
    let sides = [
        (0, rows, top, &boundaries.top),
        (0, rows, bottom, &boundaries.bottom),
        (1, cols, left, &boundaries.left),
        (1, cols, right, &boundaries.right),
    ];
    let fails = |&(_, len, width, boundary): &(usize, usize, usize, &Boundary<T>)| {
        len == 0 && width > 0 && boundary.extension() != Extension::Constant
    };
    match sides.into_iter().find(fails) {
        Some((axis, _, _, boundary)) => Err(BoundaryError { axis, boundary: boundary.without_value() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

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
            assert_eq!(check(&all, (0, 0), [0; 4]), Ok(()), "there is nothing to fill");
            assert_eq!(check(&all, (0, 3), [0, 0, 2, 2]), Ok(()), "the other axis has cells");
            assert_eq!(check(&all, (1, 1), [9; 4]), Ok(()));
            for (axis, dim, halo) in [
                (0, (0, 3), [1, 0, 0, 0]),
                (0, (0, 3), [0, 1, 0, 0]),
                (1, (3, 0), [0, 0, 1, 0]),
                (1, (3, 0), [0, 0, 0, 1]),
                (0, (0, 0), [1, 1, 1, 1]),
            ] {
                let error = BoundaryError { axis, boundary: boundary.without_value() };
                assert_eq!(check(&all, dim, halo), if constant { Ok(()) } else { Err(error) });
                assert_eq!((error.axis(), error.boundary()), (axis, boundary.without_value()));
            }
        }
        let error = check(&Boundaries::all(Boundary::<u8>::Wrap), (3, 0), [1; 4]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "axis 1 of the array has no cells that `Boundary::Wrap` could repeat: only `Boundary::Constant` extends an empty axis"
        );
    }
}
