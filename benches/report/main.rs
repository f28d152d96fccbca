//! The benchmark report: ndarray, this crate, loops by hand, C, and Halide, Numba, pystencils,
//! Devito and SciPy if a Python has them.
//!
//! `scripts/benchmarks.sh` installs that Python, runs this program, and writes `docs/benchmarks.md`
//! with its pictures and the README's table. `cargo bench --features rayon --bench report` prints
//! the report without Python; `-- --help` lists the options. Each result is checked before it is
//! timed. `-- --test` only checks the results of small arrays.

#[path = "../common/mod.rs"]
mod common;

mod chart;
mod document;
mod figures;
mod loops;
mod machine;
mod measure;
mod python;
mod scaling;
mod shared;

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use common::in_c::InC;
use common::parallel;
use document::{Circumstances, Table, document};
use loops::Loops;
use measure::{Effort, Session};
use python::Python;

/// Measures the loops of the benchmark report.
#[derive(Parser)]
struct Options {
    /// The folder for benchmarks.md and its pictures. Without it the report is printed.
    #[arg(long)]
    output: Option<PathBuf>,
    /// The README whose table and picture are updated from this report. The picture is written next
    /// to the report.
    #[arg(long, requires = "output")]
    readme: Option<PathBuf>,
    /// Measures nothing: updates the README's figures and picture from the existing report.
    #[arg(long, requires = "readme")]
    readme_only: bool,
    /// A Python with numba, halide, pystencils, devito and scipy.
    #[arg(long)]
    python: Option<PathBuf>,
    /// The reason why there is no such Python, for the report.
    #[arg(long, default_value = "there was no Python for it")]
    without_python: String,
    /// A file with a Markdown table of compile times.
    #[arg(long)]
    compile_times: Option<PathBuf>,
    /// Measures only the smallest size of each loop in few rounds, to check that everything works.
    #[arg(long)]
    quick: bool,
    /// Measures and prints only the scaling table.
    #[arg(long)]
    scaling: bool,
    /// Checks the results of the smallest arrays, and measures nothing.
    #[arg(long)]
    test: bool,
    /// Passed by `cargo bench`; ignored.
    #[arg(long, hide = true)]
    bench: bool,
    /// Parts of the names of loops; all loops if empty.
    loops: Vec<String>,
}

impl Options {
    fn effort(&self) -> Effort {
        let burst = Duration::from_micros(2500);
        match (self.test, self.quick) {
            (true, _) => Effort { rounds: 0, burst, bursts: 0, column: Duration::ZERO, sizes: 1 },
            (false, true) => Effort { rounds: 5, burst, bursts: 1, column: Duration::from_secs(1), sizes: 1 },
            (false, false) => {
                Effort { rounds: 25, burst, bursts: 4, column: Duration::from_secs(6), sizes: usize::MAX }
            }
        }
    }
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    if let (true, Some(folder), Some(readme)) = (options.readme_only, &options.output, &options.readme) {
        let file = folder.join("benchmarks.md");
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        return write_readme(folder, &text, Some(readme));
    }
    let start = Instant::now();
    let effort = options.effort();
    if options.scaling {
        print!("{}", scaling::table(effort)?);
        return Ok(());
    }
    // Other candidates run on the same cores, so the threads of OpenMP wait actively only for about
    // the time between two calls. Here and in Python, which inherits the variables.
    for (name, value) in [("OMP_WAIT_POLICY", "PASSIVE"), ("GOMP_SPINCOUNT", "10000")] {
        // SAFETY: this program has no other threads yet.
        unsafe { std::env::set_var(name, value) };
    }
    let threads = parallel::threads();
    let (in_c, in_openmp) = (InC::compile(), InC::with_openmp(threads));
    let (python, libraries) = match &options.python {
        // Without numpy, for example, the report says so.
        Some(program) if !options.test => pythons(program, threads).unwrap_or_else(|error| ([None, None], Err(error))),
        _ => ([None, None], Err(options.without_python.clone())),
    };
    let session = Session { effort, check_only: options.test, threads, python };
    let loops = Loops { session: &session, in_c: &in_c, in_openmp: &in_openmp, only: &options.loops };
    let tables = loops.tables(&mut |name| eprintln!("{:4} s: {name}", start.elapsed().as_secs()));
    // Measures the threads of this crate, so it does not belong to a selection of loops.
    let scaling = if options.loops.is_empty() { scaling::table(effort) } else { Err("not asked for".to_owned()) };
    if options.test {
        scaling?;
        println!("all results are right");
        return Ok(());
    }
    let compile_times = match &options.compile_times {
        Some(file) => fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?,
        None => String::new(),
    };
    let circumstances = Circumstances {
        summary: machine::summary(),
        version: machine::version(),
        facts: facts(&in_c, &in_openmp, libraries),
        threads,
        rounds: effort.rounds,
        scaling,
        compile_times: Some(compile_times).filter(|table| !table.trim().is_empty()).ok_or("not asked for".to_owned()),
        quick: options.quick || !options.loops.is_empty(),
    };
    let text = document(&tables, &circumstances, "benchmarks");
    match &options.output {
        None => print!("{text}"),
        Some(folder) => write(folder, &text, &tables, &circumstances, options.readme.as_deref())?,
    }
    eprintln!("{:4} s: done", start.elapsed().as_secs());
    Ok(())
}

type Pythons = [Option<RefCell<Python>>; 2];

/// The process with one thread, the one with all threads if there are several, and the versions of
/// their libraries.
fn pythons(program: &Path, threads: usize) -> Result<(Pythons, Result<Vec<String>, String>), String> {
    let shared = shared::map();
    let mut one = Python::start(program, 1, shared.as_deref())?;
    let versions = one.versions()?;
    let all = (threads > 1).then(|| Python::start(program, threads, shared.as_deref())).transpose()?;
    Ok(([Some(RefCell::new(one)), all.map(RefCell::new)], Ok(versions)))
}

/// The machine and the compilers.
fn facts(
    in_c: &Result<InC, String>,
    in_openmp: &Result<InC, String>,
    libraries: Result<Vec<String>, String>,
) -> Vec<(String, String)> {
    let mut facts = machine::facts();
    for (name, compiled) in [("C", in_c), ("C with OpenMP", in_openmp)] {
        let compiler = match compiled {
            Ok(in_c) => format!("{}, `{}`", in_c.compiler(), in_c.flags()),
            Err(reason) => format!("none: {reason}"),
        };
        facts.push((name.to_owned(), compiler));
    }
    let python = libraries.map_or_else(|reason| format!("none: {reason}"), |versions| versions.join(", "));
    facts.push(("Python".to_owned(), python));
    facts
}

/// Writes the report and all pictures, and the README's figures.
fn write(
    folder: &Path,
    text: &str,
    tables: &[Table],
    circumstances: &Circumstances,
    readme: Option<&Path>,
) -> Result<(), String> {
    let failure = |error: io::Error| format!("{}: {error}", folder.display());
    let pictures = folder.join("benchmarks");
    fs::create_dir_all(&pictures).map_err(failure)?;
    fs::write(folder.join("benchmarks.md"), text).map_err(failure)?;
    for table in tables {
        fs::write(pictures.join(format!("{}.svg", table.slug)), table.picture(circumstances)).map_err(failure)?;
    }
    write_readme(folder, text, readme)
}

/// Writes the README's picture next to the report, and the figures into the README.
fn write_readme(folder: &Path, text: &str, readme: Option<&Path>) -> Result<(), String> {
    let picture = folder.join("benchmarks.svg");
    fs::write(&picture, figures::readme_picture(text)).map_err(|error| format!("{}: {error}", picture.display()))?;
    if let Some(file) = readme {
        let failure = |error: io::Error| format!("{}: {error}", file.display());
        let before = fs::read_to_string(file).map_err(failure)?;
        let after =
            figures::readme(&before, text).ok_or_else(|| format!("{} has no place for figures", file.display()))?;
        fs::write(file, after).map_err(failure)?;
    }
    Ok(())
}
