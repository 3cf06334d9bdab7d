//! What speaks against what was chosen for the pair.

use super::list::lines;
use crate::{Both, Finding, FindingCode as Code, NO_LIMIT_MS, Side, Topology, Writers};
use dbha_sql::Facts;

pub(super) fn findings(facts: &Both<Facts>, topology: &Topology) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(needs_one_writer(topology));
    found.extend(waits_without_limit(topology));
    if topology.choices.semi_sync.is_some() {
        found.extend(
            Side::BOTH
                .into_iter()
                .filter_map(|side| old_plugin(side, facts.of(side))),
        );
    }
    found
}

fn needs_one_writer(topology: &Topology) -> Option<Finding> {
    let asked: Vec<&str> = [
        (
            topology.choices.semi_sync.is_some(),
            "semi-synchronous replication (--semi-sync)",
        ),
        (
            topology.choices.managed,
            "a pair that dbha alone opens (--managed)",
        ),
    ]
    .into_iter()
    .filter_map(|(chosen, words)| chosen.then_some(words))
    .collect();
    (topology.writers == Writers::Both && !asked.is_empty()).then(|| {
        Finding::new(
            Code::NeedsOneWriter,
            None,
            format!(
                "both servers are to take writes, and {} needs one writer",
                asked.join(" and ")
            ),
            "leave --writers both away, or add --semi-sync=off --managed=no",
        )
    })
}

fn waits_without_limit(topology: &Topology) -> Option<Finding> {
    let limit = topology.choices.semi_sync?;
    (limit.as_millis() >= u128::from(NO_LIMIT_MS)).then(|| {
        let (writer, standby) = (&topology.servers[0].name, &topology.servers[1].name);
        Finding::new(
            Code::WaitsWithoutLimit,
            None,
            format!("while {standby} is away, every commit on {writer} waits, however long that is"),
            "give a time-out (--semi-sync-timeout 10s), unless something decides when it may go on alone",
        )
    })
}

fn old_plugin(side: Side, facts: &Facts) -> Option<Finding> {
    let there = facts.surroundings.plugins.known()?;
    let old: Vec<_> = facts
        .dialect
        .old_semi_sync_plugins()
        .into_iter()
        .filter(|plugin| there.contains(plugin.name))
        .collect();
    (!old.is_empty()).then(|| {
        let names: Vec<&str> = old.iter().map(|plugin| plugin.name).collect();
        Finding::new(
            Code::OldSemiSyncPlugin,
            Some(side),
            format!("{} has loaded {}", facts.name, names.join(" and ")),
            "run these on it, take their options out of its option file, then run the same command again",
        )
        .with_lines(lines(
            old.iter().map(|plugin| facts.dialect.uninstall_plugin(plugin)),
        ))
    })
}
