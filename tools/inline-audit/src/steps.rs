//! Bounds on the work that a file can cause.

use std::cell::Cell;

/// Counts work, up to a limit.
///
/// A step is an instruction that is decoded, an entry of a table that is read, or a byte of a name.
/// The functions of a program that a compiler wrote take about one step per byte of the file. A
/// file whose symbols, sections or tables overlap could take as many as the square of its size.
#[derive(Debug)]
pub(crate) struct Steps {
    taken: Cell<u64>,
    limit: u64,
    /// Whether more have been asked for. From then on none are allowed.
    is_exhausted: Cell<bool>,
}

/// The limit has been reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooMany;

impl Steps {
    /// The steps that a file of this length may take.
    pub(crate) fn for_file_of(len: usize) -> Steps {
        const PER_BYTE: u64 = 8;
        const ALWAYS: u64 = 1 << 12;
        let limit = ALWAYS.saturating_add(PER_BYTE.saturating_mul(len as u64));
        Steps { taken: Cell::new(0), limit, is_exhausted: Cell::new(false) }
    }

    /// Counts some steps, or refuses them, and all further ones, if there are too many.
    pub(crate) fn take(&self, number: usize) -> Result<(), TooMany> {
        let taken = self.taken.get().saturating_add(number as u64);
        if self.is_exhausted.get() || taken > self.limit {
            self.is_exhausted.set(true);
            return Err(TooMany);
        }
        self.taken.set(taken);
        Ok(())
    }

    pub(crate) fn taken(&self) -> u64 {
        self.taken.get()
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_for_all_steps_together() {
        let steps = Steps::for_file_of(1);
        let limit = usize::try_from(steps.limit()).unwrap();
        assert!(steps.take(limit - 1).is_ok());
        assert!(steps.take(1).is_ok() && steps.take(0).is_ok());
        assert!(steps.take(1).is_err());
        assert!(steps.take(0).is_err(), "what has been refused once stays refused");
        assert!(steps.take(usize::MAX).is_err());
        assert_eq!(steps.taken(), steps.limit());
    }
}
