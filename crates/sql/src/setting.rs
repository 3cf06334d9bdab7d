use crate::{Dialect, Flavor, Version};
use serde::{Deserialize, Serialize};

/// A global server variable that matters for a pair, under one name for all servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Setting {
    /// Number by which a server knows its own events.
    ServerId,
    /// Domain under which a MariaDB server's own transactions are numbered.
    GtidDomainId,
    /// Step between generated keys.
    AutoIncrementIncrement,
    /// First generated key.
    AutoIncrementOffset,
    /// Binary log on or off.
    LogBin,
    /// Path of the binary log's files without their numbers; empty where it is off.
    LogBinBasename,
    /// Whether what comes by replication enters the own binary log.
    LogReplicaUpdates,
    /// ROW, MIXED or STATEMENT.
    BinlogFormat,
    /// How much of a changed row is logged.
    BinlogRowImage,
    /// After how many commits the binary log is synced to disk.
    SyncBinlog,
    /// When the InnoDB log is synced to disk.
    InnodbFlushLogAtTrxCommit,
    /// Whether MariaDB refuses out-of-order GTIDs.
    GtidStrictMode,
    /// Whether MySQL refuses what GTIDs cannot carry.
    EnforceGtidConsistency,
    /// Whether MySQL numbers its transactions.
    GtidMode,
    /// Seconds of silence after which a link is taken for dead.
    ReplicaNetTimeout,
    /// Whether relay logs are fetched anew after a crash.
    RelayLogRecovery,
    /// Whether parallel appliers commit in the source's order.
    ReplicaPreserveCommitOrder,
    /// Whether ordinary accounts may write.
    ReadOnly,
    /// Whether even administrators may not write.
    SuperReadOnly,
    /// How table names are compared.
    LowerCaseTableNames,
    /// Size of an InnoDB page.
    InnodbPageSize,
    /// Character set of new databases.
    CharacterSetServer,
    /// Collation of new databases.
    CollationServer,
    /// Largest packet that the server takes.
    MaxAllowedPacket,
    /// Port on which the server listens.
    Port,
    /// The server's name for its machine.
    Hostname,
    /// Directory with the server's data.
    Datadir,
    /// Whether the server offers TLS.
    HaveSsl,
    /// File with the CA that the server itself trusts; empty where it has none.
    SslCa,
    /// Whether events run by themselves.
    EventScheduler,
    /// Whether stored functions need no privilege while the binary log is on.
    LogBinTrustFunctionCreators,
    /// Most connections at once.
    MaxConnections,
    /// Whether the server listens on no port at all.
    SkipNetworking,
    /// Addresses on which it listens.
    BindAddress,
    /// Whether accounts are matched by address alone.
    SkipNameResolve,
    /// Whether logins in clear are refused.
    RequireSecureTransport,
    /// Age in seconds at which binary logs go; 0 is never.
    BinlogExpireSeconds,
    /// Age in days at which binary logs go; 0 is never.
    ExpireLogsDays,
    /// Bytes of binary logs above which the oldest goes; 0 is any number.
    BinlogTotalSize,
    /// Replicas that have to be connected before a binary log goes by itself.
    ReplicasForPurge,
    /// Errors that the applier passes over.
    ReplicaSkipErrors,
    /// Events that the applier passes over at its next start.
    SqlReplicaSkipCounter,
    /// Whether the applier passes over rows that are there or missing.
    ReplicaExecMode,
    /// Whether binary logs are encrypted on disk.
    BinlogEncryption,
    /// What new sessions may write, and how statements are read.
    SqlMode,
    /// Whether commits wait for the acknowledgement of a replica.
    SemiSyncSource,
    /// Whether this server acknowledges what it receives; it counts from the next start of the IO thread on.
    SemiSyncReplica,
    /// Milliseconds after which a commit goes on without an acknowledgement.
    SemiSyncTimeout,
    /// Whether commits wait before anybody can see them (AFTER_SYNC) or after (AFTER_COMMIT).
    SemiSyncWaitPoint,
    /// Whether commits wait even while no replica is connected.
    SemiSyncWaitAlone,
    /// How many replicas have to acknowledge.
    SemiSyncReplicaCount,
}

impl Setting {
    /// Every setting about semi-synchronous replication; on MySQL they are there with its plug-ins only.
    pub const OF_SEMI_SYNC: [Setting; 6] = [
        Setting::SemiSyncWaitPoint,
        Setting::SemiSyncWaitAlone,
        Setting::SemiSyncReplicaCount,
        Setting::SemiSyncTimeout,
        Setting::SemiSyncReplica,
        Setting::SemiSyncSource,
    ];

    /// Every setting that is read from a server.
    pub const ALL: [Setting; 51] = [
        Setting::ServerId,
        Setting::GtidDomainId,
        Setting::AutoIncrementIncrement,
        Setting::AutoIncrementOffset,
        Setting::LogBin,
        Setting::LogBinBasename,
        Setting::LogReplicaUpdates,
        Setting::BinlogFormat,
        Setting::BinlogRowImage,
        Setting::SyncBinlog,
        Setting::InnodbFlushLogAtTrxCommit,
        Setting::GtidStrictMode,
        Setting::EnforceGtidConsistency,
        Setting::GtidMode,
        Setting::ReplicaNetTimeout,
        Setting::RelayLogRecovery,
        Setting::ReplicaPreserveCommitOrder,
        Setting::ReadOnly,
        Setting::SuperReadOnly,
        Setting::LowerCaseTableNames,
        Setting::InnodbPageSize,
        Setting::CharacterSetServer,
        Setting::CollationServer,
        Setting::MaxAllowedPacket,
        Setting::Port,
        Setting::Hostname,
        Setting::Datadir,
        Setting::HaveSsl,
        Setting::SslCa,
        Setting::EventScheduler,
        Setting::LogBinTrustFunctionCreators,
        Setting::MaxConnections,
        Setting::SkipNetworking,
        Setting::BindAddress,
        Setting::SkipNameResolve,
        Setting::RequireSecureTransport,
        Setting::BinlogExpireSeconds,
        Setting::ExpireLogsDays,
        Setting::BinlogTotalSize,
        Setting::ReplicasForPurge,
        Setting::ReplicaSkipErrors,
        Setting::SqlReplicaSkipCounter,
        Setting::ReplicaExecMode,
        Setting::BinlogEncryption,
        Setting::SqlMode,
        Setting::SemiSyncSource,
        Setting::SemiSyncReplica,
        Setting::SemiSyncTimeout,
        Setting::SemiSyncWaitPoint,
        Setting::SemiSyncWaitAlone,
        Setting::SemiSyncReplicaCount,
    ];

    /// Tells whether two values of a setting mean the same (`1` and `ON`, letter case).
    pub fn same_value(a: &str, b: &str) -> bool {
        fn plain(value: &str) -> String {
            match value.to_ascii_uppercase().as_str() {
                "ON" | "TRUE" | "YES" => "1".into(),
                "OFF" | "FALSE" | "NO" => "0".into(),
                other => other.into(),
            }
        }
        plain(a) == plain(b)
    }
}

impl Dialect {
    /// Returns the name of the variable on this server, or `None` where it has no such variable.
    pub fn variable(&self, setting: Setting) -> Option<&'static str> {
        let mariadb = self.flavor() == Flavor::MariaDb;
        let replica_names = !mariadb && self.version() >= Version::new(8, 0, 26);
        Some(match setting {
            Setting::ServerId => "server_id",
            Setting::GtidDomainId if mariadb => "gtid_domain_id",
            Setting::GtidStrictMode if mariadb => "gtid_strict_mode",
            Setting::GtidDomainId | Setting::GtidStrictMode => return None,
            Setting::GtidMode if !mariadb => "gtid_mode",
            Setting::EnforceGtidConsistency if !mariadb => "enforce_gtid_consistency",
            Setting::SuperReadOnly if !mariadb => "super_read_only",
            Setting::ReplicaPreserveCommitOrder if replica_names => "replica_preserve_commit_order",
            Setting::GtidMode
            | Setting::EnforceGtidConsistency
            | Setting::SuperReadOnly
            | Setting::ReplicaPreserveCommitOrder => return None,
            Setting::AutoIncrementIncrement => "auto_increment_increment",
            Setting::AutoIncrementOffset => "auto_increment_offset",
            Setting::LogBin => "log_bin",
            Setting::LogBinBasename => "log_bin_basename",
            Setting::LogReplicaUpdates if replica_names => "log_replica_updates",
            Setting::LogReplicaUpdates => "log_slave_updates",
            Setting::BinlogFormat => "binlog_format",
            Setting::BinlogRowImage => "binlog_row_image",
            Setting::SyncBinlog => "sync_binlog",
            Setting::InnodbFlushLogAtTrxCommit => "innodb_flush_log_at_trx_commit",
            Setting::ReplicaNetTimeout if replica_names => "replica_net_timeout",
            Setting::ReplicaNetTimeout => "slave_net_timeout",
            Setting::RelayLogRecovery => "relay_log_recovery",
            Setting::ReadOnly => "read_only",
            Setting::LowerCaseTableNames => "lower_case_table_names",
            Setting::InnodbPageSize => "innodb_page_size",
            Setting::CharacterSetServer => "character_set_server",
            Setting::CollationServer => "collation_server",
            Setting::MaxAllowedPacket => "max_allowed_packet",
            Setting::Port => "port",
            Setting::Hostname => "hostname",
            Setting::Datadir => "datadir",
            Setting::HaveSsl if !mariadb && self.version() >= Version::new(8, 4, 0) => return None,
            Setting::HaveSsl => "have_ssl",
            Setting::SslCa => "ssl_ca",
            Setting::EventScheduler => "event_scheduler",
            Setting::LogBinTrustFunctionCreators => "log_bin_trust_function_creators",
            Setting::MaxConnections => "max_connections",
            Setting::SkipNetworking => "skip_networking",
            Setting::BindAddress => "bind_address",
            Setting::SkipNameResolve => "skip_name_resolve",
            Setting::RequireSecureTransport => "require_secure_transport",
            Setting::BinlogExpireSeconds if self.expires_by_seconds() => "binlog_expire_logs_seconds",
            Setting::ExpireLogsDays if !self.expires_by_seconds() => "expire_logs_days",
            Setting::BinlogExpireSeconds | Setting::ExpireLogsDays => return None,
            Setting::BinlogTotalSize if self.purges_for_replicas() => "max_binlog_total_size",
            Setting::ReplicasForPurge if self.purges_for_replicas() => "slave_connections_needed_for_purge",
            Setting::BinlogTotalSize | Setting::ReplicasForPurge => return None,
            Setting::ReplicaSkipErrors if replica_names => "replica_skip_errors",
            Setting::ReplicaSkipErrors => "slave_skip_errors",
            Setting::SqlReplicaSkipCounter if replica_names => "sql_replica_skip_counter",
            Setting::SqlReplicaSkipCounter => "sql_slave_skip_counter",
            Setting::ReplicaExecMode if replica_names => "replica_exec_mode",
            Setting::ReplicaExecMode => "slave_exec_mode",
            Setting::BinlogEncryption if mariadb => "encrypt_binlog",
            Setting::BinlogEncryption if self.version() >= Version::new(8, 0, 14) => "binlog_encryption",
            Setting::BinlogEncryption => return None,
            Setting::SqlMode => "sql_mode",
            Setting::SemiSyncSource
            | Setting::SemiSyncReplica
            | Setting::SemiSyncTimeout
            | Setting::SemiSyncWaitPoint
            | Setting::SemiSyncWaitAlone
            | Setting::SemiSyncReplicaCount => return self.semi_sync_variable(setting),
        })
    }

    fn semi_sync_variable(&self, setting: Setting) -> Option<&'static str> {
        let mariadb = self.flavor() == Flavor::MariaDb;
        if !mariadb && self.version() >= Version::new(8, 0, 26) {
            return match setting {
                Setting::SemiSyncSource => Some("rpl_semi_sync_source_enabled"),
                Setting::SemiSyncReplica => Some("rpl_semi_sync_replica_enabled"),
                Setting::SemiSyncTimeout => Some("rpl_semi_sync_source_timeout"),
                Setting::SemiSyncWaitPoint => Some("rpl_semi_sync_source_wait_point"),
                Setting::SemiSyncWaitAlone => Some("rpl_semi_sync_source_wait_no_replica"),
                Setting::SemiSyncReplicaCount => Some("rpl_semi_sync_source_wait_for_replica_count"),
                _ => None,
            };
        }
        match setting {
            Setting::SemiSyncSource => Some("rpl_semi_sync_master_enabled"),
            Setting::SemiSyncReplica => Some("rpl_semi_sync_slave_enabled"),
            Setting::SemiSyncTimeout => Some("rpl_semi_sync_master_timeout"),
            Setting::SemiSyncWaitPoint => Some("rpl_semi_sync_master_wait_point"),
            Setting::SemiSyncWaitAlone => Some("rpl_semi_sync_master_wait_no_slave"),
            Setting::SemiSyncReplicaCount if !mariadb => Some("rpl_semi_sync_master_wait_for_slave_count"),
            _ => None,
        }
    }
}

impl Dialect {
    /// Returns the option, and its value, that keeps binary logs for so many days; of two names the one that older
    /// releases of the flavour read as well, since a file may be made before the server is known.
    pub fn log_expiry_option(&self, days: u64) -> (&'static str, u64) {
        match self.flavor() {
            Flavor::MySql if self.expires_by_seconds() => ("binlog_expire_logs_seconds", days * 86_400),
            Flavor::MySql | Flavor::MariaDb => ("expire_logs_days", days),
        }
    }

    /// Tells whether binary logs can be limited by their size, and wait for replicas before they go.
    fn purges_for_replicas(&self) -> bool {
        self.flavor() == Flavor::MariaDb && self.version() >= Version::new(11, 4, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_by_meaning() {
        assert!(Setting::same_value("ON", "1"));
        assert!(Setting::same_value("row", "ROW"));
        assert!(!Setting::same_value("0", "ON"));
    }

    #[test]
    fn names_follow_the_version_on_both_sides_of_the_boundary() {
        let name = |version| Dialect::new(Flavor::MySql, version).variable(Setting::ReplicaNetTimeout);
        assert_eq!(name(Version::new(8, 0, 25)), Some("slave_net_timeout"));
        assert_eq!(name(Version::new(8, 0, 26)), Some("replica_net_timeout"));
    }
}
