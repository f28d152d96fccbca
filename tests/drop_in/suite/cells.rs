//! Cells that are changed through shared references.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use ndarray::{Array1, Array2, Axis, array, s};

use super::arrays::counted;
use super::{Zip, azip};

#[test]
fn cell_views_are_operands() {
    let (mut a, b) = (counted((2, 3)), counted((2, 3)));
    azip!((a in a.cell_view(), &b in &b) a.set(a.get() + b));
    azip!((&b in &b, a in a.cell_view()) a.set(a.get() * b));
    assert_eq!(a, &b * &b * 2);
    azip!((index (i, j), a in &a.cell_view()) a.set(i32::try_from(10 * i + j).unwrap()));
    assert_eq!(a, array![[0, 1, 2], [10, 11, 12]]);
}

#[test]
fn a_cell_view_stands_several_times_in_one_walk() {
    let mut a = counted(6);
    {
        let cells = a.cell_view();
        let (next, last) = (cells.slice(s![1..]), cells.slice(s![..-1]));
        azip!((next in next, last in last) next.set(next.get() + last.get()));
    }
    assert_eq!(a, array![0, 1, 3, 6, 10, 15]);
    let mut b = counted((3, 3));
    {
        let cells = b.cell_view();
        azip!((x in cells, y in cells.t()) x.set(x.get() + y.get()));
    }
    // From the first cell to the last: those above the diagonal are done before the ones below.
    assert_eq!(b, array![[0, 4, 8], [7, 8, 12], [14, 19, 16]]);
}

#[test]
fn arrays_of_cells_are_operands() {
    let (a, b) = (Array2::from_elem((2, 2), Cell::new(1)), counted((2, 2)));
    azip!((a in &a, &b in &b) a.set(a.get() + b));
    azip!((a in a.view(), b in a.t()) a.set(a.get() + b.get()));
    assert_eq!(a.map(Cell::get), array![[2, 5], [8, 8]]);
    let slice = [Cell::new(0), Cell::new(0)];
    azip!((cell in &slice[..], &b in b.row(1), also in &slice) {
        cell.set(b);
        also.set(also.get() + 1);
    });
    assert_eq!(slice.map(|cell| cell.get()), [3, 4]);
    let mut owned = a;
    azip!((cell in &mut owned) *cell.get_mut() += 1);
    assert_eq!(owned.sum_axis_of_cells(), array![12, 15]);
}

trait SumAxisOfCells {
    fn sum_axis_of_cells(&self) -> Array1<i32>;
}

impl SumAxisOfCells for Array2<Cell<i32>> {
    fn sum_axis_of_cells(&self) -> Array1<i32> {
        let sums = Array1::from_elem(self.ncols(), Cell::new(0));
        for row in self.axis_iter(Axis(0)) {
            azip!((sum in &sums, cell in row) sum.set(sum.get() + cell.get()));
        }
        sums.map(Cell::get)
    }
}

#[test]
fn other_cells_are_elements() {
    let log = Array1::from_elem(3, RefCell::new(Vec::new()));
    azip!((index i, log in &log, &b in &[5, 6, 7]) {
        log.borrow_mut().push(b);
        log.borrow_mut().push(i);
    });
    assert_eq!(log[2].borrow()[..], [7, 2]);
    let counts = Array1::from_shape_fn(3, |_| AtomicI32::new(1));
    azip!((count in &counts, &b in &[1, 2, 3]) {
        count.fetch_add(b, Relaxed);
    });
    assert_eq!(Zip::from(&counts).fold(0, |sum, count| sum + count.load(Relaxed)), 9);
}

#[test]
fn results_are_assigned_to_cells() {
    let (cells, b) = (Array2::from_elem((2, 2), Cell::new(0)), counted((2, 2)));
    Zip::from(&b).map_assign_into(&cells, |b| b + 1);
    assert_eq!(cells.map(Cell::get), array![[1, 2], [3, 4]]);
    Zip::from(&b).and(&b).map_assign_into(cells.view(), |a, b| a * b);
    assert_eq!(cells.map(Cell::get), array![[0, 1], [4, 9]]);
    Zip::indexed(&b).map_assign_into(cells.t(), |(i, j), b| b + i32::try_from(100 * i + 10 * j).unwrap());
    assert_eq!(cells.map(Cell::get), array![[0, 102], [11, 113]]);
    let mut plain = counted((2, 2));
    Zip::from(&b).map_assign_into(plain.cell_view(), |b| -b);
    assert_eq!(plain, -b);
}
