//! The loops, and the arithmetic that they rely on.
//!
//! `plan` and `cache` are safe arithmetic on integers. `scalar` has the loops that are inlined into
//! the caller, `simd` the kernels that are dispatched by level, and `blocks` leads from one block of
//! a plan to the next.

pub(crate) mod blocks;
pub(crate) mod cache;
pub(crate) mod plan;
pub(crate) mod scalar;
pub(crate) mod simd;
