mod choices;
mod clone;
mod host;
mod monitor;
mod observe;
mod semi_sync;
mod surroundings;

use crate::{Address, CloneNote, Dialect, GtidSet, Marker, ReplicaStatus, Setting, Wire};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

pub use choices::Choices;
pub use clone::{CloneFacts, CloneState};
pub(crate) use host::read_place;
pub use host::{COMMAND_LINE, DropIn, HostFacts, OptionFact, Place, RestartMeans, option_name};
pub use monitor::{MonitorAccount, MonitorFacts};
#[cfg(fuzzing)]
pub use observe::global_privileges;
pub(crate) use observe::{clients_among, observe, read_links, unexpected_gtids};
pub use semi_sync::SemiSyncFacts;
pub(crate) use semi_sync::look_at_semi_sync;
pub use surroundings::{KeptSetting, Login, NotedTable, Surroundings};

/// One part of what was looked for: seen, not allowed to be seen, or not there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Observed<T> {
    /// What was seen.
    Known(T),
    /// The account lacks a privilege; the server's words.
    Denied(String),
    /// The server has no such thing, or it was not looked for.
    #[default]
    Absent,
}

impl<T> Observed<T> {
    /// Makes something else of what was seen.
    pub(crate) fn and<U>(self, make: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Observed::Known(value) => Observed::Known(make(value)),
            Observed::Denied(text) => Observed::Denied(text),
            Observed::Absent => Observed::Absent,
        }
    }

    /// Returns what was seen.
    pub fn known(&self) -> Option<&T> {
        match self {
            Observed::Known(value) => Some(value),
            _ => None,
        }
    }
}

impl Observed<Vec<crate::Row>> {
    /// Makes something of the first row; absent where there is none.
    pub(crate) fn and_first<T>(self, read: impl FnOnce(&crate::Row) -> T) -> Observed<T> {
        match self {
            Observed::Known(rows) => rows
                .first()
                .map_or(Observed::Absent, |row| Observed::Known(read(row))),
            Observed::Denied(text) => Observed::Denied(text),
            Observed::Absent => Observed::Absent,
        }
    }
}

/// The value of one setting, now and after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingFact {
    /// What holds now.
    pub value: String,
    /// What will hold after a restart, as far as the server itself knows; `None` where it cannot tell.
    pub after_restart: Option<String>,
    /// What was kept by statement (SET PERSIST) for the next restart, where the server can do that and somebody did.
    #[serde(default)]
    pub persisted: Option<String>,
    /// What the option files and the command line say now, where the server's machine can be looked at.
    #[serde(default)]
    pub file: Option<String>,
    /// Whether the server took its value from an option file or its command line when it started.
    #[serde(default)]
    pub configured: bool,
}

/// How much of somebody's lives in one schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaFacts {
    /// Name of the schema.
    pub name: String,
    /// Base tables and sequences.
    pub tables: u64,
    /// Rows, as the server estimates them.
    #[serde(default)]
    pub rows: u64,
    /// Data and indexes, as the server estimates them, in bytes.
    pub bytes: u64,
    /// Views.
    pub views: u64,
    /// Procedures and functions.
    pub routines: u64,
    /// Events.
    pub events: u64,
    /// Whether a table named `kine` is in it, as K3s makes it.
    pub has_kine: bool,
}

/// The tables of one storage engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// Name of the engine.
    pub name: String,
    /// How many tables use it.
    pub tables: u64,
    /// One of them, `schema.table`.
    pub example: String,
}

/// An account or role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Account {
    /// User part; may be empty (anonymous).
    pub user: String,
    /// Host part; empty for a MariaDB role.
    pub host: String,
    /// Whether it is a MariaDB role, which nobody logs in to.
    pub is_role: bool,
}

/// One of dbha's replication accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicationAccount {
    /// Host part.
    pub host: String,
    /// Whether it may log in over TLS only.
    pub requires_tls: bool,
    /// Whether it holds REPLICATION SLAVE and no strong privilege beside it.
    pub grants_as_wanted: bool,
}

/// A replica that reads this server's binary log now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedReplica {
    /// Its connection on this server.
    pub connection: u64,
    /// Account with which it is logged in.
    pub user: String,
    /// Address it comes from.
    pub host: String,
}

/// One open connection of somebody else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSession {
    /// Number of the connection.
    pub id: u64,
    /// User part of its account.
    pub user: String,
    /// Where it comes from, without the port.
    pub host: String,
    /// Seconds since it last began or ended a statement; the connection is at least that old.
    pub seconds: u64,
}

/// The server's clock against that of the machine that dbha runs on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ClockReading {
    /// Seconds by which the server's clock is ahead.
    pub ahead: f64,
    /// How far off that may be: half of the question's round trip.
    pub error: f64,
}

impl ClockReading {
    /// Compares an answer of a server with the clock here: it was made somewhere within the round trip, and the middle of
    /// that is the best guess.
    pub(crate) fn of_answer(asked: SystemTime, took: Duration, there: Option<f64>) -> Self {
        let half = took.as_secs_f64() / 2.0;
        let here = asked
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64())
            + half;
        Self {
            ahead: there.map_or(0.0, |there| there - here),
            error: half,
        }
    }
}

/// Membership in a cluster of another kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// What gave it away.
    pub sign: String,
}

/// How far a run got with the server that it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClaimState {
    /// The server is chosen; nothing of it was thrown away yet.
    Claimed,
    /// Data is being cleared or copied: what is there is worth nothing.
    Copying,
    /// Everything was copied and compared; the position is in the claim.
    Copied,
    /// The server was set to that position and follows its source: it must never be set back.
    Following,
}

impl ClaimState {
    /// Returns the word that stands in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            ClaimState::Claimed => "claimed",
            ClaimState::Copying => "copying",
            ClaimState::Copied => "copied",
            ClaimState::Following => "following",
        }
    }
}

/// The row on a secondary that says: this server is being filled by dbha.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Name of the run that wrote it.
    pub run: String,
    /// `server_id` or uuid of the server that the data comes from.
    pub source: String,
    /// How far the run got.
    pub state: ClaimState,
    /// Position of the copied data, once it was copied.
    pub position: Option<String>,
}

/// A row of dbha's registry: what one server of the pair was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordedServer {
    /// Its number.
    pub server_id: u32,
    /// Its name at that time.
    pub name: String,
    /// `primary` or `secondary`.
    pub role: String,
    /// `one` or `both`.
    pub writers: String,
    /// Step between generated keys.
    pub key_step: u32,
}

/// The time in which one server takes the writes: it ends when another one is given them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// 1, 2, 3 … with every change.
    pub number: u64,
    /// Number of the server.
    pub server_id: u32,
    /// `setup`, `switchover` or `failover`.
    pub reason: String,
}

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Everything, the data dictionary included, which takes long on servers with many thousand tables.
    Full,
    /// What changes from moment to moment; schemas and engines are [`Observed::Absent`].
    Running,
}

/// Everything that was seen of one server at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Name of the server.
    pub name: String,
    /// How dbha reaches it: `None` over a socket.
    pub tcp: Option<(String, u16)>,
    /// How well dbha's own connection to it is protected.
    pub wire: Wire,
    /// Whether the operator gave a CA for its certificate.
    pub ca_given: bool,
    /// The dialect, with flavour and version.
    pub dialect: Dialect,
    /// The version in the server's own words.
    pub version_text: String,
    /// Number by which the server knows its own events.
    pub server_id: u32,
    /// Unique name of the server, where servers have one.
    pub server_uuid: Option<String>,
    /// The account that dbha is logged in with, `user@host`.
    pub own_account: String,
    /// The server's clock, seconds since 1970.
    pub clock: f64,
    /// The server's clock against that of dbha's machine.
    pub clock_offset: ClockReading,
    /// Settings that the server has.
    pub settings: BTreeMap<Setting, SettingFact>,
    /// What the binary log holds.
    pub executed: GtidSet,
    /// Transactions that the binary logs no longer hold, where a server tells.
    pub purged: GtidSet,
    /// What came by replication, where that is kept apart.
    pub applied: GtidSet,
    /// File and offset of the binary log; `None` where it is off or may not be seen.
    pub binlog: Option<(String, u64)>,
    /// Databases that the binary log takes or leaves out, `name=value`.
    pub log_filters: Vec<String>,
    /// The links into this server.
    pub links: Observed<Vec<ReplicaStatus>>,
    /// Who reads its binary log now.
    pub connected_replicas: Observed<Vec<ConnectedReplica>>,
    /// Other people's client connections.
    pub sessions: Observed<Vec<ClientSession>>,
    /// Global privileges of dbha's account, upper case.
    pub privileges: Observed<BTreeSet<String>>,
    /// Schemas other than the server's own.
    pub schemas: Observed<Vec<SchemaFacts>>,
    /// Engines in use outside the server's own schemas.
    pub engines: Observed<Vec<Engine>>,
    /// Accounts and roles.
    pub accounts: Observed<Vec<Account>>,
    /// dbha's replication accounts.
    pub replication_accounts: Observed<Vec<ReplicationAccount>>,
    /// Whether TLS is offered to clients.
    pub offers_tls: bool,
    /// Membership in a cluster of another kind.
    pub cluster: Option<Cluster>,
    /// The claim of an unfinished run.
    pub claim: Observed<Claim>,
    /// Whether the replication accounts have a password that a link may not have been given yet.
    pub password_pending: bool,
    /// Whether `local_infile` was switched on for a copy that has not put it back yet.
    #[serde(default)]
    pub local_loading_open: bool,
    /// What dbha recorded of the pair, by `server_id`.
    pub recorded: Observed<Vec<RecordedServer>>,
    /// The newest term that is recorded here; more than one where two servers were given the writes at once.
    #[serde(default)]
    pub terms: Observed<Vec<Term>>,
    /// What dbha recorded that was chosen for the pair; absent where nothing out of the ordinary was.
    #[serde(default)]
    pub choices: Observed<Choices>,
    /// What it tells of semi-synchronous replication; absent where it knows nothing of it.
    #[serde(default)]
    pub semi_sync: Observed<SemiSyncFacts>,
    /// The markers that are here, each server's newest, by `server_id`.
    pub markers: Observed<Vec<Marker>>,
    /// What only a look before a set-up asks for.
    pub surroundings: Surroundings,
    /// What a clone by the CLONE plug-in depends on; absent where a server knows none, and in a look at what runs.
    #[serde(default)]
    pub clone: Observed<CloneFacts>,
    /// The note of a clone that is under way, or of which this server is the outcome.
    #[serde(default)]
    pub clone_note: Observed<CloneNote>,
    /// What a monitor with an account of its own depends on.
    #[serde(default)]
    pub monitor: MonitorFacts,
    /// What was seen on the server's machine; absent without host access.
    #[serde(default)]
    pub host: Observed<HostFacts>,
}

impl Facts {
    /// Returns the running value of a setting; empty where the server has no such setting.
    pub fn setting(&self, setting: Setting) -> &str {
        self.settings.get(&setting).map_or("", |fact| fact.value.as_str())
    }

    /// Tells whether a setting has a value now, by meaning.
    pub fn has(&self, setting: Setting, value: &str) -> bool {
        self.settings
            .get(&setting)
            .is_some_and(|fact| Setting::same_value(&fact.value, value))
    }

    /// Reads a setting as a number.
    pub fn number(&self, setting: Setting) -> Option<u64> {
        self.setting(setting).parse().ok()
    }

    /// Returns everything that the server has, whichever way it came.
    pub fn position(&self) -> GtidSet {
        self.executed.union(&self.applied)
    }

    /// Returns the default link into this server, if one is configured.
    pub fn default_link(&self) -> Option<&ReplicaStatus> {
        self.links.known()?.iter().find(|link| link.channel.is_empty())
    }

    /// Returns the link from a server that is known by its `server_id` or by an address.
    pub fn link_from(&self, server_id: u32, address: Option<(&str, u16)>) -> Option<&ReplicaStatus> {
        let by_address =
            |link: &&ReplicaStatus| Some((link.source_host.as_str(), link.source_port)) == address;
        let by_id = |link: &&ReplicaStatus| link.source_server_id == u64::from(server_id);
        let links = self.links.known()?;
        links.iter().find(by_address).or_else(|| links.iter().find(by_id))
    }

    /// Tells whether writes of ordinary accounts are refused.
    pub fn is_read_only(&self) -> bool {
        self.has(Setting::ReadOnly, "ON") || self.has(Setting::SuperReadOnly, "ON")
    }

    /// Returns how the peer would reach the server if it is reached as dbha reaches it.
    pub fn address(&self) -> Option<Address> {
        let (host, port) = self.tcp.clone()?;
        Some(Address::Tcp { host, port })
    }

    /// Tells whether dbha has a schema there; known only where the data dictionary was looked at.
    pub fn has_dbha_schema(&self) -> bool {
        let all = self.schemas.known().map(Vec::as_slice).unwrap_or_default();
        all.iter().any(|schema| schema.name == crate::DBHA_SCHEMA)
    }

    /// Returns the schemas that hold somebody's data: all but dbha's own.
    pub fn data_schemas(&self) -> Vec<&SchemaFacts> {
        let all = self.schemas.known().map(Vec::as_slice).unwrap_or_default();
        all.iter()
            .filter(|schema| schema.name != crate::DBHA_SCHEMA)
            .collect()
    }
}
