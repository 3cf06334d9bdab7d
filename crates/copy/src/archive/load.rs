use super::{
    Archive, continuing,
    load_queue::{LoadQueue, TableToLoad},
    load_workers::{LoadWork, load_tables},
    manifest::Chunk,
};
use crate::{
    CopyError, CopyOptions, CopyPhase, CopyProgress, CopyReport, Table, TableReport,
    copy::with_tries,
    copying::{tell, tell_totals},
    filling::Filling,
    objects::ViewJudge,
    picture::Picture,
    schedule::Tally,
    sessions::{Sessions, Side},
    statements,
    tables::WaitingTable,
};
use dbha_sql::{DBHA_SCHEMA, DataSession, Endpoint};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Longest wait for the end of what an interrupted load left running.
const ORPHANS_END_WITHIN: Duration = Duration::from_secs(120);

/// How a dump is loaded.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// How rows are copied; with `go_on` the target holds what an interrupted load of the same dump left, and nothing
    /// else, and without it must have been emptied by `clear`.
    pub copy: CopyOptions,
    /// Whether dbha's own schema, which says which servers are a pair, comes along.
    pub with_own_schema: bool,
}

/// Brings a dump to a server and proves every chunk of it there; its files must have been checked.
///
/// Nothing of it enters the server's binary log. Cut off in any way, the same call with `go_on` finds what is proven to
/// be there and loads the rest.
pub async fn load(
    archive: &Archive,
    target: &Endpoint,
    options: &LoadOptions,
    progress: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<CopyReport, CopyError> {
    let begun = Instant::now();
    let sessions = Sessions::alone(Side::Target, target);
    if options.copy.go_on {
        // What still runs would change what is looked at.
        sessions.end_all_for_good(ORPHANS_END_WITHIN).await?;
    }
    let mut report = with_tries(&sessions, 1, progress, cancel, |news, _| {
        let sessions = &sessions;
        Box::pin(async move {
            Loading::begin(archive, sessions, options, &news)
                .await?
                .run()
                .await
        })
    })
    .await?;
    report.took = begun.elapsed();
    Ok(report)
}

struct Loading<'a> {
    archive: &'a Archive,
    picture: Picture,
    /// The chunks of each table of the picture, in its order.
    chunks: Vec<Vec<Chunk>>,
    filling: Filling<'a>,
    loaders: Vec<DataSession>,
    options: &'a LoadOptions,
    news: &'a mpsc::Sender<CopyProgress>,
}

impl<'a> Loading<'a> {
    async fn begin(
        archive: &'a Archive,
        sessions: &'a Sessions,
        options: &'a LoadOptions,
        news: &'a mpsc::Sender<CopyProgress>,
    ) -> Result<Self, CopyError> {
        let mut filling = Filling::open(sessions, &options.copy, news).await?;
        filling.mean_as(archive.dialect()).await?;
        let loaders = filling.open_loaders().await?;
        let wanted = |schema: &str| options.with_own_schema || schema != DBHA_SCHEMA;
        let manifest = &archive.manifest;
        let all = manifest.inventory.tables.iter().zip(&manifest.tables);
        let chunks = all
            .filter(|(table, _)| wanted(&table.schema))
            .map(|(_, stored)| stored.chunks.clone());
        Ok(Self {
            picture: manifest.picture(wanted),
            chunks: chunks.collect(),
            archive,
            filling,
            loaders,
            options,
            news,
        })
    }

    async fn run(mut self) -> Result<CopyReport, CopyError> {
        tell_totals(self.news, &self.picture).await;
        tell(self.news, CopyPhase::Schema).await;
        let to_load = self.tables_to_load().await?;
        let waiting: Vec<WaitingTable> = to_load.iter().map(|table| table.waiting.clone()).collect();
        tell(self.news, CopyPhase::Data).await;
        let work = LoadWork {
            directory: self.archive.directory.clone(),
            source: self.archive.dialect(),
            news: self.news.clone(),
        };
        let loaders = std::mem::take(&mut self.loaders);
        let (loaders, mut tables) = load_tables(&work, loaders, LoadQueue::new(to_load)).await?;
        self.loaders = loaders;
        tables.sort_by(|a, b| (&a.schema, &a.table).cmp(&(&b.schema, &b.table)));
        self.filling.add_foreign_keys(&waiting).await?;
        self.finish(tables).await
    }

    /// Creates what is not there, and tells what is to be loaded.
    async fn tables_to_load(&mut self) -> Result<Vec<TableToLoad>, CopyError> {
        let (mut there, mut missing) = (vec![], vec![]);
        let mut stays = match self.options.copy.go_on {
            true => continuing::tidy(&mut self.filling, &self.picture).await?,
            false => HashMap::new(),
        };
        self.filling.create_schemas_and_sequences(&self.picture).await?;
        if self.options.copy.go_on {
            continuing::set_schemas_right(&mut self.filling, &self.picture).await?;
        }
        for (table, chunks) in self.picture.inventory.tables.iter().zip(&self.chunks) {
            match stays.remove(&(table.schema.clone(), table.name.clone())) {
                Some(lacks) => there.push((table.clone(), chunks.clone(), lacks)),
                None => missing.push(table.clone()),
            }
        }
        let loaders = std::mem::take(&mut self.loaders);
        let source = self.archive.dialect();
        let (loaders, mut to_load, anew) = continuing::prove_remains(loaders, source, there).await?;
        self.loaders = loaders;
        for table in anew {
            let drop = statements::clear::drop_table(&table.schema, &table.name);
            let doing = CopyError::doing(format!("beginning {} anew", table.shown()));
            self.filling.definer.run(&drop).await.map_err(doing)?;
            missing.push(table);
        }
        self.tell_what_is_there(&to_load).await;
        for waiting in self.filling.create_tables(&self.picture, &missing).await? {
            to_load.push(TableToLoad {
                chunks: self.chunks_of(&waiting.table),
                waiting,
                proven: 0,
                done: Tally::default(),
            });
        }
        Ok(to_load)
    }

    fn chunks_of(&self, table: &Table) -> Vec<Chunk> {
        let mut all = self.picture.inventory.tables.iter().zip(&self.chunks);
        let found = all.find(|(other, _)| (&other.schema, &other.name) == (&table.schema, &table.name));
        found.map(|(_, chunks)| chunks.clone()).unwrap_or_default()
    }

    async fn tell_what_is_there(&self, there: &[TableToLoad]) {
        if self.options.copy.go_on {
            let news = CopyProgress::GoesOn {
                tables: there.len() as u64,
                ranges: there.iter().map(|table| table.proven).sum(),
                bytes: there.iter().map(|table| table.done.bytes).sum(),
            };
            let _ = self.news.send(news).await;
        }
    }

    async fn finish(mut self, tables: Vec<TableReport>) -> Result<CopyReport, CopyError> {
        let judge = ViewJudge::Noted(&self.archive.manifest.broken_views);
        let accounts = self
            .filling
            .objects_and_accounts(&mut self.picture, judge)
            .await?;
        self.filling.check(&self.picture).await?;
        for loader in self.loaders {
            loader.close().await;
        }
        Ok(CopyReport {
            position: self.picture.position,
            coordinates: self.picture.coordinates,
            lock_held: Duration::from_millis(self.archive.manifest.lock_held_ms),
            rows: tables.iter().map(|table| table.rows).sum(),
            bytes: tables.iter().map(|table| table.bytes).sum(),
            tables,
            took: Duration::ZERO,
            accounts,
            warnings: self.filling.definer.close().await,
        })
    }
}
