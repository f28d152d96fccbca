//! [`Halo`]: how many ghost cells there are around an array.
#![forbid(unsafe_code)]

/// The number of rows and columns of ghost cells around an array.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Halo {
    /// The rows above the first one.
    pub top: usize,
    /// The rows below the last one.
    pub bottom: usize,
    /// The columns before the first one.
    pub left: usize,
    /// The columns behind the last one.
    pub right: usize,
}

impl Halo {
    /// The halo with which every cell has a whole K×L window around it. A window's [centre](Window::center) is its cell
    /// `(K / 2, L / 2)`, so windows of even length need one cell less below or behind than above or before.
    ///
    /// ```
    /// use ndarray_lockstep::Halo;
    ///
    /// assert_eq!(Halo::of_window::<3, 4>(), Halo { top: 1, bottom: 1, left: 2, right: 1 });
    /// ```
    pub const fn of_window<const K: usize, const L: usize>() -> Halo {
        const { assert!(K > 0 && L > 0, "a window has at least one row and one column") };
        Halo { top: K / 2, bottom: K - 1 - K / 2, left: L / 2, right: L - 1 - L / 2 }
    }

    /// Whether this halo has all the cells that `other` has.
    pub(super) fn covers(self, other: Halo) -> bool {
        self.top >= other.top && self.bottom >= other.bottom && self.left >= other.left && self.right >= other.right
    }
}
