//! How long two private servers take to start together from warm templates, and how long until they are a proven pair, for
//! each release that is here.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // prints figures, and has nobody to hand an error to

use std::fs;
use std::time::{Duration, Instant};

use dbha_testkit::{Installation, PrivateServer, ReplicatedPair, ServerOptions, ServerPair};

const ROUNDS: usize = 7;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    println!(
        "release        two servers, median / worst   replicated pair, median / worst (x two servers)   one, resident memory"
    );
    for installation in Installation::all() {
        let release = installation.release();
        let options = ServerOptions::new();
        let (mut times, mut pairs, memory) = runtime.block_on(async {
            let warm = PrivateServer::launch(release, &options).await.unwrap();
            let memory = resident_kib(warm.pid().unwrap());
            drop(warm);
            let (mut times, mut pairs) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                let servers = ServerPair::start(release, &options).await.unwrap();
                times.push(begun.elapsed());
                drop(servers);
                let begun = Instant::now();
                let pair = ReplicatedPair::builder().release(release).start().await.unwrap();
                pairs.push(begun.elapsed());
                drop(pair);
            }
            (times, pairs, memory)
        });
        let (median, worst) = median_and_worst(&mut times);
        let (of_pair, worst_pair) = median_and_worst(&mut pairs);
        println!(
            "{release:<14} {median:>9} ms / {worst:>5} ms {of_pair:>18} ms / {worst_pair:>5} ms ({:.1} x) {:>27} MiB",
            of_pair as f64 / median as f64,
            memory / 1024
        );
    }
}

/// Returns both in milliseconds.
fn median_and_worst(times: &mut [Duration]) -> (u128, u128) {
    times.sort();
    (times[ROUNDS / 2].as_millis(), times[ROUNDS - 1].as_millis())
}

fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
