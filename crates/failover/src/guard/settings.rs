use crate::{loss::MaxLoss, timing::Timing};
use dbha_core::{Endpoint, Side};
use std::time::Duration;

/// What a guard is to guard, and how.
#[derive(Debug, Clone)]
pub struct GuardSettings {
    /// The server beside it.
    pub local: Endpoint,
    /// The other one.
    pub peer: Endpoint,
    /// Which of the two the local one is, as the pair is named.
    pub side: Side,
    /// When what has to be done.
    pub timing: Timing,
    /// Where the vote is, for people who change roles by hand.
    pub vote: String,
    /// How much may be lost by a failover.
    pub max_loss: MaxLoss,
}

impl GuardSettings {
    /// Returns how often the loop decides.
    pub(super) fn tick(&self) -> Duration {
        (self.timing.lease() / 50).clamp(Duration::from_millis(100), Duration::from_millis(500))
    }

    /// Returns how often each server is looked at.
    pub(super) fn look_every(&self) -> Duration {
        (self.timing.lease() / 20).clamp(Duration::from_millis(200), Duration::from_secs(1))
    }
}
