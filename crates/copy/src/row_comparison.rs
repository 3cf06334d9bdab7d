use crate::{
    CopyError, CopyProgress, Table,
    checksum::both_sides,
    difference::TableDifference,
    narrowing::Narrowing,
    piece::Piece,
    reader,
    schedule::{Next, Schedule, Tally},
    tables::WaitingTable,
};
use dbha_sql::DataSession;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinSet};

/// Shortest time between two pieces of news from one worker.
const NEWS_EVERY: Duration = Duration::from_millis(100);

/// How often a range is tried again while a table's definition is being changed; each wait is a second.
const MOST_WAITS: u32 = 10;

/// Two sessions that see the rows of one position, each on its server.
pub(crate) struct SnapshotPair {
    /// On the primary.
    pub(crate) primary: DataSession,
    /// On the secondary.
    pub(crate) secondary: DataSession,
}

/// How rows are compared.
#[derive(Clone)]
pub(crate) struct RowTerms {
    /// Bytes of rows that are compared by one checksum, where the table has a key.
    pub(crate) range_bytes: u64,
    /// Rows of each table that are named.
    pub(crate) limit: usize,
    /// Where news go.
    pub(crate) news: mpsc::Sender<CopyProgress>,
}

/// What is known of the rows of all tables.
#[derive(Default)]
pub(crate) struct RowFindings {
    /// Rows on the primary.
    pub(crate) rows: u64,
    /// What is known of each table that was begun, by schema and name.
    tables: BTreeMap<(String, String), TableState>,
}

#[derive(Default)]
struct TableState {
    difference: TableDifference,
    differs: bool,
    changed: bool,
}

impl RowFindings {
    /// Returns the tables whose rows are not the same, and those that were changed while they were compared.
    pub(crate) fn into_tables(self) -> (Vec<TableDifference>, Vec<(String, String)>) {
        let (mut differing, mut changed) = (vec![], vec![]);
        for (name, state) in self.tables {
            match (state.changed, state.differs) {
                (true, _) => changed.push(name),
                (false, true) => differing.push(state.difference),
                (false, false) => {}
            }
        }
        (differing, changed)
    }

    fn of(&mut self, table: &Table) -> &mut TableState {
        let name = (table.schema.clone(), table.name.clone());
        self.tables.entry(name).or_insert_with(|| TableState {
            difference: TableDifference {
                schema: table.schema.clone(),
                table: table.name.clone(),
                ..TableDifference::default()
            },
            ..TableState::default()
        })
    }
}

/// Compares the rows of all tables with all pairs at once, the largest table first, and hands the pairs back.
pub(crate) async fn compare_rows(
    pairs: Vec<SnapshotPair>,
    tables: Vec<Table>,
    terms: &RowTerms,
) -> Result<(Vec<SnapshotPair>, RowFindings), CopyError> {
    let waiting = |table: Table| WaitingTable {
        table: Arc::new(table),
        later: None,
        kept: None,
        counter: None,
    };
    let tables: Vec<WaitingTable> = tables.into_iter().map(waiting).collect();
    let schedule = Arc::new(Mutex::new(Schedule::new(tables, terms.range_bytes)));
    let found = Arc::new(Mutex::new(RowFindings::default()));
    let mut running = JoinSet::new();
    for pair in pairs {
        let worker = Worker {
            pair,
            schedule: schedule.clone(),
            found: found.clone(),
            terms: terms.clone(),
            told: Instant::now(),
        };
        running.spawn(worker.work());
    }
    let mut pairs = vec![];
    while let Some(ended) = running.join_next().await {
        // Only a panic inside ends a worker otherwise; the first error drops, and so ends, all others.
        pairs.push(ended.map_err(|_| CopyError::Cancelled)??);
    }
    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((pairs, std::mem::take(&mut *found)))
}

struct Worker {
    pair: SnapshotPair,
    schedule: Arc<Mutex<Schedule>>,
    found: Arc<Mutex<RowFindings>>,
    terms: RowTerms,
    told: Instant,
}

impl Worker {
    async fn work(mut self) -> Result<SnapshotPair, CopyError> {
        loop {
            let next = self.schedule().next();
            match next {
                Next::Piece(id) => self.compare_piece(id).await?,
                Next::Split(split) => {
                    let table = split.piece.table.clone();
                    let dialect = self.pair.secondary.dialect();
                    reader::enter(&mut self.pair.primary, &table).await?;
                    let at = reader::find(&mut self.pair.primary, &split.piece, dialect, split.rows).await;
                    reader::leave(&mut self.pair.primary, &table).await?;
                    // A table that was changed is noticed by whoever compares it.
                    let at = match at {
                        Err(error) if error.is_about_ddl() => None,
                        at => at?,
                    };
                    let second = self.schedule().split(&split, at);
                    if let Some(id) = second {
                        self.compare_piece(id).await?;
                    }
                }
                Next::Nothing => return Ok(self.pair),
            }
        }
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self) -> MutexGuard<'_, RowFindings> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compares a piece range by range; both servers' locks on the table are given back after each, so that DDL that
    /// comes by replication never waits for long.
    async fn compare_piece(&mut self, id: u64) -> Result<(), CopyError> {
        let Some((waiting, _)) = self.schedule().table_of(id) else {
            return Ok(());
        };
        let table = waiting.table.clone();
        self.tell_started(&table).await;
        let mut waits = 0;
        loop {
            let Some(range) = self.schedule().reserve(id) else {
                break;
            };
            reader::enter(&mut self.pair.primary, &table).await?;
            reader::enter(&mut self.pair.secondary, &table).await?;
            let compared = self.compare_range(&range.piece, range.rows).await;
            reader::leave(&mut self.pair.primary, &table).await?;
            reader::leave(&mut self.pair.secondary, &table).await?;
            let (rows, end) = match compared {
                // Its locks are free now, so whoever changes the table gets on: a wait for it on one server while the
                // other's lock was held would have had no end.
                Err(error) if error.is_lock_wait() && waits < MOST_WAITS => {
                    waits += 1;
                    continue;
                }
                Err(error) if error.is_about_ddl() => {
                    self.found().of(&table).changed = true;
                    break;
                }
                compared => compared?,
            };
            // As the server estimates them: nobody reads the values themselves.
            let bytes = rows.saturating_mul(table.bytes_estimate / table.rows_estimate.max(1));
            let tally = Tally {
                rows,
                bytes,
                ..Tally::default()
            };
            self.schedule().advance(id, tally, end.clone());
            self.tell_rows(id, &table);
            if end.is_none() {
                break;
            }
        }
        let last = self.schedule().finish(id);
        if let Some((_, done)) = last {
            let news = CopyProgress::TableFinished {
                schema: table.schema.clone(),
                table: table.name.clone(),
                rows: done.rows,
                bytes: done.bytes,
            };
            let _ = self.terms.news.send(news).await;
        }
        Ok(())
    }

    /// Compares the next rows of a piece; returns how many the primary has of them, and where the piece goes on.
    async fn compare_range(
        &mut self,
        rest: &Piece,
        most: u64,
    ) -> Result<(u64, Option<crate::range_key::Bound>), CopyError> {
        let SnapshotPair { primary, secondary } = &mut self.pair;
        let target = secondary.dialect();
        // The key of the last row; behind it the next range begins, so that no place of the key is left out, whoever
        // has rows there.
        let end = reader::find(primary, rest, target, most.saturating_sub(1)).await?;
        let piece = rest.between(rest.after.clone(), end.clone().or_else(|| rest.through.clone()));
        let (there, here) = both_sides(primary, secondary, &piece).await?;
        let mut narrowing = None;
        if there != here && piece.key.is_some() {
            let named = self.found().of(&piece.table).difference.named.len();
            let mut narrow = Narrowing::new(&mut self.pair, self.terms.limit.saturating_sub(named));
            narrow.narrow(&piece, (there, here)).await?;
            narrowing = Some(narrow.into_counted());
        }
        let mut found = self.found();
        found.rows += there.rows;
        let limit = self.terms.limit;
        let state = found.of(&piece.table);
        state.differs |= there != here;
        state.difference.rows_on_primary += there.rows;
        state.difference.rows_on_secondary += here.rows;
        state.difference.has_key = piece.key.is_some();
        if let Some(counted) = narrowing {
            counted.add_to(&mut state.difference, limit);
        }
        Ok((there.rows, end))
    }

    async fn tell_started(&self, table: &Table) {
        // News that nobody reads any more must not stop a comparison.
        let news = CopyProgress::TableStarted {
            schema: table.schema.clone(),
            table: table.name.clone(),
            rows_estimate: table.rows_estimate,
            bytes_estimate: table.bytes_estimate,
            // No key is built.
            key_bytes_estimate: 0,
        };
        let _ = self.terms.news.send(news).await;
    }

    fn tell_rows(&mut self, id: u64, table: &Table) {
        if self.told.elapsed() < NEWS_EVERY {
            return;
        }
        self.told = Instant::now();
        let done = self.schedule().table_of(id).map(|(_, done)| done);
        let done = done.unwrap_or_default();
        let _ = self.terms.news.try_send(CopyProgress::TableRows {
            schema: table.schema.clone(),
            table: table.name.clone(),
            rows: done.rows,
            bytes: done.bytes,
        });
    }
}
