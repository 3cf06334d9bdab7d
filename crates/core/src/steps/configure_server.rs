use super::{Check, Run, StepTrouble, View, ensure_semi_sync};
use crate::{Side, WantedSetting};
use dbha_sql::{Facts, Setting, Statement};

/// Compares every wanted setting with what runs, and with what a restart would bring where the server can keep it.
pub(super) fn check(view: &View<'_>, side: Side) -> Check {
    let facts = view.facts.of(side);
    let install = ensure_semi_sync::install(view, side);
    let plugins =
        (!install.is_empty()).then(|| "the plug-ins of semi-synchronous replication are loaded".to_owned());
    let wrong = wrong(view, side);
    let settings = wrong.iter().map(|wanted| {
        let name = facts.dialect.variable(wanted.setting).unwrap_or("?");
        match facts.has(wanted.setting, &wanted.value) || wanted.after_restart_only {
            true => format!("{name} = {} also after a restart", wanted.value),
            false => format!("{name}: {} → {}", now(facts, wanted.setting), wanted.value),
        }
    });
    let different: Vec<String> = plugins.into_iter().chain(settings).collect();
    if different.is_empty() {
        Check::Satisfied
    } else {
        Check::Needed(different)
    }
}

/// What holds now, in words where the server does not know the setting yet.
fn now(facts: &Facts, setting: Setting) -> &str {
    facts
        .settings
        .get(&setting)
        .map_or("not there", |fact| fact.value.as_str())
}

fn wrong<'a>(view: &View<'a>, side: Side) -> Vec<&'a WantedSetting> {
    let facts = view.facts.of(side);
    let settings = &view.topology.server(side).settings;
    settings.iter().filter(|wanted| is_wrong(facts, wanted)).collect()
}

fn is_wrong(facts: &Facts, wanted: &WantedSetting) -> bool {
    // Only the option file can turn these on: preflight blocks where they are off.
    if matches!(wanted.setting, Setting::LogBin | Setting::LogReplicaUpdates) {
        return false;
    }
    // Commits wait from the moment on at which somebody acknowledges them; that is a step of its own.
    if wanted.setting == Setting::SemiSyncSource && Setting::same_value(&wanted.value, "ON") {
        return false;
    }
    let now = facts.has(wanted.setting, &wanted.value);
    let after = facts
        .settings
        .get(&wanted.setting)
        .and_then(|fact| fact.after_restart.as_deref());
    let kept = after.is_some_and(|after| Setting::same_value(after, &wanted.value));
    match (facts.dialect.can_persist_settings(), wanted.after_restart_only) {
        (true, true) => !kept,
        (true, false) => !now || !kept,
        (false, _) => !now,
    }
}

pub(super) fn statements(view: &View<'_>, side: Side) -> Vec<(Side, Statement)> {
    let dialect = view.facts.of(side).dialect;
    let change = |wanted: &&WantedSetting| dialect.change_setting(wanted.setting, &wanted.value);
    let mut all = ensure_semi_sync::install(view, side);
    all.extend(wrong(view, side).iter().flat_map(change));
    // Some settings may not be changed while the applier runs (3017, 3747, 1198).
    let held = |wanted: &&WantedSetting| {
        matches!(
            wanted.setting,
            Setting::BinlogFormat | Setting::ReplicaPreserveCommitOrder
        )
    };
    let applying = view
        .facts
        .of(side)
        .default_link()
        .is_some_and(|link| link.sql == dbha_sql::SqlState::Running);
    if applying && wrong(view, side).iter().any(held) {
        all.insert(0, dialect.stop_applier());
        all.push(dialect.start_applier());
    }
    all.into_iter().map(|statement| (side, statement)).collect()
}

pub(super) async fn apply(run: &mut Run<'_>, side: Side) -> Result<(), StepTrouble> {
    let statements = statements(&run.view(), side);
    run.send(statements).await?;
    // On MariaDB an open session keeps its server_id and GTID domain: what dbha's own wrote would carry the old ones.
    let server = run.servers.of_mut(side);
    if server.dialect().sessions_keep_identity() {
        server.session.reconnect().await?;
    }
    Ok(())
}
