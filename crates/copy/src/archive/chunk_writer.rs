use super::{
    ArchiveError,
    chunk_format::LEVEL,
    directory::{chunk_in, create_file},
};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Write},
    path::Path,
};
use tokio::sync::mpsc;

/// What goes to the thread that writes a chunk.
pub(super) enum Piece {
    /// Bytes in order.
    Bytes(Vec<u8>),
    /// The end; a channel that is closed without it belongs to a dump that was given up.
    End,
}

/// A chunk that is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// Size of the file.
    pub(super) file_bytes: u64,
    /// SHA-256 of the file, in hexadecimal digits.
    pub(super) sha256: String,
}

/// Writes one chunk to its end; runs on a thread of its own, since it computes and waits for the disk.
///
/// `None` where the dump was given up: then nothing stays of the file.
pub(super) fn write_chunk(
    directory: &Path,
    number: u32,
    mut pieces: mpsc::Receiver<Piece>,
) -> Result<Option<Written>, ArchiveError> {
    let path = chunk_in(directory, number);
    let failed = || ArchiveError::io("write", &path);
    let file = create_file(&path).map_err(failed())?;
    let mut encoder = zstd::Encoder::new(HashedFile::new(file), LEVEL).map_err(failed())?;
    encoder.include_checksum(true).map_err(failed())?;
    loop {
        match pieces.blocking_recv() {
            Some(Piece::Bytes(bytes)) => encoder.write_all(&bytes).map_err(failed())?,
            Some(Piece::End) => break,
            None => {
                let _ = std::fs::remove_file(&path);
                return Ok(None);
            }
        }
    }
    let hashed = encoder.finish().map_err(failed())?;
    hashed.file.sync_all().map_err(failed())?;
    Ok(Some(Written {
        file_bytes: hashed.bytes,
        sha256: hexadecimal(&hashed.hash.finalize()),
    }))
}

/// Computes the hash of a file that is there.
pub(super) fn hash_of(file: &mut File) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut io::BufReader::with_capacity(256 << 10, file), &mut hash)?;
    Ok(hexadecimal(&hash.finalize()))
}

pub(super) fn hash_of_bytes(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A file whose hash is computed as it is written.
struct HashedFile {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl HashedFile {
    fn new(file: File) -> Self {
        Self {
            file,
            hash: Sha256::new(),
            bytes: 0,
        }
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
