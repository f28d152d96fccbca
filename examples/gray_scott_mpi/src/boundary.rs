//! What the cells at the edges of the grid have for neighbours. All that depends on the rule stands here.
//!
//! At an edge of the grid, the outermost cells of a block's arrays are written by no step. So a rule is: how the ranks are
//! connected, how many cells are kept outside the grid, and what is in them.

use clap::ValueEnum;

/// The rule for the edges of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Boundary {
    /// The outermost cells of the grid stay as they are at the start
    Fixed,
    /// Outside of the grid there is u = 1 and v = 0
    Constant,
    /// Each edge continues at the opposite one
    Wrap,
}

impl Boundary {
    /// Whether the first and the last block of an axis are neighbours, so that the grid has no edge.
    pub(crate) fn is_periodic(self) -> bool {
        self == Boundary::Wrap
    }

    /// Cells outside the grid that are kept at each edge.
    pub(crate) fn ghosts(self) -> usize {
        match self {
            Boundary::Fixed | Boundary::Wrap => 0,
            Boundary::Constant => 1,
        }
    }

    /// `u` and `v` in the cells that no step writes: those outside the grid, and the outermost cells of the start.
    pub(crate) fn outside() -> (f32, f32) {
        (1.0, 0.0)
    }
}
