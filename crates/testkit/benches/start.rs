//! How long two private servers take to start together from warm templates, for each release that is here.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // prints figures, and has nobody to hand an error to

use std::fs;
use std::time::{Duration, Instant};

use dbha_testkit::{Installation, PrivateServer, ServerOptions, ServerPair};

const ROUNDS: usize = 7;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    println!("release        two servers, median / worst   one, resident memory");
    for installation in Installation::all() {
        let release = installation.release();
        let options = ServerOptions::new();
        let (mut times, memory) = runtime.block_on(async {
            let warm = PrivateServer::launch(release, &options).await.unwrap();
            let memory = resident_kib(warm.pid().unwrap());
            drop(warm);
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                let pair = ServerPair::start(release, &options).await.unwrap();
                times.push(begun.elapsed());
                drop(pair);
            }
            (times, memory)
        });
        times.sort();
        let millis = |time: Duration| time.as_millis();
        let (median, worst) = (millis(times[ROUNDS / 2]), millis(times[ROUNDS - 1]));
        println!(
            "{release:<14} {median:>9} ms / {worst:>5} ms {:>17} MiB",
            memory / 1024
        );
    }
}

fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
