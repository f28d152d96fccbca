//! Types that the compiler must infer: elements, dimensions, and closures.

use std::cell::RefCell;
use std::collections::HashMap;

use ndarray::{Array, Array1, Array2, Array3, Ix1, Ix2, array};

use super::{Zip, azip};

#[test]
fn the_type_of_elements_is_found_in_the_body() {
    let mut a = Array2::zeros((2, 2));
    azip!((a in &mut a) *a = 1.5_f32);
    assert_eq!(a.sum(), 6.);

    let mut a = Array::zeros((2, 2));
    let b = Array::ones((2, 2));
    azip!((a in &mut a, &b in &b) *a = f64::mul_add(2., b, 0.5));
    assert_eq!(a.sum(), 10.);

    let mut names = Array1::default(2);
    azip!((index i, name in &mut names) *name = format!("cell {i}"));
    assert_eq!(names, array!["cell 0", "cell 1"]);
}

#[test]
fn the_type_of_elements_is_found_behind_the_macro() {
    let (mut a, b) = (Array1::default(2), array![Some(1_u8), None]);
    azip!((a in &mut a, &b in &b) *a = b);
    let a: Array1<Option<u8>> = a;
    assert_eq!(a, b);

    let mut sums = vec![Default::default(); 2];
    azip!((sum in &mut sums, &x in &array![1.0, 2.0]) *sum = x);
    let sums: Vec<f32> = sums;
    assert_eq!(sums, [1., 2.]);
}

#[test]
fn methods_of_items_are_found_from_the_operands() {
    let (mut a, b) = (array![[1.0_f64, 4.0], [9.0, 16.0]], array![["x", "xx"], ["xxx", ""]]);
    azip!((a in &mut a, b in &b) *a = a.sqrt().max(b.len() as f64));
    assert_eq!(a, array![[1., 2.], [3., 4.]]);
    let words = array![String::from("one"), String::from("three")];
    let mut lengths = Array1::zeros(2);
    azip!((length in &mut lengths, word in &words) *length = word.chars().filter(|c| c.is_alphabetic()).count());
    assert_eq!(lengths, array![3, 5]);
}

#[test]
fn literals_take_the_type_of_the_elements() {
    let mut small = array![1_u8, 2];
    azip!((x in &mut small) *x = (*x << 2) | 1);
    assert_eq!(small, array![5, 9]);
    let mut wide = Array3::<f32>::zeros((1, 2, 2));
    azip!((index (i, j, k), x in &mut wide) *x = 0.5 * (i + j + k) as f32);
    assert_eq!(wide.sum(), 2.0);
    let mut sum = 0.;
    azip!((&x in &wide) sum += x);
    assert_eq!(sum, 2.0_f32);
}

#[test]
fn accumulators_take_their_type_from_the_body() {
    let (a, b) = (array!["a", "b", "a"], array![1, 2, 3]);
    let mut counts = HashMap::new();
    azip!((&a in &a, &b in &b) *counts.entry(a).or_insert(0) += b);
    assert_eq!((counts["a"], counts["b"]), (4, 2));

    let mut kept = Vec::new();
    azip!((index i, b in &b) kept.push((i, b)));
    assert_eq!(kept, [(0, &1), (1, &2), (2, &3)]);

    let found = RefCell::new(None);
    azip!((index i, &b in &b) if b == 2 {
        found.replace(Some(i));
    });
    assert_eq!(found.into_inner(), Some(1));
}

#[test]
fn elements_are_operands_of_operators() {
    let (mut a, b) = (array![[1, 2], [3, 4]], array![[5, 6], [7, 8]]);
    azip!((a in &mut a, b in &b) *a += b);
    azip!((a in &mut a, b in &b) *a = *a * b - b + 1);
    azip!((a in &mut a, &b in &b) *a <<= b - 5);
    assert_eq!(a, array![[26, 86], [256, 712]]);
}

#[test]
fn closures_have_the_signatures_of_ndarray() {
    // Parameters of all kinds, of functions and of closures with types.
    fn add(a: &mut f64, b: &f64) {
        *a += b;
    }
    let (mut a, b) = (array![1., 2.], array![10., 20.]);
    Zip::from(&mut a).and(&b).for_each(add);
    Zip::from(&mut a).and(&b).for_each(|a: &mut f64, b: &f64| *a += b);
    Zip::from(&mut a).for_each(|a| add(a, &1.));
    let mut kept = |a: &mut f64, &b: &f64| *a += b;
    Zip::from(&mut a).and(&b).for_each(&mut kept);
    Zip::from(&mut a).and(&b).for_each(kept);
    assert_eq!(a, array![42., 83.]);

    let mut boxed: Box<dyn FnMut(&mut f64)> = Box::new(|a| *a = -*a);
    Zip::from(&mut a).for_each(&mut boxed);
    Zip::from(&mut a).for_each(&mut *boxed);
    Zip::from(&mut a).for_each(boxed);
    assert_eq!(a, array![-42., -83.]);
}

#[test]
fn dimensions_are_found_from_the_other_operands() {
    let b = array![[1, 2], [3, 4]];
    let mut a = Array::zeros(b.raw_dim());
    azip!((a in &mut a, &b in &b) *a = b);
    assert_eq!(a, b);
    let mut c: Array<_, Ix2> = Array::default(b.dim());
    azip!((index (i, j), c in &mut c, b in &b) *c = (i, j, *b));
    assert_eq!(c[[1, 0]], (1, 0, 3));
}

#[test]
fn types_are_named_where_the_caller_names_them() {
    let (mut a, b) = (array![1, 2], array![10, 20]);
    Zip::from(&mut a).and::<&Array1<i32>>(&b).for_each(|a, b| *a += b);
    assert_eq!(Zip::from(&a).map_collect::<f64>(|&a| a.into()), array![11., 22.]);
    assert_eq!(Zip::from(&a).and(&b).map_collect::<Option<_>>(|a, b| a.checked_sub(*b)), array![Some(1), Some(2)]);
    assert_eq!(Zip::from(&a).fold::<_, i64>(0, |sum, &a| sum + i64::from(a)), 33);
    Zip::from(&b).map_assign_into::<i32, &mut Array1<i32>>(&mut a, |b| b + 1);
    assert_eq!(a, array![11, 21]);
    let zip: Zip<_, Ix1> = Zip::from(&a);
    let zip: Zip<(_, _), _> = zip.and(&b);
    assert_eq!(zip.size(), 2);
}

#[test]
fn methods_are_function_values() {
    let (a, b) = (array![1, 2], array![10, 20, 30]);
    let sizes: Vec<_> = [a.view(), b.view()].into_iter().map(Zip::from).map(|zip| zip.size()).collect();
    assert_eq!(sizes, [2, 3]);
    let sums = [&a, &b].map(Zip::indexed).map(|zip| zip.fold(0, |sum, i, &x| sum + i * x));
    assert_eq!(sums, [2, 80]);
}

#[test]
fn the_type_of_an_operand_is_found_behind_the_macro() {
    let (a, mut kept) = (array![1, 2], Vec::new());
    let mut keep = |operand| azip!((x in operand) kept.push(x));
    keep(&a);
    keep(&a);
    assert_eq!(kept, [&1, &2, &1, &2]);
}

#[test]
fn the_fold_of_ndarray_is_the_fold_of_the_zip() {
    let result: ndarray::FoldWhile<i32> = Zip::from(&array![1, 2]).fold_while(0, |_, &a| ndarray::FoldWhile::Done(a));
    assert_eq!(result.into_inner(), 1);
}
