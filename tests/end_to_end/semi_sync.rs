//! `--semi-sync`: a client is told of a commit once the other server has it, and that stays so.

use dbha_monitor::{EventKind, MonitorSettings};
use dbha_testkit::{PrivateServer, Release, ServerPair};
use serde_json::Value;

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::releases::{on_every_release, on_releases};
use crate::restart::keep_settings;
use crate::servers::{assert_all_threads_run, assert_same_contents, cross, pair_with_sample};
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;
use crate::watching::{Watching, in_words_of};

/// A finished pair whose commits are acknowledged.
pub(crate) async fn acknowledged_pair(release: Release, arguments: &[&str]) -> (ServerPair, Operator) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    let arguments = [&["--semi-sync"], arguments].concat();
    operator.setup(arguments).await.exits(0);
    (pair, operator)
}

/// Names the variable of one side of semi-synchronous replication.
fn variable(release: Release, part: &str) -> String {
    let name = format!("@@global.rpl_semi_sync_{part}");
    match release.is_mysql() {
        true => name,
        false => name
            .replace("_source_", "_master_")
            .replace("_replica_", "_slave_"),
    }
}

/// Reads whether a server waits for acknowledgements, and whether it gives them.
pub(crate) async fn sides(server: &PrivateServer) -> [String; 2] {
    let mut session = Session::open(server).await;
    let release = server.release();
    [
        session
            .value(&format!("SELECT {}", variable(release, "source_enabled")))
            .await,
        session
            .value(&format!("SELECT {}", variable(release, "replica_enabled")))
            .await,
    ]
}

/// Waits until status gives commits this level, and returns all that it says.
pub(crate) async fn eventually_commits_are(operator: &Operator, level: &str) -> Value {
    eventually(
        &format!("commits are {level}"),
        async || operator.status().await.json(),
        |status| status["durability"]["level"] == level,
    )
    .await
}

pub(crate) fn codes(status: &Value) -> Vec<&str> {
    let servers = status["servers"].as_array().unwrap();
    let problems = servers
        .iter()
        .flat_map(|server| server["problems"].as_array().unwrap());
    problems
        .map(|problem| problem["code"].as_str().unwrap())
        .collect()
}

/// Does something with the receiver of a server's link.
pub(crate) async fn receiver(server: &PrivateServer, verb: &str) {
    let statement = in_words_of(server.release(), &format!("{verb} REPLICA IO_THREAD"));
    Session::open(server).await.run(&statement).await;
}

/// Fails the test unless the commits of the server of this name are SYNC, and the sides of both are as they should be.
pub(crate) async fn assert_sync(pair: &ServerPair, operator: &Operator, writer: &str) {
    let status = operator.status().await.exits(0).json();
    assert_eq!(status["durability"]["level"], "sync", "{status:#}");
    assert_eq!(status["durability"]["wanted"], true, "{status:#}");
    assert_eq!(status["durability"]["server"], writer, "{status:#}");
    for server in [&pair.primary, &pair.secondary] {
        let waits = if server.address() == writer { "1" } else { "0" };
        assert_eq!(sides(server).await, [waits, "1"], "{}", server.address());
    }
}

/// Fails the test unless a set-up without a word about it leaves everything as it is.
pub(crate) async fn assert_stays(operator: &Operator) {
    let again = operator.setup(["-o", "ndjson"]).await.exits(0);
    assert_eq!(again.changed_steps(), [""; 0]);
}

on_every_release!(commits_are_acknowledged_from_the_set_up_on_and_across_switchovers);

async fn commits_are_acknowledged_from_the_set_up_on_and_across_switchovers(release: Release) {
    let (pair, operator) = acknowledged_pair(release, &[]).await;
    assert_sync(&pair, &operator, &operator.primary).await;
    cross("Ada", &pair.primary, &pair.secondary).await;
    assert_stays(&operator).await;

    let switch = async |to: &str| {
        operator
            .finish(operator.command("switchover", ["--to", to]).arg("--yes"))
            .await
            .exits(0);
    };
    switch("secondary").await;
    assert_sync(&pair, &operator, &operator.secondary).await;
    cross("Grace", &pair.secondary, &pair.primary).await;
    switch("primary").await;
    assert_sync(&pair, &operator, &operator.primary).await;
    cross("Edsger", &pair.primary, &pair.secondary).await;
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
    assert_stays(&operator).await;
}

on_releases!(a_pair_that_runs_is_given_it_changed_and_rid_of_it: mariadb_10_11, mysql_9_7);

async fn a_pair_that_runs_is_given_it_changed_and_rid_of_it(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    let status = operator.status().await.exits(0).json();
    assert_eq!(status["durability"]["level"], "async", "{status:#}");
    assert_eq!(status["durability"]["wanted"], false, "{status:#}");
    let refused = operator
        .setup(["--semi-sync", "--writers", "both"])
        .await
        .exits(3);
    refused.says("DBHA-P79");

    operator
        .setup(["--semi-sync", "--semi-sync-timeout", "3s"])
        .await
        .exits(0);
    let timeout = format!("SELECT {}", variable(release, "source_timeout"));
    assert_eq!(Session::open(&pair.primary).await.value(&timeout).await, "3000");
    assert_eq!(Session::open(&pair.secondary).await.value(&timeout).await, "3000");
    operator
        .setup(["--semi-sync", "--semi-sync-timeout", "none"])
        .await
        .exits(0)
        .says("DBHA-P84");
    eventually_commits_are(&operator, "sync").await;

    operator.setup(["--semi-sync=off"]).await.exits(0);
    let status = operator.status().await.exits(0).json();
    assert_eq!(status["durability"]["level"], "async", "{status:#}");
    assert_eq!(status["durability"]["wanted"], false, "{status:#}");
    for server in [&pair.primary, &pair.secondary] {
        assert_eq!(sides(server).await, ["0", "0"]);
    }
    assert_stays(&operator).await;
}

on_releases!(after_a_restart_commits_are_acknowledged_again: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn after_a_restart_commits_are_acknowledged_again(release: Release) {
    let (mut pair, operator) = acknowledged_pair(release, &[]).await;
    keep_settings(&pair, &operator, "one").await;

    tokio::try_join!(pair.primary.restart(), pair.secondary.restart()).unwrap();

    let status = eventually(
        "the pair is healthy again, its commits acknowledged",
        async || operator.status().await.json(),
        |status| status["verdict"] == "healthy" && status["durability"]["level"] == "sync",
    )
    .await;
    assert_eq!(status["restart_safe"], true, "{status:#}");
    assert_sync(&pair, &operator, &operator.primary).await;
    cross("Ada", &pair.primary, &pair.secondary).await;
    assert_stays(&operator).await;
}

on_releases!(what_is_not_acknowledged_is_told_and_mended: mariadb_10_11, mysql_9_7);

async fn what_is_not_acknowledged_is_told_and_mended(release: Release) {
    let (pair, operator) = acknowledged_pair(release, &["--semi-sync-timeout", "2s"]).await;
    let watching = Watching::begin(&pair, &MonitorSettings::default());
    let level = |wanted: &'static str| {
        move |report: &dbha_monitor::PairReport| {
            let judged = report.status.durability.as_ref();
            judged.is_some_and(|judged| judged.level.to_string() == wanted && judged.since.is_some())
        }
    };
    watching.until("SYNC", level("SYNC")).await;

    receiver(&pair.secondary, "STOP").await;
    let report = watching.until("SOLO", level("SOLO")).await;
    let since = report.status.durability.unwrap().since;
    // The writer goes on after the time-out.
    Session::open(&pair.primary)
        .await
        .run(&dbha_testkit::sample::new_customer("Alone"))
        .await;
    let changed = watching.hears(EventKind::DurabilityChanged, None).await;
    assert!(changed.text.contains("SOLO"), "{changed:?}");
    watching.hears(EventKind::Began, Some("DBHA-M14")).await;
    let report = watching.until("still SOLO", level("SOLO")).await;
    assert_eq!(
        report.status.durability.unwrap().since,
        since,
        "since its first look"
    );
    let status = operator.status().await.json();
    assert!(codes(&status).contains(&"DBHA-M14"), "{status:#}");
    receiver(&pair.secondary, "START").await;
    watching.until("SYNC again", level("SYNC")).await;

    // Somebody switches the replica's side off: received, and not acknowledged.
    let off = format!(
        "SET GLOBAL {} = OFF",
        variable(release, "replica_enabled").trim_start_matches("@@global.")
    );
    Session::open(&pair.secondary).await.run(&off).await;
    receiver(&pair.secondary, "STOP").await;
    receiver(&pair.secondary, "START").await;
    let report = watching.until("ASYNC", level("ASYNC")).await;
    assert_eq!(report.status.verdict.to_string(), "degraded", "{report:#?}");
    operator.setup([]).await.exits(0);
    watching.until("SYNC by dbha setup", level("SYNC")).await;
}

on_releases!(an_undo_takes_it_back: mariadb_10_11, mysql_9_7);

async fn an_undo_takes_it_back(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    let before = SnapshotOfPair::take(&pair).await;
    operator.setup(["--semi-sync"]).await.exits(0);
    operator.run("undo", ["--yes"]).await.exits(0);
    let is_position = |name: &str| name == "positions" || name.starts_with("variable gtid_");
    before.assert_unchanged_but(&pair, is_position).await;
    operator.setup(["--semi-sync"]).await.exits(0);
    eventually_commits_are(&operator, "sync").await;
}
