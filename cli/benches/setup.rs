//! How long two empty servers take to become a proven pair, and how much memory dbha needs for it.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // prints figures, and has nobody to hand an error to

use dbha_testkit::{Installation, ServerOptions, ServerPair};
use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

const DBHA: &str = env!("CARGO_BIN_EXE_dbha");
const ROUNDS: usize = 5;

fn main() {
    assert_no_failpoints();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(empty_pairs());
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
