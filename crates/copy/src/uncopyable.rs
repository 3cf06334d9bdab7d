use crate::{Origin, Table};
use dbha_sql::Dialect;
use serde::{Deserialize, Serialize};

/// An object that a copy cannot carry, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncopyable {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Why, in words for people.
    pub reason: String,
    /// Whether the server could not open it, which may pass.
    #[serde(default)]
    pub is_unopened: bool,
}

/// Engines whose rows live elsewhere: read as rows they would be taken from, and written to, another place.
const ELSEWHERE: [&str; 7] = [
    "FEDERATED",
    "FEDERATEDX",
    "CONNECT",
    "SPIDER",
    "S3",
    "OQGRAPH",
    "NDBCLUSTER",
];

/// Judges one table; `None` when a copy carries it whole.
pub(crate) fn judge(table: &Table, dialect: Dialect) -> Option<Uncopyable> {
    let reason = match table.engine.as_deref() {
        None => "the server cannot open it: repair or drop it first".to_owned(),
        Some(engine) if ELSEWHERE.iter().any(|known| known.eq_ignore_ascii_case(engine)) => {
            format!("rows of engine {engine} do not live in this server")
        }
        Some(_) if table.system_versioned && !dialect.can_insert_history() => {
            "it keeps the past of its rows, and this server version cannot write the past".to_owned()
        }
        Some(_) if table.system_versioned && by_transaction(table) => {
            "it keeps the past of its rows by transaction number, which means nothing on another server"
                .to_owned()
        }
        Some(_) => return None,
    };
    Some(Uncopyable {
        schema: table.schema.clone(),
        name: table.name.clone(),
        reason,
        is_unopened: table.engine.is_none(),
    })
}

fn by_transaction(table: &Table) -> bool {
    table
        .columns
        .iter()
        .any(|column| column.origin == Origin::RowStart && column.data_type == "bigint")
}
