use std::{io, path::PathBuf, time::Duration};

/// Says why etcd gave no vote.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EtcdError {
    /// What was given cannot be used.
    #[error("etcd: {0}")]
    Settings(String),
    /// A file of a certificate or key cannot be used.
    #[error("cannot use {} for etcd: {text}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        text: String,
    },
    /// A file cannot be read.
    #[error("cannot read {} for etcd", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// No member answered in time, or none of them has a majority; what was asked may have been done or not.
    #[error("etcd gave no answer within {limit:?} ({tried})")]
    Unanswered {
        /// How long was waited.
        limit: Duration,
        /// What each member that was asked did.
        tried: String,
    },
    /// A member refused what was asked.
    #[error("etcd ({endpoint}) refused: {text}")]
    Refused {
        /// The member.
        endpoint: String,
        /// Its words.
        text: String,
    },
    /// Another cluster answers than before; whoever holds the vote in one of them knows nothing of the other.
    #[error(
        "{endpoint} belongs to etcd cluster {seen:x}, and this process began with cluster {expected:x}: give members of one \
         cluster only, and start again where etcd was restored"
    )]
    OtherCluster {
        /// The member.
        endpoint: String,
        /// Its cluster.
        seen: u64,
        /// The cluster of the first answer.
        expected: u64,
    },
    /// The cluster changed its leader again and again, so that no renewal can be trusted.
    #[error(
        "etcd changes its leader, or a proxy stands before it that spreads requests over members: no renewal counts"
    )]
    Unsteady,
}

impl EtcdError {
    /// Tells whether the lease that was named is not there.
    pub(super) fn is_missing_lease(&self) -> bool {
        matches!(self, Self::Refused { text, .. } if text.contains("requested lease not found"))
    }
}
