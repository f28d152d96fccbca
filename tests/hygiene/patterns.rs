//! Patterns for items and for the index.

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
