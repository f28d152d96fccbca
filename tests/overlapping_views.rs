//! Read-only views whose strides make cells overlap: rows that share cells with the rows above, as
//! in a moving average over a signal, on any axis and in any number of dimensions.
//!
//! ndarray creates such views only for reading, with [`ArrayView::from_shape`];
//! `ndarray_invariants.rs` checks that it refuses them for writing. The oracle is ndarray. Its
//! `Zip` and windows over the same view give the address of each cell, and those over an owned
//! copy, where nothing overlaps, give the values. The property tests and the fuzz targets generate
//! such views too.

mod common;

use std::collections::HashSet;
use std::ptr::from_ref;

use ndarray::{
    Array, Array1, Array2, ArrayView, ArrayView1, ArrayView2, ArrayView3, ArrayViewD, Dimension, IntoDimension, IxDyn,
    ShapeBuilder,
};
use ndarray_lockstep::{
    ArrayInterior, ArrayWindows, Boundary, Padded, Stencil, Window, Window3d, Zip, azip, simd_azip,
};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use common::{Layout, layouts, leaves};

/// Different numbers in memory order, more than any view of these tests needs.
fn memory() -> Vec<u32> {
    (1..=600).collect()
}

/// The shape of two-dimensional views. A row is longer than the vector registers of any level.
const SHAPE: (usize, usize) = if cfg!(miri) { (4, 5) } else { (9, 21) };

/// Strides for [`SHAPE`] with which cells overlap, except the last pair. With contiguous columns,
/// adjacent rows share all but two cells, all but one, all but five, all, or one.
const STRIDES: [(usize, usize); 12] = [
    (2, 1),
    (1, 1),
    (5, 1),
    (0, 1),
    (SHAPE.1 - 1, 1),
    (1, 2),
    (2, 3),
    (3, 2),
    (4, 4),
    (1, 0),
    (1, SHAPE.0 - 1),
    (SHAPE.1, 1),
];

/// Under Miri, one in this many strides is tested, with one shape.
const EVERY: usize = if cfg!(miri) { 6 } else { 1 };

/// The number of indices of a view whose cell another index has already reached.
fn overlaps<T, D: Dimension>(view: &ArrayView<'_, T, D>) -> usize {
    view.len() - view.iter().map(from_ref).collect::<HashSet<_>>().len()
}

/// Copies the cells of a view into an array without overlap. `to_owned` fails a debug assertion of
/// ndarray if an empty view has strides other than 0.
fn copy_of<D: Dimension>(view: &ArrayView<'_, u32, D>) -> Array<u32, D> {
    Array::from_shape_vec(view.raw_dim(), view.iter().copied().collect()).expect("as many cells as the view has")
}

/// Calls `check` with overlapping views of one, two and three dimensions, some with a length of 0
/// or 1, some inverted.
macro_rules! for_views {
    ($check:ident) => {{
        let memory = memory();
        for (shape, stride) in [(9, 0), (9, 1), (9, 2), (1, 5), (0, 3)] {
            $check(&ArrayView1::from_shape(shape.strides(stride), &memory).expect("a line"));
        }
        for view in tables(&memory) {
            $check(&view);
            $check(&view.reversed_axes());
        }
        for view in volumes(&memory) {
            $check(&view);
        }
        // The first of these is enough under Miri.
        let dynamic = [
            (&[3, 8][..], &[3, 1][..]),
            (&[4, 3, 2, 5], &[1, 2, 3, 1]),
            (&[3, 2, 2, 2, 6], &[2, 7, 0, 1, 1]),
            (&[5], &[1]),
            (&[], &[]),
            (&[3, 0, 5], &[1, 2, 1]),
        ];
        for (shape, strides) in dynamic.into_iter().take(if cfg!(miri) { 1 } else { 6 }) {
            $check(&ArrayViewD::from_shape(IxDyn(shape).strides(IxDyn(strides)), &memory).expect("a dynamic view"));
        }
    }};
}

/// Two-dimensional views.
fn tables(memory: &[u32]) -> Vec<ArrayView2<'_, u32>> {
    let shapes = [SHAPE, (1, SHAPE.1), (SHAPE.0, 1), (0, SHAPE.1), (SHAPE.0, 0), (1, 1)];
    let mut views = Vec::new();
    for (rows, cols) in shapes.into_iter().take(if cfg!(miri) { 1 } else { 6 }) {
        for strides in STRIDES.into_iter().step_by(EVERY) {
            let view = ArrayView2::from_shape((rows, cols).strides(strides), memory).expect("a table");
            let mut inverted = view;
            inverted.invert_axis(ndarray::Axis(0));
            views.extend([view, inverted]);
        }
    }
    views
}

/// Strides of volumes.
const VOLUME_STRIDES: [(usize, usize, usize); 9] =
    [(1, 1, 1), (20, 3, 1), (3, 20, 1), (4, 6, 1), (0, 2, 1), (2, 0, 1), (6, 1, 2), (1, 4, 2), (2, 3, 5)];

/// Three-dimensional views: planes, rows or both overlap, with contiguous columns and without.
fn volumes(memory: &[u32]) -> Vec<ArrayView3<'_, u32>> {
    let mut views = Vec::new();
    let shapes = if cfg!(miri) {
        &[(3, 4, 3)][..]
    } else {
        &[(4, 5, 6), (1, 5, 6), (4, 1, 6), (4, 5, 1), (0, 5, 6), (4, 0, 6), (4, 5, 0)]
    };
    for &shape in shapes {
        for strides in VOLUME_STRIDES.into_iter().step_by(EVERY) {
            views.push(ArrayView3::from_shape(shape.strides(strides), memory).expect("a volume"));
        }
    }
    views
}

#[test]
#[cfg_attr(miri, ignore = "reaches no unsafe code of this crate")]
fn ndarray_makes_overlapping_views_for_reading() {
    let memory = memory();
    let view = ArrayView2::from_shape((9, 12).strides((2, 1)), &memory).expect("shared views may overlap");
    assert_eq!(view.strides(), [2, 1]);
    assert!(std::ptr::eq(&view[[0, 11]], &view[[5, 1]]));
    assert_eq!(overlaps(&view), 9 * 12 - (8 * 2 + 12));
    let (last, others) = STRIDES.split_last().expect("some strides");
    for &strides in others {
        assert!(
            overlaps(&ArrayView2::from_shape(SHAPE.strides(strides), &memory).expect("a table")) > 0,
            "{strides:?}"
        );
    }
    assert_eq!(overlaps(&ArrayView2::from_shape(SHAPE.strides(*last), &memory).expect("a table")), 0);
}

/// Fails unless every walk over a view and an output gives ndarray's cells, in ndarray's order.
fn every_walk_is_ndarrays<D: Dimension>(view: &ArrayView<'_, u32, D>) {
    for column_major in [false, true] {
        let blank = || -> Array<u32, D> { Array::zeros(view.raw_dim().set_f(column_major)) };
        let mut expected = blank();
        let mut order = Vec::new();
        ndarray::Zip::from(&mut expected).and(view).for_each(|out, cell| {
            order.push(from_ref(cell));
            *out = 3 * cell + 1;
        });
        // Nothing overlaps in a copy.
        let mut of_copy = blank();
        azip!((out in &mut of_copy, &cell in &copy_of(view)) *out = 3 * cell + 1);
        assert_eq!(of_copy, expected);

        let mut seen = Vec::new();
        Zip::from(&blank()).and(view).for_each(|_, cell| seen.push(from_ref(cell)));
        assert_eq!(seen, order, "in ndarray's order");
        let folded = Zip::from(&blank()).and(view).fold(Vec::new(), |mut cells, _, cell| {
            cells.push(from_ref(cell));
            cells
        });
        assert_eq!(folded, order);
        let folded = Zip::from(&blank()).and(view).simd_fold(Vec::new(), |mut cells, _, cell| {
            cells.push(from_ref(cell));
            cells
        });
        assert_eq!(folded, order);
        Zip::indexed(view).and(&blank()).for_each(|at, cell, _| {
            assert!(std::ptr::eq(cell, &view[at.into_dimension()]));
        });

        macro_rules! gives {
            ($way:literal, |$out:ident| $walk:expr) => {{
                let mut $out = blank();
                $walk;
                assert_eq!($out, expected, "{}: {:?} by {:?}", $way, view.shape(), view.strides());
            }};
        }
        gives!("azip", |out| azip!((out in &mut out, &cell in view) *out = 3 * cell + 1));
        gives!("simd_azip", |out| simd_azip!((out in &mut out, &cell in view) *out = 3 * cell + 1));
        gives!("unordered", |out| simd_azip!(unordered (out in &mut out, &cell in view) *out = 3 * cell + 1));
        gives!("iterator", |out| Zip::from(&mut out).and(view).into_iter().for_each(|(out, cell)| *out = 3 * cell + 1));
        gives!("backwards", |out| {
            Zip::from(&mut out).and(view).into_iter().rev().for_each(|(out, cell)| *out = 3 * cell + 1);
        });
        gives!("kept", |out| {
            let mut kept = Vec::new();
            Zip::from(&mut out).and(view).for_each(|out, cell| kept.push((out, cell)));
            kept.into_iter().rev().for_each(|(out, cell)| *out = 3 * cell + 1);
        });
        if view.ndim() > 0 {
            gives!("in parts", |out| {
                leaves(Zip::from(&mut out).and(view))
                    .into_iter()
                    .for_each(|part| part.for_each(|out, cell| *out = 3 * cell + 1));
            });
        }
        #[cfg(feature = "rayon")]
        gives!("on several threads", |out| {
            ndarray_lockstep::par_azip!((out in &mut out, &cell in view) *out = 3 * cell + 1);
        });
        #[cfg(feature = "rayon")]
        gives!("in small tasks", |out| {
            use rayon::prelude::*;
            Zip::from(&mut out).and(view).into_par_iter().for_each(|(out, cell)| *out = 3 * cell + 1);
        });
        assert_eq!(Zip::from(view).map_collect(|cell| 3 * cell + 1), expected);
    }

    // Rows come in row-major order if their cells are contiguous.
    let mut rows = Vec::new();
    let answer = Zip::from(view).for_each_row(|row| rows.extend(row.iter().map(from_ref)));
    match answer {
        Ok(()) => assert_eq!(rows, view.iter().map(from_ref).collect::<Vec<_>>()),
        Err(error) => {
            assert!(view.len() > 1 && Some(&error.stride()) == view.strides().last() && error.stride() != 1);
        }
    }
}

#[test]
fn walks_over_overlapping_views_are_those_of_ndarray() {
    for_views!(every_walk_is_ndarrays);
}

// Known trap: zero-length axes, offsets computed for shapes such as (0, 3) and (1, 0) (#361, PR
// #543).
#[test]
#[cfg_attr(miri, ignore = "`extremes` has views without cells")]
fn views_without_cells_are_walked_without_an_offset() {
    let memory = [1_u32, 2, 3];
    for shape in [(0, 3), (1, 0), (3, 0), (0, 0), (0, 1)] {
        for strides in [(1, 1), (0, 1), (1, 0), (3, 1), (2, 1)] {
            let Ok(mut view) = ArrayView2::from_shape(shape.strides(strides), &memory) else { continue };
            for _ in 0..2 {
                assert!(memory.as_ptr_range().contains(&view.as_ptr()) || view.as_ptr() == memory.as_ptr_range().end);
                every_walk_is_ndarrays(&view);
                windows_are_those_of_ndarray::<1, 1>(view);
                windows_are_those_of_ndarray::<2, 3>(view);
                assert_eq!(view.interior::<3, 3>().len(), 0);
                view.invert_axis(ndarray::Axis(0));
                view.invert_axis(ndarray::Axis(1));
            }
        }
    }
}

/// Computes a number that depends on the order of the window's cells.
#[inline(always)]
fn weigh<const K: usize, const L: usize>(window: Window<'_, u32, K, L>) -> u32 {
    window.iter().fold(17, |sum: u32, &cell| sum.wrapping_mul(31).wrapping_add(cell))
}

/// The same for ndarray's views.
fn weigh_view<D: Dimension>(window: &ArrayView<'_, u32, D>) -> u32 {
    window.iter().fold(17, |sum: u32, &cell| sum.wrapping_mul(31).wrapping_add(cell))
}

/// The numbers of all of ndarray's windows over an owned copy of a view.
fn windows_of_copy<D: Dimension>(view: &ArrayView<'_, u32, D>, window: D) -> Array<u32, D> {
    let copy = copy_of(view);
    ndarray::Zip::from(copy.windows(window)).map_collect(|window| weigh_view(&window))
}

fn windows_are_those_of_ndarray<const K: usize, const L: usize>(view: ArrayView2<'_, u32>) {
    let expected = windows_of_copy(&view, (K, L).into_dimension());
    let Ok(windows) = view.try_array_windows::<K, L>() else {
        assert!(view.strides()[1] != 1 && !expected.is_empty());
        return;
    };
    assert_eq!(windows.dim(), expected.dim());
    let cells: Vec<_> = view.windows((K, L)).into_iter().collect();
    for ((window, centre), of_ndarray) in Zip::from(windows).and(view.interior::<K, L>()).into_iter().zip(&cells) {
        assert!(window.iter().map(from_ref).eq(of_ndarray.iter().map(from_ref)));
        assert!(window.rows().into_iter().flatten().map(from_ref).eq(of_ndarray.iter().map(from_ref)));
        assert!(window.view().iter().map(from_ref).eq(of_ndarray.iter().map(from_ref)));
        assert!(std::ptr::eq(centre, window.center()) && std::ptr::eq(centre, &of_ndarray[[K / 2, L / 2]]));
    }
    macro_rules! gives {
        ($way:literal, |$out:ident| $walk:expr) => {{
            for column_major in [false, true] {
                let mut $out = Array2::<u32>::zeros(expected.raw_dim().set_f(column_major));
                $walk;
                assert_eq!($out, expected, "{}: {:?} by {:?}", $way, view.shape(), view.strides());
            }
        }};
    }
    gives!("azip", |out| azip!((out in &mut out, w in windows) *out = weigh(w)));
    gives!("simd_azip", |out| simd_azip!((out in &mut out, w in windows) *out = weigh(w)));
    gives!(
        "two inputs",
        |out| simd_azip!((out in &mut out, w in windows, v in windows) *out = weigh(w) ^ weigh(v) ^ weigh(w))
    );
    gives!("unordered", |out| simd_azip!(unordered (out in &mut out, w in windows) *out = weigh(w)));
    gives!("iterator", |out| Zip::from(&mut out).and(windows).into_iter().for_each(|(out, w)| *out = weigh(w)));
    gives!("backwards", |out| Zip::from(&mut out).and(windows).into_iter().rev().for_each(|(out, w)| *out = weigh(w)));
    gives!("kept", |out| {
        let mut kept = Vec::new();
        Zip::from(&mut out).and(windows).simd_for_each_ordered(|out, w| kept.push((out, w)));
        kept.into_iter().rev().for_each(|(out, w)| *out = weigh(w));
    });
    gives!("in parts", |out| {
        leaves(Zip::from(&mut out).and(windows)).into_iter().for_each(|part| part.for_each(|out, w| *out = weigh(w)));
    });
    #[cfg(feature = "rayon")]
    gives!("on several threads", |out| ndarray_lockstep::par_azip!((out in &mut out, w in windows) *out = weigh(w)));
    #[cfg(feature = "rayon")]
    gives!("in small tasks", |out| {
        use rayon::prelude::*;
        Zip::from(&mut out).and(windows).into_par_iter().for_each(|(out, w)| *out = weigh(w));
    });
    assert_eq!(Zip::from(windows).map_collect(weigh), expected);

    let mut row = 0;
    let answer = Zip::from(windows).for_each_row(|covered| {
        for (k, covered) in covered.into_iter().enumerate() {
            assert!(covered.iter().map(from_ref).eq(view.row(row + k).iter().map(from_ref)));
        }
        row += 1;
    });
    assert_eq!((answer, row), (Ok(()), if expected.is_empty() { 0 } else { expected.nrows() }));
}

// Known trap: overlapping reads, for example windows over views whose rows share cells.
#[test]
fn windows_over_overlapping_rows_are_those_of_ndarray() {
    let memory = memory();
    let mut with_windows = 0;
    for view in tables(&memory) {
        windows_are_those_of_ndarray::<1, 1>(view);
        windows_are_those_of_ndarray::<3, 3>(view);
        windows_are_those_of_ndarray::<2, 5>(view);
        windows_are_those_of_ndarray::<4, 1>(view);
        with_windows +=
            usize::from(overlaps(&view) > 0 && view.try_array_windows::<3, 3>().is_ok_and(|w| !w.is_empty()));
    }
    assert_eq!(with_windows, if cfg!(miri) { 2 } else { 10 }, "pairs of strides, each upside down too");
}

#[test]
fn windows_over_overlapping_planes_are_those_of_ndarray() {
    /// Computes a number from the cells of a window over a volume.
    fn weigh_volume(window: Window3d<'_, u32, 2, 3, 2>) -> u32 {
        window.iter().fold(17, |sum: u32, &cell| sum.wrapping_mul(31).wrapping_add(cell))
    }
    let memory = memory();
    let mut with_windows = 0;
    for view in volumes(&memory) {
        let expected = windows_of_copy(&view, (2, 3, 2).into_dimension());
        let Ok(windows) = view.try_array_windows_3d::<2, 3, 2>() else { continue };
        with_windows += usize::from(overlaps(&view) > 0 && !windows.is_empty());
        let cells = view.windows((2, 3, 2));
        for ((window, centre), of_ndarray) in
            Zip::from(windows).and(view.interior_3d::<2, 3, 2>()).into_iter().zip(cells)
        {
            assert!(window.iter().map(from_ref).eq(of_ndarray.iter().map(from_ref)));
            assert!(std::ptr::eq(centre, window.center()));
        }
        assert_eq!(Zip::from(windows).map_collect(weigh_volume), expected);
        let mut out = Array::zeros(expected.raw_dim());
        simd_azip!((out in &mut out, w in windows) *out = weigh_volume(w));
        assert_eq!(out, expected);
        out.fill(0);
        simd_azip!(unordered (out in &mut out, w in windows) *out = weigh_volume(w));
        assert_eq!(out, expected);
        out.fill(0);
        leaves(Zip::from(&mut out).and(windows))
            .into_iter()
            .for_each(|part| part.for_each(|out, w| *out = weigh_volume(w)));
        assert_eq!(out, expected);
        #[cfg(feature = "rayon")]
        {
            out.fill(0);
            ndarray_lockstep::par_azip!((out in &mut out, w in windows) *out = weigh_volume(w));
            assert_eq!(out, expected);
        }

        // A window over each image of the stack is a window over one plane.
        let of_stack = windows_of_copy(&view, (1, 3, 2).into_dimension());
        let Ok(windows) = view.try_array_windows::<3, 2>() else { continue };
        assert_eq!(Zip::from(windows).map_collect(weigh), of_stack);
        let mut out = Array::zeros(of_stack.raw_dim());
        simd_azip!((out in &mut out, w in windows) *out = weigh(w));
        assert_eq!(out, of_stack);
    }
    assert_eq!(with_windows, if cfg!(miri) { 1 } else { 6 }, "strides with contiguous columns");
}

#[test]
fn filters_of_overlapping_views_are_those_of_a_copy() {
    let memory = memory();
    for view in tables(&memory) {
        let boundaries =
            [Boundary::Constant(7), Boundary::Edge, Boundary::Reflect, Boundary::Symmetric, Boundary::Wrap];
        for boundary in boundaries.into_iter().take(if cfg!(miri) { 1 } else { 5 }) {
            let copy = copy_of(&view);
            if view.is_empty() && !matches!(boundary, Boundary::Constant(_)) {
                continue;
            }
            let padded = Padded::from_interior::<3, 4>(&view, boundary);
            assert_eq!(padded, Padded::from_interior::<3, 4>(&copy, boundary));
            assert_eq!(padded.interior(), view);
            let expected = if view.is_empty() {
                Array2::zeros(view.dim())
            } else {
                windows_of_copy(&padded.view(), (3, 4).into_dimension())
            };
            assert_eq!(Stencil::<3, 4>::map(&view, boundary, weigh), expected);
            let mut out = Array2::zeros(view.raw_dim().f());
            Stencil::<3, 4>::map_into(&view, boundary, &mut out, weigh);
            assert_eq!(out, expected);
        }
    }
}

#[test]
fn coefficients_of_time_steps_may_overlap() {
    const STEPS: usize = if cfg!(miri) { 2 } else { 5 };
    let memory = memory();
    let kernel =
        |(w, [one, other]): (Window<'_, u32, 3, 3>, [&u32; 2])| weigh(w).wrapping_mul(*one).wrapping_add(*other);
    for view in tables(&memory).into_iter().filter(|view| view.dim() == SHAPE) {
        let start = Array2::from_shape_fn(view.dim(), |(i, j)| u32::try_from(i * 31 + j * 7).expect("small"));
        let copy = copy_of(&view);
        // With ndarray's windows, step by step.
        let mut expected = start.clone();
        for _ in 0..STEPS {
            let padded = Padded::from_interior::<3, 3>(&expected, Boundary::Wrap);
            let padded = padded.view();
            ndarray::Zip::from(&mut expected).and(padded.windows((3, 3))).and(&copy).for_each(|next, w, &cell| {
                *next = weigh_view(&w).wrapping_mul(cell).wrapping_add(cell);
            });
        }
        for &depth in if cfg!(miri) { &[2][..] } else { &[1, 3] } {
            let mut steps = Stencil::<3, 3>::stepper(Boundary::Wrap).depth(depth);
            let mut state = start.clone();
            steps.run(STEPS, (&mut state, [&view, &copy.view()]), kernel);
            assert_eq!(state, expected, "{:?}, {depth} deep", view.strides());
            #[cfg(feature = "rayon")]
            {
                let mut state = start.clone();
                steps.par_run(STEPS, (&mut state, [&copy.view(), &view]), kernel);
                assert_eq!(state, expected, "{:?}, {depth} deep, on several threads", view.strides());
            }
        }
    }
}

#[test]
fn a_moving_average_needs_no_copy_of_its_signal() {
    // Row i of the view holds the samples from i on: its columns are the shifted signal.
    let signal: Vec<u32> = (0..40).map(|n| n * n).collect();
    let moved = ArrayView2::from_shape((36, 5).strides((1, 1)), &signal).expect("shared views may overlap");
    let mut sums = Array1::zeros(36);
    Zip::indexed(moved.array_windows::<1, 5>()).for_each(|(i, _), w| sums[i] = w.iter().sum::<u32>());
    assert_eq!(sums.to_vec(), signal.windows(5).map(|five| five.iter().sum()).collect::<Vec<u32>>());
}

#[test]
#[cfg_attr(miri, ignore = "reaches no unsafe code of this crate")]
fn the_property_tests_draw_overlapping_views() {
    let mut runner = TestRunner::deterministic();
    let strategy = layouts(3, true);
    let (mut overlapping, mut distinct) = (0, 0);
    for _ in 0..400 {
        let layout: Layout = strategy.new_tree(&mut runner).expect("a layout").current();
        let stored: Array<u32, ndarray::Ix3> = layout.stored(&[3, 3, 4], |_| 0);
        let view = layout.view(&[3, 3, 4], &stored);
        // Broadcast axes do not count.
        if view.strides().contains(&0) {
            continue;
        }
        if overlaps(&view) > 0 {
            assert!(layout.shares_cells(), "{layout:?}");
            overlapping += 1;
        } else {
            distinct += 1;
        }
    }
    assert!(overlapping > distinct / 10, "{overlapping} views that overlap, {distinct} that do not");
}
