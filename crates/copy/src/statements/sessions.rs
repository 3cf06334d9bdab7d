use dbha_sql::{Dialect, Flavor, Statement, Version, quote_literal};

/// Highest number of sessions that one copy has on one server.
pub(crate) const MOST_SESSIONS: usize = 80;

/// Names the lock that a session of a copy holds for as long as it lives.
///
/// By it the next run finds what an earlier one left: an ALTER goes on after its client was killed (safety rule 8).
fn lock_name(slot: usize) -> String {
    format!("dbha.copy.{slot}")
}

/// Takes the named lock of a session; 1 when it was free.
pub(crate) fn mark(slot: usize) -> Statement {
    Statement::new(format!("SELECT GET_LOCK({}, 0)", quote_literal(&lock_name(slot))))
}

/// Reads who holds the locks of all sessions of a copy: column `holder`, a row for each that is held.
pub(crate) fn marked_sessions() -> Statement {
    // Rows and not columns: the client keeps a buffer for every column that it ever saw at once.
    let each: Vec<String> = (0..MOST_SESSIONS)
        .map(|slot| {
            format!(
                "SELECT IS_USED_LOCK({}) AS holder",
                quote_literal(&lock_name(slot))
            )
        })
        .collect();
    Statement::new(format!(
        "SELECT holder FROM ({}) locks WHERE holder IS NOT NULL",
        each.join(" UNION ALL ")
    ))
}

/// Does nothing: a sign of life that keeps a session from being closed as idle.
pub(crate) fn ping() -> Statement {
    Statement::new("DO 0")
}

/// Lets a session that holds a lock on the source die soon after its client did.
pub(crate) fn die_soon_when_alone(lock_wait_seconds: u64) -> Statement {
    Statement::new(format!(
        "SET SESSION wait_timeout = 10, SESSION lock_wait_timeout = {}",
        lock_wait_seconds.max(1)
    ))
}

/// Limits how long this session waits for a lock on a table.
pub(crate) fn wait_for_locks(seconds: u32) -> Statement {
    Statement::new(format!("SET SESSION lock_wait_timeout = {seconds}"))
}

/// Makes a loader fit for definitions: texts are utf8mb4, and nothing is added to what the statement says.
pub(crate) fn speak_utf8(dialect: Dialect) -> Statement {
    let mut set = vec![];
    match dialect.flavor() {
        // Older servers leave a default collation unsaid, newer ones would then take another default.
        Flavor::MariaDb if dialect.version() >= Version::new(11, 2, 0) => {
            set.push("character_set_collations = ''");
        }
        Flavor::MySql if dialect.version() >= Version::new(8, 0, 11) => {
            set.push("explicit_defaults_for_timestamp = ON");
        }
        Flavor::MariaDb if dialect.version() >= Version::new(10, 8, 0) => {
            set.push("explicit_defaults_for_timestamp = ON");
        }
        _ => {}
    }
    let more: String = set.iter().map(|one| format!(", SESSION {one}")).collect();
    Statement::new(format!("SET NAMES utf8mb4{more}"))
}

/// Lets definitions from a source that leaves the collation of utf8mb4 unsaid mean what they mean there; `None` where
/// both servers mean the same by it.
pub(crate) fn mean_as_source(source: Dialect, target: Dialect) -> Option<Statement> {
    let old = source.flavor() == Flavor::MySql && source.version() < Version::new(8, 0, 1);
    let new = target.flavor() == Flavor::MySql && target.version() >= Version::new(8, 0, 11);
    (old && new).then(|| Statement::new("SET SESSION default_collation_for_utf8mb4 = utf8mb4_general_ci"))
}

/// Makes a loader store generated numbers, warnings and the past exactly as they are sent.
pub(crate) fn load_exactly(dialect: Dialect) -> Statement {
    let mut set = vec![
        "auto_increment_increment = 1",
        "auto_increment_offset = 1",
        "max_error_count = 65535",
        "lock_wait_timeout = 600",
        "innodb_lock_wait_timeout = 600",
    ];
    if dialect.can_insert_history() {
        set.push("system_versioning_insert_history = ON");
    }
    Statement::new(format!("SET SESSION {}", set.join(", SESSION ")))
}

/// Lets a loader lock the rows that it stores or deletes and no room between them: another one works beside it.
pub(crate) fn lock_rows_only() -> Statement {
    Statement::new("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_old_source_of_a_new_target_needs_its_own_default_collation() {
        let mysql = |major, minor, patch| Dialect::new(Flavor::MySql, Version::new(major, minor, patch));
        assert!(mean_as_source(mysql(5, 7, 44), mysql(8, 0, 36)).is_some());
        assert!(mean_as_source(mysql(5, 7, 44), mysql(5, 7, 44)).is_none());
        assert!(mean_as_source(mysql(8, 0, 36), mysql(9, 7, 0)).is_none());
    }
}
