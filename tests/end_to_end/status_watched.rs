//! `dbha status -w`: the state of a pair, again and again.

use std::process::Stdio;
use std::time::Duration;

use dbha_testkit::Release;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::eventually::LIMIT;
use crate::operator::Operator;
use crate::releases::on_releases;
use crate::session::Session;
use crate::verify::standing_pair;

async fn ends(child: &mut Child, signal: Signal) -> Option<i32> {
    kill(Pid::from_raw(child.id().unwrap() as i32), signal).unwrap();
    let status = timeout(Duration::from_secs(3), child.wait())
        .await
        .expect("ended in time");
    status.unwrap().code()
}

on_releases!(every_look_is_a_line_of_json_and_a_server_that_comes_back_is_seen: mariadb_10_11, mysql_9_7);

async fn every_look_is_a_line_of_json_and_a_server_that_comes_back_is_seen(release: Release) {
    let (mut pair, operator) = standing_pair(release, &[]).await;
    let mut child = operator
        .command("status", ["-w", "300ms", "-o", "ndjson"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut until = async |verdict: &str| {
        let look = async {
            loop {
                let line = lines.next_line().await.unwrap().expect("it goes on looking");
                let status: Value = serde_json::from_str(&line).unwrap();
                if status["verdict"] == verdict {
                    break;
                }
            }
        };
        timeout(LIMIT, look)
            .await
            .unwrap_or_else(|_| panic!("never {verdict}"));
    };
    until("healthy").await;
    pair.secondary.kill().await.unwrap();
    until("unreachable").await;
    pair.secondary.start().await.unwrap();
    // MariaDB has lost its settings, so that it need not be healthy; it answers.
    until(if release.is_mysql() { "healthy" } else { "broken" }).await;
    assert!(ends(&mut child, Signal::SIGTERM).await.is_some());
}

on_releases!(connections_are_kept_between_looks_and_changes_are_printed_once: mariadb_10_11, slow_mysql_9_7);

async fn connections_are_kept_between_looks_and_changes_are_printed_once(release: Release) {
    let (pair, operator) = standing_pair(release, &[]).await;
    let mut session = Session::open(&pair.primary).await;
    let connections = "SHOW GLOBAL STATUS LIKE 'Connections'";
    let count = |rows: Vec<crate::session::TextRow>| rows[0]["Value"].parse::<u64>().unwrap();
    let before = count(session.rows(connections).await);
    let mut child = operator.command("status", ["-w", "200ms"]).spawn().unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = count(session.rows(connections).await);
    assert_eq!(ends(&mut child, Signal::SIGINT).await, Some(0));
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .await
        .unwrap();

    assert!(after - before <= 3, "{before} connections became {after}");
    assert_eq!(text.matches("is healthy").count(), 1, "{text}");
}

#[tokio::test]
async fn a_reader_that_leaves_ends_the_watch() {
    let mut operator = Operator::without_servers();
    (operator.primary, operator.secondary) = ("127.0.0.1:1".into(), "127.0.0.1:2".into());
    let mut child = operator
        .command("status", ["-w", "200ms", "-o", "ndjson"])
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    timeout(Duration::from_secs(10), child.wait())
        .await
        .expect("it ends")
        .unwrap();
}

#[tokio::test]
async fn the_terminal_is_as_before_however_a_watch_ends() {
    let mut operator = Operator::without_servers();
    (operator.primary, operator.secondary) = ("127.0.0.1:1".into(), "127.0.0.1:2".into());
    if Command::new("script")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .await
        .is_err()
    {
        eprintln!("SKIPPED: there is no script(1) to give a terminal");
        return;
    }
    for signal in ["INT", "TERM"] {
        let watch = operator.command("status", ["-w", "300ms"]);
        let words = watch
            .as_std()
            .get_args()
            .map(|word| word.to_string_lossy().into_owned());
        let line = format!(
            "before=$(stty -g); {} {} & pid=$!; (sleep 2; kill -{signal} $pid) & wait $pid; \
             test \"$before\" = \"$(stty -g)\" && echo as before",
            env!("CARGO_BIN_EXE_dbha"),
            words.collect::<Vec<_>>().join(" ")
        );
        let mut script = Command::new("script");
        script
            .args(["-qec", &line, "/dev/null"])
            .env("TERM", "xterm")
            .env("HOME", operator.home());
        script
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let output = timeout(LIMIT, script.output()).await.expect("it ends").unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let (entered, left) = (text.find("\u{1b}[?1049h"), text.rfind("\u{1b}[?1049l"));
        assert!(entered.is_some() && entered < left, "{signal}: {text:?}");
        assert!(text.contains("unreachable"), "{signal}: {text:?}");
        assert!(text.contains("as before"), "{signal}: {text:?}");
    }
}
