//! Trailing commas, and the form without a body, which returns the zip.

use super::*;

#[test]
fn a_trailing_comma_is_allowed_in_every_form() {
    let a = with_all!({
        let mut a = array![1, 2];
        let b = array![10, 20];
        azip!((a in &mut a,) *a += 1);
        azip!((a in &mut a, &b in &b,) *a += b);
        azip!((index i, a in &mut a,) *a += i);
        azip!((index i, a in &mut a, &b in &b,) *a += b * i);
        azip!(&mut a,).for_each(|a| *a += 1);
        azip!(&mut a, &b,).for_each(|a, &b| *a += b);
        a
    });
    assert_eq!(a, array![23, 65]);
}

#[test]
fn operands_alone_give_the_zip() {
    let sums = with_all!({
        let (a, b) = (array![1, 2, 3], array![10, 20, 30]);
        let one = azip!(&a).fold(0, |sum, a| sum + a);
        let two = azip!(&a, &b).fold(0, |sum, a, b| sum + a * b);
        let three = azip!(
            &a,
            {
                let b = &b;
                b
            },
            a.view()
        )
        .fold(0, |sum, a, b, c| sum + a * b * c);
        let bracketed = azip!((&a), (&b)).all(|a, b| *b == 10 * a);
        let more = azip!(&a).and(&b).any(|a, b| a == b);
        (one, two, three, bracketed, more, azip!(&a, &b).size())
    });
    assert_eq!(sums, (6, 140, 360, true, false, 3));
}

#[test]
fn the_zip_of_operands_alone_is_this_crates() {
    let (mut a, b) = (array![1, 2, 3], array![10, 20, 30]);
    let zip: ndarray_lockstep::Zip<_, ndarray::Ix1> = ndarray_lockstep::azip!(&mut a, &b);
    for (a, b) in zip {
        *a += b;
    }
    assert_eq!(a, array![11, 22, 33]);
}
