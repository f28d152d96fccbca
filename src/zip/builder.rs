//! The type [`Zip`], and how operands are added to it.
#![forbid(unsafe_code)]

use ndarray::{ArrayView, Dimension, IntoNdProducer};

use crate::error::{Culprit, ShapeError, or_refuse, refuse_shape, refuse_size, shape_error};
use crate::kernel::plan::{self, Order};
use crate::operand::{self, Indices, IntoOperand, Operand, Operands, Push};

/// Several operands of one shape, walked in lockstep: a drop-in for [`ndarray::Zip`] whose loops
/// inline into their caller.
///
/// ```
/// use ndarray::array;
/// use ndarray_lockstep::Zip;
///
/// let mut a = array![[1, 2], [3, 4]];
/// let b = array![[10, 20], [30, 40]];
/// Zip::from(&mut a).and(&b).for_each(|a, &b| *a += b);
/// assert_eq!(a, array![[11, 22], [33, 44]]);
/// ```
///
/// [`from`](Zip::from) takes the first operand, which sets the shape. [`indexed`](Zip::indexed)
/// does the same, and passes the index of each cell to the closure as its first argument.
/// [`and`](Zip::and) and [`and_broadcast`](Zip::and_broadcast) add operands. A zip has at most ten,
/// the index included.
///
/// Operands are arrays, views, slices, windows and indices: [`IntoOperand`] has the full list. With
/// one of ndarray's other producers, such as rows or chunks, the zip is an [`ndarray::Zip`].
///
/// The type of a zip over arrays is written as in ndarray:
/// `Zip<(ArrayView<'a, A, D>, ArrayViewMut<'a, B, D>), D>`. The type of an indexed zip cannot be
/// named.
///
/// # Consuming a zip
///
/// These methods exist for every number of operands. `P1, P2, ...` are the types of the operands,
/// and the closure has one parameter per operand.
///
/// | method | closure | result |
/// |---|---|---|
/// | `for_each(f)` | `FnMut(P1::Item, P2::Item, ...)` | `()`; calls `f` for every cell |
/// | `fold(init, f)` | `FnMut(Acc, P1::Item, ...) -> Acc` | the final accumulator |
/// | `fold_while(init, f)` | `FnMut(Acc, P1::Item, ...) -> FoldWhile<Acc>` | the final accumulator; stops at the first [`FoldWhile::Done`](crate::FoldWhile) |
/// | `all(f)` | `FnMut(P1::Item, ...) -> bool` | whether `f` is true for every cell; stops at the first `false`; `true` if there are no cells |
/// | `any(f)` | `FnMut(P1::Item, ...) -> bool` | whether `f` is true for some cell; stops at the first `true`; `false` if there are no cells |
/// | `map_collect(f)` | `FnMut(P1::Item, P2::Item, ...) -> R` | an `Array<R, D>` of the [results](#collecting-results) |
/// | `map_assign_into(into, f)` | `FnMut(P1::Item, P2::Item, ...) -> R` | `()`; assigns the [results](#collecting-results) to the cells of `into` |
/// | `for_each_row(f)` | `FnMut(P1::Row, P2::Row, ...)` | `Ok(())`, or a [`RowError`](crate::RowError) before the first call; calls `f` for every [row](#whole-rows) |
/// | `simd_for_each(f)` | `Fn(P1::Item, P2::Item, ...)` | `()`; `for_each` in any order, [dispatched](#simd) by instruction set |
/// | `simd_for_each_ordered(f)` | `FnMut(P1::Item, P2::Item, ...)` | `()`; the same, in the order of `for_each` |
/// | `simd_fold(init, f)` | `FnMut(Acc, P1::Item, ...) -> Acc` | the final accumulator; `fold`, [dispatched](#simd) by instruction set |
#[cfg_attr(
    feature = "rayon",
    doc = "\
| `par_for_each(f)` | `Fn(P1::Item, P2::Item, ...)` | `()`; `simd_for_each` on [several threads](#in-parallel) |
| `par_map_collect(f)`, `par_map_assign_into(into, f)` | `Fn(P1::Item, P2::Item, ...) -> R` | as the methods without `par_` |
| `par_fold(identity, f, reduce)` | `Fn() -> Acc`, `Fn(Acc, P1::Item, ...) -> Acc`, `Fn(Acc, Acc) -> Acc` | the accumulators of all tasks, reduced to one |
| `par_all(f)` | `Fn(P1::Item, ...) -> bool` | as `all`; stops soon after the first `false` |
| `par_any(f)` | `Fn(P1::Item, ...) -> bool` | as `any`; stops soon after the first `true` |"
)]
///
/// A zip is also [`IntoIterator`]: its [iterator](crate::ZipIter) returns tuples of items.
///
/// ```
/// use ndarray::{FoldWhile, array};
/// use ndarray_lockstep::Zip;
///
/// let a = array![[1, 2], [3, 4]];
/// let b = array![[4, 3], [2, 1]];
///
/// assert_eq!(Zip::from(&a).and(&b).fold(0, |sum, a, b| sum + a * b), 20);
/// assert!(Zip::from(&a).and(&b).all(|a, b| a + b == 5));
/// assert!(!Zip::from(&a).and(&b).any(|a, b| a == b));
///
/// // The first cell where `a` overtakes `b`.
/// let found = Zip::indexed(&a).and(&b).fold_while(None, |_, at, a, b| {
///     if a > b { FoldWhile::Done(Some(at)) } else { FoldWhile::Continue(None) }
/// });
/// assert_eq!(found.into_inner(), Some((1, 0)));
/// ```
///
/// # Marking closures
///
/// A loop is only fast if the closure is inlined into it. The compiler inlines small closures by
/// itself. A closure of several hundred operations needs the mark `#[inline(always)]` in the
/// methods
#[cfg_attr(not(feature = "rayon"), doc = "whose names begin with `simd_`:")]
#[cfg_attr(feature = "rayon", doc = "whose names begin with `simd_` or `par_`:")]
///
/// ```
/// # use ndarray::array;
/// # use ndarray_lockstep::Zip;
/// # let mut a = array![[1.0, 2.0], [3.0, 4.0]];
/// # let b = array![[0.5, 0.5], [0.25, 0.25]];
/// Zip::from(&mut a).and(&b).simd_for_each(
///     #[inline(always)]
///     |a, &b| *a *= b,
/// );
/// # assert_eq!(a, array![[0.5, 1.0], [0.75, 1.0]]);
/// ```
///
/// The attribute is only allowed on a closure in argument position. On a closure that is assigned
/// to a variable with `let`, it is error E0658. The macros [`azip!`](crate::azip) and
/// [`simd_azip!`](crate::simd_azip) mark their bodies.
///
/// The other methods contain one call of the closure, and the compiler inlines it there even if it
/// is large. A mark does no harm.
///
/// Functions that the closure calls follow the same rule: mark them `#[inline(always)]` in
/// dispatched or multiversioned loops. A function that stays out of line is compiled for the
/// instruction set of the whole program.
///
/// # Collecting results
///
/// `map_collect` returns an array of the closure's results. `map_assign_into` assigns them to the
/// cells of another operand.
///
/// ```
/// use ndarray::{Array2, array};
/// use ndarray_lockstep::Zip;
///
/// let a = array![[3., 0.], [6., 5.]];
/// let b = array![[4., 1.], [8., 12.]];
/// let lengths = Zip::from(&a).and(&b).map_collect(|a, b| f64::hypot(*a, *b));
/// assert_eq!(lengths, array![[5., 1.], [10., 13.]]);
///
/// let mut is_long = Array2::from_elem((2, 2), false);
/// Zip::from(&lengths).map_assign_into(&mut is_long, |&length| length > 7.);
/// assert_eq!(is_long, array![[false, false], [true, true]]);
/// ```
///
/// - Both methods exist for up to nine operands.
/// - The items of `into` implement [`AssignElem`](ndarray::AssignElem). `&mut T`, `&Cell<T>`,
///   `&mut MaybeUninit<T>` and ndarray's `&MathCell<T>` do.
/// - The new array has the layout that ndarray chooses: column-major if the zip is walked in
///   column-major order, and row-major otherwise.
/// - If the closure panics in `map_collect`, the results so far are dropped in the order in which
///   they were made. That is also their order in memory.
///
/// Both are compiled for the instruction set of the function around them.
/// [`simd::dispatch`](crate::simd::dispatch) compiles them for every level:
///
/// ```
/// use ndarray::{Array2, array};
/// use ndarray_lockstep::{Zip, simd};
///
/// let a = array![[1_f32, 4.], [9., 16.]];
/// let roots: Array2<f32> = simd::dispatch(
///     #[inline(always)]
///     || {
///         Zip::from(&a).map_collect(
///             #[inline(always)]
///             |a| a.sqrt(),
///         )
///     },
/// );
/// assert_eq!(roots, array![[1., 2.], [3., 4.]]);
/// ```
///
/// # Whole rows
///
/// `for_each_row` passes whole rows to the closure, for callers who write their own SIMD code. The
/// rows run along the last axis, and are visited in row-major order.
///
/// | operand | its row |
/// |---|---|
/// | a shared array | `&[T]` |
/// | a mutable array | `&mut [T]` |
/// | K×L windows | `[&[T]; K]`: the K rows of `cols + L - 1` cells that the windows cover |
/// | the index | the index of the row's first cell |
///
/// If a row is not contiguous in some operand, the method returns a [`RowError`](crate::RowError)
/// before it calls the closure. A zip without cells has no rows, and a 0-dimensional zip has one
/// row of one cell.
///
/// ```
/// use ndarray::{Array2, array};
/// use ndarray_lockstep::{ArrayWindows, Zip};
///
/// let a = array![[1, 2, 3], [4, 5, 6]];
/// let mut edges = Array2::zeros((2, 2));
/// Zip::from(&mut edges)
///     .and(a.array_windows::<1, 2>())
///     .for_each_row(|edges, [row]| {
///         for (edge, pair) in edges.iter_mut().zip(row.windows(2)) {
///             *edge = pair[0] * pair[1];
///         }
///     })?;
/// assert_eq!(edges, array![[2, 6], [20, 30]]);
/// # Ok::<(), ndarray_lockstep::RowError>(())
/// ```
///
/// # SIMD
///
/// `simd_for_each`, `simd_for_each_ordered` and `simd_fold` compile the loop for each
/// [`Level`](crate::simd::Level) of SIMD, and run the version for the highest level of the machine.
/// [`simd_azip!`](crate::simd_azip) expands to the first two. The numbers at every level are those
/// of `for_each` and `fold`, bit for bit, except where Rust leaves bits open: the sign and payload
/// of a NaN, and the sign of a zero from `min` or `max`.
///
/// ```
/// use ndarray::{Array2, array};
/// use ndarray_lockstep::Zip;
///
/// let a = array![[3_f32, 0.], [6., 5.]];
/// let b = array![[4_f32, 1.], [8., 12.]];
/// let mut lengths = Array2::zeros((2, 2));
/// Zip::from(&mut lengths).and(&a).and(&b).simd_for_each(
///     #[inline(always)]
///     |length, &a, &b| *length = f32::sqrt(a * a + b * b),
/// );
/// assert_eq!(lengths, array![[5., 1.], [10., 13.]]);
/// ```
///
/// The loops are fast if the rows of all operands are contiguous. Other layouts use a plain loop,
/// which is also compiled for each level. The speed depends on three things:
///
/// - **Inlining.** The program contains the loop once for each level and each number of jammed rows
///   (see below). The compiler inlines a small closure into all of these copies. It inlines a large
///   one into none of them, unless the closure is [marked](#marking-closures). The closure is then
///   a function compiled for the baseline: the loop is slower than without SIMD, and a profile
///   lists the closure by its own name. A closure of 250 operations took 6.6 ns per cell with the
///   mark and 101 ns without (`cargo bench --bench ratios -- dispatched`).
/// - **Jammed rows.** The windows of neighbouring rows overlap. A kernel that computes two or four
///   rows in one call (unroll-and-jam) loads the shared cells once. Two-dimensional stencils become
///   up to 1.8 times as fast, but the order of visits changes. So `simd_for_each` takes an `Fn`,
///   and visits cells in any order. `simd_for_each_ordered` takes an `FnMut`, keeps the order of
///   `for_each`, and computes one row at a time. `simd_fold` keeps the order of `fold`. An `Fn` can
///   still observe the order: through a `Cell`, an atomic or a static, through output, and through
///   the contents of the arrays after a panic.
/// - **Set conflicts.** If the row stride is close to a multiple of 4096 bytes, as with 1024
///   columns of `f32`, the rows of the operands evict each other from the first-level cache. Fewer
///   rows are jammed then.
///
#[cfg_attr(feature = "rayon", doc = include_str!("../docs/zip_in_parallel.md"))]
///
/// # Splitting
///
/// [`split`](Zip::split) divides a zip into two halves, for callers who distribute work to threads
/// themselves. The halves share no cell. An indexed zip passes the same indices as before the
/// split.
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::Zip;
///
/// let mut a = Array2::<usize>::zeros((20, 10));
/// let (top, bottom) = Zip::indexed(&mut a).split();
/// std::thread::scope(|scope| {
///     scope.spawn(|| top.for_each(|(i, j), cell| *cell = i * j));
///     bottom.for_each(|(i, j), cell| *cell = i * j);
/// });
/// assert_eq!((a[[3, 3]], a[[19, 9]]), (9, 171));
/// ```
///
/// # What a caller may rely on
///
/// `tests/guarantees` has a test for each promise, named after its number. Walks on several
/// threads keep all promises except 2 and 5.
///
/// 1. *Every cell once.* Every method, `azip!`, `simd_azip!` and the iterator visit every cell
///    exactly once, unless the closure ends the walk or panics. A shape without cells has no visit,
///    and a 0-dimensional shape has one.
/// 2. *Order.* Cells are visited in the order of `ndarray::Zip`: the layouts of the operands vote
///    for row-major or column-major, and a tie is row-major. Iterators and `for_each_row` are
///    always row-major. `simd_for_each` has no order. Neither has `simd_azip!` beside windows of
///    several rows, unless it is `ordered`.
/// 3. *Items may be kept.* A closure may store every item that it receives, including every
///    `&mut T`, and use them during and after the walk. Items live as long as the borrows of the
///    operands, not as long as the zip.
/// 4. *No aliasing.* A `&mut T` refers to a cell that no other item refers to, for every layout,
///    and across all operands and both halves of a split. Shared items may refer to the same cell,
///    as those of broadcast operands and of overlapping windows do.
/// 5. *A panic ends the walk.* A panic of the closure reaches the caller unchanged. No cell is
///    visited after it, or again. If there is an order of visits, all cells before it have been
///    visited. Nothing is dropped twice, and the operands stay usable. Nothing is leaked, with one
///    exception: values that `map_assign_into` has written to `MaybeUninit` cells are not dropped.
/// 6. *An iterator continues after a panic.* A [`ZipIter`](crate::ZipIter) may be used again after
///    a panic has been caught, whichever method ran it. It continues after the item whose consumer
///    panicked, and returns no item twice.
/// 7. *Exact size.* `len` and `size_hint` of an iterator are the number of remaining items, at any
///    time and from both ends. An iterator that has ended stays ended.
/// 8. *Clones.* A zip and its iterator are `Clone` if no operand gives exclusive access. A clone
///    has the same remaining cells, and is independent of the original.
/// 9. *Any layout.* Strides may be larger than 1, negative or 0, the axes may be in any order, and
///    the operands may have different layouts: each index gives the same items as in any other
///    layout, only more slowly. Two methods require contiguous rows, and refuse other layouts with
///    a typed error before the first visit: [`for_each_row`](#whole-rows) and
///    [`try_array_windows`](crate::ArrayWindows::try_array_windows).
/// 10. *One shape.* An operand of another shape is refused before the first visit, by a panic at
///     the caller's line or by an error. Both name the operand, its shape and the expected shape.
/// 11. *Windows stay inside.* Window `(i, j)` contains the cells `(i..i + K, j..j + L)` of its
///     array and no others, whichever accessor is used. Cell `(i, j)` of the
///     [interior](crate::ArrayInterior) is its centre. An array that is smaller than the window
///     along an axis has no windows, and none of its cells is read. The same holds for window
///     `(n, i, j)` of a stack, which is window `(i, j)` of table `n`, and for window `(h, i, j)` of
///     a volume, which contains the cells `(h..h + K, i..i + L, j..j + M)`.
/// 12. *The same numbers.* Results are those of `ndarray::Zip` at every level of
///     [`simd`](crate::simd), bit for bit, except where Rust leaves bits open: the sign and payload
///     of a NaN, and the sign of a zero from `min` or `max`. Two builds of one expression may
///     differ in these bits, and each level is a build of its own: `0.0 / 0.0` may have the other
///     sign, and so may the maximum of `0.0` and `-0.0`. Functions whose precision Rust does not
///     specify, such as `sin` and `powi`, are called exactly as the body calls them.
/// 13. *Splits.* The halves of a zip have the cells of the whole, each once and with its own index.
///     Two threads may walk them at the same time.
/// 14. *Zero-sized elements, and up to `isize::MAX` cells.* Both are walked like any others.
/// 15. *Threads.* Walks on several threads (feature `rayon`) also visit every cell exactly once.
///     They write what a walk on one thread writes, in the sense of promise 12, for any number of
///     threads.
/// 16. *Results.* `map_collect` returns an array of one result per cell, in the layout that
///     `ndarray::Zip` gives it. If the closure panics, the results so far are dropped, each once
///     and in the order in which they were made. The results of several threads are dropped in any
///     order.
///
/// # Invariants
///
/// 1. Every operand has the shape `dim`.
/// 2. The number of cells is at most `isize::MAX`, in the sense of `plan::is_countable`.
#[derive(Clone, Debug)]
#[must_use = "a zip does nothing until it is consumed, for example by `for_each`"]
pub struct Zip<Parts, D> {
    pub(super) parts: Parts,
    pub(super) dim: D,
    /// The sum of the operands' votes for an order: see `plan::tendency`.
    tendency: i32,
}

impl<P: Operand<Dim = D>, D: Dimension> Zip<(P,), D> {
    /// Returns the zip of one operand: [`from`](Zip::from) for operands of this crate.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub(crate) fn of(operand: impl IntoOperand<Dim = D, Operand = P>) -> Self {
        if let Some(shape) = operand.uncountable() {
            refuse_size(1, &shape);
        }
        let operand = operand.into_operand();
        Zip { dim: operand.raw_dim(), tendency: operand.tendency(), parts: (operand,) }
    }
}

impl<P: Operand<Dim = D>, D: Dimension> Zip<(Indices<D>, P), D> {
    /// Returns the zip of the index and one operand: [`indexed`](Zip::indexed) for operands of this
    /// crate.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub(crate) fn of_index_and(operand: impl IntoOperand<Dim = D, Operand = P>) -> Self {
        if let Some(shape) = operand.uncountable() {
            refuse_size(2, &shape);
        }
        let operand = operand.into_operand();
        let dim = operand.raw_dim();
        Zip { tendency: operand.tendency(), parts: (Indices::new(dim.clone()), operand), dim }
    }
}

impl<Parts, D> Zip<Parts, D> {
    /// Returns the operands and the shape.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn into_parts(self) -> (Parts, D) {
        (self.parts, self.dim)
    }
}

impl<Parts, D: Dimension> Zip<Parts, D> {
    /// Returns the number of cells.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn size(&self) -> usize {
        self.dim.size()
    }
}

impl<Parts: Operands<Dim = D>, D: Dimension> Zip<Parts, D> {
    /// Adds an operand of this crate. [`and`](Self::and) calls this for such operands.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub(crate) fn and_same_shape<IP>(self, operand: IP) -> Zip<<IP::Operand as Push<Parts>>::Output, D>
    where
        IP: IntoOperand<Dim = D>,
        IP::Operand: Push<Parts>,
    {
        // Does not call `try_and`, whose `Result` takes longer to compile
        // (`scripts/compile-time.sh`).
        if let Some(shape) = operand.uncountable() {
            refuse_shape(Parts::COUNT + 1, &shape, &self.dim);
        }
        let operand = operand.into_operand();
        if !operand.has_shape(&self.dim) {
            refuse_shape(Parts::COUNT + 1, &operand.raw_dim(), &self.dim);
        }
        self.push(operand)
    }

    /// [`and`](Self::and) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the shape of the operand differs from that of the zip.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_lockstep::Zip;
    ///
    /// let a = Array2::<f32>::zeros((3, 4));
    /// let b = Array2::<f32>::zeros((3, 5));
    /// let error = Zip::from(&a).try_and(&b).unwrap_err();
    /// assert_eq!(error.operand(), 2);
    /// assert_eq!((error.shape(), error.expected()), (&[3, 5][..], &[3, 4][..]));
    /// ```
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn try_and<IP>(self, operand: IP) -> Result<Zip<<IP::Operand as Push<Parts>>::Output, D>, ShapeError>
    where
        IP: IntoOperand<Dim = D>,
        IP::Operand: Push<Parts>,
    {
        if let Some(shape) = operand.uncountable() {
            return Err(shape_error(Culprit::Operand, Parts::COUNT + 1, &shape, &self.dim));
        }
        let operand = operand.into_operand();
        if !operand.has_shape(&self.dim) {
            return Err(shape_error(Culprit::Operand, Parts::COUNT + 1, &operand.raw_dim(), &self.dim));
        }
        Ok(self.push(operand))
    }

    /// Adds a shared array that is broadcast to the shape of the zip, by the rules of
    /// [`ArrayRef::broadcast`](ndarray::ArrayRef::broadcast).
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::Zip;
    ///
    /// let mut a = array![[1, 2], [3, 4]];
    /// Zip::from(&mut a).and_broadcast(&array![10, 20]).for_each(|a, &b| *a += b);
    /// assert_eq!(a, array![[11, 22], [13, 24]]);
    /// ```
    ///
    /// The operand is anything that ndarray's method of this name takes: a reference to an array,
    /// an [`ArrayView`], or a reference to a slice, a fixed array or a `Vec`. In a function that is
    /// generic over [`IntoOperand`], pass `operand.into_operand()`.
    ///
    /// # Panics
    ///
    /// - In the caller's line, if the rules do not allow this broadcast. [`try_and_broadcast`]
    ///   returns the error instead.
    /// - If the operand is a slice, fixed array or `Vec` of more than `isize::MAX` zero-sized
    ///   elements.
    ///
    /// [`try_and_broadcast`]: Self::try_and_broadcast
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn and_broadcast<'a, IP, D2, Elem>(self, operand: IP) -> Zip<<ArrayView<'a, Elem, D> as Push<Parts>>::Output, D>
    where
        IP: IntoNdProducer<Dim = D2, Output = ArrayView<'a, Elem, D2>, Item = &'a Elem>,
        D2: Dimension,
        Elem: 'a,
        ArrayView<'a, Elem, D>: Push<Parts>,
    {
        or_refuse(self.try_and_broadcast(operand))
    }

    /// [`and_broadcast`](Self::and_broadcast) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the operand cannot be broadcast to the shape of the zip.
    ///
    /// # Panics
    ///
    /// If the operand is a slice, fixed array or `Vec` of more than `isize::MAX` zero-sized
    /// elements.
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::Zip;
    ///
    /// let a = array![[1, 2], [3, 4]];
    /// let error = Zip::from(&a).try_and_broadcast(&[1, 2, 3]).unwrap_err();
    /// assert_eq!(error.operand(), 2);
    /// assert_eq!((error.shape(), error.expected()), (&[3][..], &[2, 2][..]));
    /// ```
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[expect(clippy::type_complexity, reason = "an alias would hide what the zip consists of")]
    pub fn try_and_broadcast<'a, IP, D2, Elem>(
        self,
        operand: IP,
    ) -> Result<Zip<<ArrayView<'a, Elem, D> as Push<Parts>>::Output, D>, ShapeError>
    where
        IP: IntoNdProducer<Dim = D2, Output = ArrayView<'a, Elem, D2>, Item = &'a Elem>,
        D2: Dimension,
        Elem: 'a,
        ArrayView<'a, Elem, D>: Push<Parts>,
    {
        let operand = operand.into_producer();
        let dim = Operand::raw_dim(&operand);
        match operand::broadcast(operand, &self.dim) {
            Some(operand) => Ok(self.push(operand)),
            None => Err(shape_error(Culprit::BroadcastOperand, Parts::COUNT + 1, &dim, &self.dim)),
        }
    }

    /// Adds an operand that has the shape of the zip.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn push<P>(self, operand: P) -> Zip<P::Output, D>
    where
        P: Operand<Dim = D> + Push<Parts>,
    {
        debug_assert!(operand.has_shape(&self.dim), "invariant 1 of Zip");
        let tendency = self.tendency + operand.tendency();
        Zip { parts: operand.push(self.parts), dim: self.dim, tendency }
    }

    /// Splits the zip into two halves along the outermost axis of the walk that is longer than 1.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_lockstep::Zip;
    ///
    /// let a = Array2::<f32>::zeros((5, 4));
    /// let (top, bottom) = Zip::from(&a).split();
    /// assert_eq!((top.size(), bottom.size()), (8, 12));
    /// ```
    ///
    /// Together the halves have all cells of the zip, each once. If the zip has fewer than two
    /// cells, the first half is empty.
    ///
    /// # Panics
    ///
    /// If the zip is 0-dimensional: it has one cell and no axis to split.
    #[inline]
    #[track_caller]
    pub fn split(self) -> (Self, Self) {
        assert!(self.dim.ndim() > 0, "a 0-dimensional zip has no axis to split");
        let order = self.order();
        self.split_in(order)
    }

    /// Splits like [`split`](Self::split), but along the outermost axis of `order` that is longer
    /// than 1. There must be an axis.
    #[inline]
    pub(crate) fn split_in(self, order: Order) -> (Self, Self) {
        let (axis, index) = plan::split_point(&self.dim, order);
        self.split_at(axis, index)
    }

    /// Splits off about `1 / parts` of the cells, for at least two parts, along the axis of
    /// [`split`](Self::split). If the zip has several cells, both parts have some.
    #[cfg(feature = "rayon")]
    pub(crate) fn split_off(self, parts: usize) -> (Self, Self) {
        let (axis, _) = plan::split_point(&self.dim, self.order());
        let len = self.dim[axis];
        let mut index = len.div_ceil(parts);
        if index > 4 {
            // Kernels walk four rows at a time.
            index = index.next_multiple_of(4).min(len - 1);
        }
        self.split_at(axis, index)
    }

    /// Splits at `index` of `axis`.
    #[inline]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        let mut first = self.dim.clone();
        first[axis] = index;
        let mut second = self.dim;
        second[axis] -= index;
        let (parts, rest) = self.parts.split_at(axis, index);
        debug_assert!(parts.have_shape(&first) && rest.have_shape(&second), "invariant 1 of Zip");
        (Zip { parts, dim: first, tendency: self.tendency }, Zip { parts: rest, dim: second, tendency: self.tendency })
    }

    /// Returns the number of cells of the first half of [`split_in`](Self::split_in), and 0 if
    /// there is nothing to split.
    #[cfg(feature = "rayon")]
    pub(crate) fn size_of_first_half(&self, order: Order) -> usize {
        let size = self.size();
        if size < 2 {
            return 0;
        }
        let (axis, index) = plan::split_point(&self.dim, order);
        size / self.dim[axis] * index
    }

    /// Returns the order of the walk.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn order(&self) -> Order {
        Order::from_tendency(self.tendency)
    }
}
