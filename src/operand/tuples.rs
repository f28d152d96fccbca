//! [`Operands`]: the tuple of all operands of a zip.
//!
//! It moves the places of all operands together and makes one item of each. A *place* is the
//! position of an item, and a *stride* is the step from one place to the next. The loops in
//! `kernel` are generic over this trait. One macro implements it for tuples of 1 to 10 operands. It
//! promises for the tuple what [`Operand`] promises for each member.

use ndarray::Dimension;

use super::arity::for_each_arity;
use super::sealed::Sealed;
use super::{Operand, Place, Stride};
use crate::kernel::cache::SetCounts;

/// The tuple of all operands of a zip.
///
/// # Safety
///
/// If all members have one shape, an implementation makes the promises 1 to 6 of [`Operand`] for
/// that shape. It may rely on each member making them. In detail:
///
/// 1. *Member by member.* Places, strides, items and rows are tuples of those of the members.
///    `offset`, `ahead`, `items`, `rows`, `origin`, `strides` and `split_at` act on each member.
/// 2. *For every member.* `have_shape`, `are_unit` and `merge` return `true` only if the condition
///    holds for every member. `first_not_unit` returns `None` only if `are_unit` returns `true`.
pub unsafe trait Operands: Sealed + Sized {
    /// The type of the shape of every member.
    type Dim: Dimension;
    /// One item of each member.
    type Items;
    /// One row of each member.
    type Rows;

    /// One place of each member.
    #[doc(hidden)]
    type Places: Clone;
    /// One stride of each member.
    #[doc(hidden)]
    type Strides: Copy;

    /// The number of members.
    #[doc(hidden)]
    const COUNT: usize;

    /// Returns whether every member has the shape `dim`. Used in debug assertions.
    #[doc(hidden)]
    fn have_shape(&self, dim: &Self::Dim) -> bool;

    /// Whether [`Operand::REUSES_ROWS`] is true for any member.
    #[doc(hidden)]
    const REUSES_ROWS: bool;

    /// Returns whether [`Operand::is_plain`] is true for every member.
    #[doc(hidden)]
    fn are_plain() -> bool;

    /// Returns the sum of [`Operand::bytes_across_planes`] over all members.
    #[doc(hidden)]
    fn bytes_across_planes(&self) -> usize;

    /// Returns the set conflicts of a kernel call that computes `rows` rows, the first one from
    /// `places` on: how many rows of memory compete for the fullest sets of the first-level cache.
    #[doc(hidden)]
    fn set_conflicts(places: &Self::Places, strides: Self::Strides, rows: usize) -> usize;

    /// Returns the places of the first cell.
    #[doc(hidden)]
    fn origin(&mut self) -> Self::Places;

    /// Returns the strides of an axis.
    #[doc(hidden)]
    fn strides(&self, axis: usize) -> Self::Strides;

    /// Finds the first member whose stride is not a unit. Returns its number, counted from 1, and
    /// its stride in elements.
    #[doc(hidden)]
    fn first_not_unit(strides: Self::Strides) -> Option<(usize, isize)>;

    /// Returns whether a step of these strides moves to the adjacent place in every member.
    #[doc(hidden)]
    fn are_unit(strides: Self::Strides) -> bool;

    /// Returns whether, in every member, one step of `outer` is the same as `inner_len` steps of
    /// `inner`.
    #[doc(hidden)]
    fn merge(outer: Self::Strides, inner: Self::Strides, inner_len: usize) -> bool;

    /// Calls [`Place::offset`](super::Place::offset) for every member.
    ///
    /// # Safety
    ///
    /// 1: that of [`Place::offset`](super::Place::offset), for every member.
    #[doc(hidden)]
    unsafe fn offset(places: &Self::Places, strides: Self::Strides, count: usize) -> Self::Places;

    /// Calls [`Place::ahead`](super::Place::ahead) for every member.
    ///
    /// # Safety
    ///
    /// 1 and 2: those of [`Place::ahead`](super::Place::ahead), for every member.
    #[doc(hidden)]
    unsafe fn ahead(places: &Self::Places, strides: Self::Strides, count: usize) -> Self::Places;

    /// Calls [`Operand::item`] for every member.
    ///
    /// # Safety
    ///
    /// 1 and 2: those of [`Operand::item`], for every member.
    #[doc(hidden)]
    unsafe fn items(places: Self::Places) -> Self::Items;

    /// Calls [`Operand::row`] for every member.
    ///
    /// # Safety
    ///
    /// 1 to 3: those of [`Operand::row`], for every member.
    #[doc(hidden)]
    unsafe fn rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::Rows;

    /// The first row of a kernel, for each member.
    #[doc(hidden)]
    type FirstRows;
    /// A further row of a kernel, for each member.
    #[doc(hidden)]
    type NextRows;

    /// Calls [`Operand::first_row`] for every member.
    ///
    /// # Safety
    ///
    /// 1 to 3: those of [`Operand::first_row`], for every member.
    #[doc(hidden)]
    unsafe fn first_rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::FirstRows;

    /// Calls [`Operand::next_row`] for every member.
    ///
    /// # Safety
    ///
    /// 1 to 3: those of [`Operand::next_row`], for every member.
    #[doc(hidden)]
    unsafe fn next_rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::NextRows;

    /// Splits every member at `index` of `axis`.
    #[doc(hidden)]
    fn split_at(self, axis: usize, index: usize) -> (Self, Self);
}

/// An operand that can be added to a zip of `Parts`: any operand, if `Parts` has at most nine.
// A trait of the operand, not of the tuple. A bound on the tuple would take part in method lookup,
// and the compiler would report that there is no method `and`.
#[diagnostic::on_unimplemented(
    message = "the zip cannot take another operand",
    label = "one too many",
    note = "a zip takes at most ten operands, the index included"
)]
pub trait Push<Parts: Operands>: Sealed + Sized {
    /// The tuple with `Self` as its last member.
    type Output: Operands<Dim = Parts::Dim>;
    /// Appends `self` to the other members.
    #[doc(hidden)]
    fn push(self, parts: Parts) -> Self::Output;
}

/// Implements [`Operands`] for the tuple of the given members.
macro_rules! operand_tuples {
    ($(($P:ident $p:ident $q:ident $r:ident $s:ident $number:literal))+) => {
        impl<$($P: Operand),+> Sealed for ($($P,)+) {}

        // SAFETY: every method acts member by member (1), and every condition is checked for all
        // members (2).
        unsafe impl<Dim: Dimension, $($P: Operand<Dim = Dim>),+> Operands for ($($P,)+) {
            type Dim = Dim;
            type Items = ($($P::Item,)+);
            type Rows = ($($P::Row,)+);
            type Places = ($($P::Place,)+);
            type Strides = ($($P::Stride,)+);

            const COUNT: usize = [$($number),+].len();
            const REUSES_ROWS: bool = false $(| $P::REUSES_ROWS)+;

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn have_shape(&self, dim: &Dim) -> bool {
                let ($($p,)+) = self;
                true $(& $p.has_shape(dim))+
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn are_plain() -> bool {
                true $(& $P::is_plain())+
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn bytes_across_planes(&self) -> usize {
                let ($($p,)+) = self;
                0_usize$(.saturating_add($p.bytes_across_planes()))+
            }

            #[inline]
            fn set_conflicts(places: &Self::Places, strides: Self::Strides, rows: usize) -> usize {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                let mut sets = SetCounts::empty();
                $($P::count_sets($p, $q, rows, &mut sets);)+
                sets.set_conflicts()
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn origin(&mut self) -> Self::Places {
                let ($($p,)+) = self;
                ($($p.origin(),)+)
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn strides(&self, axis: usize) -> Self::Strides {
                let ($($p,)+) = self;
                ($($p.stride(axis),)+)
            }

            #[inline]
            fn first_not_unit(strides: Self::Strides) -> Option<(usize, isize)> {
                let ($($p,)+) = strides;
                $(if !$p.is_unit() {
                    return Some(($number, $p.elements()));
                })+
                None
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn are_unit(strides: Self::Strides) -> bool {
                let ($($p,)+) = strides;
                true $(& $p.is_unit())+
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn merge(outer: Self::Strides, inner: Self::Strides, inner_len: usize) -> bool {
                let ($($p,)+) = outer;
                let ($($q,)+) = inner;
                true $(& $p.merges($q, inner_len))+
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn offset(places: &Self::Places, strides: Self::Strides, count: usize) -> Self::Places {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: 1 holds for every member.
                ($(unsafe { $p.offset($q, count) },)+)
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn ahead(places: &Self::Places, strides: Self::Strides, count: usize) -> Self::Places {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: 1 and 2 hold for every member.
                ($(unsafe { $p.ahead($q, count) },)+)
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn items(places: Self::Places) -> Self::Items {
                let ($($p,)+) = places;
                // SAFETY: 1 and 2 hold for every member.
                ($(unsafe { $P::item($p) },)+)
            }

            #[inline(always)]
            unsafe fn rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::Rows {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: 1 to 3 hold for every member.
                ($(unsafe { $P::row($p, $q, len) },)+)
            }

            type FirstRows = ($($P::FirstRow,)+);
            type NextRows = ($($P::NextRow,)+);

            #[inline(always)]
            unsafe fn first_rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::FirstRows {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: 1 to 3 hold for every member.
                ($(unsafe { $P::first_row($p, $q, len) },)+)
            }

            #[inline(always)]
            unsafe fn next_rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::NextRows {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: 1 to 3 hold for every member.
                ($(unsafe { $P::next_row($p, $q, len) },)+)
            }

            #[inline]
            fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
                let ($($p,)+) = self;
                let ($($p,)+) = ($($p.split_at(axis, index),)+);
                (($($p.0,)+), ($($p.1,)+))
            }
        }
    };
}

for_each_arity! { operand_tuples, 10 }

/// Implements [`Push`] for adding one operand to the tuple of the given members.
macro_rules! push_operand {
    ($(($P:ident $p:ident $q:ident $r:ident $s:ident $number:literal))+) => {
        impl<Dim: Dimension, $($P: Operand<Dim = Dim>,)+ Last: Operand<Dim = Dim>> Push<($($P,)+)> for Last {
            type Output = ($($P,)+ Last);

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn push(self, parts: ($($P,)+)) -> Self::Output {
                let ($($p,)+) = parts;
                ($($p,)+ self)
            }
        }
    };
}

for_each_arity! { push_operand, 9 }
