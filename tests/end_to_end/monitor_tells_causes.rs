//! What a monitor says of links that went wrong, in the server's words and with what to do.

use std::time::Duration;

use dbha_monitor::{EventKind, MonitorEvent, MonitorSettings};
use dbha_testkit::{Fault, FaultProxy, Release, ServerPair};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{pair_with_sample, purge_old_logs};
use crate::session::Session;
use crate::watching::{Watching, healing, in_words_of};

async fn watched_pair(release: Release, settings: &MonitorSettings) -> (ServerPair, Watching) {
    let pair = pair_with_sample(release, 3).await;
    Operator::of(&pair).setup([]).await.exits(0);
    let watching = Watching::begin(&pair, settings);
    watching
        .until("healthy", |report| report.status.is_healthy())
        .await;
    (pair, watching)
}

/// Waits until a condition is told with the number of the server's error in its text.
async fn told_with(watching: &Watching, condition: &str, error: u32) -> MonitorEvent {
    let number = error.to_string();
    watching
        .until(&format!("{condition} with {number}"), |report| {
            report
                .standing
                .iter()
                .any(|standing| standing.code.as_str() == condition && standing.text.contains(&number))
        })
        .await;
    watching.hears(EventKind::Began, Some(condition)).await
}

on_releases!(scenario_50_purged_logs_are_told_with_1236: mariadb_10_11, mysql_9_7);

async fn scenario_50_purged_logs_are_told_with_1236(release: Release) {
    let (pair, watching) = watched_pair(
        release,
        // Healing is allowed, and there is nothing that may be done.
        &healing(),
    )
    .await;
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run(&in_words_of(release, "STOP REPLICA")).await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("INSERT INTO rental_shop.category (name) VALUES ('purged')")
        .await;
    purge_old_logs(&pair.primary).await;
    secondary.run(&in_words_of(release, "START REPLICA")).await;

    let number = if release.is_mysql() { 13114 } else { 1236 };
    told_with(&watching, "DBHA-M02", number).await;
    let report = watching.until("seen", |_| true).await;
    let error = report.status.links[0].last_error.as_ref().unwrap();
    assert!(error.fix.contains("dbha setup"), "{error:?}");
    let healed = watching
        .told()
        .into_iter()
        .any(|event| event.kind == EventKind::Healed);
    assert!(!healed, "{:#?}", watching.told());
}

on_releases!(scenario_51_a_row_in_the_way_is_told_with_1062_and_left_alone: mariadb_10_11, mysql_9_7);

async fn scenario_51_a_row_in_the_way_is_told_with_1062_and_left_alone(release: Release) {
    let (pair, watching) = watched_pair(release, &healing()).await;
    let mut secondary = Session::open(&pair.secondary).await;
    if release.is_mysql() {
        secondary.run("SET GLOBAL super_read_only=0").await;
    }
    secondary.run("SET sql_log_bin=0").await;
    secondary
        .run("INSERT INTO rental_shop.category (category_id, name) VALUES (100, 'here first')")
        .await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("INSERT INTO rental_shop.category (category_id, name) VALUES (100, 'too late')")
        .await;

    let told = told_with(&watching, "DBHA-M03", 1062).await;
    assert!(told.text.contains("Duplicate entry"), "{told:?}");
    assert!(told.fix.unwrap().contains("diverged"));
    tokio::time::sleep(Duration::from_secs(4)).await;
    let name = secondary
        .value("SELECT name FROM rental_shop.category WHERE category_id = 100")
        .await;
    assert_eq!(name, "here first", "nothing was skipped or overwritten");
    watching
        .until("still broken", |report| {
            report.status.verdict.to_string() == "broken"
        })
        .await;
}

on_releases!(scenario_53_a_refused_login_of_the_link_is_told_with_1045: mariadb_10_11, mysql_9_7);

async fn scenario_53_a_refused_login_of_the_link_is_told_with_1045(release: Release) {
    let (pair, watching) = watched_pair(release, &MonitorSettings::default()).await;
    let mut primary = Session::open(&pair.primary).await;
    let accounts = primary
        .rows("SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) AS account FROM mysql.user WHERE user = 'dbha_repl'")
        .await;
    primary.run("SET sql_log_bin=0").await;
    for account in &accounts {
        let statement = format!(
            "ALTER USER {} IDENTIFIED BY 'r0tatedBySomebody'",
            account["account"]
        );
        primary.run(&statement).await;
    }
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run(&in_words_of(release, "STOP REPLICA")).await;
    secondary.run(&in_words_of(release, "START REPLICA")).await;

    let told = told_with(&watching, "DBHA-M02", 1045).await;
    assert!(told.fix.is_some());
}

on_releases!(scenario_57_an_applier_behind_a_table_lock_is_told_as_lag_by_the_heartbeat: mariadb_10_11, mysql_9_7);

async fn scenario_57_an_applier_behind_a_table_lock_is_told_as_lag_by_the_heartbeat(release: Release) {
    let settings = MonitorSettings {
        lagging_from: Duration::from_secs(3),
        ..MonitorSettings::default()
    };
    let (pair, watching) = watched_pair(release, &settings).await;
    let mut reader = Session::open(&pair.secondary).await;
    reader.run("LOCK TABLES rental_shop.category READ").await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("INSERT INTO rental_shop.category (name) VALUES ('waits')")
        .await;

    let told = watching.hears(EventKind::Began, Some("DBHA-M08")).await;
    assert!(told.text.contains("behind"), "{told:?}");
    let report = watching
        .until("lagging", |report| report.status.verdict.to_string() == "lagging")
        .await;
    assert!(
        report.status.links[0]
            .gtid_missing
            .is_some_and(|missing| missing > 0),
        "{report:#?}"
    );
    reader.run("UNLOCK TABLES").await;
    watching.hears(EventKind::Ended, Some("DBHA-M08")).await;
}

on_releases!(scenario_56_a_server_behind_a_black_hole_is_told_and_seen_again: mariadb_10_11, mysql_9_7);

async fn scenario_56_a_server_behind_a_black_hole_is_told_and_seen_again(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    Operator::of(&pair).setup([]).await.exits(0);
    let proxy = FaultProxy::start(pair.secondary.address()).await.unwrap();
    let through = pair
        .secondary
        .url()
        .replace(&pair.secondary.address(), &proxy.address());
    let watching = Watching::begin_at(&pair.primary.url(), &through, &MonitorSettings::default());
    watching
        .until("healthy", |report| report.status.is_healthy())
        .await;
    proxy.set(Fault::BlackHole);
    let told = watching.hears(EventKind::Began, Some("DBHA-M01")).await;
    assert!(told.text.contains("answer"), "{told:?}");
    proxy.heal();
    watching.hears(EventKind::Ended, Some("DBHA-M01")).await;
}

on_releases!(scenario_70_a_server_without_a_free_connection_is_told_in_its_own_words: mariadb_10_11, mysql_9_7);

async fn scenario_70_a_server_without_a_free_connection_is_told_in_its_own_words(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    Operator::of(&pair).setup([]).await.exits(0);
    // On the primary: the standby takes no account of its own.
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("CREATE USER seen@'%' IDENTIFIED BY 'an0nymousEn0ugh'")
        .await;
    let grant = match release.is_mysql() {
        true => "GRANT REPLICATION CLIENT, PROCESS ON *.* TO seen@'%'",
        false => "GRANT SLAVE MONITOR, BINLOG MONITOR, PROCESS ON *.* TO seen@'%'",
    };
    primary.run(grant).await;
    let mut root = Session::open(&pair.secondary).await;
    eventually(
        "the account is on the standby",
        async || {
            root.value("SELECT COUNT(*) FROM mysql.user WHERE user = 'seen'")
                .await
        },
        |count| count == "1",
    )
    .await;
    root.run("SET GLOBAL max_connections = 10").await;
    let mut held = vec![];
    while let Ok(session) = Session::open_as(&pair.secondary, "seen", "an0nymousEn0ugh").await {
        held.push(session);
    }
    let secondary = format!("mysql://seen:an0nymousEn0ugh@{}/", pair.secondary.address());
    let settings = MonitorSettings {
        heartbeat: false,
        ..MonitorSettings::default()
    };
    let watching = Watching::begin_at(&pair.primary.url(), &secondary, &settings);
    let told = watching.hears(EventKind::Began, Some("DBHA-M01")).await;
    assert!(told.text.contains("Too many connections"), "{told:?}");
    drop(held);
    watching.hears(EventKind::Ended, Some("DBHA-M01")).await;
}
