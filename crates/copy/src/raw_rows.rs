use dbha_sql::{
    Session, SqlError, Statement,
    driver::{Value, prelude::Queryable},
    small_answer,
};
use std::time::Duration;

/// Longest wait for a small answer.
pub(crate) const SMALL_ANSWER: Duration = Duration::from_secs(60);

/// One row of a small answer whose values are bytes, by column name.
pub(crate) struct RawRow {
    names: Vec<String>,
    values: Vec<Option<Vec<u8>>>,
}

impl RawRow {
    /// Returns the bytes of a column; `None` for NULL and for a column that is not there.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        let index = self
            .names
            .iter()
            .position(|have| have.eq_ignore_ascii_case(name))?;
        self.values.get(index)?.as_deref()
    }

    /// Returns the bytes of the first column whose name begins like this.
    pub(crate) fn bytes_beginning(&self, beginning: &str) -> Option<&[u8]> {
        let index = self.names.iter().position(|have| have.starts_with(beginning))?;
        self.values.get(index)?.as_deref()
    }

    /// Returns the text of a column.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.bytes(name)
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// Runs a statement and returns its rows as bytes: definitions keep the character set in which they were made.
pub(crate) async fn raw_rows(session: &mut Session, statement: &Statement) -> Result<Vec<RawRow>, SqlError> {
    session
        .run(statement, SMALL_ANSWER, async |conn| {
            let result = conn.query_iter(statement.sql()).await?;
            let names: Vec<String> = result
                .columns_ref()
                .iter()
                .map(|column| column.name_str().into_owned())
                .collect();
            Ok(small_answer(result)
                .await?
                .into_iter()
                .map(|row| RawRow {
                    names: names.clone(),
                    values: row.unwrap_raw().into_iter().map(bytes_of).collect(),
                })
                .collect())
        })
        .await
}

fn bytes_of(value: Option<Value>) -> Option<Vec<u8>> {
    match value? {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(bytes),
        other => Some(other.as_sql(true).trim_matches('\'').as_bytes().to_vec()),
    }
}
