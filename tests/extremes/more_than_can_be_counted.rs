//! More cells than an array may have: slices and indices of such a shape are refused, and the error
//! gives the number of the operand.

use super::*;

static TOO_LONG: [(); usize::MAX] = [(); usize::MAX];

#[test]
fn a_slice_longer_than_any_array_is_refused_as_the_first_operand() {
    let by_number = |operand, len| {
        format!(
            "operand {operand} of the zip has shape [{len}], which is too large for any array: the lengths other than 0 \
             multiply to more than isize::MAX"
        )
    };
    let (mut array, mut vec) = ([(); usize::MAX], Vec::from([(); usize::MAX]));
    let first = by_number(1, usize::MAX);
    assert_eq!(message_of(|| _ = Zip::from(&TOO_LONG)), first);
    assert_eq!(message_of(|| _ = Zip::from(&TOO_LONG[..])), first);
    assert_eq!(message_of(|| _ = Zip::from(&vec)), first);
    assert_eq!(message_of(|| _ = Zip::from(&mut array)), first);
    assert_eq!(message_of(|| _ = Zip::from(&mut array[..])), first);
    assert_eq!(message_of(|| _ = Zip::from(&mut vec)), first);
    assert_eq!(message_of(|| azip!((_ in &TOO_LONG) unreachable!())), first);
    assert_eq!(message_of(|| simd_azip!((_ in &mut vec) unreachable!())), first);
    assert_eq!(message_of(|| _ = Zip::indexed(&TOO_LONG)), by_number(2, usize::MAX));
    assert_eq!(message_of(|| azip!((index _, _ in &mut array) unreachable!())), by_number(2, usize::MAX));
    // One more than the limit; and elements without a size but with an alignment.
    assert_eq!(message_of(|| _ = Zip::from(&TOO_LONG[..=MOST])), by_number(1, MOST + 1));
    assert_eq!(Zip::from(&TOO_LONG[..MOST]).size(), MOST);
    assert_eq!(message_of(|| _ = Zip::from(&[[0_u64; 0]; usize::MAX])), first);
}

#[test]
fn a_slice_longer_than_any_array_is_a_shape_error_with_other_operands() {
    let three = [(); 3];
    let error = Zip::from(&three).and(&three).try_and(&TOO_LONG).unwrap_err();
    assert_eq!((error.operand(), error.shape(), error.expected()), (3, &[usize::MAX][..], &[3][..]));
    assert_eq!(message_of(|| _ = Zip::from(&three).and(&three).and(&TOO_LONG)), error.to_string());
    let mut vec = Vec::from([(); usize::MAX]);
    assert_eq!(Zip::indexed(&three).try_and(&mut vec).unwrap_err(), error);
}

/// ndarray creates the view, so everything that it accepts compiles. No zip is that long, so the
/// slice never matches.
#[test]
fn a_slice_longer_than_any_array_is_refused_by_ndarray_where_it_is_broadcast() {
    let three = [(); 3];
    assert!(catch_unwind(|| _ = Zip::from(&three).and_broadcast(&TOO_LONG)).is_err());
    assert!(catch_unwind(|| _ = Zip::from(&three).try_and_broadcast(&TOO_LONG[..])).is_err());
    assert!(catch_unwind(|| _ = ndarray::Zip::from(&three).and_broadcast(&TOO_LONG)).is_err());
}

#[test]
fn indices_of_a_shape_larger_than_any_array_are_refused_by_number() {
    for shape in [(2 * HALF, HALF), (usize::MAX, 1), (MOST + 1, 0), (0, usize::MAX), (usize::MAX, usize::MAX)] {
        let lengths = [shape.0, shape.1];
        let named = |operand| format!("operand {operand} of the zip has shape {lengths:?}, which is too large");
        let message = message_of(|| Zip::from(indices(shape)).size());
        assert!(message.starts_with(&named(1)), "{message}");
        let message = message_of(|| Zip::indexed(indices(shape)).size());
        assert!(message.starts_with(&named(2)), "{message}");
        let message = message_of(|| azip!((_ in indices(shape)) unreachable!()));
        assert!(message.starts_with(&named(1)), "{message}");

        let a = Array2::<u8>::zeros((3, 4));
        let error = Zip::from(&a).try_and(indices(shape)).unwrap_err();
        assert_eq!((error.operand(), error.shape(), error.expected()), (2, &lengths[..], &[3, 4][..]));
        assert_eq!(message_of(|| Zip::from(&a).and(indices(shape)).size()), error.to_string());
    }
}

#[test]
fn as_many_indices_as_an_array_may_have_are_reached_at_both_ends() {
    for (rows, cols) in [(MOST, 1), (1, MOST), (HALF, HALF), (3, MOST / 3)] {
        let zip = || Zip::from(indices((rows, cols)));
        assert_eq!(zip().size(), rows * cols);
        let mut iter = zip().into_iter();
        assert_eq!(iter.next_back(), Some(((rows - 1, cols - 1),)));
        assert_eq!(iter.next(), Some(((0, 0),)));
        assert_eq!(iter.len(), rows * cols - 2);
        assert_eq!(zip().split().1.into_iter().last(), Some(((rows - 1, cols - 1),)));
        assert!(zip().and(indices((rows, cols))).any(|one, other| one == other && one != (0, 0)));
        stopped(|visit| zip().for_each(|_| visit()));
    }
    for shape in [(MOST, 0), (0, MOST), (0, 0)] {
        azip!((_ in indices(shape)) unreachable!());
        assert_eq!(Zip::from(indices(shape)).into_iter().nth_back(usize::MAX), None);
    }
}

#[test]
fn explicit_conversions_to_operands_are_refused_too() {
    for refused in [
        catch_unwind(|| _ = (&TOO_LONG).into_operand()),
        catch_unwind(|| _ = indices((usize::MAX, 2)).into_operand()),
        catch_unwind(|| _ = indices(MOST + 1).into_operand()),
    ] {
        assert!(refused.is_err());
    }
    assert_eq!(Zip::from((&UNITS).into_operand()).size(), MOST);
    assert_eq!(Zip::from(indices(MOST).into_operand()).size(), MOST);
}
