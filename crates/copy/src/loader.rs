use crate::{
    CopyError, Table,
    batch::{Layout, RowBatch, decompose},
    sorter::SpareBuffers,
    statements::{self, rows::MOST_PLACEHOLDERS},
    text_row,
};
use dbha_sql::{DataSession, Done, Parameter, Prepared, SqlError, Statement};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// Bytes after which rows of a table that cannot be cut into ranges are committed.
const COMMIT_BYTES: u64 = 32 << 20;
/// A row from here on goes alone, whatever the target takes in one packet.
const LONG_ROW: u64 = 4 << 20;
/// A value from here on goes ahead of a long row.
const LONG_VALUE: usize = 64 << 10;
/// Bytes of a long value in one piece.
const PIECE_BYTES: u64 = 1 << 20;
/// Bytes of rows in one statement for many rows.
const STATEMENT_BYTES: usize = 256 << 10;
/// Most rows in one such statement: more gain nothing and keep long texts of placeholders.
const MOST_ROWS: usize = 1_024;
/// The only note that is expected, and only for place 0 of an enumeration: data truncated for column.
const TRUNCATED: &str = "1265";

/// What was loaded so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Loaded {
    /// Rows that the target counted.
    pub(crate) rows: u64,
    /// Bytes of their values.
    pub(crate) bytes: u64,
}

/// Chooses how rows are laid out for a target, by what its connection takes.
pub(crate) fn layout(session: &DataSession, table: &Table) -> Layout {
    let has_text = || text_row::text_forms(table, session.dialect()).is_some();
    match table.carried().next() {
        Some(_) if session.takes_bulk() => Layout::Bulk,
        Some(_) if session.takes_local_data() && has_text() => Layout::Text,
        _ => Layout::Many,
    }
}

/// Returns from how many bytes on a row is too long for one packet of the target.
pub(crate) fn long_row(session: &DataSession) -> usize {
    usize::try_from(LONG_ROW.min(session.largest_packet() / 2)).unwrap_or(usize::MAX)
}

/// Stores rows of one table, as long as it is that table's turn.
pub(crate) struct Loader<'a> {
    session: &'a mut DataSession,
    table: &'a Table,
    shown: String,
    layout: Layout,
    types: Vec<Parameter>,
    /// Statements for so many rows; with [`Layout::Bulk`] the one for one row serves all.
    prepared: HashMap<usize, Prepared>,
    spare: SpareBuffers,
}

impl<'a> Loader<'a> {
    /// Prepares for rows whose columns arrive as `types`; `shown` names the rows in errors.
    pub(crate) fn new(
        session: &'a mut DataSession,
        table: &'a Table,
        types: Vec<Parameter>,
        shown: String,
    ) -> Self {
        let columns = table.carried().count();
        Self {
            layout: layout(session, table),
            // A table may have no column that travels: then a number stands for the row.
            types: types.into_iter().take(columns).collect(),
            session,
            table,
            shown,
            prepared: HashMap::new(),
            spare: SpareBuffers::default(),
        }
    }

    /// Gives emptied buffers to those who read.
    pub(crate) fn give_buffers_to(&mut self, spare: SpareBuffers) {
        self.spare = spare;
    }

    /// Stores batches as they come, until there are no more, and leaves the last of them uncommitted; tells `news` after
    /// each.
    pub(crate) async fn load(
        &mut self,
        mut batches: mpsc::Receiver<RowBatch>,
        in_one_go: bool,
        mut news: impl FnMut(Loaded),
    ) -> Result<Loaded, CopyError> {
        self.run(statements::rows::begin()).await?;
        let mut loaded = Loaded::default();
        let mut uncommitted = 0;
        while let Some(batch) = batches.recv().await {
            let (rows, bytes) = (batch.rows as u64, batch.bytes.len() as u64);
            self.store(batch).await?;
            loaded.rows += rows;
            loaded.bytes += bytes;
            uncommitted += bytes;
            if uncommitted >= COMMIT_BYTES && !in_one_go {
                self.run(statements::rows::commit_and_go_on()).await?;
                uncommitted = 0;
            }
            news(loaded);
        }
        self.forget_prepared().await?;
        Ok(loaded)
    }

    fn failed(&self) -> impl FnOnce(SqlError) -> CopyError + use<> {
        CopyError::doing(format!("loading {}", self.shown))
    }

    async fn run(&mut self, statement: Statement) -> Result<(), CopyError> {
        let failed = self.failed();
        self.session.execute(&statement).await.map(drop).map_err(failed)
    }

    async fn prepared(&mut self, rows: usize) -> Result<Prepared, CopyError> {
        if let Some(prepared) = self.prepared.get(&rows) {
            return Ok(prepared.clone());
        }
        let statement = statements::rows::write(self.table, rows, self.session.dialect());
        let failed = self.failed();
        let prepared = self.session.prepare(&statement).await.map_err(failed)?;
        if prepared.parameters() != rows * self.types.len() {
            return Err(CopyError::Unreadable {
                server: self.session.name().to_owned(),
                what: format!("the placeholders of {}", self.shown),
            });
        }
        self.prepared.insert(rows, prepared.clone());
        Ok(prepared)
    }

    async fn forget_prepared(&mut self) -> Result<(), CopyError> {
        for (_, prepared) in std::mem::take(&mut self.prepared) {
            let failed = self.failed();
            self.session.forget(prepared).await.map_err(failed)?;
        }
        Ok(())
    }

    /// Stores one batch; its room is free again when this returns.
    async fn store(&mut self, batch: RowBatch) -> Result<(), CopyError> {
        let noted = batch.enum_zeros > 0;
        if noted {
            self.run(statements::rows::let_enum_zero(true)).await?;
        }
        let notes = match (batch.long, self.layout) {
            (true, _) => self.store_long(&batch, noted).await?,
            (false, Layout::Bulk) => self.store_bulk(&batch, noted).await?,
            (false, Layout::Many) => self.store_many(&batch, noted).await?,
            (false, Layout::Text) => self.store_text(&batch, noted).await?,
        };
        if noted {
            self.run(statements::rows::let_enum_zero(false)).await?;
            // The server counts no more than it can write down.
            if notes != batch.enum_zeros.min(u64::from(u16::MAX)) {
                return Err(self.bent(None, "other notes than those about place 0 of an enumeration"));
            }
        }
        self.spare.give_back(batch.bytes);
        drop(batch.room);
        Ok(())
    }

    async fn store_bulk(&mut self, batch: &RowBatch, noted: bool) -> Result<u64, CopyError> {
        let prepared = self.prepared(1).await?;
        let failed = self.failed();
        let sent = self.session.execute_bulk(&prepared, &self.types, &batch.bytes);
        let done = sent.await.map_err(failed)?;
        self.judge(batch.rows, done, noted).await
    }

    /// Every error about a row is a mere warning here, and its row left out or bent: both are looked for.
    async fn store_text(&mut self, batch: &RowBatch, noted: bool) -> Result<u64, CopyError> {
        let statement = statements::rows::load(self.table, self.session.dialect());
        let failed = self.failed();
        let sent = self.session.load_local(&statement, &batch.bytes);
        let done = sent.await.map_err(failed)?;
        self.judge(batch.rows, done, noted).await
    }

    async fn store_many(&mut self, batch: &RowBatch, noted: bool) -> Result<u64, CopyError> {
        let columns = self.types.len();
        let most = self.rows_per_statement(batch.bytes.len() / batch.rows.max(1));
        let (mut row, mut from, mut notes) = (0, 0, 0);
        for rows in decompose(batch.rows, most) {
            let end = batch.ends[row + rows - 1];
            let nulls = &batch.nulls[row * columns..(row + rows) * columns];
            let prepared = self.prepared(rows).await?;
            let failed = self.failed();
            let bitmap = bitmap(nulls);
            let values = &batch.bytes[from..end];
            let sent = self
                .session
                .execute_prepared(&prepared, &self.types, &bitmap, values);
            let done = sent.await.map_err(failed)?;
            notes += self.judge(rows, done, noted).await?;
            (row, from) = (row + rows, end);
        }
        Ok(notes)
    }

    /// Returns how many rows one statement holds where a row has so many bytes: a power of two.
    fn rows_per_statement(&self, row_bytes: usize) -> usize {
        let by_bytes = STATEMENT_BYTES / row_bytes.max(1);
        let most = (MOST_PLACEHOLDERS / self.types.len().max(1))
            .min(by_bytes)
            .clamp(1, MOST_ROWS);
        1 << most.ilog2()
    }

    /// Stores one row that is too long for a packet: its long values go ahead in pieces.
    async fn store_long(&mut self, batch: &RowBatch, noted: bool) -> Result<u64, CopyError> {
        let prepared = self.prepared(1).await?;
        let types = self.types.clone();
        let piece_bytes = PIECE_BYTES.min(self.session.largest_packet() / 2) as usize;
        let (mut short, mut rest) = (Vec::new(), batch.bytes.as_slice());
        for (at, parameter) in types.iter().enumerate().filter(|(at, _)| !batch.nulls[*at]) {
            let size = parameter.size_of_first(rest);
            let Some((value, after)) = size.and_then(|size| rest.split_at_checked(size)) else {
                return Err(self.bent(None, "a value that goes on beyond its row"));
            };
            rest = after;
            if value.len() < LONG_VALUE {
                short.extend_from_slice(value);
                continue;
            }
            for piece in dbha_sql::counted_body(value).chunks(piece_bytes) {
                let failed = self.failed();
                let sent = self.session.send_ahead(&prepared, at as u16, piece).await;
                sent.map_err(failed)?;
            }
        }
        let failed = self.failed();
        let nulls = bitmap(&batch.nulls);
        let sent = self.session.execute_prepared(&prepared, &types, &nulls, &short);
        let done = sent.await.map_err(failed)?;
        self.judge(1, done, noted).await
    }

    /// Returns the number of notes, none of which may be about a value.
    async fn judge(&mut self, sent: usize, done: Done, noted: bool) -> Result<u64, CopyError> {
        // Asked for first: the server's words say why rows are missing.
        if done.notes > 0 {
            self.judge_notes(noted).await?;
        }
        if done.rows != sent as u64 {
            return Err(CopyError::RowsLost {
                table: self.shown.clone(),
                sent: sent as u64,
                stored: done.rows,
            });
        }
        Ok(u64::from(done.notes))
    }

    /// Every note means that a value was bent, but for the one that place 0 of an enumeration draws.
    async fn judge_notes(&mut self, noted: bool) -> Result<(), CopyError> {
        let failed = self.failed();
        let asked = self.session.query(&statements::rows::all_warnings()).await;
        let rows = asked.map_err(failed)?;
        let unexpected = rows
            .iter()
            .find(|row| !(noted && row.get("Code") == Some(TRUNCATED)));
        match unexpected {
            None => Ok(()),
            Some(row) => Err(self.bent(row.parse("Code"), row.get("Message").unwrap_or_default())),
        }
    }

    fn bent(&self, code: Option<u16>, text: &str) -> CopyError {
        CopyError::RowsBent {
            table: self.shown.clone(),
            code,
            text: dbha_sql::printable(text),
        }
    }
}

/// Makes the bits that say which placeholders are NULL.
fn bitmap(nulls: &[bool]) -> Vec<u8> {
    let mut bytes = vec![0; nulls.len().div_ceil(8)];
    for (at, _) in nulls.iter().enumerate().filter(|(_, null)| **null) {
        bytes[at / 8] |= 1 << (at % 8);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::bitmap;

    #[test]
    fn each_null_has_its_bit() {
        assert_eq!(bitmap(&[]), [0; 0]);
        assert_eq!(bitmap(&[true, false, false, true]), [0b1001]);
        let mut nulls = [false; 9];
        nulls[8] = true;
        assert_eq!(bitmap(&nulls), [0, 1]);
    }
}
