//! The command: what it prints, and how it ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const COMMAND: &str = env!("CARGO_BIN_EXE_inline-audit");

fn run(arguments: &[&str]) -> Output {
    Command::new(COMMAND).args(arguments).output().expect("the command starts")
}

/// The message of a run that cannot do what it is asked for.
fn error_of(program: &Path, function: &str) -> String {
    let output = run(&[program.to_str().expect("the path is UTF-8"), "--function", function]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8(output.stderr).expect("messages are UTF-8");
    assert_eq!(message.lines().count(), 1, "a message is one line: {message}");
    message
}

/// A file with these contents, in a directory that goes with the returned guard.
fn file(contents: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("there is room for temporary files");
    let path = directory.path().join("program");
    fs::write(&path, contents).expect("temporary files can be written");
    (directory, path)
}

/// The header of an ELF file without sections: of a program if `kind` is 2, of an object file if it is 1.
fn elf(kind: u8, machine: u8) -> Vec<u8> {
    let mut header = vec![0; 64];
    header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    header[16] = kind;
    header[18] = machine;
    header[20] = 1; // version
    header[52] = 64; // size of this header
    header
}

const X86_64: u8 = 62;
const AARCH64: u8 = 183;

#[test]
fn a_file_that_is_not_there() {
    assert!(error_of(Path::new("no/such/file"), "main").contains("no/such/file"));
}

#[test]
fn a_file_that_is_no_program() {
    let (_guard, path) = file(b"#!/bin/sh\necho no\n");
    assert!(error_of(&path, "main").contains("not an ELF, Mach-O or PE program"));
}

#[test]
fn a_program_for_another_processor() {
    let (_guard, path) = file(&elf(2, AARCH64));
    assert!(error_of(&path, "main").contains("only x86-64"));
}

#[test]
fn a_program_without_symbols() {
    let (_guard, path) = file(&elf(2, X86_64));
    assert!(error_of(&path, "main").contains("no function names"));
}

#[test]
fn an_object_file() {
    let (_guard, path) = file(&elf(1, X86_64));
    assert!(error_of(&path, "main").contains("not linked"));
}

/// The command's own program is one that it can read.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod itself {
    use super::*;

    #[test]
    fn a_function_that_is_not_there() {
        let message = error_of(Path::new(COMMAND), "no_such_function");
        assert!(message.contains("no function name matches `no_such_function`"), "{message}");
    }

    #[test]
    fn a_wrong_regular_expression() {
        assert!(error_of(Path::new(COMMAND), "a(").contains("not a regular expression"));
    }

    #[test]
    fn prints_what_it_finds() {
        let output = run(&[COMMAND, "--function", "^inline_audit::main$"]);
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).expect("the report is UTF-8");
        assert!(text.starts_with("inline_audit::main\n"), "{text}");
        assert!(text.contains("verdict: "), "{text}");
    }

    #[test]
    fn fails_where_a_function_lacks_what_is_asked_for() {
        let output = run(&[COMMAND, "--function", "^inline_audit::main$", "--min-width", "256"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stdout).contains("FAILED: 256-bit arithmetic was wanted"));
    }

    #[test]
    fn refuses_widths_that_there_are_not() {
        assert_eq!(run(&[COMMAND, "--min-width", "300"]).status.code(), Some(2));
    }
}
