//! A secondary that follows the primary by a link made by hand: its data is proven equal, and its place taken over.

use super::{Check, Run, Step, StepTrouble, View, follow};
use crate::{Side, adoption, error::StepFault, partner::source_name, wait::Pause};
use dbha_copy::{Compared, Comparison, CopyError, CopyOptions};
use dbha_sql::{Claim, ClaimState, IoState, Setting, SqlState};

pub(super) fn check(view: &View<'_>) -> Check {
    let old = |side: Side| adoption::adopted(view.facts, view.options, side).map(|link| (side, link));
    let shown: Vec<String> = Side::BOTH
        .into_iter()
        .filter_map(old)
        .map(|(side, link)| adoption::shown(view.facts, side, link))
        .collect();
    match shown.is_empty() {
        true => Check::Satisfied,
        false => Check::Needed(
            shown
                .into_iter()
                .chain(["compared where it is; nothing is copied".to_owned()])
                .collect(),
        ),
    }
}

/// Proves, notes the position, and only then gives the old links up.
///
/// Up to the note nothing is changed but that the secondary's applier stands still; it goes on if anything fails.
pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let was_writable = run.facts.secondary.has(Setting::ReadOnly, "OFF");
    match prove(run, was_writable).await {
        Ok(compared) => take_over(run, compared).await,
        Err(trouble) => {
            let let_go = let_go_on(run, was_writable).await;
            let_go?;
            Err(trouble)
        }
    }
}

async fn prove(run: &mut Run<'_>, was_writable: bool) -> Result<Compared, StepTrouble> {
    let dialect = run.servers.secondary.dialect();
    if run.facts.secondary.claim.known().is_some() {
        // Written beside the old link, which may have moved on since.
        let mut session = run.unlogged(Side::Secondary).await?;
        dbha_copy::close_local_loading(&mut session).await?;
        session.execute(&dialect.remove_claim()).await?;
        session.close().await;
    }
    run.servers.secondary.execute(&dialect.stop_applier()).await?;
    let options = CopyOptions {
        workers: run.options.copy_workers,
        lock_wait: run.options.lock_wait,
        ..CopyOptions::default()
    };
    let (source, target) = (
        run.servers.primary.endpoint().clone(),
        run.servers.secondary.endpoint().clone(),
    );
    let cancel = run.cancel;
    let cancelled = || StepTrouble::from(StepFault::Cancelled);
    let comparison = tokio::select! {
        begun = Comparison::begin(&source, &target, &options) => begun.map_err(trouble)?,
        () = cancel.cancelled() => return Err(cancelled()),
    };
    let place = comparison
        .coordinates()
        .cloned()
        .ok_or_else(|| StepTrouble::new("the primary has no binary log", "turn log_bin on"))?;
    stop_at(run, &place).await?;
    let before = written(run).await?;
    run.detail(
        Step::AdoptSecondary,
        format!("both stand at {}:{}; comparing", place.0, place.1),
    );
    let compared = tokio::select! {
        compared = comparison.run() => compared.map_err(trouble)?,
        () = cancel.cancelled() => return Err(cancelled()),
    };
    if was_writable {
        let close = dialect.change_setting_until_restart(Setting::ReadOnly, "ON");
        run.servers.secondary.execute_all(&close).await?;
    }
    if written(run).await? != before {
        return Err(StepTrouble::new(
            format!(
                "{} was written to while its data was compared",
                run.facts.secondary.name
            ),
            "stop its writers (or SET GLOBAL read_only = ON there), then run the same command again",
        ));
    }
    Ok(compared)
}

/// Lets the secondary's applier come exactly to where the picture of the primary was taken.
async fn stop_at(run: &mut Run<'_>, place: &(String, u64)) -> Result<(), StepTrouble> {
    let dialect = run.servers.secondary.dialect();
    let receives = |io| io == IoState::Running;
    if !follow::link_of(run, Side::Secondary)
        .await?
        .is_some_and(|link| receives(link.io))
    {
        run.servers.secondary.execute(&dialect.start_receiver()).await?;
    }
    let until = dialect.start_applier_until(&place.0, place.1);
    run.servers.secondary.execute(&until).await?;
    let limit = run.options.catch_up_limit;
    let mut pause = Pause::within(limit);
    let mut last = None;
    loop {
        let Some(link) = follow::link_of(run, Side::Secondary).await? else {
            return Err(StepTrouble::new(
                "the link of the secondary is gone",
                "somebody else changes this server; find out who, then run the same command again",
            ));
        };
        if adoption::stands_at(&link, place) {
            return Ok(());
        }
        if let Some(trouble) = follow::fatal(&link, Side::Primary) {
            return Err(trouble);
        }
        if link.sql == SqlState::Running && link.applied_at.as_ref() == Some(place) {
            // Nothing came after that place, so nothing made the applier stop there.
            run.servers.secondary.execute(&dialect.stop_applier()).await?;
        }
        if link.applied_at != last {
            last = link.applied_at;
            pause.extend(limit);
        }
        if let Err(fault) = pause.wait(run.cancel).await {
            let at = last.map_or("nowhere".to_owned(), |(file, offset)| format!("{file}:{offset}"));
            let text = format!(
                "the applier stands at {at} and does not come to {}:{}",
                place.0, place.1
            );
            return Err(StepTrouble::new(text, super::catch_up::LOOK_FOR_LOCKS).because(fault));
        }
    }
}

/// Returns how far the secondary's own binary log goes: it moves with everything that is written there.
async fn written(run: &mut Run<'_>) -> Result<Option<(String, u64)>, StepTrouble> {
    let server = &mut run.servers.secondary;
    let asked = server.dialect().read_binlog_coordinates();
    let row = server.session.query_first(&asked).await?;
    Ok(row.and_then(|row| Some((row.get("File")?.to_owned(), row.parse("Position")?))))
}

/// Says what to do where a comparison failed; the old replication is left as it was.
fn trouble(error: CopyError) -> StepTrouble {
    let fix = match &error {
        CopyError::NotEqual(_) => Some(
            "the old replication goes on as before; mend what differs (on a pair with two writers: stop those of the \
             secondary first), or build the secondary anew: end that replication, then --overwrite-secondary NAME",
        ),
        CopyError::NoSnapshotOf(_) => Some(
            "change these tables to InnoDB, then run the same command again; or end that replication and let dbha \
             copy: --overwrite-secondary NAME",
        ),
        _ => None,
    };
    let trouble = StepTrouble::from(error);
    match fix {
        Some(fix) => trouble.with_fix(fix),
        None => trouble,
    }
}

/// Puts back what the proof changed: the old replication goes on.
async fn let_go_on(run: &mut Run<'_>, was_writable: bool) -> Result<(), StepTrouble> {
    let dialect = run.servers.secondary.dialect();
    let server = &mut run.servers.secondary;
    if was_writable {
        let open = dialect.change_setting_until_restart(Setting::ReadOnly, "OFF");
        server.execute_all(&open).await?;
    }
    // The rest of an UNTIL would end it again: stopped first, it starts without one.
    server.execute(&dialect.stop_applier()).await?;
    server.execute(&dialect.start_link()).await?;
    Ok(())
}

/// From the note on, the data counts as copied: the following steps are those of a copy.
///
/// Both threads are stopped before it and cannot move the data on. Killed before the secondary's link is forgotten, the
/// next run trusts nothing and compares again: a server that was restarted meanwhile has started that link by itself.
async fn take_over(run: &mut Run<'_>, compared: Compared) -> Result<(), StepTrouble> {
    let dialect = run.servers.secondary.dialect();
    let old = Side::BOTH.map(|side| adoption::old_link(&run.facts, side).cloned());
    run.servers.secondary.execute(&dialect.stop_link()).await?;
    let mut session = run.unlogged(Side::Secondary).await?;
    if run.facts.secondary.has(Setting::SuperReadOnly, "ON") {
        let open = dialect.change_setting_until_restart(Setting::SuperReadOnly, "OFF");
        session.execute_all(&open).await?;
    }
    session.execute_all(&dialect.ensure_dbha_schema()).await?;
    session
        .execute(&dialect.write_claim(&Claim {
            run: run.id.clone(),
            source: source_name(&run.facts.primary),
            state: ClaimState::Copied,
            position: Some(compared.position.to_string()),
        }))
        .await?;
    session.close().await;
    // The secondary's goes last: while it is there, the next run begins anew.
    for (side, link) in Side::BOTH.into_iter().zip(old) {
        let Some(link) = link else { continue };
        run.servers.of_mut(side).execute(&dialect.stop_link()).await?;
        if side == Side::Primary {
            end_reader(run, &link.source_user).await?;
        }
        run.servers.of_mut(side).execute(&dialect.forget_link()).await?;
        run.detail(
            Step::AdoptSecondary,
            format!(
                "the link into the {side} gets dbha's account; {} on the {} is needed no more and stays",
                link.source_user,
                side.peer()
            ),
        );
    }
    run.detail(
        Step::AdoptSecondary,
        format!(
            "equal at {}: {} tables, {} rows",
            compared.position, compared.tables, compared.rows
        ),
    );
    run.compared = Some(compared);
    Ok(())
}

/// Ends the thread that served the primary's old link: the secondary notices its end only when it next writes to it.
async fn end_reader(run: &mut Run<'_>, user: &str) -> Result<(), StepTrouble> {
    const NO_SUCH_THREAD: u16 = 1094;
    run.observe().await?;
    let readers = run.facts.secondary.connected_replicas.known().cloned();
    let dialect = run.servers.secondary.dialect();
    for reader in readers
        .unwrap_or_default()
        .iter()
        .filter(|reader| reader.user == user)
    {
        let kill = dialect.kill_connection(reader.connection);
        match run.servers.secondary.execute(&kill).await {
            Err(error) if error.code() == Some(NO_SUCH_THREAD) => {}
            other => drop(other?),
        }
    }
    Ok(())
}
