//! Windows of many sizes next to other operands: all macros and methods write the same bits, and
//! windows give the cells that they cover.

use super::any_layout::contiguous_layouts;
use super::*;

/// The tests of one size of windows.
macro_rules! for_windows_of {
    ($($(#[$attribute:meta])* $size:ident $k:literal $l:literal;)+) => {$(
        mod $size {
            use super::*;

            #[test]
            $(#[$attribute])*
            fn all_forms_write_the_same_bits() {
                for_all(cases($k, $l, 70), super::all_forms_write_the_same_bits::<$k, $l>);
            }

            #[test]
            $(#[$attribute])*
            fn windows_give_the_cells_that_they_cover() {
                for_all(cases($k, $l, 9), super::windows_give_the_cells_that_they_cover::<$k, $l>);
            }

            #[test]
            $(#[$attribute])*
            fn captures_and_folds_keep_the_order() {
                for_all(cases($k, $l, 70), super::captures_and_folds_keep_the_order::<$k, $l>);
            }
        }
    )+};
}

for_windows_of! {
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_1_by_1 1 1;
    windows_1_by_5 1 5;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_4_by_1 4 1;
    windows_2_by_3 2 3;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_3_by_3 3 3;
    #[cfg_attr(miri, ignore = "the code is that of the other sizes")]
    windows_5_by_5 5 5;
}

/// A number of windows, and the layouts of their input, of two outputs and of another input.
#[derive(Clone, Debug)]
struct Case {
    rows: usize,
    cols: usize,
    input_shape: [usize; 2],
    input: Layout,
    outputs: [Layout; 2],
    element: Layout,
}

fn cases(k: usize, l: usize, most_cols: usize) -> impl Strategy<Value = Case> + Clone {
    let (rows, cols) = (or_under_miri(0, 1)..=or_under_miri(13, 4_usize), 0..=or_under_miri(most_cols, 3));
    let stretched = AxisLayout { stretched: true, ..AxisLayout::whole() };
    let inverted = AxisLayout { inverted: true, ..AxisLayout::whole() };
    let input = (
        prop_oneof![2 => axis_layouts(true), 1 => Just(inverted), 1 => Just(stretched)],
        (0..3_usize, 0..3_usize).prop_map(|(before, after)| AxisLayout { before, after, ..AxisLayout::whole() }),
    )
        .prop_map(|(rows, cols)| Layout { axes: vec![rows, cols], ..Layout::contiguous(2, false) });
    let others = prop_oneof![
        4 => (
            contiguous_layouts(2, false, false),
            contiguous_layouts(2, false, false),
            contiguous_layouts(2, true, false),
        ),
        1 => (layouts(2, false), layouts(2, false), layouts(2, true)),
    ];
    (rows, cols, input, others).prop_map(move |(rows, cols, input, (first, second, element))| Case {
        rows,
        cols,
        input_shape: [rows + k - 1, cols + l - 1],
        input,
        outputs: [first, second],
        element,
    })
}

impl Case {
    fn shape(&self) -> [usize; 2] {
        [self.rows, self.cols]
    }

    fn output<T>(&self, number: usize, value: impl FnMut(usize) -> T) -> Array2<T> {
        self.outputs[number].stored(&self.shape(), value)
    }

    fn output_mut<'a, T>(&self, number: usize, stored: &'a mut Array2<T>) -> ArrayViewMut2<'a, T> {
        self.outputs[number].view_mut(&self.shape(), stored)
    }
}

const WEIGHTS: [[f32; 5]; 5] = [
    [0.1, -2.0, 3.0e-3, 0.7, 1.5],
    [1.1, 0.0, -5.0, 1.0e-4, 0.9],
    [-0.3, 8.0, 0.6, -1.0, 2.2],
    [1.0e3, 0.4, -0.2, 5.5, -7.0],
    [0.8, -1.6, 3.2, -6.4, 12.8],
];

/// The weighted sum of a window's cells, added row by row.
#[inline(always)]
fn weighted<const K: usize, const L: usize>(w: Window<'_, f32, K, L>) -> f32 {
    let mut sum = -0.0;
    for (row, weights) in w.rows().iter().zip(&WEIGHTS) {
        for (cell, weight) in row.iter().zip(weights) {
            sum += cell * weight;
        }
    }
    sum
}

/// `weighted` of the window whose first cell is `(i, j)`, computed with indices.
fn weighted_at<const K: usize, const L: usize>(input: &ArrayView2<'_, f32>, (i, j): (usize, usize)) -> f32 {
    row_by_row((K, L)).into_iter().fold(-0.0, |sum, (k, l)| sum + input[[i + k, j + l]] * WEIGHTS[k][l])
}

fn all_forms_write_the_same_bits<const K: usize, const L: usize>(case: Case) -> TestCaseResult {
    let input = case.input.stored(&case.input_shape, single);
    let input = case.input.view(&case.input_shape, &input);
    let element = case.element.stored(&case.shape(), |k| single(5000 + k));
    let element = case.element.view(&case.shape(), &element);
    let stored = || (case.output(0, |k| single(300 + k)), case.output(1, |k| single(700 + k)));

    let (mut first, mut second) = stored();
    let (mut first_view, mut second_view) = (case.output_mut(0, &mut first), case.output_mut(1, &mut second));
    for (i, j) in row_by_row((case.rows, case.cols)) {
        let (first, second) = (&mut first_view[[i, j]], &mut second_view[[i, j]]);
        let w = weighted_at::<K, L>(&input, (i, j));
        (*first, *second) = (*first * 0.5 + w, *second - w * element[[i, j]] + (i * 100 + j) as f32);
    }
    let expected = (bits(&first), bits(&second));

    at_every_level(|level| {
        // Without captures, with captures that change, and with captures that do not.
        let (mut first, mut second) = stored();
        simd_azip!((
            index (i, j),
            first in case.output_mut(0, &mut first),
            w in input.array_windows::<K, L>(),
            second in case.output_mut(1, &mut second),
            &element in &element,
        ) {
            let w = weighted(w);
            (*first, *second) = (*first * 0.5 + w, *second - w * element + (i * 100 + j) as f32);
        });
        assert!((bits(&first), bits(&second)) == expected, "without captures at {level}: {first} {second}");

        let (mut first, mut second) = stored();
        let (half, mut visits) = (0.5, 0);
        simd_azip!(ordered (
            index (i, j),
            w in input.array_windows::<K, L>(),
            first in case.output_mut(0, &mut first),
            &element in &element,
            second in case.output_mut(1, &mut second),
        ) {
            visits += 1;
            let w = weighted(w);
            (*first, *second) = (*first * half + w, *second - w * element + (i * 100 + j) as f32);
        });
        assert!((bits(&first), bits(&second)) == expected, "ordered at {level}: {first} {second}");
        assert_eq!(visits, case.rows * case.cols);

        let (mut first, mut second) = stored();
        simd_azip!((
            index (i, j),
            first in case.output_mut(0, &mut first),
            second in case.output_mut(1, &mut second),
            &element in &element,
            w in input.array_windows::<K, L>(),
        ) {
            let w = weighted(w);
            (*first, *second) = (*first * half + w, *second - w * element + (i * 100 + j) as f32);
        });
        assert!((bits(&first), bits(&second)) == expected, "with captures at {level}: {first} {second}");
    });
    Ok(())
}

fn windows_give_the_cells_that_they_cover<const K: usize, const L: usize>(case: Case) -> TestCaseResult {
    let input = case.input.stored(&case.input_shape, |k| k);
    let input = case.input.view(&case.input_shape, &input);
    let same = |one: &usize, other: &usize| std::ptr::eq(one, other);
    at_every_level(|level| {
        let mut output = case.output(0, |_| 0);
        let kept = RefCell::new(Vec::new());
        simd_azip!(unordered (index at, output in case.output_mut(0, &mut output), w in input.array_windows::<K, L>()) {
            *output += 1;
            kept.borrow_mut().push((at, w));
        });
        assert_eq!(output.sum(), case.rows * case.cols, "at {level}");
        assert!(output.iter().all(|&visits| visits <= 1), "at {level}");

        // Used after the walk: windows of lower rows are reached from the cells of the first.
        for ((i, j), w) in kept.into_inner() {
            let copy = w;
            for (k, l) in row_by_row((K, L)) {
                let cell = &input[[i + k, j + l]];
                let (dk, dl) = (k.cast_signed() - (K / 2).cast_signed(), l.cast_signed() - (L / 2).cast_signed());
                assert!(same(&copy[[k, l]], cell) && same(&copy.rows()[k][l], cell), "({i}, {j}) at {level}");
                assert!(same(copy.at(dk, dl), cell) && same(&copy.view()[[k, l]], cell), "({i}, {j}) at {level}");
                assert!(same(copy.iter().nth(k * L + l).unwrap(), cell), "({i}, {j}) at {level}");
                assert_eq!(copy.to_array()[k][l], *cell, "({i}, {j}) at {level}");
            }
            assert!(same(copy.center(), &input[[i + K / 2, j + L / 2]]), "({i}, {j}) at {level}");
            assert_eq!(copy.view(), input.slice(s![i..i + K, j..j + L]));
        }
    });
    Ok(())
}

fn captures_and_folds_keep_the_order<const K: usize, const L: usize>(case: Case) -> TestCaseResult {
    let input = case.input.stored(&case.input_shape, single);
    let input = case.input.view(&case.input_shape, &input);
    let element = case.element.stored(&case.shape(), |k| single(5000 + k));
    let element = case.element.view(&case.shape(), &element);
    let (mut first, mut second) = (case.output(0, |_| ()), case.output(1, |_| ()));

    let mut order = Vec::new();
    Zip::indexed(input.array_windows::<K, L>())
        .and(&element)
        .and(case.output_mut(0, &mut first))
        .and(case.output_mut(1, &mut second))
        .for_each(|at, _, _, (), ()| order.push(at));
    let folds = || Zip::from(input.array_windows::<K, L>()).and(&element);
    let sum = folds().fold(-0.0, |sum, w, element| sum + weighted(w) * element);

    at_every_level(|level| {
        let mut visits = Vec::new();
        simd_azip!(ordered (
            index at,
            _ in input.array_windows::<K, L>(),
            _ in &element,
            _ in case.output_mut(0, &mut first),
            _ in case.output_mut(1, &mut second),
        ) visits.push(at));
        assert_eq!(visits, order, "at {level}");
        let visits = Zip::indexed(input.array_windows::<K, L>())
            .and(&element)
            .and(case.output_mut(0, &mut first))
            .and(case.output_mut(1, &mut second))
            .simd_fold(Vec::new(), |mut visits, at, _, _, (), ()| {
                visits.push(at);
                visits
            });
        assert_eq!(visits, order, "folded at {level}");
        let folded = folds().simd_fold(-0.0, |sum, w, element| sum + weighted(w) * element);
        assert_eq!(folded.to_bits(), f32::to_bits(sum), "at {level}");
    });
    Ok(())
}

#[test]
fn elements_may_be_bytes_or_zero_sized_or_own_memory() {
    let (rows, cols) = if cfg!(miri) { (7, 3) } else { (11, 40) };
    let bytes = Array2::from_shape_fn((rows + 2, cols + 2), |(i, j)| (i * 31 + j * 7).to_le_bytes()[0]);
    let texts = bytes.mapv(|byte| byte.to_string());
    let nothing = bytes.mapv(|_| ());
    at_every_level(|level| {
        let mut erosion = bytes.clone();
        simd_azip!((cell in erosion.interior_mut::<3, 3>(), w in bytes.array_windows::<3, 3>()) {
            *cell = w.iter().copied().min().unwrap();
        });
        let mut joined = texts.clone();
        simd_azip!((cell in joined.interior_mut::<3, 3>(), w in texts.array_windows::<3, 3>()) {
            *cell += w.at(1, -1);
        });
        let mut visits = 0;
        simd_azip!(ordered (_ in nothing.array_windows::<3, 3>(), &() in nothing.interior::<3, 3>()) visits += 1);
        assert_eq!(visits, rows * cols);
        let visits = recorded(|| {
            simd_azip!((index at, w in nothing.array_windows::<3, 3>()) {
                assert_eq!(w.to_array(), [[(); 3]; 3]);
                record(at);
            });
        });
        assert_eq!(
            {
                let mut visits = visits;
                visits.sort_unstable();
                visits
            },
            row_by_row((rows, cols))
        );
        for ((i, j), &cell) in erosion.interior::<3, 3>().indexed_iter() {
            assert_eq!(Some(&cell), bytes.slice(s![i..i + 3, j..j + 3]).iter().min(), "({i}, {j}) at {level}");
            let expected = format!("{}{}", bytes[[i + 1, j + 1]], bytes[[i + 2, j]]);
            assert_eq!(joined[[i + 1, j + 1]], expected, "({i}, {j}) at {level}");
        }
    });
}
