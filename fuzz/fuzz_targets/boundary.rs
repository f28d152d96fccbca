//! Ghost cells and `Stencil::map` against a definition of each rule: the cells of an axis,
//! continued past the last one as an endless sequence. Inputs and outputs have every layout, halos
//! can be wider than the array, and windows larger than it.
#![no_main]

mod common;

use std::iter;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ndarray::{Array2, ArrayView2, Ix2};
use ndarray_lockstep::{Boundaries, Boundary, Halo, Padded, Stencil, StencilError, Window, Zip};

use common::{Elem, LayoutBytes, Owned, Visits, abort_at_panics, mixed, panic_message, until_planned_panic};

#[derive(Arbitrary, Debug)]
struct Input {
    element: u8,
    window: u8,
    rows: u8,
    cols: u8,
    /// Top, bottom, left and right, for two successive refreshes.
    rules: [[u8; 4]; 2],
    halo: [u8; 4],
    /// Those of the input and the output.
    layouts: [LayoutBytes; 2],
    /// Writes to the interior.
    changes: Vec<(u8, u8, u8)>,
    panic_at: Option<u8>,
}

fn rule<T: Elem>(byte: u8) -> Boundary<T> {
    match byte % 5 {
        0 => Boundary::Constant(T::new(1_000_000 + usize::from(byte))),
        1 => Boundary::Edge,
        2 => Boundary::Reflect,
        3 => Boundary::Symmetric,
        _ => Boundary::Wrap,
    }
}

fn rules<T: Elem>([top, bottom, left, right]: [u8; 4]) -> Boundaries<T> {
    Boundaries { top: rule(top), bottom: rule(bottom), left: rule(left), right: rule(right) }
}

/// The cells of an axis from the first on, continued past the last; `None` if the rule has no such
/// cell.
fn sequence<T>(rule: &Boundary<T>, len: usize) -> Option<Box<dyn Iterator<Item = usize>>> {
    let forwards = 0..len;
    Some(match rule {
        Boundary::Constant(_) => return None,
        _ if len == 0 => return None,
        Boundary::Edge => Box::new(forwards.chain(iter::repeat(len - 1))),
        Boundary::Reflect if len == 1 => Box::new(iter::repeat(0)),
        Boundary::Reflect => Box::new(forwards.chain((1..len - 1).rev()).cycle()),
        Boundary::Symmetric => Box::new(forwards.chain((0..len).rev()).cycle()),
        Boundary::Wrap => Box::new(forwards.cycle()),
    })
}

/// The value at each index of an axis with ghost cells: a cell of the axis, or the rule's constant.
fn axis<'a, T>(
    before: &'a Boundary<T>,
    after: &'a Boundary<T>,
    len: usize,
    [ghosts_before, ghosts_after]: [usize; 2],
) -> Vec<Result<usize, &'a T>> {
    let beyond = |rule: &'a Boundary<T>, ghosts: usize| -> Vec<Result<usize, &'a T>> {
        match (rule, sequence(rule, len)) {
            (Boundary::Constant(value), _) => vec![Err(value); ghosts],
            (_, Some(cells)) => cells.skip(len).take(ghosts).map(Ok).collect(),
            (_, None) => vec![],
        }
    };
    // Every rule is symmetric under reflection.
    let mirrored = beyond(before, ghosts_before).into_iter().map(|cell| cell.map(|cell| len - 1 - cell)).rev();
    mirrored.chain((0..len).map(Ok)).chain(beyond(after, ghosts_after)).collect()
}

/// The definition of padding: the index of each cell, or a constant. The column's rule comes first.
fn definition<T>(rules: &Boundaries<T>, (rows, cols): (usize, usize), halo: Halo) -> Array2<Result<[usize; 2], &T>> {
    let rows = axis(&rules.top, &rules.bottom, rows, [halo.top, halo.bottom]);
    let cols = axis(&rules.left, &rules.right, cols, [halo.left, halo.right]);
    Array2::from_shape_fn((rows.len(), cols.len()), |(i, j)| match (rows[i], cols[j]) {
        (_, Err(constant)) | (Err(constant), Ok(_)) => Err(constant),
        (Ok(i), Ok(j)) => Ok([i, j]),
    })
}

/// Whether the rules can extend an array of this shape.
fn can_extend<T>(rules: &Boundaries<T>, (rows, cols): (usize, usize), halo: Halo) -> bool {
    let can =
        |len: usize, ghosts: usize, rule: &Boundary<T>| len > 0 || ghosts == 0 || matches!(rule, Boundary::Constant(_));
    can(rows, halo.top, &rules.top)
        && can(rows, halo.bottom, &rules.bottom)
        && can(cols, halo.left, &rules.left)
        && can(cols, halo.right, &rules.right)
}

fn assert_padded<T: Elem>(
    found: ArrayView2<'_, T>,
    cells: ArrayView2<'_, T>,
    expected: &Array2<Result<[usize; 2], &T>>,
) {
    assert_eq!(found.dim(), expected.dim());
    for (found, &expected) in found.iter().zip(expected) {
        assert_eq!(found, expected.map_or_else(|constant| constant, |at| &cells[at]));
    }
}

fn case<T: Elem + Clone, const K: usize, const L: usize>(input: &Input) {
    let shape = [usize::from(input.rows % 16), usize::from(input.cols % 24)];
    let layout = input.layouts[0].layout(2, true);
    let stored = layout.stored::<T, Ix2>(&shape, T::new);
    let cells = layout.view(&shape, &stored);
    padding::<T, K, L>(input, cells);
    map::<T, K, L>(input, cells);
}

/// Padded copies, refreshed with other rules.
fn padding<T: Elem + Clone, const K: usize, const L: usize>(input: &Input, cells: ArrayView2<'_, T>) {
    // Wide halos are slow, so they are rare.
    let [top, bottom, left, right] =
        input.halo.map(|ghosts| usize::from(if ghosts < 240 { ghosts % 9 } else { ghosts % 64 }));
    let halo = if input.halo == [0; 4] { Halo::of_window::<K, L>() } else { Halo { top, bottom, left, right } };
    let [first, second] = input.rules.map(rules::<T>);
    let dim = cells.dim();
    let mut padded = match Padded::try_with_halo(&cells, halo, first.clone()) {
        Ok(padded) => padded,
        Err(error) => {
            let StencilError::Boundary(extension) = error else { panic!("{error}") };
            assert!(!can_extend(&first, dim, halo) && cells.shape()[extension.axis()] == 0, "{error}");
            assert_eq!(panic_message(|| Padded::with_halo(&cells, halo, first)), error.to_string());
            return;
        }
    };
    assert!(can_extend(&first, dim, halo));
    assert_eq!((padded.dim(), padded.halo()), (dim, halo));
    assert_padded(padded.view(), cells, &definition(&first, dim, halo));
    assert!(padded.interior().iter().eq(cells.iter()));

    let mut changed = cells.to_owned();
    for &(i, j, id) in input.changes.iter().filter(|_| !cells.is_empty()) {
        let at = [usize::from(i) % dim.0, usize::from(j) % dim.1];
        changed[at] = T::new(usize::from(id));
        padded.interior_mut()[at] = T::new(usize::from(id));
    }
    let extends = can_extend(&second, dim, halo);
    let before = (!extends).then(|| padded.view().to_owned());
    assert_eq!(padded.try_refresh(second.clone()).is_ok(), extends);
    match before {
        Some(before) => assert_eq!(padded.view(), before),
        None => assert_padded(padded.view(), changed.view(), &definition(&second, dim, halo)),
    }

    let needed = Halo::of_window::<K, L>();
    let fit = needed.top <= halo.top
        && needed.bottom <= halo.bottom
        && needed.left <= halo.left
        && needed.right <= halo.right;
    match padded.try_array_windows::<K, L>() {
        Ok(windows) => {
            assert!(fit && windows.dim() == dim);
            let whole = padded.view();
            for ((i, j), window) in Zip::from(ndarray::indices(dim)).and(windows) {
                let at = [i + halo.top - needed.top, j + halo.left - needed.left];
                let expected = (0..K * L).map(|cell| &whole[[at[0] + cell / L, at[1] + cell % L]]);
                assert!(window.iter().map(std::ptr::from_ref).eq(expected.map(std::ptr::from_ref)));
            }
        }
        Err(error) => assert!(!fit && error.needed() == needed && error.halo() == halo),
    }
    assert_eq!(padded.into_interior(), changed);
}

/// A number that depends on the cells of a window and their order.
fn weigh<T: Elem, const K: usize, const L: usize>(window: Window<'_, T, K, L>) -> T {
    T::new(window.iter().fold(17, |mixed, cell| (mixed * 31 + cell.id()) % 1_000_003))
}

/// Filters: into a new array, into one of any layout, and with a panic in the middle.
fn map<T: Elem + Clone, const K: usize, const L: usize>(input: &Input, cells: ArrayView2<'_, T>) {
    let (dim, halo) = (cells.dim(), Halo::of_window::<K, L>());
    let rules = rules::<T>(input.rules[0]);
    let expected = if cells.is_empty() {
        Array2::from_shape_simple_fn(dim, || T::new(0))
    } else {
        let padded = definition(&rules, dim, halo);
        let id = |at: [usize; 2]| padded[at].map_or_else(T::id, |at| cells[at].id());
        Array2::from_shape_fn(dim, |(i, j)| {
            let ids = (0..K * L).map(|cell| id([i + cell / L, j + cell % L]));
            T::new(ids.fold(17, |mixed, id| (mixed * 31 + id) % 1_000_003))
        })
    };
    let found = Stencil::<K, L>::map(&cells, rules.clone(), weigh);
    assert!(found.is_standard_layout());
    assert_eq!(found, expected);
    // Results with a destructor, next to those without.
    assert_eq!(Stencil::<K, L>::map(&cells, rules.clone(), |w| Some(Box::new(weigh(w)))).len(), cells.len());
    assert_eq!(Stencil::<K, L>::map(&cells, rules.clone(), |w| weigh(w).id()), expected.map(T::id));

    let shape = [dim.0, dim.1];
    let layout = input.layouts[1].layout(2, false);
    let mut stored = layout.stored::<T, Ix2>(&shape, |cell| T::new(cell + 7));
    let mut whole = stored.clone();
    Stencil::<K, L>::map_into(&cells, rules.clone(), &mut layout.view_mut(&shape, &mut stored), weigh);
    layout.view_mut(&shape, &mut whole).assign(&expected);
    assert_eq!(stored, whole, "the results, and nothing beside them");
    let mut other = Array2::from_elem((dim.0, dim.1 + 1), T::new(1));
    let refused = Stencil::<K, L>::try_map_into(&cells, rules.clone(), &mut other, weigh).unwrap_err();
    let StencilError::Shape(refused) = refused else { panic!("{refused}") };
    assert_eq!((refused.shape(), refused.expected()), (other.shape(), cells.shape()));

    if let Some(panic_at) = input.panic_at {
        let visits = std::cell::RefCell::new(Visits::new(Some(usize::from(panic_at))));
        let noted = |w: Window<'_, T, K, L>| T::new(mixed(&[visits.borrow_mut().note(&[w.center().id()])]));
        let finished = until_planned_panic(|| Stencil::<K, L>::map(&cells, rules, noted));
        assert_eq!(finished.is_some(), usize::from(panic_at) >= cells.len());
    }
}

fn of_window<const K: usize, const L: usize>(input: &Input) {
    match input.element % 3 {
        0 => case::<u32, K, L>(input),
        1 => case::<Owned, K, L>(input),
        _ => case::<(), K, L>(input),
    }
}

fuzz_target!(
    init: abort_at_panics(),
    |input: Input| {
        match input.window % 9 {
            0 => of_window::<1, 1>(&input),
            1 => of_window::<1, 4>(&input),
            2 => of_window::<3, 1>(&input),
            3 => of_window::<2, 2>(&input),
            4 => of_window::<4, 5>(&input),
            5 => of_window::<9, 2>(&input),
            6 => of_window::<1, 17>(&input),
            _ => of_window::<3, 3>(&input),
        }
    }
);
