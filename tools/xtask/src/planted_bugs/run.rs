//! Plants each bug in a copy of the working tree and runs the checks that must catch it.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::edit;
use super::table::{Bug, Check, Kind, Table};
use crate::cargo;

/// The time limit of a check, in seconds.
const TIME_LIMIT: u32 = 300;

/// The limit on the address space of a test, in KiB. An endless walk that keeps its items could
/// fill all memory.
const MEMORY_LIMIT: u32 = 8_000_000;

/// The exit statuses of `timeout` at the time limit: for SIGTERM, and for SIGKILL after it.
const TIMED_OUT: [i32; 2] = [124, 137];

/// A copy of the working tree. It is removed at the end.
struct Tree {
    folder: PathBuf,
    build: PathBuf,
    log: PathBuf,
}

/// The result of a check without a bug.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Baseline {
    Passes,
    Fails,
    /// A tool that the check needs is missing.
    Skipped,
}

/// The result of a check with a bug.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Caught,
    CaughtByTimeLimit,
    Missed,
    Skipped(Kind),
    Error(&'static str),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Caught => f.write_str("caught"),
            Verdict::CaughtByTimeLimit => f.write_str("caught, hangs"),
            Verdict::Missed => f.write_str("MISSED"),
            Verdict::Skipped(kind) => write!(f, "skipped: needs {kind}"),
            Verdict::Error(error) => write!(f, "ERROR: {error}"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Test | Kind::Build => "cargo",
            Kind::Miri => "Miri",
            Kind::Asan => "AddressSanitizer",
        })
    }
}

/// Returns whether the tools for a kind of check are installed.
fn is_available(kind: Kind) -> bool {
    match kind {
        Kind::Test | Kind::Build => true,
        Kind::Miri => cargo::nightly_runs(&["miri", "--version"]),
        Kind::Asan => cargo::nightly_runs(&["--version"]) && cfg!(all(target_os = "linux", target_arch = "x86_64")),
    }
}

/// The package of a check that names none.
const LIBRARY: &str = "ndarray-lockstep";

/// Returns the command of a check.
fn cargo_for(check: &Check) -> Command {
    let mut command = match check.kind {
        Kind::Test | Kind::Build => Command::new("cargo"),
        Kind::Miri | Kind::Asan => cargo::on_nightly(),
    };
    match check.kind {
        Kind::Test => command.arg("test"),
        Kind::Build => command.arg("build"),
        Kind::Miri => command.args(["miri", "test"]).env("MIRIFLAGS", "-Zmiri-strict-provenance"),
        Kind::Asan => command
            .args(["test", "--target", "x86_64-unknown-linux-gnu"])
            .env("RUSTFLAGS", "-Zsanitizer=address")
            .env("ASAN_OPTIONS", "detect_leaks=0:allocator_may_return_null=1"),
    };
    if check.selection.package.is_none() {
        // The root has other default members.
        command.args(["-p", LIBRARY]);
    }
    command.args(&check.arguments);
    command
}

/// Runs the checks of the bugs in a table and prints the results. Returns the number of errors.
pub(crate) fn run(root: &Path, table: &Table) -> Result<usize> {
    let start = Instant::now();
    let tree = Tree::copy(root)?;
    let mut errors = 0;
    let mut baselines = BTreeMap::new();
    for check in table.bugs.iter().flat_map(|bug| &bug.caught_by) {
        if let Entry::Vacant(entry) = baselines.entry(check.to_string()) {
            let baseline = tree.baseline(check)?;
            if baseline == Baseline::Fails {
                println!("error: it fails, or runs no test\n{}", tree.end_of_log()?);
                errors += 1;
            }
            entry.insert(baseline);
        }
    }
    let mut rows = Vec::new();
    let mut caught = BTreeSet::new();
    for bug in &table.bugs {
        let planted = tree.plant(bug).with_context(|| bug.to_string())?;
        for check in &bug.caught_by {
            let verdict = tree.verdict(check, baselines[&check.to_string()], bug.hangs)?;
            println!("{bug}: {verdict}: {check}");
            match verdict {
                Verdict::Caught | Verdict::CaughtByTimeLimit => drop(caught.insert(bug.number)),
                Verdict::Skipped(_) => {}
                Verdict::Missed | Verdict::Error(_) => errors += 1,
            }
            rows.push(format!("{:<48} {:<32} {check}", bug.to_string(), verdict.to_string()));
        }
        planted.into_iter().try_for_each(|(path, text)| fs::write(path, text))?;
    }
    println!("\n{}\n", rows.join("\n"));
    let minutes = start.elapsed().as_secs() / 60;
    println!("{} of {} planted bugs caught in {minutes} minutes, {errors} errors", caught.len(), table.bugs.len());
    Ok(errors)
}

impl Tree {
    /// Copies the working tree of a repository: the files that git tracks, and new files that it
    /// does not ignore.
    fn copy(root: &Path) -> Result<Self> {
        let target = cargo::target_folder(root).join("planted-bugs");
        let tree = Self {
            // The path is always the same, so that dependencies are built once.
            folder: target.join("tree"),
            build: target.join("build"),
            log: target.join("log"),
        };
        tree.remove()?;
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("git ls-files")?;
        ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
        let files = String::from_utf8(listed.stdout)?;
        // The lock file is copied too, so that the dependencies have the same versions as in the
        // working tree.
        for file in files.split_terminator('\0').chain(["Cargo.lock"]) {
            let (from, to) = (root.join(file), tree.folder.join(file));
            if from.is_file() {
                fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
                // The copies are newer than every earlier build, so Cargo does not reuse a build
                // that has a bug.
                fs::copy(&from, &to).with_context(|| from.display().to_string())?;
            }
        }
        Ok(tree)
    }

    fn remove(&self) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).with_context(|| self.folder.display().to_string())?;
        }
        Ok(())
    }

    /// Plants a bug and returns the original text of the files that it changes.
    fn plant(&self, bug: &Bug) -> Result<BTreeMap<PathBuf, String>> {
        let mut before = BTreeMap::new();
        for edit in &bug.edits {
            let path = self.folder.join(&edit.file);
            let text = fs::read_to_string(&path).with_context(|| edit.file.clone())?;
            let planted = edit::replaced(&text, &edit.find, &edit.replace);
            fs::write(&path, planted.map_err(|error| anyhow::anyhow!("{}: {error}", edit.file))?)?;
            before.entry(path).or_insert(text);
        }
        Ok(before)
    }

    /// Runs a check without a bug.
    fn baseline(&self, check: &Check) -> Result<Baseline> {
        if !is_available(check.kind) {
            return Ok(Baseline::Skipped);
        }
        println!("without a bug: cargo {check}");
        let passes = self.builds(check)?
            && (check.kind == Kind::Build || self.status_of_tests(check)? == Some(0) && self.passed_tests()? > 0);
        Ok(if passes { Baseline::Passes } else { Baseline::Fails })
    }

    /// Runs a check with a bug.
    fn verdict(&self, check: &Check, baseline: Baseline, hangs: bool) -> Result<Verdict> {
        match baseline {
            Baseline::Skipped => return Ok(Verdict::Skipped(check.kind)),
            Baseline::Fails => return Ok(Verdict::Error("fails without the bug")),
            Baseline::Passes => {}
        }
        if check.kind == Kind::Build {
            return Ok(match (self.library_builds()?, self.builds(check)?) {
                (false, _) => Verdict::Error("the crate does not build"),
                (true, true) => Verdict::Missed,
                (true, false) => Verdict::Caught,
            });
        }
        if !self.builds(check)? {
            return Ok(Verdict::Error("does not build"));
        }
        Ok(match self.status_of_tests(check)? {
            Some(0) => Verdict::Missed,
            Some(status) if TIMED_OUT.contains(&status) => match hangs {
                true => Verdict::CaughtByTimeLimit,
                false => Verdict::Error("hangs"),
            },
            _ => Verdict::Caught,
        })
    }

    /// Builds the tests of a check. Documentation tests and tests under Miri are built when they
    /// run.
    fn builds(&self, check: &Check) -> Result<bool> {
        match check.kind {
            Kind::Miri => Ok(true),
            _ if check.selection.target.doc => self.library_builds(),
            Kind::Build => Ok(self.status(&mut cargo_for(check))? == Some(0)),
            Kind::Test | Kind::Asan => Ok(self.status(cargo_for(check).arg("--no-run"))? == Some(0)),
        }
    }

    fn library_builds(&self) -> Result<bool> {
        Ok(self.status(Command::new("cargo").args(["build", "--lib", "-p", LIBRARY]))? == Some(0))
    }

    /// Runs the tests of a check, with limits on time and memory.
    fn status_of_tests(&self, check: &Check) -> Result<Option<i32>> {
        let cargo = cargo_for(check);
        let mut script = format!("exec timeout --kill-after=10 {TIME_LIMIT} \"$@\"");
        // Miri and AddressSanitizer reserve more address space than any limit would allow.
        if check.kind == Kind::Test {
            script = format!("ulimit -v {MEMORY_LIMIT} && {script}");
        }
        let mut limited = Command::new("sh");
        limited.args(["-c", &script, "sh"]).arg(cargo.get_program()).args(cargo.get_args());
        limited.envs(cargo.get_envs().filter_map(|(name, value)| Some((name, value?))));
        self.status(&mut limited)
    }

    /// Runs a command in the tree, with its output in the log.
    fn status(&self, command: &mut Command) -> Result<Option<i32>> {
        let log = File::create(&self.log).with_context(|| self.log.display().to_string())?;
        command
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.build)
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_INCREMENTAL", "1")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(command.status().with_context(|| format!("{:?}", command.get_program()))?.code())
    }

    /// Returns the number of tests that have passed, according to the log.
    fn passed_tests(&self) -> Result<usize> {
        let log = String::from_utf8_lossy(&fs::read(&self.log)?).into_owned();
        let counts = log.lines().filter_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next());
        Ok(counts.filter_map(|count| count.parse::<usize>().ok()).sum())
    }

    fn end_of_log(&self) -> Result<String> {
        let log = String::from_utf8_lossy(&fs::read(&self.log)?).into_owned();
        let lines: Vec<_> = log.lines().collect();
        Ok(lines[lines.len().saturating_sub(20)..].join("\n"))
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            eprintln!("warning: {error:#}");
        }
    }
}
