//! Stencils whose parameter is a literal, a constant or a captured variable: the same numbers.

use ndarray::{Array2, Array3};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, simd_azip};

/// The value of the parameter in all forms.
pub const RATE: f32 = 0.125;

macro_rules! heat {
    ($w:ident, $rate:expr) => {
        $w.center() + $rate * ($w.at(-1, 0) + $w.at(1, 0) + $w.at(0, -1) + $w.at(0, 1) - 4.0 * $w.center())
    };
}

macro_rules! blur {
    ($w:ident, $rate:expr) => {
        $w.center() + $rate * ($w.iter().sum::<f32>() - 25.0 * $w.center())
    };
}

macro_rules! volume {
    ($w:ident, $rate:expr) => {{
        let around = $w.at(-1, 0, 0) + $w.at(1, 0, 0) + $w.at(0, -1, 0) + $w.at(0, 1, 0) + $w.at(0, 0, -1);
        $w.center() + $rate * (around + $w.at(0, 0, 1) - 6.0 * $w.center())
    }};
}

macro_rules! forms {
    ($module:ident, $Array:ident, $body:ident, $interior:ident, $windows:ident, $($size:literal)+) => {
        pub mod $module {
            use super::*;

            pub type Kernel = fn(&mut $Array<f32>, &$Array<f32>, f32);

            #[inline(never)]
            pub fn literal(out: &mut $Array<f32>, input: &$Array<f32>, _rate: f32) {
                simd_azip!((out in out.$interior::<$($size),+>(), w in input.$windows::<$($size),+>()) {
                    *out = $body!(w, 0.125);
                });
            }

            #[inline(never)]
            pub fn constant(out: &mut $Array<f32>, input: &$Array<f32>, _rate: f32) {
                simd_azip!((out in out.$interior::<$($size),+>(), w in input.$windows::<$($size),+>()) {
                    *out = $body!(w, RATE);
                });
            }

            #[inline(never)]
            pub fn captured(out: &mut $Array<f32>, input: &$Array<f32>, rate: f32) {
                simd_azip!((out in out.$interior::<$($size),+>(), w in input.$windows::<$($size),+>()) {
                    *out = $body!(w, rate);
                });
            }
        }
    };
}

forms! { window_3x3, Array2, heat, interior_mut, array_windows, 3 3 }
forms! { window_5x5, Array2, blur, interior_mut, array_windows, 5 5 }
forms! { window_3x3x3, Array3, volume, interior_3d_mut, array_windows_3d, 3 3 3 }
