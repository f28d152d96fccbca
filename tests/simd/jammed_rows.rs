//! Unroll-and-jam: how many rows one kernel call computes, and in which order it visits their
//! cells. The tests place their arrays at known addresses, because addresses decide the number of
//! rows.

use super::*;

/// The number of cells in 4096 bytes.
const PAGE: usize = 1024;

/// The number of cells in a cache line.
const LINE: usize = 16;

/// The number of columns of a walk: whole vectors at every level. The cells after them, of two
/// jammed rows, are visited row by row.
pub(super) const COLS: usize = 16;

/// An array of rows `stride` cells apart, whose first cell is `start` cells after a multiple of
/// 4096 bytes.
pub(super) fn placed(
    memory: &mut Vec<f32>,
    rows: usize,
    cols: usize,
    stride: usize,
    start: usize,
) -> ArrayViewMut2<'_, f32> {
    *memory = vec![0.0; 2 * PAGE + start + rows * stride + cols];
    let behind = memory.as_ptr().addr() / size_of::<f32>() % PAGE;
    ArrayViewMut2::from_shape((rows, cols).strides((stride, 1)), &mut memory[PAGE - behind + start..]).unwrap()
}

/// The starts of the input and the output of a walk, relative to a multiple of 4096 bytes, and
/// their row strides.
#[derive(Clone, Copy, Debug)]
struct Place {
    stride: usize,
    input: usize,
    output: usize,
}

/// The number of rows in each block of a walk. Fails unless each block is visited column by
/// column, and each column from top to bottom.
fn blocks(visits: &[(usize, usize)], (rows, cols): (usize, usize)) -> Vec<usize> {
    assert!(cols > 1, "blocks are only visible with several columns");
    let (mut blocks, mut row, mut rest) = (Vec::new(), 0, visits);
    while !rest.is_empty() {
        let side = rest.iter().take_while(|&&(_, col)| col == 0).count();
        let block: Vec<_> = (0..cols).flat_map(|col| (row..row + side).map(move |row| (row, col))).collect();
        assert!(side > 0 && rest.starts_with(&block), "rows {row}.. of {visits:?}");
        (row, rest) = (row + side, &rest[block.len()..]);
        blocks.push(side);
    }
    assert_eq!(row, rows);
    blocks
}

/// The blocks of `rows` rows: `most` at a time, then the remainder by two and one.
fn blocks_of(rows: usize, most: usize) -> Vec<usize> {
    let mut blocks = Vec::new();
    while blocks.iter().sum::<usize>() < rows {
        let left = rows - blocks.iter().sum::<usize>();
        blocks.push([4, 2, 1].into_iter().find(|&side| side <= left && side <= most).unwrap());
    }
    blocks
}

/// The orders in which the windows of a placed array are visited, with a placed output: by
/// `simd_azip!` without captures, with one, `unordered` and `ordered`, and by `for_each`.
fn orders<const K: usize, const L: usize>(rows: usize, place: Place) -> [Vec<(usize, usize)>; 5] {
    let (mut input, mut output) = (Vec::new(), Vec::new());
    let input = placed(&mut input, rows + K - 1, COLS + L - 1, place.stride, place.input);
    let mut output = placed(&mut output, rows, COLS, place.stride, place.output);
    let without_captures = recorded(|| {
        simd_azip!((index at, out in &mut output, w in input.array_windows::<K, L>()) {
            *out += 1.0 + w.center();
            record(at);
        });
    });
    let one = 1.0;
    let with_captures = recorded(|| {
        simd_azip!((index at, out in &mut output, w in input.array_windows::<K, L>()) {
            *out += one + w.center();
            record(at);
        });
    });
    let any_order = RefCell::new(Vec::new());
    simd_azip!(unordered (index at, out in &mut output, w in input.array_windows::<K, L>()) {
        *out += 1.0 + w.center();
        any_order.borrow_mut().push(at);
    });
    let mut ordered = Vec::new();
    simd_azip!(ordered (index at, out in &mut output, w in input.array_windows::<K, L>()) {
        *out += 1.0 + w.center();
        ordered.push(at);
    });
    let mut in_order = Vec::new();
    Zip::indexed(&mut output).and(input.array_windows::<K, L>()).for_each(|at, out, w| {
        *out += 1.0 + w.center();
        in_order.push(at);
    });
    assert!(output.iter().all(|&visits| visits == 5.0), "each cell once per walk");
    [without_captures, with_captures, any_order.into_inner(), ordered, in_order]
}

fn check<const K: usize, const L: usize>(place: Place, most: usize) {
    at_every_level(|level| {
        // Under Miri: none, and four, two and one together.
        for rows in (0..=or_under_miri(13, 7)).step_by(or_under_miri(1, 7)) {
            let [without_captures, with_captures, any_order, ordered, in_order] = orders::<K, L>(rows, place);
            let message = format!("{rows} rows of {K}×{L} windows, {place:?}, at {level}");
            assert_eq!(blocks(&without_captures, (rows, COLS)), blocks_of(rows, most), "{message}");
            assert_eq!(with_captures, without_captures, "{message}");
            assert_eq!(any_order, without_captures, "{message}");
            assert_eq!(in_order, row_by_row((rows, COLS)), "{message}");
            assert_eq!(ordered, in_order, "{message}");
        }
    });
}

/// Windows of one row share no cells, so bodies beside them may change variables.
#[test]
fn windows_of_one_row_are_visited_in_order() {
    let input = Array3::from_shape_fn((3, 4, 6), |(h, i, j)| 100 * h + 10 * i + j);
    at_every_level(|level| {
        let mut visits = Vec::new();
        simd_azip!((index at, _ in input.array_windows::<1, 3>()) visits.push(at));
        assert!(visits.into_iter().eq(ndarray::indices((3, 4, 4))), "at {level}");
        let mut visits = Vec::new();
        simd_azip!((index at, _ in input.array_windows_3d::<2, 1, 3>()) visits.push(at));
        assert!(visits.into_iter().eq(ndarray::indices((2, 4, 4))), "at {level}");
    });
}

#[test]
fn four_rows_are_jammed_without_set_conflicts() {
    let apart = Place { stride: 100, input: 0, output: 50 };
    check::<3, 3>(apart, 4);
    check::<2, 1>(apart, 4);
    check::<7, 2>(apart, 4);
}

#[test]
fn fewer_rows_are_jammed_at_strides_that_are_multiples_of_4096_bytes() {
    let conflicting = Place { stride: PAGE, input: 0, output: 0 };
    check::<2, 3>(Place { output: 8 * LINE, ..conflicting }, 4);
    check::<3, 3>(conflicting, 2);
    if cfg!(miri) {
        return;
    }
    check::<5, 5>(conflicting, 2);
    check::<6, 1>(conflicting, 1);
    check::<7, 2>(Place { stride: 3 * PAGE, ..conflicting }, 1);
}

#[test]
fn set_conflicts_count_across_the_end_of_a_page() {
    let input_in_set = |set| Place { stride: PAGE, input: set * LINE, output: 0 };
    check::<3, 3>(input_in_set(63), 2);
    if cfg!(miri) {
        return;
    }
    check::<3, 3>(input_in_set(62), 2);
    check::<3, 3>(input_in_set(61), 4);
    check::<3, 3>(input_in_set(2), 2);
    check::<3, 3>(input_in_set(3), 4);
}

#[test]
fn rows_that_share_no_cells_are_not_jammed() {
    let apart = Place { stride: 100, input: 0, output: 50 };
    check::<1, 1>(apart, 1);
    check::<1, 5>(apart, 1);
    at_every_level(|level| {
        let mut memory = Vec::new();
        let mut a = placed(&mut memory, 9, COLS, 100, 0);
        let visits = recorded(|| simd_azip!((index at, a in &mut a) { *a = 1.0; record(at) }));
        assert_eq!(visits, row_by_row((9, COLS)), "at {level}");
        assert_eq!(a.sum(), 144.0, "at {level}");
    });
}

#[test]
fn reversed_rows_and_repeated_rows_are_jammed() {
    at_every_level(|level| {
        let (mut memory, mut output) = (Vec::new(), Vec::new());
        let mut output = placed(&mut output, 11, COLS, 100, 50);
        let mut input = placed(&mut memory, 13, COLS + 2, 100, 0);
        input.iter_mut().zip(0..).for_each(|(cell, k)| *cell = single(k));
        let upside_down = input.slice(s![..;-1, ..]);
        let one_row = input.slice(s![4, ..]);
        let one_row = one_row.broadcast((13, COLS + 2)).unwrap();
        for input in [upside_down, one_row] {
            let visits = recorded(|| {
                simd_azip!((index at, out in &mut output, w in input.array_windows::<3, 3>()) {
                    *out = w.at(-1, -1) * 3.0 + w.at(0, 1) * 5.0 - w.at(1, 0);
                    record(at);
                });
            });
            assert_eq!(blocks(&visits, (11, COLS)), [4, 4, 2, 1], "at {level}");
            for (i, j) in row_by_row((11, COLS)) {
                let expected = input[[i, j]] * 3.0 + input[[i + 1, j + 2]] * 5.0 - input[[i + 2, j + 1]];
                assert_eq!(output[[i, j]].to_bits(), expected.to_bits(), "({i}, {j}) at {level}");
            }
        }
    });
}

#[test]
fn functions_and_pointers_to_them_are_bodies() {
    fn visit((i, j): (usize, usize), out: &mut f32, w: Window<'_, f32, 3, 3>) {
        *out += 1.0 + w.center();
        record((i, j));
    }
    type Visit = fn((usize, usize), &mut f32, Window<'_, f32, 3, 3>);
    at_every_level(|level| {
        let (mut input, mut output) = (Vec::new(), Vec::new());
        let input = placed(&mut input, 13, COLS + 2, 100, 0);
        let mut output = placed(&mut output, 11, COLS, 100, 50);
        let by_function = recorded(|| {
            Zip::indexed(&mut output).and(input.array_windows::<3, 3>()).simd_for_each(visit);
        });
        assert_eq!(blocks(&by_function, (11, COLS)), [4, 4, 2, 1], "at {level}");
        let by_pointer = recorded(|| {
            Zip::indexed(&mut output).and(input.array_windows::<3, 3>()).simd_for_each(visit as Visit);
        });
        assert_eq!(by_pointer, by_function, "at {level}");
        let ordered = recorded(|| {
            Zip::indexed(&mut output).and(input.array_windows::<3, 3>()).simd_for_each_ordered(visit);
        });
        assert_eq!(ordered, row_by_row((11, COLS)), "at {level}");
        assert!(output.iter().all(|&visits| visits == 3.0));
    });
}

#[test]
fn column_major_operands_have_their_order_and_windows_that_lose_the_vote_go_with_it() {
    let mut columns = Array2::<u32>::zeros((9, 7).f());
    let more = Array2::<u32>::zeros((9, 7).f());
    let input = Array2::<u32>::zeros((11, 9));
    let column_by_column: Vec<_> = (0..7).flat_map(|j| (0..9).map(move |i| (i, j))).collect();
    at_every_level(|level| {
        let visits = recorded(|| {
            simd_azip!((index at, a in &mut columns, &b in &more, w in input.array_windows::<3, 3>()) {
                *a = b + w.center();
                record(at);
            });
        });
        assert_eq!(visits, column_by_column, "at {level}");
        let mut visits = Vec::new();
        simd_azip!(ordered (index at, a in &mut columns, &b in &more, w in input.array_windows::<3, 3>()) {
            *a = b + w.center();
            visits.push(at);
        });
        assert_eq!(visits, column_by_column, "at {level}");
        let visits = recorded(|| simd_azip!((index at, a in &mut columns, &b in &more) { *a = b; record(at) }));
        assert_eq!(visits, column_by_column, "at {level}");
    });
}

#[test]
fn a_column_of_windows_is_walked_from_top_to_bottom() {
    let input = counted_from((12, 3), 1);
    let narrow = counted_from((12, 1), 1);
    at_every_level(|level| {
        let mut out = Array2::zeros((10, 1));
        let visits = recorded(|| {
            simd_azip!((index at, out in &mut out, w in input.array_windows::<3, 3>()) {
                *out = w.iter().sum::<u32>();
                record(at);
            });
        });
        assert_eq!(visits, row_by_row((10, 1)), "at {level}");
        let expected = Array2::from_shape_fn((10, 1), |(i, _)| input.slice(s![i..i + 3, ..]).sum());
        assert_eq!(out, expected, "at {level}");
        // Here the rows themselves are contiguous.
        simd_azip!((out in &mut out, w in narrow.array_windows::<3, 1>()) *out = w[[0, 0]] * 100 + w[[2, 0]]);
        let expected = Array2::from_shape_fn((10, 1), |(i, _)| narrow[[i, 0]] * 100 + narrow[[i + 2, 0]]);
        assert_eq!(out, expected, "at {level}");
    });
}
