use std::{collections::VecDeque, time::Duration};

/// Heartbeats of one source that are remembered: ten minutes at one a second.
const REMEMBERED: usize = 600;

/// How far a replica is behind its source, by the heartbeats that it has not applied yet.
///
/// Everything is on the source's own clock: the times in the heartbeats, and the moment at which the replica was looked at,
/// which the source's last answer and the time that went by since then give. A clock that steps back starts anew
/// (scenario 73).
#[derive(Debug, Default)]
pub(crate) struct LagMeter {
    /// Heartbeats that were seen on the source, in microseconds, growing.
    beats: VecDeque<u64>,
}

impl LagMeter {
    /// Takes in the newest heartbeat that the source itself holds.
    pub(crate) fn source_holds(&mut self, beat: u64) {
        match self.beats.back() {
            Some(last) if *last == beat => return,
            Some(last) if *last > beat => self.beats.clear(),
            _ => {}
        }
        self.beats.push_back(beat);
        if self.beats.len() > REMEMBERED {
            self.beats.pop_front();
        }
    }

    /// Returns how long the oldest heartbeat that the replica lacks was on its way at a moment of the source's clock, in
    /// seconds since 1970; `None` where that is unknown.
    pub(crate) fn behind(&self, replica_holds: Option<u64>, source_clock: f64) -> Option<Duration> {
        let (newest, held) = (*self.beats.back()?, replica_holds?);
        if held >= newest {
            return Some(Duration::ZERO);
        }
        let known = self.beats.front().is_some_and(|oldest| *oldest <= held);
        // What was written between the replica's heartbeat and the first that is remembered nobody knows: all of it counts.
        let lacks = match known {
            true => self.beats.iter().find(|beat| **beat > held).copied()?,
            false => held,
        };
        let seconds = source_clock - lacks as f64 / 1e6;
        Duration::try_from_secs_f64(seconds.max(0.0)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: u64 = 1_700_000_000_000_000;

    fn meter(seconds: &[u64]) -> LagMeter {
        let mut meter = LagMeter::default();
        seconds
            .iter()
            .for_each(|second| meter.source_holds(T + second * 1_000_000));
        meter
    }

    fn behind(meter: &LagMeter, held: u64, clock: f64) -> Option<f64> {
        let clock = (T / 1_000_000) as f64 + clock;
        let lag = meter.behind(Some(T + held * 1_000_000), clock)?;
        Some((lag.as_secs_f64() * 1000.0).round() / 1000.0)
    }

    #[test]
    fn a_heartbeat_that_is_a_moment_on_its_way_is_a_moment_of_lag_and_not_a_whole_tick() {
        let meter = meter(&[1, 2, 3]);
        assert_eq!(behind(&meter, 3, 3.9), Some(0.0));
        assert_eq!(behind(&meter, 2, 3.005), Some(0.005));
        assert_eq!(behind(&meter, 1, 3.5), Some(1.5));
    }

    #[test]
    fn before_what_is_remembered_the_replicas_own_heartbeat_counts() {
        assert_eq!(behind(&meter(&[100, 101]), 40, 101.0), Some(61.0));
    }

    #[test]
    fn scenario_55_what_nobody_knows_is_unknown_and_not_zero() {
        assert_eq!(LagMeter::default().behind(Some(T), 0.0), None);
        assert_eq!(meter(&[1]).behind(None, 0.0), None);
    }

    #[test]
    fn scenario_73_a_clock_that_steps_back_starts_anew() {
        let mut meter = meter(&[1_000, 1_001]);
        meter.source_holds(T + 10_000_000);
        assert_eq!(behind(&meter, 10, 10.5), Some(0.0));
        assert_eq!(
            behind(&meter, 1_001, 10.5),
            Some(0.0),
            "the replica has the old clock's last one"
        );
        meter.source_holds(T + 11_000_000);
        assert_eq!(behind(&meter, 10, 11.25), Some(0.25));
    }
}
