use dbha_sql::{Statement, quote_literal};

/// Statements that change what is in no snapshot, as they begin.
///
/// Those that only take long are left out: they hold the metadata lock of their table, and `SHOW CREATE TABLE` waits
/// for it. So are temporary tables, which nobody copies.
const DEFINING: &str = "(?is)^([[:space:]]|/[*].*?[*]/)*(set[[:space:]]+statement[[:space:]].*?[[:space:]]for[[:space:]]+)?(\
     create(?![[:space:]]+(or[[:space:]]+replace[[:space:]]+)?temporary|\
     [[:space:]]+((unique|fulltext|spatial)[[:space:]]+)?index)|\
     alter(?![[:space:]]+(online[[:space:]]+)?(ignore[[:space:]]+)?table)|\
     drop(?![[:space:]]+(temporary|index))|rename|truncate|grant|revoke|execute)[[:space:]]";

/// Counts the statements that the server has begun that define something, or end a prepared transaction: column
/// `begun`.
pub(crate) fn definitions_begun() -> Statement {
    Statement::new(
        "SELECT SUM(CAST(VARIABLE_VALUE AS UNSIGNED)) AS begun FROM information_schema.GLOBAL_STATUS \
         WHERE VARIABLE_NAME REGEXP \
         '(?i)^com_((create|alter|drop|rename|truncate|grant|revoke|optimize|repair)|xa_(commit|rollback)$)' \
         AND VARIABLE_NAME NOT LIKE '%TEMPORARY%'",
    )
}

/// Lists statements of others that define something right now: columns `id`, `user`, `seconds`, `query`.
pub(crate) fn definitions_running() -> Statement {
    Statement::new(format!(
        "SELECT ID AS id, USER AS user, TIME AS seconds, CONVERT(LEFT(INFO, 400) USING utf8mb4) AS query \
         FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND INFO REGEXP {} ORDER BY TIME DESC",
        quote_literal(DEFINING)
    ))
}

/// Reads up to where in the binary log this session's snapshot goes: rows of `Variable_name` and `Value`.
pub(crate) fn snapshot_coordinates() -> Statement {
    Statement::new("SHOW STATUS LIKE 'Binlog\\_snapshot\\_%'")
}

/// Reads the GTID position that belongs to a place in the binary log: column `executed`, NULL where there is none.
pub(crate) fn position_at(file: &str, offset: u64) -> Statement {
    Statement::new(format!(
        "SELECT BINLOG_GTID_POS({}, {offset}) AS executed",
        quote_literal(file)
    ))
}
