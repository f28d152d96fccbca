//! The loops of the report: for each, the arrays of several sizes and the candidates that walk
//! them.

use ndarray::{Array2, Array3, ArrayView2, ArrayViewMut2};
use ndarray_lockstep::ArrayInterior;
use ndarray_lockstep::simd::Level;

use crate::common::filters;
use crate::common::four_arrays::Layout;
use crate::common::four_arrays::f32 as four;
use crate::common::in_c::InC;
use crate::common::simd::{self, Inputs, Memory, Outputs};
use crate::common::small;
use crate::common::stencils::{self, Fields, blur_5x5, multiversioned, plain};
use crate::common::sweeps::{STEPS, Separate, Sweeps};
use crate::common::{parallel, volumes};
use crate::document::{Goal, Table};
use crate::measure::{Case, Column, Data, Library, Mode, RawArray, Session};
use crate::shared;

const NDARRAY: &str = "`ndarray::azip!`";
const NDARRAY_MULTIVERSIONED: &str = "`ndarray::azip!` in `#[multiversion]`";
const NDARRAY_BY_ITER: &str = "`ndarray::azip!` with `w.iter()`";
const AZIP: &str = "`azip!`";
const AZIP_MULTIVERSIONED: &str = "`azip!` in `#[multiversion]`";
const SIMD_AZIP: &str = "`simd_azip!`";
const BY_HAND: &str = "loop by hand";
const BY_HAND_MULTIVERSIONED: &str = "loop by hand in `#[multiversion]`";
const INTRINSICS: &str = "intrinsics by hand";
const C: &str = "C";
const OPENMP: &str = "C with OpenMP";
const PAR_AZIP: &str = "`par_azip!`";
const NDARRAY_PAR_AZIP: &str = "`ndarray::par_azip!`";

const HALIDE: Library = Library { label: "Halide", key: "halide" };
const NUMBA: Library = Library { label: "Numba", key: "numba" };
const NUMBA_CONTRACTED: Library = Library { label: "Numba, `contract`", key: "numba-contracted" };
const NUMBA_STEPS: Library = Library { label: "separate steps by Numba, `contract`", key: "numba-contracted" };
const PYSTENCILS: Library = Library { label: "pystencils", key: "pystencils" };
const PYSTENCILS_STEPS: Library = Library { label: "separate steps by pystencils", key: "pystencils" };
const DEVITO: Library = Library { label: "Devito", key: "devito" };
const SCIPY: Library = Library { label: "SciPy", key: "scipy" };

/// The largest deviation of results from the reference, relative to the largest result, if
/// multiply-adds are fused.
const FUSED: f64 = 1e-6;
const FUSED_F64: f64 = 1e-14;
/// The same after many steps, which accumulate the deviation.
const FUSED_MANY_TIMES: f64 = 1e-4;

/// Measures the loop with this name.
type Measure<'a> = fn(&Loops<'a>, &str) -> Table;

/// The data that all loops need.
pub(crate) struct Loops<'a> {
    pub session: &'a Session,
    pub in_c: &'a Result<InC, String>,
    /// The same with OpenMP.
    pub in_openmp: &'a Result<InC, String>,
    /// Parts of the names of the selected loops; empty for all.
    pub only: &'a [String],
}

impl<'a> Loops<'a> {
    /// All tables, in the order of the report. `say` receives the name of the next loop.
    pub(crate) fn tables(&self, say: &mut dyn FnMut(&str)) -> Vec<Table> {
        let loops: [(&str, Measure<'a>); 14] = [
            ("four-arrays", Self::four_arrays),
            ("gray-scott-mul-add", |loops, slug| loops.gray_scott(slug, &MUL_ADD)),
            ("gray-scott-shared", |loops, slug| loops.gray_scott(slug, &SHARED)),
            ("gray-scott-plain", Self::gray_scott_plain),
            ("blur-5x5", Self::blur),
            ("filter-3x3", Self::filter),
            ("time-steps", Self::time_steps),
            ("heat-f32", Self::heat_f32),
            ("heat-f64", Self::heat_f64),
            ("small", Self::small),
            ("simple", Self::simple),
            ("narrow", Self::narrow),
            ("stacked", Self::stacked),
            ("column-major", Self::column_major),
        ];
        let asked = |slug: &str| self.only.is_empty() || self.only.iter().any(|word| slug.contains(word.as_str()));
        let mut tables = Vec::new();
        for (slug, table) in loops.into_iter().filter(|(slug, _)| asked(slug)) {
            say(slug);
            tables.push(table(self, slug));
        }
        tables
    }

    /// A column for each selected size.
    fn columns<S: Copy>(&self, sizes: &[S], column: impl FnMut(S) -> Column) -> Vec<Column> {
        sizes.iter().copied().take(self.session.effort.sizes).map(column).collect()
    }

    fn four_arrays(&self, slug: &str) -> Table {
        let columns = self.columns(&[(64, 258), (514, 1026), (2048, 4098)], |dim| {
            let data = shared::create(|| FourArrays::new(Layout::Contiguous, dim));
            let in_c = |in_c: &'a InC| {
                let kernel = in_c.four_arrays();
                move |data: &mut FourArrays| data.run(&kernel)
            };
            Case::new(self.session, size(dim), dim.0 * dim.1, data, |data| data.run(four::ndarray))
                .ours(SIMD_AZIP, Mode::Best, |data| data.run(four::simd_azip))
                .ours(AZIP_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(four::multiversioned::azip))
                .ours(AZIP, Mode::Plain, |data| data.run(four::azip))
                .ours(PAR_AZIP, Mode::Threads, |data| data.run(parallel::zip))
                .rival(NDARRAY, Mode::Plain, |data| data.run(four::ndarray))
                .rival(NDARRAY_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(four::multiversioned::ndarray))
                .rival(NDARRAY_PAR_AZIP, Mode::Threads, |data| data.run(parallel::ndarray_zip))
                .rival(BY_HAND, Mode::Plain, |data| data.run(four::rows))
                .rival(BY_HAND_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(four::multiversioned::rows))
                .foreign(C, Mode::Best, FUSED, made(self.in_c, in_c))
                .foreign(OPENMP, Mode::Threads, FUSED, made(self.in_openmp, in_c))
                .pythons(&[HALIDE, NUMBA, PYSTENCILS], FUSED, "four_arrays")
                .measure()
        });
        Table::new(slug, "Four arrays", "`w += x + y * z` over four contiguous `f32` arrays.", columns)
    }

    fn gray_scott(&self, slug: &str, loops: &'static GrayScott) -> Table {
        let columns = self.columns(&[(66, 258), (514, 1102), (2050, 4162)], |dim| {
            let memory = if dim.0 < 100 { Memory::allocated } else { Memory::spread };
            let memory = shared::create(|| memory(dim));
            self.gray_scott_case(size(dim), memory, loops, dim)
                .ours(PAR_AZIP, Mode::Threads, |data| data.0.run(&loops.par_azip))
                .foreign(OPENMP, Mode::Threads, FUSED, made(self.in_openmp, |in_c| loops.in_c(in_c)))
                .python(HALIDE, Mode::Threads, FUSED, loops.name)
                .python(NUMBA, Mode::Threads, FUSED, loops.name)
                .pythons(loops.more, FUSED, loops.name)
                .measure()
        });
        Table::new(slug, loops.title, loops.text, columns)
    }

    /// The candidates of one thread.
    fn gray_scott_case(
        &self,
        size: String,
        memory: Memory,
        loops: &'static GrayScott,
        dim: (usize, usize),
    ) -> Case<'a, TwoFields> {
        let reference = |data: &mut TwoFields| data.0.run(&loops.reference);
        let case = Case::new(self.session, size, interior(dim, 3), TwoFields(memory), reference)
            .ours(SIMD_AZIP, Mode::Best, |data| data.0.run(&loops.simd_azip))
            .ours(AZIP_MULTIVERSIONED, Mode::Multiversioned, |data| data.0.run(&loops.azip))
            .foreign(NDARRAY, Mode::Plain, FUSED, Ok(|data: &mut TwoFields| data.0.run(&loops.ndarray_plain)))
            .rival(NDARRAY_MULTIVERSIONED, Mode::Multiversioned, |data| data.0.run(&loops.ndarray))
            .rival(BY_HAND_MULTIVERSIONED, Mode::Multiversioned, |data| data.0.run(&loops.by_hand));
        let case = match by_intrinsics(loops) {
            Some(step) => case.rival(INTRINSICS, Mode::Best, move |data| data.0.run(&step)),
            None => case,
        };
        case.foreign(C, Mode::Best, FUSED, made(self.in_c, |in_c| loops.in_c(in_c)))
            .python(HALIDE, Mode::Best, FUSED, loops.name)
            .python(NUMBA, Mode::Best, FUSED, loops.name)
    }

    fn gray_scott_plain(&self, slug: &str) -> Table {
        let columns = self.columns(&[(66, 258), (514, 1102), (2050, 4162)], |dim| {
            let data = shared::create(|| PlainFields::new(dim));
            Case::new(self.session, size(dim), interior(dim, 3), data, |data| data.run(plain::ndarray))
                .ours(SIMD_AZIP, Mode::Best, |data| data.run(stencils::simd_azip))
                .ours(AZIP_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(multiversioned::azip))
                .ours(AZIP, Mode::Plain, |data| data.run(plain::azip))
                .ours(PAR_AZIP, Mode::Threads, |data| data.run(parallel::step))
                .rival(NDARRAY, Mode::Plain, |data| data.run(plain::ndarray))
                .rival(NDARRAY_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(multiversioned::ndarray))
                .rival(NDARRAY_PAR_AZIP, Mode::Threads, |data| data.run(parallel::ndarray_step))
                .rival(BY_HAND, Mode::Plain, |data| data.run(plain::raw))
                .rival(BY_HAND_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(multiversioned::raw))
                .measure()
        });
        let text = "Products and sums are rounded one by one and cells are read by index, the usual code over ndarray's windows.";
        Table::new(slug, "Gray–Scott step, products and sums", text, columns)
    }

    fn blur(&self, slug: &str) -> Table {
        let columns = self.columns(&[(68, 260), (516, 1104), (2052, 4164)], |dim| {
            let in_c = |in_c: &'a InC| {
                let filter = in_c.filter("blur_5x5");
                move |data: &mut Image| data.run(&filter)
            };
            let reference = |data: &mut Image| data.run(blur_5x5::plain::ndarray);
            Case::new(self.session, size(dim), interior(dim, 5), shared::create(|| Image::new(dim)), reference)
                .ours(SIMD_AZIP, Mode::Best, |data| data.run(blur_5x5::simd_azip))
                .ours(AZIP_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(blur_5x5::multiversioned::azip))
                .ours(AZIP, Mode::Plain, |data| data.run(blur_5x5::plain::azip))
                .ours(PAR_AZIP, Mode::Threads, |data| data.run(blur_5x5::par_azip))
                .rival(NDARRAY, Mode::Plain, |data| data.run(blur_5x5::plain::ndarray_by_index))
                .rival(NDARRAY_BY_ITER, Mode::Plain, |data| data.run(blur_5x5::plain::ndarray))
                .rival(NDARRAY_MULTIVERSIONED, Mode::Multiversioned, |data| {
                    data.run(blur_5x5::multiversioned::ndarray_by_index);
                })
                .rival(BY_HAND, Mode::Plain, |data| data.run(blur_5x5::plain::raw))
                .rival(BY_HAND_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(blur_5x5::multiversioned::raw))
                .foreign(C, Mode::Best, FUSED, made(self.in_c, in_c))
                .foreign(OPENMP, Mode::Threads, FUSED, made(self.in_openmp, in_c))
                .pythons(&[HALIDE, NUMBA, PYSTENCILS], FUSED, "blur_5x5")
                .measure()
        });
        let text = "The mean of the 25 cells in the window, for all interior cells. ndarray's body reads them by index, which is \
                    faster there than `w.iter()`.";
        Table::new(slug, "5×5 blur", text, columns)
    }

    fn filter(&self, slug: &str) -> Table {
        let columns = self.columns(&[(64, 256), (512, 1120), (2160, 3840)], |dim| {
            let in_c = |in_c: &'a InC| {
                let filter = in_c.filter("filter_3x3");
                move |data: &mut Image| data.run(&filter)
            };
            Case::new(self.session, size(dim), dim.0 * dim.1, shared::create(|| Image::new(dim)), |data| {
                data.run(filters::ndarray)
            })
            .ours("`Stencil::map_into`", Mode::Best, |data| data.run(filters::map))
            .ours("`Padded`, then `simd_azip!`", Mode::Best, |data| data.run(filters::padded))
            .rival("wider copy, then `ndarray::azip!`", Mode::Plain, |data| data.run(filters::ndarray))
            .rival("the same in `#[multiversion]`", Mode::Multiversioned, |data| {
                data.run(filters::ndarray_multiversioned);
            })
            .rival(BY_HAND_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(filters::rows))
            .foreign(C, Mode::Best, FUSED, made(self.in_c, in_c))
            .python(HALIDE, Mode::Best, FUSED, "filter_3x3")
            .python(NUMBA, Mode::Best, FUSED, "filter_3x3")
            .python(SCIPY, Mode::Best, FUSED, "filter_3x3")
            .measure()
        });
        let text = "A 3×3 binomial filter of a whole image, edges included. Cells beyond the edges repeat the edge. SciPy's version is \
                    `ndimage.correlate(.., mode=\"nearest\")`, which computes in `f64`.";
        Table::new(slug, "3×3 filter of an image", text, columns)
    }

    fn time_steps(&self, slug: &str) -> Table {
        let columns = self.columns(&[(66, 258), (514, 1102), (2050, 4162)], |dim| {
            let cells = STEPS * interior(dim, 3);
            let in_c = |in_c: &'a InC| {
                let step = in_c.step("gray_scott_mul_add");
                move |data: &mut Runs| data.separate(&step)
            };
            let by_ndarray = |data: &mut Runs| data.separate(&simd::mul_add::ndarray_plain);
            let reference = |data: &mut Runs| data.separate(&simd::mul_add::raw);
            Case::new(self.session, size(dim), cells, shared::create(|| Runs::new(dim)), reference)
                .ours("`StencilSteps`", Mode::Best, Runs::sweeps)
                .ours("separate steps by `simd_azip!`", Mode::Best, |data| data.separate(&simd::mul_add::simd_azip))
                .ours("`StencilSteps`, parallel", Mode::Threads, Runs::par_sweeps)
                .ours("separate steps by `par_azip!`", Mode::Threads, |data| data.separate(&simd::mul_add::par_azip))
                .foreign("separate steps by `ndarray::azip!`", Mode::Plain, FUSED_MANY_TIMES, Ok(by_ndarray))
                .rival("the same in `#[multiversion]`", Mode::Multiversioned, |data| {
                    data.separate(&simd::mul_add::ndarray);
                })
                .foreign("separate steps in C", Mode::Best, FUSED_MANY_TIMES, made(self.in_c, in_c))
                .foreign("separate steps in C with OpenMP", Mode::Threads, FUSED_MANY_TIMES, made(self.in_openmp, in_c))
                .pythons(&[NUMBA_STEPS, PYSTENCILS_STEPS, DEVITO], FUSED_MANY_TIMES, "time_steps")
                .measure()
        });
        let text = "64 time steps of the Gray–Scott system with fused multiply-adds, per cell and step.";
        Table::new(slug, "Many time steps", text, columns)
    }

    fn small(&self, slug: &str) -> Table {
        let columns = self.columns(&[(4, 4), (8, 8), (16, 16)], |dim| {
            let data = shared::create(|| FourArrays::new(Layout::Contiguous, dim));
            Case::new(self.session, size(dim), dim.0 * dim.1, data, |data| data.small(small::ndarray))
                .ours(AZIP, Mode::Plain, |data| data.small(small::azip))
                .ours(SIMD_AZIP, Mode::Best, |data| data.small(small::simd_azip))
                .rival(NDARRAY, Mode::Plain, |data| data.small(small::ndarray))
                .rival(NDARRAY_MULTIVERSIONED, Mode::Multiversioned, |data| data.small(small::ndarray_multiversioned))
                .measure()
        });
        let text =
            "Four arrays of a few cells: the overhead of a call. `simd_azip!` also reads the level of the machine.";
        Table::new(slug, "Small arrays", text, columns)
    }

    fn simple(&self, slug: &str) -> Table {
        let columns = self.columns(&[(64, 258), (514, 1026), (4096, 4098)], |dim| {
            let data = shared::create(|| FourArrays::new(Layout::Contiguous, dim));
            Case::new(self.session, size(dim), dim.0 * dim.1, data, |data| data.sum(small::sum::ndarray))
                .ours(AZIP, Mode::Plain, |data| data.sum(small::sum::azip))
                .ours(SIMD_AZIP, Mode::Best, |data| data.sum(small::sum::simd_azip))
                .rival(NDARRAY, Mode::Plain, |data| data.sum(small::sum::ndarray))
                .rival(NDARRAY_MULTIVERSIONED, Mode::Multiversioned, |data| {
                    data.sum(small::sum::ndarray_multiversioned)
                })
                .rival("`w += &x` of ndarray", Mode::Plain, |data| data.sum(small::sum::operator))
                .measure()
        });
        let text = "`w += x`, not multiversioned. ndarray's loop is vectorised too, and memory soon becomes the limit.";
        Table::new(slug, "One simple loop", text, columns)
    }

    fn narrow(&self, slug: &str) -> Table {
        let columns = self.columns(&[(66, 18), (66, 33), (66, 65)], |dim| {
            self.gray_scott_case(size(dim), shared::create(|| Memory::allocated(dim)), &MUL_ADD, dim).measure()
        });
        let text = "The Gray–Scott step with fused multiply-adds over fields of few columns, where the overhead per row counts.";
        Table::new(slug, "Narrow rows", text, columns)
    }

    fn stacked(&self, slug: &str) -> Table {
        let columns = self.columns(&[(514, 1024), (514, 1026), (2050, 4098)], |dim| {
            self.gray_scott_case(size(dim), shared::create(|| Memory::stacked(dim)), &MUL_ADD, dim).measure()
        });
        let text = "The same step over fields that all begin at a multiple of 4096 bytes, with rows of about that length: their \
                    rows compete for the same sets of the first-level cache.";
        Table::new(slug, "Set conflicts", text, columns)
    }

    fn column_major(&self, slug: &str) -> Table {
        let columns = self.columns(&[(64, 258), (514, 1026), (2048, 4098)], |dim| {
            let data = shared::create(|| FourArrays::new(Layout::ColumnMajor, dim));
            Case::new(self.session, size(dim), dim.0 * dim.1, data, |data| data.run(four::ndarray))
                .ours(SIMD_AZIP, Mode::Best, |data| data.run(four::simd_azip))
                .ours(AZIP, Mode::Plain, |data| data.run(four::azip))
                .rival(NDARRAY, Mode::Plain, |data| data.run(four::ndarray))
                .rival(NDARRAY_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(four::multiversioned::ndarray))
                .measure()
        });
        Table::new(slug, "Column-major arrays", "`w += x + y * z` over four column-major `f32` arrays.", columns)
    }
}

/// A step of the heat equation in three dimensions, for one element type.
macro_rules! heat {
    ($($function:ident, $T:ident, $tolerance:expr, $title:literal;)*) => {
        impl<'a> Loops<'a> {$(
            fn $function(&self, slug: &str) -> Table {
                use volumes::$T as kernels;

                let columns = self.columns(&[(34, 34, 66), (66, 130, 258), (256, 256, 256)], |dim| {
                    let cells = (dim.0 - 2) * (dim.1 - 2) * (dim.2 - 2);
                    let size = format!("{}×{}×{}", dim.0, dim.1, dim.2);
                    let data = shared::create(|| Volume { now: kernels::volume(dim), next: Array3::zeros(dim) });
                    let in_c = |in_c: &'a InC| {
                        let step = in_c.heat::<$T>();
                        move |data: &mut Volume<$T>| data.run(&step)
                    };
                    Case::new(self.session, size, cells, data, |data| data.run(kernels::heat_ndarray))
                        .ours(SIMD_AZIP, Mode::Best, |data| data.run(kernels::heat_simd_azip))
                        .ours(AZIP_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(kernels::heat_azip_multiversioned))
                        .ours(AZIP, Mode::Plain, |data| data.run(kernels::heat_azip))
                        .ours(PAR_AZIP, Mode::Threads, |data| data.run(kernels::heat_par_azip))
                        .rival(NDARRAY, Mode::Plain, |data| data.run(kernels::heat_ndarray))
                        .rival(NDARRAY_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(kernels::heat_ndarray_multiversioned))
                        .rival(BY_HAND, Mode::Plain, |data| data.run(kernels::heat_by_hand))
                        .rival(BY_HAND_MULTIVERSIONED, Mode::Multiversioned, |data| data.run(kernels::heat_by_hand_multiversioned))
                        .foreign(C, Mode::Best, $tolerance, made(self.in_c, in_c))
                        .foreign(OPENMP, Mode::Threads, $tolerance, made(self.in_openmp, in_c))
                        .pythons(&[HALIDE, NUMBA, PYSTENCILS, DEVITO], $tolerance, "heat")
                        .measure()
                });
                let text = "One step of the heat equation in three dimensions, with the 7-point stencil: a cell and its six neighbours.";
                Table::new(slug, $title, text, columns).with_goals(&HEAT_GOALS)
            }
        )*}
    };
}

heat! {
    heat_f32, f32, FUSED, "3-D heat, `f32`";
    heat_f64, f64, FUSED_F64, "3-D heat, `f64`";
}

const HEAT_GOALS: [Goal; 2] = [
    Goal { size: "256×256×256", ours: AZIP, theirs: BY_HAND, at_most: 1.05 },
    Goal { size: "256×256×256", ours: SIMD_AZIP, theirs: BY_HAND, at_most: 0.85 },
];

/// A candidate in C, or the reason why there is none.
fn made<'a, F>(in_c: &'a Result<InC, String>, candidate: impl FnOnce(&'a InC) -> F) -> Result<F, String> {
    in_c.as_ref().map(candidate).map_err(Clone::clone)
}

fn size((rows, cols): (usize, usize)) -> String {
    format!("{rows}×{cols}")
}

/// The number of cells with a whole `window`×`window` window.
fn interior((rows, cols): (usize, usize), window: usize) -> usize {
    (rows + 1 - window) * (cols + 1 - window)
}

/// One arrangement of the arithmetic of a step, with all candidates in Rust.
struct GrayScott {
    title: &'static str,
    text: &'static str,
    /// The name of the function in C, and of the loop in Python.
    name: &'static str,
    /// More libraries with this arrangement, for one thread and for all.
    more: &'static [Library],
    reference: simd::Step,
    simd_azip: simd::Step,
    azip: simd::Step,
    par_azip: simd::Step,
    /// Without `mul_add`.
    ndarray_plain: simd::Step,
    /// In `#[multiversion]`.
    ndarray: simd::Step,
    by_hand: simd::Step,
    #[cfg(target_arch = "x86_64")]
    intrinsics: [(Level, simd::Step); 2],
}

macro_rules! gray_scott {
    ($name:ident, $loop:literal, $more:expr, $title:literal, $text:literal) => {
        GrayScott {
            title: $title,
            text: $text,
            name: $loop,
            more: $more,
            reference: simd::$name::plain,
            simd_azip: simd::$name::simd_azip,
            azip: simd::$name::azip,
            par_azip: simd::$name::par_azip,
            ndarray_plain: simd::$name::ndarray_plain,
            ndarray: simd::$name::ndarray,
            by_hand: simd::$name::raw,
            #[cfg(target_arch = "x86_64")]
            intrinsics: [(Level::X86V4, simd::$name::avx512), (Level::X86V3, simd::$name::avx2)],
        }
    };
}

static MUL_ADD: GrayScott = gray_scott!(
    mul_add,
    "gray_scott_mul_add",
    &[NUMBA_CONTRACTED, PYSTENCILS, DEVITO],
    "Gray–Scott step, `mul_add`",
    "Two 3×3 windows in, two cells out, `f32`, a sum of eight fused multiply-adds. The intrinsics compute one row at a time. \
     `ndarray::azip!` alone has no `mul_add`, which is a call of a library function in code for the baseline."
);
static SHARED: GrayScott = gray_scott!(
    shared,
    "gray_scott_shared",
    &[PYSTENCILS],
    "Gray–Scott step, shared sums",
    "The same step, adding neighbours of the same weight first."
);

impl GrayScott {
    /// The step in C.
    fn in_c<'a>(&self, in_c: &'a InC) -> impl FnMut(&mut TwoFields) + use<'a> {
        let step = in_c.step(self.name);
        move |data| data.0.run(&step)
    }
}

/// The step with the intrinsics of the machine's best level, if it has one.
fn by_intrinsics(loops: &GrayScott) -> Option<simd::Step> {
    #[cfg(target_arch = "x86_64")]
    return loops.intrinsics.iter().find(|(level, _)| level.is_available()).map(|&(_, step)| step);
    #[cfg(not(target_arch = "x86_64"))]
    return {
        _ = loops;
        None
    };
}

/// `x`, `y`, `z` and `w`.
struct FourArrays {
    data: four::Data,
    start: Array2<f32>,
}

impl FourArrays {
    fn new(layout: Layout, dim: (usize, usize)) -> Self {
        let data = four::Data::new(layout, dim);
        FourArrays { start: data.w.clone(), data }
    }

    #[inline(always)]
    fn run(&mut self, kernel: impl Fn(ArrayViewMut2<f32>, ArrayView2<f32>, ArrayView2<f32>, ArrayView2<f32>)) {
        let four::Data { w, x, y, z, .. } = &mut self.data;
        kernel(w.view_mut(), x.view(), y.view(), z.view());
    }

    #[inline(always)]
    fn small(&mut self, kernel: small::Kernel) {
        let four::Data { w, x, y, z, .. } = &mut self.data;
        kernel(w, x, y, z);
    }

    #[inline(always)]
    fn sum(&mut self, kernel: small::sum::Kernel) {
        kernel(&mut self.data.w, &self.data.x);
    }
}

impl Data for FourArrays {
    fn start(&mut self) {
        self.data.w.assign(&self.start);
    }

    fn arrays(&mut self) -> Vec<RawArray> {
        let four::Data { w, x, y, z, .. } = &self.data;
        [x, y, z, w].map(|array| RawArray::f32(array.view().into_dyn())).into()
    }

    fn outputs(&self) -> &'static [usize] {
        &[3]
    }
}

/// `u` and `v`, and their next values.
struct TwoFields(Memory);

impl Data for TwoFields {
    fn start(&mut self) {
        for mut field in self.0.fields().1 {
            field.fill(0.0);
        }
    }

    fn arrays(&mut self) -> Vec<RawArray> {
        let ([u, v], [next_u, next_v]) = self.0.fields();
        [u, v, next_u.view(), next_v.view()].map(|field| RawArray::f32(field.into_dyn())).into()
    }

    fn outputs(&self) -> &'static [usize] {
        &[2, 3]
    }
}

/// The same in the form that the plain steps take.
struct PlainFields {
    now: Fields,
    next: Fields,
}

impl PlainFields {
    fn new(dim: (usize, usize)) -> Self {
        PlainFields { now: Fields::new(dim), next: Fields::new(dim) }
    }

    #[inline(always)]
    fn run(&mut self, step: stencils::Step) {
        step(&self.now, &mut self.next);
    }
}

impl Data for PlainFields {
    fn start(&mut self) {
        self.next.u.fill(0.0);
        self.next.v.fill(0.0);
    }

    fn arrays(&mut self) -> Vec<RawArray> {
        let fields = [&self.now.u, &self.now.v, &self.next.u, &self.next.v];
        fields.map(|field| RawArray::f32(field.view().into_dyn())).into()
    }

    fn outputs(&self) -> &'static [usize] {
        &[2, 3]
    }
}

/// The input and the output of a filter.
struct Image {
    input: Array2<f32>,
    output: Array2<f32>,
}

impl Image {
    fn new(dim: (usize, usize)) -> Self {
        Image { input: Fields::new(dim).u, output: Array2::zeros(dim) }
    }

    #[inline(always)]
    fn run(&mut self, filter: impl Fn(&Array2<f32>, &mut Array2<f32>)) {
        filter(&self.input, &mut self.output);
    }
}

impl Data for Image {
    fn start(&mut self) {
        self.output.fill(0.0);
    }

    fn arrays(&mut self) -> Vec<RawArray> {
        [&self.input, &self.output].map(|image| RawArray::f32(image.view().into_dyn())).into()
    }

    fn outputs(&self) -> &'static [usize] {
        &[1]
    }
}

/// A field in three dimensions, and its next values.
struct Volume<T> {
    now: Array3<T>,
    next: Array3<T>,
}

impl<T> Volume<T> {
    #[inline(always)]
    fn run(&mut self, step: impl Fn(&Array3<T>, &mut Array3<T>)) {
        step(&self.now, &mut self.next);
    }
}

macro_rules! volumes {
    ($($T:ident, $raw:path;)*) => {$(
        impl Data for Volume<$T> {
            fn start(&mut self) {
                self.next.fill(0.0);
            }

            fn arrays(&mut self) -> Vec<RawArray> {
                [&self.now, &self.next].map(|field| $raw(field.view().into_dyn())).into()
            }

            fn outputs(&self) -> &'static [usize] {
                &[1]
            }
        }
    )*};
}

volumes! {
    f32, RawArray::f32;
    f64, RawArray::f64;
}

/// The same fields for sweeps, and with boundary cells for separate steps.
struct Runs {
    by_sweeps: Sweeps,
    separately: Separate,
    /// Whether sweeps ran last.
    swept: bool,
    dim: (usize, usize),
}

impl Runs {
    fn new(dim: (usize, usize)) -> Self {
        Runs { by_sweeps: Sweeps::new(dim), separately: Separate::new(dim), swept: false, dim }
    }

    fn sweeps(&mut self) {
        self.swept = true;
        self.by_sweeps.run(STEPS);
    }

    fn par_sweeps(&mut self) {
        self.swept = true;
        self.by_sweeps.par_run(STEPS);
    }

    fn separate(&mut self, step: &dyn Fn(Inputs, Outputs)) {
        self.swept = false;
        self.separately.run(STEPS, step);
    }
}

impl Data for Runs {
    fn start(&mut self) {
        self.swept = false;
        self.by_sweeps.restart();
        self.separately.restart();
    }

    fn arrays(&mut self) -> Vec<RawArray> {
        let ([u, v], [next_u, next_v]) = self.separately.memory.fields();
        [u, v, next_u.view(), next_v.view()].map(|field| RawArray::f32(field.into_dyn())).into()
    }

    fn outputs(&self) -> &'static [usize] {
        &[0, 1]
    }

    /// The results inside the boundary.
    fn results_in(&self, arrays: &[Vec<f64>]) -> Vec<f64> {
        let inside = |cells: &Vec<f64>| {
            let field = ArrayView2::from_shape(self.dim, cells).expect("a field has its shape");
            field.interior::<3, 3>().iter().copied().collect::<Vec<_>>()
        };
        self.outputs().iter().flat_map(|&array| inside(&arrays[array])).collect()
    }

    fn results(&mut self) -> Vec<f64> {
        if self.swept {
            return self.by_sweeps.fields.iter().flatten().map(|&cell| f64::from(cell)).collect();
        }
        self.separately.state().iter().flatten().map(|&cell| f64::from(cell)).collect()
    }
}
