//! The correct version of the calls in the other programs. It proves that these do not fail for a
//! missing crate. It also makes the tests build the programs instead of only checking them. Windows
//! without rows are errors only in a build.
use std::cell::Cell;

use ndarray::{Array2, ArrayView1, Ix1, array};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, IntoOperand, Zip, azip};

/// The macros take every type that implements `IntoOperand`, which is an open trait.
struct Mine([f32; 3]);

impl<'a> IntoOperand for &'a Mine {
    type Item = &'a f32;
    type Dim = Ix1;
    type Operand = ArrayView1<'a, f32>;

    fn into_operand(self) -> ArrayView1<'a, f32> {
        ArrayView1::from(&self.0)
    }
}

fn main() {
    let mut a = Array2::from_elem((4, 4), 1.0);
    let b = a.clone();
    azip!((index (i, j), out in a.interior_mut::<3, 3>(), w in b.array_windows::<3, 3>()) {
        *out += *w.at(-1, 0) + b[[j, i]];
    });
    assert_eq!(a.sum(), 16.0 + 8.0);

    let cells = Array2::from_elem((3, 3), Cell::new(1.0));
    azip!((w in cells.array_windows::<3, 3>()) w.center().set(2.0));
    let windows = b.array_windows::<3, 3>();
    let sum = std::thread::scope(|scope| {
        scope.spawn(move || Zip::from(windows).fold(0.0, |sum, w| sum + w.center())).join().unwrap()
    });
    assert_eq!(sum, 4.0);

    let mut doubled = array![0.0, 0.0, 0.0];
    azip!((doubled in &mut doubled, &x in &Mine([1.0, 2.0, 3.0])) *doubled = 2.0 * x);
    assert_eq!(doubled, array![2.0, 4.0, 6.0]);
}
