//! The wave equation on a membrane: a pulse spreads and is reflected at the edges, and its energy
//! is conserved.
//!
//! ```text
//! cargo run --release --example wave
//! cargo run --release --example wave -- --edges free --gif wave.gif
//! cargo run --release --example wave -- --courant 0.75
//! ```
//!
//! The program prints the drift of the energy, which is due to rounding alone. In the picture,
//! crests are red and troughs are blue. A fixed edge reflects a crest as a trough, a free edge
//! reflects it as a crest. The third command exceeds the stability limit: the program reports that,
//! writes no picture and exits with status 1.
//!
//! # The scheme
//!
//! The equation is `d²u/dt² = c² (d²u/dx² + d²u/dy²)`. The scheme is leap-frog in time, with the
//! 5-point Laplacian `L`:
//!
//! ```text
//! next = 2 now - previous + C² L now,    C = c dt / h, the Courant number
//! ```
//!
//! The scheme uses three time steps but only two arrays. The next cell overwrites the previous one,
//! because no other cell reads the previous one. The scheme is stable for `C <= 1/√2`. Its energy,
//! in grid units,
//!
//! ```text
//! E = 1/2 |now - previous|² - C²/2 previous · L now
//! ```
//!
//! is the same at all steps, because `L` is symmetric for both kinds of edges. The ghost cells of
//! fixed edges are 0. Those of free edges repeat the outermost cells. See G. Cohen, "Higher-Order
//! Numerical Methods for Transient Wave Equations" (2002), section 4.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use common::evolution::{Evolution, evolve};
use common::memory::check_grid;
use common::picture::{Look, Picture, Scale, blue_white_red, shades};
use common::program::{self, Failure, parse_small_side, print};
use common::recording::Records;
use ndarray::{Array2, CowArray, Ix2};
use ndarray_lockstep::{Boundary, Padded, Window, Zip, simd_azip};

/// Computes how a pulse spreads on a membrane, checks that its energy is conserved, and draws it.
#[derive(Debug, Parser)]
#[command(name = "wave")]
struct Options {
    /// Rows of the grid, and of the picture
    #[arg(long, default_value_t = 480, value_parser = parse_small_side, allow_negative_numbers = true)]
    rows: usize,

    /// Columns of the grid, and of the picture
    #[arg(long, default_value_t = 640, value_parser = parse_small_side, allow_negative_numbers = true)]
    cols: usize,

    /// Time steps; with 0 the picture shows the start
    #[arg(long, default_value_t = 1000, allow_negative_numbers = true)]
    steps: u64,

    /// The Courant number: the cells that a wave crosses per step; stable up to 0.7071
    #[arg(long, default_value_t = 0.5, value_parser = parse_courant, allow_negative_numbers = true)]
    courant: f64,

    /// How the edges of the membrane are held
    #[arg(long, value_enum, default_value_t = Edges::Fixed)]
    edges: Edges,

    /// The PNG picture to write
    #[arg(long, value_name = "PATH", default_value = "wave.png")]
    output: PathBuf,

    #[command(flatten)]
    records: Records,
}

/// How the edges of the membrane are held. Both kinds reflect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Edges {
    /// Held at 0: reflect a crest as a trough
    Fixed,
    /// Free to move: reflect a crest as a crest
    Free,
}

impl Edges {
    fn boundary(self) -> Boundary<f64> {
        match self {
            Edges::Fixed => Boundary::Constant(0.0),
            Edges::Free => Boundary::Symmetric,
        }
    }
}

fn parse_courant(text: &str) -> Result<f64, String> {
    // The energy is proportional to the square of this number. Rounding hides the energy if the
    // number is much smaller.
    let courant = text.parse().ok().filter(|courant: &f64| (0.001..=1.0).contains(courant));
    courant.ok_or_else(|| "a number from 0.001 to 1 is needed".to_owned())
}

fn main() -> ExitCode {
    program::main(Options::try_parse(), run)
}

/// Runs the whole program until `stop` returns true.
fn run(options: &Options, stop: &dyn Fn() -> bool) -> Result<(), Failure> {
    let Options { rows, cols, steps, courant, edges, output, records } = options;
    check_grid(*rows, *cols, BYTES_PER_CELL)?;
    let picture = Picture::at(output)?;
    // The scale is a tenth of the pulse's height, because the pulse soon spreads.
    let look = Look { scale: Scale::Linear(-0.1, 0.1), colours: blue_white_red };
    let mut recorder = records.recorder(&picture, *steps, (*rows, *cols), look)?;
    let mut membrane = Membrane::new(pulse((*rows, *cols)), *courant, *edges);
    let before = membrane.energy();

    let progress = evolve(&mut membrane, *steps, &mut recorder, stop)?;
    let after = membrane.energy();
    // Older files are replaced only after the result has been checked.
    let checked = check(before, after, *courant);
    let mut written = Vec::new();
    if checked.is_ok() {
        picture.write(membrane.field().view(), look)?;
        written.push(format!("Written: {}", output.display()));
        written.extend(recorder.finish()?);
    }
    if progress.steps < *steps {
        checked?;
        let (done, output) = (progress.steps, output.display());
        return Err(Failure::interrupted(&format!("after {done} of {steps} steps: {output} shows the last one")));
    }
    if *steps > 0 {
        let speed = progress.nanoseconds(rows * cols);
        print(&format!("Simulated: {steps} steps of {rows}×{cols} cells, {speed:.2} ns a cell and step."))?;
    }
    print(&format!("Energy: {before:.12} before, {after:.12} after; relative drift {:.1e}.", drift(before, after)))?;
    written.iter().try_for_each(|line| print(line))?;
    Ok(checked?)
}

/// Bytes of memory per cell: two time steps, the initial state, and the picture.
const BYTES_PER_CELL: usize = 36;

/// Returns the relative change of the energy.
fn drift(before: f64, after: f64) -> f64 {
    (after - before) / before
}

/// Returns an error if the energy has changed by more than rounding explains.
fn check(before: f64, after: f64, courant: f64) -> Result<(), String> {
    const BOUND: f64 = 1e-10;
    let drift = drift(before, after).abs();
    if drift <= BOUND {
        return Ok(());
    }
    let hint = if courant > 0.5_f64.sqrt() { ": a Courant number above 0.7071 is not stable" } else { "" };
    Err(format!("the energy has changed by {drift:.1e} of it, and {BOUND:.0e} is expected at most{hint}"))
}

/// Returns a round pulse of height 1, above and to the left of the middle.
fn pulse((rows, cols): (usize, usize)) -> Array2<f64> {
    const PART_OF_THE_SHORTER_SIDE: f64 = 0.012;
    let (top, left) = (rows as f64 * 0.4, cols as f64 * 0.35);
    let width = (rows.min(cols) as f64 * PART_OF_THE_SHORTER_SIDE).max(1.0);
    Array2::from_shape_fn((rows, cols), |(i, j)| {
        let square = (i as f64 - top).powi(2) + (j as f64 - left).powi(2);
        f64::exp(-square / (2.0 * width * width))
    })
}

/// The displacement of a membrane at two time steps, from which the next step is computed.
struct Membrane {
    previous: Padded<f64>,
    now: Padded<f64>,
    courant: f64,
    edges: Edges,
}

impl Membrane {
    /// Returns a membrane at rest in the state `start`.
    fn new(start: Array2<f64>, courant: f64, edges: Edges) -> Self {
        let now = Padded::from_interior::<3, 3>(&start, edges.boundary());
        let mut previous = now.clone();
        let half = courant * courant / 2.0;
        // At rest, the states one step before and one step after are the same. Both differ from the
        // state in between by this amount.
        simd_azip!((previous in previous.interior_mut(), u in now.array_windows::<3, 3>()) {
            *previous = u.center() + half * laplacian(u);
        });
        previous.refresh(edges.boundary());
        Membrane { previous, now, courant, edges }
    }

    fn step(&mut self) {
        let Membrane { previous, now, courant, edges } = self;
        let square = *courant * *courant;
        simd_azip!((cell in previous.interior_mut(), u in now.array_windows::<3, 3>()) {
            *cell = 2.0 * u.center() - *cell + square * laplacian(u);
        });
        previous.refresh(edges.boundary());
        std::mem::swap(previous, now);
    }

    /// Returns the energy of the two time steps, which stays the same from step to step.
    fn energy(&self) -> f64 {
        let square = self.courant * self.courant;
        let twice = Zip::from(self.previous.interior()).and(self.now.array_windows::<3, 3>()).simd_fold(
            0.0,
            #[inline(always)]
            |sum, previous, now| {
                let speed = now.center() - previous;
                sum + speed * speed - square * previous * laplacian(now)
            },
        );
        twice / 2.0
    }
}

/// Returns the 5-point Laplacian, in grid units.
#[inline(always)]
fn laplacian(u: Window<'_, f64, 3, 3>) -> f64 {
    u.at(-1, 0) + u.at(1, 0) + u.at(0, -1) + u.at(0, 1) - 4.0 * u.center()
}

impl Evolution for Membrane {
    fn advance(&mut self, steps: u64) {
        (0..steps).for_each(|_| self.step());
    }

    fn field(&self) -> CowArray<'_, f32, Ix2> {
        shades(self.now.interior()).into()
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn the_energy_stays_at_both_kinds_of_edges() {
        for edges in [Edges::Fixed, Edges::Free] {
            for courant in [0.3, 0.5, 0.7] {
                let mut membrane = Membrane::new(pulse((23, 31)), courant, edges);
                let before = membrane.energy();
                membrane.advance(500);
                check(before, membrane.energy(), courant).unwrap_or_else(|line| panic!("{edges:?}, {courant}: {line}"));
            }
        }
    }

    #[test]
    fn courant_numbers_are_above_rounding_and_at_most_1() {
        for courant in ["0.001", "0.5", "1"] {
            let mut membrane = Membrane::new(pulse((9, 9)), parse_courant(courant).unwrap(), Edges::Fixed);
            let before = membrane.energy();
            membrane.advance(if courant == "1" { 0 } else { 50 });
            check(before, membrane.energy(), 0.5).unwrap();
        }
        for bad in ["0", "-0.5", "1e-300", "1.01", "NaN", "inf", ""] {
            assert!(parse_courant(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn beyond_the_limit_of_stability_the_energy_grows() {
        let mut membrane = Membrane::new(pulse((23, 31)), 0.75, Edges::Fixed);
        let before = membrane.energy();
        membrane.advance(500);
        assert!(check(before, membrane.energy(), 0.75).unwrap_err().contains("not stable"));
        assert!(check(1.0, f64::NAN, 0.5).is_err());
    }

    /// A mode of the grid oscillates with the frequency of the scheme: sin(ω/2) = C
    /// √(sin²(kπ/2(rows+1)) + sin²(lπ/2(cols+1))).
    #[test]
    fn a_mode_swings_with_the_frequency_of_the_scheme() {
        let (rows, cols, courant, steps) = (20, 30, 0.6, 97);
        let at = |index: usize, len: usize| PI * (index + 1) as f64 / (len + 1) as f64;
        let (k, l) = (2.0, 3.0);
        let mode = Array2::from_shape_fn((rows, cols), |(i, j)| (k * at(i, rows)).sin() * (l * at(j, cols)).sin());
        let half = |times: f64, len: usize| (times * PI / (2 * (len + 1)) as f64).sin().powi(2);
        let omega = 2.0 * (courant * (half(k, rows) + half(l, cols)).sqrt()).asin();
        let mut membrane = Membrane::new(mode.clone(), courant, Edges::Fixed);
        membrane.advance(steps);
        let expected = mode * f64::cos(omega * steps as f64);
        let error = common::errors::Distance::between(membrane.now.interior(), expected.view());
        assert!(error.max < 1e-12, "{error}");
    }

    #[test]
    fn fixed_edges_turn_a_pulse_over_and_free_ones_do_not() {
        // The wave is a ridge, the same in all rows. Its two halves travel to the right and to the
        // left, and return to where they started after they have been reflected.
        for (edges, sign) in [(Edges::Fixed, -1.0), (Edges::Free, 1.0)] {
            let column = |j: usize| f64::exp(-(j as f64 - 50.0).powi(2) / 50.0);
            let mut membrane = Membrane::new(Array2::from_shape_fn((101, 101), |(_, j)| column(j)), 0.5, edges);
            membrane.advance(200);
            let height = membrane.now.interior()[[50, 50]];
            assert!((height - sign).abs() < 0.2, "{edges:?}: {height}");
        }
    }
}
