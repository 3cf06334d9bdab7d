use crate::{
    Dialect, Flavor, Secret, Statement, native_password_hash, quote_account, quote_identifier, quote_literal,
};

/// Databases and accounts of an application: a set-up sends them where it is told to, else people run them on the primary.
impl Dialect {
    /// Makes a database, if it is not there; without a character set and collation it gets the server's.
    pub fn ensure_database(&self, name: &str, charset: Option<(&str, &str)>) -> Statement {
        let charset = charset.map_or(String::new(), |(charset, collation)| {
            format!(" CHARACTER SET {charset} COLLATE {collation}")
        });
        Statement::new(format!(
            "CREATE DATABASE IF NOT EXISTS {}{charset}",
            quote_identifier(name)
        ))
    }

    /// Drops a database, if it is there.
    pub fn drop_database(&self, name: &str) -> Statement {
        Statement::new(format!("DROP DATABASE IF EXISTS {}", quote_identifier(name)))
    }

    /// Makes an account, if it is not there; without a password it holds a word to be replaced.
    ///
    /// MariaDB gets the password as a hash, because it writes account statements verbatim into its binary log.
    pub fn ensure_client_account(&self, user: &str, host: &str, password: Option<&Secret>) -> Statement {
        let create = format!("CREATE USER IF NOT EXISTS {}", quote_account(user, host));
        let Some(password) = password else {
            return Statement::new(format!("{create} IDENTIFIED BY {}", quote_literal("PASSWORD")));
        };
        let secret = match self.flavor() {
            Flavor::MariaDb => native_password_hash(password),
            Flavor::MySql => password.clone(),
        };
        Statement::with_secret(
            format!("{create} {}", self.identified(&quote_literal(secret.expose()))),
            format!("{create} {}", self.identified("'***'")),
        )
    }

    /// Gives an account everything in one database.
    pub fn grant_database(&self, database: &str, user: &str, host: &str) -> Statement {
        // In a grant both are wildcards.
        let place = quote_identifier(&database.replace('_', "\\_").replace('%', "\\%"));
        Statement::new(format!(
            "GRANT ALL PRIVILEGES ON {place}.* TO {}",
            quote_account(user, host)
        ))
    }

    /// Gives an account everything, with the right to pass it on, but nothing that lets it write on a standby.
    pub fn grant_everything_but_writing_on_a_standby(&self, user: &str, host: &str) -> Vec<Statement> {
        let mut all = vec![self.advise_grant("ALL PRIVILEGES", user, host)];
        if self.variable(crate::Setting::SuperReadOnly).is_none() {
            // Scenario 63: without super_read_only these two write past read_only.
            all.push(Statement::new(format!(
                "REVOKE SUPER, READ ONLY ADMIN ON *.* FROM {}",
                quote_account(user, host)
            )));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;

    fn dialect(text: &str) -> Dialect {
        let (flavor, version) = Version::detect(text).unwrap();
        Dialect::new(flavor, version)
    }

    #[test]
    fn a_password_is_a_hash_where_it_would_be_logged_and_never_shown() {
        let secret = Secret::new("marker");
        for version in ["10.11.19-MariaDB", "5.7.44", "9.7.4"] {
            let made = dialect(version).ensure_client_account("k3s", "10.0.0.%", Some(&secret));
            assert!(!made.shown().contains("marker"), "{made}");
            assert_eq!(
                made.sql().contains("marker"),
                !version.contains("Maria"),
                "{version}"
            );
        }
    }

    #[test]
    fn a_name_is_no_pattern_in_a_grant() {
        let grant = dialect("9.7.4").grant_database("a_b", "u", "h");
        assert_eq!(grant.sql(), "GRANT ALL PRIVILEGES ON `a\\_b`.* TO 'u'@'h'");
    }

    #[test]
    fn hostile_names_stay_names() {
        let dialect = dialect("10.11.19-MariaDB");
        let host = "h' IDENTIFIED BY ''; DROP DATABASE x; -- ";
        assert!(
            dialect
                .ensure_client_account("u", host, None)
                .sql()
                .contains("'u'@'h'' IDENT")
        );
        assert!(
            dialect
                .ensure_database("a`; DROP", None)
                .sql()
                .ends_with("`a``; DROP`")
        );
    }
}
