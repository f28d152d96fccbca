//! `Send`, `Sync`, `Clone` and `Debug`: each public type has them exactly if its elements allow it.
//!
//! Raw pointers lose auto traits and unsafe impls can add too many, so both directions are checked
//! here. Shared operands have the requirements of a shared reference (`T: Sync`). Mutable operands
//! have those of an exclusive reference (`T: Send` to be sent, `T: Sync` to be shared). All checks
//! but one are made at compile time.

use std::cell::Cell;
use std::error::Error;
use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::MutexGuard;

use ndarray::{Array2, ArrayView, ArrayViewMut, Ix2, Ix3, IxDyn};
use ndarray_lockstep::__private::Indices;
use ndarray_lockstep::simd::{self, Level, LevelError};
use ndarray_lockstep::{
    AllocationError, ArrayWindows, Boundaries, BoundaryError, ColumnStrideError, HaloError, Padded, RowError,
    ShapeError, Size2, Size3, StencilError, Window, Window3d, WindowIter, Windows, Zip, ZipIter,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};

/// `Send` and `Sync`.
type Both = f32;
/// `Send` but not `Sync`.
type OnlySend = Cell<f32>;
/// `Sync` but not `Send`.
type OnlySync = MutexGuard<'static, f32>;
/// Neither.
type Neither = Rc<f32>;
/// Neither, like a raw pointer.
type Raw = *const f32;

type Shared<T> = ArrayView<'static, T, Ix2>;
type Mutable<T> = ArrayViewMut<'static, T, Ix2>;
type Windows3<T> = Windows<'static, T, Size2<3, 3>>;
type StackOfWindows<T> = Windows<'static, T, Size2<3, 3>, Ix3>;
type WindowsOfVolume<T> = Windows<'static, T, Size3<3, 3, 3>>;
type ZipOf<Parts> = Zip<Parts, Ix2>;

mod what_the_elements_are {
    use super::*;

    assert_impl_all!(Both: Send, Sync);
    assert_impl_all!(OnlySend: Send);
    assert_not_impl_any!(OnlySend: Sync);
    assert_impl_all!(OnlySync: Sync);
    assert_not_impl_any!(OnlySync: Send);
    assert_not_impl_any!(Neither: Send, Sync);
    assert_not_impl_any!(Raw: Send, Sync);
}

/// A type over shared elements is like `&T`: it can be sent and shared if its elements can be
/// shared.
macro_rules! assert_like_a_shared_reference {
    ($($of:ident: $module:ident;)+) => {$(
        mod $module {
            use super::*;

            assert_impl_all!($of<Both>: Send, Sync);
            assert_impl_all!($of<OnlySync>: Send, Sync);
            assert_not_impl_any!($of<OnlySend>: Send, Sync);
            assert_not_impl_any!($of<Neither>: Send, Sync);
            assert_not_impl_any!($of<Raw>: Send, Sync);
        }
    )+};
}

type OfWindow<T> = Window<'static, T, 3, 3>;
type OfWindow3d<T> = Window3d<'static, T, 3, 3, 3>;
type OfWindowIter<T> = WindowIter<'static, T, 3, 3>;
/// The cells of a window over a volume.
type OfWindow3dIter<T> = <OfWindow3d<T> as IntoIterator>::IntoIter;
type ZipOfShared<T> = ZipOf<(Shared<T>,)>;
type ZipOfWindows<T> = ZipOf<(Windows3<T>, Shared<Both>)>;
type ZipOfIndexed<T> = ZipOf<(Indices<Ix2>, Shared<T>)>;
type IterOfShared<T> = ZipIter<(Shared<T>, Shared<Both>)>;
type IterOfWindows<T> = ZipIter<(Windows3<T>,)>;
type IterOfIndexed<T> = ZipIter<(Indices<Ix2>, Shared<T>, Windows3<T>)>;
type ZipOfVolume<T> = Zip<(WindowsOfVolume<T>, StackOfWindows<T>), Ix3>;
type IterOfVolume<T> = ZipIter<(StackOfWindows<T>, WindowsOfVolume<T>)>;
type IterOfDynamic<T> = ZipIter<(ArrayView<'static, T, IxDyn>,)>;

assert_like_a_shared_reference! {
    OfWindow: a_window_is_like_a_shared_reference;
    OfWindowIter: the_cells_of_a_window_are_like_a_shared_reference;
    Windows3: windows_are_like_a_shared_reference;
    ZipOfShared: a_zip_of_a_shared_operand_is_like_a_shared_reference;
    ZipOfWindows: a_zip_of_windows_is_like_a_shared_reference;
    ZipOfIndexed: an_indexed_zip_is_like_its_operand;
    IterOfShared: an_iterator_over_shared_operands_is_like_a_shared_reference;
    IterOfWindows: an_iterator_over_windows_is_like_a_shared_reference;
    IterOfIndexed: an_indexed_iterator_is_like_its_operands;
    IterOfDynamic: an_iterator_of_dynamic_dimension_is_like_a_shared_reference;
    OfWindow3d: a_window_over_a_volume_is_like_a_shared_reference;
    OfWindow3dIter: the_cells_of_a_window_over_a_volume_are_like_a_shared_reference;
    StackOfWindows: windows_over_a_stack_are_like_a_shared_reference;
    WindowsOfVolume: windows_over_a_volume_are_like_a_shared_reference;
    ZipOfVolume: a_zip_of_windows_over_a_volume_is_like_a_shared_reference;
    IterOfVolume: an_iterator_over_windows_over_a_volume_is_like_a_shared_reference;
}

/// A type over mutable elements is like `&mut T`: it can be sent if its elements can be sent, and
/// shared if they can be shared.
macro_rules! assert_like_an_exclusive_reference {
    ($($of:ident: $module:ident;)+) => {$(
        mod $module {
            use super::*;

            assert_impl_all!($of<Both>: Send, Sync);
            assert_impl_all!($of<OnlySend>: Send);
            assert_not_impl_any!($of<OnlySend>: Sync);
            assert_impl_all!($of<OnlySync>: Sync);
            assert_not_impl_any!($of<OnlySync>: Send);
            assert_not_impl_any!($of<Neither>: Send, Sync);
            assert_not_impl_any!($of<Raw>: Send, Sync);
            // A clone would hand out every `&mut T` twice.
            assert_not_impl_any!($of<Both>: Clone);
        }
    )+};
}

type ZipOfMutable<T> = ZipOf<(Mutable<T>,)>;
type ZipOfWindowsAndMutable<T> = ZipOf<(Windows3<Both>, Mutable<T>)>;
type ZipOfIndexedMutable<T> = ZipOf<(Indices<Ix2>, Mutable<T>)>;
type IterOfMutable<T> = ZipIter<(Mutable<T>, Shared<Both>)>;
type IterOfWindowsAndMutable<T> = ZipIter<(Windows3<Both>, Mutable<T>)>;
type IterOfIndexedMutable<T> = ZipIter<(Indices<Ix2>, Mutable<T>)>;
type IterOfDynamicMutable<T> = ZipIter<(ArrayViewMut<'static, T, IxDyn>,)>;

assert_like_an_exclusive_reference! {
    ZipOfMutable: a_zip_of_a_mutable_operand_is_like_an_exclusive_reference;
    ZipOfWindowsAndMutable: a_zip_of_windows_and_a_mutable_operand_is_like_an_exclusive_reference;
    ZipOfIndexedMutable: an_indexed_zip_is_like_its_mutable_operand;
    IterOfMutable: an_iterator_over_a_mutable_operand_is_like_an_exclusive_reference;
    IterOfWindowsAndMutable: an_iterator_over_windows_and_a_mutable_operand_is_like_an_exclusive_reference;
    IterOfIndexedMutable: an_indexed_iterator_is_like_its_mutable_operand;
    IterOfDynamicMutable: an_iterator_of_dynamic_dimension_is_like_an_exclusive_reference;
}

mod one_operand_that_stays_keeps_the_others {
    use super::*;

    assert_not_impl_any!(ZipOf<(Mutable<Both>, Shared<OnlySend>)>: Send, Sync);
    assert_not_impl_any!(ZipOf<(Windows3<OnlySend>, Mutable<Both>)>: Send, Sync);
    assert_not_impl_any!(ZipIter<(Mutable<Both>, Shared<OnlySend>)>: Send, Sync);
    assert_not_impl_any!(ZipIter<(Mutable<Both>, Mutable<Both>, Windows3<Neither>)>: Send, Sync);
    assert_impl_all!(ZipIter<(Mutable<OnlySend>, Shared<OnlySync>)>: Send);
    assert_not_impl_any!(ZipIter<(Mutable<OnlySend>, Shared<OnlySync>)>: Sync);
    assert_not_impl_any!(ZipOf<(Shared<Both>, Mutable<Both>)>: Clone);
    assert_not_impl_any!(ZipIter<(Shared<Both>, Mutable<Both>)>: Clone);
}

mod indices_are_plain_numbers {
    use super::*;

    assert_impl_all!(Indices<Ix2>: Send, Sync, Clone, Debug, Unpin);
    assert_impl_all!(ZipIter<(Indices<IxDyn>,)>: Send, Sync, Clone, Debug);
}

mod an_array_with_ghost_cells_is_like_an_array {
    use super::*;

    assert_impl_all!(Padded<Both>: Send, Sync, Clone, Debug, Unpin, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(Padded<OnlySend>: Send);
    assert_not_impl_any!(Padded<OnlySend>: Sync);
    assert_impl_all!(Padded<OnlySync>: Sync);
    assert_not_impl_any!(Padded<OnlySync>: Send);
    assert_not_impl_any!(Padded<Neither>: Send, Sync);
    assert_impl_all!(Boundaries<Both>: Send, Sync, Copy, Debug);
    assert_not_impl_any!(Boundaries<Neither>: Send, Sync, Copy);
}

mod copies_ask_nothing_of_the_elements {
    use super::*;

    /// Not `Clone`.
    type Closure = Box<dyn Fn()>;

    assert_not_impl_any!(Closure: Clone);
    assert_impl_all!(OfWindow<Closure>: Copy);
    assert_impl_all!(Windows3<Closure>: Copy);
    assert_impl_all!(OfWindow3d<Closure>: Copy);
    assert_impl_all!(StackOfWindows<Closure>: Copy);
    assert_impl_all!(WindowsOfVolume<Closure>: Copy);
    assert_impl_all!(OfWindow3dIter<Closure>: Clone);
    assert_impl_all!(ZipOfVolume<Closure>: Clone);
    assert_impl_all!(IterOfVolume<Closure>: Clone);
    assert_impl_all!(OfWindowIter<Closure>: Clone);
    assert_impl_all!(ZipOfShared<Closure>: Clone);
    assert_impl_all!(ZipOfWindows<Closure>: Clone);
    assert_impl_all!(ZipOfIndexed<Closure>: Clone);
    assert_impl_all!(IterOfShared<Closure>: Clone);
    assert_impl_all!(IterOfDynamic<Closure>: Clone);
    // As with ranges: an iterator copied by accident would start anew.
    assert_not_impl_any!(OfWindowIter<Both>: Copy);
    assert_not_impl_any!(IterOfShared<Both>: Copy);
}

mod errors_may_be_boxed_and_sent {
    use super::*;

    assert_impl_all!(ShapeError: Error, Send, Sync, Clone, Debug, Unpin, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(RowError: Error, Send, Sync, Copy, Debug, Unpin, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(ColumnStrideError: Error, Send, Sync, Copy, Debug, Unpin, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(AllocationError: Error, Send, Sync, Copy, Debug, Eq, Unpin, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(StencilError: Error, Send, Sync, Clone, Debug, Eq, Unpin, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(BoundaryError: Error, Send, Sync, Copy, Debug, Eq, Unpin, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(HaloError: Error, Send, Sync, Copy, Debug, Eq, Unpin, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(LevelError: Error, Send, Sync, Copy, Debug, Eq, Unpin, UnwindSafe, RefUnwindSafe);

    #[test]
    fn the_question_mark_boxes_every_error_and_any_thread_may_read_it() {
        type AnyError = Box<dyn Error + Send + Sync>;
        fn shape_error(a: &Array2<f32>) -> Result<usize, AnyError> {
            Ok(Zip::from(a).try_and(a.t())?.size())
        }
        fn row_error(a: &Array2<f32>) -> Result<usize, AnyError> {
            Zip::from(a.t()).for_each_row(|_| unreachable!())?;
            Ok(a.nrows())
        }
        fn column_stride_error(a: &Array2<f32>) -> Result<usize, AnyError> {
            Ok(a.t().try_array_windows::<1, 2>()?.len())
        }
        let a = Array2::zeros((2, 3));
        for fails in [shape_error, row_error, column_stride_error] {
            let error = fails(&a).unwrap_err();
            let message = error.to_string();
            assert_eq!(std::thread::spawn(move || error.to_string()).join().unwrap(), message);
        }
    }
}

mod levels_are_plain_values {
    use std::fmt::Display;
    use std::hash::Hash;

    use super::*;

    assert_impl_all!(Level: Copy, Ord, Hash, Debug, Display, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);

    /// The closure for `dispatch` and its result need not be `Send`, nor `'static`.
    const _: for<'a> fn(&'a Neither) -> &'a f32 = |neither| simd::dispatch(|| &**neither);
}

mod everything_may_be_printed {
    use super::*;

    assert_impl_all!(OfWindow<Both>: Debug);
    assert_impl_all!(OfWindowIter<Both>: Debug);
    assert_impl_all!(Windows3<Box<dyn Fn()>>: Debug);
    assert_impl_all!(OfWindow3d<Both>: Debug);
    assert_impl_all!(StackOfWindows<Box<dyn Fn()>>: Debug);
    assert_impl_all!(WindowsOfVolume<Box<dyn Fn()>>: Debug);
    assert_impl_all!(ZipOf<(Indices<Ix2>, Shared<Both>, Mutable<Both>, Windows3<Both>)>: Debug);
    assert_impl_all!(ZipIter<(Indices<Ix2>, Mutable<Box<dyn Fn()>>)>: Debug);
}

mod what_lives_longer_stands_in_for_what_lives_shorter {
    use super::*;

    /// Types with a lifetime and nothing mutable are covariant, like `&'a T`.
    type All<'a> = (
        (Windows<'a, Both, Size2<3, 3>>, Window<'a, Both, 3, 3>, WindowIter<'a, Both, 3, 3>),
        (Windows<'a, Both, Size2<3, 3>, Ix3>, Windows<'a, Both, Size3<3, 3, 3>>, Window3d<'a, Both, 3, 3, 3>),
    );

    const _: fn(All<'static>) = |all| {
        fn live_together<'a>(_: All<'a>, _: &'a str) {}
        live_together(all, String::from("short").as_str());
    };
}

/// A parallel iterator has the traits of the iterator, and can be sent to other threads if its
/// operands can.
#[cfg(feature = "rayon")]
mod parallel_iterators {
    use ndarray_lockstep::ParZipIter;
    use rayon::iter::{IntoParallelIterator, ParallelIterator};

    use super::*;

    type ParOf<Parts> = ParZipIter<Parts, Ix2>;
    type ParOfShared<T> = ParOf<(Shared<T>, Shared<Both>)>;
    type ParOfWindows<T> = ParOf<(Windows3<T>,)>;
    type ParOfMutable<T> = ParOf<(Indices<Ix2>, Mutable<T>)>;
    type ParOfVolume<T> = ParZipIter<(WindowsOfVolume<T>, StackOfWindows<T>), Ix3>;

    assert_like_a_shared_reference! {
        ParOfShared: one_over_shared_operands_is_like_a_shared_reference;
        ParOfWindows: one_over_windows_is_like_a_shared_reference;
        ParOfVolume: one_over_windows_over_a_volume_is_like_a_shared_reference;
    }
    assert_like_an_exclusive_reference! {
        ParOfMutable: one_over_a_mutable_operand_is_like_an_exclusive_reference;
    }

    // Operands that cannot be sent form no parallel iterator, and a zip of them cannot be turned
    // into one.
    assert_impl_all!(ParOf<(Shared<Both>, Shared<OnlySync>, Windows3<OnlySync>)>: ParallelIterator, Clone, Debug);
    assert_impl_all!(ParOf<(Mutable<Both>, Mutable<OnlySend>)>: ParallelIterator, Debug);
    assert_impl_all!(ZipOf<(Indices<Ix2>, Mutable<OnlySend>, Windows3<OnlySync>)>: IntoParallelIterator);
    assert_not_impl_any!(ParOf<(Mutable<Both>, Windows3<OnlySend>)>: ParallelIterator);
    assert_not_impl_any!(ZipOf<(Windows3<OnlySend>,)>: IntoParallelIterator);
    assert_not_impl_any!(Zip<(WindowsOfVolume<OnlySend>,), Ix3>: IntoParallelIterator);
    assert_impl_all!(Zip<(WindowsOfVolume<OnlySync>, StackOfWindows<OnlySync>), Ix3>: IntoParallelIterator);
    assert_not_impl_any!(ZipOf<(Shared<OnlySend>, Mutable<Both>)>: IntoParallelIterator);
    assert_not_impl_any!(ZipOf<(Mutable<OnlySync>,)>: IntoParallelIterator);
    assert_not_impl_any!(ZipOf<(Mutable<Neither>, Shared<Both>)>: IntoParallelIterator);
}
