//! Stencil codes on top of zips.
//!
//! - `boundary`: the rules for what is beyond the edges, and the index map of each rule.
//! - `entry`: the type `Stencil`, and what it can do.
//! - `halo`, `padded`: arrays with ghost cells around them.
//! - `filter`: a function of the window around each cell.
//! - `steps`: many time steps in one sweep over memory.

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
