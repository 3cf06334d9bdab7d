//! The end of a partnership: everything that ties the primary to a server that gives way to a new secondary.

use super::{Check, Run, Step, StepTrouble, View, catch_up, follow};
use crate::{Side, old_peer::OldPeer, preflight, wait::Pause};
use dbha_sql::{Dialect, Facts, REPLICATION_USER, SqlState, Statement};

/// Nothing may tie the primary to a server that is not of this pair.
pub(super) fn check(view: &View<'_>) -> Check {
    let Some(old) = old_peer(view) else {
        return Check::Satisfied;
    };
    let mut details = vec![format!(
        "{} lets go of {}: its link, its record, the accounts by which it replicates",
        view.facts.primary.name,
        old.shown()
    )];
    if old.link.is_some() {
        details.push(format!(
            "what {} wrote and {} has not received is lost to the pair",
            old.name(),
            view.facts.primary.name
        ));
    }
    if let Some(role) = role_before(&view.facts.primary).filter(|role| *role == Side::Secondary.to_string()) {
        details.push(format!(
            "{} was the {role} and becomes the primary",
            view.facts.primary.name
        ));
    }
    Check::Needed(details)
}

fn role_before(primary: &Facts) -> Option<&str> {
    let rows = primary.recorded.known()?;
    let own = rows.iter().find(|row| row.server_id == primary.server_id)?;
    Some(own.role.as_str())
}

fn old_peer(view: &View<'_>) -> Option<OldPeer> {
    OldPeer::of(view.facts, view.topology, view.options)
}

pub(super) fn statements(view: &View<'_>) -> Vec<(Side, Statement)> {
    let Some(old) = old_peer(view) else {
        return vec![];
    };
    let primary = &view.facts.primary;
    let dialect = primary.dialect;
    let mut all = super::open_for_dbha(primary);
    all.extend(remember_name(view, &old));
    if old.link.is_some() {
        all.extend(begin_draining(dialect, &old));
    }
    all.extend(drop_accounts(primary));
    if old.link.is_some() {
        all.extend([dialect.stop_link(), dialect.forget_link()]);
    }
    all.extend(forget_record(primary, &old));
    all.into_iter()
        .map(|statement| (Side::Primary, statement))
        .collect()
}

/// The registry learns the name that the caller used, so that a run that is cut off behind the link's end knows it.
fn remember_name(view: &View<'_>, old: &OldPeer) -> Option<Statement> {
    let name = view.options.replace.as_deref()?;
    let row = old.recorded.first()?;
    let by_record = OldPeer {
        link: None,
        ..old.clone()
    };
    (!by_record.is_called(name)).then(|| {
        view.facts
            .primary
            .dialect
            .rename_recorded_server(row.server_id, name)
    })
}

/// The SQL thread first: on MariaDB the relay log is thrown away when a thread starts while both are stopped.
fn begin_draining(dialect: Dialect, old: &OldPeer) -> Vec<Statement> {
    let stopped = |link: &dbha_sql::ReplicaStatus| link.sql == SqlState::Stopped && link.sql_error.is_none();
    let mut all = Vec::new();
    if old.link.as_ref().is_some_and(stopped) {
        all.push(dialect.start_applier());
    }
    all.push(dialect.stop_receiver());
    all
}

fn drop_accounts(primary: &Facts) -> Vec<Statement> {
    let accounts = primary
        .replication_accounts
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let drop =
        |account: &dbha_sql::ReplicationAccount| primary.dialect.drop_user(REPLICATION_USER, &account.host);
    accounts.iter().map(drop).collect()
}

fn forget_record(primary: &Facts, old: &OldPeer) -> Option<Statement> {
    let rows = primary.recorded.known()?;
    let gone = |id: &u32| old.recorded.iter().any(|row| row.server_id == *id);
    let mut keep: Vec<u32> = rows
        .iter()
        .map(|row| row.server_id)
        .filter(|id| !gone(id))
        .collect();
    keep.push(primary.server_id);
    (!old.recorded.is_empty()).then(|| primary.dialect.forget_other_servers(&keep))
}

/// The record goes last, or the link where there is none: what is left tells the next run what is still to be done.
pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let Some(old) = old_peer(&run.view()) else {
        return Ok(());
    };
    let dialect = run.servers.primary.dialect();
    let mut first = super::open_for_dbha(&run.facts.primary);
    first.extend(remember_name(&run.view(), &old));
    run.servers.primary.execute_all(&first).await?;
    if old.link.is_some() {
        drain(run, &old).await?;
    }
    let accounts = drop_accounts(&run.facts.primary);
    run.servers.primary.execute_all(&accounts).await?;
    cut_off(run).await?;
    if old.link.is_some() {
        let forget = [dialect.stop_link(), dialect.forget_link()];
        run.servers.primary.execute_all(&forget).await?;
    }
    if let Some(forget) = forget_record(&run.facts.primary, &old) {
        run.servers.primary.execute(&forget).await?;
    }
    Ok(())
}

/// Lets everything that was received be applied before the link goes: on MariaDB its relay log goes with it.
async fn drain(run: &mut Run<'_>, old: &OldPeer) -> Result<(), StepTrouble> {
    let dialect = run.servers.primary.dialect();
    let still = old
        .link
        .as_ref()
        .is_some_and(|link| link.io == dbha_sql::IoState::Stopped && link.sql == SqlState::Stopped);
    let empty = |link: &dbha_sql::ReplicaStatus| !link.has_unapplied(&run.facts.primary.position());
    if still && old.link.as_ref().is_some_and(empty) {
        return Ok(());
    }
    run.servers
        .primary
        .execute_all(&begin_draining(dialect, old))
        .await?;
    let mut pause = Pause::within(run.options.catch_up_limit);
    loop {
        run.observe().await?;
        let Some(link) = run.facts.primary.default_link() else {
            return Ok(());
        };
        if !link.has_unapplied(&run.facts.primary.position()) {
            let all = run.facts.primary.position();
            run.detail(
                Step::DetachReplaced,
                format!("all that came from {} is applied: {all}", old.name()),
            );
            return Ok(());
        }
        if let Some(error) = link.sql_error.as_ref().filter(|_| link.sql == SqlState::Stopped) {
            // What the caller throws away with the old data of the secondary need not be applied here first.
            let unwanted = old.gave_way && preflight::is_named_for_overwriting(&run.facts, run.options);
            return if unwanted {
                Ok(())
            } else {
                Err(follow::link_trouble(Side::Secondary, error))
            };
        }
        if let Err(fault) = pause.wait(run.cancel).await {
            let text = format!(
                "not all that was received from {} could be applied in time",
                old.name()
            );
            return Err(StepTrouble::new(text, catch_up::LOOK_FOR_LOCKS).because(fault));
        }
    }
}

/// Ends the connections of whoever still reads with an account that is gone; none of them can log in again.
async fn cut_off(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    run.observe().await?;
    let replicas = run
        .facts
        .primary
        .connected_replicas
        .known()
        .cloned()
        .unwrap_or_default();
    for replica in replicas.iter().filter(|replica| replica.user == REPLICATION_USER) {
        run.servers.primary.end_connection(replica.connection).await?;
        run.detail(
            Step::DetachReplaced,
            format!("ended the connection of the replica at {}", replica.host),
        );
    }
    Ok(())
}
