//! Properties of one, two and three operands in every number of dimensions.

use super::*;

in_every_dimension! {
    for_each_visits_what_ndarray_visits_in_the_same_order
    azip_visits_what_ndarrays_visits_in_the_same_order
    fold_gets_what_ndarray_gets_in_the_same_order
    fold_while_ends_where_ndarray_ends
    all_and_any_call_the_closure_as_often_as_ndarray
    split_halves_are_those_of_ndarray
    indices_are_those_of_the_items
    rows_are_the_cells_in_row_major_order
    float_sums_are_bit_for_bit_those_of_ndarray
    cells_that_drop_are_dropped_once
    zero_sized_cells_are_visited_as_often_as_others
}

fn for_each_visits_what_ndarray_visits_in_the_same_order<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = with_both!(Zip => {
        let mut a: Array<[usize; 4], D> = case.mutable.stored(&case.shape, |k| [k, 0, 0, 0]);
        let mut visits = 0;
        let zip = Zip::from(case.mutable.view_mut(&case.shape, &mut a)).and(&b).and(c.view());
        assert_eq!(zip.size(), case.size());
        zip.for_each(|a, &b, &c| {
            visits += 1;
            *a = [a[0], b, c, visits];
        });
        assert_eq!(visits, case.size());
        a
    });
    // The cells outside the layout are compared too.
    prop_assert_eq!(ours, theirs);
    Ok(())
}

// The macro has a separate loop for operands that all have unit stride.
fn azip_visits_what_ndarrays_visits_in_the_same_order<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = both_azips!(azip => {
        let mut a: Array<[usize; 4], D> = case.mutable.stored(&case.shape, |k| [k, 0, 0, 0]);
        let mut visits = 0;
        azip!((a in case.mutable.view_mut(&case.shape, &mut a), &b in &b, &c in &c) {
            visits += 1;
            *a = [a[0], b, c, visits];
        });
        azip!((&b in &b) visits ^= b);
        (a, visits)
    });
    prop_assert_eq!(ours, theirs);

    let mut visits = Vec::new();
    azip!((index at, b_cell in &b, c_cell in &c) {
        let at = at.into_dimension();
        assert!(std::ptr::eq(b_cell, &b[at.clone()]) && std::ptr::eq(c_cell, &c[at]));
        visits.push((b_cell, c_cell));
    });
    prop_assert_eq!(
        visits,
        Zip::from(&b).and(&c).fold(Vec::new(), |mut visits, b, c| {
            visits.push((b, c));
            visits
        })
    );
    Ok(())
}

fn fold_gets_what_ndarray_gets_in_the_same_order<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    // An owned array can have any layout too.
    let a: Array<usize, D> = case.mutable.cut(&case.shape, case.mutable.stored(&case.shape, |k| k));
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = with_both!(Zip => {
        Zip::from(&a).and(&b).and(&c).fold(Vec::new(), |mut visits, &a, &b, &c| {
            visits.push((a, b, c));
            visits
        })
    });
    prop_assert_eq!(&ours, &theirs);
    let zip = Zip::from(&a).and(&b).and(&c);
    let cloned = zip.clone().fold(0, |count, _, _, _| count + 1);
    prop_assert_eq!((cloned, zip.size()), (ours.len(), ours.len()));
    Ok(())
}

fn fold_while_ends_where_ndarray_ends<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = with_both!(Zip => {
        let mut a: Array<usize, D> = case.mutable.stored(&case.shape, |k| k);
        let end = Zip::from(case.mutable.view_mut(&case.shape, &mut a)).and(&b).and(&c).fold_while(
            Vec::new(),
            |mut visits, a, &b, &c| {
                visits.push((*a, b, c));
                *a += b;
                if visits.len() > case.stop { FoldWhile::Done(visits) } else { FoldWhile::Continue(visits) }
            },
        );
        (end.is_done(), end.into_inner(), a)
    });
    prop_assert_eq!(ours, theirs);
    Ok(())
}

fn all_and_any_call_the_closure_as_often_as_ndarray<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = with_both!(Zip => {
        let mut asked = Vec::new();
        let all = Zip::from(&b).and(&c).all(|&b, &c| {
            asked.push((b, c));
            asked.len() <= case.stop
        });
        let mut asked_any = Vec::new();
        let any = Zip::from(&b).and(&c).any(|&b, &c| {
            asked_any.push((b, c));
            asked_any.len() > case.stop
        });
        (all, any, asked, asked_any)
    });
    prop_assert_eq!(ours.0, case.size() <= case.stop);
    prop_assert_eq!(ours.1, case.size() > case.stop);
    prop_assert_eq!(ours, theirs);
    Ok(())
}

// Known trap: splitting, halves that overlap or skip an element.
fn split_halves_are_those_of_ndarray<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    if case.shape.is_empty() {
        prop_assert!(catch_unwind(AssertUnwindSafe(|| Zip::from(&b).and(&c).split().0.size())).is_err());
        return Ok(());
    }
    if case.size() > 1 {
        // ndarray refuses to split fewer than two cells.
        let (ours, theirs) = with_both!(Zip => {
            let mut a: Array<usize, D> = case.mutable.stored(&case.shape, |k| k);
            let (first, second) = Zip::from(case.mutable.view_mut(&case.shape, &mut a)).and(&b).and(&c).split();
            let mut parts = vec![first];
            if second.size() > 1 {
                let (left, right) = second.split();
                parts.extend([left, right]);
            } else {
                parts.push(second);
            }
            let mut all_visits = Vec::new();
            for part in parts {
                let size = part.size();
                let visits = part.fold(Vec::new(), |mut visits, a, &b, &c| {
                    visits.push((*a, b, c));
                    visits
                });
                assert_eq!(visits.len(), size);
                all_visits.push(visits);
            }
            all_visits
        });
        prop_assert_eq!(ours, theirs);
    }

    // Split as often as possible, the parts have every cell once, with its index.
    let mut parts = vec![Zip::indexed(&b).and(&c)];
    let mut seen = Vec::new();
    while let Some(zip) = parts.pop() {
        if zip.size() > 1 {
            let (first, second) = zip.split();
            prop_assert!(first.size() > 0 && second.size() > 0);
            parts.extend([second, first]);
        } else {
            let (first, second) = zip.split();
            prop_assert_eq!(first.size(), 0);
            second.for_each(|index, &b, &c| seen.push((index, b, c)));
        }
    }
    let mut whole = Zip::indexed(&b).and(&c).fold(Vec::new(), |mut cells, index, &b, &c| {
        cells.push((index, b, c));
        cells
    });
    let key = |(index, ..): &(D::Pattern, usize, usize)| index.clone().into_dimension().as_array_view().to_vec();
    seen.sort_by_key(key);
    whole.sort_by_key(key);
    prop_assert_eq!(seen, whole);
    Ok(())
}

fn indices_are_those_of_the_items<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let mut visits = Vec::new();
    Zip::indexed(&b).and(&c).for_each(|index, b_cell, c_cell| {
        let index = index.into_dimension();
        assert!(std::ptr::eq(b_cell, &b[index.clone()]) && std::ptr::eq(c_cell, &c[index]));
        visits.push((*b_cell, *c_cell));
    });
    // An index does not affect the order.
    let mut expected = Vec::new();
    ndarray::Zip::from(&b).and(&c).for_each(|&b, &c| expected.push((b, c)));
    prop_assert_eq!(visits, expected);
    Ok(())
}

fn rows_are_the_cells_in_row_major_order<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<D>();
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let mut a: Array<usize, D> = case.mutable.stored(&case.shape, |k| k);
    let mut expected = a.clone();
    let stride_of_a = case.mutable.view(&case.shape, &a).strides().last().copied();

    let row_len = case.shape.last().copied().unwrap_or(1);
    let mut starts = Vec::new();
    let answer = Zip::indexed(case.mutable.view_mut(&case.shape, &mut a)).and(&b).and(&c).for_each_row(
        |index, a_row, b_row, c_row| {
            let start = index.into_dimension();
            assert!([a_row.len(), b_row.len(), c_row.len()] == [row_len; 3]);
            assert!(std::ptr::eq(&b_row[0], &b[start.clone()]));
            for ((a, &b), &c) in a_row.iter_mut().zip(b_row).zip(c_row) {
                *a += 7 * b + 3 * c;
            }
            starts.push(start.as_array_view().to_vec());
        },
    );

    let strides = [Some(1), stride_of_a, b.strides().last().copied(), c.strides().last().copied()];
    match first_refused(&case.shape, &strides.map(|stride| stride.unwrap_or(1))) {
        Some(refused) => {
            let error = answer.unwrap_err();
            prop_assert_eq!((error.operand(), error.stride()), refused);
            prop_assert!(starts.is_empty());
        }
        None => {
            prop_assert_eq!(answer, Ok(()));
            prop_assert_eq!(starts.len(), case.size().checked_div(row_len).unwrap_or(0));
            prop_assert!(starts.is_sorted());
            starts.dedup();
            prop_assert_eq!(starts.len(), case.size().checked_div(row_len).unwrap_or(0));
            let mut cells = case.mutable.view_mut(&case.shape, &mut expected);
            cells.iter_mut().zip(b).zip(c).for_each(|((a, &b), &c)| *a += 7 * b + 3 * c);
        }
    }
    prop_assert_eq!(a, expected);
    Ok(())
}

// Known trap: floats. The sums are the same bit for bit.
fn float_sums_are_bit_for_bit_those_of_ndarray<D: Dimension>(case: Case) -> TestCaseResult {
    let b: Array<f64, D> = case.shared[0].stored(&case.shape, float);
    #[expect(clippy::cast_possible_truncation, reason = "rounding is what makes it another value")]
    let c: Array<f32, D> = case.shared[1].stored(&case.shape, |k| float(k + 3) as f32);
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (ours, theirs) = with_both!(Zip => {
        let double = Zip::from(&b).and(&c).fold(0.0, |sum, &b, &c| sum + b * f64::from(c));
        let single = Zip::from(&c).fold(-0.0_f32, |sum, &c| sum + c);
        (double.to_bits(), single.to_bits())
    });
    prop_assert_eq!(ours, theirs);
    Ok(())
}

fn cells_that_drop_are_dropped_once<D: Dimension>(case: Case) -> TestCaseResult {
    let token = Rc::new(());
    let b: Array<Counted, D> = case.shared[0].stored(&case.shape, |k| Counted::new(k, &token));
    let c: Array<String, D> = case.shared[1].stored(&case.shape, |k| k.to_string());
    let alone = Rc::strong_count(&token);
    {
        let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
        let (ours, theirs) = both_azips!(azip => {
            let before = Rc::strong_count(&token);
            let mut a: Array<Vec<Counted>, D> = case.mutable.stored(&case.shape, |k| vec![Counted::new(k, &token)]);
            azip!((a in case.mutable.view_mut(&case.shape, &mut a), b in &b, c in &c) {
                let first = a.remove(0);
                *a = vec![b.clone(), Counted::new(first.value + c.len(), &token)];
            });
            let alive = Rc::strong_count(&token) - before;
            assert_eq!(alive, a.len() + case.size(), "one per cell, and one more per visited cell");
            a
        });
        prop_assert_eq!(ours, theirs);
    }
    prop_assert_eq!(Rc::strong_count(&token), alone);
    drop(b);
    prop_assert_eq!(Rc::strong_count(&token), 1);
    Ok(())
}

// Known trap: zero-sized elements.
fn zero_sized_cells_are_visited_as_often_as_others<D: Dimension>(case: Case) -> TestCaseResult {
    let mut a: Array<(), D> = case.mutable.stored(&case.shape, |_| ());
    let b: Array<(), D> = case.shared[0].stored(&case.shape, |_| ());
    let b = case.shared[0].view(&case.shape, &b);
    let (ours, theirs) = with_both!(Zip => {
        let mut visits = 0;
        Zip::from(case.mutable.view_mut(&case.shape, &mut a)).and(&b).for_each(|(), ()| visits += 1);
        visits
    });
    prop_assert_eq!((ours, theirs), (case.size(), case.size()));
    let mut visits = 0;
    azip!((() in case.mutable.view_mut(&case.shape, &mut a), &() in &b) visits += 1);
    prop_assert_eq!(visits, case.size());

    let mut kept = Vec::new();
    let mut indexed = Vec::new();
    Zip::indexed(case.mutable.view_mut(&case.shape, &mut a)).and(&b).for_each(|index, a, _| {
        kept.push(a);
        indexed.push(index.into_dimension());
    });
    prop_assert_eq!(kept.len(), case.size());
    indexed.sort_by(|one, other| one.as_array_view().iter().cmp(other.as_array_view().iter()));
    indexed.dedup();
    prop_assert_eq!(indexed.len(), case.size());
    Ok(())
}
