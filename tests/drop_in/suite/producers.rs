//! ndarray's producers: rows, lanes, parts along an axis, chunks, windows and indices, together
//! with arrays and with each other.

use ndarray::{
    Array, Array1, Array2, Array3, ArrayView1, ArrayView2, ArrayViewMut1, Axis, Ix1, IxDyn, ShapeBuilder, array,
    indices, indices_of, s,
};

use super::arrays::counted;
use super::{FoldWhile, Zip, azip};

#[test]
fn rows() {
    let a = counted((3, 4));
    let mut totals = Array1::zeros(a.nrows());
    azip!((total in &mut totals, row in a.rows()) *total = row.sum());
    assert_eq!(totals, a.sum_axis(Axis(1)));
    Zip::from(&mut totals).and(a.rows()).for_each(|total, row| *total -= row[0]);
    assert_eq!(totals, array![6, 18, 30]);
    let mut rows = Vec::new();
    azip!((row in a.rows()) rows.push(row));
    assert_eq!(rows, [a.row(0), a.row(1), a.row(2)]);
    assert_eq!(Zip::from(a.rows()).size(), 3);
}

#[test]
fn rows_of_other_layouts_and_dimensions() {
    for a in [counted((3, 4)), counted((3, 4).f())] {
        for view in [a.view(), a.t(), a.slice(s![..;-1, 1..3]), a.slice(s![..;2, ..;-3])] {
            let mut totals = Array1::zeros(view.nrows());
            azip!((total in &mut totals, row in view.rows()) *total = row.sum());
            assert_eq!(totals, view.sum_axis(Axis(1)));
        }
    }
    let cube = counted((2, 3, 4));
    let mut totals = Array2::zeros((2, 3));
    azip!((total in &mut totals, row in cube.rows()) *total = row.sum());
    assert_eq!(totals, cube.sum_axis(Axis(2)));
    azip!((index (i, j), row in cube.rows()) assert_eq!(row, cube.slice(s![i, j, ..])));
    let line = counted(3);
    azip!((index (), row in line.rows(), &n in &ndarray::arr0(3)) assert_eq!((row, n), (line.view(), 3)));
    let dynamic = cube.clone().into_dyn();
    let mut totals = Array::zeros(IxDyn(&[2, 3]));
    azip!((total in &mut totals, row in dynamic.rows()) *total = row.sum());
    assert_eq!(totals, dynamic.sum_axis(Axis(2)));
    azip!((_ in Array2::<i32>::zeros((0, 4)).rows()) unreachable!());
    let mut empty_rows = 0;
    azip!((row in Array2::<i32>::zeros((4, 0)).rows()) empty_rows += usize::from(row.is_empty()));
    assert_eq!(empty_rows, 4);
}

#[test]
fn mutable_rows() {
    let (mut a, weights) = (counted((2, 3)), array![10, 100]);
    azip!((mut row in a.rows_mut(), &weight in &weights) row *= weight);
    assert_eq!(a, array![[0, 10, 20], [300, 400, 500]]);
    azip!((row in a.rows_mut(), &weight in &weights) azip!((x in row) *x += weight));
    azip!((mut row in a.rows_mut()) azip!((index j, x in &mut row) *x -= j as i32));
    assert_eq!(a, array![[10, 19, 28], [400, 499, 598]]);
    azip!((index i, mut row in a.rows_mut()) row.fill(i as i32));
    Zip::indexed(a.rows_mut()).and(&weights).for_each(|i, mut row, &w| row[i] = w);
    assert_eq!(a, array![[10, 0, 0], [1, 100, 1]]);
    let mut kept: Vec<ArrayViewMut1<'_, i32>> = Vec::new();
    azip!((row in a.rows_mut()) kept.push(row));
    let [first, second] = &mut kept[..] else { unreachable!() };
    azip!((x in first, y in second) std::mem::swap(x, y));
    assert_eq!(a, array![[1, 100, 1], [10, 0, 0]]);
}

#[test]
fn columns() {
    let mut a = counted((2, 3));
    let mut totals = [0; 3];
    azip!((total in &mut totals, column in a.columns()) *total = column.sum());
    assert_eq!(totals, [3, 5, 7]);
    azip!((mut column in a.columns_mut(), total in &totals) column[1] = -total);
    assert_eq!(a, array![[0, 1, 2], [-3, -5, -7]]);
    azip!((column in a.columns(), row in a.t().rows()) assert_eq!(column, row));
    Zip::from(a.columns_mut()).and(&[1, 2, 3]).for_each(|mut column, &w| column += w);
    assert_eq!(a, array![[1, 3, 5], [-2, -3, -4]]);
}

#[test]
fn lanes_along_each_axis() {
    let a = counted((2, 3, 4));
    for axis in [Axis(0), Axis(1), Axis(2)] {
        let mut b = a.clone();
        let mut totals = Array2::zeros(a.sum_axis(axis).raw_dim());
        azip!((total in &mut totals, lane in a.lanes(axis)) *total = lane.sum());
        assert_eq!(totals, a.sum_axis(axis));
        azip!((mut lane in b.lanes_mut(axis), &total in &totals) lane -= total);
        azip!((lane in b.lanes(axis), old in a.lanes(axis), total in &totals) assert_eq!(lane, &old - *total));
        azip!((index _, old in a.lanes(axis), mut lane in b.lanes_mut(axis)) lane.assign(&old));
        assert_eq!(a, b);
    }
}

#[test]
fn parts_along_an_axis() {
    let mut a = counted((2, 3, 2));
    let mut totals = Array1::zeros(3);
    azip!((total in &mut totals, part in a.axis_iter(Axis(1))) *total = part.sum());
    assert_eq!(totals, a.sum_axis(Axis(2)).sum_axis(Axis(0)));
    azip!((part in a.axis_iter(Axis(1)), total in &totals) assert_eq!(part.sum(), *total));
    azip!((mut part in a.axis_iter_mut(Axis(1)), &total in &totals) part += total);
    azip!((mut part in a.outer_iter_mut(), &x in &[1, 2]) part *= x);
    azip!((index i, part in a.outer_iter()) assert_eq!(part, a.index_axis(Axis(0), i)));
    assert_eq!(a.sum(), totals.sum() * (2 + 4) + (0..6).sum::<i32>() + 2 * (6..12).sum::<i32>());
    Zip::from(a.axis_iter_mut(Axis(2))).and(&array![0, 1]).for_each(|mut part, &x| part.fill(x));
    assert_eq!(a.sum(), 6);
    let dynamic = a.into_dyn();
    azip!((part in dynamic.axis_iter(Axis(2)), &x in &[0, 1]) assert!(part.iter().all(|&p| p == x)));
}

#[test]
fn parts_along_an_axis_of_views_upside_down() {
    let a = counted((4, 3));
    let view = a.slice(s![..;-1, ..;2]);
    let mut seen = Vec::new();
    azip!((row in view.axis_iter(Axis(0)), also in view.rows(), &last in view.column(1)) {
        assert_eq!(row, also);
        seen.push((row[0], last));
    });
    assert_eq!(seen, [(9, 11), (6, 8), (3, 5), (0, 2)]);
    let mut iterator = a.axis_iter(Axis(0));
    assert_eq!(iterator.next(), Some(a.row(0)));
    // The remaining items of an iterator that has been advanced.
    azip!((row in iterator, &first in a.slice(s![1.., 0])) assert_eq!(row[0], first));
}

#[test]
fn exact_chunks() {
    let mut a = Array2::zeros((6, 7));
    azip!((index (i, j), mut chunk in a.exact_chunks_mut((2, 2))) chunk.fill(3 * i + j));
    assert_eq!(a.row(2).to_vec(), [3, 3, 4, 4, 5, 5, 0]);
    let mut sums = Array2::zeros((3, 3));
    azip!((sum in &mut sums, chunk in a.exact_chunks((2, 2))) *sum = chunk.sum());
    assert_eq!(sums, Array2::from_shape_fn((3, 3), |(i, j)| 4 * (3 * i + j)));
    Zip::from(&mut sums)
        .and(a.exact_chunks((2, 2)))
        .for_each(|sum, chunk: ArrayView2<'_, usize>| *sum -= chunk.len() * chunk[[1, 1]]);
    assert_eq!(sums.sum(), 0);
    azip!((mut chunk in a.exact_chunks_mut((3, 7)), &value in &array![[3], [7]]) chunk[[0, 0]] = value);
    assert_eq!((a[[0, 0]], a[[3, 0]]), (3, 7));
    azip!((_ in a.exact_chunks((7, 1))) unreachable!());
    let line = counted(7);
    let mut sums = vec![0; 2];
    azip!((sum in &mut sums, chunk in line.exact_chunks(3)) *sum = chunk.sum());
    assert_eq!(sums, [3, 12]);
}

#[test]
fn windows_of_ndarray() {
    let a = counted((4, 5));
    let mut sums = Array2::zeros((2, 3));
    azip!((sum in &mut sums, window in a.windows((3, 3))) *sum = window.sum());
    azip!((index (i, j), &sum in &sums, window in a.windows((3, 3))) {
        assert_eq!(window, a.slice(s![i..i + 3, j..j + 3]));
        assert_eq!(sum, window.sum());
    });
    azip!((window in a.windows((3, 3)), other in a.slice(s![.., ..]).windows((3, 3))) assert_eq!(window, other));
    Zip::from(a.windows((3, 3))).and(&sums).for_each(|window, &sum| assert_eq!(window[[1, 1]] * 9, sum));
    let mut centers = a.clone();
    azip!((center in centers.slice_mut(s![1..3, 1..4]), window in a.windows((3, 3))) *center -= window[[0, 0]]);
    assert_eq!(centers.slice(s![1..3, 1..4]), Array2::from_elem((2, 3), 6));
}

#[test]
fn windows_at_steps_and_along_an_axis() {
    let a = counted((4, 6));
    let mut corners = Array2::zeros((2, 2));
    azip!((corner in &mut corners, window in a.windows_with_stride((2, 3), (2, 3))) *corner = window[[0, 0]]);
    assert_eq!(corners, array![[0, 3], [12, 15]]);
    let mut sums = Array1::zeros(3);
    azip!((sum in &mut sums, window in a.axis_windows(Axis(0), 2)) *sum = window.sum());
    assert_eq!(sums, array![66, 138, 210]);
    azip!((index i, window in a.axis_windows(Axis(1), 3)) assert_eq!(window, a.slice(s![.., i..i + 3])));
    let line = counted(6);
    let mut means = [0.; 4];
    azip!((mean in &mut means, window in line.windows(3)) *mean = f64::from(window.sum()) / 3.);
    assert_eq!(means, [1., 2., 3., 4.]);
    azip!((_ in a.windows((5, 1))) unreachable!());
    let cube = counted((3, 3, 3));
    azip!((index _, window in cube.windows((2, 2, 2)), corner in cube.slice(s![..2, ..2, ..2])) {
        assert_eq!(window[[0, 0, 0]], *corner);
    });
}

#[test]
fn indices_are_operands() {
    let mut a = Array2::zeros((2, 3));
    azip!((a in &mut a, (i, j) in indices((2, 3))) *a = 10 * i + j);
    assert_eq!(a, array![[0, 1, 2], [10, 11, 12]]);
    azip!(((i, j) in indices_of(&a), &x in &a) assert_eq!(x, 10 * i + j));
    azip!((index at, also in indices((2, 3)), a in a.t().reversed_axes()) {
        assert_eq!((at, at.0 * 10 + at.1), (also, *a));
    });
    Zip::from(&mut a).and(indices((2, 3))).for_each(|a, at| *a = at.0 * at.1);
    assert_eq!(a, array![[0, 0, 0], [0, 1, 2]]);
    let mut seen = Vec::new();
    azip!((i in indices(3)) seen.push(i));
    azip!((() in indices(())) seen.push(7));
    azip!(((i, _, k) in indices((2, 1, 2)), _ in &Array3::<u8>::zeros((2, 1, 2).f())) seen.push(2 * i + k));
    seen.sort_unstable();
    assert_eq!(seen, [0, 0, 1, 1, 2, 2, 3, 7]);
    assert_eq!(Zip::from(indices_of(&a)).fold(0, |sum, (i, j)| sum + i * j), 3);
}

#[test]
fn producers_and_arrays_mixed() {
    let (mut a, b, weights) = (counted((3, 3)), counted((3, 3)), vec![1, 10, 100]);
    let mut out = Array1::zeros(3);
    azip!((out in &mut out, row in a.rows(), column in b.columns(), &w in &weights) *out = row.dot(&column) * w);
    assert_eq!(out, array![15, 540, 11100]);
    azip!((&w in &weights, mut row in a.rows_mut(), other in b.axis_iter(Axis(1)), i in indices(3), out in &mut out) {
        row[i] = w;
        *out = other[i];
    });
    assert_eq!((a.diag().to_vec(), out.to_vec()), (vec![1, 10, 100], vec![0, 4, 8]));
    azip!((index i, window in b.row(0).windows(1), cell in a.column_mut(0), out in &mut out) {
        *out += window[0] + i32::try_from(i).unwrap();
        *cell += 1;
    });
    assert_eq!(out, array![0, 6, 12]);
    azip!((
        out in &mut out,
        row in a.rows(),
        lane in a.lanes(Axis(1)),
        part in a.outer_iter(),
        i in indices(3),
        &w in &weights,
    ) {
        assert!(row == lane && lane == part);
        *out = row[i] - w - i32::from(i == 0);
    });
    assert_eq!(out, Array1::zeros(3));
}

#[test]
fn every_method_takes_producers() {
    let mut a = counted((4, 3));
    let weights = [1, 2, 3, 4];
    assert_eq!(Zip::from(a.rows()).map_collect(|row| row.sum()), a.sum_axis(Axis(1)));
    assert_eq!(Zip::from(a.rows()).and(&weights).map_collect(|row, w| row[0] * w), array![0, 6, 18, 36]);
    assert_eq!(Zip::from(&weights).and(a.rows()).map_collect(|w, row| row[0] * w), array![0, 6, 18, 36]);
    assert_eq!(Zip::indexed(a.columns()).map_collect(|j, column| column[j]), array![0, 4, 8]);
    assert_eq!(Zip::from(a.windows((2, 2))).map_collect(|w| w.sum()).dim(), (3, 2));
    assert_eq!(Zip::from(a.exact_chunks((2, 1))).map_collect(|chunk| chunk.sum()), array![[3, 5, 7], [15, 17, 19]]);
    assert_eq!(Zip::from(a.rows()).and(&weights).fold(0, |sum, row, w| sum + row[1] * w), 1 + 8 + 21 + 40);
    let result = Zip::from(a.rows())
        .fold_while(0, |n, row| if row[0] > 5 { FoldWhile::Done(n) } else { FoldWhile::Continue(n + 1) });
    assert_eq!((result.is_done(), result.into_inner()), (true, 2));
    assert!(Zip::from(a.rows()).and(a.rows()).all(|a, b| a == b));
    assert!(Zip::from(a.axis_iter(Axis(1))).any(|column| column[0] == 2));
    assert_eq!(Zip::from(a.rows()).and_broadcast(&[100]).fold(0, |sum, row, &x| sum + row[0] + x), 418);
    let (first, second) = Zip::from(a.rows()).and(&weights).split();
    assert_eq!((first.size(), second.fold(0, |sum, row, w| sum + row[0] * w)), (2, 54));
    let rows = Zip::from(a.rows()).and(&weights);
    assert_eq!(rows.clone().size(), rows.size());

    let mut sums = Array1::<i32>::zeros(4);
    Zip::from(a.rows()).and(&weights).map_assign_into(&mut sums, |row: ArrayView1<'_, i32>, w| row.sum() * w);
    assert_eq!(sums, array![3, 24, 63, 120]);
    Zip::indexed(a.rows_mut()).map_assign_into(&mut sums, |i, mut row| {
        row.fill(0);
        i as i32
    });
    assert_eq!((sums, a.sum()), (array![0, 1, 2, 3], 0));
}

#[test]
fn the_layout_of_what_is_collected_from_producers_is_that_of_ndarray() {
    for cube in [counted((2, 3, 4)), counted((2, 3, 4).f())] {
        for axis in [Axis(0), Axis(1), Axis(2)] {
            let ours = Zip::from(cube.lanes(axis)).map_collect(|lane| lane.sum());
            let ndarrays = ndarray::Zip::from(cube.lanes(axis)).map_collect(|lane| lane.sum());
            assert_eq!((ours.strides(), &ours), (ndarrays.strides(), &ndarrays));
        }
        let ours = Zip::from(cube.windows((2, 2, 2))).map_collect(|window| window.sum());
        let ndarrays = ndarray::Zip::from(cube.windows((2, 2, 2))).map_collect(|window| window.sum());
        assert_eq!((ours.strides(), &ours), (ndarrays.strides(), &ndarrays));
    }
}

#[test]
fn the_order_of_producers_is_that_of_ndarray() {
    /// The first cell of each window and the cell walked with it, in the order of visits.
    macro_rules! order {
        ($($azip:tt)*) => {
            |a: ArrayView2<'_, i32>, b: ArrayView2<'_, i32>| {
                let mut order = Vec::new();
                $($azip)*!((window in a.windows((2, 2)), &cell in b.slice(s![1.., 1..])) {
                    order.push((window[[0, 0]], cell));
                });
                order
            }
        };
    }
    let (ours, ndarrays) = (order!(azip), order!(ndarray::azip));
    let (c, f) = (counted((4, 3)), counted((4, 3).f()));
    for a in [&c, &f] {
        for b in [&c, &f] {
            assert_eq!(ours(a.view(), b.view()), ndarrays(a.view(), b.view()));
            let cut = s![..;-1, ..;2];
            assert_eq!(ours(a.slice(cut), b.slice(cut)), ndarrays(a.slice(cut), b.slice(cut)));
        }
    }
}

#[test]
fn operands_without_a_body_are_zips_of_producers() {
    let mut a = counted((2, 2));
    azip!(a.rows_mut(), &[10, 20]).for_each(|mut row, &x| row += x);
    assert_eq!(a, array![[10, 11], [22, 23]]);
    assert_eq!(azip!(a.columns(), a.rows()).size(), 2);
}

#[test]
fn bodies_end_early_and_change_variables() {
    let a = counted((3, 2));
    let (mut longest, mut visits): (Option<ArrayView1<'_, i32>>, _) = (None, 0);
    azip!((row in a.rows(), &skip in &[false, true, false]) {
        if skip {
            return;
        }
        visits += 1;
        longest = Some(row);
    });
    assert_eq!((longest, visits), (Some(a.row(2)), 2));
    fn rows_of(a: Option<&Array2<i32>>) -> Option<i32> {
        let mut sum = 0;
        azip!((row in a?.rows()) sum += row.product());
        Some(sum)
    }
    assert_eq!((rows_of(Some(&a)), rows_of(None)), (Some(26), None));
}

#[test]
fn producers_are_built_from_temporaries() {
    let a = counted((2, 3));
    let mut sums = Vec::new();
    azip!((row in (&a + 1).rows(), column in a.map(|a| a * 2).t().columns()) sums.push(row.sum() + column.sum()));
    assert_eq!(sums, [6 + 6, 15 + 24]);
    let locked = std::sync::Mutex::new(a);
    azip!((mut row in locked.lock().unwrap().rows_mut(), &x in &vec![10, 20]) row += x);
    assert_eq!(locked.into_inner().unwrap().sum(), 15 + 30 + 60);
}

#[test]
fn dimensions_without_a_type_of_their_own() {
    let lanes: ndarray::iter::Lanes<'_, i32, Ix1> = counted_static().lanes(Axis(0));
    let mut sums = Vec::new();
    azip!((lane in lanes, axis in counted_static().axis_iter(Axis(1))) sums.push(lane.sum() * axis.len() as i32));
    assert_eq!(sums, [4, 8]);
}

/// Returns an array that is never dropped.
fn counted_static() -> &'static Array2<i32> {
    static ARRAY: std::sync::LazyLock<Array2<i32>> = std::sync::LazyLock::new(|| counted((2, 2)));
    &ARRAY
}

#[test]
fn producers_go_to_other_threads() {
    let (mut a, b) = (counted((4, 2)), counted((2, 4)));
    let (first, second) = Zip::from(a.rows_mut()).and(b.columns()).split();
    std::thread::scope(|scope| {
        scope.spawn(move || first.for_each(|mut a, b| a += &b));
        scope.spawn(move || second.for_each(|mut a, b| a -= &b));
    });
    assert_eq!(a, array![[0, 5], [3, 8], [2, -1], [3, 0]]);
}

#[test]
fn parts_of_producers() {
    let mut a = counted((4, 2));
    let (upper, lower) = a.axis_iter(Axis(0)).split_at(2);
    azip!((above in upper, below in lower) assert_eq!(&below - &above, array![4, 4]));
    let (upper, lower) = a.axis_iter_mut(Axis(0)).split_at(2);
    azip!((above in upper, mut below in lower) below -= &above);
    assert_eq!(a.slice(s![2.., ..]), array![[4, 4], [4, 4]]);
    let mut rest = a.axis_iter_mut(Axis(0));
    rest.next_back();
    azip!((mut row in rest, &x in &[7, 8, 9]) row.fill(x));
    assert_eq!(a.column(1), array![7, 8, 9, 4]);
}

#[test]
fn producers_of_elements_without_a_size() {
    let mut a = Array2::from_elem((3, 2), ());
    let mut cells = 0;
    azip!((row in a.rows(), part in a.axis_iter(Axis(0))) cells += row.len() + part.len());
    azip!((index i, row in a.rows_mut()) azip!((() in row) cells += i));
    azip!((chunk in a.exact_chunks((1, 2)), () in &Array2::from_elem((3, 1), ())) cells += chunk.len());
    assert_eq!(cells, 12 + 6 + 6);
}

#[test]
fn producers_of_broadcast_views() {
    let row = array![1, 2, 3];
    let view = row.broadcast((2, 3)).unwrap();
    let mut sums = Array1::zeros(2);
    azip!((sum in &mut sums, row in view.rows(), part in view.axis_iter(Axis(0))) *sum = row.sum() * part[2]);
    assert_eq!(sums, array![18, 18]);
    azip!((column in view.columns(), &x in &row) assert_eq!(column, array![x, x]));
    azip!((window in view.windows((2, 2)), &x in array![[1, 2]].view()) {
        assert_eq!(window, array![[x, x + 1], [x, x + 1]]);
    });
}

#[test]
fn methods_take_producers_of_a_dimension_without_a_name() {
    fn row_sums<D: ndarray::Dimension>(a: &Array<i32, D>) -> Array<i32, D::Smaller> {
        Zip::from(a.rows()).map_collect(|row| row.sum())
    }
    assert_eq!(row_sums(&counted((2, 3))), array![3, 12]);
    assert_eq!(row_sums(&counted(4)), ndarray::arr0(6));
    assert_eq!(row_sums(&counted((2, 1, 2)).into_dyn()), array![[1], [5]].into_dyn());
}

#[test]
fn producers_end_loops_and_functions() {
    let arrays = [Some(counted((2, 2))), None, Some(counted((2, 3)))];
    let mut sum = 0;
    for array in &arrays {
        azip!((row in match array {
            Some(array) => array.rows(),
            None => continue,
        }) sum += row.sum());
    }
    for array in &arrays {
        azip!((x in match array {
            Some(array) => array,
            None => break,
        }) sum += x);
    }
    assert_eq!(sum, 6 + 15 + 6);
}
