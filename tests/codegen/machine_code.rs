//! The loops that users write are inlined and vectorised in the finished program.
//!
//! The test program `tests/codegen/probe` uses the crate like any other. It is built with the
//! profiles that users have, and the loops of its functions are disassembled from the linked file.
//! The tests check their vector width, and whether they contain a call, a division or a bounds
//! check. `docs/inline-audit.md` explains why the linked file is read, and how to check other
//! programs.
//!
//! `simd_azip!` and its relatives leave one kind of function out of line on purpose: the kernels
//! for every level. These are recognised by their names and by the calls in the probe's functions.
//! No other function of this crate may remain.
//!
//! `cargo test -p codegen` runs the tests. Only x86-64 Linux is supported; elsewhere they print a
//! message and pass.

mod names;
mod variant;

use std::io::{self, Write};

use inline_audit::{Audit, Auditor, Callee, Function, Program, Requirements, Violation, Width};

use names::{Kernel, Level, Rows, is_between_loops, is_ours, kernel, last_of_path};
use variant::Variant;

/// The loops of the probe, by the names of their functions.
const LOOPS: [&str; 16] = [
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
    "heat_in_a_volume",
    "stack",
    "bytes",
    "map_collect",
    "map_assign_into",
];

/// A loop of the probe that chooses its level at run time.
struct Dispatched {
    /// Its function.
    name: &'static str,
    /// The kernels for contiguous cells.
    kernels: &'static [(Rows, Main)],
}

/// The expected main loop of a kernel.
#[derive(Clone, Copy)]
enum Main {
    /// Not vectorised.
    Scalar,
    /// Vectorised.
    Wide,
    /// Vectorised, with at least this many loads and exactly this many stores per iteration of the
    /// source's loop.
    Accesses { loads: usize, stores: usize },
    /// No loop: the source's loop is a single vector.
    Once,
}
use Main::{Accesses, Once, Scalar, Wide};

/// Two fields. A row of 3×3 windows covers 3 rows of cells, and four jammed rows cover 6. Without
/// sharing, the four rows need 72 loads.
const GRAY_SCOTT: [(Rows, Main); 5] = [
    (Rows::One, Accesses { loads: 2 * 3 * 3, stores: 2 }),
    (Rows::Two, Accesses { loads: 2 * 4 * 3, stores: 4 }),
    (Rows::Four, Accesses { loads: 2 * 6 * 3, stores: 8 }),
    (Rows::OneEnd, Once),
    (Rows::FourEnds, Once),
];

/// The kernels for one output: the loads of one, two and four jammed rows, and a store per row.
const fn jammed([one, two, four]: [usize; 3]) -> [(Rows, Main); 5] {
    [
        (Rows::One, Accesses { loads: one, stores: 1 }),
        (Rows::Two, Accesses { loads: two, stores: 2 }),
        (Rows::Four, Accesses { loads: four, stores: 4 }),
        (Rows::OneEnd, Once),
        (Rows::FourEnds, Once),
    ]
}

/// The loops of the probe's module `dispatched`.
const DISPATCHED: [Dispatched; 20] = [
    Dispatched { name: "four_arrays_f32", kernels: &[(Rows::One, Accesses { loads: 4, stores: 1 })] },
    Dispatched { name: "four_arrays_f64", kernels: &[(Rows::One, Accesses { loads: 4, stores: 1 })] },
    Dispatched { name: "four_slices_f32", kernels: &[(Rows::One, Accesses { loads: 4, stores: 1 })] },
    Dispatched { name: "indexed", kernels: &[(Rows::One, Accesses { loads: 2, stores: 1 })] },
    Dispatched { name: "gray_scott", kernels: &GRAY_SCOTT },
    Dispatched { name: "gray_scott_without_loops", kernels: &GRAY_SCOTT },
    Dispatched { name: "time_steps", kernels: &GRAY_SCOTT },
    Dispatched {
        name: "heat",
        // A five-point plus: the columns left and right of the middle one have two cells less.
        kernels: &jammed([3 + 2, 4 + 2 * 2, 6 + 2 * 4]),
    },
    Dispatched { name: "blur_5x5", kernels: &jammed([5 * 5, 6 * 5, 8 * 5]) },
    Dispatched {
        name: "heat_in_a_volume",
        // A seven-point plus in three dimensions: two planes with one cell each, and the plane
        // between them.
        kernels: &jammed([2 + 3 + 2, 2 * 2 + 4 + 2 * 2, 4 * 2 + 6 + 2 * 4]),
    },
    Dispatched { name: "bytes", kernels: &jammed([3 * 3, 4 * 3, 6 * 3]) },
    Dispatched {
        name: "stack",
        // Four cells of a plus. The one in the middle of a row of windows is also read for the rows
        // above and below.
        kernels: &jammed([2 + 2, 4 + 2 * 2, 6 + 2 * 4]),
    },
    Dispatched {
        name: "beside_windows",
        // The cells of a column, and one from an array that rows do not share.
        kernels: &jammed([3 + 1, 4 + 2, 6 + 4]),
    },
    Dispatched {
        name: "captured_and_read",
        // The cells of a column.
        kernels: &jammed([3, 4, 6]),
    },
    // The captured variable may change from cell to cell.
    Dispatched {
        name: "captured_and_ordered",
        kernels: &[(Rows::One, Accesses { loads: 3, stores: 1 }), (Rows::OneEnd, Once)],
    },
    Dispatched { name: "for_each", kernels: &[(Rows::One, Accesses { loads: 2, stores: 1 })] },
    Dispatched { name: "fold_integers", kernels: &[(Rows::Fold, Wide)] },
    // Each sum of floats is rounded and depends on the one before it.
    Dispatched { name: "fold_floats", kernels: &[(Rows::Fold, Scalar)] },
    Dispatched { name: "loop_in_dispatch", kernels: &[(Rows::Any, Wide)] },
    Dispatched { name: "loop_in_dispatch_at", kernels: &[(Rows::Any, Wide)] },
];

/// The dispatched loops whose bodies loop over the cells of a window: see [`Sharing::Some`].
const BODIES_WITH_LOOPS: [&str; 2] = ["gray_scott", "blur_5x5"];

/// The dispatched loops whose ends of rows need not be one vector at level V3. AVX2 has no masks
/// for bytes, and with `opt-level = 2` LLVM does not expect a gain for few operations per cell.
const NOT_MASKED_BY_AVX2: [&str; 2] = ["bytes", "captured_and_read"];

/// The functions of this crate that may remain in any program. They run before the first cell is
/// visited:
/// - those that create an error, or panic with it;
/// - the one that detects the machine's level;
/// - those that allocate results;
/// - those that choose the number of rows per kernel call, the rows of each thread, and the
///   placement of rows in our own memory;
/// - those that split operands into pieces.
const COLD: [&str; 16] = [
    "shape_error",
    "dynamic",
    "refuse_shape",
    "refuse_size",
    "refuse",
    "no_such_cell",
    "fmt",
    "detect",
    "make_room",
    "uninit",
    "set_conflicts",
    "rows_to_jam",
    "split_at",
    "part_of",
    "least_aliasing_gap",
    "aliasing_loads",
];

/// The functions of this crate that need not be `#[inline(always)]`: parts of the cold ones, and
/// those called once per walk, block or row. `lt`, `max` and `sum` belong to `Ord` and `Iterator`;
/// some compilers name them after our levels and our iterator.
const NOT_IN_LOOPS: &[&str] = &[
    "ask",
    "having",
    "number",
    "partial_cmp",
    "lt",
    "max",
    "make_room::{closure}",
    "with_room",
    "or_refuse",
    "bytes",
    "for_cells",
    "start",
    "elapsed",
    "set_conflicts::{closure}",
    "empty",
    "add",
    "part_of::{closure}",
    "least_aliasing_gap::{closure}",
    "aliasing_loads::{closure}",
    "row_stride",
    "cells_before_a_line",
    "lengths",
    "from",
    "row_stride::{closure}",
    "cells_to_a_line",
    "map_index",
    "together",
    "together::{closure}",
    "split_at::{closure}",
    "rows_to_jam::{closure}",
    "shape",
    "expected",
    "cells",
    "cells_mut",
    "interior",
    "interior_mut",
    "interior_3d_mut",
    "shape_in_order",
    "interior_of",
    "interior_of::{closure}",
    "first_not_unit",
    "advance_front",
    "advance_back",
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

/// With a single codegen unit, LLVM sees only one caller of ndarray's loop and inlines it after
/// all, so there is no control here. Kernels are simplified only once; see [`Sharing`].
#[test]
fn one_codegen_unit() {
    check(Variant::OneCodegenUnit, |program| {
        check_our_loops(program, Sharing::Some);
        check_faulty_bodies(program);
    });
}

#[test]
fn opt_level_2() {
    check(Variant::OptLevel2, check_all);
}

/// With optimisation, small functions are inlined even without the mark, until a larger body or
/// another compiler changes that. Without optimisation the mark alone decides, so a missing mark is
/// found.
#[test]
fn every_hop_is_marked() {
    check(Variant::OptLevel0, |program| {
        check_survivors(program, &[&COLD[..], NOT_IN_LOOPS].concat());
    });
}

/// Code that is not multiversioned uses the instruction set of the whole program.
#[test]
fn target_cpu() {
    check(Variant::TargetCpuV3, |program| {
        check_loops(program, Width::Bits256, |name| format!("plain::{name}"));
        check_kernels(program, [Width::Bits256, Width::Bits256, Width::Bits512], Sharing::All);
        check_loop_in_pulp(program, Width::Bits256);
        check_survivors(program, &COLD);
    });
}

/// Builds the probe, unless it is skipped here, and passes it to `look_at`.
fn check(variant: Variant, look_at: impl FnOnce(&Program)) {
    match Variant::reason_to_skip() {
        // Not with `println!`, whose output is hidden if the test passes. A failed write is
        // ignored.
        Some(reason) => _ = writeln!(io::stderr(), "skipped the program with {variant:?}: {reason}"),
        None => look_at(&variant.build()),
    }
}

fn check_all(program: &Program) {
    check_our_loops(program, Sharing::All);
    check_faulty_bodies(program);
    check_loops_of_ndarray(program);
}

fn check_our_loops(program: &Program, sharing: Sharing) {
    check_loops(program, Width::Bits128, |name| format!("plain::{name}"));
    check_loops(program, Width::Bits128, |name| version("multiversioned", name, "default"));
    check_loops(program, Width::Bits256, |name| version("multiversioned", name, AVX2));
    // LLVM uses 512 bits if AVX-512 is enabled feature by feature, as here;
    // `-C target-cpu=x86-64-v4` prefers 256.
    check_loops(program, Width::Bits512, |name| version("multiversioned", name, AVX512));
    check_kernels(program, Width::ALL, sharing);
    check_loop_in_pulp(program, Width::Bits128);
    check_survivors(program, &COLD);
}

/// The suffix that `#[multiversion]` adds to the names of its versions. It includes implied
/// features.
const AVX2: &str = "avx2_fma";
const AVX512: &str = "avx512[a-z0-9_]*";

/// The name of the version of a function that `#[multiversion]` creates for `target`.
fn version(module: &str, name: &str, target: &str) -> String {
    format!("{module}::{name}::{name}_{target}_version")
}

/// Checks that every loop of the probe computes with registers of at least `width`, and that
/// nothing slows it down.
fn check_loops(program: &Program, width: Width, function: impl Fn(&str) -> String) {
    for name in LOOPS {
        check_loops_of(name, &audit(program, &function(name)), Some(width));
    }
}

const STRICT: Requirements =
    Requirements { deny_calls: true, deny_panics: true, deny_divisions: true, min_width: None };

/// The extent to which jammed rows share loads: a shared cell is loaded only once.
#[derive(Clone, Copy, Debug)]
enum Sharing {
    /// All, except spilled registers.
    All,
    /// Some. If a body has loops of its own, LLVM unrolls them only after it has searched for
    /// repeated loads. That search covers a hundred instructions, fewer than one cell of a large
    /// stencil takes in jammed rows. Programs with several codegen units are simplified once more
    /// at link time, which finds the rest.
    Some,
}

impl Sharing {
    /// The most loads allowed if full sharing leaves `loads`.
    fn at_most(self, loads: usize) -> usize {
        match self {
            Sharing::All => loads + loads / 8,
            Sharing::Some => loads + loads / 2,
        }
    }
}

/// Checks that the kernels of the program are those of the probe's dispatched loops, one for each
/// level, and that they compute with the register width of the level, from `widths`.
fn check_kernels(program: &Program, widths: [Width; 3], sharing: Sharing) {
    let mut known = Vec::new();
    for it in &DISPATCHED {
        for (Kernel { rows, level }, function) in kernels_of(program, it, widths) {
            known.push(function.address);
            // Only kernels may assume unit strides. The loop for other strides gathers its cells
            // one by one.
            let main = it.kernels.iter().find(|&&(kernel, _)| kernel == rows).map_or(Scalar, |&(_, main)| main);
            let audit = inspected(&Auditor::new(program), function);
            let what = format!("{}, {rows:?}, {level:?}", it.name);
            match main {
                Scalar => check_loops_of(&what, &audit, None),
                Once if level == Level::V3 && NOT_MASKED_BY_AVX2.contains(&it.name) => {
                    check_loops_of(&what, &audit, None);
                }
                Once => assert!(audit.loops.is_empty(), "{what}: more than one vector\n{audit}"),
                Wide | Accesses { .. } => check_loops_of(&what, &audit, Some(widths[level as usize])),
            }
            // Only at the highest level: the others have too few registers for this many rows.
            if let (Accesses { loads, stores }, Level::V4) = (main, level) {
                let sharing = if BODIES_WITH_LOOPS.contains(&it.name) { sharing } else { Sharing::All };
                check_accesses(&what, &audit, (loads, stores), sharing);
            }
        }
    }
    let others = program.functions().iter().filter(|it| kernel(&it.name).is_some() && !known.contains(&it.address));
    let others: Vec<_> = others.collect();
    assert!(others.is_empty(), "kernels of no known loop: {others:#?}");
}

/// Returns the kernels that a dispatched loop calls, and checks that they are the expected ones.
fn kernels_of<'p>(program: &'p Program, it: &Dispatched, widths: [Width; 3]) -> Vec<(Kernel, &'p Function)> {
    let auditor = Auditor::new(program);
    let function = match it.name {
        // The code that moves rows and fills ghost cells is between the function and its kernels.
        "time_steps" => {
            function(program, "<ndarray_lockstep::stencil::steps::arguments::Fields<.*> as .*>::step(::<.*>)?")
        }
        name => function(program, &format!("codegen_probe::dispatched::{name}")),
    };
    // Its own loops go over the rows and call the kernels.
    let mut audit = inspected(&auditor, function);
    for it in &mut audit.loops {
        // In more than two dimensions the calls are inside a loop over blocks. The first block
        // decides how many rows are jammed.
        it.calls.retain(|call| {
            !matches!(&call.callee, Callee::Named(name) if kernel(name).is_some() || last_of_path(name) == "rows_to_jam")
        });
    }
    check_loops_of(it.name, &audit, None);

    let callees = auditor.callees(function).unwrap_or_else(|error| panic!("{error}")).into_iter();
    let kernels: Vec<_> = callees.filter_map(|callee| Some((kernel(&callee.name)?, callee))).collect();
    // Without unit strides there is no kernel.
    let wanted = it.kernels.iter().map(|&(rows, _)| rows).chain([Rows::Any]);
    let mut wanted: Vec<Kernel> =
        wanted.flat_map(|rows| rows.levels().map(move |level| Kernel { rows, level })).collect();
    wanted.dedup();
    // If the whole program is compiled for a level, that level and the baseline are the same, and
    // LLVM may merge their functions.
    let are_the_same = |a: Kernel, b: Kernel| a.rows == b.rows && widths[a.level as usize] == widths[b.level as usize];
    for &kernel in &wanted {
        let found = kernels.iter().filter(|&&(it, _)| it == kernel).count();
        let is_merged = kernels.iter().any(|&(it, _)| it != kernel && are_the_same(it, kernel));
        // The kernels for ends have no baseline to be merged with. LLVM inlines some of them.
        let is_inlined = !kernel.rows.levels().any(|level| level == Level::Baseline)
            && widths[kernel.level as usize] == widths[Level::Baseline as usize];
        assert!(
            found == 1 || (found == 0 && (is_merged || is_inlined)),
            "{}: {found} times {kernel:?}: {kernels:?}",
            it.name
        );
    }
    let others: Vec<_> = kernels.iter().filter(|(it, _)| !wanted.contains(it)).collect();
    assert!(others.is_empty(), "{}: {others:?}", it.name);
    kernels
}

/// Every cell is loaded once and stored once.
///
/// The compiler must be able to infer that outputs overlap neither each other nor inputs. Otherwise
/// it reloads shared cells after each store, or has so many pairs of rows to compare in advance
/// that it does not vectorise at all.
fn check_accesses(what: &str, audit: &Audit, (loads, stores): (usize, usize), sharing: Sharing) {
    let main = audit.main_loop().expect("a loop of this width has been found");
    let sum = |counts: [usize; 3]| counts.iter().sum::<usize>();
    let (found_loads, found_stores) = (sum(main.packed.loads), sum(main.packed.stores));
    // A main loop may be unrolled.
    let turns = found_stores / stores;
    let allowed = turns * loads..=turns * sharing.at_most(loads);
    assert!(
        turns > 0 && found_stores == turns * stores && allowed.contains(&found_loads),
        "{what}: {found_loads} loads, not {allowed:?}, and {found_stores} stores, {stores} a turn\n{audit}"
    );
}

/// Checks our loop inside another crate's dispatch, which is compiled for the level chosen there.
/// If the whole program is compiled for that level, of width `baseline`, there is no separate
/// function.
fn check_loop_in_pulp(program: &Program, baseline: Width) {
    let auditor = Auditor::new(program);
    let caller = function(program, "codegen_probe::dispatched::loop_in_pulp");
    check_loops_of("loop_in_pulp", &inspected(&auditor, caller), Some(baseline));
    let callees = auditor.callees(caller).unwrap_or_else(|error| panic!("{error}"));
    let levels = [("V3", Width::Bits256), ("V4", Width::Bits512)];
    for (level, width) in levels.into_iter().filter(|&(_, width)| width > baseline) {
        // `<V3>::vectorize` or `V3::vectorize`, depending on the compiler.
        let of_level = |name: &str| name.replace('>', "").contains(&format!("::{level}::vectorize::"));
        let callee = callees.iter().find(|it| of_level(&it.name));
        let callee = callee.unwrap_or_else(|| panic!("pulp has no {level}: {callees:#?}"));
        check_loops_of(&callee.name, &inspected(&auditor, callee), Some(width));
    }
}

/// Checks that nothing slows down the loops of a function, and that the main loop computes only
/// with registers of at least `width`, if one is given.
fn check_loops_of(what: &str, audit: &Audit, width: Option<Width>) {
    let violations = Requirements { min_width: width, ..STRICT }.violations(audit);
    assert!(violations.is_empty(), "{what}: {violations:?}\n{audit}");
    if width.is_some() {
        let main = audit.main_loop().expect("a loop of this width has been found");
        assert_eq!(main.scalar_floats, 0, "{what}: the main loop computes with single floats as well\n{audit}");
    }
}

/// Returns the only function whose name is `name`, a regular expression.
fn function<'p>(program: &'p Program, name: &str) -> &'p Function {
    let functions = program.matching(&format!("^{name}$")).unwrap_or_else(|error| panic!("{error}"));
    let [function] = functions[..] else { panic!("several functions are {name}: {functions:?}") };
    function
}

/// Inspects a function, all of whose code is in the program.
fn inspected(auditor: &Auditor<'_>, function: &Function) -> Audit {
    auditor.audit(function).unwrap_or_else(|error| panic!("{error}"))
}

/// Inspects the only function of the probe whose name is `name`, a regular expression.
fn audit(program: &Program, name: &str) -> Audit {
    inspected(&Auditor::new(program), function(program, &format!("codegen_probe::{name}")))
}

/// Checks that no function of this crate remains in the program, except kernels and those listed in
/// `allowed`.
fn check_survivors(program: &Program, allowed: &[&str]) {
    let names = program.functions().iter().map(|function| function.name.as_str());
    let survivors: Vec<&str> = names
        .filter(|name| {
            is_ours(name)
                && !is_between_loops(name)
                && kernel(name).is_none()
                && !allowed.contains(&last_of_path(name).as_str())
        })
        .collect();
    assert!(survivors.is_empty(), "left out of line: {survivors:#?}");
}

/// Checks that faults of a body are found, in a loop that is not at fault itself.
fn check_faulty_bodies(program: &Program) {
    assert_fault(program, "call_in_the_body", |it| matches!(it, Violation::Call(_)));
    assert_fault(program, "bounds_check_in_the_body", |it| matches!(it, Violation::Panic { .. }));
    assert_fault(program, "division_in_the_body", |it| matches!(it, Violation::Division { .. }));
}

/// Checks that the known problem of ndarray's loops inside `#[multiversion]` is found: the loops
/// are not there.
fn check_loops_of_ndarray(program: &Program) {
    assert_fault(program, "ndarray_zip", |it| matches!(it, Violation::Narrow { found: None, .. }));
    assert_fault(program, "ndarray_windows", |it| matches!(it, Violation::Narrow { found: None, .. }));
}

/// Checks that the control `name` has the fault for which `is_known` returns true.
fn assert_fault(program: &Program, name: &str, is_known: impl Fn(&Violation) -> bool) {
    for target in [AVX2, AVX512] {
        let audit = audit(program, &version("controls", name, target));
        let violations = Requirements { min_width: Some(Width::Bits256), ..STRICT }.violations(&audit);
        assert!(violations.iter().any(&is_known), "the fault was not found, but {violations:?}\n{audit}");
    }
}
