//! `dbha fence`: a server of this machine that certainly takes no writes.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use dbha_testkit::{FaultProxy, PrivateServer, Release, ServerOptions};
use tokio::process::Command;

use crate::eventually::{LIMIT, eventually};
use crate::operator::Operator;
use crate::ran::Ran;
use crate::releases::{on_every_release, on_releases};
use crate::session::Session;

async fn server(release: Release) -> (PrivateServer, Operator) {
    let server = PrivateServer::launch(release, &ServerOptions::default()).await;
    let mut operator = Operator::without_servers();
    let server = server.unwrap();
    operator.primary_password_file = operator.password_file("root", server.root_password());
    let mut session = Session::open(&server).await;
    session.run("CREATE DATABASE shop").await;
    session.run("CREATE TABLE shop.t (id INT PRIMARY KEY)").await;
    session
        .run("CREATE USER app@'%' IDENTIFIED BY 'of the app'")
        .await;
    session.run("GRANT ALL ON shop.* TO app@'%'").await;
    (server, operator)
}

fn fencing(operator: &Operator, local: &str, arguments: &[&str]) -> Command {
    let mut command = operator.bare(["fence", "--local", local]);
    command
        .arg("--password-file")
        .arg(&operator.primary_password_file)
        .args(arguments);
    command
}

async fn fence(operator: &Operator, local: &str, arguments: &[&str]) -> Ran {
    operator.finish(&mut fencing(operator, local, arguments)).await
}

async fn is_writable(server: &PrivateServer) -> bool {
    let asked = Session::open(server)
        .await
        .value("SELECT @@global.read_only")
        .await;
    asked == "0"
}

async fn app(server: &PrivateServer) -> Session {
    Session::open_as(server, "app", "of the app").await.unwrap()
}

/// Waits until a statement of the application is held up there.
async fn wait_until_held_up(server: &PrivateServer, state: &str) {
    let find = format!(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app' AND state LIKE '%{state}%'"
    );
    eventually(
        &format!("the application waits: {state}"),
        async || Session::open(server).await.number(&find).await,
        |count| *count > 0,
    )
    .await;
}

on_every_release!(a_server_that_works_is_made_read_only_and_its_clients_are_gone);

async fn a_server_that_works_is_made_read_only_and_its_clients_are_gone(release: Release) {
    let (server, operator) = server(release).await;
    let mut client = app(&server).await;
    client.run("BEGIN").await;
    client.run("INSERT INTO shop.t VALUES (1)").await;
    let pid = server.pid().unwrap();

    let planned = fence(&operator, &server.address(), &["--dry-run", "-o", "json"])
        .await
        .exits(0);
    assert_eq!(planned.json()["process"]["pid"], pid);
    assert!(is_writable(&server).await, "{planned}");
    client.run("INSERT INTO shop.t VALUES (2)").await;

    let fenced = fence(&operator, &server.address(), &["-o", "json", "--limit", "30s"])
        .await
        .exits(0);
    assert_eq!(fenced.json()["how"], "by_read_only", "{fenced}");
    assert_eq!(fenced.json()["process"]["pid"], pid);
    client.try_run("COMMIT").await.unwrap_err();
    app(&server)
        .await
        .try_run("INSERT INTO shop.t VALUES (3)")
        .await
        .unwrap_err();
    assert_eq!(
        Session::open(&server)
            .await
            .number("SELECT COUNT(*) FROM shop.t")
            .await,
        0
    );

    // By its socket, and again.
    let socket = server.socket();
    let again = fence(&operator, socket.to_str().unwrap(), &["--limit", "30s"])
        .await
        .exits(0);
    again.says("is read-only; connections that were ended: 0");
    assert_eq!(server.pid(), Some(pid));
}

on_releases!(whoever_holds_a_lock_is_ended: mariadb_10_11, mysql_9_7);

async fn whoever_holds_a_lock_is_ended(release: Release) {
    let (server, operator) = server(release).await;
    let mut client = app(&server).await;
    client.run("LOCK TABLES shop.t WRITE").await;
    let fenced = fence(&operator, &server.address(), &["-o", "json", "--limit", "30s"])
        .await
        .exits(0);
    assert_eq!(fenced.json()["how"], "by_read_only", "{fenced}");
    assert!(!is_writable(&server).await);
    client.try_run("INSERT INTO shop.t VALUES (1)").await.unwrap_err();
}

on_releases!(a_server_that_answers_nothing_is_killed: mariadb_10_11, mysql_9_7);

async fn a_server_that_answers_nothing_is_killed(release: Release) {
    let (mut server, operator) = server(release).await;
    let pid = server.pid().unwrap();
    server.freeze().unwrap();
    let planned = fence(&operator, &server.address(), &["--dry-run", "-o", "json"])
        .await
        .exits(0);
    assert_eq!(planned.json()["process"]["pid"], pid, "{planned}");
    let fenced = fence(&operator, &server.address(), &["-o", "json", "--limit", "1s"])
        .await
        .exits(0);
    assert_eq!(fenced.json()["how"], "by_kill", "{fenced}");
    assert_eq!(fenced.json()["process"]["pid"], pid);
    assert_eq!(server.pid(), None);
    let down = fence(&operator, &server.address(), &["-o", "json"])
        .await
        .exits(0);
    assert_eq!(down.json()["how"], "was_down", "{down}");
    let socket = server.socket();
    let down = fence(&operator, socket.to_str().unwrap(), &[]).await.exits(0);
    down.says("does not run");
    server.start().await.unwrap();
    assert_eq!(
        Session::open(&server)
            .await
            .number("SELECT COUNT(*) FROM shop.t")
            .await,
        0
    );
}

on_releases!(nobody_is_told_of_a_commit_that_waits_for_a_replica: mariadb_10_11, mariadb_11_8, mysql_9_7);

/// Commits that wait for semi-sync hold up read_only, and the server is killed with them. Ending their connections one after the
/// other would tell some clients of MariaDB that they are safe: one session waits for its whole group.
async fn nobody_is_told_of_a_commit_that_waits_for_a_replica(release: Release) {
    let (server, operator) = server(release).await;
    let mut root = Session::open(&server).await;
    if release.is_mysql() {
        root.run("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'")
            .await;
        for (name, value) in [("timeout", "3600000"), ("wait_no_replica", "1"), ("enabled", "1")] {
            root.run(&format!("SET GLOBAL rpl_semi_sync_source_{name} = {value}"))
                .await;
        }
    } else {
        for (name, value) in [
            ("timeout", "3600000"),
            ("wait_no_slave", "1"),
            ("wait_point", "AFTER_SYNC"),
            ("enabled", "1"),
        ] {
            root.run(&format!("SET GLOBAL rpl_semi_sync_master_{name} = {value}"))
                .await;
        }
    }
    drop(root);
    let mut waiting = Vec::new();
    for id in 1..=8 {
        let mut client = app(&server).await;
        waiting.push(tokio::spawn(async move {
            client.try_run(&format!("INSERT INTO shop.t VALUES ({id})")).await
        }));
    }
    wait_until_held_up(&server, "semi-sync ACK").await;
    let fenced = fence(&operator, &server.address(), &["-o", "json", "--limit", "5s"])
        .await
        .exits(0);
    assert_eq!(fenced.json()["how"], "by_kill", "{fenced}");
    for client in waiting {
        client.await.unwrap().unwrap_err();
    }
}

on_releases!(a_server_that_lets_nobody_in_is_killed: mariadb_10_11);

async fn a_server_that_lets_nobody_in_is_killed(release: Release) {
    let (server, mut operator) = server(release).await;
    operator.primary_password_file = operator.password_file("wrong", "nOtRight");
    let fenced = fence(&operator, &server.address(), &["-o", "json", "--limit", "1s"])
        .await
        .exits(0);
    assert_eq!(fenced.json()["how"], "by_kill", "{fenced}");
    assert_eq!(server.pid(), None);
}

on_releases!(whatever_is_not_the_server_itself_is_left_alone: mariadb_10_11);

async fn whatever_is_not_the_server_itself_is_left_alone(release: Release) {
    let (server, operator) = server(release).await;
    // Of the range for documents: no machine has it.
    let elsewhere = fence(&operator, "192.0.2.7:3306", &[]).await.exits(6);
    elsewhere
        .says_one_error_with_a_fix()
        .says("not an address of this machine");
    // This test itself listens there.
    let proxy = FaultProxy::start(server.address()).await.unwrap();
    let forwarded = fence(&operator, &proxy.address(), &[]).await.exits(6);
    forwarded
        .says_one_error_with_a_fix()
        .says("is no MySQL or MariaDB server");
    let mut nameless = operator.bare(["fence", "--local", &server.address()]);
    operator
        .finish(&mut nameless)
        .await
        .exits(2)
        .says_one_error_with_a_fix();
    assert!(is_writable(&server).await);
}

on_releases!(a_server_that_starts_is_waited_for_and_never_taken_for_down: mariadb_10_11, mysql_9_7);

async fn a_server_that_starts_is_waited_for_and_never_taken_for_down(release: Release) {
    let (mut server, operator) = server(release).await;
    let words = fs::read(format!("/proc/{}/cmdline", server.pid().unwrap())).unwrap();
    let words: Vec<String> = words
        .split(|byte| *byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .filter(|word| !word.is_empty())
        .collect();
    // It has something to recover, and listens only after that.
    server.kill().await.unwrap();
    let mut started = frozen_at_its_start(&words, &server);
    let pid = started.id().unwrap();
    let unclear = fence(&operator, &server.address(), &["--limit", "1s"])
        .await
        .exits(9);
    unclear
        .says_one_error_with_a_fix()
        .says(&format!("process {pid} is a server that starts or stops"));

    let mut patient = fencing(&operator, &server.address(), &["-o", "json", "--limit", "60s"]);
    let waiting = operator.finish(&mut patient);
    let (fenced, ()) = tokio::join!(waiting, async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        signal(pid, "CONT");
    });
    assert_eq!(fenced.exits(0).json()["how"], "by_read_only");
    assert!(!is_writable(&server).await);
    started.kill().await.unwrap();
}

on_releases!(whoever_ends_the_fence_ends_its_patience_and_not_the_fence: mariadb_10_11);

async fn whoever_ends_the_fence_ends_its_patience_and_not_the_fence(release: Release) {
    let (server, operator) = server(release).await;
    let pid = server.pid().unwrap();
    server.freeze().unwrap();
    let mut patient = fencing(&operator, &server.address(), &["-o", "json", "--limit", "1h"]);
    let fence = patient.spawn().unwrap();
    let number = fence.id().unwrap();
    let catches = || {
        let status = fs::read_to_string(format!("/proc/{number}/status")).unwrap();
        let caught = status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:"))
            .unwrap()
            .trim();
        u64::from_str_radix(caught, 16).unwrap() & (1 << 14) != 0
    };
    eventually("it listens to SIGTERM", async || catches(), |catches| *catches).await;
    signal(number, "TERM");
    let ended = tokio::time::timeout(LIMIT, fence.wait_with_output()).await;
    let ended = operator
        .ran("dbha fence".to_owned(), &ended.unwrap().unwrap())
        .exits(0);
    assert_eq!(ended.json()["how"], "by_kill", "{ended}");
    assert_ne!(server.pid(), Some(pid));
}

/// Starts a server as it was started before, and stops it as soon as it runs its own program.
fn frozen_at_its_start(words: &[String], server: &PrivateServer) -> tokio::process::Child {
    let child = Command::new(&words[0])
        .args(&words[1..])
        .current_dir(server.option_file().parent().unwrap())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let pid = child.id().unwrap();
    let name = if server.release().is_mysql() {
        "mysqld"
    } else {
        "mariadbd"
    };
    let end = Instant::now() + LIMIT;
    while !fs::read_to_string(format!("/proc/{pid}/maps")).is_ok_and(|maps| maps.contains(name)) {
        assert!(Instant::now() < end, "process {pid} does not become {name}");
    }
    signal(pid, "STOP");
    child
}

fn signal(pid: u32, name: &str) {
    let sent = std::process::Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .status();
    assert!(sent.unwrap().success());
}
