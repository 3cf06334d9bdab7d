use super::facts::SYSTEM_SCHEMAS;
use crate::{Dialect, Flavor, Setting, Statement, Version};

/// How many tables of note are named at most.
pub(crate) const MOST_TABLES: usize = 1000;

/// Settings that a session takes from the server when it begins, and keeps.
pub(crate) const KEPT_BY_SESSIONS: [Setting; 4] = [
    Setting::BinlogFormat,
    Setting::BinlogRowImage,
    Setting::AutoIncrementIncrement,
    Setting::AutoIncrementOffset,
];

impl Dialect {
    /// Reads what open sessions hold of the settings they keep: columns `id`, `name`, `value`.
    ///
    /// `None` where a server cannot look into other sessions (MariaDB).
    pub fn read_kept_settings(&self) -> Option<Statement> {
        let names = KEPT_BY_SESSIONS
            .iter()
            .filter_map(|setting| self.variable(*setting));
        let names = names
            .map(|name| format!("'{name}'"))
            .collect::<Vec<_>>()
            .join(", ");
        (self.flavor() == Flavor::MySql).then(|| {
            Statement::new(format!(
                "SELECT t.PROCESSLIST_ID AS id, v.VARIABLE_NAME AS name, v.VARIABLE_VALUE AS value \
                 FROM performance_schema.variables_by_thread v JOIN performance_schema.threads t USING (THREAD_ID) \
                 WHERE t.TYPE = 'FOREGROUND' AND t.PROCESSLIST_ID IS NOT NULL AND v.VARIABLE_NAME IN ({names})"
            ))
        })
    }

    /// Reads tables that deserve a word: columns `schema_name`, `name`, `engine` (empty where the server cannot open the
    /// table), `keyless`, `versioned` and `by_transaction` (`Y` or `N`).
    ///
    /// Those of another engine than InnoDB, those without a primary key or a unique key that can stand for it, and those
    /// that keep the past of their rows.
    pub fn read_tables_of_note(&self) -> Statement {
        // Only a question about rows makes MariaDB open the tables, and find those that it cannot open.
        let (by_transaction, join) = match self.flavor() {
            Flavor::MySql => ("'N'", String::new()),
            Flavor::MariaDb => (
                "IF(p.TABLE_NAME IS NULL, 'N', 'Y')",
                format!(
                    "LEFT JOIN (SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME FROM information_schema.COLUMNS \
                       WHERE GENERATION_EXPRESSION = 'ROW START' AND DATA_TYPE = 'bigint' \
                       AND TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS})) p \
                       ON p.TABLE_SCHEMA = t.TABLE_SCHEMA AND p.TABLE_NAME = t.TABLE_NAME "
                ),
            ),
        };
        Statement::new(format!(
            "SELECT t.TABLE_SCHEMA AS schema_name, t.TABLE_NAME AS name, COALESCE(t.ENGINE, '') AS engine, \
             IF(k.TABLE_NAME IS NULL, 'Y', 'N') AS keyless, IF(t.TABLE_TYPE = 'SYSTEM VERSIONED', 'Y', 'N') AS versioned, \
             {by_transaction} AS by_transaction, t.TABLE_ROWS AS row_estimate FROM information_schema.TABLES t \
             LEFT JOIN (SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME FROM information_schema.COLUMNS \
               WHERE COLUMN_KEY = 'PRI' AND TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS})) k \
               ON k.TABLE_SCHEMA = t.TABLE_SCHEMA AND k.TABLE_NAME = t.TABLE_NAME \
             {join}WHERE t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') \
             AND t.TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) \
             AND (COALESCE(t.ENGINE, '') <> 'InnoDB' OR k.TABLE_NAME IS NULL OR t.TABLE_TYPE = 'SYSTEM VERSIONED') \
             ORDER BY 1, 2 LIMIT {MOST_TABLES}"
        ))
    }

    /// Reads how each account that may log in proves itself: columns `user`, `host`, `plugin`, `open` (`Y` without a
    /// password). Locked accounts are left out.
    pub fn read_logins(&self) -> Statement {
        Statement::new(match self.flavor() {
            Flavor::MariaDb => {
                "SELECT CONVERT(User USING utf8mb4) AS user, CONVERT(Host USING utf8mb4) AS host, \
                 COALESCE(JSON_VALUE(Priv, '$.plugin'), 'mysql_native_password') AS plugin, \
                 IF(COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') = '', 'Y', 'N') AS open \
                 FROM mysql.global_priv WHERE COALESCE(JSON_VALUE(Priv, '$.is_role'), 0) = 0 \
                 AND COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) = 0 ORDER BY 1, 2"
            }
            Flavor::MySql => {
                "SELECT CONVERT(User USING utf8mb4) AS user, CONVERT(Host USING utf8mb4) AS host, plugin AS plugin, \
                 IF(COALESCE(authentication_string, '') = '', 'Y', 'N') AS open \
                 FROM mysql.user WHERE account_locked <> 'Y' ORDER BY 1, 2"
            }
        })
    }

    /// Reads the databases that every account may use, as old installations had them: column `name`.
    pub fn read_open_databases(&self) -> Statement {
        Statement::new(
            "SELECT DISTINCT CONVERT(Db USING utf8mb4) AS name FROM mysql.db WHERE User = '' ORDER BY 1",
        )
    }

    /// Reads the names of usable storage engines, ways to log in and parts of replication: column `name`.
    pub fn read_plugins(&self) -> Statement {
        Statement::new(
            "SELECT PLUGIN_NAME AS name FROM information_schema.PLUGINS WHERE PLUGIN_STATUS = 'ACTIVE' \
             AND PLUGIN_TYPE IN ('AUTHENTICATION', 'STORAGE ENGINE', 'REPLICATION') ORDER BY 1",
        )
    }

    /// Reads the filters of the applier that hold for every link to come: columns `name`, `value`.
    pub fn read_applier_filters(&self) -> Statement {
        Statement::new(match self.flavor() {
            Flavor::MariaDb => {
                "SELECT LOWER(VARIABLE_NAME) AS name, GLOBAL_VALUE AS value FROM information_schema.SYSTEM_VARIABLES \
                 WHERE VARIABLE_NAME IN ('replicate_do_db', 'replicate_ignore_db', 'replicate_do_table', \
                 'replicate_ignore_table', 'replicate_wild_do_table', 'replicate_wild_ignore_table', \
                 'replicate_rewrite_db') AND GLOBAL_VALUE <> ''"
            }
            Flavor::MySql => {
                "SELECT LOWER(FILTER_NAME) AS name, FILTER_RULE AS value \
                 FROM performance_schema.replication_applier_global_filters WHERE FILTER_RULE <> ''"
            }
        })
    }

    /// Reads what is in use and what is there: columns `connections` and `time_zones` (1 where they are filled).
    pub fn read_means(&self) -> Statement {
        let status = match self.flavor() {
            Flavor::MariaDb => "information_schema.GLOBAL_STATUS",
            Flavor::MySql => "performance_schema.global_status",
        };
        Statement::new(format!(
            "SELECT (SELECT VARIABLE_VALUE FROM {status} WHERE VARIABLE_NAME = 'Threads_connected') AS connections, \
             EXISTS (SELECT 1 FROM mysql.time_zone_name) AS time_zones"
        ))
    }

    /// Reads the sequences of users: columns `schema_name`, `name`.
    pub fn read_sequences(&self) -> Option<Statement> {
        let text = "SELECT TABLE_SCHEMA AS schema_name, TABLE_NAME AS name FROM information_schema.TABLES \
                    WHERE TABLE_TYPE = 'SEQUENCE' ORDER BY 1, 2 LIMIT 1000";
        self.has_sequences().then(|| Statement::new(text))
    }

    /// Reads the free bytes of each file system: columns `path`, `free`; no such table without MariaDB's DISKS plug-in.
    pub fn read_disks(&self) -> Option<Statement> {
        let text = "SELECT Path AS path, Available * 1024 AS free FROM information_schema.DISKS";
        (self.flavor() == Flavor::MariaDb).then(|| Statement::new(text))
    }

    /// Makes a server count its binary logs' age in days, in seconds where it knows them.
    pub(crate) fn expires_by_seconds(&self) -> bool {
        match self.flavor() {
            Flavor::MariaDb => self.version() >= Version::new(10, 6, 1),
            Flavor::MySql => self.version() >= Version::new(8, 0, 1),
        }
    }
}
