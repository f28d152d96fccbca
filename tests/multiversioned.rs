//! Loops inlined into functions compiled for several instruction sets give the same numbers as
//! plain code, bit for bit.
//!
//! Each kernel is written once and compiled three ways: plainly, by `#[multiversion]` with AVX-512
//! listed first (the first supported target is used), and by `#[multiversion]` for one older set at
//! a time. If the machine lacks the set, the plain code runs. The oracle is a loop over indices.

mod common;

use multiversion::multiversion;
use ndarray::{Array2, ShapeBuilder, s};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip, azip};

use common::values::{bits, field};

/// Odd lengths, so that no vector length divides a row.
const SHAPE: (usize, usize) = if cfg!(miri) { (5, 9) } else { (35, 67) };

/// Defines a kernel plainly and for several lists of instruction sets, as the module `$name` with
/// `all`, the list of names and functions.
macro_rules! kernel {
    ($name:ident: fn($($parameter:ident: $type:ty),+) $body:block) => {
        mod $name {
            use super::*;

            fn plain($($parameter: $type),+) $body

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2+fma", "x86_64+sse4.2", "aarch64+neon"))]
            fn best($($parameter: $type),+) $body

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl"))]
            fn avx512($($parameter: $type),+) $body

            #[multiversion(targets("x86_64+avx2+fma"))]
            fn avx2($($parameter: $type),+) $body

            #[multiversion(targets("x86_64+sse4.2"))]
            fn sse42($($parameter: $type),+) $body

            type Kernel = fn($($type),+);

            pub(super) fn all() -> [(&'static str, Kernel); 5] {
                [("plain", plain), ("best", best), ("avx512", avx512), ("avx2", avx2), ("sse4.2", sse42)]
            }
        }
    };
}

kernel! {
    zip_by_azip: fn(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>, d: &Array2<f32>) {
        azip!((a in a, &b in b, &c in c, &d in d) *a = *a * b + c.abs().sqrt() / (1.5 + d * d));
    }
}

kernel! {
    zip_by_for_each: fn(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>, d: &Array2<f32>) {
        Zip::from(a).and(b).and(c).and(d).for_each(|a, &b, &c, &d| *a = *a * b + c.abs().sqrt() / (1.5 + d * d));
    }
}

kernel! {
    zip_by_a_marked_closure: fn(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>, d: &Array2<f32>) {
        Zip::from(a)
            .and(b)
            .and(c)
            .and(d)
            .for_each(#[inline(always)] |a, &b, &c, &d| *a = *a * b + c.abs().sqrt() / (1.5 + d * d));
    }
}

kernel! {
    zip_by_the_iterator: fn(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>, d: &Array2<f32>) {
        for (a, &b, &c, &d) in Zip::from(a).and(b).and(c).and(d) {
            *a = *a * b + c.abs().sqrt() / (1.5 + d * d);
        }
    }
}

kernel! {
    zip_by_the_iterators_for_each: fn(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>, d: &Array2<f32>) {
        Zip::from(a).and(b).and(c).and(d).into_iter().for_each(|(a, &b, &c, &d)| {
            *a = *a * b + c.abs().sqrt() / (1.5 + d * d);
        });
    }
}

#[test]
fn four_arrays_give_the_same_bits_at_every_level_in_every_layout() {
    let by_indices = |a: &Array2<f32>, b: &Array2<f32>, c: &Array2<f32>, d: &Array2<f32>| {
        Array2::from_shape_fn(a.dim(), |at| a[at] * b[at] + c[at].abs().sqrt() / (1.5 + d[at] * d[at]))
    };
    let row_major = [1, 2, 3, 4].map(|seed| field(SHAPE, seed));
    let column_major = [5, 6, 7, 8].map(|seed| field(SHAPE.f(), seed));
    let mixed = [field(SHAPE, 9), field(SHAPE.f(), 10), field(SHAPE, 11), field(SHAPE.f(), 12)];
    for [a, b, c, d] in [mixed, row_major, column_major].into_iter().take(if cfg!(miri) { 1 } else { 3 }) {
        let expected = bits(&by_indices(&a, &b, &c, &d));
        let kernels = [
            ("azip!", zip_by_azip::all()),
            ("for_each", zip_by_for_each::all()),
            ("a marked closure", zip_by_a_marked_closure::all()),
            ("the iterator", zip_by_the_iterator::all()),
            ("the iterator's for_each", zip_by_the_iterators_for_each::all()),
        ];
        for (loop_of, levels) in kernels {
            for (level, kernel) in levels {
                let mut a = a.clone();
                kernel(&mut a, &b, &c, &d);
                assert_eq!(bits(&a), expected, "{loop_of} compiled for {level}");
            }
        }
    }
}

kernel! {
    fused_by_azip: fn(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
        azip!((a in a, &b in b, &c in c) *a = b.mul_add(c, *a));
    }
}

#[test]
fn products_and_sums_are_fused_only_by_mul_add() {
    // 1 + 2⁻¹² squared is 1 + 2⁻¹¹ + 2⁻²⁴. The last bit is lost if the product is rounded on its
    // own.
    let x = 1.0 + 2.0_f32.powi(-12);
    let product = 1.0 + 2.0_f32.powi(-11);
    let (b, zero) = (Array2::from_elem(SHAPE, x), Array2::from_elem(SHAPE, 0.0));
    for (level, kernel) in fused_by_azip::all() {
        let mut a = Array2::from_elem(SHAPE, -product);
        kernel(&mut a, &b, &b);
        assert!(a.iter().all(|&a| a == 2.0_f32.powi(-24)), "mul_add compiled for {level}");
    }
    for (level, kernel) in zip_by_azip::all() {
        let mut a = b.clone();
        kernel(&mut a, &b, &zero, &zero);
        assert!(a.iter().all(|&a| a == product), "compiled for {level}");
    }
    for (level, kernel) in product_minus_by_azip::all() {
        let mut a = Array2::from_elem(SHAPE, product);
        kernel(&mut a, &b, &b);
        assert!(a.iter().all(|&a| a == 0.0), "b * c - a compiled for {level}");
    }
}

kernel! {
    product_minus_by_azip: fn(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
        azip!((a in a, &b in b, &c in c) *a = b * c - *a);
    }
}

/// The new concentrations of a cell after one Gray–Scott step, from the windows around it.
#[inline(always)]
fn gray_scott(u: [[f32; 3]; 3], v: [[f32; 3]; 3]) -> (f32, f32) {
    let laplacian =
        |[[a, b, c], [d, e, f], [g, h, i]]: [[f32; 3]; 3]| 0.25 * (a + c + g + i) + 0.5 * (b + d + f + h) - 3.0 * e;
    let (u_here, v_here) = (u[1][1], v[1][1]);
    let reaction = u_here * v_here * v_here;
    (
        u_here + (0.1 * laplacian(u) - reaction + 0.014 * (1.0 - u_here)),
        v_here + (0.05 * laplacian(v) + reaction - (0.014 + 0.054) * v_here),
    )
}

kernel! {
    step_by_azip: fn(u: &Array2<f32>, v: &Array2<f32>, next_u: &mut Array2<f32>, next_v: &mut Array2<f32>) {
        azip!((
            next_u in next_u.interior_mut::<3, 3>(),
            next_v in next_v.interior_mut::<3, 3>(),
            u in u.array_windows::<3, 3>(),
            v in v.array_windows::<3, 3>(),
        ) (*next_u, *next_v) = gray_scott(u.to_array(), v.to_array()));
    }
}

kernel! {
    step_by_the_iterator: fn(u: &Array2<f32>, v: &Array2<f32>, next_u: &mut Array2<f32>, next_v: &mut Array2<f32>) {
        let (next_u, next_v) = (next_u.interior_mut::<3, 3>(), next_v.interior_mut::<3, 3>());
        for (u, v, next_u, next_v) in Zip::from(u.array_windows::<3, 3>()).and(v.array_windows::<3, 3>()).and(next_u).and(next_v) {
            (*next_u, *next_v) = gray_scott(u.rows().map(|row| *row), v.rows().map(|row| *row));
        }
    }
}

kernel! {
    step_by_rows: fn(u: &Array2<f32>, v: &Array2<f32>, next_u: &mut Array2<f32>, next_v: &mut Array2<f32>) {
        let (next_u, next_v) = (next_u.interior_mut::<3, 3>(), next_v.interior_mut::<3, 3>());
        Zip::from(u.array_windows::<3, 3>())
            .and(v.array_windows::<3, 3>())
            .and(next_u)
            .and(next_v)
            .for_each_row(|u, v, next_u, next_v| {
                for (j, (next_u, next_v)) in next_u.iter_mut().zip(next_v).enumerate() {
                    let window = |rows: [&[f32]; 3]| rows.map(|row| [row[j], row[j + 1], row[j + 2]]);
                    (*next_u, *next_v) = gray_scott(window(u), window(v));
                }
            })
            .unwrap();
    }
}

#[test]
fn a_stencil_over_two_fields_gives_the_same_bits_at_every_level() {
    let concentration = |seed| field(SHAPE, seed).mapv_into(|x| x.abs().min(1.0));
    let (u, v) = (concentration(21), concentration(22));
    let (mut expected_u, mut expected_v) = (u.clone(), v.clone());
    for i in 1..SHAPE.0 - 1 {
        for j in 1..SHAPE.1 - 1 {
            let window = |field: &Array2<f32>| [0, 1, 2].map(|k| [0, 1, 2].map(|l| field[[i + k - 1, j + l - 1]]));
            (expected_u[[i, j]], expected_v[[i, j]]) = gray_scott(window(&u), window(&v));
        }
    }
    let kernels =
        [("azip!", step_by_azip::all()), ("the iterator", step_by_the_iterator::all()), ("rows", step_by_rows::all())];
    for (loop_of, levels) in kernels {
        for (level, kernel) in levels {
            let (mut next_u, mut next_v) = (u.clone(), v.clone());
            kernel(&u, &v, &mut next_u, &mut next_v);
            assert_eq!(bits(&next_u), bits(&expected_u), "u by {loop_of} compiled for {level}");
            assert_eq!(bits(&next_v), bits(&expected_v), "v by {loop_of} compiled for {level}");
        }
    }
}

kernel! {
    indexed_by_azip: fn(a: &mut Array2<f32>, b: &Array2<f32>) {
        azip!((index (i, j), a in a, &b in b.slice(s![..;-1, ..])) *a += b * (i % 7) as f32 - (j % 5) as f32);
    }
}

#[test]
fn indices_count_the_same_at_every_level() {
    let (a, b) = (field(SHAPE, 31), field(SHAPE, 32));
    let expected =
        Array2::from_shape_fn(SHAPE, |(i, j)| a[[i, j]] + (b[[SHAPE.0 - 1 - i, j]] * (i % 7) as f32 - (j % 5) as f32));
    for (level, kernel) in indexed_by_azip::all() {
        let mut a = a.clone();
        kernel(&mut a, &b);
        assert_eq!(bits(&a), bits(&expected), "compiled for {level}");
    }
}

kernel! {
    sum_by_fold: fn(a: &Array2<f32>, b: &Array2<f32>, sum: &mut f32) {
        *sum = Zip::from(a).and(b).fold(-0.0, |sum, &a, &b| sum + a * b);
    }
}

kernel! {
    sum_by_azip: fn(a: &Array2<f32>, b: &Array2<f32>, sum: &mut f32) {
        *sum = -0.0;
        azip!((&a in a, &b in b) *sum += a * b);
    }
}

kernel! {
    sum_by_the_iterator: fn(a: &Array2<f32>, b: &Array2<f32>, sum: &mut f32) {
        *sum = Zip::from(a).and(b).into_iter().map(|(a, b)| a * b).fold(-0.0, |sum, product| sum + product);
    }
}

#[test]
fn a_running_sum_is_added_up_in_order_at_every_level() {
    let (a, b) = (field(SHAPE, 41), field(SHAPE, 42).mapv_into(|x| x.clamp(-2.0, 2.0)));
    let expected = a.iter().zip(&b).fold(-0.0, |sum, (a, b)| sum + a * b);
    let products: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a * b).collect();
    let backwards = products.iter().rev().fold(-0.0, |sum, product| sum + product);
    assert_ne!(expected.to_bits(), backwards.to_bits(), "the order shows in the sum");
    for levels in [sum_by_fold::all(), sum_by_azip::all(), sum_by_the_iterator::all()] {
        for (level, kernel) in levels {
            let mut sum = f32::NAN;
            kernel(&a, &b, &mut sum);
            assert_eq!(sum.to_bits(), expected.to_bits(), "compiled for {level}");
        }
    }
}

/// Bodies that call the intrinsics of one instruction set, in functions compiled for it.
#[cfg(target_arch = "x86_64")]
mod intrinsics {
    use std::arch::x86_64::{
        __m256, _mm_cvtss_f32, _mm_fmadd_ss, _mm_set_ss, _mm256_add_ps, _mm256_fmadd_ps, _mm256_mul_ps, _mm256_set1_ps,
    };

    use multiversion::target::match_target;

    use super::common::avx2::{assert_fused, avx2_is_missing, load, store};
    use super::*;

    #[test]
    fn azip_works_in_a_function_with_a_target_feature() {
        #[target_feature(enable = "avx2,fma")]
        fn kernel(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
            azip!((a in a, &b in b, &c in c) *a = b.mul_add(c, *a));
        }
        if avx2_is_missing() {
            return;
        }
        // SAFETY: the processor has AVX2 and FMA.
        assert_fused(|a, b, c| unsafe { kernel(a, b, c) });
    }

    #[test]
    fn a_body_calls_intrinsics_without_unsafe_in_a_function_with_a_target_feature() {
        #[target_feature(enable = "avx2,fma")]
        fn kernel(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
            azip!((a in a, &b in b, &c in c) {
                *a = _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(b), _mm_set_ss(c), _mm_set_ss(*a)));
            });
        }
        if avx2_is_missing() {
            return;
        }
        // SAFETY: the processor has AVX2 and FMA.
        assert_fused(|a, b, c| unsafe { kernel(a, b, c) });
    }

    #[test]
    fn a_body_calls_the_intrinsics_of_the_level_it_is_compiled_for_by_multiversion() {
        #[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma"))]
        fn kernel(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
            azip!((a in a, &b in b, &c in c) {
                *a = match_target! {
                    "x86_64+fma" => _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(b), _mm_set_ss(c), _mm_set_ss(*a))),
                    _ => b.mul_add(c, *a),
                };
            });
        }
        assert_fused(kernel);
    }

    #[test]
    fn rows_can_be_computed_with_explicit_vectors() {
        #[target_feature(enable = "avx2,fma")]
        fn kernel(a: &mut Array2<f32>, b: &Array2<f32>, c: &Array2<f32>) {
            Zip::from(a)
                .and(b)
                .and(c)
                .for_each_row(|a, b, c| {
                    let (vectors_of_a, rest_of_a) = a.as_chunks_mut();
                    let (vectors_of_b, rest_of_b) = b.as_chunks();
                    let (vectors_of_c, rest_of_c) = c.as_chunks();
                    for ((a, b), c) in vectors_of_a.iter_mut().zip(vectors_of_b).zip(vectors_of_c) {
                        store(a, _mm256_fmadd_ps(load(b), load(c), load(a)));
                    }
                    for ((a, &b), &c) in rest_of_a.iter_mut().zip(rest_of_b).zip(rest_of_c) {
                        *a = b.mul_add(c, *a);
                    }
                })
                .unwrap();
        }
        if avx2_is_missing() {
            return;
        }
        // SAFETY: the processor has AVX2 and FMA.
        assert_fused(|a, b, c| unsafe { kernel(a, b, c) });
    }

    #[test]
    fn elements_may_be_vectors() {
        #[target_feature(enable = "avx2")]
        fn kernel() -> Array2<__m256> {
            let table = Array2::from_shape_fn((4, 5), |(i, j)| _mm256_set1_ps((i * 10 + j) as f32));
            let mut out = table.clone();
            azip!((out in out.interior_mut::<3, 3>(), w in table.array_windows::<3, 3>(), &center in table.interior::<3, 3>()) {
                let cross = _mm256_add_ps(_mm256_add_ps(*w.at(-1, 0), *w.at(1, 0)), _mm256_add_ps(*w.at(0, -1), *w.at(0, 1)));
                *out = _mm256_add_ps(_mm256_mul_ps(cross, center), w.to_array()[2][2]);
            });
            out
        }
        if avx2_is_missing() {
            return;
        }
        // SAFETY: the processor has AVX2.
        let out = unsafe { kernel() };
        for ((i, j), &vector) in out.indexed_iter() {
            let inside = (1..3).contains(&i) && (1..4).contains(&j);
            let n = (i * 10 + j) as f32;
            let mut lanes = [f32::NAN; 8];
            // SAFETY: the processor has AVX.
            unsafe { store(&mut lanes, vector) };
            assert_eq!(lanes, [if inside { 4.0 * n * n + n + 11.0 } else { n }; 8]);
        }
    }
}
