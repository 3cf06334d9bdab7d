use crate::{CopyError, piece::Piece, statements};
use dbha_sql::{DataSession, Dialect};
use std::fmt;

/// What proves that two servers hold the same rows: their number, and the sum of a checksum of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Rows.
    pub(crate) rows: u64,
    /// Sum of the rows' checksums.
    pub(crate) sum: u128,
}

impl Proof {
    /// Returns the proof of what is left when a part of the rows is taken away.
    pub(crate) fn without(self, part: Proof) -> Self {
        Self {
            rows: self.rows.saturating_sub(part.rows),
            sum: self.sum.saturating_sub(part.sum),
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows with checksum {}", self.rows, self.sum)
    }
}

/// Proves that a piece is stored as it is in the snapshot that the reader sees.
///
/// What was `read` of it is believed where it agrees with what is stored. Where it does not, both sides are asked at
/// once, and nothing else decides.
pub(crate) async fn prove(
    reader: &mut DataSession,
    loader: &mut DataSession,
    piece: &Piece,
    read: Option<Proof>,
) -> Result<Proof, CopyError> {
    let target = loader.dialect();
    if let Some(read) = read {
        let here = one_side(loader, piece, target).await?;
        if here == read {
            return Ok(here);
        }
    }
    let (there, here) = both_sides(reader, loader, piece).await?;
    match there == here {
        true => Ok(here),
        false => Err(CopyError::Mismatch {
            table: piece.shown(),
            source_side: there.to_string(),
            target_side: here.to_string(),
        }),
    }
}

/// Computes the proof of a piece on both sides at once.
pub(crate) async fn both_sides(
    reader: &mut DataSession,
    loader: &mut DataSession,
    piece: &Piece,
) -> Result<(Proof, Proof), CopyError> {
    let target = loader.dialect();
    let (there, here) = tokio::join!(one_side(reader, piece, target), one_side(loader, piece, target));
    Ok((there?, here?))
}

/// Computes the proof of a piece on one server, in the form that is comparable with another one's.
pub(crate) async fn one_side(
    session: &mut DataSession,
    piece: &Piece,
    target: Dialect,
) -> Result<Proof, CopyError> {
    let statement = statements::checksum::prove(piece, session.dialect(), target);
    let row = session
        .query_first(&statement)
        .await
        .map_err(CopyError::reading(&piece.shown()))?;
    row.and_then(|row| {
        Some(Proof {
            rows: row.parse("row_count")?,
            sum: row.parse("sum")?,
        })
    })
    .ok_or_else(|| CopyError::Unreadable {
        server: session.name().to_owned(),
        what: format!("the checksum of {}", piece.shown()),
    })
}
