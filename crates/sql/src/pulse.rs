use crate::{
    ClockReading, Facts, GtidSet, Observed, ReplicaStatus, Row, SemiSyncFacts, Server, Setting, SqlError,
    Statement,
    facts::{read_links, unexpected_gtids},
    printable,
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant, SystemTime},
};

/// What changes on a server from one second to the next.
#[derive(Debug, Clone)]
pub struct Pulse {
    /// Number by which the server knows its own events.
    pub server_id: u32,
    /// What the binary log holds.
    pub executed: GtidSet,
    /// What came by replication, where that is kept apart.
    pub applied: GtidSet,
    /// Transactions that the binary logs no longer hold, where a server tells.
    pub purged: GtidSet,
    /// Values of the settings that keep ordinary accounts from writing.
    pub read_only: BTreeMap<Setting, String>,
    /// The server's clock, seconds since 1970.
    pub clock: f64,
    /// When it showed that, by a clock here that never steps.
    pub clock_read: Instant,
    /// The same against the clock of dbha's machine.
    pub clock_offset: ClockReading,
    /// The links into this server.
    pub links: Observed<Vec<ReplicaStatus>>,
    /// Heartbeats that are here, in microseconds since 1970 by their writer's clock, by `server_id`.
    pub heartbeats: Observed<BTreeMap<u32, u64>>,
    /// Whether a set-up by dbha is at work on this server.
    pub setup_at_work: bool,
    /// What it tells of semi-synchronous replication; absent where it knows nothing of it.
    pub semi_sync: Observed<SemiSyncFacts>,
}

impl Server {
    /// Reads what changes from one second to the next, in two statements.
    ///
    /// `with_heartbeats`: whether the table of heartbeats is believed to be there; where it cannot be read the answer says
    /// so, after one statement more.
    pub async fn pulse(&mut self, with_heartbeats: bool, limit: Duration) -> Result<Pulse, SqlError> {
        let dialect = self.dialect();
        let asked = (SystemTime::now(), Instant::now());
        let statement = dialect.read_pulse(with_heartbeats);
        let (rows, took, refused) = match self.session.query_within(&statement, limit).await {
            Ok(rows) => (rows, asked.1.elapsed(), None),
            Err(error) if with_heartbeats && error.code().is_some() => {
                let again = dialect.read_pulse(false);
                let rows = self.session.query_within(&again, limit).await?;
                (rows, asked.1.elapsed(), Some(error))
            }
            Err(error) => return Err(error),
        };
        let Some(row) = rows.first() else {
            return Err(self.nonsense(&statement, "no row came back"));
        };
        let gtids = |column: &str| {
            GtidSet::parse(dialect.flavor(), row.get(column).unwrap_or(""))
                .map_err(|error| unexpected_gtids(&statement, &error, self.name()))
        };
        let (executed, applied, purged) = (gtids("executed")?, gtids("applied")?, gtids("purged")?);
        let heartbeats = match refused {
            Some(error) => Observed::Denied(error.to_string()),
            None if with_heartbeats => Observed::Known(read_heartbeats(row)),
            None => Observed::Absent,
        };
        let read_only = [
            (Setting::ReadOnly, "read_only"),
            (Setting::SuperReadOnly, "super_read_only"),
        ];
        let links = read_links(&mut self.session).await?;
        Ok(Pulse {
            server_id: row.parse("server_id").unwrap_or(0),
            executed,
            applied,
            purged,
            read_only: read_only
                .into_iter()
                .filter_map(|(setting, column)| Some((setting, printable(row.get(column)?))))
                .collect(),
            clock: row.parse("now").unwrap_or(0.0),
            clock_read: asked.1 + took / 2,
            clock_offset: ClockReading::of_answer(asked.0, took, row.parse("now")),
            links,
            heartbeats,
            setup_at_work: row.get("setup") == Some("1"),
            semi_sync: row
                .get("semi_sync")
                .and_then(SemiSyncFacts::of_text)
                .map_or(Observed::Absent, Observed::Known),
        })
    }

    fn nonsense(&self, statement: &Statement, text: &str) -> SqlError {
        SqlError::Unexpected {
            server: self.name().to_owned(),
            statement: statement.shown().to_owned(),
            text: text.to_owned(),
        }
    }
}

impl Facts {
    /// Takes over what changes from one second to the next.
    pub fn refresh(&mut self, pulse: &Pulse) {
        self.server_id = pulse.server_id;
        self.executed = pulse.executed.clone();
        self.applied = pulse.applied.clone();
        self.purged = pulse.purged.clone();
        self.clock = pulse.clock;
        self.clock_offset = pulse.clock_offset;
        self.links = pulse.links.clone();
        self.semi_sync = pulse.semi_sync.clone();
        let mut values = pulse.read_only.clone();
        values.insert(Setting::ServerId, pulse.server_id.to_string());
        for (setting, value) in values {
            if let Some(fact) = self.settings.get_mut(&setting)
                && !Setting::same_value(&fact.value, &value)
            {
                fact.value = value;
                // Changed by statement since the last look at everything: only that look tells what a restart brings.
                fact.after_restart = None;
            }
        }
    }

    /// Returns the transactions that this server itself has written, as its binary log tells.
    pub fn own_transactions(&self) -> GtidSet {
        match (&self.executed, &self.server_uuid) {
            (GtidSet::MySql(set), Some(uuid)) => GtidSet::MySql(set.of_server(uuid)),
            (set, _) => set.written_by(self.server_id),
        }
    }
}

/// Reads `server_id:microseconds`, with commas between them; what is no such thing is left out.
fn read_heartbeats(row: &Row) -> BTreeMap<u32, u64> {
    row.get("heartbeats")
        .unwrap_or("")
        .split(',')
        .filter_map(|one| {
            let (server, at) = one.split_once(':')?;
            Some((server.parse().ok()?, at.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenario_82_forged_heartbeats_are_left_out() {
        let row = |text: &str| Row::new(["heartbeats".to_owned()].into(), vec![Some(text.into())]);
        assert_eq!(
            read_heartbeats(&row("1:17,x:2,3:,4:99999999999999999999999,2:18")),
            BTreeMap::from([(1, 17), (2, 18)])
        );
        assert_eq!(read_heartbeats(&row("")), BTreeMap::new());
    }
}
