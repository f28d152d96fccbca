//! The frame of an example: one-line messages for wrong options, exit codes, Ctrl-C, and printing
//! to stdout.
//!
//! An example exits with one of these codes:
//!
//! - 0: success;
//! - 1: a file cannot be read or written, there is no memory, or a result contradicts the theory;
//! - 2: wrong options;
//! - 130: Ctrl-C.
//!
//! With codes 1 and 2 it prints one line on stderr and leaves every existing file unchanged. All
//! checks come before the first file is written.

use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::error::ErrorKind;

use crate::command_line::one_line;

/// Runs an example with its options, if they are valid. The function `run` also receives a function
/// that returns whether Ctrl-C has been pressed.
pub fn main<Options>(
    options: Result<Options, clap::Error>,
    run: impl FnOnce(&Options, &dyn Fn() -> bool) -> Result<(), Failure>,
) -> ExitCode {
    let options = match options {
        Ok(options) => options,
        Err(error) if error.use_stderr() => return fail(&Failure { code: REFUSED, line: one_line(&error) }),
        Err(help) => help.exit(),
    };
    match stop_at_ctrl_c().and_then(|stop| run(&options, &|| stop.load(Ordering::Relaxed))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

/// The reason for an unsuccessful exit.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// The line for stderr.
    pub line: String,
}

impl Failure {
    /// Returns the failure for options that conflict.
    pub fn of_options(conflict: String) -> Self {
        Failure { code: REFUSED, line: format!("error: {conflict}") }
    }

    /// Returns the failure for a program that the user has stopped.
    pub fn interrupted(line: &str) -> Self {
        Failure { code: INTERRUPTED, line: format!("interrupted {line}") }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure { code: 1, line: format!("error: {message}") }
    }
}

/// The exit code for wrong options, the same as clap's.
const REFUSED: u8 = 2;

/// The exit code after Ctrl-C: 128 plus the number of the signal, as in shells.
const INTERRUPTED: u8 = 130;

/// Returns a flag that the first Ctrl-C sets to true. A second Ctrl-C ends the program.
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

/// Returns whether a signal at `now` comes from a second Ctrl-C instead of the `first`. One Ctrl-C
/// can cause two signals: programs that pass it on, such as `timeout`, signal the process and its
/// group.
fn is_second(first: &mut Option<Instant>, now: Instant) -> bool {
    const AT_ONCE: Duration = Duration::from_millis(200);
    now.duration_since(*first.get_or_insert(now)) > AT_ONCE
}

/// Prints the failure on stderr and returns its exit code.
fn fail(failure: &Failure) -> ExitCode {
    eprintln!("{}", failure.line);
    ExitCode::from(failure.code)
}

/// Returns the options, or a clap error if they conflict.
pub fn unless_in_conflict<Options: clap::CommandFactory>(
    options: Options,
    conflict: Result<(), String>,
) -> Result<Options, clap::Error> {
    match conflict {
        Ok(()) => Ok(options),
        Err(what) => Err(Options::command().error(ErrorKind::ArgumentConflict, what)),
    }
}

/// Parses a number of rows or columns that a PNG picture can have.
pub fn parse_side(text: &str) -> Result<usize, String> {
    parse_within(text, 1..=0x7fff_ffff)
}

/// Parses a number of rows or columns of a grid that is small enough for a run of a few minutes.
pub fn parse_small_side(text: &str) -> Result<usize, String> {
    parse_within(text, 3..=8192)
}

fn parse_within(text: &str, range: RangeInclusive<usize>) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("a whole number from {} to {} is needed", range.start(), range.end()))
}

/// Prints `text` and ends the line. A closed stdout is an error here. `println!` would panic.
pub fn print(text: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{text}").map_err(|error| format!("cannot print: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_at_once_are_one_ctrl_c() {
        let (start, mut first) = (Instant::now(), None);
        let signals = [0, 1, 150, 300].map(|at| is_second(&mut first, start + Duration::from_millis(at)));
        assert_eq!(signals, [false, false, false, true]);
    }

    #[test]
    fn sides_are_within_their_range() {
        assert_eq!((parse_side("1"), parse_small_side("3"), parse_small_side("8192")), (Ok(1), Ok(3), Ok(8192)));
        for bad in ["0", "2147483648", "-1", "", "1.5"] {
            assert!(parse_side(bad).unwrap_err().contains("from 1 to 2147483647"), "{bad}");
        }
        assert!(parse_small_side("8193").is_err());
    }
}
