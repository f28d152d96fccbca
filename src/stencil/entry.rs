//! [`Stencil`]: filters and time steps from one closure.
//!
//! The type and its methods are the interface for users. Filters call the module `filter`, and time
//! steps call the module `steps`. A window that is empty or too large does not compile.
#![forbid(unsafe_code)]

use ndarray::{Array2, ArrayRef2};

use super::boundary::Boundaries;
use super::filter;
use super::steps::{Fields, IntoBoundaries, StencilSteps, StepCount, StepFields, StepState};
use crate::error::{AllocationError, StencilError, or_refuse};
use crate::window::{Window, assert_stencil_size};

/// Stencils with windows of `K` rows and `L` columns: filters and time steps over 2-dimensional
/// arrays.
///
/// A stencil is a closure that takes the K×L window around a cell and returns the new cell.
/// [`Boundary`](crate::Boundary) rules determine the cells beyond the edges. The same closure
/// serves for
///
/// - a filter: [`map`](Self::map), [`map_into`](Self::map_into);
/// - any number of time steps: [`steps`](Self::steps), which fuses several of them into one sweep
///   over memory if fields are larger than the cache;
#[cfg_attr(feature = "rayon", doc = "- both on several threads: [`par_map`](Self::par_map),")]
#[cfg_attr(feature = "rayon", doc = "  [`par_map_into`](Self::par_map_into), [`par_steps`](Self::par_steps);")]
/// - time steps in several calls: [`stepper`](Self::stepper) keeps the memory between them.
///
/// ```
/// use ndarray::{Array2, array};
/// use ndarray_lockstep::{Boundary, Stencil, Window};
///
/// #[inline(always)]
/// fn diffuse(w: Window<'_, f64, 3, 3>) -> f64 {
///     let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
///     w.center() + 0.25 * (around - 4.0 * w.center())
/// }
///
/// let mut heat = array![[0., 0., 0.], [0., 4., 0.], [0., 0., 0.]];
/// let next: Array2<f64> = Stencil::<3, 3>::map(&heat, Boundary::Wrap, diffuse);
/// assert_eq!(next, array![[0., 1., 0.], [1., 0., 1.], [0., 1., 0.]]);
///
/// Stencil::<3, 3>::steps(1, &mut heat, Boundary::Wrap, diffuse);
/// assert_eq!(heat, next);
/// ```
///
/// To do a single step into another array and to handle the boundary yourself, use
/// [`simd_azip!`](crate::simd_azip) with [`array_windows`](crate::ArrayWindows::array_windows).
///
/// # Closures
///
/// Closures are called in any order, and for some cells more than once. They are compiled once for
/// each [SIMD level](crate::simd), so they have to be inlined into its loops. Small closures are
/// inlined anyway. Mark others `#[inline(always)]` in the argument list:
/// `#[inline(always)] |w| w.center() * 2.0`. The attribute is not allowed on a closure that is
/// assigned to a variable first (error E0658). Write a function with the attribute instead.
///
/// # Window size
///
/// A window has at most 65536 cells: a larger `K * L` does not compile.
#[derive(Clone, Copy, Debug)]
pub struct Stencil<const K: usize, const L: usize>;

/// Filters.
impl<const K: usize, const L: usize> Stencil<K, L> {
    /// Returns the results of `f` for the window around each cell of `input`, as an array in
    /// row-major layout.
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::{Boundary, Stencil};
    ///
    /// let image = array![[1_f32, 5., 2.], [8., 3., 9.]];
    /// let brightest = Stencil::<3, 3>::map(&image, Boundary::Edge, |w| {
    ///     w.iter().copied().fold(0., f32::max)
    /// });
    /// assert_eq!(brightest, array![[8., 9., 9.], [8., 9., 9.]]);
    /// ```
    ///
    /// This is SciPy's `scipy.ndimage.generic_filter(input, f, size=(K, L), mode=..)` with compiled
    /// code for `f`. Windows of even size have the same centre as in SciPy.
    /// [`Boundary`](crate::Boundary) lists the modes. SciPy's default, `mode="reflect"`, is
    /// [`Boundary::Symmetric`](crate::Boundary::Symmetric).
    ///
    /// # Memory
    ///
    /// Windows inside the array read the input in place. Rows and columns at the edges are copied,
    /// a few at a time. The whole input is copied first
    ///
    /// - if its columns are not contiguous;
    /// - if it is smaller than the window along an axis;
    /// - if the results need to be dropped (`String`, for example).
    ///
    /// If `f` panics, the results so far are dropped.
    ///
    /// # Panics
    ///
    /// In the caller's line, if there is no memory for the results or for the copies.
    /// [`try_map`](Self::try_map) returns the error instead.
    #[must_use = "the results are a new array"]
    #[track_caller]
    pub fn map<T: Clone, U>(
        input: &ArrayRef2<T>,
        boundary: impl Into<Boundaries<T>>,
        f: impl Fn(Window<'_, T, K, L>) -> U,
    ) -> Array2<U> {
        // Repeated here, so that the compiler's message has the caller's line.
        const { assert_stencil_size(K, L) };
        or_refuse(Self::try_map(input, boundary, f))
    }

    /// [`map`](Self::map) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If there is no memory for the results or for the copies. In that case `f` is not called.
    pub fn try_map<T: Clone, U>(
        input: &ArrayRef2<T>,
        boundary: impl Into<Boundaries<T>>,
        f: impl Fn(Window<'_, T, K, L>) -> U,
    ) -> Result<Array2<U>, AllocationError> {
        const { assert_stencil_size(K, L) };
        filter::map(input, &boundary.into(), f)
    }

    /// [`map`](Self::map) into an existing array of the input's shape, in any layout. The results
    /// are assigned.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_lockstep::{Boundary, Stencil};
    ///
    /// let field = array![[0., 2., 4.], [6., 8., 10.]];
    /// let mut slope = Array2::zeros((2, 3));
    /// Stencil::<1, 3>::map_into(&field, Boundary::Reflect, &mut slope, |w| {
    ///     (w.at(0, 1) - w.at(0, -1)) / 2.
    /// });
    /// assert_eq!(slope, array![[0., 2., 0.], [0., 2., 0.]]);
    /// ```
    ///
    /// If `f` panics, part of the output has already been overwritten.
    ///
    /// # Panics
    ///
    /// In the caller's line, if the shapes differ, or if there is no memory for the copies.
    /// [`try_map_into`](Self::try_map_into) returns the error instead.
    #[track_caller]
    pub fn map_into<T: Clone, U>(
        input: &ArrayRef2<T>,
        boundary: impl Into<Boundaries<T>>,
        output: &mut ArrayRef2<U>,
        f: impl Fn(Window<'_, T, K, L>) -> U,
    ) {
        // Repeated here, so that the compiler's message has the caller's line.
        const { assert_stencil_size(K, L) };
        or_refuse(Self::try_map_into(input, boundary, output, f));
    }

    /// [`map_into`](Self::map_into) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the shapes differ, or if there is no memory for the copies. In these cases `f` is not
    /// called.
    pub fn try_map_into<T: Clone, U>(
        input: &ArrayRef2<T>,
        boundary: impl Into<Boundaries<T>>,
        output: &mut ArrayRef2<U>,
        f: impl Fn(Window<'_, T, K, L>) -> U,
    ) -> Result<(), StencilError> {
        const { assert_stencil_size(K, L) };
        filter::map_into(input, &boundary.into(), output, f)
    }

    /// [`map`](Self::map) on the calling thread and, if it takes long, the threads of rayon's
    /// current pool: see [`Zip`](crate::Zip#in-parallel). The results are the same for any number
    /// of threads.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_lockstep::{Boundary, Stencil};
    ///
    /// let image = Array2::from_shape_fn((300, 400), |(i, j)| (i * j % 9) as f32);
    /// let smooth = Stencil::<3, 3>::par_map(&image, Boundary::Reflect, |w| {
    ///     w.iter().sum::<f32>() / 9.
    /// });
    /// assert_eq!(smooth.dim(), image.dim());
    /// ```
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map). [`try_par_map`](Self::try_par_map) returns the error instead.
    #[cfg(feature = "rayon")]
    #[must_use = "the results are a new array"]
    #[track_caller]
    pub fn par_map<T: Clone + Send + Sync, U: Send>(
        input: &ArrayRef2<T>,
        boundary: impl Into<Boundaries<T>>,
        f: impl Fn(Window<'_, T, K, L>) -> U + Sync,
    ) -> Array2<U> {
        // Repeated here, so that the compiler's message has the caller's line.
        const { assert_stencil_size(K, L) };
        or_refuse(Self::try_par_map(input, boundary, f))
    }

    /// [`par_map`](Self::par_map) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// As [`try_map`](Self::try_map).
    #[cfg(feature = "rayon")]
    pub fn try_par_map<T: Clone + Send + Sync, U: Send>(
        input: &ArrayRef2<T>,
        boundary: impl Into<Boundaries<T>>,
        f: impl Fn(Window<'_, T, K, L>) -> U + Sync,
    ) -> Result<Array2<U>, AllocationError> {
        const { assert_stencil_size(K, L) };
        filter::par_map(input, &boundary.into(), f)
    }

    /// [`map_into`](Self::map_into) on several threads, as [`par_map`](Self::par_map).
    ///
    /// # Panics
    ///
    /// As [`map_into`](Self::map_into). [`try_par_map_into`](Self::try_par_map_into) returns the
    /// error instead.
    #[cfg(feature = "rayon")]
    #[track_caller]
    pub fn par_map_into<T: Clone + Send + Sync, U: Send>(
        input: &ArrayRef2<T>,
        boundary: impl Into<Boundaries<T>>,
        output: &mut ArrayRef2<U>,
        f: impl Fn(Window<'_, T, K, L>) -> U + Sync,
    ) {
        // Repeated here, so that the compiler's message has the caller's line.
        const { assert_stencil_size(K, L) };
        or_refuse(Self::try_par_map_into(input, boundary, output, f));
    }

    /// [`par_map_into`](Self::par_map_into) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// As [`try_map_into`](Self::try_map_into).
    #[cfg(feature = "rayon")]
    pub fn try_par_map_into<T: Clone + Send + Sync, U: Send>(
        input: &ArrayRef2<T>,
        boundary: impl Into<Boundaries<T>>,
        output: &mut ArrayRef2<U>,
        f: impl Fn(Window<'_, T, K, L>) -> U + Sync,
    ) -> Result<(), StencilError> {
        const { assert_stencil_size(K, L) };
        filter::par_map_into(input, &boundary.into(), output, f)
    }
}

/// Time steps.
impl<const K: usize, const L: usize> Stencil<K, L> {
    /// Advances `state` by a number of time steps, and returns the number of steps done.
    ///
    /// A time step calls `f` for every cell, with windows over the fields as they were before the
    /// step. The results become the cells after the step.
    ///
    /// - `steps` is a `usize`, or the result of [`observed`](crate::observed). The latter also
    ///   calls a function after every so many steps. This function can end the run.
    /// - `state` is `&mut u`, an array `[&mut u, &mut v]`, or a pair of one of these and
    ///   coefficients, `(&mut u, &k)`. All arrays have the same shape. Fields are arrays or views,
    ///   all of the same type. To combine an array `a` with a view `b`, pass
    ///   `[&mut a.view_mut(), &mut b]`.
    /// - `boundary` is one [`Boundary`](crate::Boundary) or [`Boundaries`] for all fields, or an
    ///   array with one for each.
    /// - `f` takes `u`, `[u, v]`, `(u, k)` or `([u, v], [k])`, in the same form as `state`: a
    ///   window for each field, and a cell for each coefficient. It returns one cell, or an array
    ///   with one for each field.
    ///
    /// The results equal those of separate steps, for any shape and any number of steps. They are
    /// equal bit for bit, except where Rust leaves bits open: the sign and payload of a NaN, and
    /// the sign of a zero from `min` or `max`.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_lockstep::{Boundary, Stencil};
    ///
    /// // Ten steps of the Gray–Scott reaction–diffusion system.
    /// let mut u = Array2::<f32>::ones((64, 96));
    /// let mut v = Array2::<f32>::zeros((64, 96));
    /// v[[32, 48]] = 1.0;
    /// Stencil::<3, 3>::steps(
    ///     10,
    ///     [&mut u, &mut v],
    ///     [Boundary::Constant(1.0), Boundary::Constant(0.0)],
    ///     #[inline(always)]
    ///     |[u, v]| {
    ///         let (u0, v0) = (u.center(), v.center());
    ///         let around_u = u.at(-1, 0) + u.at(1, 0) + u.at(0, -1) + u.at(0, 1);
    ///         let around_v = v.at(-1, 0) + v.at(1, 0) + v.at(0, -1) + v.at(0, 1);
    ///         let reaction = u0 * v0 * v0;
    ///         [
    ///             u0 + 0.2 * (around_u - 4.0 * u0) - reaction + 0.014 * (1.0 - u0),
    ///             v0 + 0.1 * (around_v - 4.0 * v0) + reaction - 0.068 * v0,
    ///         ]
    ///     },
    /// );
    /// assert!(v[[32, 58]] > 0.0);
    /// assert_eq!(v[[32, 59]], 0.0, "ten steps reach ten cells");
    /// ```
    ///
    /// With a coefficient, `f` receives its cell together with the window:
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_lockstep::{Boundary, Stencil};
    ///
    /// // Heat in a plate that conducts well on its right half.
    /// let mut heat = Array2::<f64>::zeros((8, 8));
    /// heat[[4, 3]] = 1.0;
    /// let conducts =
    ///     Array2::from_shape_fn((8, 8), |(_, j)| if j < 4 { 0.05 } else { 0.2 });
    /// Stencil::<3, 3>::steps(
    ///     20,
    ///     (&mut heat, &conducts),
    ///     Boundary::Edge,
    ///     |(w, &speed)| {
    ///         let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
    ///         w.center() + speed * (around - 4.0 * w.center())
    ///     },
    /// );
    /// assert!(heat[[4, 6]] > heat[[4, 0]]);
    /// ```
    ///
    /// # Memory
    ///
    /// A sweep needs memory for some rows of every field: for example 198 rows for 16 fused steps
    /// of 3×3 windows over long rows. Fields that fit into a cache are copied twice instead.
    /// [`StencilSteps`](StencilSteps#memory) has the formula, and [`stepper`](Self::stepper) keeps
    /// the memory for the next call.
    ///
    /// # Panics
    ///
    /// In the caller's line, if fields or coefficients differ in shape, or if there is no memory.
    /// [`StencilSteps::try_run`] returns the error instead. If `f` panics, the panic propagates,
    /// and the cells of `state` may be at different steps.
    #[track_caller]
    pub fn steps<T, C, const N: usize, const M: usize, S, F>(
        steps: impl StepCount<T, N>,
        state: S,
        boundary: impl IntoBoundaries<T, N>,
        f: F,
    ) -> usize
    where
        T: Copy + 'static,
        C: 'static,
        S: StepState<T, C, N, M>,
        F: for<'w> Fn(S::Inputs<'w, K, L>) -> S::Values,
        Fields<N>: StepFields<N>,
    {
        // Repeated here, so that the compiler's message has the caller's line.
        const { assert_stencil_size(K, L) };
        Self::stepper(boundary).run(steps, state, f)
    }

    /// [`steps`](Self::steps) on the calling thread and the threads of rayon's current pool. The
    /// results are the same for any number of threads.
    ///
    /// Each thread sweeps over a band of rows. Before each sweep it copies the rows beyond its band
    /// that the windows of all fused steps reach. During the sweep it repeats the neighbours' work
    /// on these rows as far as its own band depends on it.
    ///
    /// Fields of fewer than 32768 cells stay on the calling thread, unless one of their steps takes
    /// longer than the pool needs to wake up. On platforms without a clock, such as
    /// `wasm32-unknown-unknown`, they always stay there.
    ///
    /// # Panics
    ///
    /// As [`steps`](Self::steps).
    #[cfg(feature = "rayon")]
    #[track_caller]
    pub fn par_steps<T, C, const N: usize, const M: usize, S, F>(
        steps: impl StepCount<T, N>,
        state: S,
        boundary: impl IntoBoundaries<T, N>,
        f: F,
    ) -> usize
    where
        T: Copy + Send + Sync + 'static,
        C: Sync + 'static,
        S: StepState<T, C, N, M>,
        F: for<'w> Fn(S::Inputs<'w, K, L>) -> S::Values + Sync,
        Fields<N>: StepFields<N>,
    {
        // Repeated here, so that the compiler's message has the caller's line.
        const { assert_stencil_size(K, L) };
        Self::stepper(boundary).par_run(steps, state, f)
    }

    /// Returns a value that does time steps with these boundaries. It keeps its memory between
    /// calls, and the number of steps per sweep can be limited.
    ///
    /// `boundary` is as in [`steps`](Self::steps).
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_lockstep::{Boundary, Stencil};
    ///
    /// let mut heat = Array2::<f64>::zeros((16, 16));
    /// heat[[8, 8]] = 1.0;
    /// let mut steps = Stencil::<3, 3>::stepper(Boundary::Edge).depth(8);
    /// for _ in 0..3 {
    ///     steps.run(100, &mut heat, |w| {
    ///         let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
    ///         w.center() + 0.2 * (around - 4.0 * w.center())
    ///     });
    ///     println!("{:.4}", heat[[8, 8]]);
    /// }
    /// assert!((heat.sum() - 1.0).abs() < 1e-12, "no heat is lost");
    /// ```
    #[must_use = "time steps do nothing until `run`"]
    pub fn stepper<T, const N: usize>(boundary: impl IntoBoundaries<T, N>) -> StencilSteps<K, L, N, T>
    where
        T: Copy + 'static,
        Fields<N>: StepFields<N>,
    {
        StencilSteps::new(boundary.into_boundaries())
    }
}
