use crate::{
    Damping, EventKind, MonitorEvent, PairReport, Standing,
    commits::Changes,
    damper::{Change, Damper},
};
use dbha_core::{Condition, Problem, WritableServers};
use std::collections::BTreeMap;

/// From reports to events: what begins and ends is told once.
pub(crate) struct Teller {
    damping: Damping,
    dampers: BTreeMap<(String, Condition), (Damper, Standing)>,
    writers: Option<WritableServers>,
    commits: Changes,
    watching: bool,
}

impl Teller {
    pub(crate) fn new(damping: Damping) -> Self {
        Self {
            damping,
            dampers: BTreeMap::new(),
            writers: None,
            commits: Changes::default(),
            watching: false,
        }
    }

    /// Takes in a report: returns what is to be told, and puts what stands into it.
    pub(crate) fn tell(&mut self, report: &mut PairReport) -> Vec<MonitorEvent> {
        let mut told = vec![];
        if !self.watching {
            self.watching = true;
            told.push(event(report, EventKind::Watching, report.status.reason.clone()));
        }
        told.extend(self.writers_changed(report));
        let commits = self.commits.look(report.status.durability.as_ref());
        told.extend(commits.map(|text| event(report, EventKind::DurabilityChanged, text)));
        let problems: Vec<(String, Problem)> = report
            .status
            .servers
            .iter()
            .flat_map(|server| {
                let name = server.name.clone();
                server
                    .problems
                    .iter()
                    .map(move |problem| (name.clone(), problem.clone()))
            })
            .collect();
        for (server, problem) in &problems {
            let key = (server.clone(), problem.code);
            let entry = self.dampers.entry(key).or_insert_with(|| {
                let damper = Damper::new(self.damping, is_urgent(problem.code));
                (damper, standing(server, problem, report.at))
            });
            if !entry.0.stands() {
                entry.1.since = report.at;
            }
            entry.1.text.clone_from(&problem.text);
            entry.1.fix.clone_from(&problem.fix);
        }
        for ((server, code), (damper, standing)) in &mut self.dampers {
            let there = problems
                .iter()
                .any(|(name, problem)| name == server && problem.code == *code);
            let unknown = !there && is_hidden(report, server, *code);
            // What cannot be seen has neither begun nor ended.
            let change = if unknown { None } else { damper.look(there) };
            told.extend(change.map(|change| about(report, standing, change)));
        }
        self.dampers.retain(|_, (damper, _)| !damper.is_forgotten());
        let mut stands: Vec<Standing> = self
            .dampers
            .values()
            .filter(|(damper, _)| damper.stands())
            .map(|(_, standing)| standing.clone())
            .collect();
        stands.sort_by(|a, b| a.since.total_cmp(&b.since).then(a.code.cmp(&b.code)));
        report.standing = stands;
        told
    }

    fn writers_changed(&mut self, report: &PairReport) -> Option<MonitorEvent> {
        let all_seen = report.status.servers.iter().all(|server| server.reachable);
        if !all_seen {
            return None;
        }
        let before = self.writers.replace(report.status.writers)?;
        if before == report.status.writers {
            return None;
        }
        let words = match report.status.writers {
            WritableServers::None => "neither server takes writes now",
            WritableServers::One => "one server takes writes now",
            WritableServers::Both => "both servers take writes now",
        };
        Some(event(report, EventKind::WritersChanged, words.to_owned()))
    }
}

fn standing(server: &str, problem: &Problem, at: f64) -> Standing {
    Standing {
        code: problem.code,
        server: server.to_owned(),
        text: problem.text.clone(),
        fix: problem.fix.clone(),
        since: at,
    }
}

/// Tells whether a condition of a server cannot be judged at this look because that server was not seen.
fn is_hidden(report: &PairReport, server: &str, code: Condition) -> bool {
    code != Condition::Unreachable
        && report
            .status
            .servers
            .iter()
            .any(|seen| seen.name == server && !seen.reachable)
}

/// Tells whether a condition is told at its first look.
fn is_urgent(code: Condition) -> bool {
    matches!(
        code,
        Condition::Unreachable
            | Condition::IoThread
            | Condition::SqlThread
            | Condition::NoLink
            | Condition::Writers
            | Condition::NobodyOpened
            | Condition::EqualServerIds
            | Condition::OwnWrites
    )
}

fn about(report: &PairReport, standing: &Standing, change: Change) -> MonitorEvent {
    let (kind, text, fix) = match change {
        Change::Began => (
            EventKind::Began,
            standing.text.clone(),
            Some(standing.fix.clone()),
        ),
        Change::Ended => (
            EventKind::Ended,
            format!("over on {}: {}", standing.server, standing.text),
            None,
        ),
        Change::Flapping => (
            EventKind::Flapping,
            format!("comes and goes on {}: {}", standing.server, standing.text),
            Some(standing.fix.clone()),
        ),
    };
    MonitorEvent {
        server: Some(standing.server.clone()),
        code: Some(standing.code),
        fix,
        ..event(report, kind, text)
    }
}

/// Makes an event about a pair as a whole.
pub(crate) fn event(report: &PairReport, kind: EventKind, text: String) -> MonitorEvent {
    MonitorEvent {
        seq: 0,
        at: report.at,
        pair: report.status.pair.clone(),
        kind,
        server: None,
        code: None,
        text,
        fix: None,
        verdict: report.status.verdict,
    }
}
