//! The grammar: the permitted patterns, operands and bodies, and the permitted places of a macro.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Mutex;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, arr0, array, s};

use super::arrays::counted;
use super::{Zip, azip};

#[test]
fn takes_one_operand() {
    let mut a = counted((2, 3));
    azip!((a in &mut a) *a *= 2);
    assert_eq!(a, array![[0, 2, 4], [6, 8, 10]]);
}

#[test]
fn takes_two_operands() {
    let (mut a, b) = (counted((2, 3)), counted((2, 3)));
    azip!((a in &mut a, &b in &b) *a += b);
    assert_eq!(a, array![[0, 2, 4], [6, 8, 10]]);
}

#[test]
fn takes_three_operands() {
    let (mut a, b, c) = (Array2::zeros((2, 2)), counted((2, 2)), array![[10, 20], [30, 40]]);
    azip!((a in &mut a, &b in &b, &c in &c) *a = b + c);
    assert_eq!(a, array![[10, 21], [32, 43]]);
}

#[test]
fn takes_four_operands() {
    let (mut a, b) = (Array1::zeros(3), counted(3));
    azip!((a in &mut a, &b in &b, &c in &[10, 20, 30], &d in &vec![100, 200, 300]) *a = b + c + d);
    assert_eq!(a, array![110, 221, 332]);
}

#[test]
fn takes_five_operands() {
    let (mut a, mut b) = (Array1::zeros(2), Array1::zeros(2));
    let (c, d, e) = (array![1, 2], array![10, 20], array![100, 200]);
    azip!((a in &mut a, b in &mut b, &c in &c, &d in &d, &e in &e) {
        *a = c + d;
        *b = d + e;
    });
    assert_eq!((a, b), (array![11, 22], array![110, 220]));
}

#[test]
fn takes_six_operands() {
    let mut out = [Array1::zeros(2), Array1::zeros(2), Array1::zeros(2)];
    let [a, b, c] = &mut out;
    let (x, y, z) = (array![1, 2], array![10, 20], array![100, 200]);
    azip!((a in a, b in b, c in c, &x in &x, &y in &y, &z in &z) {
        *a = x + y + z;
        *b = x - y;
        *c = z;
    });
    assert_eq!(out, [array![111, 222], array![-9, -18], array![100, 200]]);
}

#[test]
fn takes_an_index_beside_one_to_five_operands() {
    let a = counted((2, 2));
    let mut found = Array1::<i32>::zeros(5);
    azip!((index (i, j), &a in &a) found[0] += a * (10 * i + j) as i32);
    azip!((index (i, j), &a in &a, &b in &a) found[1] += a * b * (10 * i + j) as i32);
    azip!((index (i, j), &a in &a, &b in &a, &c in &a) found[2] += a * b * c * (10 * i + j) as i32);
    azip!((index (i, j), &a in &a, &b in &a, &c in &a, &d in &a) found[3] += a * b * c * d * (10 * i + j) as i32);
    azip!((index (i, j), &a in &a, &b in &a, &c in &a, &d in &a, &e in &a) {
        found[4] += a * b * c * d * e * (10 * i + j) as i32;
    });
    assert_eq!(found, array![54, 140, 378, 1052, 2994]);
}

#[test]
fn takes_a_comma_behind_the_last_operand() {
    let (mut a, b) = (array![1, 2], array![10, 20]);
    azip!((a in &mut a,) *a += 1);
    azip!((a in &mut a, &b in &b,) *a += b);
    azip!((index i, a in &mut a,) *a += 100 * i as i32);
    azip!((index i, a in &mut a, &b in &b,) *a += 1000 * i as i32 + b);
    assert_eq!(a, array![22, 1143]);
    assert_eq!(azip!(&a,).size(), 2);
    assert_eq!(azip!(&a, &b,).size(), 2);
}

#[test]
fn is_the_zip_without_a_body() {
    let (mut a, b) = (counted((2, 2)), array![[1, 1], [2, 2]]);
    azip!(&mut a, &b).for_each(|a, &b| *a += b);
    assert_eq!(a, array![[1, 2], [4, 5]]);
    assert_eq!(azip!(&a).fold(0, |sum, &a| sum + a), 12);
    azip!(&mut a.view_mut(), &array![[10, 10], [10, 10]]).and(&(&b * 10)).for_each(|a, ten, b| *a += b - ten);
    assert!(azip!(&a, &b, a.view()).and(&a).all(|a, b, also_a, again_a| a >= b && a == also_a && a == again_a));
}

#[test]
fn takes_an_index_of_any_dimension() {
    let mut seen = Vec::new();
    azip!((index (), &x in &arr0(5)) seen.push(x));
    azip!((index i, &x in &array![7, 8]) seen.push(x * 10 + i as i32));
    azip!((index index, &x in &array![7, 8]) seen.push(x * 100 + index as i32));
    azip!((index (i, j, k), &x in &counted((1, 2, 2))) seen.push(x * 1000 + (i * 100 + j * 10 + k) as i32));
    azip!((index (.., l), &x in &counted((1, 1, 1, 2))) seen.push(x * 10 + l as i32));
    azip!((index at, &x in &counted((1, 1, 1, 1, 2))) seen.push(x * 10 + at.4 as i32));
    azip!((index (_, b, .., f), &x in &counted((1, 2, 1, 1, 1, 1))) seen.push(x * 10 + (b + f) as i32));
    assert_eq!(seen, [5, 70, 81, 700, 801, 0, 1001, 2010, 3011, 0, 11, 0, 11, 0, 11]);
}

#[test]
fn the_index_is_that_of_the_cell_in_every_layout() {
    let a = counted((4, 6));
    for view in [a.view(), a.t(), a.slice(s![..;2, ..;-1]), a.slice(s![..;-1, 1..4]).reversed_axes()] {
        let mut cells = 0;
        azip!((index at, x in &view) {
            assert!(std::ptr::eq(x, &view[at]), "{at:?}");
            cells += 1;
        });
        assert_eq!(cells, view.len());
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    x: i32,
    y: i32,
}

#[test]
fn takes_every_kind_of_pattern() {
    let pairs = array![(1, 2), (3, 4)];
    let points = array![Point { x: 5, y: 6 }, Point { x: 7, y: 8 }];
    let triples = [[1, 2, 3], [4, 5, 6]];
    let mut sums = Array1::zeros(2);
    azip!((sum in &mut sums, &(a, b) in &pairs, &Point { x, y: renamed } in &points, &[first, .., last] in &triples) {
        *sum = a * b + x * renamed + first * last;
    });
    assert_eq!(sums, array![35, 92]);

    // Without dereference; binding by the default mode; a binding next to a pattern.
    let mut seen = Vec::new();
    azip!(((a, b) in &pairs, point in &points, whole @ [first, ..] in &triples) {
        seen.push(a + b + point.x + whole[2] + first);
    });
    assert_eq!(seen, [12, 24]);

    // Nothing at all.
    let mut cells = 0;
    azip!((_ in &pairs, _ignored in &points) cells += 1);
    assert_eq!(cells, 2);
}

#[test]
fn takes_patterns_of_mutable_items() {
    let mut pairs = array![(1, 2), (3, 4)];
    azip!((pair in &mut pairs) std::mem::swap(&mut pair.0, &mut pair.1));
    azip!(((a, _) in &mut pairs) *a *= 10);
    azip!((&mut (ref mut a, ref b) in &mut pairs) *a += *b);
    assert_eq!(pairs, array![(21, 1), (43, 3)]);

    let mut sum = 0;
    azip!((&mut (a, b) in &mut pairs) sum += a * b);
    assert_eq!(sum, 150);

    // A pattern that is a variable which the body changes.
    let mut a = array![1, 2];
    azip!((a in &mut a, &(mut b) in &array![10, 20], mut word in &["x", "yy"]) {
        b *= 10;
        if b > 100 {
            word = &"three";
        }
        *a += b + i32::try_from(word.len()).unwrap();
    });
    assert_eq!(a, array![102, 207]);
}

#[test]
fn takes_alternatives_that_always_match() {
    let found: Array1<Result<i32, i32>> = array![Ok(1), Err(20), Ok(300)];
    let mut sum = 0;
    azip!((&(Ok(x) | Err(x)) in &found) sum += x);
    azip!(((Ok(x) | Err(x)) in &found) sum += x);
    assert_eq!(sum, 642);
}

#[test]
#[allow(clippy::redundant_pattern, reason = "`index in` would not be ndarray's grammar")]
fn names_that_the_macro_uses_are_free() {
    let (mut first, index, zip, f) = (array![1, 2], array![10, 20], array![100, 200], array![1000, 2000]);
    azip!((first in &mut first, &index in &index, &zip in &zip, &f in &f) *first += index + zip + f);
    assert_eq!(first, array![1111, 2222]);
    // `index` is a keyword only if a pattern and a comma follow. Otherwise it is an ordinary name.
    let mut index = array![1, 2];
    azip!((index @ _ in &mut index) *index += 1);
    assert_eq!(index, array![2, 3]);
    azip!((index index, place in &mut index) *place = i32::try_from(index).unwrap());
    assert_eq!(index, array![0, 1]);
}

#[test]
fn the_body_is_any_expression() {
    fn add_one(x: &mut i32) {
        *x += 1;
    }
    let mut a = array![1, 2, 3, 4];
    azip!((a in &mut a) *a += 1);
    azip!((a in &mut a) { *a += 1 });
    azip!((a in &mut a) { *a += 1; });
    azip!((a in &mut a) add_one(a));
    azip!((a in &mut a) if *a % 2 == 0 { *a += 1 } else { *a -= 1 });
    azip!((a in &mut a) match *a {
        5 => *a = 50,
        _ => add_one(a),
    });
    azip!((a in &mut a) for k in 0..3 { *a += k });
    azip!((a in &mut a) while *a % 10 != 0 { *a += 1 });
    azip!((a in &mut a) 'out: for step in 1.. {
        for times in 0..3 {
            *a += step * times;
            if *a % 2 == 1 {
                break 'out;
            }
        }
    });
    azip!((a in &mut a) if let Some(half) = a.checked_div(2) { *a = half });
    azip!((a in &mut a) assert!(*a > 0));
    azip!((a in &mut a) (*a -= 1));
    azip!((_a in &mut a) {});
    azip!((_a in &mut a) ());
    assert_eq!(a, array![4, 9, 4, 9]);
}

#[test]
fn the_body_may_declare_and_have_statements() {
    const WEIGHT: i32 = 3;
    let (mut a, b) = (array![1, 2, 3], array![5, 6, 7]);
    azip!((a in &mut a, &b in &b) {
        use std::cmp::max;
        const OFFSET: i32 = 100;
        fn square(x: i32) -> i32 {
            x * x
        }
        let more = |x: i32| x + OFFSET;
        let largest = max(*a, b);
        *a = more(square(largest)) * WEIGHT;
    });
    assert_eq!(a, array![375, 408, 447]);
}

#[test]
#[allow(clippy::needless_return, reason = "a return at the end is one too")]
fn return_ends_the_cell_and_not_the_function() {
    let (mut a, b) = (array![1, 2, 3, 4], array![1, 0, 1, 0]);
    azip!((a in &mut a, &b in &b) {
        if b == 0 {
            return;
        }
        *a *= 10;
        return;
    });
    assert_eq!(a, array![10, 2, 30, 4]);
    azip!((index i, a in &mut a) if i > 1 { return } else { *a += 1 });
    azip!((_a in &a) return);
    assert_eq!(a, array![11, 3, 30, 4]);
}

#[test]
fn the_body_changes_variables_of_the_function() {
    let (a, b) = (array![[1., 2.], [3., 4.]], array![[10., 20.], [30., 40.]]);
    let (mut sum, mut largest, mut seen) = (0., f64::MIN, Vec::new());
    azip!((&a in &a, &b in &b) {
        sum += a * b;
        largest = largest.max(b - a);
        seen.push(a);
    });
    assert_eq!((sum, largest), (300., 36.));
    assert_eq!(seen, [1., 2., 3., 4.]);
}

#[test]
fn items_may_be_kept() {
    let (mut a, b) = (array![1, 2, 3], array![10, 20, 30]);
    let (mut outputs, mut inputs) = (Vec::new(), Vec::new());
    azip!((a in &mut a, b in &b) {
        outputs.push(a);
        inputs.push(b);
    });
    outputs.into_iter().zip(inputs).for_each(|(a, b)| *a += *b);
    assert_eq!(a, array![11, 22, 33]);
}

#[test]
fn the_body_reads_what_it_indexes_itself() {
    let (mut a, b, c) = (Array2::zeros((2, 3)), counted((2, 3)), array![[1, 1, 1], [2, 2, 2]]);
    azip!((index (i, j), &b in &b, &c in &c) {
        a[[i, j]] = b - c;
    });
    assert_eq!(a, &b - &c);
}

#[test]
fn operands_are_any_expression() {
    let arrays = [counted((2, 2)), counted((2, 2)) * 10];
    let tuple = (counted((2, 2)), 5);
    let boxed = Box::new(counted((2, 2)));
    let counter = Rc::new(counted((2, 2)));
    let pick = |first: bool| if first { &arrays[0] } else { &arrays[1] };
    let mut sum = 0;
    let mut add = |x: &i32| sum += x;
    azip!((x in &arrays[1]) add(x));
    azip!((x in &tuple.0) add(x));
    azip!((x in &*boxed) add(x));
    azip!((x in &*counter) add(x));
    azip!((x in pick(false)) add(x));
    azip!((x in if tuple.1 > 4 { arrays[0].view() } else { arrays[1].view() }) add(x));
    azip!((x in match tuple.1 {
        5 => &arrays[1],
        _ => &arrays[0],
    }) add(x));
    azip!((x in {
        let view = arrays[1].view();
        view.reversed_axes()
    }) add(x));
    azip!((x in (&arrays[0])) add(x));
    azip!((x in typed::<ArrayView2<i32>>(arrays[1].view())) add(x));
    azip!((x in &(&arrays[0] + &arrays[1])) add(x));
    azip!((x in &array![[1, 2], [3, 4]]) add(x));
    azip!((x in &arrays[0].map(|x| x + 1)) add(x));
    azip!((x in arrays.iter().max_by_key(|a| a.sum()).unwrap()) add(x));
    azip!((x in arrays[0].slice(s![..;-1, 1..])) add(x));
    azip!((x in arrays[0].t()) add(x));
    azip!((x in arrays[0].row(1).broadcast((2, 2)).unwrap()) add(x));
    azip!((x in arrays[0].diag()) add(x));
    assert_eq!(sum, 60 + 6 + 6 + 6 + 60 + 6 + 60 + 60 + 6 + 60 + 66 + 10 + 10 + 60 + 4 + 6 + 10 + 3);
}

/// Returns its argument. Callers name the type explicitly.
fn typed<T>(value: T) -> T {
    value
}

#[test]
fn operands_are_evaluated_once_and_in_order() {
    let (mut a, b, c) = (array![1, 2], array![10, 20], array![100, 200]);
    let log = RefCell::new(Vec::new());
    let note = |n| log.borrow_mut().push(n);
    azip!((
        a in { note(1); &mut a },
        &b in { note(2); &b },
        &c in { note(3); &c },
    ) {
        note(4);
        *a += b + c;
    });
    assert_eq!(log.into_inner(), [1, 2, 3, 4, 4]);
    assert_eq!(a, array![111, 222]);
}

#[test]
fn guards_and_temporaries_live_as_long_as_the_walk() {
    let shared = RefCell::new(array![1, 2]);
    let locked = Mutex::new(array![10, 20]);
    azip!((a in &mut *shared.borrow_mut(), &b in &*locked.lock().unwrap()) {
        assert!(shared.try_borrow().is_err() && locked.try_lock().is_err());
        *a += b;
    });
    azip!((b in locked.lock().unwrap().view_mut(), &a in shared.borrow().view(), &one in &vec![1; 2]) *b += a + one);
    assert_eq!(shared.into_inner(), array![11, 22]);
    assert_eq!(locked.into_inner().unwrap(), array![22, 43]);

    /// The macro is the last expression, and its temporaries borrow from what the function owns.
    fn last_expression(values: &Mutex<Array1<i32>>) {
        azip!((x in &mut *values.lock().unwrap()) *x += 1)
    }
    let values = Mutex::new(array![1, 2]);
    last_expression(&values);
    assert_eq!(*values.lock().unwrap(), array![2, 3]);
}

#[test]
fn references_are_operands_as_they_are() {
    fn multiply(a: &mut Array2<i32>, b: &Array2<i32>, c: &Array2<i32>) {
        azip!((a in a, &b in b, &c in c) *a = b * c);
    }
    fn twice(a: &mut Array2<i32>, b: ArrayView2<'_, i32>) {
        azip!((a in &mut *a, &b in b) *a += b);
        azip!((a in a, &b in &b) *a += b);
    }
    let (mut a, b) = (Array2::zeros((2, 2)), counted((2, 2)));
    multiply(&mut a, &b, &b);
    assert_eq!(a, &b * &b);
    twice(&mut a, b.view());
    assert_eq!(a, &b * &b + &b * 2);
}

struct Fields {
    now: Array2<i32>,
    next: Array2<i32>,
    weights: [i32; 3],
    steps: usize,
}

impl Fields {
    fn step(&mut self) -> &mut Self {
        azip!((next in &mut self.next, &now in &self.now) *next = now + self.weights[1]);
        azip!((row in &mut self.now.column_mut(0), &weight in &self.weights[..2]) *row += weight);
        azip!((index (i, _), next in self.next.view_mut(), &now in self.now.view()) {
            self.steps += 1;
            *next += now * i as i32;
        });
        self
    }
}

#[test]
fn fields_of_one_struct_are_borrowed_each_by_itself() {
    let mut fields = Fields { now: counted((2, 2)), next: counted((2, 2)), weights: [5, 6, 7], steps: 0 };
    fields.step();
    assert_eq!(fields.now, array![[5, 1], [8, 3]]);
    assert_eq!(fields.next, array![[6, 7], [16, 12]]);
    assert_eq!(fields.steps, 4);
}

#[test]
fn macros_stand_in_bodies_and_operands_of_macros() {
    let (a, b) = (array![1, 2], array![10, 20]);
    let mut products = Vec::new();
    azip!((&a in &a) azip!((&b in &b) products.push(a * b)));
    azip!((&a in &a) {
        let mut row = Array1::zeros(2);
        azip!((row in &mut row, &b in &b) *row = a + b);
        azip!((&x in &row) products.push(x));
    });
    assert_eq!(products, [10, 20, 20, 40, 11, 21, 12, 22]);

    let (mut sums, mut doubled) = (Array1::zeros(2), a.clone());
    azip!((sum in &mut sums, &x in {
        azip!((x in &mut doubled) *x *= 2);
        &doubled
    }) *sum = x);
    assert_eq!(sums, array![2, 4]);
}

#[test]
fn stands_in_closures() {
    let (mut a, b) = (array![1, 2], array![10, 20]);
    let mut add = |factor: i32| azip!((a in &mut a, &b in &b) *a += factor * b);
    add(1);
    add(2);
    assert_eq!(a, array![31, 62]);

    type Change = Box<dyn Fn(&mut [i32])>;
    let boxed: Change = Box::new(move |a| azip!((a in a, &b in &b) *a -= b));
    boxed(a.as_slice_mut().unwrap());
    assert_eq!(a, array![21, 42]);
}

#[test]
#[allow(clippy::let_unit_value, reason = "the value of the macro is the matter")]
fn is_an_expression_of_type_unit() {
    let mut a = array![1, 2];
    let nothing: () = azip!((a in &mut a) *a += 1);
    let chosen = if a[0] == 2 { azip!((a in &mut a) *a += 10) } else { azip!((a in &mut a) *a += 20) };
    assert_eq!((nothing, chosen), ((), ()));
    match a[0] {
        12 => azip!((a in &mut a) *a += 100),
        _ => unreachable!(),
    }
    assert_eq!(a, array![112, 113]);
}

#[test]
fn question_marks_in_operands_end_the_function() {
    fn add(a: Option<&mut Array1<i32>>, b: Result<&Array1<i32>, String>) -> Result<(), String> {
        azip!((a in a.ok_or("no array")?, &b in b?) *a += b);
        Ok(())
    }
    let (mut a, b) = (array![1, 2], array![10, 20]);
    assert_eq!(add(Some(&mut a), Ok(&b)), Ok(()));
    assert_eq!(add(None, Ok(&b)), Err("no array".to_owned()));
    assert_eq!(add(Some(&mut a), Err("nothing".to_owned())), Err("nothing".to_owned()));
    assert_eq!(a, array![11, 22]);
}

#[test]
fn return_in_an_operand_ends_the_function() {
    fn add(a: &mut Array1<i32>, b: Option<ArrayView1<'_, i32>>) -> bool {
        azip!((a in a, &b in match b {
            Some(b) => b,
            None => return false,
        }) *a += b);
        true
    }
    let mut a = array![1, 2];
    assert!(add(&mut a, Some(array![10, 20].view())));
    assert!(!add(&mut a, None));
    assert_eq!(a, array![11, 22]);
}

/// A user's own macro, with the variables of its caller.
macro_rules! add_scaled {
    ($a:expr, $b:expr, $factor:expr) => {
        azip!((a in $a, &b in $b) *a += $factor * b)
    };
    (with $pattern:pat in $operand:expr => $body:expr) => {
        azip!(($pattern in $operand) $body)
    };
}

#[test]
fn stands_in_macros_of_users() {
    let (mut a, b) = (array![1, 2], array![10, 20]);
    let scale = 3;
    add_scaled!(&mut a, &b, scale);
    assert_eq!(a, array![31, 62]);
    // The body sees the caller's `a`, not the macro's.
    let factors = array![1, 2];
    azip!((b in &mut a) add_scaled!(&mut array![*b], &array![1], factors[0]));
    let mut sum = 0;
    add_scaled!(with &x in &a => sum += x);
    assert_eq!(sum, 93);
}

#[test]
fn stands_behind_a_path() {
    let mut a = array![1, 2];
    super::azip!((a in &mut a) *a += 1);
    super::super::azip!((index i, a in &mut a) *a += i as i32);
    assert_eq!(a, array![2, 4]);
    super::Zip::from(&mut a).for_each(|a| *a += 1);
    assert_eq!(a, array![3, 5]);
}

#[test]
fn walks_one_array_as_several_operands() {
    let mut a = counted((4, 4));
    let (upper, mut lower) = a.view_mut().split_at(ndarray::Axis(0), 2);
    azip!((lower in &mut lower, &upper in &upper) *lower -= upper);
    assert_eq!(lower, Array2::from_elem((2, 4), 8));

    let a = array![1, 4, 9, 16];
    let mut differences = Vec::new();
    azip!((&next in a.slice(s![1..]), &last in a.slice(s![..-1])) differences.push(next - last));
    assert_eq!(differences, [3, 5, 7]);

    let mut both = array![1, 2, 3, 4];
    let (even, odd) = both.multi_slice_mut((s![..;2], s![1..;2]));
    azip!((even in even, odd in odd) std::mem::swap(even, odd));
    assert_eq!(both, array![2, 1, 4, 3]);
}

#[test]
fn unsafe_blocks_of_the_function_hold_in_the_body() {
    let (mut a, b) = (array![1, 2], array![10, 20]);
    azip!((index i, a in &mut a) {
        // SAFETY: `b` has as many cells as `a`.
        *a += unsafe { b.uget(i) };
    });
    assert_eq!(a, array![11, 22]);
}

#[test]
fn zip_and_macro_agree() {
    let (mut a, mut b, c) = (counted((3, 4)), counted((3, 4)), counted((4, 3)));
    azip!((index (i, j), a in &mut a, &c in c.t()) *a += c * (i + 2 * j) as i32);
    Zip::indexed(&mut b).and(c.t()).for_each(|(i, j), b, &c| *b += c * (i + 2 * j) as i32);
    assert_eq!(a, b);
}
