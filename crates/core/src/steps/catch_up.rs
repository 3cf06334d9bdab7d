use super::{Check, Run, Step, StepTrouble, View, follow};
use crate::{Side, preflight, wait::Pause};
use dbha_sql::GtidSet;
use std::time::Duration;

/// What to do about an applier that comes no closer.
pub(super) const LOOK_FOR_LOCKS: &str =
    "look for a long transaction or a lock there, then run the same command again";

/// Seconds behind that a running link may show without being waited for.
const CLOSE_ENOUGH: Duration = Duration::from_secs(5);

/// The secondary has caught up when its claim is gone and its link is close behind.
pub(super) fn check(view: &View<'_>) -> Check {
    let Some(link) = view.facts.secondary.default_link() else {
        return Check::Needed(vec!["the secondary follows nobody yet".into()]);
    };
    let close = link.lag.is_some_and(|lag| lag <= CLOSE_ENOUGH) || link.delay_seconds > 0;
    match preflight::is_provisioned(view.facts, view.options) && link.is_running() && close {
        true => Check::Satisfied,
        false => {
            let missing = view
                .facts
                .primary
                .executed
                .count_missing_from(&view.facts.secondary.position());
            Check::Needed(vec![match missing {
                0 => "its link is not known to be up to date".to_owned(),
                1 => "1 transaction is missing on the secondary".to_owned(),
                _ => format!("{missing} transactions are missing on the secondary"),
            }])
        }
    }
}

/// Waits for what the primary had when the wait began, and gives the claim back: from here the data is the pair's.
pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let (target, _) = follow::gtids(run, Side::Primary).await?;
    wait_until_has(run, Step::CatchUp, Side::Secondary, &target).await?;
    come_close(run).await?;
    if run.facts.secondary.claim.known().is_some() {
        let mut session = run.unlogged(Side::Secondary).await?;
        dbha_copy::close_local_loading(&mut session).await?;
        dbha_copy::forget_copied_ranges(&mut session).await?;
        session
            .execute(&run.servers.secondary.dialect().remove_claim())
            .await?;
        session.close().await;
    }
    Ok(())
}

/// Waits until the secondary is close behind: a busy primary is ahead again by the time that it has what was there before.
async fn come_close(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let limit = run.options.catch_up_limit;
    let mut pause = Pause::within(limit);
    let mut least = Duration::MAX;
    // Without a link there is nothing to wait for; the look after this step says so.
    while let Some(link) = follow::link_of(run, Side::Secondary).await? {
        if let Some(trouble) = follow::fatal(&link, Side::Primary) {
            return Err(trouble);
        }
        let behind = link.lag.unwrap_or(Duration::MAX);
        if behind <= CLOSE_ENOUGH || link.delay_seconds > 0 {
            return Ok(());
        }
        if behind < least {
            least = behind;
            pause.extend(limit);
        }
        if let Err(fault) = pause.wait(run.cancel).await {
            let text = format!(
                "the secondary is still {} s behind and comes no closer",
                least.as_secs()
            );
            return Err(StepTrouble::new(text, LOOK_FOR_LOCKS).because(fault));
        }
    }
    Ok(())
}

/// Waits until a server has a position, as long as it keeps coming closer.
pub(super) async fn wait_until_has(
    run: &mut Run<'_>,
    step: Step,
    side: Side,
    target: &GtidSet,
) -> Result<(), StepTrouble> {
    let limit = run.options.catch_up_limit;
    let mut pause = Pause::within(limit);
    let mut last_missing = u64::MAX;
    let mut told = tokio::time::Instant::now();
    loop {
        let (executed, applied) = follow::gtids(run, side).await?;
        let missing = target.count_missing_from(&executed.union(&applied));
        if missing == 0 {
            return Ok(());
        }
        if missing < last_missing {
            last_missing = missing;
            pause.extend(limit);
        }
        if let Some(link) = follow::link_of(run, side).await?
            && let Some(trouble) = follow::fatal(&link, side.peer())
        {
            return Err(trouble);
        }
        if told.elapsed() > Duration::from_secs(1) {
            told = tokio::time::Instant::now();
            run.detail(step, format!("{missing} transactions to go"));
        }
        if let Err(fault) = pause.wait(run.cancel).await {
            let text = format!("the {side} still lacks {missing} transactions and comes no closer");
            return Err(StepTrouble::new(text, LOOK_FOR_LOCKS).because(fault));
        }
    }
}
