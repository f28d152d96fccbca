//! The simulation, and the loop that runs it.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::engines::Engine;
use crate::recording::Recorder;
use crate::system::{Fields, check_memory};

/// The fields now, and room for those of the next step.
#[derive(Debug)]
pub(crate) struct Simulation {
    pub(crate) now: Fields,
    /// Its outermost cells are those of `now`, and no step writes them: the boundary is fixed.
    next: Fields,
}

impl Simulation {
    /// The start: `u` everywhere, but for a rectangle in the middle that is full of `v`.
    pub(crate) fn new(rows: usize, cols: usize) -> Result<Self, String> {
        check_memory(rows, cols)?;
        let now = Fields::start((rows, cols), 0..rows, 0..cols);
        Ok(Simulation { next: now.clone(), now })
    }

    /// Goes on by `steps` time steps.
    pub(crate) fn advance(&mut self, engine: Engine, steps: u64) {
        engine.advance(&mut self.now, &mut self.next, steps);
    }
}

/// How far a simulation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Time steps.
    pub(crate) steps: u64,
    /// The time that they took, without that for records.
    pub(crate) time: Duration,
}

/// Runs the time steps behind a progress bar, and records on the way: all of them, or as many as were done when `stop` said
/// so. The state after the last one is recorded, too.
pub(crate) fn simulate(
    simulation: &mut Simulation,
    engine: Engine,
    steps: u64,
    recorder: &mut Recorder,
    stop: &dyn Fn() -> bool,
) -> Result<Progress, String> {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} steps, {eta} left").expect("a valid template");
    let bar = ProgressBar::new(steps).with_style(style);
    let mut run = || {
        let mut done = Progress { steps: 0, time: Duration::ZERO };
        let mut batch = 1;
        recorder.record(0, simulation.now.v.view())?;
        while done.steps < steps && !stop() {
            let record = recorder.next_after(done.steps);
            let now = batch.min(record.min(steps) - done.steps);
            let start = Instant::now();
            simulation.advance(engine, now);
            let time = start.elapsed();
            done = Progress { steps: done.steps + now, time: done.time + time };
            batch = batch_after(batch, time);
            bar.set_position(done.steps);
            if done.steps == record {
                recorder.record(record, simulation.now.v.view())?;
            }
        }
        recorder.record(done.steps, simulation.now.v.view())?;
        Ok(done)
    };
    let result = run();
    bar.finish_and_clear();
    result
}

/// The steps to take before the progress bar moves and the program can be stopped again, after a batch of `steps` that took
/// `time`. An engine may be faster with many steps at once, and a user waits for the end of a batch.
fn batch_after(steps: u64, time: Duration) -> u64 {
    const SHORT: Duration = Duration::from_millis(40);
    const LONG: Duration = Duration::from_millis(160);
    if time < SHORT {
        steps.saturating_mul(2)
    } else if time < LONG {
        steps
    } else {
        (steps / 2).max(1)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;

    use ndarray::s;

    use super::*;
    use crate::picture::encode;

    #[test]
    fn a_rectangle_starts_in_the_middle_and_the_boundary_is_fixed() {
        let mut simulation = Simulation::new(8, 12).unwrap();
        assert_eq!(simulation.now.v.slice(s![3..5, 5..7]), ndarray::array![[1.0, 1.0], [1.0, 1.0]]);
        assert_eq!(simulation.now.v.sum(), 4.0);
        simulation.now.v[[0, 3]] = 0.5;
        simulation.next.v[[0, 3]] = 0.5;
        for steps in 1..=2 {
            simulation.advance(Engine::Azip, 1);
            assert_eq!(simulation.now.v[[0, 3]], 0.5, "after {steps} steps");
            assert_ne!(simulation.now.v[[1, 3]], 0.0, "after {steps} steps");
        }
    }

    #[test]
    fn a_grid_without_memory_is_an_error() {
        for (rows, cols) in [(usize::MAX, 3), (usize::MAX / 64, 8)] {
            assert!(Simulation::new(rows, cols).unwrap_err().contains("no memory"));
        }
    }

    /// What [`simulate`] comes to when it is stopped after `batches` of steps.
    fn stopped_after(batches: u32, simulation: &mut Simulation, steps: u64, recorder: &mut Recorder) -> Progress {
        let asked = Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) == batches;
        simulate(simulation, Engine::Azip, steps, recorder, &stop).unwrap()
    }

    #[test]
    fn a_run_that_is_stopped_ends_behind_a_whole_step() {
        for batches in 0..4 {
            let mut simulation = Simulation::new(6, 7).unwrap();
            let done = stopped_after(batches, &mut simulation, 1_000_000, &mut Recorder::none());
            assert!(u64::from(batches) <= done.steps && done.steps < 1_000_000, "{done:?}");
            let mut expected = Simulation::new(6, 7).unwrap();
            expected.advance(Engine::Azip, done.steps);
            assert_eq!(simulation.now.v, expected.now.v, "{done:?}");
        }
    }

    #[test]
    fn a_run_that_is_not_stopped_takes_all_steps() {
        for steps in [0, 1, 2, 9] {
            let mut simulation = Simulation::new(6, 7).unwrap();
            let done = simulate(&mut simulation, Engine::Azip, steps, &mut Recorder::none(), &|| false).unwrap();
            assert_eq!(done.steps, steps);
            let mut expected = Simulation::new(6, 7).unwrap();
            (0..steps).for_each(|_| expected.advance(Engine::Ndarray, 1));
            assert_eq!(simulation.now.v, expected.now.v, "{steps} steps");
        }
    }

    #[test]
    fn batches_grow_and_shrink_but_never_vanish() {
        let after = |steps, millis| batch_after(steps, Duration::from_millis(millis));
        assert_eq!((after(8, 0), after(8, 100), after(8, 500), after(1, 500)), (16, 8, 4, 1));
        assert_eq!(after(u64::MAX, 0), u64::MAX);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn pictures_show_the_steps_that_they_are_named_for() {
        let directory = tempfile::tempdir().unwrap();
        let recorder = || Recorder::new(Some(directory.path()), None, 4, 10, (6, 7)).unwrap();
        simulate(&mut Simulation::new(6, 7).unwrap(), Engine::Azip, 10, &mut recorder(), &|| false).unwrap();
        let files = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = files.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, [0, 4, 8, 10].map(|step| format!("frame_{step:06}.png")));
        for step in [0, 4, 8, 10] {
            let mut simulation = Simulation::new(6, 7).unwrap();
            simulation.advance(Engine::Ndarray, step);
            let mut expected = Vec::new();
            encode(simulation.now.v.view(), &mut expected).unwrap();
            let picture = fs::read(directory.path().join(format!("frame_{step:06}.png"))).unwrap();
            assert!(picture == expected, "step {step}");
        }

        // The last state of a run that is stopped is there, whatever its number is.
        let mut simulation = Simulation::new(6, 7).unwrap();
        let done = stopped_after(2, &mut simulation, 1_000_000, &mut recorder());
        assert!(directory.path().join(format!("frame_{:06}.png", done.steps)).exists(), "{done:?}");
    }
}
