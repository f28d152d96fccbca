//! Helpers for bodies with AVX2 intrinsics.

use std::arch::x86_64::{__m256, _mm256_loadu_ps, _mm256_storeu_ps};

/// Returns whether the machine lacks AVX2 or FMA, and prints that the test is skipped if it does.
pub(crate) fn avx2_is_missing() -> bool {
    let missing = !(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"));
    if missing {
        println!("skipped: this processor has no AVX2 and FMA");
    }
    missing
}

#[target_feature(enable = "avx")]
pub(crate) fn load(lanes: &[f32; 8]) -> __m256 {
    // SAFETY: there are eight elements to load.
    unsafe { _mm256_loadu_ps(lanes.as_ptr()) }
}

#[target_feature(enable = "avx")]
pub(crate) fn store(lanes: &mut [f32; 8], vector: __m256) {
    // SAFETY: there is room for eight elements.
    unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), vector) }
}
