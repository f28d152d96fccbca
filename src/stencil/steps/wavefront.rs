//! [`Wavefront`]: which rows of which time step are computed next, and where they lie in one short buffer. Arithmetic on integers alone.
//!
//! # Method
//!
//! A wavefront over blocks of rows: as soon as a step has a block of rows and those that the windows of the next step need below
//! it, the next step computes a block, and so on up to the last step, behind which the front goes on by a block. So a row passes
//! through all depth while it is in the cache. Level 0 is the state before the sweep, and the last step is written back to it, behind the
//! wavefront.
//!
//! All depth between lie in one buffer, each `shift` rows above the one before it (Wellein et al., "Efficient temporal blocking for
//! stencil computations by multicore-aware wavefront parallelization", COMPSAC 2009, have such a "compressed grid" for a
//! whole array): a block is written where rows of the step before it have been that nobody needs any more, and which have just been read.
//! Rows never move relative to each other, so that four rows of windows can be walked side by side. When the front
//! comes to the end of the buffer, all that is still needed moves to its beginning.
#![forbid(unsafe_code)]

use alloc::vec::Vec;
use core::ops::Range;

/// A block of rows of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// The number of the first row. It is negative above the band.
    pub(super) first: isize,
    /// The number of rows: not 0.
    pub(super) count: usize,
}

impl Rows {
    /// The numbers of the rows.
    pub(super) fn numbers(self) -> Range<isize> {
        self.first..self.first + self.count.cast_signed()
    }
}

/// Whether there are rows beyond the ends of a band, or a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The ghost rows of each step come from the step's own rows.
    Closed,
    /// There are as many rows of step 0 as the windows of all depth reach.
    Open,
}

/// The state of a sweep over a band of rows.
///
/// Rows have numbers, from 0 on inside the band. Level 0 has all rows that are loaded; each step above has those whose windows lie inside
/// the step below, or are completed by ghost rows.
#[derive(Clone, Debug)]
pub(super) struct Wavefront {
    /// The number of depth above step 0: of time steps.
    depth: usize,
    /// The largest number of rows in a block.
    block: usize,
    /// The rows of a window above and below its centre.
    above: usize,
    below: usize,
    /// The number of rows of the band.
    rows: usize,
    top: End,
    bottom: End,
    /// For each step the number of the row behind the last one that there is.
    next: Vec<isize>,
    /// The row of the buffer in which row 0 of step 0 lies, or would.
    base: isize,
    /// The number of rows of the buffer.
    capacity: usize,
}

impl Wavefront {
    /// The number of rows of the buffer for a wavefront.
    pub(super) fn capacity(depth: usize, block: usize, above: usize, below: usize) -> usize {
        // And a block that is loaded, and ghost rows.
        depth * Wavefront::rows_per_step(block, above, below) + block + above + below
    }

    /// The number of rows of the buffer that each step adds.
    pub(super) fn rows_per_step(block: usize, above: usize, below: usize) -> usize {
        // The shift from step to step, and how far a step may lag behind the one before it: the
        // rows of its windows, and a block where these come out uneven.
        2 * block + 2 * above + below + 1
    }

    /// The number of rows that are in use at a time, which a cache should hold.
    pub(super) fn in_use(depth: usize, block: usize, above: usize, below: usize) -> usize {
        depth * (block + above + below)
    }

    /// A sweep of `depth` time steps over a band of `rows` rows, in blocks of at most `block` of them; windows have `above` and `below`
    /// rows beside that of their centre. A closed band has more rows than a window.
    pub(super) fn new(
        (depth, block): (usize, usize),
        (above, below): (usize, usize),
        rows: usize,
        [top, bottom]: [End; 2],
    ) -> Wavefront {
        debug_assert!(depth > 0 && block > 0, "a sweep goes on by blocks of rows");
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
        // The last step in the buffer begins in the buffer's first row, with the rows above it.
        wavefront.base = (wavefront.shift() * (depth - 1) + above).cast_signed() - wavefront.first(depth - 1);
        wavefront
    }

    /// How many rows a step lies above the one before it: a block is written above all rows that its windows read.
    fn shift(&self) -> usize {
        self.block + self.above
    }

    /// The number of time steps.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The number of a step's first row.
    pub(super) fn first(&self, step: usize) -> isize {
        match self.top {
            End::Closed => 0,
            End::Open => -((self.depth - step) * self.above).cast_signed(),
        }
    }

    /// The number of the row behind a step's last one.
    pub(super) fn end(&self, step: usize) -> isize {
        let more = match self.bottom {
            End::Closed => 0,
            End::Open => (self.depth - step) * self.below,
        };
        (self.rows + more).cast_signed()
    }

    /// Whether all depth have all their rows.
    pub(super) fn is_done(&self) -> bool {
        self.next[self.depth] == self.end(self.depth)
    }

    /// The row of the buffer in which a row of a step lies, or would lie.
    fn place(&self, step: usize, row: isize) -> isize {
        self.base + row - (self.shift() * step).cast_signed()
    }

    /// The row of the buffer in which a row of a step lies.
    pub(super) fn position(&self, step: usize, row: isize) -> usize {
        let position = self.place(step, row);
        debug_assert!(
            (0..self.capacity.cast_signed()).contains(&position),
            "row {row} of step {step} lies in the buffer"
        );
        position.cast_unsigned()
    }

    /// The block of rows to load into step 0, if there is one and room for it. The buffer's rows `moved` move to its beginning
    /// before that.
    pub(super) fn load(&mut self) -> Option<(Range<usize>, Rows)> {
        let first = self.next[0];
        let count = self.block.min((self.end(0) - first).cast_unsigned());
        if count == 0 {
            return None;
        }
        let behind = |wavefront: &Wavefront| wavefront.base + first + (count + wavefront.below).cast_signed();
        let mut moved = 0..0;
        if behind(self) > self.capacity.cast_signed() {
            // What the last step's next windows read is the first row that is needed. It may be the one behind the buffer's last: a single
            // step of windows of one row has read all that there is.
            let oldest = self.place(self.depth - 1, self.next[self.depth] - self.above.cast_signed());
            debug_assert!((0..=self.capacity.cast_signed()).contains(&oldest), "what is needed has been in the buffer");
            moved = oldest.cast_unsigned()..(self.base + first).cast_unsigned();
            self.base -= oldest;
            if behind(self) > self.capacity.cast_signed() {
                unreachable!("the buffer has room for all depth and a block");
            }
        }
        Some((moved, Rows { first, count }))
    }

    /// The next block of a step that can be computed from the step before it.
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

    /// Takes note that a step has a block more. Whether its ghost rows above can be filled now, and those below.
    pub(super) fn add(&mut self, step: usize, rows: Rows) -> [bool; 2] {
        let had = self.has_ghost_rows_above(step);
        self.next[step] = rows.first + rows.count.cast_signed();
        let above = self.top == End::Closed && !had && self.has_ghost_rows_above(step);
        let below = self.bottom == End::Closed && self.next[step] == self.end(step);
        [above, below]
    }

    /// Whether the rows are there that those above the first come from: every rule but [`Wrap`](crate::Boundary::Wrap) leads to one of
    /// the first rows, the farthest to that which is as far inside as the ghost row is outside.
    fn has_ghost_rows_above(&self, step: usize) -> bool {
        self.top == End::Open || self.next[step] > self.above.cast_signed()
    }
}

// Arithmetic on integers, which Miri has nothing to say about.
#[cfg(not(miri))]
#[cfg(test)]
mod tests {
    use std::vec;

    use proptest::prelude::*;

    use super::*;

    /// Runs a wavefront over a buffer of labels: each row of it is labelled with the step and the row that it holds. Panics where a block would
    /// read another row than it should, and returns the rows of the last step in order.
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
                // Where a rule that mirrors the rows leads to.
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
            assert!(turns < 10 * (rows + depth * (block + 10)), "the wavefront goes on");
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
                    assert!(end <= first, "a block lies before the rows that its windows read");
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

    /// Too rare among random ones: nothing that has been loaded is needed any more.
    #[test]
    fn a_buffer_of_which_all_has_been_read_is_filled_from_its_beginning() {
        for rows in 1..20 {
            let last = run((1, 1), (0, 0), rows, [End::Closed; 2]);
            assert_eq!(last, (0..rows.cast_signed()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn levels_follow_each_other_closely() {
        // The rows that the cache has to hold: what has been said of them, and half a block for what is not full.
        for ends in ENDS {
            let (depth, block) = (16, 4);
            let mut wavefront = Wavefront::new((depth, block), (1, 1), 1000, ends);
            let mut most = 0;
            // From the first row of the front to the last one that the last step's windows read.
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
