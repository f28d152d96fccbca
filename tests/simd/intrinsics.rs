//! Bodies that call the intrinsics of one instruction set.
#![cfg(target_arch = "x86_64")]

use std::arch::x86_64::{
    __m256, _mm_cvtss_f32, _mm_fmadd_ss, _mm_set_ss, _mm256_add_ps, _mm256_fmadd_ps, _mm256_mul_ps, _mm256_set1_ps,
};

use multiversion::multiversion;

use super::common::avx2::{assert_fused, avx2_is_missing, load, store};
use super::*;

/// `b * c + a`, rounded once, in 32-bit floats.
#[target_feature(enable = "avx2,fma")]
fn fused(a: f32, b: f32, c: f32) -> f32 {
    _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(b), _mm_set_ss(c), _mm_set_ss(a)))
}

/// [`fused`] for every element.
#[target_feature(enable = "avx2,fma")]
fn fused_row(a: &mut [f32], b: &[f32], c: &[f32]) {
    let (vectors_of_a, rest_of_a) = a.as_chunks_mut();
    let (vectors_of_b, rest_of_b) = b.as_chunks();
    let (vectors_of_c, rest_of_c) = c.as_chunks();
    for ((a, b), c) in vectors_of_a.iter_mut().zip(vectors_of_b).zip(vectors_of_c) {
        store(a, _mm256_fmadd_ps(load(b), load(c), load(a)));
    }
    for ((a, &b), &c) in rest_of_a.iter_mut().zip(rest_of_b).zip(rest_of_c) {
        *a = fused(*a, b, c);
    }
}

#[test]
fn at_a_level_a_body_calls_the_levels_intrinsics() {
    if !Level::X86V3.is_available() {
        return println!("skipped: this processor has no x86-64-v3");
    }
    for level in [Level::X86V3, Level::X86V4].into_iter().filter(|level| level.is_available()) {
        assert_fused(|a, b, c| {
            let done = simd::dispatch_at(
                level,
                #[inline(always)]
                || {
                    azip!((a in a, &b in b, &c in c) {
                        // SAFETY: both levels have AVX2 and FMA.
                        *a = unsafe { fused(*a, b, c) };
                    });
                },
            );
            assert_eq!(done, Ok(()));
        });
        assert_fused(|a, b, c| {
            let done = simd::dispatch_at(
                level,
                #[inline(always)]
                || {
                    Zip::from(a).and(b).and(c).for_each_row(
                        #[inline(always)]
                        |a, b, c| {
                            // SAFETY: both levels have AVX2 and FMA.
                            unsafe { fused_row(a, b, c) }
                        },
                    )
                },
            );
            assert_eq!(done, Ok(Ok(())));
        });
    }
}

#[test]
fn simd_azip_works_in_a_function_with_a_target_feature() {
    #[target_feature(enable = "avx2,fma")]
    fn with_mul_add(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
        simd_azip!((a in a, &b in b, &c in c) *a = b.mul_add(c, *a));
    }
    #[target_feature(enable = "avx2,fma")]
    fn with_intrinsics(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
        simd_azip!((a in a, &b in b, &c in c) {
            *a = _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(b), _mm_set_ss(c), _mm_set_ss(*a)));
        });
    }
    if avx2_is_missing() {
        return;
    }
    at_every_level(|_| {
        // SAFETY: the processor has AVX2 and FMA.
        assert_fused(|a, b, c| unsafe { with_mul_add(a, b, c) });
        // SAFETY: as above. The loop may be of a lower level; the body requires only
        // features that the processor has.
        assert_fused(|a, b, c| unsafe { with_intrinsics(a, b, c) });
    });
}

#[test]
fn simd_azip_works_in_a_multiversioned_function_whose_body_reads_the_target() {
    use multiversion::target::match_target;

    #[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma"))]
    fn kernel(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
        simd_azip!((a in a, &b in b, &c in c) {
            *a = match_target! {
                "x86_64+fma" => {
                    // Safe in a function that enables the feature, and unsafe if the whole
                    // program has it.
                    #[allow(unused_unsafe, clippy::multiple_unsafe_ops_per_block, reason = "one operation in steps")]
                    // SAFETY: this arm is for targets with FMA.
                    unsafe {
                        _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(b), _mm_set_ss(c), _mm_set_ss(*a)))
                    }
                },
                _ => b.mul_add(c, *a),
            };
        });
    }
    at_every_level(|_| assert_fused(kernel));
}

#[test]
fn accumulators_and_results_of_dispatch_may_be_vectors() {
    #[target_feature(enable = "avx2")]
    fn kernel(table: &Array2<f32>) -> __m256 {
        let vectors = table.map(|&x| _mm256_set1_ps(x));
        simd::dispatch(|| {
            let sum = Zip::from(&vectors).simd_fold(_mm256_set1_ps(0.5), |sum, &x| _mm256_add_ps(sum, x));
            Zip::from(vectors.array_windows::<2, 2>()).simd_fold(sum, |sum, w| _mm256_add_ps(sum, w[[1, 0]]))
        })
    }
    if avx2_is_missing() {
        return;
    }
    let table = Array2::from_shape_fn((4, 5), |(i, j)| (i * 10 + j) as f32);
    let expected = 0.5 + table.sum() + table.slice(s![1.., ..4]).sum();
    at_every_level(|level| {
        let mut lanes = [f32::NAN; 8];
        // SAFETY: the processor has AVX2.
        let sum = unsafe { kernel(&table) };
        // SAFETY: as above.
        unsafe { store(&mut lanes, sum) };
        assert_eq!(lanes, [expected; 8], "at {level}");
    });
}

#[test]
fn elements_may_be_vectors_at_every_level() {
    #[target_feature(enable = "avx2")]
    fn kernel(table: &Array2<__m256>) -> Array2<__m256> {
        let mut out = table.clone();
        simd_azip!((out in out.interior_mut::<3, 3>(), w in table.array_windows::<3, 3>(), &center in table.interior::<3, 3>()) {
            let cross = _mm256_add_ps(_mm256_add_ps(*w.at(-1, 0), *w.at(1, 0)), _mm256_add_ps(*w.at(0, -1), *w.at(0, 1)));
            *out = _mm256_add_ps(_mm256_mul_ps(cross, center), w.to_array()[2][2]);
        });
        out
    }
    #[target_feature(enable = "avx2")]
    fn table() -> Array2<__m256> {
        Array2::from_shape_fn((9, 5), |(i, j)| _mm256_set1_ps((i * 10 + j) as f32))
    }
    if avx2_is_missing() {
        return;
    }
    at_every_level(|level| {
        // SAFETY: the processor has AVX2.
        let table = unsafe { table() };
        // SAFETY: as above.
        let out = unsafe { kernel(&table) };
        for ((i, j), &vector) in out.indexed_iter() {
            let inside = (1..8).contains(&i) && (1..4).contains(&j);
            let n = (i * 10 + j) as f32;
            let mut lanes = [f32::NAN; 8];
            // SAFETY: the processor has AVX.
            unsafe { store(&mut lanes, vector) };
            assert_eq!(lanes, [if inside { 4.0 * n * n + n + 11.0 } else { n }; 8], "at {level}");
        }
    });
}
