//! The monitor's own account and the table of its heartbeats, on the primary; both reach the secondary over its link.

use super::{Check, Run, Step, StepTrouble, View, catch_up, follow, password_file::PasswordFile};
use crate::Side;
use dbha_sql::{AccountTls, MONITOR_USER, MonitorAccount, Secret, Statement};
use std::collections::BTreeSet;

pub(super) fn check(view: &View<'_>) -> Check {
    let Some(wanted) = &view.options.monitor_account else {
        return Check::Satisfied;
    };
    let mut different = Vec::new();
    if wanted.new_password {
        different.push(format!("a new password for {MONITOR_USER}"));
    }
    different.extend(differences(view));
    match different.is_empty() {
        true => Check::Satisfied,
        false => Check::Needed(different),
    }
}

/// What is not as wanted on either server, but for the password, which no server shows.
fn differences(view: &View<'_>) -> Vec<String> {
    let mut different = Vec::new();
    for side in Side::BOTH {
        if !view.facts.of(side).monitor.has_heartbeat {
            different.push(format!("the table dbha.heartbeat is missing on the {side}"));
        }
        for host in hosts(view) {
            match account(view, side, &host) {
                None => different.push(format!("{MONITOR_USER}@{host} is missing on the {side}")),
                Some(account) if !account.grants_as_wanted => {
                    different.push(format!(
                        "{MONITOR_USER}@{host} on the {side} may do more or less than monitor"
                    ));
                }
                Some(account) if account.requires_tls != wants_tls(view, &host) => {
                    let what = if wants_tls(view, &host) { "must" } else { "cannot" };
                    different.push(format!("{MONITOR_USER}@{host} on the {side} {what} use TLS"));
                }
                Some(_) => {}
            }
        }
    }
    different
}

fn accounts<'a>(view: &View<'a>, side: Side) -> &'a [MonitorAccount] {
    let accounts = view.facts.of(side).monitor.accounts.known();
    accounts.map(Vec::as_slice).unwrap_or_default()
}

fn account<'a>(view: &View<'a>, side: Side, host: &str) -> Option<&'a MonitorAccount> {
    accounts(view, side).iter().find(|account| account.host == host)
}

/// A login over a socket has no TLS, and needs none.
fn wants_tls(view: &View<'_>, host: &str) -> bool {
    host != "localhost" && view.facts.primary.offers_tls && view.facts.secondary.offers_tls
}

/// The hosts that were named; else those of the accounts that are there; else where dbha itself is seen to come from.
fn hosts(view: &View<'_>) -> BTreeSet<String> {
    let named = view
        .options
        .monitor_account
        .as_ref()
        .and_then(|wanted| wanted.host.clone());
    if let Some(host) = named {
        return BTreeSet::from([host]);
    }
    let there = Side::BOTH.into_iter().flat_map(|side| accounts(view, side));
    let there: BTreeSet<String> = there.map(|account| account.host.clone()).collect();
    if !there.is_empty() {
        return there;
    }
    let seen = Side::BOTH.map(|side| view.facts.of(side).monitor.seen_from.clone());
    seen.into_iter().filter(|host| !host.is_empty()).collect()
}

pub(super) fn statements(view: &View<'_>) -> Vec<(Side, Statement)> {
    let all = primary_statements(view, &Secret::new("***"));
    all.into_iter()
        .map(|statement| (Side::Primary, statement))
        .collect()
}

fn primary_statements(view: &View<'_>, password: &Secret) -> Vec<Statement> {
    let dialect = view.facts.primary.dialect;
    let new = view
        .options
        .monitor_account
        .as_ref()
        .is_some_and(|wanted| wanted.new_password);
    let mut all = super::open_for_dbha(&view.facts.primary);
    all.push(dialect.heartbeat_table());
    let opens = view.topology.choices.managed;
    for host in hosts(view) {
        let tls = match wants_tls(view, &host) {
            true => AccountTls::Required,
            false => AccountTls::Free,
        };
        all.extend(match account(view, Side::Primary, &host) {
            Some(_) if !new => dialect.restrict_monitor_account(&host, tls, opens),
            _ => dialect.ensure_monitor_account(&host, password, tls, opens),
        });
    }
    all
}

pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let Some(wanted) = run.options.monitor_account.clone() else {
        return Ok(());
    };
    let trouble = |error| PasswordFile::trouble("--monitor-password-file", &wanted.password_file, &error);
    let file = PasswordFile::of(&wanted.password_file).map_err(trouble)?;
    let statements = primary_statements(&run.view(), file.password());
    run.servers.primary.execute_all(&statements).await?;
    // After the account: a run that is cut off between them leaves no file, and the next one makes a new password.
    file.keep().map_err(trouble)?;
    let hosts = hosts(&run.view()).into_iter().collect::<Vec<_>>().join(", ");
    run.detail(Step::EnsureMonitorAccount, format!("{MONITOR_USER} at {hosts}"));
    let (target, _) = follow::gtids(run, Side::Primary).await?;
    catch_up::wait_until_has(run, Step::EnsureMonitorAccount, Side::Secondary, &target).await?;
    run.observe().await?;
    match differences(&run.view()).as_slice() {
        [] => Ok(()),
        left => Err(StepTrouble::new(
            format!("it was done, and yet: {}", left.join(", ")),
            "somebody or something else changes these accounts; find it, then run the same command again",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MonitorAccountWanted, SetupOptions, Topology, built_facts::finished_pair};
    use dbha_sql::Observed;

    fn wanted(host: Option<&str>) -> SetupOptions {
        SetupOptions {
            monitor_account: Some(MonitorAccountWanted {
                host: host.map(str::to_owned),
                password_file: "/nowhere".into(),
                new_password: false,
            }),
            ..SetupOptions::default()
        }
    }

    fn judged(options: &SetupOptions, change: impl FnOnce(&mut crate::Both<dbha_sql::Facts>)) -> Check {
        let mut facts = finished_pair("10.11.19-MariaDB", options);
        for side in Side::BOTH {
            let monitor = &mut facts.of_mut(side).monitor;
            monitor.has_heartbeat = true;
            monitor.accounts = Observed::Known(vec![MonitorAccount {
                host: "10.0.0.9".into(),
                requires_tls: false,
                grants_as_wanted: true,
            }]);
        }
        change(&mut facts);
        let offers = facts.primary.offers_tls && facts.secondary.offers_tls;
        for side in Side::BOTH {
            if let Observed::Known(accounts) = &mut facts.of_mut(side).monitor.accounts {
                accounts
                    .iter_mut()
                    .filter(|account| account.host != "localhost")
                    .for_each(|account| account.requires_tls = offers);
            }
        }
        let topology = Topology::of_pair(&facts, options);
        check(&View {
            facts: &facts,
            topology: &topology,
            options,
            changed: false,
            new_password: false,
        })
    }

    #[test]
    fn only_what_differs_is_to_be_done() {
        let needed = |check: Check| matches!(check, Check::Needed(_));
        assert_eq!(judged(&wanted(None), |_| {}), Check::Satisfied);
        assert_eq!(judged(&wanted(Some("10.0.0.9")), |_| {}), Check::Satisfied);
        assert!(needed(judged(&wanted(Some("10.0.0.%")), |_| {})));
        assert!(needed(judged(&wanted(None), |facts| facts
            .secondary
            .monitor
            .has_heartbeat = false)));
        assert!(needed(judged(&wanted(None), |facts| {
            facts.secondary.monitor.accounts = Observed::Known(vec![]);
        })));
        assert!(needed(judged(&wanted(None), |facts| {
            if let Observed::Known(accounts) = &mut facts.primary.monitor.accounts {
                accounts[0].grants_as_wanted = false;
            }
        })));
        // Over a socket there is no TLS.
        let local = judged(&wanted(Some("localhost")), |facts| {
            for side in Side::BOTH {
                facts.of_mut(side).offers_tls = true;
                facts.of_mut(side).monitor.accounts = Observed::Known(vec![MonitorAccount {
                    host: "localhost".into(),
                    requires_tls: false,
                    grants_as_wanted: true,
                }]);
            }
        });
        assert_eq!(local, Check::Satisfied);
        let nothing = SetupOptions::default();
        assert_eq!(
            judged(&nothing, |facts| facts.primary.monitor = Default::default()),
            Check::Satisfied
        );
    }
}
