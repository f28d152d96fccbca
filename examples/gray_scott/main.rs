//! The Gray–Scott reaction–diffusion system: two chemicals that spread over a plate and react, drawn as a picture.
//!
//! ```text
//! cargo run --release --example gray_scott
//! cargo run --release --example gray_scott -- --rows 360 --cols 640 --steps 7000 --output small.png
//! ```
//!
//! The chemical `u` is fed in everywhere and turns into `v` where it meets `v`, and `v` decays. A time step reads 3×3
//! windows of both fields and writes one cell of each, which is what lockstep windows are for. The step stands here once
//! and is run by several engines: they are checked against each other on a small grid first, and their speeds are compared
//! at the end.
//!
//! The system is that of J. E. Pearson, "Complex Patterns in a Simple System", Science 261 (1993), 189–192.

use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::engines::{Engine, check_engines, measure_engines, speed_table};
use crate::picture::Picture;
use crate::simulation::{Simulation, simulate};
use crate::system::{Fields, fingerprint, fingerprints};

mod engines;
mod picture;
mod simulation;
mod system;

/// Simulates the Gray–Scott reaction–diffusion system, draws it, and compares the speeds of several ways to run it.
#[derive(Debug, Parser)]
#[command(name = "gray_scott")]
struct Options {
    /// Rows of the grid, and of the picture
    #[arg(long, default_value_t = 1080, value_parser = parse_side, allow_negative_numbers = true)]
    rows: usize,

    /// Columns of the grid, and of the picture
    #[arg(long, default_value_t = 1920, value_parser = parse_side, allow_negative_numbers = true)]
    cols: usize,

    /// Time steps; with 0 the picture shows the start
    #[arg(long, default_value_t = 12_000, allow_negative_numbers = true)]
    steps: u64,

    /// The PNG picture to write
    #[arg(long, value_name = "PATH", default_value = "gray_scott.png")]
    output: PathBuf,

    /// What runs the time steps
    #[arg(long, value_enum, default_value_t = Engine::Simd)]
    engine: Engine,
}

/// The number of rows or columns in `text`.
fn parse_side(text: &str) -> Result<usize, String> {
    // At least one cell inside the boundary, and no more than a PNG picture can have.
    const SIDES: RangeInclusive<usize> = 3..=0x7fff_ffff;
    let side = text.parse().ok().filter(|side| SIDES.contains(side));
    side.ok_or_else(|| format!("a whole number from {} to {} is needed", SIDES.start(), SIDES.end()))
}

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) if error.use_stderr() => return fail(2, &one_line(&error)),
        Err(help) => help.exit(),
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(1, &format!("error: {message}")),
    }
}

/// Prints `line` to stderr and gives the exit code for `code`.
fn fail(code: u8, line: &str) -> ExitCode {
    eprintln!("{line}");
    ExitCode::from(code)
}

/// What is wrong with the command line, without the advice that clap adds in further paragraphs.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first_paragraph: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    first_paragraph.join(" ")
}

/// The whole program; an error is the line to print.
fn run(options: &Options) -> Result<(), String> {
    // All that can be refused is refused before the long computation.
    let picture = Picture::at(&options.output)?;
    let mut simulation = Simulation::new(options.rows, options.cols)?;
    check_engines(40, 50, 20)?;
    print("Checked: all engines give the same numbers, bit for bit.")?;

    let time = simulate(&mut simulation, options.steps, options.engine);
    let Options { rows, cols, steps, engine, output } = options;
    print(&format!("Simulated: {steps} steps of {rows}×{cols} cells by {} in {time:.1?}.", engine.name()))?;
    let Fields { u, v } = &simulation.now;
    print(&fingerprints(fingerprint(u.view()), fingerprint(v.view())))?;

    picture.write(simulation.now.v.view())?;
    print(&format!("Written: {}\n", output.display()))?;

    print(&speed_table(&measure_engines(&mut simulation)))
}

/// Prints `text` and ends the line. Where stdout has been closed this is an error, and `println!` would panic.
fn print(text: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{text}").map_err(|error| format!("cannot print: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_options_give_one_line_that_names_them() {
        for (option, value) in [("--rows", "0"), ("--cols", "2"), ("--steps", "-1"), ("--engine", "warp")] {
            let line = one_line(&Options::try_parse_from(["gray_scott", option, value]).unwrap_err());
            assert_eq!(line.lines().count(), 1, "{line}");
            assert!(line.starts_with("error: ") && line.contains(option) && line.contains(value), "{line}");
        }
    }
}
