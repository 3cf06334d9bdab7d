//! Commits of the writer wait for the other server's acknowledgement, from the moment on at which that gives it.

use super::{Check, Run, StepTrouble, View};
use crate::{Side, wait::Pause};
use dbha_sql::{Facts, Setting, Statement};
use std::time::Duration;

/// How long a link may take to connect again.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Compares whether each link acknowledges, and whether the writer waits for that, now and after a restart.
pub(super) fn check(view: &View<'_>) -> Check {
    if view.topology.choices.semi_sync.is_none() {
        return Check::Satisfied;
    }
    let mut different: Vec<String> = Side::BOTH
        .into_iter()
        .filter(|side| !acknowledges(view.facts.of(*side)))
        .map(|side| format!("the IO thread of the {side} starts anew, to acknowledge what it receives"))
        .collect();
    let (primary, managed) = (&view.facts.primary, view.topology.choices.managed);
    if !primary.has(Setting::SemiSyncSource, "ON") {
        different.push("commits on the primary wait for the secondary's acknowledgement".to_owned());
    } else if !is_kept(primary, managed) {
        different.push(match managed {
            true => "commits wait once dbha has opened the primary, not before".to_owned(),
            false => "commits on the primary wait also after a restart".to_owned(),
        });
    }
    if gave_up(primary) {
        different.push("commits on the primary wait again: a time-out had ended that".to_owned());
    }
    match different.is_empty() {
        true => Check::Satisfied,
        false => Check::Needed(different),
    }
}

/// A server that went on alone waits again only behind its next commit; switched on anew it waits at once.
fn gave_up(primary: &Facts) -> bool {
    let waits = primary.semi_sync.known().is_some_and(|seen| seen.source_waits);
    primary.has(Setting::SemiSyncSource, "ON") && !waits
}

fn acknowledges(facts: &Facts) -> bool {
    facts
        .semi_sync
        .known()
        .is_some_and(|seen| seen.replica_acknowledges)
}

/// Whoever opens a managed server lets commits wait first: at its start nobody can commit, and its applier waits for nobody.
fn is_kept(primary: &Facts, managed: bool) -> bool {
    let Some(fact) = primary.settings.get(&Setting::SemiSyncSource) else {
        return false;
    };
    let is_on = |value: &Option<String>| {
        value
            .as_deref()
            .is_some_and(|value| Setting::same_value(value, "ON"))
    };
    match managed {
        true => !is_on(&fact.persisted),
        false => !primary.dialect.can_persist_settings() || is_on(&fact.after_restart),
    }
}

pub(super) fn statements(view: &View<'_>) -> Vec<(Side, Statement)> {
    if view.topology.choices.semi_sync.is_none() {
        return vec![];
    }
    let mut all = Vec::new();
    // The secondary first: its acknowledgement is the one that is waited for.
    for side in [Side::Secondary, Side::Primary] {
        let facts = view.facts.of(side);
        if !acknowledges(facts) {
            all.push((side, facts.dialect.stop_receiver()));
            all.push((side, facts.dialect.start_receiver()));
        }
    }
    all.extend(
        waiting(view)
            .into_iter()
            .map(|statement| (Side::Primary, statement)),
    );
    all
}

/// What lets commits wait, where they do not.
fn waiting(view: &View<'_>) -> Vec<Statement> {
    let (primary, managed) = (&view.facts.primary, view.topology.choices.managed);
    let again = match gave_up(primary) {
        true => [primary.dialect.stop_waiting(), primary.dialect.wait_again()].concat(),
        false => vec![],
    };
    let mut all = match primary.has(Setting::SemiSyncSource, "ON") && is_kept(primary, managed) {
        true => vec![],
        false => wait_on(primary, managed),
    };
    all.extend(again);
    all
}

/// What lets the commits of a server wait for an acknowledgement from now on.
pub(crate) fn wait_on(facts: &Facts, managed: bool) -> Vec<Statement> {
    let dialect = facts.dialect;
    match managed {
        true => {
            let mut all = match is_kept(facts, managed) {
                true => vec![],
                false => dialect.keep_setting(Setting::SemiSyncSource, "OFF"),
            };
            all.extend(dialect.wait_again());
            all
        }
        false => dialect.change_setting(Setting::SemiSyncSource, "ON"),
    }
}

pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    for side in [Side::Secondary, Side::Primary] {
        if !acknowledges(run.facts.of(side)) {
            let dialect = run.servers.of(side).dialect();
            let again = [dialect.stop_receiver(), dialect.start_receiver()];
            run.servers.of_mut(side).execute_all(&again).await?;
        }
    }
    until(run, |run| {
        Side::BOTH
            .into_iter()
            .all(|side| acknowledges(run.facts.of(side)))
    })
    .await?;
    // Only now: commits would wait for nobody until then.
    until(run, |run| {
        run.facts
            .primary
            .semi_sync
            .known()
            .is_some_and(|seen| seen.acknowledging > 0)
    })
    .await?;
    let statements = waiting(&run.view());
    run.servers.primary.execute_all(&statements).await?;
    Ok(())
}

/// Looks again and again until something holds.
async fn until(run: &mut Run<'_>, holds: impl Fn(&Run<'_>) -> bool) -> Result<(), StepTrouble> {
    let mut pause = Pause::within(START_LIMIT);
    loop {
        run.observe().await?;
        if holds(run) {
            return Ok(());
        }
        pause.wait(run.cancel).await.map_err(|fault| {
            let seen = Side::BOTH.map(|side| format!("{side}: {:?}", run.facts.of(side).semi_sync.known()));
            StepTrouble::new(
                format!(
                    "no acknowledgement is to be had over the links ({}); commits do not wait",
                    seen.join(", ")
                ),
                "look at both links in dbha status and at the error logs; then run the same command again",
            )
            .because(fault)
        })?;
    }
}

/// Loads the plug-ins that a server lacks; one that holds even administrators is opened for that.
pub(super) fn install(view: &View<'_>, side: Side) -> Vec<Statement> {
    let facts = view.facts.of(side);
    if view.topology.choices.semi_sync.is_none() {
        return vec![];
    }
    let missing: Vec<Statement> = facts
        .dialect
        .semi_sync_plugins()
        .iter()
        .filter(|plugin| !facts.settings.contains_key(&plugin.gives))
        .map(|plugin| facts.dialect.install_plugin(plugin))
        .collect();
    opened_for(facts, missing)
}

/// Lets statements through that a server refuses from everybody, and closes it again behind them.
pub(crate) fn opened_for(facts: &Facts, statements: Vec<Statement>) -> Vec<Statement> {
    let open = super::open_for_dbha(facts);
    if statements.is_empty() || open.is_empty() {
        return statements;
    }
    let close = facts
        .dialect
        .change_setting_until_restart(Setting::SuperReadOnly, "ON");
    open.into_iter().chain(statements).chain(close).collect()
}
