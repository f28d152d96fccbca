//! Bodies that could notice that several rows are computed together: they write to cells that later
//! visits read, panic, keep their items, or start another walk.

use super::jammed_rows::{COLS, placed};
use super::*;

#[test]
fn rows_of_an_input_may_overlap() {
    // Row i of the input is the cells of a line from i on, so both strides are 1.
    let line: Vec<u32> = (0..40).collect();
    let input = ArrayView2::from_shape((14, 9).strides((1, 1)), &line).unwrap();
    let (row_major, column_major) = (Array2::<u32>::zeros((12, 7)), Array2::<u32>::zeros((12, 7).f()));
    at_every_level(|level| {
        for (mut out, more) in [(row_major.clone(), &row_major), (column_major.clone(), &column_major)] {
            simd_azip!((out in &mut out, w in input.array_windows::<3, 3>(), &more in more) {
                *out = w[[0, 0]] * 10_000 + w[[1, 2]] * 100 + w[[2, 1]] + more;
            });
            for ((i, j), &cell) in out.indexed_iter() {
                let n = u32::try_from(i + j).unwrap();
                assert_eq!(cell, n * 10_000 + (n + 3) * 100 + n + 3, "({i}, {j}) at {level}");
            }
        }
    });
}

/// A body that reads windows of cells and writes to their centre. The corners make its result
/// differ between row order and jammed rows.
fn in_place(w: Window<'_, Cell<u32>, 3, 3>) {
    let around = w.at(-1, 1).get() + 3 * w.at(1, -1).get() + 5 * w.at(0, -1).get() + 7 * w.at(-1, 0).get();
    w.center().set(around % 1009);
}

#[test]
fn windows_over_cells_show_the_writes_of_earlier_visits() {
    let start = counted_from((13, 9), 1);
    // The same writes one by one, in the order of visits.
    let replayed = |visits: &[(usize, usize)]| {
        let mut a = start.clone();
        for &(i, j) in visits {
            a[[i + 1, j + 1]] = (a[[i, j + 2]] + 3 * a[[i + 2, j]] + 5 * a[[i + 1, j]] + 7 * a[[i, j + 1]]) % 1009;
        }
        a
    };
    let expected = replayed(&row_by_row((11, 7)));
    at_every_level(|level| {
        let cells = start.mapv(Cell::new);
        simd_azip!((w in cells.array_windows::<3, 3>()) in_place(w));
        assert_eq!(cells.mapv(Cell::into_inner), expected, "without captures at {level}");

        // In any order, on request.
        let cells = start.mapv(Cell::new);
        let visits = recorded(|| {
            simd_azip!(unordered (index at, w in cells.array_windows::<3, 3>()) {
                in_place(w);
                record(at);
            });
        });
        assert_eq!(cells.mapv(Cell::into_inner), replayed(&visits), "in any order at {level}");

        let cells = start.mapv(Cell::new);
        let mut visits = 0;
        simd_azip!(ordered (w in cells.array_windows::<3, 3>()) {
            in_place(w);
            visits += 1;
        });
        assert_eq!(cells.mapv(Cell::into_inner), expected, "with captures at {level}");
        assert_eq!(visits, 77);

        let cells = start.mapv(Cell::new);
        Zip::from(cells.array_windows::<3, 3>()).simd_fold((), |(), w| in_place(w));
        assert_eq!(cells.mapv(Cell::into_inner), expected, "folded at {level}");
    });
}

#[test]
fn a_running_sum_in_a_cell_that_an_operand_leads_to_is_that_of_azip() {
    let numbers = Array2::from_shape_fn((13, 9), |(i, j)| 1.0 / f32::from(u8::try_from(1 + i * 9 + j).unwrap()));
    let sum_of = |walk: fn(&Array2<f32>, &mut Array2<&Cell<f32>>)| {
        let sum = Cell::new(0.0);
        walk(&numbers, &mut Array2::from_elem((11, 7), &sum));
        sum.get().to_bits()
    };
    let expected = sum_of(|numbers, sums| {
        azip!((w in numbers.array_windows::<3, 3>(), sum in &*sums) sum.set(sum.get() + w.center()));
    });
    at_every_level(|level| {
        let shared = sum_of(|numbers, sums| {
            simd_azip!((w in numbers.array_windows::<3, 3>(), sum in &*sums) sum.set(sum.get() + w.center()));
        });
        let mutable = sum_of(|numbers, sums| {
            simd_azip!((w in numbers.array_windows::<3, 3>(), sum in sums) sum.set(sum.get() + w.center()));
        });
        assert_eq!((shared, mutable), (expected, expected), "at {level}");
    });
}

#[test]
fn a_panic_inside_a_block_ends_the_walk_and_the_arrays_stay_usable() {
    at_every_level(|level| {
        let usual = &[0, 1, 2, 3, 4, 5, 10, 63, 64, 65, 127, 128, 150, 175][..];
        for &n in or_under_miri(usual, &[5, 150]) {
            let (mut input, mut output) = (Vec::new(), Vec::new());
            let input = placed(&mut input, 13, COLS + 2, 100, 0);
            let mut output = placed(&mut output, 11, COLS, 100, 50);
            let stop = || {
                stopped(|| {
                    simd_azip!((index at, out in &mut output, w in input.array_windows::<3, 3>()) {
                        *out += 1.0 + w.center();
                        record(at);
                        assert!(VISITS.with_borrow(|visits| visits.len() <= STOP.get()), "stop");
                    });
                })
            };
            STOP.set(n);
            let visits = recorded(stop);
            assert_eq!(visits.len(), n + 1, "at {level}");
            for at in row_by_row((11, COLS)) {
                assert_eq!(output[at], f32::from(u8::from(visits.contains(&at))), "{at:?} after {n} at {level}");
            }
            STOP.set(usize::MAX);
            let more = recorded(|| {
                simd_azip!((index at, out in &mut output, w in input.array_windows::<3, 3>()) {
                    *out += 1.0 + w.center();
                    record(at);
                });
            });
            assert_eq!(more[..=n], visits, "at {level}");
            assert_eq!(output.sum(), 176.0 + f32::from(u8::try_from(n).unwrap()) + 1.0, "at {level}");
        }
    });
}

thread_local! {
    /// The visit that panics.
    static STOP: Cell<usize> = const { Cell::new(usize::MAX) };
}

#[test]
fn items_of_jammed_rows_are_distinct_and_may_be_kept() {
    at_every_level(|level| {
        let (mut input, mut output) = (Vec::new(), Vec::new());
        let mut input = placed(&mut input, 13, COLS + 2, 100, 0);
        input.iter_mut().zip(0_u8..).for_each(|(cell, k)| *cell = f32::from(k));
        let mut output = placed(&mut output, 11, COLS, 100, 50);
        let mut second = Array2::from_elem((11, COLS), 0.0);
        let kept = RefCell::new(Vec::new());
        simd_azip!(unordered (
            index at,
            out in &mut output,
            second in &mut second,
            w in input.array_windows::<3, 3>(),
        ) kept.borrow_mut().push((at, out, second, w)));
        let mut kept = kept.into_inner();
        let visits: Vec<_> = kept.iter().map(|&(at, ..)| at).collect();
        assert_ne!(visits, row_by_row((11, COLS)), "rows are jammed");
        // All of them are exclusive and live at the same time.
        kept.iter_mut().rev().for_each(|(_, out, second, w)| {
            std::mem::swap(*out, *second);
            **out += 1.0 + w.center();
        });
        kept.iter_mut().for_each(|(_, out, second, _)| **second += **out);
        kept.sort_by_key(|&(at, ..)| at);
        assert!(kept.iter().map(|&(at, ..)| at).eq(row_by_row((11, COLS))), "at {level}");
        drop(kept);
        for (i, j) in row_by_row((11, COLS)) {
            assert_eq!(output[[i, j]], 1.0 + input[[i + 1, j + 1]], "at {level}");
            assert_eq!(second[[i, j]], 1.0 + input[[i + 1, j + 1]], "at {level}");
        }
    });
}

#[test]
fn a_body_may_walk_the_same_windows_and_other_outputs() {
    let (rows, cols) = or_under_miri((7, 5), (5, 2));
    let input = counted_from((rows + 2, cols + 2), 1);
    at_every_level(|level| {
        let mut out = Array2::zeros((rows, cols));
        simd_azip!(unordered (index (i, j), out in &mut out, w in input.array_windows::<3, 3>()) {
            let mut inner = Array2::zeros((rows, cols));
            simd_azip!((inner in &mut inner, v in input.array_windows::<3, 3>(), &x in input.interior::<3, 3>()) {
                *inner = v.at(-1, 0) + 2 * v.at(1, 0) + x;
            });
            *out = w.center() * 1000 + inner[[i, j]] + Zip::from(&inner).simd_fold(0, |sum, x| sum + x);
        });
        let inner = |(i, j): (usize, usize)| input[[i, j + 1]] + 2 * input[[i + 2, j + 1]] + input[[i + 1, j + 1]];
        let sum: u32 = row_by_row((rows, cols)).into_iter().map(inner).sum();
        let expected = Array2::from_shape_fn((rows, cols), |(i, j)| input[[i + 1, j + 1]] * 1000 + inner((i, j)) + sum);
        assert_eq!(out, expected, "at {level}");
    });
}

#[test]
fn halves_of_a_split_walk_like_wholes() {
    let input = counted_from((13, 8), 1);
    at_every_level(|level| {
        let mut out = Array2::<u32>::zeros((11, 6));
        let (top, bottom) = Zip::from(&mut out).and(input.array_windows::<3, 3>()).split();
        for half in [bottom, top] {
            half.simd_for_each(|out, w| *out += w.at(-1, 1) + 10 * w.at(1, -1));
        }
        let expected = Array2::from_shape_fn((11, 6), |(i, j)| input[[i, j + 2]] + 10 * input[[i + 2, j]]);
        assert_eq!(out, expected, "at {level}");
    });
}
