use crate::Table;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

/// Tables of which dbha adds up something else than their source says: each of their ranges is left to the servers.
#[derive(Clone, Default)]
pub(crate) struct Doubts(Arc<Mutex<HashSet<(String, String)>>>);

impl Doubts {
    /// Tells whether a table is one of them.
    pub(crate) fn of(&self, table: &Table) -> bool {
        let doubted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        doubted.contains(&name_of(table))
    }

    /// Adds a table.
    pub(crate) fn note(&self, table: &Table) {
        let mut doubted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if doubted.insert(name_of(table)) {
            tracing::warn!(table = %table.shown(), "what was read and what its source says differ: it is read twice");
        }
    }
}

fn name_of(table: &Table) -> (String, String) {
    (table.schema.clone(), table.name.clone())
}
