use super::VoteView;
use std::time::Duration;

/// What a guard remembers from one moment to the next.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct State {
    /// When the last acknowledged renewal was sent, while the vote is held.
    pub(crate) held: Option<Duration>,
    /// The vote as it was answered last.
    pub(crate) view: Option<VoteView>,
    /// When that was.
    pub(crate) viewed: Duration,
    /// Whether it ever spoke of a term.
    pub(crate) knows_terms: bool,
    /// Whether the last question had no answer.
    pub(crate) unanswered: bool,
    /// When the vote was asked last.
    pub(crate) asked: Option<Duration>,
    /// Whether the local server takes no writes, or did not when it was seen last.
    pub(crate) certainly_closed: bool,
    /// Since when the local server's process is known to have ended.
    pub(crate) ended_since: Option<Duration>,
    /// Whether the local server has lost its right to write and is not certainly closed.
    pub(crate) must_close: bool,
    /// Since when the local server is open while this guard does not hold the vote.
    pub(crate) open_since: Option<Duration>,
    /// The start of the local server in which it was open under this vote.
    pub(crate) opened: Option<u64>,
    /// Whether this guard has ever seen its server open.
    pub(crate) was_open: bool,
}

impl State {
    /// Returns when the last acknowledged renewal was sent, while the vote is held.
    pub fn held(&self) -> Option<Duration> {
        self.held
    }

    /// Returns the vote as it was answered last.
    pub fn view(&self) -> Option<VoteView> {
        self.view
    }
}

#[cfg(test)]
impl State {
    /// Returns the same one moment later, for who lets the clock stand; what is long past does not grow older.
    pub(crate) fn aged(&self, moment: Duration, oldest: Duration) -> Self {
        let age = |at: Duration| at.saturating_sub(moment).max(oldest);
        Self {
            held: self.held.map(age),
            viewed: age(self.viewed),
            asked: self.asked.map(age),
            ended_since: self.ended_since.map(age),
            open_since: self.open_since.map(age),
            ..self.clone()
        }
    }
}
