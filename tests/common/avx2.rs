//! Helpers for bodies with AVX2 intrinsics.

use std::arch::x86_64::{__m256, _mm256_loadu_ps, _mm256_storeu_ps};

use ndarray::Array2;

use super::or_under_miri;
use super::values::{bits, field};

/// Returns whether the machine lacks AVX2 or FMA, and prints that the test is skipped if it does.
pub(crate) fn avx2_is_missing() -> bool {
    let missing = !(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"));
    if missing {
        println!("skipped: this processor has no AVX2 and FMA");
    }
    missing
}

/// Checks that a kernel adds `b * c` to `a` and rounds the result once.
pub(crate) fn assert_fused(kernel: impl Fn(&mut Array2<f32>, &Array2<f32>, &Array2<f32>)) {
    // Odd lengths, so that no vector length divides a row.
    let shape = or_under_miri((35, 67), (5, 9));
    let (a, b, c) = (field(shape, 51), field(shape, 52), field(shape, 53));
    let mut result = a.clone();
    kernel(&mut result, &b, &c);
    assert_eq!(bits(&result), bits(&Array2::from_shape_fn(shape, |at| b[at].mul_add(c[at], a[at]))));
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
