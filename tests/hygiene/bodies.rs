//! Bodies: `return`, captured variables, nested walks, and any expression.

use super::*;

#[test]
fn return_ends_the_cell_and_not_the_function() {
    fn positive(a: &mut Array2<i32>) -> &'static str {
        ndarray_lockstep::azip!((a in a) {
            if *a >= 0 {
                return;
            }
            *a = -*a;
        });
        "reached"
    }
    let mut a = array![[1, -2], [-3, 4]];
    assert_eq!(positive(&mut a), "reached");
    assert_eq!(a, array![[1, 2], [3, 4]]);
    let sum = with_all!({
        let mut sum = 0;
        azip!((index (i, j), &a in &a) {
            if i == j {
                return sum += 100;
            }
            sum += a;
        });
        sum
    });
    assert_eq!(sum, 205);
}

#[test]
fn a_body_is_any_expression() {
    let (a, sum, text) = with_all!({
        let (mut a, b) = (array![1, 2, 3], array![10, 20, 30]);
        let (mut sum, mut text) = (0, String::new());
        azip!((a in &mut a) *a += 1);
        azip!((a in &mut a, &b in &b) if b > 10 { *a += b });
        azip!((a in &mut a) match *a {
            2 => *a = 1,
            _ => {}
        });
        azip!((&a in &a, &b in &b) for n in 0..b { sum += if n > a { break } else { 1 } });
        azip!((&b in &b) { 'outer: loop { loop { sum += b; break 'outer; } } });
        azip!((&a in &a) text.push_str(&a.to_string()));
        azip!((&a in &a) { text += if a > 1 { "!" } else { "?" } });
        azip!((&a in &a) assert!(a > 0, "a macro call"));
        azip!((_ in &a) ());
        azip!((_ in &a) {});
        azip!((&a in &a) (|n: i32| sum += n)(a));
        (a, sum, text)
    });
    assert_eq!(a, array![1, 23, 34]);
    assert_eq!(sum, (2 + 20 + 30) + 60 + 58);
    assert_eq!(text, "12334?!!");
}

#[test]
fn a_body_changes_what_it_captures() {
    let (count, last) = with_all!({
        let (mut count, mut last) = (0, None);
        azip!((index i, &a in &array![5, 6, 7]) {
            count += 1;
            last.replace((i, a));
        });
        (count, last)
    });
    assert_eq!((count, last), (3, Some((2, 7))));
}

#[test]
fn the_macro_is_an_expression_and_a_statement_in_any_brackets_and_with_attributes() {
    let a = with_all!({
        let mut a = array![1, 2, 3];
        let () = azip!((a in &mut a) *a += 1);
        azip! { (a in &mut a) *a *= 2 }
        azip![(a in &mut a) *a += 1];
        #[rustfmt::skip]
        azip!((   a   in&mut a)*a+=1);
        #[allow(unused_variables)]
        {
            azip!((unused in &mut a) {});
        }
        #[cfg(any())]
        azip!(what does not stand here);
        if a.len() == 3 {
            azip!((a in &mut a) *a += 1)
        } else {
            unreachable!()
        }
        azip!((a in &mut a) {
            #[cfg(any())]
            unreachable!();
            #[allow(clippy::let_and_return)]
            let one = { let one = 1; one };
            *a += one;
        });
        a
    });
    assert_eq!(a, array![8, 10, 12]);
}

#[test]
fn bodies_may_hold_another_walk_of_either_macro() {
    let mut sums = Array2::from_elem((2, 2), 0);
    let rows = array![[1, 2], [3, 4]];
    ndarray_lockstep::azip!((sum in &mut sums) {
        ndarray::azip!((&x in &rows) *sum += x);
        ndarray_lockstep::azip!((&x in &rows) *sum += 10 * x);
    });
    assert_eq!(sums, Array2::from_elem((2, 2), 110));
}
