//! Statements to the servers of a benchmark.

use dbha_sql::{Endpoint, Row, Session, SessionProfile, Statement};
use dbha_testkit::PrivateServer;
use std::time::Duration;

/// No statement here takes longer, unless something is stuck.
const LIMIT: Duration = Duration::from_secs(3600);

/// A connection on which a statement may take long; what fails ends the benchmark, with the statement.
pub(crate) struct Connection(Session);

impl Connection {
    /// Connects as root, for statements whose texts are UTF-8; nothing of it enters the binary log.
    pub(crate) async fn open(server: &PrivateServer) -> Self {
        let mut connection = Self::with(server, SessionProfile::Control).await;
        connection.run("SET SESSION sql_log_bin = 0").await;
        connection
    }

    /// Connects as a loader does: unlogged, foreign keys not looked at.
    pub(crate) async fn loader(server: &PrivateServer) -> Self {
        Self::with(server, SessionProfile::Loader).await
    }

    async fn with(server: &PrivateServer, profile: SessionProfile) -> Self {
        let endpoint: Endpoint = server.url().parse().unwrap();
        Self(Session::connect(&endpoint, profile).await.unwrap())
    }

    /// Runs a statement.
    pub(crate) async fn run(&mut self, sql: &str) {
        self.0.execute_within(&Statement::new(sql), LIMIT).await.unwrap();
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn rows(&mut self, sql: &str) -> Vec<Row> {
        self.0.query_within(&Statement::new(sql), LIMIT).await.unwrap()
    }
}
