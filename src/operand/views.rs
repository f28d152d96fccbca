//! Shared and mutable views of arrays as operands.

use ndarray::{ArrayView, ArrayViewMut, Axis, Dimension};

use super::Operand;
use super::sealed::Sealed;
use crate::kernel::cache::{RowAddresses, SetCounts};
use crate::kernel::plan;

impl<A, D: Dimension> Sealed for ArrayView<'_, A, D> {}

// SAFETY: the view's pointer, shape and strides lead to elements that are valid and shared for 'a (ndarray's invariant
// for ArrayView); a place is that pointer moved by an index times the strides. So
// 1. items are in bounds;
// 2. shared ones may be made any number of times;
// 3. a stride of 1 is `ptr.add`;
// 4. where `plan::merges` holds, the strides are equal distances without wrapping, so they are equal moves;
// 5. cells at stride 1, or a single one, form a slice;
// 6. the pointer does not point into the view itself;
// 7. a lane is the pointer to a row's first cell, and cells of unit stride are `ptr.add` apart.
unsafe impl<'a, A, D: Dimension> Operand for ArrayView<'a, A, D> {
    type Item = &'a A;
    type Dim = D;
    type Row = &'a [A];
    type Place = *const A;
    type Stride = isize;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn raw_dim(&self) -> D {
        (**self).raw_dim()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn has_shape(&self, dim: &D) -> bool {
        plan::is_shape(dim, self.shape())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tendency(&self) -> i32 {
        plan::tendency(self.shape(), self.strides())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn origin(&mut self) -> *const A {
        self.as_ptr()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stride(&self, axis: usize) -> isize {
        plan::stride_of::<D>(self.strides(), axis)
    }

    #[inline(always)]
    fn elements(stride: isize) -> isize {
        stride
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_unit(stride: isize) -> bool {
        stride == 1
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn merges(outer: isize, inner: isize, inner_len: usize) -> bool {
        plan::merges(outer, inner, inner_len)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn offset(place: &*const A, stride: isize, count: usize) -> *const A {
        debug_assert!(plan::is_distance(stride, count), "contract of Operand::offset");
        // SAFETY: both places are elements of the same view (1).
        unsafe { place.offset(plan::distance(stride, count)) }
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn ahead(place: &*const A, stride: isize, count: usize) -> *const A {
        debug_assert!(Self::is_unit(stride), "contract of Operand::ahead");
        // SAFETY: both places are elements of the same view (2), and steps are one element wide (1).
        unsafe { place.add(count) }
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn item(place: *const A) -> &'a A {
        // SAFETY: the place is an element of the view (1), valid and shared for 'a (promise 1).
        unsafe { &*place }
    }

    #[inline(always)]
    unsafe fn row(place: *const A, stride: isize, len: usize) -> &'a [A] {
        debug_assert!(len > 0, "contract of Operand::row");
        debug_assert!(Self::is_unit(stride) || len == 1, "contract of Operand::row");
        // SAFETY: `len` elements lie side by side from `place` on (1, 2), all of them valid and shared for 'a (promise 1).
        unsafe { core::slice::from_raw_parts(place, len) }
    }

    #[inline]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        self.split_at(Axis(axis), index)
    }

    type FirstRow = *const A;
    type NextRow = *const A;
    type KernelRow = *const A;

    const REUSES_ROWS: bool = false;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_plain() -> bool {
        is_primitive::<A>()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn count_sets(place: &*const A, stride: isize, rows: usize, sets: &mut SetCounts) {
        sets.add(RowAddresses::new::<A>(place.addr(), stride, rows));
    }

    #[inline(always)]
    unsafe fn first_row(place: *const A, stride: isize, len: usize) -> *const A {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::first_row");
        place
    }

    #[inline(always)]
    unsafe fn next_row(place: *const A, stride: isize, len: usize) -> *const A {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::next_row");
        place
    }

    #[inline(always)]
    fn kernel_row(lead: *const A) -> *const A {
        lead
    }

    #[inline(always)]
    unsafe fn kernel_row_below(_above: &*const A, follow: *const A) -> *const A {
        follow
    }

    #[inline(always)]
    unsafe fn kernel_item(lane: &*const A, col: usize) -> &'a A {
        // SAFETY: the lane is the pointer to its row's first cell (1), `col` is a cell of the row (2), and the row's cells lie side
        // by side (2 of `first_row` and `next_row`).
        let place = unsafe { lane.add(col) };
        // SAFETY: the place is that of a cell of the row (2), so of an index inside the shape (1 of `first_row` and `next_row`); shared
        // items may be made again.
        unsafe { Self::item(place) }
    }
}

impl<A, D: Dimension> Sealed for ArrayViewMut<'_, A, D> {}

// SAFETY: 1, 3, 4, 5 and 6 are as for ArrayView.
// 2. The elements are exclusive for 'a and do not overlap (ndarray's invariant for ArrayViewMut), so items of different
//    indices are distinct; the view is not Clone, so an item is made once.
// 7. A lane is the pointer of a slice that borrows its row for 'a, from which all items of the row are made.
unsafe impl<'a, A, D: Dimension> Operand for ArrayViewMut<'a, A, D> {
    type Item = &'a mut A;
    type Dim = D;
    type Row = &'a mut [A];
    type Place = *mut A;
    type Stride = isize;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn raw_dim(&self) -> D {
        (**self).raw_dim()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn has_shape(&self, dim: &D) -> bool {
        plan::is_shape(dim, self.shape())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tendency(&self) -> i32 {
        plan::tendency(self.shape(), self.strides())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn origin(&mut self) -> *mut A {
        self.as_mut_ptr()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stride(&self, axis: usize) -> isize {
        plan::stride_of::<D>(self.strides(), axis)
    }

    #[inline(always)]
    fn elements(stride: isize) -> isize {
        stride
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_unit(stride: isize) -> bool {
        stride == 1
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn merges(outer: isize, inner: isize, inner_len: usize) -> bool {
        plan::merges(outer, inner, inner_len)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn offset(place: &*mut A, stride: isize, count: usize) -> *mut A {
        debug_assert!(plan::is_distance(stride, count), "contract of Operand::offset");
        // SAFETY: both places are elements of the same view (1).
        unsafe { place.offset(plan::distance(stride, count)) }
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn ahead(place: &*mut A, stride: isize, count: usize) -> *mut A {
        debug_assert!(Self::is_unit(stride), "contract of Operand::ahead");
        // SAFETY: both places are elements of the same view (2), and steps are one element wide (1).
        unsafe { place.add(count) }
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn item(place: *mut A) -> &'a mut A {
        // SAFETY: the place is an element of the view (1), exclusive for 'a (promise 2), and its item is made once (2).
        unsafe { &mut *place }
    }

    #[inline(always)]
    unsafe fn row(place: *mut A, stride: isize, len: usize) -> &'a mut [A] {
        debug_assert!(len > 0, "contract of Operand::row");
        debug_assert!(Self::is_unit(stride) || len == 1, "contract of Operand::row");
        // SAFETY: `len` elements lie side by side from `place` on (1, 2), all of them exclusive for 'a (promise 2), and nothing
        // else is made of them (3).
        unsafe { core::slice::from_raw_parts_mut(place, len) }
    }

    #[inline]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        self.split_at(Axis(axis), index)
    }

    type FirstRow = &'a mut [A];
    type NextRow = &'a mut [A];
    type KernelRow = *mut A;

    const REUSES_ROWS: bool = false;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_plain() -> bool {
        is_primitive::<A>()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn count_sets(place: &*mut A, stride: isize, rows: usize, sets: &mut SetCounts) {
        sets.add(RowAddresses::new::<A>(place.addr(), stride, rows));
    }

    #[inline(always)]
    unsafe fn first_row(place: *mut A, stride: isize, len: usize) -> &'a mut [A] {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::first_row");
        // SAFETY: 1 to 3 are those of `row`.
        unsafe { Self::row(place, stride, len) }
    }

    #[inline(always)]
    unsafe fn next_row(place: *mut A, stride: isize, len: usize) -> &'a mut [A] {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::next_row");
        // SAFETY: 1 to 3 are those of `row`.
        unsafe { Self::row(place, stride, len) }
    }

    #[inline(always)]
    fn kernel_row(lead: &'a mut [A]) -> *mut A {
        lead.as_mut_ptr()
    }

    #[inline(always)]
    unsafe fn kernel_row_below(_above: &*mut A, follow: &'a mut [A]) -> *mut A {
        follow.as_mut_ptr()
    }

    #[inline(always)]
    unsafe fn kernel_item(lane: &*mut A, col: usize) -> &'a mut A {
        // SAFETY: the lane is the pointer of the slice that `first_row` or `next_row` made of its row (1), and `col` is a cell of it (2).
        let place = unsafe { lane.add(col) };
        // SAFETY: the place is that of a cell of the row (2), so of an index inside the shape (1 of `first_row` and `next_row`), and its
        // item is made once (3), of the slice that borrows the row.
        unsafe { Self::item(place) }
    }
}

/// Whether `T` is a number of the language, `bool` or `char`: a value that nothing changes through a shared reference.
///
/// By its name, for want of another way on stable Rust: these have no path, as all other types have. The name of a type is not
/// promised to stay; should it change, the answer is `false`, which is slower and as right. The compiler knows it, and no
/// comparison is left in the program.
#[inline(always)]
pub(crate) fn is_primitive<T>() -> bool {
    matches!(
        core::any::type_name::<T>(),
        "f32"
            | "f64"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "isize"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "bool"
            | "char"
    )
}

/// The view of `part` stretched to the shape `dim`, or `None` where ndarray's rules do not allow it.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn broadcast<'a, A, D2, D>(part: ArrayView<'a, A, D2>, dim: &D) -> Option<ArrayView<'a, A, D>>
where
    D2: Dimension,
    D: Dimension,
{
    let stretched = part.broadcast(dim.clone())?.raw_view();
    // SAFETY: every element of the stretched view is an element of `part`, whose elements are valid and shared for 'a (ndarray's
    // invariant for ArrayView, and its rules of broadcasting).
    Some(unsafe { stretched.deref_into_view() })
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use ndarray::{Array2, ArrayView1, ArrayViewMut1, Ix1, Ix2, s};

    use super::*;
    use crate::operand::Indices;

    #[test]
    fn operands_are_plain_where_their_elements_are_numbers() {
        assert!(ArrayView1::<f32>::is_plain() && ArrayViewMut1::<f32>::is_plain() && Indices::<Ix1>::is_plain());
        assert!(!ArrayView1::<Cell<f32>>::is_plain() && !ArrayViewMut1::<Cell<f32>>::is_plain());
        assert!(!ArrayView1::<&Cell<f32>>::is_plain() && !ArrayViewMut1::<&Cell<f32>>::is_plain());
    }

    #[test]
    fn messages_tell_strides_as_ndarray_does() {
        for stride in [-3, -1, 0, 1, 2] {
            assert_eq!((ArrayView1::<u16>::elements(stride), ArrayViewMut1::<u16>::elements(stride)), (stride, stride));
        }
    }

    /// The rest of a slice is somebody else's, so it must not be borrowed: of all tests without Miri only this one can tell.
    #[test]
    fn what_a_kernel_borrows_of_a_mutable_row_is_the_row() {
        type Mutable<'a> = ArrayViewMut<'a, u32, Ix2>;
        let mut a = Array2::<u32>::zeros((4, 6));
        let mut part = a.slice_mut(s![1..3, 2..5]);
        let first = Operand::origin(&mut part);
        // SAFETY: row 1 of the part has a first cell.
        let second = unsafe { Mutable::offset(&first, part.stride(0), 1) };
        // SAFETY: rows of the part have three cells side by side, and this is the one use of row 0.
        let lead = unsafe { Mutable::first_row(first, 1, 3) };
        // SAFETY: as above, for row 1.
        let follow = unsafe { Mutable::next_row(second, 1, 3) };
        assert_eq!((lead.as_ptr(), lead.len()), (first.cast_const(), 3));
        assert_eq!((follow.as_ptr(), follow.len()), (second.cast_const(), 3));
        let lane = Mutable::kernel_row(lead);
        // SAFETY: row 1 is below row 0, as long, and at the same columns.
        let below = unsafe { Mutable::kernel_row_below(&lane, follow) };
        // SAFETY: a row has a cell 2, whose item is made here only.
        let cell = unsafe { Mutable::kernel_item(&lane, 2) };
        // SAFETY: as above, of the other row.
        let cell_below = unsafe { Mutable::kernel_item(&below, 2) };
        (*cell, *cell_below) = (1, 2);
        assert_eq!((a[[1, 4]], a[[2, 4]], a.sum()), (1, 2, 3));
    }
}
