//! The threads of the engine that runs on several of them. There is one only in a build with the feature `rayon`.

use std::num::NonZeroUsize;

/// A pool of threads, which simulations can share.
#[derive(Clone, Debug)]
pub(crate) struct Threads {
    #[cfg(feature = "rayon")]
    pool: std::sync::Arc<rayon::ThreadPool>,
}

#[cfg(feature = "rayon")]
impl Threads {
    /// So many threads; unless told, as many as the machine runs at once.
    ///
    /// # Errors
    ///
    /// If the system does not start them.
    pub(crate) fn new(number: Option<NonZeroUsize>) -> Result<Self, String> {
        // To rayon, 0 is as many as there can be.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(number.map_or(0, NonZeroUsize::get)).build();
        let pool = pool.map_err(|error| format!("cannot start the threads: {error}"))?;
        Ok(Threads { pool: pool.into() })
    }

    /// How many there are.
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
    /// The thread that there is. Other numbers have been refused with the options.
    pub(crate) fn new(_number: Option<NonZeroUsize>) -> Result<Self, String> {
        Ok(Threads {})
    }

    /// How many there are.
    pub(crate) fn number(&self) -> usize {
        1
    }
}
