//! Checks the two atomics of `simd::limit` and `Level::best`: the detected level and the limit. The
//! models cover every interleaving of a few threads and every stale value that a relaxed load may
//! return.
//!
//! Each test is one model. loom runs it in every possible order of the atomic accesses. Each run
//! starts with the initial values of the statics.
#![cfg(target_arch = "x86_64")]

use loom::thread;
use loom_models::simd::{self, Level};

/// Checks a property in every interleaving. `property` receives the lowest and the highest usable
/// level.
fn in_every_order(property: impl Fn(Level, Level) + Sync + Send + 'static) {
    // The levels of the machine do not change, so they are detected once.
    let levels = std::sync::Arc::new(std::sync::OnceLock::new());
    let found = std::sync::Arc::clone(&levels);
    loom::model(move || {
        found.get_or_init(|| (Level::best(), simd::limit(Level::Baseline)));
    });
    let &(highest, lowest) = levels.get().expect("a model runs");
    if lowest == highest {
        println!("skipped: this program can use {highest} and no other level");
        return;
    }
    loom::model(move || property(lowest, highest));
}

#[test]
fn every_thread_finds_the_highest_level() {
    in_every_order(|_, highest| {
        let threads = [(); 2].map(|()| thread::spawn(move || assert_eq!(Level::best(), highest)));
        assert_eq!(Level::best(), highest);
        assert!(highest.is_available());
        threads.into_iter().for_each(|thread| thread.join().expect("the thread's assertion holds"));
    });
}

// The first use detects the level and stores it. A limit that is set at the same time must remain.
#[test]
fn a_limit_outlives_a_first_use_at_the_same_time() {
    in_every_order(|lowest, highest| {
        let threads = [(); 2].map(|()| {
            thread::spawn(move || {
                let [first, second] = [Level::best(), Level::best()];
                assert!([lowest, highest].contains(&first));
                assert!(second == lowest || first == highest, "the limit is gone again");
            })
        });
        assert_eq!(simd::limit(Level::Baseline), lowest);
        assert_eq!(Level::best(), lowest, "from the call on");
        threads.into_iter().for_each(|thread| thread.join().expect("the thread's assertions hold"));
        assert_eq!(Level::best(), lowest, "and after all others are done");
    });
}

#[test]
fn a_limit_that_is_set_again_holds_throughout() {
    in_every_order(|lowest, _| {
        assert_eq!(simd::limit(Level::Baseline), lowest);
        let again = thread::spawn(move || assert_eq!(simd::limit(Level::Baseline), lowest));
        assert_eq!(Level::best(), lowest);
        assert_eq!(Level::best(), lowest);
        again.join().expect("the thread's assertion holds");
        assert_eq!(Level::best(), lowest);
    });
}

#[test]
fn a_limit_changes_what_is_used_and_not_what_the_machine_has() {
    in_every_order(|lowest, highest| {
        let limited = thread::spawn(move || assert_eq!(simd::limit(Level::Baseline), lowest));
        assert!(highest.is_available());
        assert_eq!(simd::dispatch_at(highest, || ()), Ok(()));
        limited.join().expect("the thread's assertion holds");
        assert!(highest.is_available());
        assert_eq!(simd::lift_limit(), highest);
        assert_eq!(Level::best(), highest);
    });
}

#[test]
fn of_a_limit_and_its_end_the_later_one_counts_for_all() {
    in_every_order(|lowest, highest| {
        let set = thread::spawn(|| simd::limit(Level::Baseline));
        let lifted = thread::spawn(simd::lift_limit);
        assert!([lowest, highest].contains(&Level::best()));
        let set = set.join().expect("a level");
        let lifted = lifted.join().expect("a level");
        assert_eq!((set, lifted), (lowest, highest), "each returns what it has set");
        let left = Level::best();
        assert!([lowest, highest].contains(&left));
        let seen = thread::spawn(Level::best).join().expect("a level");
        assert_eq!(seen, left, "one value for all");
    });
}
