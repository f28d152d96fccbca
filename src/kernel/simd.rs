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
//!
//! The *end* of a row is the cells after its last whole vector. If operands are windows of several
//! rows, ends have their own kernels, which compute one vector with some lanes masked out. Computed
//! cell by cell, they made narrow fields up to 2.7 times as slow per cell as wide ones
//! (`cargo bench --bench ratios -- width`). The kernels are separate because the main loop is
//! slower with an end in the same function. Other operands have no such kernels: their bodies are
//! short, and another call per row costs more than single cells.

use crate::operand::{Operand, Operands, for_each_arity};
use crate::simd::{Machine, for_level, for_masked_level};

/// Whether there are kernels for the ends of rows. Builds with debug assertions do without them,
/// because they would nearly double the compile time of stencils there (`scripts/compile-time.sh`)
/// and gain nothing without optimisation. Unit tests and fuzz targets have them in every build.
const HAVE_ENDS: bool = cfg!(any(test, fuzzing, not(debug_assertions)));

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
    let (cols, strides) = cols;
    let rest = if const { O::HAS_ENDS } { cols & (machine.lanes() - 1) } else { 0 };
    let vectors = cols - rest;
    let mut r = 0;
    while r < rows {
        // SAFETY: row `r` of the block has a first cell (4), which is inside the shape (1).
        let row = unsafe { O::offset(first, row_strides, r) };
        let left = rows - r;
        let jammed = if JAM && jam >= 4 && left >= 4 {
            4
        } else if JAM && jam >= 2 && left >= 2 {
            2
        } else {
            1
        };
        if const { !O::HAS_ENDS } || vectors > 0 {
            let vectors = (vectors, strides);
            if JAM && jammed == 4 {
                // SAFETY: the first cells of rows `r..r + 4` are inside the shape (1), and there is
                // at least one (4). They are visited only here (2), because `r` grows. Conditions 3
                // and 5 are passed on.
                unsafe { O::four_rows(machine, &row, row_strides, vectors, f) };
            } else if JAM && jammed == 2 {
                // SAFETY: 1 to 5 hold as above, for rows `r..r + 2`.
                unsafe { O::two_rows(machine, &row, row_strides, vectors, f) };
            } else {
                // SAFETY: 1 to 4 hold as above, for row `r`. Condition 5 does not apply to a single
                // row.
                unsafe { O::one_row(machine, &row, row_strides, vectors, f) };
            }
        }
        if const { O::HAS_ENDS } && rest > 0 {
            // SAFETY: the row has a cell after the first `vectors` ones (1), at a unit stride (3).
            let end = unsafe { O::ahead(&row, strides, vectors) };
            // SAFETY: the other cells of rows `r..r + jammed` are inside the shape (1), and there
            // is at least one (4). They are visited only here (2), because `r` grows. Conditions 3
            // and 5 are passed on.
            unsafe { walk_ends::<JAM, O, F>(machine, &end, (jammed, row_strides), (rest, strides), f) };
        }
        r += jammed;
    }
}

/// Calls `f` for every cell of the ends of up to four rows, as [`walk_rows`] does for a block.
///
/// # Safety
///
/// 1 to 5: those of [`walk_rows`].
#[inline(always)]
unsafe fn walk_ends<const JAM: bool, O: Kernels<F>, F>(
    machine: Machine,
    first: &O::Places,
    (rows, row_strides): (usize, O::Strides),
    cols: (usize, O::Strides),
    f: &mut F,
) {
    debug_assert!(O::are_unit(cols.1) && cols.0 > 0, "contract of walk_ends");
    if JAM && rows == 4 {
        // SAFETY: 1 to 5 are passed on.
        unsafe { O::four_ends(machine, first, row_strides, cols, f) };
        return;
    }
    // Two jammed rows are rare: the last rows of a block, or rows with set conflicts, which are
    // mostly long. A kernel for two ends would not be worth the compile time.
    let mut r = 0;
    while r < rows {
        // SAFETY: row `r` has a first cell (4), which is inside the shape (1).
        let row = unsafe { O::offset(first, row_strides, r) };
        // SAFETY: row `r` is inside the shape (1). It is visited only here (2), because `r` grows.
        // Conditions 3 and 4 are passed on. Condition 5 does not apply to a single row.
        unsafe { O::one_end(machine, &row, row_strides, cols, f) };
        r += 1;
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
    /// Whether the ends of rows have kernels of their own.
    const HAS_ENDS: bool = HAVE_ENDS && Self::REUSES_ROWS;

    /// Calls `f` for one cell.
    fn call(f: &mut F, items: Self::Items);

    /// Calls `f` for one row of `cols` cells, which starts at the places `row`. If
    /// [`HAS_ENDS`](Self::HAS_ENDS), `cols` must be a multiple of the machine's
    /// [lanes](Machine::lanes), because the cells after the last multiple are left out.
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

    /// Calls `f` for the end of one row: `cols` cells, which start at the places `row`. They must
    /// be fewer than the machine's [lanes](Machine::lanes), and [`HAS_ENDS`](Self::HAS_ENDS) must
    /// be true. Other cells are left out.
    ///
    /// # Safety
    ///
    /// 1 to 5: those of [`one_row`](Self::one_row).
    unsafe fn one_end(
        machine: Machine,
        row: &Self::Places,
        below: Self::Strides,
        cols: (usize, Self::Strides),
        f: &mut F,
    );

    /// Calls `f` for the ends of four rows, as [`one_end`](Self::one_end) does for one.
    ///
    /// # Safety
    ///
    /// 1 to 5: those of [`one_row`](Self::one_row).
    unsafe fn four_ends(
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

/// Executes `$body` for every `$col < $cols`, in order, in a function of [`for_level!`]. If
/// `$HAS_ENDS`, `$cols` must be a multiple of `LANES`.
macro_rules! each_col {
    ($HAS_ENDS:expr, $cols:ident, $col:ident, $body:block) => {
        // From the comparison and the mask, the compiler infers that no cell is left after the last
        // vector. Otherwise it would add a loop over single cells.
        let lanes = if const { $HAS_ENDS } { LANES } else { 1 };
        debug_assert!($cols % lanes == 0, "contract of Kernels");
        if $cols >= lanes {
            let cols = $cols & !(lanes - 1);
            let mut $col = 0;
            while $col < cols {
                $body
                $col += 1;
            }
        }
    };
}

/// Executes `$body` for every `$col < $cols`, in order, in a function of [`for_masked_level!`].
/// `$cols` must be positive and less than `LANES`.
#[allow(unused_macros, reason = "without detection, no level has masks")]
macro_rules! each_col_of_end {
    ($HAS_ENDS:expr, $cols:ident, $col:ident, $body:block) => {
        debug_assert!(const { $HAS_ENDS } && $cols < LANES, "contract of Kernels");
        // Half a vector of 512 bits takes less time than a whole one.
        if LANES == 16 && $cols <= 8 {
            each_col_of_end!(@vector 8, $cols, $col, $body);
        } else {
            each_col_of_end!(@vector LANES, $cols, $col, $body);
        }
    };
    (@vector $LANES:expr, $cols:ident, $col:ident, $body:block) => {
        // This is always `$LANES`, but a loop of constant length might be unrolled. From the mask,
        // the compiler infers that the loop is one vector. It masks out the lanes where the
        // condition is false.
        let lanes = ($cols + ($LANES - 1)) & $LANES;
        let mut $col = 0;
        while $col < lanes {
            if $col < $cols {
                $body
            }
            $col += 1;
        }
    };
}

/// Defines one kernel. `$for_level` compiles it for each level, and `$each_col` loops over its
/// columns. The first list has, for each operand, its type, the parameter for its first row, and
/// the number and parameter of each further row. The second list has the same, but grouped by row.
///
/// # Safety
///
/// `$for_level!` compiles the inner function once for each level. It requires that
///
/// 1. all parameters are rows of `cols` cells, which [`Operand::first_row`] and
///    [`Operand::next_row`] made for this call alone; so every `col < cols` is a cell of each of
///    them and is visited only there;
/// 2. row number `n` is `n` steps of the row axis below the first one;
/// 3. the machine has the features that the function is compiled for.
macro_rules! kernel {
    ($name:ident by $for_level:ident $each_col:ident [$(($P:ident $first:ident $($number:literal $next:ident)*))+] [{$($T:ident $top:ident)+} $({$n:literal $($B:ident $below:ident)+})*]) => {
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
            $for_level!(machine, [$($P,)+ Function], unsafe fn[$($P: Operand,)+ Function: FnMut($($P::Item),+)](
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
                $each_col!(HAVE_ENDS && (false $(| $T::REUSES_ROWS)+), cols, col, {
                    // SAFETY: by 1 of the inner function, `col` is a cell of the row. It is visited
                    // only here, because `col` grows.
                    f($(unsafe { $T::kernel_item(&$top, col) }),+);
                    $(
                        // SAFETY: as above.
                        f($(unsafe { $B::kernel_item(&$below, col) }),+);
                    )*
                });
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

            kernel! { one_row by for_level each_col [$(($P $p))+] [{$($P $p)+}] }
            kernel! { two_rows by for_level each_col [$(($P $p 1 $q))+] [{$($P $p)+} {1 $($P $q)+}] }
            kernel! { four_rows by for_level each_col [$(($P $p 1 $q 2 $r 3 $s))+] [{$($P $p)+} {1 $($P $q)+} {2 $($P $r)+} {3 $($P $s)+}] }
            kernel! { one_end by for_masked_level each_col_of_end [$(($P $p))+] [{$($P $p)+}] }
            kernel! { four_ends by for_masked_level each_col_of_end [$(($P $p 1 $q 2 $r 3 $s))+] [{$($P $p)+} {1 $($P $q)+} {2 $($P $r)+} {3 $($P $s)+}] }
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::vec::Vec;

    use ndarray::{Array2, Zip};

    use super::*;
    use crate::IntoOperand;
    use crate::operand::Indices;
    use crate::simd::Level;
    use crate::window::{Size2, Window, Windows};

    /// The levels of this machine.
    fn machines() -> impl Iterator<Item = Machine> {
        Level::ALL.iter().filter(|level| level.is_available()).map(|&level| Machine::at_most(level))
    }

    /// Walks all cells of operands whose rows are contiguous.
    fn walk<O: Kernels<F>, F>(machine: Machine, jam: usize, mut parts: O, (rows, cols): (usize, usize), mut f: F) {
        let (first, down, across) = (parts.origin(), parts.strides(0), parts.strides(1));
        assert!(O::REUSES_ROWS && O::are_unit(across) && cols > 0);
        // SAFETY: the block has all cells of the parts (1), which are new (2). They have unit
        // strides (3), and there is at least one column (4). The strides of the rows are those of
        // axis 0, the row axis (5).
        unsafe { walk_rows::<true, O, F>(machine, &first, (rows, down), (cols, across), jam, &mut f) }
    }

    /// Asserts that kernels write what ndarray's zip writes, for rows of many lengths.
    fn check<T: Copy + PartialEq + core::fmt::Debug>(value: fn(usize) -> T, body: fn(&mut T, [[T; 3]; 3])) {
        let (most_rows, lengths) = if cfg!(miri) { (5, 15..19) } else { (9, 1..41) };
        for cols in lengths {
            for rows in 1..=most_rows {
                let input = Array2::from_shape_fn((rows + 2, cols + 2), |(i, j)| value(7 * i + j));
                let start = Array2::from_shape_fn((rows, cols), |(i, j)| value(5 * i + 3 * j));
                let mut expected = start.clone();
                Zip::from(&mut expected).and(input.windows((3, 3))).for_each(|out, w| {
                    body(out, core::array::from_fn(|k| core::array::from_fn(|l| w[[k, l]])));
                });
                for machine in machines() {
                    for jam in [1, 2, 4] {
                        let mut output = start.clone();
                        let parts = (output.view_mut().into_operand(), Windows::<_, Size2<3, 3>>::new(input.view()));
                        walk(
                            machine,
                            jam,
                            parts,
                            (rows, cols),
                            #[inline(always)]
                            |out: &mut T, w: Window<'_, T, 3, 3>| body(out, w.to_array()),
                        );
                        assert_eq!(output, expected, "{rows}×{cols}, {jam} rows at a time, {machine:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn rows_of_any_length_are_those_of_ndarray() {
        check::<f32>(|k| (k % 50) as f32 - 8.5, |out, w| *out += w[0][1].mul_add(0.3, w[1][0]) * w[2][2]);
        check::<f64>(|k| (k % 50) as f64 - 8.5, |out, w| *out = w[0][1] * *out + w[1][0] - w[2][2]);
        check::<u8>(
            |k| u8::try_from(k % 251).unwrap(),
            |out, w| *out = out.wrapping_add(w[0][2].max(w[1][1]).wrapping_mul(w[2][0])),
        );
        // The body is not a vector operation.
        check::<u8>(
            |k| u8::try_from(k % 251).unwrap(),
            |out, w| *out = if w[1][1] > 20 { *out / w[1][1] } else { w[0][0] },
        );
    }

    /// Returns the visits of a walk over windows of `Z` that stops at visit number `stop`.
    fn visits<Z: Copy>(
        machine: Machine,
        jam: usize,
        shape: (usize, usize),
        zero: Z,
        stop: usize,
    ) -> Vec<(usize, usize)> {
        let input = Array2::from_elem((shape.0 + 2, shape.1 + 2), zero);
        let mut output = Array2::from_elem(shape, zero);
        let visits = Cell::new(Vec::new());
        let stopped = catch_unwind(AssertUnwindSafe(|| {
            let parts = (
                Indices::new(output.raw_dim()),
                output.view_mut().into_operand(),
                Windows::<_, Size2<3, 3>>::new(input.view()),
            );
            walk(machine, jam, parts, shape, |at, out: &mut Z, w: Window<'_, Z, 3, 3>| {
                *out = *w.center();
                let mut list = visits.take();
                list.push(at);
                let is_last = list.len() > stop;
                visits.set(list);
                // Not `panic!`, whose message would be printed.
                if is_last {
                    resume_unwind(std::boxed::Box::new("stop"));
                }
            });
        }));
        assert_eq!(stopped.is_err(), stop < shape.0 * shape.1);
        visits.take()
    }

    #[test]
    fn every_cell_is_visited_once_and_a_panic_ends_the_walk() {
        // Four, two and one row with whole vectors and an end, or with an end alone.
        for shape in [(7, 21), (7, 5)].into_iter().take(if cfg!(miri) { 1 } else { 2 }) {
            for machine in machines() {
                for jam in [1, 2, 4] {
                    let all = visits(machine, jam, shape, 0_u8, usize::MAX);
                    assert_eq!(visits(machine, jam, shape, (), usize::MAX), all, "zero-sized elements");
                    let mut sorted = all.clone();
                    sorted.sort_unstable();
                    assert!(sorted.into_iter().eq(ndarray::indices(shape)), "every cell once");
                    for stop in (0..all.len()).step_by(if cfg!(miri) { 37 } else { 1 }) {
                        assert_eq!(visits(machine, jam, shape, 0_u8, stop), all[..=stop], "{shape:?}, {machine:?}");
                    }
                }
            }
        }
    }
}
