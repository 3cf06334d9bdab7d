//! The looks themselves, in a task of their own: a server that does not answer must not hold up keys and screen.

use dbha_core::{CancellationToken, Looking, Status};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};

/// What the goodbye to both servers may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// Looks that come in one after the other.
pub struct Looks {
    results: mpsc::Receiver<Status>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Looks {
    /// Begins to look, at once and then at this interval.
    pub fn begin(looking: Looking, every: Duration) -> Self {
        let (sender, results) = mpsc::channel(1);
        let cancel = CancellationToken::new();
        let task = tokio::spawn(look_on(looking, every, sender, cancel.clone()));
        Self {
            results,
            cancel,
            task,
        }
    }

    /// Waits for the next look.
    pub async fn next(&mut self) -> Option<Status> {
        self.results.recv().await
    }

    /// Ends the looks and the connections.
    pub async fn end(self) {
        self.cancel.cancel();
        drop(self.results);
        let _ = timeout(GOODBYE * 2, self.task).await;
    }
}

async fn look_on(
    mut looking: Looking,
    every: Duration,
    sender: mpsc::Sender<Status>,
    cancel: CancellationToken,
) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = cancel.cancelled() => break,
        }
        let status = tokio::select! {
            status = looking.look() => status,
            () = cancel.cancelled() => break,
        };
        if sender.send(status).await.is_err() {
            break;
        }
    }
    let _ = timeout(GOODBYE, looking.close()).await;
}
