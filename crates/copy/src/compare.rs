//! Whether a server that was filled by others holds exactly what another one holds.

use crate::{
    CopyError, CopyOptions, Inventory, ObjectKind, Table,
    check::{check_definitions, check_lists},
    checksum::prove,
    definitions::Definitions,
    picture::Picture,
    piece::Piece,
    sessions::{Guard, Sessions, Side},
    snapshot::{Snapshot, sequence_position},
};
use dbha_sql::{DBHA_SCHEMA, DataSession, Endpoint, GtidSet, Session, SessionProfile};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::task::JoinSet;

/// Tables that nobody has compared yet.
type Queue = Arc<Mutex<VecDeque<Table>>>;

/// A consistent picture of one server that another one is to be compared with; nothing is changed on either.
pub struct Comparison {
    sessions: Sessions,
    guard: Guard,
    snapshot: Snapshot,
    picture: Picture,
    lock_held: Duration,
}

/// What was compared and found equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Position of the source at which both are equal.
    pub position: GtidSet,
    /// Tables.
    pub tables: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// How long commits on the source were held up.
    pub lock_held: Duration,
}

impl Comparison {
    /// Takes the picture of the source; its writers wait for no longer than that.
    ///
    /// Dropped before its end, it ends every session that it opened.
    pub async fn begin(
        source: &Endpoint,
        target: &Endpoint,
        options: &CopyOptions,
    ) -> Result<Self, CopyError> {
        let sessions = Sessions::new(source, target);
        sessions.end_all().await;
        let guard = sessions.guard();
        let mut snapshot = Snapshot::take(&sessions, options).await?;
        let tables: Vec<String> = snapshot
            .inventory
            .tables_without_snapshot()
            .map(Table::shown)
            .collect();
        if !tables.is_empty() {
            return Err(CopyError::NoSnapshotOf(tables));
        }
        let lock_held = snapshot.release().await?;
        Ok(Self {
            sessions,
            guard,
            picture: Picture::out_of(&mut snapshot),
            snapshot,
            lock_held,
        })
    }

    /// Returns file and offset of the source's binary log up to which the picture goes.
    pub fn coordinates(&self) -> Option<&(String, u64)> {
        self.snapshot.coordinates.as_ref()
    }

    /// Returns the transactions that are in the picture.
    pub fn position(&self) -> &GtidSet {
        &self.snapshot.position
    }

    /// Compares definitions and all rows; the target must stand at the coordinates and must not move.
    ///
    /// Fails with [`CopyError::NotEqual`] and everything that differs.
    pub async fn run(mut self) -> Result<Compared, CopyError> {
        let mut there = self.sessions.open(Side::Target, SessionProfile::Reader).await?;
        let have = Inventory::take(&mut there).await?;
        let mut differences = missing_and_extra(&self.snapshot.inventory, &have);
        if differences.is_empty() {
            differences.extend(self.definitions(&have, &mut there).await?);
        }
        let mut rows = 0;
        if differences.is_empty() {
            differences = self.sequences(&mut there).await?;
            let (counted, found) = self.rows(&there).await?;
            rows = counted;
            differences.extend(found);
        }
        if !differences.is_empty() {
            self.guard.clean().await;
            return Err(CopyError::NotEqual(differences));
        }
        there.close().await;
        let compared = Compared {
            position: self.snapshot.position.clone(),
            tables: self.snapshot.inventory.tables.len() as u64,
            rows,
            lock_held: self.lock_held,
        };
        self.snapshot.finish().await?;
        self.guard.disarm();
        Ok(compared)
    }

    async fn definitions(&self, have: &Inventory, there: &mut Session) -> Result<Vec<String>, CopyError> {
        let source = &self.snapshot.inventory;
        let mut result = check_lists(&self.picture, have);
        let same_series = source.dialect.version().same_series(have.dialect.version());
        if result.is_ok() && same_series {
            let definitions = Definitions::read(there, have).await?;
            result = check_definitions(&self.picture.definitions, &definitions);
        }
        match result {
            Ok(()) => Ok(vec![]),
            Err(CopyError::DefinitionDiffers { what, difference }) => {
                Ok(vec![format!("{what}: its definition differs: {difference}")])
            }
            Err(other) => Err(other),
        }
    }

    async fn sequences(&mut self, there: &mut Session) -> Result<Vec<String>, CopyError> {
        let mut differences = vec![];
        let sequences = self.snapshot.inventory.objects_of(ObjectKind::Sequence);
        for (sequence, wanted) in sequences.zip(&self.picture.sequences) {
            let have = sequence_position(there, &sequence.schema, &sequence.name).await?;
            if have != *wanted {
                differences.push(format!(
                    "{}: next is {} on the source and {} on the target",
                    sequence.shown(),
                    wanted.0,
                    have.0
                ));
            }
        }
        Ok(differences)
    }

    /// Compares all tables with all readers at once, the largest first.
    async fn rows(&mut self, there: &Session) -> Result<(u64, Vec<String>), CopyError> {
        let mut tables = self.snapshot.inventory.tables.clone();
        tables.sort_by_key(|table| std::cmp::Reverse(table.bytes_estimate));
        let queue: Queue = Arc::new(Mutex::new(tables.into()));
        let mut running = JoinSet::new();
        for reader in std::mem::take(&mut self.snapshot.readers) {
            let target = self.sessions.open_data(there, SessionProfile::Reader).await?;
            running.spawn(compare_tables(reader, target, queue.clone()));
        }
        let (mut rows, mut differences) = (0, vec![]);
        while let Some(ended) = running.join_next().await {
            // Only a panic inside ends a worker otherwise.
            let (reader, counted, found) = ended.map_err(|_| CopyError::Cancelled)??;
            self.snapshot.readers.push(reader);
            rows += counted;
            differences.extend(found);
        }
        let identities = self.snapshot.identities.clone();
        identities.check_rest(&mut self.snapshot.present, &[]).await?;
        differences.sort();
        Ok((rows, differences))
    }
}

async fn compare_tables(
    mut reader: DataSession,
    mut target: DataSession,
    queue: Queue,
) -> Result<(DataSession, u64, Vec<String>), CopyError> {
    let (mut rows, mut differences) = (0, vec![]);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    while let Some(table) = next() {
        match prove(&mut reader, &mut target, &Piece::whole(Arc::new(table))).await {
            Ok(proof) => rows += proof.rows,
            Err(CopyError::Mismatch {
                table,
                source_side,
                target_side,
            }) => differences.push(format!(
                "{table}: {source_side} on the source, {target_side} on the target"
            )),
            Err(other) => return Err(other),
        }
    }
    target.close().await;
    Ok((reader, rows, differences))
}

/// Lists what only one of the two has; dbha's own schema is no part of the data.
fn missing_and_extra(source: &Inventory, target: &Inventory) -> Vec<String> {
    let (here, there) = (names(source), names(target));
    let missing = here
        .difference(&there)
        .map(|name| format!("{name} is on the source only"));
    let extra = there
        .difference(&here)
        .map(|name| format!("{name} is on the target only"));
    missing.chain(extra).collect()
}

fn names(inventory: &Inventory) -> BTreeSet<String> {
    let schemas = inventory
        .schemas
        .iter()
        .map(|name| (name, format!("schema {name}")));
    let tables = inventory
        .tables
        .iter()
        .map(|table| (&table.schema, format!("table {}", table.shown())));
    let objects = inventory
        .objects
        .iter()
        .map(|object| (&object.schema, object.shown()));
    schemas
        .chain(tables)
        .chain(objects)
        .filter(|(schema, _)| *schema != DBHA_SCHEMA)
        .map(|(_, name)| name)
        .collect()
}
