//! The grammar of `azip!`, with the results of ndarray's.

use super::*;

#[test]
fn azip_has_the_syntax_and_meaning_of_ndarrays_azip() {
    for_all(cases::<Ix2>(), |case| {
        let [b, c] = case.stored::<Ix2>();
        let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
        let (ours, theirs) = both_azips!(azip => {
            let mut stored: Array2<usize> = case.mutable.stored(&case.shape, |k| k);
            let mut a = case.mutable.view_mut(&case.shape, &mut stored);
            let mut order = Vec::new();
            azip!((a in &mut a) *a += 1);
            azip!((a in &mut a, &b in &b) *a += b);
            azip!((a in &mut a, b in &b, &c in &c,) { *a += b * c });
            azip!((index (i, j), a in &mut a) *a += 10 * i + j);
            azip!((index at, a in &mut a, mut b in b.view(), &_ in &c) {
                if at.0 > at.1 {
                    return;
                }
                if *b == 0 {
                    b = &1;
                }
                order.push(*b);
                *a += *b;
            });
            azip!((index (i, _), a in a.view_mut(), &(mut b) in b,) {
                b += i;
                *a ^= b;
            });
            azip!(b, &c).for_each(|&b, &c| order.push(b ^ c));
            azip!((_ in &b) {});
            (stored, order)
        });
        prop_assert_eq!(ours, theirs);
        Ok(())
    });
}

#[test]
fn azip_accepts_destructuring_patterns() {
    struct Point {
        x: i32,
        y: i32,
    }
    let (ours, theirs) = both_azips!(azip => {
        let pairs = array![(1, 2.5), (3, 4.5)];
        let mut points = vec![Point { x: 1, y: 2 }, Point { x: 3, y: 4 }];
        let mut out = [0; 2];
        azip!((&(n, f) in &pairs, Point { x, y: height } in &mut points, out in &mut out[..]) {
            *x += n;
            *out = *x * *height + i32::from(f > 3.0);
        });
        (out, points.iter().map(|point| (point.x, point.y)).collect::<Vec<_>>())
    });
    assert_eq!(ours, theirs);
}

#[test]
fn azip_evaluates_operands_once_and_in_order() {
    let (ours, theirs) = both_azips!(azip => {
        let order = std::cell::RefCell::new(Vec::new());
        let operand = |name| {
            order.borrow_mut().push(name);
            Array2::<i32>::ones((2, 2))
        };
        let mut sum = 0;
        azip!((&a in &operand("a"), b in &mut operand("b"), &c in &operand("c")) sum += a + *b + c);
        (order.into_inner(), sum)
    });
    assert_eq!(ours, (vec!["a", "b", "c"], 12));
    assert_eq!(ours, theirs);
}
