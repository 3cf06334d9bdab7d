use super::{UndoKind, UndoStep, View};
use crate::{Side, Step};
use dbha_sql::{Setting, SettingFact, Statement};

/// A setting that the set-up may have changed, and what it was changed to.
struct Touched<'a> {
    setting: Setting,
    wanted: &'a str,
    before: &'a SettingFact,
    now: &'a SettingFact,
}

/// Puts settings back that still have the value which the set-up gave them.
pub(super) fn step(view: &View<'_>, side: Side) -> Option<UndoStep> {
    let facts = view.facts.of(side);
    let restored: Vec<(Setting, &SettingFact, Vec<Statement>)> = touched(view, side)
        .into_iter()
        .filter(|touched| !was_changed_since(touched))
        .map(|touched| {
            let back = facts
                .dialect
                .restore_setting(touched.setting, touched.before, touched.now);
            (touched.setting, touched.before, back)
        })
        .filter(|(_, _, back)| !back.is_empty())
        .collect();
    if restored.is_empty() {
        return None;
    }
    let names: Vec<String> = restored
        .iter()
        .filter_map(|(setting, before, _)| {
            Some(format!("{}={}", facts.dialect.variable(*setting)?, before.value))
        })
        .collect();
    Some(UndoStep {
        kind: UndoKind::RestoreSettings,
        server: side,
        title: format!("{} gets its old settings back", facts.name),
        statements: restored.into_iter().flat_map(|(_, _, back)| back).collect(),
        details: names,
        drops: vec![],
    })
}

pub(super) fn stays(view: &View<'_>, side: Side) -> Vec<String> {
    let facts = view.facts.of(side);
    let words = |touched: &Touched<'_>| {
        Some(format!(
            "{} on {}: the set-up made it {}, somebody made it {} since",
            facts.dialect.variable(touched.setting)?,
            facts.name,
            touched.wanted,
            touched.now.value
        ))
    };
    let fixed = FIXED.iter().filter_map(|setting| {
        let was_off = view.receipt.before.of(side).settings.get(setting)?.value.as_str();
        let still_on = facts.has(*setting, "ON") && Setting::same_value(was_off, "OFF");
        let name = facts.dialect.variable(*setting)?;
        still_on.then(|| format!("{name} on {} until its next restart", facts.name))
    });
    touched(view, side)
        .iter()
        .filter(|touched| was_changed_since(touched))
        .filter_map(words)
        .chain(fixed)
        .collect()
}

/// What a start alone decides.
const FIXED: [Setting; 2] = [Setting::LogBin, Setting::LogReplicaUpdates];

/// Lists what the set-up may have changed, in the order in which it has to be put back: the other way round.
fn touched<'a>(view: &'a View<'_>, side: Side) -> Vec<Touched<'a>> {
    let plan = view.receipt.topology.server(side);
    let configured = match side {
        Side::Primary => view.receipt.began(Step::ConfigurePrimary),
        Side::Secondary => view.receipt.began(Step::ConfigureSecondary),
    };
    let waits = view.receipt.began(Step::EnsureSemiSync);
    let wanted = plan
        .settings
        .iter()
        .rev()
        .filter(|wanted| configured || waits && wanted.setting == Setting::SemiSyncSource);
    let wanted = wanted.map(|wanted| (wanted.setting, wanted.value.as_str()));
    let access = [Setting::ReadOnly, Setting::SuperReadOnly].into_iter();
    let opened = [Step::SetWriters, Step::ClaimSecondary, Step::AdoptSecondary]
        .into_iter()
        .any(|step| view.receipt.began(step));
    let access = access
        .filter(|_| opened)
        .map(|setting| (setting, if plan.writable { "OFF" } else { "ON" }));
    wanted
        .chain(access)
        .filter(|(setting, _)| !FIXED.contains(setting))
        .filter_map(|(setting, wanted)| {
            Some(Touched {
                setting,
                wanted,
                before: view.receipt.before.of(side).settings.get(&setting)?,
                now: view.facts.of(side).settings.get(&setting)?,
            })
        })
        .collect()
}

/// Neither what was there before nor what the set-up made of it. Access is opened by the undo itself on its way.
fn was_changed_since(touched: &Touched<'_>) -> bool {
    let is = |value: &str| Setting::same_value(&touched.now.value, value);
    let access = matches!(touched.setting, Setting::ReadOnly | Setting::SuperReadOnly);
    !access && !is(touched.wanted) && !is(&touched.before.value)
}
