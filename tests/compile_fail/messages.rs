//! Programs that must not compile, and the compiler's messages for them.
//!
//! The messages are compared only with the compiler release that they were recorded with. On any
//! other release this test prints what it skips. The `compile_fail` examples of the crate check on
//! all releases that the programs are rejected. To record the messages again:
//! `TRYBUILD=overwrite cargo +1.95.0 test -p compile-fail`.
#![cfg(not(miri))]

use std::env::consts::ARCH;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// The compiler release of the recorded messages.
const RECORDED_WITH: &str = "rustc 1.95.";

/// The programs, in `programs`.
const PROGRAMS: [&str; 15] = [
    "another_ndarray",
    "body_is_a_closure",
    "different_dimensions",
    "eleven_operands",
    "generic_methods",
    "invalid_syntax",
    "items_outlive_the_array",
    "operand_aliasing",
    "ordered",
    "sealed_helpers",
    "sealed_modules",
    "sealed_operand",
    "too_few_axes",
    "unsupported_operands",
    "windows_are_shared",
];

/// The programs whose messages point into the standard library. The compiler quotes its source if
/// it is installed.
const PROGRAMS_THAT_QUOTE_THE_STANDARD_LIBRARY: [&str; 3] = ["cell_windows_sent", "huge_window", "zero_window"];

/// Returns the output of `rustc` with `arguments`.
fn rustc(arguments: &[&str]) -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let output = Command::new(rustc).args(arguments).output().expect("rustc can be run");
    String::from_utf8(output.stdout).expect("rustc prints UTF-8")
}

/// Returns the reason why this compiler's messages cannot be compared, if there is one.
fn reason_to_skip_all() -> Option<String> {
    let text = rustc(&["-vV"]);
    let version = text.lines().next().unwrap_or_default();
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    if !version.starts_with(RECORDED_WITH) || version.contains("-nightly") || version.contains("-beta") {
        return Some(format!("the messages were recorded with {RECORDED_WITH}x, and this is {version}"));
    }
    if !host.starts_with(ARCH) {
        return Some(format!("this test was built for {ARCH}, and the compiler runs on {host}"));
    }
    None
}

fn source_of_the_standard_library_is_installed() -> bool {
    Path::new(rustc(&["--print", "sysroot"]).trim_end()).join("lib/rustlib/src/rust/library").exists()
}

/// Prints what is skipped and why. The output of `eprintln!` would be hidden if the test passes.
fn skip(what: &str, reason: &str) {
    writeln!(std::io::stderr(), "tests/compile_fail: skipped {what}: {reason}").expect("stderr can be written to");
}

#[test]
fn programs_that_must_not_compile_are_refused_with_a_message_that_helps() {
    if let Some(reason) = reason_to_skip_all() {
        return skip("all messages", &reason);
    }
    let tests = trybuild::TestCases::new();
    let compile_fail = |program| tests.compile_fail(format!("programs/{program}.rs"));
    // A program that runs makes trybuild build all programs instead of only checking them. Zero
    // windows are errors only in a build.
    tests.pass("programs/passes.rs");
    PROGRAMS.into_iter().for_each(compile_fail);
    if source_of_the_standard_library_is_installed() {
        skip(
            &PROGRAMS_THAT_QUOTE_THE_STANDARD_LIBRARY.join(", "),
            "the messages were recorded without the component rust-src, which is installed",
        );
    } else {
        PROGRAMS_THAT_QUOTE_THE_STANDARD_LIBRARY.into_iter().for_each(compile_fail);
    }
}
