//! Transactions of a pair that one server lacks and can never fetch (scenario 14).

use crate::{Both, Finding, FindingCode as Code, Side};
use dbha_sql::{Facts, GtidSet};

/// Judges where a server tells exactly what its binary logs no longer hold (MySQL); what is merely under way is none.
pub(super) fn findings(facts: &Both<Facts>) -> Vec<Finding> {
    Side::BOTH
        .into_iter()
        .filter_map(|side| stranded(side, facts))
        .collect()
}

/// What `side` has, its peer lacks, and its binary logs no longer hold.
fn stranded(side: Side, facts: &Both<Facts>) -> Option<Finding> {
    let (server, peer) = (facts.of(side), facts.of(side.peer()));
    let gone = both(&server.purged, &server.executed.minus(&peer.executed));
    (!gone.is_empty()).then(|| {
        Finding::new(
            Code::ErrantTransactions,
            Some(side),
            format!(
                "{} has transactions that {} lacks and can no longer fetch: {gone}",
                server.name, peer.name
            ),
            format!(
                "compare the data on both; if the primary is right, --overwrite-secondary {} builds the secondary anew",
                facts.secondary.name
            ),
        )
    })
}

fn both(a: &GtidSet, b: &GtidSet) -> GtidSet {
    a.minus(&a.minus(b))
}
