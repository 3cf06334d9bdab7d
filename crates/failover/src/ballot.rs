use dbha_core::Durability;
use serde::{Deserialize, Serialize};
use std::{future::Future, time::Duration, time::Instant};

/// What stands beside the vote and outlives every lease: whose line of history is the newest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Number of the last term that was given.
    pub term: u64,
    /// The server's number (`server_id`), which is its own within the pair.
    pub server_id: u32,
    /// Its name, for people.
    pub server: String,
    /// What the writer has said of itself with its last renewal.
    #[serde(default)]
    pub published: Option<Published>,
}

/// What a writer says of itself while it holds the vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// What a commit was worth.
    pub durability: Durability,
    /// Everything that it had.
    pub position: String,
}

/// How a vote stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who holds it.
    pub holder: Option<Holding>,
    /// The record; `None` before the first term was given.
    pub record: Option<Record>,
}

/// Whoever holds a vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The server's number.
    pub server_id: u32,
    /// Whether it is this very ballot that holds it.
    pub own: bool,
    /// How long at least it lasts, where that is known.
    pub remaining: Option<Duration>,
}

/// What came of a question for the vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// It is held.
    Held {
        /// When what was acknowledged had been sent.
        sent_at: Instant,
        /// For how long it is held from then on.
        ttl: Duration,
        /// The record with that.
        record: Record,
    },
    /// It is not; how it stands instead.
    Not(Standing),
}

/// The third vote as a guard uses it: at most one of two servers holds it, for a time, and beside it stands whose term it is.
///
/// Every call ends within a limit. A call that fails may have been carried out or not; the next look shows it.
pub trait Ballot: Send + 'static {
    /// Why a question has no answer.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Looks how it stands, by what a majority has agreed to.
    fn look(&mut self) -> impl Future<Output = Result<Standing, Self::Error>> + Send;

    /// Takes it where nobody holds it and the record is still the one of the last look; the record becomes this one.
    fn take(&mut self, record: &Record) -> impl Future<Output = Result<Given, Self::Error>> + Send;

    /// Takes it from another lease that holds it for the same server.
    fn adopt(&mut self, server_id: u32) -> impl Future<Output = Result<Given, Self::Error>> + Send;

    /// Gives it back, so that nobody has to wait for its end; whoever calls has seen that its server takes no writes. The
    /// record stays.
    fn give_back(&mut self) -> impl Future<Output = Result<Standing, Self::Error>> + Send;

    /// Holds it longer, and publishes, in one.
    fn renew(&mut self, published: &Published) -> impl Future<Output = Result<Given, Self::Error>> + Send;
}
