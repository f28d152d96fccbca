//! Promises 13 and 15: the parts of a split zip, and walks on the threads of a pool.

use super::*;

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
