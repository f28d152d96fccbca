//! How a macro chooses between this crate's zip and ndarray's.
//!
//! The types of the operands are not visible to a macro. So it collects the operands in
//! [`MacroOperands`] and calls a method, whose implementation the compiler selects by the types:
//!
//! 1. `first_operand(a).and(operand(b))` holds the operands `a` and `b`. Each one is the argument
//!    of a call with the bound [`OperandOf`]. So a compiler error about its type points at it.
//! 2. `(&&&&pending).ndarray_lockstep_choice()` returns a marker, [`Lockstep`] or [`Ndarray`]: see
//!    [`choices`].
//! 3. The marker has the methods `zip`, `indexed` and `bare`, which make the zip. [`Lockstep`]
//!    makes a [`Zip`] of this crate, and [`Ndarray`] makes a [`NdarrayZip`], or a plain
//!    [`ndarray::Zip`] if the macro has no body.
//! 4. For `simd_azip!`, `(&&pending).ndarray_lockstep_order()` returns the order of visits: see
//!    [`orders`].
//! 5. The macro calls a method of that zip with the body. [`NdarrayZip`] gives ndarray's zip the
//!    names of this crate's methods.
#![forbid(unsafe_code)]

use core::marker::PhantomData;

use ndarray::{Dimension, IntoNdProducer, NdProducer};

use super::check_shape;
use super::sealed::SealedChoice;
use crate::operand::{Indices, IntoOperand, SeparateRows, for_each_arity};
use crate::zip::{AnyOrderOfNumbers, InOrder, Zip};

/// The operands of a macro call, before the zip is chosen.
///
/// `Choice` is [`Lockstep`] or [`Ndarray`]. `Dim` is the type of the first operand's shape. Both
/// are inferred when the zip is chosen.
#[doc(hidden)]
#[derive(Debug)]
pub struct MacroOperands<Operands, Choice, Dim>(Operands, PhantomData<(Choice, Dim)>);

/// An operand after the first one, before it is added to [`MacroOperands`].
#[doc(hidden)]
#[derive(Debug)]
pub struct MacroOperand<T, Choice, Dim>(T, PhantomData<(Choice, Dim)>);

/// A marker: the macro uses this crate's [`Zip`].
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Lockstep;

/// A marker: the macro uses [`ndarray::Zip`].
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Ndarray;

/// An operand of the zip that `Choice` makes. `Dim` is the type of the first operand's shape, or a
/// stand-in for it: see [`SameDim`].
///
/// This trait has one implementation, and refers to [`Takes`], whose `Self` is `Choice`. The
/// compiler does not look for implementations of a trait for an unknown type. So it accepts all
/// operands until the choice is made, and then checks each one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an operand of a lockstep zip",
    label = "not an array, view, slice, windows or indices",
    note = "pass arrays by reference (`&a`, `&mut a`) or as views (`a.view()`, `a.view_mut()`)",
    note = "arrays are those of ndarray 0.17: if the type looks right, `cargo tree -d` shows whether the program has a second version of ndarray",
    note = "ndarray's rows, lanes, chunks, windows, axis iterators and raw views are walked by ndarray's own `Zip`, together with arrays: at most six operands, none of them from `array_windows`",
    note = "in a generic function, add the bound `ndarray_lockstep::IntoOperand`"
)]
pub trait OperandOf<Choice, Dim> {}

impl<T, Choice: Takes<T, Dim>, Dim> OperandOf<Choice, Dim> for T {}

/// A choice whose zip takes `T` as an operand: see [`OperandOf`].
pub trait Takes<T, Dim> {}

impl<T: IntoOperand<Dim: SameDim<Dim>>, Dim> Takes<T, Dim> for Lockstep {}

impl<T: IntoNdProducer<Dim: SameDim<Dim>>, Dim> Takes<T, Dim> for Ndarray {}

/// The type of a shape that fits to that of the first operand, which is `Dim`.
///
/// Two types stand in for `Dim`:
///
/// - [`First`] for the first operand, which fits always, and determines `Dim`;
/// - [`TooMany`] for an eleventh operand, which never fits.
#[diagnostic::on_unimplemented(
    message = "the operands of a zip must have the same number of dimensions",
    label = "the type of the shape is `{Self}`, and that of the first operand is `{Dim}`",
    note = "repeat the smaller array along the missing axes with `.broadcast(shape)`",
    note = "`.view().into_dimensionality()` gives an array of dimension `IxDyn` a static number of dimensions, and `.view().into_dyn()` does the opposite",
    note = "in a generic function, bound the operands by `IntoOperand<Dim = D>` with the same `D`"
)]
pub trait SameDim<Dim> {}

impl<Dim: Dimension> SameDim<Dim> for Dim {}

impl<Dim: Dimension> SameDim<First<Dim>> for Dim {}

impl<Dim: Dimension + Eleventh> SameDim<TooMany> for Dim {}

/// Stands in for the `Dim` of [`SameDim`].
#[derive(Debug)]
pub struct First<Dim>(PhantomData<Dim>);

/// Stands in for the `Dim` of [`SameDim`].
#[derive(Debug)]
pub enum TooMany {}

/// Implemented for nothing, because there is no eleventh operand. Its error message says so.
#[diagnostic::on_unimplemented(
    message = "the zip cannot take another operand",
    label = "one too many",
    note = "a zip takes at most ten operands, the index included"
)]
pub trait Eleventh {}

/// Returns the first operand of a macro call, to which [`MacroOperands::and`] adds the others.
#[doc(hidden)]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn first_operand<T, Choice, Dim>(operand: T) -> MacroOperands<(T,), Choice, Dim>
where
    T: OperandOf<Choice, First<Dim>>,
{
    MacroOperands((operand,), PhantomData)
}

/// Returns an operand that [`MacroOperands::and`] adds to the others.
#[doc(hidden)]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn operand<T, Choice, Dim>(operand: T) -> MacroOperand<T, Choice, Dim>
where
    T: OperandOf<Choice, Dim>,
{
    MacroOperand(operand, PhantomData)
}

/// The traits whose method a macro calls: `(&&&&pending).ndarray_lockstep_choice()`.
///
/// The four traits have a method of the same name, and are implemented for receivers with different
/// numbers of references. The compiler tries the receivers from the most references to the fewest,
/// and takes the first one whose bounds hold:
///
/// | trait | implemented for | if | `Choice` |
/// |---|---|---|---|
/// | `ByLockstep` | `&&&MacroOperands` | this crate's zip takes all operands | `Lockstep` |
/// | `ByNdarray` | `&&MacroOperands` | ndarray's zip takes all operands | `Ndarray` |
/// | `WithOtherDims` | `&MacroOperands` | ndarray's zip takes each of the operands | `Ndarray` |
/// | `ByNeither` | `MacroOperands` | always | `Lockstep` |
///
/// With the last two traits, one of the operands does not implement `OperandOf`, and the compiler
/// reports that. Their methods return a type that it cannot infer, because it reports no further
/// errors about such a type.
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

    pub trait WithOtherDims: SealedChoice {
        fn ndarray_lockstep_choice<Unknown>(&self) -> Unknown {
            unreachable!("programs with these operands do not compile")
        }
    }

    pub trait ByNeither: SealedChoice {
        fn ndarray_lockstep_choice<Unknown>(&self) -> Unknown {
            unreachable!("programs with these operands do not compile")
        }
    }
}

/// The traits whose method `simd_azip!` calls to choose the order of visits:
/// `(&&pending).ndarray_lockstep_order()`.
///
/// | trait | implemented for | if | order |
/// |---|---|---|---|
/// | `OfSeparateRows` | `&MacroOperands` | no operand has windows of several rows, or the zip is ndarray's | `InOrder` |
/// | `OfSharedRows` | `MacroOperands` | always | `AnyOrderOfNumbers` |
#[doc(hidden)]
pub mod orders {
    use super::{AnyOrderOfNumbers, InOrder, SealedChoice};

    pub trait OfSeparateRows: SealedChoice {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn ndarray_lockstep_order(&self) -> InOrder {
            InOrder
        }
    }

    pub trait OfSharedRows: SealedChoice {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn ndarray_lockstep_order(&self) -> AnyOrderOfNumbers {
            AnyOrderOfNumbers
        }
    }
}

impl<T, Dim> orders::OfSeparateRows for &MacroOperands<T, Ndarray, Dim> {}

impl<T, Choice, Dim> orders::OfSharedRows for MacroOperands<T, Choice, Dim> {}

impl<T, Choice, Dim> SealedChoice for MacroOperands<T, Choice, Dim> {}

impl<T: SealedChoice> SealedChoice for &T {}

impl<T, Dim> choices::ByNeither for MacroOperands<T, Lockstep, Dim> {}

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
#[diagnostic::on_unimplemented(
    message = "the zip cannot take another operand",
    label = "one too many",
    note = "ndarray's rows, lanes, chunks, windows, axis iterators and raw views make it a zip of ndarray, which takes at most six operands, the index included"
)]
pub trait IntoNdarrayIndexed {
    type Zip;

    #[track_caller]
    fn into_ndarray_indexed(self) -> Self::Zip;
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
    pub fn indexed<T: IntoNdarrayIndexed>(self, operands: T) -> T::Zip {
        operands.into_ndarray_indexed()
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

/// Adds an operand to the tuple, which has at most ten.
macro_rules! pending_and {
    ($(($P:ident $p:ident $($other:tt)*))+) => {
        impl<Choice, Dim, $($P),+> MacroOperands<($($P,)+), Choice, Dim> {
            #[cfg_attr(not(debug_assertions), inline(always))]
            pub fn and<Last>(
                self,
                last: MacroOperand<Last, Choice, Dim>,
            ) -> MacroOperands<($($P,)+ Last), Choice, Dim> {
                let ($($p,)+) = self.0;
                MacroOperands(($($p,)+ last.0), PhantomData)
            }
        }
    };
}

for_each_arity! { pending_and, 9 }

impl<Dim, A, B, C, D, E, F, G, H, I, J> MacroOperands<(A, B, C, D, E, F, G, H, I, J), Lockstep, Dim> {
    /// There is no eleventh operand: [`TooMany`] makes it a compiler error. The compiler reports no
    /// further errors about the return type, which it cannot infer.
    pub fn and<Last, Unknown>(self, _: MacroOperand<Last, Lockstep, TooMany>) -> Unknown {
        unreachable!("programs with eleven operands do not compile")
    }
}

/// Makes zips of this crate.
macro_rules! lockstep_zips {
    (($P:ident $p:ident $($first:tt)*) $(($Q:ident $q:ident $($other:tt)*))*) => {
        impl<Dim, $P, $($Q),*> choices::ByLockstep for &&&MacroOperands<($P, $($Q,)*), Lockstep, Dim>
        where
            $P: IntoOperand<Dim = Dim>,
            $($Q: IntoOperand<Dim = Dim>,)*
        {
        }

        impl<Dim, $P, $($Q),*> orders::OfSeparateRows for &MacroOperands<($P, $($Q,)*), Lockstep, Dim>
        where
            $P: IntoOperand<Operand: SeparateRows>,
            $($Q: IntoOperand<Operand: SeparateRows>,)*
        {
        }

        impl<Dim, $P, $($Q),*> IntoLockstep for MacroOperands<($P, $($Q,)*), Lockstep, Dim>
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
        // The message does not list the other numbers of operands.
        #[diagnostic::do_not_recommend]
        impl<Dim, $P, $($Q),*> IntoLockstepIndexed for MacroOperands<($P, $($Q,)*), Lockstep, Dim>
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
        impl<Dim, $P, $($Q),*> choices::ByNdarray for &&MacroOperands<($P, $($Q,)*), Ndarray, Dim>
        where
            $P: IntoNdProducer<Dim = Dim>,
            $($Q: IntoNdProducer<Dim = Dim>,)*
        {
        }

        impl<Dim, $P: IntoNdProducer, $($Q: IntoNdProducer),*> choices::WithOtherDims
            for &MacroOperands<($P, $($Q,)*), Ndarray, Dim>
        {
        }

        impl<Dim, $P, $($Q),*> IntoNdarray for MacroOperands<($P, $($Q,)*), Ndarray, Dim>
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
            pub fn simd_for_each_ordered<Function>(self, f: Function)
            where
                Function: FnMut($P::Item, $($Q::Item),*),
            {
                self.0.for_each(f);
            }

            #[inline(always)]
            pub fn simd_for_each_in<Function>(self, _order: InOrder, f: Function)
            where
                Function: FnMut($P::Item, $($Q::Item),*),
            {
                self.0.for_each(f);
            }

            #[inline(always)]
            pub fn simd_for_each<Function>(self, f: Function)
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

/// Makes zips of ndarray with an index.
macro_rules! ndarray_indexed_zips {
    (($P:ident $p:ident $($first:tt)*) $(($Q:ident $q:ident $($other:tt)*))*) => {
        // The message does not list the other numbers of operands.
        #[diagnostic::do_not_recommend]
        impl<Dim, $P, $($Q),*> IntoNdarrayIndexed for MacroOperands<($P, $($Q,)*), Ndarray, Dim>
        where
            Dim: Dimension + Copy,
            $P: IntoNdProducer<Dim = Dim>,
            $($Q: IntoNdProducer<Dim = Dim>,)*
        {
            type Zip = NdarrayZip<ndarray::Zip<(ndarray::iter::Indices<Dim>, $P::Output, $($Q::Output,)*), Dim>>;

            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn into_ndarray_indexed(self) -> Self::Zip {
                let ($p, $($q,)*) = self.0;
                let $p = $p.into_producer();
                Ndarray.zip(MacroOperands((ndarray::indices($p.raw_dim()), $p, $($q,)*), PhantomData))
            }
        }
    };
}

for_each_arity! { ndarray_indexed_zips, 5 }
