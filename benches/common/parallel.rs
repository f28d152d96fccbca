//! Loops on all threads of rayon's global pool (`RAYON_NUM_THREADS`).

use std::hint::black_box;

use ndarray::{Array1, ArrayView2, ArrayViewMut2};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip, par_azip, simd_azip};

use super::stencils::{Fields, gray_scott, gray_scott_fused, window_cells};

/// The number of threads.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// A Gray–Scott step with one macro and one arrangement of the arithmetic.
macro_rules! step {
    ($name:ident, $azip:ident, $cell:ident) => {
        #[inline(never)]
        pub fn $name(start: &Fields, end: &mut Fields) {
            $azip!((
                next_u in end.u.interior_mut::<3, 3>(),
                next_v in end.v.interior_mut::<3, 3>(),
                u in start.u.array_windows::<3, 3>(),
                v in start.v.array_windows::<3, 3>(),
            ) (*next_u, *next_v) = $cell(u.to_array(), v.to_array()));
        }
    };
}
step!(step, par_azip, gray_scott);
step!(simd_fused_step, simd_azip, gray_scott_fused);
step!(fused_step, par_azip, gray_scott_fused);

#[inline(never)]
pub fn ndarray_step(start: &Fields, end: &mut Fields) {
    ndarray::parallel::par_azip!((
        next_u in end.u.interior_mut::<3, 3>(),
        next_v in end.v.interior_mut::<3, 3>(),
        u in start.u.windows((3, 3)),
        v in start.v.windows((3, 3)),
    ) (*next_u, *next_v) = gray_scott(window_cells(u), window_cells(v)));
}

#[inline(never)]
pub fn zip(w: ArrayViewMut2<f32>, x: ArrayView2<f32>, y: ArrayView2<f32>, z: ArrayView2<f32>) {
    par_azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
}

#[inline(never)]
pub fn ndarray_zip(w: ArrayViewMut2<f32>, x: ArrayView2<f32>, y: ArrayView2<f32>, z: ArrayView2<f32>) {
    ndarray::parallel::par_azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
}

/// Takes as long as `turns` steps of a chain of dependent operations.
pub fn count_to(turns: u64) -> u64 {
    (0..turns).fold(turns, |number, turn| black_box(number ^ turn).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

pub fn jobs(turns: &Array1<u64>, results: &mut Array1<u64>) {
    par_azip!((result in results, &turns in turns) *result = count_to(turns));
}

pub fn ndarray_jobs(turns: &Array1<u64>, results: &mut Array1<u64>) {
    ndarray::parallel::par_azip!((result in results, &turns in turns) *result = count_to(turns));
}

pub fn sum_of_jobs(turns: &Array1<u64>) -> u64 {
    Zip::from(turns).par_fold(|| 0, |sum: u64, &turns| sum.wrapping_add(count_to(turns)), u64::wrapping_add)
}

pub fn ndarray_sum_of_jobs(turns: &Array1<u64>) -> u64 {
    ndarray::Zip::from(turns).par_fold(|| 0, |sum: u64, &turns| sum.wrapping_add(count_to(turns)), u64::wrapping_add)
}
