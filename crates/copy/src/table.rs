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
    /// Bytes of rows and indexes, estimated by the server.
    pub bytes_estimate: u64,
    /// Its columns in order, invisible ones included.
    pub columns: Vec<Column>,
    /// Columns of its primary key in order; empty where it has none.
    pub primary_key: Vec<KeyPart>,
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

    /// Tells whether rows can be read in the order of the primary key without sorting.
    pub(crate) fn readable_in_key_order(&self) -> bool {
        self.transactional && !self.primary_key.is_empty() && self.primary_key.iter().all(|part| !part.prefix)
    }
}
