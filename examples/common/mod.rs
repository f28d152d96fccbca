//! The code that the examples share:
//!
//! - `program`: the frame of a program, with its options, exit codes and Ctrl-C, and
//!   `command_line`, the one line for bad options;
//! - `memory`: the check that there is memory, before it is allocated;
//! - `picture`: pictures and their colours, and `directory`, a directory of them;
//! - `evolution`: the loop over time steps with its progress bar, and `recording`, the pictures
//!   that it records;
//! - `errors`: the distance from an exact solution;
//! - `random`: random numbers.
//!
//! An example takes all of it in by `#[path = "../common/mod.rs"] mod common;`. This directory has no `main.rs`, and so is no example.

#![allow(dead_code, reason = "each example uses a part of it")]

pub(crate) mod command_line;
pub(crate) mod directory;
pub(crate) mod errors;
pub(crate) mod evolution;
pub(crate) mod memory;
pub(crate) mod picture;
pub(crate) mod program;
pub(crate) mod random;
pub(crate) mod recording;
