//! Raw views: their items are pointers.

use std::mem::MaybeUninit;

use ndarray::{Array1, Array2, RawArrayView, RawArrayViewMut, ShapeBuilder, array, s};

use super::arrays::counted;
use super::{Zip, azip};

#[test]
fn raw_views_give_pointers() {
    let a = counted((2, 3));
    azip!((pointer in a.raw_view(), cell in &a) assert!(std::ptr::eq(pointer, cell)));
    azip!((index at, pointer in a.raw_view()) assert!(std::ptr::eq(pointer, &a[at])));
    Zip::from(&a).and(a.raw_view()).for_each(|cell, pointer: *const i32| assert!(std::ptr::eq(cell, pointer)));
    let cut = a.slice(s![..;-1, ..;2]);
    azip!((cell in cut, pointer in cut.raw_view(), &x in &cut) {
        // SAFETY: the pointer is that of a cell of `a`, which is borrowed.
        assert_eq!((unsafe { *pointer }, *cell), (x, x));
    });
}

#[test]
fn cells_are_written_through_raw_views() {
    let (mut a, b) = (Array2::zeros((2, 2)), counted((2, 2).f()));
    azip!((a in a.raw_view_mut(), &b in &b) {
        // SAFETY: the pointer is that of a cell of `a`, which nothing else borrows.
        unsafe { *a = b + 1 }
    });
    assert_eq!(a, array![[1, 2], [3, 4]]);
    azip!((&b in &b, a in a.raw_view_mut()) {
        // SAFETY: as above.
        unsafe { *a *= b }
    });
    Zip::from(a.raw_view_mut()).and(&b).for_each(|a: *mut i32, &b| {
        // SAFETY: as above.
        unsafe { *a -= b }
    });
    assert_eq!(a, array![[0, 1], [4, 9]]);
}

#[test]
fn uninitialised_cells_are_written_through_raw_views() {
    let b = array!["x", "y"];
    let mut a = Array1::<String>::uninit(2);
    azip!((a in a.raw_view_mut(), b in &b) {
        // SAFETY: the pointer is that of a cell of `a`, which holds no value yet.
        unsafe { a.write(MaybeUninit::new(b.to_string())) }
    });
    // SAFETY: every cell has been written.
    assert_eq!(unsafe { a.assume_init() }, b);
}

#[test]
fn one_array_stands_several_times_in_a_walk() {
    let mut a = counted(5);
    let raw: RawArrayViewMut<i32, _> = a.raw_view_mut();
    let (first, rest) = (raw.split_at(ndarray::Axis(0), 4).0, raw.split_at(ndarray::Axis(0), 1).1);
    azip!((next in rest, last in first) {
        // SAFETY: the pointers are those of cells of `a`, which nothing borrows during the walk.
        let last = unsafe { *last };
        // SAFETY: as above.
        unsafe { *next += last }
    });
    assert_eq!(a, array![0, 1, 3, 6, 10]);
}

#[test]
fn raw_views_are_folded_and_split() {
    let a = counted((4, 2));
    let view: RawArrayView<i32, _> = a.raw_view();
    let addresses = Zip::from(view).map_collect(|pointer| pointer.addr());
    assert_eq!(addresses[[1, 0]] - addresses[[0, 0]], 2 * size_of::<i32>());
    assert!(Zip::from(view).and(&a).all(|pointer, cell| std::ptr::eq(pointer, cell)));
    let (first, second) = Zip::from(view).and(&a).split();
    assert_eq!((first.size(), second.size()), (4, 4));
    assert!(second.all(|pointer, cell| std::ptr::eq(pointer, cell)));
}

#[test]
fn an_unsafe_block_around_the_macro_holds_in_the_body() {
    let (mut a, b) = (array![1, 2], array![10, 20]);
    // SAFETY: the pointers are those of cells of `a`, which nothing else borrows.
    unsafe { azip!((a in a.raw_view_mut(), &b in &b) *a += b) }
    // SAFETY: as above; `b` has as many cells as `a`.
    unsafe { azip!((index i, a in &mut a) *a += b.uget(i)) }
    assert_eq!(a, array![21, 42]);
}
