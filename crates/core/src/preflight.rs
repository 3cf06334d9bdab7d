//! Everything that can be judged before anything is changed; pure functions over [`Facts`].

mod accounts;
mod capacity;
mod choices;
mod clone;
mod data;
pub(crate) mod dump;
mod errant;
mod host;
mod identity;
mod likeness;
mod list;
mod network;
mod platform;
mod replaced;
mod replication;
mod sessions;
mod settings;
mod tables;
mod wires;

use crate::{Both, Finding, FindingCode, SetupError, SetupOptions, Severity, Topology};
use dbha_sql::{Facts, Server};

pub(crate) use accounts::beyond_read_only;
pub(crate) use data::{
    account_name, is_named_for_overwriting, is_provisioned, is_servers_own, swapped_roles, thrown_away,
};
pub(crate) use identity::{unsupported, verify_privileges};
pub(crate) use list::shortened;
pub(crate) use platform::platform_of_server;

/// Finds everything that speaks against a set-up, or that its owner should know; the gravest first.
///
/// `same_server` is what [`crate::Pair`] found by asking both servers about one lock.
pub fn preflight(
    facts: &Both<Facts>,
    topology: &Topology,
    options: &SetupOptions,
    same_server: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if same_server {
        // Everything else would be said twice and beside the point.
        return vec![identity::same_server(facts)];
    }
    findings.extend(identity::findings(facts));
    findings.extend(replaced::findings(facts, topology, options));
    findings.extend(replication::findings(facts, topology, options));
    findings.extend(host::findings(facts, topology, options));
    findings.extend(settings::findings(facts, topology));
    findings.extend(choices::findings(facts, topology));
    findings.extend(wires::findings(facts, topology));
    findings.extend(sessions::findings(facts, topology));
    findings.extend(network::findings(facts, topology, options));
    findings.extend(likeness::findings(facts, options));
    findings.extend(capacity::findings(facts, options));
    findings.extend(platform::findings(facts, options));
    findings.extend(data::findings(facts, topology, options));
    findings.extend(clone::findings(facts, topology, options));
    // A missing privilege names its cause; what it hides besides would only repeat it.
    if findings
        .iter()
        .any(|finding| finding.code == FindingCode::MissingPrivilege)
    {
        findings.retain(|finding| finding.code != FindingCode::CannotSee);
    }
    for finding in &mut findings {
        let named = |code: FindingCode| {
            options
                .ignore
                .iter()
                .any(|ignored| FindingCode::named(ignored) == Some(code))
        };
        if finding.code.is_ignorable() && named(finding.code) {
            finding.severity = Severity::Note;
        }
    }
    in_order(&mut findings);
    findings
}

/// Fails for a server of a version that dbha does not serve (scenario 9).
pub(crate) fn served(server: &Server) -> Result<(), SetupError> {
    let dialect = server.dialect();
    let refusal = identity::unsupported(&Both {
        primary: dialect,
        secondary: dialect,
    });
    match refusal.is_empty() {
        true => Ok(()),
        false => Err(SetupError::Blocked(refusal.into_iter().take(1).collect())),
    }
}

/// Puts the gravest first.
pub(crate) fn in_order(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.code, finding.side));
}

#[cfg(test)]
mod tests;
