//! Vectors as cells: eight simulations at once, one per lane, each with parameters of its own.
//!
//! ```text
//! cargo run --release --example wide_simd
//! cargo run --release --example wide_simd -- --rows 256 --cols 256 --steps 8000
//! ```
//!
//! The picture shows eight patterns of the Gray–Scott reaction–diffusion system. They differ in how
//! fast one chemical is fed and the other is killed. The program also checks that each lane equals
//! a simulation of its own, bit for bit.
//!
//! The cells are `f32x8` of the crate `wide`. Windows, boundaries and time steps accept any type
//! that is `Copy`. The time step is written once for numbers and vectors, and the program prints
//! the speeds of both. Vectors are slower for this stencil. The compiler vectorises rows of numbers
//! for AVX-512 or AVX2, and the level is chosen at run time. `f32x8` uses only the instructions
//! that the whole program is compiled for. Use vectors as cells for steps that the compiler cannot
//! vectorise along rows.
//!
//! The parameters are from J. E. Pearson, "Complex Patterns in a Simple System", Science 261
//! (1993), 189–192, and from R. Munafo's map of them, <https://www.mrob.com/pub/comp/xmorphia/>.

use std::ops::{Add, Mul, Sub};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use common::evolution::{Evolution, Progress, count, evolve};
use common::memory::check_grid;
use common::picture::{Look, Picture, Scale, inferno};
use common::program::{self, Failure, parse_small_side, print};
use common::random::SplitMix64;
use common::recording::{Recorder, Records};
use ndarray::{Array2, CowArray, Ix2, s};
use ndarray_lockstep::{Boundary, Stencil, StencilSteps, Window};
use wide::f32x8;

/// Runs eight Gray–Scott systems as the lanes of vectors, compares each with a simulation of its
/// own, and draws them.
#[derive(Debug, Parser)]
#[command(name = "wide_simd")]
struct Options {
    /// Rows of each of the eight grids
    #[arg(long, default_value_t = 200, value_parser = parse_small_side, allow_negative_numbers = true)]
    rows: usize,

    /// Columns of each of the eight grids
    #[arg(long, default_value_t = 200, value_parser = parse_small_side, allow_negative_numbers = true)]
    cols: usize,

    /// Time steps; with 0 the picture shows the start
    #[arg(long, default_value_t = 6000, allow_negative_numbers = true)]
    steps: u64,

    /// The PNG picture to write
    #[arg(long, value_name = "PATH", default_value = "wide_simd.png")]
    output: PathBuf,

    #[command(flatten)]
    records: Records,
}

/// The number of simulations.
const LANES: usize = 8;

/// The feed rate and the kill rate of each lane.
const RATES: [(f32, f32); LANES] = [
    (0.014, 0.054),
    (0.022, 0.051),
    (0.026, 0.051),
    (0.030, 0.062),
    (0.035, 0.065),
    (0.039, 0.058),
    (0.046, 0.063),
    (0.055, 0.062),
];

fn main() -> ExitCode {
    program::main(Options::try_parse(), run)
}

/// Runs the whole program until `stop` returns true.
fn run(options: &Options, stop: &dyn Fn() -> bool) -> Result<(), Failure> {
    let Options { rows, cols, steps, output, records } = options;
    check_grid(*rows, *cols, BYTES_PER_CELL)?;
    let picture = Picture::at(output)?;
    let look = Look { scale: Scale::Linear(0.0, 0.4), colours: inferno };
    let grid = (*rows, *cols);
    let mut recorder = records.recorder(&picture, *steps, dim_of_field(grid, LANES), look)?;
    let mut ensemble = System::<f32x8>::new(grid, RATES);

    let progress = evolve(&mut ensemble, *steps, &mut recorder, stop)?;
    check_range(&ensemble)?;
    let each = |progress: Progress, of: usize| progress.nanoseconds(rows * cols * of);
    let mut alone = Vec::new();
    for (lane, &rates) in RATES.iter().enumerate() {
        let mut system = System::<f32>::new(grid, [rates]);
        let progress = evolve(&mut system, *steps, &mut Recorder::none(), stop)?;
        // Ctrl-C may also have ended the steps of the lanes.
        if progress.steps < *steps {
            break;
        }
        check_lane(&ensemble, lane, &system)?;
        alone.push(each(progress, 1));
    }

    // Older files are replaced only after the result has been checked.
    picture.write(ensemble.field().view(), look)?;
    let written = recorder.finish()?;
    if alone.len() < LANES {
        let (done, lanes, output) = (progress.steps, alone.len(), output.display());
        let what = format!("after {done} of {steps} steps, with {lanes} of {LANES} lanes compared");
        return Err(Failure::interrupted(&format!("{what}: {output} shows the last step")));
    }
    print(&format!("Simulated: {steps} steps of {LANES} systems of {rows}×{cols} cells."))?;
    print("Checked: each lane has the numbers of a system by itself, bit for bit.")?;
    if *steps > 0 {
        let (vectors, numbers) = (each(progress, LANES), alone.iter().sum::<f64>() / LANES as f64);
        print(&format!(
            "A cell and step of one system: {vectors:.3} ns in vectors, {numbers:.3} ns in rows of numbers."
        ))?;
    }
    print(&format!("Written: {}", output.display()))?;
    Ok(written.iter().try_for_each(|line| print(line))?)
}

/// Bytes of memory per cell: two fields of vectors, the picture of eight grids, a part of that
/// picture, and two fields of numbers.
const BYTES_PER_CELL: usize = 128;

/// Returns an error if a cell is outside the range of concentrations.
fn check_range(ensemble: &System<f32x8>) -> Result<(), String> {
    let cells = ensemble.u.iter().chain(&ensemble.v);
    match cells.flat_map(|cell| cell.to_array()).find(|cell| !(0.0..=1.0).contains(cell)) {
        None => Ok(()),
        Some(cell) => Err(format!("there is a concentration of {cell}, which is not between 0 and 1")),
    }
}

/// Returns an error if a lane differs from the same system computed alone.
fn check_lane(ensemble: &System<f32x8>, lane: usize, alone: &System<f32>) -> Result<(), String> {
    for (together, alone) in [(&ensemble.u, &alone.u), (&ensemble.v, &alone.v)] {
        let of_lane = together.map(|cell| cell.to_array()[lane]);
        if !of_lane.iter().zip(alone).all(|(a, b)| a.to_bits() == b.to_bits()) {
            return Err(format!("lane {lane} has not the numbers of a system by itself"));
        }
    }
    Ok(())
}

/// The numbers of one time step: one per system, for one system or several.
trait Numbers: Copy + 'static + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// The number of systems that a cell belongs to.
    const SYSTEMS: usize;

    /// Returns a value with the same number for all systems.
    fn all(number: f32) -> Self;

    /// Returns a value with `number(system)` for each system.
    fn each(number: impl Fn(usize) -> f32) -> Self;

    /// Returns the number of one system.
    fn of(self, system: usize) -> f32;
}

impl Numbers for f32 {
    const SYSTEMS: usize = 1;

    #[inline(always)]
    fn all(number: f32) -> Self {
        number
    }

    fn each(number: impl Fn(usize) -> f32) -> Self {
        number(0)
    }

    fn of(self, _system: usize) -> f32 {
        self
    }
}

impl Numbers for f32x8 {
    const SYSTEMS: usize = LANES;

    #[inline(always)]
    fn all(number: f32) -> Self {
        f32x8::splat(number)
    }

    fn each(number: impl Fn(usize) -> f32) -> Self {
        f32x8::new(std::array::from_fn(number))
    }

    fn of(self, system: usize) -> f32 {
        self.to_array()[system]
    }
}

/// One Gray–Scott system, or several in one array.
struct System<T> {
    u: Array2<T>,
    v: Array2<T>,
    feed: T,
    kill: T,
    many: StencilSteps<3, 3, 2, T>,
}

impl<T: Numbers> System<T> {
    /// Returns the initial state on a torus, the same for all systems: `u` everywhere, and `v` in a
    /// square in the middle and in some random cells.
    fn new(grid: (usize, usize), rates: impl AsRef<[(f32, f32)]>) -> Self {
        const ONE_IN: u64 = 300;
        let (rows, cols) = grid;
        let (mut u, mut v) = (Array2::from_elem(grid, T::all(1.0)), Array2::from_elem(grid, T::all(0.0)));
        let mut put = |i: usize, j: usize, side: usize| {
            let square = s![i..(i + side).min(rows), j..(j + side).min(cols)];
            u.slice_mut(square).fill(T::all(0.5));
            v.slice_mut(square).fill(T::all(0.25));
        };
        let mut random = SplitMix64(1);
        for i in 0..rows {
            for j in 0..cols {
                if random.bits().is_multiple_of(ONE_IN) {
                    put(i, j, 4);
                }
            }
        }
        put(rows * 2 / 5, cols * 2 / 5, rows.min(cols).div_ceil(5));
        let rates = rates.as_ref();
        let (feed, kill) = (T::each(|system| rates[system].0), T::each(|system| rates[system].1));
        System { u, v, feed, kill, many: Stencil::stepper(Boundary::Wrap) }
    }
}

impl<T: Numbers> Evolution for System<T> {
    fn advance(&mut self, steps: u64) {
        let (feed, kill) = (self.feed, self.kill);
        self.many.run(
            count(steps),
            [&mut self.u, &mut self.v],
            #[inline(always)]
            |[u, v]| next_cell(u, v, feed, kill).into(),
        );
    }

    /// Returns the field `v` of all systems, four per row.
    fn field(&self) -> CowArray<'_, f32, Ix2> {
        let (rows, cols) = self.v.dim();
        let across = across(T::SYSTEMS);
        let mut all = Array2::zeros(dim_of_field((rows, cols), T::SYSTEMS));
        for system in 0..T::SYSTEMS {
            let (top, left) = (system / across * rows, system % across * cols);
            all.slice_mut(s![top..top + rows, left..left + cols]).assign(&self.v.mapv(|cell| cell.of(system)));
        }
        all.into()
    }
}

/// Returns the number of systems per row of the picture.
fn across(systems: usize) -> usize {
    systems.min(4)
}

/// Returns the rows and columns of the picture of `systems` systems.
fn dim_of_field((rows, cols): (usize, usize), systems: usize) -> (usize, usize) {
    let across = across(systems);
    (rows * systems.div_ceil(across), cols * across)
}

/// Returns the concentrations in the centre of two windows, one time step later.
// Neither the compiler nor `wide` fuses plain `*` and `+`, so vectors round as numbers do.
#[inline(always)]
fn next_cell<T: Numbers>(u: Window<'_, T, 3, 3>, v: Window<'_, T, 3, 3>, feed: T, kill: T) -> (T, T) {
    let (u_here, v_here) = (*u.center(), *v.center());
    let reaction = u_here * v_here * v_here;
    let u_rate = T::all(0.16) * laplacian(u) - reaction + feed * (T::all(1.0) - u_here);
    let v_rate = T::all(0.08) * laplacian(v) + reaction - (feed + kill) * v_here;
    (u_here + u_rate, v_here + v_rate)
}

/// Returns the 5-point Laplacian, in grid units.
#[inline(always)]
fn laplacian<T: Numbers>(field: Window<'_, T, 3, 3>) -> T {
    *field.at(-1, 0) + *field.at(1, 0) + *field.at(0, -1) + *field.at(0, 1) - T::all(4.0) * *field.center()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lane_is_a_system_by_itself() {
        let grid = (13, 21);
        let mut ensemble = System::<f32x8>::new(grid, RATES);
        ensemble.advance(40);
        for (lane, &rates) in RATES.iter().enumerate() {
            let mut system = System::<f32>::new(grid, [rates]);
            system.advance(40);
            check_lane(&ensemble, lane, &system).unwrap();
            check_range(&ensemble).unwrap();
            let other = (lane + 1) % LANES;
            assert!(check_lane(&ensemble, other, &system).unwrap_err().contains("has not the numbers"));
        }
    }

    #[test]
    fn concentrations_out_of_range_are_refused() {
        let mut ensemble = System::<f32x8>::new((4, 4), RATES);
        for wrong in [-0.1, 1.5, f32::NAN, f32::INFINITY] {
            ensemble.v[[3, 3]] = f32x8::new(std::array::from_fn(|lane| if lane == 7 { wrong } else { 0.5 }));
            assert!(check_range(&ensemble).unwrap_err().contains("not between 0 and 1"), "{wrong}");
        }
    }

    #[test]
    fn the_picture_has_the_lanes_side_by_side() {
        let ensemble = System::<f32x8>::new((5, 7), RATES);
        let field = ensemble.field();
        assert_eq!(field.dim(), (10, 28));
        for lane in 0..LANES {
            let (top, left) = (lane / 4 * 5, lane % 4 * 7);
            let part = field.slice(s![top..top + 5, left..left + 7]);
            assert_eq!(part, ensemble.v.mapv(|cell| cell.to_array()[lane]), "lane {lane}");
        }
        assert_eq!(System::<f32>::new((5, 7), [RATES[0]]).field().dim(), (5, 7));
    }

    #[test]
    fn the_plain_state_stays() {
        let mut system = System::<f32x8>::new((6, 6), RATES);
        system.u.fill(f32x8::splat(1.0));
        system.v.fill(f32x8::splat(0.0));
        system.advance(10);
        assert!(system.u.iter().all(|cell| cell.to_array() == [1.0; LANES]));
        assert!(system.v.iter().all(|cell| cell.to_array() == [0.0; LANES]));
    }
}
