//! [`Zip`], which checks the shapes of its operands once and walks them in lockstep.
//!
//! - `builder`: the type, and how operands are added.
//! - `execute`: the schedule, that is, which loop or kernel walks which rows.
//! - `order`: the orders of visits.
//! - `methods`: the methods that walk cells or rows.
//! - `map`: the methods that keep the results of the closure.
//! - `iter`: the iterator.
//! - `threads`, `par_iter`: walks and iterators on several threads.

mod builder;
mod execute;
mod iter;
mod map;
mod methods;
mod order;
#[cfg(feature = "rayon")]
mod par_iter;
#[cfg(feature = "rayon")]
mod threads;

pub use self::builder::Zip;
pub use self::iter::ZipIter;
pub(crate) use self::order::{AnyOrderOfNumbers, InOrder};
#[cfg(feature = "rayon")]
pub use self::par_iter::ParZipIter;
