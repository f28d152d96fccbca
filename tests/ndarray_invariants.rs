//! The properties of ndarray that the soundness of this crate relies on, checked against the
//! version it is built with.
//!
//! Each test names the promise that it supports. *Operand 1* and *Operand 2* are promises of
//! `Operand`: items are in bounds, and items of different indices are distinct. The implementations
//! for `ArrayView` and `ArrayViewMut` rely on ndarray's invariants for these types. No safe way to
//! create such a view may therefore break these invariants:
//!
//! - No mutable view or owned array has two indices for one cell (Operand 2 of `ArrayViewMut`).
//! - No view reaches outside its slice, or has more cells or larger offsets than an `isize` can
//!   hold (Operand 1 of both, and the arithmetic in `kernel/plan.rs`, which does not check for
//!   overflow).
//! - Parts of a mutable view that are borrowed at the same time share no cell (Operand 2 of
//!   `ArrayViewMut` after `split_at`, and the operands that only ndarray's own `Zip` walks).
//!
//! If a test fails after an update of ndarray, mutable operands must check their strides
//! themselves.
//!
//! These tests are not for Miri, because they reach no unsafe code of this crate.
#![cfg(not(miri))]

mod common;

use std::collections::HashSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::from_ref;

use ndarray::{
    ArcArray2, Array, Array1, Array2, Array3, ArrayD, ArrayRef2, ArrayView, ArrayView1, ArrayView2, ArrayViewD,
    ArrayViewMut, ArrayViewMut1, ArrayViewMut2, ArrayViewMutD, Axis, CowArray, DataMut, Dim, Dimension, ErrorKind,
    IntoDimension, Ix1, Ix2, IxDyn, OwnedRepr, RawArrayView, RawArrayViewMut, RawDataMut, RawViewRepr, ShapeBuilder,
    ShapeError, Slice, ViewRepr, s,
};

use common::values::counted;

/// The addresses of all cells of a view, computed from its pointer, shape and strides without
/// reading a cell.
fn addresses<T, D: Dimension>(view: &ArrayView<'_, T, D>) -> Vec<usize> {
    let size = isize::try_from(size_of::<T>()).expect("a size");
    let address = |index: D::Pattern| {
        let index = index.into_dimension();
        let offsets = index.slice().iter().zip(view.strides()).map(|(&i, &stride)| i.cast_signed() * stride * size);
        view.as_ptr().addr().checked_add_signed(offsets.sum()).expect("an address")
    };
    ndarray::indices(view.raw_dim()).into_iter().map(address).collect()
}

fn are_distinct(addresses: &[usize]) -> bool {
    addresses.iter().collect::<HashSet<_>>().len() == addresses.len()
}

/// Fails unless views that are borrowed at the same time share no cell, and all their cells belong
/// to `whole`.
fn assert_disjoint<'a, D: Dimension>(
    views: impl IntoIterator<Item = ArrayViewMut<'a, u32, D>>,
    whole: &[usize],
    what: &str,
) {
    let views: Vec<_> = views.into_iter().collect();
    let cells: Vec<usize> = views.iter().flat_map(|view| addresses(&view.view())).collect();
    assert!(are_distinct(&cells), "{what} share a cell");
    assert!(cells.iter().all(|cell| whole.contains(cell)), "{what} are outside their array");
}

/// All combinations of `ndim` values.
fn combinations<T: Copy>(values: &[T], ndim: usize) -> Vec<Vec<T>> {
    let mut all = vec![vec![]];
    for _ in 0..ndim {
        all = all
            .into_iter()
            .flat_map(|start| values.iter().map(move |&value| [&start[..], &[value]].concat()))
            .collect();
    }
    all
}

/// Whether a shape with strides gives two indices to one cell, and the span of its offsets, found
/// by visiting all indices.
fn offsets(shape: &[usize], strides: &[isize]) -> (bool, usize) {
    let offsets: Vec<isize> = ndarray::indices(IxDyn(shape))
        .into_iter()
        .map(|index| index.slice().iter().zip(strides).map(|(&i, &stride)| i.cast_signed() * stride).sum())
        .collect();
    let distinct = offsets.iter().collect::<HashSet<_>>().len();
    let span = offsets.iter().max().zip(offsets.iter().min()).map_or(0, |(most, least)| most.abs_diff(*least) + 1);
    (distinct < offsets.len(), span)
}

/// Fails unless views and arrays of a fixed dimension can be created exactly if they are sound.
fn check_shape<D: Dimension>(dim: &D, strides: &D, overlap: bool, span: usize) {
    const LEN: usize = 24;
    let shape = || dim.clone().strides(strides.clone());
    let mut memory = [0_u32; LEN];
    let range = memory.as_ptr_range();
    let is_inside = |cell: &usize| (range.start.addr()..range.end.addr()).contains(cell);
    let case = format!("{dim:?} by {:?}", strides.slice().iter().map(|s| s.cast_signed()).collect::<Vec<_>>());

    match ArrayView::from_shape(shape(), &memory) {
        Ok(view) => {
            assert!(span <= LEN, "{case} extends beyond the slice");
            assert!(addresses(&view).iter().all(is_inside), "{case} has cells outside the slice");
        }
        Err(error) => {
            let refused = dim.slice().contains(&0) || span > LEN;
            assert!(refused && error.kind() == ErrorKind::OutOfBounds, "{case}: {error}");
        }
    }
    match ArrayViewMut::from_shape(shape(), &mut memory) {
        Ok(view) => {
            assert!(!overlap, "{case} is mutable, but its cells overlap");
            let cells = addresses(&view.view());
            assert!(cells.iter().all(is_inside) && are_distinct(&cells), "{case}");
        }
        // Some sound ones are refused too.
        Err(error) => {
            assert!([ErrorKind::OutOfBounds, ErrorKind::Unsupported].contains(&error.kind()), "{case}: {error}")
        }
    }
    if let Ok(mut array) = Array::from_shape_vec(shape(), memory.to_vec()) {
        assert!(!overlap, "{case} is an array, but its cells overlap");
        assert!(are_distinct(&addresses(&array.view_mut().view())), "{case}");
    }
    // Zero-sized elements all have one address, but still one index each.
    let mut nothing = [(); LEN];
    assert!(!overlap || ArrayViewMut::from_shape(shape(), &mut nothing).is_err(), "{case} with zero-sized cells");
}

// Known trap: a mutable view must never overlap (#438, #1410), and zero strides on empty arrays
// (#1609). Operand 2 of ArrayViewMut: of all small shapes and strides, those that overlap are
// refused, with fixed and dynamic dimension. Operand 1 of both: views stay inside their slice.
#[test]
fn views_with_strides_are_made_only_where_cells_are_distinct_and_in_bounds() {
    let (lens, strides) = ([0_usize, 1, 2, 3, 4], [-3_isize, -2, -1, 0, 1, 2, 3, 4, 12]);
    let (mut overlapping, mut mutable) = (0, 0);
    for ndim in 0..=3 {
        let all_strides = combinations(&strides, ndim);
        for shape in combinations(&lens, ndim) {
            for strides in &all_strides {
                let (overlap, span) = offsets(&shape, strides);
                let unsigned: Vec<usize> = strides.iter().map(|stride| stride.cast_unsigned()).collect();
                match (&shape[..], &unsigned[..]) {
                    (&[a], &[s]) => check_shape(&Dim([a]), &Dim([s]), overlap, span),
                    (&[a, b], &[s, t]) => check_shape(&Dim([a, b]), &Dim([s, t]), overlap, span),
                    (&[a, b, c], &[s, t, u]) => check_shape(&Dim([a, b, c]), &Dim([s, t, u]), overlap, span),
                    _ => {}
                }
                if ndim < 3 {
                    check_shape(&IxDyn(&shape), &IxDyn(&unsigned), overlap, span);
                }
                overlapping += usize::from(overlap);
                let made = ArrayViewMutD::from_shape(IxDyn(&shape).strides(IxDyn(&unsigned)), &mut [0_u8; 24]).is_ok();
                mutable += usize::from(made && shape.iter().product::<usize>() > 1);
            }
        }
    }
    assert!(overlapping > 50 && mutable > 20, "{overlapping} overlap, {mutable} are mutable");
}

// Operand 2 of ArrayViewMut: the error kind shows that the overlap is the reason.
#[test]
fn overlapping_strides_are_refused_as_such_where_the_same_may_be_read() {
    let mut memory = [0_u32; 60];
    let error = |made: Result<(), ShapeError>| made.unwrap_err().kind();
    for strides in [(2, 1), (1, 1), (0, 1), (11, 1), (1, 2), (2, 3), (0, 0)] {
        let shape = || (4, 12).strides(strides);
        assert!(ArrayView2::from_shape(shape(), &memory).is_ok());
        assert_eq!(error(ArrayViewMut2::from_shape(shape(), &mut memory).map(drop)), ErrorKind::Unsupported);
        assert_eq!(error(Array2::from_shape_vec(shape(), memory.to_vec()).map(drop)), ErrorKind::Unsupported);
        let shape = || IxDyn(&[4, 12]).strides(IxDyn(&[strides.0, strides.1]));
        assert!(ArrayViewD::from_shape(shape(), &memory).is_ok());
        assert_eq!(error(ArrayViewMutD::from_shape(shape(), &mut memory).map(drop)), ErrorKind::Unsupported);
        assert_eq!(error(ArrayD::from_shape_vec(shape(), memory.to_vec()).map(drop)), ErrorKind::Unsupported);
    }
    assert_eq!(error(ArrayViewMut1::from_shape(5.strides(0), &mut memory).map(drop)), ErrorKind::Unsupported);
}

// Operand 1 of both: views reach no further than their slice, and no count or offset wraps.
#[test]
fn views_past_their_slice_and_lengths_that_overflow_are_refused() {
    const HALF: usize = 1 << (usize::BITS / 2);
    const MOST: usize = isize::MAX.cast_unsigned();
    let mut memory = [0_u32; 12];
    let mut kinds = |rows: usize, cols: usize, strides: Option<(usize, usize)>| {
        let shape = || -> ndarray::StrideShape<Ix2> {
            strides.map_or_else(|| (rows, cols).into(), |strides| (rows, cols).strides(strides))
        };
        let shared = ArrayView2::from_shape(shape(), &memory).map(drop);
        let mutable = ArrayViewMut2::from_shape(shape(), &mut memory).map(drop);
        let owned = Array2::from_shape_vec(shape(), memory.to_vec()).map(drop);
        [shared, mutable, owned].map(|made| made.unwrap_err().kind())
    };
    // One cell too many.
    assert_eq!(kinds(1, 13, None), [ErrorKind::OutOfBounds; 3]);
    assert_eq!(kinds(13, 1, None), [ErrorKind::OutOfBounds; 3]);
    assert_eq!(kinds(2, 3, Some((10, 1))), [ErrorKind::OutOfBounds; 3]);
    assert_eq!(kinds(2, 3, Some((1, 6))), [ErrorKind::OutOfBounds; 3]);
    assert_eq!(kinds(2, 3, Some((10_usize.wrapping_neg(), 1))), [ErrorKind::OutOfBounds; 3]);
    // More cells than can be counted, also together with an axis of no cells.
    for (rows, cols) in
        [(HALF, HALF), (MOST, 2), (MOST + 1, 1), (usize::MAX, usize::MAX), (MOST + 1, 0), (0, usize::MAX)]
    {
        assert_eq!(kinds(rows, cols, None), [ErrorKind::Overflow; 3], "{rows} rows of {cols}");
        assert_eq!(kinds(rows, cols, Some((0, 0))), [ErrorKind::Overflow; 3], "{rows} rows of {cols}, all one cell");
    }
    // Impossible offsets, in elements and in bytes.
    for strides in [(MOST, 1), (MOST / 2, MOST / 2), (MOST / 4 + 1, 1), (isize::MIN.cast_unsigned(), 1)] {
        assert_eq!(kinds(3, 3, Some(strides)), [ErrorKind::Overflow; 3], "{strides:?}");
    }
    // Shared cells can be broadcast as far as cells can be counted, and no further.
    let one = ndarray::arr0(1_u8);
    assert!(one.broadcast((HALF / 2, HALF / 2)).is_some_and(|all| all.strides() == [0, 0]));
    assert!(one.broadcast((HALF, HALF)).is_none() && one.broadcast((MOST, 2)).is_none());
    assert!(catch_unwind(|| Array2::<()>::from_elem((HALF, HALF), ())).is_err());
    assert!(catch_unwind(|| Array2::<u8>::zeros((usize::MAX, 0))).is_err());
}

/// Names of methods that ndarray does not have. If it gains one, the calls below resolve to it and
/// no longer compile.
trait Absent {
    fn broadcast_mut(&mut self, _: (usize, usize)) -> Absence {
        Absence
    }
    fn windows_mut(&mut self, _: (usize, usize)) -> Absence {
        Absence
    }
    fn axis_windows_mut(&mut self, _: Axis, _: usize) -> Absence {
        Absence
    }
}

impl<T: ?Sized> Absent for T {}

#[derive(Debug, PartialEq)]
struct Absence;

// Operand 2 of ArrayViewMut: methods that give a cell several indices have no mutable twin, and
// their results cannot become mutable.
#[test]
fn views_that_repeat_cells_are_read_only() {
    /// A macro, because a function would call the trait's methods for every type.
    macro_rules! has_no_mutable_twins {
        ($array:expr) => {
            assert_eq!($array.broadcast_mut((3, 4)), Absence);
            assert_eq!($array.windows_mut((2, 2)), Absence);
            assert_eq!($array.axis_windows_mut(Axis(0), 2), Absence);
        };
    }
    let mut array = counted((3, 4));
    has_no_mutable_twins!(array);
    has_no_mutable_twins!(array.view_mut());
    let reference: &mut ArrayRef2<u32> = &mut array;
    has_no_mutable_twins!((*reference));

    static_assertions::assert_impl_all!(ViewRepr<&'static mut u32>: DataMut);
    static_assertions::assert_not_impl_any!(ViewRepr<&'static u32>: DataMut, RawDataMut);
    static_assertions::assert_not_impl_any!(RawViewRepr<*mut u32>: DataMut);
    static_assertions::assert_not_impl_any!(ArrayView1<'static, u32>: Into<ArrayViewMut1<'static, u32>>);

    let row = array.row(1);
    let stretched = row.broadcast((5, 4)).expect("a row may be repeated");
    let cells = addresses(&row);
    assert!(
        addresses(&stretched).iter().all(|cell| cells.contains(cell)),
        "only cells of the row, as `broadcast` requires"
    );
}

// Operand 2 of ArrayViewMut: a read-only view becomes mutable only as a copy with distinct cells.
#[test]
fn copies_of_overlapping_views_have_distinct_cells() {
    let memory: Vec<u32> = (0..60).collect();
    let row = ndarray::aview1(&memory[..12]);
    let stretched = row.broadcast((4, 12)).expect("a row may be repeated");
    let mut views = vec![stretched, stretched.reversed_axes(), stretched.slice_move(s![..;-1, ..;3])];
    for strides in [(2, 1), (1, 1), (11, 1), (1, 2), (2, 3), (12, 1), (0, 0)] {
        let view = ArrayView2::from_shape((4, 12).strides(strides), &memory).expect("shared views may overlap");
        views.extend([view, view.reversed_axes(), view.slice_move(s![..;-1, ..;-1])]);
    }
    for view in views {
        let check = |mut copy: ArrayViewMut2<'_, u32>, what: &str| {
            let strides = copy.strides().to_vec();
            assert!(are_distinct(&addresses(&copy.view())), "{what} of {:?}: {strides:?}", view.strides());
            assert!(memory.as_ptr_range().contains(&view.as_ptr()) && !memory.as_ptr_range().contains(&copy.as_ptr()));
            assert_eq!(copy, view, "{what}");
            copy.iter_mut().for_each(|cell| *cell += 1);
            assert_eq!(copy, &view + 1, "{what}");
        };
        check(view.to_owned().view_mut(), "to_owned");
        check(view.into_owned().view_mut(), "into_owned");
        check(view.to_shared().view_mut(), "to_shared");
        check(CowArray::from(view).view_mut(), "a borrowed array");
        check(view.as_standard_layout().view_mut(), "as_standard_layout");
        check(
            CowArray::from(view).into_shape_clone(view.dim()).expect("the same shape").view_mut(),
            "into_shape_clone",
        );
        check(view.to_shape(view.dim()).expect("the same shape").view_mut(), "to_shape");
        check(view.map(|&cell| cell).view_mut(), "map");
        check(view.mapv(|cell| cell).view_mut(), "mapv");
        check((&view + 0).view_mut(), "a sum");
        check(ndarray::concatenate![Axis(0), view].view_mut(), "concatenate");
        check(ndarray::stack![Axis(0), view].index_axis_mut(Axis(0), 0), "stack");
        check(ndarray::Zip::from(&view).map_collect(|&cell| cell).view_mut(), "map_collect");
        check(view.select(Axis(0), &(0..view.nrows()).collect::<Vec<_>>()).view_mut(), "select");
    }
}

// Operand 2 of ArrayViewMut: arrays that share their elements stop sharing them when one is
// written. Known trap: #1018.
#[test]
fn arrays_that_share_their_elements_are_copied_before_a_write() {
    let mut one: ArcArray2<u32> = counted((3, 4)).into_shared();
    let other = one.clone();
    let mut part = one.clone().slice_move(s![..;-2, 1..]);
    assert_eq!((one.as_ptr(), addresses(&one.view())), (other.as_ptr(), addresses(&other.view())));
    let cells =
        [addresses(&one.view_mut().view()), addresses(&part.view_mut().view()), addresses(&other.view())].concat();
    assert!(are_distinct(&cells));
}

/// Mutable views of many layouts, over the same two arrays.
fn with_layouts(mut check: impl FnMut(ArrayViewMut2<'_, u32>)) {
    let (mut rows_first, mut cols_first) = (counted((6, 5)), counted((6, 5).f()));
    for array in [&mut rows_first, &mut cols_first] {
        check(array.view_mut());
        check(array.view_mut().reversed_axes());
        check(array.slice_mut(s![..;-1, ..]));
        check(array.slice_mut(s![1..;2, ..;-2]));
        check(array.slice_mut(s![2..5, 1..2]));
        check(array.slice_mut(s![3, ..]).insert_axis(Axis(0)));
        check(array.slice_mut(s![2..2, ..]));
        check(array.slice_mut(s![.., 5..]));
    }
}

// Operand 2 of ArrayViewMut, and guarantee 13: a view splits into halves that share no cell and
// together have all of them.
#[test]
fn halves_of_a_mutable_view_are_disjoint() {
    with_layouts(|mut view| {
        let whole = addresses(&view.view());
        for axis in [Axis(0), Axis(1)] {
            for index in 0..=view.len_of(axis) {
                let (first, second) = view.view_mut().split_at(axis, index);
                assert_eq!((first.len_of(axis), first.len() + second.len()), (index, whole.len()));
                assert_disjoint([first, second], &whole, "halves");
            }
            let outside = view.len_of(axis) + 1;
            assert!(catch_unwind(AssertUnwindSafe(|| view.view_mut().split_at(axis, outside).0.len())).is_err());
        }
    });
}

// Operand 2 for operands that ndarray's own Zip walks for the macros: chunks, lanes and rows that
// are writable.
#[test]
fn chunks_lanes_and_items_of_a_mutable_view_are_disjoint() {
    with_layouts(|mut view| {
        let whole = addresses(&view.view());
        assert!(are_distinct(&whole));
        for axis in [Axis(0), Axis(1)] {
            assert_disjoint(view.axis_iter_mut(axis), &whole, "subviews");
            assert_disjoint(view.lanes_mut(axis), &whole, "lanes");
            for size in 1..=4 {
                assert_disjoint(view.axis_chunks_iter_mut(axis, size), &whole, "chunks of an axis");
                let half = view.len_of(axis) / size / 2;
                let (first, second) = view.axis_chunks_iter_mut(axis, size).split_at(half);
                assert_disjoint(first.chain(second), &whole, "halves of the chunks of an axis");
            }
        }
        assert_disjoint(view.outer_iter_mut(), &whole, "outer subviews");
        assert_disjoint(view.rows_mut(), &whole, "rows");
        assert_disjoint(view.columns_mut(), &whole, "columns");
        assert_disjoint([view.diag_mut()], &whole, "a diagonal");
        // With inverted axes, ndarray multiplies wrapped strides, which panics in debug builds.
        let is_inverted = view.strides().iter().any(|&stride| stride < 0);
        for chunk in [(1, 1), (2, 1), (2, 2), (1, 3), (4, 3), (9, 9)].into_iter().filter(|_| !is_inverted) {
            assert_disjoint(view.exact_chunks_mut(chunk), &whole, "chunks");
        }
        let items: Vec<&mut u32> = view.iter_mut().collect();
        let items: Vec<usize> = items.into_iter().map(|item| from_ref(item).addr()).collect();
        assert!(are_distinct(&items) && items == whole);

        let mut parts = Vec::new();
        let (rows, cols) = view.dim();
        if rows * cols > 1 {
            let (first, second) = ndarray::Zip::from(&mut view).split();
            first.for_each(|cell| parts.push(from_ref(&*cell).addr()));
            second.for_each(|cell| parts.push(from_ref(&*cell).addr()));
            assert!(are_distinct(&parts) && parts.len() == whole.len());
        }
    });
}

// Operand 2 of ArrayViewMut: other shapes of the same memory have the same cells, each once.
#[test]
fn slices_and_reshapes_of_a_mutable_view_have_distinct_cells() {
    with_layouts(|mut view| {
        let whole = addresses(&view.view());
        let (rows, cols) = view.dim();
        for step in [-3, -1, 1, 2] {
            for start in 0..rows {
                assert_disjoint([view.slice_mut(s![start..;step, ..;-step])], &whole, "a slice");
            }
        }
        let mut narrowed = view.view_mut();
        narrowed.slice_axis_inplace(Axis(1), Slice::from(cols / 2..).step_by(-2));
        assert_disjoint([narrowed], &whole, "a narrowed view");
        for shape in
            [vec![rows * cols], vec![cols, rows], vec![1, rows, cols, 1], vec![rows * cols, 1], vec![rows, cols]]
        {
            for order in [ndarray::Order::RowMajor, ndarray::Order::ColumnMajor] {
                if let Ok(other) = view.view_mut().into_shape_with_order((IxDyn(&shape), order)) {
                    assert_eq!(other.len(), whole.len());
                    assert_disjoint([other], &whole, "another shape");
                }
            }
        }
        let mut merged = view.view_mut();
        if merged.merge_axes(Axis(0), Axis(1)) {
            assert_eq!(merged.len(), whole.len());
        }
        assert_disjoint([merged], &whole, "merged axes");
        assert_disjoint([view.view_mut().into_dyn().insert_axis(Axis(1))], &whole, "one more axis");
        if let Some(slice) = view.as_slice_memory_order_mut() {
            assert_eq!(slice.len(), whole.len(), "a slice has the cells of its view");
        }
    });
}

/// The cells that a range with a step selects from an axis of `len` cells.
fn selected(len: usize, range: &Range<usize>, step: isize) -> HashSet<usize> {
    let axis: Vec<usize> = (0..len).collect();
    let slice = Slice::new(range.start.cast_signed(), Some(range.end.cast_signed()), step);
    ndarray::aview1(&axis).slice_axis(Axis(0), slice).iter().copied().collect()
}

// Operand 2 of ArrayViewMut: slices borrowed at the same time share no cell. Slices that would are
// refused with a panic.
#[test]
fn mutable_slices_at_the_same_time_are_disjoint_or_refused() {
    let len = 6;
    let steps = [-3, -1, 1, 2];
    let mut array = counted(len);
    let mut table = counted((len, 3));
    let mut slices = Vec::new();
    for start in 0..len {
        for end in start..=len {
            slices.extend(steps.iter().map(|&step| (start..end, step)));
        }
    }
    let (mut refused, mut made) = (0, 0);
    for (one, step) in &slices {
        for (other, other_step) in &slices {
            let (cells, other_cells) = (selected(len, one, *step), selected(len, other, *other_step));
            let overlap = !cells.is_disjoint(&other_cells);
            let slice = |range: &Range<usize>, step: isize| s![range.clone();step];
            let whole = addresses(&array.view());
            let pair = (slice(one, *step), slice(other, *other_step));
            let found = catch_unwind(AssertUnwindSafe(|| {
                let (one, other) = array.multi_slice_mut(pair);
                [addresses(&one.view()), addresses(&other.view())].concat()
            }));
            match found {
                Ok(cells) => {
                    assert!(!overlap && are_distinct(&cells), "{one:?};{step} and {other:?};{other_step}");
                    assert!(cells.iter().all(|cell| whole.contains(cell)));
                    made += 1;
                }
                Err(_) => refused += 1,
            }

            // The same for a view in two dimensions. Two of the slices share a column, so only
            // their rows distinguish them.
            let whole = addresses(&table.view());
            let found = catch_unwind(AssertUnwindSafe(|| {
                let (one, other, last) = table.view_mut().multi_slice_move((
                    s![one.clone();*step, 0..2],
                    s![other.clone();*other_step, 1],
                    s![.., 2..],
                ));
                [addresses(&one.view()), addresses(&other.view()), addresses(&last.view())].concat()
            }));
            if let Ok(cells) = found {
                assert!(!overlap && are_distinct(&cells), "{one:?};{step} and {other:?};{other_step} of a view");
                assert!(cells.iter().all(|cell| whole.contains(cell)));
            }
        }
    }
    assert!(refused > 0 && made > 0);
}

/// Whether a function may be called in safe code: `unsafe fn`s do not implement `Fn`.
macro_rules! is_safe {
    ($function:expr, fn($($Argument:ty),*) -> $Return:ty) => {{
        struct Tried<F>(F);
        #[allow(dead_code, reason = "not called for an unsafe function")]
        impl<F: Fn($($Argument),*) -> $Return> Tried<F> {
            fn is_safe(&self) -> bool {
                true
            }
        }
        #[allow(dead_code, reason = "not called for a safe function")]
        trait Otherwise {
            fn is_safe(&self) -> bool {
                false
            }
        }
        impl<F> Otherwise for &Tried<F> {}
        (&Tried($function)).is_safe()
    }};
}

// Operands 1 and 2 of both: functions that create a view without these checks are unsafe to call.
#[test]
fn functions_without_checks_are_unsafe() {
    type View = ArrayView<'static, u8, Ix1>;
    type ViewMut = ArrayViewMut<'static, u8, Ix1>;
    type Raw = RawArrayView<u8, Ix1>;
    type RawMut = RawArrayViewMut<u8, Ix1>;
    assert!(is_safe!(ViewMut::from_shape::<Ix1>, fn(Ix1, &'static mut [u8]) -> Result<ViewMut, ShapeError>));
    assert!(!is_safe!(RawMut::deref_into_view_mut, fn(RawMut) -> ViewMut));
    assert!(!is_safe!(RawMut::deref_into_view, fn(RawMut) -> View));
    assert!(!is_safe!(Raw::deref_into_view, fn(Raw) -> View));
    assert!(!is_safe!(RawMut::from_shape_ptr::<Ix1>, fn(Ix1, *mut u8) -> RawMut));
    assert!(!is_safe!(View::from_shape_ptr::<Ix1>, fn(Ix1, *const u8) -> View));
    assert!(!is_safe!(ViewMut::from_shape_ptr::<Ix1>, fn(Ix1, *mut u8) -> ViewMut));
    assert!(!is_safe!(Array1::<u8>::from_shape_vec_unchecked::<Ix1>, fn(Ix1, Vec<u8>) -> Array1<u8>));
    static_assertions::assert_impl_all!(OwnedRepr<u8>: DataMut);
}

// Operand 1 of both (`origin`): the pointer of a view points to its first index, also on inverted
// axes.
#[test]
fn the_pointer_of_a_view_leads_to_its_first_cell() {
    with_layouts(|mut view| {
        if !view.is_empty() {
            assert_eq!(view.as_ptr(), from_ref(&view[[0, 0]]));
            assert_eq!(view.as_mut_ptr().cast_const(), from_ref(&view[[0, 0]]));
        }
        let cells: Vec<usize> = view.iter().map(|cell| from_ref(cell).addr()).collect();
        assert_eq!(cells, addresses(&view.view()), "strides lead from cell to cell");
    });
    let volume: Array3<u32> = counted((2, 3, 4));
    let mut inverted = volume.view();
    (0..3).for_each(|axis| inverted.invert_axis(Axis(axis)));
    assert_eq!(inverted.as_ptr(), from_ref(&volume[[1, 2, 3]]));
}
