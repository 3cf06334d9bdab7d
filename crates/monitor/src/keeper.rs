//! Writes the history beside the watching: a disk that hangs must hold nobody up.

use crate::{History, MonitorEvent, News};
use std::{sync::Arc, sync::mpsc::SyncSender, time::Duration};
use tokio::sync::{broadcast, broadcast::error::RecvError, oneshot};
use tokio_util::sync::CancellationToken;

/// Events that may wait for the disk.
const WAITING: usize = 1_024;
/// Longest wait for the last events at the end.
const LAST: Duration = Duration::from_millis(200);

/// Writes every event that a board tells into a history until it is cancelled.
///
/// `complain` hears once that events cannot be written, and once that they can again.
pub async fn keep(
    history: History,
    mut news: broadcast::Receiver<News>,
    complain: impl Fn(String) + Send + 'static,
    cancel: CancellationToken,
) {
    let (sender, written) = writer(history, complain);
    loop {
        let heard = tokio::select! {
            heard = news.recv() => heard,
            () = cancel.cancelled() => break,
        };
        match heard {
            // A queue that is full has a disk that hangs; the watching goes on.
            Ok(News::Event(event)) => drop(sender.try_send(event)),
            Ok(News::Report(_)) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
    drop(sender);
    let _ = tokio::time::timeout(LAST, written).await;
}

/// A thread of its own, since nothing can cancel a write.
fn writer(
    mut history: History,
    complain: impl Fn(String) + Send + 'static,
) -> (SyncSender<Arc<MonitorEvent>>, oneshot::Receiver<()>) {
    let (sender, events) = std::sync::mpsc::sync_channel::<Arc<MonitorEvent>>(WAITING);
    let (done, written) = oneshot::channel();
    std::thread::spawn(move || {
        let mut failing = false;
        for event in events {
            match (history.append(&event), failing) {
                (Err(error), false) => {
                    failing = true;
                    let path = history.newest();
                    complain(format!(
                        "events are not kept: cannot write {}: {error}",
                        path.display()
                    ));
                }
                (Ok(()), true) => {
                    failing = false;
                    complain("events are kept again".into());
                }
                _ => {}
            }
        }
        let _ = done.send(());
    });
    (sender, written)
}
