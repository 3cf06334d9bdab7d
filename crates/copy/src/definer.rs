use crate::{
    CopyError,
    raw_rows::raw_rows,
    sessions::{Sessions, Side},
    statements,
};
use dbha_sql::{Dialect, Session, SessionProfile, SqlError, Statement, driver::prelude::Queryable};
use std::time::Duration;

/// The session that creates things on the target, unlogged, and gathers what the server notes about them.
pub(crate) struct Definer {
    pub(crate) session: Session,
    notes: Vec<String>,
}

/// Longest wait for one definition; an ALTER that builds indexes has a limit of its own.
const DEFINED_WITHIN: Duration = Duration::from_secs(600);
/// Notes that say nothing new: a definer that does not exist (yet), a view's merged algorithm, a schema that is there,
/// an event's moment that has passed or a scheduler that is off, names that are not resolved, modes that once were
/// combined otherwise, and what old schemas are full of: deprecated types, attributes, character sets and collations,
/// an index that doubles another, a spatial index without a reference system.
const EXPECTED: [&str; 15] = [
    "1007", "1105", "1285", "1287", "1354", "1449", "1588", "1681", "1831", "3135", "3674", "3719", "3720",
    "3778", "4079",
];

impl Definer {
    /// Opens the session.
    pub(crate) async fn open(sessions: &Sessions) -> Result<Self, CopyError> {
        let mut session = sessions.open(Side::Target, SessionProfile::Loader).await?;
        let speak = statements::sessions::speak_utf8(session.dialect());
        session
            .execute(&speak)
            .await
            .map_err(CopyError::doing("preparing the session that defines"))?;
        Ok(Self {
            session,
            notes: vec![],
        })
    }

    /// Returns the target's dialect.
    pub(crate) fn dialect(&self) -> Dialect {
        self.session.dialect()
    }

    /// Runs a statement.
    pub(crate) async fn run(&mut self, statement: &Statement) -> Result<(), SqlError> {
        self.run_bytes(statement, statement.sql().as_bytes()).await
    }

    /// Runs bytes that are a statement in a character set of their own; `statement` stands for them in errors.
    pub(crate) async fn run_bytes(&mut self, statement: &Statement, bytes: &[u8]) -> Result<(), SqlError> {
        let notes = self
            .session
            .run(statement, DEFINED_WITHIN, async |conn| {
                conn.query_drop(bytes).await?;
                Ok(conn.get_warnings())
            })
            .await?;
        if notes > 0 {
            for row in raw_rows(&mut self.session, &statements::rows::warnings()).await? {
                let code = row.text("Code").unwrap_or_default();
                if !EXPECTED.contains(&code.as_str()) && !statement.is_secret() {
                    let text = row.text("Message").unwrap_or_default();
                    let shown: String = statement.shown().chars().take(80).collect();
                    self.warn(dbha_sql::printable(&format!("note {code} on `{shown}`: {text}")));
                }
            }
        }
        Ok(())
    }

    /// Keeps a remark for the report, once.
    pub(crate) fn warn(&mut self, remark: String) {
        if !self.notes.contains(&remark) {
            self.notes.push(remark);
        }
    }

    /// Hands out the remarks and closes the session.
    pub(crate) async fn close(self) -> Vec<String> {
        self.session.close().await;
        self.notes
    }
}
