//! Everything that a server holds for its users: definitions, rows by checksum, accounts.

use std::collections::{BTreeMap, BTreeSet};

use crate::session::{Session, TextRow};

/// What is there, each thing under a name that reads well in a difference.
pub(crate) type Contents = BTreeMap<String, String>;

const SYSTEM_SCHEMAS: [&str; 5] = ["mysql", "information_schema", "performance_schema", "sys", "dbha"];

/// Lists what differs, each thing with what it was and what it is.
pub(crate) fn differences(before: &Contents, after: &Contents) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name));
    let nothing = "nothing".to_owned();
    differing
        .map(|name| {
            let text = |all: &Contents| all.get(name).unwrap_or(&nothing).clone();
            format!("{name}:\n    {}\n    {}", text(before), text(after))
        })
        .collect()
}

/// Reads the schemas of users with all that is in them; dbha's own is left out.
pub(crate) async fn contents(session: &mut Session) -> Contents {
    session.run("SET SESSION time_zone='+00:00'").await;
    let mut all = Contents::new();
    for schema in session.column("SHOW DATABASES").await {
        if SYSTEM_SCHEMAS.contains(&schema.as_str()) {
            continue;
        }
        let definition = last_column(session, &format!("SHOW CREATE DATABASE {}", quoted(&schema))).await;
        all.insert(format!("database {schema}"), definition);
        tables(session, &schema, &mut all).await;
        for (kind, statement) in others(&schema) {
            for name in session.column(&statement).await {
                let definition = stored(
                    session,
                    &format!("SHOW CREATE {kind} {}.{}", quoted(&schema), quoted(&name)),
                )
                .await;
                all.insert(format!("{kind} {schema}.{name}"), definition);
            }
        }
    }
    all
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

async fn tables(session: &mut Session, schema: &str, all: &mut Contents) {
    let list = format!(
        "SELECT TABLE_NAME FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA={} AND TABLE_TYPE='BASE TABLE' ORDER BY 1",
        literal(schema)
    );
    for table in session.column(&list).await {
        let name = format!("{}.{}", quoted(schema), quoted(&table));
        let definition = last_column(session, &format!("SHOW CREATE TABLE {name}")).await;
        all.insert(format!("table {schema}.{table}"), comparable(&definition));
        let count = session.value(&format!("SELECT COUNT(*) FROM {name}")).await;
        let checksum = session.rows(&format!("CHECKSUM TABLE {name}")).await;
        all.insert(
            format!("rows of {schema}.{table}"),
            format!("{count} rows, {}", checksum[0]["Checksum"]),
        );
    }
}

/// Lists what a schema has besides tables.
fn others(schema: &str) -> [(&'static str, String); 5] {
    let schema = literal(schema);
    let routines = |kind: &str| {
        format!(
            "SELECT ROUTINE_NAME FROM information_schema.ROUTINES \
             WHERE ROUTINE_SCHEMA={schema} AND ROUTINE_TYPE='{kind}' ORDER BY 1"
        )
    };
    [
        (
            "VIEW",
            format!("SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA={schema} ORDER BY 1"),
        ),
        (
            "TRIGGER",
            format!(
                "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA={schema} ORDER BY 1"
            ),
        ),
        ("PROCEDURE", routines("PROCEDURE")),
        ("FUNCTION", routines("FUNCTION")),
        (
            "EVENT",
            format!(
                "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA={schema} ORDER BY 1"
            ),
        ),
    ]
}

/// The definition of a stored object with its character sets and its sql_mode, without the time it was made at.
async fn stored(session: &mut Session, statement: &str) -> String {
    let mut row: TextRow = session.rows(statement).await.remove(0);
    row.remove("Created");
    comparable(&format!("{row:?}"))
}

async fn last_column(session: &mut Session, statement: &str) -> String {
    let row = session.rows(statement).await.remove(0);
    let definition = row.iter().find(|(name, _)| name.starts_with("Create "));
    definition.map_or_else(|| format!("{row:?}"), |(_, text)| text.clone())
}

/// Leaves out of a definition what may differ between two servers that hold the same.
///
/// The next generated key does where servers keep their keys apart. MySQL shows a column's character set beside
/// its collation once either was stated for the column, which a definition taken from SHOW CREATE does.
pub(crate) fn comparable(definition: &str) -> String {
    let mut text = match definition.split_once(" AUTO_INCREMENT=") {
        Some((before, after)) => {
            format!(
                "{before}{}",
                after.trim_start_matches(|c: char| c.is_ascii_digit())
            )
        }
        None => definition.to_owned(),
    };
    for set in ["utf8mb4", "ascii"] {
        text = text.replace(&format!(" CHARACTER SET {set} COLLATE "), " COLLATE ");
    }
    // An event must run on one server only, so it is switched off where it came to by a copy or a link.
    for off in [" DISABLE ON SLAVE ", " DISABLE ON REPLICA "] {
        text = text.replace(off, " ENABLE ");
    }
    text
}

/// Reads every account with what it may do and how it logs in.
pub(crate) async fn accounts(session: &mut Session) -> Contents {
    // Hashes of newer servers are no text otherwise.
    let _ = session
        .try_run("SET SESSION print_identified_with_as_hex=1")
        .await;
    let names = "SELECT CONCAT(QUOTE(User), '@', QUOTE(Host)) FROM mysql.user ORDER BY 1";
    let mut all = Contents::new();
    for name in session.column(names).await {
        // A role of MariaDB has no host, and cannot be shown as an account.
        let Ok(definition) = session.try_rows(&format!("SHOW CREATE USER {name}")).await else {
            all.insert(format!("role {name}"), String::new());
            continue;
        };
        all.insert(format!("account {name}"), format!("{definition:?}"));
        let grants = session.column(&format!("SHOW GRANTS FOR {name}")).await;
        let grants: Vec<String> = grants.iter().map(|grant| with_columns_in_order(grant)).collect();
        all.insert(format!("grants of {name}"), grants.join("; "));
    }
    all
}

/// The columns of a grant come in no certain order.
fn with_columns_in_order(grant: &str) -> String {
    let Some((before, rest)) = grant.split_once(" (") else {
        return grant.to_owned();
    };
    let Some((list, after)) = rest.split_once(')') else {
        return grant.to_owned();
    };
    let mut columns: Vec<&str> = list.split(", ").collect();
    columns.sort_unstable();
    format!(
        "{before} ({}){}",
        columns.join(", "),
        with_columns_in_order(after)
    )
}
