//! The lock that keeps two runs apart (safety rule 9).

use crate::{Both, Finding, FindingCode, SetupError, Side};
use dbha_sql::{Endpoint, RUN_LOCK, Session, SessionProfile, SqlError, printable};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a run waits for the lock: the one before may have ended a moment ago.
const PATIENCE_SECONDS: u32 = 2;

/// After how much silence a server closes the connection that holds the lock (safety rule 8).
const SILENCE_SECONDS: u32 = 10;

/// The lock on both servers, held by connections of its own; it goes with them, however the run ends.
///
/// Each connection says in the server's process list who holds the lock and since when, over and over: a server that
/// hears nothing from it for ten seconds closes it, so that a machine that vanished keeps nobody out (safety rule 8).
pub(crate) struct RunLock {
    endpoints: Both<Endpoint>,
    purpose: String,
    stop: CancellationToken,
    held: Both<JoinHandle<()>>,
}

impl RunLock {
    /// Takes the lock on both servers, or says who holds it; `purpose` is what others are told.
    pub(crate) async fn take(endpoints: &Both<Endpoint>, purpose: &str) -> Result<Self, SetupError> {
        let stop = CancellationToken::new();
        // Dropped on every early way out, so that the first server is free again when the second is not.
        let stop_guard = stop.clone().drop_guard();
        let held = Both {
            primary: take_on(endpoints, Side::Primary, purpose, &stop).await?,
            secondary: take_on(endpoints, Side::Secondary, purpose, &stop).await?,
        };
        stop_guard.disarm();
        Ok(Self {
            endpoints: endpoints.clone(),
            purpose: purpose.to_owned(),
            stop,
            held,
        })
    }

    /// Takes the lock again where its connection was lost; tells whether that was so.
    ///
    /// Another run may have come and gone in between: look at the servers again before going on.
    pub(crate) async fn hold_on(&mut self) -> Result<bool, SetupError> {
        let mut lost = false;
        for side in Side::BOTH {
            if self.held.of(side).is_finished() {
                lost = true;
                *self.held.of_mut(side) = take_on(&self.endpoints, side, &self.purpose, &self.stop).await?;
            }
        }
        Ok(lost)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The lock on the one server of a dump or a load.
pub(crate) struct LoneLock {
    stop: CancellationToken,
}

impl LoneLock {
    /// Takes the lock, or says who holds it; `purpose` is what others are told.
    pub(crate) async fn take(endpoint: &Endpoint, purpose: &str) -> Result<Self, SetupError> {
        let alone = Both {
            primary: endpoint.clone(),
            secondary: endpoint.clone(),
        };
        let stop = CancellationToken::new();
        take_on(&alone, Side::Primary, purpose, &stop).await?;
        Ok(Self { stop })
    }
}

impl Drop for LoneLock {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Takes the lock on one server and keeps it until `stop`, or until its connection is lost.
async fn take_on(
    endpoints: &Both<Endpoint>,
    side: Side,
    purpose: &str,
    stop: &CancellationToken,
) -> Result<JoinHandle<()>, SetupError> {
    let endpoint = endpoints.of(side);
    let mut session = Session::connect(endpoint, SessionProfile::Control)
        .await
        .map_err(SetupError::Connect)?;
    let since = take_in(&mut session).await.map_err(SetupError::Observe)?;
    let Some(since) = since else {
        return Err(elsewhere(&mut session, side).await);
    };
    let note = format!("{purpose}, {}, since {since} UTC", this_process());
    Ok(tokio::spawn(hold(session, note, stop.clone())))
}

async fn hold(mut session: Session, note: String, stop: CancellationToken) {
    let hold = session.dialect().stay_visible(&note);
    while !stop.is_cancelled() {
        if let Err(error) = session.query(&hold).await {
            tracing::warn!(server = session.name(), %error, "the connection that holds the lock was lost");
            return;
        }
    }
    session.close().await;
}

async fn elsewhere(session: &mut Session, side: Side) -> SetupError {
    let holder = holder(session).await.unwrap_or_else(|| "somebody".into());
    SetupError::Blocked(vec![Finding::new(
        FindingCode::RunElsewhere,
        Some(side),
        format!("another dbha works on {}: {holder}", session.name()),
        "wait until it is done; if it is dead, its connection and the lock end by themselves within seconds",
    )])
}

/// Returns the moment at which the lock was taken, by the server's clock; `None` where somebody else has it.
async fn take_in(session: &mut Session) -> Result<Option<String>, SqlError> {
    let dialect = session.dialect();
    session.execute(&dialect.end_when_silent(SILENCE_SECONDS)).await?;
    let take = dialect.take_named_lock(RUN_LOCK, PATIENCE_SECONDS);
    match session.query_value(&take).await?.as_deref() {
        Some("1") => session.query_value(&dialect.read_utc_now()).await,
        _ => Ok(None),
    }
}

/// Says who holds the lock, in the holder's own words where it is another dbha.
async fn holder(session: &mut Session) -> Option<String> {
    let dialect = session.dialect();
    let id = session
        .query_value(&dialect.read_lock_holder(RUN_LOCK))
        .await
        .ok()??;
    let id: u64 = id.parse().ok()?;
    let mut told = format!("connection {id}");
    // Between two of its statements a holder shows nothing: look some times.
    for _ in 0..5 {
        let row = session.query_first(&dialect.read_process(id)).await.ok()??;
        let text = |name: &str| printable(row.get(name).unwrap_or("?"));
        told = format!("connection {id} of {} from {}", text("user"), text("host"));
        if let Some(note) = row.get("info").and_then(|info| dialect.visible_note(info)) {
            return Some(format!("{}; {told}", printable(&note)));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Some(told)
}

/// Names this process so that somebody finds it.
fn this_process() -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match machine.trim() {
        "" => format!("process {}", std::process::id()),
        machine => format!("process {} on {machine}", std::process::id()),
    }
}
