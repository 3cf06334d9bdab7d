use super::Inventory;
use crate::{Column, CopyError, KeyPart, Object, ObjectKind, Origin, Table, statements};
use dbha_sql::{Row, Session, Statement};
use std::collections::HashMap;

/// Tables and their columns by schema and name.
type ByTable<T> = HashMap<(String, String), Vec<T>>;

impl Inventory {
    /// Looks at everything that belongs to users, in nine statements.
    pub async fn take(session: &mut Session) -> Result<Self, CopyError> {
        let dialect = session.dialect();
        session
            .execute(&statements::inventory::fresh_figures(dialect))
            .await
            .map_err(CopyError::doing("asking for fresh table figures"))?;
        let schemas = rows(session, &statements::inventory::schemas()).await?;
        let tables = rows(session, &statements::inventory::tables()).await?;
        let columns = by_table(rows(session, &statements::inventory::columns()).await?, column);
        let keys = by_table(
            rows(session, &statements::inventory::unique_keys(dialect)).await?,
            indexed,
        );
        let partitions = by_table(
            rows(session, &statements::inventory::partitions()).await?,
            |row| text(row, "name"),
        );
        let details = Details {
            columns,
            keys,
            partitions,
        };
        let mut found = Self {
            dialect,
            schemas: schemas.iter().map(|row| text(row, "name")).collect(),
            tables: vec![],
            objects: vec![],
        };
        for row in &tables {
            match text(row, "kind").as_str() {
                "VIEW" | "SYSTEM VIEW" => found.objects.push(object(row, ObjectKind::View)),
                "SEQUENCE" => found.objects.push(object(row, ObjectKind::Sequence)),
                kind => found
                    .tables
                    .push(table(row, kind == "SYSTEM VERSIONED", &details)),
            }
        }
        for row in rows(session, &statements::inventory::routines()).await? {
            let kind = match text(&row, "kind").as_str() {
                "FUNCTION" => ObjectKind::Function,
                "PACKAGE" => ObjectKind::Package,
                "PACKAGE BODY" => ObjectKind::PackageBody,
                _ => ObjectKind::Procedure,
            };
            found.objects.push(object(&row, kind));
        }
        for row in rows(session, &statements::inventory::triggers()).await? {
            found.objects.push(object(&row, ObjectKind::Trigger));
        }
        for row in rows(session, &statements::inventory::events()).await? {
            found.objects.push(object(&row, ObjectKind::Event));
        }
        Ok(found)
    }
}

async fn rows(session: &mut Session, statement: &Statement) -> Result<Vec<Row>, CopyError> {
    session
        .query(statement)
        .await
        .map_err(CopyError::doing("taking the inventory"))
}

fn text(row: &Row, name: &str) -> String {
    row.get(name).unwrap_or_default().to_owned()
}

fn by_table<T>(rows: Vec<Row>, read: impl Fn(&Row) -> T) -> ByTable<T> {
    let mut found: ByTable<T> = HashMap::new();
    for row in &rows {
        let key = (text(row, "schema_name"), text(row, "table_name"));
        found.entry(key).or_default().push(read(row));
    }
    found
}

fn column(row: &Row) -> Column {
    Column {
        name: text(row, "name"),
        data_type: text(row, "data_type").to_ascii_lowercase(),
        column_type: text(row, "column_type"),
        charset: row.get("charset").map(str::to_owned),
        collation: row.get("collation").map(str::to_owned),
        longest_bytes: row.parse("longest_bytes"),
        nullable: row.get("nullable") == Some("YES"),
        origin: Origin::detect(
            row.get("extra").unwrap_or_default(),
            row.get("expression").unwrap_or_default(),
        ),
    }
}

/// What other lists say of the tables.
struct Details {
    columns: ByTable<Column>,
    keys: ByTable<Indexed>,
    partitions: ByTable<String>,
}

/// A column of a unique index.
#[derive(Clone)]
struct Indexed {
    index: String,
    /// Whether ranges of rows can be found by it.
    ordered: bool,
    part: KeyPart,
}

fn indexed(row: &Row) -> Indexed {
    Indexed {
        index: text(row, "index_name"),
        ordered: row.get("kind") == Some("BTREE")
            && row.get("usable") == Some("1")
            && row.get("nullable") != Some("YES"),
        part: KeyPart {
            column: text(row, "name"),
            prefix: row.get("sub_part").is_some(),
            descending: row.get("direction") == Some("D"),
        },
    }
}

fn table(row: &Row, system_versioned: bool, details: &Details) -> Table {
    let key = (text(row, "schema_name"), text(row, "name"));
    let columns = details.columns.get(&key).cloned().unwrap_or_default();
    let indexes = details.keys.get(&key).map(Vec::as_slice).unwrap_or_default();
    let parts = |index: &str| -> Vec<KeyPart> {
        let of = indexes.iter().filter(|one| one.index == index);
        of.map(|one| one.part.clone()).collect()
    };
    let row_key_index = row_key_index(indexes);
    Table {
        engine: row.get("engine").map(str::to_owned),
        transactional: row.get("transactional") == Some("YES"),
        system_versioned,
        rows_estimate: row.parse("rows_estimate").unwrap_or(0),
        bytes_estimate: row.parse("bytes_estimate").unwrap_or(0),
        key_bytes_estimate: row.parse("key_bytes_estimate").unwrap_or(0),
        columns: with_row_times(columns, system_versioned),
        primary_key: parts("PRIMARY"),
        row_key: parts(&row_key_index),
        row_key_index,
        partitions: details.partitions.get(&key).cloned().unwrap_or_default(),
        schema: key.0,
        name: key.1,
    }
}

/// Chooses the index that tells rows apart: the first without NULLs, beginnings of columns or other oddities, which
/// is the primary key where there is one; its name is empty where there is none.
fn row_key_index(indexes: &[Indexed]) -> String {
    let whole = |index: &str| {
        let mut parts = indexes.iter().filter(|one| one.index == index);
        parts.all(|one| one.ordered && !one.part.prefix && !one.part.column.is_empty())
    };
    let first = indexes.iter().find(|one| whole(&one.index));
    first.map(|one| one.index.clone()).unwrap_or_default()
}

/// A table versioned without columns of its own for it has two that no list shows.
fn with_row_times(mut columns: Vec<Column>, system_versioned: bool) -> Vec<Column> {
    let listed = columns.iter().any(|column| column.origin == Origin::RowStart);
    if system_versioned && !listed {
        let hidden = |name: &str, origin| Column {
            name: name.into(),
            data_type: "timestamp".into(),
            column_type: "timestamp(6)".into(),
            charset: None,
            collation: None,
            longest_bytes: None,
            nullable: false,
            origin,
        };
        columns.push(hidden("row_start", Origin::RowStart));
        columns.push(hidden("row_end", Origin::RowEnd));
    }
    columns
}

fn object(row: &Row, kind: ObjectKind) -> Object {
    Object {
        kind,
        schema: text(row, "schema_name"),
        name: text(row, "name"),
    }
}
