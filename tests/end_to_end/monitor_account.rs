//! The monitor's own account: it sees all that a status tells, writes heartbeats, and can do nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use dbha_monitor::{MonitorSettings, PairReport};
use dbha_testkit::{PrivateServer, Release, ServerPair};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_same_contents, pair_with_sample, positions};
use crate::session::Session;
use crate::watching::Watching;

const PASSWORD: &str = "aMonitorsPassw0rd";

/// An operator who has the monitor's account and no other.
fn monitor_of(pair: &ServerPair, password: &str) -> Operator {
    let mut monitor = Operator::of(pair);
    monitor.primary = format!("mysql://dbha_monitor@{}/", pair.primary.address());
    monitor.secondary = format!("mysql://dbha_monitor@{}/", pair.secondary.address());
    let file = monitor.password_file("monitor", password);
    monitor.primary_password_file.clone_from(&file);
    monitor.secondary_password_file = file;
    monitor
}

/// Logs in as the monitor: over TLS where the server offers it, because the account then demands it.
async fn enter(server: &PrivateServer, password: &str) -> Result<Session, mysql_async::Error> {
    match Session::open_over_tls_as(server, "dbha_monitor", password).await {
        Err(mysql_async::Error::Driver(_)) => Session::open_as(server, "dbha_monitor", password).await,
        over_tls => over_tls,
    }
}

/// A monitor that has this account and no other finds the pair healthy, and measures lag by heartbeats that it writes.
async fn watch_with(pair: &ServerPair, password: &str) {
    let way = |server: &PrivateServer| format!("mysql://dbha_monitor:{password}@{}/", server.address());
    let (primary, secondary) = (way(&pair.primary), way(&pair.secondary));
    let watching = Watching::begin_at(&primary, &secondary, &MonitorSettings::default());
    let healthy = |report: &PairReport| {
        report.status.is_healthy() && report.status.links[0].lag_heartbeat_seconds.is_some()
    };
    watching
        .until("the pair is healthy, and a heartbeat has come over", healthy)
        .await;
    watching.end().await;
}

/// Everything that a status says is wrong with the servers, by code.
fn problems(status: &serde_json::Value) -> Vec<String> {
    let servers = status["servers"].as_array().unwrap().iter();
    let problems = servers.flat_map(|server| server["problems"].as_array().unwrap());
    problems.map(|problem| problem["code"].to_string()).collect()
}

/// Proves that the account sees what root sees, writes heartbeats, and writes nothing else.
async fn assert_is_enough_and_no_more(pair: &ServerPair, operator: &Operator, password: &str) {
    let as_root = operator.status().await.exits(0).json();
    let as_monitor = monitor_of(pair, password).status().await.exits(0).json();
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

    watch_with(pair, password).await;
    let mut session = enter(&pair.primary, password).await.unwrap();
    session.run("SHOW FULL PROCESSLIST").await;
    session
        .run("INSERT INTO dbha.heartbeat (server_id, at_us) VALUES (1, 1) ON DUPLICATE KEY UPDATE at_us = 1")
        .await;
    session
        .run("REPLACE INTO dbha.heartbeat (server_id, at_us) VALUES (1, 2)")
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
    assert_is_enough_and_no_more(&pair, &operator, PASSWORD).await;
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

/// Words of a set-up that makes the account.
fn with_account(file: &Path) -> [&str; 3] {
    [
        "--monitor-account",
        "--monitor-password-file",
        file.to_str().unwrap(),
    ]
}

/// Fails the test unless the account logs in on both servers with the password in the file.
async fn assert_logs_in(pair: &ServerPair, file: &Path) {
    let text = fs::read_to_string(file).unwrap();
    for server in [&pair.primary, &pair.secondary] {
        let session = enter(server, text.trim_end()).await;
        assert!(session.is_ok(), "{:?}", session.err());
    }
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Runs a set-up that makes the account; returns the steps that changed something.
async fn changed(operator: &Operator, file: &Path) -> Vec<String> {
    let mut command = operator.command("setup", with_account(file));
    let ran = operator.finish(command.args(["--yes", "-o", "ndjson"])).await;
    ran.exits(0).changed_steps()
}

on_releases!(a_set_up_makes_the_account_and_mends_it: mariadb_10_11, slow_mariadb_10_5, slow_mariadb_11_8, mysql_9_7);

async fn a_set_up_makes_the_account_and_mends_it(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let mut operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    let file = operator.home().join("monitor");
    assert_eq!(changed(&operator, &file).await, ["ensure_monitor_account"]);
    let password = fs::read_to_string(&file).unwrap().trim_end().to_owned();
    operator.secrets.push(password.clone());
    assert_logs_in(&pair, &file).await;
    assert_same_contents(&pair).await;
    assert_is_enough_and_no_more(&pair, &operator, &password).await;

    assert_same_contents(&pair).await;
    let before = [positions(&pair.primary).await, positions(&pair.secondary).await];
    assert_eq!(changed(&operator, &file).await, [""; 0]);
    let after = [positions(&pair.primary).await, positions(&pair.secondary).await];
    assert_eq!(before, after);

    let mut primary = Session::open(&pair.primary).await;
    for drift in [
        "GRANT SELECT ON rental_shop.* TO 'dbha_monitor'@'127.0.0.1'",
        "REVOKE PROCESS ON *.* FROM 'dbha_monitor'@'127.0.0.1'",
        "DROP TABLE dbha.heartbeat",
    ] {
        primary.run(drift).await;
        assert_same_contents(&pair).await;
        assert_eq!(
            changed(&operator, &file).await,
            ["ensure_monitor_account"],
            "{drift}"
        );
    }
    assert_is_enough_and_no_more(&pair, &operator, &password).await;
}

on_releases!(an_account_whose_password_file_is_lost_gets_a_new_password: mariadb_10_11, slow_mysql_9_7);

async fn an_account_whose_password_file_is_lost_gets_a_new_password(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    let file = operator.home().join("monitor");
    operator.setup(with_account(&file)).await.exits(0);
    let password = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!(changed(&operator, &file).await, ["ensure_monitor_account"]);
    assert_logs_in(&pair, &file).await;
    assert_ne!(fs::read_to_string(&file).unwrap(), password);

    // That run only gave it a password: its receipt does not drop what was there.
    operator.run("undo", ["--yes"]).await.exits(0);
    assert_logs_in(&pair, &file).await;
}

on_releases!(undo_takes_the_account_and_its_table_back: mariadb_10_11, slow_mysql_9_7);

async fn undo_takes_the_account_and_its_table_back(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    let file = operator.home().join("monitor");
    operator.setup(with_account(&file)).await.exits(0);
    operator.run("undo", ["--yes"]).await.exits(0);
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        let there = "SELECT (SELECT COUNT(*) FROM mysql.user WHERE user = 'dbha_monitor') + (SELECT COUNT(*) FROM \
                     information_schema.tables WHERE table_schema = 'dbha' AND table_name = 'heartbeat')";
        eventually(
            "nothing of it is left",
            async || session.number(there).await,
            |left| *left == 0,
        )
        .await;
    }
    operator.status().await.exits(0);
}

on_releases!(scenario_30_a_run_that_was_cut_off_leaves_no_password_that_nobody_has: mariadb_10_11, slow_mysql_9_7);

async fn scenario_30_a_run_that_was_cut_off_leaves_no_password_that_nobody_has(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    let file = operator.home().join("monitor");
    let held = operator.home().join("held");
    for point in ["before", "applied", "after"] {
        let _ = fs::remove_file(&file);
        let mut command = operator.command("setup", with_account(&file));
        let failpoint = format!("{point}:ensure_monitor_account={}", held.display());
        let mut child = command
            .arg("--yes")
            .env("DBHA_FAILPOINT", failpoint)
            .spawn()
            .unwrap();
        eventually("the run waits", async || held.exists(), |exists| *exists).await;
        child.kill().await.unwrap();
        fs::remove_file(&held).unwrap();
        eventually(
            "the next run goes on",
            async || operator.setup(with_account(&file)).await.code,
            |code| *code == Some(0),
        )
        .await;
        assert_logs_in(&pair, &file).await;
        let last = operator
            .finish(
                operator
                    .command("setup", with_account(&file))
                    .args(["--yes", "-o", "ndjson"]),
            )
            .await;
        assert_eq!(last.exits(0).changed_steps(), [""; 0], "{point}");
    }
}

#[tokio::test]
async fn a_password_file_that_cannot_be_is_refused_before_any_server_is_asked() {
    let mut operator = Operator::without_servers();
    operator.primary = "127.0.0.1:1".into();
    operator.secondary = "127.0.0.1:2".into();
    let open = operator.home().join("open");
    fs::write(&open, "x\n").unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    operator
        .setup(with_account(&open))
        .await
        .exits(2)
        .says("chmod 600")
        .says_one_error_with_a_fix();
    let nowhere = Path::new("/no-such-directory/monitor");
    operator
        .setup(with_account(nowhere))
        .await
        .exits(2)
        .says("no directory")
        .says_one_error_with_a_fix();
    for lacking in [
        ["--monitor-account"].as_slice(),
        &["--monitor-password-file", "x"],
        &["--monitor-host", "x"],
    ] {
        operator.setup(lacking.iter().copied()).await.exits(2);
    }
}
