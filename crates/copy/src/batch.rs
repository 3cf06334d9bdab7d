use crate::{Table, statements::rows::MOST_PLACEHOLDERS};
use dbha_sql::driver::Value;
use tokio::sync::OwnedSemaphorePermit;

/// Rows on their way, values one after the other.
#[derive(Default)]
pub(crate) struct RowBatch {
    /// All values of all rows.
    pub(crate) values: Vec<Value>,
    /// Number of rows.
    pub(crate) rows: usize,
    /// Bytes of the values.
    pub(crate) bytes: u64,
    /// Places 0 of enumerations among the values: the target notes each of them.
    pub(crate) enum_zeros: u64,
    /// The room that the batch takes; given back when it is loaded.
    pub(crate) room: Option<OwnedSemaphorePermit>,
}

/// From here on a batch is sent.
pub(crate) const BATCH_BYTES: u64 = 512 << 10;
/// Bytes of rows in one statement: the client keeps its buffers at their largest, and larger gains nothing.
const STATEMENT_BYTES: u64 = 128 << 10;
/// Most rows in one statement: more gain nothing and keep long texts of placeholders.
const MOST_ROWS: usize = 1_024;

/// Returns how many rows of a table one statement holds where a row has so many bytes: a power of two.
pub(crate) fn rows_per_statement(table: &Table, row_bytes: u64) -> usize {
    let columns = table.carried().count().max(1);
    let by_bytes = usize::try_from(STATEMENT_BYTES / row_bytes.max(1)).unwrap_or(MOST_ROWS);
    let most = (MOST_PLACEHOLDERS / columns).min(by_bytes).clamp(1, MOST_ROWS);
    1 << most.ilog2()
}

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

/// Counts the bytes of a value as it travels.
pub(crate) fn bytes_of(value: &Value) -> u64 {
    match value {
        Value::NULL => 0,
        Value::Bytes(bytes) => bytes.len() as u64,
        Value::Float(_) => 4,
        Value::Int(_) | Value::UInt(_) | Value::Double(_) => 8,
        Value::Date(..) | Value::Time(..) => 12,
    }
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
