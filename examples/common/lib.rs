//! The library of the example programs:
//!
//! - `program`: the frame of a program, with its options, exit codes and Ctrl-C;
//! - `command_line`: the one-line message for wrong options;
//! - `memory`: the check that there is enough memory, before it is allocated;
//! - `picture`: pictures and their colours;
//! - `directory`: a directory of pictures;
//! - `evolution`: the loop over time steps with its progress bar;
//! - `recording`: the pictures that the loop records;
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
