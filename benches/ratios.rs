//! The project's speed goals. Each is measured in one run, with alternating candidates, and printed
//! as a ratio.
//!
//! `cargo bench --bench ratios` prints them all, and `cargo bench --bench ratios -- stencil` the
//! lines that contain a word. Every candidate's result is checked before it is timed. A missed goal
//! is measured twice more, because other programs on the machine can make a loop slower, but never
//! faster. Goals that stay missed make the exit status 1. `-- --test` only checks the results.

mod common;

use std::cell::RefCell;
use std::hint::black_box;
use std::process::ExitCode;

use common::four_arrays::{self, Layout, SIZES};
use common::in_c::InC;
use common::report::Report;
use common::simd::{self, Inputs, Memory, Outputs};
use common::stencils::{Fields, Step, blur_3x3, blur_5x5, multiversioned, multiversioned_fused, plain};
use common::{closures, many_axes, small, stencils};
use ndarray::{Array2, Array3};
use ndarray_lockstep::simd::{Level, lift_limit, limit};

fn main() -> ExitCode {
    let mut report = Report::from_arguments();
    zip_plain_f32(&mut report);
    zip_plain_f64(&mut report);
    zip_multiversioned(&mut report);
    small(&mut report);
    many_axes(&mut report);
    gray_scott(&mut report);
    blur(&mut report);
    large_closures(&mut report);
    parameters(&mut report);
    simd_stencils(&mut report);
    widths(&mut report);
    simd_blur(&mut report);
    simd_zip(&mut report);
    volumes_f32(&mut report);
    volumes_f64(&mut report);
    dispatch(&mut report);
    report.conclude()
}

/// `azip!` outside `#[multiversion]`, in every layout and size, for one element type.
macro_rules! zip_plain {
    ($function:ident, $T:ident) => {
        fn $function(report: &mut Report) {
            use four_arrays::$T::{self as kernels, Data, Kernel};
            for layout in Layout::ALL {
                for dim in SIZES {
                    let candidates: [(&str, Kernel); 3] = [
                        ("azip!", kernels::azip),
                        ("Zip::for_each", kernels::for_each),
                        ("iterator for_each", kernels::iterator_for_each),
                    ];
                    for (name, kernel) in candidates {
                        if dim.0 < 1000 {
                            kernels::check(name, kernel, layout, dim);
                        }
                        // The iterator is row-major by contract. ndarray's order depends on the
                        // layout.
                        if name.starts_with("iterator") && layout == Layout::ColumnMajor {
                            continue;
                        }
                        let goal = (name == "azip!").then_some(1.05);
                        // One set of arrays for both, so that their place in memory makes no
                        // difference.
                        let data = RefCell::new(Data::new(layout, dim));
                        report.line(
                            &format!("zip {} {} {}x{}", stringify!($T), layout.name(), dim.0, dim.1),
                            dim.0 * dim.1,
                            goal,
                            (name, &mut || data.borrow_mut().run(kernel)),
                            ("ndarray azip!", &mut || data.borrow_mut().run(kernels::ndarray)),
                        );
                    }
                }
            }
        }
    };
}

zip_plain! { zip_plain_f32, f32 }
zip_plain! { zip_plain_f64, f64 }

/// `azip!` inside `#[multiversion]`.
fn zip_multiversioned(report: &mut Report) {
    use four_arrays::f32::multiversioned as kernels;
    use four_arrays::f32::{Data, check};
    for layout in [Layout::Contiguous, Layout::Interior] {
        for dim in SIZES {
            if dim.0 < 1000 {
                check("azip! inside multiversion", kernels::azip, layout, dim);
                check("rows inside multiversion", kernels::rows, layout, dim);
            }
            let data = RefCell::new(Data::new(layout, dim));
            let name = format!("multiversioned zip f32 {} {}x{}", layout.name(), dim.0, dim.1);
            let goal = (layout == Layout::Contiguous && dim == (64, 258)).then_some(1.0 / 8.0);
            let cells = dim.0 * dim.1;
            report.line(
                &name,
                cells,
                goal,
                ("azip!", &mut || data.borrow_mut().run(kernels::azip)),
                ("ndarray azip!", &mut || data.borrow_mut().run(kernels::ndarray)),
            );
            report.line(
                &name,
                cells,
                None,
                ("azip!", &mut || data.borrow_mut().run(kernels::azip)),
                ("rows by hand", &mut || data.borrow_mut().run(kernels::rows)),
            );
        }
    }
}

/// The fixed cost of a call.
fn small(report: &mut Report) {
    let x = Array2::from_shape_fn((4, 4), |(i, j)| (i * 4 + j) as f32);
    let (y, z) = (x.mapv(|x| x * 0.5), x.mapv(|x| x - 3.0));
    let after = |kernel: small::Kernel| {
        let mut w = Array2::ones((4, 4));
        kernel(&mut w, &x, &y, &z);
        w
    };
    let candidates: [(&str, small::Kernel); 2] = [("azip!", small::azip), ("Zip::for_each", small::for_each)];
    for (name, kernel) in candidates {
        assert_eq!(after(kernel), after(small::ndarray), "{name} differs from ndarray's azip!");
        let w = RefCell::new(Array2::zeros((4, 4)));
        report.line(
            "zip f32 4x4",
            16,
            Some(1.0),
            (name, &mut || kernel(&mut w.borrow_mut(), &x, &y, &z)),
            ("ndarray azip!", &mut || small::ndarray(&mut w.borrow_mut(), &x, &y, &z)),
        );
    }
}

/// Arrays of many short axes.
fn many_axes(report: &mut Report) {
    use many_axes::{CASES, Data, Kernel, ours, theirs};
    let candidates: [(&str, Kernel, Kernel); 4] = [
        ("azip!", ours::azip, theirs::azip),
        ("simd_azip!", ours::simd_azip, theirs::azip),
        ("fold", ours::fold, theirs::fold),
        ("map_collect", ours::map_collect, theirs::map_collect),
    ];
    for case in &CASES {
        for (name, ours, theirs) in candidates {
            assert_eq!(Data::result(case, ours), Data::result(case, theirs), "{name}: {}", case.name);
            let data = RefCell::new(Data::new(case));
            let cells = data.borrow().cells();
            let call = |kernel: Kernel| {
                let mut data = data.borrow_mut();
                let (w, x) = data.views();
                black_box(kernel(w, x));
            };
            report.line(
                &format!("many axes {}", case.name),
                cells,
                Some(1.1),
                (name, &mut || call(ours)),
                ("ndarray", &mut || call(theirs)),
            );
        }
    }
}

type Candidate = (&'static str, Step);

/// A Gray–Scott step.
fn gray_scott(report: &mut Report) {
    // The name of the comparison, both candidates, and the goal at 514×1026.
    let lines: [(&str, Candidate, Candidate, Option<f64>); 12] = [
        (
            "multiversioned stencil by iter",
            ("azip!", multiversioned::azip_by_iter),
            ("ndarray azip!", multiversioned::ndarray_by_iter),
            Some(1.0 / 25.0),
        ),
        (
            "multiversioned stencil by index",
            ("azip!", multiversioned::azip),
            ("ndarray azip!", multiversioned::ndarray),
            None,
        ),
        (
            "multiversioned stencil by index",
            ("azip!", multiversioned::azip),
            ("raw pointers", multiversioned::raw),
            Some(1.05),
        ),
        (
            "multiversioned fused stencil by index",
            ("azip!", multiversioned_fused::azip),
            ("raw pointers", multiversioned_fused::raw),
            Some(1.05),
        ),
        (
            "multiversioned fused stencil by index",
            ("azip!", multiversioned_fused::azip),
            ("ndarray azip!", multiversioned_fused::ndarray),
            None,
        ),
        (
            "multiversioned stencil",
            ("iterator loop", multiversioned::iterator_loop),
            ("iterator by hand", multiversioned::iterator_by_hand),
            Some(1.03),
        ),
        (
            "multiversioned stencil",
            ("iterator for_each", multiversioned::iterator_for_each),
            ("Zip::for_each", multiversioned::for_each),
            Some(1.1),
        ),
        (
            "multiversioned stencil",
            ("iterator fold", multiversioned::iterator_fold),
            ("Zip::for_each", multiversioned::for_each),
            Some(1.1),
        ),
        ("stencil by iter", ("azip!", plain::azip_by_iter), ("ndarray azip!", plain::ndarray_by_iter), Some(1.05)),
        ("stencil by index", ("azip!", plain::azip), ("ndarray azip!", plain::ndarray), Some(1.05)),
        ("stencil", ("iterator loop", plain::iterator_loop), ("iterator by hand", plain::iterator_by_hand), Some(1.03)),
        ("stencil", ("iterator for_each", plain::iterator_for_each), ("Zip::for_each", plain::for_each), Some(1.1)),
    ];
    // The sums of a fused step are rounded differently.
    stencils::check("fused arithmetic", multiversioned_fused::raw, plain::raw, (66, 258), 1e-6);
    for (name, (our_name, ours), (their_name, theirs), goal) in lines {
        stencils::check(our_name, ours, theirs, (66, 258), 0.0);
        for dim in [(66, 258), (514, 1026), (2050, 4162)] {
            let start = Fields::new(dim);
            let end = RefCell::new(start.clone());
            report.line(
                &format!("{name} {}x{}", dim.0, dim.1),
                (dim.0 - 2) * (dim.1 - 2),
                goal.filter(|_| dim == (514, 1026)),
                (our_name, &mut || ours(&start, &mut end.borrow_mut())),
                (their_name, &mut || theirs(&start, &mut end.borrow_mut())),
            );
        }
    }
}

/// Box blurs of one field.
fn blur(report: &mut Report) {
    type Blur = fn(&Array2<f32>, &mut Array2<f32>);
    let lines: [(&str, Blur, &str, Blur, Option<f64>); 6] = [
        (
            "multiversioned blur 3x3",
            blur_3x3::multiversioned::azip,
            "ndarray azip!",
            blur_3x3::multiversioned::ndarray,
            None,
        ),
        (
            "multiversioned blur 3x3",
            blur_3x3::multiversioned::azip,
            "raw pointers",
            blur_3x3::multiversioned::raw,
            Some(1.05),
        ),
        (
            "multiversioned blur 5x5",
            blur_5x5::multiversioned::azip,
            "ndarray azip!",
            blur_5x5::multiversioned::ndarray,
            None,
        ),
        (
            "multiversioned blur 5x5",
            blur_5x5::multiversioned::azip,
            "raw pointers",
            blur_5x5::multiversioned::raw,
            Some(1.05),
        ),
        ("blur 3x3", blur_3x3::plain::azip, "raw pointers", blur_3x3::plain::raw, Some(1.05)),
        ("blur 5x5", blur_5x5::plain::azip, "raw pointers", blur_5x5::plain::raw, Some(1.05)),
    ];
    for blur in [
        blur_3x3::plain::azip as Blur,
        blur_3x3::plain::raw,
        blur_3x3::multiversioned::azip,
        blur_3x3::multiversioned::raw,
    ] {
        blur_3x3::check("a 3×3 blur", blur, (66, 258));
    }
    for blur in [
        blur_5x5::plain::azip as Blur,
        blur_5x5::plain::raw,
        blur_5x5::multiversioned::azip,
        blur_5x5::multiversioned::raw,
    ] {
        blur_5x5::check("a 5×5 blur", blur, (68, 260));
    }
    for (name, ours, their_name, theirs, goal) in lines {
        for dim in [(68, 260), (516, 1028)] {
            let input = Fields::new(dim).u;
            let output = RefCell::new(Array2::zeros(dim));
            report.line(
                &format!("{name} {}x{}", dim.0, dim.1),
                (dim.0 - 4) * (dim.1 - 4),
                goal,
                ("azip!", &mut || ours(&input, &mut output.borrow_mut())),
                (their_name, &mut || theirs(&input, &mut output.borrow_mut())),
            );
        }
    }
}

/// A captured parameter, beside a literal and a constant.
fn parameters(report: &mut Report) {
    use common::parameters::{RATE, window_3x3, window_3x3x3, window_5x5};

    macro_rules! compare {
        ($window:ident, $Array:ident, $dim:expr) => {
            let dim = $dim;
            let mut cells = 0;
            let input = $Array::from_shape_simple_fn(dim, || {
                cells += 1;
                (cells % 7) as f32
            });
            let output = RefCell::new($Array::zeros(dim));
            let stepped = |kernel: $window::Kernel| {
                kernel(&mut output.borrow_mut(), &input, RATE);
                output.borrow().clone()
            };
            let expected = stepped($window::captured);
            for (name, other) in [("literal", $window::literal as $window::Kernel), ("constant", $window::constant)] {
                assert_eq!(stepped(other), expected, "captured differs from {name}");
                report.line(
                    &format!("parameter {} {dim:?}", stringify!($window)),
                    input.len(),
                    Some(1.03),
                    ("captured", &mut || $window::captured(&mut output.borrow_mut(), &input, RATE)),
                    (name, &mut || other(&mut output.borrow_mut(), &input, RATE)),
                );
            }
        };
    }
    compare!(window_3x3, Array2, (66, 258));
    compare!(window_3x3, Array2, (514, 1102));
    compare!(window_5x5, Array2, (68, 260));
    compare!(window_5x5, Array2, (516, 1104));
    compare!(window_3x3x3, Array3, (34, 34, 66));
    compare!(window_3x3x3, Array3, (66, 66, 130));
}

/// One call of the closure or two: the difference between the methods and the macro. See
/// `Zip::try_fold` in the source.
fn large_closures(report: &mut Report) {
    let dim = (68, 260);
    let input = Fields::new(dim).u;
    let blurred = |kernel: fn(&mut Array2<f32>, &Array2<f32>)| {
        let mut out = Array2::zeros(dim);
        kernel(&mut out, &input);
        out
    };
    assert_eq!(blurred(closures::large_for_each), blurred(closures::large_azip), "for_each differs from azip!");
    assert_eq!(blurred(closures::large_iterator), blurred(closures::large_azip), "the iterator differs from azip!");
    let out = RefCell::new(Array2::zeros(dim));
    for (name, kernel) in [
        ("Zip::for_each", closures::large_for_each as fn(&mut Array2<f32>, &Array2<f32>)),
        ("iterator for_each", closures::large_iterator),
    ] {
        report.line(
            "large closure, unmarked and marked, 68x260",
            (dim.0 - 4) * (dim.1 - 4),
            Some(1.1),
            (name, &mut || kernel(&mut out.borrow_mut(), &input)),
            ("azip!", &mut || closures::large_azip(&mut out.borrow_mut(), &input)),
        );
    }
    for (name, kernel) in [
        ("Zip::simd_for_each, unmarked", closures::large_simd_for_each as fn(&mut Array2<f32>, &Array2<f32>)),
        ("azip! in multiversion", closures::large_azip),
    ] {
        assert_eq!(blurred(closures::large_simd_azip), blurred(kernel), "simd_azip! differs from {name}");
        report.line(
            "large closure, dispatched, 68x260",
            (dim.0 - 4) * (dim.1 - 4),
            None,
            ("simd_azip!", &mut || closures::large_simd_azip(&mut out.borrow_mut(), &input)),
            (name, &mut || kernel(&mut out.borrow_mut(), &input)),
        );
    }

    let inputs = [Fields::new(dim).u, Fields::new(dim).v, Fields::new(dim).u.mapv(|cell| cell * 0.5)];
    let filled = |kernel: fn(&mut [Array2<f32>; 3], &[Array2<f32>; 3])| {
        let mut out = std::array::from_fn(|_| Array2::zeros(dim));
        kernel(&mut out, &inputs);
        out
    };
    assert_eq!(filled(closures::many_for_each), filled(closures::many_azip), "for_each differs from azip!");
    assert_eq!(filled(closures::many_simd_azip), filled(closures::many_azip), "simd_azip! differs from azip!");
    let out = RefCell::new(std::array::from_fn(|_| Array2::zeros(dim)));
    report.line(
        "closure over three windows beside three outputs 68x260",
        (dim.0 - 2) * (dim.1 - 2),
        None,
        ("simd_azip!", &mut || closures::many_simd_azip(&mut out.borrow_mut(), &inputs)),
        ("azip!", &mut || closures::many_azip(&mut out.borrow_mut(), &inputs)),
    );
    report.line(
        "closure over three windows beside three outputs 68x260",
        (dim.0 - 2) * (dim.1 - 2),
        None,
        ("azip!", &mut || closures::many_azip(&mut out.borrow_mut(), &inputs)),
        ("Zip::for_each", &mut || closures::many_for_each(&mut out.borrow_mut(), &inputs)),
    );
}

/// The candidates for one arrangement of a step.
struct Steps {
    name: &'static str,
    ours: simd::Step,
    unmarked: simd::Step,
    plain: simd::Step,
    azip: simd::Step,
    raw: simd::Step,
    #[cfg(target_arch = "x86_64")]
    by_intrinsics: [(Level, &'static str, simd::Step); 2],
}

macro_rules! steps {
    ($name:ident) => {
        Steps {
            name: stringify!($name),
            ours: simd::$name::simd_azip,
            unmarked: simd::$name::simd_for_each,
            plain: simd::$name::plain,
            azip: simd::$name::azip,
            raw: simd::$name::raw,
            #[cfg(target_arch = "x86_64")]
            by_intrinsics: [
                (Level::X86V4, "AVX-512 by hand", simd::$name::avx512),
                (Level::X86V3, "AVX2 by hand", simd::$name::avx2),
            ],
        }
    };
}

/// The goals against each loop written by hand, one row at a time.
#[derive(Clone, Copy)]
struct Goals {
    avx512: Option<f64>,
    avx2: Option<f64>,
    c: Option<f64>,
}

// With sixteen registers, the latency of eight fused multiply-adds limits the sum, however many
// rows are jammed. The AVX2 goal only guards against regressions.
const AWAY: Goals = Goals { avx512: Some(0.78), avx2: Some(1.10), c: Some(0.72) };
const ROWS_MEET: Goals = Goals { avx512: Some(0.77), avx2: Some(1.10), c: Some(0.75) };
const ALL_MEET: Goals = Goals { avx512: Some(1.03), avx2: Some(1.03), c: None };
const OUT_OF_CACHE: Goals = Goals { avx512: None, avx2: Some(0.90), c: Some(0.75) };
const NONE: Goals = Goals { avx512: None, avx2: None, c: None };

impl Goals {
    /// The goals for the arrangement with less arithmetic, which gains more from fewer loads.
    fn of_shared_sums(self) -> Self {
        match self.avx512 {
            Some(goal) if goal < 1.0 => Goals { avx512: Some(0.62), avx2: Some(0.90), ..self },
            _ => self,
        }
    }
}

/// Dispatched Gray–Scott steps with fused multiply-adds, against the same by hand, one row at a
/// time.
fn simd_stencils(report: &mut Report) {
    let in_c = InC::compile();
    if let Err(reason) = &in_c {
        println!("no comparison with C: {reason}");
    }
    for steps in [steps!(mul_add), steps!(shared)] {
        let Steps { name, ours, unmarked, plain, azip, raw, .. } = steps;
        let in_c = in_c.as_ref().ok().map(|in_c| in_c.step(&format!("gray_scott_{name}")));
        for (candidate, step) in
            [("simd_azip!", ours), ("simd_for_each", unmarked), ("azip!", azip), ("raw pointers", raw)]
        {
            simd::check(candidate, &step, &plain, (67, 259), 0.0);
        }
        for &level in Level::ALL.iter().filter(|level| level.is_available()) {
            limit(level);
            simd::check("simd_azip!", &ours, &plain, (67, 259), 0.0);
            lift_limit();
        }
        #[cfg(target_arch = "x86_64")]
        for (_, by_hand, step) in steps.by_intrinsics.into_iter().filter(|(level, ..)| level.is_available()) {
            simd::check(by_hand, &step, &plain, (67, 259), 0.0);
        }
        if let Some(in_c) = &in_c {
            // The C compiler may fuse more.
            simd::check("C", in_c, &plain, (67, 259), 1e-6);
        }
        // The gain depends on the relative placement of the fields in the cache. The goals are for
        // fields without set conflicts. Stacked fields, whose rows would evict each other, are
        // walked row by row.
        for (placement, dim, memory, goals) in [
            ("", (66, 258), Memory::allocated as fn((usize, usize)) -> Memory, Goals { c: Some(0.75), ..AWAY }),
            (" spread", (514, 1102), Memory::spread, AWAY),
            (" stacked", (514, 1102), Memory::stacked, NONE),
            (" spread", (514, 1026), Memory::spread, ROWS_MEET),
            (" stacked", (514, 1026), Memory::stacked, ALL_MEET),
            (" spread", (2050, 4162), Memory::spread, OUT_OF_CACHE),
            (" stacked", (2050, 4162), Memory::stacked, NONE),
        ] {
            let Goals { avx512, avx2, c } = if name == "shared" { goals.of_shared_sums() } else { goals };
            let memory = RefCell::new(memory(dim));
            let mut compare = |level: Level, their_name: &str, theirs: &dyn Fn(Inputs, Outputs), goal: Option<f64>| {
                report.line(
                    &format!("simd stencil {name} {}x{}{placement}, {level:?}", dim.0, dim.1),
                    (dim.0 - 2) * (dim.1 - 2),
                    goal,
                    ("simd_azip!", &mut || {
                        limit(level);
                        memory.borrow_mut().run(&ours);
                        lift_limit();
                    }),
                    (their_name, &mut || memory.borrow_mut().run(theirs)),
                );
            };
            #[cfg(target_arch = "x86_64")]
            for (level, by_hand, step) in steps.by_intrinsics.into_iter().filter(|(level, ..)| level.is_available()) {
                compare(level, by_hand, &step, if level == Level::X86V3 { avx2 } else { avx512 });
            }
            if let Some(in_c) = &in_c {
                compare(Level::best(), "C", in_c, c);
            }
            compare(Level::best(), "simd_for_each, unmarked", &unmarked, None);
            compare(Level::best(), "raw pointers", &raw, None);
            compare(Level::best(), "azip! in multiversion", &azip, None);
        }
    }
}

/// Gray–Scott steps on fields of any width, beside one whose rows are whole vectors, per cell.
fn widths(report: &mut Report) {
    const WHOLE: usize = 258;
    let rows = 66;
    let whole = RefCell::new(Memory::allocated((rows, WHOLE)));
    for width in
        [18, 20, 24, 27, 31, 33, 34, 40, 49, 63, 65, 66, 79, 100, 113, 127, 129, 200, 255, 257, 301, 513, 777, 1030]
    {
        let memory = RefCell::new(Memory::allocated((rows, width)));
        // As many cells in both: each runs as often as the other has columns.
        let run = |memory: &RefCell<Memory>, times: usize| {
            for _ in 0..times {
                memory.borrow_mut().run(&simd::mul_add::simd_azip);
            }
        };
        report.line(
            &format!("width {rows}x{width}"),
            (rows - 2) * (width - 2) * (WHOLE - 2),
            Some(if width < 100 { 1.35 } else { 1.15 }),
            ("Gray–Scott", &mut || run(&memory, WHOLE - 2)),
            ("66x258", &mut || run(&whole, width - 2)),
        );
    }
}

/// Widths that are not multiples of a vector length.
const NARROW: [(usize, usize); 3] = [(64, 31), (64, 47), (64, 100)];

/// 24 additions of 512 bits per cell, one per clock on Zen 4. They alone take 0.41 ns per cell at
/// 3.67 GHz, which is 0.57 of the loop by hand.
const BLUR_GOAL: f64 = 0.66;

/// A 5×5 blur, for which jammed rows save the most loads, against the usual loop by hand; and
/// narrow fields, for which the overhead of kernel calls and remainders matters, against the plain
/// loops.
fn simd_blur(report: &mut Report) {
    blur_5x5::check("simd_azip!", blur_5x5::simd_azip, (68, 260));
    for dim in [(68, 260), (516, 1028), (516, 1104), (2052, 4164)] {
        let input = Fields::new(dim).u;
        let output = RefCell::new(Array2::zeros(dim));
        report.line(
            &format!("simd blur 5x5 {}x{}", dim.0, dim.1),
            (dim.0 - 4) * (dim.1 - 4),
            (dim.1 != 1028).then_some(BLUR_GOAL),
            ("simd_azip!", &mut || blur_5x5::simd_azip(&input, &mut output.borrow_mut())),
            ("raw pointers", &mut || blur_5x5::multiversioned::raw(&input, &mut output.borrow_mut())),
        );
    }
    stencils::check("simd_azip!", stencils::simd_azip, plain::raw, (67, 259), 0.0);
    for dim in NARROW {
        let start = Fields::new((dim.0 + 4, dim.1 + 4));
        let end = RefCell::new(start.clone());
        report.line(
            &format!("simd blur 5x5 narrow {}x{}", dim.0, dim.1),
            dim.0 * dim.1,
            Some(1.03),
            ("simd_azip!", &mut || blur_5x5::simd_azip(&start.u, &mut end.borrow_mut().u)),
            ("azip!", &mut || blur_5x5::plain::azip(&start.u, &mut end.borrow_mut().u)),
        );
        let start = Fields::new((dim.0 + 2, dim.1 + 2));
        let end = RefCell::new(start.clone());
        report.line(
            &format!("simd stencil narrow {}x{}", dim.0, dim.1),
            dim.0 * dim.1,
            Some(1.03),
            ("simd_azip!", &mut || stencils::simd_azip(&start, &mut end.borrow_mut())),
            ("azip!", &mut || plain::azip(&start, &mut end.borrow_mut())),
        );
    }
}

/// Four arrays, for which jammed rows gain nothing.
fn simd_zip(report: &mut Report) {
    use four_arrays::f32::{self as kernels, Data, check};
    for layout in [Layout::Contiguous, Layout::Interior] {
        for dim in NARROW.into_iter().chain(SIZES) {
            if dim.0 < 1000 {
                check("simd_azip!", kernels::simd_azip, layout, dim);
            }
            let data = RefCell::new(Data::new(layout, dim));
            for (their_name, theirs) in [
                ("azip!", kernels::azip as kernels::Kernel),
                ("azip! in multiversion", kernels::multiversioned::azip),
                ("rows by hand", kernels::multiversioned::rows),
            ] {
                report.line(
                    &format!("simd zip f32 {} {}x{}", layout.name(), dim.0, dim.1),
                    dim.0 * dim.1,
                    Some(1.03),
                    ("simd_azip!", &mut || data.borrow_mut().run(kernels::simd_azip)),
                    (their_name, &mut || data.borrow_mut().run(theirs)),
                );
            }
        }
    }
}

/// Stencils over volumes, inside the cache and outside, for one element type.
macro_rules! volumes {
    ($function:ident, $T:ident) => {
        fn $function(report: &mut Report) {
            use common::volumes::$T::{self as kernels, Kernel};
            for (name, kernel) in [
                ("azip!", kernels::heat_azip as Kernel),
                ("azip! in multiversion", kernels::heat_azip_multiversioned),
                ("simd_azip!", kernels::heat_simd_azip),
                ("rows by hand in multiversion", kernels::heat_by_hand_multiversioned),
                ("ndarray azip!", kernels::heat_ndarray),
            ] {
                kernels::check(name, kernel, kernels::heat_by_hand, (9, 11, 37));
            }
            kernels::check("simd_azip!", kernels::mean_simd_azip, kernels::mean_azip_multiversioned, (9, 11, 37));
            for dim in [(34, 34, 66), (66, 66, 130), (98, 98, 194), (256, 256, 256)] {
                let (planes, rows, cols) = dim;
                if report.is_for_nobody(&format!("volume {} {planes}x{rows}x{cols}", stringify!($T))) {
                    continue;
                }
                let (now, next) = (kernels::volume(dim), RefCell::new(kernels::volume(dim)));
                let mut compare =
                    |stencil: &str, (our_name, ours): (&str, Kernel), (their_name, theirs): (&str, Kernel), goal| {
                        report.line(
                            &format!("volume {} {planes}x{rows}x{cols} {stencil}", stringify!($T)),
                            (planes - 2) * (rows - 2) * (cols - 2),
                            goal,
                            (our_name, &mut || ours(&now, &mut next.borrow_mut())),
                            (their_name, &mut || theirs(&now, &mut next.borrow_mut())),
                        );
                    };
                let by_hand = ("rows by hand", kernels::heat_by_hand as Kernel);
                let by_hand_multiversioned =
                    ("rows by hand in multiversion", kernels::heat_by_hand_multiversioned as Kernel);
                let dispatched = ("simd_azip!", kernels::heat_simd_azip as Kernel);
                compare("7 points", ("azip!", kernels::heat_azip), by_hand, Some(1.05));
                compare("7 points", dispatched, by_hand, Some(0.85));
                compare("7 points", dispatched, by_hand_multiversioned, Some(1.06));
                compare(
                    "7 points",
                    ("azip! in multiversion", kernels::heat_azip_multiversioned),
                    by_hand_multiversioned,
                    Some(1.05),
                );
                compare("7 points", ("azip!", kernels::heat_azip), ("ndarray azip!", kernels::heat_ndarray), None);
                compare(
                    "27 points",
                    ("simd_azip!", kernels::mean_simd_azip),
                    ("azip! in multiversion", kernels::mean_azip_multiversioned),
                    Some(1.03),
                );
            }
        }
    };
}

volumes! { volumes_f32, f32 }
volumes! { volumes_f64, f64 }

#[inline(never)]
fn add_up(numbers: &[u64; 4]) -> u64 {
    numbers.iter().sum()
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn add_up_multiversioned<const N: usize>(numbers: &[u64; N]) -> u64 {
    numbers.iter().sum()
}

/// The overhead of choosing a level in each call.
fn dispatch(report: &mut Report) {
    let numbers = black_box([1, 2, 3, 4]);
    let dispatched = || {
        ndarray_lockstep::simd::dispatch(
            #[inline(always)]
            || black_box(&numbers).iter().sum::<u64>(),
        )
    };
    assert_eq!(dispatched(), 10);
    report.difference(
        "dispatch",
        Some(2.0),
        ("dispatch", &mut || _ = black_box(dispatched())),
        ("a call", &mut || _ = black_box(add_up(black_box(&numbers)))),
    );
    report.difference(
        "dispatch",
        None,
        ("generic multiversion", &mut || _ = black_box(add_up_multiversioned(black_box(&numbers)))),
        ("a call", &mut || _ = black_box(add_up(black_box(&numbers)))),
    );

    let x = Array2::from_shape_fn((4, 4), |(i, j)| (i * 4 + j) as f32);
    let (y, z) = (x.mapv(|x| x * 0.5), x.mapv(|x| x - 3.0));
    let [mut ours, mut plain] = [Array2::ones((4, 4)), Array2::ones((4, 4))];
    small::simd_azip(&mut ours, &x, &y, &z);
    small::azip(&mut plain, &x, &y, &z);
    assert_eq!(ours, plain, "simd_azip! differs from azip!");
    let w = RefCell::new(Array2::zeros((4, 4)));
    report.difference(
        "dispatch of a zip of 4x4",
        Some(5.0),
        ("simd_azip!", &mut || small::simd_azip(&mut w.borrow_mut(), &x, &y, &z)),
        ("azip!", &mut || small::azip(&mut w.borrow_mut(), &x, &y, &z)),
    );
}
