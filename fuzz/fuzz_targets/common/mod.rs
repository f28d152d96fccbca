//! What the targets share: elements that can be told apart, layouts out of bytes, and closures that
//! panic as planned.
#![allow(dead_code, reason = "every target is compiled with its own copy, and uses its own part of it")]

#[path = "../../../tests/common/layout.rs"]
mod layout;

use std::cell::Cell;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use arbitrary::Arbitrary;
use ndarray::{Dim, Dimension, IxDyn};

pub(crate) use layout::{AxisLayout, Layout};

/// An element with a number that tells it from others, as far as its type can.
pub(crate) trait Elem: Debug + PartialEq + 'static {
    fn new(id: usize) -> Self;
    fn id(&self) -> usize;
}

/// A primitive element.
impl Elem for u32 {
    fn new(id: usize) -> Self {
        id as u32
    }

    fn id(&self) -> usize {
        *self as usize
    }
}

/// An element of size zero.
impl Elem for () {
    fn new(_id: usize) -> Self {}

    fn id(&self) -> usize {
        0
    }
}

/// An element that owns memory: one that is read where there is none, dropped twice or leaked is
/// found by the sanitizer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Owned(Box<u32>);

impl Elem for Owned {
    fn new(id: usize) -> Self {
        Owned(Box::new(id as u32))
    }

    fn id(&self) -> usize {
        *self.0 as usize
    }
}

/// What a closure gets of one operand.
pub(crate) trait Item {
    fn id(&self) -> usize;
    fn set(&mut self, _id: usize) {}
}

impl<T: Elem> Item for &T {
    fn id(&self) -> usize {
        T::id(self)
    }
}

impl<T: Elem> Item for &mut T {
    fn id(&self) -> usize {
        T::id(self)
    }

    fn set(&mut self, id: usize) {
        **self = T::new(id);
    }
}

/// The number of an index; that of the next one along the last axis is one more.
pub(crate) fn id_of_index(index: &[usize]) -> usize {
    index.iter().fold(0, |id, &i| id * 1000 + i)
}

impl Item for usize {
    fn id(&self) -> usize {
        *self
    }
}

impl Item for (usize, usize) {
    fn id(&self) -> usize {
        id_of_index(&[self.0, self.1])
    }
}

impl Item for (usize, usize, usize) {
    fn id(&self) -> usize {
        id_of_index(&[self.0, self.1, self.2])
    }
}

impl Item for IxDyn {
    fn id(&self) -> usize {
        id_of_index(self.slice())
    }
}

/// What a closure gets of one operand of a walk by rows.
pub(crate) trait RowItem {
    fn id(&self, col: usize) -> usize;
    fn set(&mut self, _col: usize, _id: usize) {}
    /// The number of cells, where it can be told.
    fn cells(&self) -> Option<usize> {
        None
    }
}

impl<T: Elem> RowItem for &[T] {
    fn id(&self, col: usize) -> usize {
        self[col].id()
    }

    fn cells(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl<T: Elem> RowItem for &mut [T] {
    fn id(&self, col: usize) -> usize {
        self[col].id()
    }

    fn set(&mut self, col: usize, id: usize) {
        self[col] = T::new(id);
    }

    fn cells(&self) -> Option<usize> {
        Some(self.len())
    }
}

/// The index of a row's first cell.
macro_rules! index_of_a_row {
    ($($Index:ty),+) => {$(
        impl RowItem for $Index {
            fn id(&self, col: usize) -> usize {
                Item::id(self) + col
            }
        }
    )+};
}

index_of_a_row!(usize, (usize, usize), (usize, usize, usize), IxDyn);

/// An item of any operand: what the naive walk is made of.
pub(crate) enum AnyItem<'a, T> {
    Shared(&'a T),
    Mutable(&'a mut T),
    Index(usize),
}

impl<T: Elem> AnyItem<'_, T> {
    /// Where the item is, unless it is an index.
    pub(crate) fn address(&self) -> Option<usize> {
        match self {
            AnyItem::Shared(item) => Some(std::ptr::from_ref(*item).addr()),
            AnyItem::Mutable(item) => Some(std::ptr::from_ref(&**item).addr()),
            AnyItem::Index(_) => None,
        }
    }
}

impl<T: Elem> Item for AnyItem<'_, T> {
    fn id(&self) -> usize {
        match self {
            AnyItem::Shared(item) => item.id(),
            AnyItem::Mutable(item) => T::id(item),
            AnyItem::Index(id) => *id,
        }
    }

    fn set(&mut self, id: usize) {
        if let AnyItem::Mutable(item) = self {
            item.set(id);
        }
    }
}

/// What the visits of a walk were, and when one of them shall panic.
#[derive(Default, Debug, PartialEq)]
pub(crate) struct Visits {
    /// The numbers of the items of all visits, one after the other.
    pub(crate) ids: Vec<usize>,
    pub(crate) calls: usize,
    pub(crate) panic_at: Option<usize>,
}

impl Visits {
    pub(crate) fn new(panic_at: Option<usize>) -> Self {
        Visits { panic_at, ..Visits::default() }
    }

    /// Notes a visit; gives what to write to the cells. That depends on the items alone, not on the
    /// order of visits.
    pub(crate) fn note(&mut self, ids: &[usize]) -> usize {
        let call = self.calls;
        self.calls += 1;
        if self.panic_at == Some(call) {
            // Unlike `panic!` without a message.
            resume_unwind(Box::new(Planned));
        }
        self.ids.extend(ids);
        mixed(ids)
    }
}

/// A number made of others; their order matters.
pub(crate) fn mixed(ids: &[usize]) -> usize {
    ids.iter().fold(17, |mixed, &id| (mixed * 31 + id) % 1_000_003)
}

/// What a planned panic carries.
struct Planned;

/// Runs a closure that may panic as planned; any other panic goes on.
pub(crate) fn until_planned_panic<R>(f: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => Some(result),
        Err(payload) if payload.is::<Planned>() => None,
        Err(payload) => resume_unwind(payload),
    }
}

thread_local! {
    static PANIC_IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Makes panics abort, which is what the fuzzer notices, but for those that [`panic_message`]
/// expects.
pub(crate) fn abort_at_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !PANIC_IS_EXPECTED.get() {
            print(info);
            std::process::abort();
        }
    }));
}

/// The message with which a closure panics.
pub(crate) fn panic_message<R>(f: impl FnOnce() -> R) -> String {
    PANIC_IS_EXPECTED.set(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    PANIC_IS_EXPECTED.set(false);
    let payload = result.err().expect("a panic");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    }
}

/// How an array lies in memory, in bytes.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct LayoutBytes {
    kind: u8,
    permutation: u8,
    axes: [u8; 5],
}

impl LayoutBytes {
    /// A layout of `ndim` axes, stretched and overlapping ones among them if `share`.
    pub(crate) fn layout(&self, ndim: usize, share: bool) -> Layout {
        match self.kind % 8 {
            0 => Layout::contiguous(ndim, false),
            1 => Layout::contiguous(ndim, true),
            kind => {
                let axes = self.axes[..ndim].iter().map(|&byte| axis_layout(byte, share)).collect();
                Layout { axes, permutation: permutation(ndim, self.permutation), column_major: kind % 2 == 1 }
            }
        }
    }

    /// A layout of 2 axes whose columns lie side by side.
    pub(crate) fn layout_with_unit_columns(&self) -> Layout {
        let rows = axis_layout(self.axes[0], true);
        let cols = AxisLayout { step: 1, inverted: false, ..axis_layout(self.axes[1], false) };
        Layout { axes: vec![rows, cols], permutation: vec![0, 1], column_major: false }
    }

    /// A layout of 3 axes whose columns lie side by side. Planes and rows may have changed places.
    pub(crate) fn layout_of_tables_with_unit_columns(&self) -> Layout {
        let [planes, rows] = [0, 1].map(|axis| axis_layout(self.axes[axis], true));
        let cols = AxisLayout { step: 1, inverted: false, ..axis_layout(self.axes[2], false) };
        let permutation = if self.permutation % 4 == 3 { vec![1, 0, 2] } else { vec![0, 1, 2] };
        Layout { axes: vec![planes, rows, cols], permutation, column_major: false }
    }

    /// Which axes of an array that is broadcast have length 1.
    pub(crate) fn broadcast_shape(&self, shape: &[usize]) -> Vec<usize> {
        shape.iter().enumerate().map(|(axis, &len)| if self.kind >> (axis + 3) & 1 == 1 { 1 } else { len }).collect()
    }
}

fn axis_layout(byte: u8, share: bool) -> AxisLayout {
    let bits = |at: u8, modulus: u8| usize::from((byte >> at) % modulus);
    match byte % 4 {
        0 => AxisLayout::whole(),
        1 => AxisLayout { inverted: true, ..AxisLayout::whole() },
        2 if share && byte & 4 != 0 => AxisLayout { stretched: true, ..AxisLayout::whole() },
        2 if share && byte & 8 != 0 => {
            AxisLayout { overlap: Some(1 + bits(4, 8)), inverted: byte & 0x80 != 0, ..AxisLayout::whole() }
        }
        2 => AxisLayout::whole(),
        _ => AxisLayout {
            before: bits(2, 2),
            after: bits(3, 2),
            step: 1 + bits(4, 3),
            inverted: byte & 0x80 != 0,
            ..AxisLayout::whole()
        },
    }
}

/// Permutation number `number`, modulo their number.
fn permutation(ndim: usize, number: u8) -> Vec<usize> {
    let mut rest = usize::from(number);
    let mut axes: Vec<usize> = (0..ndim).collect();
    for axis in (1..ndim).rev() {
        axes.swap(axis, rest % (axis + 1));
        rest /= axis + 1;
    }
    axes
}

/// The shape `lengths` as a `D`.
pub(crate) fn dim<D: Dimension>(lengths: &[usize]) -> D {
    let mut dim = D::zeros(lengths.len());
    for (axis, &len) in lengths.iter().enumerate() {
        dim[axis] = len;
    }
    dim
}

/// The actions of a script on an iterator.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Step {
    Next,
    NextBack,
    Nth(u8),
    NthBack(u8),
    Len,
}

/// How an iterator ends.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum End {
    Drop,
    Count,
    Last,
    ForEach,
    Fold,
    /// A loop that a panic ends, and what is left after it.
    Panic(u8),
}

pub(crate) type Index2 = Dim<[usize; 2]>;

/// Takes items out of an iterator as `steps` and `end` say: the items, in the order in which they
/// came, and what it said of itself in between.
pub(crate) fn drive<I>(mut iter: I, steps: &[Step], end: End) -> (Vec<I::Item>, Vec<usize>)
where
    I: DoubleEndedIterator + ExactSizeIterator,
{
    let mut items = Vec::new();
    let mut log = vec![iter.len()];
    for step in steps {
        let item = match *step {
            Step::Next => iter.next(),
            Step::NextBack => iter.next_back(),
            Step::Nth(n) => iter.nth(usize::from(n % 32)),
            Step::NthBack(n) => iter.nth_back(usize::from(n % 32)),
            Step::Len => {
                let (least, most) = iter.size_hint();
                assert_eq!(Some(least), most, "the iterator knows its length");
                log.push(least);
                continue;
            }
        };
        log.push(usize::from(item.is_some()));
        items.extend(item);
    }
    log.push(iter.len());
    match end {
        End::Drop => drop(iter),
        End::Count => log.push(iter.count()),
        End::Last => items.extend(iter.last()),
        End::ForEach => iter.for_each(|item| items.push(item)),
        End::Fold => {
            let items = &mut items;
            log.push(iter.fold(0, |count, item| {
                items.push(item);
                count + 1
            }));
        }
        End::Panic(at) => {
            let mut visits = Visits::new(Some(usize::from(at)));
            until_planned_panic(|| {
                for item in iter.by_ref() {
                    visits.note(&[]);
                    items.push(item);
                }
            });
            log.push(iter.len());
            items.extend(iter.by_ref());
            assert!(iter.next().is_none() && iter.next_back().is_none(), "the iterator is fused");
        }
    }
    (items, log)
}
