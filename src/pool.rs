//! Jobs on the calling thread and on the threads of rayon's current pool.
//!
//! [`share`] does a list of jobs. The calling thread takes the first job, starts a *helper*, which
//! is a task for another thread of the pool, and begins. Helpers start others, and take jobs from
//! the end of the list. Waking up a thread takes 10 to 50 µs, during which the calling thread
//! works. It does the first jobs of the list in every call, so its caches may still hold their
//! data.
//!
//! On a thread of a pool, the helpers are threads of that pool, so all jobs are done in the pool.
//! Otherwise the helpers are threads of the global pool, and the calling thread does jobs as well.
#![forbid(unsafe_code)]

use alloc::vec::{self, Vec};
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::Scope;

/// The number of checks, about 0.1 ms, before the calling thread sleeps. Most helpers finish
/// sooner, and waking up takes 10 to 50 µs.
const CHECKS: usize = if cfg!(miri) { 4 } else { 1 << 12 };

/// Does all jobs, on this thread and on at most `helpers` others. After `work` has returned `Break`
/// or has panicked, each other thread begins at most one more job. Returns `Break` if `work` has.
pub(crate) fn share<J: Send>(
    jobs: Vec<J>,
    helpers: usize,
    work: impl Fn(J) -> ControlFlow<()> + Sync,
) -> ControlFlow<()> {
    let helpers = helpers.min(jobs.len().saturating_sub(1));
    let queue = Queue { jobs: Mutex::new((jobs.into_iter(), ControlFlow::Continue(()))), helpers: AtomicUsize::new(0) };
    // Taken before a helper could take it.
    let first = queue.next(End::Front);
    if helpers == 0 {
        queue.work_off(first, End::Front, &work);
    } else {
        rayon::in_place_scope(|scope| {
            call_helpers(scope, helpers, &queue, &work);
            queue.work_off(first, End::Front, &work);
            // A thread of a pool does other tasks while it waits.
            if rayon::current_thread_index().is_none() {
                queue.await_helpers();
            }
        });
    }
    queue.jobs.into_inner().unwrap_or_else(PoisonError::into_inner).1
}

/// Calls one helper, which calls the others: waking up a thread takes the calling thread a few µs.
fn call_helpers<'scope, J: Send>(
    scope: &Scope<'scope>,
    helpers: usize,
    queue: &'scope Queue<J>,
    work: &'scope (impl Fn(J) -> ControlFlow<()> + Sync),
) {
    if helpers == 0 || queue.is_empty() {
        return;
    }
    queue.helpers.fetch_add(1, Ordering::Relaxed);
    scope.spawn(move |scope| {
        let others = helpers - 1;
        call_helpers(scope, others.div_ceil(2), queue, work);
        call_helpers(scope, others / 2, queue, work);
        queue.work_off(None, End::Back, work);
        queue.helpers.fetch_sub(1, Ordering::Relaxed);
    });
}

/// The jobs that no thread has begun.
struct Queue<J> {
    /// The jobs, and `Break` after a job that was the last one to begin.
    jobs: Mutex<(vec::IntoIter<J>, ControlFlow<()>)>,
    /// The number of helpers that have been called and have not finished, for the decision whether
    /// to sleep. Nothing else depends on it, so it orders no memory accesses. After a panic of a
    /// helper it stays positive, which costs only the checks.
    helpers: AtomicUsize,
}

/// An end of a list of jobs.
#[derive(Clone, Copy)]
enum End {
    Front,
    Back,
}

impl<J> Queue<J> {
    fn lock(&self) -> MutexGuard<'_, (vec::IntoIter<J>, ControlFlow<()>)> {
        // No job is done while the lock is held, so a panic leaves the list intact.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_empty(&self) -> bool {
        self.lock().0.len() == 0
    }

    /// Does the job `first`, if there is one, and then others until there are no more.
    // Out of line, so that `work` is compiled once.
    #[inline(never)]
    fn work_off(&self, first: Option<J>, end: End, work: &impl Fn(J) -> ControlFlow<()>) {
        /// Ends the work of all threads, if it is dropped.
        struct Stop<'a, J>(&'a Queue<J>);
        impl<J> Drop for Stop<'_, J> {
            fn drop(&mut self) {
                let nothing = (Vec::new().into_iter(), ControlFlow::Break(()));
                let jobs = core::mem::replace(&mut *self.0.lock(), nothing);
                // Jobs hold the caller's data, so they are dropped without the lock.
                drop(jobs);
            }
        }
        let stop = Stop(self);
        let mut next = first.or_else(|| self.next(end));
        while let Some(job) = next {
            if work(job).is_break() {
                return;
            }
            next = self.next(end);
        }
        // There are no more jobs, so nothing is left to end.
        core::mem::forget(stop);
    }

    /// Takes a job.
    fn next(&self, end: End) -> Option<J> {
        let jobs = &mut self.lock().0;
        match end {
            End::Front => jobs.next(),
            End::Back => jobs.next_back(),
        }
    }

    /// Spins until the helpers have finished, or `CHECKS` times.
    fn await_helpers(&self) {
        let mut checks = 0;
        while checks < CHECKS && self.helpers.load(Ordering::Relaxed) > 0 {
            core::hint::spin_loop();
            checks += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::AtomicBool;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;
    use std::time::Duration;

    use rayon::ThreadPoolBuilder;

    use super::*;

    /// Numbers of other threads.
    const HELPERS: &[usize] = if cfg!(miri) { &[0, 2] } else { &[0, 1, 2, 7, 20] };

    /// Runs `f` outside any pool, and in pools of several sizes.
    fn everywhere(f: impl Fn() + Sync) {
        f();
        for &others in HELPERS {
            ThreadPoolBuilder::new().num_threads(1 + others).build().unwrap().install(&f);
        }
    }

    /// Does as many jobs as there are flags, each of which sets its flag.
    fn set_all(done: &[AtomicBool], helpers: usize, work: impl Fn(usize) -> ControlFlow<()> + Sync) -> ControlFlow<()> {
        share((0..done.len()).collect(), helpers, |job: usize| {
            assert!(!done[job].swap(true, Ordering::Relaxed), "job {job} is begun once");
            work(job)
        })
    }

    fn flags(count: usize) -> Vec<AtomicBool> {
        (0..count).map(|_| AtomicBool::new(false)).collect()
    }

    #[test]
    fn all_jobs_are_done_once() {
        everywhere(|| {
            for &helpers in HELPERS {
                for jobs in [0, 1, 2, 3, 20] {
                    let mut done = flags(jobs);
                    assert!(set_all(&done, helpers, |_| ControlFlow::Continue(())).is_continue());
                    assert!(done.iter_mut().all(|done| *done.get_mut()), "{jobs} jobs, {helpers} helpers");
                }
            }
        });
    }

    #[test]
    fn the_calling_thread_does_the_first_job_and_helpers_the_last_ones() {
        let begun = AtomicUsize::new(0);
        let caller = thread::current().id();
        let work = |job: usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            // Waits for the other thread, so each does one job.
            let start = std::time::Instant::now();
            while begun.load(Ordering::Relaxed) < 2 {
                assert!(start.elapsed() < Duration::from_secs(60), "jobs wait for each other");
                thread::yield_now();
            }
            assert_eq!(thread::current().id() == caller, job == 0);
            ControlFlow::Continue(())
        };
        if rayon::current_num_threads() > 1 {
            let _: ControlFlow<()> = share(Vec::from([0, 1]), 1, work);
        }
    }

    #[test]
    fn in_a_pool_all_jobs_are_done_by_its_threads() {
        let pool = |name: &'static str| {
            ThreadPoolBuilder::new().num_threads(3).thread_name(move |_| name.into()).build().unwrap()
        };
        let (outer, inner) = (pool("outer"), pool("inner"));
        let all_are = |name: &str| {
            let jobs = Vec::from_iter(0..20);
            share(jobs, 2, |_| {
                assert_eq!(thread::current().name(), Some(name));
                thread::sleep(Duration::from_micros(100));
                ControlFlow::Continue(())
            })
        };
        outer.install(|| {
            assert!(all_are("outer").is_continue());
            // A pool in a job of another pool.
            let nested = share(Vec::from_iter(0..5), 2, |_| inner.install(|| all_are("inner")));
            assert!(nested.is_continue());
            // Jobs in jobs.
            assert!(share(Vec::from_iter(0..5), 2, |_| all_are("outer")).is_continue());
        });
    }

    #[test]
    fn no_job_is_begun_after_the_last_one() {
        everywhere(|| {
            for &helpers in HELPERS {
                let mut done = flags(40);
                assert!(set_all(&done, helpers, |_| ControlFlow::Break(())).is_break());
                let begun = done.iter_mut().filter_map(|done| done.get_mut().then_some(())).count();
                assert!((1..=1 + helpers).contains(&begun), "{begun} of 40, {helpers} helpers");
            }
        });
    }

    #[test]
    fn a_panic_reaches_the_caller_and_ends_the_work() {
        everywhere(|| {
            for &helpers in HELPERS {
                let mut done = flags(40);
                let caught = catch_unwind(AssertUnwindSafe(|| set_all(&done, helpers, |_| panic!("bad luck"))));
                assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"bad luck"));
                let begun = done.iter_mut().filter_map(|done| done.get_mut().then_some(())).count();
                assert!((1..=1 + helpers).contains(&begun), "{begun} of 40, {helpers} helpers");
            }
        });
    }

    #[test]
    fn a_panic_ends_the_work_of_other_threads() {
        let begun = AtomicUsize::new(0);
        let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let work = |job| {
            begun.fetch_add(1, Ordering::Relaxed);
            if job == 0 {
                while begun.load(Ordering::Relaxed) < 2 {
                    thread::yield_now();
                }
                // Without the message and the backtrace of a panic, which take long.
                std::panic::resume_unwind(std::boxed::Box::new("bad luck"));
            }
            thread::sleep(Duration::from_millis(5));
            ControlFlow::Continue(())
        };
        let caught = catch_unwind(AssertUnwindSafe(|| pool.install(|| share((0..40).collect(), 1, work))));
        assert!(caught.is_err());
        assert!((2..40).contains(&begun.into_inner()));
    }

    #[test]
    fn jobs_that_are_not_begun_are_dropped() {
        struct Counted<'a>(&'a AtomicUsize);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        for &helpers in HELPERS {
            let dropped = AtomicUsize::new(0);
            let jobs = (0..10).map(|_| Counted(&dropped)).collect();
            let _: ControlFlow<()> = share(jobs, helpers, |_job| ControlFlow::Break(()));
            assert_eq!(dropped.into_inner(), 10);
        }
    }
}
