//! What can go wrong on a server's machine.

use dbha_sql::printable;
use std::time::Duration;

/// Something on a server's machine could not be done or was not as it has to be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// A command there failed, or the machine was not reached.
    #[error("could not {doing} ({host}): {text}")]
    Failed {
        /// Way to the machine.
        host: String,
        /// What was being done.
        doing: String,
        /// The machine's own words.
        text: String,
    },
    /// No answer came in time.
    #[error("could not {doing} ({host}): no end within {} s", .limit.as_secs())]
    TimedOut {
        /// Way to the machine.
        host: String,
        /// What was being done.
        doing: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// What was seen there does not allow to go on; nothing was changed there.
    #[error("{0}")]
    Refused(String),
}

impl HostError {
    pub(super) fn failed(host: impl ToString, doing: &str, text: &str) -> Self {
        HostError::Failed {
            host: host.to_string(),
            doing: doing.to_owned(),
            text: printable(text.trim()),
        }
    }
}
