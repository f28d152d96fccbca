//! [`Indices`]: the indices of a shape, as an operand of a zip.
//!
//! A walk moves from cell to cell by *places* and *strides*. For arrays these are pointers and
//! distances. Here a place is an index and a stride is an axis. No memory is involved, so a wrong
//! place cannot cause undefined behaviour.

use ndarray::Dimension;

use super::sealed::Sealed;
use super::{Operand, Place, SeparateRows, Stride};
use crate::kernel::cache::SetCounts;
use crate::kernel::plan;

/// The indices of a shape as an operand. Its items are values of ndarray's `Dimension::Pattern`:
/// `i` for one dimension, `(i, j)` for two.
///
/// [`Zip::indexed`](crate::Zip::indexed) and `index` in [`azip!`](crate::azip) create it, and
/// [`ndarray::indices`] converts to it.
///
/// # Invariants
///
/// 1. The sum of `start` and any index inside `dim` is an index of one shape, so it does not
///    overflow. No unsafe code relies on this.
#[derive(Clone, Debug)]
pub struct Indices<D> {
    start: D,
    dim: D,
}

impl<D: Dimension> Indices<D> {
    #[inline(always)]
    pub(crate) fn new(dim: D) -> Self {
        Indices { start: D::zeros(dim.ndim()), dim }
    }

    /// Returns the shape whose indices these are.
    ///
    /// # Panics
    ///
    /// If these are the indices of the second half of a split zip.
    pub(crate) fn into_whole_shape(self) -> D {
        assert!(
            self.start == D::zeros(self.start.ndim()),
            "the second half of a split zip with an index cannot take ndarray's producers: add them before the split"
        );
        self.dim
    }

    /// Returns the indices of a shape that may be too large for an array.
    ///
    /// # Panics
    ///
    /// If there are more than `isize::MAX` indices.
    pub(super) fn of(dim: D) -> Self {
        assert!(plan::is_countable(&dim), "the indices of shape {dim:?} are more than isize::MAX");
        Indices::new(dim)
    }

    /// Returns `index`, moved by `count` along `axis`.
    // Adds to every axis, and adds 0 to all but one. If the number of dimensions is known at
    // compile time, the index then stays in registers and the innermost loop can be vectorised.
    #[inline(always)]
    fn moved(index: &D, axis: usize, count: usize) -> D {
        let mut moved = index.clone();
        let mut candidate = 0;
        while candidate < moved.ndim() {
            moved[candidate] += if candidate == axis { count } else { 0 };
            candidate += 1;
        }
        moved
    }
}

/// A stride of [`Indices`]: the axis to step along.
#[derive(Clone, Copy, Debug)]
pub struct AxisStride(usize);

impl Stride for AxisStride {
    #[inline(always)]
    fn elements(self) -> isize {
        1
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_unit(self) -> bool {
        true
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn merges(self, _inner: Self, _inner_len: usize) -> bool {
        false
    }
}

/// A place of [`Indices`]: an index.
#[derive(Debug)]
pub struct IndexPlace<D>(D);

// Not derived: a derived `clone` is not always inlined.
impl<D: Clone> Clone for IndexPlace<D> {
    #[inline(always)]
    fn clone(&self) -> Self {
        IndexPlace(self.0.clone())
    }
}

// SAFETY: `ahead` does what `offset` does.
unsafe impl<D: Dimension> Place<AxisStride> for IndexPlace<D> {
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn offset(&self, AxisStride(axis): AxisStride, count: usize) -> Self {
        IndexPlace(Indices::moved(&self.0, axis, count))
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn ahead(&self, AxisStride(axis): AxisStride, count: usize) -> Self {
        IndexPlace(Indices::moved(&self.0, axis, count))
    }
}

impl<D> Sealed for Indices<D> {}

impl<D: Dimension> SeparateRows for Indices<D> {}

// SAFETY: places are indices, and safe code makes the items. No memory is accessed, so nothing can
// be out of bounds or aliased (1, 2, 5). `ahead` does what `offset` does (3), and no axes merge
// (4). `dim` and `start` do not change (6). A kernel row is the index of the row's first cell and
// the axis to step along (7).
unsafe impl<D: Dimension> Operand for Indices<D> {
    type Item = D::Pattern;
    type Dim = D;
    /// The index of the row's first cell.
    type Row = D::Pattern;
    type Place = IndexPlace<D>;
    type Stride = AxisStride;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn raw_dim(&self) -> D {
        self.dim.clone()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn has_shape(&self, dim: &D) -> bool {
        plan::same_shape(dim, &self.dim)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tendency(&self) -> i32 {
        0
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn origin(&mut self) -> IndexPlace<D> {
        IndexPlace(self.start.clone())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stride(&self, axis: usize) -> AxisStride {
        AxisStride(axis)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn item(place: IndexPlace<D>) -> D::Pattern {
        place.0.into_pattern()
    }

    #[inline(always)]
    unsafe fn row(place: IndexPlace<D>, _axis: AxisStride, len: usize) -> D::Pattern {
        debug_assert!(len > 0, "contract of Operand::row");
        place.0.into_pattern()
    }

    #[inline]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        assert!(index <= self.dim[axis], "the split index is inside the axis");
        let mut first = self.dim.clone();
        first[axis] = index;
        let mut second = self.dim;
        second[axis] -= index;
        let start = Indices::moved(&self.start, axis, index);
        (Indices { start: self.start, dim: first }, Indices { start, dim: second })
    }

    /// The index of the row's first cell, and the axis to step along.
    type FirstRow = (D, usize);
    type NextRow = (D, usize);
    type KernelRow = (D, usize);

    const REUSES_ROWS: bool = false;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_plain() -> bool {
        true
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn count_sets(_place: &IndexPlace<D>, _axis: AxisStride, _rows: usize, _sets: &mut SetCounts) {}

    #[inline(always)]
    unsafe fn first_row(place: IndexPlace<D>, axis: AxisStride, len: usize) -> (D, usize) {
        debug_assert!(len > 0, "contract of Operand::first_row");
        (place.0, axis.0)
    }

    #[inline(always)]
    unsafe fn next_row(place: IndexPlace<D>, axis: AxisStride, len: usize) -> (D, usize) {
        debug_assert!(len > 0, "contract of Operand::next_row");
        (place.0, axis.0)
    }

    #[inline(always)]
    fn kernel_row(first: (D, usize)) -> (D, usize) {
        first
    }

    #[inline(always)]
    unsafe fn kernel_row_below(_first: &(D, usize), _n: usize, next: (D, usize)) -> (D, usize) {
        next
    }

    #[inline(always)]
    unsafe fn kernel_item((start, axis): &(D, usize), col: usize) -> D::Pattern {
        Indices::moved(start, *axis, col).into_pattern()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Dim;

    use super::*;

    #[test]
    fn halves_of_indices_have_their_own_shapes_and_starts() {
        let (mut first, mut second) = Indices::new(Dim([5, 3])).split_at(0, 2);
        assert_eq!((first.raw_dim(), first.origin().0), (Dim([2, 3]), Dim([0, 0])));
        assert_eq!((second.raw_dim(), second.origin().0), (Dim([3, 3]), Dim([2, 0])));
        assert!(first.has_shape(&Dim([2, 3])) && !first.has_shape(&Dim([3, 3])));
    }
}
