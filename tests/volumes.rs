//! Compares windows over arrays of three and more dimensions with ndarray's `windows`: K×L×M
//! windows over volumes (`array_windows_3d`), and K×L windows over each image of a stack
//! (`array_windows`), with their interiors. The inputs have every layout and size, including one
//! cell too small in an axis.
//!
//! A comment that begins with "Known trap" names a bug that has broken published code of this kind;
//! the numbers are ndarray's issues.

mod common;

use std::cell::Cell;
use std::panic::catch_unwind;

use ndarray::{Array3, Array4, ArrayView2, ArrayView3, Axis, Ix3, array, s};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Size2, Size3, Window, Window3d, Windows, Zip, azip, simd_azip};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use common::{AxisLayout, Layout, axis_layouts, for_all, layouts, leaves, lengths_around, or_under_miri};

/// The tests of one size of windows.
macro_rules! for_windows_of {
    ($($(#[$attribute:meta])* $size:ident $k:literal $l:literal $m:literal;)+) => {$(
        mod $size {
            use super::*;

            #[test]
            $(#[$attribute])*
            fn windows_are_those_of_ndarray() {
                for_all(inputs([$k, $l, $m]), super::windows_are_those_of_ndarray::<$k, $l, $m>);
            }

            #[test]
            $(#[$attribute])*
            fn windows_of_a_stack_are_those_of_each_table() {
                for_all(inputs([1, $l, $m]), super::windows_of_a_stack_are_those_of_each_table::<$l, $m>);
            }

            #[test]
            $(#[$attribute])*
            fn windows_need_a_unit_column_stride() {
                for_all(any_inputs([$k, $l, $m]), super::windows_need_a_unit_column_stride::<$k, $l, $m>);
            }

            #[test]
            $(#[$attribute])*
            fn the_interior_holds_the_centres() {
                for_all(any_inputs([$k, $l, $m]), super::the_interior_holds_the_centres::<$k, $l, $m>);
            }

            #[test]
            $(#[$attribute])*
            fn every_kind_of_walk_gives_the_same() {
                for_all((inputs([$k, $l, $m]), layouts(3, false)), super::every_kind_of_walk_gives_the_same::<$k, $l, $m>);
            }

            #[test]
            $(#[$attribute])*
            fn split_windows_are_the_windows() {
                for_all(inputs([$k, $l, $m]), super::split_windows_are_the_windows::<$k, $l, $m>);
            }

            #[test]
            $(#[$attribute])*
            fn cells_outside_a_window_are_refused() {
                super::cells_outside_a_window_are_refused::<$k, $l, $m>();
            }
        }
    )+};
}

for_windows_of! {
    #[cfg_attr(miri, ignore = "the code is that of 2×3×1")]
    windows_1_by_1_by_1 1 1 1;
    #[cfg_attr(miri, ignore = "the code is that of 2×3×1")]
    windows_3_by_3_by_3 3 3 3;
    windows_2_by_3_by_1 2 3 1;
    #[cfg_attr(miri, ignore = "the code is that of 2×3×1")]
    windows_3_by_1_by_2 3 1 2;
    #[cfg_attr(miri, ignore = "the code is that of 2×3×1")]
    windows_1_by_2_by_4 1 2 4;
    #[cfg_attr(miri, ignore = "the code is that of 2×3×1")]
    windows_4_by_2_by_3 4 2 3;
}

/// The shape and the layout of the array that windows are taken from.
#[derive(Clone, Debug)]
struct Input {
    shape: [usize; 3],
    layout: Layout,
}

impl Input {
    /// The array from which the input is sliced. All cells differ.
    fn stored(&self) -> Array3<usize> {
        self.layout.stored(&self.shape, |k| 100 + k)
    }

    fn view<'a, T>(&self, stored: &'a Array3<T>) -> ArrayView3<'a, T> {
        self.layout.view(&self.shape, stored)
    }
}

/// The largest excess of an input axis over the length of the window.
const MORE: usize = or_under_miri(5, 1);

fn shapes_around([k, l, m]: [usize; 3]) -> impl Strategy<Value = [usize; 3]> + Clone {
    (lengths_around(k, MORE), lengths_around(l, MORE), lengths_around(m, MORE))
        .prop_map(|(planes, rows, cols)| [planes, rows, cols])
}

/// Inputs with contiguous columns. Their planes and rows have any layout: sliced, inverted,
/// broadcast, overlapping, exchanged.
fn inputs(window: [usize; 3]) -> impl Strategy<Value = Input> + Clone {
    let anyhow =
        || prop_oneof![6 => axis_layouts(true), 1 => Just(AxisLayout { stretched: true, ..AxisLayout::whole() })];
    let cols = (0..3_usize, 0..3_usize).prop_map(|(before, after)| AxisLayout { before, after, ..AxisLayout::whole() });
    let permutation = prop_oneof![2 => Just(vec![0, 1, 2]), 1 => Just(vec![1, 0, 2])];
    (shapes_around(window), anyhow(), anyhow(), cols, permutation).prop_map(
        |(shape, planes, rows, cols, permutation)| Input {
            shape,
            layout: Layout { axes: vec![planes, rows, cols], permutation, column_major: false },
        },
    )
}

/// Inputs of any layout.
fn any_inputs(window: [usize; 3]) -> impl Strategy<Value = Input> + Clone {
    (shapes_around(window), layouts(3, true), inputs(window), any::<bool>())
        .prop_map(|(shape, layout, input, unit_columns)| if unit_columns { input } else { Input { shape, layout } })
}

/// The offset of cell `at` from the centre of a window of `len` cells.
fn from_centre(at: usize, len: usize) -> isize {
    at.cast_signed() - (len / 2).cast_signed()
}

/// Fails unless every accessor of a window returns the cells of the view, not copies.
fn assert_window_is<T, const K: usize, const L: usize, const M: usize>(
    window: Window3d<'_, T, K, L, M>,
    view: &ArrayView3<'_, T>,
) {
    let same = |one: &T, other: &T| std::ptr::eq(one, other);
    let (rows, planes) = (window.rows(), window.planes());
    for ((k, l, m), cell) in view.indexed_iter() {
        assert!(same(&window[[k, l, m]], cell), "cell {k}, {l}, {m}");
        assert!(same(&rows[k][l][m], cell), "cell {m} of row {l} of plane {k}");
        assert!(same(&planes[k][[l, m]], cell) && same(&window.plane(k)[[l, m]], cell), "cell {l}, {m} of plane {k}");
        let [dk, dl, dm] = [from_centre(k, K), from_centre(l, L), from_centre(m, M)];
        assert!(same(window.at(dk, dl, dm), cell), "cell {dk}, {dl}, {dm} from the centre");
    }
    assert!(same(window.center(), &view[[K / 2, L / 2, M / 2]]), "the centre");

    let same_cells = |seen: &[&T]| {
        seen.len() == K * L * M && seen.iter().zip(view.iter()).all(|(one, other)| std::ptr::eq(*one, other))
    };
    assert!(same_cells(&window.iter().collect::<Vec<_>>()), "the iterator");
    let mut backwards: Vec<&T> = window.into_iter().rev().collect();
    backwards.reverse();
    assert!(same_cells(&backwards), "the iterator backwards");

    let seen = window.view();
    assert_eq!(seen.dim(), (K, L, M));
    assert!(seen.iter().zip(view.iter()).all(|(one, other)| same(one, other)), "the view");
    for (axis, len) in [K, L].into_iter().enumerate() {
        assert!(len == 1 || seen.strides()[axis] == view.strides()[axis], "the view's stride of axis {axis}");
    }
}

// Known trap: negative strides (windows over inverted axes), broadcast planes, windows larger than
// the array.
fn windows_are_those_of_ndarray<const K: usize, const L: usize, const M: usize>(input: Input) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let expected: Vec<_> = view.windows((K, L, M)).into_iter().collect();
    let windows = view.array_windows_3d::<K, L, M>();
    let [planes, rows, cols] =
        [(0, K), (1, L), (2, M)].map(|(axis, window)| (input.shape[axis] + 1).saturating_sub(window));
    prop_assert_eq!(windows.dim(), (planes, rows, cols));
    prop_assert_eq!((windows.len(), windows.is_empty()), (expected.len(), expected.is_empty()));
    prop_assert_eq!(Zip::from(windows).size(), expected.len());

    let mut seen = 0;
    azip!((index (h, i, j), window in windows) {
        let view = &expected[(h * rows + i) * cols + j];
        assert_window_is(window, view);
        assert_eq!(window.to_array().as_flattened().as_flattened(), view.iter().copied().collect::<Vec<_>>());
        seen += 1;
    });
    prop_assert_eq!(seen, expected.len());

    let mut iter = Zip::from(windows).into_iter();
    for view in &expected {
        assert_window_is(iter.next().expect("as many windows as ndarray has").0, view);
    }
    prop_assert!(iter.next().is_none());
    Ok(())
}

fn windows_of_a_stack_are_those_of_each_table<const L: usize, const M: usize>(input: Input) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let windows = view.array_windows::<L, M>();
    let [rows, cols] = [(1, L), (2, M)].map(|(axis, window)| (input.shape[axis] + 1).saturating_sub(window));
    prop_assert_eq!(windows.dim(), (input.shape[0], rows, cols));
    prop_assert_eq!(windows.len(), input.shape[0] * rows * cols);
    let is = |window: Window<'_, usize, L, M>, view: ArrayView2<'_, usize>| {
        window.iter().zip(view.iter()).all(|(one, other)| std::ptr::eq(one, other)) && window.view().dim() == view.dim()
    };
    let mut seen = 0;
    azip!((index (n, i, j), window in windows, centre in view.interior::<L, M>()) {
        assert!(is(window, view.slice(s![n, i..i + L, j..j + M])));
        assert!(std::ptr::eq(window.center(), centre));
        seen += 1;
    });
    prop_assert_eq!(seen, windows.len());

    // For each image the sums are the same, in the same order, so these loops too may use more than
    // the baseline.
    let sums =
        |window: Window<'_, usize, L, M>| window.iter().enumerate().map(|(k, cell)| (k + 1) * cell).sum::<usize>();
    let mut expected = Array3::zeros((input.shape[0], rows, cols));
    for (table, mut sum) in view.outer_iter().zip(expected.outer_iter_mut()) {
        azip!((sum in &mut sum, window in table.array_windows::<L, M>()) *sum = sums(window));
    }
    let mut dispatched = Array3::zeros(expected.dim());
    simd_azip!((sum in &mut dispatched, window in windows) {
        *sum = window.iter().enumerate().map(|(k, cell)| (k + 1) * cell).sum::<usize>();
    });
    prop_assert_eq!(&dispatched, &expected);
    dispatched.fill(0);
    simd_azip!(unordered (sum in &mut dispatched, window in windows) *sum = sums(window));
    prop_assert_eq!(&dispatched, &expected);

    let mut written: Array3<usize> = Array3::zeros(view.dim());
    written.interior_mut::<L, M>().assign(&view.interior::<L, M>());
    prop_assert_eq!(written.interior::<L, M>(), view.interior::<L, M>());
    prop_assert_eq!(written.iter().filter(|&&cell| cell > 0).count(), windows.len(), "only the interior is written");
    Ok(())
}

fn windows_need_a_unit_column_stride<const K: usize, const L: usize, const M: usize>(input: Input) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let [planes, rows, cols] = input.shape;
    let fits = planes >= K && rows >= L && cols >= M;
    let stride = view.strides()[2];
    match view.try_array_windows_3d::<K, L, M>() {
        Ok(windows) => {
            prop_assert!(!fits || cols == 1 || stride == 1);
            prop_assert_eq!(Windows::<_, Size3<K, L, M>>::new(view).dim(), windows.dim());
            let expected = view.windows((K, L, M));
            for ((window,), view) in Zip::from(windows).into_iter().zip(expected) {
                assert_window_is(window, &view);
            }
        }
        Err(error) => {
            prop_assert!(fits && cols > 1 && stride != 1);
            prop_assert_eq!(error.stride(), stride);
            let plain = catch_unwind(|| view.array_windows_3d::<K, L, M>().len()).unwrap_err();
            prop_assert_eq!(plain.downcast_ref::<String>(), Some(&error.to_string()));
        }
    }
    let fits = planes > 0 && rows >= L && cols >= M;
    match view.try_array_windows::<L, M>() {
        Ok(_) => prop_assert!(!fits || cols == 1 || stride == 1),
        Err(error) => {
            prop_assert!(fits && cols > 1 && stride != 1);
            prop_assert_eq!(error.stride(), stride);
        }
    }
    Ok(())
}

// Known trap: an interior slice one column short of what the loop writes; the centre of even sizes.
fn the_interior_holds_the_centres<const K: usize, const L: usize, const M: usize>(input: Input) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let expected: Vec<_> = view.windows((K, L, M)).into_iter().collect();
    let interior = view.interior_3d::<K, L, M>();
    prop_assert_eq!(interior.len(), expected.len());
    for (cell, window) in interior.iter().zip(&expected) {
        prop_assert!(std::ptr::eq(cell, &window[[K / 2, L / 2, M / 2]]));
    }
    let mut written: Array3<usize> = Array3::zeros(view.dim());
    prop_assert_eq!(written.interior_3d_mut::<K, L, M>().dim(), interior.dim());
    written.interior_3d_mut::<K, L, M>().assign(&interior);
    prop_assert_eq!(written.iter().filter(|&&cell| cell > 0).count(), expected.len(), "only the interior is written");
    prop_assert_eq!(written.interior_3d::<K, L, M>(), interior);
    Ok(())
}

// Known trap: layouts, mixed row-major and column-major, three and more dimensions (#296, #297).
// Outputs also have a vote on the order.
fn every_kind_of_walk_gives_the_same<const K: usize, const L: usize, const M: usize>(
    (input, layout): (Input, Layout),
) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let shape = [(0, K), (1, L), (2, M)].map(|(axis, window)| (input.shape[axis] + 1).saturating_sub(window));
    let mut expected: Array3<usize> = layout.stored(&shape, |k| k);
    let mut order = Vec::new();
    ndarray::Zip::from(layout.view_mut::<_, Ix3>(&shape, &mut expected)).and(view.windows((K, L, M))).for_each(
        |out, window| {
            order.push((*out, window[[0, 0, 0]]));
            *out += window.iter().enumerate().map(|(k, cell)| (k + 1) * cell).sum::<usize>();
        },
    );
    macro_rules! check {
        ($way:literal, |$out:ident| $walk:expr) => {{
            let mut stored: Array3<usize> = layout.stored(&shape, |k| k);
            {
                let $out = layout.view_mut::<_, Ix3>(&shape, &mut stored);
                $walk;
            }
            prop_assert_eq!(&stored, &expected, $way);
        }};
    }
    macro_rules! add_up {
        ($window:ident) => {
            $window.iter().enumerate().map(|(k, cell)| (k + 1) * cell).sum::<usize>()
        };
    }
    let windows = view.array_windows_3d::<K, L, M>();
    let mut visits = Vec::new();
    check!("in order", |out| azip!((out in out, w in windows) {
        visits.push((*out, w[[0, 0, 0]]));
        *out += add_up!(w);
    }));
    prop_assert_eq!(&visits, &order);
    check!("dispatched", |out| simd_azip!((out in out, w in windows) *out += add_up!(w)));
    check!("in any order", |out| simd_azip!(unordered (out in out, w in windows) *out += add_up!(w)));
    check!("by iterator", |out| Zip::from(out).and(windows).into_iter().for_each(|(out, w)| *out += add_up!(w)));
    check!("backwards", |out| Zip::from(out).and(windows).into_iter().rev().for_each(|(out, w)| *out += add_up!(w)));
    check!("by index", |out| azip!((index at, out in out, w in windows) {
        assert!(std::ptr::eq(&w[[0, 0, 0]], &view[[at.0, at.1, at.2]]));
        *out += add_up!(w);
    }));
    #[cfg(feature = "rayon")]
    check!("on several threads", |out| ndarray_lockstep::par_azip!((out in out, w in windows) *out += add_up!(w)));
    #[cfg(feature = "rayon")]
    check!("in small pieces", |out| {
        use rayon::prelude::*;
        Zip::from(out).and(windows).into_par_iter().for_each(|(out, w)| *out += add_up!(w));
    });

    // Each item is the rows that the windows of a row cover.
    let mut seen = 0;
    let rows = Zip::from(windows).for_each_row(|planes: [[&[usize]; L]; K]| {
        assert!(planes.as_flattened().iter().all(|row| row.len() == shape[2] + M - 1));
        seen += planes[0][0].len() - (M - 1);
    });
    prop_assert!(rows.is_ok() || view.strides()[2] != 1);
    prop_assert!(rows.is_err() || seen == windows.len());
    Ok(())
}

// Known trap: splitting, halves that overlap or skip an element. Adjacent parts of an input share K
// - 1 planes.
fn split_windows_are_the_windows<const K: usize, const L: usize, const M: usize>(input: Input) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let expected: Vec<_> = view.windows((K, L, M)).into_iter().collect();
    let mut seen = vec![0; expected.len()];
    let (_, rows, cols) = view.array_windows_3d::<K, L, M>().dim();
    if !expected.is_empty() {
        for part in leaves(Zip::indexed(view.array_windows_3d::<K, L, M>())) {
            part.for_each(|(h, i, j), window| {
                let number = (h * rows + i) * cols + j;
                assert_window_is(window, &expected[number]);
                seen[number] += 1;
            });
        }
    }
    prop_assert!(seen.iter().all(|&times| times == 1));
    Ok(())
}

fn cells_outside_a_window_are_refused<const K: usize, const L: usize, const M: usize>() {
    let input = Array3::<u8>::zeros((K, L, M));
    let [(window,)] = Zip::from(input.array_windows_3d::<K, L, M>()).into_iter().collect::<Vec<_>>()[..] else {
        panic!("one window")
    };
    let refuses = |cell: &(dyn Fn() -> u8 + std::panic::RefUnwindSafe)| {
        let panic = catch_unwind(cell).unwrap_err();
        panic.downcast_ref::<String>().expect("a message").contains(&format!("{K}×{L}×{M} window"))
    };
    for outside in [[K, 0, 0], [0, L, 0], [0, 0, M], [usize::MAX, 0, 0], [0, usize::MAX, 0], [0, 0, usize::MAX]] {
        assert!(refuses(&|| window[outside]), "{outside:?}");
    }
    let ends = [K, L, M].map(|len| (from_centre(0, len) - 1, from_centre(len, len)));
    for outside in [ends[0].0, ends[0].1, isize::MIN, isize::MAX] {
        assert!(refuses(&|| *window.at(outside, 0, 0)));
    }
    for outside in [ends[1].0, ends[1].1, isize::MIN, isize::MAX] {
        assert!(refuses(&|| *window.at(0, outside, 0)));
    }
    for outside in [ends[2].0, ends[2].1, isize::MIN, isize::MAX] {
        assert!(refuses(&|| *window.at(0, 0, outside)));
    }
    assert!(refuses(&|| window.plane(K)[[0, 0]]));
}

#[test]
fn jammed_rows_see_the_planes_around_them() {
    // Long enough for kernels of four, two and one row, in every plane.
    let (planes, rows, cols) = if cfg!(miri) { (3, 9, 4) } else { (5, 13, 40) };
    let input = Array3::from_shape_fn((planes, rows, cols), |(h, i, j)| (h * h * 1000 + i * i * 10 + j) as f32);
    let mut plain = Array3::<f32>::zeros(input.dim());
    let mut dispatched = plain.clone();
    macro_rules! heat {
        ($azip:ident, $out:ident) => {
            $azip!((out in $out.interior_3d_mut::<3, 3, 3>(), w in input.array_windows_3d::<3, 3, 3>()) {
                let around = w.at(-1, 0, 0) + w.at(1, 0, 0) + w.at(0, -1, 0) + w.at(0, 1, 0) + w.at(0, 0, -1) + w.at(0, 0, 1);
                *out = w.center() + 0.1 * (around - 6.0 * w.center());
            })
        };
    }
    heat!(azip, plain);
    heat!(simd_azip, dispatched);
    assert_eq!(plain, dispatched);
    assert_eq!(plain[[1, 1, 1]], {
        let at = |h: usize, i: usize, j: usize| input[[h, i, j]];
        let around = at(0, 1, 1) + at(2, 1, 1) + at(1, 0, 1) + at(1, 2, 1) + at(1, 1, 0) + at(1, 1, 2);
        at(1, 1, 1) + 0.1 * (around - 6.0 * at(1, 1, 1))
    });
}

#[test]
fn stacks_of_stacks_have_windows() {
    let cols = or_under_miri(4, 1);
    let input = Array4::from_shape_fn((2, 3, 4, cols + 1), |(a, b, i, j)| 1000 * a + 100 * b + 10 * i + j);
    let windows = input.array_windows::<3, 2>();
    assert_eq!((windows.dim(), windows.len()), ((2, 3, 2, cols), 12 * cols));
    let mut seen = 0;
    azip!((index (a, b, i, j), w in windows, &centre in input.interior::<3, 2>()) {
        assert_eq!(w.to_array(), [0, 1, 2].map(|k| [0, 1].map(|l| input[[a, b, i + k, j + l]])));
        assert_eq!(*w.center(), centre);
        seen += 1;
    });
    assert_eq!(seen, 12 * cols);
    let mut sums = Array4::zeros((2, 3, 2, cols));
    simd_azip!((sum in &mut sums, w in windows) *sum = w.iter().sum::<usize>());
    assert!(sums.indexed_iter().all(|((a, b, i, j), &sum)| sum == input.slice(s![a, b, i..i + 3, j..j + 2]).sum()));
}

#[test]
fn stacks_of_volumes_have_windows() {
    let cols = or_under_miri(5, 1);
    let input = Array4::from_shape_fn((2, 4, 4, cols + 1), |(n, h, i, j)| 1000 * n + 100 * h + 10 * i + j);
    let windows = input.array_windows_3d::<2, 3, 2>();
    assert_eq!((windows.dim(), windows.len()), ((2, 3, 2, cols), 12 * cols));
    let mut sums = Array4::zeros((2, 3, 2, cols));
    simd_azip!((sum in &mut sums, w in windows) *sum = w.iter().sum::<usize>());
    azip!((index (n, h, i, j), w in windows, &centre in input.interior_3d::<2, 3, 2>(), &sum in &sums) {
        let cells = input.slice(s![n, h..h + 2, i..i + 3, j..j + 2]);
        assert_eq!((w.view(), *w.center(), sum), (cells, centre, cells.sum()));
    });
    let (first, second) = Zip::from(windows).split();
    let halves = [first, second].map(|half| half.fold(0, |sum, w| sum + w.iter().sum::<usize>()));
    assert_eq!(halves, [0, 1].map(|n| sums.index_axis(Axis(0), n).sum()));
}

#[test]
fn windows_of_cells_are_updated_in_place_in_order() {
    let cells = Array3::from_shape_fn((3, 4, 5), |(h, i, j)| Cell::new(h + i + j));
    let mut expected = cells.map(Cell::get);
    for (h, i, j) in ndarray::indices((1, 2, 3)) {
        expected[[h + 1, i + 1, j + 1]] = expected.slice(s![h..h + 3, i..i + 3, j..j + 3]).sum();
    }
    simd_azip!((w in cells.array_windows_3d::<3, 3, 3>()) w.center().set(w.iter().map(Cell::get).sum()));
    assert_eq!(cells.map(Cell::get), expected);
}

#[test]
fn zero_sized_cells_have_windows() {
    let nothing = Array3::from_elem((4, 5, 6), ());
    let mut visits = 0;
    simd_azip!(unordered (_ in nothing.array_windows_3d::<3, 3, 3>(), () in nothing.interior_3d::<3, 3, 3>()) ());
    azip!((w in nothing.array_windows_3d::<3, 3, 3>()) {
        assert_eq!(w.iter().count(), 27);
        visits += 1;
    });
    assert_eq!(visits, 2 * 3 * 4);
}

#[test]
fn a_single_plane_of_rows_far_apart_has_a_view() {
    // Zero-sized cells may be as far apart as can be counted.
    let most = isize::MAX.unsigned_abs() / 5;
    let nothing = ndarray::Array2::from_elem((5, most), ());
    let rows = nothing.slice(s![..;4, ..2]).insert_axis(Axis(0));
    let windows = Windows::<(), Size3<1, 2, 1>>::new(rows);
    azip!((w in windows) assert_eq!(w.view().dim(), (1, 2, 1)));
}

#[test]
fn a_part_of_a_volume_has_the_cache_footprint_of_the_volume() {
    use ndarray_lockstep::__private::Operand;
    let input = Array3::<f32>::zeros((6, 4, 8));
    let windows = input.array_windows_3d::<3, 3, 3>();
    assert_eq!(windows.bytes_across_planes(), 6 * 4 * 8 * 4);
    for (axis, index) in [(0, 1), (1, 1), (2, 3)] {
        let (first, second) = windows.split_at(axis, index);
        assert_eq!(
            (first.bytes_across_planes(), second.bytes_across_planes()),
            (windows.bytes_across_planes(), windows.bytes_across_planes())
        );
    }
    assert_eq!(input.array_windows_3d::<1, 3, 3>().bytes_across_planes(), 0, "a stack of planes");
}

#[test]
fn windows_outlive_their_view() {
    let input = array![[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]];
    let windows = {
        let view = input.view();
        (Windows::<_, Size3<2, 2, 2>>::new(view), Windows::<_, Size2<2, 2>, Ix3>::new(view))
    };
    let kept: Vec<_> = Zip::from(windows.0).into_iter().map(|(w,)| w).collect();
    assert_eq!(kept[1].to_array(), [[[2, 3], [5, 6]], [[8, 9], [11, 12]]]);
    assert_eq!(
        format!("{:?} {:?}", windows.0, kept[1]),
        "Windows { window: 2×2×2, dim: (1, 1, 2) } [[[2, 3], [5, 6]], [[8, 9], [11, 12]]]"
    );
    assert_eq!(format!("{:?}", windows.1), "Windows { window: 2×2, dim: (2, 1, 2) }");
    assert_eq!(kept[0].view().index_axis(Axis(0), 1).sum(), 7 + 8 + 10 + 11);
}
