use dbha_core::{Condition, Verdict};
use serde::{Deserialize, Serialize};

/// Something that happened to a pair, told once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonitorEvent {
    /// Its number; grows by one within one run of the monitor, over all pairs.
    pub seq: u64,
    /// When, seconds since 1970.
    pub at: f64,
    /// Name of the pair.
    pub pair: String,
    /// What kind of thing.
    pub kind: EventKind,
    /// The server that it is about; `None` for the pair as a whole.
    pub server: Option<String>,
    /// The condition that began or ended.
    pub code: Option<Condition>,
    /// What was seen, in one sentence.
    pub text: String,
    /// What to do; `None` where nothing is to be done.
    pub fix: Option<String>,
    /// The verdict on the pair at that moment.
    pub verdict: Verdict,
}

/// Kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// The pair is watched from now on.
    Watching,
    /// A condition began.
    Began,
    /// A condition is over.
    Ended,
    /// A condition comes and goes; it is told again only when it stays.
    Flapping,
    /// Who takes writes has changed.
    WritersChanged,
    /// How safe commits are has changed: SYNC, ASYNC or SOLO.
    DurabilityChanged,
    /// The monitor mended something.
    Healed,
    /// The monitor could not mend something.
    NotHealed,
    /// A guard of automatic failover did something.
    Guard,
    /// A guard of automatic failover needs somebody: nobody writes, or it could not do what it must.
    GuardAlarm,
}
