//! A failed allocation is a typed error, or a panic that names the purpose. It never ends the
//! process, as in the constructors of `Vec` and of ndarray's arrays.
//!
//! This program's allocator refuses requests above a limit, so the results do not depend on the
//! machine. The huge inputs here are one cell, or one row, broadcast with stride 0.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Once;

use ndarray::{Array2, ArrayView2, arr0, indices};
use ndarray_lockstep::{AllocationError, Boundaries, Boundary, Halo, Padded, Stencil, StencilError, Window, Zip};

/// Allocations of more bytes are refused. This is more than [`StencilSteps`] itself needs for a
/// sweep.
const LIMIT: usize = 16 << 20;

thread_local! {
    /// The limit of this thread.
    static LIMIT_HERE: Cell<usize> = const { Cell::new(LIMIT) };
    /// The largest allocation that this thread has requested.
    static LARGEST: Cell<usize> = const { Cell::new(0) };
    /// Whether a panic of this thread is expected and should not be printed.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

struct Limited;

#[global_allocator]
static ALLOCATOR: Limited = Limited;

impl Limited {
    fn allows(size: usize) -> bool {
        _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
        size <= LIMIT_HERE.try_with(Cell::get).unwrap_or(LIMIT)
    }
}

// SAFETY: all memory is that of `System`. A refused request returns a null pointer.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's layout.
        if Self::allows(layout.size()) { unsafe { System.alloc(layout) } } else { ptr::null_mut() }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's layout.
        if Self::allows(layout.size()) { unsafe { System.alloc_zeroed(layout) } } else { ptr::null_mut() }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's memory, layout and size.
        if Self::allows(size) { unsafe { System.realloc(memory, layout, size) } } else { ptr::null_mut() }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's memory, which is `System`'s, and its layout.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Runs `f` in a thread whose allocations are limited to `limit` bytes each.
fn with_limit<R>(limit: usize, f: impl FnOnce() -> R) -> R {
    let before = LIMIT_HERE.replace(limit);
    let result = f();
    LIMIT_HERE.set(before);
    result
}

/// The largest allocation that `f` requests.
fn largest_of(f: impl FnOnce()) -> usize {
    LARGEST.set(0);
    f();
    LARGEST.get()
}

/// Runs `f`, which panics, and returns the message.
#[track_caller]
fn message_of<R>(f: impl FnOnce() -> R) -> String {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let print = std::panic::take_hook();
        // A backtrace would need more memory than there is.
        std::panic::set_hook(Box::new(move |info| {
            if !IS_QUIET.try_with(Cell::get).unwrap_or(false) {
                print(info)
            }
        }));
    });
    IS_QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(|| _ = f()));
    IS_QUIET.set(false);
    let payload = result.expect_err("it is refused");
    payload
        .downcast::<String>()
        .map(|message| *message)
        .unwrap_or_else(|payload| payload.downcast::<&str>().expect("a text").to_string())
}

/// Asserts that an error names this many cells of this size, and the purpose.
#[track_caller]
fn assert_error(error: AllocationError, purpose: &str, cells: Option<usize>, size: usize) {
    assert_eq!((error.cells(), error.bytes()), (cells, cells.and_then(|cells| cells.checked_mul(size))));
    assert!(error.to_string().starts_with(&format!("there is no memory for {purpose} (")), "{error}");
    let number = cells.map_or_else(|| format!("more than {} cells", usize::MAX), |cells| format!("{cells} cells"));
    assert!(error.to_string().contains(&number), "{error}");
}

const GHOSTS: &str = "the array with its ghost cells";
const RESULTS: &str = "the results";
const COPIES: &str = "copies of cells of the input";
const STEPS: &str = "the rows in use of the time steps";

/// The square of this exceeds `usize::MAX`.
const ROOT: usize = usize::MAX >> (usize::BITS / 2 - 1);

/// The side of an array of bytes that is four times as large as the limit.
const SIDE: usize = 1 << 13;

mod padded {
    use super::*;

    #[track_caller]
    fn refused(interior: ArrayView2<'_, u16>, halo: Halo) -> AllocationError {
        let StencilError::Allocation(error) = Padded::try_with_halo(&interior, halo, Boundary::Edge).unwrap_err()
        else {
            panic!("another error")
        };
        assert_eq!(message_of(|| Padded::with_halo(&interior, halo, Boundary::Edge)), error.to_string());
        error
    }

    #[test]
    fn a_halo_that_exceeds_memory_is_refused() {
        let one = Array2::<u16>::zeros((1, 1));
        let none = Halo::default();
        // Rows are as long as the halo requires, plus a few cells.
        for width in
            [LIMIT, usize::MAX >> 28, usize::MAX >> 14, usize::MAX >> 3].into_iter().filter(|&width| width >= LIMIT)
        {
            for halo in [Halo { left: width, ..none }, Halo { right: width, ..none }] {
                let error = refused(one.view(), halo);
                let cells = error.cells().expect("a number");
                assert!((width + 1..width + 1000).contains(&cells), "{error}");
                assert_error(error, GHOSTS, Some(cells), 2);
            }
            for halo in [Halo { top: width, ..none }, Halo { bottom: width, ..none }] {
                let cells = refused(one.view(), halo).cells();
                assert!(cells.is_none_or(|cells| cells > width));
            }
        }
        for halo in [
            Halo { top: usize::MAX, ..none },
            Halo { bottom: usize::MAX, ..none },
            Halo { left: usize::MAX, ..none },
            Halo { right: usize::MAX, ..none },
            Halo { top: isize::MAX.cast_unsigned(), ..none },
            Halo { left: usize::MAX / 4 + 1, right: usize::MAX / 4 + 1, ..none },
            Halo { top: ROOT, left: ROOT, ..none },
            Halo { top: usize::MAX, bottom: usize::MAX, left: usize::MAX, right: usize::MAX },
        ] {
            assert_error(refused(one.view(), halo), GHOSTS, None, 2);
        }
        // An array with more cells than can be counted is refused, even with zero-sized cells.
        let halo = Halo { top: ROOT, left: ROOT, ..none };
        let refused = Padded::try_with_halo(&Array2::from_elem((1, 1), ()), halo, Boundary::Edge);
        assert!(matches!(refused, Err(StencilError::Allocation(_))));
    }

    #[test]
    fn an_array_that_exceeds_memory_is_refused() {
        let cell = arr0(7_u16);
        let large = cell.broadcast((SIDE, SIDE)).unwrap();
        let StencilError::Allocation(error) = Padded::try_from_interior::<3, 3>(&large, Boundary::Wrap).unwrap_err()
        else {
            panic!("another error")
        };
        assert!(error.bytes().is_some_and(|bytes| bytes > 2 * SIDE * SIDE));
        assert_eq!(message_of(|| Padded::from_interior::<3, 3>(&large, Boundary::Wrap)), error.to_string());
        // A halo without cells to copy from is a different error.
        let empty = Array2::<u16>::zeros((0, 3));
        let halo = Halo { top: usize::MAX, ..Halo::default() };
        let error = Padded::try_with_halo(&empty, halo, Boundary::Edge).unwrap_err();
        assert!(matches!(error, StencilError::Boundary(error) if error.axis() == 0));
    }

    #[test]
    fn a_copy_that_exceeds_memory_is_refused() {
        let cols = if cfg!(miri) { 1 << 8 } else { 1 << 16 };
        let padded = Padded::from_interior::<1, 3>(&Array2::<u16>::zeros((4, cols)), Boundary::Edge);
        let limit = 4 * cols;
        let mut other = Padded::from_interior::<1, 1>(&Array2::<u16>::zeros((1, 1)), Boundary::Edge);
        let before = other.clone();
        for message in with_limit(limit, || [message_of(|| padded.clone()), message_of(|| other.clone_from(&padded))]) {
            assert!(message.starts_with(&format!("there is no memory for {GHOSTS} (")), "{message}");
        }
        assert_eq!(other, before);
        assert_eq!(padded.clone(), padded);
    }

    #[test]
    fn refreshing_allocates_nothing() {
        const LONG: usize = usize::MAX >> 28;
        const LONGER: usize = usize::MAX >> 14;
        let none = Halo::default();
        let mut arrays = [
            // Any number of ghost columns in zero rows, and any number of rows without columns.
            Padded::with_halo(&Array2::<u8>::zeros((0, 1)), Halo { left: LONG, right: LONGER, ..none }, Boundary::Edge),
            Padded::with_halo(&Array2::<u8>::zeros((1, 0)), Halo { top: LONG, bottom: LONGER, ..none }, Boundary::Edge),
            Padded::with_halo(
                &Array2::<u8>::zeros((2, 3)),
                Halo { top: 1, bottom: 2, left: 100, right: 3 },
                Boundary::Edge,
            ),
            Padded::from_interior::<3, 3>(&Array2::<u8>::zeros((5, 6)), Boundary::Edge),
        ];
        for padded in &mut arrays {
            for rule in [Boundary::Constant(1), Boundary::Edge, Boundary::Reflect, Boundary::Symmetric, Boundary::Wrap]
            {
                assert_eq!(largest_of(|| padded.refresh(rule)), 0);
            }
        }
        assert_eq!(arrays[0].view().dim(), (0, 1 + LONG + LONGER));
        assert_eq!(arrays[0].clone().into_interior().dim(), (0, 1));
    }
}

mod filters {
    use super::*;

    /// A cell so large that a few hundred exceed the limit.
    type Large = [u8; 1 << 16];

    fn never<const K: usize, const L: usize>(_: Window<'_, impl Sized, K, L>) -> u8 {
        unreachable!("the call fails before")
    }

    /// Asserts that filtering into an array fails to allocate the copies that it needs.
    #[track_caller]
    fn assert_no_copies<const K: usize, const L: usize>(input: ArrayView2<'_, Large>, purpose: &str, cells: usize) {
        let mut output = Array2::from_elem(input.dim(), 7);
        let error = Stencil::<K, L>::try_map_into(&input, Boundary::Edge, &mut output, never).unwrap_err();
        let StencilError::Allocation(error) = error else { panic!("another error") };
        assert_error(error, purpose, Some(cells), size_of::<Large>());
        let message = message_of(|| Stencil::<K, L>::map_into(&input, Boundary::Edge, &mut output, never));
        assert_eq!(message, error.to_string());
        assert!(output.iter().all(|&cell| cell == 7), "the output is unchanged");
        assert_eq!(Stencil::<K, L>::try_map(&input, Boundary::Edge, never), Err(error));
        assert_eq!(message_of(|| Stencil::<K, L>::map(&input, Boundary::Edge, never)), error.to_string());
    }

    #[test]
    fn results_that_exceed_memory_are_refused() {
        let cell = arr0(7_u8);
        let input = cell.broadcast((SIDE, SIDE)).unwrap();
        let error = Stencil::<3, 3>::try_map(&input, Boundary::Edge, never).unwrap_err();
        assert_error(error, RESULTS, Some(SIDE * SIDE), 1);
        assert_eq!(message_of(|| Stencil::<3, 3>::map(&input, Boundary::Edge, never)), error.to_string());
        // Results with a destructor.
        let boxed = |w: Window<'_, u8, 3, 3>| Box::new(never(w));
        let error = Stencil::<3, 3>::try_map(&input, Boundary::Edge, boxed).unwrap_err();
        assert_error(error, RESULTS, Some(SIDE * SIDE), size_of::<usize>());
        assert_eq!(message_of(|| Stencil::<3, 3>::map(&input, Boundary::Edge, boxed)), error.to_string());
        // More than any machine has.
        let input = cell.broadcast((usize::MAX >> 24, 1 << 20)).unwrap();
        let error = Stencil::<1, 1>::try_map(&input, Boundary::Edge, |w| [u16::from(*w.center()); 8]).unwrap_err();
        assert_error(error, RESULTS, Some(input.len()), 16);
    }

    #[test]
    fn copies_of_the_input_that_exceed_memory_are_refused() {
        let cell = arr0([0; 1 << 16]);
        // The whole input without a column stride of 1; and with ghost cells, if the input is
        // smaller than the window.
        assert_no_copies::<3, 3>(cell.broadcast((32, 16)).unwrap(), COPIES, 32 * 16);
        let input = cell.broadcast((32, 16)).unwrap();
        let error = Stencil::<33, 3>::try_map(&input, Boundary::Edge, never).unwrap_err();
        let cells = error.cells().expect("a number");
        assert!(cells >= 64 * 18);
        assert_no_copies::<33, 3>(input, GHOSTS, cells);
        // The same for results with a destructor.
        let boxed = |w: Window<'_, Large, 3, 3>| Box::new(never(w));
        let error = Stencil::<3, 3>::try_map(&input, Boundary::Edge, boxed).unwrap_err();
        assert_error(error, GHOSTS, error.cells(), size_of::<Large>());
    }

    #[test]
    #[cfg_attr(miri, ignore = "megabytes of copies")]
    fn copies_of_the_edges_that_exceed_memory_are_refused() {
        // A row below the limit, repeated many times.
        let row = Array2::from_shape_vec((1, 100), vec![[0; 1 << 16]; 100]).unwrap();
        let input = row.broadcast((100, 100)).unwrap();
        assert_no_copies::<3, 3>(input, COPIES, 3 * 102);
        assert_no_copies::<4, 1>(input, COPIES, 5 * 100);
        assert_no_copies::<1, 5>(input, COPIES, 64 * 6);
    }

    #[test]
    fn a_filter_allocates_as_documented() {
        let input = Array2::<u8>::zeros((30, 40));
        let mut output = input.clone();
        let largest = largest_of(|| {
            Stencil::<3, 3>::map_into(&input, Boundary::Edge, &mut output, |w| *w.center());
        });
        assert!(largest <= 32 * 3 + 3 * 42, "{largest}");
    }
}

mod collecting {
    use super::*;

    #[test]
    fn results_that_exceed_memory_are_refused() {
        let cell = arr0(7_u8);
        let large = cell.broadcast((SIDE, SIDE)).unwrap();
        let expected =
            |bytes: usize| format!("there is no memory for {RESULTS} ({} cells, {bytes} bytes): ", SIDE * SIDE);
        let message = message_of(|| Zip::from(&large).map_collect(|&cell| cell));
        assert!(message.starts_with(&expected(SIDE * SIDE)), "{message}");
        let message = message_of(|| Zip::from(&large).and(&large).map_collect(|&cell, _| Box::new(cell)));
        assert!(message.starts_with(&expected(size_of::<usize>() * SIDE * SIDE)), "{message}");
        let (rows, cols) = (usize::MAX >> 24, 1 << 18);
        let message = message_of(|| Zip::from(indices((rows, cols))).map_collect(|_| 0_u8));
        assert!(message.contains(&format!("({} cells, {} bytes)", rows * cols, rows * cols)), "{message}");
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn results_of_several_threads_that_exceed_memory_are_refused() {
        let cell = arr0(7_u8);
        let large = cell.broadcast((SIDE, SIDE)).unwrap();
        for message in [
            message_of(|| Zip::from(&large).par_map_collect(|&cell| cell)),
            message_of(|| Zip::from(&large).par_map_collect(|&cell| Box::new(cell))),
        ] {
            assert!(message.starts_with(&format!("there is no memory for {RESULTS} (")), "{message}");
        }
    }
}

mod steps {
    use super::*;

    const DIM: (usize, usize) = if cfg!(miri) { (40, 64) } else { (300, 400) };
    /// Less than the rows in use in each run below, and less than a field.
    const LITTLE: usize = if cfg!(miri) { 6 << 10 } else { 1 << 18 };

    /// Periodic at one end only. No sweep supports this, so it needs two copies of all fields.
    fn one_by_one() -> Boundaries<f32> {
        Boundaries { top: Boundary::Wrap, ..Boundaries::all(Boundary::Edge) }
    }

    fn kernel(w: Window<'_, f32, 3, 3>) -> f32 {
        w.center() + 1.0
    }

    fn weighted((w, &weight): (Window<'_, f32, 3, 3>, &f32)) -> f32 {
        w.center() + weight
    }

    /// Asserts that a run fails to allocate, and returns the message.
    #[track_caller]
    fn refused(result: Result<usize, StencilError>) -> String {
        let Err(StencilError::Allocation(error)) = result else { panic!("{result:?}") };
        assert_error(error, STEPS, error.cells(), size_of::<f32>());
        error.to_string()
    }

    #[test]
    fn buffers_that_exceed_memory_are_refused_before_the_first_step() {
        let ones = Array2::<f32>::ones(DIM);
        for boundary in [one_by_one(), Boundary::Edge.into(), Boundary::Wrap.into()] {
            let mut state = ones.clone();
            let mut steps = Stencil::<3, 3>::stepper(boundary).depth(64);
            let (found, expected) = with_limit(LITTLE, || {
                let first = refused(steps.try_run(64, &mut state, kernel));
                let second = refused(steps.try_run(64, (&mut state, &ones), weighted));
                (
                    [
                        message_of(|| steps.run(64, &mut state, kernel)),
                        second.clone(),
                        message_of(|| steps.run(64, (&mut state, &ones), weighted)),
                    ],
                    first,
                )
            });
            assert!(found.iter().all(|message| *message == expected), "{found:?}, {expected}");
            assert_eq!(state, ones, "the state is unchanged");
            // It remains usable.
            assert_eq!(steps.try_run(2, &mut state, kernel), Ok(2));
            assert!(state.iter().all(|&cell| cell == 3.0));
        }
        let mut state = ones.clone();
        let messages = with_limit(LITTLE, || {
            [
                message_of(|| Stencil::<3, 3>::steps(1, &mut state, one_by_one(), kernel)),
                message_of(|| Stencil::<3, 3>::steps(1, (&mut state, &ones), one_by_one(), weighted)),
            ]
        });
        assert!(messages.iter().all(|message| message.starts_with(&format!("there is no memory for {STEPS} ("))));
        assert_eq!(state, ones);
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn buffers_of_several_threads_that_exceed_memory_are_refused_before_the_first_step() {
        let ones = Array2::<f32>::ones(DIM);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
        for boundary in [one_by_one(), Boundary::Edge.into(), Boundary::Wrap.into()] {
            let mut state = ones.clone();
            let mut steps = Stencil::<3, 3>::stepper(boundary).depth(64);
            // The limit belongs to the thread that calls the run.
            pool.install(|| {
                with_limit(LITTLE, || {
                    let first = refused(steps.try_par_run(64, &mut state, kernel));
                    let second = refused(steps.try_par_run(64, (&mut state, &ones), weighted));
                    assert_eq!(first, second);
                    assert_eq!(message_of(|| steps.par_run(64, &mut state, kernel)), first);
                    assert_eq!(message_of(|| steps.par_run(64, (&mut state, &ones), weighted)), first);
                });
            });
            assert_eq!(state, ones, "the state is unchanged");
            assert_eq!(pool.install(|| steps.try_par_run(2, &mut state, kernel)), Ok(2));
            assert!(state.iter().all(|&cell| cell == 3.0));
        }
        let mut state = ones.clone();
        let rule = one_by_one();
        let messages = pool.install(|| {
            with_limit(LITTLE, || {
                [
                    message_of(|| Stencil::<3, 3>::par_steps(1, &mut state, rule, kernel)),
                    message_of(|| Stencil::<3, 3>::par_steps(1, (&mut state, &ones), rule, weighted)),
                ]
            })
        });
        assert!(messages.iter().all(|message| message.starts_with(&format!("there is no memory for {STEPS} ("))));
        assert_eq!(state, ones);
    }

    /// All memory is allocated before the first step: a run allocates nothing large in its threads.
    #[test]
    fn a_run_allocates_once() {
        let mut state = Array2::<f32>::ones(DIM);
        let mut steps = Stencil::<3, 3>::stepper(Boundary::Wrap).depth(4);
        steps.run(4, &mut state, kernel);
        let again = largest_of(|| assert_eq!(steps.run(9, &mut state, kernel), 9));
        assert!(again < 4096, "{again} bytes are allocated again");
    }

    #[test]
    #[cfg_attr(miri, ignore = "millions of cells")]
    fn the_deepest_sweep_takes_little_memory_however_deep_it_may_be() {
        let mut state = Array2::<f32>::zeros((1 << 20, 1));
        let stop = |_: Window<'_, f32, 3, 3>| -> f32 { panic!("stop") };
        for rule in [Boundary::Edge, Boundary::Wrap] {
            let mut steps = Stencil::<3, 3>::stepper(rule).depth(usize::MAX);
            let largest = largest_of(|| assert_eq!(message_of(|| steps.run(usize::MAX, &mut state, stop)), "stop"));
            assert!(largest <= 9 << 20, "{largest} bytes");
        }
        // With zero-sized cells, only the bookkeeping of each step of a sweep takes memory.
        let mut state = Array2::from_elem((usize::MAX >> 24, 1), ());
        let stop = |_: Window<'_, (), 3, 3>| panic!("stop");
        let mut steps = Stencil::<3, 3>::stepper(Boundary::Constant(())).depth(usize::MAX);
        let largest = largest_of(|| assert_eq!(message_of(|| steps.run(usize::MAX, &mut state, stop)), "stop"));
        assert!(largest <= 9 << 20, "{largest} bytes");
    }
}
