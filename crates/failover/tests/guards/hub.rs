//! A vote in memory, with leases that end and lines that can be cut.

use dbha_core::Side;
use dbha_failover::{Ballot, Given, Holding, Published, Record, Standing};
use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// What both sides ask.
#[derive(Clone)]
pub(crate) struct Hub {
    state: Arc<Mutex<State>>,
}

struct State {
    lease: Duration,
    held: Option<Held>,
    record: Option<Record>,
    cut: [bool; 2],
    leases: u64,
}

struct Held {
    server_id: u32,
    lease: u64,
    until: Instant,
}

/// No answer comes.
#[derive(Debug, thiserror::Error)]
#[error("the line to the vote is cut")]
pub(crate) struct Cut;

/// The line of one side to the vote.
pub(crate) struct Line {
    hub: Hub,
    side: Side,
    own: Option<u64>,
    seen: Option<Record>,
}

fn number(side: Side) -> usize {
    usize::from(side == Side::Secondary)
}

impl Hub {
    pub(crate) fn new(lease: Duration) -> Self {
        let state = State {
            lease,
            held: None,
            record: None,
            cut: [false; 2],
            leases: 0,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    pub(crate) fn line(&self, side: Side) -> Line {
        Line {
            hub: self.clone(),
            side,
            own: None,
            seen: None,
        }
    }

    pub(crate) fn cut(&self, side: Side, cut: bool) {
        self.state().cut[number(side)] = cut;
    }

    /// From now on leases last so long, whatever guards believe.
    pub(crate) fn let_leases_last(&self, lease: Duration) {
        self.state().lease = lease;
    }

    /// How long the vote is held still.
    pub(crate) fn remaining(&self) -> Duration {
        let until = self.state().held.as_ref().map(|held| held.until);
        until.map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(Instant::now())
        })
    }

    pub(crate) fn record(&self) -> Option<Record> {
        self.state().record.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap();
        state.held = state.held.take().filter(|held| Instant::now() < held.until);
        state
    }
}

impl Line {
    fn reach(&self) -> Result<MutexGuard<'_, State>, Cut> {
        let state = self.hub.state();
        match state.cut[number(self.side)] {
            true => Err(Cut),
            false => Ok(state),
        }
    }

    fn standing(&self, state: &State) -> Standing {
        Standing {
            holder: state.held.as_ref().map(|held| Holding {
                server_id: held.server_id,
                own: self.own == Some(held.lease),
                remaining: Some(held.until.saturating_duration_since(Instant::now())),
            }),
            record: state.record.clone(),
        }
    }

    fn give(&self, state: &mut State, server_id: u32) -> (u64, Given) {
        state.leases += 1;
        let (lease, sent_at) = (state.leases, Instant::now());
        state.held = Some(Held {
            server_id,
            lease,
            until: sent_at + state.lease,
        });
        let given = Given::Held {
            sent_at,
            ttl: state.lease,
            record: state.record.clone().unwrap(),
        };
        (lease, given)
    }
}

impl Ballot for Line {
    type Error = Cut;

    async fn look(&mut self) -> Result<Standing, Cut> {
        let standing = {
            let state = self.reach()?;
            self.standing(&state)
        };
        self.seen.clone_from(&standing.record);
        Ok(standing)
    }

    async fn take(&mut self, record: &Record) -> Result<Given, Cut> {
        let (lease, given) = {
            let mut state = self.reach()?;
            if state.held.is_some() || state.record != self.seen {
                return Ok(Given::Not(self.standing(&state)));
            }
            state.record = Some(record.clone());
            self.give(&mut state, record.server_id)
        };
        self.own = Some(lease);
        Ok(given)
    }

    async fn adopt(&mut self, server_id: u32) -> Result<Given, Cut> {
        let (lease, given) = {
            let mut state = self.reach()?;
            if state.held.as_ref().is_none_or(|held| held.server_id != server_id) {
                return Ok(Given::Not(self.standing(&state)));
            }
            self.give(&mut state, server_id)
        };
        self.own = Some(lease);
        Ok(given)
    }

    async fn give_back(&mut self) -> Result<Standing, Cut> {
        {
            let mut state = self.reach()?;
            state.held = state.held.take().filter(|held| Some(held.lease) != self.own);
        }
        self.own = None;
        self.look().await
    }

    async fn renew(&mut self, published: &Published) -> Result<Given, Cut> {
        let (lease, given) = {
            let mut state = self.reach()?;
            let server_id = match &state.held {
                Some(held) if self.own == Some(held.lease) => held.server_id,
                _ => return Ok(Given::Not(self.standing(&state))),
            };
            if let Some(record) = &mut state.record {
                record.published = Some(published.clone());
            }
            self.give(&mut state, server_id)
        };
        self.own = Some(lease);
        Ok(given)
    }
}
