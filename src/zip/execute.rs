//! The schedule: which loop or kernel walks which rows of a zip, in which order.
//!
//! A plan divides the shape into blocks of rows and columns. The functions here choose a loop or
//! kernel for each block.

use core::convert::Infallible;
use core::ops::ControlFlow;

use ndarray::Dimension;

use super::Zip;
use super::order::VisitOrder;
use crate::error::RowError;
use crate::kernel::blocks::Blocks;
use crate::kernel::cache;
use crate::kernel::plan::{self, Order, Plan};
use crate::kernel::scalar;
use crate::kernel::simd::{self, FoldKernel, Kernels};
use crate::operand::Operands;
use crate::simd::Machine;

impl<Parts: Operands<Dim = D>, D: Dimension> Zip<Parts, D> {
    /// Folds all cells in the order that the operands prefer. Every method with a closure and
    /// without dispatch ends here.
    ///
    /// `UNIT_LOOP` adds a second loop, for strides of 1, and so a second call of `f`.
    ///
    /// - The macros mark `f` as `#[inline(always)]`, and use both loops. With three windows and
    ///   three outputs, the second loop saves more than half the time.
    /// - The methods use the first loop alone, with run-time strides. The compiler inlines a single
    ///   call of `f` however large `f` is. With two calls, a large unmarked closure stayed out of
    ///   line and was 14 times slower. LLVM derives the loop for strides of 1 by itself unless
    ///   there are many operands and windows.
    ///
    /// `cargo bench --bench ratios -- closure` measures both cases.
    ///
    /// Builds with debug assertions always have both loops. LLVM does not derive the second one at
    /// `opt-level` 0 or 1, and it halves the time there (`benches/dev_builds.rs`).
    #[inline(always)]
    pub(super) fn try_fold<const UNIT_LOOP: bool, A, B, F>(self, acc: A, mut f: F) -> ControlFlow<B, A>
    where
        F: FnMut(A, Parts::Items) -> ControlFlow<B, A>,
    {
        self.try_fold_blocks(
            acc,
            #[inline(always)]
            |acc, Block { first, rows, cols, .. }| {
                if (UNIT_LOOP || cfg!(debug_assertions)) && Parts::are_unit(cols.1) {
                    // SAFETY: the block has cells (4), all inside the shape (1; invariant 1 of
                    // Block), all unvisited (2; invariant 2). Their strides are units (3).
                    unsafe { scalar::try_fold_block::<true, Parts, A, B, F>(&first, rows, cols, acc, &mut f) }
                } else {
                    // SAFETY: as above (1, 2, 4). Without `UNIT`, any strides are allowed (3).
                    unsafe { scalar::try_fold_block::<false, Parts, A, B, F>(&first, rows, cols, acc, &mut f) }
                }
            },
        )
    }

    /// Calls `f` for every cell at the machine's level. `simd_for_each`, `simd_for_each_ordered`,
    /// `simd_azip!` and `par_for_each` end here.
    ///
    /// Contiguous rows are walked by kernels. Other layouts are walked by the plain loop, compiled
    /// for the level.
    #[inline(always)]
    pub(crate) fn simd_each<O: VisitOrder, F>(self, mut f: F)
    where
        Parts: Kernels<F>,
    {
        let machine = Machine::best();
        let is_near = const { Parts::REUSES_ROWS } && self.parts.bytes_across_planes() <= cache::MAX_JAMMED_BYTES;
        // Computed for the first block. The rows of all blocks have the same strides.
        let mut jam = 0;
        let _: ControlFlow<Infallible> = self.try_fold_blocks(
            (),
            #[inline(always)]
            |(), Block { first, rows, cols, along_row_axis }| {
                if Parts::are_unit(cols.1) {
                    if const { Parts::REUSES_ROWS && O::MAY_JAM }
                        && along_row_axis
                        && is_near
                        && (O::MAY_JAM_ANY || Parts::are_plain())
                    {
                        if jam == 0 {
                            jam = cache::rows_to_jam(
                                rows.0,
                                #[inline(always)]
                                |jam| Parts::set_conflicts(&first, rows.1, jam),
                            );
                        }
                        // SAFETY: the block has cells (4), all inside the shape (1; invariant 1 of
                        // Block), all unvisited (2; invariant 2). Their strides are units (3), and
                        // the strides of the rows are those of the row axis (5).
                        unsafe { simd::walk_rows::<true, Parts, F>(machine, &first, rows, cols, jam, &mut f) };
                    } else {
                        // SAFETY: as above (1 to 4).
                        unsafe { simd::walk_rows::<false, Parts, F>(machine, &first, rows, cols, 1, &mut f) };
                    }
                    return ControlFlow::Continue(());
                }
                machine.run(
                    #[inline(always)]
                    || {
                        let mut f = scalar::step(
                            #[inline(always)]
                            |(), items| {
                                Parts::call(&mut f, items);
                                ControlFlow::Continue(())
                            },
                        );
                        // SAFETY: the block has cells (4), all inside the shape (1; invariant 1 of
                        // Block), all unvisited (2; invariant 2). Without `UNIT`, any strides are
                        // allowed (3).
                        unsafe { scalar::try_fold_block::<false, Parts, _, _, _>(&first, rows, cols, (), &mut f) }
                    },
                )
            },
        );
    }

    /// Folds all cells at the machine's level, in the order of `fold`. `simd_fold` and `par_fold`
    /// end here.
    #[inline(always)]
    pub(crate) fn simd_fold_all<A, F>(self, init: A, mut f: F) -> A
    where
        Parts: FoldKernel<A, F>,
    {
        let machine = Machine::best();
        let ControlFlow::<Infallible, A>::Continue(folded) = self.try_fold_blocks(
            init,
            #[inline(always)]
            |acc, Block { first, rows, cols, .. }| {
                if Parts::are_unit(cols.1) {
                    // SAFETY: the block has cells (4), all inside the shape (1; invariant 1 of
                    // Block), all unvisited (2; invariant 2). Their strides are units (3).
                    let acc =
                        unsafe { simd::fold_rows_by_kernels::<Parts, A, F>(machine, &first, rows, cols, acc, &mut f) };
                    return ControlFlow::Continue(acc);
                }
                machine.run(
                    #[inline(always)]
                    || {
                        let mut f = scalar::step(
                            #[inline(always)]
                            |acc, items| ControlFlow::Continue(Parts::call(&mut f, acc, items)),
                        );
                        // SAFETY: the block has cells (4), all inside the shape (1; invariant 1 of
                        // Block), all unvisited (2; invariant 2). Without `UNIT`, any strides are
                        // allowed (3).
                        unsafe { scalar::try_fold_block::<false, Parts, _, _, _>(&first, rows, cols, acc, &mut f) }
                    },
                )
            },
        );
        folded
    }

    /// Returns the loops of the walk in the order that the operands prefer.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn nest(&self) -> Nest<Parts> {
        debug_assert!(self.parts.have_shape(&self.dim), "invariant 1 of Zip");
        let plan = plan_of(&self.parts, &self.dim, self.order());
        Nest {
            rows: (plan.rows, self.parts.strides(plan.row_axis)),
            cols: (plan.cols, self.parts.strides(plan.col_axis)),
            along_row_axis: plan.row_axis == plan::row_axis(self.dim.ndim()),
            plan,
        }
    }

    /// Folds the blocks of the zip in the order that the operands prefer.
    #[inline(always)]
    fn try_fold_blocks<A, B, F>(mut self, mut acc: A, mut f: F) -> ControlFlow<B, A>
    where
        F: FnMut(A, Block<Parts>) -> ControlFlow<B, A>,
    {
        let Nest { plan, rows, cols, along_row_axis } = self.nest();
        if cols.0 == 0 {
            return ControlFlow::Continue(acc);
        }
        // Invariants of Block: the plan visits every cell of the shape once, and this function
        // consumes the zip.
        //
        // A walk of at most two dimensions has one block. This constant condition leaves one call
        // of `f`, which is inlined even in unoptimised programs.
        if const { matches!(D::NDIM, Some(0..=2)) } {
            return f(acc, Block { first: self.parts.origin(), rows, cols, along_row_axis });
        }
        let mut blocks = Blocks::new(plan, &mut self.parts, &self.dim);
        loop {
            acc = f(acc, Block { first: blocks.first(), rows, cols, along_row_axis })?;
            // SAFETY: the plan was made for `dim` (1), which has cells and is the shape of all
            // parts (2; invariant 1).
            if !unsafe { blocks.advance(&mut self.parts, &self.dim) } {
                return ControlFlow::Continue(acc);
            }
        }
    }
}

/// The plan of a walk, and the fields that all its blocks share: see [`Block`].
// Without the first block's places. Returned with them, walks over 4×4 cells took 2.3 instead of
// 2.0 ns per cell (`cargo bench --bench ratios -- 4x4`).
struct Nest<Parts: Operands> {
    plan: Plan,
    rows: (usize, Parts::Strides),
    cols: (usize, Parts::Strides),
    along_row_axis: bool,
}

/// A block of cells: rows and columns of a zip.
///
/// # Invariants
///
/// 1. All cells are inside the shape of all parts, and there is at least one.
/// 2. No cell of the block has been visited, and none is in another block of the walk.
struct Block<Parts: Operands> {
    /// The places of the first cell.
    first: Parts::Places,
    /// The number of rows, and the strides from one to the next.
    rows: (usize, Parts::Strides),
    /// The number of columns, and the strides from one to the next.
    cols: (usize, Parts::Strides),
    /// Whether the strides of the rows are those of the [row axis](plan::row_axis).
    along_row_axis: bool,
}

/// Returns the loops for operands of shape `dim` in `order`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn plan_of<O: Operands>(parts: &O, dim: &O::Dim, order: Order) -> Plan {
    Plan::new(
        dim,
        order,
        #[inline(always)]
        |outer, inner, len| O::merge(parts.strides(outer), parts.strides(inner), len),
    )
}

impl<Parts: Operands<Dim = D>, D: Dimension> Zip<Parts, D> {
    /// Calls `f` for every row along the last axis, in row-major order.
    #[inline(always)]
    pub(super) fn rows<F>(mut self, mut f: F) -> Result<(), RowError>
    where
        F: FnMut(Parts::Rows),
    {
        debug_assert!(self.parts.have_shape(&self.dim), "invariant 1 of Zip");
        if plan::is_empty(&self.dim) {
            return Ok(());
        }
        let last = self.dim.ndim().saturating_sub(1);
        let len = if self.dim.ndim() == 0 { 1 } else { self.dim[last] };
        let strides = self.parts.strides(last);
        if len > 1
            && let Some((operand, stride)) = Parts::first_not_unit(strides)
        {
            return Err(RowError { operand, stride });
        }
        // The first cells of the rows are the cells of the same shape with a last axis of length 1.
        let mut starts = self.dim.clone();
        if starts.ndim() > 0 {
            starts[last] = 1;
        }
        let plan = plan_of(&self.parts, &starts, Order::RowMajor);
        let outer = (plan.rows, self.parts.strides(plan.row_axis));
        let inner = (plan.cols, self.parts.strides(plan.col_axis));
        let mut blocks = Blocks::new(plan, &mut self.parts, &starts);
        loop {
            // SAFETY: the plan visits the first cell of each row once, so the rows are inside the
            // shape and share no cell (1). This function consumes the zip (2). The strides have
            // been checked unless rows have one cell (3). The shape is not empty (4).
            unsafe { scalar::for_each_row::<Parts, F>(&blocks.first(), outer, inner, (len, strides), &mut f) };
            // SAFETY: the plan was made for `starts` (1). It has cells, the first ones of the rows
            // of a shape with cells, and its indices are inside that shape (2).
            if !unsafe { blocks.advance(&mut self.parts, &starts) } {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Array3};

    use super::*;
    use crate::operand::{Indices, Operand};
    use crate::window::{Size2, Windows};

    /// Returns the numbers of rows and columns of a block.
    fn block<P: Operand>(operand: P) -> (usize, usize) {
        let dim = operand.raw_dim();
        let plan = plan_of(&(operand,), &dim, Order::RowMajor);
        (plan.rows, plan.cols)
    }

    #[test]
    fn contiguous_rows_are_one_row_for_operands_of_every_kind() {
        let mut array = Array3::<u8>::zeros((4, 5, 6));
        assert_eq!(block(array.view()), (1, 120));
        assert_eq!(block(array.view_mut()), (1, 120));
        let table = Array2::<u8>::zeros((5, 6));
        assert_eq!(block(Windows::<_, Size2<2, 1>>::new(table.view())), (1, 24));
        assert_eq!(
            block(Windows::<_, Size2<2, 2>>::new(table.view())),
            (4, 5),
            "the cells at the end of a row have no window"
        );
        assert_eq!(block(Indices::new(table.raw_dim())), (5, 6), "an index does not go on in the next row");
    }
}
