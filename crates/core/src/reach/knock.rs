//! Whether each server can be dialled by the other, found out before anything is changed (scenario 29).

use super::{Reach, can_probe, finding, probe};
use crate::{Both, Finding, FindingCode as Code, Side, Topology};
use dbha_sql::{Facts, Secret, Server, SourceTarget, SqlError, generate_password};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long one server may take to answer the other.
const LIMIT: Duration = Duration::from_secs(5);

/// An account that nobody has: the refusal shows that the server answers, and no real account's failures are counted.
const NOBODY: &str = "dbha_nobody";

/// Lets each server knock at the other with an account that does not exist; a refusal is what is hoped for.
///
/// A server that has any link to the other is not asked: the knock would disturb it, and the link says as much.
/// The servers keep no trace but a line in their error logs.
pub(crate) async fn knock_both(
    servers: &mut Both<Server>,
    facts: &Both<Facts>,
    topology: &Topology,
    cancel: &CancellationToken,
) -> Result<Vec<Finding>, SqlError> {
    let (of_secondary, of_primary) = tokio::join!(
        knock(&mut servers.secondary, Side::Primary, facts, topology, cancel),
        knock(&mut servers.primary, Side::Secondary, facts, topology, cancel),
    );
    Ok(of_secondary?.into_iter().chain(of_primary?).collect())
}

/// Tells whether what was found leaves it sensible and harmless to let the servers knock.
pub(crate) fn may_knock(findings: &[Finding]) -> bool {
    const BEFORE: [Code; 9] = [
        Code::SameServer,
        Code::DifferentFlavors,
        Code::UnsupportedVersion,
        Code::MissingPrivilege,
        Code::CannotSee,
        Code::ClusterMember,
        Code::NoAddressForPeer,
        Code::OutOfReach,
        Code::ServerIdZero,
    ];
    !findings.iter().any(|found| BEFORE.contains(&found.code))
}

async fn knock(
    replica: &mut Server,
    source: Side,
    facts: &Both<Facts>,
    topology: &Topology,
    cancel: &CancellationToken,
) -> Result<Option<Finding>, SqlError> {
    let link = topology.link_from(source);
    let here = facts.of(source.peer());
    if !can_probe(here) || has_link(here, facts.of(source), &link.host, link.port) {
        return Ok(None);
    }
    let target = SourceTarget {
        host: link.host.clone(),
        port: link.port,
        user: NOBODY.to_owned(),
        password: generate_password().unwrap_or_else(|_| Secret::new(NOBODY)),
        tls: link.tls,
        ca: link.ca.clone(),
    };
    let found = probe(replica, &target, LIMIT, cancel).await?;
    Ok(match found {
        // The door is there and somebody answers; whether the real account fits is tried with the real account.
        Reach::Reached | Reach::Denied { .. } => None,
        other => Some(finding(source, facts.of(source), link, &other)),
    })
}

fn has_link(replica: &Facts, source: &Facts, host: &str, port: u16) -> bool {
    let to_source = |link: &dbha_sql::ReplicaStatus| {
        (link.source_host.as_str(), link.source_port) == (host, port)
            || (link.source_server_id != 0 && link.source_server_id == u64::from(source.server_id))
            || link.source_user == dbha_sql::REPLICATION_USER
    };
    replica
        .links
        .known()
        .is_none_or(|links| links.iter().any(to_source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_facts::{fresh_pair, running_link};
    use dbha_sql::Observed;

    #[test]
    fn a_server_with_a_link_to_the_other_is_left_alone() {
        let mut facts = fresh_pair("10.11.19-MariaDB");
        let asked = |facts: &Both<Facts>| !has_link(&facts.secondary, &facts.primary, "host-a", 3306);
        assert!(asked(&facts));
        facts.secondary.links = Observed::Known(vec![running_link("elsewhere", "repl")]);
        assert!(asked(&facts));
        facts.secondary.links = Observed::Known(vec![running_link("host-a", "repl")]);
        assert!(!asked(&facts));
        facts.secondary.links = Observed::Denied("no".into());
        assert!(!asked(&facts), "what cannot be seen is not touched");
    }
}
