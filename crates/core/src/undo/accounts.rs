use super::{UndoKind, UndoStep, View};
use crate::{Side, Step};
use dbha_sql::{Account, CLONE_USER, REPLICATION_USER};

/// dbha's accounts that were not there before, unless a link stays that needs them.
pub(super) fn step(view: &View<'_>, side: Side) -> Option<UndoStep> {
    if !view.receipt.began(Step::EnsureAccounts) || view.links_stay() {
        return None;
    }
    let before = &view.receipt.before.of(side).replication_accounts;
    let facts = view.facts.of(side);
    let now = facts
        .replication_accounts
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let of_clones = facts.accounts.known().map(Vec::as_slice).unwrap_or_default();
    let of_clones = of_clones
        .iter()
        .filter(|account| account.user == CLONE_USER)
        .cloned();
    let made: Vec<Account> = now
        .iter()
        .filter(|account| before.iter().all(|known| known.host != account.host))
        .map(|account| Account {
            user: REPLICATION_USER.to_owned(),
            host: account.host.clone(),
            is_role: false,
        })
        // What a clone that was cut off left.
        .chain(of_clones)
        .collect();
    if made.is_empty() {
        return None;
    }
    let statements = made
        .iter()
        .map(|account| facts.dialect.drop_account(account))
        .collect();
    Some(UndoStep {
        kind: UndoKind::DropAccounts,
        server: side,
        title: format!("the replication accounts on {} are dropped", facts.name),
        statements,
        details: vec![],
        drops: vec![],
    })
}
