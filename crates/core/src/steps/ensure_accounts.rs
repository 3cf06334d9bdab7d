use super::{Check, Run, Step, StepTrouble, View, catch_up, follow};
use crate::{
    Both, Side,
    old_peer::OldPeer,
    partner,
    reach::{self, Reach},
};
use dbha_sql::{AccountTls, REPLICATION_USER, Secret, SourceTarget, Statement, generate_password};
use std::{collections::BTreeSet, time::Duration};

/// How long one server may take to tell how it knows the other.
const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// Accounts are as wanted when both links log in with them, and they may do nothing but replicate.
pub(super) fn check(view: &View<'_>) -> Check {
    let mut different = Vec::new();
    if view.options.new_password && !view.new_password {
        different.push("a new password for both links".to_owned());
    }
    if view.facts.primary.password_pending {
        different.push("a change of the replication password was cut off".to_owned());
    }
    for side in Side::BOTH {
        let facts = view.facts.of(side);
        let has = |host: &String| {
            facts
                .replication_accounts
                .known()
                .is_some_and(|all| all.iter().any(|one| &one.host == host))
        };
        if let Some(host) = view.options.replication_host.as_ref().filter(|host| !has(host)) {
            different.push(format!("{REPLICATION_USER}@{host} is missing on the {side}"));
        }
        let accounts = facts
            .replication_accounts
            .known()
            .map(Vec::as_slice)
            .unwrap_or_default();
        if accounts.is_empty() && view.options.replication_host.is_none() {
            different.push(format!("{REPLICATION_USER} is missing on the {side}"));
        }
        for account in accounts.iter().filter(|account| !account.grants_as_wanted) {
            different.push(format!(
                "{REPLICATION_USER}@{} on the {side} may do more or less than replicate",
                account.host
            ));
        }
        let tls = wants_tls(view);
        for account in accounts.iter().filter(|account| account.requires_tls != tls) {
            let what = if tls { "must" } else { "cannot" };
            different.push(format!(
                "{REPLICATION_USER}@{} on the {side} {what} use TLS",
                account.host
            ));
        }
        if different.is_empty() && !follow::can_log_in(view, side) {
            different.push(format!(
                "the {} cannot log in to the {side}: it gets a new password",
                side.peer()
            ));
        }
    }
    if different.is_empty() {
        Check::Satisfied
    } else {
        Check::Needed(different)
    }
}

/// Both directions use one account name, so TLS is demanded only where both servers offer it.
fn wants_tls(view: &View<'_>) -> bool {
    view.facts.primary.offers_tls && view.facts.secondary.offers_tls
}

/// The hosts are known once each server was asked how it knows the other; a plan shows the likely ones.
pub(super) fn statements(view: &View<'_>) -> Vec<(Side, Statement)> {
    // The accounts of a pair that ends are dropped before.
    let ends = OldPeer::of(view.facts, view.topology, view.options).is_some();
    let known: BTreeSet<String> = view
        .facts
        .primary
        .replication_accounts
        .known()
        .filter(|_| !ends)
        .map(|accounts| accounts.iter().map(|account| account.host.clone()).collect())
        .unwrap_or_default();
    let hosts = match &view.options.replication_host {
        Some(host) => BTreeSet::from([host.clone()]),
        None if !known.is_empty() => known,
        None => Side::BOTH
            .iter()
            .map(|side| view.topology.link_from(*side).host.clone())
            .collect(),
    };
    let forgotten = Side::BOTH
        .into_iter()
        .filter(|source| !keeps_passwords(view) && must_forget(view, *source))
        .flat_map(|source| {
            let dialect = view.facts.of(source.peer()).dialect;
            [dialect.stop_link(), dialect.forget_link()].map(|statement| (source.peer(), statement))
        });
    let accounts = account_statements(view, &hosts, &Secret::new("***"));
    forgotten
        .chain(accounts.into_iter().map(|one| (Side::Primary, one)))
        .collect()
}

/// Tells whether the accounts can be mended under the passwords that they have: both links log in with them.
pub(super) fn keeps_passwords(view: &View<'_>) -> bool {
    let accounts = |side: Side| view.facts.of(side).replication_accounts.known();
    let hosts = |side: Side| -> BTreeSet<&str> {
        accounts(side)
            .into_iter()
            .flatten()
            .map(|account| account.host.as_str())
            .collect()
    };
    let (here, there) = (hosts(Side::Primary), hosts(Side::Secondary));
    let wanted = view.options.replication_host.as_deref();
    !here.is_empty()
        && here == there
        && wanted.is_none_or(|host| here.contains(host))
        && OldPeer::of(view.facts, view.topology, view.options).is_none()
        && !view.options.new_password
        && !view.facts.primary.password_pending
        && Side::BOTH.into_iter().all(|side| follow::can_log_in(view, side))
}

/// A link of dbha's that does not work, or whose account is gone, stands in the way of a probe (1934).
///
/// Nothing is lost by forgetting it: positions are kept by GTID, and what was received but not applied comes again.
fn must_forget(view: &View<'_>, source: Side) -> bool {
    let accounts = view.facts.of(source).replication_accounts.known();
    let homeless = accounts.is_none_or(Vec::is_empty) && view.options.replication_host.is_none();
    follow::exists(view, source) && (homeless || !follow::is_connected(view, source))
}

fn account_statements(view: &View<'_>, hosts: &BTreeSet<String>, password: &Secret) -> Vec<Statement> {
    let tls = if wants_tls(view) {
        AccountTls::Required
    } else {
        AccountTls::Free
    };
    let dialect = view.facts.primary.dialect;
    let statements = |host: &String| match keeps_passwords(view) {
        true => dialect.restrict_replication_account(REPLICATION_USER, host, tls),
        false => dialect.ensure_replication_account(REPLICATION_USER, host, password, tls),
    };
    hosts.iter().flat_map(statements).collect()
}

/// Creates the accounts on the primary, logged, and on the secondary, unlogged.
///
/// Logged on the primary so that both sides know both: an account that one side alone has breaks the other later
/// with 1396. Every statement may be repeated, because the secondary meets them again over its link.
pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let keeps = keeps_passwords(&run.view());
    if !keeps {
        let_older_passwords_arrive(run).await?;
    }
    for source in Side::BOTH {
        if !keeps && must_forget(&run.view(), source) {
            let server = run.servers.of_mut(source.peer());
            server
                .execute_all(&[server.dialect().stop_link(), server.dialect().forget_link()])
                .await?;
        }
    }
    let password = generate_password()?;
    let hosts = match &run.options.replication_host {
        Some(host) => BTreeSet::from([host.clone()]),
        None if keeps => hosts_of_accounts(run, Side::Primary).into_iter().collect(),
        None => peers_as_seen(run, &password).await?,
    };
    run.detail(
        Step::EnsureAccounts,
        format!(
            "{REPLICATION_USER} at {}",
            hosts.iter().cloned().collect::<Vec<_>>().join(", ")
        ),
    );
    let open = super::open_for_dbha(&run.facts.primary);
    run.servers.primary.execute_all(&open).await?;
    // A link that is connected shows nothing of a password that it has not: the mark tells the next run.
    let dialect = run.servers.primary.dialect();
    if !keeps {
        let mut unlogged = run.unlogged(Side::Primary).await?;
        unlogged.execute(&dialect.mark_new_password(&run.id)).await?;
        unlogged.close().await;
    }
    let statements = account_statements(&run.view(), &hosts, &password);
    run.servers.primary.execute_all(&statements).await?;
    let mut secondary = run.unlogged(Side::Secondary).await?;
    let lift = run.facts.secondary.has(dbha_sql::Setting::SuperReadOnly, "ON");
    let dialect = run.servers.secondary.dialect();
    if lift {
        secondary
            .execute_all(&dialect.change_setting_until_restart(dbha_sql::Setting::SuperReadOnly, "OFF"))
            .await?;
    }
    let created = secondary.execute_all(&statements).await;
    if lift {
        secondary
            .execute_all(&dialect.change_setting_until_restart(dbha_sql::Setting::SuperReadOnly, "ON"))
            .await?;
    }
    created?;
    secondary.close().await;
    run.password = (!keeps).then_some(password);
    Ok(())
}

/// Waits until a secondary that follows already has what the primary had: the password of a run that was cut off may be
/// on its way to it, and would undo the one that it is given now.
async fn let_older_passwords_arrive(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let link = run.facts.secondary.default_link();
    let arrives = link.is_some_and(|link| link.is_running() && link.delay_seconds == 0);
    if partner::is_claimed(&run.facts) && arrives && follow::exists(&run.view(), Side::Primary) {
        let (target, _) = follow::gtids(run, Side::Primary).await?;
        catch_up::wait_until_has(run, Step::EnsureAccounts, Side::Secondary, &target).await?;
    }
    Ok(())
}

/// Asks each server by which host it knows the other, by letting the other knock with an account that it refuses.
///
/// Behind NAT or between containers that host is not the address that dbha uses.
async fn peers_as_seen(run: &mut Run<'_>, password: &Secret) -> Result<BTreeSet<String>, StepTrouble> {
    let known = Both {
        primary: hosts_of_accounts(run, Side::Primary),
        secondary: hosts_of_accounts(run, Side::Secondary),
    };
    let view = run.view();
    let targets = view
        .facts
        .map(|source, _| follow::target(&view, source, password.clone()));
    let cancel = run.cancel;
    // A link that is connected is not probed: its account tells the host, and the probe would cut it.
    let dial = Side::BOTH.map(|source| {
        let can = reach::can_probe(view.facts.of(source.peer()));
        can && (must_forget(&view, source) || !follow::is_connected(&view, source))
    });
    let guessed: Vec<String> = Side::BOTH
        .into_iter()
        .filter(|side| !reach::can_probe(view.facts.of(*side)))
        .map(|side| view.topology.link_from(side).host.clone())
        .collect();
    let (of_secondary, of_primary) = tokio::join!(
        knock(&mut run.servers.secondary, &targets.primary, dial[0], cancel),
        knock(&mut run.servers.primary, &targets.secondary, dial[1], cancel),
    );
    let mut hosts: BTreeSet<String> = known.primary.into_iter().chain(known.secondary).collect();
    // Where none is known and none can be asked for, it is the address by which the server itself is reached.
    if hosts.is_empty() {
        hosts.extend(guessed);
    }
    for (found, source) in [(of_secondary?, Side::Primary), (of_primary?, Side::Secondary)] {
        match found {
            None | Some(Reach::Reached) => {}
            Some(Reach::Denied { from: Some(host), .. }) => drop(hosts.insert(host)),
            // The refusal names no host: any host then, limited by the password alone.
            Some(Reach::Denied { from: None, .. }) => drop(hosts.insert("%".to_owned())),
            Some(Reach::Failed {
                code: 1597 | 13120, ..
            }) => drop(hosts.insert("%".to_owned())),
            Some(other) => return Err(super::check_reach::trouble(run, source, &other)),
        }
    }
    Ok(hosts)
}

fn hosts_of_accounts(run: &Run<'_>, side: Side) -> Vec<String> {
    let accounts = run
        .facts
        .of(side)
        .replication_accounts
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    accounts.iter().map(|account| account.host.clone()).collect()
}

async fn knock(
    replica: &mut dbha_sql::Server,
    source: &SourceTarget,
    dial: bool,
    cancel: &tokio_util::sync::CancellationToken,
) -> Result<Option<Reach>, dbha_sql::SqlError> {
    if !dial {
        return Ok(None);
    }
    reach::probe(replica, source, PROBE_LIMIT, cancel).await.map(Some)
}
