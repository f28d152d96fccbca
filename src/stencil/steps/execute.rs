//! [`Step`]: does time steps by a given schedule, in memory that has been allocated.
//!
//! `run` calls [`Step::sweeps`] for fused steps and [`Step::one_by_one`] for separate ones. Both
//! pass lists of [`Job`]s to a function that does them on one thread or on several. The module
//! promises that no two jobs of a list write the same cell, and that each step reads only finished
//! cells of the step before it.
#![forbid(unsafe_code)]

use alloc::vec::Vec;
use core::ops::Range;

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut2, Axis, Slice};

use super::arguments::{Fields, StepFields};
use super::buffers::{Columns, Memory, move_rows, plane, planes, row};
use super::inputs::StepInputs;
use super::schedule::{self, CELLS_PER_BAND, Pages};
use super::wavefront::{End, Rows, Wavefront};
use crate::clock::{Clock, PlatformClock, WORTH_A_POOL};
use crate::operand::Operand;
use crate::stencil::boundary::{Boundaries, Source};
use crate::stencil::extended::part;
use crate::stencil::halo::Halo;
use crate::window::{Size2, Window, Windows};

/// A part of a step or of a sweep. No two jobs of a list write the same cell.
pub(super) enum Job<'a, T, C, const K: usize, const L: usize, const N: usize, const M: usize> {
    /// One time step of some rows.
    Rows { outputs: [ArrayViewMut2<'a, T>; N], inputs: StepInputs<'a, T, C, K, L, N, M> },
    /// Copies the rows above and below a band that a sweep needs.
    Copy { state: [ArrayView2<'a, T>; N], rows: [Range<isize>; 2], to: [&'a mut Vec<T>; 2] },
    /// A sweep over a band.
    Sweep(Band<'a, T, N>),
}

/// The rows of all fields that one sweep advances.
pub(super) struct Band<'a, T, const N: usize> {
    /// The index of the band's first row in the fields.
    pub(super) first: usize,
    pub(super) rows: [ArrayViewMut2<'a, T>; N],
    /// The copies of the rows above and below.
    pub(super) beside: [[ArrayView2<'a, T>; N]; 2],
    pub(super) wavefront: Wavefront,
    /// Room for `N` fields of `size` cells. The thread of the band resizes it, so that this thread
    /// is the first to write to it.
    pub(super) memory: &'a mut Vec<T>,
    pub(super) size: usize,
    pub(super) fill: T,
}

/// The data that all jobs of a run share: the rules, the coefficients and the kernel.
pub(super) struct Step<'a, T, C, F, const K: usize, const L: usize, const N: usize, const M: usize> {
    pub(super) columns: &'a Columns<'a, T, N>,
    pub(super) boundaries: &'a [Boundaries<T>; N],
    /// The number of rows of a field.
    pub(super) rows: usize,
    pub(super) coefficients: [ArrayView2<'a, C>; M],
    pub(super) kernel: &'a F,
}

impl<T, C, F, const K: usize, const L: usize, const N: usize, const M: usize> Step<'_, T, C, F, K, L, N, M>
where
    T: Copy,
    F: Fn([Window<'_, T, K, L>; N], [&C; M]) -> [T; N],
    Fields<N>: StepFields<N>,
{
    const HALO: Halo = Halo::of_window::<K, L>();

    pub(super) fn do_job(&self, job: Job<'_, T, C, K, L, N, M>) {
        match job {
            Job::Rows { outputs, inputs } => Fields::step(outputs, inputs, self.kernel),
            Job::Copy { state, rows: [above, below], to: [to_above, to_below] } => {
                self.copy_rows(&state, above, to_above);
                self.copy_rows(&state, below, to_below);
            }
            Job::Sweep(band) => self.sweep(band),
        }
    }

    /// Advances `state` in one sweep over each band.
    pub(super) fn sweeps(
        &self,
        bands: usize,
        (depth, block): (usize, usize),
        size: usize,
        mut state: [ArrayViewMut2<'_, T>; N],
        memory: &mut [Memory<T>],
        do_all: &impl Fn(&Self, Vec<Job<'_, T, C, K, L, N, M>>),
    ) {
        let halo = Self::HALO;
        let wraps = schedule::wraps_around(self.boundaries);
        let parts = (0..bands).map(|band| {
            let rows = schedule::part_of(self.rows, bands, band);
            let ends = End::of_band(band, bands, wraps);
            let wavefront = Wavefront::new((depth, block), (halo.top, halo.bottom), rows.len(), ends);
            (rows, wavefront)
        });
        let parts: Vec<_> = parts.collect();
        // All rows that bands need from each other are copied before any band writes.
        let copies = parts.iter().zip(&mut *memory).map(|((rows, wavefront), Memory { above, below, .. })| {
            let (first, end) = (rows.start.cast_signed(), rows.end.cast_signed());
            let rows = [first + wavefront.first(0)..first, end..first + wavefront.end(0)];
            Job::Copy { state: state.each_ref().map(|field| field.view()), rows, to: [above, below] }
        });
        let copied_cells = bands.saturating_mul(depth * (K - 1)).saturating_mul(N * self.columns.len);
        if copied_cells < CELLS_PER_BAND {
            // One thread finishes this before another thread wakes up.
            copies.for_each(|copy| self.do_job(copy));
        } else {
            do_all(self, copies.collect());
        }

        let fill = state[0][[0, 0]];
        let sweeps = parts.into_iter().zip(memory).map(|((rows, wavefront), Memory { buffer, above, below })| {
            let (first, rows) = (rows.start, take_rows(&mut state, rows.len()));
            let beside = [above, below].map(|cells| self.copied_rows(cells));
            Job::Sweep(Band { first, rows, beside, wavefront, memory: buffer, size, fill })
        });
        do_all(self, sweeps.collect());
    }

    /// Copies rows of all fields, one field after the other. If rows wrap around, their indices can
    /// be negative or beyond the last row.
    fn copy_rows(&self, state: &[ArrayView2<'_, T>; N], rows: Range<isize>, to: &mut Vec<T>) {
        to.clear();
        for field in state {
            for row in rows.clone() {
                let cells = field.row(row.rem_euclid(self.rows.cast_signed()).cast_unsigned());
                match cells.as_slice() {
                    Some(cells) => to.extend_from_slice(cells),
                    None => to.extend(cells),
                }
            }
        }
    }

    /// Returns the copied rows of each field.
    fn copied_rows<'a>(&self, mut cells: &'a [T]) -> [ArrayView2<'a, T>; N] {
        let rows = cells.len() / N / self.columns.len;
        core::array::from_fn(|_| {
            let (field, rest) = cells.split_at(rows * self.columns.len);
            cells = rest;
            ArrayView2::from_shape((rows, self.columns.len), field).expect("so many cells have been copied")
        })
    }

    /// Advances a band by as many steps as its wavefront has.
    fn sweep(&self, band: Band<'_, T, N>) {
        let Band { first, mut rows, beside: [above, below], mut wavefront, memory, size, fill } = band;
        let stride = self.columns.stride;
        let mut planes = planes::<T, N>(memory, size, fill).map(|cells| plane(cells, size / stride, stride));
        planes.iter_mut().enumerate().for_each(|(n, plane)| self.columns.fill(n, plane));
        while !wavefront.is_done() {
            if let Some((moved, load)) = wavefront.load() {
                for n in 0..N {
                    move_rows(&mut planes[n], moved.clone(), 0);
                    for number in load.numbers() {
                        let inside = rows[n].nrows().cast_signed();
                        let cells = match number {
                            ..0 => above[n].row((above[n].nrows().cast_signed() + number).cast_unsigned()),
                            _ if number < inside => rows[n].row(number.cast_unsigned()),
                            _ => below[n].row((number - inside).cast_unsigned()),
                        };
                        let to = row(&mut planes[n], wavefront.position(0, number));
                        copy_cells(cells, &mut to[self.columns.inside()]);
                    }
                }
                self.complete(&mut wavefront, &mut planes, first, 0, load);
            }
            for step in 1..=wavefront.depth() {
                let Some(block) = wavefront.ready(step) else {
                    continue;
                };
                // The rows that the windows cover.
                let read = wavefront.position(step - 1, block.first) - Self::HALO.top;
                let covered = block.count + (K - 1);
                let number = first.cast_signed() + block.first;
                if step == wavefront.depth() {
                    let to = Slice::from(block.numbers());
                    let outputs = rows.each_mut().map(|field| field.slice_axis_mut(Axis(0), to));
                    let windows = planes
                        .each_ref()
                        .map(|plane| Windows::new(part(plane.view(), read..read + covered, self.columns.covered())));
                    self.compute(number, outputs, windows);
                    wavefront.add(step, block);
                } else {
                    let to = wavefront.position(step, block.first);
                    let mut halves = planes.each_mut().map(|plane| plane.view_mut().split_at(Axis(0), read));
                    let parts = halves.each_mut().map(|(before, behind)| {
                        let output = part(before.view_mut(), to..to + block.count, self.columns.inside());
                        (output, Windows::new(part(behind.view(), 0..covered, self.columns.covered())))
                    });
                    let windows = parts.each_ref().map(|&(_, windows)| windows);
                    self.compute(number, parts.map(|(output, _)| output), windows);
                    self.complete(&mut wavefront, &mut planes, first, step, block);
                }
            }
        }
    }

    /// Calls the kernel for the cells of some rows. `row` is the index of the first one in the
    /// fields. If rows wrap around, it can be negative or beyond the last row.
    fn compute(
        &self,
        row: isize,
        mut outputs: [ArrayViewMut2<'_, T>; N],
        mut windows: [Windows<'_, T, Size2<K, L>>; N],
    ) {
        let mut row = row.rem_euclid(self.rows.cast_signed()).cast_unsigned();
        let mut left = outputs[0].nrows();
        while left > 0 {
            // If rows wrap around, the coefficients continue with the first row after the last one.
            let count = if M == 0 { left } else { left.min(self.rows - row) };
            let rows = Slice::from(row..row + count);
            let coefficients =
                self.coefficients.map(|cells| if M == 0 { cells } else { cells.slice_axis_move(Axis(0), rows) });
            let parts = windows.map(|windows| Operand::split_at(windows, 0, count));
            let inputs = StepInputs::together(parts.map(|(now, _)| now), coefficients);
            Fields::step(take_rows(&mut outputs, count), inputs, self.kernel);
            windows = parts.map(|(_, later)| later);
            (row, left) = (0, left - count);
        }
    }

    /// Records that `step` has some more rows, and fills the ghost cells whose sources are now
    /// available.
    fn complete(
        &self,
        wavefront: &mut Wavefront,
        planes: &mut [ArrayViewMut2<'_, T>; N],
        first: usize,
        step: usize,
        rows: Rows,
    ) {
        let sides = wavefront.add(step, rows);
        let first = first.cast_signed();
        let Range { start, end } = rows.numbers();
        let numbers = first + start..first + end;
        for (n, plane) in planes.iter_mut().enumerate() {
            self.fill_ghosts(n, plane, numbers.clone(), sides, |row| wavefront.position(step, row - first));
        }
    }

    /// Fills the ghost columns of some rows of field `n`, and, if requested, its ghost rows above
    /// and below. `position` maps a row's index in the fields to its position in the plane.
    fn fill_ghosts(
        &self,
        n: usize,
        plane: &mut ArrayViewMut2<'_, T>,
        rows: Range<isize>,
        [above, below]: [bool; 2],
        position: impl Fn(isize) -> usize,
    ) {
        rows.for_each(|number| self.columns.copy(n, row(plane, position(number))));
        let end = self.rows.cast_signed();
        let above = if above { -Self::HALO.top.cast_signed()..0 } else { 0..0 };
        let below = if below { end..end + Self::HALO.bottom.cast_signed() } else { end..end };
        let Boundaries { top, bottom, .. } = &self.boundaries[n];
        for ghost in above.chain(below) {
            match Source::new(top, bottom, ghost, self.rows) {
                Source::Cell(from) => {
                    let from = position(from.cast_signed());
                    move_rows(plane, from..from + 1, position(ghost));
                }
                Source::Constant(&value) => {
                    let cells = row(plane, position(ghost));
                    cells[self.columns.inside()].fill(value);
                    self.columns.copy(n, cells);
                }
            }
        }
    }

    /// Advances `state` step by step between two padded copies, each step in `bands` jobs. If a
    /// step takes long, the steps after it are done in `bands_if_slow` jobs.
    pub(super) fn one_by_one(
        &self,
        steps: usize,
        (mut bands, bands_if_slow): (usize, usize),
        Pages { second: second_page, size }: Pages,
        mut state: [ArrayViewMut2<'_, T>; N],
        memory: &mut Vec<T>,
        do_all: &impl Fn(&Self, Vec<Job<'_, T, C, K, L, N, M>>),
    ) {
        let stride = self.columns.stride;
        let fill = state[0][[0, 0]];
        let mut pages = planes::<T, N>(memory, size, fill).map(|cells| {
            let (first, second) = cells.split_at_mut(second_page);
            [first, second].map(|cells| plane(cells, self.rows + (K - 1), stride))
        });
        for n in 0..N {
            pages[n].iter_mut().for_each(|page| self.columns.fill(n, page));
            for (number, from) in state[n].outer_iter().enumerate() {
                let to = row(&mut pages[n][0], Self::HALO.top + number);
                copy_cells(from, &mut to[self.columns.inside()]);
            }
        }
        for step in 0..steps {
            let mut n = 0;
            let parts = pages.each_mut().map(|[first, second]| {
                let (now, next) = if step % 2 == 0 { (first, second) } else { (second, first) };
                let position = |row: isize| Self::HALO.top.wrapping_add_signed(row);
                self.fill_ghosts(n, now, 0..self.rows.cast_signed(), [true; 2], position);
                n += 1;
                let windows = Windows::new(part(now.view(), 0..self.rows + (K - 1), self.columns.covered()));
                let rows = Self::HALO.top..Self::HALO.top + self.rows;
                (windows, part(next.view_mut(), rows, self.columns.inside()))
            });
            let windows = parts.each_ref().map(|&(windows, _)| windows);
            let mut outputs = parts.map(|(_, next)| next);
            if step + 1 == steps {
                outputs = state.each_mut().map(|field| field.view_mut());
            }
            let mut inputs = StepInputs::together(windows, self.coefficients);
            let mut jobs = Vec::with_capacity(bands);
            for band in 0..bands {
                let count = schedule::part_of(self.rows, bands, band).len();
                let (first, rest) = Operand::split_at(inputs, 0, count);
                jobs.push(Job::Rows { outputs: take_rows(&mut outputs, count), inputs: first });
                inputs = rest;
            }
            // Without a clock, no step counts as slow.
            let clock = (bands < bands_if_slow).then(PlatformClock::start);
            do_all(self, jobs);
            if clock.is_some_and(|clock| clock.elapsed() > WORTH_A_POOL) {
                bands = bands_if_slow;
            }
        }
    }
}

/// Takes the first `count` rows of all fields.
fn take_rows<'a, T, const N: usize>(fields: &mut [ArrayViewMut2<'a, T>; N], count: usize) -> [ArrayViewMut2<'a, T>; N] {
    fields.each_mut().map(|field| {
        let nothing = ArrayViewMut2::from_shape((0, 0), &mut []).expect("no cells");
        let (rows, rest) = core::mem::replace(field, nothing).split_at(Axis(0), count);
        *field = rest;
        rows
    })
}

/// Copies the cells of a row, contiguous or not.
fn copy_cells<T: Copy>(from: ArrayView1<'_, T>, to: &mut [T]) {
    match from.as_slice() {
        Some(cells) => to.copy_from_slice(cells),
        None => to.iter_mut().zip(from).for_each(|(to, &from)| *to = from),
    }
}
