//! Arrays for the property tests: random shapes, and random ways to lay an array of a shape out in memory.
//!
//! A [`Layout`] says where the cells of an array stand: behind an offset, at a step, upside down, with the axes permuted,
//! stretched from one cell. It is applied to as many arrays as a test needs, so that the crate and ndarray can be given
//! the same one.
#![allow(dead_code, reason = "every test file is compiled with its own copy, and uses its own part of it")]

use std::fmt::{self, Debug};
use std::rc::Rc;

use ndarray::{Array, ArrayBase, ArrayView, ArrayViewMut, Axis, Dimension, RawData, ShapeBuilder, Slice};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};

/// Tries `property` on values of `strategy`: a few hundred (`PROPTEST_CASES` says how many), a handful under Miri.
pub(crate) fn for_all<S: Strategy>(strategy: S, property: impl Fn(S::Value) -> TestCaseResult) {
    /// Compiled once a strategy, not once a property.
    fn run<S: Strategy>(strategy: &S, property: &dyn Fn(S::Value) -> TestCaseResult) {
        let config = ProptestConfig::default();
        let cases = if cfg!(miri) { 4 } else { config.cases };
        let mut runner = TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..config });
        if let Err(error) = runner.run(strategy, property) {
            panic!("{error}");
        }
    }
    run(&strategy, &property);
}

/// A test of a property for every number of dimensions. The property is a function of the calling module, generic over the
/// dimension, and so are the `cases` that it is tried on.
#[allow(unused_macros, reason = "one test file has two dimensions only")]
macro_rules! in_every_dimension {
    ($($property:ident)+) => {$(
        mod $property {
            use super::*;

            #[test]
            fn in_0_dimensions() {
                for_all(cases::<Ix0>(), super::$property::<Ix0>);
            }

            #[test]
            fn in_1_dimension() {
                for_all(cases::<Ix1>(), super::$property::<Ix1>);
            }

            #[test]
            fn in_2_dimensions() {
                for_all(cases::<Ix2>(), super::$property::<Ix2>);
            }

            #[test]
            fn in_3_dimensions() {
                for_all(cases::<Ix3>(), super::$property::<Ix3>);
            }

            #[test]
            fn in_4_dimensions() {
                for_all(cases::<Ix4>(), super::$property::<Ix4>);
            }

            #[test]
            fn in_a_dynamic_number_of_dimensions() {
                for_all(cases::<IxDyn>(), super::$property::<IxDyn>);
            }
        }
    )+};
}

/// How one axis of an array lies in the array it was cut from.
#[derive(Clone)]
pub(crate) struct AxisLayout {
    /// Cells left out before the axis and behind it.
    pub(crate) before: usize,
    pub(crate) after: usize,
    /// From one cell to the next.
    pub(crate) step: usize,
    /// Whether the last cell comes first.
    pub(crate) inverted: bool,
    /// Whether all cells are one cell, seen many times (stride 0). For shared arrays alone.
    pub(crate) stretched: bool,
}

// On one line, for messages about failed properties: `1..;2` for one cell left out before the axis and steps of 2.
impl Debug for AxisLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.inverted { "-" } else { "" };
        let stretched = if self.stretched { " stretched" } else { "" };
        write!(f, "{}..-{};{sign}{}{stretched}", self.before, self.after, self.step)
    }
}

impl AxisLayout {
    /// The axis as it is.
    pub(crate) fn whole() -> Self {
        AxisLayout { before: 0, after: 0, step: 1, inverted: false, stretched: false }
    }

    /// The length of an axis from which `len` cells are cut.
    fn uncut(&self, len: usize) -> usize {
        let cells = if len == 0 { 0 } else { (len - 1) * self.step + 1 };
        self.before + cells + self.after
    }
}

/// How an array lies in memory.
#[derive(Clone)]
pub(crate) struct Layout {
    pub(crate) axes: Vec<AxisLayout>,
    /// The axis of the stored array that each axis is.
    pub(crate) permutation: Vec<usize>,
    /// Whether the stored array is column-major.
    pub(crate) column_major: bool,
}

impl Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = if self.column_major { "column-major" } else { "row-major" };
        write!(f, "{order} {:?} cut {:?}", self.permutation, self.axes)
    }
}

impl Layout {
    /// All cells in row-major or column-major order, side by side.
    pub(crate) fn contiguous(ndim: usize, column_major: bool) -> Self {
        Layout { axes: vec![AxisLayout::whole(); ndim], permutation: (0..ndim).collect(), column_major }
    }

    /// The shape of the stored array, with `stretched` as the length of stretched axes where it is given.
    fn stored_shape<D: Dimension>(&self, shape: &[usize], stretched: Option<usize>) -> D {
        let mut stored = D::zeros(shape.len());
        for ((axis, &position), &len) in self.axes.iter().zip(&self.permutation).zip(shape) {
            stored[position] = match stretched {
                Some(one) if axis.stretched => one,
                _ => axis.uncut(len),
            };
        }
        stored
    }

    /// The array that an array of `shape` is cut from; its cell number `k`, in the order of memory, is `value(k)`.
    pub(crate) fn stored<T, D: Dimension>(&self, shape: &[usize], value: impl FnMut(usize) -> T) -> Array<T, D> {
        let stored: D = self.stored_shape(shape, Some(1));
        let cells = (0..stored.size()).map(value).collect();
        Array::from_shape_vec(stored.set_f(self.column_major), cells).expect("as many cells as the shape has")
    }

    /// Cuts an array of `shape` out of a stored one.
    pub(crate) fn cut<S: RawData, D: Dimension>(&self, shape: &[usize], stored: ArrayBase<S, D>) -> ArrayBase<S, D> {
        let mut axes = D::zeros(shape.len());
        for (axis, &position) in self.permutation.iter().enumerate() {
            axes[axis] = position;
        }
        let mut array = stored.permuted_axes(axes);
        for (number, (axis, &len)) in self.axes.iter().zip(shape).enumerate() {
            let start = axis.before.cast_signed();
            let end = (axis.uncut(len) - axis.after).cast_signed();
            array.slice_axis_inplace(Axis(number), Slice::new(start, Some(end), axis.step.cast_signed()));
            if axis.inverted {
                array.invert_axis(Axis(number));
            }
        }
        assert_eq!(array.shape(), shape, "the layout cuts the shape it was asked for");
        array
    }

    /// The shared array of `shape` in a stored one.
    pub(crate) fn view<'a, T, D: Dimension>(&self, shape: &[usize], stored: &'a Array<T, D>) -> ArrayView<'a, T, D> {
        let whole: D = self.stored_shape(shape, None);
        self.cut(shape, stored.broadcast(whole).expect("stretched axes are stored with length 1"))
    }

    /// The mutable array of `shape` in a stored one.
    pub(crate) fn view_mut<'a, T, D: Dimension>(
        &self,
        shape: &[usize],
        stored: &'a mut Array<T, D>,
    ) -> ArrayViewMut<'a, T, D> {
        self.cut(shape, stored.view_mut())
    }
}

/// Axis lengths, 0 and 1 among them; few and small under Miri.
pub(crate) fn lengths(longest: usize) -> impl Strategy<Value = usize> + Clone {
    let longest = if cfg!(miri) { 3 } else { longest };
    prop_oneof![1 => Just(0), 2 => Just(1), 9 => 2..=longest]
}

/// Shapes of `ndim` axes.
pub(crate) fn shapes(ndim: usize) -> impl Strategy<Value = Vec<usize>> + Clone {
    vec(lengths(if ndim > 2 { 4 } else { 7 }), ndim)
}

/// Cuts of an axis, stretched ones among them if `stretch`.
pub(crate) fn axis_layouts(stretch: bool) -> impl Strategy<Value = AxisLayout> + Clone {
    let cut = (0..3_usize, 0..3_usize, 1..4_usize, any::<bool>()).prop_map(move |(before, after, step, inverted)| {
        AxisLayout { before, after, step, inverted, stretched: false }
    });
    prop_oneof![
        3 => Just(AxisLayout::whole()),
        1 => Just(AxisLayout { inverted: true, ..AxisLayout::whole() }),
        1 => Just(AxisLayout { stretched: stretch, ..AxisLayout::whole() }),
        3 => cut,
    ]
}

/// Layouts of `ndim` axes: contiguous ones as often as sliced, inverted and permuted ones; stretched if `stretch`.
pub(crate) fn layouts(ndim: usize, stretch: bool) -> impl Strategy<Value = Layout> + Clone {
    let identity: Vec<usize> = (0..ndim).collect();
    let permutations = prop_oneof![2 => Just(identity.clone()), 1 => Just(identity).prop_shuffle()];
    let cut = (vec(axis_layouts(stretch), ndim), permutations, any::<bool>())
        .prop_map(|(axes, permutation, column_major)| Layout { axes, permutation, column_major });
    prop_oneof![
        2 => Just(Layout::contiguous(ndim, false)),
        2 => Just(Layout::contiguous(ndim, true)),
        4 => cut,
    ]
}

/// The number of dimensions to test `D` with: its own, and up to five for a dynamic one.
pub(crate) fn dimensions<D: Dimension>() -> impl Strategy<Value = usize> + Clone {
    match D::NDIM {
        Some(ndim) => ndim..=ndim,
        None => 0..=5,
    }
}

/// A cell that can be counted: its clones that are alive are the strong references of a token, but one.
#[derive(Clone)]
pub(crate) struct Counted {
    pub(crate) value: usize,
    token: Rc<()>,
}

impl Counted {
    pub(crate) fn new(value: usize, token: &Rc<()>) -> Self {
        Counted { value, token: Rc::clone(token) }
    }
}

impl Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Counted({})", self.value)
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
