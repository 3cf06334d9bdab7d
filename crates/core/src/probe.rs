//! One look at a pair or at one server of it, judged as a probe does: ok, warning, critical or unknown.

use crate::{
    Condition, Finding, IoState, LinkStatus, Problem, ServerStatus, Severity, Side, SqlState, Status,
    Verdict, WritableServers, Writers,
};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// What a probe says, in the words and numbers of Nagios and everything that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeLevel {
    /// As required.
    Ok,
    /// It works, and somebody should look.
    Warning,
    /// It is not as required.
    Critical,
    /// It cannot be told.
    Unknown,
}

impl ProbeLevel {
    /// Returns the exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            ProbeLevel::Ok => 0,
            ProbeLevel::Warning => 1,
            ProbeLevel::Critical => 2,
            ProbeLevel::Unknown => 3,
        }
    }

    /// Where several things are to be said, the greatest wins: what is certainly wrong before what is not known.
    fn weight(self) -> u8 {
        match self {
            ProbeLevel::Ok => 0,
            ProbeLevel::Unknown => 1,
            ProbeLevel::Warning => 2,
            ProbeLevel::Critical => 3,
        }
    }
}

impl fmt::Display for ProbeLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ProbeLevel::Ok => "OK",
            ProbeLevel::Warning => "WARNING",
            ProbeLevel::Critical => "CRITICAL",
            ProbeLevel::Unknown => "UNKNOWN",
        })
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// Both servers answer, both links run, who writes is as recorded.
    Pair,
    /// This server answers, takes writes, and is the only one that does, unless both are recorded to.
    Primary(Side),
    /// This server answers, both threads of its link run, and its lag is known and within the limits.
    Replica(Side),
}

/// From which lag on something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LagLimits {
    /// More than this is a warning; `None` for no warning.
    pub warning: Option<Duration>,
    /// More than this is critical.
    pub critical: Duration,
}

/// The answer of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// The level.
    pub level: ProbeLevel,
    /// Everything that led to it, the gravest first; servers' own words may be in it.
    pub text: String,
}

/// Judges one look.
pub fn probe(status: &Status, required: Required, limits: LagLimits) -> Probed {
    let found = match required {
        Required::Pair => of_pair(status, limits),
        Required::Primary(side) => of_primary(status, side),
        Required::Replica(side) => of_replica(status, side, limits),
    };
    let well = match required {
        Required::Pair => format!("{}: {}", status.pair, well_of_pair(status)),
        Required::Primary(side) => format!("{} takes writes", server(status, side).name),
        Required::Replica(side) => {
            let name = &server(status, side).name;
            format!("{name} follows {}", server(status, side.peer()).name)
        }
    };
    summed_up(found, well)
}

/// Adds what else was found: what blocks a set-up is critical, what is a warning there is one here.
pub fn probe_with_findings(probed: Probed, found: &[Finding]) -> Probed {
    let told = |finding: &Finding| {
        let level = match finding.severity {
            Severity::Blocks => ProbeLevel::Critical,
            Severity::Warning => ProbeLevel::Warning,
            Severity::Note => return None,
        };
        Some((level, format!("{} {}", finding.code.as_str(), finding.text)))
    };
    let mut all: Found = found.iter().filter_map(told).collect();
    if probed.level != ProbeLevel::Ok {
        all.insert(0, (probed.level, probed.text.clone()));
    }
    summed_up(all, probed.text)
}

type Found = Vec<(ProbeLevel, String)>;

fn summed_up(mut found: Found, well: String) -> Probed {
    found.sort_by_key(|(level, _)| std::cmp::Reverse(level.weight()));
    match found.first() {
        None => Probed {
            level: ProbeLevel::Ok,
            text: well,
        },
        Some((level, _)) => Probed {
            level: *level,
            text: found
                .iter()
                .map(|(_, text)| text.as_str())
                .collect::<Vec<_>>()
                .join("; "),
        },
    }
}

fn server(status: &Status, side: Side) -> &ServerStatus {
    &status.servers[index(side)]
}

/// The link into a server; links stand in the order of their sources.
fn link_into(status: &Status, side: Side) -> &LinkStatus {
    &status.links[index(side.peer())]
}

fn index(side: Side) -> usize {
    match side {
        Side::Primary => 0,
        Side::Secondary => 1,
    }
}

/// The verdict's own sentence, unless that speaks of a lag that is within this probe's limits.
fn well_of_pair(status: &Status) -> String {
    match status.verdict {
        Verdict::Lagging => "both links run, within the limits".into(),
        _ if status.restart_safe => status.reason.clone(),
        _ => format!("{} (a restart would lose settings)", status.reason),
    }
}

fn of_pair(status: &Status, limits: LagLimits) -> Found {
    let problems = status.servers.iter().flat_map(|server| &server.problems);
    let mut found: Found = problems
        .filter_map(|problem| Some((level_of(problem)?, problem.text.clone())))
        .collect();
    let at_least = match status.verdict {
        Verdict::Unreachable | Verdict::Broken => ProbeLevel::Critical,
        Verdict::Degraded if status.writers == WritableServers::None => ProbeLevel::Critical,
        Verdict::Degraded => ProbeLevel::Warning,
        Verdict::Unknown => ProbeLevel::Unknown,
        Verdict::Healthy | Verdict::Lagging => ProbeLevel::Ok,
    };
    // No condition by itself: neither server follows the other, neither takes writes.
    if at_least.weight() > found.iter().map(|(level, _)| level.weight()).max().unwrap_or(0) {
        found.push((at_least, status.reason.clone()));
    }
    found.extend(status.links.iter().filter_map(|link| lag_of(link, limits)));
    found
}

/// How grave a condition is for a pair; `None` where the limits of the probe decide, or nothing is wrong now.
fn level_of(problem: &Problem) -> Option<ProbeLevel> {
    match problem.code {
        Condition::Unreachable
        | Condition::IoThread
        | Condition::SqlThread
        | Condition::EqualServerIds
        | Condition::NobodyOpened
        | Condition::Writers => Some(ProbeLevel::Critical),
        Condition::NoLink
        | Condition::SettingDrift
        | Condition::Errant
        | Condition::HeartbeatStuck
        | Condition::NotAcknowledged
        | Condition::OwnWrites => Some(ProbeLevel::Warning),
        Condition::Hidden => Some(ProbeLevel::Unknown),
        Condition::Lag | Condition::NotRestartSafe => None,
    }
}

/// What is to be said of the lag of a link that runs.
fn lag_of(link: &LinkStatus, limits: LagLimits) -> Option<(ProbeLevel, String)> {
    if (link.io, link.sql) != (Some(IoState::Running), Some(SqlState::Running)) {
        return None;
    }
    let Some(seconds) = link.lag_seconds else {
        let text = format!("how far {} is behind {} is not known", link.to, link.from);
        return Some((ProbeLevel::Unknown, text));
    };
    let text = format!("{} is {seconds:.0} s behind {}", link.to, link.from);
    let more_than = |limit: Duration| seconds > limit.as_secs_f64();
    match () {
        () if more_than(limits.critical) => Some((ProbeLevel::Critical, text)),
        () if limits.warning.is_some_and(more_than) => Some((ProbeLevel::Warning, text)),
        () => None,
    }
}

fn unreachable(server: &ServerStatus) -> Found {
    let words = server.problems.first().map(|problem| problem.text.clone());
    let text = words.unwrap_or_else(|| format!("{} cannot be reached", server.name));
    vec![(ProbeLevel::Critical, text)]
}

fn of_primary(status: &Status, side: Side) -> Found {
    let (own, peer) = (server(status, side), server(status, side.peer()));
    let critical = |text: String| vec![(ProbeLevel::Critical, text)];
    if !own.reachable {
        return unreachable(own);
    }
    let both_meant = status.writers_recorded == Some(Writers::Both);
    match (own.read_only, peer.read_only) {
        (None, _) => vec![(
            ProbeLevel::Unknown,
            format!("whether {} takes writes is not known", own.name),
        )],
        (Some(true), _) => critical(format!("{} is read-only", own.name)),
        // A writer of before came back open: clients belong to the one that has the writes by the newest term.
        (Some(false), Some(false)) if !both_meant && status.writer.as_ref() == Some(&own.name) => vec![],
        (Some(false), Some(false)) if !both_meant => {
            critical(format!("{} and {} both take writes", own.name, peer.name))
        }
        (Some(false), Some(_)) => vec![],
        // The other one may take writes where nobody here can see it: then the record decides who does.
        (Some(false), None) if both_meant || own.role.as_deref() == Some("primary") => vec![],
        (Some(false), None) => critical(format!(
            "{} takes writes, is not recorded as the primary, and {} cannot be looked at",
            own.name, peer.name
        )),
    }
}

fn of_replica(status: &Status, side: Side, limits: LagLimits) -> Found {
    let (own, link) = (server(status, side), link_into(status, side));
    if !own.reachable {
        return unreachable(own);
    }
    let stops = |problem: &&Problem| {
        matches!(
            problem.code,
            Condition::Hidden
                | Condition::NoLink
                | Condition::IoThread
                | Condition::SqlThread
                | Condition::EqualServerIds
        )
    };
    let stopped: Found = own
        .problems
        .iter()
        .filter(stops)
        .map(|problem| match problem.code {
            Condition::Hidden => (ProbeLevel::Unknown, problem.text.clone()),
            _ => (ProbeLevel::Critical, problem.text.clone()),
        })
        .collect();
    if !stopped.is_empty() {
        return stopped;
    }
    match lag_of(link, limits) {
        Some((ProbeLevel::Unknown, text)) => vec![(ProbeLevel::Critical, text)],
        Some(found) => vec![found],
        None if link.lag_seconds.is_none() => vec![(
            ProbeLevel::Critical,
            format!("how far {} is behind is not known", own.name),
        )],
        None => vec![],
    }
}

#[cfg(test)]
mod tests;
