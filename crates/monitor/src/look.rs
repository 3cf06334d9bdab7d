use crate::Heartbeat;
use dbha_core::{Seen, Unseen};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// What one look at one server showed.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    /// The server as it is now, or why it could not be seen.
    pub(crate) seen: Seen,
    /// When the answer came, or was given up.
    pub(crate) at: Instant,
    /// How long it took.
    pub(crate) took: Duration,
    /// The server's clock in seconds since 1970, and when it showed that.
    pub(crate) clock: Option<(f64, Instant)>,
    /// Heartbeats that are there, in microseconds by their writer's clock, by `server_id`.
    pub(crate) heartbeats: BTreeMap<u32, u64>,
    /// What becomes of this server's own heartbeat.
    pub(crate) heartbeat: Heartbeat,
    /// Why it cannot be written, in the server's words.
    pub(crate) heartbeat_refused: Option<String>,
    /// Whether a set-up by dbha is at work on it.
    pub(crate) setup_at_work: bool,
    /// Transactions of its own since the look before, while it was read-only at both.
    pub(crate) own_writes: u64,
}

impl Look {
    /// Makes the look at a server that did not answer.
    pub(crate) fn unseen(unseen: Unseen, began: Instant) -> Self {
        Self {
            seen: Err(unseen),
            at: Instant::now(),
            took: began.elapsed(),
            clock: None,
            heartbeats: BTreeMap::new(),
            heartbeat: Heartbeat::Unknown,
            heartbeat_refused: None,
            setup_at_work: false,
            own_writes: 0,
        }
    }
}
