//! Stencils over `f32`: a Gray–Scott step (3×3 windows over two fields, two outputs) and a 5×5 box
//! blur (one field).

use std::marker::PhantomData;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip};

/// One field of a simulation, or two.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    pub u: Array2<f32>,
    pub v: Array2<f32>,
}

impl Fields {
    /// Some bumps, which every kernel changes.
    pub fn new(dim: (usize, usize)) -> Self {
        let (mut u, mut v) = (Array2::zeros(dim), Array2::zeros(dim));
        Fields::start([u.view_mut(), v.view_mut()]);
        Fields { u, v }
    }

    /// Resets two fields of one shape to the initial state.
    pub fn start([mut u, mut v]: [ArrayViewMut2<'_, f32>; 2]) {
        for (i, (mut u, mut v)) in u.rows_mut().into_iter().zip(v.rows_mut()).enumerate() {
            for (j, (u, v)) in u.iter_mut().zip(&mut v).enumerate() {
                *u = 1.0 - ((i * 7 + j * 3) % 11) as f32 / 22.0;
                *v = ((i * 5 + j * 13) % 17) as f32 / 34.0;
            }
        }
    }
}

const WEIGHTS: [[f32; 3]; 3] = [[0.25, 0.5, 0.25], [0.5, 0.0, 0.5], [0.25, 0.5, 0.25]];

/// The next `u` and `v` of the centre.
#[inline(always)]
pub fn gray_scott(u: [[f32; 3]; 3], v: [[f32; 3]; 3]) -> (f32, f32) {
    let (center_u, center_v) = (u[1][1], v[1][1]);
    let mut diffusion_u = 0.0;
    let mut diffusion_v = 0.0;
    for k in 0..3 {
        for l in 0..3 {
            diffusion_u += WEIGHTS[k][l] * (u[k][l] - center_u);
            diffusion_v += WEIGHTS[k][l] * (v[k][l] - center_v);
        }
    }
    let reaction = center_u * center_v * center_v;
    (
        center_u + (0.1 * diffusion_u - reaction + 0.014 * (1.0 - center_u)),
        center_v + (0.05 * diffusion_v + reaction - (0.014 + 0.054) * center_v),
    )
}

/// The same with fused multiply-adds, for machines that have them: see `multiversioned`.
#[inline(always)]
pub fn gray_scott_fused(u: [[f32; 3]; 3], v: [[f32; 3]; 3]) -> (f32, f32) {
    let (center_u, center_v) = (u[1][1], v[1][1]);
    let mut diffusion_u = 0.0_f32;
    let mut diffusion_v = 0.0_f32;
    for k in 0..3 {
        for l in 0..3 {
            diffusion_u = WEIGHTS[k][l].mul_add(u[k][l] - center_u, diffusion_u);
            diffusion_v = WEIGHTS[k][l].mul_add(v[k][l] - center_v, diffusion_v);
        }
    }
    let reaction = center_u * center_v * center_v;
    (
        center_u + 0.1_f32.mul_add(diffusion_u, 0.014_f32.mul_add(1.0 - center_u, -reaction)),
        center_v + 0.05_f32.mul_add(diffusion_v, (-0.068_f32).mul_add(center_v, reaction)),
    )
}

/// ndarray's window as an array.
#[inline(always)]
pub fn window_cells(w: ArrayView2<f32>) -> [[f32; 3]; 3] {
    let mut cells = [[0.0; 3]; 3];
    for k in 0..3 {
        for l in 0..3 {
            cells[k][l] = w[[k, l]];
        }
    }
    cells
}

/// The usual body of a step over any kind of window: the cells in order, paired with their weights.
macro_rules! gray_scott_by_iter {
    ($next_u:ident, $next_v:ident, $u:ident, $v:ident) => {{
        let (center_u, center_v) = ($u[[1, 1]], $v[[1, 1]]);
        let (diffusion_u, diffusion_v) = $u
            .iter()
            .zip($v.iter())
            .zip(WEIGHTS.as_flattened())
            .fold((0.0, 0.0), |(sum_u, sum_v), ((u, v), weight)| {
                (sum_u + weight * (u - center_u), sum_v + weight * (v - center_v))
            });
        let reaction = center_u * center_v * center_v;
        *$next_u = center_u + (0.1 * diffusion_u - reaction + 0.014 * (1.0 - center_u));
        *$next_v = center_v + (0.05 * diffusion_v + reaction - (0.014 + 0.054) * center_v);
    }};
}

pub type Step = fn(&Fields, &mut Fields);

/// Panics if `step` and `reference` disagree. `tolerance` is 0 if the arithmetic is the same.
pub fn check(name: &str, step: Step, reference: Step, dim: (usize, usize), tolerance: f32) {
    let start = Fields::new(dim);
    let (mut expected, mut found) = (start.clone(), start.clone());
    reference(&start, &mut expected);
    step(&start, &mut found);
    for (found, expected) in [(&found.u, &expected.u), (&found.v, &expected.v)] {
        let difference = Zip::from(found).and(expected).fold(0.0_f32, |most, a, b| most.max((a - b).abs()));
        assert!(difference <= tolerance, "{name} differs from its reference by {difference}");
    }
}

type Outputs<'a> = ndarray::ArrayViewMut2<'a, f32>;
type Inputs<'a> = ndarray_lockstep::Windows<'a, f32, ndarray_lockstep::Size2<3, 3>>;

/// The zip of a Gray–Scott step.
#[inline(always)]
fn zip<'a>(
    start: &'a Fields,
    end: &'a mut Fields,
) -> Zip<(Outputs<'a>, Outputs<'a>, Inputs<'a>, Inputs<'a>), ndarray::Ix2> {
    Zip::from(end.u.interior_mut::<3, 3>())
        .and(end.v.interior_mut::<3, 3>())
        .and(start.u.array_windows::<3, 3>())
        .and(start.v.array_windows::<3, 3>())
}

/// The usual row loop by hand: pointers to three rows of both fields, and one loop over the
/// columns.
#[inline(always)]
fn raw_step(start: &Fields, end: &mut Fields, cell: impl Fn([[f32; 3]; 3], [[f32; 3]; 3]) -> (f32, f32)) {
    let (rows, cols) = start.u.dim();
    assert!(start.u.is_standard_layout() && start.v.is_standard_layout());
    assert!(end.u.is_standard_layout() && end.v.is_standard_layout());
    assert!(start.v.dim() == (rows, cols) && end.u.dim() == (rows, cols) && end.v.dim() == (rows, cols));
    assert!(rows >= 3 && cols >= 3);
    let (u, v) = (start.u.as_ptr(), start.v.as_ptr());
    let (next_u, next_v) = (end.u.as_mut_ptr(), end.v.as_mut_ptr());
    for i in 0..rows - 2 {
        // SAFETY: the four arrays are contiguous and have rows×cols cells, and i + 2 < rows.
        let (u, v, next_u, next_v) = unsafe {
            (u.add(i * cols), v.add(i * cols), next_u.add((i + 1) * cols + 1), next_v.add((i + 1) * cols + 1))
        };
        for j in 0..cols - 2 {
            // SAFETY: row i + k and column j + l exist for k, l < 3, and so does the cell (i + 1, j
            // + 1) of the outputs.
            unsafe {
                let mut cells_u = [[0.0; 3]; 3];
                let mut cells_v = [[0.0; 3]; 3];
                for k in 0..3 {
                    for l in 0..3 {
                        cells_u[k][l] = *u.add(k * cols + j + l);
                        cells_v[k][l] = *v.add(k * cols + j + l);
                    }
                }
                (*next_u.add(j), *next_v.add(j)) = cell(cells_u, cells_v);
            }
        }
    }
}

/// The usual iterator by hand: its pointers move by one cell, and at the end of a row to the next.
struct ByHand<'a> {
    u: *const f32,
    v: *const f32,
    next_u: *mut f32,
    next_v: *mut f32,
    stride: usize,
    cols: usize,
    col: usize,
    rows_left: usize,
    fields: PhantomData<(&'a Fields, &'a mut Fields)>,
}

impl<'a> ByHand<'a> {
    fn new(start: &'a Fields, end: &'a mut Fields) -> Self {
        let (rows, stride) = start.u.dim();
        assert!(start.u.is_standard_layout() && start.v.is_standard_layout());
        assert!(end.u.is_standard_layout() && end.v.is_standard_layout());
        assert!(start.v.dim() == (rows, stride) && end.u.dim() == (rows, stride) && end.v.dim() == (rows, stride));
        assert!(rows >= 3 && stride >= 3);
        let cols = stride - 2;
        // SAFETY: the arrays are contiguous and have at least three rows and columns.
        let (next_u, next_v) = unsafe { (end.u.as_mut_ptr().add(stride + 1), end.v.as_mut_ptr().add(stride + 1)) };
        let (u, v) = (start.u.as_ptr(), start.v.as_ptr());
        ByHand { u, v, next_u, next_v, stride, cols, col: 0, rows_left: rows - 2, fields: PhantomData }
    }
}

impl<'a> Iterator for ByHand<'a> {
    type Item = ([[f32; 3]; 3], [[f32; 3]; 3], &'a mut f32, &'a mut f32);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.col == self.cols {
            if self.rows_left <= 1 {
                return None;
            }
            self.rows_left -= 1;
            self.col = 0;
            self.u = self.u.wrapping_add(self.stride - self.cols);
            self.v = self.v.wrapping_add(self.stride - self.cols);
            self.next_u = self.next_u.wrapping_add(self.stride - self.cols);
            self.next_v = self.next_v.wrapping_add(self.stride - self.cols);
        }
        let cells = |first: *const f32| {
            let mut cells = [[0.0; 3]; 3];
            for k in 0..3 {
                for l in 0..3 {
                    // SAFETY: there is a row left and a column left, so a whole window from here.
                    cells[k][l] = unsafe { *first.add(k * self.stride + l) };
                }
            }
            cells
        };
        // SAFETY: there is a row left and a column left; each cell is handed out once.
        let item = unsafe { (cells(self.u), cells(self.v), &mut *self.next_u, &mut *self.next_v) };
        self.col += 1;
        self.u = self.u.wrapping_add(1);
        self.v = self.v.wrapping_add(1);
        self.next_u = self.next_u.wrapping_add(1);
        self.next_v = self.next_v.wrapping_add(1);
        Some(item)
    }
}

/// The same bodies, compiled for the baseline and inside `#[multiversion]`.
macro_rules! steps {
    ($([$($attribute:tt)*] $name:ident, $cell:path;)*) => {$(
        pub mod $name {
            use super::*;

            $($attribute)*
            pub fn ndarray(start: &Fields, end: &mut Fields) {
                ndarray::azip!((
                    next_u in end.u.slice_mut(s![1..-1, 1..-1]),
                    next_v in end.v.slice_mut(s![1..-1, 1..-1]),
                    u in start.u.windows((3, 3)),
                    v in start.v.windows((3, 3)),
                ) (*next_u, *next_v) = $cell(window_cells(u), window_cells(v)));
            }

            $($attribute)*
            pub fn azip(start: &Fields, end: &mut Fields) {
                ndarray_lockstep::azip!((
                    next_u in end.u.interior_mut::<3, 3>(),
                    next_v in end.v.interior_mut::<3, 3>(),
                    u in start.u.array_windows::<3, 3>(),
                    v in start.v.array_windows::<3, 3>(),
                ) (*next_u, *next_v) = $cell(u.to_array(), v.to_array()));
            }

            $($attribute)*
            pub fn ndarray_by_iter(start: &Fields, end: &mut Fields) {
                ndarray::azip!((
                    next_u in end.u.slice_mut(s![1..-1, 1..-1]),
                    next_v in end.v.slice_mut(s![1..-1, 1..-1]),
                    u in start.u.windows((3, 3)),
                    v in start.v.windows((3, 3)),
                ) gray_scott_by_iter!(next_u, next_v, u, v));
            }

            $($attribute)*
            pub fn azip_by_iter(start: &Fields, end: &mut Fields) {
                ndarray_lockstep::azip!((
                    next_u in end.u.interior_mut::<3, 3>(),
                    next_v in end.v.interior_mut::<3, 3>(),
                    u in start.u.array_windows::<3, 3>(),
                    v in start.v.array_windows::<3, 3>(),
                ) gray_scott_by_iter!(next_u, next_v, u, v));
            }

            /// Without the attribute that the macro adds.
            $($attribute)*
            pub fn for_each(start: &Fields, end: &mut Fields) {
                zip(start, end).for_each(|next_u, next_v, u, v| {
                    (*next_u, *next_v) = $cell(u.to_array(), v.to_array());
                });
            }

            $($attribute)*
            pub fn iterator_loop(start: &Fields, end: &mut Fields) {
                for (next_u, next_v, u, v) in zip(start, end) {
                    (*next_u, *next_v) = $cell(u.to_array(), v.to_array());
                }
            }

            $($attribute)*
            pub fn iterator_for_each(start: &Fields, end: &mut Fields) {
                zip(start, end).into_iter().for_each(|(next_u, next_v, u, v)| {
                    (*next_u, *next_v) = $cell(u.to_array(), v.to_array());
                });
            }

            $($attribute)*
            pub fn iterator_fold(start: &Fields, end: &mut Fields) {
                zip(start, end).into_iter().fold((), |(), (next_u, next_v, u, v)| {
                    (*next_u, *next_v) = $cell(u.to_array(), v.to_array());
                });
            }

            $($attribute)*
            pub fn iterator_by_hand(start: &Fields, end: &mut Fields) {
                for (u, v, next_u, next_v) in ByHand::new(start, end) {
                    (*next_u, *next_v) = $cell(u, v);
                }
            }

            $($attribute)*
            pub fn raw(start: &Fields, end: &mut Fields) {
                raw_step(start, end, #[inline(always)] |u, v| $cell(u, v));
            }
        }
    )*};
}

steps! {
    [#[inline(never)]] plain, gray_scott;
    [#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]]
        multiversioned, gray_scott;
    // Only for machines with AVX2. On others every `mul_add` is a call.
    [#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]]
        multiversioned_fused, gray_scott_fused;
}

/// Dispatched, with the arithmetic of `plain` and `multiversioned`.
#[inline(never)]
pub fn simd_azip(start: &Fields, end: &mut Fields) {
    ndarray_lockstep::simd_azip!((
        next_u in end.u.interior_mut::<3, 3>(),
        next_v in end.v.interior_mut::<3, 3>(),
        u in start.u.array_windows::<3, 3>(),
        v in start.v.array_windows::<3, 3>(),
    ) (*next_u, *next_v) = gray_scott(u.to_array(), v.to_array()));
}

/// A K×K box blur of one field: the mean of a window's cells.
macro_rules! blurs {
    ($($name:ident, $K:literal;)*) => {$(
        pub mod $name {
            use super::*;

            const SCALE: f32 = 1.0 / ($K * $K) as f32;
            const HALF: usize = $K / 2;

            pub type Blur = fn(&Array2<f32>, &mut Array2<f32>);

            /// Panics if `blur` and ndarray disagree.
            pub fn check(name: &str, blur: Blur, dim: (usize, usize)) {
                let input = Fields::new(dim).u;
                let (mut expected, mut found) = (Array2::zeros(dim), Array2::zeros(dim));
                plain::ndarray(&input, &mut expected);
                blur(&input, &mut found);
                assert_eq!(found, expected, "{name} differs from ndarray's azip!");
            }

            #[inline(always)]
            fn raw_by_hand(input: &Array2<f32>, output: &mut Array2<f32>) {
                let (rows, cols) = input.dim();
                assert!(input.is_standard_layout() && output.is_standard_layout() && output.dim() == (rows, cols));
                assert!(rows >= $K && cols >= $K);
                let (first, out) = (input.as_ptr(), output.as_mut_ptr());
                for i in 0..rows - ($K - 1) {
                    for j in 0..cols - ($K - 1) {
                        let mut sum = 0.0;
                        for k in 0..$K {
                            for l in 0..$K {
                                // SAFETY: both arrays are contiguous and have rows×cols cells; i +
                                // k < rows, j + l < cols.
                                sum += unsafe { *first.add((i + k) * cols + j + l) };
                            }
                        }
                        // SAFETY: the cell in the middle of a window exists.
                        unsafe { *out.add((i + HALF) * cols + j + HALF) = sum * SCALE };
                    }
                }
            }

            #[inline(never)]
            pub fn simd_azip(input: &Array2<f32>, output: &mut Array2<f32>) {
                ndarray_lockstep::simd_azip!((
                    out in output.interior_mut::<$K, $K>(),
                    w in input.array_windows::<$K, $K>(),
                ) *out = w.iter().fold(0.0, |sum, &cell| sum + cell) * SCALE);
            }

            #[cfg(feature = "rayon")]
            #[inline(never)]
            pub fn par_azip(input: &Array2<f32>, output: &mut Array2<f32>) {
                ndarray_lockstep::par_azip!((
                    out in output.interior_mut::<$K, $K>(),
                    w in input.array_windows::<$K, $K>(),
                ) *out = w.iter().fold(0.0, |sum, &cell| sum + cell) * SCALE);
            }

            blurs! { @bodies plain, $K, #[inline(never)] }
            blurs! { @bodies multiversioned, $K, #[multiversion::multiversion(targets(
                "x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl",
                "x86_64+avx2+fma",
            ))] }
        }
    )*};
    (@bodies $module:ident, $K:literal, $($attribute:tt)*) => {
        pub mod $module {
            use super::*;

            $($attribute)*
            pub fn ndarray(input: &Array2<f32>, output: &mut Array2<f32>) {
                let edge = HALF.cast_signed();
                ndarray::azip!((
                    out in output.slice_mut(s![edge..-edge, edge..-edge]),
                    w in input.windows(($K, $K)),
                ) *out = w.iter().fold(0.0, |sum, &cell| sum + cell) * SCALE);
            }

            $($attribute)*
            pub fn ndarray_by_index(input: &Array2<f32>, output: &mut Array2<f32>) {
                let edge = HALF.cast_signed();
                ndarray::azip!((
                    out in output.slice_mut(s![edge..-edge, edge..-edge]),
                    w in input.windows(($K, $K)),
                ) {
                    let mut sum = 0.0;
                    for k in 0..$K {
                        for l in 0..$K {
                            sum += w[[k, l]];
                        }
                    }
                    *out = sum * SCALE;
                });
            }

            $($attribute)*
            pub fn azip(input: &Array2<f32>, output: &mut Array2<f32>) {
                ndarray_lockstep::azip!((
                    out in output.interior_mut::<$K, $K>(),
                    w in input.array_windows::<$K, $K>(),
                ) *out = w.iter().fold(0.0, |sum, &cell| sum + cell) * SCALE);
            }

            $($attribute)*
            pub fn raw(input: &Array2<f32>, output: &mut Array2<f32>) {
                raw_by_hand(input, output);
            }
        }
    };
}

blurs! {
    blur_3x3, 3;
    blur_5x5, 5;
}
