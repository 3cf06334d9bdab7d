//! The vote of a guarded pair, which changes hands before the writes do.

use crate::{VoteChange, WriterVote, error::StepFault};
use dbha_sql::{Facts, Server};

/// Gives the vote to the server that is to be opened; `from` is the one that has it, and is closed.
pub(crate) async fn give_vote(
    vote: &dyn WriterVote,
    server: &mut Server,
    from: Option<u32>,
    facts: &Facts,
    term: u64,
) -> Result<(), StepFault> {
    let mark = server
        .session
        .query_value(&server.dialect().read_pair_mark())
        .await?;
    let change = VoteChange {
        mark: mark.unwrap_or_default(),
        from,
        to: facts.server_id,
        to_name: facts.name.clone(),
        position: facts.position().to_string(),
        term,
    };
    vote.give(&change).await.map_err(StepFault::Vote)
}
