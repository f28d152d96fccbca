//! [`Inputs`]: what one time step reads of a cell, as one operand.
//!
//! The number of fields is a parameter of the time steps' type, and tuples have no such parameter. So windows and coefficients come as
//! arrays, in one operand: what is shared tells the compiler nothing by being a parameter of its own, as an output does. It is made
//! of the operands [`Windows`] and [`ArrayView`], and does with all of them what they do. Called by `steps.rs` alone.

use core::fmt;

use ndarray::{ArrayView2, Axis, Dim, Ix2};

use crate::layout::{self, Sets};
use crate::operand::sealed::Sealed;
use crate::operand::{IntoOperand, Operand};
use crate::window::{Window, Windows, each_row as each};

/// Windows over `N` fields, and cells of `M` arrays of the same shape.
///
/// # Invariants
///
/// 1. All windows have the shape `dim`, and so have all coefficients.
pub struct Inputs<'a, T, C, const K: usize, const L: usize, const N: usize, const M: usize> {
    windows: [Windows<'a, T, K, L>; N],
    coefficients: [ArrayView2<'a, C>; M],
    dim: (usize, usize),
}

impl<T, C, const K: usize, const L: usize, const N: usize, const M: usize> Clone for Inputs<'_, T, C, K, L, N, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, C, const K: usize, const L: usize, const N: usize, const M: usize> Copy for Inputs<'_, T, C, K, L, N, M> {}

impl<'a, T, C, const K: usize, const L: usize, const N: usize, const M: usize> Inputs<'a, T, C, K, L, N, M> {
    /// # Panics
    ///
    /// If shapes differ.
    pub(super) fn together(
        dim: (usize, usize),
        windows: [Windows<'a, T, K, L>; N],
        coefficients: [ArrayView2<'a, C>; M],
    ) -> Self {
        assert!(windows.iter().all(|windows| windows.dim() == dim), "windows have one shape");
        assert!(coefficients.iter().all(|coefficients| coefficients.dim() == dim), "coefficients have the same");
        Inputs { windows, coefficients, dim }
    }
}

impl<T, C, const K: usize, const L: usize, const N: usize, const M: usize> fmt::Debug for Inputs<'_, T, C, K, L, N, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inputs").field("windows", &self.windows).field("coefficients", &M).finish()
    }
}

/// The places of windows and coefficients, or whatever else there is one of for each.
#[doc(hidden)]
#[derive(Debug)]
pub struct Each<W, V, const N: usize, const M: usize> {
    windows: [W; N],
    coefficients: [V; M],
}

impl<W: Copy, V: Copy, const N: usize, const M: usize> Clone for Each<W, V, N, M> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<W: Copy, V: Copy, const N: usize, const M: usize> Copy for Each<W, V, N, M> {}

impl<W: Copy, V: Copy, const N: usize, const M: usize> Each<W, V, N, M> {
    #[inline(always)]
    fn new(window: impl FnMut(usize) -> W, coefficient: impl FnMut(usize) -> V) -> Self {
        Each { windows: each(window), coefficients: each(coefficient) }
    }
}

impl<T, C, const K: usize, const L: usize, const N: usize, const M: usize> Sealed for Inputs<'_, T, C, K, L, N, M> {}

// SAFETY: everything is done window by window and view by view (`Each`), and both keep the promises 1 to 7 for their own shape, which is
// `dim` (invariant 1). Questions are answered by yes where all of them say so.
unsafe impl<'a, T, C, const K: usize, const L: usize, const N: usize, const M: usize> Operand
    for Inputs<'a, T, C, K, L, N, M>
{
    type Item = ([Window<'a, T, K, L>; N], [&'a C; M]);
    type Dim = Ix2;
    type Row = ([[&'a [T]; K]; N], [&'a [C]; M]);
    type Place = Each<<Windows<'a, T, K, L> as Operand>::Place, <ArrayView2<'a, C> as Operand>::Place, N, M>;
    type Stride = Each<isize, isize, N, M>;

    #[inline(always)]
    fn raw_dim(&self) -> Ix2 {
        Dim([self.dim.0, self.dim.1])
    }

    #[inline(always)]
    fn has_shape(&self, dim: &Ix2) -> bool {
        layout::is_shape(dim, &[self.dim.0, self.dim.1])
    }

    #[inline(always)]
    fn tendency(&self) -> i32 {
        self.windows.iter().map(Operand::tendency).sum::<i32>()
            + self.coefficients.iter().map(Operand::tendency).sum::<i32>()
    }

    #[inline(always)]
    fn origin(&mut self) -> Self::Place {
        Each::new(
            #[inline(always)]
            |n| self.windows[n].origin(),
            #[inline(always)]
            |m| self.coefficients[m].origin(),
        )
    }

    #[inline(always)]
    fn stride(&self, axis: usize) -> Self::Stride {
        Each::new(
            #[inline(always)]
            |n| self.windows[n].stride(axis),
            #[inline(always)]
            |m| self.coefficients[m].stride(axis),
        )
    }

    #[inline(always)]
    fn elements(stride: Self::Stride) -> isize {
        let mut strides = stride.windows.into_iter().chain(stride.coefficients);
        strides.find(|&stride| stride != 1).unwrap_or(1)
    }

    #[inline(always)]
    fn is_unit(stride: Self::Stride) -> bool {
        stride.windows.into_iter().all(Windows::<T, K, L>::is_unit)
            && stride.coefficients.into_iter().all(ArrayView2::<C>::is_unit)
    }

    #[inline(always)]
    fn merges(outer: Self::Stride, inner: Self::Stride, inner_len: usize) -> bool {
        let mut all = true;
        let mut n = 0;
        while n < N {
            all &= Windows::<T, K, L>::merges(outer.windows[n], inner.windows[n], inner_len);
            n += 1;
        }
        let mut m = 0;
        while m < M {
            all &= ArrayView2::<C>::merges(outer.coefficients[m], inner.coefficients[m], inner_len);
            m += 1;
        }
        all
    }

    #[inline(always)]
    unsafe fn offset(place: &Self::Place, stride: Self::Stride, count: usize) -> Self::Place {
        Each::new(
            // SAFETY: the places are of indices inside the shape (1), which is that of the windows.
            #[inline(always)]
            |n| unsafe { Windows::<T, K, L>::offset(&place.windows[n], stride.windows[n], count) },
            // SAFETY: as above, of the coefficients.
            #[inline(always)]
            |m| unsafe { ArrayView2::<C>::offset(&place.coefficients[m], stride.coefficients[m], count) },
        )
    }

    #[inline(always)]
    unsafe fn ahead(place: &Self::Place, stride: Self::Stride, count: usize) -> Self::Place {
        debug_assert!(Self::is_unit(stride), "contract of Operand::ahead");
        Each::new(
            // SAFETY: the places are of indices inside the shape (2), which is that of the windows, and all strides are units (1).
            #[inline(always)]
            |n| unsafe { Windows::<T, K, L>::ahead(&place.windows[n], stride.windows[n], count) },
            // SAFETY: as above, of the coefficients.
            #[inline(always)]
            |m| unsafe { ArrayView2::<C>::ahead(&place.coefficients[m], stride.coefficients[m], count) },
        )
    }

    #[inline(always)]
    unsafe fn item(place: Self::Place) -> Self::Item {
        (
            each(
                // SAFETY: the places are of an index inside the shape (1), which is that of the windows; shared items may be made again.
                #[inline(always)]
                |n| unsafe { Windows::item(place.windows[n]) },
            ),
            each(
                // SAFETY: as above, of the coefficients.
                #[inline(always)]
                |m| unsafe { ArrayView2::item(place.coefficients[m]) },
            ),
        )
    }

    #[inline(always)]
    unsafe fn row(place: Self::Place, stride: Self::Stride, len: usize) -> Self::Row {
        debug_assert!(len > 0, "contract of Operand::row");
        debug_assert!(Self::is_unit(stride) || len == 1, "contract of Operand::row");
        (
            each(
                // SAFETY: the cells are inside the shape (1), which is that of the windows, and side by side or one (2); shared rows may be
                // made again.
                #[inline(always)]
                |n| unsafe { Windows::<T, K, L>::row(place.windows[n], stride.windows[n], len) },
            ),
            each(
                // SAFETY: as above, of the coefficients.
                #[inline(always)]
                |m| unsafe { ArrayView2::row(place.coefficients[m], stride.coefficients[m], len) },
            ),
        )
    }

    #[inline]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        let (mut first, mut second) = (self.dim, self.dim);
        let (first_len, second_len) =
            if axis == 0 { (&mut first.0, &mut second.0) } else { (&mut first.1, &mut second.1) };
        (*first_len, *second_len) = (index, *second_len - index);
        let windows = self.windows.map(|windows| Operand::split_at(windows, axis, index));
        let coefficients = self.coefficients.map(|coefficients| coefficients.split_at(Axis(axis), index));
        (
            Inputs::together(first, windows.map(|halves| halves.0), coefficients.map(|halves| halves.0)),
            Inputs::together(second, windows.map(|halves| halves.1), coefficients.map(|halves| halves.1)),
        )
    }

    type Lead = Self::Place;
    /// The places of the coefficients: the windows of the row below are those of the first row, some rows further down.
    type Follow = [<ArrayView2<'a, C> as Operand>::Place; M];
    type Lane = Each<<Windows<'a, T, K, L> as Operand>::Lane, <ArrayView2<'a, C> as Operand>::Lane, N, M>;

    const TALL: bool = Windows::<'a, T, K, L>::TALL;

    #[inline(always)]
    fn is_plain() -> bool {
        Windows::<T, K, L>::is_plain() && ArrayView2::<C>::is_plain()
    }

    #[inline(always)]
    fn streams(place: &Self::Place, stride: Self::Stride, rows: usize, sets: &mut Sets) {
        for n in 0..N {
            Windows::<T, K, L>::streams(&place.windows[n], stride.windows[n], rows, sets);
        }
        for m in 0..M {
            ArrayView2::<C>::streams(&place.coefficients[m], stride.coefficients[m], rows, sets);
        }
    }

    #[inline(always)]
    unsafe fn lead(place: Self::Place, stride: Self::Stride, len: usize) -> Self::Lead {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::lead");
        Each::new(
            // SAFETY: 1 to 3 hold for the windows, whose shape is that of the operand, and all of whose strides are units.
            #[inline(always)]
            |n| unsafe { Windows::<T, K, L>::lead(place.windows[n], stride.windows[n], len) },
            // SAFETY: as above, for the coefficients.
            #[inline(always)]
            |m| unsafe { ArrayView2::<C>::lead(place.coefficients[m], stride.coefficients[m], len) },
        )
    }

    #[inline(always)]
    unsafe fn follow(place: Self::Place, stride: Self::Stride, len: usize) -> Self::Follow {
        debug_assert!(Self::is_unit(stride) && len > 0, "contract of Operand::follow");
        each(
            // SAFETY: 1 to 3 hold for the coefficients, whose shape is that of the operand, and all of whose strides are units.
            #[inline(always)]
            |m| unsafe { ArrayView2::<C>::follow(place.coefficients[m], stride.coefficients[m], len) },
        )
    }

    #[inline(always)]
    fn lane(lead: Self::Lead) -> Self::Lane {
        Each::new(
            #[inline(always)]
            |n| Windows::<T, K, L>::lane(lead.windows[n]),
            #[inline(always)]
            |m| ArrayView2::<C>::lane(lead.coefficients[m]),
        )
    }

    #[inline(always)]
    unsafe fn lane_below(above: &Self::Lane, follow: Self::Follow) -> Self::Lane {
        Each::new(
            // SAFETY: the row is one step along axis 0 after the row of `above` (1); of windows there is nothing to follow.
            #[inline(always)]
            |n| unsafe { Windows::<T, K, L>::lane_below(&above.windows[n], ()) },
            // SAFETY: as above, of the coefficients.
            #[inline(always)]
            |m| unsafe { ArrayView2::<C>::lane_below(&above.coefficients[m], follow[m]) },
        )
    }

    #[inline(always)]
    unsafe fn lane_item(lane: &Self::Lane, col: usize) -> Self::Item {
        (
            each(
                // SAFETY: the lane has been made of a row's lead and follows (1), window by window, and `col` is a cell of the row (2); shared
                // items may be made again.
                #[inline(always)]
                |n| unsafe { Windows::lane_item(&lane.windows[n], col) },
            ),
            each(
                // SAFETY: as above, of the coefficients.
                #[inline(always)]
                |m| unsafe { ArrayView2::lane_item(&lane.coefficients[m], col) },
            ),
        )
    }
}

impl<'a, T, C, const K: usize, const L: usize, const N: usize, const M: usize> IntoOperand
    for Inputs<'a, T, C, K, L, N, M>
{
    type Item = <Self as Operand>::Item;
    type Dim = Ix2;
    type Operand = Self;

    #[inline(always)]
    fn into_operand(self) -> Self {
        self
    }
}
