//! Scenario 44: binary logs that a copy needs are removed while it runs.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use dbha_copy::{CopyError, CopyOptions, CopyProgress};
use dbha_testkit::{Release, ServerPair};
use tokio_util::sync::CancellationToken;

use crate::copy_fidelity::run_copy;
use crate::releases::{on_every_release, on_releases};
use crate::servers::{fresh_pair, positions};
use crate::session::{Door, Session};

on_releases!(scenario_44_logs_purged_under_the_copy_end_it_at_once: mariadb_10_5, mariadb_10_11, mariadb_11_8);
on_releases!(scenario_44_logs_purged_at_the_end_of_the_copy_are_noticed: mariadb_10_5, mariadb_10_11, mariadb_11_8);
on_releases!(scenario_44_logs_cannot_be_purged_under_the_copy: mysql_9_7);
on_every_release!(logs_that_nobody_needs_may_go);

async fn two_tables(release: Release) -> ServerPair {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE DATABASE moving",
        "CREATE TABLE moving.first (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200))",
        "INSERT INTO moving.first (v) VALUES ('a'), ('b'), ('c')",
        "CREATE TABLE moving.last (id INT PRIMARY KEY)",
        "INSERT INTO moving.last VALUES (1), (2)",
    ] {
        primary.run(statement).await;
    }
    pair
}

/// Begins new binary logs, and removes all but the newest.
pub(crate) async fn remove_binary_logs(session: &mut Session) {
    session.run("FLUSH BINARY LOGS").await;
    session.run("FLUSH BINARY LOGS").await;
    // MariaDB keeps a log for a moment after it was closed.
    for _ in 0..100 {
        let logs = session.column("SHOW BINARY LOGS").await;
        let last = logs.last().cloned().unwrap_or_default();
        session.run(&format!("PURGE BINARY LOGS TO '{last}'")).await;
        if session.column("SHOW BINARY LOGS").await.len() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the logs are not purged");
}

async fn write_and_purge(door: &Door) -> Session {
    let mut session = door.enter().await.unwrap();
    session.run("INSERT INTO moving.first (v) VALUES ('after')").await;
    remove_binary_logs(&mut session).await;
    session
}

/// Does something in a thread of its own, and waits for it: news are told in between the steps of the copy.
fn meanwhile<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(work)
    };
    std::thread::spawn(run).join().unwrap()
}

async fn scenario_44_logs_purged_under_the_copy_end_it_at_once(release: Release) {
    let pair = two_tables(release).await;
    let newest = positions(&pair.primary).await[1].clone();
    let door = Session::door(&pair.primary, "root", pair.primary.root_password());
    let door = std::sync::Arc::new(door);
    let purged_at = Mutex::new(None);
    // Held for longer than the copy waits for a table, by a session that lives as long as the test.
    let held = std::sync::Arc::new(Mutex::new(None));
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let stopped = std::sync::Arc::new(Mutex::new(stopped));
    let note = |news: CopyProgress| {
        if !matches!(news, CopyProgress::LockReleased { .. }) {
            return;
        }
        let (door, held) = (door.clone(), held.clone());
        let stopped = stopped.clone();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let holder = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut session = write_and_purge(&door).await;
                session
                    .run("LOCK TABLES moving.last WRITE, moving.first WRITE")
                    .await;
                ready.send(()).unwrap();
                let _ = stopped.lock().unwrap().recv();
            });
        });
        is_ready.recv().unwrap();
        *held.lock().unwrap() = Some(holder);
        *purged_at.lock().unwrap() = Some(Instant::now());
    };
    let refusal = run_copy(&pair, &CopyOptions::default(), &note, &CancellationToken::new())
        .await
        .unwrap_err();
    let ended_after = purged_at.lock().unwrap().unwrap().elapsed();
    drop(stop);
    held.lock().unwrap().take().unwrap().join().unwrap();
    assert!(matches!(refusal, CopyError::LogsPurged { .. }), "{refusal:?}");
    assert!(refusal.to_string().contains(&newest), "{refusal}");
    assert!(ended_after < Duration::from_secs(6), "{ended_after:?}");
}

async fn scenario_44_logs_purged_at_the_end_of_the_copy_are_noticed(release: Release) {
    let pair = two_tables(release).await;
    let door = std::sync::Arc::new(Session::door(&pair.primary, "root", pair.primary.root_password()));
    let note = |news: CopyProgress| {
        if let CopyProgress::Phase {
            phase: dbha_copy::CopyPhase::Check,
        } = news
        {
            let door = door.clone();
            meanwhile(async move { drop(write_and_purge(&door).await) });
        }
    };
    let refusal = run_copy(&pair, &CopyOptions::default(), &note, &CancellationToken::new())
        .await
        .unwrap_err();
    assert!(matches!(refusal, CopyError::LogsPurged { .. }), "{refusal:?}");
}

/// The lock that keeps DDL out keeps the logs as well; after it they may go.
async fn scenario_44_logs_cannot_be_purged_under_the_copy(release: Release) {
    let pair = two_tables(release).await;
    let door = std::sync::Arc::new(Session::door(&pair.primary, "root", pair.primary.root_password()));
    let refused = Mutex::new(false);
    let note = |news: CopyProgress| {
        if let CopyProgress::Phase {
            phase: dbha_copy::CopyPhase::Check,
        } = news
        {
            let door = door.clone();
            let error = meanwhile(async move {
                let mut session = door.enter().await.unwrap();
                session.run("FLUSH BINARY LOGS").await;
                let purge = "PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY";
                session.try_run(purge).await.unwrap_err().to_string()
            });
            *refused.lock().unwrap() = error.contains("4085");
        }
    };
    run_copy(&pair, &CopyOptions::default(), &note, &CancellationToken::new())
        .await
        .unwrap();
    assert!(*refused.lock().unwrap());
}

/// Older logs than the snapshot's are nobody's business.
async fn logs_that_nobody_needs_may_go(release: Release) {
    let pair = two_tables(release).await;
    let mut primary = Session::open(&pair.primary).await;
    remove_binary_logs(&mut primary).await;
    run_copy(&pair, &CopyOptions::default(), &|_| (), &CancellationToken::new())
        .await
        .unwrap();
}
