//! How long writers are without service while the roles change, and that nothing they were told is lost.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // prints figures, and has nobody to hand an error to

use dbha_core::{EventSink, Pair, SetupOptions, Side, SwitchoverOptions};
use dbha_testkit::{Installation, Release, ServerOptions, ServerPair};
use mysql_async::{Conn, Opts, OptsBuilder, prelude::Queryable};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Ten changes of roles, there and back.
const CHANGES: usize = 10;
/// Writers, and the time between two rows of one: 200 rows a second in all.
const WRITERS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(20);
/// How long writers work between two changes.
const BETWEEN: Duration = Duration::from_secs(2);
/// How long any answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        println!(
            "\nSwitchover under {} rows a second, {CHANGES} changes (wanted: no acknowledged row lost, none twice, median at most 1 s)",
            u64::from(WRITERS) * 1000 / PAUSE.as_millis() as u64
        );
        println!("  server                without service: median   longest   nobody could write: median   rows told   lost   twice");
        for release in [Release::MariaDb10_11, Release::MySql9_7] {
            match Installation::find(release) {
                Ok(_) => measure(release).await,
                Err(_) => println!("  {release}: not here, left out"),
            }
        }
    });
}

async fn measure(release: Release) {
    let servers = ServerPair::start(release, &ServerOptions::new()).await.unwrap();
    let pair = Pair::builder()
        .primary(servers.primary.url().parse().unwrap())
        .secondary(servers.secondary.url().parse().unwrap())
        .options(SetupOptions::default())
        .build()
        .unwrap();
    pair.setup(EventSink::silent()).await.unwrap();
    prepare(&servers.primary.url()).await;
    let urls = [servers.primary.url(), servers.secondary.url()];
    let go_on = Arc::new(AtomicBool::new(true));
    let writers: Vec<_> = (1..=WRITERS)
        .map(|writer| tokio::spawn(write(urls.clone(), writer, Arc::clone(&go_on))))
        .collect();
    let (mut changes, mut closed) = (Vec::new(), Vec::new());
    for change in 0..CHANGES {
        tokio::time::sleep(BETWEEN).await;
        let began = Instant::now();
        let options = SwitchoverOptions {
            to: Some(if change % 2 == 0 {
                Side::Secondary
            } else {
                Side::Primary
            }),
            ..SwitchoverOptions::default()
        };
        let done = pair.switchover(&options, EventSink::silent()).await.unwrap();
        closed.push(done.closed_ms / 1e3);
        changes.push((began, Instant::now()));
    }
    tokio::time::sleep(BETWEEN).await;
    go_on.store(false, Ordering::Relaxed);
    let mut told = Vec::new();
    for writer in writers {
        told.push(writer.await.unwrap());
    }
    let gaps: Vec<f64> = changes.iter().map(|change| longest_gap(&told, *change)).collect();
    let all: usize = told.iter().map(Vec::len).sum();
    let (lost, twice) = missing(&servers.primary.url(), &told).await;
    println!(
        "  {:<22} {:>20.2} s {:>7.2} s {:>25.2} s {all:>11} {lost:>6} {twice:>7}",
        release.to_string(),
        median(&gaps),
        gaps.iter().copied().fold(0.0, f64::max),
        median(&closed),
    );
}

/// An account without administrators' rights, as applications have, and a table for its rows.
async fn prepare(url: &str) {
    let mut root = Conn::new(Opts::from_url(url).unwrap()).await.unwrap();
    for statement in [
        "CREATE DATABASE bench",
        "CREATE TABLE bench.log (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, writer INT NOT NULL, entry INT NOT NULL, KEY (writer, entry))",
        "CREATE USER 'bench'@'%' IDENTIFIED BY 'Bench1-password'",
        "GRANT ALL ON bench.* TO 'bench'@'%'",
    ] {
        root.query_drop(statement).await.unwrap();
    }
}

/// Writes until told to stop, wherever writes are taken; returns when each row was acknowledged.
///
/// A row whose answer was lost is looked for before it is written again, as a careful application would.
async fn write(urls: [String; 2], writer: u32, go_on: Arc<AtomicBool>) -> Vec<Instant> {
    let doors = urls.map(|url| {
        let options = OptsBuilder::from_opts(Opts::from_url(&url).unwrap()).prefer_socket(false);
        Opts::from(options.user(Some("bench")).pass(Some("Bench1-password")))
    });
    let (mut told, mut server, mut conn) = (Vec::new(), 0, None);
    let mut unsure = false;
    while go_on.load(Ordering::Relaxed) {
        let entry = told.len() + 1;
        let attempt = attempt(&doors[server], &mut conn, (writer, entry), unsure);
        match tokio::time::timeout(PATIENCE, attempt).await {
            Ok(Ok(())) => {
                told.push(Instant::now());
                unsure = false;
                tokio::time::sleep(PAUSE).await;
            }
            _ => {
                conn = None;
                unsure = true;
                server = 1 - server;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }
    told
}

async fn attempt(
    door: &Opts,
    conn: &mut Option<Conn>,
    (writer, entry): (u32, usize),
    unsure: bool,
) -> Result<(), mysql_async::Error> {
    let mut open = match conn.take() {
        Some(open) => open,
        None => Conn::new(door.clone()).await?,
    };
    let there = match unsure {
        true => {
            let count = format!("SELECT COUNT(*) FROM bench.log WHERE writer = {writer} AND entry = {entry}");
            let count: Option<u64> = open.query_first(count).await?;
            count.is_some_and(|count| count > 0)
        }
        false => false,
    };
    if there {
        // It may be read on a server that takes no more writes.
        open.query_drop("SET @there = 1").await?;
    } else {
        let insert = format!("INSERT INTO bench.log (writer, entry) VALUES ({writer}, {entry})");
        open.query_drop(insert).await?;
    }
    *conn = Some(open);
    Ok(())
}

/// The longest time within a change in which a writer got no row acknowledged.
fn longest_gap(told: &[Vec<Instant>], (from, to): (Instant, Instant)) -> f64 {
    let gap = |rows: &Vec<Instant>| {
        rows.windows(2)
            .filter(|pair| pair[1] >= from && pair[0] <= to)
            .map(|pair| (pair[1] - pair[0]).as_secs_f64())
            .fold(0.0, f64::max)
    };
    told.iter().map(gap).fold(0.0, f64::max)
}

async fn missing(url: &str, told: &[Vec<Instant>]) -> (u64, u64) {
    let mut root = Conn::new(Opts::from_url(url).unwrap()).await.unwrap();
    let (mut lost, mut twice) = (0, 0);
    for (index, rows) in told.iter().enumerate() {
        let counts = format!(
            "SELECT COUNT(DISTINCT entry), COUNT(*) FROM bench.log WHERE writer = {} AND entry <= {}",
            index + 1,
            rows.len()
        );
        let (distinct, all): (u64, u64) = root.query_first(counts).await.unwrap().unwrap();
        lost += rows.len() as u64 - distinct;
        twice += all - distinct;
    }
    (lost, twice)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
