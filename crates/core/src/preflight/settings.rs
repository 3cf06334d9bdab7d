use super::{is_provisioned, list::lines};
use crate::{Both, Finding, FindingCode as Code, SetupOptions, Side, Topology, option_lines};
use dbha_sql::{Facts, Setting};

pub(super) fn findings(facts: &Both<Facts>, topology: &Topology) -> Vec<Finding> {
    let mut found = Vec::new();
    for side in Side::BOTH {
        found.extend(not_restart_safe(side, facts.of(side), topology));
        found.extend(server_id_zero(side, facts.of(side), topology));
    }
    found.extend(slower_commits(&facts.primary));
    found
}

fn not_restart_safe(side: Side, facts: &Facts, topology: &Topology) -> Option<Finding> {
    // dbha writes the file itself, or says in a finding of its own why it cannot.
    if facts.host != dbha_sql::Observed::Absent {
        return None;
    }
    let lines = option_lines(facts, topology.server(side));
    let missing: Vec<String> = lines
        .iter()
        .filter(|line| !line.already_safe)
        .map(|line| line.text())
        .collect();
    (!missing.is_empty()).then(|| {
        Finding::new(
            Code::NotRestartSafe,
            Some(side),
            format!("{} would not keep over a restart, as far as it can tell: {}", facts.name, missing.join(", ")),
            format!(
                "put these lines under [mysqld] in the option file of {} (dbha render my.cnf --server {side} prints the whole file), or add --host-access local, ssh:USER@HOST or docker:CONTAINER and dbha writes it",
                facts.name
            ),
        )
    })
}

fn slower_commits(primary: &Facts) -> Option<Finding> {
    let unsafe_now: Vec<String> = [Setting::SyncBinlog, Setting::InnodbFlushLogAtTrxCommit]
        .into_iter()
        .filter(|setting| !primary.has(*setting, "1"))
        .filter_map(|setting| {
            Some(format!(
                "{}={}",
                primary.dialect.variable(setting)?,
                primary.setting(setting)
            ))
        })
        .collect();
    (!unsafe_now.is_empty()).then(|| {
        Finding::new(
            Code::SlowerCommits,
            Some(Side::Primary),
            format!(
                "{} runs with {}; dbha sets 1",
                primary.name,
                unsafe_now.join(" and ")
            ),
            "measure the rate of commits first if the disk is slow",
        )
    })
}

/// Scenario 16: MariaDB makes it 1 by itself; MySQL refuses every statement about links (1794) until it is restarted.
fn server_id_zero(side: Side, facts: &Facts, topology: &Topology) -> Option<Finding> {
    (facts.server_id == 0).then(|| {
        let id = topology.server(side).server_id;
        Finding::new(
            Code::ServerIdZero,
            Some(side),
            format!("server_id is 0 on {}", facts.name),
            "put this line under [mysqld] into its option file and restart it",
        )
        .with_lines(vec![format!("server_id={id}")])
    })
}

/// A primary that somebody made read-only is likely the wrong server; in a pair of dbha's it is a drift, and mended.
pub(super) fn read_only_primary(facts: &Both<Facts>, options: &SetupOptions) -> Option<Finding> {
    let primary = &facts.primary;
    let closed = [Setting::SuperReadOnly, Setting::ReadOnly]
        .into_iter()
        .find(|setting| primary.has(*setting, "ON"))?;
    // Whoever names the partner that gives way says that this one takes its place.
    let named = options.replace.is_some() || is_provisioned(facts, options);
    (!named).then(|| {
        Finding::new(
            Code::ReadOnlyPrimary,
            Some(Side::Primary),
            format!(
                "{} is read-only ({}=ON)",
                primary.name,
                primary.dialect.variable(closed).unwrap_or("read_only")
            ),
            "see that it is the right server; if it is, run this on it first",
        )
        .with_lines(lines(primary.dialect.set_read_only(false)))
    })
}
