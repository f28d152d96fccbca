//! [`ArrayWindows`] and [`ArrayInterior`]: methods of arrays that return their windows and their
//! interior.
//!
//! Users call them, on arrays of two to six dimensions. They promise matching shapes: cell `(i, j)`
//! of the interior is the centre of window `(i, j)`.
#![forbid(unsafe_code)]

use core::ops::Range;

use ndarray::{ArrayRef, ArrayView, ArrayViewMut, Axis, Dimension, Ix2, Ix3, Ix4, Ix5, Ix6, Slice};

use super::windows::Windows;
use crate::error::ColumnStrideError;
use crate::kernel::plan;
use crate::operand::sealed::Sealed;

/// The numbers of dimensions of arrays with rows and columns: two to six.
///
/// The last axis but one counts rows, and the last axis counts columns. The axes before these count
/// the images, planes or other tables of a stack. The trait is sealed.
pub trait Tabular: Dimension + Copy + Sealed {}

macro_rules! tabular {
    ($($D:ty)+) => {$(
        impl Sealed for $D {}
        impl Tabular for $D {}
    )+};
}

tabular! { Ix2 Ix3 Ix4 Ix5 Ix6 }

/// Returns the row axis and the column axis: the last two.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn axes_of<D: Tabular>() -> (usize, usize) {
    let ndim = const { D::NDIM.expect("a known number of dimensions") };
    (plan::row_axis(ndim), ndim - 1)
}

/// Stencil windows of a size known at compile time, over a 2-dimensional array or a stack of them.
///
/// This is the counterpart of [`slice::array_windows`]. For boundary rules, filters and time steps
/// see [`Stencil`](crate::Stencil).
pub trait ArrayWindows: Sealed {
    /// The type of the cells.
    type Elem;
    /// The number of dimensions.
    type Dim: Tabular;

    /// Returns all windows of `K` rows and `L` columns, as an operand of shape
    /// `(rows - K + 1, cols - L + 1)`.
    ///
    /// Window `(i, j)` covers the cells `(i..i + K, j..j + L)`. The operand is empty if the array
    /// is smaller than the window along either axis.
    ///
    /// An array of more dimensions is a stack of tables, and each table has its own windows. Window
    /// `(n, i, j)` of a 3-dimensional array covers the cells `(n, i..i + K, j..j + L)`, and the
    /// operand has shape `(tables, rows - K + 1, cols - L + 1)`. For windows over several planes,
    /// use [`array_windows_3d`](super::ArrayWindows3d::array_windows_3d).
    ///
    /// Columns must be contiguous (a column stride of 1), because a window returns its rows as
    /// arrays. Rows may have any stride: slices of rows, upside-down views and broadcast rows are
    /// allowed.
    ///
    /// If `K` or `L` is 0, the call does not compile.
    ///
    /// # Panics
    ///
    /// In the caller's line, if the array has a window but its columns are not contiguous.
    /// [`try_array_windows`](Self::try_array_windows) returns the error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_lockstep::{ArrayInterior, ArrayWindows, azip};
    ///
    /// let heat = array![[0., 0., 0., 0.], [0., 8., 4., 0.], [0., 0., 0., 0.]];
    /// let mut next = Array2::zeros(heat.dim());
    /// azip!((cell in next.interior_mut::<3, 3>(), w in heat.array_windows::<3, 3>()) {
    ///     *cell = (w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1)) / 4.;
    /// });
    /// assert_eq!(next, array![[0., 0., 0., 0.], [0., 1., 2., 0.], [0., 0., 0., 0.]]);
    /// ```
    ///
    /// This smooths each image of a stack separately:
    ///
    /// ```
    /// use ndarray::Array3;
    /// use ndarray_lockstep::{ArrayInterior, ArrayWindows, azip};
    ///
    /// let images = Array3::from_shape_fn((2, 3, 4), |(n, _, j)| (10 * n + j) as f32);
    /// let mut smooth = images.clone();
    /// azip!((
    ///     cell in smooth.interior_mut::<1, 3>(),
    ///     w in images.array_windows::<1, 3>(),
    /// ) {
    ///     *cell = (w.at(0, -1) + w.center() + w.at(0, 1)) / 3.;
    /// });
    /// assert_eq!(smooth, images, "slopes stay slopes");
    /// ```
    #[track_caller]
    fn array_windows<const K: usize, const L: usize>(&self) -> Windows<'_, Self::Elem, K, L, Self::Dim>;

    /// [`array_windows`](Self::array_windows) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the array has a window but its columns are not contiguous.
    fn try_array_windows<const K: usize, const L: usize>(
        &self,
    ) -> Result<Windows<'_, Self::Elem, K, L, Self::Dim>, ColumnStrideError>;
}

impl<T, D: Tabular> Sealed for ArrayRef<T, D> {}

impl<T, D: Tabular> ArrayWindows for ArrayRef<T, D> {
    type Elem = T;
    type Dim = D;

    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn array_windows<const K: usize, const L: usize>(&self) -> Windows<'_, T, K, L, D> {
        Windows::new(self.view())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn try_array_windows<const K: usize, const L: usize>(&self) -> Result<Windows<'_, T, K, L, D>, ColumnStrideError> {
        Windows::try_new(self.view())
    }
}

/// The cells of an array that have a whole K×L window around them.
pub trait ArrayInterior: Sealed {
    /// The type of the cells.
    type Elem;
    /// The number of dimensions.
    type Dim: Tabular;

    /// Returns a view of the cells whose K×L window is inside the array.
    ///
    /// It has the shape of [`array_windows::<K, L>()`](ArrayWindows::array_windows),
    /// `(rows - K + 1, cols - L + 1)`. Its cell `(i, j)` is the [centre](crate::Window::center) of
    /// window `(i, j)`: cell `(i + K / 2, j + L / 2)` of the array. It is empty if the array is
    /// smaller than the window. For a stack of tables it is the stack of their interiors.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_lockstep::ArrayInterior;
    ///
    /// let a = array![[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]];
    /// assert_eq!(a.interior::<3, 3>(), array![[6, 7]]);
    /// assert_eq!(a.interior::<1, 2>(), array![[2, 3, 4], [6, 7, 8], [10, 11, 12]]);
    /// assert_eq!(a.interior::<5, 5>().dim(), (0, 0));
    /// ```
    #[must_use = "a view does nothing by itself"]
    fn interior<const K: usize, const L: usize>(&self) -> ArrayView<'_, Self::Elem, Self::Dim>;

    /// Returns a mutable view of the cells of [`interior`](Self::interior): the output of a
    /// stencil.
    #[must_use = "a view does nothing by itself"]
    fn interior_mut<const K: usize, const L: usize>(&mut self) -> ArrayViewMut<'_, Self::Elem, Self::Dim>;
}

impl<T, D: Tabular> ArrayInterior for ArrayRef<T, D> {
    type Elem = T;
    type Dim = D;

    #[inline]
    fn interior<const K: usize, const L: usize>(&self) -> ArrayView<'_, T, D> {
        let [(row_axis, rows), (col_axis, cols)] = interior_of::<T, D, K, L>(self);
        self.view().slice_axis_move(row_axis, rows).slice_axis_move(col_axis, cols)
    }

    #[inline]
    fn interior_mut<const K: usize, const L: usize>(&mut self) -> ArrayViewMut<'_, T, D> {
        let [(row_axis, rows), (col_axis, cols)] = interior_of::<T, D, K, L>(self);
        self.view_mut().slice_axis_move(row_axis, rows).slice_axis_move(col_axis, cols)
    }
}

/// Returns the rows and the columns of the interior.
fn interior_of<T, D: Tabular, const K: usize, const L: usize>(array: &ArrayRef<T, D>) -> [(Axis, Slice); 2] {
    const { assert!(K > 0 && L > 0, "a window has at least one row and one column") };
    let (row_axis, col_axis) = axes_of::<D>();
    [(row_axis, K), (col_axis, L)].map(|(axis, window)| (Axis(axis), interior_along(array, axis, window)))
}

/// Returns the cells along an axis that have a whole window of length `window` around them.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn interior_along<T, D: Dimension>(array: &ArrayRef<T, D>, axis: usize, window: usize) -> Slice {
    let Range { start, end } = plan::interior_of(array.len_of(Axis(axis)), window);
    Slice::from(start..end)
}
