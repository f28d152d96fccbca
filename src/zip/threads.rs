//! Walks on several threads by rayon: how zips are divided, and the methods `par_for_each`,
//! `par_fold`, `par_all` and `par_any`.
//!
//! [`share`] divides a zip into pieces. The calling thread walks the first ones, and times them. If
//! the rest will take longer than the pool needs to wake up, it becomes a list of jobs for this
//! thread and the pool's other threads (`pool`). So a short walk takes little longer than on one
//! thread, and a long one loses little time before others join.
//!
//! Each piece is a [`Zip`], walked by the methods for one thread. The parts of a split share no
//! cell, and a zip is `Send` if its operands are. So nothing here is unsafe.
//!
//! A macro writes the methods for each number of operands. Their documentation is on the page of
//! [`Zip`].
#![cfg_attr(not(test), forbid(unsafe_code))]

use alloc::vec::Vec;
use core::ops::ControlFlow;
use core::time::Duration;
use std::sync::Mutex;

use ndarray::Dimension;

use super::Zip;
use super::order::AnyOrder;
use crate::clock::{Clock, PlatformClock, WORTH_A_POOL};
use crate::operand::{Operand, Operands, for_each_arity};
use crate::pool;

/// At most this many cells are pieces of one cell each, and other threads are called at once: so
/// few cells are walked in parallel only if they are expensive.
const FEW: usize = if cfg!(miri) { 8 } else { 64 };

/// For more cells than this, other threads are called at once. Even a walk that only writes zeros
/// takes 50 µs for so many.
const MANY: usize = if cfg!(miri) { 1 << 8 } else { 1 << 20 };

/// Without a clock, at most this many cells stay on the calling thread.
const SMALL: usize = if cfg!(miri) { 1 << 7 } else { 1 << 16 };

/// The most cells of the first piece: a few µs, if cells are cheap.
const FIRST: usize = if cfg!(miri) { 1 << 5 } else { 1 << 13 };

/// The number of pieces per thread: more than one, so that no thread waits long for the last one.
const PIECES_PER_THREAD: usize = 16;

/// The most pieces of a walk over cells that take long.
const MOST_PIECES: u64 = 1 << 10;

/// How many times as many cells as the last one a piece may have before other threads are called.
/// The last one may have been cheap by chance.
const GROWTH: usize = 32;

/// As `GROWTH`, if more than `LARGE` cells are left. Such walks take so long that more readings of
/// the clock make no difference.
const GROWTH_IF_LARGE: usize = 4;
const LARGE: usize = 1 << 15;

// Times in nanoseconds: `cargo bench --features rayon --bench parallel` shows their effect.

/// The shortest time that predicts the time of other pieces.
const SIGNIFICANT: u64 = 1_000;

/// The time of a piece beyond that of its cells: a split, a call and a reading of the clock.
const OVERHEAD: u64 = 60;

/// The time of a piece before other threads are called.
const ALONE: u64 = 10_000;

/// The least time of a piece after that.
const SHARED: u64 = 5_000;

/// If pieces take longer than this, there are more of them: some may take much longer than others.
const LONG: u64 = 100_000;

/// One more thread is called for each such stretch of the remaining time.
const PER_HELPER: u64 = 20_000;

/// How a zip may be divided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pieces {
    /// In any way, because the result does not depend on the pieces.
    Any,
    /// In any way, but into small pieces: a search can only stop between pieces.
    Small,
    /// In a way that depends on the zip and the number of threads, and never on time.
    Fixed,
}

/// Calls `walk` for the pieces of a zip, and reduces the results in the order of the walk: the
/// second argument of `reduce` comes from the cells directly after those of the first. Returns
/// `Break` if a call of `walk` has. After that, each other thread begins at most one more piece.
#[inline(always)]
pub(crate) fn share<C: Clock, Parts: Operands<Dim = D> + Send, D: Dimension, T: Send>(
    zip: Zip<Parts, D>,
    pieces: Pieces,
    walk: impl Fn(Zip<Parts, D>) -> ControlFlow<(), T> + Sync,
    reduce: impl Fn(T, T) -> T,
) -> ControlFlow<(), T> {
    // Keeps a single compiled copy of `walk`.
    #[inline(never)]
    fn call<Z, T>(walk: &impl Fn(Z) -> ControlFlow<(), T>, zip: Z) -> ControlFlow<(), T> {
        walk(zip)
    }
    let cells = zip.size();
    let threads = if cells < 2 { 1 } else { rayon::current_num_threads() };
    // Where there is no clock, there are usually no threads either.
    if threads == 1 || (const { !C::EXISTS } && FEW < cells && cells <= SMALL) {
        return call(&walk, zip);
    }
    let mut pace = Pace::<C>::new(cells, threads, pieces);
    let mut done = None;
    let mut left = Vec::new();
    for_each_piece(zip, &mut pace, &mut |piece: Zip<Parts, D>, pace: &mut Pace<C>| {
        if pace.is_alone {
            let cells = piece.size();
            let result = call(&walk, piece)?;
            done = Some(match done.take() {
                None => result,
                Some(before) => reduce(before, result),
            });
            pace.walked(cells);
        } else {
            left.push((left.len(), piece));
        }
        ControlFlow::Continue(())
    })?;
    if left.is_empty() {
        return ControlFlow::Continue(done.expect("there are pieces"));
    }
    let results = Mutex::new(Vec::from_iter(left.iter().map(|_| None)));
    pool::share(left, pace.helpers, |(number, piece)| {
        let result = call(&walk, piece)?;
        results.lock().expect("no panic")[number] = Some(result);
        ControlFlow::Continue(())
    })?;
    let results =
        results.into_inner().expect("no panic").into_iter().map(|result| result.expect("all pieces are done"));
    ControlFlow::Continue(done.into_iter().chain(results).reduce(reduce).expect("there are pieces"))
}

/// Calls `each` for the pieces of a zip in the order of the walk. `pace` says how many cells each
/// piece has, about. A piece is one cell at least.
fn for_each_piece<C: Clock, Parts: Operands<Dim = D>, D: Dimension>(
    zip: Zip<Parts, D>,
    pace: &mut Pace<C>,
    each: &mut impl FnMut(Zip<Parts, D>, &mut Pace<C>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut rest = zip;
    loop {
        let (size, most) = (rest.size(), pace.quota);
        if size <= most {
            return each(rest, pace);
        }
        let (first, after) = rest.split_off(size.div_ceil(most));
        rest = after;
        if first.size() > most.saturating_mul(pace.slack()) {
            // One index of the outermost axis has more cells than a piece.
            for_each_piece(first, pace, each)?;
        } else {
            each(first, pace)?;
        }
    }
}

/// The progress of a walk, and the size of its next piece.
struct Pace<C> {
    pieces: Pieces,
    threads: usize,
    clock: C,
    /// The time of the last reading of the clock, in nanoseconds.
    last: u64,
    /// The number of cells that have not been walked.
    left: usize,
    /// The number of cells of the next piece, at least 1.
    quota: usize,
    /// Whether the calling thread walks the next piece before it calls others.
    is_alone: bool,
    /// How many other threads are worth calling.
    helpers: usize,
}

impl<C: Clock> Pace<C> {
    /// Returns the pace of a walk over so many cells with so many threads, before its first piece.
    fn new(cells: usize, threads: usize, pieces: Pieces) -> Self {
        let per_thread = |count: usize| cells.div_ceil(count.saturating_mul(threads));
        // A search may end in the first cells of a large zip.
        let is_alone = FEW < cells && (cells <= MANY || pieces == Pieces::Small) && const { C::EXISTS };
        let quota = match pieces {
            _ if cells <= FEW => 1,
            Pieces::Fixed => per_thread(PIECES_PER_THREAD / 2),
            _ if is_alone => per_thread(PIECES_PER_THREAD).min(FIRST),
            Pieces::Any => per_thread(PIECES_PER_THREAD),
            Pieces::Small => small_piece(cells),
        };
        Pace { pieces, threads, clock: C::start(), last: 0, left: cells, quota, is_alone, helpers: threads - 1 }
    }

    /// Returns how many times its number of cells a piece may have if that avoids a split within an
    /// index of the outermost axis.
    fn slack(&self) -> usize {
        match self.pieces {
            _ if self.quota == 1 => 1,
            Pieces::Fixed => 2,
            Pieces::Any | Pieces::Small => 4,
        }
    }

    /// Records that this thread has walked a piece of so many cells. Decides whether to call other
    /// threads, and the size of the next pieces.
    fn walked(&mut self, cells: usize) {
        self.left -= cells;
        if self.left == 0 {
            return;
        }
        let now = nanoseconds(self.clock.elapsed());
        let time = now.saturating_sub(self.last).saturating_sub(OVERHEAD);
        self.last = now;
        // The time for the rest, if its cells take as long as those of this piece.
        let rest = time.saturating_mul(wide(self.left)) / wide(cells);
        self.is_alone = time < SIGNIFICANT || rest <= nanoseconds(WORTH_A_POOL);
        let quota = if self.is_alone {
            let growth = if self.left > LARGE { GROWTH_IF_LARGE } else { GROWTH };
            self.cells_of(rest / ALONE).min(cells.saturating_mul(growth))
        } else {
            self.helpers = narrow(rest / PER_HELPER).min(self.threads - 1);
            let most = wide(self.threads.saturating_mul(PIECES_PER_THREAD));
            self.cells_of((rest / SHARED).min(most).max((rest / LONG).min(MOST_PIECES)))
        };
        match self.pieces {
            Pieces::Any => self.quota = quota,
            Pieces::Small => self.quota = quota.min(small_piece(self.left)),
            Pieces::Fixed => {}
        }
    }

    /// Returns the number of cells per piece if the rest is divided into about `count` pieces.
    fn cells_of(&self, count: u64) -> usize {
        narrow(wide(self.left).div_ceil(count.max(1)))
    }
}

/// Returns the most cells of a piece of a search. There are at most 4096 such pieces.
fn small_piece(cells: usize) -> usize {
    cells.div_ceil(1 << 12).max(FIRST)
}

/// Returns a duration in nanoseconds.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Converts a number of cells.
fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Converts a number back.
fn narrow(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Writes the methods for one number of operands.
macro_rules! parallel_methods {
    // For two operands, the only number that the documentation shows.
    ($one:tt $other:tt) => {
        parallel_methods! { @[] $one $other }
    };
    (@[$($hidden:tt)*] $(($P:ident $p:ident $($other:tt)*))+) => {
        $($hidden)*
        impl<Dim: Dimension, $($P: Operand<Dim = Dim>),+> Zip<($($P,)+), Dim> {
            /// `simd_for_each` on several threads: see [In parallel](Zip#in-parallel).
            ///
            /// Mark a large closure `#[inline(always)]`: see [Marking
            /// closures](Zip#marking-closures).
            #[inline(always)]
            pub fn par_for_each<Function>(self, f: Function)
            where
                Function: Fn($($P::Item),+) + Sync + Send,
                $($P: Send,)+
            {
                let _: ControlFlow<()> = share::<PlatformClock, _, _, _>(
                    self,
                    Pieces::Any,
                    #[inline(always)]
                    |zip: Self| {
                        zip.simd_each::<AnyOrder, _>(
                            #[inline(always)]
                            |$($p: $P::Item),+| f($($p),+),
                        );
                        ControlFlow::Continue(())
                    },
                    |(), ()| (),
                );
            }

            /// `simd_fold` on several threads: see [In parallel](Zip#in-parallel).
            ///
            /// Mark a large closure `#[inline(always)]`: see [Marking
            /// closures](Zip#marking-closures).
            #[inline(always)]
            pub fn par_fold<Identity, Function, Reduce, Acc>(self, identity: Identity, fold: Function, reduce: Reduce) -> Acc
            where
                Identity: Fn() -> Acc + Send + Sync,
                Function: Fn(Acc, $($P::Item),+) -> Acc + Send + Sync,
                Reduce: Fn(Acc, Acc) -> Acc + Send + Sync,
                Acc: Send,
                $($P: Send,)+
            {
                let folded = share::<PlatformClock, _, _, _>(
                    self,
                    Pieces::Fixed,
                    #[inline(always)]
                    |zip: Self| {
                        ControlFlow::Continue(zip.simd_fold_all(
                            identity(),
                            #[inline(always)]
                            |acc, $($p: $P::Item),+| fold(acc, $($p),+),
                        ))
                    },
                    reduce,
                );
                match folded {
                    ControlFlow::Continue(folded) => folded,
                    ControlFlow::Break(()) => unreachable!("no piece ends the walk"),
                }
            }

            /// `all` on several threads: see [In parallel](Zip#in-parallel).
            #[inline]
            pub fn par_all<Function>(self, f: Function) -> bool
            where
                Function: Fn($($P::Item),+) -> bool + Sync + Send,
                $($P: Send,)+
            {
                let all = share::<PlatformClock, _, _, _>(
                    self,
                    Pieces::Small,
                    |zip: Self| {
                        let holds = zip.all(
                            #[inline(always)]
                            |$($p),+| f($($p),+),
                        );
                        if holds { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
                    },
                    |(), ()| (),
                );
                all.is_continue()
            }

            /// `any` on several threads: see [In parallel](Zip#in-parallel).
            #[inline]
            pub fn par_any<Function>(self, f: Function) -> bool
            where
                Function: Fn($($P::Item),+) -> bool + Sync + Send,
                $($P: Send,)+
            {
                !self.par_all(
                    #[inline(always)]
                    |$($p),+| !f($($p),+),
                )
            }
        }
    };
    ($($member:tt)+) => {
        parallel_methods! { @[#[doc(hidden)]] $($member)+ }
    };
}

for_each_arity! { parallel_methods, 10 }

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use core::sync::atomic::{AtomicUsize, Ordering};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;
    use std::vec::Vec;

    use ndarray::{Array, Array1, Array2, Array3, ArrayD, IxDyn, ShapeBuilder, s};
    use rayon::ThreadPoolBuilder;

    use super::*;
    use crate::clock::NoClock;
    use crate::window::{ArrayInterior, ArrayWindows};

    /// Sizes of pools. One thread walks the pieces in order, several in any order.
    const THREADS: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 8] };

    /// Numbers of cells that are divided in different ways: pieces of one cell, pieces on the
    /// calling thread first, and pieces for all threads at once.
    const SIZES: &[usize] = &[0, 1, 2, FEW, FEW + 1, 10 * FEW, if cfg!(miri) { MANY + 1 } else { 1 << 17 }, MANY + 1];

    /// A clock by which `NANOSECONDS` pass between two readings.
    struct Paced<const NANOSECONDS: u64>(Cell<u64>);

    impl<const NANOSECONDS: u64> Clock for Paced<NANOSECONDS> {
        const EXISTS: bool = true;

        fn start() -> Self {
            Paced(Cell::new(0))
        }

        fn elapsed(&self) -> Duration {
            self.0.set(self.0.get() + NANOSECONDS);
            Duration::from_nanos(self.0.get())
        }
    }

    /// By this clock, no cell takes any time.
    type Quick = Paced<0>;
    /// By this clock, each piece takes a second.
    type Slow = Paced<1_000_000_000>;

    fn in_pool<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> R {
        ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(f)
    }

    /// The items of each piece, in order.
    fn pieces<C: Clock, Parts, D, T: Send>(
        zip: Zip<Parts, D>,
        pieces: Pieces,
        item: impl Fn(Parts::Items) -> T + Sync,
    ) -> Vec<Vec<T>>
    where
        Parts: Operands<Dim = D> + Send,
        D: Dimension,
    {
        let all = share::<C, _, _, _>(
            zip,
            pieces,
            |piece| ControlFlow::Continue(std::vec![piece.into_iter().map(&item).collect()]),
            |mut before: Vec<Vec<T>>, after| {
                before.extend(after);
                before
            },
        );
        all.continue_value().unwrap()
    }

    /// The number of cells of each piece.
    fn sizes<C: Clock>(cells: usize, threads: usize, division: Pieces) -> Vec<usize> {
        let cells = Array1::from_elem(cells, ());
        in_pool(threads, || pieces::<C, _, _, _>(Zip::from(&cells), division, |_| ())).iter().map(Vec::len).collect()
    }

    #[test]
    fn fixed_pieces_do_not_depend_on_time() {
        for &cells in SIZES {
            for &threads in THREADS {
                let quick = sizes::<Quick>(cells, threads, Pieces::Fixed);
                let slow = sizes::<Slow>(cells, threads, Pieces::Fixed);
                assert_eq!(quick, slow, "{cells} cells, {threads} threads");
                let least = if threads == 1 || cells < 2 { 1 } else { cells.min(4 * threads) };
                assert!(quick.len() >= least, "{cells} cells, {threads} threads: {quick:?}");
            }
        }
    }

    #[test]
    fn few_cells_are_pieces_of_one_cell() {
        for division in [Pieces::Any, Pieces::Small, Pieces::Fixed] {
            assert_eq!(sizes::<Quick>(FEW, 2, division), [1].repeat(FEW));
            for shape in [&[FEW / 4, 4][..], &[2, 2, 2], &[4, FEW / 4]] {
                let cells = ArrayD::from_elem(shape, ());
                let pieces = in_pool(2, || pieces::<Quick, _, _, _>(Zip::from(&cells), division, |_| ()));
                assert_eq!(pieces.len(), cells.len(), "{shape:?}");
            }
        }
    }

    /// By this clock, the first piece takes no time, and each other piece a second.
    struct LateSlow(Slow);

    impl Clock for LateSlow {
        const EXISTS: bool = true;

        fn start() -> Self {
            LateSlow(Slow::start())
        }

        fn elapsed(&self) -> Duration {
            self.0.elapsed() - Duration::from_secs(1)
        }
    }

    #[test]
    fn a_cheap_first_piece_costs_at_most_a_few_more() {
        let sizes = sizes::<LateSlow>(4 * FEW, 16, Pieces::Any);
        assert!(sizes[0] + sizes[1] < FEW && sizes[2..].iter().all(|&cells| cells == 1), "{sizes:?}");
    }

    #[test]
    fn cells_that_take_long_are_small_pieces() {
        let slow = sizes::<Slow>(10 * FEW, 2, Pieces::Any);
        let (first, rest) = slow.split_first().unwrap();
        assert!(*first <= FEW && rest.iter().all(|&cells| cells == 1), "{slow:?}");
    }

    #[test]
    fn cells_that_take_no_time_are_two_pieces() {
        let cells = 10 * FEW;
        assert_eq!(sizes::<Quick>(cells, 2, Pieces::Any).len(), 2);
        // A search ends soon after it has found a cell.
        let sizes = sizes::<Quick>(if cfg!(miri) { cells } else { 10 * FIRST }, 2, Pieces::Small);
        assert!(sizes.len() > 2 && sizes.iter().all(|&cells| cells <= 2 * FIRST), "{sizes:?}");
    }

    #[test]
    fn without_a_clock_small_zips_are_one_piece() {
        assert_eq!(sizes::<NoClock>(SMALL, 2, Pieces::Any), [SMALL]);
        assert!(sizes::<NoClock>(SMALL + 1, 2, Pieces::Any).len() > 2);
        assert_eq!(sizes::<NoClock>(FEW, 2, Pieces::Any).len(), FEW);
    }

    /// The names of the threads that visit the cells.
    fn visitors<C: Clock>(cells: usize, pause: Duration) -> Vec<Option<usize>> {
        let mut visitors = Array1::from_elem(cells, None);
        let _: ControlFlow<()> = share::<C, _, _, _>(
            Zip::from(&mut visitors),
            Pieces::Any,
            |piece| {
                piece.for_each(|visitor| {
                    thread::sleep(pause);
                    *visitor = Some(rayon::current_thread_index());
                });
                ControlFlow::Continue(())
            },
            |(), ()| (),
        );
        visitors.into_iter().map(|visitor| visitor.expect("each cell is visited")).collect()
    }

    #[test]
    fn cells_that_take_no_time_stay_on_the_calling_thread() {
        assert_eq!(visitors::<Quick>(10 * FEW, Duration::ZERO), [None].repeat(10 * FEW));
        in_pool(3, || {
            let own = rayon::current_thread_index();
            assert_eq!(visitors::<Quick>(10 * FEW, Duration::ZERO), [own].repeat(10 * FEW));
        });
    }

    #[test]
    fn the_calling_thread_begins_with_the_first_cell() {
        // Without a pool, it is the only thread that is not one of a pool.
        if rayon::current_num_threads() > 1 {
            for cells in [2, FEW, FEW + 1] {
                assert_eq!(visitors::<Slow>(cells, Duration::from_millis(1))[0], None);
            }
        }
    }

    #[test]
    fn pieces_have_all_cells_once() {
        let shapes: &[&[usize]] = &[
            &[],
            &[0],
            &[1],
            &[2],
            &[13],
            &[1, 1],
            &[0, 4],
            &[5, 1],
            &[1, 5],
            &[4, 7],
            &[3, 1, 4],
            &[2, 3, 2, 2],
            &[2, 140],
        ];
        for &shape in shapes {
            for column_major in [false, true] {
                let mut visits = ArrayD::<usize>::zeros(IxDyn(shape).set_f(column_major));
                let numbers = Array::from_iter(0..visits.len()).into_shape_with_order(IxDyn(shape)).unwrap();
                for &threads in THREADS {
                    for division in [Pieces::Any, Pieces::Small, Pieces::Fixed] {
                        let zip = Zip::from(&mut visits).and(&numbers);
                        let pieces = in_pool(threads, || {
                            pieces::<Slow, _, _, _>(zip, division, |(visits, &number)| {
                                *visits += 1;
                                number
                            })
                        });
                        assert!(visits.iter().all(|&visits| visits == 1), "{shape:?}: {visits}");
                        visits.fill(0);
                        assert!(pieces.len() <= visits.len().max(1), "{shape:?}: none of {pieces:?} is empty");
                        if !column_major {
                            assert_eq!(pieces.concat(), Vec::from_iter(0..visits.len()), "in the order of the walk");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn pieces_of_windows_and_slices_write_what_the_whole_writes() {
        let (rows, cols) = if cfg!(miri) { (6, 5) } else { (23, 11) };
        let input = Array2::from_shape_fn((rows, cols), |(i, j)| i * 100 + j);
        let mut expected = Array2::zeros((rows, 2 * cols));
        let mut found = expected.clone();
        Zip::from(expected.slice_mut(s![..;-1, ..;2]).interior_mut::<3, 2>())
            .and(input.array_windows::<3, 2>())
            .for_each(|out, w| *out += w.iter().sum::<usize>());
        for division in [Pieces::Any, Pieces::Fixed] {
            for &threads in THREADS {
                found.fill(0);
                let mut half = found.slice_mut(s![..;-1, ..;2]);
                let zip = Zip::from(half.interior_mut::<3, 2>()).and(input.array_windows::<3, 2>());
                let _: ControlFlow<()> = in_pool(threads, || {
                    share::<Slow, _, _, _>(
                        zip,
                        division,
                        |piece| {
                            piece.simd_each::<AnyOrder, _>(|out: &mut usize, w: crate::Window<_, 3, 2>| {
                                *out += w.iter().sum::<usize>()
                            });
                            ControlFlow::Continue(())
                        },
                        |(), ()| (),
                    )
                });
                assert_eq!(found, expected, "{division:?} pieces, {threads} threads");
            }
        }
    }

    #[test]
    fn a_search_looks_at_no_piece_once_the_answer_is_known() {
        fn search<C: Clock>(cells: &Array3<u8>, answer: ControlFlow<()>) -> (ControlFlow<()>, usize) {
            let looked = AtomicUsize::new(0);
            let found = share::<C, _, _, _>(
                Zip::from(cells),
                Pieces::Small,
                |piece| {
                    looked.fetch_add(if answer.is_break() { 1 } else { piece.size() }, Ordering::Relaxed);
                    answer
                },
                |(), ()| (),
            );
            (found, looked.into_inner())
        }
        for shape in [(3, 2, 4), (3, FEW, 4)] {
            let zeros = Array3::<u8>::zeros(shape);
            for &threads in THREADS {
                in_pool(threads, || {
                    for search in [search::<Slow>, search::<Quick>] {
                        let (found, looked) = search(&zeros, ControlFlow::Break(()));
                        assert!(found.is_break());
                        // Each thread may begin a piece before another thread has found the answer.
                        assert!((1..=threads).contains(&looked), "{looked}, {threads} threads");
                        assert_eq!(search(&zeros, ControlFlow::Continue(())), (ControlFlow::Continue(()), zeros.len()));
                    }
                });
            }
        }
    }

    #[test]
    fn a_search_of_any_size_begins_at_once() {
        let units = Array1::from_elem(isize::MAX.unsigned_abs(), ());
        in_pool(2, || {
            assert!(Zip::from(&units).par_any(|()| true));
            assert!(!Zip::from(&units).par_all(|()| false));
        });
    }

    #[test]
    fn after_a_panic_no_cell_is_visited_again() {
        for shape in [(7, 5), (2, FEW)] {
            let mut visits = Array2::<usize>::zeros(shape);
            for &threads in THREADS {
                for bad in (0..visits.len()).step_by(3) {
                    visits.fill(0);
                    let zip = Zip::indexed(&mut visits);
                    let caught = catch_unwind(AssertUnwindSafe(|| {
                        in_pool(threads, || {
                            pieces::<Slow, _, _, _>(zip, Pieces::Any, |((i, j), visits)| {
                                *visits += 1;
                                assert!(i * shape.1 + j != bad, "bad luck");
                            })
                        })
                    }));
                    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"bad luck"));
                    assert!(visits.iter().all(|&visits| visits <= 1), "{visits}");
                    assert_eq!(visits[[bad / shape.1, bad % shape.1]], 1);
                }
            }
        }
    }

    #[test]
    fn one_more_thread_is_called_for_every_20_microseconds() {
        fn helpers<const NANOSECONDS: u64>(cells: usize) -> usize {
            let mut pace = Pace::<Paced<NANOSECONDS>>::new(cells, 16, Pieces::Any);
            pace.walked(cells / 10);
            assert!(!pace.is_alone);
            pace.helpers
        }
        assert_eq!((helpers::<5_060>(1000), helpers::<10_060>(1000), helpers::<1_000_000>(1000)), (2, 4, 15));
    }
}
