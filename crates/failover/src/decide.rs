//! Who may write: what one guard does next, from what it remembers and what it sees. No I/O, no clock.
//!
//! Two rules carry everything. *A server is open only while its guard holds the vote*: the guard that can no longer be sure
//! closes its server before the lease can have ended. And *only a server that has the newest line of history may take the
//! vote*: the record in the vote says whose line that is, and it outlives the lease.

mod action;
mod seen;
mod state;
#[cfg(test)]
mod tests;

pub use action::{Action, Ask};
pub use seen::{Answer, Local, NewestTerm, Seen, VoteView, Who, Work};
pub use state::State;

use crate::timing::Timing;
use std::time::Duration;

/// Decides what is to be done now.
///
/// Asked at every tick and whenever something was heard; each answer of the vote is shown to it once.
pub fn decide(state: &State, seen: &Seen, timing: &Timing) -> (State, Vec<Action>) {
    let mut next = Next {
        state: state.clone(),
        seen,
        timing,
        actions: vec![],
    };
    next.hear();
    next.look_at_local();
    match next.state.held {
        Some(sent) if seen.now >= sent + timing.stop_after() => next.give_up(),
        Some(_) => next.hold(),
        None => {}
    }
    if next.state.held.is_none() {
        next.be_without();
    }
    next.tell_the_supervisor();
    (next.state, next.actions)
}

struct Next<'a> {
    state: State,
    seen: &'a Seen,
    timing: &'a Timing,
    actions: Vec<Action>,
}

impl Next<'_> {
    /// Takes over what the vote has answered.
    fn hear(&mut self) {
        let view = match &self.seen.answer {
            None => return,
            Some(Answer::Unknown) => {
                self.state.unanswered = true;
                return;
            }
            Some(Answer::Held { sent, view }) => {
                // Answers can come in another order than they were asked.
                self.state.held = Some(self.state.held.map_or(*sent, |before| before.max(*sent)));
                *view
            }
            Some(Answer::Looked(view)) => {
                if !view.mine && self.state.held.is_some() {
                    self.lose();
                }
                *view
            }
        };
        self.state.unanswered = false;
        self.state.view = Some(view);
        self.state.viewed = self.seen.now;
        self.state.knows_terms |= view.term > 0;
    }

    fn look_at_local(&mut self) {
        match self.seen.local {
            Local::Closed { .. } | Local::Gone => {
                self.state.certainly_closed = self.seen.work == Work::Idle;
                self.state.open_since = None;
                self.state.must_close &= !self.state.certainly_closed;
                // Whatever comes up after this is another start.
                self.state.opened = self.state.opened.filter(|_| self.seen.local != Local::Gone);
            }
            Local::Open { boot } => {
                self.state.certainly_closed = false;
                self.state.was_open = true;
                if self.state.held.is_some() {
                    // One that is being closed is opened anew after that.
                    self.state.opened = Some(boot).filter(|_| !self.state.must_close);
                    self.state.open_since = None;
                } else if self.state.open_since.is_none() {
                    self.state.open_since = Some(self.seen.now);
                }
            }
            // What was closed and does not answer is closed still.
            Local::Silent => {}
        }
        let ended = self.seen.local == Local::Gone && self.seen.ended;
        let since = self.state.ended_since.unwrap_or(self.seen.now);
        self.state.ended_since = ended.then_some(since);
    }

    /// The vote is not this guard's any more, or may soon not be: from here on the server is closed.
    fn lose(&mut self) {
        self.state.held = None;
        self.state.opened = None;
        self.state.must_close = !self.state.certainly_closed;
    }

    fn give_up(&mut self) {
        self.lose();
        // What was known of the vote was known while it was held.
        self.state.view = None;
        self.state.unanswered = true;
    }

    fn hold(&mut self) {
        let view = self.state.view.unwrap_or_default();
        if self.state.must_close {
            // The vote came back while the server was being closed: that is brought to its end first.
            self.fence();
        }
        let answers = match self.seen.local {
            Local::Closed { boot, newest } => {
                self.open(boot, newest == Some(view.newest_for(Who::Me)), view.term);
                true
            }
            Local::Open { .. } => true,
            Local::Silent | Local::Gone => false,
        };
        // Whoever cannot show a working server lets the vote go to the other one.
        if answers {
            self.ask(Ask::Renew, self.timing.renew_every());
        }
    }

    /// Lets a closed server write whose guard holds the vote.
    fn open(&mut self, boot: u64, is_the_recorded_writer: bool, term: u64) {
        let lasting = self.seen.now < self.state.held.unwrap_or_default() + self.timing.well_for();
        // Another server that takes writes would be the second one.
        if self.seen.work == Work::Running || self.seen.peer_open || !lasting {
            return;
        }
        let action = match is_the_recorded_writer {
            false => Action::TakeOver { term },
            // Closed by somebody while it ran: who did that has a reason, a switchover for one.
            true if self.state.opened == Some(boot) => {
                self.actions.push(Action::TellClosedByOthers);
                return;
            }
            true => Action::Open { term },
        };
        self.state.certainly_closed = false;
        self.actions.push(action);
    }

    fn be_without(&mut self) {
        if self.seen.work == Work::Running {
            self.actions.push(Action::StopOpening);
        }
        if !self.state.certainly_closed && self.must_be_closed() {
            self.state.must_close = true;
            self.fence();
        }
        self.ask(self.wanted(), self.timing.look_every());
    }

    fn fence(&mut self) {
        self.actions.push(Action::Fence {
            within: self.timing.fence_limit(),
        });
    }

    /// Tells whether a server that may take writes has no right to.
    fn must_be_closed(&self) -> bool {
        if self.state.must_close || self.seen.work == Work::Running {
            return true;
        }
        let Some(since) = self.state.open_since else {
            return self.seen.local == Local::Silent && self.may_be_an_old_writer();
        };
        // Somebody has opened it, or it was open when the guard came: the vote tells whether it may be.
        let view = self
            .state
            .view
            .filter(|_| self.state.viewed >= since && !self.state.unanswered);
        match view {
            None => self.seen.now >= since + self.timing.answer_limit() * 2,
            // The first guards of a pair that runs do not close it for nothing.
            Some(view) if view.term == 0 => self.state.knows_terms,
            Some(view) => {
                let given = view.holder == Some(Who::Me) && view.lasting;
                !given || self.seen.now >= self.state.viewed + self.timing.lease() / 4
            }
        }
    }

    /// A server that answers nothing from the first moment on: by the record it is a standby, which comes up closed, or not.
    fn may_be_an_old_writer(&self) -> bool {
        let is_of_me = |view: VoteView| view.term > 0 && view.of == Who::Me;
        self.state.was_open || self.state.view.is_some_and(is_of_me)
    }

    /// What is asked of the vote by a guard that does not hold it.
    fn wanted(&self) -> Ask {
        let Some(view) = self.state.view.filter(|_| !self.state.unanswered) else {
            return Ask::Look;
        };
        if view.mine && self.has_ended_for_good() {
            return Ask::GiveBack;
        }
        let newest = match self.seen.local {
            Local::Closed { newest, .. } if self.seen.work == Work::Idle => newest,
            // Nothing is taken for a server that is open without a right, but by the first guards.
            Local::Open { .. } if !self.state.must_close => self.seen.open_newest.filter(|_| view.term == 0),
            _ => return Ask::Look,
        };
        match (view.holder, newest) {
            (Some(Who::Me), _) => Ask::Adopt,
            (Some(Who::Peer), _) | (None, None) => Ask::Look,
            (None, Some(newest)) => self.free(view, newest),
        }
    }

    /// Tells whether the local server runs no more, and nobody has started it again in the time that is given for that.
    fn has_ended_for_good(&self) -> bool {
        let after = self.timing.give_back_after();
        self.state
            .ended_since
            .is_some_and(|since| self.seen.now >= since + after)
            && self.state.certainly_closed
    }

    /// What is asked of a vote that nobody holds.
    fn free(&self, view: VoteView, newest: NewestTerm) -> Ask {
        match (view.term, view.of) {
            (0, _) if newest.of == Who::Me && self.seen.peer_is_not_newer => {
                Ask::Take { term: newest.number }
            }
            (0, _) => Ask::Look,
            // What was taken and not begun yet is gone on with.
            (term, Who::Me) => Ask::Take { term },
            (term, Who::Peer) if newest == view.newest_for(Who::Peer) && self.seen.may_take => {
                Ask::Take { term: term + 1 }
            }
            (_, Who::Peer) => Ask::Look,
        }
    }

    fn ask(&mut self, ask: Ask, every: Duration) {
        let due = self
            .state
            .asked
            .is_none_or(|asked| self.seen.now >= asked + every);
        if due && !self.seen.vote_busy {
            self.state.asked = Some(self.seen.now);
            self.actions.push(Action::Ask(ask));
        }
    }

    /// The supervisor's watchdog relies on it: a guard that freezes right after this is killed, and its server closed, in time.
    fn tell_the_supervisor(&mut self) {
        let well = match self.state.held {
            Some(sent) => self.seen.now < sent + self.timing.well_for() || self.state.certainly_closed,
            // A server that is open without the vote being held is not said to be well, but for the first guards of a pair.
            None => self.state.certainly_closed || !self.state.must_close && !self.state.knows_terms,
        };
        if well {
            self.actions.push(Action::Alive);
        }
    }
}
