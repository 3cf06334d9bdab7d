use serde::Serialize;

/// What a copy is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CopyPhase {
    /// The files of a dump are compared with its manifest.
    Files,
    /// One consistent picture is being taken, under a short lock.
    Snapshot,
    /// Schemas and tables are created.
    Schema,
    /// Rows flow; each table is checked as soon as it is complete.
    Data,
    /// Foreign keys are added.
    Indexes,
    /// Sequences, views, routines, triggers and events are created.
    Objects,
    /// Users, roles and grants are made equal.
    Accounts,
    /// Definitions are compared.
    Check,
    /// The CLONE plug-in brings the source's files over.
    Clone,
    /// The target restarts with what was cloned.
    Restart,
}

/// One piece of news from a running copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CopyProgress {
    /// A phase began.
    Phase {
        /// The phase.
        phase: CopyPhase,
    },
    /// What lies ahead, as the source estimates it.
    Totals {
        /// Tables.
        tables: u64,
        /// Rows, estimated.
        rows: u64,
        /// Bytes of rows, estimated.
        bytes: u64,
        /// Bytes of secondary keys, estimated.
        key_bytes: u64,
    },
    /// Files of the source arrived, where they come over whole.
    Cloned {
        /// Bytes that have come.
        bytes: u64,
        /// Bytes in all, as the target estimates them.
        of: u64,
    },
    /// A table began, or another worker began with a part of it.
    TableStarted {
        /// Its schema.
        schema: String,
        /// Its name.
        table: String,
        /// Its rows, estimated.
        rows_estimate: u64,
        /// Bytes of its rows, estimated.
        bytes_estimate: u64,
        /// Bytes of its secondary keys, estimated.
        key_bytes_estimate: u64,
    },
    /// Rows of a table arrived; at most ten a second from each worker.
    TableRows {
        /// Its schema.
        schema: String,
        /// Its name.
        table: String,
        /// Rows stored so far.
        rows: u64,
        /// Bytes stored so far.
        bytes: u64,
    },
    /// All rows of a table arrived, its indexes are being added.
    TableIndexes {
        /// Its schema.
        schema: String,
        /// Its name.
        table: String,
    },
    /// A table is complete and proven equal.
    TableFinished {
        /// Its schema.
        schema: String,
        /// Its name.
        table: String,
        /// Rows stored.
        rows: u64,
        /// Bytes stored.
        bytes: u64,
    },
    /// The short lock on the source is gone.
    LockReleased {
        /// Milliseconds that writers may have waited.
        held_ms: u64,
    },
    /// What an earlier copy has stored is there; each range is proven against the new snapshot before it counts.
    GoesOn {
        /// Tables that stay; 0 where everything is copied anew.
        tables: u64,
        /// Ranges of them that are noted as stored.
        ranges: u64,
        /// Bytes of their values.
        bytes: u64,
    },
    /// The copy begins again with a new snapshot.
    Again {
        /// Number of the try that begins, from 2.
        attempt: u32,
        /// Why.
        reason: String,
    },
}
