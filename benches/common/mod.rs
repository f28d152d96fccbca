//! Shared code of the benchmarks: the kernels in every form that is compared, and a clock that
//! compares them fairly.
//!
//! Each function is `#[inline(never)]`, so that it is compiled on its own, and takes views, so that
//! every layout runs the same code. The module `multiversioned` has the same bodies inside
//! `#[multiversion]` functions. AVX-512 is listed first, because `multiversion` uses the first
//! target that the machine supports.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "each benchmark uses a part of it, and nothing else uses it"
)]
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    clippy::needless_range_loop,
    clippy::reversed_empty_ranges,
    reason = "loops by hand look as one writes them by hand; ndarray counts negative ends of slices from the back"
)]

pub mod closures;
pub mod filters;
pub mod four_arrays;
pub mod in_c;
pub mod many_axes;
#[cfg(feature = "rayon")]
pub mod parallel;
pub mod parameters;
pub mod report;
pub mod simd;
pub mod small;
pub mod stencils;
pub mod sweeps;
pub mod volumes;

use std::time::Instant;

/// Lets the candidates take turns, because the machine's noise comes in bursts. `time` measures one
/// turn of a candidate. The turns continue while `more` returns true; its argument is the number of
/// turns so far.
///
/// Returns the times of each candidate, turn by turn.
pub fn times_of_turns(
    candidates: usize,
    mut more: impl FnMut(usize) -> bool,
    mut time: impl FnMut(usize) -> f64,
) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::new(); candidates];
    let mut turn = 0;
    while more(turn) {
        // Every other turn goes backwards, so that no candidate always follows the same one.
        for position in 0..candidates {
            let which = if turn % 2 == 0 { position } else { candidates - 1 - position };
            times[which].push(time(which));
        }
        turn += 1;
    }
    times
}

/// The nanoseconds of one call.
pub fn time_of_calls(calls: usize, mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        call();
    }
    start.elapsed().as_secs_f64() * 1e9 / calls as f64
}

/// The number of turns for a loop over `cells` cells: fewer if they take seconds.
pub fn turns(cells: usize) -> usize {
    (3_000_000_000 / cells.max(1)).clamp(3, 40)
}

/// The number of calls in a turn of about 2 ms, for a loop over `cells` cells of about 1 ns each.
pub fn calls_a_turn(cells: usize) -> usize {
    (2_000_000 / cells.max(1)).clamp(1, 100_000)
}
