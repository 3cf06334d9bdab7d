//! The primary's own work: a bounded number of clients with point selects and updates, as sysbench has them.

use crate::{run::median, table::SCHEMA};
use dbha_sql::driver::{Conn, Opts, prelude::Queryable};
use dbha_testkit::PrivateServer;
use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

const CLIENTS: u64 = 4;
const SELECTS: u32 = 5;
/// What a client does between two transactions; it leaves most of the machine to others.
const THINKS: Duration = Duration::from_millis(2);

/// Its shape, in the words of the output.
pub(crate) const SHAPE: &str =
    "4 clients, each transaction 5 point selects and 1 update, 2 ms between two of them";

struct Transaction {
    ended: Instant,
    took: Duration,
}

/// Clients at work until they are stopped.
pub(crate) struct Workload {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<Transaction>>>,
}

impl Workload {
    /// Lets the clients begin; the tables are those of sysbench.
    pub(crate) async fn start(server: &PrivateServer, tables: u64, rows: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = Vec::new();
        for seed in 1..=CLIENTS {
            let conn = Conn::new(Opts::from_url(&server.url()).unwrap()).await.unwrap();
            let client = Client {
                conn,
                tables,
                rows,
                random: Random(seed),
            };
            clients.push(tokio::spawn(client.work(stop.clone())));
        }
        Self { stop, clients }
    }

    /// Stops the clients and returns all that they did.
    pub(crate) async fn stop(mut self) -> Done {
        self.stop.store(true, Ordering::SeqCst);
        let mut done = Vec::new();
        for client in mem::take(&mut self.clients) {
            done.extend(client.await.unwrap());
        }
        Done(done)
    }
}

impl Drop for Workload {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

struct Client {
    conn: Conn,
    tables: u64,
    rows: u64,
    random: Random,
}

impl Client {
    async fn work(mut self, stop: Arc<AtomicBool>) -> Vec<Transaction> {
        let mut done = Vec::new();
        while !stop.load(Ordering::SeqCst) {
            let began = Instant::now();
            self.transaction().await.unwrap();
            let ended = Instant::now();
            done.push(Transaction {
                ended,
                took: ended - began,
            });
            tokio::time::sleep(THINKS).await;
        }
        self.conn.disconnect().await.unwrap();
        done
    }

    async fn transaction(&mut self) -> Result<(), dbha_sql::driver::Error> {
        self.conn.query_drop("BEGIN").await?;
        for _ in 0..SELECTS {
            let (table, id) = self.anywhere();
            let select = format!("SELECT c FROM {SCHEMA}.sbtest{table} WHERE id = ?");
            let _: Option<String> = self.conn.exec_first(select, (id,)).await?;
        }
        let (table, id) = self.anywhere();
        let update = format!("UPDATE {SCHEMA}.sbtest{table} SET k = k + 1 WHERE id = ?");
        self.conn.exec_drop(update, (id,)).await?;
        self.conn.query_drop("COMMIT").await
    }

    fn anywhere(&mut self) -> (u64, u64) {
        let table = 1 + self.random.next() % self.tables;
        (table, 1 + self.random.next() % self.rows)
    }
}

/// Knuth's linear congruential generator: the same keys in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        let step = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = step.wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

/// All transactions of a workload.
pub(crate) struct Done(Vec<Transaction>);

/// How much work was done in a stretch of time, and how long one transaction took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) per_second: f64,
    pub(crate) p95_ms: f64,
    pub(crate) longest_ms: f64,
    pub(crate) seconds: f64,
}

impl Done {
    /// Returns the pace between two moments.
    pub(crate) fn pace(&self, from: Instant, to: Instant) -> Pace {
        let within = self.0.iter().filter(|done| done.ended >= from && done.ended < to);
        let mut millis: Vec<f64> = within.map(|done| done.took.as_secs_f64() * 1000.0).collect();
        millis.sort_by(f64::total_cmp);
        let seconds = (to - from).as_secs_f64();
        Pace {
            per_second: millis.len() as f64 / seconds,
            p95_ms: millis.get(millis.len() * 95 / 100).copied().unwrap_or(f64::NAN),
            longest_ms: millis.last().copied().unwrap_or(f64::NAN),
            seconds,
        }
    }
}

impl Pace {
    /// Returns the median of each figure.
    pub(crate) fn median(paces: &[Self]) -> Self {
        let figure = |figure: fn(&Self) -> f64| median(paces.iter().map(figure));
        Self {
            per_second: figure(|pace| pace.per_second),
            p95_ms: figure(|pace| pace.p95_ms),
            longest_ms: figure(|pace| pace.longest_ms),
            seconds: figure(|pace| pace.seconds),
        }
    }
}
