//! Loops that are compiled for several levels and choose the best one at run time.
//!
//! Only the kernels of such a function remain as functions of their own. Their names do not contain
//! the name of the loop. The calls of the loop's function show which kernels belong to it.

use std::hint::black_box;

use ndarray::{Array2, Array3, s};
use ndarray_lockstep::simd::{self, Level};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Boundary, Stencil, Zip, azip, simd_azip};

use crate::bodies;

#[inline(never)]
pub fn four_arrays_f32(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
    simd_azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
}

#[inline(never)]
pub fn four_arrays_f64(w: &mut Array2<f64>, x: &Array2<f64>, y: &Array2<f64>, z: &Array2<f64>) {
    simd_azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
}

/// The views are parts of larger arrays, so their rows are not adjacent in memory.
#[inline(never)]
pub fn four_slices_f32(w: &mut Array2<f32>, x: &Array2<f32>, y: &Array2<f32>, z: &Array2<f32>) {
    let inner = s![1..-1, 1..-1];
    simd_azip!((w in w.slice_mut(inner), &x in x.slice(inner), &y in y.slice(inner), &z in z.slice(inner)) *w += x - y * z);
}

#[inline(never)]
pub fn indexed(a: &mut Array2<f32>, b: &Array2<f32>) {
    simd_azip!((index (i, j), a in a, &b in b) *a += b * (i as i32 * 10 + j as i32) as f32);
}

#[inline(never)]
pub fn gray_scott(u: &Array2<f32>, v: &Array2<f32>, next_u: &mut Array2<f32>, next_v: &mut Array2<f32>) {
    simd_azip!((
        next_u in next_u.interior_mut::<3, 3>(),
        next_v in next_v.interior_mut::<3, 3>(),
        u in u.array_windows::<3, 3>(),
        v in v.array_windows::<3, 3>(),
    ) (*next_u, *next_v) = bodies::gray_scott(u.to_array(), v.to_array()));
}

#[inline(never)]
pub fn gray_scott_without_loops(u: &Array2<f32>, v: &Array2<f32>, next_u: &mut Array2<f32>, next_v: &mut Array2<f32>) {
    simd_azip!((
        next_u in next_u.interior_mut::<3, 3>(),
        next_v in next_v.interior_mut::<3, 3>(),
        u in u.array_windows::<3, 3>(),
        v in v.array_windows::<3, 3>(),
    ) (*next_u, *next_v) = bodies::gray_scott_without_loops(u.to_array(), v.to_array()));
}

#[inline(never)]
pub fn heat(heat: &Array2<f32>, next: &mut Array2<f32>) {
    simd_azip!((next in next.interior_mut::<3, 3>(), w in heat.array_windows::<3, 3>()) {
        let around = w.at(-1, 0) + w.at(1, 0) + w[[1, 0]] + w.rows()[1][2];
        *next = w.center() + 0.1 * (around - 4.0 * w.center());
    });
}

#[inline(never)]
pub fn heat_in_a_volume(heat: &Array3<f32>, next: &mut Array3<f32>) {
    simd_azip!((next in next.interior_3d_mut::<3, 3, 3>(), w in heat.array_windows_3d::<3, 3, 3>()) {
        *next = bodies::heat_in_a_volume(w);
    });
}

#[inline(never)]
pub fn bytes(input: &Array2<u8>, output: &mut Array2<u8>) {
    simd_azip!((out in output.interior_mut::<3, 3>(), w in input.array_windows::<3, 3>()) {
        *out = bodies::most_of_bytes(w.to_array());
    });
}

/// Each image of the stack is filtered separately.
#[inline(never)]
pub fn stack(images: &Array3<f32>, smooth: &mut Array3<f32>) {
    simd_azip!((smooth in smooth.interior_mut::<3, 3>(), w in images.array_windows::<3, 3>()) {
        *smooth = 0.25 * (w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1));
    });
}

#[inline(never)]
pub fn blur_5x5(input: &Array2<f32>, output: &mut Array2<f32>) {
    simd_azip!((out in output.interior_mut::<5, 5>(), w in input.array_windows::<5, 5>()) {
        *out = w.iter().sum::<f32>() * (1.0 / 25.0);
    });
}

/// Every kind of operand is combined with windows.
#[inline(never)]
pub fn beside_windows(input: &Array2<f32>, source: &Array2<f32>, output: &mut Array2<f32>) {
    simd_azip!((
        index (i, j),
        out in output.interior_mut::<3, 3>(),
        w in input.array_windows::<3, 3>(),
        &source in source.interior::<3, 3>(),
    ) *out = w.at(-1, 0) + w.at(1, 0) - w.center() + source * (i as i32 * 10 + j as i32) as f32);
}

/// The body only reads its captured variable.
#[inline(never)]
pub fn captured_and_read(input: &Array2<f32>, output: &mut Array2<f32>, rate: f32) {
    simd_azip!((out in output.interior_mut::<3, 3>(), w in input.array_windows::<3, 3>()) {
        *out = rate * (w.at(-1, 0) + w.at(1, 0) - w.center());
    });
}

/// The body may change its captured variable.
#[inline(never)]
pub fn captured_and_ordered(input: &Array2<f32>, output: &mut Array2<f32>, rate: f32) {
    simd_azip!(ordered (out in output.interior_mut::<3, 3>(), w in input.array_windows::<3, 3>()) {
        *out = rate * (w.at(-1, 0) + w.at(1, 0) + w.center());
    });
}

#[inline(never)]
pub fn for_each(a: &mut Array2<f32>, b: &Array2<f32>) {
    Zip::from(a).and(b).simd_for_each(
        #[inline(always)]
        |a, &b| *a += 2.0 * b,
    );
}

#[inline(never)]
pub fn fold_integers(a: &Array2<i32>, b: &Array2<i32>) -> i32 {
    Zip::from(a).and(b).simd_fold(
        0,
        #[inline(always)]
        |sum: i32, &a, &b| sum.wrapping_add(a ^ b),
    )
}

/// A sum of floats depends on the order of its terms, so they are added one by one.
#[inline(never)]
pub fn fold_floats(a: &Array2<f32>, b: &Array2<f32>) -> f32 {
    Zip::from(a).and(b).simd_fold(
        0.0,
        #[inline(always)]
        |sum, a, b| sum + a * b,
    )
}

#[inline(never)]
pub fn loop_in_dispatch(a: &mut Array2<f32>, b: &Array2<f32>) {
    simd::dispatch(
        #[inline(always)]
        || azip!((a in a, &b in b) *a += 3.0 * b),
    );
}

/// Runs at a given level, if the machine supports it.
#[inline(never)]
pub fn loop_in_dispatch_at(a: &mut Array2<f32>, b: &Array2<f32>, level: Level) -> bool {
    let done = simd::dispatch_at(
        level,
        #[inline(always)]
        || azip!((a in a, &b in b) *a += 5.0 * b),
    );
    done.is_ok()
}

/// Runs inside another crate's dispatch.
#[inline(never)]
pub fn loop_in_pulp(a: &mut Array2<f32>, b: &Array2<f32>) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || azip!((a in a, &b in b) *a += 4.0 * b),
    );
}

/// Runs many steps. The kernels are called by the only instance of `StepFields::step` instead of
/// this function.
#[inline(never)]
pub fn time_steps(u: &mut Array2<f32>, v: &mut Array2<f32>) {
    Stencil::<3, 3>::steps(
        20,
        [u, v],
        Boundary::Edge,
        #[inline(always)]
        |[u, v]| {
            let (next_u, next_v) = bodies::gray_scott_without_loops(u.to_array(), v.to_array());
            [next_u, next_v]
        },
    );
}

pub fn use_all() {
    let (mut a, b, mut c, d) = (bodies::array(), bodies::array(), bodies::array(), bodies::array());
    black_box(four_arrays_f32 as fn(&mut _, &_, &_, &_))(&mut a, &b, &c, &d);
    black_box(four_slices_f32 as fn(&mut _, &_, &_, &_))(&mut a, &b, &c, &d);
    black_box(indexed as fn(&mut _, &_))(&mut a, &b);
    black_box(gray_scott as fn(&_, &_, &mut _, &mut _))(&b, &d, &mut a, &mut c);
    black_box(gray_scott_without_loops as fn(&_, &_, &mut _, &mut _))(&b, &d, &mut a, &mut c);
    black_box(heat as fn(&_, &mut _))(&b, &mut a);
    let (bytes_in, mut bytes_out) = (bodies::array(), bodies::array());
    black_box(bytes as fn(&_, &mut _))(&bytes_in, &mut bytes_out);
    let (volume, mut next) = (bodies::volume(), bodies::volume());
    black_box(heat_in_a_volume as fn(&_, &mut _))(&volume, &mut next);
    black_box(stack as fn(&_, &mut _))(&volume, &mut next);
    black_box(blur_5x5 as fn(&_, &mut _))(&b, &mut a);
    black_box(beside_windows as fn(&_, &_, &mut _))(&b, &d, &mut a);
    black_box(captured_and_read as fn(&_, &mut _, f32))(&b, &mut a, 0.1);
    black_box(captured_and_ordered as fn(&_, &mut _, f32))(&b, &mut a, 0.1);
    black_box(for_each as fn(&mut _, &_))(&mut a, &b);
    black_box(time_steps as fn(&mut _, &mut _))(&mut a, &mut c);
    black_box(fold_floats as fn(&_, &_) -> f32)(&a, &b);
    black_box(loop_in_dispatch as fn(&mut _, &_))(&mut a, &b);
    black_box(loop_in_dispatch_at as fn(&mut _, &_, _) -> bool)(&mut a, &b, Level::X86V3);
    black_box(loop_in_pulp as fn(&mut _, &_))(&mut a, &b);
    let (mut w, x, y, z) = (bodies::array(), bodies::array(), bodies::array(), bodies::array());
    black_box(four_arrays_f64 as fn(&mut _, &_, &_, &_))(&mut w, &x, &y, &z);
    let (numbers, others) = (bodies::array(), bodies::array());
    black_box(fold_integers as fn(&_, &_) -> i32)(&numbers, &others);
}
