//! Tests that the loops keep the contract of operands.
//!
//! The operands of arrays cannot detect a place outside the shape, or a second item of the same
//! cell. A walk that is wrong by one cell may go unnoticed, as long as there is memory after the
//! array. These tests use [`Checked`] instead: an operand with a shape, strides, and a set of
//! addresses in place of memory. A *place* is the position of an item, here an address. A *stride*
//! is the step from one place to the next. Every unsafe method asserts all conditions that
//! [`Operand`] requires of its caller.
//!
//! So without Miri these tests detect what Miri would detect in the loops of `zip` and `kernel`.
//! They also detect wrong places that are computed and never used. The tests do not cover the code
//! of the operands of arrays and windows, which turns a place into an item.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::vec::Vec;

use ndarray::{Dimension, Ix2, Ix3, IxDyn};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

use crate::kernel::cache::SetCounts;
use crate::kernel::plan;
use crate::operand::sealed::Sealed;
use crate::operand::{Operand, Place};
use crate::zip::AnyOrderOfNumbers;
use crate::{IntoOperand, Zip, ZipIter};

/// Replaces the memory of a whole operand.
#[derive(Debug)]
struct Memory {
    /// The number of the cell at each address, counted in row-major order.
    cells: HashMap<isize, usize>,
    /// The addresses whose items have been made.
    made: RefCell<HashSet<isize>>,
    /// The addresses in rows of kernels. Their items may be made only from those rows.
    lent: RefCell<HashSet<isize>>,
}

/// The cells of a whole operand, or of a part that a split has made.
#[derive(Debug)]
struct Part {
    memory: Rc<Memory>,
    addresses: HashSet<isize>,
    /// The stride of the row axis.
    below: isize,
}

/// An operand that checks its contract. With `REUSES_ROWS`, kernels jam its rows, that is, compute
/// several in one call.
struct Checked<D, const REUSES_ROWS: bool> {
    part: Rc<Part>,
    origin: isize,
    dim: D,
    strides: Vec<isize>,
}

/// A place of a [`Checked`]: an address.
#[derive(Clone, Debug)]
struct Address {
    part: Rc<Part>,
    address: isize,
}

/// A row of a kernel.
#[derive(Debug)]
struct KernelRow {
    start: Address,
    len: usize,
}

impl Address {
    /// Returns the address after a move.
    fn moved(&self, stride: isize, count: usize) -> Address {
        assert!(plan::is_distance(stride, count), "the distance overflows");
        Address { part: self.part.clone(), address: self.address + plan::distance(stride, count) }
    }

    /// Asserts that the address belongs to an index inside the shape.
    #[track_caller]
    fn is_inside(&self) {
        assert!(self.part.addresses.contains(&self.address), "the place is outside the shape");
    }

    /// Makes the item.
    #[track_caller]
    fn make(&self) -> usize {
        self.is_inside();
        assert!(self.part.memory.made.borrow_mut().insert(self.address), "an item is made twice");
        self.part.memory.cells[&self.address]
    }

    /// Asserts that no kernel has a row with this address.
    #[track_caller]
    fn is_not_lent(&self) {
        assert!(!self.part.memory.lent.borrow().contains(&self.address), "a kernel row borrows the cell");
    }

    /// Makes a row for a kernel. Its cells are then lent to the kernel.
    #[track_caller]
    fn lend(self, stride: isize, len: usize) -> KernelRow {
        assert!(len > 0, "the row is empty");
        assert_eq!(stride, 1, "the row is not contiguous");
        for col in 0..len {
            let cell = self.moved(stride, col);
            cell.is_inside();
            assert!(!self.part.memory.made.borrow().contains(&cell.address), "an item has been made already");
            assert!(self.part.memory.lent.borrow_mut().insert(cell.address), "two rows share a cell");
        }
        KernelRow { start: self, len }
    }
}

impl<D: Dimension, const REUSES_ROWS: bool> Checked<D, REUSES_ROWS> {
    /// Returns the operand of a shape and strides, which must give every cell its own address.
    fn new(shape: &[usize], strides: &[isize]) -> Self {
        let mut dim = D::zeros(shape.len());
        shape.iter().enumerate().for_each(|(axis, &len)| dim[axis] = len);
        // The origin is far from 0, so that a place that is used as an index fails.
        let origin = 1_000_000;
        let addresses = addresses(origin, shape, strides);
        let cells: HashMap<_, _> = addresses.iter().copied().zip(0..).collect();
        assert_eq!(cells.len(), addresses.len(), "no two cells share an address");
        let memory = Rc::new(Memory { cells, made: RefCell::default(), lent: RefCell::default() });
        Checked { part: part(memory, &addresses, strides), origin, dim, strides: strides.to_vec() }
    }

    /// Returns a function that asserts that all items have been made.
    fn all_made(&self) -> impl Fn() + use<D, REUSES_ROWS> {
        let memory = self.part.memory.clone();
        move || assert_eq!(memory.made.borrow().len(), memory.cells.len(), "every item has been made")
    }

    /// Returns a function that returns how many items have been made.
    fn made(&self) -> impl Fn() -> usize + use<D, REUSES_ROWS> {
        let memory = self.part.memory.clone();
        move || memory.made.borrow().len()
    }
}

/// Returns the addresses of all indices of a shape, in row-major order.
fn addresses(origin: isize, shape: &[usize], strides: &[isize]) -> Vec<isize> {
    shape.iter().zip(strides).fold(std::vec![origin], |starts, (&len, &stride)| {
        starts.into_iter().flat_map(|start| (0..len.cast_signed()).map(move |i| start + i * stride)).collect()
    })
}

fn part(memory: Rc<Memory>, addresses: &[isize], strides: &[isize]) -> Rc<Part> {
    let below = plan::stride_of::<IxDyn>(strides, plan::row_axis(strides.len()));
    Rc::new(Part { memory, addresses: addresses.iter().copied().collect(), below })
}

impl<D, const REUSES_ROWS: bool> Sealed for Checked<D, REUSES_ROWS> {}

impl<D: Dimension, const REUSES_ROWS: bool> IntoOperand for Checked<D, REUSES_ROWS> {
    type Item = usize;
    type Dim = D;
    type Operand = Self;

    fn into_operand(self) -> Self {
        self
    }
}

// SAFETY: `ahead` does what `offset` does with a stride of 1.
unsafe impl Place<isize> for Address {
    unsafe fn offset(&self, stride: isize, count: usize) -> Address {
        let moved = self.moved(stride, count);
        self.is_inside();
        moved.is_inside();
        moved
    }

    unsafe fn ahead(&self, stride: isize, count: usize) -> Address {
        assert_eq!(stride, 1, "the stride is not 1");
        let moved = self.moved(1, count);
        self.is_inside();
        moved.is_inside();
        moved
    }
}

// SAFETY: places are numbers, and safe code makes the items.
unsafe impl<D: Dimension, const REUSES_ROWS: bool> Operand for Checked<D, REUSES_ROWS> {
    type Item = usize;
    type Dim = D;
    type Row = Vec<usize>;
    type Place = Address;
    type Stride = isize;

    fn raw_dim(&self) -> D {
        self.dim.clone()
    }

    fn has_shape(&self, dim: &D) -> bool {
        *dim == self.dim
    }

    fn tendency(&self) -> i32 {
        plan::tendency(self.dim.slice(), &self.strides)
    }

    fn origin(&mut self) -> Address {
        Address { part: self.part.clone(), address: self.origin }
    }

    fn stride(&self, axis: usize) -> isize {
        plan::stride_of::<D>(&self.strides, axis)
    }

    unsafe fn item(place: Address) -> usize {
        place.is_not_lent();
        place.make()
    }

    unsafe fn row(place: Address, stride: isize, len: usize) -> Vec<usize> {
        assert!(len > 0 && (stride == 1 || len == 1), "the row is empty or not contiguous");
        (0..len)
            .map(|col| {
                let cell = place.moved(stride, col);
                cell.is_not_lent();
                cell.make()
            })
            .collect()
    }

    fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        let (mut first, mut second) = (self.dim.clone(), self.dim);
        assert!(index <= first[axis], "the split index is inside the axis");
        first[axis] = index;
        second[axis] -= index;
        let half = |dim: D, origin| {
            let addresses = addresses(origin, dim.slice(), &self.strides);
            let part = part(self.part.memory.clone(), &addresses, &self.strides);
            Checked { part, origin, dim, strides: self.strides.clone() }
        };
        (half(first, self.origin), half(second, self.origin + plan::distance(self.strides[axis], index)))
    }

    type FirstRow = KernelRow;
    type NextRow = KernelRow;
    type KernelRow = KernelRow;

    const REUSES_ROWS: bool = REUSES_ROWS;

    fn is_plain() -> bool {
        true
    }

    fn count_sets(_place: &Address, _stride: isize, _rows: usize, _sets: &mut SetCounts) {}

    unsafe fn first_row(place: Address, stride: isize, len: usize) -> KernelRow {
        place.lend(stride, len)
    }

    unsafe fn next_row(place: Address, stride: isize, len: usize) -> KernelRow {
        place.lend(stride, len)
    }

    fn kernel_row(first: KernelRow) -> KernelRow {
        first
    }

    unsafe fn kernel_row_below(first: &KernelRow, n: usize, next: KernelRow) -> KernelRow {
        let below = plan::distance(first.start.part.below, n);
        assert_eq!(next.start.address, first.start.address + below, "the row is not `n` rows below the first one");
        assert_eq!(next.len, first.len, "the row has another length");
        next
    }

    unsafe fn kernel_item(row: &KernelRow, col: usize) -> usize {
        assert!(col < row.len, "the cell is outside the row");
        row.start.moved(1, col).make()
    }
}

/// A shape and two layouts of it, the cell to stop at, and how many cells to skip from which end.
#[derive(Clone, Debug)]
struct Case {
    shape: Vec<usize>,
    strides: [Vec<isize>; 2],
    at: Index,
    skips: Vec<(bool, usize)>,
}

/// Generates strides for a shape: axes in any order, each reversed or not, with steps and gaps.
fn strides(ndim: usize) -> impl Strategy<Value = Vec<(usize, bool, isize, isize)>> + Clone {
    let axis = (
        any::<bool>(),
        prop_oneof![4 => Just(1_isize), 1 => 2..4_isize],
        prop_oneof![3 => Just(0_isize), 1 => 1..3_isize],
    );
    let order = prop_oneof![2 => Just((0..ndim).rev().collect::<Vec<_>>()), 1 => Just((0..ndim).collect::<Vec<_>>()).prop_shuffle()];
    // Few axes are reversed, so that some axes merge and some rows suit the kernels.
    (order, prop::collection::vec((axis, 0..4_u8), ndim)).prop_map(|(order, axes)| {
        let axes = axes.into_iter().map(|((inverted, step, gap), seldom)| (inverted && seldom == 0, step, gap));
        order.into_iter().zip(axes).map(|(axis, (inverted, step, gap))| (axis, inverted, step, gap)).collect()
    })
}

fn cases<D: Dimension>() -> impl Strategy<Value = Case> {
    // Mostly few axes. Some shapes have so many that a plan has more loops around its blocks than
    // `Blocks` stores places for.
    let ndim = D::NDIM.map_or(prop_oneof![5 => 0..5_usize, 1 => 7..9_usize].boxed(), |ndim| Just(ndim).boxed());
    ndim.prop_flat_map(|ndim| {
        // Some rows have whole vectors of every level and an end.
        let (longest, vectors) = match ndim {
            0..=2 => (11_usize, 16..38_usize),
            3..=4 => (4, 16..20),
            _ => (3, 1..3),
        };
        (
            prop::collection::vec(prop_oneof![7 => 1..longest, 1 => 0..2_usize, 2 => vectors], ndim),
            [strides(ndim), strides(ndim)],
            any::<Index>(),
            prop::collection::vec((any::<bool>(), 0..7_usize), 0..9),
        )
    })
    .prop_map(|(shape, layouts, at, skips)| {
        let strides = layouts.map(|axes| {
            let mut strides = std::vec![0; shape.len()];
            let mut next = 1_isize;
            for (axis, inverted, step, gap) in axes {
                strides[axis] = next * step * if inverted { -1 } else { 1 };
                next *= (shape[axis].cast_signed() * step + gap).max(1);
            }
            strides
        });
        Case { shape, strides, at, skips }
    })
}

impl Case {
    fn size(&self) -> usize {
        self.shape.iter().product()
    }

    fn operands<D: Dimension, const REUSES_ROWS: bool>(&self) -> (Checked<D, false>, Checked<D, REUSES_ROWS>) {
        (Checked::new(&self.shape, &self.strides[0]), Checked::new(&self.shape, &self.strides[1]))
    }

    /// Runs a walk over two operands and asserts that it makes all items of both.
    fn walks<D: Dimension, const REUSES_ROWS: bool>(&self, walk: impl Fn(Checked<D, false>, Checked<D, REUSES_ROWS>)) {
        let (a, b) = self.operands();
        let (all_of_a, all_of_b) = (a.all_made(), b.all_made());
        walk(a, b);
        all_of_a();
        all_of_b();
    }
}

/// Asserts that the items of a visit belong to the same index.
fn visit(a: usize, b: usize) {
    assert_eq!(a, b, "the operands are in lockstep");
}

type BothOperands<D> = (Checked<D, false>, Checked<D, false>);

/// Consumes the rest of an iterator, which has `left` items.
fn finish<D: Dimension>(iter: ZipIter<BothOperands<D>>, left: usize, by_fold: bool) {
    assert_eq!(iter.len(), left);
    if by_fold {
        iter.for_each(|(a, b)| visit(a, b));
    } else {
        iter.rev().for_each(|(a, b)| visit(a, b));
    }
}

fn loops_keep_the_contract<D: Dimension>(case: &Case) {
    case.walks::<D, false>(|a, b| Zip::from(a).and(b).for_each(visit));
    case.walks::<D, false>(|a, b| Zip::from(a).and(b).for_each_marked(visit));
    case.walks::<D, false>(|a, b| Zip::indexed(a).and(b).for_each(|_, a, b| visit(a, b)));
    case.walks::<D, true>(|a, b| Zip::from(a).and(b).fold((), |(), a, b| visit(a, b)));

    // A walk that ends early makes no further items.
    let (a, b) = case.operands::<D, false>();
    let (made, last) = (a.made(), case.at.index(case.size() + 1));
    let mut visits = 0;
    let found = Zip::from(a).and(b).any(|a, b| {
        visit(a, b);
        visits += 1;
        visits > last
    });
    assert_eq!((found, made()), (last < case.size(), case.size().min(last + 1)));
}

fn kernels_keep_the_contract<D: Dimension>(case: &Case) {
    // Rows are jammed in any order, and not in the order of `for_each`.
    case.walks::<D, true>(|a, b| Zip::from(a).and(b).simd_for_each_in(AnyOrderOfNumbers, visit));
    case.walks::<D, true>(|a, b| Zip::indexed(b).and(a).simd_for_each(|_, a, b| visit(a, b)));
    case.walks::<D, true>(|a, b| {
        let mut visits = 0;
        Zip::from(a).and(b).simd_for_each_ordered(|a, b| {
            visit(a, b);
            visits += 1;
        });
        assert_eq!(visits, case.size());
    });
    case.walks::<D, true>(|a, b| Zip::from(a).and(b).simd_for_each(visit));
    case.walks::<D, false>(|a, b| Zip::from(a).and(b).simd_for_each(visit));
    case.walks::<D, true>(|a, b| Zip::from(a).and(b).simd_fold((), |(), a, b| visit(a, b)));
}

fn rows_keep_the_contract<D: Dimension>(case: &Case) {
    let (a, b) = case.operands::<D, false>();
    let (made, len) = (a.made(), case.shape.last().copied().unwrap_or(1));
    let rows = Zip::from(a).and(b).for_each_row(|a, b| {
        assert_eq!(a, b, "the operands are in lockstep");
        assert_eq!(a.len(), len);
    });
    assert_eq!(made(), if rows.is_ok() { case.size() } else { 0 });
    let side_by_side = case.strides.iter().all(|strides| strides.last().is_none_or(|&stride| stride == 1));
    assert_eq!(rows.is_ok(), side_by_side || len == 1 || case.size() == 0);
}

fn iterators_keep_the_contract<D: Dimension>(case: &Case) {
    case.walks::<D, false>(|a, b| {
        for (a, b) in Zip::from(a).and(b) {
            visit(a, b);
        }
    });
    case.walks::<D, false>(|a, b| finish(Zip::from(a).and(b).into_iter(), case.size(), true));
    case.walks::<D, false>(|a, b| finish(Zip::from(a).and(b).into_iter(), case.size(), false));

    // From both ends, with skips. Skipped cells make no items.
    for by_fold in [true, false] {
        let (a, b) = case.operands::<D, false>();
        let made = b.made();
        let mut iter = Zip::from(a).and(b).into_iter();
        let (mut left, mut taken) = (case.size(), 0);
        for &(front, skipped) in &case.skips {
            let item = if front { iter.nth(skipped) } else { iter.nth_back(skipped) };
            assert_eq!(item.is_some(), skipped < left);
            left = left.saturating_sub(skipped + 1);
            item.into_iter().for_each(|(a, b)| {
                visit(a, b);
                taken += 1;
            });
        }
        assert_eq!(made(), taken);
        finish(iter, left, by_fold);
        assert_eq!(made(), taken + left);
    }
}

fn what_follows_a_panic_keeps_the_contract<D: Dimension>(case: &Case) {
    type Drive<'f, D> = &'f dyn Fn(&mut ZipIter<BothOperands<D>>, &mut dyn FnMut() -> bool);
    let drives: [Drive<D>; 4] = [
        &|iter, stop| iter.for_each(|_| _ = stop()),
        &|iter, stop| _ = iter.all(|_| stop()),
        &|iter, stop| iter.rev().for_each(|_| _ = stop()),
        &|iter, stop| _ = iter.try_rfold((), |(), _| stop().then_some(())),
    ];
    for drive in drives {
        let (a, b) = case.operands::<D, false>();
        let (all, last) = (a.all_made(), case.at.index(case.size().max(1)));
        let mut iter = Zip::from(a).and(b).into_iter();
        let mut visits = 0;
        let stopped = catch_unwind(AssertUnwindSafe(|| {
            drive(&mut iter, &mut || {
                visits += 1;
                // Not `panic!`, whose message would be printed.
                if visits > last {
                    std::panic::resume_unwind(std::boxed::Box::new("stop"));
                }
                true
            });
        }));
        assert_eq!(stopped.is_err(), case.size() > 0);
        finish(iter, case.size() - visits, true);
        all();
    }
}

fn halves_keep_the_contract<D: Dimension>(case: &Case) {
    if case.shape.is_empty() {
        return;
    }
    let (a, b) = case.operands::<D, true>();
    let (all_of_a, all_of_b) = (a.all_made(), b.all_made());
    let (first, rest) = Zip::from(a).and(b).split();
    let (second, third) = rest.split();
    second.for_each(visit);
    third.into_iter().for_each(|(a, b)| visit(a, b));
    first.simd_for_each(visit);
    all_of_a();
    all_of_b();
}

/// Defines a test for each property, in several numbers of dimensions.
macro_rules! in_several_dimensions {
    ($($property:ident)+) => {$(
        #[test]
        #[cfg_attr(miri, ignore = "the operands have no memory that Miri could watch")]
        fn $property() {
            fn check<D: Dimension>() {
                let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
                let run = TestRunner::new(config).run(&cases::<D>(), |case| {
                    super::$property::<D>(&case);
                    Ok(())
                });
                run.unwrap_or_else(|error| panic!("{error}"));
            }
            // A single block, blocks of a fixed number of dimensions, and of a dynamic number.
            check::<Ix2>();
            check::<Ix3>();
            check::<IxDyn>();
        }
    )+};
}

mod tests {
    use super::*;

    in_several_dimensions! {
        loops_keep_the_contract
        kernels_keep_the_contract
        rows_keep_the_contract
        iterators_keep_the_contract
        what_follows_a_panic_keeps_the_contract
        halves_keep_the_contract
    }
}
