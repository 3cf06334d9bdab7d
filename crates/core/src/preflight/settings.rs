use crate::{Both, Finding, FindingCode as Code, Side, Topology, option_lines};
use dbha_sql::{Facts, Observed, Setting};

pub(super) fn findings(facts: &Both<Facts>, topology: &Topology) -> Vec<Finding> {
    let mut found = Vec::new();
    for side in Side::BOTH {
        found.extend(not_restart_safe(side, facts.of(side), topology));
    }
    found.extend(slower_commits(&facts.primary));
    found.extend(old_sessions(&facts.primary));
    found.extend(old_identities(&facts.secondary, topology));
    found.extend(name_case(facts));
    found.extend(page_size(facts));
    found.extend(packets(facts));
    found
}

fn not_restart_safe(side: Side, facts: &Facts, topology: &Topology) -> Option<Finding> {
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
                "put these lines under [mysqld] in the option file of {} (dbha render my.cnf --server {side} prints the whole file)",
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

/// Scenarios 19 and 30a: SET GLOBAL reaches new sessions only.
fn old_sessions(primary: &Facts) -> Option<Finding> {
    let Observed::Known(sessions) = &primary.sessions else {
        return None;
    };
    let formats = !primary.has(Setting::BinlogFormat, "ROW") && !sessions.clients.is_empty();
    formats.then(|| {
        Finding::new(
            Code::OldSessions,
            Some(Side::Primary),
            format!(
                "{} open connections on {} keep binlog_format={} until they reconnect",
                sessions.clients.len(),
                primary.name,
                primary.setting(Setting::BinlogFormat)
            ),
            "restart the applications' connection pools after the set-up, before the secondary is opened for writing",
        )
    })
}

/// What an old session of the secondary writes carries the old identity, and comes back to it as if it were its own.
fn old_identities(secondary: &Facts, topology: &Topology) -> Option<Finding> {
    let changes = secondary.server_id != topology.server(Side::Secondary).server_id;
    let Observed::Known(sessions) = &secondary.sessions else {
        return None;
    };
    (changes && secondary.dialect.sessions_keep_identity() && !sessions.clients.is_empty()).then(|| {
        Finding::new(
            Code::OldSessions,
            Some(Side::Secondary),
            format!(
                "{} open connections on {} keep its old server_id and GTID domain until they reconnect",
                sessions.clients.len(),
                secondary.name
            ),
            "end these connections before anything is written through them",
        )
    })
}

/// Scenario 24.
fn name_case(facts: &Both<Facts>) -> Option<Finding> {
    let of = |side: Side| facts.of(side).setting(Setting::LowerCaseTableNames);
    (of(Side::Primary) != of(Side::Secondary)).then(|| {
        Finding::new(
            Code::DifferentNameCase,
            None,
            format!(
                "lower_case_table_names is {} on the primary and {} on the secondary",
                of(Side::Primary),
                of(Side::Secondary)
            ),
            "initialise the secondary anew with the primary's lower_case_table_names",
        )
    })
}

fn page_size(facts: &Both<Facts>) -> Option<Finding> {
    let of = |side: Side| facts.of(side).setting(Setting::InnodbPageSize);
    (of(Side::Primary) != of(Side::Secondary)).then(|| {
        Finding::new(
            Code::DifferentPageSize,
            None,
            format!(
                "innodb_page_size is {} on the primary and {} on the secondary",
                of(Side::Primary),
                of(Side::Secondary)
            ),
            "initialise the secondary with the primary's page size",
        )
    })
}

fn packets(facts: &Both<Facts>) -> Option<Finding> {
    let (primary, secondary) = (
        facts.primary.number(Setting::MaxAllowedPacket)?,
        facts.secondary.number(Setting::MaxAllowedPacket)?,
    );
    (secondary < primary).then(|| {
        Finding::new(
            Code::SmallerPackets,
            Some(Side::Secondary),
            format!("max_allowed_packet is {primary} on the primary and {secondary} on the secondary"),
            format!("set max_allowed_packet={primary} in the secondary's option file"),
        )
    })
}
