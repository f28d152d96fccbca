//! `inline-audit <program> --function <regex>`: checks whether the loops of these functions are
//! inlined and vectorised.

#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use inline_audit::{Auditor, Error, Program, Requirements, Width};

/// Prints how each loop of a function in a linked x86-64 program spends its instructions: packed
/// arithmetic and its width, calls, divisions, panics.
///
/// Exits with 1 if a function does not meet the requirements, and with 2 if it cannot be inspected.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The program that cargo built: ELF, Mach-O or PE, with symbols.
    program: PathBuf,
    /// A regular expression for the names of the functions to inspect, such as `simulation::step`.
    #[arg(long, default_value = "")]
    function: String,
    /// Use --function as the whole name of a function, as reports show it, instead of a regular
    /// expression.
    #[arg(long, requires = "function")]
    exact: bool,
    /// Fail if a loop makes a call.
    #[arg(long)]
    deny_calls: bool,
    /// Fail if an innermost loop may panic, by a bounds check for example.
    #[arg(long)]
    deny_panics: bool,
    /// Fail if an innermost loop divides integers.
    #[arg(long)]
    deny_divisions: bool,
    /// Fail if no innermost loop computes with registers of at least this many bits.
    #[arg(long, value_name = "BITS")]
    min_width: Option<Bits>,
}

/// The widths, named by their numbers of bits.
#[derive(Clone, Copy, ValueEnum)]
enum Bits {
    #[value(name = "128")]
    Bits128,
    #[value(name = "256")]
    Bits256,
    #[value(name = "512")]
    Bits512,
}

impl From<Bits> for Width {
    fn from(bits: Bits) -> Width {
        match bits {
            Bits::Bits128 => Width::Bits128,
            Bits::Bits256 => Width::Bits256,
            Bits::Bits512 => Width::Bits512,
        }
    }
}

fn main() -> ExitCode {
    match audit(&Options::parse()) {
        Ok(outcome) => {
            // A reader such as `head` may close the pipe early. That does not change the exit
            // status.
            _ = io::stdout().write_all(outcome.report.as_bytes());
            for error in &outcome.errors {
                eprintln!("inline-audit: {error}");
            }
            match outcome {
                Outcome { errors, .. } if !errors.is_empty() => ExitCode::from(2),
                Outcome { all_hold, .. } => ExitCode::from(u8::from(!all_hold)),
            }
        }
        Err(error) => {
            eprintln!("inline-audit: {error}");
            ExitCode::from(2)
        }
    }
}

/// The result for all functions.
struct Outcome {
    report: String,
    /// Whether all functions that could be inspected meet the requirements.
    all_hold: bool,
    /// The reasons why other functions could not be inspected.
    errors: Vec<Error>,
}

fn audit(options: &Options) -> Result<Outcome, Error> {
    let requirements = Requirements {
        deny_calls: options.deny_calls,
        deny_panics: options.deny_panics,
        deny_divisions: options.deny_divisions,
        min_width: options.min_width.map(Width::from),
    };
    let program = Program::open(&options.program)?;
    let auditor = Auditor::new(&program);
    let functions = match options.exact {
        true => program.named(&options.function)?,
        false => program.matching(&options.function)?,
    };
    let mut outcome = Outcome { report: String::new(), all_hold: true, errors: Vec::new() };
    for function in functions {
        let audit = match auditor.audit(function) {
            Ok(audit) => audit,
            Err(error) => {
                let is_last = matches!(error, Error::TooManySteps(_));
                outcome.errors.push(error);
                if is_last {
                    break;
                }
                continue;
            }
        };
        // Writing to a string does not fail.
        _ = writeln!(outcome.report, "{audit}");
        for violation in requirements.violations(&audit) {
            _ = writeln!(outcome.report, "  FAILED: {violation}");
            outcome.all_hold = false;
        }
        outcome.report.push('\n');
    }
    Ok(outcome)
}
