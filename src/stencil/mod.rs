//! Stencil codes on top of zips and windows.
//!
//! - `boundary`: the rules for cells beyond the edges, and the index map of each rule.
//! - `halo`: the number of ghost cells on each side of an array.
//! - `extended`: an array with its ghost cells computed on demand.
//! - `padded`: an array with its ghost cells in memory.
//! - `filter`: one pass of a closure over the windows around all cells.
//! - `steps`: many time steps in one sweep over memory.
//! - `entry`: the type `Stencil`, which calls `filter` and `steps`.

pub(crate) mod boundary;
mod entry;
mod extended;
mod filter;
pub(crate) mod halo;
mod padded;
mod steps;

pub use self::boundary::{Boundaries, Boundary};
pub use self::entry::Stencil;
pub use self::halo::Halo;
pub use self::padded::Padded;
pub use self::steps::{
    Coefficients, Fields, IntoBoundaries, Observed, StencilSteps, StepCount, StepFields, StepState, observed,
};
