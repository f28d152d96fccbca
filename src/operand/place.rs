//! Places and strides: how a walk moves from one cell of an operand to another.
//!
//! A *place* is the position of an item, and a *stride* is the step from one place to the next
//! along an axis. This module defines both traits and implements them for the pointers of views.
//! Windows and indices have their own. The loops in `kernel` and `zip` call them through the tuple
//! of all operands. The implementations promise that for unit strides both kinds of move (`offset`
//! and `ahead`) result in the same place.

use crate::kernel::plan;

/// The step from one place to the next along an axis.
pub trait Stride: Copy {
    /// Returns the stride in elements, for messages.
    fn elements(self) -> isize;

    /// Returns whether a step of this stride moves to the adjacent place.
    fn is_unit(self) -> bool;

    /// Returns whether one step of `self` is the same as `inner_len` steps of `inner`.
    fn merges(self, inner: Self, inner_len: usize) -> bool;
}

impl Stride for isize {
    #[inline(always)]
    fn elements(self) -> isize {
        self
    }

    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_unit(self) -> bool {
        self == 1
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn merges(self, inner: isize, inner_len: usize) -> bool {
        plan::merges(self, inner, inner_len)
    }
}

/// The position of an item.
///
/// # Safety
///
/// If `stride.is_unit()`, then `ahead` does what `offset` does.
pub unsafe trait Place<S: Stride>: Clone {
    /// Returns the place after `count` steps of `stride`.
    ///
    /// # Safety
    ///
    /// 1. `self` and the result are places of indices inside the shape of one operand.
    unsafe fn offset(&self, stride: S, count: usize) -> Self;

    /// Returns the place after `count` steps of `stride`, which is a unit stride.
    ///
    /// # Safety
    ///
    /// 1. `stride.is_unit()`.
    /// 2. `self` and the result are places of indices inside the shape of one operand.
    unsafe fn ahead(&self, stride: S, count: usize) -> Self;
}

/// Implements [`Place`] for pointers to the elements of a view.
macro_rules! pointer_places {
    ($($Pointer:ty)+) => {$(
        // SAFETY: a unit stride is 1, and `offset` by 1 moves by one element, as `add` does.
        unsafe impl<A> Place<isize> for $Pointer {
            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn offset(&self, stride: isize, count: usize) -> Self {
                debug_assert!(plan::is_distance(stride, count), "contract of Place::offset");
                // SAFETY: both places are elements of one view (1), so they are in one allocation
                // and the distance does not overflow.
                unsafe { <$Pointer>::offset(*self, plan::distance(stride, count)) }
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn ahead(&self, stride: isize, count: usize) -> Self {
                debug_assert!(stride.is_unit(), "contract of Place::ahead");
                // SAFETY: both places are elements of one view (2), so in one allocation. A step is
                // one element (1).
                unsafe { self.add(count) }
            }
        }
    )+};
}

pointer_places! { *const A *mut A }
