//! The contract of `Operand` may grow, so no other crate can implement it. `IntoOperand` is open.
use ndarray::{ArrayView1, Ix1};
use ndarray_lockstep::__private::{Operand, Operands};
use ndarray_lockstep::IntoOperand;

struct Mine([f32; 3]);

impl<'a> IntoOperand for &'a Mine {
    type Item = &'a f32;
    type Dim = Ix1;
    type Operand = ArrayView1<'a, f32>;

    fn into_operand(self) -> ArrayView1<'a, f32> {
        ArrayView1::from(&self.0)
    }
}

fn is_operand<P: Operand>(_: P) {}
fn is_tuple_of_operands<P: Operands>(_: P) {}

fn main() {
    is_operand((&Mine([0.0; 3])).into_operand());
    is_operand(Mine([0.0; 3]));
    is_tuple_of_operands((Mine([0.0; 3]),));
}
