//! Promises 5 and 6: the state after a panic in a closure.

use super::*;

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

#[test]
fn promise_6_an_iterator_continues_after_a_panic() {
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
