//! Builds the probe program as a user would, and reads it.
//!
//! The probe is copied to the directory that cargo provides for tests, and built there. The sources
//! are not changed, and nothing is built twice. The lock file is a copy of the repository's. Cargo
//! removes the packages that the probe does not need. All others have already been downloaded for
//! these tests, so the build needs no network.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use inline_audit::Program;

/// The settings of a build of the probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    /// `cargo build --release` without further settings.
    Default,
    /// `lto = "thin"` in the profile.
    ThinLto,
    /// `codegen-units = 1` in the profile.
    OneCodegenUnit,
    /// `opt-level = 2` in the profile.
    OptLevel2,
    /// `opt-level = 0` in the profile: only functions that are marked `#[inline(always)]` are
    /// inlined.
    OptLevel0,
    /// `RUSTFLAGS="-C target-cpu=x86-64-v3"`.
    TargetCpuV3,
}

/// With an explicit target, the flags apply only to the program. Procedural macros are then
/// compiled once for all variants.
const TARGET: &str = if cfg!(target_env = "musl") { "x86_64-unknown-linux-musl" } else { "x86_64-unknown-linux-gnu" };

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// All variants are linked to the same file, so only one can be built at a time.
static BUILDING: Mutex<()> = Mutex::new(());

impl Variant {
    /// Returns the reason why no variant can be built here, if there is one.
    pub(crate) fn reason_to_skip() -> Option<&'static str> {
        if cfg!(not(all(target_arch = "x86_64", target_os = "linux"))) {
            Some("the machine code of x86-64 Linux alone is checked")
        } else if cfg!(miri) {
            Some("Miri starts no processes")
        } else {
            None
        }
    }

    /// Builds the probe and reads it.
    pub(crate) fn build(self) -> Program {
        // A failed test may poison the lock. Cargo can continue an incomplete build.
        let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        let probe = stage();
        let target = probe.join("target");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--release", "--offline", "--target", TARGET]).current_dir(&probe);
        remove_settings(&mut cargo);
        self.set(&mut cargo);
        let output = cargo.env("CARGO_TARGET_DIR", &target).output().expect("cargo starts");
        let messages = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the probe does not build ({self:?}):\n{messages}");
        let program = target.join(TARGET).join("release/codegen-probe");
        Program::open(program).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Passes the settings of this variant to cargo.
    fn set(self, cargo: &mut Command) {
        match self {
            Variant::Default => {}
            Variant::ThinLto => {
                cargo.env("CARGO_PROFILE_RELEASE_LTO", "thin");
            }
            Variant::OneCodegenUnit => {
                cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1");
            }
            Variant::OptLevel0 => {
                cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
            }
            Variant::OptLevel2 => {
                cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2");
            }
            Variant::TargetCpuV3 => {
                cargo.env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-cpu=x86-64-v3");
            }
        }
    }
}

/// Removes environment variables that are meant for the tests themselves, such as the compiler
/// wrapper of a coverage tool.
fn remove_settings(cargo: &mut Command) {
    const PREFIXES: [&str; 5] = ["CARGO_PROFILE_", "CARGO_BUILD_", "CARGO_TARGET_", "RUSTC_", "CARGO_UNSTABLE_"];
    for (name, _) in env::vars_os() {
        if PREFIXES.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
    cargo.env_remove("RUSTFLAGS");
    // An empty value overrides the flags in configuration files.
    cargo.env("CARGO_ENCODED_RUSTFLAGS", "");
}

/// Copies the probe to its build directory and returns that directory.
fn stage() -> PathBuf {
    let source = Path::new(REPOSITORY).join("tests/codegen/probe");
    let probe = Path::new(env!("CARGO_TARGET_TMPDIR")).join("codegen-probe");
    fs::create_dir_all(probe.join("src")).expect("the directory for tests can be written to");
    for file in fs::read_dir(source.join("src")).expect("the probe has sources") {
        let name = file.expect("the probe's sources can be listed").file_name();
        let text = read(&source.join("src").join(&name));
        write_if_changed(&probe.join("src").join(&name), &text);
    }
    let manifest = read(&source.join("Cargo.toml"));
    write_if_changed(&probe.join("Cargo.toml"), &manifest.replace("../../..", REPOSITORY));
    if let Some(lock) = Path::new(REPOSITORY).ancestors().map(|dir| dir.join("Cargo.lock")).find(|lock| lock.exists()) {
        fs::copy(lock, probe.join("Cargo.lock")).expect("the lock file can be copied");
    }
    probe
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes a file only if its contents change, because cargo rebuilds after every write.
fn write_if_changed(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
