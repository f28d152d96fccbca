//! What may stand in a zip.
//!
//! [`IntoOperand`] is the safe door: it turns what users write (`&array`, `&mut array`, a view, a slice, windows) into an
//! [`Operand`]. `Operand` is the contract that the loops in `row.rs` rely on: it leads from an array to its items by
//! *places*, which are pointers for arrays and numbers for indices. [`Operands`] is the same for the tuple of all
//! operands of a zip. The module calls `layout.rs` alone.

use alloc::vec::Vec;

use ndarray::{
    ArrayBase, ArrayRef, ArrayView, ArrayView1, ArrayViewMut, ArrayViewMut1, Axis, Data, DataMut, Dimension, Ix1,
    IxDyn, NdProducer,
};

use crate::layout::{self, Sets, Streams};

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
    #[cfg_attr(debug_assertions, inline)]
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
/// 7. *Lanes.* A lane stands for a row of `len` cells with unit strides: `lane` makes it of the `lead` of a row, `lane_below` of
///    the `follow` of a row and of the lane of the row above it. `lane_item(lane, col)` is the item of the row's cell `col`, for
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
    type Place: Clone;
    /// What leads from one place to the next along an axis.
    #[doc(hidden)]
    type Stride: Copy;

    /// The shape.
    #[doc(hidden)]
    fn raw_dim(&self) -> Self::Dim;

    /// Whether the shape is `dim`.
    #[doc(hidden)]
    fn has_shape(&self, dim: &Self::Dim) -> bool;

    /// The vote for the order of the walk: see [`layout::tendency`].
    #[doc(hidden)]
    fn tendency(&self) -> i32;

    /// The place of the first cell. It may be dangling where the operand has no cells.
    #[doc(hidden)]
    fn origin(&mut self) -> Self::Place;

    /// The stride of an axis; anything for an axis the operand does not have.
    #[doc(hidden)]
    fn stride(&self, axis: usize) -> Self::Stride;

    /// The stride in elements, for messages.
    #[doc(hidden)]
    fn elements(stride: Self::Stride) -> isize;

    /// Whether steps of this stride lead through neighbouring places.
    #[doc(hidden)]
    fn is_unit(stride: Self::Stride) -> bool;

    /// Whether one step of `outer` is the same as `inner_len` steps of `inner`.
    #[doc(hidden)]
    fn merges(outer: Self::Stride, inner: Self::Stride, inner_len: usize) -> bool;

    /// The place `count` steps of `stride` further.
    ///
    /// # Safety
    ///
    /// 1. `place` and the result are places of indices inside the shape.
    #[doc(hidden)]
    unsafe fn offset(place: &Self::Place, stride: Self::Stride, count: usize) -> Self::Place;

    /// The place `count` steps of a unit stride further.
    ///
    /// # Safety
    ///
    /// 1. `is_unit(stride)`.
    /// 2. `place` and the result are places of indices inside the shape.
    #[doc(hidden)]
    unsafe fn ahead(place: &Self::Place, stride: Self::Stride, count: usize) -> Self::Place;

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
    type Lead;
    /// What a kernel is given of each row below; nothing, where the row above leads to it.
    #[doc(hidden)]
    type Follow;
    /// A row inside a kernel.
    #[doc(hidden)]
    type Lane;

    /// Whether items of neighbouring rows read the same cells, so that it pays to walk several rows side by side.
    #[doc(hidden)]
    const TALL: bool;

    /// Whether what an item shows depends on no other cell's visit: there is no interior mutability in the elements, as far as
    /// their type tells.
    #[doc(hidden)]
    fn is_plain() -> bool;

    /// The bytes of memory that items reach over which lie in several planes, and 0 for others: see [`layout::LARGEST_VOLUME`].
    #[doc(hidden)]
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn volume(&self) -> usize {
        0
    }

    /// Counts the rows of memory that `rows` rows of items lie in, from `place` on by steps of `stride`.
    #[doc(hidden)]
    fn streams(place: &Self::Place, stride: Self::Stride, rows: usize, sets: &mut Sets);

    /// The first row of a kernel: `len` cells from `place` on by steps of `stride`.
    ///
    /// # Safety
    ///
    /// 1. The `len` places from `place` on by steps of `stride` are places of indices inside the shape; `len > 0`.
    /// 2. `is_unit(stride)`.
    /// 3. No item or row of these indices is made besides, unless `Self: Clone`: whoever uses their cells does so through the
    ///    items of this row's lane.
    #[doc(hidden)]
    unsafe fn lead(place: Self::Place, stride: Self::Stride, len: usize) -> Self::Lead;

    /// A further row of a kernel.
    ///
    /// # Safety
    ///
    /// 1 to 3: those of [`lead`](Self::lead).
    #[doc(hidden)]
    unsafe fn follow(place: Self::Place, stride: Self::Stride, len: usize) -> Self::Follow;

    /// The lane of a kernel's first row.
    #[doc(hidden)]
    fn lane(lead: Self::Lead) -> Self::Lane;

    /// The lane of the row below.
    ///
    /// # Safety
    ///
    /// 1. `follow` is of the row one step of the [row axis](layout::row_axis)'s stride after the row of `above`, which is as long.
    #[doc(hidden)]
    unsafe fn lane_below(above: &Self::Lane, follow: Self::Follow) -> Self::Lane;

    /// The item of cell `col` of a lane.
    ///
    /// # Safety
    ///
    /// 1. `lane` comes from `lane`, or from `lane_below`, of rows that were made by `lead` and `follow`.
    /// 2. `col` is less than the length of the lane's row.
    /// 3. The item of a cell is made once only, unless `Self: Clone`.
    #[doc(hidden)]
    unsafe fn lane_item(lane: &Self::Lane, col: usize) -> Self::Item;
}

impl<A, D: Dimension> Sealed for ArrayView<'_, A, D> {}

// SAFETY: the view's pointer, shape and strides lead to elements that are valid and shared for 'a (ndarray's invariant
// for ArrayView); a place is that pointer moved by an index times the strides. So
// 1. items are in bounds;
// 2. shared ones may be made any number of times;
// 3. a stride of 1 is `ptr.add`;
// 4. where `layout::merges` holds, the strides are equal distances without wrapping, so they are equal moves;
// 5. cells at stride 1, or a single one, form a slice;
// 6. the pointer does not point into the view itself;
// 7. a lane is the pointer to a row's first cell, and cells of unit stride are `ptr.add` apart.
unsafe impl<'a, A, D: Dimension> Operand for ArrayView<'a, A, D> {
    type Item = &'a A;
    type Dim = D;
    type Row = &'a [A];
    type Place = *const A;
    type Stride = isize;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn raw_dim(&self) -> D {
        (**self).raw_dim()
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn has_shape(&self, dim: &D) -> bool {
        layout::is_shape(dim, self.shape())
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tendency(&self) -> i32 {
        layout::tendency(self.shape(), self.strides())
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn origin(&mut self) -> *const A {
        self.as_ptr()
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stride(&self, axis: usize) -> isize {
        layout::stride_of::<D>(self.strides(), axis)
    }

    #[inline(always)]
    fn elements(stride: isize) -> isize {
        stride
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_unit(stride: isize) -> bool {
        stride == 1
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn merges(outer: isize, inner: isize, inner_len: usize) -> bool {
        layout::merges(outer, inner, inner_len)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn offset(place: &*const A, stride: isize, count: usize) -> *const A {
        debug_assert!(layout::is_distance(stride, count), "contract of Operand::offset");
        // SAFETY: both places are elements of the same view (1).
        unsafe { place.offset(layout::distance(stride, count)) }
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

    type Lead = *const A;
    type Follow = *const A;
    type Lane = *const A;

    const TALL: bool = false;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_plain() -> bool {
        is_primitive::<A>()
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn streams(place: &*const A, stride: isize, rows: usize, sets: &mut Sets) {
        sets.add(Streams::new::<A>(place.addr(), stride, rows));
    }

    #[inline(always)]
    unsafe fn lead(place: *const A, stride: isize, len: usize) -> *const A {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::lead");
        place
    }

    #[inline(always)]
    unsafe fn follow(place: *const A, stride: isize, len: usize) -> *const A {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::follow");
        place
    }

    #[inline(always)]
    fn lane(lead: *const A) -> *const A {
        lead
    }

    #[inline(always)]
    unsafe fn lane_below(_above: &*const A, follow: *const A) -> *const A {
        follow
    }

    #[inline(always)]
    unsafe fn lane_item(lane: &*const A, col: usize) -> &'a A {
        // SAFETY: the lane is the pointer to its row's first cell (1), `col` is a cell of the row (2), and the row's cells lie side
        // by side (2 of `lead` and `follow`).
        let place = unsafe { lane.add(col) };
        // SAFETY: the place is that of a cell of the row (2), so of an index inside the shape (1 of `lead` and `follow`); shared
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

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn raw_dim(&self) -> D {
        (**self).raw_dim()
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn has_shape(&self, dim: &D) -> bool {
        layout::is_shape(dim, self.shape())
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tendency(&self) -> i32 {
        layout::tendency(self.shape(), self.strides())
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn origin(&mut self) -> *mut A {
        self.as_mut_ptr()
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stride(&self, axis: usize) -> isize {
        layout::stride_of::<D>(self.strides(), axis)
    }

    #[inline(always)]
    fn elements(stride: isize) -> isize {
        stride
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_unit(stride: isize) -> bool {
        stride == 1
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn merges(outer: isize, inner: isize, inner_len: usize) -> bool {
        layout::merges(outer, inner, inner_len)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn offset(place: &*mut A, stride: isize, count: usize) -> *mut A {
        debug_assert!(layout::is_distance(stride, count), "contract of Operand::offset");
        // SAFETY: both places are elements of the same view (1).
        unsafe { place.offset(layout::distance(stride, count)) }
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

    type Lead = &'a mut [A];
    type Follow = &'a mut [A];
    type Lane = *mut A;

    const TALL: bool = false;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_plain() -> bool {
        is_primitive::<A>()
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn streams(place: &*mut A, stride: isize, rows: usize, sets: &mut Sets) {
        sets.add(Streams::new::<A>(place.addr(), stride, rows));
    }

    #[inline(always)]
    unsafe fn lead(place: *mut A, stride: isize, len: usize) -> &'a mut [A] {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::lead");
        // SAFETY: 1 to 3 are those of `row`.
        unsafe { Self::row(place, stride, len) }
    }

    #[inline(always)]
    unsafe fn follow(place: *mut A, stride: isize, len: usize) -> &'a mut [A] {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::follow");
        // SAFETY: 1 to 3 are those of `row`.
        unsafe { Self::row(place, stride, len) }
    }

    #[inline(always)]
    fn lane(lead: &'a mut [A]) -> *mut A {
        lead.as_mut_ptr()
    }

    #[inline(always)]
    unsafe fn lane_below(_above: &*mut A, follow: &'a mut [A]) -> *mut A {
        follow.as_mut_ptr()
    }

    #[inline(always)]
    unsafe fn lane_item(lane: &*mut A, col: usize) -> &'a mut A {
        // SAFETY: the lane is the pointer of the slice that `lead` or `follow` made of its row (1), and `col` is a cell of it (2).
        let place = unsafe { lane.add(col) };
        // SAFETY: the place is that of a cell of the row (2), so of an index inside the shape (1 of `lead` and `follow`), and its
        // item is made once (3), of the slice that borrows the row.
        unsafe { Self::item(place) }
    }
}

/// The indices of a shape as an operand; its items are what `ndarray` calls the pattern of a dimension: `(i, j)` for two
/// dimensions, `i` for one.
///
/// Made by [`Zip::indexed`](crate::Zip::indexed) and `index` in [`azip!`](crate::azip), and from [`ndarray::indices`].
///
/// # Invariants
///
/// 1. `start` and every index inside `dim` add up to an index of one shape, so the sums do not overflow. Nothing unsafe relies
///    on it.
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

    /// The shape, of which these are all indices.
    ///
    /// # Panics
    ///
    /// If they are those of the second half of a split zip.
    pub(crate) fn into_whole_shape(self) -> D {
        assert!(
            self.start == D::zeros(self.start.ndim()),
            "the second half of a split zip with an index takes none of ndarray's producers: add them before the split"
        );
        self.dim
    }

    /// The indices of a shape that no array may have.
    ///
    /// # Panics
    ///
    /// If there are more than `isize::MAX` of them, which no array has.
    fn of(dim: D) -> Self {
        assert!(layout::is_countable(&dim), "the indices of shape {dim:?} are more than isize::MAX");
        Indices::new(dim)
    }

    /// `index`, `count` further along `axis`.
    // The addition stands in every axis and is 0 in all but one: where the number of dimensions is known, the index stays
    // in registers and the innermost loop can be vectorised.
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

impl<D> Sealed for Indices<D> {}

// SAFETY: places are indices and items are made of them by safe code: there is no memory to be out of bounds of, or to be
// exclusive (1, 2, 5). `ahead` is `offset` (3), and nothing merges (4). `dim` and `start` do not change (6). A lane is the
// index of a row's first cell and the axis to step along (7).
unsafe impl<D: Dimension> Operand for Indices<D> {
    type Item = D::Pattern;
    type Dim = D;
    /// The index of the row's first cell.
    type Row = D::Pattern;
    type Place = D;
    /// The axis to step along.
    type Stride = usize;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn raw_dim(&self) -> D {
        self.dim.clone()
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn has_shape(&self, dim: &D) -> bool {
        layout::same_shape(dim, &self.dim)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tendency(&self) -> i32 {
        0
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn origin(&mut self) -> D {
        self.start.clone()
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stride(&self, axis: usize) -> usize {
        axis
    }

    #[inline(always)]
    fn elements(_axis: usize) -> isize {
        1
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_unit(_axis: usize) -> bool {
        true
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn merges(_outer: usize, _inner: usize, _inner_len: usize) -> bool {
        false
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn offset(place: &D, axis: usize, count: usize) -> D {
        Indices::moved(place, axis, count)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn ahead(place: &D, axis: usize, count: usize) -> D {
        Indices::moved(place, axis, count)
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn item(place: D) -> D::Pattern {
        place.into_pattern()
    }

    #[inline(always)]
    unsafe fn row(place: D, _axis: usize, len: usize) -> D::Pattern {
        debug_assert!(len > 0, "contract of Operand::row");
        place.into_pattern()
    }

    #[inline]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        assert!(index <= self.dim[axis], "the split lies inside the axis");
        let mut first = self.dim.clone();
        first[axis] = index;
        let mut second = self.dim;
        second[axis] -= index;
        let start = Indices::moved(&self.start, axis, index);
        (Indices { start: self.start, dim: first }, Indices { start, dim: second })
    }

    /// The first cell, and the axis to step along.
    type Lead = (D, usize);
    type Follow = (D, usize);
    type Lane = (D, usize);

    const TALL: bool = false;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_plain() -> bool {
        true
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn streams(_place: &D, _axis: usize, _rows: usize, _sets: &mut Sets) {}

    #[inline(always)]
    unsafe fn lead(place: D, axis: usize, len: usize) -> (D, usize) {
        debug_assert!(len > 0, "contract of Operand::lead");
        (place, axis)
    }

    #[inline(always)]
    unsafe fn follow(place: D, axis: usize, len: usize) -> (D, usize) {
        debug_assert!(len > 0, "contract of Operand::follow");
        (place, axis)
    }

    #[inline(always)]
    fn lane(lead: (D, usize)) -> (D, usize) {
        lead
    }

    #[inline(always)]
    unsafe fn lane_below(_above: &(D, usize), follow: (D, usize)) -> (D, usize) {
        follow
    }

    #[inline(always)]
    unsafe fn lane_item((start, axis): &(D, usize), col: usize) -> D::Pattern {
        Indices::moved(start, *axis, col).into_pattern()
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

/// The shape of a slice that is longer than any array.
#[inline(always)]
fn too_long<A>(slice: &[A]) -> Option<IxDyn> {
    // No memory holds so many elements that have a size.
    if const { size_of::<A>() == 0 } { too_many(&Ix1(slice.len())) } else { None }
}

/// The shape of indices that are more than those of any array.
#[inline]
fn too_many<D: Dimension>(dim: &D) -> Option<IxDyn> {
    (!layout::is_countable(dim)).then(|| layout::dynamic(dim))
}

/// Implements [`IntoOperand`] for types that convert to `$operand` by `$convert`, unless they are `$uncountable`.
macro_rules! into_operand {
    ($(
        [$($generics:tt)*] $self:ty => $operand:ty, $item:ty, $dim:ty, |$this:ident| $convert:expr
        $(, unless $uncountable:expr)?;
    )*) => {$(
        impl<$($generics)*> IntoOperand for $self {
            type Item = $item;
            type Dim = $dim;
            type Operand = $operand;

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn into_operand(self) -> Self::Operand {
                let $this = self;
                $convert
            }

            $(
                #[cfg_attr(debug_assertions, inline)]
                #[cfg_attr(not(debug_assertions), inline(always))]
                fn uncountable(&self) -> Option<IxDyn> {
                    let $this = self;
                    $uncountable
                }
            )?
        }
    )*};
}

into_operand! {
    ['a, A, D: Dimension] ArrayView<'a, A, D> => Self, &'a A, D, |view| view;
    ['a, A, D: Dimension] ArrayViewMut<'a, A, D> => Self, &'a mut A, D, |view| view;
    ['a, A: 'a, S: Data<Elem = A>, D: Dimension] &'a ArrayBase<S, D>
        => ArrayView<'a, A, D>, &'a A, D, |array| array.view();
    ['a, A: 'a, S: DataMut<Elem = A>, D: Dimension] &'a mut ArrayBase<S, D>
        => ArrayViewMut<'a, A, D>, &'a mut A, D, |array| array.view_mut();
    ['a, A, D: Dimension] &'a ArrayRef<A, D> => ArrayView<'a, A, D>, &'a A, D, |array| array.view();
    ['a, A, D: Dimension] &'a mut ArrayRef<A, D> => ArrayViewMut<'a, A, D>, &'a mut A, D, |array| array.view_mut();
    ['a, A] &'a [A] => ArrayView1<'a, A>, &'a A, Ix1, |slice| slice.into(), unless too_long(slice);
    ['a, A] &'a mut [A] => ArrayViewMut1<'a, A>, &'a mut A, Ix1, |slice| slice.into(), unless too_long(slice);
    ['a, A, const N: usize] &'a [A; N]
        => ArrayView1<'a, A>, &'a A, Ix1, |array| array.as_slice().into(), unless too_long(array.as_slice());
    ['a, A, const N: usize] &'a mut [A; N]
        => ArrayViewMut1<'a, A>, &'a mut A, Ix1, |array| array.as_mut_slice().into(), unless too_long(array.as_slice());
    ['a, A] &'a Vec<A> => ArrayView1<'a, A>, &'a A, Ix1, |vec| vec.as_slice().into(), unless too_long(vec);
    ['a, A] &'a mut Vec<A> => ArrayViewMut1<'a, A>, &'a mut A, Ix1, |vec| vec.as_mut_slice().into(), unless too_long(vec);
    [D: Dimension] Indices<D> => Self, D::Pattern, D, |indices| indices;
    [D: Dimension + Copy] ndarray::iter::Indices<D>
        => Indices<D>, D::Pattern, D, |indices| Indices::of(indices.raw_dim()), unless too_many(&indices.raw_dim());
}

/// The view of `part` stretched to the shape `dim`, or `None` where ndarray's rules do not allow it.
#[cfg_attr(debug_assertions, inline)]
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

/// The tuple of all operands of a zip.
///
/// # Safety
///
/// Where all members have a shape, an implementation makes the promises 1 to 6 of [`Operand`] for that shape, given that each
/// member does. That is:
///
/// 1. *Member by member.* Its places, strides, items and rows are the tuples of the members', and so is what `offset`, `ahead`,
///    `items`, `rows`, `origin`, `strides` and `split_at` do.
/// 2. *For every member.* `have_shape`, `are_unit` and `merge` hold where they do for every member, and `first_not_unit` is
///    `None` where `are_unit` holds.
pub unsafe trait Operands: Sealed + Sized {
    /// The number of dimensions of every member.
    type Dim: Dimension;
    /// One item of every member.
    type Items;
    /// One row of every member.
    type Rows;

    /// One place of every member.
    #[doc(hidden)]
    type Places: Clone;
    /// One stride of every member.
    #[doc(hidden)]
    type Strides: Copy;

    /// The number of members.
    #[doc(hidden)]
    const COUNT: usize;

    /// Whether every member has the shape `dim`; asked by debug assertions.
    #[doc(hidden)]
    fn have_shape(&self, dim: &Self::Dim) -> bool;

    /// Whether any member is [`Operand::TALL`].
    #[doc(hidden)]
    const TALL: bool;

    /// Whether every member is [`Operand::is_plain`].
    #[doc(hidden)]
    fn are_plain() -> bool;

    /// The sum of all [`Operand::volume`]s.
    #[doc(hidden)]
    fn volume(&self) -> usize;

    /// How many rows of memory meet in the fullest part of a cache, where `rows` rows from `places` on are walked side by
    /// side.
    #[doc(hidden)]
    fn crowd(places: &Self::Places, strides: Self::Strides, rows: usize) -> usize;

    /// The places of the first cell.
    #[doc(hidden)]
    fn origin(&mut self) -> Self::Places;

    /// The strides of an axis.
    #[doc(hidden)]
    fn strides(&self, axis: usize) -> Self::Strides;

    /// The number, from 1 on, and the stride in elements of the first member whose stride is not a unit.
    #[doc(hidden)]
    fn first_not_unit(strides: Self::Strides) -> Option<(usize, isize)>;

    /// Whether steps of these strides lead through neighbouring places in every member.
    #[doc(hidden)]
    fn are_unit(strides: Self::Strides) -> bool;

    /// Whether in every member one step of `outer` is the same as `inner_len` steps of `inner`.
    #[doc(hidden)]
    fn merge(outer: Self::Strides, inner: Self::Strides, inner_len: usize) -> bool;

    /// [`Operand::offset`] of every member.
    ///
    /// # Safety
    ///
    /// 1: that of [`Operand::offset`], for every member.
    #[doc(hidden)]
    unsafe fn offset(places: &Self::Places, strides: Self::Strides, count: usize) -> Self::Places;

    /// [`Operand::ahead`] of every member.
    ///
    /// # Safety
    ///
    /// 1 and 2: those of [`Operand::ahead`], for every member.
    #[doc(hidden)]
    unsafe fn ahead(places: &Self::Places, strides: Self::Strides, count: usize) -> Self::Places;

    /// [`Operand::item`] of every member.
    ///
    /// # Safety
    ///
    /// 1 and 2: those of [`Operand::item`], for every member.
    #[doc(hidden)]
    unsafe fn items(places: Self::Places) -> Self::Items;

    /// [`Operand::row`] of every member.
    ///
    /// # Safety
    ///
    /// 1 to 3: those of [`Operand::row`], for every member.
    #[doc(hidden)]
    unsafe fn rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::Rows;

    /// Splits every member at `index` of `axis`.
    #[doc(hidden)]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self);
}

/// An operand that a zip of `Parts` has room for: any, as long as there are at most nine in `Parts`.
// A trait of the operand, not of the tuple: a bound on the tuple would be part of finding the method `and`, and the compiler
// would say that there is none.
#[diagnostic::on_unimplemented(
    message = "the zip has no room for another operand",
    label = "one too many",
    note = "a zip takes at most ten operands, the index included"
)]
pub trait Push<Parts: Operands>: Sealed + Sized {
    /// The tuple with `Self` behind its other members.
    type Output: Operands<Dim = Parts::Dim>;
    /// Puts `self` behind the other members.
    #[doc(hidden)]
    fn push(self, parts: Parts) -> Self::Output;
}

/// The tuples of operands, an arity a line: a type parameter, a binding and a number for every member.
macro_rules! operand_tuples {
    ($([$($P:ident $p:ident $q:ident $number:literal),+])+) => {$(
        impl<$($P: Operand),+> Sealed for ($($P,)+) {}

        // SAFETY: everything is done member by member (1), and asked of every member (2).
        unsafe impl<Dim: Dimension, $($P: Operand<Dim = Dim>),+> Operands for ($($P,)+) {
            type Dim = Dim;
            type Items = ($($P::Item,)+);
            type Rows = ($($P::Row,)+);
            type Places = ($($P::Place,)+);
            type Strides = ($($P::Stride,)+);

            const COUNT: usize = [$($number),+].len();
            const TALL: bool = false $(| $P::TALL)+;

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn have_shape(&self, dim: &Dim) -> bool {
                let ($($p,)+) = self;
                true $(& $p.has_shape(dim))+
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn are_plain() -> bool {
                true $(& $P::is_plain())+
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn volume(&self) -> usize {
                let ($($p,)+) = self;
                0_usize$(.saturating_add($p.volume()))+
            }

            #[inline]
            fn crowd(places: &Self::Places, strides: Self::Strides, rows: usize) -> usize {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                let mut sets = Sets::empty();
                $($P::streams($p, $q, rows, &mut sets);)+
                sets.crowd()
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn origin(&mut self) -> Self::Places {
                let ($($p,)+) = self;
                ($($p.origin(),)+)
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn strides(&self, axis: usize) -> Self::Strides {
                let ($($p,)+) = self;
                ($($p.stride(axis),)+)
            }

            #[inline]
            fn first_not_unit(strides: Self::Strides) -> Option<(usize, isize)> {
                let ($($p,)+) = strides;
                $(if !$P::is_unit($p) {
                    return Some(($number, $P::elements($p)));
                })+
                None
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn are_unit(strides: Self::Strides) -> bool {
                let ($($p,)+) = strides;
                true $(& $P::is_unit($p))+
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn merge(outer: Self::Strides, inner: Self::Strides, inner_len: usize) -> bool {
                let ($($p,)+) = outer;
                let ($($q,)+) = inner;
                true $(& $P::merges($p, $q, inner_len))+
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn offset(places: &Self::Places, strides: Self::Strides, count: usize) -> Self::Places {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: for every member 1 holds.
                ($(unsafe { $P::offset($p, $q, count) },)+)
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn ahead(places: &Self::Places, strides: Self::Strides, count: usize) -> Self::Places {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: for every member 1 and 2 hold.
                ($(unsafe { $P::ahead($p, $q, count) },)+)
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn items(places: Self::Places) -> Self::Items {
                let ($($p,)+) = places;
                // SAFETY: for every member 1 and 2 hold.
                ($(unsafe { $P::item($p) },)+)
            }

            #[inline(always)]
            unsafe fn rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::Rows {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: for every member 1 to 3 hold.
                ($(unsafe { $P::row($p, $q, len) },)+)
            }

            #[inline]
            fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
                let ($($p,)+) = self;
                let ($($p,)+) = ($($p.split_at(axis, index),)+);
                (($($p.0,)+), ($($p.1,)+))
            }
        }
    )+};
}

operand_tuples! {
    [A a s 1]
    [A a s 1, B b t 2]
    [A a s 1, B b t 2, C c u 3]
    [A a s 1, B b t 2, C c u 3, D d v 4]
    [A a s 1, B b t 2, C c u 3, D d v 4, E e w 5]
    [A a s 1, B b t 2, C c u 3, D d v 4, E e w 5, F f x 6]
    [A a s 1, B b t 2, C c u 3, D d v 4, E e w 5, F f x 6, G g y 7]
    [A a s 1, B b t 2, C c u 3, D d v 4, E e w 5, F f x 6, G g y 7, H h z 8]
    [A a s 1, B b t 2, C c u 3, D d v 4, E e w 5, F f x 6, G g y 7, H h z 8, I i m 9]
    [A a s 1, B b t 2, C c u 3, D d v 4, E e w 5, F f x 6, G g y 7, H h z 8, I i m 9, J j n 10]
}

/// How a tuple grows, a line for every arity that may.
macro_rules! push_operand {
    ($([$($P:ident $p:ident),+])+) => {$(
        impl<Dim: Dimension, $($P: Operand<Dim = Dim>,)+ Last: Operand<Dim = Dim>> Push<($($P,)+)> for Last {
            type Output = ($($P,)+ Last);

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn push(self, parts: ($($P,)+)) -> Self::Output {
                let ($($p,)+) = parts;
                ($($p,)+ self)
            }
        }
    )+};
}

push_operand! {
    [A a]
    [A a, B b]
    [A a, B b, C c]
    [A a, B b, C c, D d]
    [A a, B b, C c, D d, E e]
    [A a, B b, C c, D d, E e, F f]
    [A a, B b, C c, D d, E e, F f, G g]
    [A a, B b, C c, D d, E e, F f, G g, H h]
    [A a, B b, C c, D d, E e, F f, G g, H h, I i]
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use ndarray::{Array2, Dim, Ix2, s};

    use super::*;

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

    #[test]
    fn halves_of_indices_have_their_own_shapes_and_starts() {
        let (mut first, mut second) = Indices::new(Dim([5, 3])).split_at(0, 2);
        assert_eq!((first.raw_dim(), first.origin()), (Dim([2, 3]), Dim([0, 0])));
        assert_eq!((second.raw_dim(), second.origin()), (Dim([3, 3]), Dim([2, 0])));
        assert!(first.has_shape(&Dim([2, 3])) && !first.has_shape(&Dim([3, 3])));
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
        let lead = unsafe { Mutable::lead(first, 1, 3) };
        // SAFETY: as above, for row 1.
        let follow = unsafe { Mutable::follow(second, 1, 3) };
        assert_eq!((lead.as_ptr(), lead.len()), (first.cast_const(), 3));
        assert_eq!((follow.as_ptr(), follow.len()), (second.cast_const(), 3));
        let lane = Mutable::lane(lead);
        // SAFETY: row 1 is below row 0, as long, and at the same columns.
        let below = unsafe { Mutable::lane_below(&lane, follow) };
        // SAFETY: a row has a cell 2, whose item is made here only.
        let cell = unsafe { Mutable::lane_item(&lane, 2) };
        // SAFETY: as above, of the other row.
        let cell_below = unsafe { Mutable::lane_item(&below, 2) };
        (*cell, *cell_below) = (1, 2);
        assert_eq!((a[[1, 4]], a[[2, 4]], a.sum()), (1, 2, 3));
    }
}
