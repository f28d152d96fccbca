//! Axes of `isize::MAX` cells, which need no memory, and elements without a size.

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
    Zip::from(units.array_windows::<2, 3>()).for_each_row(|rows| assert_eq!(rows.map(<[()]>::len), [6, 6])).unwrap();
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
