use dbha_core::{Condition, Status};
use serde::Serialize;

/// Everything that is known of one pair at one moment.
///
/// The two lists about servers and the one about links are in the order of [`Status::servers`] and [`Status::links`].
#[derive(Debug, Clone, Serialize)]
pub struct PairReport {
    /// The judged state; the contract of `dbha status -o json`.
    #[serde(flatten)]
    pub status: Status,
    /// When it was judged, seconds since 1970.
    pub at: f64,
    /// How each server was looked at.
    pub looks: Vec<LookReport>,
    /// What was told as begun and is not over, in the order in which it began.
    pub standing: Vec<Standing>,
    /// Whether a set-up by dbha is at work on the pair; nothing is mended and no own write is told meanwhile.
    pub setup_at_work: bool,
    /// Whether alerts are silenced.
    pub silenced: bool,
}

/// How one server was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct LookReport {
    /// Name of the server.
    pub server: String,
    /// When it last answered, seconds since 1970; `None` if it never did.
    pub answered_at: Option<f64>,
    /// How long the last look took, in seconds.
    pub took: f64,
    /// By how many seconds its clock is ahead of the monitor's.
    pub clock_ahead: Option<f64>,
    /// By how many seconds that may be wrong.
    pub clock_error: Option<f64>,
    /// Whether a heartbeat is written there.
    pub heartbeat: Heartbeat,
}

/// What becomes of the heartbeat on one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Heartbeat {
    /// It is written.
    Written,
    /// It is not to be written.
    Off,
    /// The server is read-only: the direction away from it is judged by its link alone.
    ReadOnly,
    /// It cannot be written.
    Stuck,
    /// The server was not seen yet, or does not answer.
    Unknown,
}

/// Something that was told as begun and is not over.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// Its code.
    pub code: Condition,
    /// The server that it is about.
    pub server: String,
    /// What was seen last.
    pub text: String,
    /// What to do.
    pub fix: String,
    /// When it began, seconds since 1970.
    pub since: f64,
}
