//! Checks that there is memory for an array before it is allocated. A failed allocation would abort
//! the program.

use std::hint::black_box;

/// Returns whether the system grants an allocation of `bytes` bytes. `None` stands for a number
/// that does not fit into a `usize`.
pub fn is_available(bytes: Option<usize>) -> bool {
    let mut memory = Vec::<u8>::new();
    let granted = bytes.is_some_and(|bytes| memory.try_reserve_exact(bytes).is_ok());
    // Keeps the optimiser from removing the unused allocation, which would then always succeed.
    black_box(&mut memory);
    granted
}

/// Returns an error if there is no memory for `rows`×`cols` cells of `bytes_per_cell` bytes each.
pub fn check_grid(rows: usize, cols: usize, bytes_per_cell: usize) -> Result<(), String> {
    check((rows, cols), bytes_of(rows, cols, bytes_per_cell))
}

/// Returns an error if there is no memory for a grid that needs `bytes` bytes.
///
/// The bytes are checked as one allocation, because a system may grant each part but not the whole.
pub fn check((rows, cols): (usize, usize), bytes: Option<usize>) -> Result<(), String> {
    if is_available(bytes) {
        return Ok(());
    }
    Err(format!("there is no memory for a grid of {rows}×{cols} cells: choose a smaller one"))
}

/// Returns the bytes that `rows`×`cols` cells need, plus a constant for everything else.
pub fn bytes_of(rows: usize, cols: usize, bytes_per_cell: usize) -> Option<usize> {
    // The constant covers picture encoders and the rows that a sweep buffers.
    const REST: usize = 64 << 20;
    rows.checked_mul(cols)?.checked_mul(bytes_per_cell)?.checked_add(REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_memory_that_there_is_is_available() {
        assert!(is_available(Some(1000)));
        // No allocation may exceed `isize::MAX` bytes, and no system grants that many.
        for bytes in [Some(usize::MAX), Some(isize::MAX.unsigned_abs()), None] {
            assert!(!is_available(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn a_grid_without_memory_is_an_error() {
        assert!(check_grid(100, 100, 8).is_ok());
        for (rows, cols) in [(usize::MAX, 3), (usize::MAX / 64, 8), (1 << 30, 1 << 30)] {
            assert!(check_grid(rows, cols, 8).unwrap_err().contains("no memory"), "{rows}×{cols}");
        }
    }
}
