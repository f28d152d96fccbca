//! The speed goals of time steps: a sweep over many steps against the same number of separate
//! steps, ours and C's.
//!
//! `cargo bench --bench steps` prints them all, and `cargo bench --bench steps -- 66x258` the lines
//! that contain a word. `--features rayon` adds those of threads. Results are checked before they
//! are timed. A missed goal is measured twice more, and makes the exit status 1 if it stays missed.
//! `-- --test` only checks the results. The large fields take 3 GiB of memory.
//!
//! The step is Gray–Scott's with fused multiply-adds, `mul_add` in common/simd.rs. Sizes are those
//! of the arrays that separate steps walk over, including the outermost cells, which are the
//! boundary.

mod common;

use std::cell::RefCell;
use std::process::ExitCode;

use common::in_c::InC;
use common::report::Report;
use common::simd::mul_add;
use common::sweeps::{STEPS, Separate, Sweeps};

fn main() -> ExitCode {
    let mut report = Report::from_arguments();
    check();
    depths(&mut report);
    goals(&mut report);
    #[cfg(feature = "rayon")]
    threads(&mut report);
    report.conclude()
}

/// Checks that sweeps and separate steps have the same results.
fn check() {
    for dim in [(66, 258), (514, 1102), (300, 2051)] {
        for steps in [1, 16, 21] {
            let mut separate = Separate::new(dim);
            separate.run(steps, &mul_add::simd_azip);
            let expected = separate.state();
            let mut sweeps = Sweeps::new(dim);
            sweeps.run(steps);
            assert_eq!(sweeps.fields, expected, "{steps} steps of {dim:?}");
            let mut sweeps = Sweeps::depth(dim, 7);
            sweeps.run(steps);
            assert_eq!(sweeps.fields, expected, "{steps} steps of {dim:?} in sweeps of 7");
            #[cfg(feature = "rayon")]
            {
                let mut sweeps = Sweeps::new(dim);
                sweeps.par_run(steps);
                assert_eq!(sweeps.fields, expected, "{steps} steps of {dim:?} by threads");
            }
        }
    }
}

/// The gain from the number of steps per sweep.
fn depths(report: &mut Report) {
    for dim in [(66, 258), (514, 1102), (2050, 4162)] {
        let fewer = [1, 4, 8, 12, 24, 32].map(|depth| (depth, RefCell::new(Sweeps::depth(dim, depth))));
        let chosen = RefCell::new(Sweeps::new(dim));
        for (depth, sweeps) in &fewer {
            report.line(
                &format!("depth {depth} {}x{}", dim.0, dim.1),
                STEPS * (dim.0 - 2) * (dim.1 - 2),
                None,
                ("this many steps a sweep", &mut || sweeps.borrow_mut().run(STEPS)),
                ("as many as are chosen", &mut || chosen.borrow_mut().run(STEPS)),
            );
        }
    }
}

fn goals(report: &mut Report) {
    let in_c = InC::compile();
    if let Err(reason) = &in_c {
        println!("skipped: the steps in C: {reason}");
    }
    // The goals against separate steps, and against those of C.
    type Goals = (Option<f64>, Option<f64>);
    let lines: [((usize, usize), Goals); 5] = [
        ((66, 258), (Some(1.05), None)),
        ((514, 1102), (None, None)),
        ((2050, 4162), (Some(0.65), Some(0.47))),
        ((8192, 8296), (Some(0.65), Some(0.45))),
        // Rows 8 bytes longer than a multiple of 4096.
        ((8192, 8194), (Some(0.70), Some(0.55))),
    ];
    for (dim, (goal, goal_in_c)) in lines {
        let cells = STEPS * (dim.0 - 2) * (dim.1 - 2);
        let name = format!("sweep {}x{}", dim.0, dim.1);
        if report.is_for_nobody(&name) {
            continue;
        }
        let sweeps = RefCell::new(Sweeps::new(dim));
        let separate = RefCell::new(Separate::new(dim));
        report.line(
            &name,
            cells,
            goal,
            ("StencilSteps::run", &mut || sweeps.borrow_mut().run(STEPS)),
            ("simd_azip!", &mut || separate.borrow_mut().run(STEPS, &mul_add::simd_azip)),
        );
        if let Ok(in_c) = &in_c {
            let step = in_c.step("gray_scott_mul_add");
            report.line(
                &name,
                cells,
                goal_in_c,
                ("StencilSteps::run", &mut || sweeps.borrow_mut().run(STEPS)),
                ("C", &mut || separate.borrow_mut().run(STEPS, &step)),
            );
        }
    }
}

/// The gain from threads.
#[cfg(feature = "rayon")]
fn threads(report: &mut Report) {
    println!("{} threads", rayon::current_num_threads());
    let goal = (rayon::current_num_threads() == 2).then_some(0.55);
    for (dim, goal) in
        [((66, 258), None), ((130, 258), None), ((514, 1102), None), ((2050, 4162), None), ((8192, 8296), goal)]
    {
        let name = format!("threads {}x{}", dim.0, dim.1);
        if report.is_for_nobody(&name) {
            continue;
        }
        let one = RefCell::new(Sweeps::new(dim));
        let all = RefCell::new(Sweeps::new(dim));
        report.line(
            &name,
            STEPS * (dim.0 - 2) * (dim.1 - 2),
            goal,
            ("StencilSteps::par_run", &mut || all.borrow_mut().par_run(STEPS)),
            ("StencilSteps::run", &mut || one.borrow_mut().run(STEPS)),
        );
    }
}
