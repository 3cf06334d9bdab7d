//! `dbha render haproxy`: a real HAProxy sends clients where the monitor says, within its own check interval.
//!
//! The monitor is a listener that answers what a test tells it to; the servers are listeners that say their names.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::tool;

/// Two failed checks, a second apart, and the time of a check; the rest is for a busy machine.
const MOVED_WITHIN: Duration = Duration::from_secs(4);

/// What a monitor would be asked and would answer.
#[derive(Clone, Default)]
struct Monitor {
    answers: Arc<Mutex<BTreeMap<String, u16>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Monitor {
    fn says(&self, path: &str, status: u16) {
        self.answers.lock().unwrap().insert(path.to_owned(), status);
    }

    /// Answers one request a connection; a path that it was told nothing of is not found.
    async fn serve(self, listener: TcpListener) {
        while let Ok((mut client, _)) = listener.accept().await {
            let monitor = self.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 4096];
                let read = client.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or("").to_owned();
                let status = monitor.answers.lock().unwrap().get(&path).copied().unwrap_or(404);
                monitor.asked.lock().unwrap().push(request);
                let answer =
                    format!("HTTP/1.1 {status} Said\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
                let _ = client.write_all(answer.as_bytes()).await;
            });
        }
    }
}

/// Says its name to each client, and holds the connection until the client's side ends it.
async fn serve_name(name: &'static str, listener: TcpListener) {
    while let Ok((mut client, _)) = listener.accept().await {
        tokio::spawn(async move {
            let _ = client.write_all(name.as_bytes()).await;
            let _ = client.read(&mut [0; 64]).await;
        });
    }
}

/// HAProxy between two servers and their clients.
struct Scene {
    monitor: Monitor,
    writes: u16,
    reads: u16,
    _haproxy: Child,
    _operator: Operator,
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

impl Scene {
    async fn begin() -> Option<Self> {
        let haproxy = tool::found("haproxy", "haproxy")?;
        let operator = Operator::without_servers();
        let monitor = Monitor::default();
        let (listener_of_monitor, monitor_port) = listener().await;
        tokio::spawn(monitor.clone().serve(listener_of_monitor));
        let mut config = String::new();
        for name in ["db1", "db2"] {
            let (listener, port) = listener().await;
            tokio::spawn(serve_name(name, listener));
            config.push_str(&format!("[server.{name}]\naddress = \"127.0.0.1:{port}\"\n"));
        }
        fs::write(operator.home().join("dbha.toml"), config).unwrap();
        let ((_, writes), (_, reads)) = (listener().await, listener().await);
        let places = [monitor_port, writes, reads].map(|port| format!("127.0.0.1:{port}"));
        let arguments = ["render", "haproxy", "--primary", "db1", "--secondary", "db2"];
        let mut render = operator.bare(arguments);
        for (flag, place) in ["--monitor", "--writes", "--reads"].iter().zip(&places) {
            render.args([flag, place.as_str()]);
        }
        let text = operator.finish(&mut render).await.exits(0).stdout;
        let (general, section) = (
            operator.home().join("haproxy.cfg"),
            operator.home().join("pair.cfg"),
        );
        fs::write(&general, "global\n    maxconn 100\n").unwrap();
        fs::write(&section, text).unwrap();
        let files = [
            "-f".as_ref(),
            general.as_os_str(),
            "-f".as_ref(),
            section.as_os_str(),
        ];
        let program = haproxy.get_program().to_owned();
        let checked = Command::new(&program)
            .arg("-c")
            .args(files)
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(checked.status.success() && !said.contains("WARNING"), "{said}");
        let running = Command::new(&program)
            .arg("-db")
            .args(files)
            .kill_on_drop(true)
            .spawn();
        Some(Self {
            monitor,
            writes,
            reads,
            _haproxy: running.unwrap(),
            _operator: operator,
        })
    }
}

/// Connects to HAProxy; returns the connection and who answered, `None` where nobody is let through.
async fn connect(port: u16) -> Option<(TcpStream, String)> {
    let mut client = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let mut name = [0; 16];
    let read = timeout(Duration::from_secs(5), client.read(&mut name)).await;
    let read = read.ok()?.ok().filter(|read| *read > 0)?;
    Some((client, String::from_utf8_lossy(&name[..read]).into_owned()))
}

async fn who(port: u16) -> Option<String> {
    connect(port).await.map(|(_, name)| name)
}

async fn answers(port: u16, expected: Option<&str>) {
    eventually(
        "the right server answers",
        async || who(port).await,
        |name| name.as_deref() == expected,
    )
    .await;
}

#[tokio::test]
async fn haproxy_moves_clients_with_the_monitors_answers() {
    let Some(scene) = Scene::begin().await else { return };
    let monitor = &scene.monitor;
    monitor.says("/servers/db1/primary", 200);
    monitor.says("/servers/db2/primary", 503);
    for name in ["db1", "db2"] {
        monitor.says(&format!("/servers/{name}/replica?lag=10s"), 200);
    }
    // Not before HAProxy has asked, although it takes both servers for good then.
    let first = eventually(
        "somebody answers",
        async || who(scene.writes).await,
        Option::is_some,
    )
    .await;
    assert_eq!(first.as_deref(), Some("db1"));
    answers(scene.reads, Some("db2")).await;
    for _ in 0..10 {
        assert_eq!(who(scene.writes).await.as_deref(), Some("db1"));
        assert_eq!(who(scene.reads).await.as_deref(), Some("db2"));
    }
    let asked = monitor.asked.lock().unwrap().clone();
    let expected = |request: &String| request.starts_with("GET /servers/db1/primary HTTP/1.1\r\n");
    assert!(asked.iter().any(expected), "{asked:?}");
    assert!(
        asked
            .iter()
            .all(|request| request.to_lowercase().contains("\r\nhost: 127.0.0.1:")),
        "{asked:?}"
    );

    let (mut held, _) = connect(scene.writes).await.unwrap();
    let since = Instant::now();
    monitor.says("/servers/db1/primary", 503);
    monitor.says("/servers/db2/primary", 200);
    let ended = timeout(MOVED_WITHIN, held.read(&mut [0; 16])).await;
    assert!(
        matches!(ended, Ok(Ok(0) | Err(_))),
        "a session of the old primary is ended: {ended:?}"
    );
    answers(scene.writes, Some("db2")).await;
    let moved = since.elapsed();
    println!("writers moved after {} ms", moved.as_millis());
    assert!(moved < MOVED_WITHIN, "{moved:?}");
}

#[tokio::test]
async fn haproxy_lets_nobody_write_while_the_monitor_is_in_doubt_and_readers_fall_back() {
    let Some(scene) = Scene::begin().await else { return };
    let monitor = &scene.monitor;
    monitor.says("/servers/db1/primary", 200);
    monitor.says("/servers/db2/replica?lag=10s", 200);
    answers(scene.writes, Some("db1")).await;
    answers(scene.reads, Some("db2")).await;

    let asked_of_standby = async || {
        let asked = monitor.asked.lock().unwrap();
        asked
            .iter()
            .filter(|request| request.starts_with("GET /servers/db2/replica?lag=10s "))
            .count()
    };
    eventually("HAProxy has asked about the standby", asked_of_standby, |times| {
        *times >= 2
    })
    .await;

    // The standby has stopped: it lags without end, and nothing comes from it to the primary.
    let since = Instant::now();
    monitor.says("/servers/db2/replica?lag=10s", 503);
    answers(scene.reads, Some("db1")).await;
    println!("readers moved after {} ms", since.elapsed().as_millis());
    assert!(since.elapsed() < MOVED_WITHIN, "{:?}", since.elapsed());
    assert_eq!(who(scene.writes).await.as_deref(), Some("db1"));

    // Two writers where one is meant: the monitor says no to both.
    monitor.says("/servers/db1/primary", 503);
    answers(scene.writes, None).await;
    answers(scene.reads, None).await;
    sleep(Duration::from_millis(1500)).await;
    assert_eq!(who(scene.writes).await, None);
}

#[tokio::test]
async fn scenario_84_haproxy_gets_no_name_that_becomes_a_directive() {
    let operator = Operator::without_servers();
    let config = "[server.\"a b\"]\naddress = \"10.0.0.1:3306\"\n[server.\"c\\nserver evil 10.6.6.6:1\"]\naddress = \"10.0.0.2:3306\"\n\
                  [server.local]\naddress = \"/run/mysqld/mysqld.sock\"\n";
    fs::write(operator.home().join("dbha.toml"), config).unwrap();
    for (primary, more, says) in [
        ("a b", ["--max-lag", "5"], "cannot stand in"),
        ("c\nserver evil 10.6.6.6:1", ["--max-lag", "5"], "cannot stand in"),
        ("local", ["--max-lag", "5"], "socket"),
        ("10.0.0.1:3306", ["--monitor", "a b:9104"], "cannot stand in"),
        ("10.0.0.1:3306", ["--writes", "127.0.0.1"], "HOST:PORT"),
        ("10.0.0.1:3306", ["--reads", "::1:3306"], "HOST:PORT"),
    ] {
        let arguments = [
            "render",
            "haproxy",
            "--primary",
            primary,
            "--secondary",
            "10.0.0.9:3306",
        ];
        let ran = operator
            .finish(operator.bare(arguments).args(more))
            .await
            .exits(2);
        assert!(ran.stdout.is_empty(), "{ran}");
        ran.says_one_error_with_a_fix().says(says);
    }
}
