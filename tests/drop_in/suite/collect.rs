//! `map_collect` and `map_assign_into`: values, shapes, and memory layouts of the results.

use std::mem::MaybeUninit;

use ndarray::{
    Array, Array1, Array2, Array3, ArrayD, ArrayView, Axis, Dimension, Ix2, IxDyn, ShapeBuilder, Slice, arr0, array, s,
};

use super::Zip;
use super::arrays::counted;

#[test]
fn maps_one_to_five_operands() {
    let a = counted((2, 2));
    assert_eq!(Zip::from(&a).map_collect(|a| a + 1), array![[1, 2], [3, 4]]);
    assert_eq!(Zip::from(&a).and(&a).map_collect(|a, b| a * b), array![[0, 1], [4, 9]]);
    assert_eq!(Zip::from(&a).and(&a).and(&a).map_collect(|a, b, c| a + b + c), &a * 3);
    assert_eq!(Zip::from(&a).and(&a).and(&a).and(&a).map_collect(|a, b, c, d| a + b + c + d), &a * 4);
    let five = Zip::from(&a).and(&a).and(&a).and(&a).and(&a).map_collect(|a, b, c, d, e| a + b + c + d + e);
    assert_eq!(five, &a * 5);
    let indexed: Array2<(usize, usize, i32)> = Zip::indexed(&a).map_collect(|(i, j), &a| (i, j, a));
    assert_eq!(indexed[[1, 0]], (1, 0, 2));
    let indexed = Zip::indexed(&a).and(&a).and(&a).and(&a).map_collect(|_, a, b, c, d| a + b + c + d);
    assert_eq!(indexed, &a * 4);
}

#[test]
fn results_may_be_of_another_type() {
    let a = array![1.5, 2.5, -1.];
    assert_eq!(Zip::from(&a).map_collect(|a| *a > 2.), array![false, true, false]);
    assert_eq!(Zip::from(&a).map_collect(|a| a.to_string()), array!["1.5", "2.5", "-1"]);
    assert_eq!(Zip::from(&a).map_collect(|_| ()), array![(), (), ()]);
    assert_eq!(Zip::from(&a).map_collect(|a| vec![*a]), array![vec![1.5], vec![2.5], vec![-1.]]);
    let references: Array1<&f64> = Zip::from(&a).and(&array![2., 2., 2.]).map_collect(|a, _| a);
    assert!(std::ptr::eq(references[1], &a[1]));
}

#[test]
fn items_may_be_changed_and_moved_into_results() {
    let mut a = array![String::from("a"), String::from("b")];
    let taken = Zip::from(&mut a).map_collect(std::mem::take);
    assert_eq!((a, taken), (array!["", ""].map(|s| s.to_string()), array!["a", "b"].map(|s| s.to_string())));
    let (mut b, mut calls) = (array![1, 2], 0);
    let kept: Array1<&mut i32> = Zip::from(&mut b).and(&[5, 6]).map_collect(|b, c| {
        calls += c;
        b
    });
    kept.into_iter().for_each(|b| *b *= 10);
    assert_eq!((b, calls), (array![10, 20], 11));
}

/// Collects the values of the first operand in a walk over all operands, and returns the strides of
/// the result.
fn strides<D: Dimension>(operands: &[ArrayView<'_, i32, D>]) -> Vec<isize> {
    let result = match operands {
        [a] => Zip::from(a).map_collect(|&a| a),
        [a, b] => Zip::from(a).and(b).map_collect(|&a, _| a),
        [a, b, c] => Zip::from(a).and(b).and(c).map_collect(|&a, _, _| a),
        _ => unreachable!(),
    };
    assert_eq!(result, operands[0]);
    result.strides().to_vec()
}

#[test]
fn one_layout_of_all_operands_is_kept() {
    let (row_major, column_major) = (counted((2, 3)), counted((2, 3).f()));
    assert_eq!(strides(&[row_major.view()]), [3, 1]);
    assert_eq!(strides(&[column_major.view()]), [1, 2]);
    assert_eq!(strides(&[row_major.view(), row_major.view(), row_major.view()]), [3, 1]);
    assert_eq!(strides(&[column_major.view(), column_major.view(), column_major.view()]), [1, 2]);
    assert_eq!(strides(&[counted((3, 2)).t()]), [1, 2]);
    assert_eq!(strides(&[counted((2, 3, 4).f()).view()]), [1, 2, 6]);
    assert_eq!(strides(&[counted((2, 3, 4)).view()]), [12, 4, 1]);
    assert_eq!(strides(&[counted((2, 3, 4)).view().permuted_axes([2, 0, 1])]), [1, 4, 8]);
}

#[test]
fn the_layout_of_most_operands_is_taken() {
    let (c, f) = (counted((2, 3)), counted((2, 3).f()));
    assert_eq!(strides(&[c.view(), f.view()]), [3, 1]);
    assert_eq!(strides(&[f.view(), c.view()]), [3, 1]);
    assert_eq!(strides(&[f.view(), f.view(), c.view()]), [1, 2]);
    assert_eq!(strides(&[f.view(), c.view(), f.view()]), [1, 2]);
    assert_eq!(strides(&[c.view(), f.view(), c.view()]), [3, 1]);
    let indexed = Zip::indexed(&f).map_collect(|_, &f| f);
    assert_eq!(indexed.strides(), [1, 2]);
    assert_eq!(indexed, f);
}

#[test]
fn cells_that_do_not_lie_side_by_side_are_collected_in_one_block() {
    let base = counted((6, 8));
    assert_eq!(strides(&[base.slice(s![1..3, 2..5])]), [3, 1]);
    assert_eq!(strides(&[base.slice(s![..;2, ..;3])]), [3, 1]);
    assert_eq!(strides(&[base.slice(s![..;-1, ..;-1])]), [8, 1]);
    assert_eq!(strides(&[base.slice(s![1..3, 2..5]).t()]), [1, 3]);
    assert_eq!(strides(&[base.slice(s![.., ..;2]).t()]), [6, 1]);
    assert_eq!(strides(&[base.row(0).broadcast((2, 8)).unwrap()]), [8, 1]);
    assert_eq!(strides(&[base.column(1)]), [1]);
    assert_eq!(strides(&[base.slice(s![..;-1, 1])]), [1]);
}

#[test]
#[cfg_attr(miri, ignore = "what the layouts of results are is arithmetic, and results in both are collected above")]
fn the_layout_is_that_of_ndarray_for_every_pair() {
    let base = counted((4, 6, 5));
    let column_major = counted((4, 6, 5).f());
    let mut views = Vec::new();
    for array in [&base, &column_major] {
        for cut in [s![..3, 1..4, 2..5], s![..;-1, 1..5, ..;2], s![1..2, .., ..1], s![.., ..4, ..4], s![..0, .., ..]] {
            let view = array.slice(cut);
            for axes in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
                views.push(view.permuted_axes(axes));
            }
        }
    }
    for a in &views {
        for b in views.iter().filter(|b| b.dim() == a.dim()) {
            let collected = Zip::from(a).and(b).map_collect(|a, b| a + b);
            let ndarrays = ndarray::Zip::from(a).and(b).map_collect(|a, b| a + b);
            assert_eq!(collected, ndarrays);
            assert_eq!(collected.strides(), ndarrays.strides(), "{:?} {:?} {:?}", a.dim(), a.strides(), b.strides());
        }
    }
}

#[test]
fn arrays_without_cells_and_without_dimensions() {
    assert_eq!(Zip::from(&arr0(5)).map_collect(|a| a + 1), arr0(6));
    let empty: Array2<String> = Zip::from(&Array2::<i32>::zeros((3, 0))).map_collect(|_| unreachable!());
    assert_eq!(empty.dim(), (3, 0));
    let empty: Array3<u8> = Zip::from(&Array3::<i32>::zeros((0, 2, 0).f())).map_collect(|_| unreachable!());
    assert_eq!(empty.dim(), (0, 2, 0));
    assert_eq!(Zip::from(&Vec::<i32>::new()).map_collect(|a| *a).len(), 0);
    assert_eq!(Zip::from(&[1, 2]).and(&vec![3, 4]).map_collect(|a, b| a + b), array![4, 6]);
}

#[test]
fn dynamic_dimensions_are_kept() {
    for shape in [&[][..], &[4], &[2, 3], &[2, 1, 3], &[1, 2, 1, 2, 1, 2, 2], &[0, 2]] {
        let (a, f): (ArrayD<i32>, ArrayD<i32>) = (counted(IxDyn(shape)), counted(IxDyn(shape).f()));
        let collected = Zip::from(&a).and(&a).map_collect(|a, b| a + b);
        assert_eq!(collected, &a * 2);
        assert_eq!(collected.strides(), a.strides());
        let collected = Zip::from(&f).and(&f).map_collect(|a, b| a + b);
        assert_eq!(collected, &a * 2);
        assert_eq!(collected.strides(), f.strides());
    }
}

#[test]
fn elements_without_a_size_are_collected() {
    let units = Array2::from_elem((2, 3), ());
    let mut calls = 0;
    let collected = Zip::from(&units).map_collect(|&unit| {
        calls += 1;
        unit
    });
    assert_eq!((collected, calls), (units, 6));
}

#[test]
fn broadcast_operands_are_collected() {
    let a = counted((2, 3));
    let sum = Zip::from(&a)
        .and_broadcast(&[10, 20, 30])
        .and_broadcast(&array![[100], [200]])
        .map_collect(|a, b, c| a + b + c);
    assert_eq!(sum, array![[110, 121, 132], [213, 224, 235]]);
}

#[test]
fn halves_of_a_zip_are_collected() {
    let a = counted((4, 3));
    let (first, second) = Zip::from(&a).and(&a).split();
    let [first, second] = [first, second].map(|half| half.map_collect(|a, b| a + b));
    assert_eq!(ndarray::concatenate![Axis(0), first, second], &a * 2);
    let f = counted((4, 4).f());
    let (first, second) = Zip::from(&f).split();
    let [first, second] = [first, second].map(|half| half.map_collect(|&a| a));
    assert_eq!((first.strides(), second.strides()), (&[1, 4][..], &[1, 4][..]));
    assert_eq!(ndarray::concatenate![Axis(1), first, second], f);
}

#[test]
fn results_are_assigned_to_arrays_and_views() {
    let (a, b) = (counted((2, 3)), counted((2, 3).f()));
    let mut out = Array2::<i32>::zeros((2, 3));
    Zip::from(&a).map_assign_into(&mut out, |a| a + 1);
    assert_eq!(out, &a + 1);
    Zip::from(&a).and(&b).map_assign_into(&mut out, |a, b| a * b);
    assert_eq!(out, &a * &a);
    Zip::from(&a).and(&b).and(&a).and(&b).and(&a).map_assign_into(out.view_mut(), |a, b, c, d, e| a + b + c + d + e);
    assert_eq!(out, &a * 5);
    Zip::indexed(&a).and(&b).map_assign_into(&mut out.view_mut(), |(i, j), a, b| a + b + i32::try_from(i * j).unwrap());
    assert_eq!(out, array![[0, 2, 4], [6, 9, 12]]);

    let mut larger = Array2::<i32>::zeros((4, 6));
    Zip::from(&a).map_assign_into(larger.slice_mut(s![1..3, ..;-2]), |a| *a);
    assert_eq!(larger.slice(s![1..3, ..;-2]), a);
    assert_eq!(larger.sum(), a.sum());
    let mut column_major = Array2::<f64>::zeros((2, 3).f());
    Zip::from(&a).map_assign_into(&mut column_major, |a| f64::from(*a));
    assert_eq!(column_major, a.mapv(f64::from));
}

#[test]
fn results_are_assigned_to_slices_and_array_references() {
    let (mut vector, mut array, a) = (vec![0; 3], [0; 3], array![1, 2, 3]);
    Zip::from(&a).map_assign_into(&mut vector, |a| a * 10);
    Zip::from(&a).and(&vector).map_assign_into(&mut array, |a, b| a + b);
    Zip::from(&array).map_assign_into(&mut vector[..], |a| a + 100);
    let mut out = array![0, 0, 0];
    let reference: &mut ndarray::ArrayRef1<i32> = &mut out;
    Zip::from(&vector).map_assign_into(reference, |a| -a);
    assert_eq!(out, array![-111, -122, -133]);
    let mut shared = array![0, 0, 0].into_shared();
    let old = shared.clone();
    Zip::from(&a).map_assign_into(&mut shared, |a| *a);
    assert_eq!((shared, old), (a.into_shared(), array![0, 0, 0].into_shared()));
}

#[test]
fn results_are_assigned_to_uninitialised_arrays() {
    let (a, b) = (counted((2, 2)), counted((2, 2).f()));
    let mut out = Array::<String, Ix2>::uninit((2, 2));
    Zip::from(&a).and(&b).map_assign_into(&mut out, |a, b| format!("{}", a + b));
    // SAFETY: every cell has been assigned to.
    let out = unsafe { out.assume_init() };
    assert_eq!(out, array![["0", "2"], ["4", "6"]]);

    let mut column: Array1<MaybeUninit<i32>> = Array1::uninit(2);
    Zip::from(a.column(1)).map_assign_into(column.view_mut(), |&a| a);
    // SAFETY: as above.
    assert_eq!(unsafe { column.assume_init() }, array![1, 3]);

    let built = Array2::build_uninit((2, 2), |out| Zip::from(&a).map_assign_into(out, |a| a * 2));
    // SAFETY: as above.
    assert_eq!(unsafe { built.assume_init() }, &a * 2);
}

#[test]
fn dynamic_results_are_assigned() {
    let a = counted((2, 3)).into_dyn();
    let mut out = ArrayD::<i32>::zeros(IxDyn(&[2, 3]));
    Zip::from(&a).and_broadcast(&[1, 2, 3]).map_assign_into(&mut out, |a, b| a * b);
    assert_eq!(out, array![[0, 2, 6], [3, 8, 15]].into_dyn());
    let mut upside_down = ArrayD::<i32>::zeros(IxDyn(&[2, 3]));
    upside_down.slice_each_axis_inplace(|_| Slice::from(..).step_by(-1));
    Zip::from(&a).map_assign_into(&mut upside_down, |a| *a);
    assert_eq!(upside_down, a);
}
