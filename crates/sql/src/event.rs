use crate::{Row, Session, SqlError};

/// An event of the server's scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The account whose rights it has, `user@host`.
    pub definer: String,
    /// Whether it runs on this server, or would if the scheduler ran.
    pub enabled: bool,
    /// Whether it sleeps here because it came from another server, where it runs.
    pub asleep: bool,
}

impl Event {
    /// Lists the events of a server.
    pub async fn list(session: &mut Session) -> Result<Vec<Self>, SqlError> {
        let rows = session.query(&session.dialect().read_events()).await?;
        Ok(rows.iter().map(Self::of_row).collect())
    }

    fn of_row(row: &Row) -> Self {
        let text = |column: &str| row.get(column).unwrap_or("").to_owned();
        let status = row.get("status").unwrap_or("");
        Self {
            schema: text("schema_name"),
            name: text("name"),
            definer: text("definer"),
            enabled: status == "ENABLED",
            // SLAVESIDE_DISABLED, or REPLICA_SIDE_DISABLED from MySQL 8.
            asleep: status.ends_with("SIDE_DISABLED"),
        }
    }
}
