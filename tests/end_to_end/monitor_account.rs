//! The monitor's own account: it sees all that a status tells, writes heartbeats, and can do nothing else.

use dbha_testkit::{Release, ServerPair};

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_same_contents, pair_with_sample};
use crate::session::Session;

const PASSWORD: &str = "aMonitorsPassw0rd";

/// An operator who has the monitor's account and no other.
fn monitor_of(pair: &ServerPair) -> Operator {
    let mut monitor = Operator::of(pair);
    monitor.primary = format!("mysql://dbha_monitor@{}/", pair.primary.address());
    monitor.secondary = format!("mysql://dbha_monitor@{}/", pair.secondary.address());
    let file = monitor.password_file("monitor", PASSWORD);
    monitor.primary_password_file.clone_from(&file);
    monitor.secondary_password_file = file;
    monitor
}

/// Everything that a status says is wrong with the servers, by code.
fn problems(status: &serde_json::Value) -> Vec<String> {
    let servers = status["servers"].as_array().unwrap().iter();
    let problems = servers.flat_map(|server| server["problems"].as_array().unwrap());
    problems.map(|problem| problem["code"].to_string()).collect()
}

/// Proves that the account sees what root sees, writes heartbeats, and writes nothing else.
async fn assert_is_enough_and_no_more(pair: &ServerPair, operator: &Operator) {
    let as_root = operator.status().await.exits(0).json();
    let as_monitor = monitor_of(pair).status().await.exits(0).json();
    assert_eq!(problems(&as_root), problems(&as_monitor), "{as_monitor:#}");
    for field in [
        "/verdict",
        "/writers",
        "/restart_safe",
        "/links/0/io",
        "/links/0/sql",
        "/links/1/io",
        "/links/1/sql",
    ] {
        assert!(as_root.pointer(field).is_some(), "{field} {as_root:#}");
        assert_eq!(
            as_root.pointer(field),
            as_monitor.pointer(field),
            "{field} {as_monitor:#}"
        );
    }
    for link in as_monitor["links"].as_array().unwrap() {
        assert!(
            link["lag_seconds"].is_number() && link["gtid_missing"].is_number(),
            "{link:#}"
        );
    }

    let mut session = Session::open_as(&pair.primary, "dbha_monitor", PASSWORD)
        .await
        .unwrap();
    session.run("SHOW FULL PROCESSLIST").await;
    session
        .run("INSERT INTO dbha.heartbeat (server_id, at_us) VALUES (1, 1) ON DUPLICATE KEY UPDATE at_us = 1")
        .await;
    session
        .run("UPDATE dbha.heartbeat SET at_us = 1700000000000000")
        .await;
    assert_eq!(
        session.number("SELECT at_us FROM dbha.heartbeat").await,
        1_700_000_000_000_000
    );
    session
        .run("DELETE FROM dbha.heartbeat WHERE server_id = 1")
        .await;
    for forbidden in [
        "INSERT INTO dbha.marker VALUES (9, 'x', NOW())",
        "DELETE FROM dbha.server",
        "UPDATE dbha.server SET name = 'x'",
        "ALTER TABLE dbha.heartbeat ADD COLUMN x INT",
        "DROP TABLE dbha.heartbeat",
        "TRUNCATE TABLE dbha.heartbeat",
        "CREATE TABLE dbha.x (id INT)",
        "CREATE DATABASE x",
        "SELECT * FROM rental_shop.category",
        "INSERT INTO rental_shop.category (category_id, name) VALUES (90, 'x')",
        "DELETE FROM rental_shop.category",
        "SELECT * FROM mysql.user",
        "SET GLOBAL read_only = 0",
        "STOP REPLICA",
        "FLUSH TABLES WITH READ LOCK",
        "CREATE USER 'x'@'%'",
    ] {
        assert!(session.try_run(forbidden).await.is_err(), "{forbidden}");
    }
}

on_releases!(an_account_made_by_hand_is_enough_and_no_more: mariadb_10_5, mariadb_10_11, mariadb_11_8, mysql_9_7);

async fn an_account_made_by_hand_is_enough_and_no_more(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    let flavor = if release.is_mysql() { "mysql" } else { "mariadb" };
    let arguments = [
        "render",
        "monitor-account",
        "--monitor-host",
        "127.0.0.1",
        "--flavor",
        flavor,
    ];
    let text = operator
        .finish(&mut operator.bare(arguments))
        .await
        .exits(0)
        .stdout;
    let mut session = Session::open(&pair.primary).await;
    for statement in text.lines().filter(|line| !line.starts_with("--")) {
        let statement = statement.replace("'PASSWORD'", &format!("'{PASSWORD}'"));
        session.run(statement.trim_end_matches(';')).await;
    }
    assert_same_contents(&pair).await;
    assert_is_enough_and_no_more(&pair, &operator).await;
}

#[tokio::test]
async fn scenario_84_an_account_gets_no_host_that_becomes_a_statement() {
    let operator = Operator::without_servers();
    let arguments = [
        "render",
        "monitor-account",
        "--monitor-host",
        "h'; DROP DATABASE shop; --",
    ];
    let ran = operator.finish(&mut operator.bare(arguments)).await.exits(2);
    assert!(ran.stdout.is_empty(), "{ran}");
    ran.says_one_error_with_a_fix().says("cannot stand in");
}
