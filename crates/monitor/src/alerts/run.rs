//! The running alerts.

use super::{AlertTarget, alert::Alert, chooser::Chooser, deliverer::deliver_all, told::Told};
use crate::{Board, News, quiet::Quiet};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration, time::Instant};
use tokio::{
    sync::{broadcast::Receiver, broadcast::error::RecvError, mpsc},
    task::{JoinHandle, spawn_blocking},
};
use tokio_util::sync::CancellationToken;

/// Time between two looks at what stands and at the files that silence.
const EVERY: Duration = Duration::from_secs(1);
/// Alerts that may wait for the task of a target.
const WAITING: usize = 256;
/// Longest wait for everything to end.
const STOP_LIMIT: Duration = Duration::from_millis(500);

/// Where alerts go, and what is kept of them.
#[derive(Debug, Clone)]
pub struct AlertSettings {
    /// The targets.
    pub targets: Vec<AlertTarget>,
    /// Directory in which it is noted what was told.
    pub directory: PathBuf,
    /// What holds alerts back.
    pub quiet: Quiet,
}

/// Alerts that are being given.
pub struct Alerts {
    cancel: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Alerts {
    /// Begins to tell; `complain` hears what does not get through.
    ///
    /// It also notes on the board whether alerts are held back.
    pub fn start(
        settings: AlertSettings,
        board: &Board,
        complain: impl Fn(String) + Send + Sync + 'static,
    ) -> Self {
        let cancel = CancellationToken::new();
        let complain = Arc::new(complain);
        let (mut tasks, mut inboxes) = (vec![], vec![]);
        for target in settings.targets {
            let (sender, inbox) = mpsc::channel(WAITING);
            let complain = complain.clone();
            let work = deliver_all(target, inbox, move |text| complain(text), cancel.clone());
            tasks.push(tokio::spawn(work));
            inboxes.push(sender);
        }
        let teller = Teller {
            told: Told::in_directory(&settings.directory),
            quiet: settings.quiet,
            chooser: Chooser::default(),
            inboxes,
            noted: vec![],
            noting: None,
        };
        // From here on nothing is missed.
        tasks.push(tokio::spawn(teller.run(
            board.clone(),
            board.subscribe(),
            cancel.clone(),
        )));
        Self { cancel, tasks }
    }

    /// Ends them, in half a second.
    pub async fn stop(self) {
        self.cancel.cancel();
        let ends = async {
            for task in self.tasks {
                let _ = task.await;
            }
        };
        let _ = tokio::time::timeout(STOP_LIMIT, ends).await;
    }
}

struct Teller {
    told: Told,
    quiet: Quiet,
    chooser: Chooser,
    inboxes: Vec<mpsc::Sender<Alert>>,
    noted: Vec<u8>,
    noting: Option<JoinHandle<std::io::Result<()>>>,
}

impl Teller {
    async fn run(mut self, board: Board, mut news: Receiver<News>, cancel: CancellationToken) {
        let told = self.told.clone();
        let told = spawn_blocking(move || told.read()).await.unwrap_or_default();
        self.chooser = Chooser::with_told(told);
        let mut ticks = tokio::time::interval(EVERY);
        let mut held = self.quiet.holds().await;
        // Nobody is told, so nothing was told: whoever is named later hears what stands then.
        let deaf = self.inboxes.is_empty();
        loop {
            tokio::select! {
                heard = news.recv() => match heard {
                    Ok(News::Event(event)) => {
                        let alert = self.chooser.take(&event, held || deaf, Instant::now());
                        self.send(alert);
                    }
                    // What was missed is found at the next tick.
                    Ok(News::Report(_)) | Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => break,
                },
                _ = ticks.tick() => {
                    held = self.quiet.holds().await;
                    board.set_silenced(held);
                    if !held && !deaf {
                        self.catch_up(&board);
                    }
                }
                () = cancel.cancelled() => break,
            }
            self.note().await;
        }
        if let Some(noting) = self.noting.take() {
            let _ = noting.await;
        }
    }

    fn catch_up(&mut self, board: &Board) {
        let reports = board.reports();
        if let Some(watched) = board.watched() {
            self.chooser.keep_only(&BTreeSet::from_iter(watched));
        }
        for report in reports {
            let alerts = self.chooser.catch_up(&report, Instant::now());
            self.send(alerts);
        }
    }

    fn send(&self, alerts: impl IntoIterator<Item = Alert>) {
        for alert in alerts {
            for inbox in &self.inboxes {
                // Its task takes in whatever comes, so that it is full only if that task is gone.
                let _ = inbox.try_send(alert.clone());
            }
        }
    }

    /// Notes what was told, where that has changed; one write at a time, and none that anybody waits for.
    async fn note(&mut self) {
        if self.noting.as_ref().is_some_and(|noting| !noting.is_finished()) {
            return;
        }
        let bytes = Told::bytes(&self.chooser);
        if bytes == self.noted {
            return;
        }
        self.noted.clone_from(&bytes);
        let told = self.told.clone();
        self.noting = Some(spawn_blocking(move || told.write(&bytes)));
    }
}
