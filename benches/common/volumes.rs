//! Heat in a volume, from a cell's six neighbours, and the mean of the 27 cells of a window.

/// The kernels for one element type.
macro_rules! volumes {
    ($T:ident) => {
        pub mod $T {
            use ndarray::Array3;
            use ndarray_lockstep::{ArrayInterior, ArrayWindows, Window3d, azip, simd_azip};

            pub type Kernel = fn(&Array3<$T>, &mut Array3<$T>);

            const RATE: $T = 0.1;

            #[inline(always)]
            fn heat(w: Window3d<'_, $T, 3, 3, 3>) -> $T {
                let around = w.at(-1, 0, 0) + w.at(1, 0, 0) + w.at(0, -1, 0) + w.at(0, 1, 0) + w.at(0, 0, -1) + w.at(0, 0, 1);
                w.center() + RATE * (around - 6.0 * w.center())
            }

            #[inline(always)]
            fn mean(w: Window3d<'_, $T, 3, 3, 3>) -> $T {
                // Row by row, because neighbouring cells share the sums of rows.
                let sum_of = |[[a, b, c], [d, e, f], [g, h, i]]: [[$T; 3]; 3]| (a + d + g) + (b + e + h) + (c + f + i);
                let [above, here, below] = w.to_array();
                (sum_of(above) + sum_of(here) + sum_of(below)) * (1.0 / 27.0)
            }

            /// The usual code by hand: slices of the rows that a row of cells needs, to avoid
            /// bounds checks.
            #[inline(always)]
            fn heat_by_rows(now: &Array3<$T>, next: &mut Array3<$T>) {
                let (planes, rows, cols) = now.dim();
                let cells = now.as_slice().expect("standard layout");
                let next = next.as_slice_mut().expect("standard layout");
                let (plane, len) = (rows * cols, cols - 2);
                for h in 1..planes - 1 {
                    for i in 1..rows - 1 {
                        let at = (h * rows + i) * cols + 1;
                        let row = |at: usize| &cells[at..at + len];
                        let (front, back, above, below) = (row(at - plane), row(at + plane), row(at - cols), row(at + cols));
                        let (left, here, right) = (row(at - 1), row(at), row(at + 1));
                        let next = &mut next[at..at + len];
                        for j in 0..len {
                            let around = front[j] + back[j] + above[j] + below[j] + left[j] + right[j];
                            next[j] = here[j] + RATE * (around - 6.0 * here[j]);
                        }
                    }
                }
            }

            #[inline(never)]
            pub fn heat_by_hand(now: &Array3<$T>, next: &mut Array3<$T>) {
                heat_by_rows(now, next);
            }

            #[multiversion::multiversion(targets(
                "x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl+fma",
                "x86_64+avx2+fma"
            ))]
            pub fn heat_by_hand_multiversioned(now: &Array3<$T>, next: &mut Array3<$T>) {
                heat_by_rows(now, next);
            }

            #[inline(never)]
            pub fn heat_azip(now: &Array3<$T>, next: &mut Array3<$T>) {
                azip!((next in next.interior_3d_mut::<3, 3, 3>(), w in now.array_windows_3d::<3, 3, 3>()) *next = heat(w));
            }

            #[multiversion::multiversion(targets(
                "x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl+fma",
                "x86_64+avx2+fma"
            ))]
            pub fn heat_azip_multiversioned(now: &Array3<$T>, next: &mut Array3<$T>) {
                azip!((next in next.interior_3d_mut::<3, 3, 3>(), w in now.array_windows_3d::<3, 3, 3>()) *next = heat(w));
            }

            #[inline(never)]
            pub fn heat_simd_azip(now: &Array3<$T>, next: &mut Array3<$T>) {
                simd_azip!((next in next.interior_3d_mut::<3, 3, 3>(), w in now.array_windows_3d::<3, 3, 3>()) *next = heat(w));
            }

            #[cfg(feature = "rayon")]
            #[inline(never)]
            pub fn heat_par_azip(now: &Array3<$T>, next: &mut Array3<$T>) {
                ndarray_lockstep::par_azip!((
                    next in next.interior_3d_mut::<3, 3, 3>(),
                    w in now.array_windows_3d::<3, 3, 3>(),
                ) *next = heat(w));
            }

            #[inline(never)]
            pub fn heat_ndarray(now: &Array3<$T>, next: &mut Array3<$T>) {
                heat_by_ndarray(now, next);
            }

            #[multiversion::multiversion(targets(
                "x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl+fma",
                "x86_64+avx2+fma"
            ))]
            pub fn heat_ndarray_multiversioned(now: &Array3<$T>, next: &mut Array3<$T>) {
                heat_by_ndarray(now, next);
            }

            #[inline(always)]
            fn heat_by_ndarray(now: &Array3<$T>, next: &mut Array3<$T>) {
                ndarray::azip!((next in next.interior_3d_mut::<3, 3, 3>(), w in now.windows((3, 3, 3))) {
                    let around = w[[0, 1, 1]] + w[[2, 1, 1]] + w[[1, 0, 1]] + w[[1, 2, 1]] + w[[1, 1, 0]] + w[[1, 1, 2]];
                    *next = w[[1, 1, 1]] + RATE * (around - 6.0 * w[[1, 1, 1]]);
                });
            }

            #[multiversion::multiversion(targets(
                "x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl+fma",
                "x86_64+avx2+fma"
            ))]
            pub fn mean_azip_multiversioned(now: &Array3<$T>, next: &mut Array3<$T>) {
                azip!((next in next.interior_3d_mut::<3, 3, 3>(), w in now.array_windows_3d::<3, 3, 3>()) *next = mean(w));
            }

            #[inline(never)]
            pub fn mean_simd_azip(now: &Array3<$T>, next: &mut Array3<$T>) {
                simd_azip!((next in next.interior_3d_mut::<3, 3, 3>(), w in now.array_windows_3d::<3, 3, 3>()) *next = mean(w));
            }

            /// An array whose cells all differ.
            pub fn volume(dim: (usize, usize, usize)) -> Array3<$T> {
                Array3::from_shape_fn(dim, |(h, i, j)| ((h * 7 + i * 5 + j * 3) % 17) as $T)
            }

            /// Fails unless `kernel` writes the cells that `reference` writes, bit for bit.
            pub fn check(name: &str, kernel: Kernel, reference: Kernel, dim: (usize, usize, usize)) {
                let now = volume(dim);
                let (mut found, mut expected) = (now.clone(), now.clone());
                kernel(&now, &mut found);
                reference(&now, &mut expected);
                assert_eq!(found, expected, "{name} at {dim:?}");
                assert_ne!(found, now, "{name} writes something");
            }
        }
    };
}

volumes! { f32 }
volumes! { f64 }
