//! `w += x + y * z` over arrays of a few cells: the fixed cost of a call.

use ndarray::Array2;

pub type Kernel = fn(&mut Array2<f32>, &Array2<f32>, &Array2<f32>, &Array2<f32>);

#[inline(never)]
pub fn ndarray(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
    ndarray::azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn ndarray_multiversioned(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
    ndarray::azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
}

#[inline(never)]
pub fn azip(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
    ndarray_lockstep::azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
}

#[inline(never)]
pub fn for_each(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
    ndarray_lockstep::Zip::from(w).and(x).and(y).and(z).for_each(|w, &x, &y, &z| *w += x + y * z);
}

#[inline(never)]
pub fn simd_azip(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
    ndarray_lockstep::simd_azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
}

/// The simplest loop, over larger arrays.
pub mod sum {
    use super::*;

    pub type Kernel = fn(&mut Array2<f32>, &Array2<f32>);

    #[inline(never)]
    pub fn ndarray(w: &mut Array2<f32>, x: &Array2<f32>) {
        ndarray::azip!((w in w, &x in x) *w += x);
    }

    #[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
    pub fn ndarray_multiversioned(w: &mut Array2<f32>, x: &Array2<f32>) {
        ndarray::azip!((w in w, &x in x) *w += x);
    }

    #[inline(never)]
    pub fn operator(w: &mut Array2<f32>, x: &Array2<f32>) {
        *w += x;
    }

    #[inline(never)]
    pub fn azip(w: &mut Array2<f32>, x: &Array2<f32>) {
        ndarray_lockstep::azip!((w in w, &x in x) *w += x);
    }

    #[inline(never)]
    pub fn simd_azip(w: &mut Array2<f32>, x: &Array2<f32>) {
        ndarray_lockstep::simd_azip!((w in w, &x in x) *w += x);
    }
}
