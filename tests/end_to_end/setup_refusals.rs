//! What makes a set-up refuse: one clear error with its code, and nothing changed on either server.

use dbha_testkit::{PrivateServer, Release, ServerOptions, ServerPair};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::operator::Operator;
use crate::refusal::refused;
use crate::releases::{on_releases, run};
use crate::servers::{fill_with_sample, fresh_pair, pair_with_sample};
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;

on_releases!(scenario_1_one_server_by_two_names_is_refused: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn scenario_1_one_server_by_two_names_is_refused(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let mut operator = Operator::of(&pair);
    operator
        .secondary_password_file
        .clone_from(&operator.primary_password_file.clone());
    let proxy = proxy_to(&pair.primary).await;
    let names = [
        pair.primary.address(),
        format!("localhost:{}", pair.primary.port()),
        pair.primary.socket().display().to_string(),
        format!(
            "mysql://root@localhost/?socket={}",
            pair.primary.socket().display()
        ),
        proxy,
    ];
    for name in names {
        operator.secondary = name;
        refused(&pair, &operator, ["--writers", "both"], 3)
            .await
            .says("DBHA-P01");
    }
}

/// Opens another port that leads to the server.
async fn proxy_to(server: &PrivateServer) -> String {
    let target = server.address();
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = proxy.accept().await {
            let mut to = TcpStream::connect(&target).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut from, &mut to).await });
        }
    });
    address
}

on_releases!(scenario_11_a_secondary_with_data_is_refused: mariadb_10_11, slow_mysql_9_7);

async fn scenario_11_a_secondary_with_data_is_refused(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    fill_with_sample(&pair.secondary, 1).await;
    let operator = Operator::of(&pair);
    refused(&pair, &operator, [], 3)
        .await
        .says("DBHA-P09")
        .says("rental_shop")
        .says(&format!("--overwrite-secondary {}", pair.secondary.address()));
}

on_releases!(scenario_12_an_account_a_view_an_event_or_a_routine_alone_is_data: mariadb_10_11, mysql_9_7);

async fn scenario_12_an_account_a_view_an_event_or_a_routine_alone_is_data(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    let mut secondary = Session::open(&pair.secondary).await;
    let things = [
        (
            "CREATE USER 'somebody'@'%'",
            "DROP USER 'somebody'@'%'",
            "somebody",
        ),
        ("CREATE ROLE clerk", "DROP ROLE clerk", "clerk"),
        (
            "CREATE VIEW test.seen AS SELECT 1 AS one",
            "DROP VIEW test.seen",
            "test",
        ),
        (
            "CREATE EVENT test.later ON SCHEDULE AT '2037-01-01 00:00:00' DO DO 1",
            "DROP EVENT test.later",
            "test",
        ),
        (
            "CREATE PROCEDURE test.do_it() DO 1",
            "DROP PROCEDURE test.do_it",
            "test",
        ),
    ];
    secondary.run("CREATE DATABASE IF NOT EXISTS test").await;
    for (make, take_back, name) in things {
        secondary.run(make).await;
        refused(&pair, &operator, [], 3).await.says("DBHA-P09").says(name);
        secondary.run(take_back).await;
    }
    // With all of it gone, and a database test without anything in it, the server is empty.
    operator.run("preflight", []).await.exits(0);
}

on_releases!(scenario_6_swapped_arguments_are_named: mariadb_10_11, mysql_9_7);

async fn scenario_6_swapped_arguments_are_named(release: Release) {
    let pair = fresh_pair(release).await;
    fill_with_sample(&pair.secondary, 1).await;
    let operator = Operator::of(&pair);
    let right = format!(
        "--primary {} --secondary {}",
        pair.secondary.address(),
        pair.primary.address()
    );
    refused(&pair, &operator, [], 3)
        .await
        .says("DBHA-P09")
        .says("DBHA-P10")
        .says(&right);
}

on_releases!(scenario_18_a_binary_log_that_is_off_is_named: mariadb_10_11, mysql_9_7);

async fn scenario_18_a_binary_log_that_is_off_is_named(release: Release) {
    let (on, off) = (ServerOptions::new(), ServerOptions::new().no_binary_log());
    let pair = ServerPair::start_each((release, &on), (release, &off))
        .await
        .unwrap();
    let operator = Operator::of(&pair);
    refused(&pair, &operator, [], 3)
        .await
        .says("DBHA-P07")
        .says("log_bin")
        .says("dbha render my.cnf --server secondary");
}

on_releases!(scenario_18_replica_updates_that_are_not_logged_are_named: mariadb_10_11, mysql_9_7);

async fn scenario_18_replica_updates_that_are_not_logged_are_named(release: Release) {
    let name = if release.is_mysql() {
        "log_replica_updates"
    } else {
        "log_slave_updates"
    };
    let (on, off) = (ServerOptions::new(), ServerOptions::new().set(name, "OFF"));
    let pair = ServerPair::start_each((release, &off), (release, &on))
        .await
        .unwrap();
    let operator = Operator::of(&pair);
    refused(&pair, &operator, [], 3)
        .await
        .says("DBHA-P08")
        .says(name)
        .says("dbha render my.cnf --server primary");
}

/// Starts servers of two releases, the first as the primary, and runs a set-up that must be refused.
async fn refused_together(primary: Release, secondary: Release, code: &str) {
    run(&[primary, secondary], async || {
        let options = ServerOptions::new();
        let pair = ServerPair::start_each((primary, &options), (secondary, &options))
            .await
            .unwrap();
        let operator = Operator::of(&pair);
        refused(&pair, &operator, [], 3).await.says(code);
    })
    .await;
}

#[tokio::test]
async fn scenario_22_mariadb_with_mysql_is_refused() {
    refused_together(Release::MariaDb10_11, Release::MySql9_7, "DBHA-P02").await;
    refused_together(Release::MySql9_7, Release::MariaDb10_11, "DBHA-P02").await;
}

#[tokio::test]
async fn scenario_23_a_primary_newer_than_its_secondary_is_refused() {
    refused_together(Release::MariaDb11_8, Release::MariaDb10_11, "DBHA-P04").await;
}

on_releases!(scenario_13_a_server_that_follows_another_is_refused: mariadb_10_11, mysql_9_7);

async fn scenario_13_a_server_that_follows_another_is_refused(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    let (follow, forget) = if release.is_mysql() {
        (
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST='192.0.2.1', SOURCE_USER='somebody', SOURCE_PASSWORD='x'",
            "RESET REPLICA ALL",
        )
    } else {
        (
            "CHANGE MASTER TO MASTER_HOST='192.0.2.1', MASTER_USER='somebody', MASTER_PASSWORD='x'",
            "RESET SLAVE ALL",
        )
    };
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        session.run(follow).await;
        refused(&pair, &operator, [], 3)
            .await
            .says("DBHA-P11")
            .says(&server.address())
            .says("192.0.2.1");
        session.run(forget).await;
    }
}

on_releases!(two_writers_with_a_key_step_of_1_are_refused: mariadb_10_11);

async fn two_writers_with_a_key_step_of_1_are_refused(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    let arguments = ["--writers", "both", "--auto-increment", "1"];
    refused(&pair, &operator, arguments, 3)
        .await
        .says("DBHA-P16")
        .says("--writers one");
}

on_releases!(without_a_terminal_and_without_yes_nothing_is_begun: mariadb_10_11);

async fn without_a_terminal_and_without_yes_nothing_is_begun(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    let before = SnapshotOfPair::take(&pair).await;
    operator
        .run("setup", [])
        .await
        .exits(2)
        .says_one_error_with_a_fix()
        .says("--yes");
    let planned = operator.run("setup", ["--dry-run"]).await.exits(0);
    assert!(planned.stdout.contains("copy the primary's data"), "{planned}");
    operator.run("preflight", []).await.exits(0);
    before.assert_unchanged(&pair).await;
}
