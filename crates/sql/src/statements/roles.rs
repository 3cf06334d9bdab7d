use crate::{Dialect, Flavor, GtidSet, MariaDbGtids, Setting, Statement, quote_literal};

/// A row for each time that a server was given the writes. Two servers that were given them at once, which must never
/// be, write two rows of one number and no conflict: it can be seen afterwards.
pub(super) const CREATE_TERMS: &str = "CREATE TABLE IF NOT EXISTS dbha.term (term BIGINT UNSIGNED NOT NULL, \
     server_id INT UNSIGNED NOT NULL, reason VARCHAR(16) NOT NULL, began_at DATETIME(3) NOT NULL, \
     PRIMARY KEY (term, server_id)) ENGINE=InnoDB";

impl Dialect {
    /// Creates the table of terms where it is missing, as in a pair that an older dbha made.
    pub fn ensure_terms(&self) -> Statement {
        Statement::new(CREATE_TERMS)
    }

    /// Records the first term where none is recorded.
    pub fn begin_first_term(&self, server_id: u32) -> Statement {
        Statement::new(format!(
            "INSERT INTO dbha.term (term, server_id, reason, began_at) SELECT 1, {server_id}, 'setup', UTC_TIMESTAMP(3) \
             FROM (SELECT COUNT(*) AS terms FROM dbha.term) AS known WHERE terms = 0"
        ))
    }

    /// Records that a server takes the writes from now on.
    pub fn begin_term(&self, term: u64, server_id: u32, reason: &str) -> Statement {
        Statement::new(format!(
            "REPLACE INTO dbha.term (term, server_id, reason, began_at) VALUES ({term}, {server_id}, {}, UTC_TIMESTAMP(3))",
            quote_literal(reason)
        ))
    }

    /// Records which server of the pair is the primary; the other one is the secondary.
    pub fn record_primary(&self, server_id: u32) -> Statement {
        Statement::new(format!(
            "UPDATE dbha.server SET role = IF(server_id = {server_id}, 'primary', 'secondary'), \
             recorded_at = UTC_TIMESTAMP(3)"
        ))
    }

    /// Reads the newest term: columns `term`, `server_id`, `reason`; more than one row where two servers were given it.
    pub fn read_newest_term(&self) -> Statement {
        Statement::new(
            "SELECT term, server_id, reason FROM dbha.term \
             WHERE term = (SELECT MAX(term) FROM dbha.term) ORDER BY server_id",
        )
    }

    /// Reads for how many seconds the server has been up.
    pub fn read_uptime(&self) -> Statement {
        let schema = match self.flavor() {
            Flavor::MariaDb => "information_schema.GLOBAL_STATUS",
            Flavor::MySql => "performance_schema.global_status",
        };
        Statement::new(format!(
            "SELECT VARIABLE_VALUE AS up FROM {schema} WHERE VARIABLE_NAME = 'Uptime'"
        ))
    }

    /// Reads what tells this pair from all others, the same on both servers: their numbers, and when its first term began.
    pub fn read_pair_mark(&self) -> Statement {
        Statement::new(
            "SELECT CONCAT((SELECT GROUP_CONCAT(server_id ORDER BY server_id SEPARATOR '-') FROM dbha.server), '-', \
             (SELECT DATE_FORMAT(MIN(began_at), '%Y%m%d%H%i%S%f') FROM dbha.term)) AS mark",
        )
    }

    /// Lists the transactions that have changed rows and are not ended: columns `id` of their connection, `seconds`
    /// since they began, and `changed` rows.
    pub fn read_open_transactions(&self) -> Statement {
        // Their beginning is told in the time zone of the server's machine, whatever the session's own is.
        Statement::new(
            "SELECT trx_mysql_thread_id AS id, TIMESTAMPDIFF(SECOND, trx_started, \
             CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')) AS seconds, trx_rows_modified AS changed \
             FROM information_schema.INNODB_TRX WHERE trx_rows_modified > 0 AND trx_mysql_thread_id > 0",
        )
    }

    /// Limits how long this session waits for metadata and global locks, which read_only takes for a moment.
    pub fn limit_lock_waits(&self, seconds: u32) -> Statement {
        Statement::new(format!("SET SESSION lock_wait_timeout = {seconds}"))
    }

    /// Tells whether a read-only server can hold back everybody, administrators included.
    pub fn read_only_holds_administrators(&self) -> bool {
        self.variable(Setting::SuperReadOnly).is_some()
    }

    /// Holds every write for as long as this session keeps the lock.
    pub fn hold_writes(&self) -> Statement {
        Statement::new("FLUSH TABLES WITH READ LOCK")
    }

    /// Reads whether writes are refused to everybody whom this server can refuse them: column `refused`, 0 or 1.
    pub fn read_writes_refused(&self) -> Statement {
        let setting = match self.read_only_holds_administrators() {
            true => "super_read_only",
            false => "read_only",
        };
        Statement::new(format!("SELECT @@global.{setting} AS refused"))
    }

    /// Names the program that writes binary logs as statements.
    pub fn binlog_program(&self) -> &'static str {
        match self.flavor() {
            Flavor::MariaDb => "mariadb-binlog",
            Flavor::MySql => "mysqlbinlog",
        }
    }

    /// Its arguments for what a server has (`extra`) beyond what it has in common with another one, up to the last binary log;
    /// the name of the first log comes behind them.
    ///
    /// The transactions keep their numbers: run on the other server, they are extra no longer.
    pub fn binlog_program_arguments(&self, extra: &GtidSet, common: &GtidSet) -> Vec<String> {
        let mut all = vec![
            "--read-from-remote-server".to_owned(),
            "--to-last-log".to_owned(),
            "--verbose".to_owned(),
        ];
        match (extra, common) {
            (GtidSet::MariaDb(extra), GtidSet::MariaDb(common)) => {
                // Domains in which nothing is extra are left out: it would be an error not to come by their position.
                let domains: Vec<u32> = extra.domains().map(|(domain, ..)| domain).collect();
                let mut start = MariaDbGtids::default();
                let of_extra = common.domains().filter(|(domain, ..)| domains.contains(domain));
                of_extra.for_each(|(domain, server, number)| start.insert(domain, server, number));
                let domains: Vec<String> = domains.iter().map(u32::to_string).collect();
                all.push(format!("--do-domain-ids={}", domains.join(",")));
                // In its strict mode 11.8's takes the list at the head of a second log for a gap; whether everything is
                // there is counted anyway.
                all.push("--skip-gtid-strict-mode".to_owned());
                if !start.is_empty() {
                    all.push(format!("--start-position={start}"));
                }
            }
            _ => all.push(format!("--include-gtids={extra}")),
        }
        all
    }

    /// Lets go of [`Dialect::hold_writes`].
    pub fn let_writes_go(&self) -> Statement {
        Statement::new("UNLOCK TABLES")
    }
}
