use crate::{Dialect, Statement, quote_literal};

/// How long one statement of a lock's holder takes, in seconds: the longest that the lock outlives its holder.
const VISIBLE_SECONDS: &str = "0.5";

impl Dialect {
    /// Takes a named lock, waiting no longer than `seconds`; 1 when it was got.
    pub fn take_named_lock(&self, name: &str, seconds: u32) -> Statement {
        Statement::new(format!("SELECT GET_LOCK({}, {seconds})", quote_literal(name)))
    }

    /// Gives a named lock back.
    pub fn release_named_lock(&self, name: &str) -> Statement {
        Statement::new(format!("SELECT RELEASE_LOCK({})", quote_literal(name)))
    }

    /// Reads which connection holds a named lock; NULL when nobody does.
    pub fn read_lock_holder(&self, name: &str) -> Statement {
        Statement::new(format!("SELECT IS_USED_LOCK({})", quote_literal(name)))
    }

    /// Reads the server's clock, UTC.
    pub fn read_utc_now(&self) -> Statement {
        Statement::new("SELECT UTC_TIMESTAMP()")
    }

    /// Lets the server close this connection after so many seconds of silence.
    pub fn end_when_silent(&self, seconds: u32) -> Statement {
        Statement::new(format!("SET SESSION wait_timeout = {seconds}"))
    }

    /// Shows a note in the server's process list for half a second.
    pub fn stay_visible(&self, note: &str) -> Statement {
        Statement::new(format!(
            "SELECT SLEEP({VISIBLE_SECONDS}), {}",
            quote_literal(note)
        ))
    }

    /// Finds the note in what the process list shows of [`Dialect::stay_visible`].
    pub fn visible_note(&self, info: &str) -> Option<String> {
        let literal = info
            .strip_prefix("SELECT SLEEP(")?
            .strip_prefix(VISIBLE_SECONDS)?
            .strip_prefix("), '")?;
        Some(literal.strip_suffix('\'').unwrap_or(literal).to_owned())
    }

    /// Reads one connection of the process list: columns `user`, `host` and `info`.
    pub fn read_process(&self, id: u64) -> Statement {
        let table = self.processlist();
        Statement::new(format!(
            "SELECT USER AS user, HOST AS host, INFO AS info FROM {table} WHERE ID = {id}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flavor, Version};

    #[test]
    fn a_note_is_found_again_in_the_process_list() {
        let dialect = Dialect::new(Flavor::MariaDb, Version::new(10, 11, 0));
        let shown = dialect.stay_visible("dbha setup of a+b");
        assert_eq!(
            dialect.visible_note(shown.sql()),
            Some("dbha setup of a+b".into())
        );
        assert_eq!(dialect.visible_note("SELECT 1"), None);
    }
}
