//! From everything that is wrong to one word and one sentence.

use crate::{Condition, ServerStatus, Verdict, WritableServers};

/// The first that applies: unreachable, broken, degraded, lagging, healthy.
pub(super) fn judge(servers: &[ServerStatus], writers: WritableServers) -> (Verdict, String) {
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
        Condition::NobodyOpened,
        Condition::Writers,
        Condition::SettingDrift,
        Condition::Errant,
        Condition::OwnWrites,
        Condition::NotAcknowledged,
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
