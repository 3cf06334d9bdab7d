//! Who of a pair takes the writes, and how that changes.
//!
//! A switchover gives them to the other server with nothing lost. What speaks against it is found by [`judge`], from facts
//! alone. [`hand_over`] then closes the server that has the writes, waits until the other one has everything, and opens
//! that. Up to the moment at which the other one is recorded as the writer every failure opens the first one again; from
//! then on the other one stays.

mod closed;
mod events;
mod hand_over;
mod judge;
mod opened;
mod switchover;

pub(crate) use hand_over::{HandOver, HandedOver, hand_over};
pub(crate) use judge::{judge, target};
pub(crate) use switchover::planned;
pub use switchover::{PlannedRoleStep, SwitchoverDone, SwitchoverOptions, SwitchoverPlan};

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
    /// The other server is recorded as the writer, and takes writes.
    Open,
    /// Events run where writes are taken.
    MoveEvents,
}

impl RoleStep {
    /// Returns the stable id, the same in events and tests.
    pub fn id(self) -> &'static str {
        match self {
            RoleStep::WaitForTransactions => "wait_for_transactions",
            RoleStep::Close => "close",
            RoleStep::CatchUp => "catch_up",
            RoleStep::Open => "open",
            RoleStep::MoveEvents => "move_events",
        }
    }

    /// Says what the step does, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            RoleStep::WaitForTransactions => "wait for open transactions",
            RoleStep::Close => "close the server that has the writes, end its connections",
            RoleStep::CatchUp => "wait until the other server has everything",
            RoleStep::Open => "open the other server for writing",
            RoleStep::MoveEvents => "let events run there",
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
