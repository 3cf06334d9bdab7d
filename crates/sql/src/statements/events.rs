use crate::{Dialect, Event, Statement, quote_account, quote_identifier};

impl Dialect {
    /// Lists the events: columns `schema_name`, `name`, `definer`, `status`.
    pub fn read_events(&self) -> Statement {
        Statement::new(
            "SELECT EVENT_SCHEMA AS schema_name, EVENT_NAME AS name, DEFINER AS definer, STATUS AS status \
             FROM information_schema.EVENTS ORDER BY EVENT_SCHEMA, EVENT_NAME",
        )
    }

    /// Lets an event run on this server; on the one that gets this statement by replication it goes to sleep.
    ///
    /// The definer is stated, because whoever alters an event becomes its definer otherwise. Its time zone and SQL mode
    /// stay (seen on MariaDB 10.11, 11.8 and MySQL 9.7).
    pub fn wake_event(&self, event: &Event) -> Statement {
        let (user, host) = event
            .definer
            .rsplit_once('@')
            .unwrap_or((event.definer.as_str(), "%"));
        Statement::new(format!(
            "ALTER DEFINER={} EVENT {}.{} ENABLE",
            quote_account(user, host),
            quote_identifier(&event.schema),
            quote_identifier(&event.name)
        ))
    }
}
