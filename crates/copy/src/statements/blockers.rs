use dbha_sql::{Dialect, Statement};

/// Reads who holds what the snapshot's lock waits for, the surest first: columns `id`, `user`, `seconds`, `query`, `idle`.
///
/// MySQL keeps a list of metadata locks. MariaDB has none by default: there the statements that run are listed, those
/// last that only read, because they hold up nothing unless their session has locked tables.
pub(crate) fn holders(dialect: Dialect) -> Statement {
    Statement::new(match dialect.has_backup_stages() {
        true => {
            "SELECT ID AS id, USER AS user, TIME AS seconds, CONVERT(LEFT(INFO, 400) USING utf8mb4) AS query, 'N' AS idle \
             FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND INFO IS NOT NULL \
             AND COMMAND IN ('Query', 'Execute') AND COALESCE(STATE, '') NOT LIKE 'Waiting for backup lock%' \
             AND INFO NOT LIKE 'BACKUP STAGE%' \
             ORDER BY INFO REGEXP '(?i)^[[:space:]]*(select|show|with)[[:space:]]', TIME DESC LIMIT 1"
        }
        // A reader holds up the flush while it runs or has tables locked, and not when its transaction is just open.
        false => {
            "SELECT t.PROCESSLIST_ID AS id, t.PROCESSLIST_USER AS user, t.PROCESSLIST_TIME AS seconds, \
             LEFT(COALESCE(t.PROCESSLIST_INFO, e.SQL_TEXT), 400) AS query, \
             IF(t.PROCESSLIST_INFO IS NULL, 'Y', 'N') AS idle \
             FROM performance_schema.metadata_locks m \
             JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID \
             LEFT JOIN performance_schema.events_statements_current e ON e.THREAD_ID = t.THREAD_ID \
             WHERE m.LOCK_STATUS = 'GRANTED' AND t.PROCESSLIST_ID <> CONNECTION_ID() AND \
             (m.LOCK_TYPE = 'INTENTION_EXCLUSIVE' AND m.OBJECT_TYPE IN ('GLOBAL', 'COMMIT', 'BACKUP LOCK') \
             OR m.OBJECT_TYPE = 'TABLE' AND m.LOCK_TYPE = 'SHARED_READ_ONLY' \
             OR m.OBJECT_TYPE = 'TABLE' AND m.LOCK_TYPE LIKE 'SHARED%' AND t.PROCESSLIST_COMMAND <> 'Sleep' \
             AND COALESCE(m.OBJECT_SCHEMA, '') NOT IN ('performance_schema', 'mysql', 'information_schema', 'sys')) \
             AND COALESCE(t.PROCESSLIST_STATE, '') <> 'Waiting for global read lock' \
             ORDER BY m.OBJECT_TYPE IN ('GLOBAL', 'COMMIT', 'BACKUP LOCK') DESC, \
             m.LOCK_TYPE = 'SHARED_READ_ONLY' DESC, t.PROCESSLIST_TIME DESC LIMIT 1"
        }
    })
}

/// Reads the longest running statement of others: the same columns, where the list of locks tells nothing.
pub(crate) fn longest_running() -> Statement {
    Statement::new(
        "SELECT ID AS id, USER AS user, TIME AS seconds, CONVERT(LEFT(INFO, 400) USING utf8mb4) AS query, 'N' AS idle \
         FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND INFO IS NOT NULL \
         AND COMMAND IN ('Query', 'Execute') AND INFO NOT LIKE 'BACKUP STAGE%' \
         AND INFO NOT LIKE 'FLUSH TABLES WITH%' ORDER BY TIME DESC LIMIT 1",
    )
}

/// Lists tables that are in use by a statement or by LOCK TABLES: columns `Database`, `Table`.
pub(crate) fn tables_in_use() -> Statement {
    Statement::new("SHOW OPEN TABLES WHERE In_use > 0 AND `Database` NOT IN ('mysql', 'performance_schema')")
}

/// Lists the connections that have been idle for the longest: columns `id`, `user`, `seconds`.
pub(crate) fn idle_connections() -> Statement {
    // dbha's own sessions hold named locks; they have been idle for moments only, and come last.
    Statement::new(
        "SELECT ID AS id, USER AS user, TIME AS seconds FROM information_schema.PROCESSLIST \
         WHERE COMMAND = 'Sleep' AND ID <> CONNECTION_ID() ORDER BY TIME DESC, ID LIMIT 3",
    )
}
