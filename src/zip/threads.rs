//! Walks on several threads by rayon: how zips are divided, and the methods `par_for_each`,
//! `par_fold`, `par_all` and `par_any`.
//!
//! A zip is split in two until its pieces are small enough, and [`rayon::join`] distributes them to
//! the threads of the pool. Each piece is a [`Zip`], walked by the methods for one thread. The
//! halves of a split share no cell, and a zip is `Send` if its operands are. So nothing here is
//! unsafe.
//!
//! A macro writes the methods for each number of operands. Their documentation is on the page of
//! [`Zip`].
#![cfg_attr(not(test), forbid(unsafe_code))]

use core::sync::atomic::{AtomicBool, Ordering};

use ndarray::Dimension;

use super::Zip;
use super::order::AnyOrder;
use crate::clock::{Clock, NoClock, PlatformClock, WORTH_A_POOL};
use crate::operand::{Operand, Operands, for_each_arity};

/// A zip of at most this many cells stays on the calling thread.
///
/// Handing work to the pool and waiting for it takes 10 to 20 µs. With at least about 50 000 cells,
/// a Gray–Scott step of 0.5 ns per cell gains that back on two threads:
/// `cargo bench --features rayon --bench parallel -- 258x262` and `258x514`.
// Smaller under Miri, where walks are short but must still have several pieces.
const SMALL: usize = if cfg!(miri) { 16 } else { 1 << 16 };

/// About one cell in this many of a small zip is timed, to predict the time of the others.
const SAMPLE: usize = 16;

/// A piece of at most this many cells is not split. It takes 2 to 8 µs in the Gray–Scott step of
/// `SMALL`, so the cost of a `join` inside the pool is negligible.
const GRAIN: usize = if cfg!(miri) { 4 } else { 1 << 14 };

/// The number of pieces per thread: more than one, so that other threads can take over work from a
/// thread that is delayed.
const PIECES_PER_THREAD: usize = 4;

/// Returns the largest number of cells per piece for this many threads.
fn piece_for(cells: usize, threads: usize) -> usize {
    cells.div_ceil(PIECES_PER_THREAD.saturating_mul(threads)).max(GRAIN)
}

/// Calls `walk` for the pieces of a zip, and reduces the results in the order of [`reduce_pieces`].
///
/// A large zip is divided. A small one is walked on the calling thread, unless the clock `C` shows
/// that its first cells take long. The result must then not depend on where the zip is split. With
/// [`NoClock`], the number of cells alone decides, so the result does not depend on time. For a
/// small zip, this then calls `walk` and nothing else.
#[inline(always)]
pub(crate) fn share<C: Clock, Parts: Operands<Dim = D> + Send, D: Dimension, T: Send>(
    zip: Zip<Parts, D>,
    walk: impl Fn(Zip<Parts, D>) -> T + Sync,
    reduce: impl Fn(T, T) -> T + Sync,
) -> T {
    let cells = zip.size();
    if cells > SMALL {
        reduce_pieces(zip, piece_for(cells, rayon::current_num_threads()), &walk, &reduce)
    } else if const { C::EXISTS } {
        share_small::<C, _, _, _>(zip, &walk, &reduce)
    } else {
        walk(zip)
    }
}

/// Walks a small zip on the calling thread, unless it takes long.
fn share_small<C: Clock, Parts: Operands<Dim = D> + Send, D: Dimension, T: Send>(
    zip: Zip<Parts, D>,
    walk: &(impl Fn(Zip<Parts, D>) -> T + Sync),
    reduce: &(impl Fn(T, T) -> T + Sync),
) -> T {
    if zip.size() < 2 {
        return walk(zip);
    }
    let (sample, rest) = zip.split_off(SAMPLE);
    let times = rest.size().div_ceil(sample.size());
    let clock = C::start();
    let first = walk(sample);
    let second = if clock.elapsed().as_nanos().saturating_mul(times as u128) > WORTH_A_POOL.as_nanos() {
        let pieces = PIECES_PER_THREAD.saturating_mul(rayon::current_num_threads());
        let most = rest.size().div_ceil(pieces);
        reduce_pieces(rest, most, walk, reduce)
    } else {
        walk(rest)
    };
    reduce(first, second)
}

/// Splits a zip into pieces of at most `most` cells, calls `walk` for each, and reduces the
/// results. The order of the walk is kept: the second argument of `reduce` comes from the cells
/// directly after those of the first.
fn reduce_pieces<Parts: Operands<Dim = D> + Send, D: Dimension, T: Send>(
    zip: Zip<Parts, D>,
    most: usize,
    walk: &(impl Fn(Zip<Parts, D>) -> T + Sync),
    reduce: &(impl Fn(T, T) -> T + Sync),
) -> T {
    // A single cell cannot be split. A zip without axes has one cell.
    if zip.size() <= most.max(1) {
        return walk(zip);
    }
    let (first, second) = zip.split();
    let (first, second) =
        rayon::join(|| reduce_pieces(first, most, walk, reduce), || reduce_pieces(second, most, walk, reduce));
    reduce(first, second)
}

/// Returns the largest number of cells per piece in a search. Large zips have the smallest possible
/// pieces, because a search can only stop between pieces.
fn piece_to_search(cells: usize) -> usize {
    if cells <= SMALL { cells } else { GRAIN }
}

/// Returns whether `holds` is true for every piece of at most `most` cells. After the first
/// `false`, no more pieces are begun.
fn every_piece<Parts: Operands<Dim = D> + Send, D: Dimension>(
    zip: Zip<Parts, D>,
    most: usize,
    holds: impl Fn(Zip<Parts, D>) -> bool + Sync,
) -> bool {
    let all = AtomicBool::new(true);
    reduce_pieces(
        zip,
        most,
        &|zip| {
            // Relaxed: no other memory access depends on this flag, and one piece too many does no
            // harm.
            if all.load(Ordering::Relaxed) && !holds(zip) {
                all.store(false, Ordering::Relaxed);
            }
        },
        &|(), ()| (),
    );
    all.into_inner()
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
                share::<PlatformClock, _, _, _>(
                    self,
                    #[inline(always)]
                    |zip: Self| {
                        zip.simd_each::<AnyOrder, _>(
                            #[inline(always)]
                            |$($p: $P::Item),+| f($($p),+),
                        );
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
                share::<NoClock, _, _, _>(
                    self,
                    #[inline(always)]
                    |zip: Self| {
                        zip.simd_fold_all(
                            identity(),
                            #[inline(always)]
                            |acc, $($p: $P::Item),+| fold(acc, $($p),+),
                        )
                    },
                    reduce,
                )
            }

            /// `all` on several threads: see [In parallel](Zip#in-parallel).
            #[inline]
            pub fn par_all<Function>(self, f: Function) -> bool
            where
                Function: Fn($($P::Item),+) -> bool + Sync + Send,
                $($P: Send,)+
            {
                let most = piece_to_search(self.size());
                every_piece(self, most, |zip: Self| {
                    zip.all(
                        #[inline(always)]
                        |$($p),+| f($($p),+),
                    )
                })
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
    use core::sync::atomic::AtomicUsize;
    use core::time::Duration;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::vec::Vec;

    use ndarray::{Array, Array2, Array3, ArrayD, ArrayView1, Ix1, IxDyn, ShapeBuilder, s};
    use rayon::ThreadPoolBuilder;

    use super::*;
    use crate::window::{ArrayInterior, ArrayWindows};

    /// Sizes of pools. One thread walks the pieces in order, several in any order.
    const THREADS: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 8] };

    fn in_pool<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> R {
        ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(f)
    }

    /// Returns the items of each piece, in order.
    fn pieces<Parts, D, T: Send>(
        zip: Zip<Parts, D>,
        most: usize,
        item: impl Fn(Parts::Items) -> T + Sync,
    ) -> Vec<Vec<T>>
    where
        Parts: Operands<Dim = D> + Send,
        D: Dimension,
    {
        reduce_pieces(
            zip,
            most,
            &|piece| std::vec![piece.into_iter().map(&item).collect()],
            &|mut before: Vec<Vec<T>>, behind| {
                before.extend(behind);
                before
            },
        )
    }

    #[test]
    fn few_cells_that_take_long_are_shared() {
        let mut threads = [const { None }; 8];
        in_pool(2, || {
            // Each call waits long enough for the other thread to start.
            Zip::from(&mut threads).par_for_each(|thread| {
                std::thread::sleep(Duration::from_millis(5));
                *thread = Some(rayon::current_thread_index());
            });
        });
        assert!(threads.iter().all(Option::is_some), "each has been visited");
        assert!(threads.iter().any(|thread| *thread != threads[0]), "by more than one thread: {threads:?}");
    }

    /// Walks eight cells that take a millisecond each by [`share`], and returns the number of
    /// pieces and of cells.
    fn slow_pieces<C: Clock>() -> (usize, usize) {
        let (pieces, cells) = (AtomicUsize::new(0), [(); 8]);
        let walk = |zip: Zip<(ArrayView1<'_, ()>,), Ix1>| {
            pieces.fetch_add(1, Ordering::Relaxed);
            zip.into_iter().inspect(|_| std::thread::sleep(Duration::from_millis(1))).count()
        };
        let cells = in_pool(2, || share::<C, _, _, _>(Zip::from(&cells), walk, |one, other| one + other));
        (pieces.into_inner(), cells)
    }

    #[test]
    fn without_a_clock_small_work_stays_in_one_piece() {
        assert_eq!(slow_pieces::<NoClock>(), (1, 8));
    }

    #[test]
    #[cfg_attr(miri, ignore = "its clock does not tell")]
    fn with_a_clock_small_work_that_takes_long_is_split() {
        let (pieces, cells) = slow_pieces::<crate::clock::SystemClock>();
        assert!(pieces > 2, "the sample, and several pieces of the rest: {pieces}");
        assert_eq!(cells, 8);
    }

    #[test]
    fn pieces_have_all_cells_once_and_are_as_small_as_asked_for() {
        let shapes: &[&[usize]] =
            &[&[], &[0], &[1], &[2], &[13], &[1, 1], &[0, 4], &[5, 1], &[1, 5], &[4, 7], &[3, 1, 4], &[2, 3, 2, 2]];
        for &shape in shapes {
            for column_major in [false, true] {
                let mut visits = ArrayD::<usize>::zeros(IxDyn(shape).set_f(column_major));
                let numbers = Array::from_iter(0..visits.len()).into_shape_with_order(IxDyn(shape)).unwrap();
                for (most, &threads) in
                    [0, 1, 2, 3, 100].into_iter().flat_map(|most| THREADS.iter().map(move |n| (most, n)))
                {
                    let zip = Zip::from(&mut visits).and(&numbers);
                    let pieces = in_pool(threads, || {
                        pieces(zip, most, |(visits, &number)| {
                            *visits += 1;
                            number
                        })
                    });
                    assert!(visits.iter().all(|&visits| visits == 1), "{shape:?}: {visits}");
                    visits.fill(0);
                    assert!(pieces.iter().all(|piece| piece.len() <= most.max(1)), "{shape:?}: {pieces:?}");
                    assert!(pieces.len() <= visits.len().max(1), "{shape:?}: none of {pieces:?} is empty");
                    if !column_major {
                        assert_eq!(pieces.concat(), Vec::from_iter(0..visits.len()), "in the order of the walk");
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
        for most in [1, 4, 10] {
            for &threads in THREADS {
                found.fill(0);
                let mut half = found.slice_mut(s![..;-1, ..;2]);
                let zip = Zip::from(half.interior_mut::<3, 2>()).and(input.array_windows::<3, 2>());
                in_pool(threads, || {
                    reduce_pieces(
                        zip,
                        most,
                        &|piece| {
                            piece.simd_each::<AnyOrder, _>(|out: &mut usize, w: crate::Window<_, 3, 2>| {
                                *out += w.iter().sum::<usize>()
                            })
                        },
                        &|(), ()| (),
                    );
                });
                assert_eq!(found, expected, "pieces of at most {most} cells, {threads} threads");
            }
        }
    }

    #[test]
    fn a_search_looks_at_no_piece_once_the_answer_is_known() {
        let zeros = Array3::<u8>::zeros((3, 2, 4));
        for &threads in THREADS {
            for most in [1, 5] {
                let looked = AtomicUsize::new(0);
                let none = in_pool(threads, || {
                    every_piece(Zip::from(&zeros), most, |_| {
                        looked.fetch_add(1, Ordering::Relaxed);
                        false
                    })
                });
                assert!(!none);
                // Each thread may begin a piece before another thread has found the answer.
                assert!((1..=threads).contains(&looked.load(Ordering::Relaxed)), "{looked:?}, {threads} threads");
                looked.store(0, Ordering::Relaxed);
                let all = in_pool(threads, || {
                    every_piece(Zip::from(&zeros), most, |piece| {
                        looked.fetch_add(piece.size(), Ordering::Relaxed);
                        true
                    })
                });
                assert!(all);
                assert_eq!(looked.into_inner(), zeros.len());
            }
        }
    }

    #[test]
    fn after_a_panic_no_cell_is_visited_again() {
        let mut visits = Array2::<usize>::zeros((7, 5));
        for &threads in THREADS {
            for bad in 0..visits.len() {
                visits.fill(0);
                let zip = Zip::indexed(&mut visits);
                let caught = catch_unwind(AssertUnwindSafe(|| {
                    in_pool(threads, || {
                        pieces(zip, 2, |((i, j), visits)| {
                            *visits += 1;
                            assert!(i * 5 + j != bad, "bad luck");
                        })
                    })
                }));
                assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"bad luck"));
                assert!(visits.iter().all(|&visits| visits <= 1), "{visits}");
                assert_eq!(visits[[bad / 5, bad % 5]], 1);
            }
        }
    }

    #[test]
    fn there_are_several_pieces_for_each_thread_unless_they_would_be_small() {
        assert_eq!(piece_for(GRAIN + 1, 8), GRAIN);
        assert_eq!(piece_for(100 * GRAIN, 2), (100 * GRAIN).div_ceil(8));
        assert_eq!(piece_for(8 * GRAIN + 1, 2), GRAIN + 1);
        assert_eq!(piece_for(usize::MAX, usize::MAX), GRAIN);
        assert_eq!((piece_to_search(SMALL), piece_to_search(SMALL + 1)), (SMALL, GRAIN));
    }
}
