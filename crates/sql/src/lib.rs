//! One MySQL or MariaDB server: how to reach it, how to talk to it in its own dialect, and what was seen of it.
//!
//! The crate knows nothing of pairs. [`Endpoint`] says how to reach a server, [`Session`] is one connection
//! whose every wait has a limit, [`Dialect`] is the only place that knows flavours and versions, and
//! [`Facts`] is what was seen of one server at one moment.

mod answer;
mod client_options;
mod clone_note;
mod data_session;
mod dial;
mod dialect;
mod endpoint;
mod error;
mod event;
mod facts;
mod flavor;
mod greeting;
mod gtid;
mod guarded;
mod marker_table;
mod password;
mod profile;
mod pulse;
mod quote;
mod replica_status;
mod row;
mod secret;
mod server;
mod session;
mod setting;
mod statement;
mod statements;
mod terminal_text;
mod tls;
mod version;
mod wire;

pub use answer::small_answer;
pub use client_options::ClientOptions;
pub use clone_note::{CloneNote, HeldSetting};
pub use data_session::{BinaryRow, DataSession, Done, LOCAL_NAME, Parameter, Prepared, Values, counted_body};
pub use dialect::{Dialect, Unsupported};
pub use endpoint::{Address, Endpoint, ParseEndpointError};
pub use error::{ConnectFault, SqlError};
pub use event::Event;
pub use facts::{
    Account, COMMAND_LINE, Choices, Claim, ClaimState, ClientSession, ClockReading, CloneFacts, CloneState,
    Cluster, ConnectedReplica, Depth, DropIn, Engine, Facts, HostFacts, KeptSetting, Login, MonitorAccount,
    MonitorFacts, NotedTable, Observed, OptionFact, Place, RecordedServer, ReplicationAccount, RestartMeans,
    SchemaFacts, SemiSyncFacts, SettingFact, Surroundings, Term, option_name,
};
pub use flavor::Flavor;
pub use greeting::Greeting;
pub use gtid::{GtidSet, MariaDbGtids, MySqlGtids, ParseGtidError};
pub use guarded::panic_is_caught;
pub use marker_table::Marker;
pub use password::{generate_password, native_password_hash};
pub use profile::SessionProfile;
pub use pulse::Pulse;
pub use quote::{quote_account, quote_identifier, quote_literal};
pub use replica_status::{IoState, LinkError, ReplicaStatus, SqlState, is_harmful_filter};
pub use row::Row;
pub use secret::Secret;
pub use server::Server;
pub use session::Session;
pub use setting::Setting;
pub use statement::Statement;
pub use statements::{AccountTls, SemiSyncPlugin, SourceTarget};
pub use terminal_text::{harmless, is_unprintable, printable};
pub use tls::{SslMode, TlsOptions};
pub use version::{ParseVersionError, Version};
pub use wire::Wire;

/// The client crate underneath, for the code that moves rows and needs its types.
pub use mysql_async as driver;

/// What fuzz targets call and nobody else may.
#[cfg(fuzzing)]
pub mod fuzzing {
    pub use crate::facts::global_privileges;
}

/// The schema that holds everything dbha keeps on a server.
pub const DBHA_SCHEMA: &str = "dbha";
/// The account with which one server of a pair reads the binary log of the other.
pub const REPLICATION_USER: &str = "dbha_repl";
/// The account with which a secondary clones its primary, for as long as that takes.
pub const CLONE_USER: &str = "dbha_clone";
/// The named lock that keeps two runs apart.
pub const RUN_LOCK: &str = "dbha.setup";
/// The account of the monitor.
pub const MONITOR_USER: &str = "dbha_monitor";
