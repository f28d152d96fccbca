//! Empty, because the package consists only of its test: see `messages.rs`.
