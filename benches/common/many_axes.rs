//! Loops over arrays of many short axes that do not merge: the cost of moving from one row to the
//! next.

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, IxDyn, Slice};

/// The arrays of one comparison.
pub struct Case {
    pub name: &'static str,
    shape: &'static [usize],
    /// The part of each axis that is walked.
    part: usize,
}

/// Shapes that are common in programs with ndarray: amplitudes of qubits, tables of probabilities,
/// and parts of these.
pub const CASES: [Case; 5] = [
    Case { name: "2^6", shape: &[2; 6], part: 2 },
    Case { name: "2^10", shape: &[2; 10], part: 2 },
    Case { name: "2^16", shape: &[2; 16], part: 2 },
    Case { name: "3^10", shape: &[3; 10], part: 3 },
    Case { name: "2 of 3^10", shape: &[3; 10], part: 2 },
];

/// An array that is written, and one that is read with reversed axes.
pub struct Data {
    x: ArrayD<f32>,
    w: ArrayD<f32>,
    part: usize,
}

impl Data {
    pub fn new(case: &Case) -> Data {
        let shape = IxDyn(case.shape);
        let mut number = 0.0;
        let x = ArrayD::from_shape_simple_fn(shape.clone(), || {
            number += 1.0;
            number * 0.37 % 5.0
        });
        Data { x, w: ArrayD::zeros(shape), part: case.part }
    }

    pub fn cells(&self) -> usize {
        self.part.pow(u32::try_from(self.x.ndim()).unwrap())
    }

    /// The views that a loop walks, the second one with reversed axes.
    pub fn views(&mut self) -> (ArrayViewMutD<'_, f32>, ArrayViewD<'_, f32>) {
        let part = Slice::from(..self.part);
        (self.w.slice_each_axis_mut(|_| part), self.x.slice_each_axis(|_| part).reversed_axes())
    }

    /// The result of a kernel: a number, and the cells that it has written.
    pub fn result(case: &Case, kernel: Kernel) -> (f32, ArrayD<f32>) {
        let mut data = Data::new(case);
        let (w, x) = data.views();
        let number = kernel(w, x);
        (number, data.w)
    }
}

pub type Kernel = fn(ArrayViewMutD<'_, f32>, ArrayViewD<'_, f32>) -> f32;

/// The same loops with one crate's `azip!` and `Zip`.
macro_rules! kernels {
    ($($krate:tt)+) => {
        use super::{ArrayViewD, ArrayViewMutD};

        #[inline(never)]
        pub fn azip(w: ArrayViewMutD<'_, f32>, x: ArrayViewD<'_, f32>) -> f32 {
            $($krate)+::azip!((w in w, &x in x) *w = 0.5 * *w + x);
            0.0
        }

        #[inline(never)]
        pub fn fold(w: ArrayViewMutD<'_, f32>, x: ArrayViewD<'_, f32>) -> f32 {
            $($krate)+::Zip::from(w.view()).and(x).fold(0.0, |sum, &w, &x| sum + (w + 1.0) * x)
        }

        #[inline(never)]
        pub fn map_collect(w: ArrayViewMutD<'_, f32>, x: ArrayViewD<'_, f32>) -> f32 {
            let sums = $($krate)+::Zip::from(w.view()).and(x).map_collect(|&w, &x| w + x);
            sums.as_slice_memory_order().unwrap()[sums.len() / 3]
        }
    };
}

pub mod ours {
    kernels! { ::ndarray_lockstep }

    #[inline(never)]
    pub fn simd_azip(w: ArrayViewMutD<'_, f32>, x: ArrayViewD<'_, f32>) -> f32 {
        ::ndarray_lockstep::simd_azip!((w in w, &x in x) *w = 0.5 * *w + x);
        0.0
    }
}

pub mod theirs {
    kernels! { ::ndarray }
}
