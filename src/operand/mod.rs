//! What may stand in a zip.
//!
//! [`IntoOperand`] is the safe door: it turns what users write (`&array`, `&mut array`, a view, a slice, windows) into an
//! [`Operand`]. `Operand` is the contract that the loops in `row.rs` rely on: it leads from an array to its items by
//! *places*, which are pointers for arrays and numbers for indices. [`Operands`] is the same for the tuple of all
//! operands of a zip. The module calls `layout.rs` alone.

use ndarray::{Dimension, IxDyn};

use crate::kernel::cache::SetCounts;

mod arity;
mod convert;
mod indices;
mod place;
mod tuples;
mod views;

pub(crate) use self::arity::for_each_arity;
pub use self::indices::Indices;
pub use self::place::{Place, Stride};
pub use self::tuples::{Operands, Push};
pub(crate) use self::views::{broadcast, is_primitive};

pub(crate) mod sealed {
    /// Keeps [`Operand`](super::Operand) and its kin to this crate: their contracts may grow.
    pub trait Sealed {}
}

use sealed::Sealed;

/// What can be turned into an operand of a zip.
///
/// Implemented for
/// - `&` and `&mut` of every [`ArrayBase`]: owned, shared, copy-on-write, views;
/// - [`ArrayView`] and [`ArrayViewMut`] by value, `&` and `&mut` of [`ArrayRef`];
/// - `&` and `&mut` of slices, [`Vec`] and fixed arrays, which count as 1-dimensional;
/// - [`Windows`](crate::Windows), from [`array_windows`](crate::ArrayWindows::array_windows), and [`Windows3d`](crate::Windows3d), from
///   [`array_windows_3d`](crate::ArrayWindows3d::array_windows_3d);
/// - [`Indices`], from [`Zip::indexed`](crate::Zip::indexed), and [`ndarray::indices`].
///
/// # What is walked how
///
/// | operands | path |
/// |---|---|
/// | arrays, views, slices, windows whose rows' cells lie side by side, of any number of dimensions | fast: loops of unit stride, one a row of cells, or one for all where rows follow one another; kernels in [`simd_azip!`](crate::simd_azip) |
/// | the same in any other layout: column-major beside row-major, steps, broadcast along the last axis | plain: the same loop with strides |
/// | ndarray's `rows()`, `columns()`, `lanes(..)`, `axis_iter(..)`, `outer_iter()`, `exact_chunks(..)`, `windows(..)`, `axis_windows(..)`, raw views, and the `_mut` ones | ndarray's: by its own [`Zip`](ndarray::Zip), as fast as there, beside arrays and each other, up to six operands |
/// | in a generic function, what is bounded by [`ndarray::IntoNdProducer`] alone | ndarray's, by the macros; the methods of [`Zip`](crate::Zip) need the bound `IntoOperand` ([guide](crate::guide::from_azip#generic-functions)) |
/// | column-major arrays all of them | fast, along the columns |
///
/// # Examples
///
/// A function over anything that holds 2-dimensional `f64` cells to write to:
///
/// ```
/// use ndarray::{Array2, Ix2, array};
/// use ndarray_lockstep::{IntoOperand, Zip};
///
/// fn double<'a, P>(cells: P)
/// where
///     P: IntoOperand<Dim = Ix2, Item = &'a mut f64>,
/// {
///     Zip::from(cells).for_each(|cell| *cell *= 2.0);
/// }
///
/// let mut a: Array2<f64> = array![[1.0, 2.0], [3.0, 4.0]];
/// double(&mut a);
/// assert_eq!(a, array![[2.0, 4.0], [6.0, 8.0]]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an operand of a lockstep zip",
    label = "not an array, view, slice, windows or indices",
    note = "pass arrays by reference (`&a`, `&mut a`) or as views (`a.view()`, `a.view_mut()`)",
    note = "ndarray's rows, lanes, chunks, windows, axis iterators and raw views are walked by ndarray's own `Zip`, beside arrays and each other: at most six operands, none of them from `array_windows`",
    note = "in a generic function over ndarray's `IntoNdProducer`, use `azip!`, as `azip!(p, q).for_each(..)` instead of `Zip::from(p).and(q).for_each(..)`, or add the bound `ndarray_lockstep::IntoOperand`"
)]
pub trait IntoOperand {
    /// What the closure gets, one a cell.
    type Item;
    /// The number of dimensions.
    type Dim: Dimension;
    /// The operand this turns into.
    type Operand: Operand<Dim = Self::Dim, Item = Self::Item>;
    /// Turns `self` into an operand.
    ///
    /// # Panics
    ///
    /// If its lengths, those that are 0 left out, multiply to more than `isize::MAX`: a slice of so many zero-sized elements, or
    /// indices of such a shape. A [`Zip`](crate::Zip) answers before it comes to that, and names the operand.
    fn into_operand(self) -> Self::Operand;

    /// The shape, where [`into_operand`](Self::into_operand) panics over it.
    #[doc(hidden)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn uncountable(&self) -> Option<IxDyn> {
        None
    }
}

/// An operand of a zip: something with a shape and an item a cell.
///
/// Implemented for [`ArrayView`], [`ArrayViewMut`], [`Windows`](crate::Windows), [`Windows3d`](crate::Windows3d) and [`Indices`]. The trait is sealed; in
/// generic code bounds on [`IntoOperand`] are enough.
///
/// # Safety
///
/// The contract speaks of methods that are hidden from this page, as nobody else calls or implements them.
///
/// `place(i)` stands for the place that `origin` and `offset` lead to for the index `i` of the shape: `origin()`, moved
/// by `i[axis]` steps of `stride(axis)` along each axis, in any order and in any number of moves, all of whose
/// intermediate indices lie inside the shape. An implementation promises, for the whole lifetime its `Item` names:
///
/// 1. *In bounds.* For every index `i` inside `raw_dim()`, moving to `place(i)` and making an item of it is sound.
/// 2. *Distinct.* Items of different indices may live at the same time and be used in any order. An item that gives
///    exclusive access overlaps no other item, so an index may be visited once only, unless `Self: Clone`.
/// 3. *Adjacent.* Where `is_unit(stride(axis))`, `ahead` does what `offset` does along that axis.
/// 4. *Mergeable.* Where `merges(stride(outer), stride(inner), n)`, one step along `outer` is `n` steps along `inner`,
///    also past the end of the `inner` axis, as long as the index that is meant lies inside the shape.
/// 5. *Rows.* Where `is_unit(stride(axis))` or the row has one cell, `row` gives access to no more than the items of the
///    row do.
/// 6. *Stable.* `raw_dim`, `stride` and `origin` give the same answer every time, also after `self` has been moved.
/// 7. *Lanes.* A lane stands for a row of `len` cells with unit strides: `kernel_row` makes it of the `first_row` of a row, `kernel_row_below` of
///    the `next_row` of a row and of the lane of the row above it. `kernel_item(lane, col)` is the item of the row's cell `col`, for
///    `col < len`.
///
/// With debug assertions the methods check that strides are units, that lengths are not 0, and that
/// distances fit into an `isize`. That pointers are aligned and not null is checked by the
/// compiler, where `item` dereferences them. Where a place lies in the shape, which row a lane is
/// of, and whether an item has been made before, is not checked: neither places nor lanes know.
pub unsafe trait Operand: Sealed + Sized {
    /// What the closure gets, one a cell.
    type Item;
    /// The number of dimensions.
    type Dim: Dimension;
    /// What [`Zip::for_each_row`](crate::Zip::for_each_row) hands out, one a row.
    type Row;

    /// Where an item is.
    #[doc(hidden)]
    type Place: Place<Self::Stride>;
    /// What leads from one place to the next along an axis.
    #[doc(hidden)]
    type Stride: Stride;

    /// The shape.
    #[doc(hidden)]
    fn raw_dim(&self) -> Self::Dim;

    /// Whether the shape is `dim`.
    #[doc(hidden)]
    fn has_shape(&self, dim: &Self::Dim) -> bool;

    /// The vote for the order of the walk: see [`plan::tendency`].
    #[doc(hidden)]
    fn tendency(&self) -> i32;

    /// The place of the first cell. It may be dangling where the operand has no cells.
    #[doc(hidden)]
    fn origin(&mut self) -> Self::Place;

    /// The stride of an axis; anything for an axis the operand does not have.
    #[doc(hidden)]
    fn stride(&self, axis: usize) -> Self::Stride;

    /// The item at a place.
    ///
    /// # Safety
    ///
    /// 1. `place` is the place of an index inside the shape.
    /// 2. The item of an index is made once only, unless `Self: Clone`.
    #[doc(hidden)]
    unsafe fn item(place: Self::Place) -> Self::Item;

    /// The row of `len` cells that starts at a place.
    ///
    /// # Safety
    ///
    /// 1. The `len` places from `place` on by steps of `stride` are places of indices inside the shape; `len > 0`.
    /// 2. `is_unit(stride)`, or `len` is 1.
    /// 3. No item or row of these indices is made besides, unless `Self: Clone`.
    #[doc(hidden)]
    unsafe fn row(place: Self::Place, stride: Self::Stride, len: usize) -> Self::Row;

    /// Splits at `index` of `axis`.
    #[doc(hidden)]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self);

    /// What a kernel (see `row.rs`) is given of its first row. A row of exclusive access is a slice: as a parameter of its own
    /// it tells the compiler that nothing else leads to its cells.
    #[doc(hidden)]
    type FirstRow;
    /// What a kernel is given of each row below; nothing, where the row above leads to it.
    #[doc(hidden)]
    type NextRow;
    /// A row inside a kernel.
    #[doc(hidden)]
    type KernelRow;

    /// Whether items of neighbouring rows read the same cells, so that it pays to walk several rows side by side.
    #[doc(hidden)]
    const REUSES_ROWS: bool;

    /// Whether what an item shows depends on no other cell's visit: there is no interior mutability in the elements, as far as
    /// their type tells.
    #[doc(hidden)]
    fn is_plain() -> bool;

    /// The bytes of memory that items reach over which lie in several planes, and 0 for others: see [`cache::MAX_JAMMED_BYTES`].
    #[doc(hidden)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn bytes_across_planes(&self) -> usize {
        0
    }

    /// Counts the rows of memory that `rows` rows of items lie in, from `place` on by steps of `stride`.
    #[doc(hidden)]
    fn count_sets(place: &Self::Place, stride: Self::Stride, rows: usize, sets: &mut SetCounts);

    /// The first row of a kernel: `len` cells from `place` on by steps of `stride`.
    ///
    /// # Safety
    ///
    /// 1. The `len` places from `place` on by steps of `stride` are places of indices inside the shape; `len > 0`.
    /// 2. `is_unit(stride)`.
    /// 3. No item or row of these indices is made besides, unless `Self: Clone`: whoever uses their cells does so through the
    ///    items of this row's lane.
    #[doc(hidden)]
    unsafe fn first_row(place: Self::Place, stride: Self::Stride, len: usize) -> Self::FirstRow;

    /// A further row of a kernel.
    ///
    /// # Safety
    ///
    /// 1 to 3: those of [`first_row`](Self::first_row).
    #[doc(hidden)]
    unsafe fn next_row(place: Self::Place, stride: Self::Stride, len: usize) -> Self::NextRow;

    /// The lane of a kernel's first row.
    #[doc(hidden)]
    fn kernel_row(lead: Self::FirstRow) -> Self::KernelRow;

    /// The kernel row `n` rows below the first one.
    ///
    /// # Safety
    ///
    /// 1. `next` is of the row `n` steps of the [row axis](plan::row_axis)'s stride after the row of `first`, which is as long.
    #[doc(hidden)]
    unsafe fn kernel_row_below(first: &Self::KernelRow, n: usize, next: Self::NextRow) -> Self::KernelRow;

    /// The item of cell `col` of a lane.
    ///
    /// # Safety
    ///
    /// 1. `kernel_row` comes from `kernel_row`, or from `kernel_row_below`, of rows that were made by `first_row` and `next_row`.
    /// 2. `col` is less than the length of the lane's row.
    /// 3. The item of a cell is made once only, unless `Self: Clone`.
    #[doc(hidden)]
    unsafe fn kernel_item(lane: &Self::KernelRow, col: usize) -> Self::Item;
}
