//! Zips of no cell, of one, and of as many as can be counted.

use super::*;

// Known trap: zero-length axes, and zero strides on empty arrays (#1609).
#[test]
fn a_zip_without_cells_calls_nothing() {
    for shape in [[0, 3, 2], [1, 0, 4], [2, 3, 0], [0, 0, 0], [0, 1, 0]] {
        let empty = Array::<f32, _>::zeros(shape);
        let stretched = arr0(1.0_f32);
        let stretched = stretched.broadcast(shape).expect("a scalar can be broadcast to any shape");
        let mut column_major = Array::<f32, _>::zeros(shape.f());
        let zip = Zip::from(&mut column_major).and(&empty).and(stretched);
        assert_eq!(zip.size(), 0);
        zip.for_each(|_, _, _| panic!("there is no cell"));
        assert!(Zip::from(&empty).and(stretched).all(|_, _| false));
        assert!(!Zip::from(&empty).and(stretched).any(|_, _| true));
        assert_eq!(Zip::from(&empty).and(&mut column_major).for_each_row(|_, _| panic!("there is no row")), Ok(()));
        let (first, second) = Zip::indexed(&empty).and(stretched).split();
        assert_eq!((first.size(), second.size()), (0, 0));
        first.for_each(|_, _, _| panic!("there is no cell"));
        second.for_each(|_, _, _| panic!("there is no cell"));
    }
}

// The lengths of the other axes are irrelevant.
#[test]
fn a_zip_without_cells_ends_at_once() {
    let most = isize::MAX.cast_unsigned() / 4;
    for shape in [[most, 0, 1], [0, 1, most], [1, most, 0], [1, 0, most]] {
        let empty = Array::<f32, _>::zeros(shape);
        let column_major = Array::<f32, _>::zeros(shape.f());
        azip!((_ in &empty, _ in &column_major) panic!("there is no cell"));
        Zip::indexed(&empty).for_each(|_, _| panic!("there is no cell"));
        assert_eq!(Zip::indexed(&empty).for_each_row(|_, _| panic!("there is no row")), Ok(()));
        assert!(Zip::indexed(&empty).into_iter().next().is_none());
    }
}

#[test]
fn a_zip_of_no_dimensions_has_one_cell_and_one_row() {
    let mut a = arr0(1);
    let b = arr0(10);
    let zip = Zip::from(&mut a).and(&b);
    assert_eq!(zip.size(), 1);
    zip.for_each(|a, b| *a += b);
    assert_eq!(a, arr0(11));
    let mut rows = Vec::new();
    assert_eq!(Zip::indexed(&mut a).and(&b).for_each_row(|(), a, b| rows.push((a.to_vec(), b.to_vec()))), Ok(()));
    assert_eq!(rows, [(vec![11], vec![10])]);
    let mut dynamic = ArrayD::zeros(vec![]);
    azip!((index at, a in &mut dynamic, &b in &arr0(3).into_dyn()) *a = b + at.ndim());
    assert_eq!(dynamic, arr0(3).into_dyn());
}

// Known trap: element counts that wrap, axes longer than any memory.
#[test]
fn as_many_cells_as_can_be_counted_are_zipped() {
    let one = arr0(7_u8);
    let most = isize::MAX.cast_unsigned();
    let half = 1_usize << (usize::BITS / 2 - 1);
    let line = one.broadcast(most).expect("within ndarray's limits");
    let square = one.broadcast((half, half)).expect("within ndarray's limits");

    assert_eq!(Zip::from(&line).and(&line).size(), most);
    assert!(Zip::from(&line).and(&line).any(|a, b| a == b));
    let stop = |visits, _: usize, _: &u8| if visits < 9 { FoldWhile::Continue(visits + 1) } else { FoldWhile::Done(9) };
    assert_eq!(Zip::indexed(&line).fold_while(0, stop).into_inner(), 9);

    let mut zip = Zip::indexed(&line).and(&line);
    let mut left = most;
    while zip.size() > 1 {
        let (first, second) = zip.split();
        assert_eq!(first.size() + second.size(), left);
        left = second.size();
        zip = second;
    }
    assert!(zip.all(|at, &a, _| at == most - 1 && a == 7));

    let mut zip = Zip::indexed(&square).and(&square);
    assert_eq!(zip.size(), half * half);
    while zip.size() > 1 {
        zip = zip.split().1;
    }
    assert!(zip.all(|at, &a, _| at == (half - 1, half - 1) && a == 7));
    assert!(!Zip::from(&square).and(&square).all(|a, b| a != b));

    let nothing = Array2::<()>::from_elem((most, 0), ());
    assert_eq!(Zip::from(&nothing).fold(0, |count, ()| count + 1), 0);
    let units = Array2::<()>::from_shape_vec((1, 1), vec![()]).expect("one cell");
    let units = units.broadcast((most, 1)).expect("within ndarray's limits");
    assert_eq!(Zip::from(units).and(units).size(), most);
}

// Known trap: element counts that wrap. Indices alone have no memory to limit their number.
#[test]
fn more_indices_than_can_be_counted_are_refused() {
    let half = 1_usize << (usize::BITS / 2 - 1);
    assert_eq!(Zip::from(indices((half, half))).size(), half * half);
    for shape in [(2 * half, half), (2 * half, 2 * half), (usize::MAX, 1), (usize::MAX, 0), (usize::MAX, usize::MAX)] {
        let message = *catch_unwind(|| Zip::from(indices(shape)).size()).unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains("more than isize::MAX"), "{message}");
    }
}
