//! What the macros do not name is out of reach.
use ndarray_lockstep::__private::MacroOperands;
use ndarray_lockstep::interop::choose::{Eleventh, IntoLockstep, IntoNdarray, WithIndex};

fn main() {
    let _ = MacroOperands::of(&[1, 2]).0;
}
