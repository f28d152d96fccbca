//! The heat equation on a square plate with cold edges, beside its exact solution.
//!
//! ```text
//! cargo run --release --example heat
//! cargo run --release --example heat -- --intervals 128 --gif heat.gif
//! cargo run --release --example heat -- --ratio 0.26
//! ```
//!
//! Look at the two lines of errors: on half the interval they are a quarter, as the scheme is of second order. The picture is the plate at
//! the end. The third command is beyond the limit of stability: the program says so and ends with 1.
//!
//! # The scheme
//!
//! `du/dt = d²u/dx² + d²u/dy²` on the unit square, with `u = 0` on the edges. The start is a sum of modes `a sin(kπx) sin(lπy)`, each of
//! which decays as `exp(-(k² + l²)π²t)`. The grid has `n` intervals of length `h = 1/n` a side, and the cells are its inner corners, so
//! that the ghost cells of `Boundary::Constant(0.0)` lie on the edges. One step is forward Euler with the 5-point Laplacian (FTCS):
//!
//! ```text
//! next = u + r (north + south + west + east - 4 u),    r = dt / h²
//! ```
//!
//! It is stable for `r <= 1/4`: beyond that, the mode that alternates from cell to cell grows. With `r` held, `dt` falls as `h²`, and so
//! does the error. On the grid, too, each mode is multiplied by a known factor a step, which is what the cells have to agree with but for
//! rounding; the error is the difference between the two ways to decay. See K. W. Morton and D. F. Mayers, "Numerical Solution of Partial
//! Differential Equations", 2nd edition (2005), chapter 3.

use std::f64::consts::PI;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ndarray::{Array2, CowArray, Ix2};
use ndarray_lockstep::{Boundary, StencilSteps};

use crate::common::errors::Distance;
use crate::common::evolution::{Evolution, Progress, count, evolve};
use crate::common::picture::{Look, Picture, Scale, inferno, shades};
use crate::common::program::{self, Failure, print};
use crate::common::recording::{Recorder, Records};

#[path = "../common/mod.rs"]
mod common;

/// Computes the heat equation on two grids, compares both with the exact solution, and draws the finer one.
#[derive(Debug, Parser)]
#[command(name = "heat")]
struct Options {
    /// Intervals along a side of the plate, an even number; the coarser grid has half as many
    #[arg(long, default_value_t = 512, value_parser = parse_intervals)]
    intervals: u32,

    /// The time at the end; the slowest mode decays as exp(-2π²t)
    #[arg(long, default_value_t = 0.004, value_parser = parse_positive)]
    time: f64,

    /// The time step, as a part of the square of the interval; stable up to 0.25
    #[arg(long, default_value_t = 0.2, value_parser = parse_positive)]
    ratio: f64,

    /// The PNG picture to write
    #[arg(long, value_name = "PATH", default_value = "heat.png")]
    output: PathBuf,

    #[command(flatten)]
    records: Records,
}

fn parse_intervals(text: &str) -> Result<u32, String> {
    let even = |intervals: &u32| (32..=8192).contains(intervals) && intervals.is_multiple_of(2);
    text.parse().ok().filter(even).ok_or_else(|| "an even number from 32 to 8192 is needed".to_owned())
}

fn parse_positive(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|&number: &f64| number > 0.0 && number <= 1.0);
    number.ok_or_else(|| "a number above 0, and 1 at most, is needed".to_owned())
}

fn main() -> ExitCode {
    program::main(Options::try_parse(), run)
}

/// The whole program, until `stop` says that it shall end.
fn run(options: &Options, stop: &dyn Fn() -> bool) -> Result<(), Failure> {
    let Options { intervals, time, ratio, output, records } = options;
    let picture = Picture::at(output)?;
    let coarse_steps = steps_until(*time, intervals / 2, *ratio);
    // The same time at the end on both grids.
    let steps = 4 * coarse_steps;
    let look = Look { scale: Scale::Linear(0.0, 1.0), colours: inferno };
    let mut coarse = Plate::new(intervals / 2, *ratio);
    let mut fine = Plate::new(*intervals, *ratio);
    let mut recorder = records.recorder_beside(output, steps, fine.heat.dim(), look)?;

    let coarse_progress = evolve(&mut coarse, coarse_steps, &mut Recorder::none(), stop)?;
    let progress = evolve(&mut fine, steps, &mut recorder, stop)?;
    picture.write(fine.field().view(), look)?;
    let written = recorder.finish()?;
    if progress.steps < steps {
        let (done, output) = (progress.steps, output.display());
        return Err(Failure::interrupted(&format!("after {done} of {steps} steps: {output} shows the last one")));
    }
    let error = report(&coarse, coarse_progress)?;
    let finer_error = report(&fine, progress)?;
    let [max_order, l2_order] = error.orders(finer_error);
    print(&format!("Order of convergence: {max_order:.3} (max), {l2_order:.3} (L2); 2 is expected."))?;
    print(&format!("Written: {}", output.display()))?;
    written.iter().try_for_each(|line| print(line))?;
    Ok(check(&[&coarse, &fine], [max_order, l2_order])?)
}

/// Prints how a plate has got on, and returns its distance from the exact solution.
fn report(plate: &Plate, progress: Progress) -> Result<Distance, String> {
    let error = plate.distance_from(&plate.exact());
    let rounding = plate.distance_from(&plate.expected_on_the_grid());
    let (n, steps, speed) = (plate.intervals, plate.steps, progress.nanoseconds(plate.heat.len()));
    print(&format!("{n}×{n} intervals, {steps} steps to t = {:.4}, {speed:.2} ns a cell and step", plate.time()))?;
    print(&format!("  error: {error}; of that by rounding: max {:.1e}", rounding.max))?;
    Ok(error)
}

/// What the theory of the scheme says of the results.
fn check(plates: &[&Plate], orders: [f64; 2]) -> Result<(), String> {
    for plate in plates {
        let rounding = plate.distance_from(&plate.expected_on_the_grid()).max;
        // Each step rounds once or so, in units of the last place of 1; a stable scheme does not amplify it.
        let bound = 4.0 * f64::EPSILON * plate.steps as f64;
        if rounding.is_nan() || rounding > bound {
            let hint = if plate.ratio > 0.25 { ": a ratio above 0.25 is not stable" } else { "" };
            return Err(format!("rounding has grown to {rounding:.1e}, and {bound:.1e} is expected at most{hint}"));
        }
    }
    // Some ratios are better: at 1/12 the errors of time and of space cancel for the slowest mode.
    if orders.iter().all(|&order| order > 1.9) {
        return Ok(());
    }
    Err(format!("the orders of convergence are {orders:.3?}, and 2 is expected at least"))
}

/// The steps of a grid of so many intervals that come closest to `time`; at least one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and far below the largest u64")]
fn steps_until(time: f64, intervals: u32, ratio: f64) -> u64 {
    let steps = time * f64::from(intervals).powi(2) / ratio;
    (steps.round() as u64).max(1)
}

/// A standing wave of the plate, `amplitude sin(kπx) sin(lπy)`.
struct Mode {
    amplitude: f64,
    k: f64,
    l: f64,
}

/// What the plate starts with.
const MODES: [Mode; 3] = [
    Mode { amplitude: 0.6, k: 1.0, l: 1.0 },
    Mode { amplitude: 0.3, k: 2.0, l: 3.0 },
    Mode { amplitude: 0.2, k: 5.0, l: 2.0 },
];

/// The temperatures of a plate.
struct Plate {
    intervals: u32,
    ratio: f64,
    steps: u64,
    heat: Array2<f64>,
    many: StencilSteps<3, 3, 1, f64>,
}

impl Plate {
    fn new(intervals: u32, ratio: f64) -> Self {
        let many = StencilSteps::new(Boundary::Constant(0.0));
        let side = usize::try_from(intervals - 1).expect("8192 at most");
        let heat = Array2::zeros((side, side));
        let plate = Plate { intervals, ratio, steps: 0, heat, many };
        Plate { heat: plate.exact(), ..plate }
    }

    /// The time that the steps so far come to.
    fn time(&self) -> f64 {
        self.steps as f64 * self.ratio / f64::from(self.intervals).powi(2)
    }

    /// The exact solution of the equation.
    fn exact(&self) -> Array2<f64> {
        let time = self.time();
        self.sum_of_modes(|mode| f64::exp(-(mode.k.powi(2) + mode.l.powi(2)) * PI.powi(2) * time))
    }

    /// The exact solution of the scheme, which the cells would hold if they did not round.
    fn expected_on_the_grid(&self) -> Array2<f64> {
        let half = PI / 2.0 / f64::from(self.intervals);
        let squares = |mode: &Mode| (mode.k * half).sin().powi(2) + (mode.l * half).sin().powi(2);
        self.sum_of_modes(|mode| f64::powf(1.0 - 4.0 * self.ratio * squares(mode), self.steps as f64))
    }

    /// The sum of all modes, each times its `decay`.
    fn sum_of_modes(&self, decay: impl Fn(&Mode) -> f64) -> Array2<f64> {
        let at = |index: usize| PI * (index + 1) as f64 / f64::from(self.intervals);
        let factors = MODES.map(|mode| mode.amplitude * decay(&mode));
        Array2::from_shape_fn(self.heat.dim(), |(i, j)| {
            let wave = |(mode, factor): (&Mode, f64)| factor * (mode.k * at(j)).sin() * (mode.l * at(i)).sin();
            MODES.iter().zip(factors).map(wave).sum()
        })
    }

    fn distance_from(&self, other: &Array2<f64>) -> Distance {
        Distance::between(self.heat.view(), other.view())
    }
}

impl Evolution for Plate {
    fn advance(&mut self, steps: u64) {
        let ratio = self.ratio;
        self.many.run(
            count(steps),
            [&mut self.heat],
            #[inline(always)]
            |[u], [next]| {
                let around = u.at(-1, 0) + u.at(1, 0) + u.at(0, -1) + u.at(0, 1);
                *next = u.center() + ratio * (around - 4.0 * u.center());
            },
        );
        self.steps += steps;
    }

    fn field(&self) -> CowArray<'_, f32, Ix2> {
        shades(self.heat.view()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plates after the same time, of which the second has twice as many intervals.
    fn pair(ratio: f64) -> [Plate; 2] {
        [(16, 1), (32, 4)].map(|(intervals, times)| {
            let mut plate = Plate::new(intervals, ratio);
            plate.advance(times * 20);
            plate
        })
    }

    #[test]
    fn half_the_interval_has_a_quarter_of_the_error() {
        for ratio in [0.1, 0.2, 0.25] {
            let [coarse, fine] = pair(ratio);
            assert!((coarse.time() - fine.time()).abs() < 1e-15);
            let orders = coarse.distance_from(&coarse.exact()).orders(fine.distance_from(&fine.exact()));
            assert!(orders.iter().all(|order| (order - 2.0).abs() < 0.3), "{ratio}: {orders:?}");
            assert!(check(&[&coarse, &fine], [2.0, 2.0]).is_ok());
        }
    }

    #[test]
    fn a_wrong_order_is_refused() {
        let [coarse, fine] = pair(0.2);
        assert!(check(&[&coarse, &fine], [2.0, 1.0]).unwrap_err().contains("orders of convergence"));
        assert!(check(&[&coarse, &fine], [f64::NAN, 2.0]).is_err());
    }

    #[test]
    fn beyond_the_limit_of_stability_rounding_grows() {
        let mut plate = Plate::new(16, 0.3);
        plate.advance(400);
        assert!(check(&[&plate], [2.0, 2.0]).unwrap_err().contains("not stable"));
    }

    #[test]
    fn the_start_is_the_exact_solution() {
        let plate = Plate::new(10, 0.2);
        assert_eq!(plate.distance_from(&plate.expected_on_the_grid()).max, 0.0);
        assert_eq!(plate.heat.dim(), (9, 9));
    }

    #[test]
    fn steps_lead_to_the_time_that_was_asked_for() {
        assert_eq!(steps_until(0.02, 128, 0.2), 1638);
        assert_eq!(steps_until(1e-9, 128, 0.2), 1);
    }
}
