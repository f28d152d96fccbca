//! Allocates cells, and returns an error if there is not enough memory.
//!
//! The constructors of `Vec` and of ndarray's arrays abort the process if the allocator fails. All
//! allocations of cells in this crate are made here, by [`make_room`]. `zip::map` and `stencil`
//! call it. It promises an [`AllocationError`] instead of an abort.

use alloc::vec::Vec;
use core::mem::MaybeUninit;

use ndarray::{Array, Dimension, Shape};

use crate::error::{AllocationError, Purpose};
use crate::kernel::cache::{self, RowAddresses};

/// Gives a vector capacity for `cells` cells in total. `cells` is `None` if the number does not fit
/// into a `usize`. A vector with enough capacity is left as it is. Otherwise an empty vector
/// replaces it, so that cells that will be overwritten are not moved.
pub(crate) fn make_room<T>(memory: &mut Vec<T>, cells: Option<usize>, purpose: Purpose) -> Result<(), AllocationError> {
    let error = AllocationError::for_cells::<T>(purpose, cells);
    // No array has more cells than this, even if they have size zero.
    let cells = cells.filter(|&cells| isize::try_from(cells).is_ok()).ok_or(error)?;
    if memory.capacity() < cells {
        *memory = Vec::new();
        memory.try_reserve_exact(cells).map_err(|_| error)?;
    }
    Ok(())
}

/// Returns an empty vector with capacity for `cells` cells.
pub(crate) fn with_room<T>(cells: Option<usize>, purpose: Purpose) -> Result<Vec<T>, AllocationError> {
    let mut memory = Vec::new();
    make_room(&mut memory, cells, purpose)?;
    Ok(memory)
}

/// Returns an array of this shape whose cells are not initialised.
// Replaces `ndarray::Array::uninit`, which aborts if there is not enough memory.
pub(crate) fn uninit<T, D: Dimension>(
    shape: Shape<D>,
    purpose: Purpose,
) -> Result<Array<MaybeUninit<T>, D>, AllocationError> {
    let size = shape.size();
    let mut cells: Vec<MaybeUninit<T>> = with_room(Some(size), purpose)?;
    debug_assert!(cells.capacity() >= size, "contract of Vec::set_len");
    // SAFETY: the vector has capacity for `size` cells, and `MaybeUninit` cells need not be
    // initialised.
    unsafe { cells.set_len(size) };
    Ok(Array::from_shape_vec(shape, cells).expect("the shape has `size` cells"))
}

/// Returns the number of cells from `first` to the next cell that starts at a cache line. This is
/// less than `cache::cells_to_a_line`. Returns 0 if there is no such cell.
pub(crate) fn cells_before_a_line<T>(first: *const T) -> usize {
    // `align_offset` returns too large a number if no cell starts at a line, and under Miri.
    let before = first.align_offset(RowAddresses::LINE);
    if before < cache::cells_to_a_line::<T>() { before } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;
    use std::vec;

    use ndarray::{Array, ShapeBuilder};

    use super::*;

    #[test]
    fn the_message_names_what_was_asked_for_and_what_to_do() {
        let message = |purpose, cells| AllocationError::for_cells::<u64>(purpose, cells).to_string();
        assert_eq!(
            message(Purpose::Padded, Some(1 << 20)),
            "there is no memory for the array with its ghost cells (1048576 cells, 8388608 bytes): use a narrower halo, \
             or a smaller array"
        );
        let too_many = usize::MAX / 2;
        assert!(message(Purpose::Results, Some(too_many)).contains(&std::format!("({too_many} cells of 8 bytes)")));
        assert!(message(Purpose::Steps, None).contains(&std::format!("(more than {} cells)", usize::MAX)));
        let error = AllocationError::for_cells::<[u8; 3]>(Purpose::Copies, Some(5));
        assert_eq!((error.cells(), error.bytes()), (Some(5), Some(15)));
        let error = AllocationError::for_cells::<u16>(Purpose::Copies, Some(usize::MAX));
        assert_eq!((error.cells(), error.bytes()), (Some(usize::MAX), None));
        let error = AllocationError::for_cells::<u16>(Purpose::Copies, None);
        assert_eq!((error.cells(), error.bytes()), (None, None));
    }

    #[test]
    fn room_that_there_is_stays_and_other_room_is_new() {
        let mut memory = vec![1_u8, 2, 3];
        assert_eq!(make_room(&mut memory, Some(3), Purpose::Steps), Ok(()));
        assert_eq!(memory, [1, 2, 3]);
        assert_eq!(make_room(&mut memory, Some(100), Purpose::Steps), Ok(()));
        assert!(memory.is_empty() && memory.capacity() >= 100);
    }

    #[test]
    fn no_vector_is_larger_than_an_array() {
        let most = isize::MAX.cast_unsigned();
        for cells in [None, Some(most + 1), Some(usize::MAX)] {
            assert_eq!(make_room(&mut Vec::<()>::new(), cells, Purpose::Padded).unwrap_err().cells(), cells);
        }
        assert_eq!(make_room(&mut Vec::<()>::new(), Some(most), Purpose::Padded), Ok(()));
        // Miri aborts if an allocation is too large for it.
        if !cfg!(miri) {
            assert!(with_room::<u8>(Some(most), Purpose::Padded).is_err());
        }
    }

    #[test]
    fn cells_lie_as_those_of_any_array() {
        for column_major in [false, true] {
            let shape = (2, 3).set_f(column_major);
            let cells = uninit::<u8, _>(shape, Purpose::Results).unwrap();
            assert_eq!((cells.dim(), cells.strides()), ((2, 3), Array::<u8, _>::zeros(shape).strides()));
        }
        assert_eq!(uninit::<u8, _>((0, 3).into_shape_with_order(), Purpose::Results).unwrap().dim(), (0, 3));
    }
}
