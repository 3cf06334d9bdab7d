use std::time::Duration;

/// How a copy is made.
#[derive(Debug, Clone)]
pub struct CopyOptions {
    /// Tables copied at the same time, each with one reader and one loader; at least 1.
    pub workers: usize,
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
            lock_wait: Duration::from_secs(10),
            tries: 3,
            indexes_after_from_bytes: 4 << 20,
        }
    }
}
