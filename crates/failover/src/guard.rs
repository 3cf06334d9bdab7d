//! The guard beside one server: looks, asks, decides, acts.
//!
//! Nothing that it waits for holds it up: looks, questions to the vote, an opening and a fence are tasks of their own, and
//! the loop asks [`decide`] at every tick.

mod alone;
mod ask;
mod hands;
mod looker;
mod news;
mod seen;
mod settings;

pub use news::{GuardNews, Weight};
pub use settings::GuardSettings;

use crate::{
    ballot::{Ballot, Given, Record, Standing},
    decide::{Action, Answer, Ask, Local, Seen, State, Work, decide},
    loss::{LossBook, TooMuch},
};
use alone::Alone;
use ask::{Asked, Asker};
use dbha_core::Durability;
use hands::Hands;
use looker::{Look, look_at};
use seen::Sights;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The guard of one server.
pub struct Guard<B: Ballot> {
    settings: GuardSettings,
    began: Instant,
    state: State,
    sights: Sights,
    book: LossBook,
    asker: Asker<B>,
    hands: Hands,
    answer: Option<Answer>,
    alone: Alone,
    /// What the vote was told last of the commits here.
    published: Option<Durability>,
    news: news::Teller,
}

impl<B: Ballot> Guard<B> {
    /// Makes the guard of a server; `seat` gives its place at the vote of the pair of this mark.
    pub fn new(
        settings: GuardSettings,
        seat: impl FnMut(&str) -> Result<B, B::Error> + Send + 'static,
        hear: impl Fn(GuardNews) + Send + Sync + 'static,
    ) -> Self {
        Self {
            asker: Asker::new(seat),
            hands: Hands::new(&settings),
            news: news::Teller::new(hear),
            began: Instant::now(),
            state: State::default(),
            sights: Sights::default(),
            book: LossBook::default(),
            answer: None,
            alone: Alone::default(),
            published: None,
            settings,
        }
    }

    /// Guards until it is told to stop; then the server is closed, since nobody would close it in time.
    ///
    /// `alive` is called while whoever supervises the guard may be told that it is well.
    pub async fn run(mut self, alive: impl Fn(), cancel: CancellationToken) {
        let (local_sender, mut local) = watch::channel(None);
        let (peer_sender, mut peer) = watch::channel(None);
        let every = self.settings.look_every();
        let looks = [
            tokio::spawn(look_at(self.settings.local.clone(), every, local_sender)),
            tokio::spawn(look_at(self.settings.peer.clone(), every, peer_sender)),
        ];
        let mut ticks = tokio::time::interval(self.settings.tick());
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = local.changed() => self.see_local(local.borrow_and_update().clone()),
                _ = peer.changed() => self.sights.peer = peer.borrow_and_update().clone(),
                asked = self.asker.answer() => self.hear(asked),
                told = self.hands.next() => self.news.tell(told),
                () = cancel.cancelled() => break,
            }
            self.act(&alive);
        }
        for look in looks {
            look.abort();
        }
        self.hands.stop_opening();
        let told = self
            .hands
            .close_at_the_end(self.settings.timing.fence_limit())
            .await;
        self.news.tell(told);
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn see_local(&mut self, look: Option<Look>) {
        if let Some(look) = look {
            self.hands.answered(&look);
            self.news.server(look.unanswered());
            self.sights.see_local(look);
        }
    }

    fn hear(&mut self, asked: Asked<B::Error>) {
        self.answer = Some(match asked {
            Asked::Answered(given) => {
                match &given {
                    Given::Not(standing) => self.note_published(standing),
                    Given::Held { record, .. } => {
                        self.published = record.published.as_ref().map(|published| published.durability);
                    }
                }
                self.news.vote_answers();
                self.sights.answer(given, self.began, &self.settings.timing)
            }
            Asked::Failed(error) => {
                self.news.vote_is_silent(&error);
                Answer::Unknown
            }
        });
    }

    /// What the other one publishes tells later what may be missing here.
    fn note_published(&mut self, standing: &Standing) {
        let of_peer = |record: &&Record| Some(record.server_id) != self.sights.me();
        let record = standing.record.as_ref().filter(of_peer);
        let Some(published) = record.and_then(|record| record.published.as_ref()) else {
            return;
        };
        if let Some(position) = self.sights.parse(&published.position) {
            self.book.note(self.began.elapsed(), published, &position);
        }
    }

    fn act(&mut self, alive: &impl Fn()) {
        let now = self.now();
        let blind = self.settings.timing.renew_every() + self.settings.timing.answer_limit();
        let may_take = self.sights.received().map_or_else(
            || Err(TooMuch::NothingPublished),
            |received| self.book.judge(&received, self.settings.max_loss, blind),
        );
        let work = self.hands.work(self.sights.local_began());
        let seen = self.sights.seen(seen::Moment {
            now,
            gone: self.hands.killed(),
            process_runs: self.hands.process_runs(),
            may_take: may_take.is_ok(),
            answer: self.answer.take(),
            vote_busy: self.asker.is_busy(),
            work,
        });
        let (state, actions) = decide(&self.state, &seen, &self.settings.timing);
        let held_before = self.state.held().is_some();
        self.state = state;
        self.news.loss(self.settings.max_loss, self.sights.choices());
        self.news.unmanaged(self.sights.is_unmanaged());
        self.news.standing(held_before, &self.state, &seen, may_take);
        self.record(&seen);
        self.consider_going_alone(now, &seen);
        for action in actions {
            self.take(action, work, alive);
        }
    }

    /// Tells whether the server takes writes by right.
    fn writes(&self, seen: &Seen) -> bool {
        self.state.held().is_some() && matches!(seen.local, Local::Open { .. })
    }

    /// Whoever changes roles by hand has to know that there are guards, on both servers.
    fn record(&mut self, seen: &Seen) {
        let recorded = self.sights.choices().and_then(|choices| choices.guarded.as_ref());
        if self.writes(seen) && recorded != Some(&self.settings.vote) {
            self.hands.record_guard(&self.settings.vote);
        }
    }

    /// A writer that waits for the other one without a limit must not wait for ever.
    fn consider_going_alone(&mut self, now: Duration, seen: &Seen) {
        let commits = self.sights.commits(self.published).filter(|_| self.writes(seen));
        let change =
            commits.and_then(|commits| self.alone.decide(now, commits, self.settings.timing.lease()));
        if let Some(change) = change {
            self.hands.change_commits(change, self.sights.local_began());
        }
    }

    fn take(&mut self, action: Action, work: Work, alive: &impl Fn()) {
        match action {
            Action::Fence { within } => {
                self.news.fences();
                self.hands.fence(within, self.sights.local_began());
            }
            Action::Ask(ask) => {
                self.news.asks(ask);
                self.ask(ask);
            }
            Action::Open { term } if work == Work::Idle => self.hands.open(term),
            Action::TakeOver { term } if work == Work::Idle => {
                self.hands.take_over(term, self.sights.peer_is_silent());
            }
            Action::Open { .. } | Action::TakeOver { .. } => {}
            Action::StopOpening => self.hands.stop_opening(),
            Action::TellClosedByOthers => self.news.closed_by_others(),
            Action::Alive => alive(),
        }
    }

    fn ask(&mut self, ask: Ask) {
        // Before the local server was seen once, neither the pair's mark nor its own number is known.
        if let Some(question) = self.sights.question(ask, self.alone.is_decided()) {
            self.asker.ask(question);
        }
    }
}
