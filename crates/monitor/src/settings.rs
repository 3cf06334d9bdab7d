use dbha_core::Endpoint;
use std::time::Duration;

/// A pair that is to be watched.
#[derive(Debug, Clone)]
pub struct WatchedPair {
    /// Its name; unique among all that one monitor watches.
    pub name: String,
    /// One server.
    pub primary: Endpoint,
    /// The other one.
    pub secondary: Endpoint,
}

/// How pairs are watched.
#[derive(Debug, Clone)]
pub struct MonitorSettings {
    /// Time between two looks at a server.
    pub tick: Duration,
    /// Longest wait for one answer of a server.
    pub answer_limit: Duration,
    /// Time between two looks at what seldom changes: settings, accounts, records.
    pub full_look_every: Duration,
    /// From which lag on a link counts as lagging.
    pub lagging_from: Duration,
    /// Whether heartbeats are written on servers that take writes.
    pub heartbeat: bool,
    /// Whether what is safe to mend is mended.
    pub heal: bool,
    /// Who opens the writer of a managed pair after a start.
    pub opening: Opening,
    /// When something counts as begun and as over.
    pub damping: Damping,
}

/// Who opens the writer of a managed pair after both servers have started read-only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Opening {
    /// This monitor, as soon as it sees both servers agree who has the writes.
    #[default]
    ByMonitor,
    /// A guard that holds the pair's lease.
    ByGuard,
    /// Nobody, until somebody runs a command.
    Nobody,
}

impl Default for MonitorSettings {
    fn default() -> Self {
        Self {
            tick: Duration::from_secs(1),
            answer_limit: Duration::from_secs(2),
            full_look_every: Duration::from_secs(30),
            lagging_from: Duration::from_secs(10),
            heartbeat: true,
            heal: false,
            opening: Opening::ByMonitor,
            damping: Damping::default(),
        }
    }
}

/// How many of the last looks decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damping {
    /// So many looks are remembered; at least 1.
    pub window: usize,
    /// So many of them must be bad; at least 1, at most `window`.
    pub bad: usize,
}

impl Default for Damping {
    fn default() -> Self {
        Self { window: 5, bad: 3 }
    }
}
