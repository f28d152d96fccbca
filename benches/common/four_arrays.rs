//! `w += x + y * z` over four arrays.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, ShapeBuilder, Slice};

/// The memory layout of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Contiguous,
    /// All except the outermost cells of a larger array.
    Interior,
    ColumnMajor,
    EverySecondColumn,
}

impl Layout {
    pub const ALL: [Layout; 4] = [Layout::Contiguous, Layout::Interior, Layout::ColumnMajor, Layout::EverySecondColumn];

    pub fn name(self) -> &'static str {
        match self {
            Layout::Contiguous => "contiguous",
            Layout::Interior => "interior slice",
            Layout::ColumnMajor => "column-major",
            Layout::EverySecondColumn => "every second column",
        }
    }

    /// The array that contains a `rows`×`cols` operand of this layout.
    pub fn storage<T: Clone>(self, (rows, cols): (usize, usize), value: T) -> Array2<T> {
        match self {
            Layout::Contiguous => Array2::from_elem((rows, cols), value),
            Layout::Interior => Array2::from_elem((rows + 2, cols + 2), value),
            Layout::ColumnMajor => Array2::from_elem((rows, cols).f(), value),
            Layout::EverySecondColumn => Array2::from_elem((rows, 2 * cols), value),
        }
    }

    fn slices(self) -> (Slice, Slice) {
        match self {
            Layout::Contiguous | Layout::ColumnMajor => (Slice::from(..), Slice::from(..)),
            Layout::Interior => (Slice::from(1..-1), Slice::from(1..-1)),
            Layout::EverySecondColumn => (Slice::from(..), Slice::from(..).step_by(2)),
        }
    }

    pub fn view<T>(self, storage: &Array2<T>) -> ArrayView2<'_, T> {
        let (rows, cols) = self.slices();
        storage.view().slice_axis_move(Axis(0), rows).slice_axis_move(Axis(1), cols)
    }

    pub fn view_mut<T>(self, storage: &mut Array2<T>) -> ArrayViewMut2<'_, T> {
        let (rows, cols) = self.slices();
        storage.view_mut().slice_axis_move(Axis(0), rows).slice_axis_move(Axis(1), cols)
    }
}

pub const SIZES: [(usize, usize); 4] = [(32, 66), (64, 258), (514, 1026), (2048, 4098)];

macro_rules! four_arrays {
    ($($T:ident)*) => {$(
        pub mod $T {
            use super::*;

            /// The four operands.
            pub struct Data {
                pub layout: Layout,
                pub w: Array2<$T>,
                pub x: Array2<$T>,
                pub y: Array2<$T>,
                pub z: Array2<$T>,
            }

            impl Data {
                pub fn new(layout: Layout, dim: (usize, usize)) -> Self {
                    let fill = |scale: $T| {
                        let mut array = layout.storage(dim, 0.0);
                        for ((i, j), cell) in array.indexed_iter_mut() {
                            *cell = ((i * 31 + j * 17) % 97) as $T * scale;
                        }
                        array
                    };
                    Data { layout, w: fill(0.5), x: fill(0.25), y: fill(-1.5), z: fill(0.125) }
                }

                /// Runs `kernel` once.
                #[inline(always)]
                pub fn run(&mut self, kernel: Kernel) {
                    let layout = self.layout;
                    kernel(layout.view_mut(&mut self.w), layout.view(&self.x), layout.view(&self.y), layout.view(&self.z));
                }
            }

            pub type Kernel = fn(ArrayViewMut2<$T>, ArrayView2<$T>, ArrayView2<$T>, ArrayView2<$T>);

            /// Panics if `kernel` and ndarray disagree.
            pub fn check(name: &str, kernel: Kernel, layout: Layout, dim: (usize, usize)) {
                let mut expected = Data::new(layout, dim);
                let mut found = Data::new(layout, dim);
                for _ in 0..2 {
                    expected.run(ndarray);
                    found.run(kernel);
                }
                assert_eq!(found.w, expected.w, "{name} differs from ndarray's azip!");
            }

            #[inline(never)]
            pub fn ndarray(w: ArrayViewMut2<$T>, x: ArrayView2<$T>, y: ArrayView2<$T>, z: ArrayView2<$T>) {
                ndarray::azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
            }

            #[inline(never)]
            pub fn azip(w: ArrayViewMut2<$T>, x: ArrayView2<$T>, y: ArrayView2<$T>, z: ArrayView2<$T>) {
                ndarray_lockstep::azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
            }

            #[inline(never)]
            pub fn simd_azip(w: ArrayViewMut2<$T>, x: ArrayView2<$T>, y: ArrayView2<$T>, z: ArrayView2<$T>) {
                ndarray_lockstep::simd_azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
            }

            /// Without the attribute that the macro adds.
            #[inline(never)]
            pub fn for_each(w: ArrayViewMut2<$T>, x: ArrayView2<$T>, y: ArrayView2<$T>, z: ArrayView2<$T>) {
                ndarray_lockstep::Zip::from(w).and(x).and(y).and(z).for_each(|w, &x, &y, &z| *w += x + y * z);
            }

            #[inline(never)]
            pub fn iterator_for_each(w: ArrayViewMut2<$T>, x: ArrayView2<$T>, y: ArrayView2<$T>, z: ArrayView2<$T>) {
                ndarray_lockstep::Zip::from(w).and(x).and(y).and(z).into_iter().for_each(|(w, &x, &y, &z)| *w += x + y * z);
            }

            /// One loop per row over slices; ndarray's loop if there are none.
            #[inline(always)]
            fn rows_by_hand(mut w: ArrayViewMut2<$T>, x: ArrayView2<$T>, y: ArrayView2<$T>, z: ArrayView2<$T>) {
                for (((mut w, x), y), z) in w.outer_iter_mut().zip(x.outer_iter()).zip(y.outer_iter()).zip(z.outer_iter()) {
                    let (Some(w), Some(x), Some(y), Some(z)) = (w.as_slice_mut(), x.to_slice(), y.to_slice(), z.to_slice()) else {
                        for j in 0..w.len() {
                            w[j] += x[j] + y[j] * z[j];
                        }
                        continue;
                    };
                    let n = w.len();
                    let (x, y, z) = (&x[..n], &y[..n], &z[..n]);
                    for j in 0..n {
                        w[j] += x[j] + y[j] * z[j];
                    }
                }
            }

            #[inline(never)]
            pub fn rows(w: ArrayViewMut2<$T>, x: ArrayView2<$T>, y: ArrayView2<$T>, z: ArrayView2<$T>) {
                rows_by_hand(w, x, y, z);
            }

            /// The same bodies, compiled for the best instruction set of the machine.
            pub mod multiversioned {
                use super::*;

                #[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
                pub fn ndarray(w: ArrayViewMut2<$T>, x: ArrayView2<$T>, y: ArrayView2<$T>, z: ArrayView2<$T>) {
                    ndarray::azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
                }

                #[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
                pub fn azip(w: ArrayViewMut2<$T>, x: ArrayView2<$T>, y: ArrayView2<$T>, z: ArrayView2<$T>) {
                    ndarray_lockstep::azip!((w in w, &x in x, &y in y, &z in z) *w += x + y * z);
                }

                #[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
                pub fn for_each(w: ArrayViewMut2<$T>, x: ArrayView2<$T>, y: ArrayView2<$T>, z: ArrayView2<$T>) {
                    ndarray_lockstep::Zip::from(w).and(x).and(y).and(z).for_each(|w, &x, &y, &z| *w += x + y * z);
                }

                #[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
                pub fn rows(w: ArrayViewMut2<$T>, x: ArrayView2<$T>, y: ArrayView2<$T>, z: ArrayView2<$T>) {
                    rows_by_hand(w, x, y, z);
                }
            }
        }
    )*};
}

four_arrays! { f32 f64 }
