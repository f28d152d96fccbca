//! The output and the exit status of the command.

mod files;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use files::{Image, Symbol};

const COMMAND: &str = env!("CARGO_BIN_EXE_inline-audit");

fn run(arguments: &[&str]) -> Output {
    Command::new(COMMAND).args(arguments).output().expect("the command starts")
}

/// Returns the error message of a run that fails.
fn error_of(program: &Path, function: &str) -> String {
    let output = run(&[program.to_str().expect("the path is UTF-8"), "--function", function]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8(output.stderr).expect("messages are UTF-8");
    assert_eq!(message.lines().count(), 1, "a message is one line: {message}");
    message
}

/// Returns a file with these contents, in a directory that is deleted with the returned guard.
fn file(contents: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("there is room for temporary files");
    let path = directory.path().join("program");
    fs::write(&path, contents).expect("temporary files can be written");
    (directory, path)
}

/// Returns the header of an ELF file without sections. `kind` is 2 for a program and 1 for an
/// object file.
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

/// Returns a program whose `kernel` loops over a call of `helper`.
fn calling_loop() -> Image {
    Image {
        // call helper; dec ecx; jne kernel; ret; helper: ret
        code: vec![0xe8, 5, 0, 0, 0, 0xff, 0xc9, 0x75, 0xf7, 0xc3, 0xc3],
        symbols: vec![Symbol::function("kernel", 0, 10), Symbol::function("helper", 10, 1)],
        ..Image::default()
    }
}

/// Returns what the command prints for a file, and its exit status.
fn report_of(contents: &[u8], arguments: &[&str]) -> (String, Option<i32>) {
    let (_guard, path) = file(contents);
    let output = run(&[&[path.to_str().expect("the path is UTF-8")], arguments].concat());
    (String::from_utf8(output.stdout).expect("the report is UTF-8"), output.status.code())
}

#[test]
fn all_formats_are_read() {
    let image = calling_loop();
    for contents in [image.elf(), image.mach_o(), image.pe()] {
        let (report, status) = report_of(&contents, &["--function", "^kernel$", "--deny-calls"]);
        assert!(report.contains("FAILED: a loop calls helper at +0x0"), "{report}");
        assert_eq!(status, Some(1));
    }
}

/// The loop has a `match` whose rare arm is in `kernel.cold` and calls a function. Only the jump
/// table leads there.
#[test]
fn a_cold_part_that_only_a_jump_table_leads_to() {
    let image = Image {
        code: [
            &[0x48, 0x8d, 0x05, 22, 0, 0, 0][..], // 0: lea rax, [rip + table]
            &[0x48, 0x63, 0x0c, 0xb8],            // 7: movsxd rcx, [rax + rdi*4]
            &[0x48, 0x01, 0xc8],                  // 11: add rax, rcx
            &[0xff, 0xe0],                        // 14: jmp rax
            &[0xff, 0xcf],                        // 16: dec edi
            &[0x75, 0xec],                        // 18: jne 0
            &[0xc3],                              // 20: ret
            &[0xe8, 2, 0, 0, 0],                  // 21: call 28
            &[0xeb, 0xf4],                        // 26: jmp 16
            &[0xc3],                              // 28: ret
        ]
        .concat(),
        constants: [16 - 29, 21 - 29].into_iter().flat_map(i32::to_le_bytes).collect(),
        symbols: vec![
            Symbol::function("kernel", 0, 21),
            Symbol::function("kernel.cold", 21, 7),
            Symbol::function("helper", 28, 1),
        ],
        ..Image::default()
    };
    let (report, status) = report_of(&image.elf(), &["--function", "^kernel$", "--deny-calls"]);
    assert!(report.contains("FAILED: a loop calls helper at kernel.cold+0x0"), "{report}");
    assert_eq!(status, Some(1));
}

#[test]
fn a_file_of_debug_information() {
    let image = Image { is_debug_file: true, ..calling_loop() };
    for contents in [image.elf(), image.mach_o(), image.pe()] {
        let (_guard, path) = file(&contents);
        let message = error_of(&path, "^kernel$");
        assert!(message.contains("names of functions without their code"), "{message}");
    }
}

#[test]
fn a_function_whose_code_is_not_all_in_the_file() {
    let mut image = calling_loop();
    image.symbols[0].size = 1000;
    let (_guard, path) = file(&image.elf());
    let message = error_of(&path, "^kernel$");
    assert!(message.contains("11 of the 1000 bytes of the code of `kernel`"), "{message}");
    // The other functions are still reported.
    let (report, status) = report_of(&image.elf(), &[]);
    assert!(report.starts_with("helper\n"), "{report}");
    assert_eq!(status, Some(2));
}

#[test]
fn addresses_that_overflow() {
    let mut image = calling_loop();
    // From the start of `helper`, this size exceeds the address space.
    image.symbols[1].size = u64::MAX;
    let (report, status) = report_of(&image.elf(), &[]);
    assert!(report.starts_with("kernel\n"), "{report}");
    assert_eq!(status, Some(2));
    // The section itself exceeds the address space.
    let mut contents = calling_loop().elf();
    let sections = usize::from(contents[40]) + usize::from(contents[41]) * 256;
    contents[sections + 64 + 16..][..8].fill(0xff);
    let (_guard, path) = file(&contents);
    assert!(error_of(&path, "kernel").contains("names of functions without their code"));
}

#[test]
fn a_universal_file() {
    let (_guard, path) = file(&calling_loop().universal());
    let message = error_of(&path, "kernel");
    assert!(message.contains("a universal Mach-O file") && message.contains("lipo -thin x86_64"), "{message}");
}

#[test]
fn a_label_in_assembly() {
    let mut image = calling_loop();
    image.symbols[0].is_function = false;
    let (_guard, path) = file(&image.elf());
    let message = error_of(&path, "^kern");
    assert!(message.contains("`kernel` is a label in assembly"), "{message}");
    assert!(message.contains(".type kernel, @function"), "{message}");
}

#[test]
fn a_function_without_a_size_is_said_to_have_none() {
    let mut image = calling_loop();
    image.symbols[0].size = 0;
    let (report, status) = report_of(&image.elf(), &["--function", "kernel"]);
    assert!(report.contains("10 bytes") && report.contains("does not give its size"), "{report}");
    assert_eq!(status, Some(0));
}

#[test]
fn names_of_a_report_can_be_given_back() {
    // As regular expressions, these match other names or nothing, or are invalid.
    for name in ["<(A,B) as row::Kernels<F>>::one_row::v3", "a[0]", "f(int*", "two\nlines\u{1b}[2J"] {
        let mut image = calling_loop();
        image.symbols[0].name = name.as_bytes().to_vec();
        let (report, _) = report_of(&image.elf(), &[]);
        let name = report.lines().next().expect("the report has a line");
        let (again, status) = report_of(&image.elf(), &["--exact", "--function", name]);
        assert_eq!(again.lines().next(), Some(name));
        assert_eq!(status, Some(0));
    }
    let mut image = calling_loop();
    image.symbols[0].name = b"<(A,B) as Row>::v3".to_vec();
    let (_guard, path) = file(&image.elf());
    assert!(error_of(&path, "<(A,B) as Row>::v3").contains("add --exact"));
}

#[test]
fn functions_of_the_same_name_are_told_by_their_addresses() {
    let mut image = calling_loop();
    image.symbols[1].name = b"kernel".to_vec();
    let (report, _) = report_of(&image.elf(), &["--exact", "--function", "kernel"]);
    assert!(report.contains("at 0x401000,") && report.contains("at 0x40100a,"), "{report}");
    let (report, _) = report_of(&calling_loop().elf(), &[]);
    assert!(!report.contains("at 0x40"), "{report}");
}

#[test]
fn names_cannot_forge_a_report() {
    let mut image = calling_loop();
    image.symbols[0].name = b"kernel\x1b[2J\r\n  verdict: 512-bit arithmetic, no call in a loop".to_vec();
    image.symbols[1].name = "helper\u{9b}0m\n  verdict: \u{202e}fast".as_bytes().to_vec();
    let (report, _) = report_of(&image.elf(), &["--deny-calls"]);
    assert!(report.contains("\\u{1b}[2J\\r\\n"), "{report}");
    assert!(report.contains("FAILED: a loop calls helper\\u{9b}0m\\n"), "{report}");
    assert!(report.chars().all(|it| it == '\n' || !it.is_control()) && !report.contains('\u{202e}'), "{report}");
    assert_eq!(report.lines().filter(|line| line.starts_with("  verdict: ")).count(), 2, "{report}");

    let (_guard, path) = file(&elf(2, AARCH64));
    let forged = path.with_file_name("a\x1b[2J\nb");
    fs::rename(&path, &forged).expect("temporary files can be renamed");
    assert!(error_of(&forged, "main").contains("a\\u{1b}[2J\\nb"));
    let (_guard, path) = file(&calling_loop().elf());
    assert!(error_of(&path, "\x1b[)2J]\n").contains("\\u{1b}"));
}

/// Tests of the command's own program, and of programs that the machine's compiler builds.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod of_compilers {
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
        assert!(String::from_utf8_lossy(&output.stdout).contains("FAILED: 256-bit arithmetic is required"));
    }

    #[test]
    fn refuses_widths_that_there_are_not() {
        assert_eq!(run(&[COMMAND, "--min-width", "300"]).status.code(), Some(2));
    }

    /// Builds a program from this source with the machine's compiler. Prints a message and returns
    /// `None` if there is no compiler.
    fn built(source_name: &str, source: &str, options: &[&str]) -> Option<(tempfile::TempDir, PathBuf)> {
        let (guard, path) = file(b"");
        let source_path = path.with_file_name(source_name);
        fs::write(&source_path, source).expect("temporary files can be written");
        let compiler = Command::new("cc").args(options).arg("-o").arg(&path).arg(&source_path).output();
        match compiler {
            Ok(output) => {
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                Some((guard, path))
            }
            Err(error) => {
                eprintln!("skipped: there is no C compiler: {error}");
                None
            }
        }
    }

    /// The loop of `scale` jumps to distant code, which calls `report` and jumps back.
    const COLD: &str = r#"
        #include <stddef.h>
        __attribute__((cold, noinline)) void report(size_t at) { __asm__ volatile("" :: "r"(at)); }
        __attribute__((noinline)) void scale(float *cells, size_t len) {
            for (size_t i = 0; i < len; i++) {
                if (__builtin_expect(cells[i] < 0, 0)) report(i);
                cells[i] *= 2;
            }
        }
        int main(int argc, char **argv) {
            float cells[64] = {0};
            scale(cells, argc);
            return cells[0] == 1;
        }"#;

    #[test]
    fn calls_in_cold_parts_are_found_with_their_lines() {
        let Some((_guard, path)) = built("cold.c", COLD, &["-O2", "-g"]) else { return };
        let path = path.to_str().expect("the path is UTF-8");
        let output = run(&[path, "--function", "^scale$", "--deny-calls"]);
        let report = String::from_utf8(output.stdout).expect("the report is UTF-8");
        assert_eq!(output.status.code(), Some(1), "{report}");
        assert!(report.contains("FAILED: a loop calls report at "), "{report}");
        assert!(report.contains("cold.c:6)"), "the call is in line 6: {report}");
    }

    #[test]
    fn cold_parts_are_followed_without_their_names() {
        let Some((_guard, path)) = built("cold.c", COLD, &["-O2", "-Wl,--discard-all"]) else { return };
        let path = path.to_str().expect("the path is UTF-8");
        let output = run(&[path, "--function", "^scale$", "--deny-calls"]);
        let report = String::from_utf8(output.stdout).expect("the report is UTF-8");
        assert_eq!(output.status.code(), Some(1), "{report}");
        assert!(report.contains("FAILED: a loop calls report at "), "{report}");
    }

    #[test]
    fn files_of_debug_information_are_told_from_programs() {
        let Some((_guard, path)) = built("cold.c", COLD, &["-O2", "-g"]) else { return };
        let debug = path.with_extension("debug");
        match Command::new("objcopy").arg("--only-keep-debug").arg(&path).arg(&debug).output() {
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => return eprintln!("skipped: there is no objcopy: {error}"),
        }
        assert!(error_of(&debug, "^scale$").contains("names of functions without their code"));
    }
}
