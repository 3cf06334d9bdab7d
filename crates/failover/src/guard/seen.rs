use super::{
    alone::Commits,
    looker::{Look, Sight},
};
use crate::{
    ballot::{Given, Published, Record, Standing},
    decide::{Answer, Ask, Local, NewestTerm, Seen, VoteView, Who, Work},
    timing::Timing,
};
use dbha_core::{Durability, Facts, GtidSet, IoState, NO_LIMIT_MS};
use dbha_sql::{Choices, Setting};
use std::time::{Duration, Instant};

/// A look that is older than this says nothing any more.
const FRESH: Duration = Duration::from_secs(3);

/// What a guard has seen last of everything.
#[derive(Default)]
pub(super) struct Sights {
    local: Option<Look>,
    pub(super) peer: Option<Look>,
    /// The local server, when it answered last.
    facts: Option<Facts>,
    mark: Option<String>,
}

/// The rest of what [`Seen`] is made of.
pub(super) struct Moment {
    pub(super) now: Duration,
    /// Whether the local server was killed, and has not answered since.
    pub(super) gone: bool,
    /// Whether the process that answered last runs; `None` where it is not known.
    pub(super) process_runs: Option<bool>,
    pub(super) may_take: bool,
    pub(super) answer: Option<Answer>,
    pub(super) vote_busy: bool,
    pub(super) work: Work,
}

/// A question to the vote of the pair of a mark.
pub(super) struct Question {
    pub(super) mark: String,
    pub(super) kind: QuestionKind,
}

pub(super) enum QuestionKind {
    Look,
    Take(Record),
    Adopt(u32),
    Renew(Published),
    GiveBack,
}

impl Sights {
    pub(super) fn see_local(&mut self, look: Look) {
        if let Sight::Facts(facts, mark) = &look.seen {
            self.facts = Some((**facts).clone());
            if mark.is_some() {
                self.mark.clone_from(mark);
            }
        }
        self.local = Some(look);
    }

    pub(super) fn me(&self) -> Option<u32> {
        self.facts.as_ref().map(|facts| facts.server_id)
    }

    /// What is recorded of the pair's choices, as far as the local server shows it.
    pub(super) fn choices(&self) -> Option<&Choices> {
        self.facts.as_ref()?.choices.known()
    }

    /// Tells whether the pair is known not to be managed: its servers start open, whatever a guard says.
    pub(super) fn is_unmanaged(&self) -> bool {
        self.facts.is_some() && self.choices().is_none_or(|choices| !choices.managed)
    }

    pub(super) fn local_began(&self) -> Option<Instant> {
        self.local.as_ref().map(|look| look.began)
    }

    /// Everything that the local server has, applied or not.
    pub(super) fn received(&self) -> Option<GtidSet> {
        let facts = self.facts.as_ref()?;
        let position = facts.position();
        let received = facts.default_link().and_then(|link| link.received.as_ref());
        Some(match received {
            Some(received) => position.union(received),
            None => position,
        })
    }

    pub(super) fn parse(&self, position: &str) -> Option<GtidSet> {
        let flavor = self.facts.as_ref()?.dialect.flavor();
        GtidSet::parse(flavor, position).ok()
    }

    fn who(&self, server_id: u32) -> Who {
        match self.me() == Some(server_id) {
            true => Who::Me,
            false => Who::Peer,
        }
    }

    /// Translates what the vote answered into the guard's own view.
    pub(super) fn answer(&self, given: Given, began: Instant, timing: &Timing) -> Answer {
        match given {
            Given::Not(standing) => Answer::Looked(self.view(&standing, timing)),
            Given::Held { sent_at, ttl, record } => {
                // What was granted may be less than what was wanted: the end is what counts.
                let shorter = timing.lease().saturating_sub(ttl);
                Answer::Held {
                    sent: sent_at.saturating_duration_since(began).saturating_sub(shorter),
                    view: VoteView {
                        holder: Some(Who::Me),
                        mine: true,
                        lasting: true,
                        term: record.term,
                        of: self.who(record.server_id),
                    },
                }
            }
        }
    }

    fn view(&self, standing: &Standing, timing: &Timing) -> VoteView {
        let holder = standing.holder.as_ref();
        let mine = holder.is_some_and(|holder| holder.own);
        let remaining = holder.and_then(|holder| holder.remaining).unwrap_or_default();
        let record = standing.record.as_ref();
        VoteView {
            holder: holder.map(|holder| self.who(holder.server_id)),
            mine,
            lasting: remaining >= timing.lease() / 2,
            term: record.map_or(0, |record| record.term),
            of: record.map_or(Who::Peer, |record| self.who(record.server_id)),
        }
    }

    fn newest(&self, facts: &Facts) -> Option<NewestTerm> {
        match facts.terms.known().map(Vec::as_slice) {
            // Two servers that were given one term: nobody can say whose it is.
            Some([one]) => Some(NewestTerm {
                number: one.number,
                of: self.who(one.server_id),
            }),
            _ => None,
        }
    }

    fn peer_facts(&self) -> Option<&Facts> {
        match &self.peer {
            Some(Look {
                began,
                seen: Sight::Facts(facts, _),
                ..
            }) if began.elapsed() < FRESH => Some(facts),
            _ => None,
        }
    }

    /// Says why the other server did not answer just now, where it let somebody wait.
    pub(super) fn peer_is_silent(&self) -> Option<String> {
        let look = self.peer.as_ref().filter(|look| look.began.elapsed() < FRESH)?;
        match &look.seen {
            Sight::Silent(why) => Some(why.clone()),
            // Whoever refuses a connection costs no time, and may be up again by now.
            Sight::Gone | Sight::Facts(..) => None,
        }
    }

    fn local(&self, gone: bool, process_runs: Option<bool>) -> Local {
        let Some(look) = self.local.as_ref() else {
            return Local::Silent;
        };
        match &look.seen {
            _ if look.began.elapsed() >= FRESH => Local::Silent,
            Sight::Facts(facts, _) if facts.is_read_only() => Local::Closed {
                boot: look.boot,
                newest: self.newest(facts),
            },
            Sight::Facts(..) => Local::Open { boot: look.boot },
            // It is being shut down, or does not let the guard in: its writers may not be done.
            Sight::Gone if process_runs == Some(true) => Local::Silent,
            Sight::Gone => Local::Gone,
            Sight::Silent(_) if gone => Local::Gone,
            Sight::Silent(_) => Local::Silent,
        }
    }

    pub(super) fn seen(&self, moment: Moment) -> Seen {
        let local = self.local(moment.gone, moment.process_runs);
        let newest = self.facts.as_ref().and_then(|facts| self.newest(facts));
        let peer = self.peer_facts();
        let not_newer = |peer: &Facts| match (self.newest(peer), newest) {
            (Some(peer), Some(newest)) => peer.number <= newest.number,
            _ => false,
        };
        Seen {
            now: moment.now,
            local,
            ended: moment.process_runs == Some(false),
            open_newest: newest,
            peer_open: peer.is_some_and(|peer| !peer.is_read_only()),
            peer_is_not_newer: peer.is_some_and(|peer| peer.is_read_only() && not_newer(peer)),
            may_take: moment.may_take,
            answer: moment.answer,
            vote_busy: moment.vote_busy,
            work: moment.work,
        }
    }

    /// Makes a question to the vote of what was decided to ask; `None` before the local server was seen.
    ///
    /// `alone`: whether it is to be published that commits may be lost, although they still wait.
    pub(super) fn question(&self, ask: Ask, alone: bool) -> Option<Question> {
        let facts = self.facts.as_ref()?;
        let kind = match ask {
            Ask::Look => QuestionKind::Look,
            Ask::Take { .. } | Ask::Adopt if self.is_unmanaged() => QuestionKind::Look,
            Ask::Take { term } => QuestionKind::Take(Record {
                term,
                server_id: facts.server_id,
                server: facts.name.clone(),
                published: Some(self.published(facts, alone)),
            }),
            Ask::Adopt => QuestionKind::Adopt(facts.server_id),
            Ask::Renew => QuestionKind::Renew(self.published(facts, alone)),
            Ask::GiveBack => QuestionKind::GiveBack,
        };
        Some(Question {
            mark: self.mark.clone()?,
            kind,
        })
    }

    fn published(&self, facts: &Facts, alone: bool) -> Published {
        let durability = match facts.is_read_only() {
            // It takes no writes yet; what it will be worth shows once it does.
            true => Durability::Solo,
            false => self.durability(facts, alone),
        };
        Published {
            durability,
            position: facts.position().to_string(),
        }
    }

    /// What the other server may rely on when this one is heard no more.
    fn durability(&self, facts: &Facts, alone: bool) -> Durability {
        let waits = facts.semi_sync.known().is_some_and(|seen| seen.source_waits);
        let seen = match (self.peer_facts(), waits_for_ever(facts)) {
            // Whoever waits without a limit tells nobody of a commit that the other one does not have, seen or not.
            (_, true) if waits && facts.has(Setting::SemiSyncWaitPoint, "AFTER_SYNC") => Durability::Sync,
            (Some(peer), _) => Durability::of(facts, Some(peer)),
            // With a limit it may be over before this is said again.
            (None, _) => Durability::of(facts, None).max(Durability::Async),
        };
        match alone {
            true => seen.max(Durability::Async),
            false => seen,
        }
    }

    /// How the commits of an open writer stand that waits for the other one without a limit.
    pub(super) fn commits(&self, published: Option<Durability>) -> Option<Commits> {
        let facts = self.facts.as_ref().filter(|facts| !facts.is_read_only())?;
        let semi_sync = facts.semi_sync.known()?;
        if !waits_for_ever(facts) {
            return None;
        }
        let acknowledged = match self.peer_facts() {
            Some(peer) => {
                let acknowledges = peer
                    .semi_sync
                    .known()
                    .is_some_and(|seen| seen.replica_acknowledges);
                acknowledges
                    && peer
                        .default_link()
                        .is_some_and(|link| link.io == IoState::Running)
            }
            // Cut off from here it may well receive: then nobody waits long.
            None => semi_sync.acknowledging > 0 && semi_sync.waiting == 0,
        };
        Some(Commits {
            wait: semi_sync.source_waits,
            acknowledged,
            published,
        })
    }
}

/// Tells whether the server never tells a client of a commit that nobody has acknowledged, unless somebody switches that off.
fn waits_for_ever(facts: &Facts) -> bool {
    let chosen = facts.choices.known().and_then(|choices| choices.semi_sync);
    chosen.is_some_and(|limit| limit.as_millis() >= u128::from(NO_LIMIT_MS))
        && facts
            .number(Setting::SemiSyncTimeout)
            .is_some_and(|now| now >= NO_LIMIT_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_no_more_is_gone_only_with_its_process() {
        let look = Look {
            began: Instant::now(),
            seen: Sight::Gone,
            boot: 1,
        };
        let sights = Sights {
            local: Some(look),
            ..Sights::default()
        };
        assert_eq!(sights.local(false, Some(true)), Local::Silent);
        assert_eq!(sights.local(false, Some(false)), Local::Gone);
        assert_eq!(sights.local(false, None), Local::Gone);
    }
}
