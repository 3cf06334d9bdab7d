use crate::{
    CopyError, Table,
    batch::Walked,
    piece::Piece,
    range_key::{Bound, RangeKey},
    row_sum::RowSum,
    schedule::Range,
    statements,
    value_form::ValueForm,
};
use dbha_sql::{BinaryRow, DataSession, Dialect};
use std::io;

/// Takes the rows of a range while they are read.
pub(crate) trait Taker: Send {
    /// Takes one row; true when what was taken is to be handed over before the next one.
    fn take(&mut self, row: BinaryRow<'_>) -> io::Result<bool>;

    /// Hands over what is complete; false when nobody wants any more.
    fn hand_over(&mut self) -> impl Future<Output = bool> + Send;

    /// Hands over everything behind the last row; false when nobody wants any more.
    fn hand_over_rest(&mut self) -> impl Future<Output = bool> + Send;
}

/// Reads one range inside the session's snapshot, and adds the checksums of its rows to a sum.
///
/// Ends early, without an error of its own, when nobody takes the rows any more: then whoever stores them has failed.
pub(crate) async fn read(
    session: &mut DataSession,
    range: &Range,
    target: Dialect,
    taker: &mut impl Taker,
    mut sum: Option<RowSum>,
) -> Result<Walked, CopyError> {
    let shown = range.piece.shown();
    let statement = statements::ranges::read(&range.piece, target, range.rows);
    let prepared = session
        .prepare(&statement)
        .await
        .map_err(CopyError::reading(&shown))?;
    let begun = session.begin_rows(&prepared).await;
    begun.map_err(CopyError::reading(&shown))?;
    let mut rows = 0;
    let mut last = LastKey::of(&range.piece);
    while let Some(row) = session
        .next_row(&prepared)
        .await
        .map_err(CopyError::reading(&shown))?
    {
        rows += 1;
        add(&mut sum, row);
        let taken = last.note(row).and_then(|()| taker.take(row));
        let full = taken.map_err(|error| CopyError::reading(&shown)(session.bad_row(&prepared, &error)))?;
        if full && !taker.hand_over().await {
            return Ok(Walked::default());
        }
    }
    let forgotten = session.forget(prepared).await;
    forgotten.map_err(CopyError::reading(&shown))?;
    taker.hand_over_rest().await;
    let last = match &range.piece.key {
        Some(key) if rows > 0 => Some(bound(key, last.values(), session.name(), &shown)?),
        _ => None,
    };
    let sum = sum.map(|sum| sum.sum());
    Ok(Walked { rows, last, sum })
}

/// Adds a row to a sum. Where that fails the proof is left to the servers: if the row is a wrong one, its taker says so.
fn add(sum: &mut Option<RowSum>, row: BinaryRow<'_>) {
    if sum.as_mut().is_some_and(|adding| adding.add(row).is_err()) {
        *sum = None;
    }
}

/// The key of the row that came last.
struct LastKey {
    places: Vec<usize>,
    values: Vec<Vec<u8>>,
}

impl LastKey {
    fn of(piece: &Piece) -> Self {
        let places: Vec<usize> = piece.key.iter().flat_map(|key| key.places()).collect();
        Self {
            values: vec![Vec::new(); places.len()],
            places,
        }
    }

    fn note(&mut self, row: BinaryRow<'_>) -> io::Result<()> {
        let Some(last) = self.places.iter().max() else {
            return Ok(());
        };
        for (place, value) in row.values().enumerate().take(last + 1) {
            let value = value?;
            if let Some(at) = self.places.iter().position(|key| *key == place) {
                self.values[at].clear();
                self.values[at].extend_from_slice(value.unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Returns its values as they travel.
    fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.values.iter().map(Vec::as_slice)
    }
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

/// Returns which of the values are places in enumerations whose 0 the target notes.
pub(crate) fn enum_places(table: &Table, target: Dialect) -> Vec<usize> {
    table
        .carried()
        .enumerate()
        .filter(|(_, column)| ValueForm::of(column, target) == ValueForm::Number { zero_is_noted: true })
        .map(|(place, _)| place)
        .collect()
}
