//! Compares `simd_azip!`, `simd_for_each_ordered`, `simd_for_each` and `simd_fold` with `azip!`
//! and ndarray, at every level of the machine: the same bits, each cell once, and the same order if
//! an order is promised. Then tests `simd` itself, and loops inside other crates' dispatch.
//!
//! The level belongs to the whole process, so tests that set it take turns. Whether rows are jammed
//! depends on the addresses of the arrays. Random arrays take any address; `jammed_rows` places its
//! arrays.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod any_layout;
mod arities;
mod bodies_in_jammed_rows;
mod intrinsics;
mod jammed_rows;
mod levels;
mod nested_dispatch;
mod panics_and_kept_items;
mod windows;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use ndarray::{
    Array, Array2, Array3, ArrayView2, ArrayViewMut2, Dimension, IntoDimension, Ix0, Ix1, Ix2, Ix3, Ix4, IxDyn,
    ShapeBuilder, s,
};
use ndarray_lockstep::simd::{self, Level};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Window, Zip, azip, simd_azip};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use common::panics::stopped;
use common::values::{bits, counted, float};
use common::{AxisLayout, Counted, Layout, axis_layouts, dimensions, for_all, layouts, lengths, or_under_miri};

/// Locked by any test that changes the level.
static LEVEL: Mutex<()> = Mutex::new(());

/// Runs `test` at the level that a call of `limit` has set, while no other test runs. Lifts the
/// limit afterwards, even if the test fails.
fn alone<R>(test: impl FnOnce() -> R) -> R {
    struct Unlimited;
    impl Drop for Unlimited {
        fn drop(&mut self) {
            simd::lift_limit();
        }
    }
    let _turn = LEVEL.lock().unwrap_or_else(PoisonError::into_inner);
    let _unlimited = Unlimited;
    test()
}

/// All levels, the lowest first.
const LEVELS: [Level; 3] = [Level::Baseline, Level::X86V3, Level::X86V4];

/// Runs `test` at every level of the machine.
fn at_every_level(mut test: impl FnMut(Level)) {
    alone(|| {
        for level in LEVELS.into_iter().filter(|level| level.is_available()) {
            // Higher if the whole program is compiled for more.
            assert!(simd::limit(level) >= level);
            test(level);
        }
    });
}

#[expect(clippy::cast_possible_truncation, reason = "rounding is what makes it another value")]
fn single(k: usize) -> f32 {
    float(k) as f32
}

/// An array whose cells count from `first` in row-major order.
fn counted_from(shape: impl ShapeBuilder<Dim = Ix2>, first: u32) -> Array2<u32> {
    counted(shape) + first
}

thread_local! {
    /// The visits of closures without captures.
    static VISITS: RefCell<Vec<(usize, usize)>> = const { RefCell::new(Vec::new()) };
}

fn record(at: (usize, usize)) {
    VISITS.with_borrow_mut(|visits| visits.push(at));
}

/// Runs `walk` and returns the visits that it recorded.
fn recorded(walk: impl FnOnce()) -> Vec<(usize, usize)> {
    VISITS.take();
    walk();
    VISITS.take()
}

/// The indices of a shape, row by row.
fn row_by_row((rows, cols): (usize, usize)) -> Vec<(usize, usize)> {
    (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))).collect()
}
