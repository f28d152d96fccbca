//! Large closures: some 250 operations on a 5×5 window, more than the compiler inlines in two
//! places without an attribute.

use ndarray::Array2;
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip, azip, simd_azip};

/// Many operations without a pattern that the compiler could simplify.
macro_rules! large {
    ($out:ident, $w:ident) => {{
        let cells = $w.to_array();
        let mut spread = 0.0_f32;
        let mut mixed = 1.0_f32;
        for k in 0..5 {
            for l in 0..5 {
                let difference = cells[k][l] - cells[2][2];
                spread += difference * difference * (k * 5 + l) as f32;
                mixed = mixed * 0.5 + cells[k][l] * cells[4 - k][l];
            }
        }
        for k in 0..5 {
            for l in 0..5 {
                mixed = mixed * 0.25 + spread * cells[l][k] + cells[k][4 - l];
                spread = spread * 0.5 + mixed;
            }
        }
        *$out = spread + mixed;
    }};
}

/// Three windows and three outputs.
macro_rules! many {
    ($x:ident, $y:ident, $z:ident, $a:ident, $b:ident, $c:ident) => {{
        *$x = $a.iter().fold(0.0, |sum, cell| sum + cell);
        *$y = $b.iter().fold(*$c.center(), |sum, cell| sum + cell);
        *$z = $c.at(-1, 0) + $c.at(1, 0) + $b.at(0, 1);
    }};
}

/// The walk over them with the macro `$azip`.
macro_rules! many_by {
    ($azip:ident, $out:ident, $input:ident) => {{
        let ([x, y, z], [a, b, c]) = ($out, $input);
        $azip!((
            x in x.interior_mut::<3, 3>(),
            y in y.interior_mut::<3, 3>(),
            z in z.interior_mut::<3, 3>(),
            a in a.array_windows::<3, 3>(),
            b in b.array_windows::<3, 3>(),
            c in c.array_windows::<3, 3>(),
        ) many!(x, y, z, a, b, c));
    }};
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn large_for_each(out: &mut Array2<f32>, input: &Array2<f32>) {
    Zip::from(out.interior_mut::<5, 5>()).and(input.array_windows::<5, 5>()).for_each(|out, w| large!(out, w));
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn large_iterator(out: &mut Array2<f32>, input: &Array2<f32>) {
    Zip::from(out.interior_mut::<5, 5>())
        .and(input.array_windows::<5, 5>())
        .into_iter()
        .for_each(|(out, w)| large!(out, w));
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn large_azip(out: &mut Array2<f32>, input: &Array2<f32>) {
    azip!((out in out.interior_mut::<5, 5>(), w in input.array_windows::<5, 5>()) large!(out, w));
}

#[inline(never)]
pub fn large_simd_for_each(out: &mut Array2<f32>, input: &Array2<f32>) {
    Zip::from(out.interior_mut::<5, 5>()).and(input.array_windows::<5, 5>()).simd_for_each(|out, w| large!(out, w));
}

#[inline(never)]
pub fn large_simd_azip(out: &mut Array2<f32>, input: &Array2<f32>) {
    simd_azip!((out in out.interior_mut::<5, 5>(), w in input.array_windows::<5, 5>()) large!(out, w));
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn many_for_each(out: &mut [Array2<f32>; 3], input: &[Array2<f32>; 3]) {
    let ([x, y, z], [a, b, c]) = (out, input);
    Zip::from(x.interior_mut::<3, 3>())
        .and(y.interior_mut::<3, 3>())
        .and(z.interior_mut::<3, 3>())
        .and(a.array_windows::<3, 3>())
        .and(b.array_windows::<3, 3>())
        .and(c.array_windows::<3, 3>())
        .for_each(|x, y, z, a, b, c| many!(x, y, z, a, b, c));
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn many_azip(out: &mut [Array2<f32>; 3], input: &[Array2<f32>; 3]) {
    many_by!(azip, out, input);
}

#[inline(never)]
pub fn many_simd_azip(out: &mut [Array2<f32>; 3], input: &[Array2<f32>; 3]) {
    many_by!(simd_azip, out, input);
}
