use std::time::Duration;

/// What a guard is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Close the local server, or kill it where that is not confirmed within this time.
    Fence {
        /// The time that closing may take.
        within: Duration,
    },
    /// Ask the vote.
    Ask(Ask),
    /// Open the local server, which is the recorded writer of this term.
    Open {
        /// The term.
        term: u64,
    },
    /// Let the local server apply what it has received, let go of the old writer, and open it as the writer of this term.
    TakeOver {
        /// The term.
        term: u64,
    },
    /// Stop whatever is opening the local server: the vote may be another's.
    StopOpening,
    /// Say that nobody writes because somebody has closed the writer while it ran.
    TellClosedByOthers,
    /// Tell the supervisor that the guard is well.
    Alive,
}

/// What is asked of the vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ask {
    /// Who holds it, and whose term is recorded?
    Look,
    /// Give it to this server with this term, if nobody holds it and the record is as it was seen.
    Take {
        /// The term; the record says it from then on.
        term: u64,
    },
    /// It is this server's, by another lease (of a guard before, or of a switchover): let this guard hold it.
    Adopt,
    /// Let it last longer.
    Renew,
    /// The local server has ended, and was not started again: let the other one have it, without waiting for the lease.
    GiveBack,
}
