use crate::AccountChange;
use dbha_sql::GtidSet;
use serde::Serialize;
use std::time::Duration;

/// What a finished copy brought, and the proof of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopyReport {
    /// Position of the source at which the copy was taken: the target has exactly this.
    pub position: GtidSet,
    /// File and offset of the source's binary log at the same moment; `None` where it is off.
    pub coordinates: Option<(String, u64)>,
    /// How long commits on the source were held up.
    pub lock_held: Duration,
    /// Every table with its proof.
    pub tables: Vec<TableReport>,
    /// Rows in all.
    pub rows: u64,
    /// Bytes of values in all.
    pub bytes: u64,
    /// Time from the first connection to the last check.
    pub took: Duration,
    /// What became of accounts that were not equal.
    pub accounts: Vec<AccountChange>,
    /// What the caller's user should read: notes of DDL, grants on tables that are gone …
    pub warnings: Vec<String>,
}

/// One copied table with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub table: String,
    /// Rows, counted on both sides.
    pub rows: u64,
    /// Rows among them that an earlier run had stored, and that were proven anew.
    pub kept: u64,
    /// Bytes of values that were sent.
    pub bytes: u64,
    /// Checksum that both sides agree on.
    pub checksum: String,
}
