use crate::{
    CopyError, Table,
    batch::{RowBatch, decompose, rows_per_statement},
    raw_rows::raw_rows,
    statements,
};
use dbha_sql::{
    Dialect, Session, SqlError,
    driver::{Params, Value, prelude::Queryable},
};
use std::time::Duration;
use tokio::sync::mpsc;

/// Bytes after which the loader commits.
const COMMIT_BYTES: u64 = 32 << 20;
/// Longest wait for one statement with rows.
const ROWS_WITHIN: Duration = Duration::from_secs(1_800);
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
    let mut loader = Loader::new(session, table);
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
}

impl<'a> Loader<'a> {
    fn new(session: &'a mut Session, table: &'a Table) -> Self {
        Self {
            target: session.dialect(),
            session,
            table,
        }
    }

    fn failed(&self) -> impl FnOnce(SqlError) -> CopyError + use<> {
        CopyError::doing(format!("loading {}", self.table.shown()))
    }

    async fn run(&mut self, statement: dbha_sql::Statement) -> Result<(), CopyError> {
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
            let notes = self.store_piece(rows, piece, noted).await?;
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

    /// Stores some rows by one statement and returns how many notes about place 0 it drew.
    async fn store_piece(&mut self, rows: usize, piece: Vec<Value>, noted: bool) -> Result<u16, CopyError> {
        let statement = statements::rows::write(self.table, rows, self.target);
        let failed = self.failed();
        let nothing_carried = self.table.carried().next().is_none();
        let params = match nothing_carried {
            true => Params::Empty,
            false => Params::Positional(piece),
        };
        let (stored, notes) = self
            .session
            .run(&statement, ROWS_WITHIN, async |conn| {
                conn.exec_drop(statement.sql(), params).await?;
                Ok((conn.affected_rows(), conn.get_warnings()))
            })
            .await
            .map_err(failed)?;
        if stored != rows as u64 {
            return Err(CopyError::RowsLost {
                table: self.table.shown(),
                sent: rows as u64,
                stored,
            });
        }
        if notes > 0 {
            self.judge_notes(noted).await?;
        }
        Ok(notes)
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
