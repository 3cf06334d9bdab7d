//! Keeps watching a replicated pair.
//!
//! The loop, damping, heartbeat, history, HTTP, metrics and alerts live here. Until they do, a single look is
//! [`dbha_core::Pair::status`], and everything that judges it is [`dbha_core::assess`].

pub use dbha_core::{Condition, Status, Verdict, assess};
