//! Plants the bugs of `tests/planted.toml`, one at a time, and checks that a test fails for each.

mod edit;
mod run;
mod table;
mod verify;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use table::Table;
use verify::Sources;

/// The table, in the root of the repository.
const TABLE: &str = "tests/planted.toml";

/// Plants the bugs of tests/planted.toml, one at a time, and checks that a test fails for each.
///
/// For each bug, each of its checks must pass without the bug and fail with it. This works on a
/// copy of the working tree and leaves the tree alone. Checks under Miri or AddressSanitizer use
/// the toolchain that the environment variable TOOLCHAIN names, or else `nightly`. They are skipped
/// if that toolchain is missing. Needs `sh` and `timeout`; --check needs neither.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Checks only whether every bug can still be planted and its tests exist.
    #[arg(long)]
    check: bool,
    /// Does the same as --check, and corrects the file of each bug whose code is in one other file
    /// of src.
    #[arg(long)]
    fix: bool,
    /// Selects the bugs with one of these numbers, or with one of these words in their names.
    #[arg(value_name = "NUMBER|WORD")]
    words: Vec<String>,
}

/// Runs the task in a repository.
pub(crate) fn run(root: &Path, options: &Options) -> Result<ExitCode> {
    let path = root.join(TABLE);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut table = Table::parse(&text).with_context(|| path.display().to_string())?;
    table.bugs.retain(|bug| bug.is_selected_by(&options.words));
    ensure!(!table.bugs.is_empty(), "{TABLE} has no such bug");
    let errors = if options.check || options.fix {
        let mut problems = verify::problems(&table, &Sources::read(root)?);
        if options.fix {
            let corrected = verify::fix(&text, &mut problems)?;
            fs::write(&path, corrected).with_context(|| path.display().to_string())?;
        }
        problems.iter().for_each(|problem| println!("{problem}"));
        println!("{} planted bugs, {} errors", table.bugs.len(), problems.len());
        problems.len()
    } else {
        run::run(root, &table)?
    };
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
