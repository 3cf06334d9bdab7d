//! What one target has not got yet; pure.

use super::{alert::Alert, open::Key};
use std::{
    collections::{BTreeSet, VecDeque},
    time::{Duration, Instant},
};

/// Alerts that may wait.
const ROOM: usize = 100;
/// An alert that is older is of no use to anybody.
const TOO_OLD: Duration = Duration::from_secs(3_600);
/// First and longest rest after a failure.
const REST: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Alerts in the order in which they are to arrive.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<(Alert, Instant)>,
    /// Whether the first of them is on its way.
    under_way: bool,
    failures: u32,
    rests_until: Option<Instant>,
    /// Beginnings that were given up: nobody wants to hear that they are over.
    lost: BTreeSet<Key>,
}

impl Queue {
    /// Takes in an alert. One that something is over takes its beginning with it, where that is still waiting: nobody has
    /// heard of it.
    pub(super) fn push(&mut self, alert: Alert, now: Instant) {
        if let Some(key) = alert.closes() {
            if self.lost.remove(&key) {
                return;
            }
            let first = usize::from(self.under_way);
            let beginning = |(waiting, _): &(Alert, Instant)| waiting.opens().as_ref() == Some(&key);
            // Something that was told as over and began again has its beginning last.
            if let Some(at) = self.waiting.iter().skip(first).rposition(beginning) {
                self.waiting.remove(first + at);
                return;
            }
        }
        if self.waiting.len() >= ROOM {
            let oldest = usize::from(self.under_way);
            self.give_up(oldest);
        }
        self.waiting.push_back((alert, now));
    }

    /// Takes the alert that is to be sent now, if any.
    pub(super) fn next(&mut self, now: Instant) -> Option<Alert> {
        if self.under_way || self.rests_until.is_some_and(|until| until > now) {
            return None;
        }
        while self
            .waiting
            .front()
            .is_some_and(|(_, since)| now.duration_since(*since) > TOO_OLD)
        {
            self.give_up(0);
        }
        let (alert, _) = self.waiting.front()?;
        self.under_way = true;
        Some(alert.clone())
    }

    /// Notes that the alert got through; tells whether others had failed before.
    pub(super) fn delivered(&mut self) -> bool {
        self.under_way = false;
        self.waiting.pop_front();
        self.rests_until = None;
        std::mem::take(&mut self.failures) > 0
    }

    /// Notes that it did not; tells whether that is the first time.
    pub(super) fn failed(&mut self, now: Instant) -> bool {
        self.under_way = false;
        let rest = REST.0 * 2u32.saturating_pow(self.failures.min(10));
        self.rests_until = Some(now + rest.min(REST.1));
        self.failures += 1;
        self.failures == 1
    }

    /// Returns when to look for the next alert; `None` while there is none or one is on its way.
    pub(super) fn due(&self) -> Option<Option<Instant>> {
        (!self.under_way && !self.waiting.is_empty()).then_some(self.rests_until)
    }

    fn give_up(&mut self, at: usize) {
        let given_up = self.waiting.remove(at);
        self.lost.extend(given_up.and_then(|(alert, _)| alert.opens()));
    }
}

#[cfg(test)]
mod tests;
