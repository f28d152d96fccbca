//! Windows over the cells of an array, as operands of a zip.
//!
//! [`ArrayWindows`] and [`ArrayInterior`] are the methods for users. [`Windows`] is the operand for
//! every [`WindowSize`], and [`Window`] and [`Window3d`] are its items. The module implements
//! [`Operand`](crate::operand::Operand), so that [`Zip`](crate::Zip) walks windows like any other
//! operand. Its callers are users and the module `stencil`. It promises that a window reads only
//! its own cells.

mod array;
mod item;
mod size;
mod volume;
mod windows;

pub use self::array::{ArrayInterior, ArrayWindows};
pub use self::item::{Window, WindowIter};
pub(crate) use self::item::{assert_stencil_size, build_array};
pub use self::size::{HasWindows, Size2, Size3, WindowSize};
pub use self::volume::Window3d;
pub use self::windows::Windows;
