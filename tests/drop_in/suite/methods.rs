//! The methods of `Zip` that walk, and those that make other zips.

use ndarray::{Array1, Array2, ArrayView1, Ix2, ShapeBuilder, arr0, array, aview1, s};

use super::arrays::counted;
use super::{FoldWhile, Zip};

#[test]
fn from_and_for_each() {
    let mut a = Array2::zeros((4, 2));
    let (b, c, d) = (Array2::from_elem((4, 2), 1.), Array2::from_elem((4, 2), 2.), Array2::from_elem((4, 2), 3.));
    Zip::from(&mut a).and(&b).and(&c).and(&d).for_each(|w, &x, &y, &z| {
        *w += x + y * z;
    });
    assert_eq!(a, Array2::from_elem((4, 2), 7.));
    Zip::from(&mut a).for_each(|w| *w -= 7.);
    Zip::from(&mut a).and(&b).and(&c).and(&d).and(&b).and(&c).for_each(|w, x, y, z, b, c| *w = x + y + z + b + c);
    assert_eq!(a, Array2::from_elem((4, 2), 9.));
}

#[test]
fn indexed_with_one_to_five_operands() {
    let (mut a, b) = (counted((2, 2)), counted((2, 2)));
    Zip::indexed(&mut a).for_each(|(i, j), a| *a += i32::try_from(10 * i + j).unwrap());
    assert_eq!(a, array![[0, 2], [12, 14]]);
    Zip::indexed(&mut a).and(&b).for_each(|at, a, &b| *a += b * i32::from(at == (1, 1)));
    Zip::indexed(&mut a).and(&b).and(&b).for_each(|(i, _), a, &b, &c| *a += (b + c) * i32::try_from(i).unwrap());
    Zip::indexed(&mut a).and(&b).and(&b).and(&b).for_each(|(_, j), a, b, c, d| {
        *a += b * c * d * i32::try_from(j).unwrap();
    });
    assert_eq!(a, array![[0, 3], [16, 50]]);
    let sum = Zip::indexed(&a)
        .and(&b)
        .and(&b)
        .and(&b)
        .and(&b)
        .fold(0, |sum, (i, j), a, b, c, d, e| sum + a - b - c - d - e + i32::try_from(i * j).unwrap());
    assert_eq!(sum, 69 - 24 + 1);
    assert!(Zip::indexed(&b).all(|(i, j), &b| b == i32::try_from(2 * i + j).unwrap()));
    assert!(Zip::indexed(&array![5, 6]).any(|i, &b| i == 1 && b == 6));
}

#[test]
fn size_is_the_number_of_cells() {
    let a = counted((3, 4));
    assert_eq!(Zip::from(&a).size(), 12);
    assert_eq!(Zip::indexed(&a).and(&a).size(), 12);
    assert_eq!(Zip::from(a.slice(s![..2, ..0])).size(), 0);
    assert_eq!(Zip::from(&arr0(1)).size(), 1);
}

#[test]
fn fold_takes_every_cell() {
    let (a, b) = (array![[1, 5], [3, 7]], array![[2, 4], [8, 6]]);
    assert_eq!(Zip::from(&a).and(&b).fold(0, |sum, a, b| sum + a * b), (&a * &b).sum());
    assert_eq!(Zip::from(&a).fold(String::new(), |text, a| format!("{text}{a}")), "1537");
    let mut out = Array2::zeros((2, 2));
    let last = Zip::from(&mut out).and(&a).and(&b).and(&a).and(&b).and(&a).fold(None, |_, out, a, b, c, d, e| {
        *out = a + b + c + d + e;
        Some(out)
    });
    *last.unwrap() += 1000;
    assert_eq!(out, array![[7, 23], [25, 1033]]);
}

#[test]
fn fold_while_stops_where_it_is_told() {
    let (a, b) = (array![[1, 2], [3, 4]], array![[1, 1], [2, 2]]);
    let mut visits = 0;
    let mut walk = |limit: i32| {
        Zip::from(&a).and(&b).fold_while(0, |sum, a, b| {
            visits += 1;
            if sum + a * b > limit { FoldWhile::Done(sum) } else { FoldWhile::Continue(sum + a * b) }
        })
    };
    let (stopped, finished) = (walk(8), walk(100));
    assert!(stopped.is_done() && !finished.is_done());
    assert_eq!((stopped.into_inner(), finished.into_inner()), (3, 17));
    assert_eq!(visits, 3 + 4);
    assert!(matches!(Zip::from(&a).fold_while((), |(), _| FoldWhile::Done(())), FoldWhile::Done(())));
    assert!(matches!(Zip::indexed(&a).fold_while(5, |n, _, _| FoldWhile::Continue(n)), FoldWhile::Continue(5)));
}

#[test]
fn fold_while_changes_cells_until_it_stops() {
    let (mut a, b) = (Array2::zeros((2, 3)), counted((2, 3)));
    let result = Zip::from(&mut a).and(&b).fold_while(0, |n, a, &b| {
        *a = b + 1;
        if b == 3 { FoldWhile::Done(n) } else { FoldWhile::Continue(n + 1) }
    });
    assert_eq!(result.into_inner(), 3);
    assert_eq!(a, array![[1, 2, 3], [4, 0, 0]]);
}

#[test]
fn all_and_any_stop_at_the_first_answer() {
    let (a, b) = (array![1, 2, 3], array![1, 4, 9]);
    assert!(Zip::from(&a).and(&b).all(|&a, &b| a * a == b));
    assert!(Zip::from(&a).and(&b).any(|&a, &b| a == b));
    assert!(!Zip::from(&a).and(&b).any(|&a, &b| a - 1 == b));
    let mut visits = 0;
    let mut visit = |answer| {
        visits += 1;
        answer
    };
    assert!(!Zip::from(&a).all(|&a| visit(a < 2)));
    assert!(Zip::from(&a).any(|&a| visit(a == 1)));
    assert!(!Zip::from(&a).any(|_| visit(false)));
    assert_eq!(visits, 2 + 1 + 3);
}

#[test]
fn operands_are_broadcast() {
    let mut a = counted((2, 3));
    let (row, column, one) = (array![10, 20, 30], array![[100], [200]], arr0(1000));
    Zip::from(&mut a)
        .and_broadcast(&row)
        .and_broadcast(&column)
        .and_broadcast(&one)
        .for_each(|a, r, c, o| *a += r + c + o);
    assert_eq!(a, array![[1110, 1121, 1132], [1213, 1224, 1235]]);
    // Views and slices; an operand of the same shape; one that is broadcast along several axes.
    Zip::from(&mut a).and_broadcast(row.view()).and_broadcast(&[1, 2, 3]).and_broadcast(&vec![4]).for_each(
        |a, x, y, z| {
            *a -= x + y + z;
        },
    );
    Zip::from(&mut a).and_broadcast(&counted((2, 3))).for_each(|a, b| *a -= b);
    assert_eq!(a, array![[1095, 1094, 1093], [1195, 1194, 1193]]);
    Zip::indexed(&mut a)
        .and(&counted((2, 3)))
        .and_broadcast(&[5][..])
        .for_each(|(i, _), a, b, c| *a = b + c + i as i32);
    assert_eq!(a, array![[5, 6, 7], [9, 10, 11]]);
    let mut stack = ndarray::Array3::zeros((2, 2, 2).f());
    Zip::from(&mut stack)
        .and_broadcast(&array![[1, 2], [3, 4]])
        .and_broadcast(aview1(&[10, 20]))
        .for_each(|s, a, b| *s = a * b);
    assert_eq!(stack.sum(), 2 * (10 + 40 + 30 + 80));
}

#[test]
fn dynamic_operands_are_broadcast() {
    let mut a = counted((2, 3)).into_dyn();
    Zip::from(&mut a)
        .and_broadcast(&array![10, 20, 30])
        .and_broadcast(&arr0(1).into_dyn())
        .for_each(|a, b, c| *a += b + c);
    assert_eq!(a, array![[11, 22, 33], [14, 25, 36]].into_dyn());
}

#[test]
fn split_makes_two_halves() {
    let (mut a, b) = (counted((4, 3)), counted((4, 3)));
    let (first, second) = Zip::from(&mut a).and(&b).split();
    assert_eq!((first.size(), second.size()), (6, 6));
    first.for_each(|a, b| *a += b);
    second.for_each(|a, b| *a -= b);
    assert_eq!(a, array![[0, 2, 4], [6, 8, 10], [0, 0, 0], [0, 0, 0]]);

    // Along the axis with the largest stride: columns of column-major arrays.
    let mut a = counted((3, 4).f());
    let (first, _) = Zip::from(&mut a).split();
    first.for_each(|a| *a = -1);
    assert_eq!(a, array![[-1, -1, 2, 3], [-1, -1, 6, 7], [-1, -1, 10, 11]]);

    // An axis of length 1 is not split. The first half is the smaller one.
    let flat = counted((1, 5));
    let (first, second) = Zip::from(&flat).split();
    assert_eq!((first.size(), second.size()), (2, 3));
}

#[test]
fn halves_know_their_indices() {
    let a = counted((4, 3));
    let (first, second) = Zip::indexed(&a).split();
    let (second, third) = second.split();
    let mut seen = Vec::new();
    for part in [first, second, third] {
        part.for_each(|(i, j), &a| {
            assert_eq!(a, i32::try_from(3 * i + j).unwrap());
            seen.push(a);
        });
    }
    assert_eq!(seen, (0..12).collect::<Vec<_>>());
}

#[test]
fn zips_of_shared_operands_are_cloned() {
    let (a, b) = (counted((2, 2)), counted((2, 2)));
    let zip = Zip::from(&a).and(&b);
    let sum = zip.clone().fold(0, |sum, a, b| sum + a * b);
    assert_eq!(sum, zip.fold(0, |sum, a, b| sum + a * b));
    let indexed = Zip::indexed(&a);
    assert_eq!(indexed.clone().and(&b).size(), indexed.size());
}

#[test]
fn zips_are_built_step_by_step() {
    let (mut a, b) = (array![1, 2], array![10, 20]);
    let zip = Zip::from(&mut a);
    let zip = if b.len() == 2 { zip.and(&b) } else { unreachable!() };
    let zip = zip.and_broadcast(&[100]);
    assert_eq!(zip.size(), 2);
    zip.for_each(|a, b, c| *a += b + c);
    assert_eq!(a, array![111, 122]);
}

#[test]
fn zips_are_printed() {
    let a = counted((2, 2));
    assert!(format!("{:?}", Zip::from(&a).and(a.view())).starts_with("Zip"));
}

#[test]
fn owned_arrays_give_operands_by_reference() {
    // The borrow ends with the walk.
    let mut a: Array1<i32> = array![1, 2];
    for _ in 0..3 {
        Zip::from(&mut a).for_each(|a| *a *= 2);
        let view: ArrayView1<'_, i32> = a.view();
        assert_eq!(Zip::from(view).and(&a).fold(0, |n, a, b| n + i32::from(a == b)), 2);
    }
    assert_eq!(a, array![8, 16]);
    let b: ndarray::Array<i32, Ix2> = array![[1]];
    assert!(Zip::from(&b).all(|&b| b == 1));
}

#[test]
fn zips_go_to_other_threads() {
    let (mut a, b) = (counted((4, 3)), counted((4, 3)));
    let (first, second) = Zip::from(&mut a).and(&b).split();
    std::thread::scope(|scope| {
        scope.spawn(move || first.for_each(|a, b| *a += b));
        scope.spawn(move || second.for_each(|a, b| *a -= b));
    });
    assert_eq!(a, array![[0, 2, 4], [6, 8, 10], [0, 0, 0], [0, 0, 0]]);
}
