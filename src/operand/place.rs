//! Places and strides: how a walk moves from one index of an operand to another.

use crate::kernel::plan;

/// What leads from one place to the next along an axis.
pub trait Stride: Copy {
    /// The stride in elements, for messages.
    fn elements(self) -> isize;

    /// Whether steps of this stride lead through neighbouring places.
    fn is_unit(self) -> bool;

    /// Whether one step of `self` is the same as `inner_len` steps of `inner`.
    fn merges(self, inner: Self, inner_len: usize) -> bool;
}

impl Stride for isize {
    #[inline(always)]
    fn elements(self) -> isize {
        self
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_unit(self) -> bool {
        self == 1
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn merges(self, inner: isize, inner_len: usize) -> bool {
        plan::merges(self, inner, inner_len)
    }
}

/// Where an item is.
///
/// # Safety
///
/// Where `stride.is_unit()`, `ahead` does what `offset` does.
pub unsafe trait Place<S: Stride>: Clone {
    /// Returns the place `count` steps of `stride` further.
    ///
    /// # Safety
    ///
    /// 1. `self` and the result are places of indices inside the shape of one operand.
    unsafe fn offset(&self, stride: S, count: usize) -> Self;

    /// Returns the place `count` steps of a unit stride further.
    ///
    /// # Safety
    ///
    /// 1. `stride.is_unit()`.
    /// 2. `self` and the result are places of indices inside the shape of one operand.
    unsafe fn ahead(&self, stride: S, count: usize) -> Self;
}

/// Pointers to the elements of a view.
macro_rules! pointer_places {
    ($($Pointer:ty)+) => {$(
        // SAFETY: a stride of 1 is a step of one element.
        unsafe impl<A> Place<isize> for $Pointer {
            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn offset(&self, stride: isize, count: usize) -> Self {
                debug_assert!(plan::is_distance(stride, count), "contract of Place::offset");
                // SAFETY: both places are elements of one view (1).
                unsafe { <$Pointer>::offset(*self, plan::distance(stride, count)) }
            }

            #[cfg_attr(debug_assertions, inline)]
            #[cfg_attr(not(debug_assertions), inline(always))]
            unsafe fn ahead(&self, stride: isize, count: usize) -> Self {
                debug_assert!(stride.is_unit(), "contract of Place::ahead");
                // SAFETY: both places are elements of one view (2), and steps are one element wide (1).
                unsafe { self.add(count) }
            }
        }
    )+};
}

pointer_places! { *const A *mut A }
