//! Arrays, views and slices as operands, with elements of every kind.

use std::fmt::Debug;

use ndarray::{
    ArcArray, Array, Array1, Array2, ArrayD, ArrayRef, ArrayRef1, ArrayRef2, ArrayView, ArrayView2, ArrayViewMut2,
    Axis, CowArray, Dimension, Ix2, IxDyn, ShapeBuilder, arr0, array, aview1, s,
};

use super::arrays::counted;
use super::{Zip, azip};

#[test]
fn views_are_operands_by_value_and_by_reference() {
    let (mut a, b) = (counted((2, 3)), counted((2, 3)));
    {
        let view: ArrayView2<'_, i32> = b.view();
        let mut mutable: ArrayViewMut2<'_, i32> = a.view_mut();
        azip!((a in &mut mutable, &b in &view, &c in view) *a += b + c);
        azip!((&a in &mutable, &b in &view) assert_eq!(a, 3 * b));
        azip!((a in mutable.view_mut(), &b in view.view()) *a -= b);
        azip!((a in mutable.view_mut(), &b in view.reborrow()) *a -= b);
        azip!((a in mutable, &b in view) *a *= b);
    }
    assert_eq!(a, &b * &b);
}

#[test]
fn shared_and_borrowed_arrays_are_operands() {
    let mut shared: ArcArray<i32, Ix2> = counted((2, 2)).into_shared();
    let before = shared.clone();
    let mut borrowed: CowArray<'_, i32, Ix2> = CowArray::from(before.view());
    azip!((a in &mut shared, &b in &before) *a += 10 * b);
    azip!((a in &mut borrowed, &b in &shared) *a += b);
    assert_eq!(before, counted((2, 2)));
    assert_eq!(shared, &before * 11);
    assert_eq!(borrowed, &before * 12);
    azip!((&a in &shared, &b in &borrowed) assert_eq!(12 * a, 11 * b));
}

#[test]
fn array_references_are_operands() {
    fn add(a: &mut ArrayRef2<i32>, b: &ArrayRef2<i32>, c: &ArrayRef<i32, Ix2>) {
        azip!((a in &mut *a, &b in b) *a += b);
        azip!((a in a, &b in b, &c in c) *a += b * c);
    }
    fn sum(a: &ArrayRef1<i32>) -> i32 {
        let mut sum = 0;
        azip!((&a in a) sum += a);
        sum + Zip::from(a).and(a.view()).fold(0, |sum, a, b| sum + a * b)
    }
    let (mut a, b) = (counted((2, 2)), counted((2, 2)));
    add(&mut a, &b, &b.view());
    assert_eq!(a, array![[0, 3], [8, 15]]);
    assert_eq!(sum(&a.row(1)), 23 + 64 + 225);
    let (whole, part): (&mut ArrayRef2<i32>, &ArrayRef2<i32>) = (&mut a, &b);
    azip!((a in whole, &b in part) *a -= b);
    assert_eq!(a, array![[0, 2], [6, 12]]);
}

#[test]
fn slices_vectors_and_arrays_are_operands() {
    let (mut vector, mut slice, mut array) = (vec![1, 2, 3], [10, 20, 30, 40], [100, 200, 300]);
    azip!((a in &mut vector, &b in &slice[..3], &c in &array) *a += b + c);
    azip!((a in &mut slice[1..], &b in &vector) *a += b);
    azip!((a in &mut array, &b in &vector[..], &c in aview1(&slice[1..])) *a += b + c);
    azip!((a in vector.as_mut_slice(), &b in array.as_slice()) *a -= b);
    assert_eq!(vector, [-231, -452, -673]);
    assert_eq!(slice, [10, 131, 252, 373]);
    assert_eq!(array, [342, 674, 1006]);

    let values: &[i32] = &[1, 2];
    let mut sums = array![0, 0];
    azip!((sum in &mut sums, &v in values, i in &[0_usize, 1]) *sum = v * 10 + i32::try_from(*i).unwrap());
    assert_eq!(sums, array![10, 21]);
    azip!((v in sums.as_slice_mut().unwrap(), &w in vec![5, 6].as_slice()) *v += w);
    assert_eq!(sums, array![15, 27]);
    azip!((index i, v in &mut vec![7; 3]) *v += i);
}

#[test]
fn slices_beside_arrays_of_one_dimension_that_lie_elsewhere() {
    let a = counted((4, 3));
    let (mut out, weights) = ([0; 4], vec![1, 10, 100, 1000]);
    azip!((out in &mut out, &a in a.column(1), &w in &weights, &last in a.slice(s![..;-1, 2])) *out = a * w + last);
    assert_eq!(out, [1 + 11, 40 + 8, 700 + 5, 10000 + 2]);
}

/// Adds three layouts of one array into the first one, and compares with sums computed by index.
fn check_layouts<D: Dimension + Copy>(shape: D) {
    let (row_major, column_major) = (counted(shape), counted(shape.f()));
    let mut larger = counted(shape);
    larger
        .slice_each_axis_inplace(|axis| ndarray::Slice::from(..).step_by(if axis.axis.index() == 0 { -1 } else { 1 }));
    for output in [&row_major, &column_major, &larger] {
        for [b, c] in [[&row_major, &column_major], [&column_major, &column_major], [&larger, &row_major]] {
            let mut a = output.clone();
            azip!((a in &mut a, &b in b, &c in c) *a += b + 2 * c);
            let sum = Array::from_shape_fn(shape, |at: D::Pattern| sum_at(output, b, c, at));
            assert_eq!(a, sum);
            let mut indexed = output.clone();
            azip!((index at, a in &mut indexed) *a = sum_at(output, b, c, at));
            assert_eq!(indexed, sum);
        }
    }
}

fn sum_at<D: Dimension>(a: &Array<i32, D>, b: &Array<i32, D>, c: &Array<i32, D>, at: D::Pattern) -> i32 {
    use ndarray::IntoDimension;
    let at = at.into_dimension();
    a[at.clone()] + b[at.clone()] + 2 * c[at]
}

#[test]
fn every_dimension_and_layout() {
    check_layouts(ndarray::Ix2(2, 3));
    check_layouts(ndarray::Ix2(0, 3));
    if cfg!(miri) {
        return;
    }
    check_layouts(ndarray::Ix0());
    check_layouts(ndarray::Ix1(5));
    check_layouts(ndarray::Ix2(3, 4));
    check_layouts(ndarray::Ix3(2, 3, 2));
    check_layouts(ndarray::Ix4(2, 1, 3, 2));
    check_layouts(ndarray::Ix5(2, 1, 2, 1, 2));
    check_layouts(ndarray::Ix6(1, 2, 1, 2, 1, 2));
    check_layouts(ndarray::Ix1(0));
    check_layouts(ndarray::Ix3(2, 0, 2));
}

#[test]
fn dynamic_dimensions() {
    for shape in [&[][..], &[3], &[2, 3], &[2, 1, 3], &[1, 2, 1, 2, 1, 2, 2], &[0], &[2, 0]] {
        let (b, c) = (counted(IxDyn(shape)), counted(IxDyn(shape).f()));
        let mut a = ArrayD::<i32>::zeros(shape);
        azip!((a in &mut a, &b in &b, &c in c.view()) *a = b + c);
        assert_eq!(a, &b * 2);
        assert_eq!(Zip::from(&a).and(&b).size(), shape.iter().product::<usize>());
    }
    let (mut a, b) = (counted((2, 3)).into_dyn(), counted((3, 2)).into_dyn());
    azip!((a in &mut a, &b in b.t()) *a = 10 * *a + b);
    assert_eq!(a, array![[0, 12, 24], [31, 43, 55]].into_dyn());
}

#[test]
fn no_dimension_is_one_cell() {
    let (mut a, b) = (arr0(1), arr0(10));
    azip!((a in &mut a, &b in &b) *a += b);
    azip!((index (), a in &mut a) *a += 1);
    azip!((a in a.view_mut().into_dyn(), &b in b.view().into_dyn()) *a += b);
    assert_eq!(a, arr0(22));
}

#[test]
fn empty_arrays_have_no_cells() {
    let (mut a, b) = (Array2::<i32>::zeros((3, 0)), Array2::<i32>::zeros((3, 0).f()));
    azip!((_a in &mut a, _b in &b) unreachable!());
    azip!((index _, _a in &mut a, _b in &b) unreachable!());
    azip!((_ in &Vec::<i32>::new(), _ in &[0_u8; 0]) unreachable!());
    assert_eq!(Zip::from(&a).and(&b).size(), 0);
    assert_eq!(Zip::from(&a).and(&b).fold(7, |_, _, _| unreachable!()), 7);
    assert!(Zip::from(&a).all(|_| unreachable!()));
    assert!(!Zip::from(&a).any(|_| unreachable!()));
}

#[test]
fn negative_and_large_strides() {
    let base = counted((5, 7));
    let mut out = Array2::zeros((3, 3));
    let (b, c) = (base.slice(s![..;-2, 1..;2]), base.slice(s![1..4, ..;-3]));
    azip!((out in &mut out, &b in b, &c in c) *out = b - c);
    assert_eq!(out, &b - &c);
    let mut base = base;
    azip!((a in base.slice_mut(s![..;-2, 1..;2]), &out in out.slice(s![.., ..;-1])) *a = out);
    assert_eq!(base.slice(s![..;-2, 1..;2]), out.slice(s![.., ..;-1]));
    assert_eq!(base[[1, 1]], 8);
    let mut inverted = counted(5);
    inverted.invert_axis(Axis(0));
    azip!((index i, &x in &inverted) assert_eq!(x, 4 - i32::try_from(i).unwrap()));
}

#[test]
fn broadcast_views_are_operands() {
    let (row, column, one) = (array![1, 2, 3], array![[10], [20]], arr0(100));
    let mut sum = Array2::zeros((2, 3));
    azip!((
        sum in &mut sum,
        &a in row.broadcast((2, 3)).unwrap(),
        &b in &column.broadcast((2, 3)).unwrap(),
        &c in one.broadcast((2, 3)).unwrap(),
    ) *sum = a + b + c);
    assert_eq!(sum, array![[111, 112, 113], [121, 122, 123]]);
    // The first operand gives the shape, even if it is broadcast.
    let mut seen = Vec::new();
    azip!((&a in row.broadcast((2, 3)).unwrap(), &b in &sum) seen.push(a * b));
    assert_eq!(seen, [111, 224, 339, 121, 244, 369]);
    assert_eq!(Zip::from(one.broadcast((4, 2)).unwrap()).fold(0, |sum, x| sum + x), 800);
}

#[test]
fn elements_without_a_size() {
    let (mut a, b) = (Array2::from_elem((2, 3), ()), Array2::from_elem((2, 3).f(), ()));
    let (mut cells, mut indices) = (0, Vec::new());
    azip!((a in &mut a, &b in &b) {
        *a = b;
        cells += 1;
    });
    azip!((index at, () in &a, n in &counted((2, 3))) indices.push((at, *n)));
    assert_eq!(cells, 6);
    assert_eq!(indices[4], ((1, 1), 4));
    let mut arrays = Array1::from_elem(3, [0_u64; 0]);
    azip!((x in &mut arrays, &y in &[[0_u64; 0]; 3]) *x = y);
    assert_eq!(arrays.len(), 3);
}

/// Swaps both arrays, cell by cell.
fn swapped<T: Clone + PartialEq + Debug>(mut a: Array1<T>, mut b: Array1<T>) {
    let (old_a, old_b) = (a.clone(), b.clone());
    azip!((a in &mut a, b in &mut b) std::mem::swap(a, b));
    assert_eq!((&a, &b), (&old_b, &old_a));
    azip!((a in &mut a, b in &b) a.clone_from(b));
    assert_eq!(a, b);
}

#[test]
fn elements_of_every_kind() {
    swapped(array![1_u8, 2], array![3, 4]);
    swapped(array![true, false], array![false, false]);
    swapped(array!['a', 'b'], array!['c', 'd']);
    swapped(array![1_i128, -2], array![3, 4]);
    swapped(array![f32::INFINITY, 0.], array![1., 2.]);
    swapped(array!["a", "b"], array!["c", "d"]);
    swapped(array![String::from("a"), String::new()], array![String::from("b"), String::from("c")]);
    swapped(array![vec![1], vec![]], array![vec![2, 3], vec![4]]);
    swapped(array![Box::new(1), Box::new(2)], array![Box::new(3), Box::new(4)]);
    swapped(array![Some(1), None], array![None, Some(2)]);
    swapped(array![[1; 40], [2; 40]], array![[3; 40], [4; 40]]);
    swapped(array![(), ()], array![(), ()]);
    swapped(array![array![1], array![]], array![array![2, 3], array![4]]);
}

#[test]
fn elements_of_different_kinds_together() {
    let (mut text, number, letter, flag) = (Array1::default(2), [1, 2], vec!['x', 'y'], array![true, false]);
    azip!((text in &mut text, number in &number, &letter in &letter, &flag in &flag, name in &["a", "b"]) {
        *text = format!("{number}{letter}{flag}{name}");
    });
    assert_eq!(text, array!["1xtruea", "2yfalseb"]);
}

#[test]
fn elements_are_references_and_functions() {
    let values = [1, 2];
    let references = array![&values[1], &values[0]];
    let functions: [fn(i32) -> i32; 2] = [|x| x + 1, i32::abs];
    let mut out = array![-5, -5];
    azip!((out in &mut out, &&x in &references, f in &functions) *out = x * f(*out));
    assert_eq!(out, array![-8, 5]);

    let mut slots = [0, 0];
    {
        let [first, second] = &mut slots;
        azip!((slot in &mut array![first, second], &x in &values) **slot += x);
    }
    assert_eq!(slots, values);
}

#[test]
fn mutable_operands_stand_anywhere() {
    let (mut a, mut b, c) = (array![1, 2], array![10, 20], array![100, 200]);
    azip!((&c in &c, a in &mut a, b in &mut b) {
        *a += c;
        *b += *a;
    });
    azip!((a in &a, &c in &c, b in &mut b) *b -= a + c);
    assert_eq!((a, b), (array![101, 202], array![-90, -180]));
}

#[test]
fn views_of_any_lifetime() {
    /// The larger of two cells, as references that outlive the function.
    fn larger<'a>(a: ArrayView<'a, i32, Ix2>, b: &'a Array2<i32>) -> Vec<&'a i32> {
        let mut kept = Vec::new();
        azip!((a in a, b in b) kept.push(a.max(b)));
        kept
    }
    let (a, b) = (array![[1, 20], [3, 40]], array![[10, 2], [30, 4]]);
    assert_eq!(larger(a.view(), &b), [&10, &20, &30, &40]);

    static PRIMES: [i32; 3] = [2, 3, 5];
    let mut kept: Vec<&'static i32> = Vec::new();
    azip!((p in &PRIMES) kept.push(p));
    assert_eq!(kept, [&2, &3, &5]);
}

#[test]
fn raw_dimensions_of_const_generics() {
    fn dot<const N: usize>(a: &[f64; N], b: &[f64; N], out: &mut [f64; N]) -> f64 {
        let mut sum = 0.;
        azip!((out in out, &a in a, &b in b) {
            *out = a * b;
            sum += *out;
        });
        sum
    }
    let mut products = [0.; 3];
    assert_eq!(dot(&[1., 2., 3.], &[4., 5., 6.], &mut products), 32.);
    assert_eq!(products, [4., 10., 18.]);
    assert_eq!(dot(&[], &[], &mut []), 0.);
}

#[test]
fn slices_in_boxes_and_behind_counters() {
    let (mut boxed, shared): (Box<[i32]>, std::sync::Arc<[i32]>) = (Box::new([1, 2]), [10, 20].into());
    azip!((a in &mut *boxed, &b in &*shared) *a += b);
    azip!((a in &mut boxed[..], &b in shared.as_ref()) *a += b);
    assert_eq!(*boxed, [21, 42]);
}
