//! Windows over three-dimensional arrays against ndarray's `windows`: K×L×M windows over volumes
//! and L×M windows over each image of a stack, over inputs of every layout, with an output. Each
//! cell must be the same cell that ndarray finds, by address. Results of `map_collect` are compared
//! with ndarray's as well.
#![no_main]

mod common;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ndarray::{Array3, ArrayView3, Ix3, s};
use ndarray_lockstep::__private::Operand;
use ndarray_lockstep::{ArrayInterior, ArrayWindows, IntoOperand, Window, Window3d, Zip, azip, simd_azip};

use common::{
    Elem, End, LayoutBytes, Owned, Step, Visits, abort_at_panics, drive, mixed, panic_message, until_planned_panic,
};

#[derive(Arbitrary, Debug)]
struct Input {
    element: u8,
    window: u8,
    planes: u8,
    rows: u8,
    cols: u8,
    /// Whether the windows are those of a stack of images.
    stack: bool,
    any_columns: bool,
    /// Those of the input and of the output.
    layouts: [LayoutBytes; 2],
    access: u8,
    ops: Vec<Op>,
}

/// One walk over windows, and an output.
#[derive(Arbitrary, Clone, Debug)]
enum Op {
    ForEach {
        panic_at: Option<u8>,
    },
    Macro,
    SimdMacro,
    Unordered,
    SimdFold,
    /// Keeps all windows, and reads them in reverse order.
    Keep,
    Iter {
        steps: Vec<Step>,
        end: End,
    },
    Split {
        depth: u8,
    },
    /// Compares the results, and the state after the closure panics.
    Collect {
        panic_at: Option<u8>,
    },
}

/// The address of a cell.
fn address<T>(cell: &T) -> usize {
    std::ptr::from_ref(cell).addr()
}

fn from_centre(at: usize, len: usize) -> isize {
    at as isize - (len / 2) as isize
}

/// Checks that a window over a volume equals ndarray's, cell by cell.
fn compare_volume<T: Elem, const K: usize, const L: usize, const M: usize>(
    window: Window3d<'_, T, K, L, M>,
    of_ndarray: &ArrayView3<'_, T>,
    access: usize,
) {
    assert_eq!(of_ndarray.dim(), (K, L, M));
    let expected = || of_ndarray.indexed_iter();
    let same = |cell: &T, expected: &T| assert!(std::ptr::eq(cell, expected), "by access {access}");
    match access % 9 {
        0 => expected().for_each(|((k, l, m), cell)| same(&window[[k, l, m]], cell)),
        1 => {
            let rows = window.rows();
            expected().for_each(|((k, l, m), cell)| same(&rows[k][l][m], cell));
        }
        2 => expected().for_each(|((k, l, m), cell)| {
            same(window.at(from_centre(k, K), from_centre(l, L), from_centre(m, M)), cell);
        }),
        3 => {
            let view = window.view();
            assert_eq!(view.dim(), (K, L, M));
            expected().for_each(|(at, cell)| same(&view[at], cell));
        }
        4 => {
            assert_eq!(window.iter().count(), K * L * M);
            window.iter().zip(expected()).for_each(|(cell, (_, expected))| same(cell, expected));
        }
        5 => {
            let planes = window.planes();
            expected().for_each(|((k, l, m), cell)| {
                same(&planes[k][[l, m]], cell);
                same(&window.plane(k).view()[[l, m]], cell);
            });
        }
        6 => {
            let mut cells: Vec<&T> = window.into_iter().rev().collect();
            cells.reverse();
            assert_eq!(cells.len(), K * L * M);
            cells.into_iter().zip(expected()).for_each(|(cell, (_, expected))| same(cell, expected));
        }
        7 => {
            let planes: Vec<_> = window.planes().into_iter().collect();
            assert_eq!(format!("{window:?}"), format!("{planes:?}"));
        }
        _ => {
            for outside in [[K, 0, 0], [0, L, 0], [0, 0, M]] {
                assert!(panic_message(|| window[outside].id()).contains("outside"));
            }
            for dk in [from_centre(0, K) - 1, from_centre(K, K)] {
                assert!(panic_message(|| window.at(dk, 0, 0).id()).contains("has no cell"));
            }
            assert!(panic_message(|| window.plane(K).center().id()).contains("has no plane"));
        }
    }
    same(window.center(), &of_ndarray[[K / 2, L / 2, M / 2]]);
}

/// Checks that a window over an image of a stack equals ndarray's.
fn compare_table<T: Elem, const L: usize, const M: usize>(
    window: Window<'_, T, L, M>,
    of_ndarray: &ArrayView3<'_, T>,
    access: usize,
) {
    assert_eq!(of_ndarray.dim(), (1, L, M));
    let expected = || of_ndarray.indexed_iter();
    let same = |cell: &T, expected: &T| assert!(std::ptr::eq(cell, expected), "by access {access}");
    match access % 5 {
        0 => expected().for_each(|((_, l, m), cell)| same(&window[[l, m]], cell)),
        1 => expected().for_each(|((_, l, m), cell)| same(&window.rows()[l][m], cell)),
        2 => expected().for_each(|((_, l, m), cell)| same(&window.view()[[l, m]], cell)),
        3 => expected().for_each(|((_, l, m), cell)| same(window.at(from_centre(l, L), from_centre(m, M)), cell)),
        _ => {
            assert_eq!(window.iter().len(), L * M);
            window.iter().zip(expected()).for_each(|(cell, (_, expected))| same(cell, expected));
        }
    }
    same(window.center(), &of_ndarray[[0, L / 2, M / 2]]);
}

/// ndarray's windows of an input, and what is computed from them.
struct Case<'a, T> {
    input: &'a Input,
    /// The input.
    view: ArrayView3<'a, T>,
    window: [usize; 3],
    /// The number of windows along each axis.
    shape: [usize; 3],
}

impl<'a, T: Elem> Case<'a, T> {
    fn new(input: &'a Input, view: ArrayView3<'a, T>, window: [usize; 3]) -> Self {
        let shape = [0, 1, 2].map(|axis| (view.shape()[axis] + 1).saturating_sub(window[axis]));
        Case { input, view, window, shape }
    }

    fn has_windows(&self) -> bool {
        self.shape.iter().all(|&len| len > 0)
    }

    fn index(&self, number: usize) -> (usize, usize, usize) {
        let [_, rows, cols] = self.shape;
        (number / cols / rows, number / cols % rows, number % cols)
    }

    /// ndarray's windows, in row-major order.
    fn of_ndarray(&self) -> Vec<ArrayView3<'a, T>> {
        let [k, l, m] = self.window;
        let of = |(h, i, j): (usize, usize, usize)| self.view.slice_move(s![h..h + k, i..i + l, j..j + m]);
        let windows: Vec<_> = (0..self.shape.iter().product()).map(|number| of(self.index(number))).collect();
        if self.has_windows() {
            let theirs = self.view.windows((k, l, m));
            assert!(theirs.into_iter().map(|window| window.as_ptr()).eq(windows.iter().map(ArrayView3::as_ptr)));
        }
        windows
    }

    /// The order in which ndarray visits the windows together with an output.
    fn order(&self, out: &ArrayView3<'_, T>) -> Vec<usize> {
        let mut order = Vec::new();
        let [_, rows, cols] = self.shape;
        let [k, l, m] = self.window;
        if self.has_windows() {
            ndarray::Zip::indexed(out)
                .and(self.view.windows((k, l, m)))
                .for_each(|(h, i, j), _, _| order.push((h * rows + i) * cols + j));
        }
        order
    }

    /// Walks windows that should equal ndarray's.
    fn run<P>(&self, op: &Op, windows: P, compare: impl Fn(<P as Operand>::Item, &ArrayView3<'a, T>, usize))
    where
        P: Copy + Operand<Dim = Ix3> + IntoOperand<Dim = Ix3, Operand = P, Item = <P as Operand>::Item>,
    {
        let [_, rows, cols] = self.shape;
        let size = self.shape.iter().product::<usize>();
        let layout = self.input.layouts[1].layout(3, false);
        let mut ours: Array3<T> = layout.stored(&self.shape, T::new);
        let mut theirs: Array3<T> = layout.stored(&self.shape, T::new);
        let expected = self.of_ndarray();
        let number = |(h, i, j): (usize, usize, usize)| (h * rows + i) * cols + j;
        // The value that a visit of a cell reads and writes.
        let value = |at: usize, out: &T| {
            let [k, l, m] = self.window.map(|len| len - 1);
            mixed(&[out.id(), expected[at][[0, 0, 0]].id(), expected[at][[k, l, m]].id()])
        };
        let visit = |window: <P as Operand>::Item, at: (usize, usize, usize), out: &mut T| {
            let at = number(at);
            compare(window, &expected[at], usize::from(self.input.access) + at);
            let new = value(at, out);
            *out = T::new(new);
            new
        };
        let out = layout.view_mut::<_, Ix3>(&self.shape, &mut ours);
        let all = ndarray::indices((self.shape[0], rows, cols));
        // Not a closure, which would move the operands away from the macros below.
        macro_rules! zip {
            () => {
                Zip::from(windows).and(all).and(out)
            };
        }

        let mut visits = Visits::default();
        let mut in_order = true;
        let mut result = 0;
        match *op {
            Op::ForEach { panic_at } => {
                visits.panic_at = panic_at.map(usize::from);
                until_planned_panic(|| {
                    zip!().for_each(|window, at, out| {
                        visits.note(&[number(at)]);
                        visit(window, at, out);
                    });
                });
            }
            Op::Macro => azip!((window in windows, at in all, out in out) {
                visits.note(&[number(at)]);
                visit(window, at, out);
            }),
            Op::SimdMacro => simd_azip!(ordered (window in windows, at in all, out in out) {
                visits.note(&[number(at)]);
                visit(window, at, out);
            }),
            Op::Unordered => {
                in_order = false;
                let visits = std::cell::RefCell::new(&mut visits);
                simd_azip!(unordered (window in windows, at in all, out in out) {
                    visits.borrow_mut().note(&[number(at)]);
                    visit(window, at, out);
                });
            }
            Op::SimdFold => {
                result = zip!().simd_fold(0, |acc, window, at, out| {
                    visits.note(&[number(at)]);
                    acc * 7 % 1_000_003 + visit(window, at, out)
                });
            }
            Op::Keep => {
                in_order = false;
                let mut kept = Vec::new();
                zip!().for_each(|window, at, out| kept.push((window, at, out)));
                for (window, at, out) in kept.into_iter().rev() {
                    visits.note(&[number(at)]);
                    visit(window, at, out);
                }
            }
            Op::Iter { ref steps, end } => {
                in_order = false;
                let (items, log) = drive(zip!().into_iter(), steps, end);
                let (expected, expected_log) = drive(0..size, steps, end);
                assert_eq!(log, expected_log);
                assert!(items.iter().map(|&(_, at, _)| number(at)).eq(expected));
                for (window, at, out) in items {
                    visits.note(&[number(at)]);
                    visit(window, at, out);
                }
            }
            Op::Split { depth } => {
                in_order = false;
                let mut parts = vec![zip!()];
                for _ in 0..depth % 5 {
                    parts = parts.into_iter().flat_map(|zip| <[_; 2]>::from(zip.split())).collect();
                }
                for part in parts {
                    let behind = part.size() + visits.calls;
                    part.for_each(|window, at, out| {
                        visits.note(&[number(at)]);
                        visit(window, at, out);
                    });
                    assert_eq!(visits.calls, behind);
                }
            }
            Op::Collect { panic_at } => {
                visits.panic_at = panic_at.map(usize::from);
                let results = until_planned_panic(|| {
                    zip!().map_collect(|window, at, out| {
                        visits.note(&[number(at)]);
                        T::new(visit(window, at, out))
                    })
                });
                assert_eq!(results.is_some(), visits.panic_at.is_none_or(|at| at >= size));
                if let Some(results) = results {
                    let [k, l, m] = self.window;
                    if self.has_windows() {
                        let before: Array3<T> = layout.stored(&self.shape, T::new);
                        let like = ndarray::Zip::indexed(layout.view::<_, Ix3>(&self.shape, &before))
                            .and(self.view.windows((k, l, m)))
                            .map_collect(|at, out, _| T::new(value(number(at), out)));
                        assert_eq!((results.strides(), &results), (like.strides(), &like));
                    }
                    assert_eq!(results.shape(), self.shape);
                }
            }
        }

        // The same, cell by cell, over the visited cells.
        let mut cells = visits.ids;
        if in_order {
            let order = self.order(&layout.view(&self.shape, &theirs));
            assert!(cells.iter().eq(order.iter().take(cells.len())), "in ndarray's order");
        }
        let mut expected_result = 0;
        {
            let mut out = layout.view_mut::<_, Ix3>(&self.shape, &mut theirs);
            for &cell in &cells {
                let at = self.index(cell);
                let new = value(cell, &out[at]);
                out[at] = T::new(new);
                expected_result = expected_result * 7 % 1_000_003 + new;
            }
        }
        if matches!(op, Op::SimdFold) {
            assert_eq!(result, expected_result);
        }
        assert_eq!(ours, theirs, "{op:?}");
        cells.sort_unstable();
        assert!(cells.windows(2).all(|pair| pair[0] != pair[1]), "no cell twice");
        let visited = match *op {
            Op::ForEach { panic_at } | Op::Collect { panic_at } => panic_at.map_or(size, usize::from).min(size),
            Op::Iter { .. } => cells.len(),
            _ => size,
        };
        assert_eq!(cells.len(), visited, "every cell");
    }
}

/// The interior consists of the centres, and writing through it changes nothing else.
fn interior<T: Elem, const K: usize, const L: usize, const M: usize>(case: &Case<'_, T>, stack: bool) {
    let interior = if stack { case.view.interior::<L, M>() } else { case.view.interior_3d::<K, L, M>() };
    let centre = case.window.map(|len| len / 2);
    assert_eq!(interior.shape(), case.shape);
    for ((h, i, j), cell) in interior.indexed_iter() {
        assert!(std::ptr::eq(cell, &case.view[[h + centre[0], i + centre[1], j + centre[2]]]));
    }
    let mut numbers = Array3::from_shape_fn(case.view.dim(), |(h, i, j)| (h * 100 + i) * 100 + j);
    let of = |(h, i, j): (usize, usize, usize)| ((h + centre[0]) * 100 + i + centre[1]) * 100 + j + centre[2];
    let expected: Vec<usize> = (0..case.shape.iter().product()).map(|number| of(case.index(number))).collect();
    let cells = if stack { numbers.interior_mut::<L, M>() } else { numbers.interior_3d_mut::<K, L, M>() };
    assert!(cells.iter().eq(&expected));
}

fn case<T: Elem, const K: usize, const L: usize, const M: usize>(input: &Input) {
    let shape = [usize::from(input.planes % 7), usize::from(input.rows % 8), usize::from(input.cols % 10)];
    let layout = if input.any_columns {
        input.layouts[0].layout(3, true)
    } else {
        input.layouts[0].layout_of_tables_with_unit_columns()
    };
    let stored: Array3<T> = layout.stored(&shape, |cell| T::new(1000 + cell));
    let view = layout.view::<_, Ix3>(&shape, &stored);
    let case = Case::new(input, view, if input.stack { [1, L, M] } else { [K, L, M] });
    interior::<T, K, L, M>(&case, input.stack);

    let is_refused = case.has_windows() && shape[2] != 1 && view.strides()[2] != 1;
    macro_rules! windows {
        ($try:expr, $plain:expr) => {
            match $try {
                Ok(windows) => {
                    assert!(!is_refused);
                    let [planes, rows, cols] = case.shape;
                    assert_eq!((windows.dim(), windows.len()), ((planes, rows, cols), planes * rows * cols));
                    assert_eq!(windows.is_empty(), !case.has_windows());
                    windows
                }
                Err(error) => {
                    assert!(is_refused);
                    assert_eq!(error.stride(), view.strides()[2]);
                    assert_eq!(panic_message(|| $plain.len()), error.to_string());
                    return;
                }
            }
        };
    }
    let ops = input.ops.iter().take(2);
    if input.stack {
        let windows = windows!(view.try_array_windows::<L, M>(), view.array_windows::<L, M>());
        let mut seen = 0;
        let walked = Zip::indexed(windows).for_each_row(|(n, i, _), cells| {
            for (l, &cells) in cells.iter().enumerate() {
                assert!(cells.iter().map(address).eq(view.slice(s![n, i + l, ..]).iter().map(address)));
            }
            seen += 1;
        });
        assert!(walked.is_ok());
        assert_eq!(seen, if case.has_windows() { case.shape[0] * case.shape[1] } else { 0 });
        ops.for_each(|op| case.run(op, windows, compare_table));
    } else {
        let windows = windows!(view.try_array_windows_3d::<K, L, M>(), view.array_windows_3d::<K, L, M>());
        let mut seen = 0;
        let walked = Zip::indexed(windows).for_each_row(|(h, i, _), cells| {
            for (k, cells) in cells.iter().enumerate() {
                for (l, &cells) in cells.iter().enumerate() {
                    assert!(cells.iter().map(address).eq(view.slice(s![h + k, i + l, ..]).iter().map(address)));
                }
            }
            seen += 1;
        });
        assert!(walked.is_ok());
        assert_eq!(seen, if case.has_windows() { case.shape[0] * case.shape[1] } else { 0 });
        ops.for_each(|op| case.run(op, windows, compare_volume));
    }
}

fn of_element<T: Elem>(input: &Input) {
    match input.window % 4 {
        0 => case::<T, 3, 3, 3>(input),
        1 => case::<T, 2, 1, 4>(input),
        2 => case::<T, 4, 2, 1>(input),
        _ => case::<T, 1, 5, 2>(input),
    }
}

fuzz_target!(
    init: abort_at_panics(),
    |input: Input| {
        match input.element % 4 {
            0 => case::<Owned, 3, 2, 2>(&input),
            1 => case::<(), 2, 3, 2>(&input),
            _ => of_element::<u32>(&input),
        }
    }
);
