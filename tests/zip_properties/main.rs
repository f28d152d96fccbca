//! Compares `Zip` and `azip!` with `ndarray::Zip`, over random shapes, layouts, elements and
//! numbers of operands.
//!
//! The oracle is ndarray: both get the same closure, and what it reads and writes is compared
//! exactly, including the order. Where ndarray has no equivalent (seven operands or more, an index
//! of dynamic dimension), the oracle is a loop over indices.
//!
//! A comment that begins with "Known trap" names a bug that has broken published code of this kind;
//! the numbers are ndarray's issues.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

/// The same code with this crate's `Zip` and with ndarray's.
macro_rules! with_both {
    ($zip:ident => $body:expr) => {
        (
            {
                use ndarray_lockstep::Zip as $zip;
                $body
            },
            {
                use ndarray::Zip as $zip;
                $body
            },
        )
    };
}

/// The same call with this crate's `azip!` and with ndarray's.
macro_rules! both_azips {
    ($azip:ident => $body:expr) => {
        (
            {
                use ndarray_lockstep::azip as $azip;
                $body
            },
            {
                use ndarray::azip as $azip;
                $body
            },
        )
    };
}

mod any_dimension;
mod arities;
mod grammar;
mod kinds_of_operands;
mod numbers_of_cells;
mod two_shapes;

use std::array;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use ndarray::{
    Array, Array1, Array2, ArrayD, ArrayView, Axis, CowArray, Dimension, FoldWhile, IntoDimension, Ix0, Ix1, Ix2, Ix3,
    Ix4, IxDyn, ShapeBuilder, arr0, array, indices, s,
};
use ndarray_lockstep::{ShapeError, Zip, azip};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use common::values::float;
use common::{Counted, Layout, dimensions, for_all, layouts, shapes};

/// Operands of one shape.
#[derive(Clone, Debug)]
struct Case {
    shape: Vec<usize>,
    mutable: Layout,
    shared: [Layout; 2],
    /// The number of the visit that ends the walk.
    stop: usize,
}

fn cases<D: Dimension>() -> impl Strategy<Value = Case> {
    dimensions::<D>()
        .prop_flat_map(|ndim| {
            (shapes(ndim), layouts(ndim, false), layouts(ndim, true), layouts(ndim, true), 0..40_usize)
        })
        .prop_map(|(shape, mutable, b, c, stop)| Case { shape, mutable, shared: [b, c], stop })
}

impl Case {
    /// The stored arrays for the two shared operands, with different values in all cells.
    fn stored<D: Dimension>(&self) -> [Array<usize, D>; 2] {
        [self.shared[0].stored(&self.shape, |k| 1000 + k), self.shared[1].stored(&self.shape, |k| 2000 + k)]
    }

    fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

/// The number and the stride of the first operand without contiguous rows, given the last strides
/// of all operands; none if no row has two cells.
fn first_refused(shape: &[usize], strides: &[isize]) -> Option<(usize, isize)> {
    if shape.contains(&0) || shape.last().is_none_or(|&len| len == 1) {
        return None;
    }
    (1..).zip(strides.iter().copied()).find(|&(_, stride)| stride != 1)
}
