//! `par_azip!` against `simd_azip!` and ndarray's `par_azip!`, on the threads of rayon's global
//! pool (`RAYON_NUM_THREADS`), in the form of `ratios.rs`.
//!
//! `cargo bench --features rayon --bench parallel` prints all lines, and `-- stencil 514x1102`
//! those that contain the words. `-- --test` only checks the results. The goals are for a machine
//! whose cores are otherwise idle.

mod common;

use std::cell::{LazyCell, RefCell};
use std::process::ExitCode;

use common::four_arrays::Layout;
use common::four_arrays::f32::{Data, Kernel, check, simd_azip as simd_zip};
use common::parallel;
use common::report::Report;
use common::stencils::{self, Fields, Step};
use ndarray_lockstep::simd::Level;

const SIZES: [(usize, usize); 8] =
    [(4, 4), (31, 33), (64, 258), JUST_SPLIT, (258, 514), (514, 1102), (2050, 4162), (8192, 8194)];

/// Slightly more than one thread walks alone (`SMALL` in `src/zip/threads.rs`). This size shows the
/// cost of entering the pool, which slower cells win back.
const JUST_SPLIT: (usize, usize) = (258, 262);

/// Two threads that share nothing but the memory.
const STENCIL_GOAL: f64 = 0.55;
/// If memory is the limit, neither candidate gains anything, and chance decides which is faster.
const NO_SLOWER: f64 = 1.05;

fn main() -> ExitCode {
    let mut report = Report::from_arguments();
    println!("{} threads, {}", rayon::current_num_threads(), Level::best());
    stencil(&mut report);
    zip(&mut report);
    report.conclude()
}

fn stencil(report: &mut Report) {
    // ndarray's loops are compiled for the baseline, for which a fused multiply-add may be a call,
    // so they get the other arithmetic.
    let fused: (_, Step, _, Step) = ("par_azip!", parallel::fused_step, "simd_azip!", parallel::simd_fused_step);
    let plain: (_, Step, _, Step) = ("par_azip!", parallel::step, "ndarray par_azip!", parallel::ndarray_step);
    for dim in SIZES {
        for (our_name, ours, their_name, theirs) in [fused, plain] {
            // Skipped if the machine has no fused multiply-add, which would be a call for these
            // loops too.
            if their_name == "simd_azip!" && Level::best() == Level::Baseline && !cfg!(target_feature = "fma") {
                continue;
            }
            if dim.0 < 8000 {
                stencils::check(our_name, ours, theirs, dim, 0.0);
            }
            let goal = match their_name {
                "simd_azip!" if dim == (514, 1102) && rayon::current_num_threads() > 1 => Some(STENCIL_GOAL),
                "simd_azip!" => None,
                _ => Some(1.0),
            };
            // Created only for lines that are measured: the largest takes a gigabyte.
            let fields = LazyCell::new(|| RefCell::new((Fields::new(dim), Fields::new(dim))));
            let run = |step: Step| {
                let (start, end) = &mut *fields.borrow_mut();
                step(start, end);
            };
            report.line(
                &format!("parallel stencil {}x{}", dim.0, dim.1),
                (dim.0 - 2) * (dim.1 - 2),
                goal,
                (our_name, &mut || run(ours)),
                (their_name, &mut || run(theirs)),
            );
        }
    }
}

/// `w += x + y * z` over four arrays.
fn zip(report: &mut Report) {
    for layout in [Layout::Contiguous, Layout::Interior] {
        for dim in SIZES {
            if dim.0 < 8000 {
                check("par_azip!", parallel::zip, layout, dim);
            }
            // For arrays larger than the cache, memory limits both.
            let no_slower = Some(if dim.0 > 2000 { NO_SLOWER } else { 1.0 });
            let candidates: [(&str, Kernel, Option<f64>); 2] =
                [("simd_azip!", simd_zip, None), ("ndarray par_azip!", parallel::ndarray_zip, no_slower)];
            for (their_name, theirs, goal) in candidates {
                let data = LazyCell::new(|| RefCell::new(Data::new(layout, dim)));
                report.line(
                    &format!("parallel zip f32 {} {}x{}", layout.name(), dim.0, dim.1),
                    dim.0 * dim.1,
                    goal,
                    ("par_azip!", &mut || data.borrow_mut().run(parallel::zip)),
                    (their_name, &mut || data.borrow_mut().run(theirs)),
                );
            }
        }
    }
}
