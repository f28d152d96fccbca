//! Input at the limits of the types: as many cells as can be counted and more, lengths of 0 and 1,
//! strides that are 0, negative or as large as possible, one cell broadcast to a huge array, many
//! axes and none.
//!
//! Each case has a defined result: the right value, a typed error, or a panic that names the
//! operand. None overflows, hangs or visits a wrong cell. Huge arrays here use no memory, because
//! their cells have no size or are one cell. No walk reaches their end. A method that tries to
//! makes its test hang.

#[path = "../common/mod.rs"]
mod common;

mod alignment;
mod as_many_cells_as_can_be_counted;
mod lengths_of_zero_and_one;
mod many_axes_and_none;
mod more_than_can_be_counted;
mod stacks_and_volumes;
mod strides;
mod windows;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use ndarray::{
    Array1, Array2, ArrayD, ArrayView, ArrayView1, ArrayView2, ArrayViewMut, ArrayViewMut2, Axis, Dimension,
    IntoDimension, IxDyn, ShapeBuilder, StrideShape, arr0, array, indices, s,
};
use ndarray_lockstep::{
    ArrayInterior, ArrayWindows, FoldWhile, IntoOperand, Size2, Size3, Window, Windows, Zip, azip, simd_azip,
};

use common::panics::{message_of, unexpected};

/// The largest number of cells that an array may have.
const MOST: usize = isize::MAX.cast_unsigned();

/// Its square is the largest power of two below [`MOST`].
const HALF: usize = 1 << (usize::BITS / 2 - 1);

static UNITS: [(); MOST] = [(); MOST];

/// A view of zero-sized cells.
fn units<Sh: Into<StrideShape<D>>, D: Dimension>(shape: Sh) -> ArrayView<'static, (), D> {
    ArrayView::from_shape(shape, &UNITS).expect("within ndarray's limits")
}

/// Runs a walk that calls its argument in every visit. The third visit panics, which ends the walk.
#[track_caller]
fn stopped(walk: impl FnOnce(&dyn Fn())) {
    let visits = Cell::new(0);
    let visit = || {
        visits.set(visits.get() + 1);
        assert!(visits.get() < 3, "stop");
    };
    let payload = catch_unwind(AssertUnwindSafe(|| walk(&visit))).expect_err("the third visit panics");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"stop"));
    assert_eq!(visits.get(), 3);
}

/// The index of cell number `n` in row-major order.
fn place(shape: &[usize], mut n: usize) -> Vec<usize> {
    let mut place = vec![0; shape.len()];
    for (at, &len) in place.iter_mut().zip(shape).rev() {
        *at = n % len;
        n /= len;
    }
    place
}
