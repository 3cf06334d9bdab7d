use std::time::Duration;

/// Everything that a guard sees at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Seen {
    /// The moment, by a clock that never steps.
    pub now: Duration,
    /// The server beside the guard.
    pub local: Local,
    /// Whether the process of the local server is known to have ended, and none has answered since.
    pub ended: bool,
    /// The newest term that an open local server knows; only the first guards of a pair ask for it.
    pub open_newest: Option<NewestTerm>,
    /// Whether the other server was just seen taking writes.
    pub peer_open: bool,
    /// Whether the other server was just seen closed, and knows no newer term than the local one.
    pub peer_is_not_newer: bool,
    /// Whether the local server, a standby, may take over by what it has received.
    pub may_take: bool,
    /// An answer of the vote that has just come.
    pub answer: Option<Answer>,
    /// Whether a question to the vote is still open.
    pub vote_busy: bool,
    /// Whether the local server is being opened.
    pub work: Work,
}

/// The server beside a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Local {
    /// It does not run.
    Gone,
    /// It does not answer, and may take writes.
    Silent,
    /// It refuses writes.
    Closed {
        /// Counts its starts.
        boot: u64,
        /// The newest term that its own data knows; `None` where that is not clear.
        newest: Option<NewestTerm>,
    },
    /// It takes writes.
    Open {
        /// Counts its starts.
        boot: u64,
    },
}

/// A term by its number and its writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NewestTerm {
    /// Its number.
    pub number: u64,
    /// Its writer.
    pub of: Who,
}

/// A server of the pair, as a guard calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Who {
    /// The one beside the guard.
    Me,
    /// The other one.
    #[default]
    Peer,
}

/// The third vote, as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct VoteView {
    /// Who holds it.
    pub holder: Option<Who>,
    /// Whether it is held by this guard's own lease.
    pub mine: bool,
    /// Whether the lease of the holder, where that is this server, has more than half of its time left.
    pub lasting: bool,
    /// Number of the last term that was given; 0 before the first.
    pub term: u64,
    /// Whose term that is.
    pub of: Who,
}

impl VoteView {
    /// Returns the recorded term as a server of it knows it.
    pub(crate) fn newest_for(&self, who: Who) -> NewestTerm {
        NewestTerm {
            number: self.term,
            of: who,
        }
    }
}

/// What the vote has answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Answer {
    /// This guard holds it.
    Held {
        /// When the question was sent.
        sent: Duration,
        /// The vote with that.
        view: VoteView,
    },
    /// This is how it stands; also the answer to a question that was refused.
    Looked(VoteView),
    /// Nothing: what was asked may have been done or not.
    Unknown,
}

/// The opening of the local server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    /// None is under way, and the local server was looked at since.
    Idle,
    /// One is under way, or has just ended.
    Running,
}
