//! One table of a data set: how it looks, how it is filled, and in which pieces the floor loads it.

use dbha_testkit::Release;

/// The database that is copied.
pub(crate) const SCHEMA: &str = "bench";

/// A table whose secondary indexes are known apart from the rest, so that they can be built afterwards.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// Columns and primary key.
    pub(crate) columns: String,
    /// Secondary indexes, as in CREATE TABLE.
    pub(crate) keys: Vec<&'static str>,
    /// What a row is made of, in terms of `seq`.
    pub(crate) values: String,
    pub(crate) rows: u64,
    /// Into how many ranges of `id` the floor cuts it, for its two loaders.
    pub(crate) pieces: u64,
}

impl Table {
    /// Returns the statement that makes the table without its secondary indexes.
    pub(crate) fn create(&self) -> String {
        format!("CREATE TABLE {SCHEMA}.{} ({})", self.name, self.columns)
    }

    /// Returns the statement that adds all secondary indexes at once.
    pub(crate) fn add_keys(&self) -> Option<String> {
        let keys: Vec<String> = self.keys.iter().map(|key| format!("ADD {key}")).collect();
        (!keys.is_empty()).then(|| format!("ALTER TABLE {SCHEMA}.{} {}", self.name, keys.join(", ")))
    }

    /// Returns the statement that makes all rows inside the server.
    pub(crate) fn fill(&self, release: Release) -> String {
        let (name, values, rows) = (&self.name, &self.values, self.rows);
        if release.is_mysql() {
            return format!(
                "INSERT INTO {SCHEMA}.{name} WITH RECURSIVE numbers (seq) AS \
                 (SELECT 1 UNION ALL SELECT seq + 1 FROM numbers WHERE seq < {rows}) \
                 SELECT {values} FROM numbers"
            );
        }
        format!("INSERT INTO {SCHEMA}.{name} SELECT {values} FROM {SCHEMA}.seq_1_to_{rows}")
    }

    /// Returns the conditions that cut the table into its pieces.
    pub(crate) fn ranges(&self) -> Vec<String> {
        let end = |piece: u64| self.rows * piece / self.pieces;
        match self.pieces {
            1 => vec!["TRUE".into()],
            count => (0..count)
                .map(|piece| format!("id > {} AND id <= {}", end(piece), end(piece + 1)))
                .collect(),
        }
    }
}
