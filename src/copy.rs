//! `Clone` and `Copy` for types whose parameters need not be `Copy`.
#![forbid(unsafe_code)]

/// Implements `Clone` and `Copy` for a type, given its generic parameters. The derived implementations would require that the
/// parameters are `Copy`, and are not always inlined.
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
