//! Compares `Zip` and `azip!` with `ndarray::Zip`, over random shapes, layouts, elements and
//! numbers of operands.
//!
//! The oracle is ndarray: both get the same closure, and what it reads and writes is compared
//! exactly, including the order. Where ndarray has no equivalent (seven operands or more, an index
//! of dynamic dimension), the oracle is a loop over indices.
//!
//! A comment that begins with "Known trap" names a bug that has broken published code of this kind;
//! the numbers are ndarray's issues.

#[macro_use]
mod common;

use std::array;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use ndarray::{
    Array, Array1, Array2, ArrayD, ArrayView, Axis, CowArray, Dimension, FoldWhile, IntoDimension, Ix0, Ix1, Ix2, Ix3,
    Ix4, IxDyn, ShapeBuilder, arr0, array, indices, s,
};
use ndarray_lockstep::{ShapeError, Zip, azip};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use common::{Counted, Layout, dimensions, for_all, layouts, shapes};

/// The same code with this crate's `Zip` and with ndarray's.
macro_rules! with_both {
    ($zip:ident => $body:expr) => {
        (
            {
                use ndarray_lockstep::Zip as $zip;
                $body
            },
            {
                use ndarray::Zip as $zip;
                $body
            },
        )
    };
}

/// The same call with this crate's `azip!` and with ndarray's.
macro_rules! both_azips {
    ($azip:ident => $body:expr) => {
        (
            {
                use ndarray_lockstep::azip as $azip;
                $body
            },
            {
                use ndarray::azip as $azip;
                $body
            },
        )
    };
}

in_every_dimension! {
    for_each_visits_what_ndarray_visits_in_the_same_order
    azip_visits_what_ndarrays_visits_in_the_same_order
    fold_gets_what_ndarray_gets_in_the_same_order
    fold_while_ends_where_ndarray_ends
    all_and_any_call_the_closure_as_often_as_ndarray
    split_halves_are_those_of_ndarray
    indices_are_those_of_the_items
    rows_are_the_cells_in_row_major_order
    float_sums_are_bit_for_bit_those_of_ndarray
    cells_that_drop_are_dropped_once
    zero_sized_cells_are_visited_as_often_as_others
}

/// Operands of one shape.
#[derive(Clone, Debug)]
struct Case {
    shape: Vec<usize>,
    mutable: Layout,
    shared: [Layout; 2],
    /// The number of the visit that ends the walk.
    stop: usize,
}

fn cases<D: Dimension>() -> impl Strategy<Value = Case> {
    dimensions::<D>()
        .prop_flat_map(|ndim| {
            (shapes(ndim), layouts(ndim, false), layouts(ndim, true), layouts(ndim, true), 0..40_usize)
        })
        .prop_map(|(shape, mutable, b, c, stop)| Case { shape, mutable, shared: [b, c], stop })
}

impl Case {
    /// The stored arrays for the two shared operands, with different values in all cells.
    fn stored<D: Dimension>(&self) -> [Array<usize, D>; 2] {
        [self.shared[0].stored(&self.shape, |k| 1000 + k), self.shared[1].stored(&self.shape, |k| 2000 + k)]
    }

    fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

fn for_each_visits_what_ndarray_visits_in_the_same_order<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = with_both!(Zip => {
        let mut a: Array<[usize; 4], D> = case.mutable.stored(&case.shape, |k| [k, 0, 0, 0]);
        let mut visits = 0;
        let zip = Zip::from(case.mutable.view_mut(&case.shape, &mut a)).and(&b).and(c.view());
        assert_eq!(zip.size(), case.size());
        zip.for_each(|a, &b, &c| {
            visits += 1;
            *a = [a[0], b, c, visits];
        });
        assert_eq!(visits, case.size());
        a
    });
    // The cells outside the layout are compared too.
    prop_assert_eq!(ours, theirs);
    Ok(())
}

// The macro has a separate loop for operands that all have unit stride.
fn azip_visits_what_ndarrays_visits_in_the_same_order<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = both_azips!(azip => {
        let mut a: Array<[usize; 4], D> = case.mutable.stored(&case.shape, |k| [k, 0, 0, 0]);
        let mut visits = 0;
        azip!((a in case.mutable.view_mut(&case.shape, &mut a), &b in &b, &c in &c) {
            visits += 1;
            *a = [a[0], b, c, visits];
        });
        azip!((&b in &b) visits ^= b);
        (a, visits)
    });
    prop_assert_eq!(ours, theirs);

    let mut visits = Vec::new();
    azip!((index at, b_cell in &b, c_cell in &c) {
        let at = at.into_dimension();
        assert!(std::ptr::eq(b_cell, &b[at.clone()]) && std::ptr::eq(c_cell, &c[at]));
        visits.push((b_cell, c_cell));
    });
    prop_assert_eq!(
        visits,
        Zip::from(&b).and(&c).fold(Vec::new(), |mut visits, b, c| {
            visits.push((b, c));
            visits
        })
    );
    Ok(())
}

fn fold_gets_what_ndarray_gets_in_the_same_order<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    // An owned array can have any layout too.
    let a: Array<usize, D> = case.mutable.cut(&case.shape, case.mutable.stored(&case.shape, |k| k));
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = with_both!(Zip => {
        Zip::from(&a).and(&b).and(&c).fold(Vec::new(), |mut visits, &a, &b, &c| {
            visits.push((a, b, c));
            visits
        })
    });
    prop_assert_eq!(&ours, &theirs);
    let zip = Zip::from(&a).and(&b).and(&c);
    let cloned = zip.clone().fold(0, |count, _, _, _| count + 1);
    prop_assert_eq!((cloned, zip.size()), (ours.len(), ours.len()));
    Ok(())
}

fn fold_while_ends_where_ndarray_ends<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = with_both!(Zip => {
        let mut a: Array<usize, D> = case.mutable.stored(&case.shape, |k| k);
        let end = Zip::from(case.mutable.view_mut(&case.shape, &mut a)).and(&b).and(&c).fold_while(
            Vec::new(),
            |mut visits, a, &b, &c| {
                visits.push((*a, b, c));
                *a += b;
                if visits.len() > case.stop { FoldWhile::Done(visits) } else { FoldWhile::Continue(visits) }
            },
        );
        (end.is_done(), end.into_inner(), a)
    });
    prop_assert_eq!(ours, theirs);
    Ok(())
}

fn all_and_any_call_the_closure_as_often_as_ndarray<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = with_both!(Zip => {
        let mut asked = Vec::new();
        let all = Zip::from(&b).and(&c).all(|&b, &c| {
            asked.push((b, c));
            asked.len() <= case.stop
        });
        let mut asked_any = Vec::new();
        let any = Zip::from(&b).and(&c).any(|&b, &c| {
            asked_any.push((b, c));
            asked_any.len() > case.stop
        });
        (all, any, asked, asked_any)
    });
    prop_assert_eq!(ours.0, case.size() <= case.stop);
    prop_assert_eq!(ours.1, case.size() > case.stop);
    prop_assert_eq!(ours, theirs);
    Ok(())
}

// Known trap: splitting, halves that overlap or skip an element.
fn split_halves_are_those_of_ndarray<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    if case.shape.is_empty() {
        prop_assert!(catch_unwind(AssertUnwindSafe(|| Zip::from(&b).and(&c).split().0.size())).is_err());
        return Ok(());
    }
    if case.size() > 1 {
        // ndarray refuses to split fewer than two cells.
        let (ours, theirs) = with_both!(Zip => {
            let mut a: Array<usize, D> = case.mutable.stored(&case.shape, |k| k);
            let (first, second) = Zip::from(case.mutable.view_mut(&case.shape, &mut a)).and(&b).and(&c).split();
            let mut parts = vec![first];
            if second.size() > 1 {
                let (left, right) = second.split();
                parts.extend([left, right]);
            } else {
                parts.push(second);
            }
            let mut all_visits = Vec::new();
            for part in parts {
                let size = part.size();
                let visits = part.fold(Vec::new(), |mut visits, a, &b, &c| {
                    visits.push((*a, b, c));
                    visits
                });
                assert_eq!(visits.len(), size);
                all_visits.push(visits);
            }
            all_visits
        });
        prop_assert_eq!(ours, theirs);
    }

    // Split as often as possible, the parts have every cell once, with its index.
    let mut parts = vec![Zip::indexed(&b).and(&c)];
    let mut seen = Vec::new();
    while let Some(zip) = parts.pop() {
        if zip.size() > 1 {
            let (first, second) = zip.split();
            prop_assert!(first.size() > 0 && second.size() > 0);
            parts.extend([second, first]);
        } else {
            let (first, second) = zip.split();
            prop_assert_eq!(first.size(), 0);
            second.for_each(|index, &b, &c| seen.push((index, b, c)));
        }
    }
    let mut whole = Zip::indexed(&b).and(&c).fold(Vec::new(), |mut cells, index, &b, &c| {
        cells.push((index, b, c));
        cells
    });
    let key = |(index, ..): &(D::Pattern, usize, usize)| index.clone().into_dimension().as_array_view().to_vec();
    seen.sort_by_key(key);
    whole.sort_by_key(key);
    prop_assert_eq!(seen, whole);
    Ok(())
}

fn indices_are_those_of_the_items<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let mut visits = Vec::new();
    Zip::indexed(&b).and(&c).for_each(|index, b_cell, c_cell| {
        let index = index.into_dimension();
        assert!(std::ptr::eq(b_cell, &b[index.clone()]) && std::ptr::eq(c_cell, &c[index]));
        visits.push((*b_cell, *c_cell));
    });
    // An index does not affect the order.
    let mut expected = Vec::new();
    ndarray::Zip::from(&b).and(&c).for_each(|&b, &c| expected.push((b, c)));
    prop_assert_eq!(visits, expected);
    Ok(())
}

fn rows_are_the_cells_in_row_major_order<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let mut a: Array<usize, D> = case.mutable.stored(&case.shape, |k| k);
    let mut expected = a.clone();
    let stride_of_a = case.mutable.view(&case.shape, &a).strides().last().copied();

    let row_len = case.shape.last().copied().unwrap_or(1);
    let mut starts = Vec::new();
    let answer = Zip::indexed(case.mutable.view_mut(&case.shape, &mut a)).and(&b).and(&c).for_each_row(
        |index, a_row, b_row, c_row| {
            let start = index.into_dimension();
            assert!([a_row.len(), b_row.len(), c_row.len()] == [row_len; 3]);
            assert!(std::ptr::eq(&b_row[0], &b[start.clone()]));
            for ((a, &b), &c) in a_row.iter_mut().zip(b_row).zip(c_row) {
                *a += 7 * b + 3 * c;
            }
            starts.push(start.as_array_view().to_vec());
        },
    );

    let strides = [Some(1), stride_of_a, b.strides().last().copied(), c.strides().last().copied()];
    match first_refused(&case.shape, &strides.map(|stride| stride.unwrap_or(1))) {
        Some(refused) => {
            let error = answer.unwrap_err();
            prop_assert_eq!((error.operand(), error.stride()), refused);
            prop_assert!(starts.is_empty());
        }
        None => {
            prop_assert_eq!(answer, Ok(()));
            prop_assert_eq!(starts.len(), case.size().checked_div(row_len).unwrap_or(0));
            prop_assert!(starts.is_sorted());
            starts.dedup();
            prop_assert_eq!(starts.len(), case.size().checked_div(row_len).unwrap_or(0));
            let mut cells = case.mutable.view_mut(&case.shape, &mut expected);
            cells.iter_mut().zip(b).zip(c).for_each(|((a, &b), &c)| *a += 7 * b + 3 * c);
        }
    }
    prop_assert_eq!(a, expected);
    Ok(())
}

/// The number and the stride of the first operand without contiguous rows, given the last strides
/// of all operands; none if no row has two cells.
fn first_refused(shape: &[usize], strides: &[isize]) -> Option<(usize, isize)> {
    if shape.contains(&0) || shape.last().is_none_or(|&len| len == 1) {
        return None;
    }
    (1..).zip(strides.iter().copied()).find(|&(_, stride)| stride != 1)
}

/// Finite floats of very different magnitudes, including both zeros, so that sums depend on the
/// order.
fn float(k: usize) -> f64 {
    let digits = u32::try_from(k % 1009).expect("small");
    let scale = [1e-12, -1.0, 1e6, -3e-7, 0.0, -0.0, 0.1][k % 7];
    scale * f64::from(digits * digits + 1)
}

// Known trap: floats. The sums are the same bit for bit.
fn float_sums_are_bit_for_bit_those_of_ndarray<D: Dimension>(case: Case) -> TestCaseResult {
    let b: Array<f64, D> = case.shared[0].stored(&case.shape, float);
    #[expect(clippy::cast_possible_truncation, reason = "rounding is what makes it another value")]
    let c: Array<f32, D> = case.shared[1].stored(&case.shape, |k| float(k + 3) as f32);
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = with_both!(Zip => {
        let double = Zip::from(&b).and(&c).fold(0.0, |sum, &b, &c| sum + b * f64::from(c));
        let single = Zip::from(&c).fold(-0.0_f32, |sum, &c| sum + c);
        (double.to_bits(), single.to_bits())
    });
    prop_assert_eq!(ours, theirs);
    Ok(())
}

fn cells_that_drop_are_dropped_once<D: Dimension>(case: Case) -> TestCaseResult {
    let token = Rc::new(());
    let b: Array<Counted, D> = case.shared[0].stored(&case.shape, |k| Counted::new(k, &token));
    let c: Array<String, D> = case.shared[1].stored(&case.shape, |k| k.to_string());
    let alone = Rc::strong_count(&token);
    {
        let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
        let (ours, theirs) = both_azips!(azip => {
            let before = Rc::strong_count(&token);
            let mut a: Array<Vec<Counted>, D> = case.mutable.stored(&case.shape, |k| vec![Counted::new(k, &token)]);
            azip!((a in case.mutable.view_mut(&case.shape, &mut a), b in &b, c in &c) {
                let first = a.remove(0);
                *a = vec![b.clone(), Counted::new(first.value + c.len(), &token)];
            });
            let alive = Rc::strong_count(&token) - before;
            assert_eq!(alive, a.len() + case.size(), "one per cell, and one more per visited cell");
            a
        });
        prop_assert_eq!(ours, theirs);
    }
    prop_assert_eq!(Rc::strong_count(&token), alone);
    drop(b);
    prop_assert_eq!(Rc::strong_count(&token), 1);
    Ok(())
}

// Known trap: zero-sized elements.
fn zero_sized_cells_are_visited_as_often_as_others<D: Dimension>(case: Case) -> TestCaseResult {
    let mut a: Array<(), D> = case.mutable.stored(&case.shape, |_| ());
    let b: Array<(), D> = case.shared[0].stored(&case.shape, |_| ());
    let b = case.shared[0].view(&case.shape, &b);
    let (ours, theirs) = with_both!(Zip => {
        let mut visits = 0;
        Zip::from(case.mutable.view_mut(&case.shape, &mut a)).and(&b).for_each(|(), ()| visits += 1);
        visits
    });
    prop_assert_eq!((ours, theirs), (case.size(), case.size()));
    let mut visits = 0;
    azip!((() in case.mutable.view_mut(&case.shape, &mut a), &() in &b) visits += 1);
    prop_assert_eq!(visits, case.size());

    let mut kept = Vec::new();
    let mut indexed = Vec::new();
    Zip::indexed(case.mutable.view_mut(&case.shape, &mut a)).and(&b).for_each(|index, a, _| {
        kept.push(a);
        indexed.push(index.into_dimension());
    });
    prop_assert_eq!(kept.len(), case.size());
    indexed.sort_by(|one, other| one.as_array_view().iter().cmp(other.as_array_view().iter()));
    indexed.dedup();
    prop_assert_eq!(indexed.len(), case.size());
    Ok(())
}

/// The vote of an operand on the order of the walk, as in ndarray.
fn vote<T, D: Dimension>(operand: &ArrayView<T, D>) -> i32 {
    let (shape, strides) = (operand.shape(), operand.strides());
    if operand.is_standard_layout() {
        return if shape.iter().filter(|&&len| len > 1).count() > 1 { 2 } else { 0 };
    }
    match (shape, strides) {
        ([] | [_], _) => 0,
        _ if operand.t().is_standard_layout() => -2,
        ([first, ..], [1, ..]) if *first > 1 => -1,
        ([.., last], [.., 1]) if *last > 1 => 1,
        _ => 0,
    }
}

/// All values of the operands, one vector per cell.
fn in_row_major_order<D: Dimension>(operands: &[ArrayView<usize, D>]) -> Vec<Vec<usize>> {
    let operands: Vec<Vec<usize>> = operands.iter().map(|operand| operand.iter().copied().collect()).collect();
    (0..operands[0].len()).map(|cell| operands.iter().map(|operand| operand[cell]).collect()).collect()
}

/// All values of the operands, one vector per cell, in the order that the operands vote for.
fn naive_visits<D: Dimension>(operands: &[ArrayView<usize, D>]) -> Vec<Vec<usize>> {
    if operands.iter().map(vote).sum::<i32>() < 0 {
        in_row_major_order(&operands.iter().map(|operand| operand.t()).collect::<Vec<_>>())
    } else {
        in_row_major_order(operands)
    }
}

/// A shape, a layout for each of nine operands, and the visit that ends the walk. The layouts all
/// differ, or all but one are the same, so that a single operand prevents the merging of axes.
fn nine_operands<D: Dimension>() -> impl Strategy<Value = (Vec<usize>, Vec<Layout>, usize)> {
    dimensions::<D>().prop_flat_map(|ndim| {
        let different = vec(layouts(ndim, true), 9);
        let odd_one_out = (layouts(ndim, true), layouts(ndim, true), 0..9_usize).prop_map(|(same, odd, at)| {
            let mut layouts = vec![same; 9];
            layouts[at] = odd;
            layouts
        });
        (shapes(ndim), prop_oneof![different, odd_one_out], 0..40_usize)
    })
}

/// The operands of [`nine_operands`].
macro_rules! store_nine {
    ($D:ty, $operands:ident, $shape:expr, $layouts:expr) => {
        let stored: Vec<Array<usize, $D>> =
            $layouts.iter().zip(0..).map(|(layout, n)| layout.stored($shape, |k| 10_000 * n + k)).collect();
        let $operands: [ArrayView<usize, $D>; 9] = array::from_fn(|n| $layouts[n].view($shape, &stored[n]));
    };
}

/// Tests for a number of operands: the first one, and the others with their numbers.
macro_rules! arities {
    ($($(#[$attribute:meta])* $test:ident: $D:ty, $a:ident $($p:ident $number:literal)*;)+) => {$(
        #[test]
        $(#[$attribute])*
        fn $test() {
            for_all(nine_operands::<$D>(), |(shape, layouts, stop)| {
                let count = 1 $(+ usize::from($number > 0))*;
                store_nine!($D, operands, &shape, layouts);
                let expected = naive_visits(&operands[..count]);
                let zip = Zip::from(&operands[0])$(.and(&operands[$number]))*;
                prop_assert_eq!(zip.size(), expected.len());

                let mut visits = Vec::new();
                zip.clone().for_each(|$a $(, $p)*| visits.push(vec![*$a $(, *$p)*]));
                prop_assert_eq!(&visits, &expected);

                let mut visits = Vec::new();
                azip!(($a in &operands[0] $(, $p in &operands[$number])*) visits.push(vec![*$a $(, *$p)*]));
                prop_assert_eq!(&visits, &expected);

                let visits = zip.clone().fold(Vec::new(), |mut visits, $a $(, $p)*| {
                    visits.push(vec![*$a $(, *$p)*]);
                    visits
                });
                prop_assert_eq!(&visits, &expected);

                let ended = zip.clone().fold_while(Vec::new(), |mut visits, $a $(, $p)*| {
                    visits.push(vec![*$a $(, *$p)*]);
                    if visits.len() > stop { FoldWhile::Done(visits) } else { FoldWhile::Continue(visits) }
                });
                prop_assert_eq!(ended.is_done(), expected.len() > stop);
                prop_assert_eq!(&ended.into_inner()[..], &expected[..expected.len().min(stop + 1)]);

                let mut asked = 0;
                let all = zip.clone().all(|$a $(, $p)*| {
                    asked += 1;
                    expected[asked - 1] == [*$a $(, *$p)*] && asked <= stop
                });
                prop_assert_eq!((all, asked), (expected.len() <= stop, expected.len().min(stop + 1)));

                let mut asked = 0;
                let any = zip.clone().any(|$a $(, $p)*| {
                    asked += 1;
                    expected[asked - 1] != [*$a $(, *$p)*] || asked > stop
                });
                prop_assert_eq!((any, asked), (expected.len() > stop, expected.len().min(stop + 1)));

                // Rows, or an error that names the operand.
                let mut cells = Vec::new();
                let answer = zip.clone().for_each_row(|$a $(, $p)*| {
                    for l in 0..$a.len() {
                        cells.push(vec![$a[l] $(, $p[l])*]);
                    }
                });
                let strides = operands.each_ref().map(|operand| operand.strides().last().copied().unwrap_or(1));
                let refused = first_refused(&shape, &strides[..count]);
                let expected = if refused.is_some() { Vec::new() } else { in_row_major_order(&operands[..count]) };
                prop_assert_eq!(answer.err().map(|error| (error.operand(), error.stride())), refused);
                prop_assert_eq!(cells, expected);

                // The error also names an operand of another shape.
                let mut wrong = operands[0].raw_dim();
                wrong[0] += 1;
                let error = zip.try_and(&Array::<(), $D>::from_elem(wrong, ())).err();
                prop_assert_eq!(error.map(|error| error.operand()), Some(count + 1));

                // A mutable operand after the index.
                let mut out = Array::<usize, $D>::zeros(operands[0].raw_dim());
                let mut expected_out = out.clone();
                for (index, cell) in expected_out.indexed_iter_mut() {
                    *cell = 5 * operands[0][index] $(+ $number * operands[$number][index])*;
                }
                Zip::indexed(&mut out)$(.and(&operands[$number]))*.for_each(|index, out $(, $p)*| {
                    *out = 5 * operands[0][index] $(+ $number * *$p)*;
                });
                prop_assert_eq!(&out, &expected_out);
                azip!((index at, out in &mut out $(, $p in &operands[$number])*) {
                    *out -= 4 * operands[0][at] $(+ $number * *$p)*;
                });
                prop_assert_eq!(&out, &operands[0]);

                // Whole rows, for both halves.
                let operands = operands.each_ref().map(|operand| operand.as_standard_layout());
                let (top, bottom) = Zip::indexed(&mut out)$(.and(&operands[$number]))*.split();
                for part in [top, bottom] {
                    let done = part.for_each_row(|_, out $(, $p)*| {
                        for l in 0..out.len() {
                            out[l] += 1 $(+ $number * $p[l])*;
                        }
                    });
                    prop_assert_eq!(done, Ok(()));
                }
                for (index, cell) in expected_out.indexed_iter_mut() {
                    *cell = operands[0][index] + 1 $(+ $number * operands[$number][index])*;
                }
                prop_assert_eq!(&out, &expected_out);
                Ok(())
            });
        }
    )+};
}

arities! {
    #[cfg_attr(miri, ignore = "the code is that of three and nine operands")]
    one_operand_is_zipped: Ix2, a;
    #[cfg_attr(miri, ignore = "the code is that of three and nine operands")]
    two_operands_are_zipped: Ix3, a b 1;
    three_operands_are_zipped: Ix2, a b 1 c 2;
    #[cfg_attr(miri, ignore = "the code is that of three and nine operands")]
    four_operands_are_zipped: Ix3, a b 1 c 2 d 3;
    #[cfg_attr(miri, ignore = "the code is that of three and nine operands")]
    five_operands_are_zipped: Ix2, a b 1 c 2 d 3 e 4;
    #[cfg_attr(miri, ignore = "the code is that of three and nine operands")]
    six_operands_are_zipped: Ix3, a b 1 c 2 d 3 e 4 f 5;
    #[cfg_attr(miri, ignore = "the code is that of three and nine operands")]
    seven_operands_are_zipped: Ix2, a b 1 c 2 d 3 e 4 f 5 g 6;
    #[cfg_attr(miri, ignore = "the code is that of three and nine operands")]
    eight_operands_are_zipped: Ix3, a b 1 c 2 d 3 e 4 f 5 g 6 h 7;
    nine_operands_and_an_index_are_zipped: Ix2, a b 1 c 2 d 3 e 4 f 5 g 6 h 7 i 8;
}

/// Tests that a number of operands is walked in ndarray's order.
macro_rules! orders {
    ($($(#[$attribute:meta])* $test:ident: $D:ty, $a:ident $($p:ident $number:literal)*;)+) => {$(
        #[test]
        $(#[$attribute])*
        fn $test() {
            for_all(nine_operands::<$D>(), |(shape, layouts, _)| {
                store_nine!($D, operands, &shape, layouts);
                let (ours, theirs) = with_both!(Zip => {
                    let mut visits = Vec::new();
                    Zip::from(&operands[0])$(.and(&operands[$number]))*
                        .for_each(|$a $(, $p)*| visits.push(vec![*$a $(, *$p)*]));
                    visits
                });
                prop_assert_eq!(&ours, &theirs);
                // This file's own oracle has the same order.
                let count = 1 $(+ usize::from($number > 0))*;
                prop_assert_eq!(&naive_visits(&operands[..count]), &theirs);
                Ok(())
            });
        }
    )+};
}

orders! {
    #[cfg_attr(miri, ignore = "the code is that of two operands")]
    one_operand_is_walked_in_the_order_of_ndarray: Ix3, a;
    two_operands_are_walked_in_the_order_of_ndarray: Ix2, a b 1;
    #[cfg_attr(miri, ignore = "the code is that of two operands")]
    three_operands_are_walked_in_the_order_of_ndarray: IxDyn, a b 1 c 2;
    #[cfg_attr(miri, ignore = "the code is that of two operands")]
    four_operands_are_walked_in_the_order_of_ndarray: Ix2, a b 1 c 2 d 3;
    #[cfg_attr(miri, ignore = "the code is that of two operands")]
    five_operands_are_walked_in_the_order_of_ndarray: Ix3, a b 1 c 2 d 3 e 4;
    #[cfg_attr(miri, ignore = "the code is that of two operands")]
    six_operands_are_walked_in_the_order_of_ndarray: Ix2, a b 1 c 2 d 3 e 4 f 5;
}

/// Operands of random shapes, where the second can be broadcast to the first, is equal to it, or
/// neither.
fn two_shapes<D: Dimension, E: Dimension>() -> impl Strategy<Value = (Vec<usize>, Vec<usize>, Layout, Layout)> {
    (dimensions::<D>(), dimensions::<E>())
        .prop_flat_map(|(ndim, other)| {
            let kept = prop_oneof![12 => Just(None), 4 => Just(Some(1)), 1 => Just(Some(2))];
            (shapes(ndim), vec(kept, other), layouts(ndim, true), layouts(other, true))
        })
        .prop_map(|(shape, kept, layout, other_layout)| {
            // The last axes of the shape, padded with 1 in front if it has too few.
            let mut other = vec![1; kept.len().saturating_sub(shape.len())];
            other.extend(&shape[shape.len().saturating_sub(kept.len())..]);
            for (len, kept) in other.iter_mut().zip(kept) {
                *len = kept.unwrap_or(*len);
            }
            (shape, other, layout, other_layout)
        })
}

// Known trap: broadcast.
fn broadcasts_are_those_of_ndarray<D: Dimension, E: Dimension>() {
    for_all(two_shapes::<D, E>(), |(shape, other, layout, other_layout)| {
        let (a, b): (Array<usize, D>, Array<usize, E>) =
            (layout.stored(&shape, |k| k), other_layout.stored(&other, |k| 1000 + k));
        let (a, b) = (layout.view(&shape, &a), other_layout.view(&other, &b));
        let tried = Zip::from(&a).try_and_broadcast(&b);
        if b.broadcast(a.raw_dim()).is_none() {
            let error = tried.unwrap_err();
            prop_assert_eq!((error.operand(), error.shape(), error.expected()), (2, &other[..], &shape[..]));
            prop_assert!(error.to_string().contains("cannot be broadcast"));
            let plain = catch_unwind(AssertUnwindSafe(|| Zip::from(&a).and_broadcast(&b).size())).unwrap_err();
            prop_assert_eq!(plain.downcast_ref::<String>(), Some(&error.to_string()));
            return Ok(());
        }
        let mut tried_visits = Vec::new();
        tried.expect("ndarray can").for_each(|&a, &b| tried_visits.push((a, b)));
        let (ours, theirs) = with_both!(Zip => {
            let mut visits = Vec::new();
            Zip::from(&a).and_broadcast(&b).for_each(|&a, &b| visits.push((a, b)));
            visits
        });
        prop_assert_eq!(&ours, &theirs);
        prop_assert_eq!(&tried_visits, &theirs);
        Ok(())
    });
}

#[test]
fn a_scalar_broadcasts_as_in_ndarray() {
    broadcasts_are_those_of_ndarray::<Ix2, Ix0>();
}

#[test]
fn a_row_broadcasts_as_in_ndarray() {
    broadcasts_are_those_of_ndarray::<Ix3, Ix1>();
}

#[test]
fn an_array_broadcasts_to_its_own_dimension_as_in_ndarray() {
    broadcasts_are_those_of_ndarray::<Ix2, Ix2>();
}

#[test]
fn an_array_of_more_dimensions_broadcasts_as_in_ndarray() {
    broadcasts_are_those_of_ndarray::<Ix1, Ix2>();
}

#[test]
fn a_dynamic_array_broadcasts_as_in_ndarray() {
    broadcasts_are_those_of_ndarray::<IxDyn, IxDyn>();
}

fn shapes_are_checked<D: Dimension>() {
    for_all(two_shapes::<D, D>(), |(shape, other, layout, other_layout)| {
        let (a, b): (Array<usize, D>, Array<usize, D>) =
            (layout.stored(&shape, |k| k), other_layout.stored(&other, |k| 1000 + k));
        let (a, b) = (layout.view(&shape, &a), other_layout.view(&other, &b));
        let error_of = |tried: Result<_, ShapeError>| tried.map(drop).err();
        let first = error_of(Zip::from(&a).try_and(&b).map(|zip| zip.size()));
        let later = error_of(Zip::indexed(&a).and(&a).try_and(&b).map(|zip| zip.size()));
        let plain = catch_unwind(AssertUnwindSafe(|| Zip::from(&a).and(&b).size()));
        prop_assert_eq!(first.is_none(), shape == other);
        prop_assert_eq!(later.is_none(), shape == other);
        prop_assert_eq!(plain.is_ok(), shape == other);
        for (error, operand) in [(first, 2), (later, 4)] {
            let Some(error) = error else { continue };
            prop_assert_eq!((error.operand(), error.shape(), error.expected()), (operand, &other[..], &shape[..]));
            let message = error.to_string();
            for lengths in [&other, &shape] {
                let lengths = format!("{lengths:?}");
                prop_assert!(message.contains(&lengths));
            }
        }
        Ok(())
    });
}

#[test]
fn operands_of_another_shape_are_refused() {
    shapes_are_checked::<Ix2>();
}

#[test]
fn operands_of_another_dynamic_shape_are_refused() {
    shapes_are_checked::<IxDyn>();
}

#[test]
fn shared_operands_of_every_kind_are_walked_as_by_ndarray() {
    let owned = Array2::from_shape_fn((3, 4), |(i, j)| 10 * i + j);
    let large = Array2::from_shape_fn((9, 4), |(i, j)| 100 * i + j);
    let shared = large.to_shared().slice_move(s![..;-3, ..]);
    let borrowed = CowArray::from(large.slice(s![1..4, ..;-1]));
    let bound = CowArray::from(owned.t().to_owned().reversed_axes());
    let (ours, theirs) = with_both!(Zip => {
        let mut visits = Vec::new();
        Zip::from(&owned)
            .and(owned.view())
            .and(&shared)
            .and(&borrowed)
            .and(&bound)
            .and(large.slice(s![4..=6, ..]))
            .for_each(|a, b, c, d, e, f| visits.push([*a, *b, *c, *d, *e, *f]));
        // The reference type, the counterpart of `&a[..]` for slices.
        let reference: &ndarray::ArrayRef2<usize> = &large;
        Zip::from(reference).and(indices((9, 4))).for_each(|a, (i, j)| visits.push([*a, i, j, 0, 0, 0]));
        visits
    });
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 12 + 36);
}

#[test]
fn mutable_operands_of_every_kind_are_walked_as_by_ndarray() {
    let (ours, theirs) = with_both!(Zip => {
        let mut owned = Array2::from_shape_fn((3, 4), |(i, j)| 10 * i + j);
        let mut large = Array2::from_shape_fn((9, 4), |(i, j)| 100 * i + j);
        let mut referred = Array2::from_shape_fn((3, 4).f(), |(i, j)| 1000 * i + j);
        let mut view = large.slice_mut(s![..;-3, ..;-1]);
        let reference: &mut ndarray::ArrayRef2<usize> = &mut referred;
        let mut visits = 0;
        Zip::from(&mut owned).and(&mut view).and(reference).for_each(|a, b, c| {
            visits += 1;
            (*a, *b, *c) = (*b + visits, *c, *a);
        });
        Zip::from(view).and(owned.view_mut()).and(indices((3, 4))).for_each(|a, b, (i, j)| {
            *a += i;
            *b += j;
        });
        (owned, large, referred)
    });
    assert_eq!(ours, theirs);
}

#[test]
fn one_dimensional_operands_of_every_kind_are_walked_as_by_ndarray() {
    let (ours, theirs) = with_both!(Zip => {
        let (vec, fixed, owned) = (vec![1, 2, 3, 4], [10, 20, 30, 40], Array1::from(vec![100, 200, 300, 400]));
        let (mut vec_out, mut fixed_out, mut owned_out) = (vec![0; 4], [0; 4], Array1::from_elem(7, -1));
        Zip::from(&mut vec_out).and(&vec).and(&fixed).for_each(|out, a, b| *out = a + b);
        Zip::from(&mut fixed_out).and(&vec[..]).and(&owned).for_each(|out, a, b| *out = a * b);
        Zip::from(owned_out.slice_mut(s![..;-2])).and(&mut vec_out[..]).and(&fixed[..]).for_each(|out, a, b| {
            *out = *a - b;
            *a = 0;
        });
        let summed = Zip::from(&mut fixed_out[..]).and(&mut vec_out).fold(0, |sum, a, b| {
            *b += 1;
            sum + *a * *b
        });
        (vec_out, fixed_out, owned_out, summed)
    });
    assert_eq!(ours, theirs);
}

// Known trap: shared storage that must be made unique before writing (#1018).
#[test]
fn shared_storage_is_made_unique_before_it_is_written_to() {
    let original = Array2::from_shape_fn((6, 5), |(i, j)| 10 * i + j);
    let (ours, theirs) = with_both!(Zip => {
        let untouched = original.to_shared();
        let mut whole = untouched.clone();
        let mut part = untouched.clone().slice_move(s![1..;-2, 1..4]);
        Zip::from(&mut whole).for_each(|cell| *cell += 1);
        Zip::indexed(&mut part).for_each(|(i, j), cell| *cell += 100 * i + j);
        assert_eq!(untouched, original);
        (whole, part)
    });
    assert_eq!(ours, theirs);
    assert_eq!(ours.0, original + 1);
}

#[test]
fn a_borrowed_array_is_copied_before_it_is_written_to() {
    let original = Array2::from_shape_fn((3, 5), |(i, j)| 10 * i + j);
    let mut cow = CowArray::from(original.slice(s![.., 1..;2]));
    Zip::from(&mut cow).for_each(|cell| *cell *= 2);
    assert!(cow.is_owned());
    assert_eq!(cow, &original.slice(s![.., 1..;2]) * 2);
    assert_eq!(original[[2, 3]], 23);
}

// Known trap: floats, NaN payloads and signed zero. Copying keeps every bit.
#[test]
fn copying_keeps_the_bits_of_every_float() {
    let bits: [u32; 6] = [0x7fc0_1234, 0xffc0_4321, 0x8000_0000, 0x0000_0001, 0x7f80_0000, 0x3f80_0001];
    let from = Array1::from_iter(bits.map(f32::from_bits));
    let mut to = Array1::<f32>::zeros(12);
    azip!((to in to.slice_mut(s![..;-2]), &from in &from) *to = from);
    assert_eq!(to.slice(s![..;-2]).map(|x| x.to_bits()).to_vec(), bits);
}

// Known trap: zero-length axes, and zero strides on empty arrays (#1609).
#[test]
fn a_zip_without_cells_calls_nothing() {
    for shape in [[0, 3, 2], [1, 0, 4], [2, 3, 0], [0, 0, 0], [0, 1, 0]] {
        let empty = Array::<f32, _>::zeros(shape);
        let stretched = arr0(1.0_f32);
        let stretched = stretched.broadcast(shape).expect("a scalar can be broadcast to any shape");
        let mut column_major = Array::<f32, _>::zeros(shape.f());
        let zip = Zip::from(&mut column_major).and(&empty).and(stretched);
        assert_eq!(zip.size(), 0);
        zip.for_each(|_, _, _| panic!("there is no cell"));
        assert!(Zip::from(&empty).and(stretched).all(|_, _| false));
        assert!(!Zip::from(&empty).and(stretched).any(|_, _| true));
        assert_eq!(Zip::from(&empty).and(&mut column_major).for_each_row(|_, _| panic!("there is no row")), Ok(()));
        let (first, second) = Zip::indexed(&empty).and(stretched).split();
        assert_eq!((first.size(), second.size()), (0, 0));
        first.for_each(|_, _, _| panic!("there is no cell"));
        second.for_each(|_, _, _| panic!("there is no cell"));
    }
}

// The lengths of the other axes are irrelevant.
#[test]
fn a_zip_without_cells_ends_at_once() {
    let most = isize::MAX.cast_unsigned() / 4;
    for shape in [[most, 0, 1], [0, 1, most], [1, most, 0], [1, 0, most]] {
        let empty = Array::<f32, _>::zeros(shape);
        let column_major = Array::<f32, _>::zeros(shape.f());
        azip!((_ in &empty, _ in &column_major) panic!("there is no cell"));
        Zip::indexed(&empty).for_each(|_, _| panic!("there is no cell"));
        assert_eq!(Zip::indexed(&empty).for_each_row(|_, _| panic!("there is no row")), Ok(()));
        assert!(Zip::indexed(&empty).into_iter().next().is_none());
    }
}

#[test]
fn a_zip_of_no_dimensions_has_one_cell_and_one_row() {
    let mut a = arr0(1);
    let b = arr0(10);
    let zip = Zip::from(&mut a).and(&b);
    assert_eq!(zip.size(), 1);
    zip.for_each(|a, b| *a += b);
    assert_eq!(a, arr0(11));
    let mut rows = Vec::new();
    assert_eq!(Zip::indexed(&mut a).and(&b).for_each_row(|(), a, b| rows.push((a.to_vec(), b.to_vec()))), Ok(()));
    assert_eq!(rows, [(vec![11], vec![10])]);
    let mut dynamic = ArrayD::zeros(vec![]);
    azip!((index at, a in &mut dynamic, &b in &arr0(3).into_dyn()) *a = b + at.ndim());
    assert_eq!(dynamic, arr0(3).into_dyn());
}

// Known trap: element counts that wrap, axes longer than any memory.
#[test]
fn as_many_cells_as_can_be_counted_are_zipped() {
    let one = arr0(7_u8);
    let most = isize::MAX.cast_unsigned();
    let half = 1_usize << (usize::BITS / 2 - 1);
    let line = one.broadcast(most).expect("within ndarray's limits");
    let square = one.broadcast((half, half)).expect("within ndarray's limits");

    assert_eq!(Zip::from(&line).and(&line).size(), most);
    assert!(Zip::from(&line).and(&line).any(|a, b| a == b));
    let stop = |visits, _: usize, _: &u8| if visits < 9 { FoldWhile::Continue(visits + 1) } else { FoldWhile::Done(9) };
    assert_eq!(Zip::indexed(&line).fold_while(0, stop).into_inner(), 9);

    let mut zip = Zip::indexed(&line).and(&line);
    let mut left = most;
    while zip.size() > 1 {
        let (first, second) = zip.split();
        assert_eq!(first.size() + second.size(), left);
        left = second.size();
        zip = second;
    }
    assert!(zip.all(|at, &a, _| at == most - 1 && a == 7));

    let mut zip = Zip::indexed(&square).and(&square);
    assert_eq!(zip.size(), half * half);
    while zip.size() > 1 {
        zip = zip.split().1;
    }
    assert!(zip.all(|at, &a, _| at == (half - 1, half - 1) && a == 7));
    assert!(!Zip::from(&square).and(&square).all(|a, b| a != b));

    let nothing = Array2::<()>::from_elem((most, 0), ());
    assert_eq!(Zip::from(&nothing).fold(0, |count, ()| count + 1), 0);
    let units = Array2::<()>::from_shape_vec((1, 1), vec![()]).expect("one cell");
    let units = units.broadcast((most, 1)).expect("within ndarray's limits");
    assert_eq!(Zip::from(units).and(units).size(), most);
}

// Known trap: element counts that wrap. Indices alone have no memory to limit their number.
#[test]
fn more_indices_than_can_be_counted_are_refused() {
    let half = 1_usize << (usize::BITS / 2 - 1);
    assert_eq!(Zip::from(indices((half, half))).size(), half * half);
    for shape in [(2 * half, half), (2 * half, 2 * half), (usize::MAX, 1), (usize::MAX, 0), (usize::MAX, usize::MAX)] {
        let message = *catch_unwind(|| Zip::from(indices(shape)).size()).unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains("more than isize::MAX"), "{message}");
    }
}

#[test]
fn indices_go_with_the_order_of_the_other_operands() {
    let mut visits = Vec::new();
    Zip::from(indices((4, 3))).for_each(|at| visits.push(at));
    assert!(visits.is_sorted() && visits.len() == 12);
    // A part of a column-major array is the weakest vote against row-major order.
    let stored = Array2::<u8>::zeros((5, 3).f());
    let mut visits = Vec::new();
    Zip::from(stored.slice(s![1.., ..])).and(indices((4, 3))).for_each(|_, at| visits.push(at));
    assert!(visits.is_sorted_by_key(|&(i, j)| (j, i)) && visits.len() == 12);
}

// Known trap: negative strides, contiguity with negative strides (#885): reversed in every axis is
// not contiguous.
#[test]
fn reversed_operands_are_walked_over_the_right_cells() {
    let forwards = Array::from_shape_fn((2, 3, 4), |(i, j, k)| 100 * i + 10 * j + k);
    let mut backwards = forwards.clone();
    for axis in 0..3 {
        backwards.invert_axis(Axis(axis));
    }
    let mut sum = Array::zeros((2, 3, 4));
    azip!((sum in &mut sum, &a in &forwards, &b in &backwards) *sum = a + b);
    assert!(sum.iter().all(|&sum| sum == 123));
    azip!((sum in &mut sum, &b in &backwards) *sum = b);
    assert_eq!(sum, backwards);
}

#[test]
fn azip_has_the_syntax_and_meaning_of_ndarrays_azip() {
    for_all(cases::<Ix2>(), |case| {
        let [b, c] = case.stored::<Ix2>();
        let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
        let (ours, theirs) = both_azips!(azip => {
            let mut stored: Array2<usize> = case.mutable.stored(&case.shape, |k| k);
            let mut a = case.mutable.view_mut(&case.shape, &mut stored);
            let mut order = Vec::new();
            azip!((a in &mut a) *a += 1);
            azip!((a in &mut a, &b in &b) *a += b);
            azip!((a in &mut a, b in &b, &c in &c,) { *a += b * c });
            azip!((index (i, j), a in &mut a) *a += 10 * i + j);
            azip!((index at, a in &mut a, mut b in b.view(), &_ in &c) {
                if at.0 > at.1 {
                    return;
                }
                if *b == 0 {
                    b = &1;
                }
                order.push(*b);
                *a += *b;
            });
            azip!((index (i, _), a in a.view_mut(), &(mut b) in b,) {
                b += i;
                *a ^= b;
            });
            azip!(b, &c).for_each(|&b, &c| order.push(b ^ c));
            azip!((_ in &b) {});
            (stored, order)
        });
        prop_assert_eq!(ours, theirs);
        Ok(())
    });
}

#[test]
fn azip_accepts_destructuring_patterns() {
    struct Point {
        x: i32,
        y: i32,
    }
    let (ours, theirs) = both_azips!(azip => {
        let pairs = array![(1, 2.5), (3, 4.5)];
        let mut points = vec![Point { x: 1, y: 2 }, Point { x: 3, y: 4 }];
        let mut out = [0; 2];
        azip!((&(n, f) in &pairs, Point { x, y: height } in &mut points, out in &mut out[..]) {
            *x += n;
            *out = *x * *height + i32::from(f > 3.0);
        });
        (out, points.iter().map(|point| (point.x, point.y)).collect::<Vec<_>>())
    });
    assert_eq!(ours, theirs);
}

#[test]
fn azip_evaluates_operands_once_and_in_order() {
    let (ours, theirs) = both_azips!(azip => {
        let order = std::cell::RefCell::new(Vec::new());
        let operand = |name| {
            order.borrow_mut().push(name);
            Array2::<i32>::ones((2, 2))
        };
        let mut sum = 0;
        azip!((&a in &operand("a"), b in &mut operand("b"), &c in &operand("c")) sum += a + *b + c);
        (order.into_inner(), sum)
    });
    assert_eq!(ours, (vec!["a", "b", "c"], 12));
    assert_eq!(ours, theirs);
}
