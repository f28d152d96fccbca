//! Compares arrays of many short axes, which a plan walks in many small blocks, with ndarray.

use ndarray::{Array, ArrayD, ArrayViewD, Axis, AxisDescription, Dimension, IxDyn, ShapeBuilder, Slice};
use ndarray_lockstep::{Zip, azip, simd_azip};

/// Shapes with up to twelve axes, some of them of length 1 or 0.
const SHAPES: &[&[usize]] = if cfg!(miri) {
    &[&[2; 7]]
} else {
    &[
        &[2; 5],
        &[2; 6],
        &[2; 7],
        &[2; 8],
        &[2; 12],
        &[3; 7],
        &[2, 3, 2, 3, 2, 3, 2],
        &[1, 2, 1, 2, 2, 1, 2, 2, 1],
        &[2, 2, 2, 0, 2, 2, 2],
        &[4, 1, 1, 1, 1, 1, 1, 3],
    ]
};

/// Arrays of `shape` in three layouts: row-major, column-major, and row-major with reversed axes.
fn layouts(shape: &[usize]) -> Vec<ArrayD<u32>> {
    let numbered = |shape: &[usize]| {
        let mut number = 0;
        ArrayD::from_shape_simple_fn(IxDyn(shape), || {
            number += 1;
            number
        })
    };
    let whole = numbered(shape);
    let mut column_major = Array::zeros(IxDyn(shape).f());
    column_major.assign(&whole);
    let reversed: Vec<_> = shape.iter().rev().copied().collect();
    vec![whole, column_major, numbered(&reversed).reversed_axes()]
}

/// Runs a check with every pair of layouts: whole, sliced along every axis of more than two cells,
/// and inverted along every other axis.
fn for_all_pairs(check: impl Fn(ArrayViewD<'_, u32>, ArrayViewD<'_, u32>)) {
    let inverted = |view: &mut ArrayViewD<'_, u32>| {
        (0..view.ndim()).step_by(2).for_each(|axis| view.invert_axis(Axis(axis)));
    };
    for &shape in SHAPES {
        let layouts = layouts(shape);
        // Under Miri, one pair whose axes do not merge.
        let (first, second) = if cfg!(miri) { (&layouts[..1], &layouts[2..]) } else { (&layouts[..], &layouts[..]) };
        for a in first {
            for b in second {
                check(a.view(), b.view());
                let cut = |axis: AxisDescription| Slice::from(usize::from(axis.len > 2)..);
                if !cfg!(miri) {
                    check(a.slice_each_axis(cut), b.slice_each_axis(cut));
                }
                let (mut one, mut other) = (a.view(), b.view());
                inverted(&mut one);
                if !cfg!(miri) {
                    check(one.view(), b.view());
                }
                inverted(&mut other);
                check(one, other);
            }
        }
    }
}

#[test]
fn cells_are_visited_in_the_order_of_ndarray() {
    for_all_pairs(|a, b| {
        let mut expected = Vec::new();
        ndarray::Zip::from(a.view()).and(b.view()).for_each(|&a, &b| expected.push((a, b)));
        let mut found = Vec::new();
        azip!((&a in &a, &b in &b) found.push((a, b)));
        assert_eq!(found, expected, "azip!: {:?}", a.shape());
        found.clear();
        simd_azip!((&a in &a, &b in &b) found.push((a, b)));
        assert_eq!(found, expected, "simd_azip!: {:?}", a.shape());
        found.clear();
        Zip::from(&a).and(&b).for_each(|&a, &b| found.push((a, b)));
        assert_eq!(found, expected, "for_each: {:?}", a.shape());
    });
}

#[test]
fn iterators_and_rows_are_row_major() {
    for_all_pairs(|a, b| {
        let expected: Vec<_> = a.iter().zip(&b).map(|(&a, &b)| (a, b)).collect();
        let found: Vec<_> = Zip::from(&a).and(&b).into_iter().map(|(&a, &b)| (a, b)).collect();
        assert_eq!(found, expected);
        let mut rows = Vec::new();
        if Zip::from(&a).and(&b).for_each_row(|a, b| rows.extend(a.iter().copied().zip(b.iter().copied()))).is_ok() {
            assert_eq!(rows, expected);
        }
    });
}

#[test]
fn results_have_the_layout_that_ndarray_chooses() {
    for_all_pairs(|a, b| {
        let expected = ndarray::Zip::from(&a).and(&b).map_collect(|a, b| 3 * a + b);
        let found = Zip::from(&a).and(&b).map_collect(|a, b| 3 * a + b);
        assert_eq!((found.strides(), &found), (expected.strides(), &expected));
    });
}

#[test]
fn written_cells_are_those_of_the_same_index() {
    for_all_pairs(|a, b| {
        let mut expected = ArrayD::zeros(a.raw_dim());
        ndarray::azip!((x in &mut expected, &a in &a, &b in &b) *x = a + 2 * b);
        let mut reversed: Vec<_> = a.shape().to_vec();
        reversed.reverse();
        let mut found = ArrayD::zeros(IxDyn(&reversed)).reversed_axes();
        azip!((x in &mut found, &a in &a, &b in &b) *x = a + 2 * b);
        assert_eq!(found, expected);
        found.fill(0);
        simd_azip!((x in &mut found, &a in &a, &b in &b) *x = a + 2 * b);
        assert_eq!(found, expected);
    });
}

#[test]
fn indices_are_those_of_the_cells() {
    let mut numbered = Array::<_, ndarray::Ix6>::zeros((2, 2, 3, 2, 1, 2).f());
    azip!((index (i, j, k, l, m, n), x in &mut numbered) *x = ((((i * 2 + j) * 3 + k) * 2 + l) + m) * 2 + n);
    for (index, &found) in numbered.indexed_iter() {
        let (i, j, k, l, m, n) = index;
        assert_eq!(found, ((((i * 2 + j) * 3 + k) * 2 + l) + m) * 2 + n);
    }
    let mut dynamic = numbered.into_dyn();
    Zip::indexed(&mut dynamic).for_each(|index, x| *x = index.as_array_view().sum());
    for (index, &found) in dynamic.indexed_iter() {
        assert_eq!(found, index.as_array_view().sum());
    }
}
