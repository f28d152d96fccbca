//! Where this crate's loops do not reach: ndarray's own `Zip`.
//!
//! ndarray's rows, lanes, chunks, windows, axis iterators and raw views lead to their items by methods that are no part of its stable
//! interface, so they cannot be operands of this crate's loops. A zip that meets one of them is ndarray's from then on: [`Zip::from`],
//! [`Zip::indexed`] and [`Zip::and`] return `ndarray::Zip`, with ndarray's methods ([`IntoZip`], [`AndOperand`]). The macros do the same
//! for every operand that ndarray takes and this crate does not, that of a generic function included: they hold all operands in a
//! [`Pending`] value and choose by the order in which the compiler looks for a method ([`ways`]).
//! All of it is safe code, and called by `zip.rs` and the macros only.
//!
//! The module is private. Other crates reach [`Pending`] and [`ways`], which the macros name, and
//! [`IntoZip`], [`IntoIndexedZip`] and [`AndOperand`], which are bounds of public functions. These
//! traits are [sealed].
#![forbid(unsafe_code)]

use ndarray::iter::{AxisIter, AxisIterMut, AxisWindows, ExactChunks, ExactChunksMut, Lanes, LanesMut, Windows};
use ndarray::{ArrayView, ArrayViewMut, Dimension, IntoNdProducer, Ix1, NdProducer, RawArrayView, RawArrayViewMut};

use crate::operand::{Indices, IntoOperand, Operand, Operands, Push};
use crate::zip::{self, Zip};

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
    pub trait SealedWay {}

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
use sealed::{Sealed, SealedWay};

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

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn into_zip(self) -> Self::Zip {
        Zip::of(self)
    }
}

impl<T: IntoOperand> Sealed<sealed::Indexed, (Indices<T::Dim>, T::Operand), T::Dim> for T {}

impl<T: IntoOperand> IntoIndexedZip<(Indices<T::Dim>, T::Operand), T::Dim> for T {
    type Zip = <T::Operand as First<T::Dim>>::IndexedZip;

    #[cfg_attr(debug_assertions, inline)]
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

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn and_operand(self, zip: Zip<Parts, D>) -> Self::Output {
        zip.and_same_shape(self)
    }
}

/// Operands of a zip of this crate that can go on as a zip of ndarray, with `P` beside them.
#[diagnostic::on_unimplemented(
    message = "this zip has no room for `{P}`",
    label = "this operand makes it a zip of ndarray, which takes at most six operands, the index included",
    note = "what this crate's own loops walk, arrays, views, slices and `array_windows`, may be ten"
)]
pub trait AndProducer<P, D> {
    type Output;

    #[track_caller]
    fn and_producer(self, dim: &D, producer: P) -> Self::Output;
}

/// An operand of this crate that is one of ndarray's producers, too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be walked beside one of ndarray's producers",
    label = "rows, lanes, chunks, ndarray's windows and raw views make this a zip of ndarray, which does not take all operands of the zip",
    note = "for several windows in one zip, take all of them from `array_windows::<K, L>()`, or all from ndarray's `windows`"
)]
pub trait AsProducer {
    type Producer: NdProducer<Dim: Dimension>;

    fn into_array_producer(self) -> Self::Producer;
}

impl<A, D: Dimension> AsProducer for ArrayView<'_, A, D> {
    type Producer = Self;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn into_array_producer(self) -> Self {
        self
    }
}

impl<A, D: Dimension> AsProducer for ArrayViewMut<'_, A, D> {
    type Producer = Self;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn into_array_producer(self) -> Self {
        self
    }
}

impl<D: Dimension + Copy> AsProducer for Indices<D> {
    type Producer = ndarray::iter::Indices<D>;

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn into_array_producer(self) -> Self::Producer {
        ndarray::indices(self.into_whole_shape())
    }
}

/// Fails as a zip of this crate does where a producer of ndarray's has another shape than `dim`: in the caller's line, and with its number.
#[cfg_attr(debug_assertions, inline)]
#[cfg_attr(not(debug_assertions), inline(always))]
#[track_caller]
fn check_shape<P: NdProducer>(number: usize, producer: &P, dim: &P::Dim) {
    let shape = producer.raw_dim();
    if shape != *dim {
        zip::refuse_shape(zip::shape_error(number, &shape, dim, false));
    }
}

/// How operands go on as a zip of ndarray, a line for every number of them that has room for another one.
macro_rules! and_producer {
    ($([$P:ident $p:ident $(, $Q:ident $q:ident)*])+) => {$(
        impl<Last, Dim, $P, $($Q),*> AndProducer<Last, Dim> for ($P, $($Q,)*)
        where
            Dim: Dimension,
            $P: AsProducer<Producer: NdProducer<Dim = Dim>>,
            $($Q: AsProducer<Producer: NdProducer<Dim = Dim>>,)*
            Last: NdProducer<Dim = Dim>,
        {
            type Output = ndarray::Zip<($P::Producer, $($Q::Producer,)* Last), Dim>;

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn and_producer(self, dim: &Dim, producer: Last) -> Self::Output {
                check_shape([stringify!($P), $(stringify!($Q)),*].len() + 1, &producer, dim);
                let ($p, $($q,)*) = self;
                ndarray::Zip::from($p.into_array_producer())$(.and($q.into_array_producer()))*.and(producer)
            }
        }
    )+};
}

and_producer! {
    [A a]
    [A a, B b]
    [A a, B b, C c]
    [A a, B b, C c, D d]
    [A a, B b, C c, D d, E e]
}

/// The producers of ndarray that are no operands of this crate: generics, type, and number of dimensions.
macro_rules! producers {
    ($([$($generics:tt)*] $Producer:ty, $Dim:ty;)+) => {$(
        impl<$($generics)*> Sealed<sealed::From, (Self,), $Dim> for $Producer {}
        impl<$($generics)*> Sealed<sealed::Indexed, (ndarray::iter::Indices<$Dim>, Self), $Dim> for $Producer where $Dim: Copy {}
        impl<$($generics)*, Parts: AndProducer<Self, $Dim>> Sealed<sealed::And, Parts, $Dim> for $Producer {}

        impl<$($generics)*> IntoZip<(Self,), $Dim> for $Producer {
            type Zip = ndarray::Zip<(Self,), $Dim>;

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn into_zip(self) -> Self::Zip {
                ndarray::Zip::from(self)
            }
        }

        impl<$($generics)*> IntoIndexedZip<(ndarray::iter::Indices<$Dim>, Self), $Dim> for $Producer
        where
            $Dim: Copy,
        {
            type Zip = ndarray::Zip<(ndarray::iter::Indices<$Dim>, Self), $Dim>;

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn into_indexed_zip(self) -> Self::Zip {
                ndarray::Zip::indexed(self)
            }
        }

        impl<$($generics)*, Parts> AndOperand<Parts, $Dim> for $Producer
        where
            Parts: AndProducer<Self, $Dim>,
        {
            type Output = Parts::Output;

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn and_operand(self, zip: Zip<Parts, $Dim>) -> Self::Output {
                let (parts, dim) = zip.into_parts();
                parts.and_producer(&dim, self)
            }
        }
    )+};
}

producers! {
    ['a, A, D: Dimension] Lanes<'a, A, D>, D;
    ['a, A, D: Dimension] LanesMut<'a, A, D>, D;
    ['a, A, D: Dimension] AxisIter<'a, A, D>, Ix1;
    ['a, A, D: Dimension] AxisIterMut<'a, A, D>, Ix1;
    ['a, A, D: Dimension] ExactChunks<'a, A, D>, D;
    ['a, A, D: Dimension] ExactChunksMut<'a, A, D>, D;
    ['a, A, D: Dimension] Windows<'a, A, D>, D;
    ['a, A, D: Dimension] AxisWindows<'a, A, D>, Ix1;
    [A, D: Dimension] RawArrayView<A, D>, D;
    [A, D: Dimension] RawArrayViewMut<A, D>, D;
}

/// The operands of a call of a macro, before it is known whose zip will take them.
#[doc(hidden)]
#[derive(Debug)]
pub struct Pending<Operands>(Operands);

/// The way of zips of this crate.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Ours;

/// The way of zips of ndarray.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Theirs;

/// How a macro chooses between the zips of this crate and of ndarray.
///
/// It calls `(&&&pending).ndarray_lockstep_way()`. The compiler looks for a method of a
/// `&&&Pending` first, then of a `&&Pending`, then of a `&Pending`, and takes the first one whose
/// bounds hold: this crate's zip if it takes all operands, otherwise ndarray's if that does, and
/// otherwise this crate's, which reports the error.
#[doc(hidden)]
pub mod ways {
    use super::{Ours, SealedWay, Theirs};

    pub trait ForUs: SealedWay {
        #[cfg_attr(debug_assertions, inline)]
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn ndarray_lockstep_way(&self) -> Ours {
            Ours
        }
    }

    pub trait ForThem: SealedWay {
        #[cfg_attr(debug_assertions, inline)]
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn ndarray_lockstep_way(&self) -> Theirs {
            Theirs
        }
    }

    pub trait Otherwise: SealedWay {
        #[cfg_attr(debug_assertions, inline)]
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn ndarray_lockstep_way(&self) -> Ours {
            Ours
        }
    }
}

impl<T> SealedWay for Pending<T> {}

impl<T: SealedWay> SealedWay for &T {}

impl<T> ways::Otherwise for Pending<T> {}

/// Operands that a zip of this crate takes.
pub trait IntoOurs {
    type Zip;

    #[track_caller]
    fn into_ours(self) -> Self::Zip;
}

/// Operands that a zip of this crate takes beside an index.
#[diagnostic::on_unimplemented(
    message = "the zip has no room for another operand",
    label = "one too many",
    note = "a zip takes at most ten operands, the index included"
)]
pub trait IntoOurIndexed {
    type Zip;

    #[track_caller]
    fn into_our_indexed(self) -> Self::Zip;
}

/// Operands that a zip of ndarray takes.
pub trait IntoTheirs {
    type Zip;

    #[track_caller]
    fn into_theirs(self) -> Self::Zip;
}

/// Operands that a zip of ndarray takes beside an index: the first of them says what it is the
/// index of.
pub trait WithIndex {
    type Output;

    fn with_index(self) -> Self::Output;
}

impl Ours {
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn zip<T: IntoOurs>(self, operands: T) -> T::Zip {
        operands.into_ours()
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn indexed<T: IntoOurIndexed>(self, operands: T) -> T::Zip {
        operands.into_our_indexed()
    }

    /// The zip that the macros give where they have no body.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn bare<T: IntoOurs>(self, operands: T) -> T::Zip {
        operands.into_ours()
    }
}

impl Theirs {
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn zip<T: IntoTheirs>(self, operands: T) -> Walked<T::Zip> {
        Walked(operands.into_theirs())
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn indexed<T: WithIndex<Output: IntoTheirs>>(self, operands: T) -> Walked<<T::Output as IntoTheirs>::Zip> {
        self.zip(operands.with_index())
    }

    /// The zip that the macros give where they have no body.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn bare<T: IntoTheirs>(self, operands: T) -> T::Zip {
        operands.into_theirs()
    }
}

/// A zip of ndarray that has the methods which the macros call.
#[doc(hidden)]
#[derive(Debug)]
pub struct Walked<Z>(Z);

impl<A> Pending<(A,)> {
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn of(first: A) -> Self {
        Pending((first,))
    }
}

/// How operands are held, a line for every number of them that has room for another one.
macro_rules! pending_and {
    ($([$($P:ident $p:ident),+])+) => {$(
        impl<$($P),+> Pending<($($P,)+)> {
            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            pub fn and<Last>(self, last: Last) -> Pending<($($P,)+ Last)> {
                let ($($p,)+) = self.0;
                Pending(($($p,)+ last))
            }
        }
    )+};
}

pending_and! {
    [A a]
    [A a, B b]
    [A a, B b, C c]
    [A a, B b, C c, D d]
    [A a, B b, C c, D d, E e]
    [A a, B b, C c, D d, E e, F f]
    [A a, B b, C c, D d, E e, F f, G g]
    [A a, B b, C c, D d, E e, F f, G g, H h]
    [A a, B b, C c, D d, E e, F f, G g, H h, I i]
}

/// Nothing: there is no eleventh operand.
#[diagnostic::on_unimplemented(
    message = "the zip has no room for another operand",
    label = "one too many",
    note = "a zip takes at most ten operands, the index included"
)]
pub trait Eleventh {}

impl<A, B, C, D, E, F, G, H, I, J> Pending<(A, B, C, D, E, F, G, H, I, J)> {
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn and<Last: Eleventh>(self, _: Last) -> Self {
        self
    }
}

/// Zips of this crate, a line for every number of operands.
macro_rules! ours {
    ($([$P:ident $p:ident $(, $Q:ident $q:ident)*])+) => {$(
        impl<$P: IntoOperand, $($Q: IntoOperand),*> ways::ForUs for &&Pending<($P, $($Q,)*)> {}

        impl<Dim, $P, $($Q),*> IntoOurs for Pending<($P, $($Q,)*)>
        where
            Dim: Dimension,
            $P: IntoOperand<Dim = Dim>,
            $($Q: IntoOperand<Dim = Dim>,)*
        {
            type Zip = Zip<($P::Operand, $($Q::Operand,)*), Dim>;

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn into_ours(self) -> Self::Zip {
                let ($p, $($q,)*) = self.0;
                Zip::of($p)$(.and_same_shape($q))*
            }
        }
    )+};
}

ours! {
    [A a]
    [A a, B b]
    [A a, B b, C c]
    [A a, B b, C c, D d]
    [A a, B b, C c, D d, E e]
    [A a, B b, C c, D d, E e, F f]
    [A a, B b, C c, D d, E e, F f, G g]
    [A a, B b, C c, D d, E e, F f, G g, H h]
    [A a, B b, C c, D d, E e, F f, G g, H h, I i]
    [A a, B b, C c, D d, E e, F f, G g, H h, I i, J j]
}

/// Zips of this crate with an index, a line for every number of operands beside it.
macro_rules! our_indexed {
    ($([$P:ident $p:ident $(, $Q:ident $q:ident)*])+) => {$(
        impl<Dim, $P, $($Q),*> IntoOurIndexed for Pending<($P, $($Q,)*)>
        where
            Dim: Dimension,
            $P: IntoOperand<Dim = Dim>,
            $($Q: IntoOperand<Dim = Dim>,)*
        {
            type Zip = Zip<(Indices<Dim>, $P::Operand, $($Q::Operand,)*), Dim>;

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn into_our_indexed(self) -> Self::Zip {
                let ($p, $($q,)*) = self.0;
                Zip::of_index_and($p)$(.and_same_shape($q))*
            }
        }
    )+};
}

our_indexed! {
    [A a]
    [A a, B b]
    [A a, B b, C c]
    [A a, B b, C c, D d]
    [A a, B b, C c, D d, E e]
    [A a, B b, C c, D d, E e, F f]
    [A a, B b, C c, D d, E e, F f, G g]
    [A a, B b, C c, D d, E e, F f, G g, H h]
    [A a, B b, C c, D d, E e, F f, G g, H h, I i]
}

/// Zips of ndarray, a line for every number of operands.
macro_rules! theirs {
    ($([$P:ident $p:ident $(, $Q:ident $q:ident)*])+) => {$(
        impl<$P: IntoNdProducer, $($Q: IntoNdProducer),*> ways::ForThem for &Pending<($P, $($Q,)*)> {}

        impl<Dim, $P, $($Q),*> IntoTheirs for Pending<($P, $($Q,)*)>
        where
            Dim: Dimension,
            $P: IntoNdProducer<Dim = Dim>,
            $($Q: IntoNdProducer<Dim = Dim>,)*
        {
            type Zip = ndarray::Zip<($P::Output, $($Q::Output,)*), Dim>;

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn into_theirs(self) -> Self::Zip {
                let ($p, $($q,)*) = self.0;
                let $p = $p.into_producer();
                $(let $q = $q.into_producer();)*
                let _number = 1;
                $(
                    let _number = _number + 1;
                    check_shape(_number, &$q, &$p.raw_dim());
                )*
                ndarray::Zip::from($p)$(.and($q))*
            }
        }

        impl<Dim, $P, $($Q),*> Walked<ndarray::Zip<($P, $($Q,)*), Dim>>
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
    )+};
}

theirs! {
    [A a]
    [A a, B b]
    [A a, B b, C c]
    [A a, B b, C c, D d]
    [A a, B b, C c, D d, E e]
    [A a, B b, C c, D d, E e, F f]
}

/// How an index is put before the operands of a zip of ndarray, a line for every number of them.
macro_rules! with_index {
    ($([$P:ident $p:ident $(, $Q:ident $q:ident)*])+) => {$(
        impl<Dim, $P, $($Q),*> WithIndex for Pending<($P, $($Q,)*)>
        where
            Dim: Dimension + Copy,
            $P: IntoNdProducer<Dim = Dim>,
        {
            type Output = Pending<(ndarray::iter::Indices<Dim>, $P::Output, $($Q,)*)>;

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn with_index(self) -> Self::Output {
                let ($p, $($q,)*) = self.0;
                let $p = $p.into_producer();
                Pending((ndarray::indices($p.raw_dim()), $p, $($q,)*))
            }
        }
    )+};
}

with_index! {
    [A a]
    [A a, B b]
    [A a, B b, C c]
    [A a, B b, C c, D d]
    [A a, B b, C c, D d, E e]
}
