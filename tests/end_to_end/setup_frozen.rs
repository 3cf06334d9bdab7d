//! A run that stands still, or whose network does: everything ends in bounded time, on both servers.

use std::time::{Duration, Instant};

use dbha_testkit::{Direction, Fault, Release, Trigger};
use nix::sys::signal::Signal;
use tokio::time::sleep;

use crate::eventually::eventually;
use crate::processes::send;
use crate::releases::on_releases;
use crate::session::Session;
use crate::trial::Trial;

on_releases!(slow_scenario_30_a_frozen_run_keeps_the_lock_and_goes_on_when_it_thaws: mariadb_10_11, mysql_9_7);

async fn slow_scenario_30_a_frozen_run_keeps_the_lock_and_goes_on_when_it_thaws(release: Release) {
    let wanted = Trial::undisturbed(release).await;
    let trial = Trial::begin(release).await;
    let held = trial.hold("applied:ensure_accounts").await.unwrap();
    held.let_go();
    send(&held.child, Signal::SIGSTOP);

    let other = trial.run().await;
    assert_eq!(other.code, Some(3), "{other}");
    other.says("DBHA-P29");
    sleep(Duration::from_secs(4)).await;
    send(&held.child, Signal::SIGCONT);

    let first = held.end(&trial).await;
    assert_eq!(first.code, Some(0), "{first}");
    trial.judge_finished(&wanted, "frozen and thawed").await;
}

on_releases!(slow_scenario_30_a_frozen_run_that_is_killed_leaves_no_lock: mariadb_10_11, mysql_9_7);

async fn slow_scenario_30_a_frozen_run_that_is_killed_leaves_no_lock(release: Release) {
    let wanted = Trial::undisturbed(release).await;
    let trial = Trial::begin(release).await;
    let held = trial.hold("before:copy_data").await.unwrap();
    held.let_go();
    send(&held.child, Signal::SIGSTOP);
    sleep(Duration::from_secs(1)).await;
    send(&held.child, Signal::SIGKILL);
    assert_eq!(held.end(&trial).await.code, None);
    trial.judge(&wanted, "frozen and killed").await;
}

on_releases!(slow_scenario_32_a_run_that_freezes_while_it_holds_commits_back_lets_them_go: mariadb_10_11, mysql_9_7);

/// Scenario 32 and safety rule 8: a client that is there and says nothing must not keep the global lock.
async fn slow_scenario_32_a_run_that_freezes_while_it_holds_commits_back_lets_them_go(release: Release) {
    let wanted = Trial::undisturbed(release).await;
    let trial = Trial::begin(release).await;
    let held = trial.hold("before:copy_data").await.unwrap();
    let locked = if release.is_mysql() {
        "FLUSH TABLES WITH READ LOCK"
    } else {
        "BACKUP STAGE BLOCK_COMMIT"
    };
    // The server takes the lock; after that nothing reaches either end any more.
    trial.to_primary.arm(
        Direction::ToServer,
        locked,
        Fault::BlackHoleOf(Direction::ToClient),
    );
    held.let_go();
    trial.to_primary.fired().await;
    send(&held.child, Signal::SIGSTOP);
    let began = Instant::now();
    let mut writer = Session::open(&trial.pair.primary).await;
    writer.run("SET SESSION lock_wait_timeout=30").await;
    writer
        .run("UPDATE rental_shop.category SET name='written behind the lock' WHERE category_id=1")
        .await;
    drop(writer);
    let waited = began.elapsed();
    assert!(waited < Duration::from_secs(13), "{waited:?}");
    send(&held.child, Signal::SIGKILL);
    assert_eq!(held.end(&trial).await.code, None);
    trial.judge(&wanted, "frozen with the lock").await;
}

on_releases!(slow_scenario_56_a_black_hole_is_noticed_and_leaves_no_lock: mariadb_10_11, mysql_9_7);

/// The network to the primary swallows everything from the first change on; the program must not wait for ever.
async fn slow_scenario_56_a_black_hole_is_noticed_and_leaves_no_lock(release: Release) {
    let wanted = Trial::undisturbed(release).await;
    let trial = Trial::begin(release).await;
    let held = trial.hold("before:copy_data").await.unwrap();
    let began = Instant::now();
    trial
        .to_primary
        .arm(Direction::ToServer, Trigger::any_piece().nth(5), Fault::BlackHole);
    held.let_go();
    let first = held.end(&trial).await;
    assert!(matches!(first.code, Some(4 | 7 | 8 | 9)), "{first}");
    assert!(began.elapsed() < Duration::from_secs(75), "{:?}", began.elapsed());
    first.says_one_error_with_a_fix();
    // The servers still believe in the connections of that run. Its locks must go all the same.
    let mut session = Session::open(&trial.pair.primary).await;
    eventually(
        "the lock of the run is free",
        async || session.value("SELECT IS_USED_LOCK('dbha.setup')").await,
        |holder| holder == "NULL",
    )
    .await;
    drop(session);
    trial.judge(&wanted, "black hole").await;
}
