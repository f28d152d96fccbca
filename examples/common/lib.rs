//! The library of the example programs:
//!
//! - `program`: the frame of a program, with its options, exit codes and Ctrl-C, and
//!   `command_line`, the one line for bad options;
//! - `memory`: the check that there is memory, before it is allocated;
//! - `picture`: pictures and their colours, and `directory`, a directory of them;
//! - `evolution`: the loop over time steps with its progress bar, and `recording`, the pictures
//!   that it records;
//! - `errors`: the distance from an exact solution;
//! - `random`: random numbers.

pub mod command_line;
pub mod directory;
pub mod errors;
pub mod evolution;
pub mod memory;
pub mod picture;
pub mod program;
pub mod random;
pub mod recording;
