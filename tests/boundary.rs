//! Compares boundary rules, ghost cells and `Stencil::map` with a cell-by-cell definition, and with
//! tables from `numpy.pad`.

mod common;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use ndarray::{Array2, ArrayRef2, ArrayView2, array};
use ndarray_lockstep::{
    Boundaries, Boundary, Halo, Padded, Size2, Stencil, StencilError, Window, Windows, Zip, simd_azip,
};
use proptest::prelude::*;

use common::{Counted, Layout, for_all, layouts, or_under_miri};

const RULES: [Boundary<i64>; 5] =
    [Boundary::Constant(-7), Boundary::Edge, Boundary::Reflect, Boundary::Symmetric, Boundary::Wrap];

/// Finds the cell of an axis that replaces an outside one, by turning back at the ends until it is
/// inside. Returns a constant as an error.
fn find<T: Clone>(before: &Boundary<T>, after: &Boundary<T>, index: isize, len: usize) -> Result<usize, T> {
    let len = len.cast_signed();
    let rule = if index < 0 { before } else { after };
    let mut index = index;
    while !(0..len).contains(&index) {
        index = match rule {
            Boundary::Constant(value) => return Err(value.clone()),
            Boundary::Edge => index.clamp(0, len - 1),
            Boundary::Reflect if len == 1 => 0,
            Boundary::Reflect if index < 0 => -index,
            Boundary::Reflect => 2 * (len - 1) - index,
            Boundary::Symmetric if index < 0 => -1 - index,
            Boundary::Symmetric => 2 * len - 1 - index,
            Boundary::Wrap if index < 0 => index + len,
            Boundary::Wrap => index - len,
        };
    }
    Ok(index.cast_unsigned())
}

/// Returns the cell `(i, j)` of the extended array.
fn cell<T: Clone>(input: &ArrayRef2<T>, rules: &Boundaries<T>, (i, j): (isize, isize)) -> T {
    match find(&rules.left, &rules.right, j, input.ncols()) {
        Err(constant) => constant,
        Ok(j) => match find(&rules.top, &rules.bottom, i, input.nrows()) {
            Err(constant) => constant,
            Ok(i) => input[[i, j]].clone(),
        },
    }
}

/// Defines padding.
fn pad<T: Clone>(input: &ArrayRef2<T>, rules: &Boundaries<T>, halo: Halo) -> Array2<T> {
    let (rows, cols) = input.dim();
    Array2::from_shape_fn((halo.top + rows + halo.bottom, halo.left + cols + halo.right), |(i, j)| {
        cell(input, rules, (i.cast_signed() - halo.top.cast_signed(), j.cast_signed() - halo.left.cast_signed()))
    })
}

/// Computes a number that depends on the cells of a window and their order.
#[inline(always)]
fn mix<const K: usize, const L: usize>(w: Window<'_, i64, K, L>) -> i64 {
    w.iter().fold(17, |mixed: i64, &cell| mixed.wrapping_mul(31).wrapping_add(cell))
}

/// Defines `Stencil::map` with [`mix`].
fn mixed<const K: usize, const L: usize>(input: &ArrayRef2<i64>, rules: &Boundaries<i64>) -> Array2<i64> {
    Array2::from_shape_fn(input.dim(), |(i, j)| {
        let (i, j) = (i.cast_signed() - (K / 2).cast_signed(), j.cast_signed() - (L / 2).cast_signed());
        let cells = (0..(K * L).cast_signed()).map(|n| (i + n / L.cast_signed(), j + n % L.cast_signed()));
        cells.fold(17, |mixed: i64, at| mixed.wrapping_mul(31).wrapping_add(cell(input, rules, at)))
    })
}

/// An array whose cells all differ.
fn numbered(dim: (usize, usize)) -> Array2<i64> {
    let mut next = 0;
    Array2::from_shape_simple_fn(dim, || {
        next += 1;
        next
    })
}

/// Checks all windows of K×L cells for one input and rules that can extend it.
fn boundaries_are_as_defined<const K: usize, const L: usize>(input: &ArrayRef2<i64>, rules: Boundaries<i64>) {
    let halo = Halo::of_window::<K, L>();
    let (rows, cols) = input.dim();
    let can_extend = |len, width, rule| len > 0 || width == 0 || matches!(rule, Boundary::Constant(_));
    let extends = can_extend(rows, halo.top, rules.top)
        && can_extend(rows, halo.bottom, rules.bottom)
        && can_extend(cols, halo.left, rules.left)
        && can_extend(cols, halo.right, rules.right);
    match Padded::try_from_interior::<K, L>(input, rules) {
        Err(_) => assert!(!extends, "{K}×{L}, {rules:?}, {:?}", input.dim()),
        Ok(padded) => {
            assert!(extends, "{K}×{L}, {rules:?}, {:?}", input.dim());
            let expected = pad(input, &rules, halo);
            assert_eq!(padded.view(), expected, "{K}×{L}, {rules:?}");
            assert_eq!(padded.interior(), input.view());
            assert_eq!((padded.dim(), padded.halo()), (input.dim(), halo));
            let windows = padded.array_windows::<K, L>();
            assert_eq!(windows.dim(), input.dim(), "one window per cell");
            let expected = Windows::<_, Size2<K, L>>::new(expected.view());
            assert!(Zip::from(windows).and(expected).all(|found, expected| found.to_array() == expected.to_array()));
        }
    }

    let expected = mixed::<K, L>(input, &rules);
    assert_eq!(Stencil::<K, L>::map(input, rules, mix), expected, "{K}×{L}, {rules:?} of {input:?}");
    assert_eq!(Stencil::<K, L>::try_map(input, rules, mix).as_ref(), Ok(&expected));
    let mut output = Array2::zeros(input.dim());
    Stencil::<K, L>::map_into(input, rules, &mut output, mix);
    assert_eq!(output, expected, "{K}×{L}, {rules:?} of {input:?}");
    // Boxes have a destructor.
    assert_eq!(Stencil::<K, L>::map(input, rules, |w| Box::new(mix(w))).mapv(|boxed| *boxed), expected);
}

/// All shapes and all rules, per axis if K and L are small; two shapes under Miri.
fn boundaries_of_every_shape_match_their_definition<const K: usize, const L: usize>() {
    let (most_rows, most_cols) = or_under_miri((6, 7), (2, 3));
    for dim in (0..=most_rows).flat_map(|rows| (0..=most_cols).map(move |cols| (rows, cols))) {
        let input = numbered(dim);
        if cfg!(miri) {
            // One shape without cells and one with some, with a rule for each side.
            if [(0, 1), (2, 3)].contains(&dim) {
                let [_, top, bottom, left, right] = RULES;
                boundaries_are_as_defined::<K, L>(&input, Boundaries { top, bottom, left, right });
            }
            continue;
        }
        for rows in RULES {
            for cols in RULES {
                if rows == cols || (K + L <= 6 && dim.0 * dim.1 == 4) || (dim == (0, 1)) {
                    boundaries_are_as_defined::<K, L>(&input, Boundaries::by_axis(rows, cols));
                }
            }
        }
        let top_to_right = |[top, bottom, left, right]: [Boundary<i64>; 4]| Boundaries { top, bottom, left, right };
        for first in 0..RULES.len() {
            let rules = [first, first + 1, first + 3, first + 2].map(|rule| RULES[rule % RULES.len()]);
            boundaries_are_as_defined::<K, L>(&input, top_to_right(rules));
        }
    }
}

macro_rules! for_windows_of {
    ($($(#[$attribute:meta])* $size:ident $k:literal $l:literal;)+) => {$(
        mod $size {
            #[test]
            $(#[$attribute])*
            fn boundaries_of_every_shape_match_their_definition() {
                super::boundaries_of_every_shape_match_their_definition::<$k, $l>();
            }

            #[test]
            $(#[$attribute])*
            fn stencils_accept_and_return_any_layout() {
                super::stencils_accept_and_return_any_layout::<$k, $l>();
            }
        }
    )+};
}

for_windows_of! {
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_1_by_1 1 1;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_1_by_2 1 2;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_2_by_1 2 1;
    windows_1_by_3 1 3;
    windows_3_by_1 3 1;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_2_by_2 2 2;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_3_by_3 3 3;
    windows_4_by_3 4 3;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_3_by_4 3 4;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_4_by_4 4 4;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_2_by_5 2 5;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_5_by_5 5 5;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_1_by_9 1 9;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_11_by_2 11 2;
}

/// A rule, with one of a few constants.
fn rule() -> impl Strategy<Value = Boundary<i64>> + Clone {
    prop_oneof![
        2 => (-9_i64..0).prop_map(Boundary::Constant),
        1 => Just(Boundary::Edge),
        1 => Just(Boundary::Reflect),
        1 => Just(Boundary::Symmetric),
        1 => Just(Boundary::Wrap),
    ]
}

/// A rule for each side.
fn rules() -> impl Strategy<Value = Boundaries<i64>> + Clone {
    (rule(), rule(), rule(), rule()).prop_map(|(top, bottom, left, right)| Boundaries { top, bottom, left, right })
}

/// A halo up to `most` cells wide.
fn halos(most: usize) -> impl Strategy<Value = Halo> + Clone {
    let width = 0..=most;
    (width.clone(), width.clone(), width.clone(), width).prop_map(|(top, bottom, left, right)| Halo {
        top,
        bottom,
        left,
        right,
    })
}

/// Shapes with cells, smaller and larger than a window.
fn dims() -> impl Strategy<Value = (usize, usize)> + Clone {
    let most = or_under_miri(24_usize, 3);
    (1..=most, 1..=most)
}

/// Compares filters on several threads with those on one, for cells that take so long that other
/// threads are called.
#[cfg(feature = "rayon")]
#[test]
fn filters_on_several_threads_give_what_filters_give() {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::thread;
    use std::time::Duration;

    fn check<const K: usize, const L: usize>(dim: (usize, usize)) {
        let input = numbered(dim);
        for rules in RULES.map(Boundaries::all) {
            let expected = Stencil::<K, L>::map(&input, rules, mix);
            let (calls, threads) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
            let slow = |w: Window<'_, i64, K, L>| {
                if calls.fetch_add(1, Relaxed) % 16 == 0 {
                    thread::sleep(Duration::from_micros(50));
                    threads.lock().unwrap().push(thread::current().id());
                }
                mix(w)
            };
            assert_eq!(Stencil::<K, L>::par_map(&input, rules, slow), expected, "{K}×{L}, {rules:?}");
            assert_eq!(calls.swap(0, Relaxed), input.len(), "one call per cell");
            let boxes = Stencil::<K, L>::par_map(&input, rules, |w| Box::new(slow(w)));
            assert_eq!(boxes.mapv(|boxed| *boxed), expected, "{K}×{L}, {rules:?}: results with a destructor");
            assert_eq!(calls.swap(0, Relaxed), input.len());
            let mut output = Array2::zeros((dim.1, dim.0)).reversed_axes();
            Stencil::<K, L>::par_map_into(&input, rules, &mut output, slow);
            assert_eq!(output, expected, "{K}×{L}, {rules:?}: another layout");
            assert_eq!(calls.into_inner(), input.len());
            let mut threads = threads.into_inner().unwrap();
            threads.sort_unstable_by_key(|id| format!("{id:?}"));
            threads.dedup();
            assert!(cfg!(miri) || dim.0 < 40 || threads.len() > 1, "the pool helps");
        }
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    pool.install(|| {
        let rows = or_under_miri(61, 9);
        check::<3, 3>((rows, 16));
        check::<4, 1>((rows, 5));
        check::<1, 5>((rows, 9));
        check::<3, 3>((2, 9));
    });
    let (input, mut output) = (numbered((4, 5)), Array2::zeros((5, 4)));
    let refused = Stencil::<3, 3>::try_par_map_into(&input, Boundary::Edge, &mut output, mix);
    assert!(matches!(refused, Err(StencilError::Shape(_))));
    assert!(Stencil::<3, 3>::try_par_map(&numbered((0, 5)), Boundary::Edge, mix).unwrap().is_empty());
}

fn stencils_accept_and_return_any_layout<const K: usize, const L: usize>() {
    let cases = (dims(), layouts(2, true), layouts(2, false), rules());
    for_all(cases, |(dim, of_input, of_output, rules): (_, Layout, Layout, _)| {
        let shape = [dim.0, dim.1];
        let stored: Array2<i64> = of_input.stored(&shape, |k| i64::try_from(k).unwrap());
        let input = of_input.view(&shape, &stored);
        let expected = mixed::<K, L>(&input, &rules);
        prop_assert_eq!(&Stencil::<K, L>::map(&input, rules, mix), &expected);

        let mut cells: Array2<i64> = of_output.stored(&shape, |_| -1);
        let before = cells.clone();
        Stencil::<K, L>::map_into(&input, rules, &mut of_output.view_mut(&shape, &mut cells), mix);
        prop_assert_eq!(of_output.view(&shape, &cells), expected);
        // The cells outside the slice are unchanged.
        of_output.view_mut(&shape, &mut cells).fill(-1);
        prop_assert_eq!(cells, before);
        Ok(())
    });
}

#[test]
fn arrays_of_several_bands_and_kernels_have_every_cell_written_once() {
    let dim = or_under_miri((203, 71), (11, 5));
    let input = numbered(dim);
    for rules in [Boundaries::by_axis(Boundary::Wrap, Boundary::Constant(3)), Boundaries::all(Boundary::Reflect)] {
        if cfg!(miri) {
            boundaries_are_as_defined::<2, 4>(&input, rules);
            break;
        }
        boundaries_are_as_defined::<3, 3>(&input, rules);
        boundaries_are_as_defined::<5, 4>(&input, rules);
        // With so many columns at the ends, they are filled row by row.
        boundaries_are_as_defined::<2, 40>(&input, rules);
    }
    let visits = Cell::new(0);
    let counted = |w: Window<'_, i64, 3, 3>| {
        visits.set(visits.get() + 1);
        *w.center()
    };
    assert_eq!(Stencil::map(&input, Boundary::Wrap, counted), input);
    assert_eq!(visits.get(), input.len());
}

#[test]
fn padding_matches_numpy() {
    let mode = |name: &str, value: i64| match name {
        "constant" => Boundary::Constant(value),
        "edge" => Boundary::Edge,
        "reflect" => Boundary::Reflect,
        "symmetric" => Boundary::Symmetric,
        "wrap" => Boundary::Wrap,
        _ => panic!("numpy.pad has no mode {name}"),
    };
    let table = include_str!("data/numpy_pad.txt").lines().filter(|line| !line.starts_with('#'));
    let mut cases = 0;
    for line in table.step_by(or_under_miri(1, 60)) {
        let words: Vec<_> = line.split(' ').collect();
        let (modes, numbers) = words.split_at(4);
        let rules = Boundaries {
            top: mode(modes[0], -1),
            bottom: mode(modes[1], -2),
            left: mode(modes[2], -3),
            right: mode(modes[3], -4),
        };
        let (sizes, cells) = numbers.split_at(6);
        let sizes: Vec<usize> = sizes.iter().map(|size| size.parse().unwrap()).collect();
        let &[top, bottom, left, right, rows, cols] = &*sizes else { unreachable!("six sizes") };
        let cells = cells.iter().map(|cell| cell.parse().unwrap()).collect();
        let expected: Array2<i64> = Array2::from_shape_vec((top + rows + bottom, left + cols + right), cells).unwrap();
        let halo = Halo { top, bottom, left, right };
        assert_eq!(Padded::with_halo(&numbered((rows, cols)), halo, rules).view(), expected, "{line}");
        assert_eq!(pad(&numbered((rows, cols)), &rules, halo), expected, "the definition: {line}");
        cases += 1;
    }
    assert_eq!(cases, or_under_miri(210, 4), "cases in the table");
}

#[test]
fn halos_of_any_width_match_their_definition() {
    let most = or_under_miri(13, 3);
    for_all(((1..6_usize, 1..6_usize), halos(most), rules(), layouts(2, true)), |(dim, halo, rules, layout)| {
        let shape = [dim.0, dim.1];
        let stored: Array2<i64> = layout.stored(&shape, |k| i64::try_from(k).unwrap());
        let input = layout.view(&shape, &stored);
        let padded = Padded::with_halo(&input, halo, rules);
        prop_assert_eq!(padded.view(), pad(&input, &rules, halo));
        prop_assert_eq!(padded.interior(), input);
        prop_assert_eq!(padded.halo(), halo);
        Ok(())
    });
}

/// The largest windows that filters accept.
#[test]
#[cfg_attr(miri, ignore = "tens of thousands of rows")]
fn the_largest_windows_match_their_definition() {
    for rule in RULES {
        let (input, rules) = (numbered((2, 3)), Boundaries::all(rule));
        let tall = Stencil::<65536, 1>::map(&input, rules, |w| (*w.center(), *w.at(-32768, 0), *w.at(32767, 0)));
        let wide = Stencil::<1, 65536>::map(&input, rules, |w| (*w.center(), *w.at(0, -32768), *w.at(0, 32767)));
        for ((i, j), &center) in input.indexed_iter() {
            let at = |di, dj| cell(&input, &rules, (i.cast_signed() + di, j.cast_signed() + dj));
            assert_eq!(tall[[i, j]], (center, at(-32768, 0), at(32767, 0)));
            assert_eq!(wide[[i, j]], (center, at(0, -32768), at(0, 32767)));
        }
    }
}

/// More ghost columns than one pass fills.
#[test]
fn wide_halos_are_refreshed_completely() {
    let halo = Halo { top: 1, bottom: 0, left: 33, right: 65 };
    for rule in RULES {
        let mut padded = Padded::with_halo(&numbered((2, 3)), halo, Boundary::Constant(i64::MIN));
        padded.refresh(rule);
        assert_eq!(padded.view(), pad(&numbered((2, 3)), &Boundaries::all(rule), halo), "{rule:?}");
    }
}

#[test]
fn refreshing_writes_the_ghost_cells_and_nothing_else() {
    let most = or_under_miri(9, 3);
    for_all(((1..7_usize, 1..7_usize), halos(most), rules()), |(dim, halo, rules)| {
        let mut padded = Padded::with_halo(&numbered(dim), halo, Boundary::Constant(i64::MIN));
        let later = numbered(dim).mapv(|cell| 100 - cell);
        padded.interior_mut().assign(&later);
        prop_assert_eq!(
            padded.view().iter().filter(|&&cell| cell == i64::MIN).count(),
            padded.view().len() - later.len()
        );
        padded.refresh(rules);
        prop_assert_eq!(padded.view(), pad(&later, &rules, halo));
        Ok(())
    });
}

/// Elements that count their clones. A clone from the interior must not replace the interior.
#[test]
fn refreshing_clones_once_per_ghost_cell() {
    let token = Rc::new(());
    let cells = Array2::from_shape_fn((3, 4), |(i, j)| Counted::new(10 * i + j, &token));
    let mut padded = Padded::from_interior::<3, 3>(&cells, Boundary::Edge);
    let alive = Rc::strong_count(&token);
    padded.refresh(Boundary::Wrap);
    assert_eq!(Rc::strong_count(&token), alive, "what is overwritten is dropped");
    assert_eq!(padded.view(), pad(&cells, &Boundaries::all(Boundary::Wrap), Halo::of_window::<3, 3>()));
    drop(padded.clone());
    let interior = padded.into_interior();
    assert_eq!(interior, cells);
    drop((interior, cells));
    assert_eq!(Rc::strong_count(&token), 1, "nothing is leaked");
}

#[test]
fn strings_are_cloned() {
    let names = array![["a", "b"], ["c", "d"]].mapv(str::to_owned);
    let sides = Boundaries::by_axis(Boundary::Symmetric, Boundary::Constant("-".to_owned()));
    let mut padded = Padded::from_interior::<2, 3>(&names, sides.clone());
    let joined = |view: ArrayView2<'_, String>| {
        view.outer_iter().map(|row| row.iter().map(String::as_str).collect::<String>()).collect::<Vec<_>>().join("/")
    };
    assert_eq!(joined(padded.view()), "-ab-/-ab-/-cd-");
    padded.interior_mut()[[0, 1]] = "B".to_owned();
    padded.refresh(Boundaries { left: Boundary::Wrap, ..sides.clone() });
    assert_eq!(joined(padded.view()), "BaB-/BaB-/dcd-");
    let words = Stencil::<1, 3>::map(&names, sides.clone(), |w| w.iter().map(String::as_str).collect::<String>());
    assert_eq!(joined(words.view()), "-abab-/-cdcd-");
    let mut output = Array2::from_elem((2, 2), "old".to_owned());
    Stencil::<2, 1>::map_into(&names, sides, &mut output, |w| format!("{}{}", w[[0, 0]], w[[1, 0]]));
    assert_eq!(joined(output.view()), "aabb/acbd");
}

#[test]
fn zero_sized_elements_are_supported() {
    let units = Array2::from_elem((3, 5), ());
    for rule in [Boundary::Constant(()), Boundary::Edge, Boundary::Reflect, Boundary::Symmetric, Boundary::Wrap] {
        let mut padded = Padded::from_interior::<3, 4>(&units, rule);
        assert_eq!((padded.view().dim(), padded.dim()), ((5, 8), (3, 5)));
        padded.refresh(rule);
        assert_eq!(padded.array_windows::<3, 4>().len(), 15);
        assert_eq!(Stencil::<3, 4>::map(&units, rule, |w| w.iter().count()), Array2::from_elem((3, 5), 12));
        assert_eq!(Stencil::<3, 4>::map(&numbered((3, 5)), Boundary::Wrap, |_| ()), units);
    }
}

/// Known trap: a panic while results are collected drops unwritten values or leaks written ones
/// (ndarray's PR #814, #817).
#[test]
fn a_panicking_closure_leaks_nothing() {
    let token = Rc::new(());
    let input = Array2::from_shape_fn((5, 6), |(i, j)| Counted::new(10 * i + j, &token));
    let alive = Rc::strong_count(&token);
    for &at in or_under_miri(&[0, 5, 23, 40, 45][..], &[23]) {
        let calls = Cell::new(0);
        let result = catch_unwind(AssertUnwindSafe(|| {
            Stencil::<3, 3>::map(&input, Boundary::Wrap, |w| {
                calls.set(calls.get() + 1);
                assert_ne!(w.center().value, at, "here");
                w.center().clone()
            })
        }));
        assert!(result.is_err() && calls.get() > 0);
        assert_eq!(Rc::strong_count(&token), alive, "the results of {} calls", calls.get());

        // Results without a destructor, in uninitialised memory.
        let result = catch_unwind(AssertUnwindSafe(|| {
            Stencil::<3, 3>::map(&input, Boundary::Wrap, |w| {
                assert_ne!(w.center().value, at, "here");
                w.center().value
            })
        }));
        assert!(result.is_err());
        assert_eq!(Rc::strong_count(&token), alive, "copies of the edges");

        let mut output = input.clone();
        let result = catch_unwind(AssertUnwindSafe(|| {
            Stencil::<3, 3>::map_into(&input, Boundary::Wrap, &mut output, |w| {
                assert_ne!(w.center().value, at, "here");
                let mut result = w.center().clone();
                result.value += 1000;
                result
            });
        }));
        assert!(result.is_err());
        assert_eq!(Rc::strong_count(&token), alive + input.len(), "the output owns its cells");
        drop(output);
    }
    assert_eq!(Stencil::<3, 3>::map(&input, Boundary::Wrap, |w| w.center().clone()), input);
    drop(input);
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn results_need_no_default_and_no_clone() {
    #[derive(Debug, PartialEq)]
    struct Sum(i64);

    #[derive(Debug, PartialEq)]
    enum Slope {
        Up(std::num::NonZeroU64),
        Level,
        Down(std::num::NonZeroU64),
    }

    let input = array![[3, 1, 4], [1, 5, 9]];
    let sums = Stencil::<1, 3>::map(&input, Boundary::Constant(0), |w| Sum(w.iter().sum()));
    assert_eq!(sums, array![[Sum(4), Sum(8), Sum(5)], [Sum(6), Sum(15), Sum(14)]]);
    let slopes = Stencil::<1, 3>::map(&input, Boundary::Edge, |w| {
        let difference: i64 = w.at(0, 1) - w.at(0, -1);
        match std::num::NonZeroU64::new(difference.unsigned_abs()) {
            None => Slope::Level,
            Some(steps) if difference > 0 => Slope::Up(steps),
            Some(steps) => Slope::Down(steps),
        }
    });
    let steps = |steps| std::num::NonZeroU64::new(steps).unwrap();
    assert_eq!(slopes.row(0), array![Slope::Down(steps(2)), Slope::Up(steps(1)), Slope::Up(steps(3))]);
    let same = Stencil::<1, 1>::map(&input, Boundary::Edge, |w| w.at(0, 0) - w.at(0, 0));
    assert_eq!((same.sum(), slopes.iter().filter(|&slope| *slope == Slope::Level).count()), (0, 0));
}

#[test]
fn two_padded_fields_are_walked_in_lockstep_with_two_outputs() {
    let dim = or_under_miri((19, 37), (3, 3));
    let halo = Halo { top: 2, bottom: 1, left: 3, right: 1 };
    let sides = Boundaries::by_axis(Boundary::Wrap, Boundary::Reflect);
    let mut now =
        [numbered(dim), numbered(dim).mapv(|cell| cell * cell % 7)].map(|field| Padded::with_halo(&field, halo, sides));
    let mut next = now.clone();
    for _ in 0..or_under_miri(3, 2) {
        let expected = {
            let [u, v] = [&now[0], &now[1]].map(|field| mixed::<3, 3>(&field.interior(), &sides));
            [&u + &v, &u - &v]
        };
        let [next_u, next_v] = &mut next;
        simd_azip!((
            next_u in next_u.interior_mut(),
            next_v in next_v.interior_mut(),
            u in now[0].array_windows::<3, 3>(),
            v in now[1].array_windows::<3, 3>(),
        ) {
            (*next_u, *next_v) = (mix(u).wrapping_add(mix(v)), mix(u).wrapping_sub(mix(v)));
        });
        for (next, expected) in next.iter_mut().zip(&expected) {
            assert_eq!(next.interior(), expected);
            next.interior_mut().mapv_inplace(|cell| cell % 1000);
            next.refresh(sides);
        }
        std::mem::swap(&mut now, &mut next);
    }
}

#[test]
fn windows_need_a_halo_that_is_wide_enough() {
    let halo = Halo { top: 1, bottom: 0, left: 2, right: 1 };
    let padded = Padded::with_halo(&numbered((3, 4)), halo, Boundary::Edge);
    assert!(padded.try_array_windows::<1, 1>().is_ok());
    assert!(padded.try_array_windows::<2, 4>().is_ok());
    assert!(padded.try_array_windows::<3, 4>().is_err(), "bottom");
    assert!(padded.try_array_windows::<2, 5>().is_err(), "right");
    let even = Padded::from_interior::<3, 3>(&numbered((3, 4)), Boundary::Edge);
    assert!(even.try_array_windows::<3, 3>().is_ok());
    assert!(even.try_array_windows::<4, 3>().is_err(), "top");
    assert!(even.try_array_windows::<3, 4>().is_err(), "left");
    let error = padded.try_array_windows::<3, 4>().unwrap_err();
    assert_eq!((error.halo(), error.needed()), (halo, Halo { top: 1, bottom: 1, left: 2, right: 1 }));
    assert_eq!(
        error.to_string(),
        "windows of 3×4 cells need Halo { top: 1, bottom: 1, left: 2, right: 1 }, and the array has Halo { top: 1, bottom: 0, left: 2, \
         right: 1 }: make it with `Padded::from_interior::<3, 4>`, or with a wider halo"
    );
}

#[test]
fn an_array_that_cannot_be_extended_is_an_error_and_stays_unchanged() {
    let empty = Array2::<i64>::zeros((0, 3));
    let refused = |result: Result<Padded<i64>, StencilError>| match result.unwrap_err() {
        StencilError::Boundary(error) => (error.axis(), error.boundary()),
        error => panic!("{error}"),
    };
    assert_eq!(refused(Padded::try_from_interior::<3, 3>(&empty, Boundary::Wrap)), (0, Boundary::Wrap));
    assert_eq!(refused(Padded::try_from_interior::<1, 3>(&empty.t(), Boundary::Edge)), (1, Boundary::Edge));
    let mut padded = Padded::from_interior::<3, 2>(&empty, Boundary::Constant(4));
    assert_eq!((padded.view(), padded.dim()), (Array2::from_elem((2, 4), 4).view(), (0, 3)));
    assert_eq!(padded.try_refresh(Boundary::Reflect).unwrap_err().axis(), 0);
    assert_eq!(padded.view(), Array2::from_elem((2, 4), 4));
    let sides = [1, 2, 3, 4].map(Boundary::Constant);
    let [top, bottom, left, right] = sides;
    padded.refresh(Boundaries { top, bottom, left, right });
    assert_eq!(padded.view(), array![[3, 1, 1, 1], [3, 2, 2, 2]], "each side of an empty axis has its own constant");
    let halo = Halo { top: 1, bottom: 0, left: 1, right: 2 };
    let around_nothing = Padded::with_halo(&empty.t(), halo, Boundaries { top, bottom, left, right });
    assert_eq!(around_nothing.view(), array![[3, 4, 4], [3, 4, 4], [3, 4, 4], [3, 4, 4]]);
    assert_eq!(padded.array_windows::<3, 2>().dim(), (0, 3));
    assert_eq!(padded.clone().into_interior().dim(), (0, 3));
    // Without cells there is no cell to repeat outside.
    assert_eq!(Stencil::<3, 3>::map(&empty, Boundary::Wrap, mix), empty);
    assert_eq!(Padded::from_interior::<1, 1>(&empty, Boundary::Wrap).view(), empty);
}

#[test]
fn outputs_of_another_shape_are_refused() {
    let input = numbered((3, 4));
    for dim in [(4, 3), (3, 5), (2, 4), (0, 0), (3, 0)] {
        let mut output = Array2::<i64>::zeros(dim);
        let error = Stencil::<3, 3>::try_map_into(&input, Boundary::Edge, &mut output, |_| {
            unreachable!("called with a wrong output")
        });
        let StencilError::Shape(error) = error.unwrap_err() else { unreachable!("there is memory") };
        assert_eq!((error.shape(), error.expected()), (&[dim.0, dim.1][..], &[3, 4][..]));
    }
}

/// The memory layout that `Padded` promises: rows start at cache lines, without set conflicts.
#[test]
fn rows_start_at_cache_lines_without_set_conflicts() {
    fn check<T: Clone>(cell: T, dim: (usize, usize), halo: Halo) {
        let padded = Padded::with_halo(&Array2::from_elem(dim, cell), halo, Boundary::Edge);
        for padded in [&padded, &padded.clone()] {
            let view = padded.interior();
            let stride = view.strides()[0].unsigned_abs() * size_of::<T>();
            let from_4096 = (stride % 4096).min(4096 - stride % 4096);
            assert!(stride.is_multiple_of(64) && from_4096 >= 384, "{stride} bytes");
            // Miri does not model the alignment of addresses.
            assert!(cfg!(miri) || view.as_ptr().addr().is_multiple_of(64));
        }
    }
    let widths = if cfg!(miri) { vec![1020] } else { vec![100, 1020, 1022, 1024, 2048, 4090] };
    for cols in widths {
        for halo in [Halo::of_window::<3, 3>(), Halo::of_window::<4, 6>(), Halo { left: 17, ..Halo::default() }] {
            check(1_f32, (3, cols), halo);
            check(1_f64, (2, cols), halo);
            check([1_f32; 3], (2, cols), halo);
            check(1_u8, (2, cols * 4), halo);
        }
    }
}

#[test]
fn padded_arrays_with_equal_cells_and_halos_are_equal() {
    let input = numbered((3, 4));
    let padded = Padded::from_interior::<3, 3>(&input, Boundary::Edge);
    assert_eq!(padded, padded.clone());
    assert_ne!(padded, Padded::from_interior::<3, 3>(&input, Boundary::Wrap), "the ghost cells count");
    let narrow = Padded::from_interior::<1, 1>(&padded.view(), Boundary::Edge);
    assert_eq!(narrow.view(), padded.view());
    assert_ne!(narrow, padded, "the halo counts");
    for mut other in [narrow.clone(), Padded::from_interior::<1, 5>(&input, Boundary::Edge)] {
        other.clone_from(&padded);
        assert_eq!(other, padded);
    }
    assert!(format!("{padded:?}").contains("halo: Halo { top: 1, bottom: 1, left: 1, right: 1 }"));
    let interior = padded.into_interior();
    assert_eq!(interior, input);
    assert_eq!(interior.into_iter().collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
}

#[test]
fn a_padded_array_becomes_its_interior() {
    let interior = numbered((3, 4));
    let padded = Padded::from_interior::<3, 3>(&interior, Boundary::Edge);
    assert_eq!(Array2::from(padded), interior);
}
