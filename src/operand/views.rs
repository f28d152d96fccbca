//! [`ArrayView`] and [`ArrayViewMut`] as operands of a zip.
//!
//! A *place*, the position of an item, is a pointer to an element. A *stride*, the step from one
//! place to the next, is a number of elements. The loops in `kernel` call this implementation
//! through the tuple of all operands. ndarray's invariants for views imply the contract of
//! [`Operand`]. One macro writes the shared and the mutable implementation.

use ndarray::{ArrayView, ArrayViewMut, Axis, Dimension};

use super::sealed::Sealed;
use super::{Operand, SeparateRows, Stride};
use crate::kernel::cache::{RowAddresses, SetCounts};
use crate::kernel::plan;

/// Implements [`Operand`] for a view type.
///
/// The parameters are, in this order: the view, the pointer to an element, the reference type, the
/// borrow expression, the method that returns the pointer, the function that makes a slice, and the
/// items of the trait that differ between shared and mutable kernel rows.
macro_rules! view_operand {
    ($View:ident, $Pointer:ty, [$($reference:tt)+], [$($borrow:tt)+], $pointer:ident, $slice:ident, {$($kernel:tt)+}) => {
        impl<A, D: Dimension> Sealed for $View<'_, A, D> {}

        impl<A, D: Dimension> SeparateRows for $View<'_, A, D> {}

        // SAFETY: the view's pointer, shape and strides give elements that are valid for 'a, and
        // that are shared or exclusive as the view is (ndarray's invariants for ArrayView and
        // ArrayViewMut). A place is that pointer, moved by an index times the strides. Therefore:
        // 1. items are in bounds;
        // 2. shared items may be made any number of times; exclusive items do not overlap and are
        //    made once, because the view is not Clone;
        // 3. a stride of 1 is `ptr.add`;
        // 4. if `plan::merges` holds, both moves have the same length, computed without wrapping;
        // 5. cells at stride 1, or a single cell, form a slice;
        // 6. the pointer does not point into the view struct itself;
        // 7. a kernel row is the pointer to a row's first cell; if access is exclusive, it comes
        //    from a slice that borrows the row for 'a; cells at unit stride are `ptr.add` apart.
        unsafe impl<'a, A, D: Dimension> Operand for $View<'a, A, D> {
            type Item = $($reference)+ A;
            type Dim = D;
            type Row = $($reference)+ [A];
            type Place = $Pointer;
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
            fn origin(&mut self) -> $Pointer {
                self.$pointer()
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn stride(&self, axis: usize) -> isize {
                plan::stride_of::<D>(self.strides(), axis)
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn item(place: $Pointer) -> Self::Item {
                // SAFETY: the place is an element of the view (1). If access is exclusive, its item
                // is made once (2).
                unsafe { $($borrow)+ *place }
            }

            #[inline(always)]
            unsafe fn row(place: $Pointer, stride: isize, len: usize) -> Self::Row {
                debug_assert!(len > 0, "contract of Operand::row");
                debug_assert!(stride.is_unit() || len == 1, "contract of Operand::row");
                // SAFETY: `len` contiguous elements start at `place` (1, 2), valid for 'a (promise
                // 1). If access is exclusive, nothing else is made from them (3).
                unsafe { core::slice::$slice(place, len) }
            }

            #[inline]
            fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
                self.split_at(Axis(axis), index)
            }

            type NextRow = Self::FirstRow;
            type KernelRow = $Pointer;

            const REUSES_ROWS: bool = false;

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn is_plain() -> bool {
                is_primitive::<A>()
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn count_sets(place: &$Pointer, stride: isize, rows: usize, sets: &mut SetCounts) {
                sets.add(RowAddresses::new::<A>(place.addr(), stride, rows));
            }

            #[inline(always)]
            unsafe fn next_row(place: $Pointer, stride: isize, len: usize) -> Self::NextRow {
                debug_assert!(stride.is_unit() && len > 0, "contract of Operand::next_row");
                // SAFETY: 1 to 3 are those of `first_row`.
                unsafe { Self::first_row(place, stride, len) }
            }

            #[inline(always)]
            unsafe fn kernel_row_below(_first: &$Pointer, _n: usize, next: Self::NextRow) -> $Pointer {
                Self::kernel_row(next)
            }

            #[inline(always)]
            unsafe fn kernel_item(row: &$Pointer, col: usize) -> Self::Item {
                // SAFETY: the kernel row points to its row's first cell (1), `col` is a cell of the
                // row (2), and the row's cells are contiguous (2 of `first_row` and `next_row`).
                let place = unsafe { row.add(col) };
                // SAFETY: the place is a cell of the row (2), so an index inside the shape (1 of
                // `first_row` and `next_row`). An exclusive item is made once (3), from the slice
                // that borrows the row.
                unsafe { Self::item(place) }
            }

            $($kernel)+
        }
    };
}

view_operand! { ArrayView, *const A, [&'a], [&], as_ptr, from_raw_parts, {
    type FirstRow = *const A;

    #[inline(always)]
    unsafe fn first_row(place: *const A, stride: isize, len: usize) -> *const A {
        debug_assert!(stride.is_unit() && len > 0, "contract of Operand::first_row");
        place
    }

    #[inline(always)]
    fn kernel_row(first: *const A) -> *const A {
        first
    }
} }

view_operand! { ArrayViewMut, *mut A, [&'a mut], [&mut], as_mut_ptr, from_raw_parts_mut, {
    type FirstRow = &'a mut [A];

    #[inline(always)]
    unsafe fn first_row(place: *mut A, stride: isize, len: usize) -> &'a mut [A] {
        debug_assert!(stride.is_unit() && len > 0, "contract of Operand::first_row");
        // SAFETY: 1 and 3 are those of `row`, and 2 implies that of `row`.
        unsafe { Self::row(place, stride, len) }
    }

    #[inline(always)]
    fn kernel_row(first: &'a mut [A]) -> *mut A {
        first.as_mut_ptr()
    }
} }

/// Returns whether `T` is a primitive number, `bool` or `char`. The value of such a type cannot
/// change behind a shared reference.
///
/// Stable Rust has no direct test for this, so the function compares the type's name. Primitive
/// types have no path in their name; all other types do. The language does not guarantee these
/// names. If they changed, the answer would be `false`: correct, but slower. The compiler evaluates
/// the comparison, so none is left at run time.
#[inline(always)]
pub(crate) fn is_primitive<T>() -> bool {
    let name = core::any::type_name::<T>();
    matches!(name, "f32" | "f64" | "bool" | "char")
        || matches!(name, "i8" | "i16" | "i32" | "i64" | "i128" | "isize")
        || matches!(name, "u8" | "u16" | "u32" | "u64" | "u128" | "usize")
}

/// Broadcasts `part` to the shape `dim`. Returns `None` if ndarray's rules do not allow it.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn broadcast<'a, A, D2, D>(part: ArrayView<'a, A, D2>, dim: &D) -> Option<ArrayView<'a, A, D>>
where
    D2: Dimension,
    D: Dimension,
{
    let stretched = part.broadcast(dim.clone())?.raw_view();
    // SAFETY: every element of the broadcast view is an element of `part`, whose elements are valid
    // and shared for 'a (ndarray's invariant for ArrayView and its rules of broadcasting).
    Some(unsafe { stretched.deref_into_view() })
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use ndarray::{Array2, ArrayView1, ArrayViewMut1, Ix1, Ix2, s};

    use super::*;
    use crate::operand::{Indices, Place};

    #[test]
    fn operands_are_plain_where_their_elements_are_numbers() {
        assert!(ArrayView1::<f32>::is_plain() && ArrayViewMut1::<f32>::is_plain() && Indices::<Ix1>::is_plain());
        assert!(!ArrayView1::<Cell<f32>>::is_plain() && !ArrayViewMut1::<Cell<f32>>::is_plain());
        assert!(!ArrayView1::<&Cell<f32>>::is_plain() && !ArrayViewMut1::<&Cell<f32>>::is_plain());
    }

    #[test]
    fn messages_give_strides_as_ndarray_does() {
        for stride in [-3, -1, 0, 1, 2] {
            assert_eq!(stride.elements(), stride);
        }
    }

    /// The cells between the rows of a slice belong to the rest of the array, so a kernel must not
    /// borrow them. Without Miri, this is the only test that detects it.
    #[test]
    fn what_a_kernel_borrows_of_a_mutable_row_is_the_row() {
        type Mutable<'a> = ArrayViewMut<'a, u32, Ix2>;
        let mut a = Array2::<u32>::zeros((4, 6));
        let mut part = a.slice_mut(s![1..3, 2..5]);
        let first = Operand::origin(&mut part);
        // SAFETY: row 1 of the part has a first cell.
        let second = unsafe { Place::offset(&first, part.stride(0), 1) };
        // SAFETY: a row of the part has three contiguous cells, and row 0 is used only here.
        let first_row = unsafe { Mutable::first_row(first, 1, 3) };
        // SAFETY: as above, for row 1.
        let next_row = unsafe { Mutable::next_row(second, 1, 3) };
        assert_eq!((first_row.as_ptr(), first_row.len()), (first.cast_const(), 3));
        assert_eq!((next_row.as_ptr(), next_row.len()), (second.cast_const(), 3));
        let kernel_row = Mutable::kernel_row(first_row);
        // SAFETY: row 1 is one row below row 0 and has the same length.
        let below = unsafe { Mutable::kernel_row_below(&kernel_row, 1, next_row) };
        // SAFETY: the row has a cell 2, and its item is made only here.
        let cell = unsafe { Mutable::kernel_item(&kernel_row, 2) };
        // SAFETY: as above, for the other row.
        let cell_below = unsafe { Mutable::kernel_item(&below, 2) };
        (*cell, *cell_below) = (1, 2);
        assert_eq!((a[[1, 4]], a[[2, 4]], a.sum()), (1, 2, 3));
    }
}
