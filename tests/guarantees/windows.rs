//! Promise 11: windows stay inside their input.

use super::*;

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
