use mysql_async::Value;
use std::sync::Arc;

/// One row of a small answer, by column name; texts that are no UTF-8 are read lossily.
#[derive(Debug, Clone)]
pub struct Row {
    names: Arc<[String]>,
    values: Vec<Option<String>>,
}

impl Row {
    /// Makes a row of names and values; the shorter of both decides.
    pub fn new(names: Arc<[String]>, values: Vec<Option<String>>) -> Self {
        Self { names, values }
    }

    pub(crate) fn of_driver(names: Arc<[String]>, row: mysql_async::Row) -> Self {
        Self {
            names,
            values: row
                .unwrap_raw()
                .into_iter()
                .map(|value| value.and_then(text_of))
                .collect(),
        }
    }

    /// Returns the value of a column; `None` for NULL and for a column that is not there.
    pub fn get(&self, name: &str) -> Option<&str> {
        let index = self
            .names
            .iter()
            .position(|have| have.eq_ignore_ascii_case(name))?;
        self.values.get(index)?.as_deref()
    }

    /// Returns the first of several columns that has a value: names change with versions.
    pub fn get_any(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Returns the value at a place, counted from 0.
    pub fn at(&self, index: usize) -> Option<&str> {
        self.values.get(index)?.as_deref()
    }

    /// Counts the bytes of its values, and what each costs beside them.
    pub(crate) fn size(&self) -> usize {
        const COST: usize = 64;
        let bytes = |value: &Option<String>| COST + value.as_ref().map_or(0, String::len);
        COST + self.values.iter().map(bytes).sum::<usize>()
    }

    /// Reads a column as a number or another simple type; `None` also where it does not parse.
    pub fn parse<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.trim().parse().ok()
    }
}

fn text_of(value: Value) -> Option<String> {
    Some(match value {
        Value::NULL => return None,
        Value::Bytes(bytes) => match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        },
        other => other.as_sql(true).trim_matches('\'').to_owned(),
    })
}
