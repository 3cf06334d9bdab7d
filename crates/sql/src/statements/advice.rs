use crate::{Account, Dialect, Flavor, Setting, Statement, Version, quote_account, quote_identifier};

/// Statements that dbha never sends: they are shown to people, who may.
impl Dialect {
    /// Shows how a setting is changed until the next restart, or for good where the server can do that.
    pub fn advise_setting(&self, setting: Setting, value: impl std::fmt::Display) -> Option<Statement> {
        let name = self.variable(setting)?;
        let verb = if self.can_persist_settings() {
            "PERSIST"
        } else {
            "GLOBAL"
        };
        Some(Statement::new(format!("SET {verb} {name} = {value}")))
    }

    /// Shows how an account is dropped.
    pub fn advise_drop_account(&self, account: &Account) -> Statement {
        Statement::new(format!(
            "DROP USER {}",
            quote_account(&account.user, &account.host)
        ))
    }

    /// Shows how privileges are granted on everything, with the right to hand them on.
    pub fn advise_grant(&self, privileges: &str, user: &str, host: &str) -> Statement {
        let account = quote_account(user, host);
        Statement::new(format!(
            "GRANT {privileges} ON *.* TO {account} WITH GRANT OPTION"
        ))
    }

    /// Shows how privileges are given to an account that may not pass them on.
    pub fn advise_plain_grant(&self, privileges: &str, user: &str, host: &str) -> Statement {
        let account = quote_account(user, host);
        Statement::new(format!("GRANT {privileges} ON *.* TO {account}"))
    }

    /// Shows how a table is changed to InnoDB.
    pub fn advise_innodb(&self, schema: &str, table: &str) -> Statement {
        let (schema, table) = (quote_identifier(schema), quote_identifier(table));
        Statement::new(format!("ALTER TABLE {schema}.{table} ENGINE=InnoDB"))
    }

    /// Shows how a link of somebody else is ended, by its connection or channel.
    pub fn advise_end_link(&self, channel: &str) -> Vec<Statement> {
        self.remove_probe(channel)
    }

    /// Returns the command that fills the tables of time zone names.
    pub fn time_zone_loader(&self) -> &'static str {
        match self.flavor() {
            Flavor::MariaDb if self.version() >= Version::new(10, 6, 0) => {
                "mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql"
            }
            _ => "mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql",
        }
    }
}
