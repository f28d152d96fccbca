//! The simulation: its fields and the state that the engines need.

use common::evolution::{Evolution, Progress, evolve};
use common::memory;
use common::recording::Recorder;
use ndarray::{ArrayView2, CowArray, Ix2};
use ndarray_lockstep::{Boundary, Padded, Stencil, StencilSteps};

use crate::engines::Engine;
use crate::system::{Fields, Rule};
use crate::threads::Threads;

/// The current fields and the state that the engines need.
#[derive(Debug)]
pub(crate) struct Simulation {
    pub(crate) now: Fields<Padded<f32>>,
    /// Memory for the next step, for engines that run one step at a time.
    pub(crate) next: Fields<Padded<f32>>,
    pub(crate) boundaries: [Boundary<f32>; 2],
    /// The buffers that engines of many steps keep between calls.
    pub(crate) many: StencilSteps<3, 3, 2, f32>,
    #[cfg_attr(not(feature = "rayon"), expect(dead_code, reason = "no engine runs on several threads"))]
    pub(crate) threads: Threads,
}

impl Simulation {
    /// Returns the initial state: `u` everywhere except in a rectangle in the middle, which is full
    /// of `v`.
    pub(crate) fn new(rows: usize, cols: usize, rule: Rule, threads: Threads) -> Result<Self, String> {
        check_memory(rows, cols)?;
        let boundaries = rule.boundaries();
        let now = Fields::padded(Fields::start((rows, cols), 0..rows, 0..cols), boundaries);
        Ok(Simulation { next: now.clone(), now, boundaries, many: Stencil::stepper(boundaries), threads })
    }

    /// Sets how many steps an engine fuses into one sweep.
    pub(crate) fn with_depth(self, steps: usize) -> Self {
        Simulation { many: self.many.depth(steps), ..self }
    }

    /// Advances the simulation by `steps` time steps.
    pub(crate) fn advance(&mut self, engine: Engine, steps: u64) {
        engine.advance(self, steps);
    }

    /// Returns the field `u`.
    pub(crate) fn u(&self) -> ArrayView2<'_, f32> {
        self.now.u.interior()
    }

    /// Returns the field `v`.
    pub(crate) fn v(&self) -> ArrayView2<'_, f32> {
        self.now.v.interior()
    }
}

impl Fields<Padded<f32>> {
    /// Returns the fields with ghost cells around them.
    fn padded(fields: Fields, [u, v]: [Boundary<f32>; 2]) -> Self {
        Fields { u: Padded::from_interior::<3, 3>(&fields.u, u), v: Padded::from_interior::<3, 3>(&fields.v, v) }
    }

    /// Refills the ghost cells.
    pub(crate) fn refresh(&mut self, [u, v]: [Boundary<f32>; 2]) {
        self.u.refresh(u);
        self.v.refresh(v);
    }
}

/// Returns an error if there is no memory for a grid of this size.
fn check_memory(rows: usize, cols: usize) -> Result<(), String> {
    // There are two fields, now and next, with their ghost cells, and the rows that a sweep
    // buffers.
    const FIELDS: usize = 4;
    const ROWS_OF_BUFFERS: usize = 64;
    // Rows are padded to whole cache lines. Long rows get up to 12 more lines, against set
    // conflicts.
    const CELLS_OF_A_CACHE_LINE: usize = 16;
    let bytes = || {
        let rows = rows.checked_add(2)?.checked_mul(FIELDS)?.checked_add(ROWS_OF_BUFFERS)?;
        let row = cols.checked_add(2)?.checked_next_multiple_of(CELLS_OF_A_CACHE_LINE)?;
        let gap = if row < 6 * CELLS_OF_A_CACHE_LINE { 0 } else { 12 * CELLS_OF_A_CACHE_LINE };
        memory::bytes_of(rows, row.checked_add(gap)?, size_of::<f32>())
    };
    memory::check((rows, cols), bytes())
}

/// A simulation and the engine that runs it.
struct ByEngine<'a> {
    simulation: &'a mut Simulation,
    engine: Engine,
}

impl Evolution for ByEngine<'_> {
    fn advance(&mut self, steps: u64) {
        self.simulation.advance(self.engine, steps);
    }

    fn field(&self) -> CowArray<'_, f32, Ix2> {
        self.simulation.v().into()
    }
}

/// Runs the time steps with `engine`. See [`evolve`].
pub(crate) fn simulate(
    simulation: &mut Simulation,
    engine: Engine,
    steps: u64,
    recorder: &mut Recorder,
    stop: &dyn Fn() -> bool,
) -> Result<Progress, String> {
    evolve(&mut ByEngine { simulation, engine }, steps, recorder, stop)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;
    use std::fs;
    use std::num::NonZeroUsize;

    use clap::ValueEnum;
    use ndarray::{Array2, s};

    use super::*;
    use crate::system::next_cell;
    use common::picture::{Look, Picture, encode};
    use common::recording::Records;

    /// Returns two threads, if the build supports them.
    pub(crate) fn threads() -> Threads {
        Threads::new(NonZeroUsize::new(2)).unwrap()
    }

    /// Returns a simulation of a grid of this size.
    pub(crate) fn new((rows, cols): (usize, usize), rule: Rule) -> Simulation {
        Simulation::new(rows, cols, rule, threads()).unwrap()
    }

    /// Returns a small simulation.
    fn small() -> Simulation {
        new((6, 7), Rule::Constant)
    }

    #[test]
    fn a_rectangle_starts_in_the_middle() {
        let simulation = new((8, 12), Rule::Constant);
        assert_eq!(simulation.v().slice(s![3..5, 5..7]), ndarray::array![[1.0, 1.0], [1.0, 1.0]]);
        assert_eq!((simulation.v().sum(), simulation.u().sum()), (4.0, 92.0));
    }

    /// Returns the cell of an axis of length `len` that the rule puts at `index`, if there is one.
    fn source(rule: Rule, index: isize, len: usize) -> Option<usize> {
        let last = len.cast_signed() - 1;
        let source = match rule {
            _ if (0..=last).contains(&index) => index,
            Rule::Constant => return None,
            Rule::Edge | Rule::Symmetric => index.clamp(0, last),
            Rule::Reflect => (if index < 0 { -index } else { 2 * last - index }).clamp(0, last),
            Rule::Wrap => index.rem_euclid(len.cast_signed()),
        };
        Some(source.cast_unsigned())
    }

    #[test]
    fn the_boundary_rules_are_what_their_names_say() {
        for &rule in Rule::value_variants() {
            for grid in [(1, 1), (1, 4), (3, 1), (3, 4)] {
                let mut simulation = new(grid, rule);
                let [u, v] = [0.7, 0.3]
                    .map(|most| Array2::from_shape_fn(grid, |(i, j)| most / (1.0 + 3.0 * i as f32 + 10.0 * j as f32)));
                simulation.now.u.interior_mut().assign(&u);
                simulation.now.v.interior_mut().assign(&v);
                simulation.now.refresh(simulation.boundaries);

                let around = |field: &Array2<f32>, outside: f32, (i, j): (usize, usize)| -> [[f32; 3]; 3] {
                    let at = |at: usize, k: usize, len| source(rule, (at + k).cast_signed() - 1, len);
                    std::array::from_fn(|k| {
                        std::array::from_fn(|l| match at(i, k, grid.0).zip(at(j, l, grid.1)) {
                            Some(cell) => field[cell],
                            None => outside,
                        })
                    })
                };
                let expected = Array2::from_shape_fn(grid, |at| next_cell(around(&u, 1.0, at), around(&v, 0.0, at)));
                simulation.advance(Engine::Steps, 1);
                assert_eq!(simulation.u(), expected.map(|cells| cells.0), "u, {rule:?}, {grid:?}");
                assert_eq!(simulation.v(), expected.map(|cells| cells.1), "v, {rule:?}, {grid:?}");
            }
        }
    }

    #[test]
    fn a_grid_without_memory_is_an_error() {
        for (rows, cols) in [(usize::MAX, 3), (usize::MAX / 64, 8), (usize::MAX / 128, 1), (1, usize::MAX / 512)] {
            let simulation = Simulation::new(rows, cols, Rule::Constant, threads());
            assert!(simulation.unwrap_err().contains("no memory"));
        }
    }

    /// Runs [`simulate`], stops it after `batches` batches of steps, and returns its progress.
    fn stopped_after(batches: u32, simulation: &mut Simulation, steps: u64, recorder: &mut Recorder) -> Progress {
        let asked = Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) == batches;
        simulate(simulation, Engine::Azip, steps, recorder, &stop).unwrap()
    }

    #[test]
    fn a_run_that_is_stopped_ends_behind_a_whole_step() {
        for batches in 0..4 {
            let mut simulation = small();
            let done = stopped_after(batches, &mut simulation, 1_000_000, &mut Recorder::none());
            assert!(u64::from(batches) <= done.steps && done.steps < 1_000_000, "{done:?}");
            let mut expected = small();
            expected.advance(Engine::Azip, done.steps);
            assert_eq!(simulation.v(), expected.v(), "{done:?}");
        }
    }

    #[test]
    fn a_run_that_is_not_stopped_takes_all_steps() {
        for steps in [0, 1, 2, 9] {
            let mut simulation = small();
            let done = simulate(&mut simulation, Engine::Azip, steps, &mut Recorder::none(), &|| false).unwrap();
            assert_eq!(done.steps, steps);
            let mut expected = small();
            (0..steps).for_each(|_| expected.advance(Engine::Ndarray, 1));
            assert_eq!(simulation.v(), expected.v(), "{steps} steps");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn pictures_show_the_steps_that_they_are_named_for() {
        let directory = tempfile::tempdir().unwrap();
        let records = Records { frames: Some(directory.path().to_owned()), gif: None, every: Some(4) };
        let output = Picture::at(&directory.path().join("picture.png")).unwrap();
        let recorder = || records.recorder(&output, 10, (6, 7), Look::SPOTS).unwrap();
        let mut pictures = recorder();
        simulate(&mut small(), Engine::Azip, 10, &mut pictures, &|| false).unwrap();
        pictures.finish().unwrap();
        let files = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = files.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, [0, 4, 8, 10].map(|step| format!("frame_{step:06}.png")));
        for step in [0, 4, 8, 10] {
            let mut simulation = small();
            simulation.advance(Engine::Ndarray, step);
            let mut expected = Vec::new();
            encode(simulation.v(), Look::SPOTS, &mut expected).unwrap();
            let picture = fs::read(directory.path().join(format!("frame_{step:06}.png"))).unwrap();
            assert!(picture == expected, "step {step}");
        }

        // The last state of a stopped run is recorded, whatever its number is.
        let mut simulation = small();
        let mut pictures = recorder();
        let done = stopped_after(2, &mut simulation, 1_000_000, &mut pictures);
        pictures.finish().unwrap();
        assert!(directory.path().join(format!("frame_{:06}.png", done.steps)).exists(), "{done:?}");
    }
}
