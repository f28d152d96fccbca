//! Time steps in one sweep give the same bits as separate steps, for every shape, window, boundary
//! and depth.

mod common;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::{Array2, ArrayView2, ShapeBuilder, s};
use ndarray_lockstep::__private::{Fields, StepFields};
use ndarray_lockstep::{Boundaries, Boundary, Padded, Stencil, Window, azip, observed};
use proptest::prelude::*;

use common::{config, or_under_miri};

const RULES: [Boundary<f32>; 5] =
    [Boundary::Constant(0.5), Boundary::Edge, Boundary::Reflect, Boundary::Symmetric, Boundary::Wrap];

/// A field whose cells almost all differ.
fn field(dim: (usize, usize), seed: usize) -> Array2<f32> {
    Array2::from_shape_fn(dim, |(i, j)| ((i * 131 + j * 37 + seed * 71) % 1009) as f32 / 1009.0)
}

/// A sum over the window in which every cell has its own weight, and which stays between 0 and 1.
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

/// The step of two fields, coupled by a coefficient.
#[inline(always)]
fn couple<const K: usize, const L: usize>(([u, v], &speed): ([Window<'_, f32, K, L>; 2], &f32)) -> [f32; 2] {
    let (u0, v0) = (weigh(u), weigh(v));
    [u0 + speed * (v.center() - u0), v0 + speed * u.center() * (1.0 - v0)]
}

/// The definition: `steps` separate steps of two fields.
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
            [*next_u, *next_v] = couple(([u, v], speed));
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

/// Checks that every way to compute steps agrees with separate steps.
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

    let mut plan = Stencil::<K, L>::stepper(boundaries);
    if let Some(depth) = depth {
        plan = plan.depth(depth);
    }
    for turn in 0..or_under_miri(2, 1) {
        let [mut u, mut v] = start.clone();
        assert_eq!(plan.run(steps, ([&mut u, &mut v], &speed), couple), steps);
        assert_same(&[u, v], &expected, &(turn, &what));
    }
    #[cfg(feature = "rayon")]
    for &threads in if cfg!(miri) { &[3][..] } else { &[1, 2, 3, 5, 8] } {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let [mut u, mut v] = start.clone();
        assert_eq!(pool.install(|| plan.par_run(steps, ([&mut u, &mut v], &speed), couple)), steps);
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
    // A quarter of the cases of other properties, because each runs seven plans or more.
    #![proptest_config(config(4, 2))]

    #[test]
    fn sweeps_are_separate_steps(
        rows in 0_usize..or_under_miri(90, 16),
        cols in 0_usize..or_under_miri(40, 5),
        steps in 0_usize..or_under_miri(40, 4),
        depth in prop::option::of(1_usize..20),
        (one, other) in prop_oneof![
            2 => boundaries().prop_map(|sides| (sides, sides)),
            1 => (boundaries(), boundaries()),
        ],
        window in 0_usize..9,
    ) {
        let (dim, boundaries) = ((rows, cols), [one, other]);
        if rows * cols == 0 {
            // An empty axis allows only a constant, and there is nothing to compute.
            let mut empty = Array2::<f32>::zeros(dim);
            let kernel = |_: Window<'_, f32, 3, 3>| unreachable!("there is no cell");
            prop_assert_eq!(Stencil::steps(steps, &mut empty, one, kernel), steps);
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

/// A sum of a field and its neighbours, which every boundary rule changes at the edges.
#[inline(always)]
fn spread(w: Window<'_, f32, 3, 3>) -> f32 {
    w.center() + 0.2 * (w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1) - 4.0 * w.center())
}

/// One field after `steps` separate steps of [`spread`].
fn spread_separately(steps: usize, start: &Array2<f32>, boundary: Boundary<f32>) -> Array2<f32> {
    let mut state = start.clone();
    for _ in 0..steps {
        let padded = Padded::from_interior::<3, 3>(&state, boundary);
        azip!((next in &mut state, w in padded.array_windows::<3, 3>()) *next = spread(w));
    }
    state
}

#[test]
#[cfg_attr(miri, ignore = "the buffer has too many rows, and the code that fills it is safe")]
fn a_sweep_continues_at_the_end_of_its_buffer() {
    // More rows than the buffer has, several times over.
    let dim = (1500, 5);
    let depth = 16;
    for rule in RULES {
        let start = field(dim, 3);
        let mut state = start.clone();
        Stencil::<3, 3>::stepper(rule).depth(depth).run(depth + 1, &mut state, spread);
        assert_eq!(state, spread_separately(depth + 1, &start, rule), "{rule:?}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "too large for Miri, and smaller fields have no other schedule")]
fn the_schedules_of_large_fields_are_correct() {
    // Wavefronts, chosen by bytes; and bands, chosen by the number of cells.
    let fields = [(1000, 600), (1000, 600), (1000, 131), (40, 3000), (12, 6000)];
    for (dim, rule) in
        fields.into_iter().zip([Boundary::Wrap, Boundary::Edge, Boundary::Reflect, RULES[0], Boundary::Symmetric])
    {
        let start = field(dim, 4);
        let expected = spread_separately(18, &start, rule);
        let mut state = start.clone();
        Stencil::<3, 3>::steps(18, &mut state, rule, spread);
        assert_eq!(state, expected, "{dim:?} {rule:?}");
        #[cfg(feature = "rayon")]
        for threads in [2, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let mut state = start.clone();
            pool.install(|| Stencil::<3, 3>::par_steps(18, &mut state, rule, spread));
            assert_eq!(state, expected, "{dim:?} {rule:?}, {threads} threads");
        }
    }
}

/// Each of the fields `[0, 1, ..]` moves one cell to the right, and they trade places in a circle.
fn circle<const N: usize>()
where
    Fields<N>: StepFields<N>,
{
    // Four rows are the minimum for a sweep.
    let (rows, cols) = or_under_miri((9, 7), (4, 3));
    let done = or_under_miri(4, 2);
    let start: [Array2<u32>; N] = std::array::from_fn(|n| {
        Array2::from_shape_fn((rows, cols), |(i, j)| u32::try_from(n * 100 + i * cols + j).expect("a small number"))
    });
    for &depth in or_under_miri(&[None, Some(3)][..], &[Some(2)]) {
        let mut state = start.clone();
        let mut steps = Stencil::<1, 3>::stepper(Boundary::Wrap);
        if let Some(depth) = depth {
            steps = steps.depth(depth);
        }
        steps.run(done, state.each_mut(), |windows| std::array::from_fn(|n| *windows[(n + 1) % N].at(0, -1)));
        for (n, field) in state.iter().enumerate() {
            let from = &start[(n + done) % N];
            let moved = Array2::from_shape_fn((rows, cols), |(i, j)| from[[i, (j + cols - done) % cols]]);
            assert_eq!(*field, moved, "field {n} of {N}");
        }
    }
}

#[test]
fn one_to_nine_fields_are_stepped() {
    circle::<1>();
    circle::<3>();
    // The code is the same for every number of fields.
    if !cfg!(miri) {
        circle::<2>();
        circle::<4>();
        circle::<5>();
        circle::<6>();
        circle::<7>();
        circle::<8>();
        circle::<9>();
    }
}

#[test]
fn zero_steps_change_nothing() {
    let start = field(or_under_miri((20, 20), (4, 4)), 1);
    let mut state = start.clone();
    let mut looked = 0;
    assert_eq!(Stencil::steps(0, &mut state, Boundary::Wrap, spread), 0);
    let steps = observed(0, 5, |_, _: [ArrayView2<'_, f32>; 1]| {
        looked += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(Stencil::steps(steps, &mut state, Boundary::Wrap, spread), 0);
    assert_eq!((state, looked), (start, 0));
}

#[test]
fn the_state_can_be_observed_during_a_run() {
    let start = field(or_under_miri((26, 9), (12, 1)), 1);
    let (count, every, looks) = or_under_miri((17, 5, &[5, 10, 15, 17][..]), (4, 3, &[3, 4]));
    for &depth in or_under_miri(&[None, Some(3)][..], &[Some(2)]) {
        let mut steps = Stencil::<3, 3>::stepper(Boundary::Reflect);
        if let Some(depth) = depth {
            steps = steps.depth(depth);
        }
        let mut state = start.clone();
        let mut seen = Vec::new();
        let done = steps.run(
            observed(count, every, |done, [field]| {
                seen.push(done);
                assert_eq!(field, spread_separately(done, &start, Boundary::Reflect), "after {done} steps");
                ControlFlow::Continue(())
            }),
            &mut state,
            spread,
        );
        assert_eq!((done, &*seen), (count, looks));
        assert_eq!(state, spread_separately(count, &start, Boundary::Reflect));
    }
}

#[test]
fn a_run_can_be_ended_early() {
    let start = field(or_under_miri((26, 9), (5, 3)), 1);
    let mut state = start.clone();
    // Observes every fourth step and ends at the first observation from step 10 on; or every second
    // one, from step 3 on.
    let (every, enough, end) = or_under_miri((4, 10, 12), (2, 3, 4));
    let early =
        observed(100, every, |done, _| if done >= enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
    assert_eq!(Stencil::steps(early, &mut state, Boundary::Edge, spread), end);
    assert_eq!(state, spread_separately(end, &start, Boundary::Edge));
}

#[test]
fn fields_and_coefficients_may_have_any_layout() {
    let dim = or_under_miri((23, 10), (12, 1));
    let (start, speed) = (field(dim, 1), field(dim, 2));
    let kernel = |(w, [speed, other]): (Window<'_, f32, 3, 3>, [&f32; 2])| {
        w.center() + speed * (w.at(0, 1) - w.center()) + other * (w.at(1, 0) - w.center())
    };
    let run = |depth: usize, state: ndarray::ArrayViewMut2<'_, f32>, [one, other]: [ArrayView2<'_, f32>; 2]| {
        let mut state = state;
        let mut steps = Stencil::<3, 3>::stepper(Boundary::Wrap).depth(depth);
        steps.run(or_under_miri(7, 2), (&mut state, [&one, &other]), kernel);
    };
    let one_value = ndarray::arr0(0.125);
    let half = one_value.broadcast(dim).expect("a scalar can be broadcast to any shape");
    for &depth in or_under_miri(&[1, 4][..], &[2]) {
        let mut expected = start.clone();
        run(depth, expected.view_mut(), [speed.view(), half]);

        let mut by_columns = Array2::zeros(dim.f());
        by_columns.assign(&start);
        let mut speed_by_columns = Array2::zeros(dim.f());
        speed_by_columns.assign(&speed);
        run(depth, by_columns.view_mut(), [speed_by_columns.view(), half]);
        assert_eq!(by_columns, expected, "column-major");

        let mut large = Array2::from_elem((2 * dim.0, 3 * dim.1), -1.0);
        let mut part = large.slice_mut(s![..;-2, 1..;3]);
        part.assign(&start);
        run(depth, part.view_mut(), [speed.view(), half]);
        assert_eq!(part, expected, "every third column, in reverse order");
        assert_eq!(
            large.iter().filter(|&&cell| cell == -1.0).count(),
            large.len() - expected.len(),
            "other cells are unchanged"
        );
    }
}

#[test]
fn fields_without_cells_are_stepped_whatever_their_lengths() {
    let most = isize::MAX.cast_unsigned();
    for dim in [(0, most), (most, 0), (0, 0)] {
        let mut state = ndarray::ArrayViewMut2::<f32>::from_shape(dim, &mut []).expect("no cells");
        for depth in [1, usize::MAX] {
            let mut steps = Stencil::<3, 3>::stepper(Boundary::Wrap).depth(depth);
            assert_eq!(steps.run(usize::MAX, &mut state, spread), usize::MAX);
        }
    }
}

/// The largest windows that time steps accept.
#[test]
#[cfg_attr(miri, ignore = "tens of thousands of rows")]
fn the_largest_windows_are_stepped() {
    let dim = (5, 3);
    let start = field(dim, 4);
    let mut tall = start.clone();
    Stencil::<65536, 1>::steps(2, &mut tall, Boundary::Wrap, |w| *w.at(-1, 0) + *w.at(1, 0));
    let mut wide = start.clone();
    Stencil::<1, 65536>::steps(2, &mut wide, Boundary::Wrap, |w| *w.at(0, -1) + *w.at(0, 1));
    for ((i, j), cell) in start.indexed_iter() {
        let up_and_down = (start[[(i + 3) % 5, j]] + cell) + (cell + start[[(i + 2) % 5, j]]);
        assert_eq!(tall[[i, j]], up_and_down);
        let left_and_right = (start[[i, (j + 1) % 3]] + cell) + (cell + start[[i, (j + 2) % 3]]);
        assert_eq!(wide[[i, j]], left_and_right);
    }
}

#[test]
fn a_stepper_can_be_reused_for_fields_of_any_shape() {
    let mut steps = Stencil::<3, 3>::stepper(Boundary::Symmetric).depth(3);
    let usual = &[(40, 30), (7, 90), (1, 1), (0, 5), (2, 3), (60, 4)][..];
    let count = or_under_miri(5, 2);
    for &dim in or_under_miri(usual, &[(12, 1), (3, 4), (0, 5), (13, 2)]) {
        let start = field(dim, 9);
        let mut state = start.clone();
        assert_eq!(steps.run(count, &mut state, spread), count);
        if start.is_empty() {
            continue;
        }
        assert_eq!(state, spread_separately(count, &start, Boundary::Symmetric), "{dim:?}");
    }
}

#[test]
fn cells_may_be_of_any_size() {
    // Life on a torus: a glider moves by a row and a column in four steps, and returns after 4 *
    // 16.
    let (side, moved) = or_under_miri((16, 16), (6, 1));
    let mut life = Array2::from_elem((side, side), false);
    for at in [[0, 1], [1, 2], [2, 0], [2, 1], [2, 2]] {
        life[at] = true;
    }
    let start = life.clone();
    Stencil::<3, 3>::steps(4 * moved, &mut life, Boundary::Wrap, |w| {
        let around = w.iter().filter(|&&alive| alive).count() - usize::from(*w.center());
        around == 3 || (around == 2 && *w.center())
    });
    let back = |at: usize| (at + side - moved) % side;
    assert_eq!(life, Array2::from_shape_fn(life.dim(), |(i, j)| start[[back(i), back(j)]]));

    let mut nothing = Array2::from_elem(or_under_miri((30, 4), (12, 2)), ());
    let mut steps = Stencil::<3, 3>::stepper(Boundary::Edge).depth(2);
    assert_eq!(steps.run(3, &mut nothing, |w| *w.center()), 3);

    let dim = or_under_miri((20, 3), (8, 1));
    let mut large = Array2::from_shape_fn(dim, |(i, j)| [(i * 3 + j) as f64; 37]);
    let start = large.clone();
    Stencil::<2, 1>::stepper(Boundary::Wrap).depth(4).run(dim.0, &mut large, |w| w[[0, 0]]);
    assert_eq!(large, start, "moved once around");
}

#[test]
fn a_clone_has_the_same_rules_and_depth() {
    let start = field(or_under_miri((20, 9), (12, 1)), 3);
    let mut steps = Stencil::<3, 3>::stepper(Boundary::Reflect).depth(3);
    let (mut one, mut other) = (start.clone(), start.clone());
    steps.run(4, &mut one, spread);
    let mut clone = steps.clone();
    clone.run(4, &mut other, spread);
    assert_eq!(one, other);
    assert_eq!(format!("{clone:?}"), format!("{steps:?}"));
}

#[test]
fn a_panic_propagates_and_everything_stays_usable() {
    let (dim, refused, count) = or_under_miri(((40, 6), [25, 3], 4), ((12, 2), [7, 1], 2));
    let start = field(dim, 1);
    for &depth in or_under_miri(&[1, 3][..], &[2]) {
        let mut steps = Stencil::<3, 3>::stepper(Boundary::Edge).depth(depth);
        let mut state = start.clone();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            steps.run(count, &mut state, |w| {
                assert!(*w.center() != start[refused], "a cell that is refused");
                *w.center()
            })
        }));
        let message = panicked.expect_err("a panic").downcast::<&str>().map(|message| *message);
        assert_eq!(message.ok(), Some("a cell that is refused"));
        assert_eq!(state, start, "cells that keep their value");
        steps.run(count, &mut state, spread);
        assert_eq!(state, spread_separately(count, &start, Boundary::Edge));
    }
}

#[cfg(feature = "rayon")]
#[test]
fn a_panic_in_one_band_propagates() {
    let start = field((40, 6), 1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads");
    let mut steps = Stencil::<3, 3>::stepper(Boundary::Edge).depth(2);
    let mut state = start.clone();
    let run = || {
        steps.par_run(4, &mut state, |w| {
            assert!(*w.center() != start[[25, 3]], "a cell that is refused");
            *w.center()
        })
    };
    let panicked = catch_unwind(AssertUnwindSafe(|| pool.install(run)));
    let message = panicked.expect_err("a panic").downcast::<&str>().map(|message| *message);
    assert_eq!(message.ok(), Some("a cell that is refused"));
    assert_eq!(pool.install(|| steps.par_run(4, &mut state, spread)), 4);
    assert_eq!(state, spread_separately(4, &start, Boundary::Edge));
}

/// The message and the line of the panic of `f`.
fn refusal(f: impl FnOnce()) -> (String, u32) {
    use std::sync::{Arc, Mutex};
    let line = Arc::new(Mutex::new(0));
    let hook = std::panic::take_hook();
    let into = Arc::clone(&line);
    std::panic::set_hook(Box::new(move |info| {
        if let (Some(location), Ok(mut line)) = (info.location(), into.lock())
            && location.file().ends_with("steps.rs")
        {
            *line = location.line();
        }
    }));
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("a refusal");
    std::panic::set_hook(hook);
    let message = payload
        .downcast::<String>()
        .map(|message| *message)
        .or_else(|payload| payload.downcast::<&str>().map(|m| m.to_string()));
    let line = *line.lock().expect("no panic while it was held");
    (message.expect("a text"), line)
}

#[test]
fn wrong_arguments_are_refused_in_the_callers_line() {
    let (mut a, mut b, c) = (field((5, 6), 1), field((5, 7), 1), field((6, 5), 1));
    let here = line!();
    let refused = [
        refusal(|| {
            Stencil::<3, 3>::steps(1, [&mut a, &mut b], Boundary::Edge, |[a, b]| [*a.center(), *b.center()]);
        }),
        refusal(|| {
            Stencil::<3, 3>::steps(1, (&mut a, &c), Boundary::Edge, |(a, _)| *a.center());
        }),
        refusal(|| drop(Stencil::<3, 3>::stepper::<f32, 1>(Boundary::Edge).depth(0))),
        refusal(|| {
            observed(1, 0, |_, _: [ArrayView2<'_, f32>; 1]| ControlFlow::Continue(()));
        }),
    ];
    let words = [
        "field 2 has shape [5, 7], but the first one has [5, 6]",
        "coefficient 1 has shape [6, 5], but the fields have [5, 6]",
        "depth is 0",
        "`every` is 0",
    ];
    for ((message, line), words) in refused.into_iter().zip(words) {
        assert!(message.contains(words), "{message}");
        assert!((here..here + 16).contains(&line), "{message}: line {line}");
    }
}

#[test]
fn boundaries_are_one_for_all_or_one_per_field() {
    let dim = or_under_miri((12, 9), (3, 2));
    let start = [field(dim, 1), field(dim, 2)];
    let run = |boundaries: [Boundaries<f32>; 2]| {
        let mut state = start.clone();
        separate::<3, 3>(2, &mut state, boundaries, &Array2::from_elem(dim, 0.5));
        state
    };
    let kernel = |windows: [Window<'_, f32, 3, 3>; 2]| couple((windows, &0.5));
    let [edge, wrap] = [Boundary::Edge, Boundary::Wrap];
    let [mut u, mut v] = start.clone();
    Stencil::steps(2, [&mut u, &mut v], edge, kernel);
    assert_eq!([u, v], run([edge.into(); 2]));
    let [mut u, mut v] = start.clone();
    Stencil::steps(2, [&mut u, &mut v], Boundaries::by_axis(edge, wrap), kernel);
    assert_eq!([u, v], run([Boundaries::by_axis(edge, wrap); 2]));
    let [mut u, mut v] = start.clone();
    Stencil::steps(2, [&mut u, &mut v], [edge, wrap], kernel);
    assert_eq!([u, v], run([edge.into(), wrap.into()]));
    let [mut u, mut v] = start.clone();
    Stencil::steps(2, [&mut u, &mut v], [Boundaries::by_axis(wrap, edge), wrap.into()], kernel);
    assert_eq!([u, v], run([Boundaries::by_axis(wrap, edge), wrap.into()]));
}

#[cfg(feature = "rayon")]
#[test]
fn several_threads_accept_what_one_accepts() {
    let dim = (40, 9);
    let (start, speed) = ([field(dim, 1), field(dim, 2)], field(dim, 3));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads");
    let boundaries = [Boundaries::all(Boundary::Wrap), Boundaries::all(Boundary::Wrap)];
    let mut expected = start.clone();
    separate::<3, 3>(7, &mut expected, boundaries, &speed);

    // Coefficients, and a column-major state.
    let mut state = start.clone().map(|field| {
        let mut by_columns = Array2::zeros(dim.f());
        by_columns.assign(&field);
        by_columns
    });
    let run = || {
        let [u, v] = &mut state;
        Stencil::<3, 3>::par_steps(7, ([u, v], &speed), boundaries, couple)
    };
    assert_eq!(pool.install(run), 7);
    assert_same(&state, &expected, &"by columns");

    // An observation in between, and a depth that gives each thread a band.
    let mut state = start.clone();
    let mut seen = Vec::new();
    let mut steps = Stencil::<3, 3>::stepper(boundaries).depth(2);
    let watched = observed(100, 3, |done, [u, _]: [ArrayView2<'_, f32>; 2]| {
        assert_eq!(u.dim(), dim);
        seen.push(done);
        if done < 6 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let done = pool.install(|| steps.par_run(watched, (state.each_mut(), &speed), couple));
    assert_eq!((done, seen), (6, vec![3, 6]));
    assert_eq!(pool.install(|| steps.par_run(1, (state.each_mut(), &speed), couple)), 1);
    assert_same(&state, &expected, &"in bands");
}

#[cfg(feature = "rayon")]
#[test]
#[cfg_attr(miri, ignore = "Miri's clock does not measure real durations")]
fn a_slow_step_is_shared_however_few_its_cells() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
    let others = std::sync::atomic::AtomicUsize::new(0);
    let mut state = field((8, 2), 1);
    let start = state.clone();
    pool.install(|| {
        let own = std::thread::current().id();
        Stencil::<3, 3>::par_steps(3, &mut state, Boundary::Edge, |w| {
            std::thread::sleep(std::time::Duration::from_millis(1));
            if std::thread::current().id() != own {
                others.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
            spread(w)
        });
    });
    assert_eq!(state, spread_separately(3, &start, Boundary::Edge));
    assert!(others.into_inner() > 0, "the other thread has done a part");
}
