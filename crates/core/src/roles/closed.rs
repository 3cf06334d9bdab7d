//! A server that takes no more writes, from nobody, until it is opened again or the hold is let go.

use super::opened;
use crate::{error::StepFault, wait::Pause};
use dbha_sql::{ClientSession, Facts, MONITOR_USER, Server, Setting, SqlError, Statement};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long read_only and the lock may each wait for statements that run; then those are ended, too.
const LOCK_SECONDS: u32 = 1;
/// How often connections are ended and the lock is tried again: those who come back in between are few.
const ROUNDS: u32 = 5;
/// Pause between two looks at open transactions, which nobody waits for.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// From which age on an open transaction is waited for: shorter ones come and go all the time.
const YOUNG_SECONDS: u64 = 1;

/// The statements that are known beforehand.
pub(super) fn statements(facts: &Facts) -> Vec<Statement> {
    facts.dialect.set_read_only(true)
}

/// Waits until no transaction that has changed rows is older than a second, or the limit has passed; returns how many
/// there are left.
pub(super) async fn wait_for_transactions(
    server: &mut Server,
    limit: Duration,
    cancel: &CancellationToken,
) -> Result<usize, StepFault> {
    let statement = server.dialect().read_open_transactions();
    let until = tokio::time::Instant::now() + limit;
    loop {
        let rows = match server.query(&statement).await {
            Ok(rows) => rows,
            // Whoever may not see them cannot wait for them.
            Err(error) if error.is_denied() => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let old = rows
            .iter()
            .filter(|row| row.parse("seconds").unwrap_or(0) >= YOUNG_SECONDS);
        let old = old.count();
        if old == 0 || tokio::time::Instant::now() >= until {
            return Ok(old);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = cancel.cancelled() => return Err(StepFault::Cancelled),
        }
    }
}

/// Closes the server: read-only, then nobody connected, then (where administrators could still write) every write held.
///
/// Returns how many connections were ended. On an error the server may be closed or not: it is to be opened again.
pub(crate) async fn close(server: &mut Server, cancel: &CancellationToken) -> Result<usize, StepFault> {
    let mut ended = refuse_clients(server, Waiting::Freed, cancel).await?;
    let dialect = server.dialect();
    if !dialect.read_only_holds_administrators() {
        ended += insist(server, &[dialect.hold_writes()], Waiting::Freed, cancel).await?;
    }
    Ok(ended)
}

/// Read-only, then nobody connected; where commits wait for an acknowledgement they are let wait, and this fails.
///
/// Administrators of a server whose read-only does not hold them are not held: nothing is left behind in this session.
pub(crate) async fn close_to_clients(
    server: &mut Server,
    cancel: &CancellationToken,
) -> Result<usize, StepFault> {
    refuse_clients(server, Waiting::Left, cancel).await
}

/// What becomes of commits that wait for an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// They end. Whoever has come back within the moment before is told that its commit is safe.
    Freed,
    /// They wait on: nobody is told anything.
    Left,
}

async fn refuse_clients(
    server: &mut Server,
    waiting: Waiting,
    cancel: &CancellationToken,
) -> Result<usize, StepFault> {
    let dialect = server.dialect();
    server.execute(&dialect.limit_lock_waits(LOCK_SECONDS)).await?;
    let read_only = dialect.set_read_only(true);
    let ended = insist(server, &read_only, waiting, cancel).await?;
    Ok(ended + end_clients(server).await?)
}

/// Sends statements that wait for a lock; where it is not granted in time, whoever may be in the way is disconnected.
async fn insist(
    server: &mut Server,
    statements: &[Statement],
    waiting: Waiting,
    cancel: &CancellationToken,
) -> Result<usize, StepFault> {
    let mut ended = 0;
    for round in 1..=ROUNDS {
        if cancel.is_cancelled() {
            return Err(StepFault::Cancelled);
        }
        match server.execute_all(statements).await {
            Ok(()) => return Ok(ended),
            // Ending them one by one would tell some: on MariaDB one session waits for all commits of its group, and the clients
            // of the others hear OK when it is ended.
            Err(error)
                if waiting == Waiting::Left && error.is_lock_wait() && commits_wait(server).await? =>
            {
                return Err(error.into());
            }
            Err(error) if error.is_lock_wait() && round < ROUNDS => {
                ended += end_clients(server).await?;
                if waiting == Waiting::Freed {
                    free_waiting(server, round).await?;
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(ended)
}

/// Tells whether commits wait for an acknowledgement.
async fn commits_wait(server: &mut Server) -> Result<bool, SqlError> {
    let seen = server.semi_sync().await?;
    Ok(seen.is_some_and(|seen| seen.source_waits && seen.waiting > 0))
}

/// Lets commits end that wait for an acknowledgement although their clients were disconnected, so that nobody is told of
/// them any more; an applier waits like that, too.
async fn free_waiting(server: &mut Server, round: u32) -> Result<(), SqlError> {
    // The end of a connection may be all that was needed.
    if round == 1 && server.dialect().kill_ends_waiting() {
        return Ok(());
    }
    match server.semi_sync().await? {
        Some(seen) if seen.waiting > 0 => server.stop_waiting().await,
        _ => Ok(()),
    }
}

/// Lets the applier of a server that is no writer any more wait for nobody.
pub(crate) async fn wait_no_more(server: &mut Server, facts: &Facts) -> Result<(), SqlError> {
    match facts.has(Setting::SemiSyncSource, "ON") {
        true => {
            let off = server.dialect().change_setting(Setting::SemiSyncSource, "OFF");
            server.execute_all(&off).await
        }
        false => Ok(()),
    }
}

/// Disconnects everybody but replicas, the server's own threads, dbha and its monitor.
async fn end_clients(server: &mut Server) -> Result<usize, SqlError> {
    let sessions = server.client_sessions().await?;
    let mut ended = 0;
    for session in sessions.iter().filter(|session| is_in_the_way(session)) {
        ended += usize::from(server.end_connection(session.id).await?);
    }
    Ok(ended)
}

fn is_in_the_way(session: &ClientSession) -> bool {
    session.user != MONITOR_USER
}

/// Opens a server again whose closing, or what came after it, failed; tries until the limit, over a new connection where
/// the old one is lost.
pub(super) async fn open_again(server: &mut Server, facts: &Facts, limit: Duration) -> Result<(), StepFault> {
    let mut pause = Pause::within(limit);
    // Whatever the caller wants by now: a server that nobody can write to helps nobody.
    let never = CancellationToken::new();
    loop {
        match open_once(server, facts).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                tracing::warn!(server = server.name(), %error, "cannot be opened again yet");
                if pause.wait(&never).await.is_err() {
                    return Err(error.into());
                }
            }
        }
    }
}

async fn open_once(server: &mut Server, facts: &Facts) -> Result<(), SqlError> {
    if server.session.is_lost() {
        server.session.reconnect().await?;
    }
    let dialect = server.dialect();
    server.execute(&dialect.let_writes_go()).await?;
    if facts.has(Setting::SemiSyncSource, "ON") {
        server.wait_again().await?;
    }
    server.execute_all(&opened::door(facts)).await
}

/// Lets go of the lock by which even administrators were held; read_only stays.
pub(crate) async fn let_go(server: &mut Server) -> Result<(), SqlError> {
    server.execute(&server.dialect().let_writes_go()).await.map(drop)
}
