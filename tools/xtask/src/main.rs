//! The project's own tasks, run as `cargo xtask TASK` anywhere in the repository.
#![forbid(unsafe_code)]

mod cargo;
mod planted_bugs;
mod public_api;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

/// The project's own tasks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    PlantedBugs(planted_bugs::Options),
    PublicApi(public_api::Options),
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let result = match Task::parse() {
        Task::PlantedBugs(options) => planted_bugs::run(&root, &options),
        Task::PublicApi(options) => public_api::run(&root, &options),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
