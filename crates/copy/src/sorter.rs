use crate::{
    Table,
    batch::{BATCH_BYTES, Layout, RowBatch},
    loader, reader,
    text_row::{self, TextForm},
};
use dbha_sql::{BinaryRow, DataSession};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

/// Most rows in one batch.
const MOST_ROWS: usize = 8_192;
/// Bytes of a buffer: a full batch and a row that just did not fill it.
const BUFFER_BYTES: usize = BATCH_BYTES + (BATCH_BYTES >> 2);

/// What a row must be for the way that it goes.
#[derive(Debug, Clone)]
pub(crate) struct Lanes {
    /// How ordinary rows are laid out.
    pub(crate) layout: Layout,
    /// With [`Layout::Text`]: how the value of each column is written.
    pub(crate) texts: Vec<TextForm>,
    /// A row of so many bytes or more goes alone, its long values ahead of it.
    pub(crate) long_row: usize,
    /// Places of enumerations: their 0 is noted by the target.
    pub(crate) enums: Vec<usize>,
}

impl Lanes {
    /// Says what rows of a table must be for the server behind a session.
    pub(crate) fn into_server(loader: &DataSession, table: &Table) -> Self {
        Self {
            layout: loader::layout(loader, table),
            texts: text_row::text_forms(table, loader.dialect()).unwrap_or_default(),
            long_row: loader::long_row(loader),
            enums: reader::enum_places(table, loader.dialect()),
        }
    }
}

/// Buffers that a loader has emptied and a reader fills again: a copy needs a few, and no new ones for each batch.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpareBuffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl SpareBuffers {
    /// Takes an empty buffer for a batch.
    fn take(&self) -> Vec<u8> {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| Vec::with_capacity(BUFFER_BYTES))
    }

    /// Gives a buffer back; one of another size is left to the allocator.
    pub(crate) fn give_back(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() == BUFFER_BYTES {
            buffer.clear();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        }
    }
}

/// Lays rows out for the target, those with a place 0 of an enumeration apart from the others.
pub(crate) struct Sorter {
    lanes: Lanes,
    spare: SpareBuffers,
    plain: RowBatch,
    noted: RowBatch,
}

impl Sorter {
    pub(crate) fn new(lanes: Lanes, spare: SpareBuffers) -> Self {
        Self {
            lanes,
            spare,
            plain: RowBatch::default(),
            noted: RowBatch::default(),
        }
    }

    /// Adds a row; returns a batch that is full.
    pub(crate) fn add(&mut self, row: BinaryRow<'_>) -> io::Result<Option<RowBatch>> {
        let zeros = self.enum_zeros(row)?;
        if row.size() >= self.lanes.long_row {
            let mut alone = RowBatch {
                long: true,
                ..RowBatch::default()
            };
            // Exactly as large as the row: there may be room for no more.
            alone.bytes.reserve_exact(row.size());
            append(&mut alone, row, Layout::Many, &[])?;
            alone.enum_zeros = zeros;
            return Ok(Some(alone));
        }
        let batch = match zeros {
            0 => &mut self.plain,
            _ => &mut self.noted,
        };
        if batch.rows == 0 {
            batch.bytes = self.spare.take();
        }
        append(batch, row, self.lanes.layout, &self.lanes.texts)?;
        batch.enum_zeros += zeros;
        let full = batch.bytes.len() >= BATCH_BYTES || batch.rows >= MOST_ROWS;
        Ok(full.then(|| std::mem::take(batch)))
    }

    fn enum_zeros(&self, row: BinaryRow<'_>) -> io::Result<u64> {
        if self.lanes.enums.is_empty() {
            return Ok(0);
        }
        let mut zeros = 0;
        for (place, value) in row.values().enumerate() {
            let is_zero = value?.is_some_and(|value| value.iter().all(|byte| *byte == 0));
            zeros += u64::from(is_zero && self.lanes.enums.contains(&place));
        }
        Ok(zeros)
    }

    /// Returns the batches that did not become full.
    pub(crate) fn rest(&mut self) -> impl Iterator<Item = RowBatch> + use<> {
        [std::mem::take(&mut self.plain), std::mem::take(&mut self.noted)]
            .into_iter()
            .filter(|batch| batch.rows > 0)
    }
}

fn append(batch: &mut RowBatch, row: BinaryRow<'_>, layout: Layout, texts: &[TextForm]) -> io::Result<()> {
    batch.rows += 1;
    match layout {
        Layout::Bulk => {
            for value in row.values() {
                match value? {
                    Some(value) => {
                        batch.bytes.push(0);
                        batch.bytes.extend_from_slice(value);
                    }
                    None => batch.bytes.push(1),
                }
            }
        }
        Layout::Many => {
            for value in row.values() {
                let value = value?;
                batch.nulls.push(value.is_none());
                batch.bytes.extend_from_slice(value.unwrap_or_default());
            }
            batch.ends.push(batch.bytes.len());
        }
        Layout::Text => text_row::append_line(&mut batch.bytes, row, texts)?,
    }
    Ok(())
}
