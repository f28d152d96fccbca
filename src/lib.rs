//! Walk several ndarray arrays in lockstep.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

#[macro_use]
mod macros;
mod iter;
mod layout;
mod operand;
mod row;
mod window;
mod zip;

pub use ndarray::FoldWhile;

pub use crate::iter::ZipIter;
pub use crate::operand::{Indices, IntoOperand, Operand, Operands, Push};
pub use crate::window::{ArrayInterior, ArrayWindows, ColumnStrideError, Window, WindowIter, Windows};
pub use crate::zip::{RowError, ShapeError, Zip};
