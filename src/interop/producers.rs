//! The producers of ndarray that are not operands of this crate.
//!
//! A zip of this crate becomes an [`ndarray::Zip`] when such a producer is added to it. Its other
//! operands are converted to ndarray's producers.
#![forbid(unsafe_code)]

use ndarray::iter::{AxisIter, AxisIterMut, AxisWindows, ExactChunks, ExactChunksMut, Lanes, LanesMut, Windows};
use ndarray::{ArrayView, ArrayViewMut, Dimension, Ix1, NdProducer, RawArrayView, RawArrayViewMut};

use super::sealed::{self, Sealed};
use super::{AndOperand, IntoIndexedZip, IntoZip, check_shape};
use crate::operand::{Indices, for_each_arity};
use crate::zip::Zip;

/// Operands of a zip of this crate that can be converted to an [`ndarray::Zip`] together with `P`.
#[diagnostic::on_unimplemented(
    message = "`{P}` is one operand too many for this zip",
    label = "this operand makes it a zip of ndarray, which takes at most six operands, the index included",
    note = "a zip over arrays, views, slices and `array_windows` alone is one of this crate, and takes at most ten"
)]
pub trait AndProducer<P, D> {
    type Output;

    #[track_caller]
    fn and_producer(self, dim: &D, producer: P) -> Self::Output;
}

/// An operand of this crate that can be converted to a producer of ndarray.
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

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn into_array_producer(self) -> Self {
        self
    }
}

impl<A, D: Dimension> AsProducer for ArrayViewMut<'_, A, D> {
    type Producer = Self;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn into_array_producer(self) -> Self {
        self
    }
}

impl<D: Dimension + Copy> AsProducer for Indices<D> {
    type Producer = ndarray::iter::Indices<D>;

    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn into_array_producer(self) -> Self::Producer {
        ndarray::indices(self.into_whole_shape())
    }
}

/// Converts the operands of a zip of this crate to an [`ndarray::Zip`].
macro_rules! and_producer {
    (($P:ident $p:ident $($first:tt)*) $(($Q:ident $q:ident $($other:tt)*))*) => {
        impl<Last, Dim, $P, $($Q),*> AndProducer<Last, Dim> for ($P, $($Q,)*)
        where
            Dim: Dimension,
            $P: AsProducer<Producer: NdProducer<Dim = Dim>>,
            $($Q: AsProducer<Producer: NdProducer<Dim = Dim>>,)*
            Last: NdProducer<Dim = Dim>,
        {
            type Output = ndarray::Zip<($P::Producer, $($Q::Producer,)* Last), Dim>;

            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn and_producer(self, dim: &Dim, producer: Last) -> Self::Output {
                check_shape([stringify!($P), $(stringify!($Q)),*].len() + 1, &producer, dim);
                let ($p, $($q,)*) = self;
                ndarray::Zip::from($p.into_array_producer())$(.and($q.into_array_producer()))*.and(producer)
            }
        }
    };
}

for_each_arity! { and_producer, 5 }

/// Implements the traits of `interop` for producers of ndarray. Each line gives the generics, the
/// type, and the type of the shape.
macro_rules! producers {
    ($([$($generics:tt)*] $Producer:ty, $Dim:ty;)+) => {$(
        impl<$($generics)*> Sealed<sealed::From, (Self,), $Dim> for $Producer {}
        impl<$($generics)*> Sealed<sealed::Indexed, (ndarray::iter::Indices<$Dim>, Self), $Dim> for $Producer where $Dim: Copy {}
        impl<$($generics)*, Parts: AndProducer<Self, $Dim>> Sealed<sealed::And, Parts, $Dim> for $Producer {}

        impl<$($generics)*> IntoZip<(Self,), $Dim> for $Producer {
            type Zip = ndarray::Zip<(Self,), $Dim>;

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
