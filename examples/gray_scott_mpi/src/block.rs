//! A rank's block: its cells of both fields, now and one step later, and the steps on them.
//!
//! This module does not use MPI. `exchange.rs` splits a block into parts, fills its halos, and
//! computes the inner cells at the same time.

use std::mem;
use std::ops::Range;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use ndarray_lockstep::{ArrayWindows, simd_azip};

use crate::boundary::{fill_ghosts, outside};
use crate::decomposition::{Extent, Side, Split, frame};
use crate::system::{Fields, Rule, next_cell};

/// The cells of a rank.
#[derive(Debug)]
pub(crate) struct Block {
    rows: Extent,
    cols: Extent,
    rule: Rule,
    now: Fields,
    /// Memory for the next step.
    next: Fields,
}

impl Block {
    /// Returns the initial block of a rank.
    pub(crate) fn start(split: &Split, rank: usize) -> Self {
        let (rows, cols) = split.extents(rank);
        let shape = (rows.len(), cols.len());
        let (u, v) = outside();
        let mut now = Fields { u: Array2::from_elem(shape, u), v: Array2::from_elem(shape, v) };
        {
            // The initial state is dropped before `next` is allocated, so that there are never more
            // than four arrays of the block's size.
            let start = Fields::start(split.grid, rows.owned.clone(), cols.owned.clone());
            let owned = s![rows.owned_cells(), cols.owned_cells()];
            now.u.slice_mut(owned).assign(&start.u);
            now.v.slice_mut(owned).assign(&start.v);
        }
        Block { rows, cols, rule: split.rule, next: now.clone(), now }
    }

    /// Returns the owned cells of `u` and of `v`.
    pub(crate) fn owned(&self) -> [ArrayView2<'_, f32>; 2] {
        [&self.now.u, &self.now.v].map(|field| field.slice(s![self.rows.owned_cells(), self.cols.owned_cells()]))
    }

    /// Splits the block into parts. Its halos can be filled while its inner cells are computed from
    /// the centre.
    pub(crate) fn parts(&mut self) -> Parts<'_> {
        // Fills the ghosts that the inner cells read. The other ghosts are filled later, from the
        // halos.
        self.fill_ghosts();
        let Block { rows, cols, now, next, .. } = self;
        let [u, v] = [&mut now.u, &mut now.v].map(|field| nine(field.view_mut(), rows, cols));
        let inner = s![rows.inner(), cols.inner()];
        let inner = Inner { u: next.u.slice_mut(inner), v: next.v.slice_mut(inner) };
        Parts { centres: [u.0, v.0], halos: [u.1, v.1], inner }
    }

    /// Returns the cells of a centre that are sent to the neighbour in a direction.
    pub(crate) fn sent(&self, (row_side, col_side): (Side, Side)) -> (Range<usize>, Range<usize>) {
        let in_centre = |extent: &Extent, side| {
            let (sent, start) = (extent.sent(side), extent.centre().start);
            sent.start - start..sent.end - start
        };
        (in_centre(&self.rows, row_side), in_centre(&self.cols, col_side))
    }

    /// Completes the first step after an exchange: computes the cells outside of [`Inner`].
    pub(crate) fn step_frame(&mut self) {
        self.fill_ghosts();
        for (rows, cols) in frame(&self.rows, &self.cols) {
            self.step_in(rows, cols);
        }
        mem::swap(&mut self.now, &mut self.next);
    }

    /// Runs a later step. `step` is its number since the exchange, counted from 1.
    pub(crate) fn step(&mut self, step: usize) {
        self.fill_ghosts();
        self.step_in(self.rows.written(step), self.cols.written(step));
        mem::swap(&mut self.now, &mut self.next);
    }

    /// Refills the ghosts of `now`.
    fn fill_ghosts(&mut self) {
        for field in [&mut self.now.u, &mut self.now.v] {
            fill_ghosts(field, self.rule, &self.rows, &self.cols);
        }
    }

    /// Computes a rectangle of `next` from `now`.
    fn step_in(&mut self, rows: Range<usize>, cols: Range<usize>) {
        let around = s![rows.start - 1..rows.end + 1, cols.start - 1..cols.end + 1];
        let cells = s![rows, cols];
        spread(
            self.now.u.slice(around),
            self.now.v.slice(around),
            self.next.u.slice_mut(cells),
            self.next.v.slice_mut(cells),
        );
    }
}

/// The parts of a block.
pub(crate) struct Parts<'a> {
    /// The cells of `u` and of `v` that no neighbour sends.
    pub(crate) centres: [ArrayViewMut2<'a, f32>; 2],
    /// The cells of both fields that the neighbours send, with their directions. They are empty if
    /// there is no neighbour.
    pub(crate) halos: [Vec<(Direction, ArrayViewMut2<'a, f32>)>; 2],
    pub(crate) inner: Inner<'a>,
}

type Direction = (Side, Side);

/// The cells of the next step that depend only on the centre.
pub(crate) struct Inner<'a> {
    u: ArrayViewMut2<'a, f32>,
    v: ArrayViewMut2<'a, f32>,
}

impl Inner<'_> {
    /// Computes the cells from the centres of both fields, in several parts. Calls `between` after
    /// each part.
    pub(crate) fn compute(mut self, [u, v]: [ArrayView2<'_, f32>; 2], mut between: impl FnMut()) {
        const PARTS: usize = 8;
        let rows = self.u.nrows();
        for part in 0..PARTS {
            let rows = rows * part / PARTS..rows * (part + 1) / PARTS;
            let (around, cells) = (s![rows.start..rows.end + 2, ..], s![rows.clone(), ..]);
            if !rows.is_empty() {
                spread(u.slice(around), v.slice(around), self.u.slice_mut(cells), self.v.slice_mut(cells));
            }
            between();
        }
    }
}

/// Computes a step in the cells that have a window in `u` and `v`.
fn spread(
    u: ArrayView2<'_, f32>,
    v: ArrayView2<'_, f32>,
    next_u: ArrayViewMut2<'_, f32>,
    next_v: ArrayViewMut2<'_, f32>,
) {
    simd_azip!((
        next_u in next_u,
        next_v in next_v,
        u in u.array_windows::<3, 3>(),
        v in v.array_windows::<3, 3>(),
    ) {
        (*next_u, *next_v) = next_cell(u.to_array(), v.to_array());
    });
}

/// Returns the centre of a field and the halos around it.
fn nine<'a>(
    field: ArrayViewMut2<'a, f32>,
    rows: &Extent,
    cols: &Extent,
) -> (ArrayViewMut2<'a, f32>, Vec<(Direction, ArrayViewMut2<'a, f32>)>) {
    let [above, within, below] = three(field, Axis(0), rows.centre());
    let [left, centre, right] = three(within, Axis(1), cols.centre());
    let mut halos = vec![((Side::Within, Side::Before), left), ((Side::Within, Side::After), right)];
    for (side, band) in [(Side::Before, above), (Side::After, below)] {
        let cells = three(band, Axis(1), cols.centre());
        halos.extend(Side::ALL.into_iter().zip(cells).map(|(col_side, cells)| ((side, col_side), cells)));
    }
    (centre, halos)
}

/// Returns the cells before, in and after `middle`.
fn three<'a>(view: ArrayViewMut2<'a, f32>, axis: Axis, middle: Range<usize>) -> [ArrayViewMut2<'a, f32>; 3] {
    let (before, rest) = view.split_at(axis, middle.start);
    let (middle, after) = rest.split_at(axis, middle.len());
    [before, middle, after]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::ValueEnum;

    use super::*;
    use crate::decomposition::directions;

    /// Returns the cell of an axis of length `len` that the rule puts at `index - 1`, if there is
    /// one.
    fn source(rule: Rule, index: usize, len: usize) -> Option<usize> {
        let inside = index.checked_sub(1).filter(|&index| index < len);
        inside.or_else(|| match rule {
            Rule::Constant => None,
            Rule::Edge | Rule::Symmetric => Some(if index == 0 { 0 } else { len - 1 }),
            Rule::Reflect if len == 1 => Some(0),
            Rule::Reflect => Some(if index == 0 { 1 } else { len - 2 }),
            Rule::Wrap => Some(if index == 0 { len - 1 } else { 0 }),
        })
    }

    /// Computes the whole grid after some steps, cell by cell.
    fn expected(grid: (usize, usize), rule: Rule, steps: usize) -> Fields {
        let (rows, cols) = grid;
        let mut now = Fields::start(grid, 0..rows, 0..cols);
        for _ in 0..steps {
            let at = |field: &Array2<f32>, outside: f32, i: usize, j: usize| -> [[f32; 3]; 3] {
                std::array::from_fn(|k| {
                    std::array::from_fn(|l| {
                        let cell = source(rule, i + k, rows).zip(source(rule, j + l, cols));
                        cell.map_or(outside, |cell| field[cell])
                    })
                })
            };
            let mut next = now.clone();
            for ((i, j), next_u) in next.u.indexed_iter_mut() {
                (*next_u, next.v[[i, j]]) = next_cell(at(&now.u, 1.0, i, j), at(&now.v, 0.0, i, j));
            }
            now = next;
        }
        now
    }

    /// Computes the whole grid after some steps from all blocks. The messages are copied by hand.
    fn by_blocks(split: &Split, steps: usize) -> Fields {
        let ranks = split.ranks.0 * split.ranks.1;
        let mut blocks: Vec<_> = (0..ranks).map(|rank| Block::start(split, rank)).collect();
        let mut left = steps;
        while left > 0 {
            let mut messages = BTreeMap::new();
            for (rank, block) in blocks.iter_mut().enumerate() {
                let sent: Vec<_> = directions().map(|direction| (direction, block.sent(direction))).collect();
                let Parts { centres, inner, .. } = block.parts();
                for (direction @ (row_side, col_side), (rows, cols)) in sent {
                    let Some(neighbour) = split.neighbour(rank, direction) else { continue };
                    for (field, centre) in centres.iter().enumerate() {
                        let cells = centre.slice(s![rows.clone(), cols.clone()]).to_owned();
                        let to = (neighbour, field, row_side.opposite() as u8, col_side.opposite() as u8);
                        assert!(messages.insert(to, cells).is_none(), "two messages for one halo");
                    }
                }
                inner.compute(centres.each_ref().map(|centre| centre.view()), || ());
            }
            for (rank, block) in blocks.iter_mut().enumerate() {
                for (field, halos) in block.parts().halos.into_iter().enumerate() {
                    for ((row_side, col_side), mut halo) in halos {
                        match messages.remove(&(rank, field, row_side as u8, col_side as u8)) {
                            Some(cells) => halo.assign(&cells),
                            None => assert!(halo.is_empty(), "a halo without a message"),
                        }
                    }
                }
                block.step_frame();
                (2..=left.min(split.depth)).for_each(|step| block.step(step));
            }
            assert!(messages.is_empty(), "messages without a halo");
            left = left.saturating_sub(split.depth);
        }
        let mut whole = Fields { u: Array2::zeros(split.grid), v: Array2::zeros(split.grid) };
        for (rank, block) in blocks.iter().enumerate() {
            let (rows, cols) = split.extents(rank);
            let [u, v] = block.owned();
            whole.u.slice_mut(s![rows.owned.clone(), cols.owned.clone()]).assign(&u);
            whole.v.slice_mut(s![rows.owned, cols.owned]).assign(&v);
        }
        whole
    }

    #[test]
    fn blocks_give_the_bits_of_the_whole_grid() {
        let bits = |field: &Array2<f32>| field.map(|cell| cell.to_bits());
        for &rule in Rule::value_variants() {
            for (grid, ranks, depth) in [
                ((1, 1), 1, 1),
                ((1, 5), 5, 1),
                ((3, 3), 1, 1),
                ((9, 12), 1, 4),
                ((9, 12), 2, 4),
                ((13, 11), 4, 3),
                ((3, 5), 15, 1),
                ((17, 9), 6, 2),
            ] {
                for steps in [0, 1, 2, 9] {
                    let split = Split::new(grid, ranks, depth, rule).unwrap();
                    let (blocks, whole) = (by_blocks(&split, steps), expected(grid, rule, steps));
                    assert_eq!(bits(&blocks.u), bits(&whole.u), "{split:?}, {steps} steps");
                    assert_eq!(bits(&blocks.v), bits(&whole.v), "{split:?}, {steps} steps");
                }
            }
        }
    }
}
