//! Walks several [`ndarray`] arrays in lockstep, that is, element by element with one index: a
//! drop-in for [`ndarray::azip!`] in hot loops, and stencil codes built on it.
//!
//! The loops of [`ndarray::Zip`] do not inline. Inside a function that is compiled for several
//! instruction sets, they still use the baseline (the instruction set of the whole program) and
//! call the closure for every element. The loops here inline into their caller, or are compiled for
//! AVX-512, AVX2 and the baseline and dispatched at run time.
//!
//! # Zip
//!
//! [`simd_azip!`] has the grammar and the results of ndarray's `azip!`:
//!
//! ```
//! use ndarray::Array2;
//! use ndarray_lockstep::simd_azip;
//!
//! let b = Array2::<f32>::ones((4, 6));
//! let c = Array2::<f32>::ones((4, 6));
//! let mut a = Array2::<f32>::zeros((4, 6));
//! simd_azip!((a in &mut a, &b in &b, &c in &c) *a += b + 2.0 * c);
//! assert_eq!(a[[3, 5]], 3.0);
//! ```
//!
//! # Stencil
//!
//! A window is the K×L cells around a cell. A zip can take windows over its inputs, together with
//! the cells of its outputs:
//!
//! ```
//! use ndarray::Array2;
//! use ndarray_lockstep::{ArrayInterior, ArrayWindows, simd_azip};
//!
//! let heat = Array2::<f32>::ones((4, 6));
//! let mut next = heat.clone();
//! simd_azip!((
//!     cell in next.interior_mut::<3, 3>(),
//!     w in heat.array_windows::<3, 3>(),
//! ) {
//!     let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
//!     *cell = w.center() + 0.1 * (around - 4.0 * w.center());
//! });
//! assert_eq!(next, heat);
//! ```
//!
//! # Time steps
//!
//! [`Stencil`] applies boundary rules, filters whole arrays, and fuses many time steps into one
//! sweep over memory:
//!
//! ```
//! use ndarray::Array2;
//! use ndarray_lockstep::{Boundary, Stencil};
//!
//! let mut heat = Array2::<f32>::ones((64, 64));
//! Stencil::<3, 3>::steps(100, &mut heat, Boundary::Edge, |w| {
//!     let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
//!     w.center() + 0.1 * (around - 4.0 * w.center())
//! });
//! assert_eq!(heat[[5, 5]], 1.0);
//! ```
//!
//! # Where to go next
//!
//! | I want to | page |
//! |---|---|
//! | replace `ndarray::azip!` | [`guide::from_azip`]; [`simd_azip!`], [`azip!`] for multiversioned functions |
#![cfg_attr(feature = "rayon", doc = "| use several threads | [`par_azip!`], [`Stencil::par_steps`] |")]
//! | choose between the macros | [`guide::modes`] |
//! | use methods: folds, searches, results, rows, splits | [`Zip`], [`ZipIter`] |
//! | write a stencil | [`guide::stencils`], [`ArrayWindows`] |
//! | handle edges, filter an array, advance a simulation | [`Stencil`], [`Padded`], [`Boundary`] |
//! | dispatch my own function by instruction set | [`simd`] |
//! | see why a loop is slow | [`guide::inlining`] |
//! | know what may be an operand | [`IntoOperand`] |
//! | review the unsafe code | [`guide::soundness`] |
//!
//! Import [`azip!`] and [`Zip`] by name: such an import takes precedence over a glob such as
//! `use ndarray::prelude::*`. The [`prelude`] has everything else that programs usually import.
//!
//! # Features
//!
//! - `std` (default): enables ndarray's `std`, and detects the instruction set at run time. Without
//!   it the crate needs `alloc`, as ndarray does, and [`simd`] uses the instruction set that the
//!   program is compiled for.
//! - `rayon`: several threads. Enables `std`, and ndarray's `rayon`.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

/// The examples of README.md, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

// Inlining: every function that takes the user's closure is `#[inline(always)]`; otherwise the loop
// would not become part of the caller. Small functions without a closure have
// `cfg_attr(not(debug_assertions), inline(always))`. In dev builds, `inline(always)` would copy
// them into every walk of the user's program without making it faster: 50 calls of `azip!` took 3.8
// times as long to compile as ndarray's, and now take 1.2 times as long
// (`scripts/compile-time.sh`). Functions called per cell have the hint `inline` in dev builds,
// which helps those with `opt-level = 1` (`benches/dev_builds.rs`).

#[macro_use]
mod macros;
#[cfg(test)]
mod checking;
mod clock;
mod copy;
mod error;
pub mod guide;
mod interop;
mod kernel;
mod memory;
mod operand;
#[cfg(feature = "rayon")]
mod pool;
pub mod prelude;
pub mod simd;
mod stencil;
mod window;
mod zip;

/// The programs that must not compile.
#[cfg(doctest)]
#[doc = include_str!("docs/compile_fail.md")]
struct CompileFail;

/// The programs with several threads that must not compile.
#[cfg(all(doctest, feature = "rayon"))]
#[doc = include_str!("docs/compile_fail_parallel.md")]
struct CompileFailParallel;

/// The items that the macros and the signatures of public functions name. They are not part of the
/// interface, and may change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::interop::choose::{MacroOperand, MacroOperands, choices, first_operand, operand, orders};
    pub use crate::interop::{AndOperand, IntoIndexedZip, IntoZip};
    pub use crate::operand::{Indices, Operand, Operands, Place, Push, Stride};
    pub use crate::stencil::{Coefficients, Fields, IntoBoundaries, Observed, StepCount, StepFields, StepState};
}

pub use ndarray::FoldWhile;

pub use crate::error::{
    AllocationError, BoundaryError, ColumnStrideError, HaloError, RowError, ShapeError, StencilError,
};
pub use crate::operand::IntoOperand;
pub use crate::stencil::{Boundaries, Boundary, Halo, Padded, Stencil, StencilSteps, observed};
pub use crate::window::{
    ArrayInterior, ArrayWindows, HasWindows, Size2, Size3, Window, Window3d, WindowIter, WindowSize, Windows,
};
#[cfg(feature = "rayon")]
pub use crate::zip::ParZipIter;
pub use crate::zip::{Zip, ZipIter};
