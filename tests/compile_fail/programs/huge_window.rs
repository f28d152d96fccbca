//! Windows of filters and steps have at most 65536 cells. Arrays made of a window have at most 1
//! MiB.
use ndarray::Array2;
use ndarray_lockstep::{ArrayWindows, Boundary, Stencil, azip};

fn main() {
    let mut a = Array2::<f32>::zeros((4, 4));
    let b = a.clone();
    let _ = Stencil::<{ 1 << 62 }, 1>::map(&b, Boundary::Edge, |w| *w.center());
    Stencil::<1, { 1 << 40 }>::map_into(&b, Boundary::Edge, &mut a, |w| *w.center());
    Stencil::<{ 1 << 62 }, { 1 << 40 }>::steps(1, &mut a, Boundary::Edge, |w| *w.center());
    let _ = Stencil::<257, 256>::stepper::<f32, 1>(Boundary::Edge);
    azip!((w in b.array_windows::<{ 1 << 40 }, 1>()) assert_eq!(w.rows().len(), 1 << 40));
}
