//! The names that most programs import: `use ndarray_lockstep::prelude::*`.
//!
//! A program can also have `use ndarray::prelude::*`, because no name here is one of ndarray's. So
//! the prelude does not contain `azip!`, `par_azip!` and `Zip`. Import those by name: such an
//! import takes precedence over a glob.
//!
//! ```
//! use ndarray::prelude::*;
//! use ndarray_lockstep::azip;
//! use ndarray_lockstep::prelude::*;
//!
//! let heat = Array2::<f32>::ones((4, 6));
//! let mut next = heat.clone();
//! let cells = next.interior_mut::<3, 3>();
//! let windows = heat.array_windows::<3, 3>();
//! azip!((cell in cells, w in windows) *cell = w.at(-1, 0) + w.at(1, 0));
//! assert_eq!(next.slice(s![1..-1, 1..-1]), arr2(&[[2.0; 4]; 2]));
//! ```
#![forbid(unsafe_code)]

#[doc(no_inline)]
pub use crate::{
    ArrayInterior, ArrayWindows, Boundaries, Boundary, IntoOperand, Padded, Stencil, StencilSteps, Window, Window3d,
    simd_azip,
};
