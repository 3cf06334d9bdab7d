//! A program that watches a pair by dbha's library: prints what happens, and gives dashboard and metrics over HTTP.
//!
//! `cargo run -p dbha-examples --example embed_monitor -- mysql://monitor:PASSWORD@a/ mysql://monitor:PASSWORD@b/ 127.0.0.1:9104`
//!
//! Without arguments it watches a private pair of its own, stops its replication, starts it again, and ends.

#![allow(clippy::print_stdout)] // an example of a program that prints

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use dbha_core::{CancellationToken, Verdict};
use dbha_monitor::http::{HttpServer, HttpSettings};
use dbha_monitor::{Board, EventKind, Monitor, MonitorEvent, MonitorSettings, News, WatchedPair};
use dbha_testkit::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the story of the private pair may take.
const STORY_LIMIT: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => {
            println!("no servers given: a private pair is taken");
            let pair = ReplicatedPair::builder().start().await?;
            let watch = Watch::start(&pair.primary_url(), &pair.secondary_url(), "127.0.0.1:0").await?;
            let told = timeout(STORY_LIMIT, watch.story(&pair))
                .await
                .context("the story took too long")?;
            watch.end().await;
            told
        }
        [primary, secondary] => forever(primary, secondary, "127.0.0.1:9104").await,
        [primary, secondary, listen] => forever(primary, secondary, listen).await,
        _ => anyhow::bail!("give two mysql:// URLs and, if you like, an address to listen on; or nothing"),
    }
}

/// A monitor of one pair, and who can be asked about it.
struct Watch {
    monitor: Monitor,
    address: SocketAddr,
    cancel: CancellationToken,
}

impl Watch {
    async fn start(primary: &str, secondary: &str, listen: &str) -> anyhow::Result<Self> {
        let pair = WatchedPair {
            name: "shop".into(),
            primary: primary.parse().context("the primary")?,
            secondary: secondary.parse().context("the secondary")?,
        };
        let (board, cancel) = (Board::new(), CancellationToken::new());
        let server = HttpServer::bind(HttpSettings {
            listen: listen.parse().context("the address to listen on")?,
            ..HttpSettings::default()
        });
        let server = server.await?;
        let address = server.address();
        println!("dashboard http://{address}/, metrics http://{address}/metrics");
        tokio::spawn(server.serve(board.clone(), cancel.clone()));
        // The first event is the beginning itself, so everybody who wants it has to be there before.
        tokio::spawn(print_events(board.clone(), cancel.clone()));
        let monitor = Monitor::start(vec![pair], &MonitorSettings::default(), board);
        Ok(Self {
            monitor,
            address,
            cancel,
        })
    }

    /// Breaks the pair and mends it, and waits until the monitor has told both.
    async fn story(&self, pair: &ReplicatedPair) -> anyhow::Result<()> {
        self.until(|event| event.kind == EventKind::Watching).await?;
        pair.stop_sql_thread(Secondary).await?;
        self.until(|event| event.kind == EventKind::Began && event.verdict == Verdict::Broken)
            .await?;
        pair.start_replication(Secondary).await?;
        self.until(|event| event.kind == EventKind::Ended).await?;
        let metrics = get(self.address, "/metrics").await?;
        for line in metrics
            .lines()
            .filter(|line| line.starts_with("dbha_replication_running{"))
        {
            println!("{line}");
        }
        Ok(())
    }

    /// Waits until something was told, also before this call.
    async fn until(&self, wanted: impl Fn(&MonitorEvent) -> bool) -> anyhow::Result<()> {
        let board = self.monitor.board();
        let mut news = board.subscribe();
        while !board.events_after(0).iter().any(|event| wanted(event)) {
            // Whoever is slow misses news, and then looks at the board again.
            if let Err(tokio::sync::broadcast::error::RecvError::Closed) = news.recv().await {
                anyhow::bail!("the monitor has ended");
            }
        }
        Ok(())
    }

    async fn end(self) {
        self.cancel.cancel();
        self.monitor.stop().await;
    }
}

async fn forever(primary: &str, secondary: &str, listen: &str) -> anyhow::Result<()> {
    let watch = Watch::start(primary, secondary, listen).await?;
    tokio::signal::ctrl_c().await?;
    watch.end().await;
    Ok(())
}

/// Prints every event once: what a program of your own would do with them instead is its business.
async fn print_events(board: Board, cancel: CancellationToken) {
    let mut news = board.subscribe();
    let mut last = 0;
    while !cancel.is_cancelled() {
        for event in board.events_after(last) {
            last = event.seq;
            println!(
                "{}: {:?}, now {}: {}",
                event.pair, event.kind, event.verdict, event.text
            );
            if let Some(fix) = &event.fix {
                println!("  {fix}");
            }
        }
        match news.recv().await {
            Ok(News::Event(_) | News::Report(_)) => {}
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
        }
    }
}

/// Asks the monitor as any HTTP client would.
async fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
