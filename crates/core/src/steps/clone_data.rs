//! The copy by the CLONE plug-in: the secondary gets the primary's files, restarts, and is made what a copy leaves.

use super::{Run, Step, StepTrouble, clone_proof, clone_restart::Return, copy_tally::CopyTally, follow};
#[cfg(debug_assertions)]
use crate::failpoint::{self, Moment};
use crate::{Side, cloned, partner::source_name};
use dbha_copy::{CloneEnd, CloneOrder, CopyError, CopyProgress, KeptAccounts};
use dbha_sql::{Claim, ClaimState, CloneNote, Server, Session, generate_password};
use std::{sync::Mutex, time::Instant};

/// Makes the clone, unless a run that was cut off made it already, finishes it, and proves it equal.
pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let (note, kept) = match run.facts.secondary.clone_note.known() {
        Some(note) if cloned::is_clone(&run.facts) => (note.clone(), None),
        _ => {
            tidy_both(run).await?;
            let (note, kept) = make(run).await?;
            (note, Some(kept))
        }
    };
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Returned, Step::CopyData.id(), run.cancel).await;
    finish(run, &note, kept.as_ref()).await?;
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Settled, Step::CopyData.id(), run.cancel).await;
    clone_proof::apply(run).await
}

/// Takes back what a clone that was cut off changed on both servers; the next one begins from nothing.
pub(super) async fn tidy_up(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    if let Some(note) = tidy_both(run).await? {
        tidy_donor(run, &note, true).await?;
    }
    Ok(())
}

/// As [`tidy_up`], but leaves the note on the primary, which may be all that tells of the claim.
async fn tidy_both(run: &mut Run<'_>) -> Result<Option<CloneNote>, StepTrouble> {
    let note = run.facts.primary.clone_note.known();
    let came_along = run.facts.secondary.clone_note.known();
    let Some(note) = note.or(came_along).cloned() else {
        return Ok(None);
    };
    let mut recipient = run.unlogged(Side::Secondary).await?;
    dbha_copy::end_cloning(&mut recipient).await?;
    // A note of a clone into another secondary says nothing about this one.
    if run.facts.secondary.server_uuid.as_deref() == Some(note.recipient.as_str()) {
        dbha_copy::tidy_recipient(&mut recipient, &note, came_along.is_some()).await?;
    }
    if came_along.is_some() {
        let forget = recipient.dialect().remove_clone_note();
        recipient.execute(&forget).await?;
    }
    recipient.close().await;
    tidy_donor(run, &note, false).await?;
    Ok(Some(note))
}

/// Puts the primary back; the note goes last, since it says that there is something to put back.
async fn tidy_donor(run: &Run<'_>, note: &CloneNote, forget: bool) -> Result<(), StepTrouble> {
    let mut donor = run.unlogged(Side::Primary).await?;
    dbha_copy::tidy_donor(&mut donor, note).await?;
    if forget {
        donor.execute(&donor.dialect().remove_clone_note()).await?;
    }
    donor.close().await;
    Ok(())
}

/// Fills the secondary; returns once it answers as a clone.
async fn make(run: &mut Run<'_>) -> Result<(CloneNote, KeptAccounts), StepTrouble> {
    let mut recipient = run.unlogged(Side::Secondary).await?;
    claim(run, &mut recipient).await?;
    if follow::exists(&run.view(), Side::Primary) {
        let dialect = run.servers.secondary.dialect();
        let forget = [dialect.stop_link(), dialect.forget_link()];
        run.servers.secondary.execute_all(&forget).await?;
    }
    let kept = KeptAccounts::read(&mut recipient).await?;
    let open = super::open_for_dbha(&run.facts.primary);
    run.servers.primary.execute_all(&open).await?;
    let mut donor = run.unlogged(Side::Primary).await?;
    let note = CloneNote {
        run: run.id.clone(),
        donor: source_name(&run.facts.primary),
        recipient: run.facts.secondary.server_uuid.clone().unwrap_or_default(),
        ..CloneNote::default()
    };
    let note = dbha_copy::note_what_is_there(&mut donor, &mut recipient, note).await?;
    donor.execute(&donor.dialect().write_clone_note(&note)).await?;
    let back = Return::prepare(run).await?;
    let sessions = (&mut donor, &mut recipient);
    let ended = clone(run, &note, sessions).await;
    drop(recipient);
    match ended {
        Ok(end) => come_back(run, &note, donor, (back, end)).await?,
        Err(error) => return Err(give_up(run, &note, back, error).await),
    }
    Ok((note, kept))
}

/// Waits for the secondary, whose files have come over.
async fn come_back(
    run: &mut Run<'_>,
    note: &CloneNote,
    mut donor: Session,
    (back, end): (Return, CloneEnd),
) -> Result<(), StepTrouble> {
    if end != CloneEnd::Unknown {
        // Needed no more, however long the secondary takes to come back.
        dbha_copy::tidy_donor(&mut donor, note).await?;
    }
    donor.close().await;
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Cloned, Step::CopyData.id(), run.cancel).await;
    back.wait(run, end).await
}

/// Puts everything back after a clone that failed; what happened is what has to be told.
async fn give_up(run: &mut Run<'_>, note: &CloneNote, back: Return, error: CopyError) -> StepTrouble {
    back.give_up().await;
    // What stays behind is found by the next run.
    if let Err(more) = after_failure(run, note).await {
        tracing::debug!(error = %more.text, "tidying after a failed clone");
    }
    StepTrouble::from(error)
}

/// Writes the claim, on a secondary whose schema for it may have gone with the rest; tells whether it could.
///
/// A clone that was cut off leaves the directories of the primary's schemas, and as long as they are there no schema of
/// that name can be created. Then the note on the primary stands for the claim.
async fn claim(run: &Run<'_>, session: &mut Session) -> Result<bool, StepTrouble> {
    const DIRECTORY_IS_THERE: u16 = 3678;
    let dialect = session.dialect();
    match session.execute_all(&dialect.ensure_dbha_schema()).await {
        Err(error) if error.code() == Some(DIRECTORY_IS_THERE) => return Ok(false),
        done => done?,
    }
    let claim = Claim {
        run: run.id.clone(),
        source: source_name(&run.facts.primary),
        state: ClaimState::Copying,
        position: None,
    };
    session.execute(&dialect.write_claim(&claim)).await?;
    Ok(true)
}

async fn clone(
    run: &Run<'_>,
    note: &CloneNote,
    (donor, recipient): (&mut Session, &mut Session),
) -> Result<CloneEnd, CopyError> {
    let password = generate_password().map_err(|_| CopyError::NoRandom)?;
    let link = run.topology.link_from(Side::Primary);
    let accounts = run.facts.primary.replication_accounts.known();
    let order = CloneOrder {
        host: link.host.clone(),
        port: link.port,
        // Where replication comes from, the clone comes from.
        seen_as: accounts
            .into_iter()
            .flatten()
            .map(|one| one.host.clone())
            .collect(),
    };
    dbha_copy::prepare_donor(donor, &order, &password).await?;
    dbha_copy::prepare_recipient(recipient, &order, note).await?;
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Prepared, Step::CopyData.id(), run.cancel).await;
    let endpoints = (run.servers.primary.endpoint(), run.servers.secondary.endpoint());
    let (tally, began) = (Mutex::new(CopyTally::default()), Instant::now());
    let progress = |progress: CopyProgress| {
        if let Ok(mut tally) = tally.lock() {
            run.copying(tally.take(progress, began.elapsed()).clone());
        }
    };
    dbha_copy::run_clone(endpoints, &order, &password, &progress, run.cancel).await
}

/// Puts both servers back; the secondary's data is gone if the clone had come to that, and the claim with it.
async fn after_failure(run: &mut Run<'_>, note: &CloneNote) -> Result<(), StepTrouble> {
    let mut recipient = run.unlogged(Side::Secondary).await?;
    dbha_copy::end_cloning(&mut recipient).await?;
    dbha_copy::tidy_recipient(&mut recipient, note, false).await?;
    let claimed = claim(run, &mut recipient).await?;
    recipient.close().await;
    tidy_donor(run, note, claimed).await
}

/// Makes of the clone what a copy leaves, and puts both servers back.
///
/// The note on the secondary stays until its data is proven: up to then it says what this server is.
async fn finish(run: &mut Run<'_>, note: &CloneNote, kept: Option<&KeptAccounts>) -> Result<(), StepTrouble> {
    let endpoint = run.servers.secondary.endpoint().clone();
    for remark in dbha_copy::settle_clone(&endpoint, kept).await? {
        run.detail(Step::CopyData, remark);
    }
    log_in_as_given(run, kept.is_some()).await?;
    check_identity(run).await?;
    let mut recipient = run.unlogged(Side::Secondary).await?;
    claim(run, &mut recipient).await?;
    dbha_copy::tidy_recipient(&mut recipient, note, true).await?;
    recipient.close().await;
    tidy_donor(run, note, true).await
}

/// Goes on with the login that the caller gave: its account is again what it was, or gets the password back that dbha
/// knows of it, where the primary has one of that name.
async fn log_in_as_given(run: &mut Run<'_>, kept: bool) -> Result<(), StepTrouble> {
    let (given, used) = (run.given.clone(), run.servers.secondary.endpoint().clone());
    let other = (&given.user, &given.password) != (&used.user, &used.password);
    match &given.password {
        _ if kept => {}
        Some(password) if other && given.user == used.user => {
            let mut session = run.unlogged(Side::Secondary).await?;
            session
                .execute(&session.dialect().change_own_password(password))
                .await?;
            session.close().await;
        }
        _ => return Ok(()),
    }
    run.servers.secondary = Server::connect(&given).await?;
    Ok(())
}

/// Scenario 17: what was set by statement alone, or is kept nowhere, is gone with the restart.
async fn check_identity(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    run.observe().await?;
    let (primary, secondary) = (&run.facts.primary, &run.facts.secondary);
    if secondary.server_id == primary.server_id || secondary.server_uuid == primary.server_uuid {
        return Err(StepTrouble::new(
            format!(
                "{} came back from the clone as {} (server_id {}), like the primary",
                secondary.name,
                source_name(secondary),
                secondary.server_id
            ),
            "see that its option file or command line gives it a server_id of its own, then run the same command again",
        ));
    }
    Ok(())
}
