//! K×L windows over the rows and columns of an array, and the cells that have one around them.
//!
//! [`ArrayWindows`] and [`ArrayInterior`] are the methods users call; [`Windows`] is the operand,
//! [`Window`] its item. The module plugs into `zip.rs` by implementing [`Operand`]. It is used by
//! its own part for three dimensions, `volume.rs`, and by `boundary.rs` and `steps`. It promises
//! that a [`Window`] reads no cell but its own K×L ones.

mod array;
mod item;
mod volume;
mod windows;

pub use self::array::{ArrayInterior, ArrayWindows, Tabular};
pub use self::item::{Window, WindowIter};
pub(crate) use self::item::{assert_stencil_size, build_array};
pub use self::volume::{ArrayInterior3d, ArrayWindows3d, Window3d, Windows3d};
pub use self::windows::Windows;
