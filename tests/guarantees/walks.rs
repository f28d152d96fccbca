//! Every way to walk a zip, layouts of every kind, and checks of each walk over each layout.

use super::*;

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
        walk!("simd_azip!(ordered)", OfNdarray, |a, visit| simd_azip!(ordered (cell in a) visit(cell))),
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
        walk!("simd_for_each_ordered", OfNdarray, |a, visit| Zip::from(a).simd_for_each_ordered(visit)),
        walk!("simd_for_each", Any, |a, visit| {
            let visit = RefCell::new(visit);
            Zip::from(a).simd_for_each(|cell| (visit.borrow_mut())(cell));
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
pub(super) fn in_every_layout(mut check: impl FnMut(&dyn AnyDimension)) {
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

/// The checks of a [`Layout`], independent of its dimension.
pub(super) trait AnyDimension {
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
