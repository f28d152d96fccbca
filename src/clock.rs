//! Clocks: measure how long work takes, to decide whether a thread pool is worth waking up.
//!
//! Walks on several threads (`zip::threads`) and time steps (`stencil::steps`) use
//! [`PlatformClock`]. It never panics. Some platforms have no clock: on `wasm32-unknown-unknown`,
//! for example, [`Instant::now`](std::time::Instant::now) panics. So [`PlatformClock`] is the
//! standard library's clock on the platforms listed below, and [`NoClock`] on all others. With the
//! feature `rayon` both are compiled on every platform; only the choice depends on the target.

#![forbid(unsafe_code)]

use core::time::Duration;

/// Work that takes longer than this is worth waking up the pool, even if it has few cells.
pub(crate) const WORTH_A_POOL: Duration = Duration::from_micros(40);

/// A running measurement of time.
pub(crate) trait Clock {
    /// Whether the clock measures anything.
    #[cfg_attr(not(feature = "rayon"), allow(dead_code, reason = "for walks on several threads"))]
    const EXISTS: bool;

    /// Starts a measurement.
    fn start() -> Self;

    /// Returns the time since the start, or zero if there is no clock.
    fn elapsed(&self) -> Duration;
}

/// The clock of the standard library.
#[cfg(feature = "rayon")]
#[allow(dead_code, reason = "not used on platforms where it panics")]
pub(crate) struct SystemClock(std::time::Instant);

#[cfg(feature = "rayon")]
impl Clock for SystemClock {
    const EXISTS: bool = true;

    fn start() -> Self {
        SystemClock(std::time::Instant::now())
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that measures nothing, so work never counts as slow. It is also used without threads,
/// where there is nothing to decide.
#[cfg_attr(feature = "rayon", allow(dead_code, reason = "for platforms without a clock"))]
pub(crate) struct NoClock;

impl Clock for NoClock {
    const EXISTS: bool = false;

    fn start() -> Self {
        NoClock
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

// Lists the platforms that have a clock, not those that lack one. On a platform that is missing
// from this list, walks over a few slow cells lose a little speed. On a platform that is missing
// from the opposite list, they would panic.
#[cfg(all(feature = "rayon", any(unix, windows, target_os = "wasi")))]
pub(crate) type PlatformClock = SystemClock;
/// The clock of this platform.
#[cfg(not(all(feature = "rayon", any(unix, windows, target_os = "wasi"))))]
pub(crate) type PlatformClock = NoClock;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_clock_measures_no_time() {
        let clock = NoClock::start();
        assert_eq!(clock.elapsed(), Duration::ZERO);
        const { assert!(!NoClock::EXISTS) };
    }

    #[cfg(all(feature = "rayon", any(unix, windows, target_os = "wasi")))]
    #[test]
    fn the_clock_of_the_platform_measures_time() {
        const { assert!(PlatformClock::EXISTS) };
        let clock = PlatformClock::start();
        std::thread::sleep(2 * WORTH_A_POOL);
        assert!(clock.elapsed() >= 2 * WORTH_A_POOL);
    }
}
