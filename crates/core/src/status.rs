use crate::{Condition, DurabilityStatus, Writers};
use dbha_sql::{Flavor, IoState, SqlState};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The one word for a pair; the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verdict {
    /// Both links run, close behind, everything as recorded.
    Healthy,
    /// A link is behind.
    Lagging,
    /// It runs, and something is not as it was made.
    Degraded,
    /// A thread is stopped or in error.
    Broken,
    /// A server cannot be reached.
    Unreachable,
    /// It cannot be told.
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Healthy => "healthy",
            Verdict::Lagging => "lagging",
            Verdict::Degraded => "degraded",
            Verdict::Broken => "broken",
            Verdict::Unreachable => "unreachable",
            Verdict::Unknown => "unknown",
        })
    }
}

/// How many servers take writes of ordinary accounts now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WritableServers {
    /// Neither.
    None,
    /// One of them.
    One,
    /// Both.
    Both,
}

/// One thing that is wrong, or will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable code.
    pub code: Condition,
    /// What was seen.
    pub text: String,
    /// What to do.
    pub fix: String,
}

/// Step and first value of generated keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStep {
    /// Step between keys.
    pub increment: u64,
    /// First key.
    pub offset: u64,
}

/// The state of one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub address: String,
    /// Whether it answered.
    pub reachable: bool,
    /// Its flavour.
    pub flavor: Option<Flavor>,
    /// Its version.
    pub version: Option<String>,
    /// Its number.
    pub server_id: Option<u32>,
    /// Its unique name, where servers have one.
    pub server_uuid: Option<String>,
    /// What dbha recorded it as.
    pub role: Option<String>,
    /// Whether ordinary accounts are kept from writing.
    pub read_only: Option<bool>,
    /// Step and first value of generated keys.
    pub auto_increment: Option<KeyStep>,
    /// Its position.
    pub gtid: Option<String>,
    /// Transactions that cannot reach the other server; `None` when there are none.
    pub errant: Option<String>,
    /// Whether its settings would survive a restart.
    pub settings_persisted: Option<bool>,
    /// The lines that its option file lacks, `name=value`; without them a restart would lose these settings.
    pub lost_at_restart: Vec<String>,
    /// Everything that is wrong with it.
    pub problems: Vec<Problem>,
}

/// The last error of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// The server's number.
    pub code: u32,
    /// The server's words.
    pub text: String,
    /// What to do.
    pub fix: String,
}

/// The state of one link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkStatus {
    /// Name of the source.
    pub from: String,
    /// Name of the replica.
    pub to: String,
    /// The IO thread; `None` when the replica cannot be looked at.
    pub io: Option<IoState>,
    /// The SQL thread.
    pub sql: Option<SqlState>,
    /// Seconds behind: measured by heartbeats where somebody watches, else the server's own figure; `None` is unknown
    /// and never 0.
    pub lag_seconds: Option<f64>,
    /// Seconds behind as heartbeats show it; `None` where none were followed.
    #[serde(default)]
    pub lag_heartbeat_seconds: Option<f64>,
    /// Seconds behind by the server's own figure.
    #[serde(default)]
    pub lag_server_seconds: Option<f64>,
    /// What the replica has received, GTIDs or file and offset of the source's binary log.
    #[serde(default)]
    pub received: Option<String>,
    /// Up to where it has applied the source's binary log, file and offset.
    #[serde(default)]
    pub applied: Option<String>,
    /// How many transactions of the source the replica lacks.
    pub gtid_missing: Option<u64>,
    /// The last error.
    pub last_error: Option<LastError>,
    /// What the replica says of the link, for those who chart it; `None` where it has none or cannot be looked at.
    #[serde(default)]
    pub detail: Option<LinkDetail>,
}

/// What a replica says of one link, in its own figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkDetail {
    /// Host of the source as the replica dials it.
    pub source_host: String,
    /// Number of the source; 0 until it was seen.
    pub source_server_id: u64,
    /// Unique name of the source, where servers have one.
    pub source_uuid: Option<String>,
    /// Name of the connection or channel; empty for the default one.
    pub channel: String,
    /// Number of the IO thread's last error; 0 without one.
    pub io_error: u32,
    /// Number of the SQL thread's last error; 0 without one.
    pub sql_error: u32,
    /// Offset in the source's binary log up to which events were received.
    pub received_offset: Option<u64>,
    /// Offset in the source's binary log up to which they were applied.
    pub applied_offset: Option<u64>,
    /// Delay by intent, in seconds.
    pub delay_seconds: u64,
}

/// The state of a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Name of the pair.
    pub pair: String,
    /// Whether both servers would come back from a restart as they are.
    pub restart_safe: bool,
    /// One word.
    pub verdict: Verdict,
    /// One sentence.
    pub reason: String,
    /// How many servers take writes.
    pub writers: WritableServers,
    /// How many are to take writes, as dbha recorded it; `None` where nothing is recorded or seen.
    #[serde(default)]
    pub writers_recorded: Option<Writers>,
    /// How often the writes have been given to a server, the set-up included: the number of the newest term that is recorded
    /// on a server that answered; `None` where nothing is recorded or seen.
    #[serde(default)]
    pub term: Option<u64>,
    /// Name of the server to which a switchover or a failover gave the writes last; `None` where none did, or where two
    /// were given them at once, or where it did not answer.
    #[serde(default)]
    pub writer: Option<String>,
    /// How safe a commit is that a client is told of now; `None` where no single server takes writes.
    #[serde(default)]
    pub durability: Option<DurabilityStatus>,
    /// Whether both servers start read-only and dbha alone opens one.
    #[serde(default)]
    pub managed: bool,
    /// Where the vote is by which guards let one of them write (automatic failover): etcd's URLs; `None` without guards.
    #[serde(default)]
    pub guarded: Option<String>,
    /// The servers, in the order in which they were given.
    pub servers: Vec<ServerStatus>,
    /// The links.
    pub links: Vec<LinkStatus>,
}

impl Status {
    /// Tells whether the verdict is healthy.
    pub fn is_healthy(&self) -> bool {
        self.verdict == Verdict::Healthy
    }

    /// Returns the exit code that the outside contract gives to this state.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Healthy => 0,
            Verdict::Lagging | Verdict::Degraded | Verdict::Broken => 5,
            Verdict::Unreachable => 4,
            Verdict::Unknown => 9,
        }
    }
}
