//! The dispatched kernels.

use crate::operand::{Operand, Operands};
use crate::simd::{Machine, for_level};

/// Calls `f` for a block of `rows` rows of `cols` cells, row after row, by kernels for the level of `machine`. `first` is the
/// place of its first cell.
///
/// # Safety
///
/// 1. Every cell of the block is an index inside the shape.
/// 2. None of them has been visited, unless `O: Clone`.
/// 3. `O::are_unit(col_strides)`.
/// 4. `cols > 0`.
#[inline(always)]
pub(crate) unsafe fn walk_rows<O, F>(
    machine: Machine,
    first: &O::Places,
    (rows, row_strides): (usize, O::Strides),
    cols: (usize, O::Strides),
    f: &mut F,
) where
    O: Kernels<F>,
{
    debug_assert!(O::are_unit(cols.1) && cols.0 > 0, "contract of walk_rows");
    let mut r = 0;
    while r < rows {
        // SAFETY: row `r` of the block has a first cell (4), which is inside the shape (1).
        let row = unsafe { O::offset(first, row_strides, r) };
        // SAFETY: row `r` is inside the shape (1), visited here only (2), as `r` grows; (3), (4) are passed on.
        unsafe { O::one_row(machine, &row, cols, f) };
        r += 1;
    }
}

/// [`walk_rows`] with up to `side` rows side by side: 4, 2 or 1.
///
/// # Safety
///
/// 1 to 4: those of [`walk_rows`]. And:
///
/// 5. `row_strides` are those of the [row axis](crate::kernel::plan::row_axis).
#[inline(always)]
pub(crate) unsafe fn walk_jammed_rows<O, F>(
    machine: Machine,
    first: &O::Places,
    (rows, row_strides): (usize, O::Strides),
    cols: (usize, O::Strides),
    jam: usize,
    f: &mut F,
) where
    O: Kernels<F>,
{
    debug_assert!(O::are_unit(cols.1) && cols.0 > 0, "contract of walk_jammed_rows");
    let mut r = 0;
    while r < rows {
        // SAFETY: row `r` of the block has a first cell (4), which is inside the shape (1).
        let row = unsafe { O::offset(first, row_strides, r) };
        let left = rows - r;
        if jam >= 4 && left >= 4 {
            // SAFETY: rows `r..r + 4` are inside the shape (1), visited here only (2), as `r` grows; (3), (4), (5) are passed on.
            unsafe { O::four_rows(machine, &row, row_strides, cols, f) };
            r += 4;
        } else if jam >= 2 && left >= 2 {
            // SAFETY: 1 to 5 hold as above, for rows `r..r + 2`.
            unsafe { O::two_rows(machine, &row, row_strides, cols, f) };
            r += 2;
        } else {
            // SAFETY: 1 to 4 hold as above, for row `r`.
            unsafe { O::one_row(machine, &row, cols, f) };
            r += 1;
        }
    }
}

/// Folds a block as [`try_fold_block`] does, a row at a time with a kernel for the level of `machine`.
///
/// # Safety
///
/// 1 to 4: those of [`try_fold_block`] with `UNIT`.
#[inline(always)]
pub(crate) unsafe fn fold_rows_by_kernels<O, A, F>(
    machine: Machine,
    first: &O::Places,
    (rows, row_strides): (usize, O::Strides),
    (cols, col_strides): (usize, O::Strides),
    mut acc: A,
    f: &mut F,
) -> A
where
    O: FoldKernel<A, F>,
{
    debug_assert!(O::are_unit(col_strides) && cols > 0, "contract of fold_rows_by_kernels");
    let mut r = 0;
    while r < rows {
        // SAFETY: row `r` of the block has a first cell (4), which is inside the shape (1).
        let row = unsafe { O::offset(first, row_strides, r) };
        // SAFETY: row `r` is inside the shape (1), visited here only (2), as `r` grows; (3), (4) are passed on.
        acc = unsafe { O::fold_row(machine, &row, (cols, col_strides), acc, f) };
        r += 1;
    }
    acc
}

/// The kernels that call `F` for every cell of some rows.
///
/// Cells are visited column by column, and in each from the top row to the bottom row.
pub(crate) trait Kernels<F>: Operands {
    /// Calls `f` for one cell.
    fn call(f: &mut F, items: Self::Items);

    /// Calls `f` for `cols` cells from the places `row` on.
    ///
    /// # Safety
    ///
    /// 1. The cells are indices inside the shape.
    /// 2. None of them has been visited, unless `Self: Clone`.
    /// 3. `are_unit(strides)`.
    /// 4. `cols > 0`.
    unsafe fn one_row(machine: Machine, row: &Self::Places, cols: (usize, Self::Strides), f: &mut F);

    /// Calls `f` for two rows of `cols` cells, the first from the places `row` on, the second one step of `below` further.
    ///
    /// # Safety
    ///
    /// 1 to 4: those of [`one_row`](Self::one_row), for both rows. And:
    ///
    /// 5. `below` are the strides of the [row axis](crate::kernel::plan::row_axis).
    unsafe fn two_rows(
        machine: Machine,
        row: &Self::Places,
        below: Self::Strides,
        cols: (usize, Self::Strides),
        f: &mut F,
    );

    /// Calls `f` for four rows of `cols` cells.
    ///
    /// # Safety
    ///
    /// 1 to 5: those of [`two_rows`](Self::two_rows), for four.
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

    /// Folds `cols` cells from the places `row` on.
    ///
    /// # Safety
    ///
    /// 1 to 4: those of [`Kernels::one_row`].
    unsafe fn fold_row(machine: Machine, row: &Self::Places, cols: (usize, Self::Strides), acc: A, f: &mut F) -> A;
}

/// The kernels, an arity a line: for every operand a type parameter, a binding for its stride, and one for each row.
///
/// # Safety
///
/// The functions inside, of which `for_level!` makes one a level, ask that
///
/// 1. all leads and follows are rows of `cols` cells, made by [`Operand::first_row`] and [`Operand::next_row`] for this call alone: so every
///    `col < cols` is a cell of each of them, and is visited there only;
/// 2. each follow is of the row one step of the row axis' stride below the row before it;
/// 3. the machine has the features that the function is compiled for.
macro_rules! kernels {
    ($([$($P:ident $stride:ident $p:ident $q:ident $r:ident $s:ident),+])+) => {$(
        impl<$($P: Operand,)+ Function> Kernels<Function> for ($($P,)+)
        where
            Self: Operands<Items = ($($P::Item,)+), Places = ($($P::Place,)+), Strides = ($($P::Stride,)+)>,
            Function: FnMut($($P::Item),+),
        {
            #[inline(always)]
            fn call(f: &mut Function, items: Self::Items) {
                let ($($p,)+) = items;
                f($($p),+);
            }

            #[inline(always)]
            unsafe fn one_row(machine: Machine, row: &Self::Places, (cols, strides): (usize, Self::Strides), f: &mut Function) {
                debug_assert!(Self::are_unit(strides) && cols > 0, "contract of Kernels::one_row");
                let ($($p,)+) = row.clone();
                let ($($stride,)+) = strides;
                // SAFETY: the cells are inside the shape (1), at unit strides (3), more than none (4), visited here only (2).
                $(let $p = unsafe { $P::first_row($p, $stride, cols) };)+
                for_level!(machine, [$($P,)+ Function], unsafe fn[$($P: Operand,)+ Function: FnMut($($P::Item),+)](
                    $($p: $P::FirstRow,)+ cols: usize, f: &mut Function
                ) -> () {
                    $(let $p = $P::kernel_row($p);)+
                    let mut col = 0;
                    while col < cols {
                        // SAFETY: of the function inside, `col` is a cell of the row, visited here only, as it grows (1).
                        f($(unsafe { $P::kernel_item(&$p, col) }),+);
                        col += 1;
                    }
                });
            }

            #[inline(always)]
            unsafe fn two_rows(
                machine: Machine,
                row: &Self::Places,
                below: Self::Strides,
                (cols, strides): (usize, Self::Strides),
                f: &mut Function,
            ) {
                debug_assert!(Self::are_unit(strides) && cols > 0, "contract of Kernels::two_rows");
                let ($($p,)+) = row.clone();
                // SAFETY: the second row has a first cell (4), which is inside the shape (1).
                let ($($q,)+) = unsafe { Self::offset(row, below, 1) };
                let ($($stride,)+) = strides;
                $(
                    // SAFETY: the cells are inside the shape (1), at unit strides (3), more than none (4), visited here only (2).
                    let $p = unsafe { $P::first_row($p, $stride, cols) };
                    // SAFETY: as above.
                    let $q = unsafe { $P::next_row($q, $stride, cols) };
                )+
                for_level!(machine, [$($P,)+ Function], unsafe fn[$($P: Operand,)+ Function: FnMut($($P::Item),+)](
                    $($p: $P::FirstRow, $q: $P::NextRow,)+ cols: usize, f: &mut Function
                ) -> () {
                    $(
                        let $p = $P::kernel_row($p);
                        // SAFETY: of the function inside, the rows follow each other along the row axis (2).
                        let $q = unsafe { $P::kernel_row_below(&$p, $q) };
                    )+
                    let mut col = 0;
                    while col < cols {
                        // SAFETY: of the function inside, `col` is a cell of the row, visited here only, as it grows (1).
                        f($(unsafe { $P::kernel_item(&$p, col) }),+);
                        // SAFETY: as above.
                        f($(unsafe { $P::kernel_item(&$q, col) }),+);
                        col += 1;
                    }
                });
            }

            #[inline(always)]
            unsafe fn four_rows(
                machine: Machine,
                row: &Self::Places,
                below: Self::Strides,
                (cols, strides): (usize, Self::Strides),
                f: &mut Function,
            ) {
                debug_assert!(Self::are_unit(strides) && cols > 0, "contract of Kernels::four_rows");
                let ($($p,)+) = row.clone();
                // SAFETY: the second row has a first cell (4), which is inside the shape (1).
                let ($($q,)+) = unsafe { Self::offset(row, below, 1) };
                // SAFETY: as above, for the third row.
                let ($($r,)+) = unsafe { Self::offset(row, below, 2) };
                // SAFETY: as above, for the fourth row.
                let ($($s,)+) = unsafe { Self::offset(row, below, 3) };
                let ($($stride,)+) = strides;
                $(
                    // SAFETY: the cells are inside the shape (1), at unit strides (3), more than none (4), visited here only (2).
                    let $p = unsafe { $P::first_row($p, $stride, cols) };
                    // SAFETY: as above.
                    let $q = unsafe { $P::next_row($q, $stride, cols) };
                    // SAFETY: as above.
                    let $r = unsafe { $P::next_row($r, $stride, cols) };
                    // SAFETY: as above.
                    let $s = unsafe { $P::next_row($s, $stride, cols) };
                )+
                for_level!(machine, [$($P,)+ Function], unsafe fn[$($P: Operand,)+ Function: FnMut($($P::Item),+)](
                    $($p: $P::FirstRow, $q: $P::NextRow, $r: $P::NextRow, $s: $P::NextRow,)+ cols: usize, f: &mut Function
                ) -> () {
                    $(
                        let $p = $P::kernel_row($p);
                        // SAFETY: of the function inside, the rows follow each other along the row axis (2).
                        let $q = unsafe { $P::kernel_row_below(&$p, $q) };
                        // SAFETY: as above.
                        let $r = unsafe { $P::kernel_row_below(&$q, $r) };
                        // SAFETY: as above.
                        let $s = unsafe { $P::kernel_row_below(&$r, $s) };
                    )+
                    let mut col = 0;
                    while col < cols {
                        // SAFETY: of the function inside, `col` is a cell of the row, visited here only, as it grows (1).
                        f($(unsafe { $P::kernel_item(&$p, col) }),+);
                        // SAFETY: as above.
                        f($(unsafe { $P::kernel_item(&$q, col) }),+);
                        // SAFETY: as above.
                        f($(unsafe { $P::kernel_item(&$r, col) }),+);
                        // SAFETY: as above.
                        f($(unsafe { $P::kernel_item(&$s, col) }),+);
                        col += 1;
                    }
                });
            }
        }

        impl<$($P: Operand,)+ Acc, Function> FoldKernel<Acc, Function> for ($($P,)+)
        where
            Self: Operands<Items = ($($P::Item,)+), Places = ($($P::Place,)+), Strides = ($($P::Stride,)+)>,
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
                let ($($p,)+) = row.clone();
                let ($($stride,)+) = strides;
                // SAFETY: the cells are inside the shape (1), at unit strides (3), more than none (4), visited here only (2).
                $(let $p = unsafe { $P::first_row($p, $stride, cols) };)+
                for_level!(machine, [$($P,)+ Acc, Function], unsafe fn[$($P: Operand,)+ Acc, Function: FnMut(Acc, $($P::Item),+) -> Acc](
                    $($p: $P::FirstRow,)+ cols: usize, acc: Acc, f: &mut Function
                ) -> Acc {
                    $(let $p = $P::kernel_row($p);)+
                    let mut acc = acc;
                    let mut col = 0;
                    while col < cols {
                        // SAFETY: of the function inside, `col` is a cell of the row, visited here only, as it grows (1).
                        acc = f(acc, $(unsafe { $P::kernel_item(&$p, col) }),+);
                        col += 1;
                    }
                    acc
                })
            }
        }
    )+};
}

kernels! {
    [A s0 a0 a1 a2 a3]
    [A s0 a0 a1 a2 a3, B s1 b0 b1 b2 b3]
    [A s0 a0 a1 a2 a3, B s1 b0 b1 b2 b3, C s2 c0 c1 c2 c3]
    [A s0 a0 a1 a2 a3, B s1 b0 b1 b2 b3, C s2 c0 c1 c2 c3, D s3 d0 d1 d2 d3]
    [A s0 a0 a1 a2 a3, B s1 b0 b1 b2 b3, C s2 c0 c1 c2 c3, D s3 d0 d1 d2 d3, E s4 e0 e1 e2 e3]
    [A s0 a0 a1 a2 a3, B s1 b0 b1 b2 b3, C s2 c0 c1 c2 c3, D s3 d0 d1 d2 d3, E s4 e0 e1 e2 e3, F s5 f0 f1 f2 f3]
    [A s0 a0 a1 a2 a3, B s1 b0 b1 b2 b3, C s2 c0 c1 c2 c3, D s3 d0 d1 d2 d3, E s4 e0 e1 e2 e3, F s5 f0 f1 f2 f3, G s6 g0 g1 g2 g3]
    [A s0 a0 a1 a2 a3, B s1 b0 b1 b2 b3, C s2 c0 c1 c2 c3, D s3 d0 d1 d2 d3, E s4 e0 e1 e2 e3, F s5 f0 f1 f2 f3, G s6 g0 g1 g2 g3, H s7 h0 h1 h2 h3]
    [A s0 a0 a1 a2 a3, B s1 b0 b1 b2 b3, C s2 c0 c1 c2 c3, D s3 d0 d1 d2 d3, E s4 e0 e1 e2 e3, F s5 f0 f1 f2 f3, G s6 g0 g1 g2 g3, H s7 h0 h1 h2 h3, I s8 i0 i1 i2 i3]
    [A s0 a0 a1 a2 a3, B s1 b0 b1 b2 b3, C s2 c0 c1 c2 c3, D s3 d0 d1 d2 d3, E s4 e0 e1 e2 e3, F s5 f0 f1 f2 f3, G s6 g0 g1 g2 g3, H s7 h0 h1 h2 h3, I s8 i0 i1 i2 i3, J s9 j0 j1 j2 j3]
}
