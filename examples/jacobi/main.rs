//! Poisson's equation by three iterations: Jacobi, red-black Gauss–Seidel in place, and successive
//! over-relaxation (SOR).
//!
//! ```text
//! cargo run --release --example jacobi
//! cargo run --release --example jacobi -- --intervals 192 --tolerance 1e-10
//! cargo run --release --example jacobi -- --factor 1.5
//! ```
//!
//! The program prints how many iterations each method needs to reach the same residual.
//! Gauss–Seidel needs half of Jacobi's iterations, and SOR with the best factor needs a hundredth.
//! It also prints the error against the exact solution. The error is the same for all methods,
//! because it is the discretization error of the grid. The picture shows the solution.
//!
//! # The problem
//!
//! The equation is `-(d²u/dx² + d²u/dy²) = f` on the unit square, with `u = 0` on the edges. The
//! source `f` is chosen so that `u = x (1 - x) exp(x) sin(πy)`. The grid has `n` intervals of
//! length `h = 1/n` per side. The equations at its inner corners are
//!
//! ```text
//! 4 u - north - south - west - east = h² f
//! ```
//!
//! - Jacobi: each cell takes the value that solves its equation with the old values around it. This
//!   is `Stencil::steps` with `h² f` as a coefficient. It ends when `observed` finds that the
//!   residual is small.
//! - Gauss–Seidel: new values are used as soon as they are computed. In red-black order (all black
//!   fields of a chessboard first, then all white ones) a cell needs only cells of the other
//!   colour. One array is therefore enough: windows over `Cell<f64>` are read and written through
//!   shared references, and the field is not copied.
//! - SOR moves a cell further than the value that solves its equation, by a factor. The best factor
//!   for this problem is `2 / (1 + sin(πh))`. See D. M. Young, "Iterative Solution of Large Linear
//!   Systems" (1971), chapters 5 and 6.

use std::cell::Cell;
use std::f64::consts::PI;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use common::errors::Distance;
use common::memory::check_grid;
use common::picture::{Look, Picture, Scale, inferno, shades};
use common::program::{self, Failure, print};
use indicatif::ProgressBar;
use ndarray::{Array2, ArrayView2, s};
use ndarray_lockstep::{ArrayWindows, Boundary, Stencil, azip, observed};

/// Solves Poisson's equation by three iterations, compares them with the exact solution, and draws
/// the result.
#[derive(Debug, Parser)]
#[command(name = "jacobi")]
struct Options {
    /// Intervals along a side of the square
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u16).range(4..=4096), allow_negative_numbers = true)]
    intervals: u16,

    /// The largest residual at the end, relative to the largest right-hand side
    #[arg(long, default_value_t = 1e-8, value_parser = parse_tolerance, allow_negative_numbers = true)]
    tolerance: f64,

    /// The over-relaxation factor, between 0 and 2; by default the best one
    #[arg(long, value_parser = parse_factor, allow_negative_numbers = true)]
    factor: Option<f64>,

    /// The most iterations that a method may take; a method that needs more fails
    #[arg(long, default_value_t = 1_000_000, allow_negative_numbers = true)]
    most: usize,

    /// The PNG picture to write
    #[arg(long, value_name = "PATH", default_value = "jacobi.png")]
    output: PathBuf,
}

fn parse_tolerance(text: &str) -> Result<f64, String> {
    // The largest terms of a residual are 1/h² times as large as the right-hand side. Their
    // rounding is near 1e-16.
    let tolerance = text.parse().ok().filter(|tolerance| (1e-11..=1e-2).contains(tolerance));
    tolerance.ok_or_else(|| "a number from 1e-11 to 1e-2 is needed".to_owned())
}

fn parse_factor(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok().filter(|&factor: &f64| factor > 0.0 && factor < 2.0);
    factor.ok_or_else(|| "a number above 0 and below 2 is needed".to_owned())
}

fn main() -> ExitCode {
    program::main(Options::try_parse(), run)
}

/// Runs the whole program until `stop` returns true.
fn run(options: &Options, stop: &dyn Fn() -> bool) -> Result<(), Failure> {
    let Options { intervals, tolerance, factor, most, output } = options;
    let side = usize::from(*intervals) - 1;
    check_grid(side, side, BYTES_PER_CELL)?;
    let picture = Picture::at(output)?;
    let problem = Problem::new(*intervals);
    let factor = factor.unwrap_or_else(|| problem.best_factor());
    let limits = Limits { tolerance: *tolerance, most: *most, stop };
    print(&format!("Poisson's equation on {intervals}×{intervals} intervals, to a residual of {tolerance:.0e}."))?;

    let mut solutions = Vec::new();
    let methods = [Method::Jacobi, Method::RedBlack(1.0), Method::RedBlack(factor)];
    for method in methods {
        let solution = method.solve(&problem, &limits);
        if stop() {
            return Err(Failure::interrupted(&format!(
                "after {} iterations of {}",
                solution.iterations,
                method.name()
            )));
        }
        print(&solution.line(method, &problem))?;
        check(&solution, &problem, &limits, method)?;
        solutions.push(solution);
    }
    check_ratio(&solutions[0], &solutions[1])?;
    let exact = shades(problem.exact.view());
    let most = exact.iter().copied().fold(0.0, f32::max);
    let look = Look { scale: Scale::Linear(0.0, most), colours: inferno };
    picture.write(shades(solutions[2].u.view()).view(), look)?;
    Ok(print(&format!("Written: {}", output.display()))?)
}

/// Bytes of memory per cell: the right-hand side, the exact solution, the solutions of the three
/// methods, and their temporary arrays.
const BYTES_PER_CELL: usize = 80;

/// The equation on a grid.
struct Problem {
    intervals: u16,
    /// `h² f` at the inner corners.
    source: Array2<f64>,
    /// The exact solution of the equation at the inner corners.
    exact: Array2<f64>,
}

impl Problem {
    fn new(intervals: u16) -> Self {
        let h = 1.0 / f64::from(intervals);
        let side = usize::from(intervals) - 1;
        let at = |index: usize| (index + 1) as f64 * h;
        let field = |value: &dyn Fn(f64, f64) -> f64| Array2::from_shape_fn((side, side), |(i, j)| value(at(j), at(i)));
        let exact = field(&|x, y| x * (1.0 - x) * x.exp() * (PI * y).sin());
        let source = field(&|x, y| h * h * (x * (3.0 + x) + PI * PI * x * (1.0 - x)) * x.exp() * (PI * y).sin());
        Problem { intervals, source, exact }
    }

    /// Returns the over-relaxation factor that converges fastest.
    fn best_factor(&self) -> f64 {
        2.0 / (1.0 + (PI / f64::from(self.intervals)).sin())
    }

    /// Returns the largest residual, relative to the largest right-hand side.
    fn residual(&self, u: ArrayView2<'_, f64>) -> f64 {
        let left_hand_sides = Stencil::<3, 3>::map(
            &u,
            Boundary::Constant(0.0),
            #[inline(always)]
            |u| 4.0 * u.center() - (u.at(-1, 0) + u.at(1, 0) + u.at(0, -1) + u.at(0, 1)),
        );
        Distance::between(left_hand_sides.view(), self.source.view()).max / self.largest_source()
    }

    /// Returns the largest right-hand side, `h² f`.
    fn largest_source(&self) -> f64 {
        self.source.iter().fold(0.0, |most, source| f64::max(most, source.abs()))
    }

    /// Returns a bound on the discretization error, by the maximum principle. It is an eighth of
    /// the largest truncation error, which is `h²/12` times fourth derivatives. These are at most
    /// 16e and π⁴ 0.44.
    fn largest_error_of_the_grid(&self) -> f64 {
        let h = 1.0 / f64::from(self.intervals);
        h * h / 96.0 * (16.0 * 1.0_f64.exp() + PI.powi(4) * 0.44)
    }
}

/// The conditions that end an iteration.
struct Limits<'a> {
    tolerance: f64,
    most: usize,
    stop: &'a dyn Fn() -> bool,
}

/// The result of an iteration.
struct Solution {
    u: Array2<f64>,
    iterations: usize,
    residual: f64,
    time: Duration,
}

impl Solution {
    fn line(&self, method: Method, problem: &Problem) -> String {
        let Solution { iterations, residual, time, .. } = self;
        let error = Distance::between(self.u.view(), problem.exact.view());
        let name = method.name();
        format!("{name:<24} {iterations:>7} iterations in {time:>7.1?}, residual {residual:.1e}, error: {error}")
    }
}

/// A method that solves the equations.
#[derive(Clone, Copy, Debug)]
enum Method {
    Jacobi,
    /// Gauss–Seidel in red-black order, with this over-relaxation factor.
    RedBlack(f64),
}

impl Method {
    /// Iterations between two computations of the residual. A residual costs about as much as an
    /// iteration.
    const EVERY: usize = 16;

    fn name(self) -> String {
        match self {
            Method::Jacobi => "Jacobi".to_owned(),
            Method::RedBlack(1.0) => "Gauss–Seidel".to_owned(),
            Method::RedBlack(factor) => format!("SOR with factor {factor:.4}"),
        }
    }

    /// Iterates from 0 until the limits are reached.
    fn solve(self, problem: &Problem, limits: &Limits<'_>) -> Solution {
        let bar = ProgressBar::new_spinner();
        let start = Instant::now();
        let mut residual = f64::INFINITY;
        let mut look = |done: usize, u: ArrayView2<'_, f64>| {
            residual = problem.residual(u);
            bar.set_message(format!("{}: {done} iterations, residual {residual:.1e}", self.name()));
            bar.tick();
            // A residual that is not a number ends the iteration, too.
            let goes_on = residual > limits.tolerance && !(limits.stop)();
            if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let (iterations, u) = match self {
            Method::Jacobi => iterate_jacobi(problem, limits.most, &mut look),
            Method::RedBlack(factor) => iterate_red_black(problem, factor, limits.most, &mut look),
        };
        bar.finish_and_clear();
        Solution { u, iterations, residual, time: start.elapsed() }
    }
}

/// A function that is called with the number of iterations and the field, and may end the
/// iteration.
type Observe<'a> = &'a mut dyn FnMut(usize, ArrayView2<'_, f64>) -> ControlFlow<()>;

/// Runs at most `most` Jacobi iterations. Returns their number and the field.
fn iterate_jacobi(problem: &Problem, most: usize, look: Observe<'_>) -> (usize, Array2<f64>) {
    let mut u = Array2::zeros(problem.source.dim());
    let done = Stencil::<3, 3>::steps(
        observed(most, Method::EVERY, |done, [u]: [ArrayView2<'_, f64>; 1]| look(done, u)),
        (&mut u, &problem.source),
        Boundary::Constant(0.0),
        #[inline(always)]
        |(u, source)| 0.25 * (u.at(-1, 0) + u.at(1, 0) + u.at(0, -1) + u.at(0, 1) + source),
    );
    (done, u)
}

/// Runs at most `most` red-black iterations in place. Returns their number and the field.
fn iterate_red_black(problem: &Problem, factor: f64, most: usize, look: Observe<'_>) -> (usize, Array2<f64>) {
    let (rows, cols) = problem.source.dim();
    // The array includes the cells on the edges, which stay 0.
    let cells = Array2::from_elem((rows + 2, cols + 2), Cell::new(0.0));
    let inner = || cells.slice(s![1..=rows, 1..=cols]).map(Cell::get);
    let mut done = 0;
    while done < most {
        relax(&cells, &problem.source, 0, factor);
        relax(&cells, &problem.source, 1, factor);
        done += 1;
        if (done.is_multiple_of(Method::EVERY) || done == most) && look(done, inner().view()).is_break() {
            break;
        }
    }
    (done, inner())
}

/// Moves each cell of one colour towards the value that solves its equation, by `factor` of the
/// distance.
fn relax(cells: &Array2<Cell<f64>>, source: &Array2<f64>, colour: usize, factor: f64) {
    azip!((index (i, j), u in cells.array_windows::<3, 3>(), &source in source) {
        if (i + j) % 2 == colour {
            let around = u.at(-1, 0).get() + u.at(1, 0).get() + u.at(0, -1).get() + u.at(0, 1).get();
            let here = u.center();
            here.set(here.get() + factor * (0.25 * (around + source) - here.get()));
        }
    });
}

/// Returns an error if a solution has not converged, or if its error is larger than the grid
/// explains.
fn check(solution: &Solution, problem: &Problem, limits: &Limits<'_>, method: Method) -> Result<(), String> {
    let Solution { u, iterations, residual, .. } = solution;
    if residual.is_nan() || *residual > limits.tolerance {
        return Err(format!("{} has a residual of {residual:.1e} after {iterations} iterations", method.name()));
    }
    let n = f64::from(problem.intervals);
    // Like the truncation error, the residual contributes an eighth of its size, in units of f.
    let of_the_residual = residual * problem.largest_source() * n * n / 8.0;
    let bound = problem.largest_error_of_the_grid() + of_the_residual;
    let error = Distance::between(u.view(), problem.exact.view()).max;
    if error <= bound {
        return Ok(());
    }
    Err(format!("{} has an error of {error:.1e}, and {bound:.1e} is expected at most", method.name()))
}

/// Returns an error unless Gauss–Seidel takes half of Jacobi's iterations. Its rate of convergence
/// is twice as high.
fn check_ratio(jacobi: &Solution, gauss_seidel: &Solution) -> Result<(), String> {
    let ratio = jacobi.iterations as f64 / gauss_seidel.iterations as f64;
    // Both numbers are multiples of the interval between two residuals. This rounding matters if
    // the numbers are small.
    let tolerance = 0.1 + 4.0 * Method::EVERY as f64 / gauss_seidel.iterations as f64;
    if (ratio - 2.0).abs() <= tolerance {
        return Ok(());
    }
    Err(format!("Jacobi takes {ratio:.2} times the iterations of Gauss–Seidel, and 2 is expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solve(method: Method, intervals: u16, tolerance: f64) -> (Problem, Solution) {
        let problem = Problem::new(intervals);
        let limits = Limits { tolerance, most: 100_000, stop: &|| false };
        let solution = method.solve(&problem, &limits);
        check(&solution, &problem, &limits, method).unwrap();
        (problem, solution)
    }

    #[test]
    fn all_methods_solve_the_same_equations() {
        let (problem, jacobi) = solve(Method::Jacobi, 16, 1e-11);
        for factor in [0.8, 1.0, problem.best_factor()] {
            let (_, other) = solve(Method::RedBlack(factor), 16, 1e-11);
            assert!(Distance::between(jacobi.u.view(), other.u.view()).max < 1e-9, "{factor}");
        }
    }

    #[test]
    fn the_error_is_of_second_order() {
        let error = |intervals| {
            let (problem, solution) = solve(Method::RedBlack(1.6), intervals, 1e-10);
            Distance::between(solution.u.view(), problem.exact.view())
        };
        let orders = error(12).orders(error(24));
        assert!(orders.iter().all(|order| (order - 2.0).abs() < 0.1), "{orders:?}");
    }

    #[test]
    fn gauss_seidel_takes_half_of_the_iterations_and_over_relaxation_far_fewer() {
        let (problem, jacobi) = solve(Method::Jacobi, 20, 1e-8);
        let (_, gauss_seidel) = solve(Method::RedBlack(1.0), 20, 1e-8);
        check_ratio(&jacobi, &gauss_seidel).unwrap();
        assert!(check_ratio(&jacobi, &jacobi).is_err());
        let (_, relaxed) = solve(Method::RedBlack(problem.best_factor()), 20, 1e-8);
        assert!(relaxed.iterations * 5 < gauss_seidel.iterations, "{}", relaxed.iterations);
    }

    #[test]
    fn a_field_that_does_not_solve_the_equations_is_refused() {
        let problem = Problem::new(16);
        let limits = Limits { tolerance: 1e-8, most: 32, stop: &|| false };
        let early = Method::Jacobi.solve(&problem, &limits);
        assert_eq!(early.iterations, 32);
        assert!(check(&early, &problem, &limits, Method::Jacobi).unwrap_err().contains("after 32 iterations"));

        let wrong = Solution { u: &problem.exact + 0.1, residual: 1e-9, ..early };
        assert!(check(&wrong, &problem, &limits, Method::Jacobi).unwrap_err().contains("an error of 1.0e-1"));
    }

    /// The expected values come from plain loops in the same order of colours.
    #[test]
    fn windows_of_cells_relax_in_place() {
        let problem = Problem::new(9);
        let (done, u) = iterate_red_black(&problem, 1.3, 3, &mut |_, _| ControlFlow::Continue(()));
        assert_eq!(done, 3);
        let mut expected = Array2::<f64>::zeros((10, 10));
        for _ in 0..3 {
            for colour in 0..2 {
                for i in 1..9 {
                    for j in (1..9).filter(|j| (i + j) % 2 == colour) {
                        let around =
                            expected[[i - 1, j]] + expected[[i + 1, j]] + expected[[i, j - 1]] + expected[[i, j + 1]];
                        let solves = 0.25 * (around + problem.source[[i - 1, j - 1]]);
                        expected[[i, j]] += 1.3 * (solves - expected[[i, j]]);
                    }
                }
            }
        }
        assert_eq!(u, expected.slice(s![1..9, 1..9]));
    }

    #[test]
    fn the_exact_solution_leaves_the_truncation_error() {
        for intervals in [16, 32, 64] {
            let problem = Problem::new(intervals);
            let h = 1.0 / f64::from(intervals);
            let truncation = 8.0 * problem.largest_error_of_the_grid();
            let residual = problem.residual(problem.exact.view()) * problem.largest_source() / (h * h);
            assert!(residual <= truncation && residual > 0.2 * truncation, "{intervals}: {residual}, {truncation}");
        }
    }
}
