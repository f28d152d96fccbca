//! The error types, and the one function that panics with them.
#![forbid(unsafe_code)]

use core::fmt;

use ndarray::{Dimension, IxDyn};

use crate::kernel::plan;
use crate::stencil::boundary::Boundary;
use crate::stencil::halo::Halo;

/// Returns the value of a `try_` function, or panics in the caller's line with the message of its
/// error.
#[inline]
#[track_caller]
pub(crate) fn or_refuse<T>(result: Result<T, impl fmt::Display>) -> T {
    match result {
        Ok(done) => done,
        Err(error) => refuse(&error),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn refuse(error: &dyn fmt::Display) -> ! {
    panic!("{error}")
}

/// Panics with the message for an operand that has more cells than any array.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn refuse_size(operand: usize, shape: &IxDyn) -> ! {
    panic!(
        "operand {operand} of the zip has shape {:?}, which is too large for any array: the lengths other than 0 multiply to more \
         than isize::MAX",
        lengths(shape)
    )
}

/// Panics with the [`ShapeError`] for operand number `operand` of a zip.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn refuse_shape<D: Dimension, D2: Dimension>(operand: usize, dim: &D2, expected: &D) -> ! {
    refuse(&shape_error(Culprit::Operand, operand, dim, expected))
}

fn lengths(shape: &IxDyn) -> &[usize] {
    shape.as_array_view().to_slice().unwrap_or_default()
}

/// The array that a [`ShapeError`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Culprit {
    Operand,
    BroadcastOperand,
    Output,
    Field,
    Coefficient,
}

/// Returns the error for array number `number`, of shape `dim`.
// Not a method: compiled once for each pair of dimensions, not for every tuple of operands.
#[cold]
#[inline(never)]
pub(crate) fn shape_error<D: Dimension, D2: Dimension>(
    culprit: Culprit,
    number: usize,
    dim: &D2,
    expected: &D,
) -> ShapeError {
    ShapeError { culprit, number, shape: plan::dynamic(dim), expected: plan::dynamic(expected) }
}

/// An array has the wrong shape: an operand of a [`Zip`](crate::Zip), the output of a filter, or a
/// field or coefficient of time steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    culprit: Culprit,
    number: usize,
    shape: IxDyn,
    expected: IxDyn,
}

impl ShapeError {
    /// Returns the number of the operand, field or coefficient, counted from 1. In a zip, 1 is the
    /// closure's first parameter, which is the index in an indexed zip. The output of a filter is
    /// number 1.
    pub fn operand(&self) -> usize {
        self.number
    }

    /// Returns the shape of the array.
    pub fn shape(&self) -> &[usize] {
        lengths(&self.shape)
    }

    /// Returns the shape that the array should have.
    pub fn expected(&self) -> &[usize] {
        lengths(&self.expected)
    }
}

/// For a zip, the message contains the words of ndarray's panic, for example
/// `expected: [4], got: [5]`, because users' tests may match them.
impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, shape, expected) = (self.number, self.shape(), self.expected());
        match self.culprit {
            Culprit::Operand => write!(
                f,
                "operand {number} of the Zip: Producer dimension mismatch, expected: {expected:?}, got: {shape:?}; slice the \
                 operands to one shape, or broadcast a shared one with `Zip::and_broadcast`"
            ),
            Culprit::BroadcastOperand => write!(
                f,
                "operand {number} of the zip cannot be broadcast by the rules of ndarray: could not broadcast array from shape: \
                 {shape:?} to: {expected:?}; counted from the last axis, each of its lengths must be 1 or that of the zip"
            ),
            Culprit::Output => write!(
                f,
                "the output has shape {shape:?}, but the input has {expected:?}: a filter returns one result per cell"
            ),
            Culprit::Field => write!(
                f,
                "field {number} has shape {shape:?}, but the first one has {expected:?}: all fields have one shape"
            ),
            Culprit::Coefficient => write!(
                f,
                "coefficient {number} has shape {shape:?}, but the fields have {expected:?}: coefficients have the fields' shape"
            ),
        }
    }
}

/// The rows of an operand are not contiguous, so [`Zip::for_each_row`](crate::Zip#whole-rows)
/// cannot pass them to its closure as slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowError {
    pub(crate) operand: usize,
    pub(crate) stride: isize,
}

impl RowError {
    /// Returns the number of the operand: 1 for the closure's first parameter, and so on.
    pub fn operand(&self) -> usize {
        self.operand
    }

    /// Returns the operand's stride along the last axis, in elements.
    pub fn stride(&self) -> isize {
        self.stride
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "operand {} of the zip has stride {} along its last axis, so its rows are not slices: use `Zip::for_each`, or \
             copy the operand with `as_standard_layout()` if it is only read",
            self.operand, self.stride
        )
    }
}

/// The columns of an array are not contiguous, so its windows have no contiguous rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnStrideError {
    pub(crate) stride: isize,
}

impl ColumnStrideError {
    /// Returns the column stride of the array, in elements.
    pub fn stride(&self) -> isize {
        self.stride
    }
}

impl fmt::Display for ColumnStrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "array_windows needs contiguous columns (stride 1), and this array's column stride is {}: \
             copy it with `as_standard_layout()`, or take the windows of its transpose `t()`",
            self.stride
        )
    }
}

/// An axis has no cells, so only [`Boundary::Constant`] can extend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundaryError {
    pub(crate) axis: usize,
    pub(crate) boundary: Boundary<()>,
}

impl BoundaryError {
    /// Returns the axis without cells: 0 for an array without rows, 1 for one without columns.
    pub fn axis(&self) -> usize {
        self.axis
    }

    /// Returns the rule that has no cell to repeat.
    pub fn boundary(&self) -> Boundary<()> {
        self.boundary
    }
}

impl fmt::Display for BoundaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "axis {} of the array has no cells that `Boundary::{:?}` could repeat: only `Boundary::Constant` extends an empty axis",
            self.axis, self.boundary
        )
    }
}

/// A halo is narrower than the windows need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaloError {
    pub(crate) halo: Halo,
    pub(crate) needed: Halo,
    pub(crate) window: [usize; 2],
}

impl HaloError {
    /// Returns the halo of the array.
    pub fn halo(&self) -> Halo {
        self.halo
    }

    /// Returns the narrowest halo for these windows.
    pub fn needed(&self) -> Halo {
        self.needed
    }
}

impl fmt::Display for HaloError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [k, l] = self.window;
        write!(
            f,
            "windows of {k}×{l} cells need {:?}, and the array has {:?}: make it with `Padded::from_interior::<{k}, {l}>`, or with a wider \
             halo",
            self.needed, self.halo
        )
    }
}

/// The purpose of an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A `Padded`.
    Padded,
    /// The results of a filter or of `map_collect`.
    Results,
    /// Copies of the input of a filter, or of its edges.
    Copies,
    /// The rows in use during time steps.
    Steps,
}

/// The memory that a function needs could not be allocated.
///
/// Either the allocation failed, or its size would be larger than that of any allocation. The
/// message names the purpose of the memory.
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{Boundary, Halo, Padded, StencilError};
///
/// let halo = Halo { left: usize::MAX, ..Halo::default() };
/// let cell = Array2::<u8>::zeros((1, 1));
/// let refused = Padded::try_with_halo(&cell, halo, Boundary::Edge);
/// assert!(matches!(refused, Err(StencilError::Allocation(_))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationError {
    purpose: Purpose,
    cells: Option<usize>,
    cell_bytes: usize,
}

impl AllocationError {
    /// Returns the error for a number of cells of type `T`. `None` is a number larger than
    /// `usize::MAX`.
    pub(crate) fn for_cells<T>(purpose: Purpose, cells: Option<usize>) -> Self {
        AllocationError { purpose, cells, cell_bytes: size_of::<T>() }
    }

    /// Returns the number of cells, or `None` if it is larger than `usize::MAX`.
    pub fn cells(&self) -> Option<usize> {
        self.cells
    }

    /// Returns the number of bytes, or `None` if it is larger than `usize::MAX`.
    pub fn bytes(&self) -> Option<usize> {
        self.cells?.checked_mul(self.cell_bytes)
    }
}

impl fmt::Display for AllocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, advice) = match self.purpose {
            Purpose::Padded => ("the array with its ghost cells", "use a narrower halo, or a smaller array"),
            Purpose::Results => ("the results", "use a smaller array, or write the results to an existing one"),
            Purpose::Copies => (
                "copies of cells of the input",
                "use smaller windows or a smaller array, and an array whose columns are contiguous",
            ),
            Purpose::Steps => ("the rows in use of the time steps", "use smaller fields, or a smaller `depth`"),
        };
        write!(f, "there is no memory for {what} (")?;
        match (self.cells, self.bytes()) {
            (None, _) => write!(f, "more than {} cells", usize::MAX)?,
            (Some(cells), None) => write!(f, "{cells} cells of {} bytes", self.cell_bytes)?,
            (Some(cells), Some(bytes)) => write!(f, "{cells} cells, {bytes} bytes")?,
        }
        write!(f, "): {advice}")
    }
}

/// The error of filters, time steps and padded arrays.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StencilError {
    /// An output, field or coefficient has the wrong shape.
    Shape(ShapeError),
    /// An axis of the array has no cells, and the rules cannot extend it.
    Boundary(BoundaryError),
    /// There is no memory for results, copies, ghost cells or rows in use.
    Allocation(AllocationError),
}

impl fmt::Display for StencilError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StencilError::Shape(error) => error.fmt(f),
            StencilError::Boundary(error) => error.fmt(f),
            StencilError::Allocation(error) => error.fmt(f),
        }
    }
}

macro_rules! errors {
    ($($Error:ty $(=> $Variant:ident)?,)+) => {$(
        impl core::error::Error for $Error {}

        $(impl From<$Error> for StencilError {
            fn from(error: $Error) -> Self {
                StencilError::$Variant(error)
            }
        })?
    )+};
}

errors! {
    ShapeError => Shape,
    BoundaryError => Boundary,
    AllocationError => Allocation,
    RowError,
    ColumnStrideError,
    HaloError,
    StencilError,
}
