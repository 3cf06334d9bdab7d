//! The outside of the monitor, over real connections: who is let in, what is said, and how it looks in a browser.
//!
//! The reports are built here; how they come about is tested elsewhere.

// Tests fail by panicking, and say what they skip.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod built;
mod caller;
mod chromium;
mod serving;

mod balancers;
mod browser;
mod documents;
mod let_in;
mod metrics;
