//! The implementations of [`IntoOperand`]: how views, arrays, slices, vectors and indices become
//! operands.
//!
//! An operand is one of the arrays of a zip, or its indices. [`Zip`](crate::Zip) calls these
//! conversions when an operand is added. They promise that every operand has a shape that an array
//! can have.
#![forbid(unsafe_code)]

use alloc::vec::Vec;

use ndarray::{
    ArrayBase, ArrayRef, ArrayView, ArrayView1, ArrayViewMut, ArrayViewMut1, Data, DataMut, Dimension, Ix1, IxDyn,
    NdProducer,
};

use super::{Indices, IntoOperand};
use crate::kernel::plan;

/// Returns the shape of a slice if it has more elements than any array has cells.
#[inline(always)]
fn too_long<A>(slice: &[A]) -> Option<IxDyn> {
    // An allocation has at most `isize::MAX` bytes, so only elements of size zero can be that many.
    if const { size_of::<A>() == 0 } { too_many(&Ix1(slice.len())) } else { None }
}

/// Returns `dim` if it has more indices than any array has cells.
#[inline]
fn too_many<D: Dimension>(dim: &D) -> Option<IxDyn> {
    (!plan::is_countable(dim)).then(|| plan::dynamic(dim))
}

/// Implements [`IntoOperand`] for types that convert to `$operand` by `$convert`. `$uncountable`
/// returns the shape if it is too large for an array.
macro_rules! into_operand {
    ($(
        [$($generics:tt)*] $self:ty => $operand:ty, $item:ty, $dim:ty, |$this:ident| $convert:expr
        $(, unless $uncountable:expr)?;
    )*) => {$(
        impl<$($generics)*> IntoOperand for $self {
            type Item = $item;
            type Dim = $dim;
            type Operand = $operand;

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn into_operand(self) -> Self::Operand {
                let $this = self;
                $convert
            }

            $(
                #[cfg_attr(not(debug_assertions), inline(always))]
                fn uncountable(&self) -> Option<IxDyn> {
                    let $this = self;
                    $uncountable
                }
            )?
        }
    )*};
}

into_operand! {
    ['a, A, D: Dimension] ArrayView<'a, A, D> => Self, &'a A, D, |view| view;
    ['a, A, D: Dimension] ArrayViewMut<'a, A, D> => Self, &'a mut A, D, |view| view;
    ['a, A: 'a, S: Data<Elem = A>, D: Dimension] &'a ArrayBase<S, D>
        => ArrayView<'a, A, D>, &'a A, D, |array| array.view();
    ['a, A: 'a, S: DataMut<Elem = A>, D: Dimension] &'a mut ArrayBase<S, D>
        => ArrayViewMut<'a, A, D>, &'a mut A, D, |array| array.view_mut();
    ['a, A, D: Dimension] &'a ArrayRef<A, D> => ArrayView<'a, A, D>, &'a A, D, |array| array.view();
    ['a, A, D: Dimension] &'a mut ArrayRef<A, D> => ArrayViewMut<'a, A, D>, &'a mut A, D, |array| array.view_mut();
    ['a, A] &'a [A] => ArrayView1<'a, A>, &'a A, Ix1, |slice| slice.into(), unless too_long(slice);
    ['a, A] &'a mut [A] => ArrayViewMut1<'a, A>, &'a mut A, Ix1, |slice| slice.into(), unless too_long(slice);
    ['a, A, const N: usize] &'a [A; N]
        => ArrayView1<'a, A>, &'a A, Ix1, |array| array.as_slice().into(), unless too_long(array.as_slice());
    ['a, A, const N: usize] &'a mut [A; N]
        => ArrayViewMut1<'a, A>, &'a mut A, Ix1, |array| array.as_mut_slice().into(), unless too_long(array.as_slice());
    ['a, A] &'a Vec<A> => ArrayView1<'a, A>, &'a A, Ix1, |vec| vec.as_slice().into(), unless too_long(vec);
    ['a, A] &'a mut Vec<A> => ArrayViewMut1<'a, A>, &'a mut A, Ix1, |vec| vec.as_mut_slice().into(), unless too_long(vec);
    [D: Dimension] Indices<D> => Self, D::Pattern, D, |indices| indices;
    [D: Dimension + Copy] ndarray::iter::Indices<D>
        => Indices<D>, D::Pattern, D, |indices| Indices::of(indices.raw_dim()), unless too_many(&indices.raw_dim());
}
