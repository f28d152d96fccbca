//! The suite with this crate's import, and tests of the messages and lines of its panics.

#[cfg(feature = "rayon")]
use ndarray_lockstep::par_azip;
use ndarray_lockstep::{FoldWhile, Zip, azip};

#[path = "suite/mod.rs"]
mod suite;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::{Array1, Array2, array};
use ndarray_lockstep::simd_azip;

use crate::common::panics::{message_of, panic_of};

/// ndarray stops at the first operand whose shape does not match.
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
    let panic = panic_of(f);
    (panic.file, panic.line)
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
        assert!(message.starts_with(&format!("operand {number} of the Zip: ")), "{message}");
    }
}

/// Requires that this crate panics with the words of ndarray, which tests of programs match by
/// `#[should_panic(expected = "..")]`.
macro_rules! same_words {
    ($words:literal: $block:block) => {{
        let ours = message_of(|| {
            #[cfg(feature = "rayon")]
            use ndarray_lockstep::par_azip;
            use ndarray_lockstep::{Zip, azip};
            $block
        });
        assert!(ours.contains($words), "{ours}");
        // Without debug assertions ndarray leaves the shapes out.
        if cfg!(debug_assertions) || $words.contains("broadcast") {
            let theirs = message_of(|| {
                #[cfg(feature = "rayon")]
                use ndarray::parallel::par_azip;
                use ndarray::{Zip, azip};
                $block
            });
            let theirs = &theirs[theirs.find($words).unwrap_or_else(|| panic!("ndarray says: {theirs}"))..];
            assert!(ours.contains(theirs), "{ours}");
        }
    }};
}

#[test]
#[allow(unused_imports)]
fn shapes_that_differ_are_named_in_ndarrays_words() {
    let (four, five) = (Array1::<i32>::zeros(4), Array1::<i32>::zeros(5));
    let (a, b) = (Array2::<i32>::zeros((2, 3)), Array2::<i32>::zeros((3, 2)));

    same_words!("expected: [4], got: [5]": { azip!((_ in &four, _ in &five) ()) });
    same_words!("expected: [4], got: [5]": { azip!((_ in &mut four.clone(), _ in &[0; 5]) ()) });
    same_words!("expected: [4], got: [5]": { azip!((index _, _ in &four, _ in &five) ()) });
    same_words!("expected: [4], got: [5]": { azip!((_ in &four, _ in four.view(), _ in &five, _ in &four) ()) });
    same_words!("expected: [4], got: [5]": { _ = azip!(&four, &five) });
    same_words!("expected: [5], got: [4]": { _ = Zip::from(&five).and(&four) });
    same_words!("expected: [2, 3], got: [3, 2]": { azip!((_ in &a, _ in &b) ()) });
    same_words!("expected: [2, 3], got: [3, 2]": { _ = Zip::indexed(&a).and(&b) });
    same_words!("expected: [2, 3], got: [0, 3]": { _ = Zip::from(&a).and(&a).and(&Array2::<i32>::zeros((0, 3))) });
    same_words!("expected: [2, 3], got: [3, 2]": { Zip::from(&a).map_assign_into(&mut b.clone(), |a| *a) });
    same_words!("expected: [4], got: [2]": { azip!((_ in &four, _ in a.rows()) ()) });
    same_words!("expected: [2], got: [4]": { azip!((_ in a.rows(), _ in &four) ()) });
    same_words!("expected: [2], got: [4]": { azip!((index _, _ in a.rows(), _ in &four) ()) });
    same_words!("expected: [4], got: [3]": { _ = Zip::from(&four).and(a.columns()) });
    same_words!("expected: [2, 3], got: [1, 1]": { azip!((_ in &a, _ in ndarray::indices((1, 1))) ()) });
    same_words!("ndarray: could not broadcast array from shape: [4] to: [2, 3]": { _ = Zip::from(&a).and_broadcast(&four) });
    same_words!("ndarray: could not broadcast array from shape: [2, 3] to: [4]": { _ = Zip::from(&four).and_broadcast(&a) });

    let dispatched = message_of(|| simd_azip!((_ in &four, _ in &five) ()));
    assert!(dispatched.contains("Zip: Producer dimension mismatch, expected: [4], got: [5]"), "{dispatched}");
    let error = Zip::from(&four).try_and(&five).unwrap_err().to_string();
    assert_eq!(dispatched, error);

    // For dynamic dimensions ndarray prints their internal representation.
    let dynamic = message_of(|| azip!((_ in &four.clone().into_dyn(), _ in &a.clone().into_dyn()) ()));
    assert!(dynamic.contains("expected: [4], got: [2, 3]"), "{dynamic}");
}

#[cfg(feature = "rayon")]
#[test]
#[allow(unused_imports)]
fn shapes_that_differ_in_parallel_are_named_in_ndarrays_words() {
    let (four, five) = (Array1::<i32>::zeros(4), Array1::<i32>::zeros(5));
    same_words!("expected: [4], got: [5]": { par_azip!((_ in &four, _ in &five) ()) });
    same_words!("expected: [4], got: [5]": { par_azip!((index _, _ in &four, _ in &five) ()) });
    same_words!("expected: [4], got: [5]": { _ = par_azip!(&four, &five) });
    same_words!("expected: [4], got: [5]": { Zip::from(&four).and(&five).par_for_each(|_, _| ()) });
    same_words!("expected: [4], got: [5]": { Zip::from(&four).par_map_assign_into(&mut five.clone(), |a| *a) });
    same_words!("expected: [4], got: [5]": { _ = Zip::from(&four).and(&five).par_map_collect(|a, b| a + b) });
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

/// All of both preludes, and the macros and `Zip` by name. No name is ambiguous.
#[deny(warnings)]
mod beside_preludes {
    #[cfg(feature = "rayon")]
    use ndarray::parallel::prelude::*;
    use ndarray::prelude::*;
    #[cfg(feature = "rayon")]
    use ndarray_lockstep::par_azip;
    use ndarray_lockstep::prelude::*;
    use ndarray_lockstep::{Zip, azip};

    #[test]
    fn names_are_this_crates_where_they_are_imported_by_name() {
        let heat = Array2::from_shape_fn((4, 5), |(i, j)| (i * j) as f32);
        let mut next = heat.clone();
        azip!((cell in next.interior_mut::<3, 3>(), w in heat.array_windows::<3, 3>()) *cell = w.sum_of_neighbours());
        simd_azip!((cell in next.interior_mut::<3, 3>(), w in heat.array_windows::<3, 3>()) *cell -= 3. * w.center());
        assert_eq!(next, heat);
        #[cfg(feature = "rayon")]
        {
            par_azip!((cell in &mut next) *cell += 1.);
            assert_eq!((&mut next).into_par_iter().count(), 20);
        }
        let zip: ndarray_lockstep::Zip<_, Ix2> = azip!(&next);
        assert_eq!(zip.size(), Zip::from(&heat).size());
    }

    trait Neighbours {
        fn sum_of_neighbours(&self) -> f32;
    }

    impl Neighbours for Window<'_, f32, 3, 3> {
        fn sum_of_neighbours(&self) -> f32 {
            self.at(-1, 0) + self.at(1, 0) + self.at(0, -1) + self.at(0, 1)
        }
    }
}

/// All of ndarray and the whole prelude of this crate: no name is in both.
#[deny(warnings)]
#[allow(unused_imports)]
mod beside_all_of_ndarray {
    use ndarray::*;
    use ndarray_lockstep::prelude::*;

    /// The compiler reports an ambiguous name only at its use.
    mod each_name {
        use super::{
            ArrayInterior, ArrayWindows, Boundaries, Boundary, IntoOperand, Padded, Stencil, StencilSteps, Window,
            Window3d, simd_azip,
        };
    }

    #[test]
    fn the_macro_and_the_zip_are_ndarrays() {
        let zip: ndarray::Zip<_, Ix1> = azip!(&[1, 2]);
        assert_eq!(zip.size(), Zip::from(&[1, 2]).size());
    }
}

/// One import by name, together with the whole prelude of ndarray.
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
