//! Nothing but its test: see `messages.rs`.
