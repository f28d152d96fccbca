//! The Gray–Scott system: its constants, its time step for one cell, its boundary, and its initial
//! state.
//!
//! The other modules of the example use this one. The MPI version of the example,
//! `examples/gray_scott_mpi`, includes this file unchanged, so it must not use the other modules.

use std::ops::Range;

use clap::ValueEnum;
use ndarray::{Array2, ArrayView2, s};
use ndarray_lockstep::Boundary;

/// The weight of each cell of a window in the discrete Laplacian.
const WEIGHTS: [[f32; 3]; 3] = [[0.25, 0.5, 0.25], [0.5, 0.0, 0.5], [0.25, 0.5, 0.25]];
const DIFFUSION_RATE_U: f32 = 0.1;
const DIFFUSION_RATE_V: f32 = 0.05;
const FEED_RATE: f32 = 0.014;
const KILL_RATE: f32 = 0.054;
const TIME_STEP: f32 = 1.0;

/// Returns `u` and `v` in the centre of their windows, one time step later.
// The compiler never fuses plain `*` and `+`, so all engines round alike on every instruction set.
#[inline(always)]
pub(crate) fn next_cell(u: [[f32; 3]; 3], v: [[f32; 3]; 3]) -> (f32, f32) {
    let (u_here, v_here) = (u[1][1], v[1][1]);
    let reaction = u_here * v_here * v_here;
    let u_rate = DIFFUSION_RATE_U * inflow(u) - reaction + FEED_RATE * (1.0 - u_here);
    let v_rate = DIFFUSION_RATE_V * inflow(v) + reaction - (FEED_RATE + KILL_RATE) * v_here;
    (u_here + u_rate * TIME_STEP, v_here + v_rate * TIME_STEP)
}

/// Returns the discrete Laplacian: the weighted sum of the differences between the cells of a
/// window and its centre.
#[inline(always)]
fn inflow(window: [[f32; 3]; 3]) -> f32 {
    let here = window[1][1];
    let mut sum = 0.0;
    for (weights, row) in WEIGHTS.iter().zip(window) {
        for (weight, cell) in weights.iter().zip(row) {
            sum += weight * (cell - here);
        }
    }
    sum
}

/// The boundary rule at the edges of the grid. No flux crosses the edges, except with the first and
/// the last rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rule {
    /// u = 1 and v = 0
    Constant,
    /// The outermost cells again
    Edge,
    /// The mirror image of the grid, without the outermost cells
    Reflect,
    /// The mirror image of the grid; for a 3×3 stencil the same as edge
    Symmetric,
    /// The cells at the opposite edge
    Wrap,
}

impl Rule {
    /// Returns the boundaries of `u` and of `v`.
    pub(crate) fn boundaries(self) -> [Boundary<f32>; 2] {
        match self {
            Rule::Constant => [Boundary::Constant(1.0), Boundary::Constant(0.0)],
            Rule::Edge => [Boundary::Edge; 2],
            Rule::Reflect => [Boundary::Reflect; 2],
            Rule::Symmetric => [Boundary::Symmetric; 2],
            Rule::Wrap => [Boundary::Wrap; 2],
        }
    }
}

/// The concentrations of both chemicals at one time.
#[derive(Clone, Debug)]
pub(crate) struct Fields<A = Array2<f32>> {
    pub(crate) u: A,
    pub(crate) v: A,
}

impl Fields {
    /// Returns the initial state of the cells `rows`×`cols` of a grid of the size `grid`: `u`
    /// everywhere except in a rectangle in the middle of the grid, which is full of `v`.
    pub(crate) fn start(grid: (usize, usize), rows: Range<usize>, cols: Range<usize>) -> Self {
        let shape = (rows.len(), cols.len());
        let mut fields = Fields { u: Array2::ones(shape), v: Array2::zeros(shape) };
        let rectangle = s![common(middle(grid.0), rows), common(middle(grid.1), cols)];
        fields.u.slice_mut(rectangle).fill(0.0);
        fields.v.slice_mut(rectangle).fill(1.0);
        fields
    }
}

/// Returns the part of an axis that the starting rectangle covers: a quarter, but at least one
/// cell.
fn middle(len: usize) -> Range<usize> {
    let before = len / 2 - len / 8;
    before..(len - before).max(before + 1)
}

/// Returns the intersection of `a` and `b`, counted from the start of `b`.
fn common(a: Range<usize>, b: Range<usize>) -> Range<usize> {
    let from_start = |at: usize| at.clamp(b.start, b.end) - b.start;
    from_start(a.start)..from_start(a.end)
}

/// Returns the FNV-1a hash of the bits of all cells, row by row. Different fields hardly ever have
/// the same hash.
pub(crate) fn fingerprint(field: ArrayView2<'_, f32>) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = field.iter().flat_map(|cell| cell.to_bits().to_le_bytes());
    bytes.fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// Returns both fingerprints in the form that the programs print.
pub(crate) fn fingerprints(u: u64, v: u64) -> String {
    format!("Fingerprints: u {u:016x}, v {v:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_follows_the_equations() {
        let around = |here: f32, others: f32| {
            let mut window = [[others; 3]; 3];
            window[1][1] = here;
            window
        };
        assert_eq!(next_cell(around(1.0, 1.0), around(0.0, 0.0)), (1.0, 0.0));
        let (u, v) = next_cell(around(0.5, 1.0), around(0.25, 0.0));
        assert!((u - (0.5 + 0.1 * 3.0 * 0.5 - 0.5 * 0.0625 + 0.014 * 0.5)).abs() < 1e-6);
        assert!((v - (0.25 - 0.05 * 3.0 * 0.25 + 0.5 * 0.0625 - 0.068 * 0.25)).abs() < 1e-6);
    }

    #[test]
    fn a_part_of_the_start_is_that_part_of_the_whole() {
        for grid in [(3, 3), (8, 13), (17, 9)] {
            let whole = Fields::start(grid, 0..grid.0, 0..grid.1);
            for (rows, cols) in [(0..1, 0..3), (1..3, 0..2), (2..grid.0, 1..grid.1), (3..3, 2..2)] {
                let part = Fields::start(grid, rows.clone(), cols.clone());
                assert_eq!(part.u, whole.u.slice(s![rows.clone(), cols.clone()]), "{grid:?}: {rows:?}, {cols:?}");
                assert_eq!(part.v, whole.v.slice(s![rows.clone(), cols.clone()]), "{grid:?}: {rows:?}, {cols:?}");
            }
        }
    }

    #[test]
    fn every_start_has_a_cell_of_v() {
        for grid in [(1, 1), (1, 2), (2, 1), (3, 9), (8, 8)] {
            let start = Fields::start(grid, 0..grid.0, 0..grid.1);
            assert!(start.v.sum() >= 1.0, "{grid:?}");
            assert_eq!(&start.u + &start.v, Array2::<f32>::ones(grid), "{grid:?}");
        }
    }

    #[test]
    fn fingerprints_tell_bits_and_order_apart() {
        // The hash of no bytes is the offset basis. The other hashes are far apart, although the
        // fields differ only in one bit or in the order of their cells.
        assert_eq!(fingerprint(ndarray::aview2::<f32, 0>(&[])), 0xcbf2_9ce4_8422_2325);
        let fields: [[[f32; 2]; 2]; 3] =
            [[[0.0, 1.0], [2.0, 3.0]], [[-0.0, 1.0], [2.0, 3.0]], [[0.0, 2.0], [1.0, 3.0]]];
        let prints = fields.map(|field| fingerprint(ndarray::aview2(&field)));
        assert!(prints[0] != prints[1] && prints[0] != prints[2], "{prints:x?}");
        // The logical order of the cells counts, not their layout in memory.
        let turned = ndarray::array![[0.0, 2.0], [1.0, 3.0_f32]];
        assert_eq!(fingerprint(turned.t()), prints[0]);
    }
}
