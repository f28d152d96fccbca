//! The suite with ndarray's own import, which checks that its expectations hold for ndarray. Also
//! tests of features that only ndarray has.

#[cfg(feature = "rayon")]
use ndarray::parallel::par_azip;
use ndarray::{FoldWhile, Zip, azip};

#[path = "suite/mod.rs"]
mod suite;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::{Array, Dimension, IntoNdProducer, NdProducer, array};

/// `Zip`s of operands of any type. With this crate's import the macros accept these, but `Zip` does
/// not.
fn sum_of_products<'a, A, B, D>(a: A, b: B) -> f64
where
    A: IntoNdProducer<Dim = D, Item = &'a f64>,
    B: IntoNdProducer<Dim = D, Item = &'a f64>,
    D: Dimension,
{
    Zip::from(a).and(b).fold(0., |sum, a, b| sum + a * b)
}

fn kept<P: NdProducer>(producer: P) -> Array<P::Item, P::Dim> {
    Zip::from(producer).map_collect(|item| item)
}

#[test]
fn zips_of_operands_of_any_type() {
    let a = array![[1., 2.], [3., 4.]];
    assert_eq!(sum_of_products(&a, a.t()), 1. + 6. + 6. + 16.);
    assert_eq!(kept(a.rows()), array![a.row(0), a.row(1)]);
}

/// See `every_operand_is_evaluated_before_shapes_are_compared` with this crate's import.
#[test]
fn operands_behind_one_that_does_not_fit_are_not_evaluated() {
    let (a, b, mut evaluated) = (array![1, 2], array![1, 2, 3], false);
    let walk = catch_unwind(AssertUnwindSafe(|| {
        azip!((_a in &a, _b in &b, _c in {
            evaluated = true;
            &a
        }) ());
    }));
    assert!(walk.is_err() && !evaluated);
}
