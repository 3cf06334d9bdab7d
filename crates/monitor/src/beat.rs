use crate::Heartbeat;
use dbha_core::Facts;
use dbha_sql::{Observed, Pulse, Server};
use std::time::{Duration, Instant};

/// How long a heartbeat that could not be written is left alone: a lock or a full disk keeps each try waiting.
const REST: Duration = Duration::from_secs(10);
/// Time between two looks for heartbeats of servers that are gone.
const CLEAR_EVERY: Duration = Duration::from_secs(3_600);

/// The heartbeat of one server: a row with its own time, written once a tick while it takes writes.
pub(crate) struct Beat {
    wanted: bool,
    state: Heartbeat,
    refused: Option<String>,
    resting_until: Option<Instant>,
    cleared: Option<Instant>,
    server_id: u32,
    pair: Vec<u32>,
    table: Table,
}

/// What is known of the table of heartbeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Unknown,
    There,
    /// It could not be read: missing, or forbidden.
    Unreadable,
}

impl Beat {
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            wanted,
            state: Heartbeat::Unknown,
            refused: None,
            resting_until: None,
            cleared: None,
            server_id: 0,
            pair: vec![],
            table: Table::Unknown,
        }
    }

    /// Takes in what a look showed.
    pub(crate) fn seen(&mut self, facts: &Facts, pulse: &Pulse) {
        self.server_id = facts.server_id;
        let recorded = facts.recorded.known().map(Vec::as_slice).unwrap_or_default();
        self.pair = recorded.iter().map(|row| row.server_id).collect();
        self.table = match pulse.heartbeats {
            Observed::Known(_) => Table::There,
            Observed::Denied(_) => Table::Unreadable,
            Observed::Absent => self.table,
        };
        // None is written on a read-only server, whatever the account could do there.
        self.state = match (self.wanted, facts.is_read_only(), &self.refused) {
            (false, ..) => Heartbeat::Off,
            (true, true, _) => Heartbeat::ReadOnly,
            (true, false, Some(_)) => Heartbeat::Stuck,
            (true, false, None) => Heartbeat::Written,
        };
        if self.state != Heartbeat::Stuck {
            self.refused = None;
        }
    }

    pub(crate) fn state(&self) -> Heartbeat {
        self.state
    }

    pub(crate) fn refused(&self) -> Option<String> {
        self.refused.clone()
    }

    /// Writes the heartbeat if it is to be written now; makes its table where it is missing, and tells whether it did.
    pub(crate) async fn write(&mut self, server: &mut Server, limit: Duration) -> bool {
        let due = matches!(self.state, Heartbeat::Written | Heartbeat::Stuck) && self.server_id != 0;
        let resting = self.resting_until.is_some_and(|until| Instant::now() < until);
        if !due || resting {
            return false;
        }
        let dialect = server.dialect();
        let mut statements = vec![dialect.beat(self.server_id)];
        let makes = self.table == Table::Unreadable;
        if makes {
            statements.splice(0..0, dialect.ensure_heartbeat_table());
        }
        if self.pair.len() == 2
            && self
                .cleared
                .is_none_or(|cleared| cleared.elapsed() >= CLEAR_EVERY)
        {
            self.cleared = Some(Instant::now());
            statements.push(dialect.forget_old_heartbeats(&self.pair));
        }
        for statement in &statements {
            if let Err(error) = server.session.execute_within(statement, limit).await {
                self.refused = Some(error.to_string());
                self.state = Heartbeat::Stuck;
                self.resting_until = Some(Instant::now() + REST);
                return false;
            }
        }
        if makes {
            self.table = Table::There;
        }
        self.refused = None;
        self.resting_until = None;
        makes
    }
}
