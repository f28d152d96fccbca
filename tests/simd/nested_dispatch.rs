//! Loops in functions that other crates compile for several instruction sets, nested in each other
//! and in `dispatch`.

use multiversion::multiversion;

use super::*;

/// No vector length divides a row.
const SHAPE: (usize, usize) = or_under_miri((23, 67), (6, 3));

fn field(shape: (usize, usize), first: usize) -> Array2<f32> {
    let mut cells = first..;
    Array2::from_shape_simple_fn(shape, || single(cells.next().unwrap() * 31))
}

/// A stencil, a walk over elements, an index, and sums: both macros give the same.
macro_rules! work {
    ($azip:ident, $fold:ident, $out:ident, $input:ident) => {{
        let (out, input): (&mut Array2<f32>, &Array2<f32>) = ($out, $input);
        $azip!((out in out.interior_mut::<3, 3>(), w in input.array_windows::<3, 3>()) {
            let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
            *out = *out * 0.25 + around - 4.0 * w.center();
        });
        let factor = out[[0, 0]];
        $azip!((out in &mut *out, &x in input) *out = *out * 0.5 + x.abs().sqrt() * factor);
        $azip!((index (i, j), out in &mut *out) *out += (i % 7) as f32 - 0.1 * (j % 5) as f32);
        let mut sum = -0.0;
        $azip!((&out in &*out, w in input.interior::<1, 1>()) sum += out * w);
        sum + Zip::from(&*out).and(input).$fold(-0.0_f32, |sum, &a, &b| sum + a * b)
    }};
}

fn by_azip(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
    work!(azip, fold, out, input)
}

fn by_simd_azip(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
    work!(simd_azip, simd_fold, out, input)
}

#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512dq+avx512vl",
    "x86_64+avx2+fma",
    "x86_64+sse4.2",
    "aarch64+neon"
))]
fn by_azip_in_multiversion(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
    work!(azip, fold, out, input)
}

#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512dq+avx512vl",
    "x86_64+avx2+fma",
    "x86_64+sse4.2",
    "aarch64+neon"
))]
fn by_simd_azip_in_multiversion(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
    work!(simd_azip, simd_fold, out, input)
}

#[multiversion(targets("x86_64+sse4.2"))]
fn by_dispatch_in_multiversion_for_an_old_set(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
    simd::dispatch(
        #[inline(always)]
        || work!(azip, fold, out, input),
    )
}

fn by_azip_in_pulp(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || work!(azip, fold, out, input),
    )
}

fn by_simd_azip_in_pulp(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || work!(simd_azip, simd_fold, out, input),
    )
}

fn by_azip_in_dispatch(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
    simd::dispatch(
        #[inline(always)]
        || work!(azip, fold, out, input),
    )
}

fn by_simd_azip_in_dispatch(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
    simd::dispatch(
        #[inline(always)]
        || work!(simd_azip, simd_fold, out, input),
    )
}

fn by_dispatch_in_pulp_in_dispatch(out: &mut Array2<f32>, input: &Array2<f32>) -> f32 {
    simd::dispatch(|| pulp::Arch::new().dispatch(|| by_azip_in_dispatch(out, input)))
}

#[test]
fn every_mixture_gives_the_same_bits() {
    type Work = fn(&mut Array2<f32>, &Array2<f32>) -> f32;
    let mixtures: [(&str, Work); 9] = [
        ("simd_azip", by_simd_azip),
        ("azip in multiversion", by_azip_in_multiversion),
        ("simd_azip in multiversion", by_simd_azip_in_multiversion),
        ("dispatch in multiversion", by_dispatch_in_multiversion_for_an_old_set),
        ("azip in pulp", by_azip_in_pulp),
        ("simd_azip in pulp", by_simd_azip_in_pulp),
        ("azip in dispatch", by_azip_in_dispatch),
        ("simd_azip in dispatch", by_simd_azip_in_dispatch),
        ("dispatch in pulp in dispatch", by_dispatch_in_pulp_in_dispatch),
    ];
    let (before, input) = (field(SHAPE, 3), field(SHAPE, 100));
    let mut out = before.clone();
    let sum = by_azip(&mut out, &input);
    let expected = (sum.to_bits(), bits(&out));
    at_every_level(|level| {
        for (name, work) in mixtures {
            let mut out = before.clone();
            let sum = work(&mut out, &input);
            assert_eq!((sum.to_bits(), bits(&out)), expected, "{name} at {level}");
        }
    });
}

#[test]
fn products_and_sums_are_fused_only_by_mul_add() {
    // 1 + 2⁻¹² squared is 1 + 2⁻¹¹ + 2⁻²⁴. The last bit is lost if the product is rounded on
    // its own.
    let x = Array2::from_elem(SHAPE, 1.0 + 2.0_f32.powi(-12));
    let product = 1.0 + 2.0_f32.powi(-11);
    at_every_level(|level| {
        let mut a = Array2::from_elem(SHAPE, product);
        simd_azip!((a in &mut a, &b in &x, &c in &x) *a = b * c - *a);
        assert!(a.iter().all(|&a| a == 0.0), "b * c - a at {level}");
        let mut a = Array2::from_elem(SHAPE, -product);
        simd_azip!((a in &mut a, &b in &x, &c in &x) *a = b.mul_add(c, *a));
        assert!(a.iter().all(|&a| a == 2.0_f32.powi(-24)), "mul_add at {level}");
        let fused = Zip::from(&x).simd_fold(0, |fused, &x| fused + usize::from(x * x - product != 0.0));
        assert_eq!(fused, 0, "folded at {level}");
    });
}
