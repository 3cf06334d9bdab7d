//! Brings alerts to one target, in their order, until they got through or are too old.

use super::{AlertError, AlertTarget, alert::Alert, queue::Queue};
use std::{future::Future, pin::Pin, time::Duration, time::Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Longest wait at the end for an alert that is on its way.
const LAST: Duration = Duration::from_millis(300);

type Attempt = Pin<Box<dyn Future<Output = Result<(), AlertError>> + Send>>;

/// Delivers what comes in until it is cancelled; `complain` hears when a target begins to fail and when it is well again.
pub(super) async fn deliver_all(
    target: AlertTarget,
    mut inbox: mpsc::Receiver<Alert>,
    complain: impl Fn(String) + Send,
    cancel: CancellationToken,
) {
    let mut queue = Queue::default();
    let mut attempt: Option<Attempt> = None;
    loop {
        if attempt.is_none()
            && let Some(alert) = queue.next(Instant::now())
        {
            attempt = Some(begin(&target, alert));
        }
        let rest = async {
            match queue.due() {
                Some(Some(until)) => tokio::time::sleep_until(until.into()).await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            alert = inbox.recv() => match alert {
                Some(alert) => queue.push(alert, Instant::now()),
                None => break,
            },
            outcome = ended(&mut attempt) => {
                attempt = None;
                note(&mut queue, &target, outcome, &complain);
            }
            () = rest => {}
            () = cancel.cancelled() => break,
        }
    }
    if attempt.is_some() {
        let _ = tokio::time::timeout(LAST, ended(&mut attempt)).await;
    }
}

fn begin(target: &AlertTarget, alert: Alert) -> Attempt {
    let target = target.clone();
    Box::pin(async move { target.deliver(&alert).await })
}

async fn ended(attempt: &mut Option<Attempt>) -> Result<(), AlertError> {
    match attempt {
        Some(attempt) => attempt.await,
        None => std::future::pending().await,
    }
}

fn note(
    queue: &mut Queue,
    target: &AlertTarget,
    outcome: Result<(), AlertError>,
    complain: &impl Fn(String),
) {
    let name = target.name();
    match outcome {
        Ok(()) => {
            if queue.delivered() {
                complain(format!("alerts get through to {name} again"));
            }
        }
        Err(error) => {
            if queue.failed(Instant::now()) {
                let error = dbha_core::error_chain(&error);
                complain(format!(
                    "an alert does not get through to {name}: {error}; it is tried again"
                ));
            }
        }
    }
}
