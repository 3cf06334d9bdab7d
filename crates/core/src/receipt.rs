//! What a set-up noted of both servers before it changed them, and which steps it began: the ground of `undo`.

mod before;
mod store;

use crate::{Both, SetupOptions, Side, Step, Topology};
use dbha_sql::Facts;
use serde::{Deserialize, Serialize};

pub use before::{DropInBefore, LinkBefore, ServerBefore};
pub use store::{ReceiptError, ReceiptStore, StoredReceipt};

/// Version of the form in which receipts are written.
const SCHEMA_VERSION: u32 = 1;

/// How far the run, or its undoing, got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReceiptState {
    /// The set-up began; it goes on, or was cut off.
    Begun,
    /// The set-up ended well.
    Finished,
    /// It is being taken back, or that was cut off.
    Undoing,
    /// It was taken back.
    Undone,
}

/// A step that had something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The step.
    pub step: Step,
    /// Whether it ended well; a step that was cut off may have changed anything that it can change.
    pub done: bool,
    /// What was different before.
    pub details: Vec<String>,
}

/// The record of one set-up, from its first run to the one that finished it.
///
/// It holds no secret. What is there after the set-up is not in it: truth about that is on the servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Version of dbha that wrote it.
    pub dbha_version: String,
    /// Name of the run that began it.
    pub run: String,
    /// Name of the pair.
    pub pair: String,
    /// When it began, in milliseconds since 1970, by the primary's clock.
    pub began_at_ms: u64,
    /// How far it got.
    pub state: ReceiptState,
    /// Both servers as they were before the first change.
    pub before: Both<ServerBefore>,
    /// What the set-up made of them.
    pub topology: Topology,
    /// What the secondary lost.
    pub discarded: Vec<String>,
    /// The steps that had something to do, in the order in which they were begun.
    pub steps: Vec<StepRecord>,
}

impl Receipt {
    /// Notes what is there before the first change.
    pub(crate) fn begin(
        run: &str,
        pair: &str,
        facts: &Both<Facts>,
        topology: &Topology,
        options: &SetupOptions,
    ) -> Self {
        Self {
            dbha_version: env!("CARGO_PKG_VERSION").to_owned(),
            run: run.to_owned(),
            pair: pair.to_owned(),
            began_at_ms: (facts.primary.clock * 1e3) as u64,
            state: ReceiptState::Begun,
            before: facts.map(|side, facts| ServerBefore::of(facts, options.host_access.of(side).as_ref())),
            topology: topology.clone(),
            discarded: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Goes on with the record of a run that was cut off: what was there before stays what it noted.
    pub(crate) fn go_on(&mut self, topology: &Topology) {
        self.state = ReceiptState::Begun;
        self.topology = topology.clone();
    }

    /// Notes that a step begins, or ended.
    pub(crate) fn note(&mut self, step: Step, details: &[String], done: bool) {
        match self.steps.iter_mut().find(|record| record.step == step) {
            Some(record) => {
                // Once done, a step that begins again was done all the same.
                record.done |= done;
                for detail in details {
                    if !record.details.contains(detail) {
                        record.details.push(detail.clone());
                    }
                }
            }
            None => self.steps.push(StepRecord {
                step,
                done,
                details: details.to_vec(),
            }),
        }
    }

    /// Tells whether a step was begun, so that it may have changed something.
    pub fn began(&self, step: Step) -> bool {
        self.steps.iter().any(|record| record.step == step)
    }

    /// Tells whether these are the servers that the receipt is about.
    pub fn is_about(&self, facts: &Both<Facts>) -> bool {
        Side::BOTH
            .into_iter()
            .all(|side| self.before.of(side).is(facts.of(side)))
    }

    /// Tells whether the set-up, or its undoing, was cut off.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, ReceiptState::Begun | ReceiptState::Undoing)
    }

    /// Tells whether the lists that the rest relies on are whole.
    fn is_whole(&self) -> bool {
        let sides = |list: Vec<Side>| list == Side::BOTH;
        sides(self.topology.servers.iter().map(|server| server.side).collect())
            && sides(self.topology.links.iter().map(|link| link.source).collect())
    }
}

#[cfg(test)]
mod tests;
