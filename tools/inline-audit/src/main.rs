//! `inline-audit <program> --function <regex>`: are the loops of these functions inlined and vectorised?

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use inline_audit::{Auditor, Error, Program, Requirements, Width};

/// Tells for each loop of a function in a linked x86-64 program what it spends its instructions on: packed arithmetic and its width,
/// calls, divisions, panics.
///
/// Exits with 1 where a function lacks what is asked for, and with 2 where there is nothing to look at.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The program, as cargo built it: ELF, Mach-O or PE, with symbols.
    program: PathBuf,
    /// A regular expression for the names of the functions to look at, such as `simulation::step`.
    #[arg(long, default_value = "")]
    function: String,
    /// Fail where a loop makes a call.
    #[arg(long)]
    deny_calls: bool,
    /// Fail where an innermost loop may panic, by a bounds check for one.
    #[arg(long)]
    deny_panics: bool,
    /// Fail where an innermost loop divides integers.
    #[arg(long)]
    deny_divisions: bool,
    /// Fail where no innermost loop computes with registers of at least this many bits.
    #[arg(long, value_name = "BITS")]
    min_width: Option<Bits>,
}

/// The widths by their numbers.
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
        Ok((report, all_hold)) => {
            // A reader that has seen enough, such as `head`, closes the pipe: the exit status is the answer all the same.
            _ = io::stdout().write_all(report.as_bytes());
            ExitCode::from(u8::from(!all_hold))
        }
        Err(error) => {
            eprintln!("inline-audit: {error}");
            ExitCode::from(2)
        }
    }
}

/// What there is to say, and whether all functions have what is asked for.
fn audit(options: &Options) -> Result<(String, bool), Error> {
    let requirements = Requirements {
        deny_calls: options.deny_calls,
        deny_panics: options.deny_panics,
        deny_divisions: options.deny_divisions,
        min_width: options.min_width.map(Width::from),
    };
    let program = Program::open(&options.program)?;
    let auditor = Auditor::new(&program);
    let mut report = String::new();
    let mut all_hold = true;
    for function in program.matching(&options.function)? {
        let audit = auditor.audit(function);
        // Writing to a string does not fail.
        _ = writeln!(report, "{audit}");
        for violation in requirements.violations(&audit) {
            _ = writeln!(report, "  FAILED: {violation}");
            all_hold = false;
        }
        report.push('\n');
    }
    Ok((report, all_hold))
}
