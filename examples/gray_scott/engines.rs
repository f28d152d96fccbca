//! The ways to run time steps, the check that they give the same numbers, and the comparison of their speeds.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use multiversion::multiversion;
use ndarray::{Array2, ArrayView2, s};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip, azip, simd_azip};

use crate::simulation::Simulation;
use crate::system::{Fields, next_cell};

/// The ways to run a time step. They differ in speed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// `ndarray::azip!` over ndarray's windows
    Ndarray,
    /// The same inside `#[multiversion]`, where ndarray's loop calls the closure for every cell
    NdarrayMultiversion,
    /// A `for` loop over the lockstep iterator
    Iterator,
    /// `ndarray_lockstep::azip!` over lockstep windows
    Azip,
    /// The same inside `#[multiversion]`, for the best instruction set of the processor
    Multiversion,
    /// `ndarray_lockstep::simd_azip!`, which finds the instruction set by itself and walks several rows at a time
    Simd,
}

impl Engine {
    /// The name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether the engine can use several threads.
    pub(crate) fn is_parallel(self) -> bool {
        match self {
            Engine::Ndarray
            | Engine::NdarrayMultiversion
            | Engine::Iterator
            | Engine::Azip
            | Engine::Multiversion
            | Engine::Simd => false,
        }
    }

    /// Goes on by `steps` time steps: computes the inner cells of `now` from those of `now`, with `next` for room. The
    /// outermost cells of both are the same, before and after.
    pub(crate) fn advance(self, now: &mut Fields, next: &mut Fields, steps: u64) {
        let step = match self {
            Engine::Ndarray => step_by_ndarray,
            Engine::NdarrayMultiversion => step_by_ndarray_multiversion,
            Engine::Iterator => step_by_iterator,
            Engine::Azip => step_by_azip,
            Engine::Multiversion => step_by_multiversion,
            Engine::Simd => step_by_simd,
        };
        for _ in 0..steps {
            step(now, next);
            std::mem::swap(now, next);
        }
    }
}

/// A step by ndarray's `azip!`. Not a function: the closure has to stand inside the multiversioned one, as it does in the
/// programs that this is compared with.
macro_rules! ndarray_step {
    ($now:ident, $next:ident) => {{
        let (rows, cols) = $now.u.dim();
        ndarray::azip!((
            next_u in $next.u.slice_mut(s![1..rows - 1, 1..cols - 1]),
            next_v in $next.v.slice_mut(s![1..rows - 1, 1..cols - 1]),
            u in $now.u.windows((3, 3)),
            v in $now.v.windows((3, 3)),
        ) {
            (*next_u, *next_v) = next_cell(cells(u), cells(v));
        });
    }};
}

fn step_by_ndarray(now: &Fields, next: &mut Fields) {
    ndarray_step!(now, next);
}

/// The cells of a window whose size is not part of its type. Faster than a walk over `window.iter()`.
#[inline(always)]
fn cells(window: ArrayView2<'_, f32>) -> [[f32; 3]; 3] {
    std::array::from_fn(|k| std::array::from_fn(|l| window[[k, l]]))
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn step_by_ndarray_multiversion(now: &Fields, next: &mut Fields) {
    ndarray_step!(now, next);
}

fn step_by_iterator(now: &Fields, next: &mut Fields) {
    let lockstep = Zip::from(next.u.interior_mut::<3, 3>())
        .and(next.v.interior_mut::<3, 3>())
        .and(now.u.array_windows::<3, 3>())
        .and(now.v.array_windows::<3, 3>());
    for (next_u, next_v, u, v) in lockstep {
        (*next_u, *next_v) = next_cell(u.to_array(), v.to_array());
    }
}

// Always inlined, and so compiled for the instruction sets of the function that it is called in.
#[inline(always)]
fn step_by_azip(now: &Fields, next: &mut Fields) {
    azip!((
        next_u in next.u.interior_mut::<3, 3>(),
        next_v in next.v.interior_mut::<3, 3>(),
        u in now.u.array_windows::<3, 3>(),
        v in now.v.array_windows::<3, 3>(),
    ) {
        (*next_u, *next_v) = next_cell(u.to_array(), v.to_array());
    });
}

// The first target that the processor has is taken, so the widest stands first.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn step_by_multiversion(now: &Fields, next: &mut Fields) {
    step_by_azip(now, next);
}

fn step_by_simd(now: &Fields, next: &mut Fields) {
    simd_azip!((
        next_u in next.u.interior_mut::<3, 3>(),
        next_v in next.v.interior_mut::<3, 3>(),
        u in now.u.array_windows::<3, 3>(),
        v in now.v.array_windows::<3, 3>(),
    ) {
        (*next_u, *next_v) = next_cell(u.to_array(), v.to_array());
    });
}

/// An error if, after some steps from the start, an engine has not the numbers that ndarray's has, bit for bit.
pub(crate) fn check_engines(rows: usize, cols: usize, steps: u64) -> Result<(), String> {
    let fields_after_steps = |engine| -> Result<Fields, String> {
        let mut simulation = Simulation::new(rows, cols)?;
        simulation.advance(engine, steps);
        Ok(simulation.now)
    };
    let expected = fields_after_steps(Engine::Ndarray)?;
    for &engine in Engine::value_variants() {
        if !same_bits(&fields_after_steps(engine)?, &expected) {
            return Err(format!("the numbers of the engine {} are not those of ndarray", engine.name()));
        }
    }
    Ok(())
}

fn same_bits(a: &Fields, b: &Fields) -> bool {
    let bits = |field: &Array2<f32>| field.map(|cell| cell.to_bits());
    bits(&a.u) == bits(&b.u) && bits(&a.v) == bits(&b.v)
}

/// The nanoseconds that each engine takes for a cell: its best turn of several, in each of which all engines run. Nothing if
/// it was stopped before.
pub(crate) fn measure_engines(simulation: &mut Simulation, stop: &dyn Fn() -> bool) -> Option<Vec<(Engine, f64)>> {
    const TIME_LIMIT: Duration = Duration::from_secs(3);
    // Enough cells for a turn to be long beside the resolution of the clock.
    const CELLS_PER_TURN: usize = 1_000_000;

    let cells = simulation.now.u.interior::<3, 3>().len();
    let steps = CELLS_PER_TURN.div_ceil(cells) as u64;
    let mut times: Vec<_> = Engine::value_variants().iter().map(|&engine| (engine, f64::INFINITY)).collect();
    let start = Instant::now();
    while start.elapsed() < TIME_LIMIT {
        for (engine, best) in &mut times {
            if stop() {
                return None;
            }
            let turn = Instant::now();
            simulation.advance(*engine, steps);
            *best = best.min(turn.elapsed().as_secs_f64() * 1e9 / (steps as f64 * cells as f64));
        }
    }
    Some(times)
}

/// A line for each engine: its nanoseconds per cell, and how many times as fast as ndarray's it is.
pub(crate) fn speed_table(times: &[(Engine, f64)]) -> String {
    let ndarray = times.iter().find(|(engine, _)| *engine == Engine::Ndarray).map_or(f64::NAN, |(_, time)| *time);
    let line =
        |(engine, time): &(Engine, f64)| format!("{:<20}  {time:>11.2}  {:>18.2}", engine.name(), ndarray / time);
    let head = format!("{:<20}  {:>11}  {:>18}", "engine", "ns per cell", "speed, ndarray = 1");
    std::iter::once(head).chain(times.iter().map(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_agree_on_the_smallest_and_on_odd_grids() {
        for (rows, cols) in [(3, 3), (3, 8), (6, 5)] {
            check_engines(rows, cols, 2).unwrap();
        }
    }

    #[test]
    fn a_single_bit_is_a_difference() {
        let fields = Simulation::new(5, 5).unwrap().now;
        let mut other = fields.clone();
        other.v[[0, 0]] = -0.0;
        assert!(same_bits(&fields, &fields));
        assert!(!same_bits(&fields, &other));
    }
}
