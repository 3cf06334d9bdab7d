//! The server whose data is copied: filled once for a set, and in the same state before every run.

use crate::{data_set::DataSet, session::Connection, table::SCHEMA};
use dbha_testkit::{PrivateServer, ServerOptions};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;
use tokio::sync::Mutex;

/// How many connections fill the server at once.
const FILLERS: usize = 2;

/// A filled server, and the same rows as files for the floor.
pub(crate) struct Source {
    pub(crate) server: PrivateServer,
    files: Option<TempDir>,
    /// Whether dbha has made it part of a pair since the last cleaning.
    pub(crate) paired: bool,
}

impl Source {
    /// Starts a server and fills it.
    pub(crate) async fn filled(set: &DataSet, options: &ServerOptions) -> Self {
        let server = PrivateServer::launch(set.release, options).await.unwrap();
        let mut connection = Connection::open(&server).await;
        let charset = "CHARACTER SET utf8mb4";
        connection
            .run(&format!("CREATE DATABASE {SCHEMA} {charset}"))
            .await;
        let tables = Arc::new(Mutex::new(set.tables.iter().rev().cloned().collect::<Vec<_>>()));
        let fillers = (0..FILLERS).map(async |_| {
            let mut connection = Connection::open(&server).await;
            if set.release.is_mysql() {
                connection
                    .run("SET SESSION cte_max_recursion_depth = 4000000000")
                    .await;
            }
            loop {
                let Some(table) = tables.lock().await.pop() else {
                    break;
                };
                connection.run(&table.create()).await;
                connection.run(&table.fill(set.release)).await;
                if let Some(add_keys) = table.add_keys() {
                    connection.run(&add_keys).await;
                }
            }
        });
        futures_util::future::join_all(fillers).await;
        Self {
            server,
            files: None,
            paired: false,
        }
    }

    /// Writes all rows into files, one for each piece of each table.
    pub(crate) async fn write_files(&mut self, set: &DataSet) {
        let files = tempfile::Builder::new().prefix("dbha-bench-").tempdir().unwrap();
        let mut connection = Connection::open(&self.server).await;
        for table in &set.tables {
            for (piece, range) in table.ranges().into_iter().enumerate() {
                let (name, file) = (&table.name, file_of(files.path(), &table.name, piece));
                let (file, charset) = (file.display(), set.charset);
                connection
                    .run(&format!(
                        "SELECT * FROM {SCHEMA}.{name} WHERE {range} INTO OUTFILE '{file}' CHARACTER SET {charset}"
                    ))
                    .await;
            }
        }
        self.files = Some(files);
    }

    /// Returns the file that holds a piece of a table.
    pub(crate) fn file(&self, table: &str, piece: usize) -> PathBuf {
        file_of(self.files.as_ref().unwrap().path(), table, piece)
    }

    /// Brings the server into the state that it had when it was filled, with all rows in its memory; returns what a
    /// copy must be equal to.
    pub(crate) async fn reset(&mut self, set: &DataSet) -> Contents {
        if self.paired {
            self.leave_pair().await;
            self.paired = false;
        }
        self.server.restart().await.unwrap();
        contents(&self.server, set).await
    }

    /// Takes back by statements what dbha has made; the settings go with the restart that follows.
    async fn leave_pair(&self) {
        let mut connection = Connection::open(&self.server).await;
        let accounts =
            "SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE user = 'dbha_repl'";
        for row in connection.rows(accounts).await {
            connection.run(&format!("DROP USER {}", row.at(0).unwrap())).await;
        }
        connection.run("DROP DATABASE IF EXISTS dbha").await;
        let statements: &[&str] = match self.server.release().is_mysql() {
            true => &[
                "STOP REPLICA",
                "RESET REPLICA ALL",
                "RESET PERSIST",
                "RESET BINARY LOGS AND GTIDS",
            ],
            false => &[
                "STOP ALL SLAVES",
                "RESET SLAVE ALL",
                "RESET MASTER",
                "SET GLOBAL gtid_slave_pos = ''",
            ],
        };
        for statement in statements {
            connection.run(statement).await;
        }
    }

    /// Returns the bytes of the files that hold the set's rows and indexes.
    pub(crate) fn bytes(&self) -> u64 {
        let files = fs::read_dir(self.server.datadir().join(SCHEMA)).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    }
}

fn file_of(directory: &Path, table: &str, piece: usize) -> PathBuf {
    directory.join(format!("{table}.{piece}.tsv"))
}

/// Each table with its checksum, then with how many columns its indexes have.
pub(crate) type Contents = Vec<(String, String)>;

/// Reads all rows of all tables.
pub(crate) async fn contents(server: &PrivateServer, set: &DataSet) -> Contents {
    let mut connection = Connection::open(server).await;
    let names: Vec<String> = set
        .tables
        .iter()
        .map(|table| format!("{SCHEMA}.{}", table.name))
        .collect();
    let indexed = format!(
        "SELECT table_name, CONCAT(COUNT(*)) FROM information_schema.statistics \
         WHERE table_schema = '{SCHEMA}' GROUP BY table_name ORDER BY table_name"
    );
    let mut rows = connection
        .rows(&format!("CHECKSUM TABLE {}", names.join(", ")))
        .await;
    rows.extend(connection.rows(&indexed).await);
    let value = |index: usize, row: &dbha_sql::Row| row.at(index).unwrap_or("NULL").to_owned();
    rows.iter().map(|row| (value(0, row), value(1, row))).collect()
}
