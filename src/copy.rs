//! `copy_type!` implements `Clone` and `Copy` for generic types whose parameters need not be
//! `Copy`.
//!
//! The types of `window` and `stencil` use it.
#![forbid(unsafe_code)]

/// Implements `Clone` and `Copy` for a type, given its generic parameters. Derived implementations
/// would require that the parameters are `Copy`, and are not always inlined.
macro_rules! copy_type {
    ([$($generics:tt)*] $Type:ty) => {
        impl<$($generics)*> Clone for $Type {
            #[inline(always)]
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($generics)*> Copy for $Type {}
    };
}
pub(crate) use copy_type;
