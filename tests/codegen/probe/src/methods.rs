//! Every method that walks, over every kind of operand. The check requires that all of this is
//! marked for inlining.

use std::hint::black_box;

use ndarray::{Array2, FoldWhile};
use ndarray_lockstep::{ArrayWindows, Zip, azip};

use crate::bodies;

#[inline(never)]
fn fold(a: &Array2<f32>, b: &Array2<f32>) -> f32 {
    Zip::from(a).and(b).fold(0.0, |sum, a, b| sum + a * b)
}

#[inline(never)]
fn fold_while(a: &Array2<f32>, b: &Array2<f32>) -> Option<(usize, usize)> {
    let found = Zip::indexed(a)
        .and(b)
        .fold_while(None, |_, at, a, b| if a > b { FoldWhile::Done(Some(at)) } else { FoldWhile::Continue(None) });
    found.into_inner()
}

#[inline(never)]
fn all_and_any(a: &Array2<f32>, b: &Array2<f32>) -> bool {
    Zip::from(a).and(b).all(|a, b| a < b) || Zip::from(a).and(b).any(|a, b| a > b)
}

#[inline(never)]
fn rows(a: &mut Array2<f32>, b: &Array2<f32>) -> bool {
    let windows = b.array_windows::<1, 1>();
    Zip::indexed(a).and(b).and(windows).for_each_row(|_, a, b, [w]| a[0] += b[0] + w[0]).is_ok()
}

#[inline(never)]
fn iterator(a: &mut Array2<f32>, b: &Array2<f32>) -> f32 {
    for (at, a, &b) in Zip::indexed(&mut *a).and(b) {
        *a += b * at.1 as f32;
    }
    let mut sum = Zip::from(&*a).and(b).into_iter().fold(0.0, |sum, (a, b)| sum + a * b);
    let mut backwards = Zip::from(&*a).and(b).into_iter();
    while let Some((a, b)) = backwards.next_back() {
        sum += a * b;
    }
    sum
}

#[inline(never)]
fn operands(a: &mut [f32], b: &[f32], c: &[f32; 64], all: &mut Array2<f32>) {
    azip!((a in a, &b in b, &c in c) *a += b * c);
    Zip::from(all).and_broadcast(c).for_each(|a, &c| *a += c);
}

pub fn use_all() {
    let (mut a, b) = (bodies::array(), bodies::array());
    black_box(fold(&a, &b));
    black_box(fold_while(&a, &b));
    black_box(all_and_any(&a, &b));
    black_box(rows(&mut a, &b));
    black_box(iterator(&mut a, &b));
    operands(black_box(&mut [1.0; 64]), black_box(&[1.0; 64]), black_box(&[1.0; 64]), &mut a);
}
