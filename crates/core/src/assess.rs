//! From what was seen of two servers to one verdict; pure, so that the same facts always give the same verdict.

use crate::{
    AutoIncrement, Both, Condition, LinkStatus, Problem, ServerStatus, SetupOptions, Side, Status, Topology,
    Verdict, WritableServers, Writers, advice, option_lines,
    status::{KeyStep, LastError},
};
use dbha_sql::{Facts, IoState, Observed, ReplicaStatus, Setting, SqlState};
use std::time::Duration;

/// Seconds behind from which a link counts as lagging.
const LAGGING: Duration = Duration::from_secs(10);

/// A server as it was seen, or why it could not be.
pub type Seen = Result<Facts, Unseen>;

/// A server that did not answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Unseen {
    /// Its name.
    pub name: String,
    /// Where it should listen.
    pub address: String,
    /// What happened.
    pub text: String,
    /// What to do.
    pub fix: String,
}

/// Judges a pair, whoever built it.
///
/// Writers, offsets and settings are judged only where dbha recorded what they should be; both links and their
/// threads always.
pub fn assess(pair: &str, seen: &Both<Seen>) -> Status {
    let facts = |side: Side| seen.of(side).as_ref().ok();
    let expected = expected(seen);
    let mut servers: Vec<ServerStatus> = Side::BOTH
        .into_iter()
        .map(|side| server_status(seen.of(side), side, expected.as_ref()))
        .collect();
    let links: Vec<LinkStatus> = Side::BOTH
        .into_iter()
        .map(|source| link_status(seen, source))
        .collect();
    for (server, side) in servers.iter_mut().zip(Side::BOTH) {
        let (Some(own), peer) = (facts(side), facts(side.peer())) else {
            continue;
        };
        server.problems.extend(link_problems(
            own,
            peer,
            seen.of(side.peer()),
            &links[index(side.peer())],
        ));
        if let Some(errant) = peer.and_then(|peer| errant(own, peer)) {
            server.problems.push(Problem {
                code: Condition::Errant,
                text: format!(
                    "{} has transactions that cannot reach the other server: {errant}",
                    own.name
                ),
                fix: "compare the data on both; then let the other server follow this one".into(),
            });
            server.errant = Some(errant);
        }
        server.problems.sort_by_key(|problem| problem.code);
    }
    let writable = Side::BOTH
        .into_iter()
        .filter(|side| facts(*side).is_some_and(|facts| !facts.is_read_only()))
        .count();
    let writers = [WritableServers::None, WritableServers::One, WritableServers::Both][writable];
    let restart_safe = servers
        .iter()
        .all(|server| server.settings_persisted == Some(true));
    let (verdict, reason) = judge(&servers, writers);
    Status {
        schema_version: 1,
        pair: pair.to_owned(),
        restart_safe,
        verdict,
        reason,
        writers,
        servers,
        links,
    }
}

fn index(source: Side) -> usize {
    match source {
        Side::Primary => 0,
        Side::Secondary => 1,
    }
}

/// What dbha recorded that this pair should be, worked out anew for the servers as they were given.
fn expected(seen: &Both<Seen>) -> Option<Topology> {
    let (Ok(primary), Ok(secondary)) = (&seen.primary, &seen.secondary) else {
        return None;
    };
    let recorded = primary.recorded.known()?;
    let row = |facts: &Facts| recorded.iter().find(|row| row.server_id == facts.server_id);
    let (of_primary, of_secondary) = (row(primary)?, row(secondary)?);
    let options = SetupOptions {
        writers: if of_primary.writers == "both" {
            Writers::Both
        } else {
            Writers::One
        },
        auto_increment: Some(match of_primary.key_step {
            1 => AutoIncrement::Single,
            _ => AutoIncrement::Interleaved,
        }),
        ..SetupOptions::default()
    };
    // status B A of a pair that was set up as A B shows the same pair.
    let swapped =
        of_primary.role == Side::Secondary.to_string() && of_secondary.role == Side::Primary.to_string();
    let (first, second) = if swapped {
        (secondary, primary)
    } else {
        (primary, secondary)
    };
    let mut topology = Topology::of_pair(
        &Both {
            primary: first.clone(),
            secondary: second.clone(),
        },
        &options,
    );
    if swapped {
        topology.servers.reverse();
    }
    Some(topology)
}

fn server_status(seen: &Seen, side: Side, expected: Option<&Topology>) -> ServerStatus {
    let facts = match seen {
        Ok(facts) => facts,
        Err(unseen) => return unreachable(unseen),
    };
    let plan = expected.map(|topology| topology.server(side));
    let fallback;
    let plan_for_file = match plan {
        Some(plan) => plan,
        None => {
            fallback = present_plan(facts, side);
            &fallback
        }
    };
    let unsafe_lines: Vec<String> = option_lines(facts, plan_for_file)
        .into_iter()
        .filter(|line| !line.already_safe)
        .map(|line| line.text())
        .collect();
    let mut problems = Vec::new();
    if let Some(plan) = plan {
        problems.extend(drift(facts, plan));
    }
    if !unsafe_lines.is_empty() {
        problems.push(Problem {
            code: Condition::NotRestartSafe,
            text: format!(
                "{} would lose at a restart: {}",
                facts.name,
                unsafe_lines.join(", ")
            ),
            fix: format!(
                "put these lines under [mysqld] into its option file (dbha render my.cnf --server {side})"
            ),
        });
    }
    let recorded = facts.recorded.known().map(Vec::as_slice).unwrap_or_default();
    ServerStatus {
        name: facts.name.clone(),
        address: facts
            .address()
            .map_or_else(|| facts.name.clone(), |address| address.to_string()),
        reachable: true,
        flavor: Some(facts.dialect.flavor()),
        version: Some(facts.version_text.clone()),
        server_id: Some(facts.server_id),
        server_uuid: facts.server_uuid.clone(),
        role: recorded
            .iter()
            .find(|row| row.server_id == facts.server_id)
            .map(|row| row.role.clone()),
        read_only: Some(facts.is_read_only()),
        auto_increment: Some(KeyStep {
            increment: facts.number(Setting::AutoIncrementIncrement).unwrap_or(1),
            offset: facts.number(Setting::AutoIncrementOffset).unwrap_or(1),
        }),
        gtid: Some(facts.position().to_string()),
        errant: None,
        settings_persisted: Some(unsafe_lines.is_empty()),
        problems,
    }
}

fn unreachable(unseen: &Unseen) -> ServerStatus {
    ServerStatus {
        name: unseen.name.clone(),
        address: unseen.address.clone(),
        reachable: false,
        flavor: None,
        version: None,
        server_id: None,
        server_uuid: None,
        role: None,
        read_only: None,
        auto_increment: None,
        gtid: None,
        errant: None,
        settings_persisted: None,
        problems: vec![Problem {
            code: Condition::Unreachable,
            text: unseen.text.clone(),
            fix: unseen.fix.clone(),
        }],
    }
}

/// For a pair that dbha did not build: whether what is there now would still be there after a restart.
fn present_plan(facts: &Facts, side: Side) -> crate::ServerPlan {
    const MATTERS: [Setting; 8] = [
        Setting::ServerId,
        Setting::GtidDomainId,
        Setting::LogBin,
        Setting::LogReplicaUpdates,
        Setting::BinlogFormat,
        Setting::AutoIncrementIncrement,
        Setting::AutoIncrementOffset,
        Setting::GtidStrictMode,
    ];
    let settings = MATTERS
        .into_iter()
        .filter_map(|setting| {
            let value = facts.settings.get(&setting)?.value.clone();
            Some(crate::WantedSetting {
                setting,
                value,
                after_restart_only: false,
            })
        })
        .collect();
    crate::ServerPlan {
        name: facts.name.clone(),
        side,
        server_id: facts.server_id,
        gtid_domain_id: None,
        writable: !facts.is_read_only(),
        settings,
    }
}

fn drift(facts: &Facts, plan: &crate::ServerPlan) -> Vec<Problem> {
    let wrong: Vec<String> = plan
        .settings
        .iter()
        .filter(|wanted| !wanted.after_restart_only && !facts.has(wanted.setting, &wanted.value))
        .filter_map(|wanted| {
            let name = facts.dialect.variable(wanted.setting)?;
            Some(format!(
                "{name} is {} and should be {}",
                facts.setting(wanted.setting),
                wanted.value
            ))
        })
        .collect();
    let mut problems = Vec::new();
    if !wrong.is_empty() {
        problems.push(Problem {
            code: Condition::SettingDrift,
            text: format!("{}: {}", facts.name, wrong.join(", ")),
            fix: "run dbha setup again: it puts back just these".into(),
        });
    }
    if facts.is_read_only() == plan.writable {
        let (is, should) = if plan.writable {
            ("read-only", "take writes")
        } else {
            ("writable", "be read-only")
        };
        problems.push(Problem {
            code: Condition::Writers,
            text: format!("{} is {is} and should {should}", facts.name),
            fix: "run dbha setup again, or dbha setup --writers both if both are to take writes".into(),
        });
    }
    problems
}

fn link_of<'a>(replica: &'a Facts, source: &Seen) -> Option<&'a ReplicaStatus> {
    match source {
        Ok(source) => replica.link_from(
            source.server_id,
            source.tcp.as_ref().map(|(host, port)| (host.as_str(), *port)),
        ),
        Err(_) => replica.default_link(),
    }
}

fn link_status(seen: &Both<Seen>, source: Side) -> LinkStatus {
    let name = |side: Side| match seen.of(side) {
        Ok(facts) => facts.name.clone(),
        Err(unseen) => unseen.name.clone(),
    };
    let (from, to) = (name(source), name(source.peer()));
    let nothing = LinkStatus {
        from,
        to,
        io: None,
        sql: None,
        lag_seconds: None,
        gtid_missing: None,
        last_error: None,
    };
    let Ok(replica) = seen.of(source.peer()) else {
        return nothing;
    };
    let missing = seen
        .of(source)
        .as_ref()
        .ok()
        .map(|facts| facts.executed.count_missing_from(&replica.position()));
    let Some(link) = link_of(replica, seen.of(source)) else {
        return LinkStatus {
            io: Some(IoState::Stopped),
            sql: Some(SqlState::Stopped),
            gtid_missing: missing,
            ..nothing
        };
    };
    let active = |error: &&dbha_sql::LinkError| !link.is_running() || error.code != 0;
    LinkStatus {
        io: Some(link.io),
        sql: Some(link.sql),
        lag_seconds: link.lag.map(|lag| lag.as_secs_f64()),
        gtid_missing: missing,
        last_error: link.error().filter(active).map(|error| LastError {
            code: error.code,
            text: error.text.clone(),
            fix: advice::for_link(error.code)
                .unwrap_or("see the server's error log")
                .to_owned(),
        }),
        ..nothing
    }
}

/// What is wrong with the link into a server.
fn link_problems(own: &Facts, peer: Option<&Facts>, source: &Seen, status: &LinkStatus) -> Vec<Problem> {
    let problem = |code, text: String, fix: String| Problem { code, text, fix };
    if let Observed::Denied(text) = &own.links {
        let fix = "grant SLAVE MONITOR (MariaDB) or REPLICATION CLIENT (MySQL) to the account that dbha logs in with".into();
        return vec![problem(Condition::Hidden, text.clone(), fix)];
    }
    let mut found = Vec::new();
    if peer.is_some_and(|peer| peer.server_id == own.server_id) {
        let fix =
            "run dbha setup again, and put the lines of dbha render my.cnf into both option files".into();
        found.push(problem(
            Condition::EqualServerIds,
            format!("both servers have server_id {}", own.server_id),
            fix,
        ));
    }
    if link_of(own, source).is_none() {
        let fix = "run dbha setup to make a pair of the two".into();
        found.push(problem(
            Condition::NoLink,
            format!("{} does not follow {}", status.to, status.from),
            fix,
        ));
        return found;
    }
    let error = status.last_error.as_ref();
    let words = error.map_or(String::new(), |error| {
        format!(", error {}: {}", error.code, error.text)
    });
    let fix = error.map_or_else(
        || "run dbha setup again: it starts what has stopped".to_owned(),
        |error| error.fix.clone(),
    );
    if status.sql == Some(SqlState::Stopped) {
        found.push(problem(
            Condition::SqlThread,
            format!(
                "the SQL thread of {} (from {}) is stopped{words}",
                status.to, status.from
            ),
            fix.clone(),
        ));
    }
    match status.io {
        Some(IoState::Running) | None => {}
        Some(_) => found.push(problem(
            Condition::IoThread,
            format!(
                "the IO thread of {} (from {}) is not connected{words}",
                status.to, status.from
            ),
            fix,
        )),
    }
    let behind = status
        .lag_seconds
        .filter(|seconds| *seconds > LAGGING.as_secs_f64());
    if let Some(seconds) = behind {
        let fix = "wait, or look for a long transaction on the replica".into();
        found.push(problem(
            Condition::Lag,
            format!("{} is {seconds:.0} s behind {}", status.to, status.from),
            fix,
        ));
    }
    found
}

/// What a server has that its peer lacks and cannot get: rows in flight over a link are none of it.
fn errant(own: &Facts, peer: &Facts) -> Option<String> {
    let address = own.tcp.as_ref().map(|(host, port)| (host.as_str(), *port));
    if peer.link_from(own.server_id, address).is_some() || peer.links.known().is_none() {
        return None;
    }
    // Without any link between the two there is no pair whose transactions could be errant.
    let peer_address = peer.tcp.as_ref().map(|(host, port)| (host.as_str(), *port));
    own.link_from(peer.server_id, peer_address)?;
    let extra = own.executed.minus(&peer.position());
    (!extra.is_empty()).then(|| extra.to_string())
}

/// The first that applies: unreachable, broken, degraded, lagging, healthy.
fn judge(servers: &[ServerStatus], writers: WritableServers) -> (Verdict, String) {
    let all = || servers.iter().flat_map(|server| &server.problems);
    let first = |codes: &[Condition]| all().find(|problem| codes.contains(&problem.code));
    if let Some(problem) = first(&[Condition::Unreachable]) {
        return (Verdict::Unreachable, problem.text.clone());
    }
    let both_silent = servers
        .iter()
        .all(|server| server.problems.iter().any(|p| p.code == Condition::NoLink));
    if both_silent {
        return (
            Verdict::Broken,
            "there is no replication between the two servers".into(),
        );
    }
    if let Some(problem) = first(&[
        Condition::SqlThread,
        Condition::IoThread,
        Condition::EqualServerIds,
    ]) {
        return (Verdict::Broken, problem.text.clone());
    }
    if let Some(problem) = first(&[Condition::Hidden]) {
        return (Verdict::Unknown, problem.text.clone());
    }
    if let Some(problem) = first(&[
        Condition::NoLink,
        Condition::Writers,
        Condition::SettingDrift,
        Condition::Errant,
    ]) {
        return (Verdict::Degraded, problem.text.clone());
    }
    if writers == WritableServers::None {
        return (Verdict::Degraded, "neither server takes writes".into());
    }
    if let Some(problem) = first(&[Condition::Lag]) {
        return (Verdict::Lagging, problem.text.clone());
    }
    let who = match writers {
        WritableServers::Both => "both servers take writes",
        _ => "one server takes writes",
    };
    (Verdict::Healthy, format!("both links run and {who}"))
}

#[cfg(test)]
mod tests;
