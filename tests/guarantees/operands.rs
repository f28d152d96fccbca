//! Promises 9, 10 and 14: operands of any layout, of one shape, and with elements of any size.

use super::*;

#[test]
fn promise_9_any_layout() {
    /// Returns a copy of the same cells in another layout.
    fn laid_out(a: &Array<u32, Ix3>, layout: usize) -> Array<u32, Ix3> {
        let mut copy = match layout {
            0 => Array::zeros(a.dim()),
            1 => Array::zeros(a.dim().f()),
            2 => Array::zeros((4, 2, 3)).permuted_axes([1, 2, 0]),
            _ => Array::zeros((8, 5, 3)).slice_move(s![..;-2, 1..3, ..]).permuted_axes([1, 2, 0]),
        };
        copy.assign(a);
        copy
    }
    let a = counted((2, 3, 4));
    let plane = counted((3, 4));
    for pair in (0..16).step_by(or_under_miri(1, 5)) {
        let (b, mut c) = (laid_out(&a, pair / 4), laid_out(&a, pair % 4));
        let mut visits = 0;
        azip!((index (i, j, k), &b in &b, c in &mut c, &p in plane.broadcast((2, 3, 4)).unwrap()) {
            visits += 1;
            assert_eq!((b, *c, p), (a[[i, j, k]], a[[i, j, k]], plane[[j, k]]));
            *c += b + p;
        });
        assert_eq!(visits, 24);
        assert_eq!(c, &a + &a + &plane);
        Zip::from(&mut c).and(&b).simd_for_each_ordered(|c, b| *c -= b);
        assert_eq!(c, &a + &plane);
        let mut unindexed = 0;
        Zip::from(&b).and(&a).and(&c).for_each(|b, a, _| unindexed += u32::from(b == a));
        assert_eq!(unindexed, 24);
    }

    // If windows are outvoted, they are walked along the columns.
    let mut columns = Array2::<u32>::zeros((2, 2).f());
    let more = Array2::<u32>::zeros((2, 2).f());
    azip!((sum in &mut columns, _ in &more, w in plane.array_windows::<2, 3>()) *sum = w.iter().sum());
    assert_eq!(columns, array![[18, 24], [42, 48]]);
    // The same holds for windows over stacks and volumes, with rows and columns exchanged.
    let volume = counted((3, 4, 5));
    let [mut tables, mut volumes] = [Array3::<u32>::zeros((3, 3, 3).f()), Array3::zeros((2, 3, 3).f())];
    let more = Array3::<u32>::zeros((3, 3, 3).f());
    azip!((sum in &mut tables, _ in &more, w in volume.array_windows::<2, 3>()) *sum = w.iter().sum());
    azip!((sum in &mut volumes, _ in more.slice(s![..2, .., ..]), w in volume.array_windows_3d::<2, 2, 3>()) {
        *sum = w.iter().sum();
    });
    let sum_of = |cells: ArrayView<'_, u32, Ix3>| cells.sum();
    assert_eq!(tables, ndarray::Zip::from(volume.windows((1, 2, 3))).map_collect(sum_of));
    assert_eq!(volumes, ndarray::Zip::from(volume.windows((2, 2, 3))).map_collect(sum_of));

    let mut rows = Vec::new();
    Zip::from(&plane).for_each_row(|row| rows.push(row)).unwrap();
    assert!(rows.iter().zip(plane.rows()).all(|(&row, expected)| expected.as_slice() == Some(row)) && rows.len() == 3);
    let error = Zip::from(&plane).and(plane.slice(s![.., ..;-1])).for_each_row(|_, _| unreachable!()).unwrap_err();
    assert_eq!((error.operand(), error.stride()), (2, -1));
    let error = plane.slice(s![.., ..;2]).try_array_windows::<2, 2>().unwrap_err();
    assert_eq!(error.stride(), 2);
}

#[test]
fn promise_10_one_shape() {
    let (mut a, b) = (counted((3, 4)), counted((3, 5)));
    let error = Zip::from(&mut a).try_and(&b).unwrap_err();
    assert_eq!((error.operand(), error.shape(), error.expected()), (2, &[3, 5][..], &[3, 4][..]));
    let error = Zip::indexed(&a).try_and_broadcast(&counted(3)).unwrap_err();
    assert_eq!((error.operand(), error.shape(), error.expected()), (3, &[3][..], &[3, 4][..]));

    // The test `soundness` checks the line of the panic.
    let mut calls = 0;
    let shapes: [&dyn Fn(&mut u32); 6] = [
        &|calls| azip!((_ in &a, _ in &b) *calls += 1),
        &|calls| azip!((index _, _ in &b, _ in a.t().slice(s![..3, ..])) *calls += 1),
        &|calls| simd_azip!((_ in &a, _ in a.array_windows::<1, 2>()) *calls += 1),
        &|calls| azip!((_ in a.array_windows::<2, 2>(), _ in a.interior::<3, 2>()) *calls += 1),
        &|calls| azip!((_ in ndarray::indices((3, 5)), _ in &a) *calls += 1),
        &|calls| Zip::from(&a).and_broadcast(&b).for_each(|_, _| *calls += 1),
    ];
    for zip in shapes {
        let payload = catch_unwind(AssertUnwindSafe(|| zip(&mut calls))).expect_err("it panics");
        let message = payload.downcast_ref::<String>().expect("a message that names the operand");
        assert!(message.starts_with("operand ") && message.contains(" of the "), "{message}");
        let names_shapes = |before, between| {
            message.split_once(before).is_some_and(|(_, shapes)| shapes.starts_with('[') && shapes.contains(between))
        };
        assert!(names_shapes("expected: ", ", got: [") || names_shapes("from shape: ", " to: ["), "{message}");
    }
    assert_eq!(calls, 0);
}

#[test]
fn promise_14_zero_sized_elements_and_as_many_cells_as_can_be_counted() {
    const MOST: usize = isize::MAX.cast_unsigned();
    static UNITS: [(); MOST] = [(); MOST];

    let mut units = Array2::from_elem((4, 6), ());
    let (mut calls, mut rows) = (0, 0);
    azip!((unit in &mut units) {
        *unit = ();
        calls += 1;
    });
    Zip::from(&mut units).for_each_row(|row| rows += row.len()).unwrap();
    simd_azip!((_ in units.slice_mut(s![.., ..;-2])) calls += 1);
    assert_eq!((calls, rows, Zip::from(&units).into_iter().count()), (24 + 12, 24, 24));
    assert_eq!(Zip::from(units.array_windows::<3, 2>()).fold(0, |cells, w| cells + w.iter().count()), 2 * 5 * 6);

    let all = ArrayView1::from(&UNITS[..]);
    assert_eq!(Zip::from(all).size(), MOST);
    assert!(Zip::from(all).any(|()| true));
    let mut iter = Zip::indexed(all).into_iter();
    assert_eq!((iter.len(), iter.next(), iter.next_back()), (MOST, Some((0, &())), Some((MOST - 1, &()))));
    assert_eq!((iter.nth(MOST - 4), iter.len()), (Some((MOST - 3, &())), 1));
    let one = arr0(7_u8);
    let mut iter = Zip::indexed(one.broadcast(MOST).unwrap()).into_iter();
    assert_eq!((iter.nth_back(MOST / 2), iter.next()), (Some((MOST - 1 - MOST / 2, &7)), Some((0, &7))));
    assert!(Zip::from(ndarray::indices((MOST, 1))).any(|_| true));
    assert!(catch_unwind(|| Zip::from(ndarray::indices((MOST, 2))).any(|_| true)).is_err(), "no array is so large");
}
