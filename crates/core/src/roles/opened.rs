//! The server that takes the writes from now on.

use crate::{choices, steps};
use dbha_sql::{Facts, Server, Setting, SqlError, Statement};

/// What records it and opens it: first the record, which its peer gets too, then the door.
pub(super) fn statements(facts: &Facts, term: u64, reason: &str) -> Vec<Statement> {
    let mut all = recording(facts, term, reason);
    all.extend(waiting(facts));
    all.extend(door(facts));
    all
}

/// What lets its commits wait for the acknowledgement of its standby, where that is chosen and both know how.
pub(super) fn waiting(facts: &Facts) -> Vec<Statement> {
    let chosen = choices::recorded(facts);
    match chosen.semi_sync.is_some() && facts.settings.contains_key(&Setting::SemiSyncSource) {
        true => steps::wait_on(facts, chosen.managed),
        false => vec![],
    }
}

/// What opens it: until its next start only, where dbha alone opens a server of the pair.
pub(super) fn door(facts: &Facts) -> Vec<Statement> {
    match choices::recorded(facts).managed {
        true => steps::open_managed(facts),
        false => facts.dialect.set_read_only(false),
    }
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
pub(super) async fn open(server: &mut Server, facts: &Facts) -> Result<(), SqlError> {
    server.execute_all(&door(facts)).await
}

/// Opens it beside a standby that receives: from its first commit on it waits for that one's acknowledgement, where so chosen.
pub(crate) async fn open_beside_standby(server: &mut Server, facts: &Facts) -> Result<(), SqlError> {
    server.execute_all(&waiting(facts)).await?;
    open(server, facts).await
}
