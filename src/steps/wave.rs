//! [`Wave`]: which rows of which time level are computed next, and where they lie in one short buffer. Arithmetic on integers alone.
//!
//! # Method
//!
//! A wavefront over blocks of rows: as soon as a level has a block of rows and those that the windows of the next level need below
//! it, the next level computes a block, and so on up to the last level, behind which the front goes on by a block. So a row passes
//! through all levels while it is in the cache. Level 0 is the state before the sweep, and the last level is written back to it, behind the
//! wave.
//!
//! All levels between lie in one buffer, each `shift` rows above the one before it (Wellein et al., "Efficient temporal blocking for
//! stencil computations by multicore-aware wavefront parallelization", COMPSAC 2009, have such a "compressed grid" for a
//! whole array): a block is written where rows of the level before it have been that nobody needs any more, and which have just been read.
//! Rows never move relative to each other, so that four rows of windows can be walked side by side. When the front
//! comes to the end of the buffer, all that is still needed moves to its beginning.

use alloc::vec::Vec;
use core::ops::Range;

/// A block of rows of one level.
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
    /// The ghost rows of each level come from the level's own rows.
    Closed,
    /// There are as many rows of level 0 as the windows of all levels reach.
    Open,
}

/// The state of a sweep over a band of rows.
///
/// Rows have numbers, from 0 on inside the band. Level 0 has all rows that are loaded; each level above has those whose windows lie inside
/// the level below, or are completed by ghost rows.
#[derive(Clone, Debug)]
pub(super) struct Wave {
    /// The number of levels above level 0: of time steps.
    levels: usize,
    /// The largest number of rows in a block.
    block: usize,
    /// The rows of a window above and below its centre.
    above: usize,
    below: usize,
    /// The number of rows of the band.
    rows: usize,
    top: End,
    bottom: End,
    /// For each level the number of the row behind the last one that there is.
    next: Vec<isize>,
    /// The row of the buffer in which row 0 of level 0 lies, or would.
    base: isize,
    /// The number of rows of the buffer.
    capacity: usize,
}

impl Wave {
    /// The number of rows of the buffer for a wave.
    pub(super) fn capacity(levels: usize, block: usize, above: usize, below: usize) -> usize {
        // And a block that is loaded, and ghost rows.
        levels * Wave::rows_a_level(block, above, below) + block + above + below
    }

    /// The number of rows of the buffer that each level adds.
    pub(super) fn rows_a_level(block: usize, above: usize, below: usize) -> usize {
        // The shift from level to level, and how far a level may lag behind the one before it: the
        // rows of its windows, and a block where these come out uneven.
        2 * block + 2 * above + below + 1
    }

    /// The number of rows that are in use at a time, which a cache should hold.
    pub(super) fn in_use(levels: usize, block: usize, above: usize, below: usize) -> usize {
        levels * (block + above + below)
    }

    /// A sweep of `levels` time steps over a band of `rows` rows, in blocks of at most `block` of them; windows have `above` and `below`
    /// rows beside that of their centre. A closed band has more rows than a window.
    pub(super) fn new(
        (levels, block): (usize, usize),
        (above, below): (usize, usize),
        rows: usize,
        [top, bottom]: [End; 2],
    ) -> Wave {
        debug_assert!(levels > 0 && block > 0, "a sweep goes on by blocks of rows");
        debug_assert!([top, bottom] == [End::Open; 2] || rows > above + below, "ghost rows come from rows near them");
        let mut wave = Wave {
            levels,
            block,
            above,
            below,
            rows,
            top,
            bottom,
            next: Vec::new(),
            base: 0,
            capacity: Wave::capacity(levels, block, above, below),
        };
        wave.next = (0..=levels).map(|level| wave.first(level)).collect();
        // The last level in the buffer begins in the buffer's first row, with the rows above it.
        wave.base = (wave.shift() * (levels - 1) + above).cast_signed() - wave.first(levels - 1);
        wave
    }

    /// How many rows a level lies above the one before it: a block is written above all rows that its windows read.
    fn shift(&self) -> usize {
        self.block + self.above
    }

    /// The number of time steps.
    pub(super) fn levels(&self) -> usize {
        self.levels
    }

    /// The number of a level's first row.
    pub(super) fn first(&self, level: usize) -> isize {
        match self.top {
            End::Closed => 0,
            End::Open => -((self.levels - level) * self.above).cast_signed(),
        }
    }

    /// The number of the row behind a level's last one.
    pub(super) fn end(&self, level: usize) -> isize {
        let more = match self.bottom {
            End::Closed => 0,
            End::Open => (self.levels - level) * self.below,
        };
        (self.rows + more).cast_signed()
    }

    /// Whether all levels have all their rows.
    pub(super) fn is_done(&self) -> bool {
        self.next[self.levels] == self.end(self.levels)
    }

    /// The row of the buffer in which a row of a level lies, or would lie.
    fn place(&self, level: usize, row: isize) -> isize {
        self.base + row - (self.shift() * level).cast_signed()
    }

    /// The row of the buffer in which a row of a level lies.
    pub(super) fn position(&self, level: usize, row: isize) -> usize {
        let position = self.place(level, row);
        debug_assert!(
            (0..self.capacity.cast_signed()).contains(&position),
            "row {row} of level {level} lies in the buffer"
        );
        position.cast_unsigned()
    }

    /// The block of rows to load into level 0, if there is one and room for it. The buffer's rows `moved` move to its beginning
    /// before that.
    pub(super) fn load(&mut self) -> Option<(Range<usize>, Rows)> {
        let first = self.next[0];
        let count = self.block.min((self.end(0) - first).cast_unsigned());
        if count == 0 {
            return None;
        }
        let behind = |wave: &Wave| wave.base + first + (count + wave.below).cast_signed();
        let mut moved = 0..0;
        if behind(self) > self.capacity.cast_signed() {
            // What the last level's next windows read is the first row that is needed. It may be the one behind the buffer's last: a single
            // level of windows of one row has read all that there is.
            let oldest = self.place(self.levels - 1, self.next[self.levels] - self.above.cast_signed());
            debug_assert!((0..=self.capacity.cast_signed()).contains(&oldest), "what is needed has been in the buffer");
            moved = oldest.cast_unsigned()..(self.base + first).cast_unsigned();
            self.base -= oldest;
            if behind(self) > self.capacity.cast_signed() {
                unreachable!("the buffer has room for all levels and a block");
            }
        }
        Some((moved, Rows { first, count }))
    }

    /// The next block of a level that can be computed from the level before it.
    pub(super) fn ready(&self, level: usize) -> Option<Rows> {
        let (first, read) = (self.next[level], self.next[level - 1]);
        let available = if read == self.end(level - 1) {
            self.end(level)
        } else if self.has_ghost_rows_above(level - 1) {
            read - self.below.cast_signed()
        } else {
            return None;
        };
        let count = self.block.min(usize::try_from(available - first).unwrap_or(0));
        (count > 0).then_some(Rows { first, count })
    }

    /// Takes note that a level has a block more. Whether its ghost rows above can be filled now, and those below.
    pub(super) fn add(&mut self, level: usize, rows: Rows) -> [bool; 2] {
        let had = self.has_ghost_rows_above(level);
        self.next[level] = rows.first + rows.count.cast_signed();
        let above = self.top == End::Closed && !had && self.has_ghost_rows_above(level);
        let below = self.bottom == End::Closed && self.next[level] == self.end(level);
        [above, below]
    }

    /// Whether the rows are there that those above the first come from: every rule but [`Wrap`](crate::Boundary::Wrap) leads to one of
    /// the first rows, the farthest to that which is as far inside as the ghost row is outside.
    fn has_ghost_rows_above(&self, level: usize) -> bool {
        self.top == End::Open || self.next[level] > self.above.cast_signed()
    }
}

// Arithmetic on integers, which Miri has nothing to say about.
#[cfg(not(miri))]
#[cfg(test)]
mod tests {
    use std::vec;

    use proptest::prelude::*;

    use super::*;

    /// Runs a wave over a buffer of labels: each row of it is labelled with the level and the row that it holds. Panics where a block would
    /// read another row than it should, and returns the rows of the last level in order.
    fn run((levels, block): (usize, usize), (above, below): (usize, usize), rows: usize, ends: [End; 2]) -> Vec<isize> {
        let mut wave = Wave::new((levels, block), (above, below), rows, ends);
        let mut buffer = vec![None; Wave::capacity(levels, block, above, below)];
        let mut last = Vec::new();
        let (above, below) = (above.cast_signed(), below.cast_signed());
        let add = |wave: &mut Wave, buffer: &mut [Option<(usize, isize)>], level, block: Rows| {
            block.numbers().for_each(|row| buffer[wave.position(level, row)] = Some((level, row)));
            let [top, bottom] = wave.add(level, block);
            let rows = rows.cast_signed();
            let ghosts = (if top { -above..0 } else { 0..0 }).chain(if bottom { rows..rows + below } else { 0..0 });
            for ghost in ghosts {
                // Where a rule that mirrors the rows leads to.
                let from = if ghost < 0 { -ghost } else { 2 * rows - 2 - ghost };
                assert_eq!(
                    buffer[wave.position(level, from)],
                    Some((level, from)),
                    "ghost row {ghost} of level {level}"
                );
                buffer[wave.position(level, ghost)] = Some((level, ghost));
            }
        };
        let mut turns = 0;
        while !wave.is_done() {
            turns += 1;
            assert!(turns < 10 * (rows + levels * (block + 10)), "the wave goes on");
            if let Some((moved, load)) = wave.load() {
                buffer.copy_within(moved, 0);
                assert_eq!(load.first, wave.next[0]);
                add(&mut wave, &mut buffer, 0, load);
            }
            for level in 1..=levels {
                let Some(rows) = wave.ready(level) else { continue };
                assert!((1..=block).contains(&rows.count));
                let read = rows.first - above..rows.first + rows.count.cast_signed() + below;
                let first = wave.position(level - 1, read.start);
                for (position, row) in (first..).zip(read) {
                    assert_eq!(buffer[position], Some((level - 1, row)), "row {row} that level {level} reads");
                }
                if level == levels {
                    last.extend(rows.numbers());
                    wave.add(level, rows);
                } else {
                    let end = wave.position(level, rows.first) + rows.count;
                    assert!(end <= first, "a block lies before the rows that its windows read");
                    add(&mut wave, &mut buffer, level, rows);
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
            levels in 1_usize..20,
            block in 1_usize..18,
            above in 0_usize..6,
            below in 0_usize..6,
            more in 1_usize..150,
            ends in 0_usize..4,
        ) {
            let rows = above + below + more;
            let last = run((levels, block), (above, below), rows, ENDS[ends]);
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
            let (levels, block) = (16, 4);
            let mut wave = Wave::new((levels, block), (1, 1), 1000, ends);
            let mut most = 0;
            // From the first row of the front to the last one that the last level's windows read.
            while !wave.is_done() {
                if let Some((_, load)) = wave.load() {
                    wave.add(0, load);
                }
                for level in 1..=levels {
                    if let Some(rows) = wave.ready(level) {
                        wave.add(level, rows);
                    }
                }
                let lag = wave.next[0] - wave.next[levels];
                most = most.max(lag + (levels * wave.shift()).cast_signed());
            }
            let in_use = Wave::in_use(levels, block, 1, 1).cast_signed();
            assert!((in_use - 8..=in_use + 12).contains(&most), "{most} rows for {in_use}");
        }
    }
}
