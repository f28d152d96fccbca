//! Operands: the contract between the arrays of a zip and the loops that walk them.
//!
//! An *operand* has a shape and one item per cell: a view, windows over an array, or indices.
//! [`IntoOperand`] is the safe entrance. It converts `&array`, `&mut array`, a view, a slice or
//! windows into an [`Operand`].
//!
//! `Operand` is the unsafe contract that the loops in `kernel` and `zip` rely on. It describes
//! moves from cell to cell with two types. A *place* is the position of an item: a pointer for
//! arrays, an index for indices. A *stride* is the step from one place to the next along an axis.
//! Each implementation promises that the places of all indices inside its shape are in bounds and
//! that its items may be in use at the same time. [`Operands`] makes the same promise for the tuple
//! of all operands of a zip.
//!
//! - `place`: the traits for places and strides.
//! - `views`, `indices`: views of arrays and indices as operands. Windows are in `window`.
//! - `tuples`: the tuple of all operands.
//! - `arity`: the numbers of operands that are supported.
//! - `convert`: the implementations of `IntoOperand`.

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
    /// Keeps [`Operand`](super::Operand) and related traits inside this crate, so their contracts
    /// may grow.
    pub trait Sealed {}
}

use sealed::Sealed;

/// A type that converts to an operand of a zip.
///
/// Implemented for
///
/// - `&` and `&mut` of every [`ArrayBase`](ndarray::ArrayBase): owned, shared and copy-on-write
///   arrays, and views;
/// - [`ArrayView`](ndarray::ArrayView) and [`ArrayViewMut`](ndarray::ArrayViewMut) by value, `&`
///   and `&mut` of [`ArrayRef`](ndarray::ArrayRef);
/// - `&` and `&mut` of slices, [`Vec`](alloc::vec::Vec) and fixed-size arrays, which are
///   1-dimensional;
/// - [`Windows`](crate::Windows), from [`array_windows`](crate::ArrayWindows::array_windows) and
///   [`array_windows_3d`](crate::ArrayWindows::array_windows_3d);
/// - [`Indices`], from [`Zip::indexed`](crate::Zip::indexed), and [`ndarray::indices`].
///
/// # What is walked how
///
/// | operands | loop |
/// |---|---|
/// | arrays, views, slices and windows of any number of dimensions, whose rows are contiguous | fast: a loop of stride 1 per row, or a single loop if all rows together are contiguous; kernels in [`simd_azip!`](crate::simd_azip) |
/// | column-major arrays only | fast, along the columns |
/// | arrays, views, slices and windows in other layouts: row-major mixed with column-major, sliced with steps, broadcast along the last axis | the same loop with run-time strides |
/// | ndarray's `rows()`, `columns()`, `lanes(..)`, `axis_iter(..)`, `outer_iter()`, `exact_chunks(..)`, `windows(..)`, `axis_windows(..)`, raw views, and their `_mut` variants | ndarray's own [`Zip`](ndarray::Zip), at its speed; together with arrays and each other, up to six operands |
/// | operands of a generic function that are bounded by [`ndarray::IntoNdProducer`] alone | ndarray's own `Zip`, by the macros only; the methods of [`Zip`](crate::Zip) need the bound `IntoOperand` ([guide](crate::guide::from_azip#generic-functions)) |
///
/// # Examples
///
/// A function that writes to any 2-dimensional operand of `f64` cells:
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
    note = "arrays are those of ndarray 0.17: if the type looks right, `cargo tree -d` shows whether the program has a second version of ndarray",
    note = "ndarray's rows, lanes, chunks, windows, axis iterators and raw views are walked by ndarray's own `Zip`, together with arrays: at most six operands, none of them from `array_windows`",
    note = "in a generic function over ndarray's `IntoNdProducer`, use `azip!`, as `azip!(p, q).for_each(..)` instead of `Zip::from(p).and(q).for_each(..)`, or add the bound `ndarray_lockstep::IntoOperand`"
)]
pub trait IntoOperand {
    /// What the closure receives, one per cell.
    type Item;
    /// The type of the shape.
    type Dim: Dimension;
    /// The operand that `self` converts to.
    type Operand: Operand<Dim = Self::Dim, Item = Self::Item>;
    /// Converts `self` to an operand.
    ///
    /// # Panics
    ///
    /// If the lengths other than 0 multiply to more than `isize::MAX`. Only indices and slices of
    /// zero-sized elements can be that large. A [`Zip`](crate::Zip) checks this first, and its own
    /// message gives the number of the operand.
    fn into_operand(self) -> Self::Operand;

    /// Returns the shape if [`into_operand`](Self::into_operand) would panic because of it.
    #[doc(hidden)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn uncountable(&self) -> Option<IxDyn> {
        None
    }
}

/// An operand of a zip: a shape, and one item per cell.
///
/// Implemented for [`ArrayView`](ndarray::ArrayView), [`ArrayViewMut`](ndarray::ArrayViewMut),
/// [`Windows`](crate::Windows) and [`Indices`]. The trait is sealed. Bounds on [`IntoOperand`] are
/// enough for generic code.
///
/// # Safety
///
/// The contract refers to methods that this page hides, because only this crate calls and
/// implements them.
///
/// `place(i)` is the place of the index `i` of the shape. It is `origin()`, moved by `i[axis]`
/// steps of `stride(axis)` along each axis. The moves may be made in any order and split up, as
/// long as every index on the way is inside the shape. An implementation promises, for the whole
/// lifetime in its `Item`:
///
/// 1. *In bounds.* For every index `i` inside `raw_dim()`, it is sound to move to `place(i)` and to
///    make an item there.
/// 2. *Distinct.* Items of different indices may live at the same time and be used in any order. An
///    item that gives exclusive access overlaps no other item. So an index may be visited only
///    once, unless `Self: Clone`.
/// 3. *Adjacent.* If `is_unit(stride(axis))`, then `ahead` does what `offset` does along that axis.
/// 4. *Mergeable.* If `merges(stride(outer), stride(inner), n)`, then one step along `outer` is `n`
///    steps along `inner`. This also holds across the end of the `inner` axis, if the resulting
///    index is inside the shape.
/// 5. *Rows.* If `is_unit(stride(axis))` or the row has one cell, `row` gives access to no more
///    than the items of the row do.
/// 6. *Stable.* `raw_dim`, `stride` and `origin` always return the same values, even after `self`
///    has been moved.
/// 7. *Kernel rows.* A kernel row represents a row of `len` cells with unit strides. `kernel_row`
///    makes it from the `first_row` of that row. `kernel_row_below` makes it from the `next_row` of
///    that row and the kernel row of the first row. `kernel_item(row, col)` is the item of the
///    row's cell `col`, for `col < len`.
///
/// With debug assertions the methods check that strides are units, that lengths are not 0, and that
/// distances fit into an `isize`. The compiler adds checks that pointers are aligned and not null
/// where `item` dereferences them. Three conditions cannot be checked, because neither a place nor
/// a kernel row contains the information: that a place is inside the shape, which row a kernel row
/// represents, and that an item has not been made before.
pub unsafe trait Operand: Sealed + Sized {
    /// What the closure receives, one per cell.
    type Item;
    /// The type of the shape.
    type Dim: Dimension;
    /// What [`Zip::for_each_row`](crate::Zip::for_each_row) passes to its closure, one per row.
    type Row;

    /// The position of an item.
    #[doc(hidden)]
    type Place: Place<Self::Stride>;
    /// The step from one place to the next along an axis.
    #[doc(hidden)]
    type Stride: Stride;

    /// Returns the shape.
    #[doc(hidden)]
    fn raw_dim(&self) -> Self::Dim;

    /// Returns whether the shape is `dim`.
    #[doc(hidden)]
    fn has_shape(&self, dim: &Self::Dim) -> bool;

    /// Returns which order of the walk suits the operand: see `kernel::plan::tendency`.
    #[doc(hidden)]
    fn tendency(&self) -> i32;

    /// Returns the place of the first cell. It may dangle if the operand has no cells.
    #[doc(hidden)]
    fn origin(&mut self) -> Self::Place;

    /// Returns the stride of an axis. The value has no meaning if the operand does not have that
    /// axis.
    #[doc(hidden)]
    fn stride(&self, axis: usize) -> Self::Stride;

    /// Makes the item at a place.
    ///
    /// # Safety
    ///
    /// 1. `place` is the place of an index inside the shape.
    /// 2. The item of an index is made only once, unless `Self: Clone`.
    #[doc(hidden)]
    unsafe fn item(place: Self::Place) -> Self::Item;

    /// Makes the row of `len` cells that starts at a place.
    ///
    /// # Safety
    ///
    /// 1. The `len` places from `place` on, in steps of `stride`, are places of indices inside the
    ///    shape; `len > 0`.
    /// 2. `is_unit(stride)`, or `len` is 1.
    /// 3. No other item or row of these indices is made, unless `Self: Clone`.
    #[doc(hidden)]
    unsafe fn row(place: Self::Place, stride: Self::Stride, len: usize) -> Self::Row;

    /// Splits the operand at `index` of `axis`.
    #[doc(hidden)]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self);

    /// What a kernel receives for its first row. A *kernel* is a small function that calls the
    /// closure for all cells of one or more rows: see `kernel::simd`. For exclusive access this is
    /// a slice. As a function parameter, the slice guarantees to the compiler that nothing else
    /// points to its cells.
    #[doc(hidden)]
    type FirstRow;
    /// What a kernel receives for each further row. It is `()` if the kernel can reach the others
    /// from the first row.
    #[doc(hidden)]
    type NextRow;
    /// A row inside a kernel.
    #[doc(hidden)]
    type KernelRow;

    /// Whether items of neighbouring rows read the same cells, so that computing several rows in
    /// one kernel call saves loads.
    #[doc(hidden)]
    const REUSES_ROWS: bool;

    /// Returns `true` only if visiting one cell cannot change the values that the item of another
    /// cell gives access to. The type of the elements must rule out interior mutability.
    #[doc(hidden)]
    fn is_plain() -> bool;

    /// Returns the size in bytes of the array if each item covers cells of several of its planes,
    /// and 0 otherwise: see `kernel::cache::MAX_JAMMED_BYTES`.
    #[doc(hidden)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn bytes_across_planes(&self) -> usize {
        0
    }

    /// Adds to `sets` the rows of memory that `rows` rows of items read or write. The first row of
    /// items starts at `place`, and each further one `stride` after the previous one.
    #[doc(hidden)]
    fn count_sets(place: &Self::Place, stride: Self::Stride, rows: usize, sets: &mut SetCounts);

    /// Makes the first row of a kernel: `len` cells from `place` on, in steps of `stride`.
    ///
    /// # Safety
    ///
    /// 1. The `len` places from `place` on, in steps of `stride`, are places of indices inside the
    ///    shape; `len > 0`.
    /// 2. `is_unit(stride)`.
    /// 3. No other item or row of these indices is made, unless `Self: Clone`. Their cells are
    ///    accessed only through the items of this row's kernel row.
    #[doc(hidden)]
    unsafe fn first_row(place: Self::Place, stride: Self::Stride, len: usize) -> Self::FirstRow;

    /// Makes a further row of a kernel.
    ///
    /// # Safety
    ///
    /// 1 to 3: those of [`first_row`](Self::first_row).
    #[doc(hidden)]
    unsafe fn next_row(place: Self::Place, stride: Self::Stride, len: usize) -> Self::NextRow;

    /// Makes the kernel row of a kernel's first row.
    #[doc(hidden)]
    fn kernel_row(first: Self::FirstRow) -> Self::KernelRow;

    /// Makes the kernel row that is `n` rows below the first one.
    ///
    /// # Safety
    ///
    /// 1. `next` is the row that is `n` steps of the row axis (`kernel::plan::row_axis`) after the
    ///    row of `first`, and has the same length.
    #[doc(hidden)]
    unsafe fn kernel_row_below(first: &Self::KernelRow, n: usize, next: Self::NextRow) -> Self::KernelRow;

    /// Makes the item of cell `col` of a kernel row.
    ///
    /// # Safety
    ///
    /// 1. `row` was made by `kernel_row` or `kernel_row_below`, from rows that were made by
    ///    `first_row` and `next_row`.
    /// 2. `col` is less than the length of the row.
    /// 3. The item of a cell is made only once, unless `Self: Clone`.
    #[doc(hidden)]
    unsafe fn kernel_item(row: &Self::KernelRow, col: usize) -> Self::Item;
}

/// An operand whose `REUSES_ROWS` is false, as its type says: items in different rows share no
/// cells.
pub trait SeparateRows: Operand {}
