//! `simd_azip!` has the grammar of `azip!` and one more word.

use ndarray_lockstep::simd_azip as lockstep;

use super::*;

#[test]
fn macros_modules_types_and_traits_may_have_the_names_that_the_library_uses() {
    macro_rules! azip {
        ($($tokens:tt)*) => {
            unreachable!()
        };
    }
    macro_rules! for_level {
        ($($tokens:tt)*) => {
            unreachable!()
        };
    }
    mod ndarray_lockstep {}
    mod simd {}
    struct Zip;
    #[allow(dead_code)]
    trait Interferes: Sized {
        fn and<T>(self, _: T) -> Self {
            unreachable!()
        }
        fn from<T>(_: T) -> Self {
            unreachable!()
        }
        fn simd_for_each_ordered<T>(self, _: T) {
            unreachable!()
        }
        fn simd_for_each<T>(self, _: T) {
            unreachable!()
        }
        fn simd_for_each_in<T, U>(self, _: T, _: U) {
            unreachable!()
        }
    }
    impl<T> Interferes for T {}

    let (mut a, b) = (Array2::from_elem((2, 3), 1), Array2::from_elem((2, 3), 10));
    lockstep!((a in &mut a, &b in &b) *a += b);
    lockstep!(unordered (a in &mut a, &b in &b) *a += b);
    lockstep!(unordered (index (i, _), a in &mut a,) *a += i);
    assert_eq!(a, ndarray::arr2(&[[21, 21, 21], [22, 22, 22]]));
    assert_eq!(size_of::<Zip>(), 0);
    _ = (|| azip!(), || for_level!());
}

/// Only the names written out here are in scope, and nothing may be unsafe.
mod without_a_prelude {
    #![no_implicit_prelude]
    #![forbid(unsafe_code)]

    #[::std::prelude::v1::test]
    fn simd_azip_needs_no_prelude_and_no_unsafe_code() {
        let mut a = ::ndarray::Array2::from_elem((2, 3), 1);
        let b = ::ndarray::Array2::from_elem((2, 3), 10);
        ::ndarray_lockstep::simd_azip!((a in &mut a, &b in &b) *a += b);
        ::ndarray_lockstep::simd_azip!((index (i, j), a in &mut a,) *a += i + j);
        ::ndarray_lockstep::simd_azip!(unordered (index (i, j), a in &mut a) *a += i + j);
        ::ndarray_lockstep::simd_azip!(ordered (index _, _ in &mut a) ());
        ::std::assert!(::ndarray_lockstep::simd_azip!(&a, &b).all(|a, b| a > b));
        ::std::assert_eq!(a.sum(), 6 * 11 + 9 + 9);
    }
}

#[test]
fn unordered_is_a_keyword_and_not_a_part_of_the_body() {
    let (a, sum) = with_all!({
        let (mut a, b) = (array![1, 2, 3], array![10, 20, 30]);
        let mut sum = 0;
        azip!((&b in &b) sum += (|n: i32| -> i32 { n + 1 })(b));
        azip!((a in &mut a, f in &Array1::from_elem(3, i32::abs as fn(i32) -> i32)) *a = f(-*a));
        (a, sum)
    });
    assert_eq!((a, sum), (array![1, 2, 3], 63));

    let (mut a, factor) = (array![1, 2, 3], 10);
    lockstep!(unordered (a in &mut a) *a *= factor);
    lockstep! { unordered (a in &mut a) *a += 1 }
    lockstep![unordered(a in &mut a,) {
        if *a > 20 {
            return;
        }
        *a = -*a;
    }];
    let () = lockstep!(unordered (index i, a in &mut a) if i == 0 { *a += 1 });
    assert_eq!(a, array![-10, 21, 31]);
    let mut sum = 0;
    lockstep!(ordered (a in &mut a) sum += *a);
    lockstep! { ordered (a in &mut a) *a += 1 }
    let () = lockstep!(ordered (index i, a in &mut a) if i == 0 { sum += *a });
    assert_eq!((sum, a), (42 - 9, array![-9, 22, 32]));
}

#[test]
fn return_ends_the_cell_and_not_the_function() {
    fn positive(a: &mut Array2<i32>) -> &'static str {
        lockstep!((a in a) {
            if *a >= 0 {
                return;
            }
            *a = -*a;
        });
        "reached"
    }
    let mut a = array![[1, -2], [-3, 4]];
    assert_eq!(positive(&mut a), "reached");
    assert_eq!(a, array![[1, 2], [3, 4]]);
}

#[test]
fn patterns_commas_and_the_index_are_those_of_azip() {
    let (a, seen) = with_all!({
        let mut a = array![[1, 2], [3, 4]];
        let b = array![[10, 20], [30, 40]];
        let mut seen = Vec::new();
        azip!((a in &mut a,) *a += 1);
        azip!((a in &mut a, &b in &b,) *a += b);
        azip!((index (i, j), a in &mut a,) *a += 100 * i + 1000 * j);
        azip!((index at @ (i, _), ref mut a in &mut a, &(mut b) in &b,) {
            b += i;
            **a += b;
            seen.push((at, b));
        });
        azip!((mut a in &a, &mut n in &mut b.clone()) {
            if n == 40 {
                a = &7;
            }
            seen.push(((9, 9), *a));
        });
        let mut scalar = arr0(1);
        azip!((index (), a in &mut scalar) *a += 1);
        let mut slice = [1, 2, 3];
        azip!((a in &mut slice[1..], &b in &vec![10, 20]) *a += b);
        azip!((_ in &a) {});
        seen.push(((8, 8), scalar[()] + slice[2]));
        (a, seen)
    });
    assert_eq!(a, array![[22, 1043], [165, 1186]]);
    assert_eq!(seen.len(), 4 + 4 + 1);
}

#[test]
fn operands_alone_give_the_zip() {
    let (mut a, b) = (array![1, 2, 3], array![10, 20, 30]);
    let zip: ndarray_lockstep::Zip<_, ndarray::Ix1> = lockstep!(&mut a, &b,);
    zip.simd_for_each_ordered(|a, b| *a += b);
    assert_eq!(lockstep!(&a).simd_fold(0, |sum, a| sum + a), 66);
    assert_eq!(lockstep!((&a), { &b }, a.view()).size(), 3);
}

#[test]
fn generic_functions_over_storage_element_and_dimension_compile() {
    use ndarray::{ArrayBase, Data, DataMut, Dimension};
    fn add<A, S, S2, D>(a: &mut ArrayBase<S, D>, b: &ArrayBase<S2, D>)
    where
        A: Copy + std::ops::AddAssign,
        S: DataMut<Elem = A>,
        S2: Data<Elem = A>,
        D: Dimension,
    {
        lockstep!((a in &mut *a, &b in b) *a += b);
        lockstep!(unordered (a in a, &b in b) *a += b);
    }
    let mut a = array![[1.5, 2.5], [3.5, 4.5]];
    add(&mut a, &array![[1., 2.], [3., 4.]].view());
    assert_eq!(a, array![[3.5, 6.5], [9.5, 12.5]]);
}

#[test]
fn it_may_be_called_from_another_macro_with_its_names_and_the_callers() {
    macro_rules! add_scaled {
        ($to:ident, $from:ident, $factor:expr, $body:expr) => {{
            let factor = $factor;
            lockstep!((x in &mut $to, &y in &$from) {
                *x += factor * y;
                $body
            })
        }};
    }
    let (mut x, y, factor, mut calls) = (array![1, 2], array![10, 20], 3, 0);
    add_scaled!(x, y, factor + 1, calls += 1);
    assert_eq!((x, calls), (array![41, 82], 2));
}
