use super::{accounts, errant, settings, tables};
use crate::{Both, Finding, FindingCode as Code, SetupOptions, Side, Topology, Writers, adoption, partner};
use dbha_sql::{Account, ClaimState, Facts, GtidSet, Observed, RecordedServer};

pub(super) fn findings(facts: &Both<Facts>, topology: &Topology, options: &SetupOptions) -> Vec<Finding> {
    let mut found = Vec::new();
    for side in Side::BOTH {
        found.extend(hidden(side, facts.of(side)));
    }
    if let Some(renumbered) = primary_renumbered(facts) {
        // Everything else follows from it: nothing that is recorded would be found.
        found.push(renumbered);
        return found;
    }
    if let Some(swapped) = swapped_roles(facts) {
        // Everything else about the secondary's data would lead to the wrong server being emptied.
        found.push(swapped);
        return found;
    }
    found.extend(settings::read_only_primary(facts, options));
    if !is_named_for_overwriting(facts, options) {
        found.extend(wrote_as_primary(facts));
        if is_provisioned(facts, options) {
            found.extend(errant::findings(facts));
        }
    }
    found.extend(overwriting_is_idle(facts, options));
    if !is_provisioned(facts, options) {
        found.extend(secondary_in_use(facts, options));
        found.extend(tables::findings(&facts.primary));
        found.extend(accounts::insecure(&facts.primary));
        found.extend(logs_reset(facts));
    }
    if topology.writers == Writers::One {
        found.extend(accounts::beyond_read_only(&facts.primary));
    }
    found
}

/// Tells whether the secondary holds what dbha itself put there, so that nothing has to be copied.
///
/// The pair is recorded on both alike, no claim is left, and the caller did not name the secondary for overwriting
/// because its applier found the data to differ.
pub(crate) fn is_provisioned(facts: &Both<Facts>, options: &SetupOptions) -> bool {
    let (Some(recorded), Some(on_primary)) =
        (facts.secondary.recorded.known(), facts.primary.recorded.known())
    else {
        return false;
    };
    // A clone has the primary's record, and is no member before it was looked at.
    let unclaimed = facts.secondary.claim.known().is_none() && facts.secondary.clone_note.known().is_none();
    let is_primary = |row: &RecordedServer| {
        row.server_id == facts.primary.server_id && row.role == Side::Primary.to_string()
    };
    let ids = |rows: &[RecordedServer]| rows.iter().map(|row| row.server_id).collect::<Vec<_>>();
    let same = recorded.len() == 2 && recorded.iter().any(is_primary) && ids(recorded) == ids(on_primary);
    unclaimed && same && !(is_named_for_overwriting(facts, options) && has_diverged(facts))
}

/// Tells whether the caller allows the secondary's data to be thrown away.
pub(crate) fn is_named_for_overwriting(facts: &Both<Facts>, options: &SetupOptions) -> bool {
    let named = options.overwrite_secondary.as_deref();
    named.is_some_and(|name| name == facts.secondary.name || name == Side::Secondary.to_string())
}

/// The data is not what the primary's was, or can no longer become it: the applier stopped with an error, the logs
/// that are needed are gone, the secondary wrote under the primary's identity, or it has what no link brings over.
fn has_diverged(facts: &Both<Facts>) -> bool {
    let stopped = |link: &dbha_sql::ReplicaStatus| link.sql_error.is_some() || link.lacks_logs_of_source();
    let cannot_flow = || crate::assess::errant(&facts.secondary, &facts.primary).is_some();
    facts.secondary.default_link().is_some_and(stopped)
        || !written_as_primary(facts).is_empty()
        || cannot_flow()
}

/// What a secondary that came back with the primary's server_id wrote in the domains of others (MariaDB alone).
///
/// There the binary log is ahead of what came by replication. Its link cannot run meanwhile (1593), so nothing is in
/// flight that could look the same.
fn written_as_primary(facts: &Both<Facts>) -> GtidSet {
    let secondary = &facts.secondary;
    let lost = secondary.server_id == facts.primary.server_id && secondary.default_link().is_some();
    match lost && secondary.dialect.has_gtid_domains() {
        true => secondary
            .executed
            .minus(&secondary.applied)
            .written_by(secondary.server_id),
        false => GtidSet::empty(secondary.dialect.flavor()),
    }
}

fn wrote_as_primary(facts: &Both<Facts>) -> Option<Finding> {
    let written = written_as_primary(facts);
    (!written.is_empty()).then(|| {
        let name = &facts.secondary.name;
        let id = facts.secondary.server_id;
        Finding::new(
            Code::WroteAsPrimary,
            Some(Side::Secondary),
            format!("{name} came back with the primary's server_id {id} and wrote {written} under it"),
            format!(
                "save those rows if they matter; put the lines of `dbha render my.cnf --server secondary` into its \
                 option file; then build it anew: --overwrite-secondary {name}"
            ),
        )
    })
}

/// The recorded primary is the server that was given as the secondary: by mistake, or after a change of roles.
pub(crate) fn swapped_roles(facts: &Both<Facts>) -> Option<Finding> {
    let role = |side: Side| {
        let recorded = facts.of(side).recorded.known()?;
        recorded
            .iter()
            .find(|row| row.server_id == facts.of(side).server_id)
            .map(|row| row.role.clone())
    };
    let (primary, secondary) = (Side::Primary.to_string(), Side::Secondary.to_string());
    let swapped = role(Side::Primary)? == secondary && role(Side::Secondary)? == primary;
    let (a, b) = (&facts.primary.name, &facts.secondary.name);
    swapped.then(|| {
        Finding::new(
            Code::RolesAreSwapped,
            None,
            format!("{a} and {b} are a pair whose primary is {b}"),
            format!("--primary {b} --secondary {a}"),
        )
    })
}

/// Scenario 58: under another number the primary's own events would come back to it as somebody else's.
///
/// Not put back by dbha: on MariaDB open sessions go on writing under the number that they began with.
fn primary_renumbered(facts: &Both<Facts>) -> Option<Finding> {
    let (name, now) = (&facts.primary.name, facts.primary.server_id);
    let before = partner::lost_number(&facts.primary, &facts.secondary)?;
    Some(Finding::new(
        Code::PrimaryRenumbered,
        Some(Side::Primary),
        format!("{name} has server_id {now}, and the pair knows it as {before}"),
        format!(
            "SET GLOBAL server_id = {before} on {name} (MySQL: SET PERSIST), correct its option file, let applications \
             reconnect, then run the same command again"
        ),
    ))
}

pub(super) fn hidden(side: Side, facts: &Facts) -> Option<Finding> {
    let denied = match (&facts.schemas, &facts.accounts) {
        (Observed::Denied(text), _) | (_, Observed::Denied(text)) => text,
        _ => return None,
    };
    Some(Finding::new(
        Code::CannotSee,
        Some(side),
        denied.clone(),
        "grant SELECT ON *.* to the account that dbha logs in with",
    ))
}

/// Lists what on a server is somebody's (safety rule 2); `peer` is the server whose accounts excuse equal ones.
pub(crate) fn holds_data(facts: &Facts, peer: &Facts) -> Vec<String> {
    holds_data_beside(
        facts,
        peer.accounts.known().map(Vec::as_slice).unwrap_or_default(),
    )
}

/// As [`holds_data`], where the accounts that excuse equal ones are known by themselves.
pub(super) fn holds_data_beside(facts: &Facts, elsewhere: &[Account]) -> Vec<String> {
    let mut held: Vec<String> = facts
        .data_schemas()
        .iter()
        // An empty schema named test comes with the server.
        .filter(|schema| {
            schema.name != "test" || schema.tables + schema.views + schema.routines + schema.events > 0
        })
        .map(|schema| {
            format!(
                "database {} ({} tables, about {} rows, {} views, {} routines, {} events, {:.1} MB)",
                schema.name,
                schema.tables,
                schema.rows,
                schema.views,
                schema.routines,
                schema.events,
                schema.bytes as f64 / 1e6
            )
        })
        .collect();
    let accounts = facts.accounts.known().map(Vec::as_slice).unwrap_or_default();
    let own = |account: &&Account| is_servers_own(account, facts) || elsewhere.contains(account);
    held.extend(accounts.iter().filter(|account| !own(account)).map(account_name));
    held
}

/// Names an account or role for people.
pub(crate) fn account_name(account: &Account) -> String {
    match account.is_role {
        true => format!("role {}", account.user),
        false => format!("account {}@{}", account.user, account.host),
    }
}

/// Lists everything that a copy takes from the secondary: its data, accounts that become the primary's, its own logs.
pub(crate) fn thrown_away(facts: &Both<Facts>) -> Vec<String> {
    let secondary = &facts.secondary;
    let mut all = holds_data(secondary, &facts.primary);
    let elsewhere = facts
        .primary
        .accounts
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let accounts = secondary.accounts.known().map(Vec::as_slice).unwrap_or_default();
    let replaced = |account: &&Account| {
        let local = ["localhost", "127.0.0.1", "::1"].contains(&account.host.as_str());
        !local && !is_servers_own(account, secondary) && elsewhere.contains(account)
    };
    all.extend(accounts.iter().filter(replaced).map(|account| {
        let (user, host) = (&account.user, &account.host);
        format!("password, options and grants of {user}@{host}, which become the primary's")
    }));
    let position = secondary.position();
    if !position.is_empty() {
        let at = secondary
            .binlog
            .as_ref()
            .map_or(String::new(), |(file, offset)| format!(" up to {file}:{offset}"));
        all.push(format!("its own binary logs{at} (GTID {position})"));
    }
    all
}

/// An account that is no data: the server's own, root, anonymous, dbha's, or the one that dbha is logged in with.
pub(crate) fn is_servers_own(account: &Account, facts: &Facts) -> bool {
    let name = account.user.as_str();
    let system = name.is_empty()
        || name.starts_with("mysql.")
        || name.starts_with("dbha_")
        || matches!(
            name,
            "root" | "mysql" | "mariadb.sys" | "debian-sys-maint" | "healthcheck" | "PUBLIC"
        );
    system || format!("{}@{}", account.user, account.host) == facts.own_account
}

/// Scenarios 6, 10, 11 and 12.
fn secondary_in_use(facts: &Both<Facts>, options: &SetupOptions) -> Vec<Finding> {
    // Only what a copy of dbha has put there may go without a word; a mere claim allows nothing.
    let claimed = facts
        .secondary
        .claim
        .known()
        .is_some_and(|claim| claim.state != ClaimState::Claimed);
    let named = is_named_for_overwriting(facts, options);
    let held = holds_data(&facts.secondary, &facts.primary);
    if claimed || named || held.is_empty() || adoption::is_adoptable(facts, options) {
        return vec![];
    }
    let list = thrown_away(facts).join("; ");
    let mut found = vec![Finding::new(
        Code::SecondaryHasData,
        Some(Side::Secondary),
        format!(
            "{} is not empty; all of this would go: {list}",
            facts.secondary.name
        ),
        format!(
            "give an empty server; or, if all of this may be thrown away, add --overwrite-secondary {}",
            facts.secondary.name
        ),
    )];
    if holds_data(&facts.primary, &facts.secondary).is_empty() {
        found.push(Finding::new(
            Code::SwappedArguments,
            None,
            format!(
                "{} is empty and {} is not",
                facts.primary.name, facts.secondary.name
            ),
            format!(
                "--primary {} --secondary {}",
                facts.secondary.name, facts.primary.name
            ),
        ));
    }
    found
}

/// A named member that shows no error is not copied: the same command line twice must change nothing the second time.
fn overwriting_is_idle(facts: &Both<Facts>, options: &SetupOptions) -> Option<Finding> {
    let idle = is_named_for_overwriting(facts, options) && is_provisioned(facts, options);
    idle.then(|| {
        let name = &facts.secondary.name;
        Finding::new(
            Code::NothingToOverwrite,
            Some(Side::Secondary),
            format!(
                "{name} is in the pair already and its link shows no error: nothing of it is overwritten"
            ),
            "nothing to do; if you know that its data differs, make it a stranger first (guide: Building the \
             secondary anew)",
        )
    })
}

/// Scenarios 14 and 15: transactions without data are named exactly before they go.
fn logs_reset(facts: &Both<Facts>) -> Option<Finding> {
    let secondary = &facts.secondary;
    let own = secondary.position().minus(&facts.primary.position());
    (!secondary.position().is_empty()).then(|| {
        Finding::new(
            Code::SecondaryLogsReset,
            Some(Side::Secondary),
            match own.is_empty() {
                true => format!(
                    "the binary log of {} ({}) is replaced",
                    secondary.name,
                    secondary.position()
                ),
                false => format!(
                    "{} has transactions that are not on the primary ({own}); they go with its binary log",
                    secondary.name
                ),
            },
            "nothing to do; save its binary logs first if you need them",
        )
    })
}
