use super::{Check, Run, StepTrouble, View, claim_secondary};
use crate::{ServerPlan, Side};
use dbha_sql::{Facts, Setting, Statement};

/// Compares who takes writes, now and (where the server can keep it) after a restart.
pub(super) fn check(view: &View<'_>) -> Check {
    let different: Vec<String> = Side::BOTH
        .into_iter()
        .filter(|side| must_change(view, *side))
        .map(|side| {
            let word = if view.topology.server(side).writable {
                "takes writes"
            } else {
                "becomes read-only"
            };
            format!("the {side} {word}")
        })
        .collect();
    if different.is_empty() {
        Check::Satisfied
    } else {
        Check::Needed(different)
    }
}

/// A secondary that is about to be filled is opened for that where nobody could write, and closed again here.
fn must_change(view: &View<'_>, side: Side) -> bool {
    let writable = view.topology.server(side).writable;
    if writable && view.topology.choices.guarded.is_some() {
        // Its guard opens it, or has a reason not to.
        return false;
    }
    let held = view.facts.of(side).has(Setting::SuperReadOnly, "ON");
    let opened = side == Side::Secondary && held && claim_secondary::check(view) != Check::Satisfied;
    opened && !writable || is_wrong(view.facts.of(side), view.topology.server(side))
}

fn is_wrong(facts: &Facts, plan: &ServerPlan) -> bool {
    let on = |yes: bool| if yes { "ON" } else { "OFF" };
    let (wanted, at_start) = (on(!plan.writable), on(!plan.writable || plan.managed));
    [Setting::ReadOnly, Setting::SuperReadOnly]
        .into_iter()
        .any(|setting| {
            let Some(fact) = facts.settings.get(&setting) else {
                return false;
            };
            let kept = fact
                .after_restart
                .as_deref()
                .is_some_and(|after| Setting::same_value(after, at_start));
            !Setting::same_value(&fact.value, wanted) || (facts.dialect.can_persist_settings() && !kept)
        })
}

/// What opens a server that starts read-only again; the next start is seen to first, where a statement has to.
pub(crate) fn open_managed(facts: &Facts) -> Vec<Statement> {
    let starts_closed = |setting: Setting| {
        let fact = facts.settings.get(&setting);
        fact.is_none_or(|fact| {
            fact.after_restart
                .as_deref()
                .is_some_and(|after| Setting::same_value(after, "ON"))
        })
    };
    let mut all = match starts_closed(Setting::ReadOnly) && starts_closed(Setting::SuperReadOnly) {
        true => vec![],
        false => facts.dialect.start_read_only(),
    };
    all.extend(facts.dialect.open_until_restart());
    all
}

pub(super) fn statements(view: &View<'_>) -> Vec<(Side, Statement)> {
    let wrong = |side: &Side| must_change(view, *side);
    let change = |side: Side| {
        let (dialect, plan) = (view.facts.of(side).dialect, view.topology.server(side));
        let statements = match plan.writable && plan.managed {
            true => open_managed(view.facts.of(side)),
            false => dialect.set_read_only(!plan.writable),
        };
        statements.into_iter().map(move |statement| (side, statement))
    };
    Side::BOTH.into_iter().filter(wrong).flat_map(change).collect()
}

pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let statements = statements(&run.view());
    Ok(run.send(statements).await?)
}
