//! Promises 7 and 8: the size of an iterator, and clones of zips and iterators.

use super::*;

#[test]
fn promise_7_exact_size() {
    in_every_layout(|layout| layout.check_iterator());

    let a = counted((5, 6));
    let mut iter = Zip::indexed(a.array_windows::<3, 3>()).into_iter();
    assert_eq!(iter.len(), 3 * 4);
    iter.nth(4).unwrap();
    iter.nth_back(1).unwrap();
    assert_eq!(iter.size_hint(), (5, Some(5)));
    assert_eq!(iter.clone().count(), 5);
    assert!(iter.nth(5).is_none());
    assert_eq!((iter.len(), iter.next().is_none(), iter.next_back().is_none()), (0, true, true));
}

#[test]
fn promise_8_clones() {
    let (a, b) = (counted((3, 4)), counted((3, 4).f()));
    let zip = Zip::indexed(&a).and(&b).and(a.array_windows::<1, 1>());
    let sum = |sum, (i, j), x: &u32, y: &u32, w: ndarray_lockstep::Window<'_, u32, 1, 1>| {
        sum + x * y * w.center() + u32::try_from(i * j).unwrap()
    };
    assert_eq!(zip.clone().fold(0, sum), zip.clone().fold(0, sum));

    let mut iter = zip.into_iter();
    iter.nth(4).unwrap();
    iter.next_back().unwrap();
    let mut clone = iter.clone();
    let left: Vec<u32> = iter.map(|(_, &x, ..)| x).collect();
    assert_eq!(left, Vec::from_iter(5..11));
    // Neither the original nor the clone's other end affects it.
    assert_eq!((clone.len(), clone.next_back().unwrap().1, clone.next().unwrap().1), (6, &10, &5));
    // tests/auto_traits.rs checks that zips with exclusive access cannot be cloned.
}
