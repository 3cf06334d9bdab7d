//! The statements of faults; every other one is dbha's own.

use dbha_sql::{Statement, quote_literal};

/// Begins a new binary log.
pub(super) fn new_binary_log() -> Statement {
    Statement::new("FLUSH BINARY LOGS")
}

/// Throws away the binary logs before one of them.
pub(super) fn purge_binary_logs_before(log: &str) -> Statement {
    Statement::new(format!("PURGE BINARY LOGS TO {}", quote_literal(log)))
}
