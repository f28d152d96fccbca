//! Panics in bodies and folds, and items that are kept after their visit, at every level.

use super::*;

#[test]
fn a_panic_ends_walks_and_folds_in_every_layout() {
    at_every_level(|level| {
        for shape in [(4, 5).into_shape_with_order(), (4, 5).f()] {
            for n in [0, 1, 5, 19] {
                let mut a = Array2::<u32>::zeros(shape);
                let mut seen = 0;
                stopped(|| {
                    simd_azip!((cell in &mut a) {
                        *cell += 1;
                        seen += 1;
                        assert!(seen <= n, "stop");
                    });
                });
                assert!(a.iter().all(|&visits| visits <= 1), "at {level}: {a}");
                assert_eq!(a.sum(), n + 1, "at {level}");
                let mut seen = 0;
                stopped(|| {
                    Zip::from(&mut a).simd_fold((), |(), cell| {
                        *cell += 10;
                        seen += 1;
                        assert!(seen <= n, "stop");
                    });
                });
                assert_eq!(a.iter().filter(|&&cell| cell >= 10).count(), seen as usize, "at {level}: {a}");
                assert_eq!(a.sum(), 11 * (n + 1), "at {level}: {a}");
            }
        }
    });
}

#[test]
fn accumulators_are_moved_and_dropped_once_even_after_a_panic() {
    let token = Rc::new(());
    let a = counted_from((5, 6), 0);
    at_every_level(|level| {
        let kept = Zip::from(&a).simd_fold(vec![Counted::new(0, &token)], |mut kept, _| {
            kept.push(Counted::new(kept.len(), &token));
            kept
        });
        assert_eq!((kept.len(), Rc::strong_count(&token)), (31, 32), "at {level}");
        drop(kept);
        stopped(|| {
            Zip::from(a.t()).and(&a.t()).simd_fold(vec![Counted::new(0, &token)], |mut kept, _, _| {
                kept.push(Counted::new(kept.len(), &token));
                assert!(kept.len() < 9, "stop");
                kept
            });
        });
        assert_eq!(Rc::strong_count(&token), 1, "at {level}");
    });
}

#[test]
fn items_may_be_kept_in_every_layout() {
    at_every_level(|level| {
        let mut arrays = [counted_from((5, 7), 0), counted_from((5, 7).f(), 0), counted_from((5, 7), 0)];
        let [rows, columns, sliced] = &mut arrays;
        for mut a in [rows.view_mut(), columns.view_mut(), sliced.slice_mut(s![..;-2, 1..])] {
            let (before, mut kept) = (a.to_owned(), Vec::new());
            simd_azip!((cell in &mut a) kept.push(cell));
            kept.iter_mut().rev().for_each(|cell| **cell += 100);
            kept.iter_mut().for_each(|cell| **cell += 100);
            assert_eq!(kept.len(), before.len());
            assert_eq!(a, before + 200, "at {level}");
        }
    });
}

#[test]
fn items_of_a_fold_may_be_its_value() {
    at_every_level(|level| {
        let (mut a, b) = (counted_from((3, 4), 0), counted_from((3, 4), 100));
        let kept = Zip::from(&mut a).and(&b).simd_fold(Vec::new(), |mut kept, a, b| {
            kept.push((a, b));
            kept
        });
        kept.into_iter().rev().for_each(|(a, b)| *a += b);
        assert_eq!(a, counted_from((3, 4), 0) + &b, "at {level}");
    });
}
