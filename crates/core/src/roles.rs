//! Who of a pair takes the writes, and how that changes.
//!
//! A switchover gives them to the other server with nothing lost. What speaks against it is found by [`judge`], from facts
//! alone. [`hand_over`] then closes the server that has the writes, waits until the other one has everything, and opens
//! that. Up to the moment at which the other one is recorded as the writer every failure opens the first one again; from
//! then on the other one stays.
//!
//! A failover takes them from a server that is gone: [`judge_survivor`] judges the one that is left, [`take_over`] lets it
//! apply what it has received, removes its link from the old writer, and opens it.

mod closed;
mod events;
mod extra;
mod failover;
mod hand_over;
mod judge;
mod judge_opening;
mod judge_survivor;
pub(crate) mod opened;
mod rejoin;
mod switchover;
mod take_over;
mod vote;

pub(crate) use closed::{close as close_old, close_to_clients, let_go, wait_no_more};
pub use extra::ExtraError;
pub(crate) use extra::save as save_extra;
pub use failover::{FailoverDone, FailoverOptions};
pub(crate) use hand_over::{HandOver, HandedOver, hand_over};
pub(crate) use judge::{judge, target};
pub(crate) use judge_opening::opening;
pub use judge_opening::{NotToOpen, writer_to_open};
pub(crate) use judge_survivor::{OldWriter, judge_survivor, recorded_peer};
pub(crate) use rejoin::judge_rejoin;
pub use rejoin::{ExtraTransactions, RejoinDone, RejoinOptions};
pub(crate) use switchover::planned;
pub use switchover::{PlannedRoleStep, SwitchoverDone, SwitchoverOptions, SwitchoverPlan};
pub(crate) use take_over::{TakeOver, take_over};
pub(crate) use vote::give_vote;

use dbha_sql::Facts;
use serde::Serialize;

/// One step of a change of roles, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RoleStep {
    /// Transactions that have changed rows may end by themselves.
    WaitForTransactions,
    /// The server that has the writes takes no more of them, and its clients are disconnected.
    Close,
    /// The other server has everything.
    CatchUp,
    /// Failover: the old writer does not answer, or was closed.
    LookForOld,
    /// Failover: the link from the old writer has noticed that it is gone.
    Notice,
    /// Failover: what was received from it is applied.
    Drain,
    /// Failover: the link from it is removed.
    LetGo,
    /// In a guarded pair: the vote is the other server's.
    GiveVote,
    /// The other server is recorded as the writer, and takes writes.
    Open,
    /// Events run where writes are taken.
    MoveEvents,
    /// Rejoin: the returning server takes no more writes, and is compared with the writer.
    CloseReturning,
    /// Rejoin: what the returning server has and the pair lacks is saved.
    SaveExtra,
    /// Rejoin: it has applied everything that the writer has.
    FollowWriter,
}

impl RoleStep {
    /// Returns the stable id, the same in events and tests.
    pub fn id(self) -> &'static str {
        match self {
            RoleStep::WaitForTransactions => "wait_for_transactions",
            RoleStep::Close => "close",
            RoleStep::CatchUp => "catch_up",
            RoleStep::LookForOld => "look_for_old",
            RoleStep::Notice => "notice",
            RoleStep::Drain => "drain",
            RoleStep::LetGo => "let_go",
            RoleStep::GiveVote => "give_vote",
            RoleStep::Open => "open",
            RoleStep::MoveEvents => "move_events",
            RoleStep::CloseReturning => "close_returning",
            RoleStep::SaveExtra => "save_extra",
            RoleStep::FollowWriter => "follow_writer",
        }
    }

    /// Says what the step does, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            RoleStep::WaitForTransactions => "wait for open transactions",
            RoleStep::Close => "close the server that has the writes, end its connections",
            RoleStep::CatchUp => "wait until the other server has everything",
            RoleStep::LookForOld => "make sure that the old writer is gone",
            RoleStep::Notice => "see that nothing more comes from it",
            RoleStep::Drain => "apply what was received from it",
            RoleStep::LetGo => "remove the link from it",
            RoleStep::GiveVote => "give the vote to the other server",
            RoleStep::Open => "open the other server for writing",
            RoleStep::MoveEvents => "let events run there",
            RoleStep::CloseReturning => "make it read-only, end its connections, compare it with the writer",
            RoleStep::SaveExtra => "save what the writer lacks",
            RoleStep::FollowWriter => "let it apply what the writer has",
        }
    }
}

/// Returns the number of the term that the next writer begins; a pair of an older dbha has none recorded, and is in its
/// first.
pub(crate) fn next_term<'a>(seen: impl IntoIterator<Item = &'a Facts>) -> u64 {
    let numbers = seen
        .into_iter()
        .flat_map(|facts| facts.terms.known().into_iter().flatten())
        .map(|term| term.number);
    numbers.max().unwrap_or(1) + 1
}
