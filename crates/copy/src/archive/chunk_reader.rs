use super::{
    ArchiveError,
    chunk_format::{BLOCK_BYTES, LENGTH_BYTES, MAGIC, WINDOW_LOG, types_of},
    manifest::Chunk,
};
use dbha_sql::Parameter;
use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};
use tokio::{runtime::Handle, sync::mpsc};

/// What a chunk hands out.
pub(super) enum Part {
    /// The types of its columns; comes first.
    Types(Vec<Parameter>),
    /// Whole rows, each behind its length.
    Rows(Vec<u8>),
}

/// Reads one chunk to its end; runs on a thread of its own. Ends early when nobody takes what it reads.
///
/// Holds no more than the chunk's longest row and a block, whatever the file says.
pub(super) fn read_chunk(
    path: &Path,
    chunk: &Chunk,
    columns: usize,
    parts: &mpsc::Sender<Part>,
    runtime: &Handle,
) -> Result<(), ArchiveError> {
    let mut reader = ChunkReader::open(path, chunk)?;
    let types = reader.types(columns)?;
    if parts.blocking_send(Part::Types(types)).is_err() {
        return Ok(());
    }
    loop {
        // Waited for before the next rows take memory.
        let Ok(place) = runtime.block_on(parts.reserve()) else {
            return Ok(());
        };
        match reader.block()? {
            Some(block) => place.send(Part::Rows(block)),
            None => return reader.end(),
        }
    }
}

struct ChunkReader<'a> {
    path: PathBuf,
    stream: BufReader<zstd::Decoder<'static, BufReader<File>>>,
    chunk: &'a Chunk,
    rows: u64,
    bytes: u64,
}

impl<'a> ChunkReader<'a> {
    fn open(path: &Path, chunk: &'a Chunk) -> Result<Self, ArchiveError> {
        let open = || -> io::Result<_> {
            let mut decoder = zstd::Decoder::new(File::open(path)?)?;
            decoder.window_log_max(WINDOW_LOG)?;
            Ok(BufReader::with_capacity(BLOCK_BYTES, decoder))
        };
        Ok(Self {
            path: path.to_owned(),
            stream: open().map_err(ArchiveError::io("read", path))?,
            chunk,
            rows: 0,
            bytes: 0,
        })
    }

    fn damaged(&self, text: &str) -> ArchiveError {
        ArchiveError::damaged(&self.path, text)
    }

    /// A stream that ends or does not decompress is damaged; only the disk's own faults are something else.
    fn failed(&self, error: io::Error) -> ArchiveError {
        match error.raw_os_error() {
            Some(_) => ArchiveError::io("read", &self.path)(error),
            None => self.damaged(&format!("it does not decompress ({error})")),
        }
    }

    fn exactly(&mut self, bytes: &mut [u8]) -> Result<(), ArchiveError> {
        let read = self.stream.read_exact(bytes);
        read.map_err(|error| self.failed(error))
    }

    fn types(&mut self, columns: usize) -> Result<Vec<Parameter>, ArchiveError> {
        let mut head = [0; MAGIC.len() + 2];
        self.exactly(&mut head)?;
        let (magic, count) = head.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(self.damaged("it is no chunk of a form that this dbha knows"));
        }
        if usize::from(u16::from_le_bytes([count[0], count[1]])) != columns {
            return Err(self.damaged("its rows have another number of columns than their table"));
        }
        let mut types = vec![0; 2 * columns];
        self.exactly(&mut types)?;
        Ok(types_of(&types))
    }

    /// Reads rows until a block is full; `None` behind the last one.
    fn block(&mut self) -> Result<Option<Vec<u8>>, ArchiveError> {
        let mut block = vec![];
        while self.rows < self.chunk.rows && block.len() < BLOCK_BYTES {
            self.row(&mut block)?;
        }
        Ok((!block.is_empty()).then_some(block))
    }

    fn row(&mut self, block: &mut Vec<u8>) -> Result<(), ArchiveError> {
        let mut length = [0; LENGTH_BYTES];
        self.exactly(&mut length)?;
        let row = u64::from(u32::from_le_bytes(length));
        self.rows += 1;
        self.bytes += LENGTH_BYTES as u64 + row;
        if row > self.chunk.longest_row || self.bytes > self.chunk.raw_bytes {
            return Err(self.damaged("it holds more than the manifest says"));
        }
        block.extend_from_slice(&length);
        if row <= BLOCK_BYTES as u64 {
            let from = block.len();
            block.resize(from + row as usize, 0);
            return self.exactly(&mut block[from..]);
        }
        // Grown as it comes: a length alone must not take memory.
        let read = (&mut self.stream).take(row).read_to_end(block);
        match read.map_err(|error| self.failed(error))? as u64 == row {
            true => Ok(()),
            false => Err(self.damaged("it ends within a row")),
        }
    }

    /// Fails unless everything was read, and the decompressor agrees with its own checksum.
    fn end(&mut self) -> Result<(), ArchiveError> {
        let mut more = [0];
        let read = self.stream.read(&mut more);
        let more = read.map_err(|error| self.failed(error))?;
        match more == 0 && self.bytes == self.chunk.raw_bytes {
            true => Ok(()),
            false => Err(self.damaged("it holds other rows than the manifest says")),
        }
    }
}
