use super::{
    ArchiveError, ArchiveSource,
    chunk_writer::hash_of,
    directory::{chunk_in, chunk_name, first_foreign, manifest_in},
    manifest::{Chunk, Manifest},
    manifest_file,
    soundness::fault_of,
};
use crate::{CopyError, CopyPhase, CopyProgress, Inventory, statements};
use dbha_sql::{Dialect, GtidSet, Session, SqlError};
use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A finished dump: its manifest is sound, and every file is there in its size.
#[derive(Clone)]
pub struct Archive {
    pub(super) directory: PathBuf,
    pub(super) manifest: Arc<Manifest>,
}

impl Archive {
    /// Opens the dump in a directory; the contents of its chunks are judged by [`Archive::check_files`].
    pub fn open(directory: &Path) -> Result<Self, ArchiveError> {
        let manifest = manifest_file::read(directory)?;
        if let Some(fault) = fault_of(&manifest) {
            return Err(ArchiveError::damaged(&manifest_in(directory), fault));
        }
        let archive = Self {
            directory: directory.to_owned(),
            manifest: Arc::new(manifest),
        };
        let names: HashSet<String> = archive.files().map(|(number, _)| chunk_name(number)).collect();
        if let Some(path) = first_foreign(directory, |name| names.contains(name))? {
            return Err(ArchiveError::Foreign { path });
        }
        for (number, chunk) in archive.files() {
            size_is_right(&chunk_in(directory, number), chunk)?;
        }
        Ok(archive)
    }

    fn files(&self) -> impl Iterator<Item = (u32, &Chunk)> {
        let chunks = self.manifest.tables.iter().flat_map(|table| &table.chunks);
        chunks.filter_map(|chunk| Some((chunk.file?, chunk)))
    }

    /// Reads every file and compares it with the manifest, several at once.
    pub async fn check_files(
        &self,
        workers: usize,
        progress: &(dyn Fn(CopyProgress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<(), CopyError> {
        progress(CopyProgress::Phase {
            phase: CopyPhase::Files,
        });
        let (next, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let mut running = JoinSet::new();
        for _ in 0..workers.max(1) {
            let (archive, next, stop) = (self.clone(), next.clone(), stop.clone());
            running.spawn_blocking(move || archive.check_some(&next, &stop));
        }
        let mut result = Ok(());
        loop {
            let ended = tokio::select! {
                ended = running.join_next() => ended,
                () = cancel.cancelled(), if result.is_ok() => {
                    stop.store(true, Ordering::Relaxed);
                    result = Err(CopyError::Cancelled);
                    continue;
                }
            };
            match ended {
                None => return result,
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) if result.is_ok() => {
                    stop.store(true, Ordering::Relaxed);
                    result = Err(error.into());
                }
                Some(_) => {}
            }
        }
    }

    fn check_some(&self, next: &AtomicUsize, stop: &AtomicBool) -> Result<(), ArchiveError> {
        let files: Vec<(u32, &Chunk)> = self.files().collect();
        while let Some((number, chunk)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let path = chunk_in(&self.directory, *number);
            size_is_right(&path, chunk)?;
            let hash = File::open(&path).and_then(|mut file| hash_of(&mut file));
            if hash.map_err(ArchiveError::io("read", &path))? != chunk.sha256 {
                return Err(ArchiveError::damaged(
                    &path,
                    "its contents are not what was written",
                ));
            }
        }
        Ok(())
    }

    /// Returns the name that no other dump has.
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// Returns the server that it was taken from.
    pub fn source(&self) -> &ArchiveSource {
        &self.manifest.source
    }

    /// Returns what that server understood.
    pub fn dialect(&self) -> Dialect {
        self.manifest.dialect
    }

    /// Returns the position up to which everything is in it.
    pub fn position(&self) -> &GtidSet {
        &self.manifest.position
    }

    /// Returns file and offset of the source's binary log at that moment; `None` where it was off.
    pub fn coordinates(&self) -> Option<&(String, u64)> {
        self.manifest.coordinates.as_ref()
    }

    /// Returns what there is.
    pub fn inventory(&self) -> &Inventory {
        &self.manifest.inventory
    }

    /// Lists its accounts and roles: user, and host where it is no role.
    pub fn account_names(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.manifest.accounts.names()
    }

    /// Returns its rows.
    pub fn rows(&self) -> u64 {
        self.chunks().map(|chunk| chunk.rows).sum()
    }

    /// Returns the size of its rows before compression, in bytes.
    pub fn raw_bytes(&self) -> u64 {
        self.chunks().map(|chunk| chunk.raw_bytes).sum()
    }

    fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.manifest.tables.iter().flat_map(|table| &table.chunks)
    }

    /// Tells whether a server still has the binary logs that begin where the dump ends.
    pub async fn logs_are_kept(&self, session: &mut Session) -> Result<bool, SqlError> {
        let asked = statements::logs_kept::kept_since(session.dialect(), self.position(), self.coordinates());
        match asked {
            Some(question) => Ok(session.query_value(&question).await?.as_deref() != Some("0")),
            None => Ok(false),
        }
    }
}

fn size_is_right(path: &Path, chunk: &Chunk) -> Result<(), ArchiveError> {
    let seen = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ArchiveError::Missing {
                path: path.to_owned(),
            });
        }
        seen => seen.map_err(ArchiveError::io("look at", path))?,
    };
    match (seen.is_file(), seen.len() == chunk.file_bytes) {
        (false, _) => Err(ArchiveError::Foreign {
            path: path.to_owned(),
        }),
        (true, true) => Ok(()),
        (true, false) => Err(ArchiveError::damaged(
            path,
            format!("it has {} bytes instead of {}", seen.len(), chunk.file_bytes),
        )),
    }
}
