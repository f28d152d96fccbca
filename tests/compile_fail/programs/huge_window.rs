//! Windows of filters and time steps have at most 65536 cells, and arrays made of a window at most 1 MiB.
use ndarray::Array2;
use ndarray_lockstep::{ArrayWindows, Boundary, StencilSteps, azip, stencil_map, stencil_map_into, stencil_steps};

fn main() {
    let mut a = Array2::<f32>::zeros((4, 4));
    let b = a.clone();
    let _ = stencil_map::<{ 1 << 62 }, 1, _, _, _>(&b, Boundary::Edge, |w| *w.center());
    stencil_map_into::<1, { 1 << 40 }, _, _, _>(&b, Boundary::Edge, &mut a, |w| *w.center());
    stencil_steps::<{ 1 << 62 }, { 1 << 40 }, 1, f32, _>(1, [&mut a], Boundary::Edge, |_, _| ());
    let _ = StencilSteps::<257, 256, 1, f32>::new(Boundary::Edge);
    azip!((w in b.array_windows::<{ 1 << 40 }, 1>()) assert_eq!(w.rows().len(), 1 << 40));
}
