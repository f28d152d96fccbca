//! The bridge to ndarray's own `Zip`, for the producers that this crate cannot walk.
//!
//! ndarray's rows, lanes, chunks, windows, axis iterators and raw views reach their items through
//! methods that are not part of its stable interface. So they cannot be operands of this crate's
//! loops. A zip with such an operand is ndarray's:
//!
//! - [`Zip::from`], [`Zip::indexed`] and [`Zip::and`] return an `ndarray::Zip` for these producers.
//!   The traits [`IntoZip`], [`IntoIndexedZip`] and [`AndOperand`] choose the return type, and
//!   `producers` implements them.
//! - The macros choose for all operands together: see `choose`. They also support generic functions
//!   whose operands are bounded by ndarray's `IntoNdProducer` alone.
//!
//! The module is private. Other crates reach the functions and traits of `choose` that the macros
//! name, and the three traits, which are bounds of public functions. These traits are [sealed].
#![forbid(unsafe_code)]

use ndarray::{Dimension, NdProducer};

use crate::error::refuse_shape;
use crate::operand::{Indices, IntoOperand, Operand, Operands, Push};
use crate::zip::Zip;

pub(crate) mod choose;
mod producers;

/// Supertraits that other crates cannot name, and so cannot implement.
///
/// They repeat the parameters of the traits that they seal. Otherwise a type that implements the
/// open trait [`IntoOperand`] could implement these traits with parameters of its own.
mod sealed {
    #[diagnostic::on_unimplemented(
        message = "only `ndarray_lockstep` implements `IntoZip`, `IntoIndexedZip` and `AndOperand`",
        label = "the trait is sealed",
        note = "implement `ndarray_lockstep::IntoOperand` to use `{Self}` as an operand"
    )]
    pub trait Sealed<Trait, Parts, D> {}

    #[diagnostic::on_unimplemented(
        message = "only `ndarray_lockstep` implements the traits that its macros use",
        label = "the trait is sealed",
        note = "implement `ndarray_lockstep::IntoOperand` to use `{Self}` as an operand"
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

/// The first operand.
impl<Parts, D> Zip<Parts, D> {
    /// Returns a zip of one operand, which sets the shape.
    ///
    /// The operand is anything that implements [`IntoOperand`]. For ndarray's rows, lanes, chunks,
    /// windows, axis iterators and raw views, the result is an [`ndarray::Zip`].
    ///
    /// # Panics
    ///
    /// In the caller's line, if the nonzero lengths of the operand multiply to more than
    /// `isize::MAX`. Arrays are never that large, but slices of zero-sized elements and
    /// [`ndarray::indices`] can be.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn from<IZ: IntoZip<Parts, D>>(operand: IZ) -> IZ::Zip {
        operand.into_zip()
    }

    /// Returns a zip of the index of each cell and one operand, which sets the shape.
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
    /// As [`from`](Zip::from).
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
    /// The operand is anything that implements [`IntoOperand`]. With ndarray's rows, lanes, chunks,
    /// windows, axis iterators and raw views, the zip becomes an [`ndarray::Zip`]. It then takes at
    /// most six operands, all of them arrays, indices or such producers.
    ///
    /// # Panics
    ///
    /// - In the caller's line, if the shape of the operand differs from that of the zip.
    ///   [`try_and`](Self::try_and) returns the error instead.
    /// - In the caller's line, if a producer of ndarray is added to the second half of a
    ///   [split](Self::split) zip with an index, because ndarray's indices begin at 0.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn and<IP>(self, operand: IP) -> IP::Output
    where
        IP: AndOperand<Parts, D>,
    {
        operand.and_operand(self)
    }
}

/// The first operand of a zip: see [`Zip::from`].
///
/// Implemented for everything that implements [`IntoOperand`]; the zip is then this crate's. Also
/// implemented for ndarray's other producers; the zip is then an [`ndarray::Zip`]:
///
/// | producer | from |
/// |---|---|
/// | `Lanes`, `LanesMut` | `rows()`, `columns()`, `lanes(axis)`, and their `_mut` forms |
/// | `AxisIter`, `AxisIterMut` | `axis_iter(axis)`, `outer_iter()`, and their `_mut` forms |
/// | `ExactChunks`, `ExactChunksMut` | `exact_chunks(size)` and its `_mut` form |
/// | `Windows`, `AxisWindows` | `windows(size)`, `windows_with_stride(size, stride)`, `axis_windows(axis, size)` |
/// | `RawArrayView`, `RawArrayViewMut` | `raw_view()`, `raw_view_mut()` |
///
/// The trait is sealed. Other crates implement [`IntoOperand`], which is also a sufficient bound in
/// generic code.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an operand of a lockstep zip",
    label = "not an array, view, slice, windows or indices, nor one of ndarray's producers",
    note = "pass arrays by reference (`&a`, `&mut a`) or as views (`a.view()`, `a.view_mut()`)",
    note = "arrays are those of ndarray 0.17: if the type looks right, `cargo tree -d` shows whether the program has a second version of ndarray",
    note = "in a generic function over ndarray's `IntoNdProducer`, use `azip!`, as `azip!(p, q).for_each(..)` instead of `Zip::from(p).and(q).for_each(..)`, or add the bound `ndarray_lockstep::IntoOperand`"
)]
pub trait IntoZip<Parts, D>: Sealed<sealed::From, Parts, D> + Sized {
    /// The zip of this operand alone. `Parts` are its operands, and `D` is its dimension.
    type Zip;

    #[doc(hidden)]
    #[track_caller]
    fn into_zip(self) -> Self::Zip;
}

/// The first operand of a zip with an index: see [`Zip::indexed`].
///
/// Implemented for everything that implements [`IntoZip`], with one exception that comes from
/// ndarray: its producers must have a static number of dimensions.
///
/// The trait is sealed. Other crates implement [`IntoOperand`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an operand of a lockstep zip with an index",
    label = "not an array, view, slice, windows or indices, nor one of ndarray's producers",
    note = "pass arrays by reference (`&a`, `&mut a`) or as views (`a.view()`, `a.view_mut()`)",
    note = "arrays are those of ndarray 0.17: if the type looks right, `cargo tree -d` shows whether the program has a second version of ndarray",
    note = "in a generic function over ndarray's `IntoNdProducer`, use `azip!((index i, p in p, q in q) ..)` instead of `Zip::indexed(p).and(q).for_each(|i, p, q| ..)`, or add the bound `ndarray_lockstep::IntoOperand`"
)]
pub trait IntoIndexedZip<Parts, D>: Sealed<sealed::Indexed, Parts, D> + Sized {
    /// The zip of the index and this operand. `Parts` are its operands, and `D` is its dimension.
    type Zip;

    #[doc(hidden)]
    #[track_caller]
    fn into_indexed_zip(self) -> Self::Zip;
}

/// The zips whose first operand is `Self`: `Zip<(Self,), D>`, and the one with an index.
///
/// This trait and [`Next`] reduce the number of compiler errors to one. If `T` is not an operand,
/// the compiler cannot infer `T::Operand`, nor a zip that is a projection of it. It reports no
/// errors about the methods of a type that it cannot infer. With the explicit return type
/// `Zip<(T::Operand,), D>`, the expression `Zip::from(p).and(q).for_each(f)` in a function generic
/// over `IntoNdProducer` gave three errors. The last one listed ten methods `for_each`.
pub trait First<D> {
    type Zip;
    type IndexedZip;
}

impl<P: Operand, D> First<D> for P {
    type Zip = Zip<(P,), D>;
    type IndexedZip = Zip<(Indices<D>, P), D>;
}

/// The zip of `Parts` and an operand after them: see [`First`].
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

/// An operand that can be added to a zip of `Parts`: see [`Zip::and`].
///
/// Implemented for
///
/// - everything that implements [`IntoOperand`], if `Parts` has at most nine members;
/// - ndarray's other producers, which [`IntoZip`] lists, if `Parts` has at most five members, each
///   of them an array or an index. The zip is then an [`ndarray::Zip`].
///
/// The trait is sealed. Other crates implement [`IntoOperand`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an operand of this lockstep zip",
    label = "not an array, view, slice, windows or indices; and not one of ndarray's producers beside operands that ndarray takes",
    note = "pass arrays by reference (`&a`, `&mut a`) or as views (`a.view()`, `a.view_mut()`)",
    note = "arrays are those of ndarray 0.17: if the type looks right, `cargo tree -d` shows whether the program has a second version of ndarray",
    note = "ndarray's rows, lanes, chunks, windows, axis iterators and raw views are walked by ndarray's own `Zip`, together with arrays: at most six operands, none of them from `array_windows`",
    note = "in a generic function over ndarray's `IntoNdProducer`, use `azip!`, as `azip!(p, q).for_each(..)` instead of `Zip::from(p).and(q).for_each(..)`, or add the bound `ndarray_lockstep::IntoOperand`"
)]
pub trait AndOperand<Parts, D>: Sealed<sealed::And, Parts, D> + Sized {
    /// The zip with `Self` as its last operand.
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

/// Panics if a producer of ndarray has a shape other than `dim`. As in a zip of this crate, the
/// panic is in the caller's line and gives the number of the operand.
#[cfg_attr(not(debug_assertions), inline(always))]
#[track_caller]
fn check_shape<P: NdProducer>(number: usize, producer: &P, dim: &P::Dim) {
    let shape = producer.raw_dim();
    if shape != *dim {
        refuse_shape(number, &shape, dim);
    }
}
