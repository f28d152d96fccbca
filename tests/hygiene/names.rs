//! Names around a call: variables, functions, types, traits, macros and a missing prelude do not
//! change what `azip!` means.

use super::*;

#[test]
fn variables_of_any_name_stay_the_callers() {
    #[rustfmt::skip]
    let sum = with_all!({
        let (f, i, j, acc, index, zip, row, col, parts, plan, a, b, p) = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
        let (machine, first, rows, cols, side, below, s0, a0, a1, lane) = (1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        let mut items = 0;
        let array = array![[1, 2], [3, 4]];
        azip!((index (r, c), &x in &array, &y in &array) {
            items += f + i + j + acc + index + zip + row + col + parts + plan + a + b + p + r + c + x * y;
            items += machine + first + rows + cols + side + below + s0 + a0 + a1 + lane;
        });
        items
    });
    assert_eq!(sum, 4 * 101 + (1 + 4 + 9 + 16) + 4);
}

#[test]
fn a_pattern_may_have_the_name_of_its_operand_or_any_other_name() {
    let a = with_all!({
        let mut a = array![1, 2, 3];
        let b = array![10, 20, 30];
        azip!((f in &mut a, &acc in &b) *f += acc);
        azip!((a in &mut a, &b in &b) *a += b);
        azip!((b in &mut a, &a in &b) *b += a);
        a
    });
    assert_eq!(a, array![31, 62, 93]);
}

#[test]
fn functions_modules_and_types_may_have_the_names_that_the_library_uses() {
    mod core {
        pub(super) fn offset() -> i32 {
            1
        }
    }
    mod std {
        pub(super) fn offset() -> i32 {
            10
        }
    }
    mod ndarray_lockstep {}
    struct Zip;
    impl Zip {
        fn from(n: i32) -> i32 {
            n + 100
        }
    }
    fn f(n: i32) -> i32 {
        n + core::offset() + std::offset()
    }
    fn for_each(n: i32) -> i32 {
        f(n)
    }
    let mut a = array![[1, 2], [3, 4]];
    ::ndarray_lockstep::azip!((cell in &mut a) *cell = for_each(Zip::from(*cell)));
    assert_eq!(a, array![[112, 113], [114, 115]]);
    assert_eq!(size_of::<Zip>(), 0);
}

#[test]
fn traits_in_scope_whose_methods_have_the_same_names_are_not_called() {
    #[allow(dead_code)]
    trait Interferes: Sized {
        fn and<T>(self, _: T) -> Self {
            unreachable!()
        }
        fn for_each<T>(self, _: T) {
            unreachable!()
        }
        fn from<T>(_: T) -> Self {
            unreachable!()
        }
        fn indexed<T>(_: T) -> Self {
            unreachable!()
        }
        fn into_operand(self) -> Self {
            unreachable!()
        }
        fn view(self) -> Self {
            unreachable!()
        }
        fn raw_dim(self) -> Self {
            unreachable!()
        }
    }
    impl<T> Interferes for T {}

    let (mut a, b) = (Array2::from_elem((2, 3), 1), Array2::from_elem((2, 3), 10));
    ndarray_lockstep::azip!((a in &mut a, &b in &b) *a += b);
    ndarray_lockstep::azip!((index (i, _), a in &mut a, &b in &b) *a += b * i);
    assert_eq!(ndarray_lockstep::azip!(&a, &b).fold(0, |sum, a, b| sum + a + b), 6 * (1 + 10 + 10) + 3 * 10);
}

#[test]
fn a_macro_of_the_same_name_does_not_catch_the_recursion() {
    use ndarray_lockstep::azip as lockstep;
    macro_rules! azip {
        ($($tokens:tt)*) => {
            unreachable!()
        };
    }
    macro_rules! compile_error {
        ($($tokens:tt)*) => {
            unreachable!()
        };
    }
    let mut a = array![1, 2, 3];
    lockstep!((a in &mut a) *a += 1);
    lockstep!((index i, a in &mut a) *a += i);
    assert_eq!(a, array![2, 4, 6]);
    _ = (|| azip!(), || compile_error!());
}

/// Only the names written out here are in scope, and nothing may be unsafe.
mod without_a_prelude {
    #![no_implicit_prelude]
    #![forbid(unsafe_code)]

    #[::std::prelude::v1::test]
    fn azip_needs_no_prelude_and_no_unsafe_code() {
        let mut a = ::ndarray::Array2::from_elem((2, 3), 1);
        let b = ::ndarray::Array2::from_elem((2, 3), 10);
        ::ndarray_lockstep::azip!((a in &mut a, &b in &b) *a += b);
        ::ndarray_lockstep::azip!((index (i, j), a in &mut a,) *a += i + j);
        ::std::assert!(::ndarray_lockstep::azip!(&a, &b).all(|a, b| a > b));
        ::std::assert_eq!(a.sum(), 6 * 11 + 9);
    }
}

#[test]
fn azip_may_be_called_from_another_macro_with_its_names_and_the_callers() {
    macro_rules! add_scaled {
        ($to:ident, $from:ident, $factor:expr) => {{
            let factor = $factor;
            ndarray_lockstep::azip!((x in &mut $to, &y in &$from) *x += factor * y)
        }};
    }
    let (mut x, y, factor) = (array![1, 2], array![10, 20], 3);
    add_scaled!(x, y, factor + 1);
    assert_eq!(x, array![41, 82]);
}
