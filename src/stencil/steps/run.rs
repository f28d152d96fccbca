//! [`StencilSteps`]: time steps that keep their memory between calls.
//!
//! [`Stencil::steps`](crate::Stencil::steps) and its variants call its methods. It checks shapes,
//! allocates all memory, and cuts a run into stretches between two calls of the observer. It
//! promises that fields are unchanged if a call returns an error.
#![forbid(unsafe_code)]

use alloc::vec::Vec;
use core::fmt;
#[cfg(feature = "rayon")]
use core::ops::ControlFlow;

use ndarray::{ArrayView2, ArrayViewMut2};

use super::arguments::{Fields, StepCount, StepFields, StepState};
use super::buffers::{Columns, Memory, make_room};
use super::execute::{Job, Step};
use super::schedule::{BLOCK_BYTES, Schedule, Work, wraps_around};
use crate::error::{Culprit, StencilError, or_refuse, shape_error};
#[cfg(feature = "rayon")]
use crate::pool;
use crate::stencil::boundary::Boundaries;
use crate::window::{Window, assert_stencil_size};

/// Time steps that keep their memory between calls, and whose depth can be set.
///
/// Use it instead of [`Stencil::steps`](crate::Stencil::steps) if your program advances fields in
/// several calls. [`Stencil::stepper`](crate::Stencil::stepper) returns it, and has an example.
///
/// # Memory
///
/// For K×L windows, each thread needs
///
/// - a buffer of at most `S * (2 * B + K + K / 2) + B + K` rows of every field, if a sweep fuses
///   `S` steps in blocks of `B` rows;
/// - `S * (K - 1)` rows of every field from above and below its band, if there are several threads
///   or rows that wrap around.
///
/// `B` is 4 for rows of at least 8 KiB, and up to 32 for shorter rows.
///
/// Fields are copied twice instead
///
/// - if both copies fit into 4 MiB, unless the depth is set or several threads share the work;
/// - if a field has fewer rows than four windows;
/// - if rows wrap around at one end only, or in some fields only.
///
/// All memory is allocated before the first step, and kept until the value is dropped. If there is
/// not enough, [`run`](Self::run) panics and [`try_run`](Self::try_run) returns an error. In both
/// cases the fields do not change.
pub struct StencilSteps<const K: usize, const L: usize, const N: usize, T> {
    boundaries: [Boundaries<T>; N],
    depth: Option<usize>,
    /// The memory of each band.
    memory: Vec<Memory<T>>,
}

/// The clone has no memory yet.
impl<T: Clone, const K: usize, const L: usize, const N: usize> Clone for StencilSteps<K, L, N, T> {
    fn clone(&self) -> Self {
        StencilSteps { boundaries: self.boundaries.clone(), depth: self.depth, memory: Vec::new() }
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

impl<T: Copy + 'static, const K: usize, const L: usize, const N: usize> StencilSteps<K, L, N, T>
where
    Fields<N>: StepFields<N>,
{
    pub(crate) fn new(boundaries: [Boundaries<T>; N]) -> Self {
        const { assert_stencil_size(K, L) };
        StencilSteps { boundaries, depth: None, memory: Vec::new() }
    }

    /// Sets the largest number of steps that a sweep fuses.
    ///
    /// The result does not depend on it. Without a call of this method, the depth is at most 16,
    /// and small enough for the rows in use to fit into 8 MiB of cache. With more than two threads,
    /// the limit for each is lower. With several threads, or rows that wrap around, the depth is
    /// also limited so that at most an eighth of the work is redundant.
    ///
    /// A sweep fuses fewer steps than `steps` if the rows in use would take more than 8 MiB and
    /// more memory than the fields themselves. Use a depth of 1 for comparison: then each step
    /// reads and writes main memory.
    ///
    /// # Panics
    ///
    /// In the caller's line, if `steps` is 0.
    #[must_use]
    #[track_caller]
    pub fn depth(mut self, steps: usize) -> Self {
        assert!(steps > 0, "a sweep does at least one step: the depth is 0");
        self.depth = Some(steps);
        self
    }

    /// Advances `state` by a number of time steps, and returns the number of steps done. The
    /// arguments are those of [`Stencil::steps`](crate::Stencil::steps).
    ///
    /// # Panics
    ///
    /// As [`Stencil::steps`](crate::Stencil::steps). [`try_run`](Self::try_run) returns the error
    /// instead.
    #[track_caller]
    pub fn run<C, const M: usize, S, F>(&mut self, steps: impl StepCount<T, N>, state: S, f: F) -> usize
    where
        C: 'static,
        S: StepState<T, C, N, M>,
        F: for<'w> Fn(S::Inputs<'w, K, L>) -> S::Values,
    {
        or_refuse(self.try_run(steps, state, f))
    }

    /// [`run`](Self::run) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If fields or coefficients differ in shape, or if there is no memory. In these cases `state`
    /// does not change.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_lockstep::{Boundary, Stencil, StencilError};
    ///
    /// let mut u = Array2::<f32>::zeros((4, 5));
    /// let mut v = Array2::<f32>::zeros((4, 6));
    /// let mut steps = Stencil::<3, 3>::stepper(Boundary::Edge);
    /// let refused =
    ///     steps.try_run(10, [&mut u, &mut v], |[u, v]| [*u.center(), *v.center()]);
    /// assert!(
    ///     matches!(refused, Err(StencilError::Shape(error)) if error.operand() == 2)
    /// );
    /// ```
    pub fn try_run<C, const M: usize, S, F>(
        &mut self,
        steps: impl StepCount<T, N>,
        mut state: S,
        f: F,
    ) -> Result<usize, StencilError>
    where
        C: 'static,
        S: StepState<T, C, N, M>,
        F: for<'w> Fn(S::Inputs<'w, K, L>) -> S::Values,
    {
        let (fields, coefficients) = state.views();
        let kernel = kernel_of::<S, _, _, _, _, _, _, _>(f);
        self.advance(1, steps, fields, coefficients, &kernel, |step, jobs| {
            jobs.into_iter().for_each(|job| step.do_job(job));
        })
    }

    /// [`run`](Self::run) on the calling thread and the threads of rayon's current pool: see
    /// [`Stencil::par_steps`](crate::Stencil::par_steps).
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run). [`try_par_run`](Self::try_par_run) returns the error instead.
    #[cfg(feature = "rayon")]
    #[track_caller]
    pub fn par_run<C, const M: usize, S, F>(&mut self, steps: impl StepCount<T, N>, state: S, f: F) -> usize
    where
        T: Send + Sync,
        C: Sync + 'static,
        S: StepState<T, C, N, M>,
        F: for<'w> Fn(S::Inputs<'w, K, L>) -> S::Values + Sync,
    {
        or_refuse(self.try_par_run(steps, state, f))
    }

    /// [`par_run`](Self::par_run) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// As [`try_run`](Self::try_run).
    #[cfg(feature = "rayon")]
    pub fn try_par_run<C, const M: usize, S, F>(
        &mut self,
        steps: impl StepCount<T, N>,
        mut state: S,
        f: F,
    ) -> Result<usize, StencilError>
    where
        T: Send + Sync,
        C: Sync + 'static,
        S: StepState<T, C, N, M>,
        F: for<'w> Fn(S::Inputs<'w, K, L>) -> S::Values + Sync,
    {
        let (fields, coefficients) = state.views();
        let kernel = kernel_of::<S, _, _, _, _, _, _, _>(f);
        let threads = rayon::current_num_threads();
        self.advance(threads, steps, fields, coefficients, &kernel, |step, jobs| {
            let _: ControlFlow<()> = pool::share(jobs, threads - 1, |job| {
                step.do_job(job);
                ControlFlow::Continue(())
            });
        })
    }

    /// Advances `state` in at most `threads` bands. `do_all` does the jobs of a list.
    fn advance<const M: usize, C, F>(
        &mut self,
        threads: usize,
        steps: impl StepCount<T, N>,
        state: [ArrayViewMut2<'_, T>; N],
        coefficients: [ArrayView2<'_, C>; M],
        kernel: &F,
        do_all: impl Fn(&Step<'_, T, C, F, K, L, N, M>, Vec<Job<'_, T, C, K, L, N, M>>),
    ) -> Result<usize, StencilError>
    where
        F: Fn([Window<'_, T, K, L>; N], [&C; M]) -> [T; N],
    {
        let dim = state[0].dim();
        if let Some(n) = state.iter().position(|field| field.dim() != dim) {
            return Err(shape_error(Culprit::Field, n + 1, &state[n].raw_dim(), &state[0].raw_dim()).into());
        }
        if let Some(m) = coefficients.iter().position(|cells| cells.dim() != dim) {
            return Err(
                shape_error(Culprit::Coefficient, m + 1, &coefficients[m].raw_dim(), &state[0].raw_dim()).into()
            );
        }
        if dim.0 == 0 || dim.1 == 0 {
            return Ok(by_stretches(steps, state, |_, _| ()));
        }
        // Blocks of short rows have more rows, because each block has a fixed cost in addition to
        // that of its cells.
        let row_bytes = dim.1.saturating_mul(size_of::<T>().max(1));
        let block = (BLOCK_BYTES / row_bytes).next_power_of_two().clamp(4, 32);
        let columns = Columns::new::<K, L>(&self.boundaries, dim.1, block);
        let longest = steps.every().min(steps.steps());
        let work = Work { dim, stride: columns.stride, block, longest, threads, depth: self.depth };
        let schedule = Schedule::new::<T, K, L, N>(&work, &self.boundaries);
        make_room::<T, K, L, N>(&mut self.memory, schedule, dim.1, wraps_around(&self.boundaries))?;
        let step = Step { columns: &columns, boundaries: &self.boundaries, rows: dim.0, coefficients, kernel };
        let memory = &mut self.memory;
        Ok(by_stretches(steps, state, |stretch, mut state| match schedule {
            Schedule::Separate { bands, bands_if_slow, pages } => {
                step.one_by_one(stretch, (bands, bands_if_slow), pages, state, &mut memory[0].buffer, &do_all);
            }
            Schedule::Fused { bands, depth, size } => {
                let mut left = stretch;
                while left > 0 {
                    let depth = depth.min(left);
                    let state = state.each_mut().map(|field| field.view_mut());
                    step.sweeps(bands, (depth, block), size, state, memory, &do_all);
                    left -= depth;
                }
            }
        }))
    }
}

/// Does the steps of a run, in stretches between two calls of the observer. Returns the number of
/// steps done.
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

/// Returns the caller's closure as a function of arrays of windows and coefficients.
#[inline(always)]
fn kernel_of<S, T, C, const K: usize, const L: usize, const N: usize, const M: usize, F>(
    f: F,
) -> impl Fn([Window<'_, T, K, L>; N], [&C; M]) -> [T; N]
where
    T: 'static,
    C: 'static,
    S: StepState<T, C, N, M>,
    F: for<'w> Fn(S::Inputs<'w, K, L>) -> S::Values,
{
    #[inline(always)]
    move |windows, coefficients| S::values(f(S::inputs(windows, coefficients)))
}
