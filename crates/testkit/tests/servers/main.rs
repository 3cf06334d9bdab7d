//! The process backend on real servers: every release that is on this machine.

// Tests fail by panicking, print what they skip, and tell one another of processes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod fault_proxy;
mod lifetimes;
mod outside_crate;
mod private_servers;
mod replicated_pairs;
mod replicated_pairs_end;
mod sample;
mod sandboxes;
mod support;
