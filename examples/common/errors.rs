//! The distance between a field and an exact solution.

use std::fmt;

use ndarray::ArrayView2;
use ndarray_lockstep::Zip;

/// The distance between two fields on the unit square. The cells are the inner corners of a grid.
/// On the edges both fields are the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// The largest difference between two cells.
    pub max: f64,
    /// The root of the mean square difference over the unit square.
    pub l2: f64,
}

impl Distance {
    /// Returns the distance between `a` and `b`, which must have the same shape.
    pub fn between(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>) -> Self {
        // An axis of `n` inner corners has `n + 1` intervals.
        let intervals = ((a.nrows() + 1) * (a.ncols() + 1)) as f64;
        let (max, squares) = Zip::from(a).and(b).fold((0.0_f64, 0.0), |(max, squares), &a, &b| {
            let difference = a - b;
            (larger(max, difference.abs()), squares + difference * difference)
        });
        Distance { max, l2: f64::sqrt(squares / intervals) }
    }

    /// Returns the orders of convergence of both errors. `finer` is the distance on cells of half
    /// the side.
    pub fn orders(self, finer: Distance) -> [f64; 2] {
        [(self.max / finer.max).log2(), (self.l2 / finer.l2).log2()]
    }
}

/// Returns the larger of two numbers, or NaN if one of them is NaN. `f64::max` would ignore the
/// NaN.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a >= b { a } else { b }
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "max {:.3e}, L2 {:.3e}", self.max, self.l2)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_largest_difference_and_the_root_of_the_mean_square() {
        let (a, b) = (array![[1.0, 2.0], [3.0, 4.0]], array![[1.0, 5.0], [-1.0, 4.0]]);
        assert_eq!(Distance::between(a.view(), b.view()), Distance { max: 4.0, l2: 5.0 / 3.0 });
    }

    #[test]
    fn what_is_not_a_number_is_far_from_everything() {
        for a in [array![[f64::NAN, 0.0]], array![[0.0, f64::NAN]]] {
            let Distance { max, l2 } = Distance::between(a.view(), array![[1.0, 2.0]].view());
            assert!(max.is_nan() && l2.is_nan(), "{a}");
        }
    }

    #[test]
    fn a_quarter_of_the_error_on_half_the_cells_is_second_order() {
        let [max, l2] = Distance { max: 4.0, l2: 8.0 }.orders(Distance { max: 1.0, l2: 1.0 });
        assert_eq!((max, l2), (2.0, 3.0));
    }
}
