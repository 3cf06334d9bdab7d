//! Everything that a server holds for its users: definitions, rows by checksum, accounts.

use std::collections::BTreeMap;

use crate::session::{Session, TextRow};

/// What is there, each thing under a name that reads well in a difference.
pub(crate) type Contents = BTreeMap<String, String>;

const SYSTEM_SCHEMAS: [&str; 5] = ["mysql", "information_schema", "performance_schema", "sys", "dbha"];

/// Reads the schemas of users with all that is in them; dbha's own is left out.
pub(crate) async fn contents(session: &mut Session) -> Contents {
    session.run("SET SESSION time_zone='+00:00'").await;
    let mut all = Contents::new();
    for schema in session.column("SHOW DATABASES").await {
        if SYSTEM_SCHEMAS.contains(&schema.as_str()) {
            continue;
        }
        let definition = last_column(session, &format!("SHOW CREATE DATABASE `{schema}`")).await;
        all.insert(format!("database {schema}"), definition);
        tables(session, &schema, &mut all).await;
        for (kind, statement) in others(&schema) {
            for name in session.column(&statement).await {
                let definition = stored(session, &format!("SHOW CREATE {kind} `{schema}`.`{name}`")).await;
                all.insert(format!("{kind} {schema}.{name}"), definition);
            }
        }
    }
    all
}

async fn tables(session: &mut Session, schema: &str, all: &mut Contents) {
    let list = format!(
        "SELECT TABLE_NAME FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA='{schema}' AND TABLE_TYPE='BASE TABLE' ORDER BY 1"
    );
    for table in session.column(&list).await {
        let name = format!("`{schema}`.`{table}`");
        let definition = last_column(session, &format!("SHOW CREATE TABLE {name}")).await;
        all.insert(format!("table {schema}.{table}"), without_next_key(&definition));
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
    let routines = |kind: &str| {
        format!(
            "SELECT ROUTINE_NAME FROM information_schema.ROUTINES \
             WHERE ROUTINE_SCHEMA='{schema}' AND ROUTINE_TYPE='{kind}' ORDER BY 1"
        )
    };
    [
        (
            "VIEW",
            format!(
                "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA='{schema}' ORDER BY 1"
            ),
        ),
        (
            "TRIGGER",
            format!(
                "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA='{schema}' ORDER BY 1"
            ),
        ),
        ("PROCEDURE", routines("PROCEDURE")),
        ("FUNCTION", routines("FUNCTION")),
        (
            "EVENT",
            format!(
                "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA='{schema}' ORDER BY 1"
            ),
        ),
    ]
}

/// The definition of a stored object with its character sets and its sql_mode, without the time it was made at.
async fn stored(session: &mut Session, statement: &str) -> String {
    let mut row: TextRow = session.rows(statement).await.remove(0);
    row.remove("Created");
    format!("{row:?}")
}

async fn last_column(session: &mut Session, statement: &str) -> String {
    let row = session.rows(statement).await.remove(0);
    let definition = row.iter().find(|(name, _)| name.starts_with("Create "));
    definition.map_or_else(|| format!("{row:?}"), |(_, text)| text.clone())
}

/// The next generated key differs between servers that keep their keys apart.
fn without_next_key(definition: &str) -> String {
    let Some((before, after)) = definition.split_once(" AUTO_INCREMENT=") else {
        return definition.to_owned();
    };
    format!(
        "{before}{}",
        after.trim_start_matches(|c: char| c.is_ascii_digit())
    )
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
        all.insert(format!("grants of {name}"), grants.join("; "));
    }
    all
}
