use crate::{CopyError, range_key::Bound, statements};
use dbha_sql::{Row, Session};
use std::collections::HashMap;

/// A range that was stored, proven, and noted on the target in one transaction: there as it says, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CopiedRange {
    /// The partition that it is of; `None` where the table has none.
    pub(crate) partition: Option<String>,
    /// Where it stands among the others of its table: keys are compared by the servers alone.
    pub(crate) place: u64,
    /// Rows behind this place of the key.
    pub(crate) after: Option<Bound>,
    /// Rows up to and with this place.
    pub(crate) through: Option<Bound>,
    /// Bytes of its values.
    pub(crate) bytes: u64,
}

/// What earlier runs have noted, by schema and table, each in its order.
pub(crate) type CopiedRanges = HashMap<(String, String), Vec<CopiedRange>>;

/// Literals of a bound stand on lines of their own: none of them holds a line end.
const BETWEEN: char = '\n';

/// Writes a bound down.
pub(crate) fn written(bound: &Bound) -> String {
    bound.join(&BETWEEN.to_string())
}

/// Reads what earlier runs have noted on the target; nothing where there is no such note.
pub(crate) async fn read(target: &mut Session) -> Result<CopiedRanges, CopyError> {
    let rows = match target.query(&statements::copied_ranges::read()).await {
        Ok(rows) => rows,
        // Neither the table nor its schema need be there.
        Err(error) if matches!(error.code(), Some(1146 | 1049)) => vec![],
        Err(error) => return Err(CopyError::doing("reading what an earlier run has copied")(error)),
    };
    let mut found = CopiedRanges::new();
    for row in &rows {
        let text = |name: &str| row.get(name).unwrap_or_default().to_owned();
        let of = (text("schema_name"), text("table_name"));
        found.entry(of).or_default().extend(range(row));
    }
    Ok(found)
}

/// Drops what was noted: the copy has come to its end.
pub async fn forget_copied_ranges(target: &mut Session) -> Result<(), CopyError> {
    let dropped = target.execute(&statements::copied_ranges::drop()).await;
    dropped
        .map(drop)
        .map_err(CopyError::doing("dropping the notes of the copy"))
}

fn range(row: &Row) -> Option<CopiedRange> {
    let bound =
        |name: &str| -> Option<Bound> { Some(row.get(name)?.split(BETWEEN).map(str::to_owned).collect()) };
    Some(CopiedRange {
        partition: row.get("partition_name").map(str::to_owned),
        place: row.parse("place")?,
        after: bound("after_key"),
        through: bound("through_key"),
        bytes: row.parse("byte_count")?,
    })
}
