//! The results that are dropped if a body panics, and their order.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::{Array1, Array2, ArrayView2, IxDyn, MathCell, ShapeBuilder, array, s};

use super::arrays::counted;
use super::{Zip, azip};

thread_local! {
    /// The numbers of the values that have been dropped in this thread.
    static DROPPED: RefCell<Vec<i32>> = const { RefCell::new(Vec::new()) };
}

/// A value that records its drop.
struct Noted(i32);

impl Drop for Noted {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

/// Returns the numbers of the values that have been dropped since the last call.
fn dropped() -> Vec<i32> {
    DROPPED.take()
}

/// Runs `f`, which panics with the message `"stop"`, and returns the numbers of the values that it
/// drops.
fn dropped_by(f: impl FnOnce()) -> Vec<i32> {
    assert!(dropped().is_empty());
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("the body panics");
    assert_eq!(payload.downcast_ref(), Some(&"stop"));
    dropped()
}

/// Returns a function that turns a number into a value, and panics at the number `stop`.
fn noted_until(stop: i32) -> impl Fn(&i32) -> Noted {
    move |&n| if n == stop { panic!("stop") } else { Noted(n) }
}

#[test]
fn results_are_dropped_with_their_array() {
    assert!(dropped().is_empty());
    let collected = Zip::from(&counted((2, 2))).map_collect(|&n| Noted(n));
    assert!(dropped().is_empty());
    drop(collected);
    assert_eq!(dropped(), [0, 1, 2, 3]);
    drop(Zip::from(&counted((2, 2).f())).map_collect(|&n| Noted(n)));
    assert_eq!(dropped(), [0, 2, 1, 3]);
}

#[test]
fn results_before_the_panic_are_dropped_in_the_order_of_the_walk() {
    let a = counted((3, 4));
    assert_eq!(dropped_by(|| drop(Zip::from(&a).map_collect(noted_until(6)))), [0, 1, 2, 3, 4, 5]);
    assert_eq!(dropped_by(|| drop(Zip::from(&a).map_collect(noted_until(0)))), []);
    assert_eq!(dropped_by(|| drop(Zip::from(&a).map_collect(noted_until(11)))), (0..11).collect::<Vec<_>>());
    let f = counted((3, 4).f());
    assert_eq!(dropped_by(|| drop(Zip::from(&f).map_collect(noted_until(6)))), [0, 4, 8, 1, 5, 9, 2]);
    assert_eq!(
        dropped_by(|| drop(Zip::from(&f).and(&a).and(&f).map_collect(|n, _, _| noted_until(5)(n)))),
        [0, 4, 8, 1]
    );
    assert_eq!(dropped_by(|| drop(Zip::from(&f).and(&a).map_collect(|n, _| noted_until(5)(n)))), [0, 1, 2, 3, 4]);
    assert_eq!(dropped_by(|| drop(Zip::indexed(&a).map_collect(|_, n| noted_until(2)(n)))), [0, 1]);
}

/// Checks that the drops are those of ndarray's `Zip` if the walk stops at each number in turn.
fn same_as_ndarray(view: ArrayView2<'_, i32>) {
    for &stop in &view {
        let ours = dropped_by(|| drop(Zip::from(view).map_collect(noted_until(stop))));
        assert_eq!(ours, dropped_by(|| drop(ndarray::Zip::from(view).map_collect(noted_until(stop)))));
    }
}

#[test]
fn drops_are_those_of_ndarray_in_every_layout() {
    if cfg!(miri) {
        // Each cell is one at which the closure panics.
        same_as_ndarray(counted((3, 3).f()).slice(s![..;-1, ..;2]));
        return;
    }
    for a in [counted((4, 5)), counted((4, 5).f())] {
        for cut in [s![.., ..], s![1..4, 1..4], s![..;-1, ..;2], s![..;2, ..;-1], s![1..2, ..]] {
            same_as_ndarray(a.slice(cut));
            same_as_ndarray(a.slice(cut).reversed_axes());
        }
    }
}

#[test]
fn dynamic_results_are_dropped_in_the_same_order() {
    let (a, f) = (counted(IxDyn(&[2, 1, 3])), counted(IxDyn(&[2, 1, 3]).f()));
    assert_eq!(dropped_by(|| drop(Zip::from(&a).map_collect(noted_until(4)))), [0, 1, 2, 3]);
    assert_eq!(dropped_by(|| drop(Zip::from(&f).map_collect(noted_until(2)))), [0, 3, 1, 4]);
}

#[test]
fn results_without_a_size_are_counted() {
    thread_local! {
        static LIVING: RefCell<i32> = const { RefCell::new(0) };
    }
    struct Counted;
    impl Counted {
        fn new() -> Self {
            LIVING.with_borrow_mut(|n| *n += 1);
            Counted
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            LIVING.with_borrow_mut(|n| *n -= 1);
        }
    }
    let living = || LIVING.with_borrow(|n| *n);
    let a = counted((2, 3));
    let collected = Zip::from(&a).map_collect(|_| Counted::new());
    assert_eq!(living(), 6);
    drop(collected);
    assert_eq!(living(), 0);
    let stopped =
        catch_unwind(|| drop(Zip::from(&a).map_collect(|&n| if n == 4 { panic!("stop") } else { Counted::new() })));
    assert!(stopped.is_err());
    assert_eq!(living(), 0);
}

#[test]
fn operands_are_left_as_the_panic_found_them() {
    let mut a = counted((2, 3));
    let stopped = dropped_by(|| {
        drop(Zip::from(&mut a).map_collect(|n| {
            let value = noted_until(4)(n);
            *n = -*n;
            value
        }));
    });
    assert_eq!(stopped, [0, 1, 2, 3]);
    assert_eq!(a, array![[0, -1, -2], [-3, 4, 5]]);

    let mut a = counted((2, 3));
    dropped_by(|| {
        azip!((n in &mut a) {
            if *n == 4 {
                panic!("stop");
            }
            *n = -*n;
        });
    });
    assert_eq!(a, array![[0, -1, -2], [-3, 4, 5]]);
}

#[test]
fn assignments_drop_what_stood_there() {
    let mut out = Array1::from_iter((0..4).map(|n| Noted(100 + n)));
    assert!(dropped().is_empty());
    Zip::from(&array![0, 1, 2, 3]).map_assign_into(&mut out, |&n| Noted(n));
    assert_eq!(dropped(), [100, 101, 102, 103]);
    let stopped = dropped_by(|| Zip::from(&array![10, 11, 12, 13]).map_assign_into(&mut out, noted_until(12)));
    assert_eq!(stopped, [0, 1]);
    drop(out);
    assert_eq!(dropped(), [10, 11, 2, 3]);
}

#[test]
fn assignments_to_cells_drop_what_stood_there() {
    let cells = Array1::from_iter((0..3).map(|n| MathCell::new(Noted(100 + n))));
    Zip::from(&array![0, 1, 2]).map_assign_into(&cells, |&n| Noted(n));
    assert_eq!(dropped(), [100, 101, 102]);
    drop(cells);
    assert_eq!(dropped(), [0, 1, 2]);
}

#[test]
fn assignments_to_uninitialised_cells_drop_nothing() {
    let mut out = Array2::<Noted>::uninit((2, 2));
    Zip::from(&counted((2, 2))).map_assign_into(&mut out, |&n| Noted(n));
    assert!(dropped().is_empty());
    // SAFETY: every cell has been assigned to.
    drop(unsafe { out.assume_init() });
    assert_eq!(dropped(), [0, 1, 2, 3]);
    // Values written before a panic are not dropped, because the array does not record which cells
    // are initialised.
    let mut out = Array2::<Noted>::uninit((2, 2));
    assert_eq!(dropped_by(|| Zip::from(&counted((2, 2))).map_assign_into(&mut out, noted_until(2))), []);
}

#[test]
fn the_body_of_the_macro_drops_what_it_replaces() {
    let (mut a, b) = (Array1::from_iter((0..3).map(Noted)), array![10, 11, 12]);
    azip!((a in &mut a, &b in &b) *a = Noted(b));
    assert_eq!(dropped(), [0, 1, 2]);
    drop(a);
    assert_eq!(dropped(), [10, 11, 12]);
}
