//! What a guard does to its server: opens it, closes it, kills it. Each is a task of its own.

use super::{
    GuardSettings,
    alone::Change,
    looker::{Look, Sight},
};
use crate::decide::Work;
use dbha_core::{
    CancellationToken, Endpoint, EventSink, FailoverOptions, Fence, Fenced, Pair, ServerProcess, SetupError,
    Side, SqlError, error_chain,
};
use dbha_sql::Server;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinHandle};

/// How long the rest of a closed writer that answers may take to come over.
const REST: Duration = Duration::from_secs(3);
/// Pause after an opening that failed.
const AGAIN: Duration = Duration::from_secs(1);

/// What the hands have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Done {
    /// The server takes writes.
    Opened { term: u64 },
    /// It could not be opened; why.
    NotOpened { term: u64, why: String },
    /// It takes no writes any more.
    Fenced(Fenced),
    /// Whether it takes writes is not known; why.
    NotFenced(String),
    /// Its commits wait, or wait no more.
    CommitsChanged(Change),
    /// That could not be changed; why.
    CommitsNotChanged(String),
    /// It was not recorded that guards decide; why.
    NotRecorded(String),
}

pub(super) struct Hands {
    local: Endpoint,
    peer: Endpoint,
    side: Side,
    opening: Option<(JoinHandle<()>, CancellationToken)>,
    /// Until when looks are too old to tell what came of an opening.
    opened: Option<Instant>,
    fencing: Option<JoinHandle<()>>,
    /// When the last fence was done.
    fenced: Option<Instant>,
    killed: Option<Instant>,
    /// The server's process, and at which of its starts that was found.
    process: Arc<Mutex<Option<(u64, ServerProcess)>>>,
    /// The start in which the server answered last.
    answered: Option<u64>,
    recorded: bool,
    changing: bool,
    /// When that was done last.
    changed: Option<Instant>,
    done: (mpsc::Sender<Done>, mpsc::Receiver<Done>),
}

impl Hands {
    pub(super) fn new(settings: &GuardSettings) -> Self {
        Self {
            local: settings.local.clone(),
            peer: settings.peer.clone(),
            side: settings.side,
            opening: None,
            opened: None,
            fencing: None,
            fenced: None,
            killed: None,
            process: Arc::default(),
            answered: None,
            recorded: false,
            changing: false,
            changed: None,
            done: mpsc::channel(8),
        }
    }

    /// Waits for something that was done.
    pub(super) async fn next(&mut self) -> Done {
        let done = match self.done.1.recv().await {
            Some(done) => done,
            // The other end is here too.
            None => std::future::pending().await,
        };
        match &done {
            Done::Opened { .. } => self.end_opening(Duration::ZERO),
            Done::NotOpened { .. } => self.end_opening(AGAIN),
            Done::Fenced(how) => {
                self.fencing = None;
                self.fenced = Some(Instant::now());
                let lives = matches!(how, Fenced::ByReadOnly { .. });
                self.killed = (!lives).then(Instant::now);
            }
            Done::NotFenced(_) => self.fencing = None,
            Done::NotRecorded(_) => self.recorded = false,
            Done::CommitsChanged(_) | Done::CommitsNotChanged(_) => {
                self.changing = false;
                self.changed = Some(Instant::now());
            }
        }
        done
    }

    fn end_opening(&mut self, pause: Duration) {
        self.opening = None;
        self.opened = Some(Instant::now() + pause);
    }

    /// Tells whether the server is being opened, or was so lately that no look has seen what came of it.
    pub(super) fn work(&self, looked: Option<Instant>) -> Work {
        match self.opening.is_none() && is_seen(self.opened, looked) {
            true => Work::Idle,
            false => Work::Running,
        }
    }

    /// Tells whether the server was killed, or did not run, and has not answered since.
    pub(super) fn killed(&self) -> bool {
        self.killed.is_some()
    }

    /// Tells whether the process that answered last runs; `None` where it is not known.
    pub(super) fn process_runs(&self) -> Option<bool> {
        let process = lock(&self.process);
        let last = process
            .as_ref()
            .filter(|(boot, _)| self.answered == Some(*boot))?;
        Some(last.1.is_running())
    }

    pub(super) fn answered(&mut self, look: &Look) {
        if !matches!(look.seen, Sight::Facts(..)) {
            return;
        }
        self.answered = Some(look.boot);
        self.remember_process(look.boot);
        if self.killed.is_some_and(|killed| look.began > killed) {
            self.killed = None;
        }
    }

    /// A server that answers is found by who listens; one that does not any more is killed by what was found then.
    fn remember_process(&self, boot: u64) {
        let (process, fence) = (
            self.process.clone(),
            Fence::new(self.local.clone(), Duration::ZERO),
        );
        // A start so soon after another one that it was not noticed leaves a process behind that answers no more.
        let known = lock(&process)
            .as_ref()
            .is_some_and(|(of, process)| *of == boot && process.is_running());
        if !known {
            tokio::spawn(async move {
                if let Ok(Some(found)) = fence.listener().await {
                    *lock(&process) = Some((boot, found));
                }
            });
        }
    }

    pub(super) fn open(&mut self, term: u64) {
        let (side, cancel) = (self.side, CancellationToken::new());
        if let Some(pair) = self.pair(&cancel) {
            self.begin(term, cancel, async move { pair.open_again(side, term).await });
        }
    }

    /// `silent`: why the old writer was just seen not to answer.
    pub(super) fn take_over(&mut self, term: u64, silent: Option<String>) {
        let cancel = CancellationToken::new();
        let Some(pair) = self.pair(&cancel) else {
            return;
        };
        let options = FailoverOptions {
            notice: REST,
            ..FailoverOptions::to(self.side)
        };
        self.begin(term, cancel, async move {
            pair.take_over(&options, term, silent, EventSink::silent()).await
        });
    }

    /// Records on the writer that guards decide; where that fails it is tried again after the next start.
    pub(super) fn record_guard(&mut self, urls: &str) {
        let cancel = CancellationToken::new();
        let (side, urls) = (self.side, urls.to_owned());
        if std::mem::replace(&mut self.recorded, true) {
            return;
        }
        if let Some(pair) = self.pair(&cancel) {
            let done = self.done.0.clone();
            tokio::spawn(async move {
                if let Err(error) = pair.record_guard(side, &urls).await {
                    let _ = done.send(Done::NotRecorded(error_chain(&error))).await;
                }
            });
        }
    }

    /// Lets commits of the server wait for the other one, or not; does nothing while that is under way, or was done and not
    /// seen since.
    pub(super) fn change_commits(&mut self, change: Change, looked: Option<Instant>) {
        if !is_seen(self.changed, looked) || std::mem::replace(&mut self.changing, true) {
            return;
        }
        let (local, done) = (self.local.clone(), self.done.0.clone());
        tokio::spawn(async move {
            let told = match changed(&local, change).await {
                Ok(()) => Done::CommitsChanged(change),
                Err(error) => Done::CommitsNotChanged(error_chain(&error)),
            };
            let _ = done.send(told).await;
        });
    }

    fn begin(
        &mut self,
        term: u64,
        cancel: CancellationToken,
        work: impl Future<Output = Result<(), SetupError>> + Send + 'static,
    ) {
        let done = self.done.0.clone();
        let task = tokio::spawn(async move {
            let told = match work.await {
                Ok(()) => Done::Opened { term },
                Err(error) => Done::NotOpened {
                    term,
                    why: error_chain(&error),
                },
            };
            let _ = done.send(told).await;
        });
        self.opening = Some((task, cancel));
    }

    fn pair(&self, cancel: &CancellationToken) -> Option<Pair> {
        let builder = match self.side {
            Side::Primary => Pair::builder()
                .primary(self.local.clone())
                .secondary(self.peer.clone()),
            Side::Secondary => Pair::builder()
                .primary(self.peer.clone())
                .secondary(self.local.clone()),
        };
        // Both servers are given: it can be built.
        builder.cancellation(cancel.clone()).build().ok()
    }

    /// Stops an opening wherever it is: its connection goes with it.
    pub(super) fn stop_opening(&mut self) {
        if let Some((task, cancel)) = self.opening.take() {
            cancel.cancel();
            task.abort();
            self.opened = Some(Instant::now());
        }
    }

    /// Closes the server, or kills it; does nothing while that is under way, or was done and not seen since.
    pub(super) fn fence(&mut self, within: Duration, looked: Option<Instant>) {
        if self.fencing.is_some() || !is_seen(self.fenced, looked) {
            return;
        }
        let (fence, done) = (self.fence_within(within), self.done.0.clone());
        self.fencing = Some(tokio::spawn(async move {
            let _ = done.send(fenced(&fence).await).await;
        }));
    }

    fn fence_within(&self, limit: Duration) -> Fence {
        let fence = Fence::new(self.local.clone(), limit);
        match lock(&self.process).clone() {
            Some((_, process)) => fence.known_as(process),
            None => fence,
        }
    }

    /// Closes the server because nobody will be there to close it later.
    pub(super) async fn close_at_the_end(&mut self, within: Duration) -> Done {
        if let Some(fencing) = self.fencing.take() {
            fencing.abort();
        }
        fenced(&self.fence_within(within)).await
    }
}

async fn changed(local: &Endpoint, change: Change) -> Result<(), SqlError> {
    let mut server = Server::connect(local).await?;
    match change {
        Change::Stop => server.stop_waiting().await?,
        Change::WaitAgain => server.wait_again().await?,
    }
    server.session.close().await;
    Ok(())
}

/// Tells whether a look began after something was done, and so shows what came of it.
fn is_seen(done: Option<Instant>, looked: Option<Instant>) -> bool {
    done.is_none_or(|done| looked.is_some_and(|looked| looked > done))
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn fenced(fence: &Fence) -> Done {
    match fence.close().await {
        Ok(how) => Done::Fenced(how),
        Err(error) => Done::NotFenced(error_chain(&error)),
    }
}
