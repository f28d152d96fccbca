//! Negative strides, broadcast axes, shared storage, and operands of different layouts.

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
    for view in
        [a.slice(s![.., ..;-1]), a.slice(s![.., ..;2]), a.t(), a.column(1).broadcast((4, 4)).unwrap().reversed_axes()]
    {
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
