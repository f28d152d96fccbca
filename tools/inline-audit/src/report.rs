//! The text that the command prints.

use std::fmt;

use crate::audit::{Audit, Call, Callee, Loop, Packed, Violation};
use crate::instruction::Width;

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let innermost = self.loops.iter().filter(|it| it.innermost).count();
        writeln!(f, "{}", self.function.name)?;
        writeln!(f, "  {} bytes, {} loops, {innermost} of them innermost", self.function.size, self.loops.len())?;
        for it in &self.loops {
            write!(f, "{it}")?;
        }
        write!(f, "  verdict: {}", self.verdict())
    }
}

impl Audit {
    /// What the function comes to, in a line.
    fn verdict(&self) -> String {
        let calls: usize = self.loops.iter().map(|it| it.calls.len()).sum();
        if self.loops.is_empty() {
            return "no loop: it is in a function that this one calls, or unrolled".to_owned();
        }
        let speed = match self.main_loop() {
            Some(it) => format!("{} arithmetic at +{:#x}", widest_of(it), it.offset),
            None => "not vectorised".to_owned(),
        };
        let calls = match calls {
            0 => "no call in a loop".to_owned(),
            1 => "1 call in a loop".to_owned(),
            _ => format!("{calls} calls in loops"),
        };
        format!("{speed}, {calls}")
    }
}

fn widest_of(it: &Loop) -> String {
    it.packed.widest_arithmetic().map_or_else(|| "no".to_owned(), |width| width.to_string())
}

impl fmt::Display for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = "  ".repeat(self.depth);
        let kind = if self.innermost { "innermost loop" } else { "loop" };
        write!(f, "{indent}{kind} at +{:#x}: {} instructions", self.offset, self.instructions)?;
        write!(f, "{}", self.packed)?;
        if self.scalar_floats > 0 {
            write!(f, ", {} on single floats", self.scalar_floats)?;
        }
        if self.divisions > 0 {
            write!(f, ", {} integer divisions", self.divisions)?;
        }
        writeln!(f)?;
        for call in &self.calls {
            writeln!(f, "{indent}  calls {call}")?;
        }
        for panic in &self.panics {
            writeln!(f, "{indent}  may panic by {panic}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Packed { arithmetic, moves, loads, stores } = self;
        for (what, counts) in [("arithmetic", arithmetic), ("moves", moves), ("loads", loads), ("stores", stores)] {
            for (width, &count) in Width::ALL.into_iter().zip(counts).rev().filter(|&(_, &count)| count > 0) {
                write!(f, ", {count} {width} {what}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at +{:#x}", self.callee, self.offset)
    }
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Callee::Named(name) => write!(f, "{name}"),
            Callee::Unnamed(address) => write!(f, "a function without a name, at {address:#x},"),
            Callee::Pointer => write!(f, "by a pointer"),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::Call(call) => write!(f, "a loop calls {call}"),
            Violation::Panic { offset, callee } => write!(f, "the loop at +{offset:#x} may panic by {callee}"),
            Violation::Division { offset } => write!(f, "the loop at +{offset:#x} divides integers"),
            Violation::Narrow { found: Some(found), wanted } => {
                write!(f, "{wanted} arithmetic was wanted, and the widest in an innermost loop is {found}")
            }
            Violation::Narrow { found: None, wanted } => {
                write!(f, "{wanted} arithmetic was wanted, and no innermost loop has packed arithmetic")
            }
        }
    }
}
