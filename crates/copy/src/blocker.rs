//! Who keeps the snapshot's lock from being granted: said in the error, never ended.

use crate::{query_text::masked, statements};
use dbha_sql::{Row, Session, printable};

/// Names what probably stands in the way, as far as the server tells.
pub(crate) async fn blocker(session: &mut Session) -> Option<String> {
    let holders = statements::blockers::holders(session.dialect());
    let mut found = first(session, &holders).await;
    if found.is_none() {
        found = first(session, &statements::blockers::longest_running()).await;
    }
    if found.as_ref().is_some_and(|row| row.get("idle") == Some("Y"))
        || !session.dialect().has_backup_stages()
    {
        return found.as_ref().and_then(described);
    }
    // This server does not tell who holds a lock; tables in use and idle sessions are what else can be seen.
    let locked = locked_tables(session).await;
    match (found.as_ref().and_then(described), locked) {
        (Some(running), Some(tables)) => Some(format!("{running}; tables in use or locked: {tables}")),
        (Some(running), None) => Some(running),
        (None, Some(tables)) => Some(format!(
            "no statement runs; a connection that is idle holds {tables}, by LOCK TABLES{}",
            idle(session).await
        )),
        (None, None) => Some(format!("no statement runs{}", idle(session).await)),
    }
}

async fn first(session: &mut Session, asked: &dbha_sql::Statement) -> Option<Row> {
    session.query_first(asked).await.ok().flatten()
}

fn described(row: &Row) -> Option<String> {
    let (id, user, seconds) = (row.get("id")?, row.get("user")?, row.get("seconds")?);
    let query = masked(row.get("query").unwrap_or("(unknown)"));
    let user = printable(user);
    Some(match row.get("idle") {
        Some("Y") => format!("connection {id} of {user} holds it and is idle, {seconds} s after: {query}"),
        _ => format!("connection {id} of {user} has been running for {seconds} s: {query}"),
    })
}

async fn locked_tables(session: &mut Session) -> Option<String> {
    let rows = session.query(&statements::blockers::tables_in_use()).await.ok()?;
    let name = |row: &Row| {
        Some(printable(&format!(
            "{}.{}",
            row.get("Database")?,
            row.get("Table")?
        )))
    };
    let names: Vec<String> = rows.iter().filter_map(name).take(5).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

async fn idle(session: &mut Session) -> String {
    let asked = statements::blockers::idle_connections();
    let rows = session.query(&asked).await.unwrap_or_default();
    let one = |row: &Row| {
        Some(format!(
            "{} of {} for {} s",
            row.get("id")?,
            printable(row.get("user")?),
            row.get("seconds")?
        ))
    };
    let all: Vec<String> = rows.iter().filter_map(one).collect();
    match all.is_empty() {
        true => String::new(),
        false => format!("; idle for the longest: {}", all.join(", ")),
    }
}
