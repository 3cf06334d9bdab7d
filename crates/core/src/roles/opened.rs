//! The server that takes the writes from now on.

use dbha_sql::{Facts, Server, SqlError, Statement};

/// What records it and opens it: first the record, which its peer gets too, then the door.
pub(super) fn statements(facts: &Facts, term: u64, reason: &str) -> Vec<Statement> {
    let mut all = recording(facts, term, reason);
    all.extend(facts.dialect.set_read_only(false));
    all
}

fn recording(facts: &Facts, term: u64, reason: &str) -> Vec<Statement> {
    let dialect = facts.dialect;
    let mut all = crate::steps::open_for_dbha(facts);
    all.push(dialect.ensure_terms());
    all.push(dialect.begin_term(term, facts.server_id, reason));
    all.push(dialect.record_primary(facts.server_id));
    all
}

/// Records the server as the writer; from here on there is no way back.
pub(super) async fn record(
    server: &mut Server,
    facts: &Facts,
    term: u64,
    reason: &str,
) -> Result<(), SqlError> {
    server.execute_all(&recording(facts, term, reason)).await
}

/// Opens it.
pub(crate) async fn open(server: &mut Server) -> Result<(), SqlError> {
    let open = server.dialect().set_read_only(false);
    server.execute_all(&open).await
}
