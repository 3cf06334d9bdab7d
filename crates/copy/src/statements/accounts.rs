use dbha_sql::{Dialect, Flavor, Statement, quote_account, quote_identifier};

/// Reads which accounts belong to the server itself, as seen from the session: columns `own`, `host_name`.
pub(crate) fn own_account() -> Statement {
    Statement::new("SELECT CURRENT_USER() AS own, @@global.hostname AS host_name")
}

/// Lists accounts and roles: columns `user`, `host`, `role` (`Y` for roles that are no accounts), `default_role`.
pub(crate) fn list(dialect: Dialect) -> Statement {
    Statement::new(match dialect.flavor() {
        Flavor::MariaDb => {
            "SELECT CONVERT(User USING utf8mb4) AS user, CONVERT(Host USING utf8mb4) AS host, is_role AS role, \
             CONVERT(default_role USING utf8mb4) AS default_role FROM mysql.user ORDER BY is_role DESC, 1, 2"
        }
        _ => {
            "SELECT CONVERT(User USING utf8mb4) AS user, CONVERT(Host USING utf8mb4) AS host, 'N' AS role, \
             '' AS default_role FROM mysql.user ORDER BY 1, 2"
        }
    })
}

/// Names an account, or a role where `host` is `None`, as the server's own statements do.
pub(crate) fn grantee(user: &str, host: Option<&str>) -> String {
    match host {
        Some(host) => format!("{}@{}", quote_identifier(user), quote_identifier(host)),
        None => quote_identifier(user),
    }
}

fn named(user: &str, host: Option<&str>) -> String {
    match host {
        Some(host) => quote_account(user, host),
        None => quote_identifier(user),
    }
}

/// Reads how an account is created; the answer holds a password's hash.
pub(crate) fn show_account(user: &str, host: &str) -> Statement {
    Statement::new(format!("SHOW CREATE USER {}", quote_account(user, host)))
}

/// Reads what is granted to an account or a role.
pub(crate) fn show_grants(user: &str, host: Option<&str>) -> Statement {
    Statement::new(format!("SHOW GRANTS FOR {}", named(user, host)))
}

/// Creates an account as `SHOW CREATE USER` gave it, hash and all.
pub(crate) fn create_account(user: &str, host: &str, create: &str) -> Statement {
    Statement::with_secret(create, format!("CREATE USER {} ***", quote_account(user, host)))
}

/// Makes an account that is there as `SHOW CREATE USER` gave it, hash and all.
pub(crate) fn alter_account(user: &str, host: &str, create: &str) -> Statement {
    let text = create.replacen("CREATE USER", "ALTER USER", 1);
    Statement::with_secret(text, format!("ALTER USER {} ***", quote_account(user, host)))
}

/// Creates a role.
pub(crate) fn create_role(name: &str) -> Statement {
    Statement::new(format!("CREATE ROLE {}", quote_identifier(name)))
}

/// Takes a role back from the account that created it and thereby got it, or only the right to pass it on.
pub(crate) fn give_back_role(name: &str, own: &(String, String), only_passing_on: bool) -> Statement {
    let what = if only_passing_on { "ADMIN OPTION FOR " } else { "" };
    Statement::new(format!(
        "REVOKE {what}{} FROM {}",
        quote_identifier(name),
        quote_account(&own.0, &own.1)
    ))
}

/// Drops an account or a role.
pub(crate) fn drop_account(user: &str, host: Option<&str>) -> Statement {
    let word = if host.is_some() { "USER" } else { "ROLE" };
    Statement::new(format!("DROP {word} IF EXISTS {}", named(user, host)))
}

/// Grants as `SHOW GRANTS` gave it; on MariaDB the line about logging in can hold a hash.
pub(crate) fn grant(line: &str) -> Statement {
    match line.find(" IDENTIFIED ") {
        Some(at) => Statement::with_secret(line, format!("{} IDENTIFIED ***", &line[..at])),
        None => Statement::new(line),
    }
}

/// Takes back what a line of `SHOW GRANTS` says; `None` where the line is of a kind that cannot be turned round.
pub(crate) fn revoke(line: &str, grantee: &str) -> Option<Statement> {
    let granted = line.strip_prefix("GRANT ")?;
    let (what, _) = granted.split_once(&format!(" TO {grantee}"))?;
    Some(Statement::new(format!("REVOKE {what} FROM {grantee}")))
}

/// Makes roles active from the login on.
pub(crate) fn set_default_roles(dialect: Dialect, user: &str, host: &str, roles: &str) -> Statement {
    let account = quote_account(user, host);
    Statement::new(match dialect.flavor() {
        Flavor::MariaDb => format!("SET DEFAULT ROLE {} FOR {account}", quote_identifier(roles)),
        _ => format!("ALTER USER {account} DEFAULT ROLE {roles}"),
    })
}
