use crate::{
    AccountChange, CopyError, CopyOptions, CopyPhase, CopyProgress, CopyReport, Table, TableReport,
    doubts::Doubts,
    filling::Filling,
    logs_kept::LogsKept,
    objects::ViewJudge,
    picture::Picture,
    pipe::{Lane, Pair, ServerSink},
    sessions::Sessions,
    sink::Sink,
    snapshot::Snapshot,
    sorter::SpareBuffers,
    tables::WaitingTable,
    turns::Turns,
    workers::copy_tables,
};
use dbha_sql::SessionProfile;
use std::time::Duration;
use tokio::sync::mpsc;

/// One try from the snapshot on.
pub(crate) struct Copying<'a> {
    snapshot: Snapshot,
    picture: Picture,
    filling: Filling<'a>,
    pairs: Vec<Pair<ServerSink>>,
    options: &'a CopyOptions,
    news: &'a mpsc::Sender<CopyProgress>,
    lock_held: Duration,
}

pub(crate) async fn tell(news: &mpsc::Sender<CopyProgress>, phase: CopyPhase) {
    let _ = news.send(CopyProgress::Phase { phase }).await;
}

/// Tells what lies ahead, as the source estimates it.
pub(crate) async fn tell_totals(news: &mpsc::Sender<CopyProgress>, picture: &Picture) {
    let inventory = &picture.inventory;
    let totals = CopyProgress::Totals {
        tables: inventory.tables.len() as u64,
        rows: inventory.total_rows_estimate(),
        bytes: inventory.total_bytes_estimate(),
        key_bytes: inventory
            .tables
            .iter()
            .map(|table| table.key_bytes_estimate)
            .sum(),
    };
    let _ = news.send(totals).await;
}

/// Lets writers of the source go on, and tells how long they waited.
pub(crate) async fn release(
    snapshot: &mut Snapshot,
    news: &mpsc::Sender<CopyProgress>,
) -> Result<Duration, CopyError> {
    let held = snapshot.release().await?;
    let held_ms = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
    let _ = news.send(CopyProgress::LockReleased { held_ms }).await;
    Ok(held)
}

impl<'a> Copying<'a> {
    /// Opens everything that a try needs and takes the snapshot.
    pub(crate) async fn begin(
        sessions: &'a Sessions,
        options: &'a CopyOptions,
        news: &'a mpsc::Sender<CopyProgress>,
        again: bool,
    ) -> Result<Self, CopyError> {
        let mut filling = Filling::open(sessions, options, news).await?;
        let loaders = filling.open_loaders().await?;
        tell(news, CopyPhase::Snapshot).await;
        let mut snapshot = Snapshot::take(sessions, options).await?;
        let mut picture = Picture::out_of(&mut snapshot);
        let source = picture.inventory.dialect;
        if !source.version().same_series(filling.definer.dialect().version()) {
            // Another series may lay rows into other partitions.
            let tables = picture.inventory.tables.iter_mut();
            tables.for_each(|table| table.partitions.clear());
        }
        filling.mean_as(source).await?;
        filling.go_on(&picture, again || options.go_on).await?;
        let lane = Lane::new();
        let (turns, doubts) = (Turns::between(&loaders), Doubts::default());
        let identities = snapshot.identities.clone();
        let readers = std::mem::take(&mut snapshot.readers).into_iter();
        let pairs = readers.zip(loaders).map(|(reader, loader)| Pair {
            reader,
            sink: ServerSink {
                loader,
                lane: lane.clone(),
                turns: turns.clone(),
                spare: SpareBuffers::default(),
                doubts: doubts.clone(),
            },
            identities: identities.clone(),
        });
        Ok(Self {
            snapshot,
            picture,
            filling,
            pairs: pairs.collect(),
            options,
            news,
            lock_held: Duration::ZERO,
        })
    }

    /// Goes from the snapshot to the last check, for as long as the copy can still be of use.
    pub(crate) async fn run(self) -> Result<CopyReport, CopyError> {
        let mut logs = LogsKept::of(&self.snapshot, self.filling.sessions);
        let report = tokio::select! {
            report = self.bring_over() => report,
            gone = logs.watch() => Err(gone),
        };
        let report = match report {
            Err(CopyError::TableLocked { table, .. }) => {
                let blocker = logs.blocker().await;
                return Err(CopyError::TableLocked { table, blocker });
            }
            report => report?,
        };
        logs.check().await?;
        logs.close().await;
        Ok(report)
    }

    async fn bring_over(mut self) -> Result<CopyReport, CopyError> {
        let (tables, waiting) = self.rows().await?;
        let copied: Vec<&Table> = waiting.iter().map(|waiting| &*waiting.table).collect();
        let identities = self.snapshot.identities.clone();
        identities.check_rest(&mut self.snapshot.present, &copied).await?;
        self.filling.add_foreign_keys(&waiting).await?;
        let judge = ViewJudge::Source(&mut self.snapshot.present);
        let accounts = self
            .filling
            .objects_and_accounts(&mut self.picture, judge)
            .await?;
        self.finish(tables, accounts).await
    }

    /// Creates schemas and tables and copies all rows, those without a snapshot first and under the lock.
    async fn rows(&mut self) -> Result<(Vec<TableReport>, Vec<WaitingTable>), CopyError> {
        tell_totals(self.news, &self.picture).await;
        let tables = self.picture.inventory.tables.iter().cloned();
        let (locked, free): (Vec<_>, Vec<_>) = tables.partition(|table| !table.transactional);
        if locked.is_empty() {
            self.lock_held = release(&mut self.snapshot, self.news).await?;
        }
        tell(self.news, CopyPhase::Schema).await;
        self.filling.create_schemas_and_sequences(&self.picture).await?;
        let mut reports = vec![];
        let mut all = vec![];
        if !locked.is_empty() {
            let waiting = self.filling.create_tables(&self.picture, &locked).await?;
            tell(self.news, CopyPhase::Data).await;
            reports.append(&mut self.pour_locked(waiting.clone()).await?);
            all.extend(waiting);
            self.lock_held = release(&mut self.snapshot, self.news).await?;
        }
        let waiting = self.filling.create_tables(&self.picture, &free).await?;
        tell(self.news, CopyPhase::Data).await;
        reports.append(&mut self.pour(waiting.clone()).await?);
        all.extend(waiting);
        reports.sort_by(|a, b| (&a.schema, &a.table).cmp(&(&b.schema, &b.table)));
        Ok((reports, all))
    }

    async fn pour_locked(&mut self, waiting: Vec<WaitingTable>) -> Result<Vec<TableReport>, CopyError> {
        let pairs = std::mem::take(&mut self.pairs);
        let (outside, inside) = step_outside(self.filling.sessions, &self.snapshot, pairs).await?;
        let (outside, reports) = copy_tables(outside, waiting, self.options.range_bytes, self.news).await?;
        self.pairs = step_inside(outside, inside).await;
        Ok(reports)
    }

    async fn pour(&mut self, waiting: Vec<WaitingTable>) -> Result<Vec<TableReport>, CopyError> {
        let pairs = std::mem::take(&mut self.pairs);
        let (pairs, reports) = copy_tables(pairs, waiting, self.options.range_bytes, self.news).await?;
        self.pairs = pairs;
        Ok(reports)
    }

    async fn finish(
        mut self,
        tables: Vec<TableReport>,
        accounts: Vec<AccountChange>,
    ) -> Result<CopyReport, CopyError> {
        self.filling.check(&self.picture).await?;
        let report = CopyReport {
            position: self.picture.position,
            coordinates: self.picture.coordinates,
            lock_held: self.lock_held,
            rows: tables.iter().map(|table| table.rows).sum(),
            bytes: tables.iter().map(|table| table.bytes).sum(),
            tables,
            took: Duration::ZERO,
            accounts,
            warnings: self.filling.definer.close().await,
        };
        for pair in self.pairs {
            pair.reader.close().await;
            pair.sink.loader.close().await;
        }
        self.snapshot.finish().await?;
        Ok(report)
    }
}

/// Lends the sinks readers outside of the snapshot, for tables that are in none: some of these engines, once read,
/// forbid the savepoints by which a snapshot lets go of a table.
pub(crate) async fn step_outside<S: Sink>(
    sessions: &Sessions,
    snapshot: &Snapshot,
    pairs: Vec<Pair<S>>,
) -> Result<(Vec<Pair<S>>, Vec<dbha_sql::DataSession>), CopyError> {
    let (mut outside, mut inside) = (vec![], vec![]);
    for pair in pairs {
        let present = &snapshot.present;
        let reader = sessions.open_data(present, SessionProfile::Reader).await?;
        inside.push(pair.reader);
        outside.push(Pair {
            reader,
            sink: pair.sink,
            identities: pair.identities,
        });
    }
    Ok((outside, inside))
}

/// Takes [`step_outside`] back.
pub(crate) async fn step_inside<S: Sink>(
    outside: Vec<Pair<S>>,
    inside: Vec<dbha_sql::DataSession>,
) -> Vec<Pair<S>> {
    let mut pairs = vec![];
    for (pair, reader) in outside.into_iter().zip(inside) {
        pair.reader.close().await;
        pairs.push(Pair {
            reader,
            sink: pair.sink,
            identities: pair.identities,
        });
    }
    pairs
}
