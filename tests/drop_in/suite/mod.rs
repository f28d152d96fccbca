//! The tests, which take `azip!`, `par_azip!`, `Zip` and `FoldWhile` from the module that includes
//! them.

#[cfg(feature = "rayon")]
use super::par_azip;
use super::{FoldWhile, Zip, azip};

mod arrays;
mod cells;
mod collect;
mod drops;
mod generic;
mod grammar;
mod inference;
mod methods;
mod operands;
mod order;
#[cfg(feature = "rayon")]
mod parallel;
mod producers;
mod raw;
mod shapes;
