//! The bodies of the loops.

use std::hint::black_box;

use ndarray::{Array2, Array3, LinalgScalar};
use ndarray_lockstep::Window3d;

/// Returns an array that is opaque to the optimiser.
pub fn array<T: LinalgScalar>() -> Array2<T> {
    Array2::from_elem(black_box((64, 64)), black_box(T::one()))
}

/// Returns a volume that is opaque to the optimiser.
pub fn volume() -> Array3<f32> {
    Array3::from_elem(black_box((16, 16, 64)), black_box(1.0))
}

/// Returns the next temperature of a cell from its six neighbours.
#[inline(always)]
pub fn heat_in_a_volume(w: Window3d<'_, f32, 3, 3, 3>) -> f32 {
    let around =
        w.at(-1, 0, 0) + w.at(1, 0, 0) + w.at(0, -1, 0) + w[[1, 2, 1]] + w.plane(1).at(0, -1) + w.rows()[1][1][2];
    w.center() + 0.1 * (around - 6.0 * w.center())
}

/// Returns the largest of nine bytes.
#[inline(always)]
pub fn most_of_bytes([[a, b, c], [d, e, f], [g, h, i]]: [[u8; 3]; 3]) -> u8 {
    a.max(b).max(c).max(d.max(e).max(f)).max(g.max(h).max(i))
}

const WEIGHTS: [[f32; 3]; 3] = [[0.25, 0.5, 0.25], [0.5, 0.0, 0.5], [0.25, 0.5, 0.25]];

/// Returns the next `u` and `v` of the Gray–Scott system.
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

/// Returns the same without loops.
#[inline(always)]
pub fn gray_scott_without_loops(u: [[f32; 3]; 3], v: [[f32; 3]; 3]) -> (f32, f32) {
    #[inline(always)]
    fn diffusion([[a, b, c], [d, e, f], [g, h, i]]: [[f32; 3]; 3]) -> f32 {
        let corners = (a - e) * 0.25 + (c - e) * 0.25 + (g - e) * 0.25 + (i - e) * 0.25;
        corners + (b - e) * 0.5 + (d - e) * 0.5 + (f - e) * 0.5 + (h - e) * 0.5
    }
    let (center_u, center_v) = (u[1][1], v[1][1]);
    let reaction = center_u * center_v * center_v;
    (
        center_u + (0.1 * diffusion(u) - reaction + 0.014 * (1.0 - center_u)),
        center_v + (0.05 * diffusion(v) + reaction - (0.014 + 0.054) * center_v),
    )
}

/// Multiplies and adds, without being inlined.
#[inline(never)]
pub fn out_of_line(x: f32, y: f32) -> f32 {
    black_box(x) * y + 1.0
}
