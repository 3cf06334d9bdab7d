use crate::{
    AccountChange, CopyError, CopyOptions, CopyPhase, CopyProgress, CopyReport, Table, TableReport,
    accounts::{AccountBook, AccountPlan},
    check::check,
    clear,
    definer::Definer,
    objects,
    pipe::{Lane, Pair},
    sessions::Sessions,
    snapshot::Snapshot,
    sorter::SpareBuffers,
    statements,
    tables::{self, WaitingTable},
    workers::copy_tables,
};
use dbha_sql::SessionProfile;
use std::time::Duration;
use tokio::sync::mpsc;

/// One try from the snapshot on.
pub(crate) struct Copying<'a> {
    sessions: &'a Sessions,
    snapshot: Snapshot,
    definer: Definer,
    pairs: Vec<Pair>,
    options: &'a CopyOptions,
    news: &'a mpsc::Sender<CopyProgress>,
    lock_held: Duration,
}

pub(crate) async fn tell(news: &mpsc::Sender<CopyProgress>, phase: CopyPhase) {
    let _ = news.send(CopyProgress::Phase { phase }).await;
}

impl<'a> Copying<'a> {
    /// Opens everything that a try needs and takes the snapshot.
    pub(crate) async fn begin(
        sessions: &'a Sessions,
        options: &'a CopyOptions,
        news: &'a mpsc::Sender<CopyProgress>,
        again: bool,
    ) -> Result<Self, CopyError> {
        let mut definer = Definer::open(sessions).await?;
        if again {
            clear(&mut definer.session).await?;
        }
        let mut loaders = vec![];
        for _ in 0..options.workers.max(1) {
            loaders.push(
                sessions
                    .open_data(&definer.session, SessionProfile::Loader)
                    .await?,
            );
        }
        tell(news, CopyPhase::Snapshot).await;
        let mut snapshot = Snapshot::take(sessions, options).await?;
        let source = snapshot.inventory.dialect;
        if !source.version().same_series(definer.dialect().version()) {
            // Another series may lay rows into other partitions.
            let tables = snapshot.inventory.tables.iter_mut();
            tables.for_each(|table| table.partitions.clear());
        }
        if let Some(mean) = statements::sessions::mean_as_source(source, definer.dialect()) {
            let doing = CopyError::doing("preparing the session that defines");
            definer.run(&mean).await.map_err(doing)?;
        }
        let lane = Lane::new();
        let identities = snapshot.identities.clone();
        let readers = std::mem::take(&mut snapshot.readers).into_iter();
        let pairs = readers.zip(loaders).map(|(reader, loader)| Pair {
            reader,
            loader,
            lane: lane.clone(),
            identities: identities.clone(),
            spare: SpareBuffers::default(),
        });
        Ok(Self {
            sessions,
            snapshot,
            definer,
            pairs: pairs.collect(),
            options,
            news,
            lock_held: Duration::ZERO,
        })
    }

    /// Goes from the snapshot to the last check.
    pub(crate) async fn run(mut self) -> Result<CopyReport, CopyError> {
        let (tables, waiting) = self.rows().await?;
        let copied: Vec<&Table> = waiting.iter().map(|waiting| &*waiting.table).collect();
        let identities = self.snapshot.identities.clone();
        identities.check_rest(&mut self.snapshot.present, &copied).await?;
        tell(self.news, CopyPhase::Indexes).await;
        for table in &waiting {
            tables::add_foreign_keys(&mut self.definer, table).await?;
        }
        let accounts = self.objects_and_accounts().await?;
        self.finish(tables, accounts).await
    }

    /// Creates schemas and tables and copies all rows, those without a snapshot first and under the lock.
    async fn rows(&mut self) -> Result<(Vec<TableReport>, Vec<WaitingTable>), CopyError> {
        let inventory = &self.snapshot.inventory;
        let _ = self
            .news
            .send(CopyProgress::Totals {
                tables: inventory.tables.len() as u64,
                rows: inventory.total_rows_estimate(),
                bytes: inventory.total_bytes_estimate(),
                key_bytes: inventory
                    .tables
                    .iter()
                    .map(|table| table.key_bytes_estimate)
                    .sum(),
            })
            .await;
        let (locked, free): (Vec<_>, Vec<_>) = inventory
            .tables
            .iter()
            .cloned()
            .partition(|table| !table.transactional);
        if locked.is_empty() {
            self.release().await?;
        }
        tell(self.news, CopyPhase::Schema).await;
        self.create_schemas_and_sequences().await?;
        let mut reports = vec![];
        let mut all = vec![];
        if !locked.is_empty() {
            let waiting = self.create_tables(&locked).await?;
            tell(self.news, CopyPhase::Data).await;
            reports.append(&mut self.pour_locked(waiting.clone()).await?);
            all.extend(waiting);
            self.release().await?;
        }
        let waiting = self.create_tables(&free).await?;
        tell(self.news, CopyPhase::Data).await;
        reports.append(&mut self.pour(waiting.clone()).await?);
        all.extend(waiting);
        reports.sort_by(|a, b| (&a.schema, &a.table).cmp(&(&b.schema, &b.table)));
        Ok((reports, all))
    }

    async fn release(&mut self) -> Result<(), CopyError> {
        self.lock_held = self.snapshot.release().await?;
        let held_ms = u64::try_from(self.lock_held.as_millis()).unwrap_or(u64::MAX);
        let _ = self.news.send(CopyProgress::LockReleased { held_ms }).await;
        Ok(())
    }

    async fn create_schemas_and_sequences(&mut self) -> Result<(), CopyError> {
        for (schema, create) in &self.snapshot.definitions.schemas {
            self.definer
                .run(&statements::definitions::as_given(create))
                .await
                .map_err(CopyError::doing(format!("creating schema {schema}")))?;
        }
        let objects = &self.snapshot.definitions.objects;
        objects::create_sequences(&mut self.definer, objects, &self.snapshot.sequences).await
    }

    async fn create_tables(&mut self, tables: &[Table]) -> Result<Vec<WaitingTable>, CopyError> {
        let mut waiting = vec![];
        for table in tables {
            let definitions = &self.snapshot.definitions;
            waiting.push(tables::create(&mut self.definer, table, definitions, self.options).await?);
        }
        Ok(waiting)
    }

    /// Pours tables that are in no snapshot, by readers outside of theirs: some of these engines, once read, forbid
    /// the savepoints by which a snapshot lets go of a table.
    async fn pour_locked(&mut self, waiting: Vec<WaitingTable>) -> Result<Vec<TableReport>, CopyError> {
        let (mut pairs, mut inside) = (vec![], vec![]);
        for mut pair in std::mem::take(&mut self.pairs) {
            let present = &self.snapshot.present;
            let outside = self.sessions.open_data(present, SessionProfile::Reader).await?;
            inside.push(std::mem::replace(&mut pair.reader, outside));
            pairs.push(pair);
        }
        let (pairs, reports) = copy_tables(pairs, waiting, self.options.range_bytes, self.news).await?;
        for (mut pair, reader) in pairs.into_iter().zip(inside) {
            std::mem::replace(&mut pair.reader, reader).close().await;
            self.pairs.push(pair);
        }
        Ok(reports)
    }

    async fn pour(&mut self, waiting: Vec<WaitingTable>) -> Result<Vec<TableReport>, CopyError> {
        let pairs = std::mem::take(&mut self.pairs);
        let (pairs, reports) = copy_tables(pairs, waiting, self.options.range_bytes, self.news).await?;
        self.pairs = pairs;
        Ok(reports)
    }

    /// Creates accounts, then what may name them as its definer, then grants on all of it.
    async fn objects_and_accounts(&mut self) -> Result<Vec<AccountChange>, CopyError> {
        tell(self.news, CopyPhase::Objects).await;
        let target = AccountBook::read(&mut self.definer.session).await?;
        for account in &self.snapshot.accounts.unknown {
            self.definer.warn(format!(
                "account {account} is not in use on the source (skip_name_resolve), and was not carried"
            ));
        }
        let plan = AccountPlan::make(&self.snapshot.accounts, &target);
        plan.create(&mut self.definer).await?;
        let definitions = &self.snapshot.definitions.objects;
        let broken = objects::create_all(&mut self.definer, definitions, &mut self.snapshot.present).await?;
        let is_broken = |one: &crate::definitions::ObjectDefinition| broken.contains(one);
        self.snapshot.definitions.objects.retain(|one| !is_broken(one));
        tell(self.news, CopyPhase::Accounts).await;
        plan.grant(&mut self.definer).await?;
        Ok(plan.changes)
    }

    async fn finish(
        mut self,
        tables: Vec<TableReport>,
        accounts: Vec<AccountChange>,
    ) -> Result<CopyReport, CopyError> {
        tell(self.news, CopyPhase::Check).await;
        check(self.sessions, &self.snapshot, &mut self.definer).await?;
        let report = CopyReport {
            position: self.snapshot.position.clone(),
            coordinates: self.snapshot.coordinates.clone(),
            lock_held: self.lock_held,
            rows: tables.iter().map(|table| table.rows).sum(),
            bytes: tables.iter().map(|table| table.bytes).sum(),
            tables,
            took: Duration::ZERO,
            accounts,
            warnings: self.definer.close().await,
        };
        for pair in self.pairs {
            pair.reader.close().await;
            pair.loader.close().await;
        }
        self.snapshot.finish().await?;
        Ok(report)
    }
}
