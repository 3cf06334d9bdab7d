use crate::{
    CopyError, Table,
    batch::{BATCH_BYTES, RowBatch, bytes_of},
    pipe::Room,
    statements,
    value_form::ValueForm,
};
use dbha_sql::{
    Dialect, Session,
    driver::{self, Row, Value, prelude::Queryable},
};
use tokio::sync::mpsc;

/// A row from here on is a batch of its own.
const LARGE_ROW: u64 = 256 << 10;
/// Most rows in one batch.
const MOST_ROWS: usize = 8_192;

/// Reads all rows of a table inside the session's snapshot and sends them on in batches; [`leave`] comes after the
/// last question about the table.
///
/// Ends early, without an error of its own, when nobody takes the batches any more: then the loader has failed.
pub(crate) async fn read(
    session: &mut Session,
    table: &Table,
    target: Dialect,
    mut room: Room,
    batches: mpsc::Sender<RowBatch>,
) -> Result<(), CopyError> {
    let shown = table.shown();
    let failed = || CopyError::reading(&shown);
    // Tables without a snapshot are read outside of any transaction, where there is nothing to go back to.
    if table.transactional {
        let remember = statements::rows::remember_before_table();
        session.execute(&remember).await.map_err(failed())?;
    }
    let statement = statements::rows::read(table, target);
    let enums = enum_places(table, target);
    let limit = dbha_sql::SessionProfile::Reader.statement_limit();
    session
        .run(&statement, limit, async |conn| {
            let mut sorter = Sorter::new(&enums);
            let mut rows = conn.exec_iter(statement.sql(), ()).await?;
            while let Some(row) = rows.next().await? {
                if let Some(batch) = sorter.add(row) {
                    hand_over(batch, &mut room, &batches).await?;
                }
            }
            for batch in sorter.rest() {
                hand_over(batch, &mut room, &batches).await?;
            }
            Ok(())
        })
        .await
        .map_err(failed())?;
    Ok(())
}

/// Gives the table's metadata locks back; the snapshot stays.
pub(crate) async fn leave(session: &mut Session, table: &Table) -> Result<(), CopyError> {
    if table.transactional {
        let forget = statements::rows::forget_table();
        session
            .execute(&forget)
            .await
            .map_err(CopyError::reading(&table.shown()))?;
    }
    Ok(())
}

async fn hand_over(
    mut batch: RowBatch,
    room: &mut Room,
    batches: &mpsc::Sender<RowBatch>,
) -> Result<(), driver::Error> {
    let gone = |_| driver::Error::Other("nobody takes the rows any more".into());
    room.enter_lane_for(batch.bytes).await;
    batch.room = room.take(batch.bytes).await;
    batches.send(batch).await.map_err(|_| gone(()))?;
    // A row that filled all the room must be stored before the next one is even read.
    room.wait_for_some().await;
    Ok(())
}

/// Returns which of the values are places in enumerations whose 0 the target notes.
fn enum_places(table: &Table, target: Dialect) -> Vec<usize> {
    table
        .carried()
        .enumerate()
        .filter(|(_, column)| ValueForm::of(column, target) == ValueForm::Number { zero_is_noted: true })
        .map(|(place, _)| place)
        .collect()
}

/// Collects rows into batches, those with a place 0 of an enumeration apart from the others.
struct Sorter<'a> {
    enums: &'a [usize],
    plain: RowBatch,
    noted: RowBatch,
}

impl<'a> Sorter<'a> {
    fn new(enums: &'a [usize]) -> Self {
        Self {
            enums,
            plain: RowBatch::default(),
            noted: RowBatch::default(),
        }
    }

    /// Adds a row; returns a batch that is full.
    fn add(&mut self, row: Row) -> Option<RowBatch> {
        let values = row.unwrap_raw();
        let is_zero =
            |place: &&usize| matches!(values.get(**place), Some(Some(Value::UInt(0) | Value::Int(0))));
        let zeros = self.enums.iter().filter(is_zero).count() as u64;
        let bytes: u64 = values.iter().flatten().map(|value| bytes_of(value) + 1).sum();
        // A large row goes alone: with others it could burst the limit of one packet.
        let mut alone = RowBatch::default();
        let batch = match (bytes > LARGE_ROW, zeros > 0) {
            (true, _) => &mut alone,
            (false, true) => &mut self.noted,
            (false, false) => &mut self.plain,
        };
        batch.enum_zeros += zeros;
        batch.rows += 1;
        batch.bytes += bytes;
        let values = values.into_iter().map(|value| value.unwrap_or(Value::NULL));
        batch.values.extend(values);
        let full = bytes > LARGE_ROW || batch.bytes >= BATCH_BYTES || batch.rows >= MOST_ROWS;
        full.then(|| std::mem::take(batch))
    }

    fn rest(self) -> impl Iterator<Item = RowBatch> {
        [self.plain, self.noted]
            .into_iter()
            .filter(|batch| batch.rows > 0)
    }
}
