//! Loops with one known fault each, which the checks must find.

use std::hint::black_box;

use multiversion::multiversion;
use ndarray::Array2;

use crate::bodies;

/// ndarray's loop remains a function of its own, without the instruction set of this one.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn ndarray_zip(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
    ndarray::azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
}

/// The same with ndarray's windows.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn ndarray_windows(heat: &Array2<f32>, next: &mut Array2<f32>) {
    ndarray::azip!((next in next.slice_mut(ndarray::s![1..-1, 1..-1]), w in heat.windows((3, 3))) {
        *next = w[[0, 1]] + w[[1, 0]] + w[[1, 2]] + w[[2, 1]];
    });
}

/// Our loop around a body that calls a function.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn call_in_the_body(a: &mut Array2<f32>, b: &Array2<f32>) {
    ndarray_lockstep::azip!((a in a, &b in b) *a = bodies::out_of_line(*a, b));
}

/// Our loop around a body whose index needs a bounds check.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn bounds_check_in_the_body(a: &mut Array2<f32>, table: &[f32]) {
    ndarray_lockstep::azip!((index (_, j), a in a) *a += table[j]);
}

/// Our loop around a body that divides integers.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn division_in_the_body(a: &mut Array2<usize>, b: &Array2<usize>) {
    ndarray_lockstep::azip!((a in a, &b in b) *a /= b | 1);
}

pub fn use_all() {
    let (mut a, b, c, d) = (bodies::array(), bodies::array(), bodies::array(), bodies::array());
    black_box(ndarray_zip as fn(&mut _, &_, &_, &_))(&mut a, &b, &c, &d);
    black_box(ndarray_windows as fn(&_, &mut _))(&b, &mut a);
    black_box(call_in_the_body as fn(&mut _, &_))(&mut a, &b);
    black_box(bounds_check_in_the_body as fn(&mut _, &[f32]))(&mut a, black_box(&[1.0_f32; 64][..]));
    let (mut numbers, divisors) = (bodies::array(), bodies::array());
    black_box(division_in_the_body as fn(&mut _, &_))(&mut numbers, &divisors);
}
