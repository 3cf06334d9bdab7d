//! The proof of a clone: it follows the primary up to one position, and there both must hold the same.

use super::{Run, Step, StepTrouble, follow};
#[cfg(debug_assertions)]
use crate::failpoint::{self, Moment};
use crate::{CopyCounts, Side, error::StepFault, partner::source_name, wait::Pause};
use dbha_copy::{Compared, Comparison, CopyError, CopyOptions};
use dbha_sql::{Claim, ClaimState, GtidSet, SqlState};

/// Compares, notes the position, and only then forgets that this is a clone.
pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    run.copying(CopyCounts {
        phase: "check".into(),
        ..CopyCounts::default()
    });
    let proven = prove(run).await;
    let dialect = run.servers.secondary.dialect();
    // Whatever came of it: the link was for the proof alone.
    run.servers.secondary.execute(&dialect.stop_link()).await?;
    run.servers.secondary.execute(&dialect.forget_link()).await?;
    let mut session = run.unlogged(Side::Secondary).await?;
    let compared = match proven {
        Ok(compared) => compared,
        Err(trouble) => {
            if matches!(
                trouble.source.as_deref(),
                Some(StepFault::Copy(CopyError::NotEqual(_)))
            ) {
                // Worth nothing: the next run makes another one.
                session.execute(&dialect.remove_clone_note()).await?;
            }
            return Err(trouble);
        }
    };
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Compared, Step::CopyData.id(), run.cancel).await;
    let claim = Claim {
        run: run.id.clone(),
        source: source_name(&run.facts.primary),
        state: ClaimState::Copied,
        position: Some(compared.position.to_string()),
    };
    session.execute(&dialect.write_claim(&claim)).await?;
    session.execute(&dialect.remove_clone_note()).await?;
    session.close().await;
    run.detail(
        Step::CopyData,
        format!(
            "equal at {}: {} tables, {} rows",
            compared.position, compared.tables, compared.rows
        ),
    );
    run.compared = Some(compared);
    Ok(())
}

async fn prove(run: &mut Run<'_>) -> Result<Compared, StepTrouble> {
    let dialect = run.servers.secondary.dialect();
    let password = run.password.clone().ok_or_else(|| {
        StepTrouble::new(
            "the replication accounts got no password in this run",
            "report this as a fault of dbha",
        )
    })?;
    let mut statements = vec![dialect.stop_link(), dialect.forget_all_links()];
    statements.extend(dialect.follow(&follow::target(&run.view(), Side::Primary, password)));
    statements.push(dialect.start_receiver());
    run.servers.secondary.execute_all(&statements).await?;
    let options = CopyOptions {
        workers: run.options.copy_workers,
        lock_wait: run.options.lock_wait,
        ..CopyOptions::default()
    };
    let endpoints = (
        run.servers.primary.endpoint().clone(),
        run.servers.secondary.endpoint().clone(),
    );
    let cancel = run.cancel;
    let cancelled = || StepTrouble::from(StepFault::Cancelled);
    let comparison = tokio::select! {
        begun = Comparison::begin(&endpoints.0, &endpoints.1, &options) => begun?,
        () = cancel.cancelled() => return Err(cancelled()),
    };
    let position = comparison.position().clone();
    come_to(run, &position).await?;
    let compared = tokio::select! {
        compared = comparison.run() => compared?,
        () = cancel.cancelled() => return Err(cancelled()),
    };
    let (now, _) = follow::gtids(run, Side::Secondary).await?;
    match now == position {
        true => Ok(compared),
        false => Err(StepTrouble::new(
            format!(
                "{} was written to while its data was compared",
                run.facts.secondary.name
            ),
            "find out who writes there (an event, an application), then run the same command again",
        )),
    }
}

/// Lets the clone take what the primary wrote since, exactly up to a position.
async fn come_to(run: &mut Run<'_>, position: &GtidSet) -> Result<(), StepTrouble> {
    let dialect = run.servers.secondary.dialect();
    let until = dialect.start_applier_until_it_has(position);
    run.servers.secondary.execute(&until).await?;
    let limit = run.options.catch_up_limit;
    let mut pause = Pause::within(limit);
    let mut last = u64::MAX;
    loop {
        let (now, _) = follow::gtids(run, Side::Secondary).await?;
        let missing = position.count_missing_from(&now);
        let link = follow::link_of(run, Side::Secondary).await?;
        if let Some(trouble) = link.as_ref().and_then(|link| follow::fatal(link, Side::Primary)) {
            return Err(trouble);
        }
        let stands = link.is_some_and(|link| link.sql == SqlState::Stopped);
        if missing == 0 && stands {
            let more = now.minus(position);
            return match more.is_empty() {
                true => Ok(()),
                false => Err(StepTrouble::new(
                    format!(
                        "{} has transactions that the primary has not: {more}",
                        run.facts.secondary.name
                    ),
                    "find out who writes there (an event, an application), then run the same command again",
                )),
            };
        }
        if missing < last {
            last = missing;
            pause.extend(limit);
        }
        if let Err(fault) = pause.wait(run.cancel).await {
            let text = format!("the clone still lacks {missing} transactions and comes no closer");
            return Err(StepTrouble::new(text, super::catch_up::LOOK_FOR_LOCKS).because(fault));
        }
    }
}
