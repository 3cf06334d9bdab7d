//! What watching costs, and how soon bad and good news are told.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // prints figures, and has nobody to hand an error to

use dbha_core::{EventSink, Pair, SetupOptions};
use dbha_monitor::{Board, EventKind, Monitor, MonitorSettings, News, WatchedPair};
use dbha_testkit::{Installation, Release, ServerOptions, ServerPair};
use mysql_async::prelude::Queryable;
use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

/// How long each number of pairs is watched.
const WATCHED_FOR: Duration = Duration::from_secs(20);
const ROUNDS: usize = 3;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for release in [Release::MariaDb10_11, Release::MySql9_7] {
            if Installation::find(release).is_err() {
                println!("{release}: not here, left out");
                continue;
            }
            let mut pair = pair_of(release).await;
            cost(&pair).await;
            news(&mut pair).await;
        }
    });
}

async fn pair_of(release: Release) -> ServerPair {
    let options = ServerOptions::new().set("max_connections", 400);
    let pair = ServerPair::start(release, &options).await.unwrap();
    let made = Pair::builder()
        .primary(pair.primary.url().parse().unwrap())
        .secondary(pair.secondary.url().parse().unwrap())
        .options(SetupOptions::default())
        .build()
        .unwrap();
    made.setup(EventSink::new(|_| {})).await.unwrap();
    pair
}

fn watched(pair: &ServerPair, name: String) -> WatchedPair {
    WatchedPair {
        name,
        primary: pair.primary.url().parse().unwrap(),
        secondary: pair.secondary.url().parse().unwrap(),
    }
}

/// Watches the same two servers under many names, each with connections of its own.
async fn cost(pair: &ServerPair) {
    println!(
        "\nPairs watched by one process, {} (wanted: 100 pairs in 10 % of a core and 100 MiB, no tick late; 1 pair in 1 % and 30 MiB)",
        pair.primary.release()
    );
    println!("  pairs   CPU of a core   a pair   memory MiB   longest time between two reports of one pair");
    for count in [1, 10, 50, 100] {
        let board = Board::new();
        let mut heard = board.subscribe();
        let pairs = (0..count).map(|number| watched(pair, format!("pair{number}")));
        let monitor = Monitor::start(pairs.collect(), &MonitorSettings::default(), board);
        tokio::time::sleep(Duration::from_secs(5)).await;
        let (cpu, began) = (cpu_seconds(), Instant::now());
        let mut last: BTreeMap<String, Instant> = BTreeMap::new();
        let mut longest = Duration::ZERO;
        while began.elapsed() < WATCHED_FOR {
            let news = tokio::time::timeout(Duration::from_secs(1), heard.recv()).await;
            if let Ok(Ok(News::Report(report))) = news {
                let name = report.status.pair.clone();
                if let Some(before) = last.insert(name, Instant::now()) {
                    longest = longest.max(before.elapsed());
                }
            }
        }
        let share = (cpu_seconds() - cpu) / began.elapsed().as_secs_f64() * 100.0;
        println!(
            "  {count:>5}   {share:>10.1} %   {:>5.2} %   {:>9.1}   {longest:.2?}",
            share / f64::from(count),
            resident_mib()
        );
        monitor.stop().await;
    }
}

/// How long it takes from a fault to the first word of it, and from the end of the fault to the last.
async fn news(pair: &mut ServerPair) {
    println!("\nNews, {}, worst of {ROUNDS} in seconds", pair.primary.release());
    println!("  fault                   wanted   began   ended");
    let (stop, start) = match pair.primary.release().is_mysql() {
        true => ("STOP REPLICA SQL_THREAD", "START REPLICA SQL_THREAD"),
        false => ("STOP SLAVE SQL_THREAD", "START SLAVE SQL_THREAD"),
    };
    let mut worst = [(0.0_f64, 0.0_f64); 3];
    for _ in 0..ROUNDS {
        // A monitor of its own for each fault: what came and went a moment ago counts as coming and going.
        let ear = Ear::open(pair).await;
        run(pair, stop).await;
        let began = ear.hears(EventKind::Began, "DBHA-M03").await;
        run(pair, start).await;
        note(
            &mut worst[0],
            began,
            ear.hears(EventKind::Ended, "DBHA-M03").await,
        );
        ear.close().await;

        let ear = Ear::open(pair).await;
        pair.secondary.freeze().unwrap();
        let began = ear.hears(EventKind::Began, "DBHA-M01").await;
        pair.secondary.thaw().unwrap();
        note(
            &mut worst[2],
            began,
            ear.hears(EventKind::Ended, "DBHA-M01").await,
        );
        ear.close().await;
    }
    // Last: MariaDB loses at a restart what the set-up has set.
    for _ in 0..ROUNDS {
        let ear = Ear::open(pair).await;
        pair.secondary.kill().await.unwrap();
        let began = ear.hears(EventKind::Began, "DBHA-M01").await;
        pair.secondary.start().await.unwrap();
        note(
            &mut worst[1],
            began,
            ear.hears(EventKind::Ended, "DBHA-M01").await,
        );
        ear.close().await;
    }
    for ((fault, wanted), (began, ended)) in [
        ("SQL thread stopped", 3),
        ("kill -9 of a server", 3),
        ("SIGSTOP of a server", 6),
    ]
    .into_iter()
    .zip(worst)
    {
        println!("  {fault:<22} {wanted:>7}   {began:>5.1}   {ended:>5.1}");
    }
}

/// A monitor that has seen both servers.
struct Ear(Monitor);

impl Ear {
    async fn open(pair: &ServerPair) -> Self {
        let watched = vec![watched(pair, "news".into())];
        let monitor = Monitor::start(watched, &MonitorSettings::default(), Board::new());
        let sees_both = || {
            let report = monitor.board().report("news");
            report.is_some_and(|report| report.status.servers.iter().all(|server| server.reachable))
        };
        while !sees_both() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self(monitor)
    }

    /// Waits until something is told, and says how long that took from now on.
    async fn hears(&self, kind: EventKind, code: &str) -> f64 {
        let began = Instant::now();
        loop {
            let events = self.0.board().events_after(0);
            let found = events
                .iter()
                .any(|event| event.kind == kind && event.code.is_some_and(|found| found.as_str() == code));
            if found {
                return began.elapsed().as_secs_f64();
            }
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{kind:?} {code}: {events:#?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn close(self) {
        self.0.stop().await;
    }
}

fn note(worst: &mut (f64, f64), began: f64, ended: f64) {
    *worst = (worst.0.max(began), worst.1.max(ended));
}

async fn run(pair: &ServerPair, statement: &str) {
    let options = mysql_async::Opts::from_url(&pair.secondary.url()).unwrap();
    let options = mysql_async::OptsBuilder::from_opts(options).prefer_socket(false);
    let mut session = mysql_async::Conn::new(options).await.unwrap();
    session.query_drop(statement).await.unwrap();
    session.disconnect().await.unwrap();
}

/// CPU time of this process, all threads.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = |at: usize| fields.split_whitespace().nth(at).unwrap().parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

fn resident_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
