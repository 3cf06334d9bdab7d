use super::{
    ArchiveError, ArchiveSource,
    directory::NewDirectory,
    file_sink::{ChunkList, FileSink},
    manifest::{Manifest, StoredTable},
    manifest_file,
    soundness::in_order,
    stored::store_objects,
};
use crate::{
    CopyError, CopyOptions, CopyPhase, CopyProgress, Object, ObjectKind, Table, TableReport,
    accounts::StoredAccounts,
    copy::with_tries,
    copying::{release, step_inside, step_outside, tell, tell_totals},
    objects::is_broken,
    picture::Picture,
    pipe::{Lane, Pair},
    sessions::{Sessions, Side},
    snapshot::Snapshot,
    tables::WaitingTable,
    workers::copy_tables,
};
use dbha_sql::{Endpoint, GtidSet};
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// More chunks than this would make the manifest too large to be read at once.
const MOST_CHUNKS: u64 = 100_000;

/// How a dump is made.
#[derive(Debug, Clone)]
pub struct DumpOptions {
    /// How rows are read.
    pub copy: CopyOptions,
    /// By what the source can be known again.
    pub source: ArchiveSource,
}

/// What a finished dump holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DumpReport {
    /// The directory.
    pub directory: PathBuf,
    /// Position of the source at which it was taken.
    pub position: GtidSet,
    /// File and offset of the source's binary log at the same moment; `None` where it is off.
    pub coordinates: Option<(String, u64)>,
    /// How long commits on the source were held up.
    pub lock_held: Duration,
    /// Tables.
    pub tables: Vec<TableReport>,
    /// Rows in all.
    pub rows: u64,
    /// Bytes of rows before compression.
    pub bytes: u64,
    /// Bytes of all files.
    pub file_bytes: u64,
    /// Time from the first connection to the manifest.
    pub took: Duration,
    /// What the caller's user should read.
    pub warnings: Vec<String>,
}

/// Writes everything on a server into a directory of files, from one consistent picture, with the proof of each chunk.
///
/// Nothing is changed on the server. The directory must be empty, or hold a dump that was cut off: that begins anew.
/// Failed or cancelled, nothing stays that could be taken for a dump, and no session on the server.
pub async fn dump(
    source: &Endpoint,
    directory: &Path,
    options: &DumpOptions,
    progress: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<DumpReport, CopyError> {
    let begun = Instant::now();
    let directory = NewDirectory::begin(directory)?;
    let sessions = Sessions::alone(Side::Source, source);
    let dumped = with_tries(
        &sessions,
        options.copy.tries,
        progress,
        cancel,
        |news, attempt| {
            let (sessions, directory) = (&sessions, &directory);
            Box::pin(async move {
                if attempt > 1 {
                    directory.clear()?;
                }
                let dumping = Dumping::begin(sessions, directory.path(), &options.copy, &news).await?;
                dumping.run(&options.source).await
            })
        },
    )
    .await;
    let finished = match dumped {
        Ok((manifest, report)) => finish(&directory, &manifest).map(|file| (file, report)),
        Err(error) => Err(error),
    };
    match finished {
        Ok((manifest, mut report)) => {
            report.file_bytes += manifest.len() as u64;
            report.directory = directory.path().to_owned();
            directory.finish(&manifest)?;
            report.took = begun.elapsed();
            Ok(report)
        }
        Err(error) => {
            directory.give_up();
            Err(error)
        }
    }
}

fn finish(directory: &NewDirectory, manifest: &Manifest) -> Result<Vec<u8>, CopyError> {
    let encoded = manifest_file::encode(manifest);
    let unwritable =
        |error: serde_json::Error| ArchiveError::io("write the manifest of", directory.path())(error.into());
    Ok(encoded.map_err(unwritable)?)
}

/// One try from the snapshot on.
struct Dumping<'a> {
    sessions: &'a Sessions,
    snapshot: Snapshot,
    picture: Picture,
    pairs: Vec<Pair<FileSink>>,
    chunks: ChunkList,
    range_bytes: u64,
    news: &'a mpsc::Sender<CopyProgress>,
}

impl<'a> Dumping<'a> {
    async fn begin(
        sessions: &'a Sessions,
        directory: &Path,
        options: &CopyOptions,
        news: &'a mpsc::Sender<CopyProgress>,
    ) -> Result<Self, CopyError> {
        tell(news, CopyPhase::Snapshot).await;
        let mut snapshot = Snapshot::take(sessions, options).await?;
        let mut picture = Picture::out_of(&mut snapshot);
        // A chunk must be provable on any target, and another series may lay rows into other partitions.
        let tables = picture.inventory.tables.iter_mut();
        tables.for_each(|table| table.partitions.clear());
        let (chunks, lane) = (ChunkList::default(), Lane::new());
        let (dialect, identities) = (picture.inventory.dialect, snapshot.identities.clone());
        let readers = std::mem::take(&mut snapshot.readers).into_iter();
        let pairs = readers.map(|reader| Pair {
            reader,
            sink: FileSink::new(directory.to_owned(), dialect, chunks.clone(), lane.clone()),
            identities: identities.clone(),
        });
        let least = picture.inventory.total_bytes_estimate() / MOST_CHUNKS;
        Ok(Self {
            sessions,
            snapshot,
            pairs: pairs.collect(),
            picture,
            chunks,
            range_bytes: options.range_bytes.max(least),
            news,
        })
    }

    async fn run(mut self, identity: &ArchiveSource) -> Result<(Manifest, DumpReport), CopyError> {
        let (tables, lock_held) = self.rows().await?;
        let copied: Vec<Table> = self.picture.inventory.tables.clone();
        let identities = self.snapshot.identities.clone();
        let copied: Vec<&Table> = copied.iter().collect();
        identities.check_rest(&mut self.snapshot.present, &copied).await?;
        tell(self.news, CopyPhase::Check).await;
        let broken_views = self.broken_views().await;
        for pair in self.pairs {
            pair.reader.close().await;
        }
        self.snapshot.finish().await?;
        let manifest = manifest_of(&self.picture, &self.chunks, identity, lock_held, broken_views);
        let report = report_of(&manifest, tables, lock_held);
        Ok((manifest, report))
    }

    /// Writes all rows, those without a snapshot first and under the lock.
    async fn rows(&mut self) -> Result<(Vec<TableReport>, Duration), CopyError> {
        tell_totals(self.news, &self.picture).await;
        let waiting = |table: &Table| WaitingTable {
            table: Arc::new(table.clone()),
            later: None,
            kept: None,
            counter: None,
        };
        let tables = self.picture.inventory.tables.iter();
        let (locked, free): (Vec<_>, Vec<_>) = tables.map(waiting).partition(|one| !one.table.transactional);
        tell(self.news, CopyPhase::Data).await;
        let mut pairs = std::mem::take(&mut self.pairs);
        let mut reports = vec![];
        if !locked.is_empty() {
            let (outside, inside) = step_outside(self.sessions, &self.snapshot, pairs).await?;
            let (outside, more) = copy_tables(outside, locked, self.range_bytes, self.news).await?;
            pairs = step_inside(outside, inside).await;
            reports.extend(more);
        }
        let lock_held = release(&mut self.snapshot, self.news).await?;
        let (pairs, more) = copy_tables(pairs, free, self.range_bytes, self.news).await?;
        self.pairs = pairs;
        reports.extend(more);
        reports.sort_by(|a, b| (&a.schema, &a.table).cmp(&(&b.schema, &b.table)));
        Ok((reports, lock_held))
    }

    async fn broken_views(&mut self) -> Vec<Object> {
        let mut broken = vec![];
        for view in self.picture.inventory.objects_of(ObjectKind::View) {
            if is_broken(&mut self.snapshot.present, view).await {
                broken.push(view.clone());
            }
        }
        broken
    }
}

fn manifest_of(
    picture: &Picture,
    chunks: &ChunkList,
    identity: &ArchiveSource,
    lock_held: Duration,
    broken_views: Vec<Object>,
) -> Manifest {
    let table = |table: &Table| {
        let key = (table.schema.clone(), table.name.clone());
        StoredTable {
            create: picture.definitions.tables.get(&key).cloned().unwrap_or_default(),
            chunks: in_order(chunks.take(&table.schema, &table.name)),
        }
    };
    let finished_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Manifest {
        id: new_id(finished_at),
        written_by: env!("CARGO_PKG_VERSION").into(),
        finished_at_ms: milliseconds(finished_at),
        source: identity.clone(),
        dialect: picture.inventory.dialect,
        position: picture.position.clone(),
        coordinates: picture.coordinates.clone(),
        lock_held_ms: milliseconds(lock_held),
        schemas: picture.definitions.schemas.clone(),
        tables: picture.inventory.tables.iter().map(table).collect(),
        objects: store_objects(&picture.definitions),
        sequences: picture
            .sequences
            .iter()
            .map(|(next, round)| (next.to_string(), *round))
            .collect(),
        inventory: picture.inventory.clone(),
        broken_views,
        accounts: StoredAccounts::of(&picture.accounts),
    }
}

/// Names a dump so that no other has the same name.
fn new_id(now: Duration) -> String {
    dbha_sql::generate_password()
        .map(|random| random.expose()[..16].to_owned())
        .unwrap_or_else(|_| format!("{}-{}", now.as_nanos(), std::process::id()))
}

fn report_of(manifest: &Manifest, tables: Vec<TableReport>, lock_held: Duration) -> DumpReport {
    let view = |view: &Object| {
        format!(
            "{} is broken on the source, and a load will not carry it",
            view.shown()
        )
    };
    DumpReport {
        directory: PathBuf::new(),
        position: manifest.position.clone(),
        coordinates: manifest.coordinates.clone(),
        lock_held,
        rows: tables.iter().map(|table| table.rows).sum(),
        bytes: tables.iter().map(|table| table.bytes).sum(),
        file_bytes: manifest
            .tables
            .iter()
            .flat_map(|table| &table.chunks)
            .map(|chunk| chunk.file_bytes)
            .sum(),
        tables,
        took: Duration::ZERO,
        warnings: manifest.broken_views.iter().map(view).collect(),
    }
}
