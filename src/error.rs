//! The error types, and the one function that panics with them.
#![forbid(unsafe_code)]

use core::fmt;

use ndarray::{Dimension, IxDyn};

use crate::kernel::plan;
use crate::stencil::boundary::Boundary;
use crate::stencil::halo::Halo;

/// The error for operand number `operand`, of shape `dim`.
// Not a method: compiled once for each pair of dimensions, not for every tuple of operands.
#[cold]
#[inline(never)]
pub(crate) fn shape_error<D: Dimension, D2: Dimension>(
    operand: usize,
    dim: &D2,
    expected: &D,
    broadcast: bool,
) -> ShapeError {
    ShapeError { operand, shape: plan::dynamic(dim), expected: plan::dynamic(expected), broadcast }
}

/// An operand's shape is not the zip's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    pub(crate) operand: usize,
    pub(crate) shape: IxDyn,
    pub(crate) expected: IxDyn,
    pub(crate) broadcast: bool,
}

impl ShapeError {
    /// The number of the operand: 1 for the closure's first parameter (the index, in an indexed zip), and so on.
    pub fn operand(&self) -> usize {
        self.operand
    }

    /// The operand's shape.
    pub fn shape(&self) -> &[usize] {
        self.shape.as_array_view().to_slice().unwrap_or_default()
    }

    /// The zip's shape.
    pub fn expected(&self) -> &[usize] {
        self.expected.as_array_view().to_slice().unwrap_or_default()
    }
}

/// The message contains the words of ndarray's panic, for example `expected: [4], got: [5]`,
/// because tests of programs match them.
impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operand, shape, expected) = (self.operand, self.shape(), self.expected());
        if self.broadcast {
            write!(
                f,
                "operand {operand} of the zip cannot be broadcast by the rules of ndarray: could not broadcast array from shape: \
                 {shape:?} to: {expected:?}; counted from the last axis, each of its lengths must be 1 or that of the zip"
            )
        } else {
            write!(
                f,
                "operand {operand} of the Zip: Producer dimension mismatch, expected: {expected:?}, got: {shape:?}; slice the \
                 operands to one shape, or broadcast a shared one with `Zip::and_broadcast`"
            )
        }
    }
}

impl core::error::Error for ShapeError {}

#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn refuse_shape(error: ShapeError) -> ! {
    panic!("{error}")
}

#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn refuse_size(operand: usize, shape: &IxDyn) -> ! {
    panic!(
        "operand {operand} of the zip has shape {:?}, which is too large for any array: the lengths that are not 0 multiply to more \
         than isize::MAX",
        shape.as_array_view().to_slice().unwrap_or_default()
    )
}

/// The rows of an operand do not lie side by side in memory, so [`Zip::for_each_row`] cannot hand them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowError {
    pub(crate) operand: usize,
    pub(crate) stride: isize,
}

impl RowError {
    /// The number of the operand: 1 for the closure's first parameter, and so on.
    pub fn operand(&self) -> usize {
        self.operand
    }

    /// The operand's stride along the last axis, in elements.
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

impl core::error::Error for RowError {}

/// An array has no unit column stride, so its windows have no rows that lie side by side in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnStrideError {
    pub(crate) stride: isize,
}

impl ColumnStrideError {
    /// The column stride of the array, in elements.
    pub fn stride(&self) -> isize {
        self.stride
    }
}

impl fmt::Display for ColumnStrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "array_windows needs columns that lie side by side (stride 1), and this array's column stride is {}: \
             copy it with `as_standard_layout()`, or take the windows of its transpose `t()`",
            self.stride
        )
    }
}

impl core::error::Error for ColumnStrideError {}

/// An axis has no cells, so only [`Boundary::Constant`] can extend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundaryError {
    pub(crate) axis: usize,
    pub(crate) boundary: Boundary<()>,
}

impl BoundaryError {
    /// The axis without cells: 0 for an array without rows, 1 for one without columns.
    pub fn axis(&self) -> usize {
        self.axis
    }

    /// The rule that finds nothing to go on with.
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

impl core::error::Error for BoundaryError {}

/// A [`Padded`] cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaddedError {
    /// An axis of the array has no cells, and the rules cannot extend it.
    Boundary(BoundaryError),
    /// There is no memory for the array with its ghost cells.
    Allocation(AllocationError),
}

impl fmt::Display for PaddedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PaddedError::Boundary(error) => error.fmt(f),
            PaddedError::Allocation(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PaddedError {}

impl From<BoundaryError> for PaddedError {
    fn from(error: BoundaryError) -> Self {
        PaddedError::Boundary(error)
    }
}

impl From<AllocationError> for PaddedError {
    fn from(error: AllocationError) -> Self {
        PaddedError::Allocation(error)
    }
}

/// A halo is narrower than windows need it to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaloError {
    pub(crate) halo: Halo,
    pub(crate) needed: Halo,
    pub(crate) window: [usize; 2],
}

impl HaloError {
    /// The halo that there is.
    pub fn halo(&self) -> Halo {
        self.halo
    }

    /// The narrowest halo that the windows fit into.
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

impl core::error::Error for HaloError {}

/// [`stencil_map_into`] cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StencilMapError {
    /// The output has another shape than the input.
    OutputShape(OutputShapeError),
    /// There is no memory for copies of the input or of its edges.
    Allocation(AllocationError),
}

impl fmt::Display for StencilMapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StencilMapError::OutputShape(error) => error.fmt(f),
            StencilMapError::Allocation(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for StencilMapError {}

impl From<OutputShapeError> for StencilMapError {
    fn from(error: OutputShapeError) -> Self {
        StencilMapError::OutputShape(error)
    }
}

impl From<AllocationError> for StencilMapError {
    fn from(error: AllocationError) -> Self {
        StencilMapError::Allocation(error)
    }
}

/// The output of [`stencil_map_into`] has another shape than the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputShapeError {
    pub(crate) shape: (usize, usize),
    pub(crate) expected: (usize, usize),
}

impl OutputShapeError {
    /// The output's shape.
    pub fn shape(&self) -> (usize, usize) {
        self.shape
    }

    /// The input's shape.
    pub fn expected(&self) -> (usize, usize) {
        self.expected
    }
}

impl fmt::Display for OutputShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the output has shape {:?}, but the input has {:?}: a stencil that is mapped over all cells gives one result a cell",
            self.shape, self.expected
        )
    }
}

impl core::error::Error for OutputShapeError {}

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

/// What memory is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A `Padded`.
    Padded,
    /// The results of `stencil_map` or `map_collect`.
    Results,
    /// Copies of the input, or of its edges, that a filter makes.
    Copies,
    /// The rows in use of time steps.
    Steps,
}

impl Purpose {
    /// Returns what the memory is for, and what to do without it.
    fn words(self) -> [&'static str; 2] {
        match self {
            Purpose::Padded => ["the array with its ghost cells", "use a narrower halo, or a smaller array"],
            Purpose::Results => ["the results", "use a smaller array, or write the results to an existing one"],
            Purpose::Copies => [
                "copies of cells of the input",
                "use smaller windows or a smaller array, and an array whose columns are contiguous",
            ],
            Purpose::Steps => ["the rows in use of the time steps", "use smaller fields, or a smaller `depth`"],
        }
    }
}

/// The memory that a function needs could not be allocated.
///
/// The allocator has refused it, or it is larger than any allocation can be. The message says what
/// the memory was for.
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{Boundary, Halo, Padded, PaddedError};
///
/// let halo = Halo { left: usize::MAX, ..Halo::default() };
/// let refused = Padded::try_with_halo(&Array2::<u8>::zeros((1, 1)), halo, Boundary::Edge);
/// assert!(matches!(refused, Err(PaddedError::Allocation(_))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationError {
    pub(crate) purpose: Purpose,
    pub(crate) cells: Option<usize>,
    pub(crate) cell_bytes: usize,
}

impl AllocationError {
    /// The error for a number of cells of type `T`; `None` if that number cannot be represented.
    pub(crate) fn for_cells<T>(purpose: Purpose, cells: Option<usize>) -> Self {
        AllocationError { purpose, cells, cell_bytes: size_of::<T>() }
    }

    /// The number of cells, or `None` if it is larger than `usize::MAX`.
    pub fn cells(&self) -> Option<usize> {
        self.cells
    }

    /// The number of bytes, or `None` if it is larger than `usize::MAX`.
    pub fn bytes(&self) -> Option<usize> {
        self.cells?.checked_mul(self.cell_bytes)
    }
}

impl fmt::Display for AllocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [what, advice] = self.purpose.words();
        write!(f, "there is no memory for {what} (")?;
        match (self.cells, self.bytes()) {
            (None, _) => write!(f, "more than {} cells", usize::MAX)?,
            (Some(cells), None) => write!(f, "{cells} cells of {} bytes", self.cell_bytes)?,
            (Some(cells), Some(bytes)) => write!(f, "{cells} cells, {bytes} bytes")?,
        }
        write!(f, "): {advice}")
    }
}

impl core::error::Error for AllocationError {}

/// Returns what a `try_` function gives, or panics with the message of its error, in the caller's
/// line.
#[inline]
#[track_caller]
pub(crate) fn or_refuse<T>(result: Result<T, impl fmt::Display>) -> T {
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn refuse(error: &dyn fmt::Display) -> ! {
        panic!("{error}")
    }
    match result {
        Ok(done) => done,
        Err(error) => refuse(&error),
    }
}
