//! Time steps in one sweep give what separate steps give, bit for bit, whatever the shape, the window, the boundary and the depth.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::{Array2, ArrayView2, ArrayViewMut2, ShapeBuilder, s};
use ndarray_lockstep::{
    Boundaries, Boundary, Padded, StencilSteps, Window, azip, observed, stencil_steps, stencil_steps_with,
};
use proptest::prelude::*;

const RULES: [Boundary<f32>; 5] =
    [Boundary::Constant(0.5), Boundary::Edge, Boundary::Reflect, Boundary::Symmetric, Boundary::Wrap];

/// A field in which hardly a cell is like another.
fn field(dim: (usize, usize), seed: usize) -> Array2<f32> {
    Array2::from_shape_fn(dim, |(i, j)| ((i * 131 + j * 37 + seed * 71) % 1009) as f32 / 1009.0)
}

/// A sum over the window in which every cell has a weight of its own, and which stays between 0 and 1.
#[inline(always)]
fn weigh<const K: usize, const L: usize>(window: Window<'_, f32, K, L>) -> f32 {
    let (mut sum, mut weights, mut weight) = (0.0, 0.0, 1.0);
    for row in window.rows() {
        for cell in row {
            sum += weight * cell;
            weights += weight;
            weight += 0.5;
        }
    }
    sum / weights
}

/// The step of two fields that are coupled, by a coefficient.
#[inline(always)]
fn couple<const K: usize, const L: usize>(
    [u, v]: [Window<'_, f32, K, L>; 2],
    [&speed]: [&f32; 1],
    [next_u, next_v]: [&mut f32; 2],
) {
    let (u0, v0) = (weigh(u), weigh(v));
    *next_u = u0 + speed * (v.center() - u0);
    *next_v = v0 + speed * u.center() * (1.0 - v0);
}

/// So many separate steps of two fields: the definition.
fn separate<const K: usize, const L: usize>(
    steps: usize,
    state: &mut [Array2<f32>; 2],
    boundaries: [Boundaries<f32>; 2],
    speed: &Array2<f32>,
) {
    for _ in 0..steps {
        let [u, v] = [0, 1].map(|n| Padded::from_interior::<K, L>(&state[n], boundaries[n]));
        let [next_u, next_v] = state;
        azip!((next_u in next_u, next_v in next_v, u in u.array_windows::<K, L>(), v in v.array_windows::<K, L>(), speed in speed) {
            couple([u, v], [speed], [next_u, next_v]);
        });
    }
}

fn assert_same(found: &[Array2<f32>; 2], expected: &[Array2<f32>; 2], what: &dyn std::fmt::Debug) {
    for (n, (found, expected)) in found.iter().zip(expected).enumerate() {
        let differing: Vec<_> = found
            .indexed_iter()
            .filter(|&(at, cell)| cell.to_bits() != expected[at].to_bits())
            .map(|(at, _)| at)
            .collect();
        assert!(differing.is_empty(), "{what:?}: field {n} differs at {differing:?}");
    }
}

/// Steps by every way agree with separate ones.
fn check<const K: usize, const L: usize>(
    dim: (usize, usize),
    steps: usize,
    depth: Option<usize>,
    boundaries: [Boundaries<f32>; 2],
) {
    let speed = field(dim, 7);
    let start = [field(dim, 1), field(dim, 2)];
    let mut expected = start.clone();
    separate::<K, L>(steps, &mut expected, boundaries, &speed);
    let what = (K, L, dim, steps, depth, boundaries);

    let mut plan = StencilSteps::<f32, K, L, 2>::new(boundaries);
    if let Some(depth) = depth {
        plan = plan.depth(depth);
    }
    for turn in 0..2 {
        let [mut u, mut v] = start.clone();
        assert_eq!(plan.run_with(steps, [&mut u, &mut v], [&speed], couple), steps);
        assert_same(&[u, v], &expected, &(turn, &what));
    }
    #[cfg(feature = "rayon")]
    for threads in [1, 2, 3, 5, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let [mut u, mut v] = start.clone();
        assert_eq!(pool.install(|| plan.par_run_with(steps, [&mut u, &mut v], [&speed], couple)), steps);
        assert_same(&[u, v], &expected, &(threads, &what));
    }
}

fn boundaries() -> impl Strategy<Value = Boundaries<f32>> {
    let rule = || prop::sample::select(&RULES[..]);
    prop_oneof![
        2 => rule().prop_map(Boundaries::all),
        2 => (rule(), rule()).prop_map(|(rows, cols)| Boundaries::by_axis(rows, cols)),
        1 => (rule(), rule(), rule(), rule()).prop_map(|(top, bottom, left, right)| Boundaries { top, bottom, left, right }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 2 } else { 200 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sweeps_are_separate_steps(
        rows in 0_usize..if cfg!(miri) { 20 } else { 90 },
        cols in 0_usize..if cfg!(miri) { 8 } else { 40 },
        steps in 0_usize..if cfg!(miri) { 5 } else { 40 },
        depth in prop::option::of(1_usize..20),
        (one, other) in prop_oneof![
            2 => boundaries().prop_map(|sides| (sides, sides)),
            1 => (boundaries(), boundaries()),
        ],
        window in 0_usize..9,
    ) {
        let (dim, boundaries) = ((rows, cols), [one, other]);
        if rows * cols == 0 {
            // Nothing but a constant stands beside no cells, and there is nothing to compute.
            let mut empty = Array2::<f32>::zeros(dim);
            let kernel = |_: [Window<'_, f32, 3, 3>; 1], _: [&mut f32; 1]| unreachable!("there is no cell");
            prop_assert_eq!(stencil_steps(steps, [&mut empty], one, kernel), steps);
            return Ok(());
        }
        match window {
            0 => check::<1, 1>(dim, steps, depth, boundaries),
            1 => check::<1, 4>(dim, steps, depth, boundaries),
            2 => check::<2, 1>(dim, steps, depth, boundaries),
            3 => check::<2, 2>(dim, steps, depth, boundaries),
            4 => check::<5, 3>(dim, steps, depth, boundaries),
            5 => check::<4, 5>(dim, steps, depth, boundaries),
            6 => check::<11, 2>(dim, steps, depth, boundaries),
            _ => check::<3, 3>(dim, steps, depth, boundaries),
        }
    }
}
