//! `dbha check`: one look, one line, the exit codes of Nagios.

use std::time::{Duration, Instant};

use dbha_testkit::{PrivateServer, Release};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::ran::Ran;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, write};
use crate::session::Session;
use crate::verify::standing_pair;

async fn check(operator: &Operator, arguments: &[&str]) -> Ran {
    operator.run("check", arguments.iter().copied()).await
}

/// Takes the one line apart: what is said, and the figures.
#[track_caller]
fn parts(ran: &Ran) -> (String, Vec<(String, String)>) {
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let [line] = lines[..] else {
        panic!("not one line\n{ran}")
    };
    let (said, figures) = line.split_once(" | ").unwrap_or((line, ""));
    let figure = |text: &str| {
        let (label, value) = text.split_once('=').unwrap_or_else(|| panic!("{text}\n{ran}"));
        (label.to_owned(), value.to_owned())
    };
    (
        said.to_owned(),
        figures
            .split(' ')
            .filter(|text| !text.is_empty())
            .map(figure)
            .collect(),
    )
}

fn stop_sql_thread(server: &PrivateServer) -> &'static str {
    match server.release().is_mysql() {
        true => "STOP REPLICA SQL_THREAD",
        false => "STOP SLAVE SQL_THREAD",
    }
}

fn start_sql_thread(server: &PrivateServer) -> &'static str {
    match server.release().is_mysql() {
        true => "START REPLICA SQL_THREAD",
        false => "START SLAVE SQL_THREAD",
    }
}

on_releases!(scenario_70_a_probe_answers_in_one_line_with_an_exit_code: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn scenario_70_a_probe_answers_in_one_line_with_an_exit_code(release: Release) {
    let (mut pair, operator) = standing_pair(release, &[]).await;

    let well = check(&operator, &["--warn-lag", "5s"]).await.exits(0);
    let (said, figures) = parts(&well);
    assert!(said.starts_with("DBHA OK - "), "{well}");
    let labels: Vec<&str> = figures.iter().map(|(label, _)| label.as_str()).collect();
    let expected = [
        "lag_secondary",
        "lag_primary",
        "missing_secondary",
        "missing_primary",
        "time",
    ];
    assert_eq!(labels, expected, "{well}");
    assert_eq!(figures[0].1, "0s;5;10;0", "{well}");
    assert_eq!(figures[2].1, "0;;;0", "{well}");
    assert!(figures[4].1.ends_with("s;;;0;3"), "{well}");
    roles_are_answered_for(&operator).await;

    Session::open(&pair.secondary)
        .await
        .run(stop_sql_thread(&pair.secondary))
        .await;
    let stopped = check(&operator, &[]).await.exits(2);
    let (said, figures) = parts(&stopped);
    assert!(
        said.starts_with("DBHA CRITICAL - ") && said.contains("SQL thread"),
        "{stopped}"
    );
    assert_eq!(figures[0].1, "U", "NULL is unknown and not 0\n{stopped}");
    check(&operator, &["--require", "replica"]).await.exits(2);
    check(&operator, &["--require", "primary"]).await.exits(0);
    Session::open(&pair.secondary)
        .await
        .run(start_sql_thread(&pair.secondary))
        .await;
    assert_all_threads_run(&pair).await;
    eventually(
        "well again",
        async || check(&operator, &[]).await.code,
        |code| *code == Some(0),
    )
    .await;

    pair.secondary.kill().await.unwrap();
    let killed = check(&operator, &[]).await.exits(2);
    assert!(parts(&killed).0.contains(&operator.secondary), "{killed}");
    check(&operator, &["--require", "primary"]).await.exits(0);
    check(&operator, &["--require", "replica"]).await.exits(2);
}

/// Each server of a sound pair with one writer, asked for each role.
async fn roles_are_answered_for(operator: &Operator) {
    let (primary, secondary) = (&operator.primary, &operator.secondary);
    for (required, server, code) in [
        ("primary", primary, 0),
        ("replica", primary, 0),
        ("replica", secondary, 0),
        ("primary", secondary, 2),
    ] {
        check(operator, &["--require", required, "--server", server])
            .await
            .exits(code);
    }
}

on_releases!(scenario_57_a_lag_behind_a_locked_table_is_seen_by_a_probe: mariadb_10_11, mysql_9_7);

async fn scenario_57_a_lag_behind_a_locked_table_is_seen_by_a_probe(release: Release) {
    let (pair, operator) = standing_pair(release, &[]).await;
    let mut locker = Session::open(&pair.secondary).await;
    locker.run("LOCK TABLES rental_shop.customer READ").await;
    write("Locked", &pair.primary).await;

    let limits = ["--warn-lag", "1s", "--max-lag", "3s"];
    let warned = eventually(
        "a warning",
        async || check(&operator, &limits).await,
        |ran| ran.code == Some(1),
    )
    .await;
    assert!(parts(&warned).0.starts_with("DBHA WARNING - "), "{warned}");
    let critical = eventually(
        "critical",
        async || check(&operator, &limits).await,
        |ran| ran.code == Some(2),
    )
    .await;
    assert!(parts(&critical).0.contains("behind"), "{critical}");
    check(&operator, &["--max-lag", "1h"]).await.exits(0);
    check(&operator, &["--require", "replica", "--max-lag", "2s"])
        .await
        .exits(2);

    locker.run("UNLOCK TABLES").await;
    eventually(
        "no lag",
        async || check(&operator, &limits).await.code,
        |code| *code == Some(0),
    )
    .await;
}

on_releases!(scenario_70_a_probe_of_a_frozen_server_ends_in_its_time: mariadb_10_11, slow_mysql_9_7);

async fn scenario_70_a_probe_of_a_frozen_server_ends_in_its_time(release: Release) {
    let (pair, operator) = standing_pair(release, &[]).await;
    pair.secondary.freeze().unwrap();
    let began = Instant::now();

    let ran = check(&operator, &["--timeout", "1500ms", "-o", "json"])
        .await
        .exits(2);

    let took = began.elapsed();
    assert!(took < Duration::from_millis(2_500), "{took:?}");
    let document = ran.json();
    assert_eq!(document["level"], "critical", "{ran}");
    assert_eq!(document["exit_code"], 2, "{ran}");
    assert_eq!(document["status"]["servers"][0]["reachable"], true, "{ran}");
    assert_eq!(document["status"]["servers"][1]["reachable"], false, "{ran}");
    check(&operator, &["--timeout", "1500ms", "--require", "primary"])
        .await
        .exits(0);
    pair.secondary.thaw().unwrap();
}

#[tokio::test]
async fn a_question_that_cannot_be_asked_is_unknown() {
    let mut operator = Operator::without_servers();
    (operator.primary, operator.secondary) = ("127.0.0.1:1".into(), "127.0.0.1:2".into());
    let cases: [&[&str]; 6] = [
        &["--no-such-flag"],
        &["--require", "both"],
        &["--max-lag", "soon"],
        &["--server", "primary"],
        &["--require", "replica", "--server", "db9"],
        &["--warn-lag", "20s"],
    ];
    for case in cases {
        let ran = check(&operator, case).await.exits(3);
        assert!(parts(&ran).0.starts_with("DBHA UNKNOWN - "), "{ran}");
    }
    // Nobody listens: that is an answer.
    check(&operator, &[]).await.exits(2);
    operator.secondary = "host:0".into();
    check(&operator, &[]).await.exits(3);
}
