use crate::{CopyError, statements};
use dbha_sql::{Session, SqlError, Statement};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Keeps a session alive that holds a lock on the source, and nothing longer than dbha lives.
///
/// The session has a short `wait_timeout`, so that a dbha that vanished never keeps the lock (safety rule 8);
/// a statement every two seconds keeps it from that end. Dropped, it lets the connection and the lock go.
pub(crate) struct LockHolder {
    server: String,
    orders: mpsc::Sender<Order>,
}

type Order = (Statement, oneshot::Sender<Result<(), SqlError>>);

/// Time between two signs of life.
const ALIVE_EVERY: Duration = Duration::from_secs(2);
/// Longest wait for the answer to one.
const ALIVE_WITHIN: Duration = Duration::from_secs(5);

impl LockHolder {
    /// Takes over a session that has been prepared for locks of at most `lock_wait`.
    pub(crate) fn new(session: Session, lock_wait: Duration) -> Self {
        let server = session.name().to_owned();
        let (orders, inbox) = mpsc::channel(1);
        // The server ends the wait by itself; this limit only catches a silent connection.
        tokio::spawn(hold(session, inbox, lock_wait + Duration::from_secs(5)));
        Self { server, orders }
    }

    /// Runs a statement on the session that holds the lock.
    ///
    /// The lock was held without a gap up to here unless the answer is [`CopyError::LockLost`].
    pub(crate) async fn execute(&self, statement: Statement) -> Result<Result<(), SqlError>, CopyError> {
        let lost = || CopyError::LockLost {
            server: self.server.clone(),
        };
        let (answer, answered) = oneshot::channel();
        self.orders.send((statement, answer)).await.map_err(|_| lost())?;
        answered.await.map_err(|_| lost())
    }
}

async fn hold(mut session: Session, mut inbox: mpsc::Receiver<Order>, limit: Duration) {
    let ping = statements::sessions::ping();
    loop {
        match tokio::time::timeout(ALIVE_EVERY, inbox.recv()).await {
            Ok(None) => break,
            Ok(Some((statement, answer))) => {
                let result = session.execute_within(&statement, limit).await.map(|_| ());
                let _ = answer.send(result);
            }
            Err(_) => {
                if session.execute_within(&ping, ALIVE_WITHIN).await.is_err() {
                    break;
                }
            }
        }
        if session.is_lost() {
            break;
        }
    }
    session.close().await;
}
