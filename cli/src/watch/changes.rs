//! Since when the state is as it is, and what it was before.

use dbha_core::{Condition, Status, Verdict};
use std::{collections::VecDeque, time::Instant};

/// Changes that are kept.
const KEPT: usize = 100;

/// One change of the state.
pub struct Change {
    /// When it was seen, seconds since 1970.
    pub at: f64,
    /// The verdict from then on.
    pub verdict: Verdict,
    /// Its reason at that moment.
    pub reason: String,
}

/// The changes that were seen so far.
#[derive(Default)]
pub struct Changes {
    state: Option<State>,
    began: Option<Instant>,
    /// The newest first; the first look is the oldest.
    list: VecDeque<Change>,
}

/// What counts as the state: figures move all the time, verdict and conditions do not.
#[derive(PartialEq)]
struct State {
    verdict: Verdict,
    conditions: Vec<(String, Condition)>,
}

impl Changes {
    /// Notes a look; tells whether the state differs from that of the look before.
    pub fn note(&mut self, at: f64, status: &Status) -> bool {
        let conditions = status.servers.iter().flat_map(|server| {
            let of_server = |problem: &dbha_core::Problem| (server.name.clone(), problem.code);
            server.problems.iter().map(of_server)
        });
        let state = State {
            verdict: status.verdict,
            conditions: conditions.collect(),
        };
        if self.state.as_ref() == Some(&state) {
            return false;
        }
        self.state = Some(state);
        self.began = Some(Instant::now());
        self.list.push_front(Change {
            at,
            verdict: status.verdict,
            reason: status.reason.clone(),
        });
        self.list.truncate(KEPT);
        true
    }

    /// Returns the changes, the newest first.
    pub fn list(&self) -> impl Iterator<Item = &Change> {
        self.list.iter()
    }

    /// Returns for how long the state is as it is, by a clock that is never set; the moment by the one on the wall.
    pub fn since(&self) -> Option<(f64, std::time::Duration)> {
        Some((self.list.front()?.at, self.began?.elapsed()))
    }
}
