use crate::{Claim, Dialect, Marker, RecordedServer, Statement, quote_literal};

pub(super) const CREATE_SCHEMA: &str =
    "CREATE DATABASE IF NOT EXISTS dbha CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
const CREATE_CLAIMS: &str = "CREATE TABLE IF NOT EXISTS dbha.claim (id TINYINT UNSIGNED NOT NULL PRIMARY KEY, \
     run VARCHAR(64) NOT NULL, source VARCHAR(64) NOT NULL, state VARCHAR(16) NOT NULL, position LONGTEXT NULL, \
     recorded_at DATETIME(3) NOT NULL) ENGINE=InnoDB";

impl Dialect {
    /// Creates dbha's own schema and its tables where they are missing.
    ///
    /// Rows are keyed by the server that they belong to, so that the two servers of a pair never write the same row.
    pub fn ensure_dbha_schema(&self) -> Vec<Statement> {
        [
            CREATE_SCHEMA,
            "CREATE TABLE IF NOT EXISTS dbha.server (server_id INT UNSIGNED NOT NULL PRIMARY KEY, \
             name VARCHAR(255) NOT NULL, role VARCHAR(16) NOT NULL, writers VARCHAR(8) NOT NULL, \
             key_step TINYINT UNSIGNED NOT NULL, recorded_at DATETIME(3) NOT NULL) ENGINE=InnoDB",
            "CREATE TABLE IF NOT EXISTS dbha.marker (server_id INT UNSIGNED NOT NULL PRIMARY KEY, \
             token VARCHAR(64) NOT NULL, written_at DATETIME(6) NOT NULL) ENGINE=InnoDB",
            CREATE_CLAIMS,
            super::roles::CREATE_TERMS,
        ]
        .map(Statement::new)
        .into()
    }

    /// Creates the table of heartbeats where it is missing: a row for each server, written by that server alone.
    ///
    /// `at_us` is the moment of writing by the server's own clock, in microseconds since 1970.
    pub fn heartbeat_table(&self) -> Statement {
        Statement::new(
            "CREATE TABLE IF NOT EXISTS dbha.heartbeat (server_id INT UNSIGNED NOT NULL PRIMARY KEY, \
             at_us BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB",
        )
    }

    /// Creates of it only what notes need that belong to one server and its copy.
    pub fn ensure_claims(&self) -> Vec<Statement> {
        [CREATE_SCHEMA, CREATE_CLAIMS].map(Statement::new).into()
    }

    /// Drops dbha's own schema.
    pub fn drop_dbha_schema(&self) -> Statement {
        Statement::new("DROP DATABASE IF EXISTS dbha")
    }

    /// Records what a server of the pair is.
    pub fn record_server(&self, server: &RecordedServer) -> Statement {
        Statement::new(format!(
            "REPLACE INTO dbha.server (server_id, name, role, writers, key_step, recorded_at) \
             VALUES ({}, {}, {}, {}, {}, UTC_TIMESTAMP(3))",
            server.server_id,
            quote_literal(&server.name),
            quote_literal(&server.role),
            quote_literal(&server.writers),
            server.key_step,
        ))
    }

    /// Notes by which name a recorded server is spoken of now.
    pub fn rename_recorded_server(&self, server_id: u32, name: &str) -> Statement {
        Statement::new(format!(
            "UPDATE dbha.server SET name = {} WHERE server_id = {server_id}",
            quote_literal(name)
        ))
    }

    /// Removes the record of a server that is none of the given ones.
    pub fn forget_other_servers(&self, keep: &[u32]) -> Statement {
        let keep: Vec<String> = keep.iter().map(u32::to_string).collect();
        Statement::new(format!(
            "DELETE FROM dbha.server WHERE server_id NOT IN ({})",
            keep.join(", ")
        ))
    }

    /// Reads what is recorded of the pair: columns `server_id`, `name`, `role`, `writers`, `key_step`.
    pub fn read_recorded_servers(&self) -> Statement {
        Statement::new("SELECT server_id, name, role, writers, key_step FROM dbha.server ORDER BY server_id")
    }

    /// Writes a marker of this server.
    pub fn write_marker(&self, marker: &Marker) -> Statement {
        Statement::new(format!(
            "REPLACE INTO dbha.marker (server_id, token, written_at) VALUES ({}, {}, UTC_TIMESTAMP(6))",
            marker.server_id,
            quote_literal(&marker.token)
        ))
    }

    /// Reads the token of a server's marker.
    pub fn read_marker(&self, server_id: u32) -> Statement {
        Statement::new(format!(
            "SELECT token FROM dbha.marker WHERE server_id = {server_id}"
        ))
    }

    /// Reads every server's newest marker: columns `server_id`, `token`.
    pub fn read_markers(&self) -> Statement {
        Statement::new("SELECT server_id, token FROM dbha.marker ORDER BY server_id")
    }

    /// Writes the claim on this server; the session must have its binary log off.
    pub fn write_claim(&self, claim: &Claim) -> Statement {
        let position = claim.position.as_deref().map_or("NULL".to_owned(), quote_literal);
        Statement::new(format!(
            "REPLACE INTO dbha.claim (id, run, source, state, position, recorded_at) \
             VALUES (1, {}, {}, {}, {position}, UTC_TIMESTAMP(3))",
            quote_literal(&claim.run),
            quote_literal(&claim.source),
            quote_literal(claim.state.as_str()),
        ))
    }

    /// Reads the claim on this server.
    pub fn read_claim(&self) -> Statement {
        Statement::new("SELECT run, source, state, position FROM dbha.claim WHERE id = 1")
    }

    /// Notes that the replication accounts get a new password which the links do not have yet; in a session without log.
    pub fn mark_new_password(&self, run: &str) -> Statement {
        Statement::new(format!(
            "REPLACE INTO dbha.claim (id, run, source, state, position, recorded_at) \
             VALUES (2, {}, '', 'password', NULL, UTC_TIMESTAMP(3))",
            quote_literal(run)
        ))
    }

    /// Reads whether a new password is on its way to the links: a row if it is.
    pub fn read_new_password_mark(&self) -> Statement {
        Statement::new("SELECT run FROM dbha.claim WHERE id = 2")
    }

    /// Takes back [`Dialect::mark_new_password`]; in a session without log.
    pub fn unmark_new_password(&self) -> Statement {
        Statement::new("DELETE FROM dbha.claim WHERE id = 2")
    }

    /// Removes the markers of servers that are none of the given ones.
    pub fn forget_other_markers(&self, keep: &[u32]) -> Statement {
        let keep: Vec<String> = keep.iter().map(u32::to_string).collect();
        Statement::new(format!(
            "DELETE FROM dbha.marker WHERE server_id NOT IN ({})",
            keep.join(", ")
        ))
    }

    /// Gives the claim back; the session must have its binary log off.
    pub fn remove_claim(&self) -> Statement {
        Statement::new("DELETE FROM dbha.claim")
    }
}
