//! Tests on servers in containers, with networks that part: the program itself against every release.
//!
//! They need a Docker daemon and images; `DBHA_TEST_DOCKER` says what happens where there is none: `auto` (the default)
//! passes them over and says so, `require` fails, `off` passes them over without a look. `tests/containers/run` brings
//! both and runs them. What they have seen becomes the page about compatibility.

// Tests fail by panicking, and say what they skip.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

// Shared with the end-to-end tests; not everything is needed here.
#[allow(dead_code)]
#[path = "../end_to_end/eventually.rs"]
mod eventually;
#[path = "../end_to_end/fidelity_schema.rs"]
mod fidelity_schema;
#[path = "../end_to_end/holdings.rs"]
mod holdings;
#[allow(dead_code)]
#[path = "../end_to_end/operator.rs"]
mod operator;
#[path = "../end_to_end/overdue.rs"]
mod overdue;
#[allow(dead_code)]
#[path = "../end_to_end/ran.rs"]
mod ran;
#[allow(dead_code)]
#[path = "../end_to_end/session.rs"]
mod session;

mod docker;
mod feature;
mod note;
mod release;
mod trial;

mod compatibility_page;
mod lifetimes;
mod links;
mod option_files;
mod replicated_pair;
mod restarts;
mod setup;
mod slow_network;
