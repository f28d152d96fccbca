//! The loops that users write are inlined and vectorised in the program that is built of them.
//!
//! A program that uses the crate as any other does (`tests/codegen/probe`) is built with the profiles that users have, and
//! the loops of its functions are read back from the linked file: how wide they compute, and whether there is a call, a
//! division or a bounds check in them. `docs/inline-audit.md` tells why the linked file, and how to ask the same of a program
//! of one's own.
//!
//! For x86-64 Linux; elsewhere the tests say so and pass. A plain `cargo test` builds the default release profile, and one
//! without optimisation; the others are built where the tests themselves are optimised, and with
//! `NDARRAY_LOCKSTEP_CODEGEN=full`.

#[path = "codegen/build.rs"]
mod build;
#[path = "codegen/names.rs"]
mod names;

use std::io::{self, Write};

use inline_audit::{Audit, Auditor, Program, Requirements, Violation, Width};

use build::Variant;
use names::{is_ours, last_of_path};

/// The loops of the probe, by the names of their functions.
const LOOPS: [&str; 11] = [
    "four_arrays_f32",
    "four_arrays_f64",
    "four_slices_f32",
    "four_arrays_for_each",
    "four_arrays_iterator",
    "indexed",
    "gray_scott",
    "gray_scott_for_each",
    "gray_scott_iterator",
    "heat",
    "blur_5x5",
];

/// The functions of ours that may be left in any program: those that make an error or panic with it.
const COLD: [&str; 5] = ["shape_error", "refuse_shape", "refuse", "no_such_cell", "fmt"];

/// The functions of ours that need not be marked `#[inline(always)]`: parts of the cold ones, and those that are called once a
/// walk or once a row. `sum` is not ours but `Iterator`'s; some compilers name it after our iterator.
const NOT_IN_LOOPS: [&str; 11] = [
    "shape",
    "expected",
    "dynamic",
    "interior_mut",
    "interior_of",
    "interior_of::{closure}",
    "first_not_unit",
    "next_row",
    "next_row_back",
    "row::{closure}",
    "sum",
];

#[test]
fn default_release_profile() {
    check(Variant::Default, check_all);
}

#[test]
fn thin_lto() {
    check(Variant::ThinLto, check_all);
}

/// In a single unit ndarray's loop has a single caller, as far as LLVM sees, and is inlined after all: no control here.
#[test]
fn one_codegen_unit() {
    check(Variant::OneCodegenUnit, |program| {
        check_our_loops(program);
        check_faulty_bodies(program);
    });
}

#[test]
fn opt_level_2() {
    check(Variant::OptLevel2, check_all);
}

/// Optimised, small functions are inlined whether they are marked or not, until a larger body or another compiler decides
/// otherwise. Without optimisation the mark alone decides, so that one that is missing shows.
#[test]
fn every_hop_is_marked() {
    check(Variant::OptLevel0, |program| {
        check_survivors(program, &[&COLD[..], &NOT_IN_LOOPS].concat());
    });
}

/// What is not multiversioned takes the instruction set that the whole program is built for.
#[test]
fn target_cpu() {
    check(Variant::TargetCpuV3, |program| {
        check_loops(program, Width::Bits256, |name| format!("plain::{name}"));
        check_survivors(program, &COLD);
    });
}

/// Builds the probe, unless this is not the place or the time for it, and looks at it.
fn check(variant: Variant, look_at: impl FnOnce(&Program)) {
    match variant.reason_to_skip() {
        // Not by `println!`, whose text is kept back where a test passes. If it cannot be written, nobody reads it.
        Some(reason) => _ = writeln!(io::stderr(), "skipped the program with {variant:?}: {reason}"),
        None => look_at(&variant.build()),
    }
}

fn check_all(program: &Program) {
    check_our_loops(program);
    check_faulty_bodies(program);
    check_loops_of_ndarray(program);
}

fn check_our_loops(program: &Program) {
    check_loops(program, Width::Bits128, |name| format!("plain::{name}"));
    check_loops(program, Width::Bits128, |name| version("multiversioned", name, "default"));
    check_loops(program, Width::Bits256, |name| version("multiversioned", name, AVX2));
    // LLVM takes 512 bits where AVX-512 is asked for feature by feature, as here; `-C target-cpu=x86-64-v4` prefers 256.
    check_loops(program, Width::Bits512, |name| version("multiversioned", name, AVX512));
    check_survivors(program, &COLD);
}

/// What `#[multiversion]` puts into the names of the versions it makes. It adds the features that others imply.
const AVX2: &str = "avx2_fma";
const AVX512: &str = "avx512[a-z0-9_]*";

/// The name of the version that `#[multiversion]` makes of a function for `target`.
fn version(module: &str, name: &str, target: &str) -> String {
    format!("{module}::{name}::{name}_{target}_version")
}

/// Every loop of the probe computes with registers of at least `width`, and does nothing that slows it down.
fn check_loops(program: &Program, width: Width, function: impl Fn(&str) -> String) {
    for name in LOOPS {
        let audit = audit(program, &function(name));
        let violations = strict(width).violations(&audit);
        assert!(violations.is_empty(), "{violations:?}\n{audit}");
        let main = audit.main_loop().expect("a loop of this width has been found");
        assert_eq!(main.scalar_floats, 0, "the main loop computes with single floats as well\n{audit}");
    }
}

fn strict(width: Width) -> Requirements {
    Requirements { deny_calls: true, deny_panics: true, deny_divisions: true, min_width: Some(width) }
}

/// What there is to see of the only function of the probe whose name is `name`, a regular expression.
fn audit(program: &Program, name: &str) -> Audit {
    let functions = program.matching(&format!("^codegen_probe::{name}$")).unwrap_or_else(|error| panic!("{error}"));
    let [function] = functions[..] else { panic!("several functions are {name}: {functions:?}") };
    Auditor::new(program).audit(function)
}

/// No function of ours is left in the program, except for those of these names.
fn check_survivors(program: &Program, allowed: &[&str]) {
    let names = program.functions().iter().map(|function| function.name.as_str());
    let survivors: Vec<&str> =
        names.filter(|name| is_ours(name) && !allowed.contains(&last_of_path(name).as_str())).collect();
    assert!(survivors.is_empty(), "left out of line: {survivors:#?}");
}

/// What is wrong with a body is found, in a loop that is not to blame.
fn check_faulty_bodies(program: &Program) {
    assert_fault(program, "call_in_the_body", |it| matches!(it, Violation::Call(_)));
    assert_fault(program, "bounds_check_in_the_body", |it| matches!(it, Violation::Panic { .. }));
    assert_fault(program, "division_in_the_body", |it| matches!(it, Violation::Division { .. }));
}

/// What happens to ndarray's loops inside `#[multiversion]` is found: they are not there.
fn check_loops_of_ndarray(program: &Program) {
    assert_fault(program, "ndarray_zip", |it| matches!(it, Violation::Narrow { found: None, .. }));
    assert_fault(program, "ndarray_windows", |it| matches!(it, Violation::Narrow { found: None, .. }));
}

/// The control `name` has the fault that `is_known` tells.
fn assert_fault(program: &Program, name: &str, is_known: impl Fn(&Violation) -> bool) {
    for target in [AVX2, AVX512] {
        let audit = audit(program, &version("controls", name, target));
        let violations = strict(Width::Bits256).violations(&audit);
        assert!(violations.iter().any(&is_known), "the fault was not found, but {violations:?}\n{audit}");
    }
}
