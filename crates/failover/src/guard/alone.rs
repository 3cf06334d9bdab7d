//! Whether a writer whose commits wait for the other server's acknowledgement without a limit goes on alone; pure.
//!
//! Nothing is lost by a failover as long as the writer waits. Before it stops, it publishes that it does: from then on the
//! other server does not take over by itself. It publishes the opposite only once it waits again.

use dbha_core::Durability;
use std::time::Duration;

/// What the writer's guard remembers of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Alone {
    /// Since when commits wait for nobody.
    unanswered_since: Option<Duration>,
    /// Whether it has been decided that the writer goes on alone.
    decided: bool,
}

/// What is seen of a writer that is open and whose guard holds the vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Commits {
    /// Whether they wait for an acknowledgement.
    pub(super) wait: bool,
    /// Whether the other server acknowledges what it receives, as far as both tell.
    pub(super) acknowledged: bool,
    /// What the vote was told last.
    pub(super) published: Option<Durability>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Let commits go on without an acknowledgement.
    Stop,
    /// Let them wait again.
    WaitAgain,
}

impl Alone {
    /// Tells whether the vote is to hear that commits may be lost, although they still wait.
    pub(super) fn is_decided(self) -> bool {
        self.decided
    }

    /// Decides; `patience` is how long commits may wait for nobody.
    pub(super) fn decide(&mut self, now: Duration, seen: Commits, patience: Duration) -> Option<Change> {
        if !seen.wait {
            self.unanswered_since = None;
            return seen.acknowledged.then(|| {
                self.decided = false;
                Change::WaitAgain
            });
        }
        if seen.acknowledged {
            *self = Self::default();
            return None;
        }
        let since = *self.unanswered_since.get_or_insert(now);
        self.decided |= now >= since + patience;
        let told = seen.published.is_some_and(|level| level != Durability::Sync);
        (self.decided && told).then_some(Change::Stop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn commits(wait: bool, acknowledged: bool, published: Durability) -> Commits {
        Commits {
            wait,
            acknowledged,
            published: Some(published),
        }
    }

    fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    #[test]
    fn a_writer_goes_on_alone_only_once_the_vote_knows() {
        let mut alone = Alone::default();
        let waits = commits(true, false, Durability::Sync);
        assert_eq!(alone.decide(at(100), waits, PATIENCE), None);
        assert_eq!(alone.decide(at(109), waits, PATIENCE), None);
        assert!(!alone.is_decided());
        assert_eq!(alone.decide(at(110), waits, PATIENCE), None);
        assert!(alone.is_decided());
        let told = commits(true, false, Durability::Async);
        assert_eq!(alone.decide(at(111), told, PATIENCE), Some(Change::Stop));
    }

    #[test]
    fn a_server_that_comes_back_in_time_changes_nothing() {
        let mut alone = Alone::default();
        alone.decide(at(100), commits(true, false, Durability::Sync), PATIENCE);
        assert_eq!(
            alone.decide(at(105), commits(true, true, Durability::Sync), PATIENCE),
            None
        );
        alone.decide(at(106), commits(true, false, Durability::Sync), PATIENCE);
        alone.decide(at(115), commits(true, false, Durability::Sync), PATIENCE);
        assert!(!alone.is_decided());
    }

    #[test]
    fn a_writer_waits_again_before_the_vote_hears_of_it() {
        let mut alone = Alone::default();
        alone.decide(at(100), commits(true, false, Durability::Async), PATIENCE);
        alone.decide(at(110), commits(true, false, Durability::Async), PATIENCE);
        assert!(alone.is_decided());
        let back = commits(false, true, Durability::Async);
        assert_eq!(alone.decide(at(120), back, PATIENCE), Some(Change::WaitAgain));
        assert!(!alone.is_decided());
        assert_eq!(
            alone.decide(at(121), commits(false, false, Durability::Async), PATIENCE),
            None
        );
    }
}
