//! The suite with `simd_azip!` instead of `azip!`.

#[cfg(feature = "rayon")]
use ndarray_lockstep::par_azip;
use ndarray_lockstep::{FoldWhile, Zip, simd_azip as azip};

#[path = "suite/mod.rs"]
mod suite;
