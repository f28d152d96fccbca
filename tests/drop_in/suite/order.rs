//! The order of visits, which sums and random numbers depend on.

use ndarray::{Array2, Array3, ArrayView2, ArrayView3, ShapeBuilder, array, s};

use super::arrays::counted;
use super::{FoldWhile, Zip, azip};

#[test]
fn one_layout_is_walked_as_it_lies() {
    let mut seen = Vec::new();
    azip!((&a in &counted((2, 3))) seen.push(a));
    assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
    seen.clear();
    azip!((&a in &counted((2, 3).f()), _ in &counted((2, 3).f())) seen.push(a));
    assert_eq!(seen, [0, 3, 1, 4, 2, 5]);
    seen.clear();
    azip!((&a in &counted((2, 3)), _ in &counted((2, 3).f())) seen.push(a));
    assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
    seen.clear();
    azip!((&a in counted((2, 3)).slice(s![..;-1, ..;-1])) seen.push(a));
    assert_eq!(seen, [5, 4, 3, 2, 1, 0]);
}

/// Views of one shape in every layout.
fn views<'a>(c: &'a Array3<i32>, f: &'a Array3<i32>) -> Vec<ArrayView3<'a, i32>> {
    let mut views = Vec::new();
    for a in [c, f] {
        for axes in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]] {
            for cut in [s![..3, ..3, ..3], s![..;-2, 1..4, ..3], s![1..4, ..;2, ..;-2]] {
                views.push(a.slice(cut).permuted_axes(axes));
            }
        }
    }
    // Every axis of both arrays has length 5, so no view of length 3 per axis is a single
    // contiguous block.
    views
}

#[test]
fn every_layout_is_walked_in_the_order_of_ndarray() {
    let (c, f) = (counted((5, 5, 5)), counted((5, 5, 5).f()));
    let views = views(&c, &f);
    let (step, step_of_b) = if cfg!(miri) { (9, 7) } else { (1, 1) };
    for (n, a) in views.iter().enumerate().step_by(step) {
        for b in views[n % step_of_b..].iter().step_by(step_of_b) {
            let (mut ours, mut ndarrays) = (Vec::new(), Vec::new());
            azip!((&a in a, &b in b) ours.push((a, b)));
            ndarray::azip!((&a in a, &b in b) ndarrays.push((a, b)));
            assert_eq!(ours, ndarrays, "{:?} {:?}", a.strides(), b.strides());
            azip!((index at, &a in a, &b in b) ours.push((a + at.0 as i32, b + at.2 as i32)));
            ndarray::azip!((index at, &a in a, &b in b) ndarrays.push((a + at.0 as i32, b + at.2 as i32)));
            assert_eq!(ours, ndarrays, "{:?} {:?}", a.strides(), b.strides());
        }
    }
}

#[test]
fn sums_of_floats_are_the_same_bit_for_bit() {
    let values = Array2::from_shape_fn((7, 9), |(i, j)| 1. / (1 + 13 * i + 7 * j) as f32);
    for a in [values.view(), values.t(), values.slice(s![..;-1, ..;2]), values.slice(s![1..5, ..]).reversed_axes()] {
        let (mut ours, mut ndarrays) = (0_f32, 0_f32);
        azip!((&x in a) ours += x);
        ndarray::azip!((&x in a) ndarrays += x);
        assert_eq!(ours.to_bits(), ndarrays.to_bits());
        let folded = Zip::from(a).and(a).fold(0_f32, |sum, x, y| sum + x * y);
        assert_eq!(folded.to_bits(), ndarray::Zip::from(a).and(a).fold(0_f32, |sum, x, y| sum + x * y).to_bits());
    }
}

/// The order of visits of every method.
fn orders(a: ArrayView2<'_, i32>, b: ArrayView2<'_, i32>) -> Vec<Vec<i32>> {
    let zip = Zip::from(a).and(b);
    let mut seen = vec![Vec::new(); 4];
    zip.clone().for_each(|&a, _| seen[0].push(a));
    zip.clone().fold((), |(), &a, _| seen[1].push(a));
    zip.clone().fold_while((), |(), &a, _| {
        seen[2].push(a);
        FoldWhile::Continue(())
    });
    zip.all(|&a, _| {
        seen[3].push(a);
        true
    });
    seen
}

#[test]
fn every_method_walks_in_one_order() {
    let (c, f) = (counted((3, 4)), counted((3, 4).f()));
    for (a, b) in
        [(c.view(), c.view()), (f.view(), f.view()), (c.view(), f.view()), (f.slice(s![..2, ..]), f.slice(s![1.., ..]))]
    {
        let orders = orders(a, b);
        assert!(orders.iter().all(|order| *order == orders[0]));
        assert_eq!(orders[0].len(), a.len());
        let mut collected = Vec::new();
        let _ = Zip::from(a).and(b).map_collect(|&a, _| collected.push(a));
        assert_eq!(collected, orders[0]);
    }
}

#[test]
fn a_body_that_stops_has_seen_what_comes_before() {
    let f = counted((3, 2).f());
    let mut seen = Vec::new();
    assert!(Zip::from(&f).any(|&a| {
        seen.push(a);
        a == 1
    }));
    assert_eq!(seen, [0, 2, 4, 1]);
    assert_eq!(f, array![[0, 1], [2, 3], [4, 5]]);
}
