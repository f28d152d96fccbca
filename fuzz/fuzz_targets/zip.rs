//! Zips of one to ten operands of any shape and layout, walked in every way, against ndarray: its
//! `Zip` determines the order of visits, and its iterators the operands' items.
#![no_main]

mod common;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ndarray::{Array, ArrayView, Dimension, FoldWhile, Ix1, Ix2, Ix3, IxDyn};
use ndarray_lockstep::__private::Operand;
use ndarray_lockstep::Zip;

use common::{
    AnyItem, Elem, End, Item, Layout, LayoutBytes, Owned, RowItem, Step, Visits, abort_at_panics, dim, drive,
    id_of_index, panic_message, until_planned_panic,
};

#[derive(Arbitrary, Debug)]
struct Input {
    element: u8,
    dimension: u8,
    arity: u8,
    lengths: [u8; 5],
    layouts: [LayoutBytes; 10],
    ops: Vec<Op>,
}

/// One walk over the zip.
#[derive(Arbitrary, Clone, Debug)]
enum Op {
    ForEach {
        panic_at: Option<u8>,
    },
    ForEachMarked {
        panic_at: Option<u8>,
    },
    SimdForEach {
        panic_at: Option<u8>,
    },
    SimdForEachUnordered,
    Fold {
        panic_at: Option<u8>,
    },
    SimdFold {
        panic_at: Option<u8>,
    },
    FoldWhile {
        until: u8,
    },
    All {
        until: u8,
    },
    Any {
        until: u8,
    },
    /// Keeps all items, and uses them in reverse order after the walk.
    Keep {
        simd: bool,
    },
    Rows {
        panic_at: Option<u8>,
    },
    Iter {
        steps: Vec<Step>,
        end: End,
    },
    /// Halves, quarters or eighths, each walked with `for_each` or with an iterator.
    Split {
        depth: u8,
        iterate: bool,
    },
}

/// The most operands that a zip has.
const MOST: usize = 10;

/// The items of one cell. The last ones are meaningless if there are fewer operands.
type Items<'a, T> = [AnyItem<'a, T>; MOST];

/// The operand in a slot of a zip.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Index,
    Shared,
    Mutable,
    Broadcast,
}

/// The result of a walk, besides its visits.
#[derive(Debug, PartialEq)]
enum Outcome {
    Nothing,
    Panicked,
    Number(usize),
    Ended(bool, usize),
    Answer(bool),
    /// The operand and its stride along the last axis.
    NoRows(usize, isize),
    Log(Vec<usize>),
    /// The order of visits is not promised.
    AnyOrder,
}

/// Walks a zip of some arity with the crate.
macro_rules! walk {
    ($walk:ident $leaves:ident: $($P:ident $p:ident),+) => {
        fn $walk<Dim, $($P),+>(zip: Zip<($($P,)+), Dim>, cols: usize, op: &Op, visits: &mut Visits) -> Outcome
        where
            Dim: Dimension,
            $($P: Operand<Dim = Dim, Item: Item, Row: RowItem>,)+
        {
            let visit = |visits: &mut Visits, items: &mut [&mut dyn Item]| {
                let mut ids = [0; MOST];
                ids.iter_mut().zip(&*items).for_each(|(id, item)| *id = item.id());
                let new = visits.note(&ids[..items.len()]);
                items.iter_mut().enumerate().for_each(|(number, item)| item.set(new + number));
                new
            };
            let ended = |panicked: Option<Outcome>| panicked.unwrap_or(Outcome::Panicked);
            match *op {
                Op::ForEach { .. } => ended(until_planned_panic(|| {
                    zip.for_each(|$(mut $p),+| {
                        visit(visits, &mut [$(&mut $p),+]);
                    });
                    Outcome::Nothing
                })),
                Op::ForEachMarked { .. } => ended(until_planned_panic(|| {
                    zip.for_each_marked(|$(mut $p),+| {
                        visit(visits, &mut [$(&mut $p),+]);
                    });
                    Outcome::Nothing
                })),
                Op::SimdForEach { .. } => ended(until_planned_panic(|| {
                    zip.simd_for_each_ordered(|$(mut $p),+| {
                        visit(visits, &mut [$(&mut $p),+]);
                    });
                    Outcome::Nothing
                })),
                Op::SimdForEachUnordered => {
                    let visits = std::cell::RefCell::new(visits);
                    zip.simd_for_each(|$(mut $p),+| {
                        visit(&mut visits.borrow_mut(), &mut [$(&mut $p),+]);
                    });
                    Outcome::AnyOrder
                }
                Op::Fold { .. } => ended(until_planned_panic(|| {
                    Outcome::Number(zip.fold(1, |acc, $(mut $p),+| visit(visits, &mut [$(&mut $p),+]) ^ acc / 3))
                })),
                Op::SimdFold { .. } => ended(until_planned_panic(|| {
                    Outcome::Number(zip.simd_fold(1, |acc, $(mut $p),+| visit(visits, &mut [$(&mut $p),+]) ^ acc / 3))
                })),
                Op::FoldWhile { until } => {
                    let folded = zip.fold_while(1, |acc, $(mut $p),+| {
                        let acc = visit(visits, &mut [$(&mut $p),+]) ^ acc / 3;
                        if visits.calls > usize::from(until) { FoldWhile::Done(acc) } else { FoldWhile::Continue(acc) }
                    });
                    Outcome::Ended(folded.is_done(), folded.into_inner())
                }
                Op::All { until } => Outcome::Answer(zip.all(|$(mut $p),+| {
                    visit(visits, &mut [$(&mut $p),+]);
                    visits.calls <= usize::from(until)
                })),
                Op::Any { until } => Outcome::Answer(zip.any(|$(mut $p),+| {
                    visit(visits, &mut [$(&mut $p),+]);
                    visits.calls > usize::from(until)
                })),
                Op::Keep { simd } => {
                    let mut kept = Vec::new();
                    if simd {
                        zip.simd_for_each_ordered(|$($p),+| kept.push(($($p,)+)));
                    } else {
                        zip.for_each(|$($p),+| kept.push(($($p,)+)));
                    }
                    for ($($p,)+) in kept.iter_mut().rev() {
                        visit(visits, &mut [$($p),+]);
                    }
                    Outcome::Nothing
                }
                Op::Rows { .. } => ended(until_planned_panic(|| {
                    let result = zip.for_each_row(|$(mut $p),+| {
                        let rows: &mut [&mut dyn RowItem] = &mut [$(&mut $p),+];
                        assert!(rows.iter().all(|row| row.cells().is_none_or(|cells| cells == cols)));
                        for col in 0..cols {
                            let mut ids = [0; MOST];
                            ids.iter_mut().zip(&*rows).for_each(|(id, row)| *id = row.id(col));
                            let new = visits.note(&ids[..rows.len()]);
                            for (number, row) in rows.iter_mut().enumerate() {
                                row.set(col, new + number);
                            }
                        }
                    });
                    match result {
                        Ok(()) => Outcome::Nothing,
                        Err(error) => Outcome::NoRows(error.operand(), error.stride()),
                    }
                })),
                Op::Iter { ref steps, end } => {
                    let (mut items, log) = drive(zip.into_iter(), steps, end);
                    for ($($p,)+) in &mut items {
                        visit(visits, &mut [$($p),+]);
                    }
                    Outcome::Log(log)
                }
                Op::Split { depth, iterate } => {
                    let size = zip.size();
                    let mut calls = 0;
                    for leaf in $leaves(zip, depth % 4) {
                        let leaf_size = leaf.size();
                        if iterate {
                            leaf.into_iter().for_each(|($(mut $p,)+)| {
                                visit(visits, &mut [$(&mut $p),+]);
                            });
                        } else {
                            leaf.for_each(|$(mut $p),+| {
                                visit(visits, &mut [$(&mut $p),+]);
                            });
                        }
                        assert_eq!(visits.calls, calls + leaf_size, "a part has the size it says");
                        calls = visits.calls;
                    }
                    assert_eq!(visits.calls, size, "the parts have the size of the whole");
                    Outcome::AnyOrder
                }
            }
        }

        /// The zip, split `depth` times.
        fn $leaves<Dim, $($P),+>(zip: Zip<($($P,)+), Dim>, depth: u8) -> Vec<Zip<($($P,)+), Dim>>
        where
            Dim: Dimension,
            $($P: Operand<Dim = Dim>,)+
        {
            let mut leaves = vec![zip];
            for _ in 0..depth {
                leaves = leaves
                    .into_iter()
                    .flat_map(|zip| {
                        let size = zip.size();
                        let (first, second) = zip.split();
                        assert!(size < 2 || first.size() > 0 && second.size() > 0, "both parts have cells");
                        [first, second]
                    })
                    .collect();
            }
            leaves
        }
    };
}

walk!(walk_1 split_1: A a);
walk!(walk_2 split_2: A a, B b);
walk!(walk_3 split_3: A a, B b, C c);
walk!(walk_4 split_4: A a, B b, C c, E e);
walk!(walk_6 split_6: A a, B b, C c, E e, F f, G g);
walk!(walk_10 split_10: A a, B b, C c, E e, F f, G g, H h, I i, J j, K k);

/// The arrays of a zip, and their memory layout.
struct Case<D> {
    shape: Vec<usize>,
    kinds: &'static [Kind],
    layouts: Vec<Layout>,
    /// The shape of each operand before it is broadcast.
    shapes: Vec<Vec<usize>>,
    dim: D,
}

impl<D: Dimension> Case<D> {
    fn new(input: &Input, shape: Vec<usize>, kinds: &'static [Kind]) -> Self {
        let layouts = kinds
            .iter()
            .zip(&input.layouts)
            .map(|(&kind, bytes)| bytes.layout(shape.len(), kind == Kind::Shared))
            .collect();
        let shapes = kinds
            .iter()
            .zip(&input.layouts)
            .map(|(&kind, bytes)| if kind == Kind::Broadcast { bytes.broadcast_shape(&shape) } else { shape.clone() })
            .collect();
        Case { dim: dim(&shape), shape, kinds, layouts, shapes }
    }

    fn stored<T: Elem>(&self) -> Vec<Array<T, D>> {
        let numbered = |(slot, (layout, shape)): (usize, (&Layout, &Vec<usize>))| {
            layout.stored(shape, |cell| T::new(slot * 100_000 + cell))
        };
        self.layouts.iter().zip(&self.shapes).enumerate().map(numbered).collect()
    }

    /// The stride along the last axis of the first operand whose rows are not slices.
    fn first_without_rows<T: Elem>(&self, stored: &[Array<T, D>]) -> Option<(usize, isize)> {
        let last = self.shape.len().checked_sub(1)?;
        if self.shape[last] <= 1 || self.shape.contains(&0) {
            return None;
        }
        self.kinds.iter().enumerate().find_map(|(slot, &kind)| {
            let stride = match kind {
                Kind::Index => 1,
                _ => self.shared(slot, stored).strides()[last],
            };
            (stride != 1).then_some((slot + 1, stride))
        })
    }

    fn shared<'a, T: Elem>(&self, slot: usize, stored: &'a [Array<T, D>]) -> ArrayView<'a, T, D> {
        let view = self.layouts[slot].view(&self.shapes[slot], &stored[slot]);
        match self.kinds[slot] {
            // The view's own lifetime ends here, but not that of its elements.
            Kind::Broadcast => {
                let stretched = view.broadcast(self.dim.clone()).expect("axes of length 1 stretch").raw_view();
                // SAFETY: it shows elements of `stored`, which are shared for 'a.
                unsafe { stretched.deref_into_view() }
            }
            _ => view,
        }
    }

    /// The items of every cell in row-major or column-major order.
    fn items<'a, T: Elem>(&self, stored: &'a mut [Array<T, D>], row_major: bool) -> Vec<Items<'a, T>> {
        let mut items: Vec<Items<'a, T>> = Vec::with_capacity(self.dim.size());
        items.extend((0..self.dim.size()).map(|_| [const { AnyItem::Index(0) }; MOST]));
        let put = |items: &mut [Items<'a, T>], slot: usize, of_slot: &mut dyn Iterator<Item = AnyItem<'a, T>>| {
            items.iter_mut().for_each(|cell| cell[slot] = of_slot.next().expect("an item for every cell"));
            assert!(of_slot.next().is_none(), "no item beside the cells");
        };
        for (slot, stored) in stored.iter_mut().enumerate() {
            let layout = &self.layouts[slot];
            match self.kinds[slot] {
                Kind::Index => {
                    let indices = ndarray::indices(self.dim.clone());
                    let number = |index: D::Pattern| id_of_index(ndarray::IntoDimension::into_dimension(index).slice());
                    let mut numbers = Array::from_iter(indices.into_iter().map(number))
                        .into_shape_with_order(self.dim.clone())
                        .expect("a number a cell");
                    if !row_major {
                        numbers = numbers.reversed_axes();
                    }
                    put(&mut items, slot, &mut numbers.iter().map(|&id| AnyItem::Index(id)));
                }
                Kind::Mutable => {
                    let mut view = layout.view_mut(&self.shape, stored);
                    if !row_major {
                        view = view.reversed_axes();
                    }
                    put(&mut items, slot, &mut view.into_iter().map(AnyItem::Mutable));
                }
                Kind::Shared | Kind::Broadcast => {
                    let mut view = layout.view(&self.shapes[slot], stored);
                    if !row_major {
                        view = view.reversed_axes();
                    }
                    let mut dim = self.dim.clone();
                    if !row_major {
                        dim.slice_mut().reverse();
                    }
                    let stretched = view.broadcast(dim).expect("axes of length 1 stretch").raw_view();
                    // SAFETY: it shows elements of `stored`, which are shared for 'a.
                    let view: ArrayView<'a, T, D> = unsafe { stretched.deref_into_view() };
                    put(&mut items, slot, &mut view.into_iter().map(AnyItem::Shared));
                }
            }
        }
        items
    }

    /// The naive walk.
    fn walk<T: Elem>(&self, stored: &mut [Array<T, D>], row_major: bool, op: &Op, visits: &mut Visits) -> Outcome {
        let row_major = row_major || matches!(op, Op::Rows { .. } | Op::Iter { .. });
        if let (Op::Rows { .. }, Some((operand, stride))) = (op, self.first_without_rows(stored)) {
            return Outcome::NoRows(operand, stride);
        }
        let items = self.items(stored, row_major);
        let visit = |visits: &mut Visits, items: &mut Items<'_, T>| {
            let ids = items.each_ref().map(Item::id);
            let new = visits.note(&ids[..self.kinds.len()]);
            items.iter_mut().enumerate().for_each(|(number, item)| item.set(new + number));
            new
        };
        match *op {
            Op::ForEach { .. } | Op::ForEachMarked { .. } | Op::SimdForEach { .. } | Op::Rows { .. } => {
                let done = until_planned_panic(|| {
                    for mut items in items {
                        visit(visits, &mut items);
                    }
                });
                if done.is_some() { Outcome::Nothing } else { Outcome::Panicked }
            }
            Op::SimdForEachUnordered | Op::Split { .. } => {
                for mut items in items {
                    visit(visits, &mut items);
                }
                Outcome::AnyOrder
            }
            Op::Fold { .. } | Op::SimdFold { .. } => {
                let folded = until_planned_panic(|| {
                    items.into_iter().fold(1, |acc, mut items| visit(visits, &mut items) ^ (acc / 3))
                });
                folded.map_or(Outcome::Panicked, Outcome::Number)
            }
            Op::FoldWhile { until } => {
                let (cells, visited) = (items.len(), usize::from(until) + 1);
                let acc =
                    items.into_iter().take(visited).fold(1, |acc, mut items| visit(visits, &mut items) ^ (acc / 3));
                Outcome::Ended(visited <= cells, acc)
            }
            Op::All { until } | Op::Any { until } => {
                let (cells, visited) = (items.len(), usize::from(until) + 1);
                for mut items in items.into_iter().take(visited) {
                    visit(visits, &mut items);
                }
                Outcome::Answer((visited <= cells) == matches!(op, Op::Any { .. }))
            }
            Op::Keep { .. } => {
                for mut items in items.into_iter().rev() {
                    visit(visits, &mut items);
                }
                Outcome::Nothing
            }
            Op::Iter { ref steps, end } => {
                let (items, log) = drive(items.into_iter(), steps, end);
                for mut items in items {
                    visit(visits, &mut items);
                }
                Outcome::Log(log)
            }
        }
    }

    /// Whether ndarray, which visited the cells at `addresses`, walked in row-major order.
    fn is_row_major(&self, stored: &mut [Array<u32, D>], addresses: &[usize]) -> bool {
        let mut in_order = |row_major| {
            let items = self.items(stored, row_major);
            items.iter().flatten().filter_map(AnyItem::address).eq(addresses.iter().copied())
        };
        in_order(true) || {
            assert!(in_order(false), "ndarray walks in row-major or column-major order");
            false
        }
    }
}

/// Runs the walks of an input over a zip of one arity, with the crate and naively.
macro_rules! case {
    ($case:ident $walk:ident $(by $ndarray:ident)?: $first:ident $a:literal $(, $kind:ident $slot:literal)*) => {
        fn $case<T: Elem, D: Dimension>(input: &Input, shape: Vec<usize>)
        where
            D::Pattern: Item + RowItem,
        {
            let case = Case::<D>::new(input, shape, case!(@kinds $first $(, $kind)*));
            let (mut ours, mut theirs) = (case.stored::<T>(), case.stored::<T>());
            // ndarray has no zips of more than six operands, so either order is accepted for these.
            // Indices do not affect the order, and ndarray has no operand for those of dynamic
            // dimension.
            let orders: &[bool] = case!(@orders $($ndarray)? case: $first $a $(, $kind $slot)*);
            for op in input.ops.iter().take(3) {
                if matches!(op, Op::Split { .. }) && case.shape.is_empty() {
                    continue;
                }
                let panic_at = match *op {
                    Op::ForEach { panic_at }
                    | Op::ForEachMarked { panic_at }
                    | Op::SimdForEach { panic_at }
                    | Op::Fold { panic_at }
                    | Op::SimdFold { panic_at }
                    | Op::Rows { panic_at } => panic_at.map(usize::from),
                    _ => None,
                };
                let mut visits = Visits::new(panic_at);
                let outcome = {
                    let mut stored = ours.iter_mut();
                    let zip = case!(@first $first case stored $a);
                    $(let zip = case!(@and $kind zip case stored $slot);)*
                    assert_eq!(zip.size(), case.dim.size());
                    $walk(zip, case.shape.last().copied().unwrap_or(1), op, &mut visits)
                };
                let mut expected = None;
                for &row_major in orders {
                    let mut after: Vec<Array<T, D>> = theirs.iter().map(|array| array.map(|cell| T::new(cell.id()))).collect();
                    let mut expected_visits = Visits::new(panic_at);
                    let expected_outcome = case.walk(&mut after, row_major, op, &mut expected_visits);
                    if outcome == Outcome::AnyOrder {
                        sort_visits(&mut visits.ids, case.kinds.len());
                        sort_visits(&mut expected_visits.ids, case.kinds.len());
                    }
                    let same = visits == expected_visits && outcome == expected_outcome && ours == after;
                    expected = Some((after, expected_visits, expected_outcome));
                    if same {
                        break;
                    }
                }
                let (after, expected_visits, expected_outcome) = expected.expect("there is an order");
                assert_eq!(outcome, expected_outcome, "{op:?}");
                assert_eq!(visits, expected_visits, "{op:?}");
                assert_eq!(ours, after, "{op:?}");
                theirs = after;
            }
        }
    };
    (@kinds $($kind:ident),+) => { &[$(case!(@kind $kind)),+] };
    (@kind index) => { Kind::Index };
    (@kind shared) => { Kind::Shared };
    (@kind mutable) => { Kind::Mutable };
    (@kind broadcast) => { Kind::Broadcast };

    (@first mutable $case:ident $stored:ident $slot:literal) => {
        Zip::from($case.layouts[$slot].view_mut(&$case.shape, $stored.next().expect("a slot")))
    };
    // An index comes before the first array and shares that array's slot.
    (@first index $case:ident $stored:ident $slot:literal) => {{
        let _index = $stored.next();
        Zip::indexed($case.layouts[1].view_mut(&$case.shape, $stored.next().expect("a slot")))
    }};
    (@and indexed $zip:ident $case:ident $stored:ident $slot:literal) => { $zip };
    (@and mutable $zip:ident $case:ident $stored:ident $slot:literal) => {
        $zip.and($case.layouts[$slot].view_mut(&$case.shape, $stored.next().expect("a slot")))
    };
    (@and shared $zip:ident $case:ident $stored:ident $slot:literal) => {{
        let stored: &Array<T, D> = $stored.next().expect("a slot");
        $zip.and($case.layouts[$slot].view(&$case.shape, stored))
    }};
    (@and broadcast $zip:ident $case:ident $stored:ident $slot:literal) => {{
        let stored: &Array<T, D> = $stored.next().expect("a slot");
        $zip.and_broadcast($case.layouts[$slot].view(&$case.shapes[$slot], stored))
    }};
    (@kind indexed) => { Kind::Mutable };

    (@orders $case:ident: $($rest:tt)+) => { &[true, false] };
    (@orders $ndarray:ident $case:ident: $first:ident $a:literal $(, $kind:ident $slot:literal)*) => {{
        // Elements with distinct addresses.
        let mut stored = $case.stored::<u32>();
        let mut addresses = Vec::new();
        {
            let zip = case!(@ndarray $first $case stored $a);
            $(let zip = case!(@ndarray_and $kind zip $case stored $slot);)*
            $ndarray!(zip, addresses);
        }
        &[$case.is_row_major(&mut stored, &addresses)]
    }};
    (@ndarray mutable $case:ident $stored:ident $slot:literal) => { ndarray::Zip::from($case.shared($slot, &$stored)) };
    (@ndarray index $case:ident $stored:ident $slot:literal) => { ndarray::Zip::from($case.shared(1, &$stored)) };
    (@ndarray_and indexed $zip:ident $case:ident $stored:ident $slot:literal) => { $zip };
    (@ndarray_and $kind:ident $zip:ident $case:ident $stored:ident $slot:literal) => { $zip.and($case.shared($slot, &$stored)) };
}

/// Records the addresses of the items in ndarray's zip of some arity.
macro_rules! addresses {
    ($name:ident: $($p:ident),+) => {
        macro_rules! $name {
            ($zip:ident, $addresses:ident) => { $zip.for_each(|$($p),+| $addresses.extend([$(std::ptr::from_ref($p).addr()),+])) };
        }
    };
}

addresses!(by_1: a);
addresses!(by_2: a, b);
addresses!(by_4: a, b, c, d);
addresses!(by_5: a, b, c, d, e);

fn sort_visits(ids: &mut Vec<usize>, arity: usize) {
    let mut visits: Vec<&[usize]> = ids.chunks(arity).collect();
    visits.sort_unstable();
    *ids = visits.concat();
}

case!(case_1 walk_1 by by_1: mutable 0);
case!(case_2 walk_2 by by_2: mutable 0, shared 1);
case!(case_3 walk_3 by by_2: index 0, indexed 1, shared 2);
case!(case_4 walk_4 by by_4: mutable 0, shared 1, broadcast 2, mutable 3);
case!(case_6 walk_6 by by_5: index 0, indexed 1, shared 2, mutable 3, broadcast 4, shared 5);
case!(case_10 walk_10: index 0, indexed 1, shared 2, mutable 3, shared 4, broadcast 5, mutable 6, shared 7, mutable 8, shared 9);

/// Operands of another shape are refused, and the error names them.
fn mismatch(input: &Input, shape: &[usize]) {
    let other: Vec<usize> =
        shape.iter().zip(&input.lengths).map(|(&len, &byte)| len ^ usize::from(byte >> 6 & 1)).collect();
    let a = Array::<(), IxDyn>::default(shape);
    let b = Array::<(), IxDyn>::default(&*other);
    let zip = || Zip::from(&a).and(&a);
    match zip().try_and(&b) {
        Ok(_) => assert_eq!(shape, other),
        Err(error) => {
            assert_ne!(shape, other);
            assert_eq!((error.operand(), error.shape(), error.expected()), (3, &*other, shape));
            assert_eq!(panic_message(|| drop(zip().and(&b))), error.to_string());
        }
    }
    match zip().try_and_broadcast(&b) {
        Ok(zip) => {
            assert!(b.broadcast(shape).is_some());
            assert_eq!(zip.size(), a.len());
        }
        Err(error) => {
            assert!(b.broadcast(shape).is_none());
            assert_eq!((error.operand(), error.shape(), error.expected()), (3, &*other, shape));
            assert_eq!(panic_message(|| drop(zip().and_broadcast(&b))), error.to_string());
        }
    }
}

/// Lengths with at most 36 cells in total, including 0 and 1.
fn shape(input: &Input, ndim: usize) -> Vec<usize> {
    let longest = [0, 40, 12, 6, 4, 3][ndim];
    let mut shape: Vec<usize> =
        input.lengths[..ndim].iter().map(|&byte| usize::from(byte & 63) % (longest + 1)).collect();
    while shape.iter().product::<usize>() > 36 {
        shape.iter_mut().for_each(|len| *len = len.div_ceil(2));
    }
    shape
}

/// A zip of one of the arities and dimensions. Combining every arity with every dimension would
/// take the compiler a quarter of an hour.
fn of_elements<T: Elem>(input: &Input) {
    let any_ndim = usize::from(input.dimension >> 3) % 6;
    match (input.arity % 8, input.dimension % 4) {
        (0 | 1, 0) => case_2::<T, Ix1>(input, shape(input, 1)),
        (0 | 1, 1 | 2) => case_4::<T, Ix2>(input, shape(input, 2)),
        (0 | 1, _) => case_3::<T, Ix3>(input, shape(input, 3)),
        (2, _) => case_1::<T, Ix2>(input, shape(input, 2)),
        (3, _) => case_3::<T, Ix2>(input, shape(input, 2)),
        (4, _) => case_4::<T, IxDyn>(input, shape(input, any_ndim)),
        (5, _) => case_2::<T, IxDyn>(input, shape(input, any_ndim)),
        (6, _) => case_6::<T, IxDyn>(input, shape(input, any_ndim)),
        _ => case_10::<T, Ix2>(input, shape(input, 2)),
    }
}

fuzz_target!(
    init: abort_at_panics(),
    |input: Input| {
        match input.element % 4 {
            0 | 1 => of_elements::<u32>(&input),
            2 => of_elements::<Owned>(&input),
            _ => of_elements::<()>(&input),
        }
        if input.ops.is_empty() {
            mismatch(&input, &shape(&input, usize::from(input.dimension >> 3) % 6));
        }
    }
);
