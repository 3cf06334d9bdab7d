use crate::{Dialect, Flavor, SessionProfile, Statement, Version};

impl Dialect {
    /// Prepares a fresh connection for what it is for.
    ///
    /// One SET, one round trip. The session's own `sql_mode` makes quoting certain (scenario 5), lets zero dates
    /// and row id 0 through unchanged, and stays strict so that nothing is cut in silence.
    pub fn prepare_session(&self, profile: SessionProfile) -> Statement {
        let charset = if profile.raw_texts() { "binary" } else { "utf8mb4" };
        let mut set: Vec<String> = vec![
            "sql_mode = 'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'"
                .into(),
            "time_zone = '+00:00'".into(),
            format!("lock_wait_timeout = {}", profile.lock_wait_seconds()),
            // A site's own wait_timeout of a minute would cut a connection that waits for a long copy.
            "wait_timeout = 604800".into(),
        ];
        if profile.raw_texts() {
            set.push("net_write_timeout = 28800".into());
        }
        match profile {
            SessionProfile::Reader => set.push(format!("{} = 'REPEATABLE-READ'", self.isolation_variable())),
            SessionProfile::Loader => set.extend(self.loader_variables()),
            SessionProfile::Control | SessionProfile::Monitor => {}
        }
        set.extend(self.own_variables());
        Statement::new(format!("SET NAMES {charset}, {}", set.join(", ")))
    }

    /// Reads the largest packet that the server takes, in bytes.
    pub(crate) fn read_largest_packet(&self) -> Statement {
        Statement::new("SELECT @@max_allowed_packet")
    }

    /// Turns the binary log of this session off or on again.
    pub fn log_this_session(&self, on: bool) -> Statement {
        Statement::new(format!("SET SESSION sql_log_bin = {}", u8::from(on)))
    }

    /// Keeps the statements that follow out of the general and the slow log, as far as the server allows.
    ///
    /// MariaDB writes CHANGE MASTER with its password into both; MySQL masks it by itself.
    pub fn hide_from_logs(&self, hidden: bool) -> Vec<Statement> {
        match self.flavor() {
            Flavor::MySql => vec![],
            Flavor::MariaDb => vec![Statement::new(format!(
                "SET SESSION sql_log_off = {}, SESSION slow_query_log = {}",
                u8::from(hidden),
                u8::from(!hidden)
            ))],
        }
    }

    fn isolation_variable(&self) -> &'static str {
        match self.flavor() {
            Flavor::MariaDb if self.version() < Version::new(11, 1, 1) => "tx_isolation",
            Flavor::MySql if self.version() < Version::new(8, 0, 3) => "tx_isolation",
            _ => "transaction_isolation",
        }
    }

    fn loader_variables(&self) -> Vec<String> {
        let mut set = vec![
            "sql_log_bin = 0".into(),
            "foreign_key_checks = 0".into(),
            "unique_checks = 1".into(),
        ];
        if self.flavor() == Flavor::MariaDb {
            set.push("check_constraint_checks = 0".into());
            return set;
        }
        // A copied table keeps the key it has, none included.
        if self.version() >= Version::new(8, 0, 13) {
            set.push("sql_require_primary_key = OFF".into());
        }
        if self.version() >= Version::new(8, 0, 30) {
            set.push("sql_generate_invisible_primary_key = OFF".into());
        }
        set
    }

    fn own_variables(&self) -> Vec<String> {
        let mut set = vec![];
        match self.flavor() {
            Flavor::MariaDb => set.push("max_statement_time = 0".to_owned()),
            Flavor::MySql => {
                set.push("max_execution_time = 0".to_owned());
                // Hashes of caching_sha2_password hold control bytes.
                if self.version() >= Version::new(8, 0, 17) {
                    set.push("print_identified_with_as_hex = ON".to_owned());
                }
            }
        }
        set
    }
}
