//! Compares `array_windows::<K, L>()`, `Window` and `interior` with ndarray's `windows((K, L))`,
//! for many window sizes and inputs of every layout and size, including a row or a column too
//! small.
//!
//! A comment that begins with "Known trap" names a bug that has broken published code of this kind;
//! the numbers are ndarray's issues.

mod common;

use std::panic::catch_unwind;
use std::rc::Rc;

use ndarray::{Array2, Array3, ArrayView2, Axis, FoldWhile, NdProducer, ShapeBuilder, array, s};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Size2, Window, Windows, Zip, azip};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use common::{AxisLayout, Counted, Layout, axis_layouts, for_all, layouts, lengths_around, or_under_miri};

/// The tests of one size of windows.
macro_rules! for_windows_of {
    ($($(#[$attribute:meta])* $size:ident $k:literal $l:literal;)+) => {$(
        mod $size {
            use super::*;

            #[test]
            $(#[$attribute])*
            fn windows_are_those_of_ndarray() {
                for_all(inputs($k, $l), super::windows_are_those_of_ndarray::<$k, $l>);
            }

            #[test]
            $(#[$attribute])*
            fn windows_need_a_unit_column_stride_and_the_error_says_so() {
                for_all(any_inputs($k, $l), super::windows_need_a_unit_column_stride_and_the_error_says_so::<$k, $l>);
            }

            #[test]
            $(#[$attribute])*
            fn the_interior_holds_the_centres() {
                for_all(any_inputs($k, $l), super::the_interior_holds_the_centres::<$k, $l>);
            }

            #[test]
            $(#[$attribute])*
            fn rows_of_windows_are_the_rows_they_cover() {
                for_all(inputs($k, $l), super::rows_of_windows_are_the_rows_they_cover::<$k, $l>);
            }

            #[test]
            $(#[$attribute])*
            fn split_windows_are_the_windows() {
                for_all(inputs($k, $l), super::split_windows_are_the_windows::<$k, $l>);
            }

            #[test]
            $(#[$attribute])*
            fn windows_zip_with_arrays_as_ndarrays_do() {
                for_all((inputs($k, $l), layouts(2, false)), super::windows_zip_with_arrays_as_ndarrays_do::<$k, $l>);
            }

            #[test]
            $(#[$attribute])*
            fn an_input_one_cell_too_small_has_no_window() {
                super::an_input_one_cell_too_small_has_no_window::<$k, $l>();
            }

            #[test]
            $(#[$attribute])*
            fn cells_outside_a_window_are_refused() {
                super::cells_outside_a_window_are_refused::<$k, $l>();
            }
        }
    )+};
}

for_windows_of! {
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_1_by_1 1 1;
    windows_1_by_3 1 3;
    windows_3_by_1 3 1;
    windows_2_by_2 2 2;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_3_by_3 3 3;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_4_by_3 4 3;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_5_by_5 5 5;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_1_by_7 1 7;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_2_by_5 2 5;
}

/// The shape and the layout of the array that windows are taken from.
#[derive(Clone, Debug)]
struct Input {
    shape: [usize; 2],
    layout: Layout,
}

impl Input {
    /// The array from which the input is sliced. All cells differ.
    fn stored(&self) -> Array2<usize> {
        self.layout.stored(&self.shape, |k| 100 + k)
    }

    fn view<'a, T>(&self, stored: &'a Array2<T>) -> ArrayView2<'a, T> {
        self.layout.view(&self.shape, stored)
    }
}

/// The largest excess of an input axis over the length of the window.
const MORE: usize = or_under_miri(5, 2);

/// Inputs with contiguous columns. Their rows have any layout: whole, sliced, inverted, broadcast,
/// overlapping.
fn inputs(k: usize, l: usize) -> impl Strategy<Value = Input> + Clone {
    let rows = prop_oneof![axis_layouts(true), Just(AxisLayout { stretched: true, ..AxisLayout::whole() })];
    let cols = (0..3_usize, 0..3_usize).prop_map(|(before, after)| AxisLayout { before, after, ..AxisLayout::whole() });
    (lengths_around(k, MORE), lengths_around(l, MORE), rows, cols).prop_map(|(n, m, rows, cols)| Input {
        shape: [n, m],
        layout: Layout { axes: vec![rows, cols], ..Layout::contiguous(2, false) },
    })
}

/// Inputs of any layout.
fn any_inputs(k: usize, l: usize) -> impl Strategy<Value = Input> + Clone {
    (lengths_around(k, MORE), lengths_around(l, MORE), layouts(2, true), inputs(k, l), any::<bool>()).prop_map(
        |(n, m, layout, input, unit_columns)| if unit_columns { input } else { Input { shape: [n, m], layout } },
    )
}

/// The windows by definition: window `(i, j)` covers the cells `(i..i + K, j..j + L)`.
fn windows_of<T, const K: usize, const L: usize>(input: ArrayView2<'_, T>) -> Vec<((usize, usize), ArrayView2<'_, T>)> {
    let (rows, cols) = input.dim();
    let mut windows = Vec::new();
    for i in 0..(rows + 1).saturating_sub(K) {
        for j in 0..(cols + 1).saturating_sub(L) {
            windows.push(((i, j), input.slice_move(s![i..i + K, j..j + L])));
        }
    }
    windows
}

/// Fails unless every accessor of a window returns the cells of the view, not copies.
fn assert_window_is<T, const K: usize, const L: usize>(window: Window<'_, T, K, L>, view: &ArrayView2<'_, T>) {
    let same = |one: &T, other: &T| std::ptr::eq(one, other);
    let copy = window;
    let rows = copy.rows();
    for ((k, l), cell) in view.indexed_iter() {
        assert!(same(&window[[k, l]], cell), "cell {k}, {l}");
        assert!(same(&rows[k][l], cell), "cell {l} of row {k}");
        let (dk, dl) = (k.cast_signed() - (K / 2).cast_signed(), l.cast_signed() - (L / 2).cast_signed());
        assert!(same(window.at(dk, dl), cell), "cell {dk}, {dl} from the centre");
    }
    assert!(same(window.center(), &view[[K / 2, L / 2]]), "the centre");

    let cells: Vec<&T> = view.iter().collect();
    let same_cells = |seen: Vec<&T>| seen.len() == cells.len() && seen.iter().zip(&cells).all(|(a, b)| same(a, b));
    assert!(same_cells(window.iter().collect()), "the iterator");
    let mut backwards: Vec<&T> = window.into_iter().rev().collect();
    backwards.reverse();
    assert!(same_cells(backwards), "the iterator backwards");
    // From both ends, until they meet.
    let (mut iter, mut left) = (window.iter(), &cells[..]);
    while let [first, .., last] | [first @ last] = left {
        assert_eq!((iter.len(), iter.size_hint()), (left.len(), (left.len(), Some(left.len()))));
        if left.len() % 3 == 1 {
            assert!(same(iter.next_back().expect("a cell"), last), "the last of {}", left.len());
            left = &left[..left.len() - 1];
        } else {
            assert!(same(iter.next().expect("a cell"), first), "the first of {}", left.len());
            left = &left[1..];
        }
        assert_eq!(iter.clone().count(), left.len());
    }
    assert!(iter.next().is_none() && iter.next_back().is_none() && iter.next().is_none(), "fused");

    let seen = window.view();
    assert_eq!(seen.dim(), (K, L));
    assert!(seen.iter().zip(view.iter()).all(|(one, other)| same(one, other)), "the view");
    assert_eq!((seen.is_empty(), seen.len()), (false, K * L));
    assert!(K == 1 || seen.strides()[0] == view.strides()[0], "the view's row stride");
}

// Known trap: negative strides (windows over inverted axes), broadcast rows, windows larger than
// the array.
fn windows_are_those_of_ndarray<const K: usize, const L: usize>(input: Input) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let expected: Vec<_> = view.windows((K, L)).into_iter().collect();
    prop_assert_eq!(&expected, &windows_of::<_, K, L>(view).into_iter().map(|(_, window)| window).collect::<Vec<_>>());

    let windows = view.array_windows::<K, L>();
    let [rows, cols] = [(input.shape[0] + 1).saturating_sub(K), (input.shape[1] + 1).saturating_sub(L)];
    prop_assert_eq!(windows.dim(), (rows, cols));
    prop_assert_eq!((windows.len(), windows.is_empty()), (rows * cols, rows * cols == 0));
    prop_assert_eq!(windows.len(), expected.len());
    prop_assert_eq!(Zip::from(windows).size(), expected.len());

    let mut seen = 0;
    azip!((index (i, j), window in windows) {
        assert_window_is(window, &expected[i * cols + j]);
        assert_eq!(window.to_array().as_flattened(), expected[i * cols + j].iter().copied().collect::<Vec<_>>());
        seen += 1;
    });
    prop_assert_eq!(seen, expected.len());

    // The iterator is row-major, like ndarray's.
    let mut iter = Zip::from(windows).into_iter();
    for view in &expected {
        assert_window_is(iter.next().expect("as many windows as ndarray has").0, view);
    }
    prop_assert!(iter.next().is_none());
    Ok(())
}

fn windows_need_a_unit_column_stride_and_the_error_says_so<const K: usize, const L: usize>(
    input: Input,
) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let [rows, cols] = input.shape;
    let fits = rows >= K && cols >= L;
    let stride = view.strides()[1];
    match view.try_array_windows::<K, L>() {
        Ok(windows) => {
            prop_assert!(!fits || cols == 1 || stride == 1);
            let expected = windows_of::<_, K, L>(view);
            prop_assert_eq!(windows.len(), expected.len());
            for ((window,), (_, view)) in Zip::from(windows).into_iter().zip(&expected) {
                assert_window_is(window, view);
            }
            prop_assert_eq!(Windows::<_, Size2<K, L>>::new(view).dim(), windows.dim());
        }
        Err(error) => {
            prop_assert!(fits && cols > 1 && stride != 1);
            prop_assert_eq!(error.stride(), stride);
            let plain = catch_unwind(|| view.array_windows::<K, L>().len()).unwrap_err();
            prop_assert_eq!(plain.downcast_ref::<String>(), Some(&error.to_string()));
            prop_assert!(error.to_string().contains(&stride.to_string()));
        }
    }
    Ok(())
}

// Known trap: an interior slice one column short of what the loop writes; the centre of even sizes.
fn the_interior_holds_the_centres<const K: usize, const L: usize>(input: Input) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let expected = windows_of::<_, K, L>(view);
    let interior = view.interior::<K, L>();
    prop_assert_eq!(interior.raw_dim(), view.windows((K, L)).raw_dim());
    prop_assert_eq!(interior.len(), expected.len());
    for ((i, j), window) in &expected {
        prop_assert!(std::ptr::eq(&interior[[*i, *j]], &window[[K / 2, L / 2]]));
        prop_assert!(std::ptr::eq(&interior[[*i, *j]], &view[[i + K / 2, j + L / 2]]));
    }

    // The mutable interior has the same cells, and no others.
    let shape = input.shape;
    let layout = input.layout.clone().with_distinct_cells();
    let mut written: Array2<usize> = layout.stored(&shape, |k| k);
    let mut whole = layout.view_mut(&shape, &mut written);
    let before = whole.to_owned();
    let dim = whole.interior::<K, L>().dim();
    prop_assert_eq!(dim, interior.dim());
    azip!((index (i, j), cell in whole.interior_mut::<K, L>()) *cell += 1000 * (i + 1) + 100_000 * (j + 1));
    for ((i, j), &cell) in whole.indexed_iter() {
        let centre_of = |at: usize, half: usize, len: usize| at.checked_sub(half).filter(|&at| at < len);
        let added = match (centre_of(i, K / 2, dim.0), centre_of(j, L / 2, dim.1)) {
            (Some(i), Some(j)) => 1000 * (i + 1) + 100_000 * (j + 1),
            _ => 0,
        };
        prop_assert_eq!(cell, before[[i, j]] + added);
    }
    Ok(())
}

// Known trap: layouts, mixed row-major and column-major. The outputs have a vote on the order, as
// in ndarray.
fn windows_zip_with_arrays_as_ndarrays_do<const K: usize, const L: usize>(
    (input, layout): (Input, Layout),
) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let shape = [view.nrows() + 1, view.ncols() + 1];
    let shape = [shape[0].saturating_sub(K), shape[1].saturating_sub(L)];
    macro_rules! sums {
        ($zip:ty, $windows:expr) => {{
            let mut out: Array2<usize> = layout.stored(&shape, |k| k);
            let mut visits = Vec::new();
            <$zip>::from(layout.view_mut(&shape, &mut out)).and($windows).for_each(|out, window| {
                visits.push((*out, window[[0, 0]]));
                *out += 1000 * window.iter().sum::<usize>() + window[[K - 1, L - 1]];
            });
            (out, visits)
        }};
    }
    let ours = sums!(Zip<_, _>, view.array_windows::<K, L>());
    let theirs = sums!(ndarray::Zip<_, _>, view.windows((K, L)));
    prop_assert_eq!(ours, theirs);
    Ok(())
}

#[test]
fn windows_influence_the_order_by_the_weight_of_their_layout() {
    /// Whether the windows, zipped with one array, are walked row by row.
    fn by_rows<const K: usize, const L: usize>(input: ArrayView2<'_, u8>, beside: ArrayView2<'_, u8>) -> bool {
        let mut visits = Vec::new();
        Zip::indexed(beside).and(input.array_windows::<K, L>()).for_each(|at, _, _| visits.push(at));
        visits.is_sorted()
    }
    let input = Array2::zeros((5, 4));
    let whole = Array2::zeros((4, 4).f());
    let longer = Array2::zeros((5, 4).f());
    let part = longer.slice(s![1.., ..]);
    // Windows of one column are contiguous, as the cells are. They have the vote of a whole
    // column-major array.
    assert!(by_rows::<2, 1>(input.view(), whole.view()));
    // Other windows have the vote of a part of an array.
    assert!(by_rows::<2, 2>(input.view(), part.slice(s![.., ..3])));
    assert!(!by_rows::<2, 2>(input.view(), whole.slice(s![.., ..3])));
}

// Known trap: splitting, halves that overlap or skip an element. Adjacent parts of an input share K
// - 1 rows.
fn split_windows_are_the_windows<const K: usize, const L: usize>(input: Input) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let expected = windows_of::<_, K, L>(view);
    let centres = view.interior::<K, L>();
    for with_centres in [true, false] {
        let mut seen = vec![0; expected.len()];
        let mut see = |(i, j): (usize, usize), window: Window<'_, usize, K, L>| {
            let number = i * centres.ncols() + j;
            assert_window_is(window, &expected[number].1);
            seen[number] += 1;
        };
        if with_centres {
            // Zipped with an array, down to single windows.
            let mut parts = vec![Zip::indexed(centres).and(view.array_windows::<K, L>())];
            while let Some(zip) = parts.pop() {
                if zip.size() > 1 {
                    let (first, second) = zip.split();
                    parts.extend([first, second]);
                } else {
                    zip.for_each(|at, centre, window| {
                        assert!(std::ptr::eq(centre, window.center()));
                        see(at, window);
                    });
                }
            }
        } else {
            // Alone, and only a few times, so that parts of several rows are also walked.
            let (first, second) = Zip::indexed(view.array_windows::<K, L>()).split();
            let (second, third) = second.split();
            for part in [first, second, third] {
                part.for_each(&mut see);
            }
        }
        prop_assert!(seen.iter().all(|&times| times == 1));
    }
    Ok(())
}

fn rows_of_windows_are_the_rows_they_cover<const K: usize, const L: usize>(input: Input) -> TestCaseResult {
    let stored = input.stored();
    let view = input.view(&stored);
    let windows = view.array_windows::<K, L>();
    let (rows, cols) = windows.dim();
    let mut out = Array2::<usize>::zeros((rows, cols));
    let mut calls = 0;
    let answer = Zip::indexed(windows).and(&mut out).for_each_row(|(i, j), covered, out| {
        assert_eq!((i, j), (calls, 0));
        for (k, covered) in covered.into_iter().enumerate() {
            assert_eq!(covered.len(), cols + L - 1);
            assert_eq!(covered.len(), view.ncols());
            assert!(covered.iter().zip(view.row(i + k)).all(|(one, other)| std::ptr::eq(one, other)));
        }
        for (j, out) in out.iter_mut().enumerate() {
            *out = covered.iter().map(|row| row[j..j + L].iter().sum::<usize>()).sum();
        }
        calls += 1;
    });
    prop_assert_eq!(answer, Ok(()));
    prop_assert_eq!(calls, if cols == 0 { 0 } else { rows });
    for ((i, j), window) in windows_of::<_, K, L>(view) {
        prop_assert_eq!(out[[i, j]], window.sum());
    }
    Ok(())
}

// Known trap: empty output. Windows one row taller than the input have no rows, however many
// columns. Windows one column wider have no columns, however many rows. The columns need not be
// contiguous then.
fn an_input_one_cell_too_small_has_no_window<const K: usize, const L: usize>() {
    for (rows, cols) in [(K - 1, L + 3), (K + 3, L - 1), (K - 1, L - 1), (0, L), (K, 0), (0, 0)] {
        let input = Array2::from_elem((rows, 2 * cols), 1);
        let column_major = Array2::from_elem((rows, cols).f(), 1);
        for view in [input.slice(s![.., ..cols]), input.slice(s![..;-1, ..;2]), column_major.view()] {
            assert_eq!(view.dim(), (rows, cols));
            let windows = view.try_array_windows::<K, L>().expect("no window, so no row of a window to hand out");
            assert!(windows.is_empty());
            assert_eq!(windows.len(), 0);
            assert_eq!(windows.dim(), ((rows + 1).saturating_sub(K), (cols + 1).saturating_sub(L)));
            assert_eq!(view.interior::<K, L>().dim(), windows.dim());
            Zip::from(windows).for_each(|_| panic!("there is no window"));
            Zip::indexed(view.interior::<K, L>()).and(windows).for_each(|_, _, _| panic!("there is no window"));
            assert_eq!(Zip::from(windows).for_each_row(|_| panic!("there is no row of windows")), Ok(()));
            let mut iter = Zip::from(windows).into_iter();
            assert_eq!(iter.len(), 0);
            assert!(iter.next().is_none() && iter.next_back().is_none() && iter.nth(1).is_none());
            let (first, second) = Zip::from(windows).split();
            first.for_each(|_| panic!("there is no window"));
            second.for_each(|_| panic!("there is no window"));
        }
    }
}

fn cells_outside_a_window_are_refused<const K: usize, const L: usize>() {
    let input = Array2::from_shape_fn((K + 2, L + 2), |(i, j)| 10 * i + j);
    let window = Zip::from(input.array_windows::<K, L>()).into_iter().nth(4).expect("nine windows").0;
    assert_eq!(*window.center(), input[[K / 2 + 1, L / 2 + 1]]);

    let (above, left) = (-(K / 2).cast_signed() - 1, -(L / 2).cast_signed() - 1);
    let (below, right) = ((K - K / 2).cast_signed(), (L - L / 2).cast_signed());
    let refused = [(above, 0), (below, 0), (0, left), (0, right), (above, left), (below, right)];
    let far = [(isize::MIN, 0), (isize::MAX, 0), (0, isize::MIN), (0, isize::MAX), (isize::MIN, isize::MAX)];
    for (dk, dl) in refused.into_iter().chain(far) {
        let panic = catch_unwind(|| *window.at(dk, dl)).expect_err("the window has no such cell");
        let message = panic.downcast_ref::<String>().expect("a message");
        assert!(message.contains(&format!("{K}×{L}")) && message.contains(&format!("{dk} rows below")), "{message}");
    }
    for (k, l) in [(K, 0), (0, L), (K, L), (usize::MAX, 0), (0, usize::MAX), (K - 1, L), (K, L - 1)] {
        let panic = catch_unwind(|| window[[k, l]]).expect_err("the window has no such cell");
        let message = panic.downcast_ref::<String>().expect("a message");
        assert!(message.contains(&format!("[{k}, {l}]")), "{message}");
    }
}

// Known trap: off by one, wide windows. There are as many windows of one row or column as cells.
#[test]
fn windows_of_a_single_column_need_no_column_stride() {
    let stored = Array2::from_shape_fn((5, 6), |(i, j)| 10 * i + j);
    let column = stored.slice(s![.., 3..;5]);
    assert_eq!(column.dim(), (5, 1));
    let windows = column.array_windows::<3, 1>();
    assert_eq!(windows.dim(), (3, 1));
    for ((window,), first) in Zip::from(windows).into_iter().zip(0..) {
        assert_window_is(window, &column.slice(s![first..first + 3, ..]));
        assert_eq!(window.rows(), [&[10 * first + 3], &[10 * first + 13], &[10 * first + 23]]);
    }
    let transposed = stored.t();
    let row = transposed.slice(s![1..2, ..]);
    assert_eq!(row.try_array_windows::<1, 2>().expect_err("the cells of a row are six apart").stride(), 6);
    let mut rows = Vec::new();
    let answer = Zip::from(windows).for_each_row(|covered| rows.push(covered.map(<[usize]>::to_vec)));
    assert_eq!(answer, Ok(()));
    assert_eq!(rows[2], [[23], [33], [43]]);
}

/// Fails unless 3×2 windows over cells of any type are those of ndarray.
fn windows_hold_cells_of_any_type<T: std::fmt::Debug>(value: impl Fn(usize) -> T) {
    for_all(inputs(3, 2), |input| {
        let stored: Array2<T> = input.layout.stored(&input.shape, &value);
        let view = input.view(&stored);
        let expected: Vec<_> = view.windows((3, 2)).into_iter().collect();
        let windows = view.array_windows::<3, 2>();
        let (_, cols) = windows.dim();
        let mut seen = 0;
        azip!((index (i, j), window in windows) {
            assert_window_is(window, &expected[i * cols + j]);
            seen += 1;
        });
        prop_assert_eq!(seen, expected.len());
        Ok(())
    });
}

#[test]
fn windows_hold_floats() {
    windows_hold_cells_of_any_type(|k| 0.5 + f32::from(u8::try_from(k % 200).expect("small")));
}

#[test]
fn windows_hold_cells_as_wide_and_as_aligned_as_vectors() {
    #[derive(Debug)]
    #[repr(align(64))]
    #[expect(dead_code, reason = "read by comparing addresses")]
    struct Lanes([f32; 16]);
    windows_hold_cells_of_any_type(|k| Lanes([f32::from(u8::try_from(k % 200).expect("small")); 16]));
}

#[test]
fn windows_hold_strings() {
    windows_hold_cells_of_any_type(|k| k.to_string());
}

// Known trap: zero-sized elements.
#[test]
fn windows_hold_zero_sized_cells() {
    windows_hold_cells_of_any_type(|_| ());
}

#[test]
fn windows_hold_cells_with_drop_code_and_drop_none() {
    let token = Rc::new(());
    windows_hold_cells_of_any_type(|k| Counted::new(k, &token));
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn windows_outlive_their_view() {
    let stack = Array3::from_shape_fn((2, 4, 5), |(i, j, k)| 100 * i + 10 * j + k);
    let windows = {
        let layer = stack.index_axis(Axis(0), 1);
        Windows::<_, Size2<2, 2>>::new(layer.slice_move(s![1.., ..;1]))
    };
    let last = Zip::from(windows).into_iter().last().expect("eight windows").0;
    assert_eq!(last.to_array(), [[123, 124], [133, 134]]);
}

#[test]
fn windows_have_readable_debug_output() {
    let input = array![[1, 2, 3], [4, 5, 6]];
    assert_eq!(format!("{:?}", input.array_windows::<1, 2>()), "Windows { window: 1×2, dim: (2, 2) }");
    let window = Zip::from(input.array_windows::<2, 2>()).into_iter().last().expect("two windows").0;
    assert_eq!(format!("{window:?}"), "[[2, 3], [5, 6]]");
    let mut cells = window.iter();
    cells.next_back();
    assert_eq!(format!("{cells:?}"), "[2, 3, 5]");
}

#[test]
fn the_view_of_a_window_of_one_row_has_the_strides_of_an_array() {
    let row = array![1, 2, 3, 4];
    let rows = row.broadcast((3, 4)).expect("a row may be repeated");
    for (window,) in Zip::from(rows.array_windows::<1, 3>()) {
        assert_eq!(window.view().strides(), [3, 1]);
    }
}

/// One in-place Gauss–Seidel iteration for Laplace's equation, with indices.
fn naive_sweep(heat: &mut Array2<f64>) {
    for i in 1..heat.nrows().saturating_sub(1) {
        for j in 1..heat.ncols().saturating_sub(1) {
            heat[[i, j]] = (heat[[i - 1, j]] + heat[[i + 1, j]] + heat[[i, j - 1]] + heat[[i, j + 1]]) / 4.0;
        }
    }
}

#[test]
fn windows_of_cells_update_in_place() {
    for_all((inputs(3, 3), any::<bool>()), |(mut input, by_iter)| {
        input.layout = input.layout.with_distinct_cells();
        let value = |k| f64::from(u32::try_from(k * k % 101).expect("small")) / 7.0;
        let mut stored: Array2<f64> = input.layout.stored(&input.shape, value);
        let outside = stored.sum();
        let mut heat = input.layout.view_mut(&input.shape, &mut stored);
        let mut expected = heat.to_owned();
        for _ in 0..2 {
            let cells = heat.cell_view();
            let sweep = Zip::from(cells.array_windows::<3, 3>());
            let update = |w: Window<'_, ndarray::MathCell<f64>, 3, 3>| {
                w.center().set((w.at(-1, 0).get() + w.at(1, 0).get() + w.at(0, -1).get() + w.at(0, 1).get()) / 4.0);
            };
            if by_iter {
                sweep.into_iter().for_each(|(w,)| update(w));
            } else {
                sweep.for_each(update);
            }
            naive_sweep(&mut expected);
        }
        let fits = input.shape.iter().all(|&len| len > 2);
        let bits = |x: &f64| x.to_bits();
        prop_assert_eq!(heat.map(bits), expected.map(bits));
        prop_assert!(fits || stored.sum().to_bits() == outside.to_bits());
        Ok(())
    });
}

#[test]
fn a_step_over_two_fields_is_bit_for_bit_that_of_ndarray() {
    const WEIGHTS: [[f32; 3]; 3] = [[0.25, 0.5, 0.25], [0.5, 0.0, 0.5], [0.25, 0.5, 0.25]];
    for_all((inputs(3, 3), inputs(3, 3), layouts(2, false)), |(u, mut v, output)| {
        v.shape = u.shape;
        let value = |k: usize| f32::from(u8::try_from(k * k % 251).expect("small")) / 250.0;
        let (start_u, start_v): (Array2<f32>, Array2<f32>) =
            (u.layout.stored(&u.shape, value), v.layout.stored(&u.shape, |k| value(k + 5)));
        let (start_u, start_v) = (u.view(&start_u), v.view(&start_v));
        macro_rules! step {
            ($azip:path, $windows_u:expr, $windows_v:expr) => {{
                let (mut end_u, mut end_v): (Array2<f32>, Array2<f32>) =
                    (output.stored(&u.shape, value), Array2::zeros(u.shape));
                let mut end_u_view = output.view_mut(&u.shape, &mut end_u);
                $azip!((
                    next_u in end_u_view.interior_mut::<3, 3>(),
                    next_v in end_v.interior_mut::<3, 3>(),
                    u in $windows_u,
                    v in $windows_v,
                ) {
                    let (mut du, mut dv) = (0.0, 0.0);
                    for k in 0..3 {
                        for l in 0..3 {
                            du += WEIGHTS[k][l] * (u[[k, l]] - u[[1, 1]]);
                            dv += WEIGHTS[k][l] * (v[[k, l]] - v[[1, 1]]);
                        }
                    }
                    let reaction = u[[1, 1]] * v[[1, 1]] * v[[1, 1]];
                    *next_u = u[[1, 1]] + 0.1 * du - reaction + 0.014 * (1.0 - u[[1, 1]]);
                    *next_v = v[[1, 1]] + 0.05 * dv + reaction - 0.068 * v[[1, 1]];
                });
                (end_u.map(|x| x.to_bits()), end_v.map(|x| x.to_bits()))
            }};
        }
        let ours = step!(ndarray_lockstep::azip, start_u.array_windows::<3, 3>(), start_v.array_windows::<3, 3>());
        let theirs = step!(ndarray::azip, start_u.windows((3, 3)), start_v.windows((3, 3)));
        prop_assert_eq!(ours, theirs);
        Ok(())
    });
}

// Known trap: element counts that wrap, zero-length axes, axes longer than any memory; add before
// min, cast after multiply.
#[test]
fn as_many_windows_as_can_be_counted_are_counted() {
    let most = isize::MAX.cast_unsigned();
    let row = array![1_u8, 2, 3, 4, 5];
    let rows = most / 5;
    let endless = row.broadcast((rows, 5)).expect("within ndarray's limits");
    let windows = endless.array_windows::<3, 2>();
    assert_eq!((windows.dim(), windows.len()), ((rows - 2, 4), (rows - 2) * 4));
    assert_eq!(endless.interior::<3, 2>().dim(), (rows - 2, 4));
    assert!(Zip::from(windows).any(|w| w.to_array() == [[1, 2]; 3]));

    let mut iter = Zip::indexed(windows).into_iter();
    assert_eq!(iter.len(), windows.len());
    assert_eq!(iter.next_back().map(|(at, w)| (at, w.to_array())), Some(((rows - 3, 3), [[4, 5]; 3])));
    assert_eq!(iter.nth(windows.len() - 2).map(|(at, w)| (at, w.to_array())), Some(((rows - 3, 2), [[3, 4]; 3])));
    assert!(iter.next().is_none());

    let (mut last, mut visits) = (None, 0);
    Zip::indexed(windows).split().1.fold_while((), |(), at, _| {
        last = Some(at);
        visits += 1;
        if visits == 5 { FoldWhile::Done(()) } else { FoldWhile::Continue(()) }
    });
    assert_eq!(last, Some(((rows - 2) / 2 + 1, 0)));

    let column = endless.slice(s![.., 2..3]);
    assert_eq!(column.array_windows::<1, 1>().len(), rows);
    assert_eq!(column.array_windows::<7, 1>().dim(), (rows - 6, 1));
    assert_eq!(column.array_windows::<1, 2>().dim(), (rows, 0));

    for shape in [(most, 0), (0, most), (most, 1), (1, most)] {
        let units = ndarray::arr0(());
        let units = units.broadcast(shape).expect("within ndarray's limits");
        assert_eq!(units.interior::<1, 1>().dim(), shape);
        let smaller = (shape.0.saturating_sub(1), shape.1.saturating_sub(1));
        assert_eq!(units.interior::<2, 2>().dim(), smaller);
        if smaller.0.min(smaller.1) == 0 {
            assert_eq!(units.array_windows::<2, 2>().dim(), smaller);
            Zip::from(units.array_windows::<2, 2>()).for_each(|_| panic!("there is no window"));
        }
    }
    let empty = Array2::<f32>::zeros((most / 4, 0));
    assert_eq!(empty.array_windows::<1, 1>().dim(), (most / 4, 0));
    Zip::from(empty.array_windows::<1, 1>()).for_each(|_| panic!("there is no window"));
    assert_eq!(Zip::from(empty.array_windows::<1, 1>()).for_each_row(|_| panic!("there is no row")), Ok(()));
}
