use super::*;
use crate::{
    Both, SetupOptions,
    built_facts::{finished_pair, set},
};
use dbha_sql::{Choices, ConnectedReplica, Observed, SemiSyncFacts};
use std::time::Duration;

/// A pair whose commits are acknowledged.
fn acknowledged(version: &str) -> Both<Facts> {
    let mut pair = finished_pair(version, &SetupOptions::default());
    set(&mut pair.primary, Setting::SemiSyncSource, "ON");
    set(&mut pair.primary, Setting::SemiSyncWaitPoint, "AFTER_SYNC");
    set(&mut pair.primary, Setting::SemiSyncTimeout, "10000");
    pair.primary.semi_sync = Observed::Known(SemiSyncFacts {
        source_waits: true,
        acknowledging: 1,
        ..SemiSyncFacts::default()
    });
    pair.secondary.semi_sync = Observed::Known(SemiSyncFacts {
        replica_acknowledges: true,
        ..SemiSyncFacts::default()
    });
    pair.primary.choices = Observed::Known(Choices {
        semi_sync: Some(Duration::from_secs(10)),
        managed: false,
        ..Choices::default()
    });
    pair
}

fn seen(facts: &mut Facts) -> &mut SemiSyncFacts {
    match &mut facts.semi_sync {
        Observed::Known(seen) => seen,
        _ => panic!("nothing was seen of it"),
    }
}

/// What was judged: the level, whether commits wait, and why.
fn judged(pair: &Both<Facts>) -> (Durability, bool, String) {
    let judged = durability(&pair.primary, Some(&pair.secondary));
    (judged.level, judged.holds, judged.why)
}

fn link_of_secondary(pair: &mut Both<Facts>) -> &mut ReplicaStatus {
    match &mut pair.secondary.links {
        Observed::Known(links) => &mut links[0],
        _ => panic!("no link was seen"),
    }
}

#[test]
fn acknowledged_commits_are_sync_on_both_flavours() {
    for version in ["10.11.19-MariaDB", "9.7.4"] {
        let pair = acknowledged(version);
        assert_eq!(judged(&pair).0, Durability::Sync, "{version}");
        assert!(durability(&pair.primary, Some(&pair.secondary)).wanted);
        // The other server is not seen, the writer says that it acknowledges.
        assert_eq!(Durability::of(&pair.primary, None), Durability::Sync);
    }
}

#[test]
fn whatever_is_missing_makes_it_async() {
    type Spoil = fn(&mut Both<Facts>);
    let cases: [(Spoil, bool, &str); 5] = [
        (
            |pair| seen(&mut pair.primary).source_waits = false,
            false,
            "did not come in time (at most 10 s)",
        ),
        (
            |pair| set(&mut pair.primary, Setting::SemiSyncWaitPoint, "AFTER_COMMIT"),
            true,
            "AFTER_COMMIT",
        ),
        (
            |pair| seen(&mut pair.secondary).replica_acknowledges = false,
            true,
            "started anew",
        ),
        (
            |pair| seen(&mut pair.primary).acknowledging = 0,
            true,
            "started anew",
        ),
        (
            |pair| {
                set(&mut pair.primary, Setting::SemiSyncSource, "OFF");
                seen(&mut pair.primary).source_waits = false;
            },
            false,
            "switched off on a",
        ),
    ];
    for (spoil, waits, words) in cases {
        let mut pair = acknowledged("10.11.19-MariaDB");
        spoil(&mut pair);
        let (level, holds, why) = judged(&pair);
        assert_eq!((level, holds), (Durability::Async, waits), "{why}");
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn a_replica_that_is_not_connected_makes_it_solo_whatever_the_writer_believes() {
    let mut pair = acknowledged("9.7.4");
    // MySQL counts a replica that was cut off until it writes to it.
    link_of_secondary(&mut pair).io = IoState::Connecting;
    let (level, holds, why) = judged(&pair);
    assert_eq!((level, holds), (Durability::Solo, true), "{why}");
    assert!(why.contains("commits wait"), "{why}");
    pair.secondary.links = Observed::Known(vec![]);
    assert_eq!(judged(&pair).0, Durability::Solo);
}

#[test]
fn without_semi_sync_a_pair_is_async_and_a_lone_server_solo() {
    let mut pair = finished_pair("10.11.19-MariaDB", &SetupOptions::default());
    let (level, holds, why) = judged(&pair);
    assert_eq!((level, holds), (Durability::Async, false));
    assert!(why.contains("--semi-sync"), "{why}");
    pair.primary.connected_replicas = Observed::Known(vec![]);
    assert_eq!(Durability::of(&pair.primary, None), Durability::Solo);
    pair.primary.connected_replicas = Observed::Known(vec![ConnectedReplica {
        connection: 7,
        user: "dbha_repl".into(),
        host: "h".into(),
    }]);
    assert_eq!(Durability::of(&pair.primary, None), Durability::Async);
}

#[test]
fn the_safest_level_comes_first() {
    assert!(Durability::Sync < Durability::Async && Durability::Async < Durability::Solo);
}
