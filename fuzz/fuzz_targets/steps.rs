//! Time steps in sweeps, on one thread and on several, against separate steps over padded copies.
//! The cells must agree for every shape, window, boundary rule and depth, and for every layout of
//! fields and coefficients.
#![no_main]

mod common;

use std::array;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Ix2};
use ndarray_lockstep::__private::{Fields, StepFields};
use ndarray_lockstep::{Boundaries, Boundary, Padded, Stencil, Window, Zip, observed};
use rayon::{ThreadPool, ThreadPoolBuilder};

use common::{LayoutBytes, Visits, abort_at_panics, until_planned_panic};

#[derive(Arbitrary, Debug)]
struct Input {
    case: u8,
    rows: u8,
    cols: u8,
    steps: u8,
    depth: Option<u8>,
    /// How often the state is observed, and after how many steps the run ends.
    observed: Option<(u8, u8)>,
    threads: u8,
    /// How many of the rules are used.
    uniform: u8,
    /// Top, bottom, left and right of each field.
    rules: [[u8; 4]; 3],
    fields: [LayoutBytes; 3],
    coefficients: [LayoutBytes; 2],
    /// The kernel panics at cells whose number has this remainder, in a run before the one that is
    /// compared.
    trap: Option<u8>,
    seed: u8,
}

/// The type of a field's cells.
trait Value: Copy + Debug + PartialEq + Send + Sync + 'static {
    fn new(id: usize) -> Self;
    fn id(self) -> usize;
}

impl Value for u32 {
    fn new(id: usize) -> Self {
        id as u32
    }

    fn id(self) -> usize {
        self as usize
    }
}

/// A size that does not divide a cache line.
impl Value for [u8; 3] {
    fn new(id: usize) -> Self {
        [id as u8, (id >> 8) as u8, (id >> 16) as u8]
    }

    fn id(self) -> usize {
        usize::from(self[0]) | usize::from(self[1]) << 8 | usize::from(self[2]) << 16
    }
}

impl Value for () {
    fn new(_id: usize) -> Self {}

    fn id(self) -> usize {
        0
    }
}

/// Pools of one to four threads.
static POOLS: LazyLock<[ThreadPool; 4]> =
    LazyLock::new(|| array::from_fn(|n| ThreadPoolBuilder::new().num_threads(n + 1).build().expect("threads")));

fn rule<T: Value>(byte: u8) -> Boundary<T> {
    match byte % 5 {
        0 => Boundary::Constant(T::new(1_000_000 + usize::from(byte))),
        1 => Boundary::Edge,
        2 => Boundary::Reflect,
        3 => Boundary::Symmetric,
        _ => Boundary::Wrap,
    }
}

impl Input {
    /// The rules of each field: one everywhere, one per axis, or arbitrary.
    fn boundaries<T: Value, const N: usize>(&self) -> [Boundaries<T>; N] {
        array::from_fn(|n| {
            let [top, bottom, left, right] = self.rules[if self.uniform & 1 == 0 { 0 } else { n }];
            match self.uniform / 2 % 4 {
                0 => Boundaries::all(rule(top)),
                1 => Boundaries::by_axis(rule(top), rule(left)),
                2 => Boundaries { top: rule(top), bottom: rule(top), left: rule(left), right: rule(right) },
                _ => Boundaries { top: rule(top), bottom: rule(bottom), left: rule(left), right: rule(right) },
            }
        })
    }
}

/// A step of `N` fields in which each cell depends on all arguments of the kernel, and on its place
/// in it. Some cells stay.
#[inline(always)]
fn mix<T: Value, const K: usize, const L: usize, const N: usize, const M: usize>(
    windows: [Window<'_, T, K, L>; N],
    coefficients: [&u16; M],
    trap: usize,
) -> [T; N] {
    let mut mixed = 17_usize;
    for window in windows {
        for row in window.rows() {
            row.iter().for_each(|cell| mixed = (mixed * 31 + cell.id()) % 1_000_003);
        }
    }
    coefficients.iter().for_each(|&&cell| mixed = (mixed * 31 + usize::from(cell)) % 1_000_003);
    if mixed % 256 == trap {
        Visits::new(Some(0)).note(&[]);
    }
    array::from_fn(|n| {
        // Some cells stay.
        if (mixed + n).is_multiple_of(8) { *windows[n].center() } else { T::new((mixed + n * 1009) % 1_000_003) }
    })
}

/// A remainder that no cell has.
const NEVER: usize = usize::MAX;

/// The states after 0, 1, and so on up to `steps` separate steps.
fn separately<T: Value, const K: usize, const L: usize, const N: usize, const M: usize>(
    steps: usize,
    start: [Array2<T>; N],
    coefficients: [ArrayView2<'_, u16>; M],
    boundaries: &[Boundaries<T>; N],
) -> Vec<[Array2<T>; N]> {
    let mut states = vec![start];
    for step in 0..steps {
        let now = &states[step];
        let padded: [_; N] = array::from_fn(|n| Padded::from_interior::<K, L>(&now[n], boundaries[n]));
        let mut windows = padded.each_ref().map(|padded| Zip::from(padded.array_windows::<K, L>()).into_iter());
        let mut next = now.clone();
        for at in ndarray::indices(now[0].dim()) {
            let windows = windows.each_mut().map(|windows| windows.next().expect("one a cell").0);
            let cells = mix(windows, coefficients.each_ref().map(|cells| &cells[at]), NEVER);
            next.iter_mut().zip(cells).for_each(|(field, cell)| field[at] = cell);
        }
        assert!(windows.iter().all(|windows| windows.len() == 0));
        states.push(next);
    }
    states
}

fn case<T: Value, const K: usize, const L: usize, const N: usize, const M: usize>(input: &Input)
where
    Fields<N>: StepFields<N>,
{
    let shape = [usize::from(input.rows % 64), usize::from(input.cols % 12)];
    let steps = usize::from(input.steps % 18);
    let boundaries = input.boundaries::<T, N>();
    let seed = usize::from(input.seed);

    let field_layouts: [_; N] = array::from_fn(|n| input.fields[n].layout(2, false));
    let stored: [Array2<T>; N] =
        array::from_fn(|n| field_layouts[n].stored(&shape, |cell| T::new(cell * 7 + n * 501 + seed)));
    let cells: [_; M] = array::from_fn(|m| {
        let layout = input.coefficients[m].layout(2, true);
        let stored: Array2<u16> = layout.stored(&shape, |cell| (cell * 3 + m * 101) as u16);
        (layout, stored)
    });
    let coefficients = cells.each_ref().map(|(layout, stored)| layout.view::<_, Ix2>(&shape, stored));

    let start = array::from_fn(|n| field_layouts[n].view(&shape, &stored[n]).to_owned());
    let has_cells = shape[0] > 0 && shape[1] > 0;
    let states = if has_cells {
        separately::<T, K, L, N, M>(steps, start, coefficients, &boundaries)
    } else {
        vec![start; steps + 1]
    };

    let mut plan = Stencil::<K, L>::stepper(boundaries);
    if let Some(depth) = input.depth {
        plan = plan.depth(1 + usize::from(depth % 20));
    }
    // A run that a panic may end comes first. The next run must cope with the state that it leaves.
    let trap = AtomicUsize::new(input.trap.map_or(NEVER, usize::from));
    let runs = if input.trap.is_some() { 2 } else { 1 };
    for run in 0..runs {
        let mut result = stored.clone();
        let state: [ArrayViewMut2<'_, T>; N] = {
            let mut rest = result.iter_mut();
            array::from_fn(|n| field_layouts[n].view_mut(&shape, rest.next().expect("N fields")))
        };
        let mut state = state;
        let kernel = |(windows, coefficients): ([Window<'_, T, K, L>; N], [&u16; M])| {
            mix(windows, coefficients, trap.load(Ordering::Relaxed))
        };
        let is_trapped = run + 1 < runs;
        let (every, stop) =
            input.observed.map_or((steps.max(1), 255), |(every, stop)| (1 + usize::from(every % 9), stop));
        let mut seen = 0;
        let count = observed(steps, every, |done, fields: [ArrayView2<'_, T>; N]| {
            assert!(done == (seen + every).min(steps), "{done} steps after {seen}");
            seen = done;
            for (n, field) in fields.iter().enumerate() {
                assert_eq!(field, states[done][n], "field {n} after {done} steps");
            }
            if done >= usize::from(stop) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let done = until_planned_panic(|| match input.threads % 5 {
            0 => plan.run(count, (state.each_mut(), coefficients.each_ref()), kernel),
            threads => POOLS[usize::from(threads - 1)]
                .install(|| plan.par_run(count, (state.each_mut(), coefficients.each_ref()), kernel)),
        });
        trap.store(NEVER, Ordering::Relaxed);
        let Some(done) = done else {
            assert!(is_trapped, "a panic that was not planned");
            continue;
        };
        assert_eq!(done, seen);
        assert!(done == steps || done >= usize::from(stop));
        for n in 0..N {
            let mut expected = stored[n].clone();
            field_layouts[n].view_mut(&shape, &mut expected).assign(&states[done][n]);
            assert_eq!(result[n], expected, "field {n}, and what is beside it");
        }
    }
}

fuzz_target!(
    init: abort_at_panics(),
    |input: Input| {
        match input.case % 14 {
            0 => case::<u32, 1, 1, 1, 0>(&input),
            1 => case::<u32, 1, 4, 2, 1>(&input),
            2 => case::<u32, 2, 1, 1, 2>(&input),
            3 => case::<u32, 2, 2, 3, 1>(&input),
            4 => case::<u32, 5, 3, 2, 0>(&input),
            5 => case::<u32, 4, 5, 1, 1>(&input),
            6 => case::<u32, 11, 2, 1, 1>(&input),
            7 => case::<[u8; 3], 3, 3, 2, 1>(&input),
            8 => case::<(), 3, 2, 1, 1>(&input),
            9 | 10 => case::<u32, 3, 3, 1, 0>(&input),
            _ => case::<u32, 3, 3, 2, 2>(&input),
        }
    }
);
