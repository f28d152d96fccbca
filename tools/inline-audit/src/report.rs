//! The text that the command prints.

use std::fmt;

use crate::audit::{Audit, Call, Callee, Loop, Packed, Place};
use crate::instruction::Width;
use crate::lines::SourceLine;
use crate::requirements::Violation;
use crate::text::Printable;

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let innermost = self.loops.iter().filter(|it| it.innermost).count();
        let function = &self.function;
        writeln!(f, "{}", Printable(&function.name))?;
        write!(f, "  {} bytes, ", function.size)?;
        if self.is_name_shared {
            write!(f, "at {:#x}, ", function.address)?;
        }
        let loops = self.loops.len();
        let plural = if loops == 1 { "" } else { "s" };
        writeln!(f, "{loops} loop{plural}, {innermost} of them innermost")?;
        if function.is_size_guessed {
            writeln!(f, "  the program does not give its size: its code is taken to end at the next function")?;
        }
        for part in &self.parts {
            writeln!(f, "  part of its code is at {}", Printable(part))?;
        }
        for it in &self.loops {
            write!(f, "{it}")?;
        }
        write!(f, "  verdict: {}", self.verdict())
    }
}

impl Audit {
    /// Returns a summary in one line.
    fn verdict(&self) -> String {
        let calls: usize = self.loops.iter().map(|it| it.calls.len()).sum();
        if self.loops.is_empty() {
            return "no loop: it is in a function that this one calls, or unrolled".to_owned();
        }
        let speed = match self.main_loop() {
            Some(it) => format!("{} arithmetic at {}", widest_of(it), it.at),
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

/// The deepest nesting that is still indented. Without a limit, a deep nest would print a square of
/// spaces.
const MAX_INDENT: usize = 16;

impl fmt::Display for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = "  ".repeat(self.depth.min(MAX_INDENT));
        let kind = if self.innermost { "innermost loop" } else { "loop" };
        write!(f, "{indent}{kind} at {}", self.at)?;
        if self.depth > MAX_INDENT {
            write!(f, ", in {} others", self.depth - 1)?;
        }
        write_line(f, self.line.as_ref())?;
        write!(f, ": {} instructions{}", self.instructions, self.packed)?;
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

fn write_line(f: &mut fmt::Formatter<'_>, line: Option<&SourceLine>) -> fmt::Result {
    line.map_or(Ok(()), |line| write!(f, " ({line})"))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part.as_deref() {
            None => write!(f, "+{:#x}", self.offset),
            Some("") => write!(f, "{:#x}", self.address),
            Some(part) => write!(f, "{}+{:#x}", Printable(part), self.offset),
        }
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
        write!(f, "{} at {}", self.callee, self.at)?;
        write_line(f, self.line.as_ref())
    }
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Callee::Named(name) => write!(f, "{}", Printable(name)),
            Callee::Unnamed(address) => write!(f, "a function without a name, at {address:#x},"),
            Callee::Pointer => write!(f, "by a pointer"),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::Call(call) => write!(f, "a loop calls {call}"),
            Violation::Panic { at, callee } => write!(f, "the loop at {at} may panic by {callee}"),
            Violation::Division { at } => write!(f, "the loop at {at} divides integers"),
            Violation::Narrow { found: Some(found), wanted } => {
                write!(f, "{wanted} arithmetic is required, and the widest in an innermost loop is {found}")
            }
            Violation::Narrow { found: None, wanted } => {
                write!(f, "{wanted} arithmetic is required, and no innermost loop has packed arithmetic")
            }
        }
    }
}
