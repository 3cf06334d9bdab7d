//! Scenario 43: what stands in the way of the snapshot's lock is waited for in bounds, named, and never ended.

use std::time::{Duration, Instant};

use dbha_copy::{CopyError, CopyOptions};
use dbha_testkit::{Release, ServerPair};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::copy_fidelity::run_copy;
use crate::releases::on_every_release;
use crate::servers::fresh_pair;
use crate::session::Session;

on_every_release!(scenario_43_a_long_select_is_waited_for_or_passed_by);
on_every_release!(scenario_43_a_table_that_is_being_made_is_named);
on_every_release!(scenario_43_an_alter_that_waits_itself_is_named);
on_every_release!(scenario_43_tables_locked_by_an_idle_connection_are_named);
on_every_release!(an_open_transaction_holds_up_nothing);
on_every_release!(the_time_under_the_lock_is_measured);

const LONG: &str = "SELECT SLEEP(1.1), 'not to be shown' FROM busy.rows_";

async fn busy_pair(release: Release) -> ServerPair {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE DATABASE busy",
        "CREATE TABLE busy.rows_ (id INT PRIMARY KEY, v INT)",
        "INSERT INTO busy.rows_ VALUES (1, 1), (2, 2), (3, 3), (4, 4)",
    ] {
        primary.run(statement).await;
    }
    pair
}

/// Runs a statement that has to come to its end whatever a copy does meanwhile.
async fn in_the_way(pair: &ServerPair, statement: &'static str) -> JoinHandle<()> {
    let mut session = Session::open(&pair.primary).await;
    let running = tokio::spawn(async move { session.run(statement).await });
    tokio::time::sleep(Duration::from_millis(400)).await;
    running
}

fn impatient() -> CopyOptions {
    CopyOptions {
        lock_wait: Duration::from_secs(1),
        ..CopyOptions::default()
    }
}

async fn copy_within_a_second(pair: &ServerPair) -> Result<dbha_copy::CopyReport, CopyError> {
    let begun = Instant::now();
    let copied = run_copy(pair, &impatient(), &|_| (), &CancellationToken::new()).await;
    if copied.is_err() {
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(4), "{took:?}: {copied:?}");
    }
    copied
}

/// Fails the test unless the copy gave up and said who is in the way, without anybody's values.
async fn assert_names(pair: &ServerPair, who: &str) {
    let refusal = copy_within_a_second(pair).await.unwrap_err();
    assert!(matches!(refusal, CopyError::LockNotGranted { .. }), "{refusal:?}");
    let text = refusal.to_string();
    assert!(text.contains(who) && !text.contains("not to be shown"), "{text}");
    assert_nothing_is_held(pair).await;
}

/// Writers and definitions go on at once.
async fn assert_nothing_is_held(pair: &ServerPair) {
    let mut session = Session::open(&pair.primary).await;
    session.run("SET lock_wait_timeout = 2").await;
    session.run("CREATE DATABASE nothing_held").await;
    session.run("CREATE TABLE nothing_held.t (id INT)").await;
    session.run("INSERT INTO nothing_held.t VALUES (1)").await;
    session.run("DROP DATABASE nothing_held").await;
}

async fn scenario_43_a_long_select_is_waited_for_or_passed_by(release: Release) {
    let pair = busy_pair(release).await;
    let select = in_the_way(&pair, LONG).await;
    match release.is_mysql() {
        true => assert_names(&pair, "SELECT SLEEP(1.1), ? FROM busy.rows_").await,
        // Staged backup locks wait for no reader.
        false => drop(copy_within_a_second(&pair).await.unwrap()),
    }
    select.await.unwrap();
    copy_within_a_second(&pair).await.unwrap();
}

async fn scenario_43_a_table_that_is_being_made_is_named(release: Release) {
    let pair = busy_pair(release).await;
    let making = in_the_way(
        &pair,
        "CREATE TABLE busy.made AS SELECT id, SLEEP(1.2) AS s, 'not to be shown' AS t FROM busy.rows_",
    )
    .await;
    assert_names_while(&pair, "CREATE TABLE busy.made AS SELECT", making).await;
    copy_within_a_second(&pair).await.unwrap();
}

async fn assert_names_while(pair: &ServerPair, who: &str, running: JoinHandle<()>) {
    let refusal = copy_within_a_second(pair).await.unwrap_err();
    let text = refusal.to_string();
    assert!(matches!(refusal, CopyError::LockNotGranted { .. }), "{refusal:?}");
    assert!(text.contains(who) && !text.contains("not to be shown"), "{text}");
    running.await.unwrap();
    assert_nothing_is_held(pair).await;
}

async fn scenario_43_an_alter_that_waits_itself_is_named(release: Release) {
    let pair = busy_pair(release).await;
    let mut open = Session::open(&pair.primary).await;
    open.run("BEGIN").await;
    open.rows("SELECT * FROM busy.rows_").await;
    let alter = in_the_way(&pair, "ALTER TABLE busy.rows_ ADD COLUMN more INT").await;
    // MariaDB grants the lock; the table itself cannot be read behind a change of it that waits.
    let begun = Instant::now();
    let refusal = run_copy(&pair, &impatient(), &|_| (), &CancellationToken::new())
        .await
        .unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(14), "{:?}", begun.elapsed());
    match release.is_mysql() {
        true => assert!(matches!(refusal, CopyError::LockNotGranted { .. }), "{refusal:?}"),
        false => assert!(matches!(refusal, CopyError::TableLocked { .. }), "{refusal:?}"),
    }
    let text = refusal.to_string();
    assert!(
        text.contains("ALTER TABLE busy.rows_ ADD COLUMN more INT"),
        "{text}"
    );
    open.run("COMMIT").await;
    alter.await.unwrap();
    assert_nothing_is_held(&pair).await;
    copy_within_a_second(&pair).await.unwrap();
}

async fn scenario_43_tables_locked_by_an_idle_connection_are_named(release: Release) {
    let pair = busy_pair(release).await;
    let mut idle = Session::open(&pair.primary).await;
    let number = idle.value("SELECT CONNECTION_ID()").await;
    idle.run("LOCK TABLES busy.rows_ WRITE").await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let refusal = copy_within_a_second(&pair).await.unwrap_err().to_string();
    assert!(refusal.contains(&format!(" {number} of root")), "{refusal}");
    assert!(refusal.contains("busy.rows_"), "{refusal}");
    idle.run("UNLOCK TABLES").await;
    assert_nothing_is_held(&pair).await;
    copy_within_a_second(&pair).await.unwrap();
}

async fn an_open_transaction_holds_up_nothing(release: Release) {
    let pair = busy_pair(release).await;
    let mut open = Session::open(&pair.primary).await;
    open.run("BEGIN").await;
    open.run("UPDATE busy.rows_ SET v = v + 1").await;
    copy_within_a_second(&pair).await.unwrap();
    open.run("COMMIT").await;
}

/// A writer notes its own longest wait; what is reported is no less, but for what one statement takes anyway.
async fn the_time_under_the_lock_is_measured(release: Release) {
    let pair = busy_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    // Copied under the lock, so that there is something to be measured.
    primary
        .run("CREATE TABLE busy.locked (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200)) ENGINE=MyISAM")
        .await;
    primary
        .run("INSERT INTO busy.locked (v) VALUES (REPEAT('x', 200))")
        .await;
    for _ in 0..15 {
        primary
            .run("INSERT INTO busy.locked (v) SELECT v FROM busy.locked")
            .await;
    }
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let writer = tokio::spawn(async move {
        let mut longest = Duration::ZERO;
        while !stop.is_cancelled() {
            let begun = Instant::now();
            primary.run("UPDATE busy.rows_ SET v = v + 1").await;
            longest = longest.max(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        longest
    });
    let options = CopyOptions::default();
    let report = run_copy(&pair, &options, &|_| (), &CancellationToken::new())
        .await
        .unwrap();
    cancel.cancel();
    let waited = writer.await.unwrap();
    assert!(report.lock_held > Duration::from_millis(50), "{report:?}");
    let slack = Duration::from_millis(500);
    assert!(
        waited <= report.lock_held + slack,
        "{waited:?} of {:?}",
        report.lock_held
    );
    assert!(
        report.lock_held <= waited + slack,
        "{waited:?} of {:?}",
        report.lock_held
    );
}
