//! As many cells as an array may have. Every method reaches both ends, in every layout.

use super::*;

/// Every way to walk a huge array that need not visit all of its cells.
#[track_caller]
fn check<T, D: Dimension>(view: ArrayView<'_, T, D>) {
    let (cells, shape) = (view.len(), view.shape());
    assert!(cells > MOST / 3, "{shape:?} is huge");
    let at = |n| Some(place(shape, n));
    let place = |item: Option<(D::Pattern, &T)>| {
        item.map(|(index, _)| index.into_dimension().as_array_view().iter().copied().collect::<Vec<_>>())
    };
    assert_eq!(Zip::from(&view).and(&view).size(), cells);

    // Row by row, in the order of the indices.
    let iter = || Zip::indexed(&view).into_iter();
    assert_eq!((iter().len(), iter().size_hint(), iter().count()), (cells, (cells, Some(cells)), cells));
    assert_eq!((place(iter().next()), place(iter().next_back())), (at(0), at(cells - 1)));
    assert_eq!(place(iter().last()), at(cells - 1));
    for n in [0, 1, cells / 3, cells / 2, cells - 2, cells - 1] {
        let mut iter = iter();
        assert_eq!((place(iter.nth(n)), iter.len()), (at(n), cells - 1 - n));
        let mut iter = Zip::indexed(&view).into_iter();
        assert_eq!((place(iter.nth_back(n)), iter.len()), (at(cells - 1 - n), cells - 1 - n));
    }
    for n in [cells, cells + 1, usize::MAX] {
        let mut iter = iter();
        assert_eq!((place(iter.nth(n)), iter.len(), place(iter.next_back())), (None, 0, None));
        let mut iter = Zip::indexed(&view).into_iter();
        assert_eq!((place(iter.nth_back(n)), iter.len(), place(iter.next())), (None, 0, None));
    }
    let mut both = iter();
    assert_eq!((place(both.next()), place(both.next_back())), (at(0), at(cells - 1)));
    let copy = both.clone();
    assert_eq!((place(both.nth(cells - 4)), both.len()), (at(cells - 3), 1));
    assert_eq!((place(both.last()), place(copy.rev().nth(cells - 3))), (at(cells - 2), at(1)));
    assert_eq!(iter().step_by(cells - 1).map(|item| place(Some(item))).collect::<Vec<_>>(), [at(0), at(cells - 1)]);
    assert_eq!(iter().skip(cells - 1).count(), 1);
    assert_eq!(iter().take(2).count() + iter().rev().take(2).count(), 4);
    assert_eq!(iter().position(|_| true), Some(0));
    assert_eq!(format!("{:?}", iter()), format!("ZipIter {{ operands: 2, len: {cells} }}"));

    // As few rows as the strides allow.
    let mut iter = Zip::from(&view).and(&view).into_iter();
    assert!(iter.nth(cells / 2).is_some_and(|(one, other)| ptr::eq(one, other)));
    assert!(iter.nth_back(cells - cells / 2 - 3).is_some() && iter.len() == 1);
    assert!(iter.next().is_some() && iter.next_back().is_none());

    // Closures.
    assert!(Zip::from(&view).any(|_| true) && !Zip::indexed(&view).and(&view).all(|_, _, _| false));
    let ended =
        Zip::from(&view).fold_while(0, |n, _| if n < 5 { FoldWhile::Continue(n + 1) } else { FoldWhile::Done(n) });
    assert_eq!(ended.into_inner(), 5);
    stopped(|visit| azip!((_ in &view) visit()));
    stopped(|visit| Zip::indexed(&view).fold((), |(), _, _| visit()));
    stopped(|visit| Zip::indexed(&view).simd_for_each_ordered(|_, _| visit()));
    stopped(|visit| Zip::from(&view).simd_for_each(|_| visit()));
    stopped(|visit| Zip::from(&view).and(&view).simd_fold((), |(), _, _| visit()));
    stopped(|visit| Zip::from(&view).into_iter().for_each(|_| visit()));

    // Halves, down to the first and the last cell.
    for last in [false, true] {
        let mut zip = Zip::indexed(&view).and(&view);
        while zip.size() > 1 {
            let size = zip.size();
            let (first, second) = zip.split();
            assert_eq!(first.size() + second.size(), size);
            assert!(first.size() > 0 && second.size() > 0);
            zip = if last { second } else { first };
        }
        let (index, one, _) = zip.into_iter().next().expect("one cell");
        assert_eq!(place(Some((index, one))), at(if last { cells - 1 } else { 0 }));
    }
}

/// All shapes of up to three dimensions; one of them under Miri.
macro_rules! in_every_shape {
    (|$shape:ident| $array:expr) => {{
        macro_rules! check_all {
            ($shapes:expr) => {
                for $shape in $shapes {
                    check($array);
                }
            };
        }
        check_all!([(2, MOST / 6, 3)]);
        if cfg!(miri) {
            return;
        }
        check_all!([MOST, MOST - 1]);
        check_all!([(MOST, 1), (1, MOST), (HALF, HALF), (MOST / 2, 2), (2, MOST / 2)]);
        check_all!([(1, MOST, 1), (HALF, 1, HALF)]);
        check_all!([IxDyn(&[1, 2, 1, MOST / 2, 1]), IxDyn(&[2, HALF / 2, 2, HALF / 2, 1])]);
    }};
}

#[test]
fn zero_sized_cells_are_reached_at_both_ends_in_row_major_order() {
    in_every_shape!(|shape| units(shape));
}

#[test]
#[cfg_attr(miri, ignore = "the code is that of row-major order")]
fn zero_sized_cells_are_reached_at_both_ends_in_column_major_order() {
    in_every_shape!(|shape| units(shape.f()));
}

#[test]
#[cfg_attr(miri, ignore = "the code is that of row-major order")]
fn zero_sized_cells_are_reached_at_both_ends_with_reversed_axes() {
    in_every_shape!(|shape| {
        let mut view = units(shape);
        (0..view.ndim()).for_each(|axis| view.invert_axis(Axis(axis)));
        view
    });
}

#[test]
#[cfg_attr(miri, ignore = "the code is that of row-major order")]
fn zero_sized_cells_are_reached_at_both_ends_where_axes_are_swapped_or_cut() {
    check(units((HALF, HALF)).reversed_axes());
    check(units((2, MOST / 6, 3)).permuted_axes([1, 2, 0]));
    check(units((HALF, HALF)).slice_move(s![1..;-1, ..]));
    check(units((HALF, HALF)).slice_move(s![.., 1..]));
}

#[test]
fn one_cell_stretched_over_the_shape_is_reached_at_both_ends() {
    let one = arr0(7_u8);
    in_every_shape!(|shape| one.broadcast(shape).expect("within ndarray's limits"));
}

#[test]
fn a_line_stretched_over_the_shape_is_reached_at_both_ends() {
    let line = array![1_u8, 2, 3];
    let upside_down = line.slice(s![..;-1]);
    for line in [line.view(), upside_down] {
        check(line.broadcast((MOST / 3, 3)).unwrap());
        if cfg!(miri) {
            break;
        }
        check(line.broadcast((MOST / 3, 3)).unwrap().reversed_axes());
        check(line.broadcast((3, MOST / 9, 3)).unwrap());
        check(line.insert_axis(Axis(1)).broadcast((3, MOST / 3)).unwrap());
    }
}

#[test]
fn mutable_zero_sized_cells_are_reached_at_both_ends() {
    let mut units = [(); MOST];
    for shape in [(MOST, 1), (1, MOST), (HALF, HALF)] {
        let mut view = ArrayViewMut2::from_shape(shape, &mut units[..shape.0 * shape.1]).unwrap();
        let mut iter = Zip::indexed(&mut view).into_iter();
        let (first, last) = (iter.next().unwrap(), iter.next_back().unwrap());
        (*first.1, *last.1) = ((), ());
        assert_eq!((first.0, last.0, iter.len()), ((0, 0), (shape.0 - 1, shape.1 - 1), shape.0 * shape.1 - 2));
        stopped(|visit| azip!((cell in &mut view) { *cell = (); visit() }));
        stopped(|visit| simd_azip!((cell in &mut view) { *cell = (); visit() }));
        stopped(|visit| simd_azip!((cell in view.slice_mut(s![..;-1, ..;-1])) { *cell = (); visit() }));
        let (_, second) = Zip::indexed(&mut view).split();
        assert_eq!(second.into_iter().last().map(|(at, _)| at), Some((shape.0 - 1, shape.1 - 1)));
    }
}

#[test]
fn rows_have_their_full_length_and_a_panic_ends_the_walk() {
    let mut lengths = Vec::new();
    Zip::from(units((1, MOST))).and(units((1, MOST))).for_each_row(|a, b| lengths.push((a.len(), b.len()))).unwrap();
    Zip::from(units((2, MOST / 2)))
        .and(indices((2, MOST / 2)))
        .for_each_row(|a, _| lengths.push((a.len(), 0)))
        .unwrap();
    assert_eq!(lengths, [(MOST, MOST), (MOST / 2, 0), (MOST / 2, 0)]);
    stopped(|visit| Zip::from(units((HALF, HALF))).for_each_row(|_| visit()).unwrap());
    stopped(|visit| Zip::from(units((MOST, 1))).for_each_row(|_| visit()).unwrap());
    // A row of one cell needs no stride. With more cells, all strides must be one.
    let one = arr0(7_u8);
    stopped(|visit| {
        let tall = one.broadcast((MOST, 1)).unwrap();
        Zip::from(tall).for_each_row(|row| assert_eq!((row, visit()), (&[7][..], ()))).unwrap();
    });
    let wide = one.broadcast((1, MOST)).unwrap();
    let error = Zip::from(units((1, MOST))).and(wide).for_each_row(|_, _| unreachable!()).unwrap_err();
    assert_eq!((error.operand(), error.stride()), (2, 0));
}

#[test]
fn a_description_is_short() {
    let text = format!("{:?}", Zip::indexed(units((MOST, 1))).and(units((MOST, 1)).array_windows::<1, 1>()));
    assert!(text.len() < 10_000 && text.contains(&format!("dim: ({MOST}, 1)")), "{text}");
}
