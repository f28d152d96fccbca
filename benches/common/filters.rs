//! A 3×3 binomial filter of a whole image. Cells beyond the edges repeat the edge.

use ndarray::{Array2, s};
use ndarray_lockstep::{Boundary, Padded, Stencil, simd_azip};

use super::stencils::window_cells;

pub type Filter = fn(&Array2<f32>, &mut Array2<f32>);

#[inline(always)]
fn smoothed([[a, b, c], [d, e, f], [g, h, i]]: [[f32; 3]; 3]) -> f32 {
    let corners = (a + c) + (g + i);
    let edges = (b + h) + (d + f);
    0.0625 * corners + (0.125 * edges + 0.25 * e)
}

#[inline(never)]
pub fn map(image: &Array2<f32>, output: &mut Array2<f32>) {
    Stencil::<3, 3>::map_into(
        image,
        Boundary::Edge,
        output,
        #[inline(always)]
        |w| smoothed(w.to_array()),
    );
}

/// A copy with ghost cells, and its windows.
#[inline(never)]
pub fn padded(image: &Array2<f32>, output: &mut Array2<f32>) {
    let padded = Padded::from_interior::<3, 3>(image, Boundary::Edge);
    simd_azip!((cell in output, w in padded.array_windows::<3, 3>()) *cell = smoothed(w.to_array()));
}

/// A copy with one more cell on each side.
fn with_edges(image: &Array2<f32>) -> Array2<f32> {
    let (rows, cols) = image.dim();
    let mut wider = Array2::zeros((rows + 2, cols + 2));
    wider.slice_mut(s![1..-1, 1..-1]).assign(image);
    for (edge, beyond) in [(1, 0), (rows, rows + 1)] {
        let (edge, mut beyond) = wider.multi_slice_mut((s![edge, ..], s![beyond, ..]));
        beyond.assign(&edge);
    }
    for (edge, beyond) in [(1, 0), (cols, cols + 1)] {
        let (edge, mut beyond) = wider.multi_slice_mut((s![.., edge], s![.., beyond]));
        beyond.assign(&edge);
    }
    wider
}

/// One loop per row over slices. First and last columns are computed separately. Needs at least 2
/// columns.
#[inline(always)]
fn rows_by_hand(image: &Array2<f32>, output: &mut Array2<f32>) {
    let (rows, cols) = image.dim();
    assert!(output.dim() == (rows, cols) && cols >= 2);
    let (cells, out) = (image.as_slice().expect("contiguous"), output.as_slice_mut().expect("contiguous"));
    let row = |i: usize| &cells[i * cols..][..cols];
    for (i, out) in out.chunks_exact_mut(cols).enumerate() {
        let lines = [row(i.saturating_sub(1)), row(i), row((i + 1).min(rows - 1))];
        let window = |left: usize, j: usize, right: usize| lines.map(|line| [line[left], line[j], line[right]]);
        out[0] = smoothed(window(0, 0, 1));
        for j in 1..cols - 1 {
            out[j] = smoothed(window(j - 1, j, j + 1));
        }
        out[cols - 1] = smoothed(window(cols - 2, cols - 1, cols - 1));
    }
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn rows(image: &Array2<f32>, output: &mut Array2<f32>) {
    rows_by_hand(image, output);
}

macro_rules! by_ndarray {
    ($($name:ident, [$($attribute:tt)*];)*) => {$(
        $($attribute)*
        pub fn $name(image: &Array2<f32>, output: &mut Array2<f32>) {
            let wider = with_edges(image);
            ndarray::azip!((cell in output, w in wider.windows((3, 3))) *cell = smoothed(window_cells(w)));
        }
    )*};
}

by_ndarray! {
    ndarray, [#[inline(never)]];
    ndarray_multiversioned,
        [#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]];
}
