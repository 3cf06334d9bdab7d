use crate::{
    CopyError, Table,
    loader::{self, Loaded},
    reader,
};
use dbha_sql::Session;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Batches that may wait between a reader and its loader.
const WAITING_BATCHES: usize = 4;
/// Bytes that may be between a reader and its loader, but for one row that is larger.
const ROOM_BYTES: u64 = 3 << 20;
/// One permit stands for so many bytes.
const PERMIT_BYTES: u64 = 1 << 10;

/// The bounded room between one reader and one loader.
pub(crate) struct Room(Arc<Semaphore>);

impl Room {
    fn new() -> Self {
        Self(Arc::new(Semaphore::new((ROOM_BYTES / PERMIT_BYTES) as usize)))
    }

    /// Waits until there is room for so many bytes; what is larger than the room gets all of it.
    pub(crate) async fn take(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let permits = (bytes.min(ROOM_BYTES) / PERMIT_BYTES) as u32;
        // Never closed; were it, batches would only flow without a bound.
        self.0.clone().acquire_many_owned(permits).await.ok()
    }

    /// Waits until not all of the room is taken.
    pub(crate) async fn wait_for_some(&self) {
        drop(self.0.acquire().await);
    }
}

/// Pours all rows of a table from the reader's snapshot into the loader; reading and storing overlap.
pub(crate) async fn pour(
    reader: &mut Session,
    loader: &mut Session,
    table: &Table,
    news: impl FnMut(Loaded),
) -> Result<Loaded, CopyError> {
    let room = Room::new();
    let target = loader.dialect();
    let (batches, waiting) = mpsc::channel(WAITING_BATCHES);
    let (read, loaded) = tokio::join!(
        reader::read(reader, table, target, &room, batches),
        loader::load(loader, table, waiting, news)
    );
    // A loader that failed makes its reader stop, so its own error is the cause.
    let loaded = loaded?;
    read?;
    Ok(loaded)
}
