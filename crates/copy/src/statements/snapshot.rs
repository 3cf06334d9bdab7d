use dbha_sql::{Dialect, Statement, quote_literal};

/// Stops DDL on the source while its writers go on; empty where the server has no such lock before the snapshot.
///
/// MySQL's instance lock comes after the read lock: taken before, a DDL statement that holds its global lock and
/// waits for ours would stand in the way of our read lock, and one of the two would have to fail.
pub(crate) fn freeze_definitions(dialect: Dialect) -> Vec<Statement> {
    match dialect.has_backup_stages() {
        true => vec![
            Statement::new("BACKUP STAGE START"),
            Statement::new("BACKUP STAGE BLOCK_DDL"),
        ],
        false => vec![],
    }
}

/// Stops commits on the source: from here to [`thaw_commits`] writers wait.
pub(crate) fn freeze_commits(dialect: Dialect) -> Vec<Statement> {
    match (dialect.has_backup_stages(), dialect.has_instance_backup_lock()) {
        (true, _) => vec![Statement::new("BACKUP STAGE BLOCK_COMMIT")],
        (false, true) => vec![Statement::new("FLUSH TABLES WITH READ LOCK")],
        // Flushed before the lock, so that the lock itself has less to wait for; LOCAL keeps it out of the log.
        (false, false) => vec![
            Statement::new("FLUSH LOCAL TABLES"),
            Statement::new("FLUSH TABLES WITH READ LOCK"),
        ],
    }
}

/// Keeps DDL out beyond the end of the short lock, where the server can.
pub(crate) fn keep_definitions_frozen(dialect: Dialect) -> Vec<Statement> {
    match dialect.has_instance_backup_lock() {
        true => vec![Statement::new("LOCK INSTANCE FOR BACKUP")],
        false => vec![],
    }
}

/// Lets commits go on.
pub(crate) fn thaw_commits(dialect: Dialect) -> Statement {
    Statement::new(match dialect.has_backup_stages() {
        true => "BACKUP STAGE END",
        false => "UNLOCK TABLES",
    })
}

/// Lets DDL go on.
pub(crate) fn thaw_definitions(dialect: Dialect) -> Vec<Statement> {
    match dialect.has_instance_backup_lock() {
        true => vec![Statement::new("UNLOCK INSTANCE")],
        false => vec![],
    }
}

/// Takes this session's picture of all rows.
pub(crate) fn open_snapshot() -> Statement {
    Statement::new("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
}

/// Lists transactions that were prepared by XA PREPARE and neither committed nor rolled back: column `data` names each.
pub(crate) fn prepared_transactions() -> Statement {
    Statement::new("XA RECOVER")
}

/// Reads the numbers by which the storage engine knows its tables, or one of them: columns `id`, `name`.
///
/// A number that changed means a table that was rebuilt, emptied or swapped since.
pub(crate) fn table_numbers(name: Option<&str>) -> Statement {
    let which = match name {
        Some(name) => format!("NAME = {}", quote_literal(name)),
        None => "NAME LIKE '%/%' AND NAME NOT LIKE 'mysql/%' AND NAME NOT LIKE 'sys/%' AND NAME NOT LIKE '%/#sql%' \
                 AND NAME NOT IN ('dbha/claim', 'dbha/copied_range') AND NAME NOT LIKE '%/FTS\\_%'"
            .to_owned(),
    };
    Statement::new(format!(
        "SELECT TABLE_ID AS id, NAME AS name FROM information_schema.INNODB_SYS_TABLES WHERE {which}"
    ))
}
