//! What a comparison of a running pair found.

use crate::event::millis;
use dbha_copy::{DefinitionDifference, Difference, Findings, NotCompared, TableDifference};
use serde::Serialize;
use std::time::Duration;

/// How a running pair is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyOptions {
    /// Pairs of sessions that compare at the same time.
    pub workers: usize,
    /// Longest wait for the lock on the primary; its writers never wait for longer at a time.
    pub lock_wait: Duration,
    /// How long the secondary may take to come to the primary's position: once without a lock, and then in all tries
    /// together while commits wait.
    pub wait: Duration,
    /// Rows of each table that are named; all are counted.
    pub limit: usize,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            workers: 2,
            lock_wait: Duration::from_secs(10),
            wait: Duration::from_secs(5),
            limit: 100,
        }
    }
}

/// What a comparison of a running pair found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verified {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Name of the pair.
    pub pair: String,
    /// Names of primary and secondary.
    pub servers: [String; 2],
    /// Whether nothing differs of all that was compared.
    pub equal: bool,
    /// The GTID position at which both were compared.
    pub position: String,
    /// Transactions that the secondary alone has and that reach the primary by no link.
    pub errant: Option<String>,
    /// Tables whose rows were compared.
    pub tables: u64,
    /// Rows of these tables on the primary.
    pub rows: u64,
    /// Milliseconds that commits on the primary waited in all.
    pub lock_held_ms: f64,
    /// Milliseconds that the whole took.
    pub took_ms: u64,
    /// What is not defined alike: schemas, tables, views, routines, triggers, events, sequences.
    pub definitions: Vec<DefinitionDifference>,
    /// Tables whose rows are not the same, with the numbers of all such rows.
    pub differing_tables: Vec<TableDifference>,
    /// The first of these rows of each table.
    pub differences: Vec<Difference>,
    /// How many rows are not the same in all tables that have a key.
    pub differences_total: u64,
    /// Rows of each table that are named at most.
    pub limit: usize,
    /// What was not compared, and why.
    pub not_compared: Vec<NotCompared>,
    /// Accounts that are not alike; they are no data and do not count.
    pub accounts: Vec<DefinitionDifference>,
}

impl Verified {
    pub(crate) fn of(
        pair: &str,
        servers: [String; 2],
        limit: usize,
        mut found: Findings,
        took: Duration,
    ) -> Self {
        let equal = found.are_equal();
        let named = found
            .differing
            .iter_mut()
            .map(|table| std::mem::take(&mut table.named));
        let differences: Vec<Difference> = named.flatten().collect();
        Self {
            schema_version: 1,
            pair: pair.to_owned(),
            servers,
            equal,
            position: found.position.to_string(),
            errant: (!found.errant.is_empty()).then(|| found.errant.to_string()),
            tables: found.tables,
            rows: found.rows,
            lock_held_ms: (found.lock_held.as_secs_f64() * 1e4).round() / 10.0,
            took_ms: millis(took),
            definitions: found.definitions,
            differences_total: found.differing.iter().map(TableDifference::rows).sum(),
            differing_tables: found.differing,
            differences,
            limit,
            not_compared: found.not_compared,
            accounts: found.accounts,
        }
    }

    /// Returns the exit code that the outside contract gives to this result.
    pub fn exit_code(&self) -> u8 {
        match self.equal {
            true => 0,
            false => 5,
        }
    }
}
