use crate::{
    Account, Dialect, Flavor, Secret, Statement, Version, native_password_hash, quote_account,
    quote_identifier, quote_literal,
};

/// Whether an account may log in only over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountTls {
    /// REQUIRE SSL.
    Required,
    /// REQUIRE NONE.
    Free,
}

impl Dialect {
    /// Makes a replication account exactly as wanted: password, TLS, REPLICATION SLAVE and nothing else.
    ///
    /// MariaDB gets the password as a hash, because it writes account statements verbatim into its binary log.
    pub fn ensure_replication_account(
        &self,
        user: &str,
        host: &str,
        password: &Secret,
        tls: AccountTls,
    ) -> Vec<Statement> {
        let account = quote_account(user, host);
        let mut statements = self.identify_account(&account, password, tls);
        statements.extend(only_replicate(&account));
        statements
    }

    /// Makes an account with this password, or gives it to one that is there; grants stay as they are.
    pub(super) fn identify_account(
        &self,
        account: &str,
        password: &Secret,
        tls: AccountTls,
    ) -> Vec<Statement> {
        let masked = self.identified("'***'");
        let sent = match self.flavor() {
            Flavor::MariaDb => self.identified(&quote_literal(native_password_hash(password).expose())),
            Flavor::MySql => self.identified(&quote_literal(password.expose())),
        };
        let both = |verb: &str, end: &str| {
            Statement::with_secret(
                format!("{verb} {account} {sent}{end}"),
                format!("{verb} {account} {masked}{end}"),
            )
        };
        let mut statements = self.hide_from_logs(true);
        statements.push(both("CREATE USER IF NOT EXISTS", ""));
        statements.push(both("ALTER USER", &format!(" {}", require(tls))));
        statements.extend(self.hide_from_logs(false));
        statements
    }

    /// Makes a replication account that exists as wanted but for its password, which it keeps.
    pub fn restrict_replication_account(&self, user: &str, host: &str, tls: AccountTls) -> Vec<Statement> {
        let account = quote_account(user, host);
        let mut statements = vec![Statement::new(format!("ALTER USER {account} {}", require(tls)))];
        statements.extend(only_replicate(&account));
        statements
    }

    /// Gives the account that is logged in another password.
    pub fn change_own_password(&self, password: &Secret) -> Statement {
        let text = |secret: &str| format!("ALTER USER CURRENT_USER() IDENTIFIED BY {secret}");
        Statement::with_secret(text(&quote_literal(password.expose())), text("'***'"))
    }

    /// Drops an account that people or links log in with, if it is there; whoever is logged in with it stays so until its connection ends.
    pub fn drop_user(&self, user: &str, host: &str) -> Statement {
        Statement::new(format!("DROP USER IF EXISTS {}", quote_account(user, host)))
    }

    /// Drops an account or role, if it is there.
    pub fn drop_account(&self, account: &Account) -> Statement {
        match account.is_role {
            true => Statement::new(format!("DROP ROLE IF EXISTS {}", quote_identifier(&account.user))),
            false => self.drop_user(&account.user, &account.host),
        }
    }

    pub(super) fn identified(&self, secret: &str) -> String {
        match self.flavor() {
            Flavor::MariaDb => format!("IDENTIFIED BY PASSWORD {secret}"),
            Flavor::MySql if self.version() < Version::new(8, 0, 4) => {
                format!("IDENTIFIED WITH mysql_native_password BY {secret}")
            }
            Flavor::MySql => format!("IDENTIFIED WITH caching_sha2_password BY {secret}"),
        }
    }

    /// Reads the grants of the account that is logged in.
    pub fn read_own_grants(&self) -> Statement {
        Statement::new("SHOW GRANTS")
    }

    /// Reads name and host of every account; column `role` is `Y` for roles that are no accounts.
    pub fn read_accounts(&self) -> Statement {
        Statement::new(match self.flavor() {
            Flavor::MariaDb => {
                "SELECT CONVERT(User USING utf8mb4) AS user, CONVERT(Host USING utf8mb4) AS host, is_role AS role \
                 FROM mysql.user ORDER BY 1, 2"
            }
            Flavor::MySql => {
                "SELECT CONVERT(User USING utf8mb4) AS user, CONVERT(Host USING utf8mb4) AS host, 'N' AS role \
                 FROM mysql.user ORDER BY 1, 2"
            }
        })
    }

    /// Reads the replication accounts with what they may do: columns `user`, `host`, `tls`, `replica` and `more`.
    ///
    /// `replica` is `Y` where REPLICATION SLAVE is granted, `more` is `Y` where a strong privilege is granted too.
    pub fn read_replication_accounts(&self, user: &str) -> Statement {
        Statement::new(format!(
            "SELECT CONVERT(User USING utf8mb4) AS user, CONVERT(Host USING utf8mb4) AS host, ssl_type AS tls, \
             Repl_slave_priv AS replica, \
             IF('Y' IN (Select_priv, Insert_priv, Update_priv, Delete_priv, Super_priv, Create_user_priv), 'Y', 'N') AS more \
             FROM mysql.user WHERE User = {} ORDER BY Host",
            quote_literal(user)
        ))
    }
}

pub(super) fn require(tls: AccountTls) -> &'static str {
    match tls {
        AccountTls::Required => "REQUIRE SSL",
        AccountTls::Free => "REQUIRE NONE",
    }
}

fn only_replicate(account: &str) -> [Statement; 2] {
    [
        Statement::new(format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account}")),
        Statement::new(format!("GRANT REPLICATION SLAVE ON *.* TO {account}")),
    ]
}
