//! The third vote: who may take writes, decided where neither server is.

use std::{
    future::Future,
    time::{Duration, Instant},
};

pub use crate::etcd::EtcdError as VoteError;

/// A place outside the pair at which at most one of two holds the right to take writes, for a time.
///
/// Every call ends within the limit that the vote was made with. What was asked and not answered is unknown: the next call
/// looks before it does anything else.
pub trait Vote: Send {
    /// Tells who holds it.
    fn look(&mut self) -> impl Future<Output = Result<Option<Holder>, VoteError>> + Send;

    /// Tries to take it for a time, with the first value that is published; nobody else loses it by that.
    fn hold(&mut self, ttl: Duration, value: &str) -> impl Future<Output = Result<Taking, VoteError>> + Send;

    /// Holds it for another such time and publishes a value, in one.
    fn renew(&mut self, value: &str) -> impl Future<Output = Result<Renewal, VoteError>> + Send;

    /// Gives it back at once, so that nobody has to wait for its end; whoever calls has closed the server before.
    fn release(&mut self) -> impl Future<Output = Result<(), VoteError>> + Send;
}

/// The right to take writes, as far as it was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// When what was acknowledged last had been sent; monotonic.
    pub sent_at: Instant,
    /// For how long it holds from then on; what was granted, which may be more or less than what was asked for.
    pub ttl: Duration,
}

impl Held {
    /// Returns the moment at which it ends unless it is renewed.
    pub fn until(&self) -> Instant {
        self.sent_at + self.ttl
    }
}

/// Whoever holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// What the holder published last; whatever somebody may have written there.
    pub value: String,
    /// For how long at least it will hold still if it is not renewed, in whole seconds; `None` where it has no end, because
    /// somebody wrote it by hand.
    pub remaining: Option<Duration>,
    /// Whether this very vote holds it.
    pub own: bool,
}

/// What came of the try to take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taking {
    /// It is held from now on.
    Held(Held),
    /// Somebody holds it.
    Taken(Holder),
    /// Nobody holds it, but whoever did may believe for so long still that it does.
    Wait(Duration),
}

/// What came of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// It is held on.
    Acknowledged(Held),
    /// It is lost, or its time has passed; it is not held any more.
    Gone,
}
