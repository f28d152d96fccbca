//! The threads of the engine that runs on several threads. A build without the feature `rayon` has
//! one thread.

use std::num::NonZeroUsize;

/// A thread pool that several simulations can share.
#[derive(Clone, Debug)]
pub(crate) struct Threads {
    #[cfg(feature = "rayon")]
    pool: std::sync::Arc<rayon::ThreadPool>,
}

#[cfg(feature = "rayon")]
impl Threads {
    /// Starts `number` threads, or by default as many as the machine has.
    ///
    /// # Errors
    ///
    /// Returns an error if the system does not start them.
    pub(crate) fn new(number: Option<NonZeroUsize>) -> Result<Self, String> {
        // 0 is rayon's default number of threads.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(number.map_or(0, NonZeroUsize::get)).build();
        let pool = pool.map_err(|error| format!("cannot start the threads: {error}"))?;
        Ok(Threads { pool: pool.into() })
    }

    /// Returns the number of threads.
    pub(crate) fn number(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Runs `work` in the pool.
    pub(crate) fn run(&self, work: impl FnOnce() + Send) {
        self.pool.install(work);
    }
}

#[cfg(not(feature = "rayon"))]
impl Threads {
    /// Returns the only thread. The check of the options has already refused other numbers.
    pub(crate) fn new(_number: Option<NonZeroUsize>) -> Result<Self, String> {
        Ok(Threads {})
    }

    /// Returns the number of threads.
    pub(crate) fn number(&self) -> usize {
        1
    }
}
