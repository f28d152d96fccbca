//! The type [`Zip`], and how operands are added to it.
#![forbid(unsafe_code)]

use ndarray::{ArrayView, Dimension, IntoNdProducer};

use crate::error::{Culprit, ShapeError, or_refuse, refuse_size, shape_error};
use crate::kernel::plan::{self, Order};
use crate::operand::{self, Indices, IntoOperand, Operand, Operands, Push};

/// Several operands of one shape, walked in lockstep: a drop-in for [`ndarray::Zip`] whose loops inline.
///
/// [`from`](Zip::from) or [`indexed`](Zip::indexed) take the first operand and with it the shape, [`and`](Zip::and) and
/// [`and_broadcast`](Zip::and_broadcast) take more, at most ten in all, the index included. What may be an operand is listed
/// under [`IntoOperand`]; with one of ndarray's other producers, which [`IntoZip`] lists, the zip is ndarray's. The type of a zip over arrays is that of ndarray's, `Zip<(ArrayView<..>, ArrayViewMut<..>), D>`; an
/// indexed one names this crate's [`Indices`].
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
/// # Consuming a zip
///
/// The methods below exist for every number of operands; `P1, P2, ...` stand for the operands' types, and the closure has
/// one parameter an operand.
///
/// | method | closure | gives |
/// |---|---|---|
/// | `for_each(f)` | `FnMut(P1::Item, P2::Item, ...)` | `()`; calls `f` for every cell |
/// | `fold(init, f)` | `FnMut(Acc, P1::Item, ...) -> Acc` | the last value of the accumulator |
/// | `fold_while(init, f)` | `FnMut(Acc, P1::Item, ...) -> FoldWhile<Acc>` | ends at the first [`FoldWhile::Done`] |
/// | `all(f)` | `FnMut(P1::Item, ...) -> bool` | whether `f` holds for every cell; ends at the first for which it does not; `true` without cells |
/// | `any(f)` | `FnMut(P1::Item, ...) -> bool` | whether `f` holds for a cell; ends at the first; `false` without cells |
/// | `simd_for_each(f)` | `FnMut(P1::Item, P2::Item, ...)` | `()`; `for_each` at the machine's [level](#simd) |
/// | `simd_for_each_unordered(f)` | `Fn(P1::Item, P2::Item, ...)` | `()`; the same, in any order |
/// | `simd_fold(init, f)` | `FnMut(Acc, P1::Item, ...) -> Acc` | the last value of the accumulator; `fold` at the machine's [level](#simd) |
/// | `map_collect(f)` | `FnMut(P1::Item, P2::Item, ...) -> R` | `Array<R, D>` of what `f` gives: see [below](#collecting-results) |
/// | `map_assign_into(into, f)` | `FnMut(P1::Item, P2::Item, ...) -> R` | `()`; assigns what `f` gives to the cells of `into` |
/// | `for_each_row(f)` | `FnMut(P1::Row, P2::Row, ...)` | `Ok(())`, or a [`RowError`] before the first call; calls `f` for every row |
#[cfg_attr(
    feature = "rayon",
    doc = "\
| `par_for_each(f)` | `Fn(P1::Item, P2::Item, ...)` | `()`; `simd_for_each_unordered` on [several threads](#in-parallel) |
| `par_map_collect(f)`, `par_map_assign_into(into, f)` | `Fn(P1::Item, P2::Item, ...) -> R` | what the two without `par_` give |
| `par_fold(identity, f, reduce)` | `Fn() -> Acc`, `Fn(Acc, P1::Item, ...) -> Acc`, `Fn(Acc, Acc) -> Acc` | what the tasks have folded, reduced to one |
| `par_all(f)` | `Fn(P1::Item, ...) -> bool` | what `all` gives; ends soon after the first cell for which `f` does not hold |
| `par_any(f)` | `Fn(P1::Item, ...) -> bool` | what `any` gives; ends soon after the first cell for which `f` holds |"
)]
///
/// and [`IntoIterator`] gives an [iterator](crate::ZipIter) over tuples of items.
///
/// ```
/// use ndarray::{FoldWhile, array};
/// use ndarray_lockstep::Zip;
///
/// let a = array![[1, 2], [3, 4]];
/// let b = array![[4, 3], [2, 1]];
///
/// assert_eq!(Zip::from(&a).and(&b).fold(0, |sum, a, b| sum + a * b), 4 + 6 + 6 + 4);
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
/// # Collecting results
///
/// `map_collect` makes an array of what the closure gives for every cell, and `map_assign_into`
/// assigns it to the cells of one more operand, whose items implement
/// [`AssignElem`](ndarray::AssignElem): `&mut T`, `&Cell<T>`, `&mut MaybeUninit<T>` and ndarray's
/// `&MathCell<T>` do, and other types may. Both are there for up to nine operands.
///
/// The array has the layout that ndarray gives it: column-major where the operands are, row-major otherwise. If the closure panics, the results
/// until then are dropped, in the order in which they were made, which is that of their cells in memory.
///
/// Both are compiled for what the function they stand in is compiled for. [`simd::dispatch`](crate::simd::dispatch) around them compiles them
/// for the machine:
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
/// # Whole rows
///
/// `for_each_row` hands out the rows along the last axis, in row-major order: a `&[T]` for a shared array, a `&mut [T]`
/// for a mutable one, `[&[T]; K]` for K×L windows (the K rows of `cols + L - 1` cells that they cover), and the index of
/// the row's first cell for an index. It is for callers who write their own SIMD. Rows that do not lie side by side in
/// memory give a [`RowError`] before `f` is called. A zip without cells has no rows, and a 0-dimensional one a single row of one
/// cell.
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
/// `simd_for_each`, `simd_for_each_unordered` and `simd_fold` compile the loop for each
/// [`Level`](crate::simd::Level) of the architecture, and run it at the best one of the machine.
/// Numbers are those of `for_each` and `fold` at every level, bit for bit, except where Rust leaves
/// bits open: the sign and payload of a NaN, and the sign of a zero from `min` or `max`.
/// [`simd_azip!`](crate::simd_azip) writes them.
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
/// They are fast where the cells of a row lie side by side in all operands; other layouts take the plain loop, compiled for
/// the level too. Three things decide how fast:
///
/// - **The closure has to be inlined**, so mark it as above; the macro does. The loop stands in the program once for every
///   level and number of rows. The compiler inlines a small closure that is not marked into all of them, and a large one
///   into none: it stays a function of its own, compiled for the baseline. The symptom: slower than without SIMD, and a profile
///   that lists the closure by its own name. A closure of 250 operations took 6.6 ns a cell marked, and 101 ns unmarked
///   (`cargo bench --bench ratios -- dispatched`). Functions that the closure calls need the mark as well.
/// - **Windows of several rows** overlap from row to row. Two or four rows in one kernel call read the
///   shared cells once, which is a fifth to a half faster, and changes the order of visits.
///   `simd_for_each` does so only where nothing can carry a value from cell to cell:
///   - the closure has size 0: it captures nothing (constants are no captures), or only values of
///     size 0, such as a unit struct;
///   - all elements are of primitive types (integers, floats, `bool`, `char`).
///
///   Otherwise cells are visited in the order of `for_each`, because a closure that captures
///   something may add up floats, and other elements may be [`Cell`](core::cell::Cell)s.
///   `simd_for_each_unordered` allows any order, and `simd_fold` always keeps the order of `fold`.
///   Statics (of a random generator, for one), output, and the state after a panic can still reveal
///   the order: [`simd_azip!`](crate::simd_azip#the-order-of-visits) says what to do then.
/// - **Where arrays lie in memory.** Where the distance between rows is close to a multiple of 4096 bytes (1024 columns of
///   `f32`), rows of all operands fall into the same few lines of the first cache, and fewer rows are walked side by side.
///
#[cfg_attr(
    feature = "rayon",
    doc = "\
# In parallel

With the feature `rayon`, `par_for_each`, `par_map_collect`, `par_map_assign_into`, `par_fold`, `par_all` and `par_any` split the zip into pieces, as [`split`](Zip::split) does, and
walk them in the threads of rayon's pool; [`par_azip!`](crate::par_azip) writes the first of them. Names and closures are those of ndarray's
methods, where ndarray has them. The loops of `par_for_each`, what is built on it, and `par_fold` are those of [SIMD](#simd), with all that is said there of closures.
[`into_par_iter`](rayon::iter::IntoParallelIterator::into_par_iter) gives a [parallel iterator](crate::ParZipIter) over tuples of items.

- Mutable operands have to be of elements that are `Send`, shared ones and windows of elements that are `Sync`, and the closure both.
- Cells are visited in any order, several at the same time, each once. What `par_for_each` writes is what `for_each` writes (promise 15 below).
- `par_fold` folds each piece in the order of `fold`, from an `identity()` on, and reduces neighbouring pieces in that order. So where
  `reduce` is associative the result is that of `fold`. The sum of floats is not: it depends on where the zip is split, and that on
  the number of threads.
- Zips of at most 65536 cells are not split: the thread that asks walks them, without rayon, as that is faster for a few operations a
  cell. `par_for_each` and what is built on it do so unless the first cells show that all of them will take longer than the pool needs to wake up;
  on platforms without a clock, such as `wasm32-unknown-unknown`, they always do. For the others,
  `into_par_iter()` splits further, and [`with_min_len`](crate::ParZipIter::with_min_len) says how far.
- `par_map_collect` of results that own something collects each piece by itself, and moves the results together in the end: until then both
  are there.
- A panic of the closure comes through when the pieces that have been begun are done, or have panicked too. No cell is visited again.

```
use ndarray::Array2;
use ndarray_lockstep::Zip;

let a = Array2::from_shape_fn((300, 200), |(i, j)| i + j);
let mut squares = Array2::zeros((300, 200));
Zip::from(&mut squares).and(&a).par_for_each(
    #[inline(always)]
    |square, &a| *square = a * a,
);
assert!(Zip::from(&squares).and(&a).par_all(|square, a| *square == a * a));
let largest = Zip::from(&squares).par_fold(|| 0, |most, &square| most.max(square), usize::max);
assert_eq!(largest, (299 + 199) * (299 + 199));
```
"
)]
///
/// # What a caller may rely on
///
/// `tests/guarantees.rs` has a test of each, named after its number. Walks on several threads keep all but 2 and 5.
///
/// 1. *Every cell once.* Every method, `azip!`, `simd_azip!` and the iterator visit every cell exactly once, unless the closure ends
///    the walk or panics. A shape without cells has no visit, a 0-dimensional one has one.
/// 2. *Order.* Cells are visited in the order of `ndarray::Zip`: row-major, or column-major where the operands are laid out that way
///    (the layouts of the operands vote). Iterators and `for_each_row` are always row-major. `simd_for_each_unordered` has no order,
///    nor has `simd_for_each` where neither closure nor operands can tell: see [SIMD](#simd).
/// 3. *Items may be kept.* A closure may store every item that it is given, every `&mut T` among them, and use them after the walk and
///    while it goes on. They live as long as the operands' borrows, not as long as the zip.
/// 4. *No aliasing.* A `&mut T` leads to a cell that no other item leads to, whatever the layout, of whichever operand and whichever
///    half of a split. Shared items may lead to one cell: those of broadcast operands, and windows that overlap.
/// 5. *A panic ends the walk.* A panic of the closure comes through as it is. No cell is visited
///    after it, or again; the cells before it in the order of visits have been, where there is an
///    order. Nothing is dropped twice, and the operands stay usable. Nothing is leaked, except what
///    `map_assign_into` has written to `MaybeUninit` cells by then: such a cell does not drop its
///    content.
/// 6. *An iterator goes on behind a panic.* A [`ZipIter`](crate::ZipIter) that is used on after a panic has been caught, whatever method
///    drove it, goes on behind the item whose consumer panicked, and hands no item out again.
/// 7. *Exact size.* An iterator's `len` and `size_hint` are the number of items that are left, at any time and from both ends; at the end
///    it stays there.
/// 8. *Clones.* A zip and an iterator are `Clone` where no operand gives exclusive access. A clone has what is left, and goes its own
///    way.
/// 9. *Any layout.* Strides that are no units, negative or 0, axes in any order, and any mixture of them give the items of the same
///    indices as any other layout, only slower. What cannot serve a layout says so by a typed error, before the first visit:
///    [`for_each_row`](#whole-rows) and [`array_windows`](crate::ArrayWindows::try_array_windows).
/// 10. *One shape.* An operand of another shape is refused before the first visit: by a panic in the caller's line, or by an error, which
///     name the operand, its shape and the expected one.
/// 11. *Windows stay inside.* Window `(i, j)` gives the cells `(i..i + K, j..j + L)` of its array and no other, by every accessor, and
///     cell `(i, j)` of the [interior](crate::ArrayInterior) is its centre. An array that is smaller than the window in an axis has
///     none, and nothing of it is read. So it is with window `(n, i, j)` of a stack, which is one of table `n`, and with window `(h, i, j)`
///     of a volume, of the cells `(h..h + K, i..i + L, j..j + M)`.
/// 12. *The same numbers.* Results are those of `ndarray::Zip` at every level of
///     [`simd`](crate::simd), bit for bit, except where Rust leaves bits open: the sign and payload
///     of a NaN, and the sign of a zero from `min` or `max`. Two builds of one expression may
///     differ there, and a loop compiled for another level is another build: `0.0 / 0.0` has the
///     other sign, or the largest of `0.0` and `-0.0` does. Functions whose precision Rust does not
///     specify, such as `sin` and `powi`, are called as the body calls them.
/// 13. *Splits.* The halves of a zip have the cells of the whole, each once and with its own index, and may be walked by two threads
///     at the same time.
/// 14. *Elements of no size, and as many cells as can be counted.* Both are walked like others, up to `isize::MAX` cells.
/// 15. *Threads.* Walks on several threads, which the feature `rayon` has, visit every cell exactly
///     once, too, and write what a walk on one thread writes, in the sense of promise 12, however
///     many threads there are.
/// 16. *Results.* `map_collect` gives an array of one result a cell, in the layout in which `ndarray::Zip` gives it. When the closure panics,
///     the results until then are dropped, each once and in the order in which they were made; those of several threads in any order.
///
/// Methods that take a closure are inlined into their caller, and so is the closure where it is small or marked:
/// `zip.for_each(#[inline(always)] |a, b| ...)`. The macros mark it. An unmarked large closure may be left out of line and then
/// costs a call a cell.
///
/// # Invariants
///
/// 1. Every operand has the shape `dim`.
/// 2. Its cells can be counted (`plan::is_countable`).
#[derive(Clone, Debug)]
#[must_use = "a zip does nothing until it is consumed, by `for_each` for one"]
pub struct Zip<Parts, D> {
    pub(super) parts: Parts,
    pub(super) dim: D,
    /// The sum of the operands' tendencies: see `plan::tendency`.
    tendency: i32,
}

impl<P, D> Zip<(P,), D>
where
    P: Operand<Dim = D>,
    D: Dimension,
{
    /// The zip that [`from`](Zip::from) returns for operands of this crate.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub(crate) fn of<IP>(operand: IP) -> Self
    where
        IP: IntoOperand<Dim = D, Operand = P>,
    {
        if let Some(shape) = operand.uncountable() {
            refuse_size(1, &shape);
        }
        let operand = operand.into_operand();
        Zip { dim: operand.raw_dim(), tendency: operand.tendency(), parts: (operand,) }
    }
}

impl<P, D> Zip<(Indices<D>, P), D>
where
    P: Operand<Dim = D>,
    D: Dimension,
{
    /// The zip that [`indexed`](Zip::indexed) returns for operands of this crate.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub(crate) fn of_index_and<IP>(operand: IP) -> Self
    where
        IP: IntoOperand<Dim = D, Operand = P>,
    {
        if let Some(shape) = operand.uncountable() {
            refuse_size(2, &shape);
        }
        let operand = operand.into_operand();
        let dim = operand.raw_dim();
        Zip { tendency: operand.tendency(), parts: (Indices::new(dim.clone()), operand), dim }
    }
}

impl<Parts, D> Zip<Parts, D> {
    /// The parts and the shape.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn into_parts(self) -> (Parts, D) {
        (self.parts, self.dim)
    }
}

impl<Parts, D: Dimension> Zip<Parts, D> {
    /// The number of cells.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn size(&self) -> usize {
        self.dim.size()
    }
}

impl<Parts, D> Zip<Parts, D>
where
    Parts: Operands<Dim = D>,
    D: Dimension,
{
    /// The zip that [`and`](Self::and) returns for operands of this crate.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub(crate) fn and_same_shape<IP>(self, operand: IP) -> Zip<<IP::Operand as Push<Parts>>::Output, D>
    where
        IP: IntoOperand<Dim = D>,
        IP::Operand: Push<Parts>,
    {
        or_refuse(self.try_and(operand))
    }

    /// [`and`](Self::and) with an error for a panic.
    ///
    /// # Errors
    ///
    /// If the operand's shape is not the zip's.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_lockstep::Zip;
    ///
    /// let a = Array2::<f32>::zeros((3, 4));
    /// let b = Array2::<f32>::zeros((3, 5));
    /// let error = Zip::from(&a).try_and(&b).unwrap_err();
    /// assert_eq!((error.operand(), error.shape(), error.expected()), (2, &[3, 5][..], &[3, 4][..]));
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

    /// Adds a shared array that is broadcast to the zip's shape, by the rules of
    /// [`ArrayRef::broadcast`](ndarray::ArrayRef::broadcast).
    ///
    /// The operand is what ndarray's method of this name takes: a reference to an array, an
    /// [`ArrayView`], or a reference to a slice, a fixed array or a `Vec`. In a function generic
    /// over [`IntoOperand`], pass `operand.into_operand()`.
    ///
    /// # Panics
    ///
    /// - In the caller's line, if the rules do not allow it. [`try_and_broadcast`] returns the
    ///   error instead.
    /// - If the operand is a slice, fixed array or `Vec` of more than `isize::MAX` zero-sized
    ///   elements.
    ///
    /// [`try_and_broadcast`]: Self::try_and_broadcast
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::Zip;
    ///
    /// let mut a = array![[1, 2], [3, 4]];
    /// Zip::from(&mut a).and_broadcast(&array![10, 20]).for_each(|a, &b| *a += b);
    /// assert_eq!(a, array![[11, 22], [13, 24]]);
    /// ```
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
    /// If the operand cannot be broadcast to the zip's shape.
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
    /// assert_eq!((error.operand(), error.shape(), error.expected()), (2, &[3][..], &[2, 2][..]));
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

    /// Adds an operand that is known to have the zip's shape.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn push<P>(self, operand: P) -> Zip<P::Output, D>
    where
        P: Operand<Dim = D> + Push<Parts>,
    {
        debug_assert!(operand.has_shape(&self.dim), "invariant 1 of Zip");
        let tendency = self.tendency + operand.tendency();
        Zip { parts: operand.push(self.parts), dim: self.dim, tendency }
    }

    /// Splits into two halves along the axis with the longest stride, so that both keep their layout. Together they have
    /// the cells of the whole, each once; a zip of fewer than two cells gives an empty first half.
    ///
    /// # Panics
    ///
    /// If the zip is 0-dimensional: it has one cell and no axis to split.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_lockstep::Zip;
    ///
    /// let a = Array2::<f32>::zeros((5, 4));
    /// let (top, bottom) = Zip::from(&a).split();
    /// assert_eq!((top.size(), bottom.size()), (8, 12));
    /// ```
    #[inline]
    #[track_caller]
    pub fn split(self) -> (Self, Self) {
        assert!(self.dim.ndim() > 0, "a 0-dimensional zip has no axis to split");
        let order = self.order();
        self.split_in(order)
    }

    /// [`split`](Self::split) along the axis that is the outermost in `order`. There must be an axis.
    #[inline]
    pub(crate) fn split_in(self, order: Order) -> (Self, Self) {
        let (axis, index) = plan::split_point(&self.dim, order);
        self.split_at(axis, index)
    }

    /// Splits off about one part in `parts` of the cells, along the axis of [`split`](Self::split): at least one cell, if there are several.
    #[cfg(feature = "rayon")]
    pub(crate) fn split_off(self, parts: usize) -> (Self, Self) {
        let (axis, _) = plan::split_point(&self.dim, self.order());
        let index = self.dim[axis].div_ceil(parts);
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

    /// The number of cells of the first half of [`split_in`](Self::split_in) `order`; 0 where there is nothing to split.
    #[cfg(feature = "rayon")]
    pub(crate) fn size_of_first_half(&self, order: Order) -> usize {
        let size = self.size();
        if size < 2 {
            return 0;
        }
        let (axis, index) = plan::split_point(&self.dim, order);
        size / self.dim[axis] * index
    }

    /// The order of the walk.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn order(&self) -> Order {
        Order::from_tendency(self.tendency)
    }

    /// The shape.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn raw_dim(&self) -> D {
        self.dim.clone()
    }
}
