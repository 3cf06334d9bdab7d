use crate::{CopyError, statements};
use dbha_sql::{DataSession, Endpoint, Session, SessionProfile};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Which of the two servers of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Where the data comes from.
    Source,
    /// Where it goes to.
    Target,
}

/// Opens every session of a copy, and ends all of them on the servers when the copy is given up.
///
/// Dropping a connection is not enough: the server goes on with an ALTER, and the client would first read the
/// rest of a table. So each session holds a named lock, and whoever holds one is ended.
#[derive(Clone)]
pub(crate) struct Sessions {
    source: Endpoint,
    target: Endpoint,
    /// The servers on which there are sessions at all.
    sides: &'static [Side],
    slots: Arc<[AtomicUsize; 2]>,
    opened_local_loading: Arc<AtomicBool>,
}

/// Longest wait for one server while its sessions are ended.
const ENDING: Duration = Duration::from_millis(900);

impl Sessions {
    pub(crate) fn new(source: &Endpoint, target: &Endpoint) -> Self {
        Self::on(source, target, &[Side::Source, Side::Target])
    }

    /// Makes the sessions of a copy that has one server, and files in the place of the other.
    pub(crate) fn alone(side: Side, server: &Endpoint) -> Self {
        match side {
            Side::Source => Self::on(server, server, &[Side::Source]),
            Side::Target => Self::on(server, server, &[Side::Target]),
        }
    }

    fn on(source: &Endpoint, target: &Endpoint, sides: &'static [Side]) -> Self {
        Self {
            source: source.clone(),
            target: target.clone(),
            sides,
            slots: Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]),
            opened_local_loading: Arc::default(),
        }
    }

    /// Remembers that the target's `local_infile` may have been switched on for this copy.
    pub(crate) fn local_loading_was_opened(&self) {
        self.opened_local_loading.store(true, Ordering::Relaxed);
    }

    /// Tells whether the target's `local_infile` may have been switched on for this copy.
    pub(crate) fn may_have_opened_local_loading(&self) -> bool {
        self.opened_local_loading.load(Ordering::Relaxed)
    }

    fn endpoint(&self, side: Side) -> &Endpoint {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    /// Opens a session that can be found again by its named lock.
    pub(crate) async fn open(&self, side: Side, profile: SessionProfile) -> Result<Session, CopyError> {
        let endpoint = self.endpoint(side);
        let slot = self.slot(side);
        let connecting = || CopyError::doing(format!("connecting to {}", endpoint.name));
        let mut session = Session::connect(endpoint, profile).await.map_err(connecting())?;
        let dialect = session.dialect();
        session
            .query_value(&statements::sessions::mark(slot))
            .await
            .map_err(connecting())?;
        session
            .execute(&statements::inventory::fresh_figures(dialect))
            .await
            .map_err(connecting())?;
        if profile == SessionProfile::Loader {
            session
                .execute(&statements::sessions::load_exactly(dialect))
                .await
                .map_err(connecting())?;
        }
        Ok(session)
    }

    /// Opens a session on which rows travel, to the server of another session of the same copy.
    pub(crate) async fn open_data(
        &self,
        beside: &Session,
        profile: SessionProfile,
    ) -> Result<DataSession, CopyError> {
        let connecting = || CopyError::doing(format!("connecting to {}", beside.name()));
        let mut session = DataSession::connect(beside, profile)
            .await
            .map_err(connecting())?;
        let slot = self.slot(match beside.endpoint().address == self.target.address {
            true => Side::Target,
            false => Side::Source,
        });
        let dialect = session.dialect();
        session
            .query_value(&statements::sessions::mark(slot))
            .await
            .map_err(connecting())?;
        if profile == SessionProfile::Loader {
            for prepare in [
                statements::sessions::load_exactly(dialect),
                statements::sessions::lock_rows_only(),
            ] {
                session.execute(&prepare).await.map_err(connecting())?;
            }
        }
        Ok(session)
    }

    /// Returns a number that no other session of this copy has on that server.
    fn slot(&self, side: Side) -> usize {
        self.slots[side as usize].fetch_add(1, Ordering::Relaxed) % statements::sessions::MOST_SESSIONS
    }

    /// Ends every session that this copy, or one that was killed before it, has on either server.
    pub(crate) async fn end_all(&self) {
        let end = async |side: Side| {
            if self.sides.contains(&side) {
                end_marked(self.endpoint(side)).await;
            }
        };
        tokio::join!(end(Side::Source), end(Side::Target));
    }

    /// Ends every session and waits until the servers have really let go of what they did.
    pub(crate) async fn end_all_for_good(&self, limit: Duration) -> Result<(), CopyError> {
        let end = Instant::now() + limit;
        for side in self.sides {
            let endpoint = self.endpoint(*side);
            let doing = || {
                CopyError::doing(format!(
                    "waiting for the end of an earlier run on {}",
                    endpoint.name
                ))
            };
            let mut session = Session::connect(endpoint, SessionProfile::Control)
                .await
                .map_err(doing())?;
            loop {
                end_marked(endpoint).await;
                let left = session
                    .query(&statements::sessions::marked_sessions())
                    .await
                    .map_err(doing())?;
                if left.is_empty() {
                    break;
                }
                if Instant::now() > end {
                    return Err(CopyError::StillRunning {
                        server: endpoint.name.clone(),
                    });
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            session.close().await;
        }
        Ok(())
    }

    /// Makes a guard that ends everything when it is dropped before [`Guard::disarm`].
    pub(crate) fn guard(&self) -> Guard {
        Guard {
            sessions: Some(self.clone()),
        }
    }
}

/// See [`Sessions::guard`].
pub(crate) struct Guard {
    sessions: Option<Sessions>,
}

impl Guard {
    /// Makes a guard that guards nothing: another one does.
    pub(crate) fn none() -> Self {
        Self { sessions: None }
    }

    /// Everything came to its end: there is nothing to clean.
    pub(crate) fn disarm(mut self) {
        self.sessions = None;
    }

    /// Ends everything and waits until it is done.
    pub(crate) async fn clean(mut self) {
        if let Some(sessions) = self.sessions.take() {
            sessions.end_all().await;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Reached with sessions only when the caller dropped the whole copy.
        if let (Some(sessions), Ok(runtime)) = (self.sessions.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { sessions.end_all().await });
        }
    }
}

async fn end_marked(endpoint: &Endpoint) {
    let work = async {
        let mut session = Session::connect(endpoint, SessionProfile::Monitor).await?;
        for row in session.query(&statements::sessions::marked_sessions()).await? {
            if let Some(id) = row.parse("holder") {
                let kill = session.dialect().kill_connection(id);
                // It may have ended by itself meanwhile.
                let _ = session.execute(&kill).await;
            }
        }
        session.close().await;
        Ok::<(), dbha_sql::SqlError>(())
    };
    if !matches!(tokio::time::timeout(ENDING, work).await, Ok(Ok(()))) {
        tracing::debug!(server = endpoint.name, "sessions of the copy could not be ended");
    }
}
