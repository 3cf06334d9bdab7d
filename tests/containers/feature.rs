//! What dbha can do with a release, as the page about compatibility lists it.

/// One row of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Feature {
    SetUp,
    SecondRun,
    Copy,
    Status,
    Verify,
    Restart,
    PowerFailure,
    NetworkCut,
    PrimaryFrozen,
    OptionFiles,
}

impl Feature {
    pub(crate) const ALL: [Self; 10] = [
        Self::SetUp,
        Self::SecondRun,
        Self::Copy,
        Self::Status,
        Self::Verify,
        Self::Restart,
        Self::PowerFailure,
        Self::NetworkCut,
        Self::PrimaryFrozen,
        Self::OptionFiles,
    ];

    /// Returns the name in the files of notes.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::SetUp => "set-up",
            Self::SecondRun => "second-run",
            Self::Copy => "copy",
            Self::Status => "status",
            Self::Verify => "verify",
            Self::Restart => "restart",
            Self::PowerFailure => "power-failure",
            Self::NetworkCut => "network-cut",
            Self::PrimaryFrozen => "primary-frozen",
            Self::OptionFiles => "option-files",
        }
    }

    /// Returns what was seen, in the words of the page.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::SetUp => "`dbha setup` makes two servers a pair and proves it",
            Self::SecondRun => "a second `dbha setup` changes nothing",
            Self::Copy => "everything that a server can hold is copied: definitions, rows, accounts",
            Self::Status => "`dbha status` says healthy",
            Self::Verify => "`dbha verify` finds the data equal",
            Self::Restart => "both servers restart, and the pair is whole by itself",
            Self::PowerFailure => "a server is killed, and the pair is whole once it is started again",
            Self::NetworkCut => {
                "the network is cut, each direction by itself: status says so, and all is well once it is back"
            }
            Self::PrimaryFrozen => {
                "the primary is frozen: status says that it does not answer, within its limits"
            }
            Self::OptionFiles => {
                "`--host-access docker:NAME --restart allowed` prepares servers as their images bring them"
            }
        }
    }
}
