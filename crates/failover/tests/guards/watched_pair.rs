//! A pair with its guards, and somebody who tries to write on both servers all the time.

use crate::hub::Hub;
use dbha_core::{Both, CancellationToken, Durability, Endpoint, NO_LIMIT_MS, SetupOptions, Side};
use dbha_failover::{Guard, GuardNews, GuardSettings, MaxLoss, Timing};
use dbha_sql::{Depth, Server};
use dbha_testkit::{Release, ReplicatedPair};
use mysql_async::{Conn, Opts, OptsBuilder, prelude::Queryable};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

const LEASE: Duration = Duration::from_secs(6);
/// How long anything may take on a loaded machine.
const LIMIT: Duration = Duration::from_secs(60);

/// How long one try to write may take.
const PATIENCE: Duration = Duration::from_secs(2);
const ACCOUNT: &str = "sampler";
const PASSWORD: &str = "samplersPassw0rd";

pub(crate) struct WatchedPair {
    pub(crate) pair: ReplicatedPair,
    pub(crate) hub: Hub,
    max_loss: MaxLoss,
    guards: Both<Option<(JoinHandle<()>, CancellationToken)>>,
    news: Arc<Mutex<Vec<String>>>,
    samplers: Both<Sampler>,
}

impl WatchedPair {
    /// A pair of which the last moments may be lost.
    pub(crate) async fn start(release: Release) -> Self {
        let setup = SetupOptions {
            managed: Some(true),
            ..SetupOptions::default()
        };
        Self::start_as(release, setup, MaxLoss::Within(Duration::from_secs(30))).await
    }

    /// A pair of which nothing may be lost: commits wait for the other server, without a limit.
    pub(crate) async fn start_without_loss(release: Release) -> Self {
        let setup = SetupOptions {
            managed: Some(true),
            semi_sync: Some(true),
            semi_sync_timeout: Some(Duration::from_millis(NO_LIMIT_MS)),
            ..SetupOptions::default()
        };
        Self::start_as(release, setup, MaxLoss::None).await
    }

    async fn start_as(release: Release, setup: SetupOptions, max_loss: MaxLoss) -> Self {
        let pair = ReplicatedPair::builder()
            .release(release)
            .setup_sql(format!(
                "CREATE DATABASE shop; CREATE TABLE shop.sample (id BIGINT AUTO_INCREMENT PRIMARY KEY, at DATETIME(6)); \
                 CREATE USER {ACCOUNT}@'%' IDENTIFIED BY '{PASSWORD}'; GRANT INSERT ON shop.* TO {ACCOUNT}@'%'"
            ))
            .setup_options(setup)
            .start()
            .await
            .unwrap();
        let samplers = Both {
            primary: Sampler::on(&pair.url(Side::Primary)),
            secondary: Sampler::on(&pair.url(Side::Secondary)),
        };
        let mut watched = Self {
            pair,
            hub: Hub::new(LEASE),
            max_loss,
            guards: Both {
                primary: None,
                secondary: None,
            },
            news: Arc::default(),
            samplers,
        };
        for side in Side::BOTH {
            watched.guard(side);
        }
        watched
            .eventually("the writer holds the vote", async |watched| {
                watched.hub.record().is_some_and(|record| record.term == 1)
            })
            .await;
        watched
    }

    fn endpoint(&self, side: Side) -> Endpoint {
        self.pair.url(side).parse().unwrap()
    }

    pub(crate) fn guard(&mut self, side: Side) {
        let settings = GuardSettings {
            local: self.endpoint(side),
            peer: self.endpoint(side.peer()),
            side,
            timing: Timing::new(LEASE).unwrap(),
            vote: "in memory".into(),
            max_loss: self.max_loss,
        };
        let (hub, news, cancel) = (self.hub.clone(), self.news.clone(), CancellationToken::new());
        let hear = move |told: GuardNews| news.lock().unwrap().push(format!("{side}: {}", told.text));
        let guard = Guard::new(settings, move |_: &str| Ok(hub.line(side)), hear);
        let task = tokio::spawn(guard.run(|| {}, cancel.clone()));
        *self.guards.of_mut(side) = Some((task, cancel));
    }

    /// What the writer has said last of its commits.
    pub(crate) fn durability(&self) -> Option<Durability> {
        Some(self.hub.record()?.published?.durability)
    }

    /// Counts the writes that a server has taken so far.
    pub(crate) fn taken(&self, side: Side) -> usize {
        self.samplers.of(side).taken.lock().unwrap().len()
    }

    pub(crate) async fn stop_guard(&mut self, side: Side) {
        let (task, cancel) = self.guards.of_mut(side).take().unwrap();
        cancel.cancel();
        task.await.unwrap();
    }

    /// Tells whether a server takes writes; `None` where it does not answer.
    pub(crate) async fn writes(&self, side: Side) -> Option<bool> {
        let looked = async {
            let mut server = Server::connect_for_watching(&self.endpoint(side)).await.ok()?;
            let facts = server.observe(Depth::Running).await.ok()?;
            Some(!facts.is_read_only())
        };
        tokio::time::timeout(Duration::from_secs(3), looked).await.ok()?
    }

    pub(crate) async fn eventually(&mut self, what: &str, good: impl AsyncFn(&Self) -> bool) {
        let end = Instant::now() + LIMIT;
        while !good(self).await {
            assert!(Instant::now() < end, "not in time: {what}\n{}", self.told());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) fn told(&self) -> String {
        self.news.lock().unwrap().join("\n")
    }

    pub(crate) fn said(&self, text: &str) -> bool {
        self.told().contains(text)
    }

    /// Ends everything; no moment may have had two writers.
    pub(crate) async fn end(mut self) {
        for side in Side::BOTH {
            if self.guards.of(side).is_some() {
                self.stop_guard(side).await;
            }
        }
        let Both { primary, secondary } = &self.samplers;
        let (a, b) = (primary.stop(), secondary.stop());
        assert!(a.len() + b.len() > 10, "nothing was sampled");
        // Every scene has one failover at most: the old writer took its last write before the new one took its first.
        let (last, first) = (
            a.iter().map(|taken| taken.0).max(),
            b.iter().map(|taken| taken.1).min(),
        );
        if let (Some(last), Some(first)) = (last, first) {
            assert!(
                last < first,
                "both took writes for {:?}\n{}",
                last - first,
                self.told()
            );
        }
    }
}

/// Tries to write on one server all the time, as an ordinary account; each write that was taken is a span of time.
struct Sampler {
    taken: Arc<Mutex<Vec<(Instant, Instant)>>>,
    tries: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Sampler {
    fn on(url: &str) -> Self {
        let taken: Arc<Mutex<Vec<(Instant, Instant)>>> = Arc::default();
        let tries: Arc<AtomicUsize> = Arc::default();
        let task = tokio::spawn(sample(
            url.replacen("root", ACCOUNT, 1),
            taken.clone(),
            tries.clone(),
        ));
        Self { taken, tries, task }
    }

    fn stop(&self) -> Vec<(Instant, Instant)> {
        self.task.abort();
        assert!(self.tries.load(Ordering::Relaxed) > 10, "hardly a try to write");
        self.taken.lock().unwrap().clone()
    }
}

async fn sample(url: String, taken: Arc<Mutex<Vec<(Instant, Instant)>>>, tries: Arc<AtomicUsize>) {
    let options = OptsBuilder::from_opts(Opts::from_url(&url).unwrap())
        .pass(Some(PASSWORD))
        .prefer_socket(false);
    let mut connection: Option<Conn> = None;
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let Some(open) = connection.as_mut() else {
            let dialled = tokio::time::timeout(PATIENCE, Conn::new(options.clone())).await;
            connection = dialled.ok().and_then(Result::ok);
            continue;
        };
        let asked = Instant::now();
        tries.fetch_add(1, Ordering::Relaxed);
        let write = open.query_drop("INSERT INTO shop.sample (at) VALUES (NOW(6))");
        match tokio::time::timeout(PATIENCE, write).await {
            Ok(Ok(())) => taken.lock().unwrap().push((asked, Instant::now())),
            // A refused write keeps its connection.
            Ok(Err(mysql_async::Error::Server(_))) => {}
            _ => connection = None,
        }
    }
}
