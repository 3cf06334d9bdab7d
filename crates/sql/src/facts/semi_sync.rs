use super::{Observed, observe::look};
use crate::{Session, SqlError};
use serde::{Deserialize, Serialize};

/// What a server tells of semi-synchronous replication at this moment; settings are another thing, see [`crate::Setting`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SemiSyncFacts {
    /// Whether commits wait for an acknowledgement; off where it is switched off, and where a wait took too long.
    pub source_waits: bool,
    /// Connected replicas that acknowledge; one that was cut off counts until that is noticed.
    pub acknowledging: u32,
    /// Commits that wait right now.
    pub waiting: u32,
    /// Whether its own link acknowledges what it receives.
    pub replica_acknowledges: bool,
}

impl SemiSyncFacts {
    /// Reads `name=value` with commas between them; `None` where nothing of it is known.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let mut found = None;
        for (name, value) in text.split(',').filter_map(|one| one.split_once('=')) {
            let facts: &mut Self = found.get_or_insert_default();
            let on = value.eq_ignore_ascii_case("ON");
            match name.strip_prefix("rpl_semi_sync_").unwrap_or("") {
                "master_status" | "source_status" => facts.source_waits |= on,
                "master_clients" | "source_clients" => {
                    facts.acknowledging += value.parse::<u32>().unwrap_or(0)
                }
                "master_wait_sessions" | "source_wait_sessions" => {
                    facts.waiting += value.parse::<u32>().unwrap_or(0);
                }
                "slave_status" | "replica_status" => facts.replica_acknowledges |= on,
                _ => {}
            }
        }
        found
    }
}

/// Looks at it; absent where no plug-in is there.
pub(crate) async fn look_at_semi_sync(session: &mut Session) -> Result<Observed<SemiSyncFacts>, SqlError> {
    let rows = look(session, &session.dialect().read_semi_sync()).await?;
    Ok(match rows {
        Observed::Known(rows) => {
            let text = rows.first().and_then(|row| row.get("semi_sync"));
            text.and_then(SemiSyncFacts::of_text)
                .map_or(Observed::Absent, Observed::Known)
        }
        Observed::Denied(text) => Observed::Denied(text),
        Observed::Absent => Observed::Absent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations_of_names_are_read() {
        let new =
            "rpl_semi_sync_source_status=ON,rpl_semi_sync_source_clients=1,rpl_semi_sync_replica_status=OFF";
        let old =
            "rpl_semi_sync_master_clients=1,rpl_semi_sync_slave_status=OFF,rpl_semi_sync_master_status=ON";
        let wanted = SemiSyncFacts {
            source_waits: true,
            acknowledging: 1,
            ..SemiSyncFacts::default()
        };
        assert_eq!(SemiSyncFacts::of_text(new), Some(wanted.clone()));
        assert_eq!(SemiSyncFacts::of_text(old), Some(wanted));
        assert_eq!(SemiSyncFacts::of_text(""), None);
    }

    #[test]
    fn scenario_82_nonsense_counts_for_nothing() {
        let facts = SemiSyncFacts::of_text(
            "rpl_semi_sync_source_clients=99999999999,x=y,rpl_semi_sync_source_status=MAYBE",
        );
        assert_eq!(facts, Some(SemiSyncFacts::default()));
    }
}
