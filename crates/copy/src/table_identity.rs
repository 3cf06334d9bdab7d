use crate::{CopyError, Table, statements};
use dbha_sql::{DataSession, Row, Session, SqlError};
use std::collections::HashMap;

/// The numbers by which the source's engine knew its tables at the moment of the snapshot.
///
/// Where nothing keeps DDL out during the copy, a table that was swapped for another of the same name could be
/// read without any error: an older one is visible in the snapshot as well. Its number gives it away.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TableIdentities {
    numbers: HashMap<String, String>,
}

/// Above this, asking for one table at a time would cost the source more than one look at the end.
const MOST_TABLES: usize = 500;

impl TableIdentities {
    /// Reads the numbers; definitions must be locked. Empty where they stay locked for the whole copy.
    pub(crate) async fn read(session: &mut Session) -> Result<Self, CopyError> {
        if session.dialect().has_instance_backup_lock() {
            return Ok(Self::default());
        }
        Ok(Self {
            numbers: list(session).await?,
        })
    }

    /// Fails unless a table that was just read, and is still held, is the one of the snapshot.
    pub(crate) async fn check_one(&self, session: &mut DataSession, table: &Table) -> Result<(), CopyError> {
        let Some(name) = engine_name(table).filter(|_| self.numbers.len() <= MOST_TABLES) else {
            return Ok(());
        };
        let Some(number) = self.numbers.get(&name) else {
            return Ok(());
        };
        let asked = statements::snapshot::table_numbers(Some(&name));
        let now = numbers(session.query(&asked).await)?;
        match now.get(&name) == Some(number) {
            true => Ok(()),
            false => Err(CopyError::SchemaChanged { what: table.shown() }),
        }
    }

    /// Returns which of these tables, by schema and name, are no longer those of the snapshot; a name that the engine
    /// writes otherwise is taken for unchanged.
    pub(crate) async fn changed(
        &self,
        session: &mut Session,
        tables: &[(String, String)],
    ) -> Result<Vec<(String, String)>, CopyError> {
        if self.numbers.is_empty() || tables.is_empty() {
            return Ok(vec![]);
        }
        let now = list(session).await?;
        let is_changed = |(schema, name): &&(String, String)| {
            let name = format!("{schema}/{name}");
            self.numbers
                .get(&name)
                .is_some_and(|number| now.get(&name) != Some(number))
        };
        Ok(tables.iter().filter(is_changed).cloned().collect())
    }

    /// Fails unless every table that [`Self::check_one`] passed over is still the one of the snapshot.
    pub(crate) async fn check_rest(&self, session: &mut Session, tables: &[&Table]) -> Result<(), CopyError> {
        let checked: Vec<String> = match self.numbers.len() <= MOST_TABLES {
            true => tables.iter().filter_map(|table| engine_name(table)).collect(),
            false => vec![],
        };
        let unchecked = |(name, _): &(&String, &String)| !checked.contains(*name);
        let rest: Vec<_> = self.numbers.iter().filter(unchecked).collect();
        if rest.is_empty() {
            return Ok(());
        }
        let now = list(session).await?;
        let mut rest = rest.into_iter();
        match rest.find(|(name, number)| now.get(*name) != Some(*number)) {
            None => Ok(()),
            Some((name, _)) => Err(CopyError::SchemaChanged { what: name.clone() }),
        }
    }
}

/// Returns the engine's own name of a table, where it needs no encoding and the table is in one piece.
fn engine_name(table: &Table) -> Option<String> {
    let plain = |name: &str| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    (plain(&table.schema) && plain(&table.name)).then(|| format!("{}/{}", table.schema, table.name))
}

async fn list(session: &mut Session) -> Result<HashMap<String, String>, CopyError> {
    numbers(session.query(&statements::snapshot::table_numbers(None)).await)
}

fn numbers(rows: Result<Vec<Row>, SqlError>) -> Result<HashMap<String, String>, CopyError> {
    let rows = rows.map_err(CopyError::doing("reading the engine's numbers of tables"))?;
    let read = |row: &Row| Some((row.get("name")?.to_owned(), row.get("id")?.to_owned()));
    Ok(rows.iter().filter_map(read).collect())
}
