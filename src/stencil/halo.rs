//! [`Halo`]: the number of ghost cells on each side of an array.
//!
//! A plain value, used by `padded`, `extended`, filters and time steps. It promises that
//! [`Halo::of_window`] is the narrowest halo with which every cell has a whole window.
#![forbid(unsafe_code)]

/// The number of rows and columns of ghost cells on each side of an array.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Halo {
    /// Rows above the first one.
    pub top: usize,
    /// Rows below the last one.
    pub bottom: usize,
    /// Columns before the first one.
    pub left: usize,
    /// Columns after the last one.
    pub right: usize,
}

impl Halo {
    /// Returns the narrowest halo with which every cell has a whole K×L window around it.
    ///
    /// The [centre](crate::Window::center) of a window is its cell `(K / 2, L / 2)`. For even
    /// lengths the halo is therefore one cell narrower below or on the right than above or on the
    /// left.
    ///
    /// ```
    /// use ndarray_lockstep::Halo;
    ///
    /// assert_eq!(
    ///     Halo::of_window::<3, 4>(),
    ///     Halo { top: 1, bottom: 1, left: 2, right: 1 }
    /// );
    /// ```
    pub const fn of_window<const K: usize, const L: usize>() -> Halo {
        const { assert!(K > 0 && L > 0, "a window has at least one row and one column") };
        Halo { top: K / 2, bottom: K - 1 - K / 2, left: L / 2, right: L - 1 - L / 2 }
    }

    /// Returns whether this halo is at least as wide as `other` on each side.
    pub(super) fn covers(self, other: Halo) -> bool {
        self.top >= other.top && self.bottom >= other.bottom && self.left >= other.left && self.right >= other.right
    }
}
