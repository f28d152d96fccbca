//! The boundary at the edges of the grid: ghost cells around the grid, one wide. Each block fills
//! its own.
//!
//! A periodic grid has no edges. The blocks at its ends are neighbours, and they exchange halos.

use ndarray::{Array2, Axis};

use crate::decomposition::Extent;
use crate::system::Rule;

/// Returns whether the first and the last block of an axis are neighbours, so that the grid has no
/// edge.
pub(crate) fn is_periodic(rule: Rule) -> bool {
    rule == Rule::Wrap
}

/// Returns `u` and `v` beyond the edges under the constant rule. No step writes these cells.
pub(crate) fn outside() -> (f32, f32) {
    (1.0, 0.0)
}

/// Fills the ghosts in the array of a block: first the columns, then the rows including the ghosts
/// of the columns, which fills the corners. All sides have the same rule, so the opposite order
/// would give the same result.
pub(crate) fn fill_ghosts(field: &mut Array2<f32>, rule: Rule, rows: &Extent, cols: &Extent) {
    for (axis, extent) in [(Axis(1), cols), (Axis(0), rows)] {
        for (ghost, source) in extent.ghosts(rule) {
            let (low, high) = field.view_mut().split_at(axis, ghost.max(source));
            let (low, high) = (low.index_axis_move(axis, ghost.min(source)), high.index_axis_move(axis, 0));
            let (mut to, from) = if ghost < source { (low, high) } else { (high, low) };
            to.assign(&from);
        }
    }
}
