//! Shapes that do not match cause a panic before the first visit.

use ndarray::{Array1, Array2, Array3, ArrayD, Axis, IxDyn, array};

use super::arrays::counted;
use super::{Zip, azip};

/// Generates tests that must panic.
macro_rules! panics {
    ($($name:ident $body:block)+) => {$(
        #[test]
        #[should_panic]
        fn $name() $body
    )+};
}

mod panics {
    use super::*;

    panics! {
        a_macro_over_lengths_that_differ {
            azip!((_a in &mut array![1, 2], _b in &array![1, 2, 3]) unreachable!());
        }
        a_macro_over_a_transposed_array {
            azip!((_a in &counted((2, 3)), _b in counted((2, 3)).t()) ());
        }
        a_macro_with_an_index {
            azip!((index _, _a in &counted((2, 3)), _b in &counted((2, 4))) ());
        }
        a_macro_without_a_body {
            let _ = azip!(&counted((2, 3)), &counted((3, 3)));
        }
        the_last_of_six_operands {
            let a = counted(2);
            azip!((_ in &a, _ in &a, _ in &a, _ in &a, _ in &a, _ in &counted(3)) ());
        }
        one_cell_is_not_stretched {
            azip!((_a in &counted((2, 3)), _b in &counted((1, 1))) ());
        }
        a_row_is_not_stretched {
            azip!((_a in &counted((2, 3)), _b in &counted((1, 3))) ());
        }
        no_cells_beside_some {
            azip!((_a in &counted((0, 3)), _b in &counted((2, 3))) ());
        }
        no_cells_on_another_axis {
            azip!((_a in &counted((0, 3)), _b in &counted((3, 0))) ());
        }
        a_slice_beside_an_array {
            azip!((_a in &mut vec![1, 2], _b in &[1; 3]) ());
        }
        dynamic_dimensions_of_another_number {
            azip!((_a in &counted(IxDyn(&[2, 3])), _b in &counted(IxDyn(&[6]))) ());
        }
        dynamic_dimensions_of_another_shape {
            azip!((_a in &counted(IxDyn(&[2, 3])), _b in &counted(IxDyn(&[2, 4]))) ());
        }
        and {
            let (a, b) = (counted((2, 3)), counted((2, 4)));
            let _ = Zip::from(&a).and(&b);
        }
        and_behind_indexed {
            let (a, b) = (counted((2, 3)), counted((2, 4)));
            let _ = Zip::indexed(&a).and(&b);
        }
        and_broadcast_of_a_length_that_does_not_fit {
            let (a, b) = (counted((2, 3)), counted(2));
            let _ = Zip::from(&a).and_broadcast(&b);
        }
        and_broadcast_of_more_dimensions {
            let (a, b) = (counted(3), counted((2, 3)));
            let _ = Zip::from(&a).and_broadcast(&b);
        }
    }
}

/// The panics of `map_assign_into`.
mod panics_of_results {
    use super::*;

    panics! {
        map_assign_into_an_array_of_another_shape {
            Zip::from(&counted((2, 3))).map_assign_into(&mut Array2::<i32>::zeros((3, 2)), |a| *a);
        }
        map_assign_into_a_shorter_slice {
            Zip::from(&counted(3)).map_assign_into(&mut vec![0; 2], |a| *a);
        }
    }
}

/// The panics of ndarray's producers.
mod panics_of_producers {
    use super::*;

    panics! {
        rows_beside_too_many_cells {
            azip!((_row in counted((2, 3)).rows(), _b in &array![1, 2, 3]) ());
        }
        cells_beside_too_many_rows {
            azip!((_b in &array![1, 2, 3], _row in counted((2, 3)).rows()) ());
        }
        rows_beside_columns {
            azip!((_row in counted((2, 3)).rows(), _column in counted((2, 3)).columns()) ());
        }
        parts_along_an_axis {
            azip!((index _, _part in counted((2, 3)).axis_iter(Axis(1)), _b in &[1, 2]) ());
        }
        windows {
            azip!((_window in counted((4, 4)).windows((3, 3)), _b in &counted((4, 4))) ());
        }
        chunks {
            azip!((_b in &counted((2, 2)), _chunk in counted((6, 4)).exact_chunks((2, 2))) ());
        }
        raw_views {
            azip!((_b in &counted((2, 2)), _pointer in counted((2, 3)).raw_view()) ());
        }
        indices {
            azip!((_b in &counted((2, 2)), _at in ndarray::indices((2, 3))) ());
        }
        cells {
            azip!((_b in &counted((2, 2)), _cell in counted((2, 3)).cell_view()) ());
        }
        and_rows {
            let a = counted((2, 3));
            let _ = Zip::from(&array![1, 2, 3]).and(a.rows());
        }
        and_broadcast_behind_rows {
            let a = counted((2, 3));
            let _ = Zip::from(a.rows()).and_broadcast(&[1, 2, 3]);
        }
    }
}

#[test]
fn nothing_is_written_before_the_panic() {
    let mut a = counted((2, 3));
    let walk = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        azip!((a in &mut a, &b in &counted((2, 3)), &c in &counted((2, 2))) *a += b + c + 1);
    }));
    assert!(walk.is_err());
    assert_eq!(a, counted((2, 3)));
}

#[test]
fn shapes_that_are_equal_fit() {
    azip!((_ in &Array2::<i32>::zeros((0, 3)), _ in &Array2::<i32>::zeros((0, 3))) unreachable!());
    let mut cells = 0;
    azip!((_ in &ArrayD::<i32>::zeros(IxDyn(&[])), _ in &ArrayD::<i32>::zeros(IxDyn(&[]))) cells += 1);
    azip!((_ in &Array1::<i32>::zeros(1), _ in &[()]) cells += 1);
    azip!((_ in &Array3::<i32>::zeros((1, 1, 1)), _ in &Array3::<u8>::zeros((1, 1, 1))) cells += 1);
    assert_eq!(cells, 3);
}
