//! What the vote in etcd answers.

use std::time::{Duration, Instant};

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Who holds it.
    pub holder: Option<Holder>,
    /// What was published last, whoever holds it now; whatever somebody may have written there.
    pub published: Option<String>,
    /// The revision of that; 0 where nothing was published.
    pub revision: i64,
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
    /// It is not as it was when it was looked at.
    Changed,
}

/// What came of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// It is held on.
    Acknowledged(Held),
    /// It is lost, or its time has passed; it is not held any more.
    Gone,
}
