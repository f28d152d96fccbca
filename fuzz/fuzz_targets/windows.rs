//! Windows of many sizes over inputs of every layout, with outputs, against ndarray's `windows`.
//! Each cell must be the same cell that ndarray finds, by address.
#![no_main]

mod common;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ndarray::{Array2, ArrayView2, Dimension, Ix2, NdProducer, s};
use ndarray_lockstep::{
    ArrayInterior, ArrayWindows, FoldWhile, Size2, Window, WindowIter, Windows, Zip, azip, simd_azip,
};

use common::{
    Elem, End, LayoutBytes, Owned, Step, Visits, abort_at_panics, drive, mixed, panic_message, until_planned_panic,
};

#[derive(Arbitrary, Debug)]
struct Input {
    element: u8,
    window: u8,
    rows: u8,
    cols: u8,
    /// Those of the first input, the second input, the first output and the second output.
    layouts: [LayoutBytes; 4],
    any_columns: bool,
    access: u8,
    ops: Vec<Op>,
}

/// One walk over windows and outputs.
#[derive(Arbitrary, Clone, Debug)]
enum Op {
    ForEach {
        panic_at: Option<u8>,
    },
    Macro,
    SimdMacro,
    Unordered,
    SimdFold,
    FoldWhile {
        until: u8,
    },
    /// Keeps all windows, and reads them in reverse order.
    Keep,
    Rows,
    Iter {
        steps: Vec<Step>,
        end: End,
    },
    Split {
        depth: u8,
    },
    Outside {
        dk: i8,
        dl: i8,
    },
}

/// Checks that a window equals ndarray's, cell by cell.
fn compare<T: Elem, const K: usize, const L: usize>(
    window: Window<'_, T, K, L>,
    of_ndarray: &ArrayView2<'_, T>,
    access: usize,
) {
    assert_eq!(of_ndarray.dim(), (K, L));
    let same = |cell: &T, k: usize, l: usize| {
        assert!(std::ptr::eq(cell, &of_ndarray[[k, l]]), "cell ({k}, {l}) by access {access}");
    };
    let cells = || (0..K).flat_map(|k| (0..L).map(move |l| (k, l)));
    match access % 8 {
        0 => cells().for_each(|(k, l)| same(&window[[k, l]], k, l)),
        1 => {
            let rows = window.rows();
            cells().for_each(|(k, l)| same(&rows[k][l], k, l));
        }
        2 => cells().for_each(|(k, l)| {
            same(window.at(k as isize - (K / 2) as isize, l as isize - (L / 2) as isize), k, l);
        }),
        3 => {
            let view = window.view();
            assert_eq!(view.dim(), (K, L));
            cells().for_each(|(k, l)| same(&view[[k, l]], k, l));
        }
        4 => {
            assert_eq!(window.iter().len(), K * L);
            cells().zip(window.iter()).for_each(|((k, l), cell)| same(cell, k, l));
        }
        5 => {
            // Taken from both ends, and folded from there.
            let mut iter = window.into_iter();
            let mut expected: Vec<(usize, usize)> = cells().collect();
            if access & 8 != 0 {
                let ((k, l), cell) = (expected.remove(0), iter.next().expect("a first cell"));
                same(cell, k, l);
            }
            if access & 16 != 0 && !expected.is_empty() {
                let ((k, l), cell) = (expected.pop().expect("a last cell"), iter.next_back().expect("a last cell"));
                same(cell, k, l);
            }
            let left = iter.fold(0, |at, cell| {
                let (k, l) = expected[at];
                same(cell, k, l);
                at + 1
            });
            assert_eq!(left, expected.len());
        }
        6 => cells().rev().zip(window.iter().rev()).for_each(|((k, l), cell)| same(cell, k, l)),
        _ => {
            let cells: Vec<Vec<&T>> = of_ndarray.outer_iter().map(|row| row.into_iter().collect()).collect();
            assert_eq!(format!("{window:?}"), format!("{cells:?}"));
        }
    }
    same(window.center(), K / 2, L / 2);
}

struct Case<'a, T, const K: usize, const L: usize> {
    input: &'a Input,
    one: ArrayView2<'a, T>,
    other: ArrayView2<'a, T>,
    shape: [usize; 2],
}

impl<'a, T: Elem, const K: usize, const L: usize> Case<'a, T, K, L> {
    fn windows(&self) -> (Windows<'a, T, Size2<K, L>>, Windows<'a, T, Size2<K, L>>) {
        (Windows::new(self.one), Windows::new(self.other))
    }

    /// ndarray's windows of an input, in row-major order.
    fn of_ndarray(&self, input: &ArrayView2<'a, T>) -> Vec<ArrayView2<'a, T>> {
        // A view of a view, for the lifetime: `windows` borrows it.
        let whole = |i: usize, j: usize| input.slice_move(s![i..i + K, j..j + L]);
        let windows: Vec<ArrayView2<'a, T>> = (0..self.shape[0])
            .flat_map(|i| (0..self.shape[1]).map(move |j| (i, j)))
            .map(|(i, j)| whole(i, j))
            .collect();
        if self.shape[0] > 0 && self.shape[1] > 0 {
            let theirs = input.windows((K, L));
            assert_eq!(theirs.raw_dim().slice(), self.shape);
            assert!(theirs.into_iter().map(|window| window.as_ptr()).eq(windows.iter().map(ArrayView2::as_ptr)));
        }
        windows
    }

    /// Whether ndarray visits the windows together with outputs in row-major order.
    fn is_row_major(&self, out: &ArrayView2<'_, T>, last: &ArrayView2<'_, T>) -> bool {
        let mut visits = Vec::new();
        let (one, other) = (self.one.windows((K, L)), self.other.windows((K, L)));
        ndarray::Zip::indexed(out).and(one).and(other).and(last).for_each(|at, _, _, _, _| visits.push(at));
        visits.is_sorted()
    }

    fn run(&self, op: &Op) {
        let [rows, cols] = self.shape;
        let layouts = [&self.input.layouts[2], &self.input.layouts[3]].map(|bytes| bytes.layout(2, false));
        let mut ours: [Array2<T>; 2] = layouts.clone().map(|layout| layout.stored(&self.shape, T::new));
        let mut theirs: [Array2<T>; 2] = layouts.clone().map(|layout| layout.stored(&self.shape, T::new));
        let expected_one = self.of_ndarray(&self.one);
        let expected_other = self.of_ndarray(&self.other);
        let number = |(i, j): (usize, usize)| i * cols + j;
        let access = |(i, j): (usize, usize)| usize::from(self.input.access) + i * 3 + j;
        // The value that a visit of a cell reads and writes.
        let value = |at: (usize, usize), a: &T, b: &T| {
            let (one, other) = (&expected_one[number(at)], &expected_other[number(at)]);
            mixed(&[a.id(), b.id(), one[[0, 0]].id(), one[[K - 1, L - 1]].id(), other[[0, L - 1]].id()])
        };
        let visit = |at: (usize, usize), a: &mut T, one: Window<'_, T, K, L>, other: Window<'_, T, K, L>, b: &mut T| {
            compare(one, &expected_one[number(at)], access(at));
            compare(other, &expected_other[number(at)], access(at) + 1);
            let new = value(at, a, b);
            (*a, *b) = (T::new(new), T::new(new + 1));
            new
        };
        let [out, last] = &mut ours;
        let out = layouts[0].view_mut(&self.shape, out);
        let last = layouts[1].view_mut(&self.shape, last);
        let (one, other) = self.windows();
        // Not a closure, which would move the operands away from the macros below.
        macro_rules! zip {
            () => {
                Zip::indexed(out).and(one).and(other).and(last)
            };
        }

        // The order and the number of visits.
        let mut visits = Visits::default();
        let mut in_order = false;
        let mut result = 0;
        match *op {
            Op::ForEach { panic_at } => {
                visits.panic_at = panic_at.map(usize::from);
                in_order = true;
                until_planned_panic(|| {
                    zip!().for_each(|at, a, one, other, b| {
                        visits.note(&[number(at)]);
                        visit(at, a, one, other, b);
                    });
                });
            }
            Op::Macro | Op::SimdMacro => {
                in_order = true;
                if matches!(op, Op::Macro) {
                    azip!((index at, a in out, one in one, other in other, b in last) {
                        visits.note(&[number(at)]);
                        visit(at, a, one, other, b);
                    });
                } else {
                    simd_azip!(ordered (index at, a in out, one in one, other in other, b in last) {
                        visits.note(&[number(at)]);
                        visit(at, a, one, other, b);
                    });
                }
            }
            Op::Unordered => {
                let visits = std::cell::RefCell::new(&mut visits);
                simd_azip!(unordered (index at, a in out, one in one, other in other, b in last) {
                    visits.borrow_mut().note(&[number(at)]);
                    visit(at, a, one, other, b);
                });
            }
            Op::SimdFold => {
                in_order = true;
                result = zip!().simd_fold(0, |acc, at, a, one, other, b| {
                    visits.note(&[number(at)]);
                    acc * 7 % 1_000_003 + visit(at, a, one, other, b)
                });
            }
            Op::FoldWhile { until } => {
                in_order = true;
                let folded = zip!().fold_while(0, |acc, at, a, one, other, b| {
                    visits.note(&[number(at)]);
                    let acc = acc * 7 % 1_000_003 + visit(at, a, one, other, b);
                    if visits.calls > usize::from(until) { FoldWhile::Done(acc) } else { FoldWhile::Continue(acc) }
                });
                result = folded.into_inner();
            }
            Op::Keep => {
                let mut kept = Vec::new();
                zip!().for_each(|at, a, one, other, b| kept.push((at, a, one, other, b)));
                for (at, a, one, other, b) in kept.into_iter().rev() {
                    visits.note(&[number(at)]);
                    visit(at, a, one, other, b);
                }
            }
            Op::Rows => {
                let mut row = 0;
                let walked = Zip::from(one).for_each_row(|cells| {
                    for (k, cells) in cells.iter().enumerate() {
                        assert_eq!(cells.len(), cols + L - 1);
                        assert!(
                            cells
                                .iter()
                                .zip(self.one.row(row + k))
                                .all(|(cell, expected)| std::ptr::eq(cell, expected))
                        );
                    }
                    row += 1;
                });
                // Windows over a single column have one cell per row.
                assert!(walked.is_ok());
                assert_eq!(row, if cols == 0 { 0 } else { rows });
                return;
            }
            Op::Iter { ref steps, end } => {
                let (items, log) = drive(zip!().into_iter(), steps, end);
                let all = (0..rows).flat_map(|i| (0..cols).map(move |j| (i, j))).collect::<Vec<_>>();
                let (expected, expected_log) = drive(all.into_iter(), steps, end);
                assert_eq!(log, expected_log);
                assert!(items.iter().map(|(at, ..)| *at).eq(expected.iter().copied()));
                for (at, a, one, other, b) in items {
                    visits.note(&[number(at)]);
                    visit(at, a, one, other, b);
                }
            }
            Op::Split { depth } => {
                let mut parts = vec![zip!()];
                for _ in 0..depth % 4 {
                    parts = parts.into_iter().flat_map(|zip| <[_; 2]>::from(zip.split())).collect();
                }
                for part in parts {
                    let size = part.size() + visits.calls;
                    part.for_each(|at, a, one, other, b| {
                        visits.note(&[number(at)]);
                        visit(at, a, one, other, b);
                    });
                    assert_eq!(visits.calls, size);
                }
            }
            Op::Outside { dk, dl } => {
                let (dk, dl) = (isize::from(dk), isize::from(dl));
                let (k, l) = (dk + (K / 2) as isize, dl + (L / 2) as isize);
                if let Some((_, _, one, _, _)) = zip!().into_iter().last()
                    && !((0..K as isize).contains(&k) && (0..L as isize).contains(&l))
                {
                    assert!(panic_message(|| one.at(dk, dl).id()).contains("has no cell"));
                    if k >= 0 && l >= 0 {
                        assert!(panic_message(|| one[[k as usize, l as usize]].id()).contains("outside"));
                    }
                }
                return;
            }
        }

        // The same, cell by cell, over the visited cells.
        let mut order_of_visits = visits.ids.clone();
        if in_order {
            let views = [0, 1].map(|slot| layouts[slot].view(&self.shape, &theirs[slot]));
            let row_major = rows == 0 || cols == 0 || self.is_row_major(&views[0], &views[1]);
            let expected: Vec<usize> = if row_major {
                (0..rows * cols).collect()
            } else {
                (0..cols).flat_map(|j| (0..rows).map(move |i| i * cols + j)).collect()
            };
            assert!(visits.ids.iter().eq(expected.iter().take(visits.ids.len())), "in ndarray's order");
        }
        let mut expected_result = 0;
        {
            let [out, last] = &mut theirs;
            let mut out = layouts[0].view_mut(&self.shape, out);
            let mut last = layouts[1].view_mut(&self.shape, last);
            for &cell in &order_of_visits {
                let at = (cell / cols, cell % cols);
                let new = value(at, &out[at], &last[at]);
                (out[at], last[at]) = (T::new(new), T::new(new + 1));
                expected_result = expected_result * 7 % 1_000_003 + new;
            }
        }
        if matches!(op, Op::SimdFold | Op::FoldWhile { .. }) {
            assert_eq!(result, expected_result);
        }
        assert_eq!(ours, theirs, "{op:?}");
        order_of_visits.sort_unstable();
        let distinct = order_of_visits.windows(2).all(|pair| pair[0] != pair[1]);
        assert!(distinct, "no cell twice");
        let all = match *op {
            Op::ForEach { panic_at } => panic_at.map_or(rows * cols, usize::from).min(rows * cols),
            Op::FoldWhile { until } => (usize::from(until) + 1).min(rows * cols),
            Op::Iter { .. } => order_of_visits.len(),
            _ => rows * cols,
        };
        assert_eq!(order_of_visits.len(), all, "every cell");
    }
}

fn case<T: Elem, const K: usize, const L: usize>(input: &Input) {
    let shape = [usize::from(input.rows % 11), usize::from(input.cols % 12)];
    let layout = |bytes: &LayoutBytes| {
        if input.any_columns { bytes.layout(2, true) } else { bytes.layout_with_unit_columns() }
    };
    let layouts = [layout(&input.layouts[0]), layout(&input.layouts[1])];
    let stored: [Array2<T>; 2] = layouts.clone().map(|layout| layout.stored(&shape, |cell| T::new(1000 + cell)));
    let [one, other] = [0, 1].map(|slot| layouts[slot].view(&shape, &stored[slot]));
    let windows_in = |len: usize, window: usize| (len + 1).saturating_sub(window);
    let windows = [windows_in(shape[0], K), windows_in(shape[1], L)];
    let has_windows = windows[0] > 0 && windows[1] > 0;

    let mut refused = false;
    for view in [&one, &other] {
        match view.try_array_windows::<K, L>() {
            Ok(made) => {
                assert!(!has_windows || shape[1] == 1 || view.strides()[1] == 1);
                assert_eq!((made.dim(), made.len()), ((windows[0], windows[1]), windows[0] * windows[1]));
                assert_eq!(made.is_empty(), !has_windows);
            }
            Err(error) => {
                assert!(has_windows && shape[1] != 1 && view.strides()[1] != 1);
                assert_eq!(error.stride(), view.strides()[1]);
                assert_eq!(panic_message(|| view.array_windows::<K, L>().len()), error.to_string());
                refused = true;
            }
        }
        interior::<T, K, L>(view, windows);
    }
    if refused {
        return;
    }
    let case = Case::<T, K, L> { input, one, other, shape: windows };
    for op in input.ops.iter().take(2) {
        case.run(op);
    }
}

/// The interior consists of the centres.
fn interior<T: Elem, const K: usize, const L: usize>(view: &ArrayView2<'_, T>, windows: [usize; 2]) {
    let interior = view.interior::<K, L>();
    let has_windows = windows[0] > 0 && windows[1] > 0;
    assert_eq!(interior.shape(), windows);
    for ((i, j), cell) in interior.indexed_iter() {
        assert!(std::ptr::eq(cell, &view[[i + K / 2, j + L / 2]]));
    }
    if has_windows && (view.ncols() == 1 || view.strides()[1] == 1) {
        Zip::from(view.array_windows::<K, L>()).and(interior).for_each(|window, cell| {
            assert!(std::ptr::eq(window.center(), cell));
        });
    }
    let mut numbers = Array2::from_shape_fn(view.dim(), |(i, j)| i * 100 + j);
    let expected: Vec<usize> =
        (0..windows[0]).flat_map(|i| (0..windows[1]).map(move |j| (i + K / 2) * 100 + j + L / 2)).collect();
    assert!(numbers.interior_mut::<K, L>().iter().eq(&expected));
}

/// Windows of `Copy` elements, and shared operands: `to_array`, skips over cells, clones.
fn copies<T: Elem + Copy, const K: usize, const L: usize>(input: &Input) {
    let shape = [usize::from(input.rows % 11), usize::from(input.cols % 12)];
    let layout = input.layouts[0].layout_with_unit_columns();
    let stored: Array2<T> = layout.stored(&shape, T::new);
    let view = layout.view::<_, Ix2>(&shape, &stored);
    let windows = view.array_windows::<K, L>();
    assert!(format!("{:?}", windows.clone()).contains(&format!("{:?}", windows.dim())));

    let mut iter = Zip::from(ndarray::indices(windows.dim())).and(windows).into_iter();
    let taken = usize::from(input.access % 16);
    if taken > 0 {
        _ = iter.nth(taken - 1);
    }
    assert!(format!("{iter:?}").contains(&iter.len().to_string()));
    assert_eq!(iter.len(), windows.len().saturating_sub(taken));
    let clone = iter.clone();
    assert!(iter.map(|(at, window)| (at, window.center())).eq(clone.clone().map(|(at, window)| (at, window.center()))));
    for ((i, j), window) in clone {
        let cells = view.slice(s![i..i + K, j..j + L]);
        assert!(window.to_array().as_flattened().iter().eq(cells.iter()));
        jumps(window.clone().iter(), cells.iter().collect(), usize::from(input.access) % (K * L + 1));
    }

    // Slices of any elements.
    let cells: Vec<T> = stored.iter().copied().collect();
    assert!(Zip::from(&cells[..]).and(&cells).all(|one, other| std::ptr::eq(one, other)));
}

/// Skips over `n` cells of a window, forwards and backwards.
fn jumps<T: Elem, const K: usize, const L: usize>(iter: WindowIter<'_, T, K, L>, expected: Vec<&T>, n: usize) {
    let address = |cell: Option<&T>| cell.map(|cell| std::ptr::from_ref(cell).addr());
    let (mut forwards, mut backwards) = (iter.clone(), iter.clone());
    assert_eq!(address(forwards.nth(n)), address(expected.get(n).copied()));
    assert_eq!(address(backwards.nth_back(n)), address(expected.iter().rev().nth(n).copied()));
    assert_eq!(forwards.clone().count(), expected.len().saturating_sub(n + 1));
    assert_eq!(address(forwards.last()), address((n + 1 < expected.len()).then(|| expected[expected.len() - 1])));
    assert_eq!(format!("{iter:?}"), format!("{expected:?}"));
}

fn of_window<const K: usize, const L: usize>(input: &Input) {
    match input.element % 4 {
        0 => case::<u32, K, L>(input),
        1 => case::<Owned, K, L>(input),
        2 => case::<(), K, L>(input),
        _ if input.any_columns => copies::<(), K, L>(input),
        _ => copies::<u32, K, L>(input),
    }
}

fuzz_target!(
    init: abort_at_panics(),
    |input: Input| {
        match input.window % 9 {
            0 => of_window::<1, 1>(&input),
            1 => of_window::<1, 3>(&input),
            2 => of_window::<3, 1>(&input),
            3 => of_window::<2, 2>(&input),
            4 => of_window::<4, 2>(&input),
            5 => of_window::<5, 5>(&input),
            6 => of_window::<1, 9>(&input),
            7 => of_window::<9, 2>(&input),
            _ => of_window::<3, 3>(&input),
        }
    }
);
