use crate::{
    CopyError,
    blocker::blocker,
    sessions::{Sessions, Side},
    snapshot::Snapshot,
    statements,
};
use dbha_sql::{Session, SessionProfile, SqlError, Statement};
use std::time::Duration;

/// Time between two looks.
const EVERY: Duration = Duration::from_secs(3);

/// Watches that the source keeps the binary logs that a target of its snapshot will need.
///
/// Scenario 44: without them the copy is worth nothing, and hours of it would be for nothing.
pub(crate) struct LogsKept {
    sessions: Sessions,
    session: Option<Session>,
    server: String,
    file: String,
    question: Option<Statement>,
}

impl LogsKept {
    /// Makes the watch over one snapshot; its session is opened at the first look.
    pub(crate) fn of(snapshot: &Snapshot, sessions: &Sessions) -> Self {
        let coordinates = snapshot.coordinates.as_ref();
        let dialect = snapshot.present.dialect();
        Self {
            sessions: sessions.clone(),
            session: None,
            server: snapshot.present.name().to_owned(),
            file: coordinates.map(|(file, _)| file.clone()).unwrap_or_default(),
            question: statements::logs_kept::kept_since(dialect, &snapshot.position, coordinates),
        }
    }

    /// Returns only when they are gone.
    pub(crate) async fn watch(&mut self) -> CopyError {
        loop {
            if let Err(gone) = self.check().await {
                return gone;
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Fails when they are gone; a server that does not answer is the affair of those who need its answers.
    pub(crate) async fn check(&mut self) -> Result<(), CopyError> {
        match self.ask().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(CopyError::LogsPurged {
                server: self.server.clone(),
                file: self.file.clone(),
            }),
            Err(error) => {
                tracing::debug!(server = self.server, %error, "the binary logs could not be looked at");
                self.session = None;
                Ok(())
            }
        }
    }

    async fn ask(&mut self) -> Result<bool, CopyError> {
        let Some(question) = &self.question else {
            return Ok(true);
        };
        let session = match &mut self.session {
            Some(session) => session,
            none => none.insert(self.sessions.open(Side::Source, SessionProfile::Monitor).await?),
        };
        let kept: Result<Option<String>, SqlError> = session.query_value(question).await;
        let kept = kept.map_err(CopyError::doing("looking at the binary logs"))?;
        Ok(kept.as_deref() != Some("0"))
    }

    /// Names who keeps a table locked right now.
    pub(crate) async fn blocker(&mut self) -> Option<String> {
        blocker(self.session.as_mut()?).await
    }

    /// Gives the session back.
    pub(crate) async fn close(self) {
        if let Some(session) = self.session {
            session.close().await;
        }
    }
}
