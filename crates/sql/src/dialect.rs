use crate::{Flavor, Version};
use serde::{Deserialize, Serialize};

/// What one server understands: the only place that knows flavours and versions.
///
/// Outside this crate only capabilities are asked for; statements are rendered by the methods in `statements`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    flavor: Flavor,
    version: Version,
}

/// The server is too old to be served; the text names the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{flavor} {version} is not supported; the oldest that dbha serves is {flavor} {oldest}: {advice}")]
pub struct Unsupported {
    /// Flavour of the server.
    pub flavor: Flavor,
    /// Its version.
    pub version: Version,
    /// The oldest series that is served.
    pub oldest: &'static str,
    /// What to do.
    pub advice: &'static str,
}

impl Dialect {
    /// Makes the dialect of a server.
    pub fn new(flavor: Flavor, version: Version) -> Self {
        Self { flavor, version }
    }

    /// Returns the flavour, to be shown; decisions ask for capabilities.
    pub fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// Returns the version, to be shown; decisions ask for capabilities.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Tells whether dbha serves this version (scenario 9).
    pub fn supported(&self) -> Result<(), Unsupported> {
        let (oldest, name, advice) = match self.flavor {
            Flavor::MariaDb => (
                Version::new(10, 5, 0),
                "10.5",
                "upgrade it series by series up to 10.11 or 11.8 first",
            ),
            Flavor::MySql => (
                Version::new(5, 7, 9),
                "5.7",
                "upgrade it to 5.7, then 8.0, then 8.4 first",
            ),
        };
        match self.version >= oldest {
            true => Ok(()),
            false => Err(Unsupported {
                flavor: self.flavor,
                version: self.version,
                oldest: name,
                advice,
            }),
        }
    }

    /// Tells whether the server can keep a setting over a restart by statement (SET PERSIST).
    pub fn can_persist_settings(&self) -> bool {
        self.flavor == Flavor::MySql && self.version >= Version::new(8, 0, 11)
    }

    /// Tells whether new sessions refuse to choose among the rows of a group unless told otherwise (ONLY_FULL_GROUP_BY).
    pub fn groups_fully_by_default(&self) -> bool {
        self.flavor == Flavor::MySql
    }

    /// Chooses what somebody else says of this server's flavour, such as the versions that a platform names.
    pub fn of_flavor<T>(&self, mariadb: T, mysql: T) -> T {
        match self.flavor {
            Flavor::MariaDb => mariadb,
            Flavor::MySql => mysql,
        }
    }

    /// Tells whether each server numbers its transactions in a domain of its own.
    pub fn has_gtid_domains(&self) -> bool {
        self.flavor == Flavor::MariaDb
    }

    /// Tells whether GTIDs are a mode that can be off, and has to be stepped up to ON.
    pub fn has_gtid_mode(&self) -> bool {
        self.flavor == Flavor::MySql
    }

    /// Tells whether every server carries a `server_uuid`, by which it can be told from all others.
    pub fn has_server_uuid(&self) -> bool {
        self.flavor == Flavor::MySql
    }

    /// Tells whether open sessions keep their old `server_id` and GTID domain until they disconnect.
    pub fn sessions_keep_identity(&self) -> bool {
        self.flavor == Flavor::MariaDb
    }

    /// Tells whether an own copy of recent events in the peer's log is needed before the threads may start.
    ///
    /// With `current_pos` an IO thread dies with 1236 when the peer has not yet logged this server's newest
    /// own transaction, so the peer's applier has to be ahead first.
    pub fn replica_needs_peer_caught_up(&self) -> bool {
        self.flavor == Flavor::MariaDb
    }

    /// Returns how a link keeps its position, in the word that its status uses.
    pub fn link_position_mode(&self) -> &'static str {
        match self.flavor {
            Flavor::MariaDb => "Slave_Pos",
            Flavor::MySql => "Auto_Position",
        }
    }

    /// Returns how often a link may try to connect before it gives up, 0 being for ever, where its status shows that.
    pub fn link_retry_count(&self) -> Option<u64> {
        match self.flavor {
            Flavor::MariaDb => None,
            Flavor::MySql => Some(0),
        }
    }

    /// Tells whether relay logs from before a restart are applied after it, so that a torn one must be fetched anew.
    pub fn applies_old_relay_logs(&self) -> bool {
        self.flavor == Flavor::MySql
    }

    /// Tells whether what was received and not applied is thrown away when a thread starts while both are stopped.
    pub fn discards_relay_logs_at_start(&self) -> bool {
        self.flavor == Flavor::MariaDb
    }

    /// Tells whether a link can be given another password while its SQL thread goes on.
    pub fn can_change_password_while_applying(&self) -> bool {
        self.flavor == Flavor::MySql
    }

    /// Tells whether statements about accounts stand in the binary log as they were sent, with the password in them.
    pub fn logs_account_statements_verbatim(&self) -> bool {
        self.flavor == Flavor::MariaDb
    }

    /// Tells whether a snapshot can be taken under staged backup locks, which hold writers only for the last moment.
    pub fn has_backup_stages(&self) -> bool {
        self.flavor == Flavor::MariaDb
    }

    /// Tells whether a session's snapshot knows up to where in the binary log it goes.
    pub fn has_snapshot_coordinates(&self) -> bool {
        self.flavor == Flavor::MariaDb
    }

    /// Tells whether a page of an index is split under a lock that keeps all other writers of that index out: they
    /// wait by spinning, and two sessions that store rows in one table are no faster than one (measured, decision 0019).
    pub fn splits_pages_alone(&self) -> bool {
        self.flavor == Flavor::MariaDb
    }

    /// Tells whether DDL can be kept out for the length of a copy by a lock that lets writers through.
    pub fn has_instance_backup_lock(&self) -> bool {
        self.flavor == Flavor::MySql && self.version >= Version::new(8, 0, 0)
    }

    /// Tells whether a JSON column takes only text with a character set, never raw bytes.
    pub fn json_needs_charset(&self) -> bool {
        self.flavor == Flavor::MySql
    }

    /// Tells whether rows of the past in system-versioned tables can be written as they are.
    pub fn can_insert_history(&self) -> bool {
        self.flavor == Flavor::MariaDb && self.version >= Version::new(10, 11, 0)
    }

    /// Tells whether tables can be system-versioned and number generators can be sequences.
    pub fn has_sequences(&self) -> bool {
        self.flavor == Flavor::MariaDb
    }

    /// Tells whether both servers can form a pair: one flavour (scenario 22).
    pub fn same_family(&self, other: &Dialect) -> bool {
        self.flavor == other.flavor
    }

    /// Tells whether the replica end may be this server when the source is `source` (scenario 23).
    pub fn can_replicate_from(&self, source: &Dialect) -> bool {
        (self.version.major, self.version.minor) >= (source.version.major, source.version.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(text: &str) -> Dialect {
        let (flavor, version) = Version::detect(text).unwrap();
        Dialect::new(flavor, version)
    }

    #[test]
    fn scenario_9_old_servers_are_refused_by_name() {
        for old in ["5.5.68-MariaDB", "10.4.34-MariaDB", "5.6.51", "5.7.8"] {
            let refusal = dialect(old).supported().unwrap_err();
            assert!(refusal.to_string().contains("upgrade"), "{refusal}");
        }
        for good in ["10.5.0-MariaDB", "5.7.9", "26.10.0"] {
            assert_eq!(dialect(good).supported(), Ok(()));
        }
    }

    #[test]
    fn set_persist_begins_with_8_0_11() {
        assert!(!dialect("8.0.4").can_persist_settings());
        assert!(dialect("8.0.11").can_persist_settings());
        assert!(!dialect("11.8.6-MariaDB").can_persist_settings());
    }

    #[test]
    fn scenario_23_a_newer_source_is_no_source_for_an_older_replica() {
        assert!(dialect("11.8.6-MariaDB").can_replicate_from(&dialect("10.11.1-MariaDB")));
        assert!(!dialect("10.5.1-MariaDB").can_replicate_from(&dialect("10.11.1-MariaDB")));
        assert!(dialect("8.4.1").can_replicate_from(&dialect("8.4.5")));
    }
}
