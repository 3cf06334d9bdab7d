use crate::{
    Board, EventKind, MonitorEvent, MonitorSettings, Opening, WatchedPair,
    heal::{self, Mend, MendKind},
    healer::Healer,
    judge::Judge,
    look::Look,
    remedy::Remedy,
    teller::{Teller, event},
    watcher::{Watcher, Wires},
};
use dbha_core::{Both, Endpoint, Pair, Seen, SetupError, SetupOptions, Side, error_chain};
use std::time::{Duration, Instant};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// Time that is given to the second server's answer once the first one's came, so that both are judged at once.
const TOGETHER: Duration = Duration::from_millis(30);
/// Longest wait for the outcome of something that was to be mended.
const MENDING: Duration = Duration::from_secs(10);
/// Longest time that opening a server may take, its looks and its lock included.
const OPENING: Duration = Duration::from_secs(30);

/// Watches one pair: two watchers, one judge, and whoever tells what changed.
pub(crate) struct PairWatch {
    judge: Judge,
    teller: Teller,
    healer: Healer,
    board: Board,
    pair: WatchedPair,
    settings: MonitorSettings,
    looks: Both<watch::Receiver<Option<Look>>>,
    remedies: Both<mpsc::Sender<Remedy>>,
    outcomes: (mpsc::Sender<Outcome>, mpsc::Receiver<Outcome>),
}

struct Outcome {
    mend: Mend,
    done: Result<(), String>,
}

impl PairWatch {
    /// Starts the watchers of both servers; they end with `cancel`.
    pub(crate) fn start(
        pair: &WatchedPair,
        settings: MonitorSettings,
        board: Board,
        cancel: &CancellationToken,
    ) -> (Self, Vec<JoinHandle<()>>) {
        let mut tasks = vec![];
        let mut watch_server = |endpoint: &Endpoint| {
            let (looks, seen) = watch::channel(None);
            let (orders, remedies) = mpsc::channel(8);
            let wires = Wires {
                looks,
                remedies,
                cancel: cancel.clone(),
            };
            let watcher = Watcher::new(endpoint.clone(), settings.clone());
            tasks.push(tokio::spawn(watcher.watch(wires)));
            (seen, orders)
        };
        let (primary, secondary) = (watch_server(&pair.primary), watch_server(&pair.secondary));
        let known = |endpoint: &Endpoint| (endpoint.name.clone(), endpoint.address.to_string());
        let servers = Both {
            primary: known(&pair.primary),
            secondary: known(&pair.secondary),
        };
        let watch = Self {
            judge: Judge::new(&pair.name, servers, settings.clone()),
            teller: Teller::new(settings.damping),
            healer: Healer::default(),
            board,
            pair: pair.clone(),
            looks: Both {
                primary: primary.0,
                secondary: secondary.0,
            },
            remedies: Both {
                primary: primary.1,
                secondary: secondary.1,
            },
            outcomes: mpsc::channel(16),
            settings,
        };
        (watch, tasks)
    }

    /// Judges whenever a server was looked at, and at least once a tick, until it is told to stop.
    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        loop {
            let looked = async {
                let Both { primary, secondary } = &mut self.looks;
                tokio::select! {
                    _ = primary.changed() => {}
                    _ = secondary.changed() => {}
                    () = tokio::time::sleep(self.settings.tick) => {}
                }
                tokio::time::sleep(TOGETHER).await;
            };
            tokio::select! {
                () = looked => self.judge(),
                Some(outcome) = self.outcomes.1.recv() => self.tell_outcome(outcome),
                () = cancel.cancelled() => return,
            }
        }
    }

    fn judge(&mut self) {
        let looks = Both {
            primary: self.looks.primary.borrow_and_update().clone(),
            secondary: self.looks.secondary.borrow_and_update().clone(),
        };
        // Before both were looked at, or were given the time for it, there is nothing to judge.
        let now = Instant::now();
        if [&looks.primary, &looks.secondary]
            .iter()
            .any(|look| look.is_none())
            && !self.judge.is_due(now)
        {
            return;
        }
        let (mut report, seen) = self.judge.judge(&looks, now);
        let events = self.teller.tell(&mut report);
        let mends = self.mends(&seen, report.setup_at_work, now);
        self.board.publish(report);
        for event in events {
            self.board.tell(event);
        }
        for mend in mends {
            self.order(mend);
        }
    }

    fn mends(&mut self, seen: &Both<Seen>, setup_at_work: bool, now: Instant) -> Vec<Mend> {
        if setup_at_work {
            return vec![];
        }
        let mut mends = match self.settings.heal {
            true => heal::mends(seen),
            false => vec![],
        };
        if self.settings.opening == Opening::ByMonitor {
            mends.extend(heal::opening(seen));
        }
        self.healer.due(mends, now)
    }

    /// Hands something that is to be mended to the watcher of that server, which has the connection.
    fn order(&self, mend: Mend) {
        if mend.kind == MendKind::OpenWriter {
            return self.open(mend);
        }
        let (reply, heard) = oneshot::channel();
        let remedy = Remedy {
            statements: mend.statements.clone(),
            reply,
        };
        let orders = self.remedies.of(mend.side).clone();
        let outcomes = self.outcomes.0.clone();
        tokio::spawn(async move {
            let done = match orders.try_send(remedy) {
                Ok(()) => match tokio::time::timeout(MENDING, heard).await {
                    Ok(Ok(done)) => done,
                    _ => Err("no answer came in time".to_owned()),
                },
                Err(_) => Err("the server does not answer".to_owned()),
            };
            let _ = outcomes.send(Outcome { mend, done }).await;
        });
    }

    /// Lets the writer of a managed pair be opened, over connections of its own and under the lock of a set-up.
    fn open(&self, mend: Mend) {
        let WatchedPair {
            name,
            primary,
            secondary,
        } = self.pair.clone();
        let outcomes = self.outcomes.0.clone();
        tokio::spawn(async move {
            let opened = async {
                let pair = Pair::builder()
                    .primary(primary)
                    .secondary(secondary)
                    .options(SetupOptions {
                        pair: name,
                        ..SetupOptions::default()
                    })
                    .build()
                    .map_err(|error| error_chain(&error))?;
                match pair.open_writer().await {
                    Ok(_) => Ok(true),
                    // Another dbha is at it, or was: the next look tells what is left to do.
                    Err(SetupError::Blocked(_) | SetupError::Unsafe { .. }) => Ok(false),
                    Err(error) => Err(error_chain(&error)),
                }
            };
            let done = match tokio::time::timeout(OPENING, opened).await {
                Ok(Ok(false)) => return,
                Ok(done) => done.map(drop),
                Err(_) => Err("no answer came in time".to_owned()),
            };
            let _ = outcomes.send(Outcome { mend, done }).await;
        });
    }

    fn tell_outcome(&self, outcome: Outcome) {
        let Some(report) = self.board.report(self.judge.pair()) else {
            return;
        };
        let server = report
            .status
            .servers
            .get(match outcome.mend.side {
                Side::Primary => 0,
                Side::Secondary => 1,
            })
            .map(|server| server.name.clone());
        let (kind, text) = match outcome.done {
            Ok(()) => (EventKind::Healed, outcome.mend.what),
            Err(error) => (
                EventKind::NotHealed,
                format!("could not {}: {error}", outcome.mend.what),
            ),
        };
        self.board.tell(MonitorEvent {
            server,
            ..event(&report, kind, text)
        });
    }
}
