//! Whether standard error is the journal, which wants a weight before each line and no time.

use std::os::unix::fs::MetadataExt;

/// Weights as syslog numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Somebody has to act.
    Error = 3,
    /// Somebody should look.
    Warning = 4,
    /// Good to know, and seldom.
    Notice = 5,
    /// Everything else.
    Info = 6,
}

/// Tells whether standard error is connected to the journal of systemd.
pub fn is_journal() -> bool {
    let stream = std::env::var("JOURNAL_STREAM").ok();
    let stderr = std::fs::metadata("/proc/self/fd/2").ok();
    match (stream, stderr) {
        // Inherited by a process whose standard error goes elsewhere, the variable says nothing.
        (Some(stream), Some(stderr)) => stream == format!("{}:{}", stderr.dev(), stderr.ino()),
        _ => false,
    }
}
