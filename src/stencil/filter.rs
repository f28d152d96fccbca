//! Filters: the walk over the windows of an array with boundary rules.
//!
//! [`Stencil::map`](crate::Stencil::map) and its variants call [`map`] and [`map_into`]. These
//! promise one call of the closure per cell, and that all memory is allocated before the first
//! call. Windows inside the array read it in place, except in the three cases that
//! [`Stencil::map`](crate::Stencil::map) lists. Windows at the edges read copies of a few rows or
//! columns.

use alloc::vec::Vec;
use core::mem::{MaybeUninit, needs_drop};
#[cfg(feature = "rayon")]
use core::ops::ControlFlow;
use core::ops::Range;
#[cfg(feature = "rayon")]
use std::sync::Mutex;

use ndarray::{Array2, ArrayRef2, ArrayView2, ArrayViewMut2, Axis, Ix2, ShapeBuilder};

#[cfg(feature = "rayon")]
use crate::clock::{Clock, PlatformClock, WORTH_A_POOL};
use crate::error::{AllocationError, Culprit, Purpose, StencilError, shape_error};
use crate::memory;
#[cfg(feature = "rayon")]
use crate::pool;
use crate::stencil::boundary::{Boundaries, Source};
use crate::stencil::extended::{Extended, extended_range, part};
use crate::stencil::halo::Halo;
use crate::stencil::padded::Padded;
use crate::window::{Size2, Window, Windows};
use crate::zip::Zip;

/// Returns the array of the results of `f`: see [`Stencil::map`](crate::Stencil::map).
pub(super) fn map<const K: usize, const L: usize, T: Clone, U>(
    input: &ArrayRef2<T>,
    boundaries: &Boundaries<T>,
    f: impl Fn(Window<'_, T, K, L>) -> U,
) -> Result<Array2<U>, AllocationError> {
    if const { needs_drop::<U>() } {
        return collect(input, boundaries, |windows, results| {
            windows.into_iter().for_each(|(window,)| results.push(f(window)));
        });
    }
    let mut output = memory::uninit(input.dim().into_shape_with_order(), Purpose::Results)?;
    for_each_window(input.view(), boundaries, output.view_mut(), writing(f), |filter, output, edges| {
        filter.do_all(output, edges)
    })?;
    // SAFETY: `for_each_window` has called the closure once for every cell of `output`, and each
    // call has written its cell.
    Ok(unsafe { output.assume_init() })
}

/// [`map`] on several threads.
#[cfg(feature = "rayon")]
pub(super) fn par_map<const K: usize, const L: usize, T: Clone + Send + Sync, U: Send>(
    input: &ArrayRef2<T>,
    boundaries: &Boundaries<T>,
    f: impl Fn(Window<'_, T, K, L>) -> U + Sync,
) -> Result<Array2<U>, AllocationError> {
    if const { needs_drop::<U>() } {
        return collect(input, boundaries, |windows, results| windows.par_results(results, f));
    }
    let mut output = memory::uninit(input.dim().into_shape_with_order(), Purpose::Results)?;
    for_each_window(input.view(), boundaries, output.view_mut(), writing(f), |filter, output, edges| {
        filter.par_do_all(output, edges)
    })?;
    // SAFETY: as in `map`. All jobs are done when `par_do_all` returns.
    Ok(unsafe { output.assume_init() })
}

/// Returns the array of the results that `push` appends, one for each window, in row-major order.
/// If `push` panics, the results so far are dropped.
fn collect<const K: usize, const L: usize, T: Clone, U>(
    input: &ArrayRef2<T>,
    boundaries: &Boundaries<T>,
    push: impl FnOnce(Zip<(Windows<'_, T, Size2<K, L>>,), Ix2>, &mut Vec<U>),
) -> Result<Array2<U>, AllocationError> {
    let mut results = memory::with_room(Some(input.len()), Purpose::Results)?;
    if !input.is_empty() {
        let padded = Padded::extend(input.view(), Halo::of_window::<K, L>(), boundaries)?;
        push(Zip::from(padded.array_windows::<K, L>()), &mut results);
    }
    Ok(Array2::from_shape_vec(input.dim(), results).expect("one result per cell"))
}

/// [`map`] into an existing array.
pub(super) fn map_into<const K: usize, const L: usize, T: Clone, U>(
    input: &ArrayRef2<T>,
    boundaries: &Boundaries<T>,
    output: &mut ArrayRef2<U>,
    f: impl Fn(Window<'_, T, K, L>) -> U,
) -> Result<(), StencilError> {
    check_output(input, output)?;
    for_each_window(input.view(), boundaries, output.view_mut(), assigning(f), |filter, output, edges| {
        filter.do_all(output, edges)
    })?;
    Ok(())
}

/// [`map_into`] on several threads.
#[cfg(feature = "rayon")]
pub(super) fn par_map_into<const K: usize, const L: usize, T: Clone + Send + Sync, U: Send>(
    input: &ArrayRef2<T>,
    boundaries: &Boundaries<T>,
    output: &mut ArrayRef2<U>,
    f: impl Fn(Window<'_, T, K, L>) -> U + Sync,
) -> Result<(), StencilError> {
    check_output(input, output)?;
    for_each_window(input.view(), boundaries, output.view_mut(), assigning(f), |filter, output, edges| {
        filter.par_do_all(output, edges)
    })?;
    Ok(())
}

/// Returns an error unless both arrays have the same shape.
fn check_output<T, U>(input: &ArrayRef2<T>, output: &ArrayRef2<U>) -> Result<(), StencilError> {
    if output.dim() == input.dim() {
        return Ok(());
    }
    Err(shape_error(Culprit::Output, 1, &output.raw_dim(), &input.raw_dim()).into())
}

/// Returns a function that writes the result of `f` to a new cell.
#[inline(always)]
fn writing<const K: usize, const L: usize, T, U>(
    f: impl Fn(Window<'_, T, K, L>) -> U,
) -> impl Fn(&mut MaybeUninit<U>, Window<'_, T, K, L>) {
    #[inline(always)]
    move |result, window| {
        result.write(f(window));
    }
}

/// Returns a function that assigns the result of `f` to a cell.
#[inline(always)]
fn assigning<const K: usize, const L: usize, T, U>(
    f: impl Fn(Window<'_, T, K, L>) -> U,
) -> impl Fn(&mut U, Window<'_, T, K, L>) {
    #[inline(always)]
    move |cell, window| *cell = f(window)
}

/// The number of rows of windows in a band. The windows at the left and right ends of a band are
/// visited after the others, while its rows are in the cache. It is a multiple of the number of
/// rows that a zip jams.
const BAND: usize = if cfg!(miri) { 8 } else { 64 };

/// Calls `each` once for every cell of `output`, with the window around the same cell of `input`.
///
/// `output` has the shape of `input`. It is split into parts, and each part is zipped with the
/// windows around its cells. A zip visits each cell once, and panics if shapes differ. `do_all`
/// does this for the rows whose windows have rows of the input only, and for the two
/// [`Job::Edge`]s. It allocates all memory before the first call.
fn for_each_window<const K: usize, const L: usize, T: Clone, O, F: Fn(&mut O, Window<'_, T, K, L>)>(
    input: ArrayView2<'_, T>,
    boundaries: &Boundaries<T>,
    output: ArrayViewMut2<'_, O>,
    each: F,
    do_all: impl for<'o> FnOnce(
        &Filter<'_, T, F, K, L>,
        ArrayViewMut2<'o, O>,
        [Job<'o, O>; 2],
    ) -> Result<(), AllocationError>,
) -> Result<(), AllocationError> {
    assert_eq!(input.dim(), output.dim(), "one window per cell");
    if input.is_empty() {
        return Ok(());
    }
    let halo = Halo::of_window::<K, L>();
    let (rows, cols) = input.dim();
    if rows < K || cols < L {
        let padded = Padded::extend(input, halo, boundaries)?;
        zip_windows(output, padded.array_windows(), &each);
        return Ok(());
    }
    // Contiguous columns, or a single column, need no copy.
    let is_copied = input.stride_of(Axis(1)) != 1 && cols > 1;
    let copied = if is_copied { Some(standard_layout(input)?) } else { None };
    let input = copied.as_ref().map_or(input, |copied| copied.view());

    let Halo { top, bottom, left, right } = halo;
    let extended = Extended { input, boundaries };
    let no_memory = AllocationError::for_cells::<T>(Purpose::Copies, None);
    let all_cols = extended_range(left, cols, right).ok_or(no_memory)?;
    let mut at_left = memory::with_room(Some(left + L - 1), Purpose::Copies)?;
    let mut at_right = memory::with_room(Some(left + L - 1), Purpose::Copies)?;
    at_left.extend((all_cols.start..(L - 1).cast_signed()).map(|j| extended.col(j)));
    at_right.extend(((cols - (L - 1)).cast_signed()..all_cols.end).map(|j| extended.col(j)));

    let (output_top, output) = output.split_at(Axis(0), top);
    let (output, output_bottom) = output.split_at(Axis(0), rows - top - bottom);
    let after_top = (K - 1).cast_signed();
    let before_bottom = (rows - (K - 1)).cast_signed();
    let edges = [
        Job::Edge { output: output_top, rows: -top.cast_signed()..after_top },
        Job::Edge { output: output_bottom, rows: before_bottom..(rows + bottom).cast_signed() },
    ];
    do_all(&Filter { extended: &extended, all_cols, at_left, at_right, each }, output, edges)
}

/// A part of the output of a filter.
enum Job<'a, O> {
    /// Rows whose windows reach beyond the first or the last row of the input: `rows`.
    Edge { output: ArrayViewMut2<'a, O>, rows: Range<isize> },
    /// Rows whose windows have rows of the input only, from row `first` on.
    Band { output: ArrayViewMut2<'a, O>, first: usize },
}

/// The data that all jobs of a filter share.
struct Filter<'a, T, F, const K: usize, const L: usize> {
    extended: &'a Extended<'a, T>,
    /// The columns of the input and its ghost columns.
    all_cols: Range<isize>,
    /// The sources of the columns of windows at the left and right ends of rows.
    at_left: Vec<Source<'a, T>>,
    at_right: Vec<Source<'a, T>>,
    each: F,
}

impl<T: Clone, F, const K: usize, const L: usize> Filter<'_, T, F, K, L> {
    /// Returns memory for the copies of one job at a time.
    fn strip(&self) -> Result<Vec<T>, AllocationError> {
        let (rows, cols) = self.extended.input.dim();
        let Halo { top, left, .. } = Halo::of_window::<K, L>();
        // The halo is at least as wide at the top and on the left as on the opposite side.
        let at_the_top =
            if top > 0 { cols.checked_add(L - 1).and_then(|cols| cols.checked_mul(top + K - 1)) } else { Some(0) };
        let at_the_left = if left > 0 { (BAND.min(rows) + K - 1).checked_mul(left + L - 1) } else { Some(0) };
        memory::with_room(at_the_top.zip(at_the_left).map(|(top, left)| top.max(left)), Purpose::Copies)
    }

    /// Calls the closure for every cell of a job's output. `strip` is memory for copies.
    fn do_job<O>(&self, job: Job<'_, O>, strip: &mut Vec<T>)
    where
        F: Fn(&mut O, Window<'_, T, K, L>),
    {
        match job {
            Job::Edge { output, .. } if output.is_empty() => {}
            Job::Edge { output, rows } => {
                zip_windows(
                    output,
                    Windows::new(self.extended.cut_out(rows, self.all_cols.clone(), strip)),
                    &self.each,
                );
            }
            Job::Band { output, first } => {
                let Halo { left, right, .. } = Halo::of_window::<K, L>();
                let cols = output.ncols();
                let band = part(self.extended.input, first..first + output.nrows() + K - 1, 0..cols);
                let (output_left, output) = output.split_at(Axis(1), left);
                let (output, output_right) = output.split_at(Axis(1), cols - left - right);
                zip_windows(output, Windows::new(band), &self.each);
                if left > 0 {
                    zip_end(output_left, band, &self.at_left, strip, &self.each);
                }
                if right > 0 {
                    zip_end(output_right, band, &self.at_right, strip, &self.each);
                }
            }
        }
    }

    /// Calls the closure for every cell, on this thread.
    fn do_all<O>(&self, output: ArrayViewMut2<'_, O>, edges: [Job<'_, O>; 2]) -> Result<(), AllocationError>
    where
        F: Fn(&mut O, Window<'_, T, K, L>),
    {
        self.do_bands(output, 0, edges, &mut self.strip()?);
        Ok(())
    }

    /// Calls the closure for every cell of the edges and of the rows from row `first` on.
    fn do_bands<O>(&self, mut output: ArrayViewMut2<'_, O>, first: usize, edges: [Job<'_, O>; 2], strip: &mut Vec<T>)
    where
        F: Fn(&mut O, Window<'_, T, K, L>),
    {
        for (number, output) in output.axis_chunks_iter_mut(Axis(0), BAND).enumerate() {
            self.do_job(Job::Band { output, first: first + number * BAND }, strip);
        }
        edges.into_iter().for_each(|edge| self.do_job(edge, strip));
    }

    /// Calls the closure for every cell, on this thread and, if that takes long, on others.
    #[cfg(feature = "rayon")]
    fn par_do_all<'o, O: Send>(
        &self,
        output: ArrayViewMut2<'o, O>,
        edges: [Job<'o, O>; 2],
    ) -> Result<(), AllocationError>
    where
        T: Send + Sync,
        F: Fn(&mut O, Window<'_, T, K, L>) + Sync,
    {
        /// The rows of the first band, which shows how long the others take.
        const FIRST: usize = 4;
        let threads = rayon::current_num_threads();
        let mut begun = FIRST.min(output.nrows());
        let (first, mut rest) = output.split_at(Axis(0), begun);
        let band = rest.nrows().div_ceil(threads.saturating_mul(4)).next_multiple_of(4).min(BAND);
        let mut strips = memory::with_room(Some(threads), Purpose::Copies)?;
        let mut jobs = memory::with_room(Some(rest.nrows().div_ceil(band.max(1)) + 2), Purpose::Copies)?;
        for _ in 0..threads {
            strips.push(self.strip()?);
        }

        let clock = PlatformClock::start();
        self.do_job(Job::Band { output: first, first: 0 }, &mut strips[0]);
        let bands = u32::try_from(rest.nrows() / FIRST).unwrap_or(u32::MAX);
        let is_long = clock.elapsed().saturating_mul(bands) > WORTH_A_POOL;
        if threads == 1 || !is_long {
            self.do_bands(rest, begun, edges, &mut strips[0]);
            return Ok(());
        }
        while rest.nrows() > 0 {
            let count = band.min(rest.nrows());
            let (output, after) = rest.split_at(Axis(0), count);
            jobs.push(Job::Band { output, first: begun });
            (rest, begun) = (after, begun + count);
        }
        jobs.extend(edges);
        let strips = Mutex::new(strips);
        let _: ControlFlow<()> = pool::share(jobs, threads - 1, |job| {
            let strip = strips.lock().expect("no job is done inside").pop();
            let mut strip = strip.expect("one for each thread");
            self.do_job(job, &mut strip);
            strips.lock().expect("no job is done inside").push(strip);
            ControlFlow::Continue(())
        });
        Ok(())
    }
}

/// Returns a copy of an array with contiguous columns.
fn standard_layout<T: Clone>(input: ArrayView2<'_, T>) -> Result<Array2<T>, AllocationError> {
    let mut cells = memory::with_room(Some(input.len()), Purpose::Copies)?;
    if let Some(cell) = input.first() {
        cells.resize(input.len(), cell.clone());
    }
    let mut copy = Array2::from_shape_vec(input.dim(), cells).expect("all cells");
    // `assign` may walk along the columns of the input, which is fast only if all cells fit into
    // the first-level cache: for column-major f32, it took 0.76 times as long as a walk along rows
    // for 64×64 cells, and 1.7 times as long for 512×512.
    if input.len().saturating_mul(size_of::<T>()) <= 1 << 15 {
        copy.assign(&input);
    } else {
        for (mut to, from) in copy.outer_iter_mut().zip(input.outer_iter()) {
            to.iter_mut().zip(from).for_each(|(to, from)| to.clone_from(from));
        }
    }
    Ok(copy)
}

/// Calls `each` for every cell of `output`, with the window around it. `output` is the left or the
/// right end of some rows.
///
/// `band` has the rows of the input that the windows cover, `sources` has the sources of the
/// windows' columns, and `strip` is memory for the copy.
fn zip_end<const K: usize, const L: usize, T: Clone, O>(
    mut output: ArrayViewMut2<'_, O>,
    band: ArrayView2<'_, T>,
    sources: &[Source<'_, T>],
    strip: &mut Vec<T>,
    each: &impl Fn(&mut O, Window<'_, T, K, L>),
) {
    strip.clear();
    for row in band.outer_iter() {
        strip.extend(sources.iter().map(|&source| match source {
            Source::Cell(j) => row[j].clone(),
            Source::Constant(value) => value.clone(),
        }));
    }
    let strip = ArrayView2::from_shape((band.nrows(), sources.len()), strip).expect("a row has all columns");
    // A zip of one column is a single loop, but a zip of a few columns is a short loop per row.
    const FEW: usize = 16;
    let width = if output.ncols() < FEW { 1 } else { output.ncols() };
    let mut first = 0;
    for output in output.axis_chunks_iter_mut(Axis(1), width) {
        let windows = part(strip, 0..band.nrows(), first..first + output.ncols() + L - 1);
        first += output.ncols();
        zip_windows(output, Windows::new(windows), each);
    }
}

/// Calls `each` for every cell of `output` with the window of the same index.
// Out of line, so that the kernels around `each` are compiled only once.
#[inline(never)]
#[expect(
    clippy::redundant_closure,
    reason = "core's own call of a reference to a closure is not marked `#[inline(always)]`"
)]
fn zip_windows<const K: usize, const L: usize, T, O>(
    output: ArrayViewMut2<'_, O>,
    windows: Windows<'_, T, Size2<K, L>>,
    each: &impl Fn(&mut O, Window<'_, T, K, L>),
) {
    Zip::from(output).and(windows).simd_for_each(
        #[inline(always)]
        |cell, window| each(cell, window),
    );
}
