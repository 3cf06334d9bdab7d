//! Whether the secondary is the server that the primary knows as its partner.

use crate::Both;
use dbha_sql::{Facts, RecordedServer};

/// Names the server that a secondary's data comes from, the same in every run.
pub(crate) fn source_name(primary: &Facts) -> String {
    primary
        .server_uuid
        .clone()
        .unwrap_or_else(|| format!("server_id {}", primary.server_id))
}

/// Tells whether the secondary is chosen to be filled from this primary, or is being filled.
pub(crate) fn is_claimed(facts: &Both<Facts>) -> bool {
    let claim = facts.secondary.claim.known();
    claim.is_some_and(|claim| claim.source == source_name(&facts.primary))
}

/// Returns what is recorded of the secondary, where both servers hold the record of one pair, whoever is its primary.
pub(crate) fn recorded(facts: &Both<Facts>) -> Option<&RecordedServer> {
    let (on_secondary, on_primary) = (facts.secondary.recorded.known()?, facts.primary.recorded.known()?);
    let ids = |rows: &[RecordedServer]| rows.iter().map(|row| row.server_id).collect::<Vec<_>>();
    let same = on_primary.len() == 2 && ids(on_secondary) == ids(on_primary);
    let others: Vec<&RecordedServer> = on_primary
        .iter()
        .filter(|row| row.server_id != facts.primary.server_id)
        .collect();
    match others.as_slice() {
        [partner] if same => Some(partner),
        _ => None,
    }
}

/// Returns the number by which a pair knows a server that has another now, while its partner still has its own.
pub(crate) fn lost_number(own: &Facts, peer: &Facts) -> Option<u32> {
    let [one, other] = own.recorded.known()?.as_slice() else {
        return None;
    };
    if [one, other].iter().any(|row| row.server_id == own.server_id) {
        return None;
    }
    match (one.server_id == peer.server_id, other.server_id == peer.server_id) {
        (true, false) => Some(other.server_id),
        (false, true) => Some(one.server_id),
        _ => None,
    }
}
