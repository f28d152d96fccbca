//! Expressions as operands: which are accepted, how often and in which order they are evaluated,
//! and how long their temporaries live.

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
