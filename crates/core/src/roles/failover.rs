//! What is asked of a failover, and what it did.

use crate::{Side, Status};
use serde::Serialize;
use std::time::Duration;

/// How the writes are taken from a server that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailoverOptions {
    /// The server that gets them.
    pub to: Side,
    /// Whether an old writer that answers and does not work is closed first.
    pub stop_old: bool,
    /// How long the link from the old writer may take to notice that it is dead.
    pub notice: Duration,
    /// How long applying what was received may go on without coming closer.
    pub catch_up: Duration,
}

impl FailoverOptions {
    /// Gives the writes to this server, with limits that suit a link as dbha makes it.
    pub fn to(side: Side) -> Self {
        Self {
            to: side,
            stop_old: false,
            // A link gives a silent source 10 s (slave_net_timeout).
            notice: Duration::from_secs(15),
            catch_up: Duration::from_secs(60),
        }
    }
}

/// What a failover that ended well did.
#[derive(Debug, Clone, Serialize)]
pub struct FailoverDone {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Name of the pair.
    pub pair: String,
    /// Name of the server that had the writes.
    pub from: String,
    /// Name of the server that has them.
    pub to: String,
    /// Number of the term that began.
    pub term: u64,
    /// Everything that it has, and begins with; what the old writer acknowledged beyond that is missing.
    pub begins_with: String,
    /// Whether nothing is missing, because the old writer was closed and has handed over everything.
    pub complete: bool,
    /// How many seconds ago, by the old writer's own clock, it wrote the last heartbeat that arrived: what it took after that
    /// may be missing. `None` where no monitor has written heartbeats.
    pub last_heartbeat_seconds: Option<f64>,
    /// How many events were woken.
    pub events_moved: usize,
    /// The state of the pair; the old writer is out of it until it rejoins.
    pub status: Status,
}
