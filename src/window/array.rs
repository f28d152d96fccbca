//! [`ArrayWindows`] and [`ArrayInterior`]: methods of arrays that return their windows and their
//! interior.
//!
//! Users call them, on arrays of two to six dimensions. They promise matching shapes: cell `(i, j)`
//! of the interior is the centre of window `(i, j)`.
#![forbid(unsafe_code)]

use ndarray::{ArrayBase, ArrayRef, ArrayView, ArrayViewMut, Axis, Dimension, RawData, Slice};

use super::size::{HasWindows, Size2, Size3, WindowSize, length_along};
use super::windows::{Windows, assert_positive};
use crate::error::ColumnStrideError;
use crate::kernel::plan;
use crate::operand::sealed::Sealed;

/// Stencil windows of a size known at compile time, over arrays and over stacks of arrays.
///
/// This is the counterpart of [`slice::array_windows`]. For boundary rules, filters and time steps
/// see [`Stencil`](crate::Stencil).
pub trait ArrayWindows: Sealed {
    /// The type of the cells.
    type Elem;
    /// The number of dimensions.
    type Dim: Dimension;

    /// Returns all cells.
    #[doc(hidden)]
    fn cells(&self) -> ArrayView<'_, Self::Elem, Self::Dim>;

    /// Returns all windows of `K` rows and `L` columns, as an operand of shape
    /// `(rows - K + 1, cols - L + 1)`.
    ///
    /// Window `(i, j)` covers the cells `(i..i + K, j..j + L)`. The operand is empty if the array
    /// is smaller than the window along either axis.
    ///
    /// An array of more dimensions is a stack of tables, and each table has its own windows. Window
    /// `(n, i, j)` of a 3-dimensional array covers the cells `(n, i..i + K, j..j + L)`, and the
    /// operand has shape `(tables, rows - K + 1, cols - L + 1)`. For windows over several planes,
    /// use [`array_windows_3d`](Self::array_windows_3d).
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
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn array_windows<const K: usize, const L: usize>(&self) -> Windows<'_, Self::Elem, Size2<K, L>, Self::Dim>
    where
        Self::Dim: HasWindows<Size2<K, L>>,
    {
        Windows::new(self.cells())
    }

    /// [`array_windows`](Self::array_windows) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the array has a window but its columns are not contiguous.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn try_array_windows<const K: usize, const L: usize>(
        &self,
    ) -> Result<Windows<'_, Self::Elem, Size2<K, L>, Self::Dim>, ColumnStrideError>
    where
        Self::Dim: HasWindows<Size2<K, L>>,
    {
        Windows::try_new(self.cells())
    }

    /// Returns all windows of `K` planes, `L` rows and `M` columns, as an operand of shape
    /// `(planes - K + 1, rows - L + 1, cols - M + 1)`.
    ///
    /// Window `(h, i, j)` covers the cells `(h..h + K, i..i + L, j..j + M)`. The operand is empty
    /// if the array is smaller than the window along any axis.
    ///
    /// Columns must be contiguous (a column stride of 1). Planes and rows may have any stride.
    ///
    /// If `K`, `L` or `M` is 0, the call does not compile.
    ///
    /// # Panics
    ///
    /// In the caller's line, if the array has a window but its columns are not contiguous.
    /// [`try_array_windows_3d`](Self::try_array_windows_3d) returns the error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Array3;
    /// use ndarray_lockstep::{ArrayInterior, ArrayWindows, simd_azip};
    ///
    /// let mut heat = Array3::<f32>::zeros((5, 6, 7));
    /// heat[[2, 3, 3]] = 8.0;
    /// let mut next = heat.clone();
    /// simd_azip!((
    ///     cell in next.interior_3d_mut::<3, 3, 3>(),
    ///     w in heat.array_windows_3d::<3, 3, 3>(),
    /// ) {
    ///     let around = w.at(-1, 0, 0)
    ///         + w.at(1, 0, 0)
    ///         + w.at(0, -1, 0)
    ///         + w.at(0, 1, 0)
    ///         + w.at(0, 0, -1)
    ///         + w.at(0, 0, 1);
    ///     *cell = w.center() + 0.125 * (around - 6.0 * w.center());
    /// });
    /// assert_eq!(
    ///     (next[[2, 3, 3]], next[[1, 3, 3]], next[[2, 3, 4]]),
    ///     (2.0, 1.0, 1.0)
    /// );
    /// ```
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    fn array_windows_3d<const K: usize, const L: usize, const M: usize>(
        &self,
    ) -> Windows<'_, Self::Elem, Size3<K, L, M>, Self::Dim>
    where
        Self::Dim: HasWindows<Size3<K, L, M>>,
    {
        Windows::new(self.cells())
    }

    /// [`array_windows_3d`](Self::array_windows_3d) with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the array has a window but its columns are not contiguous.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn try_array_windows_3d<const K: usize, const L: usize, const M: usize>(
        &self,
    ) -> Result<Windows<'_, Self::Elem, Size3<K, L, M>, Self::Dim>, ColumnStrideError>
    where
        Self::Dim: HasWindows<Size3<K, L, M>>,
    {
        Windows::try_new(self.cells())
    }
}

impl<T, D: Dimension> Sealed for ArrayRef<T, D> {}

impl<T, D: Dimension> ArrayWindows for ArrayRef<T, D> {
    type Elem = T;
    type Dim = D;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn cells(&self) -> ArrayView<'_, T, D> {
        self.view()
    }
}

/// The cells of an array that have a whole window around them.
pub trait ArrayInterior: Sealed {
    /// The type of the cells.
    type Elem;
    /// The number of dimensions.
    type Dim: Dimension;

    /// Returns all cells.
    #[doc(hidden)]
    fn cells(&self) -> ArrayView<'_, Self::Elem, Self::Dim>;

    /// Returns all cells.
    #[doc(hidden)]
    fn cells_mut(&mut self) -> ArrayViewMut<'_, Self::Elem, Self::Dim>;

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
    #[inline]
    fn interior<const K: usize, const L: usize>(&self) -> ArrayView<'_, Self::Elem, Self::Dim>
    where
        Self::Dim: HasWindows<Size2<K, L>>,
    {
        interior_of(self.cells())
    }

    /// Returns a mutable view of the cells of [`interior`](Self::interior): the output of a
    /// stencil.
    #[must_use = "a view does nothing by itself"]
    #[inline]
    fn interior_mut<const K: usize, const L: usize>(&mut self) -> ArrayViewMut<'_, Self::Elem, Self::Dim>
    where
        Self::Dim: HasWindows<Size2<K, L>>,
    {
        interior_of(self.cells_mut())
    }

    /// Returns a view of the cells whose K×L×M window is inside the array.
    ///
    /// It has the shape of [`array_windows_3d::<K, L, M>()`](ArrayWindows::array_windows_3d). Its
    /// cell `(h, i, j)` is the [centre](crate::Window3d::center) of window `(h, i, j)`: cell
    /// `(h + K / 2, i + L / 2, j + M / 2)` of the array. It is empty if the array is smaller than
    /// the window.
    ///
    /// ```
    /// use ndarray::Array3;
    /// use ndarray_lockstep::ArrayInterior;
    ///
    /// let a = Array3::<f32>::zeros((5, 6, 7));
    /// assert_eq!(a.interior_3d::<3, 3, 3>().dim(), (3, 4, 5));
    /// assert_eq!(a.interior_3d::<1, 2, 9>().dim(), (5, 5, 0));
    /// ```
    #[must_use = "a view does nothing by itself"]
    #[inline]
    fn interior_3d<const K: usize, const L: usize, const M: usize>(&self) -> ArrayView<'_, Self::Elem, Self::Dim>
    where
        Self::Dim: HasWindows<Size3<K, L, M>>,
    {
        interior_of(self.cells())
    }

    /// Returns a mutable view of the cells of [`interior_3d`](Self::interior_3d): the output of a
    /// stencil.
    #[must_use = "a view does nothing by itself"]
    #[inline]
    fn interior_3d_mut<const K: usize, const L: usize, const M: usize>(
        &mut self,
    ) -> ArrayViewMut<'_, Self::Elem, Self::Dim>
    where
        Self::Dim: HasWindows<Size3<K, L, M>>,
    {
        interior_of(self.cells_mut())
    }
}

impl<T, D: Dimension> ArrayInterior for ArrayRef<T, D> {
    type Elem = T;
    type Dim = D;

    #[inline]
    fn cells(&self) -> ArrayView<'_, T, D> {
        self.view()
    }

    #[inline]
    fn cells_mut(&mut self) -> ArrayViewMut<'_, T, D> {
        self.view_mut()
    }
}

/// Returns the cells that have a whole window of size `S` around them.
fn interior_of<T, S: WindowSize, R: RawData<Elem = T>, D: HasWindows<S>>(
    mut array: ArrayBase<R, D>,
) -> ArrayBase<R, D> {
    const { assert_positive::<S>() };
    for axis in 0..array.ndim() {
        let cells = plan::interior_of(array.len_of(Axis(axis)), length_along::<S, D>(axis));
        array.slice_axis_inplace(Axis(axis), Slice::from(cells));
    }
    array
}
