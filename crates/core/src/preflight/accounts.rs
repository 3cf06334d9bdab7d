//! Accounts that deserve a word before they are copied or before one server is made read-only.

use super::list::shortened;
use crate::{Finding, FindingCode as Code, Side};
use dbha_sql::{Account, Facts, Setting};

/// Hosts that mean the server's own machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Tells whether an account is for the server's own machine alone.
pub(super) fn is_local(account: &Account) -> bool {
    LOCAL.contains(&account.host.as_str())
}

/// Returns `user@host` as people write it; nobody's name is empty quotes.
pub(super) fn named(account: &Account) -> String {
    match account.user.as_str() {
        "" => format!("''@{}", account.host),
        user => format!("{user}@{}", account.host),
    }
}

/// Scenario 30a, the security wizard's findings: copied only knowingly.
pub(super) fn insecure(primary: &Facts) -> Option<Finding> {
    let around = &primary.surroundings;
    let accounts = primary.accounts.known().map(Vec::as_slice).unwrap_or_default();
    let logins = around.logins.known().map(Vec::as_slice).unwrap_or_default();
    let anonymous: Vec<String> = accounts
        .iter()
        .filter(|account| account.user.is_empty() && !account.is_role)
        .map(named)
        .collect();
    let open: Vec<&Account> = logins
        .iter()
        .filter(|login| login.needs_no_password && !login.account.user.is_empty())
        .map(|login| &login.account)
        .collect();
    let databases = around
        .open_databases
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut seen = Vec::new();
    if !anonymous.is_empty() {
        seen.push(format!("anonymous accounts {}", shortened(&anonymous, ", ")));
    }
    if !open.is_empty() {
        let names: Vec<String> = open.iter().map(|account| named(account)).collect();
        seen.push(format!("no password for {}", shortened(&names, ", ")));
    }
    if !databases.is_empty() {
        seen.push(format!(
            "every account may use the databases {}",
            shortened(databases, ", ")
        ));
    }
    if seen.is_empty() {
        return None;
    }
    let dropped = accounts
        .iter()
        .filter(|account| account.user.is_empty() && !account.is_role)
        .map(|account| primary.dialect.advise_drop_account(account));
    Some(
        Finding::new(
            Code::InsecureAccounts,
            Some(Side::Primary),
            format!("{}: {}", primary.name, seen.join("; ")),
            "run mariadb-secure-installation (mysql_secure_installation) on the primary first, and give every account a password; \
             else all of this is copied",
        )
        .with_lines(super::list::lines(dropped)),
    )
}

/// Safety rule 13; only accounts that people log in to from elsewhere are worth a word.
pub(crate) fn beyond_read_only(primary: &Facts) -> Option<Finding> {
    // super_read_only holds every account back.
    if primary.settings.contains_key(&Setting::SuperReadOnly) {
        return None;
    }
    let accounts = primary.accounts.known()?;
    let remote_root: Vec<String> = accounts
        .iter()
        .filter(|account| account.user == "root" && !is_local(account))
        .map(named)
        .collect();
    (!remote_root.is_empty()).then(|| {
        Finding::new(
            Code::ReadOnlyDoesNotHold,
            Some(Side::Secondary),
            format!(
                "{} can write on the secondary in spite of read_only",
                remote_root.join(", ")
            ),
            "let applications use accounts without SUPER and READ ONLY ADMIN",
        )
    })
}
