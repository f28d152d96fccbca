//! `index` and `unordered` are keywords at the start of a walk. Everywhere else they are ordinary
//! names.
//!
//! See ndarray's pull requests 330 and 722, where a contextual keyword claimed part of an
//! expression.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "indices of a few cells become elements, in bodies as users write them"
)]

use ndarray::{ArrayView1, ArrayView2};

use super::*;

/// Runs a block with every macro under the name `azip`, including ndarray's, and returns the
/// value that all agree on.
macro_rules! with_every {
    ($block:block) => {{
        let ours = with_all!($block);
        #[cfg(feature = "rayon")]
        {
            let theirs = {
                use ndarray::parallel::par_azip as azip;
                $block
            };
            assert_eq!(theirs, ours, "ndarray::parallel::par_azip! differs from azip!");
            let parallel = {
                use ndarray_lockstep::par_azip as azip;
                $block
            };
            assert_eq!(parallel, ours, "par_azip! differs from azip!");
        }
        ours
    }};
}

/// Runs a block with every macro of this crate under the name `azip`, and returns the value
/// that all agree on.
macro_rules! with_ours {
    ($block:block) => {{
        let ours = {
            use ndarray_lockstep::azip;
            $block
        };
        let dispatched = {
            use ndarray_lockstep::simd_azip as azip;
            $block
        };
        assert_eq!(dispatched, ours, "simd_azip! differs from azip!");
        #[cfg(feature = "rayon")]
        {
            let parallel = {
                use ndarray_lockstep::par_azip as azip;
                $block
            };
            assert_eq!(parallel, ours, "par_azip! differs from azip!");
        }
        ours
    }};
}

fn reversed(b: &Array1<i32>) -> ArrayView1<'_, i32> {
    b.slice(s![..;-1])
}

#[test]
fn functions_of_these_names_are_called() {
    fn unordered(b: &Array1<i32>) -> ArrayView1<'_, i32> {
        reversed(b)
    }
    fn index(b: &Array1<i32>) -> ArrayView1<'_, i32> {
        reversed(b)
    }
    let b = array![1, 2, 3];
    let found = with_every!({
        let mut a = Array1::<i32>::zeros(3);
        azip!((a in &mut a, &x in unordered(&b), &y in index(&b), &z in &b) *a = 100 * x + 10 * y + z);
        azip!((index i, a in &mut a, &x in unordered(&b)) *a += 1000 * x * i as i32);
        let alone =
            [azip!(unordered(&b)).fold(0, |sum, x| sum * 10 + x), azip!(index(&b)).fold(0, |sum, x| sum * 10 + x)];
        let pairs = [
            azip!(unordered(&b), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(index(&b), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(&b, unordered(&b)).fold(0, |sum, x, y| sum + x * y),
            azip!(&b, index(&b),).fold(0, |sum, x, y| sum + x * y),
        ];
        let triple = azip!(index(&b), unordered(&b), &b,).fold(0, |sum, x, y, z| sum + x * y * z);
        (a, alone, pairs, triple)
    });
    assert_eq!(found, (array![331, 222 + 2000, 113 + 2000], [321, 321], [10; 4], 9 + 8 + 3));
}

#[test]
#[allow(unused_parens)]
fn what_is_done_with_their_result_belongs_to_the_operand() {
    fn unordered<T>(x: T) -> T {
        x
    }
    fn index<T>(x: T) -> T {
        x
    }
    struct Held {
        b: Array1<i32>,
    }
    let (b, held) = (array![1, 2, 3], Held { b: array![1, 2, 3] });
    let tables = [&b];
    let sums = with_every!({
        [
            azip!(unordered(&b).slice(s![..;-1]), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(index(&b).slice(s![..;-1]), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered(&held).b.view(), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered(tables)[0], &b).fold(0, |sum, x, y| sum + x * y),
            azip!(index(tables)[0], &b).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered(Some(&b)).unwrap(), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered(|| &b)(), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered((&b)), &b).fold(0, |sum, x, y| sum + x * y),
        ]
    });
    assert_eq!(sums, [10, 10, 14, 14, 14, 14, 14, 14]);
}

#[test]
fn their_arguments_are_any_expressions() {
    fn unordered<T>(x: T) -> T {
        x
    }
    let (b, i) = (array![1, 2, 3], 0);
    let tables = [array![[0, 0, 0], [1, 2, 3]]];
    // None of these is a pattern, though some begin like one. The last ones contain an `in`.
    let sums = with_every!({
        [
            azip!(unordered(&(&b + &b)), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered(&-&b), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered(&tables[i].row(i + 1)), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered(if i == 0 { &b } else { unreachable!() }), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(
                unordered(match i {
                    0 => b.view(),
                    _ => unreachable!(),
                }),
                &b
            )
            .fold(0, |sum, x, y| sum + x * y),
            azip!(
                unordered({
                    let mut n = i;
                    for k in 0..2 {
                        n += k
                    }
                    tables[0].row(n)
                }),
                &b
            )
            .fold(0, |sum, x, y| sum + x * y),
            azip!(unordered(|| for _k in 0..2 {}).then(|| &b), &b).fold(0, |sum, x, y| sum + x * y),
        ]
    });
    assert_eq!(sums, [28, -14, 14, 14, 14, 14, 14]);
}

trait Then: FnOnce() + Sized {
    fn then<T>(self, value: impl FnOnce() -> T) -> T {
        self();
        value()
    }
}
impl<F: FnOnce()> Then for F {}

#[test]
fn paths_methods_macros_and_tuple_structs_of_these_names_are_what_they_are() {
    mod unordered {
        pub(super) fn unordered(b: &ndarray::Array1<i32>) -> ndarray::ArrayView1<'_, i32> {
            super::reversed(b)
        }
    }
    mod index {
        pub(super) use super::reversed as index;
    }
    macro_rules! unordered {
        ($b:expr) => {
            unordered::unordered($b)
        };
    }
    macro_rules! index {
        ($b:expr) => {
            index::index($b)
        };
    }
    let b = array![1, 2, 3];
    let sums = with_every!({
        [
            azip!(unordered::unordered(&b), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(index::index(&b), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(self::contextual_words_root::unordered(&b), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered!(&b), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(index![&b], &b).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered! { &b }, &b).fold(0, |sum, x, y| sum + x * y),
            azip!((unordered!(&b)), (index!(&b))).fold(0, |sum, x, y| sum + x * y) - 4,
        ]
    });
    assert_eq!(sums, [10; 7]);
}

#[derive(Clone, Copy)]
struct Wrapped<T>(T);

mod contextual_words_root {
    pub(super) use super::reversed as unordered;
}

#[test]
fn tuple_structs_and_constants_of_these_names_are_patterns() {
    #[allow(non_camel_case_types)]
    #[derive(Clone, Copy)]
    struct unordered(i32);
    let b = array![unordered(1), unordered(2)];
    let sums = with_every!({
        let mut a = array![10, 20];
        azip!((&unordered(n) in &b, a in &mut a) *a += n);
        azip!((a in &mut a, &unordered(n) in &b) *a += n);
        azip!((index _, &unordered(n) in &b, a in &mut a) *a += n);
        a
    });
    assert_eq!(sums, array![13, 26]);
}

#[test]
fn variables_and_closures_of_these_names_are_operands() {
    let b = array![1, 2, 3];
    let sums = with_every!({
        let mut a = Array1::<i32>::zeros(3);
        let (unordered, index) = (reversed(&b), &b);
        azip!((a in &mut a, &x in unordered, &y in index) *a += x * y);
        azip!((index i, a in &mut a, &y in index) *a += 10 * y * i as i32);
        let by_name = [
            azip!(&unordered, index).fold(0, |sum, x, y| sum + x * y),
            azip!(index, &unordered).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered.view(), index.view()).fold(0, |sum, x, y| sum + x * y),
            azip!((&unordered), (index)).fold(0, |sum, x, y| sum + x * y),
            azip!(unordered).fold(0, |sum, x| sum + x) + 4,
        ];
        let (unordered, index) = (|| reversed(&b), |a: &Array1<i32>| a + 1);
        let called = [
            azip!(unordered(), &b).fold(0, |sum, x, y| sum + x * y),
            azip!(&index(&b), &b).fold(0, |sum, x, y| sum + x * y),
        ];
        (a, by_name, called)
    });
    assert_eq!(sums, (array![3, 4 + 20, 3 + 60], [10; 5], [10, 20]));
}

#[test]
fn variables_of_these_names_are_patterns() {
    let b = array![1, 2, 3];
    let found = with_every!({
        let mut a = Array1::<i32>::zeros(3);
        azip!((unordered in &mut a) *unordered += 1);
        azip!((unordered in &mut a, &index in &b) *unordered += index);
        azip!((index unordered, index in &mut a) *index += 10 * unordered as i32);
        azip!((index index, unordered in &mut a) *unordered += 100 * index as i32);
        a
    });
    assert_eq!(found, array![2, 113, 224]);
}

#[test]
fn index_may_be_the_first_pattern_which_ndarray_does_not_take() {
    let b = array![1, 2, 3];
    let found = with_ours!({
        let mut a = Array1::<i32>::zeros(3);
        azip!((index in &mut a) *index += 1);
        azip!((index in &mut a,) *index += 10);
        azip!((index in &mut a, &b in &b) { *index += b });
        a
    });
    assert_eq!(found, array![12, 13, 14]);
    let (mut a, added) = (array![1, 2, 3], 10);
    ndarray_lockstep::simd_azip!(unordered (index in &mut a) *index += added);
    ndarray_lockstep::simd_azip!(unordered (unordered in &mut a, &index in &b) *unordered += index * added);
    assert_eq!(a, array![21, 32, 43]);
}

/// ndarray tries to parse these as patterns, and fails.
#[test]
#[allow(unused_parens)]
fn an_operand_in_brackets_is_any_expression_which_ndarray_does_not_take() {
    fn index(b: &Array1<i32>) -> ArrayView1<'_, i32> {
        reversed(b)
    }
    let (b, i) = (array![1, 2, 3], 0);
    let sums = with_ours!({
        let called = [
            azip!((index(&(&b + 0))), &b).fold(0, |sum, x, y| sum + x * y),
            azip!((index(if i == 0 { &b } else { unreachable!() })), &b).fold(0, |sum, x, y| sum + x * y),
        ];
        let index = [&b, &b];
        let indexed = [
            azip!((index[i + 1]), &b).fold(0, |sum, x, y| sum + x * y),
            azip!((index[i + 1])).fold(0, |sum, x| sum + x) + 8,
            azip!((&(&b * 2)), &b,).fold(0, |sum, x, y| sum + x * y) / 2,
        ];
        (called, indexed)
    });
    assert_eq!(sums, ([10; 2], [14; 3]));
}

#[test]
fn an_unordered_walk_accepts_every_pattern_even_with_a_function_of_this_name() {
    use ndarray_lockstep::simd_azip;
    #[derive(Clone, Copy)]
    struct Pair<T> {
        x: T,
        y: T,
    }
    fn unordered(a: &mut Array2<i32>) -> ndarray::ArrayViewMut2<'_, i32> {
        a.view_mut()
    }
    let (mut a, factor) = (array![[0, 0], [0, 0]], 10);
    let pairs = Array2::from_elem((2, 2), Pair { x: 1, y: 2 });
    let wrapped = Array2::from_elem((2, 2), Wrapped(3));
    simd_azip!(unordered (&Pair { x, y } in &pairs, a in unordered(&mut a)) *a += factor * (x + y));
    simd_azip!(unordered (&self::Wrapped::<i32>(n) in &wrapped, a in &mut a) *a += factor * n);
    simd_azip!(unordered (index (i, _), &mut ref mut a in &mut a) *a += factor * i32::try_from(i).unwrap());
    simd_azip!(unordered (index ref at @ (_, j), a in unordered(&mut a)) *a += factor * (j + at.0) as i32);
    simd_azip!(unordered (Wrapped(0..) | Wrapped(_) in &wrapped, a in &mut a) *a += factor);
    assert_eq!(a, array![[70, 80], [90, 100]]);
    simd_azip!(ordered (&Pair { x, y } in &pairs, a in unordered(&mut a)) *a -= factor * (x + y));
    simd_azip!(ordered (index (i, _), &mut ref mut a in &mut a) *a -= factor * i32::try_from(i).unwrap());
    simd_azip!(ordered (index ref at @ (_, j), a in unordered(&mut a)) *a += factor * (at.0 + 3 - j) as i32 - 10 * j as i32);
    simd_azip!(ordered (Wrapped(0..) | Wrapped(_) in &wrapped, a in &mut a) *a += factor - 10);
    simd_azip!(ordered (a in &mut a, ordered in &array![[0, 20], [0, 20]]) *a += ordered);
    assert_eq!(a, array![[70, 80], [90, 100]]);
    let view: ArrayView2<'_, i32> = a.view();
    assert_eq!(simd_azip!(view, unordered(&mut array![[1, 1], [1, 1]])).fold(0, |sum, x, y| sum + x * *y), 340);
    let ordered = unordered;
    assert_eq!(simd_azip!(ordered(&mut array![[1, 1], [1, 1]]), view).fold(0, |sum, x, y| sum + *x * y), 340);
    assert_eq!(simd_azip!(ordered(&mut a)).fold(0, |sum, x| sum + *x), 340);
}
