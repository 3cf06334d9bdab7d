//! How long clients of one address are without service when the primary is lost, and that nothing they were told is lost: its
//! process is killed, or nobody reaches its machine; five hosts in network namespaces, real Keepalived, real etcd,
//! semi-synchronous replication.
//!
//! `DBHA_BENCH_FAILOVERS` says how often the process is killed, 3 times where it says nothing.

// Prints figures, and has nobody to hand an error to; the tests' hosts can do more than is needed here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    dead_code,
    unused_imports,
    unused_macros
)]

/// What the end-to-end tests share, where they look for it: at the root of the crate.
#[path = "../../tests/end_to_end"]
mod tests {
    pub(crate) mod address_watch;
    pub(crate) mod binlog_program;
    pub(crate) mod eventually;
    pub(crate) mod hosts;
    pub(crate) mod machines;
    pub(crate) mod operator;
    pub(crate) mod overdue;
    pub(crate) mod processes;
    pub(crate) mod ran;
    pub(crate) mod releases;
    pub(crate) mod session;
    pub(crate) mod tool;
}
pub(crate) use tests::{
    address_watch, binlog_program, eventually, hosts, machines, operator, overdue, processes, ran, releases,
    session, tool,
};

use dbha_testkit::{Installation, Release};
use hosts::by_lease::{Fallen, Lost, lose_the_primary};
use std::time::Duration;

/// How often a machine is cut off.
const CUTS: usize = 3;
/// Beside the lease itself: what the address and the new writer may take.
const WANTED: Duration = Duration::from_secs(3);

fn main() {
    let times = std::env::var("DBHA_BENCH_FAILOVERS").ok();
    let times: usize = times.and_then(|times| times.parse().ok()).unwrap_or(3);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    println!(
        "\nThe primary is lost (wanted: no acknowledged row lost, none twice, without service at most lease + 3 s)"
    );
    println!(
        "  server           lost by   times   lease   without service: median   longest   over   rows told   lost   twice"
    );
    for release in [Release::MariaDb10_11, Release::MySql9_7] {
        match Installation::find(release) {
            Ok(_) => {
                runtime.block_on(measure(release, Lost::Process, times));
                runtime.block_on(measure(release, Lost::Machine, CUTS));
            }
            Err(_) => println!("  {release}: not here, left out"),
        }
    }
}

async fn measure(release: Release, by: Lost, times: usize) {
    let mut fallen = Vec::new();
    for _ in 0..times {
        match lose_the_primary(release, by).await {
            Some(one) => fallen.push(one),
            None => return println!("  {release}: not possible here, left out"),
        }
    }
    if let Some(first) = fallen.first() {
        show(release, by, first.lease, &fallen);
    }
}

fn show(release: Release, by: Lost, lease: Duration, fallen: &[Fallen]) {
    let by = match by {
        Lost::Process => "kill -9",
        Lost::Machine => "cut off",
    };
    let mut gaps: Vec<Duration> = fallen.iter().map(|one| one.without_service).collect();
    gaps.sort();
    let over = gaps.iter().filter(|gap| **gap > lease + WANTED).count();
    let sum = |count: fn(&Fallen) -> usize| fallen.iter().map(count).sum::<usize>();
    println!(
        "  {:<16} {by:<9} {:>5} {:>5} s {:>23.2} s {:>7.2} s {over:>6} {:>11} {:>6} {:>7}",
        release.to_string(),
        fallen.len(),
        lease.as_secs(),
        gaps[gaps.len() / 2].as_secs_f64(),
        gaps[gaps.len() - 1].as_secs_f64(),
        sum(|one| one.told),
        sum(|one| one.lost.len()),
        sum(|one| one.twice),
    );
}
