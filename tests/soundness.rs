//! Cases that have broken code of this kind: panics, kept items, empty outputs, provenance, huge
//! axes, zero-sized elements.
//!
//! Each module is a theme and each test a case. All of them run under Miri, which detects a wrong
//! pointer. Without Miri they check numbers, counts and addresses. The last module checks the
//! messages and the places of panics. `guarantees.rs` covers what a caller may rely on in general.

mod common;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::{
    Array, Array1, Array2, Array3, ArrayD, ArrayView2, ArrayViewMut2, Axis, Dimension, IxDyn, RawArrayViewMut,
    ShapeBuilder, arr0, array, s,
};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, ArrayWindows3d, Window, Windows, Windows3d, Zip, azip};

use common::leaves;

/// An array whose cells count from 0 in row-major order, whatever its layout.
fn counted<Sh: ShapeBuilder<Dim = D>, D: Dimension>(shape: Sh) -> Array<u32, D> {
    let mut array = Array::zeros(shape);
    array.iter_mut().zip(0..).for_each(|(cell, n)| *cell = n);
    array
}

/// Runs `f`, which panics with the message `"stop"`.
fn stopped(f: impl FnOnce()) {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("the closure panics");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"stop"), "the closure's own panic propagates");
}

/// Takes an item where there should be none.
fn unexpected<Item>(_: Item) {
    panic!("an item of an empty walk");
}

mod panicking_closures {
    use super::*;

    #[test]
    fn windows_stay_usable_when_the_closure_panics_on_the_first_of_them() {
        let a = counted((4, 4));
        let mut kept = Vec::new();
        stopped(|| {
            azip!((w in a.array_windows::<3, 3>()) {
                kept.push(w);
                panic!("stop");
            });
        });
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].to_array(), [[0, 1, 2], [4, 5, 6], [8, 9, 10]]);
    }
}

mod kept_items {
    use super::*;

    #[test]
    fn items_of_two_mutable_operands_may_be_kept_together_with_shared_ones() {
        let (mut a, mut b, c) = (counted((3, 4)), counted((3, 4).f()), counted((3, 4)));
        let mut kept = Vec::new();
        azip!((a in &mut a, c in &c, b in &mut b) kept.push((a, c, b)));
        for (a, c, b) in kept {
            std::mem::swap(a, b);
            *a += c;
        }
        assert_eq!(a, counted((3, 4)) * 2);
        assert_eq!(b, counted((3, 4)));
    }

    #[test]
    fn overlapping_windows_may_be_kept() {
        let whole = counted((6, 7));
        for a in [whole.view(), whole.slice(s![..;-1, ..]), whole.slice(s![1..;2, 1..6])] {
            let mut kept: Vec<Window<u32, 3, 3>> = Vec::new();
            azip!((w in a.array_windows::<3, 3>()) kept.push(w));
            assert_eq!(kept.len(), (a.nrows() - 2) * (a.ncols() - 2));
            for (w, cells) in kept.iter().zip(a.windows((3, 3))) {
                assert_eq!(w.view(), cells);
                assert_eq!(Array2::from_shape_vec((3, 3), w.iter().copied().collect()).unwrap(), cells);
            }
        }
    }

    #[test]
    fn cells_and_rows_of_a_window_outlive_the_window_and_the_operand() {
        let a = counted((4, 5));
        let mut cells = Vec::new();
        {
            let windows = a.array_windows::<2, 3>();
            azip!((w in windows) {
                let copy = w;
                cells.push((copy.center(), copy.at(-1, 1), copy.rows()[1], copy.view(), copy.iter()));
            });
        }
        let (center, above_right, row, view, mut iter) = cells.remove(4);
        assert_eq!((*center, *above_right, row), (12, 8, &[11, 12, 13]));
        assert_eq!(view, a.slice(s![1..3, 1..4]));
        assert_eq!((iter.next(), iter.next_back()), (Some(&6), Some(&13)));
        assert_eq!(iter.sum::<u32>(), 7 + 8 + 11 + 12, "the rest of the window");
    }

    #[test]
    fn windows_over_volumes_and_their_parts_may_be_kept() {
        let whole = counted((5, 5, 6));
        let parts = [whole.slice(s![1..;2, 1.., 1..5]), whole.view(), whole.slice(s![..;-1, ..;-1, ..])];
        for a in parts.into_iter().take(if cfg!(miri) { 1 } else { 3 }) {
            let mut kept = Vec::new();
            {
                let windows = a.array_windows_3d::<2, 3, 2>();
                azip!((w in windows) {
                    let copy = w;
                    kept.push((w, copy.plane(1), copy.rows(), copy.view(), copy.iter(), copy.at(-1, 0, 0)));
                });
            }
            let expected: Vec<_> = a.windows((2, 3, 2)).into_iter().collect();
            assert_eq!(kept.len(), expected.len());
            for ((w, plane, rows, view, cells, cell), expected) in kept.into_iter().zip(expected) {
                assert_eq!((w.view(), view), (expected, expected));
                assert_eq!(plane.view(), expected.index_axis(Axis(0), 1));
                assert!(rows.as_flattened().iter().copied().flatten().eq(&expected) && cells.eq(&expected));
                assert!(std::ptr::eq(cell, &expected[[0, 1, 1]]));
            }
        }
    }

    #[test]
    fn mutable_rows_may_be_kept() {
        let mut a = counted((4, 6));
        let mut kept: Vec<&mut [u32]> = Vec::new();
        Zip::from(a.slice_mut(s![..;-1, 1..4])).for_each_row(|row| kept.push(row)).unwrap();
        kept.iter_mut().rev().for_each(|row| row[0] += 100);
        kept.iter_mut().for_each(|row| row[2] += 100);
        assert_eq!(a.column(1), counted((4, 6)).column(1).to_owned() + 100);
        assert_eq!(a.column(3), counted((4, 6)).column(3).to_owned() + 100);
        assert_eq!(a.sum(), counted((4, 6)).sum() + 800);
    }

    /// All items in the iterator's order, taken alternately: `n` from the front, `m` from the back.
    fn from_both_ends<'a, I>(mut iter: I, (n, m): (usize, usize)) -> Vec<&'a mut u32>
    where
        I: DoubleEndedIterator<Item = (&'a mut u32,)> + ExactSizeIterator,
    {
        let (mut front, mut back) = (Vec::new(), Vec::new());
        while iter.len() > 0 {
            front.extend(iter.by_ref().take(n));
            back.extend(iter.by_ref().rev().take(m));
        }
        front.into_iter().chain(back.into_iter().rev()).map(|(cell,)| cell).collect()
    }

    #[test]
    fn items_taken_from_both_ends_of_an_iterator_are_distinct_and_may_be_kept() {
        fn check<D: Dimension>(mut array: Array<u32, D>) {
            for turns in [(1, 1), (3, 1), (1, 4), (2, 3), (7, 1), (1, 9)] {
                let before = array.clone();
                let mut kept = from_both_ends(Zip::from(&mut array).into_iter(), turns);
                assert!(kept.iter().map(|cell| &**cell).eq(before.iter()), "all cells, each once and in order");
                kept.iter_mut().rev().for_each(|cell| **cell += 1000);
                kept.iter_mut().for_each(|cell| **cell += 1000);
                assert_eq!(array, before + 2000);
            }
        }
        check(counted((3, 4)));
        check(counted((3, 4).f()));
        check(counted((2, 3, 4)));
        check(counted((2, 3, 4).f()));
        check(counted(11));
        check(counted((7, 1)));
        check(counted(IxDyn(&[2, 1, 2, 3])));
    }

    #[test]
    fn items_may_be_used_while_their_iterator_continues() {
        let (u, mut out) = (counted((4, 5)), Array2::zeros((4, 5)));
        let mut iter = Zip::from(u.array_windows::<3, 3>()).and(out.interior_mut::<3, 3>()).into_iter();
        let mut before = iter.next().unwrap();
        while let Some((w, out)) = iter.next_back() {
            *out = *w.center();
            *before.1 += *w.at(1, 1);
            before.0 = w;
        }
        // Cells (2, 3), (2, 2), (2, 1), (1, 3), (1, 2) from the back, and the sum of their lower
        // right corners.
        assert_eq!(out.slice(s![1..3, 1..4]), array![[19 + 18 + 17 + 14 + 13, 7, 8], [11, 12, 13]]);
    }
}

mod reentrant_closures {
    use super::*;

    #[test]
    fn a_body_may_zip_other_arrays() {
        let row = counted(4);
        let mut table = Array2::zeros((3, 4));
        let mut sums = Array1::<u32>::zeros(3);
        azip!((index i, sum in &mut sums) {
            azip!((index j, cell in table.row_mut(i), &n in &row) {
                *cell = n + u32::try_from(j).unwrap();
                azip!((&n in &row) *sum += n);
            });
        });
        assert_eq!(table.row(2), array![0, 2, 4, 6]);
        assert_eq!(sums, array![24, 24, 24]);
    }

    #[test]
    fn a_body_may_zip_the_arrays_that_are_being_walked_where_they_are_shared() {
        let a = counted((3, 4));
        let mut pairs = 0;
        azip!((w in a.array_windows::<2, 2>(), &x in a.interior::<2, 2>()) {
            assert_eq!(*w.center(), x);
            pairs += Zip::from(&a).and(a.view()).fold(0, |n, &y, &z| n + u32::from(y == z && y > x));
            azip!((v in a.array_windows::<2, 2>()) pairs += u32::from(v.center() == w.center()));
        });
        // For each x of 5, 6, 7, 9, 10, 11: the cells above it, and x itself once.
        assert_eq!(pairs, (6 + 5 + 4 + 2 + 1) + 6);
    }

    #[test]
    fn a_body_may_write_to_what_it_walks_where_the_elements_are_cells() {
        let mut a = counted((3, 4));
        let cells = a.cell_view();
        azip!((w in cells.array_windows::<3, 3>(), out in cells.interior::<3, 3>()) {
            assert!(std::ptr::eq(w.center(), out));
            azip!((cell in &cells) cell.set(cell.get() + 1));
            out.set(w.iter().map(|cell| cell.get()).sum());
        });
        // The first window has cells 1 incremented. The second has cells 2 incremented, and the
        // first one's sum.
        let first = (1 + 2 + 4 + 5 + 6 + 8 + 9 + 10) + 9;
        let second = (1 + 2 + 3 + 6 + 7 + 9 + 10 + 11) + 2 * 8 + (first + 1);
        assert_eq!(a.row(1), array![4 + 2, first + 1, second, 7 + 2]);
    }

    #[test]
    fn a_loop_over_an_iterator_may_take_from_it_and_clone_it() {
        let a = counted((3, 4));
        let mut iter = Zip::from(&a).into_iter();
        let mut groups = Vec::new();
        while let Some((first,)) = iter.next() {
            let rest = iter.clone().map(|(n,)| n).sum::<u32>();
            groups.push((first, iter.next_back().map(|(last,)| last), rest));
        }
        assert_eq!(groups.len(), 6);
        assert_eq!(groups[0], (&0, Some(&11), 66));
        assert_eq!(groups[5], (&5, Some(&6), 6));
    }
}

mod empty_outputs {
    use super::*;

    /// Checks that no way to walk the K×L windows of `input` and an output does anything.
    #[track_caller]
    fn assert_no_window<const K: usize, const L: usize>(input: ArrayView2<'_, u32>, dim: (usize, usize)) {
        let mut output = Array2::from_elem(input.dim(), 7);
        let windows = input.array_windows::<K, L>();
        assert_eq!((windows.dim(), windows.len(), windows.is_empty()), (dim, 0, true));
        assert_eq!(input.interior::<K, L>().dim(), dim);
        assert_eq!(output.interior_mut::<K, L>().dim(), dim);

        macro_rules! zip {
            () => {
                Zip::indexed(windows).and(output.interior_mut::<K, L>()).and(windows)
            };
        }
        assert_eq!(zip!().size(), 0);
        zip!().for_each(|_, _, _, _| unreachable!());
        assert_eq!(zip!().fold(3, |_, _, _, _, _| unreachable!()), 3);
        assert!(zip!().all(|_, _, _, _| unreachable!()));
        assert!(!zip!().any(|_, _, _, _| unreachable!()));
        zip!().for_each_row(|_, _, _, _| unreachable!()).unwrap();
        azip!((w in windows, out in output.interior_mut::<K, L>()) *out = *w.at(0, 0));

        let mut iter = zip!().into_iter();
        for _ in 0..2 {
            // An iterator that has ended stays at its end, from both sides.
            assert_eq!((iter.size_hint(), iter.len()), ((0, Some(0)), 0));
            assert!(iter.next().is_none() && iter.next_back().is_none());
            for n in [0, 3, usize::MAX] {
                assert!(iter.nth(n).is_none() && iter.nth_back(n).is_none());
            }
        }
        assert_eq!(zip!().into_iter().count(), 0);
        assert!(zip!().into_iter().last().is_none());
        zip!().into_iter().for_each(unexpected);
        zip!().into_iter().rev().for_each(unexpected);

        let (first, second) = zip!().split();
        assert_eq!((first.size(), second.size()), (0, 0));
        first.for_each(|_, _, _, _| unreachable!());
        second.into_iter().for_each(unexpected);
        assert!(output.iter().all(|&cell| cell == 7));
    }

    #[test]
    fn windows_taller_than_the_input_by_one_row_give_no_row_though_there_are_columns() {
        assert_no_window::<3, 3>(counted((2, 5)).view(), (0, 3));
        assert_no_window::<3, 3>(counted((2, 5).f()).view(), (0, 3));
        assert_no_window::<5, 1>(counted((4, 5)).view(), (0, 5));
        assert_no_window::<2, 2>(counted((1, 3)).view(), (0, 2));
        assert_no_window::<1, 1>(counted((0, 3)).view(), (0, 3));
    }

    #[test]
    fn windows_wider_than_the_input_give_no_item_in_any_row() {
        assert_no_window::<3, 3>(counted((4, 2)).view(), (2, 0));
        assert_no_window::<3, 3>(counted((4, 2).f()).view(), (2, 0));
        assert_no_window::<1, 5>(counted((5, 4)).view(), (5, 0));
        assert_no_window::<2, 2>(counted((9, 1)).view(), (8, 0));
        assert_no_window::<1, 1>(counted((3, 0)).view(), (3, 0));
    }

    #[test]
    fn windows_larger_than_the_input_in_both_directions_give_an_empty_zip() {
        assert_no_window::<3, 3>(counted((2, 2)).view(), (0, 0));
        assert_no_window::<1, 1>(counted((0, 0)).view(), (0, 0));
        assert_no_window::<3, 3>(counted((0, 0)).view(), (0, 0));
        assert_no_window::<100, 100>(counted((1, 1)).view(), (0, 0));
    }

    #[test]
    fn windows_of_a_part_of_an_array_never_read_beyond_the_part() {
        // The memory continues after the slice, so a wrong row would silently read real cells.
        let a = counted((6, 8));
        assert_no_window::<3, 3>(a.slice(s![1..3, 1..6]), (0, 3));
        assert_no_window::<3, 3>(a.slice(s![1..5, 1..3]), (2, 0));
        assert_no_window::<1, 1>(a.slice(s![6.., ..]), (0, 8));
        assert_no_window::<1, 1>(a.slice(s![.., 8..]), (6, 0));
        assert_no_window::<3, 3>(a.slice(s![2..4;-1, ..6]), (0, 4));
    }

    #[test]
    fn a_window_no_memory_could_hold_gives_an_empty_zip() {
        let a = counted((3, 4));
        let mut calls = 0;
        azip!((_ in a.array_windows::<{ usize::MAX }, 1>()) calls += 1);
        azip!((w in a.array_windows::<1, { usize::MAX }>()) calls += w.center());
        azip!((w in a.array_windows::<{ usize::MAX }, { usize::MAX }>()) calls += w.center());
        assert_eq!(calls, 0);
        assert_eq!(a.array_windows::<{ usize::MAX }, 1>().dim(), (0, 4));
        assert_eq!(a.interior::<{ usize::MAX }, { usize::MAX }>().dim(), (0, 0));
    }

    #[test]
    fn the_smallest_input_with_a_window_has_exactly_one() {
        let a = counted((3, 3));
        let all: Vec<_> = Zip::from(a.array_windows::<3, 3>()).into_iter().collect();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].0.view(), a);
    }
}

mod zero_length_axes {
    use super::*;

    #[test]
    fn no_cell_is_visited_whatever_axis_has_length_zero() {
        for shape in [&[0][..], &[0, 3], &[3, 0], &[1, 0], &[0, 0], &[2, 0, 3], &[0, 2, 3], &[2, 3, 0], &[1, 1, 0, 1]] {
            let mut row_major = ArrayD::<u32>::zeros(IxDyn(shape));
            let column_major = ArrayD::<u32>::zeros(IxDyn(shape).f());
            let inverted = {
                let mut view = column_major.view();
                view.invert_axis(Axis(0));
                view
            };
            let one = arr0(1);
            macro_rules! zip {
                () => {
                    Zip::indexed(&mut row_major).and(&column_major).and(inverted.view()).and_broadcast(&one)
                };
            }
            assert_eq!(zip!().size(), 0, "{shape:?}");
            zip!().for_each(|_, _, _, _, _| unreachable!());
            zip!().for_each_row(|_, _, _, _, _| unreachable!()).unwrap();
            assert_eq!(zip!().fold(3, |_, _, _, _, _, _| unreachable!()), 3);
            assert!(zip!().all(|_, _, _, _, _| unreachable!()));
            assert!(!zip!().any(|_, _, _, _, _| unreachable!()));
            let mut iter = zip!().into_iter();
            assert_eq!(iter.len(), 0);
            assert!(iter.next().is_none() && iter.next_back().is_none() && iter.nth(2).is_none());
            let (first, second) = zip!().split();
            assert_eq!((first.size(), second.size()), (0, 0), "{shape:?}");
            first.for_each(|_, _, _, _, _| unreachable!());
            second.into_iter().for_each(unexpected);
        }
    }

    #[test]
    fn a_slice_that_starts_after_the_last_cell_is_empty() {
        let mut a = counted((3, 4));
        azip!((_ in a.slice_mut(s![3.., 4..])) unreachable!());
        azip!((_ in a.slice_mut(s![3..;-1, ..])) unreachable!());
        azip!((_ in a.slice(s![..0, ..]), _ in a.slice(s![3.., ..])) unreachable!());
        azip!((_ in &mut a.as_slice_mut().unwrap()[12..]) unreachable!());
        assert_eq!(a, counted((3, 4)));
    }

    #[test]
    fn an_empty_array_broadcasts_to_empty_shapes_only() {
        let (empty, full) = (Array1::<u32>::zeros(0), Array2::<u32>::zeros((2, 3)));
        assert!(Zip::from(&full).try_and_broadcast(&empty).is_err());
        let nothing = Array2::<u32>::zeros((2, 0));
        Zip::from(&nothing).and_broadcast(&empty).for_each(|_, _| unreachable!());
    }

    #[test]
    fn a_shape_without_axes_has_one_cell() {
        let (mut a, b) = (arr0(1), arr0(41));
        azip!((a in &mut a, &b in &b) *a += b);
        assert_eq!(a, arr0(42));
        let mut iter = Zip::indexed(&a).into_iter();
        assert_eq!((iter.len(), iter.next_back(), iter.next()), (1, Some(((), &42)), None));
        let mut rows = Vec::new();
        Zip::from(&mut a).for_each_row(|row| rows.push(row)).unwrap();
        assert_eq!(rows, [&mut [42]]);
        assert_eq!(Zip::from(&ArrayD::<u8>::zeros(IxDyn(&[]))).into_iter().count(), 1);
    }
}

mod huge_axes {
    use super::*;

    /// The longest axis that ndarray allows.
    const HUGE: usize = isize::MAX.cast_unsigned();
    static UNITS: [(); HUGE] = [(); HUGE];

    #[test]
    fn an_axis_of_isize_max_zero_sized_elements_is_counted_and_reached_from_both_ends() {
        let view = ndarray::ArrayView1::from(&UNITS[..]);
        assert_eq!(Zip::from(view).size(), HUGE);
        assert!(Zip::from(view).and(view).any(|_, _| true));
        assert!(!Zip::from(view).all(|_| false));
        let mut iter = Zip::indexed(view).into_iter();
        assert_eq!(iter.size_hint(), (HUGE, Some(HUGE)));
        assert_eq!(iter.next(), Some((0, &())));
        assert_eq!(iter.next_back(), Some((HUGE - 1, &())));
        assert_eq!(iter.nth(HUGE - 4), Some((HUGE - 3, &())));
        assert_eq!(iter.len(), 1);
        assert_eq!(iter.nth(1), None);
        assert_eq!(iter.len(), 0);
        assert_eq!(Zip::indexed(view).into_iter().last(), Some((HUGE - 1, &())));
        assert_eq!(Zip::indexed(view).into_iter().count(), HUGE);
        assert_eq!(Zip::indexed(view).into_iter().nth_back(HUGE), None);
        let (first, second) = Zip::indexed(view).split();
        assert_eq!(first.size() + second.size(), HUGE);
        assert_eq!(second.into_iter().next(), Some((HUGE / 2, &())));
    }

    #[test]
    fn an_axis_of_isize_max_zero_sized_elements_may_be_written_to() {
        let mut units = [(); HUGE];
        assert!(Zip::from(&mut units).any(|unit| matches!(unit, ())));
        let mut iter = Zip::from(&mut units[..]).into_iter();
        let (first, last) = (iter.next().unwrap(), iter.next_back().unwrap());
        (*first.0, *last.0) = ((), ());
        assert_eq!(iter.len(), HUGE - 2);
        let mut lengths = Vec::new();
        Zip::from(&mut units).for_each_row(|row| lengths.push(row.len())).unwrap();
        assert_eq!(lengths, [HUGE]);
    }

    #[test]
    fn a_cell_broadcast_to_isize_max_cells_is_read_at_both_ends() {
        let one = arr0(7_u8);
        let wide = one.broadcast(HUGE).unwrap();
        assert_eq!(Zip::from(wide).size(), HUGE);
        assert!(Zip::from(wide).any(|&cell| cell == 7));
        let mut iter = Zip::indexed(wide).into_iter();
        assert_eq!(iter.next_back(), Some((HUGE - 1, &7)));
        assert_eq!(iter.nth(HUGE / 2), Some((HUGE / 2, &7)));
        assert_eq!(iter.len(), HUGE - HUGE / 2 - 2);
    }

    #[test]
    fn windows_of_a_row_broadcast_to_a_huge_array_are_read_at_both_ends() {
        let row = array![1_u8, 2, 3, 4];
        let rows = HUGE / 4;
        let tall = row.broadcast((rows, 4)).unwrap();
        let windows = tall.array_windows::<3, 3>();
        assert_eq!(windows.dim(), (rows - 2, 2));
        let mut iter = Zip::indexed(windows).into_iter();
        assert_eq!(iter.len(), (rows - 2) * 2);
        let (at, w) = iter.next_back().unwrap();
        assert_eq!((at, w.to_array()), ((rows - 3, 1), [[2, 3, 4]; 3]));
        // There are two windows per row, and `rows` is odd.
        let (at, w) = iter.nth(rows).unwrap();
        assert_eq!((at, w.to_array()), ((rows / 2, 1), [[2, 3, 4]; 3]));
        let (_, bottom) = Zip::indexed(windows).split();
        assert_eq!(bottom.into_iter().next_back().unwrap().0, (rows - 3, 1));
    }

    #[test]
    fn a_walk_over_an_empty_shape_with_a_huge_axis_ends_at_once() {
        let empty = ndarray::ArrayView2::<u64>::from_shape((0, HUGE), &[]).unwrap();
        assert_eq!(Zip::from(empty).size(), 0);
        azip!((index _, _ in empty) unreachable!());
        assert_eq!(Zip::from(empty).into_iter().next_back(), None);
        assert_eq!(empty.array_windows::<1, 3>().dim(), (0, HUGE - 2));
        azip!((_ in empty.array_windows::<1, 3>()) unreachable!());
        assert_eq!(empty.interior::<1, 3>().dim(), (0, HUGE - 2));
    }
}

mod zero_sized_elements {
    use super::*;

    #[test]
    fn zero_sized_elements_are_counted_right_in_every_layout() {
        fn check<D: Dimension>(mut view: ndarray::ArrayViewMut<(), D>) {
            let (len, mut calls) = (view.len(), 0);
            azip!((unit in view.view_mut()) {
                *unit = ();
                calls += 1;
            });
            assert_eq!(calls, len);
            assert_eq!(Zip::from(&view).and(&view).fold(0, |n, (), ()| n + 1), len);
            assert_eq!(Zip::from(&view).into_iter().count(), len);
            assert_eq!(Zip::from(&view).into_iter().fold(0, |n, _| n + 1), len);
            assert_eq!(Zip::from(&view).into_iter().rev().map(|_| 1).sum::<usize>(), len);
            let mut iter = Zip::from(&mut view).into_iter();
            let mut n = 0;
            while iter.next().is_some() {
                n += 1;
                n += usize::from(iter.next_back().is_some());
            }
            assert_eq!(n, len);
        }
        let mut square = Array2::from_elem((4, 6), ());
        check(square.view_mut());
        check(square.slice_mut(s![.., ..;2]));
        check(square.slice_mut(s![..;-1, ..;-3]));
        check(square.slice_mut(s![1..2, 2..]));
        check(square.view_mut().reversed_axes());
        check(Array3::from_elem((2, 3, 4).f(), ()).view_mut());
        check(Array1::from_elem(5, ()).view_mut());
        check(arr0(()).view_mut());
        check(Array2::from_elem((0, 3), ()).view_mut());
    }

    #[test]
    fn windows_of_zero_sized_elements_are_counted_right() {
        let units = Array2::from_elem((4, 6), ());
        let mut calls = 0;
        azip!((index (i, j), w in units.array_windows::<2, 3>()) {
            assert_eq!((i, j), (calls / 4, calls % 4));
            assert_eq!((w.iter().count(), w.to_array(), w.view().dim()), (6, [[(); 3]; 2], (2, 3)));
            calls += 1;
        });
        assert_eq!(calls, 3 * 4);
        Zip::from(units.array_windows::<2, 3>())
            .for_each_row(|rows| assert_eq!(rows.map(<[()]>::len), [6, 6]))
            .unwrap();
    }

    #[test]
    fn zero_sized_elements_work_with_others_and_keep_their_alignment() {
        #[derive(Clone, Copy)]
        #[repr(align(64))]
        struct Aligned;
        let markers = Array2::from_elem((3, 4), Aligned);
        let mut numbers = counted((3, 4));
        azip!((n in &mut numbers, marker in markers.slice(s![..;-1, ..])) {
            assert_eq!(std::ptr::from_ref(marker).addr() % 64, 0);
            *n += 1;
        });
        assert_eq!(numbers, counted((3, 4)) + 1);
    }
}

mod provenance {
    use super::*;

    #[test]
    fn a_walk_over_a_part_of_a_slice_leaves_the_rest_of_it_to_others() {
        let mut buffer = Vec::from_iter(0..30_u32);
        let (before, rest) = buffer.split_at_mut(5);
        let (part, behind) = rest.split_at_mut(20);
        let mut cells = ArrayViewMut2::from_shape((4, 5), part).unwrap();
        azip!((cell in &mut cells) *cell += 100);
        for (cell,) in Zip::from(cells.slice_mut(s![..;2, ..;-1])) {
            // The neighbours are in use during the walk.
            before[4] += 1;
            behind[0] += 1;
            *cell += 100;
        }
        assert_eq!((before[4], behind[0]), (4 + 10, 25 + 10));
        assert_eq!(buffer[5..10], [205, 206, 207, 208, 209]);
        assert_eq!(buffer[10..15], [110, 111, 112, 113, 114]);
    }

    #[test]
    fn the_border_may_be_in_use_while_the_interior_is_written() {
        let mut a = counted((5, 6));
        let (mut top, rest) = a.view_mut().split_at(Axis(0), 1);
        let (mut middle, mut bottom) = rest.split_at(Axis(0), 3);
        let (mut left, rest) = middle.view_mut().split_at(Axis(1), 1);
        let (mut inside, mut right) = rest.split_at(Axis(1), 4);
        azip!((cell in &mut inside) {
            // Each of these would invalidate a reference to a whole row of `a`, or to all of it.
            top[[0, 3]] += 1;
            left[[1, 0]] += 1;
            right[[1, 0]] += 1;
            bottom[[0, 3]] += 1;
            *cell = 0;
        });
        assert_eq!((top[[0, 3]], left[[1, 0]], right[[1, 0]], bottom[[0, 3]]), (15, 24, 29, 39));
        Zip::from(inside.view_mut())
            .for_each_row(|row| {
                right[[0, 0]] += 1;
                row[0] = 7;
            })
            .unwrap();
        assert_eq!(a.slice(s![1..4, ..]), array![[6, 7, 0, 0, 0, 11 + 3], [24, 7, 0, 0, 0, 29], [18, 7, 0, 0, 0, 23]]);
    }

    #[test]
    fn windows_over_one_half_feed_the_other_half_of_the_same_rows() {
        let mut a = counted((4, 8));
        let (read, mut write) = a.view_mut().split_at(Axis(1), 4);
        azip!((w in read.array_windows::<3, 3>(), out in write.interior_mut::<3, 3>()) *out = *w.center());
        for (w, out) in Zip::from(read.array_windows::<3, 3>()).and(write.interior_mut::<3, 3>()) {
            *out += w.iter().sum::<u32>();
        }
        Zip::from(read.array_windows::<3, 3>())
            .and(write.interior_mut::<3, 3>())
            .for_each_row(|[_, middle, _], out| out[0] += middle[0])
            .unwrap();
        // Ten times the centre, from the first two walks; and in the first column the cell to the
        // left, from the third.
        assert_eq!(write.slice(s![1..3, 1..3]), array![[90 + 8, 100], [170 + 16, 180]]);
    }

    #[test]
    fn interleaved_columns_are_written_in_lockstep() {
        let mut a = counted((3, 6));
        let (mut even, mut odd) = a.multi_slice_mut((s![.., ..;2], s![.., 1..;2]));
        let mut kept = Vec::new();
        azip!((x in &mut even, y in &mut odd) kept.push((x, y)));
        kept.into_iter().for_each(|(x, y)| std::mem::swap(x, y));
        assert_eq!(a.row(1), array![7, 6, 9, 8, 11, 10]);
    }

    #[test]
    fn a_walk_starts_from_the_pointer_of_the_view_and_not_from_its_first_cell() {
        // A pointer made from `&a[[0, 0]]` may access only that cell; inverted views begin after
        // all others.
        let mut a = counted((3, 4));
        azip!((cell in a.slice_mut(s![..;-1, ..;-1]), &n in &counted((3, 4))) *cell += n);
        assert_eq!(a, Array2::from_elem((3, 4), 11));

        // A raw view, made from a pointer into the middle of an array that is used again
        // afterwards.
        let mut line = [1, 2, 3, 4, 5, 6, 7, 8];
        // SAFETY: cell 2 is inside the line.
        let middle = unsafe { line.as_mut_ptr().add(2) };
        // SAFETY: the 2×2 cells at strides (3, 1) from there on are cells 2, 3, 5 and 6 of the
        // line.
        let raw = unsafe { RawArrayViewMut::from_shape_ptr((2, 2).strides((3, 1)), middle) };
        // SAFETY: nothing else uses the line while the view lives.
        azip!((cell in unsafe { raw.deref_into_view_mut() }) *cell *= 10);
        assert_eq!(line, [1, 2, 30, 40, 5, 60, 70, 8]);
    }
}

mod layouts {
    use super::*;

    #[test]
    fn views_with_negative_strides_are_walked_in_the_order_of_their_indices() {
        let a = counted((3, 4));
        let mut seen = Vec::new();
        azip!((index at, &n in a.slice(s![..;-1, ..;-2])) seen.push((at, n)));
        assert_eq!(seen, [((0, 0), 11), ((0, 1), 9), ((1, 0), 7), ((1, 1), 5), ((2, 0), 3), ((2, 1), 1)]);
        assert_eq!(
            Vec::from_iter(Zip::indexed(a.slice(s![..;-1, ..;-2]))),
            seen.iter().map(|(at, n)| (*at, n)).collect::<Vec<_>>()
        );

        // Without indices, consecutive axes are merged. These would be, except for a sign.
        let mut seen = Vec::new();
        azip!((&n in a.slice(s![..;-1, ..])) seen.push(n));
        assert_eq!(seen, [8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3]);
        seen.clear();
        azip!((&n in a.slice(s![.., ..;-1])) seen.push(n));
        assert_eq!(seen, [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8]);

        let cube = counted((2, 3, 4));
        let mut inverted = cube.view();
        inverted.invert_axis(Axis(1));
        inverted.swap_axes(0, 2);
        azip!((index (i, j, k), &n in &inverted) assert_eq!(n, cube[[k, 2 - j, i]]));

        let mut back = vec![0; 5];
        azip!((to in &mut back, &from in ndarray::aview1(&[1, 2, 3, 4, 5]).slice(s![..;-1])) *to = from);
        assert_eq!(back, [5, 4, 3, 2, 1]);
    }

    #[test]
    fn windows_over_reversed_rows_are_reversed_in_every_accessor() {
        let a = counted((4, 4));
        let flipped = a.slice(s![..;-1, ..]);
        azip!((index (i, j), w in flipped.array_windows::<3, 2>(), &center in flipped.interior::<3, 2>()) {
            let cell = |k: usize, l: usize| a[[3 - i - k, j + l]];
            let cells = [[cell(0, 0), cell(0, 1)], [cell(1, 0), cell(1, 1)], [cell(2, 0), cell(2, 1)]];
            assert_eq!(w.to_array(), cells);
            assert_eq!(w.rows().map(|row| *row), cells);
            assert_eq!(w.view(), array![cells[0], cells[1], cells[2]]);
            assert_eq!(w.iter().copied().collect::<Vec<_>>(), cells.concat());
            assert_eq!((w.at(-1, -1), w.at(1, 0), w[[2, 0]], w.center()), (&cells[0][0], &cells[2][1], cells[2][0], &center));
        });
    }

    #[test]
    fn a_column_stride_that_is_not_a_unit_is_refused_unless_there_is_nothing_to_read() {
        let a = counted((4, 6));
        for view in [
            a.slice(s![.., ..;-1]),
            a.slice(s![.., ..;2]),
            a.t(),
            a.column(1).broadcast((4, 4)).unwrap().reversed_axes(),
        ] {
            let error = view.try_array_windows::<2, 2>().unwrap_err();
            assert_eq!(error.stride(), view.strides()[1]);
            assert!(view.try_array_windows::<5, 7>().unwrap().is_empty());
        }
        // In a single column, no stride matters.
        let column = a.slice(s![.., 3..4]);
        assert_eq!(column.array_windows::<2, 1>().dim(), (3, 1));
        let last_column = a.slice(s![..;-2, 5..]);
        azip!((w in last_column.array_windows::<2, 1>()) assert_eq!(w.to_array(), [[23], [11]]));
    }

    #[test]
    fn a_broadcast_operand_is_read_again_for_every_cell() {
        let (row, column, one) = (array![1, 2, 3], array![[10], [20]], arr0(100));
        let mut sums = Array2::zeros((2, 3));
        Zip::from(&mut sums)
            .and_broadcast(&row)
            .and_broadcast(&column)
            .and_broadcast(&one)
            .for_each(|sum, row, column, one| *sum = row + column + one);
        assert_eq!(sums, array![[111, 112, 113], [121, 122, 123]]);

        // All references to one cell may be kept. They are equal, and so are their addresses.
        let mut kept = Vec::new();
        azip!((cell in one.broadcast((4, 5)).unwrap()) kept.push(cell));
        assert!(kept.len() == 20 && kept.iter().all(|&cell| std::ptr::eq(cell, &one[()])));
    }

    #[test]
    fn windows_over_a_broadcast_row_see_the_same_cells_in_each_of_their_rows() {
        let row = counted(5);
        let tall = row.broadcast((4, 5)).unwrap();
        azip!((index (_, j), w in tall.array_windows::<3, 3>()) {
            let cells = [row[j], row[j + 1], row[j + 2]];
            assert_eq!(w.to_array(), [cells; 3]);
            assert_eq!(w.view().rows().into_iter().filter(|row| *row == ndarray::aview1(&cells)).count(), 3);
            assert!(std::ptr::eq(w.at(-1, 0), w.at(1, 0)));
        });
    }

    #[test]
    fn row_major_column_major_and_sliced_operands_of_many_dimensions_meet_at_the_same_index() {
        let shape = (2, 3, 4);
        let (c, f) = (counted(shape), counted(shape.f()));
        let mut permuted = counted((4, 2, 3)).permuted_axes([1, 2, 0]);
        let mut sliced = Array::zeros((4, 5, 9));
        azip!((
            index (i, j, k),
            &c in &c,
            &f in &f,
            p in &mut permuted,
            out in sliced.slice_mut(s![..;-2, 1..4, ..8;2]),
        ) {
            let n = u32::try_from((i * 3 + j) * 4 + k).unwrap();
            assert_eq!((c, f), (n, n));
            *out = std::mem::replace(p, 0);
        });
        for ((i, j, k), &out) in sliced.slice(s![..;-2, 1..4, ..8;2]).indexed_iter() {
            assert_eq!(out, u32::try_from((k * 2 + i) * 3 + j).unwrap());
        }
        assert_eq!(permuted.sum(), 0);
        assert_eq!(sliced.sum(), (0..24).sum());
    }

    #[test]
    fn shared_storage_is_made_unique_before_it_is_written() {
        let original = counted((4, 4)).into_shared();
        let mut copy = original.clone();
        azip!((cell in &mut copy, &n in &original) *cell = n + 100);
        assert_eq!(original, counted((4, 4)));
        assert_eq!(copy, counted((4, 4)) + 100);

        let mut interior = original.clone();
        azip!((out in interior.interior_mut::<3, 3>(), w in original.array_windows::<3, 3>()) *out = w.iter().sum());
        assert_eq!(original, counted((4, 4)));
        assert_eq!(interior.slice(s![1..3, 1..3]), array![[45, 54], [81, 90]]);

        let mut cow = ndarray::CowArray::from(&original);
        azip!((cell in &mut cow) *cell = 0);
        assert!(cow.is_owned() && original == counted((4, 4)));
    }

    #[test]
    fn lockstep_operands_may_share_one_allocation() {
        let a = counted((4, 6));
        let (upper, lower) = (a.slice(s![..3, ..]), a.slice(s![1.., ..]));
        azip!((&x in upper, &y in lower, &z in upper) assert_eq!((x + 6, x), (y, z)));
    }
}

mod splits {
    use super::*;

    #[test]
    fn pieces_of_a_row_major_zip_are_in_order() {
        for shape in [&[13][..], &[4, 5], &[1, 7], &[7, 1], &[2, 3, 4], &[1, 1, 3, 1]] {
            let mut a = counted(IxDyn(shape));
            let in_order: Vec<(IxDyn, u32)> = a.indexed_iter().map(|(at, &n)| (at, n)).collect();
            let mut seen = Vec::new();
            for leaf in leaves(Zip::indexed(&mut a)) {
                seen.extend(leaf.into_iter().map(|(at, n)| (at, *n)));
            }
            assert_eq!(seen, in_order);
        }
    }

    #[test]
    fn a_zip_of_one_cell_splits_into_nothing_and_the_cell() {
        let mut a = counted((1, 1));
        let (first, second) = Zip::from(&mut a).split();
        assert_eq!((first.size(), second.size()), (0, 1));
        first.for_each(unexpected);
        second.for_each(|cell| *cell = 3);
        assert_eq!(a, array![[3]]);
    }
}

mod wide_windows {
    use super::*;

    #[test]
    fn a_window_of_one_cell_is_the_cell() {
        let a = counted((3, 4));
        assert_eq!(a.interior::<1, 1>(), a);
        azip!((w in a.array_windows::<1, 1>(), cell in &a) {
            assert!(std::ptr::eq(w.center(), cell) && std::ptr::eq(w.at(0, 0), cell) && std::ptr::eq(&w[[0, 0]], cell));
            assert_eq!((w.to_array(), w.iter().len(), w.view()), ([[*cell]], 1, array![[*cell]].view()));
        });
    }

    #[test]
    fn windows_of_one_row_or_one_column_are_its_pieces() {
        let a = counted((4, 5));
        azip!((index (i, j), w in a.array_windows::<1, 5>()) {
            assert_eq!((j, w.rows()), (0, [&[0, 1, 2, 3, 4].map(|n| n + u32::try_from(i).unwrap() * 5)]));
        });
        azip!((index (i, j), w in a.array_windows::<4, 1>()) {
            assert_eq!((i, w.to_array()), (0, [[0], [5], [10], [15]].map(|[n]| [n + u32::try_from(j).unwrap()])));
        });
        assert_eq!(a.array_windows::<1, 5>().dim(), (4, 1));
        assert_eq!(a.array_windows::<4, 1>().dim(), (1, 5));
    }

    #[test]
    fn a_window_as_large_as_the_array_is_the_array() {
        let a = counted((4, 5));
        azip!((w in a.array_windows::<4, 5>()) assert_eq!(w.view(), a));
        assert_eq!(a.array_windows::<4, 5>().len(), 1);
        assert_eq!(a.interior::<4, 5>(), array![[12]]);
    }

    #[test]
    fn the_centre_of_an_even_window_is_the_first_cell_of_its_second_half() {
        let a = counted((6, 7));
        azip!((index (i, j), w in a.array_windows::<2, 4>(), center in a.interior::<2, 4>()) {
            assert!(std::ptr::eq(w.center(), center) && std::ptr::eq(center, &a[[i + 1, j + 2]]));
            assert!(std::ptr::eq(w.at(-1, -2), &w[[0, 0]]) && std::ptr::eq(w.at(0, 1), &w[[1, 3]]));
        });
        assert_eq!(a.interior::<2, 4>().dim(), a.array_windows::<2, 4>().dim());
        assert_eq!(a.array_windows::<2, 4>().dim(), (5, 4));
    }
}

mod floats {
    use super::*;

    #[test]
    fn signed_zeros_keep_their_sign() {
        let zeros = array![[0.0_f64, -0.0], [-0.0, 0.0]];
        let mut copies = Array2::from_elem((2, 2), 1.0);
        azip!((copy in &mut copies, &zero in &zeros) *copy = zero);
        assert_eq!(copies.mapv(f64::to_bits), zeros.mapv(f64::to_bits));
        azip!((copy in &mut copies) *copy = -*copy);
        assert_eq!(copies.mapv(f64::to_bits), array![[1 << 63, 0], [0, 1 << 63]]);
        // -0 leaves every sum unchanged: `-0 + x` is `x` for all x, but `0 + -0` is 0.
        let negative = Array1::from_elem(9, -0.0_f64);
        assert_eq!(Zip::from(&negative).fold(-0.0, |sum, x| sum + x).to_bits(), (-0.0_f64).to_bits());
        assert_eq!(Zip::from(&negative).fold(0.0, |sum, x| sum + x).to_bits(), 0);
    }

    #[test]
    fn a_nan_is_copied_and_compared_like_any_nan() {
        let a = array![[f32::NAN, 1.0], [-1.0, f32::NAN]];
        let mut nans = Array2::from_elem((2, 2), false);
        azip!((nan in &mut nans, &x in &a) *nan = x.is_nan());
        assert_eq!(nans, array![[true, false], [false, true]]);
        assert!(!Zip::from(&a).and(&a).all(|x, y| x == y));
    }

    #[test]
    fn the_order_of_a_sum_is_that_of_the_layout_and_an_iterators_is_row_major() {
        // Rounding reveals the order: a large number swallows the small ones after it.
        let row_major = array![[1.0e8_f32, 1.0, -1.0e8], [1.0, 1.0, 1.0]];
        let column_major = Array2::from_shape_fn((2, 3).f(), |at| row_major[at]);
        let (by_rows, by_columns) = (3.0, 1.0);
        for (a, sum) in [(&row_major, by_rows), (&column_major, by_columns)] {
            assert_eq!(Zip::from(a).fold(0.0, |sum, x| sum + x), sum);
            assert_eq!(Zip::from(a).and(a).fold(0.0, |sum, x, _| sum + x), sum);
            assert_eq!(Zip::from(a).into_iter().fold(0.0, |sum, (x,)| sum + x), by_rows);
            assert_eq!(Zip::from(a).into_iter().map(|(x,)| x).sum::<f32>(), by_rows);
        }
    }
}

mod messages {
    use super::*;
    use std::cell::RefCell;
    use std::panic::PanicHookInfo;
    use std::sync::Once;

    thread_local! {
        /// The message and the place of this thread's last panic, while [`panic_of`] runs.
        static LAST_PANIC: RefCell<Option<(String, String, u32)>> = const { RefCell::new(None) };
        static RECORDING: Cell<bool> = const { Cell::new(false) };
    }

    fn record(panic: &PanicHookInfo<'_>) {
        let location = panic.location().expect("a panic has a location");
        let formatted = panic.payload().downcast_ref::<String>().cloned();
        let message = formatted.unwrap_or_else(|| panic.payload().downcast_ref::<&str>().unwrap().to_string());
        LAST_PANIC.set(Some((message, location.file().to_owned(), location.line())));
    }

    /// Runs `f`, which panics, and returns the message and the line, which is in this file.
    ///
    /// The hook belongs to the whole process, and tests are its threads. The hook records panics
    /// for the calling thread and passes on those of other threads.
    fn panic_of(f: impl FnOnce()) -> (String, u32) {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let others = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| if RECORDING.get() { record(panic) } else { others(panic) }));
        });
        RECORDING.set(true);
        let result = catch_unwind(AssertUnwindSafe(f));
        RECORDING.set(false);
        assert!(result.is_err(), "it panics");
        let (message, file, line) = LAST_PANIC.take().expect("the hook has run");
        assert_eq!(file, file!(), "the panic is in the caller's file: {message}");
        (message, line)
    }

    #[test]
    fn and_names_the_operand_its_shape_and_the_expected_one_in_the_callers_line() {
        let (a, b) = (Array2::<u8>::zeros((3, 4)), Array2::<u8>::zeros((3, 5)));
        let mut here = 0;
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            _ = Zip::from(&a).and(&b);
        });
        assert_eq!(line, here);
        assert!(
            message.starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [3, 4], got: [3, 5];"),
            "{message}"
        );
        assert!(message.contains("Zip::and_broadcast"), "what to do: {message}");
    }

    #[test]
    fn in_a_chain_the_line_is_that_of_the_operand_that_does_not_fit() {
        let (a, b) = (Array2::<u8>::zeros((3, 4)), Array2::<u8>::zeros((4, 3)));
        let mut here = 0;
        let (message, line) = panic_of(|| {
            here = line!() + 4;
            Zip::indexed(&a)
                .and(&a)
                .and(&a)
                .and(&b)
                .and(&a)
                .for_each(|_, _, _, _, _, _| unreachable!("checked before the first cell"));
        });
        assert_eq!(line, here);
        assert!(
            message.starts_with("operand 5 of the Zip: Producer dimension mismatch, expected: [3, 4], got: [4, 3];"),
            "{message}"
        );
    }

    #[test]
    fn azip_panics_in_the_callers_line_before_the_first_cell() {
        let (mut a, b) = (Array3::<u8>::zeros((2, 3, 4)), Array3::<u8>::zeros((2, 3, 1)));
        let mut here = 0;
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            azip!((a in &mut a, &b in &b) *a = 1 + b);
        });
        assert_eq!(line, here);
        assert!(
            message
                .starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [2, 3, 4], got: [2, 3, 1];"),
            "{message}"
        );
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            azip!((index _, a in &mut a, &b in &b) *a = 1 + b);
        });
        assert_eq!(line, here);
        assert!(message.starts_with("operand 3 of the Zip: "), "the index counts: {message}");
        assert_eq!(a.sum(), 0);
    }

    #[test]
    fn an_operand_larger_than_any_array_is_named_in_the_callers_line() {
        let (units, three) = ([(); usize::MAX], [(); 3]);
        let mut here = 0;
        macro_rules! assert_here {
            ($operand:literal $words:literal, $walk:expr) => {
                let (message, line) = panic_of(|| {
                    here = line!();
                    $walk;
                });
                assert_eq!(line, here);
                assert!(message.starts_with(&format!("operand {} of the ", $operand)), "{message}");
                assert!(message.contains(&format!(concat!($words, " [{}]"), usize::MAX)), "{message}");
            };
        }
        assert_here!(1 "has shape", _ = Zip::from(&units));
        assert_here!(2 "has shape", _ = Zip::indexed(&units));
        assert_here!(1 "has shape", azip!((_ in &units) unreachable!()));
        assert_here!(2 "has shape", azip!((index _, _ in &units) unreachable!()));
        assert_here!(1 "has shape", _ = Zip::from(ndarray::indices(usize::MAX)));
        assert_here!(2 "expected: [3], got:", _ = Zip::from(&three).and(&units));
        assert_here!(3 "expected: [3], got:", _ = Zip::indexed(&three).and(ndarray::indices(usize::MAX)));
    }

    #[test]
    fn and_broadcast_says_that_the_shape_cannot_be_broadcast() {
        let (a, b) = (Array2::<u8>::zeros((3, 4)), Array1::<u8>::zeros(3));
        let mut here = 0;
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            _ = Zip::from(&a).and_broadcast(&b);
        });
        assert_eq!(line, here);
        assert_eq!(
            message,
            "operand 2 of the zip cannot be broadcast by the rules of ndarray: could not broadcast array from shape: [3] to: \
             [3, 4]; counted from the last axis, each of its lengths must be 1 or that of the zip"
        );
    }

    #[test]
    fn an_operand_of_other_rank_in_dynamic_dimensions_is_a_mismatch() {
        let (a, b) = (ArrayD::<u8>::zeros(IxDyn(&[3, 4])), ArrayD::<u8>::zeros(IxDyn(&[12])));
        let (message, _) = panic_of(|| _ = Zip::from(&a).and(&b));
        assert!(
            message.starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [3, 4], got: [12];"),
            "{message}"
        );
        // One shape may be a prefix of the other.
        let tall = ArrayD::<u8>::zeros(IxDyn(&[12, 1]));
        let (message, _) = panic_of(|| _ = Zip::from(&tall).and(&b));
        assert!(
            message.starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [12, 1], got: [12];"),
            "{message}"
        );
        let (message, _) = panic_of(|| _ = Zip::from(&b).and(&tall));
        assert!(
            message.starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [12], got: [12, 1];"),
            "{message}"
        );
        let none = ArrayD::<u8>::zeros(IxDyn(&[]));
        let (message, _) = panic_of(|| _ = Zip::from(&none).and(&b));
        assert!(
            message.starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [], got: [12];"),
            "{message}"
        );
    }

    #[test]
    fn an_interior_one_row_or_one_column_short_is_refused() {
        let a = counted((5, 6));
        let mut out = Array2::<u32>::zeros((5, 6));
        for (rows, cols) in [(3, 3), (2, 4)] {
            let (message, _) = panic_of(|| {
                azip!((w in a.array_windows::<3, 3>(), out in out.slice_mut(s![1..=rows, 1..=cols])) *out = *w.center());
            });
            let expected =
                format!("operand 2 of the Zip: Producer dimension mismatch, expected: [3, 4], got: [{rows}, {cols}];");
            assert!(message.starts_with(&expected), "{message}");
        }
        assert_eq!(out.sum(), 0);
    }

    #[test]
    fn array_windows_says_what_the_column_stride_is_in_the_callers_line() {
        let a = counted((4, 6));
        let mut here = 0;
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            _ = a.slice(s![.., ..;2]).array_windows::<2, 2>();
        });
        assert_eq!(line, here);
        assert!(message.contains("this array's column stride is 2"), "{message}");
        assert!(message.contains("as_standard_layout()") && message.contains("t()"), "what to do: {message}");
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            _ = Windows::<_, 2, 2>::new(a.slice(s![.., ..;-1]));
        });
        assert_eq!(line, here);
        assert!(message.contains("this array's column stride is -1"), "{message}");
    }

    #[test]
    fn boundaries_say_what_is_missing_in_the_callers_line() {
        use ndarray_lockstep::{Boundary, Padded, Stencil};

        let (empty, a) = (Array2::<u8>::zeros((3, 0)), Array2::<u8>::zeros((3, 4)));
        let mut here = 0;
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            _ = Padded::from_interior::<3, 3>(&empty, Boundary::Reflect);
        });
        assert_eq!(line, here);
        assert!(message.contains("axis 1") && message.contains("`Boundary::Reflect`"), "{message}");
        let (message, line) = panic_of(|| {
            let mut padded = Padded::from_interior::<3, 3>(&empty, Boundary::Constant(0));
            here = line!() + 1;
            padded.refresh(Boundary::Wrap);
        });
        assert_eq!(line, here);
        assert!(message.contains("axis 1") && message.contains("`Boundary::Wrap`"), "{message}");
        let padded = Padded::from_interior::<1, 3>(&a, Boundary::Wrap);
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            _ = padded.array_windows::<3, 3>();
        });
        assert_eq!(line, here);
        assert!(message.contains("make it with `Padded::from_interior::<3, 3>`"), "{message}");
        let (message, line) = panic_of(|| {
            let mut output = Array2::<u8>::zeros((4, 3));
            here = line!() + 1;
            Stencil::<1, 1>::map_into(&a, Boundary::Wrap, &mut output, |w| *w.center());
        });
        assert_eq!(line, here);
        assert!(message.contains("the output has shape (4, 3), but the input has (3, 4)"), "{message}");
    }

    #[test]
    fn a_cell_outside_the_window_is_named_in_the_callers_line() {
        let a = counted((3, 4));
        let w = Zip::from(a.array_windows::<3, 3>()).into_iter().next().unwrap().0;
        let mut here = 0;
        for (dk, dl) in [(-2, 1), (2, 1), (0, -2), (0, 2), (isize::MAX, 0), (0, isize::MIN)] {
            let (message, line) = panic_of(|| {
                here = line!() + 1;
                w.at(dk, dl);
            });
            assert_eq!(line, here);
            let expected = format!("a 3×3 window has no cell {dk} rows below and {dl} columns right of its centre");
            assert_eq!(message, expected);
        }
        for [k, l] in [[1, 3], [3, 1], [usize::MAX, 0], [0, usize::MAX]] {
            let (message, line) = panic_of(|| {
                here = line!() + 1;
                _ = w[[k, l]];
            });
            assert_eq!(line, here);
            assert_eq!(message, format!("index [{k}, {l}] is outside a 3×3 window"));
        }
    }

    #[test]
    fn a_plane_or_a_cell_outside_a_window_over_a_volume_is_named_in_the_callers_line() {
        // The window is in the middle, surrounded by planes and cells that do not belong to it.
        let a = counted((7, 8, 9));
        let middle = a.slice(s![2..5, 2..5, 2..5]);
        let w = Zip::from(middle.array_windows_3d::<3, 3, 3>()).into_iter().next().unwrap().0;
        let mut here = 0;
        for (dk, dl, dm) in
            [(-2, 1, 1), (2, 1, 1), (0, -2, 0), (0, 2, 0), (0, 0, 2), (isize::MAX, 0, 0), (isize::MIN, 0, 0)]
        {
            let (message, line) = panic_of(|| {
                here = line!() + 1;
                w.at(dk, dl, dm);
            });
            assert_eq!(line, here);
            let around = format!("{dk} planes behind, {dl} rows below and {dm} columns right of its centre");
            assert_eq!(message, format!("a 3×3×3 window has no cell {around}"));
        }
        for [k, l, m] in [[3, 0, 0], [0, 3, 0], [0, 0, 3], [usize::MAX, 0, 0]] {
            let (message, line) = panic_of(|| {
                here = line!() + 1;
                _ = w[[k, l, m]];
            });
            assert_eq!(line, here);
            assert_eq!(message, format!("index [{k}, {l}, {m}] is outside a 3×3×3 window"));
        }
        for k in [3, usize::MAX] {
            let (message, line) = panic_of(|| {
                here = line!() + 1;
                w.plane(k);
            });
            assert_eq!(line, here);
            assert_eq!(message, format!("a 3×3×3 window has no plane {k}"));
        }
    }

    #[test]
    fn a_column_stride_that_is_no_unit_is_named_in_the_callers_line_for_stacks_and_volumes() {
        let a = counted((4, 4, 8));
        let view = a.slice(s![.., .., ..;2]);
        macro_rules! check {
            ($windows:expr) => {
                let (message, line) = panic_of(|| _ = $windows);
                assert_eq!(line, line!());
                assert!(message.contains("column stride is 2"), "{message}");
            };
        }
        check!(view.array_windows::<2, 2>());
        check!(Windows::<u32, 2, 2, _>::new(view));
        check!(view.array_windows_3d::<2, 2, 2>());
        check!(Windows3d::<u32, 2, 2, 2>::new(view));
    }

    #[test]
    fn a_zip_without_axes_cannot_be_split_in_the_callers_line() {
        let a = arr0(1);
        let mut here = 0;
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            _ = Zip::from(&a).split();
        });
        assert_eq!(line, here);
        assert!(message.contains("0-dimensional"), "{message}");
    }

    #[test]
    fn the_errors_of_the_try_twins_say_the_same_as_the_panics() {
        let (a, b) = (Array2::<u8>::zeros((3, 4)), Array2::<u8>::zeros((3, 5)));
        let error = Zip::from(&a).and(&a).try_and(&b).unwrap_err();
        assert_eq!(panic_of(|| _ = Zip::from(&a).and(&a).and(&b)).0, error.to_string());
        assert_eq!((error.operand(), error.shape(), error.expected()), (3, &[3, 5][..], &[3, 4][..]));
        let error = Zip::from(&a).try_and_broadcast(&b).unwrap_err();
        assert_eq!(panic_of(|| _ = Zip::from(&a).and_broadcast(&b)).0, error.to_string());
        let error = a.t().try_array_windows::<2, 2>().unwrap_err();
        assert_eq!(panic_of(|| _ = a.t().array_windows::<2, 2>()).0, error.to_string());
        let error = Zip::from(&a).and(a.slice(s![.., ..;-1])).for_each_row(|_, _| unreachable!()).unwrap_err();
        assert_eq!((error.operand(), error.stride()), (2, -1));
        assert!(error.to_string().starts_with("operand 2 of the zip has stride -1 along its last axis"), "{error}");
    }
}
