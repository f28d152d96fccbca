//! How a macro chooses between this crate's zip and ndarray's.
//!
//! The types of the operands are not visible to a macro. So it collects the operands in
//! [`MacroOperands`] and calls a method, whose implementation the compiler selects by the types:
//!
//! 1. `MacroOperands::of(a).and(b)` holds the operands `a` and `b`.
//! 2. `(&&&pending).ndarray_lockstep_choice()` returns a marker, [`Lockstep`] or [`Ndarray`]: see
//!    [`choices`].
//! 3. The marker has the methods `zip`, `indexed` and `bare`, which make the zip. [`Lockstep`]
//!    makes a [`Zip`] of this crate, and [`Ndarray`] makes a [`NdarrayZip`], or a plain
//!    [`ndarray::Zip`] if the macro has no body.
//! 4. The macro calls a method of that zip with the body. [`NdarrayZip`] gives ndarray's zip the
//!    names of this crate's methods.
#![forbid(unsafe_code)]

use ndarray::{Dimension, IntoNdProducer, NdProducer};

use super::check_shape;
use super::sealed::SealedChoice;
use crate::operand::{Indices, IntoOperand, for_each_arity};
use crate::zip::Zip;

/// The operands of a macro call, before the zip is chosen.
#[doc(hidden)]
#[derive(Debug)]
pub struct MacroOperands<Operands>(Operands);

/// A marker: the macro uses this crate's [`Zip`].
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Lockstep;

/// A marker: the macro uses [`ndarray::Zip`].
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Ndarray;

/// The traits whose method a macro calls: `(&&&pending).ndarray_lockstep_choice()`.
///
/// The three traits have a method of the same name, and are implemented for receivers with
/// different numbers of references. The compiler tries the receivers from the most references to
/// the fewest, and takes the first one whose bounds hold:
///
/// | trait | implemented for | if | choice |
/// |---|---|---|---|
/// | `ByLockstep` | `&&MacroOperands` | this crate's zip takes all operands | `Lockstep` |
/// | `ByNdarray` | `&MacroOperands` | ndarray's zip takes all operands | `Ndarray` |
/// | `ByNeither` | `MacroOperands` | always | `Lockstep`, whose bounds produce the error message |
#[doc(hidden)]
pub mod choices {
    use super::{Lockstep, Ndarray, SealedChoice};

    pub trait ByLockstep: SealedChoice {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn ndarray_lockstep_choice(&self) -> Lockstep {
            Lockstep
        }
    }

    pub trait ByNdarray: SealedChoice {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn ndarray_lockstep_choice(&self) -> Ndarray {
            Ndarray
        }
    }

    pub trait ByNeither: SealedChoice {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn ndarray_lockstep_choice(&self) -> Lockstep {
            Lockstep
        }
    }
}

impl<T> SealedChoice for MacroOperands<T> {}

impl<T: SealedChoice> SealedChoice for &T {}

impl<T> choices::ByNeither for MacroOperands<T> {}

/// Operands from which this crate can make a zip.
pub trait IntoLockstep {
    type Zip;

    #[track_caller]
    fn into_lockstep(self) -> Self::Zip;
}

/// Operands from which this crate can make a zip with an index.
#[diagnostic::on_unimplemented(
    message = "the zip cannot take another operand",
    label = "one too many",
    note = "a zip takes at most ten operands, the index included"
)]
pub trait IntoLockstepIndexed {
    type Zip;

    #[track_caller]
    fn into_lockstep_indexed(self) -> Self::Zip;
}

/// Operands from which ndarray can make a zip.
pub trait IntoNdarray {
    type Zip;

    #[track_caller]
    fn into_ndarray(self) -> Self::Zip;
}

/// Operands from which ndarray can make a zip with an index. The index has the shape of the first
/// operand.
pub trait WithIndex {
    type Output;

    fn with_index(self) -> Self::Output;
}

impl Lockstep {
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn zip<T: IntoLockstep>(self, operands: T) -> T::Zip {
        operands.into_lockstep()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn indexed<T: IntoLockstepIndexed>(self, operands: T) -> T::Zip {
        operands.into_lockstep_indexed()
    }

    /// Returns the zip of a macro without a body.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn bare<T: IntoLockstep>(self, operands: T) -> T::Zip {
        operands.into_lockstep()
    }
}

impl Ndarray {
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn zip<T: IntoNdarray>(self, operands: T) -> NdarrayZip<T::Zip> {
        NdarrayZip(operands.into_ndarray())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn indexed<T: WithIndex<Output: IntoNdarray>>(
        self,
        operands: T,
    ) -> NdarrayZip<<T::Output as IntoNdarray>::Zip> {
        self.zip(operands.with_index())
    }

    /// Returns the zip of a macro without a body.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn bare<T: IntoNdarray>(self, operands: T) -> T::Zip {
        operands.into_ndarray()
    }
}

/// A zip of ndarray with the methods that the macros call.
#[doc(hidden)]
#[derive(Debug)]
pub struct NdarrayZip<Z>(Z);

impl<A> MacroOperands<(A,)> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn of(first: A) -> Self {
        MacroOperands((first,))
    }
}

/// Adds an operand to the tuple, which has at most ten.
macro_rules! pending_and {
    ($(($P:ident $p:ident $($other:tt)*))+) => {
        impl<$($P),+> MacroOperands<($($P,)+)> {
            #[cfg_attr(not(debug_assertions), inline(always))]
            pub fn and<Last>(self, last: Last) -> MacroOperands<($($P,)+ Last)> {
                let ($($p,)+) = self.0;
                MacroOperands(($($p,)+ last))
            }
        }
    };
}

for_each_arity! { pending_and, 9 }

/// Implemented for nothing, because there is no eleventh operand. Its error message says so.
#[diagnostic::on_unimplemented(
    message = "the zip cannot take another operand",
    label = "one too many",
    note = "a zip takes at most ten operands, the index included"
)]
pub trait Eleventh {}

impl<A, B, C, D, E, F, G, H, I, J> MacroOperands<(A, B, C, D, E, F, G, H, I, J)> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn and<Last: Eleventh>(self, _: Last) -> Self {
        self
    }
}

/// Makes zips of this crate.
macro_rules! lockstep_zips {
    (($P:ident $p:ident $($first:tt)*) $(($Q:ident $q:ident $($other:tt)*))*) => {
        impl<$P: IntoOperand, $($Q: IntoOperand),*> choices::ByLockstep for &&MacroOperands<($P, $($Q,)*)> {}

        impl<Dim, $P, $($Q),*> IntoLockstep for MacroOperands<($P, $($Q,)*)>
        where
            Dim: Dimension,
            $P: IntoOperand<Dim = Dim>,
            $($Q: IntoOperand<Dim = Dim>,)*
        {
            type Zip = Zip<($P::Operand, $($Q::Operand,)*), Dim>;

            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn into_lockstep(self) -> Self::Zip {
                let ($p, $($q,)*) = self.0;
                Zip::of($p)$(.and_same_shape($q))*
            }
        }
    };
}

for_each_arity! { lockstep_zips, 10 }

/// Makes zips of this crate with an index.
macro_rules! lockstep_indexed_zips {
    (($P:ident $p:ident $($first:tt)*) $(($Q:ident $q:ident $($other:tt)*))*) => {
        impl<Dim, $P, $($Q),*> IntoLockstepIndexed for MacroOperands<($P, $($Q,)*)>
        where
            Dim: Dimension,
            $P: IntoOperand<Dim = Dim>,
            $($Q: IntoOperand<Dim = Dim>,)*
        {
            type Zip = Zip<(Indices<Dim>, $P::Operand, $($Q::Operand,)*), Dim>;

            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn into_lockstep_indexed(self) -> Self::Zip {
                let ($p, $($q,)*) = self.0;
                Zip::of_index_and($p)$(.and_same_shape($q))*
            }
        }
    };
}

for_each_arity! { lockstep_indexed_zips, 9 }

/// Makes zips of ndarray, and gives them the methods that the macros call.
macro_rules! ndarray_zips {
    (($P:ident $p:ident $($first:tt)*) $(($Q:ident $q:ident $r:ident $s:ident $t:ident $number:literal))*) => {
        impl<$P: IntoNdProducer, $($Q: IntoNdProducer),*> choices::ByNdarray for &MacroOperands<($P, $($Q,)*)> {}

        impl<Dim, $P, $($Q),*> IntoNdarray for MacroOperands<($P, $($Q,)*)>
        where
            Dim: Dimension,
            $P: IntoNdProducer<Dim = Dim>,
            $($Q: IntoNdProducer<Dim = Dim>,)*
        {
            type Zip = ndarray::Zip<($P::Output, $($Q::Output,)*), Dim>;

            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn into_ndarray(self) -> Self::Zip {
                let ($p, $($q,)*) = self.0;
                let $p = $p.into_producer();
                $(let $q = $q.into_producer();)*
                $(check_shape($number, &$q, &$p.raw_dim());)*
                ndarray::Zip::from($p)$(.and($q))*
            }
        }

        impl<Dim, $P, $($Q),*> NdarrayZip<ndarray::Zip<($P, $($Q,)*), Dim>>
        where
            Dim: Dimension,
            $P: NdProducer<Dim = Dim>,
            $($Q: NdProducer<Dim = Dim>,)*
        {
            #[inline(always)]
            pub fn for_each_marked<Function>(self, f: Function)
            where
                Function: FnMut($P::Item, $($Q::Item),*),
            {
                self.0.for_each(f);
            }

            #[inline(always)]
            pub fn simd_for_each<Function>(self, f: Function)
            where
                Function: FnMut($P::Item, $($Q::Item),*),
            {
                self.0.for_each(f);
            }

            #[inline(always)]
            pub fn simd_for_each_unordered<Function>(self, f: Function)
            where
                Function: Fn($P::Item, $($Q::Item),*),
            {
                self.0.for_each(f);
            }

            #[cfg(feature = "rayon")]
            #[inline(always)]
            pub fn par_for_each<Function>(self, f: Function)
            where
                Function: Fn($P::Item, $($Q::Item),*) + Sync + Send,
                $P: Send,
                $P::Item: Send,
                $($Q: Send, $Q::Item: Send,)*
            {
                self.0.par_for_each(f);
            }
        }
    };
}

for_each_arity! { ndarray_zips, 6 }

/// Puts an index before the operands of a zip of ndarray.
macro_rules! with_index {
    (($P:ident $p:ident $($first:tt)*) $(($Q:ident $q:ident $($other:tt)*))*) => {
        impl<Dim, $P, $($Q),*> WithIndex for MacroOperands<($P, $($Q,)*)>
        where
            Dim: Dimension + Copy,
            $P: IntoNdProducer<Dim = Dim>,
        {
            type Output = MacroOperands<(ndarray::iter::Indices<Dim>, $P::Output, $($Q,)*)>;

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn with_index(self) -> Self::Output {
                let ($p, $($q,)*) = self.0;
                let $p = $p.into_producer();
                MacroOperands((ndarray::indices($p.raw_dim()), $p, $($q,)*))
            }
        }
    };
}

for_each_arity! { with_index, 5 }
