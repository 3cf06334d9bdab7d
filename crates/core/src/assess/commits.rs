//! How safe commits are, and what is wrong with that.

use super::Seen;
use crate::{Both, Condition, Durability, DurabilityStatus, Problem, ServerStatus, Side, durability};
use dbha_sql::{Facts, Setting};

/// Judges the commits of the server that takes writes; of two that do, the less safe ones.
pub(super) fn durability_of(seen: &Both<Seen>) -> Option<DurabilityStatus> {
    let facts = |side: Side| seen.of(side).as_ref().ok();
    Side::BOTH
        .into_iter()
        .filter_map(|side| {
            Some((
                facts(side).filter(|facts| !facts.is_read_only())?,
                facts(side.peer()),
            ))
        })
        .map(|(writer, peer)| durability(writer, peer))
        .max_by_key(|found| found.level)
}

/// Tells whether any server that answers says that dbha alone opens one.
pub(super) fn is_managed(seen: &Both<Seen>) -> bool {
    answered(seen).any(|facts| facts.choices.known().is_some_and(|choices| choices.managed))
}

/// Returns where the vote of a guarded pair is, as any server that answers says.
pub(super) fn guarded(seen: &Both<Seen>) -> Option<String> {
    answered(seen).find_map(|facts| facts.choices.known()?.guarded.clone())
}

fn answered(seen: &Both<Seen>) -> impl Iterator<Item = &Facts> {
    Side::BOTH
        .into_iter()
        .filter_map(|side| seen.of(side).as_ref().ok())
}

/// Says at the writer that its commits are not acknowledged, where they should be.
pub(super) fn problem(found: &DurabilityStatus, seen: &Both<Seen>, servers: &mut [ServerStatus]) {
    if !found.wanted || found.level == Durability::Sync {
        return;
    }
    let Some(server) = servers.iter_mut().find(|server| server.name == found.server) else {
        return;
    };
    let switched_off =
        answered(seen).any(|facts| facts.name == found.server && !facts.has(Setting::SemiSyncSource, "ON"));
    let fix = match (found.level, switched_off) {
        (Durability::Solo, _) => {
            "let the other server come back: dbha status says what keeps it away; after a failover dbha rejoin"
        }
        (_, true) => "run dbha setup again: it lets commits wait as chosen",
        (_, false) => "wait until the other server has caught up; if it stays so, run dbha setup again",
    };
    server.problems.push(Problem {
        code: Condition::NotAcknowledged,
        text: format!("commits on {} are {}: {}", found.server, found.level, found.why),
        fix: fix.to_owned(),
    });
    server.problems.sort_by_key(|problem| problem.code);
}
