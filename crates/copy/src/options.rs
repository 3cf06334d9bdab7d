use std::time::Duration;

/// How a copy is made.
#[derive(Debug, Clone)]
pub struct CopyOptions {
    /// Tables, or ranges of one table, copied at the same time, each with one reader and one loader; at least 1.
    pub workers: usize,
    /// Bytes of rows that are copied, committed and proven together, where the table has a key.
    pub range_bytes: u64,
    /// Goes on with what an earlier copy has stored on the target; else the target must have been cleared.
    pub go_on: bool,
    /// Longest wait for the snapshot's lock on the source; writers can stall for as long.
    pub lock_wait: Duration,
    /// Tries in all when a definition on the source changes under the copy.
    pub tries: u32,
    /// Tables of at least so many bytes get their secondary indexes after their rows.
    pub indexes_after_from_bytes: u64,
}

impl Default for CopyOptions {
    fn default() -> Self {
        Self {
            workers: 2,
            range_bytes: 32 << 20,
            go_on: false,
            lock_wait: Duration::from_secs(10),
            tries: 3,
            indexes_after_from_bytes: 4 << 20,
        }
    }
}
