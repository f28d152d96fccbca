//! The Gray–Scott reaction–diffusion system: two chemicals that spread over a plate and react, drawn as a picture.
//!
//! ```text
//! cargo run --release --example gray_scott
//! cargo run --release --example gray_scott -- --rows 360 --cols 640 --steps 7000 --output small.png
//! cargo run --release --example gray_scott -- --rows 360 --cols 640 --steps 7000 --gif small.gif --frames small
//! cargo run --release --features rayon --example gray_scott -- --engine par --boundary wrap
//! ```
//!
//! The chemical `u` is fed in everywhere and turns into `v` where it meets `v`, and `v` decays. A time step reads 3×3
//! windows of both fields and writes one cell of each, which is what lockstep windows are for. What the windows at the edges
//! of the grid see is a boundary rule. The step stands here once and is run by several engines: they are checked against each
//! other on a small grid first, and their speeds are compared at the end. Ctrl-C ends a run early, with the picture of the
//! last step that was done; a second one ends it at once.
//!
//! The system is that of J. E. Pearson, "Complex Patterns in a Simple System", Science 261 (1993), 189–192.

use std::ffi::OsString;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::error::ErrorKind;
use clap::{ArgGroup, CommandFactory, Parser};

use crate::engines::{Engine, check_engines, measure_engines, speed_table};
use crate::picture::Picture;
use crate::recording::Recorder;
use crate::simulation::{Progress, Simulation, simulate};
use crate::system::{Rule, fingerprint, fingerprints};
use crate::threads::Threads;

mod engines;
mod picture;
mod recording;
mod simulation;
mod system;
mod threads;

/// Simulates the Gray–Scott reaction–diffusion system, draws it, and compares the speeds of several ways to run it.
#[derive(Debug, Parser)]
#[command(name = "gray_scott", group = ArgGroup::new("recording").args(["frames", "gif"]).multiple(true))]
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

    /// What there is beyond the edges of the grid
    #[arg(long, value_enum, default_value_t = Rule::Constant)]
    boundary: Rule,

    /// What runs the time steps; steps unless told, and par with more than one thread
    #[arg(long, value_enum)]
    engine: Option<Engine>,

    /// Threads of the engine par; as many as the machine runs at once unless told
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    threads: Option<NonZeroUsize>,

    /// A directory for a picture every so many steps: frame_000123.png is that after 123 steps
    #[arg(long, value_name = "DIRECTORY")]
    frames: Option<PathBuf>,

    /// An animated GIF picture to write, with a frame every so many steps; of large grids it is scaled down
    #[arg(long, value_name = "PATH")]
    gif: Option<PathBuf>,

    /// Steps from one frame to the next; a hundredth of all unless told
    #[arg(long, value_name = "STEPS", requires = "recording", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
}

impl Options {
    /// The options in `arguments`, which begin with the name of the program.
    fn of(arguments: impl IntoIterator<Item: Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let options = Options::try_parse_from(arguments)?;
        let refuse = |what: String| Err(Options::command().error(ErrorKind::ArgumentConflict, what));
        let engine = options.engine();
        let several = options.several_threads();
        if engine.is_parallel() && !cfg!(feature = "rayon") {
            let option = several.map_or("--engine par".to_owned(), |threads| format!("--threads {threads}"));
            return refuse(format!("'{option}': several threads need a build with --features rayon"));
        }
        if let Some(threads) = several.filter(|_| !engine.is_parallel()) {
            return refuse(format!("'--threads {threads}': the engine {} runs on one thread", engine.name()));
        }
        if options.gif.as_ref() == Some(&options.output) {
            return refuse(format!("'--gif' and '--output' are the same file {:?}", options.output));
        }
        Ok(options)
    }

    /// The number of threads, if it is known to be more than one.
    fn several_threads(&self) -> Option<NonZeroUsize> {
        self.threads.filter(|&threads| threads > NonZeroUsize::MIN)
    }

    /// What runs the time steps.
    fn engine(&self) -> Engine {
        let default = || if self.several_threads().is_some() { Engine::Par } else { Engine::Steps };
        self.engine.unwrap_or_else(default)
    }

    /// Steps from one frame to the next.
    fn every(&self) -> u64 {
        const FRAMES: u64 = 100;
        self.every.unwrap_or(self.steps.div_ceil(FRAMES).max(1))
    }
}

/// The number of rows or columns in `text`.
fn parse_side(text: &str) -> Result<usize, String> {
    // No more than a PNG picture can have.
    const SIDES: RangeInclusive<usize> = 1..=0x7fff_ffff;
    let side = text.parse().ok().filter(|side| SIDES.contains(side));
    side.ok_or_else(|| format!("a whole number from {} to {} is needed", SIDES.start(), SIDES.end()))
}

fn main() -> ExitCode {
    let options = match Options::of(std::env::args_os()) {
        Ok(options) => options,
        Err(error) if error.use_stderr() => return fail(&Failure { code: 2, line: one_line(&error) }),
        Err(help) => help.exit(),
    };
    match stop_at_ctrl_c().and_then(|stop| run(&options, &|| stop.load(Ordering::Relaxed))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

/// Why the program ends without success.
#[derive(Debug)]
struct Failure {
    code: u8,
    line: String,
}

impl Failure {
    /// The user has stopped the program.
    fn interrupted(line: String) -> Self {
        Failure { code: INTERRUPTED, line: format!("interrupted {line}") }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure { code: 1, line: format!("error: {message}") }
    }
}

/// The exit code of a program that Ctrl-C ends: 128 and the number of the signal, as shells have it.
const INTERRUPTED: u8 = 130;

/// From the first Ctrl-C on the result is true. A second one ends the program.
fn stop_at_ctrl_c() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let mut first = None;
    let stop_or_end = move || {
        stopped.store(true, Ordering::Relaxed);
        if is_second(&mut first, Instant::now()) {
            process::exit(INTERRUPTED.into());
        }
    };
    ctrlc::set_handler(stop_or_end).map_err(|error| format!("cannot wait for Ctrl-C: {error}"))?;
    Ok(stop)
}

/// Whether a signal that comes at `now` is that of a second Ctrl-C, and not the `first` or a part of it: programs that pass it on,
/// `timeout` for one, send a signal to the process and another one to its group.
fn is_second(first: &mut Option<Instant>, now: Instant) -> bool {
    const AT_ONCE: Duration = Duration::from_millis(200);
    now.duration_since(*first.get_or_insert(now)) > AT_ONCE
}

/// Says why the program ends, on stderr, and gives its exit code.
fn fail(failure: &Failure) -> ExitCode {
    eprintln!("{}", failure.line);
    ExitCode::from(failure.code)
}

/// What is wrong with the command line, without the advice that clap adds in further paragraphs.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first_paragraph: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    first_paragraph.join(" ")
}

/// The whole program, until `stop` says that it shall end.
fn run(options: &Options, stop: &dyn Fn() -> bool) -> Result<(), Failure> {
    let Options { rows, cols, steps, boundary, output, .. } = options;
    let engine = options.engine();
    // All that can be refused is refused before the long computation.
    let picture = Picture::at(output)?;
    let threads = Threads::new(options.threads)?;
    let mut simulation = Simulation::new(*rows, *cols, *boundary, threads.clone())?;
    let Options { frames, gif, .. } = options;
    let mut recorder = Recorder::new(frames.as_deref(), gif.as_deref(), options.every(), *steps, (*rows, *cols))?;
    check_engines((40, 50), 20, *boundary, &threads)?;
    print("Checked: all engines give the same numbers, bit for bit.")?;

    let Progress { steps: done, time } = simulate(&mut simulation, engine, *steps, &mut recorder, stop)?;
    picture.write(simulation.v())?;
    let records = recorder.finish()?;
    if done < *steps {
        let output = output.display();
        return Err(Failure::interrupted(format!("after {done} of {steps} steps: {output} shows the last one")));
    }
    print(&format!("Simulated: {steps} steps of {rows}×{cols} cells by {} in {time:.1?}.", engine.name()))?;
    print(&fingerprints(fingerprint(simulation.u()), fingerprint(simulation.v())))?;
    print(&format!("Written: {}", output.display()))?;
    for record in records {
        print(&record)?;
    }

    let times = measure_engines(&mut simulation, stop)
        .ok_or_else(|| Failure::interrupted("before the speeds were compared".to_owned()))?;
    Ok(print(&format!("\n{}", speed_table(&times, threads.number())))?)
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
        let bad = [
            ("--rows", "0"),
            ("--cols", "2147483648"),
            ("--steps", "-1"),
            ("--boundary", "cliff"),
            ("--engine", "warp"),
            ("--threads", "0"),
            ("--threads", "-1"),
            ("--every", "0"),
            ("--gif", "gray_scott.png"),
        ];
        for (option, value) in bad {
            let line = one_line(&Options::of(["gray_scott", option, value]).unwrap_err());
            assert_eq!(line.lines().count(), 1, "{line}");
            assert!(line.starts_with("error: ") && line.contains(option) && line.contains(value), "{line}");
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
    fn signals_at_once_are_one_ctrl_c() {
        let (start, mut first) = (Instant::now(), None);
        let signals = [0, 1, 150, 300].map(|at| is_second(&mut first, start + Duration::from_millis(at)));
        assert_eq!(signals, [false, false, false, true]);
    }

    #[test]
    fn frames_are_a_hundredth_of_the_steps_apart_unless_told() {
        let every =
            |options: &[&str]| Options::of([&["gray_scott", "--gif", "a.gif"], options].concat()).unwrap().every();
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
        picture::encode(simulation.v(), &mut expected).unwrap();
        assert!(std::fs::read(path("picture.png")).unwrap() == expected, "{}", failure.line);
        let last = format!("frame_{steps:07}.png");
        assert!(std::fs::read(options.frames.unwrap().join(last)).unwrap() == expected, "{}", failure.line);
        assert!(std::fs::read(path("moving.gif")).unwrap().ends_with(b";"), "the animation is closed");
    }
}
