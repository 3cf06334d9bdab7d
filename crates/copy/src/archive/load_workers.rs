use super::{
    ArchiveError,
    chunk_format::rows_of,
    chunk_reader::{Part, read_chunk},
    directory::chunk_in,
    load_queue::{Job, LoadQueue},
    manifest::Chunk,
};
use crate::{
    CopyError, CopyProgress, Table, TableReport,
    batch_taker::BatchTaker,
    checksum::{Proof, one_side},
    loader::{Loaded, Loader},
    piece::Piece,
    pipe::{Lane, Room, WAITING_BATCHES},
    reader::Taker,
    schedule::Tally,
    sorter::{Lanes, Sorter, SpareBuffers},
    statements, tables,
    turns::Turns,
};
use dbha_sql::{BinaryRow, DataSession, Dialect, Parameter};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};

/// Shortest time between two pieces of news from one worker.
const NEWS_EVERY: Duration = Duration::from_millis(100);

/// What every worker of a load knows.
#[derive(Clone)]
pub(super) struct LoadWork {
    pub(super) directory: PathBuf,
    /// The server that the dump is of.
    pub(super) source: Dialect,
    pub(super) news: mpsc::Sender<CopyProgress>,
}

/// Loads tables with all sessions at once, proves every chunk, and hands the sessions back.
pub(super) async fn load_tables(
    work: &LoadWork,
    loaders: Vec<DataSession>,
    queue: LoadQueue,
) -> Result<(Vec<DataSession>, Vec<TableReport>), CopyError> {
    let (queue, lane) = (Arc::new(Mutex::new(queue)), Lane::new());
    let turns = Turns::between(&loaders);
    let mut running = JoinSet::new();
    for loader in loaders {
        let worker = Worker {
            work: work.clone(),
            loader,
            spare: SpareBuffers::default(),
            queue: queue.clone(),
            lane: lane.clone(),
            turns: turns.clone(),
            told: Instant::now(),
            reports: vec![],
        };
        running.spawn(worker.work());
    }
    let (mut loaders, mut reports) = (vec![], vec![]);
    while let Some(ended) = running.join_next().await {
        // Only a panic inside ends a worker otherwise; the first error drops, and so ends, all others.
        let (loader, mut done) = ended.map_err(|_| CopyError::Cancelled)??;
        loaders.push(loader);
        reports.append(&mut done);
    }
    Ok((loaders, reports))
}

/// Makes the piece of a table that a chunk holds.
pub(super) fn piece_of(table: &Arc<Table>, chunk: &Chunk) -> Piece {
    Piece::whole(table.clone()).between(chunk.after.clone(), chunk.through.clone())
}

struct Worker {
    work: LoadWork,
    loader: DataSession,
    spare: SpareBuffers,
    queue: Arc<Mutex<LoadQueue>>,
    lane: Lane,
    turns: Turns,
    told: Instant,
    reports: Vec<TableReport>,
}

impl Worker {
    async fn work(mut self) -> Result<(DataSession, Vec<TableReport>), CopyError> {
        let mut run = None;
        loop {
            let Some(job) = self.queue().next(run) else {
                return Ok((self.loader, self.reports));
            };
            if run.replace(job.run) != Some(job.run) {
                let table = &job.table.table;
                let started = CopyProgress::TableStarted {
                    schema: table.schema.clone(),
                    table: table.name.clone(),
                    rows_estimate: table.rows_estimate,
                    bytes_estimate: table.bytes_estimate,
                    key_bytes_estimate: table.key_bytes_estimate,
                };
                self.tell(started).await;
            }
            let done = match &job.chunk {
                Some(chunk) => self.load_and_prove(&job, chunk).await?,
                None => Tally::default(),
            };
            let last = self.queue().finish(job.run, done);
            if let Some((waiting, report)) = last {
                self.finish_table(&waiting, report).await?;
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, LoadQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell(&self, news: CopyProgress) {
        // News that nobody reads any more must not stop a load.
        let _ = self.work.news.send(news).await;
    }

    async fn load_and_prove(&mut self, job: &Job, chunk: &Chunk) -> Result<Tally, CopyError> {
        let piece = piece_of(&job.table.table, chunk);
        let loaded = match chunk.file {
            Some(number) => self.load(job, chunk, &piece, number).await?,
            None => Loaded::default(),
        };
        let have = one_side(&mut self.loader, &piece, self.work.source).await?;
        let wanted = proof_of(chunk);
        if have != wanted || loaded.rows != chunk.rows {
            return Err(CopyError::Mismatch {
                table: piece.shown(),
                source_side: wanted.to_string(),
                target_side: have.to_string(),
            });
        }
        if chunk.file.is_some() {
            let committed = self.loader.execute(&statements::rows::commit()).await;
            committed.map_err(CopyError::doing(format!("loading {}", piece.shown())))?;
        }
        Ok(Tally {
            rows: loaded.rows,
            bytes: loaded.bytes,
            sum: have.sum,
            kept: 0,
            ranges: 1,
        })
    }

    /// Loads one chunk; reading and storing overlap. Rows of a table that has a key are not committed yet.
    async fn load(
        &mut self,
        job: &Job,
        chunk: &Chunk,
        piece: &Piece,
        number: u32,
    ) -> Result<Loaded, CopyError> {
        let table = job.table.table.clone();
        let _turn = self.turns.take(&table).await;
        let mut room = Room::new(&self.lane);
        // Entered before the first such row is in memory.
        room.enter_lane_for(chunk.longest_row).await;
        let mut opened = OpenedChunk::open(&self.work.directory, &table, chunk, number);
        let types = opened.types().await?;
        let (batches, waiting) = mpsc::channel(WAITING_BATCHES);
        let lanes = Lanes::into_server(&self.loader, &table);
        let taker = BatchTaker::new(Sorter::new(lanes, self.spare.clone()), room, batches);
        let (news, told) = (self.work.news.clone(), &mut self.told);
        let tell = |loaded: Loaded| {
            if told.elapsed() >= NEWS_EVERY {
                *told = Instant::now();
                let _ = news.try_send(CopyProgress::TableRows {
                    schema: table.schema.clone(),
                    table: table.name.clone(),
                    rows: job.before.rows + loaded.rows,
                    bytes: job.before.bytes + loaded.bytes,
                });
            }
        };
        let mut loader = Loader::new(&mut self.loader, &table, types.clone(), piece.shown());
        loader.give_buffers_to(self.spare.clone());
        // A chunk that turns out to be damaged drops the loader, and nothing of it is kept.
        let ((), loaded) = tokio::try_join!(
            opened.feed(&types, taker),
            loader.load(waiting, piece.key.is_some(), tell)
        )?;
        Ok(loaded)
    }

    async fn finish_table(
        &mut self,
        waiting: &crate::tables::WaitingTable,
        report: TableReport,
    ) -> Result<(), CopyError> {
        let (schema, table) = (report.schema.clone(), report.table.clone());
        if waiting
            .later
            .as_ref()
            .is_some_and(|pieces| !pieces.keys.is_empty())
        {
            let (schema, table) = (schema.clone(), table.clone());
            self.tell(CopyProgress::TableIndexes { schema, table }).await;
        }
        tables::add_keys(&mut self.loader, waiting).await?;
        self.tell(CopyProgress::TableFinished {
            schema,
            table,
            rows: report.rows,
            bytes: report.bytes,
        })
        .await;
        self.reports.push(report);
        Ok(())
    }
}

/// Returns what a chunk must come to on any server.
pub(super) fn proof_of(chunk: &Chunk) -> Proof {
    Proof {
        rows: chunk.rows,
        // A sound manifest has a number here.
        sum: chunk.checksum.parse().unwrap_or_default(),
    }
}

/// A chunk that is being read on a thread of its own.
struct OpenedChunk {
    path: PathBuf,
    parts: mpsc::Receiver<Part>,
    thread: JoinHandle<Result<(), ArchiveError>>,
}

impl OpenedChunk {
    fn open(directory: &Path, table: &Table, chunk: &Chunk, number: u32) -> Self {
        let path = chunk_in(directory, number);
        let (sender, parts) = mpsc::channel(1);
        // A table may have no column that travels: then a number stands for the row.
        let columns = table.carried().count().max(1);
        let (file, chunk, runtime) = (path.clone(), chunk.clone(), tokio::runtime::Handle::current());
        let read = move || read_chunk(&file, &chunk, columns, &sender, &runtime);
        Self {
            path,
            parts,
            thread: tokio::task::spawn_blocking(read),
        }
    }

    async fn types(&mut self) -> Result<Vec<Parameter>, CopyError> {
        match self.parts.recv().await {
            Some(Part::Types(types)) => Ok(types),
            _ => Err(match self.end().await {
                Err(error) => error,
                Ok(()) => ArchiveError::damaged(&self.path, "it holds nothing").into(),
            }),
        }
    }

    async fn end(&mut self) -> Result<(), CopyError> {
        let ended = (&mut self.thread).await;
        Ok(ended.map_err(|_| CopyError::Cancelled)??)
    }

    /// Hands all rows on; ends early, without an error of its own, when nobody takes them any more.
    async fn feed(&mut self, types: &[Parameter], mut taker: BatchTaker) -> Result<(), CopyError> {
        while let Some(part) = self.parts.recv().await {
            let Part::Rows(block) = part else { continue };
            for row in rows_of(&block) {
                let taken = taker.take(BinaryRow::new(row, types));
                let full = taken.map_err(|error| ArchiveError::damaged(&self.path, error.to_string()))?;
                if full && !taker.hand_over().await {
                    return Ok(());
                }
            }
        }
        self.end().await?;
        taker.hand_over_rest().await;
        Ok(())
    }
}
