//! What is asked of a switchover, what it would do, and what it did.

use super::{RoleStep, closed, opened};
use crate::{Finding, Side, Status};
use dbha_sql::{Facts, Statement};
use serde::Serialize;
use std::time::Duration;

/// How the writes are given to the other server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchoverOptions {
    /// The server that gets them; `None` means the one that does not have them now.
    pub to: Option<Side>,
    /// How long transactions that have changed rows may take to end by themselves before their connections are ended;
    /// writes go on meanwhile.
    pub grace: Duration,
    /// From which lag on nothing is begun.
    pub max_lag: Duration,
    /// How long the other server may take to apply the last of it, while nobody can write.
    pub catch_up: Duration,
}

impl Default for SwitchoverOptions {
    fn default() -> Self {
        Self {
            to: None,
            grace: Duration::from_secs(10),
            max_lag: Duration::from_secs(10),
            catch_up: Duration::from_secs(10),
        }
    }
}

/// A step as it is planned.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedRoleStep {
    /// The step.
    pub step: RoleStep,
    /// What it does.
    pub title: &'static str,
    /// Name of the server that it changes.
    pub server: String,
    /// Its statements, as far as they are known beforehand.
    pub statements: Vec<Statement>,
}

/// What a switchover would do.
#[derive(Debug, Clone, Serialize)]
pub struct SwitchoverPlan {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Name of the pair.
    pub pair: String,
    /// Name of the server that has the writes now.
    pub from: String,
    /// Name of the server that gets them.
    pub to: String,
    /// Number of the term that begins.
    pub term: u64,
    /// How many connections would be ended now; `None` where they may not be seen.
    pub connections: Option<usize>,
    /// What was found; nothing of it stops a switchover.
    pub findings: Vec<Finding>,
    /// The steps.
    pub steps: Vec<PlannedRoleStep>,
}

/// What a switchover that ended well did.
#[derive(Debug, Clone, Serialize)]
pub struct SwitchoverDone {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Name of the pair.
    pub pair: String,
    /// Name of the server that had the writes.
    pub from: String,
    /// Name of the server that has them.
    pub to: String,
    /// Number of the term that began.
    pub term: u64,
    /// Milliseconds from the first moment at which the one might refuse a write to that at which the other took them.
    pub closed_ms: f64,
    /// How many connections of others were ended.
    pub connections_ended: usize,
    /// How many events were moved.
    pub events_moved: usize,
    /// The state of the pair.
    pub status: Status,
}

/// Lists the steps with the statements that are known beforehand.
pub(crate) fn planned(from: &Facts, to: &Facts, term: u64) -> Vec<PlannedRoleStep> {
    let step = |step: RoleStep, server: &Facts, statements: Vec<Statement>| PlannedRoleStep {
        step,
        title: step.title(),
        server: server.name.clone(),
        statements,
    };
    vec![
        step(RoleStep::WaitForTransactions, from, vec![]),
        step(RoleStep::Close, from, closed::statements(from)),
        step(RoleStep::CatchUp, to, vec![]),
        step(RoleStep::Open, to, opened::statements(to, term, "switchover")),
        step(RoleStep::MoveEvents, to, vec![]),
    ]
}
