//! The speed goals of boundaries: the cost of ghost cells in a time step, and the cost of
//! `Stencil::map_into` beyond its interior.
//!
//! `cargo bench --bench boundary` prints them all, and
//! `cargo bench --bench boundary -- map_into` the lines that contain a word. Results are checked
//! before they are timed. A missed goal is measured twice more, and makes the exit status 1 if it
//! stays missed. `-- --test` only checks the results.

mod common;

use std::cell::RefCell;
use std::hint::black_box;
use std::mem::swap;
use std::process::ExitCode;

use common::report::Report;
use common::stencils::{Fields, gray_scott_fused};
use ndarray::{Array2, s};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Boundary, Padded, Stencil, Window, Zip, simd_azip};

fn main() -> ExitCode {
    let mut report = Report::from_arguments();
    refresh(&mut report);
    maps::<3>(&mut report, Some(1.10));
    maps::<5>(&mut report, None);
    report.conclude()
}

/// Two fields with their ghost cells.
#[derive(Clone)]
struct Grid {
    u: Padded<f32>,
    v: Padded<f32>,
}

impl Grid {
    fn new(dim: (usize, usize)) -> Self {
        let Fields { u, v } = Fields::new(dim);
        let [u, v] = [u, v].map(|field| Padded::from_interior::<3, 3>(&field, Boundary::Wrap));
        Grid { u, v }
    }

    fn refresh(&mut self, boundary: Boundary<f32>) {
        self.u.refresh(boundary);
        self.v.refresh(boundary);
    }
}

#[inline(never)]
fn step(now: &Grid, next: &mut Grid) {
    simd_azip!((
        next_u in next.u.interior_mut(),
        next_v in next.v.interior_mut(),
        u in now.u.array_windows::<3, 3>(),
        v in now.v.array_windows::<3, 3>(),
    ) {
        (*next_u, *next_v) = gray_scott_fused(u.to_array(), v.to_array());
    });
}

/// Checks that steps with ghost cells are steps on a torus.
fn check_steps(dim: (usize, usize)) {
    let (mut now, mut next) = (Grid::new(dim), Grid::new(dim));
    let mut fields = Fields::new(dim);
    for _ in 0..3 {
        step(&now, &mut next);
        next.refresh(Boundary::Wrap);
        swap(&mut now, &mut next);

        let cell = |field: &Array2<f32>, i: usize, j: usize| field[[i % dim.0, j % dim.1]];
        let around = |field, (i, j): (usize, usize)| {
            let (i, j) = (i + dim.0 - 1, j + dim.1 - 1);
            std::array::from_fn(|k| std::array::from_fn(|l| cell(field, i + k, j + l)))
        };
        let after = Array2::from_shape_fn(dim, |at| gray_scott_fused(around(&fields.u, at), around(&fields.v, at)));
        fields = Fields { u: after.mapv(|(u, _)| u), v: after.mapv(|(_, v)| v) };
    }
    assert_eq!((now.u.interior(), now.v.interior()), (fields.u.view(), fields.v.view()), "a torus has no edge");
}

/// Compares refreshing the ghost cells with the step that needs them. Between two calls, the step
/// evicts the ghost cells from the caches.
fn refresh(report: &mut Report) {
    check_steps((21, 34));
    for (dim, goal) in [((512, 512), None), ((2048, 2048), Some(0.02))] {
        let grids = RefCell::new((Grid::new(dim), Grid::new(dim)));
        for (name, boundary) in
            [("Wrap", Boundary::Wrap), ("Symmetric", Boundary::Symmetric), ("Constant", Boundary::Constant(0.5))]
        {
            report.line(
                &format!("refresh {name} {}x{}", dim.0, dim.1),
                dim.0 * dim.1,
                goal,
                ("two fields", &mut || black_box(&mut grids.borrow_mut().1).refresh(boundary)),
                ("a Gray-Scott step", &mut || {
                    let (now, next) = &mut *grids.borrow_mut();
                    step(now, next);
                }),
            );
        }
    }
}

/// A blur: the mean of the cells of a window.
#[inline(always)]
fn mean<const K: usize>(w: Window<'_, f32, K, K>) -> f32 {
    w.iter().sum::<f32>() / (K * K) as f32
}

/// The mean of the available cells, on the interior alone.
#[inline(never)]
fn interior<const K: usize>(input: &Array2<f32>, output: &mut Array2<f32>) {
    Zip::from(output.interior_mut::<K, K>()).and(input.array_windows::<K, K>()).simd_for_each(
        #[inline(always)]
        |cell, w| *cell = mean(w),
    );
}

#[inline(never)]
#[expect(clippy::redundant_closure, reason = "marked as users mark theirs")]
fn mapped<const K: usize>(input: &Array2<f32>, output: &mut Array2<f32>) {
    Stencil::<K, K>::map_into(
        input,
        Boundary::Reflect,
        output,
        #[inline(always)]
        |w| mean(w),
    );
}

/// The usual code without `map_into`: ghost cells around a copy of the whole input.
#[inline(never)]
fn padded<const K: usize>(input: &Array2<f32>, output: &mut Array2<f32>) {
    let padded = Padded::from_interior::<K, K>(input, Boundary::Reflect);
    Zip::from(output).and(padded.array_windows::<K, K>()).simd_for_each(
        #[inline(always)]
        |cell, w| *cell = mean(w),
    );
}

/// Filters of a 1080×1920 image.
fn maps<const K: usize>(report: &mut Report, goal: Option<f64>) {
    let dim = (1080, 1920);
    let input = Fields::new(dim).u;
    let [mut by_map, mut by_padding, mut inside] = std::array::from_fn(|_| Array2::zeros(dim));
    mapped::<K>(&input, &mut by_map);
    padded::<K>(&input, &mut by_padding);
    interior::<K>(&input, &mut inside);
    assert_eq!(by_map, by_padding, "Stencil::map_into differs from padding");
    assert_eq!(by_map.interior::<K, K>(), inside.interior::<K, K>(), "Stencil::map_into differs in the interior");
    let small = input.slice(s![..40, ..70]).to_owned();
    let allocated = Stencil::<K, K>::map(&small, Boundary::Reflect, mean);
    assert_eq!(allocated.slice(s![..30, ..60]), by_map.slice(s![..30, ..60]), "Stencil::map differs");

    let output = RefCell::new(Array2::zeros(dim));
    let name = format!("Stencil::map_into {K}x{K} Reflect {}x{}", dim.0, dim.1);
    let cells = dim.0 * dim.1;
    report.line(
        &name,
        cells,
        goal,
        ("Stencil::map_into", &mut || mapped::<K>(&input, &mut output.borrow_mut())),
        ("the interior alone", &mut || interior::<K>(&input, &mut output.borrow_mut())),
    );
    report.line(
        &name,
        cells,
        None,
        ("Stencil::map_into", &mut || mapped::<K>(&input, &mut output.borrow_mut())),
        ("Padded::from_interior", &mut || padded::<K>(&input, &mut output.borrow_mut())),
    );
}
