//! Windows over stacks of tables and over volumes, of as many cells as can be counted.

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
    simd_azip!((w in Windows::<(), Size3<3, 1, 1>>::new(small)) unexpected(w));
    assert!(Zip::from(nothing).into_iter().next().is_none());
}
