//! Replicated pairs in plain tests, of given servers, and what is left of them after a panic.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{another_process, connect, role};
use dbha_testkit::prelude::*;
use dbha_testkit::{Installation, ProcessIdentity, Release, ServerPair};
use mysql_async::prelude::Queryable;

fn is_here() -> bool {
    let found = Installation::find(Release::MariaDb10_11);
    if let Err(missing) = &found {
        eprintln!("SKIPPED: {missing}");
    }
    found.is_ok()
}

#[test]
fn a_plain_test_needs_no_runtime() {
    if !is_here() {
        return;
    }
    let mut pair = ReplicatedPair::builder()
        .flavor(MariaDb("10.11"))
        .writers(One)
        .start_blocking()
        .unwrap();
    let url = pair.primary_url();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    pair.cut(PrimaryToSecondary).unwrap();
    runtime.block_on(async {
        connect(&url)
            .await
            .query_drop("CREATE DATABASE plain")
            .await
            .unwrap()
    });
    let error = pair
        .wait_caught_up_within(Duration::from_millis(300))
        .unwrap_err();
    assert!(
        matches!(error, TestkitError::NotCaughtUp { side: Secondary, .. }),
        "{error}"
    );
    pair.heal().unwrap();
    pair.wait_caught_up().unwrap();
    pair.restart(Secondary).unwrap();
    pair.wait_caught_up().unwrap();
    // The primary comes back to the restarted one by itself.
    let end = Instant::now() + Duration::from_secs(20);
    while !pair.status().is_healthy() {
        assert!(Instant::now() < end, "{}", pair.status().reason);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The runtime that made it may end, and another one go on: tests of one program may share a pair.
#[test]
fn a_pair_outlives_the_runtime_that_made_it() {
    if !is_here() {
        return;
    }
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let pair = runtime().block_on(ReplicatedPair::builder().start()).unwrap();
    // Nobody turns a runtime meanwhile.
    std::thread::sleep(Duration::from_millis(50));
    runtime().block_on(async {
        let mut session = connect(&pair.primary_url()).await;
        session.query_drop("CREATE DATABASE shared").await.unwrap();
        session.disconnect().await.unwrap();
        pair.wait_caught_up().await.unwrap();
        let mut session = connect(&pair.secondary_url()).await;
        let found: Option<String> = session.query_first("SHOW DATABASES LIKE 'shared'").await.unwrap();
        assert!(found.is_some());
        session.disconnect().await.unwrap();
    });
}

#[tokio::test]
async fn given_servers_become_a_pair_and_are_not_harmed() {
    if !is_here() {
        return;
    }
    let servers = ServerPair::start(Release::MariaDb10_11, &ServerOptions::new())
        .await
        .unwrap();
    let given = || ReplicatedPair::builder().urls(servers.primary.url(), servers.secondary.url());
    let mut pair = given().writers(Writers::Both).start().await.unwrap();
    assert_eq!((pair.backend(), pair.release()), (Backend::Urls, None));
    let mut session = connect(&pair.primary_url()).await;
    session.query_drop("CREATE DATABASE given").await.unwrap();
    session.disconnect().await.unwrap();
    pair.wait_caught_up().await.unwrap();
    assert!(pair.status().await.is_healthy());
    let refused = [
        pair.kill(Primary).await,
        pair.start_again(Primary).await,
        pair.restart(Primary).await,
        pair.freeze(Primary).await,
        pair.thaw(Primary).await,
        pair.cut(PrimaryToSecondary).await,
        pair.black_hole(SecondaryToPrimary).await,
        pair.delay(Duration::from_secs(1)).await,
        pair.heal().await,
        pair.skew_clock(Primary, 5).await,
    ];
    for refused in refused {
        assert!(
            matches!(refused, Err(TestkitError::NotPossible { .. })),
            "{refused:?}"
        );
    }
    assert!(
        !format!("{pair:?}").contains(servers.primary.root_password()),
        "{pair:?}"
    );
    pair.stop_sql_thread(Secondary).await.unwrap();
    pair.start_replication(Secondary).await.unwrap();
    drop(pair);
    // They live on, and are a pair for the next test as well.
    assert!(
        given()
            .writers(Writers::Both)
            .start()
            .await
            .unwrap()
            .status()
            .await
            .is_healthy()
    );
}

#[tokio::test]
async fn a_url_that_is_none_is_said_without_its_password() {
    let error = ReplicatedPair::builder()
        .urls("mysql://root:geheim@:x/", "mysql://h/")
        .start()
        .await;
    let error = error.unwrap_err();
    assert!(matches!(error, TestkitError::Url { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
}

/// Does what its role says; nothing where it runs as a test of its own.
#[tokio::test]
async fn holder_of_a_pair() {
    let Some(role) = role() else { return };
    let pair = ReplicatedPair::builder().start().await;
    match role.as_str() {
        "panics" => {
            println!("\nready {}", pair.unwrap().primary_url());
            panic!("as a test that fails");
        }
        _ => println!("\nsaid {}", pair.unwrap_err()),
    }
}

#[tokio::test]
async fn after_a_panic_nothing_of_a_pair_is_left() {
    if !is_here() {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let mut command = another_process("replicated_pairs_end::holder_of_a_pair", "panics");
    let child = command
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        !output.status.success() && text.contains("ready mysql://"),
        "{text}"
    );
    assert_eq!(processes_of(temporary.path()), [0; 0]);
    let left: Vec<_> = std::fs::read_dir(temporary.path())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_environment_chooses_the_back_end() {
    for (backend, urls, expected) in [
        ("balloons", None, "'balloons' is no back end of a pair"),
        (
            "urls",
            None,
            "DBHA_TEST_PRIMARY_URL is not the URL of a server: it is not set",
        ),
        (
            "urls",
            Some("mysql://root@127.0.0.1:1/"),
            "the two servers could not be made a pair",
        ),
    ] {
        let mut command = another_process("replicated_pairs_end::holder_of_a_pair", "says");
        command.env("DBHA_TEST_BACKEND", backend);
        if let Some(url) = urls {
            command
                .env("DBHA_TEST_PRIMARY_URL", url)
                .env("DBHA_TEST_SECONDARY_URL", url);
        }
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(&format!("said {expected}")), "{text}");
    }
}

/// Finds the processes whose command line names a directory.
fn processes_of(directory: &Path) -> Vec<u32> {
    let directory = directory.display().to_string();
    let numbers = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let named = numbers.filter(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&directory)
    });
    named
        .filter(|pid| ProcessIdentity::of(*pid).is_some_and(|process| process.is_running()))
        .collect()
}
