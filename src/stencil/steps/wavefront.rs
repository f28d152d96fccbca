//! [`Wavefront`]: which rows of which step are computed next, and where they are in one short
//! buffer.
//!
//! `execute` runs one for each band and sweep. The module does integer arithmetic only. It promises
//! that each block can be computed when it is returned: the rows that its windows read are in the
//! buffer, and no row that is still needed is overwritten.
//!
//! # Method
//!
//! A wavefront moves down over blocks of rows. As soon as a step has a block of rows, and the rows
//! below it that the windows of the next step need, the next step computes a block, and so on to
//! the last step. Then the front moves down by a block. So a row passes through all steps while it
//! is in the cache. Step 0 is the state before the sweep. The last step is written back to the
//! state, above the front.
//!
//! The steps before the last one share a buffer, each `shift` rows above the one before it. A block
//! overwrites rows of the step before it that have just been read and are no longer needed. This is
//! the "compressed grid" of Wellein et al., "Efficient temporal blocking for stencil computations
//! by multicore-aware wavefront parallelization", COMPSAC 2009, who use it for a whole array.
//! Within a step, rows do not move relative to each other, so four rows of windows can be jammed.
//! When the front reaches the end of the buffer, all rows that are still needed move to its
//! beginning.
#![forbid(unsafe_code)]

use alloc::vec::Vec;
use core::ops::Range;

/// A block of rows of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// The number of the first row. It is negative above the band.
    pub(super) first: isize,
    /// The number of rows, at least 1.
    pub(super) count: usize,
}

impl Rows {
    /// Returns the numbers of the rows.
    pub(super) fn numbers(self) -> Range<isize> {
        self.first..self.first + self.count.cast_signed()
    }
}

/// What is beyond one end of a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A boundary: the ghost rows of each step come from the step's own rows.
    Closed,
    /// Further rows. Those that the windows of all steps reach have been copied at step 0.
    Open,
}

impl End {
    /// Returns the upper and the lower end of one of `bands` bands. `wraps` is whether rows wrap
    /// around.
    pub(super) fn of_band(band: usize, bands: usize, wraps: bool) -> [End; 2] {
        [band > 0, band + 1 < bands].map(|is_inside| if is_inside || wraps { End::Open } else { End::Closed })
    }
}

/// The state of a sweep over a band of rows.
///
/// Rows are numbered from 0 on inside the band. Step 0 has all rows that are loaded. Each further
/// step has the rows whose windows are inside the step before it, or are completed by ghost rows.
#[derive(Clone, Debug)]
pub(super) struct Wavefront {
    /// The number of time steps: the steps after step 0.
    depth: usize,
    /// The most rows in a block.
    block: usize,
    /// The numbers of rows of a window above and below its centre.
    above: usize,
    below: usize,
    /// The number of rows of the band.
    rows: usize,
    top: End,
    bottom: End,
    /// For each step, the number of its next row. The rows before it have been loaded or computed.
    next: Vec<isize>,
    /// The position of row 0 of step 0 in the buffer. It can be outside the buffer.
    base: isize,
    /// The number of rows of the buffer.
    capacity: usize,
}

impl Wavefront {
    /// Returns the number of rows of the buffer.
    pub(super) fn capacity(depth: usize, block: usize, above: usize, below: usize) -> usize {
        // Plus a block that is loaded, and ghost rows.
        depth * Wavefront::rows_per_step(block, above, below) + block + above + below
    }

    /// Returns the number of rows that each step adds to the buffer.
    pub(super) fn rows_per_step(block: usize, above: usize, below: usize) -> usize {
        // The sum of two numbers of rows. One is the shift from step to step. The other is the
        // largest lag between a step and the next one: the rows of a window and a block, because
        // the rows of a window are not always a whole number of blocks.
        2 * block + 2 * above + below + 1
    }

    /// Returns the number of rows in use at a time, which the cache should hold.
    pub(super) fn in_use(depth: usize, block: usize, above: usize, below: usize) -> usize {
        depth * (block + above + below)
    }

    /// Returns a sweep of `depth` time steps over a band of `rows` rows, in blocks of at most
    /// `block` rows.
    ///
    /// Windows have `above` rows above their centre and `below` rows below it. A band with a closed
    /// end has more rows than `above + below`.
    pub(super) fn new(
        (depth, block): (usize, usize),
        (above, below): (usize, usize),
        rows: usize,
        [top, bottom]: [End; 2],
    ) -> Wavefront {
        debug_assert!(depth > 0 && block > 0, "a sweep has steps and blocks of rows");
        debug_assert!([top, bottom] == [End::Open; 2] || rows > above + below, "ghost rows come from rows near them");
        let mut wavefront = Wavefront {
            depth,
            block,
            above,
            below,
            rows,
            top,
            bottom,
            next: Vec::new(),
            base: 0,
            capacity: Wavefront::capacity(depth, block, above, below),
        };
        wavefront.next = (0..=depth).map(|step| wavefront.first(step)).collect();
        // The rows above the first row of the last step in the buffer begin at the buffer's first
        // row.
        wavefront.base = (wavefront.shift() * (depth - 1) + above).cast_signed() - wavefront.first(depth - 1);
        wavefront
    }

    /// Returns the number of rows by which each step is above the one before it in the buffer, so
    /// that a block is written above all rows that its windows read.
    fn shift(&self) -> usize {
        self.block + self.above
    }

    /// Returns the number of time steps.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Returns the number of a step's first row.
    pub(super) fn first(&self, step: usize) -> isize {
        match self.top {
            End::Closed => 0,
            End::Open => -((self.depth - step) * self.above).cast_signed(),
        }
    }

    /// Returns the number of the row after a step's last one.
    pub(super) fn end(&self, step: usize) -> isize {
        let more = match self.bottom {
            End::Closed => 0,
            End::Open => (self.depth - step) * self.below,
        };
        (self.rows + more).cast_signed()
    }

    /// Returns whether the last step has all its rows.
    pub(super) fn is_done(&self) -> bool {
        self.next[self.depth] == self.end(self.depth)
    }

    /// Returns the position of a row of a step in the buffer. It can be outside the buffer.
    fn place(&self, step: usize, row: isize) -> isize {
        self.base + row - (self.shift() * step).cast_signed()
    }

    /// Returns the position of a row of a step that is in the buffer.
    pub(super) fn position(&self, step: usize, row: isize) -> usize {
        let position = self.place(step, row);
        debug_assert!(
            (0..self.capacity.cast_signed()).contains(&position),
            "row {row} of step {step} is in the buffer"
        );
        position.cast_unsigned()
    }

    /// Returns the next block of rows to load into step 0, or `None` if all have been loaded.
    ///
    /// The caller first moves the returned range of the buffer's rows to the buffer's beginning.
    /// The range is empty if there is room for the block.
    pub(super) fn load(&mut self) -> Option<(Range<usize>, Rows)> {
        let first = self.next[0];
        let count = self.block.min((self.end(0) - first).cast_unsigned());
        if count == 0 {
            return None;
        }
        let behind = |wavefront: &Wavefront| wavefront.base + first + (count + wavefront.below).cast_signed();
        let mut moved = 0..0;
        if behind(self) > self.capacity.cast_signed() {
            // The first row that is needed is the first one that the last step's next windows read.
            // It can be the row after the buffer's last one: a single step with windows of one row
            // has read all rows.
            let oldest = self.place(self.depth - 1, self.next[self.depth] - self.above.cast_signed());
            debug_assert!((0..=self.capacity.cast_signed()).contains(&oldest), "what is needed has been in the buffer");
            moved = oldest.cast_unsigned()..(self.base + first).cast_unsigned();
            self.base -= oldest;
            if behind(self) > self.capacity.cast_signed() {
                unreachable!("the buffer has room for all steps and a block");
            }
        }
        Some((moved, Rows { first, count }))
    }

    /// Returns the next block of a step that can be computed from the step before it.
    pub(super) fn ready(&self, step: usize) -> Option<Rows> {
        let (first, read) = (self.next[step], self.next[step - 1]);
        let available = if read == self.end(step - 1) {
            self.end(step)
        } else if self.has_ghost_rows_above(step - 1) {
            read - self.below.cast_signed()
        } else {
            return None;
        };
        let count = self.block.min(usize::try_from(available - first).unwrap_or(0));
        (count > 0).then_some(Rows { first, count })
    }

    /// Records that a step has one more block. Returns whether its ghost rows above, and those
    /// below, can be filled now.
    pub(super) fn add(&mut self, step: usize, rows: Rows) -> [bool; 2] {
        let had = self.has_ghost_rows_above(step);
        self.next[step] = rows.numbers().end;
        let above = self.top == End::Closed && !had && self.has_ghost_rows_above(step);
        let below = self.bottom == End::Closed && self.next[step] == self.end(step);
        [above, below]
    }

    /// Returns whether a step has the rows that its ghost rows above come from, or has no such
    /// ghost rows.
    ///
    /// Every rule but [`Wrap`](crate::Boundary::Wrap) maps a ghost row to one of the first rows, at
    /// most as far inside as the ghost row is outside.
    fn has_ghost_rows_above(&self, step: usize) -> bool {
        self.top == End::Open || self.next[step] > self.above.cast_signed()
    }
}

// Arithmetic on integers only, so Miri would find nothing.
#[cfg(not(miri))]
#[cfg(test)]
mod tests {
    use std::vec;

    use proptest::prelude::*;

    use super::*;

    /// Runs a wavefront over a buffer of labels, and returns the rows of the last step in order. A
    /// label is the step and the number of the row that the buffer holds. Panics if a block would
    /// read a wrong row.
    fn run((depth, block): (usize, usize), (above, below): (usize, usize), rows: usize, ends: [End; 2]) -> Vec<isize> {
        let mut wavefront = Wavefront::new((depth, block), (above, below), rows, ends);
        let mut buffer = vec![None; Wavefront::capacity(depth, block, above, below)];
        let mut last = Vec::new();
        let (above, below) = (above.cast_signed(), below.cast_signed());
        let add = |wavefront: &mut Wavefront, buffer: &mut [Option<(usize, isize)>], step, block: Rows| {
            block.numbers().for_each(|row| buffer[wavefront.position(step, row)] = Some((step, row)));
            let [top, bottom] = wavefront.add(step, block);
            let rows = rows.cast_signed();
            let ghosts = (if top { -above..0 } else { 0..0 }).chain(if bottom { rows..rows + below } else { 0..0 });
            for ghost in ghosts {
                // The row that a mirror rule maps it to.
                let from = if ghost < 0 { -ghost } else { 2 * rows - 2 - ghost };
                assert_eq!(
                    buffer[wavefront.position(step, from)],
                    Some((step, from)),
                    "ghost row {ghost} of step {step}"
                );
                buffer[wavefront.position(step, ghost)] = Some((step, ghost));
            }
        };
        let mut turns = 0;
        while !wavefront.is_done() {
            turns += 1;
            assert!(turns < 10 * (rows + depth * (block + 10)), "the wavefront makes progress");
            if let Some((moved, load)) = wavefront.load() {
                buffer.copy_within(moved, 0);
                assert_eq!(load.first, wavefront.next[0]);
                add(&mut wavefront, &mut buffer, 0, load);
            }
            for step in 1..=depth {
                let Some(rows) = wavefront.ready(step) else {
                    continue;
                };
                assert!((1..=block).contains(&rows.count));
                let read = rows.first - above..rows.first + rows.count.cast_signed() + below;
                let first = wavefront.position(step - 1, read.start);
                for (position, row) in (first..).zip(read) {
                    assert_eq!(buffer[position], Some((step - 1, row)), "row {row} that step {step} reads");
                }
                if step == depth {
                    last.extend(rows.numbers());
                    wavefront.add(step, rows);
                } else {
                    let end = wavefront.position(step, rows.first) + rows.count;
                    assert!(end <= first, "a block is before the rows that its windows read");
                    add(&mut wavefront, &mut buffer, step, rows);
                }
            }
        }
        last
    }

    const ENDS: [[End; 2]; 4] =
        [[End::Closed, End::Closed], [End::Open, End::Open], [End::Closed, End::Open], [End::Open, End::Closed]];

    proptest! {
        #![proptest_config({
            let config = ProptestConfig::default();
            ProptestConfig { cases: 8 * config.cases, failure_persistence: None, ..config }
        })]

        #[test]
        fn every_block_reads_the_rows_it_should(
            depth in 1_usize..20,
            block in 1_usize..18,
            above in 0_usize..6,
            below in 0_usize..6,
            more in 1_usize..150,
            ends in 0_usize..4,
        ) {
            let rows = above + below + more;
            let last = run((depth, block), (above, below), rows, ENDS[ends]);
            prop_assert_eq!(last, (0..rows.cast_signed()).collect::<Vec<_>>());
        }
    }

    /// Random cases rarely reach this: none of the loaded rows is needed again.
    #[test]
    fn a_buffer_of_which_all_has_been_read_is_filled_from_its_beginning() {
        for rows in 1..20 {
            let last = run((1, 1), (0, 0), rows, [End::Closed; 2]);
            assert_eq!(last, (0..rows.cast_signed()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn steps_follow_each_other_closely() {
        // The rows that the cache has to hold: `in_use`, and half a block for blocks that are not
        // full.
        for ends in ENDS {
            let (depth, block) = (16, 4);
            let mut wavefront = Wavefront::new((depth, block), (1, 1), 1000, ends);
            let mut most = 0;
            // From the first row of the front to the last row that the last step's windows read.
            while !wavefront.is_done() {
                if let Some((_, load)) = wavefront.load() {
                    wavefront.add(0, load);
                }
                for step in 1..=depth {
                    if let Some(rows) = wavefront.ready(step) {
                        wavefront.add(step, rows);
                    }
                }
                let lag = wavefront.next[0] - wavefront.next[depth];
                most = most.max(lag + (depth * wavefront.shift()).cast_signed());
            }
            let in_use = Wavefront::in_use(depth, block, 1, 1).cast_signed();
            assert!((in_use - 8..=in_use + 12).contains(&most), "{most} rows for {in_use}");
        }
    }
}
