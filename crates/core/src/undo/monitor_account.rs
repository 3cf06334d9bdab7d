use super::{UndoKind, UndoStep, View};
use crate::{Side, Step};
use dbha_sql::{MONITOR_USER, Statement};

/// The monitor's accounts that were not there before, and its table where dbha's schema stays.
pub(super) fn step(view: &View<'_>, side: Side) -> Option<UndoStep> {
    if !view.receipt.began(Step::EnsureMonitorAccount) {
        return None;
    }
    let (before, facts) = (view.receipt.before.of(side), view.facts.of(side));
    let was_there = |host: &str| {
        let mut known = before.accounts.iter();
        known.any(|account| account.user == MONITOR_USER && account.host == host)
    };
    let now = facts
        .monitor
        .accounts
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let made = now.iter().filter(|account| !was_there(&account.host));
    let mut statements: Vec<Statement> = made
        .map(|account| facts.dialect.drop_user(MONITOR_USER, &account.host))
        .collect();
    if facts.monitor.has_heartbeat && before.had_schema && !before.had_heartbeat {
        statements.push(facts.dialect.drop_heartbeat_table());
    }
    (!statements.is_empty()).then(|| UndoStep {
        kind: UndoKind::DropAccounts,
        server: side,
        title: format!("the monitor's account on {} is dropped", facts.name),
        statements,
        details: vec![],
        drops: vec![],
    })
}
