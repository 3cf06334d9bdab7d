use super::{alone::Change, hands::Done};
use crate::{
    decide::{Ask, Local, Seen, State, Who},
    loss::{MaxLoss, TooMuch},
};
use dbha_core::{Fenced, NO_LIMIT_MS};
use dbha_sql::Choices;

/// How much a piece of news matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// As it should be.
    Notice,
    /// Somebody should look.
    Warning,
    /// Nobody writes, or something was not done.
    Error,
}

/// What a guard tells people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardNews {
    /// How much it matters.
    pub weight: Weight,
    /// One sentence.
    pub text: String,
}

/// Tells everything once, until it is over.
pub(super) struct Teller {
    hear: Box<dyn Fn(GuardNews) + Send + Sync>,
    vote_is_silent: bool,
    fencing: bool,
    closed_by_others: bool,
    refused: Option<TooMuch>,
    two: bool,
    unmanaged: bool,
    silent: bool,
    loss_told: bool,
    gives_back: bool,
    last_failure: Option<String>,
}

impl Teller {
    pub(super) fn new(hear: impl Fn(GuardNews) + Send + Sync + 'static) -> Self {
        Self {
            hear: Box::new(hear),
            vote_is_silent: false,
            fencing: false,
            closed_by_others: false,
            refused: None,
            two: false,
            unmanaged: false,
            silent: false,
            loss_told: false,
            gives_back: false,
            last_failure: None,
        }
    }

    fn say(&self, weight: Weight, text: impl Into<String>) {
        (self.hear)(GuardNews {
            weight,
            text: text.into(),
        });
    }

    pub(super) fn vote_is_silent(&mut self, error: &(impl std::error::Error + 'static)) {
        if !std::mem::replace(&mut self.vote_is_silent, true) {
            let text = format!("the vote does not answer: {}", dbha_core::error_chain(error));
            self.say(Weight::Warning, text);
        }
    }

    pub(super) fn vote_answers(&mut self) {
        if std::mem::take(&mut self.vote_is_silent) {
            self.say(Weight::Notice, "the vote answers again");
        }
    }

    pub(super) fn fences(&mut self) {
        if !std::mem::replace(&mut self.fencing, true) {
            self.say(
                Weight::Error,
                "closes its server: it may take no writes without the vote",
            );
        }
    }

    /// Tells that the vote is given back.
    pub(super) fn asks(&mut self, ask: Ask) {
        let gives_back = ask == Ask::GiveBack;
        if gives_back && !self.gives_back {
            self.say(
                Weight::Error,
                "gives the vote back: its server has ended and was not started again",
            );
        }
        self.gives_back = gives_back;
    }

    pub(super) fn closed_by_others(&mut self) {
        if !std::mem::replace(&mut self.closed_by_others, true) {
            self.say(
                Weight::Warning,
                "somebody has closed the writer while it ran: it stays closed, and nobody writes; dbha switchover --to it opens it",
            );
        }
    }

    /// Tells that the server does not answer, and that it does again.
    pub(super) fn server(&mut self, silent: Option<&str>) {
        match (silent, self.silent) {
            (Some(why), false) => self.say(Weight::Warning, format!("its server does not answer: {why}")),
            (None, true) => self.say(Weight::Notice, "its server answers again"),
            _ => {}
        }
        self.silent = silent.is_some();
    }

    /// Tells what the chosen way of commits means for the loss that is allowed.
    pub(super) fn loss(&mut self, allowed: MaxLoss, choices: Option<&Choices>) {
        let Some(choices) = choices.filter(|_| allowed == MaxLoss::None) else {
            return;
        };
        let told = std::mem::replace(&mut self.loss_told, true);
        match choices.semi_sync {
            _ if told => {}
            None => self.say(
                Weight::Error,
                "nothing is ever taken over with --max-loss none, since commits are not acknowledged: dbha setup --semi-sync \
                 --semi-sync-timeout none, or allow a loss",
            ),
            Some(limit) if limit.as_millis() < u128::from(NO_LIMIT_MS) => self.say(
                Weight::Warning,
                format!(
                    "the writer goes on without acknowledgements by itself after {} s: its last moments could be lost before \
                     the vote hears of it; dbha setup --semi-sync --semi-sync-timeout none leaves that to the guard",
                    limit.as_secs_f64()
                ),
            ),
            Some(_) => {}
        }
    }

    pub(super) fn unmanaged(&mut self, unmanaged: bool) {
        if unmanaged && !self.unmanaged {
            self.say(
                Weight::Error,
                "does not guard: the pair is not managed, and a server that starts would take writes; dbha setup --managed",
            );
        }
        self.unmanaged = unmanaged;
    }

    /// Tells what has changed of who holds the vote.
    pub(super) fn standing(
        &mut self,
        held_before: bool,
        state: &State,
        seen: &Seen,
        may_take: Result<(), TooMuch>,
    ) {
        let held = state.held().is_some();
        let term = state.view().map_or(0, |view| view.term);
        match (held_before, held) {
            (false, true) => self.say(Weight::Notice, format!("holds the vote of term {term}")),
            (true, false) => self.say(Weight::Warning, "does not hold the vote any more"),
            _ => {}
        }
        if matches!(seen.local, Local::Open { .. }) {
            self.closed_by_others = false;
        }
        self.tell_refusal(state, may_take);
        let two = seen.peer_open && matches!(seen.local, Local::Open { .. });
        if two && !self.two {
            self.say(Weight::Error, "both servers take writes");
        }
        self.two = two;
    }

    /// The vote is free and this server could have it, were it not for what may be missing.
    fn tell_refusal(&mut self, state: &State, may_take: Result<(), TooMuch>) {
        let free = state
            .view()
            .is_some_and(|view| view.holder.is_none() && view.term > 0 && view.of == Who::Peer);
        let refused = may_take.err().filter(|_| free && state.held().is_none());
        if refused.is_some() && self.refused.is_none() {
            let why = refused.as_ref().map(ToString::to_string).unwrap_or_default();
            self.say(
                Weight::Error,
                format!("does not take over, since more could be lost than is allowed: {why}; by hand: dbha failover"),
            );
        }
        self.refused = refused;
    }

    pub(super) fn tell(&mut self, done: Done) {
        match done {
            Done::Opened { term } => {
                self.last_failure = None;
                self.say(
                    Weight::Notice,
                    format!("its server takes the writes, in term {term}"),
                );
            }
            Done::NotOpened { term, why } => {
                let text = format!("could not open its server for term {term}, and tries again: {why}");
                if self.last_failure.as_ref() != Some(&text) {
                    self.say(Weight::Error, text.clone());
                }
                self.last_failure = Some(text);
            }
            Done::Fenced(how) => {
                self.fencing = false;
                let text = match how {
                    Fenced::ByReadOnly { .. } => "its server refuses writes".to_owned(),
                    Fenced::ByKill { why, .. } => {
                        format!("its server was killed, because it could not be closed in time: {why}")
                    }
                    _ => "its server does not run".to_owned(),
                };
                self.say(Weight::Warning, text);
            }
            Done::CommitsChanged(Change::Stop) => self.say(
                Weight::Error,
                "commits are told without the other server's acknowledgement from now on: it was away for too long; a failover \
                 could lose some, and is left to somebody until it is back",
            ),
            Done::CommitsChanged(Change::WaitAgain) => {
                self.say(Weight::Notice, "commits wait for the other server's acknowledgement again");
            }
            Done::CommitsNotChanged(why) => {
                self.say(Weight::Error, format!("could not change how commits are acknowledged: {why}"));
            }
            Done::NotRecorded(why) => {
                let text = format!("could not record that guards decide who writes: {why}");
                if self.last_failure.as_ref() != Some(&text) {
                    self.say(Weight::Warning, text.clone());
                }
                self.last_failure = Some(text);
            }
            Done::NotFenced(why) => {
                self.fencing = false;
                self.say(
                    Weight::Error,
                    format!("whether its server takes writes is not known: {why}"),
                );
            }
        }
    }
}
