//! `dbha rotate-password`: both links log in with a new password, the old one is worth nothing, and no row is lost.

use std::fs;

use dbha_testkit::{PrivateServer, Release, ServerPair};

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{
    assert_all_threads_run, assert_nothing_left_behind, assert_same_contents, cross, pair_with_sample,
};
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;
use crate::stopped_at::StoppedAt;
use crate::writers::{Writers, assert_kept};

const USER: &str = "dbha_repl";

/// Reads the password with which a server's link logs in.
async fn password_of_link(server: &PrivateServer) -> String {
    if server.release().is_mysql() {
        let mut session = Session::open(server).await;
        let kept = "SELECT User_password FROM mysql.slave_master_info WHERE Channel_name=''";
        return session.value(kept).await;
    }
    let info = fs::read_to_string(server.datadir().join("master.info")).unwrap();
    // Number of lines, log file, position, host, user, password.
    info.lines().nth(5).unwrap().to_owned()
}

async fn logs_in(server: &PrivateServer, password: &str) -> bool {
    Session::open_as(server, USER, password).await.is_ok()
        || Session::open_over_tls_as(server, USER, password).await.is_ok()
}

/// Returns the connection over which the peer reads a server's binary log.
async fn dump_connection(server: &PrivateServer) -> String {
    let mut session = Session::open(server).await;
    let list = format!(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE USER='{USER}' AND COMMAND LIKE 'Binlog Dump%'"
    );
    session.value(&list).await
}

/// Returns the thread that applies what a server reads.
async fn sql_thread(server: &PrivateServer) -> String {
    let mut session = Session::open(server).await;
    let threads = match server.release().is_mysql() {
        true => "SELECT PROCESSLIST_ID FROM performance_schema.threads WHERE NAME='thread/sql/replica_sql'",
        false => "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND='Slave_SQL'",
    };
    session.value(threads).await
}

/// Fails the test unless both links can log in anew, which one that is connected need not be able to.
async fn assert_links_can_reconnect(pair: &ServerPair) {
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        let word = if server.release().is_mysql() {
            "REPLICA"
        } else {
            "SLAVE"
        };
        for verb in ["STOP", "START"] {
            session.run(&format!("{verb} {word} IO_THREAD")).await;
        }
    }
    cross("Reconnected", &pair.primary, &pair.secondary).await;
    crate::eventually::eventually(
        "both links are connected",
        async || {
            [
                crate::servers::threads(&pair.primary).await,
                crate::servers::threads(&pair.secondary).await,
            ]
        },
        |both| both.iter().all(|(io, sql)| io == "Yes" && sql == "Yes"),
    )
    .await;
}

/// What may, or may not, be another after the change.
#[derive(Debug, PartialEq, Eq)]
struct Connections {
    dumps: [String; 2],
    appliers: [String; 2],
}

impl Connections {
    async fn see(pair: &ServerPair) -> Self {
        Self {
            dumps: [
                dump_connection(&pair.primary).await,
                dump_connection(&pair.secondary).await,
            ],
            appliers: [sql_thread(&pair.primary).await, sql_thread(&pair.secondary).await],
        }
    }
}

/// Fails the test unless both servers take the one password and refuse the other.
async fn assert_logins(pair: &ServerPair, good: &str, bad: &str) {
    for server in [&pair.primary, &pair.secondary] {
        assert!(logs_in(server, good).await, "the password that counts");
        assert!(!logs_in(server, bad).await, "a password that does not");
    }
}

on_releases!(scenario_53_a_new_password_under_writers_loses_nothing: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn scenario_53_a_new_password_under_writers_loses_nothing(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let mut operator = Operator::of(&pair);
    operator.setup(["--writers", "both"]).await.exits(0);
    let writers = Writers::start(&pair.primary, 2).await;
    let old = password_of_link(&pair.secondary).await;
    assert_logins(&pair, &old, "not the password").await;
    operator.secrets.push(old.clone());
    let before = Connections::see(&pair).await;

    let rotated = operator.run("rotate-password", ["-o", "ndjson"]).await.exits(0);

    let steps = [
        "ensure_accounts",
        "follow_primary",
        "follow_secondary",
        "prove_links",
    ];
    assert_eq!(rotated.changed_steps(), steps);
    let after = Connections::see(&pair).await;
    let anew = |at: usize| before.dumps[at] != after.dumps[at];
    assert!(anew(0) && anew(1), "each link logged in anew");
    if release.is_mysql() {
        assert_eq!(after.appliers, before.appliers, "the SQL threads never stopped");
    }
    let new = password_of_link(&pair.secondary).await;
    assert!(!rotated.stdout.contains(&new) && !rotated.stderr.contains(&new));
    assert_logins(&pair, &new, &old).await;
    let written = writers.stop().await;
    assert_whole(&pair, &operator).await;
    assert_kept(&pair.secondary, &written).await;
}

async fn assert_whole(pair: &ServerPair, operator: &Operator) {
    assert_all_threads_run(pair).await;
    assert_links_can_reconnect(pair).await;
    cross("Grace", &pair.secondary, &pair.primary).await;
    assert_same_contents(pair).await;
    assert_nothing_left_behind(pair).await;
    let again = operator.setup(["--writers", "both", "-o", "ndjson"]).await;
    assert_eq!(again.exits(0).changed_steps(), [""; 0]);
}

on_releases!(scenario_53_a_change_of_the_password_that_was_killed_is_mended: mariadb_10_11, slow_mysql_9_7, slow_mariadb_11_8);

async fn scenario_53_a_change_of_the_password_that_was_killed_is_mended(release: Release) {
    for (at, point) in [
        "before:ensure_accounts",
        "applied:ensure_accounts",
        "applied:follow_primary",
        "applied:follow_secondary",
    ]
    .into_iter()
    .enumerate()
    {
        let pair = pair_with_sample(release, 1).await;
        let operator = Operator::of(&pair);
        operator.setup(["--writers", "both"]).await.exits(0);

        let mut command = operator.command("rotate-password", []);
        StoppedAt::reach(&operator, &mut command, point)
            .await
            .kill()
            .await;
        match at % 2 {
            0 => operator.setup(["--writers", "both"]).await.exits(0),
            _ => operator.run("rotate-password", []).await.exits(0),
        };

        assert_whole(&pair, &operator).await;
    }
}

on_releases!(two_servers_that_are_no_pair_have_no_replication_password: mariadb_10_11);

async fn two_servers_that_are_no_pair_have_no_replication_password(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    let before = SnapshotOfPair::take(&pair).await;
    operator
        .run("rotate-password", [])
        .await
        .exits(3)
        .says("DBHA-P42")
        .says_one_error_with_a_fix();
    before.assert_unchanged(&pair).await;
}
