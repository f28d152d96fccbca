//! Code that compiles with `ndarray::azip!` and `ndarray::Zip` compiles with this crate's, and
//! means the same.
//!
//! One suite, `drop_in/suite`, is compiled three times: with ndarray's macros and `Zip`, with ours,
//! and with `simd_azip!` instead of `azip!`. Only the import differs, and ndarray is its own
//! oracle: a test that does not hold for ndarray fails in `ndarray_itself`. The suite follows
//! ndarray's documentation. The test `zip_properties` covers random shapes and layouts.
#![allow(clippy::duplicate_mod, reason = "the suite is compiled once an import")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "indices of a few cells become elements, in bodies as users write them"
)]

mod common;
#[path = "drop_in/lockstep.rs"]
mod lockstep;
#[path = "drop_in/lockstep_simd.rs"]
mod lockstep_simd;
// This module runs none of the crate's own code.
#[cfg(not(miri))]
#[path = "drop_in/ndarray_itself.rs"]
mod ndarray_itself;
