//! Dispatched loops, and the same by hand, with intrinsics and with raw pointers. `in_c.rs` has the
//! same in C.
//!
//! A Gray–Scott step with fused multiply-adds has two arrangements: `mul_add`, a sum over the eight
//! neighbours, and `shared`, which adds neighbours of the same weight first. The loops by hand
//! compute one row at a time, as usual.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};
#[cfg(feature = "rayon")]
use ndarray_lockstep::par_azip;
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip, azip, simd_azip};

use super::stencils::{Fields, window_cells};

pub type Inputs<'a> = [ArrayView2<'a, f32>; 2];
pub type Outputs<'a> = [ArrayViewMut2<'a, f32>; 2];
pub type Step = fn(Inputs, Outputs);

/// The centre's `u` and `v` after a step, given their differences from the neighbours.
#[inline(always)]
fn react(u: f32, v: f32, spread_u: f32, spread_v: f32) -> (f32, f32) {
    let reaction = u * v * v;
    (
        u + 0.1_f32.mul_add(spread_u, 0.014_f32.mul_add(1.0 - u, -reaction)),
        v + 0.05_f32.mul_add(spread_v, (-0.068_f32).mul_add(v, reaction)),
    )
}

#[inline(always)]
fn spread_mul_add([[a, b, c], [d, e, f], [g, h, i]]: [[f32; 3]; 3]) -> f32 {
    let sum = 0.25 * (a - e);
    let sum = 0.5_f32.mul_add(b - e, sum);
    let sum = 0.25_f32.mul_add(c - e, sum);
    let sum = 0.5_f32.mul_add(d - e, sum);
    let sum = 0.5_f32.mul_add(f - e, sum);
    let sum = 0.25_f32.mul_add(g - e, sum);
    let sum = 0.5_f32.mul_add(h - e, sum);
    0.25_f32.mul_add(i - e, sum)
}

#[inline(always)]
fn spread_shared([[a, b, c], [d, e, f], [g, h, i]]: [[f32; 3]; 3]) -> f32 {
    let corners = (a + c) + (g + i);
    let edges = (b + h) + (d + f);
    0.5_f32.mul_add(edges, 0.25_f32.mul_add(corners, -3.0 * e))
}

/// The same arithmetic without fused multiply-adds, as code for the baseline is usually written.
#[inline(always)]
fn react_unfused(u: f32, v: f32, spread_u: f32, spread_v: f32) -> (f32, f32) {
    let reaction = u * v * v;
    (u + (0.1 * spread_u + (0.014 * (1.0 - u) - reaction)), v + (0.05 * spread_v + (reaction - 0.068 * v)))
}

#[inline(always)]
fn spread_mul_add_unfused([[a, b, c], [d, e, f], [g, h, i]]: [[f32; 3]; 3]) -> f32 {
    let above = 0.25 * (a - e) + 0.5 * (b - e) + 0.25 * (c - e);
    above + 0.5 * (d - e) + 0.5 * (f - e) + 0.25 * (g - e) + 0.5 * (h - e) + 0.25 * (i - e)
}

#[inline(always)]
fn spread_shared_unfused([[a, b, c], [d, e, f], [g, h, i]]: [[f32; 3]; 3]) -> f32 {
    let corners = (a + c) + (g + i);
    let edges = (b + h) + (d + f);
    0.5 * edges + (0.25 * corners - 3.0 * e)
}

/// Pointers to the first cells of contiguous fields that have one shape of at least 3×3 cells.
pub struct Pointers {
    pub u: *const f32,
    pub v: *const f32,
    pub next_u: *mut f32,
    pub next_v: *mut f32,
    pub rows: usize,
    pub cols: usize,
}

impl Pointers {
    pub fn new([u, v]: &Inputs, [next_u, next_v]: &mut Outputs) -> Self {
        let (rows, cols) = u.dim();
        assert!(u.is_standard_layout() && v.is_standard_layout() && v.dim() == (rows, cols));
        assert!(next_u.is_standard_layout() && next_u.dim() == (rows, cols));
        assert!(next_v.is_standard_layout() && next_v.dim() == (rows, cols));
        assert!(rows >= 3 && cols >= 3);
        Pointers { u: u.as_ptr(), v: v.as_ptr(), next_u: next_u.as_mut_ptr(), next_v: next_v.as_mut_ptr(), rows, cols }
    }

    /// The 3×3 cells from cell `j` of a row on.
    #[inline(always)]
    unsafe fn window(&self, row: *const f32, j: usize) -> [[f32; 3]; 3] {
        let mut cells = [[0.0; 3]; 3];
        for k in 0..3 {
            for l in 0..3 {
                // SAFETY: the caller passes a cell with two more below and two more to the right.
                cells[k][l] = unsafe { *row.add(k * self.cols + j + l) };
            }
        }
        cells
    }

    /// Row `i` of the interior: the rows of the windows, and those of the outputs.
    #[inline(always)]
    unsafe fn row(&self, i: usize) -> (*const f32, *const f32, *mut f32, *mut f32) {
        let (start, out) = (i * self.cols, (i + 1) * self.cols + 1);
        // SAFETY: the caller passes a row of the interior.
        unsafe { (self.u.add(start), self.v.add(start), self.next_u.add(out), self.next_v.add(out)) }
    }
}

/// One row at a time with the intrinsics of one instruction set, and the remaining cells one by
/// one.
macro_rules! by_intrinsics {
    (
        $name:ident, $features:literal, $LANES:literal, $spread:ident, $vector_spread:ident,
        $load:ident $store:ident $set:ident $add:ident $sub:ident $mul:ident $fmadd:ident $fmsub:ident
    ) => {
        #[cfg(target_arch = "x86_64")]
        pub fn $name(inputs: Inputs, mut outputs: Outputs) {
            use std::arch::x86_64::*;

            #[target_feature(enable = $features)]
            #[inline(never)]
            unsafe fn step(fields: Pointers) {
                let cols = fields.cols - 2;
                for i in 0..fields.rows - 2 {
                    // SAFETY: `i` is a row of the interior. `j` stays below its end, first by whole
                    // vectors and then by cells.
                    unsafe {
                        let (u, v, next_u, next_v) = fields.row(i);
                        let mut j = 0;
                        while j + $LANES <= cols {
                            macro_rules! window {
                                ($row:ident, $k:literal, $l:literal) => { $load($row.add($k * fields.cols + j + $l)) };
                            }
                            let cell_u = window!(u, 1, 1);
                            let cell_v = window!(v, 1, 1);
                            let spread_u = $vector_spread!(window, u, cell_u, $set $add $sub $mul $fmadd);
                            let spread_v = $vector_spread!(window, v, cell_v, $set $add $sub $mul $fmadd);
                            let reaction = $mul($mul(cell_u, cell_v), cell_v);
                            let feed = $fmsub($set(0.014), $sub($set(1.0), cell_u), reaction);
                            let loss = $fmadd($set(-0.068), cell_v, reaction);
                            $store(next_u.add(j), $add(cell_u, $fmadd($set(0.1), spread_u, feed)));
                            $store(next_v.add(j), $add(cell_v, $fmadd($set(0.05), spread_v, loss)));
                            j += $LANES;
                        }
                        while j < cols {
                            let (cells_u, cells_v) = (fields.window(u, j), fields.window(v, j));
                            let (spread_u, spread_v) = ($spread(cells_u), $spread(cells_v));
                            (*next_u.add(j), *next_v.add(j)) = react(cells_u[1][1], cells_v[1][1], spread_u, spread_v);
                            j += 1;
                        }
                    }
                }
            }

            let fields = Pointers::new(&inputs, &mut outputs);
            // SAFETY: callers check the level first: see `simd_stencils` in ratios.rs.
            unsafe { step(fields) };
        }
    };
}

macro_rules! vector_spread_mul_add {
    ($window:ident, $row:ident, $cell:ident, $set:ident $add:ident $sub:ident $mul:ident $fmadd:ident) => {{
        let sum = $mul($set(0.25), $sub($window!($row, 0, 0), $cell));
        let sum = $fmadd($set(0.5), $sub($window!($row, 0, 1), $cell), sum);
        let sum = $fmadd($set(0.25), $sub($window!($row, 0, 2), $cell), sum);
        let sum = $fmadd($set(0.5), $sub($window!($row, 1, 0), $cell), sum);
        let sum = $fmadd($set(0.5), $sub($window!($row, 1, 2), $cell), sum);
        let sum = $fmadd($set(0.25), $sub($window!($row, 2, 0), $cell), sum);
        let sum = $fmadd($set(0.5), $sub($window!($row, 2, 1), $cell), sum);
        $fmadd($set(0.25), $sub($window!($row, 2, 2), $cell), sum)
    }};
}

macro_rules! vector_spread_shared {
    ($window:ident, $row:ident, $cell:ident, $set:ident $add:ident $sub:ident $mul:ident $fmadd:ident) => {{
        let top = $add($window!($row, 0, 0), $window!($row, 0, 2));
        let corners = $add(top, $add($window!($row, 2, 0), $window!($row, 2, 2)));
        let column = $add($window!($row, 0, 1), $window!($row, 2, 1));
        let edges = $add(column, $add($window!($row, 1, 0), $window!($row, 1, 2)));
        $fmadd($set(0.5), edges, $fmadd($set(0.25), corners, $mul($set(-3.0), $cell)))
    }};
}

/// A step with the macro `$azip`.
macro_rules! step_by {
    ($azip:ident, $cell:ident, $u:ident, $v:ident, $next_u:ident, $next_v:ident) => {
        $azip!((
            next_u in $next_u.interior_mut::<3, 3>(),
            next_v in $next_v.interior_mut::<3, 3>(),
            u in $u.array_windows::<3, 3>(),
            v in $v.array_windows::<3, 3>(),
        ) (*next_u, *next_v) = $cell(u.to_array(), v.to_array()))
    };
}

/// The candidates of one arrangement.
macro_rules! steps {
    ($($name:ident, $spread:ident, $unfused:ident, $vector_spread:ident;)*) => {$(
        pub mod $name {
            use super::*;

            #[inline(always)]
            pub fn cell(u: [[f32; 3]; 3], v: [[f32; 3]; 3]) -> (f32, f32) {
                react(u[1][1], v[1][1], $spread(u), $spread(v))
            }

            #[inline(never)]
            pub fn simd_azip([u, v]: Inputs, [mut next_u, mut next_v]: Outputs) {
                step_by!(simd_azip, cell, u, v, next_u, next_v);
            }

            /// As a method, without the attribute.
            #[inline(never)]
            pub fn simd_for_each([u, v]: Inputs, [mut next_u, mut next_v]: Outputs) {
                Zip::from(next_u.interior_mut::<3, 3>())
                    .and(next_v.interior_mut::<3, 3>())
                    .and(u.array_windows::<3, 3>())
                    .and(v.array_windows::<3, 3>())
                    .simd_for_each(|next_u, next_v, u, v| (*next_u, *next_v) = cell(u.to_array(), v.to_array()));
            }

            #[cfg(feature = "rayon")]
            #[inline(never)]
            pub fn par_azip([u, v]: Inputs, [mut next_u, mut next_v]: Outputs) {
                step_by!(par_azip, cell, u, v, next_u, next_v);
            }

            #[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
            pub fn ndarray([u, v]: Inputs, [mut next_u, mut next_v]: Outputs) {
                ndarray::azip!((
                    next_u in next_u.slice_mut(s![1..-1, 1..-1]),
                    next_v in next_v.slice_mut(s![1..-1, 1..-1]),
                    u in u.windows((3, 3)),
                    v in v.windows((3, 3)),
                ) (*next_u, *next_v) = cell(window_cells(u), window_cells(v)));
            }

            /// As an ndarray user writes it: compiled for the baseline, so without `mul_add`, which
            /// would be a call there.
            #[inline(never)]
            pub fn ndarray_plain([u, v]: Inputs, [mut next_u, mut next_v]: Outputs) {
                ndarray::azip!((
                    next_u in next_u.slice_mut(s![1..-1, 1..-1]),
                    next_v in next_v.slice_mut(s![1..-1, 1..-1]),
                    u in u.windows((3, 3)),
                    v in v.windows((3, 3)),
                ) {
                    let (u, v) = (window_cells(u), window_cells(v));
                    (*next_u, *next_v) = react_unfused(u[1][1], v[1][1], $unfused(u), $unfused(v));
                });
            }

            /// Compiled for the baseline.
            #[inline(never)]
            pub fn plain([u, v]: Inputs, [mut next_u, mut next_v]: Outputs) {
                step_by!(azip, cell, u, v, next_u, next_v);
            }

            #[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
            pub fn azip([u, v]: Inputs, [mut next_u, mut next_v]: Outputs) {
                step_by!(azip, cell, u, v, next_u, next_v);
            }

            #[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
            pub fn raw(inputs: Inputs, mut outputs: Outputs) {
                let fields = Pointers::new(&inputs, &mut outputs);
                for i in 0..fields.rows - 2 {
                    for j in 0..fields.cols - 2 {
                        // SAFETY: `i` and `j` are a row and a column of the interior.
                        unsafe {
                            let (u, v, next_u, next_v) = fields.row(i);
                            (*next_u.add(j), *next_v.add(j)) = cell(fields.window(u, j), fields.window(v, j));
                        }
                    }
                }
            }

            by_intrinsics! {
                avx512, "avx512f", 16, $spread, $vector_spread,
                _mm512_loadu_ps _mm512_storeu_ps _mm512_set1_ps _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_fmadd_ps
                _mm512_fmsub_ps
            }
            by_intrinsics! {
                avx2, "avx2,fma", 8, $spread, $vector_spread,
                _mm256_loadu_ps _mm256_storeu_ps _mm256_set1_ps _mm256_add_ps _mm256_sub_ps _mm256_mul_ps _mm256_fmadd_ps
                _mm256_fmsub_ps
            }
        }
    )*};
}

steps! {
    mul_add, spread_mul_add, spread_mul_add_unfused, vector_spread_mul_add;
    shared, spread_shared, spread_shared_unfused, vector_spread_shared;
}

/// Four fields of one shape: those that a step reads, and those that it writes.
pub enum Memory {
    /// Each is an array of its own, at the allocator's choice of address.
    Allocated([Array2<f32>; 4]),
    /// In one allocation, at chosen distances from multiples of 4096 bytes: see
    /// `cache::rows_to_jam` in the source for the reason.
    Placed { memory: Vec<f32>, dim: (usize, usize), starts: [usize; 4] },
}

/// Distances in cells: the rows of one field are between those of the others, or all fields are at
/// the same distance.
const SPREAD: [usize; 4] = [0, 280, 584, 864];
const STACKED: [usize; 4] = [0; 4];

impl Memory {
    pub fn allocated(dim: (usize, usize)) -> Self {
        let Fields { u, v } = Fields::new(dim);
        Memory::Allocated([u, v, Array2::zeros(dim), Array2::zeros(dim)])
    }

    pub fn spread(dim: (usize, usize)) -> Self {
        Self::placed(dim, SPREAD)
    }

    pub fn stacked(dim: (usize, usize)) -> Self {
        Self::placed(dim, STACKED)
    }

    fn placed(dim: (usize, usize), distances: [usize; 4]) -> Self {
        const PAGE: usize = 4096 / size_of::<f32>();
        let cells = dim.0 * dim.1;
        let each = cells.next_multiple_of(PAGE) + PAGE;
        let mut memory = vec![0.0; 5 * each];
        let first = memory.as_ptr().align_offset(4096);
        let starts = std::array::from_fn(|field| first + field * each + distances[field]);
        let Fields { u, v } = Fields::new(dim);
        for (start, field) in starts.into_iter().zip([u, v]) {
            memory[start..start + cells].copy_from_slice(field.as_slice().expect("fields are contiguous"));
        }
        Memory::Placed { memory, dim, starts }
    }

    pub fn fields(&mut self) -> (Inputs<'_>, Outputs<'_>) {
        match self {
            Memory::Allocated([u, v, next_u, next_v]) => ([u.view(), v.view()], [next_u.view_mut(), next_v.view_mut()]),
            Memory::Placed { memory, dim, starts } => {
                let cells = starts.map(|start| start..start + dim.0 * dim.1);
                let [u, v, next_u, next_v] = memory.get_disjoint_mut(cells).expect("fields do not overlap");
                let view = |cells| ArrayView2::from_shape(*dim, cells).expect("a field has its shape");
                let view_mut = |cells| ArrayViewMut2::from_shape(*dim, cells).expect("a field has its shape");
                ([view(&*u), view(&*v)], [view_mut(next_u), view_mut(next_v)])
            }
        }
    }

    /// The output of one step becomes the input of the next.
    pub fn swap(&mut self) {
        match self {
            Memory::Allocated([u, v, next_u, next_v]) => {
                std::mem::swap(u, next_u);
                std::mem::swap(v, next_v);
            }
            Memory::Placed { starts: [u, v, next_u, next_v], .. } => {
                std::mem::swap(u, next_u);
                std::mem::swap(v, next_v);
            }
        }
    }

    /// Runs `step` once.
    pub fn run(&mut self, step: &dyn Fn(Inputs, Outputs)) {
        let (inputs, outputs) = self.fields();
        step(inputs, outputs);
    }
}

/// Panics if `step` and `reference` disagree. `tolerance` is 0 if the arithmetic is the same.
pub fn check(
    name: &str,
    step: &dyn Fn(Inputs, Outputs),
    reference: &dyn Fn(Inputs, Outputs),
    dim: (usize, usize),
    tolerance: f32,
) {
    let [mut expected, mut found] = [Memory::allocated(dim), Memory::stacked(dim)];
    expected.run(reference);
    found.run(step);
    for (found, expected) in found.fields().1.iter().zip(&expected.fields().1) {
        let difference = Zip::from(found).and(expected).fold(0.0_f32, |most, a, b| most.max((a - b).abs()));
        assert!(difference <= tolerance, "{name} differs from its reference by {difference}");
    }
}
