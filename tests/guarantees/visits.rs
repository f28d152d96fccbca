//! Promises 1 to 4: the cells that a walk visits, their order, and the permitted uses of its items.

use super::*;

#[test]
fn promise_1_every_cell_once() {
    in_every_layout(|layout| layout.check_visits());

    let (mut calls, nothing) = (0, Array2::<u32>::zeros((3, 0)));
    azip!((_ in &nothing) calls += 1);
    azip!((_ in &arr0(0)) calls += 1);
    assert_eq!(calls, 1);
    // A closure may end the walk.
    let a = counted((3, 4));
    let mut seen = Vec::new();
    assert!(Zip::from(&a).any(|&n| {
        seen.push(n);
        n == 5
    }));
    assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn promise_2_order() {
    // Every walk over every layout, in its promised order. Under Miri, promise 1 has covered this.
    if !cfg!(miri) {
        in_every_layout(|layout| layout.check_visits());
    }

    // The majority of layouts decides: two of three are column-major.
    let (c, f) = (counted((3, 4)), counted((3, 4).f()));
    let mut seen = Vec::new();
    azip!((&n in &f, _ in &c, _ in &f) seen.push(n));
    assert_eq!(seen[..4], [0, 4, 8, 1]);
    let rows: Vec<u32> = Zip::from(&f).and(&c).and(&f).into_iter().map(|(&n, ..)| n).collect();
    assert_eq!(rows, Vec::from_iter(0..12));

    // A closure with captured variables has the order of `for_each`, also with windows of several
    // rows.
    let mut seen = Vec::new();
    simd_azip!(ordered (w in counted((9, 6)).array_windows::<3, 3>()) seen.push(*w.center()));
    assert!(seen.is_sorted() && seen.len() == 7 * 4);
    // The same holds for elements with interior mutability: each visit reads values that earlier
    // visits wrote.
    let [by_azip, by_simd_azip] = [(); 2].map(|()| Array2::from_shape_fn((9, 6), |(i, j)| Cell::new(i * 6 + j)));
    azip!((w in by_azip.array_windows::<3, 3>()) w.center().set(w.iter().map(Cell::get).sum()));
    simd_azip!((w in by_simd_azip.array_windows::<3, 3>()) w.center().set(w.iter().map(Cell::get).sum()));
    assert_eq!(by_simd_azip, by_azip);
}

#[test]
fn promise_3_items_may_be_kept() {
    in_every_layout(|layout| layout.check_kept_items());

    let a = counted((5, 6));
    let mut out = Array2::zeros((5, 6));
    let mut kept = Vec::new();
    {
        let zip = Zip::indexed(out.interior_mut::<3, 3>()).and(a.array_windows::<3, 3>());
        zip.for_each(|at, out, w| kept.push((at, out, w)));
    }
    for ((i, j), out, w) in kept.into_iter().rev() {
        *out = *w.center() * 100 + u32::try_from(i * 10 + j).unwrap();
    }
    assert_eq!(out.slice(s![1, 1..3]), array![700, 801]);
    assert_eq!(out[[3, 4]], 2200 + 23);
}

#[test]
fn promise_4_no_aliasing() {
    // Under Miri, promise 3 has covered this.
    if !cfg!(miri) {
        in_every_layout(|layout| layout.check_kept_items());
    }

    let (mut a, mut b, c) = (counted((4, 5)), counted((4, 5).f()), counted(5));
    let mut kept = Vec::new();
    let zip = Zip::from(&mut a).and(b.slice_mut(s![..;-1, ..])).and_broadcast(&c);
    let (first, second) = zip.split();
    second.for_each(|a, b, c| kept.push((a, b, c)));
    kept.extend(first);
    let places: HashSet<_> =
        kept.iter().flat_map(|(a, b, _)| [std::ptr::from_ref::<u32>(a), std::ptr::from_ref::<u32>(b)]).collect();
    assert_eq!(places.len(), 40);
    // The shared items of a column are all one cell.
    let shared: HashSet<_> = kept.iter().map(|(.., c)| std::ptr::from_ref::<u32>(c)).collect();
    assert_eq!(shared.len(), 5);
    for (a, b, c) in &mut kept {
        std::mem::swap(*a, *b);
        **a += **c;
    }
    let expected = Array2::from_shape_fn((4, 5), |(i, j)| u32::try_from((3 - i) * 5 + j + j).unwrap());
    assert_eq!(a, expected);
}
