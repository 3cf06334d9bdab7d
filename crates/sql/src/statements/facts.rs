use crate::{Dialect, Flavor, Statement, Version};

/// Schemas that every server has and nobody's data lives in.
pub(crate) const SYSTEM_SCHEMAS: &str = "'information_schema', 'performance_schema', 'mysql', 'sys'";

impl Dialect {
    /// Reads who the server is: `server_id`, `uuid`, `own_user`, `now`, `version_text`, `strict`.
    pub fn read_identity(&self) -> Statement {
        let uuid = if self.has_server_uuid() {
            "@@global.server_uuid"
        } else {
            "NULL"
        };
        Statement::new(format!(
            "SELECT @@global.server_id AS server_id, {uuid} AS uuid, CURRENT_USER() AS own_user, \
             CAST(UNIX_TIMESTAMP(NOW(6)) AS CHAR) AS now, VERSION() AS version_text"
        ))
    }

    /// Reads where the server lives and whom it takes this connection to come from: `peer`, `port`, `datadir`, `error_log`.
    pub fn read_place(&self) -> Statement {
        Statement::new(format!(
            "SELECT HOST AS peer, @@global.port AS port, @@global.datadir AS datadir, \
             @@global.log_error AS error_log FROM {} WHERE ID = CONNECTION_ID()",
            self.processlist()
        ))
    }

    /// Reads whether the server belongs to a cluster of another kind: one row per sign of it, column `sign`.
    pub fn read_cluster_membership(&self) -> Statement {
        Statement::new(match self.flavor() {
            Flavor::MariaDb => {
                "SELECT CONCAT('Galera (wsrep_on=ON, wsrep_cluster_address=', @@global.wsrep_cluster_address, ')') AS sign \
                 FROM DUAL WHERE @@global.wsrep_on = 1 AND @@global.wsrep_cluster_address <> ''"
            }
            Flavor::MySql => {
                "SELECT CONCAT('group replication (', MEMBER_STATE, ')') AS sign \
                 FROM performance_schema.replication_group_members \
                 WHERE MEMBER_STATE IS NOT NULL AND MEMBER_STATE NOT IN ('', 'OFFLINE') LIMIT 1"
            }
        })
    }

    /// Reads the connections of other people: columns `id`, `user`, `host`, `command`, `seconds`.
    ///
    /// The connection that holds dbha's own lock is none of them.
    pub fn read_processlist(&self) -> Statement {
        let table = self.processlist();
        Statement::new(format!(
            "SELECT ID AS id, USER AS user, HOST AS host, COMMAND AS command, TIME AS seconds FROM {table} \
             WHERE ID <> CONNECTION_ID() AND ID <> COALESCE(IS_USED_LOCK({}), 0)",
            crate::quote_literal(crate::RUN_LOCK)
        ))
    }

    /// Names the table that lists the connections.
    pub(super) fn processlist(&self) -> &'static str {
        let modern = self.flavor() == Flavor::MySql && self.version() >= Version::new(8, 0, 22);
        if modern {
            "performance_schema.processlist"
        } else {
            "information_schema.PROCESSLIST"
        }
    }

    /// Reads every schema that may hold data: columns `name`, `tables`, `bytes`, `views`, `routines`, `events`.
    pub fn read_schemas(&self) -> Statement {
        Statement::new(format!(
            "SELECT s.SCHEMA_NAME AS name, COALESCE(t.tables, 0) AS tables, COALESCE(t.bytes, 0) AS bytes, \
             COALESCE(t.row_estimate, 0) AS row_estimate, COALESCE(t.views, 0) AS views, COALESCE(r.routines, 0) AS routines, COALESCE(e.events, 0) AS events, \
             t.kine AS kine \
             FROM information_schema.SCHEMATA s \
             LEFT JOIN (SELECT TABLE_SCHEMA AS name, SUM(TABLE_TYPE <> 'VIEW') AS tables, \
               SUM(TABLE_TYPE = 'VIEW') AS views, SUM(COALESCE(TABLE_ROWS, 0)) AS row_estimate, \
               SUM(COALESCE(DATA_LENGTH, 0) + COALESCE(INDEX_LENGTH, 0)) AS bytes, \
               MAX(TABLE_NAME = 'kine') AS kine \
               FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) GROUP BY TABLE_SCHEMA) t \
               ON t.name = s.SCHEMA_NAME \
             LEFT JOIN (SELECT ROUTINE_SCHEMA AS name, COUNT(*) AS routines FROM information_schema.ROUTINES \
               WHERE ROUTINE_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) GROUP BY ROUTINE_SCHEMA) r ON r.name = s.SCHEMA_NAME \
             LEFT JOIN (SELECT EVENT_SCHEMA AS name, COUNT(*) AS events FROM information_schema.EVENTS \
               WHERE EVENT_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) GROUP BY EVENT_SCHEMA) e ON e.name = s.SCHEMA_NAME \
             WHERE s.SCHEMA_NAME NOT IN ({SYSTEM_SCHEMAS}) ORDER BY s.SCHEMA_NAME"
        ))
    }

    /// Reads how many tables each engine holds that keeps no snapshot: columns `engine`, `tables`, `example`.
    pub fn read_engines(&self) -> Statement {
        Statement::new(format!(
            "SELECT ENGINE AS engine, COUNT(*) AS tables, MIN(CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)) AS example \
             FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') \
             AND ENGINE IS NOT NULL AND TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) GROUP BY ENGINE ORDER BY ENGINE"
        ))
    }
}
