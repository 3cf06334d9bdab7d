use crate::{CopyError, Inventory, statements};
use dbha_sql::{DBHA_SCHEMA, Session, Statement};
use std::time::Duration;

/// Longest wait for one statement: dropping a large schema takes its time.
const DROPPED_WITHIN: Duration = Duration::from_secs(1_800);

/// Drops everything on a target that a copy would bring: all schemas of users, and in dbha's own everything but
/// the claim, the notes of a copy included. Nothing of it enters the binary log; accounts are left to the copy itself.
///
/// Whether that may be done is the caller's decision. The session's binary log and foreign key checks are as
/// before when it returns, whatever way it returns.
pub async fn clear(target: &mut Session) -> Result<(), CopyError> {
    let state = target
        .query_first(&statements::clear::session_state())
        .await
        .map_err(CopyError::doing("looking at the session before clearing"))?;
    let on = |name: &str| state.as_ref().and_then(|row| row.get(name)) == Some("1");
    run(target, &statements::clear::unlogged_and_unchecked(false, false)).await?;
    let cleared = drop_all(target).await;
    let restored = run(
        target,
        &statements::clear::unlogged_and_unchecked(on("log"), on("checks")),
    )
    .await;
    cleared?;
    restored
}

async fn drop_all(target: &mut Session) -> Result<(), CopyError> {
    let inventory = Inventory::take(target).await?;
    for schema in inventory.schemas.iter().filter(|schema| *schema != DBHA_SCHEMA) {
        run(target, &statements::clear::drop_schema(schema)).await?;
    }
    for object in inventory
        .objects
        .iter()
        .filter(|object| object.schema == DBHA_SCHEMA)
    {
        let drop = statements::clear::drop_object(object.kind, &object.schema, &object.name);
        run(target, &drop).await?;
    }
    for table in inventory
        .tables
        .iter()
        .filter(|table| table.schema == DBHA_SCHEMA)
    {
        run(target, &statements::clear::drop_table(&table.schema, &table.name)).await?;
    }
    run(target, &statements::copied_ranges::drop()).await
}

async fn run(target: &mut Session, statement: &Statement) -> Result<(), CopyError> {
    target
        .execute_within(statement, DROPPED_WITHIN)
        .await
        .map(|_| ())
        .map_err(CopyError::doing("clearing the target"))
}
