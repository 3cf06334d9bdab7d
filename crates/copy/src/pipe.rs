use crate::{
    CopyError, Table,
    batch::Walked,
    batch_taker::BatchTaker,
    checksum::{self, Proof},
    copied_ranges::CopiedRange,
    doubts::Doubts,
    loader::{Loaded, Loader},
    piece::Piece,
    reader,
    row_sum::RowSum,
    schedule::Range,
    sink::{Poured, Sink},
    sorter::{Lanes, Sorter, SpareBuffers},
    statements,
    table_identity::TableIdentities,
    tables::{self, WaitingTable},
    turns::Turns,
};
use dbha_sql::{DataSession, Dialect, Parameter, Statement};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Batches that may wait between a reader and its loader.
pub(crate) const WAITING_BATCHES: usize = 4;
/// Bytes that may be between a reader and its loader, but for one row that is larger.
const ROOM_BYTES: u64 = 3 << 20;
/// One permit stands for so many bytes.
const PERMIT_BYTES: u64 = 1 << 10;

/// A table with a row from here on has the lane for such rows to itself.
const HUGE_ROW: u64 = 8 << 20;

/// The lane that all pipes of a copy share for huge rows: one table at a time, so that memory holds one such row
/// and not one for each worker.
#[derive(Clone)]
pub(crate) struct Lane(Arc<Semaphore>);

impl Lane {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// The bounded room between one reader and one loader.
pub(crate) struct Room {
    bytes: Arc<Semaphore>,
    lane: Lane,
    in_lane: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Makes room for the rows of one range.
    pub(crate) fn new(lane: &Lane) -> Self {
        Self {
            bytes: Arc::new(Semaphore::new((ROOM_BYTES / PERMIT_BYTES) as usize)),
            lane: lane.clone(),
            in_lane: None,
        }
    }

    /// Enters the lane for huge rows when the first one comes, and stays in it: more are likely.
    pub(crate) async fn enter_lane_for(&mut self, bytes: u64) {
        if bytes >= HUGE_ROW && self.in_lane.is_none() {
            self.in_lane = self.lane.0.clone().acquire_owned().await.ok();
        }
    }

    /// Waits until there is room for so many bytes; what is larger than the room gets all of it.
    pub(crate) async fn take(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let permits = (bytes.min(ROOM_BYTES) / PERMIT_BYTES) as u32;
        // Never closed; were it, batches would only flow without a bound.
        self.bytes.clone().acquire_many_owned(permits).await.ok()
    }

    /// Waits until not all of the room is taken.
    pub(crate) async fn wait_for_some(&self) {
        drop(self.bytes.acquire().await);
    }
}

/// A reader, and where its rows go.
pub(crate) struct Pair<S> {
    /// Reads inside the snapshot.
    pub(crate) reader: DataSession,
    /// Keeps what it reads.
    pub(crate) sink: S,
    /// What the tables are that the snapshot saw.
    pub(crate) identities: Arc<TableIdentities>,
}

/// A server that rows go to, by one session.
pub(crate) struct ServerSink {
    /// Writes on the target.
    pub(crate) loader: DataSession,
    /// See [`Lane`].
    pub(crate) lane: Lane,
    /// See [`Turns`].
    pub(crate) turns: Turns,
    /// See [`SpareBuffers`].
    pub(crate) spare: SpareBuffers,
    /// See [`Doubts`].
    pub(crate) doubts: Doubts,
}

impl ServerSink {
    async fn run(&mut self, statement: &Statement, piece: &Piece) -> Result<(), CopyError> {
        let done = self.loader.execute(statement).await;
        done.map(drop)
            .map_err(CopyError::doing(format!("loading {}", piece.shown())))
    }
}

impl Sink for ServerSink {
    fn dialect(&self) -> Dialect {
        self.loader.dialect()
    }

    fn pour(
        &mut self,
        reader: &mut DataSession,
        range: &Range,
        types: &[Parameter],
        news: impl FnMut(Loaded) + Send,
    ) -> impl Future<Output = Result<(Walked, Loaded), CopyError>> + Send {
        pour(reader, self, range, types, news)
    }

    /// Proves what the loader's transaction has stored, notes it, and commits both.
    async fn prove(&mut self, reader: &mut DataSession, poured: &Poured) -> Result<Proof, CopyError> {
        let piece = &poured.piece;
        // The source itself proves the first rows of each table: what does not travel as it is stored shows there.
        let believed = poured.read.filter(|_| !poured.first);
        let proof = checksum::prove(reader, &mut self.loader, piece, believed).await?;
        if poured.read.is_some_and(|read| read != proof) {
            self.doubts.note(&piece.table);
        }
        let noted = poured.place.filter(|_| piece.table.keeps_ranges());
        if let Some(place) = noted {
            let note = statements::copied_ranges::note(piece, place, poured.bytes);
            self.run(&note, piece).await?;
        }
        self.run(&statements::rows::commit(), piece).await?;
        Ok(proof)
    }

    async fn holds(&mut self, reader: &mut DataSession, piece: &Piece) -> Result<Option<Proof>, CopyError> {
        let (there, here) = checksum::both_sides(reader, &mut self.loader, piece).await?;
        Ok((there == here).then_some(here))
    }

    async fn empty(&mut self, piece: &Piece, noted: &CopiedRange) -> Result<(), CopyError> {
        for statement in [
            statements::rows::begin(),
            statements::copied_ranges::forget(piece, noted),
            statements::copied_ranges::empty(piece),
            statements::rows::commit(),
        ] {
            self.run(&statement, piece).await?;
        }
        Ok(())
    }

    async fn disown(&mut self, table: &Table) -> Result<(), CopyError> {
        let doing = || CopyError::doing(format!("forgetting the notes of {}", table.shown()));
        for statement in [
            statements::rows::roll_back(),
            statements::copied_ranges::forget_table(&table.schema, &table.name),
        ] {
            self.loader.execute(&statement).await.map_err(doing())?;
        }
        Ok(())
    }

    async fn add_keys(&mut self, waiting: &WaitingTable) -> Result<(), CopyError> {
        tables::add_keys(&mut self.loader, waiting).await
    }
}

/// Pours one range from the reader's snapshot into the loader; reading and storing overlap.
///
/// Rows of a table that has a key are committed together, so that a range is there or is not.
async fn pour(
    reader: &mut DataSession,
    pair: &mut ServerSink,
    range: &Range,
    types: &[Parameter],
    news: impl FnMut(Loaded),
) -> Result<(Walked, Loaded), CopyError> {
    let table = &range.piece.table;
    let _turn = pair.turns.take(table).await;
    let mut room = Room::new(&pair.lane);
    // A table known for huge rows enters the lane before its first one is in memory.
    room.enter_lane_for(table.bytes_estimate / table.rows_estimate.max(1))
        .await;
    let target = pair.loader.dialect();
    let (batches, waiting) = mpsc::channel(WAITING_BATCHES);
    let sorter = Sorter::new(Lanes::into_server(&pair.loader, table), pair.spare.clone());
    let sum = match pair.doubts.of(table) {
        true => None,
        false => RowSum::of(table, reader.dialect(), target),
    };
    let mut taker = BatchTaker::new(sorter, room, batches);
    let mut loader = Loader::new(&mut pair.loader, table, types.to_vec(), range.piece.shown());
    loader.give_buffers_to(pair.spare.clone());
    let reading = async {
        let read = reader::read(reader, range, target, &mut taker, sum).await;
        // The loader goes on until nobody can send any more.
        drop(taker);
        read
    };
    let (read, loaded) = tokio::join!(reading, loader.load(waiting, range.piece.key.is_some(), news));
    // A loader that failed makes its reader stop, so its own error is the cause.
    let loaded = loaded?;
    Ok((read?, loaded))
}
