//! Automatic failover of a replicated pair: a third vote says which server may take writes, and a guard beside each
//! server acts on it.

pub mod decide;
mod timing;

pub use timing::{Timing, TimingError};
//!
//! The third vote is a [`Vote`]: one key in etcd, held by way of a lease that lapses unless it is renewed.

pub mod etcd;
mod vote;

pub use vote::{Held, Holder, Renewal, Taking, Vote, VoteError};
