//! Tables that replicate badly or not at all (scenario 20).

use super::list::{counted, shortened};
use crate::{Finding, FindingCode as Code, Side};
use dbha_sql::{Facts, NotedTable};

/// Engines whose rows live somewhere else.
const FOREIGN_ENGINES: [&str; 7] = [
    "FEDERATED",
    "FEDERATEDX",
    "CONNECT",
    "SPIDER",
    "S3",
    "OQGRAPH",
    "NDBCLUSTER",
];
/// Engines that take part in snapshots.
const TRANSACTIONAL: [&str; 4] = ["InnoDB", "RocksDB", "TokuDB", "SEQUENCE"];

/// Scenario 64: numbers that the steps of generated keys do not keep apart.
pub(super) fn shared_sequences(primary: &Facts) -> Option<Finding> {
    let sequences = primary.surroundings.sequences.known()?;
    (!sequences.is_empty()).then(|| {
        let count = counted(sequences.len(), "sequence", "sequences");
        let list = shortened(sequences, ", ");
        Finding::new(
            Code::SharedSequences,
            Some(Side::Primary),
            format!("{count} on {}: {list}", primary.name),
            "use --writers one; or ALTER SEQUENCE … INCREMENT 0, which lets a sequence follow the key step",
        )
    })
}

/// Tells whether a snapshot shows every row: no table is of an engine that takes part in none.
pub(super) fn all_in_snapshots(primary: &Facts) -> bool {
    let engines = primary.engines.known();
    engines.is_some_and(|all| all.iter().all(|engine| is(&engine.name, &TRANSACTIONAL)))
}

fn is(name: &str, list: &[&str]) -> bool {
    list.iter().any(|engine| engine.eq_ignore_ascii_case(name))
}

pub(super) fn findings(primary: &Facts) -> Vec<Finding> {
    let engines = primary.engines.known().map(Vec::as_slice).unwrap_or_default();
    let tables = primary
        .surroundings
        .tables
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut found = Vec::new();
    for engine in engines.iter().filter(|engine| !is(&engine.name, &TRANSACTIONAL)) {
        let names: Vec<&NotedTable> = tables
            .iter()
            .filter(|table| table.engine.eq_ignore_ascii_case(&engine.name))
            .collect();
        let list: Vec<String> = match names.is_empty() {
            true => vec![engine.example.clone()],
            false => names.iter().map(|table| table.qualified()).collect(),
        };
        let count = counted(engine.tables as usize, "table", "tables");
        let seen = format!(
            "{count} of engine {} on {}: {}",
            engine.name,
            primary.name,
            shortened(&list, ", ")
        );
        found.push(match is(&engine.name, &FOREIGN_ENGINES) {
            true => {
                let fix = "drop these tables, or move them to a server outside the pair";
                Finding::new(Code::CannotBeCopied, Some(Side::Primary), seen, fix)
            }
            false => {
                let fix = "change each to InnoDB, where the application allows it";
                let lines = names.iter().take(MOST_LINES);
                let lines = lines.map(|table| primary.dialect.advise_innodb(&table.schema, &table.name));
                Finding::new(Code::NotTransactional, Some(Side::Primary), seen, fix)
                    .with_lines(super::list::lines(lines))
            }
        });
    }
    found.extend(uncopyable(primary, tables));
    found.extend(keyless(primary, tables));
    found
}

/// What a copy refuses whatever its engine is, said before anything is thrown away.
fn uncopyable(primary: &Facts, tables: &[NotedTable]) -> Vec<Finding> {
    let writes_past = primary.dialect.can_insert_history();
    let of_transaction = |table: &&NotedTable| writes_past && table.by_transaction;
    let of_past = |table: &&NotedTable| !writes_past && table.versioned;
    let unopened = |table: &&NotedTable| table.engine.is_empty();
    let named = |which: &dyn Fn(&&NotedTable) -> bool| -> Vec<String> {
        tables.iter().filter(which).map(NotedTable::qualified).collect()
    };
    let causes = [
        (
            named(&unopened),
            "cannot be opened by the server",
            "repair or drop each; where a statement is just making one, wait for it",
        ),
        (
            named(&of_past),
            "keep the past of their rows, and this server version cannot write the past",
            "upgrade both servers to MariaDB 10.11 or later first; or drop the past: ALTER TABLE … DROP SYSTEM VERSIONING",
        ),
        (
            named(&of_transaction),
            "keep the past of their rows by transaction number, which means nothing on another server",
            "let each keep it by time stamps instead, or drop the past: ALTER TABLE … DROP SYSTEM VERSIONING",
        ),
    ];
    let finding = |(names, why, fix): (Vec<String>, &str, &'static str)| {
        let count = counted(names.len(), "table", "tables");
        let list = shortened(&names, ", ");
        let seen = format!("{count} on {} {why}: {list}", primary.name);
        (!names.is_empty()).then(|| Finding::new(Code::CannotBeCopied, Some(Side::Primary), seen, fix))
    };
    causes.into_iter().filter_map(finding).collect()
}

/// How many tables are given as statements to be copied.
const MOST_LINES: usize = 6;

fn keyless(primary: &Facts, tables: &[NotedTable]) -> Option<Finding> {
    let without: Vec<String> = tables
        .iter()
        .filter(|table| table.keyless && !table.engine.is_empty() && !is(&table.engine, &FOREIGN_ENGINES))
        .map(|table| table.qualified())
        .collect();
    (!without.is_empty()).then(|| {
        Finding::new(
            Code::TablesWithoutKey,
            Some(Side::Primary),
            format!(
                "{} without a primary key on {}: {}",
                counted(without.len(), "table", "tables"),
                primary.name,
                shortened(&without, ", ")
            ),
            "give each a primary key, where the application allows it",
        )
    })
}
