use crate::{ObjectKind, statements::rows};
use dbha_sql::{Statement, quote_identifier};

/// Reads what [`unlogged_and_unchecked`] is about to change: columns `log`, `checks`.
pub(crate) fn session_state() -> Statement {
    Statement::new("SELECT @@session.sql_log_bin AS log, @@session.foreign_key_checks AS checks")
}

/// Keeps what follows out of the binary log and lets tables go in any order, or sets back what was.
pub(crate) fn unlogged_and_unchecked(log: bool, checks: bool) -> Statement {
    Statement::new(format!(
        "SET SESSION sql_log_bin = {}, SESSION foreign_key_checks = {}",
        u8::from(log),
        u8::from(checks)
    ))
}

/// Drops a schema with everything in it.
pub(crate) fn drop_schema(name: &str) -> Statement {
    Statement::new(format!("DROP DATABASE IF EXISTS {}", quote_identifier(name)))
}

/// Drops one table.
pub(crate) fn drop_table(schema: &str, name: &str) -> Statement {
    Statement::new(format!("DROP TABLE IF EXISTS {}", rows::name_of(schema, name)))
}

/// Drops one stored object.
pub(crate) fn drop_object(kind: ObjectKind, schema: &str, name: &str) -> Statement {
    let word = match kind {
        ObjectKind::Sequence => "SEQUENCE",
        ObjectKind::Procedure => "PROCEDURE",
        ObjectKind::Function => "FUNCTION",
        ObjectKind::Package => "PACKAGE",
        ObjectKind::PackageBody => "PACKAGE BODY",
        ObjectKind::View => "VIEW",
        ObjectKind::Trigger => "TRIGGER",
        ObjectKind::Event => "EVENT",
    };
    Statement::new(format!("DROP {word} IF EXISTS {}", rows::name_of(schema, name)))
}
