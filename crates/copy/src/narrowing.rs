use crate::{
    CopyError,
    checksum::{Proof, both_sides},
    difference::{Difference, DifferenceKind, TableDifference},
    piece::Piece,
    range_key::{Bound, RangeKey},
    reader,
    row_comparison::SnapshotPair,
    row_set::{KeyedRow, differences},
    shown_key::shown_key,
    statements,
};
use dbha_sql::{DataSession, Dialect};
use std::io;

/// Rows whose keys are read at once while rows are named.
const NAMED_ROWS: u64 = 512;
/// Rows whose keys are read at once while rows are only counted.
const COUNTED_ROWS: u64 = 8_192;
/// Bytes that the keys of one side may have at once.
const KEY_BYTES: u64 = 4 << 20;

/// The search for the rows that are not the same within a range whose checksums differ.
///
/// The range is cut in two at the middle of the side that has more rows, until so few rows are left that their keys fit
/// into memory, however many of them differ.
pub(crate) struct Narrowing<'a> {
    pair: &'a mut SnapshotPair,
    counted: Counted,
    names_left: usize,
}

/// What a search has found.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    only_on_primary: u64,
    only_on_secondary: u64,
    differing: u64,
    named: Vec<Difference>,
}

impl Counted {
    /// Adds it to what is known of the table.
    pub(crate) fn add_to(self, table: &mut TableDifference, limit: usize) {
        table.only_on_primary += self.only_on_primary;
        table.only_on_secondary += self.only_on_secondary;
        table.differing += self.differing;
        // Several workers may have found rows of one table at the same time.
        let room = limit.saturating_sub(table.named.len());
        table.named.extend(self.named.into_iter().take(room));
    }
}

impl<'a> Narrowing<'a> {
    pub(crate) fn new(pair: &'a mut SnapshotPair, names_left: usize) -> Self {
        Self {
            pair,
            counted: Counted::default(),
            names_left,
        }
    }

    pub(crate) fn into_counted(self) -> Counted {
        self.counted
    }

    /// Finds the rows of a piece, whose proofs on both sides are given.
    pub(crate) async fn narrow(&mut self, piece: &Piece, proofs: (Proof, Proof)) -> Result<(), CopyError> {
        let Some(key) = piece.key.clone() else {
            return Ok(());
        };
        let mut open = vec![(piece.clone(), proofs)];
        while let Some((piece, (there, here))) = open.pop() {
            if there == here {
                continue;
            }
            let cut = match there.rows.max(here.rows) > self.rows_at_once(&key, &piece) {
                true => self.middle(&piece, there, here).await?,
                false => None,
            };
            let Some(cut) = cut else {
                self.compare_rows(&piece, &key).await?;
                continue;
            };
            let first = piece.between(piece.after.clone(), Some(cut.clone()));
            let second = piece.between(Some(cut), piece.through.clone());
            let (left_there, left_here) =
                both_sides(&mut self.pair.primary, &mut self.pair.secondary, &first).await?;
            let rest = (there.without(left_there), here.without(left_here));
            open.push((second, rest));
            open.push((first, (left_there, left_here)));
        }
        Ok(())
    }

    fn rows_at_once(&self, key: &RangeKey, piece: &Piece) -> u64 {
        let rows = match self.names_left {
            0 => COUNTED_ROWS,
            _ => NAMED_ROWS,
        };
        let bytes: u64 = key
            .places()
            .filter_map(|place| piece.table.carried().nth(place)?.longest_bytes)
            .sum();
        rows.min(KEY_BYTES / bytes.max(1)).max(2)
    }

    /// Finds the key in the middle of the side that has more rows: keys of which the other one has none lie anywhere.
    async fn middle(&mut self, piece: &Piece, there: Proof, here: Proof) -> Result<Option<Bound>, CopyError> {
        let target = self.pair.secondary.dialect();
        let (session, rows) = match there.rows >= here.rows {
            true => (&mut self.pair.primary, there.rows),
            false => (&mut self.pair.secondary, here.rows),
        };
        reader::find(session, piece, target, rows / 2 - 1).await
    }

    /// Compares the rows of a small piece one by one.
    async fn compare_rows(&mut self, piece: &Piece, key: &RangeKey) -> Result<(), CopyError> {
        let target = self.pair.secondary.dialect();
        let SnapshotPair { primary, secondary } = &mut *self.pair;
        let (there, here) = tokio::join!(
            read_rows(primary, piece, key, target),
            read_rows(secondary, piece, key, target)
        );
        for (kind, row) in differences(there?, here?) {
            match kind {
                DifferenceKind::OnlyOnPrimary => self.counted.only_on_primary += 1,
                DifferenceKind::OnlyOnSecondary => self.counted.only_on_secondary += 1,
                DifferenceKind::Differs => self.counted.differing += 1,
            }
            if self.names_left > 0 {
                self.names_left -= 1;
                let columns = match kind {
                    DifferenceKind::Differs => self.differing_columns(piece, key, &row).await?,
                    _ => vec![],
                };
                self.counted.named.push(Difference {
                    schema: piece.table.schema.clone(),
                    table: piece.table.name.clone(),
                    key: shown_key(key, &row),
                    kind,
                    columns,
                });
            }
        }
        Ok(())
    }

    async fn differing_columns(
        &mut self,
        piece: &Piece,
        key: &RangeKey,
        row: &Bound,
    ) -> Result<Vec<String>, CopyError> {
        let target = self.pair.secondary.dialect();
        let SnapshotPair { primary, secondary } = &mut *self.pair;
        let ask = |own| statements::compare::columns(piece, key, row, own, target);
        let (of_primary, of_secondary) = (ask(primary.dialect()), ask(target));
        let (there, here) = tokio::join!(
            primary.query_first(&of_primary),
            secondary.query_first(&of_secondary)
        );
        let shown = piece.shown();
        let there = there.map_err(CopyError::reading(&shown))?;
        let here = here.map_err(CopyError::reading(&shown))?;
        let (Some(there), Some(here)) = (there, here) else {
            return Ok(vec![]);
        };
        let columns = piece.table.proven().enumerate();
        let differing = columns.filter(|(at, _)| there.at(*at) != here.at(*at));
        Ok(differing.map(|(_, column)| column.name.clone()).collect())
    }
}

/// Reads key and checksum of every row of a small piece.
async fn read_rows(
    session: &mut DataSession,
    piece: &Piece,
    key: &RangeKey,
    target: Dialect,
) -> Result<Vec<KeyedRow>, CopyError> {
    let shown = piece.shown();
    let statement = statements::compare::rows(piece, key, session.dialect(), target);
    let prepared = session.prepare(&statement).await;
    let prepared = prepared.map_err(CopyError::reading(&shown))?;
    let begun = session.begin_rows(&prepared).await;
    begun.map_err(CopyError::reading(&shown))?;
    let (mut rows, mut broken) = (vec![], false);
    while let Some(row) = session
        .next_row(&prepared)
        .await
        .map_err(CopyError::reading(&shown))?
    {
        let values: io::Result<Vec<Option<&[u8]>>> = row.values().collect();
        match values.ok().and_then(|values| keyed(key, &values)) {
            Some(row) => rows.push(row),
            None => broken = true,
        }
    }
    let forgotten = session.forget(prepared).await;
    forgotten.map_err(CopyError::reading(&shown))?;
    match broken {
        false => Ok(rows),
        true => Err(CopyError::Unreadable {
            server: session.name().to_owned(),
            what: format!("the rows of {shown}"),
        }),
    }
}

/// Reads a row: its key, and the checksum behind it as a number of four or eight bytes.
fn keyed(key: &RangeKey, values: &[Option<&[u8]>]) -> Option<KeyedRow> {
    let (checksum, parts) = values.split_last()?;
    let mut wide = [0; 8];
    let checksum = (*checksum)?;
    wide.get_mut(..checksum.len())?.copy_from_slice(checksum);
    let parts: Vec<&[u8]> = parts.iter().copied().collect::<Option<_>>()?;
    Some((key.bound(parts.into_iter())?, u64::from_le_bytes(wide)))
}
