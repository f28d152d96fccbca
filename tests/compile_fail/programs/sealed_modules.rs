//! Items that the macros do not use have no public path.
use ndarray_lockstep::__private::MacroOperands;
use ndarray_lockstep::interop::choose::{Eleventh, IntoLockstep, IntoNdarray, WithIndex};

fn main() {
    let _ = MacroOperands::of(&[1, 2]).0;
}
