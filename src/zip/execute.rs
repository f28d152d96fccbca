//! How a zip is executed.

use core::convert::Infallible;
use core::ops::ControlFlow;

use ndarray::Dimension;

use super::Zip;
use crate::error::RowError;
use crate::kernel::blocks::Blocks;
use crate::kernel::cache;
use crate::kernel::plan::{self, Order, Plan};
use crate::kernel::scalar;
use crate::kernel::simd::{self, FoldKernel, Kernels};
use crate::operand::Operands;
use crate::simd::Machine;

impl<Parts, D> Zip<Parts, D>
where
    Parts: Operands<Dim = D>,
    D: Dimension,
{
    /// Folds all cells in the order the operands prefer: what every method that takes a closure comes down to.
    ///
    /// Without `UNIT_LOOP` there is one loop, with run-time strides, and so one call of `f`, which the compiler inlines
    /// however large `f` is. LLVM makes the loop for strides of 1 by itself as long as not too many operands and windows
    /// meet. With `UNIT_LOOP` that loop is written out: right where `f` is marked `#[inline(always)]`, as in the macros.
    /// With two loops in the methods, a large unmarked closure stayed out of line and was 14 times slower; that it is as fast
    /// as a marked one now, and that three windows beside three outputs gain more than half from the second loop, is measured
    /// by `cargo bench --bench ratios -- closure`.
    ///
    /// Builds with debug assertions always have the loop for strides of 1: LLVM does not make it at
    /// `opt-level` 0 or 1, where it takes half the time of the other one (`benches/dev_builds.rs`).
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
                    // SAFETY: the block's cells are inside the shape (1) and not none (4), by its invariant 1, and unvisited (2), by its
                    // invariant 2; their strides are units (3).
                    unsafe { scalar::try_fold_block::<true, Parts, A, B, F>(&first, rows, cols, acc, &mut f) }
                } else {
                    // SAFETY: as above (1, 2, 4), and without `UNIT` strides may be any (3).
                    unsafe { scalar::try_fold_block::<false, Parts, A, B, F>(&first, rows, cols, acc, &mut f) }
                }
            },
        )
    }

    /// Calls `f` for every cell, compiled for the machine's level: what `simd_for_each` comes down to.
    ///
    /// Kernels take rows whose cells lie side by side. Other layouts take the plain loop, compiled for the level.
    ///
    /// Several rows side by side are another order of visits. A closure can tell that adds up floats in a variable it has
    /// captured, or one that writes into the windows of `Cell`s that others read. Stable Rust cannot ask a closure whether it
    /// changes what it has captured, nor a type whether it has interior mutability. So rows are walked side by side where the
    /// closure has captured nothing and the operands are numbers, and where the caller allows `ANY_ORDER`.
    #[inline(always)]
    pub(crate) fn simd_each<const ANY_ORDER: bool, F>(self, mut f: F)
    where
        Parts: Kernels<F>,
    {
        let machine = Machine::best();
        let is_near = const { Parts::REUSES_ROWS } && self.parts.bytes_across_planes() <= cache::MAX_JAMMED_BYTES;
        // Chosen at the first block of several: the others lie like it.
        let mut jam = 0;
        let _: ControlFlow<Infallible> = self.try_fold_blocks(
            (),
            #[inline(always)]
            |(), Block { first, rows, cols, along_row_axis }| {
                if Parts::are_unit(cols.1) {
                    if const { Parts::REUSES_ROWS && (ANY_ORDER || size_of::<F>() == 0) }
                        && along_row_axis
                        && is_near
                        && (ANY_ORDER || Parts::are_plain())
                    {
                        if jam == 0 {
                            jam = cache::rows_to_jam(
                                rows.0,
                                #[inline(always)]
                                |jam| Parts::set_conflicts(&first, rows.1, jam),
                            );
                        }
                        // SAFETY: the block's cells are inside the shape (1) and not none (4), by its invariant 1, and unvisited (2),
                        // by its invariant 2; their strides are units (3), and those of the rows are along the row axis (5).
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
                        let mut f = step(
                            #[inline(always)]
                            |(), items| {
                                Parts::call(&mut f, items);
                                ControlFlow::Continue(())
                            },
                        );
                        // SAFETY: the block's cells are inside the shape (1) and not none (4), by its invariant 1, and unvisited (2),
                        // by its invariant 2; without `UNIT` strides may be any (3).
                        unsafe { scalar::try_fold_block::<false, Parts, _, _, _>(&first, rows, cols, (), &mut f) }
                    },
                )
            },
        );
    }

    /// Folds all cells, compiled for the machine's level, in the order of `fold`: what `simd_fold` comes down to.
    #[inline(always)]
    pub(crate) fn simd_fold_all<A, F>(self, init: A, mut f: F) -> A
    where
        Parts: FoldKernel<A, F>,
    {
        let machine = Machine::best();
        let folded: ControlFlow<Infallible, A> = self.try_fold_blocks(
            init,
            #[inline(always)]
            |acc, Block { first, rows, cols, .. }| {
                if Parts::are_unit(cols.1) {
                    // SAFETY: the block's cells are inside the shape (1) and not none (4), by its invariant 1, and unvisited (2), by its
                    // invariant 2; their strides are units (3).
                    let acc =
                        unsafe { simd::fold_rows_by_kernels::<Parts, A, F>(machine, &first, rows, cols, acc, &mut f) };
                    return ControlFlow::Continue(acc);
                }
                machine.run(
                    #[inline(always)]
                    || {
                        let mut f = step(
                            #[inline(always)]
                            |acc, items| ControlFlow::Continue(Parts::call(&mut f, acc, items)),
                        );
                        // SAFETY: the block's cells are inside the shape (1) and not none (4), by its invariant 1, and unvisited (2),
                        // by its invariant 2; without `UNIT` strides may be any (3).
                        unsafe { scalar::try_fold_block::<false, Parts, _, _, _>(&first, rows, cols, acc, &mut f) }
                    },
                )
            },
        );
        match folded {
            ControlFlow::Continue(acc) => acc,
            ControlFlow::Break(never) => match never {},
        }
    }

    /// The loops that the zip comes down to, in the order the operands prefer.
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

    /// Folds the blocks of cells that the zip consists of, in the order the operands prefer.
    #[inline(always)]
    fn try_fold_blocks<A, B, F>(mut self, mut acc: A, mut f: F) -> ControlFlow<B, A>
    where
        F: FnMut(A, Block<Parts>) -> ControlFlow<B, A>,
    {
        let Nest { plan, rows, cols, along_row_axis } = self.nest();
        if cols.0 == 0 {
            return ControlFlow::Continue(acc);
        }
        // Invariants of Block: the plan leads to every cell of the shape once, and the zip is used up here.
        //
        // A walk of at most two dimensions has one call of `f`, and is known to have it before code is generated: all that `f` consists of
        // is inlined there, in unoptimised programs as well.
        if const { matches!(D::NDIM, Some(0..=2)) } {
            return f(acc, Block { first: self.parts.origin(), rows, cols, along_row_axis });
        }
        let mut blocks = Blocks::new(plan, &mut self.parts, &self.dim);
        loop {
            acc = f(acc, Block { first: blocks.first(), rows, cols, along_row_axis })?;
            // SAFETY: the plan was made for `dim` (1), which has columns, and is the shape of all
            // parts (2; invariant 1).
            if !unsafe { blocks.advance(&mut self.parts, &self.dim) } {
                return ControlFlow::Continue(acc);
            }
        }
    }
}

/// A closure as it is: attributes of closures are for arguments only.
#[inline(always)]
fn step<A, B, I, F>(f: F) -> F
where
    F: FnMut(A, I) -> ControlFlow<B, A>,
{
    f
}

/// What the blocks of a walk have in common; the fields of the same names are those of [`Block`].
struct Nest<Parts: Operands> {
    plan: Plan,
    rows: (usize, Parts::Strides),
    cols: (usize, Parts::Strides),
    along_row_axis: bool,
}

/// Rows and columns of cells of a zip.
///
/// # Invariants
///
/// 1. All cells are inside the shape of all parts, and there is at least one.
/// 2. No cell has been visited, and none is in another block of the walk.
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

/// The loops for parts of shape `dim` in `order`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn plan_of<O, D>(parts: &O, dim: &D, order: Order) -> Plan
where
    O: Operands<Dim = D>,
    D: Dimension,
{
    Plan::new(
        dim,
        order,
        #[inline(always)]
        |outer, inner, len| O::merge(parts.strides(outer), parts.strides(inner), len),
    )
}

impl<Parts, D> Zip<Parts, D>
where
    Parts: Operands<Dim = D>,
    D: Dimension,
{
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
        // The rows are the cells of the same shape with a last axis of length 1.
        let mut starts = self.dim.clone();
        if starts.ndim() > 0 {
            starts[last] = 1;
        }
        let plan = plan_of(&self.parts, &starts, Order::RowMajor);
        let outer = (plan.rows, self.parts.strides(plan.row_axis));
        let inner = (plan.cols, self.parts.strides(plan.col_axis));
        let mut blocks = Blocks::new(plan, &mut self.parts, &starts);
        loop {
            // SAFETY: the plan leads to the first cells of all rows, each once, so the rows lie inside the shape and share
            // no cell (1); the zip is used up here (2); the strides have been checked where a row has more than one cell
            // (3); the shape is not empty (4).
            unsafe { scalar::for_each_row::<Parts, F>(&blocks.first(), outer, inner, (len, strides), &mut f) };
            // SAFETY: the plan was made for `starts` (1), which has the first cells of the rows of
            // a shape with cells (2).
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
    use crate::window::Windows;

    /// The numbers of rows and columns of a block.
    fn block<P: Operand>(operand: P) -> (usize, usize) {
        let dim = operand.raw_dim();
        let plan = plan_of(&(operand,), &dim, Order::RowMajor);
        (plan.rows, plan.cols)
    }

    #[test]
    fn rows_that_lie_side_by_side_are_one_row_for_operands_of_every_kind() {
        let mut array = Array3::<u8>::zeros((4, 5, 6));
        assert_eq!(block(array.view()), (1, 120));
        assert_eq!(block(array.view_mut()), (1, 120));
        let table = Array2::<u8>::zeros((5, 6));
        assert_eq!(block(Windows::<_, 2, 1>::new(table.view())), (1, 24));
        assert_eq!(
            block(Windows::<_, 2, 2>::new(table.view())),
            (4, 5),
            "the cells at the end of a row have no window"
        );
        assert_eq!(block(Indices::new(table.raw_dim())), (5, 6), "an index does not go on in the next row");
    }
}
