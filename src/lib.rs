//! Walk several [`ndarray`] arrays in lockstep: a drop-in for [`ndarray::azip!`] in hot loops, and stencil windows over
//! several inputs beside several outputs.
//!
//! ```
//! use ndarray::Array2;
//! use ndarray_lockstep::{ArrayInterior, ArrayWindows, azip, simd_azip};
//!
//! let (b, c, d) = (Array2::<f32>::ones((4, 6)), Array2::<f32>::ones((4, 6)), Array2::<f32>::ones((4, 6)));
//! let mut a = Array2::<f32>::zeros((4, 6));
//!
//! // Cell by cell.
//! azip!((w in &mut a, &x in &b, &y in &c, &z in &d) *w += x + y * z);
//! assert_eq!(a[[3, 5]], 2.0);
//!
//! // One step of diffusion: a 3×3 window in, the cell in its centre out.
//! // `simd_azip!` finds the machine's instruction set when it runs.
//! let mut next = a.clone();
//! simd_azip!((cell in next.interior_mut::<3, 3>(), w in a.array_windows::<3, 3>()) {
//!     let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
//!     *cell = w.center() + 0.1 * (around - 4.0 * w.center());
//! });
//! assert_eq!(next, a, "what is level stays level");
//! ```
//!
//! # Why
//!
//! The loops of [`ndarray::Zip`] are functions of their own, and they stay so. Inside a function that is compiled for
//! several instruction sets, by the `multiversion` crate for one, such a loop keeps the baseline instruction set and calls
//! the closure for every cell: 10 to 50 times slower than it could be. Here there are two ways out:
//!
//! - The loops of [`azip!`] and of the methods of [`Zip`] are inlined into the caller: they are the caller's, with the caller's
//!   target features, and are vectorised for them. Outside of such functions they are as fast as ndarray's or a little faster.
//! - The loops of [`simd_azip!`] are functions of this crate, compiled for each instruction set around the closure, of which the
//!   best that the machine has is called: no multiversioned function is needed. As such a function tells the compiler that its
//!   outputs overlap nothing, and walks several rows of windows at a time, it is faster than what one writes by hand.
//!
//! # What there is
//!
//! | | |
//! |---|---|
//! | [`azip!`] | the macro, with the grammar and the meaning of ndarray's |
//! | [`simd_azip!`] | the same, compiled for several instruction sets, of which the machine's best is run |
#![cfg_attr(feature = "rayon", doc = "| [`par_azip!`] | the same on several threads, by rayon |")]
//! | [`Zip`] | the same as methods: `for_each`, `fold`, `fold_while`, `all`, `any`, `map_collect`, `map_assign_into`, `split`, `for_each_row`, `simd_for_each`, `simd_for_each_unordered`, `simd_fold` |
//! | [`simd`] | the levels of instruction sets, and [`dispatch`](simd::dispatch) of any closure to the machine's |
//! | [`ArrayWindows::array_windows`] | K×L windows of a 2-dimensional array, or of each image of a stack, as an operand; their items are [`Window`]s |
//! | [`ArrayWindows3d::array_windows_3d`] | K×L×M windows of a volume; their items are [`Window3d`]s |
//! | [`ArrayInterior`], [`ArrayInterior3d`] | the view of the cells that have a whole window around them: where a stencil writes to |
//! | [`Padded`] | an array with ghost cells around it, for simulations: every cell has a window |
//! | [`stencil_map`] | a filter: a function of the window around each cell, with [`Boundary`] rules for what is beyond the edges |
//! | [`stencil_steps`], [`StencilSteps`] | many time steps in one sweep over memory, for fields that are larger than the cache |
//! | [`ZipIter`] | `for (a, b, c) in zip`: row-major, exact-size, double-ended |
#![cfg_attr(
    feature = "rayon",
    doc = "| [`ParZipIter`] | rayon's parallel iterator over the same items, from `zip.into_par_iter()` |"
)]
//! | [`soundness`] | the inventory of the unsafe code |
//! | [`IntoOperand`] | what may stand in a zip: arrays of any dimension and layout, views, slices, `Vec`, windows, indices; and what else ndarray has |
//!
//! Two-dimensional arrays with unit column stride are what the crate is fast for; every other layout is right, and about as
//! fast as with ndarray.
//!
//! What compiles with ndarray's `azip!` compiles with this one, and means the same
//! ([but for operands whose type is not known at the call](azip!#what-ndarray-takes-this-takes)). Operands that are no arrays of elements
//! (`rows()`, `lanes()`, `axis_iter()`, `exact_chunks()`, ndarray's `windows()`, raw views) are walked by ndarray's own `Zip`, here as there:
//! [`IntoOperand`] has the table.
//!
//! Import [`azip!`] and [`Zip`] by name. Such an import takes precedence over a glob, for example
//! `use ndarray::prelude::*`. Two globs that both hold `azip` are ambiguous: the compiler warns
//! about them now, and will refuse them in a later release. The [`prelude`] has what else programs
//! import. It has no name in common with ndarray, so its glob may stand beside ndarray's.
//!
//! # Guides
//!
//! From ndarray's macro to this one: [`guide::from_azip`]; windows, edges and steps: [`guide::stencils`]; which mode when:
//! [`guide::modes`]; why loops are slow that are not inlined, and how to see it: [`guide::inlining`]; the unsafe code: [`soundness`].
//!
//! # How to be fast
//!
//! - Use [`simd_azip!`], unless rows have a few cells only, or the loop stands in a function that is multiversioned already.
//!   Where a body beside windows uses variables, but changes none, `simd_azip!(unordered (..) ..)` says so.
//! - For many steps of one stencil over fields that are larger than the cache, [`stencil_steps`] takes about half the time of separate
//!   steps. The closure is the one that a step by [`simd_azip!`] has, with arrays for its windows and cells.
//! - Prefer the macros. They mark the closure `#[inline(always)]`, and write the loop for unit strides out. With methods,
//!   `zip.for_each(#[inline(always)] |a, b| ...)` does the first of the two, which matters for closures of several hundred
//!   operations.
//! - Of the iterator, `for_each` and `fold` called on [`ZipIter`] itself are as fast as the methods of [`Zip`]. The adaptors
//!   of the standard library (`map`, `rev`, `sum`) are functions of their own; inside a function with target features they
//!   stay out of line, and are slower there for the reason that ndarray's loops are.
//! - For `azip!`, put the loop inside a `#[multiversion]` function, and list AVX-512 first among its targets, as the first target that
//!   the machine has is taken. Functions that the closure calls should be `#[inline(always)]`: a function that stays out of
//!   line has the instruction set that it was compiled for, not the loop's.
//! - `a * b + c` is never contracted, so results are the same for every instruction set. `mul_add` is fast where the
//!   instruction set has it, and a call of a library function for every cell where it has not.
//!
//! # Why it is sound
//!
//! The unsafe code is a contract with its implementations for pointers (`operand.rs`, `window.rs`,
//! and, made of these, `window/volume.rs` and `steps/inputs.rs`), the leaf loops and kernels that
//! rely on it (`row.rs`) with the calls that hand them what has been checked (`zip.rs`, `iter.rs`),
//! the cells of a [`Window`] and the planes of a [`Window3d`] (`window.rs`, `window/volume.rs`),
//! the calls of functions compiled for more than the baseline (`simd.rs`), the lifetime of a
//! broadcast view (`operand.rs`), three `assume_init`: the results of [`stencil_map`]
//! (`boundary.rs`), and those of `map_collect` and its parallel twin (`collect.rs`), when all are
//! written; and the arrays of these cells before that (`memory.rs`).
//!
//! 1. **What an operand promises.** [`Operand`] leads from an index to a *place* (a pointer, or a number) by a first place
//!    and a stride an axis. An implementation promises that the place of every index inside its shape is in bounds, that
//!    items of different indices may live together, and that strides which claim to be units or to merge do so. The trait
//!    is sealed: [`ArrayView`](ndarray::ArrayView) and [`ArrayViewMut`](ndarray::ArrayViewMut) keep the promise by
//!    ndarray's own invariants, [`Windows`] because a window of K×L cells fits from each of its places, [`Windows3d`] because K such
//!    windows fit behind each other, [`Indices`] because it has no memory, and the inputs of a time step because they are windows and
//!    views of one shape, each of which keeps it. Pointers come from the view's pointer, never from an element.
//! 2. **What a zip checks once.** Every operand has the zip's shape: [`Zip::and`] compares it, [`Zip::and_broadcast`] makes
//!    it so, `map_collect` makes its results in it, and nothing else adds an operand. From there on an index inside the shape is one for
//!    every operand.
//! 3. **Why each leaf stays inside.** Loops run over counts that a plan has computed from that shape with safe
//!    arithmetic, tested against a plain enumeration of all indices. They count cells and never compare pointers, so elements
//!    of size zero are counted like others. No place is computed for a cell that is not visited, so not even a pointer leaves
//!    its array.
//! 4. **Why no two live items alias.** A plan leads to every index once. The cells of a mutable view do not overlap, which
//!    ndarray guarantees, so neither do the `&mut T` made from them. In the loops each is made from the view's pointer, in the
//!    kernels from a slice that borrows a row once, before its first item is made; nothing is borrowed anew while items live, so one
//!    that the closure keeps stays valid. Operands are borrowed for as long as their items live, so that nothing else can reach
//!    the cells.
//! 5. **What a panic does.** A closure that panics ends the walk. The iterator takes a cell out of its state before it makes
//!    the item, so one that is used on after a caught panic goes on behind that cell. Nothing is owned half-way, so nothing
//!    is leaked or dropped twice: results of `map_collect` that own something are a vector's until all are there.
//! 6. **Auto traits.** [`Zip`] and [`Windows`] hold views, and are `Send` and `Sync` where these are. [`ZipIter`] holds
//!    places beside its operands and is `Send` and `Sync` where the operands are. A [`Window`] is what a `&T` is: `Send` and
//!    `Sync` where `T: Sync`, so windows of [`Cell`](core::cell::Cell)s stay on their thread; a [`Window3d`] is made of one.
//! 7. **Instruction sets.** A function with target features is called for a level that a private type vouches for, and that type
//!    is made from what the processor says of itself, or from what the program is compiled for.
//! 8. **Threads.** They change nothing of this, and add no unsafe code but the last `assume_init`: each thread has a part of a
//!    [split](Zip::split), or a band of rows, which has no cell to be written in common with the others (promise 13 on the page of
//!    [`Zip`](Zip#what-a-caller-may-rely-on)). What goes to another thread is `Send` or `Sync` by the bounds of safe functions.
//!
//! The page [`soundness`] lists every unsafe implementation, function and block, with the promise that it rests on and the test that
//! fails without it. What follows for a caller stands on [`Zip`](Zip#what-a-caller-may-rely-on).
//!
//! # Features
//!
//! - `std` (default): turns on ndarray's `std`, and asks the machine for its instruction set. The crate itself is `no_std` and
//!   needs `alloc`, as ndarray does; without `std`, [`simd`] takes the instruction set that the program is compiled for.
//! - `rayon`: walks on several threads, by `par_azip!`, the `par_` methods of [`Zip`], and `into_par_iter`; and time steps by
//!   `par_stencil_steps`. Turns on `std`, and ndarray's `rayon`.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

/// The examples of README.md, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

// Inlining: every function that is given the user's closure is `#[inline(always)]`, or the loop would not be the caller's. So are those that
// are called once a walk or once a cell and have no closure, but not in builds with debug assertions, where `inline(always)` copies them into
// every walk of the user's program without making it faster: 50 calls of `azip!` took 3.8 times as long to compile as ndarray's in a dev build,
// and take 1.2 times as long (`scripts/compile-time.sh`). The hint that is left there is for dev builds that are optimised.

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

/// What the macros and the signatures of public functions name. It is not part of the interface, and
/// may change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::interop::choose::{MacroOperands, choices};
    pub use crate::interop::{AndOperand, IntoIndexedZip, IntoZip};
    pub use crate::operand::{Indices, Operand, Operands, Place, Push, Stride};
    pub use crate::stencil::{Coefficients, Fields, IntoBoundaries, Observed, StepCount, StepFields, StepState};
    pub use crate::window::Tabular;
}

pub use ndarray::FoldWhile;

pub use crate::error::{
    AllocationError, BoundaryError, ColumnStrideError, HaloError, RowError, ShapeError, StencilError,
};
pub use crate::operand::IntoOperand;
pub use crate::stencil::{Boundaries, Boundary, Halo, Padded, Stencil, StencilSteps, observed};
pub use crate::window::{
    ArrayInterior, ArrayInterior3d, ArrayWindows, ArrayWindows3d, Window, Window3d, WindowIter, Windows, Windows3d,
};
#[cfg(feature = "rayon")]
pub use crate::zip::ParZipIter;
pub use crate::zip::{Zip, ZipIter};
