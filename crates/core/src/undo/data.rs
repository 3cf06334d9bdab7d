//! What the set-up copied to the secondary.

use super::{UndoKind, UndoStep, View};
use crate::{SetupError, Side, Step, preflight};
use dbha_sql::{Account, ClaimState, Facts, GtidSet, SchemaFacts};

/// Empties the secondary, which was empty before or was named for overwriting.
///
/// Only where nothing is lost by it: the primary has every transaction that the secondary has, or the copy was never
/// finished. Whoever wants to keep the data says so.
pub(super) fn step(view: &View<'_>) -> Result<Option<UndoStep>, SetupError> {
    let facts = &view.facts.secondary;
    if !was_copied(view) || view.keep_data {
        return Ok(None);
    }
    let schemas = facts.data_schemas();
    let accounts = copied_accounts(view);
    if schemas.is_empty() && accounts.is_empty() && facts.position().is_empty() {
        return Ok(None);
    }
    let own = own_transactions(view);
    if !own.is_empty() {
        return Err(SetupError::Unsafe {
            text: format!(
                "{} has transactions that {} lacks, and they would be lost: {own}",
                facts.name, view.facts.primary.name
            ),
            fix: format!(
                "wait until {} has them (dbha status), or leave the data on {} as it is: --keep-data",
                view.facts.primary.name, facts.name
            ),
        });
    }
    let dialect = facts.dialect;
    let mut statements: Vec<_> = accounts
        .iter()
        .map(|account| dialect.drop_account(account))
        .collect();
    statements.extend(dialect.begin_at(&GtidSet::empty(dialect.flavor())));
    let drops = schemas
        .iter()
        .map(|schema| described(schema))
        .chain(accounts.iter().map(preflight::account_name))
        .collect();
    Ok(Some(UndoStep {
        kind: UndoKind::EmptySecondary,
        server: Side::Secondary,
        title: format!("{} is emptied of what was copied there", facts.name),
        statements,
        details: vec![],
        drops,
    }))
}

pub(super) fn stays(view: &View<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let name = &view.facts.secondary.name;
    if was_copied(view) && view.keep_data {
        all.push(format!("the data on {name}, as you wished"));
    }
    if !view.receipt.discarded.is_empty() {
        all.push(format!(
            "what {name} lost when it was overwritten is gone: {}",
            view.receipt.discarded.join("; ")
        ));
    }
    if was_copied(view) {
        all.push(format!(
            "the binary logs that {name} had before the set-up are gone; accounts that the copy replaced stay as they are"
        ));
    }
    if view.receipt.began(Step::EnsureRegistry) {
        all.push(format!(
            "the binary log of {} keeps dbha's own transactions",
            view.facts.primary.name
        ));
    }
    all
}

fn was_copied(view: &View<'_>) -> bool {
    view.receipt.began(Step::CopyData)
}

fn own_transactions(view: &View<'_>) -> GtidSet {
    let secondary = &view.facts.secondary;
    let unfinished = secondary
        .claim
        .known()
        .is_some_and(|claim| matches!(claim.state, ClaimState::Copying | ClaimState::Copied));
    match unfinished {
        // What is there came from the copy alone: nobody was let in yet.
        true => GtidSet::empty(secondary.dialect.flavor()),
        false => secondary.position().minus(&view.facts.primary.position()),
    }
}

/// Accounts that the secondary did not have before.
fn copied_accounts(view: &View<'_>) -> Vec<Account> {
    let facts: &Facts = &view.facts.secondary;
    let before = &view.receipt.before.secondary.accounts;
    let all = facts.accounts.known().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .filter(|account| !before.contains(account) && !preflight::is_servers_own(account, facts))
        .cloned()
        .collect()
}

fn described(schema: &SchemaFacts) -> String {
    format!(
        "database {} ({} tables, {:.1} MB)",
        schema.name,
        schema.tables,
        schema.bytes as f64 / 1e6
    )
}
