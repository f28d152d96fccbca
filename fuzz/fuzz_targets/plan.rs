//! The arithmetic of `kernel/plan.rs` alone: plans against an enumeration of all indices, and
//! everything else against its definition in wider integers.
#![no_main]

#[path = "../../src/kernel/cache.rs"]
#[allow(dead_code, unreachable_pub, reason = "the whole module is compiled, for some of its functions")]
mod cache;
mod common;
#[path = "../../src/kernel/plan.rs"]
#[allow(dead_code, unreachable_pub, reason = "the whole module is compiled, for some of its functions")]
mod plan;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ndarray::{Array, Axis, Dimension, IxDyn};

use cache::RowAddresses;
use common::{LayoutBytes, abort_at_panics, dim};
use plan::{Order, Plan};

#[derive(Arbitrary, Debug)]
struct Input {
    ndim: u8,
    lengths: [u8; 5],
    column_major: bool,
    /// Arrays. The first of them is written.
    arrays: Vec<LayoutBytes>,
    /// Arbitrary strides, even ones that no array has.
    strides: Vec<[i8; 5]>,
    rows: Vec<u16>,
    numbers: Numbers,
}

/// Numbers of any size.
#[derive(Arbitrary, Debug)]
struct Numbers {
    outer: isize,
    inner: isize,
    len: usize,
    window: usize,
    shape: [usize; 4],
    streams: Vec<(usize, isize, u8)>,
}

/// All indices of a shape in an order, by definition. Axes that the shape lacks are 0.
fn indices(shape: &[usize], order: Order) -> Vec<[usize; 5]> {
    let mut indices = Vec::with_capacity(shape.iter().product());
    let mut index = [0; 5];
    while !shape.contains(&0) {
        indices.push(index);
        // The fastest axis that has another cell advances, and faster axes restart.
        let axes = |fastest: usize| match order {
            Order::RowMajor => shape.len() - 1 - fastest,
            Order::ColumnMajor => fastest,
        };
        let Some(moved) = (0..shape.len()).find(|&fastest| index[axes(fastest)] + 1 < shape[axes(fastest)]) else {
            break;
        };
        (0..moved).for_each(|fastest| index[axes(fastest)] = 0);
        index[axes(moved)] += 1;
    }
    indices
}

/// The offset of an index.
fn offset(index: &[usize], strides: &[isize]) -> isize {
    index.iter().zip(strides).map(|(&i, &stride)| i as isize * stride).sum()
}

/// The offsets of one operand in the order of a plan, as the loops walk it.
fn walked(plan: &Plan, dim: &IxDyn, strides: &[isize]) -> Vec<isize> {
    let mut offsets = Vec::new();
    if plan.cols == 0 {
        return offsets;
    }
    let mut block = plan.first_block(dim);
    let mut blocks = 0;
    loop {
        blocks += 1;
        let start = offset(block.slice(), strides);
        for row in 0..plan.rows {
            let row = start + plan::distance(plan::stride_of::<IxDyn>(strides, plan.row_axis), row);
            for col in 0..plan.cols {
                offsets.push(row + plan::distance(plan::stride_of::<IxDyn>(strides, plan.col_axis), col));
            }
        }
        if plan.next_block(dim, &mut block).is_none() {
            assert_eq!(blocks == 1, plan.is_one_block(dim), "one block is what it says");
            assert_eq!(plan.total_rows(dim), blocks * plan.rows);
            return offsets;
        }
    }
}

/// A plan for arrays leads each of them to ndarray's addresses for all indices, in order.
fn plan_of_arrays(input: &Input, shape: &[usize], order: Order) {
    let dim: IxDyn = dim(shape);
    let layouts: Vec<_> =
        input.arrays.iter().enumerate().take(4).map(|(i, bytes)| bytes.layout(shape.len(), i > 0)).collect();
    let stored: Vec<Array<u16, IxDyn>> =
        layouts.iter().map(|layout| layout.stored(shape, |cell| cell as u16)).collect();
    let views: Vec<_> = layouts.iter().zip(&stored).map(|(layout, stored)| layout.view(shape, stored)).collect();
    let plan = Plan::new(&dim, order, |outer, inner, len| {
        views.iter().all(|view| plan::merges(view.strides()[outer], view.strides()[inner], len))
    });
    let expected = indices(shape, order);
    for (number, view) in views.iter().enumerate() {
        let offsets = walked(&plan, &dim, view.strides());
        let first = view.as_ptr().addr() as isize;
        let bytes = size_of::<u16>() as isize;
        let addresses: Vec<usize> = offsets.iter().map(|offset| (first + offset * bytes) as usize).collect();
        let of_ndarray: Vec<usize> =
            expected.iter().map(|index| std::ptr::from_ref(&view[&index[..shape.len()]]).addr()).collect();
        assert_eq!(addresses, of_ndarray, "each address of an index, in order");
        let cells =
            stored[number].as_ptr().addr()..stored[number].as_ptr().addr() + stored[number].len() * size_of::<u16>();
        assert!(addresses.iter().all(|address| cells.contains(address)), "in bounds");
        if number == 0 {
            let mut distinct = addresses.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), addresses.len(), "every address that is written to, once");
        }
        let tendency = plan::tendency(shape, view.strides());
        let (c, f) = (view.is_standard_layout(), view.t().is_standard_layout());
        match tendency {
            2 => assert!(c && (!f || view.is_empty())),
            1 => assert!(!c && !f && view.strides()[shape.len() - 1] == 1),
            0 => assert!(c == f),
            -1 => assert!(!c && !f && view.strides()[0] == 1),
            -2 => assert!(f && !c),
            _ => panic!("a tendency of {tendency}"),
        }
    }
    rows_of(&plan, input, &dim, &expected);
}

/// A plan for any strides, even those that reach one place more than once.
fn plan_of_strides(input: &Input, shape: &[usize], order: Order) {
    let dim: IxDyn = dim(shape);
    let strides: Vec<Vec<isize>> = input
        .strides
        .iter()
        .take(4)
        .map(|strides| strides[..shape.len()].iter().map(|&s| s.into()).collect())
        .collect();
    let plan = Plan::new(&dim, order, |outer, inner, len| {
        strides.iter().all(|strides| plan::merges(strides[outer], strides[inner], len))
    });
    let expected = indices(shape, order);
    for strides in &strides {
        let of_indices: Vec<isize> = expected.iter().map(|index| offset(index, strides)).collect();
        assert_eq!(walked(&plan, &dim, strides), of_indices);
    }
    rows_of(&plan, input, &dim, &expected);
}

/// The rows that a plan finds by number are those that it reaches one after the other.
fn rows_of(plan: &Plan, input: &Input, dim: &IxDyn, expected: &[[usize; 5]]) {
    let total = plan.total_rows(dim);
    assert_eq!(total * plan.cols, expected.len(), "rows of all blocks have all cells");
    if total == 0 {
        return;
    }
    for row in input.rows.iter().take(6).map(|&row| usize::from(row) % total) {
        let (block, in_block) = plan.locate_row(dim, row);
        assert!(in_block < plan.rows);
        let found = expected.iter().position(|index| &index[..dim.ndim()] == block.slice()).expect("an index");
        assert_eq!(found + in_block * plan.cols, row * plan.cols, "row {row} of {plan:?}");
    }
}

/// Splitting an axis gives two shapes that together have all cells, and neither is empty if there
/// are two.
fn split(shape: &[usize], order: Order) {
    if shape.is_empty() {
        return;
    }
    let cells = Array::from_iter(indices(shape, Order::RowMajor)).into_shape_with_order(shape).expect("all indices");
    let (axis, at) = plan::split_point(&dim::<IxDyn>(shape), order);
    let (first, second) = cells.view().split_at(Axis(axis), at);
    assert_eq!(first.len() + second.len(), cells.len());
    assert!(cells.len() < 2 || !first.is_empty() && !second.is_empty(), "{shape:?} at {at} of {axis}");
    let outermost = match order {
        Order::RowMajor => (0..shape.len()).find(|&axis| shape[axis] > 1),
        Order::ColumnMajor => (0..shape.len()).rev().find(|&axis| shape[axis] > 1),
    };
    assert_eq!((axis, at), outermost.map_or((0, 0), |axis| (axis, shape[axis] / 2)));
}

/// Functions of a few arbitrary numbers.
fn numbers(numbers: &Numbers, shape: &[usize]) {
    let &Numbers { outer, inner, len, window, .. } = numbers;
    // Lengths of arrays are at most isize::MAX.
    let len = len & isize::MAX.cast_unsigned();
    assert_eq!(plan::merges(outer, inner, len), inner as i128 * len as i128 == outer as i128);
    if let Some(distance) = inner.checked_mul(len as isize) {
        assert_eq!(plan::distance(inner, len), distance);
        assert!(plan::merges(distance, inner, len));
    }
    let window = window.max(1);
    let cells = (len as i128 - window as i128 + 1).max(0);
    assert_eq!(plan::windows_in(len, window) as i128, cells);
    let interior = plan::interior_of(len, window);
    assert_eq!(interior.len() as i128, cells);
    assert!(interior.is_empty() || interior.start == window / 2 && interior.end <= len);
    let small = window % 7 + 1;
    let of_slice: Vec<usize> = (0..len % 40).collect();
    assert_eq!(plan::windows_in(of_slice.len(), small), of_slice.windows(small).count());
    let centres = of_slice.windows(small).map(|window| window[small / 2]);
    assert!(plan::interior_of(of_slice.len(), small).eq(centres));

    let countable = numbers.shape.iter().try_fold(1_u128, |cells, &len| {
        let cells = cells * len.max(1) as u128;
        (cells <= isize::MAX as u128).then_some(cells)
    });
    assert_eq!(plan::is_countable(&dim::<IxDyn>(&numbers.shape)), countable.is_some(), "{:?}", numbers.shape);

    let of = dim::<IxDyn>(shape);
    assert_eq!(plan::is_empty(&of), shape.contains(&0));
    let mut other = shape.to_vec();
    if let Some(len) = other.get_mut(window % 5) {
        *len ^= window >> 8 & 1;
    }
    assert_eq!(plan::is_shape(&of, &other), shape == other);
    assert_eq!(plan::same_shape(&of, &dim::<IxDyn>(&other)), shape == other);
    assert!(!plan::is_shape(&of, &[shape, &[1]].concat()));
}

/// How many lines fall into three adjacent sets of a cache, line by line.
fn set_conflicts(rows_of: &[(usize, isize, u8)]) {
    let streams: Vec<RowAddresses> = rows_of
        .iter()
        .take(6)
        .map(|&(address, stride, rows)| RowAddresses::new::<f32>(address, stride, usize::from(rows)))
        .collect();
    let mut sets = [0_usize; 64];
    for &(address, stride, rows) in rows_of.iter().take(6) {
        for row in 0..i128::from(rows) {
            let byte = address as i128 + row * 4 * stride as i128;
            sets[byte.rem_euclid(4096) as usize / 64] += 1;
        }
    }
    let mut counted = cache::SetCounts::empty();
    streams.into_iter().for_each(|streams| counted.add(streams));
    let conflicts = counted.set_conflicts();
    let most = (0..64).map(|set| sets[set] + sets[(set + 1) % 64] + sets[(set + 2) % 64]).max().expect("64 sets");
    assert_eq!(conflicts.min(255), most.min(255), "exact up to 255");
    let jam = cache::rows_to_jam(rows_of.len(), |rows| conflicts * rows / 2);
    assert!([1, 2, 4].contains(&jam) && (jam == 1 || jam <= rows_of.len() && conflicts * jam / 2 <= 8));
}

fuzz_target!(
    init: abort_at_panics(),
    |input: Input| {
        let ndim = usize::from(input.ndim % 6);
        let longest = [0, 40, 10, 6, 4, 3][ndim];
        let mut shape: Vec<usize> =
            input.lengths[..ndim].iter().map(|&byte| usize::from(byte) % (longest + 1)).collect();
        while shape.iter().product::<usize>() > 36 {
            shape.iter_mut().for_each(|len| *len = len.div_ceil(2));
        }
        let order = if input.column_major { Order::ColumnMajor } else { Order::RowMajor };
        plan_of_arrays(&input, &shape, order);
        plan_of_strides(&input, &shape, order);
        split(&shape, order);
        numbers(&input.numbers, &shape);
        set_conflicts(&input.numbers.streams);
        let tendency = input.numbers.outer as i32;
        assert_eq!(Order::from_tendency(tendency) == Order::RowMajor, tendency >= 0);
    }
);
