//! The arguments of time steps: the traits that bound the arguments of
//! [`Stencil::steps`](crate::Stencil::steps), and [`observed`].
//!
//! Users see these traits in signatures and error messages only. `run` turns the arguments into
//! arrays of views, and `execute` calls [`StepFields::step`] for each block of rows. The module
//! promises that the closure receives windows and coefficients in the form in which the caller
//! passed fields and coefficients.
#![forbid(unsafe_code)]

use core::ops::ControlFlow;

use ndarray::{ArrayBase, ArrayView2, ArrayViewMut2, Data, DataMut, Ix2};

use super::inputs::StepInputs;
use crate::operand::for_each_arity;
use crate::operand::sealed::Sealed;
use crate::stencil::boundary::{Boundaries, Boundary};
use crate::window::Window;
use crate::zip::Zip;

/// The boundaries of `N` fields: one [`Boundary`] or [`Boundaries`] for all fields, or an array
/// with one for each.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the boundaries of {N} fields of `{T}`",
    note = "pass one `Boundary` or `Boundaries` of that type for all fields, or an array with one per field"
)]
pub trait IntoBoundaries<T, const N: usize> {
    /// Returns the boundaries of each field.
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
    message = "`{Self}` cannot be the number of time steps",
    note = "pass a `usize`, or the result of `observed`"
)]
pub trait StepCount<T, const N: usize>: Sealed {
    /// Returns the number of steps.
    #[doc(hidden)]
    fn steps(&self) -> usize;

    /// Returns the number of steps between two calls of [`observe`](Self::observe).
    #[doc(hidden)]
    fn every(&self) -> usize;

    /// Called with the state after `done` steps. Returns whether to continue.
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

/// A number of time steps with a function that observes the state: see [`observed`].
#[derive(Clone, Debug)]
pub struct Observed<P> {
    steps: usize,
    every: usize,
    observe: P,
}

/// Returns a number of time steps together with `observe`, which is called with the state after
/// every `every` steps, and after the last one.
///
/// Use it for progress bars and pictures, or to end a run early. `observe` receives the number of
/// steps done and the fields. [`ControlFlow::Break`] ends the run. If there are no steps, `observe`
/// is not called.
///
/// A sweep over memory ends before each call. If `every` is less than the number of steps in a
/// sweep (at most 16), the run is slower.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use ndarray::{Array2, ArrayView2};
/// use ndarray_lockstep::{Boundary, Stencil, observed};
///
/// let mut heat = Array2::<f64>::zeros((16, 16));
/// heat[[8, 8]] = 1.0;
/// let until_it_is_flat =
///     observed(1000, 20, |done, [heat]: [ArrayView2<'_, f64>; 1]| {
///         println!("{done} steps: {:.3}", heat[[8, 8]]);
///         if heat[[8, 8]] < 0.01 {
///             ControlFlow::Break(())
///         } else {
///             ControlFlow::Continue(())
///         }
///     });
/// let done = Stencil::<3, 3>::steps(
///     until_it_is_flat,
///     &mut heat,
///     Boundary::Wrap,
///     |w| {
///         let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
///         w.center() + 0.2 * (around - 4.0 * w.center())
///     },
/// );
/// assert_eq!(done, 40);
/// ```
///
/// # Panics
///
/// In the caller's line, if `every` is 0.
#[track_caller]
pub fn observed<T, const N: usize, P>(steps: usize, every: usize, observe: P) -> Observed<P>
where
    P: FnMut(usize, [ArrayView2<'_, T>; N]) -> ControlFlow<()>,
{
    assert!(every > 0, "`every` is 0, but the state is observed after every 1 or more steps");
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

/// The fields that time steps advance, and the coefficients that they read.
///
/// | argument | the closure's parameter | the closure's result |
/// |---|---|---|
/// | `&mut u` | `u`: a [`Window`] | the cell of `u` after the step |
/// | `[&mut u, &mut v]` | `[u, v]`: windows over both | `[next_u, next_v]` |
/// | `(&mut u, &k)` | `(u, k)`: a window, and the cell of the coefficient `k` | as above |
/// | `([&mut u, &mut v], [&k, &l])` | `([u, v], [k, l])` | as above |
///
/// A coefficient is an array of the fields' shape that no step changes. All fields have cells of
/// the same type, and all coefficients have cells of the same type. To pass a number and a mask,
/// combine them in one `Array2<(f64, bool)>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the state of time steps",
    note = "pass `&mut field`, an array `[&mut u, &mut v]` of fields of one type, or a pair of one of these and coefficients: `(&mut u, &k)`"
)]
pub trait StepState<T: 'static, C: 'static, const N: usize, const M: usize>: sealed::State<T, C, N, M> {
    /// The closure's parameter.
    type Inputs<'w, const K: usize, const L: usize>;
    /// The closure's result.
    type Values;

    /// Returns the fields and the coefficients.
    fn views(&mut self) -> ([ArrayViewMut2<'_, T>; N], [ArrayView2<'_, C>; M]);

    /// Returns the closure's parameter for a cell.
    fn inputs<'w, const K: usize, const L: usize>(
        windows: [Window<'w, T, K, L>; N],
        coefficients: [&'w C; M],
    ) -> Self::Inputs<'w, K, L>;

    /// Returns the new cells of all fields.
    fn values(values: Self::Values) -> [T; N];
}

mod sealed {
    pub trait State<T, C, const N: usize, const M: usize> {}
    pub trait Coefficients<C, const M: usize> {}
}

impl<T, S: DataMut<Elem = T>> sealed::State<T, (), 1, 0> for &mut ArrayBase<S, Ix2> {}

impl<T: 'static, S: DataMut<Elem = T>> StepState<T, (), 1, 0> for &mut ArrayBase<S, Ix2> {
    type Inputs<'w, const K: usize, const L: usize> = Window<'w, T, K, L>;
    type Values = T;

    fn views(&mut self) -> ([ArrayViewMut2<'_, T>; 1], [ArrayView2<'_, ()>; 0]) {
        ([self.view_mut()], [])
    }

    #[inline(always)]
    fn inputs<'w, const K: usize, const L: usize>(
        [window]: [Window<'w, T, K, L>; 1],
        _: [&'w (); 0],
    ) -> Window<'w, T, K, L> {
        window
    }

    #[inline(always)]
    fn values(value: T) -> [T; 1] {
        [value]
    }
}

impl<T, S: DataMut<Elem = T>, const N: usize> sealed::State<T, (), N, 0> for [&mut ArrayBase<S, Ix2>; N] {}

impl<T: 'static, S: DataMut<Elem = T>, const N: usize> StepState<T, (), N, 0> for [&mut ArrayBase<S, Ix2>; N] {
    type Inputs<'w, const K: usize, const L: usize> = [Window<'w, T, K, L>; N];
    type Values = [T; N];

    fn views(&mut self) -> ([ArrayViewMut2<'_, T>; N], [ArrayView2<'_, ()>; 0]) {
        (self.each_mut().map(|field| field.view_mut()), [])
    }

    #[inline(always)]
    fn inputs<'w, const K: usize, const L: usize>(
        windows: [Window<'w, T, K, L>; N],
        _: [&'w (); 0],
    ) -> [Window<'w, T, K, L>; N] {
        windows
    }

    #[inline(always)]
    fn values(values: [T; N]) -> [T; N] {
        values
    }
}

/// The coefficients of time steps: one array, or an array of arrays.
pub trait Coefficients<C: 'static, const M: usize>: sealed::Coefficients<C, M> {
    /// The part of the closure's parameter that contains the coefficients' cells.
    type Cells<'w>;

    /// Returns the coefficients.
    fn views(&self) -> [ArrayView2<'_, C>; M];

    /// Returns that part of the closure's parameter for a cell.
    fn cells<'w>(cells: [&'w C; M]) -> Self::Cells<'w>;
}

impl<C, S: Data<Elem = C>> sealed::Coefficients<C, 1> for &ArrayBase<S, Ix2> {}

impl<C: 'static, S: Data<Elem = C>> Coefficients<C, 1> for &ArrayBase<S, Ix2> {
    type Cells<'w> = &'w C;

    fn views(&self) -> [ArrayView2<'_, C>; 1] {
        [self.view()]
    }

    #[inline(always)]
    fn cells([cell]: [&C; 1]) -> &C {
        cell
    }
}

impl<C, S: Data<Elem = C>, const M: usize> sealed::Coefficients<C, M> for [&ArrayBase<S, Ix2>; M] {}

impl<C: 'static, S: Data<Elem = C>, const M: usize> Coefficients<C, M> for [&ArrayBase<S, Ix2>; M] {
    type Cells<'w> = [&'w C; M];

    fn views(&self) -> [ArrayView2<'_, C>; M] {
        self.each_ref().map(|cells| cells.view())
    }

    #[inline(always)]
    fn cells(cells: [&C; M]) -> [&C; M] {
        cells
    }
}

impl<T: 'static, C: 'static, const N: usize, const M: usize, S, B> sealed::State<T, C, N, M> for (S, B)
where
    S: StepState<T, (), N, 0>,
    B: Coefficients<C, M>,
{
}

impl<T: 'static, C: 'static, const N: usize, const M: usize, S, B> StepState<T, C, N, M> for (S, B)
where
    S: StepState<T, (), N, 0>,
    B: Coefficients<C, M>,
{
    type Inputs<'w, const K: usize, const L: usize> = (S::Inputs<'w, K, L>, B::Cells<'w>);
    type Values = S::Values;

    fn views(&mut self) -> ([ArrayViewMut2<'_, T>; N], [ArrayView2<'_, C>; M]) {
        (self.0.views().0, self.1.views())
    }

    #[inline(always)]
    fn inputs<'w, const K: usize, const L: usize>(
        windows: [Window<'w, T, K, L>; N],
        cells: [&'w C; M],
    ) -> Self::Inputs<'w, K, L> {
        (S::inputs(windows, []), B::cells(cells))
    }

    #[inline(always)]
    fn values(values: S::Values) -> [T; N] {
        S::values(values)
    }
}

/// `N` fields, as a type. [`StepFields`] is implemented for the numbers of fields that can be
/// stepped together.
#[derive(Clone, Copy, Debug)]
pub struct Fields<const N: usize>;

impl<const N: usize> Sealed for Fields<N> {}

/// The numbers of fields that can be stepped together: 1 to 9.
// Each number has its own loops. Each output is a parameter of its own, so that the compiler can
// assume that nothing else points to its cells.
#[diagnostic::on_unimplemented(
    message = "{N} fields cannot be stepped together",
    label = "between 1 and 9 fields can",
    note = "fields that no step changes are coefficients, the second part of a pair: `([&mut u, &mut v], [&k])`"
)]
pub trait StepFields<const N: usize>: Sealed {
    /// Writes the results of `kernel` for every cell.
    #[doc(hidden)]
    fn step<T, C, const K: usize, const L: usize, const M: usize, F>(
        outputs: [ArrayViewMut2<'_, T>; N],
        inputs: StepInputs<'_, T, C, K, L, N, M>,
        kernel: &F,
    ) where
        T: Copy,
        F: Fn([Window<'_, T, K, L>; N], [&C; M]) -> [T; N];
}

/// Zips all fields.
macro_rules! zip_of {
    ($first:ident $($more:ident)*) => { Zip::from($first)$(.and($more))* };
}

/// Implements [`StepFields`] for each number of fields.
macro_rules! step_fields {
    ($(($P:ident $output:ident $value:ident $($other:tt)*))+) => {
        impl StepFields<{ [$(stringify!($P)),+].len() }> for Fields<{ [$(stringify!($P)),+].len() }> {
            // Several places call this, once per block of rows. It is the only caller of the
            // kernels, so they are compiled only once.
            #[inline(never)]
            fn step<T, C, const K: usize, const L: usize, const M: usize, Kernel>(
                [$($output),+]: [ArrayViewMut2<'_, T>; { [$(stringify!($P)),+].len() }],
                inputs: StepInputs<'_, T, C, K, L, { [$(stringify!($P)),+].len() }, M>,
                kernel: &Kernel,
            ) where
                T: Copy,
                Kernel: Fn([Window<'_, T, K, L>; { [$(stringify!($P)),+].len() }], [&C; M]) -> [T; { [$(stringify!($P)),+].len() }],
            {
                zip_of!($($output)+).and(inputs).simd_for_each(
                    #[inline(always)]
                    |$($output,)+ (windows, coefficients)| {
                        let [$($value),+] = kernel(windows, coefficients);
                        $(*$output = $value;)+
                    },
                );
            }
        }
    };
}

for_each_arity! { step_fields, 9 }
