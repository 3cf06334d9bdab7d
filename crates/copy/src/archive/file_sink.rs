use super::{
    chunk_format::{self, BLOCK_BYTES},
    chunk_writer::{Piece, Written, write_chunk},
    manifest::Chunk,
};
use crate::{
    CopyError,
    batch::Walked,
    checksum::{Proof, one_side},
    loader::Loaded,
    piece,
    pipe::{Lane, Room},
    reader::{self, Taker},
    schedule::Range,
    sink::{Poured, Sink},
    tables::WaitingTable,
};
use dbha_sql::{BinaryRow, DataSession, Dialect, Parameter};
use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::{sync::mpsc, task::JoinHandle};

/// From here on a block is waited for until it is being written: three such rows are enough in memory.
const HUGE_BLOCK: usize = 8 << 20;

/// Chunks by schema and table.
type ByTable = HashMap<(String, String), Vec<Chunk>>;

/// The chunks of a dump, by schema and table, as they come about.
#[derive(Clone, Default)]
pub(super) struct ChunkList {
    chunks: Arc<Mutex<ByTable>>,
    files: Arc<AtomicU32>,
}

impl ChunkList {
    fn next_file(&self) -> u32 {
        self.files.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn note(&self, piece: &piece::Piece, chunk: Chunk) {
        let key = (piece.table.schema.clone(), piece.table.name.clone());
        let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.entry(key).or_default().push(chunk);
    }

    /// Hands out the chunks of a table.
    pub(super) fn take(&self, schema: &str, name: &str) -> Vec<Chunk> {
        let key = (schema.to_owned(), name.to_owned());
        let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.remove(&key).unwrap_or_default()
    }
}

/// Files that rows go to, a chunk for each range.
pub(super) struct FileSink {
    directory: PathBuf,
    /// The source's own: values travel as it would take them itself.
    dialect: Dialect,
    list: ChunkList,
    lane: Lane,
    last: Option<Taken>,
}

/// What was taken of a range.
#[derive(Default)]
struct Taken {
    file: Option<(u32, Written)>,
    raw_bytes: u64,
    longest_row: u64,
}

impl FileSink {
    pub(super) fn new(directory: PathBuf, dialect: Dialect, list: ChunkList, lane: Lane) -> Self {
        Self {
            directory,
            dialect,
            list,
            lane,
            last: None,
        }
    }
}

impl Sink for FileSink {
    fn dialect(&self) -> Dialect {
        self.dialect
    }

    async fn pour(
        &mut self,
        reader: &mut DataSession,
        range: &Range,
        types: &[Parameter],
        news: impl FnMut(Loaded) + Send,
    ) -> Result<(Walked, Loaded), CopyError> {
        let mut taker = BlockTaker {
            block: chunk_format::head(types),
            loaded: Loaded::default(),
            longest_row: 0,
            head_bytes: chunk_format::head(types).len(),
            room: Room::new(&self.lane),
            writing: None,
            directory: self.directory.clone(),
            list: self.list.clone(),
            news,
        };
        // An archive is proven years later, by servers and a dbha of that day: by what its source itself says.
        let read = reader::read(reader, range, self.dialect, &mut taker, None).await;
        // A writer that failed makes its reader stop, so its own error is the cause.
        let (loaded, taken) = taker.end(read.is_ok()).await?;
        self.last = Some(taken);
        Ok((read?, loaded))
    }

    async fn prove(&mut self, reader: &mut DataSession, poured: &Poured) -> Result<Proof, CopyError> {
        let piece = &poured.piece;
        let proof = one_side(reader, piece, self.dialect).await?;
        let taken = self.last.take().unwrap_or_default();
        let (file, written) = taken.file.unzip();
        let (file_bytes, sha256) = written
            .map(|file| (file.file_bytes, file.sha256))
            .unwrap_or_default();
        let chunk = Chunk {
            file,
            after: piece.after.clone(),
            through: piece.through.clone(),
            rows: proof.rows,
            checksum: proof.sum.to_string(),
            raw_bytes: taken.raw_bytes,
            longest_row: taken.longest_row,
            file_bytes,
            sha256,
        };
        self.list.note(piece, chunk);
        Ok(proof)
    }

    async fn add_keys(&mut self, _: &WaitingTable) -> Result<(), CopyError> {
        Ok(())
    }
}

/// The thread that writes a chunk, once there is a row for it.
struct Writing {
    number: u32,
    pieces: mpsc::Sender<Piece>,
    thread: JoinHandle<Result<Option<Written>, super::ArchiveError>>,
}

/// Takes rows for a file: in blocks, as they came.
struct BlockTaker<N> {
    block: Vec<u8>,
    loaded: Loaded,
    longest_row: u64,
    head_bytes: usize,
    room: Room,
    writing: Option<Writing>,
    directory: PathBuf,
    list: ChunkList,
    news: N,
}

impl<N: FnMut(Loaded) + Send> BlockTaker<N> {
    async fn send(&mut self) -> bool {
        let block = std::mem::take(&mut self.block);
        let size = block.len();
        self.room.enter_lane_for(size as u64).await;
        let pieces = self.writing().pieces.clone();
        if pieces.send(Piece::Bytes(block)).await.is_err() {
            return false;
        }
        if size >= HUGE_BLOCK {
            drop(pieces.reserve().await);
        }
        (self.news)(self.loaded);
        true
    }

    fn writing(&mut self) -> &Writing {
        let (directory, list) = (self.directory.clone(), self.list.clone());
        self.writing.get_or_insert_with(|| {
            let number = list.next_file();
            let (pieces, inbox) = mpsc::channel(1);
            let thread = tokio::task::spawn_blocking(move || write_chunk(&directory, number, inbox));
            Writing {
                number,
                pieces,
                thread,
            }
        })
    }

    /// Ends the file, or gives it up.
    async fn end(self, whole: bool) -> Result<(Loaded, Taken), CopyError> {
        let mut taken = Taken {
            raw_bytes: self.loaded.bytes,
            longest_row: self.longest_row,
            file: None,
        };
        if let Some(Writing {
            number,
            pieces,
            thread,
        }) = self.writing
        {
            if whole {
                // Nobody listens any more: the error comes from the thread itself.
                let _ = pieces.send(Piece::End).await;
            }
            drop(pieces);
            let written = thread.await.map_err(|_| CopyError::Cancelled)??;
            taken.file = written.map(|written| (number, written));
        }
        Ok((self.loaded, taken))
    }
}

impl<N: FnMut(Loaded) + Send> Taker for BlockTaker<N> {
    fn take(&mut self, row: BinaryRow<'_>) -> io::Result<bool> {
        // Walked over to its end: what is written must be readable.
        for value in row.values() {
            value?;
        }
        chunk_format::append(&mut self.block, row.bytes());
        self.loaded.rows += 1;
        self.loaded.bytes += (chunk_format::LENGTH_BYTES + row.size()) as u64;
        self.longest_row = self.longest_row.max(row.size() as u64);
        Ok(self.block.len() >= BLOCK_BYTES)
    }

    async fn hand_over(&mut self) -> bool {
        self.send().await
    }

    async fn hand_over_rest(&mut self) -> bool {
        let head_alone = self.writing.is_none() && self.block.len() <= self.head_bytes;
        head_alone || self.block.is_empty() || self.send().await
    }
}
