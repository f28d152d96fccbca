//! The order of the parts of a split zip.

use super::*;

#[test]
fn pieces_of_a_row_major_zip_are_in_order() {
    for shape in [&[13][..], &[4, 5], &[1, 7], &[7, 1], &[2, 3, 4], &[1, 1, 3, 1]] {
        let mut a = counted(IxDyn(shape));
        let in_order: Vec<(IxDyn, u32)> = a.indexed_iter().map(|(at, &n)| (at, n)).collect();
        let mut seen = Vec::new();
        for leaf in leaves(Zip::indexed(&mut a)) {
            seen.extend(leaf.into_iter().map(|(at, n)| (at, *n)));
        }
        assert_eq!(seen, in_order);
    }
}

#[test]
fn a_zip_of_one_cell_splits_into_nothing_and_the_cell() {
    let mut a = counted((1, 1));
    let (first, second) = Zip::from(&mut a).split();
    assert_eq!((first.size(), second.size()), (0, 1));
    first.for_each(unexpected);
    second.for_each(|cell| *cell = 3);
    assert_eq!(a, array![[3]]);
}
