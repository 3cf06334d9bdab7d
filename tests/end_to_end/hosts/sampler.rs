//! Somebody who tries to write on a server all the time, past every network: by its socket, as an ordinary account.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use dbha_testkit::PrivateServer;
use mysql_async::Error;
use tokio::time::{sleep, timeout};

use super::judgement::{Attempt, Outcome};
use crate::session::{Door, Session};

/// The account; each server has it for its own machine.
pub(super) const ACCOUNT: &str = "sampler";
pub(super) const PASSWORD: &str = "Sampler1-password";

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(20);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Samples one server in a thread of its own, until it is ended.
pub(super) struct Sampler {
    go_on: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Attempt>>,
}

impl Sampler {
    /// Begins; what it writes is the row of this name.
    pub(super) fn begin(server: &PrivateServer, name: &'static str) -> Self {
        let go_on = Arc::new(AtomicBool::new(true));
        let (on, door) = (Arc::clone(&go_on), Door::by_socket(server, ACCOUNT, PASSWORD));
        let sample = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(sample(&door, name, &on))
        };
        Self {
            go_on,
            thread: thread::spawn(sample),
        }
    }

    /// Ends; returns every attempt.
    pub(super) fn end(self) -> Vec<Attempt> {
        self.go_on.store(false, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

async fn sample(door: &Door, name: &str, go_on: &AtomicBool) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    let mut session = None;
    while go_on.load(Ordering::Relaxed) {
        let sent = Instant::now();
        let written = timeout(PATIENCE, write(door, &mut session, name)).await;
        attempts.push(Attempt {
            sent,
            answered: Instant::now(),
            outcome: match written {
                Ok(Ok(())) => Outcome::Taken,
                Ok(Err(Error::Server(_) | Error::Io(_))) => Outcome::Refused,
                Ok(Err(_)) | Err(_) => Outcome::Unanswered,
            },
        });
        sleep(PAUSE).await;
    }
    attempts
}

async fn write(door: &Door, session: &mut Option<Session>, name: &str) -> Result<(), Error> {
    let mut open = match session.take() {
        Some(open) => open,
        None => door.enter().await?,
    };
    let touch = format!("UPDATE hosts.samples SET taken = taken + 1 WHERE server = '{name}'");
    let written = open.try_run(&touch).await;
    // A server that says no is asked again by the same session; a session that broke is not used again.
    if matches!(written, Ok(()) | Err(Error::Server(_))) {
        *session = Some(open);
    }
    written
}
