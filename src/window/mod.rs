//! Windows over the cells of an array, as operands of a zip.
//!
//! [`ArrayWindows`] and [`ArrayInterior`] are the methods for users. [`Windows`] is the operand and
//! [`Window`] its item, and `volume` has their counterparts for three dimensions. The module
//! implements [`Operand`](crate::operand::Operand), so that [`Zip`](crate::Zip) walks windows like
//! any other operand. Its callers are users and the module `stencil`. It promises that a [`Window`]
//! reads only its own K×L cells.

mod array;
mod item;
mod volume;
mod windows;

pub use self::array::{ArrayInterior, ArrayWindows, Tabular};
pub use self::item::{Window, WindowIter};
pub(crate) use self::item::{assert_stencil_size, build_array};
pub use self::volume::{ArrayInterior3d, ArrayWindows3d, Window3d, Windows3d};
pub use self::windows::Windows;
