//! The messages of panics and errors, and the lines in which panics are reported.

use super::common::panics;
use super::*;

/// Runs `f`, which panics, and returns the message and the line, which is in this file.
fn panic_of(f: impl FnOnce()) -> (String, u32) {
    let panic = panics::panic_of(f);
    assert_eq!(panic.file, file!(), "the panic is in the caller's file: {}", panic.message);
    (panic.message, panic.line)
}

#[test]
fn and_names_the_operand_its_shape_and_the_expected_one_in_the_callers_line() {
    let (a, b) = (Array2::<u8>::zeros((3, 4)), Array2::<u8>::zeros((3, 5)));
    let mut here = 0;
    let (message, line) = panic_of(|| {
        here = line!() + 1;
        _ = Zip::from(&a).and(&b);
    });
    assert_eq!(line, here);
    assert!(
        message.starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [3, 4], got: [3, 5];"),
        "{message}"
    );
    assert!(message.contains("Zip::and_broadcast"), "what to do: {message}");
}

#[test]
fn in_a_chain_the_line_is_that_of_the_operand_that_does_not_fit() {
    let (a, b) = (Array2::<u8>::zeros((3, 4)), Array2::<u8>::zeros((4, 3)));
    let mut here = 0;
    let (message, line) = panic_of(|| {
        here = line!() + 4;
        Zip::indexed(&a)
            .and(&a)
            .and(&a)
            .and(&b)
            .and(&a)
            .for_each(|_, _, _, _, _, _| unreachable!("checked before the first cell"));
    });
    assert_eq!(line, here);
    assert!(
        message.starts_with("operand 5 of the Zip: Producer dimension mismatch, expected: [3, 4], got: [4, 3];"),
        "{message}"
    );
}

#[test]
fn azip_panics_in_the_callers_line_before_the_first_cell() {
    let (mut a, b) = (Array3::<u8>::zeros((2, 3, 4)), Array3::<u8>::zeros((2, 3, 1)));
    let mut here = 0;
    let (message, line) = panic_of(|| {
        here = line!() + 1;
        azip!((a in &mut a, &b in &b) *a = 1 + b);
    });
    assert_eq!(line, here);
    assert!(
        message.starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [2, 3, 4], got: [2, 3, 1];"),
        "{message}"
    );
    let (message, line) = panic_of(|| {
        here = line!() + 1;
        azip!((index _, a in &mut a, &b in &b) *a = 1 + b);
    });
    assert_eq!(line, here);
    assert!(message.starts_with("operand 3 of the Zip: "), "the index counts: {message}");
    assert_eq!(a.sum(), 0);
}

#[test]
fn an_operand_larger_than_any_array_is_named_in_the_callers_line() {
    let (units, three) = ([(); usize::MAX], [(); 3]);
    let mut here = 0;
    macro_rules! assert_here {
        ($operand:literal $words:literal, $walk:expr) => {
            let (message, line) = panic_of(|| {
                here = line!();
                $walk;
            });
            assert_eq!(line, here);
            assert!(message.starts_with(&format!("operand {} of the ", $operand)), "{message}");
            assert!(message.contains(&format!(concat!($words, " [{}]"), usize::MAX)), "{message}");
        };
    }
    assert_here!(1 "has shape", _ = Zip::from(&units));
    assert_here!(2 "has shape", _ = Zip::indexed(&units));
    assert_here!(1 "has shape", azip!((_ in &units) unreachable!()));
    assert_here!(2 "has shape", azip!((index _, _ in &units) unreachable!()));
    assert_here!(1 "has shape", _ = Zip::from(ndarray::indices(usize::MAX)));
    assert_here!(2 "expected: [3], got:", _ = Zip::from(&three).and(&units));
    assert_here!(3 "expected: [3], got:", _ = Zip::indexed(&three).and(ndarray::indices(usize::MAX)));
}

#[test]
fn and_broadcast_says_that_the_shape_cannot_be_broadcast() {
    let (a, b) = (Array2::<u8>::zeros((3, 4)), Array1::<u8>::zeros(3));
    let mut here = 0;
    let (message, line) = panic_of(|| {
        here = line!() + 1;
        _ = Zip::from(&a).and_broadcast(&b);
    });
    assert_eq!(line, here);
    assert_eq!(
        message,
        "operand 2 of the zip cannot be broadcast by the rules of ndarray: could not broadcast array from shape: [3] to: \
         [3, 4]; counted from the last axis, each of its lengths must be 1 or that of the zip"
    );
}

#[test]
fn an_operand_of_other_rank_in_dynamic_dimensions_is_a_mismatch() {
    let (a, b) = (ArrayD::<u8>::zeros(IxDyn(&[3, 4])), ArrayD::<u8>::zeros(IxDyn(&[12])));
    let (message, _) = panic_of(|| _ = Zip::from(&a).and(&b));
    assert!(
        message.starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [3, 4], got: [12];"),
        "{message}"
    );
    // One shape may be a prefix of the other.
    let tall = ArrayD::<u8>::zeros(IxDyn(&[12, 1]));
    let (message, _) = panic_of(|| _ = Zip::from(&tall).and(&b));
    assert!(
        message.starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [12, 1], got: [12];"),
        "{message}"
    );
    let (message, _) = panic_of(|| _ = Zip::from(&b).and(&tall));
    assert!(
        message.starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [12], got: [12, 1];"),
        "{message}"
    );
    let none = ArrayD::<u8>::zeros(IxDyn(&[]));
    let (message, _) = panic_of(|| _ = Zip::from(&none).and(&b));
    assert!(
        message.starts_with("operand 2 of the Zip: Producer dimension mismatch, expected: [], got: [12];"),
        "{message}"
    );
}

#[test]
fn an_interior_one_row_or_one_column_short_is_refused() {
    let a = counted((5, 6));
    let mut out = Array2::<u32>::zeros((5, 6));
    for (rows, cols) in [(3, 3), (2, 4)] {
        let (message, _) = panic_of(|| {
            azip!((w in a.array_windows::<3, 3>(), out in out.slice_mut(s![1..=rows, 1..=cols])) *out = *w.center());
        });
        let expected =
            format!("operand 2 of the Zip: Producer dimension mismatch, expected: [3, 4], got: [{rows}, {cols}];");
        assert!(message.starts_with(&expected), "{message}");
    }
    assert_eq!(out.sum(), 0);
}

#[test]
fn array_windows_says_what_the_column_stride_is_in_the_callers_line() {
    let a = counted((4, 6));
    let mut here = 0;
    let (message, line) = panic_of(|| {
        here = line!() + 1;
        _ = a.slice(s![.., ..;2]).array_windows::<2, 2>();
    });
    assert_eq!(line, here);
    assert!(message.contains("this array's column stride is 2"), "{message}");
    assert!(message.contains("as_standard_layout()") && message.contains("t()"), "what to do: {message}");
    let (message, line) = panic_of(|| {
        here = line!() + 1;
        _ = Windows::<_, Size2<2, 2>>::new(a.slice(s![.., ..;-1]));
    });
    assert_eq!(line, here);
    assert!(message.contains("this array's column stride is -1"), "{message}");
}

#[test]
fn boundaries_say_what_is_missing_in_the_callers_line() {
    use ndarray_lockstep::{Boundary, Padded, Stencil};

    let (empty, a) = (Array2::<u8>::zeros((3, 0)), Array2::<u8>::zeros((3, 4)));
    let mut here = 0;
    let (message, line) = panic_of(|| {
        here = line!() + 1;
        _ = Padded::from_interior::<3, 3>(&empty, Boundary::Reflect);
    });
    assert_eq!(line, here);
    assert!(message.contains("axis 1") && message.contains("`Boundary::Reflect`"), "{message}");
    let (message, line) = panic_of(|| {
        let mut padded = Padded::from_interior::<3, 3>(&empty, Boundary::Constant(0));
        here = line!() + 1;
        padded.refresh(Boundary::Wrap);
    });
    assert_eq!(line, here);
    assert!(message.contains("axis 1") && message.contains("`Boundary::Wrap`"), "{message}");
    let padded = Padded::from_interior::<1, 3>(&a, Boundary::Wrap);
    let (message, line) = panic_of(|| {
        here = line!() + 1;
        _ = padded.array_windows::<3, 3>();
    });
    assert_eq!(line, here);
    assert!(message.contains("make it with `Padded::from_interior::<3, 3>`"), "{message}");
    let (message, line) = panic_of(|| {
        let mut output = Array2::<u8>::zeros((4, 3));
        here = line!() + 1;
        Stencil::<1, 1>::map_into(&a, Boundary::Wrap, &mut output, |w| *w.center());
    });
    assert_eq!(line, here);
    assert!(message.contains("the output has shape [4, 3], but the input has [3, 4]"), "{message}");
}

#[test]
fn a_cell_outside_the_window_is_named_in_the_callers_line() {
    let a = counted((3, 4));
    let w = Zip::from(a.array_windows::<3, 3>()).into_iter().next().unwrap().0;
    let mut here = 0;
    for (dk, dl) in [(-2, 1), (2, 1), (0, -2), (0, 2), (isize::MAX, 0), (0, isize::MIN)] {
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            w.at(dk, dl);
        });
        assert_eq!(line, here);
        let expected = format!("a 3×3 window has no cell {dk} rows below and {dl} columns right of its centre");
        assert_eq!(message, expected);
    }
    for [k, l] in [[1, 3], [3, 1], [usize::MAX, 0], [0, usize::MAX]] {
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            _ = w[[k, l]];
        });
        assert_eq!(line, here);
        assert_eq!(message, format!("index [{k}, {l}] is outside a 3×3 window"));
    }
}

#[test]
fn a_plane_or_a_cell_outside_a_window_over_a_volume_is_named_in_the_callers_line() {
    // The window is in the middle, surrounded by planes and cells that do not belong to it.
    let a = counted((7, 8, 9));
    let middle = a.slice(s![2..5, 2..5, 2..5]);
    let w = Zip::from(middle.array_windows_3d::<3, 3, 3>()).into_iter().next().unwrap().0;
    let mut here = 0;
    for (dk, dl, dm) in
        [(-2, 1, 1), (2, 1, 1), (0, -2, 0), (0, 2, 0), (0, 0, 2), (isize::MAX, 0, 0), (isize::MIN, 0, 0)]
    {
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            w.at(dk, dl, dm);
        });
        assert_eq!(line, here);
        let around = format!("{dk} planes behind, {dl} rows below and {dm} columns right of its centre");
        assert_eq!(message, format!("a 3×3×3 window has no cell {around}"));
    }
    for [k, l, m] in [[3, 0, 0], [0, 3, 0], [0, 0, 3], [usize::MAX, 0, 0]] {
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            _ = w[[k, l, m]];
        });
        assert_eq!(line, here);
        assert_eq!(message, format!("index [{k}, {l}, {m}] is outside a 3×3×3 window"));
    }
    for k in [3, usize::MAX] {
        let (message, line) = panic_of(|| {
            here = line!() + 1;
            w.plane(k);
        });
        assert_eq!(line, here);
        assert_eq!(message, format!("a 3×3×3 window has no plane {k}"));
    }
}

#[test]
fn a_column_stride_that_is_no_unit_is_named_in_the_callers_line_for_stacks_and_volumes() {
    let a = counted((4, 4, 8));
    let view = a.slice(s![.., .., ..;2]);
    macro_rules! check {
        ($windows:expr) => {
            let (message, line) = panic_of(|| _ = $windows);
            assert_eq!(line, line!());
            assert!(message.contains("column stride is 2"), "{message}");
        };
    }
    check!(view.array_windows::<2, 2>());
    check!(Windows::<u32, Size2<2, 2>, _>::new(view));
    check!(view.array_windows_3d::<2, 2, 2>());
    check!(Windows::<u32, Size3<2, 2, 2>>::new(view));
}

#[test]
fn a_zip_without_axes_cannot_be_split_in_the_callers_line() {
    let a = arr0(1);
    let mut here = 0;
    let (message, line) = panic_of(|| {
        here = line!() + 1;
        _ = Zip::from(&a).split();
    });
    assert_eq!(line, here);
    assert!(message.contains("0-dimensional"), "{message}");
}

#[test]
fn the_errors_of_the_try_twins_say_the_same_as_the_panics() {
    let (a, b) = (Array2::<u8>::zeros((3, 4)), Array2::<u8>::zeros((3, 5)));
    let error = Zip::from(&a).and(&a).try_and(&b).unwrap_err();
    assert_eq!(panic_of(|| _ = Zip::from(&a).and(&a).and(&b)).0, error.to_string());
    assert_eq!((error.operand(), error.shape(), error.expected()), (3, &[3, 5][..], &[3, 4][..]));
    let error = Zip::from(&a).try_and_broadcast(&b).unwrap_err();
    assert_eq!(panic_of(|| _ = Zip::from(&a).and_broadcast(&b)).0, error.to_string());
    let error = a.t().try_array_windows::<2, 2>().unwrap_err();
    assert_eq!(panic_of(|| _ = a.t().array_windows::<2, 2>()).0, error.to_string());
    let error = Zip::from(&a).and(a.slice(s![.., ..;-1])).for_each_row(|_, _| unreachable!()).unwrap_err();
    assert_eq!((error.operand(), error.stride()), (2, -1));
    assert!(error.to_string().starts_with("operand 2 of the zip has stride -1 along its last axis"), "{error}");
}
