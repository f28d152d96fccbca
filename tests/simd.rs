//! Compares `simd_azip!`, `simd_for_each`, `simd_for_each_unordered` and `simd_fold` with `azip!`
//! and ndarray, at every level of the machine: the same bits, each cell once, and the same order
//! where an order is promised. Then tests `simd` itself, and loops inside other crates' dispatch.
//!
//! The level belongs to the whole process, so tests that set it take turns. Whether rows are jammed
//! depends on the addresses of the arrays. Random arrays take any address; `rows_side_by_side`
//! places its arrays.

#[macro_use]
mod common;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use ndarray::{
    Array, Array2, ArrayView2, ArrayViewMut2, Dimension, IntoDimension, Ix0, Ix1, Ix2, Ix3, Ix4, IxDyn, ShapeBuilder, s,
};
use ndarray_lockstep::simd::{self, Level};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Window, Zip, azip, simd_azip};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use common::{AxisLayout, Counted, Layout, axis_layouts, dimensions, for_all, layouts, lengths, or_under_miri};

/// Locked by any test that changes the level.
static LEVEL: Mutex<()> = Mutex::new(());

/// Runs `test` at the level that a call of `limit` has set, while no other test runs. Lifts the
/// limit afterwards, even if the test fails.
fn alone<R>(test: impl FnOnce() -> R) -> R {
    struct Unlimited;
    impl Drop for Unlimited {
        fn drop(&mut self) {
            simd::lift_limit();
        }
    }
    let _turn = LEVEL.lock().unwrap_or_else(PoisonError::into_inner);
    let _unlimited = Unlimited;
    test()
}

/// Runs `test` at every level of the machine.
fn at_every_level(mut test: impl FnMut(Level)) {
    alone(|| {
        for level in LEVELS.into_iter().filter(|level| level.is_available()) {
            // Higher if the whole program is compiled for more.
            assert!(simd::limit(level) >= level);
            test(level);
        }
    });
}

/// Finite floats of very different magnitudes, including both zeros, so that sums depend on the
/// order and on every rounding.
fn float(k: usize) -> f64 {
    let digits = u32::try_from(k % 1009).expect("small");
    let scale = [1e-12, -1.0, 1e6, -3e-7, 0.0, -0.0, 0.1][k % 7];
    scale * f64::from(digits * digits + 1)
}

#[expect(clippy::cast_possible_truncation, reason = "rounding is what makes it another value")]
fn single(k: usize) -> f32 {
    float(k) as f32
}

fn bits<D: Dimension>(floats: &Array<f32, D>) -> Array<u32, D> {
    assert!(floats.iter().all(|cell| !cell.is_nan()), "a NaN has many bit patterns, and the tests make none");
    floats.mapv(f32::to_bits)
}

/// An array whose cells all differ.
fn counted(shape: impl ShapeBuilder<Dim = Ix2>, first: u32) -> Array2<u32> {
    let mut array = Array2::zeros(shape);
    array.iter_mut().zip(first..).for_each(|(cell, n)| *cell = n);
    array
}

/// Runs `f`, which panics with the message `"stop"`.
fn stopped(f: impl FnOnce()) {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("the closure panics");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"stop"), "the closure's own panic propagates");
}

/// All levels, the lowest first.
const LEVELS: [Level; 3] = [Level::Baseline, Level::X86V3, Level::X86V4];

thread_local! {
    /// The visits of closures without captures.
    static VISITS: RefCell<Vec<(usize, usize)>> = const { RefCell::new(Vec::new()) };
}

fn record(at: (usize, usize)) {
    VISITS.with_borrow_mut(|visits| visits.push(at));
}

/// Runs `walk` and returns the visits that it recorded.
fn recorded(walk: impl FnOnce()) -> Vec<(usize, usize)> {
    VISITS.take();
    walk();
    VISITS.take()
}

/// The indices of a shape, row by row.
fn row_by_row((rows, cols): (usize, usize)) -> Vec<(usize, usize)> {
    (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))).collect()
}

mod arrays_of_any_dimension_and_layout {
    use super::*;

    in_dimensions! {
        [
            #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
            in_0_dimensions: Ix0,
            #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
            in_1_dimension: Ix1,
            in_2_dimensions: Ix2,
            #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
            in_3_dimensions: Ix3,
            #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
            in_4_dimensions: Ix4,
            #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
            in_a_dynamic_number_of_dimensions: IxDyn,
        ]
        a_closure_with_captures_is_called_in_the_order_of_for_each
        a_closure_without_captures_writes_the_same_bits
        an_unordered_body_sees_every_cell_once
        indices_are_those_of_the_items
        folds_are_in_the_order_of_fold
        cells_that_drop_are_dropped_once
        zero_sized_cells_are_visited_as_often_as_others
    }

    /// Operands of one shape.
    #[derive(Clone, Debug)]
    struct Case {
        shape: Vec<usize>,
        mutable: Layout,
        shared: [Layout; 2],
    }

    /// Layouts whose cells are contiguous along the last axis, or along the first if
    /// `column_major`: the case that the kernels are for. The other axes have any stride.
    pub(super) fn layouts_side_by_side(
        ndim: usize,
        stretch: bool,
        column_major: bool,
    ) -> impl Strategy<Value = Layout> + Clone {
        (vec(axis_layouts(stretch), ndim), 0..3_usize, 0..3_usize).prop_map(move |(mut axes, before, after)| {
            let along = if column_major { axes.first_mut() } else { axes.last_mut() };
            if let Some(axis) = along {
                *axis = AxisLayout { before, after, ..AxisLayout::whole() };
            }
            Layout { axes, ..Layout::contiguous(ndim, column_major) }
        })
    }

    /// Shapes with rows long enough for the registers of every level, with remainders.
    fn shapes(ndim: usize) -> impl Strategy<Value = Vec<usize>> + Clone {
        let (longest, longest_row) = match (cfg!(miri), ndim > 2) {
            (true, _) => (3, 5_usize),
            (false, true) => (3, 20),
            (false, false) => (13, 70),
        };
        (vec(lengths(longest), ndim), 0..=longest_row).prop_map(|(mut shape, row)| {
            shape.splice(shape.len().saturating_sub(1).., shape.last().map(|_| row)).for_each(drop);
            shape
        })
    }

    fn cases<D: Dimension>() -> impl Strategy<Value = Case> {
        dimensions::<D>()
            .prop_flat_map(|ndim| {
                let alike = |column_major| {
                    (
                        layouts_side_by_side(ndim, false, column_major),
                        layouts_side_by_side(ndim, true, column_major),
                        layouts_side_by_side(ndim, true, column_major),
                    )
                };
                let any = (layouts(ndim, false), layouts(ndim, true), layouts(ndim, true));
                (shapes(ndim), prop_oneof![2 => any, 2 => alike(false), 1 => alike(true)])
            })
            .prop_map(|(shape, (mutable, b, c))| Case { shape, mutable, shared: [b, c] })
    }

    impl Case {
        /// The stored arrays for the two shared operands.
        fn stored<T, D: Dimension>(&self, value: impl Fn(usize) -> T) -> [Array<T, D>; 2] {
            [
                self.shared[0].stored(&self.shape, |k| value(1000 + k)),
                self.shared[1].stored(&self.shape, |k| value(2000 + k)),
            ]
        }

        fn size(&self) -> usize {
            self.shape.iter().product()
        }
    }

    fn a_closure_with_captures_is_called_in_the_order_of_for_each<D: Dimension>(case: Case) -> TestCaseResult {
        let [b, c] = case.stored::<_, D>(|k| k);
        let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
        let stored = || -> Array<[usize; 4], D> { case.mutable.stored(&case.shape, |k| [k, 0, 0, 0]) };
        let mut expected = stored();
        let mut visits = 0;
        ndarray::Zip::from(case.mutable.view_mut(&case.shape, &mut expected)).and(&b).and(&c).for_each(|a, &b, &c| {
            visits += 1;
            *a = [a[0], b, c, visits];
        });
        at_every_level(|level| {
            let (mut by_macro, mut by_method) = (stored(), stored());
            let mut visits = 0;
            simd_azip!((a in case.mutable.view_mut(&case.shape, &mut by_macro), &b in &b, &c in &c) {
                visits += 1;
                *a = [a[0], b, c, visits];
            });
            let mut visits = 0;
            Zip::from(case.mutable.view_mut(&case.shape, &mut by_method)).and(&b).and(&c).simd_for_each(|a, &b, &c| {
                visits += 1;
                *a = [a[0], b, c, visits];
            });
            assert_eq!(visits, case.size());
            // The cells outside the layout are compared too.
            assert_eq!(by_macro, expected, "simd_azip! at {level}");
            assert_eq!(by_method, expected, "simd_for_each at {level}");
        });
        Ok(())
    }

    fn a_closure_without_captures_writes_the_same_bits<D: Dimension>(case: Case) -> TestCaseResult {
        /// The same body for elements of one type.
        macro_rules! check {
            ($T:ty, $value:expr, |$a:ident, $b:ident, $c:ident| $body:expr, $bits:expr) => {{
                let [b, c] = case.stored::<$T, D>($value);
                let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
                let mut expected: Array<$T, D> = case.mutable.stored(&case.shape, $value);
                let before = expected.clone();
                azip!(($a in case.mutable.view_mut(&case.shape, &mut expected), &$b in &b, &$c in &c) $body);
                at_every_level(|level| {
                    let mut a = before.clone();
                    simd_azip!(($a in case.mutable.view_mut(&case.shape, &mut a), &$b in &b, &$c in &c) $body);
                    assert_eq!(a.mapv($bits), expected.mapv($bits), "at {level}");
                });
            }};
        }
        check!(f32, single, |a, b, c| *a = *a * b + c.abs().sqrt() / (1.5 + b * b), f32::to_bits);
        check!(f64, float, |a, b, c| *a = *a * b - c.abs().sqrt() / (1.5 + c * c), f64::to_bits);
        check!(u8, |k| k.to_le_bytes()[0], |a, b, c| *a = a.wrapping_mul(b).max(c) ^ (b >> 3), u8::from);
        Ok(())
    }

    fn an_unordered_body_sees_every_cell_once<D: Dimension>(case: Case) -> TestCaseResult {
        let [b, c] = case.stored::<_, D>(|k| k);
        let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
        let stored = || -> Array<usize, D> { case.mutable.stored(&case.shape, |k| k) };
        let mut expected = stored();
        ndarray::Zip::from(case.mutable.view_mut(&case.shape, &mut expected))
            .and(&b)
            .and(&c)
            .for_each(|a, &b, &c| *a = *a * 7 + b * 3 + c);
        at_every_level(|level| {
            let (seven, visits) = (7, Cell::new(0));
            let (mut by_macro, mut by_method) = (stored(), stored());
            simd_azip!(unordered (a in case.mutable.view_mut(&case.shape, &mut by_macro), &b in &b, &c in &c) {
                visits.set(visits.get() + 1);
                *a = *a * seven + b * 3 + c;
            });
            assert_eq!(visits.get(), case.size());
            Zip::from(case.mutable.view_mut(&case.shape, &mut by_method))
                .and(&b)
                .and(&c)
                .simd_for_each_unordered(|a, &b, &c| *a = *a * seven + b * 3 + c);
            assert_eq!(by_macro, expected, "simd_azip!(unordered ..) at {level}");
            assert_eq!(by_method, expected, "simd_for_each_unordered at {level}");
        });
        Ok(())
    }

    fn indices_are_those_of_the_items<D: Dimension>(case: Case) -> TestCaseResult {
        let [b, c] = case.stored::<_, D>(|k| k);
        let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
        // An index does not affect the order.
        let mut expected = Vec::new();
        ndarray::Zip::from(&b).and(&c).for_each(|&b, &c| expected.push((b, c)));
        at_every_level(|level| {
            let mut visits = Vec::new();
            simd_azip!((index at, b_cell in &b, c_cell in &c) {
                let at = at.into_dimension();
                assert!(std::ptr::eq(b_cell, &b[at.clone()]) && std::ptr::eq(c_cell, &c[at]));
                visits.push((*b_cell, *c_cell));
            });
            assert_eq!(visits, expected, "at {level}");
        });
        Ok(())
    }

    fn folds_are_in_the_order_of_fold<D: Dimension>(case: Case) -> TestCaseResult {
        let b: Array<f64, D> = case.shared[0].stored(&case.shape, float);
        let c: Array<f32, D> = case.shared[1].stored(&case.shape, single);
        let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
        let (mut pairs, mut sum) = (Vec::new(), -0.0);
        ndarray::Zip::from(&b).and(&c).for_each(|b, c| {
            pairs.push((b, c));
            sum += b * f64::from(*c);
        });
        at_every_level(|level| {
            let folded = Zip::from(&b).and(&c).simd_fold(Vec::new(), |mut pairs, b, c| {
                pairs.push((b, c));
                pairs
            });
            assert!(folded.iter().map(|&(b, c)| [addr(b), addr(c)]).eq(pairs.iter().map(|&(b, c)| [addr(b), addr(c)])));
            let folded = Zip::from(&b).and(&c).simd_fold(-0.0, |sum, &b, &c| sum + b * f64::from(c));
            assert_eq!(folded.to_bits(), f64::to_bits(sum), "at {level}");
        });
        Ok(())
    }

    fn addr<T>(cell: &T) -> usize {
        std::ptr::from_ref(cell).addr()
    }

    fn cells_that_drop_are_dropped_once<D: Dimension>(case: Case) -> TestCaseResult {
        let token = Rc::new(());
        let b: Array<Counted, D> = case.shared[0].stored(&case.shape, |k| Counted::new(k, &token));
        let alone = Rc::strong_count(&token);
        {
            let b = case.shared[0].view(&case.shape, &b);
            let stored =
                || -> Array<Vec<Counted>, D> { case.mutable.stored(&case.shape, |k| vec![Counted::new(k, &token)]) };
            let mut expected = stored();
            azip!((a in case.mutable.view_mut(&case.shape, &mut expected), b in &b) *a = vec![a.remove(0), b.clone()]);
            at_every_level(|level| {
                let mut a = stored();
                simd_azip!((a in case.mutable.view_mut(&case.shape, &mut a), b in &b) *a = vec![a.remove(0), b.clone()]);
                assert_eq!(a, expected, "at {level}");
            });
        }
        prop_assert_eq!(Rc::strong_count(&token), alone);
        Ok(())
    }

    fn zero_sized_cells_are_visited_as_often_as_others<D: Dimension>(case: Case) -> TestCaseResult {
        #[derive(Clone, Copy)]
        struct Nothing;
        let [b, c] = case.stored::<_, D>(|_| Nothing);
        let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
        let mut a: Array<Nothing, D> = case.mutable.stored(&case.shape, |_| Nothing);
        at_every_level(|level| {
            let mut kept = Vec::new();
            simd_azip!((a in case.mutable.view_mut(&case.shape, &mut a), b in &b, c in &c) kept.push((a, b, c)));
            assert_eq!(kept.len(), case.size(), "at {level}");
            kept.iter_mut().for_each(|(a, ..)| **a = Nothing);
            let visits = Zip::from(&b).and(&c).simd_fold(0, |visits, _, _| visits + 1);
            assert_eq!(visits, case.size(), "at {level}");
        });
        Ok(())
    }
}

mod windows_beside_other_operands {
    use super::arrays_of_any_dimension_and_layout::layouts_side_by_side;
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
                layouts_side_by_side(2, false, false),
                layouts_side_by_side(2, false, false),
                layouts_side_by_side(2, true, false),
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
            // Without captures; with captures, which is ordered; and unordered on request.
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
            simd_azip!((
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
            assert!((bits(&first), bits(&second)) == expected, "with captures at {level}: {first} {second}");
            assert_eq!(visits, case.rows * case.cols);

            let (mut first, mut second) = stored();
            simd_azip!(unordered (
                index (i, j),
                first in case.output_mut(0, &mut first),
                second in case.output_mut(1, &mut second),
                &element in &element,
                w in input.array_windows::<K, L>(),
            ) {
                let w = weighted(w);
                (*first, *second) = (*first * half + w, *second - w * element + (i * 100 + j) as f32);
            });
            assert!((bits(&first), bits(&second)) == expected, "in any order at {level}: {first} {second}");
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
            simd_azip!((
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
            simd_azip!((_ in nothing.array_windows::<3, 3>(), &() in nothing.interior::<3, 3>()) visits += 1);
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
}

mod every_number_of_operands {
    use super::*;

    const SHAPE: (usize, usize) = if cfg!(miri) { (7, 3) } else { (7, 37) };

    /// A test with an output, windows, and one shared operand per name.
    macro_rules! arities {
        ($($(#[$attribute:meta])* $test:ident: $($operand:ident $n:literal)*;)+) => {$(
            #[test]
            $(#[$attribute])*
            fn $test() {
                let input = counted((SHAPE.0 + 2, SHAPE.1 + 2), 1);
                $(let $operand = counted(SHAPE, $n * 1000);)*
                let around = |(i, j): (usize, usize)| input[[i, j]] + 3 * input[[i + 1, j + 2]] + 7 * input[[i + 2, j + 1]];
                let expected = Array2::from_shape_fn(SHAPE, |at| around(at) $(+ $n * $operand[at])*);
                at_every_level(|level| {
                    let mut out = Array2::<u32>::zeros(SHAPE);
                    simd_azip!((w in input.array_windows::<3, 3>(), out in &mut out $(, &$operand in &$operand)*) {
                        *out += w.at(-1, -1) + 3 * w.at(0, 1) + 7 * w.at(1, 0) $(+ $n * $operand)*;
                    });
                    assert_eq!(out, expected, "without captures at {level}");

                    let (mut out, mut order) = (Array2::<u32>::zeros(SHAPE), Vec::new());
                    simd_azip!((out in &mut out $(, &$operand in &$operand)*, w in input.array_windows::<3, 3>()) {
                        *out += w.at(-1, -1) + 3 * w.at(0, 1) + 7 * w.at(1, 0) $(+ $n * $operand)*;
                        order.push(*out);
                    });
                    assert_eq!(out, expected, "with captures at {level}");
                    assert!(order.iter().eq(&expected), "in order at {level}");

                    let order = Zip::from(input.array_windows::<3, 3>())$(.and(&$operand))*.simd_fold(
                        Vec::new(),
                        |mut order, w $(, &$operand)*| {
                            order.push(w.at(-1, -1) + 3 * w.at(0, 1) + 7 * w.at(1, 0) $(+ $n * $operand)*);
                            order
                        },
                    );
                    assert!(order.iter().eq(&expected), "folded at {level}");
                });
            }
        )+};
    }

    arities! {
        #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
        two: ;
        three: c 3;
        #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
        four: c 3 d 4;
        #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
        five: c 3 d 4 e 5;
        #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
        six: c 3 d 4 e 5 f 6;
        #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
        seven: c 3 d 4 e 5 f 6 g 7;
        #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
        eight: c 3 d 4 e 5 f 6 g 7 h 8;
        #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
        nine: c 3 d 4 e 5 f 6 g 7 h 8 i 9;
        ten: c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10;
    }

    #[test]
    fn one() {
        let input = counted((SHAPE.0 + 2, SHAPE.1 + 2), 1);
        at_every_level(|level| {
            let mut out = counted(SHAPE, 10);
            simd_azip!((out in &mut out) *out *= 3);
            assert_eq!(out, counted(SHAPE, 10) * 3, "at {level}");
            let centers = RefCell::new(Vec::new());
            simd_azip!(unordered (w in input.array_windows::<3, 3>()) centers.borrow_mut().push(*w.center()));
            let mut centers = centers.into_inner();
            centers.sort_unstable();
            assert!(centers.iter().eq(input.interior::<3, 3>()), "at {level}");
            assert_eq!(Zip::from(&out).simd_fold(0, |sum, out| sum + out), out.sum(), "at {level}");
        });
    }

    #[test]
    fn nine_and_the_index() {
        let b = counted(SHAPE, 5);
        let input = counted((SHAPE.0 + 1, SHAPE.1), 1);
        at_every_level(|level| {
            let mut a = Array2::zeros(SHAPE);
            simd_azip!((
                index (i, j), a in &mut a, w in input.array_windows::<2, 1>(),
                &c in &b, &d in &b, &e in &b, &f in &b, &g in &b, &h in &b, &k in &b,
            ) *a = c + d + e + f + g + h + k + w[[1, 0]] + u32::try_from(i * 1000 + j * 100_000).unwrap());
            let index = |(i, j)| u32::try_from(i * 1000 + j * 100_000).unwrap();
            let expected = Array2::from_shape_fn(SHAPE, |(i, j)| 7 * b[[i, j]] + input[[i + 1, j]] + index((i, j)));
            assert_eq!(a, expected, "at {level}");
        });
    }
}

mod rows_side_by_side {
    use super::*;

    /// The number of cells in 4096 bytes.
    const PAGE: usize = 1024;
    /// The number of cells in a cache line.
    const LINE: usize = 16;
    const COLS: usize = 5;

    /// An array of rows `stride` cells apart, whose first cell is `start` cells after a multiple of
    /// 4096 bytes.
    fn placed(memory: &mut Vec<f32>, rows: usize, cols: usize, stride: usize, start: usize) -> ArrayViewMut2<'_, f32> {
        *memory = vec![0.0; 2 * PAGE + start + rows * stride + cols];
        let behind = memory.as_ptr().addr() / size_of::<f32>() % PAGE;
        ArrayViewMut2::from_shape((rows, cols).strides((stride, 1)), &mut memory[PAGE - behind + start..]).unwrap()
    }

    /// Where the input and the output of a walk begin, relative to a multiple of 4096 bytes, and
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

    /// The orders in which the windows of a placed array are visited, with a placed output: by a
    /// body without captures, an unordered one, one with captures, and `for_each`.
    fn orders<const K: usize, const L: usize>(rows: usize, place: Place) -> [Vec<(usize, usize)>; 4] {
        let (mut input, mut output) = (Vec::new(), Vec::new());
        let input = placed(&mut input, rows + K - 1, COLS + L - 1, place.stride, place.input);
        let mut output = placed(&mut output, rows, COLS, place.stride, place.output);
        let without_captures = recorded(|| {
            simd_azip!((index at, out in &mut output, w in input.array_windows::<K, L>()) {
                *out += 1.0 + w.center();
                record(at);
            });
        });
        let any_order = RefCell::new(Vec::new());
        simd_azip!(unordered (index at, out in &mut output, w in input.array_windows::<K, L>()) {
            *out += 1.0 + w.center();
            any_order.borrow_mut().push(at);
        });
        let mut with_captures = Vec::new();
        simd_azip!((index at, out in &mut output, w in input.array_windows::<K, L>()) {
            *out += 1.0 + w.center();
            with_captures.push(at);
        });
        let mut in_order = Vec::new();
        Zip::indexed(&mut output).and(input.array_windows::<K, L>()).for_each(|at, out, w| {
            *out += 1.0 + w.center();
            in_order.push(at);
        });
        assert!(output.iter().all(|&visits| visits == 4.0), "each cell once per walk");
        [without_captures, any_order.into_inner(), with_captures, in_order]
    }

    fn check<const K: usize, const L: usize>(place: Place, most: usize) {
        at_every_level(|level| {
            // Under Miri: none, and four, two and one together.
            for rows in (0..=or_under_miri(13, 7)).step_by(or_under_miri(1, 7)) {
                let [without_captures, any_order, with_captures, in_order] = orders::<K, L>(rows, place);
                let message = format!("{rows} rows of {K}×{L} windows, {place:?}, at {level}");
                assert_eq!(blocks(&without_captures, (rows, COLS)), blocks_of(rows, most), "{message}");
                assert_eq!(any_order, without_captures, "{message}");
                assert_eq!(in_order, row_by_row((rows, COLS)), "{message}");
                assert_eq!(with_captures, in_order, "{message}");
            }
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
            assert_eq!(a.sum(), 45.0, "at {level}");
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
    fn functions_are_closures_without_captures_and_pointers_to_them_are_not() {
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
            assert_eq!(by_pointer, row_by_row((11, COLS)), "at {level}");
            let in_any_order = recorded(|| {
                Zip::indexed(&mut output).and(input.array_windows::<3, 3>()).simd_for_each_unordered(visit as Visit);
            });
            assert_eq!(in_any_order, by_function, "at {level}");
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
            simd_azip!((index at, a in &mut columns, &b in &more, w in input.array_windows::<3, 3>()) {
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
        let input = counted((12, 3), 1);
        let narrow = counted((12, 1), 1);
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
        let start = counted((13, 9), 1);
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
            simd_azip!((w in cells.array_windows::<3, 3>()) {
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
            let usual = &[0, 1, 2, 3, 4, 5, 10, 19, 20, 21, 40, 45, 50, 54][..];
            for &n in or_under_miri(usual, &[5, 45]) {
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
                assert_eq!(output.sum(), 55.0 + f32::from(u8::try_from(n).unwrap()) + 1.0, "at {level}");
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
        let input = counted((rows + 2, cols + 2), 1);
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
            let expected =
                Array2::from_shape_fn((rows, cols), |(i, j)| input[[i + 1, j + 1]] * 1000 + inner((i, j)) + sum);
            assert_eq!(out, expected, "at {level}");
        });
    }

    #[test]
    fn halves_of_a_split_walk_like_wholes() {
        let input = counted((13, 8), 1);
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
}

mod panics_and_kept_items_in_rows {
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
        let a = counted((5, 6), 0);
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
            let mut arrays = [counted((5, 7), 0), counted((5, 7).f(), 0), counted((5, 7), 0)];
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
            let (mut a, b) = (counted((3, 4), 0), counted((3, 4), 100));
            let kept = Zip::from(&mut a).and(&b).simd_fold(Vec::new(), |mut kept, a, b| {
                kept.push((a, b));
                kept
            });
            kept.into_iter().rev().for_each(|(a, b)| *a += b);
            assert_eq!(a, counted((3, 4), 0) + &b, "at {level}");
        });
    }
}

mod levels {
    use std::collections::HashSet;
    use std::error::Error;

    use super::*;

    #[test]
    fn levels_are_ordered_and_listed_from_the_lowest() {
        assert_eq!(Level::ALL, LEVELS);
        assert!(LEVELS.is_sorted() && Level::Baseline < Level::X86V3 && Level::X86V3 < Level::X86V4);
        assert_eq!(HashSet::from(LEVELS).len(), 3);
    }

    #[test]
    fn levels_have_readable_names() {
        let names = LEVELS.map(|level| level.to_string());
        assert_eq!(names, ["baseline", "x86-64-v3 (AVX2, FMA)", "AVX-512 of Ice Lake"]);
        assert_eq!(format!("{:?}", Level::X86V3), "X86V3");
    }

    #[test]
    fn a_machine_that_has_a_level_has_all_below_it() {
        assert!(Level::Baseline.is_available());
        assert!(LEVELS.is_sorted_by_key(|level| !level.is_available()));
        let highest = LEVELS.into_iter().rfind(|level| level.is_available());
        alone(|| assert_eq!(Some(Level::best()), highest));
    }

    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    #[test]
    fn levels_are_those_that_the_standard_library_detects() {
        // The features that differ most between the two levels. Under Miri, both have those that
        // the program is compiled for.
        let v3 =
            is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("bmi2");
        let v4 = v3 && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vbmi2");
        assert!(v3 || !Level::X86V3.is_available());
        assert!(v4 || !Level::X86V4.is_available());
        let rest = is_x86_feature_detected!("f16c")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("movbe")
            && is_x86_feature_detected!("popcnt");
        assert_eq!(Level::X86V3.is_available(), v3 && rest);
    }

    #[test]
    fn a_limit_lowers_the_level_and_the_highest_level_removes_it() {
        alone(|| {
            let highest = Level::best();
            let lowest = simd::limit(Level::Baseline);
            assert!(lowest <= highest && Level::best() == lowest);
            for level in LEVELS {
                let expected = level.clamp(lowest, highest);
                assert_eq!(simd::limit(level), expected);
                assert_eq!(Level::best(), expected);
                // For the whole process, and not the machine's level.
                assert_eq!(std::thread::spawn(Level::best).join().unwrap(), expected);
                assert_eq!(LEVELS.map(Level::is_available), LEVELS.map(|level| level <= highest));
            }
            simd::limit(Level::Baseline);
            assert_eq!(simd::limit(Level::X86V4), highest);
            assert_eq!(Level::best(), highest);
        });
    }

    #[test]
    fn a_level_that_the_machine_lacks_is_an_error_and_nothing_is_called() {
        alone(|| {
            let highest = Level::best();
            for limit in LEVELS {
                simd::limit(limit);
                for level in LEVELS {
                    let mut calls = 0;
                    let answer = simd::dispatch_at(level, || calls += 1);
                    if level.is_available() {
                        assert_eq!((answer, calls), (Ok(()), 1), "independent of the limit");
                        continue;
                    }
                    let error = answer.unwrap_err();
                    assert_eq!((error.level(), error.highest(), calls), (level, highest, 0));
                    let message = format!("this machine does not have the level {level}: its highest is {highest}");
                    assert_eq!(error.to_string(), message);
                    let boxed: Box<dyn Error + Send + Sync> = error.into();
                    assert!(boxed.source().is_none() && boxed.downcast_ref() == Some(&error));
                }
            }
        });
    }

    #[test]
    fn closures_are_called_once_and_may_move_what_they_captured() {
        at_every_level(|level| {
            let text = String::from("moved");
            let mut calls = 0;
            let text = simd::dispatch(|| {
                calls += 1;
                text
            });
            assert_eq!((text.as_str(), calls), ("moved", 1), "at {level}");
            let bytes = simd::dispatch_at(level, || text.into_bytes()).unwrap();
            assert_eq!(bytes, b"moved", "at {level}");
            let nothing: () = simd::dispatch(|| ());
            let large = simd::dispatch(|| [level; 1000]);
            assert_eq!((nothing, large.len(), large[999]), ((), 1000, level));
        });
    }

    #[test]
    fn a_closure_may_return_a_reference_that_it_captured() {
        fn longest(texts: &[String]) -> Option<&String> {
            simd::dispatch(|| texts.iter().max_by_key(|text| text.len()))
        }
        let texts = ["a", "three", "of"].map(String::from);
        at_every_level(|level| assert!(std::ptr::eq(longest(&texts).unwrap(), &texts[1]), "at {level}"));
    }

    #[test]
    fn panics_propagate_and_captured_values_are_dropped() {
        let token = Rc::new(());
        at_every_level(|level| {
            let (one, two) = (Rc::clone(&token), Rc::clone(&token));
            stopped(|| {
                simd::dispatch(move || {
                    let _one = one;
                    panic!("stop")
                })
            });
            stopped(|| {
                simd::dispatch_at(level, move || {
                    drop(two);
                    panic!("stop")
                })
                .unwrap()
            });
            assert_eq!(Rc::strong_count(&token), 1, "at {level}");
            assert_eq!(simd::dispatch(|| 6 * 7), 42, "later calls work");
        });
    }

    #[test]
    fn dispatch_may_be_nested() {
        at_every_level(|level| {
            let inner = |outer: Level| {
                let inside = LEVELS.map(|inner| simd::dispatch_at(inner, || (outer, inner, Level::best())).ok());
                assert_eq!(inside, LEVELS.map(|inner| inner.is_available().then(|| (outer, inner, Level::best()))));
            };
            simd::dispatch(|| simd::dispatch(|| inner(level)));
            for outer in LEVELS {
                _ = simd::dispatch_at(outer, || inner(outer));
            }
        });
    }

    #[test]
    fn a_closure_may_change_the_limit_for_what_follows() {
        alone(|| {
            let highest = Level::best();
            let mut a = counted((3, 4), 0);
            let lowest = simd::dispatch(|| {
                let lowest = simd::limit(Level::Baseline);
                simd_azip!((a in &mut a) *a += 1);
                lowest
            });
            assert_eq!(Level::best(), lowest);
            simd_azip!((a in &mut a) {
                simd::lift_limit();
                *a += 1;
            });
            assert_eq!(Level::best(), highest);
            assert_eq!(a, counted((3, 4), 2));
        });
    }
}

/// Loops in functions that other crates compile for several instruction sets, nested in each other
/// and in `dispatch`.
mod inside_other_dispatch {
    use multiversion::multiversion;

    use super::*;

    const SHAPE: (usize, usize) = or_under_miri((23, 67), (6, 3));

    fn field(shape: (usize, usize), first: usize) -> Array2<f32> {
        let mut cells = first..;
        Array2::from_shape_simple_fn(shape, || single(cells.next().unwrap() * 31))
    }

    /// A stencil, a walk over elements, an index, and sums: both macros give the same.
    macro_rules! work {
        ($azip:ident, $fold:ident, $out:ident, $input:ident) => {{
            let (out, input): (&mut Array2<f32>, &Array2<f32>) = ($out, $input);
            $azip!((out in out.interior_mut::<3, 3>(), w in input.array_windows::<3, 3>()) {
                let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
                *out = *out * 0.25 + around - 4.0 * w.center();
            });
            let factor = out[[0, 0]];
            $azip!((out in &mut *out, &x in input) *out = *out * 0.5 + x.abs().sqrt() * factor);
            $azip!((index (i, j), out in &mut *out) *out += (i % 7) as f32 - 0.1 * (j % 5) as f32);
            let mut sum = -0.0;
            $azip!((&out in &*out, w in input.interior::<1, 1>()) sum += out * w);
            sum + Zip::from(&*out).and(input).$fold(-0.0_f32, |sum, &a, &b| sum + a * b)
        }};
    }

    fn by_azip(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
        work!(azip, fold, out, input)
    }

    fn by_simd_azip(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
        work!(simd_azip, simd_fold, out, input)
    }

    #[multiversion(targets(
        "x86_64+avx512f+avx512bw+avx512dq+avx512vl",
        "x86_64+avx2+fma",
        "x86_64+sse4.2",
        "aarch64+neon"
    ))]
    fn by_azip_in_multiversion(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
        work!(azip, fold, out, input)
    }

    #[multiversion(targets(
        "x86_64+avx512f+avx512bw+avx512dq+avx512vl",
        "x86_64+avx2+fma",
        "x86_64+sse4.2",
        "aarch64+neon"
    ))]
    fn by_simd_azip_in_multiversion(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
        work!(simd_azip, simd_fold, out, input)
    }

    #[multiversion(targets("x86_64+sse4.2"))]
    fn by_dispatch_in_multiversion_for_an_old_set(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
        simd::dispatch(
            #[inline(always)]
            || work!(azip, fold, out, input),
        )
    }

    fn by_azip_in_pulp(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || work!(azip, fold, out, input),
        )
    }

    fn by_simd_azip_in_pulp(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || work!(simd_azip, simd_fold, out, input),
        )
    }

    fn by_azip_in_dispatch(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
        simd::dispatch(
            #[inline(always)]
            || work!(azip, fold, out, input),
        )
    }

    fn by_simd_azip_in_dispatch(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
        simd::dispatch(
            #[inline(always)]
            || work!(simd_azip, simd_fold, out, input),
        )
    }

    fn by_dispatch_in_pulp_in_dispatch(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
        simd::dispatch(|| pulp::Arch::new().dispatch(|| by_azip_in_dispatch(out, input)))
    }

    #[test]
    fn every_mixture_gives_the_same_bits() {
        type Work = fn(&mut Array2<f32>, &Array2<f32>) -> f32;
        let mixtures: [(&str, Work); 9] = [
            ("simd_azip", by_simd_azip),
            ("azip in multiversion", by_azip_in_multiversion),
            ("simd_azip in multiversion", by_simd_azip_in_multiversion),
            ("dispatch in multiversion", by_dispatch_in_multiversion_for_an_old_set),
            ("azip in pulp", by_azip_in_pulp),
            ("simd_azip in pulp", by_simd_azip_in_pulp),
            ("azip in dispatch", by_azip_in_dispatch),
            ("simd_azip in dispatch", by_simd_azip_in_dispatch),
            ("dispatch in pulp in dispatch", by_dispatch_in_pulp_in_dispatch),
        ];
        let (before, input) = (field(SHAPE, 3), field(SHAPE, 100));
        let mut out = before.clone();
        let sum = by_azip(&mut out, &input);
        let expected = (sum.to_bits(), bits(&out));
        at_every_level(|level| {
            for (name, work) in mixtures {
                let mut out = before.clone();
                let sum = work(&mut out, &input);
                assert_eq!((sum.to_bits(), bits(&out)), expected, "{name} at {level}");
            }
        });
    }

    #[test]
    fn products_and_sums_are_fused_only_by_mul_add() {
        // 1 + 2⁻¹² squared is 1 + 2⁻¹¹ + 2⁻²⁴. The last bit is lost if the product is rounded on
        // its own.
        let x = Array2::from_elem(SHAPE, 1.0 + 2.0_f32.powi(-12));
        let product = 1.0 + 2.0_f32.powi(-11);
        at_every_level(|level| {
            let mut a = Array2::from_elem(SHAPE, product);
            simd_azip!((a in &mut a, &b in &x, &c in &x) *a = b * c - *a);
            assert!(a.iter().all(|&a| a == 0.0), "b * c - a at {level}");
            let mut a = Array2::from_elem(SHAPE, -product);
            simd_azip!((a in &mut a, &b in &x, &c in &x) *a = b.mul_add(c, *a));
            assert!(a.iter().all(|&a| a == 2.0_f32.powi(-24)), "mul_add at {level}");
            let fused = Zip::from(&x).simd_fold(0, |fused, &x| fused + usize::from(x * x - product != 0.0));
            assert_eq!(fused, 0, "folded at {level}");
        });
    }

    /// Bodies that call the intrinsics of one instruction set.
    #[cfg(target_arch = "x86_64")]
    mod intrinsics {
        use std::arch::x86_64::{
            __m256, _mm_cvtss_f32, _mm_fmadd_ss, _mm_set_ss, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps,
            _mm256_mul_ps, _mm256_set1_ps, _mm256_storeu_ps,
        };

        use super::*;

        fn avx2_is_missing() -> bool {
            let missing = !(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"));
            if missing {
                println!("skipped: this processor has no AVX2 and FMA");
            }
            missing
        }

        /// `b * c + a`, rounded once, in 32-bit floats.
        #[target_feature(enable = "avx2,fma")]
        fn fused(a: f32, b: f32, c: f32) -> f32 {
            _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(b), _mm_set_ss(c), _mm_set_ss(a)))
        }

        /// [`fused`] for every element.
        #[target_feature(enable = "avx2,fma")]
        fn fused_row(a: &mut [f32], b: &[f32], c: &[f32]) {
            let (vectors_of_a, rest_of_a) = a.as_chunks_mut();
            let (vectors_of_b, rest_of_b) = b.as_chunks();
            let (vectors_of_c, rest_of_c) = c.as_chunks();
            for ((a, b), c) in vectors_of_a.iter_mut().zip(vectors_of_b).zip(vectors_of_c) {
                store(a, _mm256_fmadd_ps(load(b), load(c), load(a)));
            }
            for ((a, &b), &c) in rest_of_a.iter_mut().zip(rest_of_b).zip(rest_of_c) {
                *a = fused(*a, b, c);
            }
        }

        #[target_feature(enable = "avx")]
        fn load(lanes: &[f32; 8]) -> __m256 {
            // SAFETY: there are eight elements to load.
            unsafe { _mm256_loadu_ps(lanes.as_ptr()) }
        }

        #[target_feature(enable = "avx")]
        fn store(lanes: &mut [f32; 8], vector: __m256) {
            // SAFETY: there is room for eight elements.
            unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), vector) }
        }

        fn assert_fused(kernel: impl Fn(&mut Array2<f32>, &Array2<f32>, &Array2<f32>)) {
            let (a, b, c) = (field(SHAPE, 51), field(SHAPE, 52), field(SHAPE, 53));
            let mut result = a.clone();
            kernel(&mut result, &b, &c);
            assert_eq!(bits(&result), bits(&Array2::from_shape_fn(SHAPE, |at| b[at].mul_add(c[at], a[at]))));
        }

        #[test]
        fn at_a_level_a_body_calls_the_levels_intrinsics() {
            if !Level::X86V3.is_available() {
                return println!("skipped: this processor has no x86-64-v3");
            }
            for level in [Level::X86V3, Level::X86V4].into_iter().filter(|level| level.is_available()) {
                assert_fused(|a, b, c| {
                    let done = simd::dispatch_at(
                        level,
                        #[inline(always)]
                        || {
                            azip!((a in a, &b in b, &c in c) {
                                // SAFETY: both levels have AVX2 and FMA.
                                *a = unsafe { fused(*a, b, c) };
                            });
                        },
                    );
                    assert_eq!(done, Ok(()));
                });
                assert_fused(|a, b, c| {
                    let done = simd::dispatch_at(
                        level,
                        #[inline(always)]
                        || {
                            Zip::from(a).and(b).and(c).for_each_row(
                                #[inline(always)]
                                |a, b, c| {
                                    // SAFETY: both levels have AVX2 and FMA.
                                    unsafe { fused_row(a, b, c) }
                                },
                            )
                        },
                    );
                    assert_eq!(done, Ok(Ok(())));
                });
            }
        }

        #[test]
        fn simd_azip_works_in_a_function_with_a_target_feature() {
            #[target_feature(enable = "avx2,fma")]
            fn with_mul_add(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
                simd_azip!((a in a, &b in b, &c in c) *a = b.mul_add(c, *a));
            }
            #[target_feature(enable = "avx2,fma")]
            fn with_intrinsics(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
                simd_azip!((a in a, &b in b, &c in c) {
                    *a = _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(b), _mm_set_ss(c), _mm_set_ss(*a)));
                });
            }
            if avx2_is_missing() {
                return;
            }
            at_every_level(|_| {
                // SAFETY: the processor has AVX2 and FMA.
                assert_fused(|a, b, c| unsafe { with_mul_add(a, b, c) });
                // SAFETY: as above. The loop may be of a lower level; the body requires only
                // features that the processor has.
                assert_fused(|a, b, c| unsafe { with_intrinsics(a, b, c) });
            });
        }

        #[test]
        fn simd_azip_works_in_a_multiversioned_function_whose_body_reads_the_target() {
            use multiversion::target::match_target;

            #[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma"))]
            fn kernel(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
                simd_azip!((a in a, &b in b, &c in c) {
                    *a = match_target! {
                        "x86_64+fma" => {
                            // Safe in a function that enables the feature, and unsafe if the whole
                            // program has it.
                            #[allow(unused_unsafe, clippy::multiple_unsafe_ops_per_block, reason = "one operation in steps")]
                            // SAFETY: this arm is for targets with FMA.
                            unsafe {
                                _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(b), _mm_set_ss(c), _mm_set_ss(*a)))
                            }
                        },
                        _ => b.mul_add(c, *a),
                    };
                });
            }
            at_every_level(|_| assert_fused(kernel));
        }

        #[test]
        fn accumulators_and_results_of_dispatch_may_be_vectors() {
            #[target_feature(enable = "avx2")]
            fn kernel(table: &Array2<f32>) -> __m256 {
                let vectors = table.map(|&x| _mm256_set1_ps(x));
                simd::dispatch(|| {
                    let sum = Zip::from(&vectors).simd_fold(_mm256_set1_ps(0.5), |sum, &x| _mm256_add_ps(sum, x));
                    Zip::from(vectors.array_windows::<2, 2>()).simd_fold(sum, |sum, w| _mm256_add_ps(sum, w[[1, 0]]))
                })
            }
            if avx2_is_missing() {
                return;
            }
            let table = Array2::from_shape_fn((4, 5), |(i, j)| (i * 10 + j) as f32);
            let expected = 0.5 + table.sum() + table.slice(s![1.., ..4]).sum();
            at_every_level(|level| {
                let mut lanes = [f32::NAN; 8];
                // SAFETY: the processor has AVX2.
                let sum = unsafe { kernel(&table) };
                // SAFETY: as above.
                unsafe { store(&mut lanes, sum) };
                assert_eq!(lanes, [expected; 8], "at {level}");
            });
        }

        #[test]
        fn elements_may_be_vectors_at_every_level() {
            #[target_feature(enable = "avx2")]
            fn kernel(table: &Array2<__m256>) -> Array2<__m256> {
                let mut out = table.clone();
                simd_azip!((out in out.interior_mut::<3, 3>(), w in table.array_windows::<3, 3>(), &center in table.interior::<3, 3>()) {
                    let cross = _mm256_add_ps(_mm256_add_ps(*w.at(-1, 0), *w.at(1, 0)), _mm256_add_ps(*w.at(0, -1), *w.at(0, 1)));
                    *out = _mm256_add_ps(_mm256_mul_ps(cross, center), w.to_array()[2][2]);
                });
                out
            }
            #[target_feature(enable = "avx2")]
            fn table() -> Array2<__m256> {
                Array2::from_shape_fn((9, 5), |(i, j)| _mm256_set1_ps((i * 10 + j) as f32))
            }
            if avx2_is_missing() {
                return;
            }
            at_every_level(|level| {
                // SAFETY: the processor has AVX2.
                let table = unsafe { table() };
                // SAFETY: as above.
                let out = unsafe { kernel(&table) };
                for ((i, j), &vector) in out.indexed_iter() {
                    let inside = (1..8).contains(&i) && (1..4).contains(&j);
                    let n = (i * 10 + j) as f32;
                    let mut lanes = [f32::NAN; 8];
                    // SAFETY: the processor has AVX.
                    unsafe { store(&mut lanes, vector) };
                    assert_eq!(lanes, [if inside { 4.0 * n * n + n + 11.0 } else { n }; 8], "at {level}");
                }
            });
        }
    }
}
