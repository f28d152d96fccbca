//! The decomposition of the grid into one block per rank: integer arithmetic, without MPI and
//! arrays.
//!
//! The ranks form a rectangle in row-major order, the order of MPI's Cartesian communicators. Each
//! rank has a block of the grid. Along an axis a block's array has the parts below. Its cells are
//! counted from the array's start:
//!
//! ```text
//!     halo        |  ghosts  owned cells  ghosts  |        halo
//!     0, or depth |     the centre of the block   | 0, or depth
//! ```
//!
//! A side with a neighbour has a halo, whose cells the neighbour owns and sends. A side at an edge
//! of the grid has a ghost. After an exchange the whole array is valid. Each step reads one cell
//! further than it writes, so the valid part shrinks by one cell per step on the sides with a halo.
//! At an edge of the grid it does not shrink, because the block fills the ghosts itself: see
//! `boundary.rs`.

use std::ops::Range;

use crate::boundary::is_periodic;
use crate::system::Rule;

/// A direction along an axis: towards its start, none, or towards its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    Within,
    After,
}

impl Side {
    pub(crate) const ALL: [Side; 3] = [Side::Before, Side::Within, Side::After];

    /// Returns the opposite direction.
    pub(crate) fn opposite(self) -> Self {
        match self {
            Side::Before => Side::After,
            Side::Within => Side::Within,
            Side::After => Side::Before,
        }
    }
}

/// Returns the eight directions of neighbours, along the rows and along the columns.
pub(crate) fn directions() -> impl Iterator<Item = (Side, Side)> {
    let all = Side::ALL.into_iter().flat_map(|row| Side::ALL.map(|col| (row, col)));
    all.filter(|&direction| direction != (Side::Within, Side::Within))
}

/// The whole grid and its decomposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// Rows and columns of cells.
    pub(crate) grid: (usize, usize),
    /// Rows and columns of ranks.
    pub(crate) ranks: (usize, usize),
    /// The number of steps between two exchanges, which is also the width of a halo.
    pub(crate) depth: usize,
    pub(crate) rule: Rule,
}

impl Split {
    /// Returns the decomposition with the shortest cuts, whose blocks are as square as possible.
    /// Each block has enough cells for the halos of its neighbours.
    ///
    /// # Errors
    ///
    /// Returns an error if every decomposition has blocks that are too small.
    pub(crate) fn new(grid: (usize, usize), ranks: usize, depth: usize, rule: Rule) -> Result<Self, String> {
        let splits = (1..=ranks).filter(|rows| ranks.is_multiple_of(*rows));
        let splits = splits.map(|rows| Split { grid, ranks: (rows, ranks / rows), depth, rule });
        splits.filter(Split::fills_halos).min_by_key(Split::cuts).ok_or_else(|| {
            let (rows, cols) = grid;
            format!(
                "{ranks} ranks cannot share {rows}×{cols} cells, as each needs {depth} rows and columns, the depth of an \
                 exchange: use fewer ranks, a smaller --depth or a larger grid"
            )
        })
    }

    /// Returns whether no block is smaller than a halo that it sends.
    fn fills_halos(&self) -> bool {
        let fills = |cells: usize, parts: usize| {
            let has_neighbours = parts > 1 || is_periodic(self.rule);
            cells / parts >= if has_neighbours { self.depth } else { 1 }
        };
        fills(self.grid.0, self.ranks.0) && fills(self.grid.1, self.ranks.1)
    }

    /// Returns the number of cells along all cuts.
    fn cuts(&self) -> u128 {
        // A periodic axis has one more cut, between its two ends.
        let cuts = |parts: usize| if is_periodic(self.rule) { parts } else { parts - 1 };
        cuts(self.ranks.0) as u128 * self.grid.1 as u128 + cuts(self.ranks.1) as u128 * self.grid.0 as u128
    }

    /// Returns the row and the column of a rank.
    pub(crate) fn place(&self, rank: usize) -> (usize, usize) {
        (rank / self.ranks.1, rank % self.ranks.1)
    }

    /// Returns the neighbour of a rank, if there is one. It may be the rank itself.
    pub(crate) fn neighbour(&self, rank: usize, (row_side, col_side): (Side, Side)) -> Option<usize> {
        let (row, col) = self.place(rank);
        let periodic = is_periodic(self.rule);
        let row = neighbour(row, self.ranks.0, row_side, periodic)?;
        let col = neighbour(col, self.ranks.1, col_side, periodic)?;
        Some(row * self.ranks.1 + col)
    }

    /// Returns the rows and the columns of a rank's block.
    pub(crate) fn extents(&self, rank: usize) -> (Extent, Extent) {
        let (row, col) = self.place(rank);
        let extent = |cells, parts, at| Extent::new(cells, parts, at, self.depth, self.rule);
        (extent(self.grid.0, self.ranks.0, row), extent(self.grid.1, self.ranks.1, col))
    }
}

/// Returns the neighbour along one axis of `parts` blocks.
fn neighbour(at: usize, parts: usize, side: Side, periodic: bool) -> Option<usize> {
    match side {
        Side::Within => Some(at),
        Side::Before if at > 0 => Some(at - 1),
        Side::After if at + 1 < parts => Some(at + 1),
        Side::Before if periodic => Some(parts - 1),
        Side::After if periodic => Some(0),
        Side::Before | Side::After => None,
    }
}

/// Returns the cells of part `at` of `parts` along an axis. Some parts have one cell more than the
/// others.
fn part(cells: usize, parts: usize, at: usize) -> Range<usize> {
    let (least, more) = (cells / parts, cells % parts);
    let start = |at: usize| at * least + at.min(more);
    start(at)..start(at + 1)
}

/// One axis of a block. The page of this module explains its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The cells of the grid that the block owns.
    pub(crate) owned: Range<usize>,
    depth: usize,
    /// The widths of the halos at the start and at the end: `depth`, or 0.
    halos: [usize; 2],
    /// The number of ghosts at the start and at the end.
    ghosts: [usize; 2],
}

impl Extent {
    fn new(cells: usize, parts: usize, at: usize, depth: usize, rule: Rule) -> Self {
        let periodic = is_periodic(rule);
        let has_neighbour = [Side::Before, Side::After].map(|side| neighbour(at, parts, side, periodic).is_some());
        Extent {
            owned: part(cells, parts, at),
            depth,
            halos: has_neighbour.map(|yes| if yes { depth } else { 0 }),
            ghosts: has_neighbour.map(|yes| if yes { 0 } else { 1 }),
        }
    }

    /// Returns the number of cells in the array.
    pub(crate) fn len(&self) -> usize {
        self.centre().end + self.halos[1]
    }

    /// Returns the cells that no neighbour sends.
    pub(crate) fn centre(&self) -> Range<usize> {
        let owned = self.owned_cells();
        owned.start - self.ghosts[0]..owned.end + self.ghosts[1]
    }

    /// Returns the owned cells.
    pub(crate) fn owned_cells(&self) -> Range<usize> {
        let start = self.halos[0] + self.ghosts[0];
        start..start + self.owned.len()
    }

    /// Returns each ghost with the cell that it copies. Under the constant rule there are none,
    /// because their values never change.
    pub(crate) fn ghosts(&self, rule: Rule) -> impl Iterator<Item = (usize, usize)> + use<> {
        let last = self.len() - 1;
        // Ghosts do not count here, only the other cells of the block along this axis.
        let has_others = last - self.ghosts[0] - self.ghosts[1] > 0;
        let from_ghost = match rule {
            Rule::Constant | Rule::Wrap => None,
            Rule::Edge | Rule::Symmetric => Some(1),
            // The mirror image of a single cell without that cell is empty. The cell itself is
            // used.
            Rule::Reflect => Some(if has_others { 2 } else { 1 }),
        };
        let [start, end] = self.ghosts.map(|ghosts| from_ghost.filter(|_| ghosts > 0));
        start.map(|way| (0, way)).into_iter().chain(end.map(|way| (last, last - way)))
    }

    /// Returns the cells that are sent to a neighbour: enough to fill its halo, or all in the
    /// centre if the neighbour is not along this axis.
    pub(crate) fn sent(&self, side: Side) -> Range<usize> {
        let owned = self.owned_cells();
        match side {
            Side::Before => owned.start..owned.start + self.depth,
            Side::Within => self.centre(),
            Side::After => owned.end - self.depth..owned.end,
        }
    }

    /// Returns the cells that step `step` writes, counted from 1 after each exchange.
    pub(crate) fn written(&self, step: usize) -> Range<usize> {
        let margin = self.halos.map(|halo| if halo > 0 { step } else { 1 });
        margin[0]..self.len() - margin[1]
    }

    /// Returns the cells that the first step can write before the halos are filled. All their
    /// neighbours are in the centre.
    pub(crate) fn inner(&self) -> Range<usize> {
        let (centre, written) = (self.centre(), self.written(1));
        let start = (centre.start + 1).min(written.end);
        start..(centre.end - 1).max(start)
    }
}

/// Returns the rectangles that the first step writes after the halos are filled: all cells except
/// the inner ones.
pub(crate) fn frame(rows: &Extent, cols: &Extent) -> [(Range<usize>, Range<usize>); 4] {
    let (all_rows, all_cols, inner_rows, inner_cols) = (rows.written(1), cols.written(1), rows.inner(), cols.inner());
    [
        (all_rows.start..inner_rows.start, all_cols.clone()),
        (inner_rows.clone(), all_cols.start..inner_cols.start),
        (inner_rows.clone(), inner_cols.end..all_cols.end),
        (inner_rows.end..all_rows.end, all_cols),
    ]
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn parts_follow_each_other_and_differ_by_one_cell_at_most() {
        for (cells, parts) in [(1, 1), (7, 1), (7, 2), (7, 3), (8, 4), (9, 5), (5, 5)] {
            let parts: Vec<_> = (0..parts).map(|at| part(cells, parts, at)).collect();
            assert_eq!(parts.iter().flat_map(Clone::clone).collect::<Vec<_>>(), (0..cells).collect::<Vec<_>>());
            let lens = || parts.iter().map(Range::len);
            assert!(lens().max().unwrap() - lens().min().unwrap() <= 1, "{parts:?}");
        }
    }

    #[test]
    fn splits_are_as_square_as_the_grid_lets_them_be() {
        let ranks = |grid, ranks, rule| Split::new(grid, ranks, 2, rule).unwrap().ranks;
        for &rule in Rule::value_variants() {
            assert_eq!(ranks((100, 100), 1, rule), (1, 1));
            assert_eq!(ranks((100, 100), 4, rule), (2, 2));
            assert_eq!(ranks((100, 160), 2, rule), (1, 2));
            assert_eq!(ranks((160, 100), 3, rule), (3, 1));
            assert_eq!(ranks((100, 160), 6, rule), (2, 3));
            assert_eq!(ranks((1080, 1920), 12, rule), (3, 4));
            assert_eq!(ranks((2, 100), 4, rule), (1, 4), "the only one");
        }
    }

    #[test]
    fn blocks_that_cannot_fill_a_halo_are_refused() {
        for &rule in Rule::value_variants() {
            assert!(Split::new((8, 8), 4, 4, rule).is_ok());
            let message = Split::new((8, 7), 4, 4, rule).unwrap_err();
            assert!(message.contains("4 ranks") && message.contains("8×7") && message.contains("--depth"), "{message}");
            assert!(Split::new((100, 100), 101, 1, rule).is_err());
        }
        // Without a neighbour there is no halo, so the block cannot be too small for it.
        assert!(Split::new((3, 3), 1, 4, Rule::Constant).is_ok());
        assert!(Split::new((3, 3), 1, 4, Rule::Wrap).is_err());
    }

    #[test]
    fn neighbours_are_mutual_and_edges_have_none_unless_they_wrap() {
        for &rule in Rule::value_variants() {
            for ranks in [1, 2, 3, 4, 6, 12] {
                let split = Split::new((24, 30), ranks, 2, rule).unwrap();
                for rank in 0..ranks {
                    for direction @ (row_side, col_side) in directions() {
                        let neighbour = split.neighbour(rank, direction);
                        let (row, col) = split.place(rank);
                        let inside = |at: usize, parts: usize, side| match side {
                            Side::Before => at > 0,
                            Side::Within => true,
                            Side::After => at < parts - 1,
                        };
                        let inside = inside(row, split.ranks.0, row_side) && inside(col, split.ranks.1, col_side);
                        assert_eq!(neighbour.is_some(), inside || rule == Rule::Wrap, "{split:?} {direction:?}");
                        if let Some(neighbour) = neighbour {
                            let back = (row_side.opposite(), col_side.opposite());
                            assert_eq!(split.neighbour(neighbour, back), Some(rank), "{split:?} {direction:?}");
                        }
                    }
                }
            }
        }
        assert_eq!(directions().count(), 8);
    }

    #[test]
    fn what_is_sent_has_the_shape_of_the_halo_it_fills() {
        for &rule in Rule::value_variants() {
            for (grid, ranks, depth) in [((9, 11), 1, 3), ((9, 11), 4, 3), ((9, 11), 3, 2), ((13, 8), 6, 1)] {
                let split = Split::new(grid, ranks, depth, rule).unwrap();
                for rank in 0..ranks {
                    for direction @ (row_side, col_side) in directions() {
                        let Some(neighbour) = split.neighbour(rank, direction) else { continue };
                        let ((rows, cols), (to_rows, to_cols)) = (split.extents(rank), split.extents(neighbour));
                        let shape = (rows.sent(row_side).len(), cols.sent(col_side).len());
                        let halo = |extent: &Extent, side: Side| match side {
                            Side::Before => extent.len() - extent.centre().end,
                            Side::Within => extent.centre().len(),
                            Side::After => extent.centre().start,
                        };
                        assert_eq!(
                            shape,
                            (halo(&to_rows, row_side), halo(&to_cols, col_side)),
                            "{split:?} {direction:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_inner_cells_and_the_frame_are_what_the_first_step_writes() {
        for &rule in Rule::value_variants() {
            for (grid, ranks, depth) in
                [((1, 1), 1, 1), ((3, 3), 1, 1), ((3, 4), 6, 1), ((9, 11), 4, 3), ((7, 20), 5, 4), ((4, 4), 4, 2)]
            {
                let split = Split::new(grid, ranks, depth, rule).unwrap();
                for rank in 0..ranks {
                    let (rows, cols) = split.extents(rank);
                    let mut written = vec![vec![0; cols.len()]; rows.len()];
                    let inner = (rows.inner(), cols.inner());
                    for (rows, cols) in frame(&rows, &cols).into_iter().chain([inner]) {
                        for row in rows {
                            cols.clone().for_each(|col| written[row][col] += 1);
                        }
                    }
                    for (i, row) in written.iter().enumerate() {
                        for (j, &times) in row.iter().enumerate() {
                            let once = rows.written(1).contains(&i) && cols.written(1).contains(&j);
                            assert_eq!(times, u32::from(once), "{split:?}, rank {rank}: ({i}, {j})");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn ghosts_are_at_the_edges_of_the_grid_and_as_the_rule_says() {
        let ghosts = |cells, parts, at, rule| Extent::new(cells, parts, at, 2, rule).ghosts(rule).collect::<Vec<_>>();
        assert_eq!(ghosts(4, 1, 0, Rule::Edge), [(0, 1), (5, 4)]);
        assert_eq!(ghosts(4, 1, 0, Rule::Symmetric), [(0, 1), (5, 4)]);
        assert_eq!(ghosts(4, 1, 0, Rule::Reflect), [(0, 2), (5, 3)]);
        assert_eq!(ghosts(1, 1, 0, Rule::Reflect), [(0, 1), (2, 1)]);
        assert_eq!(ghosts(2, 1, 0, Rule::Reflect), [(0, 2), (3, 1)]);
        for rule in [Rule::Constant, Rule::Wrap] {
            assert_eq!(ghosts(4, 1, 0, rule), []);
        }
        // A block in the middle has no ghosts. A block at an end of the grid has one.
        assert_eq!(ghosts(9, 3, 0, Rule::Edge), [(0, 1)]);
        assert_eq!(ghosts(9, 3, 1, Rule::Edge), []);
        assert_eq!(ghosts(9, 3, 2, Rule::Edge), [(5, 4)]);
    }
}
