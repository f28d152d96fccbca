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
use common::report::Report;
use common::stencils::{self, Fields, Step, gray_scott, gray_scott_fused, window_cells};
use ndarray::{ArrayView2, ArrayViewMut2};
use ndarray_lockstep::simd::Level;
use ndarray_lockstep::{ArrayInterior, ArrayWindows, par_azip, simd_azip};

const SIZES: [(usize, usize); 8] =
    [(4, 4), (31, 33), (64, 258), JUST_SPLIT, (258, 514), (514, 1102), (2050, 4162), (8192, 8194)];

/// A little more than one thread walks by itself: `SMALL` in `src/parallel.rs`. What entering the pool costs is seen here; for
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

/// A step of Gray–Scott by one macro and one arrangement of the arithmetic.
macro_rules! step {
    ($name:ident, $azip:ident, $cell:ident) => {
        #[inline(never)]
        fn $name(start: &Fields, end: &mut Fields) {
            $azip!((
                next_u in end.u.interior_mut::<3, 3>(),
                next_v in end.v.interior_mut::<3, 3>(),
                u in start.u.array_windows::<3, 3>(),
                v in start.v.array_windows::<3, 3>(),
            ) (*next_u, *next_v) = $cell(u.to_array(), v.to_array()));
        }
    };
}
step!(par_step, par_azip, gray_scott);
step!(simd_fused_step, simd_azip, gray_scott_fused);
step!(par_fused_step, par_azip, gray_scott_fused);

#[inline(never)]
fn ndarray_step(start: &Fields, end: &mut Fields) {
    ndarray::parallel::par_azip!((
        next_u in end.u.interior_mut::<3, 3>(),
        next_v in end.v.interior_mut::<3, 3>(),
        u in start.u.windows((3, 3)),
        v in start.v.windows((3, 3)),
    ) (*next_u, *next_v) = gray_scott(window_cells(u), window_cells(v)));
}

fn stencil(report: &mut Report) {
    // ndarray's loops are compiled for the baseline, where a fused multiply-add may be a call: it is given the other arithmetic.
    let fused: (_, Step, _, Step) = ("par_azip!", par_fused_step, "simd_azip!", simd_fused_step);
    let plain: (_, Step, _, Step) = ("par_azip!", par_step, "ndarray par_azip!", ndarray_step);
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

#[inline(never)]
fn par_zip(w: ArrayViewMut2<f32>, x: ArrayView2<f32>, y: ArrayView2<f32>, z: ArrayView2<f32>) {
    par_azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
}

#[inline(never)]
fn ndarray_zip(w: ArrayViewMut2<f32>, x: ArrayView2<f32>, y: ArrayView2<f32>, z: ArrayView2<f32>) {
    ndarray::parallel::par_azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
}

/// `w += x + y * z` over four arrays.
fn zip(report: &mut Report) {
    for layout in [Layout::Contiguous, Layout::Interior] {
        for dim in SIZES {
            if dim.0 < 8000 {
                check("par_azip!", par_zip, layout, dim);
            }
            // From memory, both are as fast as the memory is.
            let no_slower = Some(if dim.0 > 2000 { NO_SLOWER } else { 1.0 });
            let candidates: [(&str, Kernel, Option<f64>); 2] =
                [("simd_azip!", simd_zip, None), ("ndarray par_azip!", ndarray_zip, no_slower)];
            for (their_name, theirs, goal) in candidates {
                let data = LazyCell::new(|| RefCell::new(Data::new(layout, dim)));
                report.line(
                    &format!("parallel zip f32 {} {}x{}", layout.name(), dim.0, dim.1),
                    dim.0 * dim.1,
                    goal,
                    ("par_azip!", &mut || data.borrow_mut().run(par_zip)),
                    (their_name, &mut || data.borrow_mut().run(theirs)),
                );
            }
        }
    }
}
