//! Allocations whose size a caller decides. A size that cannot be had is an [`AllocationError`],
//! not the end of the program.
//!
//! The constructors of `Vec` and of ndarray's arrays abort the process when the allocator refuses.
//! So every allocation of cells in this crate goes through [`make_room`].

use alloc::vec::Vec;
use core::fmt;
use core::mem::MaybeUninit;

use ndarray::{Array, Dimension, Shape};

/// What memory is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A `Padded`.
    Padded,
    /// The results of `stencil_map` or `map_collect`.
    Results,
    /// Copies of the input, or of its edges, that a filter makes.
    Copies,
    /// The rows in use of time steps.
    Steps,
}

impl Purpose {
    /// Returns what the memory is for, and what to do without it.
    fn words(self) -> [&'static str; 2] {
        match self {
            Purpose::Padded => ["the array with its ghost cells", "use a narrower halo, or a smaller array"],
            Purpose::Results => ["the results", "use a smaller array, or write the results to an existing one"],
            Purpose::Copies => [
                "copies of cells of the input",
                "use smaller windows or a smaller array, and an array whose columns are contiguous",
            ],
            Purpose::Steps => ["the rows in use of the time steps", "use smaller fields, or a smaller `depth`"],
        }
    }
}

/// The memory that a function needs could not be allocated.
///
/// The allocator has refused it, or it is larger than any allocation can be. The message says what
/// the memory was for.
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{Boundary, Halo, Padded, PaddedError};
///
/// let halo = Halo { left: usize::MAX, ..Halo::default() };
/// let refused = Padded::try_with_halo(&Array2::<u8>::zeros((1, 1)), halo, Boundary::Edge);
/// assert!(matches!(refused, Err(PaddedError::Allocation(_))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationError {
    purpose: Purpose,
    cells: Option<usize>,
    cell_bytes: usize,
}

impl AllocationError {
    /// The error for a number of cells of type `T`; `None` if that number cannot be represented.
    pub(crate) fn for_cells<T>(purpose: Purpose, cells: Option<usize>) -> Self {
        AllocationError { purpose, cells, cell_bytes: size_of::<T>() }
    }

    /// The number of cells, or `None` if it is larger than `usize::MAX`.
    pub fn cells(&self) -> Option<usize> {
        self.cells
    }

    /// The number of bytes, or `None` if it is larger than `usize::MAX`.
    pub fn bytes(&self) -> Option<usize> {
        self.cells?.checked_mul(self.cell_bytes)
    }
}

impl fmt::Display for AllocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [what, advice] = self.purpose.words();
        write!(f, "there is no memory for {what} (")?;
        match (self.cells, self.bytes()) {
            (None, _) => write!(f, "more than {} cells", usize::MAX)?,
            (Some(cells), None) => write!(f, "{cells} cells of {} bytes", self.cell_bytes)?,
            (Some(cells), Some(bytes)) => write!(f, "{cells} cells, {bytes} bytes")?,
        }
        write!(f, "): {advice}")
    }
}

impl core::error::Error for AllocationError {}

/// Returns what a `try_` function gives, or panics with the message of its error, in the caller's
/// line.
#[inline]
#[track_caller]
pub(crate) fn or_refuse<T>(result: Result<T, impl fmt::Display>) -> T {
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn refuse(error: &dyn fmt::Display) -> ! {
        panic!("{error}")
    }
    match result {
        Ok(done) => done,
        Err(error) => refuse(&error),
    }
}

/// Makes room for `cells` cells in all; `None` is a number that cannot be represented. A vector
/// that has the room stays as it is, and another one is replaced by an empty one: cells that are to
/// be overwritten need not move.
pub(crate) fn make_room<T>(memory: &mut Vec<T>, cells: Option<usize>, purpose: Purpose) -> Result<(), AllocationError> {
    let error = AllocationError::for_cells::<T>(purpose, cells);
    // No array has more cells, even if they have no size.
    let cells = cells.filter(|&cells| isize::try_from(cells).is_ok()).ok_or(error)?;
    if memory.capacity() < cells {
        *memory = Vec::new();
        memory.try_reserve_exact(cells).map_err(|_| error)?;
    }
    Ok(())
}

/// Returns an empty vector with room for `cells` cells.
pub(crate) fn with_room<T>(cells: Option<usize>, purpose: Purpose) -> Result<Vec<T>, AllocationError> {
    let mut memory = Vec::new();
    make_room(&mut memory, cells, purpose)?;
    Ok(memory)
}

/// Returns an array of this shape whose cells are not initialised.
// As `ndarray::Array::uninit`, which aborts where there is no memory.
pub(crate) fn uninit<T, D: Dimension>(
    shape: Shape<D>,
    purpose: Purpose,
) -> Result<Array<MaybeUninit<T>, D>, AllocationError> {
    let size = shape.size();
    let mut cells: Vec<MaybeUninit<T>> = with_room(Some(size), purpose)?;
    debug_assert!(cells.capacity() >= size, "contract of Vec::set_len");
    // SAFETY: the vector has room for `size` cells, and cells of `MaybeUninit` need not be
    // initialised.
    unsafe { cells.set_len(size) };
    Ok(Array::from_shape_vec(shape, cells).expect("a shape of so many cells"))
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
        // Miri ends the program where an allocation is too large for it.
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
