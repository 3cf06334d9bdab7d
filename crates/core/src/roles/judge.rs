//! What speaks against a change of roles: pure, over what was seen of both servers.

use super::SwitchoverOptions;
use crate::{Both, Condition, Finding, FindingCode as Code, Side, choices, preflight};
use dbha_sql::{Facts, RecordedServer};
use std::time::Duration;

/// What a server that is to take writes may not show.
const STOPS_A_WRITER: [Condition; 3] = [
    Condition::SettingDrift,
    Condition::Errant,
    Condition::EqualServerIds,
];

/// The recorded role of a server.
fn role(facts: &Facts) -> Option<Side> {
    let rows: &Vec<RecordedServer> = facts.recorded.known()?;
    let row = rows.iter().find(|row| row.server_id == facts.server_id)?;
    Side::BOTH.into_iter().find(|side| row.role == side.to_string())
}

/// Finds the server that is to get the writes, or says why that cannot be told.
pub(crate) fn target(facts: &Both<Facts>, wanted: Option<Side>) -> Result<Side, Finding> {
    let not_a_pair = || {
        let (a, b) = (&facts.primary.name, &facts.secondary.name);
        Finding::new(
            Code::NotAPair,
            None,
            format!("{a} and {b} are no pair that dbha made"),
            format!("dbha setup --primary {a} --secondary {b}"),
        )
    };
    let roles = facts.map(|_, facts| role(facts));
    let writer = match (roles.primary, roles.secondary) {
        (Some(Side::Primary), Some(Side::Secondary)) => Side::Primary,
        (Some(Side::Secondary), Some(Side::Primary)) => Side::Secondary,
        _ => return Err(not_a_pair()),
    };
    let closed = Side::BOTH.into_iter().all(|side| facts.of(side).is_read_only());
    match wanted {
        Some(side) => Ok(side),
        // Somebody's change of roles was cut off: which way it went must not be guessed.
        None if closed => {
            let names = [Side::Primary, Side::Secondary].map(|side| facts.of(side).name.clone());
            Err(Finding::new(
                Code::NeitherWrites,
                None,
                format!(
                    "neither {} nor {} takes writes, so neither is \"the other one\"",
                    names[0], names[1]
                ),
                format!(
                    "say which of them is to take writes: --to {} (the recorded primary) or --to {}",
                    facts.of(writer).name,
                    facts.of(writer.peer()).name
                ),
            ))
        }
        None => Ok(writer.peer()),
    }
}

/// Lists everything that was found, what stops it first.
pub(crate) fn judge(facts: &Both<Facts>, to: Side, options: &SwitchoverOptions) -> Vec<Finding> {
    let (from, target) = (facts.of(to.peer()), facts.of(to));
    let mut found = Vec::new();
    found.extend(both_write(facts));
    found.extend(already_there(from, target));
    let by_role = match role(target) {
        Some(Side::Primary) => Both {
            primary: target.clone(),
            secondary: from.clone(),
        },
        _ => Both {
            primary: from.clone(),
            secondary: target.clone(),
        },
    };
    found.extend(unfit(&by_role, target));
    found.extend(links(facts, to, options.max_lag));
    found.extend(preflight::beyond_read_only(from));
    found.extend(not_kept(from, target));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

fn both_write(facts: &Both<Facts>) -> Option<Finding> {
    let open = Side::BOTH.into_iter().all(|side| !facts.of(side).is_read_only());
    let (a, b) = (&facts.primary.name, &facts.secondary.name);
    open.then(|| {
        Finding::new(
            Code::BothWrite,
            None,
            format!("{a} and {b} both take writes"),
            format!(
                "applications can go to either of them as it is; for one writer: dbha setup --writers one --primary {a} \
                 --secondary {b}"
            ),
        )
    })
}

fn already_there(from: &Facts, target: &Facts) -> Option<Finding> {
    let there = !target.is_read_only() && from.is_read_only() && role(target) == Some(Side::Primary);
    there.then(|| {
        Finding::new(
            Code::HasTheWrites,
            None,
            format!("{} takes the writes already", target.name),
            format!("nothing is to be done; to give them back: --to {}", from.name),
        )
    })
}

/// A server whose settings have drifted, or that is not the pair's any more, is no writer.
fn unfit(by_role: &Both<Facts>, target: &Facts) -> Option<Finding> {
    let seen = by_role.map(|_, facts| Ok(facts.clone()));
    let status = crate::assess("", &seen);
    let server = status.servers.iter().find(|server| server.name == target.name)?;
    let wrong: Vec<&str> = server
        .problems
        .iter()
        .filter(|problem| STOPS_A_WRITER.contains(&problem.code))
        .map(|problem| problem.text.as_str())
        .collect();
    let (a, b) = (&by_role.primary.name, &by_role.secondary.name);
    (!wrong.is_empty()).then(|| {
        Finding::new(
            Code::UnfitToWrite,
            None,
            format!("{} is not fit to take writes: {}", target.name, wrong.join("; ")),
            format!("dbha setup --primary {a} --secondary {b} mends settings; dbha status names the rest"),
        )
    })
}

/// Both links must run: the one brings the last writes over, the other one brings the next ones back.
fn links(facts: &Both<Facts>, to: Side, max_lag: Duration) -> Vec<Finding> {
    let mut found = Vec::new();
    for side in [to, to.peer()] {
        let (replica, source) = (facts.of(side), facts.of(side.peer()));
        let address = source.tcp.as_ref().map(|(host, port)| (host.as_str(), *port));
        let Some(link) = replica.link_from(source.server_id, address) else {
            found.push(link_finding(replica, source, "is not there"));
            continue;
        };
        if !link.is_running() {
            found.push(link_finding(replica, source, "does not run"));
        } else if link.delay_seconds > 0 {
            found.push(link_finding(
                replica,
                source,
                &format!("is {} s behind by intent", link.delay_seconds),
            ));
        } else if side == to {
            match link.lag {
                Some(lag) if lag <= max_lag => {}
                Some(lag) => found.push(link_finding(
                    replica,
                    source,
                    &format!(
                        "is {} s behind, and no more than {} s may be waited for",
                        lag.as_secs(),
                        max_lag.as_secs()
                    ),
                )),
                None => found.push(link_finding(replica, source, "does not say how far behind it is")),
            }
        }
    }
    found
}

fn link_finding(replica: &Facts, source: &Facts, what: &str) -> Finding {
    Finding::new(
        Code::LinkNotReady,
        None,
        format!("the link {} → {} {what}", source.name, replica.name),
        "dbha status says why and what to do; wait until it is healthy, then run the same command again",
    )
}

/// Where no statement keeps read_only, a restart would bring the roles of before back.
fn not_kept(from: &Facts, target: &Facts) -> Option<Finding> {
    // Of a pair that dbha alone opens each server comes back read-only anyway.
    let kept = choices::recorded(from).managed
        || from.dialect.can_persist_settings()
        || from.host.known().is_some() && target.host.known().is_some();
    (!kept).then(|| {
        Finding::new(
            Code::RolesNotKept,
            None,
            format!(
                "{} has no statement that keeps who takes writes over a restart: {} would come back writable, {} read-only",
                from.dialect.flavor(),
                from.name,
                target.name
            ),
            format!(
                "with --host-access dbha writes it into the option files; else put read_only=1 into that of {} and take it \
                 out of that of {} right after this",
                from.name, target.name
            ),
        )
    })
}

#[cfg(test)]
mod tests;
