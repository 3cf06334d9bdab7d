//! What load balancers ask of one server, answered from the last reports alone; pure.

use crate::PairReport;
use dbha_core::{IoState, LinkStatus, ServerStatus, SqlState, Writers};
use std::time::Duration;

/// What somebody wants to know of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Whether writes belong there.
    Primary,
    /// Whether reads may go there: its link runs and is at most so far behind.
    Replica {
        /// Longest lag.
        lag: Duration,
    },
    /// Whether it answers.
    Health,
}

/// The answer, with one line that says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Send clients there.
    Yes(String),
    /// Do not.
    No(String),
    /// No report names such a server.
    NoSuchServer,
}

/// A report with its age by a clock that nobody sets.
#[derive(Debug, Clone, Copy)]
pub struct Aged<'a> {
    /// The report.
    pub report: &'a PairReport,
    /// How long ago the pair was judged.
    pub age: Duration,
}

/// Answers a question about the server of that name; where pairs share it, all of them must agree.
///
/// `primary` and `secondary` name the servers of the only pair. A report that is older than `stale_after` counts for
/// nothing.
pub fn answer(reports: &[Aged<'_>], name: &str, question: Question, stale_after: Duration) -> Answer {
    let answers: Vec<Answer> = reports
        .iter()
        .filter_map(|aged| Some((aged, place(reports, aged.report, name)?)))
        .map(|(aged, at)| of_pair(*aged, at, question, stale_after))
        .collect();
    let refused = answers.iter().find(|answer| matches!(answer, Answer::No(_)));
    match (refused, answers.first()) {
        (Some(Answer::No(why)), Some(_)) if answers.iter().any(|one| matches!(one, Answer::Yes(_))) => {
            Answer::No(format!("the pairs that it belongs to disagree: {why}"))
        }
        (Some(no), _) => no.clone(),
        (None, Some(yes)) => yes.clone(),
        (None, None) => Answer::NoSuchServer,
    }
}

/// Where the pair has the server, if it has it.
fn place(reports: &[Aged<'_>], report: &PairReport, name: &str) -> Option<usize> {
    let servers = &report.status.servers;
    let named = |report: &PairReport| report.status.servers.iter().any(|server| server.name == name);
    if let Some(at) = servers.iter().position(|server| server.name == name) {
        return Some(at);
    }
    let alone = reports.len() == 1 && !named(report);
    match name {
        "primary" if alone => Some(0),
        "secondary" if alone => Some(1),
        _ => None,
    }
    .filter(|at| *at < servers.len())
}

fn of_pair(aged: Aged<'_>, at: usize, question: Question, stale_after: Duration) -> Answer {
    if aged.age > stale_after {
        return Answer::No(format!("last looked at {:.0} s ago", aged.age.as_secs_f64()));
    }
    let Some(server) = aged.report.status.servers.get(at) else {
        return Answer::NoSuchServer;
    };
    if !server.reachable {
        return Answer::No(format!("{} cannot be reached", server.name));
    }
    match question {
        Question::Primary => primary(aged.report, server, at),
        Question::Replica { lag } => replica(aged.report, server, lag),
        Question::Health => Answer::Yes(format!("{} answers", server.name)),
    }
}

fn primary(report: &PairReport, server: &ServerStatus, at: usize) -> Answer {
    match server.read_only {
        None => return Answer::No(format!("it is not known whether {} takes writes", server.name)),
        Some(true) => return Answer::No(format!("{} is read-only", server.name)),
        Some(false) => {}
    }
    let others = report.status.servers.iter().enumerate();
    let other = others
        .filter(|(place, _)| *place != at)
        .map(|(_, other)| other)
        .find(|other| other.reachable && other.read_only != Some(true));
    match (other, report.status.writers_recorded) {
        (None, _) => Answer::Yes(format!("{} is the only one that takes writes", server.name)),
        (Some(_), Some(Writers::Both)) => {
            Answer::Yes(format!("{} takes writes, and so may the other", server.name))
        }
        // A writer of before came back open: clients belong to the one that has the writes by the newest term.
        (Some(other), _) if report.status.writer.as_ref() == Some(&server.name) => Answer::Yes(format!(
            "{} has the writes since term {}; {} is not its standby yet",
            server.name,
            report.status.term.unwrap_or_default(),
            other.name
        )),
        (Some(other), _) if other.read_only.is_none() => {
            Answer::No(format!("it is not known whether {} takes writes too", other.name))
        }
        (Some(other), _) => Answer::No(format!(
            "{} takes writes as well as {}, and only one should",
            other.name, server.name
        )),
    }
}

fn replica(report: &PairReport, server: &ServerStatus, limit: Duration) -> Answer {
    let into = report.status.links.iter().find(|link| link.to == server.name);
    let Some(link) = into else {
        return Answer::No(format!("{} follows no server", server.name));
    };
    if let Some(why) = not_running(link) {
        return Answer::No(why);
    }
    match link.lag_seconds {
        None => Answer::No(format!("how far {} is behind is not known", server.name)),
        Some(lag) if lag <= limit.as_secs_f64() => {
            Answer::Yes(format!("{} is {lag:.1} s behind {}", server.name, link.from))
        }
        Some(lag) => Answer::No(format!(
            "{} is {lag:.1} s behind {}, more than {:.1} s",
            server.name,
            link.from,
            limit.as_secs_f64()
        )),
    }
}

fn not_running(link: &LinkStatus) -> Option<String> {
    let (to, from) = (&link.to, &link.from);
    match (link.io, link.sql) {
        (Some(IoState::Running), Some(SqlState::Running)) => None,
        (None, _) | (_, None) => Some(format!("the link of {to} from {from} cannot be seen")),
        (Some(IoState::Running), _) => Some(format!("the SQL thread of {to} from {from} is stopped")),
        _ => Some(format!("the IO thread of {to} from {from} is not connected")),
    }
}
