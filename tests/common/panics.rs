//! Panics that a test expects: their messages and places.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

/// Runs `f`, which panics with the message `"stop"`.
pub(crate) fn stopped(f: impl FnOnce()) {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("the closure panics");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"stop"), "the closure's own panic comes through");
}

/// Runs `f`, which panics with a formatted message, and returns the message.
#[track_caller]
pub(crate) fn message_of<R>(f: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| _ = f())).expect_err("it panics");
    *payload.downcast::<String>().expect("the message is formatted")
}

/// Panics, because a walk without cells has visited an item.
pub(crate) fn unexpected<Item>(_: Item) {
    panic!("an item of an empty walk");
}

/// The message and the place of a panic.
pub(crate) struct Panic {
    pub(crate) message: String,
    pub(crate) file: String,
    pub(crate) line: u32,
}

thread_local! {
    /// This thread's last panic, while [`panic_of`] runs.
    static LAST_PANIC: RefCell<Option<Panic>> = const { RefCell::new(None) };
    static RECORDING: Cell<bool> = const { Cell::new(false) };
}

fn record(panic: &PanicHookInfo<'_>) {
    let location = panic.location().expect("a panic has a location");
    let formatted = panic.payload().downcast_ref::<String>().cloned();
    let message = formatted.unwrap_or_else(|| panic.payload().downcast_ref::<&str>().unwrap().to_string());
    LAST_PANIC.set(Some(Panic { message, file: location.file().to_owned(), line: location.line() }));
}

/// Runs `f`, which panics, and returns the message and the place.
///
/// The hook belongs to the whole process, and tests are its threads. The hook records panics for
/// the calling thread and passes on those of other threads.
pub(crate) fn panic_of(f: impl FnOnce()) -> Panic {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| if RECORDING.get() { record(panic) } else { others(panic) }));
    });
    RECORDING.set(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    RECORDING.set(false);
    assert!(result.is_err(), "it panics");
    LAST_PANIC.take().expect("the hook has run")
}
