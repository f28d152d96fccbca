//! Parallel walks: `par_azip!`, the methods of `Zip` whose names begin with `par_`, and
//! `into_par_iter`.
//!
//! The oracle is the serial walk, which other tests compare with ndarray's. Pools have 1 to 8
//! threads, even if the machine has fewer. `src/zip/threads.rs` tests the pieces, and when other
//! threads are called.
#![cfg(feature = "rayon")]

#[macro_use]
mod common;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use ndarray::{
    Array, Array1, Array2, Array3, Dimension, IntoDimension, Ix0, Ix1, Ix2, Ix3, IxDyn, ShapeBuilder, arr0, s,
};
use ndarray_lockstep::simd::{Level, lift_limit, limit};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip, azip, par_azip};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use common::{Layout, config, dimensions, layouts, shapes};

/// So many cells that unoptimised code takes long enough to call other threads. Under Miri the
/// crate's limits are much lower.
const MANY: usize = if cfg!(miri) { 70 } else { 100_000 };

/// A pool of `threads` threads.
fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

/// The sizes of pools to try.
fn threads() -> impl Strategy<Value = usize> + Clone {
    1..=if cfg!(miri) { 3 } else { 8_usize }
}

/// Tries `property` on fewer values than `common::for_all` does, because each has many cells and
/// threads.
fn for_all<S: Strategy>(strategy: S, property: impl Fn(S::Value) -> TestCaseResult) {
    let mut runner = TestRunner::new(config(16, 2));
    if let Err(error) = runner.run(&strategy, property) {
        panic!("{error}");
    }
}

/// Shapes of `ndim` axes with many cells: one axis is long enough to make up for the others.
fn large_shapes(ndim: usize) -> impl Strategy<Value = Vec<usize>> + Clone {
    let longest = if cfg!(miri) { 4 } else { 40_usize };
    (proptest::collection::vec(1..=longest, ndim), 0..ndim.max(1)).prop_map(|(mut shape, longest)| {
        if !shape.is_empty() {
            shape[longest] = 1;
            shape[longest] = MANY / shape.iter().product::<usize>();
        }
        shape
    })
}

/// Operands of one shape.
#[derive(Clone, Debug)]
struct Case {
    shape: Vec<usize>,
    mutable: Layout,
    shared: [Layout; 2],
    threads: usize,
    /// Chooses a cell.
    stop: usize,
}

fn cases_of<D: Dimension, S: Strategy<Value = Vec<usize>>>(shapes: impl Fn(usize) -> S) -> impl Strategy<Value = Case> {
    dimensions::<D>()
        .prop_flat_map(move |ndim| {
            // Steps skip most of the stored cells: nearly all with five axes.
            let ndim = ndim.min(3);
            (shapes(ndim), layouts(ndim, false), layouts(ndim, true), layouts(ndim, true), threads(), any::<usize>())
        })
        .prop_map(|(shape, mutable, b, c, threads, stop)| Case { shape, mutable, shared: [b, c], threads, stop })
}

fn cases<D: Dimension>() -> impl Strategy<Value = Case> {
    prop_oneof![
        3 => cases_of::<D, _>(large_shapes),
        1 => cases_of::<D, _>(shapes),
    ]
}

impl Case {
    /// The stored arrays for the two shared operands, with different values in all cells.
    fn stored<D: Dimension>(&self) -> [Array<usize, D>; 2] {
        [self.shared[0].stored(&self.shape, |k| k), self.shared[1].stored(&self.shape, |k| 2 * k + 1)]
    }

    fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// Runs `f` in a pool.
    fn run<R: Send>(&self, f: impl FnOnce() -> R + Send) -> R {
        pool(self.threads).install(f)
    }
}

in_dimensions! {
    [
        in_0_dimensions: Ix0,
        in_1_dimension: Ix1,
        in_2_dimensions: Ix2,
        in_3_dimensions: Ix3,
        in_a_dynamic_number_of_dimensions: IxDyn,
    ]
    par_for_each_does_what_for_each_does
    par_fold_keeps_the_order_of_fold
    par_all_and_any_say_what_all_and_any_say
    the_parallel_iterator_gives_what_the_iterator_gives
}

fn par_for_each_does_what_for_each_does<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let stored = || -> Array<[usize; 4], D> { case.mutable.stored(&case.shape, |k| [k, 0, 0, 0]) };

    let mut expected = stored();
    Zip::from(case.mutable.view_mut(&case.shape, &mut expected))
        .and(&b)
        .and(&c)
        .for_each(|a, &b, &c| *a = [a[0], b, c, a[3] + 1]);
    let visits: usize = expected.iter().map(|cell| cell[3]).sum();
    prop_assert_eq!(visits, case.size());

    // The cells outside the layout are compared too.
    let mut found = stored();
    let zip = Zip::from(case.mutable.view_mut(&case.shape, &mut found)).and(&b).and(&c);
    case.run(|| zip.par_for_each(|a, &b, &c| *a = [a[0], b, c, a[3] + 1]));
    prop_assert!(found == expected, "the method");

    let mut found = stored();
    let a = case.mutable.view_mut(&case.shape, &mut found);
    case.run(|| par_azip!((a in a, &b in &b, &c in &c) *a = [a[0], b, c, a[3] + 1]));
    prop_assert!(found == expected, "the macro");

    let mut found = stored();
    let a = case.mutable.view_mut(&case.shape, &mut found);
    case.run(|| {
        par_azip!((index at, a in a) {
            let at = at.into_dimension();
            *a = [a[0], b[at.clone()], c[at], a[3] + 1];
        });
    });
    prop_assert!(found == expected, "with an index");
    Ok(())
}

fn par_fold_keeps_the_order_of_fold<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let expected = Zip::from(&b).and(&c).fold(Vec::new(), |mut visits, &b, &c| {
        visits.push((b, c));
        visits
    });
    let found = case.run(|| {
        Zip::from(&b).and(&c).par_fold(
            Vec::new,
            |mut visits, &b, &c| {
                visits.push((b, c));
                visits
            },
            |mut before, behind| {
                before.extend(behind);
                before
            },
        )
    });
    prop_assert!(found == expected, "concatenation is associative");
    let sum = case.run(|| Zip::from(&b).par_fold(|| 0, |sum, &b| sum + b, |one, other| one + other));
    prop_assert_eq!(sum, expected.iter().map(|&(b, _)| b).sum::<usize>());
    Ok(())
}

fn par_all_and_any_say_what_all_and_any_say<D: Dimension>(case: Case) -> TestCaseResult {
    let stored: Array<AtomicU64, D> = case.shared[0].stored(&case.shape, |_| AtomicU64::new(0));
    let [_, c] = case.stored::<D>();
    let (visits, c) = (case.shared[0].view(&case.shape, &stored), case.shared[1].view(&case.shape, &c));
    // One cell, several if indices share it, or none.
    let number = case.stop % (2 * case.size() + 1);
    let chosen = c.iter().nth(number).copied();
    let (all, any) = case.run(|| {
        let all = Zip::from(&visits).and(&c).par_all(|visits, &c| {
            visits.fetch_add(1, Relaxed);
            Some(c) != chosen
        });
        let any = Zip::from(&visits).and(&c).par_any(|visits, &c| {
            visits.fetch_add(1 << 32, Relaxed);
            Some(c) == chosen
        });
        (all, any)
    });
    prop_assert_eq!(all, chosen.is_none());
    prop_assert_eq!(any, chosen.is_some());
    if !case.shared[0].shares_cells() {
        // No cell is visited twice, and all are visited if the result requires it.
        for visits in &visits {
            let visits = visits.load(Relaxed);
            let (all, any) = (visits & 0xffff_ffff, visits >> 32);
            prop_assert!(all <= 1 && any <= 1 && (chosen.is_some() || (all, any) == (1, 1)));
        }
    }
    Ok(())
}

fn the_parallel_iterator_gives_what_the_iterator_gives<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let expected: Vec<_> = Zip::from(&b).and(&c).into_iter().map(|(&b, &c)| (b, c)).collect();
    let min_len = case.stop % (case.size() + 2) + 1;
    let (found, in_small_tasks, lengths) = case.run(|| {
        let iter = Zip::from(&b).and(&c).into_par_iter();
        let lengths: Vec<usize> = iter.clone().with_min_len(min_len).fold(|| 0, |n, _| n + 1).collect();
        let in_small_tasks: Vec<_> = iter.clone().with_min_len(1).map(|(&b, &c)| (b, c)).collect();
        (iter.with_min_len(min_len).map(|(&b, &c)| (b, c)).collect::<Vec<_>>(), in_small_tasks, lengths)
    });
    prop_assert!(found == expected, "in row-major order, whatever the layout");
    prop_assert!(in_small_tasks == expected);
    prop_assert_eq!(lengths.iter().sum::<usize>(), case.size());
    let least = min_len.min(case.size());
    prop_assert!(lengths.iter().all(|&len| len >= least), "{lengths:?} of at least {min_len}");

    let stored = || -> Array<[usize; 2], D> { case.mutable.stored(&case.shape, |k| [k, 0]) };
    let [mut expected, mut found] = [stored(), stored()];
    for (a, &b) in Zip::from(case.mutable.view_mut(&case.shape, &mut expected)).and(&b) {
        *a = [b, a[1] + 1];
    }
    let zip = Zip::from(case.mutable.view_mut(&case.shape, &mut found)).and(&b);
    case.run(|| zip.into_par_iter().for_each(|(a, &b)| *a = [b, a[1] + 1]));
    prop_assert!(found == expected, "mutable operands");
    Ok(())
}

/// Values with many significant bits, so that their sums are rounded.
fn field(dim: (usize, usize)) -> Array2<f32> {
    Array2::from_shape_fn(dim, |(i, j)| ((i * 7919 + j * 104_729) % 1009) as f32 / 1009.0 - 0.3)
}

/// The number of rows of a field of `cols` columns with many cells.
fn rows_for(cols: usize) -> usize {
    MANY / cols
}

/// One stencil with both macros.
macro_rules! stencil {
    ($azip:ident, $K:literal x $L:literal, $u:expr, $v:expr, $next_u:expr, $next_v:expr) => {
        $azip!((
            index (i, j),
            next_u in $next_u.interior_mut::<$K, $L>(),
            next_v in $next_v.interior_mut::<$K, $L>(),
            u in $u.array_windows::<$K, $L>(),
            v in $v.array_windows::<$K, $L>(),
        ) {
            let sum = u.iter().zip(v.iter()).fold(0.0, |sum, (u, v)| sum * 1.25 + u * v);
            *next_u += sum + u.center();
            *next_v -= sum * v[[$K - 1, 0]] + (i * 3 + j) as f32;
        })
    };
}

macro_rules! stencils {
    ($($K:literal x $L:literal,)*) => {
        #[test]
        fn stencils_give_the_numbers_of_azip_bit_for_bit() {
            let cols = if cfg!(miri) { 9 } else { 301 };
            let dim = (rows_for(cols), cols);
            let (u, v) = (field(dim), field((dim.0, dim.1 + 3)));
            for threads in if cfg!(miri) { 2..3 } else { 1..5 } {
                let pool = pool(threads);
                // The second one is a slice of a larger array.
                let v = v.slice(s![.., 1..=cols]);
                $({
                    let [mut expected, mut found] = [(u.clone(), u.clone()), (u.clone(), u.clone())];
                    stencil!(azip, $K x $L, u, v, expected.0, expected.1);
                    pool.install(|| stencil!(par_azip, $K x $L, u, v, found.0, found.1));
                    assert!(found == expected, "{} × {}, {threads} threads", $K, $L);
                    // Inverted outputs and inputs.
                    let [mut expected, mut found] = [(u.clone(), u.clone()), (u.clone(), u.clone())];
                    let (u, v) = (u.slice(s![..;-1, ..]), v.slice(s![..;-1, ..]));
                    stencil!(azip, $K x $L, u, v, expected.0, expected.1);
                    pool.install(|| stencil!(par_azip, $K x $L, u, v, found.0, found.1));
                    assert!(found == expected, "{} × {} upside down, {threads} threads", $K, $L);
                })*
            }
        }
    };
}

stencils! { 1 x 1, 3 x 3, 2 x 3, 1 x 5, 5 x 1, }

#[test]
fn every_level_gives_the_numbers_of_azip() {
    let cols = if cfg!(miri) { 9 } else { 259 };
    let u = field((rows_for(cols), cols));
    let [mut expected, start] = [u.clone(), u.clone()];
    azip!((next in expected.interior_mut::<3, 3>(), w in u.array_windows::<3, 3>()) {
        *next = w.iter().fold(*next, |sum, cell| sum * 0.5 + cell);
    });
    let pool = pool(2);
    for &level in Level::ALL {
        let level = limit(level);
        let mut found = start.clone();
        pool.install(|| {
            par_azip!((next in found.interior_mut::<3, 3>(), w in u.array_windows::<3, 3>()) {
                *next = w.iter().fold(*next, |sum, cell| sum * 0.5 + cell);
            });
        });
        lift_limit();
        assert!(found == expected, "{level}");
    }
}

#[test]
fn slices_vectors_and_broadcast_arrays_are_operands() {
    let b: Vec<usize> = (0..MANY).collect();
    let mut a = vec![1; MANY];
    pool(3).install(|| {
        par_azip!((a in &mut a, &b in &b) *a += b);
        par_azip!((a in &mut a[1..], &b in &b[..MANY - 1]) *a += b);
    });
    assert!((1..MANY).all(|k| a[k] == 1 + k + (k - 1)) && a[0] == 1);

    let cols = 5;
    let mut table = Array2::<usize>::zeros((MANY / cols, cols));
    let row = Array1::from_iter(0..cols);
    Zip::from(&mut table).and_broadcast(&row).par_for_each(|cell, &j| *cell += j + 1);
    assert!(table.indexed_iter().all(|((_, j), &cell)| cell == j + 1));
}

#[test]
fn as_many_operands_as_a_zip_accepts() {
    let b = Array1::from_iter(0..MANY);
    let mut a = Array1::<usize>::zeros(MANY);
    let (c, d, e, f, g, h, i, j) = (&b, &b, &b, &b, &b, &b, &b, &b);
    pool(2).install(|| {
        par_azip!((index k, a in &mut a, &c in c, &d in d, &e in e, &f in f, &g in g, &h in h, &i in i, &j in j) {
            *a = k + c + d + e + f + g + h + i + j;
        });
        assert!(
            Zip::from(&a)
                .and(&b)
                .and(c)
                .and(d)
                .and(e)
                .and(f)
                .and(g)
                .and(h)
                .and(i)
                .and(j)
                .par_all(|a, b, c, d, e, f, g, h, i, j| *a == b + c + d + e + f + g + h + i + j && b == j)
        );
    });
    let one = Zip::from(&a).par_fold(|| 0, |sum, a| sum + a, |one, other| one + other);
    assert_eq!(one, 9 * (MANY * (MANY - 1) / 2));
}

// Known trap: iterators that compare pointers (#234, #542).
#[test]
fn zero_sized_cells_are_visited_as_often_as_others() {
    let (rows, cols) = (MANY / 10, 10);
    let mut units = Array2::from_elem((rows, cols), ());
    let visits = AtomicUsize::new(0);
    pool(4).install(|| {
        par_azip!((() in &mut units) {
            visits.fetch_add(1, Relaxed);
        });
    });
    assert_eq!(visits.into_inner(), rows * cols);
    assert_eq!(Zip::from(&units).into_par_iter().with_min_len(1).count(), rows * cols);
}

// Known trap: halves that overlap or skip an element; a closure that stores every `&mut T`.
#[test]
fn items_that_are_kept_lead_to_different_cells() {
    let start = Array3::from_shape_fn((MANY / 30, 5, 6), |(i, j, k)| i + j + k);
    for (layout, mut a) in [
        ("row-major", start.clone()),
        ("column-major", Array3::zeros(start.raw_dim().f())),
        ("a middle axis first", Array3::zeros((5, MANY / 30, 6)).permuted_axes([1, 0, 2])),
    ] {
        a.assign(&start);
        let mut kept: Vec<_> = pool(4).install(|| Zip::from(&mut a).into_par_iter().collect());
        assert_eq!(kept.len(), start.len(), "{layout}");
        for (cell,) in &mut kept {
            **cell *= 10;
        }
        // Again, in the opposite order.
        for (cell,) in kept.iter_mut().rev() {
            **cell += 1;
        }
        assert_eq!(a, start.mapv(|cell| cell * 10 + 1), "{layout}");

        let kept = Mutex::new(Vec::new());
        pool(4).install(|| par_azip!((cell in &mut a) kept.lock().unwrap().push(cell)));
        let kept = kept.into_inner().unwrap();
        assert_eq!(kept.len(), start.len(), "{layout}");
        for cell in kept {
            *cell -= 1;
        }
        assert_eq!(a, start.mapv(|cell| cell * 10), "{layout}");
    }
}

/// The walks that call other threads, as functions that call `visit` with the number of each cell.
type Walk = (&'static str, fn(usize, &(dyn Fn(usize) + Sync)));
const WALKS: [Walk; 6] = [
    ("par_azip!", |cells, visit| par_azip!((&cell in &Array1::from_iter(0..cells)) visit(cell))),
    ("par_fold", |cells, visit| {
        Zip::from(&Array1::from_iter(0..cells)).par_fold(|| (), |(), &cell| visit(cell), |(), ()| ())
    }),
    ("par_all", |cells, visit| {
        Zip::from(&Array1::from_iter(0..cells)).par_all(|&cell| {
            visit(cell);
            true
        });
    }),
    ("par_map_collect", |cells, visit| {
        let cells = Array1::from_iter(0..cells);
        let _: Array1<()> = Zip::from(&cells).par_map_collect(|&cell| visit(cell));
    }),
    ("par_map_collect of results with a destructor", |cells, visit| {
        let cells = Array1::from_iter(0..cells);
        let results = Zip::from(&cells).par_map_collect(|&cell| {
            visit(cell);
            Box::new(cell)
        });
        assert!(results.iter().map(|result| **result).eq(cells));
    }),
    ("par_map_assign_into", |cells, visit| {
        let cells = Array1::from_iter(0..cells);
        Zip::from(&cells).par_map_assign_into(&mut Array1::from_elem(cells.len(), ()), |&cell| visit(cell));
    }),
];

#[test]
fn few_cells_are_visited_at_the_same_time() {
    for (name, walk) in WALKS {
        for threads in [2, if cfg!(miri) { 3 } else { 8 }] {
            let begun = AtomicUsize::new(0);
            pool(threads).install(|| {
                // Each cell waits until all others have been begun too, by threads of their own.
                walk(threads, &|_| {
                    begun.fetch_add(1, Relaxed);
                    let start = std::time::Instant::now();
                    while begun.load(Relaxed) < threads {
                        assert!(start.elapsed().as_secs() < 60, "{name}: cells wait for each other");
                        std::thread::yield_now();
                    }
                });
            });
            assert_eq!(begun.into_inner(), threads, "{name}");
        }
    }
}

#[test]
fn in_a_pool_only_its_threads_visit_cells() {
    /// Uses as much stack as the default stack of a thread has.
    fn use_stack(kilobytes: usize) -> usize {
        let room = std::hint::black_box([1_u8; 1024]);
        if kilobytes == 0 { 0 } else { usize::from(room[kilobytes % 1024]) + use_stack(kilobytes - 1) }
    }
    let kilobytes = if cfg!(miri) { 10 } else { 4 << 10 };
    let pool = ThreadPoolBuilder::new().num_threads(3).stack_size(16 << 20).build().unwrap();
    let scratch: Vec<_> = (0..3).map(|_| Mutex::new(0)).collect();
    for (name, walk) in WALKS {
        for cells in [1, 30, if cfg!(miri) { 40 } else { 1000 }] {
            pool.install(|| {
                walk(cells, &|_| {
                    // No other cell uses the memory of this thread at the same time.
                    let mut scratch = scratch[rayon::current_thread_index().unwrap()].try_lock().unwrap();
                    *scratch += use_stack(kilobytes) / kilobytes;
                });
            });
            let visits: usize = scratch.iter().map(|scratch| std::mem::take(&mut *scratch.lock().unwrap())).sum();
            assert_eq!(visits, cells, "{name}");
        }
    }
}

#[test]
fn a_pool_in_a_walk_is_used_for_the_walks_in_it() {
    let named =
        |name: &'static str| ThreadPoolBuilder::new().num_threads(2).thread_name(move |_| name.into()).build().unwrap();
    let (outer, inner) = (named("outer"), named("inner"));
    let visits = AtomicUsize::new(0);
    for (name, walk) in WALKS {
        outer.install(|| {
            walk(5, &|_| {
                assert_eq!(std::thread::current().name(), Some("outer"));
                inner.install(|| {
                    walk(4, &|_| {
                        assert_eq!(std::thread::current().name(), Some("inner"));
                        visits.fetch_add(1, Relaxed);
                    });
                });
            });
        });
        assert_eq!(visits.swap(0, Relaxed), 20, "{name}");
    }
}

#[test]
fn outside_a_pool_the_calling_thread_begins_and_the_global_pool_helps() {
    let caller = std::thread::current().id();
    for (name, walk) in WALKS {
        for cells in [2, MANY] {
            let own = AtomicUsize::new(0);
            walk(cells, &|cell| {
                let is_own = std::thread::current().id() == caller;
                assert!(is_own || rayon::current_thread_index().is_some(), "{name}: a thread of the global pool");
                assert!(is_own || cell > 0, "{name}: the first cell");
                own.fetch_add(usize::from(is_own), Relaxed);
            });
            assert!(own.into_inner() > 0, "{name}");
        }
    }
}

#[test]
fn a_pool_of_one_thread_does_all_by_itself() {
    for (name, walk) in WALKS {
        let visits = Mutex::new(Vec::new());
        pool(1).install(|| {
            walk(MANY, &|cell| {
                assert_eq!(rayon::current_thread_index(), Some(0));
                visits.lock().unwrap().push(cell);
            });
        });
        assert!(visits.into_inner().unwrap().into_iter().eq(0..MANY), "{name}: in order");
    }
}

/// The number of threads of the global pool cannot be changed, so this test runs itself in a
/// process of its own.
#[cfg(not(miri))]
#[test]
fn with_a_global_pool_of_one_thread_the_calling_thread_does_all() {
    const VARIABLE: &str = "RAYON_NUM_THREADS";
    if std::env::var(VARIABLE).as_deref() == Ok("1") {
        let caller = std::thread::current().id();
        for (name, walk) in WALKS {
            for cells in [2, MANY] {
                walk(cells, &|_| assert_eq!(std::thread::current().id(), caller, "{name}"));
            }
        }
        return;
    }
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "with_a_global_pool_of_one_thread_the_calling_thread_does_all"])
        .env(VARIABLE, "1")
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_search_ends_on_all_threads() {
    let zeros = Array2::<u8>::zeros((MANY / 10, 10));
    for threads in [1, 2, 5] {
        let calls = AtomicUsize::new(0);
        let ask = || {
            calls.fetch_add(1, Relaxed);
            true
        };
        let pool = pool(threads);
        // Every cell decides the result, so no thread visits a second one.
        assert!(pool.install(|| Zip::from(&zeros).par_any(|_| ask())));
        assert!((1..=threads).contains(&calls.load(Relaxed)), "any, {threads} threads: {calls:?}");
        calls.store(0, Relaxed);
        assert!(!pool.install(|| Zip::from(&zeros).par_all(|_| !ask())));
        assert!((1..=threads).contains(&calls.load(Relaxed)), "all, {threads} threads: {calls:?}");
        calls.store(0, Relaxed);
        let found = pool.install(|| Zip::indexed(&zeros).into_par_iter().find_any(|_| ask()));
        assert!(found.is_some_and(|(_, cell)| *cell == 0));
        assert!(calls.into_inner() < zeros.len(), "an iterator stops between its tasks, too");
    }
}

#[test]
fn a_panic_propagates_and_no_cell_is_visited_twice() {
    struct Bang(usize);
    type Visit<'a> = &'a (dyn Fn(&mut usize, (usize, usize)) + Sync);
    type Walk = fn(&mut Array2<usize>, Visit);
    let cols = 10;
    let dim = (MANY / cols, cols);
    let walks: [(&str, Walk); 4] = [
        ("par_azip!", |a, visit| par_azip!((index at, a in a) visit(a, at))),
        ("par_fold", |a, visit| Zip::indexed(a).par_fold(|| (), |(), at, a| visit(a, at), |(), ()| ())),
        ("par_all", |a, visit| {
            Zip::indexed(a).par_all(|at, a| {
                visit(a, at);
                true
            });
        }),
        ("into_par_iter", |a, visit| Zip::indexed(a).into_par_iter().for_each(|(at, a)| visit(a, at))),
    ];
    for threads in [1, 4] {
        let pool = pool(threads);
        for bad in [(0, 0), (dim.0 / 2, 3), (dim.0 - 1, cols - 1)] {
            for (name, walk) in walks {
                let mut a = Array2::zeros(dim);
                let caught = catch_unwind(AssertUnwindSafe(|| {
                    pool.install(|| {
                        walk(&mut a, &|cell, at| {
                            *cell += 1;
                            if at == bad {
                                std::panic::panic_any(Bang(at.0));
                            }
                        });
                    });
                }));
                let payload = caught.unwrap_err().downcast::<Bang>();
                assert_eq!(payload.ok().map(|bang| bang.0), Some(bad.0), "{name}: as it was thrown");
                assert_eq!(a[bad], 1, "{name}");
                assert!(a.iter().all(|&visits| visits <= 1), "{name}");
                // The pool and the array remain usable.
                pool.install(|| par_azip!((a in &mut a) *a = 7));
                assert!(a.iter().all(|&a| a == 7), "{name}");
            }
        }
    }
}

#[test]
fn walks_may_be_nested_in_tasks_and_in_each_other() {
    let cols = if cfg!(miri) { 30 } else { 100_000 };
    let mut tables: Vec<_> = (0..6).map(|n| Array2::from_elem((2, cols), n)).collect();
    let pool = pool(3);
    pool.install(|| {
        tables.par_iter_mut().for_each(|table| par_azip!((index (i, _), a in table) *a += i));
        rayon::scope(|scope| {
            for table in &mut tables {
                scope.spawn(|_| par_azip!((a in table) *a *= 2));
            }
        });
        let (first, rest) = tables.split_first_mut().unwrap();
        let sums = Mutex::new(Vec::new());
        par_azip!((table in rest) {
            let sum = Zip::from(&mut *table).and(&*first).par_fold(|| 0, |sum, a, b| sum + *a + b, |one, other| one + other);
            sums.lock().unwrap().push(sum);
        });
        let mut sums = sums.into_inner().unwrap();
        sums.sort_unstable();
        assert_eq!(sums, Vec::from_iter((1..6).map(|n| cols * (4 * n + 2 + 2))));
    });
    assert!(tables.iter().enumerate().all(|(n, table)| table.indexed_iter().all(|((i, _), &a)| a == 2 * (n + i))));
}

#[test]
fn elements_that_may_be_sent_and_not_shared_may_be_written() {
    let mut cells = Array2::from_elem((MANY / 10, 10), Cell::new(1));
    pool(3).install(|| par_azip!((index (i, j), cell in &mut cells) cell.set(cell.get() + i * j)));
    assert!(cells.indexed_iter().all(|((i, j), cell)| cell.get() == 1 + i * j));
}

#[test]
fn a_zip_without_cells_or_without_axes_is_one_piece() {
    let visit = |_: &u8| -> bool { unreachable!("there is no cell") };
    for shape in [[0, 3], [3, 0], [0, isize::MAX.unsigned_abs()]] {
        let none = Array2::<u8>::zeros(shape);
        par_azip!((cell in &none) assert!(visit(cell)));
        assert!(Zip::from(&none).par_all(visit));
        assert!(!Zip::from(&none).par_any(visit));
        assert_eq!(Zip::from(&none).par_fold(|| 5, |_, _| unreachable!(), |_, _| unreachable!()), 5);
        assert_eq!(Zip::from(&none).into_par_iter().count(), 0);
    }
    let mut scalar = arr0(1);
    par_azip!((index (), a in &mut scalar) *a += 1);
    assert_eq!(scalar, arr0(2));
    let items: Vec<_> = Zip::from(&scalar).into_par_iter().with_min_len(1).collect();
    assert_eq!(items, [(&2,)]);
}

#[test]
#[should_panic(expected = "`min_len` must not be 0")]
fn a_task_of_no_items_is_refused() {
    let a = Array2::<u8>::zeros((2, 3));
    let _ = Zip::from(&a).into_par_iter().with_min_len(0);
}

#[test]
fn operands_alone_give_the_zip() {
    let (mut a, b) = (Array1::from_elem(MANY, 1), Array1::from_elem(MANY, 2));
    par_azip!(&mut a, &b,).par_for_each(|a, b| *a += b);
    assert!(par_azip!(&a).par_all(|&a| a == 3));
}
