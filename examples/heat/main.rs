//! The heat equation on a square plate with cold edges, compared with its exact solution.
//!
//! ```text
//! cargo run --release --example heat
//! cargo run --release --example heat -- --intervals 128 --gif heat.gif
//! cargo run --release --example heat -- --ratio 0.26
//! ```
//!
//! The program prints the error on two grids. The finer grid has half the interval and a quarter of
//! the error, because the scheme is of second order. The picture shows the plate at the end. The
//! third command exceeds the stability limit: the program reports that, writes no picture and exits
//! with status 1.
//!
//! # The scheme
//!
//! The equation is `du/dt = d²u/dx² + d²u/dy²` on the unit square, with `u = 0` on the edges. The
//! initial state is a sum of modes `a sin(kπx) sin(lπy)`. Each mode decays as `exp(-(k² + l²)π²t)`.
//! The grid has `n` intervals of length `h = 1/n` per side. The cells are its inner corners, so the
//! ghost cells of `Boundary::Constant(0.0)` lie on the edges. One step is forward Euler with the
//! 5-point Laplacian (FTCS):
//!
//! ```text
//! next = u + r (north + south + west + east - 4 u),    r = dt / h²
//! ```
//!
//! The scheme is stable for `r <= 1/4`. Above that limit the mode that alternates from cell to cell
//! grows. With `r` fixed, `dt` is proportional to `h²`, and so is the error.
//!
//! On the grid, too, a step multiplies each mode by a known factor, so the exact solution of the
//! scheme is known. The cells must agree with it except for rounding. The error is the difference
//! between the two decays. See K. W. Morton and D. F. Mayers, "Numerical Solution of Partial
//! Differential Equations", 2nd edition (2005), chapter 3.

use std::f64::consts::PI;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use common::errors::Distance;
use common::evolution::{Evolution, Progress, count, evolve};
use common::memory::check_grid;
use common::picture::{Look, Picture, Scale, inferno, shades};
use common::program::{self, Failure, print};
use common::recording::{Recorder, Records};
use ndarray::{Array2, CowArray, Ix2};
use ndarray_lockstep::{Boundary, Stencil, StencilSteps};

/// Computes the heat equation on two grids, compares both with the exact solution, and draws the
/// finer one.
#[derive(Debug, Parser)]
#[command(name = "heat")]
struct Options {
    /// Intervals along a side of the plate; an even number, because the coarser grid has half as
    /// many
    #[arg(long, default_value_t = 512, value_parser = parse_intervals, allow_negative_numbers = true)]
    intervals: u32,

    /// The time to simulate to; the slowest mode decays as exp(-2π²t)
    #[arg(long, default_value_t = 0.004, value_parser = parse_positive, allow_negative_numbers = true)]
    time: f64,

    /// The time step, relative to the square of the interval; stable up to 0.25
    #[arg(long, default_value_t = 0.2, value_parser = parse_positive, allow_negative_numbers = true)]
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

/// Runs the whole program until `stop` returns true.
fn run(options: &Options, stop: &dyn Fn() -> bool) -> Result<(), Failure> {
    let Options { intervals, time, ratio, output, records } = options;
    let coarse_steps = steps_until(*time, intervals / 2, *ratio).map_err(Failure::of_options)?;
    // Both grids end at the same time.
    let steps = 4 * coarse_steps;
    let side = side_of(*intervals);
    check_grid(side, side, BYTES_PER_CELL)?;
    let picture = Picture::at(output)?;
    let look = Look { scale: Scale::Linear(0.0, 1.0), colours: inferno };
    let mut recorder = records.recorder(&picture, steps, (side, side), look)?;
    let mut coarse = Plate::new(intervals / 2, *ratio);
    let mut fine = Plate::new(*intervals, *ratio);

    let coarse_progress = evolve(&mut coarse, coarse_steps, &mut Recorder::none(), stop)?;
    let progress = evolve(&mut fine, steps, &mut recorder, stop)?;
    // Older files are replaced only after the result has been checked.
    let stable = [&coarse, &fine].into_iter().try_for_each(check_rounding);
    if progress.steps < steps {
        stable?;
        picture.write(fine.field().view(), look)?;
        recorder.finish()?;
        let (done, output) = (progress.steps, output.display());
        return Err(Failure::interrupted(&format!("after {done} of {steps} steps: {output} shows the last one")));
    }
    let (error, finer_error) = (coarse.distance_from(&coarse.exact()), fine.distance_from(&fine.exact()));
    let orders @ [max_order, l2_order] = error.orders(finer_error);
    let checked = stable.and_then(|()| check_orders(orders));
    let mut written = Vec::new();
    if checked.is_ok() {
        picture.write(fine.field().view(), look)?;
        written.push(format!("Written: {}", output.display()));
        written.extend(recorder.finish()?);
    }
    report(&coarse, coarse_progress, error)?;
    report(&fine, progress, finer_error)?;
    print(&format!("Order of convergence: {max_order:.3} (max), {l2_order:.3} (L2); 2 is expected."))?;
    written.iter().try_for_each(|line| print(line))?;
    Ok(checked?)
}

/// Bytes of memory per cell of the finer grid: the cells of both plates, the two exact solutions on
/// the finer grid, and its picture.
const BYTES_PER_CELL: usize = 40;

/// Prints the speed of a plate's steps and its distances from the exact solutions of the equation
/// and of the scheme.
fn report(plate: &Plate, progress: Progress, error: Distance) -> Result<(), String> {
    let (n, steps, speed) = (plate.intervals, plate.steps, progress.nanoseconds(plate.heat.len()));
    print(&format!("{n}×{n} intervals, {steps} steps to t = {:.4}, {speed:.2} ns a cell and step", plate.time()))?;
    print(&format!("  error: {error}; of that by rounding: max {:.1e}", plate.rounding()))
}

/// Returns an error if a plate has amplified the rounding of its steps. A stable scheme does not.
fn check_rounding(plate: &Plate) -> Result<(), String> {
    let rounding = plate.rounding();
    // Each step rounds about once, in units of the last place of 1.
    let bound = 4.0 * f64::EPSILON * plate.steps as f64;
    if rounding <= bound {
        return Ok(());
    }
    let hint = if plate.ratio > 0.25 { ": a ratio above 0.25 is not stable" } else { "" };
    Err(format!("rounding has grown to {rounding:.1e}, and {bound:.1e} is expected at most{hint}"))
}

/// Returns an error if the order of convergence is clearly below 2.
fn check_orders(orders: [f64; 2]) -> Result<(), String> {
    // Some ratios converge faster. At 1/12 the errors in time and in space cancel for the slowest
    // mode.
    if orders.iter().all(|&order| order > 1.9) {
        return Ok(());
    }
    Err(format!("the orders of convergence are {orders:.3?}, and 2 is expected at least"))
}

/// Returns the number of steps that comes closest to `time` on a grid of `intervals` intervals. It
/// is at least 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and far below the largest u64")]
fn steps_until(time: f64, intervals: u32, ratio: f64) -> Result<u64, String> {
    // The finer grid takes four times as many steps. That number is still exact as an `f64`.
    const MOST: f64 = 1e15;
    let steps = (time * f64::from(intervals).powi(2) / ratio).round();
    if steps <= MOST {
        return Ok((steps as u64).max(1));
    }
    Err(format!("'--ratio {ratio:e}' needs {steps:.0e} steps, more than {MOST:.0e}: choose a larger ratio"))
}

/// Returns the inner corners along a side of a grid of `intervals` intervals.
fn side_of(intervals: u32) -> usize {
    usize::try_from(intervals - 1).expect("8192 at most")
}

/// A standing wave of the plate, `amplitude sin(kπx) sin(lπy)`.
struct Mode {
    amplitude: f64,
    k: f64,
    l: f64,
}

/// The modes of the initial state.
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
        let many = Stencil::stepper(Boundary::Constant(0.0));
        let side = side_of(intervals);
        let heat = Array2::zeros((side, side));
        let plate = Plate { intervals, ratio, steps: 0, heat, many };
        Plate { heat: plate.exact(), ..plate }
    }

    /// Returns the time after the steps so far.
    fn time(&self) -> f64 {
        self.steps as f64 * self.ratio / f64::from(self.intervals).powi(2)
    }

    /// Returns the exact solution of the equation.
    fn exact(&self) -> Array2<f64> {
        let time = self.time();
        self.sum_of_modes(|mode| f64::exp(-(mode.k.powi(2) + mode.l.powi(2)) * PI.powi(2) * time))
    }

    /// Returns the exact solution of the scheme, which the cells would hold without rounding.
    fn expected_on_the_grid(&self) -> Array2<f64> {
        let half = PI / 2.0 / f64::from(self.intervals);
        let squares = |mode: &Mode| (mode.k * half).sin().powi(2) + (mode.l * half).sin().powi(2);
        self.sum_of_modes(|mode| f64::powf(1.0 - 4.0 * self.ratio * squares(mode), self.steps as f64))
    }

    /// Returns the sum of all modes, each multiplied by its `decay`.
    fn sum_of_modes(&self, decay: impl Fn(&Mode) -> f64) -> Array2<f64> {
        let at = |index: usize| PI * (index + 1) as f64 / f64::from(self.intervals);
        let factors = MODES.map(|mode| mode.amplitude * decay(&mode));
        Array2::from_shape_fn(self.heat.dim(), |(i, j)| {
            let wave = |(mode, factor): (&Mode, f64)| factor * (mode.k * at(j)).sin() * (mode.l * at(i)).sin();
            MODES.iter().zip(factors).map(wave).sum()
        })
    }

    /// Returns the largest distance from the exact solution of the scheme. It is due to rounding.
    fn rounding(&self) -> f64 {
        self.distance_from(&self.expected_on_the_grid()).max
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
            &mut self.heat,
            #[inline(always)]
            |u| {
                let around = u.at(-1, 0) + u.at(1, 0) + u.at(0, -1) + u.at(0, 1);
                u.center() + ratio * (around - 4.0 * u.center())
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

    /// Returns two plates at the same time. The second one has twice as many intervals.
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
            assert!(check_rounding(&coarse).and(check_rounding(&fine)).and(check_orders(orders)).is_ok());
        }
    }

    #[test]
    fn a_wrong_order_is_refused() {
        assert!(check_orders([2.0, 1.0]).unwrap_err().contains("orders of convergence"));
        assert!(check_orders([f64::NAN, 2.0]).is_err());
    }

    #[test]
    fn beyond_the_limit_of_stability_rounding_grows() {
        let mut plate = Plate::new(16, 0.3);
        plate.advance(400);
        assert!(check_rounding(&plate).unwrap_err().contains("not stable"));
        plate.advance(10_000);
        assert!(!plate.heat.iter().all(|cell| cell.is_finite()));
        assert!(check_rounding(&plate).unwrap_err().contains("not stable"));
    }

    #[test]
    fn the_start_is_the_exact_solution() {
        let plate = Plate::new(10, 0.2);
        assert_eq!(plate.distance_from(&plate.expected_on_the_grid()).max, 0.0);
        assert_eq!(plate.heat.dim(), (9, 9));
    }

    #[test]
    fn steps_lead_to_the_time_that_was_asked_for() {
        assert_eq!(steps_until(0.02, 128, 0.2), Ok(1638));
        assert_eq!(steps_until(1e-9, 128, 0.2), Ok(1));
    }

    #[test]
    fn more_steps_than_can_be_counted_are_refused() {
        for ratio in [1e-9, 1e-300, 5e-324] {
            let refused = steps_until(1.0, 4096, ratio).unwrap_err();
            assert!(refused.contains("'--ratio") && refused.contains("a larger ratio"), "{refused}");
        }
    }
}
