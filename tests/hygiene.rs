//! `azip!` accepts what `ndarray::azip!` accepts, and means the same whatever the names around it
//! mean.
//!
//! Code that both macros accept is written once and run with both. It is odd on purpose, to reach
//! the corners of the grammar.
#![allow(clippy::style, clippy::complexity, clippy::never_loop)]

use ndarray::{Array1, Array2, arr0, array, s};

/// Runs a block with ndarray's `azip!`, with this crate's, and with `simd_azip!` under that name.
/// Returns the value that all agree on.
macro_rules! with_all {
    ($block:block) => {{
        let theirs = {
            use ndarray::azip;
            $block
        };
        let ours = {
            use ndarray_lockstep::azip;
            $block
        };
        let dispatched = {
            use ndarray_lockstep::simd_azip as azip;
            $block
        };
        assert_eq!(ours, theirs, "ndarray_lockstep::azip! differs from ndarray::azip!");
        assert_eq!(dispatched, ours, "simd_azip! differs from azip!");
        ours
    }};
}

mod names {
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
}

mod patterns {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Point {
        x: i32,
        y: i32,
    }

    /// The points (1, -1), (2, -2), (3, -3).
    fn points() -> Array1<Point> {
        (1..=3).map(|n| Point { x: n, y: -n }).collect()
    }

    #[test]
    fn references_copies_and_mutable_bindings() {
        let (a, sum) = with_all!({
            let (mut a, b, mut sum) = (array![1, 2, 3], array![10, 20, 30], 0);
            azip!((a in &mut a, &b in &b) *a += b);
            azip!((&mut a in &mut a, &(mut b) in &b) {
                b += 1;
                sum += a + b;
            });
            azip!((mut b in &b) {
                if *b > 20 {
                    b = &1000;
                }
                sum += b;
            });
            (a, sum)
        });
        assert_eq!((a, sum), (array![11, 22, 33], (66 + 63) + (10 + 20 + 1000)));
    }

    #[test]
    fn structs_tuples_arrays_and_rests_of_them() {
        let (points, sum) = with_all!({
            let mut points = points();
            let mut sum = 0;
            azip!((Point { x, y } in &mut points) std::mem::swap(x, y));
            azip!((&Point { x, .. } in &points, whole @ Point { y, .. } in &points, &mut Point { .. } in &mut points.clone()) {
                sum += x * 100 + y + whole.x;
            });
            azip!((&(a, (b, _)) in &array![(1, (2, 3)), (4, (5, 6))]) sum += a * b);
            azip!((&[first, .., last] in &vec![[1, 2, 3], [4, 5, 6]]) sum += first * last);
            azip!((std::num::Wrapping(n) in &array![std::num::Wrapping(7)]) sum += n);
            (points, sum)
        });
        assert_eq!(points[2], Point { x: -3, y: 3 });
        assert_eq!(sum, -600 + 6 - 6 + (2 + 20) + (3 + 24) + 7);
    }

    #[test]
    #[allow(unused_parens)]
    fn wildcards_refs_bindings_and_irrefutable_alternatives() {
        let sum = with_all!({
            let (a, results, mut sum) = (array![1, 2, 3], array![Ok(10), Err(20), Ok(30)], 0);
            azip!((_ in &a) sum += 1);
            azip!((&ref n in &a, ref m in &a) sum += n * **m);
            azip!((&(n @ m) in &a) sum += n * m);
            azip!((&(Ok(n) | Err(n)) in &results) sum += n);
            azip!((Ok(n) | Err(n) in &results, _ in &a) sum += n);
            sum
        });
        assert_eq!(sum, 3 + 14 + 14 + 60 + 60);
    }

    #[test]
    fn patterns_destructure_windows() {
        use ndarray_lockstep::{ArrayWindows, azip};
        let a = array![[1, 2, 3], [4, 5, 6]];
        let mut seen = Vec::new();
        azip!((index (_, j), ref w in a.array_windows::<2, 2>()) seen.push((j, w.to_array())));
        assert_eq!(seen, [(0, [[1, 2], [4, 5]]), (1, [[2, 3], [5, 6]])]);
    }

    #[test]
    fn indices_of_every_dimension() {
        with_all!({
            let (mut one, mut two) = (Array1::zeros(3), Array2::zeros((2, 3)));
            azip!((index i, a in &mut one) *a = i);
            azip!((index (i, j), a in &mut two) *a = i * 10 + j);
            azip!((index mut i, a in &mut one) {
                i += 1;
                *a += i;
            });
            azip!((index (i, _), a in &mut two,) *a += i);
            azip!((index ref ij, a in &mut two) *a += ij.0 + ij.1);
            azip!((index _, a in &mut two) *a += 1);
            azip!((index at @ (i, j), a in &mut two) assert_eq!(at, (i, j), "{a}"));
            let mut scalar = arr0(1);
            azip!((index (), a in &mut scalar) *a += 1);
            let mut three = ndarray::Array3::zeros((2, 2, 2));
            azip!((index (i, j, k), a in &mut three) *a = i * 100 + j * 10 + k);
            (one, two, scalar, three)
        });
    }

    #[test]
    fn indices_of_a_dynamic_dimension_which_ndarray_does_not_take() {
        let mut dynamic = array![[1, 2], [3, 4]].into_dyn();
        ndarray_lockstep::azip!((index at, a in &mut dynamic) *a += at[0] * 100 + at[1] * 10);
        assert_eq!(dynamic, array![[1, 12], [103, 114]].into_dyn());
    }

    #[test]
    #[allow(unused_parens)]
    fn index_is_an_ordinary_name_wherever_it_does_not_come_first() {
        let sum = with_all!({
            let (a, mut sum) = (array![1, 2, 3], 0);
            azip!((&x in &a, index in &a) sum += x * index);
            azip!((index index, &x in &a) sum += x * index);
            azip!((&index in &a) sum += index);
            azip!((mut index in &a) {
                index = if *index > 2 { &10 } else { index };
                sum += index;
            });
            azip!(((index) in &a) sum += index);
            let index = &a;
            azip!((&x in index) sum += x);
            azip!((index i, &x in index) sum += x + i);
            _ = azip!(index, (index));
            sum
        });
        assert_eq!(sum, 14 + (2 + 6) + 6 + (1 + 2 + 10) + 6 + 6 + (6 + 3));
    }
}

mod operands {
    use super::*;

    #[test]
    fn any_expression_may_be_an_operand() {
        struct Field {
            u: [Array2<i32>; 2],
        }
        impl Field {
            fn both(&mut self) -> (&mut Array2<i32>, &Array2<i32>) {
                let [first, second] = &mut self.u;
                (first, second)
            }
        }
        let (field, sum) = with_all!({
            let mut field = Field { u: [Array2::zeros((2, 2)), array![[1, 2], [3, 4]]] };
            let (ones, tens, hundreds) =
                (array![[3, 4], [1, 2]], array![[10, 30], [20, 40]], array![[100, 200], [300, 400]]);
            let upside_down = true;
            let step = || 1;
            let mut sum = 0;
            azip!((
                a in field.u[0].view_mut(),
                &b in {
                    let turned = tens.t();
                    turned
                },
                &c in if upside_down { &ones } else { &tens }.slice(s![..;-1, ..]),
                &d in match step() {
                    1 => &hundreds,
                    _ => unreachable!(),
                },
                &e in (|| ndarray::aview2(&[[1, 1], [1, 1]]))(),
                &f in loop { break ndarray::aview2(&[[0, 0], [0, 0]]) },
            ) {
                *a = b + c + d;
                sum += e + f;
            });
            let (to, from) = field.both();
            azip!((to in to, &from in from) *to += 1000 * from);
            azip!((a in &mut field.u[0].column_mut(0), &n in &[1, 2]) *a -= n);
            azip!((a in &mut field.u[0].as_slice_mut().unwrap()[1..]) *a += 5);
            (field.u, sum)
        });
        assert_eq!(field[0], array![[1110, 2227], [3336, 4449]]);
        assert_eq!(sum, 4);
    }

    #[test]
    fn a_reference_is_an_operand_under_its_own_name() {
        fn multiply(a: &mut Array2<i32>, b: &Array2<i32>) {
            ndarray_lockstep::azip!((a in a, &b in b) *a *= b);
        }
        fn multiply_views(a: ndarray::ArrayViewMut2<'_, i32>, b: ndarray::ArrayView2<'_, i32>) {
            ndarray_lockstep::azip!((a in a, &b in b, &c in b) *a *= b * c);
        }
        fn multiply_refs(a: &mut ndarray::ArrayRef2<i32>, b: &ndarray::ArrayRef2<i32>) {
            ndarray_lockstep::azip!((a in &mut *a, &b in b) *a *= b);
            ndarray_lockstep::azip!((a in a, &b in b) *a *= b);
        }
        let (mut a, b) = (array![[1, 2], [3, 4]], array![[1, 2], [2, 1]]);
        multiply(&mut a, &b);
        multiply_views(a.view_mut(), b.view());
        multiply_refs(&mut a, &b);
        assert_eq!(a, array![[1, 64], [96, 4]]);
    }

    #[test]
    fn generic_functions_over_storage_element_and_dimension_compile_as_with_ndarray() {
        use ndarray::{ArrayBase, Data, DataMut, Dimension};
        macro_rules! add_with {
            ($name:ident, $azip:path) => {
                fn $name<A, S, S2, D>(a: &mut ArrayBase<S, D>, b: &ArrayBase<S2, D>)
                where
                    A: Copy + std::ops::AddAssign,
                    S: DataMut<Elem = A>,
                    S2: Data<Elem = A>,
                    D: Dimension,
                {
                    use $azip as azip;
                    azip!((a in a, &b in b) *a += b);
                }
            };
        }
        add_with!(add, ndarray_lockstep::azip);
        add_with!(add_by_ndarray, ndarray::azip);
        let mut a = array![[1.5, 2.5], [3.5, 4.5]];
        let mut b = a.clone();
        add(&mut a, &array![[1., 2.], [3., 4.]].view());
        add_by_ndarray(&mut b, &array![[1., 2.], [3., 4.]].view());
        assert_eq!((&a, a[[1, 1]]), (&b, 8.5));
    }

    #[test]
    fn operands_are_evaluated_once_and_in_order_before_the_first_cell() {
        let log = with_all!({
            let (a, mut b) = (array![1, 2], array![3, 4]);
            let log = std::cell::RefCell::new(Vec::new());
            let logged = |name| log.borrow_mut().push(name);
            azip!((
                index _,
                _ in { logged("first"); &a },
                _ in { logged("second"); &mut b },
                _ in { logged("third"); a.view() },
            ) logged("cell"));
            _ = azip!(
                {
                    logged("fourth");
                    &a
                },
                {
                    logged("fifth");
                    &a
                }
            );
            log.into_inner()
        });
        assert_eq!(log, ["first", "second", "third", "cell", "cell", "fourth", "fifth"]);
    }

    #[test]
    fn temporaries_live_until_the_walk_is_over() {
        let sum = with_all!({
            let mut sum = 0;
            azip!((&a in &Array1::from_iter(1..4), &b in Array1::from_elem(3, 2).view(), &c in &vec![1, 1, 1]) sum += a * b + c);
            sum
        });
        assert_eq!(sum, 15);
    }

    #[test]
    fn the_question_mark_in_an_operand_leaves_the_function() {
        fn first_row(a: Option<&Array2<i32>>) -> Option<i32> {
            let mut sum = 0;
            ndarray_lockstep::azip!((&x in a?.rows().into_iter().next()?) sum += x);
            Some(sum)
        }
        assert_eq!(first_row(Some(&array![[1, 2], [3, 4]])), Some(3));
        assert_eq!(first_row(Some(&Array2::zeros((0, 2)))), None);
        assert_eq!(first_row(None), None);
    }

    #[test]
    fn nine_operands_and_the_index_fit() {
        let mut a = array![[0, 0], [0, 0]];
        let b = array![[1, 2], [3, 4]];
        ndarray_lockstep::azip!((
            index (i, j), a in &mut a,
            &b in &b, &c in &b, &d in &b, &e in &b, &f in &b, &g in &b, &h in &b, &k in &b,
        ) *a = b + c + d + e + f + g + h + k + i * 100 + j * 1000);
        assert_eq!(a, array![[8, 1016], [124, 1132]]);
    }
}

mod bodies {
    use super::*;

    #[test]
    fn return_ends_the_cell_and_not_the_function() {
        fn positive(a: &mut Array2<i32>) -> &'static str {
            ndarray_lockstep::azip!((a in a) {
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
        let sum = with_all!({
            let mut sum = 0;
            azip!((index (i, j), &a in &a) {
                if i == j {
                    return sum += 100;
                }
                sum += a;
            });
            sum
        });
        assert_eq!(sum, 205);
    }

    #[test]
    fn a_body_is_any_expression() {
        let (a, sum, text) = with_all!({
            let (mut a, b) = (array![1, 2, 3], array![10, 20, 30]);
            let (mut sum, mut text) = (0, String::new());
            azip!((a in &mut a) *a += 1);
            azip!((a in &mut a, &b in &b) if b > 10 { *a += b });
            azip!((a in &mut a) match *a {
                2 => *a = 1,
                _ => {}
            });
            azip!((&a in &a, &b in &b) for n in 0..b { sum += if n > a { break } else { 1 } });
            azip!((&b in &b) { 'outer: loop { loop { sum += b; break 'outer; } } });
            azip!((&a in &a) text.push_str(&a.to_string()));
            azip!((&a in &a) { text += if a > 1 { "!" } else { "?" } });
            azip!((&a in &a) assert!(a > 0, "a macro call"));
            azip!((_ in &a) ());
            azip!((_ in &a) {});
            azip!((&a in &a) (|n: i32| sum += n)(a));
            (a, sum, text)
        });
        assert_eq!(a, array![1, 23, 34]);
        assert_eq!(sum, (2 + 20 + 30) + 60 + 58);
        assert_eq!(text, "12334?!!");
    }

    #[test]
    fn a_body_changes_what_it_captures() {
        let (count, last) = with_all!({
            let (mut count, mut last) = (0, None);
            azip!((index i, &a in &array![5, 6, 7]) {
                count += 1;
                last.replace((i, a));
            });
            (count, last)
        });
        assert_eq!((count, last), (3, Some((2, 7))));
    }

    #[test]
    fn the_macro_is_an_expression_and_a_statement_in_any_brackets_and_with_attributes() {
        let a = with_all!({
            let mut a = array![1, 2, 3];
            let () = azip!((a in &mut a) *a += 1);
            azip! { (a in &mut a) *a *= 2 }
            azip![(a in &mut a) *a += 1];
            #[rustfmt::skip]
            azip!((   a   in&mut a)*a+=1);
            #[allow(unused_variables)]
            {
                azip!((unused in &mut a) {});
            }
            #[cfg(any())]
            azip!(what does not stand here);
            if a.len() == 3 {
                azip!((a in &mut a) *a += 1)
            } else {
                unreachable!()
            }
            azip!((a in &mut a) {
                #[cfg(any())]
                unreachable!();
                #[allow(clippy::let_and_return)]
                let one = { let one = 1; one };
                *a += one;
            });
            a
        });
        assert_eq!(a, array![8, 10, 12]);
    }

    #[test]
    fn bodies_may_hold_another_walk_of_either_macro() {
        let mut sums = Array2::from_elem((2, 2), 0);
        let rows = array![[1, 2], [3, 4]];
        ndarray_lockstep::azip!((sum in &mut sums) {
            ndarray::azip!((&x in &rows) *sum += x);
            ndarray_lockstep::azip!((&x in &rows) *sum += 10 * x);
        });
        assert_eq!(sums, Array2::from_elem((2, 2), 110));
    }
}

mod commas_and_the_form_without_a_body {
    use super::*;

    #[test]
    fn a_trailing_comma_is_allowed_in_every_form() {
        let a = with_all!({
            let mut a = array![1, 2];
            let b = array![10, 20];
            azip!((a in &mut a,) *a += 1);
            azip!((a in &mut a, &b in &b,) *a += b);
            azip!((index i, a in &mut a,) *a += i);
            azip!((index i, a in &mut a, &b in &b,) *a += b * i);
            azip!(&mut a,).for_each(|a| *a += 1);
            azip!(&mut a, &b,).for_each(|a, &b| *a += b);
            a
        });
        assert_eq!(a, array![23, 65]);
    }

    #[test]
    fn operands_alone_give_the_zip() {
        let sums = with_all!({
            let (a, b) = (array![1, 2, 3], array![10, 20, 30]);
            let one = azip!(&a).fold(0, |sum, a| sum + a);
            let two = azip!(&a, &b).fold(0, |sum, a, b| sum + a * b);
            let three = azip!(
                &a,
                {
                    let b = &b;
                    b
                },
                a.view()
            )
            .fold(0, |sum, a, b, c| sum + a * b * c);
            let bracketed = azip!((&a), (&b)).all(|a, b| *b == 10 * a);
            let more = azip!(&a).and(&b).any(|a, b| a == b);
            (one, two, three, bracketed, more, azip!(&a, &b).size())
        });
        assert_eq!(sums, (6, 140, 360, true, false, 3));
    }

    #[test]
    fn the_zip_of_operands_alone_is_this_crates() {
        let (mut a, b) = (array![1, 2, 3], array![10, 20, 30]);
        let zip: ndarray_lockstep::Zip<_, ndarray::Ix1> = ndarray_lockstep::azip!(&mut a, &b);
        for (a, b) in zip {
            *a += b;
        }
        assert_eq!(a, array![11, 22, 33]);
    }
}

/// `index` and `unordered` are keywords at the start of a walk. Everywhere else they are ordinary
/// names.
///
/// See ndarray's pull requests 330 and 722, where a contextual keyword claimed part of an
/// expression.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "indices of a few cells become elements, in bodies as users write them"
)]
mod contextual_words {
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
        let view: ArrayView2<'_, i32> = a.view();
        assert_eq!(simd_azip!(view, unordered(&mut array![[1, 1], [1, 1]])).fold(0, |sum, x, y| sum + x * *y), 340);
    }
}

/// `simd_azip!` has the grammar of `azip!` and one more word.
mod simd_azip {
    use super::*;
    use ndarray_lockstep::simd_azip as lockstep;

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
            fn simd_for_each<T>(self, _: T) {
                unreachable!()
            }
            fn simd_for_each_unordered<T>(self, _: T) {
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
        zip.simd_for_each(|a, b| *a += b);
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
}

/// `par_azip!` has the grammar of `azip!`.
#[cfg(feature = "rayon")]
mod par_azip {
    use super::*;
    use ndarray_lockstep::par_azip as lockstep;

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
}
