use super::{list::lines, tables};
use crate::{Both, Finding, FindingCode as Code, Severity, Side};
use dbha_sql::{Dialect, Facts, Observed, Setting, Statement};
use std::collections::BTreeSet;

pub(super) fn same_server(facts: &Both<Facts>) -> Finding {
    Finding::new(
        Code::SameServer,
        None,
        format!(
            "{} and {} are the same server",
            facts.primary.name, facts.secondary.name
        ),
        "give two different servers; a proxy, a VIP or a second name of one server does not count",
    )
}

pub(super) fn findings(facts: &Both<Facts>) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(unsupported(&facts.map(|_, facts| facts.dialect)));
    if !facts.primary.dialect.same_family(&facts.secondary.dialect) {
        found.push(Finding::new(
            Code::DifferentFlavors,
            None,
            format!(
                "the primary is {} and the secondary is {}",
                flavor(&facts.primary),
                flavor(&facts.secondary)
            ),
            "give two servers of one kind",
        ));
        return found;
    }
    found.extend(versions(facts));
    found.extend(copied_uuid(facts));
    for side in Side::BOTH {
        found.extend(privileges(side, facts.of(side)));
        found.extend(without_lock(side, facts.of(side)));
        found.extend(cluster(side, facts.of(side)));
    }
    found.extend(clocks(facts));
    found
}

fn flavor(facts: &Facts) -> String {
    format!("{} {}", facts.dialect.flavor(), facts.dialect.version())
}

/// Scenario 9.
pub(crate) fn unsupported(dialects: &Both<Dialect>) -> Vec<Finding> {
    let refused = |side: Side| {
        let refusal = dialects.of(side).supported().err()?;
        let (text, fix) = (refusal.to_string(), refusal.advice);
        Some(Finding::new(Code::UnsupportedVersion, Some(side), text, fix))
    };
    Side::BOTH.into_iter().filter_map(refused).collect()
}

/// Scenario 23.
fn versions(facts: &Both<Facts>) -> Option<Finding> {
    let (primary, secondary) = (&facts.primary.dialect, &facts.secondary.dialect);
    if !secondary.can_replicate_from(primary) {
        let text = format!(
            "the primary ({}) is newer than the secondary ({})",
            primary.version(),
            secondary.version()
        );
        return Some(Finding::new(
            Code::NewerPrimary,
            None,
            text,
            "upgrade the secondary to the primary's series first",
        ));
    }
    if !primary.version().same_series(secondary.version()) {
        let text = format!(
            "the primary is {}, the secondary {}",
            primary.version(),
            secondary.version()
        );
        return Some(Finding::new(
            Code::DifferentSeries,
            None,
            text,
            "use two series only for the time of an upgrade",
        ));
    }
    if primary.version() != secondary.version() {
        let text = format!(
            "the primary is {}, the secondary {}, of one series",
            primary.version(),
            secondary.version()
        );
        let fix = "nothing to do; bring both to the newer one at the next occasion";
        return Some(Finding::new(Code::DifferentSeries, None, text, fix).weighing(Severity::Note));
    }
    None
}

/// Scenario 17. That they are not one server was found out before.
fn copied_uuid(facts: &Both<Facts>) -> Option<Finding> {
    let uuid = facts.primary.server_uuid.as_ref()?;
    (Some(uuid) == facts.secondary.server_uuid.as_ref()).then(|| {
        Finding::new(
            Code::CopiedServerUuid,
            Some(Side::Secondary),
            format!("both servers have the server_uuid {uuid}"),
            format!(
                "stop the secondary, delete auto.cnf in {}, start it",
                facts.secondary.setting(Setting::Datadir)
            ),
        )
    })
}

/// The privilege that a copy can do without where snapshots tell their own place in the binary log.
const LOCKS: &str = "RELOAD";

fn goes_without_lock(side: Side, facts: &Facts) -> bool {
    let reload = facts
        .privileges
        .known()
        .is_some_and(|have| have.contains(LOCKS) || have.contains("ALL PRIVILEGES"));
    let possible = facts.dialect.has_snapshot_coordinates() && tables::all_in_snapshots(facts);
    side == Side::Primary && facts.privileges.known().is_some() && !reload && possible
}

fn without_lock(side: Side, facts: &Facts) -> Option<Finding> {
    let name = &facts.name;
    goes_without_lock(side, facts).then(|| {
        let (user, host) = account_of(facts);
        Finding::new(
            Code::SnapshotWithoutLock,
            Some(side),
            format!(
                "{} may not lock {name} (RELOAD): the copy needs a moment in which {name} commits nothing, whether \
                 {name} reaches the other server is tried with the link itself, and `dbha undo` cannot take that link back",
                facts.own_account
            ),
            "nothing, if it has such moments; else run this on it, with an account that may grant",
        )
        .with_lines(lines([facts.dialect.advise_grant(LOCKS, user, host)]))
    })
}

fn account_of(facts: &Facts) -> (&str, &str) {
    let own = facts.own_account.rsplit_once('@');
    own.unwrap_or((&facts.own_account, "%"))
}

/// Scenario 25.
fn privileges(side: Side, facts: &Facts) -> Option<Finding> {
    let have = match &facts.privileges {
        Observed::Known(have) => have,
        Observed::Denied(text) => {
            return Some(Finding::new(
                Code::CannotSee,
                Some(side),
                text.clone(),
                "log in with an account that may see its own grants",
            ));
        }
        Observed::Absent => return None,
    };
    let mut missing = missing(have, &facts.dialect.setup_privileges(side == Side::Secondary));
    missing.retain(|name| !(*name == LOCKS && goes_without_lock(side, facts)));
    let grant = |user: &str, host: &str| facts.dialect.advise_grant(&grantable(&missing), user, host);
    lacks(side, facts, &missing, grant)
}

/// Names what an account lacks that compares a running pair: what it cannot see would be missing on both servers alike.
pub(crate) fn verify_privileges(side: Side, facts: &Facts) -> Option<Finding> {
    let have = facts.privileges.known()?;
    let missing = missing(have, &facts.dialect.verify_privileges(side == Side::Primary));
    let grant = |user: &str, host: &str| facts.dialect.advise_plain_grant(&missing.join(", "), user, host);
    lacks(side, facts, &missing, grant)
}

fn missing<'a>(have: &BTreeSet<String>, wanted: &[&'a str]) -> Vec<&'a str> {
    let all = have.contains("ALL PRIVILEGES");
    let is_missing = |name: &&&str| !(all && **name != "GRANT OPTION" || have.contains(**name));
    wanted.iter().filter(is_missing).copied().collect()
}

fn lacks(
    side: Side,
    facts: &Facts,
    missing: &[&str],
    grant: impl Fn(&str, &str) -> Statement,
) -> Option<Finding> {
    if missing.is_empty() {
        return None;
    }
    let (user, host) = account_of(facts);
    Some(
        Finding::new(
            Code::MissingPrivilege,
            Some(side),
            format!("{} lacks {}", facts.own_account, missing.join(", ")),
            "run this on it, with an account that may grant",
        )
        .with_lines(lines([grant(user, host)])),
    )
}

/// GRANT OPTION is given by the WITH clause; alone it needs USAGE before it.
fn grantable(missing: &[&str]) -> String {
    let named: Vec<&str> = missing
        .iter()
        .copied()
        .filter(|name| *name != "GRANT OPTION")
        .collect();
    if named.is_empty() {
        "USAGE".to_owned()
    } else {
        named.join(", ")
    }
}

/// Scenario 7.
fn cluster(side: Side, facts: &Facts) -> Option<Finding> {
    let sign = &facts.cluster.as_ref()?.sign;
    Some(Finding::new(
        Code::ClusterMember,
        Some(side),
        format!("{} belongs to {sign}", facts.name),
        "take the server out of that cluster first",
    ))
}

/// Scenario 28.
fn clocks(facts: &Both<Facts>) -> Option<Finding> {
    let (primary, secondary) = (facts.primary.clock_offset, facts.secondary.clock_offset);
    let apart = primary.ahead - secondary.ahead;
    let error = primary.error + secondary.error;
    // Only what the round trips cannot explain.
    (apart.abs() - error > 2.0).then(|| {
        let (ahead, behind) = if apart > 0.0 {
            (&facts.primary.name, &facts.secondary.name)
        } else {
            (&facts.secondary.name, &facts.primary.name)
        };
        Finding::new(
            Code::ClocksApart,
            None,
            format!(
                "the clock of {ahead} is {:.1} s ahead of that of {behind} (± {error:.2} s)",
                apart.abs()
            ),
            "run an NTP client on both machines",
        )
    })
}
