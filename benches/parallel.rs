//! `par_azip!` against `simd_azip!` and against ndarray's `par_azip!`, on the threads of rayon's global pool
//! (`RAYON_NUM_THREADS`), in the manner of `ratios.rs`.
//!
//! `cargo bench --features rayon --bench parallel` prints all lines, `-- stencil 514x1102` those that contain the words.
//! `-- --test` checks the results alone. The goals are those for a machine whose cores have nothing else to do.

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

/// A little more than one thread walks by itself: `SMALL` in `src/zip/threads.rs`. What entering the pool costs is seen here; for
/// cells that take longer it is gained back.
const JUST_SPLIT: (usize, usize) = (258, 262);

/// Two threads, and nothing shared but the memory.
const STENCIL_GOAL: f64 = 0.55;
/// Of what memory limits neither gains anything, and the one that is ahead is so by chance.
const NO_SLOWER: f64 = 1.05;

fn main() -> ExitCode {
    let mut report = Report::from_arguments();
    println!("{} threads, {}", rayon::current_num_threads(), Level::best());
    stencil(&mut report);
    zip(&mut report);
    report.conclude()
}

fn stencil(report: &mut Report) {
    // ndarray's loops are compiled for the baseline, where a fused multiply-add may be a call: it is given the other arithmetic.
    let fused: (_, Step, _, Step) = ("par_azip!", parallel::fused_step, "simd_azip!", parallel::simd_fused_step);
    let plain: (_, Step, _, Step) = ("par_azip!", parallel::step, "ndarray par_azip!", parallel::ndarray_step);
    for dim in SIZES {
        for (our_name, ours, their_name, theirs) in [fused, plain] {
            // Nor is anybody else, where the machine has none.
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
            // Made for lines that are measured: the largest takes a gigabyte.
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
            // From memory, both are as fast as the memory is.
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
