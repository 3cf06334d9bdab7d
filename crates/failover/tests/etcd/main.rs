//! The third vote on a real etcd that each test starts and ends.

// Tests fail by panicking, and say what they skip.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod by_hand;
mod faults;
mod gateway;
mod holding;
mod login;
mod majority;
mod voters;
