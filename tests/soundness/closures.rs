//! Closures that panic, keep their items after the walk, or start other walks.

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
