use crate::{
    CopyError, Table,
    batch::{RowBatch, Walked},
    piece::Piece,
    pipe::Room,
    range_key::{Bound, RangeKey},
    schedule::Range,
    sorter::Sorter,
    statements,
    value_form::ValueForm,
};
use dbha_sql::{DataSession, Dialect};
use std::io;
use tokio::sync::mpsc;

/// Reads one range inside the session's snapshot and sends its rows on in batches.
///
/// Ends early, without an error of its own, when nobody takes the batches any more: then the loader has failed.
pub(crate) async fn read(
    session: &mut DataSession,
    range: &Range,
    (target, mut sorter): (Dialect, Sorter),
    room: &mut Room,
    batches: mpsc::Sender<RowBatch>,
) -> Result<Walked, CopyError> {
    let shown = range.piece.shown();
    let statement = statements::ranges::read(&range.piece, target, range.rows);
    let prepared = session
        .prepare(&statement)
        .await
        .map_err(CopyError::reading(&shown))?;
    let begun = session.begin_rows(&prepared).await;
    begun.map_err(CopyError::reading(&shown))?;
    while let Some(row) = session
        .next_row(&prepared)
        .await
        .map_err(CopyError::reading(&shown))?
    {
        let sorted = sorter.add(row);
        let full = sorted.map_err(|error| CopyError::reading(&shown)(session.bad_row(&prepared, &error)))?;
        if let Some(batch) = full
            && !hand_over(batch, room, &batches).await
        {
            return Ok(Walked::default());
        }
    }
    let forgotten = session.forget(prepared).await;
    forgotten.map_err(CopyError::reading(&shown))?;
    for batch in sorter.rest() {
        if !hand_over(batch, room, &batches).await {
            break;
        }
    }
    let last = match &range.piece.key {
        Some(key) if sorter.rows > 0 => Some(bound(key, sorter.last_key(), session.name(), &shown)?),
        _ => None,
    };
    Ok(Walked {
        rows: sorter.rows,
        last,
    })
}

/// Finds the key of the row that lies so many rows behind the beginning of a piece; `None` where there is none.
pub(crate) async fn find(
    session: &mut DataSession,
    piece: &Piece,
    target: Dialect,
    rows: u64,
) -> Result<Option<Bound>, CopyError> {
    let Some(key) = &piece.key else {
        return Ok(None);
    };
    let shown = piece.shown();
    let statement = statements::ranges::probe(piece, key, target, rows);
    let prepared = session
        .prepare(&statement)
        .await
        .map_err(CopyError::reading(&shown))?;
    let begun = session.begin_rows(&prepared).await;
    begun.map_err(CopyError::reading(&shown))?;
    let mut found = None;
    while let Some(row) = session
        .next_row(&prepared)
        .await
        .map_err(CopyError::reading(&shown))?
    {
        let values = row.values().map(|value| Ok(value?.unwrap_or_default().to_vec()));
        let values: io::Result<Vec<Vec<u8>>> = values.collect();
        let values =
            values.map_err(|error| CopyError::reading(&shown)(session.bad_row(&prepared, &error)))?;
        found = Some(values);
    }
    let forgotten = session.forget(prepared).await;
    forgotten.map_err(CopyError::reading(&shown))?;
    match found {
        Some(values) => bound(key, values.iter().map(Vec::as_slice), session.name(), &shown).map(Some),
        None => Ok(None),
    }
}

fn bound<'a>(
    key: &RangeKey,
    values: impl Iterator<Item = &'a [u8]>,
    server: &str,
    shown: &str,
) -> Result<Bound, CopyError> {
    key.bound(values).ok_or_else(|| CopyError::Unreadable {
        server: server.to_owned(),
        what: format!("the key of a row of {shown}"),
    })
}

/// Takes the table's metadata lock until [`leave`], and no longer.
///
/// Tables without a snapshot are read outside of any transaction, where there is nothing to go back to.
pub(crate) async fn enter(session: &mut DataSession, table: &Table) -> Result<(), CopyError> {
    if table.transactional {
        let remember = statements::rows::remember_before_table();
        let entered = session.execute(&remember).await;
        entered.map_err(CopyError::reading(&table.shown()))?;
    }
    Ok(())
}

/// Gives the table's metadata locks back; the snapshot stays.
pub(crate) async fn leave(session: &mut DataSession, table: &Table) -> Result<(), CopyError> {
    if table.transactional {
        let forget = statements::rows::forget_table();
        let left = session.execute(&forget).await;
        left.map_err(CopyError::reading(&table.shown()))?;
    }
    Ok(())
}

/// Sends a batch on; false when nobody takes it any more.
async fn hand_over(mut batch: RowBatch, room: &mut Room, batches: &mpsc::Sender<RowBatch>) -> bool {
    let bytes = batch.bytes.len() as u64;
    room.enter_lane_for(bytes).await;
    batch.room = room.take(bytes).await;
    if batches.send(batch).await.is_err() {
        return false;
    }
    // A row that filled all the room must be stored before the next one is even read.
    room.wait_for_some().await;
    true
}

/// Returns which of the values are places in enumerations whose 0 the target notes.
pub(crate) fn enum_places(table: &Table, target: Dialect) -> Vec<usize> {
    table
        .carried()
        .enumerate()
        .filter(|(_, column)| ValueForm::of(column, target) == ValueForm::Number { zero_is_noted: true })
        .map(|(place, _)| place)
        .collect()
}
