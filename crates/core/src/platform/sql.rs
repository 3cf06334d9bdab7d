//! The statements that make a platform's databases and account, for whoever runs them on the primary.

use super::{Platform, install::checked_password};
use crate::rendered::{NotRenderable, plain};
use dbha_sql::{Dialect, Secret, Statement};

/// What the statements are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformSqlWanted {
    /// The platform.
    pub platform: Platform,
    /// Host parts of the account: where the platform's servers come from, as the database servers see them.
    pub hosts: Vec<String>,
    /// The account's password; `None` leaves a word to be replaced.
    pub password: Option<Secret>,
}

/// Writes the statements; what is there already stays as it is.
///
/// # Errors
/// [`NotRenderable`] for a host that is no host part of an account (scenario 84), and for a password that the platform
/// cannot carry; the password is not told.
pub fn platform_sql(dialect: Dialect, wanted: &PlatformSqlWanted) -> Result<String, NotRenderable> {
    if wanted.platform.needs().account.is_none() {
        let title = wanted.platform.title();
        return Ok(format!("-- {title} itself keeps nothing in MySQL or MariaDB.\n"));
    }
    let statements = statements(dialect, wanted)?;
    let mut text = about(dialect, wanted);
    for statement in statements {
        text.push_str(&format!("{};\n", statement.sql()));
    }
    Ok(text)
}

/// Lists the statements; none where the platform keeps nothing in a database.
///
/// # Errors
/// As [`platform_sql`].
pub(crate) fn statements(
    dialect: Dialect,
    wanted: &PlatformSqlWanted,
) -> Result<Vec<Statement>, NotRenderable> {
    let Some(account) = &wanted.platform.needs().account else {
        return Ok(vec![]);
    };
    let password = wanted.password.as_ref();
    password.map(checked_password).transpose()?;
    if account.makes_its_own && !wanted.hosts.iter().any(|host| host == "%") {
        return Err(NotRenderable {
            what: "an account without the host",
            value: "%".to_owned(),
            file: "the statements for Cloudpods",
            fix: "give --client-host %: its installer asks for the account at that very host; keep others out by a firewall",
        });
    }
    let databases = wanted.platform.needs().databases;
    let mut statements: Vec<Statement> = databases
        .iter()
        .map(|database| dialect.ensure_database(database.name, database.charset))
        .collect();
    for host in &wanted.hosts {
        let host = plain(host, "-_.:%/", |value| NotRenderable {
            what: "the host",
            value,
            file: "the host part of an account",
            fix: "give an address, a name, or a pattern such as 10.0.0.%",
        })?;
        statements.push(dialect.ensure_client_account(account.user, host, password));
        match account.makes_its_own {
            true => statements.extend(dialect.grant_everything_but_writing_on_a_standby(account.user, host)),
            false => statements.extend(
                databases
                    .iter()
                    .map(|database| dialect.grant_database(database.name, account.user, host)),
            ),
        }
    }
    Ok(statements)
}

fn about(dialect: Dialect, wanted: &PlatformSqlWanted) -> String {
    let mut text = format!(
        "-- What {} finds on the primary; made by dbha render platform-sql. Run this on the primary, before or after dbha\n\
         -- setup: the secondary gets it by the copy, or by replication.\n",
        wanted.platform.title()
    );
    if wanted.password.is_none() {
        text.push_str("-- Put your password in place of PASSWORD, or let --password-file and --out do it.\n");
        if dialect.logs_account_statements_verbatim() {
            text.push_str(
                "-- This server writes CREATE USER into its binary log as it stands. To keep the password out of it, write\n\
                 -- IDENTIFIED BY PASSWORD '*HASH' with what SELECT PASSWORD('...') prints.\n",
            );
        }
    }
    text
}
