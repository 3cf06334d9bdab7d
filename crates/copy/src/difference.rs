use dbha_sql::GtidSet;
use serde::Serialize;
use std::time::Duration;

/// Which server has a row, or an object, as the other has it not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DifferenceKind {
    /// It is missing on the secondary.
    OnlyOnPrimary,
    /// It is missing on the primary.
    OnlyOnSecondary,
    /// Both have it, and it is not the same.
    Differs,
}

/// One column of a row's key and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyValue {
    /// The column.
    pub column: String,
    /// Its value as a literal of SQL.
    pub value: String,
}

/// One row that is not the same on both servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its schema.
    pub schema: String,
    /// Its table.
    pub table: String,
    /// Its key.
    pub key: Vec<KeyValue>,
    /// Who has it.
    pub kind: DifferenceKind,
    /// The columns that differ, where both have the row; a value in a key is never among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}

/// One table whose rows are not the same on both servers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TableDifference {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub table: String,
    /// All rows on the primary.
    pub rows_on_primary: u64,
    /// All rows on the secondary.
    pub rows_on_secondary: u64,
    /// Whether its rows can be searched by a key; without one nothing below is known.
    pub has_key: bool,
    /// Rows that are missing on the secondary.
    pub only_on_primary: u64,
    /// Rows that are missing on the primary.
    pub only_on_secondary: u64,
    /// Rows that both have, with other values.
    pub differing: u64,
    /// The first of these rows, up to the limit.
    #[serde(skip)]
    pub named: Vec<Difference>,
}

impl TableDifference {
    /// Counts the rows that are not the same.
    pub fn rows(&self) -> u64 {
        self.only_on_primary + self.only_on_secondary + self.differing
    }

    /// Says it in one line.
    pub fn shown(&self) -> String {
        let name = format!("{}.{}", self.schema, self.table);
        if !self.has_key {
            return format!(
                "{name}: not the same, {} rows on the primary and {} on the secondary; without a key to search by they cannot be named",
                self.rows_on_primary, self.rows_on_secondary
            );
        }
        let counts = [
            (self.differing, "with other values"),
            (self.only_on_primary, "on the primary only"),
            (self.only_on_secondary, "on the secondary only"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, how)| format!("{count} {how}")).collect();
        format!(
            "{name}: {} rows are not the same: {}",
            self.rows(),
            counts.join(", ")
        )
    }
}

/// One thing that is not defined alike on both servers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DefinitionDifference {
    /// The object, such as `view shop.newest`.
    pub what: String,
    /// How it differs.
    pub kind: DifferenceKind,
    /// Where the two part; empty where one server does not have it.
    pub text: String,
}

impl DefinitionDifference {
    /// Says it in one line.
    pub fn shown(&self) -> String {
        match self.kind {
            DifferenceKind::OnlyOnPrimary => format!("{} is on the primary only", self.what),
            DifferenceKind::OnlyOnSecondary => format!("{} is on the secondary only", self.what),
            DifferenceKind::Differs => format!("{}: {}", self.what, self.text),
        }
    }
}

/// A table whose rows were not compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotCompared {
    /// The table, or `accounts`.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// Everything that a comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The position at which both servers were compared.
    pub position: GtidSet,
    /// Transactions that the secondary alone has, and that no link carries to the primary.
    pub errant: GtidSet,
    /// Tables whose rows were compared.
    pub tables: u64,
    /// Rows of these tables on the primary.
    pub rows: u64,
    /// How long commits on the primary were held up in all.
    pub lock_held: Duration,
    /// What is not defined alike, sequences included.
    pub definitions: Vec<DefinitionDifference>,
    /// Accounts that are not alike; they are no data.
    pub accounts: Vec<DefinitionDifference>,
    /// What was not compared.
    pub not_compared: Vec<NotCompared>,
    /// Tables whose rows are not the same.
    pub differing: Vec<TableDifference>,
}

impl Findings {
    /// Tells whether nothing differs of all that was compared; accounts do not count.
    pub fn are_equal(&self) -> bool {
        self.definitions.is_empty() && self.differing.is_empty()
    }
}
