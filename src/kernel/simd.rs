//! Kernels: functions that call the closure for every cell of one, two or four rows, compiled for
//! each level.
//!
//! A *level* is an instruction set chosen at run time. Rows that are computed in one kernel call
//! are *jammed rows*: unroll-and-jam ×1, ×2 or ×4. `zip::execute` calls the kernels for *blocks*,
//! rectangles of rows and columns, whose columns have unit strides. The module promises that every
//! cell of a block is visited once and no other cell is reached. A kernel for a level runs only
//! with a [`Machine`], which proves that the processor has the level.
//!
//! Kernels are not inlined, and each row of each operand is a parameter. An output row is a slice,
//! so the compiler may assume that nothing else points to its cells. The loops in `scalar` lack
//! this guarantee and check at the start of every row whether operands overlap. In a kernel, the
//! compiler may load a cell only once for all neighbouring windows that share it, even across
//! stores to the outputs.

use crate::operand::{Operand, Operands, for_each_arity};
use crate::simd::{Machine, for_level};

/// Calls `f` for every cell of a block of `rows` rows of `cols` cells, by kernels for the level of
/// `machine`. `first` is the place of its first cell. If `JAM`, a kernel call computes up to `jam`
/// rows (4, 2 or 1). Otherwise it computes one row.
///
/// # Safety
///
/// 1. Every cell of the block is an index inside the shape.
/// 2. None of them has been visited, unless `O: Clone`.
/// 3. The stride of `cols` is a unit.
/// 4. `cols > 0`.
/// 5. If `JAM`, `row_strides` are those of the [row axis](crate::kernel::plan::row_axis).
#[inline(always)]
pub(crate) unsafe fn walk_rows<const JAM: bool, O: Kernels<F>, F>(
    machine: Machine,
    first: &O::Places,
    (rows, row_strides): (usize, O::Strides),
    cols: (usize, O::Strides),
    jam: usize,
    f: &mut F,
) {
    debug_assert!(O::are_unit(cols.1) && cols.0 > 0, "contract of walk_rows");
    let mut r = 0;
    while r < rows {
        // SAFETY: row `r` of the block has a first cell (4), which is inside the shape (1).
        let row = unsafe { O::offset(first, row_strides, r) };
        let left = rows - r;
        if JAM && jam >= 4 && left >= 4 {
            // SAFETY: rows `r..r + 4` are inside the shape (1). They are visited only here (2),
            // because `r` grows. Conditions 3, 4 and 5 are passed on.
            unsafe { O::four_rows(machine, &row, row_strides, cols, f) };
            r += 4;
        } else if JAM && jam >= 2 && left >= 2 {
            // SAFETY: 1 to 5 hold as above, for rows `r..r + 2`.
            unsafe { O::two_rows(machine, &row, row_strides, cols, f) };
            r += 2;
        } else {
            // SAFETY: 1 to 4 hold as above, for row `r`. Condition 5 does not apply to a single
            // row.
            unsafe { O::one_row(machine, &row, row_strides, cols, f) };
            r += 1;
        }
    }
}

/// Folds a block as [`try_fold_block`](super::scalar::try_fold_block) does. Each row is folded by a
/// kernel for the level of `machine`.
///
/// # Safety
///
/// 1 to 4: those of [`try_fold_block`](super::scalar::try_fold_block) with `UNIT`.
#[inline(always)]
pub(crate) unsafe fn fold_rows_by_kernels<O: FoldKernel<A, F>, A, F>(
    machine: Machine,
    first: &O::Places,
    (rows, row_strides): (usize, O::Strides),
    (cols, col_strides): (usize, O::Strides),
    mut acc: A,
    f: &mut F,
) -> A {
    debug_assert!(O::are_unit(col_strides) && cols > 0, "contract of fold_rows_by_kernels");
    let mut r = 0;
    while r < rows {
        // SAFETY: row `r` of the block has a first cell (4), which is inside the shape (1).
        let row = unsafe { O::offset(first, row_strides, r) };
        // SAFETY: row `r` is inside the shape (1). It is visited only here (2), because `r` grows.
        // Conditions 3 and 4 are passed on.
        acc = unsafe { O::fold_row(machine, &row, (cols, col_strides), acc, f) };
        r += 1;
    }
    acc
}

/// The kernels that call `F` for every cell of some rows.
///
/// They visit cells column by column, and each column from the top row to the bottom row.
pub(crate) trait Kernels<F>: Operands {
    /// Calls `f` for one cell.
    fn call(f: &mut F, items: Self::Items);

    /// Calls `f` for one row of `cols` cells, which starts at the places `row`.
    ///
    /// # Safety
    ///
    /// 1. The cells of all rows are indices inside the shape.
    /// 2. None of them has been visited, unless `Self: Clone`.
    /// 3. The stride of `cols` is a unit.
    /// 4. `cols > 0`.
    /// 5. If there is more than one row, `below` are the strides of the
    ///    [row axis](crate::kernel::plan::row_axis).
    unsafe fn one_row(
        machine: Machine,
        row: &Self::Places,
        below: Self::Strides,
        cols: (usize, Self::Strides),
        f: &mut F,
    );

    /// Calls `f` for two rows of `cols` cells. The first row starts at the places `row`, and each
    /// further row one step of `below` after the previous one.
    ///
    /// # Safety
    ///
    /// 1 to 5: those of [`one_row`](Self::one_row).
    unsafe fn two_rows(
        machine: Machine,
        row: &Self::Places,
        below: Self::Strides,
        cols: (usize, Self::Strides),
        f: &mut F,
    );

    /// Calls `f` for four rows of `cols` cells, as [`two_rows`](Self::two_rows) does for two.
    ///
    /// # Safety
    ///
    /// 1 to 5: those of [`one_row`](Self::one_row).
    unsafe fn four_rows(
        machine: Machine,
        row: &Self::Places,
        below: Self::Strides,
        cols: (usize, Self::Strides),
        f: &mut F,
    );
}

/// The kernel that folds a row with `F`.
pub(crate) trait FoldKernel<A, F>: Operands {
    /// Folds one cell.
    fn call(f: &mut F, acc: A, items: Self::Items) -> A;

    /// Folds the `cols` cells that start at the places `row`.
    ///
    /// # Safety
    ///
    /// 1 to 4: those of [`Kernels::one_row`].
    unsafe fn fold_row(machine: Machine, row: &Self::Places, cols: (usize, Self::Strides), acc: A, f: &mut F) -> A;
}

/// Defines one kernel. The first list has, for each operand, its type, the parameter for its first
/// row, and the number and parameter of each further row. The second list has the same, but grouped
/// by row.
///
/// # Safety
///
/// `for_level!` compiles the inner function once for each level. It requires that
///
/// 1. all parameters are rows of `cols` cells, which [`Operand::first_row`] and
///    [`Operand::next_row`] made for this call alone; so every `col < cols` is a cell of each of
///    them and is visited only there;
/// 2. row number `n` is `n` steps of the row axis below the first one;
/// 3. the machine has the features that the function is compiled for.
macro_rules! kernel {
    ($name:ident [$(($P:ident $first:ident $($number:literal $next:ident)*))+] [{$($T:ident $top:ident)+} $({$n:literal $($B:ident $below:ident)+})*]) => {
        #[inline(always)]
        unsafe fn $name(
            machine: Machine,
            row: &Self::Places,
            _below: Self::Strides,
            (cols, strides): (usize, Self::Strides),
            f: &mut Function,
        ) {
            debug_assert!(Self::are_unit(strides) && cols > 0, "contract of Kernels");
            // SAFETY: the cells are inside the shape (1), at unit strides (3), at least one (4),
            // and visited only here (2).
            let ($($top,)+) = unsafe { Self::first_rows(row.clone(), strides, cols) };
            $(
                // SAFETY: the row has a first cell (4), which is inside the shape (1).
                let places = unsafe { Self::offset(row, _below, $n) };
                // SAFETY: as for the first row.
                let ($($below,)+) = unsafe { Self::next_rows(places, strides, cols) };
            )*
            // Condition 1 of `for_level!`: the rows have been made above for this call (1), and row
            // number `n` is `n` steps of the row axis below the first one (2, by 5).
            for_level!(machine, [$($P,)+ Function], unsafe fn[$($P: Operand,)+ Function: FnMut($($P::Item),+)](
                $($first: $P::FirstRow, $($next: $P::NextRow,)*)+ cols: usize, f: &mut Function
            ) -> () {
                $(
                    let $first = $P::kernel_row($first);
                    $(
                        // SAFETY: by 2 of the inner function, this row is `$number` steps of the
                        // row axis below the first one.
                        let $next = unsafe { $P::kernel_row_below(&$first, $number, $next) };
                    )*
                )+
                let mut col = 0;
                while col < cols {
                    // SAFETY: by 1 of the inner function, `col` is a cell of the row. It is visited
                    // only here, because `col` grows.
                    f($(unsafe { $T::kernel_item(&$top, col) }),+);
                    $(
                        // SAFETY: as above.
                        f($(unsafe { $B::kernel_item(&$below, col) }),+);
                    )*
                    col += 1;
                }
            });
        }
    };
}

/// Implements [`Kernels`] and [`FoldKernel`] for the tuple of the given operands.
macro_rules! kernels {
    ($(($P:ident $p:ident $q:ident $r:ident $s:ident $number:literal))+) => {
        impl<$($P: Operand,)+ Function> Kernels<Function> for ($($P,)+)
        where
            Self: Operands<
                Items = ($($P::Item,)+),
                FirstRows = ($($P::FirstRow,)+),
                NextRows = ($($P::NextRow,)+),
            >,
            Function: FnMut($($P::Item),+),
        {
            #[inline(always)]
            fn call(f: &mut Function, items: Self::Items) {
                let ($($p,)+) = items;
                f($($p),+);
            }

            kernel! { one_row [$(($P $p))+] [{$($P $p)+}] }
            kernel! { two_rows [$(($P $p 1 $q))+] [{$($P $p)+} {1 $($P $q)+}] }
            kernel! { four_rows [$(($P $p 1 $q 2 $r 3 $s))+] [{$($P $p)+} {1 $($P $q)+} {2 $($P $r)+} {3 $($P $s)+}] }
        }

        impl<$($P: Operand,)+ Acc, Function> FoldKernel<Acc, Function> for ($($P,)+)
        where
            Self: Operands<Items = ($($P::Item,)+), FirstRows = ($($P::FirstRow,)+)>,
            Function: FnMut(Acc, $($P::Item),+) -> Acc,
        {
            #[inline(always)]
            fn call(f: &mut Function, acc: Acc, items: Self::Items) -> Acc {
                let ($($p,)+) = items;
                f(acc, $($p),+)
            }

            #[inline(always)]
            unsafe fn fold_row(
                machine: Machine,
                row: &Self::Places,
                (cols, strides): (usize, Self::Strides),
                acc: Acc,
                f: &mut Function,
            ) -> Acc {
                debug_assert!(Self::are_unit(strides) && cols > 0, "contract of FoldKernel::fold_row");
                // SAFETY: the cells are inside the shape (1), at unit strides (3), at least one
                // (4), and visited only here (2).
                let ($($p,)+) = unsafe { Self::first_rows(row.clone(), strides, cols) };
                // Condition 1 of `for_level!`: the rows have been made above for this call (1).
                for_level!(machine, [$($P,)+ Acc, Function], unsafe fn[$($P: Operand,)+ Acc, Function: FnMut(Acc, $($P::Item),+) -> Acc](
                    $($p: $P::FirstRow,)+ cols: usize, acc: Acc, f: &mut Function
                ) -> Acc {
                    $(let $p = $P::kernel_row($p);)+
                    let mut acc = acc;
                    let mut col = 0;
                    while col < cols {
                        // SAFETY: by 1 of the inner function, `col` is a cell of the row. It is
                        // visited only here, because `col` grows.
                        acc = f(acc, $(unsafe { $P::kernel_item(&$p, col) }),+);
                        col += 1;
                    }
                    acc
                })
            }
        }
    };
}

for_each_arity! { kernels, 10 }
