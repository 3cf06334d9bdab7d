use super::{Account, AccountBook, grant_line::with_sorted_columns};
use crate::{CopyError, statements};
use dbha_sql::{Row, Secret, Session, Statement};

/// MariaDB's role that everybody has.
const PUBLIC: &str = "PUBLIC";
/// Accounts that belong to the server's installation and are never touched.
const SYSTEM: [&str; 4] = ["mysql", "mariadb.sys", "debian-sys-maint", "healthcheck"];
/// Those of them that somebody logs in with.
const SCRIPTS: [&str; 2] = ["debian-sys-maint", "healthcheck"];

impl AccountBook {
    /// Reads all accounts, roles and grants; they are in no snapshot, so account statements must be locked out.
    pub(crate) async fn read(session: &mut Session) -> Result<Self, CopyError> {
        let dialect = session.dialect();
        let own = query(session, &statements::accounts::own_account()).await?;
        let own_row = own.first();
        let own = own_row.and_then(|row| row.get("own")).unwrap_or_default();
        let (user, host) = own.rsplit_once('@').unwrap_or((own, ""));
        let mut book = Self {
            accounts: vec![],
            public: vec![],
            unknown: vec![],
            own: (user.to_owned(), host.to_owned()),
            host_name: own_row
                .and_then(|row| row.get("host_name"))
                .unwrap_or_default()
                .to_owned(),
        };
        for row in query(session, &statements::accounts::list(dialect)).await? {
            let user = row.get("user").unwrap_or_default().to_owned();
            let host = row.get("host").unwrap_or_default().to_owned();
            if user == PUBLIC && host.is_empty() {
                book.public = grants(session, PUBLIC, None).await?;
            } else if !is_system(&user) {
                let role = row.get("role") == Some("Y");
                let default_role = row.get("default_role").filter(|role| !role.is_empty());
                let shown = format!("{user}@{host}");
                match account(session, user, (!role).then_some(host), default_role).await? {
                    Some(account) => book.accounts.push(account),
                    None => book.unknown.push(shown),
                }
            }
        }
        Ok(book)
    }
}

/// Reads the accounts that the system's own scripts log in with: they are the same on no two machines.
pub(super) async fn of_system(session: &mut Session) -> Result<Vec<Account>, CopyError> {
    let mut found = vec![];
    for row in query(session, &statements::accounts::list(session.dialect())).await? {
        let user = row.get("user").unwrap_or_default().to_owned();
        let host = row.get("host").unwrap_or_default().to_owned();
        if SCRIPTS.contains(&user.as_str()) {
            found.extend(account(session, user, Some(host), None).await?);
        }
    }
    Ok(found)
}

fn is_system(user: &str) -> bool {
    SYSTEM.contains(&user) || user.starts_with("mysql.")
}

async fn query(session: &mut Session, statement: &Statement) -> Result<Vec<Row>, CopyError> {
    session
        .query(statement)
        .await
        .map_err(CopyError::doing("reading accounts"))
}

/// Reads one account; `None` where the server lists it and does not know it: with `skip_name_resolve`, hosts by name.
async fn account(
    session: &mut Session,
    user: String,
    host: Option<String>,
    default_role: Option<&str>,
) -> Result<Option<Account>, CopyError> {
    let mut create = None;
    let mut default_roles = default_role.map(str::to_owned);
    if let Some(host) = &host {
        let rows = match session
            .query(&statements::accounts::show_account(&user, host))
            .await
        {
            Err(error) if error.code() == Some(1133) => return Ok(None),
            rows => rows.map_err(CopyError::doing("reading accounts"))?,
        };
        let text = rows.first().and_then(|row| row.at(0)).unwrap_or_default();
        let (text, roles) = without_default_roles(text);
        default_roles = default_roles.or(roles);
        create = Some(Secret::new(text));
    }
    let mut grants: Vec<Secret> = grants(session, &user, host.as_deref())
        .await?
        .into_iter()
        .map(Secret::new)
        .collect();
    grants.sort_by(|a, b| a.expose().cmp(b.expose()));
    Ok(Some(Account {
        user,
        host,
        create,
        default_roles,
        grants,
    }))
}

/// Reads what is granted to one grantee alone: newer servers list what its roles and everybody may as well.
async fn grants(session: &mut Session, user: &str, host: Option<&str>) -> Result<Vec<String>, CopyError> {
    let statement = statements::accounts::show_grants(user, host);
    let rows = match session.query(&statement).await {
        Ok(rows) => rows,
        // 1141: nothing is granted.
        Err(error) if error.code() == Some(1141) => vec![],
        Err(error) => return Err(CopyError::doing("reading accounts")(error)),
    };
    // Lines about proxies are quoted in another way by some releases, and PUBLIC by none.
    let grantee = statements::accounts::grantee(user, host);
    let other = host.map_or(user.to_owned(), |host| dbha_sql::quote_account(user, host));
    Ok(rows
        .iter()
        .filter_map(|row| row.at(0))
        .filter(|line| is_for(line, &grantee) || is_for(line, &other))
        .map(with_sorted_columns)
        .collect())
}

fn is_for(line: &str, grantee: &str) -> bool {
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(' ');
    let to = |word: &str| {
        line.match_indices(&format!(" {word} {grantee}"))
            .any(|(at, found)| ends(&line[at + found.len()..]))
    };
    (line.starts_with("GRANT ") && to("TO")) || (line.starts_with("REVOKE ") && to("FROM"))
}

/// MySQL states default roles within CREATE USER, where they cannot be: the roles are granted only later.
fn without_default_roles(create: &str) -> (String, Option<String>) {
    const WORDS: &str = " DEFAULT ROLE ";
    let parted = create.split_once(WORDS).and_then(|(before, after)| {
        let (roles, rest) = after.split_once(" REQUIRE ")?;
        Some((format!("{before} REQUIRE {rest}"), Some(roles.to_owned())))
    });
    parted.unwrap_or_else(|| (create.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_others_are_left_out() {
        assert!(is_for(
            "GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*x'",
            "`a`@`%`"
        ));
        assert!(is_for("GRANT `r` TO `a`@`%` WITH ADMIN OPTION", "`a`@`%`"));
        assert!(!is_for("GRANT SELECT ON *.* TO `PUBLIC`", "`a`@`%`"));
        assert!(!is_for("GRANT SELECT ON *.* TO `a`@`%x`", "`a`@`%`"));
        assert!(is_for("REVOKE INSERT ON `s`.* FROM `a`@`%`", "`a`@`%`"));
        assert!(!is_for("SET DEFAULT ROLE `r` FOR `a`@`%`", "`a`@`%`"));
    }

    #[test]
    fn default_roles_are_taken_out_of_create_user() {
        let create =
            "CREATE USER `a`@`%` IDENTIFIED WITH 'x' AS 0x00 DEFAULT ROLE `r`@`%`,`s`@`%` REQUIRE NONE";
        let (text, roles) = without_default_roles(create);
        assert_eq!(
            text,
            "CREATE USER `a`@`%` IDENTIFIED WITH 'x' AS 0x00 REQUIRE NONE"
        );
        assert_eq!(roles.as_deref(), Some("`r`@`%`,`s`@`%`"));
    }
}
