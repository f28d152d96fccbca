//! Helpers for several tests: random shapes and memory layouts for the property tests, and other
//! helpers, each in its own file.
#![allow(dead_code, reason = "every test file is compiled with its own copy, and uses its own part of it")]

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
mod layout;
pub(crate) mod panics;
pub(crate) mod repository;
pub(crate) mod values;

use std::fmt::{self, Debug};
use std::rc::Rc;

use ndarray::Dimension;
use ndarray_lockstep::__private::Operands;
use ndarray_lockstep::Zip;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, RngSeed, TestCaseResult, TestRunner};

pub(crate) use layout::{AxisLayout, Layout};

/// Returns `usual`, or `under_miri` under Miri: for sizes of arrays and numbers of cases.
pub(crate) const fn or_under_miri<T: Copy>(usual: T, under_miri: T) -> T {
    if cfg!(miri) { under_miri } else { usual }
}

/// The configuration of a property test: one `part`-th of the usual number of cases (set by
/// `PROPTEST_CASES`), or `under_miri` cases under Miri.
///
/// Miri gets the same cases in every run, so that their coverage is known. It does not shrink a
/// failing case, which would take hundreds of runs. Nor does it use ChaCha for random numbers,
/// which takes longer to interpret than most properties.
pub(crate) fn config(part: u32, under_miri: u32) -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if cfg!(miri) {
        ProptestConfig {
            cases: under_miri,
            max_shrink_iters: 0,
            rng_algorithm: RngAlgorithm::XorShift,
            rng_seed: RngSeed::Fixed(MIRI_SEED),
            ..config
        }
    } else {
        ProptestConfig { cases: config.cases.div_ceil(part), ..config }
    }
}

/// The seed of the cases under Miri: among the first 60, the one with the most non-empty cases.
const MIRI_SEED: u64 = 15;

/// Tries `property` on values of `strategy`: a few hundred, two under Miri.
pub(crate) fn for_all<S: Strategy>(strategy: S, property: impl Fn(S::Value) -> TestCaseResult) {
    /// Compiled once per strategy, not once per property.
    fn run<S: Strategy>(strategy: &S, property: &dyn Fn(S::Value) -> TestCaseResult) {
        let mut runner = TestRunner::new(config(1, 2));
        if let Err(error) = runner.run(strategy, property) {
            panic!("{error}");
        }
    }
    run(&strategy, &property);
}

/// Generates a test of each property for each given number of dimensions. A property is a function
/// of the calling module. The module's `for_all` tries it on `cases`, another function of the
/// module. Both are generic over the dimension.
#[allow(unused_macros, reason = "one test file has two dimensions only")]
macro_rules! in_dimensions {
    ($dimensions:tt $($property:ident)+) => {
        $(in_dimensions! { @of $property $dimensions })+
    };
    (@of $property:ident [$($(#[$attribute:meta])* $name:ident: $D:ident),+ $(,)?]) => {
        mod $property {
            use super::*;

            $(
                #[test]
                $(#[$attribute])*
                fn $name() {
                    for_all(cases::<$D>(), super::$property::<$D>);
                }
            )+
        }
    };
}

/// [`in_dimensions`] for all numbers of dimensions. Under Miri, arrays of dynamic dimension have
/// zero to three.
#[allow(unused_macros, reason = "as above")]
macro_rules! in_every_dimension {
    ($($property:ident)+) => {
        in_dimensions! {
            [
                #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
                in_0_dimensions: Ix0,
                #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
                in_1_dimension: Ix1,
                in_2_dimensions: Ix2,
                #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
                in_3_dimensions: Ix3,
                #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
                in_4_dimensions: Ix4,
                in_a_dynamic_number_of_dimensions: IxDyn,
            ]
            $($property)+
        }
    };
}

/// Axis lengths, including 0 and 1. Under Miri there are few, and they are small.
pub(crate) fn lengths(longest: usize) -> impl Strategy<Value = usize> + Clone {
    let longest = longest.min(or_under_miri(longest, 3));
    prop_oneof![1 => Just(0), 2 => Just(1), 9 => 2..=longest]
}

/// Lengths around that of a window: zero, one cell too few, an exact fit, and up to `more` cells
/// more.
pub(crate) fn lengths_around(window: usize, more: usize) -> impl Strategy<Value = usize> + Clone {
    prop_oneof![
        1 => Just(0),
        1 => Just(window - 1),
        2 => Just(window),
        2 => Just(window + 1),
        6 => window..=window + more,
    ]
}

/// Shapes of `ndim` axes.
pub(crate) fn shapes(ndim: usize) -> impl Strategy<Value = Vec<usize>> + Clone {
    vec(lengths(if ndim > 2 { or_under_miri(4, 2) } else { 7 }), ndim)
}

/// Slices of an axis; if `share`, also broadcast and overlapping axes.
pub(crate) fn axis_layouts(share: bool) -> impl Strategy<Value = AxisLayout> + Clone {
    let overlap =
        move || prop_oneof![2 => Just(None), 1 => (1..6_usize).prop_map(Some)].prop_map(move |s| s.filter(|_| share));
    let left_out = 0..=or_under_miri(2_usize, 1);
    let cut = (left_out.clone(), left_out, 1..=or_under_miri(3_usize, 2), any::<bool>(), overlap());
    let cut = cut.prop_map(|(before, after, step, inverted, overlap)| AxisLayout {
        before,
        after,
        step,
        inverted,
        stretched: false,
        overlap,
    });
    prop_oneof![
        3 => overlap().prop_map(|overlap| AxisLayout { overlap, ..AxisLayout::whole() }),
        1 => Just(AxisLayout { inverted: true, ..AxisLayout::whole() }),
        1 => Just(AxisLayout { stretched: share, ..AxisLayout::whole() }),
        3 => cut,
    ]
}

/// Layouts of `ndim` axes: contiguous ones as often as sliced, inverted and permuted ones. If
/// `share`, cells may have several indices, because axes are broadcast or overlap inside.
pub(crate) fn layouts(ndim: usize, share: bool) -> impl Strategy<Value = Layout> + Clone {
    let identity: Vec<usize> = (0..ndim).collect();
    let permutations = prop_oneof![2 => Just(identity.clone()), 1 => Just(identity).prop_shuffle()];
    let cut = (vec(axis_layouts(share), ndim), permutations, any::<bool>())
        .prop_map(|(axes, permutation, column_major)| Layout { axes, permutation, column_major });
    prop_oneof![
        2 => Just(Layout::contiguous(ndim, false)),
        2 => Just(Layout::contiguous(ndim, true)),
        4 => cut,
    ]
}

/// The numbers of dimensions to test `D` with: its own, or up to five if it is dynamic.
pub(crate) fn dimensions<D: Dimension>() -> impl Strategy<Value = usize> + Clone {
    match D::NDIM {
        Some(ndim) => ndim..=ndim,
        None => 0..=or_under_miri(5, 3),
    }
}

/// Splits a zip until every part has at most one cell. Returns the parts in order.
pub(crate) fn leaves<Parts: Operands<Dim = D>, D: Dimension>(zip: Zip<Parts, D>) -> Vec<Zip<Parts, D>> {
    let (mut leaves, mut rest) = (Vec::new(), vec![zip]);
    while let Some(zip) = rest.pop() {
        let size = zip.size();
        if size <= 1 {
            leaves.push(zip);
        } else {
            let (first, second) = zip.split();
            assert_eq!(first.size() + second.size(), size);
            assert!(first.size() > 0 && second.size() > 0, "both halves of {size} cells have some");
            rest.extend([second, first]);
        }
    }
    leaves
}

/// A cell whose live clones can be counted. The token has one strong reference per clone, in
/// addition to that of the test.
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
