//! Loops as users of ndarray-lockstep write them. `tests/codegen/machine_code.rs` inspects them in
//! the linked program, which is never run.
//!
//! Every loop is in a function that is not inlined. The modules differ in the instruction sets:
//!
//! - `plain`: the instruction set of the whole program;
//! - `multiversioned`: AVX-512 and AVX2, by `#[multiversion]`;
//! - `dispatched`: loops that choose their level at run time;
//! - `controls`: loops with faults, which the checks must find;
//! - `methods`: loops for which the only requirement is that no function of the crate remains.

#![allow(clippy::reversed_empty_ranges, reason = "ndarray counts negative ends of slices from the back")]
#![allow(clippy::needless_range_loop, reason = "stencils look as one writes them")]
#![allow(clippy::type_complexity, reason = "functions that take four arrays do")]

use std::hint::black_box;

use ndarray::{Array2, Array3, s};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip, azip};

mod bodies;
mod controls;
mod dispatched;
mod methods;

/// Defines the same functions in two modules. `$attribute` selects the instruction sets.
macro_rules! loops {
    ($module:ident, $attribute:meta) => {
        mod $module {
            use super::*;

            #[$attribute]
            pub fn four_arrays_f32(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
                azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
            }

            #[$attribute]
            pub fn four_arrays_f64(w: &mut Array2<f64>, x: &Array2<f64>, y: &Array2<f64>, z: &Array2<f64>) {
                azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
            }

            /// The views are parts of larger arrays, so their rows are not adjacent in memory.
            #[$attribute]
            pub fn four_slices_f32(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
                let inner = s![1..-1, 1..-1];
                azip!((w in w.slice_mut(inner), &x in x.slice(inner), &y in y.slice(inner), &z in z.slice(inner)) *w += x + y * z);
            }

            #[$attribute]
            pub fn four_arrays_for_each(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
                Zip::from(w).and(x).and(y).and(z).for_each(|w, &x, &y, &z| *w += x + y * z);
            }

            #[$attribute]
            pub fn four_arrays_iterator(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
                Zip::from(w).and(x).and(y).and(z).into_iter().for_each(|(w, &x, &y, &z)| *w += x + y * z);
            }

            #[$attribute]
            pub fn indexed(a: &mut Array2<f32>, b: &Array2<f32>) {
                azip!((index (i, j), a in a, &b in b) *a += b * (i as i32 * 10 + j as i32) as f32);
            }

            #[$attribute]
            pub fn gray_scott(u: &Array2<f32>, v: &Array2<f32>, next_u: &mut Array2<f32>, next_v: &mut Array2<f32>) {
                azip!((
                    next_u in next_u.interior_mut::<3, 3>(),
                    next_v in next_v.interior_mut::<3, 3>(),
                    u in u.array_windows::<3, 3>(),
                    v in v.array_windows::<3, 3>(),
                ) (*next_u, *next_v) = bodies::gray_scott(u.to_array(), v.to_array()));
            }

            #[$attribute]
            pub fn gray_scott_for_each(u: &Array2<f32>, v: &Array2<f32>, next_u: &mut Array2<f32>, next_v: &mut Array2<f32>) {
                Zip::from(next_u.interior_mut::<3, 3>())
                    .and(next_v.interior_mut::<3, 3>())
                    .and(u.array_windows::<3, 3>())
                    .and(v.array_windows::<3, 3>())
                    .for_each(|next_u, next_v, u, v| {
                        (*next_u, *next_v) = bodies::gray_scott(u.to_array(), v.to_array());
                    });
            }

            #[$attribute]
            pub fn gray_scott_iterator(u: &Array2<f32>, v: &Array2<f32>, next_u: &mut Array2<f32>, next_v: &mut Array2<f32>) {
                Zip::from(next_u.interior_mut::<3, 3>())
                    .and(next_v.interior_mut::<3, 3>())
                    .and(u.array_windows::<3, 3>())
                    .and(v.array_windows::<3, 3>())
                    .into_iter()
                    .for_each(|(next_u, next_v, u, v)| {
                        (*next_u, *next_v) = bodies::gray_scott(u.to_array(), v.to_array());
                    });
            }

            /// The body reads the cells of a window in every possible way.
            #[$attribute]
            pub fn heat(heat: &Array2<f32>, next: &mut Array2<f32>) {
                azip!((next in next.interior_mut::<3, 3>(), w in heat.array_windows::<3, 3>()) {
                    let around = w.at(-1, 0) + w.at(1, 0) + w[[1, 0]] + w.rows()[1][2];
                    *next = w.center() + 0.1 * (around - 4.0 * w.center());
                });
            }

            #[$attribute]
            pub fn blur_5x5(input: &Array2<f32>, output: &mut Array2<f32>) {
                azip!((out in output.interior_mut::<5, 5>(), w in input.array_windows::<5, 5>()) {
                    *out = w.iter().sum::<f32>() * (1.0 / 25.0);
                });
            }

            #[$attribute]
            pub fn heat_in_a_volume(heat: &Array3<f32>, next: &mut Array3<f32>) {
                azip!((next in next.interior_3d_mut::<3, 3, 3>(), w in heat.array_windows_3d::<3, 3, 3>()) {
                    *next = bodies::heat_in_a_volume(w);
                });
            }

            /// Each image of the stack is filtered separately.
            #[$attribute]
            pub fn stack(images: &Array3<f32>, smooth: &mut Array3<f32>) {
                azip!((smooth in smooth.interior_mut::<3, 3>(), w in images.array_windows::<3, 3>()) {
                    *smooth = 0.25 * (w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1));
                });
            }

            #[$attribute]
            pub fn map_collect(a: &Array2<f32>, b: &Array2<f32>) -> Array2<f32> {
                Zip::from(a).and(b).map_collect(|a, b| a + 7.0 * b)
            }

            #[$attribute]
            pub fn map_assign_into(a: &Array2<f32>, b: &Array2<f32>, c: &mut Array2<f32>) {
                Zip::from(a).and(b).map_assign_into(c, |a, b| a + 9.0 * b);
            }

            #[$attribute]
            pub fn bytes(input: &Array2<u8>, output: &mut Array2<u8>) {
                azip!((out in output.interior_mut::<3, 3>(), w in input.array_windows::<3, 3>()) {
                    *out = bodies::most_of_bytes(w.to_array());
                });
            }

            pub fn use_all() {
                let (mut a, b, mut c, d) = (bodies::array(), bodies::array(), bodies::array(), bodies::array());
                black_box(four_arrays_f32 as fn(&mut _, &_, &_, &_))(&mut a, &b, &c, &d);
                black_box(four_slices_f32 as fn(&mut _, &_, &_, &_))(&mut a, &b, &c, &d);
                black_box(four_arrays_for_each as fn(&mut _, &_, &_, &_))(&mut a, &b, &c, &d);
                black_box(four_arrays_iterator as fn(&mut _, &_, &_, &_))(&mut a, &b, &c, &d);
                black_box(indexed as fn(&mut _, &_))(&mut a, &b);
                black_box(gray_scott as fn(&_, &_, &mut _, &mut _))(&b, &d, &mut a, &mut c);
                black_box(gray_scott_for_each as fn(&_, &_, &mut _, &mut _))(&b, &d, &mut a, &mut c);
                black_box(gray_scott_iterator as fn(&_, &_, &mut _, &mut _))(&b, &d, &mut a, &mut c);
                black_box(heat as fn(&_, &mut _))(&b, &mut a);
                black_box(blur_5x5 as fn(&_, &mut _))(&b, &mut a);
                let (bytes_in, mut bytes_out) = (bodies::array(), bodies::array());
                black_box(bytes as fn(&_, &mut _))(&bytes_in, &mut bytes_out);
                let (volume, mut next) = (bodies::volume(), bodies::volume());
                black_box(heat_in_a_volume as fn(&_, &mut _))(&volume, &mut next);
                black_box(stack as fn(&_, &mut _))(&volume, &mut next);
                black_box(black_box(map_collect as fn(&_, &_) -> _)(&a, &b));
                black_box(map_assign_into as fn(&_, &_, &mut _))(&a, &b, &mut c);
                let (mut w, x, y, z) = (bodies::array(), bodies::array(), bodies::array(), bodies::array());
                black_box(four_arrays_f64 as fn(&mut _, &_, &_, &_))(&mut w, &x, &y, &z);
            }
        }
    };
}

loops!(plain, inline(never));
loops!(
    multiversioned,
    multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))
);

fn main() {
    plain::use_all();
    multiversioned::use_all();
    dispatched::use_all();
    controls::use_all();
    methods::use_all();
}
