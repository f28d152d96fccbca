//! Where this crate's loops do not reach: ndarray's own `Zip`.
//!
//! ndarray's rows, lanes, chunks, windows, axis iterators and raw views lead to their items by methods that are no part of its stable
//! interface, so they cannot be operands of this crate's loops. A zip that meets one of them is ndarray's from then on: [`Zip::from`],
//! [`Zip::indexed`] and [`Zip::and`] return `ndarray::Zip`, with ndarray's methods ([`IntoZip`], [`AndOperand`]). The macros do the same
//! for every operand that ndarray takes and this crate does not, that of a generic function included: they hold all operands in a
//! [`MacroOperands`] value and choose by the order in which the compiler looks for a method ([`choices`]).
//! All of it is safe code, and called by `zip.rs` and the macros only.
//!
//! The module is private. Other crates reach [`MacroOperands`] and [`choices`], which the macros name, and
//! [`IntoZip`], [`IntoIndexedZip`] and [`AndOperand`], which are bounds of public functions. These
//! traits are [sealed].
#![forbid(unsafe_code)]

use ndarray::{Dimension, NdProducer};

use crate::error::{Culprit, refuse, shape_error};
use crate::operand::{Indices, IntoOperand, Operand, Operands, Push};
use crate::zip::Zip;

pub(crate) mod choose;
mod producers;

/// Supertraits that other crates cannot name, and so cannot implement.
///
/// Those of the public traits repeat the parameters of their trait. Otherwise a type that
/// implements the open trait [`IntoOperand`] could implement the others with parameters of its own.
mod sealed {
    #[diagnostic::on_unimplemented(
        message = "only `ndarray_lockstep` implements `IntoZip`, `IntoIndexedZip` and `AndOperand`",
        label = "the trait is sealed",
        note = "implement `ndarray_lockstep::IntoOperand`, and `{Self}` may stand in every zip"
    )]
    pub trait Sealed<Trait, Parts, D> {}

    #[diagnostic::on_unimplemented(
        message = "only `ndarray_lockstep` implements the traits that its macros use",
        label = "the trait is sealed",
        note = "implement `ndarray_lockstep::IntoOperand`, and `{Self}` may stand in every zip"
    )]
    pub trait SealedChoice {}

    /// The `Trait` of [`IntoZip`](super::IntoZip).
    #[derive(Debug)]
    pub enum From {}
    /// The `Trait` of [`IntoIndexedZip`](super::IntoIndexedZip).
    #[derive(Debug)]
    pub enum Indexed {}
    /// The `Trait` of [`AndOperand`](super::AndOperand).
    #[derive(Debug)]
    pub enum And {}
}

use sealed::Sealed;

/// How a zip begins.
impl<Parts, D> Zip<Parts, D> {
    /// A zip of one operand, which sets the shape.
    ///
    /// It is ndarray's [`Zip`](ndarray::Zip) for those of ndarray's producers that are no operands of this crate: rows, lanes, chunks, its
    /// windows, axis iterators, raw views.
    ///
    /// # Panics
    ///
    /// In the caller's line, if the operand's lengths, those that are 0 left out, multiply to more than `isize::MAX`: a slice of
    /// zero-sized elements or [`ndarray::indices`] can be as large, arrays cannot.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn from<IZ: IntoZip<Parts, D>>(operand: IZ) -> IZ::Zip {
        operand.into_zip()
    }

    /// A zip of the index of each cell and one operand, which sets the shape.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_lockstep::Zip;
    ///
    /// let mut table = Array2::zeros((3, 4));
    /// Zip::indexed(&mut table).for_each(|(i, j), cell| *cell = i * j);
    /// assert_eq!(table[[2, 3]], 6);
    /// ```
    ///
    /// # Panics
    ///
    /// As [`from`](Zip::from) does.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn indexed<IZ: IntoIndexedZip<Parts, D>>(operand: IZ) -> IZ::Zip {
        operand.into_indexed_zip()
    }
}

impl<Parts, D> Zip<Parts, D>
where
    Parts: Operands<Dim = D>,
    D: Dimension,
{
    /// Adds an operand of the same shape.
    ///
    /// The zip becomes ndarray's [`Zip`](ndarray::Zip) with one of those of ndarray's producers that are no operands of this crate: rows, lanes,
    /// chunks, its windows, axis iterators, raw views.
    ///
    /// # Panics
    ///
    /// In the caller's line, if the operand's shape is not the zip's. [`try_and`](Self::try_and) returns the error instead. And if one of
    /// ndarray's producers is added to the second half of a [split](Self::split) zip with an index: ndarray's indices begin at 0.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn and<IP>(self, operand: IP) -> IP::Output
    where
        IP: AndOperand<Parts, D>,
    {
        operand.and_operand(self)
    }
}

/// What a zip may begin with: see [`Zip::from`].
///
/// Implemented for everything that is [`IntoOperand`], which makes a [`Zip`] of this crate, and for ndarray's other producers, which
/// make a [`ndarray::Zip`]:
///
/// | producer | from |
/// |---|---|
/// | [`Lanes`], [`LanesMut`] | `rows()`, `columns()`, `lanes(axis)`, and their `_mut` |
/// | [`AxisIter`], [`AxisIterMut`] | `axis_iter(axis)`, `outer_iter()`, and their `_mut` |
/// | [`ExactChunks`], [`ExactChunksMut`] | `exact_chunks(size)` and its `_mut` |
/// | [`Windows`], [`AxisWindows`] | `windows(size)`, `windows_with_stride(size, stride)`, `axis_windows(axis, size)` |
/// | [`RawArrayView`], [`RawArrayViewMut`] | `raw_view()`, `raw_view_mut()` |
///
/// In generic code bounds on [`IntoOperand`] are enough.
///
/// The trait is sealed: other crates implement [`IntoOperand`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an operand of a lockstep zip",
    label = "not an array, view, slice, windows or indices, nor one of ndarray's producers",
    note = "pass arrays by reference (`&a`, `&mut a`) or as views (`a.view()`, `a.view_mut()`)",
    note = "in a generic function over ndarray's `IntoNdProducer`, use `azip!`, as `azip!(p, q).for_each(..)` instead of `Zip::from(p).and(q).for_each(..)`, or add the bound `ndarray_lockstep::IntoOperand`"
)]
pub trait IntoZip<Parts, D>: Sealed<sealed::From, Parts, D> + Sized {
    /// The zip of this operand alone: of `Parts`, with the dimension `D`.
    type Zip;

    #[doc(hidden)]
    #[track_caller]
    fn into_zip(self) -> Self::Zip;
}

/// What a zip with an index may begin with: see [`Zip::indexed`].
///
/// Implemented for what is [`IntoZip`]; where the zip is ndarray's, only for numbers of dimensions that are known when the program is
/// compiled, as with ndarray.
///
/// The trait is sealed: other crates implement [`IntoOperand`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an operand of a lockstep zip with an index",
    label = "not an array, view, slice, windows or indices, nor one of ndarray's producers",
    note = "pass arrays by reference (`&a`, `&mut a`) or as views (`a.view()`, `a.view_mut()`)",
    note = "in a generic function over ndarray's `IntoNdProducer`, use `azip!((index i, p in p, q in q) ..)` instead of `Zip::indexed(p).and(q).for_each(|i, p, q| ..)`, or add the bound `ndarray_lockstep::IntoOperand`"
)]
pub trait IntoIndexedZip<Parts, D>: Sealed<sealed::Indexed, Parts, D> + Sized {
    /// The zip of the index of each cell and this operand: of `Parts`, with the dimension `D`.
    type Zip;

    #[doc(hidden)]
    #[track_caller]
    fn into_indexed_zip(self) -> Self::Zip;
}

/// The zips that an operand begins: `Zip<(Self,), D>`, and the one with an index.
///
/// This trait and [`Next`] exist for the compiler's messages. If `T` is no operand, the compiler
/// cannot infer `T::Operand`, nor a zip that is a projection of it, and it reports no errors about
/// methods of a type that it cannot infer. Thus one error is left. With `Zip<(T::Operand,), D>`
/// written out, `Zip::from(p).and(q).for_each(f)` in a function over [`IntoNdProducer`] gave three
/// errors. The last one listed ten methods `for_each`.
pub trait First<D> {
    type Zip;
    type IndexedZip;
}

impl<P: Operand, D> First<D> for P {
    type Zip = Zip<(P,), D>;
    type IndexedZip = Zip<(Indices<D>, P), D>;
}

/// The zip of `Parts` and an operand behind them: see [`First`].
pub trait Next<Parts, D> {
    type Zip;
}

impl<P, Parts, D> Next<Parts, D> for P
where
    P: Push<Parts>,
    Parts: Operands,
{
    type Zip = Zip<P::Output, D>;
}

impl<T: IntoOperand> Sealed<sealed::From, (T::Operand,), T::Dim> for T {}

impl<T: IntoOperand> IntoZip<(T::Operand,), T::Dim> for T {
    type Zip = <T::Operand as First<T::Dim>>::Zip;

    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn into_zip(self) -> Self::Zip {
        Zip::of(self)
    }
}

impl<T: IntoOperand> Sealed<sealed::Indexed, (Indices<T::Dim>, T::Operand), T::Dim> for T {}

impl<T: IntoOperand> IntoIndexedZip<(Indices<T::Dim>, T::Operand), T::Dim> for T {
    type Zip = <T::Operand as First<T::Dim>>::IndexedZip;

    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn into_indexed_zip(self) -> Self::Zip {
        Zip::of_index_and(self)
    }
}

/// What may be added to a zip of `Parts`: see [`Zip::and`].
///
/// Implemented for everything that is [`IntoOperand`], as long as there are at most nine in `Parts`; and for ndarray's other producers, which
/// [`IntoZip`] lists, where `Parts` are arrays and at most five: then the zip is ndarray's.
///
/// The trait is sealed: other crates implement [`IntoOperand`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an operand of this lockstep zip",
    label = "not an array, view, slice, windows or indices; and not one of ndarray's producers beside operands that ndarray takes",
    note = "pass arrays by reference (`&a`, `&mut a`) or as views (`a.view()`, `a.view_mut()`)",
    note = "ndarray's rows, lanes, chunks, windows, axis iterators and raw views are walked by ndarray's own `Zip`, beside arrays and each other: at most six operands, none of them from `array_windows`",
    note = "in a generic function over ndarray's `IntoNdProducer`, use `azip!`, as `azip!(p, q).for_each(..)` instead of `Zip::from(p).and(q).for_each(..)`, or add the bound `ndarray_lockstep::IntoOperand`"
)]
pub trait AndOperand<Parts, D>: Sealed<sealed::And, Parts, D> + Sized {
    /// The zip with `Self` behind its other operands.
    type Output;

    #[doc(hidden)]
    #[track_caller]
    fn and_operand(self, zip: Zip<Parts, D>) -> Self::Output;
}

impl<T, Parts, D> Sealed<sealed::And, Parts, D> for T
where
    T: IntoOperand<Dim = D>,
    T::Operand: Push<Parts>,
    Parts: Operands<Dim = D>,
    D: Dimension,
{
}

impl<T, Parts, D> AndOperand<Parts, D> for T
where
    T: IntoOperand<Dim = D>,
    T::Operand: Push<Parts>,
    Parts: Operands<Dim = D>,
    D: Dimension,
{
    type Output = <T::Operand as Next<Parts, D>>::Zip;

    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn and_operand(self, zip: Zip<Parts, D>) -> Self::Output {
        zip.and_same_shape(self)
    }
}

/// Fails as a zip of this crate does where a producer of ndarray's has another shape than `dim`: in the caller's line, and with its number.
#[cfg_attr(not(debug_assertions), inline(always))]
#[track_caller]
fn check_shape<P: NdProducer>(number: usize, producer: &P, dim: &P::Dim) {
    let shape = producer.raw_dim();
    if shape != *dim {
        refuse(&shape_error(Culprit::Operand, number, &shape, dim));
    }
}
