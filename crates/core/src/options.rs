use crate::{Both, HostAccess, Platform, Restart};
use dbha_sql::RecordedServer;
use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf, time::Duration};

/// How many servers of the pair take writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Writers {
    /// The primary alone; the secondary ends read-only.
    #[default]
    One,
    /// Both.
    Both,
}

impl fmt::Display for Writers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Writers::One => "one",
            Writers::Both => "both",
        })
    }
}

/// How generated keys are kept apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AutoIncrement {
    /// Step 2, the primary odd, the secondary even: either can be opened for writing at any time.
    #[default]
    Interleaved,
    /// Step 1 on both, for software that counts on it (K3s); demands one writer.
    Single,
}

impl AutoIncrement {
    /// Returns step and first value for the primary and for the secondary.
    pub fn step_and_offsets(self) -> (u32, u32, u32) {
        match self {
            AutoIncrement::Interleaved => (2, 1, 2),
            AutoIncrement::Single => (1, 1, 1),
        }
    }
}

/// How the primary's data comes to the secondary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CopyMethod {
    /// The best that both servers can do.
    #[default]
    Auto,
    /// Row by row from server to server.
    Stream,
    /// By MySQL's CLONE plug-in: the secondary gets the primary's files and restarts with them.
    #[serde(rename = "clone-plugin")]
    ClonePlugin,
}

/// An account for the monitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorAccountWanted {
    /// Its host part; `None` takes the hosts of the accounts that are there, else those that dbha is seen to come from.
    pub host: Option<String>,
    /// File with its password; made, with a new password, where it is not there.
    pub password_file: PathBuf,
    /// Whether the account gets its password anew although it is there: its file was not.
    pub new_password: bool,
}

/// The account of a platform, which the set-up makes with the platform's databases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformAccountWanted {
    /// Host parts of the account: where the platform's servers come from, as the database servers see them.
    pub hosts: Vec<String>,
    /// File with its password; made, with a new password, where it is not there.
    pub password_file: PathBuf,
}

/// What the caller wants of a set-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SetupOptions {
    /// Name of the pair, for status and events; derived from the servers' names if empty.
    pub pair: String,
    /// One writer or two.
    pub writers: Writers,
    /// How generated keys are kept apart; `None` decides by the platform, then by what is found (a `kine` table wants 1).
    pub auto_increment: Option<AutoIncrement>,
    /// The platform that the pair is for; its needs are checked.
    pub platform: Option<Platform>,
    /// How many of the platform's own servers use the pair; `None` takes as many as its documentation does.
    pub platform_servers: Option<u32>,
    /// The platform's databases and account; `None` leaves them to whoever sets the platform up.
    pub platform_account: Option<PlatformAccountWanted>,
    /// How the data is copied.
    pub copy: CopyMethod,
    /// Directory of a dump of the primary that takes the place of the copy.
    pub copy_from: Option<PathBuf>,
    /// How many tables are copied at once.
    pub copy_workers: usize,
    /// Name of the secondary whose data may be thrown away.
    pub overwrite_secondary: Option<String>,
    /// Name of the server that the primary was in a pair with, and that the secondary takes the place of.
    pub replace: Option<String>,
    /// Host and port by which the secondary reaches the primary, where they differ from dbha's own way.
    pub primary_address: Option<(String, u16)>,
    /// Host and port by which the primary reaches the secondary.
    pub secondary_address: Option<(String, u16)>,
    /// Host part of the replication accounts; `None` takes the address that each peer really comes from.
    pub replication_host: Option<String>,
    /// CA by which the servers verify each other, as a path on their machines; empty leaves them unverified, `None`
    /// takes each server's own `ssl_ca` where the caller verifies its peer.
    pub replication_ssl_ca: Option<String>,
    /// Longest wait for a lock on the primary.
    pub lock_wait: Duration,
    /// Longest time that catching up may take without any progress.
    pub catch_up_limit: Duration,
    /// Codes of findings that are let through, where a finding allows it.
    pub ignore: Vec<String>,
    /// Give the replication accounts and both links a new password even when nothing has to be changed.
    pub new_password: bool,
    /// Prove both links by markers even when nothing had to be changed.
    pub prove: bool,
    /// The way to each server's machine; `None` leaves it alone.
    pub host_access: Both<Option<HostAccess>>,
    /// Whether servers may be restarted where a setting cannot be had without.
    pub restart: Restart,
    /// The monitor's own account; `None` leaves it as it is.
    pub monitor_account: Option<MonitorAccountWanted>,
    /// Whether a commit is told to its client only once the other server has acknowledged it; `None` leaves what was chosen.
    pub semi_sync: Option<bool>,
    /// How long it waits for that; `None` leaves what was chosen, 10 s at first. [`NO_LIMIT_MS`] waits without a limit.
    pub semi_sync_timeout: Option<Duration>,
    /// Whether both servers start read-only, and dbha alone opens one; `None` leaves what was chosen.
    pub managed: Option<bool>,
}

/// Milliseconds from which on a wait counts as one without a limit; every server takes it.
pub const NO_LIMIT_MS: u64 = 4_294_967_295;

impl SetupOptions {
    /// The same, with what dbha recorded of the pair: how many writers, and the step between keys.
    #[must_use]
    pub(crate) fn with_recorded(mut self, row: &RecordedServer) -> Self {
        self.writers = match row.writers.as_str() {
            "both" => Writers::Both,
            _ => Writers::One,
        };
        self.auto_increment = Some(match row.key_step {
            1 => AutoIncrement::Single,
            _ => AutoIncrement::Interleaved,
        });
        self
    }
}

impl Default for SetupOptions {
    fn default() -> Self {
        Self {
            pair: String::new(),
            writers: Writers::One,
            auto_increment: None,
            platform: None,
            platform_servers: None,
            platform_account: None,
            copy: CopyMethod::Auto,
            copy_from: None,
            copy_workers: 2,
            overwrite_secondary: None,
            replace: None,
            primary_address: None,
            secondary_address: None,
            replication_host: None,
            replication_ssl_ca: None,
            lock_wait: Duration::from_secs(10),
            catch_up_limit: Duration::from_secs(120),
            ignore: Vec::new(),
            new_password: false,
            prove: false,
            host_access: Both {
                primary: None,
                secondary: None,
            },
            restart: Restart::Never,
            monitor_account: None,
            semi_sync: None,
            semi_sync_timeout: None,
            managed: None,
        }
    }
}
