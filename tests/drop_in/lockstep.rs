//! The suite with this crate's import, and what is said about its panics.

#[cfg(feature = "rayon")]
use ndarray_lockstep::par_azip;
use ndarray_lockstep::{FoldWhile, Zip, azip};

#[path = "suite/mod.rs"]
mod suite;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use ndarray::{Array1, Array2, array};
use ndarray_lockstep::simd_azip;

/// ndarray stops at the first operand that does not fit.
#[test]
fn every_operand_is_evaluated_before_shapes_are_compared() {
    let (a, b, mut evaluated) = (array![1, 2], array![1, 2, 3], false);
    let walk = catch_unwind(AssertUnwindSafe(|| {
        azip!((_a in &a, _b in &b, _c in {
            evaluated = true;
            &a
        }) ());
    }));
    assert!(walk.is_err() && evaluated);
}

/// The file and line of the panic of `f`.
fn place_of_panic(f: impl FnOnce()) -> (String, u32) {
    thread_local! {
        static RECORDING: Cell<bool> = const { Cell::new(false) };
        static PLACE: RefCell<Option<(String, u32)>> = const { RefCell::new(None) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if RECORDING.get() {
                let place = panic.location().map(|place| (place.file().to_owned(), place.line()));
                PLACE.set(place);
            } else {
                others(panic);
            }
        }));
    });
    RECORDING.set(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    RECORDING.set(false);
    assert!(result.is_err(), "the walk panics");
    PLACE.take().expect("a panic has a place")
}

#[test]
fn a_shape_that_differs_is_told_with_the_number_of_its_operand_whoever_walks() {
    let (a, c) = (Array2::<i32>::zeros((2, 3)), Array1::<i32>::zeros(5));
    let checks: [(usize, &dyn Fn()); 4] = [
        (2, &|| azip!((_ in &c, _ in a.columns()) ())),
        (3, &|| azip!((_ in a.rows(), _ in a.rows(), _ in &c) ())),
        (3, &|| azip!((index _, _ in a.rows(), _ in &c) ())),
        (3, &|| drop(Zip::from(&c).and(&c).and(a.rows()))),
    ];
    for (number, check) in checks {
        let panic = catch_unwind(AssertUnwindSafe(check)).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(message.starts_with(&format!("operand {number} of the zip has shape [")), "{message}");
    }
}

#[test]
#[should_panic = "add them before the split"]
fn indices_that_do_not_begin_at_zero_are_not_given_to_ndarray() {
    let a = array![[1, 2], [3, 4]];
    let (first, second) = Zip::indexed(&a).split();
    first.and(a.windows((2, 1))).for_each(|at, a, w| assert!(at.0 == 0 && w[[0, 0]] == *a));
    _ = second.and(a.windows((2, 1)));
}

#[test]
fn the_type_of_a_zip_may_be_named_where_it_is_made() {
    let a = array![[1, 2], [3, 4]];
    assert_eq!(Zip::<_, ndarray::Ix2>::from(&a).size(), 4);
    assert_eq!(Zip::<(ndarray::ArrayView2<'_, i32>,), _>::from(&a).fold(0, |sum, a| sum + a), 10);
    let zips: Vec<Zip<(ndarray::ArrayView2<'_, i32>,), ndarray::Ix2>> = [&a, &a].map(Zip::from).into();
    assert_eq!(zips.len(), 2);
}

#[test]
fn shapes_that_differ_panic_in_the_line_of_the_caller() {
    let (a, b, c) = (Array2::<i32>::zeros((2, 3)), Array2::<i32>::zeros((3, 2)), Array1::<i32>::zeros(5));
    let checks: [(u32, &dyn Fn()); 13] = [
        (line!(), &|| azip!((_ in &c, _ in a.rows()) ())),
        (line!(), &|| azip!((index _, _ in a.rows(), _ in &c) ())),
        (line!(), &|| drop(azip!(a.rows(), &c))),
        (line!(), &|| drop(Zip::from(&c).and(a.rows()))),
        (line!(), &|| drop(Zip::indexed(&a).and(b.exact_chunks((1, 1))))),
        (line!(), &|| azip!((_ in &a, _ in &b) ())),
        (line!(), &|| azip!((index _, _ in &a, _ in &a, _ in &b) ())),
        (line!(), &|| simd_azip!((_ in &a, _ in &b) ())),
        (line!(), &|| drop(azip!(&a, &b))),
        (line!(), &|| drop(Zip::from(&a).and(&b))),
        (line!(), &|| drop(Zip::indexed(&a).and(&b))),
        (line!(), &|| drop(Zip::from(&a).and_broadcast(&c))),
        (line!(), &|| Zip::from(&a).map_assign_into(&mut b.clone(), |a| *a)),
    ];
    for (line, check) in checks {
        assert_eq!(place_of_panic(check), (file!().to_owned(), line));
    }
}

#[cfg(feature = "rayon")]
#[test]
fn shapes_that_differ_panic_in_the_line_of_the_parallel_caller() {
    let (a, b) = (Array2::<i32>::zeros((2, 3)), Array2::<i32>::zeros((3, 2)));
    let checks: [(u32, &dyn Fn()); 2] = [
        (line!(), &|| par_azip!((_ in &a, _ in &b) ())),
        (line!(), &|| Zip::from(&a).par_map_assign_into(&mut b.clone(), |a| *a)),
    ];
    for (line, check) in checks {
        assert_eq!(place_of_panic(check), (file!().to_owned(), line));
    }
}

/// One import by name beside all that ndarray would have everyone import.
mod beside_globs {
    use ndarray::prelude::*;
    use ndarray_lockstep::{Zip, azip};

    #[test]
    fn the_import_by_name_is_taken() {
        let (mut a, b) = (array![[1, 2], [3, 4]], array![10, 20]);
        azip!((mut row in a.rows_mut(), &b in &b) row += b);
        azip!((index (i, j), a in &mut a) *a += (i * j) as i32);
        assert_eq!(Zip::from(&a).fold(0, |sum, a| sum + a), 71);
        let zip: ndarray_lockstep::Zip<_, Ix2> = ndarray_lockstep::azip!(&a, &a);
        assert_eq!(zip.size(), 4);
    }
}
