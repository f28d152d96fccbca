//! [`Blocks`]: moves from one block of a plan to the next.
//!
//! A *plan* divides a walk into *blocks*, which are rectangles of rows and columns. `zip::execute`
//! loops over them with this type. It promises to return the first cell of every block of the plan,
//! in order, and that all places on the way are inside the shape.
//!
//! A walk in more than two dimensions may consist of many small blocks, so the step from one to the
//! next must be cheap. The loops around the blocks work like an odometer. Usually only the
//! innermost one advances. The next block is then one step away from the place where the current
//! run of that loop began. [`Blocks`] stores these places.

use ndarray::Dimension;

use crate::kernel::plan::{self, Plan};
use crate::operand::Operands;

/// The number of loops around the blocks for which the place where the current run began is stored.
///
/// A loop further out advances so rarely that its place can be computed from all axes. With axes of
/// length 2, that is once in 16 blocks.
const KEPT: usize = 4;

/// The blocks of a plan, in order.
///
/// # Invariants
///
/// 1. `index` is the index of the current block's first cell.
/// 2. `runs[k]` are the places of the index that is 0 in the axes of the `k` innermost loops around
///    the blocks, and equals `index` in the others.
pub(crate) struct Blocks<Parts: Operands> {
    plan: Plan,
    index: Parts::Dim,
    runs: [Parts::Places; KEPT],
}

impl<Parts: Operands> Blocks<Parts> {
    /// Returns the blocks of `plan`, starting at the first one. `plan` was made for `dim`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new(plan: Plan, parts: &mut Parts, dim: &Parts::Dim) -> Self {
        let first = parts.origin();
        let runs = [first.clone(), first.clone(), first.clone(), first];
        Blocks { plan, index: plan.first_block(dim), runs }
    }

    /// Returns the places of the current block's first cell.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn first(&self) -> Parts::Places {
        self.runs[0].clone()
    }

    /// Advances to the next block. Returns `false` after the last one.
    ///
    /// # Safety
    ///
    /// 1. `parts`, `dim` and the plan are those of `new`.
    /// 2. `dim` has cells, and its indices are inside the shape of `parts`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) unsafe fn advance(&mut self, parts: &mut Parts, dim: &Parts::Dim) -> bool {
        debug_assert!(!plan::is_empty(dim), "contract of Blocks::advance");
        let Some((run, axis)) = self.plan.next_block(dim, &mut self.index) else {
            return false;
        };
        let first = match self.runs.get(run) {
            // SAFETY: the run began inside the shape, at the previous index of `axis` (invariant
            // 2). One step along `axis` moves to the first index of the next block. The plan keeps
            // this index inside `dim` (1), so it is inside the shape (2).
            Some(start) => unsafe { Parts::offset(start, parts.strides(axis), 1) },
            // SAFETY: the plan's blocks start inside `dim` (1), so inside the shape of all parts
            // (2).
            None => unsafe { places_at(parts, &self.index) },
        };
        // The runs of all loops further inside begin here.
        let mut inner = 0;
        while inner <= run && inner < KEPT {
            self.runs[inner] = first.clone();
            inner += 1;
        }
        true
    }
}

/// Returns the places of the cell with the index `index`.
///
/// # Safety
///
/// 1. `index` is inside the shape of all parts, so the shape has cells.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) unsafe fn places_at<O: Operands>(parts: &mut O, index: &O::Dim) -> O::Places {
    let mut places = parts.origin();
    let mut axis = 0;
    while axis < index.ndim() {
        // SAFETY: every index on the way is at most `index` in each axis, so inside the shape (1).
        places = unsafe { O::offset(&places, parts.strides(axis), index[axis]) };
        axis += 1;
    }
    places
}
