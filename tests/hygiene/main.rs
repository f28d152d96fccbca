//! `azip!` accepts what `ndarray::azip!` accepts, and means the same whatever the names around it
//! mean.
//!
//! Code that both macros accept is written once and run with both. It is odd on purpose, to reach
//! the corners of the grammar.
#![allow(clippy::style, clippy::complexity, clippy::never_loop)]

/// Runs a block with ndarray's `azip!`, with this crate's, and with `simd_azip!` under that name.
/// Returns the value that all agree on.
macro_rules! with_all {
    ($block:block) => {{
        let theirs = {
            use ndarray::azip;
            $block
        };
        let ours = {
            use ndarray_lockstep::azip;
            $block
        };
        let dispatched = {
            use ndarray_lockstep::simd_azip as azip;
            $block
        };
        assert_eq!(ours, theirs, "ndarray_lockstep::azip! differs from ndarray::azip!");
        assert_eq!(dispatched, ours, "simd_azip! differs from azip!");
        ours
    }};
}

mod bodies;
mod commas_and_zips;
mod contextual_words;
mod names;
mod operands;
mod par_azip;
mod patterns;
mod simd_azip;

use ndarray::{Array1, Array2, arr0, array, s};
