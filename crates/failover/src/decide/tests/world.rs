//! A small world: two servers, a guard beside each, the vote between them, and everything that can go wrong.
//!
//! Time goes in moments of a second, a lease lasts ten of them. The clock stands still and everything else grows older, so
//! that a world that was seen before is known again.

use crate::{
    decide::{Action, Answer, Ask, Local, NewestTerm, Seen, State, VoteView, Who, Work, decide},
    timing::Timing,
};
use std::{cell::Cell, time::Duration};

const MOMENT: Duration = Duration::from_secs(1);
const NOW: Duration = Duration::from_secs(1_000);
const OLDEST: Duration = Duration::from_secs(988);
const LEASE: u8 = 10;
const WATCHDOG: u8 = 3;
const FENCE: u8 = 3;
thread_local! {
    /// How often a vote was given back in this thread.
    pub(super) static GIVEN_BACK: Cell<usize> = const { Cell::new(0) };
}

/// Terms beyond are of no interest.
pub(super) const MOST_TERMS: u64 = 4;

/// The two hosts, by number.
pub(super) const BOTH: [usize; 2] = [0, 1];

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) hosts: [Host; 2],
    pub(super) vote: Vote,
    /// Faults that may still happen.
    pub(super) faults: u8,
    /// Whether the link between the servers is cut.
    pub(super) link_cut: bool,
    /// What guards believe of the lease.
    timing: Timing,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Host {
    pub(super) server: Server,
    guard: Guard,
    pub(super) to_vote: ToVote,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Server {
    pub(super) runs: bool,
    pub(super) open: bool,
    pub(super) frozen: bool,
    /// Closing it by a statement hangs.
    pub(super) stuck: bool,
    boot: bool,
    /// The newest term that its data knows: number and host.
    pub(super) newest: (u64, usize),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Guard {
    state: State,
    /// The supervisor has ended it, and starts another one once the server is fenced.
    down: bool,
    frozen: bool,
    answer: Option<Answer>,
    work: Option<Opening>,
    /// Moments until whoever fences kills the server.
    fence: Option<u8>,
    /// Moments since the supervisor heard of it.
    silent: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Opening {
    term: u64,
    done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Vote {
    /// The host, what is left of its lease, and whether that lease is the guard's that runs there now.
    pub(super) held: Option<(usize, u8, bool)>,
    /// The recorded term: number and host.
    pub(super) record: (u64, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ToVote {
    Fine,
    Cut,
    /// What is asked is done, and no answer comes back.
    AnswersLost,
}

/// What happens in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Vote(usize, ToVote),
    KillServer(usize),
    FreezeServer(usize),
    StickServer(usize),
    FreezeGuard(usize),
    KillGuard(usize),
    CutLink,
}

impl World {
    /// A pair that one of its servers writes, with guards that have just come up.
    pub(super) fn new(faults: u8) -> Self {
        Self::where_guards_believe_in(u64::from(LEASE), faults)
    }

    /// The same where guards think that the vote gives leases of other lengths.
    pub(super) fn where_guards_believe_in(moments: u64, faults: u8) -> Self {
        let host = |open| Host {
            server: Server {
                runs: true,
                open,
                frozen: false,
                stuck: false,
                boot: false,
                newest: (1, 0),
            },
            guard: Guard::new(),
            to_vote: ToVote::Fine,
        };
        Self {
            hosts: [host(true), host(false)],
            vote: Vote {
                held: None,
                record: (0, 0),
            },
            faults,
            link_cut: false,
            timing: Timing::new(Duration::from_secs(moments)).unwrap(),
        }
    }

    /// Lists what can go wrong here.
    pub(super) fn possible(&self) -> Vec<Fault> {
        let mut all = vec![];
        for host in BOTH {
            let here = &self.hosts[host];
            let ways = [ToVote::Cut, ToVote::AnswersLost];
            let ways = ways.into_iter().filter(|way| *way != here.to_vote);
            all.extend(ways.map(|way| Fault::Vote(host, way)));
            if here.server.runs {
                all.push(Fault::KillServer(host));
            }
            if here.server.runs && !here.server.frozen {
                all.extend([Fault::FreezeServer(host), Fault::StickServer(host)]);
            }
            if !here.guard.frozen && !here.guard.down {
                all.extend([Fault::FreezeGuard(host), Fault::KillGuard(host)]);
            }
        }
        if !self.link_cut {
            all.push(Fault::CutLink);
        }
        all
    }

    /// Lists what can get well again by itself; that is no fault.
    pub(super) fn recoveries(&self) -> Vec<World> {
        let mut all = vec![];
        for host in BOTH {
            let mut with = |change: &dyn Fn(&mut Host)| {
                let mut world = self.clone();
                change(&mut world.hosts[host]);
                all.push(world);
            };
            let here = &self.hosts[host];
            if here.to_vote != ToVote::Fine {
                with(&|host| host.to_vote = ToVote::Fine);
            }
            if !here.server.runs {
                with(&|host| host.server.start());
            }
            if here.server.frozen {
                with(&|host| host.server.frozen = false);
            }
            if here.guard.frozen {
                with(&|host| host.guard.frozen = false);
            }
        }
        if self.link_cut {
            let mut world = self.clone();
            world.link_cut = false;
            all.push(world);
        }
        all
    }

    pub(super) fn strike(&mut self, fault: Fault) {
        self.faults -= 1;
        match fault {
            Fault::Vote(host, way) => self.hosts[host].to_vote = way,
            Fault::KillServer(host) => self.hosts[host].server.kill(),
            Fault::FreezeServer(host) => self.hosts[host].server.frozen = true,
            Fault::StickServer(host) => self.hosts[host].server.stuck = true,
            Fault::FreezeGuard(host) => self.hosts[host].guard.frozen = true,
            Fault::KillGuard(host) => self.end_guard(host),
            Fault::CutLink => self.link_cut = true,
        }
    }

    /// Lets everything get well again.
    pub(super) fn heal(&mut self) {
        self.link_cut = false;
        for host in &mut self.hosts {
            host.to_vote = ToVote::Fine;
            host.guard.frozen = false;
            host.server.frozen = false;
            host.server.stuck = false;
            if !host.server.runs {
                host.server.start();
            }
        }
    }

    /// Lets a moment pass; guards act one after the other, `first` before the other one.
    pub(super) fn moment(&mut self, first: usize) {
        if let Some((host, left, own)) = self.vote.held {
            self.vote.held = (left > 1).then(|| (host, left - 1, own));
        }
        for host in BOTH {
            let guard = &mut self.hosts[host].guard;
            guard.state = guard.state.aged(MOMENT, OLDEST);
            if let Some(Answer::Held { sent, .. }) = &mut guard.answer {
                *sent = sent.saturating_sub(MOMENT);
            }
            self.fence(host);
            self.watch_guard(host);
        }
        self.replicate();
        for host in [first, 1 - first] {
            let guard = &self.hosts[host].guard;
            if !guard.frozen && !guard.down {
                self.guard(host);
            }
        }
    }

    /// A fence that was begun: a statement, or the end of the server where that hangs.
    fn fence(&mut self, host: usize) {
        let here = &mut self.hosts[host];
        let Some(left) = here.guard.fence else {
            return;
        };
        let closes = here.server.runs && !here.server.frozen && !here.server.stuck;
        if closes || !here.server.runs {
            here.server.open = false;
            here.guard.fenced();
        } else if left == 0 {
            here.server.kill();
            here.guard.fenced();
        } else {
            here.guard.fence = Some(left - 1);
        }
    }

    /// The supervisor kills a guard that says nothing, has its server fenced, and starts another one.
    fn watch_guard(&mut self, host: usize) {
        let guard = &mut self.hosts[host].guard;
        guard.silent += u8::from(!guard.down);
        if guard.silent > WATCHDOG {
            self.end_guard(host);
        }
    }

    fn end_guard(&mut self, host: usize) {
        let fence = self.hosts[host].guard.fence.unwrap_or(FENCE);
        self.hosts[host].guard = Guard {
            fence: Some(fence),
            down: true,
            ..Guard::new()
        };
        if let Some((holder, _, own)) = &mut self.vote.held
            && *holder == host
        {
            *own = false;
        }
    }

    /// What one server has written comes to the other one.
    fn replicate(&mut self) {
        let flows = |server: &Server| server.runs && !server.frozen;
        if self.link_cut || !self.hosts.iter().all(|host| flows(&host.server)) {
            return;
        }
        let [a, b] = [self.hosts[0].server.newest, self.hosts[1].server.newest];
        // Who has taken over reads from the old writer no more, and that one has nobody's link until it rejoins.
        if a.0.abs_diff(b.0) == 0 {
            return;
        }
        let (ahead, behind) = if a.0 > b.0 { (0, 1) } else { (1, 0) };
        if !self.hosts[behind].server.open {
            self.hosts[behind].server.newest = self.hosts[ahead].server.newest;
        }
    }

    fn guard(&mut self, host: usize) {
        let here = &mut self.hosts[host];
        // An opening that has ended is Idle only when the server was looked at since: that is now.
        let work = match here.guard.work {
            Some(Opening { done: true, .. }) => {
                here.guard.work = None;
                Work::Idle
            }
            Some(_) => Work::Running,
            None => Work::Idle,
        };
        let seen = self.seen(host, work);
        let (state, actions) = decide(&self.hosts[host].guard.state, &seen, &self.timing);
        self.hosts[host].guard.state = state;
        self.hosts[host].guard.answer = None;
        for action in actions {
            self.act(host, action);
        }
        self.go_on_opening(host);
    }

    fn seen(&self, host: usize, work: Work) -> Seen {
        let (here, there) = (&self.hosts[host], &self.hosts[1 - host]);
        let who = |other: usize| if other == host { Who::Me } else { Who::Peer };
        let newest = NewestTerm {
            number: here.server.newest.0,
            of: who(here.server.newest.1),
        };
        let boot = u64::from(here.server.boot);
        let local = match here.server {
            Server { runs: false, .. } => Local::Gone,
            Server { frozen: true, .. } => Local::Silent,
            Server { open: true, .. } => Local::Open { boot },
            _ => Local::Closed {
                boot,
                newest: Some(newest),
            },
        };
        let peer_answers = !self.link_cut && there.server.runs && !there.server.frozen;
        Seen {
            now: NOW,
            local,
            ended: !here.server.runs,
            open_newest: Some(newest),
            peer_open: peer_answers && there.server.open,
            peer_is_not_newer: peer_answers
                && !there.server.open
                && there.server.newest.0 <= here.server.newest.0,
            may_take: true,
            answer: here.guard.answer.clone(),
            vote_busy: false,
            work,
        }
    }

    fn act(&mut self, host: usize, action: Action) {
        let guard = &mut self.hosts[host].guard;
        match action {
            Action::Fence { within } => {
                let moments = u8::try_from(within.as_secs()).unwrap();
                guard.fence = guard.fence.or(Some(moments));
            }
            Action::Ask(ask) => self.ask(host, ask),
            Action::Open { term } | Action::TakeOver { term } => {
                guard.work = Some(Opening { term, done: false });
            }
            Action::StopOpening => guard.work = None,
            Action::TellClosedByOthers => {}
            Action::Alive => guard.silent = 0,
        }
    }

    fn go_on_opening(&mut self, host: usize) {
        let here = &mut self.hosts[host];
        let Some(opening) = &mut here.guard.work else {
            return;
        };
        if opening.done {
            return;
        }
        if here.server.runs && !here.server.frozen {
            opening.done = true;
            here.server.open = true;
            here.server.newest = (opening.term, host);
        } else if !here.server.runs {
            here.guard.work = None;
        }
    }

    fn ask(&mut self, host: usize, ask: Ask) {
        let way = self.hosts[host].to_vote;
        let answer = match way {
            ToVote::Cut => Answer::Unknown,
            _ => self.vote(host, ask),
        };
        self.hosts[host].guard.answer = Some(match way {
            ToVote::AnswersLost => Answer::Unknown,
            _ => answer,
        });
    }

    fn vote(&mut self, host: usize, ask: Ask) -> Answer {
        let is_own = |held: (usize, u8, bool)| held.0 == host && held.2;
        if ask == Ask::GiveBack {
            GIVEN_BACK.set(GIVEN_BACK.get() + 1);
            self.vote.held = self.vote.held.filter(|held| !is_own(*held));
        }
        let given = match ask {
            Ask::Look | Ask::GiveBack => false,
            Ask::Take { term } => self.take(host, term),
            Ask::Adopt => self.vote.held.is_some_and(|(holder, ..)| holder == host),
            Ask::Renew => self.vote.held.is_some_and(is_own),
        };
        if given {
            self.vote.held = Some((host, LEASE, true));
        }
        let who = |other: usize| if other == host { Who::Me } else { Who::Peer };
        let view = VoteView {
            holder: self.vote.held.map(|(holder, ..)| who(holder)),
            mine: self.vote.held.is_some_and(is_own),
            lasting: self
                .vote
                .held
                .is_some_and(|(holder, left, _)| holder == host && left > LEASE / 2),
            term: self.vote.record.0,
            of: who(self.vote.record.1),
        };
        match given {
            true => Answer::Held { sent: NOW, view },
            false => Answer::Looked(view),
        }
    }

    fn take(&mut self, host: usize, term: u64) -> bool {
        // The record is compared too: it is as it was when the term was counted.
        let follows = match self.vote.record {
            (0, _) => true,
            (number, of) if of == host => term == number,
            (number, _) => term == number + 1,
        };
        let taken = self.vote.held.is_none() && follows;
        if taken {
            self.vote.record = (term, host);
        }
        taken
    }

    /// Tells whether both servers take writes, now or as soon as a frozen one goes on.
    pub(super) fn has_two_writers(&self) -> bool {
        self.hosts.iter().all(|host| host.server.runs && host.server.open)
    }

    /// Tells whether one of them takes writes.
    pub(super) fn has_a_writer(&self) -> bool {
        self.hosts
            .iter()
            .any(|host| host.server.runs && host.server.open && !host.server.frozen)
    }
}

impl Server {
    fn kill(&mut self) {
        *self = Self {
            runs: false,
            open: false,
            frozen: false,
            stuck: false,
            ..*self
        };
    }

    /// A pair with guards boots closed.
    fn start(&mut self) {
        self.runs = true;
        self.boot = !self.boot;
    }
}

impl Guard {
    fn new() -> Self {
        Self {
            state: State::default(),
            down: false,
            frozen: false,
            answer: None,
            work: None,
            fence: None,
            silent: 0,
        }
    }

    fn fenced(&mut self) {
        self.fence = None;
        self.down = false;
    }
}
