use std::time::Duration;

/// Shortest lease that leaves a busy machine time for everything that has to happen before it ends.
const SHORTEST: Duration = Duration::from_secs(5);
/// Longest one: nobody wants to wait longer for a failover.
const LONGEST: Duration = Duration::from_secs(300);

/// When a server that may write has to prove it, and when one that cannot stops: all of it parts of one lease.
///
/// Times of a holder are counted from the moment at which its last acknowledged renewal was *sent*: the third vote began to
/// count later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timing {
    lease: Duration,
}

/// A lease cannot be so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a lease lasts from 5 s to 300 s")]
pub struct TimingError;

impl Timing {
    /// Takes the length of the lease.
    pub fn new(lease: Duration) -> Result<Self, TimingError> {
        match (SHORTEST..=LONGEST).contains(&lease) {
            true => Ok(Self { lease }),
            false => Err(TimingError),
        }
    }

    /// Returns the length of the lease.
    pub fn lease(&self) -> Duration {
        self.lease
    }

    /// Returns how often it is renewed.
    pub fn renew_every(&self) -> Duration {
        self.lease / 5
    }

    /// Returns how often a guard that does not hold it looks whether it is free.
    pub fn look_every(&self) -> Duration {
        self.lease / 40
    }

    /// Returns how long one question to the third vote may take: several fit into the time that is left.
    pub fn answer_limit(&self) -> Duration {
        self.lease / 8
    }

    /// Returns how old the last renewal may be for the guard to tell its supervisor that it is well.
    pub fn well_for(&self) -> Duration {
        self.lease * 3 / 10
    }

    /// Returns how old the last renewal is when a holder begins to close its server.
    pub fn stop_after(&self) -> Duration {
        self.lease / 2
    }

    /// Returns how old the last renewal is when a server that could not be closed is killed.
    pub fn kill_after(&self) -> Duration {
        self.lease * 8 / 10
    }

    /// Returns how long a server's process has been gone when its guard lets the other one have the vote: a supervisor that
    /// starts it again at once is faster, and nothing goes over then.
    pub fn give_back_after(&self) -> Duration {
        self.lease * 8 / 10
    }

    /// Returns the silence of a guard after which its supervisor kills it (`WatchdogSec`).
    pub fn watchdog(&self) -> Duration {
        self.lease * 3 / 10
    }

    /// Returns how long closing may take before the server is killed instead.
    pub fn fence_limit(&self) -> Duration {
        self.lease * 3 / 10
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However a guard stops, its server is closed before the third vote can be given to the other one.
    #[test]
    fn every_way_to_stop_ends_before_the_lease() {
        for seconds in [5, 10, 300] {
            let timing = Timing::new(Duration::from_secs(seconds)).unwrap();
            assert!(timing.kill_after() < timing.lease());
            assert!(timing.stop_after() + timing.fence_limit() <= timing.kill_after());
            let frozen = timing.well_for() + timing.watchdog() + timing.fence_limit();
            assert!(frozen < timing.lease());
            assert!(timing.renew_every() + timing.answer_limit() > timing.well_for());
            assert!(timing.renew_every() < timing.well_for());
            assert!(timing.stop_after() < timing.give_back_after());
        }
        assert_eq!(Timing::new(Duration::from_secs(4)), Err(TimingError));
        assert_eq!(Timing::new(Duration::from_secs(301)), Err(TimingError));
    }
}
