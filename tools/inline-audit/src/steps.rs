//! Bounds the work that a file can cause.

use std::cell::Cell;

/// Counts work up to a limit.
///
/// A step is a decoded instruction, an entry of a table, or a byte of a name. The functions of a
/// compiled program take about one step per byte of the file. A file whose symbols, sections or
/// tables overlap could take as many as the square of its size.
#[derive(Debug)]
pub(crate) struct Steps {
    taken: Cell<u64>,
    limit: u64,
    /// Whether more steps were requested than the limit allows. From then on all requests fail.
    is_exhausted: Cell<bool>,
}

/// The error for a reached limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooMany;

impl Steps {
    /// Returns the steps allowed for a file of this length.
    pub(crate) fn for_file_of(len: usize) -> Steps {
        const PER_BYTE: u64 = 8;
        const ALWAYS: u64 = 1 << 12;
        let limit = ALWAYS.saturating_add(PER_BYTE.saturating_mul(len as u64));
        Steps { taken: Cell::new(0), limit, is_exhausted: Cell::new(false) }
    }

    /// Counts some steps. Returns an error, now and for all further steps, if there are too many.
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
