//! Many time steps of a stencil in one sweep over memory.
//!
//! [`stencil_steps`] gives the same cells (promise 12 of [`Zip`]) as separate walks over windows
//! that fill the boundary before each step. It is faster for fields that are larger than the cache:
//! it advances rows that are in the cache by up to 16 steps before it reads others from memory.
//! [`StencilSteps`] is the same as a value that keeps its memory between calls. The feature `rayon`
//! adds `par_stencil_steps` and `StencilSteps::par_run`, which run on several threads.
//!
//! # Design
//!
//! Safe code, but for the operand that `inputs.rs` makes of several windows. `wave.rs` says which rows of which level are computed next and
//! where they lie; this module moves the cells, fills ghost cells, and hands blocks of rows to [`Zip`]. A sweep goes over a *band*:
//! all rows, or those of one thread. Beyond the band's ends there is a boundary, or there are rows that belong to others: those have been
//! copied before, and the band computes what it needs of them by itself, fewer rows from level to level.
//!
//! There were two ways to hold the time levels between the first and the last: two full arrays in turns, or a short buffer of rows for all
//! of them, the last level being written back in place. The second is here. On a Zen 4 core, f32 Gray–Scott, ns a cell and
//! step, for 8192×8296, 2050×4162 and 8192×8194 cells: two arrays and 16 levels 0.70, 0.70 and 1.0 of the time of separate steps (measured
//! with a prototype), the buffer 0.51, 0.53 and 0.47 (`cargo bench --bench steps`). A buffer for each level, with its rows
//! moved up after each block, gave 0.65: a fifth of the time went into the moving, which is why the levels share one buffer. Strips of
//! columns that fit into the second level of the cache made it slower (0.75): the kernels ran no faster in it.
//!
//! Where all cells fit into the cache, or a rule does not fit a wave (rows that wrap around at one end alone, fewer rows than a window
//! has), steps are done one by one in two padded copies.

mod inputs;
mod wave;

use alloc::vec::Vec;
use core::fmt;
use core::ops::{ControlFlow, Range};

use ndarray::{ArrayBase, ArrayView1, ArrayView2, ArrayViewMut2, Axis, Data, DataMut, Ix2, Slice};

use crate::boundary::{Boundaries, Boundary, Halo, Source, cells_before_a_line};
use crate::clock::{Clock, PlatformClock, WORTH_A_POOL};
use crate::layout;
use crate::memory::{self, AllocationError, Purpose, or_refuse};
use crate::operand::{Operand, sealed::Sealed};
use crate::window::{Window, Windows, assert_stencil_size};
use crate::zip::Zip;
use inputs::Inputs;
use wave::{End, Rows, Wave};

/// The bytes that the rows in use of all time levels may have: what one core may take of the last level of the cache.
// 16 levels of two fields of 8296 `f32` are 6.4 MiB. Fewer levels lose little: 8 are 0.56 of separate steps, 16 are 0.51.
const WAVE_BYTES: usize = 8 << 20;

/// The bytes up to which two copies of all fields are near enough in the caches: a wave gains little or nothing then.
const CACHE_BYTES: usize = 4 << 20;

/// The bytes of a block of rows of one field: 2 µs of work or more.
const BLOCK_BYTES: usize = 1 << 15;

/// More levels than these gain nothing: `cargo bench --bench steps -- depth`.
const MOST_LEVELS: usize = 16;

/// Advances `state` by a number of time steps, and returns how many these are.
///
/// A time step calls `kernel` for every cell, with K×L windows over all fields before the step, and
/// with the cell of each field to be written. A cell holds what it held before the step, the
/// [centre](Window::center) of its window, so one that the kernel does not write stays as it is.
/// All fields have one shape, and every cell has a whole window: `boundary` says what is seen
/// beyond the edges. The result is that of as many separate steps, whatever the shape and the
/// number of steps, and is in `state`: bit for bit, except where Rust leaves bits open: the sign
/// and payload of a NaN, and the sign of a zero from `min` or `max`.
///
/// - `steps` is a number, or a number with a function that is called every so many steps and can end the run: [`observed`].
/// - `boundary` is one [`Boundary`] or [`Boundaries`] for all fields, or an array with one a field: [`IntoBoundaries`].
/// - `state` are arrays or views of one type: `[&mut a.view_mut(), &mut b]` where they differ.
/// - `kernel` is called in any order, and for some cells more than once. Mark it as below: it has to be inlined into loops that are compiled for
///   each [instruction set](crate::simd).
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{Boundary, stencil_steps};
///
/// // Ten steps of the Gray–Scott reaction–diffusion system.
/// let (mut u, mut v) = (Array2::<f32>::ones((64, 96)), Array2::zeros((64, 96)));
/// v[[32, 48]] = 1.0;
/// stencil_steps::<3, 3, 2, f32, _>(
///     10,
///     [&mut u, &mut v],
///     [Boundary::Constant(1.0), Boundary::Constant(0.0)],
///     #[inline(always)]
///     |[u, v], [next_u, next_v]| {
///         let (u0, v0) = (u.center(), v.center());
///         let spread_u = u.at(-1, 0) + u.at(1, 0) + u.at(0, -1) + u.at(0, 1) - 4.0 * u0;
///         let spread_v = v.at(-1, 0) + v.at(1, 0) + v.at(0, -1) + v.at(0, 1) - 4.0 * v0;
///         *next_u = u0 + 0.2 * spread_u - u0 * v0 * v0 + 0.014 * (1.0 - u0);
///         *next_v = v0 + 0.1 * spread_v + u0 * v0 * v0 - 0.068 * v0;
///     },
/// );
/// assert!(v[[32, 58]] > 0.0);
/// assert_eq!(v[[32, 59]], 0.0, "farther than ten cells nothing has come");
/// ```
///
/// # Memory
///
/// Some rows of every field, 198 for 16 levels and 3×3 windows over long rows, or two padded copies of the fields where they fit into a
/// cache: see [`StencilSteps`](StencilSteps#memory), which keeps it for the next call.
///
/// # Panics
///
/// In the caller's line, if the fields differ in shape, or if there is no memory for the rows in
/// use. [`StencilSteps::try_run`] returns the error instead. If `kernel` panics, the panic comes
/// through, and the cells of `state` are of various steps.
#[track_caller]
pub fn stencil_steps<const K: usize, const L: usize, const N: usize, T, F>(
    steps: impl StepCount<T, N>,
    state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
    boundary: impl IntoBoundaries<T, N>,
    kernel: F,
) -> usize
where
    T: Copy,
    F: Fn([Window<'_, T, K, L>; N], [&mut T; N]),
    Fields<N>: StepFields<N>,
{
    // Here too, so that the compiler's message has the caller's line.
    const { assert_stencil_size(K, L) };
    StencilSteps::new(boundary).run(steps, state, kernel)
}

/// [`stencil_steps`] with coefficients: `M` arrays of the fields' shape that no step changes, of which `kernel` gets the cell beside each
/// window.
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{Boundary, stencil_steps_with};
///
/// // Heat in a plate that conducts well on its right half.
/// let mut heat = Array2::<f64>::zeros((8, 8));
/// heat[[4, 3]] = 1.0;
/// let conducts = Array2::from_shape_fn((8, 8), |(_, j)| if j < 4 { 0.05 } else { 0.2 });
/// stencil_steps_with::<3, 3, 1, 1, _, _, _>(
///     20,
///     [&mut heat],
///     [&conducts],
///     Boundary::Edge,
///     #[inline(always)]
///     |[w], [&speed], [next]| {
///         let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
///         *next = w.center() + speed * (around - 4.0 * w.center());
///     },
/// );
/// assert!(heat[[4, 6]] > heat[[4, 0]]);
/// ```
///
/// All have one type of cells; an `Array2<(f64, bool)>` holds a number and a mask.
///
/// # Panics
///
/// As [`stencil_steps`]; and in the caller's line, if a coefficient has another shape than the fields.
/// [`StencilSteps::try_run_with`] returns the error instead.
#[track_caller]
pub fn stencil_steps_with<const K: usize, const L: usize, const N: usize, const M: usize, T, C, F>(
    steps: impl StepCount<T, N>,
    state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
    coefficients: [&ArrayBase<impl Data<Elem = C>, Ix2>; M],
    boundary: impl IntoBoundaries<T, N>,
    kernel: F,
) -> usize
where
    T: Copy,
    F: Fn([Window<'_, T, K, L>; N], [&C; M], [&mut T; N]),
    Fields<N>: StepFields<N>,
{
    // Here too, so that the compiler's message has the caller's line.
    const { assert_stencil_size(K, L) };
    StencilSteps::new(boundary).run_with(steps, state, coefficients, kernel)
}

/// [`stencil_steps`] by the threads of rayon's current pool. The cells are the same, whatever the
/// number of threads.
///
/// Each thread sweeps over a band of rows. Before each sweep it copies the rows beyond its band
/// that its windows reach in all steps of the sweep, and computes these anew as far as it needs
/// them. Fields of fewer than 32768 cells stay in the calling thread, unless one of their steps
/// takes longer than the pool needs to wake up. On platforms without a clock, such as
/// `wasm32-unknown-unknown`, they always stay there.
///
/// # Panics
///
/// As [`stencil_steps`].
#[cfg(feature = "rayon")]
#[track_caller]
pub fn par_stencil_steps<const K: usize, const L: usize, const N: usize, T, F>(
    steps: impl StepCount<T, N>,
    state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
    boundary: impl IntoBoundaries<T, N>,
    kernel: F,
) -> usize
where
    T: Copy + Send + Sync,
    F: Fn([Window<'_, T, K, L>; N], [&mut T; N]) + Sync,
    Fields<N>: StepFields<N>,
{
    // Here too, so that the compiler's message has the caller's line.
    const { assert_stencil_size(K, L) };
    StencilSteps::new(boundary).par_run(steps, state, kernel)
}

/// [`stencil_steps_with`] by the threads of rayon's current pool: see [`par_stencil_steps`].
///
/// # Panics
///
/// As [`stencil_steps_with`].
#[cfg(feature = "rayon")]
#[track_caller]
pub fn par_stencil_steps_with<const K: usize, const L: usize, const N: usize, const M: usize, T, C, F>(
    steps: impl StepCount<T, N>,
    state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
    coefficients: [&ArrayBase<impl Data<Elem = C>, Ix2>; M],
    boundary: impl IntoBoundaries<T, N>,
    kernel: F,
) -> usize
where
    T: Copy + Send + Sync,
    C: Sync,
    F: Fn([Window<'_, T, K, L>; N], [&C; M], [&mut T; N]) + Sync,
    Fields<N>: StepFields<N>,
{
    // Here too, so that the compiler's message has the caller's line.
    const { assert_stencil_size(K, L) };
    StencilSteps::new(boundary).par_run_with(steps, state, coefficients, kernel)
}

/// The boundaries of `N` fields: the same for all, or an array with those of each.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no boundaries of {N} fields of `{T}`",
    note = "a `Boundary` or `Boundaries` of that type is for all fields, an array of as many for each"
)]
pub trait IntoBoundaries<T, const N: usize> {
    /// The boundaries of each field.
    fn into_boundaries(self) -> [Boundaries<T>; N];
}

impl<T: Clone, const N: usize> IntoBoundaries<T, N> for Boundary<T> {
    fn into_boundaries(self) -> [Boundaries<T>; N] {
        Boundaries::all(self).into_boundaries()
    }
}

impl<T: Clone, const N: usize> IntoBoundaries<T, N> for Boundaries<T> {
    fn into_boundaries(self) -> [Boundaries<T>; N] {
        core::array::from_fn(|_| self.clone())
    }
}

impl<T: Clone, const N: usize> IntoBoundaries<T, N> for [Boundary<T>; N] {
    fn into_boundaries(self) -> [Boundaries<T>; N] {
        self.map(Boundaries::all)
    }
}

impl<T, const N: usize> IntoBoundaries<T, N> for [Boundaries<T>; N] {
    fn into_boundaries(self) -> [Boundaries<T>; N] {
        self
    }
}

/// The number of time steps of a run: a `usize`, or [`Observed`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number of time steps",
    note = "a `usize` is, and what `observed` makes of one"
)]
pub trait StepCount<T, const N: usize>: Sealed {
    /// The number of steps.
    #[doc(hidden)]
    fn steps(&self) -> usize;

    /// The number of steps after which to look at the state.
    #[doc(hidden)]
    fn every(&self) -> usize;

    /// Looks at the state after `done` steps.
    #[doc(hidden)]
    fn observe(&mut self, done: usize, state: [ArrayView2<'_, T>; N]) -> ControlFlow<()>;
}

impl Sealed for usize {}

impl<T, const N: usize> StepCount<T, N> for usize {
    fn steps(&self) -> usize {
        *self
    }

    fn every(&self) -> usize {
        *self
    }

    fn observe(&mut self, _done: usize, _state: [ArrayView2<'_, T>; N]) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// A number of time steps, with a function that looks at the state on the way: see [`observed`].
#[derive(Clone, Debug)]
pub struct Observed<P> {
    steps: usize,
    every: usize,
    observe: P,
}

/// `steps` time steps. After every `every` of them, and after the last one, `observe` is called with the number of steps done and the
/// fields, to draw a progress bar or a picture; [`ControlFlow::Break`] ends the run. Where there are no steps it is not called.
///
/// A sweep over memory ends where the state is looked at, so an `every` below the depth of sweeps, 16 at most, costs speed.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use ndarray::{Array2, ArrayView2};
/// use ndarray_lockstep::{Boundary, observed, stencil_steps};
///
/// let mut heat = Array2::<f64>::zeros((16, 16));
/// heat[[8, 8]] = 1.0;
/// let until_it_is_flat = observed(1000, 20, |done, [heat]: [ArrayView2<'_, f64>; 1]| {
///     println!("{done} steps: {:.3}", heat[[8, 8]]);
///     if heat[[8, 8]] < 0.01 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// });
/// let done = stencil_steps::<3, 3, 1, f64, _>(until_it_is_flat, [&mut heat], Boundary::Wrap, |[w], [next]| {
///     *next = w.center() + 0.2 * (w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1) - 4.0 * w.center());
/// });
/// assert_eq!(done, 40);
/// ```
///
/// # Panics
///
/// If `every` is 0.
#[track_caller]
pub fn observed<T, const N: usize, P>(steps: usize, every: usize, observe: P) -> Observed<P>
where
    P: FnMut(usize, [ArrayView2<'_, T>; N]) -> ControlFlow<()>,
{
    assert!(every > 0, "the state can be looked at every step or less often: `every` is 0");
    Observed { steps, every, observe }
}

impl<P> Sealed for Observed<P> {}

impl<T, const N: usize, P> StepCount<T, N> for Observed<P>
where
    P: FnMut(usize, [ArrayView2<'_, T>; N]) -> ControlFlow<()>,
{
    fn steps(&self) -> usize {
        self.steps
    }

    fn every(&self) -> usize {
        self.every
    }

    fn observe(&mut self, done: usize, state: [ArrayView2<'_, T>; N]) -> ControlFlow<()> {
        (self.observe)(done, state)
    }
}

/// `N` fields, as a type: those that [`StepFields`] is implemented for can be stepped.
#[derive(Clone, Copy, Debug)]
pub struct Fields<const N: usize>;

impl<const N: usize> Sealed for Fields<N> {}

/// Numbers of fields that can be stepped together: 1 to 9.
// An output tells the compiler that nothing else leads to its cells by being a parameter of its own, so each number has its own loops.
#[diagnostic::on_unimplemented(
    message = "{N} fields cannot be stepped together",
    label = "between 1 and 9 fields can",
    note = "fields that no step changes are coefficients: `stencil_steps_with`"
)]
pub trait StepFields<const N: usize>: Sealed {
    /// Calls `kernel` for every cell.
    #[doc(hidden)]
    fn step<T, C, const K: usize, const L: usize, const M: usize, F>(
        outputs: [ArrayViewMut2<'_, T>; N],
        inputs: Inputs<'_, T, C, K, L, N, M>,
        kernel: &F,
    ) where
        T: Copy,
        F: Fn([Window<'_, T, K, L>; N], [&C; M], [&mut T; N]);
}

/// Numbers of fields, one a line: a binding and a number for each field.
macro_rules! step_fields {
    ($($N:literal [$first:ident 0 $(, $more:ident $n:literal)*])+) => {$(
        impl StepFields<$N> for Fields<$N> {
            // Called once a block of rows, from several places: the kernels' only caller.
            #[inline(never)]
            fn step<T, C, const K: usize, const L: usize, const M: usize, F>(
                [$first $(, $more)*]: [ArrayViewMut2<'_, T>; $N],
                inputs: Inputs<'_, T, C, K, L, $N, M>,
                kernel: &F,
            ) where
                T: Copy,
                F: Fn([Window<'_, T, K, L>; $N], [&C; M], [&mut T; $N]),
            {
                Zip::from($first)$(.and($more))*.and(inputs).simd_for_each_unordered(
                    #[inline(always)]
                    |$first $(, $more)*, (windows, coefficients)| {
                        // Not a loop, for the reason that `each_row` is none. Where the kernel writes the cell, nothing is left of it.
                        *$first = *windows[0].center();
                        $(*$more = *windows[$n].center();)*
                        kernel(windows, coefficients, [$first $(, $more)*]);
                    },
                );
            }
        }
    )+};
}

step_fields! {
    1 [a 0]
    2 [a 0, b 1]
    3 [a 0, b 1, c 2]
    4 [a 0, b 1, c 2, d 3]
    5 [a 0, b 1, c 2, d 3, e 4]
    6 [a 0, b 1, c 2, d 3, e 4, f 5]
    7 [a 0, b 1, c 2, d 3, e 4, f 5, g 6]
    8 [a 0, b 1, c 2, d 3, e 4, f 5, g 6, h 7]
    9 [a 0, b 1, c 2, d 3, e 4, f 5, g 6, h 7, i 8]
}

/// Time steps cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepsError {
    /// A field has another shape than the first one.
    FieldShape {
        /// The number of the field: 2 for the second one.
        field: usize,
        /// Its shape.
        shape: (usize, usize),
        /// The shape of the first field.
        expected: (usize, usize),
    },
    /// A coefficient has another shape than the fields.
    CoefficientShape {
        /// The number of the coefficient: 1 for the first one.
        coefficient: usize,
        /// Its shape.
        shape: (usize, usize),
        /// The shape of the fields.
        expected: (usize, usize),
    },
    /// There is no memory for the rows in use.
    Allocation(AllocationError),
}

impl fmt::Display for StepsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepsError::FieldShape { field, shape, expected } => {
                write!(
                    f,
                    "field {field} has shape {shape:?}, and the first one {expected:?}: all fields have one shape"
                )
            }
            StepsError::CoefficientShape { coefficient, shape, expected } => {
                write!(
                    f,
                    "coefficient {coefficient} has shape {shape:?}, and the fields {expected:?}: coefficients have the fields' shape"
                )
            }
            StepsError::Allocation(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for StepsError {}

impl From<AllocationError> for StepsError {
    fn from(error: AllocationError) -> Self {
        StepsError::Allocation(error)
    }
}

/// [`stencil_steps`] as a value that keeps its memory between calls, and whose depth can be set.
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{Boundary, StencilSteps};
///
/// let mut heat = Array2::<f64>::zeros((16, 16));
/// heat[[8, 8]] = 1.0;
/// let mut steps = StencilSteps::<3, 3, 1, f64>::new(Boundary::Edge).depth(8);
/// for _ in 0..3 {
///     steps.run(100, [&mut heat], |[w], [next]| {
///         *next = w.center() + 0.2 * (w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1) - 4.0 * w.center());
///     });
///     println!("{:.4}", heat[[8, 8]]);
/// }
/// assert!((heat.sum() - 1.0).abs() < 1e-12, "no heat is lost");
/// ```
///
/// # Memory
///
/// For `T` levels in blocks of `B` rows (4, and up to 32 where rows have less than 8 KiB) and K×L windows, each thread has a buffer of
/// `T * (2 * B + K + K / 2) + B + K` rows of every field at most, and `T * K` rows from beside its band. Fields of which two copies fit into 4 MiB,
/// and those that a wave does not fit (fewer rows than four windows, or rows that wrap around at one end only or in some
/// fields only), are copied twice instead. A value keeps the memory of its largest run until it is dropped.
///
/// All of it is allocated before the first step. Without it, `run` panics, and
/// [`try_run`](Self::try_run) returns an error; the fields are as they were then.
///
/// A window has at most 65536 cells: `K * L` above that does not compile.
pub struct StencilSteps<const K: usize, const L: usize, const N: usize, T> {
    boundaries: [Boundaries<T>; N],
    depth: Option<usize>,
    /// The memory of each band.
    memory: Vec<Memory<T>>,
}

/// Cells that are overwritten before they are read.
#[derive(Debug)]
struct Memory<T> {
    /// The time levels.
    levels: Vec<T>,
    /// The rows above and below a band.
    above: Vec<T>,
    below: Vec<T>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Memory { levels: Vec::new(), above: Vec::new(), below: Vec::new() }
    }
}

impl<T: fmt::Debug, const K: usize, const L: usize, const N: usize> fmt::Debug for StencilSteps<K, L, N, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StencilSteps")
            .field("window", &[K, L])
            .field("boundaries", &self.boundaries)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

impl<T: Copy, const K: usize, const L: usize, const N: usize> StencilSteps<K, L, N, T>
where
    Fields<N>: StepFields<N>,
{
    /// Time steps over fields with these boundaries.
    pub fn new(boundary: impl IntoBoundaries<T, N>) -> Self {
        const { assert_stencil_size(K, L) };
        StencilSteps { boundaries: boundary.into_boundaries(), depth: None, memory: Vec::new() }
    }

    /// Sets how many steps a sweep does at most. Without it, as many as have room in 8 MiB of the cache, or in less where more than two
    /// threads share it, and at most 16; with threads, no more than add an eighth to the work.
    ///
    /// The result does not depend on it. 1 is for comparison: each step goes to memory. A sweep
    /// does fewer steps than this where the rows in use would take more than 8 MiB and more than
    /// the fields themselves.
    ///
    /// # Panics
    ///
    /// If `steps` is 0.
    #[must_use]
    #[track_caller]
    pub fn depth(mut self, steps: usize) -> Self {
        assert!(steps > 0, "a sweep does at least one step: the depth is 0");
        self.depth = Some(steps);
        self
    }

    /// Advances `state`: see [`stencil_steps`].
    ///
    /// # Panics
    ///
    /// As [`stencil_steps`]. [`try_run`](Self::try_run) returns the error instead.
    #[track_caller]
    pub fn run<F>(
        &mut self,
        steps: impl StepCount<T, N>,
        state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
        kernel: F,
    ) -> usize
    where
        F: Fn([Window<'_, T, K, L>; N], [&mut T; N]),
    {
        or_refuse(self.try_run(steps, state, kernel))
    }

    /// [`run`](Self::run) with an error for a panic.
    ///
    /// # Errors
    ///
    /// If the fields differ in shape, or if there is no memory for the rows in use; `state` is as
    /// it was then.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_lockstep::{Boundary, StencilSteps, StepsError};
    ///
    /// let (mut u, mut v) = (Array2::<f32>::zeros((4, 5)), Array2::zeros((4, 6)));
    /// let mut steps = StencilSteps::<3, 3, 2, f32>::new(Boundary::Edge);
    /// let refused = steps.try_run(10, [&mut u, &mut v], |_, _| ());
    /// assert!(matches!(refused, Err(StepsError::FieldShape { field: 2, .. })));
    /// ```
    pub fn try_run<F>(
        &mut self,
        steps: impl StepCount<T, N>,
        state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
        kernel: F,
    ) -> Result<usize, StepsError>
    where
        F: Fn([Window<'_, T, K, L>; N], [&mut T; N]),
    {
        self.try_run_with(steps, state, NO_COEFFICIENTS, without_coefficients(kernel))
    }

    /// Advances `state` with coefficients: see [`stencil_steps_with`].
    ///
    /// # Panics
    ///
    /// As [`stencil_steps_with`]. [`try_run_with`](Self::try_run_with) returns the error instead.
    #[track_caller]
    pub fn run_with<const M: usize, C, F>(
        &mut self,
        steps: impl StepCount<T, N>,
        state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
        coefficients: [&ArrayBase<impl Data<Elem = C>, Ix2>; M],
        kernel: F,
    ) -> usize
    where
        F: Fn([Window<'_, T, K, L>; N], [&C; M], [&mut T; N]),
    {
        or_refuse(self.try_run_with(steps, state, coefficients, kernel))
    }

    /// [`run_with`](Self::run_with) with an error for a panic.
    ///
    /// # Errors
    ///
    /// As [`try_run`](Self::try_run); and if a coefficient has another shape than the fields.
    pub fn try_run_with<const M: usize, C, F>(
        &mut self,
        steps: impl StepCount<T, N>,
        state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
        coefficients: [&ArrayBase<impl Data<Elem = C>, Ix2>; M],
        kernel: F,
    ) -> Result<usize, StepsError>
    where
        F: Fn([Window<'_, T, K, L>; N], [&C; M], [&mut T; N]),
    {
        self.advance(
            1,
            steps,
            state.map(|field| field.view_mut()),
            coefficients.map(|cells| cells.view()),
            &kernel,
            |step, jobs| {
                jobs.into_iter().for_each(|job| step.do_job(job));
            },
        )
    }

    /// Advances `state` by the threads of rayon's current pool: see [`par_stencil_steps`].
    ///
    /// # Panics
    ///
    /// As [`stencil_steps`]. [`try_par_run`](Self::try_par_run) returns the error instead.
    #[cfg(feature = "rayon")]
    #[track_caller]
    pub fn par_run<F>(
        &mut self,
        steps: impl StepCount<T, N>,
        state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
        kernel: F,
    ) -> usize
    where
        T: Send + Sync,
        F: Fn([Window<'_, T, K, L>; N], [&mut T; N]) + Sync,
    {
        or_refuse(self.try_par_run(steps, state, kernel))
    }

    /// [`par_run`](Self::par_run) with an error for a panic.
    ///
    /// # Errors
    ///
    /// As [`try_run`](Self::try_run).
    #[cfg(feature = "rayon")]
    pub fn try_par_run<F>(
        &mut self,
        steps: impl StepCount<T, N>,
        state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
        kernel: F,
    ) -> Result<usize, StepsError>
    where
        T: Send + Sync,
        F: Fn([Window<'_, T, K, L>; N], [&mut T; N]) + Sync,
    {
        self.try_par_run_with(steps, state, NO_COEFFICIENTS, without_coefficients(kernel))
    }

    /// Advances `state` with coefficients, by the threads of rayon's current pool: see [`par_stencil_steps_with`].
    ///
    /// # Panics
    ///
    /// As [`stencil_steps_with`]. [`try_par_run_with`](Self::try_par_run_with) returns the error
    /// instead.
    #[cfg(feature = "rayon")]
    #[track_caller]
    pub fn par_run_with<const M: usize, C, F>(
        &mut self,
        steps: impl StepCount<T, N>,
        state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
        coefficients: [&ArrayBase<impl Data<Elem = C>, Ix2>; M],
        kernel: F,
    ) -> usize
    where
        T: Send + Sync,
        C: Sync,
        F: Fn([Window<'_, T, K, L>; N], [&C; M], [&mut T; N]) + Sync,
    {
        or_refuse(self.try_par_run_with(steps, state, coefficients, kernel))
    }

    /// [`par_run_with`](Self::par_run_with) with an error for a panic.
    ///
    /// # Errors
    ///
    /// As [`try_run_with`](Self::try_run_with).
    #[cfg(feature = "rayon")]
    pub fn try_par_run_with<const M: usize, C, F>(
        &mut self,
        steps: impl StepCount<T, N>,
        state: [&mut ArrayBase<impl DataMut<Elem = T>, Ix2>; N],
        coefficients: [&ArrayBase<impl Data<Elem = C>, Ix2>; M],
        kernel: F,
    ) -> Result<usize, StepsError>
    where
        T: Send + Sync,
        C: Sync,
        F: Fn([Window<'_, T, K, L>; N], [&C; M], [&mut T; N]) + Sync,
    {
        let threads = rayon::current_num_threads();
        let coefficients = coefficients.map(|cells| cells.view());
        self.advance(threads, steps, state.map(|field| field.view_mut()), coefficients, &kernel, |step, mut jobs| {
            let own = jobs.pop();
            let do_own = || own.into_iter().for_each(|job| step.do_job(job));
            if jobs.is_empty() {
                // The pool would wake up a thread of its own for it.
                return do_own();
            }
            rayon::scope(|scope| {
                jobs.into_iter().for_each(|job| scope.spawn(move |_| step.do_job(job)));
                do_own();
            });
        })
    }

    /// Advances `state`, in at most `threads` bands; `do_all` does the jobs of a sweep.
    fn advance<const M: usize, C, F>(
        &mut self,
        threads: usize,
        steps: impl StepCount<T, N>,
        state: [ArrayViewMut2<'_, T>; N],
        coefficients: [ArrayView2<'_, C>; M],
        kernel: &F,
        do_all: impl Fn(&Step<'_, T, C, F, K, L, N, M>, Vec<Job<'_, T, C, K, L, N, M>>),
    ) -> Result<usize, StepsError>
    where
        F: Fn([Window<'_, T, K, L>; N], [&C; M], [&mut T; N]),
    {
        let dim = state[0].dim();
        if let Some(n) = state.iter().position(|field| field.dim() != dim) {
            return Err(StepsError::FieldShape { field: n + 1, shape: state[n].dim(), expected: dim });
        }
        if let Some(m) = coefficients.iter().position(|cells| cells.dim() != dim) {
            let shape = coefficients[m].dim();
            return Err(StepsError::CoefficientShape { coefficient: m + 1, shape, expected: dim });
        }
        if dim.0 == 0 || dim.1 == 0 {
            return Ok(by_stretches(steps, state, |_, _| ()));
        }
        // Short rows in larger blocks: there is some work for each block beside its cells.
        let row_bytes = dim.1.saturating_mul(size_of::<T>().max(1));
        let block = (BLOCK_BYTES / row_bytes).next_power_of_two().clamp(4, 32);
        let columns = Columns::new::<K, L>(&self.boundaries, dim.1, block);
        let longest = steps.every().min(steps.steps());
        let way = self.way(dim, columns.stride, block, longest, threads);
        let wraps = self.wraps();
        make_room::<T, K, L, N>(&mut self.memory, way, dim.1, wraps)?;
        let step = Step { columns: &columns, boundaries: &self.boundaries, rows: dim.0, coefficients, kernel };
        let memory = &mut self.memory;
        Ok(by_stretches(steps, state, |stretch, mut state| match way {
            Way::OneByOne { bands, bands_if_slow, pages } => {
                step.one_by_one(stretch, (bands, bands_if_slow), pages, state, &mut memory[0].levels, &do_all);
            }
            Way::Waves { bands, levels, size } => {
                let mut left = stretch;
                while left > 0 {
                    let levels = levels.min(left);
                    let state = state.each_mut().map(|field| field.view_mut());
                    step.sweeps(bands, (levels, block), size, state, memory, &do_all);
                    left -= levels;
                }
            }
        }))
    }

    /// Whether rows wrap around at both ends: all fields do where one does in [`Way::Waves`].
    fn wraps(&self) -> bool {
        matches!(self.boundaries[0].top, Boundary::Wrap)
    }

    /// How to do the steps of fields of this shape, `longest` of them at most before somebody looks. Rows lie `stride` cells apart in buffers.
    fn way(&self, (rows, cols): (usize, usize), stride: usize, block: usize, longest: usize, threads: usize) -> Way {
        let halo = Halo::of_window::<K, L>();
        let row_bytes = stride.saturating_mul(N * size_of::<T>());
        // Small fields are done before another thread wakes up.
        let is_for_one = self.depth.is_none() && rows.saturating_mul(cols) < CELLS_A_BAND;
        let bands = if is_for_one { 1 } else { threads.min(rows / (4 * K)).max(1) };
        let wraps = |boundary: &Boundary<T>| matches!(boundary, Boundary::Wrap);
        let fits = rows >= 4 * K && self.boundaries.iter().all(|sides| wraps(&sides.top) == wraps(&sides.bottom));
        let same = self.boundaries.iter().all(|sides| wraps(&sides.top) == self.wraps());
        let is_small = rows.saturating_mul(row_bytes).saturating_mul(2) <= CACHE_BYTES && bands == 1;
        if !fits || !same || (is_small && self.depth.is_none()) {
            let bands_if_slow = if is_for_one { threads.min(rows / K).max(1) } else { bands };
            let pages = Pages::new::<T, K, N>((rows + (K - 1)).saturating_mul(stride), stride, halo.top);
            return Way::OneByOne { bands, bands_if_slow, pages };
        }
        let in_use = Wave::in_use(1, block, halo.top, halo.bottom).saturating_mul(row_bytes);
        // Two cores have been seen to take that much each beside one another; more of them share a cache.
        let bytes = if bands > 2 { (2 * WAVE_BYTES / bands).max(1 << 20) } else { WAVE_BYTES };
        let mut levels = (bytes / in_use.max(1)).clamp(1, MOST_LEVELS);
        if bands > 1 || self.wraps() {
            // The rows that two bands compute are a triangle, as high as there are levels.
            levels = levels.min(rows / bands / (4 * K)).max(1);
        }
        if let Some(depth) = self.depth {
            // More memory than the fields have is too much, unless it is little.
            let fields = rows.saturating_mul(cols).saturating_mul(N * size_of::<T>());
            let bytes = (fields.max(WAVE_BYTES) / bands).max(1 << 20);
            let level = Wave::rows_a_level(block, halo.top, halo.bottom).saturating_mul(row_bytes.max(1));
            levels = depth.min(rows).min(bytes / level);
        }
        if bands > 1 || self.wraps() {
            // What a band needs of others lies in the next one, and not beyond the edge of the fields.
            levels = levels.min(rows / bands / halo.top.max(halo.bottom).max(1));
        }
        levels = levels.min(longest).max(1);
        // The last sweep may have fewer levels, and leaves some of this unused.
        let capacity = Wave::capacity(levels, block, halo.top, halo.bottom).saturating_mul(stride);
        let size = plane_size::<T, K, N>(capacity, stride, &[rows_before(block, stride)]);
        Way::Waves { bands, levels, size }
    }
}

/// Fields of fewer cells than these are done by one thread: `cargo bench --bench steps -- threads`.
const CELLS_A_BAND: usize = 1 << 15;

/// Allocates all memory for steps of rows of `cols` cells, which wrap around or not. The thread of
/// each band writes it first.
fn make_room<T, const K: usize, const L: usize, const N: usize>(
    memory: &mut Vec<Memory<T>>,
    way: Way,
    cols: usize,
    wraps: bool,
) -> Result<(), AllocationError> {
    let (bands, size) = match way {
        Way::OneByOne { pages, .. } => (1, pages.size),
        Way::Waves { bands, size, .. } => (bands, size),
    };
    if memory.len() < bands {
        memory.resize_with(bands, Memory::default);
    }
    let halo = Halo::of_window::<K, L>();
    for (band, Memory { levels, above, below }) in memory[..bands].iter_mut().enumerate() {
        memory::make_room(levels, cells_of_planes::<T, N>(size), Purpose::Steps)?;
        if let Way::Waves { levels, .. } = way {
            // As `Wave::first` and `Wave::end` have it.
            for (cells, rows, is_open) in
                [(above, halo.top, band > 0 || wraps), (below, halo.bottom, band + 1 < bands || wraps)]
            {
                let rows = if is_open { levels.checked_mul(rows) } else { Some(0) };
                let room = rows.and_then(|rows| rows.checked_mul(cols)?.checked_mul(N));
                memory::make_room(cells, room, Purpose::Steps)?;
            }
        }
    }
    Ok(())
}

/// Does the steps of a run, in stretches between two calls of the observer, and returns the number
/// of steps done.
fn by_stretches<T, const N: usize>(
    mut steps: impl StepCount<T, N>,
    mut state: [ArrayViewMut2<'_, T>; N],
    mut advance: impl FnMut(usize, [ArrayViewMut2<'_, T>; N]),
) -> usize {
    let mut done = 0;
    while done < steps.steps() {
        let stretch = steps.every().min(steps.steps() - done);
        advance(stretch, state.each_mut().map(|field| field.view_mut()));
        done += stretch;
        if steps.observe(done, state.each_ref().map(|field| field.view())).is_break() {
            break;
        }
    }
    done
}

/// How steps are done.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Each over all rows, from one padded copy to another, in so many jobs; or in so many more where a step takes long.
    OneByOne { bands: usize, bands_if_slow: usize, pages: Pages },
    /// Several in one sweep over each band, with room for `size` cells of each field.
    Waves { bands: usize, levels: usize, size: usize },
}

/// Where the two copies of each field lie, of which a step reads one and writes the other, in cells.
#[derive(Clone, Copy, Debug)]
struct Pages {
    /// From the first copy to the second.
    second: usize,
    /// From one field to the next.
    size: usize,
}

impl Pages {
    /// Copies of `page` cells each, which begin `above` rows before the first row that is written.
    fn new<T, const K: usize, const N: usize>(page: usize, stride: usize, above: usize) -> Pages {
        let offsets = |gap: usize| {
            let (distance, above) = (page.wrapping_add(gap).cast_signed(), above.wrapping_mul(stride).cast_signed());
            [above.wrapping_add(distance), above.wrapping_sub(distance)]
        };
        let gap = layout::gap::<T>(usize::MAX, |gap| {
            offsets(gap).map(|offset| layout::shadows::<T>(stride, offset, reads::<K>())).into_iter().sum()
        });
        let second = page.saturating_add(gap);
        Pages { second, size: plane_size::<T, K, N>(second.saturating_add(page), stride, &offsets(gap)) }
    }
}

/// No coefficients, of no type.
const NO_COEFFICIENTS: [&ArrayView2<'static, ()>; 0] = [];

/// A kernel without coefficients as one that has none.
#[inline(always)]
fn without_coefficients<T, const K: usize, const L: usize, const N: usize, F>(
    kernel: F,
) -> impl Fn([Window<'_, T, K, L>; N], [&(); 0], [&mut T; N])
where
    F: Fn([Window<'_, T, K, L>; N], [&mut T; N]),
{
    #[inline(always)]
    move |windows, _, cells| kernel(windows, cells)
}

/// Where the columns of a field lie in a row of a buffer, and what its ghost columns are.
struct Columns<'a, T, const N: usize> {
    /// The number of cells of a row.
    len: usize,
    /// The cells of a row of a buffer, with ghost cells and what lies between.
    stride: usize,
    /// The cells before the first column: as many as a cache line has, so that both the first column and the row begin at one.
    before: usize,
    /// The ghost columns of each field.
    ghosts: [GhostColumns<'a, T>; N],
    /// The ghost columns left and right.
    left: usize,
    right: usize,
}

/// The ghost columns of a field, by their places in a row of a buffer.
struct GhostColumns<'a, T> {
    /// Those that are as another column is, and the place of that one.
    copies: Vec<(usize, usize)>,
    /// Those that always have the same value. As all rows of a buffer have them at the same places, they are filled once.
    constants: Vec<(usize, &'a T)>,
}

impl<'a, T: Copy, const N: usize> Columns<'a, T, N> {
    fn new<const K: usize, const L: usize>(boundaries: &'a [Boundaries<T>; N], len: usize, block: usize) -> Self {
        let Halo { left, right, .. } = Halo::of_window::<K, L>();
        let before = left.next_multiple_of(layout::cells_to_a_line::<T>());
        let outside = (-left.cast_signed()..0).chain(len.cast_signed()..len.saturating_add(right).cast_signed());
        let ghosts = boundaries.each_ref().map(|sides| {
            let mut ghosts = GhostColumns { copies: Vec::new(), constants: Vec::new() };
            for j in outside.clone().filter(|_| len > 0) {
                let place = before.wrapping_add_signed(j);
                match Source::new(&sides.left, &sides.right, j, len) {
                    Source::Cell(from) => ghosts.copies.push((place, before + from)),
                    Source::Constant(value) => ghosts.constants.push((place, value)),
                }
            }
            ghosts
        });
        let stride = |gap| layout::row_stride::<T>(before + len + right + gap);
        // A wave writes a block of rows right above those that it reads for them.
        let lines = 8.max(len / layout::cells_to_a_line::<T>() / 8);
        let gap = layout::gap::<T>(lines, |gap| {
            layout::shadows::<T>(stride(gap), rows_before(block, stride(gap)), reads::<K>())
        });
        Columns { len, stride: stride(gap), before, ghosts, left, right }
    }

    /// The cells of a row without its ghost cells.
    fn inside(&self) -> Range<usize> {
        self.before..self.before + self.len
    }

    /// The cells that the windows of a row cover.
    fn covered(&self) -> Range<usize> {
        self.before - self.left..self.before + self.len + self.right
    }

    /// Fills the ghost cells of a row of field `n` that are copies of others.
    fn copy(&self, n: usize, row: &mut [T]) {
        for &(to, from) in &self.ghosts[n].copies {
            row[to] = row[from];
        }
    }

    /// Fills the ghost cells of all rows of field `n` that are constants.
    fn fill(&self, n: usize, plane: &mut Plane<'_, T>) {
        if !self.ghosts[n].constants.is_empty() {
            for row in plane.cells.chunks_exact_mut(self.stride) {
                self.ghosts[n].constants.iter().for_each(|&(to, &value)| row[to] = value);
            }
        }
    }
}

/// The rows of a field in a buffer.
struct Plane<'a, T> {
    cells: &'a mut [T],
    stride: usize,
}

impl<'a, T: Copy> Plane<'a, T> {
    fn row(&mut self, position: usize) -> &mut [T] {
        &mut self.cells[position * self.stride..][..self.stride]
    }

    /// Copies rows to others.
    fn copy(&mut self, rows: Range<usize>, to: usize) {
        self.cells.copy_within(rows.start * self.stride..rows.end * self.stride, to * self.stride);
    }

    /// Some columns of some rows.
    fn part(&mut self, rows: Range<usize>, cols: Range<usize>) -> ArrayView2<'_, T> {
        Plane { cells: self.cells, stride: self.stride }.into_part(rows, cols)
    }

    fn part_mut(&mut self, rows: Range<usize>, cols: Range<usize>) -> ArrayViewMut2<'_, T> {
        Plane { cells: self.cells, stride: self.stride }.into_part_mut(rows, cols)
    }

    fn into_part(self, rows: Range<usize>, cols: Range<usize>) -> ArrayView2<'a, T> {
        let cells: &[T] = self.cells;
        let cells = &cells[rows.start * self.stride..rows.end * self.stride];
        let rows = ArrayView2::from_shape((rows.len(), self.stride), cells).expect("so many cells are in these rows");
        rows.slice_axis_move(Axis(1), Slice::from(cols))
    }

    fn into_part_mut(self, rows: Range<usize>, cols: Range<usize>) -> ArrayViewMut2<'a, T> {
        let cells = &mut self.cells[rows.start * self.stride..rows.end * self.stride];
        let rows =
            ArrayViewMut2::from_shape((rows.len(), self.stride), cells).expect("so many cells are in these rows");
        rows.slice_axis_move(Axis(1), Slice::from(cols))
    }

    /// The rows before `position`, and those from there on.
    fn split_at(&mut self, position: usize) -> (Plane<'_, T>, Plane<'_, T>) {
        let (first, second) = self.cells.split_at_mut(position * self.stride);
        (Plane { cells: first, stride: self.stride }, Plane { cells: second, stride: self.stride })
    }
}

/// The offset to the cell `rows` rows before another one, as far as it matters to a cache.
fn rows_before(rows: usize, stride: usize) -> isize {
    rows.wrapping_mul(stride).cast_signed().wrapping_neg()
}

/// The number of rows that one call with four rows of windows reads. It is capped: a hundred rows
/// use every set of the first-level cache, so more of them change nothing.
const fn reads<const K: usize>() -> usize {
    if K > 100 { 103 } else { 4 + (K - 1) }
}

/// The distance from one of `N` fields to the next, of which each has `size` cells, where rows are written `offsets` cells after those that
/// are read for them: at least `size`, and so that rows of one field shadow few of another.
fn plane_size<T, const K: usize, const N: usize>(size: usize, stride: usize, offsets: &[isize]) -> usize {
    let shadows = |gap: usize| {
        let field = size.wrapping_add(gap).cast_signed();
        let between = (1..N.cast_signed()).flat_map(|n| [n, -n]).map(|n| n.wrapping_mul(field));
        let all = between.flat_map(|distance| offsets.iter().map(move |&offset| distance.wrapping_add(offset)));
        all.map(|offset| layout::shadows::<T>(stride, offset, reads::<K>())).sum()
    };
    size.saturating_add(layout::gap::<T>(usize::MAX, shadows))
}

/// The number of cells that [`planes`] needs for `N` fields of `size` cells each.
fn cells_of_planes<T, const N: usize>(size: usize) -> Option<usize> {
    size.checked_mul(N)?.checked_add(layout::cells_to_a_line::<T>())
}

/// Memory for `N` fields of `size` cells each, which begin at a cache line where that can be. It
/// has been allocated.
fn planes<'a, T: Copy, const N: usize>(
    memory: &'a mut Vec<T>,
    size: usize,
    stride: usize,
    fill: T,
) -> [Plane<'a, T>; N] {
    let all = cells_of_planes::<T, N>(size).expect("so many cells have been allocated");
    if memory.len() < all {
        // What is there is not needed any more, and need not move.
        memory.clear();
        memory.resize(all, fill);
    }
    let start = cells_before_a_line(memory.as_ptr());
    let mut rest = &mut memory[start..];
    core::array::from_fn(|_| {
        let (cells, after) = core::mem::take(&mut rest).split_at_mut(size);
        rest = after;
        Plane { cells, stride }
    })
}

/// A part of a time step or of a sweep, which shares no cell to be written with the others.
enum Job<'a, T, C, const K: usize, const L: usize, const N: usize, const M: usize> {
    /// A time step of some rows.
    Rows { outputs: [ArrayViewMut2<'a, T>; N], inputs: Inputs<'a, T, C, K, L, N, M> },
    /// What a sweep needs from beside a band.
    Copy { state: [ArrayView2<'a, T>; N], rows: [Range<isize>; 2], to: [&'a mut Vec<T>; 2] },
    /// A sweep over a band.
    Sweep(Band<'a, T, N>),
}

/// Some rows of all fields, which a sweep advances.
struct Band<'a, T, const N: usize> {
    /// The number of the first row in the fields.
    first: usize,
    rows: [ArrayViewMut2<'a, T>; N],
    /// The rows above and below.
    beside: [[ArrayView2<'a, T>; N]; 2],
    wave: Wave,
    /// Room for `N` fields of `size` cells, which the thread of the band asks for itself.
    memory: &'a mut Vec<T>,
    size: usize,
    fill: T,
}

/// What a sweep does with each of its rows.
struct Step<'a, T, C, F, const K: usize, const L: usize, const N: usize, const M: usize> {
    columns: &'a Columns<'a, T, N>,
    boundaries: &'a [Boundaries<T>; N],
    /// The number of rows of a field.
    rows: usize,
    coefficients: [ArrayView2<'a, C>; M],
    kernel: &'a F,
}

impl<T, C, F, const K: usize, const L: usize, const N: usize, const M: usize> Step<'_, T, C, F, K, L, N, M>
where
    T: Copy,
    F: Fn([Window<'_, T, K, L>; N], [&C; M], [&mut T; N]),
    Fields<N>: StepFields<N>,
{
    const HALO: Halo = Halo::of_window::<K, L>();

    fn do_job(&self, job: Job<'_, T, C, K, L, N, M>) {
        match job {
            Job::Rows { outputs, inputs } => Fields::step(outputs, inputs, self.kernel),
            Job::Copy { state, rows: [above, below], to: [to_above, to_below] } => {
                self.copy_rows(&state, above, to_above);
                self.copy_rows(&state, below, to_below);
            }
            Job::Sweep(band) => self.sweep(band),
        }
    }

    /// Advances `state` in one sweep over each band.
    fn sweeps(
        &self,
        bands: usize,
        (levels, block): (usize, usize),
        size: usize,
        mut state: [ArrayViewMut2<'_, T>; N],
        memory: &mut [Memory<T>],
        do_all: &impl Fn(&Self, Vec<Job<'_, T, C, K, L, N, M>>),
    ) {
        let halo = Self::HALO;
        let wraps = matches!(self.boundaries[0].top, Boundary::Wrap);
        let end = |is_inside: bool| if is_inside || wraps { End::Open } else { End::Closed };
        let parts = (0..bands).map(|band| {
            let rows = layout::part_of(self.rows, bands, band);
            let ends = [end(band > 0), end(band + 1 < bands)];
            let wave = Wave::new((levels, block), (halo.top, halo.bottom), rows.len(), ends);
            (rows, wave)
        });
        let parts: Vec<_> = parts.collect();
        // All that bands need of each other is copied before any of them writes.
        let copies = parts.iter().zip(&mut *memory).map(|((rows, wave), Memory { above, below, .. })| {
            let (first, end) = (rows.start.cast_signed(), rows.end.cast_signed());
            let rows = [first + wave.first(0)..first, end..first + wave.end(0)];
            Job::Copy { state: state.each_ref().map(|field| field.view()), rows, to: [above, below] }
        });
        let copied_cells = bands.saturating_mul(levels * (K - 1)).saturating_mul(N * self.columns.len);
        if copied_cells < CELLS_A_BAND {
            // Done before another thread wakes up.
            copies.for_each(|copy| self.do_job(copy));
        } else {
            do_all(self, copies.collect());
        }

        let fill = state[0][[0, 0]];
        let sweeps = parts.into_iter().zip(memory).map(|((rows, wave), Memory { levels, above, below })| {
            let (first, rows) = (rows.start, take_rows(&mut state, rows.len()));
            let beside = [above, below].map(|cells| self.copied_rows(cells));
            Job::Sweep(Band { first, rows, beside, wave, memory: levels, size, fill })
        });
        do_all(self, sweeps.collect());
    }

    /// Copies rows of all fields, one field after the other. Their numbers may be below 0 or behind the last one where rows wrap around.
    fn copy_rows(&self, state: &[ArrayView2<'_, T>; N], rows: Range<isize>, to: &mut Vec<T>) {
        to.clear();
        for field in state {
            for row in rows.clone() {
                let cells = field.row(row.rem_euclid(self.rows.cast_signed()).cast_unsigned());
                match cells.as_slice() {
                    Some(cells) => to.extend_from_slice(cells),
                    None => to.extend(cells),
                }
            }
        }
    }

    /// The rows of each field that have been copied.
    fn copied_rows<'a>(&self, mut cells: &'a [T]) -> [ArrayView2<'a, T>; N] {
        let rows = cells.len() / N / self.columns.len;
        core::array::from_fn(|_| {
            let (field, rest) = cells.split_at(rows * self.columns.len);
            cells = rest;
            ArrayView2::from_shape((rows, self.columns.len), field).expect("so many cells have been copied")
        })
    }

    /// Advances a band by the levels of its wave.
    fn sweep(&self, band: Band<'_, T, N>) {
        let Band { first, mut rows, beside: [above, below], mut wave, memory, size, fill } = band;
        let mut planes = planes(memory, size, self.columns.stride, fill);
        planes.iter_mut().enumerate().for_each(|(n, plane)| self.columns.fill(n, plane));
        while !wave.is_done() {
            if let Some((moved, load)) = wave.load() {
                for n in 0..N {
                    planes[n].copy(moved.clone(), 0);
                    for row in load.numbers() {
                        let inside = rows[n].nrows().cast_signed();
                        let cells = match row {
                            ..0 => above[n].row((above[n].nrows().cast_signed() + row).cast_unsigned()),
                            _ if row < inside => rows[n].row(row.cast_unsigned()),
                            _ => below[n].row((row - inside).cast_unsigned()),
                        };
                        copy_cells(cells, &mut planes[n].row(wave.position(0, row))[self.columns.inside()]);
                    }
                }
                self.complete(&mut wave, &mut planes, first, 0, load);
            }
            for level in 1..=wave.levels() {
                let Some(block) = wave.ready(level) else { continue };
                // The rows that the windows cover.
                let read = wave.position(level - 1, block.first) - Self::HALO.top;
                let covered = block.count + (K - 1);
                let number = first.cast_signed() + block.first;
                if level == wave.levels() {
                    let to = Slice::from(block.first..block.first + block.count.cast_signed());
                    let outputs = rows.each_mut().map(|field| field.slice_axis_mut(Axis(0), to));
                    let cells = planes.each_mut().map(|plane| plane.part(read..read + covered, self.columns.covered()));
                    self.compute(number, outputs, cells.map(Windows::new));
                    wave.add(level, block);
                } else {
                    let to = wave.position(level, block.first);
                    let parts = planes.each_mut().map(|plane| {
                        let (before, behind) = plane.split_at(read);
                        let output = before.into_part_mut(to..to + block.count, self.columns.inside());
                        (output, Windows::new(behind.into_part(0..covered, self.columns.covered())))
                    });
                    let windows = parts.each_ref().map(|&(_, windows)| windows);
                    self.compute(number, parts.map(|(output, _)| output), windows);
                    self.complete(&mut wave, &mut planes, first, level, block);
                }
            }
        }
    }

    /// Calls the kernel for the cells of some rows, the first of which has the number `row` in the fields: below 0 or behind the last one
    /// where rows wrap around.
    fn compute(&self, row: isize, mut outputs: [ArrayViewMut2<'_, T>; N], mut windows: [Windows<'_, T, K, L>; N]) {
        let mut row = row.rem_euclid(self.rows.cast_signed()).cast_unsigned();
        let (mut left, cols) = outputs[0].dim();
        while left > 0 {
            // Coefficients do not go on behind the last row.
            let count = if M == 0 { left } else { left.min(self.rows - row) };
            let rows = Slice::from(row..row + count);
            let coefficients =
                self.coefficients.map(|cells| if M == 0 { cells } else { cells.slice_axis_move(Axis(0), rows) });
            let parts = windows.map(|windows| Operand::split_at(windows, 0, count));
            let inputs = Inputs::together((count, cols), parts.map(|(now, _)| now), coefficients);
            Fields::step(take_rows(&mut outputs, count), inputs, self.kernel);
            windows = parts.map(|(_, later)| later);
            (row, left) = (0, left - count);
        }
    }

    /// Takes note that `level` has some rows more, and fills the ghost cells that can be.
    fn complete(&self, wave: &mut Wave, planes: &mut [Plane<'_, T>; N], first: usize, level: usize, rows: Rows) {
        let sides = wave.add(level, rows);
        let first = first.cast_signed();
        let numbers = first + rows.first..first + rows.first + rows.count.cast_signed();
        for (n, plane) in planes.iter_mut().enumerate() {
            self.fill_ghosts(n, plane, numbers.clone(), sides, |row| wave.position(level, row - first));
        }
    }

    /// Fills the ghost columns of some rows of field `n`, and its ghost rows above and below, if they are asked for. `position` is where the
    /// plane has the row with a number of the field.
    fn fill_ghosts(
        &self,
        n: usize,
        plane: &mut Plane<'_, T>,
        rows: Range<isize>,
        [above, below]: [bool; 2],
        position: impl Fn(isize) -> usize + Copy,
    ) {
        rows.for_each(|row| self.columns.copy(n, plane.row(position(row))));
        let end = self.rows.cast_signed();
        let above = if above { -Self::HALO.top.cast_signed()..0 } else { 0..0 };
        let below = if below { end..end + Self::HALO.bottom.cast_signed() } else { end..end };
        above.chain(below).for_each(|row| self.ghost_row(n, plane, row, position));
    }

    /// Fills a ghost row of field `n`, given the position in the plane of each row.
    fn ghost_row(&self, n: usize, plane: &mut Plane<'_, T>, row: isize, position: impl Fn(isize) -> usize) {
        let Boundaries { top, bottom, .. } = &self.boundaries[n];
        match Source::new(top, bottom, row, self.rows) {
            Source::Cell(from) => {
                let from = position(from.cast_signed());
                plane.copy(from..from + 1, position(row));
            }
            Source::Constant(&value) => {
                let cells = plane.row(position(row));
                cells[self.columns.inside()].fill(value);
                self.columns.copy(n, cells);
            }
        }
    }

    /// Advances `state` step by step, each in so many jobs.
    fn one_by_one(
        &self,
        steps: usize,
        (mut bands, bands_if_slow): (usize, usize),
        Pages { second: second_page, size }: Pages,
        mut state: [ArrayViewMut2<'_, T>; N],
        memory: &mut Vec<T>,
        do_all: &impl Fn(&Self, Vec<Job<'_, T, C, K, L, N, M>>),
    ) {
        let stride = self.columns.stride;
        let fill = state[0][[0, 0]];
        let page = (self.rows + (K - 1)) * stride;
        let mut pages = planes::<T, N>(memory, size, stride, fill).map(|plane| {
            let (first, second) = plane.cells.split_at_mut(second_page);
            [first, second].map(|cells| Plane { cells: &mut cells[..page], stride })
        });
        for n in 0..N {
            pages[n].iter_mut().for_each(|page| self.columns.fill(n, page));
            for row in 0..self.rows {
                let cells = &mut pages[n][0].row(Self::HALO.top + row)[self.columns.inside()];
                copy_cells(state[n].row(row), cells);
            }
        }
        for step in 0..steps {
            let mut n = 0;
            let parts = pages.each_mut().map(|[first, second]| {
                let (now, next) = if step % 2 == 0 { (first, second) } else { (second, first) };
                let position = |row: isize| Self::HALO.top.wrapping_add_signed(row);
                self.fill_ghosts(n, now, 0..self.rows.cast_signed(), [true; 2], position);
                n += 1;
                let windows = Windows::new(now.part(0..self.rows + (K - 1), self.columns.covered()));
                (windows, next.part_mut(Self::HALO.top..Self::HALO.top + self.rows, self.columns.inside()))
            });
            let windows = parts.each_ref().map(|&(windows, _)| windows);
            let mut outputs = parts.map(|(_, next)| next);
            if step + 1 == steps {
                outputs = state.each_mut().map(|field| field.view_mut());
            }
            let mut inputs = Inputs::together((self.rows, self.columns.len), windows, self.coefficients);
            let mut jobs = Vec::with_capacity(bands);
            for band in 0..bands {
                let count = layout::part_of(self.rows, bands, band).len();
                let (first, rest) = Operand::split_at(inputs, 0, count);
                jobs.push(Job::Rows { outputs: take_rows(&mut outputs, count), inputs: first });
                inputs = rest;
            }
            // Without a clock a step never counts as slow.
            let clock = (bands < bands_if_slow).then(PlatformClock::start);
            do_all(self, jobs);
            if clock.is_some_and(|clock| clock.elapsed() > WORTH_A_POOL) {
                bands = bands_if_slow;
            }
        }
    }
}

/// Takes the first `count` rows of all fields.
fn take_rows<'a, T, const N: usize>(fields: &mut [ArrayViewMut2<'a, T>; N], count: usize) -> [ArrayViewMut2<'a, T>; N] {
    fields.each_mut().map(|field| {
        let nothing = ArrayViewMut2::from_shape((0, 0), &mut []).expect("no cells");
        let (rows, rest) = core::mem::replace(field, nothing).split_at(Axis(0), count);
        *field = rest;
        rows
    })
}

/// Copies a row's cells.
fn copy_cells<T: Copy>(from: ArrayView1<'_, T>, to: &mut [T]) {
    match from.as_slice() {
        Some(cells) => to.copy_from_slice(cells),
        None => to.iter_mut().zip(from).for_each(|(to, &from)| *to = from),
    }
}
