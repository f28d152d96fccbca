//! Filters: the walk over the windows of an array with boundary rules.
//!
//! [`Stencil::map`](crate::Stencil::map) and its variants call [`map`] and [`map_into`]. Both
//! promise one call of the closure per cell, and that all memory is allocated before the first
//! call. Windows inside the array read it in place, except in the three cases that
//! [`Stencil::map`](crate::Stencil::map) lists. Windows at the edges read copies of a few rows or
//! columns.

use alloc::vec::Vec;
use core::mem::{MaybeUninit, needs_drop};

use ndarray::{Array2, ArrayRef2, ArrayView2, ArrayViewMut2, Axis, ShapeBuilder};

use crate::error::{AllocationError, Culprit, Purpose, StencilError, shape_error};
use crate::memory;
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
        // If `f` panics, the vector drops the results that it holds.
        let mut results = memory::with_room(Some(input.len()), Purpose::Results)?;
        if !input.is_empty() {
            let padded = Padded::extend(input.view(), Halo::of_window::<K, L>(), boundaries)?;
            Zip::from(padded.array_windows::<K, L>()).into_iter().for_each(|(window,)| results.push(f(window)));
        }
        return Ok(Array2::from_shape_vec(input.dim(), results).expect("one result per cell"));
    }
    let mut output = memory::uninit(input.dim().into_shape_with_order(), Purpose::Results)?;
    for_each_window(
        input.view(),
        boundaries,
        output.view_mut(),
        #[inline(always)]
        |result: &mut MaybeUninit<U>, window: Window<'_, T, K, L>| {
            result.write(f(window));
        },
    )?;
    // SAFETY: `for_each_window` has called the closure once for every cell of `output`, and each
    // call has written its cell.
    Ok(unsafe { output.assume_init() })
}

/// [`map`] into an existing array.
pub(super) fn map_into<const K: usize, const L: usize, T: Clone, U>(
    input: &ArrayRef2<T>,
    boundaries: &Boundaries<T>,
    output: &mut ArrayRef2<U>,
    f: impl Fn(Window<'_, T, K, L>) -> U,
) -> Result<(), StencilError> {
    if output.dim() != input.dim() {
        return Err(shape_error(Culprit::Output, 1, &output.raw_dim(), &input.raw_dim()).into());
    }
    for_each_window(
        input.view(),
        boundaries,
        output.view_mut(),
        #[inline(always)]
        |result: &mut U, window: Window<'_, T, K, L>| *result = f(window),
    )?;
    Ok(())
}

/// The number of rows of windows in a band. The windows at the left and right ends of a band are
/// visited after the others, while its rows are in the cache. It is a multiple of the number of
/// rows that a zip jams.
const BAND: usize = if cfg!(miri) { 8 } else { 64 };

/// Calls `each` once for every cell of `output`, with the window around the same cell of `input`.
/// All memory is allocated before the first call.
///
/// `output` has the shape of `input`. It is split into parts, and each part is zipped with the
/// windows around its cells. A zip visits each cell once, and panics if shapes differ.
fn for_each_window<const K: usize, const L: usize, T: Clone, O>(
    input: ArrayView2<'_, T>,
    boundaries: &Boundaries<T>,
    output: ArrayViewMut2<'_, O>,
    each: impl Fn(&mut O, Window<'_, T, K, L>),
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
    // One allocation serves for all copies of a few rows or columns, one after the other. The halo
    // is at least as wide at the top and on the left as on the opposite side.
    let at_the_top =
        if top > 0 { cols.checked_add(L - 1).and_then(|cols| cols.checked_mul(top + K - 1)) } else { Some(0) };
    let at_the_left = if left > 0 { (BAND.min(rows) + K - 1).checked_mul(left + L - 1) } else { Some(0) };
    let most = at_the_top.zip(at_the_left).map(|(top, left)| top.max(left));
    let mut strip = memory::with_room(most, Purpose::Copies)?;
    let mut at_left = memory::with_room(Some(left + L - 1), Purpose::Copies)?;
    let mut at_right = memory::with_room(Some(left + L - 1), Purpose::Copies)?;
    at_left.extend((all_cols.start..(L - 1).cast_signed()).map(|j| extended.col(j)));
    at_right.extend(((cols - (L - 1)).cast_signed()..all_cols.end).map(|j| extended.col(j)));

    let (output_top, output) = output.split_at(Axis(0), top);
    let (output, output_bottom) = output.split_at(Axis(0), rows - top - bottom);
    if top > 0 {
        let rows = -top.cast_signed()..(K - 1).cast_signed();
        zip_windows(output_top, Windows::new(extended.cut_out(rows, all_cols.clone(), &mut strip)), &each);
    }
    if bottom > 0 {
        let rows = (rows - (K - 1)).cast_signed()..(rows + bottom).cast_signed();
        zip_windows(output_bottom, Windows::new(extended.cut_out(rows, all_cols, &mut strip)), &each);
    }

    let mut output = output;
    let mut first = 0;
    for output in output.axis_chunks_iter_mut(Axis(0), BAND) {
        let band = part(input, first..first + output.nrows() + K - 1, 0..cols);
        first += output.nrows();
        let (output_left, output) = output.split_at(Axis(1), left);
        let (output, output_right) = output.split_at(Axis(1), cols - left - right);
        zip_windows(output, Windows::new(band), &each);
        if left > 0 {
            zip_end(output_left, band, &at_left, &mut strip, &each);
        }
        if right > 0 {
            zip_end(output_right, band, &at_right, &mut strip, &each);
        }
    }
    Ok(())
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
