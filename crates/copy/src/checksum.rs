use crate::{CopyError, Table, statements};
use dbha_sql::{Dialect, Session};
use std::fmt;

/// What proves that two tables hold the same rows: their number, and a sum and an exclusive or over a checksum of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Rows.
    pub(crate) rows: u64,
    sum: String,
    xor: String,
}

impl Proof {
    /// Returns the checksum alone.
    pub(crate) fn checksum(&self) -> String {
        format!("{}-{}", self.sum, self.xor)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows with checksum {}", self.rows, self.checksum())
    }
}

/// Computes the proof of a table on both sides at once and compares; the reader sees the snapshot.
pub(crate) async fn prove(
    reader: &mut Session,
    loader: &mut Session,
    table: &Table,
) -> Result<Proof, CopyError> {
    let target = loader.dialect();
    let (there, here) = tokio::join!(one_side(reader, table, target), one_side(loader, table, target));
    let (there, here) = (there?, here?);
    match there == here {
        true => Ok(here),
        false => Err(CopyError::Mismatch {
            table: table.shown(),
            source_side: there.to_string(),
            target_side: here.to_string(),
        }),
    }
}

async fn one_side(session: &mut Session, table: &Table, target: Dialect) -> Result<Proof, CopyError> {
    let statement = statements::checksum::prove(table, session.dialect(), target);
    let row = session
        .query_first(&statement)
        .await
        .map_err(CopyError::reading(&table.shown()))?;
    row.and_then(|row| {
        Some(Proof {
            rows: row.parse("row_count")?,
            sum: row.get("sum")?.to_owned(),
            xor: row.get("xor")?.to_owned(),
        })
    })
    .ok_or_else(|| CopyError::Unreadable {
        server: session.name().to_owned(),
        what: format!("the checksum of {}", table.shown()),
    })
}
