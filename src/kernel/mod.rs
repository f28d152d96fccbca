//! Kernels and loops: small functions that move pointers, and the safe arithmetic that plans their
//! work.
//!
//! `zip` calls this module. `plan` and `cache` are safe arithmetic on integers. `scalar` has the
//! loops that are inlined into the caller. `simd` has the kernels, which are compiled for each
//! level, that is, for each instruction set chosen at run time. `blocks` moves from one block of a
//! plan to the next.

pub(crate) mod blocks;
pub(crate) mod cache;
pub(crate) mod plan;
pub(crate) mod scalar;
pub(crate) mod simd;
