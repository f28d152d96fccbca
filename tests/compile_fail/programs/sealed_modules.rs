//! What the macros do not name is out of reach.
use ndarray_lockstep::expansion::Pending;
use ndarray_lockstep::fallback::{AsProducer, Eleventh, IntoOurs, IntoTheirs, WithIndex};

fn main() {
    let _ = Pending::of(&[1, 2]).0;
}
