//! How long two servers take to become a proven pair, how fast their data is copied against the dump pipe, and how
//! much memory dbha needs for it. Everything is measured in one run on this machine; compare ratios, not seconds.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // prints figures, and has nobody to hand an error to

use dbha_sql::{Endpoint, Server, Statement};
use dbha_testkit::{Installation, PrivateServer, Release, ServerOptions, ServerPair};
use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const DBHA: &str = env!("CARGO_BIN_EXE_dbha");
const ROUNDS: usize = 5;
/// Doubled this often from one row: a million and some.
const DOUBLINGS: u32 = 20;
const LARGE_ROWS: u32 = 24;
const LARGE_ROW_MIB: u64 = 12;

fn main() {
    assert_no_failpoints();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        empty_pairs().await;
        copies().await;
    });
}

/// What is measured here is a release build, and that must hold nothing by which a test could stop it.
fn assert_no_failpoints() {
    let (program, name) = (fs::read(DBHA).unwrap(), b"DBHA_FAILPOINT");
    assert!(!program.windows(name.len()).any(|part| part == name));
}

/// A run of dbha: how long it took, and the most memory it had.
struct Measured {
    took: Duration,
    peak_mib: f64,
}

async fn empty_pairs() {
    println!("Two empty servers become a proven pair (median / worst of {ROUNDS}; wanted: under 2 s)");
    for installation in Installation::all() {
        let release = installation.release();
        let mut runs = Vec::new();
        for _ in 0..ROUNDS {
            let pair = ServerPair::start(release, &ServerOptions::new()).await.unwrap();
            runs.push(setup(&pair).await);
        }
        runs.sort_by_key(|run| run.took);
        let (median, worst) = (&runs[ROUNDS / 2], &runs[ROUNDS - 1]);
        println!(
            "  {release:<14} {:>7.2?} / {:>7.2?}   peak memory {:.1} MiB",
            median.took, worst.took, worst.peak_mib
        );
    }
}

async fn copies() {
    println!(
        "\nCopies on {} (wanted: memory under 64 MiB + 3 x the largest row)",
        Release::MariaDb10_11
    );
    let narrow = |pair| async move { fill_narrow(pair).await };
    let pair = ServerPair::start(Release::MariaDb10_11, &ServerOptions::new())
        .await
        .unwrap();
    narrow(&pair.primary).await;
    let pipe = dump_pipe(&pair.primary).await;
    let dbha = setup(&pair).await;
    println!(
        "  4 tables, {} rows in all, one secondary index each",
        4 * (1u64 << (DOUBLINGS - 2))
    );
    println!("    mariadb-dump | mariadb      {pipe:>7.2?}");
    println!(
        "    dbha setup, proof included  {:>7.2?}   {:.2} x the pipe's speed, peak memory {:.1} MiB",
        dbha.took,
        pipe.as_secs_f64() / dbha.took.as_secs_f64(),
        dbha.peak_mib
    );
    let options = ServerOptions::new()
        .set("max_allowed_packet", "64M")
        .set("innodb_log_file_size", "256M");
    let pair = ServerPair::start(Release::MariaDb10_11, &options).await.unwrap();
    fill_large(&pair.primary).await;
    let dbha = setup(&pair).await;
    println!(
        "  {LARGE_ROWS} rows of {LARGE_ROW_MIB} MiB: {:.2?}, peak memory {:.1} MiB (limit {} MiB)",
        dbha.took,
        dbha.peak_mib,
        64 + 3 * LARGE_ROW_MIB
    );
}

async fn setup(pair: &ServerPair) -> Measured {
    let files = tempfile::tempdir().unwrap();
    let mut command = Command::new(DBHA);
    command.args(["setup", "--yes", "--quiet", "--writers", "both"]);
    for (side, server) in [("primary", &pair.primary), ("secondary", &pair.secondary)] {
        let file = files.path().join(side);
        fs::write(&file, server.root_password()).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&file, mode).unwrap();
        command.arg(format!("--{side}")).arg(server.address());
        command.arg(format!("--{side}-password-file")).arg(file);
    }
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(peak_memory_kib(child.id()));
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    assert!(status.success(), "dbha setup: {status}");
    Measured {
        took: began.elapsed(),
        peak_mib: f64::from(peak_kib) / 1024.0,
    }
}

fn peak_memory_kib(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

async fn fill_narrow(server: &PrivateServer) {
    let mut statements = vec!["CREATE DATABASE bench".to_owned()];
    for table in 1..=4 {
        statements.push(format!(
            "CREATE TABLE bench.t{table} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, \
             c CHAR(120) NOT NULL, pad CHAR(60) NOT NULL, KEY k (k))"
        ));
        statements.push(format!(
            "INSERT INTO bench.t{table} (k, c, pad) VALUES (1, REPEAT('c', 119), REPEAT('p', 59))"
        ));
        for _ in 0..DOUBLINGS - 2 {
            statements.push(format!(
                "INSERT INTO bench.t{table} (k, c, pad) SELECT FLOOR(RAND() * 1000000), \
                 CONCAT(RAND(), REPEAT('c', 90)), CONCAT(RAND(), REPEAT('p', 30)) FROM bench.t{table}"
            ));
        }
    }
    run(server, statements).await;
}

async fn fill_large(server: &PrivateServer) {
    let mut statements = vec![
        "CREATE DATABASE bench".to_owned(),
        "CREATE TABLE bench.large (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b LONGBLOB NOT NULL)"
            .to_owned(),
    ];
    let bytes = LARGE_ROW_MIB << 20;
    statements.extend(
        (0..LARGE_ROWS).map(|_| format!("INSERT INTO bench.large (b) VALUES (REPEAT('x', {bytes}))")),
    );
    run(server, statements).await;
}

async fn run(server: &PrivateServer, statements: Vec<String>) {
    let endpoint: Endpoint = server.url().parse().unwrap();
    let mut connection = Server::connect(&endpoint).await.unwrap();
    for statement in statements {
        connection.execute(&Statement::new(statement)).await.unwrap();
    }
}

/// The way that every guide tells: one dump piped into one client, into a third server, with safe commits there too.
async fn dump_pipe(source: &PrivateServer) -> Duration {
    let target = PrivateServer::launch(source.release(), &ServerOptions::new())
        .await
        .unwrap();
    run(&target, vec!["SET GLOBAL sync_binlog = 1".into()]).await;
    let files = tempfile::tempdir().unwrap();
    let option_file = |name: &str, server: &PrivateServer| {
        let path = files.path().join(name);
        let text = format!(
            "[client]\nuser=root\npassword={}\nsocket={}\n",
            server.root_password(),
            server.socket().display()
        );
        fs::write(&path, text).unwrap();
        format!("--defaults-file={}", path.display())
    };
    let (from, to) = (option_file("from", source), option_file("to", &target));
    let began = Instant::now();
    let mut dump = Command::new("mariadb-dump")
        .args([from.as_str(), "--single-transaction", "--databases", "bench"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = dump.stdout.take().unwrap();
    let loaded = Command::new("mariadb").arg(to).stdin(stdout).status().unwrap();
    assert!(loaded.success() && dump.wait().unwrap().success());
    began.elapsed()
}
