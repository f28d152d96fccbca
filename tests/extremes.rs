//! Input at the limits of the types: as many cells as can be counted and more, lengths of 0 and 1,
//! strides that are 0, negative or as large as possible, one cell broadcast to a huge array, many
//! axes and none.
//!
//! Each case has a defined result: the right value, a typed error, or a panic that names the
//! operand. None overflows, hangs or visits a wrong cell. Huge arrays here use no memory, because
//! their cells have no size or are one cell. No walk reaches their end, so a method that tries to
//! shows up as a test that hangs.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use ndarray::{
    Array1, Array2, ArrayD, ArrayView, ArrayView1, ArrayView2, ArrayViewMut, ArrayViewMut2, Axis, Dimension,
    IntoDimension, IxDyn, ShapeBuilder, StrideShape, arr0, array, indices, s,
};
use ndarray_lockstep::{
    ArrayInterior, ArrayInterior3d, ArrayWindows, ArrayWindows3d, FoldWhile, IntoOperand, Window, Windows, Windows3d,
    Zip, azip, simd_azip,
};

/// The largest number of cells that an array may have.
const MOST: usize = isize::MAX.cast_unsigned();
/// The square of this is the next power of two below.
const HALF: usize = 1 << (usize::BITS / 2 - 1);
static UNITS: [(); MOST] = [(); MOST];

/// A view of zero-sized cells.
fn units<Sh: Into<StrideShape<D>>, D: Dimension>(shape: Sh) -> ArrayView<'static, (), D> {
    ArrayView::from_shape(shape, &UNITS).expect("within ndarray's limits")
}

/// Runs a walk that calls its argument in every visit. A panic stops the third.
#[track_caller]
fn stopped(walk: impl FnOnce(&dyn Fn())) {
    let visits = Cell::new(0);
    let visit = || {
        visits.set(visits.get() + 1);
        assert!(visits.get() < 3, "stop");
    };
    let payload = catch_unwind(AssertUnwindSafe(|| walk(&visit))).expect_err("the third visit panics");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"stop"));
    assert_eq!(visits.get(), 3);
}

/// Runs `f`, which panics, and returns the message.
#[track_caller]
fn message_of<R>(f: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| _ = f())).expect_err("it is refused");
    *payload.downcast::<String>().expect("the message has numbers in it")
}

/// Takes an item where there should be none.
fn unexpected<Item>(_: Item) {
    panic!("an item of an empty walk");
}

/// The index of cell number `n` in row-major order.
fn place(shape: &[usize], mut n: usize) -> Vec<usize> {
    let mut place = vec![0; shape.len()];
    for (at, &len) in place.iter_mut().zip(shape).rev() {
        *at = n % len;
        n /= len;
    }
    place
}

mod more_than_can_be_counted {
    use super::*;

    static TOO_LONG: [(); usize::MAX] = [(); usize::MAX];

    #[test]
    fn a_slice_longer_than_any_array_is_refused_as_the_first_operand() {
        let by_number = |operand, len| {
            format!(
                "operand {operand} of the zip has shape [{len}], which is too large for any array: the lengths other than 0 \
                 multiply to more than isize::MAX"
            )
        };
        let (mut array, mut vec) = ([(); usize::MAX], Vec::from([(); usize::MAX]));
        let first = by_number(1, usize::MAX);
        assert_eq!(message_of(|| _ = Zip::from(&TOO_LONG)), first);
        assert_eq!(message_of(|| _ = Zip::from(&TOO_LONG[..])), first);
        assert_eq!(message_of(|| _ = Zip::from(&vec)), first);
        assert_eq!(message_of(|| _ = Zip::from(&mut array)), first);
        assert_eq!(message_of(|| _ = Zip::from(&mut array[..])), first);
        assert_eq!(message_of(|| _ = Zip::from(&mut vec)), first);
        assert_eq!(message_of(|| azip!((_ in &TOO_LONG) unreachable!())), first);
        assert_eq!(message_of(|| simd_azip!((_ in &mut vec) unreachable!())), first);
        assert_eq!(message_of(|| _ = Zip::indexed(&TOO_LONG)), by_number(2, usize::MAX));
        assert_eq!(message_of(|| azip!((index _, _ in &mut array) unreachable!())), by_number(2, usize::MAX));
        // One more than the limit; and elements without a size but with an alignment.
        assert_eq!(message_of(|| _ = Zip::from(&TOO_LONG[..=MOST])), by_number(1, MOST + 1));
        assert_eq!(Zip::from(&TOO_LONG[..MOST]).size(), MOST);
        assert_eq!(message_of(|| _ = Zip::from(&[[0_u64; 0]; usize::MAX])), first);
    }

    #[test]
    fn a_slice_longer_than_any_array_is_a_shape_error_with_other_operands() {
        let three = [(); 3];
        let error = Zip::from(&three).and(&three).try_and(&TOO_LONG).unwrap_err();
        assert_eq!((error.operand(), error.shape(), error.expected()), (3, &[usize::MAX][..], &[3][..]));
        assert_eq!(message_of(|| _ = Zip::from(&three).and(&three).and(&TOO_LONG)), error.to_string());
        let mut vec = Vec::from([(); usize::MAX]);
        assert_eq!(Zip::indexed(&three).try_and(&mut vec).unwrap_err(), error);
    }

    /// ndarray creates the view, so everything that it accepts compiles. No zip is that long, so
    /// the slice fits none.
    #[test]
    fn a_slice_longer_than_any_array_is_refused_by_ndarray_where_it_is_broadcast() {
        let three = [(); 3];
        assert!(catch_unwind(|| _ = Zip::from(&three).and_broadcast(&TOO_LONG)).is_err());
        assert!(catch_unwind(|| _ = Zip::from(&three).try_and_broadcast(&TOO_LONG[..])).is_err());
        assert!(catch_unwind(|| _ = ndarray::Zip::from(&three).and_broadcast(&TOO_LONG)).is_err());
    }

    #[test]
    fn indices_of_a_shape_larger_than_any_array_are_refused_by_number() {
        for shape in [(2 * HALF, HALF), (usize::MAX, 1), (MOST + 1, 0), (0, usize::MAX), (usize::MAX, usize::MAX)] {
            let lengths = [shape.0, shape.1];
            let named = |operand| format!("operand {operand} of the zip has shape {lengths:?}, which is too large");
            let message = message_of(|| Zip::from(indices(shape)).size());
            assert!(message.starts_with(&named(1)), "{message}");
            let message = message_of(|| Zip::indexed(indices(shape)).size());
            assert!(message.starts_with(&named(2)), "{message}");
            let message = message_of(|| azip!((_ in indices(shape)) unreachable!()));
            assert!(message.starts_with(&named(1)), "{message}");

            let a = Array2::<u8>::zeros((3, 4));
            let error = Zip::from(&a).try_and(indices(shape)).unwrap_err();
            assert_eq!((error.operand(), error.shape(), error.expected()), (2, &lengths[..], &[3, 4][..]));
            assert_eq!(message_of(|| Zip::from(&a).and(indices(shape)).size()), error.to_string());
        }
    }

    #[test]
    fn as_many_indices_as_an_array_may_have_are_reached_at_both_ends() {
        for (rows, cols) in [(MOST, 1), (1, MOST), (HALF, HALF), (3, MOST / 3)] {
            let zip = || Zip::from(indices((rows, cols)));
            assert_eq!(zip().size(), rows * cols);
            let mut iter = zip().into_iter();
            assert_eq!(iter.next_back(), Some(((rows - 1, cols - 1),)));
            assert_eq!(iter.next(), Some(((0, 0),)));
            assert_eq!(iter.len(), rows * cols - 2);
            assert_eq!(zip().split().1.into_iter().last(), Some(((rows - 1, cols - 1),)));
            assert!(zip().and(indices((rows, cols))).any(|one, other| one == other && one != (0, 0)));
            stopped(|visit| zip().for_each(|_| visit()));
        }
        for shape in [(MOST, 0), (0, MOST), (0, 0)] {
            azip!((_ in indices(shape)) unreachable!());
            assert_eq!(Zip::from(indices(shape)).into_iter().nth_back(usize::MAX), None);
        }
    }

    #[test]
    fn explicit_conversions_to_operands_are_refused_too() {
        for refused in [
            catch_unwind(|| _ = (&TOO_LONG).into_operand()),
            catch_unwind(|| _ = indices((usize::MAX, 2)).into_operand()),
            catch_unwind(|| _ = indices(MOST + 1).into_operand()),
        ] {
            assert!(refused.is_err());
        }
        assert_eq!(Zip::from((&UNITS).into_operand()).size(), MOST);
        assert_eq!(Zip::from(indices(MOST).into_operand()).size(), MOST);
    }
}

mod as_many_cells_as_can_be_counted {
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
        stopped(|visit| Zip::indexed(&view).simd_for_each(|_, _| visit()));
        stopped(|visit| Zip::from(&view).simd_for_each_unordered(|_| visit()));
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
        Zip::from(units((1, MOST)))
            .and(units((1, MOST)))
            .for_each_row(|a, b| lengths.push((a.len(), b.len())))
            .unwrap();
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
}

mod windows {
    use super::*;

    fn only<T, const K: usize, const L: usize>(windows: Windows<'_, T, K, L>) -> Window<'_, T, K, L> {
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
            zip.simd_for_each_unordered(|w| assert_eq!((w[[0, 0]], visit()), (w[[2, 0]], ())));
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
                assert_eq!(Windows::<_, 1, 2>::try_new(view.view()).unwrap_err(), error);
                assert_eq!(message_of(|| view.array_windows::<2, 1>()), error.to_string());
                assert_eq!(message_of(|| Windows::<_, 2, 1>::new(view.view())), error.to_string());
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
}

mod strides {
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

        for view in
            [units((3, 3).strides((wide / 2, 1))), units((3, 3).strides((wide / 2, 1))).slice_move(s![..;-1, ..])]
        {
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
}

mod lengths_of_zero_and_one {
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
        zip!().simd_for_each(|_, _, _, _| unreachable!());
        zip!().simd_for_each_unordered(|_, _, _, _| unreachable!());
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
                second.split().1.simd_for_each(|_, _, _, _| unreachable!());
                assert!(zip.into_iter().nth_back(MOST).is_none());
                assert_eq!(view.interior::<MOST, MOST>().dim(), (usize::from(rows == MOST), usize::from(cols == MOST)));
            }
        }
    }
}

mod many_axes_and_none {
    use super::*;

    /// Walks an array of many axes and compares with ndarray.
    fn check(view: &ArrayView<'_, u32, IxDyn>) {
        let expected: Vec<_> = view.indexed_iter().collect();
        assert_eq!(Zip::indexed(view).into_iter().collect::<Vec<_>>(), expected);
        let (mut ours, mut theirs, mut simd) = (Vec::new(), Vec::new(), Vec::new());
        ndarray::azip!((&cell in view) theirs.push(cell));
        azip!((index at, &cell in view) ours.push((view[at], cell)));
        simd_azip!((index at, &cell in view) simd.push((view[at], cell)));
        let theirs: Vec<_> = theirs.into_iter().map(|cell| (cell, cell)).collect();
        assert_eq!((&ours, &simd), (&theirs, &theirs));
        let mut cells = Vec::new();
        azip!((&cell in view, _ in view) cells.push((cell, cell)));
        assert_eq!(cells, theirs);
        let (mut zips, mut leaves) = (vec![Zip::indexed(view)], Vec::new());
        while let Some(zip) = zips.pop() {
            if zip.size() > 1 {
                let (first, second) = zip.split();
                zips.extend([second, first]);
            } else {
                leaves.extend(zip);
            }
        }
        assert_eq!(leaves.len(), expected.len());
        assert!(leaves.iter().all(|item| expected.contains(item)));
    }

    fn counted(shape: &[usize]) -> ArrayD<u32> {
        let cells: usize = shape.iter().product();
        ArrayD::from_shape_vec(shape, (0..u32::try_from(cells).unwrap()).collect()).unwrap()
    }

    #[test]
    #[cfg_attr(miri, ignore = "the code is that of fewer axes")]
    fn an_array_of_32_axes_is_walked_like_any_other() {
        let mut shape = [1; 32];
        check(&counted(&shape).view());
        (shape[0], shape[7], shape[8], shape[31]) = (2, 3, 2, 2);
        let array = counted(&shape);
        check(&array.view());
        check(&array.view().reversed_axes());
        let mut view = array.view();
        view.swap_axes(7, 31);
        view.invert_axis(Axis(8));
        view.swap_axes(3, 0);
        check(&view);
        let error = Zip::from(&array).try_and(&view).unwrap_err();
        assert_eq!((error.shape(), error.expected()), (view.shape(), &shape[..]));

        let mut doubled = array.clone();
        Zip::from(&mut doubled).and_broadcast(&arr0(2)).simd_for_each(|cell, &two| *cell *= two);
        assert_eq!(doubled, &array * 2);
        let mut rows = Vec::new();
        Zip::from(&array).for_each_row(|row| rows.push(row[1])).unwrap();
        assert_eq!(rows, (0..24).filter(|n| n % 2 == 1).collect::<Vec<_>>());
    }

    #[test]
    #[cfg_attr(miri, ignore = "the code is that of fewer axes")]
    fn as_many_axes_of_two_cells_as_can_be_counted_are_reached_at_both_ends() {
        let axes = usize::BITS as usize - 2;
        let one = arr0(7_u8);
        let cube = one.broadcast(vec![2; axes]).unwrap();
        assert!(one.broadcast(vec![2; axes + 1]).is_none(), "one axis more is one too many");
        let cells = 1_usize << axes;
        assert_eq!(Zip::from(&cube).size(), cells);
        let mut iter = Zip::indexed(&cube).into_iter();
        assert_eq!(iter.len(), cells);
        assert_eq!(iter.next_back(), Some((IxDyn(&vec![1; axes]), &7)));
        assert_eq!(iter.nth(cells - 3), Some((IxDyn(&place(cube.shape(), cells - 3)), &7)));
        assert_eq!(iter.nth_back(0), Some((IxDyn(&place(cube.shape(), cells - 2)), &7)));
        assert_eq!(iter.next(), None);
        let mut zip = Zip::indexed(&cube);
        while zip.size() > 1 {
            zip = zip.split().1;
        }
        assert!(zip.all(|at, _| at == IxDyn(&vec![1; axes])));
        stopped(|visit| Zip::from(&cube).and(&cube).for_each(|_, _| visit()));
        stopped(|visit| Zip::indexed(&cube).simd_for_each(|_, _| visit()));
        let error = Zip::from(&cube).for_each_row(|_| unreachable!()).unwrap_err();
        assert_eq!((error.operand(), error.stride()), (1, 0));
    }

    #[test]
    fn a_dynamic_array_without_axes_has_one_cell_and_no_halves() {
        let mut one = ArrayD::from_elem(IxDyn(&[]), 41);
        simd_azip!((index at, cell in &mut one) *cell += 1 + at.ndim());
        Zip::from(&mut one).simd_for_each_unordered(|cell| *cell += 1);
        assert_eq!(Zip::from(&one).simd_fold(0, |sum, cell| sum + cell), 43);
        let other = arr0(1);
        let mut iter = Zip::from(&one).and_broadcast(&other).into_iter();
        assert_eq!((iter.nth(1), iter.len()), (None, 0));
        assert_eq!(Zip::from(&one).into_iter().nth_back(0), Some((&43,)));
        let refused = catch_unwind(|| _ = Zip::from(&one).split()).unwrap_err();
        assert!(refused.downcast_ref::<&str>().is_some_and(|message| message.contains("0-dimensional")));
        let error = Zip::from(&one).try_and_broadcast(&array![1]).unwrap_err();
        assert_eq!((error.shape(), error.expected()), (&[1][..], &[][..]));
    }
}

mod alignment {
    use super::*;

    /// Aligned like a page, without content.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(align(4096))]
    struct Page;

    fn is_aligned(page: &Page) -> bool {
        ptr::from_ref(page).addr().is_multiple_of(align_of::<Page>())
    }

    #[test]
    fn zero_sized_cells_keep_their_alignment_in_every_walk() {
        let mut pages = [Page; MOST];
        {
            let line = ArrayView1::from(&pages[..]);
            assert!(Zip::from(line).into_iter().last().is_some_and(|(page,)| is_aligned(page)));
            let square = ArrayView2::from_shape((HALF, HALF), &pages).unwrap();
            let (w,) = Zip::from(square.array_windows::<3, HALF>()).into_iter().nth(HALF - 3).unwrap();
            assert!(
                is_aligned(w.center()) && is_aligned(w.at(1, 0)) && w.iter().nth_back(HALF).is_some_and(is_aligned)
            );
            assert!(is_aligned(&w.view()[[2, HALF - 1]]));
            Zip::from(line)
                .for_each_row(|row| assert!(row.len() == MOST && row.first().is_some_and(is_aligned)))
                .unwrap();
        }
        let mut few = ArrayViewMut2::from_shape((3, 4), &mut pages[..12]).unwrap();
        let visits = Cell::new(0);
        let visit = |page: &mut Page| {
            assert!(is_aligned(page));
            *page = Page;
            visits.set(visits.get() + 1);
        };
        azip!((page in &mut few) visit(page));
        simd_azip!((page in &mut few) visit(page));
        simd_azip!((page in few.slice_mut(s![..;-1, ..;-2])) visit(page));
        Zip::from(&mut few).for_each_row(|row| row.iter_mut().for_each(visit)).unwrap();
        Zip::from(&mut few).into_iter().rev().for_each(|(page,)| visit(page));
        assert_eq!(visits.get(), 12 + 12 + 6 + 12 + 12);
        simd_azip!(unordered (w in few.array_windows::<2, 2>()) {
            assert!(is_aligned(w.center()) && w.rows().iter().all(|row| is_aligned(&row[1])));
            assert_eq!(w.to_array(), [[Page; 2]; 2]);
        });
        let empty = Array2::<Page>::from_elem((0, 3), Page);
        azip!((_ in &empty, _ in empty.array_windows::<1, 1>()) unreachable!());
    }
}

mod stacks_and_volumes {
    use super::*;

    #[test]
    fn windows_over_as_many_cells_as_can_be_counted_are_walked() {
        for shape in [(MOST / 12, 3, 4), (3, MOST / 12, 4), (3, 4, MOST / 12)] {
            let volume = units(shape);
            let windows = volume.array_windows_3d::<3, 3, 2>();
            let (planes, rows, cols) = (shape.0 - 2, shape.1 - 2, shape.2 - 1);
            assert_eq!((windows.dim(), windows.len()), ((planes, rows, cols), planes * rows * cols));
            stopped(|visit| azip!((_ in windows) visit()));
            stopped(|visit| azip!((index _, _ in windows) visit()));
            stopped(|visit| simd_azip!((_ in windows) visit()));
            stopped(|visit| simd_azip!(unordered (_ in windows, () in volume.interior_3d::<3, 3, 2>()) visit()));
            let mut iter = Zip::indexed(windows).into_iter();
            assert_eq!(iter.len(), planes * rows * cols);
            assert_eq!(
                iter.next_back().map(|(at, w)| (at, w.iter().count())),
                Some(((planes - 1, rows - 1, cols - 1), 18))
            );
            assert_eq!(iter.nth(1).map(|(at, _)| place(&[planes, rows, cols], 1) == [at.0, at.1, at.2]), Some(true));
            let (first, second) = Zip::from(windows).split();
            assert_eq!(first.size() + second.size(), planes * rows * cols);
            stopped(|visit| second.for_each(|_| visit()));

            let tables = volume.array_windows::<3, 2>();
            assert_eq!(tables.len(), shape.0 * rows * cols);
            stopped(|visit| azip!((_ in tables) visit()));
            stopped(|visit| simd_azip!(unordered (_ in tables) visit()));
            let (first, second) = Zip::from(tables).split();
            assert_eq!(first.size() + second.size(), tables.len());
        }
    }

    #[test]
    fn a_cell_stretched_to_a_volume_of_one_column_has_windows() {
        let cell = arr0(7_u8);
        let volume = cell.broadcast((HALF, HALF, 1)).unwrap();
        let windows = volume.array_windows_3d::<3, 2, 1>();
        assert_eq!(windows.dim(), (HALF - 2, HALF - 1, 1));
        stopped(|visit| azip!((_ in windows) visit()));
        stopped(|visit| simd_azip!(unordered (_ in windows) visit()));
        let (window,) = Zip::from(windows).into_iter().next_back().unwrap();
        assert!(ptr::eq(window.at(1, -1, 0), &cell[()]) && window.view() == array![[[7], [7]], [[7], [7]], [[7], [7]]]);
        let window = Zip::from(volume.array_windows::<3, 1>()).into_iter().nth(HALF).unwrap().0;
        assert!(ptr::eq(window.at(1, 0), &cell[()]));
        // More than one column at the same address.
        let error = cell.broadcast((2, 2, 2)).unwrap().try_array_windows_3d::<2, 2, 2>().unwrap_err();
        assert_eq!(error.stride(), 0);
    }

    #[test]
    fn windows_may_be_as_large_as_an_array_and_larger() {
        let volume = units((MOST, 1, 1));
        let windows = volume.array_windows_3d::<MOST, 1, 1>();
        assert_eq!(windows.len(), 1);
        let (window,) = Zip::from(windows).into_iter().next().unwrap();
        assert!(ptr::eq(&window[[MOST - 1, 0, 0]], window.center()));
        assert_eq!(window.plane(MOST - 1).to_array(), [[()]]);
        assert!(message_of(|| window[[MOST, 0, 0]]).contains("is outside"));
        assert_eq!(window.view().dim(), (MOST, 1, 1));
        assert_eq!(volume.interior_3d::<MOST, 1, 1>().dim(), (1, 1, 1));

        let small = units((2, 3, 4));
        let nothing = small.array_windows_3d::<{ usize::MAX }, 1, 1>();
        assert_eq!((nothing.dim(), nothing.is_empty()), ((0, 3, 4), true));
        assert_eq!(small.array_windows_3d::<1, { usize::MAX }, { usize::MAX }>().dim(), (2, 0, 0));
        assert_eq!(small.interior_3d::<{ usize::MAX }, 1, 5>().dim(), (0, 3, 0));
        azip!((w in nothing) unexpected(w));
        simd_azip!((w in Windows3d::<(), 3, 1, 1>::new(small)) unexpected(w));
        assert!(Zip::from(nothing).into_iter().next().is_none());
    }
}
