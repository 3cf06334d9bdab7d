//! `dbha monitor` as a service: ready, alive, reloaded, silenced, stopped; and who is told what.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dbha_testkit::{Release, ServerPair};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::eventually::{LIMIT, eventually};
use crate::operator::Operator;
use crate::releases::on_releases;
use crate::session::Session;
use crate::verify::standing_pair;

/// A monitor that runs, and what it says on standard error.
struct Daemon {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    said: Vec<String>,
    socket: UnixDatagram,
}

impl Daemon {
    /// Starts it with this config file and waits until it says that it watches.
    async fn start(operator: &Operator, config: &Path, arguments: &[&str]) -> Self {
        let path = operator
            .home()
            .join(format!("notify-{}", Instant::now().elapsed().as_nanos()));
        let _ = fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        let mut command = operator.bare(["monitor", "--listen", "127.0.0.1:0", "--tick", "300ms"]);
        command.args(arguments).arg("--config").arg(config);
        command
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "2000000");
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, lines) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = stderr.next_line().await {
                let _ = sender.send(line);
            }
        });
        let mut daemon = Self {
            child,
            lines,
            said: vec![],
            socket,
        };
        daemon.hears("dashboard at").await;
        daemon
    }

    /// Waits for a line with this text.
    async fn hears(&mut self, text: &str) -> String {
        let end = tokio::time::sleep(LIMIT);
        tokio::pin!(end);
        loop {
            tokio::select! {
                line = self.lines.recv() => {
                    let line = line.unwrap_or_else(|| panic!("it ended before {text:?}: {:#?}", self.said));
                    self.said.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                () = &mut end => panic!("never {text:?}: {:#?}", self.said),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().unwrap() as i32), signal).unwrap();
    }

    /// What systemd was told since the last time.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![];
        let mut bytes = [0; 4096];
        while let Ok(count) = self.socket.recv(&mut bytes) {
            notes.push(String::from_utf8_lossy(&bytes[..count]).into_owned());
        }
        notes
    }

    async fn ends_in_a_second(mut self) {
        let began = Instant::now();
        self.signal(Signal::SIGTERM);
        let status = timeout(Duration::from_secs(5), self.child.wait())
            .await
            .expect("it ends")
            .unwrap();
        assert!(
            began.elapsed() < Duration::from_millis(1_500),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(status.code(), Some(0), "{:#?}", self.said);
        assert!(self.notes().iter().any(|note| note == "STOPPING=1"));
    }
}

/// Writes a config file with both servers of a pair, and what else is given.
fn config(operator: &Operator, more: &str) -> PathBuf {
    let server = |name: &str, address: &str, file: &Path| {
        format!("[server.{name}]\naddress = {address:?}\nuser = \"root\"\npassword-file = {file:?}\n")
    };
    let text = [
        server("db1", &operator.primary, &operator.primary_password_file),
        server("db2", &operator.secondary, &operator.secondary_password_file),
        more.to_owned(),
    ];
    let path = operator.home().join("dbha.toml");
    fs::write(&path, text.concat()).unwrap();
    path
}

/// Writes a program that keeps every alert that it gets as a line; returns what stands in the config file, and the file.
fn keeper(operator: &Operator) -> (String, PathBuf) {
    let (program, out) = (operator.home().join("page"), operator.home().join("alerts"));
    fs::write(&program, format!("#!/bin/sh\ncat >> {}\n", out.display())).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
    (format!("[[alert]]\ncommand = [{program:?}]\n"), out)
}

/// The alerts about a stopped SQL thread, by their kinds.
fn about_the_thread(out: &Path) -> Vec<String> {
    let text = fs::read_to_string(out).unwrap_or_default();
    let alerts = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let alerts = alerts.filter(|alert| alert["event"]["code"] == "DBHA-M03");
    alerts
        .map(|alert| alert["event"]["kind"].as_str().unwrap().to_owned())
        .collect()
}

async fn sql_thread(pair: &ServerPair, word: &str) {
    let what = if pair.secondary.release().is_mysql() {
        "REPLICA"
    } else {
        "SLAVE"
    };
    Session::open(&pair.secondary)
        .await
        .run(&format!("{word} {what} SQL_THREAD"))
        .await;
}

const PAIR: &str = "[pair.shop]\nprimary = \"db1\"\nsecondary = \"db2\"\n";

on_releases!(scenario_72_a_stopped_thread_is_told_once_whatever_becomes_of_the_monitor: mariadb_10_11, mysql_9_7);

async fn scenario_72_a_stopped_thread_is_told_once_whatever_becomes_of_the_monitor(release: Release) {
    let (pair, operator) = standing_pair(release, &[]).await;
    let (target, out) = keeper(&operator);
    let config = config(&operator, &format!("{PAIR}{target}"));
    let told = async |expected: &[&str]| {
        let seen = async || about_the_thread(&out);
        eventually("these alerts", seen, |seen| seen == expected).await;
    };
    let mut daemon = Daemon::start(&operator, &config, &[]).await;
    daemon.hears("shop: is watched").await;
    // One look knows the lag by the heartbeats of whoever watches.
    eventually(
        "a lag by heartbeats",
        async || operator.run("check", ["-o", "json"]).await.json()["status"]["links"][0].clone(),
        |link| {
            link["lag_heartbeat_seconds"].is_number() && link["lag_seconds"] == link["lag_heartbeat_seconds"]
        },
    )
    .await;
    sql_thread(&pair, "STOP").await;
    daemon.hears("DBHA-M03 began").await;
    told(&["began"]).await;
    let noted = operator.state_dir().join("monitor/told.json");
    let noted = async || fs::read_to_string(&noted).unwrap_or_default();
    eventually("it is noted", noted, |text| text.contains("DBHA-M03")).await;

    daemon.signal(Signal::SIGKILL);
    drop(daemon);
    let mut daemon = Daemon::start(&operator, &config, &[]).await;
    daemon.hears("DBHA-M03 began").await;
    sql_thread(&pair, "START").await;
    daemon.hears("DBHA-M03 over").await;
    told(&["began", "ended"]).await;

    // While alerts are held nothing is told; what still stands afterwards is.
    operator
        .finish(&mut operator.bare(["monitor", "--silence", "1h"]))
        .await
        .exits(0);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    sql_thread(&pair, "STOP").await;
    daemon.hears("DBHA-M03 began").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    told(&["began", "ended"]).await;
    operator
        .finish(&mut operator.bare(["monitor", "--unsilence"]))
        .await
        .exits(0);
    told(&["began", "ended", "began"]).await;
    daemon.ends_in_a_second().await;

    let history = fs::read_to_string(operator.state_dir().join("monitor/events.ndjson")).unwrap();
    let seqs = history.lines().map(|line| {
        serde_json::from_str::<Value>(line).unwrap()["seq"]
            .as_u64()
            .unwrap()
    });
    assert!(seqs.collect::<Vec<_>>().is_sorted_by(|a, b| a < b), "{history}");
}

#[tokio::test]
async fn systemd_hears_that_it_is_ready_alive_and_stopping() {
    let mut operator = Operator::without_servers();
    (operator.primary, operator.secondary) = ("127.0.0.1:1".into(), "127.0.0.1:2".into());
    let config = config(&operator, PAIR);
    let mut daemon = Daemon::start(&operator, &config, &[]).await;
    daemon.hears("DBHA-M01").await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;

    let notes = daemon.notes();
    assert!(notes[0].starts_with("READY=1\nSTATUS=watches shop"), "{notes:?}");
    let alive = notes.iter().filter(|note| *note == "WATCHDOG=1").count();
    assert!((2..=6).contains(&alive), "{notes:?}");
    daemon.ends_in_a_second().await;
}

#[tokio::test]
async fn a_config_file_that_is_read_anew_changes_what_is_watched_and_a_wrong_one_nothing() {
    let mut operator = Operator::without_servers();
    (operator.primary, operator.secondary) = ("127.0.0.1:1".into(), "127.0.0.1:2".into());
    let other = |name: &str, port: u16| {
        format!("[pair.{name}]\nprimary = \"127.0.0.1:{port}\"\nsecondary = \"127.0.0.1:2\"\n")
    };
    config(&operator, &format!("{PAIR}{}", other("gone", 3)));
    let path = operator.home().join("dbha.toml");
    let mut daemon = Daemon::start(&operator, &path, &[]).await;
    assert!(
        daemon.said.join("\n").contains("watches gone, shop"),
        "{:?}",
        daemon.said
    );

    daemon.signal(Signal::SIGHUP);
    daemon.hears("nothing has changed").await;
    config(&operator, &format!("{PAIR}{}", other("new", 4)));
    daemon.signal(Signal::SIGHUP);
    daemon.hears("begun: new; ended: gone").await;
    daemon.hears("new: is watched").await;
    config(
        &operator,
        &format!("{PAIR}heal = true\nmax-lag = \"1m\"\n{}", other("new", 5)),
    );
    daemon.signal(Signal::SIGHUP);
    daemon.hears("changed: new, shop").await;
    for wrong in [
        "[pair.shop]\n",
        "nonsense = 1\n",
        "[[alert]]\nwebhook = \"mailto:x\"\n",
        "[pair.x]\nprimary = \"a:0\"\nsecondary = \"b\"\n",
    ] {
        config(&operator, &format!("{PAIR}{wrong}"));
        daemon.signal(Signal::SIGHUP);
        daemon.hears("the old one stays").await;
    }
    fs::remove_file(&path).unwrap();
    daemon.signal(Signal::SIGHUP);
    daemon.hears("the old one stays").await;
    let notes = daemon.notes();
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("RELOADING=1\nMONOTONIC_USEC=")),
        "{notes:?}"
    );
    daemon.ends_in_a_second().await;
}

#[tokio::test]
async fn the_dashboard_answers_where_the_first_line_says() {
    let mut operator = Operator::without_servers();
    (operator.primary, operator.secondary) = ("127.0.0.1:1".into(), "127.0.0.1:2".into());
    let config = config(&operator, PAIR);
    let daemon = Daemon::start(&operator, &config, &[]).await;
    let line = daemon.said.last().unwrap();
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /livez HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    daemon.ends_in_a_second().await;
}

#[tokio::test]
async fn what_a_monitor_cannot_do_is_said_before_it_runs() {
    let operator = Operator::without_servers();
    let run = async |arguments: &[&str]| {
        let mut command = operator.bare(["monitor"]);
        operator.finish(command.args(arguments)).await.exits(2)
    };
    run(&[])
        .await
        .says("no pair to watch")
        .says_one_error_with_a_fix();
    let pair = ["--primary", "127.0.0.1:1", "--secondary", "127.0.0.1:2"];
    run(&pair[..2]).await.says("one server of the pair is missing");
    run(&[&pair[..], &["--listen", "0.0.0.0:0"]].concat())
        .await
        .says("--token-file");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    run(&[&pair[..], &["--listen", &taken]].concat())
        .await
        .says("cannot listen");
    run(&[&pair[..], &["-o", "json"]].concat()).await.says("ndjson");
    run(&[&pair[..], &["--tls-cert", "/no/such"]].concat()).await;
}
