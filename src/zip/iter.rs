//! [`ZipIter`]: the items of a zip as an iterator.
//!
//! The iterator follows a row-major plan of `kernel::plan` and uses the loops of `kernel::scalar`.
//! It holds the rest of a row at the front, the rest of a row at the back, and the numbers of the
//! rows between them. The plan locates a row by its number. The state advances before an item is
//! made, and so before the caller's code runs.

use core::convert::Infallible;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::{ControlFlow, Range};

use ndarray::Dimension;

use super::{Zip, execute};
use crate::kernel::blocks::places_at;
use crate::kernel::plan::{Order, Plan};
use crate::kernel::scalar;
use crate::operand::Operands;

/// An iterator over the items of a [`Zip`], in row-major order.
///
/// [`Zip::into_iter`](IntoIterator::into_iter) returns it. The items are tuples, `(item,)` for a
/// single operand. The iterator is double-ended, fused, and has an exact size.
///
/// ```
/// use ndarray::{Array2, array};
/// use ndarray_lockstep::{ArrayWindows, Zip};
///
/// let a = array![[1, 2, 3], [4, 5, 6]];
/// let mut sums = Array2::<i32>::zeros((1, 2));
/// for (sum, w) in Zip::from(&mut sums).and(a.array_windows::<2, 2>()) {
///     *sum = w.iter().sum();
/// }
/// assert_eq!(sums, array![[12, 16]]);
/// ```
///
/// # Performance
///
/// - `for_each` and `fold`, called on the iterator itself, are as fast as the methods of [`Zip`].
///   They contain one call of the closure, and the compiler inlines it even if it is large. The
///   mark `#[inline(always)]` is not needed.
/// - A `for` loop checks after every cell whether the row has ended, and is not vectorised.
/// - Adaptors such as `map` and `rev` are functions of the standard library. Inside a function with
///   target features they are not inlined, and use the baseline instruction set.
///
/// # Invariants
///
/// 1. All `parts` have the shape `dim`. `plan` was made for `dim` and these parts, in row-major
///    order.
/// 2. The cells of `front`, of the rows `between`, and of `back` are inside the shape and distinct.
///    None has been visited, unless `Parts: Clone`.
/// 3. `strides` are `parts.strides(plan.col_axis)`, and `unit` is whether they are units.
#[must_use = "iterators do nothing until they are consumed"]
pub struct ZipIter<Parts: Operands> {
    parts: Parts,
    dim: Parts::Dim,
    plan: Plan,
    strides: Parts::Strides,
    unit: bool,
    front: Row<Parts::Places>,
    between: Range<usize>,
    back: Row<Parts::Places>,
}

/// The remaining cells of one row.
///
/// # Invariants
///
/// 1. `start` are the places of column 0 of a row of the plan. They may dangle if `cols` is empty.
/// 2. `cols` is inside `0..plan.cols`.
struct Row<Places> {
    /// The places of column 0, dangling until there is a first row.
    start: Places,
    cols: Range<usize>,
}

// Not derived: a derived `clone` is not always inlined.
impl<Places: Clone> Clone for Row<Places> {
    #[inline(always)]
    fn clone(&self) -> Self {
        Row { start: self.start.clone(), cols: self.cols.clone() }
    }
}

// SAFETY: the places are those of `parts`, so their cells may be sent if `parts` may. The other
// fields are numbers.
unsafe impl<Parts: Operands + Send> Send for ZipIter<Parts> where Parts::Dim: Send {}
// SAFETY: a shared iterator gives access to its length, its `Debug` output and clones. Clones give
// the same access as clones of `parts`.
unsafe impl<Parts: Operands + Sync> Sync for ZipIter<Parts> where Parts::Dim: Sync {}

impl<Parts: Operands + Clone> Clone for ZipIter<Parts> {
    fn clone(&self) -> Self {
        ZipIter {
            parts: self.parts.clone(),
            dim: self.dim.clone(),
            plan: self.plan,
            strides: self.strides,
            unit: self.unit,
            front: self.front.clone(),
            between: self.between.clone(),
            back: self.back.clone(),
        }
    }
}

impl<Parts: Operands> fmt::Debug for ZipIter<Parts> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZipIter").field("operands", &Parts::COUNT).field("len", &self.len()).finish()
    }
}

impl<Parts: Operands<Dim = D>, D: Dimension> IntoIterator for Zip<Parts, D> {
    type Item = Parts::Items;
    type IntoIter = ZipIter<Parts>;

    #[inline(always)]
    fn into_iter(self) -> ZipIter<Parts> {
        let (mut parts, dim) = self.into_parts();
        debug_assert!(parts.have_shape(&dim), "invariant 1 of ZipIter");
        let plan = execute::plan_of(&parts, &dim, Order::RowMajor);
        let strides = parts.strides(plan.col_axis);
        let no_row = Row { start: parts.origin(), cols: 0..0 };
        ZipIter {
            strides,
            unit: Parts::are_unit(strides),
            front: no_row.clone(),
            between: 0..plan.total_rows(&dim),
            back: no_row,
            parts,
            dim,
            plan,
        }
    }
}

impl<Parts: Operands> ZipIter<Parts> {
    /// Returns all cells of row number `row`.
    ///
    /// # Safety
    ///
    /// 1. `row` is less than the plan's number of rows.
    #[inline(always)]
    unsafe fn row(&mut self, row: usize) -> Row<Parts::Places> {
        debug_assert!(row < self.plan.total_rows(&self.dim), "contract of ZipIter::row");
        let (block, row) = self.plan.locate_row(&self.dim, row);
        // SAFETY: the blocks of the plan start inside `dim`, the shape of all parts (1; invariant
        // 1).
        let first = unsafe { places_at(&mut self.parts, &block) };
        let strides = self.parts.strides(self.plan.row_axis);
        // SAFETY: `row` is a row of that block (1), so it starts inside the shape.
        let start = unsafe { Parts::offset(&first, strides, row) };
        Row { start, cols: 0..self.plan.cols }
    }

    /// Skips `skip` rows of `between`, and makes the next one the front row. Returns false if there
    /// is none.
    #[inline]
    fn advance_front(&mut self, skip: usize) -> bool {
        let Some(row) = self.between.nth(skip) else {
            return false;
        };
        // SAFETY: the rows `between` are rows of the plan (1; invariant 2).
        self.front = unsafe { self.row(row) };
        true
    }

    /// Skips the last `skip` rows of `between`, and makes the one before them the back row. Returns
    /// false if there is none.
    #[inline]
    fn advance_back(&mut self, skip: usize) -> bool {
        let Some(row) = self.between.nth_back(skip) else {
            return false;
        };
        // SAFETY: the rows `between` are rows of the plan (1; invariant 2).
        self.back = unsafe { self.row(row) };
        true
    }

    /// Returns the items of column `col` of a row.
    ///
    /// # Safety
    ///
    /// 1. The cell is one of invariant 2, and has just been taken out of the iterator.
    #[inline(always)]
    unsafe fn items(&self, start: &Parts::Places, col: usize) -> Parts::Items {
        debug_assert!(col < self.plan.cols, "contract of ZipIter::items");
        // The first branch saves a `for` loop one multiplication per operand and cell:
        // `cargo bench --bench ratios -- loop`.
        let places = if self.unit {
            // SAFETY: the cell is inside the shape (1), `col` steps of unit strides (invariant 3)
            // after the start of the row.
            unsafe { Parts::ahead(start, self.strides, col) }
        } else {
            // SAFETY: the cell is inside the shape (1), `col` steps of the column strides
            // (invariant 3) after the start of the row.
            unsafe { Parts::offset(start, self.strides, col) }
        };
        // SAFETY: the cell is inside the shape, and is visited only here (1).
        unsafe { Parts::items(places) }
    }

    /// Takes the rest of the next row out of the iterator. Returns `None` at the end.
    #[inline(always)]
    fn take_row(&mut self) -> Option<Row<Parts::Places>> {
        if self.front.cols.is_empty() && !self.advance_front(0) {
            let row = self.back.clone();
            self.back.cols.start = self.back.cols.end;
            return (!row.cols.is_empty()).then_some(row);
        }
        let row = self.front.clone();
        self.front.cols.start = self.front.cols.end;
        Some(row)
    }
}

/// Writes the methods that take a cell from one end: the row `$near`, then the rows `between`, then
/// the row `$far`.
macro_rules! take_from {
    ($near:ident, $far:ident, $advance:ident, $next:ident, $nth:ident) => {
        #[inline(always)]
        fn $next(&mut self) -> Option<Parts::Items> {
            if self.$near.cols.is_empty() && !self.$advance(0) {
                let col = self.$far.cols.$next()?;
                // SAFETY: `col` has just been taken out of the row (1).
                return Some(unsafe { self.items(&self.$far.start, col) });
            }
            let col = self.$near.cols.$next()?;
            // SAFETY: as above.
            Some(unsafe { self.items(&self.$near.start, col) })
        }

        #[inline]
        fn $nth(&mut self, mut n: usize) -> Option<Parts::Items> {
            if n >= self.$near.cols.len() {
                n -= self.$near.cols.len();
                self.$near.cols = 0..0;
                // If there are rows in `between`, they have columns.
                let rows = if self.between.is_empty() { 0 } else { (n / self.plan.cols).min(self.between.len()) };
                n -= rows * self.plan.cols;
                if !self.$advance(rows) {
                    let col = self.$far.cols.$nth(n)?;
                    // SAFETY: `col` has just been taken out of the row (1).
                    return Some(unsafe { self.items(&self.$far.start, col) });
                }
            }
            let col = self.$near.cols.$nth(n)?;
            // SAFETY: as above.
            Some(unsafe { self.items(&self.$near.start, col) })
        }
    };
}

impl<Parts: Operands> Iterator for ZipIter<Parts> {
    type Item = Parts::Items;

    take_from! { front, back, advance_front, next, nth }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.front.cols.len() + self.between.len() * self.plan.cols + self.back.cols.len();
        (len, Some(len))
    }

    #[inline]
    fn count(self) -> usize {
        self.len()
    }

    #[inline]
    fn last(mut self) -> Option<Parts::Items> {
        self.next_back()
    }

    #[inline(always)]
    fn fold<A, F>(mut self, mut acc: A, mut f: F) -> A
    where
        F: FnMut(A, Parts::Items) -> A,
    {
        let mut step = scalar::step(
            #[inline(always)]
            |acc, items| ControlFlow::<Infallible, A>::Continue(f(acc, items)),
        );
        while let Some(row) = self.take_row() {
            debug_assert!(row.cols.end <= self.plan.cols, "invariant 2 of Row");
            // One loop, so one call of `f`: see `Zip::try_fold`.
            // SAFETY: the cells are some of invariant 2, so inside the shape (1). `take_row` has
            // taken them out, so they are visited only here (2). Without `UNIT`, any strides are
            // allowed (3).
            ControlFlow::Continue(acc) = unsafe {
                scalar::try_fold_row::<false, Parts, _, _, _>(&row.start, self.strides, row.cols, acc, &mut step)
            };
        }
        acc
    }

    #[inline(always)]
    fn for_each<F>(self, mut f: F)
    where
        F: FnMut(Parts::Items),
    {
        self.fold(
            (),
            #[inline(always)]
            |(), items| f(items),
        );
    }
}

impl<Parts: Operands> DoubleEndedIterator for ZipIter<Parts> {
    take_from! { back, front, advance_back, next_back, nth_back }
}

impl<Parts: Operands> ExactSizeIterator for ZipIter<Parts> {}
impl<Parts: Operands> FusedIterator for ZipIter<Parts> {}
