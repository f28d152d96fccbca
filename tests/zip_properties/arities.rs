//! Every number of operands, from one to nine and the index. The oracle is a loop over indices in
//! the order that the operands vote for. Where ndarray accepts as many operands, the oracle is
//! compared with it.

use super::*;

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
