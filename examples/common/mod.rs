//! What the examples have in common: the frame of a program (`program`), pictures and colours (`picture`), the loop over time steps
//! with its progress bar (`evolution`), pictures on the way (`recording`), the distance from an exact solution (`errors`), and random numbers
//! (`random`).
//!
//! An example takes all of it in by `#[path = "../common/mod.rs"] mod common;`. This directory has no `main.rs`, and so is no example.

#![allow(dead_code, reason = "each example uses a part of it")]

pub(crate) mod errors;
pub(crate) mod evolution;
pub(crate) mod picture;
pub(crate) mod program;
pub(crate) mod random;
pub(crate) mod recording;
