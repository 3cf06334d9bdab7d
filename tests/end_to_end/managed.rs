//! `--managed`: both servers start read-only, and dbha alone opens the one that has the writes.

use std::fs;

use dbha_monitor::{EventKind, MonitorSettings, Opening};
use dbha_testkit::{Release, ServerPair};
use serde_json::Value;

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::option_files::{drop_in, stock_pair};
use crate::releases::{on_every_release, on_releases};
use crate::restart::keep_settings;
use crate::servers::{assert_all_threads_run, assert_same_contents, cross, pair_with_sample};
use crate::session::Session;
use crate::watching::Watching;

async fn managed_pair(release: Release, arguments: &[&str]) -> (ServerPair, Operator) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    let arguments = [&["--managed"], arguments].concat();
    operator.setup(arguments).await.exits(0);
    (pair, operator)
}

/// Tells which of the two take writes.
async fn writable(pair: &ServerPair) -> [bool; 2] {
    let mut found = [false; 2];
    for (server, open) in [&pair.primary, &pair.secondary].into_iter().zip(&mut found) {
        *open = Session::open(server)
            .await
            .value("SELECT @@global.read_only")
            .await
            == "0";
    }
    found
}

/// Restarts both at once, and waits until their links run.
async fn restart_both(pair: &mut ServerPair, operator: &Operator) -> Value {
    tokio::try_join!(pair.primary.restart(), pair.secondary.restart()).unwrap();
    eventually(
        "both links run again",
        async || operator.status().await.json(),
        |status| {
            let links = status["links"].as_array().unwrap();
            links
                .iter()
                .all(|link| link["io"] == "running" && link["sql"] == "running")
        },
    )
    .await
}

/// Restarts both, sees that neither takes writes, and lets a monitor open the one of this name.
async fn opened_by_a_monitor(pair: &mut ServerPair, operator: &Operator, writer: &str) {
    let status = restart_both(pair, operator).await;
    assert_eq!(status["writers"], "none", "{status:#}");
    let said = status["reason"].as_str().unwrap();
    assert!(said.contains("managed"), "{status:#}");

    let watching = Watching::begin(pair, &MonitorSettings::default());
    watching
        .until("opened, healthy and acknowledged", |report| {
            let commits = report.status.durability.as_ref();
            report.status.is_healthy()
                && commits.is_some_and(|found| found.level.to_string() == "SYNC" && found.server == writer)
        })
        .await;
    let healed = watching.hears(EventKind::Healed, None).await;
    assert!(healed.text.contains(writer), "{healed:?}");
    watching.end().await;
}

on_every_release!(both_start_closed_and_a_monitor_opens_the_writer_of_the_newest_term);

async fn both_start_closed_and_a_monitor_opens_the_writer_of_the_newest_term(release: Release) {
    let (mut pair, operator) = managed_pair(release, &["--semi-sync"]).await;
    assert_eq!(
        writable(&pair).await,
        [true, false],
        "opened at the end of the set-up"
    );
    keep_settings(&pair, &operator, "one").await;
    let again = operator.setup(["-o", "ndjson"]).await.exits(0);
    assert_eq!(again.changed_steps(), [""; 0]);
    // The monitor has the names that the URLs give it.
    let [primary, secondary] = [pair.primary.address(), pair.secondary.address()];
    opened_by_a_monitor(&mut pair, &operator, &primary).await;
    let status = operator.status().await.exits(0).json();
    assert_eq!(status["managed"], true, "{status:#}");
    // What was changed by statement since the start only the files themselves can tell.
    let look = operator.run("status", ["-o", "json", "--host-access", "local"]);
    let status = look.await.exits(0).json();
    assert_eq!(status["restart_safe"], true, "{status:#}");
    assert_eq!(writable(&pair).await, [true, false]);
    cross("Ada", &pair.primary, &pair.secondary).await;

    operator
        .finish(operator.command("switchover", []).arg("--yes"))
        .await
        .exits(0);
    assert_eq!(writable(&pair).await, [false, true]);
    opened_by_a_monitor(&mut pair, &operator, &secondary).await;
    assert_eq!(writable(&pair).await, [false, true]);
    cross("Grace", &pair.secondary, &pair.primary).await;
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
}

on_releases!(nobody_opens_it_where_a_guard_does_and_dbha_setup_always_can: mariadb_10_11, mysql_9_7);

async fn nobody_opens_it_where_a_guard_does_and_dbha_setup_always_can(release: Release) {
    let (mut pair, operator) = managed_pair(release, &[]).await;
    keep_settings(&pair, &operator, "one").await;
    let status = restart_both(&mut pair, &operator).await;
    assert_eq!(status["writers"], "none", "{status:#}");

    let by_guard = MonitorSettings {
        opening: Opening::ByGuard,
        ..MonitorSettings::default()
    };
    let watching = Watching::begin(&pair, &by_guard);
    let told = watching.hears(EventKind::Began, Some("DBHA-M15")).await;
    assert!(told.fix.is_some_and(|fix| fix.contains("dbha monitor")));
    // A monitor that opened it would have done so at the look that told this.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(writable(&pair).await, [false, false]);
    watching.end().await;

    operator.setup([]).await.exits(0);
    assert_eq!(writable(&pair).await, [true, false]);
    cross("Ada", &pair.primary, &pair.secondary).await;
    operator.setup(["--managed=no"]).await.exits(0);
    let status = operator.status().await.exits(0).json();
    assert_eq!(status["managed"], false, "{status:#}");
}

on_releases!(the_account_of_the_monitor_suffices_to_open_it: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn the_account_of_the_monitor_suffices_to_open_it(release: Release) {
    let password = "anOpenersPassw0rd";
    let pair = pair_with_sample(release, 3).await;
    let mut operator = Operator::of(&pair);
    let file = operator.password_file("monitor", password);
    let account = [
        "--monitor-account",
        "--monitor-password-file",
        file.to_str().unwrap(),
    ];
    let arguments = [&["--managed", "--semi-sync"], &account[..]].concat();
    operator.setup(arguments).await.exits(0);
    let mut pair = pair;
    keep_settings(&pair, &operator, "one").await;
    restart_both(&mut pair, &operator).await;

    let way = |address: String| format!("mysql://dbha_monitor:{password}@{address}/");
    let watching = Watching::begin_at(
        &way(pair.primary.address()),
        &way(pair.secondary.address()),
        &MonitorSettings::default(),
    );
    watching
        .until("opened and acknowledged", |report| {
            let commits = report.status.durability.as_ref();
            report.status.is_healthy() && commits.is_some_and(|found| found.level.to_string() == "SYNC")
        })
        .await;
    assert_eq!(writable(&pair).await, [true, false]);
    // Without the choice the account gets less again.
    let arguments = [&["--managed=no"], &account[..]].concat();
    operator.setup(arguments).await.exits(0);
    let grants = Session::open(&pair.primary)
        .await
        .column("SHOW GRANTS FOR 'dbha_monitor'@'127.0.0.1'")
        .await
        .join("\n");
    assert!(!grants.contains("ADMIN"), "{grants}");
}

on_releases!(two_that_disagree_stay_closed: mariadb_10_11, mysql_9_7);

/// The standby knows of a newer term than the server that had the writes: whoever is right, nobody is opened.
async fn two_that_disagree_stay_closed(release: Release) {
    let (mut pair, operator) = managed_pair(release, &[]).await;
    keep_settings(&pair, &operator, "one").await;
    restart_both(&mut pair, &operator).await;
    let mut standby = Session::open(&pair.secondary).await;
    for statement in [
        "SET SESSION sql_log_bin = 0",
        if release.is_mysql() {
            "SET GLOBAL super_read_only = OFF"
        } else {
            "DO 0"
        },
        "INSERT INTO dbha.term (term, server_id, reason, began_at) VALUES (2, 2, 'failover', NOW())",
        if release.is_mysql() {
            "SET GLOBAL super_read_only = ON"
        } else {
            "DO 0"
        },
    ] {
        standby.run(statement).await;
    }
    let watching = Watching::begin(&pair, &MonitorSettings::default());
    watching.hears(EventKind::Began, Some("DBHA-M15")).await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(writable(&pair).await, [false, false], "{:#?}", watching.told());
}

on_releases!(a_failover_and_a_rejoin_keep_it_managed: mariadb_10_11, mysql_9_7);

async fn a_failover_and_a_rejoin_keep_it_managed(release: Release) {
    let (mut pair, mut operator) = managed_pair(release, &["--semi-sync"]).await;
    keep_settings(&pair, &operator, "one").await;
    pair.primary.kill().await.unwrap();
    operator
        .run("failover", ["--to", "secondary", "--confirm", "primary"])
        .await
        .exits(0);
    pair.primary.start().await.unwrap();
    assert_eq!(
        writable(&pair).await,
        [false, true],
        "the old writer starts read-only"
    );
    operator.run("rejoin", ["--server", "primary"]).await.exits(0);
    let status = operator.status().await.exits(0).json();
    assert_eq!(status["durability"]["level"], "sync", "{status:#}");
    assert_eq!(status["managed"], true, "{status:#}");
    cross("Ada", &pair.secondary, &pair.primary).await;

    let status = restart_both(&mut pair, &operator).await;
    assert_eq!(status["writers"], "none", "{status:#}");
    operator.swap();
    operator.setup([]).await.exits(0);
    assert_eq!(writable(&pair).await, [false, true]);
}

on_releases!(with_access_to_the_machines_the_option_files_follow_what_is_chosen: mariadb_10_11);

async fn with_access_to_the_machines_the_option_files_follow_what_is_chosen(release: Release) {
    let (mut pair, operator) = stock_pair(release).await;
    let access = ["--host-access", "local"];
    let setup = async |arguments: &[&str]| {
        let all = [&access[..], arguments].concat();
        operator.setup(all).await.exits(0)
    };
    let files = |pair: &ServerPair| {
        [&pair.primary, &pair.secondary].map(|server| fs::read_to_string(drop_in(server)).unwrap())
    };
    let closed = |files: &[String; 2]| [0, 1].map(|at| files[at].contains("\nread_only=ON\n"));
    let waits =
        |files: &[String; 2]| [0, 1].map(|at| files[at].contains("\nrpl_semi_sync_master_enabled=ON\n"));
    setup(&["--restart", "allowed", "--managed", "--semi-sync"]).await;
    let seen = files(&pair);
    assert_eq!(
        (closed(&seen), waits(&seen)),
        ([true, true], [false, false]),
        "{seen:#?}"
    );
    let status = restart_both(&mut pair, &operator).await;
    assert_eq!(
        (&status["writers"], &status["restart_safe"]),
        (&"none".into(), &true.into()),
        "{status:#}"
    );

    setup(&["--managed=no"]).await;
    let seen = files(&pair);
    assert_eq!(
        (closed(&seen), waits(&seen)),
        ([false, true], [true, false]),
        "{seen:#?}"
    );
    let switch = operator.command("switchover", access);
    operator.finish({ switch }.arg("--yes")).await.exits(0);
    let seen = files(&pair);
    assert_eq!(
        (closed(&seen), waits(&seen)),
        ([true, false], [false, true]),
        "{seen:#?}"
    );
    restart_both(&mut pair, &operator).await;
    let status = eventually(
        "healthy, its commits acknowledged",
        async || operator.status().await.json(),
        |status| status["verdict"] == "healthy" && status["durability"]["level"] == "sync",
    )
    .await;
    assert_eq!(
        status["durability"]["server"],
        operator.secondary.as_str(),
        "{status:#}"
    );
    cross("Ada", &pair.secondary, &pair.primary).await;
}
