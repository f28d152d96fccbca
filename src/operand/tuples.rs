//! The tuple of all operands of a zip.

use ndarray::Dimension;

use super::arity::for_each_arity;
use super::sealed::Sealed;
use super::{Operand, Place, Stride};
use crate::kernel::cache::SetCounts;

/// The tuple of all operands of a zip.
///
/// # Safety
///
/// Where all members have a shape, an implementation makes the promises 1 to 6 of [`Operand`] for that shape, given that each
/// member does. That is:
///
/// 1. *Member by member.* Its places, strides, items and rows are the tuples of the members', and so is what `offset`, `ahead`,
///    `items`, `rows`, `origin`, `strides` and `split_at` do.
/// 2. *For every member.* `have_shape`, `are_unit` and `merge` hold where they do for every member, and `first_not_unit` is
///    `None` where `are_unit` holds.
pub unsafe trait Operands: Sealed + Sized {
    /// The number of dimensions of every member.
    type Dim: Dimension;
    /// One item of every member.
    type Items;
    /// One row of every member.
    type Rows;

    /// One place of every member.
    #[doc(hidden)]
    type Places: Clone;
    /// One stride of every member.
    #[doc(hidden)]
    type Strides: Copy;

    /// The number of members.
    #[doc(hidden)]
    const COUNT: usize;

    /// Whether every member has the shape `dim`; asked by debug assertions.
    #[doc(hidden)]
    fn have_shape(&self, dim: &Self::Dim) -> bool;

    /// Whether any member is [`Operand::REUSES_ROWS`].
    #[doc(hidden)]
    const REUSES_ROWS: bool;

    /// Whether every member is [`Operand::is_plain`].
    #[doc(hidden)]
    fn are_plain() -> bool;

    /// The sum of all [`Operand::bytes_across_planes`]s.
    #[doc(hidden)]
    fn bytes_across_planes(&self) -> usize;

    /// How many rows of memory meet in the fullest part of a cache, where `rows` rows from `places` on are walked side by
    /// side.
    #[doc(hidden)]
    fn set_conflicts(places: &Self::Places, strides: Self::Strides, rows: usize) -> usize;

    /// The places of the first cell.
    #[doc(hidden)]
    fn origin(&mut self) -> Self::Places;

    /// The strides of an axis.
    #[doc(hidden)]
    fn strides(&self, axis: usize) -> Self::Strides;

    /// The number, from 1 on, and the stride in elements of the first member whose stride is not a unit.
    #[doc(hidden)]
    fn first_not_unit(strides: Self::Strides) -> Option<(usize, isize)>;

    /// Whether steps of these strides lead through neighbouring places in every member.
    #[doc(hidden)]
    fn are_unit(strides: Self::Strides) -> bool;

    /// Whether in every member one step of `outer` is the same as `inner_len` steps of `inner`.
    #[doc(hidden)]
    fn merge(outer: Self::Strides, inner: Self::Strides, inner_len: usize) -> bool;

    /// [`Place::offset`](super::Place::offset) of every member.
    ///
    /// # Safety
    ///
    /// 1: that of [`Place::offset`](super::Place::offset), for every member.
    #[doc(hidden)]
    unsafe fn offset(places: &Self::Places, strides: Self::Strides, count: usize) -> Self::Places;

    /// [`Place::ahead`](super::Place::ahead) of every member.
    ///
    /// # Safety
    ///
    /// 1 and 2: those of [`Place::ahead`](super::Place::ahead), for every member.
    #[doc(hidden)]
    unsafe fn ahead(places: &Self::Places, strides: Self::Strides, count: usize) -> Self::Places;

    /// [`Operand::item`] of every member.
    ///
    /// # Safety
    ///
    /// 1 and 2: those of [`Operand::item`], for every member.
    #[doc(hidden)]
    unsafe fn items(places: Self::Places) -> Self::Items;

    /// [`Operand::row`] of every member.
    ///
    /// # Safety
    ///
    /// 1 to 3: those of [`Operand::row`], for every member.
    #[doc(hidden)]
    unsafe fn rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::Rows;

    /// The first row of a kernel, of every member.
    #[doc(hidden)]
    type FirstRows;
    /// A further row of a kernel, of every member.
    #[doc(hidden)]
    type NextRows;

    /// [`Operand::first_row`] of every member.
    ///
    /// # Safety
    ///
    /// 1 to 3: those of [`Operand::first_row`], for every member.
    #[doc(hidden)]
    unsafe fn first_rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::FirstRows;

    /// [`Operand::next_row`] of every member.
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

/// An operand that a zip of `Parts` has room for: any, as long as there are at most nine in `Parts`.
// A trait of the operand, not of the tuple: a bound on the tuple would be part of finding the method `and`, and the compiler
// would say that there is none.
#[diagnostic::on_unimplemented(
    message = "the zip has no room for another operand",
    label = "one too many",
    note = "a zip takes at most ten operands, the index included"
)]
pub trait Push<Parts: Operands>: Sealed + Sized {
    /// The tuple with `Self` behind its other members.
    type Output: Operands<Dim = Parts::Dim>;
    /// Puts `self` behind the other members.
    #[doc(hidden)]
    fn push(self, parts: Parts) -> Self::Output;
}

/// The tuples of operands.
macro_rules! operand_tuples {
    ($(($P:ident $p:ident $q:ident $r:ident $s:ident $number:literal))+) => {
        impl<$($P: Operand),+> Sealed for ($($P,)+) {}

        // SAFETY: everything is done member by member (1), and asked of every member (2).
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
                // SAFETY: for every member 1 holds.
                ($(unsafe { $p.offset($q, count) },)+)
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn ahead(places: &Self::Places, strides: Self::Strides, count: usize) -> Self::Places {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: for every member 1 and 2 hold.
                ($(unsafe { $p.ahead($q, count) },)+)
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn items(places: Self::Places) -> Self::Items {
                let ($($p,)+) = places;
                // SAFETY: for every member 1 and 2 hold.
                ($(unsafe { $P::item($p) },)+)
            }

            #[inline(always)]
            unsafe fn rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::Rows {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: for every member 1 to 3 hold.
                ($(unsafe { $P::row($p, $q, len) },)+)
            }

            type FirstRows = ($($P::FirstRow,)+);
            type NextRows = ($($P::NextRow,)+);

            #[inline(always)]
            unsafe fn first_rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::FirstRows {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: for every member 1 to 3 hold.
                ($(unsafe { $P::first_row($p, $q, len) },)+)
            }

            #[inline(always)]
            unsafe fn next_rows(places: Self::Places, strides: Self::Strides, len: usize) -> Self::NextRows {
                let ($($p,)+) = places;
                let ($($q,)+) = strides;
                // SAFETY: for every member 1 to 3 hold.
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

/// How a tuple grows.
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
