use super::{UndoKind, UndoStep, View};
use crate::{Side, Step, steps::opened_for};
use dbha_sql::{Facts, SemiSyncPlugin, Setting, Statement};

/// Plug-ins that the set-up has loaded are unloaded, once nothing waits for them.
pub(super) fn step(view: &View<'_>, side: Side) -> Option<UndoStep> {
    let facts = view.facts.of(side);
    let loaded = loaded(view, side);
    if loaded.is_empty() || view.links_stay() {
        return None;
    }
    let statements = loaded.iter().flat_map(|plugin| unload(facts, plugin)).collect();
    let names: Vec<&str> = loaded.iter().map(|plugin| plugin.name).collect();
    Some(UndoStep {
        kind: UndoKind::UnloadPlugins,
        server: side,
        title: format!("{} unloads {}", facts.name, names.join(" and ")),
        statements: opened_for(facts, statements),
        details: names.into_iter().map(str::to_owned).collect(),
        drops: vec![],
    })
}

/// Lists what was not there before the set-up, and is now.
fn loaded(view: &View<'_>, side: Side) -> Vec<SemiSyncPlugin> {
    let began = match side {
        Side::Primary => view.receipt.began(Step::ConfigurePrimary),
        Side::Secondary => view.receipt.began(Step::ConfigureSecondary),
    };
    let (facts, before) = (view.facts.of(side), &view.receipt.before.of(side).settings);
    let wanted = view.receipt.topology.choices.semi_sync.is_some();
    let mut all = facts.dialect.semi_sync_plugins();
    all.retain(|plugin| {
        began && wanted && facts.settings.contains_key(&plugin.gives) && !before.contains_key(&plugin.gives)
    });
    all
}

/// A server that starts without the plug-in would warn of every value that was kept for it.
fn unload(facts: &Facts, plugin: &SemiSyncPlugin) -> Vec<Statement> {
    let dialect = facts.dialect;
    let of_source = plugin.gives == Setting::SemiSyncSource;
    let its = Setting::OF_SEMI_SYNC
        .into_iter()
        .filter(|setting| (*setting != Setting::SemiSyncReplica) == of_source)
        .filter(|setting| facts.settings.contains_key(setting));
    let mut all = dialect.change_setting_until_restart(plugin.gives, "OFF");
    all.extend(its.flat_map(|setting| dialect.forget_kept_setting(setting)));
    all.push(dialect.uninstall_plugin(plugin));
    all
}
