//! Two guards beside two real servers, with a vote in memory that can be taken away from either.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod hub;
mod scenes;
mod watched_pair;
