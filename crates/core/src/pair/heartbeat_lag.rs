//! How far a link is behind by the heartbeats of a monitor that runs elsewhere, at one look; pure.

use dbha_sql::Pulse;
use std::{collections::BTreeMap, time::Duration};

/// Heartbeats that are older were written by a monitor that runs no longer.
const FRESH: f64 = 5.0;
/// Two heartbeats that are less than this apart follow one another.
const NEIGHBOURS: f64 = 1.9;

/// The heartbeats that one server holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heartbeats {
    server_id: u32,
    clock: f64,
    /// By the number of the server that wrote it, in microseconds of that server's clock.
    at: BTreeMap<u32, u64>,
}

impl Heartbeats {
    /// Takes them out of a look; `None` where there are none or they may not be seen.
    pub(super) fn of(pulse: &Pulse) -> Option<Self> {
        Some(Self {
            server_id: pulse.server_id,
            clock: pulse.clock,
            at: pulse.heartbeats.known()?.clone(),
        })
    }

    /// Returns how far a replica that holds these is behind the source that holds `source`; `None` where no monitor writes.
    ///
    /// All times are of the source's clock, so that a difference between the clocks does not matter.
    pub(super) fn behind(&self, source: &Self) -> Option<Duration> {
        let seconds = |heartbeats: &Self| Some(*heartbeats.at.get(&source.server_id)? as f64 / 1e6);
        let (newest, held) = (seconds(source)?, seconds(self)?);
        if (source.clock - newest).abs() > FRESH {
            return None;
        }
        let behind = match newest - held {
            lacks if lacks <= 0.0 => 0.0,
            // Only the newest is missing: it is as old as it is, and not a whole tick.
            lacks if lacks < NEIGHBOURS => source.clock - newest,
            _ => source.clock - held,
        };
        Duration::try_from_secs_f64(behind.max(0.0)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Heartbeats;

    const T: f64 = 1_700_000_000.0;

    fn holding(server_id: u32, clock: f64, beats: &[(u32, f64)]) -> Heartbeats {
        Heartbeats {
            server_id,
            clock: T + clock,
            at: beats
                .iter()
                .map(|(id, at)| (*id, ((T + at) * 1e6) as u64))
                .collect(),
        }
    }

    fn behind(source: &Heartbeats, replica: &Heartbeats) -> Option<f64> {
        let lag = replica.behind(source)?;
        Some((lag.as_secs_f64() * 100.0).round() / 100.0)
    }

    #[test]
    fn a_replica_is_as_far_behind_as_the_heartbeats_that_it_lacks() {
        let source = holding(1, 10.5, &[(1, 10.0), (2, 3.0)]);
        assert_eq!(behind(&source, &holding(2, 99.0, &[(1, 10.0)])), Some(0.0));
        assert_eq!(behind(&source, &holding(2, 99.0, &[(1, 9.0)])), Some(0.5));
        assert_eq!(behind(&source, &holding(2, 99.0, &[(1, 2.0)])), Some(8.5));
    }

    #[test]
    fn scenario_55_without_a_monitor_that_writes_nothing_is_known() {
        let source = holding(1, 100.0, &[(1, 10.0)]);
        assert_eq!(
            behind(&source, &holding(2, 100.0, &[(1, 10.0)])),
            None,
            "it wrote long ago"
        );
        let source = holding(1, 10.0, &[(1, 10.0)]);
        assert_eq!(behind(&source, &holding(2, 10.0, &[])), None);
        assert_eq!(behind(&holding(1, 10.0, &[]), &source), None);
    }
}
