//! Owned, shared and borrowed arrays, views, slices and indices as operands.

use super::*;

#[test]
fn shared_operands_of_every_kind_are_walked_as_by_ndarray() {
    let owned = Array2::from_shape_fn((3, 4), |(i, j)| 10 * i + j);
    let large = Array2::from_shape_fn((9, 4), |(i, j)| 100 * i + j);
    let shared = large.to_shared().slice_move(s![..;-3, ..]);
    let borrowed = CowArray::from(large.slice(s![1..4, ..;-1]));
    let bound = CowArray::from(owned.t().to_owned().reversed_axes());
    let (ours, theirs) = with_both!(Zip => {
        let mut visits = Vec::new();
        Zip::from(&owned)
            .and(owned.view())
            .and(&shared)
            .and(&borrowed)
            .and(&bound)
            .and(large.slice(s![4..=6, ..]))
            .for_each(|a, b, c, d, e, f| visits.push([*a, *b, *c, *d, *e, *f]));
        // The reference type, the counterpart of `&a[..]` for slices.
        let reference: &ndarray::ArrayRef2<usize> = &large;
        Zip::from(reference).and(indices((9, 4))).for_each(|a, (i, j)| visits.push([*a, i, j, 0, 0, 0]));
        visits
    });
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 12 + 36);
}

#[test]
fn mutable_operands_of_every_kind_are_walked_as_by_ndarray() {
    let (ours, theirs) = with_both!(Zip => {
        let mut owned = Array2::from_shape_fn((3, 4), |(i, j)| 10 * i + j);
        let mut large = Array2::from_shape_fn((9, 4), |(i, j)| 100 * i + j);
        let mut referred = Array2::from_shape_fn((3, 4).f(), |(i, j)| 1000 * i + j);
        let mut view = large.slice_mut(s![..;-3, ..;-1]);
        let reference: &mut ndarray::ArrayRef2<usize> = &mut referred;
        let mut visits = 0;
        Zip::from(&mut owned).and(&mut view).and(reference).for_each(|a, b, c| {
            visits += 1;
            (*a, *b, *c) = (*b + visits, *c, *a);
        });
        Zip::from(view).and(owned.view_mut()).and(indices((3, 4))).for_each(|a, b, (i, j)| {
            *a += i;
            *b += j;
        });
        (owned, large, referred)
    });
    assert_eq!(ours, theirs);
}

#[test]
fn one_dimensional_operands_of_every_kind_are_walked_as_by_ndarray() {
    let (ours, theirs) = with_both!(Zip => {
        let (vec, fixed, owned) = (vec![1, 2, 3, 4], [10, 20, 30, 40], Array1::from(vec![100, 200, 300, 400]));
        let (mut vec_out, mut fixed_out, mut owned_out) = (vec![0; 4], [0; 4], Array1::from_elem(7, -1));
        Zip::from(&mut vec_out).and(&vec).and(&fixed).for_each(|out, a, b| *out = a + b);
        Zip::from(&mut fixed_out).and(&vec[..]).and(&owned).for_each(|out, a, b| *out = a * b);
        Zip::from(owned_out.slice_mut(s![..;-2])).and(&mut vec_out[..]).and(&fixed[..]).for_each(|out, a, b| {
            *out = *a - b;
            *a = 0;
        });
        let summed = Zip::from(&mut fixed_out[..]).and(&mut vec_out).fold(0, |sum, a, b| {
            *b += 1;
            sum + *a * *b
        });
        (vec_out, fixed_out, owned_out, summed)
    });
    assert_eq!(ours, theirs);
}

// Known trap: shared storage that must be made unique before writing (#1018).
#[test]
fn shared_storage_is_made_unique_before_it_is_written_to() {
    let original = Array2::from_shape_fn((6, 5), |(i, j)| 10 * i + j);
    let (ours, theirs) = with_both!(Zip => {
        let untouched = original.to_shared();
        let mut whole = untouched.clone();
        let mut part = untouched.clone().slice_move(s![1..;-2, 1..4]);
        Zip::from(&mut whole).for_each(|cell| *cell += 1);
        Zip::indexed(&mut part).for_each(|(i, j), cell| *cell += 100 * i + j);
        assert_eq!(untouched, original);
        (whole, part)
    });
    assert_eq!(ours, theirs);
    assert_eq!(ours.0, original + 1);
}

#[test]
fn a_borrowed_array_is_copied_before_it_is_written_to() {
    let original = Array2::from_shape_fn((3, 5), |(i, j)| 10 * i + j);
    let mut cow = CowArray::from(original.slice(s![.., 1..;2]));
    Zip::from(&mut cow).for_each(|cell| *cell *= 2);
    assert!(cow.is_owned());
    assert_eq!(cow, &original.slice(s![.., 1..;2]) * 2);
    assert_eq!(original[[2, 3]], 23);
}

// Known trap: floats, NaN payloads and signed zero. Copying keeps every bit.
#[test]
fn copying_keeps_the_bits_of_every_float() {
    let bits: [u32; 6] = [0x7fc0_1234, 0xffc0_4321, 0x8000_0000, 0x0000_0001, 0x7f80_0000, 0x3f80_0001];
    let from = Array1::from_iter(bits.map(f32::from_bits));
    let mut to = Array1::<f32>::zeros(12);
    azip!((to in to.slice_mut(s![..;-2]), &from in &from) *to = from);
    assert_eq!(to.slice(s![..;-2]).map(|x| x.to_bits()).to_vec(), bits);
}

#[test]
fn indices_go_with_the_order_of_the_other_operands() {
    let mut visits = Vec::new();
    Zip::from(indices((4, 3))).for_each(|at| visits.push(at));
    assert!(visits.is_sorted() && visits.len() == 12);
    // A part of a column-major array is the weakest vote against row-major order.
    let stored = Array2::<u8>::zeros((5, 3).f());
    let mut visits = Vec::new();
    Zip::from(stored.slice(s![1.., ..])).and(indices((4, 3))).for_each(|_, at| visits.push(at));
    assert!(visits.is_sorted_by_key(|&(i, j)| (j, i)) && visits.len() == 12);
}

// Known trap: negative strides, contiguity with negative strides (#885): reversed in every axis is
// not contiguous.
#[test]
fn reversed_operands_are_walked_over_the_right_cells() {
    let forwards = Array::from_shape_fn((2, 3, 4), |(i, j, k)| 100 * i + 10 * j + k);
    let mut backwards = forwards.clone();
    for axis in 0..3 {
        backwards.invert_axis(Axis(axis));
    }
    let mut sum = Array::zeros((2, 3, 4));
    azip!((sum in &mut sum, &a in &forwards, &b in &backwards) *sum = a + b);
    assert!(sum.iter().all(|&sum| sum == 123));
    azip!((sum in &mut sum, &b in &backwards) *sum = b);
    assert_eq!(sum, backwards);
}
