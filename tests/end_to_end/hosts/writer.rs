//! An application on the client's host that writes through one address, and keeps what it was told.

use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mysql_async::Error;
use tokio::time::{sleep, timeout};

use crate::eventually::eventually;
use crate::machines::Machine;
use crate::session::{Door, Session};

/// The account, for every host of the network.
pub(super) const ACCOUNT: &str = "writer";
pub(super) const PASSWORD: &str = "Writer1-password";

/// Between two entries: about a hundred a second.
const PAUSE: Duration = Duration::from_millis(10);
/// How long any answer is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// An entry that was acknowledged. Each attempt is an entry of its own, and is made once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    pub(super) entry: u64,
    pub(super) answered: Instant,
}

/// Everything that a writer was told.
pub(super) struct Told {
    pub(super) kept: Vec<Kept>,
    began: Instant,
    ended: Instant,
    /// The last refusals, for a test that fails.
    refused: Vec<String>,
}

impl Told {
    /// Returns the longest time without an acknowledgement.
    pub(super) fn longest_gap(&self) -> Duration {
        self.longest_gap_within(self.began..self.ended)
    }

    /// Returns the longest time without an acknowledgement that touches a span of time.
    pub(super) fn longest_gap_within(&self, span: Range<Instant>) -> Duration {
        let answered = self.kept.iter().map(|kept| kept.answered);
        let moments: Vec<Instant> = [self.began]
            .into_iter()
            .chain(answered)
            .chain([self.ended])
            .collect();
        let gaps = moments
            .windows(2)
            .filter(|gap| gap[1] >= span.start && gap[0] <= span.end);
        gaps.map(|gap| gap[1] - gap[0]).max().unwrap_or_default()
    }

    /// Compares with what is on a server: how many acknowledged entries are missing there, and how many are there twice.
    pub(super) async fn missing_on(&self, session: &mut Session) -> Accounts {
        let there: Vec<u64> = session
            .column("SELECT id FROM hosts.entries ORDER BY id")
            .await
            .iter()
            .map(|id| id.parse().unwrap())
            .collect();
        assert!(!self.kept.is_empty());
        let lost = |kept: &&Kept| there.binary_search(&kept.entry).is_err();
        Accounts {
            lost: self.kept.iter().filter(lost).map(|kept| kept.entry).collect(),
            twice: there.windows(2).filter(|pair| pair[0] == pair[1]).count(),
        }
    }
}

impl std::fmt::Debug for Told {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (count, gap) = (self.kept.len(), self.longest_gap());
        write!(
            out,
            "{count} acknowledged, longest gap {gap:?}, refused last: {:?}",
            self.refused
        )
    }
}

/// What became of the entries.
#[derive(Debug)]
pub(super) struct Accounts {
    /// Those that were acknowledged, and are not there.
    pub(super) lost: Vec<u64>,
    /// How many are there more than once.
    pub(super) twice: usize,
}

/// A writer at work.
pub(super) struct Writer {
    go_on: Arc<AtomicBool>,
    kept: Arc<AtomicU64>,
    thread: JoinHandle<Told>,
}

impl Writer {
    /// Starts it on a host, and waits until it has written.
    pub(super) async fn start(host: &Machine, address: Ipv4Addr) -> Self {
        let (go_on, kept) = (Arc::new(AtomicBool::new(true)), Arc::default());
        let door = Door::to(address, ACCOUNT, PASSWORD);
        let (on, count) = (Arc::clone(&go_on), Arc::clone(&kept));
        let thread = host.enter(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(write(&door, &on, &count))
        });
        let writer = Self { go_on, kept, thread };
        writer.goes_on().await;
        writer
    }

    /// Returns how many were acknowledged so far.
    pub(super) fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
    }

    /// Waits until some more are acknowledged than now.
    pub(super) async fn goes_on(&self) {
        let enough = self.kept() + 20;
        eventually("the writer goes on", async || self.kept(), |kept| *kept >= enough).await;
    }

    /// Ends it after its statement.
    pub(super) fn stop(self) -> Told {
        self.go_on.store(false, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

async fn write(door: &Door, go_on: &AtomicBool, count: &AtomicU64) -> Told {
    let mut told = Told {
        kept: Vec::new(),
        began: Instant::now(),
        ended: Instant::now(),
        refused: Vec::new(),
    };
    let (mut session, mut entry) = (None, 0);
    while go_on.load(Ordering::Relaxed) {
        entry += 1;
        match timeout(PATIENCE, write_entry(door, &mut session, entry)).await {
            Ok(Ok(())) => {
                told.kept.push(Kept {
                    entry,
                    answered: Instant::now(),
                });
                count.fetch_add(1, Ordering::Relaxed);
            }
            failed => told.refused.push(format!("{failed:?}")),
        }
        if told.refused.len() > 5 {
            told.refused.remove(0);
        }
        sleep(PAUSE).await;
    }
    told.ended = Instant::now();
    told
}

async fn write_entry(door: &Door, session: &mut Option<Session>, entry: u64) -> Result<(), Error> {
    let mut open = match session.take() {
        Some(open) => open,
        None => door.enter().await?,
    };
    open.try_run(&format!("INSERT INTO hosts.entries (id) VALUES ({entry})"))
        .await?;
    *session = Some(open);
    Ok(())
}
