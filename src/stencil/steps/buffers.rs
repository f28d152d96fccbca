//! The memory of time steps: buffers of rows, and where columns and ghost columns are in a row.
//!
//! `run` calls [`Columns::new`] and [`make_room`] before the first step, and `execute` uses the
//! rest. The module promises that [`make_room`] allocates the memory of all cells.
#![forbid(unsafe_code)]

use alloc::vec::Vec;
use core::ops::Range;

use ndarray::ArrayViewMut2;

use super::schedule::{Schedule, reads, rows_before};
use super::wavefront::End;
use crate::error::{AllocationError, Purpose};
use crate::kernel::cache;
use crate::memory::{self, cells_before_a_line};
use crate::stencil::boundary::{Boundaries, Source};
use crate::stencil::halo::Halo;

/// Where the columns of each field are in a row of a buffer, and how its ghost columns are filled.
pub(super) struct Columns<'a, T, const N: usize> {
    /// The number of columns.
    pub(super) len: usize,
    /// The number of cells between the starts of two rows, including ghost cells and gaps.
    pub(super) stride: usize,
    /// The number of cells before the first column. It is a multiple of the cells per cache line,
    /// so that both the row and its first column start at a cache line.
    pub(super) before: usize,
    /// The ghost columns of each field.
    pub(super) ghosts: [GhostColumns<'a, T>; N],
    /// The number of ghost columns on the left and on the right.
    pub(super) left: usize,
    pub(super) right: usize,
}

/// The ghost columns of a field, by their indices in a row of a buffer.
pub(super) struct GhostColumns<'a, T> {
    /// Ghost columns that are copies, with the index of the original: `(to, from)`.
    pub(super) copies: Vec<(usize, usize)>,
    /// Ghost columns with a constant value. They have the same indices in all rows of a buffer, so
    /// they are filled once per sweep.
    pub(super) constants: Vec<(usize, &'a T)>,
}

impl<'a, T: Copy, const N: usize> Columns<'a, T, N> {
    pub(super) fn new<const K: usize, const L: usize>(
        boundaries: &'a [Boundaries<T>; N],
        len: usize,
        block: usize,
    ) -> Self {
        debug_assert!(len > 0, "fields have cells");
        let Halo { left, right, .. } = Halo::of_window::<K, L>();
        let before = left.next_multiple_of(cache::cells_to_a_line::<T>());
        let outside = (-left.cast_signed()..0).chain(len.cast_signed()..len.saturating_add(right).cast_signed());
        let ghosts = boundaries.each_ref().map(|sides| {
            let mut ghosts = GhostColumns { copies: Vec::new(), constants: Vec::new() };
            for j in outside.clone() {
                let place = before.wrapping_add_signed(j);
                match Source::new(&sides.left, &sides.right, j, len) {
                    Source::Cell(from) => ghosts.copies.push((place, before + from)),
                    Source::Constant(value) => ghosts.constants.push((place, value)),
                }
            }
            ghosts
        });
        let stride = |gap| cache::row_stride::<T>(before + len + right + gap);
        // The wavefront writes a block of rows directly above the rows that it reads for this
        // block.
        let lines = 8.max(len / cache::cells_to_a_line::<T>() / 8);
        let gap = cache::least_aliasing_gap::<T>(lines, |gap| {
            cache::aliasing_loads::<T>(stride(gap), rows_before(block, stride(gap)), reads::<K>())
        });
        Columns { len, stride: stride(gap), before, ghosts, left, right }
    }

    /// Returns the indices of a row's cells, without ghost cells.
    pub(super) fn inside(&self) -> Range<usize> {
        self.before..self.before + self.len
    }

    /// Returns the indices of the cells that the windows of a row cover.
    pub(super) fn covered(&self) -> Range<usize> {
        self.before - self.left..self.before + self.len + self.right
    }

    /// Fills those ghost cells of a row of field `n` that are copies of other cells.
    pub(super) fn copy(&self, n: usize, row: &mut [T]) {
        for &(to, from) in &self.ghosts[n].copies {
            row[to] = row[from];
        }
    }

    /// Fills those ghost cells of all rows of field `n` that are constants.
    pub(super) fn fill(&self, n: usize, plane: &mut ArrayViewMut2<'_, T>) {
        self.ghosts[n].constants.iter().for_each(|&(to, &value)| plane.column_mut(to).fill(value));
    }
}

/// Returns the cells of a row, with ghost cells and gap.
pub(super) fn row<'a, T>(plane: &'a mut ArrayViewMut2<'_, T>, position: usize) -> &'a mut [T] {
    plane.row_mut(position).into_slice().expect(CONTIGUOUS)
}

/// Copies rows within a plane, to the rows from `to` on.
pub(super) fn move_rows<T: Copy>(plane: &mut ArrayViewMut2<'_, T>, rows: Range<usize>, to: usize) {
    let stride = plane.ncols();
    let cells = plane.as_slice_mut().expect(CONTIGUOUS);
    cells.copy_within(rows.start * stride..rows.end * stride, to * stride);
}

const CONTIGUOUS: &str = "the rows of a plane are contiguous";

/// Returns the number of cells that [`planes`] needs for `N` fields of `size` cells each.
pub(super) fn cells_of_planes<T, const N: usize>(size: usize) -> Option<usize> {
    size.checked_mul(N)?.checked_add(cache::cells_to_a_line::<T>())
}

/// Splits `memory` into `N` fields of `size` cells each, which start at a cache line if the size of
/// the cells permits. [`make_room`] has allocated the memory.
pub(super) fn planes<T: Copy, const N: usize>(memory: &mut Vec<T>, size: usize, fill: T) -> [&mut [T]; N] {
    let all = cells_of_planes::<T, N>(size).expect("so many cells have been allocated");
    if memory.len() < all {
        // The old cells are no longer needed. Without them, `resize` has nothing to copy.
        memory.clear();
        memory.resize(all, fill);
    }
    let start = cells_before_a_line(memory.as_ptr());
    let mut rest = &mut memory[start..];
    core::array::from_fn(|_| rest.split_off_mut(..size).expect("so many cells have been allocated"))
}

/// Returns the rows of a field in a buffer, of `stride` cells each: a *plane*.
pub(super) fn plane<T>(cells: &mut [T], rows: usize, stride: usize) -> ArrayViewMut2<'_, T> {
    ArrayViewMut2::from_shape((rows, stride), cells).expect("so many cells have been allocated")
}

/// Buffers of cells that are overwritten before they are read.
#[derive(Debug)]
pub(super) struct Memory<T> {
    /// The rows in use of all steps, or the two copies of each field.
    pub(super) buffer: Vec<T>,
    /// The rows that a sweep needs from above and below a band.
    pub(super) above: Vec<T>,
    pub(super) below: Vec<T>,
}

/// Allocates all memory for the steps of a run, for rows of `cols` cells that wrap around if
/// `wraps` is true. Nothing is written to the memory here, so that the thread of each band is the
/// first to do so.
pub(super) fn make_room<T, const K: usize, const L: usize, const N: usize>(
    memory: &mut Vec<Memory<T>>,
    schedule: Schedule,
    cols: usize,
    wraps: bool,
) -> Result<(), AllocationError> {
    let (bands, size) = match schedule {
        Schedule::Separate { pages, .. } => (1, pages.size),
        Schedule::Fused { bands, size, .. } => (bands, size),
    };
    if memory.len() < bands {
        memory.resize_with(bands, || Memory { buffer: Vec::new(), above: Vec::new(), below: Vec::new() });
    }
    let halo = Halo::of_window::<K, L>();
    for (band, Memory { buffer, above, below }) in memory[..bands].iter_mut().enumerate() {
        memory::make_room(buffer, cells_of_planes::<T, N>(size), Purpose::Steps)?;
        if let Schedule::Fused { depth, .. } = schedule {
            let [top, bottom] = End::of_band(band, bands, wraps);
            // The same rows as in `Wavefront::first` and `Wavefront::end`.
            for (cells, rows, end) in [(above, halo.top, top), (below, halo.bottom, bottom)] {
                let rows = if end == End::Open { depth.checked_mul(rows) } else { Some(0) };
                let room = rows.and_then(|rows| rows.checked_mul(cols)?.checked_mul(N));
                memory::make_room(cells, room, Purpose::Steps)?;
            }
        }
    }
    Ok(())
}
