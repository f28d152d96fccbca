//! The laws of `ZipIter`: row-major order, exact length, fused at both ends. Every overridable
//! method does what the default does, after any number of advances from both ends.
//!
//! A comment that begins with "Known trap" names a bug that has broken published code of this kind;
//! the numbers are ndarray's issues.

#[macro_use]
mod common;

use std::collections::{HashSet, VecDeque};
use std::fmt::Debug;
use std::iter::FusedIterator;

use ndarray::{Array, Array2, Dimension, IntoDimension, Ix0, Ix1, Ix2, Ix3, Ix4, IxDyn, ShapeBuilder, arr0, array, s};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseResult;

use common::{Layout, dimensions, for_all, layouts, or_under_miri, shapes};

in_every_dimension! {
    items_come_in_row_major_order
    methods_do_what_their_defaults_do
    any_sequence_of_calls_agrees_with_a_queue
    mutable_items_can_be_taken_from_both_ends_and_kept
}

/// A call that advances an iterator.
#[derive(Clone, Copy, Debug)]
enum Call {
    Next,
    NextBack,
    Nth(Skip),
    NthBack(Skip),
}

/// The number of items that a call skips: a few, a part of the remaining ones, or too many.
#[derive(Clone, Copy, Debug)]
enum Skip {
    Few(usize),
    Part(Index),
    Most,
}

impl Skip {
    fn of(self, left: usize) -> usize {
        match self {
            Skip::Few(skipped) => skipped,
            // Skipping as many as remain skips all of them, and returns none.
            Skip::Part(part) => part.index(left + 1),
            Skip::Most => usize::MAX,
        }
    }
}

fn calls() -> impl Strategy<Value = Call> + Clone {
    let skips = prop_oneof![
        30 => (0..6_usize).prop_map(Skip::Few),
        4 => any::<Index>().prop_map(Skip::Part),
        1 => Just(Skip::Most),
    ];
    prop_oneof![
        2 => Just(Call::Next),
        2 => Just(Call::NextBack),
        3 => skips.clone().prop_map(Call::Nth),
        3 => skips.prop_map(Call::NthBack),
    ]
}

impl Call {
    /// Makes the call, where `left` is the number of remaining items.
    fn make<I: DoubleEndedIterator>(self, iter: &mut I, left: usize) -> Option<I::Item> {
        match self {
            Call::Next => iter.next(),
            Call::NextBack => iter.next_back(),
            Call::Nth(skip) => iter.nth(skip.of(left)),
            Call::NthBack(skip) => iter.nth_back(skip.of(left)),
        }
    }

    /// Returns the expected result, by the definition of the call.
    fn make_on_queue<T>(self, queue: &mut VecDeque<T>) -> Option<T> {
        match self {
            Call::Next => queue.pop_front(),
            Call::NextBack => queue.pop_back(),
            Call::Nth(skip) => {
                queue.drain(..skip.of(queue.len()).min(queue.len()));
                queue.pop_front()
            }
            Call::NthBack(skip) => {
                queue.truncate(queue.len().saturating_sub(skip.of(queue.len())));
                queue.pop_back()
            }
        }
    }
}

/// Two shared operands and a mutable one, the numbers of items to take first from both ends, and
/// the calls to make.
#[derive(Clone, Debug)]
struct Case {
    shape: Vec<usize>,
    shared: [Layout; 2],
    mutable: Layout,
    advances: (usize, usize),
    calls: Vec<Call>,
}

fn cases<D: Dimension>() -> impl Strategy<Value = Case> {
    let layouts = |ndim| (layouts(ndim, true), layouts(ndim, true), layouts(ndim, false));
    dimensions::<D>()
        .prop_flat_map(move |ndim| {
            (shapes(ndim), layouts(ndim), (0..=5_usize, 0..=5_usize), vec(calls(), 0..or_under_miri(25, 8)))
        })
        .prop_map(|(shape, (a, b, mutable), advances, calls)| Case { shape, shared: [a, b], mutable, advances, calls })
}

impl Case {
    /// The stored arrays for the two shared operands, with different values in all cells.
    fn stored<D: Dimension>(&self) -> [Array<usize, D>; 2] {
        [self.shared[0].stored(&self.shape, |k| k), self.shared[1].stored(&self.shape, |k| 10_000 + k)]
    }
}

/// The iterator with only `next` and `next_back` of its own; all other methods are the defaults.
#[derive(Clone)]
struct Defaults<I>(I);

impl<I: Iterator> Iterator for Defaults<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for Defaults<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        self.0.next_back()
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for Defaults<I> {}

/// Fails unless the `key`s of the remaining items are `left`, and each method does what the default
/// does.
fn assert_laws<I, K>(iter: &I, left: &[K], key: impl Fn(I::Item) -> K)
where
    I: DoubleEndedIterator + ExactSizeIterator + FusedIterator + Clone,
    K: Debug + PartialEq + Clone,
{
    /// The same expression for the iterator and for the defaults.
    macro_rules! assert_default {
        (|$iter:ident| $body:expr) => {{
            let ours = {
                let mut $iter = iter.clone();
                $body
            };
            let default = {
                let mut $iter = Defaults(iter.clone());
                $body
            };
            assert_eq!(ours, default, "{}, with {} items left", stringify!($body), left.len());
        }};
    }
    let keys = |items: &mut dyn Iterator<Item = I::Item>| items.map(&key).collect::<Vec<K>>();

    assert_eq!(keys(&mut Defaults(iter.clone())), left);
    let mut backwards = keys(&mut Defaults(iter.clone()).rev());
    backwards.reverse();
    assert_eq!(backwards, left);
    assert_eq!((iter.len(), iter.size_hint()), (left.len(), (left.len(), Some(left.len()))));

    assert_eq!(iter.clone().map(&key).collect::<Vec<_>>(), left);
    assert_eq!(iter.clone().count(), left.len());
    assert_eq!(iter.clone().last().map(&key).as_ref(), left.last());
    let pushed = |mut items: Vec<K>, item| {
        items.push(key(item));
        items
    };
    assert_eq!(iter.clone().fold(Vec::new(), pushed), left);
    let mut given = Vec::new();
    iter.clone().for_each(|item| given.push(key(item)));
    assert_eq!(given, left);
    backwards.reverse();
    assert_eq!(iter.clone().rfold(Vec::new(), pushed), backwards);
    assert_eq!(iter.clone().rev().map(&key).collect::<Vec<_>>(), backwards);
    assert_eq!(iter.clone().rev().fold(Vec::new(), pushed), backwards);

    let mut numbers = vec![0, 1, 2, 3, 5, left.len() / 2, left.len(), left.len() + 1, usize::MAX];
    numbers.push(left.len().saturating_sub(1));
    if cfg!(miri) {
        numbers = vec![left.len() / 2, left.len()];
    }
    numbers.sort_unstable();
    numbers.dedup();
    for n in numbers {
        assert_default!(|iter| (iter.nth(n).map(&key), iter.len(), keys(&mut iter)));
        assert_default!(|iter| (iter.nth_back(n).map(&key), iter.len(), keys(&mut iter)));
        assert_default!(|iter| (iter.nth(n / 2).map(&key), iter.nth_back(n / 2).map(&key), keys(&mut iter)));
        assert_default!(|iter| (iter.by_ref().take(n).map(&key).collect::<Vec<_>>(), keys(&mut iter)));
        assert_default!(|iter| {
            let mut calls = 0;
            let found = iter.find(|_| {
                calls += 1;
                calls > n
            });
            (found.map(&key), calls, keys(&mut iter))
        });
        assert_default!(|iter| {
            let mut calls = 0;
            let position = iter.rposition(|_| {
                calls += 1;
                calls > n
            });
            (position, calls, keys(&mut iter))
        });
    }

    // Fused at both ends, also past the end.
    let mut iter = iter.clone();
    assert!(iter.nth(left.len()).is_none());
    for _ in 0..2 {
        assert!(iter.next().is_none() && iter.next_back().is_none());
        assert!(iter.nth(1).is_none() && iter.nth_back(1).is_none());
        assert_eq!((iter.len(), iter.size_hint()), (0, (0, Some(0))));
    }
    assert!(iter.clone().last().is_none());
    assert_eq!(iter.clone().fold(0, |count, _| count + 1), 0);
    assert_eq!(iter.count(), 0);
}

/// Fails unless the laws hold after `front` advances from the front and `back` from the back.
fn assert_laws_after<I, K>(mut iter: I, items: &[K], (front, back): (usize, usize), key: impl Fn(I::Item) -> K)
where
    I: DoubleEndedIterator + ExactSizeIterator + FusedIterator + Clone,
    K: Debug + PartialEq + Clone,
{
    let mut left = items;
    // Alternates, so that the ends can meet in the middle of a row.
    for advance in 0..front.max(back) {
        if advance < front {
            assert_eq!(iter.next().map(&key).as_ref(), left.first());
            left = left.get(1..).unwrap_or_default();
        }
        if advance < back {
            assert_eq!(iter.next_back().map(&key).as_ref(), left.last());
            left = left.split_last().map_or(left, |(_, left)| left);
        }
    }
    assert_laws(&iter, left, key);
}

fn items_come_in_row_major_order<D: Dimension>(case: Case) -> TestCaseResult {
    let [a, b] = case.stored::<D>();
    let (a, b) = (case.shared[0].view(&case.shape, &a), case.shared[1].view(&case.shape, &b));
    let mut expected = a.indexed_iter().zip(&b);
    let mut iter = Zip::indexed(&a).and(&b).into_iter();
    let mut left = a.len();
    loop {
        prop_assert_eq!((iter.len(), iter.size_hint()), (left, (left, Some(left))));
        let Some((index, a_cell, b_cell)) = iter.next() else { break };
        let ((expected_index, expected_a), expected_b) = expected.next().expect("as many items as there are cells");
        prop_assert_eq!(index, expected_index);
        prop_assert!(std::ptr::eq(a_cell, expected_a) && std::ptr::eq(b_cell, expected_b));
        left -= 1;
    }
    prop_assert!(expected.next().is_none() && iter.next().is_none() && iter.next_back().is_none());

    // In row-major order, even if `for_each` visits column by column.
    let mut for_loop = Vec::new();
    for (a, b) in Zip::from(&a).and(&b) {
        for_loop.push((*a, *b));
    }
    prop_assert_eq!(for_loop, a.iter().copied().zip(b.iter().copied()).collect::<Vec<_>>());

    // Each half of a zip is iterated on its own.
    if !case.shape.is_empty() {
        let (first, second) = Zip::indexed(&a).and(&b).split();
        prop_assert_eq!(first.size() + second.size(), a.len());
        let mut seen = HashSet::new();
        for half in [first, second] {
            let items: Vec<_> = half.into_iter().collect();
            let indices: Vec<_> =
                items.iter().map(|(index, ..)| index.clone().into_dimension().as_array_view().to_vec()).collect();
            prop_assert!(indices.is_sorted());
            for (index, (_, a_cell, b_cell)) in indices.into_iter().zip(&items) {
                let mut at = D::zeros(index.len());
                at.as_array_view_mut().iter_mut().zip(&index).for_each(|(at, &index)| *at = index);
                prop_assert!(std::ptr::eq(*a_cell, &a[at.clone()]) && std::ptr::eq(*b_cell, &b[at]));
                prop_assert!(seen.insert(index));
            }
        }
        prop_assert_eq!(seen.len(), a.len());
    }
    Ok(())
}

fn methods_do_what_their_defaults_do<D: Dimension>(case: Case) -> TestCaseResult {
    let [a, b] = case.stored::<D>();
    let (a, b) = (case.shared[0].view(&case.shape, &a), case.shared[1].view(&case.shape, &b));
    let items: Vec<_> = a.iter().copied().zip(b.iter().copied()).collect();
    assert_laws_after(Zip::from(&a).and(&b).into_iter(), &items, case.advances, |(a, b)| (*a, *b));
    Ok(())
}

fn any_sequence_of_calls_agrees_with_a_queue<D: Dimension>(case: Case) -> TestCaseResult {
    let [a, b] = case.stored::<D>();
    let (a, b) = (case.shared[0].view(&case.shape, &a), case.shared[1].view(&case.shape, &b));
    // With an index, no axes are merged. Without one, as many as possible are.
    let mut queue: VecDeque<_> = a.iter().zip(&b).collect();
    let mut iter = Zip::from(&a).and(&b).into_iter();
    let mut indexed_queue: VecDeque<_> = a.indexed_iter().collect();
    let mut indexed = Zip::indexed(&a).into_iter();
    for call in case.calls {
        let before = (iter.clone(), queue.clone());
        prop_assert_eq!(call.make(&mut iter, queue.len()), call.make_on_queue(&mut queue));
        prop_assert_eq!(call.make(&mut indexed, indexed_queue.len()), call.make_on_queue(&mut indexed_queue));
        prop_assert_eq!((iter.len(), iter.size_hint()), (queue.len(), (queue.len(), Some(queue.len()))));
        prop_assert_eq!(indexed.len(), queue.len());
        // A clone advances independently.
        prop_assert_eq!(before.0.collect::<VecDeque<_>>(), before.1);
        // An iterator may be moved.
        iter = *Box::new(iter);
    }
    prop_assert_eq!(iter.collect::<VecDeque<_>>(), queue);
    prop_assert_eq!(indexed.rev().collect::<Vec<_>>(), indexed_queue.into_iter().rev().collect::<Vec<_>>());
    Ok(())
}

// Known trap: items that are kept.
fn mutable_items_can_be_taken_from_both_ends_and_kept<D: Dimension>(case: Case) -> TestCaseResult {
    let [_, b] = case.stored::<D>();
    let b = case.shared[1].view(&case.shape, &b);
    let mut stored: Array<usize, D> = case.mutable.stored(&case.shape, |k| k);
    let untouched = stored.clone();
    let mut queue: VecDeque<_> =
        case.mutable.view(&case.shape, &untouched).indexed_iter().map(|(index, &a)| (index, a, b.len())).collect();
    let mut kept = Vec::new();
    {
        let mut iter = Zip::from(&b).and(case.mutable.view_mut(&case.shape, &mut stored)).into_iter();
        for call in case.calls {
            let item = call.make(&mut iter, queue.len());
            let expected = call.make_on_queue(&mut queue);
            prop_assert_eq!(item.as_ref().map(|(_, a)| **a), expected.as_ref().map(|&(_, a, _)| a));
            kept.extend(item.zip(expected));
        }
        prop_assert_eq!(iter.len(), queue.len());
        kept.extend(iter.zip(queue));
    }
    // All items are live, and each is written twice.
    for round in [1, 1000] {
        for ((b, a), _) in kept.iter_mut().rev() {
            **a += round * **b;
        }
    }
    let visited: Vec<_> = kept.into_iter().map(|(_, (index, ..))| index).collect();
    let mut expected = untouched;
    let mut cells = case.mutable.view_mut(&case.shape, &mut expected);
    for index in visited {
        let index = index.into_dimension();
        let added = 1001 * b[index.clone()];
        cells[index] += added;
    }
    prop_assert_eq!(stored, expected);
    Ok(())
}

/// The numbers of advances to try from each end: all up to 5, and one pair of them under Miri.
fn advances() -> impl Iterator<Item = (usize, usize)> {
    let all = (0..=5).flat_map(|front| (0..=5).map(move |back| (front, back)));
    all.filter(|&advances| !cfg!(miri) || advances == (1, 2))
}

#[test]
fn the_laws_hold_after_up_to_5_advances_from_both_ends() {
    let large = Array::from_shape_fn((6, 7, 5), |(i, j, k)| 100 * i + 10 * j + k);
    macro_rules! assert_laws_of {
        ($($array:expr;)+) => {$(
            let one = $array;
            let other = one.mapv(|cell| cell + 1000);
            let items: Vec<_> = one.iter().map(|&cell| (cell, cell + 1000)).collect();
            for advances in advances() {
                assert_laws_after(Zip::from(one).and(&other).into_iter(), &items, advances, |(a, b)| (*a, *b));
            }
        )+};
    }
    assert_laws_of! {
        // Rows of two cells, so that a few advances cross them; three dimensions that cannot be
        // merged; empty.
        large.slice(s![1, ..or_under_miri(5, 3), 1..3]);
        large.slice(s![..;-3, 1..3, 1..3]);
        large.slice(s![1..1, .., ..]);
    }
    if cfg!(miri) {
        return;
    }
    assert_laws_of! {
        // Contiguous: one row.
        large.slice(s![0, ..2, ..]);
        // Rows of three cells and of one.
        large.slice(s![1, ..;-2, 2..]);
        large.slice(s![.., 3, ..1]);
        // Three dimensions that cannot be merged.
        large.slice(s![..2, ..3, ..;2]);
        large.slice(s![..3, ..;-2, ..]).reversed_axes().slice_move(s![..2, .., ..]);
        // One cell, and none.
        large.slice(s![2, 3, 4]);
        large.slice(s![2..3, 3..4, 4..]);
        large.slice(s![.., 3..3, ..2]);
        large.slice(s![..2, .., 4..4]);
    }
}

#[test]
fn the_laws_hold_for_an_index_and_windows() {
    let input = Array2::from_shape_fn(or_under_miri((6, 5), (5, 3)), |(i, j)| 10 * i + j);
    let input = input.slice(s![..;-1, ..]);
    let items: Vec<_> = input
        .windows((3, 2))
        .into_iter()
        .zip(input.interior::<3, 2>().indexed_iter())
        .map(|(window, (at, &centre))| (at, window.iter().copied().collect::<Vec<_>>(), centre))
        .collect();
    assert_eq!(items.len(), or_under_miri(16, 6));
    for advances in advances() {
        let iter = Zip::indexed(input.array_windows::<3, 2>()).and(input.interior::<3, 2>()).into_iter();
        assert_laws_after(iter, &items, advances, |(at, window, centre)| {
            (at, window.to_array().as_flattened().to_vec(), *centre)
        });
    }
}

#[test]
fn the_laws_hold_for_the_cells_of_a_window() {
    fn assert_laws_of_windows<const K: usize, const L: usize>() {
        let input = Array2::from_shape_fn((K + 1, L + 2), |(i, j)| 100 * i + j);
        for input in [input.view(), input.slice(s![..;-1, ..])] {
            let (window, centre) =
                Zip::from(input.array_windows::<K, L>()).and(input.interior::<K, L>()).into_iter().nth(4).expect("six");
            assert_eq!(window.center(), centre);
            let cells: Vec<usize> = input.slice(s![1..=K, 1..=L]).iter().copied().collect();
            for advances in advances() {
                assert_laws_after(window.iter(), &cells, advances, |cell| *cell);
            }
        }
    }
    assert_laws_of_windows::<2, 3>();
    if !cfg!(miri) {
        assert_laws_of_windows::<1, 1>();
        assert_laws_of_windows::<1, 4>();
        assert_laws_of_windows::<3, 1>();
        assert_laws_of_windows::<5, 4>();
    }
}

// Known trap: with zero-sized elements, iterators that compare pointers yield nothing or loop
// forever (#234, #542).
#[test]
fn the_laws_hold_for_zero_sized_cells() {
    let units = Array2::from_elem((4, 6), ());
    let parts = [(units.slice(s![..;-2, 1..;2]), (2, 3)), (units.view(), (4, 6)), (units.t(), (6, 4))];
    for (units, shape) in parts.into_iter().take(or_under_miri(3, 1)) {
        let indices: Vec<_> = ndarray::indices(shape).into_iter().collect();
        for advances in advances() {
            assert_laws_after(Zip::indexed(units).and(&units).into_iter(), &indices, advances, |(index, (), ())| index);
            let nothings = vec![(); indices.len()];
            assert_laws_after(Zip::from(units).into_iter(), &nothings, advances, |((),)| ());
        }
    }
}

#[test]
fn an_iterator_of_nine_operands_and_an_index_gives_tuples_of_ten() {
    let a = Array2::from_shape_fn((3, 2).f(), |(i, j)| 10 * i + j);
    let mut out = Array2::zeros((3, 2));
    let zip = Zip::indexed(&mut out).and(&a).and(&a).and(&a).and(&a).and(&a).and(&a).and(&a).and(&a);
    for ((i, j), out, b, c, d, e, f, g, h, k) in zip {
        *out = i + j + b + c + d + e + f + g + h + k;
    }
    assert_eq!(out, Array2::from_shape_fn((3, 2), |(i, j)| i + j + 8 * (10 * i + j)));
}

#[test]
fn one_operand_gives_tuples_of_one() {
    let array = array![[1, 2], [3, 4]];
    let items: Vec<(&i32,)> = Zip::from(array.t()).into_iter().collect();
    assert_eq!(items, [(&1,), (&3,), (&2,), (&4,)]);
    assert_eq!(Zip::from(&arr0(7)).into_iter().collect::<Vec<_>>(), [(&7,)]);
}

#[test]
fn an_iterator_prints_its_number_of_operands_and_remaining_items() {
    let array = array![[1, 2, 3], [4, 5, 6]];
    let mut iter = Zip::indexed(&array).and(array.array_windows::<1, 1>()).into_iter();
    iter.next_back();
    assert_eq!(format!("{iter:?}"), "ZipIter { operands: 3, len: 5 }");
}

// Known trap: element counts that wrap, axes longer than any memory.
#[test]
fn as_many_items_as_can_be_counted_are_counted_and_skipped() {
    let one = arr0(7_u8);
    let most = isize::MAX.cast_unsigned();
    let half = 1_usize << (usize::BITS / 2 - 1);
    let line = one.broadcast(most).expect("within ndarray's limits");
    let mut iter = Zip::indexed(line).into_iter();
    assert_eq!((iter.len(), iter.size_hint()), (most, (most, Some(most))));
    assert_eq!(iter.clone().count(), most);
    assert_eq!(iter.clone().last(), Some((most - 1, &7)));
    assert_eq!(iter.nth(most - 3), Some((most - 3, &7)));
    assert_eq!(iter.next_back(), Some((most - 1, &7)));
    assert_eq!(iter.len(), 1);
    assert_eq!(iter.nth(usize::MAX), None);
    assert_eq!((iter.len(), iter.next_back()), (0, None));

    // With an index one row at a time; without one all cells as a single row.
    let square = one.broadcast((half, half)).expect("within ndarray's limits");
    let mut iter = Zip::indexed(square).into_iter();
    assert_eq!(iter.len(), half * half);
    assert_eq!(iter.nth(half * half / 2 + 5), Some(((half / 2, 5), &7)));
    assert_eq!(iter.nth_back(half * half / 4), Some(((half - half / 4 - 1, half - 1), &7)));
    assert_eq!(iter.len(), half * half / 2 - 6 - half * half / 4 - 1);
    assert_eq!(iter.nth_back(usize::MAX), None);
    assert_eq!((iter.len(), iter.next()), (0, None));
    let mut iter = Zip::from(square).and(square).into_iter();
    assert_eq!(iter.nth_back(half * half - 2), Some((&7, &7)));
    assert_eq!(iter.nth(1), None);
    assert_eq!(Zip::from(square).into_iter().last(), Some((&7,)));

    let units = Array2::from_elem((most, 0), ());
    assert_eq!(Zip::indexed(&units).into_iter().len(), 0);
    assert!(Zip::indexed(&units).into_iter().nth_back(usize::MAX).is_none());
}
