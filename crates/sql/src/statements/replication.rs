use crate::{Dialect, Flavor, GtidSet, Secret, Statement, Version, quote::quote_word, quote_literal};

/// The source that a replica is to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTarget {
    /// Host by which the replica reaches the source.
    pub host: String,
    /// Port of the source.
    pub port: u16,
    /// Account on the source.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// Whether the link uses TLS.
    pub tls: bool,
    /// File on the replica's machine with the CA that the source's certificate must be signed by, for the host above;
    /// `None` encrypts without looking at the certificate.
    pub ca: Option<String>,
}

/// Seconds between two attempts of a replica to reach its source.
const CONNECT_RETRY_SECONDS: u32 = 2;

impl Dialect {
    /// Tells whether statements say REPLICA and SOURCE where older servers say SLAVE and MASTER.
    fn says_replica(&self) -> bool {
        self.flavor() == Flavor::MySql && self.version() >= Version::new(8, 0, 22)
    }

    fn says_source(&self) -> bool {
        self.flavor() == Flavor::MySql && self.version() >= Version::new(8, 0, 23)
    }

    fn replica_word(&self) -> &'static str {
        if self.says_replica() { "REPLICA" } else { "SLAVE" }
    }

    /// Reads the state of every link into this server; see [`crate::ReplicaStatus::of_row`].
    pub fn read_replica_status(&self) -> Statement {
        Statement::new(match self.flavor() {
            // Gtid_Slave_Pos and the names of connections are only in the ALL form.
            Flavor::MariaDb => "SHOW ALL SLAVES STATUS".to_owned(),
            Flavor::MySql => format!("SHOW {} STATUS", self.replica_word()),
        })
    }

    /// Reads the errors of the applier's workers, the newest first: columns `channel`, `number`, `message`; `None` where
    /// the status itself has them.
    pub(crate) fn read_worker_errors(&self) -> Option<Statement> {
        (self.flavor() == Flavor::MySql).then(|| {
            Statement::new(
                "SELECT CHANNEL_NAME AS channel, LAST_ERROR_NUMBER AS number, LAST_ERROR_MESSAGE AS message \
                 FROM performance_schema.replication_applier_status_by_worker WHERE LAST_ERROR_NUMBER <> 0 \
                 ORDER BY LAST_ERROR_TIMESTAMP DESC",
            )
        })
    }

    /// Reads file and position of the binary log; no row where it is off.
    pub fn read_binlog_coordinates(&self) -> Statement {
        let new = self.flavor() == Flavor::MySql && self.version() >= Version::new(8, 2, 0);
        Statement::new(if new {
            "SHOW BINARY LOG STATUS"
        } else {
            "SHOW MASTER STATUS"
        })
    }

    /// Reads the server's own GTID positions: columns `executed`, `applied` and `purged`.
    ///
    /// `executed` is what the binary log holds, `applied` what came by replication (MariaDB alone keeps them apart).
    pub fn read_gtids(&self) -> Statement {
        Statement::new(match self.flavor() {
            Flavor::MariaDb => {
                "SELECT @@global.gtid_binlog_pos AS executed, @@global.gtid_slave_pos AS applied, '' AS purged"
            }
            Flavor::MySql => {
                "SELECT @@global.gtid_executed AS executed, '' AS applied, @@global.gtid_purged AS purged"
            }
        })
    }

    /// Lists the binary logs that are there, the oldest first: column `Log_name`.
    pub fn list_binlogs(&self) -> Statement {
        Statement::new("SHOW BINARY LOGS")
    }

    /// Reads what was written before the oldest binary log, and so can no longer be fetched: column `purged`.
    pub fn read_purged(&self, oldest_log: &str) -> Statement {
        Statement::new(match self.flavor() {
            Flavor::MariaDb => format!(
                "SELECT BINLOG_GTID_POS({}, 4) AS purged",
                quote_literal(oldest_log)
            ),
            Flavor::MySql => "SELECT @@GLOBAL.gtid_purged AS purged".to_owned(),
        })
    }

    /// Points the default link of this server at a source, by GTID, stating every option.
    ///
    /// Every option, because RESET SLAVE ALL keeps the TLS options and the retry of the default connection.
    pub fn follow(&self, source: &SourceTarget) -> Vec<Statement> {
        self.change_source(source, true, self.by_gtid(), "", "")
    }

    fn by_gtid(&self) -> &'static str {
        match self.flavor() {
            Flavor::MariaDb => "MASTER_USE_GTID=slave_pos",
            Flavor::MySql => "{M}_AUTO_POSITION=1, {M}_RETRY_COUNT=0",
        }
    }

    /// States every option of the default link anew but for its login, which it keeps.
    pub fn redefine_link(&self, source: &SourceTarget) -> Vec<Statement> {
        self.change_source(source, false, self.by_gtid(), "", "")
    }

    /// Gives the default link another password and changes nothing else of it; its IO thread must be stopped.
    pub fn change_link_password(&self, password: &Secret) -> Vec<Statement> {
        let (verb, m) = match self.says_source() {
            true => ("CHANGE REPLICATION SOURCE", "SOURCE"),
            false => ("CHANGE MASTER", "MASTER"),
        };
        let end = match self.flavor() {
            Flavor::MariaDb => "",
            Flavor::MySql => " FOR CHANNEL ''",
        };
        let text = |password: &str| format!("{verb} TO {m}_PASSWORD={password}{end}");
        let change = Statement::with_secret(text(&quote_word(password.expose())), text("'***'"));
        let mut statements = self.hide_from_logs(true);
        statements.push(change);
        statements.extend(self.hide_from_logs(false));
        statements
    }

    /// Points a throw-away link at a binary log that does not exist: see [`Dialect::start_probe`].
    pub fn point_probe(&self, source: &SourceTarget, channel: &str) -> Vec<Statement> {
        let gtid = match self.flavor() {
            Flavor::MariaDb => "MASTER_USE_GTID=no",
            Flavor::MySql => "{M}_AUTO_POSITION=0, {M}_RETRY_COUNT=1",
        };
        let options = format!("{gtid}, {{M}}_LOG_FILE='dbha-probe.000001', {{M}}_LOG_POS=4");
        let (before, after) = self.channel_words(channel);
        let mut statements = Vec::new();
        if self.flavor() == Flavor::MySql && self.version() < Version::new(8, 0, 2) {
            // Named channels need their positions in tables, which later versions have by default.
            statements.extend(
                ["master_info_repository", "relay_log_info_repository"]
                    .map(|name| Statement::new(format!("SET GLOBAL {name} = 'TABLE'"))),
            );
        }
        statements.extend(self.change_source(source, true, &options, &before, &after));
        statements
    }

    /// Starts the IO thread of a probe.
    ///
    /// A source that was reached and logged in to answers with 1236 or 13114, because it has no such log.
    pub fn start_probe(&self, channel: &str) -> Statement {
        let (before, after) = self.channel_words(channel);
        match self.flavor() {
            Flavor::MariaDb => Statement::new(format!("START SLAVE{before} IO_THREAD")),
            Flavor::MySql => Statement::new(format!("START {} IO_THREAD{after}", self.replica_word())),
        }
    }

    /// Takes a probe away without a trace.
    pub fn remove_probe(&self, channel: &str) -> Vec<Statement> {
        let (before, after) = self.channel_words(channel);
        let word = self.replica_word();
        vec![
            Statement::new(format!("STOP {word}{before}{after}")),
            Statement::new(format!("RESET {word}{before} ALL{after}")),
        ]
    }

    /// MariaDB names a connection behind the verb, MySQL at the statement's end.
    fn channel_words(&self, channel: &str) -> (String, String) {
        match self.flavor() {
            Flavor::MariaDb => (format!(" {}", quote_literal(channel)), String::new()),
            Flavor::MySql => (String::new(), format!(" FOR CHANNEL {}", quote_literal(channel))),
        }
    }

    fn change_source(
        &self,
        source: &SourceTarget,
        login: bool,
        gtid: &str,
        before: &str,
        after: &str,
    ) -> Vec<Statement> {
        let m = if self.says_source() { "SOURCE" } else { "MASTER" };
        let verb = if self.says_source() {
            "CHANGE REPLICATION SOURCE"
        } else {
            "CHANGE MASTER"
        };
        let text = |password: &str| {
            let mut options = vec![
                format!("{m}_HOST={}", quote_word(&source.host)),
                format!("{m}_PORT={}", source.port),
                gtid.replace("{M}", m),
                format!("{m}_CONNECT_RETRY={CONNECT_RETRY_SECONDS}"),
                format!("{m}_SSL={}", u8::from(source.tls)),
                format!("{m}_SSL_CA={}", quote_word(source.ca.as_deref().unwrap_or(""))),
                format!("{m}_SSL_VERIFY_SERVER_CERT={}", u8::from(source.ca.is_some())),
            ];
            if self.flavor() == Flavor::MySql && self.version() >= Version::new(8, 0, 4) {
                // Without TLS caching_sha2_password needs the source's key for the first login.
                let key = if self.says_source() {
                    "GET_SOURCE_PUBLIC_KEY"
                } else {
                    "GET_MASTER_PUBLIC_KEY"
                };
                options.push(format!("{key}={}", u8::from(!source.tls)));
            }
            if login {
                options.splice(
                    2..2,
                    [
                        format!("{m}_USER={}", quote_word(&source.user)),
                        format!("{m}_PASSWORD={password}"),
                    ],
                );
            }
            format!("{verb}{before} TO {}{after}", options.join(", "))
        };
        let statement = Statement::with_secret(text(&quote_word(source.password.expose())), text("'***'"));
        let mut statements = self.hide_from_logs(true);
        statements.push(statement);
        statements.extend(self.hide_from_logs(false));
        statements
    }

    /// Starts both threads of the default link.
    pub fn start_link(&self) -> Statement {
        Statement::new(format!("START {}", self.replica_word()))
    }

    /// Stops both threads of the default link.
    pub fn stop_link(&self) -> Statement {
        Statement::new(format!("STOP {}", self.replica_word()))
    }

    /// Starts the IO thread of the default link alone.
    pub fn start_receiver(&self) -> Statement {
        Statement::new(format!("START {} IO_THREAD", self.replica_word()))
    }

    /// Stops the IO thread of the default link alone; what it has received stays and is applied.
    pub fn stop_receiver(&self) -> Statement {
        Statement::new(format!("STOP {} IO_THREAD", self.replica_word()))
    }

    /// Stops the IO thread of the default link from a source that may be out of reach.
    ///
    /// MariaDB's thread wants to tell a source with semi-synchronous replication that it goes, and tries that for some
    /// seconds; here for one. Where stopping fails the limit stays at that second.
    pub fn stop_receiver_of_lost_source(&self) -> Vec<Statement> {
        let stop = self.stop_receiver();
        if self.flavor() != Flavor::MariaDb {
            return vec![stop];
        }
        const LIMIT: &str = "rpl_semi_sync_slave_kill_conn_timeout";
        vec![
            Statement::new(format!("SET @dbha_kill_conn_timeout = @@GLOBAL.{LIMIT}")),
            Statement::new(format!("SET GLOBAL {LIMIT} = 1")),
            stop,
            Statement::new(format!("SET GLOBAL {LIMIT} = @dbha_kill_conn_timeout")),
        ]
    }

    /// Starts the SQL thread of the default link alone.
    pub fn start_applier(&self) -> Statement {
        Statement::new(format!("START {} SQL_THREAD", self.replica_word()))
    }

    /// Starts the SQL thread of the default link and lets it stop by itself at a place in the source's binary log.
    pub fn start_applier_until(&self, file: &str, offset: u64) -> Statement {
        let m = if self.says_source() { "SOURCE" } else { "MASTER" };
        Statement::new(format!(
            "START {} SQL_THREAD UNTIL {m}_LOG_FILE={}, {m}_LOG_POS={offset}",
            self.replica_word(),
            quote_literal(file)
        ))
    }

    /// Stops the SQL thread of the default link alone.
    pub fn stop_applier(&self) -> Statement {
        Statement::new(format!("STOP {} SQL_THREAD", self.replica_word()))
    }

    /// Forgets the default link.
    pub fn forget_link(&self) -> Statement {
        match self.flavor() {
            Flavor::MariaDb => Statement::new("RESET SLAVE ALL"),
            Flavor::MySql => Statement::new(format!("RESET {} ALL FOR CHANNEL ''", self.replica_word())),
        }
    }

    /// Forgets every link.
    pub fn forget_all_links(&self) -> Statement {
        Statement::new(format!("RESET {} ALL", self.replica_word()))
    }

    /// Starts the SQL thread of the default link and lets it stop by itself once it has a set of transactions.
    pub fn start_applier_until_it_has(&self, transactions: &GtidSet) -> Statement {
        Statement::new(format!(
            "START {} SQL_THREAD UNTIL SQL_AFTER_GTIDS = {}",
            self.replica_word(),
            quote_literal(&transactions.to_string())
        ))
    }

    /// Throws away the server's own binary logs and its own GTIDs.
    pub fn reset_binary_logs(&self) -> Statement {
        let new = self.flavor() == Flavor::MySql && self.version() >= Version::new(8, 2, 0);
        Statement::new(if new {
            "RESET BINARY LOGS AND GTIDS"
        } else {
            "RESET MASTER"
        })
    }

    /// Lets an empty server begin at a position: its binary log starts behind it, and it has everything up to it.
    ///
    /// MariaDB is given the history for its binary log as well. Without it a peer that asks for exactly this position
    /// is refused with 1236 as soon as the log holds the next transaction.
    pub fn begin_at(&self, position: &GtidSet) -> Vec<Statement> {
        let mut all = vec![self.reset_binary_logs()];
        if self.flavor() == Flavor::MariaDb {
            let state = quote_literal(&position.to_string());
            all.push(Statement::new(format!("SET GLOBAL gtid_binlog_state = {state}")));
        }
        all.push(self.set_replica_position(position));
        all
    }

    /// Tells a server that it already has everything up to a position.
    pub fn set_replica_position(&self, position: &GtidSet) -> Statement {
        let variable = match self.flavor() {
            Flavor::MariaDb => "gtid_slave_pos",
            Flavor::MySql => "gtid_purged",
        };
        Statement::new(format!(
            "SET GLOBAL {variable} = {}",
            quote_literal(&position.to_string())
        ))
    }

    /// Reads whether the server offers TLS to clients: one row, column `value`, `YES` or `Yes` when it does.
    pub fn read_tls_offer(&self) -> Statement {
        let by_channel = self.flavor() == Flavor::MySql && self.version() >= Version::new(8, 0, 21);
        Statement::new(match by_channel {
            true => {
                "SELECT VALUE AS value FROM performance_schema.tls_channel_status \
                 WHERE CHANNEL = 'mysql_main' AND PROPERTY = 'Enabled'"
            }
            false => "SELECT @@global.have_ssl AS value",
        })
    }

    /// Ends one connection.
    pub fn kill_connection(&self, id: u64) -> Statement {
        Statement::new(format!("KILL CONNECTION {id}"))
    }
}
