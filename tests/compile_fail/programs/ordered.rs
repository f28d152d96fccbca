//! Beside windows of several rows, a body that changes a variable has to be `ordered`.
use ndarray::{Array2, Array3};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, IntoOperand, simd_azip};

fn sum<'a>(cells: impl IntoOperand<Item = &'a f32>) -> f32 {
    let mut total = 0.0;
    simd_azip!((x in cells) total += x);
    total
}

fn main() {
    let a = Array2::<f32>::zeros((4, 4));
    let mut b = a.clone();
    let mut total = 0.0;
    simd_azip!((w in a.array_windows::<3, 3>()) total += w.center());
    let mut visits = Vec::new();
    simd_azip!((index at, b in b.interior_mut::<3, 3>(), w in a.array_windows::<3, 3>()) {
        *b = *w.center();
        visits.push(at);
    });
    let volume = Array3::<f32>::zeros((4, 4, 4));
    simd_azip!((w in volume.array_windows_3d::<1, 2, 1>()) total += w.center());
    simd_azip!(unordered (x in &a) total += x);
    println!("{total} {visits:?} {}", sum(&a));
}
