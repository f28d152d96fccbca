//! Only this crate can implement the traits that the macros and `Zip` use internally.
//! `IntoOperand` is open.
use ndarray::{ArrayView1, Ix1};
use ndarray_lockstep::__private::choices::{ByLockstep, ByNdarray, ByNeither, WithOtherDims};
use ndarray_lockstep::__private::{AndOperand, IntoIndexedZip, IntoZip};
use ndarray_lockstep::{IntoOperand, Zip};

struct Mine([f32; 3]);

impl IntoZip<(), Ix1> for Mine {
    type Zip = ();

    fn into_zip(self) {}
}

impl IntoIndexedZip<(), Ix1> for Mine {
    type Zip = ();

    fn into_indexed_zip(self) {}
}

impl AndOperand<(), Ix1> for Mine {
    type Output = ();

    fn and_operand(self, _: Zip<(), Ix1>) {}
}

impl ByLockstep for Mine {}
impl ByNdarray for Mine {}
impl WithOtherDims for Mine {}
impl ByNeither for Mine {}

/// An implementation of the open trait does not give access to the sealed ones.
struct Operand<'a>(&'a [f32]);

impl<'a> IntoOperand for Operand<'a> {
    type Item = &'a f32;
    type Dim = Ix1;
    type Operand = ArrayView1<'a, f32>;

    fn into_operand(self) -> ArrayView1<'a, f32> {
        ArrayView1::from(self.0)
    }
}

impl IntoZip<(), Ix1> for Operand<'_> {
    type Zip = ();

    fn into_zip(self) {}
}

fn main() {}
