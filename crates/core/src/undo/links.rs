use super::{UndoKind, UndoStep, View};
use crate::{Side, Step};
use dbha_sql::REPLICATION_USER;

/// The link into a server is dbha's, and there was none before.
pub(super) fn step(view: &View<'_>, replica: Side) -> Option<UndoStep> {
    if !made_here(view, replica) || view.receipt.before.of(replica).link.is_some() {
        return None;
    }
    let facts = view.facts.of(replica);
    Some(UndoStep {
        kind: UndoKind::ForgetLink,
        server: replica,
        title: format!("{} follows nobody any more", facts.name),
        statements: vec![facts.dialect.stop_link(), facts.dialect.forget_link()],
        details: vec![],
        drops: vec![],
    })
}

pub(super) fn stays(view: &View<'_>, replica: Side) -> Option<String> {
    let before = view.receipt.before.of(replica).link.as_ref()?;
    let name = &view.facts.of(replica).name;
    made_here(view, replica).then(|| match before.is_of_dbha() {
        true => format!("the link into {name}: it was there before this set-up, which only mended it"),
        false => format!(
            "the link into {name}: before, it logged in to {}:{} as {}, whose password dbha does not know",
            before.host, before.port, before.user
        ),
    })
}

fn made_here(view: &View<'_>, replica: Side) -> bool {
    let step = match replica {
        Side::Primary => Step::FollowSecondary,
        Side::Secondary => Step::FollowPrimary,
    };
    let is_dbhas = |link: &dbha_sql::ReplicaStatus| link.source_user == REPLICATION_USER;
    view.receipt.began(step) && view.facts.of(replica).default_link().is_some_and(is_dbhas)
}
