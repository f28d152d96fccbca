//! Strides of zero, negative strides, and strides as large as an array.

use super::*;

/// The cells in row-major order, by every walk that preserves it. The expected value is
/// ndarray's.
#[track_caller]
fn check<T: Copy + PartialEq + std::fmt::Debug, D: Dimension>(view: ArrayView<'_, T, D>) {
    let expected: Vec<_> = view.indexed_iter().map(|(at, &cell)| (at, cell)).collect();
    let of =
        |items: &mut dyn Iterator<Item = (D::Pattern, &T)>| items.map(|(at, &cell)| (at, cell)).collect::<Vec<_>>();
    assert_eq!(of(&mut Zip::indexed(&view).into_iter()), expected);
    let mut backwards = of(&mut Zip::indexed(&view).into_iter().rev());
    backwards.reverse();
    assert_eq!(backwards, expected);
    let cells: Vec<_> = expected.iter().map(|&(_, cell)| cell).collect();
    assert_eq!(Zip::from(&view).and(&view).into_iter().map(|(one, _)| *one).collect::<Vec<_>>(), cells);

    let mut theirs = Vec::new();
    ndarray::Zip::from(&view).for_each(|&cell| theirs.push(cell));
    let (mut plain, mut simd) = (Vec::new(), Vec::new());
    azip!((&cell in &view) plain.push(cell));
    simd_azip!((&cell in &view) simd.push(cell));
    assert_eq!((plain, simd), (theirs.clone(), theirs));
    for n in 0..=cells.len() {
        let items = of(&mut Zip::indexed(&view).into_iter().nth(n).into_iter());
        assert_eq!(items, expected.get(n).cloned().into_iter().collect::<Vec<_>>());
    }
    if view.ndim() > 0 {
        let (first, second) = Zip::indexed(&view).split();
        let mut halves = of(&mut first.into_iter());
        halves.extend(of(&mut second.into_iter()));
        assert_eq!(halves.len(), cells.len());
        assert!(expected.iter().all(|item| halves.contains(item)));
    }
}

#[test]
fn an_axis_of_one_cell_may_have_any_stride() {
    let mut cells = [1_u8, 2, 3, 4];
    for stride in [5, MOST, 0, 1, MOST / 2].into_iter().take(if cfg!(miri) { 2 } else { 5 }) {
        check(ArrayView::from_shape((1, 4).strides((stride, 1)), &cells).unwrap());
        check(ArrayView::from_shape((4, 1).strides((1, stride)), &cells).unwrap());
        check(ArrayView::from_shape((2, 1, 2).strides((2, stride, 1)), &cells).unwrap());
        check(ArrayView::from_shape((1, 1).strides((stride, stride)), &cells).unwrap());
        check(ArrayView::from_shape((1, 2, 1, 2).strides((stride, 1, stride, 2)), &cells).unwrap());

        let row = ArrayView2::from_shape((1, 4).strides((stride, 1)), &cells).unwrap();
        let flipped = row.slice(s![..;-1, ..]);
        for row in [row, flipped] {
            assert_eq!(row.interior::<1, 3>(), array![[2, 3]]);
            let windows: Vec<_> = Zip::from(row.array_windows::<1, 3>()).into_iter().map(|(w,)| w).collect();
            assert_eq!(windows.len(), 2);
            assert_eq!((windows[1].to_array(), windows[1].at(0, -1)), ([[2, 3, 4]], &2));
            assert_eq!(windows[0].view(), array![[1, 2, 3]]);
            assert_eq!(windows[1].view().slice(s![..;-1, ..;-1]), array![[4, 3, 2]]);
            simd_azip!(unordered (w in row.array_windows::<1, 4>()) assert_eq!(w.rows(), [&[1, 2, 3, 4]]));
        }
        let column = ArrayView2::from_shape((4, 1).strides((1, stride)), &cells).unwrap();
        azip!((index (i, _), w in column.array_windows::<3, 1>()) {
            assert_eq!(w.view(), array![[cells[i]], [cells[i + 1]], [cells[i + 2]]]);
        });

        let before = cells;
        let mut view = ArrayViewMut::from_shape((1, 4, 1).strides((stride, 1, stride)), &mut cells).unwrap();
        azip!((index (_, j, _), cell in &mut view) *cell += u8::try_from(j).unwrap());
        simd_azip!((cell in &mut view) *cell += 1);
        Zip::from(&mut view).for_each_row(|row| row[0] += 1).unwrap();
        Zip::from(&mut view).into_iter().for_each(|(cell,)| *cell -= 2);
        assert_eq!(cells, [before[0], before[1] + 1, before[2] + 2, before[3] + 3]);
        cells = before;
    }
}

#[test]
fn strides_as_large_as_an_array_lead_to_the_right_cells() {
    // Zero-sized cells: an axis of length two may span the whole address space.
    let wide = MOST - 3;
    for view in [
        units((2, 3).strides((wide, 1))),
        units((3, 2).strides((1, wide))).reversed_axes(),
        units((2, 3).strides((wide, 1))).slice_move(s![..;-1, ..]),
        units((2, 3).strides((wide, 1))).slice_move(s![..;-1, ..;-1]),
        units((2, 3).strides((0, (MOST - 1) / 2))),
    ] {
        check(view);
        check(view.reversed_axes());
    }
    // The end of the inner axis is too far away to be counted.
    check(units((2, 3, 2).strides((0, (MOST - 1) / 4, (MOST - 1) / 2))));

    for view in [units((3, 3).strides((wide / 2, 1))), units((3, 3).strides((wide / 2, 1))).slice_move(s![..;-1, ..])] {
        let mut windows = 0;
        azip!((w in view.array_windows::<2, 2>()) {
            windows += 1;
            assert_eq!((w.to_array(), w.view().dim(), w.iter().fold(0, |n, ()| n + 1)), ([[(); 2]; 2], (2, 2), 4));
            let strides = [view.strides()[0], 1];
            assert_eq!(w.view().strides(), strides);
        });
        assert_eq!(windows, 4);
        simd_azip!(unordered (w in view.array_windows::<3, 3>()) assert_eq!(w.rows(), [&[(); 3]; 3]));
    }
}

#[test]
fn zero_and_negative_strides_together_lead_to_the_right_cells() {
    let line = array![1, 2, 3];
    let table = array![[1, 2, 3], [4, 5, 6]];
    let flipped = line.slice(s![..;-1]);
    check(flipped.broadcast((2, 3)).unwrap());
    check(flipped.broadcast((2, 3)).unwrap().slice_move(s![..;-1, ..]));
    check(flipped.broadcast((2, 3)).unwrap().reversed_axes());
    check(flipped.insert_axis(Axis(1)).broadcast((2, 3, 4)).unwrap());
    check(table.slice(s![..;-1, ..;-1]).broadcast((3, 2, 3)).unwrap());
    check(table.slice(s![..;-1, ..;2]).broadcast((2, 2, 2)).unwrap().permuted_axes([2, 0, 1]));
    check(arr0(5).broadcast((2, 1, 3)).unwrap().slice_move(s![..;-1, .., ..;-1]));
    check(arr0(5).view());

    let mut out = Array2::zeros((3, 3));
    Zip::from(&mut out)
        .and_broadcast(flipped)
        .and_broadcast(flipped.insert_axis(Axis(1)))
        .and_broadcast(&arr0(100))
        .for_each(|out, x, y, z| *out = x + 10 * y + z);
    assert_eq!(out, array![[133, 132, 131], [123, 122, 121], [113, 112, 111]]);
}
