use crate::{Inventory, Object, accounts::StoredAccounts, range_key::Bound};
use dbha_sql::{Dialect, GtidSet};
use serde::{Deserialize, Serialize};

/// The server that a dump was taken from, as it can be known again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveSource {
    /// Name by which dbha spoke of it.
    pub name: String,
    /// Its `server_uuid`, where it has one.
    pub server_uuid: Option<String>,
    /// Its number.
    pub server_id: u32,
    /// Its GTID domain, where it has one.
    pub gtid_domain_id: Option<u32>,
}

/// Everything about a dump but its rows.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    /// A name that no other dump has.
    pub(super) id: String,
    /// Version of the dbha that wrote it.
    pub(super) written_by: String,
    /// Milliseconds since 1970 at which it was finished.
    pub(super) finished_at_ms: u64,
    pub(super) source: ArchiveSource,
    /// What the source understands.
    pub(super) dialect: Dialect,
    /// Everything up to here is in it.
    pub(super) position: GtidSet,
    /// File and offset of the source's binary log at the same moment.
    pub(super) coordinates: Option<(String, u64)>,
    /// How long commits on the source were held up.
    pub(super) lock_held_ms: u64,
    /// What there is.
    pub(super) inventory: Inventory,
    /// `CREATE DATABASE` by schema.
    pub(super) schemas: Vec<(String, String)>,
    /// Definitions and rows of tables, in the order of the inventory.
    pub(super) tables: Vec<StoredTable>,
    /// Definitions of everything else, in the order of the inventory.
    pub(super) objects: Vec<StoredObject>,
    /// Where sequences stand: next number and round, in the order of the inventory.
    pub(super) sequences: Vec<(String, u64)>,
    /// Views that were of no use on the source either.
    pub(super) broken_views: Vec<Object>,
    pub(super) accounts: StoredAccounts,
}

/// How a table is created, and where its rows are.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredTable {
    pub(super) create: String,
    /// In the order of the key, from its beginning to its end without a gap.
    pub(super) chunks: Vec<Chunk>,
}

/// The rows of a table between two places of its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chunk {
    /// Number of the file; `None` where there are no rows.
    pub(crate) file: Option<u32>,
    /// Rows behind this place; `None` from the first row on.
    pub(crate) after: Option<Bound>,
    /// Rows up to and with this place; `None` to the last row.
    pub(crate) through: Option<Bound>,
    /// Rows.
    pub(crate) rows: u64,
    /// Sum of the rows' checksums on the source.
    pub(crate) checksum: String,
    /// Size before compression.
    pub(crate) raw_bytes: u64,
    /// Size of the longest row.
    pub(crate) longest_row: u64,
    /// Size of the file.
    pub(crate) file_bytes: u64,
    /// SHA-256 of the file, in hexadecimal digits.
    pub(crate) sha256: String,
}

/// How an object is created, and in which surroundings.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredObject {
    pub(super) create: Text,
    pub(super) sql_mode: Option<String>,
    pub(super) client_charset: Option<String>,
    pub(super) connection_collation: Option<String>,
    pub(super) database_collation: Option<String>,
    pub(super) time_zone: Option<String>,
    pub(super) created: Option<u64>,
}

/// A statement in the character set in which it was made.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Text {
    /// It is UTF-8.
    Utf8(String),
    /// It is not: its bytes in hexadecimal digits.
    Hex(String),
}
