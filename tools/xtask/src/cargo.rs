//! Cargo and its toolchains, for all tasks.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the name of the toolchain for tasks that need nightly Rust.
pub(crate) fn nightly() -> String {
    env::var("TOOLCHAIN").unwrap_or_else(|_| "nightly".to_owned())
}

/// Returns a command that runs Cargo of that toolchain.
pub(crate) fn on_nightly() -> Command {
    let mut command = Command::new("cargo");
    command.arg(format!("+{}", nightly()));
    command
}

/// Returns whether Cargo of that toolchain succeeds with these arguments.
pub(crate) fn nightly_runs(arguments: &[&str]) -> bool {
    on_nightly().args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Returns the target folder of a repository.
pub(crate) fn target_folder(root: &Path) -> PathBuf {
    root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}
