//! The Gray–Scott reaction–diffusion system: two chemicals spread over a plate and react. The
//! result is drawn as a picture.
//!
//! ```text
//! cargo run --release --example gray_scott
//! cargo run --release --example gray_scott -- --rows 360 --cols 640 --steps 7000 \
//!     --output small.png
//! cargo run --release --example gray_scott -- --rows 360 --cols 640 --steps 7000 \
//!     --gif small.gif --frames small
//! cargo run --release --features rayon --example gray_scott -- --engine par --boundary wrap
//! ```
//!
//! The chemical `u` is fed in everywhere. It turns into `v` where it meets `v`, and `v` decays. A
//! time step reads 3×3 windows of both fields and writes one cell of each. Lockstep windows are
//! made for this access pattern. A boundary rule fills the windows beyond the edges of the grid.
//!
//! The step is written once and run by several engines. The engines are first checked against each
//! other on a small grid. At the end their speeds are compared. The first Ctrl-C ends the run
//! early, with the picture of the last completed step. The second one ends it at once.
//!
//! The system is that of J. E. Pearson, "Complex Patterns in a Simple System", Science 261 (1993),
//! 189–192.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use common::evolution::Progress;
use common::picture::{Look, Picture};
use common::program::{self, Failure, parse_side, print};
use common::recording::Records;

use crate::engines::{Engine, check_engines, measure_engines, speed_table};
use crate::simulation::{Simulation, simulate};
use crate::system::{Rule, fingerprint, fingerprints};
use crate::threads::Threads;

mod engines;
mod simulation;
mod system;
mod threads;

/// Simulates the Gray–Scott reaction–diffusion system, draws it, and compares the speeds of several
/// engines.
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

    /// The boundary rule at the edges of the grid
    #[arg(long, value_enum, default_value_t = Rule::Constant)]
    boundary: Rule,

    /// The engine of the time steps; by default steps, or par with more than one thread
    #[arg(long, value_enum)]
    engine: Option<Engine>,

    /// Threads of the engine par; by default as many as the machine has
    #[arg(long, value_name = "NUMBER", value_parser = parse_threads, allow_negative_numbers = true)]
    threads: Option<NonZeroUsize>,

    #[command(flatten)]
    records: Records,
}

fn parse_threads(text: &str) -> Result<NonZeroUsize, String> {
    // A system may be able to start many more threads, which then wait for each other for hours.
    const MOST: usize = 1024;
    let threads = text.parse().ok().filter(|threads: &NonZeroUsize| threads.get() <= MOST);
    threads.ok_or_else(|| format!("a whole number from 1 to {MOST} is needed"))
}

impl Options {
    /// Parses `arguments`, which begin with the name of the program.
    fn of(arguments: impl IntoIterator<Item: Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let options = Options::try_parse_from(arguments)?;
        let conflict = options.check_threads();
        program::unless_in_conflict(options, conflict)
    }

    /// Returns an error if the engine cannot run on this number of threads.
    fn check_threads(&self) -> Result<(), String> {
        let engine = self.engine();
        let several = self.several_threads();
        if engine.is_parallel() && !cfg!(feature = "rayon") {
            let option = several.map_or("--engine par".to_owned(), |threads| format!("--threads {threads}"));
            return Err(format!("'{option}': several threads need a build with --features rayon"));
        }
        if let Some(threads) = several.filter(|_| !engine.is_parallel()) {
            return Err(format!("'--threads {threads}': the engine {} runs on one thread", engine.name()));
        }
        Ok(())
    }

    /// Returns the number of threads, if it was given and is more than one.
    fn several_threads(&self) -> Option<NonZeroUsize> {
        self.threads.filter(|&threads| threads > NonZeroUsize::MIN)
    }

    /// Returns the engine of the time steps.
    fn engine(&self) -> Engine {
        let default = || if self.several_threads().is_some() { Engine::Par } else { Engine::Steps };
        self.engine.unwrap_or_else(default)
    }
}

fn main() -> ExitCode {
    program::main(Options::of(std::env::args_os()), run)
}

/// Runs the whole program until `stop` returns true.
fn run(options: &Options, stop: &dyn Fn() -> bool) -> Result<(), Failure> {
    let Options { rows, cols, steps, boundary, output, .. } = options;
    let engine = options.engine();
    // All errors that can be found early are found before the long computation.
    let picture = Picture::at(output)?;
    let mut recorder = options.records.recorder(&picture, *steps, (*rows, *cols), Look::SPOTS)?;
    let threads = Threads::new(options.threads)?;
    let mut simulation = Simulation::new(*rows, *cols, *boundary, threads.clone())?;
    check_engines((40, 50), 20, *boundary, &threads)?;
    print("Checked: all engines give the same numbers, bit for bit.")?;

    let Progress { steps: done, time } = simulate(&mut simulation, engine, *steps, &mut recorder, stop)?;
    picture.write(simulation.v(), Look::SPOTS)?;
    let records = recorder.finish()?;
    if done < *steps {
        let output = output.display();
        return Err(Failure::interrupted(&format!("after {done} of {steps} steps: {output} shows the last one")));
    }
    print(&format!("Simulated: {steps} steps of {rows}×{cols} cells by {} in {time:.1?}.", engine.name()))?;
    print(&fingerprints(fingerprint(simulation.u()), fingerprint(simulation.v())))?;
    print(&format!("Written: {}", output.display()))?;
    for record in records {
        print(&record)?;
    }

    let speeds = measure_engines(&mut simulation, stop)
        .ok_or_else(|| Failure::interrupted("before the speeds were compared"))?;
    Ok(print(&format!("\n{}", speed_table(&speeds, threads.number())))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::command_line::one_line;
    use common::picture::encode;

    #[test]
    fn bad_options_give_one_line_that_names_them() {
        let bad = [
            ("--rows", "0"),
            ("--cols", "2147483648"),
            ("--steps", "-1"),
            ("--boundary", "cliff"),
            ("--engine", "warp"),
            ("--threads", "0"),
            ("--threads", "-1"),
            ("--threads", "100000"),
            ("--every", "0"),
        ];
        for (option, value) in bad {
            let line = one_line(&Options::of(["gray_scott", option, value]).unwrap_err());
            assert_eq!(line.lines().count(), 1, "{line}");
            assert!(line.starts_with("error: ") && line.contains(option) && line.contains(value), "{line}");
        }
    }

    #[test]
    fn threads_are_not_too_many_to_wait_for() {
        for good in ["1", "1024"] {
            assert_eq!(parse_threads(good).unwrap().to_string(), good);
        }
        for bad in ["0", "1025", "18446744073709551615", "-1", "two"] {
            assert!(parse_threads(bad).unwrap_err().contains("from 1 to 1024"), "{bad}");
        }
    }

    #[test]
    fn the_engine_is_steps_and_with_several_threads_par() {
        let of = |options: &[&str]| Options::of([&["gray_scott"], options].concat());
        let engine = |options: &[&str]| of(options).unwrap().engine();
        let line = |options: &[&str]| one_line(&of(options).unwrap_err());
        assert_eq!([engine(&[]), engine(&["--threads", "1"])], [Engine::Steps; 2]);
        assert_eq!(engine(&["--engine", "simd", "--threads", "1"]), Engine::Simd);
        assert!(line(&["--engine", "simd", "--threads", "2"]).contains("'--threads 2': the engine simd runs on one"));

        let parallel: [&[&str]; 4] = [
            &["--threads", "2"],
            &["--engine", "par"],
            &["--engine", "par", "--threads", "1"],
            &["--engine", "par", "--threads", "2"],
        ];
        for options in parallel {
            if cfg!(feature = "rayon") {
                assert_eq!(engine(options), Engine::Par, "{options:?}");
            } else {
                let line = line(options);
                assert!(line.starts_with("error: '--") && line.contains("--features rayon"), "{options:?}: {line}");
                assert_eq!(line.lines().count(), 1, "{line}");
            }
        }
    }

    #[test]
    fn frames_are_a_hundredth_of_the_steps_apart_unless_told() {
        let every = |options: &[&str]| {
            let options = Options::of([&["gray_scott", "--gif", "a.gif"], options].concat()).unwrap();
            options.records.every(options.steps)
        };
        assert_eq!(every(&[]), 120);
        assert_eq!((every(&["--steps", "0"]), every(&["--steps", "101"])), (1, 2));
        assert_eq!(every(&["--every", "7"]), 7);
        let line = one_line(&Options::of(["gray_scott", "--every", "7"]).unwrap_err());
        assert!(line.contains("--frames") && line.contains("--gif"), "{line}");
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn a_run_that_is_stopped_leaves_its_last_picture() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).into_os_string();
        let options = ["--rows", "6", "--cols", "7", "--steps", "1000000", "--output"].map(OsString::from);
        let mut arguments = [&[OsString::from("gray_scott")], &options[..], &[path("picture.png")]].concat();
        arguments.extend(["--gif".into(), path("moving.gif"), "--frames".into(), path("frames")]);
        let options = Options::of(arguments).unwrap();

        let batches = std::cell::Cell::new(0);
        let failure = run(&options, &|| batches.replace(batches.get() + 1) == 3).unwrap_err();
        assert_eq!(failure.code, 130);
        let steps = failure.line.strip_prefix("interrupted after ").and_then(|rest| rest.split(' ').next());
        let steps = steps.and_then(|steps| steps.parse().ok()).unwrap_or_else(|| panic!("{}", failure.line));
        let mut simulation = simulation::tests::new((6, 7), Rule::Constant);
        simulation.advance(Engine::Ndarray, steps);
        let mut expected = Vec::new();
        encode(simulation.v(), Look::SPOTS, &mut expected).unwrap();
        assert!(std::fs::read(path("picture.png")).unwrap() == expected, "{}", failure.line);
        let last = format!("frame_{steps:07}.png");
        assert!(std::fs::read(options.records.frames.unwrap().join(last)).unwrap() == expected, "{}", failure.line);
        assert!(std::fs::read(path("moving.gif")).unwrap().ends_with(b";"), "the animation is closed");
    }
}
