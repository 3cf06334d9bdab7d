//! `local_infile` of the target: ON for the time of a copy where it is OFF, and noted there before that.
//!
//! The note is a row beside the claim. Whoever ends the copy puts the setting back and removes the note; after a killed
//! run that is the next copy, `undo`, or whoever gives the claim back.

use crate::{
    CopyError,
    sessions::{Sessions, Side},
};
use dbha_sql::{Session, SessionProfile, SqlError, Statement};
use std::time::Duration;

/// Longest wait for the server when the setting is put back.
const CLOSED_WITHIN: Duration = Duration::from_millis(900);

/// Lets the target ask for rows, if that may be; [`close_after`] takes it back.
///
/// Rows go by prepared statements where the account may not. The session must have its binary log off.
pub(crate) async fn open_local_loading(sessions: &Sessions, session: &mut Session) -> Result<(), CopyError> {
    let dialect = session.dialect();
    if !dialect.loads_local_data() {
        return Ok(());
    }
    let doing = || CopyError::doing("looking whether the target takes rows by LOAD DATA LOCAL");
    // Noted by a run that was cut off: this one takes it back.
    if is_noted(session).await.map_err(doing())? {
        sessions.local_loading_was_opened();
    }
    let open = session.query_value(&dialect.read_local_loading()).await;
    if open.map_err(doing())?.as_deref() == Some("1") {
        return Ok(());
    }
    sessions.local_loading_was_opened();
    let mut switch = dialect.note_local_loading();
    switch.push(dialect.open_local_loading());
    if !are_done(session, &switch).await.map_err(doing())? {
        tracing::debug!(server = session.name(), "local_infile is OFF and may not be set");
        let forget = [dialect.forget_local_loading_note()];
        are_done(session, &forget).await.map_err(doing())?;
    }
    Ok(())
}

/// Runs statements up to the first one that the server refuses; false where there is one.
async fn are_done(session: &mut Session, statements: &[Statement]) -> Result<bool, SqlError> {
    match session.execute_all(statements).await {
        Ok(()) => Ok(true),
        Err(error) if error.code().is_some() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Puts `local_infile` back on a target where a copy has switched it on; does nothing elsewhere.
///
/// To be called before the claim is given back, in a session without a binary log.
pub async fn close_local_loading(target: &mut Session) -> Result<(), CopyError> {
    let closed = close_if_noted(target).await;
    closed.map_err(CopyError::doing("putting local_infile back"))
}

/// Puts it back at the end of a copy, whatever end that was; what fails is left to the next run.
pub(crate) async fn close_after(sessions: &Sessions) {
    if !sessions.may_have_opened_local_loading() {
        return;
    }
    let work = async {
        let mut session = sessions.open(Side::Target, SessionProfile::Loader).await?;
        close_local_loading(&mut session).await?;
        session.close().await;
        Ok::<(), CopyError>(())
    };
    if !matches!(tokio::time::timeout(CLOSED_WITHIN, work).await, Ok(Ok(()))) {
        tracing::debug!("local_infile could not be put back yet");
    }
}

async fn close_if_noted(session: &mut Session) -> Result<(), SqlError> {
    match session.dialect().loads_local_data() && is_noted(session).await? {
        true => {
            let close = session.dialect().close_local_loading();
            session.execute_all(&close).await
        }
        false => Ok(()),
    }
}

async fn is_noted(session: &mut Session) -> Result<bool, SqlError> {
    match session.query(&session.dialect().read_local_loading_note()).await {
        Ok(rows) => Ok(!rows.is_empty()),
        // Without dbha's schema there is no note.
        Err(error) if error.code().is_some() => Ok(false),
        Err(error) => Err(error),
    }
}
