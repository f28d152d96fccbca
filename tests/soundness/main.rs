//! Cases that have broken code of this kind: panics, kept items, empty outputs, provenance, huge
//! axes, zero-sized elements.
//!
//! Each module is a theme and each test a case. All of them run under Miri, which detects a wrong
//! pointer. Without Miri they check numbers, counts and addresses. The module `messages` checks the
//! messages and the places of panics. The test `guarantees` covers what a caller may rely on in
//! general.

#[path = "../common/mod.rs"]
mod common;

mod closures;
mod empty;
mod floats;
mod layouts;
mod messages;
mod provenance;
mod sizes;
mod splits;
mod window_sizes;

use ndarray::{
    Array, Array1, Array2, Array3, ArrayD, ArrayView2, ArrayViewMut2, Axis, Dimension, IxDyn, RawArrayViewMut,
    ShapeBuilder, arr0, array, s,
};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Size2, Size3, Window, Windows, Zip, azip};

use common::leaves;
use common::panics::{stopped, unexpected};
use common::values::counted;
