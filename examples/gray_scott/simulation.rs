//! The simulation, and the loop that runs it.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::engines::Engine;
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

/// Runs the time steps behind a progress bar. The result is the time they took.
pub(crate) fn simulate(simulation: &mut Simulation, steps: u64, engine: Engine) -> Duration {
    const UPDATES: u64 = 200;
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} steps, {eta} left").expect("a valid template");
    let bar = ProgressBar::new(steps).with_style(style);
    let start = Instant::now();
    while bar.position() < steps {
        let batch = steps.div_ceil(UPDATES).min(steps - bar.position());
        simulation.advance(engine, batch);
        bar.inc(batch);
    }
    bar.finish_and_clear();
    start.elapsed()
}

#[cfg(test)]
mod tests {
    use ndarray::s;

    use super::*;

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
}
