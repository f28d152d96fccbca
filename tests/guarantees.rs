//! What a caller may rely on: one test for each promise in the list on [`Zip`], named after its
//! number there.
//!
//! The promises are tested on every way to walk a zip and on a layout of every kind. The property
//! tests cover random shapes and layouts, and `soundness.rs` covers rare cases. Both rely on the
//! promises tested here.

mod common;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::{
    Array, Array2, Array3, ArrayView, ArrayView1, ArrayViewMut, ArrayViewMut2, Axis, Dimension, Ix2, Ix3, ShapeBuilder,
    arr0, array, s,
};
use ndarray_lockstep::simd::{self, Level};
use ndarray_lockstep::{
    ArrayInterior, ArrayInterior3d, ArrayWindows, ArrayWindows3d, FoldWhile, Zip, ZipIter, azip, simd_azip,
};

use common::{leaves, or_under_miri};

/// An array whose cells count from 0 in row-major order, whatever its layout.
fn counted<Sh: ShapeBuilder<Dim = D>, D: Dimension>(shape: Sh) -> Array<u32, D> {
    let mut array = Array::zeros(shape);
    array.iter_mut().zip(0..).for_each(|(cell, n)| *cell = n);
    array
}

/// Runs `f`, which panics with the message `"stop"`.
fn stopped(f: impl FnOnce()) {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("the closure panics");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"stop"), "the closure's own panic propagates");
}

/// The order of visits of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    OfNdarray,
    RowMajor,
    Backwards,
    Any,
}

/// Calls a function with every cell of a view. Returns false, without a call, if the walk requires
/// contiguous rows and they are not.
type Walk<D> = for<'a> fn(ArrayViewMut<'a, u32, D>, &mut dyn FnMut(&'a mut u32)) -> bool;

/// Every way to walk a zip.
fn walks<D: Dimension>() -> Vec<(&'static str, Order, Walk<D>)> {
    /// A walk that is always possible.
    macro_rules! walk {
        ($name:literal, $order:ident, |$a:ident, $visit:ident| $body:expr) => {
            ($name, Order::$order, |$a, $visit| {
                $body;
                true
            })
        };
    }
    vec![
        walk!("azip!", OfNdarray, |a, visit| azip!((cell in a) visit(cell))),
        walk!("simd_azip!", OfNdarray, |a, visit| simd_azip!((cell in a) visit(cell))),
        walk!("simd_azip!(unordered)", Any, |a, visit| {
            let visit = RefCell::new(visit);
            simd_azip!(unordered (cell in a) (visit.borrow_mut())(cell));
        }),
        walk!("for_each", OfNdarray, |a, visit| Zip::from(a).for_each(visit)),
        walk!("fold", OfNdarray, |a, visit| Zip::from(a).fold((), |(), cell| visit(cell))),
        walk!("fold_while", OfNdarray, |a, visit| Zip::from(a).fold_while((), |(), cell| {
            visit(cell);
            FoldWhile::Continue(())
        })),
        walk!("all", OfNdarray, |a, visit| Zip::from(a).all(|cell| {
            visit(cell);
            true
        })),
        walk!("any", OfNdarray, |a, visit| Zip::from(a).any(|cell| {
            visit(cell);
            false
        })),
        walk!("simd_for_each", OfNdarray, |a, visit| Zip::from(a).simd_for_each(visit)),
        walk!("simd_for_each_unordered", Any, |a, visit| {
            let visit = RefCell::new(visit);
            Zip::from(a).simd_for_each_unordered(|cell| (visit.borrow_mut())(cell));
        }),
        walk!("simd_fold", OfNdarray, |a, visit| Zip::from(a).simd_fold((), |(), cell| visit(cell))),
        walk!("for", RowMajor, |a, visit| for (cell,) in Zip::from(a) {
            visit(cell);
        }),
        walk!("iterator's for_each", RowMajor, |a, visit| Zip::from(a).into_iter().for_each(|(cell,)| visit(cell))),
        walk!("iterator's fold", RowMajor, |a, visit| Zip::from(a).into_iter().fold((), |(), (cell,)| visit(cell))),
        walk!("iterator from the back", Backwards, |a, visit| for (cell,) in Zip::from(a).into_iter().rev() {
            visit(cell);
        }),
        ("for_each_row", Order::RowMajor, |a, visit| {
            Zip::from(a).for_each_row(|row| row.iter_mut().for_each(&mut *visit)).is_ok()
        }),
    ]
}

/// Calls `check` with a layout of every kind (an array, and a function that makes a view of it);
/// with a few of them under Miri.
fn in_every_layout(mut check: impl FnMut(&dyn AnyDimension)) {
    macro_rules! layouts {
        ($($array:expr, $D:ty, |$view:ident| $sliced:expr;)+) => {$(
            check(&Layout::<$D> { array: $array, view: |$view| $sliced });
        )+};
    }
    // One row, rows of contiguous cells, rows of other cells, several blocks of rows, and nothing.
    layouts! {
        counted((3, 4)), Ix2, |view| view;
        counted((4, 6)), Ix2, |view| view.slice_move(s![1..3, 2..5]);
        counted((6, 7)), Ix2, |view| view.slice_move(s![..;-2, ..;3]);
        counted((2, 1, 3, 2)).into_dyn(), ndarray::IxDyn, |view| view.slice_each_axis_move();
        counted((3, 0)), Ix2, |view| view;
    }
    if cfg!(miri) {
        return;
    }
    layouts! {
        counted((3, 4).f()), Ix2, |view| view;
        counted((3, 5)), Ix2, |view| view.slice_move(s![.., ..;-1]);
        counted((2, 3, 4)), Ix3, |view| view;
        counted((2, 3, 4).f()), Ix3, |view| view;
        counted((4, 3, 5)), Ix3, |view| view.slice_move(s![..;-2, .., 1..4]).permuted_axes([1, 0, 2]);
        counted(5), ndarray::Ix1, |view| view;
        counted(()), ndarray::Ix0, |view| view;
        counted((2, 0, 3)).into_dyn(), ndarray::IxDyn, |view| view;
    }
}

/// Inverts every axis.
trait SliceEachAxisMove {
    fn slice_each_axis_move(self) -> Self;
}

impl<D: Dimension> SliceEachAxisMove for ArrayViewMut<'_, u32, D> {
    fn slice_each_axis_move(mut self) -> Self {
        (0..self.ndim()).for_each(|axis| self.invert_axis(Axis(axis)));
        self
    }
}

/// An array and the part of it that is walked.
struct Layout<D: Dimension> {
    array: Array<u32, D>,
    view: for<'a> fn(ArrayViewMut<'a, u32, D>) -> ArrayViewMut<'a, u32, D>,
}

impl<D: Dimension> Layout<D> {
    fn view<'a>(&self, array: &'a mut Array<u32, D>) -> ArrayViewMut<'a, u32, D> {
        (self.view)(array.view_mut())
    }

    /// The values of the cells in the order of a walk.
    fn in_order(&self, order: Order) -> Vec<u32> {
        let mut array = self.array.clone();
        let view = self.view(&mut array);
        let mut values: Vec<_> = view.iter().copied().collect();
        match order {
            Order::RowMajor | Order::Any => {}
            Order::Backwards => values.reverse(),
            Order::OfNdarray => {
                values.clear();
                ndarray::Zip::from(&view).for_each(|&value| values.push(value));
            }
        }
        values
    }
}

/// What the tests do with a [`Layout`] of any dimension.
trait AnyDimension {
    /// Walks the layout and checks the visited cells, in order.
    fn check_visits(&self);
    fn check_kept_items(&self);
    fn check_panics(&self);
    fn check_iterator(&self);
}

impl<D: Dimension> AnyDimension for Layout<D> {
    fn check_visits(&self) {
        for (name, order, walk) in walks::<D>() {
            let mut array = self.array.clone();
            let mut seen = Vec::new();
            let walked = walk(self.view(&mut array), &mut |cell| {
                seen.push(*cell);
                *cell += 1000;
            });
            let mut expected = self.array.clone();
            if walked {
                self.view(&mut expected).iter_mut().for_each(|cell| *cell += 1000);
            }
            assert_eq!(array, expected, "{name}: every cell once, and no other");
            if order == Order::Any {
                seen.sort_unstable();
                let mut values = self.in_order(order);
                values.sort_unstable();
                assert_eq!(seen, values, "{name}");
            } else if walked {
                assert_eq!(seen, self.in_order(order), "{name}");
            }
        }
    }

    fn check_kept_items(&self) {
        for (name, _, walk) in walks::<D>() {
            let mut array = self.array.clone();
            let mut kept = Vec::new();
            let walked = walk(self.view(&mut array), &mut |cell| {
                // During the walk, a kept item is also written to.
                kept.iter_mut().last().into_iter().for_each(|last: &mut &mut u32| **last += 1);
                kept.push(cell);
            });
            let places: HashSet<_> = kept.iter().map(|cell| std::ptr::from_ref::<u32>(cell)).collect();
            assert_eq!(places.len(), kept.len(), "{name}: exclusive items refer to different cells");
            kept.iter_mut().last().into_iter().for_each(|last| **last += 1);
            kept.iter_mut().rev().for_each(|cell| **cell += 1000);
            kept.iter_mut().for_each(|cell| **cell += 1000);
            let mut expected = self.array.clone();
            if walked {
                self.view(&mut expected).iter_mut().for_each(|cell| *cell += 2001);
            }
            assert_eq!(array, expected, "{name}");
        }
    }

    fn check_panics(&self) {
        let cells = self.in_order(Order::Any).len();
        for (name, order, walk) in walks::<D>() {
            // In some layouts, cells after the first belong to a later row.
            for &last in or_under_miri(&[0, 1, cells / 2, cells.saturating_sub(1)][..], &[cells / 2]) {
                let mut array = self.array.clone();
                if last >= cells || !walk(self.view(&mut array), &mut |_| {}) {
                    continue;
                }
                let mut visits = 0;
                stopped(|| {
                    walk(self.view(&mut array), &mut |cell| {
                        *cell += 1000;
                        visits += 1;
                        assert!(visits <= last, "stop");
                    });
                });
                let view = self.view(&mut array);
                let mut touched: Vec<_> =
                    view.iter().copied().filter(|&cell| cell >= 1000).map(|cell| cell - 1000).collect();
                assert_eq!(touched.len(), last + 1, "{name}: no visit after the panic, and none twice");
                if order != Order::Any {
                    let mut expected = self.in_order(order)[..=last].to_vec();
                    expected.sort_unstable();
                    touched.sort_unstable();
                    assert_eq!(touched, expected, "{name}: all visits before the panic");
                }
                // The next walk over the same cells works as usual.
                assert!(walk(view, &mut |cell| *cell %= 1000), "{name}");
                assert_eq!(array, self.array, "{name}");
            }
        }
    }

    fn check_iterator(&self) {
        let values = self.in_order(Order::RowMajor);
        for &turns in or_under_miri(&[(1, 0), (0, 1), (1, 1), (2, 3)][..], &[(2, 3)]) {
            let mut array = self.array.clone();
            let mut iter = Zip::from(self.view(&mut array)).into_iter();
            let mut left = values.as_slice();
            let mut advances = std::iter::repeat_n(false, turns.0).chain(std::iter::repeat_n(true, turns.1)).cycle();
            loop {
                assert_eq!((iter.len(), iter.size_hint()), (left.len(), (left.len(), Some(left.len()))));
                let (item, expected) = if advances.next().expect("turns go on") {
                    (iter.next_back(), left.split_off_last())
                } else {
                    (iter.next(), left.split_off_first())
                };
                assert_eq!(item.map(|(cell,)| *cell), expected.copied());
                if expected.is_none() {
                    break;
                }
            }
            for _ in 0..2 {
                assert_eq!((iter.len(), iter.size_hint()), (0, (0, Some(0))));
                assert!(iter.next().is_none() && iter.next_back().is_none());
            }
        }
    }
}

#[test]
fn promise_1_every_cell_once() {
    in_every_layout(|layout| layout.check_visits());

    let (mut calls, nothing) = (0, Array2::<u32>::zeros((3, 0)));
    azip!((_ in &nothing) calls += 1);
    azip!((_ in &arr0(0)) calls += 1);
    assert_eq!(calls, 1);
    // A closure may end the walk.
    let a = counted((3, 4));
    let mut seen = Vec::new();
    assert!(Zip::from(&a).any(|&n| {
        seen.push(n);
        n == 5
    }));
    assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn promise_2_order() {
    // Every walk over every layout, in its promised order. Under Miri, promise 1 has covered this.
    if !cfg!(miri) {
        in_every_layout(|layout| layout.check_visits());
    }

    // The majority of layouts decides: two of three are column-major.
    let (c, f) = (counted((3, 4)), counted((3, 4).f()));
    let mut seen = Vec::new();
    azip!((&n in &f, _ in &c, _ in &f) seen.push(n));
    assert_eq!(seen[..4], [0, 4, 8, 1]);
    let rows: Vec<u32> = Zip::from(&f).and(&c).and(&f).into_iter().map(|(&n, ..)| n).collect();
    assert_eq!(rows, Vec::from_iter(0..12));

    // A closure with captured variables has the order of `for_each`, also with windows of several
    // rows.
    let mut seen = Vec::new();
    simd_azip!((w in counted((9, 6)).array_windows::<3, 3>()) seen.push(*w.center()));
    assert!(seen.is_sorted() && seen.len() == 7 * 4);
    // The same holds for elements with interior mutability: each visit reads values that earlier
    // visits wrote.
    let [by_azip, by_simd_azip] = [(); 2].map(|()| Array2::from_shape_fn((9, 6), |(i, j)| Cell::new(i * 6 + j)));
    azip!((w in by_azip.array_windows::<3, 3>()) w.center().set(w.iter().map(Cell::get).sum()));
    simd_azip!((w in by_simd_azip.array_windows::<3, 3>()) w.center().set(w.iter().map(Cell::get).sum()));
    assert_eq!(by_simd_azip, by_azip);
}

#[test]
fn promise_3_items_may_be_kept() {
    in_every_layout(|layout| layout.check_kept_items());

    let a = counted((5, 6));
    let mut out = Array2::zeros((5, 6));
    let mut kept = Vec::new();
    {
        let zip = Zip::indexed(out.interior_mut::<3, 3>()).and(a.array_windows::<3, 3>());
        zip.for_each(|at, out, w| kept.push((at, out, w)));
    }
    for ((i, j), out, w) in kept.into_iter().rev() {
        *out = *w.center() * 100 + u32::try_from(i * 10 + j).unwrap();
    }
    assert_eq!(out.slice(s![1, 1..3]), array![700, 801]);
    assert_eq!(out[[3, 4]], 2200 + 23);
}

#[test]
fn promise_4_no_aliasing() {
    // Under Miri, promise 3 has covered this.
    if !cfg!(miri) {
        in_every_layout(|layout| layout.check_kept_items());
    }

    let (mut a, mut b, c) = (counted((4, 5)), counted((4, 5).f()), counted(5));
    let mut kept = Vec::new();
    let zip = Zip::from(&mut a).and(b.slice_mut(s![..;-1, ..])).and_broadcast(&c);
    let (first, second) = zip.split();
    second.for_each(|a, b, c| kept.push((a, b, c)));
    kept.extend(first);
    let places: HashSet<_> =
        kept.iter().flat_map(|(a, b, _)| [std::ptr::from_ref::<u32>(a), std::ptr::from_ref::<u32>(b)]).collect();
    assert_eq!(places.len(), 40);
    // The shared items of a column are all one cell.
    let shared: HashSet<_> = kept.iter().map(|(.., c)| std::ptr::from_ref::<u32>(c)).collect();
    assert_eq!(shared.len(), 5);
    for (a, b, c) in &mut kept {
        std::mem::swap(*a, *b);
        **a += **c;
    }
    let expected = Array2::from_shape_fn((4, 5), |(i, j)| u32::try_from((3 - i) * 5 + j + j).unwrap());
    assert_eq!(a, expected);
}

#[test]
fn promise_5_a_panic_ends_the_walk() {
    in_every_layout(|layout| layout.check_panics());

    struct Counts<'a>(&'a Cell<u32>);
    impl Drop for Counts<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let drops = Cell::new(0);
    let mut array = Array2::from_shape_simple_fn((2, 3), || Counts(&drops));
    let mut seen = 0;
    stopped(|| {
        azip!((cell in &mut array) {
            // The old value is dropped here, and cell 3 is unchanged.
            seen += 1;
            assert!(seen < 4, "stop");
            *cell = Counts(&drops);
        });
    });
    assert_eq!(drops.get(), 3);
    drop(array);
    assert_eq!(drops.get(), 9);

    // While the closure runs, it alone owns the accumulator.
    let (drops, a) = (Cell::new(0), counted((2, 3)));
    macro_rules! check {
        ($($fold:ident)+) => {$(
            drops.set(0);
            stopped(|| {
                let last = Zip::from(&a).$fold(Counts(&drops), |acc, &n| {
                    let _visit = Counts(&drops);
                    assert!(n < 4, "stop");
                    acc
                });
                drop(last);
            });
            assert_eq!(drops.get(), 5 + 1, "one per visit, and the accumulator");
        )+};
    }
    check! { fold simd_fold }
}

#[test]
fn promise_6_an_iterator_goes_on_behind_a_panic() {
    /// Adds 100 to a cell of a counted array, and panics after cell 5.
    fn visit(cell: &mut u32) -> bool {
        *cell += 100;
        assert!(*cell != 105, "stop");
        true
    }
    type Cells<'a> = ZipIter<(ArrayViewMut2<'a, u32>,)>;
    type Drive<'f> = &'f dyn Fn(&mut Cells);
    let from_the_front: [Drive; 6] = [
        &|iter| {
            for (cell,) in iter {
                visit(cell);
            }
        },
        &|iter| iter.for_each(|(cell,)| _ = visit(cell)),
        &|iter| iter.fold((), |(), (cell,)| _ = visit(cell)),
        &|iter| _ = iter.all(|(cell,)| visit(cell)),
        &|iter| _ = iter.map(|(cell,)| visit(cell)).last(),
        &|iter| _ = iter.try_fold((), |(), (cell,)| visit(cell).then_some(())),
    ];
    let from_the_back: [Drive; 3] = [
        &|iter| iter.rev().for_each(|(cell,)| _ = visit(cell)),
        &|iter| iter.rfold((), |(), (cell,)| _ = visit(cell)),
        &|iter| _ = iter.try_rfold((), |(), (cell,)| visit(cell).then_some(())),
    ];
    let drives = from_the_front.map(|drive| (drive, 6)).into_iter().chain(from_the_back.map(|drive| (drive, 7)));
    for (drive, visited) in drives {
        for mut a in [counted((3, 4)), counted((3, 4).f())] {
            let mut iter = Zip::from(&mut a).into_iter();
            stopped(|| drive(&mut iter));
            assert_eq!(iter.len(), 12 - visited);
            iter.for_each(|(cell,)| *cell += 100);
            assert_eq!(a, counted((3, 4)) + 100, "each cell was handed out once");
        }
    }

    // The items themselves, kept from before and after the panic.
    let mut a = counted((3, 4));
    let mut iter = Zip::from(a.slice_mut(s![.., ..3])).into_iter();
    let mut kept = Vec::new();
    stopped(|| {
        for (cell,) in iter.by_ref() {
            let stop = *cell == 5;
            kept.push(cell);
            assert!(!stop, "stop");
        }
    });
    kept.extend(iter.map(|(cell,)| cell));
    assert_eq!(kept.iter().map(|cell| **cell).collect::<Vec<u32>>(), [0, 1, 2, 4, 5, 6, 8, 9, 10]);
    kept.iter_mut().for_each(|cell| **cell += 100);
    assert_eq!(a.column(2), array![102, 106, 110]);
}

#[test]
fn promise_7_exact_size() {
    in_every_layout(|layout| layout.check_iterator());

    let a = counted((5, 6));
    let mut iter = Zip::indexed(a.array_windows::<3, 3>()).into_iter();
    assert_eq!(iter.len(), 3 * 4);
    iter.nth(4).unwrap();
    iter.nth_back(1).unwrap();
    assert_eq!(iter.size_hint(), (5, Some(5)));
    assert_eq!(iter.clone().count(), 5);
    assert!(iter.nth(5).is_none());
    assert_eq!((iter.len(), iter.next().is_none(), iter.next_back().is_none()), (0, true, true));
}

#[test]
fn promise_8_clones() {
    let (a, b) = (counted((3, 4)), counted((3, 4).f()));
    let zip = Zip::indexed(&a).and(&b).and(a.array_windows::<1, 1>());
    let sum = |sum, (i, j), x: &u32, y: &u32, w: ndarray_lockstep::Window<'_, u32, 1, 1>| {
        sum + x * y * w.center() + u32::try_from(i * j).unwrap()
    };
    assert_eq!(zip.clone().fold(0, sum), zip.clone().fold(0, sum));

    let mut iter = zip.into_iter();
    iter.nth(4).unwrap();
    iter.next_back().unwrap();
    let mut clone = iter.clone();
    let left: Vec<u32> = iter.map(|(_, &x, ..)| x).collect();
    assert_eq!(left, Vec::from_iter(5..11));
    // Neither the original nor the clone's other end affects it.
    assert_eq!((clone.len(), clone.next_back().unwrap().1, clone.next().unwrap().1), (6, &10, &5));
    // tests/auto_traits.rs checks that zips with exclusive access cannot be cloned.
}

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
        Zip::from(&mut c).and(&b).simd_for_each(|c, b| *c -= b);
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
    // The same holds for windows over stacks and volumes, where rows and columns trade places.
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

    // soundness.rs, which has a panic hook, checks the caller's line.
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
fn promise_11_windows_stay_inside() {
    fn check<const K: usize, const L: usize>(a: ArrayView<'_, u32, Ix2>) {
        let mut windows = 0;
        azip!((index (i, j), w in a.array_windows::<K, L>(), center in a.interior::<K, L>()) {
            windows += 1;
            let cells = a.slice(s![i..i + K, j..j + L]);
            assert_eq!((w.view(), w.iter().len()), (cells, K * L));
            for (cell, ((k, l), expected)) in w.iter().zip(cells.indexed_iter()) {
                assert!(std::ptr::eq(cell, expected) && std::ptr::eq(&w[[k, l]], expected));
                assert!(std::ptr::eq(&w.rows()[k][l], expected));
                let (dk, dl) = (k.cast_signed() - (K / 2).cast_signed(), l.cast_signed() - (L / 2).cast_signed());
                assert!(std::ptr::eq(w.at(dk, dl), expected));
                assert_eq!(w.to_array()[k][l], *expected);
            }
            assert!(std::ptr::eq(w.center(), center) && std::ptr::eq(center, &a[[i + K / 2, j + L / 2]]));
            // Panics are slow under Miri, and those of the other windows are the same.
            if windows == 1 || !cfg!(miri) {
                for outside in [[K, 0], [0, L], [K, L]] {
                    assert!(catch_unwind(AssertUnwindSafe(|| w[outside])).is_err());
                }
                assert!(catch_unwind(AssertUnwindSafe(|| w.at(-(K / 2).cast_signed() - 1, 0))).is_err());
                assert!(catch_unwind(AssertUnwindSafe(|| w.at(0, (L - L / 2).cast_signed()))).is_err());
            }
        });
        // Without an index, axes may be merged.
        let mut centers = a.interior::<K, L>().into_iter();
        azip!((w in a.array_windows::<K, L>()) assert!(std::ptr::eq(w.center(), centers.next().unwrap())));
        let fits = |len: usize, window: usize| (len + 1).saturating_sub(window);
        assert_eq!(windows, fits(a.nrows(), K) * fits(a.ncols(), L));
        assert_eq!(a.array_windows::<K, L>().dim(), (fits(a.nrows(), K), fits(a.ncols(), L)));
    }
    let a = counted((5, 6));
    // The memory around the parts belongs to the array, so a cell outside would be readable and
    // have the wrong number.
    let parts =
        [a.slice(s![..;-1, ..]), a.slice(s![1..4, 1..5]), a.view(), a.slice(s![..;2, 2..]), a.slice(s![2..3, ..])];
    for &part in &parts[..or_under_miri(parts.len(), 2)] {
        check::<3, 3>(part);
        check::<2, 4>(part);
        if !cfg!(miri) {
            check::<1, 1>(part);
            check::<3, 1>(part);
        }
    }
    // More rows than the unrolled code covers.
    let tall = counted((12, 4));
    check::<8, 3>(tall.slice(s![or_under_miri(0, 3)..;-1, 1..]));
    if !cfg!(miri) {
        check::<6, 1>(tall.view());
        check::<7, 2>(tall.view());
        check::<9, 1>(tall.view());
        check::<11, 2>(tall.view());
    }

    // Stacks of images, and volumes. There are other planes outside a part, too.
    fn check_planes<const K: usize, const L: usize, const M: usize>(a: ArrayView<'_, u32, Ix3>) {
        let fits = |axis: usize, window: usize| (a.len_of(Axis(axis)) + 1).saturating_sub(window);
        let mut windows = 0;
        azip!((index (n, i, j), w in a.array_windows::<L, M>(), center in a.interior::<L, M>()) {
            windows += 1;
            let cells = a.slice(s![n, i..i + L, j..j + M]);
            assert_eq!((w.view(), w.iter().len()), (cells, L * M));
            for (cell, ((l, m), expected)) in w.iter().zip(cells.indexed_iter()) {
                assert!(std::ptr::eq(cell, expected) && std::ptr::eq(&w[[l, m]], expected));
                assert!(std::ptr::eq(&w.rows()[l][m], expected));
            }
            assert!(std::ptr::eq(w.center(), center) && std::ptr::eq(center, &a[[n, i + L / 2, j + M / 2]]));
        });
        assert_eq!(windows, fits(0, 1) * fits(1, L) * fits(2, M));
        assert_eq!(a.array_windows::<L, M>().dim(), (fits(0, 1), fits(1, L), fits(2, M)));

        windows = 0;
        let from_center = |at: usize, len: usize| at.cast_signed() - (len / 2).cast_signed();
        azip!((index (h, i, j), w in a.array_windows_3d::<K, L, M>(), center in a.interior_3d::<K, L, M>()) {
            windows += 1;
            let cells = a.slice(s![h..h + K, i..i + L, j..j + M]);
            assert_eq!((w.view(), w.iter().count()), (cells, K * L * M));
            for (cell, ((k, l, m), expected)) in w.iter().zip(cells.indexed_iter()) {
                assert!(std::ptr::eq(cell, expected) && std::ptr::eq(&w[[k, l, m]], expected));
                assert!(std::ptr::eq(&w.rows()[k][l][m], expected));
                assert!(std::ptr::eq(&w.planes()[k][[l, m]], expected) && std::ptr::eq(&w.plane(k)[[l, m]], expected));
                assert!(std::ptr::eq(w.at(from_center(k, K), from_center(l, L), from_center(m, M)), expected));
                assert_eq!(w.to_array()[k][l][m], *expected);
            }
            let expected = &a[[h + K / 2, i + L / 2, j + M / 2]];
            assert!(std::ptr::eq(w.center(), center) && std::ptr::eq(center, expected));
            // Panics are slow under Miri, and those of the other windows are the same.
            if windows == 1 {
                for outside in [[K, 0, 0], [0, L, 0], [0, 0, M]] {
                    assert!(catch_unwind(AssertUnwindSafe(|| w[outside])).is_err());
                }
                for outside in [-(K / 2).cast_signed() - 1, (K - K / 2).cast_signed()] {
                    assert!(catch_unwind(AssertUnwindSafe(|| w.at(outside, 0, 0))).is_err());
                }
                assert!(catch_unwind(AssertUnwindSafe(|| w.plane(K))).is_err());
            }
        });
        // Without an index, axes may be merged.
        let mut centers = a.interior_3d::<K, L, M>().into_iter();
        azip!((w in a.array_windows_3d::<K, L, M>()) assert!(std::ptr::eq(w.center(), centers.next().unwrap())));
        assert_eq!(windows, fits(0, K) * fits(1, L) * fits(2, M));
        assert_eq!(a.array_windows_3d::<K, L, M>().dim(), (fits(0, K), fits(1, L), fits(2, M)));
    }
    let volume = counted((5, 4, 5));
    let parts = [
        volume.slice(s![..;-2, ..;-1, 1..]),
        volume.slice(s![..;-1, ..;-1, ..]),
        volume.slice(s![1..4, 1..4, 1..4]),
        volume.slice(s![..;-2, .., 2..]),
        volume.view(),
        volume.view().permuted_axes([1, 0, 2]),
        volume.slice(s![1..3, .., 1..2]),
    ];
    for &part in &parts[..or_under_miri(parts.len(), 1)] {
        check_planes::<2, 3, 3>(part);
        if !cfg!(miri) {
            check_planes::<1, 1, 1>(part);
            check_planes::<3, 2, 1>(part);
            check_planes::<3, 3, 3>(part);
            check_planes::<2, 1, 4>(part);
        }
    }
    let kinds: [fn(ArrayView<'_, u32, Ix3>) -> bool; 2] =
        [|a| a.try_array_windows::<2, 2>().is_err(), |a| a.try_array_windows_3d::<2, 2, 2>().is_err()];
    // Refuses a column stride other than one, however few planes there are.
    assert!(kinds.iter().all(|is_refused| is_refused(volume.slice(s![..2, .., ..;2]))));
    assert!(volume.slice(s![..1, .., ..;2]).try_array_windows::<2, 2>().is_err());
    assert!(volume.slice(s![..1, .., ..;2]).try_array_windows_3d::<2, 2, 2>().is_ok_and(|none| none.is_empty()));

    // Whole rows of windows are the rows that they cover.
    let mut rows = 0;
    let part = volume.slice(s![..;-1, 1.., 1..4]);
    Zip::indexed(part.array_windows_3d::<3, 2, 2>())
        .for_each_row(|(h, i, j), cells| {
            rows += 1;
            for (k, plane) in cells.iter().enumerate() {
                for (l, &row) in plane.iter().enumerate() {
                    assert_eq!((j, part.slice(s![h + k, i + l, ..]).as_slice()), (0, Some(row)));
                }
            }
        })
        .unwrap();
    assert_eq!(rows, 3 * 2);
    let part = a.slice(s![1..5, 1..5]);
    let mut rows = 0;
    Zip::indexed(part.array_windows::<3, 2>())
        .for_each_row(|(i, j), cells| {
            rows += 1;
            assert_eq!((j, cells.len()), (0, 3));
            assert!(
                cells.iter().zip(part.rows().into_iter().skip(i)).all(|(&cells, row)| row.as_slice() == Some(cells))
            );
        })
        .unwrap();
    assert_eq!(rows, 2);
}

#[test]
fn promise_12_the_same_numbers() {
    let value = |k: usize| f32::from(u16::try_from(k * 37 % 101).unwrap()) * 0.37 - 11.0;
    let of = |first: usize| Array2::from_shape_fn((11, 19), |(i, j)| value(first + i * 19 + j));
    let (a, b) = (of(0), of(5));
    let mut expected = a.clone();
    ndarray::azip!((out in expected.slice_mut(s![1..10, 1..18]), w in a.windows((3, 3)), &b in b.slice(s![1..10, 1..18])) {
        *out = w.iter().fold(*out, |sum, x| sum + x * b).abs().sqrt();
    });
    let mut sum = -0.0;
    ndarray::Zip::from(&a).and(&b).for_each(|a, b| sum += a * b);
    let small = Array2::from_shape_fn((7, 7), |(i, j)| value(i * 7 + j).abs());
    let roots_of_sums = ndarray::Zip::from(small.windows((3, 3))).map_collect(|w| w.iter().sum::<f32>().sqrt());
    let bits = |a: &Array2<f32>| a.mapv(f32::to_bits);

    for &level in Level::ALL.iter().filter(|level| level.is_available()) {
        let mut dispatched = a.clone();
        let outcome = simd::dispatch_at(level, || {
            azip!((out in dispatched.interior_mut::<3, 3>(), w in a.array_windows::<3, 3>(), &b in b.interior::<3, 3>()) {
                *out = w.iter().fold(*out, |sum, x| sum + x * b).abs().sqrt();
            });
            Zip::from(&a).and(&b).fold(-0.0, |sum, a, b| sum + a * b)
        });
        assert_eq!((bits(&dispatched), outcome.map(f32::to_bits)), (bits(&expected), Ok(f32::to_bits(sum))), "{level}");

        simd::limit(level);
        let mut out = a.clone();
        simd_azip!((out in out.interior_mut::<3, 3>(), w in a.array_windows::<3, 3>(), &b in b.interior::<3, 3>()) {
            *out = w.iter().fold(*out, |sum, x| sum + x * b).abs().sqrt();
        });
        assert_eq!(bits(&out), bits(&expected), "{level}");
        let folded = Zip::from(&a).and(&b).simd_fold(-0.0, |sum, a, b| sum + a * b);
        assert_eq!(f32::to_bits(folded), f32::to_bits(sum), "{level}");

        // A contiguous output, without a gap between rows. A kernel that borrows four rows at once
        // must borrow exactly the length of each. Miri reports two borrows that overlap.
        let mut out = Array2::zeros((5, 5));
        simd_azip!((x in &mut out, w in small.array_windows::<3, 3>()) *x = w.iter().sum::<f32>().sqrt());
        assert_eq!(bits(&out), bits(&roots_of_sums), "{level}");
    }
    simd::lift_limit();
}

#[test]
fn promise_13_splits() {
    let (rows, cols) = or_under_miri((4, 5), (3, 2));
    let source = counted((rows + 2, cols + 2));
    let (mut row_major, mut column_major, mut sliced) =
        (Array2::<u8>::zeros((rows, cols)), Array2::zeros((rows, cols).f()), Array2::zeros((2 * rows, cols)));
    for mut visits in [row_major.view_mut(), column_major.view_mut(), sliced.slice_mut(s![..;-2, ..])] {
        let zip = Zip::indexed(&mut visits).and(source.array_windows::<3, 3>()).and(source.interior::<3, 3>());
        for leaf in leaves(zip) {
            leaf.for_each(|(i, j), visits, w, center| {
                *visits += 1;
                assert_eq!((w.view(), w.center()), (source.slice(s![i..i + 3, j..j + 3]), center));
            });
        }
        assert!(visits.iter().all(|&visits| visits == 1), "{visits}");
    }

    // A stack and a volume whose halves share planes.
    let planes = or_under_miri(3, 2);
    let source = counted((planes + 2, rows + 2, cols + 2));
    let mut visits = Array3::<u8>::zeros((planes + 2, rows, cols));
    let zip = Zip::indexed(&mut visits).and(source.array_windows::<3, 3>()).and(source.interior::<3, 3>());
    for leaf in leaves(zip) {
        leaf.for_each(|(n, i, j), visits, w, center| {
            *visits += 1;
            assert_eq!((w.view(), w.center()), (source.slice(s![n, i..i + 3, j..j + 3]), center));
        });
    }
    assert!(visits.iter().all(|&visits| visits == 1), "{visits}");
    let mut visits = Array3::<u8>::zeros((planes, rows, cols));
    let zip = Zip::indexed(&mut visits).and(source.array_windows_3d::<3, 3, 3>()).and(source.interior_3d::<3, 3, 3>());
    for leaf in leaves(zip) {
        leaf.for_each(|(h, i, j), visits, w, center| {
            *visits += 1;
            assert_eq!((w.view(), w.center()), (source.slice(s![h..h + 3, i..i + 3, j..j + 3]), center));
        });
    }
    assert!(visits.iter().all(|&visits| visits == 1), "{visits}");

    for mut a in [Array2::zeros((5, 8)), Array2::zeros((5, 8).f())] {
        let source = counted((7, 10));
        let zip = Zip::indexed(&mut a).and(source.array_windows::<3, 3>());
        let (first, second) = zip.split();
        let value = |(i, j): (usize, usize), center: &u32| center * 100 + u32::try_from(i * 10 + j).unwrap();
        std::thread::scope(|scope| {
            let first = scope.spawn(|| first.for_each(|at, out, w| *out = value(at, w.center())));
            let second = scope.spawn(|| {
                for (at, out, w) in second {
                    *out = value(at, w.center());
                }
            });
            // ThreadSanitizer detects a join. It detects the end of a scope only if the standard
            // library is instrumented.
            first.join().unwrap();
            second.join().unwrap();
        });
        assert_eq!(a, Array2::from_shape_fn((5, 8), |(i, j)| value((i, j), &source[[i + 1, j + 1]])));
    }
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

#[cfg(feature = "rayon")]
#[test]
fn promise_15_threads() {
    use rayon::prelude::*;

    // Small zips stay on their thread, except those that rayon's iterators split.
    let dims: &[(usize, usize)] = if cfg!(miri) { &[(4, 5)] } else { &[(4, 5), (301, 263)] };
    for &(rows, cols) in dims {
        let source = Array2::from_shape_fn((rows + 2, cols + 2), |(i, j)| ((i * 31 + j * 17) % 101) as f32 / 7.0);
        let mut expected = Array2::zeros((rows, cols));
        let value = |w: ndarray_lockstep::Window<'_, f32, 3, 3>| w.iter().fold(0.1_f32, |sum, &cell| sum * 0.7 + cell);
        azip!((out in &mut expected, w in source.array_windows::<3, 3>()) *out = value(w));
        for threads in if cfg!(miri) { 2..3 } else { 1..5 } {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (mut by_zip, mut by_items) = (Array2::zeros((rows, cols).f()), Array2::zeros((rows, cols)));
            let (mut visits, mut others) = (Array2::<u8>::zeros((rows, cols)), Array2::<u8>::zeros((rows, cols)));
            pool.install(|| {
                let zip = Zip::from(&mut by_zip).and(&mut visits).and(source.array_windows::<3, 3>());
                zip.par_for_each(|out, visits, w| {
                    *out = value(w);
                    *visits += 1;
                });
                let zip = Zip::from(&mut by_items).and(&mut others).and(source.array_windows::<3, 3>());
                zip.into_par_iter().for_each(|(out, visits, w)| {
                    *out = value(w);
                    *visits += 1;
                });
            });
            assert!(visits.iter().chain(&others).all(|&visits| visits == 1), "{threads} threads");
            for found in [&by_zip, &by_items] {
                assert!(found.iter().zip(&expected).all(|(found, expected)| found.to_bits() == expected.to_bits()));
            }
        }
    }
}

/// A result that owns something and records its drop.
#[derive(Debug)]
struct Logged<'a> {
    number: Box<u32>,
    drops: &'a RefCell<Vec<u32>>,
}

impl<'a> Logged<'a> {
    fn new(number: u32, drops: &'a RefCell<Vec<u32>>) -> Self {
        Logged { number: Box::new(number), drops }
    }
}

impl Drop for Logged<'_> {
    fn drop(&mut self) {
        self.drops.borrow_mut().push(*self.number);
    }
}

#[test]
fn promise_16_results() {
    /// Compares the results of a walk with ndarray's: values and layout, with and without
    /// destructor, the order of visits, and the drops after a panic in the closure.
    fn check<D: Dimension>(one: ArrayView<'_, u32, D>, other: ArrayView<'_, u32, D>) {
        /// The distance between cells at which the closure panics. Panics are slow under Miri.
        const STEP: usize = if cfg!(miri) { 7 } else { 1 };
        let value = |x: &u32, y: &u32| x * 1000 + y;
        macro_rules! collected {
            ($Zip:path) => {{
                use $Zip as Zip;
                let (mut order, drops) = (Vec::new(), RefCell::new(Vec::new()));
                let numbers = Zip::from(one.view()).and(other.view()).map_collect(|x, y| {
                    order.push(*x);
                    value(x, y)
                });
                let logged =
                    Zip::from(one.view()).and(other.view()).map_collect(|x, y| Logged::new(value(x, y), &drops));
                assert_eq!(drops.take(), [], "finished results are not dropped");
                let (strides, owned) = (logged.strides().to_vec(), logged.map(|result| *result.number));
                drop(logged);
                let all_drops = drops.take();

                // Stopped at every cell, and assigned to existing values.
                let (mut early_drops, mut assigned) = (Vec::new(), Vec::new());
                for last in (0..numbers.len()).step_by(STEP) {
                    let mut visits = 0;
                    let mut result = |x: &u32, y: &u32| {
                        visits += 1;
                        assert!(visits <= last, "stop");
                        Logged::new(value(x, y), &drops)
                    };
                    stopped(|| drop(Zip::from(one.view()).and(other.view()).map_collect(&mut result)));
                    early_drops.push(drops.take());
                    visits = 0;
                    let mut into = one.map(|&x| Logged::new(x, &drops));
                    let mut result = |x: &u32, y: &u32| {
                        visits += 1;
                        assert!(visits <= last, "stop");
                        Logged::new(value(x, y), &drops)
                    };
                    stopped(|| Zip::from(one.view()).and(other.view()).map_assign_into(&mut into, &mut result));
                    assigned.push((drops.take(), into.map(|result| *result.number)));
                    drop(into);
                    assert_eq!(drops.take().len(), one.len());
                }
                ((numbers.strides().to_vec(), numbers, order), (strides, owned, all_drops), early_drops, assigned)
            }};
        }
        let ours = collected!(ndarray_lockstep::Zip);
        assert_eq!(ours, collected!(ndarray::Zip));
        for (made, drops) in (0..).step_by(STEP).zip(&ours.2) {
            assert_eq!(drops, &ours.1.2[..made], "all results, in the order of their creation");
        }
    }
    // With windows, there is one result per window.
    let volume = counted((4, 4, 5));
    let sums = Zip::from(volume.array_windows_3d::<3, 3, 3>()).map_collect(|w| w.iter().sum::<u32>());
    let expected = ndarray::Zip::from(volume.windows((3, 3, 3))).map_collect(|w| w.sum());
    assert_eq!(sums, expected);

    let (c, f) = (counted((3, 4)), counted((3, 4).f()));
    let wide = counted((6, 9));
    let parts = [c.view(), f.view(), wide.slice(s![..;-2, 1..5]), wide.slice(s![1..4, ..;2]).slice_move(s![.., ..4])];
    if cfg!(miri) {
        check(parts[1], parts[2]);
        check(parts[3], parts[0]);
        check(counted((2, 2, 2).f()).view(), counted((2, 2, 2).f()).view());
        return;
    }
    for one in parts {
        parts.iter().for_each(|other| check(one, *other));
    }
    for shape in [(0, 4), (3, 0), (1, 1), (1, 5), (5, 1)] {
        check(counted(shape).view(), counted(shape.f()).view());
        check(counted(shape.f()).view(), counted(shape.f()).view());
    }
    check(counted((2, 3, 4)).view(), counted((2, 3, 4).f()).view());
    check(counted((2, 3, 4).f()).view(), counted((2, 3, 4).f()).view());
    check(counted((4, 2, 3)).view().permuted_axes([1, 2, 0]), counted((2, 3, 4)).view());
    check(counted(7).view(), counted(14).slice(s![..;-2]));
    check(counted(()).view(), counted(()).view());
    check(counted((2, 1, 3)).into_dyn().view(), counted((2, 1, 3).f()).into_dyn().view());
}

#[cfg(feature = "rayon")]
#[test]
fn promise_15_results_of_several_threads() {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// A result that owns something. `living` counts the instances.
    #[derive(Debug)]
    struct Counted<'a> {
        number: Box<u32>,
        living: &'a AtomicUsize,
    }
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.living.fetch_sub(1, Relaxed);
        }
    }

    fn check<D: Dimension>(one: ArrayView<'_, u32, D>, other: ArrayView<'_, u32, D>) {
        let living = AtomicUsize::new(0);
        let value = |x: &u32, y: &u32| x.wrapping_mul(31) ^ y;
        let counted = |x: &u32, y: &u32| {
            living.fetch_add(1, Relaxed);
            Counted { number: Box::new(value(x, y)), living: &living }
        };
        let expected = Zip::from(one.view()).and(other.view()).map_collect(value);
        let numbers = Zip::from(one.view()).and(other.view()).par_map_collect(value);
        assert_eq!((numbers.strides(), &numbers), (expected.strides(), &expected));
        let results = Zip::from(one.view()).and(other.view()).par_map_collect(counted);
        assert_eq!(results.strides(), expected.strides());
        assert!(results.iter().map(|result| &*result.number).eq(&expected), "every result is in its place");
        assert_eq!(living.load(Relaxed), expected.len());

        let mut into = results;
        Zip::from(one.view()).and(other.view()).par_map_assign_into(&mut into, |x, y| {
            let mut result = counted(x, y);
            *result.number ^= 1;
            result
        });
        assert!(into.iter().map(|result| *result.number ^ 1).eq(expected.iter().copied()));
        assert_eq!(living.load(Relaxed), expected.len(), "old values are dropped");
        drop(into);
        assert_eq!(living.load(Relaxed), 0);

        for last in [0, expected.len() / 3, expected.len().saturating_sub(1)] {
            let visits = AtomicUsize::new(0);
            let mut result = None;
            let stopping = |x: &u32, y: &u32| {
                assert!(visits.fetch_add(1, Relaxed) != last, "stop");
                counted(x, y)
            };
            if last < expected.len() {
                stopped(|| result = Some(Zip::from(one.view()).and(other.view()).par_map_collect(stopping)));
                assert!(result.is_none());
                assert_eq!(living.load(Relaxed), 0, "results of the other threads are dropped");
            }
        }
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(if cfg!(miri) { 2 } else { 4 }).build().unwrap();
    pool.install(|| {
        check(counted((3, 4)).view(), counted((3, 4).f()).view());
        check(counted((0, 4)).view(), counted((0, 4)).view());
        check(counted(()).view(), counted(()).view());
        if cfg!(miri) {
            return;
        }
        // Large enough to be walked in pieces.
        let (c, f) = (counted((301, 263)), counted((301, 263).f()));
        check(c.view(), c.view());
        check(c.view(), f.view());
        check(f.view(), f.view());
        check(c.view().insert_axis(Axis(0)), f.view().insert_axis(Axis(0)));
        check(c.slice(s![..;-1, ..;-1]), c.view());
        check(counted((20, 67, 61)).view(), counted((20, 67, 61).f()).view());
        check(counted((20, 67, 61).f()).view(), counted((20, 67, 61).f()).view());
    });
}

/// Where promise 12 leaves bits open, the value is still right.
#[test]
fn promise_12_bits_that_rust_leaves_open() {
    let zeros = Array2::from_shape_fn((5, 67), |(i, j)| if (i + j) % 3 == 0 { -0.0_f32 } else { 0.0 });
    for &level in Level::ALL.iter().filter(|level| level.is_available()) {
        simd::limit(level);
        let mut quotients = zeros.clone();
        simd_azip!((q in &mut quotients) *q = *q / *q);
        assert!(quotients.iter().all(|q| q.is_nan()), "{level}: {quotients}");

        let mut largest = Array2::from_elem((5, 64), 1.0_f32);
        simd_azip!((max in &mut largest, w in zeros.array_windows::<1, 4>()) {
            *max = w.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        });
        assert!(largest.iter().all(|&max| max == 0.0), "{level}: {largest}");
    }
    simd::lift_limit();
}

/// The exception to promise 5: cells of `MaybeUninit` do not drop the value written to them.
#[test]
fn promise_5_results_in_uninitialised_cells_are_leaked() {
    let dropped = Cell::new(0);
    struct Counted<'a>(&'a Cell<usize>);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let mut cells = Array2::<Counted<'_>>::uninit((2, 3));
    let mut calls = 0;
    let caught = catch_unwind(AssertUnwindSafe(|| {
        Zip::from(&Array2::<u8>::zeros((2, 3))).map_assign_into(&mut cells, |_| {
            calls += 1;
            assert!(calls < 5, "stop");
            Counted(&dropped)
        });
    }));
    assert!(caught.is_err());
    assert_eq!((calls, dropped.get()), (5, 0), "four results are in the cells");
    for cell in cells.iter_mut().take(4) {
        // SAFETY: before the panic, the closure returned a value for each of the first four cells
        // in row-major order.
        unsafe { cell.assume_init_drop() };
    }
    assert_eq!(dropped.get(), 4);
}
