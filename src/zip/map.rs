//! `map_collect` and `map_assign_into`: the methods of [`Zip`] that keep the results of the
//! closure. With the feature `rayon`, each has a parallel twin.
//!
//! The array of results is one more operand of the zip, so the loops are those of `for_each`. Like
//! ndarray's, the array is laid out in the order of the walk, and adding it does not change that
//! order. Results that need to be dropped are pushed into a vector instead. If the closure panics,
//! the vector drops them in the order in which they were made.
//!
//! The promise of this module: an array of results is returned only after all of its cells have
//! been written.
//!
//! A macro writes the methods for each number of operands. Their documentation is on the page of
//! [`Zip`].

use alloc::vec::Vec;
use core::mem::{MaybeUninit, needs_drop};
#[cfg(feature = "rayon")]
use core::ops::ControlFlow;

use ndarray::{Array, AssignElem, Dimension, ShapeBuilder};

use super::Zip;
#[cfg(feature = "rayon")]
use super::threads;
#[cfg(feature = "rayon")]
use crate::clock::PlatformClock;
use crate::error::{Purpose, or_refuse};
use crate::kernel::plan::Order;
use crate::memory;
use crate::operand::{IntoOperand, Operand, Operands, for_each_arity};

impl<Parts: Operands<Dim = D>, D: Dimension> Zip<Parts, D> {
    /// Returns the shape with the layout of the walk, which is also the layout of the results of
    /// `ndarray::Zip`.
    #[inline]
    fn shape_in_order(&self) -> ndarray::Shape<D> {
        self.dim.clone().set_f(matches!(self.order(), Order::ColumnMajor))
    }
}

/// Returns the array of all results of a walk, which are in the order of the walk.
fn in_order<R, D: Dimension>(shape: ndarray::Shape<D>, results: Vec<R>) -> Array<R, D> {
    Array::from_shape_vec(shape, results).expect("a walk gives one result per cell")
}

/// Writes the methods for one number of operands. A tuple of ten operands has no room for the
/// results.
macro_rules! collecting_methods {
    // For two operands, the only number that the documentation shows.
    ($one:tt $other:tt) => {
        collecting_methods! { @[] $one $other }
    };
    (@[$($hidden:tt)*] $(($P:ident $p:ident $($other:tt)*))+) => {
        $($hidden)*
        impl<Dim: Dimension, $($P: Operand<Dim = Dim>),+> Zip<($($P,)+), Dim> {
            /// Returns an array of the results of `f`: see [Collecting
            /// results](Zip#collecting-results).
            ///
            /// # Panics
            ///
            /// In the caller's line, if there is no memory for the results.
            #[must_use = "the results are a new array; `for_each` needs none"]
            #[inline(always)]
            #[track_caller]
            pub fn map_collect<R>(self, mut f: impl FnMut($($P::Item),+) -> R) -> Array<R, Dim> {
                let shape = self.shape_in_order();
                if const { needs_drop::<R>() } {
                    return in_order(shape, self.results(f));
                }
                let mut output = or_refuse(memory::uninit(shape, Purpose::Results));
                self.push(output.view_mut()).for_each(
                    #[inline(always)]
                    |$($p,)+ result: &mut MaybeUninit<R>| {
                        result.write(f($($p),+));
                    },
                );
                // SAFETY: `output` is an operand of the zip. `for_each` has called the closure for
                // every cell, and each call has written its cell of `output`.
                unsafe { output.assume_init() }
            }

            /// Returns the results of `f` in the order of the walk.
            #[inline(always)]
            #[track_caller]
            fn results<R>(self, mut f: impl FnMut($($P::Item),+) -> R) -> Vec<R> {
                let mut results = or_refuse(memory::with_room(Some(self.size()), Purpose::Results));
                self.for_each(
                    #[inline(always)]
                    |$($p),+| results.push(f($($p),+)),
                );
                results
            }

            /// Assigns the results of `f` to the cells of `into`: see [Collecting
            /// results](Zip#collecting-results).
            ///
            /// # Panics
            ///
            /// In the caller's line, if the shape of `into` differs from that of the zip.
            #[inline(always)]
            #[track_caller]
            pub fn map_assign_into<R, Q>(self, into: Q, mut f: impl FnMut($($P::Item),+) -> R)
            where
                Q: IntoOperand<Dim = Dim>,
                Q::Item: AssignElem<R>,
            {
                self.and(into).for_each(
                    #[inline(always)]
                    |$($p,)+ cell: Q::Item| cell.assign_elem(f($($p),+)),
                );
            }

            /// `map_collect` on several threads: see [In parallel](Zip#in-parallel).
            ///
            /// Mark a large closure `#[inline(always)]`: see [Marking
            /// closures](Zip#marking-closures).
            ///
            /// # Panics
            ///
            /// As `map_collect` does.
            #[cfg(feature = "rayon")]
            #[must_use = "the results are a new array; `par_for_each` needs none"]
            #[inline(always)]
            #[track_caller]
            pub fn par_map_collect<R>(self, f: impl Fn($($P::Item),+) -> R + Sync + Send) -> Array<R, Dim>
            where
                R: Send,
                $($P: Send,)+
            {
                let shape = self.shape_in_order();
                if const { needs_drop::<R>() } {
                    let mut results = or_refuse(memory::with_room(Some(self.size()), Purpose::Results));
                    self.par_results(&mut results, f);
                    return in_order(shape, results);
                }
                let mut output = or_refuse(memory::uninit(shape, Purpose::Results));
                self.push(output.view_mut()).par_for_each(
                    #[inline(always)]
                    |$($p,)+ result: &mut MaybeUninit<R>| {
                        result.write(f($($p),+));
                    },
                );
                // SAFETY: `output` is an operand of the zip. `par_for_each` has called the closure
                // for every cell, and each call has written its cell of `output`.
                unsafe { output.assume_init() }
            }

            /// Appends the results of `f` to `results`, in the order of the walk.
            #[cfg(feature = "rayon")]
            pub(crate) fn par_results<R>(self, results: &mut Vec<R>, f: impl Fn($($P::Item),+) -> R + Sync)
            where
                R: Send,
                $($P: Send,)+
            {
                let pieces = threads::share::<PlatformClock, _, _, _>(
                    self,
                    threads::Pieces::Any,
                    |zip: Self| ControlFlow::Continue(Vec::from([zip.results(|$($p),+| f($($p),+))])),
                    |mut first: Vec<Vec<R>>, second| {
                        first.extend(second);
                        first
                    },
                );
                let ControlFlow::Continue(pieces) = pieces else { unreachable!("no piece ends the walk") };
                results.extend(pieces.into_iter().flatten());
            }

            /// `map_assign_into` on several threads: see [In parallel](Zip#in-parallel).
            ///
            /// Mark a large closure `#[inline(always)]`: see [Marking
            /// closures](Zip#marking-closures).
            ///
            /// # Panics
            ///
            /// In the caller's line, if the shape of `into` differs from that of the zip.
            #[cfg(feature = "rayon")]
            #[inline(always)]
            #[track_caller]
            pub fn par_map_assign_into<R, Q>(self, into: Q, f: impl Fn($($P::Item),+) -> R + Sync + Send)
            where
                Q: IntoOperand<Dim = Dim>,
                Q::Item: AssignElem<R>,
                Q::Operand: Send,
                $($P: Send,)+
            {
                self.and(into).par_for_each(
                    #[inline(always)]
                    |$($p,)+ cell: Q::Item| cell.assign_elem(f($($p),+)),
                );
            }
        }
    };
    ($($member:tt)+) => {
        collecting_methods! { @[#[doc(hidden)]] $($member)+ }
    };
}

for_each_arity! { collecting_methods, 9 }
