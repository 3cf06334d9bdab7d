use crate::{
    CopyError, Table,
    batch::{RowBatch, bytes_of, decompose, rows_per_statement},
    raw_rows::raw_rows,
    statements,
};
use dbha_sql::{
    Dialect, Session, SqlError, Statement,
    driver::{Params, Value, prelude::Queryable},
};
use std::time::Duration;
use tokio::sync::mpsc;

/// Bytes after which the loader commits.
const COMMIT_BYTES: u64 = 32 << 20;
/// Longest wait for one statement with rows.
const ROWS_WITHIN: Duration = Duration::from_secs(1_800);
/// What every server takes in one packet, however it is configured.
const SMALLEST_PACKET: u64 = 1 << 20;
/// A row from here on is too long for one packet: beyond 16 MiB a packet is in several pieces, and the client sends
/// some that are one byte larger than a server with the default limit takes.
const LONG_ROW: u64 = 4 << 20;
/// A value from here on goes ahead of a long row.
const LONG_VALUE: u64 = 64 << 10;
/// Bytes of a long value in one piece.
const PIECE_BYTES: u64 = 4 << 20;
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

/// Stores batches as they come, until there are no more; tells `news` after each.
pub(crate) async fn load(
    session: &mut Session,
    table: &Table,
    mut batches: mpsc::Receiver<RowBatch>,
    mut news: impl FnMut(Loaded),
) -> Result<Loaded, CopyError> {
    let mut loader = Loader::new(session, table).await?;
    loader.run(statements::rows::begin()).await?;
    let mut loaded = Loaded::default();
    let mut uncommitted = 0;
    while let Some(batch) = batches.recv().await {
        let (rows, bytes) = (batch.rows as u64, batch.bytes);
        loader.store(batch).await?;
        loaded.rows += rows;
        loaded.bytes += bytes;
        uncommitted += bytes;
        if uncommitted >= COMMIT_BYTES {
            loader.run(statements::rows::commit_and_go_on()).await?;
            uncommitted = 0;
        }
        news(loaded);
    }
    loader.run(statements::rows::commit()).await?;
    Ok(loaded)
}

struct Loader<'a> {
    session: &'a mut Session,
    table: &'a Table,
    target: Dialect,
    largest_packet: u64,
}

impl<'a> Loader<'a> {
    async fn new(session: &'a mut Session, table: &'a Table) -> Result<Self, CopyError> {
        let packet = session
            .query_value(&statements::rows::largest_packet())
            .await
            .map_err(CopyError::doing(
                "reading the largest packet that the target takes",
            ))?;
        Ok(Self {
            target: session.dialect(),
            largest_packet: packet
                .and_then(|bytes| bytes.parse().ok())
                .unwrap_or(SMALLEST_PACKET),
            session,
            table,
        })
    }

    fn failed(&self) -> impl FnOnce(SqlError) -> CopyError + use<> {
        CopyError::doing(format!("loading {}", self.table.shown()))
    }

    async fn run(&mut self, statement: Statement) -> Result<(), CopyError> {
        let failed = self.failed();
        self.session.execute(&statement).await.map(|_| ()).map_err(failed)
    }

    /// Stores one batch; its room is free again when this returns.
    async fn store(&mut self, batch: RowBatch) -> Result<(), CopyError> {
        let noted = batch.enum_zeros > 0;
        if noted {
            self.run(statements::rows::let_enum_zero(true)).await?;
        }
        let mut notes_left = batch.enum_zeros;
        let columns = batch.values.len() / batch.rows.max(1);
        let most = rows_per_statement(self.table, batch.bytes / batch.rows.max(1) as u64);
        let mut values = batch.values.into_iter();
        for rows in decompose(batch.rows, most) {
            let piece: Vec<Value> = values.by_ref().take(rows * columns).collect();
            let notes = match rows == 1 && self.is_long(&piece) {
                true => self.store_long(piece, noted).await?,
                false => self.store_piece(rows, piece, noted).await?,
            };
            notes_left = notes_left.wrapping_sub(u64::from(notes));
        }
        if noted {
            self.run(statements::rows::let_enum_zero(false)).await?;
            if notes_left != 0 {
                return Err(self.bent("other notes than those about place 0 of an enumeration"));
            }
        }
        drop(batch.room);
        Ok(())
    }

    fn is_long(&self, row: &[Value]) -> bool {
        let bytes: u64 = row.iter().map(bytes_of).sum();
        bytes > LONG_ROW.min(self.largest_packet / 2)
    }

    /// Stores some rows by one statement and returns how many notes about place 0 it drew.
    async fn store_piece(&mut self, rows: usize, piece: Vec<Value>, noted: bool) -> Result<u16, CopyError> {
        let statement = statements::rows::write(self.table, rows, self.target);
        let nothing_carried = self.table.carried().next().is_none();
        let params = match nothing_carried {
            true => Params::Empty,
            false => Params::Positional(piece),
        };
        let (stored, notes) = self.send(&statement, params).await?;
        self.judge(rows as u64, stored, notes, noted).await?;
        Ok(notes)
    }

    /// Stores one row that is too long for a packet: its long values go ahead in pieces, into variables.
    async fn store_long(&mut self, mut row: Vec<Value>, noted: bool) -> Result<u16, CopyError> {
        let long: Vec<bool> = row.iter().map(|value| bytes_of(value) > LONG_VALUE).collect();
        let piece_bytes = PIECE_BYTES.min(self.largest_packet / 2) as usize;
        for (at, value) in row.iter_mut().enumerate().filter(|(at, _)| long[*at]) {
            let Value::Bytes(bytes) = std::mem::replace(value, Value::NULL) else {
                continue;
            };
            for (number, piece) in bytes.chunks(piece_bytes).enumerate() {
                let statement = match number {
                    0 => statements::rows::begin_long(at),
                    _ => statements::rows::continue_long(at),
                };
                let params = Params::Positional(vec![Value::Bytes(piece.to_vec())]);
                let (_, notes) = self.send(&statement, params).await?;
                if notes > 0 {
                    self.judge_notes(false).await?;
                }
            }
        }
        let statement = statements::rows::write_long(self.table, &long, self.target);
        let mut places = long.iter();
        row.retain(|_| places.next() == Some(&false));
        let params = if row.is_empty() {
            Params::Empty
        } else {
            Params::Positional(row)
        };
        let (stored, notes) = self.send(&statement, params).await?;
        self.judge(1, stored, notes, noted).await?;
        for (at, _) in long.iter().enumerate().filter(|(_, long)| **long) {
            self.run(statements::rows::forget_long(at)).await?;
        }
        Ok(notes)
    }

    /// Runs a statement with values; returns how many rows it stored and how many notes it drew.
    async fn send(&mut self, statement: &Statement, params: Params) -> Result<(u64, u16), CopyError> {
        let failed = self.failed();
        self.session
            .run(statement, ROWS_WITHIN, async |conn| {
                conn.exec_drop(statement.sql(), params).await?;
                Ok((conn.affected_rows(), conn.get_warnings()))
            })
            .await
            .map_err(failed)
    }

    async fn judge(&mut self, sent: u64, stored: u64, notes: u16, noted: bool) -> Result<(), CopyError> {
        if stored != sent {
            return Err(CopyError::RowsLost {
                table: self.table.shown(),
                sent,
                stored,
            });
        }
        match notes {
            0 => Ok(()),
            _ => self.judge_notes(noted).await,
        }
    }

    /// Every note means that a value was bent, but for the one that place 0 of an enumeration draws.
    async fn judge_notes(&mut self, noted: bool) -> Result<(), CopyError> {
        let failed = self.failed();
        let rows = raw_rows(self.session, &statements::rows::all_warnings())
            .await
            .map_err(failed)?;
        let unexpected = rows
            .iter()
            .find(|row| !(noted && row.text("Code").as_deref() == Some(TRUNCATED)));
        match unexpected {
            None => Ok(()),
            Some(row) => Err(self.bent(&row.text("Message").unwrap_or_default())),
        }
    }

    fn bent(&self, text: &str) -> CopyError {
        CopyError::RowsBent {
            table: self.table.shown(),
            text: dbha_sql::printable(text),
        }
    }
}
