//! The source of the module `simd` of the crate `ndarray-lockstep`, compiled with loom's atomics.
//! `tests/limit.rs` checks it.

#[path = "../../src/simd.rs"]
#[allow(dead_code, unused_imports, reason = "kernels, which the rest of the crate has, call for more of it")]
pub mod simd;
