//! Axes of length zero next to axes of any length, and axes of length one.

use super::*;

#[track_caller]
fn check_empty<D: Dimension>(view: ArrayView<'_, u64, D>) {
    assert!(view.is_empty());
    let one = arr0(());
    macro_rules! zip {
        () => {
            Zip::indexed(&view).and(&view).and_broadcast(&one)
        };
    }
    assert_eq!(zip!().size(), 0);
    azip!((index _, _ in &view) unreachable!());
    simd_azip!((_ in &view, _ in &view) unreachable!());
    zip!().simd_for_each_ordered(|_, _, _, _| unreachable!());
    zip!().simd_for_each(|_, _, _, _| unreachable!());
    assert_eq!(zip!().simd_fold(7, |_, _, _, _, _| unreachable!()), 7);
    assert_eq!(zip!().fold_while(7, |_, _, _, _, _| unreachable!()).into_inner(), 7);
    zip!().for_each_row(|_, _, _, _| unreachable!()).unwrap();
    for n in [0, 1, MOST, usize::MAX] {
        assert!(zip!().into_iter().nth(n).is_none() && zip!().into_iter().nth_back(n).is_none());
    }
    let iter = zip!().into_iter();
    assert_eq!((iter.len(), iter.clone().count(), iter.clone().last().is_none()), (0, 0, true));
    assert_eq!(format!("{iter:?}"), "ZipIter { operands: 4, len: 0 }");
    iter.for_each(unexpected);
    // Empty halves can be split without limit.
    let mut zip = zip!();
    for split in 0..if cfg!(miri) { 2 } else { 2 * usize::BITS } {
        let (first, second) = zip.split();
        assert_eq!((first.size(), second.size()), (0, 0));
        zip = if split % 2 == 0 { first } else { second };
    }
    zip.for_each(|_, _, _, _| unreachable!());
}

#[test]
fn a_walk_over_no_cells_ends_at_once_however_long_the_other_axes_are() {
    for (rows, cols) in [(0, MOST), (MOST, 0), (0, 1), (1, 0), (0, 0)] {
        let view = ArrayView2::from_shape((rows, cols), &[]).unwrap();
        check_empty(view);
        check_empty(view.slice(s![..;-1, ..;-1]));
        if cfg!(miri) {
            continue;
        }
        check_empty(view.reversed_axes());
        check_empty(ArrayView2::from_shape((rows, cols).f(), &[]).unwrap());
        check_empty(arr0(1).broadcast((rows, cols)).unwrap());
        check_empty(view.insert_axis(Axis(1)));
        check_empty(view.into_dyn());
    }
    let line = Array1::from_vec(vec![1, 2, 3]);
    check_empty(line.broadcast((0, 3)).unwrap());
    check_empty(line.slice(s![3..]));
    check_empty(line.slice(s![1..1;-1]).broadcast((MOST, 0)).unwrap());
    if cfg!(miri) {
        return;
    }
    // The nonzero lengths multiply to just below the limit.
    let mut shape = vec![2; usize::BITS as usize - 2];
    shape.insert(5, 0);
    check_empty(arr0(1).broadcast(shape).unwrap());
}

#[test]
fn a_length_of_one_stretches_to_none_and_none_stretches_to_nothing_else() {
    let (none, one) = (Array2::<u8>::zeros((3, 0)), Array2::<u8>::zeros((3, 1)));
    Zip::from(&none).and_broadcast(&one).for_each(|_, _| unreachable!());
    let error = Zip::from(&one).try_and_broadcast(&none).unwrap_err();
    assert_eq!((error.operand(), error.shape(), error.expected()), (2, &[3, 0][..], &[3, 1][..]));
    let error = Zip::from(&none).try_and(&one).unwrap_err();
    assert_eq!((error.operand(), error.shape(), error.expected()), (2, &[3, 1][..], &[3, 0][..]));
    // Two different shapes without cells are still different.
    let huge = ArrayView2::<u8>::from_shape((0, MOST), &[]).unwrap();
    assert_eq!(Zip::from(huge).try_and(&none).unwrap_err().shape(), [3, 0]);
    assert_eq!(
        message_of(|| Zip::from(&none).and(huge).size()),
        Zip::from(&none).try_and(huge).unwrap_err().to_string()
    );
}

#[test]
fn an_array_without_cells_has_no_windows_however_long_its_other_axis_is() {
    for (rows, cols) in [(0, MOST), (MOST, 0)] {
        let view = ArrayView2::<u64>::from_shape((rows, cols), &[]).unwrap();
        for view in [view, view.slice(s![..;-1, ..])] {
            let windows = view.array_windows::<1, 1>();
            assert_eq!((windows.dim(), windows.len(), windows.is_empty()), ((rows, cols), 0, true));
            assert_eq!(view.interior::<1, 1>().dim(), (rows, cols));
            let zip = Zip::indexed(windows).and(view.interior::<1, 1>()).and(view);
            simd_azip!(unordered (_ in windows) unreachable!());
            let (first, second) = zip.clone().split();
            assert_eq!((first.size(), second.size(), first.into_iter().count()), (0, 0, 0));
            second.split().1.simd_for_each_ordered(|_, _, _, _| unreachable!());
            assert!(zip.into_iter().nth_back(MOST).is_none());
            assert_eq!(view.interior::<MOST, MOST>().dim(), (usize::from(rows == MOST), usize::from(cols == MOST)));
        }
    }
}
