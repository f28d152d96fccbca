//! Loops in dev builds, against ndarray's: the speed of a user's tests and debugging runs.
//!
//! ```text
//! cargo bench --profile dev --bench dev_builds
//! cargo bench --profile dev --config profile.dev.opt-level=1 --bench dev_builds
//! ```
//!
//! Each line has the goal 1.5. A plain `cargo bench` compares optimised loops; `ratios` has their
//! goals.

#![allow(clippy::reversed_empty_ranges, reason = "ndarray counts negative ends of slices from the back")]

mod common;

use std::cell::RefCell;
use std::hint::black_box;
use std::process::ExitCode;

use common::report::Report;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, FoldWhile, ShapeBuilder, s};

const ROWS: usize = 48;
const COLS: usize = 64;

/// The layout of the input. The output is contiguous.
#[derive(Clone, Copy)]
enum Layout {
    Contiguous,
    Interior,
    Strided,
    Transposed,
    Broadcast,
}

impl Layout {
    const ALL: [(&str, Layout); 5] = [
        ("contiguous", Layout::Contiguous),
        ("interior", Layout::Interior),
        ("strided", Layout::Strided),
        ("transposed", Layout::Transposed),
        ("broadcast", Layout::Broadcast),
    ];

    fn storage(self) -> Array2<f64> {
        let value = |(i, j)| 1.0 + ((i * 31 + j * 17) % 97) as f64;
        match self {
            Layout::Contiguous => Array2::from_shape_fn((ROWS, COLS), value),
            Layout::Interior => Array2::from_shape_fn((ROWS + 2, COLS + 2), value),
            Layout::Strided => Array2::from_shape_fn((ROWS, 2 * COLS), value),
            Layout::Transposed => Array2::from_shape_fn((ROWS, COLS).f(), value),
            Layout::Broadcast => Array2::from_shape_fn((1, COLS), value),
        }
    }

    fn view(self, storage: &Array2<f64>) -> ArrayView2<'_, f64> {
        match self {
            Layout::Contiguous | Layout::Transposed => storage.view(),
            Layout::Interior => storage.slice(s![1..-1, 1..-1]),
            Layout::Strided => storage.slice(s![.., ..;2]),
            Layout::Broadcast => storage.broadcast((ROWS, COLS)).unwrap(),
        }
    }
}

type Kernel = fn(ArrayViewMut2<'_, f64>, ArrayView2<'_, f64>) -> f64;

/// The same loops with one crate's `azip!` and `Zip`.
macro_rules! kernels {
    ($($krate:tt)+) => {
        use super::*;
        use $($krate)+::{Zip, azip};

        pub(crate) const KERNELS: [(&str, Kernel); 10] = [
            ("azip!", by_azip),
            ("azip! with index", by_azip_with_index),
            ("for_each", for_each),
            ("fold", fold),
            ("fold_while", fold_while),
            ("all", all),
            ("any", any),
            ("map_collect", map_collect),
            ("map_assign_into", map_assign_into),
            ("stencil", stencil),
        ];

        fn by_azip(w: ArrayViewMut2<'_, f64>, x: ArrayView2<'_, f64>) -> f64 {
            azip!((w in w, &x in x) *w = 0.5 * *w + x);
            0.0
        }

        fn by_azip_with_index(w: ArrayViewMut2<'_, f64>, x: ArrayView2<'_, f64>) -> f64 {
            azip!((index (i, j), w in w, &x in x) *w = x * (i + j) as f64);
            0.0
        }

        fn for_each(w: ArrayViewMut2<'_, f64>, x: ArrayView2<'_, f64>) -> f64 {
            Zip::from(w).and(x).for_each(|w, &x| *w = 0.5 * *w + x);
            0.0
        }

        fn fold(w: ArrayViewMut2<'_, f64>, x: ArrayView2<'_, f64>) -> f64 {
            Zip::from(w.view()).and(x).fold(0.0, |sum, &w, &x| sum + (w + 1.0) * x)
        }

        fn fold_while(w: ArrayViewMut2<'_, f64>, x: ArrayView2<'_, f64>) -> f64 {
            let sum = Zip::from(w.view()).and(x).fold_while(0.0, |sum, &w, &x| {
                if x < 0.0 { FoldWhile::Done(sum) } else { FoldWhile::Continue(sum + w * x) }
            });
            sum.into_inner()
        }

        fn all(w: ArrayViewMut2<'_, f64>, x: ArrayView2<'_, f64>) -> f64 {
            f64::from(u8::from(Zip::from(w.view()).and(x).all(|&w, &x| w + x > -1.0)))
        }

        fn any(w: ArrayViewMut2<'_, f64>, x: ArrayView2<'_, f64>) -> f64 {
            any_of!(w, x)
        }

        fn map_collect(w: ArrayViewMut2<'_, f64>, x: ArrayView2<'_, f64>) -> f64 {
            let sums = Zip::from(w.view()).and(x).map_collect(|&w, &x| w + x);
            sums[[ROWS / 2, COLS / 3]]
        }

        fn map_assign_into(mut w: ArrayViewMut2<'_, f64>, x: ArrayView2<'_, f64>) -> f64 {
            Zip::from(x).map_assign_into(&mut w, |&x| 2.0 * x);
            0.0
        }

        fn stencil(mut w: ArrayViewMut2<'_, f64>, x: ArrayView2<'_, f64>) -> f64 {
            spread!(w.slice_mut(s![1..-1, 1..-1]), x);
            0.0
        }
    };
}

mod ours {
    /// Whether `any` finds a cell.
    macro_rules! any_of {
        ($w:ident, $x:ident) => {
            f64::from(u8::from(Zip::from($w.view()).and($x).any(|&w, &x| w + x < -1.0)))
        };
    }
    /// A diffusion step, with ndarray's windows if the cells of a row are not contiguous.
    macro_rules! spread {
        ($next:expr, $now:ident) => {
            if $now.stride_of(Axis(1)) == 1 {
                azip!((next in $next, w in $now.array_windows::<3, 3>()) {
                    *next = w[[1, 1]] + 0.1 * (w[[0, 1]] + w[[2, 1]] + w[[1, 0]] + w[[1, 2]] - 4.0 * w[[1, 1]]);
                });
            } else {
                azip!((next in $next, w in $now.windows((3, 3))) {
                    *next = w[[1, 1]] + 0.1 * (w[[0, 1]] + w[[2, 1]] + w[[1, 0]] + w[[1, 2]] - 4.0 * w[[1, 1]]);
                });
            }
        };
    }
    use ndarray::Axis;
    use ndarray_lockstep::ArrayWindows;
    kernels! { ::ndarray_lockstep }
}

mod theirs {
    /// ndarray's `Zip` only has `all`.
    macro_rules! any_of {
        ($w:ident, $x:ident) => {
            f64::from(u8::from(!Zip::from($w.view()).and($x).all(|&w, &x| w + x >= -1.0)))
        };
    }
    /// A diffusion step.
    macro_rules! spread {
        ($next:expr, $now:ident) => {
            azip!((next in $next, w in $now.windows((3, 3))) {
                *next = w[[1, 1]] + 0.1 * (w[[0, 1]] + w[[2, 1]] + w[[1, 0]] + w[[1, 2]] - 4.0 * w[[1, 1]]);
            });
        };
    }
    kernels! { ::ndarray }
}

/// The result of a kernel, and the cells that it has written.
fn result(layout: Layout, kernel: Kernel) -> (f64, Array2<f64>) {
    let mut w = Array2::zeros((ROWS, COLS));
    let number = kernel(w.view_mut(), layout.view(&layout.storage()));
    (number, w)
}

fn main() -> ExitCode {
    let mut report = Report::from_arguments();
    let goal = cfg!(debug_assertions).then_some(1.5);
    for (layout_name, layout) in Layout::ALL {
        for ((name, ours), (_, theirs)) in ours::KERNELS.into_iter().zip(theirs::KERNELS) {
            assert_eq!(result(layout, ours), result(layout, theirs), "{name}, {layout_name}");
            let (w, x) = (RefCell::new(Array2::zeros((ROWS, COLS))), layout.storage());
            let call = |kernel: Kernel| {
                black_box(kernel(w.borrow_mut().view_mut(), layout.view(&x)));
            };
            report.line(layout_name, ROWS * COLS, goal, (name, &mut || call(ours)), ("ndarray", &mut || call(theirs)));
        }
    }
    report.conclude()
}
