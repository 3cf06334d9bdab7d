use crate::{
    CopyError, CopyProgress, Table, TableReport,
    loader::Loaded,
    piece::Piece,
    pipe::Pair,
    range_key::Bound,
    reader,
    schedule::{self, Next, Range, Schedule, Tally},
    sink::{Poured, Sink},
    statements,
    tables::WaitingTable,
};
use dbha_sql::{DataSession, Parameter};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinSet};

/// Shortest time between two pieces of news from one worker.
const NEWS_EVERY: Duration = Duration::from_millis(100);

/// Copies tables with all pairs at once and hands the pairs back.
///
/// Each pair takes a table or a part of one, pours it range by range, proves each range, and takes the next; whoever
/// ends a table builds its keys. There is no point at which all wait for one.
pub(crate) async fn copy_tables<S: Sink>(
    pairs: Vec<Pair<S>>,
    tables: Vec<WaitingTable>,
    range_bytes: u64,
    news: &mpsc::Sender<CopyProgress>,
) -> Result<(Vec<Pair<S>>, Vec<TableReport>), CopyError> {
    let schedule = Arc::new(Mutex::new(Schedule::new(tables, range_bytes)));
    let mut running = JoinSet::new();
    for pair in pairs {
        let worker = Worker {
            pair,
            schedule: schedule.clone(),
            news: news.clone(),
            told: Instant::now(),
            reports: vec![],
        };
        running.spawn(worker.work());
    }
    let (mut pairs, mut reports) = (vec![], vec![]);
    while let Some(ended) = running.join_next().await {
        // Only a panic inside ends a worker otherwise; the first error drops, and so ends, all others.
        let (pair, mut done) = ended.map_err(|_| CopyError::Cancelled)??;
        pairs.push(pair);
        reports.append(&mut done);
    }
    Ok((pairs, reports))
}

struct Worker<S> {
    pair: Pair<S>,
    schedule: Arc<Mutex<Schedule>>,
    news: mpsc::Sender<CopyProgress>,
    told: Instant,
    reports: Vec<TableReport>,
}

impl<S: Sink> Worker<S> {
    async fn work(mut self) -> Result<(Pair<S>, Vec<TableReport>), CopyError> {
        loop {
            let next = self.schedule().next();
            match next {
                Next::Piece(id) => self.copy_piece(id).await?,
                Next::Split(split) => {
                    let table = split.piece.table.clone();
                    reader::enter(&mut self.pair.reader, &table).await?;
                    let target = self.pair.sink.dialect();
                    let found = reader::find(&mut self.pair.reader, &split.piece, target, split.rows).await;
                    reader::leave(&mut self.pair.reader, &table).await?;
                    let second = self.schedule().split(&split, found?);
                    if let Some(id) = second {
                        self.copy_piece(id).await?;
                    }
                }
                Next::Nothing => return Ok((self.pair, self.reports)),
            }
        }
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell(&self, news: CopyProgress) {
        // News that nobody reads any more must not stop a copy.
        let _ = self.news.send(news).await;
    }

    async fn copy_piece(&mut self, id: u64) -> Result<(), CopyError> {
        let Some((waiting, _)) = self.schedule().table_of(id) else {
            return Ok(());
        };
        let copied = self.copy_piece_of(id, &waiting).await;
        match copied {
            // Notes that lie are forgotten, and the next try copies the whole table.
            Err(error) if waiting.kept.is_some() && error.is_of_other_rows() => {
                self.pair.sink.disown(&waiting.table).await?;
                Err(CopyError::NotAsNoted {
                    table: waiting.table.shown(),
                })
            }
            copied => copied,
        }
    }

    async fn copy_piece_of(&mut self, id: u64, waiting: &WaitingTable) -> Result<(), CopyError> {
        let table = waiting.table.clone();
        self.tell(CopyProgress::TableStarted {
            schema: table.schema.clone(),
            table: table.name.clone(),
            rows_estimate: table.rows_estimate,
            bytes_estimate: table.bytes_estimate,
            key_bytes_estimate: table.key_bytes_estimate,
        })
        .await;
        reader::enter(&mut self.pair.reader, &table).await?;
        if !self.keep(id).await? {
            self.copy_rest(id, waiting).await?;
        }
        let identities = self.pair.identities.clone();
        identities.check_one(&mut self.pair.reader, &table).await?;
        reader::leave(&mut self.pair.reader, &table).await?;
        let last = self.schedule().finish(id);
        match last {
            Some((waiting, done)) => self.finish_table(&waiting, done).await,
            None => Ok(()),
        }
    }

    /// Keeps a piece that an earlier run has stored, if it is what the snapshot shows; false where it is to be copied.
    async fn keep(&mut self, id: u64) -> Result<bool, CopyError> {
        let kept = self.schedule().kept(id);
        let Some((piece, noted)) = kept else {
            return Ok(false);
        };
        let Pair { reader, sink, .. } = &mut self.pair;
        let Some(proof) = sink.holds(reader, &piece).await? else {
            sink.empty(&piece, &noted).await?;
            return Ok(false);
        };
        let done = Tally {
            rows: proof.rows,
            bytes: noted.bytes,
            sum: proof.sum,
            kept: proof.rows,
            ranges: 1,
        };
        self.schedule().advance(id, done, None);
        Ok(true)
    }

    /// Copies a piece, range by range.
    async fn copy_rest(&mut self, id: u64, waiting: &WaitingTable) -> Result<(), CopyError> {
        let types = self.types_of(waiting).await?;
        loop {
            let Some(range) = self.schedule().reserve(id) else {
                return Ok(());
            };
            let (done, end) = self.copy_range(id, &range, &types).await?;
            self.schedule().advance(id, done, end.clone());
            if end.is_none() {
                return Ok(());
            }
        }
    }

    /// Asks the source of which types the rows will be.
    async fn types_of(&mut self, waiting: &WaitingTable) -> Result<Vec<Parameter>, CopyError> {
        let whole = Piece::whole(waiting.table.clone());
        let statement = statements::ranges::read(&whole, self.pair.sink.dialect(), 1);
        let shown = waiting.table.shown();
        let prepared = self.pair.reader.prepare(&statement).await;
        let prepared = prepared.map_err(CopyError::reading(&shown))?;
        let types = prepared.columns().to_vec();
        let forgotten = self.pair.reader.forget(prepared).await;
        forgotten.map_err(CopyError::reading(&shown))?;
        Ok(types)
    }

    /// Copies one range and proves it; the second half of the answer is its last key, where the piece goes on.
    async fn copy_range(
        &mut self,
        id: u64,
        range: &Range,
        types: &[Parameter],
    ) -> Result<(Tally, Option<Bound>), CopyError> {
        let (schema, name) = (range.piece.table.schema.clone(), range.piece.table.name.clone());
        let before = self
            .schedule()
            .table_of(id)
            .map(|(_, done)| done)
            .unwrap_or_default();
        let (news, told) = (self.news.clone(), &mut self.told);
        let tell = |loaded: Loaded| {
            if told.elapsed() >= NEWS_EVERY {
                *told = Instant::now();
                let _ = news.try_send(CopyProgress::TableRows {
                    schema: schema.clone(),
                    table: name.clone(),
                    rows: before.rows + loaded.rows,
                    bytes: before.bytes + loaded.bytes,
                });
            }
        };
        let Pair { reader, sink, .. } = &mut self.pair;
        let (walked, loaded) = sink.pour(reader, range, types, tell).await?;
        let read = walked.proof();
        let goes_on = walked.last.filter(|_| walked.rows >= range.rows);
        let through = goes_on.clone().or_else(|| range.piece.through.clone());
        let piece = range.piece.between(range.piece.after.clone(), through);
        let Pair { reader, sink, .. } = &mut self.pair;
        let poured = Poured {
            piece,
            place: range.place,
            bytes: loaded.bytes,
            first: range.first,
            read,
        };
        let proof = sink.prove(reader, &poured).await?;
        if proof.rows != loaded.rows || proof.rows != walked.rows {
            return Err(CopyError::RowsLost {
                table: poured.piece.shown(),
                sent: walked.rows,
                stored: proof.rows,
            });
        }
        let done = Tally {
            rows: loaded.rows,
            bytes: loaded.bytes,
            sum: proof.sum,
            kept: 0,
            ranges: 1,
        };
        Ok((done, goes_on))
    }

    async fn finish_table(&mut self, waiting: &WaitingTable, done: Tally) -> Result<(), CopyError> {
        if waiting.kept.is_some() {
            self.prove_whole(waiting, done).await?;
        }
        self.add_keys(waiting, done).await?;
        self.tell(CopyProgress::TableFinished {
            schema: waiting.table.schema.clone(),
            table: waiting.table.name.clone(),
            rows: done.rows,
            bytes: done.bytes,
        })
        .await;
        self.reports.push(schedule::report(waiting, done));
        Ok(())
    }

    /// Proves a table as a whole whose ranges are of more than one run: what was noted says which ranges there are, and
    /// must not be believed to leave none out.
    async fn prove_whole(&mut self, waiting: &WaitingTable, done: Tally) -> Result<(), CopyError> {
        let whole = Piece::whole(waiting.table.clone());
        let Pair { reader, sink, .. } = &mut self.pair;
        let proof = sink.holds(reader, &whole).await?;
        match proof.filter(|proof| proof.rows == done.rows) {
            Some(_) => Ok(()),
            None => Err(CopyError::RowsLost {
                table: whole.shown(),
                sent: done.rows,
                stored: proof.map_or(0, |proof| proof.rows),
            }),
        }
    }

    /// Builds the keys of a table; meanwhile its rows are counted in the snapshot.
    async fn add_keys(&mut self, waiting: &WaitingTable, done: Tally) -> Result<(), CopyError> {
        let table = &waiting.table;
        if waiting.later.is_some() {
            self.tell(CopyProgress::TableIndexes {
                schema: table.schema.clone(),
                table: table.name.clone(),
            })
            .await;
        }
        let Pair { reader, sink, .. } = &mut self.pair;
        let (counted, added) = tokio::join!(count_of(reader, table, done), sink.add_keys(waiting));
        added?;
        match counted? {
            rows if rows == done.rows => Ok(()),
            rows => Err(CopyError::RowsLost {
                table: table.shown(),
                sent: rows,
                stored: done.rows,
            }),
        }
    }
}

/// Counts the rows of a table that was cut into ranges: each range is proven, but a bound that a server does not
/// compare as it was meant would leave rows out on both sides alike.
async fn count_of(reader: &mut DataSession, table: &Table, done: Tally) -> Result<u64, CopyError> {
    if done.ranges < 2 {
        return Ok(done.rows);
    }
    reader::enter(reader, table).await?;
    let counted = reader.query_value(&statements::checksum::count(table)).await;
    let counted = counted.map_err(CopyError::reading(&table.shown()))?;
    reader::leave(reader, table).await?;
    counted
        .and_then(|rows| rows.parse().ok())
        .ok_or_else(|| CopyError::Unreadable {
            server: reader.name().to_owned(),
            what: format!("the number of rows of {}", table.shown()),
        })
}
