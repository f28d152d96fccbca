//! `par_azip!` has the grammar of `azip!`.
#![cfg(feature = "rayon")]

use ndarray_lockstep::par_azip as lockstep;

use super::*;

#[test]
fn macros_modules_types_and_traits_may_have_the_names_that_the_library_uses() {
    macro_rules! azip {
        ($($tokens:tt)*) => {
            unreachable!()
        };
    }
    mod ndarray_lockstep {}
    mod rayon {}
    struct Zip;
    #[allow(dead_code)]
    trait Interferes: Sized {
        fn and<T>(self, _: T) -> Self {
            unreachable!()
        }
        fn from<T>(_: T) -> Self {
            unreachable!()
        }
        fn par_for_each<T>(self, _: T) {
            unreachable!()
        }
    }
    impl<T> Interferes for T {}

    let (mut a, b) = (Array2::from_elem((2, 3), 1), Array2::from_elem((2, 3), 10));
    lockstep!((a in &mut a, &b in &b) *a += b);
    lockstep!((index (i, _), a in &mut a,) *a += i);
    assert_eq!(a, ndarray::arr2(&[[11, 11, 11], [12, 12, 12]]));
    assert_eq!(size_of::<Zip>(), 0);
    _ = || azip!();
}

/// Only the names written out here are in scope, and nothing may be unsafe.
mod without_a_prelude {
    #![no_implicit_prelude]
    #![forbid(unsafe_code)]

    #[::std::prelude::v1::test]
    fn par_azip_needs_no_prelude_and_no_unsafe_code() {
        let mut a = ::ndarray::Array2::from_elem((2, 3), 1);
        let b = ::ndarray::Array2::from_elem((2, 3), 10);
        ::ndarray_lockstep::par_azip!((a in &mut a, &b in &b) *a += b);
        ::ndarray_lockstep::par_azip!((index (i, j), a in &mut a,) *a += i + j);
        ::std::assert!(::ndarray_lockstep::par_azip!(&a, &b).par_all(|a, b| a > b));
        ::std::assert_eq!(a.sum(), 6 * 11 + 9);
    }
}

#[test]
fn patterns_commas_bodies_and_the_index_are_those_of_ndarrays() {
    macro_rules! with_both {
        ($block:block) => {{
            let theirs = {
                use ndarray::parallel::par_azip;
                $block
            };
            let ours = {
                use ndarray_lockstep::par_azip;
                $block
            };
            assert_eq!(ours, theirs, "ndarray_lockstep::par_azip! differs from ndarray::parallel::par_azip!");
            ours
        }};
    }
    let (a, scalar) = with_both!({
        let (mut a, b, factor) = (array![[1, 2], [3, 4]], array![[10, 20], [30, 40]], 3);
        let (f, zip, first, piece, cells, most, walk, reduce) = (1, 1, 1, 1, 1, 1, 1, 1);
        par_azip!((a in &mut a,) *a += f + zip + first + piece + cells + most + walk + reduce);
        par_azip!((a in &mut a, &b in &b,) *a += factor * b);
        par_azip!((index (i, j), a in &mut a,) *a += 100 * i + 1000 * j);
        par_azip!((index at @ (i, _), ref mut a in &mut a, &(mut b) in &b,) {
            b += i + at.1;
            **a += b;
        });
        par_azip!((a in &mut a) {
            if *a > 1000 {
                return;
            }
            *a = 0;
        });
        par_azip! { (a in &mut a, _ in &b) if *a == 0 { *a = 7 } }
        let mut scalar = arr0(1);
        let () = par_azip![(index (), a in &mut scalar) *a += 1];
        par_azip!(&mut a, &b,).par_for_each(|a, b| *a += b);
        (a, scalar)
    });
    // Row 0: 7 + 10, and 2 + 8 + 60 + 1000 + 21 + 20; row 1: 7 + 30, and 4 + 8 + 120 + 1100 +
    // 42 + 40.
    assert_eq!((a, scalar), (array![[17, 1111], [37, 1314]], arr0(2)));
}

#[test]
fn generic_functions_over_storage_element_and_dimension_compile() {
    use ndarray::{ArrayBase, Data, DataMut, Dimension};
    fn add<A, S, S2, D>(a: &mut ArrayBase<S, D>, b: &ArrayBase<S2, D>)
    where
        A: Copy + std::ops::AddAssign + Send + Sync,
        S: DataMut<Elem = A>,
        S2: Data<Elem = A>,
        D: Dimension,
    {
        lockstep!((a in a, &b in b) *a += b);
    }
    let mut a = array![[1.5, 2.5], [3.5, 4.5]];
    add(&mut a, &array![[1., 2.], [3., 4.]].view());
    assert_eq!(a, array![[2.5, 4.5], [6.5, 8.5]]);
}
