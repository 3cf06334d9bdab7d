//! What load balancers and Prometheus are told of a pair of real servers.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use dbha_core::CancellationToken;
use dbha_monitor::{
    Board, MonitorSettings,
    http::{HttpServer, HttpSettings},
};
use dbha_testkit::Release;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::pair_with_sample;
use crate::session::Session;
use crate::watching::Watching;

/// Longest wait for a change to be told, on a loaded machine.
const LIMIT: Duration = Duration::from_secs(30);

/// Asks as HAProxy does without further words; returns the status and the body.
async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let ask = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.0\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = timeout(LIMIT, ask).await.expect("no answer");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Waits for an answer, and says how long that took.
async fn until(address: SocketAddr, path: &str, status: u16) -> Duration {
    let began = Instant::now();
    loop {
        let (heard, why) = get(address, path).await;
        if heard == status {
            return began.elapsed();
        }
        assert!(began.elapsed() < LIMIT, "{path} is still {heard}: {why}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The value of the first sample with such a name and label.
fn sample(text: &str, name: &str, label: &str) -> Option<f64> {
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("{name}{{")) && line.contains(label))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// A monitor's ear over a board.
struct Ear {
    address: SocketAddr,
    end: CancellationToken,
    serving: JoinHandle<()>,
}

impl Ear {
    async fn open(board: Board) -> Self {
        let settings = HttpSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            legacy_metrics: true,
            ..HttpSettings::default()
        };
        let server = HttpServer::bind(settings).await.unwrap();
        let (address, end) = (server.address(), CancellationToken::new());
        let serving = tokio::spawn(server.serve(board, end.clone()));
        Self {
            address,
            end,
            serving,
        }
    }

    async fn close(self) {
        self.end.cancel();
        timeout(Duration::from_secs(1), self.serving)
            .await
            .unwrap()
            .unwrap();
    }
}

on_releases!(clients_are_sent_where_they_belong_while_servers_stop_and_die: mariadb_10_11, mysql_9_7);

async fn clients_are_sent_where_they_belong_while_servers_stop_and_die(release: Release) {
    let mut pair = pair_with_sample(release, 3).await;
    Operator::of(&pair).setup(["--writers", "one"]).await.exits(0);
    let watching = Watching::begin(&pair, &MonitorSettings::default());
    let ear = Ear::open(watching.board()).await;
    let address = ear.address;

    until(address, "/readyz", 200).await;
    until(address, "/servers/primary/primary", 200).await;
    until(address, "/servers/secondary/replica?lag=5s", 200).await;
    assert_eq!(get(address, "/servers/secondary/primary").await.0, 503);
    metrics_of_a_healthy_pair(address).await;

    let mut secondary = Session::open(&pair.secondary).await;
    stopped_and_started(address, &mut secondary, release).await;
    opened_and_closed(address, &mut secondary, release).await;

    pair.primary.kill().await.unwrap();
    let killed = until(address, "/servers/primary/health", 503).await;
    assert_eq!(get(address, "/servers/primary/primary").await.0, 503);
    assert_eq!(get(address, "/livez").await.0, 200);
    eprintln!("{release}: a kill was told after {killed:?}");
    ear.close().await;
    watching.end().await;
}

async fn metrics_of_a_healthy_pair(address: SocketAddr) {
    let (_, metrics) = get(address, "/metrics").await;
    for (name, wanted) in [
        ("dbha_writable_servers", 1.0),
        ("mysql_slave_status_slave_io_running", 1.0),
        ("mysql_slave_status_slave_sql_running", 1.0),
        ("mysql_slave_status_last_errno", 0.0),
    ] {
        assert_eq!(sample(&metrics, name, ""), Some(wanted), "{name}: {metrics}");
    }
    for name in ["master_server_id", "read_master_log_pos", "exec_master_log_pos"] {
        let name = format!("mysql_slave_status_{name}");
        assert!(sample(&metrics, &name, "") > Some(0.0), "{name}: {metrics}");
    }
    let lag = sample(&metrics, "dbha_replication_lag_seconds", "method=\"server\"");
    assert!(lag.is_some(), "{metrics}");
}

async fn stopped_and_started(address: SocketAddr, secondary: &mut Session, release: Release) {
    let thread = if release.is_mysql() {
        "REPLICA SQL_THREAD"
    } else {
        "SLAVE SQL_THREAD"
    };
    secondary.run(&format!("STOP {thread}")).await;
    let stopped = until(address, "/servers/secondary/replica", 503).await;
    let (_, why) = get(address, "/servers/secondary/replica").await;
    assert!(why.contains("SQL thread"), "{why}");
    let (_, metrics) = get(address, "/metrics").await;
    let is_shown = metrics.lines().any(|line| {
        line.starts_with("dbha_replication_running{") && line.contains("=\"sql\"") && line.ends_with(" 0.0")
    });
    assert!(is_shown, "{metrics}");
    assert_eq!(get(address, "/servers/primary/primary").await.0, 200);
    secondary.run(&format!("START {thread}")).await;
    let started = until(address, "/servers/secondary/replica", 200).await;
    eprintln!("{release}: a stop was told after {stopped:?}, the start after {started:?}");
}

async fn opened_and_closed(address: SocketAddr, secondary: &mut Session, release: Release) {
    secondary.run("SET GLOBAL read_only = OFF").await;
    until(address, "/servers/primary/primary", 503).await;
    assert_eq!(get(address, "/servers/secondary/primary").await.0, 503);
    secondary.run("SET GLOBAL read_only = ON").await;
    if release.is_mysql() {
        secondary.run("SET GLOBAL super_read_only = ON").await;
    }
    until(address, "/servers/primary/primary", 200).await;
}
