//! The loop over the time steps of a simulation, with a progress bar and records. It ends after the
//! last step or at Ctrl-C.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use ndarray::{CowArray, Ix2};

use crate::recording::Recorder;

/// A simulation that advances in time steps and can be drawn.
pub trait Evolution {
    /// Advances the simulation by `steps` time steps.
    fn advance(&mut self, steps: u64);

    /// Returns the field to be drawn.
    fn field(&self) -> CowArray<'_, f32, Ix2>;
}

/// The progress of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of time steps.
    pub steps: u64,
    /// The time of the steps, without the time for records.
    pub time: Duration,
}

impl Progress {
    /// Returns the nanoseconds per cell and step, for `cells` cells.
    pub fn nanoseconds(self, cells: usize) -> f64 {
        self.time.as_secs_f64() * 1e9 / (self.steps as f64 * cells as f64)
    }
}

/// Runs the time steps with a progress bar and records. It ends early if `stop` returns true. The
/// state after the last step is recorded, too.
pub fn evolve(
    evolution: &mut impl Evolution,
    steps: u64,
    recorder: &mut Recorder,
    stop: &dyn Fn() -> bool,
) -> Result<Progress, String> {
    let bar = progress_bar(steps);
    let mut run = || {
        let mut done = Progress { steps: 0, time: Duration::ZERO };
        let mut batch = 1;
        recorder.record(0, evolution.field().view())?;
        while done.steps < steps && !stop() {
            let record = recorder.next_after(done.steps);
            let now = batch.min(record.min(steps) - done.steps);
            let start = Instant::now();
            evolution.advance(now);
            let time = start.elapsed();
            done = Progress { steps: done.steps + now, time: done.time + time };
            batch = batch_after(batch, time);
            bar.set_position(done.steps);
            if done.steps == record {
                recorder.record(record, evolution.field().view())?;
            }
        }
        recorder.record(done.steps, evolution.field().view())?;
        Ok(done)
    };
    let result = run();
    bar.finish_and_clear();
    result
}

/// Returns a progress bar for `steps` steps, with the remaining time.
pub fn progress_bar(steps: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} steps, {eta} left").expect("a valid template");
    ProgressBar::new(steps).with_style(style)
}

/// Returns the number of steps in the next batch, after a batch of `steps` steps that took `time`.
/// Between batches the progress bar moves and the program can be stopped. Long batches may be
/// faster, but the user waits for the end of a batch.
fn batch_after(steps: u64, time: Duration) -> u64 {
    const SHORT: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_millis(400);
    if time < SHORT {
        steps.saturating_mul(2)
    } else if time < LONG {
        steps
    } else {
        (steps / 2).max(1)
    }
}

/// Returns the number of steps as a `usize`, the library's type.
pub fn count(steps: u64) -> usize {
    usize::try_from(steps).expect("a batch is much shorter")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_and_shrink_but_never_vanish() {
        let after = |steps, millis| batch_after(steps, Duration::from_millis(millis));
        assert_eq!((after(8, 0), after(8, 100), after(8, 500), after(1, 500)), (16, 8, 4, 1));
        assert_eq!(after(u64::MAX, 0), u64::MAX);
    }

    #[test]
    fn a_cell_takes_its_part_of_the_time() {
        let progress = Progress { steps: 10, time: Duration::from_micros(3) };
        assert!((progress.nanoseconds(100) - 3.0).abs() < 1e-12);
    }
}
