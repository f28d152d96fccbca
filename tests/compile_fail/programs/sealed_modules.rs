//! Items that the macros do not use have no public path.
use ndarray_lockstep::__private::first_operand;
use ndarray_lockstep::interop::choose::{
    Eleventh, IntoLockstep, IntoNdarray, IntoNdarrayIndexed, OperandOf, SameDim, Takes,
};

fn main() {
    let _ = first_operand(&[1, 2]).0;
}
