use dbha_sql::{Dialect, Flavor, Statement, Version};

/// Schemas that every server has and nobody's data lives in.
pub(crate) const SYSTEM_SCHEMAS: &str = "'information_schema', 'performance_schema', 'mysql', 'sys'";

/// Lets figures of tables be fresh, and generated keys be seen, where the server would keep both back.
pub(crate) fn fresh_figures(dialect: Dialect) -> Statement {
    let mut set = vec!["sql_quote_show_create = 1"];
    if dialect.flavor() == Flavor::MySql {
        if dialect.version() >= Version::new(8, 0, 0) {
            set.push("information_schema_stats_expiry = 0");
        }
        if dialect.version() >= Version::new(8, 0, 30) {
            set.push("show_gipk_in_create_table_and_information_schema = ON");
        }
    }
    Statement::new(format!("SET SESSION {}", set.join(", SESSION ")))
}

/// Lists the schemas: column `name`.
pub(crate) fn schemas() -> Statement {
    Statement::new(format!(
        "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA \
         WHERE SCHEMA_NAME NOT IN ({SYSTEM_SCHEMAS}) ORDER BY SCHEMA_NAME"
    ))
}

/// Lists tables, views and sequences.
pub(crate) fn tables() -> Statement {
    Statement::new(format!(
        "SELECT t.TABLE_SCHEMA AS schema_name, t.TABLE_NAME AS name, t.TABLE_TYPE AS kind, t.ENGINE AS engine, \
         e.TRANSACTIONS AS transactional, t.TABLE_ROWS AS rows_estimate, \
         COALESCE(t.DATA_LENGTH, 0) AS bytes_estimate, COALESCE(t.INDEX_LENGTH, 0) AS key_bytes_estimate \
         FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE \
         WHERE t.TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) AND t.TABLE_TYPE <> 'TEMPORARY' \
         AND NOT (t.TABLE_SCHEMA = 'dbha' AND t.TABLE_NAME IN ('claim', 'copied_range')) \
         ORDER BY t.TABLE_SCHEMA, t.TABLE_NAME"
    ))
}

/// Lists the columns of all tables in order.
pub(crate) fn columns() -> Statement {
    Statement::new(format!(
        "SELECT TABLE_SCHEMA AS schema_name, TABLE_NAME AS table_name, COLUMN_NAME AS name, DATA_TYPE AS data_type, \
         COLUMN_TYPE AS column_type, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation, \
         CHARACTER_OCTET_LENGTH AS longest_bytes, IS_NULLABLE AS nullable, EXTRA AS extra, \
         GENERATION_EXPRESSION AS expression FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION"
    ))
}

/// Lists the columns of all unique keys in order, primary keys first: columns `index_name`, `kind`, `name`, `sub_part`,
/// `direction`, `nullable`, and `usable` (0 where statements cannot name the index).
pub(crate) fn unique_keys(dialect: Dialect) -> Statement {
    let usable = match dialect.flavor() {
        Flavor::MySql if dialect.version() >= Version::new(8, 0, 0) => "IS_VISIBLE = 'YES'",
        Flavor::MariaDb if dialect.version() >= Version::new(10, 6, 0) => "IGNORED = 'NO'",
        _ => "1",
    };
    Statement::new(format!(
        "SELECT TABLE_SCHEMA AS schema_name, TABLE_NAME AS table_name, INDEX_NAME AS index_name, INDEX_TYPE AS kind, \
         COLUMN_NAME AS name, SUB_PART AS sub_part, COLLATION AS direction, NULLABLE AS nullable, {usable} AS usable \
         FROM information_schema.STATISTICS WHERE TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) AND NON_UNIQUE = 0 \
         ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX"
    ))
}

/// Lists partitions, or their parts where they have any, in order.
pub(crate) fn partitions() -> Statement {
    Statement::new(format!(
        "SELECT TABLE_SCHEMA AS schema_name, TABLE_NAME AS table_name, \
         COALESCE(SUBPARTITION_NAME, PARTITION_NAME) AS name FROM information_schema.PARTITIONS \
         WHERE TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) AND PARTITION_NAME IS NOT NULL \
         ORDER BY TABLE_SCHEMA, TABLE_NAME, PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION"
    ))
}

/// Lists procedures, functions and packages, heads before bodies.
pub(crate) fn routines() -> Statement {
    Statement::new(format!(
        "SELECT ROUTINE_SCHEMA AS schema_name, ROUTINE_NAME AS name, ROUTINE_TYPE AS kind \
         FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) \
         ORDER BY ROUTINE_SCHEMA, ROUTINE_TYPE = 'PACKAGE BODY', ROUTINE_NAME, ROUTINE_TYPE"
    ))
}

/// Lists triggers in the order in which they fire.
pub(crate) fn triggers() -> Statement {
    Statement::new(format!(
        "SELECT TRIGGER_SCHEMA AS schema_name, TRIGGER_NAME AS name FROM information_schema.TRIGGERS \
         WHERE TRIGGER_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) \
         ORDER BY TRIGGER_SCHEMA, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER"
    ))
}

/// Lists events.
pub(crate) fn events() -> Statement {
    Statement::new(format!(
        "SELECT EVENT_SCHEMA AS schema_name, EVENT_NAME AS name FROM information_schema.EVENTS \
         WHERE EVENT_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) ORDER BY EVENT_SCHEMA, EVENT_NAME"
    ))
}
