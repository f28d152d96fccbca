//! [`StepInputs`]: everything that a time step reads for a cell, as one operand.
//!
//! `execute` makes it for each block of rows, and [`Zip`](crate::Zip) walks it. It keeps the
//! promises of an operand because its parts do: the operands [`Windows`] and [`ArrayView2`].
//!
//! It is one operand, because the number of fields is a const parameter of the time steps, and a
//! tuple has a fixed number of members. Windows and coefficients are shared, so, unlike outputs,
//! they gain nothing from being separate parameters.

use ndarray::{ArrayView2, Axis, Ix2};

use crate::copy::copy_type;
use crate::kernel::cache::SetCounts;
use crate::operand::sealed::Sealed;
use crate::operand::{IntoOperand, Operand, Place, Stride};
use crate::window::{Size2, Window, build_array as each};

/// Windows over a field.
type Windows<'a, T, const K: usize, const L: usize> = crate::window::Windows<'a, T, Size2<K, L>>;

/// Windows over `N` fields, and the cells of `M` arrays of coefficients with the same shape.
///
/// # Invariants
///
/// 1. All windows and all coefficients have the shape of the first windows.
#[derive(Debug)]
pub struct StepInputs<'a, T, C, const K: usize, const L: usize, const N: usize, const M: usize> {
    windows: [Windows<'a, T, K, L>; N],
    coefficients: [ArrayView2<'a, C>; M],
}

copy_type! {
    [T, C, const K: usize, const L: usize, const N: usize, const M: usize] StepInputs<'_, T, C, K, L, N, M>
}

impl<'a, T, C, const K: usize, const L: usize, const N: usize, const M: usize> StepInputs<'a, T, C, K, L, N, M> {
    /// Joins windows and coefficients of one shape.
    ///
    /// # Panics
    ///
    /// If a shape differs.
    pub(super) fn together(windows: [Windows<'a, T, K, L>; N], coefficients: [ArrayView2<'a, C>; M]) -> Self {
        const { assert!(N > 0, "the first windows have the shape") };
        let dim = windows[0].dim();
        assert!(windows.iter().all(|windows| windows.dim() == dim), "windows have one shape");
        assert!(coefficients.iter().all(|coefficients| coefficients.dim() == dim), "coefficients have the same");
        StepInputs { windows, coefficients }
    }
}

/// One value for each window and each coefficient, for example their places.
#[doc(hidden)]
#[derive(Debug)]
pub struct PerInput<W, V, const N: usize, const M: usize> {
    windows: [W; N],
    coefficients: [V; M],
}

copy_type! { [W: Copy, V: Copy, const N: usize, const M: usize] PerInput<W, V, N, M> }

impl<W: Copy, V: Copy, const N: usize, const M: usize> PerInput<W, V, N, M> {
    #[inline(always)]
    fn new(window: impl FnMut(usize) -> W, coefficient: impl FnMut(usize) -> V) -> Self {
        let (windows, coefficients) = both(window, coefficient);
        PerInput { windows, coefficients }
    }
}

/// Returns a value for each field, and one for each array of coefficients.
#[inline(always)]
fn both<W: Copy, V: Copy, const N: usize, const M: usize>(
    window: impl FnMut(usize) -> W,
    coefficient: impl FnMut(usize) -> V,
) -> ([W; N], [V; M]) {
    (each(window), each(coefficient))
}

impl<W: Stride, V: Stride, const N: usize, const M: usize> Stride for PerInput<W, V, N, M> {
    #[inline(always)]
    fn elements(self) -> isize {
        let windows = self.windows.into_iter().map(W::elements);
        let mut strides = windows.chain(self.coefficients.into_iter().map(V::elements));
        strides.find(|&stride| stride != 1).unwrap_or(1)
    }

    #[inline(always)]
    fn is_unit(self) -> bool {
        self.windows.into_iter().all(W::is_unit) && self.coefficients.into_iter().all(V::is_unit)
    }

    #[inline(always)]
    fn merges(self, inner: Self, inner_len: usize) -> bool {
        let mut all = true;
        for n in 0..N {
            all &= self.windows[n].merges(inner.windows[n], inner_len);
        }
        for m in 0..M {
            all &= self.coefficients[m].merges(inner.coefficients[m], inner_len);
        }
        all
    }
}

// SAFETY: each part moves on its own, by its own implementation of `Place`.
unsafe impl<P, Q, S, R, const N: usize, const M: usize> Place<PerInput<S, R, N, M>> for PerInput<P, Q, N, M>
where
    P: Place<S> + Copy,
    Q: Place<R> + Copy,
    S: Stride,
    R: Stride,
{
    #[inline(always)]
    unsafe fn offset(&self, stride: PerInput<S, R, N, M>, count: usize) -> Self {
        PerInput::new(
            // SAFETY: the places are of indices inside the shape (1), which is that of the windows.
            #[inline(always)]
            |n| unsafe { self.windows[n].offset(stride.windows[n], count) },
            // SAFETY: as above, of the coefficients.
            #[inline(always)]
            |m| unsafe { self.coefficients[m].offset(stride.coefficients[m], count) },
        )
    }

    #[inline(always)]
    unsafe fn ahead(&self, stride: PerInput<S, R, N, M>, count: usize) -> Self {
        debug_assert!(stride.is_unit(), "contract of Place::ahead");
        PerInput::new(
            // SAFETY: the places are of indices inside the shape (2), which is that of the windows,
            // and all strides are 1 (1).
            #[inline(always)]
            |n| unsafe { self.windows[n].ahead(stride.windows[n], count) },
            // SAFETY: as above, of the coefficients.
            #[inline(always)]
            |m| unsafe { self.coefficients[m].ahead(stride.coefficients[m], count) },
        )
    }
}

#[diagnostic::do_not_recommend]
impl<T, C, const K: usize, const L: usize, const N: usize, const M: usize> Sealed for StepInputs<'_, T, C, K, L, N, M> {}

// SAFETY: each method calls the same method of every `Windows` and every view (`PerInput`). These
// keep promises 1 to 7 for their own shape, which is `dim` (invariant 1). A method that returns a
// `bool` returns `true` only if it does for all of them.
#[diagnostic::do_not_recommend]
unsafe impl<'a, T, C, const K: usize, const L: usize, const N: usize, const M: usize> Operand
    for StepInputs<'a, T, C, K, L, N, M>
{
    type Item = ([Window<'a, T, K, L>; N], [&'a C; M]);
    type Dim = Ix2;
    type Row = ([[&'a [T]; K]; N], [&'a [C]; M]);
    type Place = PerInput<<Windows<'a, T, K, L> as Operand>::Place, <ArrayView2<'a, C> as Operand>::Place, N, M>;
    type Stride = PerInput<isize, isize, N, M>;

    #[inline(always)]
    fn raw_dim(&self) -> Ix2 {
        self.windows[0].raw_dim()
    }

    #[inline(always)]
    fn has_shape(&self, dim: &Ix2) -> bool {
        self.windows[0].has_shape(dim)
    }

    #[inline(always)]
    fn tendency(&self) -> i32 {
        self.windows.iter().map(Operand::tendency).sum::<i32>()
            + self.coefficients.iter().map(Operand::tendency).sum::<i32>()
    }

    #[inline(always)]
    fn origin(&mut self) -> Self::Place {
        PerInput::new(
            #[inline(always)]
            |n| self.windows[n].origin(),
            #[inline(always)]
            |m| self.coefficients[m].origin(),
        )
    }

    #[inline(always)]
    fn stride(&self, axis: usize) -> Self::Stride {
        PerInput::new(
            #[inline(always)]
            |n| self.windows[n].stride(axis),
            #[inline(always)]
            |m| self.coefficients[m].stride(axis),
        )
    }

    #[inline(always)]
    unsafe fn item(place: Self::Place) -> Self::Item {
        both(
            // SAFETY: the places are of an index inside the shape (1), which is that of the
            // windows. Shared items may be made again.
            #[inline(always)]
            |n| unsafe { Windows::item(place.windows[n]) },
            // SAFETY: as above, of the coefficients.
            #[inline(always)]
            |m| unsafe { ArrayView2::item(place.coefficients[m]) },
        )
    }

    #[inline(always)]
    unsafe fn row(place: Self::Place, stride: Self::Stride, len: usize) -> Self::Row {
        debug_assert!(len > 0, "contract of Operand::row");
        debug_assert!(stride.is_unit() || len == 1, "contract of Operand::row");
        both(
            // SAFETY: the cells are inside the shape (1), which is that of the windows, and
            // either contiguous or a single one (2). Shared rows may be made again.
            #[inline(always)]
            |n| unsafe { Windows::<T, K, L>::row(place.windows[n], stride.windows[n], len) },
            // SAFETY: as above, of the coefficients.
            #[inline(always)]
            |m| unsafe { ArrayView2::row(place.coefficients[m], stride.coefficients[m], len) },
        )
    }

    #[inline]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        let windows = self.windows.map(|windows| Operand::split_at(windows, axis, index));
        let coefficients = self.coefficients.map(|coefficients| coefficients.split_at(Axis(axis), index));
        (
            StepInputs::together(windows.map(|halves| halves.0), coefficients.map(|halves| halves.0)),
            StepInputs::together(windows.map(|halves| halves.1), coefficients.map(|halves| halves.1)),
        )
    }

    type FirstRow = Self::Place;
    /// The places of the coefficients only: the windows of further rows are found from those of the
    /// first row.
    type NextRow = [<ArrayView2<'a, C> as Operand>::Place; M];
    type KernelRow =
        PerInput<<Windows<'a, T, K, L> as Operand>::KernelRow, <ArrayView2<'a, C> as Operand>::KernelRow, N, M>;

    const REUSES_ROWS: bool = Windows::<'a, T, K, L>::REUSES_ROWS;

    #[inline(always)]
    fn is_plain() -> bool {
        Windows::<T, K, L>::is_plain() && ArrayView2::<C>::is_plain()
    }

    #[inline(always)]
    fn count_sets(place: &Self::Place, stride: Self::Stride, rows: usize, sets: &mut SetCounts) {
        for n in 0..N {
            Windows::<T, K, L>::count_sets(&place.windows[n], stride.windows[n], rows, sets);
        }
        for m in 0..M {
            ArrayView2::<C>::count_sets(&place.coefficients[m], stride.coefficients[m], rows, sets);
        }
    }

    #[inline(always)]
    unsafe fn first_row(place: Self::Place, stride: Self::Stride, len: usize) -> Self::FirstRow {
        debug_assert!(stride.is_unit() && len > 0, "contract of Operand::first_row");
        PerInput::new(
            // SAFETY: 1 to 3 hold for the windows, whose shape is that of the operand and whose
            // strides are all 1.
            #[inline(always)]
            |n| unsafe { Windows::<T, K, L>::first_row(place.windows[n], stride.windows[n], len) },
            // SAFETY: as above, for the coefficients.
            #[inline(always)]
            |m| unsafe { ArrayView2::<C>::first_row(place.coefficients[m], stride.coefficients[m], len) },
        )
    }

    #[inline(always)]
    unsafe fn next_row(place: Self::Place, stride: Self::Stride, len: usize) -> Self::NextRow {
        debug_assert!(stride.is_unit() && len > 0, "contract of Operand::next_row");
        each(
            // SAFETY: 1 to 3 hold for the coefficients, whose shape is that of the operand and
            // whose strides are all 1.
            #[inline(always)]
            |m| unsafe { ArrayView2::<C>::next_row(place.coefficients[m], stride.coefficients[m], len) },
        )
    }

    #[inline(always)]
    fn kernel_row(first: Self::FirstRow) -> Self::KernelRow {
        PerInput::new(
            #[inline(always)]
            |n| Windows::<T, K, L>::kernel_row(first.windows[n]),
            #[inline(always)]
            |m| ArrayView2::<C>::kernel_row(first.coefficients[m]),
        )
    }

    #[inline(always)]
    unsafe fn kernel_row_below(first: &Self::KernelRow, number: usize, next: Self::NextRow) -> Self::KernelRow {
        PerInput::new(
            // SAFETY: the row is `number` steps along the row axis after the first one (1). For
            // windows, `NextRow` is `()`.
            #[inline(always)]
            |n| unsafe { Windows::<T, K, L>::kernel_row_below(&first.windows[n], number, ()) },
            // SAFETY: as above, of the coefficients.
            #[inline(always)]
            |m| unsafe { ArrayView2::<C>::kernel_row_below(&first.coefficients[m], number, next[m]) },
        )
    }

    #[inline(always)]
    unsafe fn kernel_item(row: &Self::KernelRow, col: usize) -> Self::Item {
        both(
            // SAFETY: the kernel row comes from rows of `first_row` and `next_row` (1), window
            // by window, and `col` is a cell of it (2). Shared items may be made again.
            #[inline(always)]
            |n| unsafe { Windows::kernel_item(&row.windows[n], col) },
            // SAFETY: as above, of the coefficients.
            #[inline(always)]
            |m| unsafe { ArrayView2::kernel_item(&row.coefficients[m], col) },
        )
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T, C, const K: usize, const L: usize, const N: usize, const M: usize> IntoOperand
    for StepInputs<'a, T, C, K, L, N, M>
{
    type Item = <Self as Operand>::Item;
    type Dim = Ix2;
    type Operand = Self;

    #[inline(always)]
    fn into_operand(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use std::panic::catch_unwind;
    use std::vec::Vec;

    use ndarray::{Array2, Dim, s};

    use super::*;
    use crate::{Zip, operand};

    const ROWS: usize = 6;
    const COLS: usize = 5;

    /// Two fields and two coefficients.
    type Both<'a> = StepInputs<'a, u32, u16, 3, 2, 2, 2>;

    /// The larger arrays that fields and coefficients are cut from. No two of their cells are
    /// equal.
    struct Stored {
        fields: [Array2<u32>; 2],
        coefficients: [Array2<u16>; 2],
    }

    impl Stored {
        fn new() -> Self {
            let mut next = 0;
            let mut number = || {
                next += 1;
                next
            };
            Stored {
                fields: [(); 2].map(|()| Array2::from_shape_simple_fn((ROWS + 5, COLS + 4), || u32::from(number()))),
                coefficients: [(); 2].map(|()| Array2::from_shape_simple_fn((2 * ROWS + 2, 2 * COLS + 4), &mut number)),
            }
        }

        /// Returns the fields, the second one upside down, and coefficients of two kinds of layout.
        fn cut(&self, kinds: [usize; 2]) -> Parts<'_> {
            let [one, other] = &self.fields;
            let fields = [one.slice(s![1..ROWS + 3, 2..COLS + 3]), other.slice(s![2..ROWS + 4;-1, 1..COLS + 2])];
            let [one, other] = &self.coefficients;
            Parts { fields, coefficients: [coefficient(one, kinds[0]), coefficient(other, kinds[1])] }
        }
    }

    const KINDS: usize = 7;

    /// The kinds of layout with contiguous columns.
    const UNIT: [usize; 3] = [0, 1, 2];

    fn coefficient(stored: &Array2<u16>, kind: usize) -> ArrayView2<'_, u16> {
        let broadcast = |part| operand::broadcast(part, &Dim([ROWS, COLS])).expect("a stretched axis");
        match kind {
            0 => stored.slice(s![1..ROWS + 1, 2..COLS + 2]),
            // Upside down, and one row repeated.
            1 => stored.slice(s![2..ROWS + 2;-1, 1..COLS + 1]),
            2 => broadcast(stored.slice(s![3..4, 2..COLS + 2])),
            // Every second cell, backwards, one column repeated, and column-major.
            3 => stored.slice(s![1..2 * ROWS;2, 1..2 * COLS;2]),
            4 => stored.slice(s![1..ROWS + 1;-1, 2..COLS + 2;-1]),
            5 => broadcast(stored.slice(s![1..ROWS + 1, 3..4])),
            _ => stored.view().reversed_axes().slice_move(s![1..ROWS + 1, 2..COLS + 2]),
        }
    }

    /// The parts of a [`StepInputs`].
    #[derive(Clone, Copy)]
    struct Parts<'a> {
        fields: [ArrayView2<'a, u32>; 2],
        coefficients: [ArrayView2<'a, u16>; 2],
    }

    impl<'a> Parts<'a> {
        fn windows(&self) -> [Windows<'a, u32, 3, 2>; 2] {
            self.fields.map(Windows::new)
        }

        fn inputs(&self) -> Both<'a> {
            StepInputs::together(self.windows(), self.coefficients)
        }

        /// Asserts that an item belongs to an index, by the addresses of its cells.
        #[track_caller]
        fn assert_item(&self, item: <Both<'a> as Operand>::Item, (i, j): (usize, usize)) {
            let (windows, cells) = item;
            for (window, field) in windows.iter().zip(&self.fields) {
                for (k, l) in ndarray::indices((3, 2)) {
                    assert!(core::ptr::eq(&window[[k, l]], &field[[i + k, j + l]]), "cell ({k}, {l}) of ({i}, {j})");
                }
            }
            for (cell, cells) in cells.into_iter().zip(&self.coefficients) {
                assert!(core::ptr::eq(cell, &cells[[i, j]]), "the coefficient of ({i}, {j})");
            }
        }
    }

    /// Returns the place of an index inside the shape.
    fn place(inputs: &mut Both<'_>, (i, j): (usize, usize)) -> <Both<'static> as Operand>::Place {
        let (rows, cols) = inputs.windows[0].dim();
        assert!(i < rows && j < cols);
        let [down, along] = [inputs.stride(0), inputs.stride(1)];
        // SAFETY: the index (i, 0) is inside the shape.
        let row = unsafe { inputs.origin().offset(down, i) };
        // SAFETY: the index (i, j) is inside the shape.
        unsafe { row.offset(along, j) }
    }

    /// Calls `f` for every pair of layouts of the two coefficients.
    fn for_all_layouts(f: impl Fn(Parts<'_>, [usize; 2])) {
        let stored = Stored::new();
        for one in 0..KINDS {
            for other in 0..KINDS {
                // Miri is slow, so it runs two pairs only: rows are contiguous in both
                // coefficients, or in one of them.
                if !cfg!(miri) || [[1, 2], [0, 4]].contains(&[one, other]) {
                    f(stored.cut([one, other]), [one, other]);
                }
            }
        }
    }

    #[test]
    fn questions_are_answered_for_all_parts() {
        for_all_layouts(|parts, kinds| {
            let mut inputs = parts.inputs();
            let (mut windows, mut cells) = (parts.windows(), parts.coefficients);
            assert_eq!(inputs.raw_dim(), Dim([ROWS, COLS]));
            assert!(inputs.has_shape(&Dim([ROWS, COLS])));
            assert!(!inputs.has_shape(&Dim([COLS, ROWS])) && !inputs.has_shape(&Dim([ROWS, COLS + 1])));
            let votes = windows.iter().map(Operand::tendency).chain(cells.iter().map(Operand::tendency));
            assert_eq!(inputs.tendency(), votes.sum::<i32>());

            let origin = inputs.origin();
            for n in 0..2 {
                let (found, expected) = (origin.windows[n], windows[n].origin());
                // SAFETY: there is a first window.
                let found = unsafe { Windows::<u32, 3, 2>::item(found) };
                // SAFETY: as above.
                let expected = unsafe { Windows::<u32, 3, 2>::item(expected) };
                assert!(core::ptr::eq(&found[[2, 1]], &expected[[2, 1]]));
                assert_eq!(origin.coefficients[n], Operand::origin(&mut cells[n]));
            }
            for axis in 0..3 {
                let stride = inputs.stride(axis);
                assert_eq!(stride.windows, windows.each_ref().map(|windows| windows.stride(axis)));
                assert_eq!(stride.coefficients, cells.each_ref().map(|cells| Operand::stride(cells, axis)));
            }

            let (down, along) = (inputs.stride(0), inputs.stride(1));
            assert_eq!(along.is_unit(), kinds.iter().all(|kind| UNIT.contains(kind)), "{kinds:?}");
            assert!(!down.is_unit());
            let not_unit = along.coefficients.into_iter().find(|&stride| stride != 1);
            assert_eq!(along.elements(), not_unit.unwrap_or(1));
            assert_eq!(down.elements(), down.windows[0]);
        });
    }

    #[test]
    fn axes_merge_where_they_do_for_all_parts() {
        let stride = |[a, b, c, d]: [isize; 4]| PerInput { windows: [a, b], coefficients: [c, d] };
        let inner = stride([1, 1, 0, -1]);
        assert!(stride([5, 5, 0, -5]).merges(inner, 5));
        for part in 0..4 {
            let mut outer = [5, 5, 0, -5];
            outer[part] += 1;
            assert!(!stride(outer).merges(inner, 5), "part {part} does not");
        }
    }

    #[test]
    fn items_and_rows_are_those_of_all_parts() {
        for_all_layouts(|parts, _| {
            let mut inputs = parts.inputs();
            let along = inputs.stride(1);
            for (i, j) in ndarray::indices((ROWS, COLS)) {
                let place = place(&mut inputs, (i, j));
                // SAFETY: the index is inside the shape.
                parts.assert_item(unsafe { Both::item(place) }, (i, j));
                let len = if along.is_unit() { COLS - j } else { 1 };
                // SAFETY: the rest of the row is inside the shape, and contiguous or one cell.
                let (rows, cells) = unsafe { Both::row(place, along, len) };
                for (row, field) in rows.iter().zip(&parts.fields) {
                    for (k, cells) in row.iter().enumerate() {
                        assert_eq!(cells.len(), len + 1, "of windows of two columns");
                        assert!(core::ptr::eq(&cells[0], &field[[i + k, j]]));
                    }
                }
                for (cells, all) in cells.iter().zip(&parts.coefficients) {
                    assert!(core::ptr::eq(&cells[0], &all[[i, j]]) && cells.len() == len);
                }
                if along.is_unit() {
                    // SAFETY: the last cell of the row is inside the shape, and columns are
                    // contiguous.
                    let last = unsafe { place.ahead(along, len - 1) };
                    // SAFETY: as above.
                    parts.assert_item(unsafe { Both::item(last) }, (i, COLS - 1));
                }
            }
        });
    }

    #[test]
    fn four_jammed_rows_are_those_of_all_parts() {
        let stored = Stored::new();
        let kinds = UNIT.iter().flat_map(|&one| UNIT.map(|other| [one, other]));
        for kinds in kinds.take(if cfg!(miri) { 2 } else { UNIT.len() * UNIT.len() }) {
            let parts = stored.cut(kinds);
            let mut inputs = parts.inputs();
            let (down, along) = (inputs.stride(0), inputs.stride(1));
            for (i, j) in [(0, 0), (ROWS - 4, 0), (1, COLS - 2)] {
                let (first, len) = (place(&mut inputs, (i, j)), COLS - j);
                // SAFETY: the rest of row i is inside the shape, and contiguous.
                let top = Both::kernel_row(unsafe { Both::first_row(first, along, len) });
                for row in 0..4 {
                    let mut kernel_row = top;
                    if row > 0 {
                        // SAFETY: row i + row is inside the shape.
                        let start = unsafe { first.offset(down, row) };
                        // SAFETY: the rest of the row is inside the shape, and contiguous.
                        let next = unsafe { Both::next_row(start, along, len) };
                        // SAFETY: the row is `row` rows below the first one, and has the same
                        // length and columns.
                        kernel_row = unsafe { Both::kernel_row_below(&top, row, next) };
                    }
                    for col in 0..len {
                        // SAFETY: `col` is less than the length of the row.
                        parts.assert_item(unsafe { Both::kernel_item(&kernel_row, col) }, (i + row, j + col));
                    }
                }
            }
        }
    }

    #[test]
    fn walks_give_the_items_of_each_index() {
        for_all_layouts(|parts, kinds| {
            let mut visits = Vec::new();
            Zip::indexed(parts.inputs()).for_each(|at, item| {
                parts.assert_item(item, at);
                visits.push(at);
            });
            visits.sort_unstable();
            assert!(visits.iter().copied().eq(ndarray::indices((ROWS, COLS))));

            let count = Cell::new(0);
            Zip::indexed(parts.inputs()).simd_for_each(|at, item| {
                parts.assert_item(item, at);
                count.set(count.get() + 1);
            });
            assert_eq!(count.get(), ROWS * COLS);
            Zip::indexed(parts.inputs()).into_iter().rev().for_each(|(at, item)| parts.assert_item(item, at));

            let mut row = 0;
            let walked = Zip::from(parts.inputs()).for_each_row(|(rows, cells)| {
                assert!(core::ptr::eq(&rows[1][2][COLS], &parts.fields[1][[row + 2, COLS]]));
                assert!(core::ptr::eq(&cells[1][COLS - 1], &parts.coefficients[1][[row, COLS - 1]]));
                row += 1;
            });
            assert_eq!(walked.is_ok(), kinds.iter().all(|kind| UNIT.contains(kind)), "{kinds:?}");
            assert_eq!(row, if walked.is_ok() { ROWS } else { 0 });
        });
    }

    #[test]
    fn halves_have_the_items_of_the_whole() {
        for_all_layouts(|parts, _| {
            for (axis, len) in [ROWS, COLS].into_iter().enumerate() {
                for index in if cfg!(miri) { len / 2..=len / 2 } else { 0..=len } {
                    let (first, second) = Operand::split_at(parts.inputs(), axis, index);
                    let shapes = [first.raw_dim(), second.raw_dim()].map(|dim| [dim[0], dim[1]]);
                    let mut expected = [[ROWS, COLS]; 2];
                    (expected[0][axis], expected[1][axis]) = (index, len - index);
                    assert_eq!(shapes, expected);
                    Zip::indexed(first).for_each(|at, item| parts.assert_item(item, at));
                    Zip::indexed(second).for_each(|(i, j), item| {
                        parts.assert_item(item, if axis == 0 { (i + index, j) } else { (i, j + index) });
                    });
                }
            }
        });
    }

    #[test]
    fn parts_of_another_shape_are_refused() {
        let stored = Stored::new();
        let parts = stored.cut([0, 3]);
        let is_refused = |windows, coefficients| {
            let refused = catch_unwind(|| Both::together(windows, coefficients)).err()?;
            refused.downcast::<&str>().ok().map(|message| *message)
        };
        let (windows, cells) = (parts.windows(), parts.coefficients);
        assert_eq!(is_refused(windows, cells), None);
        let wrong = Some("windows have one shape");
        for n in 0..2 {
            let mut other = windows;
            other[n] = Windows::new(parts.fields[n].slice_move(s![1.., ..]));
            assert_eq!(is_refused(other, cells), wrong);
        }
        for m in 0..2 {
            let mut other = cells;
            other[m] = cells[m].slice_move(s![.., 1..]);
            assert_eq!(is_refused(windows, other), Some("coefficients have the same"));
        }
    }

    #[test]
    fn inputs_are_plain_where_all_parts_are() {
        assert!(Both::is_plain());
        assert!(
            !StepInputs::<Cell<u32>, u16, 3, 2, 1, 1>::is_plain()
                && !StepInputs::<u32, Cell<u16>, 3, 2, 1, 1>::is_plain()
        );
    }

    #[test]
    fn all_parts_are_counted_where_rows_meet_in_the_cache() {
        let stored = Stored::new();
        let parts = stored.cut([0, 1]);
        let (mut inputs, mut windows, mut cells) = (parts.inputs(), parts.windows(), parts.coefficients);
        for rows in [1, 2, 4] {
            let (mut found, mut expected) = (SetCounts::empty(), SetCounts::empty());
            Both::count_sets(&inputs.origin(), inputs.stride(0), rows, &mut found);
            for n in 0..2 {
                Windows::<u32, 3, 2>::count_sets(&windows[n].origin(), windows[n].stride(0), rows, &mut expected);
                ArrayView2::<u16>::count_sets(
                    &Operand::origin(&mut cells[n]),
                    Operand::stride(&cells[n], 0),
                    rows,
                    &mut expected,
                );
            }
            let (found, expected) = (found.set_conflicts(), expected.set_conflicts());
            assert!(found > 0);
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn there_may_be_no_coefficients_and_elements_of_no_size() {
        let field = Array2::from_elem((ROWS, COLS), ());
        let windows = Windows::<(), 2, 1>::new(field.view());
        let inputs = StepInputs::<(), u16, 2, 1, 1, 0>::together([windows], []);
        let count = Cell::new(0);
        Zip::from(inputs).simd_for_each(|([window], [])| count.set(count.get() + window.iter().count()));
        assert_eq!(count.get(), (ROWS - 1) * COLS * 2);

        let cells = Array2::from_elem((ROWS - 1, COLS), ());
        let inputs = StepInputs::<(), (), 2, 1, 1, 3>::together([windows], [cells.view(); 3]);
        assert_eq!(Zip::from(inputs).fold(0, |count, (_, cells)| count + cells.len()), (ROWS - 1) * COLS * 3);
    }
}
