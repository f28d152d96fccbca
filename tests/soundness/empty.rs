//! Walks without a cell: windows larger than their input, and axes of length zero.

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
