use crate::{batch::RowBatch, pipe::Room, reader::Taker, sorter::Sorter};
use dbha_sql::BinaryRow;
use std::io;
use tokio::sync::mpsc;

/// Takes rows for a server: laid out for it, in batches, as far as there is room for them.
pub(crate) struct BatchTaker {
    sorter: Sorter,
    full: Option<RowBatch>,
    room: Room,
    batches: mpsc::Sender<RowBatch>,
}

impl BatchTaker {
    pub(crate) fn new(sorter: Sorter, room: Room, batches: mpsc::Sender<RowBatch>) -> Self {
        Self {
            sorter,
            full: None,
            room,
            batches,
        }
    }

    /// Sends a batch on; false when nobody takes it any more.
    async fn send(&mut self, mut batch: RowBatch) -> bool {
        let bytes = batch.bytes.len() as u64;
        self.room.enter_lane_for(bytes).await;
        batch.room = self.room.take(bytes).await;
        if self.batches.send(batch).await.is_err() {
            return false;
        }
        // A row that filled all the room must be stored before the next one is even read.
        self.room.wait_for_some().await;
        true
    }
}

impl Taker for BatchTaker {
    fn take(&mut self, row: BinaryRow<'_>) -> io::Result<bool> {
        self.full = self.sorter.add(row)?;
        Ok(self.full.is_some())
    }

    async fn hand_over(&mut self) -> bool {
        match self.full.take() {
            Some(batch) => self.send(batch).await,
            None => true,
        }
    }

    async fn hand_over_rest(&mut self) -> bool {
        for batch in self.sorter.rest() {
            if !self.send(batch).await {
                return false;
            }
        }
        true
    }
}
