use crate::{checksum::Proof, range_key::Bound};
use tokio::sync::OwnedSemaphorePermit;

/// How rows are laid out for the server that takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// MariaDB's bulk execution: a byte before each value says whether it is NULL.
    Bulk,
    /// One statement with placeholders for many rows: NULLs apart from the values.
    Many,
    /// Lines of text for `LOAD DATA LOCAL`.
    Text,
}

/// Rows on their way, values one behind the other as they travel.
#[derive(Default)]
pub(crate) struct RowBatch {
    /// The values; with [`Layout::Bulk`] each has its indicator in front.
    pub(crate) bytes: Vec<u8>,
    /// With [`Layout::Many`]: for each value of each row whether it is NULL.
    pub(crate) nulls: Vec<bool>,
    /// With [`Layout::Many`]: where each row ends in `bytes`.
    pub(crate) ends: Vec<usize>,
    /// Number of rows.
    pub(crate) rows: usize,
    /// Places 0 of enumerations among the values: the target notes each of them.
    pub(crate) enum_zeros: u64,
    /// Whether this is one row that is too long for a packet: always laid out as [`Layout::Many`].
    pub(crate) long: bool,
    /// The room that the batch takes; given back when it is loaded.
    pub(crate) room: Option<OwnedSemaphorePermit>,
}

/// What the rows of a range had, beside their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Walked {
    /// Rows.
    pub(crate) rows: u64,
    /// Key of the last row; `None` where there was none, or no key.
    pub(crate) last: Option<Bound>,
    /// Sum of their checksums, as far as it can be told from what was read.
    pub(crate) sum: Option<u128>,
}

impl Walked {
    /// Returns the proof of the range as far as it can be told from what was read.
    pub(crate) fn proof(&self) -> Option<Proof> {
        self.sum.map(|sum| Proof { rows: self.rows, sum })
    }
}

/// From here on a batch is sent: larger gains nothing.
pub(crate) const BATCH_BYTES: usize = 512 << 10;

/// Cuts a number of rows into powers of two, so that a few prepared statements serve every batch.
pub(crate) fn decompose(rows: usize, most: usize) -> impl Iterator<Item = usize> {
    let mut left = rows;
    std::iter::from_fn(move || {
        let piece = match left {
            0 => return None,
            left if left >= most => most,
            left => 1 << left.ilog2(),
        };
        left -= piece;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_rows_is_a_sum_of_powers_of_two() {
        for rows in [0, 1, 2, 3, 7, 1_023, 1_024, 1_025, 70_001] {
            let pieces: Vec<usize> = decompose(rows, 1_024).collect();
            assert_eq!(pieces.iter().sum::<usize>(), rows);
            assert!(
                pieces
                    .iter()
                    .all(|piece| piece.is_power_of_two() && *piece <= 1_024)
            );
        }
        assert_eq!(decompose(7, 4).collect::<Vec<_>>(), [4, 2, 1]);
    }
}
