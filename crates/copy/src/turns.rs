use crate::Table;
use dbha_sql::DataSession;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Whose turn it is to store rows in one table.
///
/// Where two sessions in one table hinder each other ([`dbha_sql::Dialect::splits_pages_alone`]), all workers but one store rows
/// at a time, and the one proves its range meanwhile.
#[derive(Clone)]
pub(crate) struct Turns {
    at_once: usize,
    of_tables: Arc<Mutex<HashMap<TableName, Arc<Semaphore>>>>,
}

type TableName = (String, String);

/// Lasts as long as it is held.
pub(crate) struct Turn(#[expect(dead_code, reason = "held, never looked at")] Option<OwnedSemaphorePermit>);

impl Turns {
    /// Shares the tables of a target between the sessions that fill it.
    pub(crate) fn between(loaders: &[DataSession]) -> Self {
        let alone = |loader: &DataSession| loader.dialect().splits_pages_alone();
        let at_once = match loaders.first().is_some_and(alone) {
            true => loaders.len() - 1,
            false => loaders.len(),
        };
        Self {
            at_once: at_once.max(1),
            of_tables: Arc::default(),
        }
    }

    /// Waits until a worker may store rows in a table.
    ///
    /// Taken before the lane for huge rows: who holds that lane must not wait for whoever needs it next.
    pub(crate) async fn take(&self, table: &Table) -> Turn {
        let turns = {
            let mut of_tables = self.of_tables.lock().unwrap_or_else(PoisonError::into_inner);
            let name = (table.schema.clone(), table.name.clone());
            let fresh = || Arc::new(Semaphore::new(self.at_once));
            of_tables.entry(name).or_insert_with(fresh).clone()
        };
        // Never closed; were it, workers would only meet.
        Turn(turns.acquire_owned().await.ok())
    }
}
