//! Windows of one cell, of one row or column, of the whole array, and of even lengths.

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
