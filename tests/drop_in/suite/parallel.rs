//! `par_azip!`, the methods of `Zip` whose names begin with `par_`, and its parallel iterator.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};

use ndarray::parallel::prelude::{IntoParallelIterator, ParallelIterator};
use ndarray::{Array, Array1, Array2, Array3, ArrayD, Axis, IxDyn, ShapeBuilder, arr0, array, s};
use rayon::ThreadPoolBuilder;

use super::arrays::counted;
use super::{Zip, par_azip};

/// The length of the axes of arrays that are large enough for several threads. Under Miri the
/// crate's threshold is much lower.
const LONG: usize = if cfg!(miri) { 9 } else { 300 };

/// Runs `f` in a pool of a few threads, even if the machine has fewer.
fn in_pool<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    ThreadPoolBuilder::new().num_threads(if cfg!(miri) { 2 } else { 4 }).build().unwrap().install(f)
}

#[test]
fn the_macro_takes_one_to_six_operands() {
    in_pool(|| {
        let mut a = counted((LONG, LONG));
        let (b, c) = (counted((LONG, LONG)), counted((LONG, LONG).f()));
        par_azip!((a in &mut a) *a += 1);
        par_azip!((a in &mut a, &b in &b) *a += b);
        par_azip!((a in &mut a, &b in &b, &c in &c) *a += b - c);
        par_azip!((a in &mut a, &b in &b, &c in &c, &d in &b,) *a -= b + c - d);
        par_azip!((a in &mut a, &b in &b, &c in c.view(), &d in &b, &e in &c) *a += b + c - d - e);
        par_azip!((a in &mut a, &b in &b, &c in &c, &d in &b, &e in &c, &f in &b) *a += b + c - d - e + f);
        assert_eq!(a, &b * 2 + 1);
    });
}

#[test]
fn the_macro_takes_an_index() {
    in_pool(|| {
        for mut a in [Array2::zeros((LONG, LONG)), Array2::zeros((LONG, LONG).f())] {
            par_azip!((index (i, j), a in &mut a) *a = LONG * i + j);
            assert!(a.indexed_iter().all(|((i, j), &a)| a == LONG * i + j));
            let b = a.clone();
            par_azip!((index (i, _), a in &mut a, &b in b.t()) *a = b * i);
            assert!(a.indexed_iter().all(|((i, j), &a)| a == b[[j, i]] * i));
        }
        let mut line = vec![0; LONG * LONG];
        par_azip!((index i, x in &mut line) *x = i);
        assert!(line.iter().enumerate().all(|(i, &x)| x == i));
    });
}

#[test]
fn the_body_may_return_and_read_its_surroundings() {
    in_pool(|| {
        let mut a = counted(LONG * LONG);
        let (limit, visits) = (10, AtomicUsize::new(0));
        par_azip!((a in &mut a) {
            visits.fetch_add(1, Relaxed);
            if *a > limit {
                return;
            }
            *a = -*a;
        });
        assert_eq!(visits.into_inner(), LONG * LONG);
        assert!(a.iter().zip(0..).all(|(&a, n)| a == if n > limit { n } else { -n }));
    });
}

#[test]
fn small_and_empty_arrays() {
    in_pool(|| {
        let mut a = arr0(5);
        par_azip!((a in &mut a) *a += 1);
        par_azip!((index (), a in &mut a) *a += 1);
        assert_eq!(a, arr0(7));
        let mut b = array![1, 2];
        par_azip!((b in &mut b, &c in &[10, 20]) *b += c);
        assert_eq!(b, array![11, 22]);
        par_azip!((_b in &mut Array2::<i32>::zeros((3, 0))) unreachable!());
        assert_eq!(par_azip!(&b, &b).size(), 2);
        let dynamic = ArrayD::<i32>::zeros(IxDyn(&[2, 3]));
        let cells = AtomicUsize::new(0);
        par_azip!((_ in &dynamic) {
            cells.fetch_add(1, Relaxed);
        });
        assert_eq!(cells.into_inner(), 6);
    });
}

#[test]
fn par_for_each_takes_one_to_six_operands() {
    in_pool(|| {
        let (mut a, b) = (counted((LONG, LONG).f()), counted((LONG, LONG)));
        Zip::from(&mut a).par_for_each(|a| *a *= 2);
        Zip::from(&mut a).and(&b).par_for_each(|a, b| *a -= b);
        Zip::indexed(&mut a).and(&b).and(&b).par_for_each(|(i, _), a, b, c| *a += (b - c) * i as i32);
        Zip::from(&mut a)
            .and(&b)
            .and(&b)
            .and(&b)
            .and(&b)
            .and(&b)
            .par_for_each(|a, b, c, d, e, f| *a += b + c + d + e + f);
        assert_eq!(a, &b * 6);
        Zip::from(&mut a).and_broadcast(&b.column(0)).par_for_each(|a, b| *a = *b);
        assert_eq!(a.row(0), b.column(0));
    });
}

#[test]
fn par_fold_adds_up_every_cell() {
    in_pool(|| {
        let (a, b) = (Array::<usize, _>::ones((LONG, LONG)), Array::<usize, _>::ones((LONG, LONG).f()));
        let sum = Zip::from(&a).and(&b).par_fold(|| 0, |sum, a, b| sum + a * b, |sum, other| sum + other);
        assert_eq!(sum, a.len());
        let largest = Zip::indexed(&a).par_fold(|| 0, |n, (i, j), a| n.max(LONG * i + j + a), usize::max);
        assert_eq!(largest, LONG * LONG);
        let none = Zip::from(a.slice(s![..0, ..])).par_fold(|| 7, |_, _| unreachable!(), usize::min);
        assert_eq!(none, 7);
    });
}

#[test]
fn par_map_collect_keeps_the_layout() {
    in_pool(|| {
        let (c, f) = (counted((LONG, LONG + 1)), counted((LONG, LONG + 1).f()));
        let collected = Zip::from(&c).par_map_collect(|a| i64::from(*a) + 1);
        assert_eq!((collected.strides(), &collected), (c.strides(), &c.mapv(|a| i64::from(a) + 1)));
        let collected = Zip::from(&f).and(&f).par_map_collect(|a, b| a + b);
        assert_eq!((collected.strides(), &collected), (f.strides(), &(&f * 2)));
        let collected = Zip::from(&c).and(&f).par_map_collect(|a, b| a + b);
        assert_eq!((collected.strides(), &collected), (c.strides(), &(&c * 2)));
        let collected = Zip::indexed(&f)
            .and(&c)
            .and(&f)
            .and(&c)
            .par_map_collect(|(i, j), a, b, c, d| a + b + c + d + (i * j) as i32);
        assert!(collected.indexed_iter().all(|((i, j), &x)| x == 4 * c[[i, j]] + (i * j) as i32));
        let cut = c.slice(s![..;-1, 1..]);
        assert_eq!(Zip::from(cut).and(cut).par_map_collect(|a, b| a.max(b).to_string()), cut.mapv(|a| a.to_string()));
        assert_eq!(Zip::from(&arr0(1)).par_map_collect::<i32>(|a| a + 1), arr0(2));
        assert_eq!(Zip::from(&Array2::<i32>::zeros((0, 3))).par_map_collect(|a| *a).dim(), (0, 3));
    });
}

/// The number of living values.
static LIVING: AtomicI64 = AtomicI64::new(0);

/// A value that is counted while it lives.
struct Counted(#[allow(dead_code, reason = "it makes the value have a size")] i32);

impl Counted {
    fn new(n: i32) -> Self {
        LIVING.fetch_add(1, Relaxed);
        Counted(n)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        LIVING.fetch_sub(1, Relaxed);
    }
}

#[test]
fn par_map_collect_drops_what_a_panic_leaves() {
    in_pool(|| {
        for a in [counted((LONG, LONG)), counted((LONG, LONG).f())] {
            let collected = Zip::from(&a).par_map_collect(|&n| Counted::new(n));
            assert_eq!(LIVING.load(Relaxed), i64::try_from(a.len()).unwrap());
            drop(collected);
            assert_eq!(LIVING.load(Relaxed), 0);
            let stop = i32::try_from(a.len() / 2).unwrap();
            let result = catch_unwind(AssertUnwindSafe(|| {
                Zip::from(&a).par_map_collect(|&n| if n == stop { panic!("stop") } else { Counted::new(n) })
            }));
            assert!(result.is_err());
            assert_eq!(LIVING.load(Relaxed), 0);
        }
    });
}

#[test]
fn par_map_assign_into_arrays_and_views() {
    in_pool(|| {
        let (a, b) = (counted((LONG, LONG)), counted((LONG, LONG).f()));
        let mut out = Array2::<i32>::zeros((LONG, LONG));
        Zip::from(&a).par_map_assign_into(&mut out, |a| a + 1);
        assert_eq!(out, &a + 1);
        Zip::from(&a).and(&b).par_map_assign_into(out.slice_mut(s![..;-1, ..]), |a, b| a + b);
        assert_eq!(out.slice(s![..;-1, ..]), &a * 2);
        let mut uninitialised = Array2::<i32>::uninit((LONG, LONG));
        Zip::indexed(&a).par_map_assign_into(&mut uninitialised, |(i, _), a| a - i as i32);
        // SAFETY: every cell has been assigned to.
        let out = unsafe { uninitialised.assume_init() };
        assert!(out.indexed_iter().all(|((i, j), &x)| x == a[[i, j]] - i as i32));
    });
}

#[test]
fn the_parallel_iterator_has_tuples_of_items() {
    in_pool(|| {
        let (mut a, b) = (counted((LONG, LONG)), counted((LONG, LONG)));
        Zip::from(&mut a).and(&b).into_par_iter().for_each(|(a, b)| *a -= b - 1);
        assert_eq!(a, Array2::ones((LONG, LONG)));
        assert_eq!(Zip::from(&a).into_par_iter().map(|(a,)| i64::from(*a)).sum::<i64>(), (LONG * LONG) as i64);
        assert_eq!(Zip::indexed(&a).into_par_iter().filter(|((i, j), _)| i == j).count(), LONG);
        let some = Zip::from(&a).and(&b).into_par_iter().with_min_len(5).find_any(|&(_, &b)| b == 7);
        assert_eq!(some, Some((&1, &7)));
        assert!(Zip::from(&a).and(&b).and(&a).into_par_iter().all(|(a, _, c)| a == c));
        let mut diagonal: Vec<_> = Zip::indexed(a.rows()).into_par_iter().map(|(i, row)| (i, row[i])).collect();
        diagonal.sort_unstable();
        assert!(diagonal.into_iter().eq((0..LONG).map(|i| (i, 1))));
    });
}

#[test]
fn ndarrays_producers() {
    in_pool(|| {
        let mut a = counted((LONG, LONG));
        let mut totals = Array1::zeros(LONG);
        par_azip!((total in &mut totals, row in a.rows()) *total = row.sum());
        assert_eq!(totals, a.sum_axis(Axis(1)));
        par_azip!((mut row in a.rows_mut(), &total in &totals) row -= total);
        par_azip!((column in a.columns(), part in a.axis_iter(Axis(1))) assert_eq!(column, part));
        par_azip!((index i, mut part in a.axis_iter_mut(Axis(0))) part.fill(i as i32));
        assert_eq!(a.row(3), Array1::from_elem(LONG, 3));
        par_azip!((index (i, j), mut chunk in a.exact_chunks_mut((3, 3))) chunk.fill((i + j) as i32));
        par_azip!((sum in &mut Array2::zeros((LONG - 1, LONG - 1)), window in a.windows((2, 2))) *sum = window.sum());
        let weights = Array::<usize, _>::ones(LONG);
        let ones = Array::<usize, _>::ones((LONG, LONG));
        let sum = Zip::from(ones.rows()).and(&weights).par_fold(|| 0, |sum, row, w| sum + row.sum() * w, |a, b| a + b);
        assert_eq!(sum, ones.len());
        assert_eq!(Zip::from(ones.rows()).par_map_collect(|row| row.sum()), Array1::from_elem(LONG, LONG));
        let mut sums = Array1::<usize>::zeros(LONG);
        Zip::from(ones.columns()).and(&weights).par_map_assign_into(&mut sums, |column, w| column.sum() * w);
        assert_eq!(sums.sum(), ones.len());
        assert_eq!(
            Zip::from(ones.rows()).and(&weights).into_par_iter().map(|(row, w)| row[0] * w).sum::<usize>(),
            LONG
        );
        let mut cube = Array3::zeros((LONG, 3, 3));
        Zip::from(cube.outer_iter_mut()).and(ndarray::indices(LONG)).par_for_each(|mut part, i| part.fill(i));
        assert_eq!(cube.sum(), 9 * (LONG - 1) * LONG / 2);
    });
}

#[test]
fn a_panic_comes_through() {
    in_pool(|| {
        let a = counted((LONG, LONG));
        let payload = catch_unwind(|| par_azip!((&a in &a) if a == 5 { std::panic::panic_any("stop") })).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"stop"));
    });
}

#[test]
#[should_panic]
fn shapes_that_differ() {
    par_azip!((_a in &counted((2, 3)), _b in &counted((3, 2))) ());
}

#[test]
fn items_are_sent_to_other_threads() {
    in_pool(|| {
        let mut names = Array1::from_elem(LONG, String::new());
        let seen = Mutex::new(Vec::new());
        par_azip!((index i, name in &mut names, &n in &counted(LONG)) {
            *name = format!("{n}");
            seen.lock().unwrap().push(i);
        });
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..LONG));
        assert!(names.iter().enumerate().all(|(i, name)| *name == i.to_string()));
    });
}
