//! Answers that fit into memory, whatever a server sends (scenario 82).

use mysql_async::{Error, QueryResult, Row, TextProtocol};

/// The most bytes that the rows of one small answer may have together.
const MOST_BYTES: usize = 64 << 20;
/// What a row costs beside its bytes; keeps rows without a byte from being endless.
const ROW_COST: usize = 64;

/// Collects the rows of a small answer, and stops with an error at more than 64 MiB.
///
/// The result is left half-read then, so the connection must be given up.
pub async fn small_answer(mut result: QueryResult<'_, '_, TextProtocol>) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let mut bytes = 0;
    while let Some(row) = result.next().await? {
        bytes += ROW_COST + (0..row.len()).map(|at| size(&row, at)).sum::<usize>();
        if bytes > MOST_BYTES {
            return Err(Error::Other("the answer has more than 64 MiB".into()));
        }
        rows.push(row);
    }
    result.drop_result().await?;
    Ok(rows)
}

fn size(row: &Row, at: usize) -> usize {
    match row.as_ref(at) {
        Some(mysql_async::Value::Bytes(bytes)) => bytes.len() + ROW_COST,
        _ => ROW_COST,
    }
}
