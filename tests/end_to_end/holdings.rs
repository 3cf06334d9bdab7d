//! Everything that a server holds, compared letter by letter and value by value.

use std::collections::BTreeSet;

use crate::session::Session;

const SYSTEM: &str = "('information_schema','performance_schema','mysql','sys','dbha')";
/// Types whose own text would hide bytes.
const BY_BYTES: [&str; 15] = [
    "char",
    "varchar",
    "binary",
    "varbinary",
    "tinytext",
    "text",
    "mediumtext",
    "longtext",
    "tinyblob",
    "blob",
    "mediumblob",
    "longblob",
    "bit",
    "vector",
    "json",
];
const SHAPES: [&str; 6] = [
    "geometry",
    "point",
    "polygon",
    "linestring",
    "geometrycollection",
    "geomcollection",
];

/// Fails the test unless both servers hold the same: definitions, rows, accounts with their grants.
pub(crate) async fn assert_same_holdings(source: &mut Session, target: &mut Session) {
    let mut differing = vec![];
    let (source, target) = (holdings(source).await, holdings(target).await);
    assert!(source.len() > 3, "there is nothing to compare");
    for (what, text) in source.symmetric_difference(&target) {
        let side = if source.contains(&(what.clone(), text.clone())) {
            "source"
        } else {
            "target"
        };
        differing.push(format!("{side}: {what}: {text}"));
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// Everything that a server holds, each thing with its name.
async fn holdings(session: &mut Session) -> BTreeSet<(String, String)> {
    session
        .run("SET time_zone = '+00:00', group_concat_max_len = 4000000")
        .await;
    // Hashes of MySQL are no text otherwise; MariaDB knows no such variable, and needs none.
    let _ = session.try_run("SET print_identified_with_as_hex = ON").await;
    let mut all = BTreeSet::new();
    schemas_and_tables(session, &mut all).await;
    objects(session, &mut all).await;
    accounts(session, &mut all).await;
    all
}

async fn schemas_and_tables(session: &mut Session, all: &mut BTreeSet<(String, String)>) {
    let list =
        format!("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN {SYSTEM}");
    for schema in session.column(&list).await {
        let shown = session
            .rows(&format!("SHOW CREATE DATABASE {}", quoted(&schema)))
            .await;
        all.insert((format!("schema {schema}"), format!("{shown:?}")));
    }
    let list = format!("SELECT * FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN {SYSTEM}");
    for row in session.rows(&list).await {
        let name = format!("{}.{}", quoted(&row["TABLE_SCHEMA"]), quoted(&row["TABLE_NAME"]));
        let shown = session.rows(&format!("SHOW CREATE TABLE {name}")).await;
        all.insert((format!("definition of {name}"), format!("{shown:?}")));
        let past = match row["TABLE_TYPE"].as_str() {
            "VIEW" => continue,
            "SYSTEM VERSIONED" => " FOR SYSTEM_TIME ALL",
            _ => "",
        };
        let columns = columns(
            session,
            &row["TABLE_SCHEMA"],
            &row["TABLE_NAME"],
            !past.is_empty(),
        )
        .await;
        let mut rows = session
            .column(&format!("SELECT {columns} FROM {name}{past}"))
            .await;
        rows.sort();
        all.insert((format!("rows of {name}"), rows.join("\n")));
        if row["TABLE_TYPE"] != "SEQUENCE" {
            let asked = format!("CHECKSUM TABLE {name} EXTENDED");
            let sums = [session.rows(&asked).await, session.rows(&asked).await];
            // Of a table with a multi-valued key MySQL gives another one each time.
            if sums[0] == sums[1] {
                all.insert((format!("checksum of {name}"), sums[0][0]["Checksum"].clone()));
            }
        }
    }
}

/// Returns an expression that shows every value of a row exactly.
async fn columns(session: &mut Session, schema: &str, table: &str, past: bool) -> String {
    let list = format!(
        "SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} \
         ORDER BY ORDINAL_POSITION",
        literal(schema),
        literal(table)
    );
    let mut values = vec![];
    for row in session.rows(&list).await {
        let (name, kind) = (quoted(&row["COLUMN_NAME"]), row["DATA_TYPE"].as_str());
        let value = match kind {
            "float" => format!("{name} + 0e0"),
            "enum" | "set" => format!("CONCAT(CAST({name} AS UNSIGNED), ' ', HEX({name}))"),
            kind if BY_BYTES.contains(&kind) || SHAPES.contains(&kind) => format!("HEX({name})"),
            _ => name,
        };
        values.push(format!("COALESCE({value}, 'NULL')"));
    }
    if past && !values.iter().any(|value| value.contains("`rs`")) {
        values.extend(["row_start".to_owned(), "row_end".to_owned()]);
    }
    format!("CONCAT_WS('|', {})", values.join(", "))
}

async fn objects(session: &mut Session, all: &mut BTreeSet<(String, String)>) {
    for (kind, list) in [
        (
            "routine",
            "SELECT * FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA",
        ),
        (
            "trigger",
            "SELECT * FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA",
        ),
        (
            "event",
            "SELECT * FROM information_schema.EVENTS WHERE EVENT_SCHEMA",
        ),
        (
            "view",
            "SELECT * FROM information_schema.VIEWS WHERE TABLE_SCHEMA",
        ),
        (
            "key",
            "SELECT * FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA",
        ),
    ] {
        for mut row in session.rows(&format!("{list} NOT IN {SYSTEM}")).await {
            // A copied event sleeps, under the number of its new server; moments of creation are its own.
            for own in ["CREATED", "LAST_ALTERED", "LAST_EXECUTED", "ORIGINATOR"] {
                row.remove(own);
            }
            if kind == "event" {
                let status = row.remove("STATUS").unwrap_or_default();
                row.insert("disabled for good".into(), (status == "DISABLED").to_string());
            }
            all.insert((kind.into(), format!("{row:?}")));
        }
    }
    let sequences = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES \
         WHERE TABLE_TYPE = 'SEQUENCE' AND TABLE_SCHEMA NOT IN {SYSTEM}"
    );
    for row in session.rows(&sequences).await {
        let name = format!("{}.{}", quoted(&row["TABLE_SCHEMA"]), quoted(&row["TABLE_NAME"]));
        let stands = session.rows(&format!("SELECT * FROM {name}")).await;
        all.insert((format!("sequence {name}"), format!("{stands:?}")));
    }
}

async fn accounts(session: &mut Session, all: &mut BTreeSet<(String, String)>) {
    let list = "SELECT User, Host FROM mysql.user WHERE User NOT IN \
                ('', 'root', 'mysql', 'mariadb.sys', 'debian-sys-maint', 'healthcheck', 'mysql.sys', 'mysql.session', \
                'mysql.infoschema')";
    for row in session.rows(list).await {
        let role = row["Host"].is_empty();
        let name = match role {
            true => quoted(&row["User"]),
            false => format!("{}@{}", quoted(&row["User"]), quoted(&row["Host"])),
        };
        if !role {
            let created = session.value(&format!("SHOW CREATE USER {name}")).await;
            all.insert((format!("account {name}"), created));
        }
        let grants = session.column(&format!("SHOW GRANTS FOR {name}")).await;
        let mut grants: Vec<String> = grants.iter().map(|line| with_columns_in_order(line)).collect();
        grants.sort();
        all.insert((format!("grants of {name}"), grants.join("\n")));
    }
}

/// Servers list the columns of a privilege as their memory has them; no name in these tests holds a bracket.
fn with_columns_in_order(line: &str) -> String {
    let parts = line.split('(').map(|part| match part.split_once(')') {
        Some((list, rest)) => {
            let mut names: Vec<&str> = list.split(", ").collect();
            names.sort_unstable();
            format!("{}){rest}", names.join(", "))
        }
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("(")
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
