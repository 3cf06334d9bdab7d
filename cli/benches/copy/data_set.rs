//! What is copied, between which servers.

use crate::{
    settings::Settings,
    shapes::{self, Uuid},
    table::Table,
};
use dbha_testkit::{Release, ServerOptions};

/// The options of every server, in the words of the output.
pub(crate) const SERVER_OPTIONS: &str = "log_bin and log_slave_updates on, innodb_flush_log_at_trx_commit=2, sync_binlog=0, \
     innodb_buffer_pool_size=1G, 512M of redo log, max_allowed_packet=1G, local_infile on";

/// Some tables, the release that both servers are of, and which ways are taken.
pub(crate) struct DataSet {
    pub(crate) name: &'static str,
    pub(crate) what: String,
    pub(crate) release: Release,
    pub(crate) tables: Vec<Table>,
    /// How texts stand in the floor's files.
    pub(crate) charset: &'static str,
    /// Whether the peers take part, and the floor is measured.
    pub(crate) with_peers: bool,
    /// Bytes of the largest row, where they matter for dbha's memory.
    pub(crate) largest_row: u64,
}

impl DataSet {
    /// Returns all sets at the scale that is wanted.
    pub(crate) fn all(settings: &Settings) -> Vec<Self> {
        let rows = |full| settings.rows(full);
        let (maria, mysql) = (Release::MariaDb10_11, Release::MySql9_7);
        let file = rows(100 << 20).max(64);
        let huge = format!("5 rows of {} MiB", file >> 20);
        vec![
            Self::new("sysbench", maria, shapes::sysbench(4, rows(1_000_000))),
            Self::new("one", maria, shapes::sysbench(1, rows(4_000_000))),
            Self::new("tenth", maria, shapes::sysbench(1, rows(400_000))).dbha_alone(),
            Self::new("wide", maria, shapes::wide(rows(60_000))).charset("binary"),
            Self::new("huge", maria, shapes::huge(5, file))
                .charset("binary")
                .told(&huge, file),
            Self::new("small", maria, shapes::small(500, rows(100))),
            Self::new("uuid", maria, shapes::uuid(Uuid::Text, rows(500_000))),
            Self::new("uuid-type", maria, shapes::uuid(Uuid::Type, rows(500_000))),
            Self::new("mysql-sysbench", mysql, shapes::sysbench(4, rows(250_000))),
            Self::new("mysql-wide", mysql, shapes::wide(rows(20_000))).charset("binary"),
            Self::new("mysql-small", mysql, shapes::small(100, rows(100))),
            Self::new("mysql-uuid", mysql, shapes::uuid(Uuid::Text, rows(150_000))),
            Self::new(
                "mysql-uuid-bytes",
                mysql,
                shapes::uuid(Uuid::Bytes, rows(150_000)),
            )
            .charset("binary"),
        ]
    }

    /// Makes a set whose tables are alike.
    pub(crate) fn new(name: &'static str, release: Release, tables: Vec<Table>) -> Self {
        let (count, rows) = (tables.len(), tables[0].rows);
        let plural = if count == 1 { "table" } else { "tables" };
        Self {
            name,
            what: format!("{count} {plural} of {rows} rows"),
            release,
            tables,
            charset: "utf8mb4",
            with_peers: true,
            largest_row: 0,
        }
    }

    fn charset(self, charset: &'static str) -> Self {
        Self { charset, ..self }
    }

    fn dbha_alone(self) -> Self {
        Self {
            with_peers: false,
            ..self
        }
    }

    fn told(self, what: &str, largest_row: u64) -> Self {
        Self {
            what: what.to_owned(),
            largest_row,
            ..self
        }
    }

    /// Returns the options of both servers, whichever way is taken.
    pub(crate) fn server_options(&self) -> ServerOptions {
        let options = ServerOptions::new()
            .set("innodb_buffer_pool_size", "1G")
            .set("innodb_flush_log_at_trx_commit", 2)
            .set("sync_binlog", 0)
            .set("max_allowed_packet", "1G")
            .set("local_infile", "ON")
            // What was cached by another run is not to be read back in the midst of this one.
            .set("innodb_buffer_pool_dump_at_shutdown", "OFF")
            .set("innodb_buffer_pool_load_at_startup", "OFF");
        match self.release.is_mysql() {
            // The kit's own servers are smaller than a server is by default.
            true => options
                .set("innodb_redo_log_capacity", "512M")
                .set("innodb_log_buffer_size", "64M")
                .set("table_open_cache", 4000)
                .set("table_definition_cache", 2000),
            false => options.set("innodb_log_file_size", "512M"),
        }
    }
}
