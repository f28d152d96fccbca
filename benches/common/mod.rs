//! What the benchmarks share: the kernels in every form that is compared, and a clock that compares them fairly.
//!
//! Each function is `#[inline(never)]`, so that it is compiled on its own, and takes views, so that every layout goes
//! through the same code. The module `multiversioned` has the same bodies inside `#[multiversion]` functions, with
//! AVX-512 listed first, as `multiversion` takes the first target that the machine has.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "every benchmark uses a part of it, and nobody else any")]
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    clippy::needless_range_loop,
    clippy::reversed_empty_ranges,
    reason = "loops by hand look as one writes them by hand; ndarray counts negative ends of slices from the back"
)]

pub mod closures;
pub mod four_arrays;
pub mod report;
pub mod simd;
pub mod stencils;
pub mod volumes;

use std::time::Instant;

/// The machine's noise comes in bursts: the candidates take turns, and the best of many short turns is kept.
///
/// Returns the nanoseconds of one call of each candidate. `calls` is the number of calls a turn.
pub fn best_of_turns(turns: usize, calls: usize, candidates: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; candidates.len()];
    for turn in 0..turns {
        // Every other turn backwards, so that no candidate always runs behind the same one.
        for position in 0..candidates.len() {
            let which = if turn % 2 == 0 { position } else { candidates.len() - 1 - position };
            let start = Instant::now();
            for _ in 0..calls {
                candidates[which]();
            }
            let time = start.elapsed().as_secs_f64() * 1e9 / calls as f64;
            best[which] = best[which].min(time);
        }
    }
    best
}

/// The number of turns for a loop over `cells` cells: fewer of those that take seconds.
pub fn turns(cells: usize) -> usize {
    (3_000_000_000 / cells.max(1)).clamp(3, 40)
}

/// The number of calls that makes a turn of about 2 ms, for a loop over `cells` cells of about 1 ns each.
pub fn calls_a_turn(cells: usize) -> usize {
    (2_000_000 / cells.max(1)).clamp(1, 100_000)
}
