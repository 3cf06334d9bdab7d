use super::dbha_schema::CREATE_SCHEMA;
use crate::{Dialect, Flavor, Statement};

impl Dialect {
    /// Reads what changes from one second to the next: `server_id`, `read_only`, `super_read_only`, `executed`, `applied`,
    /// `purged`, `now`, `setup` (whether a set-up by dbha is at work) and, where they are asked for, `heartbeats`:
    /// `server_id:microseconds`, with commas between them; `semi_sync` as in [`Dialect::read_semi_sync`].
    pub(crate) fn read_pulse(&self, with_heartbeats: bool) -> Statement {
        let own = match self.flavor() {
            Flavor::MariaDb => {
                "NULL AS super_read_only, @@global.gtid_binlog_pos AS executed, @@global.gtid_slave_pos AS applied, \
                 '' AS purged"
            }
            Flavor::MySql => {
                "@@global.super_read_only AS super_read_only, @@global.gtid_executed AS executed, '' AS applied, \
                 @@global.gtid_purged AS purged"
            }
        };
        let heartbeats = match with_heartbeats {
            true => "(SELECT GROUP_CONCAT(CONCAT(server_id, ':', at_us)) FROM dbha.heartbeat)",
            false => "NULL",
        };
        Statement::new(format!(
            "SELECT @@global.server_id AS server_id, @@global.read_only AS read_only, {own}, \
             CAST(UNIX_TIMESTAMP(NOW(6)) AS CHAR) AS now, IS_USED_LOCK({}) IS NOT NULL AS setup, {heartbeats} AS heartbeats, \
             {} AS semi_sync",
            crate::quote_literal(crate::RUN_LOCK),
            self.semi_sync_status()
        ))
    }

    /// Creates the table of heartbeats, and dbha's schema for it, where they are missing.
    pub fn ensure_heartbeat_table(&self) -> Vec<Statement> {
        vec![Statement::new(CREATE_SCHEMA), self.heartbeat_table()]
    }

    /// Writes the heartbeat of this server: its number, and microseconds since 1970 by its own clock.
    ///
    /// One row a server, so that the two servers of a pair never write the same row.
    pub fn beat(&self, server_id: u32) -> Statement {
        Statement::new(format!(
            "REPLACE INTO dbha.heartbeat (server_id, at_us) \
             VALUES ({server_id}, CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED))"
        ))
    }

    /// Removes the heartbeats of servers that are none of the given ones and have not been heard of for a day.
    pub fn forget_old_heartbeats(&self, keep: &[u32]) -> Statement {
        let keep: Vec<String> = keep.iter().map(u32::to_string).collect();
        Statement::new(format!(
            "DELETE FROM dbha.heartbeat WHERE server_id NOT IN ({}) \
             AND at_us < (UNIX_TIMESTAMP(NOW()) - 86400) * 1000000",
            keep.join(", ")
        ))
    }
}
