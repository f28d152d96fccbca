//! What the cells at the edges of the grid see beyond them: ghost cells around the grid, one wide, which each block fills by itself.
//!
//! Where the grid wraps around it has no edges: the blocks there are neighbours, and halos are exchanged.

use ndarray::{Array2, Axis};

use crate::decomposition::Extent;
use crate::system::Rule;

/// Whether the first and the last block of an axis are neighbours, so that the grid has no edge.
pub(crate) fn is_periodic(rule: Rule) -> bool {
    rule == Rule::Wrap
}

/// `u` and `v` beyond the edges, where the rule is constant. No step writes them.
pub(crate) fn outside() -> (f32, f32) {
    (1.0, 0.0)
}

/// Fills the ghosts in the array of a block: columns first, then rows with the ghosts of the columns, which makes the corners. As
/// all sides have the same rule, the other order would give the same.
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
