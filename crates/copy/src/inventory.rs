mod take;

use crate::{Object, ObjectKind, Table, Uncopyable, uncopyable};
use dbha_sql::{DBHA_SCHEMA, Dialect};
use serde::{Deserialize, Serialize};

/// Everything on a server that belongs to its users.
///
/// Never the system's schemas, and never the tables `dbha.claim` and `dbha.copied_range`, which belong to one server
/// alone. Accounts are judged apart from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// What the server understands.
    pub dialect: Dialect,
    /// Names of the schemas.
    pub schemas: Vec<String>,
    /// Tables that hold rows.
    pub tables: Vec<Table>,
    /// Sequences, views, routines, triggers and events; triggers in the order in which they fire.
    pub objects: Vec<Object>,
}

impl Inventory {
    /// Sums the estimated rows of all tables.
    pub fn total_rows_estimate(&self) -> u64 {
        self.tables
            .iter()
            .fold(0, |sum: u64, table| sum.saturating_add(table.rows_estimate))
    }

    /// Sums the estimated bytes of all tables, indexes included.
    pub fn total_bytes_estimate(&self) -> u64 {
        self.tables
            .iter()
            .fold(0, |sum: u64, table| sum.saturating_add(table.bytes_estimate))
    }

    /// Lists what a copy cannot carry; [`crate::copy`] refuses to begin while there is any.
    pub fn objects_that_cannot_be_copied(&self) -> Vec<Uncopyable> {
        self.tables
            .iter()
            .filter_map(|table| uncopyable::judge(table, self.dialect))
            .collect()
    }

    /// Returns the tables without a primary key: a row-based replica searches them row by row.
    pub fn tables_without_primary_key(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|table| table.primary_key.is_empty())
    }

    /// Returns the tables whose engine keeps no snapshot: they are copied while the source is locked.
    pub fn tables_without_snapshot(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|table| !table.transactional)
    }

    /// Tells whether there is nothing but what dbha keeps in its own schema.
    pub fn is_empty(&self) -> bool {
        let own = |schema: &str| schema == DBHA_SCHEMA;
        self.schemas.iter().all(|schema| own(schema))
    }

    /// Finds a table by its name.
    pub(crate) fn table(&self, schema: &str, name: &str) -> Option<&Table> {
        let is = |table: &&Table| table.schema == schema && table.name == name;
        self.tables.iter().find(is)
    }

    /// Returns the objects of one kind.
    pub fn objects_of(&self, kind: ObjectKind) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |object| object.kind == kind)
    }
}
