//! What a caller may rely on: one test for each promise in the list on [`Zip`], named after its
//! number there.
//!
//! The promises are tested on every way to walk a zip and on a layout of every kind. The property
//! tests cover random shapes and layouts, and the test `soundness` covers rare cases. Both rely on
//! the promises tested here.

#[path = "../common/mod.rs"]
mod common;

mod iterators;
mod numbers;
mod operands;
mod panics;
mod parts;
mod results;
mod visits;
mod walks;
mod windows;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::{
    Array, Array2, Array3, ArrayView, ArrayView1, ArrayViewMut, ArrayViewMut2, Axis, Dimension, Ix2, Ix3, ShapeBuilder,
    arr0, array, s,
};
use ndarray_lockstep::simd::{self, Level};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, FoldWhile, Zip, ZipIter, azip, simd_azip};

use common::panics::stopped;
use common::values::counted;
use common::{leaves, or_under_miri};
use walks::in_every_layout;
