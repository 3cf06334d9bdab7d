//! What the set-up made for a platform: its databases while they are empty, and its account with them.

use super::{UndoKind, UndoStep, View};
use crate::{Platform, Side, Step};
use dbha_sql::SchemaFacts;

/// Drops what was not there before; a database in which somebody has begun to keep something stays, and so does the account.
pub(super) fn step(view: &View<'_>, side: Side) -> Option<UndoStep> {
    let made = made(view, side)?;
    if made.databases.iter().any(|database| !is_empty(database)) {
        return None;
    }
    let facts = view.facts.of(side);
    let dialect = facts.dialect;
    let accounts = made.hosts.iter().map(|host| dialect.drop_user(made.user, host));
    let databases = made
        .databases
        .iter()
        .map(|database| dialect.drop_database(&database.name));
    let statements: Vec<_> = accounts.chain(databases).collect();
    (!statements.is_empty()).then(|| UndoStep {
        kind: UndoKind::DropPlatform,
        server: side,
        title: format!("what was made for {} on {} is dropped", made.title, facts.name),
        statements,
        details: vec![],
        drops: vec![],
    })
}

/// Names what is not dropped because it is in use.
pub(super) fn stays(view: &View<'_>, side: Side) -> Option<String> {
    let made = made(view, side)?;
    let used: Vec<&str> = made
        .databases
        .iter()
        .filter(|database| !is_empty(database))
        .map(|database| database.name.as_str())
        .collect();
    (!used.is_empty()).then(|| {
        format!(
            "the databases and the account of {} on {}: there is something in {}",
            made.title,
            view.facts.of(side).name,
            used.join(", ")
        )
    })
}

/// What is there and was not before.
struct Made<'a> {
    title: &'static str,
    user: &'static str,
    hosts: Vec<&'a str>,
    databases: Vec<&'a SchemaFacts>,
}

fn made<'a>(view: &View<'a>, side: Side) -> Option<Made<'a>> {
    if !view.receipt.began(Step::PreparePlatform) {
        return None;
    }
    let (before, facts) = (view.receipt.before.of(side), view.facts.of(side));
    let platform = Platform::named(view.receipt.topology.choices.platform.as_deref()?)?;
    let user = platform.user()?;
    let accounts = facts.accounts.known().map(Vec::as_slice).unwrap_or_default();
    let new = accounts
        .iter()
        .filter(|account| account.user == user && !before.accounts.contains(account));
    let schemas = facts.schemas.known().map(Vec::as_slice).unwrap_or_default();
    // A receipt that does not tell which were there leaves all of them.
    let was_there = |name: &String| before.databases.as_ref().is_none_or(|all| all.contains(name));
    let databases = schemas
        .iter()
        .filter(|schema| platform.databases().any(|name| name == schema.name) && !was_there(&schema.name));
    Some(Made {
        title: platform.title(),
        user,
        hosts: new.map(|account| account.host.as_str()).collect(),
        databases: databases.collect(),
    })
}

fn is_empty(schema: &SchemaFacts) -> bool {
    schema.tables + schema.views + schema.routines + schema.events == 0
}
