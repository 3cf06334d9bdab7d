//! What one guard does, case by case.

use crate::{
    decide::{Action, Answer, Ask, Local, NewestTerm, Seen, State, VoteView, Who, Work, decide},
    timing::Timing,
};
use std::time::Duration;

const TIMING_SECONDS: u64 = 10;

fn seconds(count: f64) -> Duration {
    Duration::from_secs_f64(count)
}

fn newest(number: u64, of: Who) -> Option<NewestTerm> {
    Some(NewestTerm { number, of })
}

fn held_by(holder: Option<Who>, (term, of): (u64, Who)) -> VoteView {
    VoteView {
        holder,
        mine: holder == Some(Who::Me),
        lasting: holder == Some(Who::Me),
        term,
        of,
    }
}

/// A guard and what it is shown.
struct Trial {
    state: State,
    seen: Seen,
    timing: Timing,
}

impl Trial {
    fn beside(local: Local) -> Self {
        Self {
            state: State::default(),
            seen: Seen {
                now: seconds(100.0),
                local,
                ended: false,
                open_newest: None,
                peer_open: false,
                peer_is_not_newer: false,
                may_take: false,
                answer: None,
                vote_busy: false,
                work: Work::Idle,
            },
            timing: Timing::new(Duration::from_secs(TIMING_SECONDS)).unwrap(),
        }
    }

    fn standby(term: u64) -> Self {
        Self::beside(Local::Closed {
            boot: 1,
            newest: newest(term, Who::Peer),
        })
    }

    fn step(&mut self) -> Vec<Action> {
        let (state, actions) = decide(&self.state, &self.seen, &self.timing);
        (self.state, self.seen.answer) = (state, None);
        actions
    }

    fn answered(&mut self, answer: Answer) -> Vec<Action> {
        self.seen.answer = Some(answer);
        self.step()
    }

    fn after(&mut self, pause: f64) -> Vec<Action> {
        self.seen.now += seconds(pause);
        self.step()
    }

    /// A writer that holds the vote of term 3 since this moment.
    fn writer() -> Self {
        let mut trial = Self::beside(Local::Open { boot: 1 });
        let view = held_by(Some(Who::Me), (3, Who::Me));
        let sent = trial.seen.now;
        trial.answered(Answer::Held { sent, view });
        trial
    }
}

fn fences(actions: &[Action]) -> bool {
    actions
        .iter()
        .any(|action| matches!(action, Action::Fence { .. }))
}

fn asks(actions: &[Action]) -> Vec<Ask> {
    let ask = |action: &Action| match action {
        Action::Ask(ask) => Some(*ask),
        _ => None,
    };
    actions.iter().filter_map(ask).collect()
}

#[test]
fn a_standby_takes_a_free_vote_only_within_the_allowed_loss() {
    let free = held_by(None, (3, Who::Peer));
    let mut trial = Trial::standby(3);
    trial.step();
    assert_eq!(asks(&trial.answered(Answer::Looked(free))), []);
    assert_eq!(asks(&trial.after(1.0)), [Ask::Look]);
    trial.seen.may_take = true;
    assert_eq!(asks(&trial.after(1.0)), [Ask::Take { term: 4 }]);
}

#[test]
fn a_standby_that_does_not_know_the_recorded_term_is_stale_and_takes_nothing() {
    let mut trial = Trial::standby(3);
    trial.seen.may_take = true;
    trial.step();
    trial.answered(Answer::Looked(held_by(None, (4, Who::Peer))));
    assert_eq!(asks(&trial.after(1.0)), [Ask::Look]);
}

#[test]
fn a_vote_that_is_held_is_left_alone() {
    let mut trial = Trial::standby(3);
    trial.seen.may_take = true;
    trial.step();
    trial.answered(Answer::Looked(held_by(Some(Who::Peer), (3, Who::Peer))));
    assert_eq!(asks(&trial.after(1.0)), [Ask::Look]);
}

#[test]
fn what_was_taken_is_taken_over_then_opened() {
    let mut trial = Trial::standby(3);
    let view = held_by(Some(Who::Me), (4, Who::Me));
    let sent = trial.seen.now;
    let actions = trial.answered(Answer::Held { sent, view });
    assert!(actions.contains(&Action::TakeOver { term: 4 }), "{actions:?}");
    trial.seen.work = Work::Running;
    assert!(!trial.after(0.1).contains(&Action::TakeOver { term: 4 }));
}

#[test]
fn nothing_is_opened_beside_a_server_that_takes_writes() {
    let mut trial = Trial::standby(3);
    trial.seen.peer_open = true;
    let view = held_by(Some(Who::Me), (4, Who::Me));
    let sent = trial.seen.now;
    let actions = trial.answered(Answer::Held { sent, view });
    assert!(
        !actions
            .iter()
            .any(|action| matches!(action, Action::TakeOver { .. }))
    );
}

#[test]
fn a_writer_renews_while_its_server_answers_and_lets_go_while_it_does_not() {
    let mut trial = Trial::writer();
    assert_eq!(asks(&trial.after(2.0)), [Ask::Renew]);
    for silent in [Local::Silent, Local::Gone] {
        let mut trial = Trial::writer();
        trial.seen.local = silent;
        assert_eq!(asks(&trial.after(2.0)), []);
    }
}

#[test]
fn the_vote_of_a_server_that_has_ended_is_given_back_once_nobody_starts_it_again() {
    let mut trial = Trial::writer();
    (trial.seen.local, trial.seen.ended) = (Local::Gone, true);
    let mine = held_by(Some(Who::Me), (3, Who::Me));
    trial.after(0.1);
    assert_eq!(asks(&trial.after(7.0)), [Ask::Look]);
    assert_eq!(asks(&trial.answered(Answer::Looked(mine))), []);
    assert_eq!(asks(&trial.after(0.5)), [Ask::Look]);
    assert_eq!(asks(&trial.after(0.5)), [Ask::GiveBack]);
    // What only listens no more may have writers still.
    trial.seen.ended = false;
    assert_eq!(asks(&trial.after(20.0)), [Ask::Look]);
}

#[test]
fn a_writer_that_cannot_renew_is_closed_before_its_lease_ends() {
    let mut trial = Trial::writer();
    assert!(!fences(&trial.after(4.9)));
    assert!(fences(&trial.after(0.2)));
    // An answer that comes late and says nothing of a later renewal changes nothing.
    assert!(fences(&trial.answered(Answer::Unknown)));
}

#[test]
fn a_writer_whose_vote_is_another_ones_is_closed_at_once() {
    let mut trial = Trial::writer();
    assert!(fences(
        &trial.answered(Answer::Looked(held_by(Some(Who::Peer), (4, Who::Peer))))
    ));
}

#[test]
fn a_writer_that_comes_back_in_time_is_opened_again() {
    let mut trial = Trial::writer();
    trial.seen.local = Local::Gone;
    assert!(!fences(&trial.after(1.0)));
    trial.seen.local = Local::Closed {
        boot: 2,
        newest: newest(3, Who::Me),
    };
    assert!(trial.after(0.5).contains(&Action::Open { term: 3 }));
}

#[test]
fn a_writer_that_somebody_closed_stays_closed_and_keeps_the_vote() {
    let mut trial = Trial::writer();
    trial.seen.local = Local::Closed {
        boot: 1,
        newest: newest(3, Who::Me),
    };
    let actions = trial.after(2.0);
    assert!(actions.contains(&Action::TellClosedByOthers), "{actions:?}");
    assert_eq!(asks(&actions), [Ask::Renew]);
}

#[test]
fn a_server_that_is_open_without_a_right_is_closed_once_the_vote_has_said_so() {
    let mut trial = Trial::beside(Local::Open { boot: 1 });
    assert!(!fences(&trial.step()));
    assert!(fences(
        &trial.answered(Answer::Looked(held_by(None, (3, Who::Me))))
    ));
    let mut trial = Trial::beside(Local::Open { boot: 1 });
    trial.step();
    // Or where it says nothing.
    trial.answered(Answer::Unknown);
    assert!(fences(&trial.after(2.6)));
}

#[test]
fn a_server_that_was_given_the_writes_by_a_switchover_stays_open() {
    let mut trial = Trial::beside(Local::Open { boot: 1 });
    trial.step();
    let mut view = held_by(Some(Who::Me), (4, Who::Me));
    view.mine = false;
    let actions = trial.answered(Answer::Looked(view));
    assert!(!fences(&actions));
    assert_eq!(asks(&trial.after(1.0)), [Ask::Adopt]);
    // By a lease of which little is left, it does not.
    let mut trial = Trial::beside(Local::Open { boot: 1 });
    trial.step();
    view.lasting = false;
    assert!(fences(&trial.answered(Answer::Looked(view))));
}

#[test]
fn first_guards_close_nobody_and_take_the_vote_for_the_writer_when_the_other_one_is_seen() {
    let mut trial = Trial::beside(Local::Open { boot: 1 });
    trial.seen.open_newest = newest(7, Who::Me);
    trial.step();
    let none = held_by(None, (0, Who::Peer));
    assert!(!fences(&trial.answered(Answer::Looked(none))));
    assert_eq!(asks(&trial.after(1.0)), [Ask::Look]);
    trial.seen.peer_is_not_newer = true;
    assert_eq!(asks(&trial.after(1.0)), [Ask::Take { term: 7 }]);
}

#[test]
fn a_vote_that_has_forgotten_everything_makes_nobody_a_writer_unseen() {
    let mut trial = Trial::writer();
    assert!(fences(
        &trial.answered(Answer::Looked(held_by(None, (0, Who::Peer))))
    ));
    trial.seen.local = Local::Closed {
        boot: 1,
        newest: newest(3, Who::Me),
    };
    assert_eq!(asks(&trial.after(2.0)), [Ask::Look]);
    trial.seen.peer_is_not_newer = true;
    assert_eq!(asks(&trial.after(2.0)), [Ask::Take { term: 3 }]);
}

#[test]
fn the_supervisor_hears_nothing_of_a_guard_that_can_not_be_sure() {
    let mut trial = Trial::writer();
    assert!(trial.after(2.9).contains(&Action::Alive));
    assert!(!trial.after(0.2).contains(&Action::Alive));
    // Closed is safe, whatever the vote says.
    trial.seen.local = Local::Gone;
    assert!(trial.after(3.0).contains(&Action::Alive));
}

#[test]
fn a_slow_standby_is_not_killed() {
    let mut trial = Trial::beside(Local::Silent);
    trial.step();
    assert!(!fences(
        &trial.answered(Answer::Looked(held_by(Some(Who::Peer), (3, Who::Peer))))
    ));
    assert!(!fences(&trial.after(20.0)));
}
