use crate::{
    Both, EventSink, Finding, SetupError, SetupOptions, adoption, archive::told, partner::source_name,
    preflight,
};
use dbha_copy::{Archive, ArchiveError, CopyError};
use dbha_sql::{ClaimState, Facts, ReplicaStatus, Server, SqlError};
use tokio_util::sync::CancellationToken;

/// The dump that a set-up fills its secondary from, as far as one is named and needed.
pub(crate) enum SetupDump {
    /// None is.
    Unused,
    /// It cannot be used.
    Unusable(ArchiveError),
    /// It can; whether the primary still has what follows on it in its binary logs.
    Usable {
        /// The dump.
        archive: Archive,
        /// Whether the logs are there.
        logs_are_kept: bool,
    },
}

impl SetupDump {
    /// Looks at the directory that the options name, if anything is to be copied at all.
    pub(crate) async fn look(
        options: &SetupOptions,
        facts: &Both<Facts>,
        primary: &mut Server,
    ) -> Result<Self, SqlError> {
        let Some(directory) = options.copy_from.as_ref().filter(|_| is_needed(facts, options)) else {
            return Ok(SetupDump::Unused);
        };
        // A small file and a list of names; the chunks themselves are read later.
        match Archive::open(directory) {
            Err(error) => Ok(SetupDump::Unusable(error)),
            Ok(archive) => Ok(SetupDump::Usable {
                logs_are_kept: !archive.dialect().same_family(&facts.primary.dialect)
                    || archive.logs_are_kept(&mut primary.session).await?,
                archive,
            }),
        }
    }

    /// Judges it; pure.
    pub(crate) fn findings(&self, facts: &Both<Facts>) -> Vec<Finding> {
        match self {
            SetupDump::Unused => vec![],
            SetupDump::Unusable(error) => vec![preflight::dump::unusable(error)],
            SetupDump::Usable {
                archive,
                logs_are_kept,
            } => preflight::dump::for_setup(&facts.primary, archive, *logs_are_kept),
        }
    }

    /// Hands the dump out, if it can be used.
    pub(crate) fn archive(self) -> Option<Archive> {
        match self {
            SetupDump::Usable { archive, .. } => Some(archive),
            _ => None,
        }
    }
}

/// Tells whether the secondary is still to be filled.
fn is_needed(facts: &Both<Facts>, options: &SetupOptions) -> bool {
    let source = source_name(&facts.primary);
    let lacks = facts
        .secondary
        .default_link()
        .is_some_and(ReplicaStatus::lacks_logs_of_source);
    let filled = facts.secondary.claim.known().is_some_and(|claim| {
        matches!(claim.state, ClaimState::Copied | ClaimState::Following) && claim.source == source && !lacks
    });
    !filled && !preflight::is_provisioned(facts, options) && !adoption::is_adoptable(facts, options)
}

/// Reads every file of a dump before anything is changed.
pub(crate) async fn check_files(
    archive: &Archive,
    workers: usize,
    sink: &EventSink,
    cancel: &CancellationToken,
) -> Result<(), SetupError> {
    match archive.check_files(workers, &told(sink), cancel).await {
        Ok(()) => Ok(()),
        Err(CopyError::Archive(error)) => Err(SetupError::Blocked(vec![preflight::dump::unusable(&error)])),
        Err(CopyError::Cancelled) => Err(SetupError::Cancelled),
        Err(other) => Err(SetupError::Load(other)),
    }
}
