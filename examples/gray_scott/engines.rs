//! The engines that run time steps, the check that all give the same numbers, and the comparison of
//! their speeds.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use common::evolution::count;
use multiversion::multiversion;
use ndarray::ArrayView2;
use ndarray_lockstep::{Padded, Zip, azip, simd_azip};

use crate::simulation::Simulation;
use crate::system::{Fields, Rule, next_cell};
use crate::threads::Threads;

/// An engine that runs time steps. The engines differ only in speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// `ndarray::azip!` over ndarray's windows
    Ndarray,
    /// The same inside `#[multiversion]`, where ndarray's loop calls the closure once per cell
    NdarrayMultiversion,
    /// A `for` loop over the lockstep iterator
    Iterator,
    /// `ndarray_lockstep::azip!` over lockstep windows
    Azip,
    /// The same inside `#[multiversion]`, for the best instruction set of the processor
    Multiversion,
    /// `ndarray_lockstep::simd_azip!`, which chooses the instruction set at run time and computes
    /// several rows at once
    Simd,
    /// `ndarray_lockstep::StencilSteps`, which fuses up to 16 steps into one sweep over memory
    Steps,
    /// The same on several threads, in a build with `--features rayon`
    Par,
}

impl Engine {
    /// Returns the engines of this build.
    pub(crate) fn available() -> impl Iterator<Item = Engine> {
        let engines = Engine::value_variants().iter().copied();
        engines.filter(|engine| cfg!(feature = "rayon") || !engine.is_parallel())
    }

    /// Returns the name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Returns whether the engine can use several threads.
    pub(crate) fn is_parallel(self) -> bool {
        self == Engine::Par
    }

    /// Returns the fewest steps per turn in the comparison of speeds. Sweeps need as many steps as
    /// they fuse. Engines that are compared with sweeps take as many: shorter turns are less likely
    /// to be interrupted and would have an advantage.
    fn fewest_steps_of_a_turn(self) -> u64 {
        match self {
            Engine::Multiversion | Engine::Simd | Engine::Steps | Engine::Par => 16,
            Engine::Ndarray | Engine::NdarrayMultiversion | Engine::Iterator | Engine::Azip => 1,
        }
    }

    /// Advances the simulation by `steps` time steps. The ghost cells of `now` match its interior
    /// before and after.
    pub(crate) fn advance(self, simulation: &mut Simulation, steps: u64) {
        let step = match self {
            Engine::Ndarray => step_by_ndarray,
            Engine::NdarrayMultiversion => step_by_ndarray_multiversion,
            Engine::Iterator => step_by_iterator,
            Engine::Azip => step_by_azip,
            Engine::Multiversion => step_by_multiversion,
            Engine::Simd => step_by_simd,
            Engine::Steps => return advance_by_steps(simulation, steps),
            Engine::Par => return advance_by_par(simulation, steps),
        };
        let Simulation { now, next, boundaries, .. } = simulation;
        for _ in 0..steps {
            step(now, next);
            next.refresh(*boundaries);
            std::mem::swap(now, next);
        }
    }
}

/// Both fields with their ghost cells.
type PaddedFields = Fields<Padded<f32>>;

/// Runs many steps at once, in place. The library fills ghost cells of its own during the run.
fn advance_by_steps(simulation: &mut Simulation, steps: u64) {
    let Simulation { now, many, boundaries, .. } = simulation;
    many.run(
        count(steps),
        [&mut now.u.interior_mut(), &mut now.v.interior_mut()],
        #[inline(always)]
        |[u, v]| next_cell(u.to_array(), v.to_array()).into(),
    );
    now.refresh(*boundaries);
}

#[cfg(feature = "rayon")]
fn advance_by_par(simulation: &mut Simulation, steps: u64) {
    let Simulation { now, many, boundaries, threads, .. } = simulation;
    threads.run(|| {
        many.par_run(
            count(steps),
            [&mut now.u.interior_mut(), &mut now.v.interior_mut()],
            #[inline(always)]
            |[u, v]| next_cell(u.to_array(), v.to_array()).into(),
        );
    });
    now.refresh(*boundaries);
}

#[cfg(not(feature = "rayon"))]
fn advance_by_par(_simulation: &mut Simulation, _steps: u64) {
    unreachable!("without the feature rayon the options have no such engine");
}

/// Runs a step by ndarray's `azip!`. This is a macro because the closure must be inside the
/// multiversioned function, as in the programs that this engine represents.
macro_rules! ndarray_step {
    ($now:ident, $next:ident) => {{
        ndarray::azip!((
            next_u in $next.u.interior_mut(),
            next_v in $next.v.interior_mut(),
            u in $now.u.view().windows((3, 3)),
            v in $now.v.view().windows((3, 3)),
        ) {
            (*next_u, *next_v) = next_cell(cells(u), cells(v));
        });
    }};
}

fn step_by_ndarray(now: &PaddedFields, next: &mut PaddedFields) {
    ndarray_step!(now, next);
}

/// Copies the cells of a window whose size is not part of its type. This is faster than
/// `window.iter()`.
#[inline(always)]
fn cells(window: ArrayView2<'_, f32>) -> [[f32; 3]; 3] {
    std::array::from_fn(|k| std::array::from_fn(|l| window[[k, l]]))
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn step_by_ndarray_multiversion(now: &PaddedFields, next: &mut PaddedFields) {
    ndarray_step!(now, next);
}

fn step_by_iterator(now: &PaddedFields, next: &mut PaddedFields) {
    let lockstep = Zip::from(next.u.interior_mut())
        .and(next.v.interior_mut())
        .and(now.u.array_windows::<3, 3>())
        .and(now.v.array_windows::<3, 3>());
    for (next_u, next_v, u, v) in lockstep {
        (*next_u, *next_v) = next_cell(u.to_array(), v.to_array());
    }
}

// Always inlined, so that it is compiled for the instruction sets of its caller.
#[inline(always)]
fn step_by_azip(now: &PaddedFields, next: &mut PaddedFields) {
    azip!((
        next_u in next.u.interior_mut(),
        next_v in next.v.interior_mut(),
        u in now.u.array_windows::<3, 3>(),
        v in now.v.array_windows::<3, 3>(),
    ) {
        (*next_u, *next_v) = next_cell(u.to_array(), v.to_array());
    });
}

// The first supported target is used, so the widest comes first.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn step_by_multiversion(now: &PaddedFields, next: &mut PaddedFields) {
    step_by_azip(now, next);
}

fn step_by_simd(now: &PaddedFields, next: &mut PaddedFields) {
    simd_azip!((
        next_u in next.u.interior_mut(),
        next_v in next.v.interior_mut(),
        u in now.u.array_windows::<3, 3>(),
        v in now.v.array_windows::<3, 3>(),
    ) {
        (*next_u, *next_v) = next_cell(u.to_array(), v.to_array());
    });
}

/// Returns an error if, after some steps from the start, an engine differs from ndarray's in any
/// bit.
pub(crate) fn check_engines(
    (rows, cols): (usize, usize),
    steps: u64,
    rule: Rule,
    threads: &Threads,
) -> Result<(), String> {
    // On a grid that fits into the cache, steps are not fused unless a depth is set.
    const DEPTH: usize = 8;
    let after_steps = |engine| -> Result<Simulation, String> {
        let mut simulation = Simulation::new(rows, cols, rule, threads.clone())?.with_depth(DEPTH);
        simulation.advance(engine, steps);
        Ok(simulation)
    };
    let expected = after_steps(Engine::Ndarray)?;
    for engine in Engine::available() {
        if !same_bits(&after_steps(engine)?.now, &expected.now) {
            return Err(format!("the numbers of the engine {} are not those of ndarray", engine.name()));
        }
    }
    Ok(())
}

/// Returns whether all cells, including the ghost cells, have the same bits.
fn same_bits(a: &PaddedFields, b: &PaddedFields) -> bool {
    let bits = |field: &Padded<f32>| field.view().map(|cell| cell.to_bits());
    bits(&a.u) == bits(&b.u) && bits(&a.v) == bits(&b.v)
}

/// The nanoseconds per cell and step of an engine: the quartiles of several turns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed {
    engine: Engine,
    low: f64,
    median: f64,
    high: f64,
}

impl Speed {
    /// Returns the quartiles of at least one time.
    fn of(engine: Engine, mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let [low, median, high] = [1, 2, 3].map(|quarters| times[(times.len() - 1) * quarters / 4]);
        Speed { engine, low, median, high }
    }
}

/// Measures the speed of each engine. All engines run in each of several turns. Returns `None` if
/// the run was stopped.
pub(crate) fn measure_engines(simulation: &mut Simulation, stop: &dyn Fn() -> bool) -> Option<Vec<Speed>> {
    const TIME_LIMIT: Duration = Duration::from_secs(3);
    // A turn has enough cells to be long compared with the resolution of the clock.
    const CELLS_PER_TURN: usize = 1_000_000;

    let cells = simulation.v().len();
    let steps = CELLS_PER_TURN.div_ceil(cells) as u64;
    let mut times: Vec<_> = Engine::available().map(|engine| (engine, Vec::new())).collect();
    let start = Instant::now();
    while start.elapsed() < TIME_LIMIT {
        for (engine, times) in &mut times {
            if stop() {
                return None;
            }
            let steps = steps.max(engine.fewest_steps_of_a_turn());
            let turn = Instant::now();
            simulation.advance(*engine, steps);
            times.push(turn.elapsed().as_secs_f64() * 1e9 / (steps as f64 * cells as f64));
        }
    }
    Some(times.into_iter().map(|(engine, times)| Speed::of(engine, times)).collect())
}

/// Returns a line per engine: its median time with the quartiles, and its speed relative to
/// ndarray's. A last line warns if the machine was busy.
pub(crate) fn speed_table(speeds: &[Speed], threads: usize) -> String {
    let ndarray = speeds.iter().find(|speed| speed.engine == Engine::Ndarray).map_or(f64::NAN, |speed| speed.median);
    let row = |engine: &str, threads: &str, time: &str, quartiles: &str, speed: &str| {
        format!("{engine:<20}  {threads:>7}  {time:>20}  {quartiles:>11}  {speed:>18}")
    };
    let line = |&Speed { engine, low, median, high }: &Speed| {
        let threads = if engine.is_parallel() { threads } else { 1 };
        let (time, quartiles) = (format!("{median:.2}"), format!("{low:.2}–{high:.2}"));
        row(&engine.name(), &threads.to_string(), &time, &quartiles, &format!("{:.2}", ndarray / median))
    };
    let head = row("engine", "threads", "ns per cell and step", "quartiles", "speed, ndarray = 1");
    let warning = was_busy(speeds).then(|| {
        "Warning: the times vary by more than a tenth. The machine was busy: close other programs, and run this again.".into()
    });
    std::iter::once(head).chain(speeds.iter().map(line)).chain(warning).collect::<Vec<_>>().join("\n")
}

/// Returns whether the quartiles of most engines are more than a tenth apart: other programs slow
/// all engines down, and a slow engine only itself.
fn was_busy(speeds: &[Speed]) -> bool {
    let varying = speeds.iter().filter(|Speed { low, high, .. }| *high > 1.1 * low).count();
    2 * varying > speeds.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::tests::{new, threads};

    #[test]
    fn engines_agree_whatever_the_boundary_and_however_small_the_grid() {
        for rule in Rule::value_variants() {
            for grid in [(1, 1), (1, 6), (5, 1), (2, 3), (3, 3), (3, 8), (6, 5), (27, 4)] {
                check_engines(grid, 3, *rule, &threads()).unwrap_or_else(|line| panic!("{rule:?}, {grid:?}: {line}"));
            }
        }
    }

    /// The run has more steps than one sweep fuses, in several bands of rows.
    #[test]
    fn engines_agree_after_several_sweeps() {
        for rule in Rule::value_variants() {
            check_engines((53, 9), 19, *rule, &threads()).unwrap_or_else(|line| panic!("{rule:?}: {line}"));
        }
    }

    #[test]
    fn a_single_bit_is_a_difference() {
        let fields = new((5, 5), Rule::Constant).now;
        let mut other = fields.clone();
        assert!(same_bits(&fields, &other));
        other.v.interior_mut()[[0, 0]] = -0.0;
        assert!(!same_bits(&fields, &other));
    }

    #[test]
    fn the_table_says_how_many_threads_there_are_and_how_far_times_are_apart() {
        let times = |engine, times: &[f64]| Speed::of(engine, times.to_vec());
        let speeds = [
            times(Engine::Ndarray, &[31.0, 29.0, 30.0, 50.0, 28.0]),
            times(Engine::Steps, &[0.5]),
            times(Engine::Par, &[0.1, 0.1]),
        ];
        let table = speed_table(&speeds, 6);
        let words: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words.len(), 3, "{table}");
        assert_eq!(words[0], ["ndarray", "1", "30.00", "29.00–31.00", "1.00"]);
        assert_eq!(words[1], ["steps", "1", "0.50", "0.50–0.50", "60.00"]);
        assert_eq!(words[2], ["par", "6", "0.10", "0.10–0.10", "300.00"]);
    }

    #[test]
    fn a_warning_says_that_most_times_vary() {
        let speed = |high| Speed { engine: Engine::Simd, low: 1.0, median: 1.0, high };
        let warns = |speeds: &[Speed]| speed_table(speeds, 1).contains("\nWarning: ");
        assert!(!warns(&[speed(1.0), speed(1.05), speed(3.0)]));
        assert!(warns(&[speed(1.0), speed(1.2), speed(1.5)]));
    }
}
