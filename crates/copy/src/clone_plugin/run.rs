use super::{CloneEnd, CloneOrder};
use crate::{
    CopyError, CopyPhase, CopyProgress,
    sessions::{Sessions, Side},
    statements,
};
use dbha_sql::{Endpoint, Secret, Session, SessionProfile, SqlError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Time between two looks at how far it has come.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a clone that was ended may take to let go.
const END_LIMIT: Duration = Duration::from_secs(30);
/// Time between two looks whether it has.
const END_PAUSE: Duration = Duration::from_millis(50);

/// The server shut itself down, because it saw no supervisor that would start it again.
const NOT_SUPERVISED: u16 = 3707;

/// Replaces everything on the target by what the source has; both must have been prepared for it.
///
/// Where it ends well the target is restarting, or has ended. Cancelled or failed, the clone is ended there, and what
/// the target had is gone all the same if it had come to that.
pub async fn run_clone(
    (source, target): (&Endpoint, &Endpoint),
    order: &CloneOrder,
    password: &Secret,
    progress: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<CloneEnd, CopyError> {
    let sessions = Sessions::new(source, target);
    let guard = sessions.guard();
    progress(CopyProgress::Phase {
        phase: CopyPhase::Clone,
    });
    let ended = clone(&sessions, order, password, progress, cancel).await;
    match &ended {
        Ok(_) => guard.disarm(),
        Err(_) => guard.clean().await,
    }
    ended
}

async fn clone(
    sessions: &Sessions,
    order: &CloneOrder,
    password: &Secret,
    progress: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<CloneEnd, CopyError> {
    let mut session = sessions.open(Side::Target, SessionProfile::Loader).await?;
    session
        .execute(&statements::clone::never_slow())
        .await
        .map_err(CopyError::doing("preparing the session that clones"))?;
    let mut looker = Some(sessions.open(Side::Target, SessionProfile::Monitor).await?);
    let statement = statements::clone::clone_from(&order.host, order.port, password);
    let cloning = session.execute(&statement);
    tokio::pin!(cloning);
    let mut clock = tokio::time::interval(LOOK_EVERY);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            ended = &mut cloning => return end_of(ended),
            _ = clock.tick() => look(&mut looker, progress).await,
            () = cancel.cancelled() => return Err(CopyError::Cancelled),
        }
    }
}

fn end_of(ended: Result<u64, SqlError>) -> Result<CloneEnd, CopyError> {
    match ended {
        Ok(_) => Ok(CloneEnd::Restarts),
        Err(error) if error.code() == Some(NOT_SUPERVISED) => Ok(CloneEnd::Ended),
        Err(error) if error.outcome_unknown() => Ok(CloneEnd::Unknown),
        Err(error) => Err(CopyError::doing("cloning the primary")(error)),
    }
}

/// Tells how many bytes have come; a look that fails is the last one, and nothing else.
async fn look(looker: &mut Option<Session>, progress: &(dyn Fn(CopyProgress) + Send + Sync)) {
    let Some(session) = looker else { return };
    let Ok(rows) = session.query(&statements::clone::progress()).await else {
        *looker = None;
        return;
    };
    let sum = |name: &str| rows.iter().filter_map(|row| row.parse::<u64>(name)).sum();
    progress(CopyProgress::Cloned {
        bytes: sum("data"),
        of: sum("estimate"),
    });
}

/// Ends a clone that goes on in the server although the run that began it is gone; waits until it has let go.
pub async fn end_cloning(target: &mut Session) -> Result<(), CopyError> {
    let doing = || CopyError::doing("ending the clone of a run that was cut off");
    let asked = target.dialect().read_clone_status();
    let until = tokio::time::Instant::now() + END_LIMIT;
    loop {
        let row = target.query_first(&asked).await.map_err(doing())?;
        let running = row.filter(|row| row.get("state") == Some("In Progress"));
        let Some(connection) = running.and_then(|row| row.parse("pid")) else {
            return Ok(());
        };
        let end = statements::clone::end_statement(connection);
        match target.execute(&end).await {
            // It ended by itself meanwhile.
            Err(error) if error.code() == Some(1094) => {}
            other => drop(other.map_err(doing())?),
        }
        if tokio::time::Instant::now() > until {
            return Err(CopyError::CloneGoesOn);
        }
        tokio::time::sleep(END_PAUSE).await;
    }
}
