//! [`Schedule`]: how many steps a sweep fuses, how many threads share the work, and how far apart
//! fields are in memory.
//!
//! All decisions that affect the speed of time steps, but not their results, are here. `run` calls
//! [`Schedule::new`] once per run and passes the result down as data.
#![forbid(unsafe_code)]

use core::ops::Range;

use super::wavefront::Wavefront;
use crate::kernel::cache;
use crate::stencil::boundary::{Boundaries, Boundary};
use crate::stencil::halo::Halo;

/// The most bytes of rows in use in a sweep: one core's share of the last-level cache.
// 16 fused steps of two fields with 8296 columns of `f32` use 6.4 MiB. With 8 steps a sweep takes
// 0.56 of the time of separate steps, with 16 steps 0.51 (`cargo bench --bench steps`).
const WAVEFRONT_BYTES: usize = 8 << 20;

/// If two copies of all fields take at most this many bytes, they are in the caches, and a sweep
/// gains little or nothing.
const CACHE_BYTES: usize = 4 << 20;

/// The bytes of a block of rows of one field: at least 2 µs of work.
pub(super) const BLOCK_BYTES: usize = 1 << 15;

/// The most steps in a sweep. More steps gain nothing: `cargo bench --bench steps -- depth`.
const MAX_DEPTH: usize = 16;

/// Fields of fewer cells than this are advanced by one thread:
/// `cargo bench --bench steps -- threads`.
pub(super) const CELLS_PER_BAND: usize = 1 << 15;

/// How steps are done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Schedule {
    /// One by one over all rows, from one padded copy to the other, each in `bands` jobs. If a step
    /// takes long, the steps after it are done in `bands_if_slow` jobs.
    Separate { bands: usize, bands_if_slow: usize, pages: Pages },
    /// Several in one sweep over each band, with room for `size` cells of each field.
    Fused { bands: usize, depth: usize, size: usize },
}

/// The input of [`Schedule::new`].
pub(super) struct Work {
    /// The rows and columns of a field.
    pub(super) dim: (usize, usize),
    /// The number of cells between the starts of two rows of a buffer.
    pub(super) stride: usize,
    /// The most rows in a block.
    pub(super) block: usize,
    /// The most steps between two calls of the observer.
    pub(super) longest: usize,
    /// The number of threads.
    pub(super) threads: usize,
    /// The most steps in a sweep, if the caller has set it.
    pub(super) depth: Option<usize>,
}

impl Schedule {
    /// Decides how the steps of `N` fields with K×L windows are done.
    pub(super) fn new<T, const K: usize, const L: usize, const N: usize>(
        work: &Work,
        boundaries: &[Boundaries<T>; N],
    ) -> Schedule {
        let Work { dim: (rows, cols), stride, block, longest, threads, depth: depth_limit } = *work;
        let halo = Halo::of_window::<K, L>();
        let row_bytes = stride.saturating_mul(N * size_of::<T>());
        // One thread finishes small fields before another thread wakes up.
        let is_for_one = depth_limit.is_none() && rows.saturating_mul(cols) < CELLS_PER_BAND;
        let bands = if is_for_one { 1 } else { threads.min(rows / (4 * K)).max(1) };
        let wraps = wraps_around(boundaries);
        let same = |boundary: &Boundary<T>| matches!(boundary, Boundary::Wrap) == wraps;
        let fits = rows >= 4 * K && boundaries.iter().all(|sides| same(&sides.top) && same(&sides.bottom));
        let is_small = rows.saturating_mul(row_bytes).saturating_mul(2) <= CACHE_BYTES && bands == 1;
        if !fits || (is_small && depth_limit.is_none()) {
            let bands_if_slow = if is_for_one { threads.min(rows / K).max(1) } else { bands };
            let pages = Pages::new::<T, K, N>((rows + (K - 1)).saturating_mul(stride), stride, halo.top);
            return Schedule::Separate { bands, bands_if_slow, pages };
        }
        let has_open_ends = bands > 1 || wraps;
        let mut depth = if let Some(most) = depth_limit {
            // The caller's depth must not need more memory than the fields, unless that is little.
            let fields = rows.saturating_mul(cols).saturating_mul(N * size_of::<T>());
            let bytes = (fields.max(WAVEFRONT_BYTES) / bands).max(1 << 20);
            let per_step = Wavefront::rows_per_step(block, halo.top, halo.bottom).saturating_mul(row_bytes.max(1));
            most.min(rows).min(bytes / per_step)
        } else {
            let in_use = Wavefront::in_use(1, block, halo.top, halo.bottom).saturating_mul(row_bytes);
            // Two cores can each use that much at the same time (measured). More than two share the
            // amount for two.
            let bytes = if bands > 2 { (2 * WAVEFRONT_BYTES / bands).max(1 << 20) } else { WAVEFRONT_BYTES };
            let depth = (bytes / in_use.max(1)).clamp(1, MAX_DEPTH);
            // The rows that two bands both compute form a triangle with a height of `depth`.
            if has_open_ends { depth.min(rows / bands / (4 * K)) } else { depth }
        };
        if has_open_ends {
            // The rows that a band needs from others have to be in the next band, and not beyond
            // the edge of the fields.
            depth = depth.min(rows / bands / halo.top.max(halo.bottom).max(1));
        }
        depth = depth.min(longest).max(1);
        // The last sweep may fuse fewer steps, and leaves some of this unused.
        let capacity = Wavefront::capacity(depth, block, halo.top, halo.bottom).saturating_mul(stride);
        let size = plane_size::<T, K, N>(capacity, stride, &[rows_before(block, stride)]);
        Schedule::Fused { bands, depth, size }
    }
}

/// Returns whether rows wrap around at both ends. In [`Schedule::Fused`] they do so in all fields
/// or in none.
pub(super) fn wraps_around<T, const N: usize>(boundaries: &[Boundaries<T>; N]) -> bool {
    matches!(boundaries[0].top, Boundary::Wrap)
}

/// The distances between the two copies of each field, in cells. A step reads one copy and writes
/// the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pages {
    /// The distance from the first copy to the second.
    pub(super) second: usize,
    /// The distance from one field to the next.
    pub(super) size: usize,
}

impl Pages {
    /// Chooses the distances for copies of `page` cells each, which begin `above` rows before the
    /// first row that is written.
    pub(super) fn new<T, const K: usize, const N: usize>(page: usize, stride: usize, above: usize) -> Pages {
        let offsets = |gap: usize| {
            let (distance, above) = (page.wrapping_add(gap).cast_signed(), above.wrapping_mul(stride).cast_signed());
            [above.wrapping_add(distance), above.wrapping_sub(distance)]
        };
        let gap = cache::least_aliasing_gap::<T>(usize::MAX, |gap| {
            offsets(gap).map(|offset| cache::aliasing_loads::<T>(stride, offset, reads::<K>())).into_iter().sum()
        });
        let second = page.saturating_add(gap);
        Pages { second, size: plane_size::<T, K, N>(second.saturating_add(page), stride, &offsets(gap)) }
    }
}

/// Returns the offset to the cell `rows` rows before another one, modulo the size of the address
/// space. That is enough for caches.
pub(super) fn rows_before(rows: usize, stride: usize) -> isize {
    rows.wrapping_mul(stride).cast_signed().wrapping_neg()
}

/// Returns the number of rows that a kernel call with four jammed rows reads. It is capped: a
/// hundred rows use every set of the first-level cache, so more make no difference.
pub(super) const fn reads<const K: usize>() -> usize {
    if K > 100 { 103 } else { 4 + (K - 1) }
}

/// Returns the distance from one of `N` fields to the next, for fields of `size` cells each.
///
/// Rows are written `offsets` cells after the rows that are read for them. The distance is at least
/// `size`, and chosen so that there is the least 4 KiB aliasing between fields.
fn plane_size<T, const K: usize, const N: usize>(size: usize, stride: usize, offsets: &[isize]) -> usize {
    let aliasing = |gap: usize| {
        let field = size.wrapping_add(gap).cast_signed();
        let between = (1..N.cast_signed()).flat_map(|n| [n, -n]).map(|n| n.wrapping_mul(field));
        let all = between.flat_map(|distance| offsets.iter().map(move |&offset| distance.wrapping_add(offset)));
        all.map(|offset| cache::aliasing_loads::<T>(stride, offset, reads::<K>())).sum()
    };
    size.saturating_add(cache::least_aliasing_gap::<T>(usize::MAX, aliasing))
}

/// Returns part number `part` of an axis of length `len`. The axis is divided into `parts` parts
/// whose lengths differ by at most one.
pub(super) fn part_of(len: usize, parts: usize, part: usize) -> Range<usize> {
    debug_assert!(part < parts, "parts are counted from 0");
    let start = |part: usize| part * (len / parts) + part.min(len % parts);
    start(part)..start(part + 1)
}
