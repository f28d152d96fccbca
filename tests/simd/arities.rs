//! Every number of operands, from one to nine and the index.

use super::*;

const SHAPE: (usize, usize) = if cfg!(miri) { (7, 3) } else { (7, 37) };

/// A test with an output, windows, and one shared operand per name.
macro_rules! arities {
    ($($(#[$attribute:meta])* $test:ident: $($operand:ident $n:literal)*;)+) => {$(
        #[test]
        $(#[$attribute])*
        fn $test() {
            let input = counted_from((SHAPE.0 + 2, SHAPE.1 + 2), 1);
            $(let $operand = counted_from(SHAPE, $n * 1000);)*
            let around = |(i, j): (usize, usize)| input[[i, j]] + 3 * input[[i + 1, j + 2]] + 7 * input[[i + 2, j + 1]];
            let expected = Array2::from_shape_fn(SHAPE, |at| around(at) $(+ $n * $operand[at])*);
            at_every_level(|level| {
                let mut out = Array2::<u32>::zeros(SHAPE);
                simd_azip!((w in input.array_windows::<3, 3>(), out in &mut out $(, &$operand in &$operand)*) {
                    *out += w.at(-1, -1) + 3 * w.at(0, 1) + 7 * w.at(1, 0) $(+ $n * $operand)*;
                });
                assert_eq!(out, expected, "without captures at {level}");

                let (mut out, mut order) = (Array2::<u32>::zeros(SHAPE), Vec::new());
                simd_azip!(ordered (out in &mut out $(, &$operand in &$operand)*, w in input.array_windows::<3, 3>()) {
                    *out += w.at(-1, -1) + 3 * w.at(0, 1) + 7 * w.at(1, 0) $(+ $n * $operand)*;
                    order.push(*out);
                });
                assert_eq!(out, expected, "with captures at {level}");
                assert!(order.iter().eq(&expected), "in order at {level}");

                let order = Zip::from(input.array_windows::<3, 3>())$(.and(&$operand))*.simd_fold(
                    Vec::new(),
                    |mut order, w $(, &$operand)*| {
                        order.push(w.at(-1, -1) + 3 * w.at(0, 1) + 7 * w.at(1, 0) $(+ $n * $operand)*);
                        order
                    },
                );
                assert!(order.iter().eq(&expected), "folded at {level}");
            });
        }
    )+};
}

arities! {
    #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
    two: ;
    three: c 3;
    #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
    four: c 3 d 4;
    #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
    five: c 3 d 4 e 5;
    #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
    six: c 3 d 4 e 5 f 6;
    #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
    seven: c 3 d 4 e 5 f 6 g 7;
    #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
    eight: c 3 d 4 e 5 f 6 g 7 h 8;
    #[cfg_attr(miri, ignore = "the code is that of three and ten operands")]
    nine: c 3 d 4 e 5 f 6 g 7 h 8 i 9;
    ten: c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10;
}

#[test]
fn one() {
    let input = counted_from((SHAPE.0 + 2, SHAPE.1 + 2), 1);
    at_every_level(|level| {
        let mut out = counted_from(SHAPE, 10);
        simd_azip!((out in &mut out) *out *= 3);
        assert_eq!(out, counted_from(SHAPE, 10) * 3, "at {level}");
        let centers = RefCell::new(Vec::new());
        simd_azip!(unordered (w in input.array_windows::<3, 3>()) centers.borrow_mut().push(*w.center()));
        let mut centers = centers.into_inner();
        centers.sort_unstable();
        assert!(centers.iter().eq(input.interior::<3, 3>()), "at {level}");
        assert_eq!(Zip::from(&out).simd_fold(0, |sum, out| sum + out), out.sum(), "at {level}");
    });
}

#[test]
fn nine_and_the_index() {
    let b = counted_from(SHAPE, 5);
    let input = counted_from((SHAPE.0 + 1, SHAPE.1), 1);
    at_every_level(|level| {
        let mut a = Array2::zeros(SHAPE);
        simd_azip!((
            index (i, j), a in &mut a, w in input.array_windows::<2, 1>(),
            &c in &b, &d in &b, &e in &b, &f in &b, &g in &b, &h in &b, &k in &b,
        ) *a = c + d + e + f + g + h + k + w[[1, 0]] + u32::try_from(i * 1000 + j * 100_000).unwrap());
        let index = |(i, j)| u32::try_from(i * 1000 + j * 100_000).unwrap();
        let expected = Array2::from_shape_fn(SHAPE, |(i, j)| 7 * b[[i, j]] + input[[i + 1, j]] + index((i, j)));
        assert_eq!(a, expected, "at {level}");
    });
}
