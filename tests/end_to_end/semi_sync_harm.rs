//! `--semi-sync` when something bad happens: a writer that dies, a run that is killed, an acknowledgement that never comes.

use std::time::{Duration, Instant};

use dbha_sql::Server;
use dbha_testkit::{PrivateServer, Release};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::eventually::{LIMIT, eventually};
use crate::operator::Operator;
use crate::releases::on_releases;
use crate::restart::keep_settings;
use crate::semi_sync::{
    acknowledged_pair, assert_stays, assert_sync, codes, eventually_commits_are, receiver, sides,
};
use crate::servers::{assert_same_contents, cross, pair_with_sample};
use crate::session::Session;
use crate::stopped_at::StoppedAt;

/// Writes one row after another, and remembers which of them it was told are kept.
async fn write_until_it_is_lost(server: &PrivateServer) -> JoinHandle<Vec<u64>> {
    let mut session = Session::open(server).await;
    session
        .run("CREATE TABLE rental_shop.receipt (id BIGINT NOT NULL PRIMARY KEY) ENGINE=InnoDB")
        .await;
    tokio::spawn(async move {
        let mut acknowledged = Vec::new();
        for id in 1.. {
            let insert = format!("INSERT INTO rental_shop.receipt (id) VALUES ({id})");
            match session.try_run(&insert).await {
                Ok(()) => acknowledged.push(id),
                Err(_) => break,
            }
        }
        acknowledged
    })
}

on_releases!(a_writer_that_is_killed_loses_nothing_that_was_acknowledged: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn a_writer_that_is_killed_loses_nothing_that_was_acknowledged(release: Release) {
    let (mut pair, operator) = acknowledged_pair(release, &[]).await;
    let writer = write_until_it_is_lost(&pair.primary).await;
    eventually(
        "some rows are on the standby",
        async || {
            let mut standby = Session::open(&pair.secondary).await;
            standby.column("SELECT id FROM rental_shop.receipt").await.len()
        },
        |rows| *rows > 50,
    )
    .await;
    eventually_commits_are(&operator, "sync").await;

    pair.primary.kill().await.unwrap();
    let acknowledged = writer.await.unwrap();
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());

    let arguments = ["--to", "secondary", "--confirm", "primary"];
    operator.run("failover", arguments).await.exits(0);
    let mut survivor = Session::open(&pair.secondary).await;
    let kept = survivor.column("SELECT id FROM rental_shop.receipt").await;
    let lost: Vec<&u64> = acknowledged
        .iter()
        .filter(|id| !kept.contains(&id.to_string()))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {} are lost: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
    // Alone it waits for nobody.
    let began = Instant::now();
    survivor
        .run("INSERT INTO rental_shop.receipt (id) VALUES (0)")
        .await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let status = operator.status().await.json();
    assert_eq!(status["durability"]["level"], "solo", "{status:#}");
}

on_releases!(an_old_writer_whose_applier_waits_for_nobody_comes_back: mariadb_10_11, mysql_9_7);

/// It starts as the writer that it was, and what comes over its link waits for an acknowledgement that nobody gives.
async fn an_old_writer_whose_applier_waits_for_nobody_comes_back(release: Release) {
    let (mut pair, mut operator) = acknowledged_pair(release, &["--semi-sync-timeout", "none"]).await;
    keep_settings(&pair, &operator, "one").await;
    pair.primary.kill().await.unwrap();
    let arguments = ["--to", "secondary", "--confirm", "primary"];
    operator.run("failover", arguments).await.exits(0);
    Session::open(&pair.secondary)
        .await
        .run(&dbha_testkit::sample::new_customer("After"))
        .await;

    pair.primary.start().await.unwrap();
    eventually_waits(&pair.primary).await;
    operator.run("rejoin", ["--server", "primary"]).await.exits(0);
    assert_sync(&pair, &operator, &pair.secondary.address()).await;
    cross("Back", &pair.secondary, &pair.primary).await;
    assert_same_contents(&pair).await;
    operator.swap();
    assert_stays(&operator).await;
}

/// Runs a command until nobody holds the lock of a run that was killed, and fails the test unless it ends well.
async fn once_free(operator: &Operator, command: &str, arguments: &[&str]) {
    eventually(
        &format!("dbha {command} ends well"),
        async || {
            let ran = operator.run(command, arguments.iter().copied()).await;
            (ran.code, ran.to_string())
        },
        |(code, _)| *code == Some(0),
    )
    .await;
}

/// Runs it until it comes to a point, and kills it there.
async fn killed_at(operator: &Operator, command: &str, arguments: &[&str], point: &str) {
    let mut run = operator.command(command, arguments.iter().copied());
    let stopped = StoppedAt::reach(operator, run.arg("--yes"), point).await;
    stopped.kill().await;
}

/// Waits until a commit on this server waits for an acknowledgement.
async fn eventually_waits(server: &PrivateServer) {
    let mut dbha = Server::connect(&server.url().parse().unwrap()).await.unwrap();
    eventually(
        "a commit waits",
        async || dbha.semi_sync().await.unwrap(),
        |seen| seen.as_ref().is_some_and(|seen| seen.waiting > 0),
    )
    .await;
}

on_releases!(what_was_cut_off_is_gone_on_with_and_holds_up_no_failover: mariadb_10_11, mysql_9_7);

async fn what_was_cut_off_is_gone_on_with_and_holds_up_no_failover(release: Release) {
    let mut pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    let arguments = ["--semi-sync", "--semi-sync-timeout", "none"];
    killed_at(&operator, "setup", &arguments, "before:ensure_semi_sync").await;
    let status = operator.status().await.json();
    assert_eq!(status["durability"]["level"], "async", "{status:#}");
    assert!(codes(&status).contains(&"DBHA-M14"), "{status:#}");
    once_free(&operator, "setup", &["--yes"]).await;
    assert_sync(&pair, &operator, &operator.primary).await;

    killed_at(&operator, "switchover", &[], "applied:open").await;
    // The old writer waits for acknowledgements still; then nobody gives it any, and its applier is held up.
    assert_eq!(sides(&pair.primary).await, ["1", "1"]);
    receiver(&pair.secondary, "STOP").await;
    Session::open(&pair.secondary)
        .await
        .run(&dbha_testkit::sample::new_customer("Late"))
        .await;
    eventually_waits(&pair.primary).await;
    pair.secondary.kill().await.unwrap();
    once_free(
        &operator,
        "failover",
        &["--to", "primary", "--confirm", "secondary"],
    )
    .await;
    assert_eq!(sides(&pair.primary).await, ["0", "1"]);
    let find = dbha_testkit::sample::find_customer("Late");
    let found = Session::open(&pair.primary).await.column(&find).await;
    assert_eq!(found.len(), 1, "what was received is applied");
}

on_releases!(what_waits_is_freed_by_stop_waiting_alone: mariadb_10_11, mysql_9_7);

/// For whoever decides that the writer goes on alone (decision 0027).
async fn what_waits_is_freed_by_stop_waiting_alone(release: Release) {
    let (pair, operator) = acknowledged_pair(release, &["--semi-sync-timeout", "none"]).await;
    receiver(&pair.secondary, "STOP").await;
    let waits = |name: &'static str| {
        let url = pair.primary.url();
        tokio::spawn(async move {
            let mut client = Session::open_at(&url).await;
            client
                .try_run(&dbha_testkit::sample::new_customer(name))
                .await
                .is_ok()
        })
    };
    let mut dbha = Server::connect(&pair.primary.url().parse().unwrap())
        .await
        .unwrap();
    let waiting = async |dbha: &mut Server, wanted: u32| {
        let end = Instant::now() + LIMIT;
        loop {
            let seen = dbha.semi_sync().await.unwrap().unwrap();
            if seen.waiting == wanted {
                return seen;
            }
            assert!(Instant::now() < end, "{seen:?}");
            sleep(Duration::from_millis(20)).await;
        }
    };

    let client = waits("Ada");
    let seen = waiting(&mut dbha, 1).await;
    assert!(seen.source_waits, "{seen:?}");
    let status = operator.status().await.json();
    assert_eq!(status["durability"]["level"], "solo", "{status:#}");
    assert_eq!(status["durability"]["holds"], true, "{status:#}");
    assert!(!client.is_finished());
    dbha.stop_waiting().await.unwrap();
    assert!(client.await.unwrap(), "it is told that its commit is kept");
    assert!(!waiting(&mut dbha, 0).await.source_waits);

    dbha.wait_again().await.unwrap();
    let client = waits("Grace");
    waiting(&mut dbha, 1).await;
    receiver(&pair.secondary, "START").await;
    assert!(tokio::time::timeout(LIMIT, client).await.unwrap().unwrap());
    eventually_commits_are(&operator, "sync").await;
}
