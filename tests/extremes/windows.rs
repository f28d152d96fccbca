//! Windows as large as an array, windows over huge arrays, and windows that fit nowhere.

use super::*;

fn only<T, const K: usize, const L: usize>(windows: Windows<'_, T, Size2<K, L>>) -> Window<'_, T, K, L> {
    assert_eq!((windows.dim(), windows.len(), windows.is_empty()), ((1, 1), 1, false));
    Zip::from(windows).into_iter().last().expect("one window").0
}

/// Checks the ends of a K×L window that has too many cells to check them all.
fn check<T, const K: usize, const L: usize>(w: Window<'_, T, K, L>) {
    let (up, left) = ((K / 2).cast_signed(), (L / 2).cast_signed());
    let (down, right) = ((K - 1 - K / 2).cast_signed(), (L - 1 - L / 2).cast_signed());
    assert!(ptr::eq(w.at(-up, -left), &w[[0, 0]]) && ptr::eq(w.at(down, right), &w[[K - 1, L - 1]]));
    assert!(ptr::eq(w.at(0, 0), w.center()));
    for (dk, dl) in [(-up - 1, 0), (down + 1, 0), (0, -left - 1), (0, right + 1), (isize::MIN, isize::MAX)] {
        assert_eq!(
            message_of(|| w.at(dk, dl)),
            format!("a {K}×{L} window has no cell {dk} rows below and {dl} columns right of its centre")
        );
    }
    for [k, l] in [[K, 0], [0, L], [usize::MAX, usize::MAX]] {
        assert_eq!(message_of(|| _ = w[[k, l]]), format!("index [{k}, {l}] is outside a {K}×{L} window"));
    }

    assert_eq!((w.iter().len(), w.iter().count(), w.iter().size_hint()), (K * L, K * L, (K * L, Some(K * L))));
    assert!(w.iter().last().is_some_and(|cell| ptr::eq(cell, &w[[K - 1, L - 1]])));
    for n in [0, 1, K * L / 2, K * L - 1] {
        let mut iter = w.iter();
        assert!(iter.nth(n).is_some_and(|cell| ptr::eq(cell, &w[[n / L, n % L]])));
        assert_eq!(iter.len(), K * L - 1 - n);
        let (mut iter, back) = (w.into_iter(), K * L - 1 - n);
        assert!(iter.nth_back(n).is_some_and(|cell| ptr::eq(cell, &w[[back / L, back % L]])));
        assert_eq!(iter.len(), back);
    }
    let mut iter = w.iter();
    assert!(iter.next().is_some() && iter.next_back().is_some() && iter.len() == K * L - 2);
    assert!(iter.nth(usize::MAX).is_none() && iter.nth_back(0).is_none() && iter.len() == 0);
    assert!(w.iter().any(|_| true));

    let view = w.view();
    assert_eq!((view.dim(), view.len()), ((K, L), K * L));
    assert!(ptr::eq(&view[[K - 1, L - 1]], &w[[K - 1, L - 1]]));
}

#[test]
fn a_window_may_have_as_many_cells_as_an_array() {
    check(only(units((HALF, HALF)).array_windows::<HALF, HALF>()));
    if cfg!(miri) {
        return;
    }
    check(only(units((MOST, 1)).array_windows::<MOST, 1>()));
    check(only(units((1, MOST)).array_windows::<1, MOST>()));
    check(only(units((2, MOST / 2)).slice(s![..;-1, ..]).array_windows::<2, { MOST / 2 }>()));
    check(only(units((MOST / 2, 2)).slice(s![..;-1, ..]).array_windows::<{ MOST / 2 }, 2>()));
    let line = array![1_u8, 2, 3];
    check(only(line.broadcast((MOST / 3, 3)).unwrap().array_windows::<{ MOST / 3 }, 3>()));
    let one = arr0(7_u8);
    check(only(one.broadcast((MOST, 1)).unwrap().array_windows::<MOST, 1>()));
}

#[test]
fn a_row_of_a_window_may_be_as_long_as_an_array() {
    let wide = units((1, MOST));
    let w = only(wide.array_windows::<1, MOST>());
    assert_eq!((w.rows()[0].len(), w.to_array()[0].len()), (MOST, MOST));
    let mut lengths = Vec::new();
    Zip::from(wide.array_windows::<1, MOST>()).for_each_row(|[row]| lengths.push(row.len())).unwrap();
    Zip::from(wide.array_windows::<1, { MOST / 2 }>()).for_each_row(|[row]| lengths.push(row.len())).unwrap();
    Zip::from(units((2, HALF)).array_windows::<1, HALF>()).for_each_row(|[row]| lengths.push(row.len())).unwrap();
    assert_eq!(lengths, [MOST, MOST, HALF, HALF]);
}

#[test]
fn a_window_of_as_many_rows_as_an_array_may_have_is_copied_at_once() {
    let copy = only(units((MOST, 1)).array_windows::<MOST, 1>()).to_array();
    assert_eq!(copy.len(), MOST);
    assert_eq!(only(units((HALF, 3)).array_windows::<HALF, 3>()).to_array()[HALF - 1], [(); 3]);
}

#[test]
fn the_interior_of_a_huge_window_is_its_centre() {
    assert_eq!(units((MOST, 1)).interior::<MOST, 1>().dim(), (1, 1));
    assert_eq!(units((1, MOST)).interior::<1, { MOST - 1 }>().dim(), (1, 2));
    assert_eq!(units((MOST, 1)).interior::<{ MOST / 2 }, 1>().dim(), (MOST - MOST / 2 + 1, 1));
    let mut cells = [(); MOST];
    let mut view = ArrayViewMut2::from_shape((HALF, HALF), &mut cells[..HALF * HALF]).unwrap();
    assert_eq!(view.interior_mut::<HALF, 3>().dim(), (1, HALF - 2));
    assert_eq!(view.interior_mut::<3, { HALF + 1 }>().dim(), (HALF - 2, 0));
    // The centre of a window is the interior cell with the same index, also at the far end.
    let line = array![1_u8, 2, 3, 4];
    let tall = line.broadcast((MOST / 4, 4)).unwrap();
    let (w, &centre) = Zip::from(tall.array_windows::<{ MOST / 8 }, 2>())
        .and(tall.interior::<{ MOST / 8 }, 2>())
        .into_iter()
        .last()
        .unwrap();
    assert_eq!((*w.center(), centre, w[[MOST / 8 - 1, 1]]), (4, 4, 4));
}

#[test]
fn a_window_one_cell_larger_than_the_largest_array_fits_nowhere() {
    let (tall, wide) = (units((MOST, 1)), units((1, MOST)));
    assert_eq!(tall.array_windows::<{ MOST + 1 }, 1>().dim(), (0, 1));
    assert_eq!(tall.array_windows::<{ usize::MAX }, { usize::MAX }>().dim(), (0, 0));
    assert_eq!(wide.array_windows::<1, { MOST + 1 }>().dim(), (1, 0));
    assert_eq!(wide.array_windows::<2, { usize::MAX }>().len(), 0);
    assert_eq!(tall.interior::<{ MOST + 1 }, 1>().dim(), (0, 1));
    assert_eq!(wide.interior::<1, { usize::MAX }>().dim(), (1, 0));
    azip!((_ in tall.array_windows::<{ MOST + 1 }, 1>()) unreachable!());
    let zip = || Zip::indexed(wide.array_windows::<1, { usize::MAX }>());
    simd_azip!((_ in wide.array_windows::<1, { usize::MAX }>()) unreachable!());
    assert!(zip().into_iter().next_back().is_none());
    let (first, second) = zip().split();
    assert_eq!((first.size(), second.size()), (0, 0));
    // The other axis is still split.
    let (mut zip, mut splits) = (Zip::from(wide.array_windows::<2, 3>()), 0);
    while zip.size() == 0 && splits < 2 * usize::BITS {
        zip = zip.split().1;
        splits += 1;
    }
    zip.for_each(|_| unreachable!());
}

#[test]
fn walks_that_may_jam_rows_of_a_huge_array_end_at_a_panic() {
    let line = array![1_u8, 2, 3, 4, 5];
    let tall = line.broadcast((MOST / 5, 5)).unwrap();
    let squares = units((HALF, HALF));
    stopped(|visit| {
        let zip = Zip::from(tall.array_windows::<3, 3>());
        zip.simd_for_each(|w| assert_eq!((w[[0, 0]], visit()), (w[[2, 0]], ())));
    });
    stopped(|visit| simd_azip!(unordered (_ in tall.array_windows::<{ MOST / 5 - 2 }, 3>()) visit()));
    stopped(
        |visit| simd_azip!(unordered (_ in squares.array_windows::<5, HALF>(), _ in squares.interior::<5, HALF>()) visit()),
    );
    stopped(|visit| simd_azip!((index _, _ in squares.array_windows::<2, 2>()) visit()));
    stopped(|visit| Zip::from(squares.array_windows::<2, 2>()).simd_fold((), |(), _| visit()));
}

#[test]
fn a_stretched_cell_has_no_contiguous_columns_and_the_error_says_so() {
    let (one, unit) = (arr0(7_u8), arr0(()));
    let row = array![1_u8, 2, 3];
    let upside_down = row.slice(s![..;-1]);
    macro_rules! assert_refused {
        ($view:expr, $stride:expr) => {{
            let view = $view;
            let error = view.try_array_windows::<1, 1>().unwrap_err();
            assert_eq!(error.stride(), $stride);
            assert_eq!(view.try_array_windows::<2, 2>().unwrap_err(), error);
            assert_eq!(Windows::<_, Size2<1, 2>>::try_new(view.view()).unwrap_err(), error);
            assert_eq!(message_of(|| view.array_windows::<2, 1>()), error.to_string());
            assert_eq!(message_of(|| Windows::<_, Size2<2, 1>>::new(view.view())), error.to_string());
            // Without windows there is no error.
            assert!(view.try_array_windows::<1, { usize::MAX }>().is_ok_and(|windows| windows.is_empty()));
        }};
    }
    assert_refused!(one.broadcast((HALF, HALF)).unwrap(), 0);
    assert_refused!(one.broadcast((2, MOST / 2)).unwrap(), 0);
    assert_refused!(unit.broadcast((HALF, HALF)).unwrap(), 0);
    assert_refused!(upside_down.broadcast((MOST / 3, 3)).unwrap(), -1);
    assert_refused!(units((HALF, HALF)).slice_move(s![.., ..;-1]), -1);
    assert_refused!(units((2, 2).strides((1, MOST - 2))), isize::MAX - 2);
    assert_refused!(units((2, 2).strides((1, MOST - 2))).slice_move(s![.., ..;-1]), 2 - isize::MAX);
    // In a single column, no stride matters.
    assert_eq!(one.broadcast((MOST, 1)).unwrap().array_windows::<3, 1>().dim(), (MOST - 2, 1));
    assert_eq!(only(one.broadcast((1, 1)).unwrap().array_windows::<1, 1>()).to_array(), [[7]]);
}
