use super::accounts::require;
use crate::{
    AccountTls, Dialect, Flavor, MONITOR_USER, Secret, Statement, Version, quote_account, quote_literal,
};

impl Dialect {
    /// Makes the monitor's account exactly as wanted: password, TLS, and what a monitor needs.
    ///
    /// The table of heartbeats has to be there.
    pub fn ensure_monitor_account(
        &self,
        host: &str,
        password: &Secret,
        tls: AccountTls,
        opens: bool,
    ) -> Vec<Statement> {
        let account = quote_account(MONITOR_USER, host);
        let mut statements = self.identify_account(&account, password, tls);
        statements.extend(self.only_monitor(&account, opens));
        statements
    }

    /// Makes an account of the monitor that exists as wanted but for its password, which it keeps.
    pub fn restrict_monitor_account(&self, host: &str, tls: AccountTls, opens: bool) -> Vec<Statement> {
        let account = quote_account(MONITOR_USER, host);
        let mut statements = vec![Statement::new(format!("ALTER USER {account} {}", require(tls)))];
        statements.extend(self.only_monitor(&account, opens));
        statements
    }

    /// Lists what makes the monitor's account where dbha does not do it itself; the password is a word to be replaced.
    pub fn monitor_account_by_hand(&self, host: &str, opens: bool) -> Vec<Statement> {
        let account = quote_account(MONITOR_USER, host);
        let mut statements = vec![
            self.heartbeat_table(),
            Statement::new(format!(
                "CREATE USER IF NOT EXISTS {account} IDENTIFIED BY {}",
                quote_literal("PASSWORD")
            )),
        ];
        statements.extend(self.grants_of_monitor(&account, opens));
        statements
    }

    /// Reads where dbha's connection is seen to come from, and whether the table of heartbeats is there: columns `host`
    /// and `heartbeat` (1 or 0).
    pub fn read_monitor_place(&self) -> Statement {
        Statement::new(
            "SELECT SUBSTRING_INDEX(USER(), '@', -1) AS host, (SELECT COUNT(*) FROM information_schema.tables \
             WHERE table_schema = 'dbha' AND table_name = 'heartbeat') AS heartbeat",
        )
    }

    /// Drops the table of heartbeats.
    pub fn drop_heartbeat_table(&self) -> Statement {
        Statement::new("DROP TABLE IF EXISTS dbha.heartbeat")
    }

    /// Reads what the monitor's accounts may do: columns `grantee`, `place` (`*.*`, `schema.*`, `schema.table`) and
    /// `privilege`; `USAGE` for one that may do nothing.
    pub fn read_monitor_grants(&self) -> Statement {
        let of_monitor = format!(
            "grantee LIKE {}",
            quote_literal(&format!("'{}'@%", MONITOR_USER.replace('_', "\\_")))
        );
        Statement::new(format!(
            "SELECT grantee, '*.*' AS place, privilege_type AS privilege FROM information_schema.user_privileges \
             WHERE {of_monitor} \
             UNION ALL SELECT grantee, CONCAT(table_schema, '.*'), privilege_type FROM information_schema.schema_privileges \
             WHERE {of_monitor} \
             UNION ALL SELECT grantee, CONCAT(table_schema, '.', table_name), privilege_type \
             FROM information_schema.table_privileges WHERE {of_monitor}"
        ))
    }

    /// Lists what the monitor may do, as place and privilege; `opens`: also what opens the writer of a managed pair.
    pub fn wanted_of_monitor(&self, opens: bool) -> Vec<(&'static str, &'static str)> {
        let global: &[&str] = match self.flavor() {
            // Before 10.5.9 there was no privilege for the look alone.
            Flavor::MariaDb if self.version() < Version::new(10, 5, 9) => {
                &["REPLICATION SLAVE ADMIN", "BINLOG MONITOR", "PROCESS"]
            }
            Flavor::MariaDb => &["SLAVE MONITOR", "BINLOG MONITOR", "PROCESS"],
            Flavor::MySql => &["REPLICATION CLIENT", "PROCESS"],
        };
        let opening: &[&str] = match self.flavor() {
            _ if !opens => &[],
            Flavor::MariaDb => &["READ_ONLY ADMIN", "REPLICATION MASTER ADMIN"],
            Flavor::MySql if self.can_persist_settings() => &["SYSTEM_VARIABLES_ADMIN"],
            Flavor::MySql => &["SUPER"],
        };
        let global = global.iter().chain(opening);
        let mut all: Vec<_> = global.map(|privilege| ("*.*", *privilege)).collect();
        all.push(("dbha.*", "SELECT"));
        all.extend(["INSERT", "UPDATE", "DELETE"].map(|privilege| ("dbha.heartbeat", privilege)));
        all
    }

    fn only_monitor(&self, account: &str, opens: bool) -> Vec<Statement> {
        let mut statements = vec![Statement::new(format!(
            "REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account}"
        ))];
        statements.extend(self.grants_of_monitor(account, opens));
        statements
    }

    fn grants_of_monitor(&self, account: &str, opens: bool) -> Vec<Statement> {
        let wanted = self.wanted_of_monitor(opens);
        let grant = |place: &str| {
            let of_place = wanted.iter().filter(|(other, _)| *other == place);
            let privileges: Vec<&str> = of_place.map(|(_, privilege)| *privilege).collect();
            Statement::new(format!("GRANT {} ON {place} TO {account}", privileges.join(", ")))
        };
        ["*.*", "dbha.*", "dbha.heartbeat"].map(grant).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(text: &str) -> Dialect {
        let (flavor, version) = Version::detect(text).unwrap();
        Dialect::new(flavor, version)
    }

    #[test]
    fn each_release_gets_the_least_that_it_has() {
        let global = |text: &str| {
            dialect(text).grants_of_monitor("'dbha_monitor'@'h'", false)[0]
                .shown()
                .to_owned()
        };
        assert_eq!(
            global("10.5.8-MariaDB"),
            "GRANT REPLICATION SLAVE ADMIN, BINLOG MONITOR, PROCESS ON *.* TO 'dbha_monitor'@'h'"
        );
        assert_eq!(
            global("10.5.9-MariaDB"),
            "GRANT SLAVE MONITOR, BINLOG MONITOR, PROCESS ON *.* TO 'dbha_monitor'@'h'"
        );
        assert_eq!(
            global("5.7.44"),
            "GRANT REPLICATION CLIENT, PROCESS ON *.* TO 'dbha_monitor'@'h'"
        );
    }

    #[test]
    fn a_hostile_host_stays_a_host() {
        for statement in
            dialect("9.7.4").monitor_account_by_hand("h' IDENTIFIED BY ''; DROP DATABASE x; -- ", true)
        {
            let text = statement.shown();
            assert!(!text.contains("TO 'dbha_monitor'@'h' "), "{text}");
        }
    }
}
