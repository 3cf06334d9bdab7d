//! What a monitor sees of a pair, and what it tells.

use std::time::Duration;

use dbha_monitor::{EventKind, Heartbeat, MonitorSettings};
use dbha_testkit::{Release, ServerPair};

use crate::operator::Operator;
use crate::releases::{on_every_release, on_releases};
use crate::servers::{pair_with_sample, purge_old_logs};
use crate::session::Session;
use crate::watching::{Watching, healing, in_words_of};
use crate::writers::Writers;

async fn pair_of(release: Release, writers: &str) -> (ServerPair, Operator) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup(["--writers", writers]).await.exits(0);
    (pair, operator)
}

fn verdict(report: &dbha_monitor::PairReport) -> String {
    report.status.verdict.to_string()
}

on_every_release!(a_healthy_pair_under_writers_is_quiet_and_its_lag_is_known);

async fn a_healthy_pair_under_writers_is_quiet_and_its_lag_is_known(release: Release) {
    let (pair, _operator) = pair_of(release, "both").await;
    let writers = Writers::start(&pair.primary, 2).await;
    let watching = Watching::begin(&pair, &MonitorSettings::default());

    let known = |report: &dbha_monitor::PairReport| {
        verdict(report) == "healthy"
            && report
                .status
                .links
                .iter()
                .all(|link| link.lag_heartbeat_seconds.is_some())
    };
    watching.until("both lags are known by heartbeat", known).await;
    // Long enough for rows in flight to be taken for something worse.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let report = watching.until("still so", known).await;
    writers.stop().await;

    assert!(
        report
            .looks
            .iter()
            .all(|look| look.heartbeat == Heartbeat::Written)
    );
    assert!(report.status.servers.iter().all(|server| server.errant.is_none()));
    let loud: Vec<_> = watching
        .told()
        .into_iter()
        .filter(|event| event.kind != EventKind::Watching)
        // A loaded machine may be slow; nothing else may be told.
        .filter(|event| event.code.is_none_or(|code| code.as_str() != "DBHA-M08"))
        .filter(|event| event.code.is_none_or(|code| code.as_str() != "DBHA-M09"))
        .collect();
    assert!(loud.is_empty(), "{loud:#?}");
    assert!(watching.end().await < Duration::from_secs(2));
}

on_releases!(a_read_only_standby_gets_no_heartbeat_of_its_own: mariadb_10_11, mysql_9_7);

async fn a_read_only_standby_gets_no_heartbeat_of_its_own(release: Release) {
    let (pair, _operator) = pair_of(release, "one").await;
    let watching = Watching::begin(&pair, &MonitorSettings::default());

    let report = watching
        .until("the primary's lag is known", |report| {
            report.status.links[0].lag_heartbeat_seconds.is_some()
        })
        .await;
    assert_eq!(report.looks[1].heartbeat, Heartbeat::ReadOnly, "{report:#?}");
    assert_eq!(report.status.links[1].lag_heartbeat_seconds, None);
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        let ids = session
            .value("SELECT GROUP_CONCAT(server_id) FROM dbha.heartbeat")
            .await;
        assert_eq!(ids, "1", "one row, of the only server that takes writes");
    }
}

on_every_release!(scenario_55_a_stopped_sql_thread_is_told_while_the_true_lag_grows);

async fn scenario_55_a_stopped_sql_thread_is_told_while_the_true_lag_grows(release: Release) {
    let (pair, _operator) = pair_of(release, "one").await;
    let watching = Watching::begin(&pair, &MonitorSettings::default());
    watching
        .until("healthy", |report| {
            verdict(report) == "healthy" && report.status.links[0].lag_heartbeat_seconds.is_some()
        })
        .await;
    let mut secondary = Session::open(&pair.secondary).await;
    secondary
        .run(&in_words_of(release, "STOP REPLICA SQL_THREAD"))
        .await;

    let began = watching.hears(EventKind::Began, Some("DBHA-M03")).await;
    assert_eq!(began.server.as_deref(), Some(pair.secondary.address().as_str()));
    let report = watching
        .until("the lag by heartbeat grows", |report| {
            report.status.links[0]
                .lag_heartbeat_seconds
                .is_some_and(|lag| lag > 3.0)
        })
        .await;
    assert_eq!(verdict(&report), "broken");
    assert_eq!(
        report.status.links[0].lag_server_seconds, None,
        "the server itself says NULL"
    );
    assert!(
        report
            .standing
            .iter()
            .any(|standing| standing.code.as_str() == "DBHA-M03")
    );

    // A monitor that begins now sees the same (scenario 72).
    let second = Watching::begin(&pair, &MonitorSettings::default());
    let first_seen = second.until("anything", |_| true).await;
    assert_eq!(verdict(&first_seen), "broken");
    second.end().await;

    secondary
        .run(&in_words_of(release, "START REPLICA SQL_THREAD"))
        .await;
    watching.hears(EventKind::Ended, Some("DBHA-M03")).await;
    watching
        .until("healthy again", |report| {
            verdict(report) == "healthy"
                && report.status.links[0]
                    .lag_heartbeat_seconds
                    .is_some_and(|lag| lag < 2.0)
        })
        .await;
}

on_releases!(scenario_70_a_killed_server_is_told_and_so_is_its_return: mariadb_10_11, mysql_9_7);

async fn scenario_70_a_killed_server_is_told_and_so_is_its_return(release: Release) {
    let (mut pair, _operator) = pair_of(release, "one").await;
    let watching = Watching::begin(&pair, &MonitorSettings::default());
    watching
        .until("healthy", |report| verdict(report) == "healthy")
        .await;

    pair.secondary.kill().await.unwrap();
    let began = watching.hears(EventKind::Began, Some("DBHA-M01")).await;
    assert_eq!(began.server.as_deref(), Some(pair.secondary.address().as_str()));
    let report = watching
        .until("unreachable", |report| verdict(report) == "unreachable")
        .await;
    assert!(report.status.servers[0].reachable);
    assert_eq!(report.status.links[0].lag_seconds, None, "unknown and not 0");

    pair.secondary.start().await.unwrap();
    watching.hears(EventKind::Ended, Some("DBHA-M01")).await;
}

on_releases!(scenario_70_a_frozen_server_is_told_and_holds_the_other_up_in_nothing: mariadb_10_11, mysql_9_7);

async fn scenario_70_a_frozen_server_is_told_and_holds_the_other_up_in_nothing(release: Release) {
    let (pair, _operator) = pair_of(release, "one").await;
    let watching = Watching::begin(&pair, &MonitorSettings::default());
    watching
        .until("healthy", |report| verdict(report) == "healthy")
        .await;

    pair.primary.freeze().unwrap();
    let began = watching.hears(EventKind::Began, Some("DBHA-M01")).await;
    assert_eq!(began.server.as_deref(), Some(pair.primary.address().as_str()));
    let answered = async || {
        let report = watching.until("seen", |_| true).await;
        report.looks[1].answered_at.unwrap()
    };
    let before = answered().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(
        answered().await > before + 3.0,
        "the other one is looked at all the time"
    );

    pair.primary.thaw().unwrap();
    watching.hears(EventKind::Ended, Some("DBHA-M01")).await;
    watching
        .until("healthy", |report| verdict(report) == "healthy")
        .await;
}

on_releases!(scenario_43_a_global_read_lock_stops_the_heartbeat_and_makes_nobody_unreachable: mariadb_10_11, mysql_9_7);

async fn scenario_43_a_global_read_lock_stops_the_heartbeat_and_makes_nobody_unreachable(release: Release) {
    let (pair, _operator) = pair_of(release, "one").await;
    let watching = Watching::begin(&pair, &MonitorSettings::default());
    watching
        .until("the heartbeat is there", |report| {
            report.status.links[0].lag_heartbeat_seconds.is_some()
        })
        .await;
    let mut backup = Session::open(&pair.primary).await;
    backup.run("FLUSH TABLES WITH READ LOCK").await;

    let report = watching
        .until("the heartbeat is stuck", |report| {
            report.looks[0].heartbeat == Heartbeat::Stuck
        })
        .await;
    assert!(report.status.servers[0].reachable);
    assert_eq!(
        report.status.links[0].lag_heartbeat_seconds, None,
        "unknown and not 0"
    );
    assert!(
        report.status.servers[0]
            .problems
            .iter()
            .any(|problem| problem.code.as_str() == "DBHA-M12"),
        "{report:#?}"
    );
    backup.run("UNLOCK TABLES").await;
    watching
        .until("the heartbeat is back", |report| {
            report.looks[0].heartbeat == Heartbeat::Written
        })
        .await;
    let unreachable = watching
        .told()
        .into_iter()
        .any(|event| event.code.is_some_and(|code| code.as_str() == "DBHA-M01"));
    assert!(!unreachable, "{:#?}", watching.told());
}

on_releases!(scenario_63_a_write_of_its_own_on_a_read_only_standby_is_told: mariadb_10_11, mysql_9_7);

async fn scenario_63_a_write_of_its_own_on_a_read_only_standby_is_told(release: Release) {
    let (pair, _operator) = pair_of(release, "one").await;
    let watching = Watching::begin(&pair, &MonitorSettings::default());
    watching
        .until("healthy", |report| verdict(report) == "healthy")
        .await;
    let mut standby = Session::open(&pair.secondary).await;
    if release.is_mysql() {
        standby.run("SET GLOBAL super_read_only=0").await;
    }
    standby
        .run("INSERT INTO rental_shop.category (name) VALUES ('where it should not be')")
        .await;

    let told = watching.hears(EventKind::Began, Some("DBHA-M13")).await;
    assert_eq!(told.server.as_deref(), Some(pair.secondary.address().as_str()));
}

on_releases!(scenario_74_a_setting_that_drifts_is_told_and_put_back_where_that_is_allowed: mariadb_10_11, mysql_9_7);

async fn scenario_74_a_setting_that_drifts_is_told_and_put_back_where_that_is_allowed(release: Release) {
    let (pair, _operator) = pair_of(release, "both").await;
    let settings = MonitorSettings {
        full_look_every: Duration::from_secs(2),
        ..MonitorSettings::default()
    };
    let watching = Watching::begin(&pair, &settings);
    watching
        .until("healthy", |report| verdict(report) == "healthy")
        .await;
    let mut primary = Session::open(&pair.primary).await;
    primary.run("SET GLOBAL sync_binlog=0").await;

    let told = watching.hears(EventKind::Began, Some("DBHA-M06")).await;
    assert!(told.text.contains("sync_binlog"), "{told:?}");
    assert_eq!(
        primary.value("SELECT @@GLOBAL.sync_binlog").await,
        "0",
        "nothing is put back unasked"
    );
    watching.end().await;

    let healing = MonitorSettings {
        heal: true,
        ..settings
    };
    let watching = Watching::begin(&pair, &healing);
    let healed = watching.hears(EventKind::Healed, None).await;
    assert!(healed.text.contains("sync_binlog"), "{healed:?}");
    watching
        .until("healthy", |report| verdict(report) == "healthy")
        .await;
    assert_eq!(primary.value("SELECT @@GLOBAL.sync_binlog").await, "1");
}

on_releases!(scenario_54_a_receiver_that_gave_up_after_a_network_error_is_started_again: mysql_9_7);

async fn scenario_54_a_receiver_that_gave_up_after_a_network_error_is_started_again(release: Release) {
    let (mut pair, _operator) = pair_of(release, "one").await;
    let mut secondary = Session::open(&pair.secondary).await;
    for statement in [
        "STOP REPLICA",
        "CHANGE REPLICATION SOURCE TO SOURCE_RETRY_COUNT = 1, SOURCE_CONNECT_RETRY = 1",
        "START REPLICA",
    ] {
        secondary.run(statement).await;
    }
    let healing = healing();
    let watching = Watching::begin(&pair, &healing);
    watching
        .until("healthy", |report| verdict(report) == "healthy")
        .await;
    pair.primary.kill().await.unwrap();
    watching
        .until("the receiver has given up", |report| {
            report.status.links[0].io == Some(dbha_core::IoState::Stopped)
        })
        .await;
    pair.primary.start().await.unwrap();

    let healed = watching.hears(EventKind::Healed, None).await;
    assert!(healed.text.contains("IO thread"), "{healed:?}");
    watching
        .until("healthy", |report| verdict(report) == "healthy")
        .await;
    // What somebody stopped on purpose stays stopped.
    secondary.run("STOP REPLICA").await;
    watching
        .until("broken", |report| verdict(report) == "broken")
        .await;
    tokio::time::sleep(Duration::from_secs(8)).await;
    watching
        .until("still broken", |report| verdict(report) == "broken")
        .await;
}

on_releases!(scenario_62_a_link_that_asks_for_its_own_purged_transactions_is_mended: mariadb_10_11, mariadb_11_8);

async fn scenario_62_a_link_that_asks_for_its_own_purged_transactions_is_mended(release: Release) {
    let (pair, _operator) = pair_of(release, "both").await;
    let (mut primary, mut secondary) = (
        Session::open(&pair.primary).await,
        Session::open(&pair.secondary).await,
    );
    // While its link rests the primary writes on; the secondary has it all, and purges the logs that held it.
    primary.run("STOP SLAVE").await;
    for number in 0..3 {
        let statement = format!("INSERT INTO rental_shop.category (name) VALUES ('own {number}')");
        primary.run(&statement).await;
    }
    let position = primary.value("SELECT @@GLOBAL.gtid_binlog_pos").await;
    let waited = secondary
        .value(&format!("SELECT MASTER_GTID_WAIT('{position}', 20)"))
        .await;
    assert_eq!(waited, "0");
    purge_old_logs(&pair.secondary).await;
    primary.run("START SLAVE").await;

    let healing = MonitorSettings {
        heal: true,
        heartbeat: false,
        ..MonitorSettings::default()
    };
    let watching = Watching::begin(&pair, &healing);
    let healed = watching.hears(EventKind::Healed, None).await;
    assert!(healed.text.contains("its own transactions"), "{healed:?}");
    watching
        .until("healthy", |report| verdict(report) == "healthy")
        .await;
}

on_releases!(a_monitor_that_runs_through_a_set_up_disturbs_nothing: mariadb_10_11, mysql_9_7);

async fn a_monitor_that_runs_through_a_set_up_disturbs_nothing(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    let healing = healing();
    // Before anything is set up both servers stand alone: a heartbeat on the secondary would be data on it.
    let watching = Watching::begin(
        &pair,
        &MonitorSettings {
            heartbeat: false,
            ..healing.clone()
        },
    );
    watching
        .until("broken", |report| verdict(report) == "broken")
        .await;
    operator.setup([]).await.exits(0);
    watching
        .until("healthy", |report| verdict(report) == "healthy")
        .await;
    watching.end().await;

    let watching = Watching::begin(&pair, &healing);
    watching
        .until("the lag is known", |report| {
            report.status.links[0].lag_heartbeat_seconds.is_some()
        })
        .await;
    // Its markers are written on the standby as well, and are no write of anybody else.
    operator.setup(["--prove"]).await.exits(0);
    tokio::time::sleep(Duration::from_secs(3)).await;
    operator.setup(["--writers", "both"]).await.exits(0);
    operator.status().await.exits(0);
    let told = watching.told();
    assert!(
        told.iter().all(|event| {
            let mended = matches!(event.kind, EventKind::NotHealed | EventKind::Healed);
            !mended && event.code.is_none_or(|code| code.as_str() != "DBHA-M13")
        }),
        "{told:#?}"
    );
}
