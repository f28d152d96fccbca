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
use ndarray::{Array1, Array2, Array3};
use ndarray_lockstep::simd::Level;
use ndarray_lockstep::{Boundary, Stencil, Window};

const SIZES: [(usize, usize); 8] =
    [(4, 4), (31, 33), (66, 258), (258, 262), (258, 514), (514, 1102), (2050, 4162), (8192, 8194)];

/// The most that `par_azip!` may take longer than `simd_azip!` where threads gain nothing.
const NO_SLOWER: f64 = 1.03;

/// The most ns that a short call may take longer than `simd_azip!`: two readings of a clock, and a
/// split.
const EXTRA_NS: f64 = 100.0;

fn main() -> ExitCode {
    let mut report = Report::from_arguments().with_medians();
    println!("{} threads, {}", rayon::current_num_threads(), Level::best());
    stencil(&mut report);
    heat(&mut report);
    filter(&mut report);
    zip(&mut report);
    short(&mut report);
    expensive(&mut report);
    report.conclude()
}

fn stencil(report: &mut Report) {
    let several = rayon::current_num_threads() > 1;
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
            let goal = match (their_name, dim) {
                ("simd_azip!", (..66, _)) => None,
                ("simd_azip!", (258, 514)) if several => Some(0.8),
                ("simd_azip!", (514, 1102)) if several => Some(0.65),
                ("simd_azip!", (2050, 4162)) if several => Some(0.7),
                ("simd_azip!", _) => Some(NO_SLOWER),
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

/// A step of heat in a volume, from a cell's six neighbours.
fn heat(report: &mut Report) {
    use common::volumes::f32::{check, heat_par_azip, heat_simd_azip, volume};

    for (dim, goal) in [((34, 34, 66), NO_SLOWER), ((66, 66, 130), 0.65), ((66, 130, 258), 0.6), ((256, 256, 256), 0.6)]
    {
        if dim.0 < 100 {
            check("par_azip!", heat_par_azip, heat_simd_azip, dim);
        }
        let goal = if rayon::current_num_threads() > 1 { goal } else { NO_SLOWER };
        let fields = LazyCell::new(|| RefCell::new((volume(dim), volume(dim))));
        let run = |step: fn(&Array3<f32>, &mut Array3<f32>)| {
            let (now, next) = &mut *fields.borrow_mut();
            step(now, next);
        };
        report.line(
            &format!("parallel heat {}x{}x{}", dim.0, dim.1, dim.2),
            (dim.0 - 2) * (dim.1 - 2) * (dim.2 - 2),
            Some(goal),
            ("par_azip!", &mut || run(heat_par_azip)),
            ("simd_azip!", &mut || run(heat_simd_azip)),
        );
    }
}

/// A 3×3 filter of a whole array.
fn filter(report: &mut Report) {
    fn smooth(w: Window<'_, f32, 3, 3>) -> f32 {
        let [[a, b, c], [d, e, f], [g, h, i]] = w.to_array();
        ((a + d + g) + (b + e + h) + (c + f + i)) * (1.0 / 9.0)
    }
    for (dim, goal) in [((30, 30), NO_SLOWER), ((64, 256), NO_SLOWER), ((512, 1120), 0.7), ((2048, 4160), 0.7)] {
        let input = Array2::from_shape_fn(dim, |(i, j)| ((i * 31 + j * 17) % 97) as f32);
        let output = RefCell::new(Array2::zeros(dim));
        let expected = Stencil::<3, 3>::map(&input, Boundary::Reflect, smooth);
        Stencil::<3, 3>::par_map_into(&input, Boundary::Reflect, &mut output.borrow_mut(), smooth);
        assert_eq!(*output.borrow(), expected);
        // So short a call takes longer by the readings of a clock.
        let goal = if dim == (30, 30) { None } else { Some(goal) };
        report.line(
            &format!("parallel filter {}x{}", dim.0, dim.1),
            dim.0 * dim.1,
            goal.map(|goal| if rayon::current_num_threads() > 1 { goal } else { NO_SLOWER }),
            ("par_map_into", &mut || {
                Stencil::<3, 3>::par_map_into(&input, Boundary::Reflect, &mut output.borrow_mut(), smooth);
            }),
            ("map_into", &mut || {
                Stencil::<3, 3>::map_into(&input, Boundary::Reflect, &mut output.borrow_mut(), smooth)
            }),
        );
    }
}

/// `w += x + y * z` over four arrays.
fn zip(report: &mut Report) {
    for layout in [Layout::Contiguous, Layout::Interior] {
        for dim in SIZES {
            if dim.0 < 8000 {
                check("par_azip!", parallel::zip, layout, dim);
            }
            let no_slower = Some(NO_SLOWER).filter(|_| dim >= SIZES[2]);
            let candidates: [(&str, Kernel, Option<f64>); 2] =
                [("simd_azip!", simd_zip, no_slower), ("ndarray par_azip!", parallel::ndarray_zip, Some(1.0))];
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

/// Calls that are over before another thread could help.
fn short(report: &mut Report) {
    for dim in [(5, 13), (9, 16), (31, 33), (64, 64), (66, 258)] {
        let data = RefCell::new(Data::new(Layout::Contiguous, dim));
        report.difference(
            &format!("parallel short zip {}x{}", dim.0, dim.1),
            Some(EXTRA_NS.max((NO_SLOWER - 1.0) * 0.15 * (dim.0 * dim.1) as f64)),
            ("par_azip!", &mut || data.borrow_mut().run(parallel::zip)),
            ("simd_azip!", &mut || data.borrow_mut().run(simd_zip)),
        );
        let fields = RefCell::new((Fields::new(dim), Fields::new(dim)));
        let run = |step: Step| {
            let (start, end) = &mut *fields.borrow_mut();
            step(start, end);
        };
        report.difference(
            &format!("parallel short stencil {}x{}", dim.0, dim.1),
            Some(EXTRA_NS.max((NO_SLOWER - 1.0) * 0.5 * (dim.0 * dim.1) as f64)),
            ("par_azip!", &mut || run(parallel::fused_step)),
            ("simd_azip!", &mut || run(parallel::simd_fused_step)),
        );
    }
}

/// Few cells that take long, beside ndarray's methods.
fn expensive(report: &mut Report) {
    const LONG: u64 = 100_000;
    for (case, first) in [("", LONG), (", the first one cheap", 1)] {
        for jobs in [2, 8, 16, 64, 100] {
            let turns = Array1::from_shape_fn(jobs, |job| if job == 0 { first } else { LONG });
            // With more cells, the calling thread begins alone, and calls the other thread later.
            // If that wakes up on the same core, both share it for the rest of the call.
            let goal = Some(1.0).filter(|_| jobs <= 64);
            let results = RefCell::new(Array1::zeros(jobs));
            let expected = turns.mapv(parallel::count_to);
            parallel::jobs(&turns, &mut results.borrow_mut());
            assert_eq!(*results.borrow(), expected);
            report.line(
                &format!("parallel jobs {jobs}{case}"),
                jobs * 100_000,
                goal,
                ("par_azip!", &mut || parallel::jobs(&turns, &mut results.borrow_mut())),
                ("ndarray par_azip!", &mut || parallel::ndarray_jobs(&turns, &mut results.borrow_mut())),
            );
            assert_eq!(parallel::sum_of_jobs(&turns), expected.sum());
            report.line(
                &format!("parallel fold of jobs {jobs}{case}"),
                jobs * 100_000,
                goal,
                ("par_fold", &mut || assert_ne!(parallel::sum_of_jobs(&turns), 0)),
                ("ndarray par_fold", &mut || assert_ne!(parallel::ndarray_sum_of_jobs(&turns), 0)),
            );
        }
    }
}
