//! Operands of two shapes: broadcast as by ndarray, or refused.

use super::*;

/// Operands of random shapes. The second shape can be broadcast to the first, is equal to it, or
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
