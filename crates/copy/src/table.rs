use crate::{Column, Origin};
use serde::{Deserialize, Serialize};

/// One table that holds rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its engine; `None` where the server cannot open it.
    pub engine: Option<String>,
    /// Whether the engine keeps snapshots.
    pub transactional: bool,
    /// Whether it keeps the past of its rows (`WITH SYSTEM VERSIONING`).
    pub system_versioned: bool,
    /// Rows, estimated by the server.
    pub rows_estimate: u64,
    /// Bytes of rows, estimated by the server.
    pub bytes_estimate: u64,
    /// Bytes of secondary keys, estimated by the server.
    pub key_bytes_estimate: u64,
    /// Its columns in order, invisible ones included.
    pub columns: Vec<Column>,
    /// Columns of its primary key in order; empty where it has none.
    pub primary_key: Vec<KeyPart>,
    /// Columns in order of the key that tells its rows apart: the primary key, else a unique one without NULLs.
    pub row_key: Vec<KeyPart>,
    /// Name of that key's index.
    pub row_key_index: String,
    /// Its partitions, or their parts where they have any; empty where it has none.
    pub partitions: Vec<String>,
}

/// One column of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPart {
    /// The column.
    pub column: String,
    /// Whether only the beginning of the column is in the key.
    pub prefix: bool,
    /// Whether the key runs downwards here.
    pub descending: bool,
}

impl Table {
    /// Returns `schema.name`, to be shown.
    pub fn shown(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// Tells whether ranges of it are noted as they are stored: those of a table whose rows commit with the note, and go
    /// when they are deleted.
    pub(crate) fn keeps_ranges(&self) -> bool {
        self.transactional && !self.system_versioned
    }

    /// Returns the columns whose values travel; all others are computed on the target.
    pub(crate) fn carried(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| match column.origin {
            Origin::Written => true,
            Origin::RowStart | Origin::RowEnd => self.system_versioned,
            Origin::Virtual | Origin::Stored => false,
        })
    }

    /// Returns the columns that the proof covers: everything that is kept.
    pub(crate) fn proven(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| match column.origin {
            Origin::Written | Origin::Stored => true,
            Origin::RowStart | Origin::RowEnd => self.system_versioned,
            Origin::Virtual => false,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Makes a table of columns by name and type, all of them in the primary key, some of them downwards.
    pub(crate) fn table_with_key(columns: &[(&str, &str, bool)]) -> Table {
        let column = |(name, data_type, _): &(&str, &str, bool)| Column {
            name: (*name).into(),
            data_type: (*data_type).into(),
            column_type: (*data_type).into(),
            charset: None,
            collation: None,
            longest_bytes: None,
            nullable: false,
            origin: Origin::Written,
        };
        let part = |(name, _, descending): &(&str, &str, bool)| KeyPart {
            column: (*name).into(),
            prefix: false,
            descending: *descending,
        };
        let key: Vec<KeyPart> = columns.iter().map(part).collect();
        Table {
            schema: "s".into(),
            name: "t".into(),
            engine: Some("InnoDB".into()),
            transactional: true,
            system_versioned: false,
            rows_estimate: 0,
            bytes_estimate: 0,
            key_bytes_estimate: 0,
            columns: columns.iter().map(column).collect(),
            primary_key: key.clone(),
            row_key: key,
            row_key_index: "PRIMARY".into(),
            partitions: vec![],
        }
    }
}
