//! Waiting for a server, with a limit and an ear for the caller's wish to stop.

use crate::error::StepFault;
use std::{future::Future, time::Duration};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Pause between two looks; short at first, because most things happen at once.
#[derive(Debug)]
pub(crate) struct Pause {
    next: Duration,
    longest: Duration,
    deadline: Instant,
}

impl Pause {
    pub(crate) fn within(limit: Duration) -> Self {
        Self {
            next: Duration::from_millis(2),
            longest: Duration::from_millis(100),
            deadline: Instant::now() + limit,
        }
    }

    /// Never pauses for longer than this.
    pub(crate) fn no_longer_than(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// Starts the limit anew, because something moved.
    pub(crate) fn extend(&mut self, limit: Duration) {
        self.deadline = Instant::now() + limit;
    }

    /// Waits a little; fails when the limit has passed or the caller wants to stop.
    pub(crate) async fn wait(&mut self, cancel: &CancellationToken) -> Result<(), StepFault> {
        if Instant::now() >= self.deadline {
            return Err(StepFault::TimedOut);
        }
        tokio::select! {
            () = tokio::time::sleep(self.next) => {}
            () = cancel.cancelled() => return Err(StepFault::Cancelled),
        }
        self.next = (self.next * 2).min(self.longest);
        Ok(())
    }
}

/// Runs something that listens to the token by itself, and gives up on it some seconds after the token was cancelled.
pub(crate) async fn or_cancelled<T>(cancel: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    const GRACE: Duration = Duration::from_secs(3);
    tokio::select! {
        done = work => Some(done),
        () = async { cancel.cancelled().await; tokio::time::sleep(GRACE).await } => None,
    }
}
