//! Requirements for the loops of a function.

use crate::audit::{Audit, Call, Callee, Place};
use crate::instruction::Width;

/// Requirements for a function.
#[derive(Clone, Copy, Debug, Default)]
pub struct Requirements {
    /// No loop makes a call.
    pub deny_calls: bool,
    /// No innermost loop may panic.
    pub deny_panics: bool,
    /// No innermost loop divides integers.
    pub deny_divisions: bool,
    /// An innermost loop computes with registers of at least this width.
    pub min_width: Option<Width>,
}

/// A requirement that a function does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// A loop makes a call.
    Call(Call),
    /// An innermost loop may panic.
    Panic {
        /// The place of the loop.
        at: Place,
        /// The function that is called to panic.
        callee: Callee,
    },
    /// An innermost loop divides integers.
    Division {
        /// The place of the loop.
        at: Place,
    },
    /// No innermost loop computes with registers this wide.
    Narrow {
        /// The width of the widest registers that were found.
        found: Option<Width>,
        /// The required width.
        wanted: Width,
    },
}

impl Requirements {
    /// Returns the requirements that a function does not meet.
    pub fn violations(&self, audit: &Audit) -> Vec<Violation> {
        let mut violations = Vec::new();
        let innermost = || audit.loops.iter().filter(|it| it.innermost);
        if self.deny_calls {
            violations.extend(audit.loops.iter().flat_map(|it| &it.calls).cloned().map(Violation::Call));
        }
        if self.deny_panics {
            violations.extend(innermost().flat_map(|it| {
                it.panics.iter().map(|callee| Violation::Panic { at: it.at.clone(), callee: callee.clone() })
            }));
        }
        if self.deny_divisions {
            let dividing = innermost().filter(|it| it.divisions > 0);
            violations.extend(dividing.map(|it| Violation::Division { at: it.at.clone() }));
        }
        let found = audit.main_loop().and_then(|it| it.packed.widest_arithmetic());
        if let Some(wanted) = self.min_width
            && found < Some(wanted)
        {
            violations.push(Violation::Narrow { found, wanted });
        }
        violations
    }
}
