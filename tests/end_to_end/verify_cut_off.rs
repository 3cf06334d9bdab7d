//! A comparison that does not come to its end: commits on the primary never wait for long, and nothing is left.

use std::time::{Duration, Instant};

use dbha_testkit::{Direction, Fault, FaultProxy, PrivateServer, Release};
use tokio::time::sleep;

use crate::eventually::eventually;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, threads};
use crate::session::Session;
use crate::verify::{assert_gone, standing_pair};

const WRITE: &str = "UPDATE rental_shop.category SET name = CONCAT('w', RAND()) WHERE category_id = 1";

/// Writes on a server and returns how long that took.
async fn write_on(server: &PrivateServer) -> Duration {
    let mut session = Session::open(server).await;
    let began = Instant::now();
    session.run(WRITE).await;
    began.elapsed()
}

on_releases!(a_secondary_that_does_not_come_along_is_named_and_no_writer_waits: mariadb_10_11, mysql_9_7);

async fn a_secondary_that_does_not_come_along_is_named_and_no_writer_waits(release: Release) {
    let (pair, operator) = standing_pair(release, &[]).await;
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run("STOP REPLICA").await;
    // Where both stand at the same place, it does not matter whether it runs.
    operator.run("verify", []).await.exits(0);

    write_on(&pair.primary).await;
    let run = operator.run("verify", ["--wait", "2"]);
    let write = async {
        sleep(Duration::from_millis(1_200)).await;
        write_on(&pair.primary).await
    };
    let (ran, waited) = tokio::join!(run, write);
    ran.exits(7)
        .says("did not come to the primary's position within 2.0 s")
        .says("does not replicate")
        .says_one_error_with_a_fix();
    assert!(waited < Duration::from_millis(1_000), "{waited:?}");
    assert_eq!(threads(&pair.secondary).await.0, "No", "it is left as it was");
    secondary.run("START REPLICA").await;
}

on_releases!(a_secondary_that_falls_silent_while_commits_wait_lets_them_go: mariadb_10_11, mysql_9_7);

async fn a_secondary_that_falls_silent_while_commits_wait_lets_them_go(release: Release) {
    let (pair, mut operator) = standing_pair(release, &[]).await;
    let proxy = FaultProxy::start(pair.secondary.address()).await.unwrap();
    operator.secondary = format!("mysql://root@{}/?ssl-mode=disabled", proxy.address());
    proxy.arm(
        Direction::ToServer,
        "START TRANSACTION WITH CONSISTENT SNAPSHOT",
        Fault::BlackHole,
    );
    let run = operator.run("verify", ["--wait", "2"]);
    let write = async {
        proxy.fired().await;
        write_on(&pair.primary).await
    };
    let (ran, waited) = tokio::join!(run, write);
    ran.exits(7).says("did not answer").says_one_error_with_a_fix();
    assert!(
        waited > Duration::from_millis(500),
        "commits were held up: {waited:?}"
    );
    assert!(waited < Duration::from_secs(4), "{waited:?}");
    assert_gone(&pair.primary).await;
    assert_all_threads_run(&pair).await;
}

on_releases!(killed_while_commits_wait_it_leaves_nothing: mariadb_10_11, mysql_9_7);

async fn killed_while_commits_wait_it_leaves_nothing(release: Release) {
    let (pair, mut operator) = standing_pair(release, &[]).await;
    let direct = operator.secondary.clone();
    let proxy = FaultProxy::start(pair.secondary.address()).await.unwrap();
    operator.secondary = format!("mysql://root@{}/?ssl-mode=disabled", proxy.address());
    proxy.arm(
        Direction::ToServer,
        "START TRANSACTION WITH CONSISTENT SNAPSHOT",
        Fault::BlackHole,
    );
    let mut child = operator
        .command("verify", ["--wait", "600", "--lock-wait-timeout", "600"])
        .spawn()
        .unwrap();
    proxy.fired().await;
    child.kill().await.unwrap();
    let began = Instant::now();
    write_on(&pair.primary).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_gone(&pair.primary).await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    proxy.heal();

    operator.secondary = direct;
    eventually(
        "the next one runs",
        async || operator.run("verify", []).await,
        |ran| ran.code == Some(0),
    )
    .await;
    assert_all_threads_run(&pair).await;
}

on_releases!(a_statement_in_the_way_of_the_lock_is_named_and_left_alone: mariadb_10_11, mysql_9_7);

async fn a_statement_in_the_way_of_the_lock_is_named_and_left_alone(release: Release) {
    let (pair, operator) = standing_pair(release, &[]).await;
    let mut long = Session::open(&pair.primary).await;
    // MariaDB's lock waits for nothing but DDL and writes without transactions.
    long.run("CREATE TABLE rental_shop.slow (id INT) ENGINE=MyISAM")
        .await;
    let holder = tokio::spawn(async move {
        long.run("INSERT INTO rental_shop.slow SELECT SLEEP(8)").await;
    });
    sleep(Duration::from_millis(500)).await;
    operator
        .run("verify", ["--lock-wait-timeout", "2"])
        .await
        .exits(7)
        .says("did not grant the lock")
        .says_one_error_with_a_fix();
    holder.await.unwrap();
    assert_gone(&pair.primary).await;
}
