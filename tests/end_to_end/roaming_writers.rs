//! Applications that go to whichever server of a pair takes writes, as behind a virtual address.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dbha_testkit::{PrivateServer, ServerPair, sample};
use mysql_async::Error;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::session::{Door, Session};

const TABLE: &str = "CREATE TABLE rental_shop.log (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     writer INT NOT NULL, entry INT NOT NULL, UNIQUE KEY one (writer, entry))";
/// Between two entries of a writer.
const PAUSE: Duration = Duration::from_millis(15);
/// How long an application waits for any answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// One entry that a server acknowledged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// 0 is the pair's first server, 1 the second.
    pub(crate) server: usize,
    /// When the statement was sent.
    pub(crate) sent: Instant,
    /// When the answer was there.
    pub(crate) answered: Instant,
}

/// What one writer was told is kept; its entry `n` is the `n`th.
#[derive(Debug)]
pub(crate) struct Told {
    writer: u32,
    pub(crate) kept: Vec<Kept>,
}

/// Writers at work; dropped, they end with the test.
pub(crate) struct RoamingWriters {
    go_on: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Told>>,
}

impl RoamingWriters {
    /// Makes the table on the server that takes writes, and starts writers that know both servers.
    pub(crate) async fn start(pair: &ServerPair, count: u32) -> Self {
        Session::open(&pair.primary).await.run(TABLE).await;
        let go_on = Arc::new(AtomicBool::new(true));
        let door = |server: &PrivateServer| Session::door(server, "app", sample::APP_PASSWORD);
        let tasks = (1..=count).map(|writer| {
            let doors = [door(&pair.primary), door(&pair.secondary)];
            tokio::spawn(write(doors, writer, Arc::clone(&go_on)))
        });
        Self {
            tasks: tasks.collect(),
            go_on,
        }
    }

    /// Lets every writer finish its statement and end.
    pub(crate) async fn stop(self) -> Vec<Told> {
        self.go_on.store(false, Ordering::Relaxed);
        let mut all = Vec::new();
        for task in self.tasks {
            all.push(task.await.unwrap());
        }
        all
    }
}

async fn write(doors: [Door; 2], writer: u32, go_on: Arc<AtomicBool>) -> Told {
    let mut told = Told {
        writer,
        kept: Vec::new(),
    };
    let mut server = 0;
    let mut session: Option<Session> = None;
    while go_on.load(Ordering::Relaxed) {
        let entry = told.kept.len() + 1;
        let sent = Instant::now();
        let done = timeout(PATIENCE, write_entry(&doors[server], &mut session, writer, entry)).await;
        match done {
            Ok(Ok(())) => {
                told.kept.push(Kept {
                    server,
                    sent,
                    answered: Instant::now(),
                });
                sleep(PAUSE).await;
            }
            // Refused, cut off or silent: the other one may have the writes by now.
            _ => {
                session = None;
                server = 1 - server;
                sleep(Duration::from_millis(2)).await;
            }
        }
    }
    told
}

/// Writes one entry. One that is there already was written before an answer was lost.
async fn write_entry(
    door: &Door,
    session: &mut Option<Session>,
    writer: u32,
    entry: usize,
) -> Result<(), Error> {
    const DUPLICATE: u16 = 1062;
    let mut open = match session.take() {
        Some(open) => open,
        None => door.enter().await?,
    };
    let insert = format!("INSERT INTO rental_shop.log (writer, entry) VALUES ({writer}, {entry})");
    let written = match open.try_run(&insert).await {
        Err(Error::Server(error)) if error.code == DUPLICATE => Ok(()),
        written => written,
    };
    *session = Some(open);
    written
}

/// Fails the test unless a server has each acknowledged entry once, and no gaps or extras beyond an unanswered last one.
pub(crate) async fn assert_all_kept(server: &PrivateServer, told: &[Told]) {
    let mut session = Session::open(server).await;
    for one in told {
        let count = format!(
            "SELECT COUNT(*) FROM rental_shop.log WHERE writer={} AND entry BETWEEN 1 AND {}",
            one.writer,
            one.kept.len()
        );
        assert_eq!(
            session.number(&count).await,
            one.kept.len() as u64,
            "writer {}",
            one.writer
        );
    }
}

/// Fails the test unless, within a span of time, the writes went from one server to the other once and for all: nothing
/// that was sent to the old one after the new one had kept anything was kept.
pub(crate) fn assert_moved(told: &[Told], to: usize, span: Range<Instant>) {
    let within = || {
        let all = told.iter().flat_map(|one| &one.kept);
        all.filter(|kept| span.contains(&kept.sent))
    };
    let first = within()
        .filter(|kept| kept.server == to)
        .map(|kept| kept.answered)
        .min();
    let first = first.expect("the new writer has kept something");
    let late = within().filter(|kept| kept.server != to && kept.sent > first);
    assert_eq!(late.count(), 0, "both servers took writes at one time");
    assert!(
        within().any(|kept| kept.server != to),
        "the old writer had kept something"
    );
}
