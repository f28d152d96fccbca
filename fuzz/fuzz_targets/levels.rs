//! Dispatched loops against plain ones, at every level of the machine: the same bits, each cell
//! once, and the same order where one is promised. Whether rows are jammed depends on the addresses
//! of the arrays, which are left to chance.
#![no_main]

mod common;

use std::cell::{Cell, RefCell};
use std::fmt::Debug;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ndarray::{Array, Array2, ArrayView2, ArrayViewMut2, Dimension, Ix1, Ix2, Ix3, IxDyn};
use ndarray_lockstep::simd::{self, Level};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Window, Zip, azip, simd_azip};

use common::{Elem, Layout, LayoutBytes, Owned, Visits, abort_at_panics, mixed, until_planned_panic};

#[derive(Arbitrary, Debug)]
struct Input {
    kind: u8,
    dimension: u8,
    rows: u8,
    cols: u8,
    /// Whether the columns of all arrays are contiguous, the case that kernels are for.
    side_by_side: bool,
    layouts: [LayoutBytes; 4],
    seed: u32,
    stop_at: u16,
}

/// Whether two results are the same, bit by bit, except that all NaNs are equal.
trait Same: Debug {
    fn same(&self, other: &Self) -> bool;
}

impl Same for f32 {
    fn same(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits() || self.is_nan() && other.is_nan()
    }
}

macro_rules! same_if_equal {
    ($($T:ty),+) => {$(
        impl Same for $T {
            fn same(&self, other: &Self) -> bool {
                self == other
            }
        }
    )+};
}

same_if_equal!(u16, Owned, Cell<u32>, Visits, Option<()>);

impl<T: Same, D: Dimension> Same for Array<T, D> {
    fn same(&self, other: &Self) -> bool {
        self.shape() == other.shape() && self.iter().zip(other).all(|(one, other)| one.same(other))
    }
}

impl<A: Same, B: Same> Same for (A, B) {
    fn same(&self, other: &Self) -> bool {
        self.0.same(&other.0) && self.1.same(&other.1)
    }
}

impl<A: Same, B: Same, C: Same> Same for (A, B, C) {
    fn same(&self, other: &Self) -> bool {
        self.0.same(&other.0) && self.1.same(&other.1) && self.2.same(&other.2)
    }
}

/// Runs `dispatched` at every level of the machine and compares with the result of `plain`.
fn at_every_level<R: Same>(plain: impl FnOnce() -> R, dispatched: impl Fn() -> R) {
    let expected = plain();
    for &level in Level::ALL.iter().filter(|level| level.is_available()) {
        assert!(simd::limit(level) >= level);
        let result = dispatched();
        assert!(result.same(&expected), "{level}: {result:?} for {expected:?}");
        let within = simd::dispatch_at(level, Level::best).expect("the level is available");
        assert!(within >= level);
    }
    simd::lift_limit();
}

/// Floats of very different magnitudes, including infinities, zeros and NaN.
fn float(seed: u32, cell: usize) -> f32 {
    let bits = seed.wrapping_add(cell as u32).wrapping_mul(2_654_435_769);
    match bits >> 26 {
        0 => f32::NAN,
        1 => f32::INFINITY,
        2 => -0.0,
        3 => f32::from_bits(bits & 0x007f_ffff),
        4..8 => 0.0,
        scale => ((bits & 0xffff) as f32 - 32768.0) * 2_f32.powi(scale as i32 - 32),
    }
}

/// A float whose sums are never NaN.
fn finite(seed: u32, cell: usize) -> f32 {
    let float = float(seed, cell);
    if float.is_finite() { float } else { 1.5 }
}

impl Input {
    fn layout(&self, number: usize, ndim: usize, stretch: bool) -> Layout {
        let mut layout = self.layouts[number].layout(ndim, stretch);
        if self.side_by_side
            && let Some(last) = layout.axes.last_mut()
        {
            (last.step, last.inverted, last.stretched, last.overlap) = (1, false, false, None);
            layout.permutation = (0..ndim).collect();
            layout.column_major = false;
        }
        layout
    }

    /// Outputs of a shape, and inputs larger by as much as the windows need.
    fn stencil<T, U, const K: usize, const L: usize>(
        &self,
        input: impl Fn(usize) -> T,
        output: impl Fn(usize) -> U,
    ) -> Stencil<T, U> {
        let shape = [usize::from(self.rows % 11), usize::from(self.cols % 72)];
        let outer = [shape[0] + K - 1, shape[1] + L - 1];
        let layouts = [
            self.layouts[0].layout_with_unit_columns(),
            self.layouts[1].layout_with_unit_columns(),
            self.layout(2, 2, false),
            self.layout(3, 2, false),
        ];
        Stencil {
            inputs: [layouts[0].stored(&outer, &input), layouts[1].stored(&outer, |cell| input(cell + 7))],
            outputs: [layouts[2].stored(&shape, &output), layouts[3].stored(&shape, |cell| output(cell + 5))],
            layouts,
            shape,
            outer,
        }
    }
}

/// Two inputs of windows and two outputs.
struct Stencil<T, U> {
    inputs: [Array2<T>; 2],
    outputs: [Array2<U>; 2],
    layouts: [Layout; 4],
    shape: [usize; 2],
    outer: [usize; 2],
}

impl<T, U> Stencil<T, U> {
    /// Runs a loop over views of fresh outputs. Returns the whole outputs afterwards, and the
    /// loop's result.
    fn run<R>(
        &self,
        renewed: impl Fn(&U) -> U,
        body: impl FnOnce([ArrayView2<'_, T>; 2], [ArrayViewMut2<'_, U>; 2]) -> R,
    ) -> (Array2<U>, Array2<U>, R) {
        let [mut one, mut other] = [0, 1].map(|slot| self.outputs[slot].map(&renewed));
        let inputs = [0, 1].map(|slot| self.layouts[slot].view(&self.outer, &self.inputs[slot]));
        let outputs =
            [self.layouts[2].view_mut(&self.shape, &mut one), self.layouts[3].view_mut(&self.shape, &mut other)];
        let result = body(inputs, outputs);
        (one, other, result)
    }
}

/// A weighted sum of a window's cells.
#[inline(always)]
fn weighted<const K: usize, const L: usize>(window: Window<'_, f32, K, L>) -> f32 {
    let mut sum = 0.0;
    for (k, row) in window.rows().iter().enumerate() {
        for (l, &cell) in row.iter().enumerate() {
            sum += cell * (1.0 + (k * L + l) as f32);
        }
    }
    sum
}

/// Loops over windows of floats, with `azip!` or `simd_azip!` as given by `$macro`. Bodies that
/// change a variable are `$ordered`.
macro_rules! stencil_loops {
    ($macro:ident $($ordered:ident)?, $number:expr, $input:ident, $inputs:ident, $outputs:ident, $K:ident, $L:ident) => {{
        let [one, other] = $inputs;
        let [out, last] = $outputs;
        let (one, other) = (one.array_windows::<$K, $L>(), other.array_windows::<$K, $L>());
        let mut visits = Visits::default();
        match $number % 5 {
            // Nothing captured: jammed rows.
            0 => $macro!((out in out, one in one, last in last, other in other) {
                *out = weighted(one) - *last;
                *last = one.center().mul_add(0.3, weighted(other));
            }),
            // A captured variable: jammed rows too.
            1 => $macro!((index (i, j), out in out, one in one, last in last, other in other) {
                *out = weighted(one) * (i as f32 - j as f32) + f32::from($input.seed as u8);
                *last += other.to_array()[$K - 1][0];
            }),
            // A sum that depends on the order.
            2 => $macro!($($ordered)? (index (i, j), out in out, one in one, last in last, other in other) {
                let new = visits.note(&[i, j, one.center().to_bits() as usize]);
                *out = new as f32;
                *last = weighted(other) + visits.calls as f32;
            }),
            3 => {
                let mut kept = Vec::new();
                $macro!($($ordered)? (out in out, one in one, last in last, other in other) kept.push((out, one, last, other)));
                for (out, one, last, other) in kept {
                    *out = weighted(one);
                    *last = weighted(other);
                }
            }
            _ => {
                visits.panic_at = Some(usize::from($input.stop_at) % 400);
                until_planned_panic(|| $macro!($($ordered)? (out in out, one in one, last in last, other in other) {
                    *out = visits.note(&[one.center().to_bits() as usize]) as f32;
                    *last = weighted(other);
                }));
            }
        }
        visits
    }};
}

fn stencils<const K: usize, const L: usize>(input: &Input) {
    let number = input.kind / 8;
    let stencil = input.stencil::<f32, f32, K, L>(|cell| finite(input.seed, cell), |cell| finite(!input.seed, cell));
    match input.kind % 8 {
        0 => return unordered::<K, L>(input, &stencil),
        1 => return folds::<K, L>(&stencil),
        _ => {}
    }
    at_every_level(
        || stencil.run(f32::clone, |inputs, outputs| stencil_loops!(azip, number, input, inputs, outputs, K, L)),
        || {
            stencil.run(
                f32::clone,
                |inputs, outputs| stencil_loops!(simd_azip ordered, number, input, inputs, outputs, K, L),
            )
        },
    );
}

/// Bodies that read variables, in any order; each cell once.
fn unordered<const K: usize, const L: usize>(input: &Input, stencil: &Stencil<f32, f32>) {
    let factor = 0.5 + f32::from(input.stop_at);
    let visited = |_: &f32| 0.0;
    at_every_level(
        || {
            stencil.run(visited, |[one, other], [out, last]| {
                let (one, other) = (one.array_windows::<K, L>(), other.array_windows::<K, L>());
                azip!((out in out, one in one, last in last, other in other) {
                    *out += weighted(one) * factor;
                    *last += weighted(other) - factor;
                });
                out_of(stencil)
            })
        },
        || {
            stencil.run(visited, |[one, other], [out, last]| {
                let (one, other) = (one.array_windows::<K, L>(), other.array_windows::<K, L>());
                let seen = RefCell::new(Visits::default());
                simd_azip!(unordered (index (i, j), out in out, one in one, last in last, other in other) {
                    seen.borrow_mut().note(&[i * 1000 + j]);
                    *out += weighted(one) * factor;
                    *last += weighted(other) - factor;
                });
                let mut seen = seen.into_inner();
                seen.ids.sort_unstable();
                seen
            })
        },
    );
}

/// One visit per cell.
fn out_of<T, U>(stencil: &Stencil<T, U>) -> Visits {
    let [rows, cols] = stencil.shape;
    let ids = (0..rows).flat_map(|i| (0..cols).map(move |j| i * 1000 + j)).collect();
    Visits { ids, calls: rows * cols, panic_at: None }
}

fn folds<const K: usize, const L: usize>(stencil: &Stencil<f32, f32>) {
    let step = |sum: f32, out: &mut f32, one: Window<'_, f32, K, L>, other: Window<'_, f32, K, L>| {
        *out = sum;
        sum * 0.75 + weighted(one) - other.center()
    };
    at_every_level(
        || {
            stencil.run(f32::clone, |[one, other], [out, _]| {
                let zip = Zip::from(out).and(one.array_windows::<K, L>()).and(other.array_windows::<K, L>());
                zip.fold(0.25, step)
            })
        },
        || {
            stencil.run(f32::clone, |[one, other], [out, _]| {
                let zip = Zip::from(out).and(one.array_windows::<K, L>()).and(other.array_windows::<K, L>());
                zip.simd_fold(0.25, step)
            })
        },
    );
}

/// Small integers, many of which fit into a register.
fn bytes<const K: usize, const L: usize>(input: &Input) {
    let stencil = input.stencil::<u8, u16, K, L>(|cell| (cell * 7) as u8, |cell| cell as u16);
    // A shared operand, whose rows are jammed too.
    let weights = Array2::from_shape_fn(stencil.shape, |(i, j)| (i * 3 + j) as u16);
    macro_rules! loops {
        ($macro:ident) => {
            stencil.run(u16::clone, |[one, other], [out, last]| {
                $macro!((
                    out in out, one in one.array_windows::<K, L>(), other in other.array_windows::<K, L>(), last in last,
                    &weight in &weights
                ) {
                    let sum: u16 = one.iter().map(|&cell| u16::from(cell)).sum();
                    *out = sum.wrapping_mul(*last).wrapping_add(weight);
                    *last ^= u16::from(*other.center());
                });
                Some(())
            })
        };
    }
    at_every_level(|| loops!(azip), || loops!(simd_azip));
}

/// Elements that own memory. Their rows are jammed if the body is unordered.
fn owned<const K: usize, const L: usize>(input: &Input) {
    let stencil = input.stencil::<Owned, Owned, K, L>(Owned::new, Owned::new);
    macro_rules! loops {
        ($macro:ident $($unordered:ident)?) => {
            stencil.run(|cell| Owned::new(cell.id()), |[one, other], [out, last]| {
                $macro!($($unordered)? (
                    out in out, one in one.array_windows::<K, L>(), other in other.array_windows::<K, L>(), last in last
                ) {
                    let ids = [out.id(), one.center().id(), other[[K - 1, L - 1]].id(), last.id()];
                    *out = Owned::new(mixed(&ids));
                    *last = Owned::new(ids[2]);
                });
                Some(())
            })
        };
    }
    at_every_level(|| loops!(azip), || loops!(simd_azip));
    at_every_level(|| loops!(azip), || loops!(simd_azip unordered));
}

/// Cells that a body without captures changes while others read them, which reveals the order of
/// visits.
fn interior_mutability<const K: usize, const L: usize>(input: &Input) {
    let shape = (usize::from(input.rows % 11), usize::from(input.cols % 40));
    let cells = || Array2::from_shape_fn(shape, |(i, j)| Cell::new((i * 100 + j) as u32));
    macro_rules! loops {
        ($macro:ident) => {{
            let cells = cells();
            $macro!((cell in cells.interior::<K, L>(), window in cells.array_windows::<K, L>()) {
                cell.set(window.iter().fold(1_u32, |sum, cell| sum.wrapping_mul(5).wrapping_add(cell.get())));
            });
            cells
        }};
    }
    at_every_level(|| loops!(azip), || loops!(simd_azip));
}

/// Loops over cells only, in any dimension.
fn cells<D: Dimension>(input: &Input, shape: &[usize]) {
    let layouts = [0, 1, 2].map(|number| input.layout(number, shape.len(), number > 0));
    let stored: [Array<f32, D>; 3] =
        [0, 1, 2].map(|number| layouts[number].stored(shape, |cell| float(input.seed, cell + 31 * number)));
    macro_rules! loops {
        ($macro:ident $for_each:ident $fold:ident) => {{
            let mut out = stored[0].clone();
            let mut visits = Visits::default();
            let view = layouts[0].view_mut(shape, &mut out);
            let (a, b) = (layouts[1].view(shape, &stored[1]), layouts[2].view(shape, &stored[2]));
            let mut sum = 0.0;
            match input.kind / 8 % 6 {
                0 => $macro!((out in view, &a in a, &b in b) *out = a.mul_add(b, *out) / (1.0 + b.abs()).sqrt()),
                1 => $macro!((out in view, &a in a, &b in b) {
                    visits.note(&[a.to_bits() as usize & 1, b.is_sign_negative().into()]);
                    *out = if a > b { a } else { b - *out };
                }),
                2 => Zip::from(view).and(a).and(b).$for_each(|out, &a, &b| *out = a + b * *out),
                3 => {
                    sum = Zip::from(view).and(a).and(b).$fold(0.0, |sum, out, &a, &b| {
                        *out = if a < b { a } else { b };
                        sum * 0.5 + if a.is_finite() && b.is_finite() { a - b } else { 1.0 }
                    });
                }
                4 => {
                    visits.panic_at = Some(usize::from(input.stop_at) % 200);
                    until_planned_panic(|| $macro!((out in view, &a in a, b in b) {
                        visits.note(&[]);
                        *out = a - b;
                    }));
                }
                _ => {
                    let mut kept = Vec::new();
                    Zip::from(view).and(a).and(b).$for_each(|out, a, b| kept.push((out, a, b)));
                    kept.into_iter().rev().for_each(|(out, a, b)| *out = a * b);
                }
            }
            (out, visits, sum)
        }};
    }
    at_every_level(|| loops!(azip for_each fold), || loops!(simd_azip simd_for_each_ordered simd_fold));
}

fn with_windows<const K: usize, const L: usize>(input: &Input) {
    match input.kind % 8 {
        3 => bytes::<K, L>(input),
        4 => owned::<K, L>(input),
        5 => interior_mutability::<K, L>(input),
        _ => stencils::<K, L>(input),
    }
}

fuzz_target!(
    init: abort_at_panics(),
    |input: Input| {
        let (rows, cols) = (usize::from(input.rows), usize::from(input.cols));
        if input.kind % 8 < 7 {
            return match input.dimension % 7 {
                0 => with_windows::<1, 1>(&input),
                1 => with_windows::<2, 1>(&input),
                2 => with_windows::<1, 5>(&input),
                3 => with_windows::<5, 5>(&input),
                _ => with_windows::<3, 3>(&input),
            };
        }
        match input.dimension % 4 {
            0 => cells::<Ix1>(&input, &[cols]),
            1 => cells::<Ix2>(&input, &[rows % 9, cols % 50]),
            2 => cells::<Ix3>(&input, &[rows % 4, input.dimension as usize % 5, cols % 40]),
            _ => cells::<IxDyn>(&input, &[rows % 3, cols % 5, rows % 4, cols % 20][..rows % 5]),
        }
    }
);
