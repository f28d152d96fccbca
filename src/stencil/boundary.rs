//! [`Boundary`] and [`Boundaries`]: the rules for cells beyond the edges of an array.
//!
//! Users pass them to filters, time steps and padded arrays, which call [`Source::new`] for each
//! row and column outside. The rules and their names are those of `numpy.pad`. The module promises
//! a source for every index, however far outside it is, unless the axis is empty and its rule is
//! not a constant.
#![forbid(unsafe_code)]

use crate::copy::copy_type;

/// The rule for the cells beyond one end of an axis: the modes of `numpy.pad`, with the same names.
///
/// | rule | the cells `a b c d` continue as | `numpy.pad` | `scipy.ndimage` filters | OpenCV | as a boundary condition |
/// |---|---|---|---|---|---|
/// | [`Constant(k)`](Self::Constant) | `k k k`&#124;`a b c d`&#124;`k k k` | `constant` | `constant`, `grid-constant` | `BORDER_CONSTANT` | Dirichlet: a given value outside |
/// | [`Edge`](Self::Edge) | `a a a`&#124;`a b c d`&#124;`d d d` | `edge` | `nearest` | `BORDER_REPLICATE` | Neumann: no flux through the edge, to first order |
/// | [`Reflect`](Self::Reflect) | `d c b`&#124;`a b c d`&#124;`c b a` | `reflect` | `mirror` | `BORDER_REFLECT_101` | Neumann: no flux, the edge is at the last cells' centres |
/// | [`Symmetric`](Self::Symmetric) | `c b a`&#124;`a b c d`&#124;`d c b` | `symmetric` | `reflect`, `grid-mirror` | `BORDER_REFLECT` | Neumann: no flux, the edge is at the last cells' outer sides |
/// | [`Wrap`](Self::Wrap) | `b c d`&#124;`a b c d`&#124;`a b c` | `wrap` | `wrap`, `grid-wrap` | `BORDER_WRAP` | periodic |
///
/// Beware of the name `reflect`. SciPy's `reflect` and OpenCV's `BORDER_REFLECT` are NumPy's
/// `symmetric`. NumPy's `reflect` is SciPy's `mirror`.
///
/// ```
/// use ndarray_lockstep::{Boundaries, Boundary};
///
/// // A cylinder: periodic from left to right, 0 below and above.
/// let cylinder = Boundaries::by_axis(Boundary::Constant(0.0), Boundary::Wrap);
/// assert_eq!(
///     (cylinder.top, cylinder.left),
///     (Boundary::Constant(0.0), Boundary::Wrap)
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Boundary<T> {
    /// Every cell outside has this value.
    #[doc(alias = "constant")]
    #[doc(alias = "grid-constant")]
    #[doc(alias = "BORDER_CONSTANT")]
    #[doc(alias = "Dirichlet")]
    Constant(T),
    /// Every cell outside equals the nearest cell inside.
    #[doc(alias = "nearest")]
    #[doc(alias = "replicate")]
    #[doc(alias = "BORDER_REPLICATE")]
    #[doc(alias = "Neumann")]
    Edge,
    /// The array is mirrored at the centre of its last cell, which is not repeated: a period of
    /// `2 * (len - 1)` cells. An axis of length 1 continues as with [`Edge`](Self::Edge).
    #[doc(alias = "mirror")]
    #[doc(alias = "BORDER_REFLECT_101")]
    #[doc(alias = "BORDER_DEFAULT")]
    #[doc(alias = "Neumann")]
    Reflect,
    /// The array is mirrored at the outer side of its last cell, which is repeated: a period of
    /// `2 * len` cells.
    #[doc(alias = "reflect")]
    #[doc(alias = "grid-mirror")]
    #[doc(alias = "BORDER_REFLECT")]
    #[doc(alias = "Neumann")]
    Symmetric,
    /// The array is repeated: a period of `len` cells.
    #[doc(alias = "grid-wrap")]
    #[doc(alias = "BORDER_WRAP")]
    #[doc(alias = "periodic")]
    Wrap,
}

impl<T> Boundary<T> {
    /// Returns the value of a constant rule, or `other` for the other rules.
    pub(super) fn constant_or<'a>(&'a self, other: &'a T) -> &'a T {
        match self {
            Boundary::Constant(value) => value,
            _ => other,
        }
    }

    /// Returns the rule without the value of the constant.
    pub(crate) fn without_value(&self) -> Boundary<()> {
        match self {
            Boundary::Constant(_) => Boundary::Constant(()),
            Boundary::Edge => Boundary::Edge,
            Boundary::Reflect => Boundary::Reflect,
            Boundary::Symmetric => Boundary::Symmetric,
            Boundary::Wrap => Boundary::Wrap,
        }
    }
}

/// The rules of the four sides of a 2-dimensional array.
///
/// A single [`Boundary`] converts to four equal rules.
///
/// For a cell `(i, j)` outside the array, the rule for column `j` applies first. If it is a
/// constant, the cell has that value. Any other rule maps `j` to a column inside. Then the rule for
/// row `i` applies in the same way. This equals `numpy.pad` along axis 0 and then along axis 1 of
/// the result, so the corners are NumPy's too.
///
/// Each rule applies at any distance from its side, as if both sides of the axis had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Boundaries<T> {
    /// Above the first row.
    pub top: Boundary<T>,
    /// Below the last row.
    pub bottom: Boundary<T>,
    /// Before the first column.
    pub left: Boundary<T>,
    /// After the last column.
    pub right: Boundary<T>,
}

impl<T: Clone> Boundaries<T> {
    /// Returns the same rule for all sides.
    pub fn all(boundary: Boundary<T>) -> Self {
        Self::by_axis(boundary.clone(), boundary)
    }

    /// Returns one rule per axis: `rows` for top and bottom (axis 0), `cols` for left and right
    /// (axis 1).
    pub fn by_axis(rows: Boundary<T>, cols: Boundary<T>) -> Self {
        Boundaries { top: rows.clone(), bottom: rows, left: cols.clone(), right: cols }
    }
}

impl<T: Clone> From<Boundary<T>> for Boundaries<T> {
    fn from(boundary: Boundary<T>) -> Self {
        Self::all(boundary)
    }
}

/// The source of a row or a column of the extended array.
#[derive(Debug)]
pub(crate) enum Source<'a, T> {
    /// The row or column of the array with this index.
    Cell(usize),
    /// A constant.
    Constant(&'a T),
}

copy_type! { [T] Source<'_, T> }

impl<'a, T> Source<'a, T> {
    /// Returns the source of `index` along an axis of length `len`. The caller has checked with
    /// [`check`](super::extended::check) that the rules can extend the axis.
    pub(crate) fn new(before: &'a Boundary<T>, after: &'a Boundary<T>, index: isize, len: usize) -> Self {
        let boundary = if index < 0 { before } else { after };
        match (map_index(boundary.without_value(), index, len), boundary) {
            (Some(cell), _) => Source::Cell(cell),
            (None, Boundary::Constant(value)) => Source::Constant(value),
            (None, _) => unreachable!("an empty axis is extended by constants alone"),
        }
    }
}

/// Returns the cell of an axis of length `len` that `index` takes its value from: `index` itself if
/// it is inside, otherwise the cell that the rule maps it to. Returns `None` if the axis has no
/// cells, or if `index` is outside and the rule is a constant.
// All numbers are distances from the start of the axis, so no sum overflows for any index.
pub(crate) fn map_index(rule: Boundary<()>, index: isize, len: usize) -> Option<usize> {
    let last = len.checked_sub(1)?;
    if let Ok(inside) = usize::try_from(index)
        && inside < len
    {
        return Some(inside);
    }
    // Every other stretch between two mirrors runs backwards.
    let mirrored = |distance: usize, stretch: usize| {
        let cell = distance % stretch;
        Some(if (distance / stretch).is_multiple_of(2) { cell } else { last - cell })
    };
    // `!index` is the mirror image of a negative index, if the mirror is before 0.
    let distance = if index < 0 { !index } else { index }.cast_unsigned();
    match rule {
        Boundary::Constant(()) => None,
        Boundary::Edge => Some(if index < 0 { 0 } else { last }),
        // There is a mirror at each multiple of `last`.
        Boundary::Reflect if last == 0 => Some(0),
        Boundary::Reflect => mirrored(index.unsigned_abs(), last),
        // There is a mirror before each multiple of `len`.
        Boundary::Symmetric => mirrored(distance, len),
        Boundary::Wrap if index < 0 => Some(last - distance % len),
        Boundary::Wrap => Some(distance % len),
    }
}

// Arithmetic on integers only, so Miri would find nothing.
#[cfg(not(miri))]
#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

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

    const RULES: [Boundary<()>; 5] =
        [Boundary::Constant(()), Boundary::Edge, Boundary::Reflect, Boundary::Symmetric, Boundary::Wrap];

    /// The oracle of [`map_index`]: walks cell by cell from the start of the axis to `index`.
    fn walk_outwards(rule: Boundary<()>, index: isize, len: usize) -> Option<usize> {
        let last = len.checked_sub(1)?;
        // The direction of the walk along the extended axis, and the direction in which the cell
        // inside moves.
        let outwards = index.signum();
        let (mut cell, mut step) = (0, outwards);
        let mut at = 0;
        while at != index {
            at += outwards;
            let next = cell + step;
            if (0..len.cast_signed()).contains(&next) {
                cell = next;
                continue;
            }
            match rule {
                Boundary::Constant(()) => return None,
                Boundary::Edge => step = 0,
                // The cell at the end has been visited, and is not visited again.
                Boundary::Reflect => (cell, step) = if last == 0 { (0, step) } else { (cell - step, -step) },
                // The cell at the end is visited twice.
                Boundary::Symmetric => step = -step,
                Boundary::Wrap => cell = if step > 0 { 0 } else { last.cast_signed() },
            }
        }
        usize::try_from(cell).ok()
    }

    #[test]
    fn an_axis_continues_as_a_walk_that_turns_at_its_ends() {
        for rule in RULES {
            for len in 0..6 {
                for index in -25..=25 {
                    assert_eq!(
                        map_index(rule, index, len),
                        walk_outwards(rule, index, len),
                        "{rule:?} of cell {index} of {len}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_axis_continues_as_the_tables_of_its_rules_say() {
        let cells = |rule| (-5..8).map(|index| map_index(rule, index, 3)).collect::<Vec<_>>();
        let some = |table: [usize; 13]| table.map(Some).to_vec();
        assert_eq!(cells(Boundary::Edge), some([0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2]));
        assert_eq!(cells(Boundary::Reflect), some([1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]));
        assert_eq!(cells(Boundary::Symmetric), some([1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]));
        assert_eq!(cells(Boundary::Wrap), some([1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]));
        assert_eq!(cells(Boundary::Constant(()))[4..9], [None, Some(0), Some(1), Some(2), None]);
    }

    #[test]
    fn no_index_is_too_far_outside_and_no_axis_too_long() {
        let longest = usize::MAX;
        for index in [isize::MIN, isize::MIN + 1, -1, 0, 1, isize::MAX - 1, isize::MAX] {
            for len in [0, 1, 2, 3, longest / 2, longest / 2 + 1, longest - 1, longest] {
                for rule in RULES {
                    let found = map_index(rule, index, len);
                    let inside = usize::try_from(index).is_ok_and(|index| index < len);
                    assert!(found.is_none_or(|cell| cell < len), "{rule:?} of cell {index} of {len}: {found:?}");
                    assert_eq!(found.is_some(), inside || (len > 0 && rule != Boundary::Constant(())));
                }
            }
        }
        let (far, len) = (isize::MAX, usize::MAX / 2);
        assert_eq!(map_index(Boundary::Wrap, far, len), Some(0));
        assert_eq!(map_index(Boundary::Wrap, -far, len), Some(0));
        assert_eq!(map_index(Boundary::Wrap, isize::MIN, len), Some(len - 1));
        assert_eq!(map_index(Boundary::Symmetric, far, len), Some(len - 1));
        assert_eq!(map_index(Boundary::Symmetric, isize::MIN, len), Some(len - 1));
        assert_eq!(map_index(Boundary::Reflect, far, len), Some(len - 2));
        assert_eq!(map_index(Boundary::Reflect, isize::MIN, len), Some(len - 3));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 512,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn far_outside_an_axis_continues_as_a_walk_does(which in 0..RULES.len(), index in -500_isize..500, len in 0_usize..80) {
            let rule = RULES[which];
            prop_assert_eq!(map_index(rule, index, len), walk_outwards(rule, index, len));
        }
    }
}
