use crate::Uncopyable;
use dbha_sql::SqlError;
use std::time::Duration;

/// Why a copy did not come to its end; nothing half-done is ever reported as a copy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// A statement failed.
    #[error("{doing} failed")]
    Sql {
        /// What was being done, `reading table shop.orders`.
        doing: String,
        /// What the server or the connection said.
        #[source]
        source: SqlError,
    },
    /// The short lock of the snapshot was not granted in time; nothing is held any more.
    #[error(
        "{server} did not grant the lock for a consistent snapshot within {} s: {}",
        .waited.as_secs(),
        .blocker.as_deref().unwrap_or("no running query explains it")
    )]
    LockNotGranted {
        /// Name of the server.
        server: String,
        /// How long dbha waited.
        waited: Duration,
        /// The query that probably held it, values masked.
        blocker: Option<String>,
    },
    /// The account may not lock the source, and without a lock no try found it still.
    #[error("{server} was not still for a moment in {tries} tries of a snapshot without a lock: {last}")]
    NeverStill {
        /// Name of the server.
        server: String,
        /// How often it was tried.
        tries: u32,
        /// What moved at the last try.
        last: String,
    },
    /// The binary logs that begin at the snapshot are gone: no target of it could ever catch up.
    #[error(
        "{server} has removed binary logs that a copy of it needs: what it wrote since the snapshot begins in {file}"
    )]
    LogsPurged {
        /// Name of the server.
        server: String,
        /// The log that was written to at the moment of the snapshot.
        file: String,
    },
    /// Transactions stay prepared: they are in the binary log and in no snapshot.
    #[error("{server} has prepared transactions, which are in its binary log and not in its tables yet: {}", .names.join(", "))]
    TransactionsPrepared {
        /// Name of the server.
        server: String,
        /// What they are called there.
        names: Vec<String>,
    },
    /// No moment was found at which both servers had the same transactions.
    #[error("{text}")]
    NoCommonPosition {
        /// What was in the way.
        text: String,
        /// Whether the secondary was ahead by what is written on it, and another try can help.
        ahead: bool,
    },
    /// The session that held the lock was lost before it gave it back, so the snapshot proves nothing.
    #[error("the connection that held the snapshot's lock on {server} was lost")]
    LockLost {
        /// Name of the server.
        server: String,
    },
    /// A definition changed on the source while it was copied.
    #[error("{what} was changed on the source while it was copied; run the copy again when no DDL runs")]
    SchemaChanged {
        /// The object.
        what: String,
    },
    /// What an earlier copy has noted of a table is not what the table holds.
    #[error("what an earlier copy noted of {table} does not hold")]
    NotAsNoted {
        /// The table.
        table: String,
    },
    /// Somebody keeps a table of the source from being read; nothing of theirs is ended.
    #[error(
        "{table} could not be read, because somebody locks it or waits to change it: {}",
        .blocker.as_deref().unwrap_or("who it is could not be seen")
    )]
    TableLocked {
        /// The table.
        table: String,
        /// Who it probably is, values masked.
        blocker: Option<String>,
    },
    /// There are objects that a copy cannot carry.
    #[error("the source holds what cannot be copied: {}", list(.0))]
    Uncopyable(Vec<Uncopyable>),
    /// The target warned about a row; nothing is ever cut or bent in silence.
    #[error("the target does not take rows of {table} as they are: {text}")]
    RowsBent {
        /// The table.
        table: String,
        /// Number of the server's warning, where it is one of the server's.
        code: Option<u16>,
        /// Its words.
        text: String,
    },
    /// The target counted other rows than were sent.
    #[error("{sent} rows of {table} were sent, and the target counted {stored}")]
    RowsLost {
        /// The table.
        table: String,
        /// Rows sent.
        sent: u64,
        /// Rows that the target says it stored.
        stored: u64,
    },
    /// The checksums of a table differ.
    #[error("the copy of {table} is not equal: {source_side} on the source, {target_side} on the target")]
    Mismatch {
        /// The table.
        table: String,
        /// Rows and checksum on the source.
        source_side: String,
        /// Rows and checksum on the target.
        target_side: String,
    },
    /// A definition on the target is not what it is on the source.
    #[error("the definition of {what} on the target differs from the source's: {difference}")]
    DefinitionDiffers {
        /// The object.
        what: String,
        /// Where the two texts part.
        difference: String,
    },
    /// Two servers that ought to hold the same do not.
    #[error("the data is not equal: {}", .0.join("; "))]
    NotEqual(Vec<String>),
    /// There are tables that can only be compared while nobody writes.
    #[error("tables that keep no snapshot cannot be compared while the source takes writes: {}", .0.join(", "))]
    NoSnapshotOf(Vec<String>),
    /// A server answered something that does not fit the question.
    #[error("{server} gave no usable answer about {what}")]
    Unreadable {
        /// Name of the server.
        server: String,
        /// What was asked for.
        what: String,
    },
    /// The clone of a run that was cut off does not let go of the target.
    #[error("a clone that was cut off goes on and cannot be ended")]
    CloneGoesOn,
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandom,
    /// What an earlier run began there has not come to its end.
    #[error("what an earlier run of dbha began on {server} is still running there")]
    StillRunning {
        /// Name of the server.
        server: String,
    },
    /// A dump cannot be written or used.
    #[error(transparent)]
    Archive(#[from] crate::ArchiveError),
    /// The caller cancelled.
    #[error("the copy was cancelled")]
    Cancelled,
}

/// Server errors that mean: the table is no longer what the snapshot saw.
const CHANGED: [u16; 4] = [1412, 1146, 1054, 1051];

/// Server error: a lock on a table was not granted in time.
pub(crate) const LOCK_WAIT_TIMEOUT: u16 = 1205;
/// A row has the key of another one.
const DUPLICATE: u16 = 1062;

impl CopyError {
    /// Wraps a failed statement with what it was for.
    pub(crate) fn doing(doing: impl Into<String>) -> impl FnOnce(SqlError) -> CopyError {
        let doing = doing.into();
        move |source| CopyError::Sql { doing, source }
    }

    /// Wraps a failed read of a table: DDL on the source is told apart from every other fault.
    pub(crate) fn reading(table: &str) -> impl FnOnce(SqlError) -> CopyError {
        let table = table.to_owned();
        move |source| match source.code() {
            Some(code) if CHANGED.contains(&code) => CopyError::SchemaChanged { what: table },
            Some(LOCK_WAIT_TIMEOUT) => CopyError::TableLocked { table, blocker: None },
            _ => CopyError::Sql {
                doing: format!("reading {table}"),
                source,
            },
        }
    }

    /// Tells whether rows met others, or were not there, that should not or should.
    pub(crate) fn is_of_other_rows(&self) -> bool {
        match self {
            CopyError::RowsLost { .. } | CopyError::Mismatch { .. } => true,
            CopyError::Sql { source, .. } => source.code() == Some(DUPLICATE),
            // LOAD DATA LOCAL leaves the row out, and warns.
            CopyError::RowsBent { code, .. } => *code == Some(DUPLICATE),
            _ => false,
        }
    }

    /// Tells whether a lock was not granted in time.
    pub(crate) fn is_lock_wait(&self) -> bool {
        match self {
            CopyError::TableLocked { .. } => true,
            CopyError::Sql { source, .. } => source.code() == Some(LOCK_WAIT_TIMEOUT),
            _ => false,
        }
    }

    /// Tells whether a table is no longer what a snapshot saw, or is just being changed.
    pub(crate) fn is_about_ddl(&self) -> bool {
        matches!(self, CopyError::SchemaChanged { .. }) || self.is_lock_wait()
    }

    /// Tells whether another try from the start can help.
    pub fn is_worth_another_try(&self) -> bool {
        matches!(
            self,
            CopyError::SchemaChanged { .. } | CopyError::NotAsNoted { .. }
        )
    }
}

fn list(objects: &[Uncopyable]) -> String {
    let one = |object: &Uncopyable| format!("{}.{} ({})", object.schema, object.name, object.reason);
    objects.iter().map(one).collect::<Vec<_>>().join(", ")
}
