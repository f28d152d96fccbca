//! The methods of [`Zip`] that walk cells or rows on one thread.
//!
//! The closure has one parameter per operand, so a macro writes the methods for each number of
//! operands. Their documentation is on the page of [`Zip`].
#![forbid(unsafe_code)]

use core::convert::Infallible;
use core::ops::ControlFlow;

use ndarray::{Dimension, FoldWhile};

use super::Zip;
use super::order::{AnyOrder, BodyIn, InOrder, VisitOrder};
use crate::error::RowError;
use crate::operand::{Operand, for_each_arity};

/// Writes the methods for one number of operands.
macro_rules! zip_methods {
    // For two operands, the only number that the documentation shows.
    ($one:tt $other:tt) => {
        zip_methods! { @[] $one $other }
    };
    (@[$($hidden:tt)*] $(($P:ident $p:ident $($other:tt)*))+) => {
        $($hidden)*
        impl<Dim: Dimension, $($P: Operand<Dim = Dim>),+> Zip<($($P,)+), Dim> {
            /// Calls `f` for every cell: see [Consuming a zip](Zip#consuming-a-zip).
            #[inline(always)]
            pub fn for_each<Function>(self, mut f: Function)
            where
                Function: FnMut($($P::Item),+),
            {
                let _: ControlFlow<Infallible> = self.try_fold::<false, _, _, _>(
                    (),
                    #[inline(always)]
                    |(), ($($p,)+)| {
                        f($($p),+);
                        ControlFlow::Continue(())
                    },
                );
            }

            /// `for_each` for a closure that is marked `#[inline(always)]`, as in the macros.
            #[doc(hidden)]
            #[inline(always)]
            pub fn for_each_marked<Function>(self, mut f: Function)
            where
                Function: FnMut($($P::Item),+),
            {
                let _: ControlFlow<Infallible> = self.try_fold::<true, _, _, _>(
                    (),
                    #[inline(always)]
                    |(), ($($p,)+)| {
                        f($($p),+);
                        ControlFlow::Continue(())
                    },
                );
            }

            /// `for_each`, compiled for several instruction sets and dispatched at run time: see
            /// [SIMD](Zip#simd).
            ///
            /// Mark a large closure `#[inline(always)]`: see [Marking
            /// closures](Zip#marking-closures).
            #[inline(always)]
            pub fn simd_for_each_ordered<Function>(self, f: Function)
            where
                Function: FnMut($($P::Item),+),
            {
                self.simd_each::<InOrder, _>(f);
            }

            /// `for_each` in any order, dispatched by instruction set: see [SIMD](Zip#simd).
            ///
            /// Mark a large closure `#[inline(always)]`: see [Marking
            /// closures](Zip#marking-closures).
            #[inline(always)]
            pub fn simd_for_each<Function>(self, f: Function)
            where
                Function: Fn($($P::Item),+),
            {
                self.simd_each::<AnyOrder, _>(f);
            }

            /// The walk of `simd_azip!`, whose operands decide the order.
            #[doc(hidden)]
            #[inline(always)]
            pub fn simd_for_each_in<Order: VisitOrder, Function>(self, _order: Order, f: Function)
            where
                Function: FnMut($($P::Item),+) + BodyIn<Order>,
            {
                self.simd_each::<Order, _>(f);
            }

            /// `fold`, compiled for several instruction sets and dispatched at run time: see
            /// [SIMD](Zip#simd).
            ///
            /// Mark a large closure `#[inline(always)]`: see [Marking
            /// closures](Zip#marking-closures).
            #[inline(always)]
            pub fn simd_fold<Function, Acc>(self, init: Acc, f: Function) -> Acc
            where
                Function: FnMut(Acc, $($P::Item),+) -> Acc,
            {
                self.simd_fold_all(init, f)
            }

            /// Folds all cells: see [Consuming a zip](Zip#consuming-a-zip).
            #[inline(always)]
            pub fn fold<Function, Acc>(self, init: Acc, mut f: Function) -> Acc
            where
                Function: FnMut(Acc, $($P::Item),+) -> Acc,
            {
                let ControlFlow::Continue(folded) = self.try_fold::<false, _, Infallible, _>(
                    init,
                    #[inline(always)]
                    |acc, ($($p,)+)| ControlFlow::Continue(f(acc, $($p),+)),
                );
                folded
            }

            /// Folds cells until `f` returns [`FoldWhile::Done`]: see [Consuming a
            /// zip](Zip#consuming-a-zip).
            #[inline(always)]
            pub fn fold_while<Function, Acc>(self, init: Acc, mut f: Function) -> FoldWhile<Acc>
            where
                Function: FnMut(Acc, $($P::Item),+) -> FoldWhile<Acc>,
            {
                let folded = self.try_fold::<false, _, _, _>(
                    init,
                    #[inline(always)]
                    |acc, ($($p,)+)| match f(acc, $($p),+) {
                        FoldWhile::Continue(acc) => ControlFlow::Continue(acc),
                        FoldWhile::Done(acc) => ControlFlow::Break(acc),
                    },
                );
                match folded {
                    ControlFlow::Continue(acc) => FoldWhile::Continue(acc),
                    ControlFlow::Break(acc) => FoldWhile::Done(acc),
                }
            }

            /// Returns whether `f` is true for every cell: see [Consuming a
            /// zip](Zip#consuming-a-zip).
            #[inline(always)]
            pub fn all<Function>(self, mut f: Function) -> bool
            where
                Function: FnMut($($P::Item),+) -> bool,
            {
                self.try_fold::<false, _, _, _>(
                    (),
                    #[inline(always)]
                    |(), ($($p,)+)| if f($($p),+) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) },
                )
                .is_continue()
            }

            /// Returns whether `f` is true for some cell: see [Consuming a
            /// zip](Zip#consuming-a-zip).
            #[inline(always)]
            pub fn any<Function>(self, mut f: Function) -> bool
            where
                Function: FnMut($($P::Item),+) -> bool,
            {
                self.try_fold::<false, _, _, _>(
                    (),
                    #[inline(always)]
                    |(), ($($p,)+)| if f($($p),+) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) },
                )
                .is_break()
            }

            /// Calls `f` for every row along the last axis: see [Whole rows](Zip#whole-rows).
            ///
            /// # Errors
            ///
            /// If the rows of an operand are not contiguous. `f` has not been called then.
            #[inline(always)]
            pub fn for_each_row<Function>(self, mut f: Function) -> Result<(), RowError>
            where
                Function: FnMut($($P::Row),+),
            {
                self.rows(
                    #[inline(always)]
                    |($($p,)+)| f($($p),+),
                )
            }
        }
    };
    ($($member:tt)+) => {
        zip_methods! { @[#[doc(hidden)]] $($member)+ }
    };
}

for_each_arity! { zip_methods, 10 }
