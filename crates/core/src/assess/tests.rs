use super::{Seen, Unseen, assess};
use crate::{
    Both, Condition, Durability, SetupOptions, Verdict, WritableServers, Writers,
    built_facts::{finished_pair, fresh_pair, running_link, set},
};
use dbha_sql::{Choices, Facts, GtidSet, IoState, LinkError, Observed, SemiSyncFacts, Setting, SqlState};
use std::time::Duration;

const MARIADB: &str = "10.11.19-MariaDB";

fn seen(facts: Both<Facts>) -> Both<Seen> {
    Both {
        primary: Ok(facts.primary),
        secondary: Ok(facts.secondary),
    }
}

fn verdict(change: impl FnOnce(&mut Both<Facts>)) -> (Verdict, String) {
    let mut facts = finished_pair(MARIADB, &SetupOptions::default());
    change(&mut facts);
    let status = assess("p", &seen(facts));
    (status.verdict, status.reason)
}

fn link(facts: &mut Facts) -> &mut dbha_sql::ReplicaStatus {
    match &mut facts.links {
        Observed::Known(links) => &mut links[0],
        other => panic!("{other:?}"),
    }
}

#[test]
fn finished_pairs_are_healthy() {
    for (writers, writable) in [
        (Writers::One, WritableServers::One),
        (Writers::Both, WritableServers::Both),
    ] {
        let options = SetupOptions {
            writers,
            ..SetupOptions::default()
        };
        let status = assess("p", &seen(finished_pair(MARIADB, &options)));
        assert_eq!(
            (status.verdict, status.writers, status.restart_safe),
            (Verdict::Healthy, writable, true),
            "{status:?}"
        );
        assert_eq!(status.exit_code(), 0);
    }
}

#[test]
fn a_stopped_thread_is_broken_whatever_else_is_wrong() {
    let (verdict, reason) = verdict(|facts| {
        set(&mut facts.primary, Setting::SyncBinlog, "0");
        let link = link(&mut facts.secondary);
        link.sql = SqlState::Stopped;
        link.sql_error = Some(LinkError {
            code: 1062,
            text: "Duplicate entry".into(),
        });
    });
    assert_eq!(verdict, Verdict::Broken);
    assert!(
        reason.contains("SQL thread of b") && reason.contains("1062"),
        "{reason}"
    );
}

#[test]
fn scenario_54_an_io_thread_that_keeps_connecting_is_broken() {
    assert_eq!(
        verdict(|facts| link(&mut facts.primary).io = IoState::Connecting).0,
        Verdict::Broken
    );
}

#[test]
fn a_drifted_setting_or_writer_is_degraded() {
    assert_eq!(
        verdict(|facts| set(&mut facts.primary, Setting::AutoIncrementIncrement, "3")).0,
        Verdict::Degraded
    );
    let (verdict, reason) = verdict(|facts| set(&mut facts.secondary, Setting::ReadOnly, "OFF"));
    assert_eq!(
        (verdict, reason.as_str()),
        (Verdict::Degraded, "b is writable and should be read-only")
    );
}

#[test]
fn scenario_55_unknown_lag_is_not_healthy_lag_and_long_lag_is_lagging() {
    let mut facts = finished_pair(MARIADB, &SetupOptions::default());
    link(&mut facts.secondary).lag = None;
    assert_eq!(assess("p", &seen(facts.clone())).links[0].lag_seconds, None);
    link(&mut facts.secondary).lag = Some(Duration::from_secs(60));
    assert_eq!(assess("p", &seen(facts)).verdict, Verdict::Lagging);
}

#[test]
fn scenario_70_a_server_that_does_not_answer_is_unreachable() {
    let facts = finished_pair(MARIADB, &SetupOptions::default());
    let gone = Unseen {
        name: "b".into(),
        address: "host-b:3306".into(),
        text: "refused".into(),
        fix: "start it".into(),
    };
    let status = assess(
        "p",
        &Both {
            primary: Ok(facts.primary),
            secondary: Err(gone),
        },
    );
    assert_eq!((status.verdict, status.exit_code()), (Verdict::Unreachable, 4));
    assert_eq!(status.servers[1].problems[0].code, Condition::Unreachable);
    assert_eq!(status.links[0].io, None);
    assert_eq!(status.writers_recorded, Some(Writers::One));
}

#[test]
fn servers_without_replication_are_broken_and_one_way_is_degraded() {
    let mut facts = fresh_pair(MARIADB);
    facts.secondary.server_id = 2;
    assert_eq!(assess("p", &seen(facts.clone())).verdict, Verdict::Broken);
    facts.secondary.links = Observed::Known(vec![running_link("host-a", "repl")]);
    let status = assess("p", &seen(facts));
    assert_eq!((status.verdict, status.exit_code()), (Verdict::Degraded, 5));
}

#[test]
fn a_pair_that_dbha_did_not_build_is_judged_by_its_links_alone() {
    let mut facts = fresh_pair(MARIADB);
    facts.secondary.server_id = 2;
    facts.secondary.links = Observed::Known(vec![running_link("host-a", "repl")]);
    facts.primary.links = Observed::Known(vec![running_link("host-b", "repl")]);
    let status = assess("p", &seen(facts));
    assert_eq!(
        (status.verdict, status.writers),
        (Verdict::Healthy, WritableServers::Both),
        "{status:?}"
    );
}

#[test]
fn rows_in_flight_are_missing_and_never_errant() {
    let mut facts = finished_pair(MARIADB, &SetupOptions::default());
    facts.primary.executed = GtidSet::parse(dbha_sql::Flavor::MariaDb, "0-1-10").unwrap();
    let status = assess("p", &seen(facts));
    assert_eq!(
        (status.links[0].gtid_missing, status.servers[0].errant.clone()),
        (Some(10), None)
    );
}

#[test]
fn scenario_14_what_cannot_flow_is_errant() {
    let mut facts = fresh_pair(MARIADB);
    facts.secondary.server_id = 2;
    facts.secondary.links = Observed::Known(vec![running_link("host-a", "repl")]);
    facts.secondary.executed = GtidSet::parse(dbha_sql::Flavor::MariaDb, "2-2-3").unwrap();
    let status = assess("p", &seen(facts));
    assert_eq!(status.servers[1].errant.as_deref(), Some("2-2-3"));
}

#[test]
fn the_pair_is_the_same_pair_in_the_other_order() {
    let facts = finished_pair(MARIADB, &SetupOptions::default());
    let swapped = Both {
        primary: facts.secondary,
        secondary: facts.primary,
    };
    assert_eq!(assess("p", &seen(swapped)).verdict, Verdict::Healthy);
}

#[test]
fn what_a_replica_says_of_its_link_is_told_in_its_figures() {
    let mut facts = finished_pair(MARIADB, &SetupOptions::default());
    let into_b = link(&mut facts.secondary);
    into_b.sql = SqlState::Stopped;
    into_b.delay_seconds = 60;
    into_b.received_at = Some(("a.000001".into(), 900));
    into_b.applied_at = Some(("a.000001".into(), 400));
    into_b.sql_error = Some(LinkError {
        code: 1062,
        text: String::new(),
    });
    let detail = assess("p", &seen(facts)).links[0].detail.clone().unwrap();
    assert_eq!(
        (detail.io_error, detail.sql_error, detail.delay_seconds),
        (0, 1062, 60)
    );
    assert_eq!(
        (detail.received_offset, detail.applied_offset),
        (Some(900), Some(400))
    );
}

#[test]
fn the_writer_is_whoever_a_change_of_roles_made_it() {
    let mut facts = finished_pair(MARIADB, &SetupOptions::default());
    let writer_of = |facts: &Both<Facts>| {
        let status = assess("", &facts.map(|_, facts| Ok(facts.clone())));
        (status.term, status.writer)
    };
    let term = |number, server_id| dbha_sql::Term {
        number,
        server_id,
        reason: "failover".into(),
    };
    assert_eq!(writer_of(&facts), (None, None));
    facts.primary.terms = Observed::Known(vec![term(1, facts.primary.server_id)]);
    assert_eq!(
        writer_of(&facts),
        (Some(1), None),
        "a set-up alone decides nothing"
    );
    facts.secondary.terms = Observed::Known(vec![term(2, facts.secondary.server_id)]);
    assert_eq!(writer_of(&facts), (Some(2), Some(facts.secondary.name.clone())));
    facts.primary.terms = Observed::Known(vec![term(2, facts.primary.server_id)]);
    assert_eq!(writer_of(&facts), (Some(2), None), "two of one number are nobody");
}

/// A pair that was set up so that commits are acknowledged, and whether they are.
fn acknowledged(source_waits: bool) -> Both<Facts> {
    let options = SetupOptions {
        semi_sync: Some(true),
        ..SetupOptions::default()
    };
    let mut facts = finished_pair(MARIADB, &options);
    for side in crate::Side::BOTH {
        let server = facts.of_mut(side);
        server.choices = Observed::Known(Choices {
            semi_sync: Some(Duration::from_secs(10)),
            managed: false,
            ..Choices::default()
        });
        server.semi_sync = Observed::Known(SemiSyncFacts {
            source_waits: source_waits && side == crate::Side::Primary,
            acknowledging: 1,
            waiting: 0,
            replica_acknowledges: true,
        });
    }
    facts
}

#[test]
fn a_pair_whose_commits_should_be_acknowledged_and_are_not_is_degraded() {
    let status = assess("p", &seen(acknowledged(true)));
    assert_eq!(status.verdict, Verdict::Healthy, "{}", status.reason);
    assert_eq!(status.durability.map(|found| found.level), Some(Durability::Sync));

    let status = assess("p", &seen(acknowledged(false)));
    assert_eq!(status.verdict, Verdict::Degraded, "{}", status.reason);
    let codes: Vec<Condition> = status.servers[0].problems.iter().map(|one| one.code).collect();
    assert!(codes.contains(&Condition::NotAcknowledged), "{codes:?}");
    // Switched off by somebody: said once, as what it means.
    let mut facts = acknowledged(false);
    set(&mut facts.primary, Setting::SemiSyncSource, "OFF");
    let status = assess("p", &seen(facts));
    assert!(status.reason.contains("switched off"), "{}", status.reason);
    assert!(
        !status.servers[0]
            .problems
            .iter()
            .any(|one| one.code == Condition::SettingDrift)
    );
    // A standby that waits for acknowledgements is a drift.
    let mut facts = acknowledged(true);
    set(&mut facts.secondary, Setting::SemiSyncSource, "ON");
    assert!(
        assess("p", &seen(facts))
            .reason
            .contains("rpl_semi_sync_master_enabled")
    );
}

#[test]
fn a_managed_pair_that_nobody_has_opened_is_degraded_and_says_what_to_do() {
    let options = SetupOptions {
        managed: Some(true),
        ..SetupOptions::default()
    };
    let mut facts = finished_pair(MARIADB, &options);
    for side in crate::Side::BOTH {
        facts.of_mut(side).choices = Observed::Known(Choices {
            semi_sync: None,
            managed: true,
            ..Choices::default()
        });
    }
    let open = assess("p", &seen(facts.clone()));
    assert!(open.managed && open.is_healthy(), "{}", open.reason);
    set(&mut facts.primary, Setting::ReadOnly, "ON");
    let status = assess("p", &seen(facts));
    assert_eq!(status.verdict, Verdict::Degraded);
    assert!(status.reason.contains("managed"), "{}", status.reason);
    assert_eq!(status.servers[0].problems[0].code, Condition::NobodyOpened);
    assert_eq!(status.durability, None);
}
