//! Lists the items of a crate that other crates can reach, one per line and sorted, from two JSON
//! files of rustdoc:
//!
//! ```text
//! api-listing ALL SHOWN
//! ```
//!
//! `ALL` was written with `--document-hidden-items`, and `SHOWN` without: items that are only in
//! the first are marked `#[doc(hidden)]`. A line has the kind of an item and its path; traits have
//! their supertraits too, and fields their types. Implementations are listed for every trait,
//! except auto traits and blanket implementations of other crates. Signatures are left to
//! cargo-semver-checks. `scripts/public-api.sh` makes the files and compares the list with the
//! committed one.

mod listing;

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

fn read(path: &str) -> Result<Value, String> {
    let file = File::open(Path::new(path)).map_err(|error| format!("{path}: {error}"))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| format!("{path}: {error}"))
}

fn run(arguments: &[String]) -> Result<(), String> {
    let [all, shown] = arguments else {
        return Err("usage: api-listing ALL SHOWN, two JSON files of rustdoc".to_owned());
    };
    let shown = listing::items(&read(shown)?).map_err(|error| format!("{shown}: {error}"))?;
    let all = listing::items(&read(all)?).map_err(|error| format!("{all}: {error}"))?;
    let mut out = io::stdout().lock();
    for line in &all {
        let hidden = if shown.contains(line) { "" } else { "#[doc(hidden)] " };
        writeln!(out, "{hidden}{line}").map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
