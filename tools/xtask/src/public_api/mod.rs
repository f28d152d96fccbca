//! Compares the items that other crates can reach with the committed list.

mod listing;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::cargo;

/// The list, in the root of the repository.
const LIST: &str = "tools/xtask/public-api.txt";

/// Compares the items that other crates can reach with the committed list.
///
/// The list has one line per item: its kind and its path. Traits have their supertraits too, and
/// fields their types. Hidden items and the items of all features are included, and so are
/// implementations, except those of auto traits and the blanket implementations of other crates.
/// Signatures are left to cargo-semver-checks. Needs the toolchain that the environment variable
/// TOOLCHAIN names, or else `nightly`, because only nightly rustdoc writes JSON.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Writes the list instead of comparing it.
    #[arg(long)]
    update: bool,
    /// If the toolchain is missing, prints that and succeeds.
    #[arg(long)]
    if_available: bool,
}

/// Runs the task in a repository.
pub(crate) fn run(root: &Path, options: &Options) -> Result<ExitCode> {
    if options.if_available && !cargo::nightly_runs(&["--version"]) {
        println!("skipped: there is no toolchain {}", cargo::nightly());
        return Ok(ExitCode::SUCCESS);
    }
    let all = items(root, &["--document-hidden-items"])?;
    let shown = items(root, &[])?;
    let hidden = |item: &String| if shown.contains(item) { "" } else { "#[doc(hidden)] " };
    let lines: Vec<_> = all.iter().map(|item| format!("{}{item}\n", hidden(item))).collect();
    let path = root.join(LIST);
    if options.update {
        fs::write(&path, lines.concat()).with_context(|| LIST.to_owned())?;
        println!("{LIST}: {} items", lines.len());
        return Ok(ExitCode::SUCCESS);
    }
    let committed = fs::read_to_string(&path).with_context(|| LIST.to_owned())?;
    let changes = changes(&committed, &lines.concat());
    print!("{changes}");
    ensure!(
        changes.is_empty(),
        "the public interface has changed; if that is intended: cargo xtask public-api --update"
    );
    println!("{} items, as committed", lines.len());
    Ok(ExitCode::SUCCESS)
}

/// Runs rustdoc with additional options, and returns the items of the library.
fn items(root: &Path, options: &[&str]) -> Result<BTreeSet<String>> {
    let target = cargo::target_folder(root).join("public-api");
    // Other checks report warnings.
    let status = cargo::on_nightly()
        .args(["rustdoc", "--quiet", "-p", "ndarray-lockstep", "--lib", "--all-features", "--target-dir"])
        .arg(&target)
        .args(["--", "-Zunstable-options", "--output-format", "json", "--cap-lints", "allow"])
        .args(options)
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTDOCFLAGS")
        .current_dir(root)
        .status()?;
    ensure!(status.success(), "rustdoc of the toolchain {} has failed", cargo::nightly());
    let path = target.join("doc/ndarray_lockstep.json");
    let json = fs::read(&path).with_context(|| path.display().to_string())?;
    let json: Value = serde_json::from_slice(&json).with_context(|| path.display().to_string())?;
    listing::items(&json).map_err(anyhow::Error::msg)
}

/// Returns the lines that only one of two lists has, with a sign before each.
fn changes(committed: &str, current: &str) -> String {
    let [old, new] = [committed, current].map(|list| list.lines().collect::<BTreeSet<_>>());
    let sign = |line| if old.contains(line) { '-' } else { '+' };
    old.symmetric_difference(&new).map(|line| format!("{} {line}\n", sign(line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_lines_of_one_list() {
        assert_eq!(changes("fn a\nfn b\n", "fn b\nfn a\n"), "");
        assert_eq!(changes("fn a\nfn c\n", "fn b\nfn c\nfn d\n"), "- fn a\n+ fn b\n+ fn d\n");
    }
}
